package cli

import (
	"cmp"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"unicode"

	"github.com/spf13/cobra"

	"drawbridge"
	"drawbridge/internal/near"
	"drawbridge/internal/policy"
	"drawbridge/internal/taxonomy"
	"drawbridge/internal/threat"
)

const explainExample = `  drawbridge explain T001
  drawbridge explain T001@charges --file acme-payments/integration.yaml
  drawbridge explain tls-version
  drawbridge explain TLS-01
  drawbridge explain contact.email
  drawbridge explain "GDPR 28(3)(h)"`

func newExplain(env *Env) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "explain ID",
		Short: "Explain a threat, a control, a test, a data category or a framework's id",
		Long: `Explain says what an id of a result means and what hangs on it: a threat rule (T001), a threat on
an element (T001@charges, with --file), a control, a check, rehearsal, gateway assertion or kind of
evidence, a data category, or the id of a published framework.`,
		Example: explainExample,
		Args:    cobra.ExactArgs(1),
	}
	format := formatFlag(cmd, "text", "json")
	file := cmd.Flags().String("file", "", "manifest on which a threat is explained")
	asOf := cmd.Flags().String("as-of", "", "day or instant at which exceptions and dates are judged (default now)")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		at, err := env.asOf(*asOf)
		if err != nil {
			return err
		}
		e, err := newExplainer(env, *file)
		if err != nil {
			return err
		}
		if *file != "" {
			f, err := findThreats(cmd.Context(), env, *file, threat.Options{AsOf: at, All: true})
			if err != nil {
				return err
			}
			e.found = f
		}
		x, err := e.explain(args[0])
		if err != nil {
			return err
		}
		if *format == "json" {
			return writeJSON(env.Stdout, x)
		}
		return x.text(env.Stdout, env.width())
	}
	return cmd
}

// explanation is what is known about one id.
type explanation struct {
	Kind   string   `json:"kind"` // rule, threat, control, check, rehearsal, gateway, evidence, category, framework
	ID     string   `json:"id"`
	Title  string   `json:"title"`
	Text   string   `json:"text,omitempty"`
	Fields []field  `json:"fields"`
	See    []string `json:"see"` // other ids to explain
	Detail any      `json:"detail,omitempty"`
}

// field is one line of an explanation.
type field struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

func (x *explanation) add(name, value string) {
	if value != "" {
		x.Fields = append(x.Fields, field{name, value})
	}
}

func (x *explanation) text(w io.Writer, width int) error {
	var b strings.Builder
	threat.Paragraph(&b, 0, x.Kind+" ", x.ID+": "+x.Title, width)
	if x.Text != "" {
		threat.Paragraph(&b, 2, "", x.Text, width)
	}
	for _, f := range x.Fields {
		threat.Paragraph(&b, 2, fmt.Sprintf("%-12s ", f.Name), f.Value, width)
	}
	if len(x.See) > 0 {
		threat.Paragraph(&b, 2, fmt.Sprintf("%-12s ", "see"), strings.Join(x.See, ", "), width)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// explainer knows where ids come from.
type explainer struct {
	ws    *policy.Workspace
	found *found
	rules []threat.Rule
}

func newExplainer(env *Env, file string) (*explainer, error) {
	dir := env.Dir
	if file != "" {
		dir = filepath.Dir(env.path(file))
	}
	ws, err := policy.OpenWorkspace(dir)
	if err != nil {
		return nil, err
	}
	return &explainer{ws: ws, rules: ws.Threats.Rules()}, nil
}

// explain tries each source of ids in turn.
func (e *explainer) explain(id string) (*explanation, error) {
	if rule, element, ok := strings.Cut(id, "@"); ok && ruleLike(rule) {
		return e.threat(id, rule, element)
	}
	if r, ok := e.ws.Threats.Rule(strings.ToUpper(id)); ok {
		return e.rule(r), nil
	}
	if d, ok := settleLike(id); ok {
		return e.settle(d), nil
	}
	if c, ok := e.ws.Policy.Control(strings.ToLower(id)); ok {
		return e.control(c), nil
	}
	if c, ok := e.ws.Taxonomy.Category(strings.ToLower(id)); ok {
		return category(c), nil
	}
	for _, f := range e.ws.Policy.Frameworks() {
		if squeeze(f.ID) == squeeze(id) {
			return e.framework(f), nil
		}
	}
	hint := "; rules list, policy list, checks and categories list what there is"
	if near := e.near(id); len(near) > 0 {
		hint = "; did you mean " + strings.Join(near, ", ") + "?"
	}
	return nil, drawbridge.Errorf(drawbridge.NotFound, "%q is no threat, control, test, data category or framework id%s", id, hint)
}

func ruleLike(s string) bool { return s != "" && unicode.IsUpper(rune(s[0])) }

func settleLike(id string) (threat.SettleDef, bool) {
	if d, ok := threat.Settles().Lookup(id); ok {
		return d, true
	}
	return threat.Settles().Lookup(strings.ToUpper(id))
}

// squeeze makes "GDPR Art. 28(3)(h)", "gdpr 28(3)(h)" and "GDPR-28(3)(h)" alike.
func squeeze(s string) string {
	s = strings.ToLower(s)
	for _, word := range []string{"article", "art."} {
		s = strings.ReplaceAll(s, word, "")
	}
	words := strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune(" -_:/", r) })
	return strings.Join(slices.DeleteFunc(words, func(w string) bool { return w == "art" }), "")
}

