package questionnaire_test

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"

	"drawbridge"
	"drawbridge/internal/questionnaire"
)

// book makes a spreadsheet out of sheets, each a name and rows.
func book(tb testing.TB, sheets ...[][]string) []byte {
	tb.Helper()
	f := excelize.NewFile()
	defer f.Close()
	for i, rows := range sheets {
		name := rows[0][0]
		if i == 0 {
			if err := f.SetSheetName("Sheet1", name); err != nil {
				tb.Fatal(err)
			}
		} else if _, err := f.NewSheet(name); err != nil {
			tb.Fatal(err)
		}
		for r, row := range rows[1:] {
			for c, text := range row {
				cell, _ := excelize.CoordinatesToCellName(c+1, r+1)
				if err := f.SetCellStr(name, cell, text); err != nil {
					tb.Fatal(err)
				}
			}
		}
	}
	var b bytes.Buffer
	if err := f.Write(&b); err != nil {
		tb.Fatal(err)
	}
	return b.Bytes()
}

// The layouts of sheets that organisations hold; the questions are made up.
func caiq(tb testing.TB) []byte {
	tb.Helper()
	return book(
		tb,
		[][]string{{"Introduction"}, {"Read me"}},
		[][]string{
			{"CAIQv4.0.3"},
			{"A title across the page"},
			{"Question ID", "Question", "CSP CAIQ Answer", "SSRM Control Ownership", "CSP Implementation\nDescription (Optional/Recommended)", "CSC Responsibilities", "CCM Control ID", "CCM Domain Title"},
			{"A&A-01.1", "Is somebody independent asked to look?", "Yes", "CSP-owned", "=every year", "", "A&A-01", "Audit & Assurance"},
			{"A&A-01.2", "Is it repeated?", "No", "", "", "", "A&A-01", "Audit & Assurance"},
			{"IAM-14.1", "Is there a second factor?", "NA", "", "Nobody signs in", "", "IAM-14", "Identity"},
			{"IAM-15.1", "Are passwords long?", "Partially", "", "For administrators", "", "IAM-15", "Identity"},
			{"IAM-16.1", "Is anything left?", "", "", "", "", "IAM-16", "Identity"},
		},
	)
}

func sig(tb testing.TB) []byte {
	tb.Helper()
	return book(
		tb,
		[][]string{{"Dashboard"}, {"Score", "Question"}},
		[][]string{
			{"A. Risk"},
			{"Serial No", "Ques Num", "Question/Request", "Response", "Additional Information", "Category"},
			{"1", "A.1", "Is risk managed?", "Yes", "", "Risk"},
			{"2", "A.1.1", "By whom?", "By a team", "", "Risk"},
			{"3", "", "not a question", "", "", ""},
		},
		[][]string{
			{"H. Access"},
			{"Serial No", "Ques Num", "Question/Request", "Response", "Additional Information", "Category"},
			{"9", "H.1", "Is access limited?", "N/A", "no access", "Access"},
			{"10", "A.1", "Twice?", "Yes", "", "Access"},
		},
	)
}

func hecvat(tb testing.TB) []byte {
	tb.Helper()
	return book(tb, [][]string{
		{"HECVAT - Full"},
		{"Name of the product"},
		{"General Information", "", "Vendor Answers", "Additional Information", "Guidance"},
		{"GNRL-01", "Who are you?", "Acme", "", "The legal name"},
		{"Company Overview", "", "Vendor Answers", "Additional Information", "Guidance"},
		{"COMP-01", "Describe yourself.", "We pay.", "", ""},
		{"Documentation of Access", "", "Vendor Answers", "Additional Information", ""},
		{"AUTH-01", "Is there a second factor?", "Yes", "keys", ""},
		{"AUTH-02", "Is single sign-on there?", "No", "", ""},
	})
}

// files are a template as it is written.
func files(t *questionnaire.Template) fstest.MapFS {
	out := fstest.MapFS{}
	for name, data := range t.Files() {
		out[name] = &fstest.MapFile{Data: data}
	}
	return out
}

func value(v string) questionnaire.Answer { return questionnaire.Answer{Value: []byte(v)} }

