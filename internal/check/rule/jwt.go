package rule

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/json"
	"strings"

	"drawbridge/internal/check"
)

// token is a JSON Web Token (RFC 7519) in compact form, taken apart without
// judging it. The encoder below writes what no library should: tokens that are
// wrong on purpose.
type token struct {
	header, payload map[string]any
	parts           [3]string
}

func parse(text string) (token, bool) {
	var t token
	parts := strings.Split(text, ".")
	if len(parts) != 3 || len(text) > 16<<10 {
		return t, false
	}
	t.parts = [3]string(parts)
	return t, decode(parts[0], &t.header) && decode(parts[1], &t.payload) && t.header["alg"] != nil
}

func decode(part string, into *map[string]any) bool {
	raw, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(part, "="))
	return err == nil && json.Unmarshal(raw, into) == nil && *into != nil
}

// encode writes header and payload with the given signature part.
func encode(header, payload map[string]any, signature string) string {
	h, _ := json.Marshal(header) // maps of decoded JSON always encode
	p, _ := json.Marshal(payload)
	return base64.RawURLEncoding.EncodeToString(h) + "." + base64.RawURLEncoding.EncodeToString(p) + "." + signature
}

// damaged returns the token with one bit of its signature turned. The bit lies
// in the middle: the last character of base64 has bits without meaning.
func (t token) damaged() string {
	raw, err := base64.RawURLEncoding.DecodeString(t.parts[2])
	if err != nil || len(raw) == 0 {
		return ""
	}
	raw[len(raw)/2] ^= 0x10
	return t.parts[0] + "." + t.parts[1] + "." + base64.RawURLEncoding.EncodeToString(raw)
}

// digest is the hash under one HMAC algorithm (RFC 7518 section 3.2).
type digest struct {
	block int
	sum   func(into, text []byte) []byte
}

func digestOf(alg string) (digest, bool) {
	switch alg {
	case "HS256":
		return digest{sha256.BlockSize, func(into, text []byte) []byte { h := sha256.Sum256(text); return append(into, h[:]...) }}, true
	case "HS384":
		return digest{sha512.BlockSize, func(into, text []byte) []byte { h := sha512.Sum384(text); return append(into, h[:]...) }}, true
	case "HS512":
		return digest{sha512.BlockSize, func(into, text []byte) []byte { h := sha512.Sum512(text); return append(into, h[:]...) }}, true
	}
	return digest{}, false
}

// guesser tries secrets against one token. It writes HMAC (RFC 2104) out by
// hand: a million guesses must not make a million objects.
type guesser struct {
	digest
	want         []byte
	inner, outer []byte // the padded secret, and what is hashed after it
}

func newGuesser(t token, d digest, want []byte) *guesser {
	return &guesser{digest: d, want: want, inner: append(make([]byte, d.block), t.parts[0]+"."+t.parts[1]...), outer: make([]byte, d.block, d.block+sha512.Size)}
}

// fits reports that the token's MAC was made with the secret.
func (g *guesser) fits(secret []byte) bool {
	if len(secret) > g.block {
		return false // no guess is that long
	}
	for i := range g.block {
		g.inner[i], g.outer[i] = 0x36, 0x5c
	}
	for i, c := range secret {
		g.inner[i] ^= c
		g.outer[i] ^= c
	}
	outer := g.sum(g.outer[:g.block], g.inner)
	var got [sha512.Size]byte
	return bytes.Equal(g.sum(got[:0], outer), g.want)
}

// bearer returns the first identity that sends such a token, and the token.
func bearer(s *check.Session) (*check.Identity, token, bool) {
	for _, id := range s.Identities {
		if t, ok := parse(id.Bearer()); ok {
			return id, t, true
		}
	}
	return nil, token{}, false
}

const noToken = "no identity sends a JSON Web Token"

// trial sends the identity's good read with forged tokens, after showing that
// the credential decides at all there.
type trial struct {
	s        *check.Session
	id       *check.Identity
	request  check.Request
	good     *check.Answer
	evidence []check.Exchange
}

// newTrial sends the control requests: the good token works, and a text that is
// no token does not. why says what is in the way.
func newTrial(ctx context.Context, s *check.Session, id *check.Identity) (t *trial, why string, err error) {
	t = &trial{s: s, id: id, request: id.ProbeRequest()}
	if t.good, err = s.Do(ctx, id, t.request); err != nil {
		return nil, "", err
	}
	if !t.good.OK() {
		return nil, statusNote(t.good), nil
	}
	none, err := t.send(ctx, "nobody-issued-this-"+s.Marker())
	if err != nil {
		return nil, "", err
	}
	if t.taken(none) {
		return nil, "the operation takes any credential; AUTHN-02 judges that", nil
	}
	t.evidence = []check.Exchange{s.Exchange("baseline", t.good), s.Exchange("control", none)}
	return t, "", nil
}

func (t *trial) send(ctx context.Context, text string) (*check.Answer, error) {
	t.s.Hide(text)
	return t.s.Do(ctx, t.id.With("forged", text), t.request)
}

// taken reports that an answer serves what the good token is served.
func (t *trial) taken(a *check.Answer) bool {
	return a.OK() && check.Alike(t.good.Body, a.Body) >= 0.8
}
