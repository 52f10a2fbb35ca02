package check

import (
	"regexp/syntax"
	"strings"
)

// fromPattern makes a short plain text that a pattern accepts; another seed
// makes another text, where the pattern leaves a choice.
func fromPattern(pattern string, seed int) (string, bool) {
	if len(pattern) > 1000 {
		return "", false
	}
	re, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return "", false
	}
	w := writer{seed: seed}
	ok := w.write(re.Simplify(), 0)
	return w.String(), ok && w.Len() < 4096
}

// writer spells seed with the choices that a pattern leaves, last digit first.
type writer struct {
	strings.Builder
	seed int
}

func (b *writer) write(re *syntax.Regexp, depth int) bool {
	if depth > 50 || b.Len() > 4096 {
		return false
	}
	switch re.Op {
	case syntax.OpLiteral:
		_, _ = b.WriteString(string(re.Rune)) // a builder never fails
	case syntax.OpCharClass:
		_, _ = b.WriteRune(b.pick(re.Rune))
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		_ = b.WriteByte('a')
	case syntax.OpCapture, syntax.OpPlus:
		return b.write(re.Sub[0], depth+1)
	case syntax.OpConcat:
		for _, sub := range re.Sub {
			if !b.write(sub, depth+1) {
				return false
			}
		}
	case syntax.OpAlternate:
		return b.write(re.Sub[0], depth+1)
	case syntax.OpRepeat:
		for range re.Min {
			if !b.write(re.Sub[0], depth+1) {
				return false
			}
		}
	case syntax.OpNoMatch:
		return false
	default: // anchors and what may be left out
	}
	return true
}

// pick takes one of the letters and digits of a class where it has some.
func (b *writer) pick(ranges []rune) rune {
	const plain = "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ123456789"
	var choice []rune
	for _, want := range plain {
		for i := 0; i+1 < len(ranges); i += 2 {
			if want >= ranges[i] && want <= ranges[i+1] {
				choice = append(choice, want)
				break
			}
		}
	}
	if len(choice) == 0 {
		return ranges[0]
	}
	c := choice[b.seed%len(choice)]
	b.seed /= len(choice)
	return c
}
