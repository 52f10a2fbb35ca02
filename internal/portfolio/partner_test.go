package portfolio_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/portfolio"
	"drawbridge/internal/store"
	"drawbridge/internal/testkit"
	"drawbridge/internal/testkit/world"
)

func TestProfile(t *testing.T) {
	t.Parallel()
	testkit.Databases(t, func(t *testing.T, url string) {
		r := open(t, url)
		ctx := t.Context()
		una, ann := r.Person(t, "una", drawbridge.ProgrammeOwner), r.Person(t, "ann", drawbridge.Requester)
		r.partner(t, "acme", "acme-group", "acme-world")
		set := func(actor access.Actor, p drawbridge.Profile) (drawbridge.ProfileView, error) {
			return r.SetProfile(ctx, actor, portfolio.ProfileEdit{Profile: p})
		}
		got, err := set(una, drawbridge.Profile{
			ID: "acme", LegalName: " Acme Ltd ", Parent: "acme-group", Status: "active", Tags: []string{"b", "a", "b"},
			Identifiers: map[string]string{"lei": "5299 00t8bm49aurs do55", "duns": ""},
		})
		if err != nil || got.LegalName != "Acme Ltd" || got.Identifiers["lei"] != "529900T8BM49AURSDO55" || len(got.Identifiers) != 1 || !slices.Equal(got.Tags, []string{"a", "b"}) || got.Group != "acme-group" {
			t.Fatalf("SetProfile = %+v %v", got, err)
		}
		if _, err := set(una, drawbridge.Profile{ID: "acme-group", Parent: "acme-world"}); err != nil {
			t.Fatal(err)
		}
		world.WantKind(t, "a circle", errOf(set(una, drawbridge.Profile{ID: "acme-world", Parent: "acme"})), drawbridge.Invalid)
		world.WantKind(t, "a parent of itself", errOf(set(una, drawbridge.Profile{ID: "acme-world", Parent: "acme-world"})), drawbridge.Invalid)
		world.WantKind(t, "a parent that is not there", errOf(set(una, drawbridge.Profile{ID: "acme-world", Parent: "nobody"})), drawbridge.Invalid)
		world.WantKind(t, "a second first profile", errOf(set(una, drawbridge.Profile{ID: "acme"})), drawbridge.Conflict)
		world.WantKind(t, "a partner that is not there", errOf(set(una, drawbridge.Profile{ID: "nobody"})), drawbridge.NotFound)
		world.WantKind(t, "a mistyped identifier", errOf(set(una, drawbridge.Profile{ID: "acme-world", Identifiers: map[string]string{"lei": "529900T8BM49AURSDO56"}})), drawbridge.Invalid)
		world.WantKind(t, "a name of two lines", errOf(set(una, drawbridge.Profile{ID: "acme-world", LegalName: "a\nb"})), drawbridge.Invalid)
		world.WantKind(t, "a requester writes", errOf(set(ann, drawbridge.Profile{ID: "acme-world"})), drawbridge.Denied)
		if got, err := r.Profile(ctx, ann, "acme-world"); err != nil || got.Version != 0 || !slices.Equal(got.Children, []drawbridge.PartnerID{"acme-group"}) {
			t.Errorf("Profile of whom nothing is known = %+v %v", got, err)
		}
	})
}

