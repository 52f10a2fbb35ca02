package drawbridge_test

import (
	"strings"
	"testing"

	"drawbridge"
)

func TestParseFieldPath(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		in   string
		ok   bool
		want []drawbridge.Segment
	}{
		"whole":             {"", true, nil},
		"one":               {"/a", true, []drawbridge.Segment{{Name: "a"}}},
		"empty name":        {"/", true, []drawbridge.Segment{{Name: ""}}},
		"any":               {"/a/*/b", true, []drawbridge.Segment{{Name: "a"}, {Any: true}, {Name: "b"}}},
		"escapes":           {"/~0~1~2", true, []drawbridge.Segment{{Name: "~/*"}}},
		"literal star":      {"/~2", true, []drawbridge.Segment{{Name: "*"}}},
		"no slash":          {"a", false, nil},
		"bad escape":        {"/~3", false, nil},
		"open escape":       {"/a~", false, nil},
		"star in word":      {"/a*", false, nil},
		"control character": {"/a\n", false, nil},
		"too long":          {"/" + strings.Repeat("a", drawbridge.MaxFieldPathBytes), false, nil},
		"too deep":          {strings.Repeat("/a", drawbridge.MaxFieldPathDepth+1), false, nil},
		"longest":           {"/" + strings.Repeat("a", drawbridge.MaxFieldPathBytes-1), true, []drawbridge.Segment{{Name: strings.Repeat("a", drawbridge.MaxFieldPathBytes-1)}}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, err := drawbridge.ParseFieldPath(tt.in)
			if (err == nil) != tt.ok {
				t.Fatalf("ParseFieldPath(%.40q) = %v, want ok %v", tt.in, err, tt.ok)
			}
			if err != nil {
				return
			}
			got := p.Segments()
			if len(got) != len(tt.want) {
				t.Fatalf("Segments = %v, want %v", got, tt.want)
			}
			for i := range got {
				if got[i] != tt.want[i] {
					t.Errorf("segment %d = %+v, want %+v", i, got[i], tt.want[i])
				}
			}
		})
	}
}

func TestFieldPathCovers(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		p, q drawbridge.FieldPath
		want bool
	}{
		{"/a", "/a", true},
		{"/a", "/b", false},
		{"/a/*", "/a/b", true},
		{"/a/b", "/a/*", false},
		{"/a/*", "/a/*", true},
		{"/a", "/a/b", false},
		{"/a/b", "/a", false},
		{"", "", true},
		{"/*", "/~2", true},
		{"/~2", "/*", false},
	} {
		if got := tt.p.Covers(tt.q); got != tt.want {
			t.Errorf("%q.Covers(%q) = %v, want %v", tt.p, tt.q, got, tt.want)
		}
	}
}

// FuzzFieldPath holds that what parses is its own canonical form, and that its
// segments build it again.
func FuzzFieldPath(f *testing.F) {
	for _, s := range []string{"", "/", "/a/*/b", "/~0~1~2", "a", "/~3", "/*a", "//"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		p, err := drawbridge.ParseFieldPath(s)
		if err != nil {
			if k := drawbridge.KindOf(err); k != drawbridge.Invalid && k != drawbridge.TooLarge {
				t.Fatalf("ParseFieldPath(%q) = %v of kind %s", s, err, k)
			}
			return
		}
		built := drawbridge.FieldPath("")
		for _, seg := range p.Segments() {
			if seg.Any {
				built = built.Any()
			} else {
				built = built.Child(seg.Name)
			}
		}
		if built != p || string(p) != s {
			t.Fatalf("%q parses to %q and builds %q", s, p, built)
		}
		if !p.Covers(p) {
			t.Fatalf("%q does not cover itself", p)
		}
	})
}
