package seal_test

import (
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/note"

	"drawbridge"
	"drawbridge/internal/seal"
)

// pair is a key pair made apart from the package under test.
type pair struct {
	private    ed25519.PrivateKey
	public, id string
}

func newPair(tb testing.TB, name string, seed byte) pair {
	tb.Helper()
	p := pair{private: ed25519.NewKeyFromSeed([]byte(strings.Repeat(string(rune(seed)), ed25519.SeedSize)))}
	public, err := note.NewEd25519VerifierKey(name, p.private.Public().(ed25519.PublicKey))
	if err != nil {
		tb.Fatal(err)
	}
	p.public = public
	p.id = public[:strings.LastIndex(public[:len(name)+10], "+")]
	return p
}

// sign writes out the protocol of DSSE v1 again, with the sample of its text.
func (p pair) sign(kind, payload string) string {
	signed := fmt.Sprintf("DSSEv1 %d %s %d %s", len(kind), kind, len(payload), payload)
	return base64.StdEncoding.EncodeToString(ed25519.Sign(p.private, []byte(signed)))
}

func envelope(kind, payload64 string, signatures ...string) []byte {
	list := []string{}
	for i := 0; i < len(signatures); i += 2 {
		list = append(list, fmt.Sprintf(`{"keyid":%q,"sig":%q}`, signatures[i], signatures[i+1]))
	}
	return fmt.Appendf(nil, `{"payload":%q,"payloadType":%q,"signatures":[%s]}`, payload64, kind, strings.Join(list, ","))
}

const (
	helloType = "http://example.com/HelloWorld"
	hello64   = "aGVsbG8gd29ybGQ=" // hello world
)

func TestVerifyEnvelope(t *testing.T) {
	t.Parallel()
	a, b, c := newPair(t, "a.example", 1), newPair(t, "b.example", 2), newPair(t, "a.example", 3)
	sigA, sigB := a.sign(helloType, "hello world"), b.sign(helloType, "hello world")
	good := envelope(helloType, hello64, a.id, sigA)
	urlSafe := strings.NewReplacer("+", "-", "/", "_").Replace(sigA)
	if urlSafe == sigA {
		t.Fatal("the signature does not tell the two alphabets apart")
	}
	for name, tt := range map[string]struct {
		data []byte
		keys []pair
		want string // the id, or the start of what the error says
	}{
		"signed by the key":        {good, []pair{a}, a.id},
		"by one of several":        {good, []pair{b, c, a}, a.id},
		"by two, one known":        {envelope(helloType, hello64, b.id, sigB, a.id, sigA), []pair{a}, a.id},
		"by two, both known":       {envelope(helloType, hello64, b.id, sigB, a.id, sigA), []pair{a, b}, b.id},
		"space between":            {[]byte(strings.ReplaceAll(string(good), `,"`, ",\n \"")), []pair{a}, a.id},
		"URL-safe":                 {envelope(helloType, hello64, a.id, urlSafe), []pair{a}, a.id},
		"no key trusted":           {good, nil, "envelope: none of its signatures"},
		"another key":              {good, []pair{b}, "envelope: none of its signatures"},
		"a key of the same name":   {good, []pair{c}, "envelope: none of its signatures"},
		"id of a trusted key":      {envelope(helloType, hello64, b.id, sigA), []pair{b}, "envelope: the signature by"},
		"one good, one false":      {envelope(helloType, hello64, a.id, sigA, b.id, sigA), []pair{a, b}, "envelope: the signature by"},
		"other payload":            {envelope(helloType, "aGVsbG8gd29ybGU=", a.id, sigA), []pair{a}, "envelope: the signature by"},
		"other type":               {envelope("http://example.com/HelloWorle", hello64, a.id, sigA), []pair{a}, "envelope: the signature by"},
		"no signature":             {envelope(helloType, hello64), []pair{a}, "envelope: 0 signatures"},
		"signatures null":          {fmt.Appendf(nil, `{"payload":%q,"payloadType":%q,"signatures":null}`, hello64, helloType), []pair{a}, "envelope: 0 signatures"},
		"too many":                 {envelope(helloType, hello64, strings.Split(strings.Repeat(a.id+","+sigA+",", 9), ",")[:18]...), []pair{a}, "envelope: 9 signatures"},
		"trailing bits in payload": {envelope(helloType, "aGVsbG8gd29ybGR=", a.id, sigA), []pair{a}, "envelope: payload: it is not canonical"},
		"trailing bits in sig":     {envelope(helloType, hello64, a.id, sigA[:85]+"B=="), []pair{a}, "envelope: signature 1: it is not canonical"},
		"line break in base64":     {envelope(helloType, "aGVsbG8g\nd29ybGQ=", a.id, sigA), []pair{a}, "envelope: payload: it is not canonical"},
		"no padding":               {envelope(helloType, hello64[:15], a.id, sigA), []pair{a}, "envelope: payload: it is not canonical"},
		"mixed alphabets":          {envelope(helloType, "-_+/", a.id, sigA), []pair{a}, "envelope: payload: it is not canonical"},
		"repeated key":             {[]byte(strings.Replace(string(good), `{`, `{"payload":"",`, 1)), []pair{a}, "envelope: JSON: the key"},
		"unknown key":              {[]byte(strings.Replace(string(good), `{`, `{"x":1,`, 1)), []pair{a}, "envelope: JSON: json: unknown"},
		"unknown in a signature":   {[]byte(strings.Replace(string(good), `"sig"`, `"cert":"","sig"`, 1)), []pair{a}, "envelope: JSON: json: unknown"},
		"other case":               {[]byte(strings.Replace(string(good), "payloadType", "PayloadType", 1)), []pair{a}, "envelope: JSON: a key"},
		"no key id":                {[]byte(strings.Replace(string(good), `"keyid":"`+a.id+`",`, "", 1)), []pair{a}, "envelope: JSON: a key"},
		"no payload":               {[]byte(strings.Replace(string(good), `"payload":"`+hello64+`",`, "", 1)), []pair{a}, "envelope: JSON: a key"},
		"text behind":              {append(slices.Clip(good), '{', '}'), []pair{a}, "envelope: JSON: text follows"},
		"not an object":            {[]byte(`[]`), []pair{a}, "envelope: JSON"},
		"too large":                {[]byte(strings.Repeat(" ", 17<<20)), []pair{a}, "envelope: larger"},
		"a broken key":             {good, []pair{a, {public: "a.example+00000000+AAAA"}}, `"a.example+00000000+AAAA" is no verifier key`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var keys []string
			for _, p := range tt.keys {
				keys = append(keys, p.public)
			}
			kind, payload, id, err := seal.VerifyEnvelope(tt.data, keys)
			if err == nil {
				if id != tt.want || kind != helloType || string(payload) != "hello world" {
					t.Errorf("VerifyEnvelope = %q, %q, %q, want %q", kind, payload, id, tt.want)
				}
			} else if !strings.HasPrefix(err.Error(), tt.want) || kind != "" || payload != nil || id != "" {
				t.Errorf("VerifyEnvelope = %q, %q, %q, %v, want %q", kind, payload, id, err, tt.want)
			}
		})
	}
}

