package seal_test

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"testing"
	"testing/iotest"

	"pgregory.net/rapid"

	"drawbridge/internal/seal"
)

const segment = 64 << 10

// flips yields data with each single bit flipped in turn.
func flips(data []byte) func(yield func(bit int, flipped []byte) bool) {
	return func(yield func(int, []byte) bool) {
		for bit := range 8 * len(data) {
			flipped := slices.Clone(data)
			flipped[bit/8] ^= 1 << (bit % 8)
			if !yield(bit, flipped) {
				return
			}
		}
	}
}

func readAll(k *seal.Keyring, sealed, context []byte) ([]byte, error) {
	r, err := k.OpenStream(bytes.NewReader(sealed), context)
	if err != nil {
		return nil, err
	}
	return io.ReadAll(r)
}

func sealStream(tb testing.TB, k *seal.Keyring, plain, context []byte) []byte {
	tb.Helper()
	var b bytes.Buffer
	w, err := k.SealStream(&b, context)
	if err != nil {
		tb.Fatal(err)
	}
	_, err = w.Write(plain)
	if err := errors.Join(err, w.Close()); err != nil {
		tb.Fatal(err)
	}
	return b.Bytes()
}

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	k, _ := newKeyring(t)
	other, _ := newKeyring(t)
	sealed, err := k.Seal([]byte("an answer"), []byte("review/rev_1/answer"))
	if err != nil {
		t.Fatal(err)
	}
	refused := func(what string, k *seal.Keyring, sealed []byte, context string) {
		t.Helper()
		if got, err := k.Open(sealed, []byte(context)); !errors.Is(err, seal.ErrNotAuthentic) || got != nil {
			t.Errorf("%s: Open = %q, %v", what, got, err)
		}
	}
	for bit, flipped := range flips(sealed) {
		if got, err := k.Open(flipped, []byte("review/rev_1/answer")); !errors.Is(err, seal.ErrNotAuthentic) {
			t.Errorf("bit %d flipped: Open = %q, %v", bit, got, err)
		}
	}
	for n := range sealed {
		refused("cut short", k, sealed[:n], "review/rev_1/answer")
	}
	refused("longer", k, append(slices.Clone(sealed), 0), "review/rev_1/answer")
	refused("other row", k, sealed, "review/rev_2/answer")
	refused("no context", k, sealed, "")
	refused("other keys", other, sealed, "review/rev_1/answer")
	refused("a stream", k, sealStream(t, k, []byte("an answer"), []byte("review/rev_1/answer")), "review/rev_1/answer")
}

func TestOpenStreamRefuses(t *testing.T) {
	t.Parallel()
	k, _ := newKeyring(t)
	other, _ := newKeyring(t)
	small := sealStream(t, k, []byte("a blob"), []byte("b1"))
	refused := func(what string, k *seal.Keyring, sealed []byte, context string) {
		t.Helper()
		r, err := k.OpenStream(bytes.NewReader(sealed), []byte(context))
		if err != nil {
			t.Fatal(err)
		}
		for range 2 { // the second time too
			if got, err := io.ReadAll(r); !errors.Is(err, seal.ErrNotAuthentic) {
				t.Errorf("%s: OpenStream reads %d bytes, %v", what, len(got), err)
			}
		}
	}
	for _, flipped := range flips(small) {
		refused("a flipped bit", k, flipped, "b1")
	}
	for n := range small {
		refused("cut short", k, small[:n], "b1")
	}
	refused("longer", k, append(slices.Clone(small), 0), "b1")
	refused("other blob", k, small, "b2")
	refused("other keys", other, small, "b1")

	large := sealStream(t, k, bytes.Repeat([]byte("0123456789"), 4*segment/10), []byte("b1"))
	second := sealStream(t, k, bytes.Repeat([]byte("9876543210"), 4*segment/10), []byte("b1"))
	part := func(data []byte, i int) []byte { return data[i*segment : min(len(data), (i+1)*segment)] }
	for what, order := range map[string][][]byte{
		"cut between segments": {part(large, 0), part(large, 1), part(large, 2)},
		"first alone":          {part(large, 0)},
		"first dropped":        {part(large, 1), part(large, 2), part(large, 3), part(large, 4)},
		"middle dropped":       {part(large, 0), part(large, 2), part(large, 3), part(large, 4)},
		"swapped":              {part(large, 0), part(large, 2), part(large, 1), part(large, 3), part(large, 4)},
		"repeated":             {part(large, 0), part(large, 1), part(large, 1), part(large, 2), part(large, 3), part(large, 4)},
		"of another blob":      {part(large, 0), part(second, 1), part(large, 2), part(large, 3), part(large, 4)},
		"last twice":           {large, part(large, 4)},
		"two blobs":            {large, second},
	} {
		refused(what, k, slices.Concat(order...), "b1")
	}
	if got, err := readAll(k, large, []byte("b1")); err != nil || len(got) != 4*segment/10*10 {
		t.Errorf("the blob itself reads %d bytes, %v", len(got), err)
	}
}

