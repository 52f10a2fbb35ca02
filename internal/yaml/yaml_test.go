package yaml_test

import (
	"strings"
	"testing"

	"drawbridge/internal/yaml"
)

var accepted = []string{
	"a: 1", "a: b\nc: d\n", "- a\n- b", "a:\n- x\n- y\nb: z", "a:\n  - x\n  -\n    k: v\n  - k: v\n    l: w\n", "a: [1, 2, {b: c, \"d\":e}]",
	"{a: {b: [c]}, d: }", "# head\na: b # tail\n# foot\n", "a: 'it''s'\nb: \"x\\ty\\u00e9\\n\"", "a: one\n  two\n\n  three\nb: x", "a: \"one\n  two\n\n  three\"\n",
	"a: |\n  one\n   two\n\n  three\n\nb: >-\n  x\n  y\n\n  z\n   more\n  w\n", "a: |2\n    x\n   y\nb: |+\n  x\n\nc: 1", "a: &x {b: 1}\nc: *x\n",
	"a: &x\n  b: 1\nc: *x\n", "---\na: b\n...\n", "a:\n\n\n  b: c", "a: http://x.example:80/y#z", "a: b:c", "a : b", "\"q k\": v", "a: -1\nb: ~\nc:\nd: null",
	"- - a\n  - b\n- - c\n", "- a: 1\n\n  b: 2\n# c\n-   c: 3\n    d: 4", "a: [x,\n  y, # c\n  z]\n", "a: [one\n two, b]", "a: - b\n", "a: \"\\\n  x\"", "a: >\n\n  x\n  y\n", "{\n\t\"a\": 1\n}",
	"a:\r\n  b: c\r\n", "\ufeffa: b", "a: é # ü\nb: c", "a: |\n\tx\n", "a: >\n  x\n\n\n  y\n    z\n\n  w\n", "a: ''", "a: \"\"", "''", "x", "", "# only", "- |\n x\n- >\n y\n", "a: {b: c\n}",
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ src, want string }{
		"open bracket":   {"a: [1, 2", `line 1, column 4: this "[" is never closed`},
		"open quote":     {"a: \"x\nb: c\n", "line 1, column 4: this quote is never closed"},
		"tab":            {"a:\n\tb: c", "line 2, column 1: a tab is used"},
		"indentation":    {"a: 1\n  b: 2", "line 2, column 3: this line reads as a key"},
		"too deep":       {"a:\n  b: 1\n    c: 2", "line 3, column 5"},
		"second colon":   {"a: b: c", "a second key on the line"},
		"list on line":   {"a: - b", "a list may not start"},
		"tag":            {"a: !!str b", "tags are not accepted"},
		"two documents":  {"a: b\n---\nc: d", "line 2, column 1: a second document"},
		"directive":      {"%YAML 1.2\n---\na: b", "directives"},
		"unknown alias":  {"a: *b", "stands for nothing"},
		"cycle":          {"a: &b [*b]", "stands for nothing"},
		"complex key":    {"? a\n: b", "line 1, column 1: complex keys"},
		"reserved":       {"a: @b", "may not start with '@'"},
		"utf-16":         {"\xff\xfea\x00", "UTF-16"},
		"binary":         {"a: \x00", "control character"},
		"bad utf-8":      {"a: \xc3", "not UTF-8"},
		"escape":         {`a: "\q"`, "escape"},
		"missing comma":  {"a: [b: c]", "directly in a list"},
		"half surrogate": {`a: "\ud800"`, "escape"},
		"no colon":       {"a: 1\nb\n", "line 2, column 1: a key is expected"},
		"long key":       {strings.Repeat("x", 2000) + ": b", "at most 1024"},
		"unclosed later": {"a: 1\nb:\n  c: [x,\n    y\nd: e\n", `line 3, column 6: this "[" is never closed`},
		"late dedent":    {"a:\n    b: 1\n    c: 2\n  d: 3\n", "line 4, column 3"},
		"alias below":    {"a: 1\nb:\n  - *nope\n", "line 3, column 5: the alias *nope"},
		"item for key":   {"a: 1\n- b\n", "a list item stands"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := yaml.Parse([]byte(tt.src), yaml.DefaultLimits())
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("Parse(%q) = %v, want %q", tt.src, err, tt.want)
			}
		})
	}
}

func TestLimits(t *testing.T) {
	t.Parallel()
	bomb := "a: &a [x,x,x,x,x,x,x,x,x,x]\n"
	for c := 'b'; c < 'k'; c++ {
		bomb += string(c) + ": &" + string(c) + " [" + strings.Repeat("*"+string(c-1)+",", 10) + "]\n"
	}
	block := &strings.Builder{}
	for i := range 2000 {
		block.WriteString(strings.Repeat(" ", i) + "a:\n")
	}
	tests := map[string]struct{ src, want string }{
		"alias bomb":  {bomb, "aliases add more"},
		"flow depth":  {strings.Repeat("[", 20000), "nest more than"},
		"map depth":   {strings.Repeat("{a: ", 20000), "nest more than"},
		"dash depth":  {strings.Repeat("- ", 20000), "nest more than"},
		"block depth": {block.String(), "nest more than"},
		"size":        {strings.Repeat("#", 5<<20), "at most"},
		"nodes":       {"[" + strings.Repeat("a,", 2_000_000) + "]", "more than 1000000 values"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := yaml.Parse([]byte(tt.src), yaml.DefaultLimits())
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("Parse = %v, want %q", err, tt.want)
			}
		})
	}
}
