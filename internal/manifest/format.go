package manifest

import (
	"fmt"
	"reflect"
	"slices"

	"drawbridge/internal/yaml"
)

// Format writes a manifest or a partner's file in the canonical layout: keys in
// the order of the documents, two spaces a level, comments kept. The order of
// list items and the choice between brackets and lines stay with the author;
// brackets open up when the line gets longer than [yaml.Width]. The file need
// not be valid, but it must be readable as YAML. name stands in messages.
func Format(name string, data []byte) ([]byte, error) {
	tree, err := yaml.Parse(data, yaml.DefaultLimits())
	if err != nil {
		return nil, syntax(name, err)
	}
	if err := ours(name, tree); err != nil {
		return nil, err
	}
	before := tree.Root.Clone()
	tree.Annotate()
	if !anchored(&tree.Root) { // an alias must stay below its anchor
		t := reflect.TypeFor[Integration]()
		if k := tree.Root.Get("kind"); k != nil && k.Resolve().Value == "Partner" {
			t = reflect.TypeFor[Partner]()
		}
		reorder(&tree.Root, t)
	}
	out := yaml.Print(&tree.Root)
	limits := yaml.DefaultLimits()
	limits.Bytes *= 8 // indentation may have grown
	after, err := yaml.Parse(out, limits)
	if err != nil || !same(&before, &after.Root) {
		return nil, fmt.Errorf("format %s: the result would read differently (%w)", name, err)
	}
	return out, nil
}

// ours refuses what fmt would spoil: a file of another tool, and keys that
// stand twice, whose order says which of them counts.
func ours(name string, tree *yaml.Tree) error {
	if kind := tree.Root.Get("kind"); kind == nil || !slices.Contains([]string{"Integration", "Partner"}, kind.Resolve().Value) {
		return invalid(name, "this is neither a manifest nor a partner's file: kind is not Integration or Partner; it is left as it is")
	}
	return twice(name, tree, &tree.Root)
}

func twice(name string, tree *yaml.Tree, n *yaml.Node) error {
	seen := map[string]bool{}
	for i := range n.Children {
		c := &n.Children[i]
		if n.Kind == yaml.Map && i%2 == 0 {
			if seen[c.Value] {
				line, column := tree.Position(c.Off)
				return Problems{{File: name, Line: line, Column: column, Message: fmt.Sprintf("the key %q stands twice", clip(c.Value)), Hint: "keep one of the two"}}
			}
			seen[c.Value] = true
		}
		if err := twice(name, tree, c); err != nil {
			return err
		}
	}
	return nil
}

// anchored reports whether an anchor stands anywhere.
func anchored(n *yaml.Node) bool {
	return n.Anchor != "" || n.Kind == yaml.Alias || slices.ContainsFunc(n.Children, func(c yaml.Node) bool { return anchored(&c) })
}

// reorder sorts the keys of objects by the type's order. Keys that the type
// lacks, and free maps, keep their order at the end.
func reorder(n *yaml.Node, t reflect.Type) {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if n.Kind == yaml.List && t.Kind() == reflect.Slice {
		for i := range n.Children {
			reorder(&n.Children[i], t.Elem())
		}
		return
	}
	s := shapes()[t]
	if n.Kind != yaml.Map || s == nil {
		return
	}
	type pair struct {
		rank int
		kv   [2]yaml.Node
	}
	pairs := make([]pair, len(n.Children)/2)
	for i := range pairs {
		key, value := n.Children[2*i], n.Children[2*i+1]
		rank := len(s.fields)
		if j, ok := s.byName[key.Value]; ok {
			rank = j
			reorder(&value, s.fields[j].typ)
		}
		pairs[i] = pair{rank, [2]yaml.Node{key, value}}
	}
	slices.SortStableFunc(pairs, func(a, b pair) int { return a.rank - b.rank })
	for i, p := range pairs {
		n.Children[2*i], n.Children[2*i+1] = p.kv[0], p.kv[1]
	}
}

// same reports whether two trees say the same, whatever their order of keys and
// their style.
func same(a, b *yaml.Node) bool {
	a, b = a.Resolve(), b.Resolve()
	if a.Kind != b.Kind || len(a.Children) != len(b.Children) {
		return false
	}
	switch a.Kind {
	case yaml.List:
		for i := range a.Children {
			if !same(&a.Children[i], &b.Children[i]) {
				return false
			}
		}
		return true
	case yaml.Map:
		return sameMap(a, b)
	default:
		return a.Null() && b.Null() || a.Value == b.Value && kindOf(a) == kindOf(b)
	}
}

// sameMap compares maps by key; repeated keys keep their order.
func sameMap(a, b *yaml.Node) bool {
	place := map[string][]int{}
	for i := 0; i < len(b.Children); i += 2 {
		k := b.Children[i].Value
		place[k] = append(place[k], i+1)
	}
	for i := 0; i < len(a.Children); i += 2 {
		k := a.Children[i].Value
		if len(place[k]) == 0 || !same(&a.Children[i+1], &b.Children[place[k][0]]) {
			return false
		}
		place[k] = place[k][1:]
	}
	return true
}
