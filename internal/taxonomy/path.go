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
	named [maxHeads]string // the parents as they are written, for the reason
	depth int              // how many heads there are
	text  uint32           // contexts that the description gives
	told  bool             // whether text has been read
	far   uint32           // contexts that the operation and its tag give
	here  uint32           // contexts of the place: a header
}

// read splits a field's path into words.
func (x *index) read(p *path, f *Field) {
	name, parents := f.Name, f.Parents
	for len(parents) > 0 && x.empty(name) {
		name, parents = parents[len(parents)-1], parents[:len(parents)-1]
	}
	rest, name := dotted(name)
	for rest != "" && p.depth < maxHeads {
		var last string
		rest, last = dotted(rest)
		x.parent(p, last)
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

// dotted cuts a name like card.number or user[email] before its last part; such
// names put a path into one word.
func dotted(name string) (rest, last string) {
	name = strings.TrimRight(name, "].")
	if i := strings.LastIndexAny(name, ".[/"); i > 0 && len(name) <= maxNameBytes {
		return name[:i], name[i+1:]
	}
	return "", name
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
	p.heads[p.depth], p.named[p.depth] = mask, name
	p.depth++
}

// describe reads the contexts that the first clause of the description gives.
func (x *index) describe(p *path, f *Field) uint32 {
	if !p.told {
		p.told = true
		p.text = x.loose(clause(f.Description))
	}
	return p.text
}

// loose returns the contexts of any word of an operation's or a tag's name.
func (x *index) loose(name string) uint32 {
	if name == "" {
		return 0
	}
	var w words
	w.splitText(name)
	var mask uint32
	for i := range w.n {
		mask |= x.contexts[string(w.word(i))]
	}
	return mask &^ (x.filler | x.container)
}

// distance says how far away the context is that an entry needs: 0 just before
// the key, 1 elsewhere in the name or in the parent, 2 and 3 further up, far in
// the operation; -1 nowhere.
func (p *path) distance(context, filler uint32, start int) int {
	if p.here&context != 0 {
		return 0
	}
	for i := start - 1; i >= p.own; i-- {
		if p.masks[i]&context != 0 {
			return min(start-1-i, 1) // the word just before counts most
		}
		if p.masks[i]&filler == 0 {
			break // bank reference number: a reference, whatever stood before
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

// turned reports whether a word before the key belongs to something else than
// the parent: the job_id of a member is not the member's id.
func (p *path) turned(m *match, filler uint32) bool {
	for i := p.own; i < m.start; i++ {
		if mask := p.masks[i]; mask != 0 && mask&(filler|m.context) == 0 {
			return true
		}
	}
	return false
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
