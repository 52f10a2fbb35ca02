package web_test

import (
	"net/url"
	"strings"
	"testing"

	"drawbridge/internal/testkit"
)

// looks asks for pages and holds each to what it must say, must not say, and may cost.
func (b *browser) looks(t *testing.T, pages map[string][]string) {
	t.Helper()
	for path, want := range pages {
		a := b.get(path)
		for _, w := range want {
			if no, ok := strings.CutPrefix(w, "!"); ok && strings.Contains(a.text, no) || !ok && !strings.Contains(a.text, w) {
				t.Errorf("%s (%d): %q:\n%s", path, a.StatusCode, w, a.text)
			}
		}
		if n := b.rig.queries.Load(); a.StatusCode != 200 || n > 12 {
			t.Errorf("%s: %d, and asks the database %d times", path, a.StatusCode, n)
		}
		if strings.Contains(a.Header.Get("Content-Type"), "html") {
			for _, wrong := range check(t, a.text) {
				t.Errorf("%s: %s", path, wrong)
			}
		}
	}
}

func TestSearchPage(t *testing.T) {
	t.Parallel()
	testkit.Databases(t, func(t *testing.T, database string) {
		r := open(t, database)
		b := r.browser(t)
		dossier := b.bring("Card <script>alert(1)</script> payments")
		b.looks(t, map[string][]string{
			"/search":            {"Type a part of a name."},
			"/search?q=card+pay": {"Card &lt;script&gt;alert(1)&lt;/script&gt; payments", dossier, "Integrations"},
			"/search?q=a":        {"Search for 2 characters or more"},
			"/search?q=root":     {"root@drawbridge.example", "People"},
			"/search?q=" + url.QueryEscape(`"><script>x`): {"Nothing that you may see", "!<script>x"},
			"/keys-help": {"Next row of a list", "data-keys-toggle", `href="/integrations"`},
		})
	})
}
