package account_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/account"
	"drawbridge/internal/action"
	"drawbridge/internal/ledger"
	"drawbridge/internal/seal"
	"drawbridge/internal/store"
)

// TestSignInRefused shows one answer, at the cost of one hash, for everything
// that would tell a stranger something about an account.
func TestSignInRefused(t *testing.T) {
	both(t, func(w *world) {
		w.bootstrap()
		_, ann := w.signIn(annsAddress, annsPassword)
		disabled, _, _ := w.join(ann, "disabled@drawbridge.example", "Dis", bobsPassword, drawbridge.Requester)
		if _, err := w.Disable(w.ctx(), ann, account.Change{Person: disabled.ID, Reason: "left"}); err != nil {
			w.t.Fatal(err)
		}
		erased, _, _ := w.join(ann, "erased@drawbridge.example", "Era", bobsPassword, drawbridge.Requester)
		if _, err := w.Erase(w.ctx(), ann, account.Change{Person: erased.ID, Reason: "asked"}); err != nil {
			w.t.Fatal(err)
		}
		if _, _, err := w.Invite(w.ctx(), ann, account.Invitation{Email: "invited@drawbridge.example", Name: "Inv", Roles: []drawbridge.Role{drawbridge.Auditor}}); err != nil {
			w.t.Fatal(err)
		}
		_, _, _ = w.try(annsAddress, "the first one is recorded", "")
		for _, tt := range []struct {
			name, email, password, code string
			hashes                      int64
		}{
			{"a wrong password", annsAddress, bobsPassword, "", 1},
			{"no password", annsAddress, "", "", 1},
			{"an unknown address", "nobody@drawbridge.example", annsPassword, "", 1},
			{"a disabled account", "disabled@drawbridge.example", bobsPassword, "", 1},
			{"an erased account", "erased@drawbridge.example", bobsPassword, "", 1},
			{"an invitation that waits", "invited@drawbridge.example", "", "", 1},
			{"no address, as erased people have", "", bobsPassword, "", 0},
			{"no address at all", "' OR 1=1 --", bobsPassword, "", 0},
			{"an address with a zero byte", "ann\x00@drawbridge.example", annsPassword, "", 0},
			{"an address that is not text", "ann\xff@drawbridge.example", annsPassword, "", 0},
			{"a huge address", strings.Repeat("a", 1<<20) + "@drawbridge.example", annsPassword, "", 0},
			{"a huge password", annsAddress, strings.Repeat("a", 1<<20), "", 0},
			{"a huge code", annsAddress, annsPassword, strings.Repeat("1", 1<<20), 0},
		} {
			before, asked := w.hashes.Load(), w.store.Queries()
			secret, session, err := w.try(tt.email, tt.password, tt.code)
			if n := w.store.Queries() - asked; n != 2*tt.hashes {
				w.t.Errorf("%s: %d queries, want %d", tt.name, n, 2*tt.hashes)
			}
			want(w.t, tt.name, err, drawbridge.Unauthenticated, "the address, the password or the code is wrong, or the account is not in use")
			if !secret.Empty() || session != (drawbridge.Session{}) {
				w.t.Errorf("%s: it gave a session", tt.name)
			}
			if n := w.hashes.Load() - before; n != tt.hashes {
				w.t.Errorf("%s: %d hashes, want %d", tt.name, n, tt.hashes)
			}
		}
		w.verify()
	})
}

