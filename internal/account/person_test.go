package account_test

import (
	"strings"
	"sync"
	"testing"
	"time"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/account"
	"drawbridge/internal/action"
	"drawbridge/internal/seal"
	"drawbridge/internal/store"
)

var asTester = []drawbridge.Role{drawbridge.Tester}

func TestInvite(t *testing.T) {
	both(t, func(w *world) {
		w.bootstrap()
		_, ann := w.signIn(annsAddress, annsPassword)
		in := account.Invitation{Email: " Bob@Drawbridge.Example ", Name: "Bob", Roles: []drawbridge.Role{drawbridge.Tester, drawbridge.Approver, drawbridge.Tester}, Reason: "joins", Key: "k1"}
		p, secret, err := w.Invite(w.ctx(), ann, in)
		if err != nil || p.Email != bobsAddress || len(p.Roles) != 2 || p.Roles[0] != drawbridge.Approver {
			w.t.Fatalf("Invite = %+v %v", p, err)
		}
		again, same, err := w.Invite(w.ctx(), ann, in)
		if err != nil || again.ID != p.ID || !same.Equal(secret) {
			w.t.Errorf("a repetition invited again: %+v %v", again, err)
		}
		_, _, err = w.Invite(w.ctx(), ann, account.Invitation{Email: bobsAddress, Name: "Bob", Roles: asTester})
		want(w.t, "the same address", err, drawbridge.Conflict, "has an account already")
		_, err = w.Authenticate(w.ctx(), secret, "api", "")
		want(w.t, "an invitation as a session", err, drawbridge.Unauthenticated)
		accept := func(secret seal.Hidden, name, password string) error {
			_, err := w.AcceptInvite(w.ctx(), account.Acceptance{Secret: secret, Name: name, Password: seal.Hide(password), Via: "web"})
			return err
		}
		before := w.hashes.Load()
		want(w.t, "a short password", accept(secret, "", "short"), drawbridge.Invalid)
		want(w.t, "the new name as password", accept(secret, "Robert the Builder", "robert the builder"), drawbridge.Invalid)
		want(w.t, "a name of two lines", accept(secret, "a\nb", bobsPassword), drawbridge.Invalid)
		want(w.t, "a secret that nobody made", accept(seal.Hide("dbi_"+strings.Repeat("A", 43)), "", bobsPassword), drawbridge.Unauthenticated)
		want(w.t, "no secret", accept(seal.Hidden{}, "", bobsPassword), drawbridge.Unauthenticated)
		if w.hashes.Load() != before {
			w.t.Error("a refused acceptance costs a hash")
		}
		if err := accept(secret, "Robert", bobsPassword); err != nil {
			w.t.Fatal(err)
		}
		want(w.t, "an invitation that was used", accept(secret, "Mallory", annsPassword), drawbridge.Unauthenticated)
		_, bob := w.signIn(bobsAddress, bobsPassword)
		if got, err := w.Person(w.ctx(), bob, p.ID); err != nil || got.Name != "Robert" {
			w.t.Errorf("Person = %+v %v", got, err)
		}
		_, late, err := w.Invite(w.ctx(), ann, account.Invitation{Email: "cy@drawbridge.example", Name: "Cy", Roles: asTester})
		if err != nil {
			w.t.Fatal(err)
		}
		w.clock.add(7 * 24 * time.Hour)
		want(w.t, "an invitation after seven days", accept(late, "", bobsPassword), drawbridge.Unauthenticated)
		w.verify()
	})
}

// TestInviteNeedsBothRows shows that an invitation gives no roles to somebody who
// may add people but not assign roles.
func TestInviteNeedsBothRows(t *testing.T) {
	both(t, func(w *world) {
		w.bootstrap()
		_, ann := w.signIn(annsAddress, annsPassword)
		table := access.Builtin().Without(access.Row{Action: access.RoleAssign, Role: drawbridge.Administrator})
		door := action.New(action.Options{Store: w.store, Keys: w.door.Keys(), Table: table, Now: w.clock.now})
		desk := account.New(door, account.Options{Now: w.clock.now})
		_, _, err := desk.Invite(w.ctx(), ann, account.Invitation{Email: bobsAddress, Name: "Bob", Roles: asTester})
		want(w.t, "Invite", err, drawbridge.Denied)
	})
}

