// Package seed writes a lived-in organisation: people, partners, and
// integrations with two years of revisions and assessments. Everything goes
// through the desks, at a time that it sets, so that what it leaves is a record
// like any other. It is for demonstrations and for measuring. It is not for
// tests of single rules, and it makes nothing up that an assessment would say:
// every finding comes from an assessment of a manifest.
//
//	report, err := seed.Run(ctx, seed.Options{Store: s, Keys: keys, Workspace: packs, AsOf: now, Partners: 200, Integrations: 600, People: 50, History: 4, Seed: 1})
package seed

import (
	"context"
	"log/slog"
	"time"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/account"
	"drawbridge/internal/action"
	"drawbridge/internal/dossier"
	"drawbridge/internal/inquiry"
	"drawbridge/internal/lifecycle"
	"drawbridge/internal/policy"
	"drawbridge/internal/portfolio"
	"drawbridge/internal/programme"
	"drawbridge/internal/register"
	"drawbridge/internal/review"
	"drawbridge/internal/seal"
	"drawbridge/internal/store"
)

// Options say what to write, and where.
type Options struct {
	Store     *store.Store
	Keys      *seal.Keyring
	Workspace func() *policy.Workspace
	Version   string // of the program

	Partners     int
	Integrations int
	Findings     int // about how many in all; 0 leaves it to the templates
	People       int
	History      int    // most revisions of an integration; 1 writes a young record without later assessments
	Reviews      int    // how many of the integrations have reviews, and all that goes with them; 0 for none
	Seed         uint64 // the same seed and sizes give the same organisation, identifiers and secrets apart
	AsOf         time.Time

	IntoExisting bool                  // write beside what is there
	Passwords    bool                  // people take their invitations; the report has their passwords
	Progress     func(done, total int) // may be nil
}

// Limits of what is written in one run.
const (
	MaxPartners     = 100_000
	MaxIntegrations = 100_000
	MaxFindings     = 10_000_000
	MaxPeople       = 10_000
	MaxHistory      = 20
)

// Report says what was written.
type Report struct {
	People       int           `json:"people"`
	Partners     int           `json:"partners"`
	Integrations int           `json:"integrations"`
	Revisions    int           `json:"revisions"`
	Assessments  int           `json:"assessments"`
	Findings     int64         `json:"findings"` // of the latest assessments
	Acts         int           `json:"acts"`
	Passwords    []Credentials `json:"-"`
}

// Credentials are of somebody whom the run made.
type Credentials struct {
	ID       drawbridge.PersonID
	Email    string
	Name     string
	Roles    []drawbridge.Role
	Password seal.Hidden
}

// Run writes the organisation. What was written before a failure or an end of
// the context stays, as a record that is whole.
func Run(ctx context.Context, opt Options) (Report, error) {
	if err := opt.validate(); err != nil {
		return Report{}, err
	}
	if err := opt.room(ctx); err != nil {
		return Report{}, err
	}
	plan, err := newPlan(ctx, opt)
	if err != nil {
		return Report{}, err
	}
	w := &writer{opt: opt, plan: plan, actors: make([]access.Actor, len(plan.people)), report: &Report{}}
	if err := w.announce(ctx); err != nil {
		return Report{}, err
	}
	err = w.run(ctx)
	return *w.report, err
}

func (o Options) validate() error {
	if o.Partners < 1 || o.Partners > MaxPartners || o.Integrations < 1 || o.Integrations > MaxIntegrations {
		return drawbridge.Errorf(drawbridge.Invalid, "seed makes 1 to %d partners and 1 to %d integrations", MaxPartners, MaxIntegrations)
	}
	if o.People < 10 || o.People > MaxPeople || o.Findings < 0 || o.Findings > MaxFindings || o.Reviews < 0 || o.History < 1 || o.History > MaxHistory {
		return drawbridge.Errorf(drawbridge.Invalid, "seed makes 10 to %d people, at most %d findings, and 1 to %d revisions of an integration", MaxPeople, MaxFindings, MaxHistory)
	}
	return nil
}

// room refuses an installation that somebody uses.
func (o Options) room(ctx context.Context) error {
	if o.IntoExisting {
		return nil
	}
	return o.Store.View(ctx, func(tx *store.Tx) error {
		nobody, err := tx.NoPeople()
		if err != nil {
			return err
		}
		partners, err := tx.PartnersAfter("", 1)
		if err == nil && (!nobody || len(partners) > 0) {
			return drawbridge.Errorf(drawbridge.Conflict, "the installation is in use, and made-up records cannot be told from real ones later: seed an empty one, or add --into-existing")
		}
		return err
	})
}

// desks are what writes at one time: each has a clock of its own.
type desks struct {
	at        time.Time
	door      *action.Door
	account   *account.Desk
	register  *register.Desk
	dossier   *dossier.Desk
	inquiry   *inquiry.Desk
	review    *review.Desk
	lifecycle *lifecycle.Desk
	programme *programme.Desk
	portfolio *portfolio.Desk
}

func (o Options) desks() *desks {
	d := &desks{}
	now := func() time.Time { return d.at }
	d.door = action.New(action.Options{Store: o.Store, Keys: o.Keys, Now: now, Log: slog.New(slog.DiscardHandler)})
	d.account = account.New(d.door, account.Options{Now: now, Origin: o.Keys.Origin()})
	d.register = register.New(d.door, register.Options{Workspace: o.Workspace, Version: o.Version})
	d.dossier = dossier.New(d.door, dossier.Options{Register: d.register})
	d.register.SetEvidence(dossier.AcceptedFor)
	d.portfolio = portfolio.New(d.door, portfolio.Options{Register: d.register, Workspace: o.Workspace})
	d.inquiry = inquiry.New(d.door, inquiry.Options{Register: d.register, Dossier: d.dossier, Workspace: o.Workspace})
	d.register.SetClaims(d.inquiry.ClaimsFor)
	d.review = review.New(d.door, review.Options{Register: d.register, Inquiry: d.inquiry, Workspace: o.Workspace})
	d.lifecycle = lifecycle.New(d.door, lifecycle.Options{Register: d.register, Status: d.review.StatusOf, Testable: d.review.Testable, Workspace: o.Workspace})
	d.programme = programme.New(d.door, programme.Options{Register: d.register, Review: d.review, Lifecycle: d.lifecycle, Workspace: o.Workspace})
	return d
}

// system is who seeds where no person could.
func system() access.Actor {
	return access.Actor{ID: "system:seed", Via: "seed", System: true}
}
