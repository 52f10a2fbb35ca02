package dial_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	"drawbridge"
	"drawbridge/internal/dial"
)

// public starts a server that the dialer takes for a public one.
func public(t *testing.T, secure bool, h http.HandlerFunc) (*httptest.Server, dial.Options) {
	t.Helper()
	s := httptest.NewUnstartedServer(h)
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	if secure {
		s.StartTLS()
		config.RootCAs = x509.NewCertPool()
		config.RootCAs.AddCert(s.Certificate())
	} else {
		s.Start()
	}
	t.Cleanup(s.Close)
	u, err := url.Parse(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	opt := dial.Options{Purpose: dial.PartnerSupplied, Timeout: 5 * time.Second}
	return s, opt.Allowing(func(ap netip.AddrPort) bool { return ap.String() == u.Host }, config)
}

func fetch(t *testing.T, opt dial.Options, address string) (*dial.Document, error) {
	t.Helper()
	d, err := dial.New(opt)
	if err != nil {
		t.Fatal(err)
	}
	return d.Fetch(t.Context(), address)
}

func TestFetch(t *testing.T) {
	t.Parallel()
	s, opt := public(t, true, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/old" {
			http.Redirect(w, r, "/v1/open%20api.yaml?x=1", http.StatusFound)
			return
		}
		w.Header().Set("Content-Type", "application/yaml; charset=utf-8")
		_, _ = w.Write([]byte("openapi: 3.1.0\n"))
	})
	doc, err := fetch(t, opt, s.URL+"/old")
	if err != nil {
		t.Fatal(err)
	}
	if string(doc.Body) != "openapi: 3.1.0\n" || doc.Name != "open-api.yaml" || doc.Type != "application/yaml" || !doc.Secure {
		t.Errorf("Fetch = %+v", doc)
	}
}

// TestInward plays a public server that sends the dialer to inner addresses.
func TestInward(t *testing.T) {
	t.Parallel()
	inner := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		t.Error("the inner server was reached")
	}))
	t.Cleanup(inner.Close)
	_, innerPort, _ := strings.Cut(strings.TrimPrefix(inner.URL, "http://"), ":")
	for _, to := range []string{
		inner.URL + "/latest/meta-data",
		"http://localhost:" + innerPort,
		"http://[::1]:" + innerPort,
		"http://[::ffff:127.0.0.1]:" + innerPort,
		"http://169.254.169.254/latest/meta-data/",
		"http://10.0.0.1/",
		"http://[64:ff9b::7f00:1]/",
	} {
		t.Run(to, func(t *testing.T) {
			t.Parallel()
			s, opt := public(t, false, func(w http.ResponseWriter, r *http.Request) {
				http.Redirect(w, r, to, http.StatusTemporaryRedirect)
			})
			_, err := fetch(t, opt, s.URL)
			if drawbridge.KindOf(err) != drawbridge.Denied || !strings.Contains(err.Error(), "its redirect to") || !strings.Contains(err.Error(), "only public addresses") {
				t.Errorf("Fetch = %v, want a refusal", err)
			}
		})
	}
}

func TestRefused(t *testing.T) {
	t.Parallel()
	page := strings.Repeat("<p>hello</p>", 10)
	s, opt := public(t, true, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/loop":
			http.Redirect(w, r, "/loop", http.StatusFound)
		case "/plain":
			http.Redirect(w, r, "http://acme.example/", http.StatusFound)
		case "/file":
			w.Header().Set("Location", "file:///etc/passwd")
			w.WriteHeader(http.StatusFound)
		case "/page":
			_, _ = w.Write([]byte("<!DOCTYPE html>" + page))
		case "/big", "/chunked":
			if r.URL.Path == "/chunked" {
				w.(http.Flusher).Flush()
			}
			_, _ = w.Write(make([]byte, 2000))
		default:
			http.NotFound(w, r)
		}
	})
	opt.MaxBytes = 1000
	for name, tc := range map[string]struct {
		address, want string
		kind          drawbridge.Kind
	}{
		"loop":            {s.URL + "/loop", "more than 3 redirects", drawbridge.Denied},
		"downgrade":       {s.URL + "/plain", "leaves https", drawbridge.Denied},
		"redirect scheme": {s.URL + "/file", `scheme "file"`, drawbridge.Invalid},
		"page":            {s.URL + "/page", "web page", drawbridge.Invalid},
		"declared size":   {s.URL + "/big", "more than", drawbridge.TooLarge},
		"real size":       {s.URL + "/chunked", "more than", drawbridge.TooLarge},
		"status":          {s.URL + "/nothing", "404", drawbridge.Unavailable},
		"scheme":          {"ftp://acme.example/x", `scheme "ftp"`, drawbridge.Invalid},
		"no host":         {"https:///x", "no host", drawbridge.Invalid},
		"credentials":     {"https://me:secret@acme.example/x", "credentials", drawbridge.Invalid},
		"private":         {"https://192.168.1.1/", "is private", drawbridge.Denied},
		"decimal":         {"https://[fe80::1]/", "link-local", drawbridge.Denied},
		"unspecified":     {"http://0.0.0.0/", "this host", drawbridge.Denied},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := fetch(t, opt, tc.address)
			if drawbridge.KindOf(err) != tc.kind || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("Fetch = %v (%s), want %q (%s)", err, drawbridge.KindOf(err), tc.want, tc.kind)
			}
			if err != nil && strings.Contains(err.Error(), "secret") {
				t.Errorf("the message shows a credential: %v", err)
			}
		})
	}
}

