package app

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"drawbridge"
	"drawbridge/internal/seal"
	"drawbridge/internal/store"
	"drawbridge/internal/testkit"
)

var password = seal.Hide("correct horse battery staple 7")

// options are those of a server in a test, on a free port.
func options(t *testing.T, url string) Options {
	t.Helper()
	opt := Default(environ(map[string]string{"HOME": t.TempDir(), "LOCALAPPDATA": t.TempDir()}))
	opt.Listen, opt.Database, opt.Now, opt.Version = "127.0.0.1:0", url, time.Now, "test"
	return opt
}

func run(t *testing.T, opt Options) *App {
	t.Helper()
	a, err := New(t.Context(), opt)
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := a.Stop(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	})
	return a
}

func get(t *testing.T, client *http.Client, url string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(data)
}

func TestLife(t *testing.T) {
	t.Parallel()
	testkit.Databases(t, func(t *testing.T, url string) {
		opt := options(t, url)
		if _, err := OpenLocal(t.Context(), opt); drawbridge.KindOf(err) != drawbridge.NotFound {
			t.Errorf("OpenLocal of nothing = %v, want not_found", err)
		}
		opt.Metrics = "127.0.0.1:0"
		a := run(t, opt)
		for _, path := range []string{"/healthz", "/readyz"} {
			if status, body := get(t, http.DefaultClient, a.URL()+path); status != 200 || !strings.Contains(body, "status") {
				t.Errorf("%s = %d %s", path, status, body)
			}
		}
		if status, _ := get(t, http.DefaultClient, a.URL()+"/metrics"); status != http.StatusNotFound {
			t.Errorf("/metrics at the public address = %d", status)
		}
		status, body := get(t, http.DefaultClient, "http://"+a.metrics.address()+"/metrics")
		for _, want := range []string{"drawbridge_record_up 1", "drawbridge_ledger_entries ", "drawbridge_queries_total ", "drawbridge_database_bytes ", "drawbridge_refusals_total ", "drawbridge_jobs_due ", "drawbridge_jobs_retrying ", `drawbridge_requests_total{`, "go_goroutines "} {
			if status != 200 || !strings.Contains(body, want) {
				t.Errorf("metrics lack %s", want)
			}
		}

		local, err := OpenLocal(t.Context(), opt)
		if err != nil {
			t.Fatal(err)
		}
		defer local.Close()
		if pid := local.Running(); (pid == "") != (url != "") {
			t.Errorf("Running = %q", pid)
		}
		if _, err := local.Account.Bootstrap(t.Context(), "cli", "ann@drawbridge.example", "Ann", password); err != nil {
			t.Fatal(err)
		}
		second, err := New(t.Context(), opt)
		switch {
		case url == "" && (drawbridge.KindOf(err) != drawbridge.Conflict || !strings.Contains(err.Error(), "process ")):
			t.Errorf("a second server on the data folder: %v, want a conflict", err)
		case url != "" && err != nil:
			t.Errorf("a second server on PostgreSQL: %v", err)
		case second != nil:
			if err := second.Stop(t.Context()); err != nil {
				t.Error(err)
			}
		}
		behindItsBack(t, a)
	})
}

// behindItsBack has the ledger's head lost, and finds the server not ready.
func behindItsBack(t *testing.T, a *App) {
	t.Helper()
	err := a.Store.Update(t.Context(), func(tx *store.Tx) error { return tx.SetNote("forged") })
	if err != nil {
		t.Fatal(err)
	}
	if status, body := get(t, http.DefaultClient, a.URL()+"/readyz"); status != 503 || !strings.Contains(body, `"ledger"`) {
		t.Errorf("/readyz with a forged head = %d %s", status, body)
	}
	list := Doctor(t.Context(), a.Options, a.URL())
	for _, check := range []string{"ledger", "server"} {
		i := slices.IndexFunc(list, func(d Diagnosis) bool { return d.Check == check })
		if i < 0 || list[i].Health != HealthFail || list[i].Do == "" {
			t.Errorf("the doctor on %s: %+v", check, list)
		}
	}
	other := a.Options
	other.Listen, other.Metrics = "127.0.0.1:0", ""
	if a.Options.Database != "" {
		if _, err := New(t.Context(), other); err == nil || !strings.Contains(err.Error(), "not signed by a key") {
			t.Errorf("a start on a forged head = %v", err)
		}
		other.Data = t.TempDir()
		if _, err := New(t.Context(), other); err == nil || !strings.Contains(err.Error(), "keys are not in") {
			t.Errorf("a start without the keys = %v", err)
		}
		if _, err := os.Stat(other.keysFolder()); err == nil {
			t.Error("new keys were made for a ledger that has others")
		}
	}
}

// TestRollback starts no part when one fails, and gives everything free.
func TestRollback(t *testing.T) {
	t.Parallel()
	var config net.ListenConfig
	taken, err := config.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	opt := options(t, "")
	opt.Listen = taken.Addr().String()
	a, err := New(t.Context(), opt)
	if err != nil {
		t.Fatal(err)
	}
	var order []string
	part := func(name string, err error) {
		a.add(name, func(context.Context) error { order = append(order, "start "+name); return err },
			func(context.Context) error { order = append(order, "stop "+name); return nil })
	}
	server := a.parts[len(a.parts)-1]
	a.parts = nil
	part("one", nil)
	part("two", nil)
	a.parts = append(a.parts, server)
	part("never", nil)
	err = a.Start(t.Context())
	if drawbridge.KindOf(err) != drawbridge.Unavailable || !strings.Contains(err.Error(), "--listen") {
		t.Errorf("Start on an address that is taken = %v", err)
	}
	if got := strings.Join(order, ", "); got != "start one, start two, stop two, stop one" {
		t.Errorf("order: %s", got)
	}
	if got := Running(opt.Data); got != "" {
		t.Errorf("the data folder is still held by %s", got)
	}
	opt.Listen = "127.0.0.1:0"
	run(t, opt)
}

