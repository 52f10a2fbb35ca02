package store

import (
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/tlog"
)

// Head returns the size of the ledger and its signed checkpoint; an empty
// ledger has none.
func (tx *Tx) Head() (size int64, note string, err error) {
	err = tx.one([]any{&size, &note}, `SELECT size, note FROM ledger_head WHERE id = 1`)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, "", nil
	}
	return size, note, err
}

// Append adds one entry to the ledger: its leaf, the hashes that it completes
// (from tlog.StoredHashIndex(0, seq) on), what it is about, and the new head.
func (tx *Tx) Append(seq int64, leaf []byte, hashes []tlog.Hash, subjects []Change, note string) error {
	if _, err := tx.exec(`INSERT INTO ledger_entry (seq, leaf) VALUES (?, ?)`, seq, leaf); err != nil {
		return fmt.Errorf("append to the ledger: %w", err)
	}
	first := tlog.StoredHashIndex(0, seq)
	for i, h := range hashes {
		if _, err := tx.exec(`INSERT INTO ledger_hash (idx, hash) VALUES (?, ?)`, first+int64(i), h[:]); err != nil {
			return fmt.Errorf("append to the tree: %w", err)
		}
	}
	last := map[[2]string]Change{}
	var order [][2]string
	for _, c := range subjects {
		k := [2]string{c.Kind, c.ID}
		if _, ok := last[k]; !ok {
			order = append(order, k)
		}
		last[k] = c
	}
	for _, k := range order {
		if _, err := tx.exec(`INSERT INTO ledger_subject (kind, id, seq, after_digest) VALUES (?, ?, ?, ?)`, k[0], k[1], seq, last[k].After); err != nil {
			return fmt.Errorf("index the ledger: %w", err)
		}
	}
	_, err := tx.exec(`INSERT INTO ledger_head (id, size, note) VALUES (1, ?, ?)
		ON CONFLICT (id) DO UPDATE SET size = excluded.size, note = excluded.note`, seq+1, note)
	return err
}

// SetNote replaces the signed checkpoint of the present head.
func (tx *Tx) SetNote(note string) error {
	_, err := tx.exec(`UPDATE ledger_head SET note = ? WHERE id = 1`, note)
	return err
}