// TestContract holds contracts against days, measures and manifests.
func TestContract(t *testing.T) {
	t.Parallel()
	testkit.Databases(t, func(t *testing.T, url string) {
		r := open(t, url)
		ctx := t.Context()
		leo, ann := r.Person(t, "leo", drawbridge.ReviewerLegal), r.Person(t, "ann", drawbridge.Requester)
		ops := r.Person(t, "ops", drawbridge.Operator)
		in := r.Bring(t, ann, "pay")
		gaps := func() string {
			a, err := r.Agreements(ctx, leo, "acme-pay")
			if err != nil {
				t.Fatal(err)
			}
			var b strings.Builder
			for _, g := range a.Gaps {
				fmt.Fprintln(&b, g.Subject, g.Text)
			}
			return b.String()
		}
		for _, want := range []string{"dpa personal data moves, and no", "breach_notice no contract", "availability the manifest states"} {
			if got := gaps(); !strings.Contains(got, want) {
				t.Errorf("without contracts the gaps are\n%s\nwant %q", got, want)
			}
		}
		c := drawbridge.Contract{
			Partner: "acme-pay", Type: "msa", Title: "Main", Starts: "2026-01-01", Ends: "2027-01-31", AutoRenew: true, NoticeOurs: 60, Deprecation: 400, Objection: 90,
			BreachHours: 12, AuditRight: true, DataOwner: "ours", Clauses: map[string]string{"dora-30-2-a": "present  4.1"},
			Levels: []drawbridge.ServiceLevel{{Metric: "availability", Target: 99.99, Unit: "percent", Window: "month"}, {Metric: "latency_p95", Target: 300, Unit: "ms", Window: "month"}},
		}
		made, err := r.AddContract(ctx, leo, portfolio.ContractEdit{Contract: c})
		if err != nil || made.Standing != "in_force" || made.Next != (drawbridge.Milestone{On: "2026-12-02", What: "notice"}) || made.Clauses["dora-30-2-a"] != "present 4.1" {
			t.Fatalf("AddContract = %+v %v", made, err)
		}
		if len(made.Gaps) != 8 {
			t.Errorf("%d clauses are lacking, want the eight others of DORA 30(2)", len(made.Gaps))
		}
		dpa := drawbridge.Contract{Partner: "acme-pay", Type: "dpa", Signed: "2026-03-01", Clauses: map[string]string{"gdpr-28-3-a": "present", "gdpr-28-3-h": "partial annex 2"}}
		r.Pass(time.Second)
		got, err := r.AddContract(ctx, leo, portfolio.ContractEdit{Contract: dpa})
		if err != nil || len(got.Gaps) != 7 || !strings.Contains(got.Gaps[6].Text, "partial") {
			t.Errorf("AddContract of a DPA = %+v %v, want seven gaps", got.Gaps, err)
		}
		if got := gaps(); strings.Contains(got, "no data processing") || strings.Contains(got, "breach_notice") || strings.Contains(got, "availability") {
			t.Errorf("with contracts the gaps are\n%s", got)
		}
		measure := func(metric string, value float64, from, to drawbridge.Date) error {
			r.Pass(time.Second)
			_, err := r.AddMeasure(ctx, ops, portfolio.MeasureEdit{Measure: drawbridge.Measure{
				Contract: made.ID, Metric: metric, Value: value, From: from, To: to, Source: "our probe", Integration: in.ID,
			}})
			return err
		}
		if err := measure("availability", 99.9, "2026-10-01", "2026-10-31"); err != nil {
			t.Fatal(err)
		}
		if err := measure("availability", 100, "2026-08-01", "2026-08-31"); err != nil { // older: it says nothing
			t.Fatal(err)
		}
		world.WantKind(t, "a metric that is not promised", measure("errors", 1, "2026-10-01", "2026-10-31"), drawbridge.Invalid)
		world.WantKind(t, "a period that runs backwards", measure("availability", 1, "2026-10-31", "2026-10-01"), drawbridge.Invalid)
		view, err := r.Contract(ctx, leo, made.ID)
		if err != nil || view.Measured[0].Kept != "missed" || view.Measured[1].Kept != "not_measured" {
			t.Errorf("measured = %+v %v, want one missed and one not measured", view.Measured, err)
		}
		world.WantKind(t, "a requester reads a contract by guess", errOf(r.Contract(ctx, ann, made.ID)), drawbridge.NotFound)
		r.Set(world.Start().Add(90 * 24 * time.Hour)) // 2027-02-19
		if view, err = r.Contract(ctx, leo, made.ID); err != nil || view.Next.What != "renewed" || view.Standing != "in_force" || view.Measured[0].Kept != "not_measured" {
			t.Errorf("after its end the contract is %+v %v", view, err)
		}
		if _, err := r.CloseContract(ctx, leo, made.ID, "we left", ""); err != nil {
			t.Fatal(err)
		}
		if got := gaps(); !strings.Contains(got, "breach_notice") {
			t.Errorf("a closed contract still promises: %s", got)
		}
		if page, err := r.Contracts(ctx, leo, portfolio.ContractFilter{Partner: "acme-pay", Before: "2027-06-01"}, nil, 0); err != nil || len(page.Items) != 1 || page.Items[0].Standing != "closed" {
			t.Errorf("contracts that end = %+v %v, want the closed one", page, err)
		}
	})
}

