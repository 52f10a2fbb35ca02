package ledger_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"drawbridge/internal/ledger"
)

const origin = "log.example.com/test"

// hashes is a store of hashes in memory.
type hashes []tlog.Hash

func (h hashes) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(indexes))
	for i, n := range indexes {
		if n >= int64(len(h)) {
			return nil, fmt.Errorf("there is no hash %d", n)
		}
		out[i] = h[n]
	}
	return out, nil
}

// key makes a key from a number, always the same.
func key(tb testing.TB, name string, n byte) (note.Signer, string) {
	tb.Helper()
	secret, public, err := note.GenerateKey(bytes.NewReader(bytes.Repeat([]byte{n}, 64)), name)
	if err != nil {
		tb.Fatal(err)
	}
	signer, err := note.NewSigner(secret)
	if err != nil {
		tb.Fatal(err)
	}
	return signer, public
}

// rotation is what a test's handover looks like: a note that both keys sign.
func rotation(tb testing.TB, before, after note.Signer, next string) []byte {
	tb.Helper()
	data, err := note.Sign(&note.Note{Text: "handover\n" + next + "\n"}, before, after)
	if err != nil {
		tb.Fatal(err)
	}
	return data
}

func verifyRotation(detail []byte, trusted string) (string, error) {
	lines := strings.Split(string(detail), "\n")
	if lines[0] != "handover" {
		return "", nil // about another key
	}
	before, err := note.NewVerifier(trusted)
	if err != nil {
		return "", err
	}
	after, err := note.NewVerifier(lines[1])
	if err != nil {
		return "", err
	}
	n, err := note.Open(detail, note.VerifierList(before, after))
	if err != nil {
		return "", err
	}
	if len(n.Sigs) != 2 {
		return "", errors.New("it is not signed by both keys")
	}
	return lines[1], nil
}

// book is a log under a test's hands.
type book struct {
	t       testing.TB
	raw     [][]byte
	details [][]byte
	salts   [][]byte
	hashes  hashes
	signer  note.Signer
	keys    []string
	at      time.Time
}

func newBook(tb testing.TB) *book {
	tb.Helper()
	signer, public := key(tb, origin, 1)
	return &book{t: tb, signer: signer, keys: []string{public}, at: time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)}
}

// add appends an entry; a nil detail means none.
func (b *book) add(action string, detail []byte, changes ...ledger.Change) *book {
	b.t.Helper()
	b.at = b.at.Add(1500 * time.Millisecond)
	seq := int64(len(b.raw))
	e := ledger.Entry{V: ledger.Version, Seq: seq, At: b.at, Actor: "per_1", Via: "api", Action: action, Changes: changes}
	var salt []byte
	if detail != nil {
		salt = bytes.Repeat([]byte{byte(seq), 7}, ledger.MinSalt/2)
		e.Detail = ledger.Commit(salt, detail)
	}
	raw, err := ledger.Encode(e)
	if err != nil {
		b.t.Fatal(err)
	}
	more, err := ledger.Append(seq, raw, b.hashes)
	if err != nil {
		b.t.Fatal(err)
	}
	b.raw, b.details, b.salts = append(b.raw, raw), append(b.details, detail), append(b.salts, salt)
	b.hashes = append(b.hashes, more...)
	return b
}

// rotate hands the log over to the key n.
func (b *book) rotate(n byte) *book {
	b.t.Helper()
	next, public := key(b.t, origin, n)
	b.add(ledger.RotateAction, rotation(b.t, b.signer, next, public))
	b.signer, b.keys = next, append(b.keys, public)
	return b
}

// erase drops the detail of entry seq and writes the entry that says so.
func (b *book) erase(seq int) *book {
	b.t.Helper()
	b.details[seq], b.salts[seq] = nil, nil
	return b.add("retention.purge", nil, ledger.Change{Kind: ledger.DetailKind, ID: fmt.Sprint(seq), Op: ledger.Erase})
}

func (b *book) checkpoint(size int64) ledger.Checkpoint {
	b.t.Helper()
	root, err := ledger.Root(size, b.hashes)
	if err != nil {
		b.t.Fatal(err)
	}
	return ledger.Checkpoint{Origin: origin, Size: size, Root: root}
}

func (b *book) signed(size int64, witnesses ...note.Signer) []byte {
	b.t.Helper()
	data, err := ledger.SignCheckpoint(b.checkpoint(size), append([]note.Signer{b.signer}, witnesses...)...)
	if err != nil {
		b.t.Fatal(err)
	}
	return data
}

func (b *book) export(witnesses ...note.Signer) []byte {
	b.t.Helper()
	var out bytes.Buffer
	w, err := ledger.NewExportWriter(&out, ledger.Header{Origin: origin, Keys: b.keys})
	if err != nil {
		b.t.Fatal(err)
	}
	for i := range b.raw {
		if err := w.Entry(b.raw[i], b.details[i], b.salts[i]); err != nil {
			b.t.Fatal(err)
		}
	}
	if err := w.Close(b.signed(int64(len(b.raw)), witnesses...)); err != nil {
		b.t.Fatal(err)
	}
	return out.Bytes()
}

func (b *book) proof(p ledger.Proof) []byte {
	b.t.Helper()
	p.Keys = b.keys
	data, err := p.Encode()
	if err != nil {
		b.t.Fatal(err)
	}
	return data
}

// trust is what a reader knows who was given the first key. What its Rotation
// has found once it remembers: the tests that try every bit ask it often.
func (b *book) trust() ledger.Trust {
	var seen sync.Map
	type answer struct {
		next string
		err  error
	}
	return ledger.Trust{Keys: b.keys[:1], Rotation: func(detail []byte, trusted string) (string, error) {
		asked := trusted + "\n" + string(detail)
		if a, ok := seen.Load(asked); ok {
			return a.(answer).next, a.(answer).err
		}
		next, err := verifyRotation(detail, trusted)
		seen.Store(asked, answer{next, err})
		return next, err
	}}
}

func verify(tb testing.TB, data []byte, trust ledger.Trust) ledger.Report {
	tb.Helper()
	report, err := ledger.Verify(tb.Context(), bytes.NewReader(data), trust, nil)
	if err != nil {
		tb.Fatalf("Verify: %v", err)
	}
	return report
}

// small is a log of 50 entries with everything that a log can hold.
func small(tb testing.TB) *book {
	tb.Helper()
	b := newBook(tb)
	for i := range 46 {
		switch {
		case i == 20:
			b.rotate(2)
		case i%8 == 1:
			b.add("integration.push", []byte(fmt.Sprintf(`{"reason":"für %d <3"}`, i)),
				ledger.Change{Kind: "integration", ID: "int_1", Op: ledger.Update, Before: ledger.Commit(nil, nil), After: ledger.Commit(nil, []byte{1})})
		default:
			b.add("a.b", nil)
		}
	}
	return b.erase(9).erase(33).add("keys.rotate", []byte(`{"purpose":"data"}`)).add("a.b", []byte{})
}

func lines(data []byte) []string { return slices.Collect(strings.Lines(string(data))) }

func jsonOf(tb testing.TB, v any) string {
	tb.Helper()
	data, err := json.Marshal(v)
	if err != nil {
		tb.Fatal(err)
	}
	return string(data)
}
