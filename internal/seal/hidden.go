package seal

import (
	"crypto/sha256"
	"crypto/subtle"
	"fmt"
	"io"
	"log/slog"

	"drawbridge"
)

const hidden = "[hidden]"

// Hidden is a text that no printer shows: every verb of fmt, slog, JSON, YAML
// and XML give "[hidden]". Only [Hidden.Reveal] gives the text. The zero value
// is the empty text.
type Hidden struct {
	// A function, because fmt prints a string in an unexported field without
	// asking its type, and because == on secrets must not compile.
	reveal func() string
}

// Hide returns s as a hidden text.
func Hide(s string) Hidden {
	return Hidden{func() string { return s }}
}

// Reveal returns the text. Call it only where the text is used.
func (h Hidden) Reveal() string {
	if h.reveal == nil {
		return ""
	}
	return h.reveal()
}

// Empty reports whether there is no text.
func (h Hidden) Empty() bool { return h.Reveal() == "" }

// Equal compares two hidden texts in constant time, whatever their lengths.
func (h Hidden) Equal(other Hidden) bool {
	a, b := sha256.Sum256([]byte(h.Reveal())), sha256.Sum256([]byte(other.Reveal()))
	return subtle.ConstantTimeCompare(a[:], b[:]) == 1
}

// String returns "[hidden]".
func (h Hidden) String() string { return hidden }

// GoString returns "[hidden]".
func (h Hidden) GoString() string { return hidden }

// Format writes "[hidden]" for every verb.
func (h Hidden) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, hidden) }

// LogValue returns "[hidden]".
func (h Hidden) LogValue() slog.Value { return slog.StringValue(hidden) }

// MarshalJSON returns "[hidden]" as JSON.
func (h Hidden) MarshalJSON() ([]byte, error) { return []byte(`"` + hidden + `"`), nil }

// MarshalText returns "[hidden]".
func (h Hidden) MarshalText() ([]byte, error) { return []byte(hidden), nil }

// UnmarshalText reads a secret from a request or a configuration file. It
// refuses "[hidden]", which is what a printed secret reads as.
func (h *Hidden) UnmarshalText(text []byte) error {
	if string(text) == hidden {
		return drawbridge.Errorf(drawbridge.Invalid, "%s is the mask of a secret, not a secret; give the secret itself", hidden)
	}
	*h = Hide(string(text))
	return nil
}
