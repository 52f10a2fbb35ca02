package twin

import (
	"slices"
	"strings"
)

// style is one kind of partner, as data. The server, the specification and the
// manifest are all made from it, so that they cannot disagree.
type style struct {
	name, title, about string
	host               string // where the partner says that it answers
	base               string // path below the host
	openapi            string // version of the specification
	auth               scheme
	envelope           envelope
	form               bool // bodies are application/x-www-form-urlencoded
	poor               bool // the specification says next to nothing
	strict             bool // fields that are not declared are refused, not ignored
	idempotent         bool // creations take an Idempotency-Key
	put                bool // updates replace the object with PUT
	public             bool // it has a status operation that needs no credential
	ids                ids
	main               string            // resource that a flaw shows on, when spots has no better place
	spots              map[string]string // check id to operation id
	text               string            // declared free text of main, for DATA-03
	resources          []*resource
}

// scheme is how callers prove who they are.
type scheme string

const (
	bearer  scheme = "bearer"
	apiKey  scheme = "api_key"
	basic   scheme = "basic"
	session scheme = "session" // a cookie that a login operation sets
	jwt     scheme = "jwt"     // a signed token that a login operation returns
	oauth   scheme = "oauth"   // a token endpoint (RFC 6749)
)

// ids is the form of an object's id.
type ids string

const (
	prefixed ids = "prefixed" // ch_3fk1...
	integer  ids = "integer"
	uuid     ids = "uuid"
)

// envelope is the form of a list: a cursor or pages, and the name of the array.
type envelope struct {
	items string // "" when the answer is the array itself
	pages bool   // page and per_page instead of limit and cursor
}

// resource is one kind of object.
type resource struct {
	name, plural string // words of the path, in the singular and the plural
	tag          string
	prefix       string // of prefixed ids
	param        string // name of the path parameter
	parent       string // resource that it is created and listed under
	flat         bool   // nested for creation and listing only
	single       bool   // one object to a tenant, without an id
	shared       bool   // every tenant sees the same objects
	ops          string // letters of list, create, read, update, delete
	unique       string // field that no two objects of a tenant share
	filters      []string
	fields       []field
	acts         []action
	seed         int // objects that each tenant starts with
	// made sets what the partner computes on creation, and refuses what its rules forbid.
	made func(st *store, o *object) *problem
	// view computes a single object.
	view func(st *store, tenant string) map[string]any
}

// action is an operation on one object beside the usual five.
type action struct {
	name, title string
	in          []field
	do          func(st *store, o *object) *problem
}

// kind is the type of a field.
type kind string

const (
	text    kind = "string"
	number  kind = "integer"
	boolean kind = "boolean"
	record  kind = "object"
	array   kind = "array"
	textMap kind = "map" // any keys, text values
)

// field is one field of an object or of a request.
type field struct {
	name, doc string
	kind      kind
	format    string
	enum      []string
	pattern   string
	min, max  int64 // range of a number, length of a text, items of an array; max 0 means none
	of        []field
	ref       string // resource that the value must be an id of
	need      bool   // required on creation
	null      bool   // may be absent from the object
	once      bool   // settable on creation only
	read      bool   // set by the partner
	write     bool   // accepted, and never shown
	reveal    bool   // shown in the answer to its creation only
	guarded   bool   // a privilege: set by the partner alone
	category  string
	example   any
	def       any // value when the caller gives none
}

// with returns f changed by the functions, so that a style reads as a table.
func (f field) with(change ...func(*field)) field {
	for _, c := range change {
		c(&f)
	}
	return f
}

func need(f *field)    { f.need = true }
func null(f *field)    { f.null = true }
func once(f *field)    { f.once = true }
func read(f *field)    { f.read = true }
func write(f *field)   { f.write = true }
func reveal(f *field)  { f.reveal, f.read = true, true }
func guarded(f *field) { f.guarded, f.read = true, true }

func cat(category string) func(*field) { return func(f *field) { f.category = category } }
func doc(s string) func(*field)        { return func(f *field) { f.doc = s } }
func eg(v any) func(*field)            { return func(f *field) { f.example = v } }
func def(v any) func(*field)           { return func(f *field) { f.def = v } }
func form(format string) func(*field)  { return func(f *field) { f.format = format } }
func like(pattern string) func(*field) { return func(f *field) { f.pattern = pattern } }

func between(low, high int64) func(*field) {
	return func(f *field) { f.min, f.max = low, high }
}

// str makes a text field of at most high characters.
func str(name string, high int64, change ...func(*field)) field {
	return field{name: name, kind: text, max: high}.with(change...)
}

func num(name string, low, high int64, change ...func(*field)) field {
	return field{name: name, kind: number, min: low, max: high}.with(change...)
}

func flag(name string, change ...func(*field)) field {
	return field{name: name, kind: boolean, def: false}.with(change...)
}

// word makes a text field with a fixed list of values; the first is the default.
func word(name string, values []string, change ...func(*field)) field {
	return field{name: name, kind: text, enum: values, def: values[0], example: values[0]}.with(change...)
}

func link(name, resource string, change ...func(*field)) field {
	return field{name: name, kind: text, ref: resource, doc: "Id of one of the " + resource + " objects."}.with(change...)
}

func group(name string, of []field, change ...func(*field)) field {
	return field{name: name, kind: record, of: of}.with(change...)
}

func list(name string, of field, change ...func(*field)) field {
	return field{name: name, kind: array, of: []field{of}}.with(change...)
}

// created is when the object was made.
func created() field {
	return field{name: "created_at", kind: text, format: "date-time", read: true, example: "2026-03-01T09:30:00Z"}
}

func metadata() field {
	return field{name: "metadata", kind: textMap, max: 20, def: map[string]any{}, example: map[string]any{"order": "A-1001"}, doc: "Up to 20 values of your own."}
}

// resource returns the resource called name.
func (s *style) resource(name string) *resource {
	i := slices.IndexFunc(s.resources, func(r *resource) bool { return r.name == name })
	if i < 0 {
		return nil
	}
	return s.resources[i]
}

// field returns the field called name.
func (r *resource) field(name string) (field, bool) {
	i := slices.IndexFunc(r.fields, func(f field) bool { return f.name == name })
	if i < 0 {
		return field{}, false
	}
	return r.fields[i], true
}

// title makes ChargeList out of charge and list.
func title(words ...string) string {
	var b strings.Builder
	for _, w := range words {
		for part := range strings.FieldsFuncSeq(w, func(r rune) bool { return r == '_' || r == '-' }) {
			b.WriteString(strings.ToUpper(part[:1]) + part[1:])
		}
	}
	return b.String()
}

// Styles returns the names of the styles.
func Styles() []string {
	var out []string
	for _, s := range styles() {
		out = append(out, s.name)
	}
	return out
}

func styles() []*style {
	return []*style{
		payments(), storefront(), helpdesk(), projects(), staff(), messages(), leads(), parcels(), wallet(), diary(),
	}
}

func styleNamed(name string) *style {
	for _, s := range styles() {
		if s.name == name {
			return s
		}
	}
	return nil
}
