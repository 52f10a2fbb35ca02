package rule

import (
	"context"
	"crypto/tls"
	"fmt"
	"time"

	"drawbridge/internal/check"
)

const handshakeLimit = 5 * time.Second

// shake does one handshake with the target and closes the connection.
func shake(ctx context.Context, s *check.Session, config *tls.Config) (tls.ConnectionState, error) {
	conn, err := s.Dial(ctx, s.Port())
	if err != nil {
		return tls.ConnectionState{}, fmt.Errorf("connect to %s: %w", s.BaseURL.Host, err)
	}
	defer conn.Close()
	ctx, cancel := context.WithTimeout(ctx, handshakeLimit)
	defer cancel()
	c := tls.Client(conn, config)
	if err := c.HandshakeContext(ctx); err != nil {
		return tls.ConnectionState{}, err
	}
	return c.ConnectionState(), nil
}

// handshake is the transcript of a handshake.
func handshake(s *check.Session, name, offered, result, flag string) check.Exchange {
	return check.Exchange{
		Name: name, Identity: "anonymous", Request: "TLS handshake with " + s.BaseURL.Host + ", " + offered, Response: result,
		Curl: "curl -sv -o /dev/null " + flag + "'https://" + s.BaseURL.Host + "/'",
	}
}
