// Package access says who may do what: one table from role and action to a
// condition, and the decision over it. It is pure: it reads no database and no
// clock. It does not prove who somebody is; account does.
//
//	err := access.Decide(actor, access.IntegrationPush, access.Object{Kind: "integration", ID: "int_1", Owners: []string{"per_1"}})
package access

import (
	"errors"
	"slices"
	"time"

	"drawbridge"
)

// Actor is who acts. It is always an explicit parameter.
type Actor struct {
	ID          string              // per_…, tok_… for a machine, "system:<job>", "setup", or "anonymous"
	Person      drawbridge.PersonID // who stands behind it; empty for machine, system and anonymous
	Roles       []drawbridge.Role
	Integration drawbridge.IntegrationID // the only one that a machine may touch
	Inquiry     drawbridge.InquiryID     // the only one that a partner's link may touch
	Via         string                   // api, cli, job, web, setup: through which door
	Request     string                   // request id, for the record
	Proved      time.Time                // when the person last proved who they are with a password; zero for tokens
	System      bool                     // the process itself: a job, or the first start
}

// Anonymous is somebody who has not signed in.
func Anonymous(via, request string) Actor { return Actor{ID: "anonymous", Via: via, Request: request} }

// System is the process itself, at the work that is named.
func System(work string) Actor {
	return Actor{ID: "system:" + work, Via: "job", System: true}
}

// Keeper is somebody at the machine with the data folder in their hands: no
// permission could keep them from anything in it, so their acts are recorded and
// not refused.
func Keeper() Actor { return Actor{ID: "system:keeper", Via: "cli", System: true} }

// Has reports whether the actor holds a role.
func (a Actor) Has(role drawbridge.Role) bool { return slices.Contains(a.Roles, role) }

// Object is what is acted on, with what conditions ask about it.
type Object struct {
	Kind        string // integration, person, token, …: the record kind
	ID          string
	Owners      []drawbridge.PersonID    // owner and members of the integration; the person itself; the holder of a token
	Integration drawbridge.IntegrationID // to which it belongs, if to any
	Inquiry     drawbridge.InquiryID     // to which it belongs, if to any: what a partner's link may touch
}

// String is the object as the ledger names it.
func (o Object) String() string {
	if o.ID == "" {
		return o.Kind
	}
	return o.Kind + "/" + o.ID
}

// Condition restricts a row of the table.
type Condition string

// The conditions.
const (
	Any   Condition = "any"   // every object
	Own   Condition = "own"   // objects of which the person is owner or member, and the person's own account
	Bound Condition = "bound" // objects of the one integration that a machine is made for

	Linked Condition = "linked" // objects of the one inquiry that a partner's link is made for
)

// holds reports whether the condition is met.
func (c Condition) holds(a Actor, o Object) bool {
	switch c {
	case Any:
		return true
	case Own:
		return a.Person != "" && slices.Contains(o.Owners, a.Person)
	case Bound:
		return a.Integration != "" && o.Integration == a.Integration
	case Linked:
		return a.Inquiry != "" && o.Inquiry == a.Inquiry
	}
	return false
}

// ErrStale is within the refusal of an act that would be allowed with a fresh proof of identity.
var ErrStale = errors.New("fresh proof of who you are")

// reproof is how long a proof of identity counts for a sensitive act.
const reproof = 10 * time.Minute

// Table is the permissions: what each role may do, and on what condition.
type Table struct {
	rows map[Action]map[drawbridge.Role]Condition
}

// Decide answers whether the actor may do the action on the object at the time.
// Somebody who may not even see the object gets not_found.
func (t *Table) Decide(a Actor, act Action, o Object, now time.Time) error {
	if !t.allows(a, act, o) {
		if a.ID == "anonymous" {
			return drawbridge.Errorf(drawbridge.Unauthenticated, "sign in first")
		}
		if see := act.sees(); see != "" && see != act && !t.allows(a, see, o) || see == act {
			return NotFound(o)
		}
		return drawbridge.Errorf(drawbridge.Denied, "your roles do not allow %s", act)
	}
	if act.Sensitive() && !a.System && (a.Proved.IsZero() || now.Sub(a.Proved) > reproof || a.Proved.After(now.Add(time.Minute))) {
		return drawbridge.Errorf(drawbridge.Denied, "%s needs a %w: give your password again (reauthentication_required)", act, ErrStale)
	}
	return nil
}

// NotFound is the answer for what does not exist and for what may not be seen;
// nobody can tell them apart.
func NotFound(o Object) error {
	return drawbridge.Errorf(drawbridge.NotFound, "there is no such %s, or you may not see it", o.Kind)
}

func (t *Table) allows(a Actor, act Action, o Object) bool {
	if a.System {
		return act.known() && act.bySystem()
	}
	for _, role := range a.Roles {
		if c, ok := t.rows[act][role]; ok && c.holds(a, o) {
			return true
		}
	}
	return false
}

// Scope is what of a list an actor may see.
type Scope struct {
	All         bool
	Person      drawbridge.PersonID      // those that this person owns or is a member of
	Integration drawbridge.IntegrationID // that of this integration
}

// Nothing reports whether the scope is empty.
func (s Scope) Nothing() bool { return !s.All && s.Person == "" && s.Integration == "" }

// Scope tells which objects of a list the actor may see by the action.
func (t *Table) Scope(a Actor, act Action) Scope {
	if a.System && act.bySystem() {
		return Scope{All: true}
	}
	var s Scope
	for _, role := range a.Roles {
		switch c := t.rows[act][role]; c {
		case Any:
			return Scope{All: true}
		case Own:
			s.Person = a.Person
		case Bound:
			s.Integration = a.Integration
		case Linked: // a partner's lists are those of one inquiry, asked for by its name
		}
	}
	return s
}

// Row is one row of the table, for the matrix and the documents.
type Row struct {
	Action    Action
	Role      drawbridge.Role
	Condition Condition
}

// Rows lists the table: actions in their order, roles in theirs.
func (t *Table) Rows() []Row {
	var out []Row
	for _, act := range Actions() {
		for _, role := range drawbridge.Roles() {
			if c, ok := t.rows[act][role]; ok {
				out = append(out, Row{act, role, c})
			}
		}
	}
	return out
}

// Without returns the table with one row left out, and With with one put in:
// so tests show that every row matters.
func (t *Table) Without(r Row) *Table {
	return t.edit(func(m map[Action]map[drawbridge.Role]Condition) { delete(m[r.Action], r.Role) })
}

// With returns the table with one row put in.
func (t *Table) With(r Row) *Table {
	return t.edit(func(m map[Action]map[drawbridge.Role]Condition) {
		if m[r.Action] == nil {
			m[r.Action] = map[drawbridge.Role]Condition{}
		}
		m[r.Action][r.Role] = r.Condition
	})
}

func (t *Table) edit(change func(map[Action]map[drawbridge.Role]Condition)) *Table {
	rows := map[Action]map[drawbridge.Role]Condition{}
	for _, r := range t.Rows() {
		if rows[r.Action] == nil {
			rows[r.Action] = map[drawbridge.Role]Condition{}
		}
		rows[r.Action][r.Role] = r.Condition
	}
	change(rows)
	return &Table{rows: rows}
}
