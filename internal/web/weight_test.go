package web_test

import (
	"net/http"
	"strings"
	"testing"
)

// TestCompressed holds that pages and what they are made of travel compressed to
// whoever takes it, with a length that is not the same for every page of one size.
func TestCompressed(t *testing.T) {
	t.Parallel()
	r := open(t, "")
	b := r.browser(t)
	page := b.get("/setup")
	if !page.Uncompressed || !strings.Contains(page.Header.Get("Vary"), "Accept-Encoding") {
		t.Errorf("the first page came as it is: %v", page.Header)
	}
	for word := range strings.FieldsSeq(strings.NewReplacer(`"`, " ").Replace(page.text)) {
		if !strings.HasPrefix(word, "/assets/") {
			continue
		}
		a := b.get(word)
		if a.StatusCode != http.StatusOK || a.text == "" {
			t.Errorf("%s: %d", word, a.StatusCode)
		}
		if packs := strings.HasSuffix(word, ".css") || strings.HasSuffix(word, ".js"); packs && !a.Uncompressed {
			t.Errorf("%s came as it is: %v", word, a.Header)
		}
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, r.url+"/setup", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Accept-Encoding", "identity")
	if plain := b.do(req); plain.Header.Get("Content-Encoding") != "" || !strings.Contains(plain.text, "<html") {
		t.Errorf("asked for no encoding: %v", plain.Header)
	}
}
