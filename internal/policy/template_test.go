package policy_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"drawbridge/internal/policy"
)

const ownTemplate = `name: NAME
version: 3.0.0
lang: en
title: Ours
sections: [{id: s, title: S, questions: [{id: a, text: A, controls: [CONTROL], weight: 1, length: standard}]}]
`

// templatePack writes a pack with one template and returns its folder.
func templatePack(t *testing.T, pack, name, control string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), pack)
	if err := os.MkdirAll(filepath.Join(dir, "templates"), 0o755); err != nil {
		t.Fatal(err)
	}
	for file, data := range map[string]string{
		"pack.yaml":           "name: " + pack + "\nkind: questionnaire\nversion: 1.0.0\n",
		"templates/ours.yaml": strings.NewReplacer("NAME", name, "CONTROL", control).Replace(ownTemplate),
	} {
		if err := os.WriteFile(filepath.Join(dir, file), []byte(data), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// ownPolicy writes a policy pack with a control of its own.
func ownPolicy(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "ours")
	control, err := os.ReadFile("pack/controls/exit-plan.yaml")
	if err == nil {
		err = os.MkdirAll(filepath.Join(dir, "controls"), 0o755)
	}
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, "pack.yaml"), []byte("name: ours\nkind: policy\nversion: 1.0.0\nextends: builtin\n"), 0o644)
	}
	if err == nil {
		own := strings.Replace(string(control), "id: exit-plan", "id: ours-alone", 1)
		err = os.WriteFile(filepath.Join(dir, "controls", "ours-alone.yaml"), []byte(own), 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestQuestionnairePacks(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name  string
		packs []string // folders
		want  string   // names and versions of the templates
		err   string
	}{
		{"builtin", nil, "drawbridge@1.0.0", ""},
		{"beside the built-in one", []string{templatePack(t, "one", "acme", "tls-version")}, "acme@3.0.0 drawbridge@1.0.0", ""},
		{"in its place", []string{templatePack(t, "two", "drawbridge", "tls-version")}, "drawbridge@3.0.0", ""},
		{"twice", []string{templatePack(t, "three", "acme", "tls-version"), templatePack(t, "four", "acme", "rate-limit")}, "", "two packs bring a questionnaire acme"},
		{"a control of the own policy", []string{ownPolicy(t), templatePack(t, "six", "acme", "ours-alone")}, "acme@3.0.0 drawbridge@1.0.0", ""},
		{"unknown control", []string{templatePack(t, "five", "acme", "tls-versions")}, "", "did you mean tls-version?"},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			var err error
			for _, pack := range tc.packs {
				if _, err = policy.Add(filepath.Join(dir, policy.WorkspaceFile), pack); err != nil {
					break
				}
			}
			var w *policy.Workspace
			if err == nil {
				w, err = policy.OpenWorkspace(dir)
			}
			if tc.err != "" {
				if err == nil || !strings.Contains(err.Error(), tc.err) {
					t.Errorf("error = %v, want one with %q", err, tc.err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			var names []string
			for _, q := range w.Questionnaires() {
				names = append(names, q.String())
			}
			if got := strings.Join(names, " "); got != tc.want {
				t.Errorf("questionnaires = %s, want %s", got, tc.want)
			}
			for _, p := range w.Packs() {
				if p.Kind == policy.KindQuestionnaire {
					t.Errorf("a verdict names %s, on which it does not depend", p.Name)
				}
			}
		})
	}
}

func TestAsks(t *testing.T) {
	t.Parallel()
	w, err := policy.BuiltinWorkspace()
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct{ in, name, length string }{
		{"short", "drawbridge", "short"},
		{"full", "drawbridge", "full"},
		{"drawbridge", "drawbridge", "full"},
		{"drawbridge/extended", "drawbridge", "extended"},
		{"", "", ""},
		{"acme", "", ""},
		{"drawbridge/long", "", ""},
	} {
		q, length, err := w.Asks(tc.in)
		if tc.name == "" {
			if err == nil || w.Questionnaire(tc.in) != nil {
				t.Errorf("Asks(%q) found %v", tc.in, q)
			}
			continue
		}
		if err != nil || q.Name != tc.name || length != tc.length || w.Questionnaire(tc.in) != q {
			t.Errorf("Asks(%q) = %v, %s, %v, want %s, %s", tc.in, q, length, err, tc.name, tc.length)
		}
	}
}