func TestImportSheet(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name     string
		data     []byte
		sections []string
		types    string
		answers  map[string]questionnaire.Answer
		notes    []string
	}{
		{
			"caiq", caiq(t),
			[]string{"Audit & Assurance", "Identity"},
			"A-A-01.1 bool 1, A-A-01.2 bool 1, IAM-14.1 bool 1, IAM-15.1 bool 1, IAM-16.1 bool 1",
			map[string]questionnaire.Answer{
				"A-A-01.1": {Value: []byte("true"), Comment: "=every year"}, "A-A-01.2": value("false"), "IAM-14.1": {NA: true, Reason: "Nobody signs in"},
				"IAM-15.1": {Comment: "Answer in the sheet: Partially\n\nFor administrators"},
			},
			[]string{
				`CAIQv4.0.3:3 A-A-01.1: the identifier is "A&A-01.1" in the sheet`,
				`CAIQv4.0.3:4 A-A-01.2: the identifier is "A&A-01.2" in the sheet`,
				`CAIQv4.0.3:6 IAM-15.1: the answer "Partially" does not fit a question of type bool; it stands in the comment`,
			},
		},
		{
			"sig", sig(t),
			[]string{"Risk", "Access"},
			"A.1 bool 0, A.1.1 bool 0, H.1 bool 0",
			map[string]questionnaire.Answer{"A.1": value("true"), "A.1.1": {Comment: "Answer in the sheet: By a team"}, "H.1": {NA: true, Reason: "no access"}},
			[]string{
				`A. Risk:3 A.1.1: the answer "By a team" does not fit a question of type bool; it stands in the comment`,
				"H. Access:3 A.1: the identifier stands twice; the row is left out",
			},
		},
		{
			"hecvat", hecvat(t),
			[]string{"HECVAT - Full", "Company Overview", "Documentation of Access"},
			"GNRL-01 text 0, COMP-01 text 0, AUTH-01 bool 0, AUTH-02 bool 0",
			map[string]questionnaire.Answer{
				"GNRL-01": value(`"Acme"`), "COMP-01": value(`"We pay."`),
				"AUTH-01": {Value: []byte("true"), Comment: "keys"}, "AUTH-02": value("false"),
			},
			nil,
		},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			m, err := questionnaire.BuiltinMapping(tc.name)
			if err != nil {
				t.Fatal(err)
			}
			set, answers, notes, err := questionnaire.ImportSheet(tc.data, m)
			if err != nil {
				t.Fatal(err)
			}
			var sections, types, said []string
			for _, s := range set.Sections {
				sections = append(sections, s.Title)
			}
			for _, q := range set.Questions() {
				types = append(types, fmt.Sprintf("%s %s %v", q.ID, q.Type, q.Weight))
			}
			for _, n := range notes {
				said = append(said, fmt.Sprintf("%s:%d %s: %s", n.Sheet, n.Row, n.Question, n.Text))
			}
			if diff := cmp.Diff(tc.sections, sections); diff != "" {
				t.Errorf("sections (-want +got):\n%s", diff)
			}
			if got := strings.Join(types, ", "); got != tc.types {
				t.Errorf("questions = %s, want %s", got, tc.types)
			}
			if diff := cmp.Diff(tc.notes, said); diff != "" {
				t.Errorf("notes (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tc.answers, answers); diff != "" {
				t.Errorf("answers (-want +got):\n%s", diff)
			}
			again, err := questionnaire.LoadPack(files(set))
			if err != nil || again[0].Digest() != set.Digest() {
				t.Errorf("the template does not read back as it was written: %v", err)
			}
			it := items(set)
			for id, a := range answers {
				if err := it.Check(id, a); err != nil {
					t.Errorf("Check(%s) = %v, want none: an import makes answers that fit", id, err)
				}
			}
		})
	}
}

func TestMappingWords(t *testing.T) {
	t.Parallel()
	m, err := questionnaire.ReadMapping([]byte(`
name: own
sheets: ["Fragen"]
lang: de
header: 2
columns: {id: ["=A"], text: [Frage], answer: [Antwort], type: [Art], options: [Auswahl]}
words: {"yes": [Ja], "no": [Nein], types: {number: [Zahl], date: [Tag], multi: [Mehrfach], text: [Freitext]}}
`))
	if err != nil {
		t.Fatal(err)
	}
	set, answers, _, err := questionnaire.ImportSheet(book(t, [][]string{
		{"Fragen"},
		{"Nr", "Frage", "Antwort", "this row is not the header"},
		{"Nr", "Frage", "Antwort", "Art", "Auswahl"},
		{"1", "Verschlüsselt?", "ja", "", "Ja; Nein"},
		{"2", "Wie viele?", "12.5", "Zahl", ""},
		{"3", "Seit wann?", "46347", "Tag", ""},
		{"4", "Welche?", "rot\nBlau", "Mehrfach", "Rot\nGrün\nBlau"},
		{"5", "Welche davon?", "Grün", "", "Rot|Grün"},
		{"6", "Warum?", "=SUM(A1)", "Freitext", ""},
	}), m)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]questionnaire.Answer{
		"1": value("true"), "2": value("12.5"), "3": value(`"2026-11-21"`), "4": value(`["Rot","Blau"]`), "5": value(`"Grün"`), "6": value(`"=SUM(A1)"`),
	}
	if diff := cmp.Diff(want, answers); diff != "" || set.Lang != "de" {
		t.Errorf("lang %s, answers (-want +got):\n%s", set.Lang, diff)
	}
}

