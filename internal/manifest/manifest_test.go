package manifest_test

import (
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"drawbridge/internal/manifest"
)

func TestEncodeReadsBack(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile("testdata/full.yaml")
	if err != nil {
		t.Fatal(err)
	}
	doc, err := manifest.Parse("full.yaml", data)
	if err != nil {
		t.Fatal(err)
	}
	out, err := manifest.Encode(doc.Integration)
	if err != nil {
		t.Fatal(err)
	}
	if os.Getenv("SHOW") != "" {
		t.Logf("%s", out)
	}
	again, err := manifest.Parse("again.yaml", out)
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if d := cmp.Diff(doc.Integration, again.Integration); d != "" {
		t.Error(d)
	}
}
