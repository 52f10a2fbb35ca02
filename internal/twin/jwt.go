package twin

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"strings"
	"time"
)

const (
	issuer   = "https://id.brightwallet.example"
	audience = "brightwallet-api"
)

// mint makes a signed access token (RFC 7519, HS256).
func (t *Twin) mint(x *exchange, who *principal) string {
	now := t.now()
	claims := map[string]any{
		"iss": issuer, "aud": audience, "sub": who.user, "iat": now.Unix(), "nbf": now.Unix(),
		"exp": now.Add(t.life).Unix(), "jti": t.store.random(16), "scope": "wallet",
	}
	for _, f := range x.flaws {
		if f.claims != nil {
			f.claims(claims, who)
		}
	}
	head, _ := json.Marshal(map[string]string{"alg": "HS256", "typ": "JWT"})
	body, _ := json.Marshal(claims) // text and numbers always encode
	signed := encode64(head) + "." + encode64(body)
	return signed + "." + encode64(sum(t.key(x), signed))
}

func encode64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

func sum(key []byte, s string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(s))
	return h.Sum(nil)
}

// key is the HMAC key: 256 bits from the seed.
func (t *Twin) key(x *exchange) []byte {
	for _, f := range x.flaws {
		if f.secret != "" {
			return []byte(f.secret)
		}
	}
	key := sha256.Sum256([]byte("signing key " + t.people[0].password + t.people[1].password))
	return key[:]
}

// verify says whose token it is, or nil. The algorithm is fixed: what the
// header says decides nothing (RFC 8725 section 3.1).
func (t *Twin) verify(x *exchange, token string) *principal {
	parts := strings.Split(token, ".")
	if len(parts) != 3 || len(token) > 8192 {
		return nil
	}
	var head struct{ Alg string }
	var claims map[string]any
	if !decode64(parts[0], &head) || !decode64(parts[1], &claims) {
		return nil
	}
	signed := parts[0] + "." + parts[1]
	signature, err := base64.RawURLEncoding.Strict().DecodeString(parts[2])
	good := err == nil && head.Alg == "HS256" && hmac.Equal(signature, sum(t.key(x), signed))
	lax := false
	for _, f := range x.flaws {
		good = good || f.accept != nil && f.accept(head.Alg, parts[2])
		lax = lax || f.claims != nil
	}
	if !good {
		return nil
	}
	now := t.now().Unix()
	exp, hasExp := claims["exp"].(float64)
	nbf, _ := claims["nbf"].(float64)
	if hasExp && int64(exp) <= now || !hasExp && !lax || int64(nbf) > now+int64(time.Minute/time.Second) {
		return nil
	}
	if !lax && (claims["iss"] != issuer || claims["aud"] != audience) {
		return nil
	}
	for _, p := range t.people {
		if p.user == claims["sub"] {
			return p
		}
	}
	return nil
}

func decode64(s string, into any) bool {
	raw, err := base64.RawURLEncoding.DecodeString(s)
	return err == nil && json.Unmarshal(raw, into) == nil
}
