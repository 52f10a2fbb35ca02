package custody

import (
	"bytes"
	"encoding/json"
	"io"
	"strings"

	"drawbridge/internal/store"
)

// Pack makes an archive of members, for tests of its reading. What a manifest
// says besides them is taken from the header, if there is one, and the rows.
func Pack(names []string, contents [][]byte) ([]byte, error) {
	var b bytes.Buffer
	p := newPacker(&b)
	for i, name := range names {
		table, _, rows := strings.Cut(strings.TrimPrefix(name, "rows/"), "/")
		switch {
		case name == headerName:
			var head Backup
			if json.Unmarshal(contents[i], &head) == nil {
				p.man.Entries, p.man.Root = head.Entries, head.Root
				for _, t := range head.Tables {
					p.man.Rows[t.Name] = 0
				}
			}
		case strings.HasPrefix(name, fileName("")):
			p.man.Files++
		case rows:
			if lines, err := unzip(bytes.NewReader(contents[i])); err == nil {
				data, err := io.ReadAll(lines)
				if err != nil {
					return nil, err
				}
				p.man.Rows[table] += int64(bytes.Count(data, []byte("\n")))
			}
		}
		if err := p.add(name, int64(len(contents[i])), bytes.NewReader(contents[i])); err != nil {
			return nil, err
		}
	}
	err := p.close()
	return b.Bytes(), err
}

// Unpack reads members to the manifest, and whether the archive ends as it has to.
func Unpack(r io.Reader) (names []string, contents [][]byte, err error) {
	u := newUnpacker(r)
	for {
		h, err := u.next()
		if err != nil {
			return nil, nil, err
		}
		if h.Name == manifestName {
			return names, contents, u.end()
		}
		data, err := io.ReadAll(u.body)
		if err != nil {
			return nil, nil, unreadable(err)
		}
		names, contents = append(names, h.Name), append(contents, data)
	}
}

// ReadRow reads a line of a backup.
func ReadRow(line []byte, t store.Table) ([]any, error) {
	row := make([]any, len(t.Columns))
	return row, readRow(line, t, row)
}
