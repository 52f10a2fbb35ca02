package web

import (
	"cmp"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/a-h/templ"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/review"
	"drawbridge/internal/web/view"
)

// review is where a reviewer decides: all that is answered, claimed and tested on
// one page, with one answer at its end.
func (p *page) review() (templ.Component, error) {
	id := drawbridge.ReviewID(p.R.PathValue("id"))
	s, err := p.web.opt.Review.Sheet(p.R.Context(), p.Actor, id)
	if err != nil {
		return nil, err
	}
	p.wrong()
	p.shell.Title = s.Integration.Name
	p.shell.Lead = fmt.Sprintf("Review %d of this integration.", s.Review.Number)
	p.shell.Trail = []view.Link{{Text: "Reviews", To: "/reviews"}}
	d := &desk{page: p, Sheet: &s, to: "/reviews/" + string(id), today: drawbridge.DateOf(p.now)}
	out := d.head()
	d.changes(&out)
	d.look(&out)
	d.signoffs(&out)
	d.steps(&out)
	d.answer(&out)
	d.decide(&out)
	out.Note = reviewNote(fmt.Sprintf("%s, review %d", s.Integration.Name, s.Review.Number), &out)
	return view.ReviewPage(out), nil
}

// desk lays a review out for its page.
type desk struct {
	*page
	*review.Sheet

	to    string
	today drawbridge.Date
	talks map[string]bool // that stand beside an item
}

// who names somebody as the page does.
func (d *desk) who(id string) string {
	if id == string(d.Actor.Person) && id != "" {
		return "you"
	}
	if strings.HasPrefix(id, "lnk_") {
		return "the partner"
	}
	return cmp.Or(d.Names[id], id, "nobody")
}

var stateTones = map[drawbridge.ReviewState]view.Tone{
	drawbridge.Ready: view.Warn, drawbridge.InReview: view.Info, drawbridge.Approved: view.Good, drawbridge.ApprovedWithConditions: view.Good,
	drawbridge.Rejected: view.Bad, drawbridge.Deferred: view.Warn,
}

func (d *desk) head() view.Review {
	r, in := &d.Review, &d.Integration
	tone, ok := stateTones[r.State]
	if !ok {
		tone = view.Idle
	}
	out := view.Review{
		Now: d.now, Today: d.today, To: d.to, Integration: view.Link{Text: in.Name, To: "/integrations/" + string(in.ID)},
		Requester: sentenceCase(d.who(string(r.Requester))), Cause: view.Words(r.Cause), State: view.Words(string(r.State)), StateTone: tone,
		Tier: cmp.Or(r.Tier, in.Tier), TierReason: r.TierReason, FastLane: r.FastLane, Outcome: in.Outcome, Inherent: in.Inherent, Residual: in.Residual,
		Due: r.Due, Late: r.State.Open() && r.Due != "" && r.Due.Past(d.now), Opened: r.OpenedAt, Key: d.once(),
		Talkable: d.May[access.ThreadWrite] && r.State.Open(),
	}
	if d.may(access.DelegationRead) {
		out.Delegations = "/delegations"
	}
	for _, x := range d.Gate.Reasons {
		out.Reasons = append(out.Reasons, view.Reason{Outcome: x.Outcome, Text: x.Text})
	}
	for _, t := range d.Tracks {
		track := view.Track{Name: t.Name, State: view.Words(t.State), Tone: view.Warn}
		if t.State != "open" {
			track.Tone = view.Good
		}
		for _, b := range t.Blocked {
			track.Waits = append(track.Waits, view.Wait{On: b.On, What: b.What, Since: b.Since})
		}
		out.Tracks = append(out.Tracks, track)
	}
	for _, c := range d.Conditions {
		when := "after go-live"
		if c.Before {
			when = "before go-live"
		}
		out.Conditions = append(out.Conditions, view.Term{Text: c.Text, Owner: sentenceCase(d.who(string(c.Owner))), By: string(c.Verifier), When: when, State: c.State, Due: c.Due})
	}
	if r.Decision != "" && d.May[access.ApprovalRead] && (r.State == drawbridge.Approved || r.State == drawbridge.ApprovedWithConditions) {
		out.Approval = d.to + "/approval"
	}
	return out
}

