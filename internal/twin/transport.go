package twin

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"io"
	"math/big"
	"net"
	"sync"
	"time"
)

// TLSOptions say whether and how the twin speaks TLS.
type TLSOptions struct {
	On bool // https on the same loopback address; trust Twin.Roots
}

// certKind names one of the twin's certificates.
type certKind string

const (
	goodCert    certKind = "good"
	expiredCert certKind = "expired"
	otherHost   certKind = "other-host"
	selfSigned  certKind = "self-signed"
)

// transportFlaws weaken the connection.
func transportFlaws() []*flaw {
	return []*flaw{
		{id: "TLS-01", title: "TLS 1.0 and 1.1 are spoken", overTLS: true, tls: func(c *tls.Config) { c.MinVersion = tls.VersionTLS10 }},
		{id: "TLS-01/1.1", title: "TLS 1.1 is spoken", overTLS: true, tls: func(c *tls.Config) { c.MinVersion = tls.VersionTLS11 }},
		{id: "TLS-03", title: "The certificate has expired", overTLS: true, cert: expiredCert},
		{id: "TLS-03/host", title: "The certificate is for another host", overTLS: true, cert: otherHost},
		{id: "TLS-03/self-signed", title: "The certificate is signed by itself", overTLS: true, cert: selfSigned},
		{id: "TLS-04", title: "Clear text is answered on the TLS port", overTLS: true, plain: true},
	}
}

// keyring holds the certificates of a twin, made when it starts.
type keyring struct {
	pool  *x509.CertPool
	certs map[certKind]*tls.Certificate
}

func newKeyring(now time.Time) (*keyring, error) {
	rootKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	root := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Twin test root"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: now.AddDate(-1, 0, 0), NotAfter: now.AddDate(1, 0, 0), KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, root, root, rootKey.Public(), rootKey)
	if err != nil {
		return nil, err
	}
	ca, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, err
	}
	k := &keyring{pool: x509.NewCertPool(), certs: map[certKind]*tls.Certificate{}}
	k.pool.AddCert(ca)
	for i, kind := range []certKind{goodCert, expiredCert, otherHost, selfSigned} {
		leaf := &x509.Certificate{
			SerialNumber: big.NewInt(int64(i) + 2), Subject: pkix.Name{CommonName: "twin"}, DNSNames: []string{"localhost"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
			NotBefore: now.Add(-time.Hour), NotAfter: now.Add(30 * 24 * time.Hour), KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		}
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			return nil, err
		}
		parent, signer := ca, rootKey
		switch kind {
		case expiredCert:
			leaf.NotBefore, leaf.NotAfter = now.AddDate(0, -6, 0), now.AddDate(0, 0, -1)
		case otherHost:
			leaf.DNSNames, leaf.IPAddresses = []string{"files.another.example"}, nil
		case selfSigned:
			parent, signer = leaf, key
		case goodCert:
		}
		der, err := x509.CreateCertificate(rand.Reader, leaf, parent, key.Public(), signer)
		if err != nil {
			return nil, err
		}
		k.certs[kind] = &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
	}
	return k, nil
}

// handshake is the configuration of one connection, by the flaws that are on.
func (t *Twin) handshake(*tls.ClientHelloInfo) (*tls.Config, error) {
	c := &tls.Config{MinVersion: tls.VersionTLS12, NextProtos: []string{"http/1.1"}, SessionTicketsDisabled: true}
	kind := goodCert
	for _, f := range *t.on.Load() {
		if f.tls != nil {
			f.tls(c)
		}
		if f.cert != "" {
			kind = f.cert
		}
	}
	c.Certificates = []tls.Certificate{*t.keys.certs[kind]}
	return c, nil
}

// Roots returns the certificate authority of a twin that speaks TLS, else nil.
func (t *Twin) Roots() *x509.CertPool {
	if t.keys == nil {
		return nil
	}
	return t.keys.pool
}

// splitter tells TLS and clear text on one port apart by the first byte.
type splitter struct {
	net.Listener
	conf  *tls.Config
	ready chan net.Conn
	done  chan struct{}
	wg    sync.WaitGroup
	mu    sync.Mutex        // guards open and ended
	open  map[net.Conn]bool // whose first byte is awaited
	ended bool
}

func newSplitter(l net.Listener, conf *tls.Config) *splitter {
	s := &splitter{Listener: l, conf: conf, ready: make(chan net.Conn), done: make(chan struct{}), open: map[net.Conn]bool{}}
	s.wg.Go(s.run)
	return s
}

func (s *splitter) run() {
	for {
		c, err := s.Listener.Accept()
		if err != nil {
			return
		}
		if !s.hold(c) {
			_ = c.Close()
			return
		}
		s.wg.Go(func() { s.sort(c) })
	}
}

// hold keeps a connection for Close to end; false when Close came first.
func (s *splitter) hold(c net.Conn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.ended {
		s.open[c] = true
	}
	return !s.ended
}

// sort waits for the first byte and hands the connection on.
func (s *splitter) sort(c net.Conn) {
	first := make([]byte, 1)
	_, err := io.ReadFull(c, first)
	s.mu.Lock()
	delete(s.open, c)
	s.mu.Unlock()
	if err != nil {
		_ = c.Close()
		return
	}
	var out net.Conn = &peeked{Conn: c, first: first[0]}
	if first[0] == 22 { // a TLS record of type handshake (RFC 8446 section 5.1)
		out = tls.Server(out, s.conf)
	}
	select {
	case s.ready <- out:
	case <-s.done:
		_ = c.Close()
	}
}

// Accept returns the next sorted connection.
func (s *splitter) Accept() (net.Conn, error) {
	select {
	case c := <-s.ready:
		return c, nil
	case <-s.done:
		return nil, net.ErrClosed
	}
}

// Close ends the listener and the connections that never said anything.
func (s *splitter) Close() error {
	s.mu.Lock()
	if s.ended {
		s.mu.Unlock()
		return nil
	}
	s.ended = true
	for c := range s.open {
		_ = c.Close()
	}
	s.mu.Unlock()
	close(s.done)
	err := s.Listener.Close()
	s.wg.Wait()
	return err
}

// peeked is a connection whose first byte has been read already.
type peeked struct {
	net.Conn
	first byte
	given bool
}

// Read returns the first byte, then what follows.
func (p *peeked) Read(b []byte) (int, error) {
	if p.given || len(b) == 0 {
		return p.Conn.Read(b)
	}
	p.given = true
	b[0] = p.first
	return 1, nil
}
