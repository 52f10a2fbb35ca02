package notify_test

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"fmt"
	"io"
	"math/big"
	"mime/quotedprintable"
	"net"
	"net/mail"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/action"
	"drawbridge/internal/job"
	"drawbridge/internal/notify"
	"drawbridge/internal/seal"
	"drawbridge/internal/store"
	"drawbridge/internal/testkit"
)

// sink is a mail server that keeps what it takes.
type sink struct {
	net.Listener
	tls    *tls.Config // nil to offer no STARTTLS
	answer string      // to RCPT; empty for 250
	silent bool        // takes the connection and says nothing

	mu      sync.Mutex // guards what follows
	letters []string
	to      []string
	auth    string
	secure  bool
}

func newSink(t *testing.T, s *sink) (*sink, notify.Mail) {
	t.Helper()
	var err error
	if s.Listener, err = (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	var running sync.WaitGroup
	running.Go(func() {
		for {
			conn, err := s.Accept()
			if err != nil {
				return
			}
			running.Go(func() { s.serve(conn) })
		}
	})
	t.Cleanup(func() { s.Close(); running.Wait() })
	_, port, _ := net.SplitHostPort(s.Addr().String())
	number, _ := strconv.Atoi(port)
	return s, notify.Mail{Host: "127.0.0.1", Port: number, From: "Drawbridge <bridge@drawbridge.example>"}
}

func (s *sink) serve(conn net.Conn) {
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(20 * time.Second))
	if s.silent {
		_, _ = io.Copy(io.Discard, conn)
		return
	}
	say := func(text string) { fmt.Fprintf(conn, "%s\r\n", text) }
	in := bufio.NewReader(conn)
	say("220 sink")
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return
		}
		line = strings.TrimSpace(line)
		word, rest, _ := strings.Cut(line, " ")
		switch strings.ToUpper(word) {
		case "EHLO":
			say("250-sink")
			if _, on := conn.(*tls.Conn); s.tls != nil && !on {
				say("250-STARTTLS")
			}
			say("250 AUTH PLAIN")
		case "STARTTLS":
			say("220 go")
			conn = tls.Server(conn, s.tls)
			in = bufio.NewReader(conn)
		case "AUTH":
			s.mu.Lock()
			s.auth = strings.TrimPrefix(rest, "PLAIN ")
			s.mu.Unlock()
			say("235 ok")
		case "RCPT":
			if s.answer != "" {
				say(s.answer)
				continue
			}
			s.mu.Lock()
			s.to = append(s.to, rest)
			s.mu.Unlock()
			say("250 ok")
		case "DATA":
			say("354 go")
			var b strings.Builder
			for {
				l, err := in.ReadString('\n')
				if err != nil {
					return
				}
				if l == ".\r\n" {
					break
				}
				b.WriteString(l)
			}
			s.mu.Lock()
			s.letters = append(s.letters, b.String())
			_, s.secure = conn.(*tls.Conn)
			s.mu.Unlock()
			say("250 taken")
		case "QUIT":
			say("221 bye")
			return
		default:
			say("250 ok")
		}
	}
}

func (s *sink) taken() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.letters
}

// certificate makes a server's certificate and the pool that trusts it.
func certificate(t *testing.T) (*tls.Config, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "sink"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(cert)
	return &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}, pool
}

