package flow_test

import (
	"bytes"
	"os"
	"testing"

	"drawbridge/internal/flow"
)

// TestGeneratedFacts holds the embedded file to the one that people edit.
func TestGeneratedFacts(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile("facts.yaml")
	if err != nil {
		t.Fatal(err)
	}
	want, err := flow.GenerateFacts(data)
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile("facts_gen.json", want, 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	got, err := os.ReadFile("facts_gen.json")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Error("facts_gen.json is stale; run: go generate ./internal/flow")
	}
}
