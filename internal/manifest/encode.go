package manifest

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"drawbridge"
	"drawbridge/internal/yaml"
)

// Encode writes an integration as a file for people: known keys only, in the
// order of the documents, small objects on one line.
func Encode(i *Integration) ([]byte, error) { return encode(reflect.ValueOf(*i)) }

// EncodePartner writes a partner's file like [Encode].
func EncodePartner(p *Partner) ([]byte, error) { return encode(reflect.ValueOf(*p)) }

func encode(v reflect.Value) ([]byte, error) {
	root, err := nodeOf(v)
	if err != nil {
		return nil, err
	}
	root.Flow = false
	for i := 1; i < len(root.Children); i += 2 {
		spread(&root.Children[i])
	}
	return yaml.Print(&root), nil
}

// spread opens the brackets of what people read line by line: the items of the
// file's lists, and everything that holds objects in turn.
func spread(n *yaml.Node) {
	if n.Kind != yaml.List || len(n.Children) == 0 || n.Children[0].Kind != yaml.Map {
		return
	}
	n.Flow = false
	for i := range n.Children {
		item := &n.Children[i]
		if !nested(item) {
			continue
		}
		item.Flow = false
		for j := 1; j < len(item.Children); j += 2 {
			spread(&item.Children[j])
		}
	}
}

// nested reports whether an object holds objects, or lists of them.
func nested(n *yaml.Node) bool {
	for i := 1; i < len(n.Children); i += 2 {
		c := &n.Children[i]
		if c.Kind == yaml.Map || c.Kind == yaml.List && len(c.Children) > 0 && c.Children[0].Kind == yaml.Map {
			return true
		}
	}
	return len(n.Children) > 2*7
}

// nodeOf builds the tree of a value, in brackets throughout.
func nodeOf(v reflect.Value) (yaml.Node, error) {
	switch x := v.Interface().(type) {
	case drawbridge.Span:
		return textNode(x.String()), nil
	case drawbridge.Size:
		return textNode(x.String()), nil
	case Safeguards:
		return mapNode(v, safeguardKeys(SafeguardDefs()))
	case Sources, map[string]string:
		return mapNode(v, nil)
	}
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		return nodeOf(v.Elem())
	case reflect.Bool:
		return yaml.Node{Value: strconv.FormatBool(v.Bool())}, nil
	case reflect.Int, reflect.Int64:
		return yaml.Node{Value: strconv.FormatInt(v.Int(), 10)}, nil
	case reflect.Float64:
		return yaml.Node{Value: strconv.FormatFloat(v.Float(), 'f', -1, 64)}, nil
	case reflect.String:
		return textNode(v.String()), nil
	case reflect.Slice:
		n := yaml.Node{Kind: yaml.List, Flow: true}
		for i := range v.Len() {
			item, err := nodeOf(v.Index(i))
			if err != nil {
				return n, err
			}
			n.Children = append(n.Children, item)
		}
		return n, nil
	case reflect.Struct:
		return objectNode(v)
	default:
		return yaml.Node{}, fmt.Errorf("encode a value of type %s", v.Type())
	}
}

func objectNode(v reflect.Value) (yaml.Node, error) {
	n := yaml.Node{Kind: yaml.Map, Flow: true}
	for _, f := range shapeOf(v.Type()).fields {
		x := v.Field(f.index)
		if !stated(x) && x.Type() != reflect.TypeFor[drawbridge.FieldPath]() { // the empty path is the whole document
			continue
		}
		value, err := nodeOf(x)
		if err != nil {
			return n, fmt.Errorf("%s: %w", f.name, err)
		}
		n.Children = append(n.Children, yaml.Node{Value: f.name}, value)
	}
	return n, nil
}

// stated reports whether a value says anything: the zero value means that
// nobody answered, and so does an object of which no key is stated.
func stated(v reflect.Value) bool {
	if v.Kind() != reflect.Struct {
		return !v.IsZero() && (v.Kind() != reflect.Map || v.Len() > 0)
	}
	for i := range v.NumField() {
		if stated(v.Field(i)) {
			return true
		}
	}
	return false
}

// mapNode writes a map by the given order of keys, the rest sorted.
func mapNode(v reflect.Value, order []string) (yaml.Node, error) {
	n := yaml.Node{Kind: yaml.Map, Flow: true}
	keys := make([]string, 0, v.Len())
	for _, k := range v.MapKeys() {
		keys = append(keys, k.String())
	}
	rank := map[string]int{}
	for i, k := range order {
		rank[k] = i - len(order)
	}
	slices.SortFunc(keys, func(a, b string) int {
		if d := rank[a] - rank[b]; d != 0 {
			return d
		}
		return strings.Compare(a, b)
	})
	for _, k := range keys {
		value, err := nodeOf(v.MapIndex(reflect.ValueOf(k)))
		if err != nil {
			return n, fmt.Errorf("%s: %w", k, err)
		}
		n.Children = append(n.Children, textNode(k), value)
	}
	return n, nil
}

// textNode writes a text so that it reads back as one.
func textNode(s string) yaml.Node {
	n := yaml.Node{Value: s}
	switch {
	case strings.Contains(s, "\n"):
		n.Style = yaml.Literal
	case s == "" || kindOf(&n) != "text":
		n.Style = yaml.Double
	}
	return n
}
