package portfolio_test

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/portfolio"
	"drawbridge/internal/register"
	"drawbridge/internal/testkit"
	"drawbridge/internal/testkit/world"
)

// breach is a risk that can be entered.
func breach(in drawbridge.IntegrationID, likelihood, impact int64) drawbridge.Risk {
	return drawbridge.Risk{
		Integration: in, Cause: "one shared key", Event: "somebody else uses it", Consequence: "payments are made", Category: "security",
		Likelihood: likelihood, Impact: impact,
	}
}

// TestRisk takes a risk through its life: made from a finding, treated, accepted
// while an exception holds, open again when it ends, and closed by another.
func TestRisk(t *testing.T) {
	t.Parallel()
	testkit.Databases(t, func(t *testing.T, url string) {
		r := open(t, url)
		ctx := t.Context()
		ann := r.Person(t, "ann", drawbridge.Requester)
		sam := r.Person(t, "sam", drawbridge.ReviewerSecurity)
		tom := r.Person(t, "tom", drawbridge.ReviewerPrivacy)
		in := r.Bring(t, ann, "pay", "credential_shared: false", "credential_shared: true")
		findings, err := r.Record.Findings(ctx, ann, register.FindingFilter{Integration: in.ID}, nil, 1)
		if err != nil || len(findings.Items) != 1 {
			t.Fatalf("findings = %v %v", findings, err)
		}
		f := findings.Items[0]
		made, err := r.AddRisk(ctx, ann, portfolio.RiskEdit{Risk: drawbridge.Risk{Integration: in.ID, Owner: sam.Person}, Finding: f.Fingerprint, Key: "k"})
		if err != nil || made.State != "open" || made.Event != f.Title || !slices.Equal(made.Findings, []string{f.Fingerprint}) || made.Rank != made.Likelihood*made.Impact || made.Partner != "acme-pay" {
			t.Fatalf("AddRisk from a finding = %+v %v", made, err)
		}
		if again, err := r.AddRisk(ctx, ann, portfolio.RiskEdit{Risk: drawbridge.Risk{Integration: in.ID, Owner: sam.Person}, Finding: f.Fingerprint, Key: "k"}); err != nil || again.ID != made.ID {
			t.Errorf("the same again = %s %v, want %s", again.ID, err, made.ID)
		}
		world.WantKind(t, "a finding that is not there", errOf(r.AddRisk(ctx, ann, portfolio.RiskEdit{Risk: breach(in.ID, 3, 3), Finding: "f1-nothing00"})), drawbridge.NotFound)
		move := func(actor access.Actor, v int64, to, exception, reason string) (drawbridge.RiskView, error) {
			r.Pass(time.Second)
			return r.MoveRisk(ctx, actor, portfolio.RiskMove{ID: made.ID, Version: v, To: to, Exception: exception, Reason: reason})
		}
		world.WantKind(t, "treat without a plan", errOf(move(ann, 1, "treating", "", "")), drawbridge.Invalid)
		edit := made.Risk
		edit.Treatment, edit.Plan, edit.Due, edit.Residual, edit.ResidualTo = "mitigate", "one key for each", "2026-12-01", 1, 3
		got, err := r.EditRisk(ctx, ann, portfolio.RiskEdit{Risk: edit})
		if err != nil || got.Rank != 3 {
			t.Fatalf("EditRisk = %+v %v, want the severity of what remains", got, err)
		}
		world.WantKind(t, "edit over an old version", errOf(r.EditRisk(ctx, ann, portfolio.RiskEdit{Risk: edit})), drawbridge.Conflict)
		if got, err = move(ann, got.Version, "treating", "", ""); err != nil || got.State != "treating" {
			t.Fatalf("treating = %+v %v", got, err)
		}
		world.WantKind(t, "accept without an exception", errOf(move(ann, got.Version, "accepted", "", "")), drawbridge.Invalid)
		proposed := r.exception(t, in.ID, "2026-12-31", "proposed")
		world.WantKind(t, "accept by a proposal", errOf(move(ann, got.Version, "accepted", proposed, "")), drawbridge.Conflict)
		holds := r.exception(t, in.ID, "2026-12-10", "confirmed")
		if got, err = move(ann, got.Version, "accepted", holds, ""); err != nil || got.State != "accepted" || got.Treatment != "accept" {
			t.Fatalf("accepted = %+v %v", got, err)
		}
		r.Set(world.Start().Add(20 * 24 * time.Hour)) // 2026-12-11
		if got, err = r.Risk(ctx, ann, made.ID); err != nil || got.State != "open" || !got.Lapsed || !got.Overdue {
			t.Errorf("after the exception ended = %+v %v, want it open and overdue", got, err)
		}
		for state, want := range map[string]int{"open": 1, "accepted": 0, "current": 1, "closed": 0} {
			if page, err := r.Risks(ctx, ann, portfolio.RiskFilter{State: state, Overdue: state == "open"}, nil, 0); err != nil || len(page.Items) != want {
				t.Errorf("%d risks that are %s %v, want %d", len(page.Items), state, err, want)
			}
		}
		world.WantKind(t, "the requester closes", errOf(move(ann, got.Version, "closed", "", "done")), drawbridge.Denied)
		world.WantKind(t, "the owner closes", errOf(move(sam, got.Version, "closed", "", "done")), drawbridge.Denied)
		world.WantKind(t, "close without a reason", errOf(move(tom, got.Version, "closed", "", " ")), drawbridge.Invalid)
		edit = got.Risk
		edit.Owner = tom.Person
		if got, err = r.EditRisk(ctx, sam, portfolio.RiskEdit{Risk: edit}); err != nil {
			t.Fatal(err)
		}
		world.WantKind(t, "who handed the risk on closes it", errOf(move(sam, got.Version, "closed", "", "done")), drawbridge.Denied)
		una := r.Person(t, "una", drawbridge.ProgrammeOwner)
		if got, err = move(una, got.Version, "closed", "", "the keys were replaced"); err != nil || got.ClosedBy != una.Person || got.Overdue {
			t.Errorf("closed = %+v %v", got, err)
		}
	})
}

