package store

import (
	"fmt"
	"time"

	"drawbridge"
)

// AddDelivery sets a message on its way over a channel, unless it is already,
// and reports whether it did.
func (tx *Tx) AddDelivery(message drawbridge.MessageID, channel string, now time.Time) (bool, error) {
	res, err := tx.exec(`INSERT INTO delivery (id, message, channel, state, failures, last_error, created_at, done_at) VALUES (?, ?, ?, 'waiting', 0, '', ?, '')
		ON CONFLICT (id) DO NOTHING`, string(message)+"/"+channel, string(message), channel, Time(now))
	if err != nil {
		return false, err
	}
	n, err := res.RowsAffected()
	return n > 0, err
}

// Delivery reads one delivery.
func (tx *Tx) Delivery(id string) (*drawbridge.Delivery, error) {
	list, err := tx.deliveries(`id = ?`, id)
	if err != nil {
		return nil, err
	}
	if len(list) == 0 {
		return nil, drawbridge.Errorf(drawbridge.NotFound, "there is no delivery %s", id)
	}
	return &list[0], nil
}

// DeliveriesBefore lists what went over a channel newest first, below an
// identifier; "" begins.
func (tx *Tx) DeliveriesBefore(channel, below string, limit int) ([]drawbridge.Delivery, error) {
	return tx.deliveries(`channel = ? AND (? = '' OR id < ?) ORDER BY id DESC LIMIT ?`, channel, below, below, limit)
}

// DeliveryFailed counts a failure of a waiting delivery.
func (tx *Tx) DeliveryFailed(id, message string) error {
	_, err := tx.exec(`UPDATE delivery SET failures = failures + 1, last_error = ? WHERE id = ? AND state = 'waiting'`, message, id)
	return err
}

// EndDelivery notes how a waiting delivery ended.
func (tx *Tx) EndDelivery(id string, state drawbridge.DeliveryState, now time.Time) error {
	_, err := tx.exec(`UPDATE delivery SET state = ?, done_at = ? WHERE id = ? AND state = 'waiting'`, string(state), Time(now), id)
	return err
}

// ReopenDelivery lets a delivery that ended wait again, with no failure counted.
func (tx *Tx) ReopenDelivery(id string) error {
	_, err := tx.exec(`UPDATE delivery SET state = 'waiting', failures = 0, done_at = '' WHERE id = ? AND state <> 'waiting'`, id)
	return err
}

// DeadInARow counts what a channel lost since the last message that it took.
func (tx *Tx) DeadInARow(channel string) (int64, error) {
	var n int64
	err := tx.one([]any{&n}, `SELECT COUNT(*) FROM delivery WHERE channel = ? AND state = 'dead' AND done_at >
		COALESCE((SELECT MAX(d.done_at) FROM delivery d WHERE d.channel = ? AND d.state = 'delivered'), '')`, channel, channel)
	return n, err
}

func (tx *Tx) deliveries(where string, args ...any) ([]drawbridge.Delivery, error) {
	rows, err := tx.query(`SELECT id, message, channel, state, failures, last_error, created_at, done_at FROM delivery WHERE `+where, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []drawbridge.Delivery
	for rows.Next() {
		var d drawbridge.Delivery
		var made, done string
		if err := rows.Scan(&d.ID, &d.Message, &d.Channel, &d.State, &d.Failures, &d.LastError, &made, &done); err != nil {
			return nil, fmt.Errorf("read deliveries: %w", err)
		}
		if d.CreatedAt, err = parseTime(made); err != nil {
			return nil, fmt.Errorf("read delivery %s: %w", d.ID, err)
		}
		if d.DoneAt, err = parseTime(done); err != nil {
			return nil, fmt.Errorf("read delivery %s: %w", d.ID, err)
		}
		out = append(out, d)
	}
	return out, tx.store.dialect.explain(rows.Err())
}
