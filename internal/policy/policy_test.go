package policy_test

import (
	"testing"

	"drawbridge/internal/policy"
)

func TestBuiltin(t *testing.T) {
	p, err := policy.BuiltinPack()
	if err != nil {
		t.Fatal(err)
	}
	if len(p.Controls()) != 103 {
		t.Error(len(p.Controls()))
	}
}

func BenchmarkLoad(b *testing.B) {
	for b.Loop() {
		if _, err := policy.LoadPack(policy.BuiltinFS()); err != nil {
			b.Fatal(err)
		}
	}
}
