package app

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"drawbridge"
)

// lockName is the file that a server holds while it works on a data folder. It
// is never removed: whoever removes a lock may take it from somebody else.
const lockName = "server.lock"

// Lock takes a data folder for this process alone, as a server with SQLite and
// `restore` do. Somebody else at work there is a conflict.
func Lock(dir string) (release func(), err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, drawbridge.Errorf(drawbridge.Unavailable, "data folder %s: %w; name another with --data", dir, cause(err))
	}
	f, err := os.OpenFile(filepath.Join(dir, lockName), os.O_RDWR|os.O_CREATE, 0o600) //nolint:gosec // the operator names the folder
	if err != nil {
		return nil, drawbridge.Errorf(drawbridge.Unavailable, "data folder %s: %w; name another with --data", dir, cause(err))
	}
	ok, err := tryLock(f, false)
	for range 10 { // Running may hold it for a moment
		if ok || err != nil {
			break
		}
		time.Sleep(10 * time.Millisecond)
		ok, err = tryLock(f, false)
	}
	if ok {
		// The number is for the message alone, so a failure to write it is none.
		if f.Truncate(0) == nil {
			_, _ = f.WriteAt([]byte(strconv.Itoa(os.Getpid())+"\n"), 0)
		}
		return sync.OnceFunc(func() { _ = f.Close() }), nil
	}
	holder := readPID(f)
	_ = f.Close()
	if err != nil {
		return nil, drawbridge.Errorf(drawbridge.Unavailable, "data folder %s cannot be locked: %w", dir, err)
	}
	return nil, drawbridge.Errorf(drawbridge.Conflict, "process %s works on the data folder %s: stop it first, or name another folder with --data", holder, dir)
}

// Running returns the number of the process that holds a data folder; "" when
// there is none.
func Running(dir string) string {
	f, err := os.Open(filepath.Join(dir, lockName)) //nolint:gosec // the operator names the folder
	if err != nil {
		return ""
	}
	defer f.Close()
	if ok, err := tryLock(f, true); ok || err != nil {
		return ""
	}
	return readPID(f)
}

func readPID(f *os.File) string {
	b := make([]byte, 20)
	n, _ := f.ReadAt(b, 0)
	if pid := strings.TrimSpace(string(b[:n])); pid != "" {
		return pid
	}
	return "?"
}

// cause drops the path of a file error: the message names it already.
func cause(err error) error {
	if p, ok := errors.AsType[*os.PathError](err); ok {
		return p.Err
	}
	return err
}
