package web

import (
	"time"

	"drawbridge"
	"drawbridge/internal/seal"
	"drawbridge/internal/web/view"
)

// proven is how long a proof of identity is taken to last here: a little less than
// the table of permissions says, so that a form does not come too late.
const proven = 9 * time.Minute

// proof is what a form for a sensitive act asks for.
func (p *page) proof() view.Proof {
	return view.Proof{Needed: p.now.Sub(p.Actor.Proved) > proven}
}

// prove takes the proof that came with a form. What the desk does with it is the
// desk's: without one it refuses.
func (p *page) prove() error {
	if p.said("password") == "" {
		if p.now.Sub(p.Actor.Proved) > proven {
			return drawbridge.Errorf(drawbridge.Unauthenticated, "give your password again: this act asks for a proof of who you are from the last ten minutes")
		}
		return nil
	}
	secret, session, err := p.web.opt.Account.Reprove(p.R.Context(), p.Actor, p.Secret, seal.Hide(p.said("password")), seal.Hide(p.said("code")))
	if err != nil {
		return err
	}
	p.Secret, p.Actor.Proved = secret, session.ProvedAt
	p.SetCookie("", secret)
	return nil
}
