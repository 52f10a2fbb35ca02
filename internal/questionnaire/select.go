package questionnaire

import (
	"encoding/json"
	"fmt"
	"slices"

	"drawbridge"
)

// Settled is what needs no question any more, each with the words that say why.
type Settled struct {
	Evidence map[string]string // kind of evidence that was accepted
	Checks   map[string]string // check that passed
}

// Items are the questions as they are asked once: a snapshot that does not
// change, whatever becomes of the template. It keeps its meaning as JSON.
type Items struct {
	Template  string     `json:"template"`
	Version   string     `json:"version"`
	Digest    string     `json:"digest"` // of the template
	Lang      string     `json:"lang"`
	Title     string     `json:"title"`
	Length    string     `json:"length"`
	Audience  string     `json:"audience"`
	Sections  []Section  `json:"sections"` // titles alone
	Questions []Question `json:"questions"`
	Skipped   []Skipped  `json:"skipped"`
	// Elsewhere has the type of each question that a condition reads and that is
	// not asked here. Its answer is unknown.
	Elsewhere map[string]string `json:"elsewhere,omitempty"`

	logic *logic
}

// Skipped is a question that is not asked, because the answer is known.
type Skipped struct {
	Question string   `json:"question"`
	Text     string   `json:"text"`
	By       []string `json:"by"` // evidence kind or checks
	Why      string   `json:"why"`
}

// Select takes the questions of a length and an audience; "" takes all. What
// accepted evidence or passed checks settle is left out, and Skipped says so.
func (t *Template) Select(length, audience string, s Settled) Items {
	it := Items{
		Template: t.Name, Version: t.Version, Digest: t.digest, Lang: t.Lang, Title: t.Title, Length: length, Audience: audience,
		Sections: []Section{}, Questions: []Question{}, Skipped: []Skipped{}, logic: t.logic,
	}
	longest := slices.Index(Lengths(), length)
	for _, section := range t.Sections {
		before := len(it.Questions)
		for _, q := range section.Questions {
			if longest >= 0 && slices.Index(Lengths(), q.Length) > longest || audience != "" && q.Audience != audience {
				continue
			}
			if by, why := s.settles(q); why != "" {
				it.Skipped = append(it.Skipped, Skipped{Question: q.ID, Text: q.Text, By: by, Why: why})
				continue
			}
			it.Questions = append(it.Questions, q)
		}
		if len(it.Questions) > before {
			it.Sections = append(it.Sections, Section{ID: section.ID, Title: section.Title})
		}
	}
	for _, q := range it.Questions {
		for _, name := range t.logic.reads(q.ID) {
			if find(it.Questions, name) == nil {
				if it.Elsewhere == nil {
					it.Elsewhere = map[string]string{}
				}
				it.Elsewhere[name] = t.Question(name).Type
			}
		}
	}
	return it
}

// settles says by what a question is answered already, and why. One kind of
// evidence is enough; of the checks all must have passed.
func (s Settled) settles(q Question) (by []string, why string) {
	for _, kind := range q.Evidence {
		if w, ok := s.Evidence[kind]; ok {
			return []string{kind}, "accepted evidence answers it: " + orID(w, kind)
		}
	}
	if len(q.Tests) == 0 {
		return nil, ""
	}
	for i, id := range q.Tests {
		w, ok := s.Checks[id]
		if !ok {
			return nil, ""
		}
		if i > 0 {
			why += "; "
		}
		why += orID(w, id)
	}
	return slices.Clone(q.Tests), "passed tests answer it: " + why
}

func orID(why, id string) string {
	if why == "" {
		return id
	}
	return why
}

// UnmarshalJSON reads a snapshot and compiles its conditions.
func (it *Items) UnmarshalJSON(data []byte) error {
	type plain Items
	var p plain
	if err := json.Unmarshal(data, &p); err != nil {
		return fmt.Errorf("read a questionnaire: %w", err)
	}
	*it = Items(p)
	var err error
	it.logic, err = compile(it.Questions, it.Elsewhere)
	return err
}

// Question finds a question that is asked.
func (it *Items) Question(id string) (*Question, error) {
	if q := find(it.Questions, id); q != nil {
		return q, nil
	}
	return nil, drawbridge.Errorf(drawbridge.NotFound, "the questionnaire asks no question %q", id)
}
