package questionnaire

import (
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/xuri/excelize/v2"
)

// The sheets and columns of a questionnaire as a spreadsheet.
const (
	questionSheet = "Questions"
	aboutSheet    = "About"
	listSheet     = "Lists"

	colID      = "ID"
	colText    = "Question"
	colHow     = "How to answer"
	colAnswer  = "Answer"
	colNA      = "Does not apply because"
	colComment = "Comment"
)

func columns() []string { return []string{colID, colText, colHow, colAnswer, colNA, colComment} }

// tableSheet names the sheet of the n-th table, from 1.
func tableSheet(n int) string { return "Table " + strconv.Itoa(n) }

// WriteSheet writes the questions and the answers so far as an .xlsx file for
// [ReadSheet]. Every text is written as text: one that begins like a formula
// stays what it is.
func WriteSheet(w io.Writer, it *Items, answers map[string]Answer) error {
	f := excelize.NewFile()
	defer f.Close()
	s := &sheetWriter{f: f, it: it}
	s.try(func() error { return f.SetSheetName(f.GetSheetName(0), questionSheet) })
	s.styles()
	s.newSheet(aboutSheet)
	s.newSheet(listSheet)
	s.about()
	s.questions(answers)
	s.try(func() error { return f.SetSheetVisible(listSheet, false) })
	if s.err != nil {
		return fmt.Errorf("write the spreadsheet: %w", s.err)
	}
	if err := f.Write(w); err != nil {
		return fmt.Errorf("write the spreadsheet: %w", err)
	}
	return nil
}

// sheetWriter writes cells until something fails.
type sheetWriter struct {
	f      *excelize.File
	it     *Items
	text   int // style of what is typed in
	bold   int
	lists  int // columns of the hidden sheet in use
	tables int
	err    error
}

func (s *sheetWriter) try(do func() error) {
	if s.err == nil {
		s.err = do()
	}
}

func (s *sheetWriter) newSheet(name string) {
	s.try(func() error { _, err := s.f.NewSheet(name); return err })
}

func (s *sheetWriter) styles() {
	const asText = 49 // the format "@": what is typed into the cell stays text
	layout := &excelize.Alignment{Vertical: "top", WrapText: true}
	s.try(func() (err error) {
		s.text, err = s.f.NewStyle(&excelize.Style{NumFmt: asText, Alignment: layout})
		return err
	})
	s.try(func() (err error) {
		s.bold, err = s.f.NewStyle(&excelize.Style{NumFmt: asText, Alignment: layout, Font: &excelize.Font{Bold: true}})
		return err
	})
}

// row writes texts into a row, both from 1.
func (s *sheetWriter) row(sheet string, row, style int, texts ...string) {
	for i, text := range texts {
		cell := cellName(i+1, row)
		s.try(func() error { return s.f.SetCellStr(sheet, cell, escaped(text)) })
	}
	s.try(func() error {
		return s.f.SetCellStyle(sheet, cellName(1, row), cellName(max(1, len(texts)), row), style)
	})
}

// escaped guards what the file format would take for an escape: _x0041_ stands
// for A there (ECMA-376 part 1, 22.4.2.4), so the first _ is written as _x005F_.
func escaped(text string) string {
	var b strings.Builder
	for i := range len(text) {
		b.WriteByte(text[i])
		if text[i] == '_' && escapeRest.MatchString(text[i+1:]) {
			b.WriteString("x005F_")
		}
	}
	return b.String()
}

var escapeRest = regexp.MustCompile(`^x[0-9A-Fa-f]{4}_`)

func cellName(column, row int) string {
	name, err := excelize.CoordinatesToCellName(column, row)
	if err != nil {
		panic(err) // rows and columns are counted here, far below the limits
	}
	return name
}

func (s *sheetWriter) about() {
	for i, line := range [][2]string{
		{"Questionnaire", s.it.Title},
		{"Template", s.it.Template + "@" + s.it.Version},
		{"Digest", s.it.Digest},
		{"Language", s.it.Lang},
		{"How to fill it in", "Answer in the column Answer of the sheet Questions. Leave the columns ID and the sheet About as they are."},
	} {
		s.row(aboutSheet, i+1, s.text, line[0], line[1])
	}
	s.try(func() error { return s.f.SetColWidth(aboutSheet, "A", "B", 40) })
}

