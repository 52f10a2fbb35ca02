package ledger_test

import (
	"bytes"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"drawbridge/internal/ledger"
)

func (b *book) inclusion(seq, size int64) []byte {
	b.t.Helper()
	path, err := ledger.ProveInclusion(seq, size, b.hashes)
	if err != nil {
		b.t.Fatal(err)
	}
	return b.proof(ledger.Proof{Entry: b.raw[seq], Hashes: path, Checkpoint: string(b.signed(size))})
}

func (b *book) consistency(older []byte, from, to int64) []byte {
	b.t.Helper()
	path, err := ledger.ProveConsistency(from, to, b.hashes)
	if err != nil {
		b.t.Fatal(err)
	}
	return b.proof(ledger.Proof{Older: string(older), Hashes: path, Checkpoint: string(b.signed(to))})
}

// TestProofs holds that every entry and every beginning of a log can be proved
// by a document of its own.
func TestProofs(t *testing.T) {
	t.Parallel()
	b := newBook(t)
	for range 33 {
		b.add("a.b", nil)
	}
	rapid.Check(t, func(rt *rapid.T) {
		size := rapid.Int64Range(1, 33).Draw(rt, "size")
		seq := rapid.Int64Range(0, size-1).Draw(rt, "seq")
		older := rapid.Int64Range(0, size).Draw(rt, "older")
		got, err := ledger.VerifyProof(b.inclusion(seq, size), b.trust())
		if err != nil || !got.Trusted || got.Entry == nil || got.Entry.Seq != seq || got.Checkpoint.Size != size {
			rt.Fatalf("VerifyProof of entry %d of %d = %+v, %v", seq, size, got, err)
		}
		got, err = ledger.VerifyProof(b.consistency(b.signed(older), older, size), b.trust())
		if err != nil || got.Older == nil || got.Older.Size != older || got.Checkpoint.Size != size {
			rt.Fatalf("VerifyProof of %d entries of %d = %+v, %v", older, size, got, err)
		}
	})
}

func TestProofRefuses(t *testing.T) {
	t.Parallel()
	b, forked := newBook(t), newBook(t)
	for i := range 9 {
		b.add("a.b", nil)
		if i == 3 {
			forked.add("a.c", nil)
		} else {
			forked.add("a.b", nil)
		}
	}
	stranger := newBook(t)
	stranger.signer, stranger.keys[0] = key(t, origin, 60)
	stranger.add("a.b", nil)
	path, _ := ledger.ProveInclusion(2, 9, b.hashes)
	good := b.inclusion(2, 9)
	odd, err := ledger.SignCheckpoint(ledger.Checkpoint{Origin: origin}, b.signer) // the root of nothing is not zero
	if err != nil {
		t.Fatal(err)
	}
	anchored := func(cp ledger.Checkpoint) ledger.Trust {
		trust := b.trust()
		trust.Anchor = &cp
		return trust
	}
	foreign := b.checkpoint(9)
	foreign.Origin = "other"
	for name, tt := range map[string]struct {
		data  []byte
		trust ledger.Trust
		want  string
	}{
		"another entry":             {b.proof(ledger.Proof{Entry: forked.raw[3], Hashes: path, Checkpoint: string(b.signed(9))}), b.trust(), "not in the log"},
		"another place":             {b.proof(ledger.Proof{Entry: b.raw[1], Hashes: path, Checkpoint: string(b.signed(9))}), b.trust(), "not in the log"},
		"beyond the end":            {b.proof(ledger.Proof{Entry: b.raw[8], Hashes: path, Checkpoint: string(b.signed(8))}), b.trust(), "not in the log"},
		"another history":           {b.consistency(forked.signed(5), 5, 9), b.trust(), "not the beginning"},
		"another nothing":           {b.consistency(odd, 0, 9), b.trust(), "not the beginning"},
		"older than nothing":        {b.consistency(b.signed(0), 1, 9), b.trust(), "not the beginning"},
		"newer is older":            {b.proof(ledger.Proof{Older: string(b.signed(9)), Checkpoint: string(b.signed(5))}), b.trust(), "not the beginning"},
		"both":                      {b.proof(ledger.Proof{Entry: b.raw[0], Older: string(b.signed(1)), Checkpoint: string(b.signed(9))}), b.trust(), "either"},
		"neither":                   {b.proof(ledger.Proof{Checkpoint: string(b.signed(9))}), b.trust(), "either"},
		"no checkpoint":             {b.proof(ledger.Proof{Entry: b.raw[0]}), b.trust(), "checkpoint"},
		"unknown key":               {stranger.inclusion(0, 1), b.trust(), "none of the keys"},
		"bad key given":             {good, ledger.Trust{Keys: []string{"x"}}, "not a verifier key"},
		"rewritten since the kept":  {good, anchored(forked.checkpoint(9)), "was not as"},
		"rewritten before the kept": {b.consistency(b.signed(5), 5, 9), anchored(forked.checkpoint(5)), "was not as"},
		"kept of another log":       {good, anchored(foreign), "is of the log other"},
		"a space more":              {append(bytes.Clone(good), '\n'), b.trust(), "canonical"},
		"other format":              {bytes.Replace(good, []byte("proof/1"), []byte("proof/2"), 1), b.trust(), "is not known"},
		"no JSON":                   {[]byte("no"), b.trust(), "cannot be read"},
		"large":                     {make([]byte, ledger.MaxProof+1), b.trust(), "at most"},
	} {
		if got, err := ledger.VerifyProof(tt.data, tt.trust); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: VerifyProof = %+v, %v, want %q", name, got, err, tt.want)
		}
	}
	if _, err := ledger.VerifyProof(good, anchored(b.checkpoint(9))); err != nil {
		t.Errorf("with the checkpoint that it holds: %v", err)
	}
	if got, err := ledger.VerifyProof(stranger.inclusion(0, 1), ledger.Trust{}); err != nil || got.Trusted {
		t.Errorf("without a key: %+v, %v", got, err)
	}
}

