package seed

import (
	"bytes"
	"context"
	"strings"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/dossier"
	"drawbridge/internal/portfolio"
)

// paper is a kind of document that is handed in.
type paper struct {
	kind, title, issuer, scope string
	months                     int // for which it counts
	exceptions                 []string
}

// handIn gives a document in, as somebody.
func (h *hand) handIn(ctx context.Context, by access.Actor, o dossier.Offer, p paper) (drawbridge.Evidence, error) {
	issued := h.at.AddDate(0, 0, -14)
	o.Kind, o.Title, o.Issuer, o.Scope, o.Exceptions = p.kind, p.title, p.issuer, p.scope, p.exceptions
	o.Issued, o.Expires = drawbridge.DateOf(issued), drawbridge.DateOf(issued.AddDate(0, p.months, 0))
	o.Name = strings.ToLower(strings.ReplaceAll(p.title, " ", "-")) + ".pdf"
	about := string(o.Partner)
	if about == "" {
		about = string(o.Integration)
	}
	o.Content = bytes.NewReader(page(p.title, "Issued by "+p.issuer, "Scope: "+p.scope, "About: "+about, "Dated "+string(o.Issued)+", valid until "+string(o.Expires), "This is a made-up document."))
	return h.dossier.Offer(ctx, by, o)
}

// offer has the partner hand in documents with its answers.
func (t *tale) offer(ctx context.Context, h *hand) error {
	if t.stuck || t.asked == "" || h.at.Add(day).After(h.opt.AsOf) {
		return nil
	}
	for _, p := range []paper{pick(t.rand, papers[t.template]), pick(t.rand, papers["any"])} {
		if _, err := h.handIn(ctx, t.partner, dossier.Offer{Inquiry: t.asked}, p); err != nil {
			return t.held(err)
		}
	}
	return nil
}

// judge accepts or refuses what was handed in; some of it stays for later.
func (t *tale) judge(ctx context.Context, h *hand) error {
	list, err := h.dossier.List(ctx, h.as(), dossier.EvidenceFilter{Integration: t.id, State: dossier.StateOffered}, nil, 20)
	if err != nil {
		return err
	}
	for _, e := range list.Items {
		c := dossier.Change{Version: e.Version, Reason: pick(t.rand, read)}
		switch n := t.rand.IntN(8); {
		case n == 0:
			continue
		case n == 1 || e.Until().Past(h.at):
			c.Reason = pick(t.rand, refusals)
			_, err = h.dossier.Refuse(ctx, h.as(), e.ID, c)
		default:
			_, err = h.dossier.Accept(ctx, h.as(), e.ID, dossier.Acceptance{Change: c, Known: dossier.Rung(e.Kind)})
		}
		if err != nil {
			return t.held(err)
		}
	}
	return nil
}

// onFile hands a document in for the integration and has it accepted at once.
func (t *tale) onFile(ctx context.Context, h *hand, kind string) (drawbridge.EvidenceID, error) {
	p := proofs[kind]
	e, err := h.handIn(ctx, h.as(), dossier.Offer{Integration: t.id}, p)
	if err != nil {
		return "", err
	}
	reviewer := h.actor(h.plan.one(t.rand, drawbridge.ReviewerSecurity))
	if reviewer.Person == h.as().Person { // where one person is several
		reviewer = h.actor(h.plan.one(t.rand, drawbridge.ReviewerPrivacy))
	}
	_, err = h.dossier.Accept(ctx, reviewer, e.ID, dossier.Acceptance{Change: dossier.Change{Version: e.Version, Reason: pick(t.rand, read)}, Known: drawbridge.KnownDocument})
	return e.ID, err
}

