package ledger_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/iotest"

	"pgregory.net/rapid"

	"drawbridge"
	"drawbridge/internal/ledger"
)

// TestExportVerifies holds that every log verifies as it was exported.
func TestExportVerifies(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		b := newBook(t)
		var open []int // entries whose detail is still there
		erased := int64(0)
		for range rapid.IntRange(0, 40).Draw(rt, "entries") {
			switch kind := rapid.IntRange(0, 3).Draw(rt, "kind"); {
			case kind == 1:
				open = append(open, len(b.raw))
				b.add("a.b", []byte(rapid.String().Draw(rt, "detail")))
			case kind == 2 && len(open) > 0:
				b.erase(open[0])
				open, erased = open[1:], erased+1
			case kind == 3 && len(b.keys) < 4:
				b.rotate(byte(len(b.keys) + 1))
			default:
				b.add("a.b", nil)
			}
		}
		anchor := b.checkpoint(rapid.Int64Range(0, int64(len(b.raw))).Draw(rt, "anchor"))
		trust := b.trust()
		trust.Anchor = &anchor
		report := verify(t, b.export(), trust)
		if want := b.checkpoint(int64(len(b.raw))); !report.OK || !report.Trusted || !report.Anchored || report.Erased != erased ||
			report.Size != want.Size || report.Root != want.Root || report.Origin != origin || len(report.Notes) != 0 {
			rt.Fatalf("Verify = %s", jsonOf(t, report))
		}
	})
}

func three(t *testing.T) *book {
	t.Helper()
	return newBook(t).add("a.b", nil).add("a.c", []byte(`{"n":1}`)).add("a.d", nil)
}

// without is a log without one of its lines.
func without(b *book, i int) []byte {
	all := lines(b.export())
	return []byte(strings.Join(append(all[:i:i], all[i+1:]...), ""))
}

// TestTampered holds what a reader is told of what was done to a log.
func TestTampered(t *testing.T) {
	t.Parallel()
	swap := func(old, with string) []byte {
		data := three(t).export()
		if bytes.Count(data, []byte(old)) != 1 {
			t.Fatalf("%q is not once in\n%s", old, data)
		}
		return bytes.Replace(data, []byte(old), []byte(with), 1)
	}
	taken := three(t)
	taken.details[1], taken.salts[1] = nil, nil
	early := three(t).add("x.y", nil, ledger.Change{Kind: ledger.DetailKind, ID: "9", Op: ledger.Erase})
	padded := three(t).add("x.y", nil, ledger.Change{Kind: ledger.DetailKind, ID: "01", Op: ledger.Erase})
	head, _, _ := bytes.Cut(three(t).export(), []byte("\n"))
	for name, tt := range map[string]struct {
		data []byte
		want string
	}{
		"entry changed":         {swap(`"a.d"`, `"a.e"`), `"seq":-1,"what":"the entries are not those that were signed`},
		"entry unreadable":      {swap(`"a.d"`, `"a d"`), `"seq":2,"what":"ledger entry: actor`},
		"entry spelled anew":    {swap(`{"v":1,"seq":2`, `{"v":1, "seq":2`), `"seq":2,"what":"ledger entry: it is not in the form`},
		"entry gone":            {without(three(t), 2), `"seq":1,"what":"entry 2 stands where entry 1 belongs"`},
		"first entry gone":      {without(three(t), 1), `"seq":0,"what":"entry 1 stands where entry 0 belongs"`},
		"last entry gone":       {without(three(t), 3), "signed for 3 entries, the file has 2"},
		"header gone":           {without(three(t), 0), "is not the header"},
		"checkpoint respelled":  {swap("— "+origin, `\u2014 `+origin), "the last line"},
		"checkpoint gone":       {without(three(t), 4), "the end of the file is gone"},
		"detail changed":        {swap(`{\"n\":1}`, `{\"n\":2}`), `"seq":1,"what":"its detail was changed`},
		"detail taken":          {taken.export(), `"seq":1,"what":"its detail is missing`},
		"detail of no entry":    {swap(`"a.d"}}`, `"a.d"},"salt":"AAAA","detail":""}`), `"seq":2,"what":"it has a detail to which`},
		"erased before written": {early.export(), "which is no earlier entry"},
		"erased in other words": {padded.export(), `\"01\", which is no earlier entry`},
		"something behind":      {append(three(t).export(), '\n'), "something follows"},
		"cut in a line":         {three(t).export()[:300], "in the middle of a line"},
		"nothing":               {nil, "the file is empty"},
		"not a log":             {[]byte("\x89PNG\r\n\x1a\n"), "is not the header"},
		"another format":        {swap("drawbridge-log/1", "drawbridge-log/9"), "this program reads drawbridge-log/1"},
		"a key in the header":   {swap(`"]`, `","`+newBook(t).keys[0]+`"]`), "the header lists 2 keys, the entries lead to 1"},
		"too long a line":       {append(append(head, '\n'), make([]byte, ledger.MaxLine+1)...), "the line is longer"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			report := verify(t, tt.data, three(t).trust())
			if report.OK || !strings.Contains(jsonOf(t, report.Differences), tt.want) {
				t.Errorf("Verify = %s, want %q", jsonOf(t, report), tt.want)
			}
		})
	}
}

