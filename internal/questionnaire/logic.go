package questionnaire

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"

	"drawbridge"
	"drawbridge/internal/expr"
)

// logic is the conditions of a set of questions, compiled. It is safe for
// concurrent use.
type logic struct {
	conditions map[string]*expr.Program // by question
}

// named are identifiers that an expression can read.
var named = regexp.MustCompile(`^[a-z_][a-z0-9_]*(\.[a-z_][a-z0-9_]*)*$`)

// exprType is what an expression sees of an answer; files and tables cannot be read.
func exprType(questionType string) (expr.Type, bool) {
	switch questionType {
	case Bool:
		return expr.Bool, true
	case Single, Text, Date:
		return expr.Text, true
	case Multi:
		return expr.List, true
	case Number:
		return expr.Double, true
	default:
		return "", false
	}
}

// compile checks every condition. elsewhere has the types of questions that
// conditions may read besides these.
func compile(questions []Question, elsewhere map[string]string) (*logic, error) {
	var vars []expr.Var
	declare := func(id, questionType string) {
		if t, ok := exprType(questionType); ok && named.MatchString(id) {
			vars = append(vars, expr.Var{Name: id, Type: t})
		}
	}
	for _, q := range questions {
		declare(q.ID, q.Type)
	}
	for _, id := range slices.Sorted(maps.Keys(elsewhere)) {
		declare(id, elsewhere[id])
	}
	l := &logic{conditions: map[string]*expr.Program{}}
	if !slices.ContainsFunc(questions, func(q Question) bool { return q.When != "" }) {
		return l, nil
	}
	env, err := expr.NewEnv(vars)
	if err != nil {
		return nil, fmt.Errorf("declare the questions: %w", err)
	}
	for _, q := range questions {
		if q.When == "" {
			continue
		}
		p, err := env.Compile(q.When)
		if err != nil {
			return nil, conditionError(q, err)
		}
		if p.Type() != expr.Bool {
			return nil, conditionError(q, &expr.Error{Message: "the result is no true or false"})
		}
		l.conditions[q.ID] = p
	}
	return l, nil
}

func conditionError(q Question, err error) error {
	if e, ok := errors.AsType[*expr.Error](err); ok {
		return drawbridge.Errorf(drawbridge.Invalid, "question %s: when: %s in %q", q.ID, e.Error(), q.When)
	}
	return fmt.Errorf("question %s: when: %w", q.ID, err)
}

// reads returns the questions that a question's condition reads.
func (l *logic) reads(id string) []string {
	if l == nil || l.conditions[id] == nil {
		return nil
	}
	return l.conditions[id].Vars()
}

// Visible returns the questions that are to be answered, in order: those whose
// condition is true or unknown. A condition that is unknown only because what
// it reads is itself not to be answered hides its question too; answers to
// hidden questions do not count.
func (it *Items) Visible(answers map[string]Answer) []string {
	out := []string{}
	for _, q := range it.visible(answers) {
		out = append(out, q.ID)
	}
	return out
}

func (it *Items) visible(answers map[string]Answer) []*Question {
	hidden := map[string]bool{}
	lookup := func(name string) (any, bool) {
		q := find(it.Questions, name)
		if q == nil || hidden[name] {
			return nil, false
		}
		return q.read(answers[name])
	}
	var out []*Question
	for i := range it.Questions {
		q := &it.Questions[i]
		if it.logic.hides(q.ID, lookup, hidden) {
			hidden[q.ID] = true
			continue
		}
		out = append(out, q)
	}
	return out
}

// hides evaluates a question's condition. Whatever goes wrong asks the question.
func (l *logic) hides(id string, lookup expr.Lookup, hidden map[string]bool) bool {
	if l == nil || l.conditions[id] == nil {
		return false
	}
	r, err := l.conditions[id].Eval(lookup)
	if err != nil {
		return false
	}
	if r.Known {
		return r.False()
	}
	return !slices.ContainsFunc(r.Unknown, func(name string) bool { return !hidden[name] })
}
