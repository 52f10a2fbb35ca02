package questionnaire

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/xuri/excelize/v2"

	"drawbridge"
)

// maxHeader is how many rows are searched for the headers.
const maxHeader = 60

// Note is something that an import did not take over as it stood.
type Note struct {
	Sheet    string `json:"sheet"`
	Row      int    `json:"row"`
	Question string `json:"question"`
	Text     string `json:"text"`
}

// ImportSheet makes a template and answers out of a spreadsheet that others
// laid out. What cannot be taken over as it stands is kept in a comment where
// it fits, and named in a note. The questions are of every length and have no
// conditions, controls or evidence: whoever keeps the template adds these.
func ImportSheet(data []byte, m Mapping) (*Template, map[string]Answer, []Note, error) {
	b, err := openBook(data)
	if err != nil {
		return nil, nil, nil, err
	}
	defer b.close()
	im := &importer{m: &m, answers: map[string]Answer{}, notes: []Note{}, seen: map[string]bool{}, sections: map[string]int{}}
	im.t = &Template{Name: m.Name, Version: "1.0.0", Lang: m.Lang, Title: cmp.Or(m.Title, m.Name)}
	for _, sheet := range b.sheets() {
		if !m.takes(sheet) {
			continue
		}
		g, err := b.grid(sheet)
		if err != nil {
			return nil, nil, nil, err
		}
		im.sheet(sheet, g)
	}
	if len(im.seen) == 0 {
		return nil, nil, nil, im.nothing(b)
	}
	if len(im.seen) > MaxQuestions {
		return nil, nil, nil, drawbridge.Errorf(drawbridge.TooLarge, "the spreadsheet has %d questions; at most %d are accepted", len(im.seen), MaxQuestions)
	}
	if err := im.t.prepare(); err != nil {
		return nil, nil, nil, err
	}
	return im.t, im.answers, im.notes, nil
}

// importer gathers what a spreadsheet says.
type importer struct {
	m        *Mapping
	t        *Template
	answers  map[string]Answer
	notes    []Note
	seen     map[string]bool
	sections map[string]int // by title, the place in the template

	missed  string // what the first sheet lacks in which no headers were found
	name    string // of the sheet at work
	heading string
}

// place is where the columns of one sheet are, from 0; -1 for none.
type place struct{ id, text, answer, comment, section, kind, options int }

func (im *importer) sheet(name string, g grid) {
	im.name, im.heading = name, name
	header, at, ok := im.m.find(g)
	if !ok {
		im.missed = cmp.Or(im.missed, im.m.missing(name, g))
		return
	}
	for row := header + 1; row < len(g); row++ {
		id, text := g.at(row, at.id), g.at(row, at.text)
		switch {
		case im.m.isID(id) && text != "":
			im.row(row, g, at)
		case im.m.isID(id):
			im.note(row, id, "the row has no question")
		case id != "" && im.m.id != nil: // a heading stands where the identifiers do
			im.heading = id
		case id == "" && text != "":
			im.heading = text
		}
	}
}

// find looks for the row of the headers and the columns.
func (m *Mapping) find(g grid) (row int, at place, ok bool) {
	from, to := 0, min(maxHeader, len(g))
	if m.Header > 0 {
		from, to = m.Header-1, min(m.Header, len(g))
	}
	for row := from; row < to; row++ {
		c, headers := &m.Columns, g[row]
		at := place{
			column(headers, c.ID), column(headers, c.Text), column(headers, c.Answer), column(headers, c.Comment),
			column(headers, c.Section), column(headers, c.Type), column(headers, c.Options),
		}
		if at.id >= 0 && at.text >= 0 && at.id != at.text && (at.answer >= 0 || len(c.Answer) == 0) {
			return row, at, true
		}
	}
	return 0, place{}, false
}

// nothing says why there is nothing in a spreadsheet: what was looked for, what
// is there, and what may have been meant.
func (im *importer) nothing(b *book) error {
	if im.missed != "" {
		return bad("no row of headers was found: %s; a mapping of your own can name them (docs/questionnaires.md)", im.missed)
	}
	return bad("no row was found with an identifier and a question; the sheets are %s, and the mapping looks in %s for identifiers like %s",
		strings.Join(b.sheets(), ", "), strings.Join(im.m.Sheets, ", "), cmp.Or(im.m.IDLike, "any"))
}

