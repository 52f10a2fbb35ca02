package custody

import (
	"archive/tar"
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"drawbridge"
	"drawbridge/internal/seal"
	"drawbridge/internal/store"
)

// maxChunk bounds what the rows of one member unpack to, and so a row too.
const maxChunk = 256 << 20

// maxKeys bounds the keys of a backup, in bytes.
const maxKeys = 1 << 20

// readStrict reads JSON that holds what v knows and nothing besides.
func readStrict(data []byte, v any) error {
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	if err := dec.Decode(v); err != nil {
		return err
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return errors.New("more follows")
	}
	return nil
}

// members reads all that follows the header, in the only order that there is:
// tables, files, keys, manifest. A member that has no place in it is refused.
func (x *restoring) members(l *store.Loader) error {
	h, err := x.in.next()
	if err != nil {
		return err
	}
	if len(x.report.Tables) != len(l.Tables) {
		return damaged("it has %d tables, and its schema has %d", len(x.report.Tables), len(l.Tables))
	}
	for i, t := range x.report.Tables {
		if t.Name != l.Tables[i].Name {
			return damaged("its table %.40q is not of its schema", t.Name)
		}
		if h, err = x.table(l, t, h); err != nil {
			return err
		}
	}
	if h, err = x.files(h); err != nil {
		return err
	}
	if h.Name == keysName && x.report.Keys {
		if h, err = x.readKeys(h); err != nil {
			return err
		}
	}
	if h.Name != manifestName {
		return damaged("the member %.100q does not belong there", h.Name)
	}
	if x.report.Keys && x.keys.Empty() {
		return damaged("its keys are missing")
	}
	x.in.man.Entries, x.in.man.Root, x.in.man.Files = x.report.Entries, x.report.Root, x.report.Files
	return x.in.end()
}

// table loads the rows of one table. It returns the first member behind them.
func (x *restoring) table(l *store.Loader, t store.Table, h *tar.Header) (*tar.Header, error) {
	n := 0
	var lines *bufio.Reader
	var err error
	row := make([]any, len(t.Columns))
	rows, err := l.Load(t, func() ([]any, error) {
		for {
			if lines == nil {
				if h.Name != rowsName(t.Name, n+1) {
					return nil, nil
				}
				n++
				if lines, err = unzip(x.in.body); err != nil {
					return nil, unreadable(err)
				}
			}
			line, err := lines.ReadBytes('\n')
			if errors.Is(err, io.EOF) && len(line) == 0 {
				lines = nil
				if h, err = x.in.next(); err != nil {
					return nil, err
				}
				continue
			}
			if err != nil {
				return nil, unreadable(err)
			}
			x.report.Rows++
			if x.report.Rows%10_000 == 0 {
				x.opt.Progress(t.Name, x.report.Rows, 0)
			}
			return row, readRow(line, t, row)
		}
	})
	x.in.man.Rows[t.Name] = rows
	return h, err
}

// unzip reads compressed lines within limits.
func unzip(r io.Reader) (*bufio.Reader, error) {
	zip, err := gzip.NewReader(bufio.NewReader(r))
	if err != nil {
		return nil, err
	}
	return bufio.NewReaderSize(&bounded{zip, maxChunk}, 64<<10), nil
}

// bounded is an error behind so many bytes, where a LimitReader would be the end.
type bounded struct {
	in   io.Reader
	left int64
}

func (b *bounded) Read(p []byte) (int, error) {
	n, err := b.in.Read(p)
	if b.left -= int64(n); b.left < 0 {
		return 0, damaged("the rows of one member are larger than %s", drawbridge.Size(maxChunk))
	}
	return n, err
}

// readRow reads a line into the forms of the columns.
func readRow(line []byte, t store.Table, row []any) error {
	var raw []json.RawMessage
	if err := json.Unmarshal(line, &raw); err != nil || len(raw) != len(t.Columns) {
		return damaged("a row of %s cannot be read", t.Name)
	}
	for i, c := range t.Columns {
		var err error
		if row[i], err = readValue(c.Form, raw[i]); err != nil || string(raw[i]) == "null" {
			return damaged("a row of %s has no %s in %s", t.Name, c.Form, c.Name)
		}
	}
	return nil
}

func readValue(form string, raw json.RawMessage) (any, error) {
	switch form {
	case "text":
		return decodeAs[string](raw)
	case "integer":
		return decodeAs[int64](raw)
	case "number":
		return decodeAs[float64](raw)
	case "flag":
		return decodeAs[bool](raw)
	case "bytes":
		if len(raw) < 2 || raw[0] != '"' {
			return nil, errors.New("no text")
		}
		out := make([]byte, base64.StdEncoding.DecodedLen(len(raw)-2))
		n, err := base64.StdEncoding.Decode(out, raw[1:len(raw)-1])
		return out[:n], err
	}
	return nil, fmt.Errorf("no form %q", form)
}

func decodeAs[T any](raw json.RawMessage) (any, error) {
	var v T
	err := json.Unmarshal(raw, &v)
	return v, err
}

// files puts the files in their places. It returns the first member behind them.
func (x *restoring) files(h *tar.Header) (_ *tar.Header, err error) {
	folders := map[string]bool{}
	last := ""
	for strings.HasPrefix(h.Name, fileName("")) {
		if h.Name <= last {
			return nil, damaged("the file %s stands twice, or not in its order", h.Name)
		}
		last = h.Name
		if err := x.file(h, folders); err != nil {
			return nil, err
		}
		if h, err = x.in.next(); err != nil {
			return nil, err
		}
	}
	return h, syncFolders(folders)
}

// file puts one file in its place. Its name is a digest and nothing else, so no
// path can lead anywhere.
func (x *restoring) file(h *tar.Header, folders map[string]bool) error {
	blobs := filepath.Join(x.opt.Data, "blobs")
	path, err := store.BlobPath(blobs, "sha256:"+h.Name[len(fileName("")):])
	if err != nil {
		return damaged("the member %.100q does not belong there", h.Name)
	}
	if dir := filepath.Dir(path); !folders[dir] {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return diskFails(err)
		}
		folders[dir], folders[blobs] = true, true
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600) //nolint:gosec // the path is made of a digest
	if err != nil {
		return diskFails(err)
	}
	w := &written{out: f}
	if _, err = io.Copy(w, x.in.body); err != nil && w.err == nil {
		return errors.Join(unreadable(err), f.Close())
	}
	if err := errors.Join(w.err, f.Sync(), f.Close()); err != nil {
		return diskFails(err)
	}
	x.report.Files++
	x.opt.Progress("files", x.report.Files, 0)
	return nil
}

// written tells a disk that fails from an archive that does.
type written struct {
	out io.Writer
	err error
}

func (w *written) Write(p []byte) (n int, err error) {
	n, w.err = w.out.Write(p)
	return n, w.err
}

func diskFails(err error) error {
	return &drawbridge.Error{Kind: drawbridge.Unavailable, Message: "the files cannot be written: the disk is full or failing; nothing was restored", Err: err}
}

func syncFolders(folders map[string]bool) error {
	for dir := range folders {
		if err := syncFolder(dir); err != nil {
			return diskFails(err)
		}
	}
	return nil
}

// readKeys reads the keys and goes to the next member.
func (x *restoring) readKeys(h *tar.Header) (*tar.Header, error) {
	if h.Size > maxKeys {
		return nil, damaged("its keys have %s", drawbridge.Size(h.Size))
	}
	data, err := io.ReadAll(x.in.body)
	if err != nil {
		return nil, unreadable(err)
	}
	x.keys = seal.Hide(string(data))
	return x.in.next()
}