// agree puts the contract on file.
func (t *tale) agree(ctx context.Context, h *hand) error {
	if t.agreed != "" {
		return nil
	}
	kind := pick(t.rand, []string{"dpa", "dpa", "msa", "sla"})
	years := 1 + t.rand.IntN(3)
	c := drawbridge.Contract{
		Partner: drawbridge.PartnerID(t.item.partner.id), Integrations: []drawbridge.IntegrationID{t.id}, Type: kind, Title: titles[kind] + " with " + t.item.partner.name,
		Signed: drawbridge.DateOf(h.at), Starts: drawbridge.DateOf(h.at), Ends: drawbridge.DateOf(h.at.AddDate(years, 0, -1)), AutoRenew: t.rand.IntN(3) > 0,
		NoticeOurs: 90, NoticeTheirs: 180, Deprecation: 180, BreachHours: int64(24 * (1 + t.rand.IntN(3))), Objection: int64(14 * (1 + t.rand.IntN(2))),
		Law: pick(t.rand, []string{"Ireland", "Germany", "Netherlands", "England and Wales"}), Cost: pick(t.rand, costs), DataOwner: "ours", AuditRight: t.care == 0,
		Clauses: map[string]string{}, Levels: []drawbridge.ServiceLevel{
			{Metric: "availability", Target: 99.5 + float64(t.rand.IntN(5))/10, Unit: "percent", Window: "month"}, {Metric: "latency_p95", Target: 800, Unit: "ms", Window: "month"},
		},
	}
	for _, x := range portfolio.Clauses() {
		if word := pick(t.rand, clauseWords[t.care]); word != "" {
			c.Clauses[x.ID] = word
		}
	}
	v, err := h.portfolio.AddContract(ctx, h.as(), portfolio.ContractEdit{Contract: c, Reason: "signed"})
	t.agreed = v.ID
	return t.held(err)
}

// measure notes how the promises were kept, month by month.
func (t *tale) measure(ctx context.Context, h *hand) error {
	if t.agreed == "" {
		return nil
	}
	for back := 3; back > 0; back-- {
		to := h.at.AddDate(0, 0, -30*(back-1)-1)
		m := drawbridge.Measure{Contract: t.agreed, Integration: t.id, From: drawbridge.DateOf(to.AddDate(0, 0, -29)), To: drawbridge.DateOf(to), Source: "our own probe, once a minute"}
		m.Metric, m.Value = "availability", 99.98-float64(t.rand.IntN(80)*t.rand.IntN(2))/100
		if _, err := h.portfolio.AddMeasure(ctx, h.as(), portfolio.MeasureEdit{Measure: m}); err != nil {
			return t.held(err)
		}
		m.Metric, m.Value = "latency_p95", float64(180+t.rand.IntN(700))
		if _, err := h.portfolio.AddMeasure(ctx, h.as(), portfolio.MeasureEdit{Measure: m}); err != nil {
			return t.held(err)
		}
	}
	return nil
}

// discuss has a reviewer ask, the owner answer, and somebody close it.
func (t *tale) discuss(ctx context.Context, h *hand) error {
	talk := pick(t.rand, talks)
	th, err := h.dossier.Open(ctx, h.as(), dossier.NewThread{Integration: t.id, Kind: talk.kind, Object: talk.object, Title: talk.title, Text: talk.said[0]})
	if err != nil {
		return t.held(err)
	}
	for i, text := range talk.said[1:] {
		who := h.actor(t.owner)
		if i%2 == 1 {
			who = h.as()
		}
		if th, err = h.dossier.Reply(ctx, who, th.ID, dossier.NewComment{Text: text}); err != nil {
			return t.held(err)
		}
	}
	if t.rand.IntN(4) == 0 {
		return nil
	}
	_, err = h.dossier.Resolve(ctx, h.as(), th.ID, dossier.Change{Version: th.Version, Reason: pick(t.rand, settled)})
	return t.held(err)
}

// block opens a discussion that the review waits for.
func (t *tale) block(ctx context.Context, h *hand) error {
	talk := pick(t.rand, blocks)
	_, err := h.dossier.Open(ctx, h.as(), dossier.NewThread{Integration: t.id, Kind: talk.kind, Object: talk.object, Title: talk.title, Text: talk.said[0], Blocks: true})
	return t.held(err)
}
