package questionnaire

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/xuri/excelize/v2"

	"drawbridge"
)

// ReadSheet reads the answers out of an .xlsx file that [WriteSheet] made for
// the same questionnaire. Rows and columns may have been moved; what was left
// empty is no answer. Every mistake is told with its row.
func ReadSheet(data []byte, it *Items) (map[string]Answer, error) {
	b, err := openBook(data)
	if err != nil {
		return nil, err
	}
	defer b.close()
	if err := b.made(it); err != nil {
		return nil, err
	}
	g, err := b.grid(b.sheet(questionSheet))
	if err != nil {
		return nil, err
	}
	at := map[string]int{}
	for _, name := range columns() {
		at[name] = -1
		if len(g) > 0 {
			at[name] = slices.IndexFunc(g[0], func(s string) bool { return strings.EqualFold(strings.TrimSpace(s), name) })
		}
	}
	if at[colID] < 0 || at[colAnswer] < 0 {
		return nil, bad("the first row of the sheet %s has no columns %s and %s any more", questionSheet, colID, colAnswer)
	}
	r := &sheetReader{b: b, it: it, out: map[string]Answer{}, rows: map[string]int{}, tables: map[string]string{}}
	for _, q := range it.Questions {
		if q.Type == Table {
			r.tables[q.ID] = b.sheet(tableSheet(len(r.tables) + 1))
		}
	}
	for row := 1; row < len(g); row++ {
		if id := g.at(row, at[colID]); id != "" {
			r.row(row+1, id, g.raw(row, at[colAnswer]), g.raw(row, at[colNA]), g.raw(row, at[colComment]))
		}
	}
	return r.out, r.problems.err()
}

// made holds a spreadsheet to the questionnaire that it was made for.
func (b *book) made(it *Items) error {
	about := b.sheet(aboutSheet)
	if about == "" || b.sheet(questionSheet) == "" {
		return bad("the spreadsheet has no sheets %s and %s, so it was not made by this program; import it with a mapping of its columns", questionSheet, aboutSheet)
	}
	g, err := b.grid(about)
	if err != nil {
		return err
	}
	said := map[string]string{}
	for row := range g {
		said[g.at(row, 0)] = g.at(row, 1)
	}
	if said["Digest"] != it.Digest {
		return drawbridge.Errorf(drawbridge.Conflict, "the spreadsheet was made for %.80s, and the questionnaire is %s@%s with other questions; export it again",
			said["Template"], it.Template, it.Version)
	}
	return nil
}

// sheetReader gathers answers and mistakes.
type sheetReader struct {
	b        *book
	it       *Items
	out      map[string]Answer
	rows     map[string]int    // where a question was seen
	tables   map[string]string // sheet of a table
	problems problems
}

func (r *sheetReader) row(row int, id, answer, reason, comment string) {
	where := fmt.Sprintf("row %d", row)
	q, err := r.it.Question(id)
	if err != nil {
		r.problems.add(where, "%v", err)
		return
	}
	if first := r.rows[q.ID]; first > 0 {
		r.problems.add(where, "%s stands in row %d already", q.ID, first)
		return
	}
	r.rows[q.ID] = row
	a := Answer{Reason: blank(reason), Comment: blank(comment)}
	a.NA = a.Reason != ""
	var v any
	if q.Type == Table {
		v, err = r.table(q)
	} else if answer = blank(answer); answer != "" {
		v, err = q.understand(answer)
	}
	if err == nil && v != nil {
		a.Value, err = json.Marshal(v)
	}
	if err == nil {
		err = q.check(a)
	}
	if err != nil {
		r.problems.add(where, "%s: %v", q.ID, err)
		return
	}
	if a.Given() || a.Comment != "" {
		r.out[q.ID] = a
	}
}

// blank is s, or nothing when s shows nothing.
func blank(s string) string {
	if strings.TrimSpace(s) == "" {
		return ""
	}
	return s
}

// understand turns the text of a cell into a value.
func (q *Question) understand(text string) (any, error) {
	line := strings.TrimSpace(text)
	switch q.Type {
	case Bool:
		switch word := q.value(line); strings.ToLower(word) {
		case "yes", "y", "true", "1":
			return true, nil
		case "no", "n", "false", "0":
			return false, nil
		}
		return nil, bad("%.60q is neither yes nor no", line)
	case Single:
		return q.value(line), nil
	case Number:
		v, err := strconv.ParseFloat(line, 64)
		if err != nil {
			return nil, bad("%.60q is no number; write it like 12.5", line)
		}
		return v, number(v)
	case Date:
		return toDay(line), nil
	case Multi, File:
		var out []string
		for part := range strings.Lines(text) {
			if part = strings.TrimSpace(part); part != "" {
				out = append(out, q.value(part))
			}
		}
		return out, nil
	default:
		return text, nil
	}
}

// value is the option that a label or a value means, in any case; else the text.
func (q *Question) value(text string) string {
	for _, o := range q.Options {
		if o.means(text) {
			return o.Value
		}
	}
	return text
}

// means reports whether a word is the option's label or value, in any case.
func (o Option) means(word string) bool {
	return strings.EqualFold(o.Label, word) || strings.EqualFold(o.Value, word)
}

// toDay reads a day that the spreadsheet turned into a serial number.
func toDay(text string) string {
	serial, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return text
	}
	t, err := excelize.ExcelDateToTime(serial, false)
	if err != nil {
		return text
	}
	return string(drawbridge.DateOf(t))
}

// table reads the rows of a table from its sheet; nil when there are none.
func (r *sheetReader) table(q *Question) (any, error) {
	sheet := r.tables[q.ID]
	if sheet == "" {
		return nil, nil //nolint:nilnil // no sheet, no answer
	}
	g, err := r.b.grid(sheet)
	if err != nil {
		return nil, err
	}
	var rows []map[string]string
	for row := 1; row < len(g); row++ {
		cells := map[string]string{}
		for column := range g[row] {
			text := g.at(row, column)
			if text == "" {
				continue
			}
			name := q.value(g.at(0, column))
			if q.option(name) == nil {
				return nil, bad("sheet %s, %s: the table has no column %.60q", sheet, cellName(column+1, row+1), name)
			}
			cells[name] = text
		}
		if len(cells) > 0 {
			rows = append(rows, cells)
		}
		if len(rows) > MaxRows {
			return nil, bad("sheet %s has more than %d rows", sheet, MaxRows)
		}
	}
	if rows == nil {
		return nil, nil //nolint:nilnil // an empty sheet is no answer
	}
	return rows, nil
}
