package register_test

import (
	"cmp"
	"fmt"
	"os"
	"slices"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/register"
	"drawbridge/internal/store"
	"drawbridge/internal/testkit"
	"drawbridge/internal/testkit/world"
)

// sql runs a statement behind the record's back.
func (r *rig) sql(tb testing.TB, query string) {
	tb.Helper()
	if _, err := r.Door.Store().Writer().ExecContext(tb.Context(), query); err != nil {
		tb.Fatal(err)
	}
}

// seed writes integrations with findings by plain SQL: cheap, and enough for lists.
func (r *rig) seed(tb testing.TB, integrations, findings int) {
	tb.Helper()
	series := func(n int) string {
		if r.Door.Store().Postgres() {
			return fmt.Sprintf("generate_series(0, %d) AS s(n)", n-1)
		}
		return fmt.Sprintf("(WITH RECURSIVE c(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM c WHERE n < %d) SELECT n FROM c) AS s", n-1)
	}
	salt := "x''"
	if r.Door.Store().Postgres() {
		salt = "''::bytea"
	}
	r.sql(tb, `INSERT INTO integration (version, id, slug, environment, name, partner, state, owner, head, revisions, assessment, tier, inherent, residual, outcome, created_at, updated_at, salt)
		SELECT 1, 'int_' || n, 'slug-' || n, 'production', 'Name ' || (n % 7), 'partner-' || (n % 3), 'live', 'per_' || (n % 10), 'rev_' || n, 1, 'asm_' || n,
		'high', 50, n % 5, 'no-go', '', '', `+salt+` FROM `+series(integrations))
	r.sql(tb, fmt.Sprintf(`INSERT INTO finding (assessment, fingerprint, integration, source, rule, element, severity, severity_rank, state, title)
		SELECT 'asm_' || (n %% %d), 'f1-' || ((n * CAST(7919 AS BIGINT)) %% 1000003), 'int_' || (n %% %d), CASE WHEN n %% 3 = 0 THEN 'check' ELSE 'threat' END, 'T001', 'api',
		CASE n %% 5 WHEN 0 THEN 'info' WHEN 1 THEN 'low' WHEN 2 THEN 'medium' WHEN 3 THEN 'high' ELSE 'critical' END, n %% 5,
		CASE WHEN n %% 4 = 0 THEN 'accepted' ELSE 'open' END, 'A title of the usual length, so that rows have their size' FROM `, integrations, integrations)+series(findings))
}

// TestFindingPages holds that the pages of a list, in whatever size, are the
// filtered list in its order: nothing twice, nothing left out.
func TestFindingPages(t *testing.T) {
	t.Parallel()
	testkit.Databases(t, func(t *testing.T, url string) {
		r := open(t, url)
		r.seed(t, 20, 700)
		owner := r.Person(t, "owner", drawbridge.ProgrammeOwner)
		requester := access.Actor{ID: "per_3", Person: "per_3", Roles: []drawbridge.Role{drawbridge.Requester}, Via: "api"}
		all := readFindings(t, r, owner, register.FindingFilter{}, 200)
		if len(all) != 700 {
			t.Fatalf("%d findings, want 700", len(all))
		}
		rapid.Check(t, func(rt *rapid.T) {
			actor := rapid.SampledFrom([]access.Actor{owner, requester}).Draw(rt, "actor")
			f := register.FindingFilter{
				Severity: rapid.SampledFrom(append(drawbridge.Severities(), "")).Draw(rt, "severity"),
				Source:   rapid.SampledFrom([]string{"", "threat", "check"}).Draw(rt, "source"),
				State:    rapid.SampledFrom([]string{"", "open", "accepted"}).Draw(rt, "state"),
			}
			if rapid.Bool().Draw(rt, "one") {
				f.Integration = rapid.SampledFrom([]drawbridge.IntegrationID{"int_3", "int_13"}).Draw(rt, "integration")
			}
			want := slices.DeleteFunc(slices.Clone(all), func(x drawbridge.Finding) bool {
				return actor.ID == "per_3" && x.Integration != "int_3" && x.Integration != "int_13" ||
					f.Integration != "" && x.Integration != f.Integration || f.Source != "" && x.Source != f.Source ||
					f.State != "" && x.State != f.State || x.Severity.Rank() < f.Severity.Rank()
			})
			got := readFindings(t, r, actor, f, rapid.IntRange(7, 200).Draw(rt, "size"))
			if diff := gocmp.Diff(want, got); diff != "" {
				rt.Fatalf("findings of %+v for %s: %d, want %d", f, actor.ID, len(got), len(want))
			}
		})
		if !slices.IsSortedFunc(all, func(a, b drawbridge.Finding) int { return cmp.Compare(b.Severity.Rank(), a.Severity.Rank()) }) {
			t.Error("the worst do not come first")
		}
		_, err := r.Findings(t.Context(), owner, register.FindingFilter{Severity: "bad"}, nil, 0)
		world.WantKind(t, "a severity that does not exist", err, drawbridge.Invalid)
		_, err = r.Findings(t.Context(), owner, register.FindingFilter{}, nil, register.MaxPage+1)
		world.WantKind(t, "a page that is too large", err, drawbridge.Invalid)
	})
}

