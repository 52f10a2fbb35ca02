package web

import (
	"net/url"

	"github.com/a-h/templ"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/lifecycle"
	"drawbridge/internal/web/view"
)

// dossierApprovals are reviews with their sign-offs, decisions, conditions and exceptions.
func (p *page) dossierApprovals() (templ.Component, error) {
	d, err := p.dossier("/approvals")
	if err != nil {
		return nil, err
	}
	out := view.Approvals{Head: d.head, Decision: decision(d), Covers: p.R.URL.Query().Get("covers"), Key: p.once()}
	out.MayReview, out.MayPropose = p.mayHere(access.ReviewRead, d), p.mayHere(access.ExceptionPropose, d)
	for i := range d.File.Reviews {
		out.Reviews = append(out.Reviews, p.reviewRow(d, &d.File.Reviews[i]))
	}
	meet, drop := p.mayHere(access.ConditionMeet, d), p.mayHere(access.ConditionDrop, d)
	for i := range d.File.Conditions {
		out.Conditions = append(out.Conditions, p.condition(d, &d.File.Conditions[i], meet, drop))
	}
	confirm := p.mayHere(access.ExceptionConfirm, d)
	for i := range d.Exceptions {
		out.Exceptions = append(out.Exceptions, p.exception(d, &d.Exceptions[i], confirm))
	}
	if p.failed != nil && p.R.PathValue("exception") == "" && p.R.PathValue("condition") == "" {
		out.Covers = p.said("covers")
		out.Said = map[string]string{"reason": p.said("reason"), "compensating": p.said("compensating"), "expires": p.said("expires"), "breach": p.said("breach")}
	}
	for _, e := range d.File.Evidence {
		if e.Integration == d.Integration.ID {
			out.Evidence = append(out.Evidence, view.Option{Value: string(e.ID), Text: e.Title})
		}
	}
	return view.ApprovalsPage(out), nil
}

// reviewRow is one review with its sign-offs and its decision.
func (p *page) reviewRow(d *dossierPage, r *drawbridge.Review) view.ReviewRow {
	out := view.ReviewRow{
		To: "/reviews/" + string(r.ID), Number: int(r.Number), State: view.Words(string(r.State)), Cause: view.Words(r.Cause), Tier: r.Tier, Opened: r.OpenedAt, Ended: r.EndedAt,
		Requester: d.name(string(r.Requester)), Due: r.Due, Open: r.State.Open(),
	}
	for i := range d.Signoffs {
		s := &d.Signoffs[i]
		if s.Review != r.ID {
			continue
		}
		row := view.SignoffRow{Role: view.Words(string(s.Role)), By: d.name(string(s.Person)), Approve: s.Approve, Comment: s.Comment, At: s.CreatedAt, Withdrawn: !s.WithdrawnAt.IsZero()}
		if s.For != "" {
			row.For = d.name(string(s.For))
		}
		out.Signoffs = append(out.Signoffs, row)
	}
	for i := range d.File.Decisions {
		if x := &d.File.Decisions[i]; x.Review == r.ID {
			out.Decided = &view.DecisionRow{Outcome: view.Words(string(x.Outcome)), By: d.name(string(x.By)), At: x.CreatedAt, Until: x.Until, Rationale: x.Rationale, Superseded: x.Superseded != ""}
			if x.Revision != "" && x.Revision != d.Integration.Head {
				out.Decided.Since = d.base + "/difference?" + url.Values{"from": {string(x.Revision)}}.Encode()
			}
			if x.Approval != "" && p.mayHere(access.ApprovalRead, d) {
				out.Decided.File = d.base + "/approvals/" + string(r.ID) + "/file"
			}
		}
	}
	return out
}

