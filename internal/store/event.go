package store

import (
	"database/sql"
	"errors"
	"fmt"
	"strings"
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

// Outcome is how an event ended.
type Outcome string

// The outcomes of an event.
const (
	OutcomeDone      Outcome = "done"
	OutcomeFailed    Outcome = "failed"
	OutcomeCancelled Outcome = "cancelled"
)

// EventState is an event with how far it came.
type EventState struct {
	Event
	RelayedAt time.Time // zero while the queue does not know of it
	Job       int64     // the queue's number
	Failures  int64
	LastError string    // safe to show
	RetryAt   time.Time // when it is tried again after a failure
	DoneAt    time.Time // zero while it is open
	Outcome   Outcome
}

// Events gives a word after a commit that added events.
func (s *Store) Events() <-chan struct{} { return s.events }

// AddEvent tells the queue.
func (tx *Tx) AddEvent(e Event) error {
	_, err := tx.exec(`INSERT INTO event (id, kind, subject, due_at, created_at, relayed_at) VALUES (?, ?, ?, ?, ?, '')`,
		string(e.ID), e.Kind, e.Subject, Time(e.DueAt), Time(e.CreatedAt))
	tx.ring()
	return err
}

// AddScheduled tells the queue of what is due in a period, unless it was told.
func (tx *Tx) AddScheduled(e Event, period time.Time) error {
	_, err := tx.exec(`INSERT INTO event (id, kind, subject, due_at, created_at, relayed_at, period) VALUES (?, ?, ?, ?, ?, '', ?)
		ON CONFLICT (kind, subject, period) WHERE period <> '' DO NOTHING`,
		string(e.ID), e.Kind, e.Subject, Time(e.DueAt), Time(e.CreatedAt), Time(period))
	tx.ring()
	return err
}

// ring wakes the relay once the transaction is durable.
func (tx *Tx) ring() {
	tx.AfterCommit(func() {
		select {
		case tx.store.events <- struct{}{}:
		default: // it is awake already
		}
	})
}

const eventColumns = `id, kind, subject, due_at, created_at, relayed_at, job, failures, last_error, retry_at, done_at, outcome`

// OpenEvents lists events that are due and were not relayed, oldest first.
func (tx *Tx) OpenEvents(now time.Time, limit int) ([]EventState, error) {
	return tx.events(`relayed_at = '' AND done_at = '' AND due_at <= ? ORDER BY due_at, id LIMIT ?`, Time(now), limit)
}

// EventState reads one event.
func (tx *Tx) EventState(id drawbridge.EventID) (*EventState, error) {
	list, err := tx.events(`id = ?`, string(id))
	if err != nil {
		return nil, err
	}
	if len(list) == 0 {
		return nil, drawbridge.Errorf(drawbridge.NotFound, "there is no job %s", id)
	}
	return &list[0], nil
}

// EventFilter selects events; zero values select all.
type EventFilter struct {
	Kind    string
	Open    bool    // those that have not ended
	Outcome Outcome // those that ended so
}

// EventsBefore lists events newest first, below an identifier; "" begins.
func (tx *Tx) EventsBefore(f EventFilter, below drawbridge.EventID, limit int) ([]EventState, error) {
	return tx.events(`(? = '' OR kind = ?) AND (? = '' OR outcome = ?) AND (? = FALSE OR done_at = '') AND (? = '' OR id < ?) ORDER BY id DESC LIMIT ?`,
		f.Kind, f.Kind, string(f.Outcome), string(f.Outcome), f.Open, string(below), string(below), limit)
}

func (tx *Tx) events(where string, args ...any) ([]EventState, error) {
	rows, err := tx.query(`SELECT `+eventColumns+` FROM event WHERE `+where, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []EventState
	for rows.Next() {
		var e EventState
		var due, made, relayed, retry, done string
		if err := rows.Scan(&e.ID, &e.Kind, &e.Subject, &due, &made, &relayed, &e.Job, &e.Failures, &e.LastError, &retry, &done, &e.Outcome); err != nil {
			return nil, fmt.Errorf("read events: %w", err)
		}
		for _, t := range []struct {
			to   *time.Time
			text string
		}{{&e.DueAt, due}, {&e.CreatedAt, made}, {&e.RelayedAt, relayed}, {&e.RetryAt, retry}, {&e.DoneAt, done}} {
			if *t.to, err = parseTime(t.text); err != nil {
				return nil, fmt.Errorf("read events: %w", err)
			}
		}
		out = append(out, e)
	}
	return out, tx.store.dialect.explain(rows.Err())
}

// MarkRelayed notes which numbers the queue gave to events.
func (tx *Tx) MarkRelayed(jobs map[drawbridge.EventID]int64, now time.Time) error {
	if len(jobs) == 0 {
		return nil
	}
	args := []any{Time(now)}
	for id, job := range jobs {
		args = append(args, string(id), job)
	}
	_, err := tx.exec(`UPDATE event SET relayed_at = ?, job = v.column2 FROM (VALUES (CAST(? AS TEXT), CAST(? AS BIGINT))`+
		strings.Repeat(`, (CAST(? AS TEXT), CAST(? AS BIGINT))`, len(jobs)-1)+`) AS v WHERE event.id = v.column1`, args...)
	return err
}

// EndEvents notes that open events ended, and how; those that ended before stay.
func (tx *Tx) EndEvents(ids []drawbridge.EventID, outcome Outcome, now time.Time) error {
	if len(ids) == 0 {
		return nil
	}
	args := []any{Time(now), string(outcome)}
	for _, id := range ids {
		args = append(args, string(id))
	}
	_, err := tx.exec(`UPDATE event SET done_at = ?, outcome = ?, retry_at = '' WHERE done_at = '' AND id IN (?`+strings.Repeat(", ?", len(ids)-1)+`)`, args...)
	return err
}

// EndEventsAbout ends the open events of a kind about a subject: what they ask
// for was done.
func (tx *Tx) EndEventsAbout(kind, subject string, now time.Time) error {
	_, err := tx.exec(`UPDATE event SET done_at = ?, outcome = ?, retry_at = '' WHERE done_at = '' AND kind = ? AND subject = ?`,
		Time(now), string(OutcomeDone), kind, subject)
	return err
}

// EndEventsDue ends the open events of a kind that were due from one time up to
// another, before which everything is history.
func (tx *Tx) EndEventsDue(kind string, from, to time.Time) error {
	_, err := tx.exec(`UPDATE event SET done_at = due_at, outcome = ?, retry_at = '' WHERE done_at = '' AND kind = ? AND due_at >= ? AND due_at < ?`,
		string(OutcomeDone), kind, Time(from), Time(to))
	return err
}

// FailEvent counts a failure of an open event; retry is when it is tried again,
// zero when it is not.
func (tx *Tx) FailEvent(id drawbridge.EventID, message string, retry, now time.Time) error {
	done, outcome := "", Outcome("")
	if retry.IsZero() {
		done, outcome = Time(now), OutcomeFailed
	}
	_, err := tx.exec(`UPDATE event SET failures = failures + 1, last_error = ?, retry_at = ?, done_at = ?, outcome = ? WHERE done_at = '' AND id = ?`,
		message, Time(retry), done, string(outcome), string(id))
	return err
}

// ReopenEvent lets an event that failed or was cancelled run again.
func (tx *Tx) ReopenEvent(id drawbridge.EventID, now time.Time) error {
	_, err := tx.exec(`UPDATE event SET relayed_at = '', job = 0, retry_at = '', done_at = '', outcome = '', due_at = ? WHERE id = ? AND outcome IN ('failed', 'cancelled')`,
		Time(now), string(id))
	tx.ring()
	return err
}

// RequeueEvents has every open event relayed again, and counts them. The queue
// takes none twice.
func (tx *Tx) RequeueEvents() (int64, error) {
	res, err := tx.exec(`UPDATE event SET relayed_at = '' WHERE done_at = '' AND relayed_at <> ''`)
	if err != nil {
		return 0, err
	}
	tx.ring()
	return res.RowsAffected()
}

// DropEvents forgets events that ended before a time.
func (tx *Tx) DropEvents(before time.Time, limit int) (int64, error) {
	res, err := tx.exec(`DELETE FROM event WHERE id IN (SELECT id FROM event WHERE done_at <> '' AND done_at < ? LIMIT ?)`, Time(before), limit)
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
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