func TestInviteInput(t *testing.T) {
	both(t, func(w *world) {
		w.bootstrap()
		_, ann := w.signIn(annsAddress, annsPassword)
		ok := account.Invitation{Email: bobsAddress, Name: "Bob", Roles: asTester}
		for name, change := range map[string]func(*account.Invitation){
			"no address":          func(i *account.Invitation) { i.Email = "" },
			"an address and name": func(i *account.Invitation) { i.Email = "Bob <bob@drawbridge.example>" },
			"two addresses":       func(i *account.Invitation) { i.Email = "a@x.example, b@x.example" },
			"a header":            func(i *account.Invitation) { i.Email = "a@x.example\r\nBcc: b@x.example" },
			"a huge address":      func(i *account.Invitation) { i.Email = strings.Repeat("a", 300) + "@x.example" },
			"no name":             func(i *account.Invitation) { i.Name = "" },
			"a name of spaces":    func(i *account.Invitation) { i.Name = "  " },
			"a huge name":         func(i *account.Invitation) { i.Name = strings.Repeat("a", 1<<20) },
			"no roles":            func(i *account.Invitation) { i.Roles = nil },
			"an unknown role":     func(i *account.Invitation) { i.Roles = []drawbridge.Role{"root"} },
			"a machine":           func(i *account.Invitation) { i.Roles = []drawbridge.Role{drawbridge.Machine} },
			"a partner":           func(i *account.Invitation) { i.Roles = []drawbridge.Role{drawbridge.Tester, drawbridge.PartnerContact} },
			"a huge reason":       func(i *account.Invitation) { i.Reason = strings.Repeat("a", 1<<20) },
		} {
			in := ok
			change(&in)
			_, secret, err := w.Invite(w.ctx(), ann, in)
			want(w.t, name, err, drawbridge.Invalid)
			if !secret.Empty() {
				w.t.Errorf("%s: it gave a secret", name)
			}
		}
	})
}

