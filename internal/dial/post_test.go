package dial_test

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"

	"drawbridge"
	"drawbridge/internal/dial"
)

// names is a DNS server that answers every name with one address.
func names(t *testing.T, address string) *net.Resolver {
	t.Helper()
	conn, err := (&net.ListenConfig{}).ListenPacket(t.Context(), "udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	go func() {
		buf := make([]byte, 1500)
		for {
			n, from, err := conn.ReadFrom(buf)
			if err != nil {
				return
			}
			var m dnsmessage.Message
			if m.Unpack(buf[:n]) != nil || len(m.Questions) == 0 {
				continue
			}
			m.Response, m.Authoritative, m.Additionals = true, true, nil
			if q := m.Questions[0]; q.Type == dnsmessage.TypeA {
				m.Answers = []dnsmessage.Resource{{
					Header: dnsmessage.ResourceHeader{Name: q.Name, Class: dnsmessage.ClassINET, TTL: 1},
					Body:   &dnsmessage.AResource{A: netip.MustParseAddr(address).As4()},
				}}
			}
			if out, err := m.Pack(); err == nil {
				_, _ = conn.WriteTo(out, from)
			}
		}
	}()
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "udp", conn.LocalAddr().String())
	}}
}

// TestRebinding posts to a public name that resolves to inner addresses.
func TestRebinding(t *testing.T) {
	t.Parallel()
	for _, address := range []string{"127.0.0.1", "10.0.0.7", "169.254.169.254", "0.0.0.0"} {
		d, err := dial.New(dial.Options{Purpose: dial.PartnerSupplied, Timeout: 5 * time.Second}.Resolving(names(t, address)))
		if err != nil {
			t.Fatal(err)
		}
		if err := d.CheckPost("https://hooks.acme.example/hunter2"); err != nil {
			t.Fatalf("CheckPost = %v, want nil: the name is public", err)
		}
		_, err = d.Post(t.Context(), "https://hooks.acme.example/hunter2", nil, nil)
		if drawbridge.KindOf(err) != drawbridge.Denied || !strings.Contains(err.Error(), address) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("Post to a name of %s = %v, want a refusal without the path", address, err)
		}
	}
}

func TestPost(t *testing.T) {
	t.Parallel()
	s, opt := public(t, true, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/away" {
			http.Redirect(w, r, "/there", http.StatusTemporaryRedirect)
			return
		}
		if r.URL.Path == "/there" {
			t.Error("a redirect was followed")
		}
		if r.Method != http.MethodPost || r.Header.Get("X") != "y" {
			t.Errorf("request = %s %v", r.Method, r.Header)
		}
	})
	d, err := dial.New(opt)
	if err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]int{"/": 200, "/away": 307} {
		// The test's server has an address for a name, which only a dialled address may have.
		if _, err := d.Post(t.Context(), s.URL+path, http.Header{"X": {"y"}}, []byte("{}")); drawbridge.KindOf(err) != drawbridge.Denied {
			t.Errorf("Post to loopback = %v, want a refusal", err)
		}
		host, port, _ := net.SplitHostPort(u.Host)
		named, err := dial.New(opt.Resolving(names(t, host)))
		if err != nil {
			t.Fatal(err)
		}
		got, err := named.Post(t.Context(), "https://example.com:"+port+path, http.Header{"X": {"y"}}, []byte("{}"))
		if err != nil || got != want {
			t.Errorf("Post %s = %d %v, want %d", path, got, err, want)
		}
	}
}

func TestOperator(t *testing.T) {
	t.Parallel()
	s := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	t.Cleanup(s.Close)
	host := strings.TrimPrefix(s.URL, "http://")
	_, port, _ := net.SplitHostPort(host)
	d, err := dial.New(dial.Options{Purpose: dial.Operator, Hosts: []string{host, "localhost:" + port}, Timeout: 5 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	for address, open := range map[string]bool{
		s.URL:                            true,
		"http://localhost:" + port:       true,
		"http://127.0.0.1:1/":            false, // another port
		"http://127.0.0.2:" + port:       false, // another address
		"http://127.0.0.1.:" + port:      false, // another spelling
		"http://x@127.0.0.1:" + port:     false,
		"http://169.254.169.254/":        false,
		"http://[::1]:" + port:           false,
		"gopher://127.0.0.1:" + port:     false,
		"http://127.0.0.1:" + port + "0": false,
	} {
		_, err := d.Post(t.Context(), address, nil, nil)
		if (err == nil) != open {
			t.Errorf("Post(%s) = %v, want it open: %v", address, err, open)
		}
	}
}

// TestOperatorMetadata reaches cloud metadata only where the configuration names
// the address itself.
func TestOperatorMetadata(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel() // what would be dialled is not
	d := dial.NewOperator([]string{"169.254.169.254:80"}, time.Second)
	if _, err := d.DialContext(ctx, "tcp", "169.254.169.254:80"); drawbridge.KindOf(err) == drawbridge.Denied || err != nil && strings.Contains(err.Error(), "metadata") {
		t.Errorf("an address that is named = %v, want no refusal", err)
	}
	if _, err := d.DialContext(ctx, "tcp", "169.254.169.253:80"); drawbridge.KindOf(err) != drawbridge.Denied {
		t.Errorf("an address that is not named = %v, want a refusal", err)
	}
	byName, err := dial.New(dial.Options{Purpose: dial.Operator, Hosts: []string{"meta.example:80"}, Timeout: 5 * time.Second}.Resolving(names(t, "169.254.169.254")))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := byName.Post(t.Context(), "http://meta.example/", nil, nil); drawbridge.KindOf(err) != drawbridge.Denied || !strings.Contains(err.Error(), "metadata") {
		t.Errorf("a name of metadata = %v, want a refusal", err)
	}
}
