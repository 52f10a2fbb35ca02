package questionnaire

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

var (
	nameForm    = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$`)
	versionForm = regexp.MustCompile(`^(0|[1-9]\d{0,5})\.(0|[1-9]\d{0,5})\.(0|[1-9]\d{0,5})$`)
	langForm    = regexp.MustCompile(`^[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$`)
	idForm      = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9._-]{0,62}[A-Za-z0-9])?$`)
	settleForm  = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9:.()-]{0,79}$`)
)

// maxProblems is how many mistakes are told at once.
const maxProblems = 20

// problems gathers mistakes, so that all are told at once.
type problems []string

func (p *problems) add(where, format string, args ...any) {
	*p = append(*p, strings.TrimPrefix(where+": "+fmt.Sprintf(format, args...), ": "))
}

func (p problems) err() error {
	if len(p) == 0 {
		return nil
	}
	if n := len(p) - maxProblems; n > 0 {
		p = append(slices.Clip(p[:maxProblems]), fmt.Sprintf("and %d more", n))
	}
	return bad("%s", strings.Join(p, "\n"))
}

// check holds a template to its form.
func (t *Template) check() error {
	var p problems
	if !nameForm.MatchString(t.Name) {
		p.add("name", "%.80q must be lower-case letters, digits and hyphens, at most 63", t.Name)
	}
	if !versionForm.MatchString(t.Version) {
		p.add("version", "%.40q must be three numbers, like 1.0.0", t.Version)
	}
	if !langForm.MatchString(t.Lang) {
		p.add("lang", "%.40q must name a language, like en or de-AT", t.Lang)
	}
	if err := word(t.Title); err != nil {
		p.add("title", "%v", err)
	}
	seen := map[string]bool{}
	total := 0
	earlier := map[string]bool{}
	for i := range t.Sections {
		s := &t.Sections[i]
		where := fmt.Sprintf("sections[%d]", i)
		if !idForm.MatchString(s.ID) || seen[s.ID] {
			p.add(where, "the id %.80q must be letters, digits, dots, hyphens and underscores, and not stand twice", s.ID)
		}
		seen[s.ID] = true
		if err := word(s.Title); err != nil {
			p.add(where, "title: %v", err)
		}
		if total += len(s.Questions); total > MaxQuestions {
			p.add(where, "the template has more than %d questions", MaxQuestions)
			break
		}
		for j := range s.Questions {
			s.Questions[j].checkForm(&p, earlier)
		}
	}
	if total == 0 {
		p.add("sections", "the template asks nothing")
	}
	return p.err()
}

// checkForm holds one question to its form; earlier has the ids before it.
func (q *Question) checkForm(p *problems, earlier map[string]bool) {
	where := "question " + q.ID
	key := strings.ToLower(q.ID)
	switch {
	case !idForm.MatchString(q.ID):
		p.add(where, "the id %.80q must be letters, digits, dots, hyphens and underscores, at most 64", q.ID)
	case earlier[key]:
		p.add(where, "the id stands twice")
	}
	if err := prose(q.Text); err != nil || len(q.Text) > maxAsked {
		p.add(where, "text: write what is asked, in at most %d bytes, without control characters", maxAsked)
	}
	if err := written(q.Help, maxAsked); err != nil {
		p.add(where, "help: %v", err)
	}
	if !slices.Contains(Types(), q.Type) {
		p.add(where, "type is %.40q; write one of %s", q.Type, strings.Join(Types(), ", "))
	}
	if !slices.Contains(Audiences(), q.Audience) {
		p.add(where, "audience is %.40q; write partner or internal", q.Audience)
	}
	if !slices.Contains(Lengths(), q.Length) {
		p.add(where, "length is %.40q; write one of %s", q.Length, strings.Join(Lengths(), ", "))
	}
	q.checkOptions(p, where)
	q.checkWorth(p, where)
	for _, id := range slices.Concat(q.Controls, q.Evidence, q.Tests, q.Frameworks) {
		if !settleForm.MatchString(id) {
			p.add(where, "%.80q is no id of a control, of evidence, of a check or of a framework", id)
		}
	}
	earlier[key] = true
}

func (q *Question) checkOptions(p *problems, where string) {
	switch n := len(q.Options); {
	case n > MaxOptions:
		p.add(where, "%d options; at most %d are accepted", n, MaxOptions)
		return
	case q.Type == Bool && n > 0 && (n != 2 || q.option("yes") == nil || q.option("no") == nil):
		p.add(where, "a question of type bool has no options, or the two options yes and no with their points")
	case (q.Type == Single || q.Type == Multi) && n < 2:
		p.add(where, "a question of type %s has at least two options", q.Type)
	case q.Type == Table && n < 1:
		p.add(where, "a table names its columns as options")
	case slices.Contains([]string{Text, Number, Date, File}, q.Type) && n > 0:
		p.add(where, "a question of type %s has no options", q.Type)
	}
	for i, o := range q.Options {
		for _, s := range []string{o.Value, o.Label} {
			if err := word(s); err != nil {
				p.add(where, "options[%d]: %v", i, err)
			}
			// Both are accepted in a spreadsheet, so neither may mean two options.
			if slices.ContainsFunc(q.Options[:i], func(o Option) bool { return o.means(s) }) {
				p.add(where, "options[%d]: %.60q is taken by an earlier option", i, s)
			}
		}
		if o.Points < 0 || o.Points > 1 || o.Points != o.Points {
			p.add(where, "options[%d]: points are %v; write 0 to 1", i, o.Points)
		}
	}
}

func (q *Question) checkWorth(p *problems, where string) {
	most := 0.0
	for _, o := range q.Options {
		most += o.Points
	}
	switch {
	case q.Weight < 0 || q.Weight > 100 || q.Weight != q.Weight:
		p.add(where, "weight is %v; write 0 to 100", q.Weight)
	case q.Weight > 0 && q.Type != Bool && q.Type != Single && q.Type != Multi:
		p.add(where, "a question of type %s has no points, so it has no weight", q.Type)
	case q.Weight > 0 && most == 0 && (q.Type != Bool || len(q.Options) > 0):
		p.add(where, "no option has points, so nothing could earn its weight")
	case q.Weight == 0 && len(q.Controls) > 0:
		p.add(where, "an answer without weight claims no control; give it a weight, or name no controls")
	}
}

// checkOrder holds each condition to earlier questions that are asked whenever
// its own is.
func (t *Template) checkOrder() error {
	var p problems
	questions := t.Questions()
	place := map[string]int{}
	for i, q := range questions {
		place[q.ID] = i
		for _, id := range t.logic.reads(q.ID) {
			j, before := place[id]
			if !before || j == i {
				p.add("question "+q.ID, "when: %s does not stand before it", id)
				continue
			}
			o := questions[j]
			if o.Audience != q.Audience || slices.Index(Lengths(), o.Length) > slices.Index(Lengths(), q.Length) {
				p.add("question "+q.ID, "when: %s is asked of another audience or in longer questionnaires only, so its answer would be missing", id)
			}
		}
	}
	return p.err()
}

// maxCombinations bounds how many answers a condition is tried with.
const maxCombinations = 4096

// decisive refuses a condition that no answer makes true, or none false: most
// likely it names an option that does not exist. Conditions over texts, numbers
// and days cannot be tried.
func (t *Template) decisive() error {
	var p problems
	for _, q := range t.Questions() {
		prog := t.logic.conditions[q.ID]
		if prog == nil {
			continue
		}
		ways := t.ways(prog.Vars())
		if ways == nil {
			continue
		}
		can := map[bool]bool{}
		for _, values := range ways {
			r, err := prog.Eval(func(name string) (any, bool) { v, ok := values[name]; return v, ok })
			if err == nil && r.Known {
				can[r.True()] = true
			}
		}
		for _, want := range []bool{true, false} {
			if !can[want] {
				p.add("question "+q.ID, "when: no answer makes %q %v; is an option misspelled?", q.When, want)
			}
		}
	}
	return p.err()
}

// ways returns every combination of answers to choices, or nil when they cannot
// be counted. Of a list, the single options and none are tried.
func (t *Template) ways(names []string) []map[string]any {
	out := []map[string]any{{}}
	for _, name := range names {
		q := t.Question(name)
		var values []any
		switch q.Type {
		case Bool:
			values = []any{true, false}
		case Single, Multi:
			for _, o := range q.Options {
				if q.Type == Multi {
					values = append(values, []string{o.Value})
				} else {
					values = append(values, o.Value)
				}
			}
			if q.Type == Multi {
				values = append(values, []string{})
			}
		default:
			return nil
		}
		if len(out)*len(values) > maxCombinations {
			return nil
		}
		var next []map[string]any
		for _, have := range out {
			for _, v := range values {
				with := maps.Clone(have)
				with[name] = v
				next = append(next, with)
			}
		}
		out = next
	}
	return out
}
