package policy

import (
	"errors"
	"io/fs"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/token"

	"drawbridge"
)

// maxNesting bounds how deep a pack's YAML may nest.
const maxNesting = 16

// readYAML reads one file strictly: unknown keys, duplicate keys, aliases, deep
// nesting and a second document are errors that name the place.
func readYAML(fsys fs.FS, name string, into any) error {
	data, err := readFile(fsys, name)
	if err != nil {
		return err
	}
	return decodeYAML(name, data, into)
}

func readFile(fsys fs.FS, name string) ([]byte, error) {
	info, err := fs.Stat(fsys, name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, drawbridge.Errorf(drawbridge.Invalid, "the pack has no %s; is this the folder of a pack?", name)
	case err != nil:
		return nil, drawbridge.Errorf(drawbridge.Invalid, "%s cannot be read: %w", name, err)
	case info.Size() > MaxPackFile:
		return nil, drawbridge.Errorf(drawbridge.TooLarge, "%s has %d bytes; at most %d are accepted", name, info.Size(), MaxPackFile)
	}
	data, err := fs.ReadFile(fsys, name)
	if err != nil {
		return nil, drawbridge.Errorf(drawbridge.Invalid, "%s cannot be read: %w", name, err)
	}
	return data, nil
}

func exists(fsys fs.FS, name string) bool {
	_, err := fs.Stat(fsys, name)
	return err == nil
}

func decodeYAML(name string, data []byte, into any) error {
	if err := guardYAML(name, data); err != nil {
		return err
	}
	if err := yaml.UnmarshalWithOptions(data, into, yaml.Strict()); err != nil {
		return drawbridge.Errorf(drawbridge.Invalid, "%s: %s", name, strings.TrimSpace(yaml.FormatError(err, false, false)))
	}
	return nil
}

// guardYAML refuses what makes a small file expensive, before it is parsed.
func guardYAML(name string, data []byte) error {
	if len(data) > MaxPackFile {
		return drawbridge.Errorf(drawbridge.TooLarge, "%s has %d bytes; at most %d are accepted", name, len(data), MaxPackFile)
	}
	if len(strings.TrimSpace(string(data))) == 0 {
		return drawbridge.Errorf(drawbridge.Invalid, "%s is empty", name)
	}
	if deep, line := brackets(data); deep {
		return drawbridge.Errorf(drawbridge.Invalid, "%s:%d: nested deeper than %d", name, line, maxNesting)
	}
	for _, t := range lexer.Tokenize(string(data)) {
		switch t.Type {
		case token.AnchorType, token.AliasType, token.MergeKeyType, token.TagType, token.DirectiveType:
			return drawbridge.Errorf(drawbridge.Invalid, "%s:%d: anchors, aliases, tags and directives are not accepted in a pack; write the value out", name, t.Position.Line)
		case token.DocumentHeaderType, token.DocumentEndType:
			if t.Position.Line > 1 {
				return drawbridge.Errorf(drawbridge.Invalid, "%s:%d: one file holds one document", name, t.Position.Line)
			}
		default:
		}
		if t.Position.Column > 200 && t.Type == token.SequenceEntryType {
			return drawbridge.Errorf(drawbridge.Invalid, "%s:%d: nested deeper than %d", name, t.Position.Line, maxNesting)
		}
	}
	return nil
}

// brackets counts nested flow collections and sequence dashes without parsing,
// generously: text in quotes counts too, which no pack of a person needs.
func brackets(data []byte) (deep bool, line int) {
	depth, dashes, line := 0, 0, 1
	for i, c := range data {
		switch c {
		case '\n':
			line++
			dashes = 0
		case '[', '{':
			depth++
		case ']', '}':
			depth = max(0, depth-1)
		case '-', '?':
			if i+1 < len(data) && data[i+1] == ' ' {
				dashes++
			}
		}
		if depth > maxNesting || dashes > 4*maxNesting {
			return true, line
		}
	}
	return false, 0
}

// validName reports whether s is a short name: lower-case letters, digits and
// hyphens, at most 63.
func validName(s string) bool {
	if s == "" || len(s) > 63 || s[0] == '-' || s[len(s)-1] == '-' {
		return false
	}
	for _, c := range s {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' {
			return false
		}
	}
	return true
}

// validVersion reports whether s is three numbers, 1.0.0.
func validVersion(s string) bool {
	parts := strings.Split(s, ".")
	if len(parts) != 3 {
		return false
	}
	for _, p := range parts {
		if p == "" || len(p) > 6 || strings.Trim(p, "0123456789") != "" || len(p) > 1 && p[0] == '0' {
			return false
		}
	}
	return true
}
