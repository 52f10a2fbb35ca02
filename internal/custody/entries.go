package custody

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"strings"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/action"
	"drawbridge/internal/ledger"
	"drawbridge/internal/store"
)

// LogFilter says which entries of the ledger to list; what is empty does not restrict.
type LogFilter struct {
	Actor  string          // who, exactly
	Action string          // integration.push, or integration for all that is done to one
	Object string          // kind/id of a record that it changed or was about
	From   drawbridge.Date // the first day
	To     drawbridge.Date // the last day
}

// LogPage is a part of the ledger, newest first.
type LogPage struct {
	Entries []ledger.Entry
	Below   int64 // where the next part goes on; 0 at the end
}

// maxLooked bounds how many entries one request looks at.
const maxLooked = 5000

// Entries lists entries of the ledger, newest first, below one, or from the newest
// on for zero. It looks at a bounded part: one that holds nothing may have a next one.
func (d *Desk) Entries(ctx context.Context, actor access.Actor, f LogFilter, below int64, limit int) (LogPage, error) {
	out := LogPage{}
	if below <= 0 {
		below = math.MaxInt64
	}
	limit = min(max(limit, 1), 500)
	kind, id, about := strings.Cut(f.Object, "/")
	if f.Object != "" && (!about || id == "") {
		return out, drawbridge.Errorf(drawbridge.Invalid, "write an object as its kind and identifier, like integration/int_…")
	}
	for _, day := range []drawbridge.Date{f.From, f.To} {
		if day != "" {
			if _, err := drawbridge.ParseDate(string(day)); err != nil {
				return out, drawbridge.Errorf(drawbridge.Invalid, "write a day like 2026-11-21: %w", err)
			}
		}
	}
	err := d.door.View(ctx, action.Act{Actor: actor, Action: access.LogRead, Object: theLog}, func(tx *store.Tx) error {
		leaves, err := tx.LeavesBefore(below, maxLooked)
		if about {
			leaves, err = tx.LeavesAbout(kind, id, below, maxLooked)
		}
		if err != nil {
			return err
		}
		for i, leaf := range leaves {
			e, err := ledger.Decode(leaf.Data)
			if err != nil {
				return fmt.Errorf("entry %d of the ledger: %w", leaf.Seq, err)
			}
			if f.From != "" && drawbridge.DateOf(e.At) < f.From {
				return nil
			}
			if f.holds(e) {
				out.Entries = append(out.Entries, e)
			}
			if last := i == len(leaves)-1; len(out.Entries) == limit && (!last || len(leaves) == maxLooked) || last && len(leaves) == maxLooked {
				out.Below = leaf.Seq
				return nil
			}
		}
		return nil
	})
	return out, err
}

func (f *LogFilter) holds(e ledger.Entry) bool {
	noun, _, _ := strings.Cut(e.Action, ".")
	return (f.Actor == "" || e.Actor == f.Actor) && (f.Action == "" || e.Action == f.Action || noun == f.Action) &&
		(f.To == "" || drawbridge.DateOf(e.At) <= f.To)
}

// LogEntry is one entry with what it commits to, as far as that was not erased.
type LogEntry struct {
	ledger.Entry

	Reason  string      `json:"reason,omitempty"`
	Details []LogDetail `json:"details,omitempty"`
	Erased  bool        `json:"erased,omitempty"` // it commits to a detail that is gone
	Size    int64       `json:"size"`             // of the whole ledger
}

// LogDetail is what an act changed of one record.
type LogDetail struct {
	Kind string         `json:"kind"`
	ID   string         `json:"id"`
	Old  map[string]any `json:"old,omitempty"`
	New  map[string]any `json:"new,omitempty"`
}

// Entry reads one entry of the ledger.
func (d *Desk) Entry(ctx context.Context, actor access.Actor, seq int64) (out LogEntry, err error) {
	err = d.door.View(ctx, action.Act{Actor: actor, Action: access.LogRead, Object: theLog}, func(tx *store.Tx) error {
		if out.Size, _, err = tx.Head(); err != nil {
			return err
		}
		if seq < 0 || seq >= out.Size {
			return drawbridge.Errorf(drawbridge.NotFound, "the ledger has %d entries, counted from 0: there is no entry %d", out.Size, seq)
		}
		list, err := readEntries(tx, d.door.Keys(), seq, seq+1)
		if err != nil || len(list) != 1 {
			return cmp.Or(err, fmt.Errorf("entry %d is missing", seq))
		}
		if out.Entry, err = ledger.Decode(list[0].leaf); err != nil {
			return fmt.Errorf("entry %d of the ledger: %w", seq, err)
		}
		out.Erased = out.Detail != "" && list[0].detail == nil
		if list[0].detail == nil {
			return nil
		}
		var detail struct {
			Reason  string      `json:"reason"`
			Changes []LogDetail `json:"changes"`
		}
		if err := json.Unmarshal(list[0].detail, &detail); err != nil {
			return fmt.Errorf("detail of entry %d of the ledger: %w", seq, err)
		}
		out.Reason, out.Details = detail.Reason, detail.Changes
		return nil
	})
	return out, err
}
