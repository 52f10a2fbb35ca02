package deid_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"drawbridge/internal/deid"
)

func TestFind(t *testing.T) {
	t.Parallel()
	type find struct{ Category, Text string }
	for _, tc := range []struct {
		name, text string
		want       []find
	}{
		{"nothing", "order 12345 shipped", nil},
		{"e-mail in JSON", `{"to":"ana.m+x@mail.shop.example"}`, []find{{deid.Email, "ana.m+x@mail.shop.example"}}},
		{"e-mail ends a sentence", "write to ana@shop.example.", []find{{deid.Email, "ana@shop.example"}}},
		{"two in a row", "a@b.co,c@d.org", []find{{deid.Email, "a@b.co"}, {deid.Email, "c@d.org"}}},
		{"no host", "user@localhost and @handle", nil},
		{"package version", "npm i left@1.2.3", nil},
		{"dotted local part", ".@b.co a.@b.co", nil},
		{"phone", "call +44 20 7946 0958 now", []find{{deid.Phone, "+44 20 7946 0958"}}},
		{"phone with brackets", "+1 (212) 555-0100", []find{{deid.Phone, "+1 (212) 555-0100"}}},
		{"too short for a phone", "+44 123", nil},
		{"offset of a time zone", "2026-11-21T10:00:00+0100", nil},
		{"sum", "1+12345678901", nil},
		{"card", `"4111111111111111"`, []find{{deid.Card, "4111111111111111"}}},
		{"card in groups", "4111 1111 1111 1111", []find{{deid.Card, "4111 1111 1111 1111"}}},
		{"card, one digit wrong", "4111111111111112", nil},
		{"milliseconds since 1970", "1700000000000", nil},
		{"part of a longer id", "ch_4111111111111111", nil},
		{"decimal fraction", "0.4111111111111111", nil},
		{"IBAN", "GB82WEST12345698765432", []find{{deid.IBAN, "GB82WEST12345698765432"}}},
		{"IBAN in groups", "DE89 3704 0044 0532 0130 00.", []find{{deid.IBAN, "DE89 3704 0044 0532 0130 00"}}},
		{"IBAN, wrong remainder", "GB83WEST12345698765432", nil},
		{"IBAN inside a word", "XGB82WEST12345698765432", nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			var got []find
			for _, m := range deid.Find([]byte(tc.text)) {
				got = append(got, find{m.Category, tc.text[m.Start:m.End]})
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("Find(%q) (-want +got):\n%s", tc.text, diff)
			}
		})
	}
}

func FuzzFind(f *testing.F) {
	f.Add([]byte("ana@shop.example +442079460958 4111 1111 1111 1111 GB82WEST12345698765432"))
	f.Fuzz(func(t *testing.T, text []byte) {
		end := 0
		for _, m := range deid.Find(text) {
			if m.Start < end || m.End <= m.Start || m.End > len(text) {
				t.Fatalf("match [%d,%d) after %d in %d bytes", m.Start, m.End, end, len(text))
			}
			end = m.End
		}
	})
}

func BenchmarkFind(b *testing.B) {
	line := []byte(`{"at":"2026-11-21T10:00:00Z","level":"info","msg":"charge made","id":"ch_01HXYZ","amount":1299,"email":"ana@shop.example","trace":"4bf92f3577b34da6a3ce929d0e0e4736"}` + "\n")
	var text []byte
	for len(text) < 1<<20 {
		text = append(text, line...)
	}
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		deid.Find(text)
	}
}
