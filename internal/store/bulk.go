package store

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"drawbridge"
)

// Bulk is an act on many things as it is stored, with who works on it.
type Bulk struct {
	drawbridge.Bulk

	Key    string // idempotency key of who asked
	Asked  string // digest of what was asked with it
	Runner string // who works on it; nobody else does until Leased
	Leased time.Time
}

// bulkSaid is what is written of a bulk in one column.
type bulkSaid struct {
	Act    string              `json:"act"`
	List   string              `json:"list"`
	With   drawbridge.BulkWith `json:"with"`
	Reason string              `json:"reason,omitempty"`
	Query  string              `json:"query,omitempty"`
	UndoOf string              `json:"undo_of,omitempty"`
	Asked  string              `json:"asked,omitempty"`
}

const bulkColumns = "id, person, key, said, state, runner, leased_until, created_at, ended_at"

// bulkBatch is how many items are written by one statement.
const bulkBatch = 100

// AddBulk writes a new bulk with its items.
func (tx *Tx) AddBulk(b *Bulk, items []drawbridge.BulkItem) error {
	said, err := json.Marshal(bulkSaid{b.Act, b.List, b.With, b.Reason, b.Query, b.UndoOf, b.Asked})
	if err != nil {
		return fmt.Errorf("write bulk %s: %w", b.ID, err)
	}
	_, err = tx.exec("INSERT INTO bulk ("+bulkColumns+") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
		b.ID, string(b.Person), b.Key, string(said), string(b.State), b.Runner, Time(b.Leased), Time(b.CreatedAt), Time(b.EndedAt))
	if err != nil {
		return err
	}
	for batch := range slices.Chunk(items, bulkBatch) {
		args := make([]any, 0, 7*len(batch))
		for i := range batch {
			row, err := bulkItemRow(b.ID, &batch[i])
			if err != nil {
				return err
			}
			args = append(args, row...)
		}
		_, err = tx.exec("INSERT INTO bulk_item (bulk, n, subject, outcome, told, tries, said) VALUES "+strings.Repeat(", (?, ?, ?, ?, ?, ?, ?)", len(batch))[2:], args...)
		if err != nil {
			return err
		}
	}
	return nil
}

// bulkItemSaid is what is written of an item in one column.
type bulkItemSaid struct {
	Integration drawbridge.IntegrationID `json:"integration,omitempty"`
	Title       string                   `json:"title,omitempty"`
	Memo        drawbridge.BulkMemo      `json:"memo"`
}

func bulkItemRow(bulk string, i *drawbridge.BulkItem) ([]any, error) {
	said, err := json.Marshal(bulkItemSaid{i.Integration, i.Title, i.Memo})
	if err != nil {
		return nil, fmt.Errorf("write an item of bulk %s: %w", bulk, err)
	}
	return []any{bulk, i.N, i.Subject, string(i.Outcome), i.Told, i.Tries, string(said)}, nil
}

// SetBulk writes how a bulk stands, and who works on it.
func (tx *Tx) SetBulk(b *Bulk) error {
	_, err := tx.exec("UPDATE bulk SET state = ?, runner = ?, leased_until = ?, ended_at = ? WHERE id = ?",
		string(b.State), b.Runner, Time(b.Leased), Time(b.EndedAt), b.ID)
	return err
}

// SetBulkItem writes how an item stands.
func (tx *Tx) SetBulkItem(bulk string, i *drawbridge.BulkItem) error {
	row, err := bulkItemRow(bulk, i)
	if err != nil {
		return err
	}
	_, err = tx.exec("UPDATE bulk_item SET outcome = ?, told = ?, tries = ?, said = ? WHERE bulk = ? AND n = ?", row[3], row[4], row[5], row[6], bulk, i.N)
	return err
}

// EndBulkItems gives those items of a bulk that have one outcome another.
func (tx *Tx) EndBulkItems(bulk string, from, to drawbridge.BulkOutcome, told string) error {
	_, err := tx.exec("UPDATE bulk_item SET outcome = ?, told = ? WHERE bulk = ? AND outcome = ?", string(to), told, bulk, string(from))
	return err
}

// Bulk reads one, with its counts.
func (tx *Tx) Bulk(id string) (*Bulk, error) { return tx.oneBulk("id = ?", id) }

// BulkByKey reads the one that a person asked for with a key.
func (tx *Tx) BulkByKey(person drawbridge.PersonID, key string) (*Bulk, error) {
	return tx.oneBulk("person = ? AND key = ?", string(person), key)
}

// UndoOfBulk reads the bulk that takes another one back and has not ended, or not_found.
func (tx *Tx) UndoOfBulk(person drawbridge.PersonID, id string) (*Bulk, error) {
	return tx.oneBulk("person = ? AND ended_at = '' AND said LIKE ?", string(person), `%"undo_of":"`+escapeLike(id)+`"%`)
}

