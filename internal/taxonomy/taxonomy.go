// Package taxonomy knows kinds of data: the categories with their sensitivity
// and regulatory tags, which combinations weigh more than their parts, which
// category a field of a specification most likely belongs to, and which rules
// apply when such data crosses a border. All of it is data that an organisation
// extends by files of its own. It never looks at values in traffic, and it
// decides nothing: a person confirms a guess, and the gate judges a ruling.
//
//	t := taxonomy.Builtin()
//	g := t.Classify(taxonomy.Field{Name: "iban", Type: "string", Parents: []string{"customer"}})
//	fmt.Println(g.Category, g.Reason) // finance.bank.account name `iban`, ...
package taxonomy

import (
	"cmp"
	"slices"
	"strings"
	"sync"

	"drawbridge"
	"drawbridge/internal/near"
)

// Category is one leaf of the taxonomy: a kind of data.
type Category struct {
	ID      string           `json:"id"`
	Name    string           `json:"name"`
	Fides   string           `json:"fides"` // nearest fideslang key: "=" same meaning, "~" nearest, "-" none
	Level   drawbridge.Level `json:"level"`
	Ident   string           `json:"ident"` // direct, linkable, quasi or none
	Tags    []string         `json:"tags"`
	Keys    []string         `json:"keys"`
	Neg     []string         `json:"neg"`
	Formats []string         `json:"formats"`
	Types   []string         `json:"types"`
	Detect  []string         `json:"detect"`
	Test    string           `json:"test"`  // operator that makes test data
	Share   string           `json:"share"` // operator when it leaves for a partner that did not declare it
	Origin  string           `json:"origin"`
	Why     string           `json:"why,omitempty"` // of an organisation's own change
}

// HasTag reports whether the category carries the regulatory tag.
func (c Category) HasTag(tag string) bool { return slices.Contains(c.Tags, tag) }

// Personal reports whether the category is about an identified or identifiable person.
func (c Category) Personal() bool {
	return c.HasTag("gdpr.personal") || c.Special() || c.HasTag("coppa")
}

// Special reports whether it is a special category or a criminal record (GDPR Art 9 and 10).
func (c Category) Special() bool { return c.HasTag("gdpr.art9") || c.HasTag("gdpr.art10") }

// Secret reports whether it authenticates something.
func (c Category) Secret() bool { return c.HasTag("secret") }

// Card reports whether it is cardholder or sensitive authentication data (PCI DSS).
func (c Category) Card() bool { return c.HasTag("pci.chd") || c.HasTag("pci.sad") }

// LevelInfo says what a level means for those who hold and send the data.
type LevelInfo struct {
	Level       drawbridge.Level `json:"level"`
	Name        string           `json:"name"`
	MaxHoldDays *int             `json:"max_hold_days"` // longest advisable retention; nil when there is none
	Egress      string           `json:"egress_default"`
}

// Tag is a regulatory tag with its meaning.
type Tag struct {
	ID    string `json:"id"`
	Means string `json:"means"`
}

// Taxonomy is a loaded set of categories. It is immutable and safe for
// concurrent use.
type Taxonomy struct {
	version    int
	categories []Category // sorted by id
	byID       map[string]int
	levels     []LevelInfo
	tags       []Tag
	ops        []string
	combos     []Combo
	index      *index
	digest     string
}

var builtin = sync.OnceValue(func() *Taxonomy {
	t, err := Load()
	if err != nil {
		panic(err) // the embedded file is broken; every test catches it
	}
	return t
})

// Builtin returns the taxonomy that comes with the program.
func Builtin() *Taxonomy { return builtin() }

// Category returns the category with the id.
func (t *Taxonomy) Category(id string) (Category, bool) {
	i, ok := t.byID[id]
	if !ok {
		return Category{}, false
	}
	return t.categories[i], true
}

// Categories returns every category, sorted by id.
func (t *Taxonomy) Categories() []Category { return slices.Clone(t.categories) }

// Levels returns the sensitivity levels, least first.
func (t *Taxonomy) Levels() []LevelInfo { return slices.Clone(t.levels) }

// Tags returns the regulatory tags, sorted by id.
func (t *Taxonomy) Tags() []Tag { return slices.Clone(t.tags) }

// Ops returns the operators that a transform may name.
func (t *Taxonomy) Ops() []string { return slices.Clone(t.ops) }

// Combos returns the combinations that raise a record, in the order of the files.
func (t *Taxonomy) Combos() []Combo { return slices.Clone(t.combos) }

// Digest returns the digest of the whole taxonomy with its extensions.
func (t *Taxonomy) Digest() string { return t.digest }

// Version returns the version of the built-in file.
func (t *Taxonomy) Version() int { return t.version }

// maxSuggest bounds what Suggest looks at and returns.
const (
	maxSuggestInput = 64
	maxSuggestions  = 3
)

// Suggest returns the ids that id was most likely meant to be, best first.
func (t *Taxonomy) Suggest(id string) []string {
	id = strings.ToLower(strings.TrimSpace(id))
	if id == "" || len(id) > maxSuggestInput {
		return nil
	}
	type candidate struct {
		id       string
		distance int
	}
	var found []candidate
	for _, c := range t.categories {
		d := near.Distance(id, c.ID)
		leaf := c.ID[strings.LastIndexByte(c.ID, '.')+1:]
		if other := id[strings.LastIndexByte(id, '.')+1:]; other == leaf {
			d = min(d, 2)
		}
		if strings.HasPrefix(c.ID, id+".") {
			d = min(d, 1)
		}
		if d <= max(2, len(id)/4) {
			found = append(found, candidate{c.ID, d})
		}
	}
	slices.SortFunc(found, func(a, b candidate) int {
		return cmp.Or(cmp.Compare(a.distance, b.distance), cmp.Compare(a.id, b.id))
	})
	var out []string
	for _, n := range found[:min(len(found), maxSuggestions)] {
		out = append(out, n.id)
	}
	return out
}
