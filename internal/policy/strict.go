package policy

import (
	"errors"
	"io/fs"
	"strings"

	"drawbridge"
	"drawbridge/internal/yaml"
)

// Limits of a pack's YAML.
const (
	maxNesting   = 16
	maxPackNodes = 200_000
)

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
	if len(data) > MaxPackFile {
		return drawbridge.Errorf(drawbridge.TooLarge, "%s has %d bytes; at most %d are accepted", name, len(data), MaxPackFile)
	}
	err := yaml.Strict(data, yaml.Limits{Bytes: MaxPackFile, Depth: maxNesting, Nodes: maxPackNodes}, into)
	if e, ok := errors.AsType[*yaml.Error](err); ok {
		if e.Hint != "" {
			return drawbridge.Errorf(drawbridge.Invalid, "%s:%d:%d: %s; %s", name, e.Line, e.Column, e.Message, e.Hint)
		}
		return drawbridge.Errorf(drawbridge.Invalid, "%s:%d:%d: %s", name, e.Line, e.Column, e.Message)
	}
	return err
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
