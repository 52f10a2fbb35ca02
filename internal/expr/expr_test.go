package expr_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"drawbridge/internal/expr"
)

func testEnv(tb testing.TB) *expr.Env {
	tb.Helper()
	env, err := expr.NewEnv([]expr.Var{
		{Name: "a", Type: expr.Bool},
		{Name: "b", Type: expr.Bool},
		{Name: "flow.level", Type: expr.Int},
		{Name: "flow.share", Type: expr.Double},
		{Name: "flow.purpose", Type: expr.Text},
		{Name: "flow.storage", Type: expr.List},
		{Name: "flow.retention", Type: expr.Span},
		{Name: "operations.timeout", Type: expr.Span},
		{Name: "envelope.max_body", Type: expr.Size},
	})
	if err != nil {
		tb.Fatal(err)
	}
	return env
}

func lookup(values map[string]any) expr.Lookup {
	return func(name string) (any, bool) { v, ok := values[name]; return v, ok }
}

var evalCases = []struct {
	name    string
	src     string
	values  map[string]any
	want    any // nil: unknown
	unknown []string
	fails   bool
}{
	{name: "known true", src: "a", values: map[string]any{"a": true}, want: true},
	{name: "unknown stays unknown", src: "a", unknown: []string{"a"}},
	{name: "not unknown", src: "!a", unknown: []string{"a"}},
	{name: "true or unknown", src: "a || b", values: map[string]any{"a": true}, want: true},
	{name: "unknown or true", src: "b || a", values: map[string]any{"a": true}, want: true},
	{name: "false and unknown", src: "a && b", values: map[string]any{"a": false}, want: false},
	{name: "unknown and false", src: "b && a", values: map[string]any{"a": false}, want: false},
	{name: "true and unknown", src: "a && b", values: map[string]any{"a": true}, unknown: []string{"b"}},
	{name: "both unknown are named", src: "a && b", unknown: []string{"a", "b"}},
	{name: "comparison of two unknowns names both", src: "flow.retention <= operations.timeout", unknown: []string{"flow.retention", "operations.timeout"}},
	{name: "only what matters is named", src: "(a && b) || flow.level > 3", values: map[string]any{"a": false}, unknown: []string{"flow.level"}},
	{name: "unknown condition", src: "a ? 1 : 2", unknown: []string{"a"}},
	{name: "unknown branch not taken", src: "a ? 1 : flow.level", values: map[string]any{"a": true}, want: int64(1)},
	{name: "list membership", src: "'US' in flow.storage", values: map[string]any{"flow.storage": []string{"IE", "US"}}, want: true},
	{name: "unknown list", src: "flow.storage.exists(c, c == 'US')", unknown: []string{"flow.storage"}},
	{name: "loop over list", src: "flow.storage.all(c, c.size() == 2)", values: map[string]any{"flow.storage": []string{"IE", "US"}}, want: true},
	{name: "index of unknown list", src: "flow.storage[0] == 'IE'", unknown: []string{"flow.storage"}},
	{name: "text in set", src: "flow.purpose in ['payment', 'fraud']", values: map[string]any{"flow.purpose": "fraud"}, want: true},
	{name: "unknown text in set", src: "flow.purpose in ['payment', 'fraud']", unknown: []string{"flow.purpose"}},
	{name: "span", src: "flow.retention <= days(400)", values: map[string]any{"flow.retention": 24 * time.Hour}, want: true},
	{name: "hours", src: "hours(2)", want: 2 * time.Hour},
	{name: "size", src: "envelope.max_body > 65536", values: map[string]any{"envelope.max_body": int64(70000)}, want: true},
	{name: "min", src: "min(1.5, flow.share)", values: map[string]any{"flow.share": 0.5}, want: 0.5},
	{name: "max of ints", src: "max(3, flow.level)", values: map[string]any{"flow.level": int64(2)}, want: int64(3)},
	{name: "mixed numbers", src: "flow.share > 0", values: map[string]any{"flow.share": 0.1}, want: true},
	{name: "pattern", src: "flow.purpose.matches('^pay')", values: map[string]any{"flow.purpose": "payment"}, want: true},
	{name: "pattern on unknown", src: "flow.purpose.matches('^pay')", unknown: []string{"flow.purpose"}},
	{name: "list result", src: "flow.storage.filter(c, c != 'US')", values: map[string]any{"flow.storage": []string{"IE", "US"}}, want: []string{"IE"}},
	{name: "division by zero is unknown, with the error", src: "10 / flow.level > 1", values: map[string]any{"flow.level": int64(0)}, unknown: []string{"flow.level"}, fails: true},
	{name: "index out of range is unknown", src: "flow.storage[9] == 'IE'", values: map[string]any{"flow.storage": []string{}}, unknown: []string{"flow.storage"}, fails: true},
	{name: "an error loses to a decided or", src: "10 / flow.level > 1 || a", values: map[string]any{"flow.level": int64(0), "a": true}, want: true},
	{name: "days out of range", src: "days(9999999999)", fails: true},
}

