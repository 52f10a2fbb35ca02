package seed

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/dossier"
	"drawbridge/internal/portfolio"
	"drawbridge/internal/programme"
	"drawbridge/internal/review"
)

// addPortfolio lays out what is known of partners besides their integrations, and
// the looks at what became due. Of partners there are as many as of reviews.
func (p *plan) addPortfolio(opt Options, end time.Time) {
	r := rand.New(rand.NewPCG(opt.Seed, 5)) //nolint:gosec // made-up data, repeatable by its seed
	add := func(at time.Time, who int, about string, do func(context.Context, *hand) error) {
		if at.Before(end) {
			p.events = append(p.events, &event{at: at, what: kindTell, who: who, tell: do, about: about})
		}
	}
	known := map[*partner]time.Time{}
	for _, e := range p.events {
		with := e.partner
		if e.item != nil {
			with = e.item.partner
		}
		if at, ok := known[with]; with != nil && (!ok || e.at.Before(at)) {
			known[with] = e.at
		}
	}
	for _, with := range p.partners[:min(len(p.partners), opt.Reviews)] {
		since, ok := known[with]
		if !ok {
			continue
		}
		w := &acquaintance{partner: with, rand: rand.New(rand.NewPCG(with.seed, 6))} //nolint:gosec // the same
		add(since.Add(2*time.Hour), pick(r, p.keepers), "profile of "+with.id, w.describe)
		for range r.IntN(3) {
			add(between(r, since.Add(3*time.Hour), end), p.one(r, drawbridge.ReviewerPrivacy), "notice of "+with.id, w.announce)
		}
		for range r.IntN(3) {
			add(between(r, since.Add(3*time.Hour), end), p.one(r, drawbridge.ReviewerSecurity), "report on "+with.id, w.report)
		}
	}
	if opt.History > 1 {
		for _, back := range []time.Duration{200 * day, 40 * day, 2 * time.Hour} {
			add(end.Add(-back), p.keepers[0], "what became due", look)
		}
	}
	add(end.Add(-time.Hour), p.one(r, drawbridge.ReviewerSecurity), "delegation", delegate)
}

// look finds what became due, as the server does every night, and somebody
// deals with some of it.
func look(ctx context.Context, h *hand) error {
	if _, err := h.programme.Sweep(ctx, access.System("programme")); err != nil && drawbridge.KindOf(err) != drawbridge.Conflict { // what is retired needs nothing
		return err
	}
	list, err := h.programme.Triggers(ctx, h.as(), programme.TriggerFilter{Open: true}, nil, 50)
	if err != nil {
		return err
	}
	for i, t := range list.Items {
		if i%3 != 0 {
			continue
		}
		_, err := h.programme.Handle(ctx, h.as(), programme.Handling{ID: t.ID, Version: t.Version, Reason: handled[i%len(handled)]})
		if err != nil && drawbridge.KindOf(err) != drawbridge.Conflict {
			return err
		}
	}
	return nil
}

// delegate lets somebody sign for who goes on leave.
func delegate(ctx context.Context, h *hand) error {
	list := h.plan.holders[drawbridge.ReviewerSecurity]
	for _, to := range list {
		if to != h.now.who {
			_, err := h.review.Delegate(ctx, h.as(), review.Delegating{
				Role: drawbridge.SecurityDiscipline, To: h.actors[to].Person, Until: drawbridge.DateOf(h.at.AddDate(0, 0, 21)), Reason: "away for three weeks",
			})
			return err
		}
	}
	return nil
}

// acquaintance is what is learnt of a partner over time.
type acquaintance struct {
	*partner

	rand *rand.Rand
	soc  drawbridge.EvidenceID // the latest report on the partner as a whole
}

// describe writes the partner's profile, and who works for it.
func (w *acquaintance) describe(ctx context.Context, h *hand) error {
	id := drawbridge.PartnerID(w.id)
	if _, err := h.portfolio.SetProfile(ctx, h.as(), portfolio.ProfileEdit{Profile: drawbridge.Profile{
		ID: id, LegalName: w.name + " Ltd", PersonType: "legal", Status: pick(w.rand, []string{"active", "active", "active", "prospect"}),
		SecurityContact: "security@" + w.host(), PrivacyContact: "privacy@" + w.host(), Tags: []string{w.trade},
	}, Reason: "from the supplier's form"}); err != nil {
		return err
	}
	for _, i := range w.rand.Perm(len(suppliers))[:w.rand.IntN(4)] {
		s := suppliers[i]
		if _, err := h.portfolio.AddSubprocessor(ctx, h.as(), portfolio.SubprocessorEdit{Subprocessor: drawbridge.Subprocessor{
			Partner: id, Name: s.name, Service: s.service, Country: s.country, Categories: s.data,
		}, Reason: "from the partner's list"}); err != nil {
			return err
		}
	}
	return nil
}

// announce takes a notice in; most are decided on.
func (w *acquaintance) announce(ctx context.Context, h *hand) error {
	s := pick(w.rand, suppliers)
	n := portfolio.NoticeEdit{Partner: drawbridge.PartnerID(w.id), Received: h.at.Add(-2 * time.Hour)}
	switch w.rand.IntN(5) {
	case 0:
		n.Kind, n.Title, n.Text = portfolio.NoticeIncident, "Unusual sign-ins to a support tool", pick(w.rand, incidents)
		n.Facts = drawbridge.NoticeFacts{Affected: "contact data of some customers; ours are being checked", AwareAt: h.at.Add(-30 * time.Hour)}
	case 1:
		n.Kind, n.Title = portfolio.NoticeDeprecation, "Version 1 of the interface ends"
		n.Text, n.Effective = "Version 2 has the same operations; the guide lists what changes.", drawbridge.DateOf(h.at.AddDate(0, 0, 60+w.rand.IntN(150)))
	default:
		n.Kind, n.Title, n.Effective = portfolio.NoticeSubprocessor, "New sub-processor: "+s.name, drawbridge.DateOf(h.at.AddDate(0, 0, 30))
		n.Text = fmt.Sprintf("%s will do %s for us.", s.name, s.service)
		n.Facts = drawbridge.NoticeFacts{Name: s.name, Service: s.service, Country: s.country, Categories: s.data}
	}
	v, err := h.portfolio.AddNotice(ctx, h.as(), n)
	if err != nil || w.rand.IntN(3) == 0 {
		return err
	}
	to := pick(w.rand, []string{"accepted", "accepted", "accepted", "objected", "closed"})
	_, err = h.portfolio.DecideNotice(ctx, h.as(), portfolio.Verdict{ID: v.ID, Version: v.Version, To: to, Reason: verdicts[to]})
	if drawbridge.KindOf(err) == drawbridge.Conflict { // it is one already
		return nil
	}
	return err
}

// report puts an auditor's report on the partner as a whole on file: it ends
// after a year, and the next takes its place.
func (w *acquaintance) report(ctx context.Context, h *hand) error {
	giver := h.actor(h.plan.keepers[0])
	if giver.Person == h.as().Person {
		return nil
	}
	e, err := h.handIn(ctx, giver, dossier.Offer{Partner: drawbridge.PartnerID(w.id), Supersedes: w.soc}, papers["partner"][0])
	if err != nil || w.rand.IntN(5) == 0 {
		return err
	}
	_, err = h.dossier.Accept(ctx, h.as(), e.ID, dossier.Acceptance{Change: dossier.Change{Version: e.Version, Reason: pick(w.rand, read)}, Known: dossier.Rung(e.Kind)})
	w.soc = e.ID
	return err
}
