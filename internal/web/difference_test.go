package web_test

import (
	"strings"
	"testing"

	"drawbridge"
	"drawbridge/internal/register"
	"drawbridge/internal/testkit/world"
)

// TestDifference compares revisions as the pages lead there.
func TestDifference(t *testing.T) {
	t.Parallel()
	r := open(t, "")
	r.browser(t).first()
	root := r.root(t)
	ann, asks := r.joins(t, root, "ann", drawbridge.Requester)
	eve, _ := r.joins(t, root, "eve", drawbridge.Requester)
	first := r.Bring(t, asks, "pay")
	base := "/integrations/" + string(first.ID)
	if a := ann.get(base + "/difference"); a.StatusCode != 200 || !strings.Contains(a.text, "It is one and the same revision.") || len(check(t, a.text)) > 0 {
		t.Errorf("a first revision: %d %v %s", a.StatusCode, check(t, a.text), a.text)
	}
	second := r.Deliver(t, asks, "pay", world.Example(t, "pay", "credential_shared: false", "credential_shared: true", "name: Card payments", "name: Card <script>alert(1)</script>"))
	third := r.Deliver(t, asks, "pay", world.Example(t, "pay", "credential_shared: false", "credential_shared: true"))
	from := base + "/difference?from=" + string(first.Head)
	for path, want := range map[string][]string{
		base + "/difference": {"1 field changed", "Nothing widens", "<del>Card &lt;script&gt;", base + "/history#revision-2", base + "/history#revision-3"},
		from:                 {"1 of them beyond what was judged", ">widening<", "credential_shared</code>", "<del>false</del>", "<ins>true</ins>"},
		from + "&to=" + string(second.Revision.ID):                  {"2 fields changed", "Card &lt;script&gt;"},
		base + "/difference?from=&to=" + string(second.Revision.ID): {"2 fields changed", `value="` + string(second.Revision.ID) + `" selected`},
		from + "&to=" + string(first.Head):                          {"It is one and the same revision."},
		base + "/history":                                           {"/difference?from=" + string(second.Revision.ID) + "&amp;to=" + string(third.Revision.ID), `id="revision-2"`},
	} {
		a := ann.get(path)
		for _, w := range want {
			if a.StatusCode != 200 || !strings.Contains(a.text, w) {
				t.Errorf("%s (%d) does not say %q:\n%s", path, a.StatusCode, w, a.text)
			}
		}
		if n := r.queries.Load(); n > 12 {
			t.Errorf("%s asks the database %d times, want at most 12", path, n)
		}
		for _, wrong := range append(check(t, a.text), scripts(a.text)...) {
			t.Errorf("%s: %s", path, wrong)
		}
	}
	a := ann.get(base + "/difference?to=" + string(second.Revision.ID))
	if wide, other := strings.Index(a.text, ">widening<"), strings.Index(a.text, ">neutral<"); wide < 0 || other < wide {
		t.Errorf("what widens stands at %d, what does not at %d", wide, other)
	}
	hers := r.Bring(t, asks, "hers")
	for path, b := range map[string]*browser{base + "/difference": eve, base + "/difference?from=" + string(hers.Head): ann, base + "/difference?from=rev_nothing": ann} {
		if a := b.get(path); a.StatusCode != 404 {
			t.Errorf("%s: %d, want 404", path, a.StatusCode)
		}
	}
	if d, err := r.Record.Difference(t.Context(), asks, register.ByID(first.ID), first.Head, ""); err != nil || !d.Widens {
		t.Errorf("the desk says %+v %v", d, err)
	}
}

// scripts are stored scripts that came as they are.
func scripts(page string) []string {
	if strings.Contains(page, "<script>alert") {
		return []string{"a stored script comes as it is"}
	}
	return nil
}
