package web

import (
	"cmp"

	"github.com/a-h/templ"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/policy"
	"drawbridge/internal/programme"
	"drawbridge/internal/review"
	"drawbridge/internal/web/view"
)

// reasonWords say what brings an integration into the queue.
var reasonWords = map[string]string{
	"review": "a review past its day", "widening": "a wider revision", "evidence": "evidence that ends", "subprocessor": "a sub-processor", "check": "a failed check",
	"incident": "an incident", "contract": "a contract", "owner": "an owner who left", "ownership": "another owner", "pack": "a new policy", "rhythm": "the last day of a decision",
	"notice": "a notice of the partner", "exception": "an exception that ends", "condition": "a condition past its day", "threats": "a threat model to look at",
}

func reasonWord(kind string) string { return cmp.Or(reasonWords[kind], view.Words(kind)) }

var effectTones = map[drawbridge.Effect]view.Tone{
	drawbridge.Note: view.Idle, drawbridge.Warn: view.Warn, drawbridge.Narrow: view.Bad, drawbridge.SuspendFlow: view.Worst,
}

// queue is what needs review, by the filters that stand in the address.
func (p *page) queue() (templ.Component, error) {
	p.shell.Title, p.shell.Lead, p.shell.Back = "Queue", "What needs review, most dangerous first: what brought it here, what that does, and on whom it waits.", "/queue"
	p.wrong()
	q := p.R.URL.Query()
	f := programme.QueueFilter{Kind: q.Get("kind"), Effect: drawbridge.Effect(q.Get("effect")), Tier: drawbridge.Tier(q.Get("tier")), Open: q.Get("open")}
	after, err := readPlace(q.Get("after"))
	if err != nil {
		return nil, err
	}
	list, err := p.web.opt.Programme.Queue(p.R.Context(), p.Actor, f, after, 30)
	if err != nil {
		return nil, err
	}
	out := view.Queue{
		Now: p.now, Today: drawbridge.DateOf(p.now), Kind: f.Kind, Effect: string(f.Effect), Tier: string(f.Tier), Open: f.Open, Filtered: f != programme.QueueFilter{},
	}
	for _, kind := range append([]string{"review"}, policy.TriggerKinds()...) {
		out.Kinds = append(out.Kinds, view.Option{Value: kind, Text: reasonWord(kind)})
	}
	for i := range list.Items {
		out.Rows = append(out.Rows, p.queued(&list.Items[i]))
	}
	if q.Get("after") != "" {
		out.First = address("/queue", q, "after", "")
	}
	if list.Next != nil {
		out.Next = address("/queue", q, "after", writePlace(list.Next))
	}
	return view.QueuePage(out), nil
}

func (p *page) queued(x *programme.Item) view.Queued {
	in := &x.Integration
	out := view.Queued{
		Link: view.Link{Text: in.Name, To: "/integrations/" + string(in.ID)}, Environment: in.Environment, Tier: in.Tier, Residual: in.Residual, Scores: "/integrations/" + string(in.ID) + "#score",
		Effect: string(x.Effect), Tone: cmp.Or(effectTones[x.Effect], view.Worst), ToAttest: x.ToAttest, Since: x.Since,
	}
	for _, r := range x.Reasons {
		out.Reasons = append(out.Reasons, view.QueueReason{Kind: sentenceCase(reasonWord(r.Kind)), Effect: string(r.Effect), Tone: effectTones[r.Effect], Text: r.Text, Since: r.Since})
	}
	for _, w := range x.Waits {
		out.Waits = append(out.Waits, view.QueueWait{On: "the " + view.Words(string(w.On)), What: w.What, Since: w.Since})
	}
	if x.Review != "" {
		out.Review, out.State, out.Due, out.Late = "/reviews/"+string(x.Review), view.Words(string(x.State)), x.Due, x.Due != "" && x.Due.Past(p.now)
	} else if p.may(access.ReviewOpen) {
		out.Start, out.Key = "/queue/"+string(in.ID)+"/open", p.once()
	}
	return out
}

// doOpenReview opens the review of an integration in the queue, for the gravest of
// what brought it there.
func (p *page) doOpenReview() (string, error) {
	id := drawbridge.IntegrationID(p.R.PathValue("id"))
	cause, err := p.web.opt.Programme.Cause(p.R.Context(), p.Actor, id)
	if err != nil {
		return "", err
	}
	r, err := p.web.opt.Review.Open(p.R.Context(), p.Actor, review.Opening{Integration: id, Cause: cause.Kind, Source: cause.Source, Key: p.key()})
	return "/reviews/" + string(r.ID) + "?done=review-opened", err
}
