package manifest

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"

	"drawbridge"
)

// field is what the tags of one struct field say.
type field struct {
	name  string
	index int
	typ   reflect.Type
	need  bool
	enum  []string
	set   bool // a list without order or repetition
	key   bool // tells the items of a list apart
	is    string
	like  string
	doc   string
	view  string
}

// add says how to add the key.
func (f *field) add() string {
	switch {
	case f.like != "":
		return fmt.Sprintf("add it, like %s: %s", f.name, f.like)
	case len(f.enum) > 0:
		return "add one of " + strings.Join(f.enum, ", ")
	}
	return "add it"
}

// shape is what the tags of one struct say, in the order of the document.
type shape struct {
	fields []field
	byName map[string]int
	keys   []int // fields that tell items apart
}

func (s *shape) field(name string) *field {
	if i, ok := s.byName[name]; ok {
		return &s.fields[i]
	}
	return nil
}

func (s *shape) names() []string {
	out := make([]string, len(s.fields))
	for i, f := range s.fields {
		out[i] = f.name
	}
	return out
}

var (
	typeSafeguards = reflect.TypeFor[Safeguards]()
	typeSources    = reflect.TypeFor[Sources]()
	typeParams     = reflect.TypeFor[map[string]string]()
	typeSpan       = reflect.TypeFor[drawbridge.Span]()
	typeSize       = reflect.TypeFor[drawbridge.Size]()
	typeDate       = reflect.TypeFor[drawbridge.Date]()
	typeFieldPath  = reflect.TypeFor[drawbridge.FieldPath]()
)

// shapes reads the tags of every type of the format once.
var shapes = sync.OnceValue(func() map[reflect.Type]*shape {
	out := map[reflect.Type]*shape{}
	for _, t := range []reflect.Type{reflect.TypeFor[Integration](), reflect.TypeFor[Partner](), reflect.TypeFor[safeguardFile]()} {
		readShape(t, out)
	}
	return out
})

func shapeOf(t reflect.Type) *shape { return shapes()[t] }

func readShape(t reflect.Type, out map[reflect.Type]*shape) {
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct || out[t] != nil {
		return
	}
	s := &shape{byName: map[string]int{}}
	out[t] = s
	for i := range t.NumField() {
		sf := t.Field(i)
		name := sf.Tag.Get("yaml")
		if name == "" {
			panic(fmt.Sprintf("manifest: %s.%s has no yaml tag", t.Name(), sf.Name))
		}
		f := field{
			name: name, index: i, typ: sf.Type, need: sf.Tag.Get("need") == "true", set: sf.Tag.Get("list") == "set", key: sf.Tag.Get("key") == "true",
			is: sf.Tag.Get("is"), like: sf.Tag.Get("like"), doc: sf.Tag.Get("doc"), view: sf.Tag.Get("view"),
		}
		if e := sf.Tag.Get("enum"); e != "" {
			f.enum = strings.Split(e, "|")
		}
		if f.key {
			s.keys = append(s.keys, i)
		}
		s.byName[name] = i
		s.fields = append(s.fields, f)
		readShape(sf.Type, out)
	}
}

// itemKeys returns what stands in brackets for each item of a list: its key
// fields, with the operations of a data element where these alone are not
// unique, or #n where there is nothing to tell it by.
func itemKeys(list reflect.Value) []string {
	out := make([]string, list.Len())
	count := make(map[string]int, list.Len())
	for i := range out {
		out[i] = itemKey(list.Index(i))
		count[out[i]]++
	}
	for i := range out {
		if count[out[i]] < 2 {
			continue
		}
		if e, ok := reflect.TypeAssert[DataElement](list.Index(i)); ok && len(e.Operations) > 0 {
			ops := slices.Sorted(slices.Values(e.Operations))
			out[i] += " " + strings.Join(ops, ",")
		}
	}
	seen := make(map[string]bool, len(out))
	for i, k := range out {
		if k == "" || seen[k] {
			k = strings.TrimSpace(fmt.Sprintf("%s #%d", k, i+1))
			out[i] = k
		}
		seen[k] = true
	}
	return out
}

func itemKey(v reflect.Value) string {
	if v.Kind() == reflect.String {
		return v.String()
	}
	s := shapeOf(v.Type())
	if s == nil {
		return ""
	}
	var parts []string
	for _, i := range s.keys {
		if p := v.Field(i).String(); p != "" {
			parts = append(parts, p)
		}
	}
	if len(parts) < len(s.keys) && len(parts) > 0 && v.Type() != reflect.TypeFor[DataElement]() {
		return ""
	}
	return strings.Join(parts, " ")
}
