package ledger_test

import (
	"bytes"
	"fmt"
	"io"
	"testing"

	"drawbridge/internal/ledger"
)

// BenchmarkVerify verifies the export of a million entries of nearly 500 bytes,
// a tenth of them with a detail. The file comes from memory.
func BenchmarkVerify(b *testing.B) {
	const size = 1_000_000
	book := newBook(b)
	var out bytes.Buffer
	w, err := ledger.NewExportWriter(&out, ledger.Header{Origin: origin, Keys: book.keys})
	if err != nil {
		b.Fatal(err)
	}
	var leaves int64
	for i := range size {
		e := ledger.Entry{
			V: ledger.Version, Seq: int64(i), At: book.at, Actor: "per_06f1w3q8r9t0y2s4d6f8g0h2j4", Via: "api", Action: "integration.push",
			Object: "integration/int_06f1w3q8r9t0y2s4d6f8g0h2j4", Request: fmt.Sprintf("req_%020d", i),
			Changes: []ledger.Change{{Kind: "integration", ID: "int_06f1w3q8r9t0y2s4d6f8g0h2j4", Op: ledger.Update, Before: digest, After: digest}},
		}
		var detail, salt []byte
		if i%10 == 0 {
			detail, salt = []byte(`{"reason":"the partner has moved to another region","before":{"region":"eu-west-1"},"after":{"region":"eu-north-1"}}`), make([]byte, ledger.SaltSize)
			e.Detail = ledger.Commit(salt, detail)
		}
		raw, err := ledger.Encode(e)
		if err != nil {
			b.Fatal(err)
		}
		more, err := ledger.Append(int64(i), raw, book.hashes)
		if err != nil {
			b.Fatal(err)
		}
		book.hashes = append(book.hashes, more...)
		if err := w.Entry(raw, detail, salt); err != nil {
			b.Fatal(err)
		}
		leaves += int64(len(raw))
	}
	if err := w.Close(book.signed(size)); err != nil {
		b.Fatal(err)
	}
	b.Logf("%d bytes, %d of an entry on average", out.Len(), leaves/size)
	b.SetBytes(int64(out.Len()))
	for b.Loop() {
		report, err := ledger.Verify(b.Context(), io.Reader(bytes.NewReader(out.Bytes())), book.trust(), nil)
		if err != nil || !report.OK || report.Size != size {
			b.Fatalf("Verify = %+v, %v", report, err)
		}
	}
}
