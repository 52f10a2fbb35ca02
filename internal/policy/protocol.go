package policy

import (
	"fmt"
	"slices"

	"drawbridge"
	"drawbridge/internal/expr"
)

// Protocol is how a review is run by the policy: review.yaml of a pack, the
// built-in one where a pack brings none.
type Protocol struct {
	Version     int            `yaml:"version" json:"version"`
	FastLane    FastLane       `yaml:"fast_lane" json:"fast_lane"`
	Tiers       []TierProtocol `yaml:"tiers" json:"tiers"` // highest first
	Delegation  int            `yaml:"delegation" json:"delegation"`
	Reassess    int            `yaml:"reassess" json:"reassess"`
	Objection   int            `yaml:"objection" json:"objection"`
	Deprecation int            `yaml:"deprecation" json:"deprecation"`
	Renewal     int            `yaml:"renewal" json:"renewal"`
	Threads     []string       `yaml:"threads" json:"threads"`
	Triggers    []TriggerRule  `yaml:"triggers" json:"triggers"`
}

// FastLane says when one reviewer is enough.
type FastLane struct {
	When string `yaml:"when" json:"when"` // over the gate's input

	when *condition
}

// TierProtocol is what a tier asks of its reviews.
type TierProtocol struct {
	Tier      drawbridge.Tier           `yaml:"tier" json:"tier"`
	Order     [][]drawbridge.Discipline `yaml:"order" json:"order"`   // groups; one signs when all before it have
	Quorum    int                       `yaml:"quorum" json:"quorum"` // approving sign-offs of each role
	Decide    int                       `yaml:"decide" json:"decide"` // days from triage to decision
	Escalate  int                       `yaml:"escalate" json:"escalate"`
	Exception int                       `yaml:"exception" json:"exception"` // longest, in days
	Renewals  int                       `yaml:"renewals" json:"renewals"`
	Threats   int                       `yaml:"threats" json:"threats"` // months between looks at the threat model
}

// TriggerRule is one row of what triggers do.
type TriggerRule struct {
	Kind     string              `yaml:"kind" json:"kind"`
	Severity drawbridge.Severity `yaml:"severity" json:"severity,omitempty"` // this or higher; empty for any
	Tier     drawbridge.Tier     `yaml:"tier" json:"tier,omitempty"`         // this or higher; empty for any
	Effect   drawbridge.Effect   `yaml:"effect" json:"effect"`
	Review   bool                `yaml:"review" json:"review"` // whether it opens a review
}

// TriggerKinds lists the kinds of trigger in the order of the documents.
func TriggerKinds() []string {
	return []string{
		"widening", "evidence", "subprocessor", "check", "incident", "contract", "owner", "ownership", "pack", "rhythm", "notice", "exception", "condition", "threats",
	}
}

// Protocol returns how reviews are run by this pack. Do not change it.
func (p *Pack) Protocol() *Protocol { return p.protocol }

// Tier returns what a tier asks for; an unknown word gets the highest.
func (p *Protocol) Tier(t drawbridge.Tier) TierProtocol {
	if i := slices.IndexFunc(p.Tiers, func(d TierProtocol) bool { return d.Tier == t }); i >= 0 {
		return p.Tiers[i]
	}
	return p.Tiers[0]
}

// Before lists the roles that sign before a role may.
func (t TierProtocol) Before(role drawbridge.Discipline) []drawbridge.Discipline {
	var out []drawbridge.Discipline
	for _, group := range t.Order {
		if slices.Contains(group, role) {
			return out
		}
		out = append(out, group...)
	}
	return nil // signs at any time
}

// Effect returns what a trigger does to what is live, and whether it opens a
// review. An unknown severity or tier counts as the highest.
func (p *Protocol) Effect(kind string, severity drawbridge.Severity, tier drawbridge.Tier) (effect drawbridge.Effect, review bool) {
	atLeast := func(i, least int) bool { return i < 0 || i >= least }
	for _, r := range p.Triggers {
		if r.Kind == kind && atLeast(slices.Index(drawbridge.Severities(), severity), slices.Index(drawbridge.Severities(), r.Severity)) &&
			atLeast(rank(tier), rank(r.Tier)) {
			return r.Effect, r.Review
		}
	}
	return drawbridge.Note, false
}

