package ledger

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"unicode/utf8"

	"drawbridge"
)

// LogFormat names the exported file.
//
// It is JSON lines in one spelling. The first line is the header. Each entry is
// a line with the entry itself, and, where it has one that was not erased, the
// salt and the text of its detail. The last line holds the signed checkpoint.
const LogFormat = "drawbridge-log/1"

// Limits of the exported file.
const (
	MaxDetail = 4 << 20  // bytes of a detail
	MaxLine   = 32 << 20 // bytes of a line: a detail of control characters grows sixfold
)

// Header is the first line of an exported log.
type Header struct {
	Format string   `json:"format"` // LogFormat; empty means that too
	Origin string   `json:"origin"`
	Keys   []string `json:"keys"` // verifier keys: the first, and each that took over, in order
}

// check holds a header to its form.
func (h Header) check() error {
	if h.Format != LogFormat {
		return drawbridge.Errorf(drawbridge.Invalid, "the format %.40q is not known; this program reads %s", h.Format, LogFormat)
	}
	if !isName(h.Origin) {
		return drawbridge.Errorf(drawbridge.Invalid, "the origin %.80q is not the name of a log", h.Origin)
	}
	if len(h.Keys) == 0 || len(h.Keys) > maxKeys {
		return drawbridge.Errorf(drawbridge.Invalid, "%d keys are listed; a log has 1 to %d", len(h.Keys), maxKeys)
	}
	for _, key := range h.Keys {
		if err := checkKey(key, h.Origin); err != nil {
			return err
		}
	}
	return nil
}

// ExportWriter writes a log into one file, an entry at a time.
type ExportWriter struct {
	w      *bufio.Writer
	origin string
	size   int64
	line   []byte
}

// NewExportWriter starts an export with its header.
func NewExportWriter(w io.Writer, h Header) (*ExportWriter, error) {
	if h.Format == "" {
		h.Format = LogFormat
	}
	if err := h.check(); err != nil {
		return nil, fmt.Errorf("export: %w", err)
	}
	out := &ExportWriter{w: bufio.NewWriterSize(w, 64<<10), origin: h.Origin}
	line, err := json.Marshal(h)
	if err != nil {
		return nil, fmt.Errorf("export: %w", err)
	}
	return out, out.write(line)
}

// Entry writes the next encoded entry. A nil salt means that it has no detail,
// or that the detail was erased.
func (x *ExportWriter) Entry(raw, detail, salt []byte) error {
	e, err := Decode(raw)
	switch {
	case err != nil:
		return fmt.Errorf("export entry %d: %w", x.size, err)
	case e.Seq != x.size:
		return fmt.Errorf("export: entry %d comes where entry %d belongs", e.Seq, x.size)
	case salt == nil && detail != nil:
		return fmt.Errorf("export entry %d: a detail without a salt", e.Seq)
	case len(detail) > MaxDetail || !utf8.Valid(detail):
		return fmt.Errorf("export entry %d: the detail (%d bytes) is too large or not UTF-8", e.Seq, len(detail))
	case salt != nil && !CheckCommit(e.Detail, salt, detail):
		return fmt.Errorf("export entry %d: the detail is not the one that the entry commits to", e.Seq)
	}
	x.line = appendLine(x.line[:0], raw, detail, salt)
	x.size++
	return x.write(x.line)
}

// Close writes the signed checkpoint as the last line and flushes. It does not
// close the writer below.
func (x *ExportWriter) Close(checkpoint []byte) error {
	cp, err := ParseCheckpoint(checkpoint)
	if err != nil {
		return fmt.Errorf("export: %w", err)
	}
	if cp.Origin != x.origin || cp.Size != x.size {
		return fmt.Errorf("export: the checkpoint is of %s at %d, not of %s at %d", cp.Origin, cp.Size, x.origin, x.size)
	}
	if err := x.write(appendCheckpoint(nil, checkpoint)); err != nil {
		return err
	}
	return x.w.Flush()
}

func (x *ExportWriter) write(line []byte) error {
	if _, err := x.w.Write(line); err != nil {
		return err
	}
	return x.w.WriteByte('\n')
}

// The seams of a line. No entry holds them: its words have no quotation marks.
const (
	entrySeam  = `{"entry":`
	saltSeam   = `,"salt":"`
	detailSeam = `","detail":`
	noteSeam   = `{"checkpoint":`
)

func appendLine(b, raw, detail, salt []byte) []byte {
	b = append(append(b, entrySeam...), raw...)
	if salt != nil {
		b = base64.StdEncoding.AppendEncode(append(b, saltSeam...), salt)
		b = appendText(append(b, detailSeam...), detail)
	}
	return append(b, '}')
}

func appendCheckpoint(b, signed []byte) []byte {
	return append(appendText(append(b, noteSeam...), signed), '}')
}

// appendText writes a JSON string as encoding/json does when it is not told to escape HTML.
func appendText(b, text []byte) []byte {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(string(text)) // a string always encodes
	return append(b, bytes.TrimSuffix(buf.Bytes(), []byte("\n"))...)
}

// cutLine undoes appendLine; it refuses every line that appendLine would not write.
func cutLine(line []byte) (raw, detail, salt []byte, err error) {
	body, ok := bytes.CutPrefix(line, []byte(entrySeam))
	body, closed := bytes.CutSuffix(body, []byte("}"))
	if !ok || !closed {
		return nil, nil, nil, errLine
	}
	raw, rest, has := bytes.Cut(body, []byte(saltSeam))
	if !has {
		return raw, nil, nil, nil
	}
	b64, quoted, _ := bytes.Cut(rest, []byte(detailSeam))
	salt, err = base64.StdEncoding.AppendDecode([]byte{}, b64)
	if err != nil {
		return nil, nil, nil, errLine
	}
	var text string
	if json.Unmarshal(quoted, &text) != nil {
		return nil, nil, nil, errLine
	}
	detail = []byte(text)
	if !slices.Equal(appendLine(make([]byte, 0, len(line)), raw, detail, salt), line) {
		return nil, nil, nil, errLine
	}
	return raw, detail, salt, nil
}

var errLine = drawbridge.Errorf(drawbridge.Invalid, "the line is not one that an export writes")
