package threat

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"drawbridge"
	"drawbridge/internal/expr"
	"drawbridge/internal/flow"
	"drawbridge/internal/manifest"
)

// Options steer an evaluation.
type Options struct {
	AsOf time.Time // exceptions end by it
	All  bool      // list what is not applicable too
	Live []Live    // verdicts of live checks, by interface

	// Brief leaves out why a threat is there and what would settle it: states,
	// severities and questions are the same.
	Brief bool

	// Exceptions are those of the record. One covers what it names, a threat's id
	// or fingerprint, while it holds; a confirmed one goes before the manifest's.
	Exceptions []drawbridge.Exception
}

// outcome is a verdict in terms of fact positions, shared by every element
// with the same facts.
type outcome struct {
	state   drawbridge.ThreatState
	decided []int
	unknown []int
	fault   string // why an expression could not be evaluated
}

// run is one evaluation.
type run struct {
	session  *Session
	facts    *flow.Facts
	elements []flow.Element
	opt      Options
	result   *Result
	ask      *asker
	accepted map[string]*manifest.Exception
	covers   map[string]*drawbridge.Exception // of the record, those that hold
	used     map[string]bool                  // exceptions that cover a threat
	subject  string                           // id of the integration
	sums     map[string]*sum                  // by flow.Element kind and id
	buf      []byte
	threats  []*Threat
	room     []Threat // where the next threats go: large structs are not copied as the list grows
}

// put adds a threat to the list.
func (r *run) put(t Threat) {
	if len(r.room) == cap(r.room) {
		r.room = make([]Threat, 0, min(max(32, 2*len(r.threats)), 256))
	}
	r.room = append(r.room, t)
	r.threats = append(r.threats, &r.room[len(r.room)-1])
}

// compiled is a rule prepared for the evaluations of one session.
type compiled struct {
	*Rule
	facts   []int // that either expression reads
	names   map[string]int
	memo    map[string]*outcome
	settles []Settle
}

// group is what the rules are indexed by.
type group struct {
	per       flow.ElementKind
	kind      string
	direction string
}

// Session applies a catalogue to one integration after the other. What its rules
// said of equal facts is remembered, so that what a portfolio has in common is
// judged once. It is not safe for concurrent use.
type Session struct {
	rules  []*compiled
	groups map[group][]*compiled // without those on the whole
	held   int                   // outcomes that are remembered
}

// maxHeld bounds the outcomes that a session remembers before it starts afresh.
const maxHeld = 100_000

// Session starts a session.
func (c *Catalogue) Session() *Session {
	s := &Session{groups: map[group][]*compiled{}}
	for _, rule := range c.rules {
		s.rules = append(s.rules, prepare(rule))
	}
	return s
}

// Evaluate applies every rule to every element of the map. The same input
// always gives the same bytes; time and memory grow with the number of elements.
func (c *Catalogue) Evaluate(b *manifest.Bundle, m *flow.Map, f *flow.Facts, opt Options) (*Result, error) {
	return c.Session().Evaluate(b, m, f, opt)
}

// Evaluate is [Catalogue.Evaluate], whatever came before it in the session.
func (s *Session) Evaluate(b *manifest.Bundle, m *flow.Map, f *flow.Facts, opt Options) (*Result, error) {
	if b == nil || b.Integration == nil || m == nil || f == nil {
		return nil, drawbridge.Errorf(drawbridge.Invalid, "threats need a manifest, its map and its facts; load and build them first")
	}
	r := &run{
		session: s, facts: f, elements: f.Elements(), opt: opt,
		result: &Result{Counts: map[drawbridge.ThreatState]int{}}, ask: newAsker(f),
		accepted: map[string]*manifest.Exception{}, used: map[string]bool{},
		covers: drawbridge.Holding(opt.Exceptions, opt.AsOf), subject: b.Integration.ID,
	}
	for i := range b.Integration.Exceptions {
		x := &b.Integration.Exceptions[i]
		r.accepted[x.Threat] = x
	}
	r.sum(m)
	r.evaluate()
	r.settleLive()
	for _, t := range r.threats {
		r.accept(t)
	}
	r.exceptions(b.Integration.Exceptions)
	r.result.Questions = r.ask.questions(r.threats)
	r.ask = nil // large, and done with
	if !opt.Brief {
		r.result.Backlog = r.backlog(b.Integration)
	}
	r.result.Threats = sorted(r.threats)
	for _, t := range r.result.Threats {
		r.result.Counts[t.State]++
	}
	return r.result, nil
}

