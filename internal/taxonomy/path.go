package taxonomy

import (
	"strings"

	"drawbridge"
)

// Limits on the parents that are looked at: how many give context, and how many
// are read to find those.
const (
	maxHeads   = 3
	maxParents = 8
)

// path is a field's name with what stands around it, ready for the index.
type path struct {
	words
	own   int              // first word of the name; the words before it are the nearest parent's
	masks [maxWords]uint32 // contexts that each word gives
	heads [maxHeads]uint32 // contexts that the parents give, nearest first
	depth int              // how many heads there are
	far   uint32           // contexts that the operation and its tag give
	here  uint32           // contexts of the place: a header
}

// read splits a field's path into words.
func (x *index) read(p *path, f *Field) {
	name, parents := f.Name, f.Parents
	for len(parents) > 0 && x.empty(name) {
		name, parents = parents[len(parents)-1], parents[:len(parents)-1]
	}
	for i := len(parents) - 1; i >= 0 && i >= len(parents)-maxParents && p.depth < maxHeads; i-- {
		x.parent(p, parents[i])
	}
	p.own = p.n
	p.split(name)
	for i := range p.n {
		p.masks[i] = x.contexts[string(p.word(i))]
	}
	if f.At == drawbridge.AtHeader {
		p.here = x.header
	}
	if p.depth == 0 {
		p.far = x.loose(f.Operation) | x.loose(f.Tag)
	}
}

// empty reports whether a name says nothing of its own: "*", a number, "value".
func (x *index) empty(name string) bool {
	if len(name) > maxNameBytes {
		return false
	}
	if strings.Trim(name, "*[]0123456789") == "" {
		return true
	}
	var w words
	w.split(name)
	for i := range w.n {
		if x.contexts[string(w.word(i))]&(x.filler|x.container) == 0 || string(w.word(i)) == "text" || string(w.word(i)) == "line" {
			return false
		}
	}
	return w.n > 0
}

// parent adds the context of one parent; the nearest one that says anything
// also lends its words.
func (x *index) parent(p *path, name string) {
	var w words
	w.split(name)
	end := w.n
	for end > 0 && x.contexts[string(w.word(end-1))]&x.container != 0 {
		end--
	}
	if end == 0 {
		return
	}
	mask := x.contexts[string(w.word(end-1))] &^ (x.filler | x.container)
	for i := end - 2; i >= 0 && mask == 0; i-- {
		mask = x.contexts[string(w.word(i))] &^ (x.filler | x.container)
	}
	if p.depth == 0 {
		for i := max(0, end-3); i < end; i++ {
			p.add(w.word(i))
		}
	}
	p.heads[p.depth] = mask
	p.depth++
}

// loose returns the contexts of any word of an operation's or a tag's name.
func (x *index) loose(name string) uint32 {
	if name == "" {
		return 0
	}
	var w words
	w.split(name)
	var mask uint32
	for i := range w.n {
		mask |= x.contexts[string(w.word(i))]
	}
	return mask &^ (x.filler | x.container)
}

// distance says how far away the context is that an entry needs: 0 in the name
// itself, 1 to 3 in a parent, far in the operation; -1 nowhere.
func (p *path) distance(context uint32, start int) int {
	if p.here&context != 0 {
		return 0
	}
	for i := start - 1; i >= p.own; i-- {
		if p.masks[i]&context != 0 {
			return 0
		}
	}
	for d := range p.depth {
		if p.heads[d]&context != 0 {
			return d + 1
		}
	}
	if p.far&context != 0 {
		return far
	}
	return -1
}

// far is the distance of the operation and its tag.
const far = maxHeads + 1

// vetoed reports whether a word of the list stands in the name or its parent.
func (p *path) vetoed(neg []string) bool {
	for _, n := range neg {
		for i := range p.n {
			if string(p.word(i)) == n {
				return true
			}
			if k := strings.IndexByte(n, '+'); k > 0 && i+1 < p.n && string(p.phrase(i, i+2)) == n {
				return true
			}
		}
	}
	return false
}
