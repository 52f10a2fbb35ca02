package rule

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"hash"
	"slices"
	"strings"
	"testing"
)

// TestGuesser holds our HMAC to the standard library's, and the forged tokens to
// what they claim to be.
func TestGuesser(t *testing.T) {
	t.Parallel()
	for alg, h := range map[string]func() hash.Hash{"HS256": sha256.New, "HS384": sha512.New384, "HS512": sha512.New} {
		head := encode(map[string]any{"alg": alg}, map[string]any{"sub": "1"}, "")
		text := strings.TrimSuffix(head, ".")
		mac := hmac.New(h, []byte("402713"))
		mac.Write([]byte(text))
		sum := mac.Sum(nil)
		tok, ok := parse(text + "." + base64.RawURLEncoding.EncodeToString(sum))
		d, known := digestOf(alg)
		if !ok || !known {
			t.Fatalf("%s: parse %v, known %v", alg, ok, known)
		}
		g := newGuesser(tok, d, sum)
		if g.fits([]byte("402714")) || !g.fits([]byte("402713")) || g.fits(nil) {
			t.Errorf("%s: the guesser takes another secret, or not the right one", alg)
		}
		if found, err := digits(t.Context(), g); !found || err != nil {
			t.Errorf("%s: digits = %v, %v", alg, found, err)
		}
		damaged, ok := parse(tok.damaged())
		if !ok || damaged.parts[2] == tok.parts[2] || damaged.parts[1] != tok.parts[1] {
			t.Errorf("%s: the damaged token is %v", alg, damaged.parts)
		}
	}
	if _, ok := digestOf("RS256"); ok {
		t.Error("RS256 is taken for a shared secret")
	}
}

func FuzzToken(f *testing.F) {
	f.Add("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln")
	f.Add("a.b.c")
	f.Fuzz(func(t *testing.T, text string) {
		if tok, ok := parse(text); ok {
			_ = tok.damaged()
			_ = careless(tok.payload)
		}
	})
}

func TestCareless(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		claims map[string]any
		want   string
	}{
		"good":     {map[string]any{"exp": 3600.0, "iat": 0.0, "aud": "a", "iss": "i", "sub": "u_1"}, ""},
		"endless":  {map[string]any{"aud": "a", "iss": "i"}, "exp is missing"},
		"long":     {map[string]any{"exp": 1e6, "iat": 0.0, "aud": "a", "iss": "i"}, "lives for 278 hours"},
		"personal": {map[string]any{"exp": 60.0, "aud": "a", "iss": "i", "mail": "ana@shop.example"}, "contact.email in mail"},
	} {
		got := strings.Join(careless(c.claims), "; ")
		if !strings.Contains(got, c.want) || c.want == "" && got != "" {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

// TestCatalogue: every check says everything about itself.
func TestCatalogue(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, c := range All() {
		i := c.Info()
		if seen[i.ID] {
			t.Errorf("%s stands twice", i.ID)
		}
		seen[i.ID] = true
		if i.Title == "" || i.Why == "" || i.Sends == "" || i.Fix == "" || i.Severity.Rank() < 0 || len(i.CWE) == 0 || !strings.HasPrefix(i.OWASP, "API") || len(i.ASVS) == 0 || len(i.Needs) == 0 || i.Safety == "" {
			t.Errorf("%s leaves something out: %+v", i.ID, i)
		}
		if slices.ContainsFunc(i.ASVS, func(s string) bool { return !strings.HasPrefix(s, "v5.0.0-") }) {
			t.Errorf("%s: %v are no ASVS 5 ids", i.ID, i.ASVS)
		}
	}
}

// TestTraces: what only broken software writes is seen, and prose is not.
func TestTraces(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`{"detail":"x\n\tat com.shop.api.Pay.run(Pay.java:81)"}`:            "Java stack trace",
		"Traceback (most recent call last):\n  File":                        "Python stack trace",
		"at Layer.handle (/srv/app/node_modules/express/lib/layer.js:95:5)": "Node stack trace",
		"goroutine 12 [running]:":                                           "Go stack trace",
		"You have an error in your SQL syntax; check":                       "database error",
		`{"detail":"The field amount must be a number."}`:                   "",
		`{"detail":"Meet us at noon (room 4:30)."}`:                         "",
		`{"error":"file not found at line 3 of the import"}`:                "",
	} {
		if got := trace([]byte(text)); got != want {
			t.Errorf("trace(%s) = %q, want %q", text, got, want)
		}
	}
}
