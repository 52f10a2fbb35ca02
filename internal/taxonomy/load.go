package taxonomy

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"drawbridge"
)

// Limits of a taxonomy.
const (
	maxLeaves = 2000
	maxList   = 400
	maxText   = 400
)

// file is a taxonomy file as it is written.
type file struct {
	Version  int                 `yaml:"version" json:"version,omitempty"`
	Levels   []levelEntry        `yaml:"levels" json:"levels,omitempty"`
	Tags     map[string]string   `yaml:"tags" json:"tags,omitempty"`
	Ops      []string            `yaml:"ops" json:"ops,omitempty"`
	Contexts map[string][]string `yaml:"contexts" json:"contexts,omitempty"`
	Leaves   []leaf              `yaml:"leaves" json:"leaves,omitempty"`
	Signs    []sign              `yaml:"signs" json:"signs,omitempty"`
	Combos   []Combo             `yaml:"combos" json:"combos,omitempty"`
}

// sign is what one property of a field says when its name says nothing.
type sign struct {
	Format     string  `yaml:"format" json:"format,omitempty"`
	Type       string  `yaml:"type" json:"type,omitempty"`
	At         string  `yaml:"at" json:"at,omitempty"`
	Example    string  `yaml:"example" json:"example,omitempty"`
	First      string  `yaml:"first" json:"first,omitempty"` // word that a name of several words begins with
	Category   string  `yaml:"category" json:"category"`
	Confidence float64 `yaml:"confidence" json:"confidence"`
	index      int     // of the category, once all are known
}

type levelEntry struct {
	Level       int    `yaml:"level" json:"level,omitempty"`
	Name        string `yaml:"name" json:"name,omitempty"`
	MaxHoldDays *int   `yaml:"max_hold_days" json:"max_hold_days,omitempty"`
	Egress      string `yaml:"egress_default" json:"egress_default,omitempty"`
}

// leaf is one category as it is written; in an extension, what is left out of
// a leaf that exists stays as it is.
type leaf struct {
	ID      string   `yaml:"id" json:"id,omitempty"`
	Name    string   `yaml:"name" json:"name,omitempty"`
	Fides   string   `yaml:"fides" json:"fides,omitempty"`
	Level   *int     `yaml:"level" json:"level,omitempty"`
	Ident   string   `yaml:"ident" json:"ident,omitempty"`
	Tags    []string `yaml:"tags" json:"tags,omitempty"`
	Keys    []string `yaml:"keys" json:"keys,omitempty"`
	Neg     []string `yaml:"neg" json:"neg,omitempty"`
	Formats []string `yaml:"formats" json:"formats,omitempty"`
	Types   []string `yaml:"types" json:"types,omitempty"`
	Detect  []string `yaml:"detect" json:"detect,omitempty"`
	Test    string   `yaml:"test" json:"test,omitempty"`
	Share   string   `yaml:"share" json:"share,omitempty"`
	Why     string   `yaml:"why" json:"why,omitempty"`
}

var (
	idPattern  = regexp.MustCompile(`^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*){1,3}$`)
	tagPattern = regexp.MustCompile(`^[a-z][a-z0-9-]*(\.[a-z0-9-]+)*$`)
	keyPattern = regexp.MustCompile(`^[\p{L}\p{N}]+(\+[\p{L}\p{N}]+){0,4}(@[a-z]+)?~?$`)
	idents     = []string{"direct", "linkable", "quasi", "none"}
	types      = []string{"string", "integer", "number", "boolean", "object", "enum"}
)

// Load reads the built-in taxonomy and lays the organisation's own files over
// it, in their order.
func Load(extra ...[]byte) (*Taxonomy, error) {
	b := builder{t: &Taxonomy{byID: map[string]int{}}, tags: map[string]string{}, contexts: map[string][]string{}}
	own, err := embedded()
	if err != nil {
		return nil, err
	}
	if err := b.add(builtinOrigin, own.Categories); err != nil {
		return nil, err
	}
	for i, data := range extra {
		origin := fmt.Sprintf("extension %d", i+1)
		var f file
		if err := decode("taxonomy "+origin, data, &f); err != nil {
			return nil, err
		}
		if err := b.add(origin, f); err != nil {
			return nil, err
		}
	}
	return b.finish()
}

