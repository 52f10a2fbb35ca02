package lifecycle_test

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"drawbridge"
	"drawbridge/internal/lifecycle"
	"drawbridge/internal/store"
)

// TestNoWayAround lets random people do random things in random order: whenever
// the integration becomes live, or is retired, what must hold holds at that
// moment, as a second reading of the record finds it.
func TestNoWayAround(t *testing.T) {
	t.Parallel()
	r := open(t, "")
	reached := map[drawbridge.IntegrationState]int{}
	rapid.Check(t, func(rt *rapid.T) {
		r.stale.Store(false)
		r.id = r.Bring(rt, r.people["ann"], "walk-"+drawbridge.NewID("x", r.Now())[2:]).ID
		w := &walk{rig: r, t: rt}
		if rapid.IntRange(0, 4).Draw(rt, "ahead") > 0 { // most walks begin with something to go on
			w.decide(rt, r.id, drawbridge.Approved, r.Days(20))
			w.run(rt, r.id, map[string]drawbridge.Verdict{"TLS-01": drawbridge.Pass})
			w.evidence = append(w.evidence, w.rig.evidence(rt, r.id, "evidence:configuration", "accepted"))
		}
		for range rapid.IntRange(5, 60).Draw(rt, "acts") {
			before := r.state(rt)
			w.act()
			if after := r.state(rt); after != before {
				reached[after]++
				if want, ok := before.Step(w.step); !ok || want != after {
					rt.Fatalf("%s went to %s by %q", before, after, w.step)
				}
				w.holds(after)
			}
		}
	})
	for _, s := range []drawbridge.IntegrationState{drawbridge.Live, drawbridge.Suspended, drawbridge.Exiting} {
		if reached[s] == 0 {
			t.Errorf("no walk came to %s: it proves nothing", s)
		}
	}
}

// walk is one random walk over the life of an integration.
type walk struct {
	*rig
	t          *rapid.T
	step       string // that was tried last
	conditions []string
	evidence   []drawbridge.EvidenceID
	attested   []string
}

func (w *walk) who() string { return rapid.SampledFrom(names()).Draw(w.t, "who") }

// act does one thing, which may well be refused.
func (w *walk) act() {
	w.Pass(time.Second)
	ctx := w.t.Context()
	// The steps come often, and by those who may: the walks must get somewhere.
	what := rapid.SampledFrom([]string{
		"go_live", "go_live", "go_live", "go_live", "suspend", "resume", "resume", "retire", "leave", "decide", "decide", "attest", "attest", "attest", "run", "run", "condition", "meet", "drop",
		"stale", "days", "revoke", "file",
	}).Draw(w.t, "what")
	w.step = what
	pick := func(list []string) string {
		if len(list) == 0 {
			return "none"
		}
		return rapid.SampledFrom(list).Draw(w.t, "which")
	}
	switch what {
	case "go_live", "suspend", "resume", "retire":
		_, _ = w.Move(ctx, w.as(rapid.SampledFrom([]string{"prog", "prog", "olga", "ann", "bob", "paul", "aud"}).Draw(w.t, "mover")), lifecycle.Move{Integration: w.id, Step: what, Reason: "x"})
	case "leave":
		if rapid.IntRange(0, 3).Draw(w.t, "seldom") == 0 {
			_, _ = w.Leave(ctx, w.as(w.who()), lifecycle.Leaving{Integration: w.id, Planned: w.Days(9), Reason: "x"})
		}
	case "decide":
		outcome := rapid.SampledFrom([]drawbridge.ReviewState{drawbridge.Approved, drawbridge.Approved, drawbridge.Approved, drawbridge.Rejected}).Draw(w.t, "outcome")
		w.decide(w.t, w.id, outcome, w.Days(rapid.IntRange(1, 30).Draw(w.t, "until")))
	case "file":
		kind := rapid.SampledFrom([]string{"evidence:configuration", "evidence:revocation-drill", "evidence:deletion"}).Draw(w.t, "kind")
		w.evidence = append(w.evidence, w.rig.evidence(w.t, w.id, kind, rapid.SampledFrom([]string{"offered", "accepted", "refused"}).Draw(w.t, "state")))
	case "attest":
		if len(w.evidence) == 0 {
			w.evidence = append(w.evidence, w.rig.evidence(w.t, w.id, "evidence:configuration", "accepted"))
		}
		who := rapid.SampledFrom([]string{"olga", "olga", "olga", "ann", "prog"}).Draw(w.t, "operator")
		a, err := w.attest(w.t, who, rapid.SampledFrom(append(lifecycle.Subjects(), "envelope_live", "envelope_live", "resumed")).Draw(w.t, "subject"), "", rapid.SampledFrom(w.evidence).Draw(w.t, "evidence"))
		if err == nil {
			w.attested = append(w.attested, a.ID)
			if who != "olga" {
				w.t.Fatalf("%s attested, who is no operator", who)
			}
		}
	case "run":
		w.run(w.t, w.id, map[string]drawbridge.Verdict{"TLS-01": rapid.SampledFrom([]drawbridge.Verdict{
			drawbridge.Pass, drawbridge.Pass, drawbridge.Pass, drawbridge.Fail, drawbridge.Inconclusive, drawbridge.Skipped,
		}).Draw(w.t, "verdict")})
	case "condition":
		c, err := w.AddCondition(ctx, w.as("paul"), drawbridge.Condition{
			Integration: w.id, Text: "x", Before: rapid.Bool().Draw(w.t, "before"), Verifier: drawbridge.SecurityDiscipline, Due: w.Days(3), Breach: drawbridge.SuspendFlow,
		}, "")
		if err == nil {
			w.conditions = append(w.conditions, c.ID)
		}
	case "meet":
		_, _ = w.Meet(ctx, w.as(w.who()), lifecycle.Settling{ID: pick(w.conditions), Reason: "x"})
	case "drop":
		_, _ = w.Drop(ctx, w.as(w.who()), lifecycle.Settling{ID: pick(w.conditions), Reason: "x"})
	case "revoke":
		_, _ = w.Revoke(ctx, w.as(w.who()), pick(w.attested), "x", "")
	case "stale":
		w.stale.Store(rapid.IntRange(0, 3).Draw(w.t, "stale") == 0)
	case "days":
		w.Pass(time.Duration(rapid.IntRange(1, 5).Draw(w.t, "days")) * 24 * time.Hour)
	}
}

