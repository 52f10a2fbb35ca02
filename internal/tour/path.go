package tour

import (
	"context"
	"slices"
	"strings"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/inquiry"
	"drawbridge/internal/register"
	"drawbridge/internal/review"
	"drawbridge/internal/seed"
)

// Step is one of the five of the guided path.
type Step struct {
	Key   string // what Do takes
	Title string
	Why   string          // what there is to see
	Who   drawbridge.Role // as whom one looks
	To    string          // page to look at
	Act   string          // what a press has done; empty when the step is done
	Done  bool
}

// Steps tell how far the demonstration's own partner has come, by its record.
func (t *Tour) Steps(ctx context.Context) ([]Step, error) {
	page := "/integrations/" + string(t.about.Integration)
	reviews := "/reviews/" + string(t.about.Review)
	steps := []Step{
		{
			Key: "test", Title: "Test what the partner claims", Who: drawbridge.ReviewerSecurity, To: page,
			Why: "Tidewater Payments says that it authorises each object. The live checks found otherwise, so the gate says no, whatever the paper says.",
			Act: "Have the partner mend its flaws, and test it again",
		},
		{
			Key: "answer", Title: "Ask what no test can show", Who: drawbridge.ProgrammeOwner, To: "/questionnaires/" + string(t.about.Inquiry),
			Why: "The questionnaire leaves out what tests and evidence have settled. The partner answers by a link, without an account.",
			Act: "Answer as the partner would, and hand in",
		},
		{
			Key: "sign", Title: "Review it, each for their discipline", Who: drawbridge.ReviewerPrivacy, To: reviews,
			Why: "Answers, claims and test results stand side by side. A signature binds to a digest of exactly this state.",
			Act: "Have everybody sign who still must",
		},
		{
			Key: "decide", Title: "Decide, with conditions", Who: drawbridge.Approver, To: reviews,
			Why: "The decision is a signed file that a pipeline holds. A condition has a day and an owner, and an effect when it is missed.",
			Act: "Approve with a condition",
		},
		{
			Key: "change", Title: "See what a change does", Who: drawbridge.Requester, To: page,
			Why: "The team asks for one more field. Nobody has to notice: the approval is stale at once, and the gate says so.",
			Act: "Push a revision that also sends dates of birth",
		},
	}
	done, err := t.far(ctx)
	if err != nil {
		return nil, err
	}
	for i := range steps {
		if steps[i].Done = i < done; steps[i].Done || t.partner == nil {
			steps[i].Act = ""
		}
	}
	return steps, nil
}

// Do takes a step that is not done, as the people would whose turn it is. Steps
// before it that are not done are taken first.
func (t *Tour) Do(ctx context.Context, key string) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	steps, err := t.Steps(ctx)
	if err != nil {
		return err
	}
	at := slices.IndexFunc(steps, func(s Step) bool { return s.Key == key })
	if at < 0 || t.partner == nil {
		return drawbridge.Errorf(drawbridge.NotFound, "the demonstration has no such step now")
	}
	for i, do := range []func(context.Context) error{t.mend, t.answer, t.sign, t.decide, t.change}[:at+1] {
		if steps[i].Done {
			continue
		}
		if err := do(ctx); err != nil {
			return err
		}
	}
	return nil
}

// far is how many steps are done. Each stands on those before it, so the last
// that is done tells of all.
func (t *Tour) far(ctx context.Context) (int, error) {
	s, err := t.opt.Review.Standing(ctx, t.as(drawbridge.ProgrammeOwner), t.about.Integration)
	switch {
	case err != nil:
		return 0, err
	case s.Stale:
		return 5, nil
	case s.Decision != nil:
		return 4, nil
	}
	for i, done := range []func(context.Context) (bool, error){t.mended, t.answered, t.signed} {
		if ok, err := done(ctx); err != nil || !ok {
			return i, err
		}
	}
	return 3, nil
}

// mended reports whether the run that stands found nothing.
func (t *Tour) mended(ctx context.Context) (bool, error) {
	list, err := t.opt.Register.Findings(ctx, t.as(drawbridge.ReviewerSecurity), register.FindingFilter{Integration: t.about.Integration, Source: "check"}, nil, 1)
	return len(list.Items) == 0, err
}

func (t *Tour) mend(ctx context.Context) error {
	for _, f := range flaws() {
		if err := t.partner.Set(f, false); err != nil {
			return err
		}
	}
	return t.test(ctx)
}

func (t *Tour) answered(ctx context.Context) (bool, error) {
	s, err := t.opt.Inquiry.Sheet(ctx, t.as(drawbridge.ProgrammeOwner), t.about.Inquiry)
	return s.Inquiry.State != inquiry.StateOpen && s.Inquiry.State != inquiry.StateReturned, err
}

// answer has the partner answer by a link of its own.
func (t *Tour) answer(ctx context.Context) error {
	issued, err := t.opt.Inquiry.AddLink(ctx, t.as(drawbridge.ProgrammeOwner), t.about.Inquiry, inquiry.NewLink{Label: "Tidewater Payments, trust desk", ExpiresAt: t.opt.Now().AddDate(0, 0, 14)})
	if err != nil {
		return err
	}
	return seed.Reply(ctx, t.opt.Inquiry, &issued.Link, "Tidewater Payments", t.opt.Now())
}

