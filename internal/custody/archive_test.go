package custody_test

import (
	"bytes"
	"encoding/json"
	"testing"

	"drawbridge"
	"drawbridge/internal/custody"
	"drawbridge/internal/store"
)

// small is an archive with each kind of member.
func small(tb testing.TB) []byte {
	tb.Helper()
	data, err := custody.Pack([]string{"first.json", "rows", "empty"}, [][]byte{[]byte(`{"format":"x"}`), bytes.Repeat([]byte("row"), 700), {}})
	if err != nil {
		tb.Fatal(err)
	}
	return data
}

// TestArchiveTampered changes every bit, and cuts at every byte.
func TestArchiveTampered(t *testing.T) {
	t.Parallel()
	good := small(t)
	if names, _, err := custody.Unpack(bytes.NewReader(good)); err != nil || len(names) != 3 {
		t.Fatalf("Unpack = %v %v", names, err)
	}
	for i := range good {
		for bit := range 8 {
			data := bytes.Clone(good)
			data[i] ^= 1 << bit
			if _, _, err := custody.Unpack(bytes.NewReader(data)); drawbridge.KindOf(err) != drawbridge.Invalid {
				t.Fatalf("bit %d of byte %d is changed: %v", bit, i, err)
			}
		}
		if _, _, err := custody.Unpack(bytes.NewReader(good[:i])); drawbridge.KindOf(err) != drawbridge.Invalid {
			t.Fatalf("cut to %d bytes: %v", i, err)
		}
	}
}

// FuzzArchive holds that whatever is read as an archive is one that was packed, byte by byte.
func FuzzArchive(f *testing.F) {
	f.Add(small(f))
	f.Add([]byte("manifest.json"))
	f.Fuzz(func(t *testing.T, data []byte) {
		names, contents, err := custody.Unpack(bytes.NewReader(data))
		if err != nil {
			if drawbridge.KindOf(err) != drawbridge.Invalid {
				t.Fatalf("%v is %s", err, drawbridge.KindOf(err))
			}
			return
		}
		if again, err := custody.Pack(names, contents); err != nil || !bytes.Equal(again, data) {
			t.Fatalf("read as %q, and packed again it is another archive (%v)", names, err)
		}
	})
}

// FuzzRow holds that a row that is read has the forms of its columns, and reads
// the same when it is written again.
func FuzzRow(f *testing.F) {
	table := store.Table{Name: "t", Columns: []store.Column{{Name: "a", Form: "text"}, {Name: "b", Form: "bytes"}, {Name: "c", Form: "integer"}, {Name: "d", Form: "number"}, {Name: "e", Form: "flag"}}}
	f.Add([]byte(`["a","AAH/",9223372036854775807,1e-7,true]`))
	f.Add([]byte(`["\ud800","",-1,0.1,false]`))
	f.Add([]byte(`[null,null,null,null,null]`))
	f.Fuzz(func(t *testing.T, line []byte) {
		row, err := custody.ReadRow(line, table)
		if err != nil {
			return
		}
		for i, v := range row {
			var fits bool
			switch table.Columns[i].Form {
			case "text":
				_, fits = v.(string)
			case "bytes":
				_, fits = v.([]byte)
			case "integer":
				_, fits = v.(int64)
			case "number":
				_, fits = v.(float64)
			case "flag":
				_, fits = v.(bool)
			}
			if !fits {
				t.Fatalf("column %d of %q is a %T", i, line, v)
			}
		}
		data, err := json.Marshal(row)
		if err != nil {
			t.Fatal(err)
		}
		again, err := custody.ReadRow(data, table)
		if err != nil {
			t.Fatal(err)
		}
		if other, err := json.Marshal(again); err != nil || !bytes.Equal(data, other) {
			t.Errorf("%s reads as %s (%v)", data, other, err)
		}
	})
}
