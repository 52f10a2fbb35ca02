package ledger_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"drawbridge"
	"drawbridge/internal/ledger"
)

const digest = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

func entry(edit func(*ledger.Entry)) ledger.Entry {
	e := ledger.Entry{
		V: ledger.Version, Seq: 12, At: time.Date(2026, 11, 21, 12, 0, 0, 120_000, time.UTC),
		Actor: "per_1", Via: "api", Action: "integration.push", Object: "integration/int_1", Request: "req_1",
		Changes: []ledger.Change{{Kind: "integration", ID: "int_1", Op: ledger.Update, Before: digest, After: digest}, {Kind: "member", ID: "int_1/per_2", Op: ledger.Delete, Before: digest}},
		Detail:  digest,
	}
	edit(&e)
	return e
}

func TestEncode(t *testing.T) {
	t.Parallel()
	full := `{"v":1,"seq":12,"at":"2026-11-21T12:00:00.000120Z","actor":"per_1","via":"api","action":"integration.push",` +
		`"object":"integration/int_1","request":"req_1","changes":[{"kind":"integration","id":"int_1","op":"update","before":"` + digest +
		`","after":"` + digest + `"},{"kind":"member","id":"int_1/per_2","op":"delete","before":"` + digest + `"}],"detail":"` + digest + `"}`
	bare := `{"v":1,"seq":0,"at":"2026-11-21T11:00:00.999999Z","actor":"anonymous","via":"job","action":"session.deny"}`
	for name, tt := range map[string]struct {
		in   ledger.Entry
		want string
	}{
		"full": {entry(func(*ledger.Entry) {}), full},
		"bare, in another zone, to the nanosecond": {ledger.Entry{
			V: 1, At: time.Date(2026, 11, 21, 12, 0, 0, 999_999_999, time.FixedZone("", 3600)), Actor: "anonymous", Via: "job", Action: "session.deny",
		}, bare},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := ledger.Encode(tt.in)
			if err != nil || string(got) != tt.want {
				t.Fatalf("Encode = %s, %v, want %s", got, err, tt.want)
			}
			back, err := ledger.Decode(got)
			if err != nil {
				t.Fatal(err)
			}
			want := tt.in
			want.At = want.At.UTC().Truncate(time.Microsecond)
			if diff := cmp.Diff(want, back); diff != "" {
				t.Errorf("Decode (-want +got):\n%s", diff)
			}
		})
	}
}

func TestEncodeRefuses(t *testing.T) {
	t.Parallel()
	for name, edit := range map[string]func(*ledger.Entry){
		"no version":         func(e *ledger.Entry) { e.V = 0 },
		"later version":      func(e *ledger.Entry) { e.V = 2 },
		"seq below zero":     func(e *ledger.Entry) { e.Seq = -1 },
		"year 10000":         func(e *ledger.Entry) { e.At = time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC) },
		"unknown way":        func(e *ledger.Entry) { e.Via = "mail" },
		"no actor":           func(e *ledger.Entry) { e.Actor = "" },
		"a name":             func(e *ledger.Entry) { e.Actor = "Ada Lovelace" },
		"a name, not ASCII":  func(e *ledger.Entry) { e.Actor = "Zoë" },
		"no action":          func(e *ledger.Entry) { e.Action = "" },
		"line break":         func(e *ledger.Entry) { e.Object = "a\nb" },
		"quotation mark":     func(e *ledger.Entry) { e.Request = `a"b` },
		"what HTML escapes":  func(e *ledger.Entry) { e.Request = `a<b` },
		"long word":          func(e *ledger.Entry) { e.Request = strings.Repeat("x", ledger.MaxWord+1) },
		"change without id":  func(e *ledger.Entry) { e.Changes[1].ID = "" },
		"unknown operation":  func(e *ledger.Entry) { e.Changes[0].Op = "upsert" },
		"digest in capitals": func(e *ledger.Entry) { e.Changes[0].After = strings.ToUpper(digest) },
		"short digest":       func(e *ledger.Entry) { e.Detail = digest[:70] },
		"bare detail":        func(e *ledger.Entry) { e.Detail = "because" },
	} {
		if got, err := ledger.Encode(entry(edit)); drawbridge.KindOf(err) != drawbridge.Invalid {
			t.Errorf("%s: Encode = %s, %v, want an invalid entry", name, got, err)
		}
	}
	many := entry(func(e *ledger.Entry) { e.Changes = make([]ledger.Change, ledger.MaxChanges+1) })
	if _, err := ledger.Encode(many); drawbridge.KindOf(err) != drawbridge.TooLarge {
		t.Errorf("Encode of too many changes: %v", err)
	}
	for i := range many.Changes {
		many.Changes[i] = ledger.Change{Kind: strings.Repeat("k", ledger.MaxWord), ID: strings.Repeat("i", ledger.MaxWord), Op: ledger.Create}
	}
	many.Changes = many.Changes[:ledger.MaxChanges]
	if _, err := ledger.Encode(many); drawbridge.KindOf(err) != drawbridge.TooLarge {
		t.Errorf("Encode of too many bytes: %v", err)
	}
	if _, err := ledger.Decode(make([]byte, ledger.MaxEntry+1)); drawbridge.KindOf(err) != drawbridge.TooLarge {
		t.Errorf("Decode of too many bytes: %v", err)
	}
}

