package main

import (
	"math"
	"strconv"

	"drawbridge"
	"drawbridge/internal/taxonomy"
)

// ratio is a share k of n with its 95% Wilson interval.
type ratio struct {
	K    int     `json:"k"`
	N    int     `json:"n"`
	Low  float64 `json:"low"`
	High float64 `json:"high"`
}

func newRatio(k, n int) ratio {
	low, high := wilson(k, n)
	return ratio{K: k, N: n, Low: low, High: high}
}

// wilson returns the 95% score interval of k successes in n trials; with no
// trial nothing is known, which is 0 to 1.
func wilson(k, n int) (low, high float64) {
	if n == 0 {
		return 0, 1
	}
	const z = 1.959963984540054
	size, p := float64(n), float64(k)/float64(n)
	centre := p + z*z/(2*size)
	half := z * math.Sqrt(p*(1-p)/size+z*z/(4*size*size))
	scale := 1 + z*z/size
	return max(0, (centre-half)/scale), min(1, (centre+half)/scale)
}

// answer is a labelled field and what the classifier said.
type answer struct {
	label label
	guess taxonomy.Guess
}

// agrees reports whether the guess is right; no guess is right where there is
// nothing to name.
func (a answer) agrees() bool {
	if a.guess.Category == "" {
		return a.label.Label == noCategory
	}
	return a.label.accepts(a.guess.Category)
}

// shortfall counts the fields of a file that could not be measured.
type shortfall struct {
	File   string `json:"file"`
	Fields int    `json:"fields"`
}

// row is precision and recall for one set of categories.
type row struct {
	Name      string `json:"name"`
	Precision ratio  `json:"precision"`
	Recall    ratio  `json:"recall"`
}

// part is the measurement over some of the fields.
type part struct {
	Name         string `json:"name"`
	Fields       int    `json:"fields"`
	Coverage     ratio  `json:"coverage"`      // share of fields with a guess
	TooLow       ratio  `json:"too_low"`       // wrong guesses below the labelled level, of all fields
	Constant     string `json:"constant"`      // the category that is right most often when always guessed
	ConstantHits ratio  `json:"constant_hits"` // how often that is
	FalseSpecial int    `json:"false_special"` // guesses of a special category that are wrong
	Exact        row    `json:"exact"`
	Levels       []row  `json:"levels"`
	Groups       []row  `json:"groups"`
}

// report is the whole result.
type report struct {
	Half     string         `json:"half"`
	Strict   bool           `json:"strict"`
	Labelled int            `json:"labelled"`
	Measured int            `json:"measured"`
	Absent   []shortfall    `json:"absent,omitempty"` // files that are not in the folder
	Moved    []shortfall    `json:"moved,omitempty"`  // files in which pointers lead elsewhere
	Parts    []part         `json:"parts,omitempty"`
	Errors   []disagreement `json:"errors,omitempty"`
}

// disagreement is a field whose guess is wrong or missing.
type disagreement struct {
	File    string `json:"file"`
	Pointer string `json:"pointer"`
	Label   string `json:"label"`
	Why     string `json:"why"`
	Guess   string `json:"guess"` // empty: none was made
	Because string `json:"because"`
}

// sound reports whether no field was taken for a special category wrongly.
func (r *report) sound() bool {
	for _, p := range r.Parts {
		if p.FalseSpecial > 0 {
			return false
		}
	}
	return true
}

// measure counts over all answers and over the uniform part.
func (r *report) measure(tax *taxonomy.Taxonomy, answers []answer) error {
	r.Measured = len(answers)
	if len(answers) == 0 {
		return nil
	}
	var uniform []answer
	for _, a := range answers {
		if err := known(tax, a); err != nil {
			return err
		}
		if a.label.Stratum == "uniform" {
			uniform = append(uniform, a)
		}
		if !a.agrees() {
			r.Errors = append(r.Errors, disagreement{
				File: a.label.File, Pointer: a.label.Pointer,
				Label: a.label.Label, Why: a.label.Reason, Guess: a.guess.Category, Because: a.guess.Reason,
			})
		}
	}
	r.Parts = []part{count(tax, "all fields", answers), count(tax, "uniform part", uniform)}
	return nil
}

