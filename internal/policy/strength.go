package policy

import (
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"time"

	"drawbridge"
	"drawbridge/internal/flow"
)

// confidence is the ladder: how much a control counts by how it is known.
func confidence(k drawbridge.Knowledge) float64 {
	switch k {
	case drawbridge.KnownClaim:
		return 0.5
	case drawbridge.KnownDocument:
		return 0.75
	case drawbridge.KnownAudit:
		return 0.9
	case drawbridge.KnownTestProxy:
		return 0.85
	case drawbridge.KnownTest:
		return 1
	default:
		return 0
	}
}

// fromCI is what a live test loses when a pipeline reports it instead of us.
const fromCI = 0.95

// standing is one control on one element.
type standing struct {
	element    string
	iface      string // id of the interface that it stands on, or ""
	applies    bool
	value      *float64 // nil when unknown
	known      drawbridge.Knowledge
	confidence float64
	verdict    drawbridge.Verdict
	failed     []Result    // live tests that failed and that nobody refuted
	claim      bool        // by what is stated it holds
	said       []Statement // who states it, or denies it
	missing    []string    // manifest keys
	keys       []string    // manifest keys that the answer was read from
	because    string
}

// strength is how much the control counts: value times confidence, 1 where it
// does not apply.
func (s standing) strength() float64 {
	switch {
	case !s.applies:
		return 1
	case s.value == nil:
		return 0
	default:
		return *s.value * s.confidence
	}
}

// denied reports whether a test failed. Who claimed the control makes no
// difference: otherwise silence would count less than an answer.
func (s standing) denied() bool { return s.verdict == drawbridge.Fail }

// standings are a control's standings on every element that it is about.
type standings struct {
	def *ControlDef
	on  []standing
}

// worst returns the standing that counts: the least strength; among equals a
// known failure before silence, then the order of ids.
func (s standings) worst() standing {
	if len(s.on) == 0 {
		return standing{because: "It is about no interface of this integration."}
	}
	best := s.on[0]
	for _, o := range s.on[1:] {
		if o.strength() < best.strength() || o.strength() == best.strength() && best.value == nil && o.value != nil && o.applies {
			best = o
		}
	}
	return best
}

// stand finds how each control stands on each element that it is about. A live
// test older than the tier's rhythm counts like a document.
func (p *Pack) stand(in Input, v *view, tier TierDef) ([]standings, error) {
	oldest := in.AsOf.AddDate(0, -tier.Months, 0)
	live := map[string][]Result{}
	for _, r := range in.Results {
		live[r.Check] = append(live[r.Check], r)
	}
	claims := map[string][]drawbridge.Claim{}
	for _, c := range in.Claims {
		claims[c.Control] = append(claims[c.Control], c)
	}
	out := make([]standings, len(p.controls))
	for i, c := range p.controls {
		out[i].def = c
		for e := range v.elements {
			if !c.about(v, e) {
				continue
			}
			s, err := c.stand(v, e)
			if err != nil {
				return nil, err
			}
			if s.applies {
				s.hear(claims[c.ID])
				s.settle(c, in, live, oldest)
			}
			out[i].on = append(out[i].on, s)
		}
		if c.Per == flow.OnFlow && len(out[i].on) == 0 {
			out[i].on = []standing{{
				element: "integration", applies: true, known: drawbridge.KnownNothing,
				missing: []string{"flows"}, because: "No flow says what data moves.",
			}}
		}
	}
	return out, nil
}

// stand reads what the manifest says of the control on one element.
func (c *ControlDef) stand(v *view, e int) (standing, error) {
	s := standing{element: v.elements[e].ID, iface: v.elements[e].Interface, applies: true}
	if v.elements[e].Kind == flow.OnIntegration {
		s.iface = ""
	}
	if c.applies != nil {
		r, err := v.eval(c.applies, e)
		if err != nil {
			return s, fmt.Errorf("control %s: applies: %w", c.ID, err)
		}
		if r.False() {
			s.applies = false
			s.because = "It does not apply here: " + c.Applies + " is not the case."
			return s, nil
		}
	}
	r, err := v.eval(c.holds, e)
	if err != nil {
		return s, fmt.Errorf("control %s: holds: %w", c.ID, err)
	}
	s.known = drawbridge.KnownNothing
	if r.Known {
		value := 0.0
		if s.claim = r.True(); s.claim {
			value = 1
		}
		s.value, s.known = &value, drawbridge.KnownClaim
		s.keys = v.keys(e, r.Read)
		s.said = []Statement{{Source: "manifest", Keys: s.keys, Holds: s.claim}}
	}
	s.confidence = confidence(s.known)
	if !v.brief {
		s.tell(v.missing(e, r.Unknown))
	}
	return s, nil
}

// tell says what the manifest says, or what nobody answered.
func (s *standing) tell(missing []string) {
	switch {
	case s.value == nil:
		s.missing = missing
		s.because = "Nobody answered " + strings.Join(s.missing, ", ") + "."
	case s.claim:
		s.because = fmt.Sprintf("The manifest says so in %s; nothing but its word stands behind it.", strings.Join(s.keys, ", "))
	default:
		s.because = fmt.Sprintf("By the manifest it is not in place; see %s.", strings.Join(s.keys, ", "))
	}
}

