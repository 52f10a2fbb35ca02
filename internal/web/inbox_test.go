package web_test

import (
	"net/url"
	"strings"
	"testing"

	"drawbridge"
	"drawbridge/internal/store"
	"drawbridge/internal/testkit"
)

// TestInbox looks at what needs somebody, narrows it by the address, reads news and
// takes that back.
func TestInbox(t *testing.T) {
	t.Parallel()
	testkit.Databases(t, func(t *testing.T, database string) {
		r := open(t, database)
		b := r.browser(t)
		dossier := b.bring("Card <script>alert(1)</script> payments")
		in := strings.TrimPrefix(dossier, "/integrations/")
		root := r.root(t)
		r.Write(t, func(tx *store.Tx) error {
			if err := tx.Conditions().Add(&drawbridge.Condition{
				ID: "cnd_1", Integration: drawbridge.IntegrationID(in), Text: `Encrypt <script>alert(2)</script> at rest`, Owner: root.Person,
				Due: r.Days(-3), Breach: drawbridge.SuspendFlow, State: "open", CreatedAt: r.Now(), UpdatedAt: r.Now(),
			}); err != nil {
				return err
			}
			for i, kind := range []string{"integration.assessed", "review.opened", "account.role_changed"} {
				m := drawbridge.Message{ID: drawbridge.MessageID(drawbridge.NewID("msg", r.Now())), Person: root.Person, Kind: kind, Link: dossier, CreatedAt: r.Now()}
				if i < 2 {
					m.Params = map[string]string{"integration": in}
				}
				if err := tx.AddMessage(m); err != nil {
					return err
				}
			}
			return nil
		})
		a := b.sees("/", "1 overdue", "Meet a condition: Card &lt;script&gt;", "Encrypt &lt;script&gt;", "you answer for it", "3 days overdue", "Do this first",
			"residual risk", "payments with Acme Pay: </b> an integration was assessed again", "Your roles were changed", "Conditions 1")
		b.sees("/?about=acme-pay", "Meet a condition", "was assessed again")
		if n := r.queries.Load(); n > 12 {
			t.Errorf("the inbox asks the database %d times, want at most 12", n)
		}
		if !strings.Contains(a.text, `<span class="count">`) {
			t.Error("the menu does not count what waits")
		}
		b.sees("/?kind=review", "Nothing of this needs you.", "review of an integration was opened")
		if a := b.get("/?kind=review"); strings.Contains(a.text, "was assessed again") {
			t.Error("the filter shows news of other kinds")
		}
		b.sees("/?about="+in, "Meet a condition", "was assessed again")
		if a := b.get("/?about=" + in); strings.Contains(a.text, "Your roles were changed") {
			t.Error("the filter shows news about other things")
		}
		if a := b.get("/?kind=%27%25"); a.StatusCode != 400 {
			t.Errorf("a filter that is none: %d", a.StatusCode)
		}

		_, rest, _ := strings.Cut(b.get("/?kind=review").text, `action="/inbox/`)
		id, _, _ := strings.Cut(rest, "/")
		a = b.post("/inbox/"+id+"/read", url.Values{"kind": {"review"}, "all": {"yes"}})
		if a.StatusCode != 303 || a.Header.Get("Location") != "/?done=read-all&kind=review&of="+id {
			t.Fatalf("all of a group: %d %s", a.StatusCode, a.Header.Get("Location"))
		}
		b.sees(a.Header.Get("Location"), "All of it is marked as read.", `action="/inbox/`+id+`/unread"`)
		if a := b.get("/?kind=review"); strings.Contains(a.text, "Mark as read") {
			t.Error("the group is still new")
		}
		if a := b.get("/"); strings.Count(a.text, "Mark as read") < 2 {
			t.Error("other groups were marked too")
		}
		if a := b.post("/inbox/"+id+"/unread", nil); a.StatusCode != 303 {
			t.Errorf("undo: %d", a.StatusCode)
		}
		b.sees("/?kind=review", "Mark as read")
	})
}
