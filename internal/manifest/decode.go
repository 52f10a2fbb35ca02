package manifest

import (
	"errors"
	"fmt"
	"math"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"drawbridge"
	"drawbridge/internal/yaml"
)

// Limits on the shape of a file, beyond those of [yaml.DefaultLimits].
const (
	maxItems = 50_000           // in one list
	maxText  = 16 << 10         // bytes of one text
	maxInt   = int64(1)<<53 - 1 // every JSON reader keeps it exactly
)

// decoder turns nodes into values and collects everything that is wrong.
type decoder struct {
	file     string
	tree     *yaml.Tree
	defs     []SafeguardDef
	partial  bool // the file extends another, which may hold what is missing inside objects
	problems Problems
}

// frame is one step of a key path; paths are written out only for a problem.
type frame struct {
	up   *frame
	name string     // of a key
	item *yaml.Node // of a list
	n    int        // its place, from 0
	keys []string   // names of the item's key fields
}

// String writes the path like flows[charge].retention.period.
func (f *frame) String() string {
	if f == nil {
		return ""
	}
	up := f.up.String()
	if f.item == nil {
		if up == "" {
			return f.name
		}
		return up + "." + f.name
	}
	var parts []string
	for _, k := range f.keys {
		if v := f.item.Get(k); v != nil && v.Resolve().Kind == yaml.Scalar {
			parts = append(parts, v.Resolve().Value)
		}
	}
	if len(f.keys) == 0 && f.item.Kind == yaml.Scalar {
		parts = append(parts, f.item.Value)
	}
	if len(parts) == 0 {
		parts = []string{fmt.Sprintf("#%d", f.n+1)}
	}
	return up + "[" + strings.Join(parts, " ") + "]"
}

// decodeInto reads data into a pointer to a struct of the format. The error is
// about the syntax; what else is wrong is in the decoder's problems.
func decodeInto(file string, data []byte, into any, defs []SafeguardDef) (*decoder, error) {
	tree, err := yaml.Parse(data, yaml.DefaultLimits())
	if err != nil {
		return nil, syntax(file, err)
	}
	d := &decoder{file: file, tree: tree, defs: defs}
	d.value(&tree.Root, reflect.ValueOf(into).Elem(), nil, nil)
	return d, nil
}

// syntax turns a reader's error into problems.
func syntax(file string, err error) error {
	if e, ok := errors.AsType[*yaml.Error](err); ok {
		return Problems{{File: file, Line: e.Line, Column: e.Column, Message: e.Message, Hint: e.Hint}}
	}
	return err
}

func (d *decoder) add(n *yaml.Node, at *frame, hint, format string, args ...any) {
	if len(d.problems) >= maxProblems {
		return
	}
	line, column := d.tree.Position(n.Off)
	d.problems = append(d.problems, Problem{File: d.file, Line: line, Column: column, Key: printable(at.String()), Message: fmt.Sprintf(format, args...), Hint: hint})
}

// value reads n into v. f describes the field that holds it; nil at the top.
func (d *decoder) value(n *yaml.Node, v reflect.Value, f *field, at *frame) {
	n = n.Resolve()
	if n.Null() {
		d.add(n, at, "give it one, or leave the key out while the answer is not known", "there is no value")
		return
	}
	switch v.Type() {
	case typeSafeguards:
		d.safeguards(n, v, at)
		return
	case typeSources, typeParams:
		d.words(n, v, at)
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		d.object(n, v, at)
	case reflect.Slice:
		d.list(n, v, f, at)
	case reflect.Pointer:
		p := reflect.New(v.Type().Elem())
		if d.scalar(n, p.Elem(), f, at) {
			v.Set(p)
		}
	default:
		d.scalar(n, v, f, at)
	}
}