func TestSignInIsLimited(t *testing.T) {
	both(t, func(w *world) {
		w.bootstrap()
		w.signIn(annsAddress, annsPassword)
		for i := range 10 {
			_, _, err := w.try(annsAddress, "a wrong password", "")
			want(w.t, fmt.Sprint("attempt ", i), err, drawbridge.Unauthenticated)
		}
		before := w.hashes.Load()
		_, _, err := w.try(annsAddress, annsPassword, "")
		want(w.t, "the right password after ten wrong ones", err, drawbridge.Limited, "try again in 1m0s")
		if account.RetryAfter(err) != time.Minute {
			w.t.Errorf("RetryAfter = %s", account.RetryAfter(err))
		}
		if w.hashes.Load() != before {
			w.t.Error("a limited attempt costs a hash")
		}
		w.clock.add(time.Minute)
		for range 20 { // success uses nothing up
			w.signIn(annsAddress, annsPassword)
		}
		// The remote address is limited across accounts: 10 failures were counted, 6 came back.
		remote := 0
		for i := range 100 {
			if _, _, err = w.try(fmt.Sprintf("x%d@drawbridge.example", i), annsPassword, ""); drawbridge.KindOf(err) == drawbridge.Limited {
				break
			}
			remote++
		}
		if remote != 46 {
			w.t.Errorf("%d more failures from one address, want 46", remote)
		}
		_, _, err = w.SignIn(w.ctx(), account.SignIn{Email: annsAddress, Password: seal.Hide(annsPassword), Via: "api", Remote: "198.51.100.1:1"})
		if err != nil {
			w.t.Errorf("from another address: %v", err)
		}
		w.door.FlushDenials(w.ctx())
		if n := w.entries(access.Deny); n < 2 || n > 4 {
			w.t.Errorf("%d entries for some 60 failures, want them counted together", n)
		}
		w.verify()
	})
}

