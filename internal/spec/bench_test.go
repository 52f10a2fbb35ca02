package spec_test

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"

	"drawbridge/internal/manifest"
	"drawbridge/internal/spec"
	"drawbridge/internal/taxonomy"
	"drawbridge/internal/testkit"
)

// importAll is the whole way from bytes to a checked manifest.
func importAll(tb testing.TB, name string, data []byte, dir string) []byte {
	tb.Helper()
	api, err := spec.Read(name, data, spec.Options{Dir: dir})
	if err != nil {
		tb.Fatal(err)
	}
	ids, err := api.Select(nil)
	if err != nil {
		tb.Fatal(err)
	}
	d, err := spec.NewDraft(api, ids, spec.DraftOptions{ID: "bench", SpecFile: "./spec.json", Classify: taxonomy.Builtin()})
	if err != nil {
		tb.Fatal(err)
	}
	out, err := manifest.Encode(d.Integration)
	if err != nil {
		tb.Fatal(err)
	}
	if _, err := manifest.Parse("integration.yaml", out); err != nil {
		tb.Fatal(err)
	}
	return out
}

func BenchmarkImport(b *testing.B) {
	for _, n := range []int{10, 100, 1000} {
		data := testkit.BigSpec(n)
		b.Run(fmt.Sprintf("operations=%d", n), func(b *testing.B) {
			b.SetBytes(int64(len(data)))
			b.ReportAllocs()
			for b.Loop() {
				importAll(b, "big.json", data, "")
			}
		})
	}
}

// TestImportIsDeterministic imports the same large description twice.
func TestImportIsDeterministic(t *testing.T) {
	t.Parallel()
	data := testkit.BigSpec(300)
	first, second := importAll(t, "big.json", data, ""), importAll(t, "big.json", data, "")
	if string(first) != string(second) {
		t.Error("two imports of the same bytes differ")
	}
	if !strings.Contains(string(first), "contact.email") || !strings.Contains(string(first), "/*/owner/iban") {
		t.Error("the import misses nested fields")
	}
}

var probe = flag.String("probe", "", "for the benchmark: import or kin, then = and a file")

// usage is what one process needed.
type usage struct {
	Wall    time.Duration `json:"wall"`
	PeakKiB int64         `json:"peak_kib"`
}

// TestProbe runs one import or one bare load in a process of its own, since a
// peak of memory belongs to a process. BenchmarkSpecs starts it.
func TestProbe(t *testing.T) {
	what, file, ok := strings.Cut(*probe, "=")
	if !ok {
		t.Skip("only as a child of BenchmarkSpecs")
	}
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	taxonomy.Builtin()
	start := time.Now()
	if what == "kin" {
		if _, err := openapi3.NewLoader().LoadFromData(data); err != nil {
			t.Fatal(err)
		}
	} else {
		importAll(t, file, data, filepath.Dir(file))
	}
	u := usage{Wall: time.Since(start)}
	status, err := os.ReadFile("/proc/self/status") // the rusage of a child starts at its parent's peak
	if err != nil {
		t.Skip("no /proc here: the peak of memory is not measured")
	}
	_, peak, _ := strings.Cut(string(status), "VmHWM:")
	if _, err := fmt.Sscan(peak, &u.PeakKiB); err != nil {
		t.Fatal(err)
	}
	if err := json.NewEncoder(os.Stdout).Encode(u); err != nil {
		t.Fatal(err)
	}
}

// BenchmarkSpecs imports every description of the folder that SPECS names, and
// compares with the bare load of an OpenAPI library: medians of several runs.
// Swagger 2 has no bare load; that library does not read it.
func BenchmarkSpecs(b *testing.B) {
	dir := os.Getenv("SPECS")
	if dir == "" {
		b.Skip("SPECS names no folder: THE REAL SPECIFICATIONS WERE NOT MEASURED; run with SPECS=DIR")
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.json"))
	if err != nil || len(files) == 0 {
		b.Fatalf("SPECS=%s holds no *.json: %v", dir, err)
	}
	for _, file := range files {
		b.Run(strings.TrimSuffix(filepath.Base(file), ".json"), func(b *testing.B) {
			ours := median(b, "import="+file, 5)
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(float64(ours.Wall.Milliseconds()), "import-ms")
			b.ReportMetric(float64(ours.PeakKiB)/1024, "peak-MiB")
			if kin := median(b, "kin="+file, 5); kin.Wall > 0 {
				b.ReportMetric(float64(kin.Wall.Milliseconds()), "bare-ms")
				b.ReportMetric(float64(kin.PeakKiB)/1024, "bare-peak-MiB")
				b.ReportMetric(float64(ours.Wall)/float64(kin.Wall), "ratio")
			}
		})
	}
}

// median runs the probe several times; zero when it cannot.
func median(b *testing.B, what string, runs int) usage {
	b.Helper()
	var all []usage
	for range runs {
		ctx, cancel := context.WithTimeout(b.Context(), time.Minute)
		out, err := exec.CommandContext(ctx, os.Args[0], "-test.run=^TestProbe$", "-probe="+what).Output()
		cancel()
		var u usage
		line, _, _ := strings.Cut(string(out), "\n")
		if err != nil || json.Unmarshal([]byte(line), &u) != nil {
			return usage{}
		}
		all = append(all, u)
	}
	slices.SortFunc(all, func(x, y usage) int { return int(x.Wall - y.Wall) })
	mid := all[len(all)/2]
	for _, u := range all {
		mid.PeakKiB = max(mid.PeakKiB, u.PeakKiB)
	}
	return mid
}
