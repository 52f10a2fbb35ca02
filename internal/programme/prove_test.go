package programme_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"slices"
	"strings"
	"testing"
	"time"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/app"
	"drawbridge/internal/check"
	"drawbridge/internal/dossier"
	"drawbridge/internal/manifest"
	"drawbridge/internal/policy"
	"drawbridge/internal/register"
	"drawbridge/internal/seed"
	"drawbridge/internal/store"
	"drawbridge/internal/testkit"
)

// TestPortfolio scores a seeded portfolio by a pack that changes nothing and by
// one that closes the gate. What the record knows besides the manifests of every
// tenth integration counts as it does in a full assessment: the first pack changes
// nothing. By PROVE=1, and without the race detector, there are 10,000 integrations,
// and each answer has to be there in ten seconds and with less than a gigabyte.
func TestPortfolio(t *testing.T) {
	n, limit := 60, time.Hour
	if os.Getenv("PROVE") != "" && !raced {
		n, limit = 10_000, 10*time.Second
	}
	was := debug.SetGCPercent(app.GCPercent) // as a server does
	t.Cleanup(func() { debug.SetGCPercent(was) })
	testkit.Databases(t, func(t *testing.T, url string) {
		r := open(t, url)
		ws, err := policy.BuiltinWorkspace()
		if err != nil {
			t.Fatal(err)
		}
		r.Pass(20 * 24 * time.Hour)
		_, err = seed.Run(t.Context(), seed.Options{
			Store: r.Door.Store(), Keys: r.Door.Keys(), Workspace: func() *policy.Workspace { return ws }, Version: "test",
			Partners: n / 3, Integrations: n, People: 20, History: 1, Seed: 1, AsOf: r.Now(),
		})
		if err != nil {
			t.Fatal(err)
		}
		owner := r.Person(t, "root", drawbridge.ProgrammeOwner, drawbridge.Tester)
		known := r.known(t, owner, n/10)
		for name, files := range map[string]map[string]string{"a pack that changes nothing": {"pack.yaml": closed["pack.yaml"]}, "a closed gate": closed} {
			candidate := archive(t, files)
			runtime.GC()
			queries, began := r.Door.Store().Queries(), time.Now()
			peak := watch(t)
			got, err := r.Impact(t.Context(), owner, candidate, nil)
			took, held := time.Since(began), peak()
			t.Logf("%s: %d integrations in %v, %d queries, at most %d MiB", name, n, took.Round(time.Millisecond), r.Door.Store().Queries()-queries, held>>20)
			if err != nil || got.Scored != n || got.Failed != 0 || took > limit || held > 1<<30 {
				t.Fatalf("%s: scored %d of %d, %d failed, %v, %v, %d MiB", name, got.Scored, n, got.Failed, err, took, held>>20)
			}
			if worse := files["gate.yaml"] != ""; worse && got.Worse == 0 || !worse && got.Changed != 0 {
				t.Errorf("%s changes %d of which %d are worse, %+v", name, got.Changed, got.Worse, slices.Concat(got.Effects)[:min(1, len(got.Effects))])
			}
		}
		if len(known) != n/10 {
			t.Errorf("%d integrations of which more is known, want %d", len(known), n/10)
		}
	})
}

