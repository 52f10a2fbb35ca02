package questionnaire

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"strings"

	"github.com/xuri/excelize/v2"

	"drawbridge"
)

// Limits of a spreadsheet that comes from outside.
const (
	MaxBook     = 8 << 20  // bytes of the file
	maxInflated = 32 << 20 // bytes of its parts, unpacked
	maxParts    = 500
	maxTags     = 1_000_000 // in all parts: each costs memory, however short it is
	maxSheets   = 100
	maxSheetRow = 10_000
	maxCells    = 1_000_000
	maxGap      = 1000 // empty rows, after which a sheet ends
)

// book is a spreadsheet within the limits.
type book struct{ f *excelize.File }

// openBook reads an .xlsx file. All of it is unpacked once and counted before
// it is parsed. Nothing that it refers to is ever fetched, no formula computed
// and no macro run.
func openBook(data []byte) (*book, error) {
	if err := inspect(data); err != nil {
		return nil, err
	}
	var f *excelize.File
	err := guarded(func() (err error) {
		f, err = excelize.OpenReader(bytes.NewReader(data), excelize.Options{
			RawCellValue: true, UnzipSizeLimit: maxInflated, UnzipXMLSizeLimit: maxInflated,
		})
		return err //nolint:wrapcheck // wrapped by guarded
	})
	if err != nil {
		return nil, err
	}
	b := &book{f}
	if n := len(f.GetSheetList()); n > maxSheets {
		b.close()
		return nil, drawbridge.Errorf(drawbridge.TooLarge, "the spreadsheet has %d sheets; at most %d are accepted", n, maxSheets)
	}
	return b, nil
}

func (b *book) close() { _ = b.f.Close() } // it is in memory alone

// guarded turns what the library says, or how it stops, into bad input.
func guarded(do func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = bad("the spreadsheet is damaged; open it and save it again as .xlsx")
		}
	}()
	if err := do(); err != nil {
		return bad("the spreadsheet cannot be read: %w", err)
	}
	return nil
}

// inspect unpacks a file part by part and throws the parts away.
func inspect(data []byte) error {
	switch {
	case len(data) > MaxBook:
		return drawbridge.Errorf(drawbridge.TooLarge, "the spreadsheet has %d bytes; at most %d are accepted", len(data), MaxBook)
	case bytes.HasPrefix(data, []byte("\xd0\xcf\x11\xe0")):
		return bad("this is an old .xls file, or one with a password; save it as .xlsx without one")
	}
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return bad("this is no .xlsx spreadsheet")
	}
	if len(z.File) > maxParts {
		return drawbridge.Errorf(drawbridge.TooLarge, "the spreadsheet has %d parts; at most %d are accepted", len(z.File), maxParts)
	}
	seen := map[string]bool{}
	m := &meter{bytes: maxInflated, tags: maxTags}
	for _, part := range z.File {
		name := strings.ToLower(strings.ReplaceAll(part.Name, `\`, "/"))
		if seen[name] {
			return bad("the spreadsheet holds the part %.80q twice", part.Name)
		}
		seen[name] = true
		if strings.Contains(name, "externallinks/") || strings.HasSuffix(name, "connections.xml") {
			return bad("the spreadsheet is linked to other files or to a database; break the links, and save it again")
		}
		if err := m.read(part); err != nil {
			return err
		}
	}
	return nil
}

// meter counts what is unpacked.
type meter struct{ bytes, tags int }

func (m *meter) read(part *zip.File) error {
	r, err := part.Open()
	if err != nil {
		return bad("the part %.80q of the spreadsheet cannot be unpacked: %w", part.Name, err)
	}
	defer r.Close()
	const doctype = "<!DOCTYPE"
	buf := make([]byte, 32<<10)
	kept := 0 // bytes of the last read, for a word that is cut in two
	for {
		n, err := r.Read(buf[kept:])
		window := buf[:kept+n]
		m.bytes -= n
		m.tags -= bytes.Count(window[kept:], []byte("<"))
		switch {
		case m.bytes < 0 || m.tags < 0:
			return drawbridge.Errorf(drawbridge.TooLarge, "the spreadsheet unpacks to more than %d bytes or %d elements", maxInflated, maxTags)
		case bytes.Contains(bytes.ToUpper(window), []byte(doctype)):
			return bad("the part %.80q declares a document type, which no spreadsheet does", part.Name)
		case err == io.EOF:
			return nil
		case err != nil:
			return bad("the part %.80q of the spreadsheet cannot be unpacked: %w", part.Name, err)
		}
		kept = copy(buf, window[max(0, len(window)-len(doctype)+1):])
	}
}

// sheets lists the names of the sheets, in their order.
func (b *book) sheets() []string { return b.f.GetSheetList() }

// sheet finds a sheet by its name in any case, or returns "".
func (b *book) sheet(name string) string {
	for _, s := range b.sheets() {
		if strings.EqualFold(s, name) {
			return s
		}
	}
	return ""
}

// grid is the texts of a sheet, row by row.
type grid [][]string

// at is the text of a cell, without the blanks around it; both count from 0.
func (g grid) at(row, column int) string { return strings.TrimSpace(g.raw(row, column)) }

func (g grid) raw(row, column int) string {
	if column < 0 || row >= len(g) || column >= len(g[row]) {
		return ""
	}
	return g[row][column]
}

// grid reads a sheet.
func (b *book) grid(sheet string) (grid, error) {
	var out grid
	err := guarded(func() error {
		rows, err := b.f.Rows(sheet)
		if err != nil {
			return err //nolint:wrapcheck // wrapped by guarded
		}
		defer rows.Close()
		cells, gap := 0, 0
		for rows.Next() {
			row, err := rows.Columns()
			if err != nil {
				return err //nolint:wrapcheck // wrapped by guarded
			}
			if cells += len(row); len(out) >= maxSheetRow || cells > maxCells {
				return fmt.Errorf("sheet %s has more than %d rows or %d cells", sheet, maxSheetRow, maxCells)
			}
			if gap++; len(row) > 0 {
				gap = 0
			}
			if gap > maxGap {
				break
			}
			out = append(out, row)
		}
		return rows.Error() //nolint:wrapcheck // wrapped by guarded
	})
	return out, err
}
