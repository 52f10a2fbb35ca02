package store

import (
	"context"
	"slices"
	"strings"
	"time"
)

// Durable is a setting of the database that decides whether what was
// acknowledged survives a failing machine.
type Durable struct {
	Name, Value, Want string
	Safe              bool

	query string
}

// stronger are values that keep more than what is wanted.
var stronger = []string{"remote_write", "remote_apply", "3"}

// Durability reads the settings on which the promise rests that nothing
// acknowledged is lost.
func (s *Store) Durability(ctx context.Context) ([]Durable, error) {
	list := s.dialect.durability()
	err := s.View(ctx, func(tx *Tx) error {
		for i := range list {
			if err := tx.one([]any{&list[i].Value}, list[i].query); err != nil {
				return err
			}
			list[i].Value = strings.ToLower(list[i].Value)
			list[i].Safe = list[i].Value == list[i].Want || slices.Contains(stronger, list[i].Value)
		}
		return nil
	})
	return list, err
}

// Version names the database and its version.
func (s *Store) Version(ctx context.Context) (string, error) {
	var name string
	err := s.View(ctx, func(tx *Tx) error { return tx.one([]any{&name}, s.dialect.version()) })
	return name, err
}

// Backlog is the work that is due and has not ended.
type Backlog struct {
	Due      int64
	Retrying int64     // of these, what failed and is tried again
	Oldest   time.Time // when the oldest was due; zero when nothing is
}

// Backlog counts what is due at a time.
func (tx *Tx) Backlog(now time.Time) (Backlog, error) {
	var b Backlog
	var oldest string
	err := tx.one([]any{&b.Due, &b.Retrying, &oldest},
		`SELECT COUNT(*), COALESCE(SUM(CASE WHEN failures > 0 THEN 1 ELSE 0 END), 0), COALESCE(MIN(due_at), '') FROM event WHERE done_at = '' AND due_at <= ?`, Time(now))
	if err != nil {
		return b, err
	}
	b.Oldest, err = parseTime(oldest)
	return b, err
}
