package trust_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/account"
	"drawbridge/internal/app"
	"drawbridge/internal/manifest"
	"drawbridge/internal/register"
	"drawbridge/internal/seal"
	"drawbridge/internal/testkit"
)

// The acts that the disk fails under.
const (
	actPush   = "push"
	actInvite = "invite"
)

// childEnv makes the test binary the child whose disk fails.
const childEnv = "TRUST_CHILD"

func TestMain(m *testing.M) {
	if os.Getenv(childEnv) != "" {
		obey(os.Stdin, os.Stdout)
		return
	}
	os.Exit(m.Run())
}

// seed is an installation as it is before the act.
type seed struct {
	Dir          string
	Entries      int64
	Base         drawbridge.RevisionID
	Admin, Owner drawbridge.PersonID
	filled       int
}

// order is what the child is to do, and outcome what came of it.
type order struct {
	Number   int
	Do       string // open, act or close
	Dir      string
	Act, Key string
	Seed     seed
}

type outcome struct {
	TID   int
	ID    string
	Kind  drawbridge.Kind
	Error string
	dead  bool // the child gave no answer
}

// obey carries out the orders on one thread, and nothing else: strace counts
// calls by thread.
func obey(in io.Reader, out io.Writer) {
	_, _, _ = syscall.RawSyscall(syscall.SYS_PRCTL, 0x59616d61, ^uintptr(0), 0) // PR_SET_PTRACER: whoever wants may trace it
	orders, outcomes := make(chan order), make(chan outcome)
	go func() {
		runtime.LockOSThread()
		d := &desk{}
		for o := range orders {
			outcomes <- d.obey(o)
		}
	}()
	for lines := bufio.NewScanner(in); lines.Scan(); {
		var o order
		if err := json.Unmarshal(lines.Bytes(), &o); err != nil {
			panic(err)
		}
		orders <- o
		fmt.Fprintf(out, "done %d %s\n", o.Number, document(<-outcomes))
	}
}

// desk is an open installation.
type desk struct{ *app.Local }

func (d *desk) obey(o order) (out outcome) {
	out.TID = syscall.Gettid()
	var err error
	switch o.Do {
	case "open":
		err = d.open(o.Dir)
	case "close":
		d.close()
	case "act":
		out.ID, err = d.act(context.Background(), &o.Seed, o.Act, o.Key)
	}
	if err != nil {
		out.Kind, out.Error = drawbridge.KindOf(err), err.Error()
		for e := err; e != nil; e = errors.Unwrap(e) {
			out.Error += " < " + e.Error()
		}
	}
	return out
}

func (d *desk) open(dir string) (err error) {
	d.close()
	opt := app.Default(os.Getenv)
	opt.Data, opt.Database, opt.Create, opt.Now = dir, "", true, time.Now
	d.Local, err = app.OpenLocal(context.Background(), opt)
	return err
}

func (d *desk) close() {
	if d.Local != nil {
		_ = d.Local.Close()
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
	flows := 3
	if s.Base != "" {
		flows++
	}
	p, err := d.Register.Push(ctx, actor(s.Owner, drawbridge.ProgrammeOwner), register.Push{
		Main: "integration.yaml", Base: s.Base, Reason: "it grows", Key: key,
		Files: manifest.Files{"integration.yaml": testkit.BigManifest(6, flows)},
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

// child is a process whose calls fail.
type child struct {
	*testkit.Process
	stdin  io.WriteCloser
	number int
}

func startChild(t *testing.T) *child {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childEnv+"=1")
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	return &child{Process: testkit.Start(t, cmd), stdin: stdin}
}

// do gives an order and waits for the outcome, or the child's death.
func (c *child) do(o order) outcome {
	c.number++
	o.Number = c.number
	if _, err := c.stdin.Write(append(document(o), '\n')); err != nil {
		return outcome{dead: true, Error: err.Error()}
	}
	line, alive := c.Says(fmt.Sprintf(`^done %d (.*)`, o.Number))
	var out outcome
	if !alive || json.NewDecoder(strings.NewReader(line[1])).Decode(&out) != nil {
		return outcome{dead: true, Error: "the child is dead"}
	}
	return out
}

func (c *child) open(t *testing.T, dir string) (tid int) {
	t.Helper()
	out := c.do(order{Do: "open", Dir: dir})
	if out.Error != "" {
		t.Fatalf("open: %+v", out)
	}
	return out.TID
}

func (c *child) act(s *seed, act, key string) outcome {
	return c.do(order{Do: "act", Act: act, Key: key, Seed: *s})
}

// retry does the act again: in the same process while it lives, else in another.
func (c *child) retry(t *testing.T, s *seed, dir, act, key string) outcome {
	t.Helper()
	out := c.act(s, act, key)
	if !out.dead {
		return out
	}
	if err := s.inspect(t, dir, -1); err != nil {
		return outcome{Error: "after the kill: " + err.Error()}
	}
	d := &desk{}
	defer d.close()
	if out := d.obey(order{Do: "open", Dir: dir}); out.Error != "" {
		return out
	}
	return d.obey(order{Do: "act", Act: act, Key: key, Seed: *s})
}
