package twin

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net/http"
	"runtime/pprof"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// shake connects to the twin and returns the version that was agreed on.
func shake(t *testing.T, tw *Twin, c *tls.Config) (uint16, error) {
	t.Helper()
	d := tls.Dialer{Config: c}
	conn, err := d.DialContext(t.Context(), "tcp", tw.addr)
	if err != nil {
		return 0, err
	}
	defer conn.Close()
	return conn.(*tls.Conn).ConnectionState().Version, nil
}

func TestTransportFlaws(t *testing.T) {
	t.Parallel()
	old := func(version uint16) func(*testing.T, *Twin) bool {
		return func(t *testing.T, tw *Twin) bool {
			t.Helper()
			got, err := shake(t, tw, &tls.Config{RootCAs: tw.Roots(), MinVersion: tls.VersionTLS10, MaxVersion: version})
			return err == nil && got == version
		}
	}
	untrusted := func(t *testing.T, tw *Twin) bool {
		t.Helper()
		_, err := shake(t, tw, &tls.Config{RootCAs: tw.Roots()})
		var wrong *tls.CertificateVerificationError
		return errors.As(err, &wrong)
	}
	plain := func(t *testing.T, tw *Twin) bool {
		t.Helper()
		c := call(t, tw, "alice")
		r := c.send("GET", "/customers", nil, func(r *http.Request) { r.URL.Scheme = "http" })
		if r.status == http.StatusPermanentRedirect && r.header.Get("Location") != tw.URL()+"/customers" {
			t.Errorf("clear text is sent to %q", r.header.Get("Location"))
		}
		return r.status != http.StatusPermanentRedirect
	}
	look := map[string]func(*testing.T, *Twin) bool{
		"TLS-01": old(tls.VersionTLS10), "TLS-01/1.1": old(tls.VersionTLS11),
		"TLS-03": untrusted, "TLS-03/host": untrusted, "TLS-03/self-signed": untrusted, "TLS-04": plain,
	}
	for _, f := range Flaws() {
		if !f.TLS {
			continue
		}
		t.Run(f.ID, func(t *testing.T) {
			t.Parallel()
			tw := start(t, Options{TLS: TLSOptions{On: true}})
			for _, on := range []bool{false, true, false} {
				if err := tw.Set(f.ID, on); err != nil {
					t.Fatal(err)
				}
				for id, shows := range look {
					if strings.HasPrefix(id, f.Check) && id != f.ID {
						continue // a variant may show with its check
					}
					if got := shows(t, tw); got != (on && id == f.ID) {
						t.Errorf("with %s %v, %s shows: %v", f.ID, on, id, got)
					}
				}
			}
		})
	}
}

func TestTLSAnswers(t *testing.T) {
	t.Parallel()
	tw := start(t, Options{TLS: TLSOptions{On: true}})
	c := call(t, tw, "alice")
	c.http.Transport.(*http.Transport).TLSClientConfig = &tls.Config{RootCAs: tw.Roots()}
	r := c.send("GET", "/customers", nil, nil)
	if r.status != 200 || r.header.Get("Strict-Transport-Security") == "" {
		t.Errorf("GET over TLS = %d %v", r.status, r.header)
	}
}

// got is the head of an answer.
type got struct {
	status int
	length int64
	header http.Header
}

