package spec

import (
	"slices"
	"strings"

	"drawbridge"
)

// Limits on what is read. A description of a real interface stays far below them.
const (
	MaxBytes   = 64 << 20  // of the file and everything it refers to
	maxNodes   = 2_000_000 // values in one document
	maxNesting = 400       // containers inside each other
	maxAliased = 200_000   // values that aliases of YAML add
)

type kind uint8

const (
	null kind = iota
	boolean
	number
	text
	list
	object
)

// String names the kind for messages.
func (k kind) String() string {
	return [...]string{"null", "a boolean", "a number", "text", "a list", "an object"}[k]
}

// node is one value of a document. Children lie inline in kids, so that a
// document of a million values is a few allocations for each container.
type node struct {
	str       string // scalar as written, unescaped
	kids      []member
	line, col uint32 // 1-based
	kind      kind
}

type member struct {
	key string // empty in a list
	val node
}

// get returns the member called key, or nil. A document's index makes large objects fast.
func (n *node) get(key string) *node {
	if n == nil || n.kind != object {
		return nil
	}
	for i := range n.kids {
		if n.kids[i].key == key {
			return &n.kids[i].val
		}
	}
	return nil
}

// is reports whether n is present and of kind k.
func (n *node) is(k kind) bool { return n != nil && n.kind == k }

// text returns the scalar under key, or "".
func (n *node) text(key string) string {
	v := n.get(key)
	if v == nil || v.kind == list || v.kind == object || v.kind == null {
		return ""
	}
	return v.str
}

// flag reports whether key holds true.
func (n *node) flag(key string) bool {
	v := n.get(key)
	return v.is(boolean) && v.str == "true"
}

// members returns the children of an object or list, none of anything else.
func (n *node) members() []member {
	if n == nil {
		return nil
	}
	return n.kids
}

// texts returns the scalars of a list.
func (n *node) texts() []string {
	if !n.is(list) {
		return nil
	}
	out := make([]string, 0, len(n.kids))
	for i := range n.kids {
		if v := &n.kids[i].val; v.kind != list && v.kind != object && v.kind != null {
			out = append(out, v.str)
		}
	}
	return out
}

// wrong is the error for a value of an unexpected kind.
func (d *doc) wrong(n *node, what string, want ...kind) error {
	var accepted []string
	for _, k := range want {
		accepted = append(accepted, k.String())
	}
	return d.errorf(n, "%s must be %s, and is %s", what, strings.Join(accepted, " or "), n.kind)
}

// errorf makes an error with n's position.
func (d *doc) errorf(n *node, format string, args ...any) error {
	args = append([]any{d.name, n.line, n.col}, args...)
	return drawbridge.Errorf(drawbridge.Invalid, "%s:%d:%d: "+format, args...)
}

// child returns the member called key when it has one of the kinds, nil when it
// is absent or null, and an error with the position otherwise.
func (d *doc) child(n *node, key, what string, want ...kind) (*node, error) {
	v := n.get(key)
	if v == nil || v.kind == null {
		return nil, nil
	}
	if slices.Contains(want, v.kind) {
		return v, nil
	}
	return nil, d.wrong(v, what, want...)
}
