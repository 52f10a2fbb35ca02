package exchange

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"unicode"

	"drawbridge"
	"drawbridge/internal/yaml"
)

// maxDepth is how deep a file may nest.
const maxDepth = 64

func limits() yaml.Limits {
	l := yaml.DefaultLimits()
	l.Bytes, l.Depth = MaxBytes, maxDepth
	return l
}

// read parses YAML or JSON.
func read(name string, data []byte) (*yaml.Node, error) {
	if len(data) > MaxBytes {
		return nil, drawbridge.Errorf(drawbridge.TooLarge, "%s has %d bytes; at most %d are accepted", name, len(data), MaxBytes)
	}
	if text := bytes.TrimLeft(data, " \t\r\n\ufeff"); len(text) > 0 && text[0] == '{' && json.Valid(text) {
		dec := json.NewDecoder(bytes.NewReader(text))
		dec.UseNumber()
		root, err := readJSON(dec, 0)
		if err != nil {
			return nil, drawbridge.Errorf(drawbridge.Invalid, "%s: %w", name, err)
		}
		return &root, nil
	}
	tree, err := yaml.Parse(data, limits())
	if err != nil {
		return nil, drawbridge.Errorf(drawbridge.Invalid, "%s: %w", name, err)
	}
	root := tree.Root.Resolve()
	if root.Kind != yaml.Map {
		return nil, drawbridge.Errorf(drawbridge.Invalid, "%s: a model is an object with keys, and this file is something else; give the file that the other tool saves", name)
	}
	return root, nil
}

// readJSON reads one value; the text is known to be valid JSON.
func readJSON(dec *json.Decoder, depth int) (yaml.Node, error) {
	if depth > maxDepth {
		return yaml.Node{}, fmt.Errorf("it nests more than %d deep", maxDepth)
	}
	token, err := dec.Token()
	if err != nil {
		return yaml.Node{}, errors.New("it ends too early")
	}
	switch v := token.(type) {
	case json.Delim:
		n := yaml.Node{Kind: yaml.Map}
		if v == '[' {
			n.Kind = yaml.List
		}
		for dec.More() {
			item, err := readJSON(dec, depth+1)
			if err != nil {
				return n, err
			}
			n.Children = append(n.Children, item)
		}
		_, err := dec.Token()
		if err != nil && !errors.Is(err, io.EOF) {
			return n, err
		}
		return n, nil
	case string:
		return yaml.Node{Style: yaml.Double, Value: v}, nil
	case nil:
		return yaml.Node{Value: "null"}, nil
	default:
		return yaml.Node{Value: fmt.Sprint(v)}, nil
	}
}