// TestContractsRefused holds contracts to their form.
func TestContractsRefused(t *testing.T) {
	t.Parallel()
	r := open(t, "")
	leo := r.Person(t, "leo", drawbridge.ReviewerLegal)
	r.partner(t, "acme", "other")
	foreign := r.place(t, "foreign", "other", nil)
	for name, edit := range map[string]func(*drawbridge.Contract){
		"type":          func(c *drawbridge.Contract) { c.Type = "lease" },
		"day":           func(c *drawbridge.Contract) { c.Ends = "2026-02-30" },
		"order of days": func(c *drawbridge.Contract) { c.Starts, c.Ends = "2027-01-01", "2026-01-01" },
		"negative":      func(c *drawbridge.Contract) { c.NoticeOurs = -1 },
		"clause":        func(c *drawbridge.Contract) { c.Clauses = map[string]string{"gdpr-28-3-z": "present"} },
		"word":          func(c *drawbridge.Contract) { c.Clauses = map[string]string{"gdpr-28-3-a": "maybe"} },
		"level": func(c *drawbridge.Contract) {
			c.Levels = []drawbridge.ServiceLevel{{Metric: "availability", Target: 101, Unit: "percent", Window: "month"}}
		},
		"control":        func(c *drawbridge.Contract) { c.Title = "a\x1b[31m" },
		"another's":      func(c *drawbridge.Contract) { c.Integrations = []drawbridge.IntegrationID{foreign} },
		"no document":    func(c *drawbridge.Contract) { c.Evidence = "evd_none" },
		"long":           func(c *drawbridge.Contract) { c.Law = strings.Repeat("x", 201) },
		"data of nobody": func(c *drawbridge.Contract) { c.DataOwner = "nobody" },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := drawbridge.Contract{Partner: "acme", Type: "msa"}
			edit(&c)
			world.WantKind(t, name, errOf(r.AddContract(t.Context(), leo, portfolio.ContractEdit{Contract: c})), drawbridge.Invalid)
		})
	}
}

