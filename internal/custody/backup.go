package custody

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
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

// BackupFormat is the form of a backup, as its first member says.
const BackupFormat = "drawbridge-backup/1"

// BackupOptions say how a backup is written. With a recipient or a passphrase
// it is encrypted whole (age) and holds the keys; without, it holds none.
type BackupOptions struct {
	Recipient  string // age1…
	Passphrase seal.Hidden
	Progress   func(part string, done, all int64)
}

// Backup is what a backup says of itself.
type Backup struct {
	Format     string        `json:"format"`
	ID         string        `json:"id"`
	CreatedAt  time.Time     `json:"created_at"`
	Schema     int64         `json:"schema"`
	Database   string        `json:"database"` // from which it came: sqlite or postgres
	Origin     string        `json:"origin"`
	Entries    int64         `json:"entries"`    // of the ledger
	Root       string        `json:"root"`       // of the ledger, base64
	Checkpoint string        `json:"checkpoint"` // signed
	Keys       bool          `json:"keys"`       // whether it holds the keys
	Tables     []store.Table `json:"tables,omitempty"`
}

// BackupReport is the outcome of a backup.
type BackupReport struct {
	Backup
	Rows  int64 `json:"rows"`
	Files int64 `json:"files"`
	Bytes int64 `json:"bytes"` // that were written
}

// chunk is how many bytes of rows make one member. Nothing larger is kept in
// memory than one of them and one row.
const chunk = 4 << 20

// errMoved takes a backup back during which something was removed that it names.
var errMoved = drawbridge.Errorf(drawbridge.Conflict, "a file was purged or a key changed while the backup was written: start it again")

// Backup writes everything that the installation keeps, as of one moment,
// while it is in use. That it was made is in the ledger, and in the backup.
func (d *Desk) Backup(ctx context.Context, actor access.Actor, w io.Writer, opt BackupOptions) (BackupReport, error) {
	b := backup{ctx: ctx, desk: d, opt: opt, report: BackupReport{Backup: Backup{
		Format: BackupFormat, ID: drawbridge.NewID("bak", d.now()), CreatedAt: d.now(), Origin: d.door.Keys().Origin(),
		Keys: opt.Recipient != "" || !opt.Passphrase.Empty(),
	}}}
	if opt.Progress == nil {
		b.opt.Progress = func(string, int64, int64) {}
	}
	count := &counter{out: w}
	sealed, err := opt.encrypt(count)
	if err != nil {
		return BackupReport{}, err
	}
	act := action.Act{Actor: actor, Action: access.Backup, Object: access.Object{Kind: "backup", ID: b.report.ID}}
	_, _, err = action.Do(ctx, d.door, act, func(tx *store.Tx) (struct{}, error) {
		tx.Note("encrypted", b.report.Keys)
		return struct{}{}, nil
	})
	if err != nil {
		return BackupReport{}, err
	}
	before, err := d.door.Keys().Export()
	if err != nil {
		return BackupReport{}, err
	}
	b.out = newPacker(sealed)
	err = d.door.View(ctx, act, func(tx *store.Tx) error {
		b.tx = tx
		return b.write(before)
	})
	if err == nil {
		err = errors.Join(b.out.close(), sealed.Close())
	}
	if err != nil {
		return BackupReport{}, err
	}
	b.report.Bytes = count.n
	return b.report, nil
}

// encrypt returns where the archive is written to.
func (o BackupOptions) encrypt(w io.Writer) (io.WriteCloser, error) {
	var to age.Recipient
	var err error
	switch {
	case o.Recipient != "" && !o.Passphrase.Empty():
		return nil, drawbridge.Errorf(drawbridge.Invalid, "give a recipient or a passphrase, not both")
	case o.Recipient != "":
		if to, err = age.ParseX25519Recipient(o.Recipient); err != nil {
			return nil, drawbridge.Errorf(drawbridge.Invalid, "the recipient is no age key: write age1… as age-keygen prints it")
		}
	case !o.Passphrase.Empty():
		if to, err = age.NewScryptRecipient(o.Passphrase.Reveal()); err != nil {
			return nil, drawbridge.Errorf(drawbridge.Invalid, "the passphrase cannot be used")
		}
	default:
		return struct {
			io.Writer
			io.Closer
		}{w, io.NopCloser(nil)}, nil
	}
	sealed, err := age.Encrypt(w, to)
	if err != nil {
		return nil, fmt.Errorf("encrypt the backup: %w", err)
	}
	return sealed, nil
}

type counter struct {
	out io.Writer
	n   int64
}

func (c *counter) Write(p []byte) (int, error) {
	n, err := c.out.Write(p)
	c.n += int64(n)
	return n, err
}

// backup is one backup being written.
type backup struct {
	ctx    context.Context //nolint:containedctx // it lives no longer than the call that it was made for
	desk   *Desk
	opt    BackupOptions
	out    *packer
	tx     *store.Tx
	report BackupReport
}

func (b *backup) write(before seal.Hidden) error {
	if err := b.header(); err != nil {
		return err
	}
	keys, err := b.desk.door.Keys().Export()
	if err != nil {
		return err
	}
	if !keys.Equal(before) { // those of before this moment and those of it must be the same
		return errMoved
	}
	for _, t := range b.report.Tables {
		if err := b.table(t); err != nil {
			return err
		}
	}
	if err := b.files(); err != nil || !b.report.Keys {
		return err
	}
	text := keys.Reveal()
	return b.out.add(keysName, int64(len(text)), strings.NewReader(text))
}

