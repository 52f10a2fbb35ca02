package job_test

import (
	"context"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"drawbridge/internal/job"
	"drawbridge/internal/testkit"
)

// BenchmarkJobs measures jobs a second: with work that is recorded in the
// ledger, and with none, which is what the queue itself can do.
func BenchmarkJobs(b *testing.B) {
	for _, db := range []string{"sqlite", "postgres"} {
		for _, recorded := range []bool{true, false} {
			name := db + "/queue alone"
			if recorded {
				name = db + "/recorded"
			}
			b.Run(name, func(b *testing.B) {
				url := ""
				if db == "postgres" {
					url = testkit.Postgres(b)
				}
				w := open(b, url)
				var ran atomic.Int64
				work := func(ctx context.Context, e job.Event) error {
					defer ran.Add(1)
					if recorded {
						return w.effect(ctx, e)
					}
					return nil
				}
				for left := b.N; left > 0; left -= 1000 {
					w.add(b, "effect", min(left, 1000))
				}
				before := used(b)
				b.ResetTimer()
				j := w.jobs(b, job.Options{Workers: map[string]job.Worker{"effect": {Work: work}}})
				if err := j.Start(b.Context()); err != nil {
					b.Fatal(err)
				}
				wait(b, "every job", func() bool { return ran.Load() >= int64(b.N) })
				b.StopTimer()
				b.ReportMetric(float64(used(b)-before)/float64(b.N)/1e6, "cpu-ms/job") // what a busy machine does not blur
				b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "jobs/s")
				j.Stop()
			})
		}
	}
}

// BenchmarkIdle measures the processor's share of a queue that has nothing to do.
func BenchmarkIdle(b *testing.B) {
	for _, db := range []string{"sqlite", "postgres"} {
		b.Run(db, func(b *testing.B) {
			url := ""
			if db == "postgres" {
				url = testkit.Postgres(b)
			}
			w := open(b, url)
			w.start(b, job.Options{Workers: map[string]job.Worker{"effect": {Work: w.effect}}})
			before, start := used(b), time.Now()
			for range b.N {
				<-time.After(5 * time.Second)
			}
			b.ReportMetric(100*float64(used(b)-before)/float64(time.Since(start)), "cpu%")
		})
	}
}

// used is the processor time of this process.
func used(b *testing.B) time.Duration {
	b.Helper()
	var r syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &r); err != nil {
		b.Fatal(err)
	}
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}