// ReadHashes reads stored hashes of the tree: it makes Tx a tlog.HashReader.
func (tx *Tx) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	if len(indexes) == 0 {
		return nil, nil
	}
	args := make([]any, len(indexes))
	for i, x := range indexes {
		args[i] = x
	}
	rows, err := tx.query(`SELECT idx, hash FROM ledger_hash WHERE idx IN (?`+strings.Repeat(", ?", len(args)-1)+`)`, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	found := make(map[int64]tlog.Hash, len(indexes))
	for rows.Next() {
		var idx int64
		var raw []byte
		if err := rows.Scan(&idx, &raw); err != nil {
			return nil, fmt.Errorf("read the tree: %w", err)
		}
		if len(raw) != tlog.HashSize {
			return nil, fmt.Errorf("the tree's hash %d has %d bytes", idx, len(raw))
		}
		found[idx] = tlog.Hash(raw)
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	out := make([]tlog.Hash, len(indexes))
	for i, x := range indexes {
		h, ok := found[x]
		if !ok {
			return nil, fmt.Errorf("the tree's hash %d is missing", x)
		}
		out[i] = h
	}
	return out, nil
}

// Leaf is one entry as it was appended.
type Leaf struct {
	Seq  int64
	Data []byte
}

// Leaves reads entries in order, from a sequence number on.
func (tx *Tx) Leaves(from int64, limit int) ([]Leaf, error) {
	return tx.leaves(`SELECT seq, leaf FROM ledger_entry WHERE seq >= ? ORDER BY seq LIMIT ?`, from, limit)
}

// LeavesBefore reads entries newest first, below a sequence number.
func (tx *Tx) LeavesBefore(below int64, limit int) ([]Leaf, error) {
	return tx.leaves(`SELECT seq, leaf FROM ledger_entry WHERE seq < ? ORDER BY seq DESC LIMIT ?`, below, limit)
}

// LeavesAbout reads the entries about one record, newest first.
func (tx *Tx) LeavesAbout(kind, id string, below int64, limit int) ([]Leaf, error) {
	return tx.leaves(`SELECT e.seq, e.leaf FROM ledger_subject s JOIN ledger_entry e ON e.seq = s.seq
		WHERE s.kind = ? AND s.id = ? AND s.seq < ? ORDER BY s.seq DESC LIMIT ?`, kind, id, below, limit)
}

func (tx *Tx) leaves(query string, args ...any) ([]Leaf, error) {
	rows, err := tx.query(query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []Leaf
	for rows.Next() {
		var l Leaf
		if err := rows.Scan(&l.Seq, &l.Data); err != nil {
			return nil, fmt.Errorf("read the ledger: %w", err)
		}
		out = append(out, l)
	}
	return out, rows.Err()
}

// Detail is what an entry commits to: it can be erased, and the ledger still verifies.
type Detail struct {
	Seq    int64
	Salt   []byte
	Sealed []byte
	At     time.Time // of the entry; written, and read by retention alone
}

// PutDetail keeps the detail of an entry.
func (tx *Tx) PutDetail(d Detail) error {
	_, err := tx.exec(`INSERT INTO ledger_detail (seq, salt, detail, made_at) VALUES (?, ?, ?, ?)`, d.Seq, d.Salt, d.Sealed, Time(d.At))
	return err
}

// Details reads the details of a range of entries, in order; erased ones are missing.
func (tx *Tx) Details(from, below int64) ([]Detail, error) {
	rows, err := tx.query(`SELECT seq, salt, detail FROM ledger_detail WHERE seq >= ? AND seq < ? ORDER BY seq`, from, below)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []Detail
	for rows.Next() {
		var d Detail
		if err := rows.Scan(&d.Seq, &d.Salt, &d.Sealed); err != nil {
			return nil, fmt.Errorf("read details: %w", err)
		}
		out = append(out, d)
	}
	return out, rows.Err()
}

// EraseDetail removes the detail of an entry and notes it as a change, so that
// the ledger says why it is missing.
func (tx *Tx) EraseDetail(seq int64) error {
	res, err := tx.exec(`DELETE FROM ledger_detail WHERE seq = ?`, seq)
	if err != nil {
		return err
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return err
	}
	tx.changes = append(tx.changes, Change{Kind: "ledger_detail", ID: fmt.Sprint(seq), Op: "erase"})
	return nil
}

// LastDigests reads, for rows of a kind, the digest that the ledger's last
// entry about each gives; "" where the row was deleted.
func (tx *Tx) LastDigests(kind, after string, limit int) ([]Digest, error) {
	rows, err := tx.collect(`SELECT s.id, s.after_digest FROM ledger_subject s
		WHERE s.kind = ? AND s.id > ? AND s.seq = (SELECT MAX(m.seq) FROM ledger_subject m WHERE m.kind = s.kind AND m.id = s.id)
		ORDER BY s.id LIMIT ?`, []any{kind, after, limit})
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []Digest
	for rows.Next() {
		var d Digest
		if err := rows.Scan(&d.ID, &d.Sum); err != nil {
			return nil, fmt.Errorf("read the ledger's index: %w", err)
		}
		out = append(out, d)
	}
	return out, rows.Err()
}

// LastDigestsOf reads the digests that the ledger's last entries about the
// rows that are named give.
func (tx *Tx) LastDigestsOf(kind string, ids []string) (map[string]string, error) {
	out := map[string]string{}
	if len(ids) == 0 {
		return out, nil
	}
	args := make([]any, 0, len(ids)+1)
	args = append(args, kind)
	for _, id := range ids {
		args = append(args, id)
	}
	rows, err := tx.query(`SELECT s.id, s.after_digest FROM ledger_subject s
		WHERE s.kind = ? AND s.id IN (?`+strings.Repeat(", ?", len(ids)-1)+`)
		AND s.seq = (SELECT MAX(m.seq) FROM ledger_subject m WHERE m.kind = s.kind AND m.id = s.id)`, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var id, sum string
		if err := rows.Scan(&id, &sum); err != nil {
			return nil, fmt.Errorf("read the ledger's index: %w", err)
		}
		out[id] = sum
	}
	return out, rows.Err()
}

// LastDigest reads the digest that the ledger's last entry about one thing
// gives; "" where it was deleted or never written.
func (tx *Tx) LastDigest(kind, id string) (string, error) {
	var sum string
	err := tx.one([]any{&sum}, `SELECT after_digest FROM ledger_subject WHERE kind = ? AND id = ? ORDER BY seq DESC LIMIT 1`, kind, id)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return sum, err
}

// Subject is one line of the ledger's index: an entry that changed something.
type Subject struct {
	Seq           int64
	Kind, ID, Sum string
}

// Subjects reads the index of a range of entries.
func (tx *Tx) Subjects(from, below int64) ([]Subject, error) {
	rows, err := tx.query(`SELECT seq, kind, id, after_digest FROM ledger_subject WHERE seq >= ? AND seq < ?`, from, below)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []Subject
	for rows.Next() {
		var s Subject
		if err := rows.Scan(&s.Seq, &s.Kind, &s.ID, &s.Sum); err != nil {
			return nil, fmt.Errorf("read the ledger's index: %w", err)
		}
		out = append(out, s)
	}
	return out, rows.Err()
}

// StoredHashes reads a range of the tree's hashes in order.
func (tx *Tx) StoredHashes(from, below int64) (map[int64]tlog.Hash, error) {
	rows, err := tx.query(`SELECT idx, hash FROM ledger_hash WHERE idx >= ? AND idx < ?`, from, below)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	out := map[int64]tlog.Hash{}
	for rows.Next() {
		var idx int64
		var raw []byte
		if err := rows.Scan(&idx, &raw); err != nil {
			return nil, fmt.Errorf("read the tree: %w", err)
		}
		if len(raw) == tlog.HashSize { // another length is a difference like a missing one
			out[idx] = tlog.Hash(raw)
		}
	}
	return out, rows.Err()
}
