package client

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestTame(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ in, want string }{
		"plain":               {`{"a":"b","n":[1,true,null]}`, `{"a":"b","n":[1,true,null]}`},
		"lines and tabs":      {`{"a":"b\n\tc\u000ad"}`, `{"a":"b\n\tc\u000ad"}`},
		"escape sequence":     {`{"a":"\u001b[2J"}`, `{"a":"\ufffd[2J"}`},
		"upper case digits":   {`{"a":"\u001B]0;x\u0007"}`, `{"a":"\ufffd]0;x\ufffd"}`},
		"raw":                 {"{\"a\":\"\x1b[2J\x7f\u009b\"}", `{"a":"\ufffd[2J\ufffd\ufffd"}`},
		"back to the start":   {`{"a":"b\rc\bd\f"}`, `{"a":"b\ufffdc\ufffdd\ufffd"}`},
		"direction":           {"{\"a\":\"\u202eb\\u2066c\"}", `{"a":"\ufffdb\ufffdc"}`},
		"escaped backslash":   {`{"a":"\\u001b \\\\r \\\" \u001b"}`, `{"a":"\\u001b \\\\r \\\" \ufffd"}`},
		"in a key":            {`{"\u001b":1}`, `{"\ufffd":1}`},
		"outside a string":    {"{\r\n\"a\": 1}", "{\r\n\"a\": 1}"},
		"broken off":          {`{"a":"\u00`, `{"a":"\u00`},
		"ends with an escape": {`{"a":"\`, `{"a":"\`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := string(tame([]byte(tt.in))); got != tt.want {
				t.Errorf("tame(%q) = %q, want %q", tt.in, got, tt.want)
			}
		})
	}
}

func FuzzTame(f *testing.F) {
	for _, s := range []string{`{"a":"\u001b"}`, `["\\","\"\u202e"]`, "\"\x1b\xc2\"", `"\`, `{"a":`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		out := tame(in)
		var before, after any
		if json.Unmarshal(in, &before) != nil {
			return
		}
		if err := json.Unmarshal(out, &after); err != nil {
			t.Fatalf("tame(%q) = %q: %v", in, out, err)
		}
		if s, ok := after.(string); ok && strings.ContainsFunc(s, wild) {
			t.Errorf("tame(%q) leaves %q", in, s)
		}
	})
}
