package lifecycle_test

import (
	"fmt"
	"testing"
	"time"

	"drawbridge"
	"drawbridge/internal/lifecycle"
	"drawbridge/internal/store"
	"drawbridge/internal/testkit"
	"drawbridge/internal/testkit/world"
)

// condition sets one that security verifies and Ann answers for.
func (r *rig) condition(tb world.Host, edit func(*drawbridge.Condition)) drawbridge.Condition {
	tb.Helper()
	c := drawbridge.Condition{Integration: r.id, Text: "Rotate the key.", Verifier: drawbridge.SecurityDiscipline, Due: r.Days(30), Breach: drawbridge.SuspendFlow}
	if edit != nil {
		edit(&c)
	}
	r.Pass(time.Second)
	return must[drawbridge.Condition](tb)(r.AddCondition(tb.Context(), r.as("paul"), c, ""))
}

func TestConditions(t *testing.T) {
	t.Parallel()
	testkit.Databases(t, func(t *testing.T, url string) {
		r := open(t, url)
		_, err := r.AddCondition(t.Context(), r.as("paul"), drawbridge.Condition{Integration: r.id, Text: "x", Verifier: "security", Due: r.Days(3)}, "")
		world.WantKind(t, "a condition before any review", err, drawbridge.Conflict)
		r.decide(t, r.id, drawbridge.Approved, r.Days(300))
		for name, edit := range map[string]func(*drawbridge.Condition){
			"no text": func(c *drawbridge.Condition) { c.Text = " " }, "a bad verifier": func(c *drawbridge.Condition) { c.Verifier = "everybody" },
			"no day": func(c *drawbridge.Condition) { c.Due = "" }, "a past day": func(c *drawbridge.Condition) { c.Due = r.Days(-1) },
			"a bad effect": func(c *drawbridge.Condition) { c.Breach = "explode" }, "nobody's": func(c *drawbridge.Condition) { c.Owner = "per_x" },
			"control characters": func(c *drawbridge.Condition) { c.Text = "a\x00b" },
		} {
			c := drawbridge.Condition{Integration: r.id, Text: "x", Verifier: drawbridge.SecurityDiscipline, Due: r.Days(3)}
			edit(&c)
			_, err := r.AddCondition(t.Context(), r.as("paul"), c, "")
			world.WantKind(t, name, err, drawbridge.Invalid)
		}

		c := r.condition(t, nil)
		meet := func(who string, s lifecycle.Settling) error {
			s.ID, s.Reason = c.ID, "done"
			_, err := r.Meet(t.Context(), r.as(who), s)
			return err
		}
		world.WantKind(t, "met by who asked", meet("ann", lifecycle.Settling{}), drawbridge.Denied)
		world.WantKind(t, "met by another discipline", meet("leo", lifecycle.Settling{}), drawbridge.Denied)
		world.WantKind(t, "met by evidence that is not accepted", meet("rita", lifecycle.Settling{Evidence: r.evidence(t, r.id, "evidence:x", "offered")}), drawbridge.Conflict)
		world.WantKind(t, "met by evidence of another", meet("rita", lifecycle.Settling{Evidence: r.evidence(t, r.Bring(t, r.people["ann"], "other").ID, "evidence:x", "accepted")}), drawbridge.Conflict)
		if err := meet("rita", lifecycle.Settling{Evidence: r.evidence(t, r.id, "evidence:x", "accepted")}); err != nil {
			t.Error(err)
		}
		world.WantKind(t, "met twice", meet("rita", lifecycle.Settling{}), drawbridge.Conflict)

		c = r.condition(t, func(c *drawbridge.Condition) { c.Owner = r.people["rita"].Person })
		world.WantKind(t, "met by its owner", meet("rita", lifecycle.Settling{}), drawbridge.Denied)
		testConditionCheck(t, r)
		testDrop(t, r)
	})
}

// testConditionCheck meets a condition by a live check.
func testConditionCheck(t *testing.T, r *rig) {
	t.Helper()
	c := r.condition(t, func(c *drawbridge.Condition) { c.Check = "TLS-01" })
	meet := func() error {
		_, err := r.Meet(t.Context(), r.as("pia"), lifecycle.Settling{ID: c.ID, Reason: "done"})
		return err
	}
	wantMissing(t, "met without a run", meet(), "has not passed")
	r.run(t, r.id, map[string]drawbridge.Verdict{"TLS-01": drawbridge.Fail})
	wantMissing(t, "met by a failure", meet(), "is fail")
	r.run(t, r.id, map[string]drawbridge.Verdict{"TLS-01": drawbridge.Pass})
	if err := meet(); err != nil {
		t.Error(err)
	}
}

// testDrop drops a condition, and looks at what is overdue.
func testDrop(t *testing.T, r *rig) {
	t.Helper()
	c := r.condition(t, nil)
	drop := func(who, reason string) error {
		_, err := r.Drop(t.Context(), r.as(who), lifecycle.Settling{ID: c.ID, Reason: reason})
		return err
	}
	world.WantKind(t, "dropped by a reviewer", drop("rita", "no"), drawbridge.Denied)
	world.WantKind(t, "dropped without a reason", drop("paul", " "), drawbridge.Invalid)
	breaches := func() (out []lifecycle.Breach) {
		r.Look(t, func(tx *store.Tx) (err error) { out, err = r.Breaches(tx, r.Now()); return err })
		return out
	}
	before := len(breaches())
	r.Set(c.Due.End().Add(-1))
	if n := len(breaches()); n != before {
		t.Errorf("%d breaches on the last day, want %d", n, before)
	}
	r.Pass(1)
	overdue := breaches()
	if len(overdue) != before+2 || overdue[len(overdue)-1].Effect != drawbridge.SuspendFlow || overdue[len(overdue)-1].ID != c.ID { // the one that Rita answers for, and this
		t.Errorf("breaches = %+v, want that of %s", overdue, c.ID)
	}
	if err := drop("paul", "It was never needed."); err != nil {
		t.Error(err)
	}
	if n := len(breaches()); n != before+1 {
		t.Errorf("%d breaches after it was dropped, want %d", n, before+1)
	}
	page, err := r.ConditionList(t.Context(), r.as("aud"), lifecycle.Filter{Integration: r.id, State: "dropped"}, nil, 0)
	if err != nil || len(page.Items) != 1 || page.Items[0].Reason != "It was never needed." {
		t.Errorf("dropped conditions = %v %v", fmt.Sprint(page.Items), err)
	}
	if page, err = r.ConditionList(t.Context(), r.as("aud"), lifecycle.Filter{}, nil, 2); err != nil || len(page.Items) != 2 || page.Next == nil {
		t.Errorf("a page of conditions = %d %v %v", len(page.Items), page.Next, err)
	}
}
