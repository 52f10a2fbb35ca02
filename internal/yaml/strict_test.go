package yaml_test

import (
	"strings"
	"testing"

	"drawbridge/internal/yaml"
)

type strictFile struct {
	Version int          `yaml:"version"`
	Rules   []strictRule `yaml:"rules"`
	Names   []string     `yaml:"names"`
}

type strictRule struct {
	ID     string  `yaml:"id"`
	Weight float64 `yaml:"weight"`
	Hidden string  `yaml:"-"`
}

func TestStrict(t *testing.T) {
	t.Parallel()
	limits := yaml.Limits{Bytes: 1000, Depth: 4, Nodes: 100}
	var out strictFile
	if err := yaml.Strict([]byte("version: 1\nrules:\n  - {id: 2024-01-01, weight: 2} # x\n"), limits, &out); err != nil {
		t.Fatal(err)
	}
	if out.Version != 1 || len(out.Rules) != 1 || out.Rules[0].ID != "2024-01-01" || out.Rules[0].Weight != 2 {
		t.Errorf("Strict = %+v", out)
	}
	tests := map[string]struct{ src, want string }{
		"unknown key":     {"version: 1\nrules:\n  - {id: a, wieght: 2}\n", `line 3, column 13: the key "wieght" is not known; did you mean "weight"?`},
		"not near":        {"version: 1\ncolour: red\n", `line 2, column 1: the key "colour" is not known`},
		"hidden":          {"rules: [{hidden: x}]", `the key "hidden" is not known`},
		"twice":           {"version: 1\nversion: 2\n", `line 2, column 1: the key "version" stands twice, first on line 1`},
		"number":          {"version: one\n", "line 1, column 10: this value must be a whole number"},
		"list":            {"rules: x\n", "line 1, column 8: this value must be a list"},
		"keys":            {"rules: [x]\n", "this value must be keys with values"},
		"alias":           {"names: &a [x]\nrules: *a\n", "line 2, column 8: aliases are not accepted"},
		"merge":           {"rules:\n  - <<: {id: x}\n", "line 2, column 5: merge keys are not accepted"},
		"tag":             {"version: !!int 1", "tags are not accepted"},
		"second document": {"version: 1\n---\nversion: 2", "a second document"},
		"empty":           {"# nothing\n", "the file is empty"},
		"deep":            {"rules: " + strings.Repeat("[", 200), "the file holds more"},
		"deeper":          {"rules: " + strings.Repeat("[", 10) + strings.Repeat("]", 10), "nest more than 4 deep"},
		"large":           {strings.Repeat("#", 2000), "at most 1000"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var out strictFile
			err := yaml.Strict([]byte(tt.src), limits, &out)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("Strict(%q) = %v, want %q", tt.src, err, tt.want)
			}
		})
	}
}