// builder lays files over each other.
type builder struct {
	t        *Taxonomy
	tags     map[string]string
	contexts map[string][]string
	signs    []sign
}

func (b *builder) add(origin string, f file) error {
	what := "taxonomy " + origin
	if f.Version != 1 {
		return drawbridge.Errorf(drawbridge.Invalid, "%s: version is %d; write version: 1", what, f.Version)
	}
	if len(f.Leaves)+len(b.t.categories) > maxLeaves {
		return drawbridge.Errorf(drawbridge.TooLarge, "%s: more than %d categories", what, maxLeaves)
	}
	if origin == builtinOrigin {
		b.t.version, b.t.ops = f.Version, f.Ops
		for _, l := range f.Levels {
			b.t.levels = append(b.t.levels, LevelInfo{drawbridge.Level(l.Level), l.Name, l.MaxHoldDays, l.Egress})
		}
	} else if len(f.Levels) > 0 || len(f.Ops) > 0 {
		return drawbridge.Errorf(drawbridge.Invalid, "%s: levels and ops are fixed; remove them from the file", what)
	}
	if err := b.addWords(what, f); err != nil {
		return err
	}
	for i, l := range f.Leaves {
		if err := b.addLeaf(what, origin, i, l); err != nil {
			return err
		}
	}
	for i, s := range f.Signs {
		if err := b.addSign(fmt.Sprintf("%s: signs[%d]", what, i), s); err != nil {
			return err
		}
	}
	for _, c := range f.Combos {
		if err := b.addCombo(what, c); err != nil {
			return err
		}
	}
	return nil
}

// addWords takes over tags and contexts.
func (b *builder) addWords(what string, f file) error {
	for _, id := range slices.Sorted(maps.Keys(f.Tags)) {
		if !tagPattern.MatchString(id) {
			return drawbridge.Errorf(drawbridge.Invalid, "%s: tag %q is not a tag; write lower-case words joined by dots, like gdpr.personal", what, id)
		}
		if old, ok := b.tags[id]; ok && old != f.Tags[id] {
			return drawbridge.Errorf(drawbridge.Invalid, "%s: tag %s has a meaning already; choose another name", what, id)
		}
		b.tags[id] = f.Tags[id]
	}
	for _, name := range slices.Sorted(maps.Keys(f.Contexts)) {
		if b.contexts[name] == nil && len(b.contexts) == maxContexts {
			return drawbridge.Errorf(drawbridge.TooLarge, "%s: context %s is one too many; at most %d are accepted", what, name, maxContexts)
		}
		for _, word := range f.Contexts[name] {
			if !keyPattern.MatchString(word) || strings.ContainsAny(word, "+@~") {
				return drawbridge.Errorf(drawbridge.Invalid, "%s: context %s: %q is not one word", what, name, word)
			}
		}
		b.contexts[name] = append(b.contexts[name], f.Contexts[name]...)
	}
	return nil
}

func (b *builder) addLeaf(what, origin string, i int, l leaf) error {
	if !idPattern.MatchString(l.ID) {
		return drawbridge.Errorf(drawbridge.Invalid, "%s: leaves[%d]: id %q is not an id; write lower-case words joined by dots, like contact.email", what, i, l.ID)
	}
	what += ": " + l.ID
	if at, ok := b.t.byID[l.ID]; ok {
		if origin == builtinOrigin || b.t.categories[at].Origin == origin {
			return drawbridge.Errorf(drawbridge.Invalid, "%s: listed twice", what)
		}
		return b.change(what, &b.t.categories[at], l)
	}
	if l.Level == nil || l.Name == "" || l.Ident == "" || l.Test == "" || l.Share == "" {
		return drawbridge.Errorf(drawbridge.Invalid, "%s: a new category needs name, level, ident, test and share", what)
	}
	c := Category{
		ID: l.ID, Name: l.Name, Fides: cmp.Or(l.Fides, "-"), Level: drawbridge.Level(*l.Level), Ident: l.Ident,
		Tags: l.Tags, Keys: l.Keys, Neg: l.Neg, Formats: l.Formats, Types: l.Types, Detect: l.Detect,
		Test: l.Test, Share: l.Share, Origin: origin, Why: l.Why,
	}
	b.t.byID[l.ID] = len(b.t.categories)
	b.t.categories = append(b.t.categories, c)
	return b.check(what, c)
}

