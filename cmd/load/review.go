package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"drawbridge"
	"drawbridge/internal/client"
	"drawbridge/internal/questionnaire"
)

var (
	reviewers = []drawbridge.Role{
		drawbridge.ProgrammeOwner, drawbridge.ReviewerSecurity, drawbridge.ReviewerPrivacy, drawbridge.ReviewerLegal, drawbridge.ReviewerProduct, drawbridge.ReviewerOperations,
	}
	askers    = append([]drawbridge.Role{drawbridge.Requester}, reviewers...)
	filers    = append([]drawbridge.Role{drawbridge.Approver, drawbridge.Auditor, drawbridge.Operator}, askers...)
	overseers = append([]drawbridge.Role{drawbridge.Approver, drawbridge.Auditor, drawbridge.Operator, drawbridge.Leadership}, reviewers...)
	measurers = []drawbridge.Role{drawbridge.ProgrammeOwner, drawbridge.Operator, drawbridge.ReviewerOperations}
	talkers   = append([]drawbridge.Role{drawbridge.Approver, drawbridge.Operator, drawbridge.Tester}, askers...)
	inquirers = append([]drawbridge.Role{drawbridge.Approver, drawbridge.Auditor, drawbridge.Leadership}, askers...)
)

// reviews is what people do around reviews, and how often.
var reviews = []op{
	{"list reviews", 10, false, nil, listReviews},
	{"what waits for me", 8, false, nil, mine},
	{"progress of a review", 6, false, nil, progress},
	{"tracks of a review", 4, false, nil, tracks},
	{"changes since the decision", 2, false, nil, changes},
	{"where an integration stands", 6, false, nil, standing},
	{"life of an integration", 3, false, nil, life},
	{"dossier of an integration", 5, false, filers, dossier},
	{"list evidence", 5, false, filers, evidence},
	{"list discussions", 5, false, nil, threads},
	{"list questionnaires", 3, false, inquirers, inquiries},
	{"read a questionnaire", 3, false, inquirers, sheet},
	{"register of risks", 5, false, nil, risks},
	{"heat map", 3, false, nil, heat},
	{"portfolio with decisions", 3, false, nil, entries},
	{"list contracts", 3, false, overseers, contracts},
	{"list notices", 3, false, overseers, notices},
	{"sub-processors of a partner", 2, false, nil, subprocessors},
	{"conditions and exceptions", 3, false, nil, terms},
	{"queue", 4, false, nil, queue},
	{"triggers", 2, false, nil, triggers},
	{"calendar", 2, false, nil, calendar},
	{"concentration", 1, false, overseers, concentration},
	{"what if a country falls", 1, false, overseers, fall},
	{"reply", 3, true, talkers, reply},
	{"offer evidence", 2, true, askers, offer},
	{"answer a question", 4, true, askers, put},
	{"enter a risk", 2, true, askers, addRisk},
	{"enter a measure", 2, true, measurers, measure},
}

// on is a read about an integration that the person knows.
func on[T any](ctx context.Context, p *person, s *samples, name string, call func(drawbridge.Integration) (T, error)) error {
	in, err := p.some(ctx, s)
	if err != nil {
		return ignoreNothing(err)
	}
	_, err = timed(p, s, name, false, func() (T, error) { return call(in) })
	return err
}

// paged reads a page or two of a list.
func paged[T any](p *person, s *samples, name string, call func(client.Page) (client.List[T], error)) ([]T, error) {
	var page client.Page
	var last []T
	for range 1 + p.rand.IntN(2) {
		list, err := timed(p, s, name, false, func() (client.List[T], error) { return call(page) })
		if err != nil {
			return nil, err
		}
		last = list.Items
		if page.Cursor = list.Next; page.Cursor == "" {
			break
		}
	}
	return last, nil
}

func listReviews(ctx context.Context, p *person, s *samples) error {
	f := client.ReviewFilter{Open: p.rand.IntN(2) == 0}
	switch p.rand.IntN(4) {
	case 0:
		f.Tier, f.Open = drawbridge.TierHigh, false
	case 1:
		f.State, f.Open = drawbridge.Approved, false
	}
	list, err := paged(p, s, "list reviews", func(page client.Page) (client.List[drawbridge.Review], error) {
		f.Page = page
		return p.Reviews(ctx, f)
	})
	if len(list) > 0 {
		p.reviews = list
	}
	return err
}

