package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

func TestGeneratedFilesAreFresh(t *testing.T) {
	t.Parallel()
	for _, f := range files() {
		want, err := f.make()
		if err != nil {
			t.Fatalf("%s: %v", f.path, err)
		}
		got, err := os.ReadFile(filepath.Join("..", "..", filepath.FromSlash(f.path)))
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s is stale; run: go generate ./... (%v)", f.path, err)
		}
	}
}