// object reads a map into a struct.
func (d *decoder) object(n *yaml.Node, v reflect.Value, at *frame) {
	s := shapeOf(v.Type())
	if n.Kind != yaml.Map {
		d.add(n, at, "it holds keys: "+strings.Join(s.names()[:min(len(s.fields), 6)], ", "), "an object is expected here, not %s", describe(n))
		return
	}
	seen := make([]int32, len(s.fields))
	var unknown []*yaml.Node
	for i := 0; i+1 < len(n.Children); i += 2 {
		key, value := &n.Children[i], &n.Children[i+1]
		f := s.field(key.Value)
		if f == nil {
			unknown = append(unknown, key)
			continue
		}
		step := &frame{up: at, name: f.name}
		if j := s.byName[f.name]; seen[j] != 0 {
			line, _ := d.tree.Position(seen[j] - 1)
			d.add(key, step, "keep one of the two", "the key stands twice; first in line %d", line)
			continue
		}
		seen[s.byName[f.name]] = key.Off + 1
		d.value(value, v.Field(f.index), f, step)
	}
	d.unknown(unknown, s, seen, at)
	for j, f := range s.fields {
		if f.need && seen[j] == 0 && (!d.partial || f.key || at == nil) {
			d.add(n, at, f.add(), "%s is missing", f.name)
		}
	}
}

// unknown reports keys that the format does not have. A key that is there
// already is not what was meant.
func (d *decoder) unknown(keys []*yaml.Node, s *shape, seen []int32, at *frame) {
	if len(keys) == 0 {
		return
	}
	var free []string
	for j, name := range s.names() {
		if seen[j] == 0 {
			free = append(free, name)
		}
	}
	for _, key := range keys {
		hint := ""
		if key.Value == "<<" {
			hint = "merge keys are not accepted; write the values out, or use extends"
		} else if len(d.problems) < maxProblems {
			hint = didYouMean(key.Value, free)
		}
		d.add(key, &frame{up: at, name: key.Value}, hint, "the key is not known")
	}
}

// list reads a list of objects or of scalars.
func (d *decoder) list(n *yaml.Node, v reflect.Value, f *field, at *frame) {
	if n.Kind != yaml.List {
		d.add(n, at, "write [...], or items that start with \"- \"", "a list is expected here, not %s", describe(n))
		return
	}
	if len(n.Children) > maxItems {
		d.add(n, at, "split the file", "the list has %d items; at most %d are accepted", len(n.Children), maxItems)
		return
	}
	out := reflect.MakeSlice(v.Type(), len(n.Children), len(n.Children))
	v.Set(out)
	var keys []string
	if s := shapeOf(v.Type().Elem()); s != nil {
		for _, i := range s.keys {
			keys = append(keys, s.fields[i].name)
		}
	}
	var seen map[string]bool
	if f.set {
		seen = make(map[string]bool, len(n.Children))
	}
	for i := range n.Children {
		item := &n.Children[i]
		step := &frame{up: at, item: item.Resolve(), n: i, keys: keys}
		d.value(item, out.Index(i), f, step)
		if f.set {
			if text := out.Index(i).String(); seen[text] {
				d.add(item, step, "delete one", "%q stands twice", text)
			} else if text != "" {
				seen[text] = true
			}
		}
	}
}

// words reads a map of texts.
func (d *decoder) words(n *yaml.Node, v reflect.Value, at *frame) {
	if n.Kind != yaml.Map {
		d.add(n, at, "write key: value", "an object is expected here, not %s", describe(n))
		return
	}
	v.Set(reflect.MakeMapWithSize(v.Type(), len(n.Children)/2))
	f := &field{}
	if v.Type() == typeSources {
		f.enum = []string{"declared", "imported", "inferred", "observed"}
	}
	for i := 0; i+1 < len(n.Children); i += 2 {
		key := n.Children[i].Value
		step := &frame{up: at, name: key}
		if v.MapIndex(reflect.ValueOf(key)).IsValid() {
			d.add(&n.Children[i], step, "keep one of the two", "the key stands twice")
			continue
		}
		value := reflect.New(v.Type().Elem()).Elem()
		d.value(&n.Children[i+1], value, f, step)
		v.SetMapIndex(reflect.ValueOf(key), value)
	}
}

var (
	integer = regexp.MustCompile(`^[-+]?[0-9]+$`)
	number  = regexp.MustCompile(`^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$`)
)

// kindOf names what a plain scalar means in YAML's core schema.
func kindOf(n *yaml.Node) string {
	switch {
	case n.Kind == yaml.Map:
		return "object"
	case n.Kind == yaml.List:
		return "list"
	case n.Style != yaml.Plain:
		return "text"
	case n.Null():
		return "null"
	}
	switch n.Value {
	case "true", "True", "TRUE", "false", "False", "FALSE":
		return "bool"
	case ".inf", ".Inf", ".INF", "-.inf", "-.Inf", "-.INF", "+.inf", "+.Inf", "+.INF", ".nan", ".NaN", ".NAN":
		return "number"
	}
	if c := n.Value[0]; c >= '0' && c <= '9' || c == '-' || c == '+' || c == '.' {
		if number.MatchString(n.Value) || strings.HasPrefix(n.Value, "0x") || strings.HasPrefix(n.Value, "0o") {
			return "number"
		}
	}
	return "text"
}