// TestNotes holds what is told of a log that is whole and yet odd.
func TestNotes(t *testing.T) {
	t.Parallel()
	kept := three(t)
	detail, salt := kept.details[1], kept.salts[1]
	kept.erase(1).erase(1)
	kept.details[1], kept.salts[1] = detail, salt
	clock := three(t)
	clock.at = clock.at.AddDate(0, 0, -1)
	clock.add("a.b", nil)
	for name, tt := range map[string]struct {
		b    *book
		want string
	}{
		"erased and kept":      {kept, "in this file all the same: 1, first that of entry 1"},
		"clock went backwards": {clock, "went backwards: 1, first at entry 3"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			report := verify(t, tt.b.export(), tt.b.trust())
			if !report.OK || !strings.Contains(jsonOf(t, report.Notes), tt.want) {
				t.Errorf("Verify = %s, want %q", jsonOf(t, report), tt.want)
			}
		})
	}
}

// TestOneDifference holds that one thing that was done is told once.
func TestOneDifference(t *testing.T) {
	t.Parallel()
	erased := newBook(t).add("a.b", []byte("x")).add("a.b", nil).add("a.c", nil).add("a.b", nil).erase(0).add("a.b", nil)
	for name, data := range map[string][]byte{
		"entry gone":       without(erased, 3),
		"entry unreadable": bytes.Replace(erased.export(), []byte(`"a.c"`), []byte(`"a c"`), 1),
		"entry changed":    bytes.Replace(erased.export(), []byte(`"a.c"`), []byte(`"a.d"`), 1),
	} {
		if report := verify(t, data, erased.trust()); len(report.Differences) != 1 {
			t.Errorf("%s: %s", name, jsonOf(t, report))
		}
	}
}

func TestManyDifferences(t *testing.T) {
	t.Parallel()
	b := newBook(t)
	for range 250 {
		b.add("a.b", nil)
	}
	report := verify(t, bytes.ReplaceAll(b.export(), []byte(`"a.b"`), []byte(`"a b"`)), b.trust())
	if report.OK || len(report.Differences) != ledger.MaxDifferences || report.More != 150 {
		t.Errorf("%d differences and %d more, want %d and 150", len(report.Differences), report.More, ledger.MaxDifferences)
	}
}