// near suggests ids that are one or two letters away, or that hold what was typed.
func (e *explainer) near(id string) []string {
	var ids []string
	for _, r := range e.rules {
		ids = append(ids, r.ID)
	}
	for _, c := range e.ws.Policy.Controls() {
		ids = append(ids, c.ID)
	}
	for _, d := range threat.Settles().All() {
		ids = append(ids, d.ID)
	}
	for _, f := range e.ws.Policy.Frameworks() {
		ids = append(ids, f.ID)
	}
	type guess struct {
		id   string
		away int
	}
	var found []guess
	typed := squeeze(id)
	for _, candidate := range ids {
		c := squeeze(candidate)
		away := near.Distance(typed, c)
		if len(typed) >= 3 && strings.Contains(c, typed) {
			away = 1
		}
		if away <= 2 && away < len(typed) {
			found = append(found, guess{candidate, away})
		}
	}
	slices.SortStableFunc(found, func(a, b guess) int { return cmp.Compare(a.away, b.away) })
	var out []string
	for _, g := range found[:min(5, len(found))] {
		out = append(out, g.id)
	}
	if len(out) == 0 {
		out = e.ws.Taxonomy.Suggest(strings.ToLower(id))
	}
	return out
}

func (e *explainer) threat(id, rule, element string) (*explanation, error) {
	r, ok := e.ws.Threats.Rule(rule)
	if !ok {
		return nil, drawbridge.Errorf(drawbridge.NotFound, "%s is no threat rule; see: drawbridge rules list", rule)
	}
	if e.found == nil {
		return nil, drawbridge.Errorf(drawbridge.Invalid, "%s is rule %s on the element %s of a manifest; name the manifest with --file, or explain %s", id, rule, element, rule)
	}
	list := e.found.result.Threats
	i := slices.IndexFunc(list, func(t threat.Threat) bool { return t.ID == id })
	if i < 0 {
		return nil, drawbridge.Errorf(drawbridge.NotFound, "rule %s says nothing about %q: it looks at each %s%s; check the element's id", rule, element, r.Per, ofKinds(r))
	}
	t := list[i]
	x := &explanation{Kind: "threat", ID: t.ID, Title: t.Title, Text: t.Why, Detail: t}
	x.add("state", string(t.State))
	for _, b := range t.Because {
		x.add("because", fmt.Sprintf("%s is %s (%s, %s)", b.Fact, b.Value, b.Source, b.Key))
	}
	x.add("unknown", strings.Join(t.Missing, ", "))
	for _, q := range e.found.result.Questions {
		if q.ID == t.Question {
			x.add("question", q.Text)
			x.add("answer in", strings.Join(q.Accepts, "; "))
		}
	}
	if t.Accepted != nil {
		x.add("accepted", fmt.Sprintf("by %s until %s: %s", t.Accepted.Owner, t.Accepted.Expires, t.Accepted.Reason))
	}
	x.add("note", t.Reason)
	x.add("severity", threat.Arithmetic(&t))
	e.ruleFields(x, r)
	return x, nil
}

