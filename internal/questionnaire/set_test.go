package questionnaire_test

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"drawbridge/internal/policy"
	"drawbridge/internal/questionnaire"
)

func builtin(tb testing.TB) *questionnaire.Template {
	tb.Helper()
	list, err := questionnaire.Builtin()
	if err != nil {
		tb.Fatal(err)
	}
	return list[0]
}

// TestBuiltinNames holds every control, kind of evidence, check and framework
// that the questions name to the lists of these.
func TestBuiltinNames(t *testing.T) {
	t.Parallel()
	w, err := policy.BuiltinWorkspace()
	if err != nil {
		t.Fatal(err)
	}
	if err := w.CheckTemplate(builtin(t)); err != nil {
		t.Error(err)
	}
	for _, tier := range w.Policy.Tiers() {
		if _, length, err := w.Asks(tier.Template); err != nil || length != tier.Template {
			t.Errorf("tier %s asks for %q, which is no length of the built-in questionnaire: %v", tier.Tier, tier.Template, err)
		}
	}
}

// TestBuiltinCovers holds the questions to what they promise to cover.
func TestBuiltinCovers(t *testing.T) {
	t.Parallel()
	asked := map[string]bool{}
	for _, q := range builtin(t).Questions() {
		for _, f := range q.Frameworks {
			asked[f] = true
		}
	}
	pack, err := policy.BuiltinPack()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range pack.Frameworks() {
		covered := strings.HasPrefix(f.ID, "MVSP-") || strings.HasPrefix(f.ID, "GDPR-28") || strings.HasPrefix(f.ID, "GDPR-32") || strings.HasPrefix(f.ID, "GDPR-33")
		if covered && !asked[f.ID] {
			t.Errorf("no question asks about %s, %s", f.ID, f.Title)
		}
	}
}

// TestBuiltinLengths counts the questions, and holds each length to the ones
// below it.
func TestBuiltinLengths(t *testing.T) {
	t.Parallel()
	set := builtin(t)
	bounds := map[string][2]int{"short": {12, 18}, "standard": {45, 65}, "extended": {65, 90}, "full": {70, 100}}
	var shorter []string
	for _, length := range questionnaire.Lengths() {
		it := set.Select(length, "partner", questionnaire.Settled{})
		own := set.Select(length, "internal", questionnaire.Settled{})
		var ids []string
		for _, q := range it.Questions {
			ids = append(ids, q.ID)
		}
		if n := len(ids); n < bounds[length][0] || n > bounds[length][1] {
			t.Errorf("%s asks the partner %d questions, want %v", length, n, bounds[length])
		}
		if len(own.Questions) == 0 {
			t.Errorf("%s asks us nothing", length)
		}
		for _, id := range shorter {
			if !slices.Contains(ids, id) {
				t.Errorf("%s lacks %s, which a shorter one asks", length, id)
			}
		}
		shorter = ids
		for _, section := range []string{"data", "incident", "resilience", "ai"} {
			if !slices.ContainsFunc(it.Questions, func(q questionnaire.Question) bool { return q.Section == section }) {
				t.Errorf("%s asks nothing about %s", length, section)
			}
		}
		t.Logf("%s: %d partner, %d internal, first view %d", length, len(ids), len(own.Questions), len(it.Visible(nil)))
	}
}

// TestDocumentedFormats loads the examples of the documentation.
func TestDocumentedFormats(t *testing.T) {
	t.Parallel()
	doc, err := os.ReadFile("../../docs/questionnaires.md")
	if err != nil {
		t.Fatal(err)
	}
	blocks := strings.Split(string(doc), "```yaml\n")
	if len(blocks) != 3 {
		t.Fatalf("%d examples, want a template and a mapping", len(blocks)-1)
	}
	example := func(i int) []byte { text, _, _ := strings.Cut(blocks[i], "```"); return []byte(text) }
	set, err := questionnaire.Load(fstest.MapFS{
		"acme.yaml":        {Data: example(1)},
		"acme/access.yaml": {Data: []byte("id: access\ntitle: Access\nquestions: [{id: access.mfa, text: Second factor, length: short}]\n")},
	}, "acme.yaml")
	if err != nil {
		t.Fatal(err)
	}
	w, err := policy.BuiltinWorkspace()
	if err != nil {
		t.Fatal(err)
	}
	if err := w.CheckTemplate(set); err != nil {
		t.Error(err)
	}
	if _, err := questionnaire.ReadMapping(example(2)); err != nil {
		t.Error(err)
	}
}

func BenchmarkBuiltin(b *testing.B) {
	for b.Loop() {
		if _, err := questionnaire.LoadPack(questionnaire.BuiltinFS()); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkWork is what one saved answer costs: read the snapshot, check, say
// what is open.
func BenchmarkWork(b *testing.B) {
	it := builtin(b).Select("full", "partner", questionnaire.Settled{})
	data, err := json.Marshal(it)
	if err != nil {
		b.Fatal(err)
	}
	given := map[string]questionnaire.Answer{"ai.used": {Value: []byte("false")}}
	b.Run("read", func(b *testing.B) {
		for b.Loop() {
			var again questionnaire.Items
			if err := json.Unmarshal(data, &again); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("missing", func(b *testing.B) {
		for b.Loop() {
			_ = it.Missing(given)
		}
	})
}