// TestOnlyAdministrators walks every change of a person as everybody else.
func TestOnlyAdministrators(t *testing.T) {
	both(t, func(w *world) {
		annP := w.bootstrap()
		_, ann := w.signIn(annsAddress, annsPassword)
		in := account.Change{Person: annP.ID, Version: annP.Version, Reason: "malice"}
		acts := map[string]func(a access.Actor) error{
			"rename":  func(a access.Actor) error { _, err := w.Rename(w.ctx(), a, in, "Mallory"); return err },
			"roles":   func(a access.Actor) error { _, err := w.AssignRoles(w.ctx(), a, in, asTester); return err },
			"disable": func(a access.Actor) error { _, err := w.Disable(w.ctx(), a, in); return err },
			"enable":  func(a access.Actor) error { _, err := w.Enable(w.ctx(), a, in); return err },
			"reset":   func(a access.Actor) error { _, err := w.ResetCredential(w.ctx(), a, in); return err },
			"erase":   func(a access.Actor) error { _, err := w.Erase(w.ctx(), a, in); return err },
			"invite": func(a access.Actor) error {
				_, _, err := w.Invite(w.ctx(), a, account.Invitation{Email: "m@drawbridge.example", Name: "M", Roles: drawbridge.PersonRoles()})
				return err
			},
		}
		actors := map[string]access.Actor{"anonymous": access.Anonymous("api", "")}
		for _, role := range drawbridge.PersonRoles()[1:] {
			_, _, a := w.join(ann, string(role)+"@drawbridge.example", string(role), bobsPassword, role)
			actors[string(role)] = a
		}
		stale := ann
		stale.Proved = start.Add(-time.Hour)
		actors["an administrator without a fresh proof"] = stale
		for who, a := range actors {
			for what, act := range acts {
				switch err := act(a); drawbridge.KindOf(err) {
				case drawbridge.Denied, drawbridge.NotFound, drawbridge.Unauthenticated:
				default:
					w.t.Errorf("%s: %s = %v", who, what, err)
				}
			}
		}
		if got, err := w.Person(w.ctx(), ann, annP.ID); err != nil || got.Version != annP.Version {
			w.t.Errorf("Person = %+v %v, want it untouched", got, err)
		}
		_, err := w.Person(w.ctx(), actors["requester"], annP.ID)
		want(w.t, "a requester at Ann", err, drawbridge.NotFound)
		_, err = w.Find(w.ctx(), actors["requester"], annsAddress)
		missing := func() error { _, err := w.Find(w.ctx(), actors["requester"], "nobody@drawbridge.example"); return err }()
		if err == nil || missing == nil || err.Error() != missing.Error() {
			w.t.Errorf("Find tells who has an account: %v, %v", err, missing)
		}
		if got, err := w.Find(w.ctx(), ann, "ANN@drawbridge.example"); err != nil || got.ID != annP.ID {
			w.t.Errorf("Find = %+v %v", got, err)
		}
		if list, err := w.People(w.ctx(), actors["requester"], "", 0); err != nil || len(list) != 1 || list[0].Email != "requester@drawbridge.example" {
			w.t.Errorf("People of a requester = %v %v, want the one", list, err)
		}
		if list, err := w.People(w.ctx(), actors["auditor"], "", 5); err != nil || len(list) != 5 {
			w.t.Errorf("People of an auditor = %d %v, want a page of 5", len(list), err)
		}
		_, err = w.People(w.ctx(), access.Anonymous("api", ""), "", 5)
		want(w.t, "People of nobody", err, drawbridge.Unauthenticated)
		w.verify()
	})
}

func TestChange(t *testing.T) {
	both(t, func(w *world) {
		annP := w.bootstrap()
		_, ann := w.signIn(annsAddress, annsPassword)
		bobP, secret, _ := w.join(ann, bobsAddress, "Bob", bobsPassword, drawbridge.Requester)
		in := account.Change{Person: bobP.ID, Version: bobP.Version, Reason: "marries"}
		renamed, err := w.Rename(w.ctx(), ann, in, "Bob Builder")
		if err != nil || renamed.Name != "Bob Builder" || renamed.Version != bobP.Version+1 {
			w.t.Fatalf("Rename = %+v %v", renamed, err)
		}
		_, err = w.Rename(w.ctx(), ann, in, "Bob Again")
		want(w.t, "a change over a newer version", err, drawbridge.Conflict, "read it again")
		_, err = w.Rename(w.ctx(), ann, account.Change{Person: bobP.ID}, "Bob Again")
		want(w.t, "a change of no version", err, drawbridge.Invalid, "version")
		_, err = w.AssignRoles(w.ctx(), ann, account.Change{Person: bobP.ID, Version: renamed.Version}, asTester)
		want(w.t, "roles without a reason", err, drawbridge.Invalid, "reason")
		_, err = w.AssignRoles(w.ctx(), ann, account.Change{Person: bobP.ID, Version: renamed.Version, Reason: "x"}, nil)
		want(w.t, "no roles", err, drawbridge.Invalid, "role")
		_, err = w.Disable(w.ctx(), ann, account.Change{Person: "per_00000000000000000000000000", Reason: "x"})
		want(w.t, "somebody who is not there", err, drawbridge.NotFound)
		if _, err := w.AssignRoles(w.ctx(), ann, account.Change{Person: bobP.ID, Version: renamed.Version, Reason: "moves"}, asTester); err != nil {
			w.t.Fatal(err)
		}
		if a := w.actor(secret); !a.Has(drawbridge.Tester) || a.Has(drawbridge.Requester) {
			w.t.Errorf("roles of an open session = %v, want the new ones at once", a.Roles)
		}
		err = w.store.View(w.ctx(), func(tx *store.Tx) error {
			list, err := tx.MessagesBefore(bobP.ID, store.MessageFilter{Unread: true}, "", 10)
			if err == nil && (len(list) != 1 || list[0].Kind != "account.role_changed") {
				w.t.Errorf("Bob was told %+v, want of his roles", list)
			}
			return err
		})
		if err != nil {
			w.t.Error(err)
		}
		if _, err := w.AssignRoles(w.ctx(), ann, account.Change{Person: annP.ID, Version: annP.Version, Reason: "helps out"}, []drawbridge.Role{drawbridge.Administrator, drawbridge.Tester}); err != nil {
			w.t.Errorf("an administrator gives itself a role: %v", err)
		}
		if !strings.Contains(w.verify(), "helps out") {
			w.t.Error("the reason is not in the ledger")
		}
		if _, err := w.Disable(w.ctx(), ann, account.Change{Person: bobP.ID, Reason: "left"}); err != nil {
			w.t.Fatal(err)
		}
		_, err = w.Authenticate(w.ctx(), secret, "api", "")
		want(w.t, "the session of a disabled person", err, drawbridge.Unauthenticated)
		if _, err := w.Enable(w.ctx(), ann, account.Change{Person: bobP.ID}); err != nil {
			w.t.Fatal(err)
		}
		_, err = w.Authenticate(w.ctx(), secret, "api", "")
		want(w.t, "the session from before", err, drawbridge.Unauthenticated)
		w.signIn(bobsAddress, bobsPassword)
	})
}

