// Package spec reads a partner's interface description (OpenAPI 3.0 and 3.1,
// Swagger 2, AsyncAPI 2 and 3, a HAR recording, a Postman 2.1 collection) into
// one neutral model, and drafts a first manifest from it. It reads what the
// description says and adds nothing: what is not said stays unknown. It does
// not fetch anything, judge risk, or validate the description against its
// standard; what it cannot use becomes a warning.
//
//	api, err := spec.Read("openapi.yaml", data, spec.Options{Dir: "partner"})
//	draft, err := spec.NewDraft(api, api.Select(nil), spec.DraftOptions{ID: "acme", Classify: taxonomy.Builtin().Classify})
package spec

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"drawbridge"
)

// API is what a description says, in one shape for all formats.
type API struct {
	Format      string // "OpenAPI 3.1.0", "HAR 1.2", ...
	Title       string
	Version     string
	Description string
	Servers     []Server
	Schemes     []Scheme
	Operations  []Operation // calls and messages that we send
	Webhooks    []Operation // calls and messages that we receive
	Callbacks   []Operation // calls that one of Operations asks for
	Queue       bool        // Operations and Webhooks are messages on a broker
	Sampled     bool        // it shows examples of calls, not what may be sent
	Home        string      // the partner's domain, as far as the description gives it away, or ""
	Files       []File      // files that it refers to, sorted by name
	Secret      string      // why the file itself must not be kept, or ""
	Warnings    []Warning
}

// File is a file that a description refers to.
type File struct {
	Name string // relative to the description's folder
	Data string
}

// Warning says what the description leaves open or what could not be used.
type Warning struct {
	Line, Column int // zero when it concerns the whole
	Text         string
}

// String writes the warning with its position.
func (w Warning) String() string {
	if w.Line == 0 {
		return w.Text
	}
	return fmt.Sprintf("line %d column %d: %s", w.Line, w.Column, w.Text)
}

// Server is a place where the interface answers.
type Server struct {
	URL      string // variables replaced by their defaults
	Host     string // with the port where it is not the scheme's own
	Protocol string // as the manifest spells it; "" when unknown
}

// Scheme is a way for callers to prove who they are.
type Scheme struct {
	Name     string // in the description
	Type     string // as the manifest's auth.type spells it; "" when it has no word for it
	In       string
	Param    string // name of the header, parameter or cookie
	TokenURL string
	Grant    string
	Scopes   []string // granted, where the description says so
}

// Demand is one way in which an operation lets a caller in.
type Demand struct {
	Scheme string   // name of a [Scheme]
	Scopes []string // sorted
}

// Operation is one callable or message.
type Operation struct {
	ID            string
	Method        string
	Path          string
	Tag           string // "" when it has none
	Summary       string
	Deprecated    bool
	Accepts       []Demand // alternatives, first choice first; empty: none needed or not said
	Open          bool     // the description says that no credential is needed
	Servers       []Server // its own, else empty
	RequestTypes  []string // media types, sorted
	ResponseTypes []string
	Fields        []Field
	Of            string // for a callback: the operation that asks for it
}

// Field is one leaf of what an operation carries.
type Field struct {
	At       drawbridge.At
	Path     drawbridge.FieldPath
	Required bool
	Schema   *Schema
}

// Schema is what a description says about one leaf; many fields may share it.
type Schema struct {
	Type, Format, Pattern string
	Description, Example  string
	Enum                  []string
	Secret                bool // never shown again, like a password
	Line                  int
}

// Options tell Read where the description comes from.
type Options struct {
	Dir  string // folder that references to other files may reach into; "" allows none
	From string // address that it was fetched from, for relative servers; may be ""
}

// Limits on the neutral model.
const (
	maxOperations = 20_000
	maxWarnings   = 60
	maxEnum       = 20 // words kept; a longer list tells no more
	maxText       = 300
)

// Read reads one description. name stands in messages and decides, where the
// content leaves doubt, between JSON and YAML; its last part is the file's name
// inside Options.Dir.
func Read(name string, data []byte, opt Options) (*API, error) {
	d, err := parse(name, data)
	if err != nil {
		return nil, err
	}
	d.file = base(name)
	r := &reader{
		opt: opt, main: d, api: &API{}, ids: map[string]bool{},
		lib:    library{dir: opt.Dir, docs: map[string]*doc{d.file: d}, bytes: len(data)},
		leaves: map[leafKey]*Schema{}, bodies: map[bodyKey][]Field{}, warned: map[string]bool{},
	}
	defer r.lib.close()
	if err := r.read(); err != nil {
		return nil, err
	}
	if r.dropped > 0 {
		r.api.Warnings = append(r.api.Warnings, Warning{Text: fmt.Sprintf("%d more warnings are not shown", r.dropped)})
	}
	for file, other := range r.lib.docs {
		if other != d {
			r.api.Files = append(r.api.Files, File{file, other.src})
		}
	}
	slices.SortFunc(r.api.Files, func(a, b File) int { return strings.Compare(a.Name, b.Name) })
	if len(r.api.Operations)+len(r.api.Webhooks)+len(r.api.Callbacks) == 0 {
		return nil, drawbridge.Errorf(drawbridge.Invalid, "%s: describes no operation, webhook or message; there is nothing to review", name)
	}
	return r.api, nil
}