func TestMail(t *testing.T) {
	t.Parallel()
	testkit.Databases(t, func(t *testing.T, url string) {
		config, pool := certificate(t)
		s, opt := newSink(t, &sink{tls: config})
		opt.User, opt.Password, opt.Roots = "bridge", seal.Hide("hunter2"), pool
		w := open(t, url, notify.Options{Mail: opt})
		ann, bob := w.person(t, "ann", drawbridge.Requester), w.person(t, "bob", drawbridge.Requester)
		if err := w.n.SetMail(t.Context(), bob, false); err != nil {
			t.Fatal(err)
		}
		if wants, sent, err := w.n.Mail(t.Context(), bob); wants || !sent || err != nil {
			t.Errorf("Mail = %v %v %v, want a server, and bob without", wants, sent, err)
		}
		w.tell(t, bob, "integration.assessed")
		id := w.tell(t, ann, "integration.assessed")
		if d := w.delivery(t, id, "mail"); d.State != drawbridge.Delivered {
			t.Fatalf("delivery = %+v", d)
		}
		letters := s.taken()
		if len(letters) != 1 || !s.secure || len(s.to) != 1 || s.to[0] != "TO:<ann@drawbridge.example>" {
			t.Fatalf("%d letters, to %v, secure %v; want one to ann, over TLS", len(letters), s.to, s.secure)
		}
		if want := base64.StdEncoding.EncodeToString([]byte("\x00bridge\x00hunter2")); s.auth != want {
			t.Errorf("sign-in = %q, want %q", s.auth, want)
		}
		m, err := mail.ReadMessage(strings.NewReader(letters[0]))
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(quotedprintable.NewReader(m.Body))
		if err != nil || !strings.Contains(string(body), "https://drawbridge.example/integrations/int_1") || !strings.Contains(string(body), "integration: int_1") {
			t.Errorf("body = %s %v", body, err)
		}
		if got := m.Header.Get("Message-Id"); got != "<"+string(id)+".mail@drawbridge.example>" || m.Header.Get("Subject") != "An integration was assessed again" {
			t.Errorf("header = %v", m.Header)
		}
	})
}

// TestMailServers plays mail servers that must get no letter, or take none.
func TestMailServers(t *testing.T) {
	t.Parallel()
	config, pool := certificate(t)
	for name, tc := range map[string]struct {
		sink    *sink
		change  func(*notify.Mail)
		state   drawbridge.DeliveryState
		says    string
		letters int
	}{
		"clear text on loopback": {sink: &sink{}, state: drawbridge.Delivered, letters: 1},
		"unknown certificate":    {sink: &sink{tls: config}, state: drawbridge.Dead, says: "certificate"},
		"no such person":         {sink: &sink{answer: "550 <ann@drawbridge.example> unknown"}, state: drawbridge.Dead, says: "answered 550"},
		"busy":                   {sink: &sink{answer: "451 later"}, state: drawbridge.Dead, says: "answered 451"},
		"silent":                 {sink: &sink{silent: true}, state: drawbridge.Dead, says: "no answer within"},
		"trusted":                {sink: &sink{tls: config}, change: func(m *notify.Mail) { m.Roots = pool }, state: drawbridge.Delivered, letters: 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, opt := newSink(t, tc.sink)
			if tc.change != nil {
				tc.change(&opt)
			}
			w := still(t, "", &notify.Options{Mail: opt, Timeout: 300 * time.Millisecond})
			ann := w.person(t, "ann", drawbridge.Requester)
			d := w.drive(t, w.tell(t, ann, "integration.assessed"), "message.mail", "mail")
			if d.State != tc.state || !strings.Contains(d.LastError, tc.says) || len(s.taken()) != tc.letters || strings.Contains(d.LastError, "ann@") {
				t.Errorf("delivery = %+v, %d letters, want %s that says %q", d, len(s.taken()), tc.state, tc.says)
			}
		})
	}
}

// TestNoMail has a person leave while a letter waits.
func TestNoMail(t *testing.T) {
	t.Parallel()
	s, opt := newSink(t, &sink{})
	w := still(t, "", &notify.Options{Mail: opt})
	ann := w.person(t, "ann", drawbridge.Requester)
	id := w.tell(t, ann, "integration.assessed")
	if err := w.n.Workers()[store.MessageEvent].Work(t.Context(), job.Event{ID: "evt_1", Subject: string(id)}); err != nil {
		t.Fatal(err)
	}
	act := action.Act{Actor: access.System("setup"), Action: access.PersonWrite, Object: access.Object{Kind: "person"}}
	if _, _, err := action.Do(context.Background(), w.door, act, func(tx *store.Tx) (int, error) {
		p, err := tx.Person(ann.Person)
		if err != nil {
			return 0, err
		}
		p.Disabled = true
		return 0, tx.SetPerson(p)
	}); err != nil {
		t.Fatal(err)
	}
	if d := w.drive(t, id, "message.mail", "mail"); d.State != drawbridge.Dropped || len(s.taken()) != 0 {
		t.Errorf("delivery = %+v, %d letters, want it dropped", d, len(s.taken()))
	}
}

