// Package action is the one door for change. It authorises an act by the table
// of permissions, runs it, and appends it to the ledger, in one transaction: if
// any of the three fails, nothing happened. Refusals are recorded too. It knows
// no noun; what an act means is for the desks.
//
//	rev, receipt, err := action.Do(ctx, door, action.Act{Actor: actor, Action: access.IntegrationPush, On: findIntegration, Reason: "new field"},
//		func(tx *store.Tx) (drawbridge.Revision, error) { … })
package action

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/ledger"
	"drawbridge/internal/seal"
	"drawbridge/internal/store"
)

// Options are what a door is made of.
type Options struct {
	Store *store.Store
	Keys  *seal.Keyring
	Table *access.Table // nil for the built-in one
	Now   func() time.Time
	Log   *slog.Logger
}

// Door is the only writer of records.
type Door struct {
	opt     Options
	denials denials
}

// New makes a door.
func New(opt Options) *Door {
	if opt.Table == nil {
		opt.Table = access.Builtin()
	}
	if opt.Log == nil {
		opt.Log = slog.New(slog.DiscardHandler)
	}
	return &Door{opt: opt, denials: denials{counts: map[denial]int{}}}
}

// Table is the permissions that the door holds to.
func (d *Door) Table() *access.Table { return d.opt.Table }

// Keys is the keyring of the installation.
func (d *Door) Keys() *seal.Keyring { return d.opt.Keys }

// Now is the door's clock.
func (d *Door) Now() time.Time { return d.opt.Now() }

// Store is for what reads: desks use View and List, which authorise.
func (d *Door) Store() *store.Store { return d.opt.Store }

// Act is one thing that somebody wants to do.
type Act struct {
	Actor  access.Actor
	Action access.Action

	// Object is what is acted on; On finds it in the transaction when its
	// owners must be read first, and wins.
	Object access.Object
	On     func(*store.Tx) (access.Object, error)

	Reason string // why, in the person's words; goes into the erasable detail
	Key    string // idempotency key: the same key and input give the same answer
	Input  any    // what was asked, to tell a repetition from another request

	// Signer signs the checkpoint in place of the active key: for the act that
	// hands the ledger over to it.
	Signer note.Signer
}

// Receipt says where an act stands in the ledger.
type Receipt struct {
	Seq      int64 // of its entry
	Replayed bool  // the answer is that of an earlier act with the same key
}

// maxKey and maxReason bound what a person may send along, in bytes.
const (
	maxKey    = 200
	maxReason = 4000
)

// Do runs one act. An error of fn, of the permission or of the ledger takes
// everything back. The result is kept for a repetition with the same key, so it
// must be JSON that reads back as itself.
func Do[T any](ctx context.Context, d *Door, act Act, fn func(*store.Tx) (T, error)) (T, Receipt, error) {
	var out T
	var receipt Receipt
	if len(act.Key) > maxKey || len(act.Reason) > maxReason {
		return out, receipt, drawbridge.Errorf(drawbridge.Invalid, "an idempotency key has at most %d bytes, a reason at most %d", maxKey, maxReason)
	}
	err := d.opt.Store.Update(ctx, func(tx *store.Tx) error {
		if err := d.freshKeys(tx); err != nil {
			return err
		}
		if err := present(tx, &act.Actor); err != nil {
			return err
		}
		if err := linked(tx, act.Actor, d.opt.Now(), true); err != nil {
			return err
		}
		object, err := d.authorise(tx, act)
		if err != nil {
			return err
		}
		request, replay, err := d.replay(tx, act)
		if err != nil {
			return err
		}
		if replay != nil {
			receipt = Receipt{Seq: replay.Seq, Replayed: true}
			return d.unpack(act, replay.Result, &out)
		}
		if out, err = fn(tx); err != nil {
			return err
		}
		if receipt.Seq, err = d.append(tx, act, object); err != nil {
			return err
		}
		return d.keep(tx, act, request, receipt.Seq, out)
	})
	if err != nil {
		var zero T
		d.refused(ctx, act, err)
		return zero, Receipt{}, err
	}
	trace(ctx, act, receipt)
	return out, receipt, nil
}

// present takes the person's roles as they are in this transaction: what was
// taken from them since they were recognised does not count any more.
func present(tx *store.Tx, actor *access.Actor) error {
	if actor.Person == "" || actor.System {
		return nil
	}
	p, err := tx.Person(actor.Person)
	switch {
	case drawbridge.KindOf(err) == drawbridge.NotFound:
		return nil // nobody's row is ever deleted: there is nothing to hold the actor to
	case err != nil:
		return err
	case p.Disabled || p.Erased:
		return refusal{drawbridge.Errorf(drawbridge.Unauthenticated, "sign in first")}
	}
	if !actor.Has(drawbridge.Machine) {
		actor.Roles = p.Roles
	}
	return nil
}

