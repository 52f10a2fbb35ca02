package store

import (
	"cmp"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"drawbridge"
)

// LiveRuns lists the runs of an integration that were opened and not handed in, newest first.
func (tx *Tx) LiveRuns(id drawbridge.IntegrationID, limit int) ([]drawbridge.LiveRun, error) {
	return tx.liveRuns(`SELECT said FROM live_run WHERE integration = ? ORDER BY id DESC LIMIT ?`, string(id), limit)
}

// LiveRunsInto makes a part of a [Tx.Gather] of the same list.
func (*Tx) LiveRunsInto(at *[]drawbridge.LiveRun, id drawbridge.IntegrationID, limit int) Part {
	return Part{
		columns: 1, sql: "said%s FROM live_run WHERE integration = ? ORDER BY id DESC LIMIT ?", args: []any{string(id), limit},
		add: func(_ int64, row []sql.NullString) error {
			var r drawbridge.LiveRun
			if err := json.Unmarshal([]byte(row[0].String), &r); err != nil {
				return fmt.Errorf("read a live run: %w", err)
			}
			*at = append(*at, r)
			return nil
		},
		done: func() { // a union has no order
			slices.SortFunc(*at, func(a, b drawbridge.LiveRun) int { return cmp.Compare(b.ID, a.ID) })
		},
	}
}

// LiveRun reads one of them; nil when it is not there.
func (tx *Tx) LiveRun(id string) (*drawbridge.LiveRun, error) {
	list, err := tx.liveRuns(`SELECT said FROM live_run WHERE id = ?`, id)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	return &list[0], nil
}

func (tx *Tx) liveRuns(query string, args ...any) ([]drawbridge.LiveRun, error) {
	rows, err := tx.query(query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []drawbridge.LiveRun
	for rows.Next() {
		var said string
		var r drawbridge.LiveRun
		if err := rows.Scan(&said); err != nil {
			return nil, fmt.Errorf("read a live run: %w", err)
		}
		if err := json.Unmarshal([]byte(said), &r); err != nil {
			return nil, fmt.Errorf("read a live run: %w", err)
		}
		out = append(out, r)
	}
	return out, tx.explain(rows.Err())
}

// SetLiveRun writes what a run says of itself.
func (tx *Tx) SetLiveRun(r *drawbridge.LiveRun) error {
	said, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("write live run %s: %w", r.ID, err)
	}
	_, err = tx.exec(`INSERT INTO live_run (id, integration, actor, seen_at, said) VALUES (?, ?, ?, ?, ?)
		ON CONFLICT (id) DO UPDATE SET seen_at = excluded.seen_at, said = excluded.said`, r.ID, string(r.Integration), r.By, Time(r.SeenAt), string(said))
	return err
}

// DropLiveRun forgets one of them.
func (tx *Tx) DropLiveRun(id string) error {
	_, err := tx.exec(`DELETE FROM live_run WHERE id = ?`, id)
	return err
}

// DropLiveRuns forgets those that were not seen since a time.
func (tx *Tx) DropLiveRuns(before time.Time) error {
	_, err := tx.exec(`DELETE FROM live_run WHERE seen_at < ?`, Time(before))
	return err
}

// ForgetLiveRuns forgets those of a person, with those that the person asked to stop.
func (tx *Tx) ForgetLiveRuns(person drawbridge.PersonID) error {
	_, err := tx.exec(`DELETE FROM live_run WHERE actor = ? OR said LIKE ?`, string(person), `%"stop_by":"`+string(person)+`"%`)
	return err
}