// review is a review that the person knows.
func (p *person) review(ctx context.Context, s *samples) (drawbridge.Review, error) {
	if len(p.reviews) == 0 {
		if err := listReviews(ctx, p, s); err != nil {
			return drawbridge.Review{}, err
		}
	}
	if len(p.reviews) == 0 {
		return drawbridge.Review{}, errCounted // nothing is to be seen
	}
	return p.reviews[p.rand.IntN(len(p.reviews))], nil
}

func mine(ctx context.Context, p *person, s *samples) error {
	_, err := timed(p, s, "what waits for me", false, func() (client.Mine, error) { return p.Mine(ctx) })
	return err
}

// ofReview is a read about a review.
func ofReview[T any](ctx context.Context, p *person, s *samples, name string, call func(drawbridge.ReviewID) (T, error)) error {
	r, err := p.review(ctx, s)
	if err != nil {
		return err
	}
	_, err = timed(p, s, name, false, func() (T, error) { return call(r.ID) })
	return err
}

func progress(ctx context.Context, p *person, s *samples) error {
	return ofReview(ctx, p, s, "progress of a review", func(id drawbridge.ReviewID) (client.ReviewProgress, error) { return p.ReviewProgress(ctx, id) })
}

func tracks(ctx context.Context, p *person, s *samples) error {
	return ofReview(ctx, p, s, "tracks of a review", func(id drawbridge.ReviewID) (client.Tracks, error) { return p.Tracks(ctx, id) })
}

func changes(ctx context.Context, p *person, s *samples) error {
	return ofReview(ctx, p, s, "changes since the decision", func(id drawbridge.ReviewID) (client.Differences, error) { return p.ReviewChanges(ctx, id) })
}

func standing(ctx context.Context, p *person, s *samples) error {
	return on(ctx, p, s, "where an integration stands", func(in drawbridge.Integration) (client.IntegrationStanding, error) { return p.Standing(ctx, in.ID) })
}

func life(ctx context.Context, p *person, s *samples) error {
	return on(ctx, p, s, "life of an integration", func(in drawbridge.Integration) (client.Life, error) { return p.Life(ctx, in.ID) })
}

func dossier(ctx context.Context, p *person, s *samples) error {
	return on(ctx, p, s, "dossier of an integration", func(in drawbridge.Integration) (drawbridge.Dossier, error) { return p.Dossier(ctx, in.ID) })
}

func evidence(ctx context.Context, p *person, s *samples) error {
	f := client.EvidenceFilter{State: []string{"", "offered", "accepted"}[p.rand.IntN(3)]}
	_, err := paged(p, s, "list evidence", func(page client.Page) (client.List[drawbridge.FiledEvidence], error) {
		f.Page = page
		return p.Evidence(ctx, f)
	})
	return err
}

func threads(ctx context.Context, p *person, s *samples) error {
	f := client.ThreadFilter{Open: p.rand.IntN(2) == 0}
	_, err := paged(p, s, "list discussions", func(page client.Page) (client.List[drawbridge.Thread], error) {
		f.Page = page
		return p.Threads(ctx, f)
	})
	return err
}

func inquiries(ctx context.Context, p *person, s *samples) error {
	f := client.InquiryFilter{State: []string{"", "open", "submitted"}[p.rand.IntN(3)]}
	_, err := paged(p, s, "list questionnaires", func(page client.Page) (client.List[drawbridge.Inquiry], error) {
		f.Page = page
		return p.Inquiries(ctx, f)
	})
	return err
}

// asked is a questionnaire in a state that the person may see.
func (p *person) asked(ctx context.Context, s *samples, state string) (drawbridge.Inquiry, error) {
	list, err := timed(p, s, "list questionnaires", false, func() (client.List[drawbridge.Inquiry], error) {
		return p.Inquiries(ctx, client.InquiryFilter{State: state})
	})
	if err != nil || len(list.Items) == 0 {
		return drawbridge.Inquiry{}, errCounted
	}
	return list.Items[p.rand.IntN(len(list.Items))], nil
}

