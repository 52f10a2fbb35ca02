package policy

import (
	"slices"
	"strings"
	"sync"

	"drawbridge"
	"drawbridge/internal/expr"
)

// GateVar describes one name of the gate's input. A count has a list of refs
// of the same name behind it.
type GateVar struct {
	Name string    `json:"name"`
	Type expr.Type `json:"type"`
	List bool      `json:"list,omitempty"` // the count of a list that refs may name
	Doc  string    `json:"doc"`
}

// GateVars returns the gate's input: every name that a rule of the gate or a
// lift may read. All of them are always known.
func GateVars() []GateVar {
	return []GateVar{
		{"score.inherent", expr.Double, false, "Inherent risk, 0 to 100."},
		{"score.effectiveness", expr.Double, false, "Control strength, 0 to 1."},
		{"score.residual", expr.Double, false, "Residual risk, 0 to 100, lifts included."},
		{"score.unlifted", expr.Double, false, "Residual risk before lifts."},
		{"score.tier", expr.Text, false, "low, medium, high or critical."},
		{"score.unknown_inputs", expr.Int, true, "Inputs and floors of the rubric that nobody answered."},
		{"integration.environment", expr.Text, false, "Environment under review."},
		{"integration.production", expr.Bool, false, "Whether that is production."},
		{"data.personal", expr.Bool, false, "Some flow carries personal data, or may: its data is not categorised."},
		{"data.uncategorised", expr.Int, true, "Flows whose data is undeclared or has no category."},
		{"data.unconfirmed", expr.Int, true, "Flows with an inferred category that no person confirmed."},
		{"threats.open", expr.Int, true, "Threats that stand open, of any severity, and that no exception covers."},
		{"threats.open_critical", expr.Int, true, "Open threats of critical severity that no exception covers."},
		{"threats.open_high", expr.Int, true, "Open threats of high severity that no exception covers."},
		{"threats.accepted", expr.Int, true, "Threats covered by an unexpired exception of the manifest that no record confirms: a proposal."},
		{"threats.confirmed", expr.Int, true, "Threats covered by an unexpired exception that the record confirms."},
		{"threats.accepted_critical", expr.Int, true, "Threats of critical severity covered by any unexpired exception."},
		{"threats.unanswered", expr.Int, true, "Threats that wait for an answer."},
		{"threats.unanswered_critical", expr.Int, true, "Those of critical severity."},
		{"questions.open", expr.Int, true, "Questions that nobody answered."},
		{"controls.unknown", expr.Int, true, "Required controls that nobody answered for."},
		{"controls.failed", expr.Int, true, "Required controls that are not in place, by what is stated."},
		{"controls.contradicted", expr.Int, true, "Required controls that a live test denies, whoever claims them."},
		{"controls.excepted", expr.Int, true, "Required controls that stand badly nowhere but where a confirmed exception covers it."},
		{"transfers.prohibited", expr.Int, true, "Transfers that a law forbids."},
		{"transfers.blocked", expr.Int, true, "Transfers whose mechanism does not carry them."},
		{"transfers.undecided", expr.Int, true, "Transfers that need a person's judgement."},
		{"transfers.evidence_missing", expr.Int, true, "Transfers allowed once evidence is handed in."},
		{"transfers.unconfirmed", expr.Int, true, "Allowed transfers that rest on a rule which no reviewer confirmed."},
		{"results.wanted", expr.Bool, false, "Whether the tier asks for live tests."},
		{"results.ran", expr.Int, true, "Live checks with a verdict of pass or fail."},
		{"results.failed", expr.Int, true, "Live checks that failed, that nobody refuted and no confirmed exception covers."},
		{"results.excepted", expr.Int, true, "Live checks that failed, and that confirmed exceptions cover."},
		{"results.unproven", expr.Int, true, "Live checks that are inconclusive or were skipped."},
	}
}

