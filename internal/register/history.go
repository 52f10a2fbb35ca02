package register

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/action"
	"drawbridge/internal/ledger"
	"drawbridge/internal/store"
)

// HistoryEntry is an act that changed a record.
type HistoryEntry struct {
	Seq     int64           `json:"seq"` // in the ledger
	At      time.Time       `json:"at"`
	Actor   string          `json:"actor"`
	Via     string          `json:"via"`
	Action  string          `json:"action"`
	Reason  string          `json:"reason"` // empty when erased
	Changes []HistoryChange `json:"changes"`
}

// HistoryChange is what an act did to one record. Old and New hold the fields
// that differ, unless they were erased.
type HistoryChange struct {
	Kind string         `json:"kind"`
	ID   string         `json:"id"`
	Op   string         `json:"op"`
	Old  map[string]any `json:"old,omitempty"`
	New  map[string]any `json:"new,omitempty"`
}

// History lists the acts that changed a record of the register, newest first:
// an integration, revision, assessment, member or partner that the actor may
// see. An act on something else that changed the record too, like the push that
// brought a partner, shows only what it did to the record.
func (d *Desk) History(ctx context.Context, actor access.Actor, kind, id string, after *Cursor, limit int) (Page[HistoryEntry], error) {
	see := access.IntegrationRead
	if kind == "partner" {
		see = access.PartnerRead
	}
	return d.HistoryOf(ctx, actor, Record{Kind: kind, ID: id, See: see, On: func(tx *store.Tx) (access.Object, error) { return homeOf(tx, kind, id) }}, after, limit)
}

// Record names a record of any kind, by which action it is seen, and on what object.
type Record struct {
	Kind, ID string
	See      access.Action
	On       func(*store.Tx) (access.Object, error)
}

// HistoryOf is [Desk.History] for the records of the desks above.
func (d *Desk) HistoryOf(ctx context.Context, actor access.Actor, rec Record, after *Cursor, limit int) (Page[HistoryEntry], error) {
	var out Page[HistoryEntry]
	size, err := pageSize(limit)
	if err != nil {
		return out, err
	}
	var object access.Object
	act := action.Act{Actor: actor, Action: rec.See, On: func(tx *store.Tx) (access.Object, error) {
		object, err = rec.On(tx)
		return object, err
	}}
	err = d.door.View(ctx, act, func(tx *store.Tx) error {
		list, err := tx.History(rec.Kind, rec.ID, below(after), size+1)
		if err != nil {
			return err
		}
		entries := make([]HistoryEntry, len(list))
		for i, e := range list {
			if entries[i], err = d.tell(e, object, rec.Kind, rec.ID); err != nil {
				return err
			}
		}
		out = paged(entries, size, func(e HistoryEntry) Cursor { return Cursor{Number: float64(e.Seq)} })
		return nil
	})
	return out, err
}

// homeOf finds the object that decides who may see a record.
func homeOf(tx *store.Tx, kind, id string) (access.Object, error) {
	var in drawbridge.IntegrationID
	switch kind {
	case "partner":
		return onPartner(drawbridge.PartnerID(id))(tx)
	case "integration":
		in = drawbridge.IntegrationID(id)
	case "member": // it may be gone
		first, _, _ := strings.Cut(id, "/")
		in = drawbridge.IntegrationID(first)
	case "revision":
		r, err := tx.Revision(drawbridge.RevisionID(id))
		if err != nil {
			return access.Object{}, err
		}
		in = r.Integration
	case "assessment":
		a, err := tx.Assessment(drawbridge.AssessmentID(id))
		if err != nil {
			return access.Object{}, err
		}
		in = a.Integration
	default:
		return access.Object{}, notFound("integration")
	}
	_, o, err := find(tx, Ref{ID: in})
	return o, err
}

// tell opens an entry as far as it is about the object or the record.
func (d *Desk) tell(e store.Entry, object access.Object, kind, id string) (HistoryEntry, error) {
	entry, err := ledger.Decode(e.Data)
	if err != nil {
		return HistoryEntry{}, fmt.Errorf("entry %d of the ledger: %w", e.Seq, err)
	}
	out := HistoryEntry{Seq: e.Seq, At: entry.At, Actor: entry.Actor, Via: entry.Via, Action: entry.Action, Changes: []HistoryChange{}}
	var detail struct {
		Reason  string          `json:"reason"`
		Changes []HistoryChange `json:"changes"`
	}
	if e.Sealed != nil {
		plain, err := d.door.Keys().Open(e.Sealed, action.DetailContext(e.Seq))
		if err != nil {
			return out, fmt.Errorf("detail of entry %d of the ledger: %w", e.Seq, err)
		}
		if err := json.Unmarshal(plain, &detail); err != nil {
			return out, fmt.Errorf("detail of entry %d of the ledger: %w", e.Seq, err)
		}
	}
	about := entry.Object == object.String()
	if about {
		out.Reason = detail.Reason
	}
	for _, c := range entry.Changes {
		if !about && (c.Kind != kind || c.ID != id) {
			continue
		}
		change := HistoryChange{Kind: c.Kind, ID: c.ID, Op: c.Op}
		for _, x := range detail.Changes {
			if x.Kind == c.Kind && x.ID == c.ID {
				change.Old, change.New = x.Old, x.New
			}
		}
		out.Changes = append(out.Changes, change)
	}
	return out, nil
}
