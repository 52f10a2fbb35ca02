package portfolio_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/portfolio"
	"drawbridge/internal/register"
	"drawbridge/internal/store"
	"drawbridge/internal/testkit"
	"drawbridge/internal/testkit/world"
)

// TestSearch finds each kind, and of it what the one who searches may see.
func TestSearch(t *testing.T) {
	t.Parallel()
	testkit.Databases(t, func(t *testing.T, url string) {
		r := open(t, url)
		ctx := t.Context()
		ann := r.Person(t, "ann", drawbridge.Requester)
		bob := r.Person(t, "bob", drawbridge.Requester)
		pat := r.Person(t, "pat", drawbridge.ProgrammeOwner)
		in := r.Bring(t, ann, "pay", "name: Card payments", "name: Card 100% payments", "credential_shared: false", "credential_shared: true")
		if _, err := r.AddRisk(ctx, ann, portfolio.RiskEdit{Risk: breach(in.ID, 3, 3)}); err != nil {
			t.Fatal(err)
		}
		r.Write(t, func(tx *store.Tx) error {
			return tx.Reviews().Add(&drawbridge.Review{ID: "rvw_1", Integration: in.ID, Number: 7, State: "draft"})
		})
		findings, err := r.Record.Findings(ctx, ann, register.FindingFilter{}, nil, 1)
		if err != nil || len(findings.Items) != 1 {
			t.Fatalf("findings = %v %v", findings, err)
		}
		find := func(actor access.Actor, text string) string {
			t.Helper()
			hits, err := r.Search(ctx, actor, text, 0)
			if err != nil {
				t.Fatalf("Search(%q) = %v", text, err)
			}
			var kinds []string
			for _, h := range hits {
				if h.ID == "" || h.Title == "" {
					t.Errorf("Search(%q) found %+v, which has no name", text, h)
				}
				if !slices.Contains(kinds, h.Kind) {
					kinds = append(kinds, h.Kind)
				}
			}
			return strings.Join(kinds, " ")
		}
		for _, c := range []struct {
			who        access.Actor
			text, want string
		}{
			{ann, "CARD pay", "integration review"},
			{bob, "card pay", ""},
			{pat, "card pay", "integration review"},
			{pat, "100%", "integration review"},
			{pat, "1_0", ""},
			{pat, "card nothing", ""},
			{pat, string(in.ID), "integration review"},
			{pat, "rvw_1", "review"},
			{bob, "rvw_1", ""},
			{ann, "somebody else", "risk"},
			{bob, "somebody else", ""},
			{ann, "shared key", "risk"},
			{ann, findings.Items[0].Rule + " " + findings.Items[0].Title, "finding"},
			{bob, findings.Items[0].Rule, ""},
			{bob, "acme", "partner"},
			{bob, "ann", ""},
			{bob, "bob", "person"},
			{pat, "bob", "person"},
		} {
			if got := find(c.who, c.text); got != c.want {
				t.Errorf("%s finds %q by %q, want %q", c.who.Person, got, c.text, c.want)
			}
		}
		for _, text := range []string{"", " a ", strings.Repeat("x", 101), "a b c d e f g h i j k l m"} {
			world.WantKind(t, "search for "+text, errOf(r.Search(ctx, pat, text, 0)), drawbridge.Invalid)
		}
		world.WantKind(t, "too many", errOf(r.Search(ctx, pat, "card", 21)), drawbridge.Invalid)
	})
}

// TestSearchMany searches a record with ten thousand integrations.
func TestSearchMany(t *testing.T) {
	if testing.Short() {
		t.Skip("it writes ten thousand integrations")
	}
	t.Parallel()
	r := open(t, "")
	ann := r.Person(t, "ann", drawbridge.Requester)
	pat := r.Person(t, "pat", drawbridge.ProgrammeOwner)
	for from := 0; from < 10_000; from += 1000 {
		r.Write(t, func(tx *store.Tx) error {
			for i := from; i < from+1000; i++ {
				id := drawbridge.IntegrationID(fmt.Sprintf("int_%06d", i))
				if err := tx.AddIntegration(&drawbridge.Integration{ID: id, Slug: fmt.Sprintf("service-%d", i), Environment: "production", Name: fmt.Sprintf("Service %d", i), Owner: ann.Person}); err != nil {
					return err
				}
				var list []drawbridge.Finding
				for f := range 10 {
					list = append(list, drawbridge.Finding{Assessment: drawbridge.AssessmentID("asm_" + string(id)), Fingerprint: fmt.Sprintf("f1-%d", f), Integration: id, Source: "threat", Rule: fmt.Sprintf("T%03d", f), Severity: drawbridge.High, State: "open", Title: "Shared key"})
				}
				if err := tx.SetFindings(id, list); err != nil {
					return err
				}
			}
			return nil
		})
	}
	for _, actor := range []access.Actor{pat, ann} {
		for _, text := range []string{"service", "9999", "shared key", "nothing there"} {
			begin := time.Now()
			if _, err := r.Search(t.Context(), actor, text, 0); err != nil {
				t.Fatal(err)
			}
			if took := time.Since(begin); took > time.Second { // 300 ms on a quiet machine
				t.Errorf("%s: %q took %s", actor.Person, text, took)
			} else {
				t.Logf("%s: %q took %s", actor.Person, text, took)
			}
		}
	}
}