func readFindings(t *testing.T, r *rig, actor access.Actor, f register.FindingFilter, size int) []drawbridge.Finding {
	t.Helper()
	out := []drawbridge.Finding{}
	var after *register.Cursor
	for {
		page, err := r.Findings(t.Context(), actor, f, after, size)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, page.Items...)
		if after = page.Next; after == nil {
			return out
		}
	}
}

// TestIntegrationPages does the same for integrations, in every order.
func TestIntegrationPages(t *testing.T) {
	t.Parallel()
	testkit.Databases(t, func(t *testing.T, url string) {
		r := open(t, url)
		r.seed(t, 60, 1)
		owner := r.Person(t, "owner", drawbridge.ProgrammeOwner)
		for _, order := range []string{"", "id", "name", "risk"} {
			for _, tt := range []struct {
				filter register.IntegrationFilter
				want   int
			}{
				{register.IntegrationFilter{Order: order}, 60},
				{register.IntegrationFilter{Order: order, Partner: "partner-1"}, 20},
				{register.IntegrationFilter{Order: order, Text: "NAME 3"}, 9},
				{register.IntegrationFilter{Order: order, Text: "slug-5"}, 11},
				{register.IntegrationFilter{Order: order, Text: "%"}, 0},
				{register.IntegrationFilter{Order: order, Text: "slug_1"}, 0},
				{register.IntegrationFilter{Order: order, Tier: "low"}, 0},
				{register.IntegrationFilter{Order: order, State: "live", Outcome: "no-go", Tier: "high"}, 60},
			} {
				seen := map[drawbridge.IntegrationID]bool{}
				var list []drawbridge.Integration
				var after *register.Cursor
				for done := false; !done; done = after == nil {
					page, err := r.Integrations(t.Context(), owner, tt.filter, after, 7)
					if err != nil {
						t.Fatal(err)
					}
					list = append(list, page.Items...)
					after = page.Next
				}
				for _, i := range list {
					seen[i.ID] = true
				}
				if len(list) != tt.want || len(seen) != tt.want {
					t.Errorf("%+v lists %d, %d of them different; want %d", tt.filter, len(list), len(seen), tt.want)
				}
				if order == "risk" && !slices.IsSortedFunc(list, func(a, b drawbridge.Integration) int { return cmp.Compare(b.Residual, a.Residual) }) {
					t.Errorf("%+v does not list the highest risk first", tt.filter)
				}
			}
		}
		_, err := r.Integrations(t.Context(), owner, register.IntegrationFilter{Order: "owner; DROP TABLE finding"}, nil, 0)
		world.WantKind(t, "an order that does not exist", err, drawbridge.Invalid)
	})
}

