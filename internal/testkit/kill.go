package testkit

import (
	"context"
	"math"
	"syscall"
	"testing"
	"time"
)

// Kills says how a process is killed over and over amid its work.
type Kills struct {
	Rounds int
	// Within is the longest time that Work goes undisturbed. The kill comes anywhere
	// in it.
	Within time.Duration
	// Start starts the process, and returns when it is ready.
	Start func() *Process
	// Work keeps the process busy until the context ends, which is when the process
	// is dead. It runs in the test's own goroutine.
	Work func(ctx context.Context, p *Process)
	// Check holds what the dead process left to what it had promised.
	Check func(round int)
}

// Run starts, kills and checks for the given number of rounds. A process that ends
// by itself fails the test.
func (k Kills) Run(tb testing.TB) {
	tb.Helper()
	for round := range k.Rounds {
		p := k.Start()
		k.kill(tb, p, moment(round, k.Within))
		if status, ok := p.cmd.ProcessState.Sys().(syscall.WaitStatus); !ok || status.Signal() != syscall.SIGKILL {
			tb.Fatalf("round %d: the process ended by itself (%v), and said, at last:\n%s", round, p.cmd.ProcessState, p.tail(shown))
		}
		k.Check(round)
		if tb.Failed() {
			tb.Fatalf("round %d: what is left after the kill is wrong; the process had said, at last:\n%s", round, p.tail(shown))
		}
	}
}

// kill lets the process work, and returns when it is dead.
func (k Kills) kill(tb testing.TB, p *Process, after time.Duration) {
	tb.Helper()
	ctx, cancel := context.WithCancel(tb.Context())
	idle := make(chan struct{})
	go func() {
		defer cancel()
		select {
		case <-time.After(after):
		case <-idle:
		case <-p.done:
		}
		p.Kill()
	}()
	k.Work(ctx, p)
	close(idle)
	<-ctx.Done()
}

// moment spreads the rounds over the time given. Multiples of the golden ratio
// cover it evenly, however many there are, and never fall into step with the work.
func moment(round int, within time.Duration) time.Duration {
	_, part := math.Modf(float64(round+1) * math.Phi)
	return time.Duration(part * float64(within))
}