func (s *sheetWriter) questions(answers map[string]Answer) {
	s.row(questionSheet, 1, s.bold, columns()...)
	titles := map[string]string{}
	for _, section := range s.it.Sections {
		titles[section.ID] = section.Title
	}
	row, section := 1, ""
	for i := range s.it.Questions {
		q := &s.it.Questions[i]
		if q.Section != section {
			section = q.Section
			row++
			s.row(questionSheet, row, s.bold, "", titles[section])
		}
		row++
		s.question(row, q, answers[q.ID])
	}
	for i, width := range []float64{22, 60, 34, 40, 28, 40} {
		column := strings.TrimRight(cellName(i+1, 1), "1")
		s.try(func() error { return s.f.SetColWidth(questionSheet, column, column, width) })
	}
	s.try(func() error {
		return s.f.SetPanes(questionSheet, &excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"})
	})
}

func (s *sheetWriter) question(row int, q *Question, a Answer) {
	var answer string
	var table []map[string]string
	if a.hasValue() {
		v, err := q.parse(a.Value)
		s.try(func() error { return err })
		answer = q.show(v)
		table, _ = v.([]map[string]string)
	}
	if q.Type == Table {
		s.tables++
		answer = "see the sheet " + tableSheet(s.tables)
		s.table(q, table)
	}
	ask := q.Text
	if q.Help != "" {
		ask += "\n\n" + q.Help
	}
	s.row(questionSheet, row, s.text, q.ID, ask, q.how(), answer, a.Reason, a.Comment)
	s.choices(row, q)
}

// choices offers the words of a question with one answer as a list.
func (s *sheetWriter) choices(row int, q *Question) {
	labels := q.labels()
	if q.Type != Bool && q.Type != Single {
		return
	}
	s.lists++
	for i, label := range labels {
		cell := cellName(s.lists, i+1)
		s.try(func() error { return s.f.SetCellStr(listSheet, cell, escaped(label)) })
	}
	column := strings.TrimRight(cellName(s.lists, 1), "1")
	v := excelize.NewDataValidation(true)
	v.SetSqref(cellName(slices.Index(columns(), colAnswer)+1, row))
	v.SetSqrefDropList(fmt.Sprintf("%s!$%s$1:$%s$%d", listSheet, column, column, len(labels)))
	s.try(func() error { return s.f.AddDataValidation(questionSheet, v) })
}

func (s *sheetWriter) table(q *Question, rows []map[string]string) {
	name := tableSheet(s.tables)
	s.newSheet(name)
	s.row(name, 1, s.bold, q.labels()...)
	for i, cells := range rows {
		var texts []string
		for _, o := range q.Options {
			texts = append(texts, cells[o.Value])
		}
		s.row(name, i+2, s.text, texts...)
	}
}

// labels are the words that a spreadsheet offers for the options.
func (q *Question) labels() []string {
	var out []string
	for _, o := range q.Options {
		out = append(out, o.Label)
	}
	if q.Type == Bool && len(out) == 0 {
		return []string{"yes", "no"}
	}
	return out
}

// label is the word for one option.
func (q *Question) label(value string) string {
	if o := q.option(value); o != nil {
		return o.Label
	}
	return value
}

// how says in words what is accepted.
func (q *Question) how() string {
	var how string
	switch q.Type {
	case Bool, Single:
		how = "one of:\n" + strings.Join(q.labels(), "\n")
	case Multi:
		how = "all that apply, one on each line:\n" + strings.Join(q.labels(), "\n")
	case Text:
		how = "text"
	case Number:
		how = "a number, like 12.5"
	case Date:
		how = "a day, like 2026-11-21"
	case File:
		how = "the documents, one on each line"
	case Table:
		how = "rows in a sheet of its own"
	}
	if q.Required {
		how += "\n(required)"
	}
	if q.NA {
		how += "\n(or say why it does not apply)"
	}
	return how
}

// show is a value as a spreadsheet has it.
func (q *Question) show(v any) string {
	switch v := v.(type) {
	case bool:
		if v {
			return q.label("yes")
		}
		return q.label("no")
	case string:
		if q.Type == Single {
			return q.label(v)
		}
		return v
	case float64:
		return strconv.FormatFloat(v, 'g', -1, 64)
	case []string:
		lines := make([]string, len(v))
		for i, word := range v {
			lines[i] = q.label(word)
		}
		return strings.Join(lines, "\n")
	}
	return ""
}
