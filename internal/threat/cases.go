package threat

import (
	"fmt"
	"io/fs"
	"slices"
	"sort"
	"strconv"
	"strings"

	"drawbridge"
	"drawbridge/internal/expr"
	"drawbridge/internal/flow"
	"drawbridge/internal/yaml"
)

// CaseResult is the outcome of one case of one rule.
type CaseResult struct {
	Rule   string                   `json:"rule"`
	Case   string                   `json:"case"`
	File   string                   `json:"file"`
	Line   int                      `json:"line"`
	Pass   bool                     `json:"pass"`
	Want   []drawbridge.ThreatState `json:"want"`
	Got    drawbridge.ThreatState   `json:"got"`
	Reason string                   `json:"reason"` // what each expression gave, and what was unknown
}

// CaseReport is the outcome of all cases of a folder of rules.
type CaseReport struct {
	Rules    int          `json:"rules"`
	Cases    []CaseResult `json:"cases"`
	Failed   int          `json:"failed"`
	Problems Problems     `json:"problems"` // of files that could not be read
}

// OK reports whether every file was read and every case passed.
func (r *CaseReport) OK() bool { return r.Failed == 0 && len(r.Problems) == 0 }

// wanted says in which states each case may end.
var wanted = map[string][]drawbridge.ThreatState{
	"fires": {drawbridge.ThreatOpen},
	"quiet": {drawbridge.ThreatNotApplicable, drawbridge.ThreatMitigated},
	"asks":  {drawbridge.ThreatNeedsAnswer},
}

// TestRules runs the cases that the rule files of a folder carry: "fires" must
// end open, "quiet" not applicable or mitigated, "asks" in a question.
func TestRules(fsys fs.FS) (*CaseReport, error) {
	env, err := factEnv()
	if err != nil {
		return nil, err
	}
	rules, problems, err := readRules(fsys)
	if err != nil {
		return nil, err
	}
	report := &CaseReport{Rules: len(rules)}
	for _, rule := range rules {
		if p := rule.compile(env, Settles()); len(p) > 0 {
			problems = append(problems, p...)
			continue
		}
		if rule.Requires != "map" && len(rule.Cases) == 0 {
			continue
		}
		for _, name := range caseNames {
			c, ok := rule.Cases[name]
			if !ok {
				if name != "asks" || len(rule.openFacts()) > 0 {
					problems = append(problems, Problem{rule.Origin, rule.place["cases"].line, rule.place["cases"].col, fmt.Sprintf("the case %q is missing", name)})
				}
				continue
			}
			result := rule.try(name, c)
			if !result.Pass {
				report.Failed++
			}
			report.Cases = append(report.Cases, result)
		}
	}
	report.Problems = problems
	return report, nil
}

// openFacts are the facts of the rule that may be unknown.
func (rule *Rule) openFacts() []string {
	var out []string
	for _, name := range rule.prog.vars {
		if i, ok := flow.FactIndex(name); ok && !vocabulary()[i].Structure {
			out = append(out, name)
		}
	}
	return out
}

// try evaluates one case.
func (rule *Rule) try(name string, c Case) CaseResult {
	out := CaseResult{Rule: rule.ID, Case: name, File: rule.Origin, Line: rule.place["cases"].line, Want: wanted[name]}
	lookup := rule.lookup(c)
	if kind, _ := lookup("iface.kind"); rule.Per != flow.OnIntegration && !rule.fits(kind, lookup) {
		out.Got = drawbridge.ThreatNotApplicable
		out.Reason = fmt.Sprintf("kinds and direction do not match iface.kind %v", kind)
	} else {
		v := rule.judge(lookup)
		out.Got = v.state
		out.Reason = v.explain()
	}
	out.Pass = slices.Contains(out.Want, out.Got)
	return out
}

func (rule *Rule) fits(kind any, lookup expr.Lookup) bool {
	k, _ := kind.(string)
	direction, _ := lookup("iface.direction")
	d, _ := direction.(string)
	return (len(rule.Kinds) == 0 || slices.Contains(rule.Kinds, drawbridge.InterfaceKind(k))) &&
		(rule.Direction == "" || string(rule.Direction) == d)
}

