package store

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"time"

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
	file   bool // tagged record:"file": it names a file of the record, which stays while the row needs it
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
		tag := f.Tag.Get("record")
		t.fields = append(t.fields, field{name: name, index: f.Index, form: formOf(f.Type), secret: tag == "secret", file: tag == "file"})
		names = append(names, name)
	}
	t.columns = strings.Join(names, ", ") + ", salt"
	return t
}

func formOf(t reflect.Type) form {
	switch t {
	case timeType:
		return formTime
	case rawType:
		return formJSON
	case byteType:
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
