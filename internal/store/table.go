package store

import (
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"reflect"
	"strings"

	"drawbridge"
)

// raw reads one row by its identifier.
func (t *table[T]) raw(tx *Tx, id string) (*stored, error) {
	s := &stored{}
	err := tx.one(t.dest(s), "SELECT "+t.columns+" FROM "+t.kind+" WHERE "+t.key+" = ?", id)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, drawbridge.Errorf(drawbridge.NotFound, "there is no %s %s", t.kind, id)
	}
	return s, err
}

// get reads one record.
func (t *table[T]) get(tx *Tx, id string) (*T, error) {
	s, err := t.raw(tx, id)
	if err != nil {
		return nil, err
	}
	return t.decode(s)
}

// find reads the records that a condition selects; where starts behind WHERE.
func (t *table[T]) find(tx *Tx, where string, args ...any) ([]T, error) {
	rows, err := tx.collect("SELECT "+t.columns+" FROM "+t.kind+" WHERE "+where, args)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []T
	for rows.Next() {
		s := &stored{}
		if err := rows.Scan(t.dest(s)...); err != nil {
			return nil, fmt.Errorf("read %s: %w", t.kind, err)
		}
		rec, err := t.decode(s)
		if err != nil {
			return nil, err
		}
		out = append(out, *rec)
	}
	return out, tx.store.dialect.explain(rows.Err())
}

// first reads the first of what a condition selects, or not_found.
func (t *table[T]) first(tx *Tx, where string, args ...any) (*T, error) {
	list, err := t.find(tx, where+" LIMIT 1", args...)
	if err != nil {
		return nil, err
	}
	if len(list) == 0 {
		return nil, drawbridge.Errorf(drawbridge.NotFound, "there is no such %s", t.kind)
	}
	return &list[0], nil
}

// insert writes a new record as version 1.
func (t *table[T]) insert(tx *Tx, rec *T) error {
	t.meta(rec).Version = 1
	values, err := t.values(rec)
	if err != nil {
		return err
	}
	salt := newSalt()
	after, err := t.digest(values, salt)
	if err != nil {
		return err
	}
	marks := strings.Repeat("?, ", len(values)) + "?"
	if _, err := tx.exec("INSERT INTO "+t.kind+" ("+t.columns+") VALUES ("+marks+")", append(values, salt)...); err != nil {
		return err
	}
	tx.changes = append(tx.changes, Change{Kind: t.kind, ID: t.id(values), Op: "create", After: after, New: t.told(values, nil)})
	return nil
}

// update writes a record over the version that it was read with. Another
// version there is a conflict: nothing is overwritten silently.
func (t *table[T]) update(tx *Tx, rec *T) error { return t.replace(tx, rec, "update", nil) }

// erase writes a record with its personal parts emptied by the caller, under a
// new salt: the digests of before can no longer be tried against guesses.
func (t *table[T]) erase(tx *Tx, rec *T) error { return t.replace(tx, rec, "erase", newSalt()) }

func (t *table[T]) replace(tx *Tx, rec *T, op string, salt []byte) error {
	values, err := t.values(rec)
	if err != nil {
		return err
	}
	id := t.id(values)
	had, err := t.raw(tx, id)
	if err != nil {
		return err
	}
	if have, mine := t.version(had), t.meta(rec).Version; have != mine {
		return drawbridge.Errorf(drawbridge.Conflict, "%s %s was changed by somebody else (it is at version %d, yours is %d): read it again", t.kind, id, have, mine)
	}
	before, err := t.digest(had.values, had.salt)
	if err != nil {
		return err
	}
	if salt == nil {
		salt = had.salt
	}
	t.meta(rec).Version++
	if values, err = t.values(rec); err != nil {
		return err
	}
	after, err := t.digest(values, salt)
	if err != nil {
		return err
	}
	set := make([]string, len(t.fields))
	for i, f := range t.fields {
		set[i] = f.name + " = ?"
	}
	args := append(append([]any{}, values...), salt, id)
	if _, err := tx.exec("UPDATE "+t.kind+" SET "+strings.Join(set, ", ")+", salt = ? WHERE "+t.key+" = ?", args...); err != nil {
		return err
	}
	c := Change{Kind: t.kind, ID: id, Op: op, Before: before, After: after}
	if op != "erase" {
		c.Old, c.New = t.told(plain(had.values), values), t.told(values, plain(had.values))
	}
	tx.changes = append(tx.changes, c)
	return nil
}

// remove deletes a record.
func (t *table[T]) remove(tx *Tx, id string) error {
	had, err := t.raw(tx, id)
	if err != nil {
		return err
	}
	before, err := t.digest(had.values, had.salt)
	if err != nil {
		return err
	}
	if _, err := tx.exec("DELETE FROM "+t.kind+" WHERE "+t.key+" = ?", id); err != nil {
		return err
	}
	tx.changes = append(tx.changes, Change{Kind: t.kind, ID: id, Op: "delete", Before: before})
	return nil
}

func (t *table[T]) meta(rec *T) *drawbridge.Meta {
	return reflect.ValueOf(rec).Elem().FieldByName("Meta").Addr().Interface().(*drawbridge.Meta)
}

func (t *table[T]) version(s *stored) int64 {
	for i, f := range t.fields {
		if f.name == "version" {
			return *s.values[i].(*int64)
		}
	}
	return 0
}

func (t *table[T]) id(values []any) string {
	for i, f := range t.fields {
		if f.name == t.key {
			return values[i].(string)
		}
	}
	return ""
}

func newSalt() []byte {
	salt := make([]byte, 16)
	rand.Read(salt)
	return salt
}

// Digest is the digest of one row.
type Digest struct{ ID, Sum string }

// record is what fsck and backup need of every table.
type record interface {
	name() string
	digests(tx *Tx, after string, limit int) ([]Digest, error)
	existing(tx *Tx, ids []string) (map[string]bool, error)
	files() []naming
	about(tx *Tx, ids []string, out belongings) error
}

func (t *table[T]) name() string { return t.kind }

// digests recomputes the digests of rows in the order of their identifiers.
func (t *table[T]) digests(tx *Tx, after string, limit int) ([]Digest, error) {
	rows, err := tx.query("SELECT "+t.columns+" FROM "+t.kind+" WHERE "+t.key+" > ? ORDER BY "+t.key+" LIMIT ?", after, limit)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []Digest
	for rows.Next() {
		s := &stored{}
		if err := rows.Scan(t.dest(s)...); err != nil {
			return nil, fmt.Errorf("read %s: %w", t.kind, err)
		}
		sum, err := t.digest(s.values, s.salt)
		if err != nil {
			return nil, err
		}
		for i, f := range t.fields {
			if f.name == t.key {
				out = append(out, Digest{ID: *s.values[i].(*string), Sum: sum})
			}
		}
	}
	return out, tx.store.dialect.explain(rows.Err())
}

// existing tells which identifiers have a row.
func (t *table[T]) existing(tx *Tx, ids []string) (map[string]bool, error) {
	out := map[string]bool{}
	if len(ids) == 0 {
		return out, nil
	}
	args := make([]any, len(ids))
	for i, id := range ids {
		args[i] = id
	}
	rows, err := tx.query("SELECT "+t.key+" FROM "+t.kind+" WHERE "+t.key+" IN (?"+strings.Repeat(", ?", len(ids)-1)+")", args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			return nil, fmt.Errorf("read %s: %w", t.kind, err)
		}
		out[id] = true
	}
	return out, tx.store.dialect.explain(rows.Err())
}