func TestHostile(t *testing.T) {
	t.Parallel()
	get := func(t *testing.T, tw *Twin, read int64, wait time.Duration) (got, []byte, error) {
		t.Helper()
		ctx, cancel := context.WithTimeout(t.Context(), wait)
		defer cancel()
		req, _ := http.NewRequestWithContext(ctx, "GET", tw.URL()+"/customers", nil)
		req.Header.Set("Authorization", "Bearer "+tw.people[0].token)
		resp, err := call(t, tw, "").http.Do(req)
		if err != nil {
			return got{}, nil, err
		}
		defer resp.Body.Close()
		body, err := io.ReadAll(io.LimitReader(resp.Body, read))
		return got{resp.StatusCode, resp.ContentLength, resp.Header}, body, err
	}
	tests := map[string]func(resp got, body []byte, err error) bool{
		"hang":   func(_ got, _ []byte, err error) bool { return errors.Is(err, context.DeadlineExceeded) },
		"stream": func(_ got, _ []byte, err error) bool { return errors.Is(err, context.DeadlineExceeded) },
		"reset":  func(_ got, _ []byte, err error) bool { return err != nil },
		"big": func(resp got, body []byte, _ error) bool {
			return resp.length == 100<<20 && len(body) == 1<<20
		},
		"redirect": func(resp got, _ []byte, _ error) bool {
			return strings.HasPrefix(resp.header.Get("Location"), "http://198.51.100.7")
		},
		"types":    func(resp got, _ []byte, _ error) bool { return resp.header.Get("Content-Type") != mediaJSON },
		"echo":     func(_ got, body []byte, _ error) bool { return bytes.Contains(body, []byte("Bearer tk_")) },
		"throttle": func(resp got, _ []byte, _ error) bool { return resp.status == 429 },
		"expire":   func(resp got, _ []byte, _ error) bool { return resp.status == 401 },
		"lie": func(resp got, body []byte, _ error) bool {
			return resp.status == 200 && bytes.HasPrefix(body, []byte(`{"result"`))
		},
		"bomb": func(resp got, body []byte, _ error) bool {
			z, err := gzip.NewReader(bytes.NewReader(body))
			if err != nil {
				return false
			}
			n, _ := io.Copy(io.Discard, z)
			return resp.header.Get("Content-Encoding") == "gzip" && n > int64(len(body))*100
		},
	}
	for _, kind := range Hostiles() {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			tw := start(t, Options{})
			if err := tw.Hostile(kind, 1); err != nil {
				t.Fatal(err)
			}
			resp, _, err := get(t, tw, 1<<20, time.Minute)
			if err != nil || resp.status != 200 {
				t.Fatalf("the first request = %v %v, want a good answer", resp, err)
			}
			size := int64(1 << 20)
			if kind == "bomb" {
				size = 64 << 10
			}
			wait := time.Minute
			if kind == "hang" || kind == "stream" {
				wait = 300 * time.Millisecond
			}
			if resp, body, err := get(t, tw, size, wait); !tests[kind](resp, body, err) {
				t.Errorf("the second request = %v, %d bytes, %v", resp, len(body), err)
			}
			if err := tw.Hostile("", 0); err != nil {
				t.Fatal(err)
			}
			if resp, _, err := get(t, tw, 1<<20, time.Minute); err != nil || resp.status != 200 {
				t.Errorf("after the misbehaviour = %v %v, want a good answer", resp, err)
			}
		})
	}
	if err := start(t, Options{}).Hostile("sulk", 0); err == nil {
		t.Error(`Hostile("sulk") = nil, want an error`)
	}
}

func TestLimit(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 1, 9, 0, 0, 0, time.UTC)
	var mu sync.Mutex
	clock := func() time.Time { mu.Lock(); defer mu.Unlock(); return now }
	tw := start(t, Options{Rate: 5, Now: clock})
	alice, bob := call(t, tw, "alice"), call(t, tw, "bob")
	var got []int
	for range 7 {
		got = append(got, alice.send("GET", "/account", nil, nil).status)
	}
	if want := []int{200, 200, 200, 200, 200, 429, 429}; !slices.Equal(got, want) {
		t.Errorf("a burst of 7 at 5 a second = %v, want %v", got, want)
	}
	if r := bob.send("GET", "/account", nil, nil); r.status != 200 {
		t.Errorf("another caller = %d, want 200", r.status)
	}
	mu.Lock()
	now = now.Add(time.Second)
	mu.Unlock()
	if r := alice.send("GET", "/account", nil, nil); r.status != 200 || r.header.Get("RateLimit-Remaining") != "4" {
		t.Errorf("a second later = %d %v, want 200 with 4 left", r.status, r.header)
	}
}

func TestMethodsAndOrigins(t *testing.T) {
	t.Parallel()
	eachStyle(t, func(t *testing.T, tw *Twin) {
		t.Helper()
		c := call(t, tw, "alice")
		o := tw.spots["BOLA-01"]
		path := c.path(o, "")
		if r := c.send("TRACE", path, nil, nil); r.status != 405 || !strings.Contains(r.header.Get("Allow"), "GET") {
			t.Errorf("TRACE = %d, Allow %q", r.status, r.header.Get("Allow"))
		}
		if r := c.send("HEAD", path, nil, nil); r.status != 200 || len(r.raw) != 0 {
			t.Errorf("HEAD = %d %q", r.status, r.raw)
		}
		if r := c.send("GET", "/nothing-here", nil, nil); r.status != 404 {
			t.Errorf("an unknown path = %d, want 404", r.status)
		}
		for origin, want := range map[string]bool{tw.origin(): true, "null": false, "https://evil.example": false, tw.origin() + ".evil.example": false, "": false} {
			for _, method := range []string{"GET", "OPTIONS"} {
				r := c.send(method, path, nil, func(r *http.Request) { r.Header.Set("Origin", origin) })
				if got := r.header.Get("Access-Control-Allow-Origin") != ""; got != want {
					t.Errorf("%s from %q is allowed: %v, want %v", method, origin, got, want)
				}
			}
		}
	})
}

