package custody

import (
	"bufio"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"filippo.io/age"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/action"
	"drawbridge/internal/ledger"
	"drawbridge/internal/seal"
	"drawbridge/internal/store"
)

// RestoreOptions say where a backup is restored to, and what opens it.
type RestoreOptions struct {
	Data       string // a folder that is empty or not there
	Database   string // postgres://… of an empty database; empty for SQLite in the folder
	Keys       string // folder with the keys, for a backup that holds none
	Passphrase seal.Hidden
	Identity   seal.Hidden // what the file of an age identity holds
	Now        func() time.Time
	Progress   func(part string, done, all int64)
}

// RestoreReport is the outcome of a restore.
type RestoreReport struct {
	Backup
	Rows     int64       `json:"rows"`
	Files    int64       `json:"files"`
	Verified bool        `json:"verified"` // state, files and ledger agree, and the root is the one that was signed
	Check    CheckReport `json:"check"`
	Entry    int64       `json:"entry"` // of the ledger, which tells of the restore; -1 when it is not verified
}

// Restore makes an installation of a backup, in an empty place, and compares
// what came of it with the ledger. An archive that is not as it was written
// leaves nothing behind. One that is, but whose record was tampered with before,
// is restored and not verified: the report names the differences.
func Restore(ctx context.Context, r io.Reader, opt RestoreOptions) (RestoreReport, error) {
	if opt.Progress == nil {
		opt.Progress = func(string, int64, int64) {}
	}
	x := restoring{ctx: ctx, opt: opt}
	if err := x.open(r); err != nil {
		return RestoreReport{}, err
	}
	made, err := emptyFolder(opt.Data)
	if err != nil {
		return RestoreReport{}, err
	}
	s, err := store.Restore(ctx, store.Options{Dir: opt.Data, Database: opt.Database}, x.report.Schema, x.fill)
	if err != nil {
		return RestoreReport{}, errors.Join(err, clear(opt.Data, made))
	}
	err = x.finish(s) // from here on all is there; broken off, the folder stays marked
	return x.report, errors.Join(err, s.Close())
}

// VerifyBackup is Restore into a place that is thrown away.
func VerifyBackup(ctx context.Context, r io.Reader, opt RestoreOptions) (RestoreReport, error) {
	dir, err := os.MkdirTemp(opt.Data, "drawbridge-verify-")
	if err != nil {
		return RestoreReport{}, drawbridge.Errorf(drawbridge.Unavailable, "a backup is verified by restoring it, and there is no room for that: %w", pathless(err))
	}
	opt.Data, opt.Database = filepath.Join(dir, "data"), ""
	report, err := Restore(ctx, r, opt)
	return report, errors.Join(err, os.RemoveAll(dir))
}

// keptInFolder may lie in a folder that counts as empty.
var keptInFolder = []string{"server.lock", "lost+found"}

// emptyFolder refuses a folder that holds anything but what a restore left that
// was broken off. It reports whether it made the folder.
func emptyFolder(dir string) (made bool, err error) {
	list, err := os.ReadDir(dir)
	if errors.Is(err, os.ErrNotExist) {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return false, drawbridge.Errorf(drawbridge.Unavailable, "the folder %s cannot be made: %w", dir, pathless(err))
		}
		return true, nil
	}
	if err != nil {
		return false, drawbridge.Errorf(drawbridge.Invalid, "the folder %s cannot be read: %w", dir, pathless(err))
	}
	if store.Unfinished(dir) {
		return false, clear(dir, false)
	}
	for _, e := range list {
		if !slices.Contains(keptInFolder, e.Name()) {
			return false, drawbridge.Errorf(drawbridge.Conflict, "the folder %s is not empty: name a new one", dir)
		}
	}
	return false, nil
}

// clear removes what was restored, the mark of it last, and the folder if it was made.
func clear(dir string, made bool) error {
	if made {
		return os.RemoveAll(dir)
	}
	list, err := os.ReadDir(dir)
	for _, e := range list {
		if !slices.Contains(keptInFolder, e.Name()) && err == nil && !store.Mark(e.Name()) {
			err = os.RemoveAll(filepath.Join(dir, e.Name()))
		}
	}
	if err == nil {
		err = store.Unmark(dir)
	}
	return err
}

// restoring is one restore under way.
type restoring struct {
	ctx    context.Context //nolint:containedctx // it lives no longer than the call that it was made for
	opt    RestoreOptions
	in     *unpacker
	keys   seal.Hidden // that the backup holds
	ring   *seal.Keyring
	report RestoreReport
}

// ageMagic is how an encrypted backup begins.
const ageMagic = "age-encryption.org/"

