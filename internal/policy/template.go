package policy

import (
	"cmp"
	"io/fs"
	"slices"
	"strings"

	"drawbridge"
	"drawbridge/internal/near"
	"drawbridge/internal/questionnaire"
	"drawbridge/internal/threat"
)

// Questionnaires returns every template: the organisation's own, and the
// built-in ones whose names it did not take.
func (w *Workspace) Questionnaires() []*questionnaire.Template {
	builtin, err := questionnaire.Builtin()
	if err != nil {
		panic(err) // the templates are embedded; every test catches it
	}
	out := slices.Clone(w.templates)
	for _, t := range builtin {
		if !slices.ContainsFunc(w.templates, func(own *questionnaire.Template) bool { return own.Name == t.Name }) {
			out = append(out, t)
		}
	}
	slices.SortFunc(out, func(a, b *questionnaire.Template) int { return cmp.Compare(a.Name, b.Name) })
	return out
}

// Questionnaire finds a template by its name, or by what a tier asks for; see
// [Workspace.Asks]. It returns nil when there is none.
func (w *Workspace) Questionnaire(name string) *questionnaire.Template {
	t, _, err := w.Asks(name)
	if err != nil {
		return nil
	}
	return t
}

// Asks resolves what a tier asks for to a template and a length: "extended" is
// the default template in that length, "acme" all of the template acme, and
// "acme/short" its short form.
func (w *Workspace) Asks(template string) (*questionnaire.Template, string, error) {
	name, length, given := strings.Cut(template, "/")
	switch {
	case !given && slices.Contains(questionnaire.Lengths(), name):
		name, length = questionnaire.Default, name
	case !given:
		length = questionnaire.Lengths()[len(questionnaire.Lengths())-1]
	case !slices.Contains(questionnaire.Lengths(), length):
		return nil, "", drawbridge.Errorf(drawbridge.Invalid, "%q is no length of a questionnaire; write one of %s", length, strings.Join(questionnaire.Lengths(), ", "))
	}
	var known []string
	for _, t := range w.Questionnaires() {
		if t.Name == name {
			return t, length, nil
		}
		known = append(known, t.Name)
	}
	return nil, "", drawbridge.Errorf(drawbridge.NotFound, "no questionnaire is called %q; the workspace has %s", name, strings.Join(known, ", "))
}

// loadTemplates reads the templates of a pack and holds them to what is known.
func (w *Workspace) loadTemplates(files fs.FS) ([]*questionnaire.Template, error) {
	list, err := questionnaire.LoadPack(files)
	if err != nil {
		return nil, err
	}
	for _, t := range list {
		if slices.ContainsFunc(w.templates, func(o *questionnaire.Template) bool { return o.Name == t.Name }) {
			return nil, drawbridge.Errorf(drawbridge.Invalid, "two packs bring a questionnaire %s; rename one", t.Name)
		}
		if err := w.CheckTemplate(t); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// fits holds the templates of a pack to the other packs of the workspace that
// it is added to: their controls, and the names that they took.
func fits(file string, pin Pin, files memFS, created bool) error {
	if pin.Kind != KindQuestionnaire {
		return nil
	}
	var others []Pin
	if !created {
		list, err := ReadPins(file)
		if err != nil {
			return err
		}
		others = slices.DeleteFunc(list, func(p Pin) bool { return p.Name == pin.Name })
	}
	w, err := openPins(file, others)
	if err != nil {
		return err
	}
	_, err = w.loadTemplates(files)
	return err
}

// CheckTemplate holds the controls, the kinds of evidence, the checks and the
// parts of frameworks that a template names to those of the workspace.
func (w *Workspace) CheckTemplate(t *questionnaire.Template) error {
	var controls []string
	for _, c := range w.Policy.Controls() {
		controls = append(controls, c.ID)
	}
	var frameworks []string
	for _, f := range w.Policy.Frameworks() {
		frameworks = append(frameworks, f.ID)
	}
	var settles []string
	for _, d := range threat.Settles().All() {
		settles = append(settles, d.ID)
	}
	for _, q := range t.Questions() {
		for _, part := range []struct {
			what  string
			ids   []string
			known []string
			kind  func(string) bool
		}{
			{"control", q.Controls, controls, func(string) bool { return true }},
			{"kind of evidence", q.Evidence, settles, func(id string) bool { return strings.HasPrefix(id, "evidence:") }},
			{"part of a framework", q.Frameworks, frameworks, func(string) bool { return true }},
			{"check", q.Tests, settles, func(id string) bool { return !strings.HasPrefix(id, "evidence:") }},
		} {
			for _, id := range part.ids {
				if slices.Contains(part.known, id) && part.kind(id) {
					continue
				}
				hint := ""
				if meant := near.Word(id, slices.DeleteFunc(slices.Clone(part.known), func(k string) bool { return !part.kind(k) })); meant != "" {
					hint = "; did you mean " + meant + "?"
				}
				return drawbridge.Errorf(drawbridge.Invalid, "questionnaire %s: question %s: no %s is called %q%s", t.Name, q.ID, part.what, id, hint)
			}
		}
	}
	return nil
}
