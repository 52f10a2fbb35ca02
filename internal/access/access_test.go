package access_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"drawbridge"
	"drawbridge/internal/access"
)

var update = flag.Bool("update", false, "rewrite the golden file")

var now = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

// The two objects on which every decision is tried, and those who try.
var (
	own    = access.Object{Kind: "thing", ID: "1", Owners: []drawbridge.PersonID{"per_x", "per_1"}, Integration: "int_1", Inquiry: "inq_1"}
	others = access.Object{Kind: "thing", ID: "2", Owners: []drawbridge.PersonID{"per_2"}, Integration: "int_2", Inquiry: "inq_2"}
)

// holder is somebody with one role, freshly proved; a machine is bound to int_1.
func holder(role drawbridge.Role) access.Actor {
	if role == drawbridge.Machine {
		return access.Actor{ID: "tok_1", Roles: []drawbridge.Role{role}, Integration: "int_1", Proved: now}
	}
	if role == drawbridge.PartnerContact {
		return access.Actor{ID: "lnk_1", Roles: []drawbridge.Role{role}, Inquiry: "inq_1", Proved: now}
	}
	return access.Actor{ID: "per_1", Person: "per_1", Roles: []drawbridge.Role{role}, Proved: now}
}

// letter tells a decision: y yes, n no, h hidden, s sign in first.
func letter(tb testing.TB, err error) string {
	tb.Helper()
	if err == nil {
		return "y"
	}
	l, ok := map[drawbridge.Kind]string{drawbridge.Denied: "n", drawbridge.NotFound: "h", drawbridge.Unauthenticated: "s"}[drawbridge.KindOf(err)]
	if !ok {
		tb.Fatalf("Decide = %v, of kind %s", err, drawbridge.KindOf(err))
	}
	return l
}

// matrix is what the table means: for each action and role the decision on
// one's own object and on another's.
func matrix(tb testing.TB, table *access.Table) string {
	tb.Helper()
	actors := []access.Actor{access.Anonymous("api", ""), access.System("test")}
	heads := []string{"anonymous", "system"}
	for _, role := range drawbridge.Roles() {
		actors, heads = append(actors, holder(role)), append(heads, string(role))
	}
	var b strings.Builder
	b.WriteString("own object, other's object: y yes, n no, h hidden, s sign in first; ! needs a fresh proof\n\n")
	for i, head := range heads {
		fmt.Fprintf(&b, "%-21s%s%s\n", "", strings.Repeat("|  ", i), head)
	}
	for _, act := range access.Actions() {
		mark := " "
		if act.Sensitive() {
			mark = "!"
		}
		fmt.Fprintf(&b, "%-19s%s ", act, mark)
		for _, a := range actors {
			b.WriteString(letter(tb, table.Decide(a, act, own, now)) + letter(tb, table.Decide(a, act, others, now)) + " ")
		}
		b.WriteString("\n")
	}
	return strings.ReplaceAll(b.String(), " \n", "\n")
}

func TestMatrix(t *testing.T) {
	t.Parallel()
	golden := filepath.Join("testdata", "matrix.golden")
	got := matrix(t, access.Builtin())
	if *update {
		if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("the permissions changed; read the difference, and if it is meant, run go test ./internal/access -update (-want +got):\n%s", diff)
	}
}

// TestEveryRow takes each row out, and puts each missing one in: all show in the matrix.
func TestEveryRow(t *testing.T) {
	t.Parallel()
	table := access.Builtin()
	whole := matrix(t, table)
	held := map[access.Row]bool{}
	for _, row := range table.Rows() {
		held[access.Row{Action: row.Action, Role: row.Role}] = true
		if matrix(t, table.Without(row)) == whole {
			t.Errorf("without %v the matrix is the same", row)
		}
	}
	for _, act := range access.Actions() {
		for _, role := range drawbridge.Roles() {
			row := access.Row{Action: act, Role: role}
			if held[row] {
				continue
			}
			row.Condition = access.Any
			if matrix(t, table.With(row)) == whole {
				t.Errorf("with %v the matrix is the same", row)
			}
		}
	}
	if matrix(t, table) != whole {
		t.Error("Without or With changed the table that it was asked of")
	}
}

