package tour_test

import (
	"testing"
	"time"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/account"
	"drawbridge/internal/app"
	"drawbridge/internal/custody"
	"drawbridge/internal/tour"
)

// TestTour makes a small demonstration, takes its path step by step, and opens it
// a second time.
func TestTour(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	local, err := app.OpenLocal(ctx, app.Options{Data: t.TempDir(), Listen: "127.0.0.1:0", LogFormat: "text", LogLevel: "error", Workers: 1, Version: "test", Now: time.Now, Create: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = local.Close() })
	opt, err := local.Tour(nil)
	if err != nil {
		t.Fatal(err)
	}
	opt.Seed.Partners, opt.Seed.Integrations = 3, 4
	if made, err := tour.Made(opt.Dir); err != nil || made {
		t.Fatalf("Made before Make = %v, %v", made, err)
	}
	if err := tour.Make(ctx, opt); err != nil {
		t.Fatal(err)
	}
	if made, err := tour.Made(opt.Dir); err != nil || !made {
		t.Fatalf("Made after Make = %v, %v", made, err)
	}
	d, err := tour.Open(ctx, opt)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	roles := map[drawbridge.Role]bool{}
	for _, p := range d.People() {
		roles[p.Role] = true
		secret, err := d.Enter(ctx, account.SignIn{Email: p.Email, Via: "web"})
		if err != nil {
			t.Fatalf("enter as %s: %v", p.Role, err)
		}
		if a, err := local.Account.Authenticate(ctx, secret, "web", "req"); err != nil || !a.Has(p.Role) {
			t.Errorf("who entered as %s is %v, %v", p.Role, a.Roles, err)
		}
	}
	if len(roles) != len(drawbridge.PersonRoles()) {
		t.Errorf("there is somebody for %d of %d roles", len(roles), len(drawbridge.PersonRoles()))
	}
	if _, err := d.Enter(ctx, account.SignIn{Email: "root@drawbridge.example", Via: "web"}); drawbridge.KindOf(err) != drawbridge.NotFound {
		t.Errorf("enter as nobody: %v", err)
	}
	steps := walk(t, d, 0)
	for i, s := range steps {
		if err := d.Do(ctx, s.Key); err != nil {
			t.Fatalf("step %s: %v", s.Key, err)
		}
		walk(t, d, i+1)
	}
	if err := d.Do(ctx, steps[4].Key); err != nil {
		t.Errorf("a step that is done: %v", err)
	}
	if err := d.Do(ctx, "nothing"); drawbridge.KindOf(err) != drawbridge.NotFound {
		t.Errorf("no step: %v", err)
	}
	if report, err := local.Custody.Check(ctx, access.Keeper(), custody.CheckOptions{}); err != nil || len(report.Differences) > 0 {
		t.Errorf("fsck: %v, %v", report, err)
	}
}

// walk holds the path to how many of its steps are done.
func walk(t *testing.T, d *tour.Tour, done int) []tour.Step {
	t.Helper()
	steps, err := d.Steps(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for i, s := range steps {
		if s.Done != (i < done) || (s.Act == "") != s.Done {
			t.Errorf("after %d steps, step %s: done %v, act %q", done, s.Key, s.Done, s.Act)
		}
	}
	return steps
}
