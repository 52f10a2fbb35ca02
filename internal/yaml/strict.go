package yaml

import (
	"errors"
	"fmt"
	"io"
	"reflect"
	"regexp"
	"strconv"
	"strings"

	lib "go.yaml.in/yaml/v3"

	"drawbridge/internal/near"
)

// Strict decodes one document into out, by its yaml tags. Keys that out has no
// field for, keys that stand twice, and merge keys are errors. The error, if any,
// is an [*Error].
func Strict(data []byte, limits Limits, out any) error {
	tree, err := Parse(data, limits)
	if err != nil {
		return err
	}
	if tree.Root.Null() {
		return &Error{1, 1, "the file is empty", ""}
	}
	if at := merge(&tree.Root); at >= 0 {
		line, col := tree.Position(at)
		return &Error{line, col, "merge keys are not accepted", "write the values out"}
	}
	dec := lib.NewDecoder(strings.NewReader(tree.src))
	dec.KnownFields(true)
	if err := decode(dec, out); err != nil {
		return tree.explain(err, out)
	}
	return nil
}

func decode(dec *lib.Decoder, out any) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("the YAML library stopped: %v", p)
		}
	}()
	if err = dec.Decode(out); errors.Is(err, io.EOF) {
		return nil
	}
	return err //nolint:wrapcheck // taken apart by explain
}

// merge returns where a merge key stands, or -1.
func merge(n *Node) int32 {
	for i := range n.Children {
		c := &n.Children[i]
		if n.Kind == Map && i%2 == 0 && c.Value == "<<" && c.Style == Plain {
			return c.Off
		}
		if at := merge(c); at >= 0 {
			return at
		}
	}
	return -1
}

var (
	decodeLine  = regexp.MustCompile(`^(?:yaml: )?(?:unmarshal errors:\s*)?line (\d+): (?s)(.*)$`)
	noField     = regexp.MustCompile(`^field (.*) not found in type (\S+)$`)
	twice       = regexp.MustCompile(`^mapping key "(.*)" already defined at line (\d+)$`)
	wrongType   = regexp.MustCompile("(?s)^cannot unmarshal (!!\\w+)(?: `(.*)`)? into (\\S+)$")
	typeAsWords = []struct{ prefix, words string }{
		{"[]", "a list"},
		{"int", "a whole number"},
		{"uint", "a whole number, not below zero"},
		{"float", "a number"},
		{"bool", "true or false"},
		{"string", "text"},
		{"time.", "a time"},
	}
)

// explain says in our words what the library's first complaint is.
func (t *Tree) explain(err error, out any) error {
	message := err.Error()
	if e, ok := errors.AsType[*lib.TypeError](err); ok && len(e.Errors) > 0 {
		message = e.Errors[0]
	}
	line := 1
	if m := decodeLine.FindStringSubmatch(message); m != nil {
		line, _ = strconv.Atoi(m[1])
		message = m[2]
	}
	if m := noField.FindStringSubmatch(message); m != nil {
		hint := ""
		if near := near.Word(m[1], fields(reflect.TypeOf(out), m[2], map[reflect.Type]bool{})); near != "" {
			hint = fmt.Sprintf("did you mean %q?", near)
		}
		return t.at(line, m[1], hint, "the key %q is not known", m[1])
	}
	if m := twice.FindStringSubmatch(message); m != nil {
		return t.at(line, m[1], "remove one", "the key %q stands twice, first on line %s", m[1], m[2])
	}
	if m := wrongType.FindStringSubmatch(message); m != nil {
		want := "keys with values"
		for _, w := range typeAsWords {
			if strings.HasPrefix(m[3], w.prefix) {
				want = w.words
				break
			}
		}
		return t.at(line, strings.TrimSuffix(m[2], "..."), "", "this value must be %s", want)
	}
	return t.at(line, "", "", "%s", strings.TrimPrefix(message, "yaml: "))
}

// at makes an error for the node on a line whose text starts as given, or else
// for the line's first.
func (t *Tree) at(line int, text, hint, format string, args ...any) error {
	col := 0
	var walk func(n *Node)
	walk = func(n *Node) {
		if l, c := t.Position(n.Off); l == line && (col == 0 || n.Kind == Scalar && text != "" && strings.HasPrefix(n.Value, text)) {
			col = c
			if n.Kind == Scalar && text != "" && strings.HasPrefix(n.Value, text) {
				text = "" // the first that fits
			}
		}
		for i := range n.Children {
			walk(&n.Children[i])
		}
	}
	walk(&t.Root)
	return &Error{line, max(col, 1), fmt.Sprintf(format, args...), hint}
}

// fields returns the keys that the type of this name, found inside typ, has.
func fields(typ reflect.Type, name string, seen map[reflect.Type]bool) []string {
	if seen[typ] {
		return nil
	}
	seen[typ] = true
	switch typ.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Array, reflect.Map:
		return fields(typ.Elem(), name, seen)
	case reflect.Struct:
	default:
		return nil
	}
	var out []string
	for f := range typ.Fields() {
		if typ.String() != name {
			if found := fields(f.Type, name, seen); found != nil {
				return found
			}
			continue
		}
		key, _, _ := strings.Cut(f.Tag.Get("yaml"), ",")
		if key == "" {
			key = strings.ToLower(f.Name)
		}
		if f.IsExported() && key != "-" {
			out = append(out, key)
		}
	}
	return out
}