// TestRowsNameWhatIs holds the table to known actions and roles: a word that is
// misspelt would grant nothing, or be forgotten.
func TestRowsNameWhatIs(t *testing.T) {
	t.Parallel()
	granted := map[access.Action]bool{}
	for _, row := range access.Builtin().Rows() {
		granted[row.Action] = true
		switch c := row.Condition; {
		case c != access.Any && c != access.Own && c != access.Bound && c != access.Linked:
			t.Errorf("%v: unknown condition", row)
		case (c == access.Linked) != (row.Role == drawbridge.PartnerContact):
			t.Errorf("%v: a partner acts on the inquiry of the link, and nobody else does", row)
		case c == access.Bound && row.Role != drawbridge.Machine:
			t.Errorf("%v: only a machine is bound", row)
		case c == access.Own && row.Role == drawbridge.Machine:
			t.Errorf("%v: a machine owns nothing", row)
		}
	}
	process := map[access.Action]bool{access.Setup: true, access.SignIn: true, access.Deny: true, access.Expire: true, access.Seed: true, access.Restore: true}
	for _, act := range access.Actions() {
		if granted[act] == process[act] {
			t.Errorf("%s: granted to people %v, an act of the process %v; want exactly one", act, granted[act], process[act])
		}
	}
}

func TestDecide(t *testing.T) {
	t.Parallel()
	admin := holder(drawbridge.Administrator)
	proved := func(at time.Time) access.Actor { a := admin; a.Proved = at; return a }
	both := holder(drawbridge.Requester)
	both.Roles = append(both.Roles, drawbridge.ProgrammeOwner)
	member := holder(drawbridge.Requester)
	nameless := access.Actor{ID: "per_1", Roles: []drawbridge.Role{drawbridge.Requester}, Proved: now}
	loose := holder(drawbridge.Machine)
	loose.Integration = ""
	for _, tt := range []struct {
		name   string
		actor  access.Actor
		action access.Action
		object access.Object
		want   string
	}{
		{"a proof just now", proved(now), access.PersonWrite, others, "y"},
		{"a proof at the limit", proved(now.Add(-10 * time.Minute)), access.PersonWrite, others, "y"},
		{"a proof that is too old", proved(now.Add(-10*time.Minute - time.Second)), access.PersonWrite, others, "n"},
		{"a proof from a clock a little ahead", proved(now.Add(30 * time.Second)), access.PersonWrite, others, "y"},
		{"a proof from the future", proved(now.Add(2 * time.Minute)), access.PersonWrite, others, "n"},
		{"no proof, as with a token", proved(time.Time{}), access.PersonWrite, others, "n"},
		{"no proof for what needs none", proved(time.Time{}), access.PersonRead, others, "y"},
		{"two roles, the second allows", both, access.IntegrationPush, others, "y"},
		{"a member of the integration", member, access.IntegrationPush, own, "y"},
		{"a person without identity owns nothing", nameless, access.IntegrationPush, access.Object{Kind: "thing", Owners: []drawbridge.PersonID{""}}, "h"},
		{"a machine without integration", loose, access.IntegrationPush, access.Object{}, "h"},
		{"a machine at another integration", holder(drawbridge.Machine), access.IntegrationPush, others, "h"},
		{"a machine at a thing of no integration", holder(drawbridge.Machine), access.PersonRead, own, "h"},
		{"the process at its own work", access.System("x"), access.Expire, own, "y"},
		{"the process at a person's work", access.System("x"), access.PersonErase, own, "n"},
		{"the process at an unknown action", access.System("x"), "integration.obliterate", own, "n"},
		{"an administrator at an unknown action", admin, "integration.obliterate", own, "n"},
		{"an administrator decides nothing about partners", admin, access.IntegrationPush, own, "n"},
		{"anonymous", access.Anonymous("api", ""), access.CheckpointRead, own, "s"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			err := access.Builtin().Decide(tt.actor, tt.action, tt.object, now)
			if got := letter(t, err); got != tt.want {
				t.Errorf("Decide = %v (%s), want %s", err, got, tt.want)
			}
		})
	}
}

