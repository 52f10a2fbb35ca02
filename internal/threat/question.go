package threat

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"drawbridge"
	"drawbridge/internal/flow"
)

// asker gathers what the threats wait for and turns it into questions: one for
// each control and interface, and no manifest key in two of them.
type asker struct {
	facts  *flow.Facts
	groups map[waitKey]*waitGroup
}

type waitKey struct {
	control string
	home    int // element that the question is about
}

// waitGroup is what one control waits for on one element.
type waitGroup struct {
	waitKey
	threats []int // positions in the result, ascending
	asks    []ask
}

// ask is one manifest key with its question and who waits for it.
type ask struct {
	key, accepts, text string
	threats            []int
}

func newAsker(f *flow.Facts) *asker { return &asker{facts: f, groups: map[waitKey]*waitGroup{}} }

// home returns the element that a fact is asked about: the integration for what
// is written once, else the interface, or the flow when it has none.
func (a *asker) home(element, fact int) int {
	e := a.facts.Elements()[element]
	if vocabulary()[fact].Scope() == flow.ScopeFile || e.Kind == flow.OnIntegration {
		return 0
	}
	if e.Kind == flow.OnFlow && e.Interface != "" {
		return a.facts.ElementOf(flow.OnInterface, e.Interface)
	}
	return element
}

// wait notes that a threat waits for a fact, which the keys would answer.
func (a *asker) wait(rule *Rule, element, fact int, keys []string, threat int) {
	k := waitKey{rule.Controls[0], a.home(element, fact)}
	g := a.groups[k]
	if g == nil {
		g = &waitGroup{waitKey: k}
		a.groups[k] = g
	}
	g.threats = appendLast(g.threats, threat)
	def := vocabulary()[fact]
	for _, key := range keys {
		i := slices.IndexFunc(g.asks, func(x ask) bool { return x.key == key })
		if i < 0 {
			i = len(g.asks)
			g.asks = append(g.asks, ask{key: key, accepts: def.Wanted(), text: cmp.Or(rule.Question, def.Ask)})
		}
		g.asks[i].threats = appendLast(g.asks[i].threats, threat)
	}
}

// appendLast adds a position that is not there yet; positions come in ascending order.
func appendLast(list []int, n int) []int {
	if len(list) > 0 && list[len(list)-1] == n {
		return list
	}
	return append(list, n)
}

// questions asks for every key once. The group with the greatest effect goes
// first and asks for all that it waits for; a later one asks for the rest, and
// its threats wait for the earlier questions too.
func (a *asker) questions(threats []*Threat) []Question {
	effect := map[*waitGroup]float64{}
	groups := slices.Collect(maps.Values(a.groups))
	settled := func(t int) bool { return threats[t].State != drawbridge.ThreatNeedsAnswer }
	for _, g := range groups {
		for i := range g.asks { // what a live check settled, or an exception accepts, is not asked
			g.asks[i].threats = slices.DeleteFunc(g.asks[i].threats, settled)
		}
		g.asks = slices.DeleteFunc(g.asks, func(x ask) bool { return len(x.threats) == 0 })
		g.threats = slices.DeleteFunc(g.threats, settled)
		for _, t := range g.threats {
			effect[g] += weight(threats[t].Severity)
		}
	}
	slices.SortFunc(groups, func(x, y *waitGroup) int {
		return cmp.Or(cmp.Compare(effect[y], effect[x]), cmp.Compare(x.home, y.home), cmp.Compare(x.control, y.control))
	})
	var drafts []*questionDraft
	owner := map[string]*questionDraft{}
	for _, g := range groups {
		q := &questionDraft{}
		q.Control, q.Element = g.control, a.facts.Elements()[g.home].ID
		q.ID = q.Control + "@" + q.Element
		for _, x := range g.asks {
			first := owner[x.key]
			if first == nil {
				first, owner[x.key] = q, q
				q.add(x)
			}
			first.waits = append(first.waits, x.threats...)
		}
		if len(q.Keys) > 0 {
			drafts = append(drafts, q)
		}
	}
	for _, t := range threats {
		for _, key := range t.Missing {
			if q := owner[key]; q != nil && (t.Question == "" || q.Control == t.Controls[0]) {
				t.Question = q.ID
			}
		}
	}
	return finish(drafts, threats)
}

// questionDraft is a question while it is gathered.
type questionDraft struct {
	Question
	texts []string
	waits []int
}

func (q *questionDraft) add(x ask) {
	q.Keys = append(q.Keys, x.key)
	q.Accepts = append(q.Accepts, x.key+": "+x.accepts)
	if !slices.Contains(q.texts, x.text) {
		q.texts = append(q.texts, x.text)
	}
}

// finish fills in who waits for what, and sorts by effect.
func finish(drafts []*questionDraft, threats []*Threat) []Question {
	out := make([]Question, len(drafts))
	for i, q := range drafts {
		slices.Sort(q.waits)
		for _, t := range slices.Compact(q.waits) {
			q.Threats = append(q.Threats, threats[t].ID)
			q.Effect += weight(threats[t].Severity)
		}
		slices.Sort(q.Threats)
		q.Text = strings.Join(q.texts, " ")
		out[i] = q.Question
	}
	slices.SortFunc(out, func(a, b Question) int {
		return cmp.Or(cmp.Compare(b.Effect, a.Effect), cmp.Compare(a.ID, b.ID))
	})
	return out
}
