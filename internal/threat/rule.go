package threat

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"drawbridge"
	"drawbridge/internal/flow"
	"drawbridge/internal/yaml"
)

// Rule is one pattern of the catalogue, as its file says it.
type Rule struct {
	ID         string                     `json:"id"`
	Version    int                        `json:"version"` // of the wording; a changed meaning gets a new id
	Title      string                     `json:"title"`
	Why        string                     `json:"why"`
	Model      string                     `json:"model"` // stride or linddun
	Class      string                     `json:"class"`
	CWE        []int                      `json:"cwe,omitempty"`
	CWEBroad   []int                      `json:"cwe_broad,omitempty"` // of CWE, those too broad for a single finding
	CAPEC      []int                      `json:"capec,omitempty"`
	OWASP      string                     `json:"owasp_api,omitempty"`
	Severity   drawbridge.Severity        `json:"severity"` // before the arithmetic
	Per        flow.ElementKind           `json:"per"`
	Kinds      []drawbridge.InterfaceKind `json:"kinds"` // empty means all
	Direction  drawbridge.Direction       `json:"direction,omitempty"`
	Requires   string                     `json:"requires"`        // map, observation, history or portfolio
	Needs      string                     `json:"needs,omitempty"` // what it needs beyond the map, in words
	Applies    string                     `json:"applies,omitempty"`
	Unless     string                     `json:"unless,omitempty"`
	Controls   []string                   `json:"controls"` // the first one is asked
	Settles    []string                   `json:"settles"`
	Question   string                     `json:"question,omitempty"` // instead of the facts' own
	Cases      map[string]Case            `json:"-"`
	Origin     string                     `json:"origin"` // builtin, or the file
	place      map[string]position        // of each key in the file
	gate, prog program                    // applies and unless
}

// Case is one example of a rule: the facts that are given, by name. A missing
// fact takes its neutral value when it is structure and is unknown otherwise;
// nil stands for unknown.
type Case map[string]any

// The names of a rule's cases, with the states that each may end in.
var caseNames = []string{"fires", "quiet", "asks"}

type position struct{ line, col int }

// Limits of the rule files of one folder.
const (
	MaxRules     = 2000
	MaxRuleBytes = 64 << 10
)

// Problem is something wrong with a rule file.
type Problem struct { //nolint:errname // the word that people read, as in manifest
	File    string `json:"file"`
	Line    int    `json:"line"`
	Column  int    `json:"column"`
	Message string `json:"message"`
}

// Error returns the place and the message.
func (p Problem) Error() string {
	if p.Line == 0 {
		return p.File + ": " + p.Message
	}
	return fmt.Sprintf("%s:%d:%d: %s", p.File, p.Line, p.Column, p.Message)
}

// Problems are all that is wrong with the rule files of a folder.
type Problems []Problem //nolint:errname // as above

// Error returns one line a problem.
func (p Problems) Error() string {
	lines := make([]string, len(p))
	for i, x := range p {
		lines[i] = x.Error()
	}
	return strings.Join(lines, "\n")
}

// err returns the problems as an error of kind invalid, or nil.
func (p Problems) err() error {
	if len(p) == 0 {
		return nil
	}
	return drawbridge.Errorf(drawbridge.Invalid, "%w", p)
}

// ruleReader reads one file and collects its problems.
type ruleReader struct {
	file     string
	tree     *yaml.Tree
	problems Problems
}

func (r *ruleReader) add(n *yaml.Node, format string, args ...any) {
	line, col := r.tree.Position(n.Off)
	r.problems = append(r.problems, Problem{r.file, line, col, fmt.Sprintf(format, args...)})
}

// parseRule reads one rule file; the expressions are not compiled yet.
func parseRule(file string, data []byte) (*Rule, Problems) {
	if len(data) > MaxRuleBytes {
		return nil, Problems{{File: file, Message: fmt.Sprintf("the file has %d bytes; at most %d are accepted for one rule", len(data), MaxRuleBytes)}}
	}
	tree, err := yaml.Parse(data, yaml.Limits{Bytes: MaxRuleBytes, Depth: 8, Nodes: 4000, Aliases: 0})
	if err != nil {
		return nil, Problems{yamlProblem(file, err)}
	}
	r := &ruleReader{file: file, tree: tree}
	rule := &Rule{Requires: "map", Cases: map[string]Case{}, Origin: file, place: map[string]position{}}
	if tree.Root.Kind != yaml.Map {
		r.add(&tree.Root, "a rule file holds the fields of one rule, like \"id: X001\"")
		return nil, r.problems
	}
	for i := 0; i+1 < len(tree.Root.Children); i += 2 {
		key, value := &tree.Root.Children[i], &tree.Root.Children[i+1]
		rule.place[key.Value] = r.inside(value)
		r.field(rule, key, value)
	}
	r.check(rule)
	return rule, r.problems
}

// inside is where the text of a scalar starts: behind the quote.
func (r *ruleReader) inside(n *yaml.Node) position {
	line, col := r.tree.Position(n.Off)
	if n.Kind == yaml.Scalar && (n.Style == yaml.Single || n.Style == yaml.Double) {
		col++
	}
	return position{line, col}
}

func yamlProblem(file string, err error) Problem {
	if e, ok := err.(*yaml.Error); ok { //nolint:errorlint // the reader returns its own type, unwrapped
		msg := e.Message
		if e.Hint != "" {
			msg += "; " + e.Hint
		}
		return Problem{file, e.Line, e.Column, msg}
	}
	return Problem{File: file, Message: err.Error()}
}