// TestHidden shows that what may not be seen reads exactly as what is not there.
func TestHidden(t *testing.T) {
	t.Parallel()
	err := access.Builtin().Decide(holder(drawbridge.Requester), access.TokenRead, others, now)
	if want := access.NotFound(access.Object{Kind: "thing"}); err == nil || err.Error() != want.Error() {
		t.Errorf("Decide = %v, want %v", err, want)
	}
}

func anyActor(t *rapid.T, roles []drawbridge.Role) access.Actor {
	id := rapid.StringMatching(`per_[a-c]`).Draw(t, "person")
	return access.Actor{
		ID: id, Person: drawbridge.PersonID(id), Roles: roles, Proved: now,
		Integration: drawbridge.IntegrationID(rapid.StringMatching(`(int_[a-c])?`).Draw(t, "bound")),
	}
}

func anyObject(t *rapid.T) access.Object {
	return access.Object{
		Kind: "thing",
		Owners: rapid.SliceOf(rapid.Custom(func(t *rapid.T) drawbridge.PersonID {
			return drawbridge.PersonID(rapid.StringMatching(`(per_[a-c])?`).Draw(t, "id"))
		})).Draw(t, "owners"),
		Integration: drawbridge.IntegrationID(rapid.StringMatching(`(int_[a-c])?`).Draw(t, "integration")),
	}
}

// TestRoles holds, for any actor, action and object, what no row may break.
func TestRoles(t *testing.T) {
	t.Parallel()
	table := access.Builtin()
	conditions := map[access.Row]access.Condition{}
	for _, r := range table.Rows() {
		conditions[access.Row{Action: r.Action, Role: r.Role}] = r.Condition
	}
	rapid.Check(t, func(t *rapid.T) {
		roles := rapid.SliceOfDistinct(rapid.SampledFrom(drawbridge.Roles()), rapid.ID[drawbridge.Role]).Draw(t, "roles")
		a, o := anyActor(t, roles), anyObject(t)
		act := rapid.SampledFrom(access.Actions()).Draw(t, "action")
		allowed := table.Decide(a, act, o, now) == nil
		possible := false
		for _, role := range roles {
			switch conditions[access.Row{Action: act, Role: role}] {
			case access.Any:
				possible = true
			case access.Own:
				for _, owner := range o.Owners {
					possible = possible || owner == a.Person
				}
			case access.Bound:
				possible = possible || a.Integration != "" && a.Integration == o.Integration
			case access.Linked:
				possible = possible || a.Inquiry != "" && a.Inquiry == o.Inquiry
			}
		}
		if allowed != possible {
			t.Fatalf("%v at %s on %+v: allowed %v, want %v", a.Roles, act, o, allowed, possible)
		}
		if len(roles) == 0 && (allowed || !table.Scope(a, act).Nothing()) {
			t.Fatalf("somebody without a role may do %s", act)
		}
	})
}

// TestScope holds lists to what single reads show.
func TestScope(t *testing.T) {
	t.Parallel()
	table := access.Builtin()
	rapid.Check(t, func(t *rapid.T) {
		roles := rapid.SliceOfDistinct(rapid.SampledFrom(drawbridge.Roles()), rapid.ID[drawbridge.Role]).Draw(t, "roles")
		a, o := anyActor(t, roles), anyObject(t)
		act := rapid.SampledFrom(access.Actions()).Draw(t, "action")
		s := table.Scope(a, act)
		listed := s.All || s.Integration != "" && s.Integration == o.Integration
		for _, owner := range o.Owners {
			listed = listed || s.Person != "" && owner == s.Person
		}
		if read := table.Decide(a, act, o, now) == nil; read != listed {
			t.Fatalf("%v at %s on %+v: read alone %v, listed %v", a.Roles, act, o, read, listed)
		}
	})
}
