package seed_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/account"
	"drawbridge/internal/action"
	"drawbridge/internal/custody"
	"drawbridge/internal/ledger"
	"drawbridge/internal/policy"
	"drawbridge/internal/seal"
	"drawbridge/internal/seed"
	"drawbridge/internal/store"
	"drawbridge/internal/testkit"
)

var asOf = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

// place is an empty installation.
func place(tb testing.TB, url string) seed.Options {
	tb.Helper()
	dir := tb.TempDir()
	keys, err := seal.EnsureKeyring(filepath.Join(dir, "keys"), "drawbridge.test/log", asOf)
	if err != nil {
		tb.Fatal(err)
	}
	s, err := store.Open(tb.Context(), store.Options{Dir: dir, Database: url})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { s.Close() })
	ws, err := policy.BuiltinWorkspace()
	if err != nil {
		tb.Fatal(err)
	}
	return seed.Options{
		Store: s, Keys: keys, Workspace: func() *policy.Workspace { return ws }, Version: "test", AsOf: asOf,
		Partners: 4, Integrations: 6, People: 10, History: 2, Seed: 1,
	}
}

// door is the installation after the seed, now.
func door(o seed.Options) *action.Door {
	return action.New(action.Options{Store: o.Store, Keys: o.Keys, Now: func() time.Time { return asOf }})
}

