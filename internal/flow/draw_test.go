package flow_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"drawbridge/internal/manifest"
)

func TestDump(t *testing.T) {
	dir := os.Getenv("DUMP")
	if dir == "" {
		t.Skip("set DUMP to a folder to look at the drawings")
	}
	maps := map[string]*manifest.Bundle{"payments": payments()}
	for _, n := range []int{15, 40, 100, 500} {
		maps[fmt.Sprint(n)] = generated(n, n*3/2)
	}
	for name, b := range maps {
		f, err := os.Create(filepath.Join(dir, name+".svg"))
		if err != nil {
			t.Fatal(err)
		}
		if err := build(t, b).SVG(f); err != nil {
			t.Fatal(err)
		}
		f.Close()
	}
}
