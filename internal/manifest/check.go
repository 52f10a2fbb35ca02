package manifest

import (
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"drawbridge"
)

// checker looks at what a well-formed file means. It reports by key; where the
// key stands is found out only for a problem.
type checker struct {
	set      settings
	refs     bool // references between objects can be resolved
	whole    bool // several files were merged: what must be there is looked for only now
	place    func(key, hint, format string, args ...any) Problem
	keys     map[uintptr][]string // of lists, by their first item
	problems Problems
}

// check looks at one file on its own.
func check(doc *Doc, set settings) Problems {
	c := &checker{set: set, refs: true, place: doc.problem}
	if doc.Partner != nil {
		c.walk(reflect.ValueOf(*doc.Partner), nil, nil)
		c.sources("", doc.Partner.Sources, reflect.ValueOf(*doc.Partner))
		for i := range doc.Partner.Assurance {
			a := &doc.Partner.Assurance[i]
			key := "assurance[" + c.itemKey(reflect.ValueOf(doc.Partner.Assurance), i) + "]"
			c.dates(key, "issued", a.Issued, "expires", a.Expires)
		}
		return c.problems
	}
	c.refs = doc.Integration.Extends == ""
	c.integration(doc.Integration)
	return c.problems
}

// check looks at the integration with what it extends merged in.
func (l *loader) check() Problems {
	c := &checker{set: l.set, refs: true, whole: len(l.bundle.docs) > 1, place: func(key, hint, format string, args ...any) Problem {
		return l.bundle.owner(key).problem(key, hint, format, args...)
	}}
	c.integration(l.bundle.Integration)
	return c.problems
}

func (c *checker) report(key, hint, format string, args ...any) {
	if len(c.problems) < maxProblems {
		c.problems = append(c.problems, c.place(key, hint, format, args...))
	}
}

// trail is one step of a key path through typed values.
type trail struct {
	up   *trail
	name string
	list reflect.Value // when the step is an item of this list
	at   int
}

// path writes the trail like flows[charge].retention.period.
func (c *checker) path(t *trail) string {
	if t == nil {
		return ""
	}
	s := c.path(t.up)
	if t.name != "" {
		if s != "" {
			s += "."
		}
		s += t.name
	}
	if t.list.IsValid() {
		s += "[" + c.itemKey(t.list, t.at) + "]"
	}
	return s
}

// itemKey returns an item's key, computing those of a list only once.
func (c *checker) itemKey(list reflect.Value, at int) string {
	keys, ok := c.keys[list.Pointer()]
	if !ok || len(keys) != list.Len() {
		if c.keys == nil {
			c.keys = map[uintptr][]string{}
		}
		keys = itemKeys(list)
		c.keys[list.Pointer()] = keys
	}
	return keys[at]
}

// tokenPointer is a JSON Pointer of plain words, such as /data/access_token: it
// says where a sign-in's answer holds the token.
var tokenPointer = regexp.MustCompile(`^(/[A-Za-z_]{2,30}){1,4}$`)

func (c *checker) integration(i *Integration) {
	c.walk(reflect.ValueOf(*i), nil, nil)
	c.sources("", i.Sources, reflect.ValueOf(*i))
	c.dates("contract", "signed", i.Contract.Signed, "until", i.Contract.Until)
	for _, t := range i.Targets {
		c.dates("targets["+t.Name+"].authorisation", "from", t.Authorisation.From, "until", t.Authorisation.Until)
		for _, id := range t.Identities {
			for k, v := range id.Params {
				if secretParam(k) && !isSecretRef(v) && !tokenPointer.MatchString(v) {
					c.report("targets["+t.Name+"].identities["+id.Name+"].params."+k, forms()["secret"].hint, "a secret may not stand in the file")
				}
			}
		}
	}
	for _, s := range i.Systems {
		c.sources("systems["+s.ID+"]", s.Sources, reflect.ValueOf(s))
	}
	for n := range i.Interfaces {
		c.iface(&i.Interfaces[n])
	}
	if c.refs {
		c.references(i)
	}
}

// walk holds every text to its form, every number to its range, and every list
// of objects to unique keys.
func (c *checker) walk(v reflect.Value, f *field, at *trail) {
	switch v.Kind() {
	case reflect.Struct:
		s := shapeOf(v.Type())
		for i := range s.fields {
			inner := &s.fields[i]
			if c.whole && inner.need && !stated(v.Field(inner.index)) {
				c.report(c.path(at), inner.add(), "%s is missing", inner.name)
			}
			if x := v.Field(inner.index); x.Kind() == reflect.Struct || !x.IsZero() {
				c.walk(x, inner, &trail{up: at, name: inner.name})
			}
		}
	case reflect.Slice:
		for i := range v.Len() {
			c.walk(v.Index(i), f, &trail{up: at.up, name: at.name, list: v, at: i})
		}
		c.unique(v, at)
	case reflect.Pointer:
		if !v.IsNil() {
			c.walk(v.Elem(), f, at)
		}
	case reflect.Int64:
		if v.Type() == reflect.TypeFor[int64]() && v.Int() < 0 {
			c.report(c.path(at), "leave the key out while it is unknown", "%d is less than nothing", v.Int())
		}
	case reflect.Float64:
		if highest := map[string]float64{"percent": 100, "share": 1}[f.is]; highest > 0 && (v.Float() < 0 || v.Float() > highest) {
			c.report(c.path(at), fmt.Sprintf("write a number from 0 to %v", highest), "%v is out of range", v.Float())
		}
	case reflect.String:
		if v.String() != "" && f != nil {
			c.form(v.String(), f, at)
		}
	default: // the decoder leaves nothing to check
	}
}

