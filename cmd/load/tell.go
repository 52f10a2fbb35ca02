package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"sync"
	"text/tabwriter"
	"time"

	"drawbridge"
)

// The targets.
const (
	targetRead    = 300 * time.Millisecond // 95 in 100
	targetWrite   = 500 * time.Millisecond
	targetQueries = 12 // at most, for an answer that reads
)

// samples are what was measured of each operation.
type samples struct {
	mu sync.Mutex // guards by
	by map[string]*sample
}

type sample struct {
	write     bool
	took      []time.Duration
	conflicts int // somebody else was first: the server is right
	errors    []string
}

// add notes one request.
func (s *samples) add(name string, write bool, took time.Duration, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	have := s.by[name]
	if have == nil {
		have = &sample{write: write}
		s.by[name] = have
	}
	switch {
	case err == nil:
		have.took = append(have.took, took)
	case drawbridge.KindOf(err) == drawbridge.Conflict:
		have.conflicts++
	default:
		have.errors = append(have.errors, err.Error())
	}
}

// report is what a run says.
type report struct {
	Server     string     `json:"server"`
	People     int        `json:"people"`
	Think      string     `json:"think"`
	Took       string     `json:"took"`
	Requests   int        `json:"requests"`
	PerSecond  float64    `json:"per_second"`
	Operations []opReport `json:"operations"` // and the sums of reads and writes
	Queries    []asked    `json:"queries"`
	Errors     []string   `json:"errors"` // the first of each kind of operation
	Misses     []string   `json:"misses"` // where a target was missed
	Met        bool       `json:"met"`
}

type opReport struct {
	Name      string  `json:"name"`
	Write     bool    `json:"write"`
	Count     int     `json:"count"`
	Conflicts int     `json:"conflicts"`
	Errors    int     `json:"errors"`
	P50       float64 `json:"p50_ms"`
	P95       float64 `json:"p95_ms"`
	P99       float64 `json:"p99_ms"`
	Max       float64 `json:"max_ms"`
}

func newReport(opt options, s *samples, took time.Duration, before, after map[string]asked) *report {
	r := &report{Server: opt.Server, People: opt.People, Think: opt.Think.String(), Took: took.Round(time.Second).String(), Errors: []string{}, Misses: []string{}}
	reads, writes := &sample{}, &sample{write: true}
	for _, name := range slices.Sorted(maps.Keys(s.by)) {
		o := s.by[name]
		r.Operations = append(r.Operations, o.report(name))
		sum := reads
		if o.write {
			sum = writes
		}
		sum.took, sum.errors, sum.conflicts = append(sum.took, o.took...), append(sum.errors, o.errors...), sum.conflicts+o.conflicts
		if len(o.errors) > 0 {
			r.Errors = append(r.Errors, name+": "+o.errors[0])
		}
	}
	slices.SortStableFunc(r.Operations, func(a, b opReport) int { return boolToInt(a.Write) - boolToInt(b.Write) })
	for _, sum := range []struct {
		name string
		of   *sample
		p95  time.Duration
	}{{"all reads", reads, targetRead}, {"all writes", writes, targetWrite}} {
		line := sum.of.report(sum.name)
		r.Operations = append(r.Operations, line)
		r.Requests += line.Count + line.Errors + line.Conflicts
		if line.Errors > 0 {
			r.Misses = append(r.Misses, fmt.Sprintf("%s: %d errors", sum.name, line.Errors))
		}
		if line.P95 > ms(sum.p95) {
			r.Misses = append(r.Misses, fmt.Sprintf("%s: 95 in 100 within %.0f ms, the target is %.0f", sum.name, line.P95, ms(sum.p95)))
		}
	}
	r.PerSecond = float64(r.Requests) / took.Seconds()
	for _, route := range slices.Sorted(maps.Keys(after)) {
		a := after[route].since(before[route])
		if a.Count == 0 {
			continue
		}
		r.Queries = append(r.Queries, a)
		if strings.HasPrefix(route, "GET ") && a.Over > 0 {
			r.Misses = append(r.Misses, fmt.Sprintf("%s: %d answers took more than %d queries", route, a.Over, targetQueries))
		}
	}
	r.Met = len(r.Misses) == 0
	return r
}

func boolToInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

func (o *sample) report(name string) opReport {
	slices.Sort(o.took)
	at := func(q float64) float64 {
		if len(o.took) == 0 {
			return 0
		}
		return ms(o.took[min(len(o.took)-1, int(q*float64(len(o.took))))])
	}
	return opReport{name, o.write, len(o.took), o.conflicts, len(o.errors), at(.5), at(.95), at(.99), at(1)}
}

func ms(d time.Duration) float64 { return float64(d.Round(100*time.Microsecond)) / 1e6 }

// tell writes the report as a table.
func (r *report) tell(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(w, "%d people on %s for %s, thinking %s: %d requests, %.1f a second\n\n", r.People, r.Server, r.Took, r.Think, r.Requests, r.PerSecond)
	fmt.Fprintln(t, "operation\tcount\tconflicts\terrors\tp50 ms\tp95 ms\tp99 ms\tmax ms\t")
	for _, o := range r.Operations {
		fmt.Fprintf(t, "%s\t%d\t%d\t%d\t%.1f\t%.1f\t%.1f\t%.1f\t\n", o.Name, o.Count, o.Conflicts, o.Errors, o.P50, o.P95, o.P99, o.Max)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	if len(r.Queries) > 0 {
		fmt.Fprintln(t, "\nqueries of a request\tcount\tmean\tmore than 12\t")
		for _, a := range r.Queries {
			fmt.Fprintf(t, "%s\t%d\t%.1f\t%d\t\n", a.Route, a.Count, a.Mean, a.Over)
		}
		if err := t.Flush(); err != nil {
			return err
		}
	}
	verdict := "\nThe targets are met: p95 read 300 ms, p95 write 500 ms, no errors, at most 12 queries a page.\n"
	if !r.Met {
		verdict = "\nThe targets are missed:\n  " + strings.Join(slices.Concat(r.Misses, r.Errors), "\n  ") + "\n"
	}
	_, err := io.WriteString(w, verdict)
	return err
}