func TestDecodeRefuses(t *testing.T) {
	t.Parallel()
	good := `{"v":1,"seq":0,"at":"2026-11-21T11:00:00.000000Z","actor":"a","via":"api","action":"b"}`
	if _, err := ledger.Decode([]byte(good)); err != nil {
		t.Fatal(err)
	}
	for name, bad := range map[string]string{
		"empty":            "",
		"space":            strings.Replace(good, `:0,`, `: 0,`, 1),
		"trailing":         good + "\n",
		"unknown member":   strings.Replace(good, `{`, `{"x":1,`, 1),
		"repeated member":  strings.Replace(good, `"seq":0`, `"seq":1,"seq":0`, 1),
		"other case":       strings.Replace(good, `"seq"`, `"Seq"`, 1),
		"escape":           strings.Replace(good, `"actor":"a"`, `"actor":"\u0061"`, 1),
		"other order":      `{"seq":0,` + good[1:7] + good[15:],
		"exponent":         strings.Replace(good, `"seq":0`, `"seq":0e0`, 1),
		"short fraction":   strings.Replace(good, `.000000Z`, `Z`, 1),
		"offset":           strings.Replace(good, `.000000Z`, `.000000+00:00`, 1),
		"empty member":     strings.Replace(good, `"action":"b"`, `"action":"b","object":""`, 1),
		"empty changes":    strings.Replace(good, `"action":"b"`, `"action":"b","changes":[]`, 1),
		"null":             strings.Replace(good, `"action":"b"`, `"action":"b","detail":null`, 1),
		"two values":       good + good,
		"array":            "[" + good + "]",
		"impossible month": strings.Replace(good, "-11-", "-13-", 1),
	} {
		if e, err := ledger.Decode([]byte(bad)); err == nil {
			t.Errorf("%s: Decode(%s) = %+v, want an error", name, bad, e)
		}
	}
}

// TestEntryRoundTrip holds that what is encoded reads back as it was.
func TestEntryRoundTrip(t *testing.T) {
	t.Parallel()
	word := rapid.StringMatching(`[!#-%'-;=?-\[\]-~]{1,20}`)
	hash := rapid.SampledFrom([]string{"", digest, ledger.Commit(nil, nil)})
	rapid.Check(t, func(t *rapid.T) {
		e := ledger.Entry{
			V: ledger.Version, Seq: rapid.Int64Min(0).Draw(t, "seq"), At: time.UnixMicro(rapid.Int64Range(-6e16, 2e17).Draw(t, "at")).UTC(),
			Actor: word.Draw(t, "actor"), Via: rapid.SampledFrom([]string{"api", "cli", "job", "web", "setup", "seed"}).Draw(t, "via"),
			Action: word.Draw(t, "action"), Object: rapid.OneOf(rapid.Just(""), word).Draw(t, "object"),
			Request: rapid.OneOf(rapid.Just(""), word).Draw(t, "request"), Detail: hash.Draw(t, "detail"),
		}
		for range rapid.IntRange(0, 4).Draw(t, "changes") {
			e.Changes = append(e.Changes, ledger.Change{
				Kind: word.Draw(t, "kind"), ID: word.Draw(t, "id"), Op: rapid.SampledFrom([]string{ledger.Create, ledger.Update, ledger.Delete, ledger.Erase}).Draw(t, "op"),
				Before: hash.Draw(t, "before"), After: hash.Draw(t, "after"),
			})
		}
		data, err := ledger.Encode(e)
		if err != nil {
			t.Fatal(err)
		}
		back, err := ledger.Decode(data)
		if diff := cmp.Diff(e, back); err != nil || diff != "" {
			t.Fatalf("Decode(%s): %v\n%s", data, err, diff)
		}
	})
}

// FuzzDecode holds that what is read is written in the same bytes.
func FuzzDecode(f *testing.F) {
	data, err := ledger.Encode(entry(func(*ledger.Entry) {}))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Add([]byte(`{"v":1,"seq":0,"at":"2026-11-21T11:00:00.000000Z","actor":"a","via":"api","action":"b"}`))
	f.Add([]byte(`{"v":1,"seq":0,"at":"2026-11-21T11:00:00+00:00","Actor":"a","via":"api","action":"b","changes":[{}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		e, err := ledger.Decode(data)
		if err != nil {
			return
		}
		if again, err := ledger.Encode(e); err != nil || string(again) != string(data) {
			t.Fatalf("Encode(Decode(%q)) = %q, %v", data, again, err)
		}
	})
}
