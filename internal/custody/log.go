package custody

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/action"
	"drawbridge/internal/ledger"
	"drawbridge/internal/seal"
	"drawbridge/internal/store"
)

// batch is how many rows are read at a time.
const batch = 500

var theLog = access.Object{Kind: "log"}

// Export writes the whole ledger, as of one moment, so that it can be verified
// elsewhere: entries, what they commit to as far as it was not erased, keys and
// the signed checkpoint. progress may be nil.
func (d *Desk) Export(ctx context.Context, actor access.Actor, w io.Writer, progress func(done, all int64)) error {
	return d.door.View(ctx, action.Act{Actor: actor, Action: access.LogRead, Object: theLog}, func(tx *store.Tx) error {
		return export(ctx, tx, d.door.Keys(), w, progress)
	})
}

// MayExport asks whether the actor may export the ledger, before anything of an
// answer is written.
func (d *Desk) MayExport(ctx context.Context, actor access.Actor) error {
	return d.door.View(ctx, action.Act{Actor: actor, Action: access.LogRead, Object: theLog}, func(*store.Tx) error { return nil })
}

// export writes the ledger as a transaction sees it.
func export(ctx context.Context, tx *store.Tx, keys *seal.Keyring, w io.Writer, progress func(done, all int64)) error {
	size, note, err := tx.Head()
	if err != nil {
		return err
	}
	if size == 0 {
		return drawbridge.Errorf(drawbridge.NotFound, "the ledger is empty: nothing was done yet")
	}
	out, err := ledger.NewExportWriter(w, ledger.Header{Origin: keys.Origin(), Keys: keys.VerifierKeys()})
	if err != nil {
		return err
	}
	for at := int64(0); at < size; at += batch {
		if err := ctx.Err(); err != nil {
			return err
		}
		if progress != nil {
			progress(at, size)
		}
		entries, err := readEntries(tx, keys, at, min(at+batch, size))
		if err != nil {
			return err
		}
		for _, e := range entries {
			if err := out.Entry(e.leaf, e.detail, e.salt); err != nil {
				return err
			}
		}
	}
	return out.Close([]byte(note))
}

// entry is one entry with what it commits to, as far as that is kept.
type entry struct {
	seq                int64
	leaf, detail, salt []byte
}

// readEntries reads a range of the ledger and opens its details.
func readEntries(tx *store.Tx, keys *seal.Keyring, from, below int64) ([]entry, error) {
	leaves, err := tx.Leaves(from, int(below-from))
	if err != nil {
		return nil, err
	}
	details, err := tx.Details(from, below)
	if err != nil {
		return nil, err
	}
	out := make([]entry, 0, len(leaves))
	for _, l := range leaves {
		e := entry{seq: l.Seq, leaf: l.Data}
		if len(details) > 0 && details[0].Seq == l.Seq {
			plain, err := keys.Open(details[0].Sealed, action.DetailContext(l.Seq))
			if err != nil {
				return nil, drawbridge.Errorf(drawbridge.Unavailable, "the detail of entry %d cannot be opened: it was changed, or its key is missing: %w", l.Seq, err)
			}
			e.detail, e.salt, details = plain, details[0].Salt, details[1:]
		}
		out = append(out, e)
	}
	return out, nil
}

// Checkpoint returns the signed checkpoint of the ledger.
func (d *Desk) Checkpoint(ctx context.Context, actor access.Actor) (string, error) {
	var signed string
	err := d.door.View(ctx, action.Act{Actor: actor, Action: access.CheckpointRead, Object: theLog}, func(tx *store.Tx) error {
		size, note, err := tx.Head()
		if err == nil && size == 0 {
			err = drawbridge.Errorf(drawbridge.NotFound, "the ledger is empty: nothing was done yet")
		}
		signed = note
		return err
	})
	return signed, err
}

// Prove returns a document that shows, without this server, that an entry is in
// the ledger.
func (d *Desk) Prove(ctx context.Context, actor access.Actor, seq int64) ([]byte, error) {
	return d.prove(ctx, actor, func(tx *store.Tx, size int64, p *ledger.Proof) error {
		hashes, err := ledger.ProveInclusion(seq, size, tx)
		if err != nil {
			return err
		}
		leaves, err := tx.Leaves(seq, 1)
		if err != nil {
			return err
		}
		if len(leaves) == 0 {
			return fmt.Errorf("entry %d is missing", seq)
		}
		p.Hashes, p.Entry = hashes, leaves[0].Data
		return nil
	})
}

// ProveSince returns a document that shows that the history of an older
// checkpoint is the beginning of the present one.
func (d *Desk) ProveSince(ctx context.Context, actor access.Actor, older []byte) ([]byte, error) {
	cp, err := ledger.OpenCheckpoint(older, d.door.Keys().Verifiers())
	if err != nil {
		return nil, err
	}
	return d.prove(ctx, actor, func(tx *store.Tx, size int64, p *ledger.Proof) error {
		hashes, err := ledger.ProveConsistency(cp.Size, size, tx)
		p.Hashes, p.Older = hashes, string(older)
		return err
	})
}

func (d *Desk) prove(ctx context.Context, actor access.Actor, fill func(tx *store.Tx, size int64, p *ledger.Proof) error) ([]byte, error) {
	var out []byte
	err := d.door.View(ctx, action.Act{Actor: actor, Action: access.LogRead, Object: theLog}, func(tx *store.Tx) error {
		size, note, err := tx.Head()
		if err != nil {
			return err
		}
		p := ledger.Proof{Checkpoint: note}
		if err := fill(tx, size, &p); err != nil {
			return err
		}
		if p.Keys, p.Rotations, err = chain(tx, d.door.Keys()); err != nil {
			return err
		}
		out, err = p.Encode()
		return err
	})
	return out, err
}

// chain lists the sign keys in their order, with the details that hand over from each to the next.
func chain(tx *store.Tx, keys *seal.Keyring) (list, rotations []string, err error) {
	list = keys.VerifierKeys()
	if len(list) < 2 {
		return list, nil, nil
	}
	leaves, err := tx.LeavesAbout("key", string(seal.PurposeSign), 1<<62, len(list))
	if err != nil {
		return nil, nil, err
	}
	for _, leaf := range slices.Backward(leaves) {
		entries, err := readEntries(tx, keys, leaf.Seq, leaf.Seq+1)
		if err != nil {
			return nil, nil, err
		}
		rotations = append(rotations, string(entries[0].detail))
	}
	if len(rotations) != len(list)-1 {
		return nil, nil, drawbridge.Errorf(drawbridge.Unavailable, "%d keys signed the ledger, and it tells of %d changes of the key: run drawbridge fsck", len(list), len(rotations))
	}
	return list, rotations, nil
}

// rotationOf takes the statement of a change of keys out of an entry's detail;
// empty when the key that changed does not sign.
func rotationOf(detail []byte) (string, error) {
	var d struct {
		Notes struct {
			Rotation string `json:"rotation"`
		} `json:"notes"`
	}
	if err := json.Unmarshal(detail, &d); err != nil {
		return "", drawbridge.Errorf(drawbridge.Invalid, "the detail of a change of keys cannot be read: %w", err)
	}
	return d.Notes.Rotation, nil
}

// Handover verifies, for [ledger.Trust], the detail of an entry that changes a key.
func Handover(detail []byte, trusted string) (string, error) {
	statement, err := rotationOf(detail)
	if err != nil || statement == "" {
		return "", err
	}
	return seal.VerifyRotation([]byte(statement), trusted)
}
