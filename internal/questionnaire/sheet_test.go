package questionnaire_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"drawbridge/internal/questionnaire"
)

// everyType asks one question of each type.
const everyType = `
name: every-type
version: 1.2.3
lang: en
title: Every type
sections:
- id: one
  title: The first half
  questions:
  - {id: q.bool, text: "=Yes or no?", type: bool, weight: 1, na: true, length: short}
  - id: q.single
    text: Which?
    type: single
    na: true
    weight: 2
    options:
    - {value: a, label: "=A1, the first"}
    - {value: b, label: "-B", points: 0.5}
    - {value: c, label: "+C", points: 1}
    length: short
  - id: q.multi
    text: Which of them?
    type: multi
    na: true
    options: [{value: x}, {value: "y", label: "@Y; y"}, {value: z, label: Über}]
    length: short
  - {id: q.text, text: "Tell us.", type: text, na: true, length: short}
- id: two
  title: "@The second half"
  questions:
  - {id: q.number, text: "How many?", type: number, na: true, length: short}
  - {id: q.date, text: "When?", type: date, na: true, length: short}
  - {id: q.file, text: "Which documents?", type: file, na: true, length: short}
  - id: q.table
    text: List them.
    type: table
    na: true
    options: [{value: name, label: Name}, {value: country, label: "=Country"}]
    length: short
  - {id: q.table2, text: "And those.", type: table, na: true, options: [{value: name}], length: standard}
`

func load(tb testing.TB, src string) *questionnaire.Template {
	tb.Helper()
	t, err := questionnaire.Load(fstest.MapFS{"t.yaml": {Data: []byte(src)}}, "t.yaml")
	if err != nil {
		tb.Fatal(err)
	}
	return t
}

// items takes every question of a template.
func items(t *questionnaire.Template) *questionnaire.Items {
	it := t.Select("", "", questionnaire.Settled{})
	return &it
}

// texts are what people write: formulas, line ends, escapes of the file format,
// blanks around, and whatever else there is.
func texts() *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		return strings.Join(rapid.SliceOfN(rapid.OneOf(
			rapid.SampledFrom([]string{
				"=", "+", "-", "@", "=1+1", "=HYPERLINK(\"http://x\")", "\n", "\r\n", "\r", "\t", " ", "_x000D_", "_x005F_", "_x005F_x0041_", "<&>\"'",
				"ü", "漢字", "🙂", "שלום", "TRUE", "1e5", "2026-11-21", "'", ",", ";", strings.Repeat("long ", 300), "\u00a0", "\ufffd",
			}),
			rapid.String(),
		), 1, 6).Draw(t, "parts"), "")
	})
}

func someAnswer(t *rapid.T, it *questionnaire.Items, q questionnaire.Question) questionnaire.Answer {
	var a questionnaire.Answer
	a.Comment = texts().Draw(t, "comment")
	if q.NA && rapid.Bool().Draw(t, "na") {
		a.NA, a.Reason = true, texts().Draw(t, "reason")
		return a
	}
	var v any
	switch q.Type {
	case questionnaire.Bool:
		v = rapid.Bool().Draw(t, "bool")
	case questionnaire.Single:
		v = rapid.SampledFrom(q.Options).Draw(t, "option").Value
	case questionnaire.Multi:
		var words []string
		for _, o := range rapid.Permutation(q.Options).Draw(t, "order")[:rapid.IntRange(1, len(q.Options)).Draw(t, "n")] {
			words = append(words, o.Value)
		}
		v = words
	case questionnaire.Number:
		v = rapid.Float64Range(-1e15, 1e15).Draw(t, "number")
	case questionnaire.Date:
		v = fmt.Sprintf("%04d-%02d-%02d", rapid.IntRange(0, 9999).Draw(t, "year"), rapid.IntRange(1, 12).Draw(t, "month"), rapid.IntRange(1, 28).Draw(t, "day"))
	case questionnaire.File:
		v = rapid.SliceOfNDistinct(texts(), 1, 4, rapid.ID[string]).Draw(t, "files")
	case questionnaire.Table:
		var rows []map[string]string
		for range rapid.IntRange(1, 4).Draw(t, "rows") {
			row := map[string]string{}
			for _, o := range q.Options {
				if rapid.Bool().Draw(t, "cell") {
					row[o.Value] = texts().Draw(t, "cell text")
				}
			}
			rows = append(rows, row)
		}
		v = rows
	default:
		v = texts().Draw(t, "text")
	}
	a.Value, _ = json.Marshal(v)
	return a
}

// TestSheetRoundTrip writes answers to a spreadsheet and reads them back. What
// Check accepts comes back as it was.
func TestSheetRoundTrip(t *testing.T) {
	t.Parallel()
	it := items(load(t, everyType))
	rapid.Check(t, func(rt *rapid.T) {
		want := map[string]questionnaire.Answer{}
		for _, q := range it.Questions {
			a := someAnswer(rt, it, q)
			if it.Check(q.ID, a) != nil {
				a.Value, a.Comment = nil, ""
				if a.NA && it.Check(q.ID, a) != nil {
					continue
				}
			}
			// A comment that shows nothing is none.
			if strings.TrimSpace(a.Comment) == "" {
				a.Comment = ""
			}
			if a.Given() || a.Comment != "" {
				want[q.ID] = a
			}
		}
		var b bytes.Buffer
		if err := questionnaire.WriteSheet(&b, it, want); err != nil {
			rt.Fatal(err)
		}
		got, err := questionnaire.ReadSheet(b.Bytes(), it)
		if err != nil {
			rt.Fatal(err)
		}
		if diff := cmp.Diff(plain(want), plain(got)); diff != "" {
			rt.Errorf("answers changed on the way (-written +read):\n%s", diff)
		}
	})
}

// plain makes values comparable: the same JSON may be written in two ways.
func plain(answers map[string]questionnaire.Answer) map[string]any {
	out := map[string]any{}
	for id, a := range answers {
		var v any
		_ = json.Unmarshal(a.Value, &v)
		out[id] = []any{v, a.NA, a.Reason, a.Comment}
	}
	return out
}