// TestNotice computes deadlines and takes notices to their end.
func TestNotice(t *testing.T) {
	t.Parallel()
	testkit.Databases(t, func(t *testing.T, url string) {
		r := open(t, url)
		ctx := t.Context()
		leo, una, ann := r.Person(t, "leo", drawbridge.ReviewerLegal), r.Person(t, "una", drawbridge.ProgrammeOwner), r.Person(t, "ann", drawbridge.Requester)
		r.partner(t, "acme")
		add := func(n portfolio.NoticeEdit) drawbridge.NoticeView {
			t.Helper()
			r.Pass(time.Second)
			n.Partner, n.Title = "acme", "News"
			out, err := r.AddNotice(ctx, una, n)
			if err != nil {
				t.Fatal(err)
			}
			return out
		}
		inTime := func(n drawbridge.NoticeView) string {
			var f drawbridge.NoticeFacts
			if err := json.Unmarshal(n.Facts, &f); err != nil {
				t.Fatal(err)
			}
			return f.InTime
		}
		sub := portfolio.NoticeEdit{Kind: "subprocessor", Facts: drawbridge.NoticeFacts{Name: "Cloudyard", Country: "US"}}
		r.Write(t, func(tx *store.Tx) error {
			p, err := tx.Partner("acme")
			if err != nil {
				return err
			}
			p.Owner = ann.Person
			return tx.SetPartner(p)
		})
		n := add(sub)
		if !strings.HasPrefix(n.Rule, "policy: ") || n.Deadline == "" || inTime(n) != "unknown" {
			t.Errorf("without a contract = %+v, want the policy's days", n)
		}
		r.Look(t, func(tx *store.Tx) error { // each is led to what they may read
			for who, want := range map[drawbridge.PersonID]string{leo.Person: "/notices/" + n.ID, ann.Person: "/partners/acme"} {
				if list, err := tx.MessagesBefore(who, store.MessageFilter{Unread: true}, "", 10); err != nil || len(list) != 1 || list[0].Link != want {
					t.Errorf("messages to %s = %+v %v, want one that leads to %s", who, list, err, want)
				}
			}
			return nil
		})
		r.Write(t, func(tx *store.Tx) error {
			return tx.Contracts().Add(&drawbridge.Contract{ID: "ctr_1", Partner: "acme", Type: "dpa", Objection: 10, BreachHours: 24, Deprecation: 90})
		})
		sub.Effective = "2026-11-25"
		first := add(sub)
		if first.Deadline != "2026-12-01" || first.Rule != "contract ctr_1: 10 days from receipt" || inTime(first) != "no" {
			t.Errorf("by the contract = %+v", first)
		}
		gone := add(portfolio.NoticeEdit{Kind: "deprecation", Effective: "2027-06-01"})
		if gone.Deadline != "2027-06-01" || inTime(gone) != "yes" {
			t.Errorf("deprecation = %+v", gone)
		}
		hit := add(portfolio.NoticeEdit{Kind: "incident", Received: world.Start().Add(-10 * time.Hour), Facts: drawbridge.NoticeFacts{AwareAt: world.Start().Add(-40 * time.Hour)}})
		if !hit.DueAt.Equal(world.Start().Add(62*time.Hour)) || inTime(hit) != "no" || hit.Overdue {
			t.Errorf("incident = %+v", hit)
		}
		var events []store.EventState
		if err := r.Door.Store().View(ctx, func(tx *store.Tx) (err error) {
			events, err = tx.EventsBefore(store.EventFilter{Kind: portfolio.EventNotice}, "", 10)
			return err
		}); err != nil || len(events) != 4 || events[0].Subject != hit.ID {
			t.Errorf("%d events %v, want one for each notice", len(events), err)
		}
		decide := func(actor access.Actor, n drawbridge.NoticeView, to, reason string) (drawbridge.NoticeView, error) {
			r.Pass(time.Second)
			return r.DecideNotice(ctx, actor, portfolio.Verdict{ID: n.ID, Version: n.Version, To: to, Reason: reason})
		}
		world.WantKind(t, "decide without a reason", errOf(decide(leo, first, "accepted", "")), drawbridge.Invalid)
		world.WantKind(t, "a requester decides", errOf(decide(ann, first, "accepted", "x")), drawbridge.NotFound)
		if first, err := decide(una, first, "accepted", "we looked at them"); err != nil || first.State != "accepted" {
			t.Errorf("accept = %+v %v", first, err)
		}
		world.WantKind(t, "a requester reads by guess", errOf(r.Notice(ctx, ann, first.ID)), drawbridge.NotFound)
		objected, err := decide(leo, hit, "objected", "nobody told us why")
		if err != nil || objected.DecidedBy != leo.Person {
			t.Errorf("object = %+v %v", objected, err)
		}
		r.Pass(80 * time.Hour)
		if n, err := r.Notice(ctx, leo, gone.ID); err != nil || n.Overdue {
			t.Errorf("deprecation = %+v %v, want it not overdue", n, err)
		}
		page, err := r.Subprocessors(ctx, ann, "acme")
		if err != nil || len(page.Items) != 1 || page.Items[0].Notice != first.ID || page.Items[0].Source != "notice" {
			t.Errorf("sub-processors = %+v %v, want the one of the notice", page, err)
		}
	})
}

// TestNoticeByLink lets a partner's link write and see its own notices alone.
func TestNoticeByLink(t *testing.T) {
	t.Parallel()
	testkit.Databases(t, func(t *testing.T, url string) {
		r := open(t, url)
		ctx := t.Context()
		r.partner(t, "acme", "other")
		foreign := r.place(t, "foreign", "acme", nil)
		r.Write(t, func(tx *store.Tx) error {
			for _, id := range []string{"1", "2"} {
				if err := tx.Inquiries().Add(&drawbridge.Inquiry{ID: drawbridge.InquiryID("inq_" + id), Partner: "acme", State: "open"}); err != nil {
					return err
				}
				l := drawbridge.Link{ID: drawbridge.LinkID("lnk_" + id), Inquiry: drawbridge.InquiryID("inq_" + id), Partner: "acme", Hash: id, ExpiresAt: world.Start().AddDate(0, 1, 0)}
				if err := tx.Links().Add(&l); err != nil {
					return err
				}
			}
			return nil
		})
		link := access.Actor{ID: "lnk_1", Roles: []drawbridge.Role{drawbridge.PartnerContact}, Inquiry: "inq_1", Via: "api"}
		in := portfolio.NoticeEdit{Partner: "other", Kind: "incident", Title: "A leak", Received: world.Start().Add(-time.Hour)}
		n, err := r.AddNotice(ctx, link, in)
		if err != nil || n.Partner != "acme" || !n.Received.Equal(world.Start().Add(r.Now().Sub(world.Start())).Truncate(time.Microsecond)) {
			t.Fatalf("AddNotice = %+v %v, want one of the link's partner, now", n, err)
		}
		in.Facts.Uses = []drawbridge.IntegrationID{foreign}
		world.WantKind(t, "a link names an integration", errOf(r.AddNotice(ctx, link, in)), drawbridge.Invalid)
		una := r.Person(t, "una", drawbridge.ProgrammeOwner)
		r.Pass(time.Second)
		ours, err := r.AddNotice(ctx, una, portfolio.NoticeEdit{Partner: "acme", Kind: "incident", Title: "What we heard"})
		if err != nil {
			t.Fatal(err)
		}
		world.WantKind(t, "a link reads what staff wrote", errOf(r.Notice(ctx, link, ours.ID)), drawbridge.NotFound)
		page, err := r.Notices(ctx, link, portfolio.NoticeFilter{}, nil, 0)
		if err != nil || len(page.Items) != 1 || page.Items[0].ID != n.ID {
			t.Errorf("notices of a link = %+v %v", page, err)
		}
		stranger := link
		stranger.ID, stranger.Inquiry = "lnk_2", "inq_2"
		world.WantKind(t, "a link of another inquiry", errOf(r.Notice(ctx, stranger, n.ID)), drawbridge.NotFound)
		world.WantKind(t, "a link decides", errOf(r.DecideNotice(ctx, link, portfolio.Verdict{ID: n.ID, Version: 1, To: "closed", Reason: "x"})), drawbridge.Denied)
	})
}