func TestReadMappingRefuses(t *testing.T) {
	t.Parallel()
	const columns = "\ncolumns: {id: [ID], text: [Q]}\n"
	for name, tc := range map[string]struct{ src, want string }{
		"unknown key":  {"name: x\nsheet: y" + columns, `"sheet"`},
		"no name":      {"sheets: [x]" + columns, "lower-case"},
		"no columns":   {"name: x\nsheets: [y]", "at least id and text"},
		"no sheets":    {"name: x" + columns, `["*"]`},
		"bad pattern":  {"name: x\nsheets: [y]\nid_like: '('" + columns, "no pattern"},
		"bad type":     {"name: x\nsheets: [y]\ntype: table" + columns, "table"},
		"bad name":     {"name: x\nsheets: ['[']" + columns, "no name with *"},
		"header above": {"name: x\nsheets: [y]\nheader: -1" + columns, "rows count from 1"},
	} {
		if _, err := questionnaire.ReadMapping([]byte(tc.src)); err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: error = %v, want one with %q", name, err, tc.want)
		}
	}
	if _, err := questionnaire.BuiltinMapping("../caiq"); drawbridge.KindOf(err) != drawbridge.NotFound {
		t.Errorf("a mapping that is none: %v, want not_found", err)
	}
}

// rezip copies a spreadsheet with parts changed or added.
func rezip(tb testing.TB, data []byte, change map[string]func() []byte) []byte {
	tb.Helper()
	r, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		tb.Fatal(err)
	}
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	write := func(name string, content []byte) {
		f, err := w.Create(name)
		if err == nil {
			_, err = f.Write(content)
		}
		if err != nil {
			tb.Fatal(err)
		}
	}
	done := map[string]bool{}
	for _, part := range r.File {
		if make := change[part.Name]; make != nil {
			write(part.Name, make())
			done[part.Name] = true
			continue
		}
		f, err := part.Open()
		if err != nil {
			tb.Fatal(err)
		}
		content, _ := io.ReadAll(f)
		write(part.Name, content)
	}
	for name, make := range change {
		if !done[name] {
			write(name, make())
		}
	}
	if err := w.Close(); err != nil {
		tb.Fatal(err)
	}
	return b.Bytes()
}

const sheetHead = `<?xml version="1.0"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><dimension ref="A1:XFD1048576"/><sheetData>`

// TestHostileBooks hands in spreadsheets that are made to hurt: each is refused
// with a reason, or read within the limits.
func TestHostileBooks(t *testing.T) {
	t.Parallel()
	m, err := questionnaire.BuiltinMapping("caiq")
	if err != nil {
		t.Fatal(err)
	}
	good := caiq(t)
	fill := func(head, body string, n int, tail string) func() []byte {
		return func() []byte { return []byte(head + strings.Repeat(body, n) + tail) }
	}
	const sheet = "xl/worksheets/sheet2.xml"
	cases := []struct {
		name string
		data []byte
		kind drawbridge.Kind
		want string
	}{
		{"nothing", nil, drawbridge.Invalid, "no .xlsx"},
		{"noise", []byte("PK\x03\x04 what"), drawbridge.Invalid, "no .xlsx"},
		{"old format", []byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), drawbridge.Invalid, "password"},
		{"too long", make([]byte, questionnaire.MaxBook+1), drawbridge.TooLarge, "at most"},
		{"zip bomb", rezip(t, good, map[string]func() []byte{"xl/media/a.bin": func() []byte { return make([]byte, 64<<20) }}), drawbridge.TooLarge, "unpacks to more"},
		{"element bomb", rezip(t, good, map[string]func() []byte{"xl/sharedStrings.xml": fill("<sst>", "<si/>", 1_100_000, "</sst>")}), drawbridge.TooLarge, "elements"},
		{"external link", rezip(t, good, map[string]func() []byte{"xl/externalLinks/externalLink1.xml": fill("<externalLink/>", "", 0, "")}), drawbridge.Invalid, "linked to other files"},
		{"entities", rezip(t, good, map[string]func() []byte{"xl/workbook.xml": fill(`<!DOCTYPE x [<!ENTITY a "aaaa">]><workbook>&a;`, "", 0, "</workbook>")}), drawbridge.Invalid, "document type"},
		{"part twice", rezip(t, good, map[string]func() []byte{"XL/workbook.xml": fill("<workbook/>", "", 0, "")}), drawbridge.Invalid, "twice"},
		{"wide rows", rezip(t, good, map[string]func() []byte{sheet: fill(sheetHead, `<row><c r="XFD1"><v>1</v></c></row>`, 5000, "</sheetData></worksheet>")}), drawbridge.Invalid, "more than"},
		{"last row", rezip(t, good, map[string]func() []byte{sheet: fill(sheetHead, `<row r="1048576"><c r="A1048576"><v>1</v></c></row>`, 1, "</sheetData></worksheet>")}), drawbridge.Invalid, "no row was found"},
		{"many rows", rezip(t, good, map[string]func() []byte{sheet: fill(sheetHead, `<row><c><v>1</v></c></row>`, 20_000, "</sheetData></worksheet>")}), drawbridge.Invalid, "more than"},
		{"cut off", good[:len(good)/2], drawbridge.Invalid, "no .xlsx"},
		{"no sheet", rezip(t, good, map[string]func() []byte{sheet: fill("", "", 0, "")}), drawbridge.Invalid, ""},
		{"string past the end", rezip(t, good, map[string]func() []byte{sheet: fill(sheetHead, `<row r="1"><c r="A1" t="s"><v>99999999999</v></c></row>`, 1, "</sheetData></worksheet>")}), drawbridge.Invalid, ""},
		{"cell that is none", rezip(t, good, map[string]func() []byte{sheet: fill(sheetHead, `<row r="-1"><c r="0A"><v>1</v></c></row>`, 1, "</sheetData></worksheet>")}), drawbridge.Invalid, ""},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			_, _, _, err := questionnaire.ImportSheet(tc.data, m)
			if err == nil || drawbridge.KindOf(err) != tc.kind || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("error = %v (%s), want %s with %q", err, drawbridge.KindOf(err), tc.kind, tc.want)
			}
			if _, err := questionnaire.ReadSheet(tc.data, items(load(t, everyType))); err == nil {
				t.Error("ReadSheet accepted it")
			}
		})
	}
}