var (
	plainText = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9 ._/()-]*[A-Za-z0-9)]$`)
	plainWord = regexp.MustCompile(`^(true|false|null|-?(0|[1-9][0-9]*)(\.[0-9]+)?)$`)
)

// text makes a string; whatever YAML might read as something else is quoted.
func text(s string) yaml.Node {
	n := yaml.Node{Value: s, Style: yaml.Double}
	switch strings.ToLower(s) {
	case "true", "false", "null", "yes", "no", "on", "off":
		return n
	}
	if plainText.MatchString(s) {
		n.Style = yaml.Plain
	}
	return n
}

// value makes a node of a Go value: string, bool, int, []string or a node.
func value(v any) yaml.Node {
	switch v := v.(type) {
	case yaml.Node:
		return v
	case string:
		return text(v)
	case bool:
		return yaml.Node{Value: strconv.FormatBool(v)}
	case int:
		return yaml.Node{Value: strconv.Itoa(v)}
	case []string:
		n := yaml.Node{Kind: yaml.List, Flow: true}
		for _, s := range v {
			n.Children = append(n.Children, text(s))
		}
		return n
	}
	panic(fmt.Sprintf("exchange: no node for %T", v))
}

// object makes a map of keys and values.
func object(pairs ...any) yaml.Node {
	n := yaml.Node{Kind: yaml.Map}
	put(&n, pairs...)
	return n
}

// put appends keys and values to a map.
func put(n *yaml.Node, pairs ...any) {
	for i := 0; i+1 < len(pairs); i += 2 {
		key, _ := pairs[i].(string)
		n.Children = append(n.Children, text(key), value(pairs[i+1]))
	}
}

func list() yaml.Node { return yaml.Node{Kind: yaml.List} }

// printJSON writes a node as indented JSON; plain words keep their type.
func printJSON(b *bytes.Buffer, n *yaml.Node, indent string) {
	n = n.Resolve()
	if n.Kind == yaml.Scalar {
		if n.Null() {
			b.WriteString("null")
		} else if n.Style == yaml.Plain && plainWord.MatchString(n.Value) {
			b.WriteString(n.Value)
		} else {
			quoted, _ := json.Marshal(n.Value) // a string never fails
			b.Write(quoted)
		}
		return
	}
	open, end, step := "[", "]", 1
	if n.Kind == yaml.Map {
		open, end, step = "{", "}", 2
	}
	b.WriteString(open)
	for i := 0; i+step-1 < len(n.Children); i += step {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString("\n" + indent + "  ")
		if step == 2 {
			quoted, _ := json.Marshal(n.Children[i].Value) // a string never fails
			b.Write(quoted)
			b.WriteString(": ")
		}
		printJSON(b, &n.Children[i+step-1], indent+"  ")
	}
	if len(n.Children) > 0 {
		b.WriteString("\n" + indent)
	}
	b.WriteString(end)
}

// str returns the text of a key, cleaned, or "".
func str(n *yaml.Node, key string) string {
	if v := get(n, key); v != nil && v.Kind == yaml.Scalar && !v.Null() {
		return oneLine(v.Value)
	}
	return ""
}

// get returns the value of a key, aliases resolved, or nil.
func get(n *yaml.Node, key string) *yaml.Node {
	if n == nil {
		return nil
	}
	if v := n.Get(key); v != nil {
		return v.Resolve()
	}
	return nil
}

// items returns the items of a list, or the values of a map in their order.
func items(n *yaml.Node) []*yaml.Node {
	var out []*yaml.Node
	if n == nil || n.Kind != yaml.List {
		return nil
	}
	for i := range n.Children {
		if len(out) == maxItems {
			break
		}
		out = append(out, n.Children[i].Resolve())
	}
	return out
}

// texts returns the strings of a list.
func texts(n *yaml.Node) []string {
	var out []string
	for _, item := range items(n) {
		if item.Kind == yaml.Scalar && !item.Null() {
			out = append(out, oneLine(item.Value))
		}
	}
	return out
}

// entry is one key of a map with its value.
type entry struct {
	key   string
	value *yaml.Node
}

// entries returns the keys and values of a map in their order.
func entries(n *yaml.Node) []entry {
	var out []entry
	if n == nil || n.Kind != yaml.Map {
		return nil
	}
	for i := 0; i+1 < len(n.Children) && len(out) < maxItems; i += 2 {
		out = append(out, entry{oneLine(n.Children[i].Value), n.Children[i+1].Resolve()})
	}
	return out
}

// empty reports whether a value says nothing.
func empty(n *yaml.Node) bool {
	return n == nil || n.Null() || n.Kind != yaml.Scalar && len(n.Children) == 0 || n.Kind == yaml.Scalar && n.Value == ""
}

// maxText is how long a text from outside may be; more is cut off.
const maxText = 500

// oneLine drops control and format characters and joins lines.
func oneLine(s string) string {
	s = strings.ToValidUTF8(s, "\ufffd")
	fields := strings.FieldsFunc(s, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) })
	s = strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Co, r) || r == 0xFFFE || r == 0xFFFF {
			return -1
		}
		return r
	}, strings.Join(fields, " "))
	if runes := []rune(s); len(runes) > maxText {
		s = string(runes[:maxText-1]) + "…"
	}
	return strings.TrimSpace(s)
}
