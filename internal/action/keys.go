package action

import (
	"context"

	"drawbridge"
	"drawbridge/internal/seal"
	"drawbridge/internal/store"
)

// RefreshKeys takes up a change of keys that another process made, or that a
// crash left half done.
func (d *Door) RefreshKeys(ctx context.Context) error {
	return d.opt.Store.View(ctx, d.freshKeys)
}

// freshKeys holds the keyring to the ledger: it alone says which keys are in
// use, so that an act never signs with a key that was handed over.
func (d *Door) freshKeys(tx *store.Tx) error {
	last, err := tx.LastDigests("key", "", 10) // by purpose; none before the first change
	if err != nil {
		return err
	}
	for _, want := range last {
		if err := d.freshKey(want); err != nil {
			return err
		}
	}
	return nil
}

func (d *Door) freshKey(want store.Digest) error {
	keys := d.opt.Keys
	if inUse(keys, want) {
		return nil
	}
	if err := keys.Reload(); err != nil {
		return err
	}
	for _, k := range keys.List() {
		if k.Fingerprint == want.Sum && k.State == seal.StatePending {
			return keys.Activate(k.ID)
		}
	}
	if !inUse(keys, want) {
		return drawbridge.Errorf(drawbridge.Unavailable, "the ledger names a key to %s that is not in this keyring: put back the folder keys of this installation; drawbridge doctor tells more", want.ID)
	}
	return nil
}

func inUse(keys *seal.Keyring, want store.Digest) bool {
	for _, k := range keys.List() {
		if string(k.Purpose) == want.ID && k.State == seal.StateActive {
			return k.Fingerprint == want.Sum
		}
	}
	return false
}