func sheet(ctx context.Context, p *person, s *samples) error {
	q, err := p.asked(ctx, s, "")
	if err != nil {
		return err
	}
	_, err = timed(p, s, "read a questionnaire", false, func() (client.Sheet, error) { return p.Inquiry(ctx, q.ID) })
	return err
}

func risks(ctx context.Context, p *person, s *samples) error {
	f := client.RiskFilter{RiskSelection: client.RiskSelection{State: []string{"current", "open", "treating", ""}[p.rand.IntN(4)]}}
	_, err := paged(p, s, "register of risks", func(page client.Page) (client.List[drawbridge.RiskView], error) {
		f.Page = page
		return p.Risks(ctx, f)
	})
	return err
}

func heat(ctx context.Context, p *person, s *samples) error {
	_, err := timed(p, s, "heat map", false, func() (drawbridge.Heat, error) { return p.HeatMap(ctx, client.RiskSelection{}) })
	return err
}

func entries(ctx context.Context, p *person, s *samples) error {
	_, err := paged(p, s, "portfolio with decisions", func(page client.Page) (client.List[drawbridge.PortfolioEntry], error) {
		return p.Entries(ctx, client.EntryFilter{Page: page})
	})
	return err
}

func contracts(ctx context.Context, p *person, s *samples) error {
	f := client.ContractFilter{Type: []string{"", "dpa", "sla"}[p.rand.IntN(3)]}
	_, err := paged(p, s, "list contracts", func(page client.Page) (client.List[drawbridge.ContractView], error) {
		f.Page = page
		return p.Contracts(ctx, f)
	})
	return err
}

func notices(ctx context.Context, p *person, s *samples) error {
	f := client.NoticeFilter{State: []string{"", "open"}[p.rand.IntN(2)]}
	_, err := paged(p, s, "list notices", func(page client.Page) (client.List[drawbridge.NoticeView], error) {
		f.Page = page
		return p.Notices(ctx, f)
	})
	return err
}

func subprocessors(ctx context.Context, p *person, s *samples) error {
	return on(ctx, p, s, "sub-processors of a partner", func(in drawbridge.Integration) (drawbridge.Subprocessors, error) {
		return p.Subprocessors(ctx, in.Partner)
	})
}

func terms(ctx context.Context, p *person, s *samples) error {
	f := client.OfIntegration{State: []string{"", "open"}[p.rand.IntN(2)]}
	if _, err := timed(p, s, "conditions and exceptions", false, func() (client.List[drawbridge.Condition], error) { return p.Conditions(ctx, f) }); err != nil {
		return err
	}
	f.State = []string{"", "confirmed"}[p.rand.IntN(2)]
	_, err := timed(p, s, "conditions and exceptions", false, func() (client.List[drawbridge.Exception], error) { return p.Exceptions(ctx, f) })
	return err
}

func queue(ctx context.Context, p *person, s *samples) error {
	_, err := paged(p, s, "queue", func(page client.Page) (client.List[client.QueueItem], error) {
		return p.Queue(ctx, client.QueueFilter{Page: page})
	})
	return err
}

func triggers(ctx context.Context, p *person, s *samples) error {
	_, err := paged(p, s, "triggers", func(page client.Page) (client.List[client.TriggerView], error) {
		return p.Triggers(ctx, client.TriggerFilter{Page: page, Open: true})
	})
	return err
}

func calendar(ctx context.Context, p *person, s *samples) error {
	_, err := timed(p, s, "calendar", false, func() (struct{}, error) { return struct{}{}, p.Calendar(ctx, client.CalendarUntil{}, io.Discard) })
	return err
}

func concentration(ctx context.Context, p *person, s *samples) error {
	_, err := timed(p, s, "concentration", false, func() (drawbridge.Concentration, error) { return p.Concentration(ctx) })
	return err
}

func fall(ctx context.Context, p *person, s *samples) error {
	q := client.FallQuestion{Kind: "country", Name: []string{"IE", "DE", "US"}[p.rand.IntN(3)]}
	_, err := timed(p, s, "what if a country falls", false, func() (drawbridge.Fall, error) { return p.Fall(ctx, q) })
	return err
}