// TestFindingsDigest edits single columns of a finding behind the record's back.
func TestFindingsDigest(t *testing.T) {
	t.Parallel()
	testkit.Databases(t, func(t *testing.T, url string) {
		r := open(t, url)
		p := world.Example(t, "pay", append(wider, "idempotency_key: true", "idempotency_key: false")...)
		out, err := r.Push(t.Context(), r.Person(t, "ann", drawbridge.Requester), p)
		if err != nil || out.Assessment.Findings < 2 {
			t.Fatalf("push = %d findings %v, want some", out.Assessment.Findings, err)
		}
		sum := func() string {
			t.Helper()
			var sum string
			err := r.Door.Store().View(t.Context(), func(tx *store.Tx) (err error) {
				sum, err = tx.FindingsDigest(out.Assessment.ID)
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			return sum
		}
		want := out.Assessment.FindingsSum
		if got := sum(); got != want {
			t.Fatalf("digest = %s, want %s", got, want)
		}
		one := " WHERE fingerprint = (SELECT MIN(fingerprint) FROM finding)"
		for _, column := range []string{"title", "rule", "element", "state", "severity", "source", "integration"} {
			r.sql(t, "UPDATE finding SET "+column+" = "+column+" || 'x'"+one)
			if sum() == want {
				t.Errorf("an edited %s is not seen", column)
			}
			r.sql(t, "UPDATE finding SET "+column+" = SUBSTR("+column+", 1, LENGTH("+column+") - 1)"+one)
		}
		r.sql(t, "UPDATE finding SET severity_rank = severity_rank - 1"+one)
		if sum() == want {
			t.Error("an edited severity_rank is not seen")
		}
		r.sql(t, "UPDATE finding SET severity_rank = severity_rank + 1"+one)
		if sum() != want {
			t.Fatal("the digest does not come back with the rows")
		}
		r.sql(t, "DELETE FROM finding"+one)
		if sum() == want {
			t.Error("a deleted finding is not seen")
		}
	})
}

// TestProveFindings reads pages among a million findings; only by PROVE=1.
func TestProveFindings(t *testing.T) {
	if os.Getenv("PROVE") == "" {
		t.Skip("PROVE is empty; PROVE=1 runs this test too")
	}
	testkit.Databases(t, func(t *testing.T, url string) {
		r := open(t, url)
		r.seed(t, 10_000, 1_000_000)
		if r.Door.Store().Postgres() {
			r.sql(t, "ANALYZE") // as it does by itself; SQLite has to do without
		}
		owner := r.Person(t, "owner", drawbridge.ProgrammeOwner)
		requester := access.Actor{ID: "per_3", Person: "per_3", Roles: []drawbridge.Role{drawbridge.Requester}, Via: "api"}
		deep := &register.Cursor{Number: 1, Text: "f1-5", ID: "asm_5"}
		for name, read := range map[string]func() error{
			"all":       func() error { return errOf(r.Findings(t.Context(), owner, register.FindingFilter{}, nil, 50)) },
			"all, deep": func() error { return errOf(r.Findings(t.Context(), owner, register.FindingFilter{}, deep, 50)) },
			"checks, accepted": func() error {
				return errOf(r.Findings(t.Context(), owner, register.FindingFilter{Source: "check", State: "accepted"}, deep, 50))
			},
			"critical": func() error {
				return errOf(r.Findings(t.Context(), owner, register.FindingFilter{Severity: "critical"}, nil, 50))
			},
			"one integration": func() error {
				return errOf(r.Findings(t.Context(), owner, register.FindingFilter{Integration: "int_3"}, nil, 50))
			},
			"own 1000": func() error { return errOf(r.Findings(t.Context(), requester, register.FindingFilter{}, nil, 50)) },
			"integrations": func() error {
				return errOf(r.Integrations(t.Context(), owner, register.IntegrationFilter{Order: "risk"}, nil, 50))
			},
			"integrations text": func() error {
				return errOf(r.Integrations(t.Context(), owner, register.IntegrationFilter{Text: "99", Order: "name"}, nil, 50))
			},
		} {
			var worst time.Duration
			for range 5 {
				began := time.Now()
				if err := read(); err != nil {
					t.Fatal(err)
				}
				worst = max(worst, time.Since(began))
			}
			t.Logf("%s: worst of 5 %v", name, worst)
			if limit := 500 * time.Millisecond; worst > limit {
				t.Errorf("%s takes %v, want at most %v", name, worst, limit)
			}
		}
	})
}

// BenchmarkPush pushes the example manifest, a new revision each time.
func BenchmarkPush(b *testing.B) {
	r := open(b, "")
	ann := r.Person(b, "ann", drawbridge.Requester)
	out, err := r.Push(b.Context(), ann, world.Example(b, "pay"))
	if err != nil {
		b.Fatal(err)
	}
	queries, n := r.Door.Store().Queries(), 0
	for b.Loop() {
		n++
		p := world.Example(b, "pay", "name: Card payments with Acme Pay", fmt.Sprintf("name: Version %d", n))
		p.Base, p.Reason = out.Revision.ID, "version"
		if out, err = r.Push(b.Context(), ann, p); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(r.Door.Store().Queries()-queries)/float64(n), "queries/op")
}
