// Command gen writes the files that are derived from the code: reference pages
// and schemas. It is run by "go generate ./..."; a test fails when its result
// and the files differ.
//
//go:generate go run . ../..
package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"

	"drawbridge/internal/api"
	"drawbridge/internal/assess"
	"drawbridge/internal/manifest"
)

// file is one generated file, named from the root of the repository.
type file struct {
	path string
	make func() ([]byte, error)
}

// files lists every generated file.
func files() []file {
	return []file{
		{"docs/reference/manifest.md", func() ([]byte, error) { return manifest.Reference(), nil }},
		{"docs/reference/manifest.schema.json", func() ([]byte, error) { return manifest.Schema("") }},
		{"docs/reference/assessment.schema.json", assess.Schema},
		{"docs/reference/openapi.json", api.OpenAPI},
	}
}

func main() {
	root := "."
	if len(os.Args) > 1 {
		root = os.Args[1]
	}
	if err := run(root); err != nil {
		fmt.Fprintf(os.Stderr, "gen: %v\n", err)
		os.Exit(1)
	}
}

// run writes the files that changed below root.
func run(root string) error {
	for _, f := range files() {
		data, err := f.make()
		if err != nil {
			return fmt.Errorf("make %s: %w", f.path, err)
		}
		path := filepath.Join(root, filepath.FromSlash(f.path))
		old, err := os.ReadFile(path) //nolint:gosec // a name from the list above
		if err == nil && bytes.Equal(old, data) {
			continue
		}
		if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil { //nolint:gosec // the person names the folder
			return err
		}
		if err := os.WriteFile(path, data, 0o644); err != nil { //nolint:gosec // documents are for everybody
			return err
		}
	}
	return nil
}