// open reads the head of the archive.
func (x *restoring) open(r io.Reader) error {
	in := bufio.NewReaderSize(r, 1<<20)
	begin, err := in.Peek(len(ageMagic))
	if err != nil && !errors.Is(err, io.EOF) {
		return unreadable(err)
	}
	if string(begin) == ageMagic {
		if r, err = x.decrypt(in); err != nil {
			return err
		}
		in = bufio.NewReaderSize(r, 1<<20)
	}
	x.in = newUnpacker(in)
	h, err := x.in.next()
	if err != nil {
		return drawbridge.Errorf(drawbridge.Invalid, "this is no backup, or a damaged one: %w", err)
	}
	if h.Name != headerName || h.Size > maxHeader {
		return drawbridge.Errorf(drawbridge.Invalid, "this is no backup: it does not begin with %s", headerName)
	}
	data, err := io.ReadAll(x.in.body)
	if err != nil {
		return unreadable(err)
	}
	if err := readStrict(data, &x.report.Backup); err != nil {
		return damaged("its header cannot be read")
	}
	switch b := x.report.Backup; {
	case b.Format != BackupFormat:
		return drawbridge.Errorf(drawbridge.Invalid, "the backup's format is %.40q, and this program reads %s: use the drawbridge that wrote it", b.Format, BackupFormat)
	case !b.Keys && x.opt.Keys == "":
		return drawbridge.Errorf(drawbridge.Invalid, "this backup holds no keys: name their folder, which was kept elsewhere, with --keys")
	case b.Keys && x.opt.Keys != "":
		return drawbridge.Errorf(drawbridge.Invalid, "this backup holds its keys: leave --keys out")
	}
	return nil
}

func (x *restoring) decrypt(in io.Reader) (io.Reader, error) {
	var ids []age.Identity
	if !x.opt.Passphrase.Empty() {
		id, err := age.NewScryptIdentity(x.opt.Passphrase.Reveal())
		if err != nil {
			return nil, drawbridge.Errorf(drawbridge.Invalid, "the passphrase cannot be used")
		}
		ids = append(ids, id)
	}
	if !x.opt.Identity.Empty() {
		list, err := age.ParseIdentities(strings.NewReader(x.opt.Identity.Reveal()))
		if err != nil {
			return nil, drawbridge.Errorf(drawbridge.Invalid, "the file of the identity holds no age identity: it has a line AGE-SECRET-KEY-1…")
		}
		ids = append(ids, list...)
	}
	if len(ids) == 0 {
		return nil, drawbridge.Errorf(drawbridge.Invalid, "the backup is encrypted: give --passphrase-file or --identity-file")
	}
	r, err := age.Decrypt(in, ids...)
	if _, ok := errors.AsType[*age.NoIdentityMatchError](err); ok {
		return nil, drawbridge.Errorf(drawbridge.Invalid, "the passphrase or the identity does not open the backup")
	}
	if err != nil {
		return nil, unreadable(err)
	}
	return r, nil
}

// fill loads everything, and puts the keys in place once the archive is proved.
func (x *restoring) fill(l *store.Loader) error {
	if err := x.members(l); err != nil {
		return err
	}
	keys, err := x.placeKeys()
	if err != nil {
		return err
	}
	cp, err := ledger.OpenCheckpoint([]byte(x.report.Checkpoint), keys.Verifiers())
	if err != nil || cp.Origin != x.report.Origin || cp.Size != x.report.Entries || cp.Root.String() != x.report.Root {
		return drawbridge.Errorf(drawbridge.Invalid, "the backup's checkpoint is not signed by these keys: they belong to another installation, or the backup was forged")
	}
	x.ring = keys
	return nil
}

// finish checks everything, and lets the ledger go on.
func (x *restoring) finish(s *store.Store) error {
	door := action.New(action.Options{Store: s, Keys: x.ring, Now: x.opt.Now})
	if err := door.RefreshKeys(x.ctx); err != nil {
		return err
	}
	desk := New(door)
	var err error
	if x.report.Check, err = desk.Check(x.ctx, access.Keeper(), CheckOptions{Progress: x.opt.Progress}); err != nil {
		return err
	}
	x.report.Entry = -1
	x.report.Verified = x.report.Check.OK && x.report.Check.Root == x.report.Root && x.report.Check.Entries == x.report.Entries
	if x.report.Verified {
		if x.report.Entry, err = desk.restored(x.ctx, x.report); err != nil {
			return err
		}
	}
	return s.Restored()
}

// restored has the ledger tell that it goes on from a backup, so that nobody
// takes what came after it for lost by accident.
func (d *Desk) restored(ctx context.Context, r RestoreReport) (int64, error) {
	act := action.Act{Actor: access.Keeper(), Action: access.Restore, Object: access.Object{Kind: "backup", ID: r.ID}}
	_, receipt, err := action.Do(ctx, d.door, act, func(tx *store.Tx) (struct{}, error) {
		tx.Note("backup", map[string]any{"id": r.ID, "created_at": store.Time(r.CreatedAt), "entries": r.Entries, "root": r.Root})
		return struct{}{}, nil
	})
	return receipt.Seq, err
}

// placeKeys puts the keys into the data folder.
func (x *restoring) placeKeys() (*seal.Keyring, error) {
	if !x.report.Keys {
		kept, err := seal.OpenKeyring(x.opt.Keys)
		if err != nil {
			return nil, err
		}
		if x.keys, err = kept.Export(); err != nil {
			return nil, err
		}
	}
	return seal.ImportKeyring(filepath.Join(x.opt.Data, "keys"), x.keys)
}