func (tx *Tx) oneBulk(where string, args ...any) (*Bulk, error) {
	list, err := tx.bulks(where, args...)
	if err == nil && len(list) == 0 {
		err = drawbridge.Errorf(drawbridge.NotFound, "there is no such bulk, or you may not see it")
	}
	if err != nil {
		return nil, err
	}
	return &list[0], nil
}

// Bulks lists those of a person, newest first, below an identifier; "" begins.
func (tx *Tx) Bulks(person drawbridge.PersonID, below string, limit int) ([]Bulk, error) {
	return tx.bulks("person = ? AND (? = '' OR id < ?) ORDER BY id DESC LIMIT ?", string(person), below, below, limit)
}

func (tx *Tx) bulks(where string, args ...any) ([]Bulk, error) {
	out, err := tx.bulkRows(where, args...)
	if err != nil || len(out) == 0 {
		return out, err
	}
	ids := make([]any, len(out))
	at := map[string]*Bulk{}
	for i := range out {
		ids[i], at[out[i].ID] = out[i].ID, &out[i]
	}
	rows, err := tx.query("SELECT bulk, outcome, COUNT(*) FROM bulk_item WHERE bulk IN ("+strings.Repeat(", ?", len(ids))[2:]+") GROUP BY bulk, outcome", ids...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var id, outcome string
		var n int64
		if err := rows.Scan(&id, &outcome, &n); err != nil {
			return nil, fmt.Errorf("count the items of bulks: %w", err)
		}
		at[id].Counts[drawbridge.BulkOutcome(outcome)] = n
		at[id].Total += n
	}
	return out, tx.explain(rows.Err())
}

func (tx *Tx) bulkRows(where string, args ...any) ([]Bulk, error) {
	rows, err := tx.query("SELECT "+bulkColumns+" FROM bulk WHERE "+where, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []Bulk
	for rows.Next() {
		var b Bulk
		var said, leased, created, ended string
		if err := rows.Scan(&b.ID, &b.Person, &b.Key, &said, &b.State, &b.Runner, &leased, &created, &ended); err != nil {
			return nil, fmt.Errorf("read bulks: %w", err)
		}
		var s bulkSaid
		if err := json.Unmarshal([]byte(said), &s); err != nil {
			return nil, fmt.Errorf("read bulk %s: %w", b.ID, err)
		}
		b.Act, b.List, b.With, b.Reason, b.Query, b.UndoOf, b.Asked = s.Act, s.List, s.With, s.Reason, s.Query, s.UndoOf, s.Asked
		b.Counts = map[drawbridge.BulkOutcome]int64{}
		for _, t := range []struct {
			to   *time.Time
			text string
		}{{&b.Leased, leased}, {&b.CreatedAt, created}, {&b.EndedAt, ended}} {
			if *t.to, err = parseTime(t.text); err != nil {
				return nil, fmt.Errorf("read bulk %s: %w", b.ID, err)
			}
		}
		out = append(out, b)
	}
	return out, tx.explain(rows.Err())
}

// BulkItems lists items of a bulk in their order, behind a place; by "" with every outcome.
func (tx *Tx) BulkItems(bulk string, outcome drawbridge.BulkOutcome, after int64, limit int) ([]drawbridge.BulkItem, error) {
	rows, err := tx.query("SELECT n, subject, outcome, told, tries, said FROM bulk_item WHERE bulk = ? AND n > ? AND (? = '' OR outcome = ?) ORDER BY n LIMIT ?",
		bulk, after, string(outcome), string(outcome), limit)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []drawbridge.BulkItem
	for rows.Next() {
		var i drawbridge.BulkItem
		var said string
		if err := rows.Scan(&i.N, &i.Subject, &i.Outcome, &i.Told, &i.Tries, &said); err != nil {
			return nil, fmt.Errorf("read items of bulk %s: %w", bulk, err)
		}
		var s bulkItemSaid
		if err := json.Unmarshal([]byte(said), &s); err != nil {
			return nil, fmt.Errorf("read item %d of bulk %s: %w", i.N, bulk, err)
		}
		i.Integration, i.Title, i.Memo = s.Integration, s.Title, s.Memo
		out = append(out, i)
	}
	return out, tx.explain(rows.Err())
}

// DropBulks forgets those that ended before a time.
func (tx *Tx) DropBulks(before time.Time) error {
	_, err := tx.exec("DELETE FROM bulk_item WHERE bulk IN (SELECT id FROM bulk WHERE ended_at <> '' AND ended_at < ?)", Time(before))
	if err == nil {
		_, err = tx.exec("DELETE FROM bulk WHERE ended_at <> '' AND ended_at < ?", Time(before))
	}
	return err
}

// EraseBulks takes away all that a person asked for.
func (tx *Tx) EraseBulks(person drawbridge.PersonID) error {
	_, err := tx.exec("DELETE FROM bulk_item WHERE bulk IN (SELECT id FROM bulk WHERE person = ?)", string(person))
	if err == nil {
		_, err = tx.exec("DELETE FROM bulk WHERE person = ?", string(person))
	}
	return err
}