// reply takes part in an open discussion.
func reply(ctx context.Context, p *person, s *samples) error {
	list, err := timed(p, s, "list discussions", false, func() (client.List[drawbridge.Thread], error) { return p.Threads(ctx, client.ThreadFilter{Open: true}) })
	if err != nil || len(list.Items) == 0 {
		return err
	}
	t := list.Items[p.rand.IntN(len(list.Items))]
	_, err = timed(p, s, "reply", true, func() (drawbridge.Thread, error) {
		return p.Reply(ctx, client.NewComment{ByID: client.ByID{ID: string(t.ID)}, Text: "I looked at it, and it holds."})
	})
	return err
}

func offer(ctx context.Context, p *person, s *samples) error {
	in, err := p.some(ctx, s)
	if err != nil {
		return ignoreNothing(err)
	}
	text := fmt.Sprintf("A made-up report about %s, number %d.\n", in.Slug, p.rand.Int64())
	_, err = timed(p, s, "offer evidence", true, func() (drawbridge.Evidence, error) {
		return p.OfferEvidence(ctx, client.NewEvidence{Integration: in.ID, Kind: "evidence:configuration", Title: "Rules as deployed"}, "rules.txt",
			func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(text)), nil })
	})
	return err
}

// put answers a question of an open questionnaire anew.
func put(ctx context.Context, p *person, s *samples) error {
	q, err := p.asked(ctx, s, "open")
	if err != nil {
		return err
	}
	sheet, err := timed(p, s, "read a questionnaire", false, func() (client.Sheet, error) { return p.Inquiry(ctx, q.ID) })
	if err != nil {
		return err
	}
	given := map[string]string{}
	for _, g := range sheet.Answers {
		given[g.Question] = g.ID
	}
	list := slices.DeleteFunc(sheet.Questions, func(x questionnaire.Question) bool { return x.Type != questionnaire.Bool })
	if len(list) == 0 {
		return nil
	}
	x := list[p.rand.IntN(len(list))].ID
	_, err = timed(p, s, "answer a question", true, func() (client.Given, error) {
		return p.PutAnswer(ctx, client.PutAnswer{
			ByQuestion: client.ByQuestion{ByID: client.ByID{ID: string(q.ID)}, Question: x},
			Reply:      client.Reply{Base: given[x], Answer: questionnaire.Answer{Value: []byte("true"), Comment: fmt.Sprintf("said at %s", p.opt.Now().Format(time.RFC3339Nano))}},
		})
	})
	return err
}

func addRisk(ctx context.Context, p *person, s *samples) error {
	in, err := p.some(ctx, s)
	if err != nil {
		return ignoreNothing(err)
	}
	_, err = timed(p, s, "enter a risk", true, func() (drawbridge.RiskView, error) {
		return p.AddRisk(ctx, client.NewRisk{Integration: in.ID, Reason: "a load is measured", RiskWords: client.RiskWords{
			Cause: "one supplier", Event: "it is away for a day", Category: "availability", Likelihood: 1 + p.rand.Int64N(5), Impact: 1 + p.rand.Int64N(5),
		}})
	})
	return err
}

func measure(ctx context.Context, p *person, s *samples) error {
	list, err := timed(p, s, "list contracts", false, func() (client.List[drawbridge.ContractView], error) { return p.Contracts(ctx, client.ContractFilter{}) })
	if err != nil || len(list.Items) == 0 {
		return err
	}
	c := list.Items[p.rand.IntN(len(list.Items))]
	if len(c.Levels) == 0 {
		return nil
	}
	day := p.opt.Now().AddDate(0, 0, -1)
	_, err = timed(p, s, "enter a measure", true, func() (drawbridge.Measure, error) {
		return p.AddMeasure(ctx, client.NewMeasure{
			ByID: client.ByID{ID: string(c.ID)}, Metric: c.Levels[0].Metric, Value: 90, From: drawbridge.DateOf(day.AddDate(0, 0, -30)), To: drawbridge.DateOf(day), Source: "a probe",
		})
	})
	return err
}
