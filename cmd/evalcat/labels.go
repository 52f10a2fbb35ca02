package main

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"

	"drawbridge"
)

const maxLabelBytes = 16 << 20

// noCategory is the label of a field that carries no category worth naming.
const noCategory = "none"

// label is one line of look.jsonl or judge.jsonl.
type label struct {
	File    string           `json:"file"`
	Pointer string           `json:"pointer"`
	Name    string           `json:"name"`
	Parents []string         `json:"parents,omitempty"`
	Type    string           `json:"type,omitempty"`
	Format  string           `json:"format,omitempty"`
	At      drawbridge.At    `json:"at"`
	Stratum string           `json:"stratum"`
	Label   string           `json:"label"`
	Also    []string         `json:"also,omitempty"` // other categories that a careful reader may choose
	Reason  string           `json:"reason"`
	Level   drawbridge.Level `json:"level"`
}

// accepts reports whether a category is right for the field.
func (l label) accepts(category string) bool {
	return category == l.Label || slices.Contains(l.Also, category)
}

// readLabels reads the lines of a half, or of both.
func readLabels(dir, half string) ([]label, error) {
	if half == "both" {
		look, err := readLabels(dir, "look")
		if err != nil {
			return nil, err
		}
		rest, err := readLabels(dir, "judge")
		return append(look, rest...), err
	}
	file := half + ".jsonl"
	data, err := readBelow(dir, file, maxLabelBytes)
	if err != nil {
		return nil, err
	}
	var out []label
	line := 0
	for text := range bytes.Lines(data) {
		line++
		dec := json.NewDecoder(bytes.NewReader(text))
		dec.DisallowUnknownFields()
		var l label
		if err := dec.Decode(&l); err != nil {
			return nil, drawbridge.Errorf(drawbridge.Invalid, "%s:%d: %w", file, line, err)
		}
		if l.File == "" || l.Pointer == "" || l.Label == "" {
			return nil, drawbridge.Errorf(drawbridge.Invalid, "%s:%d: a label needs file, pointer and label", file, line)
		}
		out = append(out, l)
	}
	return out, nil
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
