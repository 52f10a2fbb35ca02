package cli

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"drawbridge"
)

// path makes a file name absolute, from the working directory of the command.
func (e *Env) path(name string) string {
	if filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(e.Dir, name)
}

// output writes a result to stdout, or to a file that is replaced as a whole:
// after an error the old file still stands.
func (e *Env) output(name string, write func(io.Writer) error) error {
	if name == "" || name == "-" {
		return write(e.Stdout)
	}
	var b bytes.Buffer
	if err := write(&b); err != nil {
		return err
	}
	return replaceFile(e.path(name), b.Bytes(), 0o644)
}

// replaceFile writes data beside path and renames it into place. What stands
// there and is no plain file is kept: a device or a pipe is written to.
func replaceFile(path string, data []byte, mode os.FileMode) error {
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return drawbridge.Errorf(drawbridge.Invalid, "cannot write %s: this is a folder; name a file in it", path)
	} else if err == nil && !info.Mode().IsRegular() {
		return writeThrough(path, data)
	}
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return drawbridge.Errorf(drawbridge.Invalid, "cannot write %s: %w", path, cause(err))
	}
	defer os.Remove(f.Name())
	_, err = f.Write(data)
	if err == nil {
		err = f.Chmod(mode)
	}
	if err == nil {
		err = f.Sync()
	}
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return drawbridge.Errorf(drawbridge.Unavailable, "cannot write %s: %w", path, err)
	}
	return nil
}

// writeThrough writes to a device or a pipe. It does not wait for a pipe's reader.
func writeThrough(path string, data []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|syscall.O_NONBLOCK, 0) //nolint:gosec // the person names the file
	if err != nil {
		return drawbridge.Errorf(drawbridge.Invalid, "cannot write %s: %w", path, cause(err))
	}
	_, err = f.Write(data)
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return drawbridge.Errorf(drawbridge.Unavailable, "cannot write %s: %w", path, cause(err))
	}
	return nil
}

// asOf reads the --as-of flag: a day (its end, UTC) or an instant; empty is now.
func (e *Env) asOf(s string) (time.Time, error) {
	if s == "" {
		return e.Now().UTC(), nil
	}
	if t, err := time.Parse(time.RFC3339, s); err == nil {
		return t.UTC(), nil
	}
	d, err := drawbridge.ParseDate(s)
	if err != nil {
		return time.Time{}, usageError{fmt.Errorf("--as-of %q: write a day like 2026-11-21 or an instant like 2026-11-21T12:00:00Z", s)}
	}
	return d.End().Add(-time.Second), nil
}

// progress tells a person what is going on; it is silent when stderr is no terminal.
func (e *Env) progress(format string, args ...any) {
	if e.terminal(e.Stderr) {
		fmt.Fprintf(e.Stderr, "\r\x1b[K%s", strings.TrimRight(fmt.Sprintf(format, args...), "\n"))
	}
}

// progressDone wipes the line of progress.
func (e *Env) progressDone() {
	if e.terminal(e.Stderr) {
		fmt.Fprint(e.Stderr, "\r\x1b[K")
	}
}

// readFile reads a plain file of at most limit bytes that the person names. A
// pipe or a device is refused before it is opened: that could wait for ever.
func (e *Env) readFile(what, name string, limit int64) ([]byte, error) {
	path := e.path(name)
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return nil, drawbridge.Errorf(drawbridge.NotFound, "%s %s cannot be read: %w", what, name, cause(err))
	case info.IsDir():
		return nil, drawbridge.Errorf(drawbridge.Invalid, "%s %s is a folder; name the file in it", what, name)
	case !info.Mode().IsRegular():
		return nil, drawbridge.Errorf(drawbridge.Invalid, "%s %s is a pipe or a device; save what it holds to a file, and name that", what, name)
	case info.Size() > limit:
		return nil, drawbridge.Errorf(drawbridge.TooLarge, "%s %s has %s; at most %s are read", what, name, drawbridge.Size(info.Size()), drawbridge.Size(limit))
	}
	data, err := os.ReadFile(path) //nolint:gosec // the person names the file
	if err != nil {
		return nil, drawbridge.Errorf(drawbridge.NotFound, "%s %s cannot be read: %w", what, name, cause(err))
	}
	return data, nil
}

// cause drops the path of a file error: the message names the file already.
func cause(err error) error {
	p, ok := errors.AsType[*fs.PathError](err)
	switch {
	case !ok:
		return err
	case errors.Is(p.Err, fs.ErrNotExist):
		return errors.New("there is no such file or folder")
	}
	return p.Err
}