// Link makes a link to the questionnaire, for who wants to answer as the partner.
func (t *Tour) Link(ctx context.Context) (path string, err error) {
	issued, err := t.opt.Inquiry.AddLink(ctx, t.as(drawbridge.ProgrammeOwner), t.about.Inquiry, inquiry.NewLink{Label: "You, as the partner", ExpiresAt: t.opt.Now().AddDate(0, 0, 1)})
	return "/p/" + issued.Secret, err
}

func (t *Tour) progress(ctx context.Context) (r drawbridge.Review, p review.Progress, err error) {
	if r, err = t.opt.Review.Review(ctx, t.as(drawbridge.ProgrammeOwner), t.about.Review); err == nil {
		p, err = t.opt.Review.Progress(ctx, t.as(drawbridge.ProgrammeOwner), t.about.Review)
	}
	return r, p, err
}

func (t *Tour) signed(ctx context.Context) (bool, error) {
	r, p, err := t.progress(ctx)
	if err != nil || r.State.Open() && r.State != drawbridge.Ready {
		return false, err
	}
	return !r.State.Open() || len(unsigned(&r, &p)) == 0, nil
}

// unsigned are the disciplines whose approval is missing.
func unsigned(r *drawbridge.Review, p *review.Progress) []drawbridge.Discipline {
	return slices.DeleteFunc(slices.Clone(r.Roles), func(d drawbridge.Discipline) bool {
		return slices.ContainsFunc(p.Signoffs, func(s review.Counted) bool { return s.Role == d && s.Counts && s.Approve })
	})
}

// sign takes the answers, looks at the risk as it is now, and has everybody sign.
func (t *Tour) sign(ctx context.Context) error {
	owner := t.as(drawbridge.ProgrammeOwner)
	s, err := t.opt.Inquiry.Sheet(ctx, owner, t.about.Inquiry)
	if err != nil {
		return err
	}
	if s.Inquiry.State == inquiry.StateSubmitted {
		if _, err := t.opt.Inquiry.Accept(ctx, t.as(drawbridge.ReviewerSecurity), t.about.Inquiry, inquiry.Decided{Reason: "The answers fit what the tests show."}); err != nil {
			return err
		}
	}
	r, p, err := t.progress(ctx)
	if err != nil {
		return err
	}
	if r.State == drawbridge.InReview {
		if _, err := t.opt.Register.Reassess(ctx, access.System("assess"), t.about.Integration, ""); err != nil {
			return err
		}
		if _, err := t.opt.Review.Triage(ctx, owner, review.Triage{Step: review.Step{Review: r.ID, Reason: "the same, looked at again"}}); err != nil {
			return err
		}
		if _, err := t.opt.Review.Ready(ctx, owner, review.Step{Review: r.ID}); err != nil {
			return err
		}
		if r, p, err = t.progress(ctx); err != nil {
			return err
		}
	}
	return t.signAll(ctx, &r, p.View, unsigned(&r, &p))
}

// signAll has each discipline sign, in the order that the policy asks for: who is
// too early tries again after the others.
func (t *Tour) signAll(ctx context.Context, r *drawbridge.Review, of string, open []drawbridge.Discipline) error {
	var early error
	for range open {
		var rest []drawbridge.Discipline
		for _, d := range open {
			_, err := t.opt.Review.Sign(ctx, t.as(d.Reviewer()), review.Signing{Review: r.ID, Role: d, Approve: true, Comment: "Looked at, with the tests beside it.", View: of})
			if drawbridge.KindOf(err) == drawbridge.Conflict {
				rest, early = append(rest, d), err
			} else if err != nil {
				return err
			}
		}
		if open = rest; len(open) == 0 {
			return nil
		}
	}
	return early
}

func (t *Tour) decide(ctx context.Context) error {
	r, p, err := t.progress(ctx)
	if err != nil {
		return err
	}
	_, err = t.opt.Review.Decide(ctx, t.as(drawbridge.Approver), review.Verdict{
		Review: r.ID, Outcome: drawbridge.ApprovedWithConditions, View: p.View, Rationale: "The flaws are mended and tested; what is left is known and has an owner.",
		Terms: []review.Term{{Text: "Show the alarm for unusual payouts on production", Verifier: drawbridge.SecurityDiscipline, Due: drawbridge.DateOf(t.opt.Now().AddDate(0, 0, 60)), Breach: drawbridge.Warn}},
	})
	return err
}

// field is where the manifest says that e-mail addresses are sent; the change adds
// dates of birth beside them.
const field = "      - {at: request, field: /email, category: contact.email, needed: true, operations: [createCustomer, updateCustomer]}\n"

// change pushes the manifest with one more field.
func (t *Tour) change(ctx context.Context) error {
	wider := strings.Replace(string(t.partner.Manifest()), field, field+strings.NewReplacer("/email", "/date_of_birth", "contact.email", "demo.birth_date").Replace(field), 1)
	head, err := t.opt.Register.Integration(ctx, t.as(drawbridge.Requester), t.ref())
	if err != nil {
		return err
	}
	_, err = t.opt.Register.Push(ctx, t.as(drawbridge.Requester), register.Push{
		Main: mainFile, Files: t.files([]byte(wider)), Base: head.Head, Reason: "Marketing wants to greet customers on their birthday.",
	})
	return err
}
