package manifest_test

import (
	"os"
	"path/filepath"
	"testing"

	"drawbridge/internal/manifest"
	"drawbridge/internal/testkit"
)

func BenchmarkParse(b *testing.B) {
	for name, size := range map[string][2]int{"example": {14, 20}, "500": {500, 1500}, "1000": {1000, 3000}, "2000": {2000, 6000}} {
		b.Run(name, func(b *testing.B) {
			data := testkit.BigManifest(size[0], size[1])
			b.SetBytes(int64(len(data)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := manifest.Parse("big.yaml", data); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func bigBundle(tb testing.TB) *manifest.Bundle {
	tb.Helper()
	path := filepath.Join(tb.TempDir(), "integration.yaml")
	if err := os.WriteFile(path, testkit.BigManifest(2000, 6000), 0o600); err != nil {
		tb.Fatal(err)
	}
	bundle, err := manifest.Load(path)
	if err != nil {
		tb.Fatal(err)
	}
	return bundle
}

func BenchmarkContentDigest(b *testing.B) {
	bundle := bigBundle(b)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := manifest.ContentDigest(bundle); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDiff(b *testing.B) {
	x, y := bigBundle(b), bigBundle(b)
	b.ReportAllocs()
	for b.Loop() {
		if n := len(manifest.Diff(x, y)); n != 0 {
			b.Fatalf("%d changes", n)
		}
	}
}

func BenchmarkFormat(b *testing.B) {
	data := testkit.BigManifest(2000, 6000)
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := manifest.Format("big.yaml", data); err != nil {
			b.Fatal(err)
		}
	}
}
