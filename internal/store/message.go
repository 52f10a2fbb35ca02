package store

import (
	"encoding/json"
	"fmt"
	"time"

	"drawbridge"
)

// MessageEvent is the kind of the event that has a message delivered.
const MessageEvent = "message"

// AddMessage tells a person something, together with what the transaction does:
// the message stands in the inbox, and other channels follow by an event.
func (tx *Tx) AddMessage(m drawbridge.Message) error {
	if err := m.Check(); err != nil {
		return err
	}
	params, err := json.Marshal(m.Params)
	if err != nil {
		return fmt.Errorf("encode a message: %w", err)
	}
	if _, err := tx.exec(`INSERT INTO message (id, person, kind, params, link, created_at, read_at) VALUES (?, ?, ?, ?, ?, ?, '')`,
		string(m.ID), string(m.Person), m.Kind, string(params), m.Link, Time(m.CreatedAt)); err != nil {
		return err
	}
	return tx.AddEvent(Event{
		ID: drawbridge.EventID(drawbridge.NewID("evt", m.CreatedAt)), Kind: MessageEvent, Subject: string(m.ID), DueAt: m.CreatedAt, CreatedAt: m.CreatedAt,
	})
}

const messageColumns = `id, person, kind, params, link, created_at, read_at`

// Message reads one message.
func (tx *Tx) Message(id drawbridge.MessageID) (*drawbridge.Message, error) {
	list, err := tx.messages(`id = ?`, string(id))
	if err != nil {
		return nil, err
	}
	if len(list) == 0 {
		return nil, drawbridge.Errorf(drawbridge.NotFound, "there is no message %s", id)
	}
	return &list[0], nil
}

// MessageFilter says which messages of a person; what is empty does not restrict.
type MessageFilter struct {
	Unread bool
	Kind   string // what the kind begins with, up to a dot: like review
	About  string // an identifier that the message names; of a partner, also messages about its integrations
}

func (f MessageFilter) where() (string, []any) {
	where, args := "", []any(nil)
	if f.Unread { // spelled out, so that the index of the unread is used
		where += ` AND read_at = ''`
	}
	if f.Kind != "" {
		where, args = where+` AND kind LIKE ?`, append(args, f.Kind+".%")
	}
	if f.About != "" {
		where, args = where+` AND (params LIKE ? OR EXISTS (SELECT 1 FROM integration i WHERE i.partner = ? AND params LIKE '%:"' || i.id || '"%'))`,
			append(args, `%:"`+f.About+`"%`, f.About)
	}
	return where, args
}

// MessagesBefore lists a person's messages newest first, below an identifier;
// "" begins.
func (tx *Tx) MessagesBefore(person drawbridge.PersonID, f MessageFilter, below drawbridge.MessageID, limit int) ([]drawbridge.Message, error) {
	where, args := f.where()
	return tx.messages(`person = ?`+where+` AND (? = '' OR id < ?) ORDER BY id DESC LIMIT ?`, append(append([]any{string(person)}, args...), string(below), string(below), limit)...)
}

// UnreadMessages counts what a person has not read.
func (tx *Tx) UnreadMessages(person drawbridge.PersonID) (int64, error) {
	var n int64
	err := tx.one([]any{&n}, `SELECT COUNT(*) FROM message WHERE person = ? AND read_at = ''`, string(person))
	return n, err
}

// ReadMessages notes that a person read the messages that fit up to an
// identifier, or that one alone.
func (tx *Tx) ReadMessages(person drawbridge.PersonID, id drawbridge.MessageID, upTo bool, f MessageFilter, now time.Time) error {
	compare := `id = ?`
	if upTo {
		compare = `id <= ?`
	}
	f.Unread = true
	where, args := f.where()
	_, err := tx.exec(`UPDATE message SET read_at = ? WHERE person = ?`+where+` AND `+compare, append(append([]any{Time(now), string(person)}, args...), string(id))...)
	return err
}

// UnreadAgain takes back that a person read a message, and those that were noted
// together with it.
func (tx *Tx) UnreadAgain(person drawbridge.PersonID, id drawbridge.MessageID) error {
	_, err := tx.exec(`UPDATE message SET read_at = '' WHERE person = ? AND read_at <> '' AND read_at = (SELECT m.read_at FROM message m WHERE m.id = ? AND m.person = ?)`,
		string(person), string(id), string(person))
	return err
}

// DropMessages forgets messages from before a time, with their deliveries.
func (tx *Tx) DropMessages(before time.Time, limit int) (int64, error) {
	const old = `(SELECT id FROM message WHERE created_at < ? ORDER BY id LIMIT ?)`
	if _, err := tx.exec(`DELETE FROM delivery WHERE message IN `+old, Time(before), limit); err != nil {
		return 0, err
	}
	res, err := tx.exec(`DELETE FROM message WHERE id IN `+old, Time(before), limit)
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

func (tx *Tx) messages(where string, args ...any) ([]drawbridge.Message, error) {
	rows, err := tx.query(`SELECT `+messageColumns+` FROM message WHERE `+where, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []drawbridge.Message
	for rows.Next() {
		var m drawbridge.Message
		var params, made, read string
		if err := rows.Scan(&m.ID, &m.Person, &m.Kind, &params, &m.Link, &made, &read); err != nil {
			return nil, fmt.Errorf("read messages: %w", err)
		}
		if err := json.Unmarshal([]byte(params), &m.Params); err != nil {
			return nil, fmt.Errorf("read message %s: %w", m.ID, err)
		}
		if m.CreatedAt, err = parseTime(made); err != nil {
			return nil, fmt.Errorf("read message %s: %w", m.ID, err)
		}
		if m.ReadAt, err = parseTime(read); err != nil {
			return nil, fmt.Errorf("read message %s: %w", m.ID, err)
		}
		out = append(out, m)
	}
	return out, tx.store.dialect.explain(rows.Err())
}

// WantsMail reports whether a person takes messages by mail too.
func (tx *Tx) WantsMail(person drawbridge.PersonID) (bool, error) {
	var n int64
	err := tx.one([]any{&n}, `SELECT COUNT(*) FROM no_mail WHERE person = ?`, string(person))
	return n == 0, err
}

// SetMail notes whether a person takes messages by mail too.
func (tx *Tx) SetMail(person drawbridge.PersonID, wants bool) error {
	query := `INSERT INTO no_mail (person) VALUES (?) ON CONFLICT (person) DO NOTHING`
	if wants {
		query = `DELETE FROM no_mail WHERE person = ?`
	}
	_, err := tx.exec(query, string(person))
	return err
}

// Administrators lists who runs the installation and can sign in.
func (tx *Tx) Administrators(limit int) ([]drawbridge.Person, error) {
	return people.find(tx, "roles LIKE ? AND disabled = ? AND erased = ? ORDER BY id LIMIT ?", `%"`+string(drawbridge.Administrator)+`"%`, false, false, limit)
}