// told is what the record says, identifiers and secrets apart.
func told(t *testing.T, o seed.Options) []string {
	t.Helper()
	var out []string
	err := o.Store.View(t.Context(), func(tx *store.Tx) error {
		list, err := tx.Integrations(store.IntegrationList{Scope: access.Scope{All: true}, Limit: 1000})
		if err != nil {
			return err
		}
		for _, in := range list {
			head, err := tx.Revision(in.Head)
			if err != nil {
				return err
			}
			out = append(out, fmt.Sprintln(in.Slug, in.Name, in.Partner, in.Tier, in.Inherent, in.Residual, in.Outcome, in.Revisions, in.CreatedAt, head.Content, head.Reason, in.UpdatedAt))
		}
		partners, err := tx.PartnersAfter("", 1000)
		for _, p := range partners {
			out = append(out, fmt.Sprintln(p.ID, p.Name, p.Country, p.CreatedAt))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(out)
	return out
}

// sound holds the record to fsck.
func sound(t *testing.T, o seed.Options) {
	t.Helper()
	report, err := custody.New(door(o)).Check(t.Context(), access.Keeper(), custody.CheckOptions{})
	if err != nil || !report.OK {
		t.Fatalf("fsck: %v %+v", err, report.Differences)
	}
}

func TestRun(t *testing.T) {
	t.Parallel()
	testkit.Databases(t, func(t *testing.T, url string) {
		o := place(t, url)
		o.Passwords = true
		report, err := seed.Run(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		if report.People != 10 || report.Partners != 4 || report.Integrations != 6 || report.Revisions < 7 || report.Assessments <= report.Revisions || report.Findings == 0 {
			t.Errorf("report = %+v", report)
		}
		sound(t, o)
		var last time.Time
		err = o.Store.View(t.Context(), func(tx *store.Tx) error {
			leaves, err := tx.Leaves(0, 10_000)
			for _, l := range leaves {
				e, err := ledger.Decode(l.Data)
				if err != nil {
					return err
				}
				if e.At.Before(last) || e.At.After(asOf) {
					t.Errorf("entry %d is of %s, after one of %s", e.Seq, e.At, last)
				}
				last = e.At
			}
			due, err2 := tx.OpenEvents(asOf, 10)
			if len(due) > 0 {
				t.Errorf("%d events are due at the end of the history: %+v", len(due), due[0])
			}
			return errors.Join(err, err2)
		})
		if err != nil {
			t.Fatal(err)
		}
		people := account.New(door(o), account.Options{Now: func() time.Time { return asOf }, Origin: "test"})
		who := report.Passwords[0]
		if _, _, err := people.SignIn(t.Context(), account.SignIn{Email: who.Email, Password: who.Password, Via: "api"}); err != nil || !slices.Contains(who.Roles, drawbridge.Administrator) {
			t.Errorf("sign in as %s %v: %v", who.Email, who.Roles, err)
		}
	})
}

// TestReviews has what goes with reviews, and nothing in it is of use to anybody.
func TestReviews(t *testing.T) {
	t.Parallel()
	o := place(t, "")
	o.Partners, o.Integrations, o.People, o.Reviews = 8, 12, 24, 12
	if _, err := seed.Run(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	sound(t, o)
	err := o.Store.View(t.Context(), func(tx *store.Tx) error {
		count := map[string]func(store.Query) (int64, error){
			"reviews": tx.Reviews().Count, "signoffs": tx.Signoffs().Count, "decisions": tx.Decisions().Count, "inquiries": tx.Inquiries().Count,
			"answers": tx.Answers().Count, "links": tx.Links().Count, "evidence": tx.Evidence().Count, "threads": tx.Threads().Count,
			"comments": tx.Comments().Count, "contracts": tx.Contracts().Count, "measures": tx.Measures().Count, "runs": tx.Runs().Count,
			"subprocessors": tx.Subprocessors().Count, "profiles": tx.Profiles().Count, "exceptions": tx.Exceptions().Count,
			"risks": tx.Risks().Count, "triggers": tx.Triggers().Count, "attestations": tx.Attestations().Count, "looks at threats": tx.ThreatReviews().Count,
		}
		for name, of := range count {
			if n, err := of(store.Query{}); err != nil || n == 0 {
				t.Errorf("there are %d %s: %v", n, name, err)
			}
		}
		links, err := tx.Links().Find(store.Query{})
		for _, l := range links {
			if l.Works(asOf) {
				t.Errorf("link %s works", l.ID)
			}
		}
		due, err2 := tx.OpenEvents(asOf, 10)
		if len(due) > 0 {
			t.Errorf("%d events are due at the end of the history: %+v", len(due), due[0])
		}
		return errors.Join(err, err2)
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestSameSeedSameOrganisation(t *testing.T) {
	t.Parallel()
	run := func(number uint64) []string {
		o := place(t, "")
		o.Seed = number
		if _, err := seed.Run(t.Context(), o); err != nil {
			t.Fatal(err)
		}
		return told(t, o)
	}
	one := run(7)
	if diff := cmp.Diff(one, run(7)); diff != "" {
		t.Errorf("the same seed gives another organisation:\n%s", diff)
	}
	if cmp.Equal(one, run(8)) {
		t.Error("another seed gives the same organisation")
	}
}

func TestSizes(t *testing.T) {
	t.Parallel()
	o := place(t, "")
	o.Partners, o.Integrations, o.Findings, o.History = 20, 12, 1000, 1
	report, err := seed.Run(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if report.Assessments != 12 || report.Partners != 20 || report.Findings < 600 || report.Findings > 1500 {
		t.Errorf("report = %+v, want 12 assessments with about 1000 findings, and 20 partners", report)
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	o := place(t, "")
	o.Integrations, o.History = 2, 1
	if _, err := seed.Run(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	if _, err := seed.Run(t.Context(), o); drawbridge.KindOf(err) != drawbridge.Conflict || !strings.Contains(err.Error(), "--into-existing") {
		t.Errorf("a second time: %v", err)
	}
	o.IntoExisting, o.Seed = true, 2
	if _, err := seed.Run(t.Context(), o); err != nil {
		t.Errorf("into an existing installation: %v", err)
	}
	sound(t, o)
	for name, change := range map[string]func(*seed.Options){
		"nobody":         func(o *seed.Options) { o.People = 0 },
		"no partner":     func(o *seed.Options) { o.Partners = 0 },
		"too many":       func(o *seed.Options) { o.Integrations = seed.MaxIntegrations + 1 },
		"below nothing":  func(o *seed.Options) { o.Findings = -1 },
		"no history":     func(o *seed.Options) { o.History = 0 },
		"too much of it": func(o *seed.Options) { o.History = seed.MaxHistory + 1 },
	} {
		bad := o
		change(&bad)
		if _, err := seed.Run(t.Context(), bad); drawbridge.KindOf(err) != drawbridge.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestCancelledRunLeavesAWholeRecord(t *testing.T) {
	t.Parallel()
	o := place(t, "")
	ctx, cancel := context.WithCancel(t.Context())
	o.Progress = func(done, _ int) {
		if done == 14 {
			cancel()
		}
	}
	if _, err := seed.Run(ctx, o); !errors.Is(err, context.Canceled) {
		t.Fatalf("a cancelled run: %v", err)
	}
	sound(t, o)
}
