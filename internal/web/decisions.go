package web

import (
	"bytes"
	"cmp"
	"encoding/csv"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"

	"drawbridge"
	"drawbridge/internal/register"
	"drawbridge/internal/review"
	"drawbridge/internal/web/view"
)

// decisionWords say how a decision stands.
var decisionWords = []view.Option{
	{Value: "stands", Text: "stands"},
	{Value: "stale", Text: "stale: made for something else"},
	{Value: "expiring", Text: "ends within 60 days"},
	{Value: "expired", Text: "its last day is over"},
	{Value: "conditions", Text: "a condition is open"},
	{Value: "superseded", Text: "another one took its place"},
}

var decisionTones = map[string]view.Tone{"stands": view.Good, "stale": view.Bad, "expiring": view.Warn, "expired": view.Bad, "superseded": view.Idle}

// answerWords are outcomes as the field says them.
var answerWords = map[drawbridge.ReviewState]string{
	drawbridge.Approved: "go", drawbridge.ApprovedWithConditions: "go, with conditions", drawbridge.Rejected: "no-go", drawbridge.Deferred: "deferred",
}

// decisionFilter is the filter that stands in the address.
func (p *page) decisionFilter() review.DecisionFilter {
	q := p.R.URL.Query()
	return review.DecisionFilter{
		State: q.Get("state"), Outcome: drawbridge.ReviewState(q.Get("outcome")), Tier: drawbridge.Tier(q.Get("tier")), Partner: drawbridge.PartnerID(strings.TrimSpace(q.Get("partner"))),
		From: drawbridge.Date(q.Get("from")), To: drawbridge.Date(q.Get("to")),
	}
}

// decidedPage reads a page of decisions, and what the deciders are called.
func (p *page) decidedPage(f review.DecisionFilter, after *register.Cursor, limit int) (register.Page[review.Decided], map[string]string, error) {
	list, err := p.web.opt.Review.AllDecisions(p.R.Context(), p.Actor, f, after, limit)
	if err != nil {
		return list, nil, err
	}
	var people []string
	for i := range list.Items {
		people = append(people, string(list.Items[i].Decision.By))
	}
	names, err := p.web.opt.Account.Names(p.R.Context(), p.Actor, people...)
	return list, names, err
}

// decisions are those of the whole organisation, by the filters that stand in the address.
func (p *page) decisions() (templ.Component, error) {
	p.shell.Title, p.shell.Lead = "Decisions", "Every go and no-go: who decided, on exactly what, for how long, and whether it still counts."
	q, f := p.R.URL.Query(), p.decisionFilter()
	after, err := readPlace(q.Get("after"))
	if err != nil {
		return nil, err
	}
	list, names, err := p.decidedPage(f, after, pageOf)
	if err != nil && drawbridge.KindOf(err) != drawbridge.Invalid {
		return nil, err
	}
	p.failed = err // a filter that says nothing is said above the empty list
	p.wrong()
	out := view.Decided{
		Now: p.now, Today: drawbridge.DateOf(p.now), State: f.State, States: decisionWords, Outcome: string(f.Outcome), Tier: string(f.Tier), Partner: string(f.Partner),
		From: string(f.From), To: string(f.To), Filtered: f != review.DecisionFilter{}, CSV: address("/decisions.csv", q, "after", ""),
	}
	for i := range list.Items {
		x, d := &list.Items[i], &list.Items[i].Decision
		to := "/integrations/" + string(d.Integration)
		out.Rows = append(out.Rows, view.DecidedRow{
			Link: view.Link{Text: x.Name, To: to}, Environment: x.Environment, Outcome: cmp.Or(answerWords[d.Outcome], view.Words(string(d.Outcome))), Tone: cmp.Or(stateTones[d.Outcome], view.Idle),
			Tier: d.Tier, At: d.CreatedAt, By: cmp.Or(names[string(d.By)], string(d.By)), Until: d.Until, State: x.State, StateTone: cmp.Or(decisionTones[x.State], view.Idle), Stale: x.Stale,
			Why: x.Why, Open: x.Open, Overdue: x.Overdue, Conditions: to + "/approvals", Review: "/reviews/" + string(d.Review), Digest: d.Content,
		})
	}
	if q.Get("after") != "" {
		out.First = address("/decisions", q, "after", "")
	}
	if list.Next != nil {
		out.Next = address("/decisions", q, "after", writePlace(list.Next))
	}
	return view.DecidedPage(out), nil
}

// maxCSV bounds how many decisions one file has.
const maxCSV = 10_000

// decisionsFile is what the page shows, all of it, as a file.
func (p *page) decisionsFile() error {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	_ = w.Write([]string{ // a buffer takes everything
		"decided_at", "integration", "slug", "environment", "partner", "answer", "tier", "decided_by", "until", "state", "stale", "open_conditions", "overdue_conditions", "why", "content", "view", "decision", "review",
	})
	f := p.decisionFilter()
	for after, n := (*register.Cursor)(nil), 0; ; {
		list, names, err := p.decidedPage(f, after, register.MaxPage)
		if err != nil {
			return err
		}
		for i := range list.Items {
			x, d := &list.Items[i], &list.Items[i].Decision
			row := []string{
				d.CreatedAt.UTC().Format(time.RFC3339), x.Name, x.Slug, x.Environment, string(x.Partner), answerWords[d.Outcome], string(d.Tier), cmp.Or(names[string(d.By)], string(d.By)), string(d.Until),
				x.State, strconv.FormatBool(x.Stale), strconv.Itoa(x.Open), strconv.Itoa(x.Overdue), strings.Join(x.Why, "; "), d.Content, d.View, string(d.ID), string(d.Review),
			}
			for i := range row {
				row[i] = inert(row[i])
			}
			_ = w.Write(row)
		}
		if n += len(list.Items); list.Next == nil || n >= maxCSV {
			break
		}
		after = list.Next
	}
	w.Flush()
	return p.give("text/csv; charset=utf-8", "decisions.csv", b.Bytes())
}

// inert is a text that no spreadsheet takes for a formula.
func inert(s string) string {
	if s != "" && strings.ContainsRune("=+-@\t\r", rune(s[0])) {
		return "'" + s
	}
	return s
}
