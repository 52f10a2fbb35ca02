package review_test

import (
	"os"
	"path/filepath"
	"testing"

	"drawbridge"
	"drawbridge/internal/policy"
	"drawbridge/internal/review"
	"drawbridge/internal/testkit"
	"drawbridge/internal/testkit/world"
)

// pair is the built-in policy with two sign-offs for each role, security first.
func pair(tb testing.TB) *policy.Workspace {
	tb.Helper()
	own, err := os.ReadFile("../policy/pack/review.yaml")
	if err != nil {
		tb.Fatal(err)
	}
	dir := tb.TempDir()
	pack := filepath.Join(dir, "pack")
	if err := os.Mkdir(pack, 0o700); err != nil {
		tb.Fatal(err)
	}
	for name, text := range map[string]string{
		"pack.yaml":   "name: pair\nkind: policy\nversion: 1.0.0\nextends: builtin\n",
		"review.yaml": world.Edit(tb, string(own), "medium, order: [], quorum: 1", "medium, order: [[security], [privacy]], quorum: 2"),
	} {
		if err := os.WriteFile(filepath.Join(pack, name), []byte(text), 0o600); err != nil {
			tb.Fatal(err)
		}
	}
	if _, err := policy.Add(filepath.Join(dir, policy.WorkspaceFile), pack); err != nil {
		tb.Fatal(err)
	}
	ws, err := policy.OpenWorkspace(dir)
	if err != nil {
		tb.Fatal(err)
	}
	return ws
}

// TestQuorum wants two of security before privacy, counts nobody twice, and a
// delegate with who delegated as one.
func TestQuorum(t *testing.T) {
	t.Parallel()
	testkit.Databases(t, func(t *testing.T, url string) {
		r := open(t, url)
		r.Packs.Store(pair(t))
		p := r.push(t)
		id := r.the(t, p.Integration.ID).ID
		r.walk(t, id)
		must := func(s drawbridge.Signoff, err error) drawbridge.Signoff {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
			return s
		}
		counts := func(when string, want int) {
			t.Helper()
			n := 0
			for _, s := range r.progress(t, id).Signoffs {
				if s.Counts {
					n++
				}
			}
			if n != want {
				t.Errorf("%s: %d sign-offs count, want %d", when, n, want)
			}
		}
		must(r.sign(t, id, "sec", security))
		_, err := r.sign(t, id, "priv", privacy)
		world.WantKind(t, "privacy before the second of security", err, drawbridge.Conflict)

		day := drawbridge.DateOf(world.Start().AddDate(0, 0, 20))
		if _, err := r.Delegate(t.Context(), r.as("sec"), review.Delegating{Role: security, To: r.people["sec2"].Person, Until: day}); err != nil {
			t.Fatal(err)
		}
		must(r.Sign(t.Context(), r.as("sec2"), review.Signing{Review: id, Role: security, Approve: true, View: r.progress(t, id).View, For: r.people["sec"].Person}))
		_, err = r.sign(t, id, "priv", privacy)
		world.WantKind(t, "privacy after the same person twice, once by a delegate", err, drawbridge.Conflict)
		second := must(r.sign(t, id, "all", security))
		first := must(r.sign(t, id, "priv", privacy))
		counts("two of security, a delegate, and one of privacy", 4)

		if _, err := r.Unsign(t.Context(), r.as("all"), review.Unsigning{Signoff: second.ID, Reason: "not sure"}); err != nil {
			t.Fatal(err)
		}
		counts("one of security took it back, and privacy comes too early", 2)
		must(r.sign(t, id, "all", security))
		counts("privacy signed before that", 3)
		if again := must(r.sign(t, id, "priv", privacy)); again.ID == first.ID {
			t.Error("who signed too early cannot sign again")
		}
		counts("privacy signed again", 4)
	})
}
