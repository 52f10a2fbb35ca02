// Package tour is the organisation of `drawbridge serve --demo`: forty partners
// and sixty integrations with two years behind them, a person for each role who
// signs in with one press, a partner that runs on loopback, and a path of five
// steps from its first test to an approval that went stale. It adds nothing to
// what the desks can do, and nothing that it shows is said by itself: each step
// is done when the record says so. It is never part of a record that people use.
//
//	if err := tour.Make(ctx, opt); err != nil { ... }
//	t, err := tour.Open(ctx, opt)
//	defer t.Close()
package tour

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/account"
	"drawbridge/internal/inquiry"
	"drawbridge/internal/notify"
	"drawbridge/internal/register"
	"drawbridge/internal/review"
	"drawbridge/internal/seal"
	"drawbridge/internal/seed"
	"drawbridge/internal/twin"
)

// Options are the record, and the desks that write it.
type Options struct {
	Dir     string       // of the record's data: the file about the organisation lies there
	Seed    seed.Options // record, keys, packs, version, progress; how many partners and integrations, 40 and 60 when it says nothing
	Now     func() time.Time
	Account *account.Desk

	Register *register.Desk
	Inquiry  *inquiry.Desk
	Review   *review.Desk
	Notify   *notify.Notify
}

// file is the name of what is known of the organisation besides its record. It
// holds passwords of people who do not exist, and is readable by its owner alone.
const file = "demonstration.json"

// memory is what the file holds.
type memory struct {
	SchemaVersion string                   `json:"schema_version"`
	Made          time.Time                `json:"made"`
	Port          int                      `json:"port"` // of the partner on loopback: its manifest names it
	Integration   drawbridge.IntegrationID `json:"integration"`
	Review        drawbridge.ReviewID      `json:"review"`
	Inquiry       drawbridge.InquiryID     `json:"inquiry"`
	People        []resident               `json:"people"`
}

type resident struct {
	ID       drawbridge.PersonID `json:"id"`
	Email    string              `json:"email"`
	Name     string              `json:"name"`
	Roles    []drawbridge.Role   `json:"roles"`
	Password string              `json:"password"`
}

// Made reports whether a folder holds the record of a demonstration.
func Made(dir string) (bool, error) {
	_, err := os.Stat(filepath.Join(dir, file))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}

// Tour is a demonstration that runs. Its methods may be used at the same time.
type Tour struct {
	opt     Options
	about   memory
	partner *twin.Twin // nil when its port is taken

	mu sync.Mutex // one step is done at a time
}

// Person is somebody as whom one signs in with one press.
type Person struct {
	Email string
	Name  string
	Role  drawbridge.Role
}

// Make writes the organisation into an empty record, and at last the file that
// says that it is one. It takes about half a minute.
func Make(ctx context.Context, opt Options) error {
	o := opt.Seed
	o.Partners, o.Integrations, o.People, o.History, o.Seed = cmp.Or(o.Partners, 40), cmp.Or(o.Integrations, 60), 24, 4, 1
	o.Reviews = o.Integrations
	o.AsOf, o.Passwords = opt.Now(), true
	report, err := seed.Run(ctx, o)
	if err != nil {
		return err
	}
	t := &Tour{opt: opt, about: memory{SchemaVersion: drawbridge.SchemaVersion, Made: opt.Now().UTC()}}
	for _, c := range report.Passwords {
		t.about.People = append(t.about.People, resident{ID: c.ID, Email: c.Email, Name: c.Name, Roles: c.Roles, Password: c.Password.Reveal()})
	}
	if err := t.wake(ctx); err != nil {
		return err
	}
	defer t.Close()
	if t.partner == nil {
		return drawbridge.Errorf(drawbridge.Unavailable, "the demonstration's partner cannot listen on loopback")
	}
	if err := t.bring(ctx); err != nil {
		return fmt.Errorf("bring the demonstration's partner: %w", err)
	}
	if err := t.catchUp(ctx); err != nil {
		return fmt.Errorf("read old messages: %w", err)
	}
	data, err := json.MarshalIndent(t.about, "", "  ")
	if err != nil {
		return fmt.Errorf("encode %s: %w", file, err)
	}
	return os.WriteFile(filepath.Join(opt.Dir, file), append(data, '\n'), 0o600)
}

