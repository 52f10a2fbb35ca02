package questionnaire

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
)

// Files writes the template as files that [LoadPack] reads, one for each
// section: what an import makes, for people to go on with.
func (t *Template) Files() map[string][]byte {
	var head yamlWriter
	head.line("name", t.Name)
	head.line("version", t.Version)
	head.line("lang", t.Lang)
	head.line("title", t.Title)
	fmt.Fprintln(&head, "sections:")
	out := map[string][]byte{}
	for i := range t.Sections {
		file := t.Name + "/" + t.Sections[i].ID + ".yaml"
		fmt.Fprintf(&head, "- {file: %s}\n", quoted(file))
		out["templates/"+file] = t.Sections[i].yaml()
	}
	out["templates/"+t.Name+".yaml"] = []byte(head.String())
	return out
}

func (s *Section) yaml() []byte {
	var w yamlWriter
	w.line("id", s.ID)
	w.line("title", s.Title)
	fmt.Fprintln(&w, "questions:")
	for i := range s.Questions {
		q := &s.Questions[i]
		w.line("- id", q.ID)
		w.line("  text", q.Text)
		w.line("  help", q.Help)
		w.line("  type", q.Type)
		if len(q.Options) > 0 {
			fmt.Fprintln(&w, "  options:")
		}
		for _, o := range q.Options {
			fmt.Fprintf(&w, "  - {value: %s, label: %s, points: %s}\n", quoted(o.Value), quoted(o.Label), quoted(o.Points))
		}
		w.line("  weight", q.Weight)
		w.line("  required", q.Required)
		w.line("  na", q.NA)
		w.line("  when", q.When)
		w.line("  audience", q.Audience)
		w.line("  controls", q.Controls)
		w.line("  evidence", q.Evidence)
		w.line("  tests", q.Tests)
		w.line("  length", q.Length)
		w.line("  frameworks", q.Frameworks)
	}
	return []byte(w.String())
}

type yamlWriter struct{ strings.Builder }

// line writes a key, or nothing when its value says nothing.
func (w *yamlWriter) line(key string, value any) {
	if text := scalar(value); text != "" {
		fmt.Fprintf(w, "%s: %s\n", key, text)
	}
}

// scalar is a value as YAML, or nothing for one that says nothing.
func scalar(v any) string {
	switch v := v.(type) {
	case string:
		if v == "" {
			return ""
		}
	case float64:
		if v == 0 {
			return ""
		}
	case bool:
		if !v {
			return ""
		}
	case []string:
		if len(v) == 0 {
			return ""
		}
	}
	return quoted(v)
}

// quoted is a value as JSON, which YAML reads.
func quoted(v any) string {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		panic(err) // texts, numbers and lists of texts can be written
	}
	return strings.TrimSpace(b.String())
}