// FuzzSheets feeds bytes to both readers: they may refuse, and what they accept fits.
func FuzzSheets(f *testing.F) {
	it := items(load(f, everyType))
	var b bytes.Buffer
	if err := questionnaire.WriteSheet(&b, it, map[string]questionnaire.Answer{"q.bool": value("true"), "q.table": value(`[{"name":"x"}]`)}); err != nil {
		f.Fatal(err)
	}
	mapping, err := questionnaire.BuiltinMapping("hecvat")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b.Bytes(), "name: x\nsheets: ['*']\ncolumns: {id: [ID], text: [Question], answer: [Answer]}\n")
	f.Add(hecvat(f), "name: x\nsheets: ['H*']\nheader: 2\nid_like: '^[A-Z]+-'\ncolumns: {id: [=A], text: [=B], options: [=C]}\n")
	f.Add([]byte("PK"), "")
	f.Fuzz(func(t *testing.T, data []byte, src string) {
		if got, err := questionnaire.ReadSheet(data, it); err == nil {
			for id, a := range got {
				if err := it.Check(id, a); err != nil {
					t.Errorf("ReadSheet gave an answer that does not fit: %v", err)
				}
			}
		}
		m, err := questionnaire.ReadMapping([]byte(src))
		if err != nil {
			m = mapping
		}
		set, answers, _, err := questionnaire.ImportSheet(data, m)
		if err != nil {
			if drawbridge.KindOf(err) == drawbridge.Internal {
				t.Errorf("ImportSheet blames itself: %v", err)
			}
			return
		}
		own := items(set)
		for id, a := range answers {
			if err := own.Check(id, a); err != nil {
				t.Errorf("ImportSheet gave an answer that does not fit: %v", err)
			}
		}
		if _, err := questionnaire.LoadPack(files(set)); err != nil && drawbridge.KindOf(err) != drawbridge.TooLarge {
			t.Errorf("the imported template cannot be loaded: %v", err)
		}
	})
}

// TestMissingHeaders says of a sheet that is laid out otherwise what was looked
// for, what is there, and what may have been meant.
func TestMissingHeaders(t *testing.T) {
	t.Parallel()
	m, err := questionnaire.BuiltinMapping("caiq")
	if err != nil {
		t.Fatal(err)
	}
	data := book(t, [][]string{{"CAIQv4.0.2"}, {"A version"}, {"Question ID", "Question", "Our CSP CAIQ Answer (Yes/No)", "Remarks"}, {"AAA-01.1", "Is it so?", "Yes"}})
	_, _, _, err = questionnaire.ImportSheet(data, m)
	for _, want := range []string{
		"sheet CAIQv4.0.2 lacks the column of the answers (CSP CAIQ Answer or", `did you mean "Our CSP CAIQ Answer (Yes/No)"?`,
		`its row 2 has "Question ID", "Question", "Our CSP CAIQ Answer (Yes/No)", "Remarks"`,
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("ImportSheet = %v, want %s", err, want)
		}
	}
	if _, _, _, err := questionnaire.ImportSheet(book(t, [][]string{{"Other"}, {"Question ID"}}), m); err == nil || !strings.Contains(err.Error(), "the sheets are Other") {
		t.Errorf("a book without the sheet: %v", err)
	}
}