func TestStreamTellsBadSource(t *testing.T) {
	t.Parallel()
	k, _ := newKeyring(t)
	sealed := sealStream(t, k, make([]byte, 3*segment), nil)
	broken := errors.New("disk")
	for _, n := range []int{0, 10, segment, 2*segment + 5} {
		r, err := k.OpenStream(io.MultiReader(bytes.NewReader(sealed[:n]), iotest.ErrReader(broken)), nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadAll(r); !errors.Is(err, broken) || errors.Is(err, seal.ErrNotAuthentic) {
			t.Errorf("after %d bytes: %v, want the error of the disk", n, err)
		}
	}
	w, err := k.SealStream(&full{left: segment}, nil)
	if err != nil {
		t.Fatal(err)
	}
	_, err = w.Write(make([]byte, 3*segment))
	_, again := w.Write([]byte("x"))
	if err == nil || again == nil || w.Close() == nil {
		t.Errorf("a full disk: Write gives %v, then %v, or Close nil", err, again)
	}
}

// full is a disk with room for some bytes once.
type full struct{ left int }

func (f *full) Write(p []byte) (int, error) {
	if len(p) > f.left {
		f.left = segment // room again: what was lost stays lost
		return 0, errors.New("no space")
	}
	f.left -= len(p)
	return len(p), nil
}

func TestRoundTrip(t *testing.T) {
	t.Parallel()
	k, _ := newKeyring(t)
	rapid.Check(t, func(t *rapid.T) {
		size := rapid.SampledFrom([]int{0, 1, 100, segment - 57, segment - 56, segment - 55, segment, 2*segment - 72, 3 * segment}).Draw(t, "size")
		plain := bytes.Repeat(rapid.SliceOfN(rapid.Byte(), 1, 9).Draw(t, "bytes"), size)[:size]
		context := rapid.SliceOf(rapid.Byte()).Draw(t, "context")
		var b bytes.Buffer
		w, err := k.SealStream(&b, context)
		if err != nil {
			t.Fatal(err)
		}
		for rest := plain; len(rest) > 0; {
			n := rapid.IntRange(1, len(rest)).Draw(t, "write")
			if _, err := w.Write(rest[:n]); err != nil {
				t.Fatal(err)
			}
			rest = rest[n:]
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		if got, err := readAll(k, b.Bytes(), context); err != nil || !bytes.Equal(got, plain) {
			t.Fatalf("a stream of %d bytes reads as %d, %v", size, len(got), err)
		}
		row, err := k.Seal(plain, context)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := k.Open(row, context); err != nil || !bytes.Equal(got, plain) {
			t.Fatalf("a row of %d bytes opens as %d, %v", size, len(got), err)
		}
	})
}

func TestMAC(t *testing.T) {
	t.Parallel()
	k, _ := newKeyring(t)
	other, _ := newKeyring(t)
	code := k.MAC("cursor", []byte("data"))
	if !k.CheckMAC("cursor", []byte("data"), code) {
		t.Fatal("CheckMAC refuses the code itself")
	}
	for bit, flipped := range flips(code) {
		if k.CheckMAC("cursor", []byte("data"), flipped) {
			t.Errorf("bit %d flipped passes", bit)
		}
	}
	for what, ok := range map[string]bool{
		"cut short": k.CheckMAC("cursor", []byte("data"), code[:31]), "empty": k.CheckMAC("cursor", []byte("data"), nil),
		"other data": k.CheckMAC("cursor", []byte("date"), code), "other purpose": k.CheckMAC("link", []byte("data"), code),
		"moved boundary": k.CheckMAC("curso", []byte("rdata"), code), "other keys": other.CheckMAC("cursor", []byte("data"), code),
	} {
		if ok {
			t.Errorf("%s passes", what)
		}
	}
}

func BenchmarkSealStream(b *testing.B) {
	k, _ := newKeyring(b)
	data := make([]byte, 8<<20)
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		w, err := k.SealStream(io.Discard, nil)
		if err != nil {
			b.Fatal(err)
		}
		_, err = w.Write(data)
		if err := errors.Join(err, w.Close()); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkOpenStream(b *testing.B) {
	k, _ := newKeyring(b)
	sealed := sealStream(b, k, make([]byte, 8<<20), nil)
	b.SetBytes(8 << 20)
	for b.Loop() {
		r, err := k.OpenStream(bytes.NewReader(sealed), nil)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := io.Copy(io.Discard, r); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkSeal(b *testing.B) {
	k, _ := newKeyring(b)
	row := make([]byte, 1000)
	for b.Loop() {
		if _, err := k.Seal(row, []byte("review/rev_1/answer")); err != nil {
			b.Fatal(err)
		}
	}
}
