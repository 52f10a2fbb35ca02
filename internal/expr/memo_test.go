package expr_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"drawbridge/internal/expr"
)

// TestMemo holds what is remembered to what is evaluated, whatever came before.
func TestMemo(t *testing.T) {
	t.Parallel()
	env, err := expr.NewEnv([]expr.Var{{Name: "level", Type: expr.Int}, {Name: "open", Type: expr.Bool}, {Name: "words", Type: expr.List}})
	if err != nil {
		t.Fatal(err)
	}
	var memo expr.Memo
	for _, src := range []string{"level >= 3 && open", "level >= 3 || open", "'a' in words", "level / level == 1"} {
		p, err := env.Compile(src)
		if err != nil {
			t.Fatal(err)
		}
		for range 2 {
			for _, level := range []any{nil, int64(0), int64(3)} {
				for _, open := range []any{nil, false, true} {
					for _, words := range []any{nil, []string{}, []string{"a", "b"}, []string{"ab"}} {
						lookup := func(name string) (any, bool) {
							v := map[string]any{"level": level, "open": open, "words": words}[name]
							return v, v != nil
						}
						got, gotErr := memo.Eval(p, lookup)
						want, wantErr := p.Eval(lookup)
						if diff := cmp.Diff(want, got); diff != "" || (gotErr == nil) != (wantErr == nil) {
							t.Fatalf("%s with %v, %v, %v: %v, %v\n%s", src, level, open, words, gotErr, wantErr, diff)
						}
					}
				}
			}
		}
	}
}

func TestAppendValue(t *testing.T) {
	t.Parallel()
	var seen []string
	for _, v := range []any{nil, true, false, int64(1), int64(-1), time.Duration(1), 1.0, "", "u", "t", []string{}, []string{""}, []string{"a", "b"}, []string{"ab"}, "ab"} {
		key := string(expr.AppendValue(nil, v))
		if slices.Contains(seen, key) {
			t.Errorf("%#v reads like another value", v)
		}
		seen = append(seen, key)
	}
}
