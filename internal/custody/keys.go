package custody

import (
	"context"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/action"
	"drawbridge/internal/ledger"
	"drawbridge/internal/seal"
	"drawbridge/internal/store"
)

// Keys lists the keys of the installation, without their secrets.
func (d *Desk) Keys(ctx context.Context, actor access.Actor) ([]seal.KeyInfo, error) {
	var out []seal.KeyInfo
	err := d.door.View(ctx, action.Act{Actor: actor, Action: access.KeyRead, Object: access.Object{Kind: "key"}}, func(*store.Tx) error {
		out = d.door.Keys().List()
		return nil
	})
	return out, err
}

// RotateKey puts a new key in the place of the active one. Of a sign key the
// ledger keeps the statement that both keys signed, and the new key signs that
// very entry. The steps are: the new key is on the disk, the entry is in the
// ledger, the key is active; broken off after any of them, the next act or the
// same call goes on.
func (d *Desk) RotateKey(ctx context.Context, actor access.Actor, purpose seal.Purpose, reason string) (seal.KeyInfo, error) {
	keys := d.door.Keys()
	act := action.Act{Actor: actor, Action: access.KeyRotate, Object: access.Object{Kind: "key", ID: string(purpose)}, Reason: reason}
	if err := d.door.View(ctx, act, func(*store.Tx) error { return nil }); err != nil { // refused before a key is made
		return seal.KeyInfo{}, err
	}
	pending, err := keys.PrepareRotation(purpose, d.door.Now())
	if err != nil {
		return seal.KeyInfo{}, err
	}
	if purpose == seal.PurposeSign {
		if act.Signer, err = keys.PendingSigner(pending.ID); err != nil {
			return seal.KeyInfo{}, err
		}
	}
	_, _, err = action.Do(ctx, d.door, act, func(tx *store.Tx) (struct{}, error) {
		before, err := activeKey(keys, purpose)
		if err != nil {
			return struct{}{}, err
		}
		tx.Changed(store.Change{Kind: "key", ID: string(purpose), Op: ledger.Update, Before: before.Fingerprint, After: pending.Fingerprint})
		if purpose == seal.PurposeSign {
			tx.Note("rotation", string(pending.Statement))
		}
		return struct{}{}, nil
	})
	if err != nil {
		return seal.KeyInfo{}, err
	}
	if err := keys.Activate(pending.ID); err != nil {
		return seal.KeyInfo{}, err
	}
	return activeKey(keys, purpose)
}

func activeKey(keys *seal.Keyring, purpose seal.Purpose) (seal.KeyInfo, error) {
	for _, k := range keys.List() {
		if k.Purpose == purpose && k.State == seal.StateActive {
			return k, nil
		}
	}
	return seal.KeyInfo{}, drawbridge.Errorf(drawbridge.NotFound, "there is no key to %q; keys sign, encrypt or make a mac", purpose)
}
