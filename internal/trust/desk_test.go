package trust_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"testing"
	"time"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/account"
	"drawbridge/internal/app"
	"drawbridge/internal/custody"
	"drawbridge/internal/manifest"
	"drawbridge/internal/register"
	"drawbridge/internal/seal"
	"drawbridge/internal/store"
	"drawbridge/internal/testkit"
)

// The acts that the machine fails under.
const (
	actPush   = "push"
	actInvite = "invite"
)

// seed is an installation as it is before the act.
type seed struct {
	Dir     string                `json:"dir"`
	Entries int64                 `json:"entries"`
	Base    drawbridge.RevisionID `json:"base"`
	Admin   drawbridge.PersonID   `json:"admin"`
	Owner   drawbridge.PersonID   `json:"owner"`
	filled  int
}

// desk is an open installation.
type desk struct{ *app.Local }

func (d *desk) open(dir, database string) (err error) {
	d.close()
	opt := app.Default(os.Getenv)
	opt.Data, opt.Database, opt.Create, opt.Now = dir, database, true, time.Now
	d.Local, err = app.OpenLocal(context.Background(), opt)
	return err
}

func (d *desk) close() {
	if d.Local != nil {
		_ = d.Close()
		d.Local = nil
	}
}

// act does one act, and returns what it made.
func (d *desk) act(ctx context.Context, s *seed, act, key string) (string, error) {
	actor := func(p drawbridge.PersonID, role drawbridge.Role) access.Actor {
		return access.Actor{ID: string(p), Person: p, Roles: []drawbridge.Role{role}, Via: "api", Proved: time.Now()}
	}
	if act == actInvite {
		p, secret, err := d.Account.Invite(ctx, actor(s.Admin, drawbridge.Administrator), account.Invitation{
			Email: key + "@drawbridge.example", Name: key, Roles: []drawbridge.Role{drawbridge.Requester}, Key: key,
		})
		return string(p.ID) + secret.Reveal(), err
	}
	p, err := d.Register.Push(ctx, actor(s.Owner, drawbridge.ProgrammeOwner), register.Push{
		Main: "integration.yaml", Base: s.Base, Reason: "it grows", Key: key,
		Files: manifest.Files{"integration.yaml": bytes.Replace(testkit.BigManifest(6, 3), []byte("purpose: Measure\n"), []byte("purpose: "+key+"\n"), 1)},
	})
	return string(p.Revision.ID) + string(p.Assessment.ID), err
}

// plant makes people and a first revision.
func (d *desk) plant(s *seed) error {
	ctx := context.Background()
	ann, err := d.Account.Bootstrap(ctx, "cli", "ann@drawbridge.example", "Ann", seal.Hide(password))
	if err != nil {
		return err
	}
	s.Admin = ann.ID
	actor := access.Actor{ID: string(ann.ID), Person: ann.ID, Roles: ann.Roles, Via: "api", Proved: time.Now()}
	otto, _, err := d.Account.Invite(ctx, actor, account.Invitation{Email: "otto@drawbridge.example", Name: "Otto", Roles: []drawbridge.Role{drawbridge.ProgrammeOwner}})
	if err != nil {
		return err
	}
	s.Owner = otto.ID
	if _, err := d.act(ctx, s, actPush, "first"); err != nil {
		return err
	}
	owner := access.Actor{ID: string(otto.ID), Person: otto.ID, Roles: otto.Roles, Via: "api"}
	in, err := d.Register.Integration(ctx, owner, register.ByKey("generated", "production"))
	s.Base = in.Head
	return err
}

// fill writes to SQLite's log.
func (d *desk) fill(s *seed) error {
	s.filled++
	_, err := d.act(context.Background(), s, actInvite, fmt.Sprintf("fill%d", s.filled))
	return err
}

// entries is how long the ledger is.
func (d *desk) entries(t *testing.T) (n int64) {
	t.Helper()
	err := d.Store.View(t.Context(), func(tx *store.Tx) (err error) {
		n, _, err = tx.Head()
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// check compares state, files and ledger.
func (d *desk) check(ctx context.Context) error {
	report, err := d.Custody.Check(ctx, access.Keeper(), custody.CheckOptions{})
	if err == nil && !report.OK {
		err = fmt.Errorf("differences: %v", report.Differences)
	}
	return err
}
