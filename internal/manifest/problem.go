package manifest

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"drawbridge"
	"drawbridge/internal/near"
)

// Limits on what is collected and shown of the problems of one file.
const (
	maxProblems      = 1000
	maxProblemsShown = 100
	maxKey           = 300 // bytes of a key in a message
)

// Problem is one thing that is wrong with a file.
type Problem struct {
	File    string `json:"file"`
	Line    int    `json:"line"`
	Column  int    `json:"column"`
	Key     string `json:"key"` // like flows[charge].retention.period; empty for the file
	Message string `json:"message"`
	Hint    string `json:"hint,omitempty"` // what to do about it
}

// String returns the problem on one line.
func (p Problem) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s:%d:%d: ", p.File, p.Line, p.Column)
	if p.Key != "" {
		b.WriteString(p.Key + ": ")
	}
	b.WriteString(p.Message)
	if p.Hint != "" {
		b.WriteString("; " + p.Hint)
	}
	return b.String()
}

// Problems is everything that is wrong with a file, in the order of the file.
type Problems []Problem //nolint:errname // the word of the interface between packages

// Error lists the first hundred problems, one a line, and counts the rest.
func (p Problems) Error() string {
	var b strings.Builder
	for i, q := range p[:min(len(p), maxProblemsShown)] {
		if i > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(q.String())
	}
	if more := len(p) - maxProblemsShown; more > 0 {
		least := ""
		if len(p) >= maxProblems {
			least = "at least "
		}
		fmt.Fprintf(&b, "\nand %s%d more problems", least, more)
	}
	return b.String()
}

// Unwrap makes the list an error of kind invalid.
func (p Problems) Unwrap() error {
	return drawbridge.Errorf(drawbridge.Invalid, "%s", p.Error())
}

// err returns the problems sorted, or nil when there are none.
func (p Problems) err() error {
	if len(p) == 0 {
		return nil
	}
	slices.SortStableFunc(p, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column), cmp.Compare(a.Message, b.Message))
	})
	return slices.CompactFunc(p, func(a, b Problem) bool { return a == b })
}

// printable makes a key that came from a file safe for a terminal and short.
func printable(key string) string {
	if len(key) > maxKey {
		key = strings.ToValidUTF8(key[:maxKey], "") + "..."
	}
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return '?'
		}
		return r
	}, key)
}

// didYouMean returns a hint when some accepted word is close to what stands
// there, else the list of all words while it is short.
func didYouMean(word string, accepted []string) string {
	if word := near.Word(word, accepted); word != "" {
		return fmt.Sprintf("did you mean %q?", word)
	}
	if len(accepted) > 24 || len(accepted) == 0 {
		return ""
	}
	return "accepted are " + strings.Join(accepted, ", ")
}