func prepare(rule *Rule) *compiled {
	c := &compiled{Rule: rule, names: map[string]int{}, memo: map[string]*outcome{}}
	for _, name := range slices.Concat(rule.gate.vars, rule.prog.vars) {
		if i, ok := flow.FactIndex(name); ok && !slices.Contains(c.facts, i) {
			c.facts = append(c.facts, i)
			c.names[name] = i
		}
	}
	for _, id := range rule.Settles {
		if d, ok := Settles().Lookup(id); ok {
			c.settles = append(c.settles, d.Settle())
		}
	}
	return c
}

// sum adds up the map for each element.
func (r *run) sum(m *flow.Map) {
	r.sums = make(map[string]*sum, len(r.elements))
	fresh := func() *sum { return &sum{level: drawbridge.LevelUnknown} }
	for _, e := range r.elements {
		r.sums[string(e.Kind)+e.ID] = fresh()
	}
	for i := range m.Edges {
		e := &m.Edges[i]
		if e.Kind != flow.EdgeFlow {
			continue
		}
		for _, key := range []string{string(flow.OnFlow) + e.ID, string(flow.OnInterface) + e.Interface, string(flow.OnIntegration) + "integration"} {
			if s := r.sums[key]; s != nil {
				s.add(e)
			}
		}
	}
}

// candidates returns the rules for an element, from the index.
func (r *run) candidates(element int) []*compiled {
	e := r.elements[element]
	g := group{per: e.Kind}
	if e.Kind != flow.OnIntegration {
		kind, direction := r.facts.Value(element, "iface.kind"), r.facts.Value(element, "iface.direction")
		g.kind, _ = kind.Value.(string)
		g.direction, _ = direction.Value.(string)
	}
	if list, ok := r.session.groups[g]; ok {
		return list
	}
	list := []*compiled{}
	for _, c := range r.session.rules {
		if c.Per == g.per && (g.per == flow.OnIntegration && r.present(c) || g.per != flow.OnIntegration && c.matches(g.kind, g.direction)) {
			list = append(list, c)
		}
	}
	if e.Kind != flow.OnIntegration { // there is one, and what applies depends on the others
		r.session.groups[g] = list
	}
	return list
}

func (c *compiled) matches(kind, direction string) bool {
	return (len(c.Kinds) == 0 || slices.Contains(c.Kinds, drawbridge.InterfaceKind(kind))) &&
		(c.Direction == "" || string(c.Direction) == direction)
}

// present reports whether some interface has the kind and direction that a
// rule on the integration asks for.
func (r *run) present(c *compiled) bool {
	if len(c.Kinds) == 0 && c.Direction == "" {
		return true
	}
	for i, e := range r.elements {
		if e.Kind != flow.OnInterface {
			continue
		}
		kind, direction := r.facts.Value(i, "iface.kind"), r.facts.Value(i, "iface.direction")
		k, _ := kind.Value.(string)
		d, _ := direction.Value.(string)
		if c.matches(k, d) {
			return true
		}
	}
	return false
}

func (r *run) evaluate() {
	waiting := map[string]bool{} // rules that need more than the map
	for i, e := range r.elements {
		sums := r.sums[string(e.Kind)+e.ID]
		stake := newStake(*sums, r.facts.Value(i, "flow.records_per_day"))
		told := &told{because: map[int]Because{}, missing: map[int][]string{}}
		for _, c := range r.candidates(i) {
			if c.Requires != "map" && waiting[c.ID] {
				continue
			}
			o := r.judge(c, i)
			if c.Requires != "map" && o.state != drawbridge.ThreatNotApplicable {
				waiting[c.ID] = true
				r.put(c.notEvaluated())
				continue
			}
			if o.state == drawbridge.ThreatNotApplicable && !r.opt.All {
				continue
			}
			r.add(c, i, o, stake, told)
		}
	}
}

