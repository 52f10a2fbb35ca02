package manifest_test

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"drawbridge/internal/manifest"
	"drawbridge/internal/seal"
)

var update = flag.Bool("update", false, "rewrite golden files")

// golden compares got with a file, or rewrites the file with -update.
func golden(t *testing.T, path string, got []byte) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), string(got)); d != "" {
		t.Errorf("%s: -want +got\n%s", path, d)
	}
}

func load(t *testing.T, path string) *manifest.Bundle {
	t.Helper()
	b, err := manifest.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestVectors holds both projections to committed bytes. When one of these
// files changes, so does the meaning of every stored digest: raise the version.
func TestVectors(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"minimal", "full", "extends"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := filepath.Join("testdata/vectors", name)
			b := load(t, filepath.Join(dir, "integration.yaml"))
			content, err := manifest.Content(b)
			if err != nil {
				t.Fatal(err)
			}
			material, err := manifest.Material(b)
			if err != nil {
				t.Fatal(err)
			}
			golden(t, filepath.Join(dir, "content.json"), content.JSON)
			golden(t, filepath.Join(dir, "material.json"), material.JSON)
			golden(t, filepath.Join(dir, "digests.txt"), fmt.Appendf(nil, "%s %s\n%s %s\n", content.Version, content.Digest(), material.Version, material.Digest()))
			for _, v := range []manifest.View{content, material} {
				if again, err := seal.JSON(v.JSON); err != nil || !bytes.Equal(again, v.JSON) {
					t.Errorf("%s is not canonical: %v", v.Version, err)
				}
			}
		})
	}
}

// edited writes a changed copy of the full vector and loads it.
func edited(t *testing.T, changes ...string) *manifest.Bundle {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS("testdata/vectors/full")); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "integration.yaml")
	for i := 0; i+1 < len(changes); i += 2 {
		for _, p := range []string{path, filepath.Join(dir, "partners", "acme-pay.yaml"), filepath.Join(dir, "openapi.yaml")} {
			data, err := os.ReadFile(p)
			if err != nil {
				t.Fatal(err)
			}
			data = bytes.Replace(data, []byte(changes[i]), []byte(changes[i+1]), 1)
			if err := os.WriteFile(p, data, 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	return load(t, path)
}

func TestDigests(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		change            []string
		content, material bool // whether the digest changes
	}{
		"nothing":             {nil, false, false},
		"order of a set":      {[]string{"[b.acme.example, a.acme.example]", "[a.acme.example, b.acme.example]"}, false, false},
		"order of a list":     {[]string{"  - {id: z-cloud, region: US}\n  - {id: a-bank, region: DE}", "  - {id: a-bank, region: DE}\n  - {id: z-cloud, region: US}"}, false, false},
		"order of keys":       {[]string{"id: acme-payments\nenvironment: production", "environment: production\nid: acme-payments"}, false, false},
		"comment":             {[]string{"kind: Integration", "kind: Integration # really"}, false, false},
		"style":               {[]string{"name: Acme card payments", `name: "Acme card payments"`}, false, false},
		"same span":           {[]string{"breach_notice: 24h", "breach_notice: 1d"}, false, false},
		"empty object":        {[]string{"envelope: {requests_per_minute: 600, max_body: 64KiB}", "envelope: {requests_per_minute: 600, max_body: 65536B}"}, false, false},
		"name":                {[]string{"name: Acme card payments", "name: Card payments"}, true, false},
		"reason":              {[]string{"reason: \"why not\"", "reason: no money"}, true, false},
		"specification":       {[]string{"title: Vector", "title: Other"}, true, false},
		"partner's name":      {[]string{"legal_name: Acme Pay Ltd", "legal_name: Acme Pay"}, true, false},
		"contact":             {[]string{"acme-pay.example/security", "acme-pay.example/contact"}, true, false},
		"owner":               {[]string{"technical: team:payments", "technical: team:orders"}, true, true},
		"host":                {[]string{"b.acme.example", "c.acme.example"}, true, true},
		"partner's country":   {[]string{"country: IE", "country: US"}, true, true},
		"none becomes absent": {[]string{"    shared_with: []\n", ""}, true, true},
		"field's case":        {[]string{"/customer/email", "/customer/Email"}, true, true},
	}
	base := edited(t)
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			other := edited(t, tt.change...)
			a, _ := manifest.Content(base)
			b, _ := manifest.Content(other)
			if got := a.Digest() != b.Digest(); got != tt.content {
				t.Errorf("content digest changes: %v, want %v", got, tt.content)
			}
			c, _ := manifest.Material(base)
			d, _ := manifest.Material(other)
			if got := c.Digest() != d.Digest(); got != tt.material {
				t.Errorf("material digest changes: %v, want %v", got, tt.material)
			}
		})
	}
}

func TestFormatKeepsTheDigest(t *testing.T) {
	t.Parallel()
	for _, p := range files(t) {
		if strings.Contains(p, "partners") {
			continue
		}
		data, err := os.ReadFile(p)
		if err != nil {
			t.Fatal(err)
		}
		out, err := manifest.Format(p, data)
		if err != nil {
			t.Fatal(err)
		}
		dir := t.TempDir()
		if err := os.CopyFS(dir, os.DirFS(filepath.Dir(p))); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, filepath.Base(p)), out, 0o600); err != nil {
			t.Fatal(err)
		}
		a, _ := manifest.ContentDigest(load(t, p))
		b, _ := manifest.ContentDigest(load(t, filepath.Join(dir, filepath.Base(p))))
		if a != b {
			t.Errorf("%s: formatting changes the digest from %s to %s", p, a, b)
		}
	}
}