func ofKinds(r threat.Rule) string {
	if len(r.Kinds) == 0 {
		return ""
	}
	kinds := make([]string, len(r.Kinds))
	for i, k := range r.Kinds {
		kinds[i] = string(k)
	}
	return " of kind " + strings.Join(kinds, ", ")
}

func (e *explainer) rule(r threat.Rule) *explanation {
	x := &explanation{Kind: "rule", ID: r.ID, Title: r.Title, Text: r.Why, Detail: r}
	x.add("severity", string(r.Severity)+" before level, exposure and volume are added")
	e.ruleFields(x, r)
	return x
}

func (e *explainer) ruleFields(x *explanation, r threat.Rule) {
	x.add("class", r.Model+" "+strings.ReplaceAll(r.Class, "_", " "))
	x.add("looks at", "each "+string(r.Per)+ofKinds(r)+strings.TrimSuffix(" ("+string(r.Direction)+")", " ()"))
	if r.Requires != "map" {
		x.add("needs", r.Requires+": "+r.Needs)
	}
	x.add("applies", r.Applies)
	x.add("unless", r.Unless)
	x.add("controls", strings.Join(r.Controls, ", "))
	for _, id := range r.Settles {
		if d, ok := threat.Settles().Lookup(id); ok {
			x.add("settled by", id+": "+d.Title)
		}
	}
	x.add("cwe", numbers(r.CWE))
	x.add("capec", numbers(r.CAPEC))
	x.add("owasp api", r.OWASP)
	x.See = append(x.See, r.Controls...)
}

func numbers(list []int) string { return strings.Trim(fmt.Sprint(list), "[]") }

func (e *explainer) settle(d threat.SettleDef) *explanation {
	x := &explanation{Kind: d.Kind, ID: d.ID, Title: d.Title, Text: d.Oracle, Detail: d}
	switch d.Mode() {
	case threat.Automated:
		x.add("mode", "automated")
	case threat.Manual:
		x.add("mode", "manual until a runner exists: follow the instruction")
	case threat.NotTestable:
		x.add("mode", "no test settles it: a person reviews a document")
	}
	x.add("needs", strings.Join(d.Needs, ", "))
	x.add("safety", d.Safety)
	x.add("cwe", strings.Join(d.CWE, " "))
	x.add("owasp api", d.OWASP)
	x.add("asked by", strings.Join(d.FailureModes, ", "))
	for _, r := range e.rules {
		if slices.Contains(r.Settles, d.ID) {
			x.See = append(x.See, r.ID)
		}
	}
	for _, c := range e.ws.Policy.Controls() {
		if slices.Contains(c.Settles, d.ID) {
			x.See = append(x.See, c.ID)
		}
	}
	return x
}

func (e *explainer) control(c policy.ControlDef) *explanation {
	x := &explanation{Kind: "control", ID: c.ID, Title: c.Title, Text: c.Criterion, Detail: c}
	x.add("domain", c.Domain)
	x.add("holds when", c.Holds)
	x.add("applies when", c.Applies)
	x.add("required", "from tier "+string(c.RequiredFrom))
	x.add("weight", fmt.Sprintf("%g: %s", c.Weight, c.Why))
	x.add("owner", c.Owner)
	x.add("frameworks", strings.Join(c.Frameworks, ", "))
	x.add("settled by", strings.Join(c.Settles, ", "))
	for _, r := range e.rules {
		if slices.Contains(r.Controls, c.ID) {
			x.See = append(x.See, r.ID)
		}
	}
	return x
}

func category(c taxonomy.Category) *explanation {
	x := &explanation{Kind: "category", ID: c.ID, Title: c.Name, Detail: c}
	x.add("level", fmt.Sprintf("%d %s", c.Level, c.Level))
	x.add("identifies", c.Ident)
	x.add("regulation", strings.Join(c.Tags, ", "))
	x.add("names", strings.Join(c.Keys, ", "))
	x.add("test data", c.Test)
	x.add("when shared", c.Share)
	x.add("origin", c.Origin)
	return x
}

func (e *explainer) framework(f policy.Framework) *explanation {
	x := &explanation{Kind: "framework", ID: f.ID, Title: f.Title, Detail: f}
	x.add("framework", f.Framework)
	for _, c := range e.ws.Policy.Controls() {
		if slices.Contains(c.Frameworks, f.ID) {
			x.See = append(x.See, c.ID)
		}
	}
	return x
}
