package threat_test

import (
	"bytes"
	"os"
	"testing"

	"drawbridge/internal/threat"
)

// TestGenerated fails when rules_gen.json is older than the rules.
func TestGenerated(t *testing.T) {
	t.Parallel()
	settles, err := os.ReadFile("settles.yaml")
	if err != nil {
		t.Fatal(err)
	}
	want, err := threat.Generate(os.DirFS("rules"), settles)
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile("rules_gen.json", want, 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	got, err := os.ReadFile("rules_gen.json")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Error("rules_gen.json is stale; run: go generate ./internal/threat")
	}
}
