package manifest_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"drawbridge"
	"drawbridge/internal/manifest"
)

// fataler is a test or a property.
type fataler interface {
	Helper()
	Fatal(args ...any)
	Fatalf(format string, args ...any)
}

// throughView is the bundle as the material view tells it.
func throughView(t fataler, b *manifest.Bundle) *manifest.Bundle {
	t.Helper()
	v, err := manifest.Material(b)
	if err != nil {
		t.Fatal(err)
	}
	back, err := manifest.FromView(v.JSON)
	if err != nil {
		t.Fatal(err)
	}
	again, err := manifest.Material(back)
	if err != nil || !bytes.Equal(again.JSON, v.JSON) {
		t.Fatalf("the view of what was read back is another one (%v):\n%s\n%s", err, v.JSON, again.JSON)
	}
	return back
}

// judged are the changes that bear on a decision. What they were is left out:
// a view says "stated" where a file has a text.
func judged(changes []manifest.Change) []manifest.Change {
	out := []manifest.Change{}
	for _, c := range changes {
		if c.Kind != manifest.Neutral {
			c.Old, c.New = "", ""
			out = append(out, c)
		}
	}
	return out
}

func holdView(t fataler, a, b *manifest.Bundle) {
	t.Helper()
	want, got := judged(manifest.Diff(a, b)), judged(manifest.Diff(throughView(t, a), throughView(t, b)))
	if d := cmp.Diff(want, got); d != "" {
		t.Fatalf("the difference of the views is another one: -bundles +views\n%s", d)
	}
}

func TestFromViewProperties(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		holdView(t, anIntegration().Draw(t, "a"), anIntegration().Draw(t, "b"))
	})
}

// TestFromViewExamples compares every example with every other.
func TestFromViewExamples(t *testing.T) {
	t.Parallel()
	var all []*manifest.Bundle
	for _, p := range files(t) {
		if !strings.Contains(p, "partners") {
			all = append(all, load(t, p))
		}
	}
	if len(all) < 9 {
		t.Fatalf("%d examples", len(all))
	}
	for _, a := range all {
		for _, b := range all {
			holdView(t, a, b)
		}
	}
}

func TestFromViewRefuses(t *testing.T) {
	t.Parallel()
	tests := map[string]string{
		"nothing":              ``,
		"no object":            `[]`,
		"another version":      `{"integration":{"id":"a"},"version":"material/v2"}`,
		"not canonical":        `{"version":"material/v1", "integration":{"id":"a"}}`,
		"a key twice":          `{"integration":{"id":"a"},"version":"material/v1","version":"material/v1"}`,
		"an unknown key":       `{"extra":1,"integration":{"id":"a"},"version":"material/v1"}`,
		"an unknown inner key": `{"integration":{"hostz":[],"id":"a"},"version":"material/v1"}`,
		"prose":                `{"integration":{"id":"a","purpose":"x"},"version":"material/v1"}`,
		"a number for a text":  `{"integration":{"id":1},"version":"material/v1"}`,
		"no integration":       `{"version":"material/v1"}`,
		"a list for an object": `{"integration":[],"version":"material/v1"}`,
		"null":                 `{"integration":{"id":"a","owners":null},"version":"material/v1"}`,
		"safeguard's type":     `{"integration":{"id":"a","interfaces":[{"id":"b","safeguards":{"tls_min":12}}]},"version":"material/v1"}`,
		"span":                 `{"integration":{"id":"a","operations":{"timeout":"soon"}},"version":"material/v1"}`,
	}
	for name, text := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if b, err := manifest.FromView([]byte(text)); drawbridge.KindOf(err) != drawbridge.Invalid {
				t.Errorf("FromView = %v, %v, want invalid", b, err)
			}
		})
	}
}

func FuzzFromView(f *testing.F) {
	names, err := filepath.Glob("testdata/vectors/*/material.json")
	if err != nil || len(names) == 0 {
		f.Fatal(names, err)
	}
	var first []byte
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		first = data
		f.Add(data)
	}
	base, err := manifest.FromView(first)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		b, err := manifest.FromView(data)
		if err != nil {
			return
		}
		if d := manifest.Diff(b, b); len(d) != 0 {
			t.Errorf("Diff(b, b) = %v", d)
		}
		if len(manifest.Diff(base, b)) != len(manifest.Diff(b, base)) {
			t.Errorf("the difference there and back: %v, %v", manifest.Diff(base, b), manifest.Diff(b, base))
		}
	})
}