// TestSlow waits for a server that starts its answer and never ends it.
func TestSlow(t *testing.T) {
	t.Parallel()
	s, opt := public(t, true, func(w http.ResponseWriter, r *http.Request) {
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	})
	opt.Timeout = 300 * time.Millisecond
	if _, err := fetch(t, opt, s.URL); drawbridge.KindOf(err) != drawbridge.Unavailable || !strings.Contains(err.Error(), "within 300ms") {
		t.Errorf("Fetch = %v, want a timeout", err)
	}
}

func TestCancelled(t *testing.T) {
	t.Parallel()
	s, opt := public(t, false, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	d, err := dial.New(opt)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := d.Fetch(ctx, s.URL); !errors.Is(err, context.Canceled) {
		t.Errorf("Fetch = %v, want context.Canceled", err)
	}
}

// TestProxyIgnored shows that a proxy of the environment is not used: it would
// be judged in place of the address that it connects to.
func TestProxyIgnored(t *testing.T) {
	proxy := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("the proxy was used") }))
	t.Cleanup(proxy.Close)
	t.Setenv("HTTP_PROXY", proxy.URL)
	t.Setenv("http_proxy", proxy.URL)
	_, err := fetch(t, dial.Options{Purpose: dial.PartnerSupplied}, "http://10.1.2.3/")
	if drawbridge.KindOf(err) != drawbridge.Denied {
		t.Errorf("Fetch = %v, want a refusal", err)
	}
}

func TestPurpose(t *testing.T) {
	t.Parallel()
	if _, err := dial.New(dial.Options{}); err == nil {
		t.Error("New without a purpose = nil, want an error")
	}
}

func TestNotPublic(t *testing.T) {
	t.Parallel()
	for address, open := range map[string]bool{
		"8.8.8.8": true, "1.1.1.1": true, "172.15.0.1": true, "172.32.0.1": true, "100.63.255.255": true, "100.128.0.0": true,
		"2606:4700::1111": true, "2a00:1450::1": true,
		"127.0.0.1": false, "127.255.255.255": false, "0.0.0.0": false, "10.255.255.255": false, "172.16.0.1": false, "172.31.255.255": false,
		"192.168.0.1": false, "169.254.169.254": false, "100.64.0.1": false, "100.127.255.255": false, "192.0.0.192": false,
		"192.0.2.1": false, "198.51.100.1": false, "203.0.113.1": false, "198.18.0.1": false, "224.0.0.1": false, "239.1.1.1": false,
		"255.255.255.255": false, "240.0.0.1": false, "192.88.99.1": false, "168.63.129.16": false,
		"::": false, "::1": false, "::ffff:127.0.0.1": false, "::ffff:8.8.8.8": true, "::127.0.0.1": false, "64:ff9b::8.8.8.8": false,
		"64:ff9b:1::1": false, "2002:7f00:1::": false, "2001:db8::1": false, "2001:0:1::1": false, "3fff::1": false, "fc00::1": false,
		"fd00:ec2::254": false, "fe80::1": false, "fec0::1": false, "ff02::1": false, "100::1": false, "4000::1": false, "fe80::1%eth0": false,
	} {
		if why := dial.NotPublic(netip.MustParseAddr(address)); (why == "") != open {
			t.Errorf("NotPublic(%s) = %q, want public %v", address, why, open)
		}
	}
	if dial.NotPublic(netip.Addr{}) == "" {
		t.Error("NotPublic(no address) is empty")
	}
}