// Blocks reports whether an open blocking thread about such an object holds a
// review back.
func (p *Protocol) Blocks(kind string) bool {
	return slices.Contains(p.Threads, kind) || slices.Contains(p.Threads, "all")
}

func (p *Protocol) compile() error {
	if err := p.check(); err != nil {
		return err
	}
	var err error
	p.FastLane.when, err = compileIn(gateEnv(), "review.yaml", "fast_lane", p.FastLane.When, expr.Bool)
	return err
}

func (p *Protocol) check() error {
	bad := func(format string, args ...any) error {
		return drawbridge.Errorf(drawbridge.Invalid, "review.yaml: "+format, args...)
	}
	const days, years = 3650, 120
	for _, n := range []struct {
		name  string
		value int
	}{{"delegation", p.Delegation}, {"reassess", p.Reassess}, {"objection", p.Objection}, {"deprecation", p.Deprecation}, {"renewal", p.Renewal}} {
		if n.value < 1 || n.value > days {
			return bad("%s is %d; write days, 1 to %d", n.name, n.value, days)
		}
	}
	want := []drawbridge.Tier{drawbridge.TierCritical, drawbridge.TierHigh, drawbridge.TierMedium, drawbridge.TierLow}
	if len(p.Tiers) != len(want) {
		return bad("tiers must list critical, high, medium and low, in this order")
	}
	for i, t := range p.Tiers {
		switch {
		case t.Tier != want[i]:
			return bad("tier %d is %q; the order is critical, high, medium, low", i+1, t.Tier)
		case t.Quorum < 1 || t.Quorum > 10 || t.Renewals < 0 || t.Renewals > 10:
			return bad("tier %s: quorum must be 1 to 10 and renewals 0 to 10", t.Tier)
		case min(t.Decide, t.Escalate, t.Exception, t.Threats) < 1 || max(t.Decide, t.Escalate, t.Exception) > days || t.Threats > years:
			return bad("tier %s needs decide, escalate and exception (1 to %d days) and threats (1 to %d months)", t.Tier, days, years)
		}
		if err := orderly(t.Order); err != nil {
			return bad("tier %s: %w", t.Tier, err)
		}
	}
	if len(p.Triggers) > maxRules || len(p.Threads) > maxRules {
		return bad("it has more than %d triggers or threads", maxRules)
	}
	for i, r := range p.Triggers {
		switch {
		case !slices.Contains(TriggerKinds(), r.Kind):
			return bad("triggers[%d]: %q is no kind of trigger; write one of %v", i, r.Kind, TriggerKinds())
		case !slices.Contains(drawbridge.Effects(), r.Effect):
			return bad("triggers[%d]: effect is %q; write note, warn, narrow or suspend", i, r.Effect)
		case r.Severity != "" && !slices.Contains(drawbridge.Severities(), r.Severity), r.Tier != "" && rank(r.Tier) < 0:
			return bad("triggers[%d]: %q or %q is no severity or tier", i, r.Severity, r.Tier)
		}
	}
	return nil
}

// orderly refuses words that are no roles and roles that stand twice.
func orderly(groups [][]drawbridge.Discipline) error {
	seen := map[drawbridge.Discipline]bool{}
	for _, role := range slices.Concat(groups...) {
		if !role.Valid() || seen[role] {
			return fmt.Errorf("the order names %q, which is no role of a reviewer or stands twice", role)
		}
		seen[role] = true
	}
	return nil
}

// admits reports whether one reviewer is enough. What cannot be decided is a no.
func (f FastLane) admits(in gateInput) (bool, error) {
	res, err := f.when.Eval(in.lookup)
	if err != nil {
		return false, fmt.Errorf("the fast lane of review.yaml: %w", err)
	}
	return res.Known && res.True(), nil
}
