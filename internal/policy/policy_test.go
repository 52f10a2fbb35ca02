package policy_test

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"drawbridge/internal/policy"
)

func builtin(tb testing.TB) *policy.Pack {
	tb.Helper()
	p, err := policy.BuiltinPack()
	if err != nil {
		tb.Fatal(err)
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

// TestMethodPage holds docs/method.md to the data.
func TestMethodPage(t *testing.T) {
	t.Parallel()
	p, err := policy.LoadPack(policy.BuiltinFS())
	if err != nil {
		t.Fatal(err)
	}
	want, err := p.Describe()
	if err != nil {
		t.Fatal(err)
	}
	golden(t, filepath.Join("..", "..", "docs", "method.md"), want)
}

// TestListing is the default pack at a glance: a change of it is read here.
func TestListing(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	for _, c := range builtin(t).Controls() {
		kinds := make([]string, 0, len(c.Kinds))
		for _, k := range c.Kinds {
			kinds = append(kinds, string(k))
		}
		fmt.Fprintf(&b, "%s from %s, weight %g, per %s %s %s\n  applies: %s\n  holds: %s\n  settles: %s\n", c.ID, c.RequiredFrom, c.Weight, c.Per,
			strings.Join(kinds, ","), c.Direction, c.Applies, c.Holds, strings.Join(c.Settles, " "))
	}
	golden(t, filepath.Join("testdata", "controls.golden"), b.String())
}

func golden(t *testing.T, file, want string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(got), want); diff != "" {
		t.Errorf("%s differs; read the difference and run with -update: %s", file, diff)
	}
}
