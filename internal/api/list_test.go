package api_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"drawbridge"
	"drawbridge/internal/client"
	"drawbridge/internal/front"
)

// partners writes some partners and returns their identifiers.
func partners(t *testing.T, c *client.Client, n int) []string {
	t.Helper()
	var out []string
	for i := range n {
		id := drawbridge.PartnerID(fmt.Sprintf("partner-%03d", i))
		if _, err := c.CreatePartner(t.Context(), client.NewPartner{ID: id, PartnerEdit: client.PartnerEdit{Name: "P"}}); err != nil {
			t.Fatal(err)
		}
		out = append(out, string(id))
	}
	return out
}

func TestPages(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "")
	admin := w.first()
	bob, _ := w.person(admin, "bob@drawbridge.example", drawbridge.ProgrammeOwner)
	want := partners(t, bob, 7)
	rapid.Check(t, func(rt *rapid.T) {
		limit := rapid.IntRange(1, 9).Draw(rt, "limit")
		var got []string
		for page := (client.Page{Limit: limit}); ; {
			list, err := bob.Partners(t.Context(), page)
			if err != nil || len(list.Items) > limit || len(list.Items) == 0 {
				rt.Fatalf("%d items, %v", len(list.Items), err)
			}
			for _, p := range list.Items {
				got = append(got, string(p.ID))
			}
			if page.Cursor = list.Next; page.Cursor == "" {
				break
			}
		}
		if !slices.Equal(got, want) {
			rt.Errorf("pages of %d give %v, want %v", limit, got, want)
		}
	})
}

func TestCursors(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "")
	admin := w.first()
	bob, _ := w.person(admin, "bob@drawbridge.example", drawbridge.ProgrammeOwner)
	ids := partners(t, bob, 3)
	list, err := bob.Partners(t.Context(), client.Page{Limit: 1})
	if err != nil || list.Next == "" {
		t.Fatalf("Partners = %+v %v", list, err)
	}
	page := client.Page{Limit: 1, Cursor: list.Next}
	if again, err := bob.Partners(t.Context(), page); err != nil || len(again.Items) != 1 || string(again.Items[0].ID) != ids[1] {
		t.Errorf("the next page = %+v %v", again, err)
	}
	_, err = admin.Partners(t.Context(), page)
	kind(t, err, drawbridge.Invalid) // another's
	_, err = bob.People(t.Context(), page)
	kind(t, err, drawbridge.Invalid) // of another list
	findings := client.FindingFilter{Page: page}
	_, err = bob.Findings(t.Context(), findings)
	kind(t, err, drawbridge.Invalid)
	for i := range list.Next {
		forged := []byte(list.Next)
		if forged[i] == 'A' {
			forged[i] = 'B'
		} else {
			forged[i] = 'A'
		}
		if _, err := bob.Partners(t.Context(), client.Page{Limit: 1, Cursor: string(forged)}); drawbridge.KindOf(err) != drawbridge.Invalid {
			t.Fatalf("with character %d changed: %v, want invalid", i, err)
		}
	}
	for _, bad := range []string{"x", list.Next + "A", list.Next[1:], strings.Repeat("A", 900), "e30"} {
		if _, err := bob.Partners(t.Context(), client.Page{Cursor: bad}); drawbridge.KindOf(err) != drawbridge.Invalid {
			t.Errorf("cursor %q: %v, want invalid", bad, err)
		}
	}
	w.clock.pass(time.Hour)
	if _, err := bob.Partners(t.Context(), page); err != nil {
		t.Errorf("an hour later: %v", err)
	}
	w.clock.pass(23*time.Hour + 2*time.Minute)
	bob = w.signIn("bob@drawbridge.example")
	if _, err = bob.Partners(t.Context(), page); err == nil || !strings.Contains(err.Error(), "older than a day") {
		t.Errorf("two days later: %v", err)
	}
}