// watch samples the memory in use until it is asked for the most.
func watch(tb testing.TB) func() uint64 {
	tb.Helper()
	stop, most := make(chan struct{}), make(chan uint64)
	go func() {
		sample := []metrics.Sample{{Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/released:bytes"}}
		peak, tick := uint64(0), time.NewTicker(20*time.Millisecond)
		defer tick.Stop()
		for {
			metrics.Read(sample)
			peak = max(peak, sample[0].Value.Uint64()-sample[1].Value.Uint64())
			select {
			case <-tick.C:
			case <-stop:
				most <- peak
				return
			}
		}
	}()
	return func() uint64 {
		close(stop)
		return <-most
	}
}

// known gives some integrations a run with a failure and a pass, an accepted
// document, an exception and claims, and has them assessed again.
func (r *rig) known(tb testing.TB, owner access.Actor, n int) []drawbridge.IntegrationID {
	tb.Helper()
	var list []drawbridge.Integration
	err := r.Door.Store().View(tb.Context(), func(tx *store.Tx) error {
		return tx.IntegrationShelf().Each(store.Query{}, func(i *drawbridge.Integration) error {
			list = append(list, *i)
			return nil
		})
	})
	if err != nil {
		tb.Fatal(err)
	}
	about := map[drawbridge.IntegrationID]bool{}
	r.Record.SetClaims(func(_ *store.Tx, of []string, tell func(drawbridge.IntegrationID, []drawbridge.Claim)) error {
		for _, id := range of {
			if in := drawbridge.IntegrationID(id); about[in] {
				tell(in, []drawbridge.Claim{{Control: "tls-version", Source: "answer:inq_1/tls"}, {Control: "breach-notice", Holds: true, Source: "answer:inq_1/breach"}})
			}
		}
		return nil
	})
	r.Record.SetEvidence(dossier.AcceptedFor)
	var out []drawbridge.IntegrationID
	for i := 0; i < len(list) && len(out) < n; i += len(list) / n {
		in := list[i]
		about[in.ID], out = true, append(out, in.ID)
		r.Write(tb, func(tx *store.Tx) error {
			open, err := tx.Findings(store.FindingList{Scope: access.Scope{All: true}, Integration: in.ID, Limit: 1})
			if err != nil {
				return err
			}
			e := drawbridge.Evidence{
				ID: drawbridge.EvidenceID(drawbridge.NewID("evd", r.Now())), Integration: in.ID, Partner: in.Partner, Kind: "evidence:pentest", State: dossier.StateAccepted,
				Known: drawbridge.KnownDocument, Expires: drawbridge.DateOf(r.Now().AddDate(1, 0, 0)), CreatedAt: r.Now(), UpdatedAt: r.Now(),
			}
			if i%2 == 0 { // about the partner
				e.Integration, e.Services = "", []string{in.Slug}
			}
			x := drawbridge.Exception{
				ID: drawbridge.NewID("exc", r.Now()), Integration: in.ID, Covers: "control:breach-notice", Reason: "it is agreed", State: "confirmed",
				Expires: drawbridge.DateOf(r.Now().AddDate(0, 3, 0)), CreatedAt: r.Now(), UpdatedAt: r.Now(),
			}
			if len(open) > 0 {
				x.Covers = open[0].Rule + "@" + open[0].Element
			}
			return errors.Join(tx.Evidence().Add(&e), tx.Exceptions().Add(&x))
		})
		r.ran(tb, owner, &in)
		if _, err := r.Record.Reassess(tb.Context(), owner, in.ID, ""); err != nil {
			tb.Fatal(err)
		}
	}
	return out
}

// ran hands in a run of live checks of an integration's first interface.
func (r *rig) ran(tb testing.TB, by access.Actor, in *drawbridge.Integration) {
	tb.Helper()
	var element string
	var target manifest.Target
	err := r.Door.Store().View(tb.Context(), func(tx *store.Tx) error {
		rev, err := tx.Revision(in.Head)
		if err != nil {
			return err
		}
		b, err := r.Record.Bundle(rev)
		if err == nil {
			element, target = b.Integration.Interfaces[0].ID, b.Integration.Targets[0]
		}
		return err
	})
	if err != nil {
		tb.Fatal(err)
	}
	run := check.Run{
		SchemaVersion: drawbridge.SchemaVersion, Tool: "drawbridge", Version: "test", Origin: "cli", Started: r.Now().Add(-time.Hour), Finished: r.Now().Add(-time.Minute), Complete: true,
		Integration: check.RunIntegration{ID: in.Slug, Environment: in.Environment, Digest: "sha256:00"},
		Target:      check.RunTarget{Name: target.Name, Interface: element, BaseURL: target.BaseURL, Represents: target.Represents, Why: target.Why},
		Done:        []string{"TLS-01", "HDR-01"},
	}
	for _, id := range run.Done {
		sum := sha256.Sum256([]byte(strings.Join([]string{in.Slug, element, id, "", "", ""}, "\x00")))
		verdict := drawbridge.Pass
		if id == "HDR-01" {
			verdict = drawbridge.Fail
		}
		run.Results = append(run.Results, check.Result{
			Check: id, Title: "What it looks at", Interface: element, Verdict: verdict, Reason: "it was tried", Severity: drawbridge.High, Fingerprint: "f1-" + hex.EncodeToString(sum[:12]),
		})
	}
	data, err := json.Marshal(run)
	if err != nil {
		tb.Fatal(err)
	}
	r.Pass(time.Millisecond)
	if _, err := r.Record.AddRun(tb.Context(), by, register.NewRun{Ref: register.ByID(in.ID), Data: data}); err != nil {
		tb.Fatal(err)
	}
}