// TestVerifyStops holds that trouble with reading is not taken for tampering.
func TestVerifyStops(t *testing.T) {
	t.Parallel()
	b := newBook(t)
	for range 3000 {
		b.add("a.b", nil)
	}
	data := b.export()
	broken := errors.New("the disk is gone")
	_, err := ledger.Verify(t.Context(), iotest.TimeoutReader(iotest.OneByteReader(bytes.NewReader(data))), b.trust(), nil)
	if !errors.Is(err, iotest.ErrTimeout) {
		t.Errorf("a reader that times out: %v", err)
	}
	if _, err := ledger.Verify(t.Context(), iotest.ErrReader(broken), b.trust(), nil); !errors.Is(err, broken) {
		t.Errorf("a reader that fails: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var seen []int64
	_, err = ledger.Verify(ctx, bytes.NewReader(data), b.trust(), func(n int64) {
		if seen = append(seen, n); n > 1000 {
			cancel()
		}
	})
	if !errors.Is(err, context.Canceled) || fmt.Sprint(seen) != "[0 1023]" {
		t.Errorf("cancelled after %v: %v", seen, err)
	}
	for name, trust := range map[string]ledger.Trust{"key": {Keys: []string{"no key"}}, "anchor": {Anchor: &ledger.Checkpoint{Size: -1}}} {
		if _, err := ledger.Verify(t.Context(), bytes.NewReader(data), trust, nil); drawbridge.KindOf(err) != drawbridge.Invalid {
			t.Errorf("bad %s: %v", name, err)
		}
	}
}

func TestExportRefuses(t *testing.T) {
	t.Parallel()
	b := three(t)
	_, foreign := key(t, "other", 1)
	for name, h := range map[string]ledger.Header{
		"no key": {Origin: origin}, "no origin": {Keys: b.keys}, "another's key": {Origin: origin, Keys: []string{foreign}},
		"other format": {Format: "x", Origin: origin, Keys: b.keys}, "many keys": {Origin: origin, Keys: make([]string, 1001)},
	} {
		if _, err := ledger.NewExportWriter(&bytes.Buffer{}, h); err == nil {
			t.Errorf("%s: NewExportWriter(%+v) is content", name, h)
		}
	}
	start := func() *ledger.ExportWriter {
		w, err := ledger.NewExportWriter(&bytes.Buffer{}, ledger.Header{Origin: origin, Keys: b.keys})
		if err != nil {
			t.Fatal(err)
		}
		return w
	}
	salt := b.salts[1]
	for name, err := range map[string]error{
		"not an entry":          start().Entry([]byte("{}"), nil, nil),
		"out of order":          start().Entry(b.raw[1], b.details[1], salt),
		"detail without a salt": start().Entry(b.raw[0], []byte("x"), nil),
		"detail of no entry":    start().Entry(b.raw[0], []byte("x"), salt),
		"detail not UTF-8":      start().Entry(b.raw[0], []byte("\xff"), salt),
		"detail too large":      start().Entry(b.raw[0], make([]byte, ledger.MaxDetail+1), salt),
		"checkpoint of more":    start().Close(b.signed(3)),
		"checkpoint of another": start().Close([]byte(spec)),
		"no checkpoint":         start().Close(nil),
	} {
		if err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// FuzzVerify holds that whatever verifies under a key is what its holder wrote:
// the seeds, and what is behind them in a witness's line.
func FuzzVerify(f *testing.F) {
	b := newBook(f).add("a.b", nil).add("a.c", []byte(`{"n":1}`))
	genuine := [][]byte{b.export(), b.rotate(2).export(), b.erase(1).export()}
	for _, data := range genuine {
		f.Add(data)
	}
	f.Add([]byte(`{"format":"drawbridge-log/1","origin":"x","keys":[]}` + "\n{\"checkpoint\":\"\"}\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		report := verify(t, data, b.trust())
		if !report.OK {
			return
		}
		for _, g := range genuine {
			if cut := bytes.LastIndexByte(g[:len(g)-1], '\n'); bytes.HasPrefix(data, g[:cut]) {
				return
			}
		}
		t.Fatalf("%s verifies", data)
	})
}
