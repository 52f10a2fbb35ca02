package web_test

import (
	"net/url"
	"strings"
	"testing"

	"drawbridge"
	"drawbridge/internal/store"
	"drawbridge/internal/testkit"
)

// TestSavedViews saves the filters of a list, shares, renames, deletes and restores them.
func TestSavedViews(t *testing.T) {
	t.Parallel()
	testkit.Databases(t, func(t *testing.T, database string) {
		r := open(t, database)
		b := r.browser(t)
		b.bring("Card payments")
		if a := b.get("/integrations"); strings.Contains(a.text, "Save this view") {
			t.Error("a list without a filter offers to save it")
		}
		b.sees("/integrations?tier=high&state=&after=", "Save this view", `name="query" value="tier=high"`)
		form := url.Values{"list": {"integrations"}, "query": {"tier=high"}, "name": {"Mine <script>alert(1)</script>"}}
		a := b.post("/views", form)
		if a.StatusCode != 303 || a.Header.Get("Location") != "/integrations?done=view-saved&tier=high" {
			t.Fatalf("save: %d %s", a.StatusCode, a.Header.Get("Location"))
		}
		b.sees("/integrations?tier=high", "Mine &lt;script&gt;", `aria-current="page"`, "only you see this view", "Rename or delete")
		for _, list := range []string{"findings", "reviews", "questionnaires"} {
			b.sees("/"+list+"?state=open", "Save this view")
		}
		form.Set("name", " ")
		if a := b.post("/views", form); a.StatusCode != 400 || !strings.Contains(a.text, "Give the view a name.") || !strings.Contains(a.text, "Card payments") || len(check(t, a.text)) > 0 {
			t.Errorf("without a name: %d %v %s", a.StatusCode, check(t, a.text), a.text)
		}
		form.Set("name", strings.Repeat("a long name ", 9))
		if a := b.post("/views", form); a.StatusCode != 400 || !strings.Contains(a.text, "a long name a long name") {
			t.Errorf("too long a name: %d %s", a.StatusCode, a.text)
		}
		_, rest, _ := strings.Cut(b.get("/integrations?tier=high").text, `action="/views/`)
		id, _, _ := strings.Cut(rest, "/")

		r.Write(t, func(tx *store.Tx) error {
			p, err := tx.PersonByEmail("root@drawbridge.example")
			if err != nil {
				return err
			}
			p.Roles = []drawbridge.Role{drawbridge.Auditor}
			return tx.SetPerson(p)
		})
		form.Set("name", "Shared")
		form.Set("shared", "yes")
		if a := b.post("/views/"+id+"/change", form); a.StatusCode != 403 {
			t.Errorf("an auditor shares a view: %d", a.StatusCode)
		}
		form.Del("shared")
		if a := b.post("/views/"+id+"/change", form); a.StatusCode != 303 {
			t.Fatalf("rename: %d %s", a.StatusCode, a.text)
		}
		b.sees("/integrations?tier=high", ">Shared</a>")
		if a := b.post("/views/"+id+"/drop", nil); a.StatusCode != 303 || a.Header.Get("Location") != "/integrations?done=view-dropped&of="+id+"&tier=high" {
			t.Fatalf("delete: %d %s", a.StatusCode, a.Header.Get("Location"))
		}
		b.sees("/integrations?tier=high&done=view-dropped&of="+id, "The view was deleted.", `action="/views/`+id+`/restore"`, "Save this view")
		if a := b.post("/views/"+id+"/restore", nil); a.StatusCode != 303 {
			t.Errorf("undo: %d %s", a.StatusCode, a.text)
		}
		b.sees("/integrations?tier=high", ">Shared</a>")
		r.Write(t, func(tx *store.Tx) error {
			return tx.SetSavedView(&store.SavedView{ID: "viw_other", Person: "per_other", List: "integrations", Name: "Secret", Created: r.Now()})
		})
		if a := b.post("/views/viw_other/drop", nil); a.StatusCode != 404 {
			t.Errorf("somebody else's view: %d", a.StatusCode)
		}
	})
}
