package threat

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"sync"

	"drawbridge"
	"drawbridge/internal/expr"
	"drawbridge/internal/flow"
)

// vocabulary is the list of facts, shared.
var vocabulary = sync.OnceValue(flow.Vocabulary)

// factEnv declares every fact as a variable.
var factEnv = sync.OnceValues(func() (*expr.Env, error) {
	defs := vocabulary()
	vars := make([]expr.Var, len(defs))
	for i, d := range defs {
		vars[i] = expr.Var{Name: d.Name, Type: d.Type}
	}
	return expr.NewEnv(vars)
})

// Catalogue is a checked set of rules.
type Catalogue struct {
	rules []*Rule // sorted by id
	byID  map[string]*Rule
}

// readRules reads every rule file of a folder, sorted by id.
func readRules(fsys fs.FS) ([]*Rule, Problems, error) {
	names, err := fs.Glob(fsys, "*.yaml")
	if err != nil {
		return nil, nil, err
	}
	if len(names) == 0 {
		return nil, nil, drawbridge.Errorf(drawbridge.NotFound, "the folder holds no rule file; a rule is one file that ends in .yaml")
	}
	if len(names) > MaxRules {
		return nil, nil, drawbridge.Errorf(drawbridge.TooLarge, "the folder holds %d rule files; at most %d are accepted", len(names), MaxRules)
	}
	var rules []*Rule
	var problems Problems
	seen := map[string]string{}
	for _, name := range names {
		data, err := readLimited(fsys, name)
		if err != nil {
			return nil, nil, err
		}
		rule, p := parseRule(name, data)
		problems = append(problems, p...)
		if rule == nil || len(p) > 0 {
			continue
		}
		if first, twice := seen[rule.ID]; twice {
			problems = append(problems, Problem{name, rule.place["id"].line, rule.place["id"].col, fmt.Sprintf("the id %s is taken by %s", rule.ID, first)})
			continue
		}
		seen[rule.ID] = name
		rules = append(rules, rule)
	}
	slices.SortFunc(rules, func(a, b *Rule) int { return cmp.Compare(a.ID, b.ID) })
	return rules, problems, nil
}

func readLimited(fsys fs.FS, name string) ([]byte, error) {
	info, err := fs.Stat(fsys, name)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	if !info.Mode().IsRegular() {
		return nil, drawbridge.Errorf(drawbridge.Invalid, "%s is no regular file", name)
	}
	if info.Size() > MaxRuleBytes {
		return nil, drawbridge.Errorf(drawbridge.TooLarge, "%s has %d bytes; at most %d are accepted for one rule", name, info.Size(), MaxRuleBytes)
	}
	return fs.ReadFile(fsys, name)
}

// Load reads and checks the rule files of a folder.
func Load(fsys fs.FS) (*Catalogue, error) { return load(fsys, Settles()) }

func load(fsys fs.FS, settles *SettleTable) (*Catalogue, error) {
	env, err := factEnv()
	if err != nil {
		return nil, err
	}
	rules, problems, err := readRules(fsys)
	if err != nil {
		return nil, err
	}
	for _, r := range rules {
		problems = append(problems, r.compile(env, settles)...)
	}
	if err := problems.err(); err != nil {
		return nil, err
	}
	return newCatalogue(rules), nil
}

func newCatalogue(rules []*Rule) *Catalogue {
	c := &Catalogue{rules: rules, byID: make(map[string]*Rule, len(rules))}
	for _, r := range rules {
		c.byID[r.ID] = r
	}
	return c
}

// With returns the catalogue with the rules of another one added; a rule of
// other with the same id takes the place of the one here.
func (c *Catalogue) With(other *Catalogue) *Catalogue {
	merged := slices.Clone(other.rules)
	for _, r := range c.rules {
		if other.byID[r.ID] == nil {
			merged = append(merged, r)
		}
	}
	slices.SortFunc(merged, func(a, b *Rule) int { return cmp.Compare(a.ID, b.ID) })
	return newCatalogue(merged)
}

// Rules returns every rule, sorted by id.
func (c *Catalogue) Rules() []Rule {
	out := make([]Rule, len(c.rules))
	for i, r := range c.rules {
		out[i] = *r
	}
	return out
}

// Rule returns the rule with that id.
func (c *Catalogue) Rule(id string) (Rule, bool) {
	r, ok := c.byID[id]
	if !ok {
		return Rule{}, false
	}
	return *r, true
}

// program is an expression of a rule; the zero value is none.
type program struct {
	vars []string
	load func() (*expr.Program, error) // when it is first needed
}

func (p program) get() (*expr.Program, error) {
	if p.load == nil {
		return nil, errors.New("the rule has no such expression")
	}
	return p.load()
}

// compile checks both expressions and what the rule names.
func (rule *Rule) compile(env *expr.Env, settles *SettleTable) Problems {
	var problems Problems
	add := func(key string, err error) {
		p := Problem{File: rule.Origin, Line: rule.place[key].line, Column: rule.place[key].col, Message: key + ": " + err.Error()}
		if e, ok := errors.AsType[*expr.Error](err); ok && e.Line > 0 {
			p.Message = key + ": " + e.Message
			if p.Column += e.Column - 1; e.Line > 1 {
				p.Line, p.Column = p.Line+e.Line-1, e.Column
			}
		}
		problems = append(problems, p)
	}
	for _, id := range rule.Settles {
		if _, ok := settles.Lookup(id); !ok {
			add("settles", fmt.Errorf("%q stands in no list of what settles a threat; see settles.yaml", id))
		}
	}
	if rule.Requires != "map" && rule.Applies == "" {
		return problems
	}
	var err error
	if rule.gate, err = compileBool(env, rule.Applies); err != nil {
		add("applies", err)
	}
	for _, name := range rule.gate.vars {
		if i, _ := flow.FactIndex(name); !vocabulary()[i].Structure {
			add("applies", fmt.Errorf("%s may be unknown; applies reads structure facts only, so move it to unless", name))
		}
	}
	if rule.Requires != "map" && rule.Unless == "" {
		return problems
	}
	if rule.prog, err = compileBool(env, rule.Unless); err != nil {
		add("unless", err)
	}
	return problems
}

func compileBool(env *expr.Env, src string) (program, error) {
	p, err := env.Compile(src)
	if err != nil {
		return program{}, err
	}
	if p.Type() != expr.Bool {
		return program{}, &expr.Error{Line: 1, Column: 1, Message: fmt.Sprintf("the result is a %s; it must be true or false", p.Type())}
	}
	return program{vars: p.Vars(), load: func() (*expr.Program, error) { return p, nil }}, nil
}