// change lays an organisation's own values over an existing category.
func (b *builder) change(what string, c *Category, l leaf) error {
	if l.Level != nil || l.Tags != nil || l.Share != "" || l.Test != "" {
		if strings.TrimSpace(l.Why) == "" {
			return drawbridge.Errorf(drawbridge.Invalid, "%s: a changed level, tags, test or share needs its reason; add why", what)
		}
		c.Why = l.Why
	}
	if l.Ident != "" || l.Types != nil || l.Fides != "" {
		return drawbridge.Errorf(drawbridge.Invalid, "%s: ident, types and fides of a built-in category are fixed; add a category of your own", what)
	}
	if l.Level != nil {
		c.Level = drawbridge.Level(*l.Level)
	}
	if l.Tags != nil {
		c.Tags = l.Tags
	}
	c.Name, c.Test, c.Share = cmp.Or(l.Name, c.Name), cmp.Or(l.Test, c.Test), cmp.Or(l.Share, c.Share)
	c.Keys = append(slices.Clip(c.Keys), l.Keys...)
	c.Neg = append(slices.Clip(c.Neg), l.Neg...)
	c.Formats = append(slices.Clip(c.Formats), l.Formats...)
	c.Detect = append(slices.Clip(c.Detect), l.Detect...)
	return b.check(what, *c)
}

// check holds one category to the vocabulary.
func (b *builder) check(what string, c Category) error {
	bad := func(format string, args ...any) error {
		return drawbridge.Errorf(drawbridge.Invalid, "%s: %s", what, fmt.Sprintf(format, args...))
	}
	if c.Level < drawbridge.LevelPublic || c.Level > drawbridge.LevelRestricted {
		return bad("level %d is not a level; write 0 to 4", c.Level)
	}
	if !slices.Contains(idents, c.Ident) {
		return bad("ident %q is not known; write one of %s", c.Ident, strings.Join(idents, ", "))
	}
	for _, op := range []string{c.Test, c.Share} {
		if !slices.Contains(b.t.ops, op) {
			return bad("operator %q is not known; write one of %s", op, strings.Join(b.t.ops, ", "))
		}
	}
	for _, tag := range c.Tags {
		if _, ok := b.tags[tag]; !ok {
			return bad("tag %q has no meaning yet; add it under tags", tag)
		}
	}
	for _, ty := range c.Types {
		if !slices.Contains(types, ty) {
			return bad("type %q is not known; write one of %s", ty, strings.Join(types, ", "))
		}
	}
	for _, key := range c.Keys {
		if !keyPattern.MatchString(key) || len(key) > 64 {
			return bad("key %q is not a key; write words joined by +, like bank+account, with @context or ~ at the end", key)
		}
		if _, ctx, ok := strings.Cut(strings.TrimSuffix(key, "~"), "@"); ok && b.contexts[ctx] == nil && ctx != headerContext {
			return bad("key %q names a context that does not exist; known are %s", key, strings.Join(slices.Sorted(maps.Keys(b.contexts)), ", "))
		}
	}
	for _, neg := range c.Neg {
		if !keyPattern.MatchString(neg) || strings.ContainsAny(neg, "@~") {
			return bad("neg %q is not a word or words joined by +", neg)
		}
	}
	if max(len(c.Keys), len(c.Neg), len(c.Tags), len(c.Detect), len(c.Formats)) > maxList || max(len(c.Name), len(c.Why)) > maxText {
		return bad("a list has more than %d entries, or a text more than %d bytes", maxList, maxText)
	}
	return nil
}

