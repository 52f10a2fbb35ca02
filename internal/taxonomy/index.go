package taxonomy

import (
	"maps"
	"slices"
	"strings"
)

// headerContext is the context of every field that travels in a header.
const headerContext = "header"

// maxContexts is how many contexts fit into a mask beside the one of headers.
const maxContexts = 31

// entry is one key of one category.
type entry struct {
	category int
	context  uint32 // the bit of the context that it needs; 0 needs none
	words    int    // of the key as it is written
	weak     bool   // the key ends in "~": a hint that yields to other evidence
}

// index finds categories by the words that end a field's path. It is built once
// and only read after that.
type index struct {
	phrases    map[string][]entry // by words joined with "+"
	contexts   map[string]uint32  // by word, the contexts that it gives
	container  uint32             // bit of the words that only hold other things: data, item, details
	filler     uint32             // bit of the words after the head noun that change nothing: value, home
	header     uint32
	names      []string // of the contexts, by bit
	categories []Category
	neg        [][]string
	special    []bool
	signs      []sign
}

// newIndex builds the index of the categories' keys.
func newIndex(categories []Category, contexts map[string][]string, signs []sign) *index {
	x := &index{phrases: map[string][]entry{}, contexts: map[string]uint32{}, categories: categories, signs: signs}
	bits := map[string]uint32{}
	for _, name := range slices.Sorted(maps.Keys(contexts)) {
		bits[name] = 1 << len(x.names)
		x.names = append(x.names, name)
		for _, word := range contexts[name] {
			x.contexts[normalise(word)] |= bits[name]
		}
	}
	if bits[headerContext] == 0 {
		bits[headerContext] = 1 << len(x.names)
		x.names = append(x.names, headerContext)
	}
	x.container, x.filler, x.header = bits["container"], bits["filler"], bits[headerContext]
	for i, c := range categories {
		for _, key := range c.Keys {
			x.addKey(i, key, bits)
		}
		var neg []string
		for _, n := range c.Neg {
			neg = append(neg, normalise(n))
		}
		x.neg = append(x.neg, neg)
		x.special = append(x.special, c.Special() || c.HasTag("coppa"))
	}
	return x
}

// addKey indexes a key as it is written and as one word: firstname beside first+name.
func (x *index) addKey(category int, key string, bits map[string]uint32) {
	key, weak := strings.CutSuffix(key, "~")
	key, context, _ := strings.Cut(key, "@")
	e := entry{category: category, context: bits[context], words: 1 + strings.Count(key, "+"), weak: weak}
	for _, phrase := range []string{normalise(key), normalise(strings.ReplaceAll(key, "+", ""))} {
		if phrase != "" && !slices.Contains(x.phrases[phrase], e) {
			x.phrases[phrase] = append(x.phrases[phrase], e)
		}
	}
}

// contextName returns the names of the contexts in a mask, for a reason.
func (x *index) contextName(mask uint32) string {
	for i, name := range x.names {
		if mask&(1<<i) != 0 {
			return name
		}
	}
	return ""
}