// judge evaluates a rule once for each distinct set of the facts that it reads.
func (r *run) judge(c *compiled, element int) *outcome {
	r.buf = r.buf[:0]
	for _, fact := range c.facts {
		r.buf = expr.AppendValue(r.buf, r.facts.Get(element, fact))
	}
	if o, ok := c.memo[string(r.buf)]; ok {
		return o
	}
	v := c.judge(func(name string) (any, bool) {
		i, ok := c.names[name]
		if !ok {
			return nil, false
		}
		value := r.facts.Get(element, i)
		return value, value != nil
	})
	o := &outcome{state: v.state}
	for _, name := range v.decided {
		o.decided = append(o.decided, c.names[name])
	}
	for _, name := range v.unknown {
		o.unknown = append(o.unknown, c.names[name])
	}
	if v.err != nil {
		o.fault = v.err.Error()
	}
	r.session.keep(c, string(r.buf), o)
	return o
}

// keep remembers an outcome.
func (s *Session) keep(c *compiled, key string, o *outcome) {
	if s.held++; s.held > maxHeld {
		for _, other := range s.rules {
			clear(other.memo)
		}
		s.held = 1
	}
	c.memo[key] = o
}

// threat starts a threat from its rule.
func (c *compiled) threat(element string, kind flow.ElementKind) Threat {
	return Threat{
		ID: c.ID + "@" + element, Rule: c.ID, Version: c.Version, Title: c.Title, Why: c.Why, Model: c.Model, Class: c.Class,
		Severity: c.Severity, Element: element, ElementKind: string(kind),
		Controls: c.Controls, Settles: c.settles, CWE: c.CWE, CAPEC: c.CAPEC, OWASP: c.OWASP,
	}
}

// needed says what a rule needs when the map is not enough.
var needed = map[string]string{
	"observation": "recorded traffic",
	"history":     "the integration's history",
	"portfolio":   "the organisation's other integrations",
}

func (c *compiled) notEvaluated() Threat {
	t := c.threat("integration", flow.OnIntegration)
	t.State = drawbridge.ThreatNotEvaluated
	t.Because = []Because{}
	t.Arithmetic = []Term{{Name: "base", Input: string(c.Severity), Value: float64(c.Severity.Rank())}}
	t.Reason = fmt.Sprintf("needs %s: %s", needed[c.Requires], cmp.Or(c.Needs, "the manifest alone cannot tell"))
	return t
}

// told is what is said about the facts of one element, made once for all its rules.
type told struct {
	because map[int]Because
	missing map[int][]string
}

func (r *run) missing(element, fact int, told *told) []string {
	keys, ok := told.missing[fact]
	if !ok {
		keys = r.facts.Missing(element, fact)
		told.missing[fact] = keys
	}
	return keys
}

// add makes the threat of a rule on an element.
func (r *run) add(c *compiled, element int, o *outcome, stake *stake, told *told) {
	e := r.elements[element]
	t := c.threat(e.ID, e.Kind)
	t.State = o.state
	t.Severity, t.Arithmetic = stake.severity(c.Severity)
	t.Because = r.because(element, o, told)
	switch {
	case o.fault != "":
		t.Reason = "an expression of the rule failed, which counts as unknown: " + o.fault
	case o.state == drawbridge.ThreatNotApplicable:
		t.Reason = "the rule's structure does not match"
	}
	if o.state == drawbridge.ThreatNeedsAnswer {
		for _, fact := range o.unknown {
			keys := r.missing(element, fact, told)
			for _, key := range keys {
				if !slices.Contains(t.Missing, key) {
					t.Missing = append(t.Missing, key)
				}
			}
			r.ask.wait(c.Rule, element, fact, keys, len(r.threats))
		}
	}
	r.put(t)
}

// because tells the facts that an outcome rests on.
func (r *run) because(element int, o *outcome, told *told) []Because {
	if r.opt.Brief {
		return nil
	}
	out := make([]Because, len(o.decided))
	for i, fact := range o.decided {
		x, ok := told.because[fact]
		if !ok {
			v, def := r.facts.At(element, fact), vocabulary()[fact]
			x = Because{Fact: def.Name, Value: def.Show(v.Value), Source: v.Source, Key: v.Key}
			told.because[fact] = x
		}
		out[i] = x
	}
	return out
}
