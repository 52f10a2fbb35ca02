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

// enrol sets a second factor up, and returns its secret and the recovery codes.
// The code of the present step is used up by it.
func (w *world) enrol(a access.Actor) (seal.Hidden, []seal.Hidden) {
	w.t.Helper()
	e, err := w.BeginSecondFactor(w.ctx(), a)
	if err != nil {
		w.t.Fatalf("BeginSecondFactor = %v", err)
	}
	codes, err := w.ConfirmSecondFactor(w.ctx(), a, e.Ticket, w.code(e.Secret))
	if err != nil || len(codes) != 10 {
		w.t.Fatalf("ConfirmSecondFactor = %d codes, %v", len(codes), err)
	}
	return e.Secret, codes
}

// code is what the authenticator app shows now.
func (w *world) code(secret seal.Hidden) seal.Hidden {
	return seal.Hide(account.Code(secret, w.clock.now().Unix()))
}

func TestSecondFactor(t *testing.T) {
	both(t, func(w *world) {
		w.bootstrap()
		_, ann := w.signIn(annsAddress, annsPassword)
		secret, _ := w.enrol(ann)
		used := w.code(secret).Reveal()
		_, _, err := w.try(annsAddress, annsPassword, used)
		want(w.t, "the code of the enrolment, again", err, drawbridge.Unauthenticated)
		w.clock.add(30 * time.Second)
		code := w.code(secret).Reveal()
		_, _, err = w.try(annsAddress, bobsPassword, code)
		want(w.t, "a right code with a wrong password", err, drawbridge.Unauthenticated)
		session, _, err := w.try(annsAddress, annsPassword, code[:3]+" "+code[3:])
		if err != nil {
			w.t.Fatalf("SignIn with a code = %v", err)
		}
		_, _, err = w.try(annsAddress, annsPassword, code)
		want(w.t, "the same code again", err, drawbridge.Unauthenticated)
		w.restart()
		_, _, err = w.try(annsAddress, annsPassword, code)
		want(w.t, "the same code after a restart", err, drawbridge.Unauthenticated)
		w.clock.add(-30 * time.Second)
		_, _, err = w.try(annsAddress, annsPassword, used)
		want(w.t, "an old code on a clock that jumped back", err, drawbridge.Unauthenticated)
		_, _, err = w.try(annsAddress, annsPassword, code)
		want(w.t, "a used code on a clock that jumped back", err, drawbridge.Unauthenticated)

		w.clock.add(10 * time.Minute)
		ann = w.actor(session)
		_, _, err = w.Reprove(w.ctx(), ann, session, seal.Hide(annsPassword), seal.Hidden{})
		want(w.t, "Reprove without a code", err, drawbridge.Unauthenticated, "second_factor_required")
		_, _, err = w.Reprove(w.ctx(), ann, session, seal.Hide(annsPassword), seal.Hide("000000"))
		want(w.t, "Reprove with a wrong code", err, drawbridge.Denied)
		session, _, err = w.Reprove(w.ctx(), ann, session, seal.Hide(annsPassword), w.code(secret))
		if err != nil {
			w.t.Fatalf("Reprove = %v", err)
		}
		ann = w.actor(session)
		_, err = w.BeginSecondFactor(w.ctx(), ann)
		want(w.t, "a second second factor", err, drawbridge.Conflict)
		want(w.t, "removal with a used code", w.RemoveSecondFactor(w.ctx(), ann, w.code(secret)), drawbridge.Denied)
		w.clock.add(30 * time.Second)
		if err := w.RemoveSecondFactor(w.ctx(), ann, w.code(secret)); err != nil {
			w.t.Fatal(err)
		}
		want(w.t, "removal of none", w.RemoveSecondFactor(w.ctx(), ann, w.code(secret)), drawbridge.Conflict)
		w.signIn(annsAddress, annsPassword)
		w.verify()
	})
}

func TestOneCodeAtOnce(t *testing.T) {
	both(t, func(w *world) {
		w.bootstrap()
		_, ann := w.signIn(annsAddress, annsPassword)
		secret, recovery := w.enrol(ann)
		w.clock.add(30 * time.Second)
		for name, code := range map[string]string{"a code": w.code(secret).Reveal(), "a recovery code": recovery[0].Reveal()} {
			var wg sync.WaitGroup
			errs := make([]error, 5)
			for i := range errs {
				wg.Go(func() { _, _, errs[i] = w.try(annsAddress, annsPassword, code) })
			}
			wg.Wait()
			won := 0
			for _, err := range errs {
				if err == nil {
					won++
				} else {
					want(w.t, name, err, drawbridge.Unauthenticated)
				}
			}
			if won != 1 {
				w.t.Errorf("%s signed in %d times at once, want once", name, won)
			}
		}
	})
}

