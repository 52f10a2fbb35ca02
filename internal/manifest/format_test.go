package manifest_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"drawbridge"
	"drawbridge/internal/manifest"
)

func FuzzFormat(f *testing.F) {
	for _, p := range files(f) {
		data, err := os.ReadFile(p)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Add([]byte("kind: Integration\nid: a # x\n# y\napiVersion: b\nflows:\n- to: c\n  # z\n  id: d\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		once, err := manifest.Format("x.yaml", data)
		if err != nil {
			if _, ok := errors.AsType[manifest.Problems](err); !ok && drawbridge.KindOf(err) != drawbridge.Invalid {
				t.Fatalf("Format(%q): %v", data, err)
			}
			return
		}
		twice, err := manifest.Format("x.yaml", once)
		if err != nil || !bytes.Equal(once, twice) {
			t.Fatalf("Format twice differs: %v\n%q\n%q\n%q", err, data, once, twice)
		}
	})
}

// files lists the manifests and partner files of testdata and of the examples.
func files(tb testing.TB) []string {
	tb.Helper()
	var out []string
	for _, pattern := range []string{"testdata/*.yaml", "../../examples/*/integration.yaml", "../../examples/*/partners/*.yaml"} {
		found, err := filepath.Glob(pattern)
		if err != nil {
			tb.Fatal(err)
		}
		out = append(out, found...)
	}
	return out
}
