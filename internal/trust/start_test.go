package trust_test

import (
	"context"
	"testing"
	"time"

	"drawbridge/internal/testkit"
)

// TestKilledWhileStarting kills a server amid its first start, when it makes its
// keys, its schema and the first administrator. The next start makes good what
// is missing.
func TestKilledWhileStarting(t *testing.T) {
	t.Parallel()
	testkit.Databases(t, func(t *testing.T, database string) {
		t.Parallel()
		var in *installation
		testkit.Kills{
			Rounds: times(5, 50), Within: 800 * time.Millisecond,
			Start: func() *testkit.Process {
				if in != nil && database != "" {
					database = testkit.Postgres(t)
				}
				in = newInstallation(t, database)
				return testkit.Start(t, in.command("serve", "--listen", "127.0.0.1:0"))
			},
			Work: func(ctx context.Context, _ *testkit.Process) { <-ctx.Done() },
			Check: func(round int) {
				s := in.serve()
				s.sign("ann")
				if code := s.Stop(); code != 0 {
					t.Errorf("round %d: the server ended with %d", round, code)
				}
				if err := in.fsck(); err != nil {
					t.Errorf("round %d: %v", round, err)
				}
			},
		}.Run(t)
	})
}