// header reads what is needed before the rows; with it the moment begins.
func (b *backup) header() error {
	size, note, err := b.tx.Head()
	if err != nil {
		return err
	}
	cp, err := ledger.OpenCheckpoint([]byte(note), b.desk.door.Keys().Verifiers())
	if err != nil {
		return drawbridge.Errorf(drawbridge.Unavailable, "the ledger's head is not signed by a key of this installation: run drawbridge fsck (%w)", err)
	}
	r := &b.report
	r.Entries, r.Root, r.Checkpoint, r.Database = size, cp.Root.String(), note, "sqlite"
	if b.desk.door.Store().Postgres() {
		r.Database = "postgres"
	}
	if r.Schema, err = b.tx.Schema(); err != nil {
		return err
	}
	if r.Tables, err = b.tx.Tables(); err != nil {
		return err
	}
	b.out.man.Entries, b.out.man.Root = r.Entries, r.Root
	data, err := json.Marshal(r.Backup)
	if err != nil {
		return fmt.Errorf("write the backup: %w", err)
	}
	return b.out.add(headerName, int64(len(data)), bytes.NewReader(data))
}

// rowsName names a member with rows of a table.
func rowsName(table string, n int) string { return fmt.Sprintf("rows/%s/%06d.jsonl.gz", table, n) }

// table writes the rows of one table.
func (b *backup) table(t store.Table) error {
	var raw, packed bytes.Buffer
	zip, err := gzip.NewWriterLevel(&packed, gzip.BestSpeed)
	if err != nil {
		return err
	}
	n := 0
	flush := func() error {
		if raw.Len() == 0 {
			return nil
		}
		n++
		zip.Reset(&packed)
		if _, err := raw.WriteTo(zip); err != nil {
			return err
		}
		if err := zip.Close(); err != nil {
			return err
		}
		err := b.out.add(rowsName(t.Name, n), int64(packed.Len()), &packed)
		packed.Reset()
		return err
	}
	lines := json.NewEncoder(&raw)
	lines.SetEscapeHTML(false)
	var rows int64
	err = b.tx.Rows(t, func(row []any) error {
		if err := lines.Encode(row); err != nil {
			return fmt.Errorf("write %s: %w", t.Name, err)
		}
		rows++
		if raw.Len() < chunk {
			return nil
		}
		b.opt.Progress(t.Name, rows, 0)
		return flush()
	})
	if err == nil {
		err = flush()
	}
	b.report.Rows += rows
	b.out.man.Rows[t.Name] = rows
	return err
}

// fileName names the member with a file.
func fileName(digest string) string { return "files/" + strings.TrimPrefix(digest, "sha256:") }

// files copies each file that a record names, as it lies there: encrypted.
func (b *backup) files() error {
	for after := ""; ; {
		list, err := b.tx.BlobsAfter(after, batch)
		if err != nil {
			return err
		}
		if len(list) == 0 {
			b.out.man.Files = b.report.Files
			return nil
		}
		for _, x := range list {
			if err := b.ctx.Err(); err != nil {
				return err
			}
			after = x.ID
			if err := b.file(x.ID); err != nil {
				return err
			}
			b.report.Files++
			b.opt.Progress("files", b.report.Files, 0)
		}
	}
}

func (b *backup) file(digest string) error {
	path, err := b.desk.door.Store().Blobs().Path(digest)
	if err != nil {
		return err
	}
	f, err := os.Open(path) //nolint:gosec // the path is made of a digest
	if errors.Is(err, os.ErrNotExist) {
		return b.gone(digest)
	}
	if err != nil {
		return fmt.Errorf("back up a file: %w", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return fmt.Errorf("back up a file: %w", err)
	}
	return b.out.add(fileName(digest), info.Size(), f)
}

// gone tells a file that was purged meanwhile from one that was lost.
func (b *backup) gone(digest string) error {
	return b.desk.door.Store().View(b.ctx, func(tx *store.Tx) error {
		have, err := tx.Existing("blob", []string{digest})
		if err == nil && !have[digest] {
			return errMoved
		}
		return errors.Join(err, drawbridge.Errorf(drawbridge.Unavailable, "the file %s is missing, so the backup would not be whole: run drawbridge fsck", digest))
	})
}

// tries is how often a backup to a file is started when something is purged
// under it.
const tries = 3

// BackupFile is Backup to a file, which stands there whole or not at all.
func (d *Desk) BackupFile(ctx context.Context, actor access.Actor, path string, opt BackupOptions) (report BackupReport, err error) {
	for range tries {
		report, err = d.backupFile(ctx, actor, path, opt)
		if !errors.Is(err, errMoved) {
			return report, err
		}
	}
	return report, err
}

func (d *Desk) backupFile(ctx context.Context, actor access.Actor, path string, opt BackupOptions) (report BackupReport, err error) {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*") // for its owner alone
	if err != nil {
		return report, drawbridge.Errorf(drawbridge.Invalid, "the backup %s cannot be written: %w", path, pathless(err))
	}
	defer func() {
		_ = f.Close()
		_ = os.Remove(f.Name()) // it has its name by then, or is no backup
	}()
	if report, err = d.Backup(ctx, actor, f, opt); err != nil {
		if _, ok := errors.AsType[*os.PathError](err); ok {
			err = drawbridge.Errorf(drawbridge.Unavailable, "the backup %s cannot be written: %w", path, pathless(err))
		}
		return report, err
	}
	if err := errors.Join(f.Sync(), os.Rename(f.Name(), path), syncFolder(filepath.Dir(path))); err != nil {
		return report, drawbridge.Errorf(drawbridge.Unavailable, "the backup %s cannot be written: %w", path, pathless(err))
	}
	return report, nil
}

func syncFolder(dir string) error {
	f, err := os.Open(dir) //nolint:gosec // the operator names the folder
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// pathless drops the path of a file error: the message names it already.
func pathless(err error) error {
	if p, ok := errors.AsType[*os.PathError](err); ok {
		return p.Err
	}
	return err
}
