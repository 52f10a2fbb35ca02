// Package seal makes bytes that can be compared, signed, kept secret and trusted
// again: canonical JSON by RFC 8785 and SHA-256 digests of it, the keyring of an
// installation (signatures, DSSE envelopes, encryption at rest, codes), and the
// hidden text. It does not decide what belongs into a digest or who may rotate a
// key; that is for the owner of the object and for the desks.
//
//	data, err := seal.Canonical(map[string]any{"b": 1, "a": []string{"x"}})
//	// {"a":["x"],"b":1}
//	id := seal.Digest(data) // sha256:...
//	keys, err := seal.EnsureKeyring("data/keys", "drawbridge.example/abc", now())
//	row, err := keys.Seal(data, []byte("review/rev_1/answer"))
package seal

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"drawbridge"
)

// MaxDepth is how deep a canonical document may nest.
const MaxDepth = 256

// maxExact is the largest whole number below which every reader of JSON keeps
// all whole numbers (RFC 7493).
const maxExact = 1<<53 - 1

// Digest returns the SHA-256 of data as "sha256:" and lower-case hex.
func Digest(data []byte) string {
	sum := sha256.Sum256(data)
	return "sha256:" + hex.EncodeToString(sum[:])
}

// Canonical returns the RFC 8785 form of a value: nil, bool, numbers, strings,
// []any and map[string]any directly, and everything else through encoding/json.
func Canonical(v any) ([]byte, error) { return write(nil, v, 0) }

