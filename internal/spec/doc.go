package spec

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path"
	"strings"
	"unicode/utf8"

	"drawbridge"
)

const (
	maxFiles   = 500 // that one description may refer to
	maxRefHops = 50
)

// doc is one parsed file.
type doc struct {
	name    string // for messages
	file    string // path below the description's folder, "" for the description itself
	src     string // as given
	root    node
	refs    map[string]spot // references already resolved
	index   map[*member]map[string]*node
	anchors map[string]*node // $anchor names; nil until one is looked up
}

// spot is a value and the document that it stands in.
type spot struct {
	doc *doc
	n   *node
}

func errEmpty(name string) error {
	return drawbridge.Errorf(drawbridge.Invalid, "%s: is empty; give an OpenAPI, Swagger, AsyncAPI, HAR or Postman file", name)
}

// parse reads JSON or YAML, whichever the content is.
func parse(name string, data []byte) (*doc, error) {
	if len(data) > MaxBytes {
		return nil, drawbridge.Errorf(drawbridge.TooLarge, "%s: has %d MiB; at most %d are read", name, len(data)>>20, MaxBytes>>20)
	}
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	trimmed := bytes.TrimLeft(data, " \t\r\n")
	switch {
	case len(trimmed) == 0:
		return nil, errEmpty(name)
	case bytes.HasPrefix(data, []byte("\xff\xfe")), bytes.HasPrefix(data, []byte("\xfe\xff")):
		return nil, drawbridge.Errorf(drawbridge.Invalid, "%s: is UTF-16; save it as UTF-8", name)
	case bytes.HasPrefix(data, []byte("PK\x03\x04")), bytes.HasPrefix(data, []byte("\x1f\x8b")):
		return nil, drawbridge.Errorf(drawbridge.Invalid, "%s: is an archive; unpack it and give the description itself", name)
	case bytes.IndexByte(data, 0) >= 0 || !utf8.Valid(data):
		return nil, drawbridge.Errorf(drawbridge.Invalid, "%s: is not text in UTF-8; give an OpenAPI, Swagger, AsyncAPI, HAR or Postman file in JSON or YAML", name)
	case trimmed[0] == '<':
		return nil, drawbridge.Errorf(drawbridge.Invalid, "%s: is a web page or XML; give the description itself in JSON or YAML", name)
	}
	read := parseYAML
	ext := strings.ToLower(path.Ext(name))
	if trimmed[0] == '{' || trimmed[0] == '[' && ext != ".yaml" && ext != ".yml" {
		read = parseJSON
	}
	src := string(data)
	root, err := read(name, src)
	if err != nil && trimmed[0] == '{' && (ext == ".yaml" || ext == ".yml") {
		root, err = parseYAML(name, src) // YAML may start with a brace too
	}
	if err != nil {
		return nil, err
	}
	return &doc{name: name, src: src, root: root, refs: map[string]spot{}, index: map[*member]map[string]*node{}}, nil
}

// lookup is get with an index for large objects.
func (d *doc) lookup(n *node, key string) *node {
	if n == nil || n.kind == list || len(n.kids) < 32 {
		return n.step(key)
	}
	idx := d.index[&n.kids[0]]
	if idx == nil {
		idx = make(map[string]*node, len(n.kids))
		for i := range n.kids {
			idx[n.kids[i].key] = &n.kids[i].val
		}
		d.index[&n.kids[0]] = idx
	}
	return idx[key]
}

// step follows one token of a JSON Pointer.
func (n *node) step(key string) *node {
	if n == nil || n.kind != list {
		return n.get(key)
	}
	i := 0
	for _, c := range []byte(key) {
		if c < '0' || c > '9' || i > len(n.kids) {
			return nil
		}
		i = i*10 + int(c-'0')
	}
	if key == "" || i >= len(n.kids) {
		return nil
	}
	return &n.kids[i].val
}

var pointerUnescape = strings.NewReplacer("~1", "/", "~0", "~")

// fragment resolves the part of a reference after "#": a JSON Pointer or an anchor.
func (d *doc) fragment(f string) *node {
	if u, err := url.PathUnescape(f); err == nil {
		f = u
	}
	if f == "" || f == "/" {
		return &d.root
	}
	if f[0] != '/' {
		if d.anchors == nil {
			d.anchors = map[string]*node{}
			d.root.collect(d.anchors)
		}
		return d.anchors[f]
	}
	n := &d.root
	for token := range strings.SplitSeq(f[1:], "/") {
		if n = d.lookup(n, pointerUnescape.Replace(token)); n == nil {
			return nil
		}
	}
	return n
}

// collect gathers the $anchor names below n.
func (n *node) collect(into map[string]*node) {
	if a := n.get("$anchor"); a.is(text) && into[a.str] == nil {
		into[a.str] = n
	}
	for i := range n.kids {
		n.kids[i].val.collect(into)
	}
}

// library opens the files that a description refers to. They all lie below the
// description's folder: the operating system refuses every way out, links included.
type library struct {
	dir   string
	root  *os.Root
	docs  map[string]*doc
	bytes int
}

func (l *library) close() {
	if l.root != nil {
		_ = l.root.Close() // opened for reading only
	}
}

// open returns the document at ref's file part, seen from d.
func (l *library) open(d *doc, at *node, ref, file string) (*doc, error) {
	refuse := func(why string) error {
		return d.errorf(at, "the reference %q %s", clip(ref, 120), why)
	}
	if u, err := url.Parse(file); err == nil && (u.Scheme != "" || u.Host != "") {
		return nil, refuse("leads to another server; save that file beside this one and refer to it there")
	}
	if p, err := url.PathUnescape(file); err == nil {
		file = p
	}
	if l.dir == "" {
		return nil, refuse("leads to another file, and this description has no folder; save it with the files that it refers to and give the file")
	}
	name := path.Join(path.Dir(d.file), file)
	if path.IsAbs(file) || strings.ContainsAny(file, "\\\x00") || !fs.ValidPath(name) {
		return nil, refuse("leads out of the description's folder; only files below that folder are read")
	}
	if name == "." {
		return nil, refuse("names no file")
	}
	if known := l.docs[name]; known != nil {
		return known, nil
	}
	if len(l.docs) >= maxFiles {
		return nil, refuse("is one file too many; at most " + itoa(maxFiles) + " are read")
	}
	data, err := l.read(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, refuse("names a file that does not exist")
	case drawbridge.KindOf(err) == drawbridge.TooLarge:
		return nil, refuse("is too large; " + itoa(MaxBytes>>20) + " MiB are read in all")
	case err != nil:
		return nil, refuse("cannot be read: it is no plain file below the description's folder")
	}
	next, err := parse(name, data)
	if err != nil {
		return nil, err
	}
	next.file = name
	l.docs[name] = next
	return next, nil
}

func (l *library) read(name string) ([]byte, error) {
	if l.root == nil {
		root, err := os.OpenRoot(l.dir)
		if err != nil {
			return nil, err
		}
		l.root = root
	}
	info, err := l.root.Stat(name)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fs.ErrInvalid
	}
	f, err := l.root.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	left := int64(MaxBytes - l.bytes)
	data, err := io.ReadAll(io.LimitReader(f, left+1))
	if err != nil {
		return nil, err
	}
	if int64(len(data)) > left {
		return nil, drawbridge.Errorf(drawbridge.TooLarge, "too large")
	}
	l.bytes += len(data)
	return data, nil
}
