package taxonomy

import (
	"cmp"
	"slices"

	"drawbridge"
)

// Combo is a combination of data that weighs more than its parts when one
// record holds all of them.
type Combo struct {
	ID    string           `json:"id" yaml:"id"`
	Why   string           `json:"why" yaml:"why"`
	All   []string         `json:"all,omitempty" yaml:"all"`           // every one of these categories
	AnyOf []string         `json:"any_of,omitempty" yaml:"any_of"`     // one of these categories or tags ...
	With  []string         `json:"with_any,omitempty" yaml:"with_any"` // ... beside another category with one of these
	Count *ComboCount      `json:"count,omitempty" yaml:"count"`
	Level drawbridge.Level `json:"level,omitempty" yaml:"level"` // the record's level is at least this
	Add   []string         `json:"add,omitempty" yaml:"add"`     // tags the record gains
}

// ComboCount asks for a number of elements with a tag or of a category.
type ComboCount struct {
	Tag      string `json:"tag,omitempty" yaml:"tag"`           // distinct categories with the tag
	Category string `json:"category,omitempty" yaml:"category"` // elements of the category
	AtLeast  int    `json:"at_least" yaml:"at_least"`
}

// Raise returns what one record that holds the categories adds up to: its
// level, the tags that the combination adds, and the ids of the combos that
// spoke. An id that the taxonomy does not know counts as restricted.
func (t *Taxonomy) Raise(categories []string) (drawbridge.Level, []string, []string) {
	level := drawbridge.LevelPublic
	if len(categories) == 0 {
		return level, nil, nil
	}
	var held []Category
	for _, id := range categories {
		c, ok := t.Category(id)
		if !ok {
			level = drawbridge.LevelRestricted
			continue
		}
		level = max(level, c.Level)
		held = append(held, c)
	}
	slices.SortFunc(held, func(a, b Category) int { return cmp.Compare(a.ID, b.ID) })
	var tags, ids []string
	for _, combo := range t.combos {
		if !combo.holds(held) {
			continue
		}
		level = max(level, combo.Level)
		tags = append(tags, combo.Add...)
		ids = append(ids, combo.ID)
	}
	slices.Sort(tags)
	slices.Sort(ids)
	return level, slices.Compact(tags), ids
}

// holds reports whether the record has every part of the combo.
func (c Combo) holds(held []Category) bool {
	for _, id := range c.All {
		if !slices.ContainsFunc(held, func(h Category) bool { return h.ID == id }) {
			return false
		}
	}
	if len(c.AnyOf) > 0 && !pair(held, c.AnyOf, c.With) {
		return false
	}
	return c.Count == nil || c.Count.reached(held)
}

// pair looks for one element that matches a beside a different one that matches b.
func pair(held []Category, a, b []string) bool {
	for i, first := range held {
		if !first.matches(a) {
			continue
		}
		for j, second := range held {
			if i != j && second.ID != first.ID && second.matches(b) {
				return true
			}
		}
	}
	return false
}

// matches reports whether the category's id or one of its tags is listed.
func (c Category) matches(list []string) bool {
	return slices.Contains(list, c.ID) || slices.ContainsFunc(c.Tags, func(t string) bool { return slices.Contains(list, t) })
}

func (n ComboCount) reached(held []Category) bool {
	count, last := 0, ""
	for _, h := range held {
		switch {
		case n.Category != "" && h.ID == n.Category:
			count++
		case n.Tag != "" && h.HasTag(n.Tag) && h.ID != last:
			count, last = count+1, h.ID
		}
	}
	return count >= n.AtLeast
}