func (r *ruleReader) field(rule *Rule, key, value *yaml.Node) {
	switch key.Value {
	case "id":
		rule.ID = r.text(value)
	case "version":
		rule.Version = r.number(value)
	case "title":
		rule.Title = r.text(value)
	case "why":
		rule.Why = r.text(value)
	case "stride", "linddun":
		if rule.Model != "" {
			r.add(key, "stride and linddun are both given; a rule has one")
		}
		rule.Model, rule.Class = key.Value, r.text(value)
	case "cwe":
		rule.CWE = r.numbers(value)
	case "cwe_broad":
		rule.CWEBroad = r.numbers(value)
	case "capec":
		rule.CAPEC = r.numbers(value)
	case "owasp_api":
		rule.OWASP = r.text(value)
	case "severity":
		rule.Severity = drawbridge.Severity(r.text(value))
	case "per":
		rule.Per = flow.ElementKind(r.text(value))
	case "kinds":
		for _, k := range r.texts(value) {
			rule.Kinds = append(rule.Kinds, drawbridge.InterfaceKind(k))
		}
	case "direction":
		rule.Direction = drawbridge.Direction(r.text(value))
	case "requires":
		rule.Requires = r.text(value)
	case "needs":
		rule.Needs = r.text(value)
	case "applies":
		rule.Applies = r.text(value)
	case "unless":
		rule.Unless = r.text(value)
	case "controls":
		rule.Controls = r.texts(value)
	case "settles":
		rule.Settles = r.texts(value)
	case "question":
		rule.Question = r.text(value)
	case "cases":
		r.cases(rule, value)
	default:
		r.add(key, "%q is no field of a rule; the fields are id, version, title, why, stride or linddun, cwe, cwe_broad, capec, owasp_api, severity, per, kinds, direction, requires, needs, applies, unless, controls, settles, question, cases", key.Value)
	}
}

func (r *ruleReader) text(n *yaml.Node) string {
	if n.Kind != yaml.Scalar || n.Null() {
		r.add(n, "a text is wanted here")
		return ""
	}
	return strings.TrimSpace(n.Value)
}

func (r *ruleReader) number(n *yaml.Node) int {
	v, err := strconv.Atoi(n.Value)
	if n.Kind != yaml.Scalar || err != nil || v < 0 {
		r.add(n, "a whole number is wanted here")
	}
	return v
}

func (r *ruleReader) texts(n *yaml.Node) []string {
	if n.Kind != yaml.List {
		r.add(n, "a list is wanted here, like [a, b]")
		return nil
	}
	out := make([]string, 0, len(n.Children))
	for i := range n.Children {
		out = append(out, r.text(&n.Children[i]))
	}
	return out
}

func (r *ruleReader) numbers(n *yaml.Node) []int {
	if n.Kind != yaml.List {
		r.add(n, "a list of numbers is wanted here, like [319, 757]")
		return nil
	}
	out := make([]int, 0, len(n.Children))
	for i := range n.Children {
		out = append(out, r.number(&n.Children[i]))
	}
	return out
}

var ruleID = regexp.MustCompile(`^[A-Z][A-Z0-9]{0,9}(-[A-Z0-9]{1,10})*[0-9]$`)

// classes are the words of the two models.
var classes = map[string][]string{
	"stride":  {"spoofing", "tampering", "repudiation", "information_disclosure", "denial_of_service", "elevation_of_privilege"},
	"linddun": {"linking", "identifying", "non_repudiation", "detecting", "data_disclosure", "unawareness_unintervenability", "non_compliance"},
}

var requirements = []string{"map", "observation", "history", "portfolio"}

// check holds a rule to what can be said without its expressions.
func (r *ruleReader) check(rule *Rule) {
	root := &r.tree.Root
	want := func(ok bool, format string, args ...any) {
		if !ok {
			r.add(root, format, args...)
		}
	}
	want(ruleID.MatchString(rule.ID), "id %q must be capitals and digits that end in a digit, like X001", rule.ID)
	want(rule.Version > 0, "version is missing; the first one is 1")
	want(rule.Title != "" && len(rule.Title) <= 120, "title is missing or longer than 120 bytes")
	want(rule.Why != "" && len(rule.Why) <= 1200, "why is missing or longer than 1200 bytes")
	want(slices.Contains(classes[rule.Model], rule.Class), "stride or linddun must be one of their classes: stride %s; linddun %s",
		strings.Join(classes["stride"], ", "), strings.Join(classes["linddun"], ", "))
	want(rule.Severity.Rank() >= 0, "severity %q is none of info, low, medium, high, critical", rule.Severity)
	want(rule.Per == flow.OnInterface || rule.Per == flow.OnFlow || rule.Per == flow.OnIntegration, "per %q is none of interface, flow, integration", rule.Per)
	want(slices.Contains(requirements, rule.Requires), "requires %q is none of %s", rule.Requires, strings.Join(requirements, ", "))
	want(rule.Direction == "" || rule.Direction == drawbridge.Inbound || rule.Direction == drawbridge.Outbound, "direction %q is none of inbound, outbound", rule.Direction)
	for _, k := range rule.Kinds {
		want(k == "*" || slices.Contains(drawbridge.InterfaceKinds(), k), "kinds: %q is no interface kind", k)
	}
	if slices.Contains(rule.Kinds, "*") {
		rule.Kinds = nil
	}
	want(len(rule.Controls) > 0, "controls is empty; name at least the control that the rule asks for")
	want(len(rule.Settles) > 0, "settles is empty; name what would settle the threat")
	want(rule.Requires == "map" || rule.Needs != "", "needs is missing; say in words what the rule needs beyond the map")
	if rule.Requires == "map" {
		want(rule.Applies != "", "applies is missing; write 'true' when the kinds say it all")
		want(rule.Unless != "", "unless is missing; write 'false' when nothing holds the threat")
	}
}
