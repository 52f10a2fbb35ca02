package register

import (
	"bytes"
	"testing"

	"github.com/google/go-cmp/cmp"

	"drawbridge/internal/manifest"
)

func TestBundleDeterministic(t *testing.T) {
	t.Parallel()
	files := manifest.Files{"m.yaml": []byte("manifest"), "a.yaml": []byte("a"), "partners/p.yaml": {}, "ä b.json": []byte("{}")}
	var first bytes.Buffer
	if err := writeBundle(&first, "m.yaml", files); err != nil {
		t.Fatal(err)
	}
	for range 20 {
		var again bytes.Buffer
		if err := writeBundle(&again, "m.yaml", files); err != nil || !bytes.Equal(first.Bytes(), again.Bytes()) {
			t.Fatalf("the same files give other bytes (%v)", err)
		}
	}
	// The bytes are part of the record: a new version of the program keeps them.
	const want = "sha256:fdeabf414429fb21f7a5a0f25e94fa1e6b2eaae18135a4917900aa6e4f8b9d26"
	if got, err := bundleDigest("m.yaml", files); err != nil || got != want {
		t.Errorf("bundleDigest = %s %v, want %s", got, err, want)
	}
	main, back, err := readBundle(first.Bytes())
	if err != nil || main != "m.yaml" || !cmp.Equal(back, files) {
		t.Errorf("readBundle = %s %v %v", main, back, err)
	}
}

// FuzzBundle holds that an archive is refused or gives files within the limits.
func FuzzBundle(f *testing.F) {
	var b bytes.Buffer
	if err := writeBundle(&b, "m.yaml", manifest.Files{"m.yaml": []byte("x"), "b/c": []byte("y")}); err != nil {
		f.Fatal(err)
	}
	f.Add(b.Bytes())
	f.Add([]byte("PK"))
	f.Fuzz(func(t *testing.T, data []byte) {
		main, files, err := readBundle(data)
		if err != nil {
			return
		}
		if _, ok := files[main]; !ok || files.Check() != nil {
			t.Errorf("readBundle accepts %q of %d files", main, len(files))
		}
	})
}
