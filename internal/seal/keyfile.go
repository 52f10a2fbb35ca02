package seal

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/rogpeppe/go-internal/lockedfile"

	"drawbridge"
)

const (
	fileName   = "keyring.json"
	lockName   = "keyring.lock"
	fileFormat = "drawbridge-keyring/1"
	maxFile    = 1 << 20
	timeLayout = "2006-01-02T15:04:05.000000Z"
)

// keyFile is the file of a keyring. All keys stand in one file, so that each
// step of a rotation is one rename.
type keyFile struct {
	Format string    `json:"format"`
	Origin string    `json:"origin"`
	Keys   []fileKey `json:"keys"` // oldest first
}

// fileKey is one key of the file. It is the only type that holds a secret as a
// plain text, and lives only while a file is read or written.
type fileKey struct {
	ID      string  `json:"id"`
	Purpose Purpose `json:"purpose"`
	State   State   `json:"state"`
	Created string  `json:"created"`
	Secret  string  `json:"secret"` // see newSecret
}

// strict reads JSON into v and refuses what another reader could take
// otherwise: repeated, unknown and missing keys, and keys in another case.
func strict(data []byte, v any) error {
	canonical, err := JSON(data)
	if err != nil {
		return err
	}
	dec := json.NewDecoder(bytes.NewReader(canonical))
	dec.DisallowUnknownFields()
	if err := dec.Decode(v); err != nil {
		return drawbridge.Errorf(drawbridge.Invalid, "JSON: %w", err)
	}
	again, err := Canonical(v)
	if err != nil {
		return err
	}
	if !bytes.Equal(canonical, again) {
		return drawbridge.Errorf(drawbridge.Invalid, "JSON: a key is missing, null, or written in another case")
	}
	return nil
}

func parseFile(data []byte) (keyFile, error) {
	var f keyFile
	if err := strict(data, &f); err != nil {
		return keyFile{}, err
	}
	if f.Format != fileFormat {
		return keyFile{}, drawbridge.Errorf(drawbridge.Invalid, "the format is %q, and this program reads %s; use the program that wrote it", f.Format, fileFormat)
	}
	return f, nil
}

func readFile(dir string) (keyFile, error) {
	if err := privateFolder(dir); err != nil {
		return keyFile{}, err
	}
	path := filepath.Join(dir, fileName)
	file, err := os.Open(path) //nolint:gosec // the operator names the folder
	if err != nil {
		return keyFile{}, noKeys(dir, err)
	}
	defer func() { _ = file.Close() }() // only read
	info, err := file.Stat()
	if err != nil {
		return keyFile{}, fmt.Errorf("read the keys: %w", err)
	}
	if err := private(path, info.Mode(), 0o600); err != nil {
		return keyFile{}, err
	}
	data, err := io.ReadAll(io.LimitReader(file, maxFile+1))
	if err != nil {
		return keyFile{}, fmt.Errorf("read the keys: %w", err)
	}
	if len(data) > maxFile {
		return keyFile{}, drawbridge.Errorf(drawbridge.TooLarge, "%s is larger than %d bytes; that is no keyring", path, maxFile)
	}
	f, err := parseFile(data)
	if err != nil {
		return keyFile{}, drawbridge.Errorf(drawbridge.KindOf(err), "%s: %w", path, err)
	}
	return f, nil
}

func privateFolder(dir string) error {
	info, err := os.Stat(dir)
	if err != nil {
		return noKeys(dir, err)
	}
	return private(dir, info.Mode(), fs.ModeDir|0o700)
}

// private refuses what group or others may use in any way.
func private(path string, mode, want fs.FileMode) error {
	if mode.Type() != want.Type() {
		return drawbridge.Errorf(drawbridge.Invalid, "%s is of the wrong type (%s); keys are kept in the file %s of a folder", path, mode, fileName)
	}
	if mode.Perm()&0o077 != 0 {
		return drawbridge.Errorf(drawbridge.Invalid, "%s holds keys and is open to others than its owner (mode %04o); run: chmod %o %q",
			path, mode.Perm(), want.Perm(), path)
	}
	return nil
}

func noKeys(path string, err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return drawbridge.Errorf(drawbridge.NotFound, "%s has no keys; run: drawbridge keys new", path)
	}
	return fmt.Errorf("read the keys: %w", err)
}

func makeFolder(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return drawbridge.Errorf(drawbridge.Unavailable, "the folder %s for keys cannot be made: %w", dir, err)
	}
	if err := privateFolder(dir); err != nil {
		return err
	}
	return syncFolder(filepath.Dir(dir))
}

// lock keeps other processes from writing the folder. Readers need none: they
// see the file before or after a rename.
func lock(dir string) (unlock func(), err error) {
	f, err := lockedfile.OpenFile(filepath.Join(dir, lockName), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, drawbridge.Errorf(drawbridge.Unavailable, "the folder %s for keys cannot be locked: %w", dir, err)
	}
	return func() { _ = f.Close() }, nil // nothing was written to it
}

// writeFile replaces the file in one step: a crash leaves the old or the new.
// The caller holds the lock.
func writeFile(dir string, f keyFile) (err error) {
	data, err := json.MarshalIndent(f, "", "  ")
	if err != nil {
		return fmt.Errorf("write the keys: %w", err)
	}
	path := filepath.Join(dir, fileName)
	temp := path + ".new"
	defer func() {
		if err != nil {
			_ = os.Remove(temp)
			err = drawbridge.Errorf(drawbridge.Unavailable, "%s cannot be written: %w", path, err)
		}
	}()
	if err := os.Remove(temp); err != nil && !errors.Is(err, fs.ErrNotExist) { // left by a crash
		return err
	}
	if err := writeSynced(temp, append(data, '\n')); err != nil {
		return err
	}
	if err := os.Rename(temp, path); err != nil {
		return err
	}
	return syncFolder(dir)
}

func writeSynced(path string, data []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600) //nolint:gosec // the operator names the folder
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	return errors.Join(err, f.Sync(), f.Close())
}

func syncFolder(dir string) error {
	d, err := os.Open(dir) //nolint:gosec // the operator names the folder
	if err != nil {
		return fmt.Errorf("sync the folder of keys: %w", err)
	}
	return errors.Join(d.Sync(), d.Close())
}