func TestSignEnvelope(t *testing.T) {
	t.Parallel()
	k, _ := newKeyring(t)
	data, err := k.SignEnvelope("type/x", []byte(`{"a":1}`))
	if err != nil {
		t.Fatal(err)
	}
	kind, payload, id, err := seal.VerifyEnvelope(data, k.VerifierKeys())
	if err != nil || kind != "type/x" || string(payload) != `{"a":1}` || !strings.HasPrefix(k.VerifierKeys()[0], id+"+") {
		t.Errorf("VerifyEnvelope = %q, %q, %q, %v", kind, payload, id, err)
	}
	for bit, flipped := range flips(data) {
		if _, _, _, err := seal.VerifyEnvelope(flipped, k.VerifierKeys()); err == nil {
			t.Errorf("bit %d flipped passes: %s", bit, flipped)
		}
	}
	for n := range data {
		if _, _, _, err := seal.VerifyEnvelope(data[:n], k.VerifierKeys()); err == nil {
			t.Errorf("%d bytes pass", n)
		}
	}
}

func TestVerifyRotation(t *testing.T) {
	t.Parallel()
	k, _ := newKeyring(t)
	trusted := k.VerifierKeys()[0]
	for range 3 {
		pending, err := k.PrepareRotation(seal.PurposeSign, day)
		if err != nil {
			t.Fatal(err)
		}
		signer, err := k.PendingSigner(pending.ID)
		if err != nil || !strings.HasPrefix(pending.Public, fmt.Sprintf("%s+%08x+", signer.Name(), signer.KeyHash())) {
			t.Fatalf("PendingSigner = %v, %v, want that of %s", signer, err, pending.Public)
		}
		if err := k.Activate(pending.ID); err != nil {
			t.Fatal(err)
		}
		if _, err := k.PendingSigner(pending.ID); drawbridge.KindOf(err) != drawbridge.NotFound {
			t.Errorf("PendingSigner of an active key: %v, want not found", err)
		}
		next, err := seal.VerifyRotation(pending.Statement, trusted)
		if err != nil || next != pending.Public || next == trusted {
			t.Fatalf("VerifyRotation = %q, %v, want %q", next, err, pending.Public)
		}
		if _, err := seal.VerifyRotation(pending.Statement, next); err == nil {
			t.Error("a rotation passes for the new key as its own beginning")
		}
		for bit, flipped := range flips(pending.Statement) {
			if _, err := seal.VerifyRotation(flipped, trusted); err == nil {
				t.Fatalf("bit %d flipped passes: %s", bit, flipped)
			}
		}
		trusted = next
	}
	if got := k.VerifierKeys(); len(got) != 4 || got[3] != trusted || !strings.Contains(k.Signer().Name(), origin) {
		t.Errorf("VerifierKeys = %q, want four, oldest first", got)
	}
}

