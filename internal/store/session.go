package store

import (
	"fmt"
	"time"

	"drawbridge"
)

const sessionColumns = `id, person, proved_at, seen_at, expires_at, created_at`

// AddSession signs somebody in.
func (tx *Tx) AddSession(s drawbridge.Session, hash string) error {
	_, err := tx.exec(`INSERT INTO session (`+sessionColumns+`, hash) VALUES (?, ?, ?, ?, ?, ?, ?)`,
		string(s.ID), string(s.Person), Time(s.ProvedAt), Time(s.SeenAt), Time(s.ExpiresAt), Time(s.CreatedAt), hash)
	return err
}

// SessionByHash reads the session with a secret.
func (tx *Tx) SessionByHash(hash string) (*drawbridge.Session, error) {
	return tx.session(`hash = ?`, hash)
}

// Session reads a session.
func (tx *Tx) Session(id drawbridge.SessionID) (*drawbridge.Session, error) {
	return tx.session(`id = ?`, string(id))
}

func (tx *Tx) session(where, arg string) (*drawbridge.Session, error) {
	list, err := tx.sessions(where+` LIMIT 1`, arg)
	if err != nil {
		return nil, err
	}
	if len(list) == 0 {
		return nil, drawbridge.Errorf(drawbridge.NotFound, "there is no such session")
	}
	return &list[0], nil
}

// SessionsOf lists where a person is signed in, newest first.
func (tx *Tx) SessionsOf(person drawbridge.PersonID, limit int) ([]drawbridge.Session, error) {
	return tx.sessions(`person = ? ORDER BY created_at DESC, id DESC LIMIT ?`, string(person), limit)
}

func (tx *Tx) sessions(where string, args ...any) ([]drawbridge.Session, error) {
	rows, err := tx.query(`SELECT `+sessionColumns+` FROM session WHERE `+where, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []drawbridge.Session
	for rows.Next() {
		var s drawbridge.Session
		var text [4]string
		if err := rows.Scan(&s.ID, &s.Person, &text[0], &text[1], &text[2], &text[3]); err != nil {
			return nil, fmt.Errorf("read sessions: %w", err)
		}
		for i, at := range []*time.Time{&s.ProvedAt, &s.SeenAt, &s.ExpiresAt, &s.CreatedAt} {
			if *at, err = parseTime(text[i]); err != nil {
				return nil, fmt.Errorf("read session %s: %w", s.ID, err)
			}
		}
		out = append(out, s)
	}
	return out, tx.store.dialect.explain(rows.Err())
}

// TouchSession notes that a session is in use.
func (tx *Tx) TouchSession(id drawbridge.SessionID, at time.Time) error {
	_, err := tx.exec(`UPDATE session SET seen_at = ? WHERE id = ?`, Time(at), string(id))
	return err
}

// RotateSession gives a session a new secret and a new proof. It reports
// whether the session still had the old secret.
func (tx *Tx) RotateSession(id drawbridge.SessionID, from, to string, proved time.Time) (bool, error) {
	n, err := tx.count(`UPDATE session SET hash = ?, proved_at = ?, seen_at = ? WHERE id = ? AND hash = ?`, to, Time(proved), Time(proved), string(id), from)
	return n == 1, err
}

// DropSession signs one session out.
func (tx *Tx) DropSession(id drawbridge.SessionID) error {
	_, err := tx.exec(`DELETE FROM session WHERE id = ?`, string(id))
	return err
}

// DropSessions signs a person out everywhere but in one session, which may be none.
func (tx *Tx) DropSessions(person drawbridge.PersonID, except drawbridge.SessionID) (int64, error) {
	return tx.count(`DELETE FROM session WHERE person = ? AND id <> ?`, string(person), string(except))
}

// TrimSessions keeps the newest sessions of a person.
func (tx *Tx) TrimSessions(person drawbridge.PersonID, keep int) error {
	_, err := tx.exec(`DELETE FROM session WHERE person = ? AND id NOT IN (SELECT id FROM session WHERE person = ? ORDER BY created_at DESC, id DESC LIMIT ?)`,
		string(person), string(person), keep)
	return err
}

// DropOldSessions deletes sessions that expired or were not used since.
func (tx *Tx) DropOldSessions(expired, unused time.Time) (int64, error) {
	return tx.count(`DELETE FROM session WHERE expires_at <= ? OR seen_at <= ?`, Time(expired), Time(unused))
}

func (tx *Tx) count(query string, args ...any) (int64, error) {
	res, err := tx.exec(query, args...)
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}