// gateNothing is the gate's input when there is nothing to say.
var gateNothing = sync.OnceValue(func() map[string]any {
	values := map[string]any{}
	for _, v := range GateVars() {
		switch v.Type {
		case expr.Double:
			values[v.Name] = 0.0
		case expr.Int:
			values[v.Name] = int64(0)
		case expr.Bool:
			values[v.Name] = false
		default:
			values[v.Name] = ""
		}
	}
	return values
})

var gateEnv = sync.OnceValue(func() *expr.Env {
	var vars []expr.Var
	for _, v := range GateVars() {
		vars = append(vars, expr.Var{Name: v.Name, Type: v.Type})
	}
	env, err := expr.NewEnv(vars)
	if err != nil {
		panic(err) // the table above is broken; every test catches it
	}
	return env
})

func gateList(name string) bool {
	return name == "" || slices.ContainsFunc(GateVars(), func(v GateVar) bool { return v.List && v.Name == name })
}

// GateDef is gate.yaml.
type GateDef struct {
	Version  int           `yaml:"version" json:"version"`
	Rules    []GateRule    `yaml:"rules" json:"rules"`
	Examples []GateExample `yaml:"examples" json:"-"`
}

// GateRule is one rule of the gate.
type GateRule struct {
	ID        string             `yaml:"id" json:"id"`
	Outcome   drawbridge.Outcome `yaml:"outcome" json:"outcome"`
	When      string             `yaml:"when" json:"when"`
	Refs      string             `yaml:"refs" json:"refs,omitempty"`
	Text      string             `yaml:"text" json:"text"`
	Condition *GateCondition     `yaml:"condition" json:"condition,omitempty"`

	when *condition
}

// GateCondition is what has to be done when the rule holds.
type GateCondition struct {
	Text  string `yaml:"text" json:"text"`
	Owner string `yaml:"owner" json:"owner"`
	Each  string `yaml:"each" json:"each,omitempty"` // ref, owner, or one for the rule
}

// GateExample is a worked example: names of the gate's input that differ from
// nought, and what the gate says.
type GateExample struct {
	Name    string             `yaml:"name"`
	Input   map[string]any     `yaml:"input"`
	Outcome drawbridge.Outcome `yaml:"outcome"`
	Rules   []string           `yaml:"rules"` // that speak, in order
}

func (g *GateDef) compile() error {
	bad := func(format string, args ...any) error {
		return drawbridge.Errorf(drawbridge.Invalid, "gate.yaml: "+format, args...)
	}
	if len(g.Rules) == 0 || len(g.Rules) > maxRules || len(g.Examples) > maxCasesPerFile {
		return bad("it needs 1 to %d rules and at most %d examples", maxRules, maxCasesPerFile)
	}
	seen := map[string]bool{}
	for i := range g.Rules {
		r := &g.Rules[i]
		switch {
		case !validName(r.ID) || seen[r.ID]:
			return bad("the rule id %q is no short name or stands twice", r.ID)
		case r.Outcome != drawbridge.NoGo && r.Outcome != drawbridge.Conditional:
			return bad("rule %s: outcome is %q; write no-go or conditional (go is what is left when no rule speaks)", r.ID, r.Outcome)
		case r.Text == "" || !gateList(r.Refs):
			return bad("rule %s needs a text, and refs that name a list of the gate's input", r.ID)
		case strings.Contains(r.Text, "{n}") && r.Refs == "":
			return bad("rule %s: {n} needs refs to count", r.ID)
		case r.Outcome == drawbridge.Conditional && r.Condition == nil:
			return bad("rule %s is conditional and has no condition to meet", r.ID)
		}
		if c := r.Condition; c != nil && (c.Text == "" || !validName(c.Owner) || c.Each != "" && c.Each != "ref" && c.Each != "owner") {
			return bad("rule %s: its condition needs a text, an owner role, and each: ref or owner, or nothing", r.ID)
		}
		seen[r.ID] = true
		var err error
		if r.when, err = compileIn(gateEnv(), "gate.yaml", "rule "+r.ID, r.When, expr.Bool); err != nil {
			return err
		}
	}
	return nil
}
