package taxonomy_test

import (
	"bytes"
	"flag"
	"os"
	"testing"

	"drawbridge/internal/taxonomy"
)

var update = flag.Bool("update", false, "rewrite generated and golden files")

// TestGenerated holds the embedded file to the two data files that people edit.
func TestGenerated(t *testing.T) {
	t.Parallel()
	want, err := taxonomy.Generate(read(t, "categories.yaml"), read(t, "transfers.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile("builtin_gen.json", want, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if !bytes.Equal(read(t, "builtin_gen.json"), want) {
		t.Error("builtin_gen.json is not what categories.yaml and transfers.yaml say; run go test ./internal/taxonomy -run TestGenerated -update")
	}
}

func read(t *testing.T, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return data
}