// TestFacts reads the facts of the example, and of a push that says less.
func TestFacts(t *testing.T) {
	t.Parallel()
	r := open(t, "")
	ann := r.Person(t, "ann", drawbridge.Requester)
	in := r.Bring(t, ann, "pay")
	var f *drawbridge.Footprint
	if err := r.Door.Store().View(t.Context(), func(tx *store.Tx) (err error) {
		f, err = tx.Footprints().Get(string(in.ID))
		return err
	}); err != nil {
		t.Fatal(err)
	}
	x := f.Facts
	if f.Revision != in.Head || x.Function != "checkout" || x.Parent != "acme-group" || x.Substitutable != "hard" || len(x.Passed) == 0 || x.Agreed.DPA == "" ||
		!slices.Contains(x.Countries, "IE") || slices.Contains(x.Systems, "shopper") || !slices.Contains(x.Systems, "checkout") {
		t.Errorf("facts = %+v", x)
	}
	page, err := r.Entries(t.Context(), ann, portfolio.EntryFilter{}, nil, 0)
	if err != nil || len(page.Items) != 1 || page.Items[0].Slug != "pay" || page.Items[0].Stale != "" {
		t.Errorf("Entries = %+v %v", page, err)
	}
}

// TestFall lets partners, groups, sub-processors and countries fall.
func TestFall(t *testing.T) {
	t.Parallel()
	testkit.Databases(t, func(t *testing.T, url string) {
		r := open(t, url)
		ctx := t.Context()
		una, ann := r.Person(t, "una", drawbridge.ProgrammeOwner), r.Person(t, "ann", drawbridge.Requester)
		r.partner(t, "acme", "acme-group", "bolt", "dark")
		if _, err := r.SetProfile(ctx, una, portfolio.ProfileEdit{Profile: drawbridge.Profile{ID: "acme", Parent: "acme-group"}}); err != nil {
			t.Fatal(err)
		}
		r.place(t, "pay", "acme", &drawbridge.Facts{Function: "checkout", Systems: []string{"till"}, Countries: []string{"IE"}, Categories: []string{"contact.email"}, Subjects: []string{"customer"}, Records: 100, Passed: []drawbridge.PassedOn{{ID: "cloudyard", Region: "US"}}})
		r.place(t, "pay2", "bolt", &drawbridge.Facts{Function: "checkout", Countries: []string{"DE"}, Fallback: "planned", Unpassed: true})
		r.place(t, "mail", "acme-group", &drawbridge.Facts{Function: "mail", Unplaced: true, Uncounted: true})
		r.place(t, "dark", "dark", nil)
		for _, c := range []struct {
			kind, name           string
			stops, maybe, single string
		}{
			{"partner", "acme", "pay", "", ""},
			{"parent", "acme-group", "mail pay", "", "mail"},
			{"subprocessor", "Cloudyard", "pay", "dark pay2", ""},
			{"country", "IE", "pay", "dark mail", ""},
			{"country", "FR", "", "dark mail", ""},
		} {
			got, err := r.Fall(ctx, una, c.kind, c.name)
			if err != nil {
				t.Fatal(err)
			}
			var stops, maybe, single []string
			for _, f := range got.Integrations {
				stops = append(stops, f.Slug)
			}
			for _, f := range got.Maybe {
				maybe = append(maybe, f.Slug)
			}
			for _, f := range got.Functions {
				if f.Stops {
					single = append(single, f.Name)
				}
			}
			if strings.Join(stops, " ") != c.stops || strings.Join(maybe, " ") != c.maybe || strings.Join(single, " ") != c.single {
				t.Errorf("%s %s: %v stop, %v may, functions %v; want %q, %q, %q", c.kind, c.name, stops, maybe, single, c.stops, c.maybe, c.single)
			}
		}
		got, err := r.Fall(ctx, una, "parent", "acme-group")
		if err != nil || got.RecordsPerDay != 100 || !got.RecordsAtLeast || !slices.Equal(got.Systems, []string{"pay/till"}) || got.Integrations[1].RTO != "unknown" || got.Integrations[1].Fallback != "unknown" {
			t.Errorf("what is at stake = %+v %v", got, err)
		}
		world.WantKind(t, "a partner that is not there", errOf(r.Fall(ctx, una, "partner", "nobody")), drawbridge.NotFound)
		world.WantKind(t, "a kind that is not there", errOf(r.Fall(ctx, una, "moon", "x")), drawbridge.Invalid)
		world.WantKind(t, "a requester asks", errOf(r.Fall(ctx, ann, "country", "IE")), drawbridge.NotFound)
		c, err := r.Concentration(ctx, una)
		if err != nil || c.Integrations != 4 || c.Unread != 1 || c.Dimensions[0].Index != 2500 || c.Dimensions[1].Index != 3750 || c.Dimensions[3].Unknown.Integrations != 2 {
			t.Errorf("concentration = %+v %v", c, err)
		}
		if len(c.Functions) != 2 || !c.Functions[0].Single || c.Functions[0].Name != "mail" || c.Functions[1].Single || c.Functions[1].Fallback != "unknown" {
			t.Errorf("functions = %+v", c.Functions)
		}
	})
}

