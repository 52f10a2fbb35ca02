package trust_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"drawbridge"
	"drawbridge/internal/app"
	"drawbridge/internal/client"
	"drawbridge/internal/manifest"
	"drawbridge/internal/seal"
	"drawbridge/internal/store"
	"drawbridge/internal/testkit"
)

// house is a server in the test's own process, with a clock that tests set and a
// log that they read.
type house struct {
	*server
	app        *app.App
	ahead      atomic.Int64 // nanoseconds by which the clock is wrong
	log        bytes.Buffer // to be read after close
	ann, otto  string       // secrets of the administrator's and the owner's session
	closeHouse func()
}

func openHouse(t *testing.T, database string) *house {
	t.Helper()
	h := &house{}
	opt := app.Default(os.Getenv)
	opt.Data, opt.Database, opt.Listen, opt.Log = t.TempDir(), database, "127.0.0.1:0", &h.log
	opt.Now = func() time.Time { return time.Now().Add(time.Duration(h.ahead.Load())) }
	var err error
	if h.app, err = app.New(t.Context(), opt); err != nil {
		t.Fatal(err)
	}
	if _, err := h.app.Account.Bootstrap(t.Context(), "setup", "ann@drawbridge.example", "Ann", seal.Hide(password)); err != nil {
		t.Fatal(err)
	}
	if err := h.app.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	h.closeHouse = sync.OnceFunc(func() {
		if err := h.app.Stop(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(h.closeHouse)
	h.server = &server{installation: &installation{
		tb: t, data: opt.Data, database: database,
		http: &http.Client{Timeout: time.Minute, Transport: &http.Transport{MaxIdleConnsPerHost: 64}},
	}, url: h.app.URL()}
	h.ann = h.sign("ann")
	h.add(h.ann, "otto", drawbridge.ProgrammeOwner)
	h.otto = h.sign("otto")
	return h
}

// desk is the house's own installation.
func (h *house) desk() *desk { return &desk{h.app.Local} }

// whole holds the record to be whole, and to have grown by so many entries.
func (h *house) whole(t *testing.T, before, acts int64) {
	t.Helper()
	if err := h.desk().check(t.Context()); err != nil {
		t.Error(err)
	}
	if got := h.acts(t, before); got != acts {
		t.Errorf("%d entries were written, want %d", got, acts)
	}
}

// acts counts the entries from one on, but for those of the queue: they follow
// an act of a person some time after it.
func (h *house) acts(t *testing.T, from int64) (n int64) {
	t.Helper()
	err := h.desk().Store.View(t.Context(), func(tx *store.Tx) error {
		leaves, err := tx.Leaves(from, 1000)
		for _, l := range leaves {
			if !bytes.Contains(l.Data, []byte(`"actor":"system:`)) {
				n++
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// pushOf is a push of a manifest, with the files given beside it.
func pushOf(key string, in client.Push) ask {
	if in.Main == "" {
		in.Main = "integration.yaml"
	}
	if in.Files == nil {
		in.Files = manifest.Files{}
	}
	if in.Files[in.Main] == nil {
		in.Files[in.Main] = testkit.BigManifest(4, 3)
	}
	body, media, err := in.Encode()
	if err != nil {
		panic(err)
	}
	return ask{method: "POST", path: "/api/v1/revisions", key: key, media: media, body: body}
}

// TestConcurrentEdits lets eight people change one record over and over, each
// over the version that they read. One wins each version, and nothing of what
// anybody was told is done is lost.
func TestConcurrentEdits(t *testing.T) {
	t.Parallel()
	testkit.Databases(t, func(t *testing.T, database string) {
		t.Parallel()
		h := openHouse(t, database)
		path := "/api/v1/partners/acme-pay"
		h.must(h.otto, ask{method: "POST", path: "/api/v1/partners", key: "p", body: document(client.NewPartner{ID: "acme-pay", PartnerEdit: client.PartnerEdit{Name: "of"}})})
		before := h.desk().entries(t)
		const people, edits = 8, 4
		var conflicts atomic.Int64
		var all sync.WaitGroup
		for n := range people {
			all.Go(func() {
				for edit := 0; edit < edits; {
					var p drawbridge.Partner
					if err := h.get(t.Context(), h.otto, path, &p); err != nil {
						t.Error(err)
						return
					}
					name := fmt.Sprintf("%s %c%d", p.Name, 'a'+n, edit)
					a, err := h.send(t.Context(), h.otto, ask{method: "PUT", path: path, version: p.Version, body: document(client.PartnerEdit{Name: name})})
					switch {
					case err != nil:
						t.Error(err)
						return
					case a.ok():
						edit++
					case a.problem().Kind == drawbridge.Conflict && strings.Contains(a.problem().Detail, "read it again"):
						conflicts.Add(1)
					default:
						t.Errorf("an edit: %v", a)
						return
					}
				}
			})
		}
		all.Wait()
		var p drawbridge.Partner
		if err := h.get(t.Context(), h.otto, path, &p); err != nil {
			t.Fatal(err)
		}
		words := strings.Fields(p.Name)
		slices.Sort(words)
		if len(slices.Compact(words)) != 1+people*edits || p.Version != 1+people*edits {
			t.Errorf("after %d edits the record is at version %d and says %q", people*edits, p.Version, p.Name)
		}
		h.whole(t, before, people*edits)
		t.Logf("%d edits, %d conflicts", people*edits, conflicts.Load())
	})
}

// TestDoubleSubmission sends one request sixteen times at once. It has one
// effect; whoever is not answered alike is told to try again.
func TestDoubleSubmission(t *testing.T) {
	t.Parallel()
	testkit.Databases(t, func(t *testing.T, database string) {
		t.Parallel()
		h := openHouse(t, database)
		var pushed client.Pushed
		first := h.must(h.otto, pushOf("first", client.Push{}))
		if err := json.Unmarshal(first.body, &pushed); err != nil {
			t.Fatal(err)
		}
		for name, q := range map[string]ask{
			"the first push": pushOf("k1", client.Push{Files: manifest.Files{"integration.yaml": bytes.Replace(testkit.BigManifest(4, 3), []byte("id: generated"), []byte("id: other"), 1)}}),
			"a later push":   pushOf("k2", client.Push{Base: pushed.Revision.ID, Reason: "it grows", Files: manifest.Files{"integration.yaml": testkit.BigManifest(4, 4)}}),
			"an assessment":  {method: "POST", path: "/api/v1/integrations/" + string(pushed.Integration.ID) + "/assessments", key: "k3"},
			"a partner":      {method: "POST", path: "/api/v1/partners", key: "k4", body: document(client.NewPartner{ID: "acme-pay", PartnerEdit: client.PartnerEdit{Name: "Acme"}})},
			"a token":        {method: "POST", path: "/api/v1/tokens", key: "k5", body: document(client.NewToken{Name: "ci"})},
			"a machine":      {method: "POST", path: "/api/v1/integrations/" + string(pushed.Integration.ID) + "/machines", key: "k6", body: document(client.NewToken{Name: "ci"})},
		} {
			before := h.desk().entries(t)
			answers := atOnce(t, 16, func() (answer, error) { return h.send(t.Context(), h.otto, q) })
			again := h.must(h.otto, q)
			for _, a := range answers {
				if a.ok() && (a.entry != again.entry || !bytes.Equal(a.body, again.body)) || !a.ok() && (a.problem().Kind != drawbridge.Conflict || !strings.Contains(a.problem().Detail, "again")) {
					t.Errorf("%s sixteen times at once: %v; a repetition: %v", name, a, again)
				}
			}
			h.whole(t, before, 1)
		}
	})
}

// atOnce does something so many times at once.
func atOnce(t *testing.T, n int, do func() (answer, error)) []answer {
	t.Helper()
	out := make([]answer, n)
	begin := make(chan struct{})
	var all sync.WaitGroup
	for i := range out {
		all.Go(func() {
			<-begin
			a, err := do()
			if err != nil {
				t.Error(err)
			}
			out[i] = a
		})
	}
	close(begin)
	all.Wait()
	return out
}

// TestUpdateWhoseAnswerIsLost lets the answer to an update get lost. The client
// asks again by itself, and is not told that somebody else was faster.
func TestUpdateWhoseAnswerIsLost(t *testing.T) {
	t.Parallel()
	h := openHouse(t, "")
	h.must(h.otto, ask{method: "POST", path: "/api/v1/partners", key: "p", body: document(client.NewPartner{ID: "acme-pay", PartnerEdit: client.PartnerEdit{Name: "Acme"}})})
	before := h.desk().entries(t)
	target, err := url.Parse(h.url)
	if err != nil {
		t.Fatal(err)
	}
	var answers atomic.Int64
	proxy := httputil.NewSingleHostReverseProxy(target)
	proxy.ModifyResponse = func(*http.Response) error {
		if answers.Add(1) == 1 {
			panic(http.ErrAbortHandler)
		}
		return nil
	}
	between := httptest.NewServer(proxy)
	defer between.Close()
	c, err := client.New(client.Options{URL: between.URL, Token: seal.Hide(h.otto), Pause: func(context.Context, time.Duration) error { return nil }})
	if err != nil {
		t.Fatal(err)
	}
	p, err := c.UpdatePartner(t.Context(), 1, client.UpdatePartner{ByID: client.ByID{ID: "acme-pay"}, PartnerEdit: client.PartnerEdit{Name: "Acme Pay"}})
	if err != nil || p.Version != 2 || p.Name != "Acme Pay" || answers.Load() != 2 {
		t.Errorf("the update = %+v %v, by %d answers", p, err, answers.Load())
	}
	h.whole(t, before, 1)
}

// TestHalfUploads breaks connections off in the middle of a push. Nothing of it
// stays, and nobody takes it for a fault of the server.
func TestHalfUploads(t *testing.T) {
	t.Parallel()
	h := openHouse(t, "")
	before := h.desk().entries(t)
	q := pushOf("half", client.Push{})
	head := fmt.Sprintf("POST /api/v1/revisions HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\nIdempotency-Key: half\r\nContent-Type: %s\r\n", h.app.Address(), h.otto, q.media)
	for i := range 20 {
		conn, err := net.Dial("tcp", h.app.Address())
		if err != nil {
			t.Fatal(err)
		}
		part := len(q.body) * i / 20
		if i%2 == 0 {
			fmt.Fprintf(conn, "%sContent-Length: %d\r\n\r\n%s", head, len(q.body), q.body[:part])
		} else {
			fmt.Fprintf(conn, "%sTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\nffff\r\n", head, part, q.body[:part])
		}
		if i%4 < 2 { // the caller still listens
			if err := conn.(*net.TCPConn).CloseWrite(); err != nil {
				t.Fatal(err)
			}
			if said, _ := io.ReadAll(conn); !bytes.HasPrefix(said, []byte("HTTP/1.1 400 ")) || !bytes.Contains(said, []byte("broke off")) {
				t.Errorf("upload %d, cut after %d of %d bytes: %s", i, part, len(q.body), said)
			}
		}
		conn.Close()
	}
	h.whole(t, before, 0)
	h.must(h.otto, q) // the key was not used up
	h.whole(t, before, 1)
	h.closeHouse() // waits for the requests
	if left, err := filepath.Glob(filepath.Join(h.data, "blobs", "tmp", "*")); err != nil || len(left) > 0 {
		t.Errorf("left of the uploads: %v %v", left, err)
	}
	if log := h.log.String(); strings.Contains(log, "request failed") || strings.Contains(log, "status=500") {
		t.Errorf("the log takes broken uploads for faults:\n%s", log)
	}
}

// TestOversized sends too much of everything. Each is refused for what it is, and
// the answer says how much would be taken.
func TestOversized(t *testing.T) {
	t.Parallel()
	h := openHouse(t, "")
	before := h.desk().entries(t)
	long := func(n int) string { return strings.Repeat("a", n) }
	many := manifest.Files{}
	for i := range manifest.MaxFiles + 1 {
		many[fmt.Sprintf("f%d.txt", i)] = []byte("a")
	}
	partner := func(e client.PartnerEdit) []byte { return document(client.NewPartner{ID: "acme-pay", PartnerEdit: e}) }
	for name, c := range map[string]struct {
		ask
		status int
		says   string
	}{
		"a body":               {ask{method: "POST", path: "/api/v1/partners", body: partner(client.PartnerEdit{Name: long(2 << 20)})}, 413, "1MiB"},
		"a name":               {ask{method: "POST", path: "/api/v1/partners", body: partner(client.PartnerEdit{Name: long(5000)})}, 400, "200 bytes"},
		"a reason":             {ask{method: "POST", path: "/api/v1/partners", body: partner(client.PartnerEdit{Name: "Acme", Reason: long(5000)})}, 400, "at most"},
		"an address":           {ask{method: "POST", path: "/api/v1/partners", body: partner(client.PartnerEdit{Name: "Acme", Website: "https://" + long(5000) + ".example"})}, 400, ""},
		"an identifier":        {ask{method: "POST", path: "/api/v1/partners", body: document(client.NewPartner{ID: drawbridge.PartnerID(long(5000)), PartnerEdit: client.PartnerEdit{Name: "Acme"}})}, 400, ""},
		"an idempotency key":   {ask{method: "POST", path: "/api/v1/partners", key: long(201), body: partner(client.PartnerEdit{Name: "Acme"})}, 400, "200"},
		"a token's name":       {ask{method: "POST", path: "/api/v1/tokens", body: document(client.NewToken{Name: long(5000)})}, 400, ""},
		"depth":                {ask{method: "POST", path: "/api/v1/partners", body: []byte(strings.Repeat(`{"a":`, 100_000) + "1" + strings.Repeat("}", 100_000))}, 413, "256 deep"},
		"a number":             {ask{method: "POST", path: "/api/v1/partners", body: []byte(`{"id":1` + strings.Repeat("0", 500_000) + `}`)}, 400, "out of range"},
		"a parameter":          {ask{method: "GET", path: "/api/v1/integrations?text=" + long(2000)}, 400, "text"},
		"a page":               {ask{method: "GET", path: "/api/v1/integrations?limit=100000"}, 400, "200"},
		"a cursor":             {ask{method: "GET", path: "/api/v1/integrations?cursor=" + long(900)}, 400, "cursor"},
		"a path":               {ask{method: "GET", path: "/api/v1/integrations/" + long(20_000)}, 404, ""},
		"a push's reason":      {pushOf("a", client.Push{Reason: long(5000)}), 400, "at most"},
		"a push's request":     {pushOf("a", client.Push{Reason: long(70_000)}), 413, "64KiB"},
		"a file":               {pushOf("a", client.Push{Files: manifest.Files{"big.txt": make([]byte, manifest.MaxFileBytes+1)}}), 413, "big.txt"},
		"a file's name":        {pushOf("a", client.Push{Files: manifest.Files{long(500): []byte("a")}}), 400, "at most"},
		"the number of files":  {pushOf("a", client.Push{Files: many}), 413, "at most 200"},
		"a manifest":           {pushOf("a", client.Push{Files: manifest.Files{"integration.yaml": testkit.BigManifest(10, 10_000)}}), 413, "4MiB"},
		"the consistency body": {ask{method: "POST", path: "/api/v1/log/consistency", body: document(client.Older{Checkpoint: long(900_000)})}, 413, "65536"},
	} {
		a, err := h.send(t.Context(), h.otto, c.ask)
		p := a.problem()
		if err != nil || a.status != c.status || p.Detail == "" || !strings.Contains(p.Detail, c.says) || len(p.Detail) > 2000 {
			t.Errorf("too large is %s: status %d, want %d; %q, want %q in it, of no great length; %v", name, a.status, c.status, p.Detail, c.says, err)
		}
	}
	h.oversizedHeaders(t, long)
	h.whole(t, before, 1) // of the path: that nothing is there, or not for him, was put down
}

// oversizedHeaders sends headers that are too large, or too many.
func (h *house) oversizedHeaders(t *testing.T, long func(int) string) {
	t.Helper()
	for header, want := range map[string]int{
		"Authorization: Bearer dbt_" + long(10_000):                         401,
		"Cookie: drawbridge=" + long(10_000):                                401,
		"X-Long: " + long(200_000):                                          431,
		strings.TrimSpace(strings.Repeat("X-Many: a\r\n", 50_000)):          431,
		"Authorization: Bearer a\r\nAuthorization: Bearer b":                401,
		"If-None-Match: " + long(30_000) + "\r\nAuthorization: Bearer dbt_": 401,
	} {
		conn, err := net.Dial("tcp", h.app.Address())
		if err != nil {
			t.Fatal(err)
		}
		go fmt.Fprintf(conn, "GET /api/v1/me HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n%s\r\n\r\n", h.app.Address(), header) // the answer may come first
		said, _ := io.ReadAll(conn)
		if !bytes.HasPrefix(said, fmt.Appendf(nil, "HTTP/1.1 %d ", want)) {
			t.Errorf("%.30s... (%d bytes) is answered by %.100q, want %d", header, len(header), said, want)
		}
		conn.Close()
	}
}