func TestIdempotency(t *testing.T) {
	t.Parallel()
	tw := start(t, Options{})
	c := call(t, tw, "alice")
	key := func(r *http.Request) { r.Header.Set("Idempotency-Key", "k1") }
	body := dict{"name": "Ana", "email": "ana@mail.example"}
	first, second := c.send("POST", "/customers", body, key), c.send("POST", "/customers", body, key)
	if first.status != 201 || second.status != 201 || first.body()["id"] != second.body()["id"] {
		t.Errorf("the same request twice made %s and %s", first.raw, second.raw)
	}
	body["name"] = "Bo"
	if r := c.send("POST", "/customers", body, key); r.status != 409 {
		t.Errorf("another request with the same key = %d, want 409", r.status)
	}
	if r := call(t, tw, "bob").send("POST", "/customers", body, key); r.status != 201 {
		t.Errorf("the key of another tenant = %d, want 201", r.status)
	}
}

func TestCursor(t *testing.T) {
	t.Parallel()
	tw := start(t, Options{})
	c := call(t, tw, "alice")
	all := c.pool("charge")
	var paged []string
	path := "/charges?limit=4"
	for range 5 {
		r := c.send("GET", path, nil, nil)
		paged = append(paged, c.listed(r)...)
		next, _ := r.body()["next_cursor"].(string)
		if next == "" {
			break
		}
		path = "/charges?limit=4&cursor=" + next
	}
	if !slices.Equal(all, paged) || len(all) != 6 {
		t.Errorf("pages give %v, the list %v", paged, all)
	}
	for _, query := range []string{"limit=0", "limit=x", "limit=101", "cursor=%25", "cursor=LTE"} {
		if r := c.send("GET", "/charges?"+query, nil, nil); r.status != 400 {
			t.Errorf("?%s = %d, want 400", query, r.status)
		}
	}
	if r := c.send("GET", "/charges?status=refunded", nil, nil); len(c.listed(r)) != 0 {
		t.Errorf("filter lets %s through", r.raw)
	}
}

func TestSessionsEnd(t *testing.T) {
	t.Parallel()
	for _, style := range []string{"cookie", "jwt", "oauth"} {
		t.Run(style, func(t *testing.T) {
			t.Parallel()
			now := time.Date(2026, 11, 1, 9, 0, 0, 0, time.UTC)
			var mu sync.Mutex
			clock := func() time.Time { mu.Lock(); defer mu.Unlock(); return now }
			tw := start(t, Options{Style: style, Now: clock, Life: time.Minute})
			c := call(t, tw, "alice")
			o := tw.spots["HDR-01"]
			path := c.path(o, "")
			mu.Lock()
			now = now.Add(time.Minute)
			mu.Unlock()
			if r := c.send("GET", path, nil, nil); r.status != 401 {
				t.Errorf("after its life = %d, want 401", r.status)
			}
			c.signIn()
			if r := c.send("GET", path, nil, nil); r.status != 200 {
				t.Errorf("signed in again = %d, want 200", r.status)
			}
			if style == "cookie" {
				if r := c.send("POST", "/logout", nil, nil); r.status != 204 {
					t.Errorf("logout = %d", r.status)
				}
				if r := c.send("GET", path, nil, nil); r.status != 401 {
					t.Errorf("after logout = %d, want 401", r.status)
				}
			}
		})
	}
}

