package store

import (
	"database/sql"
	"errors"
	"fmt"
	"time"

	"drawbridge"
)

// Draft is what somebody began to ask for, sealed. It is a note to oneself and no
// record.
type Draft struct {
	ID          drawbridge.DraftID
	Person      drawbridge.PersonID
	Begun       string // idempotency key of the beginning, or ""
	Version     int64
	Content     []byte
	CreatedAt   time.Time
	SavedAt     time.Time
	DiscardedAt time.Time // zero while it is there
	Integration drawbridge.IntegrationID
}

const draftColumns = `id, person, begun, version, content, created_at, saved_at, discarded_at, integration`

// AddDraft keeps a new draft, with its file when it has one.
func (tx *Tx) AddDraft(d *Draft, file []byte) error {
	d.Version = 1
	_, err := tx.exec(`INSERT INTO draft (`+draftColumns+`) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`, string(d.ID), string(d.Person), d.Begun, d.Version, d.Content,
		Time(d.CreatedAt), Time(d.SavedAt), Time(d.DiscardedAt), string(d.Integration))
	if err != nil || file == nil {
		return err
	}
	_, err = tx.exec(`INSERT INTO draft_file (draft, content) VALUES (?, ?)`, string(d.ID), file)
	return err
}

// SetDraft keeps a draft over the version that was read.
func (tx *Tx) SetDraft(d *Draft) error {
	n, err := tx.count(`UPDATE draft SET version = version + 1, content = ?, saved_at = ?, discarded_at = ?, integration = ? WHERE id = ? AND version = ?`,
		d.Content, Time(d.SavedAt), Time(d.DiscardedAt), string(d.Integration), string(d.ID), d.Version)
	if err == nil && n == 0 {
		err = drawbridge.Errorf(drawbridge.Conflict, "the draft was changed elsewhere meanwhile")
	}
	d.Version++
	return err
}

// Draft reads somebody's draft, or not_found.
func (tx *Tx) Draft(person drawbridge.PersonID, id drawbridge.DraftID) (*Draft, error) {
	return tx.draft(`person = ? AND id = ?`, string(person), string(id))
}

// DraftBegun reads the draft that somebody began with an idempotency key.
func (tx *Tx) DraftBegun(person drawbridge.PersonID, key string) (*Draft, error) {
	return tx.draft(`person = ? AND begun = ? AND begun <> ''`, string(person), key)
}

func (tx *Tx) draft(where string, args ...any) (*Draft, error) {
	list, err := tx.drafts(where+` LIMIT 1`, args...)
	if err != nil {
		return nil, err
	}
	if len(list) == 0 {
		return nil, drawbridge.Errorf(drawbridge.NotFound, "there is no such draft")
	}
	return &list[0], nil
}

// Drafts lists what somebody began and did not discard or send, the last saved first.
func (tx *Tx) Drafts(person drawbridge.PersonID, limit int) ([]Draft, error) {
	return tx.drafts(`person = ? AND discarded_at = ? AND integration = '' ORDER BY saved_at DESC, id DESC LIMIT ?`, string(person), Time(time.Time{}), limit)
}

func (tx *Tx) drafts(where string, args ...any) ([]Draft, error) {
	rows, err := tx.query(`SELECT `+draftColumns+` FROM draft WHERE `+where, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []Draft
	for rows.Next() {
		var d Draft
		var text [3]string
		if err := rows.Scan(&d.ID, &d.Person, &d.Begun, &d.Version, &d.Content, &text[0], &text[1], &text[2], &d.Integration); err != nil {
			return nil, fmt.Errorf("read drafts: %w", err)
		}
		for i, at := range []*time.Time{&d.CreatedAt, &d.SavedAt, &d.DiscardedAt} {
			if *at, err = parseTime(text[i]); err != nil {
				return nil, fmt.Errorf("read draft %s: %w", d.ID, err)
			}
		}
		out = append(out, d)
	}
	return out, tx.store.dialect.explain(rows.Err())
}

// DraftFile reads the file of a draft, sealed; nil when it has none.
func (tx *Tx) DraftFile(id drawbridge.DraftID) ([]byte, error) {
	var data []byte
	err := tx.one([]any{&data}, `SELECT content FROM draft_file WHERE draft = ?`, string(id))
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	return data, err
}

// DropDraftFile takes the file of a draft away.
func (tx *Tx) DropDraftFile(id drawbridge.DraftID) error {
	_, err := tx.exec(`DELETE FROM draft_file WHERE draft = ?`, string(id))
	return err
}

// ForgetDrafts takes away all that a person began.
func (tx *Tx) ForgetDrafts(person drawbridge.PersonID) error {
	_, err := tx.dropDrafts(`person = ?`, string(person))
	return err
}

// DropOldDrafts takes away drafts that were saved last before a time, and those
// that were discarded or sent before another.
func (tx *Tx) DropOldDrafts(saved, ended time.Time) (int64, error) {
	return tx.dropDrafts(`saved_at < ? OR (discarded_at <> ? OR integration <> '') AND saved_at < ?`, Time(saved), Time(time.Time{}), Time(ended))
}

func (tx *Tx) dropDrafts(where string, args ...any) (int64, error) {
	if _, err := tx.exec(`DELETE FROM draft_file WHERE draft IN (SELECT id FROM draft WHERE `+where+`)`, args...); err != nil {
		return 0, err
	}
	return tx.count(`DELETE FROM draft WHERE `+where, args...)
}