func TestCursorIsBoundToTheFilter(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "")
	admin := w.first()
	bob, _ := w.person(admin, "bob@drawbridge.example", drawbridge.ProgrammeOwner)
	for _, slug := range []string{"one", "two"} {
		if _, _, err := bob.Push(t.Context(), client.Push{Main: "integration.yaml", Files: files(slug, "production", "")}); err != nil {
			t.Fatal(err)
		}
	}
	list, err := bob.Integrations(t.Context(), client.IntegrationFilter{Page: client.Page{Limit: 1}, Order: "name"})
	if err != nil || list.Next == "" {
		t.Fatalf("Integrations = %+v %v", list, err)
	}
	page := client.Page{Limit: 1, Cursor: list.Next}
	_, err = bob.Integrations(t.Context(), client.IntegrationFilter{Page: page, Order: "risk"})
	kind(t, err, drawbridge.Invalid)
	if _, err = bob.Integrations(t.Context(), client.IntegrationFilter{Page: client.Page{Limit: 2, Cursor: list.Next}, Order: "name"}); err != nil {
		t.Errorf("another size of the page: %v", err)
	}
}

func TestRepetition(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "")
	auth := w.bearer()
	key := "Idempotency-Key: k1"
	first := w.ask("POST", "/api/v1/tokens", `{"name":"ci"}`, asJSON, auth, key)
	again := w.ask("POST", "/api/v1/tokens", `{"name":"ci"}`, asJSON, auth, key)
	if first.Code != 201 || again.Code != 201 || first.Body.String() != again.Body.String() {
		t.Fatalf("%d %s, then %d %s: want the same answer", first.Code, first.Body, again.Code, again.Body)
	}
	if e := first.Header().Get(client.HeaderEntry); e == "" || e != again.Header().Get(client.HeaderEntry) {
		t.Errorf("entries %q and %q, want one", e, again.Header().Get(client.HeaderEntry))
	}
	if first.Header().Get("Idempotent-Replayed") != "" || again.Header().Get("Idempotent-Replayed") != "true" {
		t.Error("the repetition is not told")
	}
	if other := w.ask("POST", "/api/v1/tokens", `{"name":"other"}`, asJSON, auth, key); other.Code != 409 {
		t.Errorf("another request with the key: %d %s", other.Code, other.Body)
	}
	if fresh := w.ask("POST", "/api/v1/tokens", `{"name":"ci"}`, asJSON, auth, "Idempotency-Key: k2"); fresh.Code != 201 || fresh.Body.String() == first.Body.String() {
		t.Errorf("another key: %d %s", fresh.Code, fresh.Body)
	}
}

func TestVersions(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "")
	admin := w.first()
	auth := w.again("root@drawbridge.example")
	_, bob := w.person(admin, "bob@drawbridge.example", drawbridge.ProgrammeOwner)
	path := "/api/v1/people/" + string(bob.ID)
	read := w.ask("GET", path, "", auth)
	tag := read.Header().Get("ETag")
	if tag == "" || w.ask("GET", path, "", auth, "If-None-Match: "+tag).Code != http.StatusNotModified {
		t.Errorf("ETag %q does not answer If-None-Match", tag)
	}
	rename := func(name string) int {
		rec := w.ask("PATCH", path, fmt.Sprintf(`{"name":%q}`, name), asJSON, auth, "If-Match: "+tag)
		if rec.Code == 200 && (rec.Header().Get("ETag") == tag || rec.Header().Get(client.HeaderEntry) == "") {
			t.Errorf("a change answers %v", rec.Header())
		}
		return rec.Code
	}
	if code := rename("Bob"); code != 200 {
		t.Errorf("over the version that was read: %d", code)
	}
	if code := rename("Robert"); code != 409 {
		t.Errorf("over an older version: %d, want 409", code)
	}
	var p drawbridge.Person
	if err := json.Unmarshal(w.ask("GET", path, "", auth).Body.Bytes(), &p); err != nil || p.Name != "Bob" {
		t.Errorf("%+v %v, want Bob", p, err)
	}
}