// TestHeaderInjection tries to add a header by every text that enters a mail.
func TestHeaderInjection(t *testing.T) {
	t.Parallel()
	const evil = "x\r\nBcc: eve@evil.example"
	good := drawbridge.Message{ID: "msg_1", Person: "per_1", Kind: "integration.assessed", CreatedAt: start}
	for name, change := range map[string]func(*drawbridge.Message){
		"kind":       func(m *drawbridge.Message) { m.Kind = "a.b\r\nBcc: eve@evil.example" },
		"kind end":   func(m *drawbridge.Message) { m.Kind = "a.b\n" },
		"param":      func(m *drawbridge.Message) { m.Params = map[string]string{"integration": evil} },
		"param name": func(m *drawbridge.Message) { m.Params = map[string]string{evil: "x"} },
		"link":       func(m *drawbridge.Message) { m.Link = "/" + evil },
		"host":       func(m *drawbridge.Message) { m.Link = "//evil.example/" },
		"backslash":  func(m *drawbridge.Message) { m.Link = `/\evil.example/` },
		"address":    func(m *drawbridge.Message) { m.Link = "https://evil.example/" },
		"up":         func(m *drawbridge.Message) { m.Link = "/a/../../b" },
	} {
		m := good
		change(&m)
		if m.Check() == nil {
			t.Errorf("%s: %+v passes", name, m)
		}
	}
	if err := good.Check(); err != nil {
		t.Errorf("a good message = %v", err)
	}
	for name, m := range map[string]notify.Mail{
		"sender": {Host: "mail.example", From: "a@b.example\r\nBcc: eve@evil.example"},
		"host":   {Host: "mail.example\r\nQUIT", From: "a@b.example"},
		"port":   {Host: "mail.example", Port: 70000, From: "a@b.example"},
		"none":   {Host: "mail.example"},
	} {
		if _, err := notify.New(notify.Options{Mail: m}); drawbridge.KindOf(err) != drawbridge.Invalid {
			t.Errorf("%s: New = %v, want invalid", name, err)
		}
	}
}

// TestAddressInjection gives a person an address that would add a recipient.
func TestAddressInjection(t *testing.T) {
	t.Parallel()
	for _, address := range []string{
		"ann@drawbridge.example\r\nRCPT TO:<eve@evil.example>", "ann@drawbridge.example>\r\nDATA", "ann", "a@b.example, eve@evil.example", "\"a\r\nb\"@drawbridge.example",
	} {
		s, opt := newSink(t, &sink{})
		w := still(t, "", &notify.Options{Mail: opt})
		ann := w.person(t, strings.TrimSuffix(address, "@drawbridge.example"), drawbridge.Requester)
		act := action.Act{Actor: access.System("setup"), Action: access.PersonWrite, Object: access.Object{Kind: "person"}}
		if _, _, err := action.Do(t.Context(), w.door, act, func(tx *store.Tx) (int, error) {
			p, err := tx.Person(ann.Person)
			if err != nil {
				return 0, err
			}
			p.Email = address
			return 0, tx.SetPerson(p)
		}); err != nil {
			t.Fatal(err)
		}
		if d := w.drive(t, w.tell(t, ann, "integration.assessed"), "message.mail", "mail"); d.State != drawbridge.Dead || len(s.taken()) != 0 || strings.Contains(d.LastError, "evil") {
			t.Errorf("%q: delivery = %+v, %d letters, want none", address, d, len(s.taken()))
		}
	}
}

func TestTitles(t *testing.T) {
	t.Parallel()
	for _, kind := range notify.Kinds() {
		m := drawbridge.Message{ID: "msg_1", Person: "per_1", Kind: kind, CreatedAt: start}
		if err := m.Check(); err != nil {
			t.Errorf("%s: %v", kind, err)
		}
	}
	if got := notify.Title("hold.lifted_early"); got != "News: hold lifted early" {
		t.Errorf("Title = %q", got)
	}
}
