package manifest_test

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"drawbridge"
	"drawbridge/internal/manifest"
)

const example = "../../examples/acme-payments/integration.yaml"

func TestReadFiles(t *testing.T) {
	t.Parallel()
	main, files, err := manifest.ReadFiles(example)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"integration.yaml", "openapi.yaml", "partners/acme-pay.yaml"}
	if got := slices.Sorted(maps.Keys(files)); main != "integration.yaml" || !cmp.Equal(got, want) {
		t.Fatalf("ReadFiles = %s %v, want %v", main, got, want)
	}
	disk, err := manifest.Load(example)
	if err != nil {
		t.Fatal(err)
	}
	memory, err := manifest.LoadFiles(main, files)
	if err != nil {
		t.Fatal(err)
	}
	a, errA := manifest.ContentDigest(disk)
	b, errB := manifest.ContentDigest(memory)
	if a != b || errA != nil || errB != nil {
		t.Errorf("digest from the disk %s %v, from memory %s %v", a, errA, b, errB)
	}
	if diff := cmp.Diff(disk.Inputs, memory.Inputs); diff != "" {
		t.Errorf("inputs (-disk +memory):\n%s", diff)
	}
}

func TestReadFilesBelowFolder(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	outside := filepath.Join(t.TempDir(), "secret")
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(outside, "secret")
	if err := os.Symlink(outside, filepath.Join(dir, "spec.yaml")); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "integration.yaml")
	write(file, "apiVersion: drawbridge/v1\nkind: Integration\nid: a\nenvironment: test\ninterfaces: [{id: api, kind: http_api, direction: outbound, spec: spec.yaml}]\n")
	if _, files, err := manifest.ReadFiles(file); drawbridge.KindOf(err) != drawbridge.Invalid {
		t.Errorf("ReadFiles through a link = %v %v, want it refused", files, err)
	}
}

func TestLoadFilesRefuses(t *testing.T) {
	t.Parallel()
	const text = "apiVersion: drawbridge/v1\nkind: Integration\nid: a\nenvironment: test\n"
	many := manifest.Files{}
	for i := range manifest.MaxFiles + 1 {
		many[strings.Repeat("x", i+1)] = nil
	}
	half := make([]byte, manifest.MaxFileBytes)
	for name, tt := range map[string]struct {
		files manifest.Files
		kind  drawbridge.Kind
	}{
		"up":               {manifest.Files{"../m.yaml": []byte(text)}, drawbridge.Invalid},
		"up inside":        {manifest.Files{"a/../../m.yaml": nil}, drawbridge.Invalid},
		"absolute":         {manifest.Files{"/etc/passwd": nil}, drawbridge.Invalid},
		"backslash":        {manifest.Files{`a\b`: nil}, drawbridge.Invalid},
		"drive":            {manifest.Files{"C:x": nil}, drawbridge.Invalid},
		"zero byte":        {manifest.Files{"a\x00b": nil}, drawbridge.Invalid},
		"not clean":        {manifest.Files{"./a": nil}, drawbridge.Invalid},
		"twice":            {manifest.Files{"a//b": nil}, drawbridge.Invalid},
		"empty":            {manifest.Files{"": nil}, drawbridge.Invalid},
		"control":          {manifest.Files{"a\x1b[2J": nil}, drawbridge.Invalid},
		"not UTF-8":        {manifest.Files{"a\xff": nil}, drawbridge.Invalid},
		"long":             {manifest.Files{strings.Repeat("a", manifest.MaxFileName+1): nil}, drawbridge.Invalid},
		"case":             {manifest.Files{"m.yaml": []byte(text), "Spec": nil, "spec": nil}, drawbridge.Invalid},
		"file and folder":  {manifest.Files{"m.yaml": []byte(text), "a": nil, "A/b": nil}, drawbridge.Invalid},
		"without manifest": {manifest.Files{"other.yaml": []byte(text)}, drawbridge.Invalid},
		"nothing":          {nil, drawbridge.Invalid},
		"not referred to":  {manifest.Files{"m.yaml": []byte(text), "a.txt": nil}, drawbridge.Invalid},
		"missing":          {manifest.Files{"m.yaml": []byte(text + "extends: b.yaml\n")}, drawbridge.Invalid},
		"many":             {many, drawbridge.TooLarge},
		"one large":        {manifest.Files{"m.yaml": make([]byte, manifest.MaxFileBytes+1)}, drawbridge.TooLarge},
		"all large":        {manifest.Files{"a": half, "b": half, "c": {0}}, drawbridge.TooLarge},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, err := manifest.LoadFiles("m.yaml", tt.files); drawbridge.KindOf(err) != tt.kind {
				t.Errorf("LoadFiles = %v (%s), want %s", err, drawbridge.KindOf(err), tt.kind)
			}
		})
	}
	if _, err := manifest.LoadFiles("m.yaml", manifest.Files{"m.yaml": []byte(text)}); err != nil {
		t.Errorf("LoadFiles = %v, want it accepted", err)
	}
}

// FuzzFileNames holds that no accepted name leaves a folder.
func FuzzFileNames(f *testing.F) {
	for _, s := range []string{"a", "a/b.yaml", "../a", "/a", "a/./b", `a\..\b`, "a\x00", "CON", "a/.."} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, name string) {
		if (manifest.Files{name: nil}).Check() == nil && (!filepath.IsLocal(filepath.FromSlash(name)) || filepath.Clean(name) != name) {
			t.Errorf("%q is accepted and leads out of the folder", name)
		}
	})
}
