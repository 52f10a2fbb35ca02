package ledger_test

import (
	"bytes"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"drawbridge/internal/ledger"
)

// detected reports whether a copy of a log is told from the real one.
func detected(tb testing.TB, data []byte, trust ledger.Trust) bool {
	tb.Helper()
	report, err := ledger.Verify(tb.Context(), bytes.NewReader(data), trust, nil)
	return err == nil && !report.OK && len(report.Differences) > 0
}

// witnessed is the export of the small log with a signature by a witness whom
// the reader does not know, and the place of that signature.
func witnessed(tb testing.TB) (data []byte, from, to int, trust ledger.Trust) {
	tb.Helper()
	witness, _ := key(tb, "w", 9)
	b := small(tb)
	data, trust = b.export(witness), b.trust()
	from = bytes.Index(data, []byte("— w "))
	to = from + bytes.IndexByte(data[from:], '\\')
	if report := verify(tb, data, trust); !report.OK || !report.Trusted || report.Size != 50 || report.Erased != 2 {
		tb.Fatalf("the real log: %+v", report)
	}
	return data, from, to, trust
}

// stride is how far the tests below step: each is tried when PROVE is set, else
// each seventh, which still meets every byte and every line.
func stride() int {
	if os.Getenv("PROVE") != "" {
		return 1
	}
	return 7
}

// TestEveryBit turns over every single bit of a log. Only the line of a witness
// whom nobody knows may change unseen: it is not signed, and counts for nothing.
func TestEveryBit(t *testing.T) {
	t.Parallel()
	data, from, to, trust := witnessed(t)
	step := stride()
	var workers sync.WaitGroup
	for half := range 2 {
		workers.Go(func() {
			bent := bytes.Clone(data)
			for bit := half * step; bit < len(data)*8; bit += 2 * step {
				i := bit / 8
				bent[i] ^= 1 << (bit % 8)
				if (i < from || i >= to) && !detected(t, bent, trust) {
					t.Errorf("bit %d of byte %d turned, and nothing is found: ...%q...", bit%8, i, bent[max(0, i-40):min(len(bent), i+40)])
				}
				bent[i] = data[i]
			}
		})
	}
	workers.Wait()
}

func TestEveryLine(t *testing.T) {
	t.Parallel()
	data, _, _, trust := witnessed(t)
	all := lines(data)
	try := func(what string, i, j int, copied []string) {
		if !detected(t, []byte(strings.Join(copied, "")), trust) {
			t.Errorf("%s %d, %d: nothing is found", what, i, j)
		}
	}
	for i := range all {
		try("deleted", i, i, slices.Delete(slices.Clone(all), i, i+1))
		try("emptied", i, i, slices.Replace(slices.Clone(all), i, i+1, "\n"))
		for j := i % stride(); j <= len(all); j += stride() {
			try("copied", i, j, slices.Insert(slices.Clone(all), j, all[i]))
			if j < i {
				swapped := slices.Clone(all)
				swapped[i], swapped[j] = swapped[j], swapped[i]
				try("swapped", i, j, swapped)
			}
		}
	}
}

func TestEveryTruncation(t *testing.T) {
	t.Parallel()
	data, _, _, trust := witnessed(t)
	for n := 0; n < len(data); n += stride() {
		if !detected(t, data[:n], trust) {
			t.Errorf("cut to %d bytes: nothing is found", n)
		}
	}
}

// TestEveryDetail takes the detail from each entry, or gives it another's.
func TestEveryDetail(t *testing.T) {
	t.Parallel()
	data, _, _, trust := witnessed(t)
	all := lines(data)
	tried := 0
	for i, line := range all {
		before, detail, has := strings.Cut(line, `,"salt":`)
		if !has {
			continue
		}
		tried++
		bare := slices.Replace(slices.Clone(all), i, i+1, before+"}\n")
		if !detected(t, []byte(strings.Join(bare, "")), trust) {
			t.Errorf("detail of line %d taken: nothing is found", i)
		}
		for j, other := range all[1 : len(all)-1] {
			if j+1 == i {
				continue
			}
			head, _, _ := strings.Cut(strings.TrimSuffix(other, "}\n"), `,"salt":`)
			moved := slices.Replace(slices.Clone(all), j+1, j+2, head+`,"salt":`+detail)
			if !detected(t, []byte(strings.Join(moved, "")), trust) {
				t.Errorf("detail of line %d put into line %d: nothing is found", i, j+1)
			}
		}
	}
	if tried < 6 {
		t.Errorf("%d details tried, want more", tried)
	}
}