// JSON returns the RFC 8785 form of a JSON text. It refuses what would read
// differently elsewhere: repeated keys, broken UTF-8, half surrogates, whole
// numbers that a double cannot hold, and anything after the value.
func JSON(data []byte) ([]byte, error) {
	if err := wellFormed(data); err != nil {
		return nil, err
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	v, err := read(dec, 0)
	if err != nil {
		return nil, err
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, drawbridge.Errorf(drawbridge.Invalid, "JSON: text follows the value at byte %d", dec.InputOffset())
	}
	return write(nil, v, 0)
}

// read is a decoder into any that refuses repeated keys.
func read(dec *json.Decoder, depth int) (any, error) {
	if depth > MaxDepth {
		return nil, tooDeep()
	}
	token, err := dec.Token()
	if err != nil {
		return nil, drawbridge.Errorf(drawbridge.Invalid, "JSON: %w", err)
	}
	switch token {
	case json.Delim('['):
		list := []any{}
		for dec.More() {
			v, err := read(dec, depth+1)
			if err != nil {
				return nil, err
			}
			list = append(list, v)
		}
		_, err = dec.Token()
		return list, asInvalid(err)
	case json.Delim('{'):
		object := map[string]any{}
		for dec.More() {
			key, err := dec.Token()
			if err != nil {
				return nil, asInvalid(err)
			}
			name, _ := key.(string)
			if _, ok := object[name]; ok {
				return nil, drawbridge.Errorf(drawbridge.Invalid, "JSON: the key %q stands twice", name)
			}
			if object[name], err = read(dec, depth+1); err != nil {
				return nil, err
			}
		}
		_, err = dec.Token()
		return object, asInvalid(err)
	}
	return token, nil
}

func asInvalid(err error) error {
	if err == nil {
		return nil
	}
	return drawbridge.Errorf(drawbridge.Invalid, "JSON: %w", err)
}

func tooDeep() error {
	return drawbridge.Errorf(drawbridge.TooLarge, "JSON: values nest more than %d deep", MaxDepth)
}

// wellFormed refuses what encoding/json would silently replace.
func wellFormed(data []byte) error {
	if !utf8.Valid(data) {
		return drawbridge.Errorf(drawbridge.Invalid, "JSON: the text is not UTF-8")
	}
	for i := 0; i+1 < len(data); i++ {
		if data[i] != '\\' {
			continue
		}
		i++
		if data[i] != 'u' {
			continue
		}
		high, ok := hex4(data[i+1:])
		if !ok || !utf16.IsSurrogate(high) {
			continue
		}
		low, paired := rune(0), false
		if bytes.HasPrefix(data[i+5:], []byte(`\u`)) {
			low, paired = hex4(data[i+7:])
		}
		if !paired || utf16.DecodeRune(high, low) == utf8.RuneError {
			return drawbridge.Errorf(drawbridge.Invalid, "JSON: half a surrogate pair at byte %d", i-1)
		}
		i += 10
	}
	return nil
}

func hex4(b []byte) (rune, bool) {
	if len(b) < 4 {
		return 0, false
	}
	v, err := strconv.ParseUint(string(b[:4]), 16, 16)
	return rune(v), err == nil
}

func write(b []byte, v any, depth int) ([]byte, error) {
	if depth > MaxDepth {
		return nil, tooDeep()
	}
	switch x := v.(type) {
	case nil:
		return append(b, "null"...), nil
	case bool:
		return strconv.AppendBool(b, x), nil
	case string:
		return text(b, x)
	case int:
		return whole(b, int64(x))
	case int64:
		return whole(b, x)
	case float64:
		return number(b, x)
	case json.Number:
		return literal(b, x)
	case []any:
		return list(b, x, depth)
	case map[string]any:
		return object(b, x, depth)
	}
	data, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("marshal a %T: %w", v, err)
	}
	if err := wellFormed(data); err != nil {
		return nil, err
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	inner, err := read(dec, depth)
	if err != nil {
		return nil, err
	}
	return write(b, inner, depth)
}

func list(b []byte, x []any, depth int) ([]byte, error) {
	b = append(b, '[')
	for i, item := range x {
		if i > 0 {
			b = append(b, ',')
		}
		var err error
		if b, err = write(b, item, depth+1); err != nil {
			return nil, err
		}
	}
	return append(b, ']'), nil
}

func object(b []byte, x map[string]any, depth int) ([]byte, error) {
	keys := make([]string, 0, len(x))
	for k := range x {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, byUTF16)
	b = append(b, '{')
	for i, k := range keys {
		if i > 0 {
			b = append(b, ',')
		}
		var err error
		if b, err = text(b, k); err != nil {
			return nil, err
		}
		b = append(b, ':')
		if b, err = write(b, x[k], depth+1); err != nil {
			return nil, err
		}
	}
	return append(b, '}'), nil
}

// byUTF16 orders keys by their UTF-16 code units (RFC 8785 section 3.2.3). It
// differs from the order of bytes only above U+FFFF.
func byUTF16(a, b string) int {
	for a != "" && b != "" {
		x, n := utf8.DecodeRuneInString(a)
		y, m := utf8.DecodeRuneInString(b)
		if x != y {
			return slices.Compare(utf16.AppendRune(nil, x), utf16.AppendRune(nil, y))
		}
		a, b = a[n:], b[m:]
	}
	return cmp.Compare(len(a), len(b))
}

// text writes a string with the escapes of RFC 8785 section 3.2.2.2.
func text(b []byte, s string) ([]byte, error) {
	if !utf8.ValidString(s) {
		return nil, drawbridge.Errorf(drawbridge.Invalid, "JSON: the text %q is not UTF-8", strings.ToValidUTF8(s, "?"))
	}
	b = append(b, '"')
	for i := range len(s) {
		switch c := s[i]; {
		case c == '"' || c == '\\':
			b = append(b, '\\', c)
		case c >= 0x20:
			b = append(b, c)
		case c == '\b':
			b = append(b, `\b`...)
		case c == '\t':
			b = append(b, `\t`...)
		case c == '\n':
			b = append(b, `\n`...)
		case c == '\f':
			b = append(b, `\f`...)
		case c == '\r':
			b = append(b, `\r`...)
		default:
			b = fmt.Appendf(b, `\u%04x`, c)
		}
	}
	return append(b, '"'), nil
}

func whole(b []byte, x int64) ([]byte, error) {
	if x > maxExact || x < -maxExact {
		return nil, inexact(strconv.FormatInt(x, 10))
	}
	return strconv.AppendInt(b, x, 10), nil
}

// literal writes a number that was read from JSON. A whole number that a double
// does not hold is refused, unless its digits are how the double is written:
// otherwise two numbers would have one form.
func literal(b []byte, x json.Number) ([]byte, error) {
	f, err := x.Float64()
	if err != nil {
		return nil, drawbridge.Errorf(drawbridge.Invalid, "JSON: the number %.40s is out of range", x)
	}
	out, err := number(nil, f)
	if err != nil {
		return nil, err
	}
	if math.Abs(f) > maxExact && !strings.ContainsAny(string(x), ".eE") && string(out) != string(x) {
		return nil, inexact(string(x))
	}
	return append(b, out...), nil
}

func inexact(x string) error {
	return drawbridge.Errorf(drawbridge.Invalid, "JSON: the number %.40s is too large to be exact everywhere; write it as a text", x)
}

// number writes a double as ECMAScript does (ECMA-262, Number::toString).
func number(b []byte, f float64) ([]byte, error) {
	switch {
	case math.IsNaN(f) || math.IsInf(f, 0):
		return nil, drawbridge.Errorf(drawbridge.Invalid, "JSON: %v is not a number of JSON", f)
	case f == 0:
		return append(b, '0'), nil // negative zero too
	}
	if abs := math.Abs(f); abs >= 1e-6 && abs < 1e21 {
		return strconv.AppendFloat(b, f, 'f', -1, 64), nil
	}
	s := strconv.FormatFloat(f, 'e', -1, 64)
	mantissa, exp, _ := strings.Cut(s, "e")
	return append(b, mantissa+"e"+exp[:1]+strings.TrimLeft(exp[1:], "0")...), nil
}