func base(name string) string {
	if i := strings.LastIndexAny(name, "/\\"); i >= 0 {
		return name[i+1:]
	}
	return name
}

func itoa(n int) string { return strconv.Itoa(n) }

// reader carries the state of one Read.
type reader struct {
	opt      Options
	main     *doc
	lib      library
	api      *API
	ids      map[string]bool // operation ids in use
	leaves   map[leafKey]*Schema
	bodies   map[bodyKey][]Field
	security []*node // of the whole document, for operations without their own
	warned   map[string]bool
	dropped  int // warnings over the limit
}

// read finds out which format it is, and reads it.
func (r *reader) read() error {
	root := &r.main.root
	if root.kind == null {
		return errEmpty(r.main.name)
	}
	if root.kind != object {
		return r.main.wrong(root, "an interface description", object)
	}
	for _, f := range []struct {
		key  string
		read func(*node) error
	}{
		{"openapi", r.openapi},
		{"swagger", r.swagger},
		{"asyncapi", r.asyncapi},
		{"log", r.har},
		{"item", r.postman},
		{"collection", r.postman},
	} {
		if n := root.get(f.key); n != nil {
			return f.read(n)
		}
	}
	return r.main.errorf(root, "is none of the known formats; one of the keys openapi, swagger, asyncapi, log (HAR) or item (Postman 2.1) must stand at the top")
}

// warn notes what could not be used; s.n may be nil.
func (r *reader) warn(s spot, format string, args ...any) {
	w := Warning{Text: fmt.Sprintf(format, args...)}
	if r.warned[w.Text] {
		return
	}
	if len(r.warned) >= maxWarnings {
		r.dropped++
		return
	}
	r.warned[w.Text] = true
	if s.n != nil {
		w.Line, w.Column = int(s.n.line), int(s.n.col)
		if s.doc != r.main {
			w.Text = s.doc.file + ": " + w.Text
		}
	}
	r.api.Warnings = append(r.api.Warnings, w)
}

// follow resolves s while it is a reference. ok is false when it leads nowhere,
// which is a warning; a reference that must not be followed is an error.
func (r *reader) follow(s spot) (_ spot, ok bool, _ error) {
	for range maxRefHops {
		ref := s.n.get("$ref")
		if !ref.is(text) {
			return s, true, nil
		}
		next, err := r.resolve(s.doc, ref)
		if err != nil {
			return s, false, err
		}
		if next.n == nil {
			r.warn(spot{s.doc, ref}, "the reference %q leads nowhere; what it stands for is left out", clip(ref.str, 120))
			return s, false, nil
		}
		s = next
	}
	r.warn(s, "a chain of references never ends; what it stands for is left out")
	return s, false, nil
}

func (r *reader) resolve(d *doc, ref *node) (spot, error) {
	if hit, ok := d.refs[ref.str]; ok {
		return hit, nil
	}
	file, fragment, _ := strings.Cut(ref.str, "#")
	in := d
	if file != "" {
		var err error
		if in, err = r.lib.open(d, ref, ref.str, file); err != nil {
			return spot{}, err
		}
	}
	s := spot{in, in.fragment(fragment)}
	d.refs[ref.str] = s
	return s, nil
}

// unique returns id, or id with a number when it is taken.
func (r *reader) unique(s spot, id string) string {
	if !r.ids[id] {
		r.ids[id] = true
		return id
	}
	for i := 2; ; i++ {
		if next := id + "-" + itoa(i); !r.ids[next] {
			r.ids[next] = true
			r.warn(s, "two operations come out as %q; this one is called %q here", clip(id, 60), clip(next, 64))
			return next
		}
	}
}

// oneLine returns the first sentence-like part of s, in one line, for people.
func oneLine(s string) string {
	s = strings.Join(strings.Fields(clip(s, 4*maxText)), " ")
	return clip(s, maxText)
}
