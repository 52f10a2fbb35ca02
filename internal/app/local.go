package app

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"drawbridge"
	"drawbridge/internal/account"
	"drawbridge/internal/action"
	"drawbridge/internal/custody"
	"drawbridge/internal/ledger"
	"drawbridge/internal/policy"
	"drawbridge/internal/register"
	"drawbridge/internal/seal"
	"drawbridge/internal/store"
)

// Local is an installation without a server: the records, the keys, the one
// door for change and the desks behind it.
type Local struct {
	Options Options
	Store   *store.Store
	Keys    *seal.Keyring
	Door    *action.Door
	Log     *slog.Logger

	Account  *account.Desk
	Register *register.Desk
	Custody  *custody.Desk
	Desks

	packs func() (*policy.Workspace, error)
}

// OpenLocal opens an installation for a command that works on its data folder.
// A server may run beside it: both databases let several processes write, one
// after the other. A command that cannot bear that calls [Lock] before.
func OpenLocal(ctx context.Context, opt Options) (*Local, error) {
	if err := opt.Validate(); err != nil {
		return nil, err
	}
	if opt.Now == nil {
		return nil, errors.New("app: a clock is needed")
	}
	if _, err := os.Stat(opt.Data); err != nil && !opt.Create {
		return nil, drawbridge.Errorf(drawbridge.NotFound, "there is no installation in %s (%w): start one with drawbridge serve, or name its folder with --data", opt.Data, cause(err))
	}
	s, err := store.Open(ctx, store.Options{Dir: opt.Data, Database: opt.Database})
	if err != nil {
		return nil, err
	}
	keys, err := openKeys(ctx, s, opt)
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	log := newLogger(opt)
	door := action.New(action.Options{Store: s, Keys: keys, Now: opt.Now, Log: log})
	if err := door.RefreshKeys(ctx); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	l := &Local{Options: opt, Store: s, Keys: keys, Door: door, Log: log, packs: sync.OnceValues(opt.workspace)}
	l.Account = account.New(door, account.Options{Now: opt.Now, Origin: keys.Origin()})
	l.Custody = custody.New(door)
	workspace := func() *policy.Workspace {
		w, err := l.Workspace()
		if err != nil {
			log.LogAttrs(ctx, slog.LevelError, "packs not loaded", slog.Any("error", err))
		}
		return w
	}
	l.Register = register.New(door, register.Options{Version: opt.Version, Workspace: workspace})
	l.Desks = NewDesks(door, l.Register, workspace)
	return l, nil
}

// HasKeys reports whether the installation has keys already.
func (o Options) HasKeys() bool {
	_, err := seal.OpenKeyring(o.keysFolder())
	return drawbridge.KindOf(err) != drawbridge.NotFound
}

// openKeys opens the keys, and makes them while the ledger is empty: later,
// others than those that it began with would open and continue none of it.
func openKeys(ctx context.Context, s *store.Store, opt Options) (*seal.Keyring, error) {
	var size int64
	err := s.View(ctx, func(tx *store.Tx) (err error) {
		size, _, err = tx.Head()
		return err
	})
	if err != nil {
		return nil, err
	}
	dir := opt.keysFolder()
	if size == 0 {
		origin := opt.Origin
		if origin == "" {
			origin = "drawbridge.local/" + strings.ToLower(rand.Text())
		}
		return seal.EnsureKeyring(dir, origin, opt.Now())
	}
	keys, err := seal.OpenKeyring(dir)
	if drawbridge.KindOf(err) == drawbridge.NotFound {
		return nil, drawbridge.Errorf(drawbridge.Unavailable, "the records have %d entries, and their keys are not in %s: put the folder back from a backup, or copy it from the other server; new keys would open nothing of it", size, dir)
	}
	return keys, err
}

// Close closes what OpenLocal opened.
func (l *Local) Close() error { return l.Store.Close() }

// Running returns the number of the server's process on this data folder; ""
// when there is none. With PostgreSQL nobody can know.
func (l *Local) Running() string { return Running(l.Options.Data) }

// Workspace opens the packs by which this installation judges.
func (l *Local) Workspace() (*policy.Workspace, error) { return l.packs() }

func (o Options) workspace() (*policy.Workspace, error) {
	if o.Workspace == "" {
		return policy.BuiltinWorkspace()
	}
	if _, err := os.Stat(filepath.Join(o.Workspace, policy.WorkspaceFile)); err != nil {
		return nil, bad("workspace", o.Workspace, "there is no "+policy.WorkspaceFile+" in this folder")
	}
	return policy.OpenWorkspace(o.Workspace)
}

// CheckHead reports whether the ledger's head is signed by a key of the
// installation. It returns how many entries there are.
func (l *Local) CheckHead(ctx context.Context) (int64, error) {
	var size int64
	var note string
	err := l.Store.View(ctx, func(tx *store.Tx) (err error) {
		size, note, err = tx.Head()
		return err
	})
	if err != nil || size == 0 {
		return 0, err
	}
	cp, err := ledger.OpenCheckpoint([]byte(note), l.Keys.Verifiers())
	switch {
	case err != nil:
		return size, drawbridge.Errorf(drawbridge.Unavailable, "the ledger's head is not signed by a key of %s: it belongs to other keys, or was changed; run drawbridge fsck (%w)", l.Options.keysFolder(), err)
	case cp.Origin != l.Keys.Origin() || cp.Size != size:
		return size, drawbridge.Errorf(drawbridge.Unavailable, "the ledger has %d entries, and its signed head speaks of %d in %s: run drawbridge fsck", size, cp.Size, cp.Origin)
	}
	return size, nil
}

func newLogger(opt Options) *slog.Logger {
	out := opt.Log
	if out == nil {
		out = io.Discard
	}
	var level slog.Level
	if err := level.UnmarshalText([]byte(opt.LogLevel)); err != nil {
		panic(fmt.Sprintf("app: level %q was validated", opt.LogLevel))
	}
	handler := &slog.HandlerOptions{Level: level}
	if opt.LogFormat == "json" {
		return slog.New(slog.NewJSONHandler(out, handler))
	}
	return slog.New(slog.NewTextHandler(out, handler))
}
