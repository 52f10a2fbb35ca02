package seal_test

import (
	"bytes"
	"encoding/json"
	"math"
	"strings"
	"testing"

	"drawbridge"
	"drawbridge/internal/seal"
)

// TestNumbers holds the sample of RFC 8785, appendix B.
func TestNumbers(t *testing.T) {
	t.Parallel()
	for bits, want := range map[uint64]string{
		0x0000000000000000: "0", 0x8000000000000000: "0", 0x0000000000000001: "5e-324", 0x8000000000000001: "-5e-324",
		0x7fefffffffffffff: "1.7976931348623157e+308", 0xffefffffffffffff: "-1.7976931348623157e+308",
		0x4340000000000000: "9007199254740992", 0xc340000000000000: "-9007199254740992", 0x4430000000000000: "295147905179352830000",
		0x44b52d02c7e14af5: "9.999999999999997e+22", 0x44b52d02c7e14af6: "1e+23", 0x44b52d02c7e14af7: "1.0000000000000001e+23",
		0x444b1ae4d6e2ef4e: "999999999999999700000", 0x444b1ae4d6e2ef4f: "999999999999999900000", 0x444b1ae4d6e2ef50: "1e+21",
		0x3eb0c6f7a0b5ed8c: "9.999999999999997e-7", 0x3eb0c6f7a0b5ed8d: "0.000001", 0x41b3de4355555553: "333333333.3333332",
		0x41b3de4355555554: "333333333.33333325", 0x41b3de4355555555: "333333333.3333333", 0x41b3de4355555556: "333333333.3333334",
		0x41b3de4355555557: "333333333.33333343", 0xbecbf647612f3696: "-0.0000033333333333333333", 0x43143ff3c1cb0959: "1424953923781206.2",
	} {
		got, err := seal.Canonical(math.Float64frombits(bits))
		if err != nil || string(got) != want {
			t.Errorf("Canonical(%016x) = %s, %v, want %s", bits, got, err, want)
		}
	}
}

func TestJSON(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ in, want string }{
		"RFC 8785, 3.2.2": {
			`{"numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
			  "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/", "literals": [null, true, false]}`,
			`{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\u000f\nA'B\"\\\\\"/"}`,
		},
		"RFC 8785, 3.2.3": {
			`{"\u20ac":"Euro Sign","\r":"Carriage Return","\ufb33":"Hebrew Letter Dalet With Dagesh","1":"One","\ud83d\ude00":"Emoji: Grinning Face","\u0080":"Control","\u00f6":"Latin Small Letter O With Diaeresis"}`,
			"{\"\\r\":\"Carriage Return\",\"1\":\"One\",\"\u0080\":\"Control\",\"ö\":\"Latin Small Letter O With Diaeresis\",\"€\":\"Euro Sign\",\"😀\":\"Emoji: Grinning Face\",\"\ufb33\":\"Hebrew Letter Dalet With Dagesh\"}",
		},
		"no escapes beyond need": {`"<&> \u2028 \u007f"`, "\"<&> \u2028 \u007f\""},
		"empty":                  {` { "a" : [ ] , "b" : { } } `, `{"a":[],"b":{}}`},
		"prefix sorts first":     {`{"ab":1,"a":2}`, `{"a":2,"ab":1}`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := seal.JSON([]byte(tt.in))
			if err != nil || string(got) != tt.want {
				t.Errorf("JSON(%s) =\n%s, %v, want\n%s", tt.in, got, err, tt.want)
			}
		})
	}
}

func TestRefuses(t *testing.T) {
	t.Parallel()
	for name, in := range map[string]string{
		"repeated key": `{"a":1,"\u0061":2}`, "broken UTF-8": "\"\xff\"", "half surrogate": `"\ud800x"`, "wrong pair": `"\ud800\u0041"`,
		"inexact number": `9007199254740993`, "huge number": `1e400`, "two values": `1 2`, "truncated": `{"a":[1`, "empty": ``,
		"deep": strings.Repeat("[", 20000), "trailing comma": `[1,]`, "garbage": `[1]]`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got, err := seal.JSON([]byte(in)); err == nil {
				t.Errorf("JSON(%.40q) = %s, want an error", in, got)
			}
		})
	}
	for name, v := range map[string]any{"NaN": math.NaN(), "infinite": math.Inf(1), "text": "\xff", "large": int64(1) << 60, "function": func() {}} {
		if got, err := seal.Canonical(v); err == nil {
			t.Errorf("%s: Canonical = %s, want an error", name, got)
		}
	}
	if _, err := seal.JSON([]byte("{")); drawbridge.KindOf(err) != drawbridge.Invalid {
		t.Errorf("KindOf(%v) is not invalid", err)
	}
}

func TestCanonicalTakesStructs(t *testing.T) {
	t.Parallel()
	v := struct {
		B int            `json:"b"`
		A map[string]any `json:"a"`
		C json.Marshaler `json:"c"`
	}{1, map[string]any{"y": []string{"<"}, "x": 1.50}, json.RawMessage(` {"q" : 2e1 } `)}
	got, err := seal.Canonical(v)
	if want := `{"a":{"x":1.5,"y":["<"]},"b":1,"c":{"q":20}}`; err != nil || string(got) != want {
		t.Errorf("Canonical = %s, %v, want %s", got, err, want)
	}
	if got, want := seal.Digest(nil), "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"; got != want {
		t.Errorf("Digest(nil) = %s, want %s", got, want)
	}
}

// FuzzJSON holds that the canonical form is valid JSON with the same meaning,
// and that it is its own canonical form.
func FuzzJSON(f *testing.F) {
	f.Add([]byte(`{"a":[1,2.50,"x\u00e9\ud83d\ude00",null,true,{"b":-0}]}`))
	f.Add([]byte(`"\ud800"`))
	f.Add([]byte(`{"\u20ac":1e-7,"z":12345678901234567890}`))
	f.Add([]byte(`{"z":345670789012123456}`)) // a double that is written with other digits
	f.Add([]byte(`[345670789012123460,1e18,1000000000000000000000,9007199254740993]`))
	f.Fuzz(func(t *testing.T, data []byte) {
		once, err := seal.JSON(data)
		if err != nil {
			return
		}
		twice, err := seal.JSON(once)
		if err != nil || !bytes.Equal(once, twice) {
			t.Fatalf("JSON(%s) = %s, %v", once, twice, err)
		}
		var a, b any
		if json.Unmarshal(data, &a) != nil || json.Unmarshal(once, &b) != nil {
			t.Fatalf("%q or %q is not JSON", data, once)
		}
		x, _ := json.Marshal(a)
		y, _ := json.Marshal(b)
		if !bytes.Equal(bytes.ReplaceAll(x, []byte("-0"), nil), bytes.ReplaceAll(y, []byte("-0"), nil)) && !bytes.Contains(x, []byte("-0")) {
			t.Fatalf("%s became %s", x, y)
		}
	})
}