func TestResetCredential(t *testing.T) {
	both(t, func(w *world) {
		annP := w.bootstrap()
		_, ann := w.signIn(annsAddress, annsPassword)
		bobP, secret, bob := w.join(ann, bobsAddress, "Bob", bobsPassword, drawbridge.Requester)
		w.enrol(bob)
		_, err := w.ResetCredential(w.ctx(), ann, account.Change{Person: bobP.ID})
		want(w.t, "a reset without a reason", err, drawbridge.Invalid, "reason")
		setup, err := w.ResetCredential(w.ctx(), ann, account.Change{Person: bobP.ID, Reason: "lost the phone"})
		if err != nil {
			w.t.Fatal(err)
		}
		_, err = w.Authenticate(w.ctx(), secret, "api", "")
		want(w.t, "a session from before", err, drawbridge.Unauthenticated)
		_, _, err = w.try(bobsAddress, bobsPassword, "")
		want(w.t, "the password from before", err, drawbridge.Unauthenticated, "wrong")
		second, err := w.ResetCredential(w.ctx(), ann, account.Change{Person: bobP.ID, Reason: "mail was lost"})
		if err != nil {
			w.t.Fatal(err)
		}
		_, err = w.AcceptInvite(w.ctx(), account.Acceptance{Via: "web", Secret: setup, Password: seal.Hide(bobsPassword)})
		want(w.t, "the first of two resets", err, drawbridge.Unauthenticated)
		if _, err = w.AcceptInvite(w.ctx(), account.Acceptance{Via: "web", Secret: second, Password: seal.Hide("another long password")}); err != nil {
			w.t.Fatal(err)
		}
		w.signIn(bobsAddress, "another long password")

		self := account.Change{Person: annP.ID, Reason: "forgot"}
		_, err = w.ResetCredential(w.ctx(), ann, self)
		want(w.t, "the last administrator", err, drawbridge.Conflict, "last administrator")
		back, err := w.ResetCredential(w.ctx(), access.System("recovery"), self) // from the data folder
		if err != nil {
			w.t.Fatal(err)
		}
		if _, err := w.AcceptInvite(w.ctx(), account.Acceptance{Via: "web", Secret: back, Password: seal.Hide("Ann is back again")}); err != nil {
			w.t.Fatal(err)
		}
		w.signIn(annsAddress, "Ann is back again")
		w.verify()
	})
}

