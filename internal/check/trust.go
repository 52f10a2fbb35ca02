package check

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
)

// trust verifies the target's certificate before any credential is sent. On
// loopback a bad one is noted and pinned, so that the run can judge the rest.
func (s *Session) trust(ctx context.Context) error {
	if s.TLS == nil {
		return nil
	}
	leaf, err := s.handshake(ctx, s.TLS)
	bad, ok := errors.AsType[*tls.CertificateVerificationError](err)
	if err == nil || !ok {
		return err
	}
	s.distrust = bad.Err.Error()
	if !s.loopback() {
		return nil
	}
	open := s.TLS.Clone()
	open.InsecureSkipVerify = true
	if leaf, err = s.handshake(ctx, open); err != nil {
		return err
	}
	open.VerifyConnection = func(c tls.ConnectionState) error {
		if len(c.PeerCertificates) == 0 || sha256.Sum256(c.PeerCertificates[0].Raw) != leaf {
			return errors.New("the target changed its certificate during the run")
		}
		return nil
	}
	s.client.http.Transport.(*http.Transport).TLSClientConfig = open
	s.Note("the certificate is not trusted (" + s.distrust + "); the target is on loopback, so the run went on with that very certificate")
	return nil
}

func (s *Session) handshake(ctx context.Context, config *tls.Config) (leaf [32]byte, err error) {
	conn, err := s.Dial(ctx, s.Port())
	if err != nil {
		return leaf, fmt.Errorf("connect to %s: %w", s.BaseURL.Host, err)
	}
	defer conn.Close()
	ctx, cancel := context.WithTimeout(ctx, s.client.wait)
	defer cancel()
	t := tls.Client(conn, config)
	if err := t.HandshakeContext(ctx); err != nil {
		return leaf, fmt.Errorf("TLS handshake with %s: %w", s.BaseURL.Host, err)
	}
	return sha256.Sum256(t.ConnectionState().PeerCertificates[0].Raw), nil
}
