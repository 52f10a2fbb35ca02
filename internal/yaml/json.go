package yaml

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// JSON turns one document into JSON, for readers that know only that. Plain
// scalars are typed by the core schema of YAML 1.2 as far as JSON can say it;
// aliases and merge keys are written out, up to max bytes. A file that is JSON
// already comes back as it is.
func JSON(data []byte, limits Limits, maxBytes int) ([]byte, error) {
	if json.Valid(data) {
		return data, nil
	}
	tree, err := Parse(data, limits)
	if err != nil {
		return nil, err
	}
	w := &jsonWriter{tree: tree, left: maxBytes}
	if err := w.value(&tree.Root); err != nil {
		return nil, err
	}
	return w.Bytes(), nil
}

type jsonWriter struct {
	bytes.Buffer
	tree *Tree
	left int
}

func (w *jsonWriter) put(n *Node, text []byte) error {
	if w.left -= len(text) + 1; w.left < 0 {
		line, col := w.tree.Position(n.Off)
		return &Error{line, col, "the file is too large with its aliases written out", "write it without aliases"}
	}
	_, _ = w.Write(text)
	return nil
}

func (w *jsonWriter) text(n *Node, s string) error {
	if len(s) > w.left {
		return w.put(n, []byte(s))
	}
	text, err := json.Marshal(s)
	if err != nil {
		return fmt.Errorf("write a text as JSON: %w", err)
	}
	return w.put(n, text)
}

func (w *jsonWriter) value(n *Node) error {
	n = n.Resolve()
	switch {
	case n.Kind == List:
		_ = w.WriteByte('[')
		for i := range n.Children {
			if i > 0 {
				_ = w.WriteByte(',')
			}
			if err := w.value(&n.Children[i]); err != nil {
				return err
			}
		}
		_ = w.WriteByte(']')
		return nil
	case n.Kind == Map:
		_ = w.WriteByte('{')
		if err := w.members(n, new(bool)); err != nil {
			return err
		}
		_ = w.WriteByte('}')
		return nil
	case n.Null():
		return w.put(n, []byte("null"))
	case n.Style == Plain && n.Tag != "!!str":
		switch n.Value {
		case "true", "True", "TRUE":
			return w.put(n, []byte("true"))
		case "false", "False", "FALSE":
			return w.put(n, []byte("false"))
		}
		if c := n.Value[0]; (c == '-' || c >= '0' && c <= '9') && json.Valid([]byte(n.Value)) {
			return w.put(n, []byte(n.Value))
		}
	}
	return w.text(n, n.Value)
}

// members writes a map's members, those that it merges first: of two members with
// the same key, readers of JSON take the last.
func (w *jsonWriter) members(n *Node, some *bool) error {
	for _, merged := range []bool{true, false} {
		for i := 0; i+1 < len(n.Children); i += 2 {
			key, value := &n.Children[i], n.Children[i+1].Resolve()
			if (key.Value == "<<" && key.Style == Plain) != merged {
				continue
			}
			if merged {
				if err := w.merge(value, some); err != nil {
					return err
				}
				continue
			}
			if *some {
				_ = w.WriteByte(',')
			}
			*some = true
			if err := w.text(key, key.Value); err != nil {
				return err
			}
			_ = w.WriteByte(':')
			if err := w.value(value); err != nil {
				return err
			}
		}
	}
	return nil
}

// merge writes what a merge key brings in: the members of a map, or of each map
// in a list, of which the first wins.
func (w *jsonWriter) merge(n *Node, some *bool) error {
	if n.Kind != List {
		return w.members(n, some)
	}
	for i := len(n.Children) - 1; i >= 0; i-- {
		if m := n.Children[i].Resolve(); m.Kind == Map {
			if err := w.members(m, some); err != nil {
				return err
			}
		}
	}
	return nil
}
