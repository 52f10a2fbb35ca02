package store

import (
	"database/sql"
	"errors"
	"fmt"
	"time"

	"drawbridge"
)

// Event is a word from one desk to a later one: something happened, or is due.
// It is written in the transaction of what it tells, and relayed to the queue
// afterwards, at least once. It holds identifiers and no facts.
type Event struct {
	ID        drawbridge.EventID
	Kind      string // assess, deliver, purge, …: which worker
	Subject   string // identifier of what it is about
	DueAt     time.Time
	CreatedAt time.Time
}

// AddEvent tells the queue.
func (tx *Tx) AddEvent(e Event) error {
	_, err := tx.exec(`INSERT INTO event (id, kind, subject, due_at, created_at, relayed_at) VALUES (?, ?, ?, ?, ?, '')`,
		string(e.ID), e.Kind, e.Subject, Time(e.DueAt), Time(e.CreatedAt))
	return err
}

// OpenEvents lists events that are due and were not relayed, oldest first.
func (tx *Tx) OpenEvents(now time.Time, limit int) ([]Event, error) {
	rows, err := tx.query(`SELECT id, kind, subject, due_at, created_at FROM event WHERE relayed_at = '' AND due_at <= ? ORDER BY due_at, id LIMIT ?`, Time(now), limit)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []Event
	for rows.Next() {
		var e Event
		var due, made string
		if err := rows.Scan(&e.ID, &e.Kind, &e.Subject, &due, &made); err != nil {
			return nil, fmt.Errorf("read events: %w", err)
		}
		if e.DueAt, err = parseTime(due); err != nil {
			return nil, err
		}
		if e.CreatedAt, err = parseTime(made); err != nil {
			return nil, err
		}
		out = append(out, e)
	}
	return out, rows.Err()
}

// Replay is what an act answered the first time.
type Replay struct {
	Request string // digest of what was asked
	Result  string // JSON
	Seq     int64
}

// Replay reads the answer of an earlier act with the same key, or nil.
func (tx *Tx) Replay(actor, key string) (*Replay, error) {
	var r Replay
	err := tx.one([]any{&r.Request, &r.Result, &r.Seq}, `SELECT request, result, seq FROM idempotency WHERE actor = ? AND idem = ?`, actor, key)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil //nolint:nilnil // none is an answer
	}
	if err != nil {
		return nil, err
	}
	return &r, nil
}

// KeepReplay keeps an act's answer for a repetition with the same key.
func (tx *Tx) KeepReplay(actor, key string, r Replay, now time.Time) error {
	_, err := tx.exec(`INSERT INTO idempotency (actor, idem, request, result, seq, created_at) VALUES (?, ?, ?, ?, ?, ?)`,
		actor, key, r.Request, r.Result, r.Seq, Time(now))
	return err
}

// DropReplays forgets answers from before a time.
func (tx *Tx) DropReplays(before time.Time) (int64, error) {
	res, err := tx.exec(`DELETE FROM idempotency WHERE created_at < ?`, Time(before))
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}