// holds reads the record again: what must hold in a state that was just reached.
func (w *walk) holds(state drawbridge.IntegrationState) {
	if state == drawbridge.Retired {
		w.t.Fatal("it was retired, and no probe ever failed to connect")
	}
	if state != drawbridge.Live {
		return
	}
	w.Look(w.t, func(tx *store.Tx) error {
		s, err := tx.Standings().Get(string(w.id))
		if err != nil {
			return err
		}
		d, err := tx.Decisions().Get(string(s.Decision))
		if err != nil {
			return err
		}
		if d.Outcome != drawbridge.Approved || w.stale.Load() || d.Until < drawbridge.DateOf(w.Now()) {
			w.t.Fatalf("live on %s until %s, stale %v", d.Outcome, d.Until, w.stale.Load())
		}
		conditions, err := lifecycle.Conditions(tx, w.id)
		for _, c := range conditions {
			if c.State == "open" && (c.Before || c.Due < drawbridge.DateOf(w.Now())) {
				w.t.Fatalf("live with the condition %+v", c)
			}
		}
		if err != nil {
			return err
		}
		subject := map[string]string{"go_live": "envelope_live", "resume": "resumed"}[w.step]
		attested, err := tx.Attestations().Find(store.Query{Equal: map[string]any{"integration": string(w.id)}})
		if !slices.ContainsFunc(attested, func(a drawbridge.Attestation) bool {
			return a.Subject == subject && a.About == string(d.ID) && a.RevokedAt.IsZero() && (subject != "resumed" || !a.CreatedAt.Before(s.SuspendedAt))
		}) {
			w.t.Fatalf("live by %s with the attestations %+v", w.step, attested)
		}
		return err
	})
}

// TestExceptionsEnd proposes, confirms, renews and revokes at random over a clock
// that goes on: an exception holds exactly while it is confirmed and its day is
// not past, and its end always asks for a new assessment.
func TestExceptionsEnd(t *testing.T) {
	t.Parallel()
	r := open(t, "")
	r.decide(t, r.id, drawbridge.Approved, r.Days(300))
	rapid.Check(t, func(rt *rapid.T) {
		r.Pass(time.Second)
		x := r.propose(rt, rapid.SampledFrom([]string{"T017@x", "TLS-01@x", "control:tls-version@x"}).Draw(rt, "covers")+drawbridge.NewID("y", r.Now())[2:], rapid.IntRange(1, 180).Draw(rt, "days"))
		confirmed, last, renewals := false, x.Expires, 0
		for range rapid.IntRange(1, 15).Draw(rt, "acts") {
			r.Pass(time.Duration(rapid.IntRange(0, 40*24).Draw(rt, "hours")) * time.Hour)
			over := r.Now().After(last.End()) || r.Now().Equal(last.End())
			rule := lifecycle.Ruling{ID: x.ID, Reason: "x", Expires: r.Days(rapid.IntRange(1, 200).Draw(rt, "new"))}
			switch rapid.SampledFrom([]string{"confirm", "confirm", "renew", "renew", "revoke", "wait", "wait"}).Draw(rt, "act") {
			case "confirm":
				if _, err := r.Confirm(rt.Context(), r.as("paul"), rule); err == nil {
					if over || confirmed {
						rt.Fatal("confirmed what ended, or twice")
					}
					confirmed = true
				}
			case "renew":
				if got, err := r.Renew(rt.Context(), r.as("paul"), rule); err == nil {
					renewals++
					if over || !confirmed || got.Expires <= last || got.Expires > r.Days(180) || renewals > 2 {
						rt.Fatalf("renewed to %s after %s, %d times, confirmed %v, over %v", got.Expires, last, renewals, confirmed, over)
					}
					last = got.Expires
				}
			case "revoke":
				if rapid.IntRange(0, 3).Draw(rt, "seldom") == 0 {
					if _, err := r.RevokeException(rt.Context(), r.as("paul"), rule); err == nil {
						confirmed = false
					}
				}
			}
			want := confirmed && r.Now().Before(last.End())
			r.Look(rt, func(tx *store.Tx) error {
				list, err := lifecycle.Exceptions(tx, r.id, r.Now())
				if got := slices.ContainsFunc(list, func(e drawbridge.Exception) bool { return e.ID == x.ID }); got != want {
					rt.Fatalf("it holds: %v, want %v; confirmed %v, until %s, now %s", got, want, confirmed, last, r.Now())
				}
				return err
			})
		}
		if confirmed && !slices.Contains(r.due(rt, last.End()), lifecycle.EventEnded+" "+x.ID) {
			rt.Fatalf("nobody looks at the end of %s on %s", x.ID, last)
		}
	})
}