func TestRefresh(t *testing.T) {
	t.Parallel()
	tw := start(t, Options{Style: "jwt"})
	c := call(t, tw, "alice")
	r := c.send("POST", "/auth/login", dict{"username": "alice", "password": c.secret}, nil)
	old := r.body()["refresh_token"]
	r = c.send("POST", "/auth/refresh", dict{"refresh_token": old}, nil)
	if r.status != 200 {
		t.Fatalf("refresh = %d %s", r.status, r.raw)
	}
	c.token, _ = r.body()["access_token"].(string)
	if got := c.send("GET", "/wallets", nil, nil); got.status != 200 {
		t.Errorf("the new token = %d, want 200", got.status)
	}
	c.token, _ = r.body()["refresh_token"].(string)
	if got := c.send("GET", "/wallets", nil, nil); got.status != 401 {
		t.Errorf("the refresh token as access token = %d, want 401", got.status)
	}
	if r := c.send("POST", "/auth/refresh", dict{"refresh_token": old}, nil); r.status != 401 {
		t.Errorf("the refresh token a second time = %d, want 401", r.status)
	}
	if r := c.send("POST", "/auth/login", dict{"username": "alice", "password": "x"}, nil); r.status != 401 {
		t.Errorf("a wrong password = %d, want 401", r.status)
	}
}

// TestDeterministic holds that a seed decides everything, and Reset brings it back.
func TestDeterministic(t *testing.T) {
	t.Parallel()
	now := func() time.Time { return time.Date(2026, 11, 1, 9, 0, 0, 0, time.UTC) }
	list := func(tw *Twin) string {
		c := call(t, tw, "alice")
		return string(c.send("GET", "/charges", nil, nil).raw) + c.secret
	}
	one, two, other := start(t, Options{Seed: 4, Now: now}), start(t, Options{Seed: 4, Now: now}), start(t, Options{Seed: 5, Now: now})
	first := list(one)
	if list(two) != first {
		t.Error("the same seed gave other data")
	}
	if list(other) == first {
		t.Error("another seed gave the same data")
	}
	call(t, one, "alice").made("charge")
	if list(one) == first || one.Requests() < 2 {
		t.Error("creating a charge changed nothing")
	}
	one.Reset()
	if one.Requests() != 0 || list(one) != first {
		t.Error("Reset did not bring the start back")
	}
}

// TestClose holds that a twin leaves nothing running, whatever its callers do.
func TestClose(t *testing.T) {
	for _, kind := range []string{"", "hang", "stream", "big"} {
		t.Run(kind, func(t *testing.T) {
			tw, err := Start(t.Context(), Options{Now: time.Now, TLS: TLSOptions{On: kind == ""}})
			if err != nil {
				t.Fatal(err)
			}
			if err := tw.Hostile(kind, 0); err != nil {
				t.Fatal(err)
			}
			tr := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: tw.Roots()}}
			var callers sync.WaitGroup
			for range 3 {
				callers.Go(func() {
					req, _ := http.NewRequestWithContext(t.Context(), "GET", tw.URL()+"/customers", nil)
					if resp, err := tr.RoundTrip(req); err == nil {
						_, _ = io.Copy(io.Discard, resp.Body)
						resp.Body.Close()
					}
				})
			}
			for kind != "" && tw.Requests() < 3 {
				time.Sleep(time.Millisecond)
			}
			if err := tw.Close(); err != nil {
				t.Errorf("Close() = %v", err)
			}
			if err := tw.Close(); err != nil {
				t.Errorf("Close() a second time = %v", err)
			}
			callers.Wait()
			tr.CloseIdleConnections()
			for range 200 { // the last frames of a goroutine end after its connection
				if !running("twin.(*Twin).entry") && !running("twin.(*splitter)") {
					return
				}
				time.Sleep(5 * time.Millisecond)
			}
			t.Error("something still runs")
		})
	}
}

func running(function string) bool {
	var b bytes.Buffer
	_ = pprof.Lookup("goroutine").WriteTo(&b, 1)
	return strings.Contains(b.String(), function)
}

func TestEndsWithContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	tw, err := Start(ctx, Options{Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	<-tw.done
	if err := tw.Close(); err != nil {
		t.Errorf("Close() = %v", err)
	}
}

func TestStartRefuses(t *testing.T) {
	t.Parallel()
	for name, opt := range map[string]Options{
		"unknown style": {Style: "soap", Now: time.Now}, "no clock": {}, "unknown flaw": {Flaws: []string{"X-1"}, Now: time.Now},
	} {
		if tw, err := Start(t.Context(), opt); err == nil {
			_ = tw.Close()
			t.Errorf("%s: Start() = nil, want an error", name)
		}
	}
}