// entries counts the ledger's entries of one action.
func (w *world) entries(act access.Action) (n int) {
	w.t.Helper()
	err := w.store.View(w.ctx(), func(tx *store.Tx) error {
		leaves, err := tx.Leaves(0, 10_000)
		for _, l := range leaves {
			e, err := ledger.Decode(l.Data)
			if err != nil {
				return err
			}
			if e.Action == string(act) {
				n++
			}
		}
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return n
}

func TestSessionEnds(t *testing.T) {
	both(t, func(w *world) {
		w.bootstrap()
		dead := func(what string, secret seal.Hidden) {
			w.t.Helper()
			_, err := w.Authenticate(w.ctx(), secret, "api", "")
			want(w.t, what, err, drawbridge.Unauthenticated)
		}
		secret, _ := w.signIn(annsAddress, annsPassword)
		w.clock.add(2*time.Hour - time.Second)
		w.actor(secret)
		w.clock.add(2*time.Hour - time.Second)
		w.actor(secret)
		w.restart()
		w.clock.add(2 * time.Hour)
		dead("a session that was idle", secret)

		secret, _ = w.signIn(annsAddress, annsPassword)
		for range 11 {
			w.clock.add(time.Hour)
			w.actor(secret)
		}
		w.clock.add(time.Hour - time.Second)
		w.actor(secret)
		w.clock.add(time.Second)
		dead("a session after twelve hours", secret)
		w.clock.add(-time.Minute) // the clock jumps back: no more than the jump is won
		w.actor(secret)
		w.clock.add(time.Minute)
		dead("a session after twelve hours, again", secret)

		if n, err := w.Sweep(w.ctx()); err != nil || n == 0 {
			w.t.Errorf("Sweep = %d %v, want the ended sessions", n, err)
		}
		secret, _ = w.signIn(annsAddress, annsPassword)
		if n, err := w.Sweep(w.ctx()); err != nil || n != 0 {
			w.t.Errorf("Sweep = %d %v, want none", n, err)
		}
		if err := w.SignOut(w.ctx(), secret, "api", ""); err != nil {
			w.t.Fatal(err)
		}
		dead("a session that was signed out", secret)
		if err := w.SignOut(w.ctx(), secret, "api", ""); err != nil {
			w.t.Errorf("a second SignOut = %v", err)
		}
		w.verify()
	})
}

// TestUseIsNotedSeldom shows that a request in a session does not write each time.
func TestUseIsNotedSeldom(t *testing.T) {
	both(t, func(w *world) {
		p := w.bootstrap()
		secret, ann := w.signIn(annsAddress, annsPassword)
		seen := func() time.Time {
			list, err := w.Sessions(w.ctx(), ann, p.ID)
			if err != nil || len(list) != 1 {
				w.t.Fatalf("Sessions = %v %v", list, err)
			}
			return list[0].SeenAt
		}
		w.clock.add(5*time.Minute - time.Second)
		w.actor(secret)
		if at := seen(); !at.Equal(start) {
			w.t.Errorf("seen at %s, want it not written yet", at)
		}
		w.clock.add(time.Second)
		w.actor(secret)
		if at := seen(); !at.Equal(start.Add(5 * time.Minute)) {
			w.t.Errorf("seen at %s, want five minutes after the start", at)
		}
	})
}

func TestGarbledSecrets(t *testing.T) {
	both(t, func(w *world) {
		w.bootstrap()
		hidden, _ := w.signIn(annsAddress, annsPassword)
		s := hidden.Reveal()
		last := "A"
		if strings.HasSuffix(s, "A") {
			last = "B"
		}
		for name, garbled := range map[string]string{
			"nothing": "", "truncated": s[:len(s)-1], "longer": s + "A", "another end": s[:len(s)-1] + last,
			"a line break": s + "\n", "a space": " " + s, "padded": s + "=", "upper case": strings.ToUpper(s),
			"as a personal token": "dbt_" + s[4:], "as a machine token": "dbm_" + s[4:], "as an invitation": "dbi_" + s[4:],
			"no prefix": s[4:], "chosen by somebody": "dbs_" + strings.Repeat("A", 43), "huge": strings.Repeat(s, 10_000),
			"a line break inside": s[:10] + "\n" + s[11:], "zero bytes": s[:10] + "\x00" + s[11:],
		} {
			_, err := w.Authenticate(w.ctx(), seal.Hide(garbled), "api", "")
			want(w.t, name, err, drawbridge.Unauthenticated)
			if err := w.SignOut(w.ctx(), seal.Hide(garbled), "api", ""); err != nil {
				w.t.Errorf("SignOut of %s = %v", name, err)
			}
		}
		w.actor(hidden)
	})
}

func TestReprove(t *testing.T) {
	both(t, func(w *world) {
		w.bootstrap()
		old, ann := w.signIn(annsAddress, annsPassword)
		_, _, bob := w.join(ann, bobsAddress, "Bob", bobsPassword, drawbridge.Requester)
		w.clock.add(time.Hour)
		ann = w.actor(old)
		_, _, err := w.Invite(w.ctx(), ann, account.Invitation{Email: "cy@drawbridge.example", Name: "Cy", Roles: []drawbridge.Role{drawbridge.Tester}})
		want(w.t, "a sensitive act after an hour", err, drawbridge.Denied, "reauthentication_required")

		_, _, err = w.Reprove(w.ctx(), ann, old, seal.Hide("a wrong password"), seal.Hidden{})
		want(w.t, "Reprove with a wrong password", err, drawbridge.Denied, "wrong")
		w.actor(old) // which ends nothing
		_, _, err = w.Reprove(w.ctx(), bob, old, seal.Hide(annsPassword), seal.Hidden{})
		want(w.t, "Reprove of somebody else's session", err, drawbridge.Unauthenticated)

		var wg sync.WaitGroup
		secrets, errs := make([]seal.Hidden, 4), make([]error, 4)
		for i := range secrets {
			wg.Go(func() {
				secrets[i], _, errs[i] = w.Reprove(w.ctx(), ann, old, seal.Hide(annsPassword), seal.Hidden{})
			})
		}
		wg.Wait()
		var renewed seal.Hidden
		won := 0
		for i, err := range errs {
			if err == nil {
				won, renewed = won+1, secrets[i]
			}
		}
		if won != 1 {
			w.t.Fatalf("%d of four at once renewed one session, want 1: %v", won, errs)
		}
		_, err = w.Authenticate(w.ctx(), old, "api", "")
		want(w.t, "the secret from before", err, drawbridge.Unauthenticated)
		_, _, err = w.Reprove(w.ctx(), ann, old, seal.Hide(annsPassword), seal.Hidden{})
		want(w.t, "Reprove with the secret from before", err, drawbridge.Unauthenticated)
		w.join(w.actor(renewed), "cy@drawbridge.example", "Cy", bobsPassword, drawbridge.Tester)
		w.clock.add(11 * time.Hour)
		_, err = w.Authenticate(w.ctx(), renewed, "api", "")
		want(w.t, "a renewed session twelve hours after it began", err, drawbridge.Unauthenticated)
		w.verify()
	})
}

func TestReproveIsLimited(t *testing.T) {
	both(t, func(w *world) {
		w.bootstrap()
		secret, ann := w.signIn(annsAddress, annsPassword)
		for range 10 { // a stranger fails
			_, _, _ = w.try(annsAddress, "a wrong password", "")
		}
		if _, _, err := w.try(annsAddress, annsPassword, ""); drawbridge.KindOf(err) != drawbridge.Limited {
			w.t.Fatalf("SignIn = %v, want limited", err)
		}
		secret, _, err := w.Reprove(w.ctx(), ann, secret, seal.Hide(annsPassword), seal.Hidden{})
		if err != nil {
			w.t.Fatalf("a stranger stops the owner from proving: %v", err)
		}
		for range 10 {
			_, _, err = w.Reprove(w.ctx(), ann, secret, seal.Hide("a wrong password"), seal.Hidden{})
			want(w.t, "Reprove", err, drawbridge.Denied)
		}
		_, _, err = w.Reprove(w.ctx(), ann, secret, seal.Hide(annsPassword), seal.Hidden{})
		want(w.t, "Reprove after ten failures", err, drawbridge.Limited)
		err = w.ChangePassword(w.ctx(), ann, secret, seal.Hide(annsPassword), seal.Hide(bobsPassword))
		want(w.t, "ChangePassword after ten failures", err, drawbridge.Limited)
	})
}

func TestRevokeSessions(t *testing.T) {
	both(t, func(w *world) {
		annP := w.bootstrap()
		_, ann := w.signIn(annsAddress, annsPassword)
		bobP, first, bob := w.join(ann, bobsAddress, "Bob", bobsPassword, drawbridge.Requester)
		w.clock.add(time.Second)
		second, _ := w.signIn(bobsAddress, bobsPassword)

		_, err := w.Sessions(w.ctx(), bob, annP.ID)
		want(w.t, "Bob at Ann's sessions", err, drawbridge.NotFound)
		hers, err := w.Sessions(w.ctx(), ann, annP.ID)
		if err != nil || len(hers) != 1 {
			w.t.Fatalf("Sessions = %v %v", hers, err)
		}
		want(w.t, "Bob at Ann's session", w.RevokeSession(w.ctx(), bob, hers[0].ID), drawbridge.NotFound)
		want(w.t, "a session that is not there", w.RevokeSession(w.ctx(), bob, "ses_00000000000000000000000000"), drawbridge.NotFound)
		_, err = w.RevokeSessions(w.ctx(), bob, annP.ID, seal.Hidden{})
		want(w.t, "Bob at all of Ann's", err, drawbridge.NotFound)

		if n, err := w.RevokeSessions(w.ctx(), bob, bobP.ID, second); err != nil || n != 1 {
			w.t.Errorf("RevokeSessions = %d %v, want all but the one that asks", n, err)
		}
		_, err = w.Authenticate(w.ctx(), first, "api", "")
		want(w.t, "the other session", err, drawbridge.Unauthenticated)
		w.actor(second)
		if n, err := w.RevokeSessions(w.ctx(), ann, bobP.ID, seal.Hidden{}); err != nil || n != 1 {
			w.t.Errorf("RevokeSessions by an administrator = %d %v", n, err)
		}
		_, err = w.Authenticate(w.ctx(), second, "api", "")
		want(w.t, "the last session", err, drawbridge.Unauthenticated)
		for range 60 { // the clock stands still, and each new session works
			w.signIn(bobsAddress, bobsPassword)
		}
		newest, _ := w.signIn(bobsAddress, bobsPassword)
		if n, err := w.RevokeSessions(w.ctx(), ann, bobP.ID, newest); err != nil || n != 49 {
			w.t.Errorf("%d other sessions of one person (%v), want 50 with the newest", n, err)
		}
		w.actor(newest)
		w.verify()
	})
}

func TestChangePassword(t *testing.T) {
	both(t, func(w *world) {
		w.bootstrap()
		other, _ := w.signIn(annsAddress, annsPassword)
		here, ann := w.signIn(annsAddress, annsPassword)
		_, _, token := w.signInByToken(ann)
		change := func(a access.Actor, old, password string) error {
			return w.ChangePassword(w.ctx(), a, here, seal.Hide(old), seal.Hide(password))
		}
		want(w.t, "a wrong old password", change(ann, bobsPassword, "a new long password"), drawbridge.Denied, "wrong")
		want(w.t, "a huge old password", change(ann, strings.Repeat("x", 1<<20), "a new long password"), drawbridge.Denied)
		want(w.t, "a short password", change(ann, annsPassword, "short"), drawbridge.Invalid)
		want(w.t, "by a token", change(token, annsPassword, "a new long password"), drawbridge.Denied, "reauthentication_required")
		want(w.t, "by nobody", change(access.Anonymous("api", ""), annsPassword, "a new long password"), drawbridge.NotFound)
		if err := change(ann, annsPassword, "canary-new long password"); err != nil {
			w.t.Fatal(err)
		}
		_, err := w.Authenticate(w.ctx(), other, "api", "")
		want(w.t, "another session", err, drawbridge.Unauthenticated)
		w.actor(here)
		_, _, err = w.try(annsAddress, annsPassword, "")
		want(w.t, "the old password", err, drawbridge.Unauthenticated)
		w.signIn(annsAddress, "canary-new long password")
		w.verify()
	})
}

// TestHashGrows shows that a sign-in brings a cheap hash up to present costs.
func TestHashGrows(t *testing.T) {
	both(t, func(w *world) {
		p := w.bootstrap()
		kept := func() (out string) {
			err := w.store.View(w.ctx(), func(tx *store.Tx) error {
				c, err := tx.Credential(p.ID)
				out = c.Password
				return err
			})
			if err != nil {
				w.t.Fatal(err)
			}
			return out
		}
		if !strings.Contains(kept(), "m=64,") {
			w.t.Fatalf("kept %.30s", kept())
		}
		w.hashes = account.Dear(w.Desk)
		w.signIn(annsAddress, annsPassword)
		if !strings.Contains(kept(), "m=47104,") || w.hashes.Load() != 2 {
			w.t.Errorf("kept %.30s after %d hashes, want the present costs after two", kept(), w.hashes.Load())
		}
		w.signIn(annsAddress, annsPassword)
		if w.hashes.Load() != 3 {
			w.t.Errorf("%d hashes, want no more than one for a present password", w.hashes.Load()-2)
		}
		_, _, err := w.try(annsAddress, bobsPassword, "")
		want(w.t, "another password", err, drawbridge.Unauthenticated)
		w.verify()
	})
}

// TestMeanwhile changes an account while its password is being hashed for a
// sign-in: what was right when it was read counts no more.
func TestMeanwhile(t *testing.T) {
	both(t, func(w *world) {
		w.bootstrap()
		here, ann := w.signIn(annsAddress, annsPassword)
		bobP, bobs, _ := w.join(ann, bobsAddress, "Bob", bobsPassword, drawbridge.Requester)
		account.OnHash(w.Desk, func() {
			if err := w.ChangePassword(w.ctx(), ann, here, seal.Hide(annsPassword), seal.Hide("another long password")); err != nil {
				w.t.Error(err)
			}
		})
		_, _, err := w.try(annsAddress, annsPassword, "")
		want(w.t, "a password that was changed meanwhile", err, drawbridge.Unauthenticated)
		disable := func() {
			act := action.Act{Actor: access.System("test"), Action: access.PersonWrite, Object: access.Object{Kind: "person"}}
			_, _, err := action.Do(w.ctx(), w.door, act, func(tx *store.Tx) (int, error) {
				p, err := tx.Person(bobP.ID)
				if err != nil {
					return 0, err
				}
				p.Disabled = true
				return 0, tx.SetPerson(p)
			})
			if err != nil {
				w.t.Error(err)
			}
		}
		account.OnHash(w.Desk, disable)
		_, _, err = w.try(bobsAddress, bobsPassword, "")
		want(w.t, "an account that was disabled meanwhile", err, drawbridge.Unauthenticated)
		_, err = w.Authenticate(w.ctx(), bobs, "api", "")
		want(w.t, "a session that is left of a disabled person", err, drawbridge.Unauthenticated)
		w.verify()
	})
}

func TestErrSecondFactorIsNoFailure(t *testing.T) {
	both(t, func(w *world) {
		w.bootstrap()
		_, ann := w.signIn(annsAddress, annsPassword)
		w.enrol(ann)
		for range 30 {
			_, _, err := w.try(annsAddress, annsPassword, "")
			want(w.t, "no code", err, drawbridge.Unauthenticated, "second_factor_required")
			if !errors.Is(err, account.ErrSecondFactor) {
				w.t.Fatalf("%v is not ErrSecondFactor", err)
			}
		}
		_, _, err := w.try(annsAddress, bobsPassword, "")
		if err == nil || errors.Is(err, account.ErrSecondFactor) {
			w.t.Errorf("a wrong password tells of the second factor: %v", err)
		}
	})
}