// TestRollback holds genuine but older or other histories, signed by the right
// key, to a checkpoint that the reader kept.
func TestRollback(t *testing.T) {
	t.Parallel()
	b := newBook(t).add("a.b", nil).add("a.b", nil)
	short := b.export()
	b.add("a.c", nil).add("a.b", nil)
	anchor := b.checkpoint(4)
	b.add("a.b", nil)
	long := b.export()
	forked := newBook(t).add("a.b", nil).add("a.b", nil).add("a.d", nil).add("a.b", nil).add("a.b", nil).export()
	foreign := anchor
	foreign.Origin = "other"
	empty := newBook(t).checkpoint(0)
	wrong := empty
	wrong.Root[0]++
	for name, tt := range map[string]struct {
		data   []byte
		anchor ledger.Checkpoint
		want   string
	}{
		"later":              {long, anchor, ""},
		"the very same":      {long, b.checkpoint(5), ""},
		"from nothing":       {long, empty, ""},
		"from no nothing":    {long, wrong, "history was rewritten"},
		"rolled back":        {short, anchor, "rolled back"},
		"rewritten":          {forked, anchor, "history was rewritten"},
		"another log's":      {long, foreign, "is of the log other"},
		"rewritten, at last": {forked, b.checkpoint(5), "history was rewritten"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			trust := b.trust()
			if report := verify(t, tt.data, trust); !report.OK || report.Anchored || !strings.Contains(strings.Join(report.Notes, "\n"), "no earlier checkpoint") {
				t.Fatalf("without an anchor: %+v", report)
			}
			trust.Anchor = &tt.anchor
			report := verify(t, tt.data, trust)
			if report.OK != (tt.want == "") || report.Anchored != (tt.want == "") || !strings.Contains(jsonOf(t, report.Differences), tt.want) {
				t.Errorf("Verify = %s, want %q", jsonOf(t, report), tt.want)
			}
		})
	}
}

// TestOnlyTheFile shows what a reader without a key gets: a log that was made
// up as a whole fits itself, and the report says whose word that is.
func TestOnlyTheFile(t *testing.T) {
	t.Parallel()
	b := small(t)
	made := newBook(t)
	made.signer, made.keys[0] = key(t, origin, 77)
	made.add("a.b", nil)
	report := verify(t, made.export(), ledger.Trust{})
	if !report.OK || report.Trusted || !strings.Contains(strings.Join(report.Notes, "\n"), "no key was given") {
		t.Errorf("without a key: %s", jsonOf(t, report))
	}
	report = verify(t, made.export(), b.trust())
	if report.OK || report.Trusted || !strings.Contains(jsonOf(t, report.Differences), "none of the keys that you trust") {
		t.Errorf("with the real key: %s", jsonOf(t, report))
	}
}

func TestRotations(t *testing.T) {
	t.Parallel()
	b := newBook(t).add("a.b", nil).rotate(2).add("a.b", nil).rotate(3).add("a.b", nil)
	data := b.export()
	for i, k := range b.keys {
		report := verify(t, data, ledger.Trust{Keys: []string{k}, Rotation: verifyRotation})
		if !report.OK || !report.Trusted || !strings.HasPrefix(b.keys[2], report.KeyID+"+") {
			t.Errorf("trusting key %d: %s", i, jsonOf(t, report))
		}
	}
	thief, stolen := key(t, origin, 50)
	refused := func(name, want string, data []byte, trust ledger.Trust) {
		t.Helper()
		if report := verify(t, data, trust); report.OK || !strings.Contains(jsonOf(t, report.Differences), want) {
			t.Errorf("%s: %s, want %q", name, jsonOf(t, report), want)
		}
	}
	refused("nobody verifies", "was not told how", data, ledger.Trust{Keys: b.keys[:1]})
	refused("stolen key is trusted alone", "none of the keys", data, ledger.Trust{Keys: []string{stolen}, Rotation: verifyRotation})

	forged := newBook(t).add("a.b", nil)
	forged.add(ledger.RotateAction, rotation(t, thief, thief, stolen))
	forged.signer, forged.keys = thief, append(forged.keys, stolen)
	refused("the thief vouches for itself", "cannot be believed", forged.export(), forged.trust())

	skipped := newBook(t).add("a.b", nil)
	skipped.signer, skipped.keys = thief, append(skipped.keys, stolen)
	refused("no statement", "the header lists 2 keys, the entries lead to 1", skipped.export(), skipped.trust())

	foreign, name := key(t, "other.example.com", 4)
	renamed := newBook(t).add("a.b", nil)
	renamed.add(ledger.RotateAction, rotation(t, renamed.signer, foreign, name))
	refused("another log's key", "does not bear the name", renamed.export(), renamed.trust())

	extra := newBook(t).add("a.b", nil).rotate(2)
	extra.keys = extra.keys[:1]
	extra.signer, _ = key(t, origin, 1)
	refused("a key that the header lacks", "that the header does not list", extra.export(), extra.trust())

	other := newBook(t).add("a.b", nil).rotate(2)
	other.keys[1] = stolen
	refused("another key in the header", "that the header does not list", other.export(), other.trust())

	gone := newBook(t).add("a.b", nil).rotate(2).erase(1)
	refused("the statement was erased", "proof of that is not in the file", gone.export(), gone.trust())

	back := newBook(t).rotate(2).add("a.b", nil)
	back.signer, _ = key(t, origin, 1)
	refused("signed by a retired key", "checkpoint", back.export(), back.trust())
}