// missing says which columns a sheet lacks in the row that comes closest.
func (m *Mapping) missing(sheet string, g grid) string {
	wanted := []struct {
		what  string
		names []string
	}{{"identifiers", m.Columns.ID}, {"questions", m.Columns.Text}, {"answers", m.Columns.Answer}}
	best, most := 0, -1
	for row := range g[:min(maxHeader, len(g))] {
		n := 0
		for _, w := range wanted {
			if column(g[row], w.names) >= 0 {
				n += maxHeader
			}
		}
		for _, cell := range g[row] {
			if strings.TrimSpace(cell) != "" && len(cell) <= 80 {
				n++
			}
		}
		if n > most {
			best, most = row, n
		}
	}
	if most < 1 {
		return ""
	}
	var have, lacks []string
	for _, cell := range g[best] {
		if h := strings.Join(strings.Fields(cell), " "); h != "" && len(have) < 30 {
			have = append(have, fmt.Sprintf("%.60q", h))
		}
	}
	for _, w := range wanted {
		if len(w.names) == 0 || column(g[best], w.names) >= 0 {
			continue
		}
		said := fmt.Sprintf("the column of the %s (%s)", w.what, strings.Join(w.names, " or "))
		if i := slices.IndexFunc(g[best], func(h string) bool { return meant(h, w.names) }); i >= 0 {
			said += fmt.Sprintf("; did you mean %.60q?", strings.TrimSpace(g[best][i]))
		}
		lacks = append(lacks, said)
	}
	return fmt.Sprintf("sheet %s lacks %s; its row %d has %s", sheet, strings.Join(lacks, ", and "), best+1, strings.Join(have, ", "))
}

// meant reports whether a header looks like one that is asked for.
func meant(header string, names []string) bool {
	h := strings.ToLower(strings.TrimSpace(header))
	return h != "" && slices.ContainsFunc(names, func(name string) bool {
		name = strings.ToLower(name)
		return strings.Contains(h, name) || strings.Contains(name, h)
	})
}

// column finds a column by its header or its letter.
func column(headers, names []string) int {
	for _, name := range names {
		if letter, ok := strings.CutPrefix(name, "="); ok {
			if n, err := excelize.ColumnNameToNumber(letter); err == nil {
				return n - 1
			}
			continue
		}
		for i, h := range headers {
			if strings.EqualFold(strings.Join(strings.Fields(h), " "), name) {
				return i
			}
		}
	}
	return -1
}

func (im *importer) note(row int, id, format string, args ...any) {
	im.notes = append(im.notes, Note{Sheet: im.name, Row: row + 1, Question: id, Text: fmt.Sprintf(format, args...)})
}

func (im *importer) row(row int, g grid, at place) {
	original := g.at(row, at.id)
	id := cmp.Or(respell(original), "row-"+strconv.Itoa(row+1))
	text := im.cut(row, id, g.at(row, at.text), maxAsked)
	if text == "" {
		im.note(row, id, "the question cannot be shown; the row is left out")
		return
	}
	if im.seen[strings.ToLower(id)] {
		im.note(row, id, "the identifier stands twice; the row is left out")
		return
	}
	im.seen[strings.ToLower(id)] = true
	if id != original {
		im.note(row, id, "the identifier is %q in the sheet", original)
	}
	q := Question{ID: id, Text: text, Audience: im.m.Audience, NA: true, Length: Lengths()[0]}
	answer := g.at(row, at.answer)
	q.Type, q.Options = im.kind(row, &q, g.at(row, at.kind), g.at(row, at.options))
	if q.Type == Bool {
		q.Weight = im.m.Weight
	}
	im.add(cmp.Or(g.at(row, at.section), im.heading), q)
	im.answer(row, &q, answer, g.at(row, at.comment))
}