func sentenceCase(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

// changes is what differs from the decision that stands.
func (d *desk) changes(out *view.Review) {
	s := d.Status.Decision
	if s == nil {
		return
	}
	if s.Revision != "" && s.Revision != d.Integration.Head {
		out.Manifest = view.Link{Text: "The manifest since then", To: "/integrations/" + string(d.Integration.ID) + "/difference?" + url.Values{"from": {string(s.Revision)}}.Encode()}
	}
	out.Before = fmt.Sprintf("It was %s on %s by %s.", view.Words(string(s.Outcome)), drawbridge.DateOf(s.CreatedAt), d.who(string(s.By)))
	for _, x := range d.Status.Differences {
		out.Changes = append(out.Changes, view.Difference{Text: x.Text, Kind: view.Words(string(x.Kind)), Widens: x.Kind.Stale(), Old: x.Old, New: x.New})
	}
}

// signoffs lists who answered, and whether it counts.
func (d *desk) signoffs(out *view.Review) {
	for _, s := range d.Progress.Signoffs {
		x := view.Signoff{
			Who: sentenceCase(d.who(string(s.Person))), Role: string(s.Role), Approve: s.Approve, Comment: s.Comment, At: s.CreatedAt, Counts: s.Counts, Why: s.Why,
		}
		if s.For != "" {
			x.For = d.who(string(s.For))
		}
		if s.Person == d.Actor.Person && s.WithdrawnAt.IsZero() && d.Review.State.Open() {
			x.Undo = "/signoffs/" + string(s.ID) + "/withdraw"
		}
		out.Signoffs = append(out.Signoffs, x)
	}
}

// stepWords are the steps as buttons say them, and who takes them.
var stepWords = map[string]struct {
	next, button string
	may          access.Action
}{
	"submit": {"hand it in", "Submit the request", access.ReviewSubmit}, "triage": {"triage", "Triage", access.ReviewTriage},
	"start": {"start the tracks", "Start the review", access.ReviewTriage}, "ready": {"say that it is ready", "It is ready to decide", access.ReviewReady},
	"approve": {"approve", "", ""},
}

// steps is the step that leads on, with what stands against it.
func (d *desk) steps(out *view.Review) {
	step := stepWords[d.Progress.Step]
	out.Next = step.next
	for _, m := range d.Progress.Missing {
		out.Missing = append(out.Missing, view.Missing{Text: m.Text, Who: m.Who})
	}
	if step.button != "" && d.May[step.may] {
		out.Act.Step, out.Act.Text, out.Act.Triage = d.to+"/"+d.Progress.Step, step.button, d.Progress.Step == "triage"
		out.Act.Tier, out.Act.Reason = d.said("tier"), d.said("reason")
		if len(d.Progress.Missing) > 0 {
			out.Act.Why = "It waits for what is named above."
		}
	}
	out.Act.Reopen = d.Review.State == drawbridge.Ready && d.May[access.ReviewReady]
	out.Act.Withdraw = d.Review.State.Open() && d.May[access.ReviewWithdraw]
}

// answer is the form of one answer.
func (d *desk) answer(out *view.Review) {
	state := d.Review.State
	if !state.Open() || !d.May[access.ThreadWrite] {
		return
	}
	a := view.AnswerForm{
		Open: true, View: d.Progress.View, Answer: d.said("answer"), Role: d.said("role"), Comment: d.said("comment"), Viewed: d.said("viewed") != "",
		Terms: d.May[access.ConditionWrite], Left: out.Look.Total - out.Look.Viewed,
	}
	if d.said("answer") != "" {
		a.Typed = d.termsTyped()
	}
	for _, r := range d.Roles {
		name := string(r.Role)
		if r.For != "" {
			name += " on behalf of " + d.who(string(r.For))
		}
		switch {
		case state != drawbridge.InReview && state != drawbridge.Ready:
		case r.Why != "":
			a.Against = append(a.Against, "You cannot sign for "+name+": "+r.Why+".")
		default:
			a.Roles = append(a.Roles, view.Option{Value: string(r.Role) + "/" + string(r.For), Text: name})
		}
	}
	if len(d.Roles) > 0 && state != drawbridge.InReview && state != drawbridge.Ready {
		a.Against = append(a.Against, "It is signed once the review is under way.")
	}
	out.Answer = a
}

// decide is the form of the decision.
func (d *desk) decide(out *view.Review) {
	if d.Review.State != drawbridge.Ready || !d.May[access.ReviewDecide] {
		return
	}
	out.Decide = view.DecideForm{
		Open: true, View: d.Progress.View, Missing: out.Missing, Outcome: d.said("outcome"), Why: d.said("rationale"), Until: d.said("until"),
		Suggests: string(drawbridge.DateOf(d.now.AddDate(0, int(d.Review.Months), 0))),
	}
	if d.said("outcome") != "" {
		out.Decide.Typed = d.termsTyped()
	}
}

// termsTyped are the conditions as they were typed.
func (p *page) termsTyped() []view.TermTyped {
	out := make([]view.TermTyped, view.MaxTyped)
	for n := range out {
		said := func(name string) string { return p.said(view.TermField(name, n)) }
		out[n] = view.TermTyped{Text: said("term"), Due: said("due"), Verifier: said("verifier"), Before: said("before") != "", Breach: said("breach")}
	}
	return out
}

// terms are the conditions that came with a form.
func (p *page) terms() []review.Term {
	var out []review.Term
	for _, t := range p.termsTyped() {
		if strings.TrimSpace(t.Text) != "" {
			out = append(out, review.Term{
				Text: t.Text, Before: t.Before, Verifier: drawbridge.Discipline(t.Verifier), Due: drawbridge.Date(t.Due), Breach: drawbridge.Effect(t.Breach),
			})
		}
	}
	return out
}

func (p *page) step() review.Step {
	return review.Step{Review: drawbridge.ReviewID(p.R.PathValue("id")), Key: p.key()}
}

// back is the review's page with what it says, at the place that the form names.
func (p *page) back(code string) string {
	to := "/reviews/" + p.R.PathValue("id")
	q := url.Values{}
	if show := p.R.URL.Query().Get("show"); show != "" {
		q.Set("show", show)
	}
	if code != "" {
		q.Set("done", "review."+code)
	}
	if len(q) > 0 {
		to += "?" + q.Encode()
	}
	if at := p.said("at"); identifier.MatchString(at) {
		to += "#" + at
	}
	return to
}

func (p *page) doTick() (string, error) {
	in := review.Viewing{Review: p.step().Review, All: p.said("all") != "", Undo: p.said("undo") != ""}
	code := "viewed"
	if key := p.said("item"); key != "" {
		in.Items, code = map[string]string{key: p.said("digest")}, ""
	}
	_, err := p.web.opt.Review.Tick(p.R.Context(), p.Actor, in)
	return p.back(code), err
}

func (p *page) doRespond() (string, error) {
	in := review.Response{
		Review: p.step().Review, Answer: p.said("answer"), Comment: p.said("comment"), View: p.said("view"), Terms: p.terms(),
		Viewed: p.said("viewed") != "", Key: p.key(),
	}
	code := map[string]string{"sign": "signed", "object": "objected", "hold": "held"}[in.Answer]
	if in.Answer == "sign" || in.Answer == "object" {
		role, on, _ := strings.Cut(p.said("role"), "/")
		in.Role, in.For = drawbridge.Discipline(role), drawbridge.PersonID(on)
	} else {
		in.View = ""
	}
	_, err := p.web.opt.Review.Respond(p.R.Context(), p.Actor, in)
	return p.back(cmp.Or(code, "answered")), err
}

func (p *page) doDecide() (string, error) {
	_, err := p.web.opt.Review.Decide(p.R.Context(), p.Actor, review.Verdict{
		Review: p.step().Review, Outcome: drawbridge.ReviewState(p.said("outcome")), Rationale: p.said("rationale"), View: p.said("view"),
		Until: drawbridge.Date(p.said("until")), Terms: p.terms(), Key: p.key(),
	})
	return p.back("decided"), err
}

func (p *page) doUnsign() (string, error) {
	s, err := p.web.opt.Review.Unsign(p.R.Context(), p.Actor, review.Unsigning{Signoff: drawbridge.SignoffID(p.R.PathValue("id")), Reason: p.said("why"), Key: p.key()})
	return "/reviews/" + string(s.Review) + "?done=review.unsigned", err
}

func (p *page) doSubmit() (string, error) {
	_, err := p.web.opt.Review.Submit(p.R.Context(), p.Actor, p.step())
	return p.back("moved"), err
}

func (p *page) doTriage() (string, error) {
	s := p.step()
	s.Reason = p.said("reason")
	_, err := p.web.opt.Review.Triage(p.R.Context(), p.Actor, review.Triage{Step: s, Tier: drawbridge.Tier(p.said("tier"))})
	return p.back("moved"), err
}

func (p *page) doStart() (string, error) {
	_, err := p.web.opt.Review.Start(p.R.Context(), p.Actor, p.step())
	return p.back("moved"), err
}

func (p *page) doReady() (string, error) {
	_, err := p.web.opt.Review.Ready(p.R.Context(), p.Actor, p.step())
	return p.back("moved"), err
}

func (p *page) doReopen() (string, error) {
	_, err := p.web.opt.Review.Reopen(p.R.Context(), p.Actor, p.step())
	return p.back("moved"), err
}

func (p *page) doWithdraw() (string, error) {
	s := p.step()
	s.Reason = p.said("why")
	_, err := p.web.opt.Review.Withdraw(p.R.Context(), p.Actor, s)
	return p.back("withdrawn"), err
}

// approvalFile is the signed file of an approval.
func (p *page) approvalFile() error {
	name, data, err := p.web.opt.Review.Approval(p.R.Context(), p.Actor, p.step().Review)
	if err != nil {
		return err
	}
	h := p.W.Header()
	h.Set("Content-Type", "application/vnd.in-toto+json")
	h.Set("Content-Disposition", fmt.Sprintf("attachment; filename=%q", name))
	h.Set("Last-Modified", p.now.UTC().Format(time.RFC1123))
	_, err = p.W.Write(data)
	return err
}
