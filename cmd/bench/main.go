// Command bench measures the built binary as a whole process: size, start, the
// commands on the example, and the import of real specifications where a folder
// of them is given. It prints medians; compare ratios within one run, since
// machines are noisy.
//
//	go run ./cmd/bench --binary bin/drawbridge --specs ~/specs
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"syscall"
	"time"
)

func main() {
	binary := flag.String("binary", "bin/drawbridge", "the built program")
	specs := flag.String("specs", "", "folder with real specifications")
	runs := flag.Int("runs", 7, "runs of each command; the median counts")
	flag.Parse()
	if err := bench(context.Background(), os.Stdout, *binary, *specs, *runs); err != nil {
		fmt.Fprintf(os.Stderr, "bench: %v\n", err)
		os.Exit(1)
	}
}

func bench(ctx context.Context, w io.Writer, binary, specs string, runs int) error {
	binary, err := filepath.Abs(binary)
	if err != nil {
		return err
	}
	info, err := os.Stat(binary)
	if err != nil {
		return fmt.Errorf("build it first: %w", err)
	}
	work, err := os.MkdirTemp("", "bench")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	fmt.Fprintf(w, "%-44s %8.1f MB   (target: under 60)\n", "binary", float64(info.Size())/1e6)
	fmt.Fprintf(w, "%-44s %10s %10s %10s\n", "whole process, median of "+fmt.Sprint(runs), "wall ms", "cpu ms", "peak MB")
	rows := [][]string{
		{"version (target: 50 ms)", "version"},
		{"threats, the example (target: 80 ms, 60 MB)", "threats", "examples/acme-payments/integration.yaml"},
		{"map svg, the example", "map", "--format", "svg", "examples/acme-payments/integration.yaml"},
		{"assess html, the example", "assess", "--fail-on", "none", "--format", "html", "examples/acme-payments/integration.yaml"},
	}
	for _, r := range rows {
		if err := row(ctx, w, runs, r[0], binary, r[1:]...); err != nil {
			return err
		}
	}
	return imports(ctx, w, binary, specs, work)
}

// imports measures a whole import of each real specification, three runs each.
func imports(ctx context.Context, w io.Writer, binary, specs, work string) error {
	files, err := filepath.Glob(filepath.Join(specs, "*.json"))
	if err != nil {
		return err
	}
	if specs == "" || len(files) == 0 {
		fmt.Fprintln(w, "NOT MEASURED: import of real specifications; give their folder: make bench SPECS=DIR")
		return nil
	}
	slices.Sort(files)
	for _, f := range files {
		var all []usage
		for i := range 3 {
			out := filepath.Join(work, fmt.Sprintf("%s-%d", filepath.Base(f), i))
			u, err := measure(ctx, binary, "new", "bench", "--from", f, "--yes", "--out", out)
			if err != nil {
				return fmt.Errorf("new --from %s: %w", filepath.Base(f), err)
			}
			all = append(all, u)
		}
		tell(w, "new --from "+filepath.Base(f), all)
	}
	return nil
}

type usage struct {
	wall, cpu time.Duration
	peak      int64 // KiB
}

func row(ctx context.Context, w io.Writer, runs int, name, binary string, args ...string) error {
	var all []usage
	for range runs {
		u, err := measure(ctx, binary, args...)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		all = append(all, u)
	}
	tell(w, name, all)
	return nil
}

func measure(ctx context.Context, binary string, args ...string) (usage, error) {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, binary, args...) //nolint:gosec // the program under measurement, named by the person
	start := time.Now()
	out, err := cmd.CombinedOutput()
	if err != nil {
		return usage{}, fmt.Errorf("%w\n%s", err, out)
	}
	wall := time.Since(start)
	r, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage)
	if !ok {
		return usage{}, errors.New("this system tells no resource usage")
	}
	return usage{wall, cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime(), r.Maxrss}, nil
}

func tell(w io.Writer, name string, all []usage) {
	mid := func(f func(usage) float64) float64 {
		v := make([]float64, 0, len(all))
		for _, u := range all {
			v = append(v, f(u))
		}
		slices.Sort(v)
		return v[len(v)/2]
	}
	fmt.Fprintf(w, "%-44s %10.0f %10.0f %10.0f\n", name,
		mid(func(u usage) float64 { return float64(u.wall) / 1e6 }), mid(func(u usage) float64 { return float64(u.cpu) / 1e6 }), mid(func(u usage) float64 { return float64(u.peak) / 1024 }))
}
