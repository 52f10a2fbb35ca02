package yaml_test

import (
	"strings"
	"testing"

	"drawbridge/internal/yaml"
)

func TestJSON(t *testing.T) {
	t.Parallel()
	limits := yaml.DefaultLimits()
	limits.Tags = true
	bomb := "a: &a " + strings.Repeat("x", 1000) + "\nb: [" + strings.Repeat("*a,", 2000) + "]\n"
	tests := map[string]struct{ src, want string }{
		"typed":   {"a: 1\nb: [true, ~, -1.5, 007, '1', !!str 1, 1e3]\n200: {}\n", `{"a":1,"b":[true,null,-1.5,"007","1","1",1e3],"200":{}}`},
		"json":    {`{"a":"\ud83d\ude00"}`, `{"a":"\ud83d\ude00"}`},
		"merge":   {"a: &a {x: 1, y: 2}\nb:\n  y: 3\n  <<: *a\n", `{"a":{"x":1,"y":2},"b":{"x":1,"y":2,"y":3}}`},
		"merge 2": {"b: {<<: [{x: 1}, {x: 2}]}", `{"b":{"x":2,"x":1}}`},
		"empty":   {"", "null"},
		"bomb":    {bomb, "too large with its aliases"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			out, err := yaml.JSON([]byte(tt.src), limits, 1<<20)
			got := string(out)
			if err != nil {
				got = err.Error()
			}
			if !strings.Contains(got, tt.want) {
				t.Errorf("JSON(%.80q) = %.200s, want %s", tt.src, got, tt.want)
			}
		})
	}
}