func (p *page) condition(d *dossierPage, c *drawbridge.Condition, meet, drop bool) view.ConditionRow {
	out := view.ConditionRow{
		ID: c.ID, Text: c.Text, Before: c.Before, Owner: d.name(string(c.Owner)), Verifier: view.Words(string(c.Verifier)), Check: c.Check, Due: c.Due, Breach: view.Words(string(c.Breach)),
		State: c.State, Overdue: c.Overdue(p.now), Reason: c.Reason, Base: d.base + "/conditions/" + c.ID, Key: p.once(),
	}
	if c.MetBy != "" {
		out.MetBy = d.name(string(c.MetBy))
	}
	if c.State == "open" {
		if meet && p.Actor.Has(c.Verifier.Reviewer()) && p.Actor.Person != c.Owner {
			out.Steps = append(out.Steps, "meet")
		}
		if drop {
			out.Steps = append(out.Steps, "drop")
		}
	}
	if p.failedAt("condition", c.ID) {
		out.Failed, out.Typed = p.R.PathValue("step"), p.said("reason")
	}
	return out
}

func (p *page) exception(d *dossierPage, x *drawbridge.Exception, confirm bool) view.ExceptionRow {
	out := view.ExceptionRow{
		ID: x.ID, Covers: x.Covers, Reason: x.Reason, Compensating: x.Compensating, Owner: d.name(string(x.Owner)), By: d.name(string(x.ProposedBy)), State: x.State,
		Holds: x.Holds(p.now), Expires: x.Expires, Renewals: int(x.Renewals), Breach: view.Words(string(x.Breach)), Base: d.base + "/exceptions/" + x.ID, Key: p.once(),
	}
	if x.Approver != "" {
		out.Approver = d.name(string(x.Approver))
	}
	switch {
	case confirm && x.State == "proposed":
		out.Steps = []string{"confirm", "refuse"}
	case confirm && out.Holds:
		out.Steps = []string{"renew", "revoke"}
	}
	if p.failedAt("exception", x.ID) {
		out.Failed, out.Typed, out.NewEnd = p.R.PathValue("step"), p.said("reason"), p.said("expires")
	}
	return out
}

func (p *page) toDossier(tab, code string) string {
	return "/integrations/" + p.R.PathValue("id") + tab + "?" + url.Values{"done": {code}}.Encode()
}

func (p *page) doCondition() (string, error) {
	s := lifecycle.Settling{ID: p.R.PathValue("condition"), Evidence: drawbridge.EvidenceID(p.said("evidence")), Reason: p.said("reason"), Key: p.key()}
	step := p.R.PathValue("step")
	do := p.web.opt.Lifecycle.Meet
	switch step {
	case "meet":
	case "drop":
		do = p.web.opt.Lifecycle.Drop
	default:
		return "", errNoPage()
	}
	_, err := do(p.R.Context(), p.Actor, s)
	return p.toDossier("/approvals", "cnd-"+step), err
}

func (p *page) doPropose() (string, error) {
	_, err := p.web.opt.Lifecycle.Propose(p.R.Context(), p.Actor, drawbridge.Exception{
		Integration: drawbridge.IntegrationID(p.R.PathValue("id")), Covers: p.said("covers"), Reason: p.said("reason"), Compensating: p.said("compensating"),
		Expires: drawbridge.Date(p.said("expires")), Breach: drawbridge.Effect(p.said("breach")),
	}, p.key())
	return p.toDossier("/approvals", "exc-proposed"), err
}

func (p *page) doException() (string, error) {
	desk, step := p.web.opt.Lifecycle, p.R.PathValue("step")
	do := desk.Confirm
	switch step {
	case "confirm":
	case "refuse":
		do = desk.Refuse
	case "renew":
		do = desk.Renew
	case "revoke":
		do = desk.RevokeException
	default:
		return "", errNoPage()
	}
	_, err := do(p.R.Context(), p.Actor, lifecycle.Ruling{ID: p.R.PathValue("exception"), Expires: drawbridge.Date(p.said("expires")), Reason: p.said("reason"), Key: p.key()})
	return p.toDossier("/approvals", "exc-"+step), err
}

// approvalOf sends the signed file of an approval.
func (p *page) approvalOf() error {
	name, data, err := p.web.opt.Review.Approval(p.R.Context(), p.Actor, drawbridge.ReviewID(p.R.PathValue("review")))
	if err != nil {
		return err
	}
	p.attach("application/json", name, true)
	_, _ = p.W.Write(data) // the reader may be gone
	return nil
}
