package app

import (
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"

	"drawbridge"
	"drawbridge/internal/notify"
	"drawbridge/internal/policy"
	"drawbridge/internal/seed"
	"drawbridge/internal/tour"
)

// Tour are the options of the demonstration whose record this is.
func (l *Local) Tour(progress func(done, total int)) (tour.Options, error) {
	messages, err := notify.New(notify.Options{Door: l.Door})
	if err != nil {
		return tour.Options{}, err
	}
	workspace := func() *policy.Workspace {
		w, _ := l.Workspace() // it was opened before
		return w
	}
	return tour.Options{
		Dir: l.Options.Data, Now: l.Options.Now, Account: l.Account, Register: l.Register, Inquiry: l.Inquiry, Review: l.Review, Notify: messages,
		Seed: seed.Options{Store: l.Store, Keys: l.Keys, Workspace: workspace, Version: l.Options.Version, Progress: progress},
	}, nil
}

// MakeDemo makes the demonstration's record in the data folder, unless it is
// there. It is made beside, and takes the folder's name when it is whole: what is
// cut short leaves nothing that looks like a record.
func MakeDemo(ctx context.Context, opt Options, progress func(done, total int)) (err error) {
	switch {
	case opt.Database != "":
		return drawbridge.Errorf(drawbridge.Invalid, "database: a demonstration keeps its record in a folder of its own; leave the database out")
	case !loopbackHost(opt.Listen):
		return drawbridge.Errorf(drawbridge.Invalid, "listen: a demonstration lets everybody in with one press, so it answers this machine alone; %s is not on loopback", opt.Listen)
	}
	if made, err := tour.Made(opt.Data); err != nil || made {
		return err
	}
	if there, err := os.ReadDir(opt.Data); err == nil && len(there) > 0 {
		return drawbridge.Errorf(drawbridge.Conflict, "%s holds something that is no demonstration: leave --data out, or name a folder that is not there yet", opt.Data)
	}
	aside := opt
	aside.Data, aside.Create = filepath.Clean(opt.Data)+".part", true
	if err := os.RemoveAll(aside.Data); err != nil { // of a start that was cut short
		return drawbridge.Errorf(drawbridge.Unavailable, "remove %s: %w", aside.Data, err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(aside.Data)) }()
	if err := makeDemo(ctx, aside, progress); err != nil {
		return err
	}
	if err := os.Remove(opt.Data); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return os.Rename(aside.Data, opt.Data)
}

func makeDemo(ctx context.Context, opt Options, progress func(done, total int)) (err error) {
	l, err := OpenLocal(ctx, opt)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, l.Close()) }()
	if _, err := l.Workspace(); err != nil {
		return err
	}
	o, err := l.Tour(progress)
	if err != nil {
		return err
	}
	return tour.Make(ctx, o)
}

// loopbackHost reports whether an address to listen on is this machine's alone.
func loopbackHost(listen string) bool {
	host, _, err := net.SplitHostPort(listen)
	ip := net.ParseIP(host)
	return err == nil && (host == "localhost" || ip != nil && ip.IsLoopback())
}