// TestGrace lets a request end that is being answered when the server stops,
// and cuts off what takes too long.
func TestGrace(t *testing.T) {
	t.Parallel()
	failed := make(chan error, 1)
	l, err := newListener(options(t, ""), nil, failed)
	if err != nil {
		t.Fatal(err)
	}
	in, goOn := make(chan struct{}), make(chan struct{})
	l.server.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		in <- struct{}{}
		select {
		case <-goOn:
			_, _ = io.WriteString(w, "done")
		case <-r.Context().Done():
		}
	})
	asking, stopAsking := context.WithCancel(t.Context())
	if err := l.start(asking); err != nil {
		t.Fatal(err)
	}
	answer := make(chan string)
	go func() {
		_, body := get(t, &http.Client{Transport: &http.Transport{}}, "http://"+l.address())
		answer <- body
	}()
	<-in
	stopAsking() // the signal that ends the program
	stopped := make(chan error)
	go func() { stopped <- l.stop(t.Context()) }()
	close(goOn)
	if got := <-answer; got != "done" {
		t.Errorf("the answer during a stop = %q", got)
	}
	if err := <-stopped; err != nil {
		t.Errorf("stop = %v", err)
	}
	select {
	case err := <-failed:
		t.Errorf("a stop counts as a failure: %v", err)
	default:
	}
}

// certificate writes a new certificate for 127.0.0.1 and returns its serial number.
func certificate(t *testing.T, opt Options, serial int64, until time.Time) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(serial), Subject: pkix.Name{CommonName: "drawbridge"}, NotBefore: until.Add(-24 * time.Hour), NotAfter: until,
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, DNSNames: []string{"drawbridge.example"},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	for name, block := range map[string]*pem.Block{opt.TLSCert: {Type: "CERTIFICATE", Bytes: der}, opt.TLSKey: {Type: "PRIVATE KEY", Bytes: private}} {
		if err := os.WriteFile(name, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
		at := time.Unix(serial*1000, 0) // so that the files differ also on a coarse clock
		if err := os.Chtimes(name, at, at); err != nil {
			t.Fatal(err)
		}
	}
}

// TestTLS speaks TLS 1.2 and later, and takes up a new certificate by itself; one
// that cannot be used changes nothing.
func TestTLS(t *testing.T) {
	t.Parallel()
	now := time.Now()
	opt := options(t, "")
	opt.Now = func() time.Time { return now }
	dir := t.TempDir()
	opt.TLSCert, opt.TLSKey = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	if _, err := New(t.Context(), opt); drawbridge.KindOf(err) != drawbridge.Invalid {
		t.Errorf("New without the files = %v", err)
	}
	certificate(t, opt, 1, now.Add(time.Hour))
	failed := make(chan error, 1)
	l, err := newListener(opt, newLogger(opt), failed)
	if err != nil {
		t.Fatal(err)
	}
	l.server.Handler = http.NotFoundHandler()
	if err := l.start(t.Context()); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.stop(t.Context()) }()
	serial := func(most uint16) (int64, error) {
		d := tls.Dialer{Config: &tls.Config{InsecureSkipVerify: true, MaxVersion: most}}
		conn, err := d.DialContext(t.Context(), "tcp", l.address())
		if err != nil {
			return 0, err
		}
		defer conn.Close()
		return conn.(*tls.Conn).ConnectionState().PeerCertificates[0].SerialNumber.Int64(), nil
	}
	expect := func(want int64, when string) {
		t.Helper()
		if got, err := serial(tls.VersionTLS13); got != want || err != nil {
			t.Errorf("%s: certificate %d %v, want %d", when, got, err, want)
		}
	}
	expect(1, "at first")
	if _, err := serial(tls.VersionTLS11); err == nil {
		t.Error("TLS 1.1 is spoken")
	}
	certificate(t, opt, 2, now.Add(time.Hour))
	expect(1, "before the files are looked at again")
	now = now.Add(recheck)
	expect(2, "after that")
	if err := os.WriteFile(opt.TLSKey, []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
	now = now.Add(recheck)
	expect(2, "with half a key")
	certificate(t, opt, 3, now.Add(time.Hour))
	now = now.Add(recheck)
	expect(3, "once it is whole")
}

// TestWorker needs PostgreSQL.
func TestWorker(t *testing.T) {
	t.Parallel()
	if _, err := NewWorker(t.Context(), options(t, "")); drawbridge.KindOf(err) != drawbridge.Invalid {
		t.Errorf("a worker on SQLite = %v", err)
	}
	opt := options(t, testkit.Postgres(t))
	run(t, opt)
	w, err := NewWorker(t.Context(), opt)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	if err := w.Run(ctx, cancel); err != nil {
		t.Errorf("Run = %v", err)
	}
}

// TestFailedPart ends the program when a part ends by itself.
func TestFailedPart(t *testing.T) {
	t.Parallel()
	a, err := New(t.Context(), options(t, ""))
	if err != nil {
		t.Fatal(err)
	}
	broken := errors.New("the listener broke")
	if err := a.Run(t.Context(), func() { a.failed <- broken }); !errors.Is(err, broken) {
		t.Errorf("Run = %v, want %v", err, broken)
	}
}