func TestRecoveryCodes(t *testing.T) {
	both(t, func(w *world) {
		w.bootstrap()
		_, ann := w.signIn(annsAddress, annsPassword)
		secret, codes := w.enrol(ann)
		if _, _, err := w.try(annsAddress, annsPassword, strings.ToUpper(codes[3].Reveal())); err != nil {
			w.t.Fatalf("SignIn with a recovery code = %v", err)
		}
		_, _, err := w.try(annsAddress, annsPassword, codes[3].Reveal())
		want(w.t, "a recovery code again", err, drawbridge.Unauthenticated)
		if f, err := w.SecondFactor(w.ctx(), ann); err != nil || f != (account.Factor{Enrolled: true, Recovery: 9}) {
			w.t.Errorf("SecondFactor = %+v %v, want 9 codes left", f, err)
		}
		w.clock.add(30 * time.Second)
		fresh, err := w.RenewRecovery(w.ctx(), ann, w.code(secret))
		if err != nil || len(fresh) != 10 {
			w.t.Fatalf("RenewRecovery = %d %v", len(fresh), err)
		}
		_, _, err = w.try(annsAddress, annsPassword, codes[4].Reveal())
		want(w.t, "a recovery code that was replaced", err, drawbridge.Unauthenticated)
		if _, _, err := w.try(annsAddress, annsPassword, fresh[4].Reveal()); err != nil {
			w.t.Errorf("a new recovery code: %v", err)
		}
	})
}

func TestEnrolment(t *testing.T) {
	both(t, func(w *world) {
		w.bootstrap()
		_, ann := w.signIn(annsAddress, annsPassword)
		_, _, bob := w.join(ann, bobsAddress, "Bob", bobsPassword, drawbridge.Requester)
		_, _, token := w.signInByToken(ann)
		_, err := w.BeginSecondFactor(w.ctx(), token)
		want(w.t, "a token", err, drawbridge.Denied)
		e, err := w.BeginSecondFactor(w.ctx(), ann)
		if err != nil {
			w.t.Fatal(err)
		}
		if !strings.Contains(e.URI.Reveal(), e.Secret.Reveal()) || !strings.HasPrefix(e.URI.Reveal(), "otpauth://totp/drawbridge.test:ann@") {
			w.t.Errorf("URI = %s", e.URI.Reveal())
		}
		for name, tt := range map[string]struct {
			actor  access.Actor
			ticket seal.Hidden
			code   seal.Hidden
			want   drawbridge.Kind
		}{
			"a wrong code":       {ann, e.Ticket, seal.Hide("000000"), drawbridge.Denied},
			"no code":            {ann, e.Ticket, seal.Hidden{}, drawbridge.Denied},
			"somebody else":      {bob, e.Ticket, w.code(e.Secret), drawbridge.Invalid},
			"no ticket":          {ann, seal.Hidden{}, w.code(e.Secret), drawbridge.Invalid},
			"a garbled ticket":   {ann, seal.Hide("x" + e.Ticket.Reveal()), w.code(e.Secret), drawbridge.Invalid},
			"a huge ticket":      {ann, seal.Hide(strings.Repeat("A", 1<<20)), w.code(e.Secret), drawbridge.Invalid},
			"by a token":         {token, e.Ticket, w.code(e.Secret), drawbridge.Denied},
			"somebody anonymous": {access.Anonymous("api", ""), e.Ticket, w.code(e.Secret), drawbridge.NotFound},
		} {
			_, err := w.ConfirmSecondFactor(w.ctx(), tt.actor, tt.ticket, tt.code)
			want(w.t, name, err, tt.want)
		}
		w.signIn(annsAddress, annsPassword) // none of it counts
		if _, err := w.ConfirmSecondFactor(w.ctx(), ann, e.Ticket, w.code(e.Secret)); err != nil {
			w.t.Fatal(err)
		}
		w.clock.add(30 * time.Second)
		if err := w.RemoveSecondFactor(w.ctx(), ann, w.code(e.Secret)); err != nil {
			w.t.Fatal(err)
		}
		w.clock.add(30 * time.Second)
		_, err = w.ConfirmSecondFactor(w.ctx(), ann, e.Ticket, w.code(e.Secret))
		want(w.t, "a ticket that was used", err, drawbridge.Conflict)
		late, err := w.BeginSecondFactor(w.ctx(), ann)
		if err != nil {
			w.t.Fatal(err)
		}
		secret, _, err := w.try(annsAddress, annsPassword, "")
		if err != nil {
			w.t.Fatal(err)
		}
		w.clock.add(10 * time.Minute)
		_, err = w.ConfirmSecondFactor(w.ctx(), w.actor(secret), late.Ticket, w.code(late.Secret))
		want(w.t, "a ticket after ten minutes", err, drawbridge.Invalid)
	})
}

// TestSealedToThePerson shows that a second factor which somebody copies in the
// database from one person to another opens for neither.
func TestSealedToThePerson(t *testing.T) {
	both(t, func(w *world) {
		annP := w.bootstrap()
		_, ann := w.signIn(annsAddress, annsPassword)
		bobP, _, bob := w.join(ann, bobsAddress, "Bob", bobsPassword, drawbridge.Requester)
		w.enrol(ann)
		secret, _ := w.enrol(bob)
		act := action.Act{Actor: access.System("test"), Action: access.PersonWrite}
		_, _, err := action.Do(w.ctx(), w.door, act, func(tx *store.Tx) (int, error) {
			hers, err := tx.Credential(annP.ID)
			if err != nil {
				return 0, err
			}
			his, err := tx.Credential(bobP.ID)
			if err != nil {
				return 0, err
			}
			hers.TOTP = his.TOTP
			return 0, tx.SetCredential(hers)
		})
		if err != nil {
			w.t.Fatal(err)
		}
		w.clock.add(30 * time.Second)
		_, _, err = w.try(annsAddress, annsPassword, w.code(secret).Reveal())
		want(w.t, "Bob's code for Ann", err, drawbridge.Internal)
	})
}
