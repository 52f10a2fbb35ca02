package manifest

import (
	"reflect"
	"slices"
	"strings"
	"sync"

	"drawbridge"
	"drawbridge/internal/yaml"
)

// settings are what the options of [Parse] and [Load] set.
type settings struct {
	category   func(id string) (known bool, near []string)
	safeguards []SafeguardDef
}

// Option changes what [Parse] and [Load] accept.
type Option func(*settings)

// WithCategories checks data categories by known, which also returns what may
// have been meant. Without it any well-formed category passes.
func WithCategories(known func(id string) (ok bool, near []string)) Option {
	return func(s *settings) { s.category = known }
}

// WithSafeguards adds an organisation's own safeguards to the built-in ones.
func WithSafeguards(extra []SafeguardDef) Option {
	return func(s *settings) { s.safeguards = append(slices.Clip(s.safeguards), extra...) }
}

func newSettings(opts []Option) settings {
	s := settings{safeguards: SafeguardDefs()}
	for _, o := range opts {
		o(&s)
	}
	return s
}

// Doc is one parsed file: an integration or a partner.
type Doc struct {
	Name        string // as given to [Parse]
	Integration *Integration
	Partner     *Partner

	tree  *yaml.Tree
	index *index
}

// Parse reads one file strictly. name stands in messages. The error is of kind
// invalid, and a [Problems] that holds everything that is wrong. References
// between objects are not checked when the file extends another.
func Parse(name string, data []byte, opts ...Option) (*Doc, error) {
	set := newSettings(opts)
	doc, d, err := decode(name, data, set)
	if err != nil {
		return nil, err
	}
	d.problems = append(d.problems, check(doc, set)...)
	if err := d.problems.err(); err != nil {
		return nil, err
	}
	return doc, nil
}

// decode reads the structure of one file, without the checks of meaning.
func decode(name string, data []byte, set settings) (*Doc, *decoder, error) {
	tree, err := yaml.Parse(data, yaml.DefaultLimits())
	if err != nil {
		return nil, nil, syntax(name, err)
	}
	if tree.Root.Null() {
		return nil, nil, Problems{{File: name, Line: 1, Column: 1, Message: "the file is empty", Hint: "start with: drawbridge new ID --from FILE"}}
	}
	d := &decoder{file: name, tree: tree, defs: set.safeguards, partial: tree.Root.Get("extends") != nil}
	doc := &Doc{Name: name, tree: tree}
	kind := ""
	if k := tree.Root.Get("kind"); k != nil {
		kind = k.Resolve().Value
	}
	var v reflect.Value
	if kind == "Partner" {
		doc.Partner = &Partner{}
		v = reflect.ValueOf(doc.Partner).Elem()
	} else {
		doc.Integration = &Integration{}
		v = reflect.ValueOf(doc.Integration).Elem()
	}
	if k := tree.Root.Get("kind"); k != nil && kind != "Integration" && kind != "Partner" {
		d.add(k, &frame{name: "kind"}, didYouMean(kind, []string{"Integration", "Partner"}), "%q is not a kind of document", clip(kind))
		return nil, nil, d.problems
	}
	d.value(&tree.Root, v, nil, nil)
	doc.index = &index{value: v}
	return doc, d, nil
}

// Position returns the line and the column of a key like
// flows[charge].retention.period, or of the nearest object around it.
func (d *Doc) Position(key string) (line, column int) {
	n, _ := d.find(key)
	return d.tree.Position(n.Off)
}

// Has reports whether the key stands in the file.
func (d *Doc) Has(key string) bool {
	_, ok := d.find(key)
	return ok
}

// index finds list items by their keys; the lists are indexed on first use.
type index struct {
	value reflect.Value
	mu    sync.Mutex // guards lists
	lists map[*yaml.Node]map[string]int
}

func (x *index) item(n *yaml.Node, list reflect.Value, rest string) (i int, after string, ok bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	byKey := x.lists[n]
	if byKey == nil {
		byKey = map[string]int{}
		for i, k := range itemKeys(list) {
			byKey[k] = i
		}
		if x.lists == nil {
			x.lists = map[*yaml.Node]map[string]int{}
		}
		x.lists[n] = byKey
	}
	for end := range len(rest) { // a key may itself hold brackets
		if rest[end] != ']' {
			continue
		}
		if i, ok := byKey[rest[1:end]]; ok {
			return i, rest[end+1:], true
		}
	}
	return 0, "", false
}

// find walks tree and value in step and returns the node of the key, or the
// deepest one on the way to it.
func (d *Doc) find(key string) (*yaml.Node, bool) {
	n, v, place := d.tree.Root.Resolve(), d.index.value, &d.tree.Root
	for key != "" {
		if key[0] == '[' {
			if n.Kind != yaml.List || v.Kind() != reflect.Slice || len(n.Children) != v.Len() {
				return place, false
			}
			i, rest, ok := d.index.item(n, v, key)
			if !ok {
				return place, false
			}
			place, key, v = &n.Children[i], strings.TrimPrefix(rest, "."), v.Index(i)
			n = place.Resolve()
			continue
		}
		end := strings.IndexAny(key, ".[")
		if end < 0 {
			end = len(key)
		}
		name := key[:end]
		key = strings.TrimPrefix(key[end:], ".")
		if n.Kind != yaml.Map {
			return place, false
		}
		found := false
		for i := 0; i+1 < len(n.Children); i += 2 {
			if n.Children[i].Value == name {
				place, n, found = &n.Children[i], n.Children[i+1].Resolve(), true
				break
			}
		}
		if !found {
			return place, false
		}
		v = member(v, name)
	}
	if n.Kind == yaml.Scalar {
		place = n
	}
	return place, true
}

// member returns a struct's field by its key; for everything else no value.
func member(v reflect.Value, name string) reflect.Value {
	if v.Kind() == reflect.Struct {
		if f := shapeOf(v.Type()).field(name); f != nil {
			return v.Field(f.index)
		}
	}
	return reflect.Value{}
}

// invalid makes a problem out of a position-less complaint about one file.
func invalid(file, format string, args ...any) error {
	return drawbridge.Errorf(drawbridge.Invalid, file+": "+format, args...)
}

// IsPartner reports whether a file says that it is a partner's, be it valid or not.
func IsPartner(data []byte) bool {
	tree, err := yaml.Parse(data, yaml.DefaultLimits())
	if err != nil {
		return false
	}
	k := tree.Root.Get("kind")
	return k != nil && k.Resolve().Value == "Partner"
}