// lookup gives the facts of a case: those written, then neutral structure.
// Kind and direction are the rule's own first ones when the case is silent.
func (rule *Rule) lookup(c Case) expr.Lookup {
	return func(name string) (any, bool) {
		if v, given := c[name]; given {
			return v, v != nil
		}
		switch {
		case name == "iface.kind" && rule.Per != flow.OnIntegration && len(rule.Kinds) > 0:
			return string(rule.Kinds[0]), true
		case name == "iface.direction" && rule.Per != flow.OnIntegration:
			if rule.Direction != "" {
				return string(rule.Direction), true
			}
			return string(drawbridge.Outbound), true
		}
		i, ok := flow.FactIndex(name)
		if !ok || !vocabulary()[i].Structure {
			return nil, false
		}
		return vocabulary()[i].Neutral(), true
	}
}

// cases reads the examples of a rule.
func (r *ruleReader) cases(rule *Rule, n *yaml.Node) {
	if n.Kind != yaml.Map {
		r.add(n, "cases holds fires, quiet and asks, each a map of facts")
		return
	}
	for i := 0; i+1 < len(n.Children); i += 2 {
		key, value := &n.Children[i], &n.Children[i+1]
		if !slices.Contains(caseNames, key.Value) {
			r.add(key, "%q is no case; the cases are fires, quiet and asks", key.Value)
			continue
		}
		if value.Kind != yaml.Map {
			r.add(value, "a case is a map of facts, like {flow.level: 3}")
			continue
		}
		c := Case{}
		for j := 0; j+1 < len(value.Children); j += 2 {
			r.fact(c, &value.Children[j], &value.Children[j+1])
		}
		rule.Cases[key.Value] = c
	}
}

func (r *ruleReader) fact(c Case, key, n *yaml.Node) {
	i, ok := flow.FactIndex(key.Value)
	if !ok {
		r.add(key, "%q is no fact%s", key.Value, near(key.Value))
		return
	}
	if n.Kind == yaml.Scalar && n.Style == yaml.Plain && n.Value == "unknown" {
		c[key.Value] = nil
		return
	}
	def := vocabulary()[i]
	v, err := factValue(def, n)
	if err != nil {
		r.add(n, "%s is a %s: %v", key.Value, def.Type, err)
		return
	}
	c[key.Value] = v
}

// factValue reads a value of a fact as a person writes it.
func factValue(def flow.FactDef, n *yaml.Node) (any, error) {
	if def.Type == expr.List {
		if n.Kind != yaml.List {
			return nil, fmt.Errorf("write a list, like [a, b]")
		}
		out := make([]string, len(n.Children))
		for i, c := range n.Children {
			out[i] = c.Value
		}
		return out, nil
	}
	if n.Kind != yaml.Scalar {
		return nil, fmt.Errorf("write a single value")
	}
	switch def.Type {
	case expr.Bool:
		if n.Value != "true" && n.Value != "false" {
			return nil, fmt.Errorf("write true or false")
		}
		return n.Value == "true", nil
	case expr.Int:
		return strconv.ParseInt(n.Value, 10, 64)
	case expr.Double:
		return strconv.ParseFloat(n.Value, 64)
	case expr.Span:
		s, err := drawbridge.ParseSpan(n.Value)
		return s.Duration(), err
	case expr.Size:
		s, err := drawbridge.ParseSize(n.Value)
		return int64(s), err
	default:
		if len(def.Values) > 0 && n.Value != flow.Mixed && n.Value != "" && !slices.Contains(def.Values, n.Value) {
			return nil, fmt.Errorf("%q is none of %s", n.Value, strings.Join(def.Values, ", "))
		}
		return n.Value, nil
	}
}

// near suggests a fact whose last part is alike.
func near(name string) string {
	_, last, _ := strings.Cut(name, ".")
	var found []string
	for _, d := range vocabulary() {
		if _, l, _ := strings.Cut(d.Name, "."); l == last || d.Name == strings.Replace(name, "interface.", "iface.", 1) {
			found = append(found, d.Name)
		}
	}
	sort.Strings(found)
	if len(found) == 0 {
		return ""
	}
	return "; did you mean " + strings.Join(found, " or ") + "?"
}