// TestProofOverRotations holds that a proof leads from an old key to the one that signed.
func TestProofOverRotations(t *testing.T) {
	t.Parallel()
	b := newBook(t).add("a.b", nil)
	older := b.signed(1)
	b.rotate(2).rotate(3)
	path, err := ledger.ProveConsistency(1, 3, b.hashes)
	if err != nil {
		t.Fatal(err)
	}
	p := ledger.Proof{Older: string(older), Hashes: path, Checkpoint: string(b.signed(3)), Rotations: []string{string(b.details[1]), string(b.details[2])}}
	data := b.proof(p)
	if got, err := ledger.VerifyProof(data, b.trust()); err != nil || !got.Trusted || !strings.HasPrefix(b.keys[2], got.KeyID+"+") {
		t.Errorf("VerifyProof = %+v, %v", got, err)
	}
	for name, rotations := range map[string][]string{"none": nil, "one": p.Rotations[:1], "twice the same": {p.Rotations[0], p.Rotations[0]}, "about another key": {p.Rotations[0], "other"}} {
		p.Rotations = rotations
		if got, err := ledger.VerifyProof(b.proof(p), b.trust()); err == nil {
			t.Errorf("%s: VerifyProof = %+v, want an error", name, got)
		}
	}
}

// TestProofFlips turns over every bit of a proof of each kind.
func TestProofFlips(t *testing.T) {
	t.Parallel()
	b := newBook(t)
	for range 5 {
		b.add("a.b", nil)
	}
	for name, data := range map[string][]byte{"inclusion": b.inclusion(2, 5), "consistency": b.consistency(b.signed(3), 3, 5)} {
		for i := range data {
			for bit := range 8 {
				bent := bytes.Clone(data)
				bent[i] ^= 1 << bit
				if got, err := ledger.VerifyProof(bent, b.trust()); err == nil {
					t.Fatalf("%s: bit %d of byte %d turned: %s proves %+v", name, bit, i, bent, got)
				}
			}
		}
	}
}

// FuzzVerifyProof holds that whatever is proved is in its only spelling.
func FuzzVerifyProof(f *testing.F) {
	b := newBook(f).add("a.b", nil).add("a.b", nil).add("a.b", nil)
	f.Add(b.inclusion(1, 3))
	f.Add(b.consistency(b.signed(2), 2, 3))
	f.Add([]byte(`{"format":"drawbridge-proof/1","entry":{},"hashes":[],"checkpoint":"","keys":[]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		got, err := ledger.VerifyProof(data, b.trust())
		if err == nil && (!got.Trusted || got.Checkpoint.Size > 3 || (got.Entry == nil) == (got.Older == nil)) {
			t.Fatalf("%s proves %+v", data, got)
		}
	})
}