// TestEval also evaluates each expression a second time after a round trip
// through its checked form: both must agree.
func TestEval(t *testing.T) {
	t.Parallel()
	env := testEnv(t)
	for _, tc := range evalCases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			prog, err := env.Compile(tc.src)
			if err != nil {
				t.Fatal(err)
			}
			checked, err := prog.Checked()
			if err != nil {
				t.Fatal(err)
			}
			loaded, err := env.Load(checked)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(prog.Vars(), loaded.Vars()); diff != "" {
				t.Errorf("variables after loading differ:\n%s", diff)
			}
			if loaded.Type() != prog.Type() {
				t.Errorf("type after loading = %s, want %s", loaded.Type(), prog.Type())
			}
			for _, p := range []*expr.Program{prog, loaded} {
				got, err := p.Eval(lookup(tc.values))
				if (err != nil) != tc.fails {
					t.Errorf("Eval(%s) error = %v, want one: %v", tc.src, err, tc.fails)
				}
				if !cmp.Equal(got.Value, tc.want) || got.Known != (tc.want != nil) || !cmp.Equal(got.Unknown, tc.unknown) {
					t.Errorf("Eval(%s) = %v known %v unknown %v, want %v unknown %v", tc.src, got.Value, got.Known, got.Unknown, tc.want, tc.unknown)
				}
			}
		})
	}
}

func TestCompileRefuses(t *testing.T) {
	t.Parallel()
	env := testEnv(t)
	cases := []struct{ name, src, want string }{
		{"empty", "  ", "empty"},
		{"unknown name", "flow.levl > 1", `1:1: "flow.levl" is not a declared name`},
		{"half a name", "flow == 1", `did you mean "flow.level"?`},
		{"wrong type", "a > 1", "no matching overload"},
		{"place", "a &&\n  flow.level == 'x'", "2:14"},
		{"too long", "a" + strings.Repeat(" || a", 2000), "at most 4096"},
		{"deep", strings.Repeat("!(", 200) + "a" + strings.Repeat(")", 200), "recursion"},
		{"loops in loops", "flow.storage.all(x, flow.storage.all(y, flow.storage.all(z, x == y && y == z)))", "nesting"},
		{"bad pattern", "flow.purpose.matches('(')", "matches"},
		{"bomb of a pattern", "flow.purpose.matches('((a{200}){200}){20}')", "matches"},
		{"computed pattern", "flow.purpose.matches(flow.purpose)", "written out"},
		{"unknown function", "now() > 1", "is not a declared name"},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			_, err := env.Compile(tc.src)
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("Compile(%.60s) error = %v, want one with %q", tc.src, err, tc.want)
			}
		})
	}
}