func (c *checker) form(s string, f *field, at *trail) {
	form, ok := forms()[f.is]
	if !ok {
		return
	}
	if !form.ok(s) {
		if form.hide {
			c.report(c.path(at), form.hint, "this is not %s", form.what)
			return
		}
		hint := form.hint
		if f.is == "country" && (s == "UK" || strings.EqualFold(s, "uk")) {
			hint = "the code of the United Kingdom is GB"
		}
		c.report(c.path(at), hint, "%q is not %s", clip(s), form.what)
		return
	}
	if f.is != "category" || c.set.category == nil {
		return
	}
	if ok, near := c.set.category(s); !ok {
		hint := "list them with: drawbridge explain categories"
		if len(near) > 0 {
			hint = "did you mean " + strings.Join(near[:min(3, len(near))], " or ") + "?"
		}
		c.report(c.path(at), hint, "the data category %q is not known", clip(s))
	}
}

// unique holds a list of objects to keys that tell its items apart, where the
// format needs that.
func (c *checker) unique(list reflect.Value, at *trail) {
	s := shapeOf(list.Type().Elem())
	if s == nil || len(s.keys) == 0 || list.Len() < 2 {
		return
	}
	switch list.Type().Elem() {
	case reflect.TypeFor[FailureMode](), reflect.TypeFor[Assurance](), reflect.TypeFor[Incident]():
		return
	case reflect.TypeFor[DataElement]():
		c.overlap(list.Interface().([]DataElement), at)
		return
	}
	seen := make(map[string]bool, list.Len())
	for i := range list.Len() {
		k := itemKey(list.Index(i))
		if k != "" && seen[k] {
			c.report(c.path(&trail{up: at.up, name: at.name, list: list, at: i}), "give each its own", "%q stands twice", k)
		}
		seen[k] = true
	}
}

// overlap refuses a field that stands twice for the same operation.
func (c *checker) overlap(data []DataElement, at *trail) {
	type place struct {
		at    drawbridge.At
		field drawbridge.FieldPath
	}
	type use struct {
		all bool
		ops map[string]bool
	}
	seen := make(map[place]*use, len(data))
	for i, e := range data {
		p := place{e.At, e.Field}
		u := seen[p]
		if e.Field == "" {
			continue // it could not be read
		}
		if u == nil {
			u = &use{ops: setOf(e.Operations), all: len(e.Operations) == 0}
			seen[p] = u
			continue
		}
		if u.all || len(e.Operations) == 0 || slices.ContainsFunc(e.Operations, func(o string) bool { return u.ops[o] }) {
			c.report(c.path(&trail{up: at.up, name: at.name, list: reflect.ValueOf(data), at: i}), "keep one, or give them different operations", "the field stands twice")
		}
		u.all = u.all || len(e.Operations) == 0
		for _, o := range e.Operations {
			u.ops[o] = true
		}
	}
}

func (c *checker) dates(key, a string, first drawbridge.Date, b string, last drawbridge.Date) {
	if first != "" && last != "" && last < first {
		c.report(key+"."+b, "swap them, or correct one", "%s lies before %s, %s", last, a, first)
	}
}

// sources holds the keys of a sources block to attributes of its object.
func (c *checker) sources(key string, sources Sources, object reflect.Value) {
	for name := range sources {
		t := object.Type()
		for step := range strings.SplitSeq(name, ".") {
			if t == typeSafeguards {
				if _, ok := findSafeguard(c.set.safeguards, step); !ok {
					c.badSource(key, name, didYouMean(step, safeguardKeys(c.set.safeguards)))
				}
				break
			}
			s := shapeOf(t)
			if s == nil || s.field(step) == nil {
				hint := ""
				if s != nil {
					hint = didYouMean(step, s.names())
				}
				c.badSource(key, name, hint)
				break
			}
			t = s.field(step).typ
		}
	}
}

func (c *checker) badSource(key, name, hint string) {
	if key != "" {
		key += "."
	}
	c.report(key+"sources."+name, hint, "the object has no attribute %q", clip(name))
}

// iface checks what depends on the interface's kind.
func (c *checker) iface(i *Interface) {
	key := "interfaces[" + i.ID + "]"
	c.sources(key, i.Sources, reflect.ValueOf(*i))
	for name := range i.Safeguards {
		def, ok := findSafeguard(c.set.safeguards, name)
		if !ok || i.Kind == "" || def.Fits(i.Kind, i.Direction) {
			continue
		}
		kinds := make([]string, len(def.Kinds))
		for n, k := range def.Kinds {
			kinds[n] = string(k)
		}
		meant := strings.Join(kinds, ", ")
		if slices.Contains(kinds, "*") {
			meant = "every kind"
		}
		if def.Direction != "" {
			meant += ", " + string(def.Direction)
		}
		c.report(key+".safeguards."+name, "it is meant for "+meant, "the safeguard makes no sense on an interface of kind %s, %s", i.Kind, i.Direction)
	}
}