// describe says what stands at a node, for a message.
func describe(n *yaml.Node) string {
	switch k := kindOf(n); k {
	case "object":
		return "an object"
	case "list":
		return "a list"
	case "bool":
		return "the truth value " + n.Value
	case "number":
		return "the number " + clip(n.Value)
	default:
		return "the text " + strconv.Quote(clip(n.Value))
	}
}

// clip keeps a hostile value from filling the screen.
func clip(s string) string {
	if len(s) > 60 {
		return strings.ToValidUTF8(s[:57], "") + "..."
	}
	return s
}

// scalar reads a single value and reports whether it could.
func (d *decoder) scalar(n *yaml.Node, v reflect.Value, f *field, at *frame) bool {
	kind := kindOf(n)
	switch v.Type() {
	case typeSpan:
		return parsed(d, n, v, at, kind, drawbridge.ParseSpan)
	case typeSize:
		return parsed(d, n, v, at, kind, drawbridge.ParseSize)
	case typeDate:
		return parsed(d, n, v, at, kind, drawbridge.ParseDate)
	case typeFieldPath:
		return parsed(d, n, v, at, kind, drawbridge.ParseFieldPath)
	}
	switch v.Kind() {
	case reflect.Bool:
		if kind != "bool" {
			d.add(n, at, "write true or false", "a truth value is expected here, not %s", describe(n))
			return false
		}
		v.SetBool(strings.EqualFold(n.Value, "true"))
	case reflect.Int64, reflect.Int:
		i, err := strconv.ParseInt(n.Value, 10, 64)
		if kind != "number" || !integer.MatchString(n.Value) || err != nil || i > maxInt || i < -maxInt {
			d.add(n, at, "write digits only, at most 9007199254740991", "a whole number is expected here, not %s", describe(n))
			return false
		}
		v.SetInt(i)
	case reflect.Float64:
		x, err := strconv.ParseFloat(n.Value, 64)
		if kind != "number" || !number.MatchString(n.Value) || err != nil || math.IsInf(x, 0) {
			d.add(n, at, "write it like 99.9", "a number is expected here, not %s", describe(n))
			return false
		}
		v.SetFloat(x)
	default:
		return d.text(n, v, f, at, kind)
	}
	return true
}

// text reads a string and holds it to its field's words.
func (d *decoder) text(n *yaml.Node, v reflect.Value, f *field, at *frame, kind string) bool {
	switch {
	case kind == "bool" || kind == "number":
		d.add(n, at, fmt.Sprintf("put it in quotes: %q", clip(n.Value)), "a text is expected here, not %s", describe(n))
		return false
	case kind != "text":
		d.add(n, at, "write a single text", "a text is expected here, not %s", describe(n))
		return false
	case len(n.Value) > maxText:
		d.add(n, at, "shorten it", "the text has %d bytes; at most %d are accepted", len(n.Value), maxText)
		return false
	case n.Value == "":
		d.add(n, at, "give it a value, or leave the key out while the answer is not known", "the text is empty")
		return false
	}
	if len(f.enum) > 0 && !slices.Contains(f.enum, n.Value) {
		d.add(n, at, didYouMean(n.Value, f.enum), "%q is not accepted", clip(n.Value))
		return false
	}
	v.SetString(n.Value)
	return true
}

// parsed reads a text by one of the root package's parsers.
func parsed[T ~string | ~int64](d *decoder, n *yaml.Node, v reflect.Value, at *frame, kind string, parse func(string) (T, error)) bool {
	if kind == "object" || kind == "list" {
		d.add(n, at, "write a single text", "a text is expected here, not %s", describe(n))
		return false
	}
	x, err := parse(clipLong(n.Value))
	if err != nil {
		d.add(n, at, "", "%v", err)
		return false
	}
	v.Set(reflect.ValueOf(x))
	return true
}

// clipLong bounds what a parser's message may repeat.
func clipLong(s string) string {
	if len(s) > 2*drawbridge.MaxFieldPathBytes {
		return s[:2*drawbridge.MaxFieldPathBytes]
	}
	return s
}
