package questionnaire

import (
	"bytes"
	"encoding/json"
	"io"
	"math"
	"slices"
	"strings"

	"drawbridge"
	"drawbridge/internal/near"
)

// none is the option that says that no other one is the case.
const none = "none"

// Answer is what somebody says to one question. The value is JSON of the form
// that the question's type asks for: true; "word"; ["word", "word"]; "text";
// 12.5; "2026-11-21"; ["evd_…"] for files; [{"column": "cell"}] for a table.
type Answer struct {
	Value   json.RawMessage `json:"value,omitempty"`
	NA      bool            `json:"na,omitempty"`     // the question does not apply
	Reason  string          `json:"reason,omitempty"` // why not
	Comment string          `json:"comment,omitempty"`
}

// Given reports whether the question is answered.
func (a Answer) Given() bool { return a.NA || a.hasValue() }

func (a Answer) hasValue() bool {
	return len(a.Value) > 0 && !bytes.Equal(bytes.TrimSpace(a.Value), []byte("null"))
}

// Check reports what is wrong with an answer. One that says nothing is fine: it
// takes an earlier answer back.
func (it *Items) Check(question string, a Answer) error {
	q, err := it.Question(question)
	if err != nil {
		return err
	}
	if err := q.check(a); err != nil {
		return drawbridge.Errorf(drawbridge.KindOf(err), "question %s: %w", q.ID, err)
	}
	return nil
}

func bad(format string, args ...any) error {
	return drawbridge.Errorf(drawbridge.Invalid, format, args...)
}

func (q *Question) check(a Answer) error {
	for _, s := range []string{a.Comment, a.Reason} {
		if err := written(s, MaxComment); err != nil {
			return err
		}
	}
	switch {
	case a.NA && !q.NA:
		return bad("it always applies; answer it, or say in a comment why you cannot")
	case a.NA && strings.TrimSpace(a.Reason) == "":
		return bad("say why it does not apply")
	case a.NA && a.hasValue():
		return bad("it either applies and has an answer, or it does not")
	case !a.NA && a.Reason != "":
		return bad("a reason belongs to an answer that says that it does not apply; write a comment")
	case !a.hasValue():
		return nil
	}
	_, err := q.parse(a.Value)
	return err
}

// written holds a text to what can be kept, shown and written to a spreadsheet.
func written(s string, limit int) error {
	// Prose takes blanks off the ends, and some control characters are blanks.
	if _, err := drawbridge.Prose("."+s+".", limit+2); err != nil || strings.ContainsAny(s, "\ufffe\uffff") {
		return bad("write a text with at most %d bytes, without control characters", limit)
	}
	return nil
}

// word holds a text to one line that says something.
func word(s string) error {
	line, err := drawbridge.Line(s, maxCell)
	if err != nil || line != s || s == "" || strings.ContainsAny(s, "\ufffe\uffff") {
		return bad("%.60q must be one line with at most %d bytes, without control characters and without blanks around it", s, maxCell)
	}
	return nil
}

// parse reads a value and holds it to the question: bool, string, []string,
// float64 or []map[string]string.
func (q *Question) parse(raw json.RawMessage) (any, error) {
	switch q.Type {
	case Bool:
		return decode[bool](raw, "true or false")
	case Single:
		v, err := decode[string](raw, "one of the options, as text")
		return v, then(err, func() error { return q.choice(v) })
	case Multi:
		list, err := several(raw, "some of the options", len(q.Options), q.choice)
		if err == nil && len(list) > 1 && slices.Contains(list, none) {
			err = bad("%q excludes the other options", none)
		}
		return list, err
	case File:
		return several(raw, "the files", MaxFiles, word)
	case Text:
		v, err := decode[string](raw, "a text")
		return v, then(err, func() error { return prose(v) })
	case Number:
		v, err := decode[float64](raw, "a number")
		return v, then(err, func() error { return number(v) })
	case Date:
		v, err := decode[string](raw, "a day like 2026-11-21")
		return v, then(err, func() error { return day(v) })
	case Table:
		return q.rows(raw)
	}
	return nil, bad("the type %q is not known", q.Type)
}

// then returns err, or what comes next when there is none.
func then(err error, next func() error) error {
	if err != nil {
		return err
	}
	return next()
}

func decode[T any](raw json.RawMessage, what string) (T, error) {
	var v T
	dec := json.NewDecoder(bytes.NewReader(raw))
	if err := dec.Decode(&v); err != nil || dec.Decode(&struct{}{}) != io.EOF {
		return v, bad("the answer must be %s", what)
	}
	return v, nil
}

func prose(s string) error {
	if strings.TrimSpace(s) == "" {
		return bad("the text is empty; leave the answer out instead")
	}
	return written(s, MaxText)
}

func number(v float64) error {
	if math.Abs(v) > 1e15 {
		return bad("the number is too large")
	}
	return nil
}

func day(s string) error {
	_, err := drawbridge.ParseDate(s)
	return err
}

// choice holds a word to the options.
func (q *Question) choice(word string) error {
	if q.option(word) != nil {
		return nil
	}
	var values []string
	for _, o := range q.Options {
		values = append(values, o.Value)
	}
	if meant := near.Word(word, values); meant != "" {
		return bad("%.60q is none of the options; did you mean %q?", word, meant)
	}
	return bad("%.60q is none of the options: %s", word, strings.Join(values, ", "))
}

// several reads a list of different words.
func several(raw json.RawMessage, what string, limit int, check func(string) error) ([]string, error) {
	list, err := decode[[]string](raw, what+", as a list of texts")
	switch {
	case err != nil:
		return nil, err
	case len(list) == 0:
		return nil, bad("the list is empty; leave the answer out instead")
	case len(list) > limit:
		return nil, bad("%d are named; at most %d are accepted", len(list), limit)
	}
	for i, s := range list {
		if slices.Contains(list[:i], s) {
			return nil, bad("%.60q stands twice", s)
		}
		if err := check(s); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// rows reads a table. Empty cells are left out, and no row is empty.
func (q *Question) rows(raw json.RawMessage) ([]map[string]string, error) {
	rows, err := decode[[]map[string]string](raw, "a list of rows, each with texts by column")
	switch {
	case err != nil:
		return nil, err
	case len(rows) == 0:
		return nil, bad("the table is empty; leave the answer out instead")
	case len(rows) > MaxRows:
		return nil, bad("the table has %d rows; at most %d are accepted", len(rows), MaxRows)
	}
	for i, row := range rows {
		if len(row) == 0 {
			return nil, bad("row %d is empty", i+1)
		}
		for column, cell := range row {
			if q.option(column) == nil {
				return nil, bad("row %d: the table has no column %.60q", i+1, column)
			}
			if err := word(cell); err != nil {
				return nil, drawbridge.Errorf(drawbridge.Invalid, "row %d, column %s: %w", i+1, column, err)
			}
		}
	}
	return rows, nil
}

// read returns the value as an expression sees it.
func (q *Question) read(a Answer) (any, bool) {
	if a.NA || !a.hasValue() {
		return nil, false
	}
	if _, ok := exprType(q.Type); !ok {
		return nil, false
	}
	v, err := q.parse(a.Value)
	return v, err == nil
}
