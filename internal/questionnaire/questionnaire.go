// Package questionnaire says what is asked and what an answer is worth:
// templates as data, which questions are asked at all, which depend on others,
// the score of the answers, the controls that they claim, and spreadsheets out
// and in. It is not for sending a questionnaire or keeping answers: it knows no
// people, no database and no clock.
//
//	set, err := questionnaire.Builtin()
//	items := set[0].Select("standard", "partner", questionnaire.Settled{
//		Evidence: map[string]string{"evidence:pentest": "report of March, accepted"},
//	})
//	err = items.Check("access.mfa", questionnaire.Answer{Value: []byte("true")})
//	score := items.Score(answers)
package questionnaire

import (
	"slices"
)

// The types of question.
const (
	Bool   = "bool"   // true or false
	Single = "single" // one of the options
	Multi  = "multi"  // some of the options
	Text   = "text"
	Number = "number"
	Date   = "date"
	File   = "file"  // identifiers or names of documents that were handed in
	Table  = "table" // rows; the options are the columns
)

// Types lists the types of question in the order of the documents.
func Types() []string { return []string{Bool, Single, Multi, Text, Number, Date, File, Table} }

// Lengths lists the lengths of a questionnaire, shortest first. A question that
// names one is asked in it and in every longer one.
func Lengths() []string { return []string{"short", "standard", "extended", "full"} }

// Audiences lists who answers.
func Audiences() []string { return []string{"partner", "internal"} }

// Limits of a template and of answers.
const (
	MaxSections  = 60
	MaxQuestions = 2000
	MaxOptions   = 60
	MaxText      = 10_000 // bytes of one answer's text
	MaxComment   = 4000   // bytes of a comment or of a reason
	MaxRows      = 200    // of a table
	MaxFiles     = 20     // of one answer
	maxCell      = 500    // bytes of one cell of a table, of a label, of a file's name
	maxAsked     = 4000   // bytes of a question's text or help
)

// Template is a checked questionnaire. It is not changed once it is loaded.
type Template struct {
	Name     string    `yaml:"name" json:"name"`
	Version  string    `yaml:"version" json:"version"`
	Lang     string    `yaml:"lang" json:"lang"` // of the texts, like en or de-AT
	Title    string    `yaml:"title" json:"title"`
	Sections []Section `yaml:"sections" json:"sections"`

	digest string
	logic  *logic
}

// Section is a part of a template, in one file of its own or in the template's.
type Section struct {
	File      string     `yaml:"file,omitempty" json:"-"` // that holds the rest, beside the template's
	ID        string     `yaml:"id,omitempty" json:"id"`
	Title     string     `yaml:"title,omitempty" json:"title"`
	Audience  string     `yaml:"audience,omitempty" json:"-"` // of the questions that name none
	Questions []Question `yaml:"questions,omitempty" json:"questions,omitempty"`
}

// Question is one question.
type Question struct {
	ID       string   `yaml:"id" json:"id"`
	Section  string   `yaml:"-" json:"section"`
	Text     string   `yaml:"text" json:"text"`
	Help     string   `yaml:"help,omitempty" json:"help,omitempty"`
	Type     string   `yaml:"type" json:"type"`
	Options  []Option `yaml:"options,omitempty" json:"options,omitempty"`
	Weight   float64  `yaml:"weight,omitempty" json:"weight,omitempty"` // in the score; 0: it does not count
	Required bool     `yaml:"required,omitempty" json:"required,omitempty"`
	NA       bool     `yaml:"na,omitempty" json:"na,omitempty"`             // "does not apply" is an answer, with a reason
	When     string   `yaml:"when,omitempty" json:"when,omitempty"`         // over earlier questions; unknown asks
	Audience string   `yaml:"audience,omitempty" json:"audience"`           // partner or internal
	Controls []string `yaml:"controls,omitempty" json:"controls,omitempty"` // that the answer claims
	Evidence []string `yaml:"evidence,omitempty" json:"evidence,omitempty"` // each of these kinds settles it
	Tests    []string `yaml:"tests,omitempty" json:"tests,omitempty"`       // all of these checks together settle it
	Length   string   `yaml:"length" json:"length"`                         // the shortest questionnaire that asks it

	Frameworks []string `yaml:"frameworks,omitempty" json:"frameworks,omitempty"` // of published frameworks, what it asks about
}

// Option is one choice of a question, or one column of a table.
type Option struct {
	Value  string  `yaml:"value" json:"value"`
	Label  string  `yaml:"label,omitempty" json:"label"`
	Points float64 `yaml:"points,omitempty" json:"points,omitempty"` // 0 to 1
}

// Digest is the digest of everything that the template says.
func (t *Template) Digest() string { return t.digest }

// String names the template, name@version.
func (t *Template) String() string { return t.Name + "@" + t.Version }

// Questions returns every question in order.
func (t *Template) Questions() []Question {
	var out []Question
	for _, s := range t.Sections {
		out = append(out, s.Questions...)
	}
	return out
}

// Question finds a question, or returns nil.
func (t *Template) Question(id string) *Question {
	for i := range t.Sections {
		if q := find(t.Sections[i].Questions, id); q != nil {
			return q
		}
	}
	return nil
}

func find(list []Question, id string) *Question {
	if i := slices.IndexFunc(list, func(q Question) bool { return q.ID == id }); i >= 0 {
		return &list[i]
	}
	return nil
}

// scored reports whether the answer is worth points.
func (q *Question) scored() bool { return q.Weight > 0 }

// option finds a choice or a column by its value, or returns nil.
func (q *Question) option(value string) *Option {
	if i := slices.IndexFunc(q.Options, func(o Option) bool { return o.Value == value }); i >= 0 {
		return &q.Options[i]
	}
	return nil
}