func TestCostIsBounded(t *testing.T) {
	t.Parallel()
	env := testEnv(t)
	prog, err := env.Compile("flow.storage.all(x, flow.storage.all(y, x != y || x == y))")
	if err != nil {
		t.Fatal(err)
	}
	many := make([]string, 5000)
	got, err := prog.Eval(lookup(map[string]any{"flow.storage": many}))
	if err == nil || got.Known {
		t.Fatalf("25 million steps: got %v, error %v; want an error and an unknown result", got.Value, err)
	}
	var e *expr.Error
	if !errors.As(err, &e) || !strings.Contains(err.Error(), "cost limit") {
		t.Errorf("error = %v, want it to name the cost limit", err)
	}
}

func TestLoadRefuses(t *testing.T) {
	t.Parallel()
	env := testEnv(t)
	other, err := expr.NewEnv([]expr.Var{{Name: "other.name", Type: expr.Bool}})
	if err != nil {
		t.Fatal(err)
	}
	prog, err := other.Compile("other.name")
	if err != nil {
		t.Fatal(err)
	}
	checked, err := prog.Checked()
	if err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string][]byte{"undeclared": checked, "empty": nil, "noise": []byte("\xff\xff\xff")} {
		if _, err := env.Load(data); err == nil {
			t.Errorf("%s: Load accepted it", name)
		}
	}
}

func FuzzCompileEval(f *testing.F) {
	for _, tc := range evalCases {
		f.Add(tc.src)
	}
	f.Add("flow.storage.map(x, x + x).exists(y, y.matches('a*'))")
	f.Add("{'a': [1, 2.0, b'x', null]}")
	f.Add("type(a) == bool && timestamp('2026-01-01T00:00:00Z') < timestamp('x')")
	env := testEnv(f)
	known := lookup(map[string]any{
		"a": true, "b": false, "flow.level": int64(3), "flow.share": 0.5, "flow.purpose": "payment",
		"flow.storage": []string{"IE"}, "flow.retention": time.Hour, "operations.timeout": time.Second, "envelope.max_body": int64(1),
	})
	f.Fuzz(func(t *testing.T, src string) {
		prog, err := env.Compile(src)
		if err != nil {
			return
		}
		full, err := prog.Eval(known)
		if err == nil && !full.Known {
			t.Errorf("Eval(%q) is unknown (%v) although every variable is known", src, full.Unknown)
		}
		open, err := prog.Eval(lookup(nil))
		if err == nil && open.Known && full.Known && !cmp.Equal(open.Value, full.Value) {
			t.Errorf("Eval(%q) = %v with nothing known, %v with everything known", src, open.Value, full.Value)
		}
		for _, name := range open.Unknown {
			if !strings.Contains(src, strings.Split(name, ".")[0]) {
				t.Errorf("Eval(%q) names %q, which it does not read", src, name)
			}
		}
	})
}

func BenchmarkNewEnv(b *testing.B) {
	var vars []expr.Var
	for i := range 200 {
		vars = append(vars, expr.Var{Name: "safeguard.v" + string(rune('a'+i/26)) + string(rune('a'+i%26)), Type: expr.Bool})
	}
	for b.Loop() {
		if _, err := expr.NewEnv(vars); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkCompileLoadEval(b *testing.B) {
	env := testEnv(b)
	const src = "a && flow.level >= 3 || flow.purpose in ['payment', 'fraud'] && flow.retention > days(30)"
	prog, err := env.Compile(src)
	if err != nil {
		b.Fatal(err)
	}
	checked, err := prog.Checked()
	if err != nil {
		b.Fatal(err)
	}
	b.Run("compile", func(b *testing.B) {
		for b.Loop() {
			_, _ = env.Compile(src)
		}
	})
	b.Run("load", func(b *testing.B) {
		b.ReportMetric(float64(len(checked)), "bytes")
		for b.Loop() {
			_, _ = env.Load(checked)
		}
	})
	values := lookup(map[string]any{"a": false, "flow.level": int64(3), "flow.purpose": "payment"})
	b.Run("eval", func(b *testing.B) {
		for b.Loop() {
			_, _ = prog.Eval(values)
		}
	})
}
