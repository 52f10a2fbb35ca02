// Package near finds the word that somebody may have meant. It counts edits; it
// knows no dictionary and no meaning.
//
//	near.Word("retenion", []string{"region", "retention"}) // "retention"
package near

import "strings"

const (
	maxWord  = 64  // bytes; a longer word is no slip of the finger
	maxWords = 500 // looked at
)

var spelling = strings.NewReplacer("-", "_", " ", "_")

// Word returns the known word with the fewest edits to word, or "" when none is
// near enough to be a slip: a third of its length, at least one. Case, hyphens,
// spaces and underscores do not count.
func Word(word string, known []string) string {
	if len(word) > maxWord {
		return ""
	}
	word = spelling.Replace(strings.ToLower(word))
	best, least := "", max(1, len(word)/3)+1
	for _, k := range known[:min(len(known), maxWords)] {
		if d := Distance(word, spelling.Replace(strings.ToLower(k))); d < least {
			best, least = k, d
		}
	}
	return best
}

// Distance counts the bytes to insert, delete, replace or swap with their
// neighbour that turn a into b (optimal string alignment). Words of more than 64
// bytes are as far apart as they are long.
func Distance(a, b string) int {
	if len(a) > maxWord || len(b) > maxWord {
		return max(len(a), len(b))
	}
	before, prev, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range prev {
		prev[j] = j
	}
	for i := range len(a) {
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			row[j+1] = min(prev[j+1]+1, row[j]+1, prev[j]+cost)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
		}
		before, prev, row = prev, row, before
	}
	return prev[len(b)]
}