func TestRates(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "", func(p *parts) {
		p.front.ActorRate, p.front.AddressRate = front.Rate{Second: 1, Burst: 3}, front.Rate{Second: 0.1, Burst: 6}
	})
	auth := w.bearer()
	codes := func(n int, headers ...string) (out []int) {
		for range n {
			out = append(out, w.ask("GET", "/api/v1/me", "", headers...).Code)
		}
		return out
	}
	if got := codes(5, auth); !slices.Equal(got, []int{200, 200, 200, 429, 429}) {
		t.Errorf("one actor: %v", got)
	}
	rec := w.ask("GET", "/api/v1/me", "", auth)
	if rec.Header().Get("Retry-After") != "1" {
		t.Errorf("Retry-After is %q, want 1", rec.Header().Get("Retry-After"))
	}
	w.clock.pass(2 * time.Second)
	if got := codes(3, auth); !slices.Equal(got, []int{200, 200, 429}) {
		t.Errorf("two seconds later: %v", got)
	}
	far := "Remote: 192.0.2.7:1"
	if got := codes(7, far); !slices.Equal(got, []int{401, 401, 401, 401, 401, 401, 429}) {
		t.Errorf("strangers from one address: %v", got)
	}
	if got := codes(1, "Remote: 192.0.2.8:1"); got[0] != 401 {
		t.Errorf("a stranger from another address: %v", got)
	}
	if got := append(codes(6, "Remote: [2001:db8::1]:1"), codes(1, "Remote: [2001:db8::ffff]:1")...); got[6] != 429 {
		t.Errorf("strangers from one network: %v", got)
	}
	w.clock.pass(time.Minute)
	if got := codes(1, far, auth); got[0] != 200 {
		t.Errorf("an actor from the address of strangers: %v", got)
	}
}

func TestPushProblems(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "")
	admin := w.first()
	ann, _ := w.person(admin, "ann@drawbridge.example", drawbridge.Requester)
	bad := files("bad", "production", "nonsense: 1\n")
	_, _, err := ann.Push(t.Context(), client.Push{Main: "integration.yaml", Files: bad})
	kind(t, err, drawbridge.Invalid)
	r := client.RefusedBy(err)
	if r == nil || len(r.Problems) != 1 || r.Problems[0].File != "integration.yaml" || r.Problems[0].Line != 21 || r.Problems[0].Column != 1 {
		t.Errorf("problems %+v of %v, want one at integration.yaml:21:1", r, err)
	}
}

func TestPushParts(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "")
	w.person(w.first(), "ann@drawbridge.example", drawbridge.Requester)
	auth := w.again("ann@drawbridge.example")
	const kind = "Content-Type: multipart/form-data; boundary=b"
	part := func(disposition, body string) string {
		return "--b\r\nContent-Disposition: " + disposition + "\r\n\r\n" + body + "\r\n"
	}
	request := part(`form-data; name=request`, `{"main":"integration.yaml"}`)
	file := part(`form-data; name=file; filename="integration.yaml"`, "a: 1")
	for name, tt := range map[string]struct {
		header, body string
		status       int
		says         string
	}{
		"JSON":                 {asJSON, `{}`, 400, "multipart/form-data"},
		"no boundary":          {"Content-Type: multipart/form-data", "", 400, "multipart/form-data"},
		"nothing":              {kind, "--b--\r\n", 400, "broke off"},
		"cut off":              {kind, request + file, 400, "broke off"},
		"files first":          {kind, file + request + "--b--\r\n", 400, "first part"},
		"an unknown key":       {kind, part(`form-data; name=request`, `{"mian":"x"}`) + "--b--\r\n", 400, "/mian"},
		"another part":         {kind, request + part(`form-data; name=other; filename=x`, "x") + "--b--\r\n", 400, "every part"},
		"a file of no name":    {kind, request + part(`form-data; name=file`, "x") + "--b--\r\n", 400, "every part"},
		"a file twice":         {kind, request + file + file + "--b--\r\n", 400, "sent twice"},
		"a way out":            {kind, request + part(`form-data; name=file; filename="../../etc/passwd"`, "x") + "--b--\r\n", 400, "no name of a file below"},
		"an absolute name":     {kind, request + part(`form-data; name=file; filename="/etc/passwd"`, "x") + "--b--\r\n", 400, "no name of a file below"},
		"a large request":      {kind, part(`form-data; name=request`, `{"reason":"`+strings.Repeat("x", 70<<10)+`"}`) + "--b--\r\n", 413, "64KiB"},
		"too many files":       {kind, request + manyFiles(part, 201) + "--b--\r\n", 413, "at most 200 files"},
		"a manifest that lies": {kind, request + file + "--b--\r\n", 400, "integration.yaml"},
	} {
		rec := w.ask("POST", "/api/v1/revisions", tt.body, tt.header, auth)
		p := problemOf(t, rec)
		if rec.Code != tt.status || !strings.Contains(p.Detail, tt.says) {
			t.Errorf("%s: %d %q, want %d with %q", name, rec.Code, p.Detail, tt.status, tt.says)
		}
	}
}

func manyFiles(part func(string, string) string, n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(part(fmt.Sprintf(`form-data; name=file; filename="f%d"`, i), "x"))
	}
	return b.String()
}