// kind finds a question's type: by the sheet's word, by its options, by its
// identifier, or as the mapping says.
func (im *importer) kind(row int, q *Question, word, list string) (string, []Option) {
	kind := im.m.Type
	if im.m.text != nil && im.m.text.MatchString(q.ID) {
		kind = Text
	}
	for _, t := range sortedKeys(im.m.Words.Types) {
		if said(word, im.m.Words.Types[t]) {
			kind = t
		}
	}
	var options []Option
	for _, o := range strings.FieldsFunc(list, func(r rune) bool { return r == '\n' || r == ';' || r == '|' }) {
		o = im.cut(row, q.ID, strings.Join(strings.Fields(o), " "), maxCell)
		if o != "" && !slices.ContainsFunc(options, func(have Option) bool { return have.means(o) }) {
			options = append(options, Option{Value: o, Label: o})
		}
	}
	switch {
	case len(options) > MaxOptions:
		im.note(row, q.ID, "it has %d options, more than %d; it asks for a text", len(options), MaxOptions)
		return Text, nil
	case len(options) >= 2 && kind != Multi:
		if !slices.ContainsFunc(options, func(o Option) bool {
			return !said(o.Value, im.m.Words.Yes) && !said(o.Value, im.m.Words.No) && !said(o.Value, im.m.Words.NA)
		}) {
			return Bool, nil
		}
		return Single, options
	case len(options) < 2 && (kind == Single || kind == Multi):
		im.note(row, q.ID, "it has no options; it asks for a text")
		return Text, nil
	case kind != Multi:
		return kind, nil
	}
	return kind, options
}

func (im *importer) add(section string, q Question) {
	section = im.cut(0, "", strings.Join(strings.Fields(section), " "), maxCell)
	i, ok := im.sections[section]
	if !ok {
		i = min(len(im.t.Sections), MaxSections-1) // what is too much joins the last
		if i == len(im.t.Sections) {
			im.t.Sections = append(im.t.Sections, Section{ID: "s" + strconv.Itoa(i+1), Title: section})
		}
		im.sections[section] = i
	}
	im.t.Sections[i].Questions = append(im.t.Sections[i].Questions, q)
}

// answer takes a cell over as an answer. One that does not fit the question's
// type goes into the comment.
func (im *importer) answer(row int, q *Question, cell, comment string) {
	a := Answer{Comment: im.cut(row, q.ID, comment, MaxComment)}
	switch {
	case cell == "":
	case said(cell, im.m.Words.NA):
		a.NA, a.Reason = true, cmp.Or(a.Comment, cell)
		a.Comment = ""
	default:
		v, err := im.value(q, cell)
		if err == nil {
			a.Value, err = json.Marshal(v)
		}
		if err == nil {
			err = q.check(a)
		}
		if err != nil {
			im.note(row, q.ID, "the answer %.60q does not fit a question of type %s; it stands in the comment", cell, q.Type)
			a.Value = nil
			a.Comment = im.cut(row, q.ID, strings.TrimSpace("Answer in the sheet: "+cell+"\n\n"+a.Comment), MaxComment)
		}
	}
	if a.Given() || a.Comment != "" {
		im.answers[q.ID] = a
	}
}

func (im *importer) value(q *Question, cell string) (any, error) {
	switch {
	case q.Type == Bool && said(cell, im.m.Words.Yes):
		return true, nil
	case q.Type == Bool && said(cell, im.m.Words.No):
		return false, nil
	}
	return q.understand(cell)
}

// cut makes a cell's text fit: without control characters and not too long.
func (im *importer) cut(row int, id, s string, limit int) string {
	clean := strings.TrimSpace(strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return r
		case unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || r == '\u2028' || r == '\u2029' || r == '\ufffe' || r == '\uffff' || r == utf8.RuneError:
			return -1
		}
		return r
	}, s))
	if len(clean) <= limit {
		return clean
	}
	end := limit
	for !utf8.RuneStart(clean[end]) {
		end--
	}
	if id != "" {
		im.note(row, id, "a text has %d bytes; only the first %d are kept", len(clean), end)
	}
	return strings.TrimSpace(clean[:end])
}

// respell makes an identifier out of what a sheet calls one.
func respell(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < 128 && (unicode.IsLetter(r) || unicode.IsDigit(r) || r == '.' || r == '_') {
			return r
		}
		return '-'
	}, s)
	return strings.Trim(s[:min(len(s), 64)], ".-_")
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