// authorise finds the object and asks the table.
func (d *Door) authorise(tx *store.Tx, act Act) (access.Object, error) {
	object := act.Object
	if act.On != nil {
		var err error
		if object, err = act.On(tx); err != nil {
			if drawbridge.KindOf(err) == drawbridge.NotFound {
				err = refusal{access.NotFound(access.Object{Kind: kindOf(act)})}
			}
			return object, err
		}
	}
	if err := d.opt.Table.Decide(act.Actor, act.Action, object, d.opt.Now()); err != nil {
		return object, refusal{err}
	}
	return object, nil
}

// kindOf is the noun of an act, for an object that was not found.
func kindOf(act Act) string {
	if act.Object.Kind != "" {
		return act.Object.Kind
	}
	for i, r := range act.Action {
		if r == '.' {
			return string(act.Action[:i])
		}
	}
	return string(act.Action)
}

// replay looks for an earlier act with the same key.
func (d *Door) replay(tx *store.Tx, act Act) (request string, r *store.Replay, err error) {
	if act.Key == "" {
		return "", nil, nil
	}
	data, err := seal.Canonical(map[string]any{"action": string(act.Action), "input": act.Input, "reason": act.Reason})
	if err != nil {
		return "", nil, fmt.Errorf("digest of the request: %w", err)
	}
	request = seal.Digest(data)
	if r, err = tx.Replay(act.Actor.ID, act.Key); err != nil || r == nil {
		return request, nil, err
	}
	if r.Request != request {
		return "", nil, drawbridge.Errorf(drawbridge.Conflict, "the idempotency key was used for another request: take a new one")
	}
	return request, r, nil
}

// keep stores the answer, sealed: it may hold a secret that is shown once.
func (d *Door) keep(tx *store.Tx, act Act, request string, seq int64, out any) error {
	if act.Key == "" {
		return nil
	}
	data, err := json.Marshal(out)
	if err != nil {
		return fmt.Errorf("encode the answer: %w", err)
	}
	sealed, err := d.opt.Keys.Seal(data, replayContext(act))
	if err != nil {
		return fmt.Errorf("seal the answer: %w", err)
	}
	return tx.KeepReplay(act.Actor.ID, act.Key, store.Replay{Request: request, Result: base64.StdEncoding.EncodeToString(sealed), Seq: seq}, d.opt.Now())
}

func (d *Door) unpack(act Act, result string, out any) error {
	sealed, err := base64.StdEncoding.DecodeString(result)
	if err != nil {
		return fmt.Errorf("read the kept answer: %w", err)
	}
	data, err := d.opt.Keys.Open(sealed, replayContext(act))
	if err != nil {
		return fmt.Errorf("open the kept answer: %w", err)
	}
	return json.Unmarshal(data, out)
}

func replayContext(act Act) []byte { return []byte("replay " + act.Actor.ID + " " + act.Key) }

// detail is what an entry commits to and what can be erased.
type detail struct {
	Reason  string         `json:"reason,omitempty"`
	Changes []detailChange `json:"changes,omitempty"`
	Notes   map[string]any `json:"notes,omitempty"`
}

type detailChange struct {
	Kind string         `json:"kind"`
	ID   string         `json:"id"`
	Old  map[string]any `json:"old,omitempty"`
	New  map[string]any `json:"new,omitempty"`
}

// DetailContext binds a sealed detail to its entry.
func DetailContext(seq int64) []byte { return fmt.Appendf(nil, "ledger_detail %d", seq) }

