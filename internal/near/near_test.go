package near_test

import (
	"testing"

	"pgregory.net/rapid"

	"drawbridge/internal/near"
)

func TestWord(t *testing.T) {
	t.Parallel()
	known := []string{"retention", "region", "tls_min", "tls_verify", "id"}
	for _, tc := range []struct{ name, word, want string }{
		{"a letter is missing", "retenion", "retention"},
		{"two letters are swapped", "regoin", "region"},
		{"another spelling", "TLS-Min", "tls_min"},
		{"too far", "purpose", ""},
		{"a short word", "ix", "id"},
		{"nothing", "", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if got := near.Word(tc.word, known); got != tc.want {
				t.Errorf("Word(%q) = %q, want %q", tc.word, got, tc.want)
			}
		})
	}
}

func TestDistanceIsSymmetric(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		a, b := rapid.StringN(0, 70, 70).Draw(t, "a"), rapid.StringN(0, 70, 70).Draw(t, "b")
		d := near.Distance(a, b)
		if d != near.Distance(b, a) || (d == 0) != (a == b || len(a) > 64 && len(a)+len(b) == 0) || d > max(len(a), len(b)) {
			t.Errorf("Distance(%q, %q) = %d, back %d", a, b, d, near.Distance(b, a))
		}
	})
}
