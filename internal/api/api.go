// Package api is the door for the command line and for CI: JSON over HTTP. It
// decodes, calls one desk and encodes; it decides nothing and speaks no SQL. It
// does not listen: that is for app.
//
//	a, err := api.New(api.Options{Account: people, Register: record, Keys: keys, Now: now, Log: log})
//	server := &http.Server{Handler: a.Handler()}
package api

import (
	"errors"
	"time"

	"drawbridge/internal/account"
	"drawbridge/internal/action"
	"drawbridge/internal/custody"
	"drawbridge/internal/dossier"
	"drawbridge/internal/front"
	"drawbridge/internal/inquiry"
	"drawbridge/internal/job"
	"drawbridge/internal/lifecycle"
	"drawbridge/internal/notify"
	"drawbridge/internal/portfolio"
	"drawbridge/internal/programme"
	"drawbridge/internal/register"
	"drawbridge/internal/review"
	"drawbridge/internal/seal"
)

// Options are the desks that the door stands before, and what it needs besides.
type Options struct {
	Door     *action.Door
	Account  *account.Desk
	Register *register.Desk
	Custody  *custody.Desk

	Dossier   *dossier.Desk
	Inquiry   *inquiry.Desk
	Review    *review.Desk
	Lifecycle *lifecycle.Desk
	Programme *programme.Desk
	Portfolio *portfolio.Desk

	Jobs    *job.Jobs
	Notify  *notify.Notify
	Now     func() time.Time
	Version string
	Front   *front.Front // what every request passes before
}

func (o *Options) review() bool {
	return o.Dossier != nil && o.Inquiry != nil && o.Review != nil && o.Lifecycle != nil && o.Programme != nil && o.Portfolio != nil
}

// API is the door. It holds no state but counters.
type API struct {
	opt     Options
	routes  []Route
	openAPI []byte
	exports chan struct{} // how many run at once: each holds a connection for as long as its reader takes
}

// New makes the door.
func New(opt Options) (*API, error) {
	if opt.Door == nil || opt.Account == nil || opt.Register == nil || opt.Custody == nil || opt.Jobs == nil || opt.Notify == nil || opt.Now == nil || opt.Front == nil || !opt.review() {
		return nil, errors.New("api: every desk and a clock are needed")
	}
	a := &API{
		exports: make(chan struct{}, 2), opt: opt, routes: Routes(),
	}
	var err error
	if a.openAPI, err = OpenAPI(); err != nil {
		return nil, err
	}
	return a, nil
}

func (a *API) keys() *seal.Keyring { return a.opt.Door.Keys() }