// append writes the ledger's entry for what the transaction did.
func (d *Door) append(tx *store.Tx, act Act, object access.Object) (int64, error) {
	seq, _, err := tx.Head()
	if err != nil {
		return 0, err
	}
	e := ledger.Entry{
		V: ledger.Version, Seq: seq, At: d.opt.Now().UTC().Truncate(time.Microsecond), Actor: act.Actor.ID, Via: act.Actor.Via,
		Action: string(act.Action), Object: object.String(), Request: act.Actor.Request,
	}
	det := detail{Reason: act.Reason, Notes: tx.Notes()}
	for _, c := range tx.Changes() {
		e.Changes = append(e.Changes, ledger.Change{Kind: c.Kind, ID: c.ID, Op: c.Op, Before: c.Before, After: c.After})
		if c.Old != nil || c.New != nil {
			det.Changes = append(det.Changes, detailChange{Kind: c.Kind, ID: c.ID, Old: c.Old, New: c.New})
		}
	}
	if det.Reason != "" || det.Changes != nil || det.Notes != nil {
		if e.Detail, err = d.commit(tx, seq, det); err != nil {
			return 0, err
		}
	}
	leaf, err := ledger.Encode(e)
	if err != nil {
		return 0, fmt.Errorf("write the ledger: %w", err)
	}
	hashes, err := ledger.Append(seq, leaf, tx)
	if err != nil {
		return 0, fmt.Errorf("write the ledger: %w", err)
	}
	signer := act.Signer
	if signer == nil {
		signer = d.opt.Keys.Signer()
	}
	signed, err := d.checkpoint(tx, seq, hashes, signer)
	if err != nil {
		return 0, err
	}
	return seq, tx.Append(seq, leaf, hashes, tx.Changes(), signed)
}

// commit keeps the detail, sealed, and returns the commitment.
func (d *Door) commit(tx *store.Tx, seq int64, det detail) (string, error) {
	data, err := seal.Canonical(det)
	if err != nil {
		return "", fmt.Errorf("write the detail: %w", err)
	}
	if len(data) > ledger.MaxDetail {
		return "", drawbridge.Errorf(drawbridge.TooLarge, "the act changes too much at once to be recorded (%d bytes): split it", len(data))
	}
	salt := make([]byte, ledger.SaltSize)
	rand.Read(salt)
	sealed, err := d.opt.Keys.Seal(data, DetailContext(seq))
	if err != nil {
		return "", fmt.Errorf("seal the detail: %w", err)
	}
	if err := tx.PutDetail(store.Detail{Seq: seq, Salt: salt, Sealed: sealed, At: d.opt.Now()}); err != nil {
		return "", err
	}
	return ledger.Commit(salt, data), nil
}

// checkpoint signs the tree with the new leaf in it, before its hashes are stored.
func (d *Door) checkpoint(tx *store.Tx, seq int64, hashes []tlog.Hash, signer note.Signer) (string, error) {
	root, err := ledger.Root(seq+1, pending{tx, seq, hashes})
	if err != nil {
		return "", fmt.Errorf("root of the ledger: %w", err)
	}
	signed, err := ledger.SignCheckpoint(ledger.Checkpoint{Origin: d.opt.Keys.Origin(), Size: seq + 1, Root: root}, signer)
	if err != nil {
		return "", fmt.Errorf("sign the ledger: %w", err)
	}
	return string(signed), nil
}

// View runs a read over an object that the actor must be allowed to see.
func (d *Door) View(ctx context.Context, act Act, fn func(*store.Tx) error) error {
	err := d.opt.Store.View(ctx, func(tx *store.Tx) error {
		if err := linked(tx, act.Actor, d.opt.Now(), false); err != nil {
			return err
		}
		if _, err := d.authorise(tx, act); err != nil {
			return err
		}
		return fn(tx)
	})
	if err != nil {
		d.refused(ctx, act, err)
	}
	return err
}

// List runs a read over those objects that the actor may see.
func (d *Door) List(ctx context.Context, actor access.Actor, act access.Action, fn func(*store.Tx, access.Scope) error) error {
	scope := d.opt.Table.Scope(actor, act)
	err := d.opt.Store.View(ctx, func(tx *store.Tx) error {
		if scope.Nothing() {
			return refusal{d.opt.Table.Decide(actor, act, access.Object{Kind: kindOf(Act{Action: act})}, d.opt.Now())}
		}
		return fn(tx, scope)
	})
	if err != nil {
		d.refused(ctx, Act{Actor: actor, Action: act}, err)
	}
	return err
}

// Keep writes what is no record: sessions, deliveries, kept answers. A change of
// a record in it is an error, and nothing happens.
func (d *Door) Keep(ctx context.Context, fn func(*store.Tx) error) error {
	return d.opt.Store.Update(ctx, func(tx *store.Tx) error {
		if err := fn(tx); err != nil {
			return err
		}
		if n := len(tx.Changes()); n > 0 {
			return fmt.Errorf("action: %d records were changed without an act", n)
		}
		return nil
	})
}

// refusal marks an error as an answer of the table.
type refusal struct{ error }

func (r refusal) Unwrap() error { return r.error }

// refused records a refusal; other errors pass by.
func (d *Door) refused(ctx context.Context, act Act, err error) {
	if _, ok := errors.AsType[refusal](err); !ok {
		return
	}
	d.note(ctx, act)
}