// settle lets accepted evidence and live tests speak.
func (s *standing) settle(c *ControlDef, in Input, live map[string][]Result, oldest time.Time) {
	for _, e := range in.Evidence {
		if k := confidence(e.Known); s.claim && e.counts(c, in.AsOf) && k > s.confidence {
			s.known, s.confidence = e.Known, k
			s.because = "A reviewer accepted " + e.ID + "."
			if e.Until != "" {
				s.because = "A reviewer accepted " + e.ID + "; it counts until " + string(e.Until) + "."
			}
		}
	}
	var passed []Result
	open := false
	for _, id := range c.Settles {
		for _, r := range live[id] {
			if r.Element != s.element && r.Element != s.iface || r.Element == "" {
				continue
			}
			switch {
			case r.Verdict == drawbridge.Fail && r.Refuted == "":
				s.failed = append(s.failed, r)
			case r.Verdict == drawbridge.Pass:
				passed = append(passed, r)
			default:
				open = true
			}
		}
	}
	switch {
	case len(s.failed) > 0:
		zero := 0.0
		s.value, s.known, s.confidence, s.verdict = &zero, drawbridge.KnownTest, 1, drawbridge.Fail
		s.because = "The live test " + s.failed[0].Check + " failed; it overrides the claim until it is fixed or refuted."
	case open:
		s.verdict = drawbridge.Inconclusive
	case len(passed) > 0 && c.Technical:
		s.pass(passed, oldest)
	}
}

// pass counts the strongest of the passed tests: one more never proves less. It
// settles the control whatever is stated, so that an honest no is never worse
// than silence; the threat that the no leaves open stays open until the manifest
// is corrected.
func (s *standing) pass(passed []Result, oldest time.Time) {
	s.verdict = drawbridge.Pass
	best, known := 0.0, drawbridge.KnownTest
	for _, r := range passed {
		k := drawbridge.KnownTest
		if r.Representative {
			k = drawbridge.KnownTestProxy
		}
		c := confidence(k)
		if r.FromCI {
			c *= fromCI
		}
		if r.At.Before(oldest) {
			k, c = drawbridge.KnownDocument, min(c, confidence(drawbridge.KnownDocument))
		}
		if c > best {
			best, known = c, k
		}
	}
	denied := s.value != nil && *s.value == 0
	one := 1.0
	s.value = &one
	if denied || best > s.confidence {
		s.known, s.confidence = known, best
	}
	s.missing = nil
	s.because = "Live tests passed: " + checks(passed) + "."
	if denied {
		s.because += " By what is stated the control is not in place; correct it."
	}
}

func checks(results []Result) string {
	var out []string
	for _, r := range results {
		out = append(out, r.Check)
	}
	slices.Sort(out)
	return strings.Join(slices.Compact(out), ", ")
}

// list is what an interface has to answer for: the controls that speak of its
// kind and direction, and those that speak of flows or of the integration.
type list struct {
	iface   string // "" for an integration without interfaces
	members []member
}

type member struct {
	index  int // into the standings
	from   int // rank of the tier that requires it first
	weight float64
}

// lists makes the list of each interface. Interfaces whose lists are the same
// share one, since a control counts where it stands worst.
func lists(all []standings, ifaces []string) []list {
	if len(ifaces) == 0 {
		ifaces = []string{""}
	}
	on := make(map[string][]bool, len(ifaces))
	for _, id := range ifaces {
		on[id] = make([]bool, len(all))
	}
	for i, s := range all {
		for _, o := range s.on {
			if marks := on[o.iface]; s.def.Per == flow.OnInterface && marks != nil {
				marks[i] = true
			}
		}
	}
	var out []list
	seen := map[string]bool{}
	for _, id := range ifaces {
		l := list{iface: id}
		var key []byte
		for i, s := range all {
			if s.def.Per == flow.OnInterface && !on[id][i] {
				continue
			}
			l.members = append(l.members, member{i, rank(s.def.RequiredFrom), s.def.Weight})
			key = binary.AppendUvarint(key, uint64(i))
		}
		if !seen[string(key)] {
			seen[string(key)] = true
			out = append(out, l)
		}
	}
	return out
}

// group is the part of a list that a tier requires, and how well it is held.
type group struct {
	list     list
	tier     int // rank
	strength float64
}

// members returns the controls of the list that the group's tier requires.
func (g group) members() []member {
	return slices.DeleteFunc(slices.Clone(g.list.members), func(m member) bool { return m.from > g.tier })
}

// effectiveness finds the weakest group over the lists and the tiers up to the
// present one. Where nothing is required, nothing is proven.
func effectiveness(all []list, tier drawbridge.Tier, strengths []float64) group {
	best := group{strength: 2}
	for t := range rank(tier) + 1 {
		for _, l := range all {
			var sum, weights float64
			for _, m := range l.members {
				if m.from <= t {
					sum += strengths[m.index] * m.weight
					weights += m.weight
				}
			}
			if weights > 0 && sum/weights < best.strength {
				best = group{l, t, sum / weights}
			}
		}
	}
	if best.strength > 1 {
		return group{}
	}
	return best
}
