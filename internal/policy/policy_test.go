package policy_test

import (
	"bytes"
	"flag"
	"os"
	"testing"

	"drawbridge/internal/policy"
)

func builtin(t testing.TB) *policy.Pack {
	t.Helper()
	p, err := policy.BuiltinPack()
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// TestBuiltinCases runs the examples that the default pack carries.
func TestBuiltinCases(t *testing.T) {
	t.Parallel()
	p, err := policy.LoadPack(policy.BuiltinFS())
	if err != nil {
		t.Fatal(err)
	}
	report, err := p.Test()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range report.Cases {
		if !c.Pass {
			t.Errorf("%s %s, case %s: got %q, want %q", c.Part, c.ID, c.Case, c.Got, c.Want)
		}
	}
}

var update = flag.Bool("update", false, "rewrite generated and golden files")

// TestGenerated holds pack_gen.json to the files of the pack.
func TestGenerated(t *testing.T) {
	t.Parallel()
	want, err := policy.Generate(policy.BuiltinFS())
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile("pack_gen.json", want, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile("pack_gen.json")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Error("pack_gen.json is not what pack/ gives; run go generate ./internal/policy")
	}
}
