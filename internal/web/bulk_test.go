package web_test

import (
	"encoding/csv"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"drawbridge"
	"drawbridge/internal/register"
	"drawbridge/internal/store"
	"drawbridge/internal/testkit"
)

// TestBulk gives two integrations of a list to somebody, sees what became of each, and takes it back.
func TestBulk(t *testing.T) {
	t.Parallel()
	testkit.Databases(t, func(t *testing.T, database string) {
		r := open(t, database)
		b := r.browser(t)
		b.bring("Card <script>alert(1)</script> payments")
		root, ben := r.root(t), r.Person(t, "ben", drawbridge.Requester)
		r.Bring(t, root, "mail", "name: Card payments", "name: Mail")
		list, err := r.Record.Integrations(t.Context(), root, register.IntegrationFilter{}, nil, 0)
		if err != nil || len(list.Items) != 2 {
			t.Fatal(err, list)
		}
		ids := url.Values{"id": {string(list.Items[0].ID), string(list.Items[1].ID)}}
		b.sees("/integrations?tier=high", `name="id"`, "Assign an owner", `name="filter" value="tier=high"`)
		b.sees("/findings", `name="id"`, "Propose an exception")
		if a := b.get("/bulks/new?act=owner&list=integrations&of=ticked"); a.StatusCode != 303 || a.Header.Get("Location") != "/integrations?done=bulk-none" {
			t.Errorf("with nothing ticked: %d %s", a.StatusCode, a.Header.Get("Location"))
		}
		plan := "/bulks/new?act=owner&list=integrations&of=ticked&" + ids.Encode()
		b.sees(plan, "Assign an owner: 2 integrations", "Card &lt;script&gt;", "will be tried", "It can be taken back.")
		b.sees("/bulks/new?act=assess&list=integrations&of=all&filter=", "Assess anew: 2 integrations", "cannot be taken back")
		b.sees("/bulks/new?act=trigger&list=integrations&of=ticked&"+ids.Encode(), "an incident", "How severe it is")
		b.sees("/bulks/new?act=except&list=findings&of=all&filter=severity%3Dhigh", "Last day", "What is done instead")
		b.sees("/bulks", "You did nothing in bulk")
		form := url.Values{"act": {"owner"}, "list": {"integrations"}, "id": ids["id"], "person": {"nobody here"}, "reason": {"typed <b>once</b>"}, "key": {"k1"}}
		if a := b.post("/bulks/new", form); a.StatusCode != 400 || !strings.Contains(a.text, "typed &lt;b&gt;once") || !strings.Contains(a.text, "nobody here") || len(check(t, a.text)) > 0 {
			t.Fatalf("with a wrong name: %d %v %s", a.StatusCode, check(t, a.text), a.text)
		}
		form.Set("person", "ben")
		a := b.post("/bulks/new", form)
		at := a.Header.Get("Location")
		if a.StatusCode != 303 || !strings.HasPrefix(at, "/bulks/blk_") {
			t.Fatalf("start: %d %s %s", a.StatusCode, at, a.text)
		}
		if again := b.post("/bulks/new", form).Header.Get("Location"); again != at {
			t.Errorf("pressed twice, it leads to %s and %s", at, again)
		}
		b.sees(at, "2 of 2 have their outcome", "Card &lt;script&gt;", "typed &lt;b&gt;once", "Undo what was done", "ben")
		b.sees(at+"?outcome=refused", "None of them.")
		b.sees("/bulks", "Assign an owner: 2 integrations")
		owner := func() drawbridge.PersonID {
			in, err := r.Record.Integration(t.Context(), root, register.ByID(list.Items[0].ID))
			if err != nil {
				t.Fatal(err)
			}
			return in.Owner
		}
		if owner() != ben.Person {
			t.Error("the owner is not who was named")
		}
		rows, err := csv.NewReader(strings.NewReader(b.get(at + "/items.csv").text)).ReadAll()
		if err != nil || len(rows) != 3 || rows[1][3] != "done" {
			t.Errorf("the file = %v, %v", rows, err)
		}
		if a := b.get(at + "/items.json"); a.StatusCode != 200 || !strings.Contains(a.text, `"outcome": "done"`) {
			t.Errorf("the file = %d %s", a.StatusCode, a.text)
		}
		if a := b.post(at+"/cancel", nil); a.StatusCode != 409 || !strings.Contains(a.text, "There is nothing to cancel") && !strings.Contains(a.text, "there is nothing to cancel") {
			t.Errorf("cancel what is done: %d %s", a.StatusCode, a.text)
		}
		a = b.post(at+"/undo", url.Values{"reason": {"the wrong team"}, "key": {"u1"}})
		back := a.Header.Get("Location")
		if a.StatusCode != 303 || owner() != root.Person {
			t.Fatalf("undo: %d %s, and the owner is %s", a.StatusCode, a.text, owner())
		}
		b.sees(back, "Taken back: Assign an owner", "the wrong team", at)
		b.sees(at+"?outcome=undone", "undone")
		eve := r.signedIn(t, "eve@drawbridge.example", drawbridge.ProgrammeOwner)
		for path := range map[string]bool{at: true, at + "/items.csv": true, at + "/items.json": true} {
			if a := eve.get(path); a.StatusCode != 404 {
				t.Errorf("%s for another: %d", path, a.StatusCode)
			}
		}
		if a := b.get("/bulks/new?act=sign&id=int_1"); a.StatusCode != 400 {
			t.Errorf("an act that there is not: %d", a.StatusCode)
		}
	})
}

// TestBulkNews marks messages of the inbox.
func TestBulkNews(t *testing.T) {
	t.Parallel()
	r := open(t, "")
	b := r.browser(t)
	b.bring("Card payments")
	var ids []string
	for i := range 3 {
		m := drawbridge.Message{ID: drawbridge.MessageID(drawbridge.NewID("msg", r.Now())), Person: r.root(t).Person, Kind: fmt.Sprintf("review.told%c", 'a'+i), Link: "/reviews", CreatedAt: r.Now()}
		r.Write(t, func(tx *store.Tx) error { return tx.AddMessage(m) })
		ids = append(ids, string(m.ID))
	}
	a := b.post("/bulks/new", url.Values{"act": {"read"}, "list": {"messages"}, "id": ids[:2]})
	at := a.Header.Get("Location")
	if a.StatusCode != 303 {
		t.Fatalf("mark: %d %s", a.StatusCode, a.text)
	}
	b.sees(at, "Mark as read: 2 messages", "2 of 2")
	if a := b.post(at+"/undo", url.Values{}); a.StatusCode != 303 {
		t.Errorf("undo: %d %s", a.StatusCode, a.text)
	}
	b.sees("/bulks/new?act=read&list=messages&of=all&filter=kind%3Dreview", "Mark as read: 3 messages")
}