// TestRiskOfOthers shows a requester the risks of their own integrations alone.
func TestRiskOfOthers(t *testing.T) {
	t.Parallel()
	testkit.Databases(t, func(t *testing.T, url string) {
		r := open(t, url)
		ctx := t.Context()
		ann, eve := r.Person(t, "ann", drawbridge.Requester), r.Person(t, "eve", drawbridge.Requester)
		sam := r.Person(t, "sam", drawbridge.ReviewerSecurity)
		in := r.Bring(t, ann, "pay")
		mine, err := r.AddRisk(ctx, ann, portfolio.RiskEdit{Risk: breach(in.ID, 2, 2)})
		if err != nil {
			t.Fatal(err)
		}
		wide := breach("", 5, 5)
		wide.Partner = "acme-pay"
		r.Pass(time.Second)
		if _, err := r.AddRisk(ctx, sam, portfolio.RiskEdit{Risk: wide}); err != nil {
			t.Fatal(err)
		}
		_, none := r.Risk(ctx, eve, "rsk_none")
		_, others := r.Risk(ctx, eve, mine.ID)
		world.WantKind(t, "another's risk", others, drawbridge.NotFound)
		if none == nil || others == nil || none.Error() != others.Error() {
			t.Errorf("another's risk reads as %q and none as %q", others, none)
		}
		world.WantKind(t, "a risk on another's integration", errOf(r.AddRisk(ctx, eve, portfolio.RiskEdit{Risk: breach(in.ID, 1, 1)})), drawbridge.NotFound)
		for who, want := range map[*access.Actor]int{&ann: 1, &eve: 0, &sam: 2} {
			page, err := r.Risks(ctx, *who, portfolio.RiskFilter{}, nil, 0)
			heat, err2 := r.HeatMap(ctx, *who, portfolio.RiskFilter{})
			if err != nil || err2 != nil || len(page.Items) != want || heat.Total != int64(want) {
				t.Errorf("%s sees %d risks and %d in the map, %v %v, want %d", who.ID, len(page.Items), heat.Total, err, err2, want)
			}
		}
	})
}

// TestHeatAddsUp enters risks at random: both maps add up to what is listed, and
// the list is in the order of its severity, page by page.
func TestHeatAddsUp(t *testing.T) {
	t.Parallel()
	r := open(t, "")
	sam := r.Person(t, "sam", drawbridge.ReviewerSecurity)
	r.partner(t, "acme")
	rapid.Check(t, func(rt *rapid.T) {
		level := rapid.Int64Range(1, 5)
		for range rapid.IntRange(1, 5).Draw(rt, "risks") {
			x := breach("", level.Draw(rt, "likelihood"), level.Draw(rt, "impact"))
			x.Partner = "acme"
			if rapid.Bool().Draw(rt, "treated") {
				x.Residual, x.ResidualTo = level.Draw(rt, "residual"), level.Draw(rt, "to")
			}
			r.Pass(time.Millisecond)
			if _, err := r.AddRisk(t.Context(), sam, portfolio.RiskEdit{Risk: x}); err != nil {
				rt.Fatal(err)
			}
		}
		heat, err := r.HeatMap(t.Context(), sam, portfolio.RiskFilter{})
		if err != nil {
			rt.Fatal(err)
		}
		var inherent, residual, listed int64
		for i := range 5 {
			for j := range 5 {
				inherent, residual = inherent+heat.Inherent[i][j], residual+heat.Residual[i][j]
			}
		}
		last := int64(26)
		for page := (register.Page[drawbridge.RiskView]{Next: nil}); ; {
			if page, err = r.Risks(t.Context(), sam, portfolio.RiskFilter{}, page.Next, 3); err != nil {
				rt.Fatal(err)
			}
			for _, x := range page.Items {
				if x.Rank > last {
					rt.Fatalf("%d behind %d in the list", x.Rank, last)
				}
				last = x.Rank
			}
			if listed += int64(len(page.Items)); page.Next == nil {
				break
			}
		}
		if inherent != heat.Total || residual != heat.Total || listed != heat.Total {
			rt.Fatalf("%d inherent, %d residual, %d listed, want %d each", inherent, residual, listed, heat.Total)
		}
	})
}