// known checks that label and guess are categories of the taxonomy.
func known(tax *taxonomy.Taxonomy, a answer) error {
	for _, id := range append([]string{a.label.Label, a.guess.Category}, a.label.Also...) {
		if _, ok := tax.Category(id); !ok && id != "" && id != noCategory {
			return drawbridge.Errorf(drawbridge.Invalid, "%s %s: category %q is not in the taxonomy", a.label.File, a.label.Pointer, id)
		}
	}
	return nil
}

// class is a set of categories; no category at all is in none of them.
type class func(taxonomy.Category) bool

func count(tax *taxonomy.Taxonomy, name string, answers []answer) part {
	p := part{Name: name, Fields: len(answers)}
	guessed, right, labelled, low := 0, 0, 0, 0
	for _, a := range answers {
		if a.label.Label != noCategory {
			labelled++
		}
		if a.guess.Category == "" {
			continue
		}
		guessed++
		if a.label.accepts(a.guess.Category) {
			right++
			continue
		}
		if level(tax, a.guess.Category) < level(tax, a.label.Label) {
			low++
		}
		if in(tax, taxonomy.Category.Special, a.guess.Category) && !in(tax, taxonomy.Category.Special, a.label.Label) {
			p.FalseSpecial++
		}
	}
	p.Constant, p.ConstantHits = constant(tax, answers)
	p.Coverage, p.TooLow = newRatio(guessed, len(answers)), newRatio(low, len(answers))
	p.Exact = row{Name: "exact category", Precision: newRatio(right, guessed), Recall: newRatio(right, labelled)}
	for l := drawbridge.LevelPublic; l <= drawbridge.LevelRestricted; l++ {
		of := func(c taxonomy.Category) bool { return c.Level == l }
		p.Levels = append(p.Levels, newRow(tax, "level "+strconv.Itoa(int(l))+" "+l.String(), of, answers))
	}
	for _, g := range groups {
		p.Groups = append(p.Groups, newRow(tax, g.name, g.class, answers))
	}
	return p
}

// constant finds the category that is right most often when it is always
// guessed. A classifier is worth only what it adds to that.
func constant(tax *taxonomy.Taxonomy, answers []answer) (string, ratio) {
	best, most := "", -1
	for _, c := range tax.Categories() {
		hits := 0
		for _, a := range answers {
			if a.label.accepts(c.ID) {
				hits++
			}
		}
		if hits > most {
			best, most = c.ID, hits
		}
	}
	return best, newRatio(most, len(answers))
}

// groups are the sets that people ask about beside the levels.
var groups = []struct {
	name  string
	class class
}{
	{"special category", taxonomy.Category.Special},
	{"secret", taxonomy.Category.Secret},
	{"personal", taxonomy.Category.Personal},
	{"not personal", func(c taxonomy.Category) bool { return !c.Special() && !c.Secret() && !c.Personal() }},
}

// newRow counts one class. A guess inside it is right when it is an accepted
// answer or when the label is inside too; a label inside it is found when the
// guess is inside or accepted.
func newRow(tax *taxonomy.Taxonomy, name string, c class, answers []answer) row {
	var guessed, right, labelled, found int
	for _, a := range answers {
		guess, truth := in(tax, c, a.guess.Category), in(tax, c, a.label.Label)
		accepted := a.guess.Category != "" && a.label.accepts(a.guess.Category)
		if guess {
			guessed++
			if truth || accepted {
				right++
			}
		}
		if truth {
			labelled++
			if guess || accepted {
				found++
			}
		}
	}
	return row{Name: name, Precision: newRatio(right, guessed), Recall: newRatio(found, labelled)}
}

// in reports whether the category called id is in the class.
func in(tax *taxonomy.Taxonomy, c class, id string) bool {
	cat, ok := tax.Category(id)
	return ok && c(cat)
}

func level(tax *taxonomy.Taxonomy, id string) drawbridge.Level {
	cat, ok := tax.Category(id)
	if !ok {
		return drawbridge.LevelUnknown
	}
	return cat.Level
}