// catchUp has everybody read what they were told more than a week ago, as people
// do who work here.
func (t *Tour) catchUp(ctx context.Context) error {
	old := t.opt.Now().AddDate(0, 0, -7)
	for _, r := range t.about.People {
		who := access.Actor{ID: string(r.ID), Person: r.ID, Roles: r.Roles, Via: "seed"}
		list, err := t.opt.Notify.Inbox(ctx, who, notify.InboxQuery{Unread: true, Limit: 500})
		if err != nil {
			return err
		}
		i := slices.IndexFunc(list, func(m drawbridge.Message) bool { return m.CreatedAt.Before(old) })
		if i < 0 {
			continue
		}
		if err := t.opt.Notify.MarkRead(ctx, who, notify.Reading{ID: list[i].ID, UpTo: true}); err != nil {
			return err
		}
	}
	return nil
}

// Open starts what Make left.
func Open(ctx context.Context, opt Options) (*Tour, error) {
	data, err := os.ReadFile(filepath.Join(opt.Dir, file))
	if err != nil {
		return nil, drawbridge.Errorf(drawbridge.Conflict, "%s holds a record that is no demonstration: leave --data out, or name a new folder", opt.Dir)
	}
	t := &Tour{opt: opt}
	if err := json.Unmarshal(data, &t.about); err != nil {
		return nil, drawbridge.Errorf(drawbridge.Invalid, "%s cannot be read: %w; delete the folder, and the next start makes a new demonstration", filepath.Join(opt.Dir, file), err)
	}
	return t, t.wake(ctx)
}

// wake starts the partner where its manifest says that it is. A demonstration
// without it is still one to look at.
func (t *Tour) wake(ctx context.Context) error {
	partner, err := twin.Start(context.WithoutCancel(ctx), twin.Options{Style: "payments", Flaws: flaws(), Seed: 7, Now: t.opt.Now, Port: t.about.Port})
	if drawbridge.KindOf(err) == drawbridge.Unavailable {
		return nil
	}
	if err != nil {
		return fmt.Errorf("start the demonstration's partner: %w", err)
	}
	t.partner, t.about.Port = partner, partner.Port()
	return nil
}

// Close stops the partner.
func (t *Tour) Close() {
	if t.partner != nil {
		_ = t.partner.Close() // nobody needs it any more
	}
}

// People are those as whom one signs in: one for each role, in the order of the roles.
func (t *Tour) People() []Person {
	var out []Person
	for _, role := range drawbridge.PersonRoles() {
		if r := t.holder(role); r != nil {
			out = append(out, Person{r.Email, r.Name, role})
		}
	}
	return out
}

// holder is who stands for a role: whoever has fewest others.
func (t *Tour) holder(role drawbridge.Role) *resident {
	var out *resident
	for i, r := range t.about.People {
		if slices.Contains(r.Roles, role) && (out == nil || len(r.Roles) < len(out.Roles)) {
			out = &t.about.People[i]
		}
	}
	return out
}

// Enter signs somebody of the organisation in, by the password that they have.
func (t *Tour) Enter(ctx context.Context, in account.SignIn) (seal.Hidden, error) {
	i := slices.IndexFunc(t.about.People, func(r resident) bool { return r.Email == in.Email })
	if i < 0 {
		return seal.Hidden{}, drawbridge.Errorf(drawbridge.NotFound, "nobody in this demonstration has that address")
	}
	in.Password = seal.Hide(t.about.People[i].Password)
	secret, _, err := t.opt.Account.SignIn(ctx, in)
	return secret, err
}

// as is somebody with a role, who just gave their password.
func (t *Tour) as(role drawbridge.Role) access.Actor {
	r := cmp.Or(t.holder(role), &resident{})
	return access.Actor{ID: string(r.ID), Person: r.ID, Roles: r.Roles, Via: "seed", Proved: t.opt.Now()}
}