// TestFamilies makes families at random: whatever is asked for, no circle comes
// about, and what falls with a parent includes what falls with each child.
func TestFamilies(t *testing.T) {
	t.Parallel()
	r := open(t, "")
	ctx := t.Context()
	una := r.Person(t, "una", drawbridge.ProgrammeOwner)
	ids := []drawbridge.PartnerID{"a", "b", "c", "d", "e"}
	for _, id := range ids {
		r.partner(t, string(id))
		r.place(t, "of-"+string(id), string(id), &drawbridge.Facts{})
	}
	fallen := func(rt *rapid.T, kind string, id drawbridge.PartnerID) []string {
		got, err := r.Fall(ctx, una, kind, string(id))
		if err != nil {
			rt.Fatal(err)
		}
		var out []string
		for _, f := range got.Integrations {
			out = append(out, f.Slug)
		}
		return out
	}
	rapid.Check(t, func(rt *rapid.T) {
		for range 6 {
			child, parent := rapid.SampledFrom(ids).Draw(rt, "child"), rapid.SampledFrom(append(ids, "")).Draw(rt, "parent")
			had, err := r.Profile(ctx, una, child)
			if err != nil {
				rt.Fatal(err)
			}
			had.Parent = parent
			_, err = r.SetProfile(ctx, una, portfolio.ProfileEdit{Profile: had.Profile})
			if err != nil && drawbridge.KindOf(err) != drawbridge.Invalid {
				rt.Fatal(err)
			}
		}
		for _, id := range ids {
			p, err := r.Profile(ctx, una, id)
			if err != nil {
				rt.Fatal(err)
			}
			at := p
			for range len(ids) + 1 {
				if at.Parent == "" {
					break
				}
				if at, err = r.Profile(ctx, una, at.Parent); err != nil {
					rt.Fatal(err)
				}
			}
			if at.Parent != "" || p.Group != at.ID {
				rt.Fatalf("%s belongs to a circle, or not to %s", id, p.Group)
			}
			of := fallen(rt, "parent", id)
			for _, child := range append(p.Children, id) {
				for _, slug := range fallen(rt, "partner", child) {
					if !slices.Contains(of, slug) {
						rt.Fatalf("%s falls with %s and not with its parent %s", slug, child, id)
					}
				}
			}
		}
	})
}
