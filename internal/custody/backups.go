package custody

import (
	"context"
	"fmt"
	"time"

	"drawbridge/internal/access"
	"drawbridge/internal/action"
	"drawbridge/internal/ledger"
	"drawbridge/internal/store"
)

// MadeBackup is a backup as the ledger tells of it.
type MadeBackup struct {
	Seq   int64     `json:"seq"`
	At    time.Time `json:"at"`
	Actor string    `json:"actor"`
	ID    string    `json:"id"`
}

// backupWithin is among how many entries backups are looked for.
const backupWithin = 4 * maxLooked

// Backups lists the backups that were made lately, newest first.
func (d *Desk) Backups(ctx context.Context, actor access.Actor, limit int) (out []MadeBackup, err error) {
	act := action.Act{Actor: actor, Action: access.SystemRead, Object: access.Object{Kind: "backup"}}
	err = d.door.View(ctx, act, func(tx *store.Tx) error {
		below, _, err := tx.Head()
		for looked := 0; err == nil && below > 0 && looked < backupWithin && len(out) < limit; looked += maxLooked {
			var leaves []store.Leaf
			if leaves, err = tx.LeavesBefore(below, maxLooked); err != nil || len(leaves) == 0 {
				return err
			}
			for _, leaf := range leaves {
				e, err := ledger.Decode(leaf.Data)
				if err != nil {
					return fmt.Errorf("entry %d of the ledger: %w", leaf.Seq, err)
				}
				if e.Action == string(access.Backup) && len(out) < limit {
					out = append(out, MadeBackup{Seq: leaf.Seq, At: e.At, Actor: e.Actor, ID: e.Object})
				}
			}
			below = leaves[len(leaves)-1].Seq
		}
		return err
	})
	return out, err
}
