package app

import (
	"context"
	"fmt"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"drawbridge/internal/access"
	"drawbridge/internal/ledger"
	"drawbridge/internal/store"
)

// recent is how many of the last entries the doctor looks at; fsck reads them all.
const recent = 1000

func (d *doctor) ledger(ctx context.Context) {
	if d.store == nil || d.keys == nil {
		d.add("ledger", HealthSkipped, "the database and the keys are needed", "")
		return
	}
	l := &Local{Options: d.opt, Store: d.store, Keys: d.keys}
	size, err := l.CheckHead(ctx)
	if err == nil {
		err = d.store.View(ctx, func(tx *store.Tx) error { return recentEntries(tx, size) })
	}
	if err != nil {
		d.add("ledger", HealthFail, err.Error(), "run drawbridge fsck: it names each difference")
		return
	}
	d.add("ledger", HealthOK, fmt.Sprintf("%d entries, head signed by our key, the last %d match the tree", size, min(size, recent)), "")
}

// recentEntries holds the last entries to the hashes of the tree.
func recentEntries(tx *store.Tx, size int64) error {
	leaves, err := tx.LeavesBefore(size, recent)
	if err != nil {
		return err
	}
	if int64(len(leaves)) != min(size, recent) {
		return fmt.Errorf("%d of the last %d entries are missing", min(size, recent)-int64(len(leaves)), min(size, recent))
	}
	indexes := make([]int64, len(leaves))
	for i, l := range leaves {
		indexes[i] = tlog.StoredHashIndex(0, l.Seq)
	}
	hashes, err := tx.ReadHashes(indexes)
	if err != nil {
		return err
	}
	for i, l := range leaves {
		if ledger.Hash(l.Data) != hashes[i] {
			return fmt.Errorf("entry %d is not what was appended", l.Seq)
		}
	}
	return nil
}

func (d *doctor) clock(ctx context.Context) {
	if d.store == nil {
		return
	}
	var last time.Time
	err := d.store.View(ctx, func(tx *store.Tx) error {
		size, _, err := tx.Head()
		if err != nil || size == 0 {
			return err
		}
		leaves, err := tx.LeavesBefore(size, 1)
		if err != nil || len(leaves) == 0 {
			return err
		}
		e, err := ledger.Decode(leaves[0].Data)
		last = e.At
		return err
	})
	now := d.opt.Now().UTC()
	switch {
	case err != nil:
		d.fail("clock", err, "run drawbridge fsck")
	case last.After(now.Add(time.Minute)):
		d.add("clock", HealthFail, fmt.Sprintf("the last entry is of %s, and it is %s now", last.Format(time.RFC3339), now.Format(time.RFC3339)), "set the clock of this machine, and let it follow a time server")
	default:
		d.add("clock", HealthOK, now.Format(time.RFC3339), "")
	}
}

// overdue is how long work may wait.
const overdue = 10 * time.Minute

func (d *doctor) jobs(ctx context.Context) {
	if d.store == nil {
		return
	}
	var b store.Backlog
	err := d.store.View(ctx, func(tx *store.Tx) (err error) {
		b, err = tx.Backlog(d.opt.Now())
		return err
	})
	switch {
	case err != nil:
		d.fail("jobs", err, "see that the database answers")
	case b.Due > 0 && d.opt.Now().Sub(b.Oldest) > overdue:
		d.add("jobs", HealthWarn, fmt.Sprintf("%d are due, the oldest since %s; %d failed and are tried again", b.Due, b.Oldest.Format(time.RFC3339), b.Retrying),
			"see that drawbridge serve runs, and what its log says of jobs")
	default:
		d.add("jobs", HealthOK, fmt.Sprintf("%d are due", b.Due), "")
	}
}

// A backup is looked for among the last entries, and should not be older.
const (
	backupWithin = 20_000
	backupAge    = 8 * 24 * time.Hour
)

func (d *doctor) backup(ctx context.Context) {
	if d.store == nil {
		return
	}
	var last time.Time
	err := d.store.View(ctx, func(tx *store.Tx) error {
		below, _, err := tx.Head()
		for stop := below - backupWithin; err == nil && below > max(0, stop) && last.IsZero(); below -= recent {
			last, err = lastBackup(tx, below)
		}
		return err
	})
	do := "run drawbridge backup now, and every day by a timer of the system"
	switch {
	case err != nil:
		d.fail("backup", err, "run drawbridge fsck")
	case last.IsZero():
		d.add("backup", HealthWarn, fmt.Sprintf("there is none among the last %d entries", backupWithin), do)
	case d.opt.Now().Sub(last) > backupAge:
		d.add("backup", HealthWarn, "the last is of "+last.Format(time.RFC3339), do)
	default:
		d.add("backup", HealthOK, "the last is of "+last.Format(time.RFC3339), "")
	}
}

// lastBackup is when a page of entries, newest first, tells of a backup.
func lastBackup(tx *store.Tx, below int64) (time.Time, error) {
	leaves, err := tx.LeavesBefore(below, recent)
	for _, l := range leaves {
		e, err := ledger.Decode(l.Data)
		if err != nil {
			return time.Time{}, err
		}
		if e.Action == string(access.Backup) {
			return e.At, nil
		}
	}
	return time.Time{}, err
}