func TestLastAdministrator(t *testing.T) {
	both(t, func(w *world) {
		annP := w.bootstrap()
		_, ann := w.signIn(annsAddress, annsPassword)
		self := account.Change{Person: annP.ID, Version: annP.Version, Reason: "leaves"}
		refused := func(when string) {
			w.t.Helper()
			_, err := w.Disable(w.ctx(), ann, self)
			want(w.t, "Disable "+when, err, drawbridge.Conflict, "last administrator")
			_, err = w.AssignRoles(w.ctx(), ann, self, asTester)
			want(w.t, "AssignRoles "+when, err, drawbridge.Conflict, "last administrator")
			_, err = w.Erase(w.ctx(), ann, self)
			want(w.t, "Erase "+when, err, drawbridge.Conflict, "last administrator")
		}
		refused("of the only one")
		_, setup, err := w.Invite(w.ctx(), ann, account.Invitation{Email: bobsAddress, Name: "Bob", Roles: []drawbridge.Role{drawbridge.Administrator}})
		if err != nil {
			w.t.Fatal(err)
		}
		refused("while the other has not accepted")
		bobP, err := w.AcceptInvite(w.ctx(), account.Acceptance{Via: "web", Secret: setup, Password: seal.Hide(bobsPassword)})
		if err != nil {
			w.t.Fatal(err)
		}
		if _, err := w.Disable(w.ctx(), ann, account.Change{Person: bobP.ID, Reason: "away"}); err != nil {
			w.t.Fatal(err)
		}
		refused("while the other is disabled")
		if _, err := w.Enable(w.ctx(), ann, account.Change{Person: bobP.ID}); err != nil {
			w.t.Fatal(err)
		}
		if _, err := w.Disable(w.ctx(), ann, self); err != nil {
			w.t.Errorf("Disable beside another administrator = %v", err)
		}
		w.verify()
	})
}

// TestTwoAdministratorsAtOnce lets two remove each other: one must stay.
func TestTwoAdministratorsAtOnce(t *testing.T) {
	both(t, func(w *world) {
		annP := w.bootstrap()
		_, ann := w.signIn(annsAddress, annsPassword)
		bobP, _, bob := w.join(ann, bobsAddress, "Bob", bobsPassword, drawbridge.Administrator)
		for round := range 10 {
			ways := []func(a access.Actor, in account.Change) error{
				func(a access.Actor, in account.Change) error { _, err := w.Disable(w.ctx(), a, in); return err },
				func(a access.Actor, in account.Change) error {
					p, err := w.Person(w.ctx(), a, in.Person)
					if err != nil {
						return err
					}
					in.Version = p.Version
					_, err = w.AssignRoles(w.ctx(), a, in, asTester)
					return err
				},
			}
			var wg sync.WaitGroup
			var errs [2]error
			wg.Go(func() { errs[0] = ways[round%2](ann, account.Change{Person: bobP.ID, Reason: "a coup"}) })
			wg.Go(func() { errs[1] = ways[round/2%2](bob, account.Change{Person: annP.ID, Reason: "a coup"}) })
			wg.Wait()
			if (errs[0] == nil) == (errs[1] == nil) {
				w.t.Fatalf("round %d: %v, want exactly one to succeed", round, errs)
			}
			for i, a := range []access.Actor{ann, bob} { // the one who stays restores the other
				other := []drawbridge.PersonID{bobP.ID, annP.ID}[i]
				if errs[i] != nil {
					switch kind := drawbridge.KindOf(errs[i]); kind {
					case drawbridge.Unauthenticated, drawbridge.NotFound: // no administrator any more when it was their turn
					default:
						w.t.Errorf("the one who was too late: %v (%s)", errs[i], kind)
					}
					continue
				}
				p, err := w.Enable(w.ctx(), a, account.Change{Person: other})
				if err != nil {
					w.t.Fatal(err)
				}
				if _, err = w.AssignRoles(w.ctx(), a, account.Change{Person: other, Version: p.Version, Reason: "peace"}, []drawbridge.Role{drawbridge.Administrator}); err != nil {
					w.t.Fatal(err)
				}
			}
		}
		w.verify()
	})
}
