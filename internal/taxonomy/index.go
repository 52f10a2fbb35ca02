package taxonomy

import (
	"iter"
	"slices"
	"strings"
)

// noContext marks a key that needs no company.
const noContext = -1

// entry is one key of one category.
type entry struct {
	category int
	context  int  // index into index.contexts, or noContext
	weak     bool // the key ends in "?": a hint, not a name
}

// index finds categories by the words that end a field's path.
type index struct {
	phrases    map[string][]entry // words joined by "+"
	contexts   []map[string]bool  // word sets, by the number that entries use
	container  map[string]bool    // words that only hold other things: data, item, details
	filler     map[string]bool    // words after the head noun that change nothing: value, home
	categories []Category
	neg        [][]string
}

// newIndex builds the index of the categories' keys.
func newIndex(categories []Category, contexts map[string][]string) *index {
	x := &index{phrases: map[string][]entry{}, categories: categories, container: map[string]bool{}, filler: map[string]bool{}}
	number := map[string]int{}
	var names []string
	for name := range contexts {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		set := map[string]bool{}
		for _, word := range contexts[name] {
			set[normalise(word)] = true
		}
		number[name] = len(x.contexts)
		x.contexts = append(x.contexts, set)
		switch name {
		case "container":
			x.container = set
		case "filler":
			x.filler = set
		}
	}
	for i, c := range categories {
		for _, key := range c.Keys {
			key, weak := strings.CutSuffix(key, "?")
			key, ctx, _ := strings.Cut(key, "@")
			e := entry{i, noContext, weak}
			if ctx != "" {
				e.context = number[ctx]
			}
			x.put(normalise(key), e)
			if whole := strings.ReplaceAll(key, "+", ""); whole != key {
				x.put(normalise(whole), e) // firstname beside first+name
			}
		}
		var neg []string
		for _, n := range c.Neg {
			neg = append(neg, normalise(n))
		}
		x.neg = append(x.neg, neg)
	}
	return x
}

func (x *index) put(phrase string, e entry) {
	if phrase != "" && !slices.Contains(x.phrases[phrase], e) {
		x.phrases[phrase] = append(x.phrases[phrase], e)
	}
}

func splitPlus(key string) iter.Seq[string] { return strings.SplitSeq(key, "+") }
