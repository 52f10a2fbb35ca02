package register_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/policy"
	"drawbridge/internal/register"
	"drawbridge/internal/store"
	"drawbridge/internal/testkit"
	"drawbridge/internal/testkit/world"
)

// TestExceptedCheck takes a failed check through its exception: the gate names it
// and says go with conditions while it holds, and no on the day after.
func TestExceptedCheck(t *testing.T) {
	t.Parallel()
	testkit.Databases(t, func(t *testing.T, url string) {
		r := open(t, url)
		ann := r.Person(t, "ann", drawbridge.ProgrammeOwner)
		p, err := r.Push(t.Context(), ann, world.Example(t, "pay", answered...))
		if err != nil {
			t.Fatal(err)
		}
		id := p.Integration.ID
		r.Pass(time.Hour)
		if _, err := r.AddRun(t.Context(), machine(id), register.NewRun{Ref: register.ByID(id), Data: ran(t, "pay", r.Now(), "TLS-01 fail")}); err != nil {
			t.Fatal(err)
		}
		state := func() (drawbridge.Assessment, policy.Gate) {
			t.Helper()
			r.Pass(time.Hour)
			out, err := r.Reassess(t.Context(), ann, id, "")
			if err != nil {
				t.Fatal(err)
			}
			var gate policy.Gate
			if err := json.Unmarshal(out.Assessment.Gate, &gate); err != nil {
				t.Fatal(err)
			}
			return out.Assessment, gate
		}
		spoke := func(g policy.Gate, rule string) bool {
			return slices.ContainsFunc(g.Reasons, func(r policy.Reason) bool { return r.Rule == rule })
		}
		before, gate := state()
		if before.Outcome != drawbridge.NoGo || !spoke(gate, "failed-check") || !spoke(gate, "contradicted-control") {
			t.Fatalf("after the failure: %s by %+v", before.Outcome, gate.Reasons)
		}
		list, err := r.Findings(t.Context(), ann, register.FindingFilter{Integration: id, State: "open"}, nil, 200)
		if err != nil {
			t.Fatal(err)
		}
		last := drawbridge.DateOf(r.Now().AddDate(0, 0, 3))
		r.Write(t, func(tx *store.Tx) error {
			for _, f := range list.Items {
				if f.Source == "threat" && f.Severity != drawbridge.Critical {
					continue // of those the gate says no
				}
				x := drawbridge.Exception{
					ID: drawbridge.NewID("exc", r.Now()), Integration: id, Covers: f.Fingerprint, Reason: "by March", Owner: ann.Person, State: "confirmed", Expires: last,
				}
				if err := tx.Exceptions().Add(&x); err != nil {
					return err
				}
				r.Pass(time.Second)
			}
			return nil
		})
		held, gate := state()
		if held.Outcome != drawbridge.Conditional || spoke(gate, "failed-check") || spoke(gate, "contradicted-control") || held.Residual != before.Residual || held.Inherent != before.Inherent {
			t.Fatalf("with the exceptions: %s, R %v before %v, by %+v", held.Outcome, held.Residual, before.Residual, gate.Reasons)
		}
		if !slices.ContainsFunc(gate.Reasons, func(x policy.Reason) bool {
			return x.Rule == "exception" && strings.HasPrefix(x.Refs[0], "f1-") && strings.Contains(x.Text, string(last)) && strings.Contains(x.Text, string(ann.Person))
		}) {
			t.Errorf("the reasons %+v do not tell the exception of the check with its end and owner", gate.Reasons)
		}
		r.Set(last.End())
		after, gate := state()
		if after.Outcome != drawbridge.NoGo || !spoke(gate, "failed-check") || spoke(gate, "exception") || after.Residual != before.Residual {
			t.Errorf("after the end: %s by %+v", after.Outcome, gate.Reasons)
		}
	})
}

// TestEvidenceBegins looks again on the day on which a document begins to count
// that was accepted ahead of its period, and not a week later.
func TestEvidenceBegins(t *testing.T) {
	t.Parallel()
	testkit.Databases(t, func(t *testing.T, url string) {
		r := open(t, url)
		ann := r.Person(t, "ann", drawbridge.ProgrammeOwner)
		r.SetEvidence(func(tx *store.Tx, of []*drawbridge.Integration, now time.Time, tell func(drawbridge.IntegrationID, *drawbridge.Evidence)) error {
			return tx.Evidence().Each(store.Query{Equal: map[string]any{"partner": string(of[0].Partner)}}, func(e *drawbridge.Evidence) error {
				if e.PeriodStart <= drawbridge.DateOf(now) {
					tell(of[0].ID, e)
				}
				return nil
			})
		})
		p, err := r.Push(t.Context(), ann, world.Example(t, "pay", answered...))
		if err != nil {
			t.Fatal(err)
		}
		in := p.Integration
		add := func(id string, e drawbridge.Evidence) {
			t.Helper()
			e.ID, e.Partner, e.Known = drawbridge.EvidenceID("evd_"+id), in.Partner, drawbridge.KnownAudit
			r.Write(t, func(tx *store.Tx) error { return tx.Evidence().Add(&e) })
		}
		begins := r.Days(3)
		add("2", drawbridge.Evidence{Kind: "evidence:soc2", State: "accepted", PeriodStart: r.Days(5)})
		add("3", drawbridge.Evidence{Kind: "evidence:soc2", State: "accepted", PeriodStart: begins})
		add("4", drawbridge.Evidence{Kind: "evidence:iso27001", State: "accepted", PeriodStart: begins, Integration: in.ID})
		add("5", drawbridge.Evidence{Kind: "evidence:pentest", State: "accepted", PeriodStart: begins})
		add("6", drawbridge.Evidence{Kind: "evidence:soc2", State: "offered", PeriodStart: r.Days(1)})
		add("7", drawbridge.Evidence{Kind: "evidence:soc2", State: "accepted", PeriodStart: r.Days(1), SupersededBy: "evd_3"})
		add("8", drawbridge.Evidence{Kind: "evidence:soc2", State: "accepted", PeriodStart: r.Days(1), Integration: "int_other"})
		look := func() (due time.Time, residual float64) {
			t.Helper()
			r.Look(t, func(tx *store.Tx) error {
				open, err := tx.EventsBefore(store.EventFilter{Kind: register.EventAssess, Open: true}, "", 10)
				if err != nil || len(open) != 1 {
					t.Fatalf("%d looks ahead %v, want one", len(open), err)
				}
				due = open[0].DueAt
				now, err := tx.Integration(in.ID)
				residual = now.Residual
				return err
			})
			return due, residual
		}
		r.Pass(time.Hour)
		if _, err := r.Reassess(t.Context(), ann, in.ID, ""); err != nil {
			t.Fatal(err)
		}
		due, before := look()
		if drawbridge.DateOf(due) != begins || due != due.Truncate(24*time.Hour) {
			t.Fatalf("the next look is at %s, want the first moment of %s", due, begins)
		}
		r.Set(due)
		if did, err := r.AssessDue(t.Context(), access.System("assess"), in.ID); !did || err != nil {
			t.Fatalf("AssessDue = %v %v", did, err)
		}
		due, after := look()
		if after >= before {
			t.Errorf("R is %v once the documents count, and was %v", after, before)
		}
		if drawbridge.DateOf(due) != r.Days(2) {
			t.Errorf("the look after that is at %s, want the day of the last document", due)
		}
	})
}