// addSign checks a sign; those of an extension come before the built-in ones.
func (b *builder) addSign(what string, s sign) error {
	given := 0
	for _, v := range []string{s.Format, s.Type, s.At, s.Example, s.First} {
		if v != "" {
			given++
		}
	}
	switch {
	case given != 1:
		return drawbridge.Errorf(drawbridge.Invalid, "%s: give exactly one of format, type, at, example and first", what)
	case s.Type != "" && !slices.Contains(types, s.Type):
		return drawbridge.Errorf(drawbridge.Invalid, "%s: type %q is not known; write one of %s", what, s.Type, strings.Join(types, ", "))
	case s.At != "" && !slices.Contains(drawbridge.Ats(), drawbridge.At(s.At)):
		return drawbridge.Errorf(drawbridge.Invalid, "%s: at %q is not known", what, s.At)
	case s.Example != "" && !slices.Contains(shapes, s.Example):
		return drawbridge.Errorf(drawbridge.Invalid, "%s: example %q is not known; write one of %s", what, s.Example, strings.Join(shapes, ", "))
	case !(s.Confidence >= leastConfidence && s.Confidence <= mostConfidence):
		return drawbridge.Errorf(drawbridge.Invalid, "%s: confidence %g is outside %g to %g", what, s.Confidence, leastConfidence, mostConfidence)
	}
	if _, ok := b.t.byID[s.Category]; !ok {
		return drawbridge.Errorf(drawbridge.Invalid, "%s: category %q does not exist", what, s.Category)
	}
	b.signs = append(b.signs, s)
	return nil
}

func (b *builder) addCombo(what string, c Combo) error {
	what += ": combo " + c.ID
	bad := func(text string) error { return drawbridge.Errorf(drawbridge.Invalid, "%s: %s", what, text) }
	if !tagPattern.MatchString(c.ID) || slices.ContainsFunc(b.t.combos, func(o Combo) bool { return o.ID == c.ID }) {
		return bad("the id is missing, badly written or taken; write a new one like id-triple")
	}
	if len(c.All) == 0 && len(c.AnyOf) == 0 && c.Count == nil {
		return bad("names no parts; give all, any_of with with_any, or count")
	}
	if (len(c.AnyOf) == 0) != (len(c.With) == 0) {
		return bad("any_of and with_any belong together")
	}
	if c.Level < drawbridge.LevelPublic || c.Level > drawbridge.LevelRestricted || c.Level == 0 && len(c.Add) == 0 {
		return bad("give the level 1 to 4 that the record rises to, or the tags that it gains under add")
	}
	if n := c.Count; n != nil && (n.AtLeast < 2 || (n.Tag == "") == (n.Category == "")) {
		return bad("count needs at_least of 2 or more and either tag or category")
	}
	refs := slices.Concat(c.All, c.AnyOf, c.With, c.Add)
	if c.Count != nil {
		refs = append(refs, cmp.Or(c.Count.Tag, c.Count.Category))
	}
	for _, ref := range refs {
		_, isCategory := b.t.byID[ref]
		if _, isTag := b.tags[ref]; !isTag && !isCategory {
			return bad(fmt.Sprintf("%q is neither a category nor a tag", ref))
		}
	}
	b.t.combos = append(b.t.combos, c)
	return nil
}

// finish sorts, indexes and seals the taxonomy.
func (b *builder) finish() (*Taxonomy, error) {
	t := b.t
	slices.SortFunc(t.categories, func(x, y Category) int { return cmp.Compare(x.ID, y.ID) })
	for i, c := range t.categories {
		t.byID[c.ID] = i
	}
	for _, id := range slices.Sorted(maps.Keys(b.tags)) {
		t.tags = append(t.tags, Tag{id, b.tags[id]})
	}
	for i := range b.signs {
		b.signs[i].index = t.byID[b.signs[i].Category]
	}
	t.index = newIndex(t.categories, b.contexts, b.signs)
	sum, err := digest(t.version, t.levels, t.tags, t.ops, t.categories, t.combos, b.contexts, b.signs)
	t.digest = sum
	return t, err
}

// digest is the SHA-256 of the values' JSON forms, one a line.
func digest(values ...any) (string, error) {
	h := sha256.New()
	enc := json.NewEncoder(h) // sorts map keys, so that equal content gives equal bytes
	for _, v := range values {
		if err := enc.Encode(v); err != nil {
			return "", fmt.Errorf("digest the taxonomy: %w", err)
		}
	}
	return "sha256:" + hex.EncodeToString(h.Sum(nil)), nil
}