func TestVerifyRotationRefuses(t *testing.T) {
	t.Parallel()
	a, b, far := newPair(t, "a.example", 1), newPair(t, "a.example", 2), newPair(t, "b.example", 3)
	both := func(kind, payload string, by ...pair) []byte {
		var signatures []string
		for _, p := range by {
			signatures = append(signatures, p.id, p.sign(kind, payload))
		}
		return envelope(kind, base64.StdEncoding.EncodeToString([]byte(payload)), signatures...)
	}
	body := func(change func(*seal.Rotation)) string {
		r := seal.Rotation{Purpose: seal.PurposeSign, Old: a.public, New: b.public, At: "2026-03-01T12:00:00.000000Z"}
		change(&r)
		data, err := seal.Canonical(r)
		if err != nil {
			t.Fatal(err)
		}
		return string(data)
	}
	good := body(func(*seal.Rotation) {})
	if got, err := seal.VerifyRotation(both(seal.RotationType, good, a, b), a.public); err != nil || got != b.public {
		t.Fatalf("VerifyRotation = %q, %v, want %q", got, err, b.public)
	}
	spaced, err := json.MarshalIndent(json.RawMessage(good), "", " ")
	if err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string][]byte{
		"old alone":          both(seal.RotationType, good, a),
		"new alone":          both(seal.RotationType, good, b),
		"a third signs":      both(seal.RotationType, good, a, b, far),
		"another type":       both("application/json", good, a, b),
		"another old":        both(seal.RotationType, body(func(r *seal.Rotation) { r.Old = far.public }), a, b),
		"another name":       both(seal.RotationType, body(func(r *seal.Rotation) { r.New = far.public }), a, far),
		"to itself":          both(seal.RotationType, body(func(r *seal.Rotation) { r.New = a.public }), a, a),
		"another purpose":    both(seal.RotationType, body(func(r *seal.Rotation) { r.Purpose = seal.PurposeMAC }), a, b),
		"no time":            both(seal.RotationType, body(func(r *seal.Rotation) { r.At = "" }), a, b),
		"no new key":         both(seal.RotationType, body(func(r *seal.Rotation) { r.New = "" }), a, b),
		"not canonical":      both(seal.RotationType, string(spaced), a, b),
		"not JSON":           both(seal.RotationType, "x", a, b),
		"unknown field":      both(seal.RotationType, strings.Replace(good, "{", `{"a":1,`, 1), a, b),
		"no rotation at all": []byte("x"),
	} {
		if got, err := seal.VerifyRotation(data, a.public); err == nil {
			t.Errorf("%s: VerifyRotation = %q, want an error", name, got)
		}
	}
	if _, err := seal.VerifyRotation(both(seal.RotationType, good, a, b), "x"); err == nil {
		t.Error("a broken trusted key passes")
	}
}

// FuzzVerifyEnvelope holds that only what the key signed is ever accepted.
func FuzzVerifyEnvelope(f *testing.F) {
	a, b := newPair(f, "a.example", 1), newPair(f, "b.example", 2)
	f.Add(envelope(helloType, hello64, a.id, a.sign(helloType, "hello world")))
	f.Add(envelope(helloType, hello64, b.id, b.sign(helloType, "hello world"), a.id, a.sign(helloType, "hello world")))
	f.Add([]byte(`{"payload":"","payloadType":"","signatures":[]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		kind, payload, id, err := seal.VerifyEnvelope(data, []string{a.public})
		if err == nil && (kind != helloType || string(payload) != "hello world" || id != a.id) {
			t.Fatalf("VerifyEnvelope(%q) = %q, %q, %q", data, kind, payload, id)
		}
		if _, err := seal.VerifyRotation(data, a.public); err == nil {
			t.Fatalf("VerifyRotation(%q) passes", data)
		}
	})
}
