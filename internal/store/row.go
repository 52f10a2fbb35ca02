package store

import (
	"crypto/rand"
	"database/sql"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"time"

	"drawbridge"
	"drawbridge/internal/seal"
)

// table is one kind of record: a struct whose json names are the columns. Each
// row has a version and a salt besides, and a digest over all of it.
type table[T any] struct {
	kind    string // as the ledger names it; also the table's name
	key     string // column of the identifier
	fields  []field
	columns string // all columns, with the salt at the end
}

type field struct {
	name   string
	index  []int
	form   form
	secret bool // tagged record:"secret": never told, not even to the ledger's details
}

// form is how a Go value is stored.
type form int

const (
	formPlain form = iota // string, int64, float64, bool
	formTime
	formBytes
	formJSON
)

var (
	timeType = reflect.TypeFor[time.Time]()
	rawType  = reflect.TypeFor[json.RawMessage]()
	byteType = reflect.TypeFor[[]byte]()
)

func newTable[T any](kind, key string) *table[T] {
	t := &table[T]{kind: kind, key: key}
	var names []string
	for _, f := range reflect.VisibleFields(reflect.TypeFor[T]()) {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if f.Anonymous || name == "" || name == "-" {
			continue
		}
		t.fields = append(t.fields, field{name: name, index: f.Index, form: formOf(f.Type), secret: f.Tag.Get("record") == "secret"})
		names = append(names, name)
	}
	t.columns = strings.Join(names, ", ") + ", salt"
	return t
}

func formOf(t reflect.Type) form {
	switch {
	case t == timeType:
		return formTime
	case t == rawType:
		return formJSON
	case t == byteType:
		return formBytes
	}
	switch t.Kind() {
	case reflect.String, reflect.Int64, reflect.Float64, reflect.Bool:
		return formPlain
	default:
		return formJSON
	}
}

// values are the stored values of a record, in the order of the fields.
func (t *table[T]) values(rec *T) ([]any, error) {
	v := reflect.ValueOf(rec).Elem()
	out := make([]any, len(t.fields))
	for i, f := range t.fields {
		x := v.FieldByIndex(f.index)
		switch f.form {
		case formTime:
			out[i] = Time(x.Interface().(time.Time))
		case formBytes:
			out[i] = x.Bytes()
			if x.IsNil() {
				out[i] = []byte{}
			}
		case formJSON:
			data, err := json.Marshal(x.Interface())
			if err != nil {
				return nil, fmt.Errorf("encode %s.%s: %w", t.kind, f.name, err)
			}
			out[i] = string(data)
		default:
			switch x.Kind() {
			case reflect.String:
				out[i] = x.String()
			case reflect.Int64:
				out[i] = x.Int()
			case reflect.Float64:
				out[i] = x.Float()
			default:
				out[i] = x.Bool()
			}
		}
	}
	return out, nil
}

// stored is a row as it stands in the database.
type stored struct {
	values []any // string, int64, float64, bool or []byte
	salt   []byte
}

// dest makes the scan targets of a row.
func (t *table[T]) dest(s *stored) []any {
	typ := reflect.TypeFor[T]()
	s.values = make([]any, len(t.fields))
	out := make([]any, 0, len(t.fields)+1)
	for i, f := range t.fields {
		switch {
		case f.form == formBytes:
			s.values[i] = new([]byte)
		case f.form != formPlain:
			s.values[i] = new(string)
		default:
			switch typ.FieldByIndex(f.index).Type.Kind() {
			case reflect.Int64:
				s.values[i] = new(int64)
			case reflect.Float64:
				s.values[i] = new(float64)
			case reflect.Bool:
				s.values[i] = new(bool)
			default:
				s.values[i] = new(string)
			}
		}
		out = append(out, s.values[i])
	}
	return append(out, &s.salt)
}

// digest is SHA-256 over the salt and the canonical JSON of the stored values.
func (t *table[T]) digest(values []any, salt []byte) (string, error) {
	doc := make(map[string]any, len(values))
	for i, f := range t.fields {
		switch v := values[i].(type) {
		case *string:
			doc[f.name] = *v
		case *int64:
			doc[f.name] = *v
		case *float64:
			doc[f.name] = *v
		case *bool:
			doc[f.name] = *v
		case *[]byte:
			doc[f.name] = base64.StdEncoding.EncodeToString(*v)
		case []byte:
			doc[f.name] = base64.StdEncoding.EncodeToString(v)
		default:
			doc[f.name] = v
		}
	}
	data, err := seal.Canonical(doc)
	if err != nil {
		return "", fmt.Errorf("digest of %s: %w", t.kind, err)
	}
	return seal.Digest(append(append([]byte{}, salt...), data...)), nil
}

// decode turns a stored row into a record.
func (t *table[T]) decode(s *stored) (*T, error) {
	rec := new(T)
	v := reflect.ValueOf(rec).Elem()
	for i, f := range t.fields {
		x := v.FieldByIndex(f.index)
		switch f.form {
		case formTime:
			at, err := parseTime(*s.values[i].(*string))
			if err != nil {
				return nil, fmt.Errorf("%s.%s: %w", t.kind, f.name, err)
			}
			x.Set(reflect.ValueOf(at))
		case formBytes:
			x.SetBytes(*s.values[i].(*[]byte))
		case formJSON:
			if err := json.Unmarshal([]byte(*s.values[i].(*string)), x.Addr().Interface()); err != nil {
				return nil, fmt.Errorf("%s.%s: %w", t.kind, f.name, err)
			}
		default:
			x.Set(reflect.ValueOf(s.values[i]).Elem().Convert(x.Type()))
		}
	}
	return rec, nil
}

// told are the values that may be told, those that differ from others alone.
func (t *table[T]) told(values, others []any) map[string]any {
	out := map[string]any{}
	for i, f := range t.fields {
		if f.secret || f.form == formBytes || f.name == "version" || others != nil && values[i] == others[i] {
			continue
		}
		out[f.name] = values[i]
	}
	return out
}

// plain takes scanned values out of their targets.
func plain(values []any) []any {
	out := make([]any, len(values))
	for i, v := range values {
		out[i] = reflect.ValueOf(v).Elem().Interface()
		if b, ok := out[i].([]byte); ok {
			out[i] = string(b) // comparable
		}
	}
	return out
}

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
	rows, err := tx.query("SELECT "+t.columns+" FROM "+t.kind+" WHERE "+where, args...)
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
	t.setVersion(rec, 1)
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
	if have, mine := t.version(had), t.get1(rec); have != mine {
		return drawbridge.Errorf(drawbridge.Conflict, "%s %s was changed by somebody else (it is at version %d, yours is %d): read it again", t.kind, id, have, mine)
	}
	before, err := t.digest(had.values, had.salt)
	if err != nil {
		return err
	}
	if salt == nil {
		salt = had.salt
	}
	t.setVersion(rec, t.get1(rec)+1)
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
func (t *table[T]) setVersion(rec *T, v int64) { t.meta(rec).Version = v }
func (t *table[T]) get1(rec *T) int64          { return t.meta(rec).Version }

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
