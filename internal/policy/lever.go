package policy

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"drawbridge"
)

// Limits of the search for levers.
const (
	maxLevers = 10
	maxTrials = 400
)

// trial is one change to try: inputs, floors, controls and lifts that would be
// other than they are.
type trial struct {
	change    string
	key       string
	keys      []string        // every manifest key that an answer needs, sorted
	heights   map[int]float64 // reading to its new height
	floors    map[int]bool    // floors that would fall away
	strengths map[int]float64 // control to its new strength
	lifts     map[int]bool    // lifts that would fall away
}

func newTrial(change, key string) *trial {
	return &trial{change: change, key: key, heights: map[int]float64{}, floors: map[int]bool{}, strengths: map[int]float64{}, lifts: map[int]bool{}}
}

// levers tries what could be changed and keeps what lowers the score most. Each
// answer is tried with the best that it can honestly be; the figures are what
// the whole method gives then, the tier included.
func (ev *evaluation) levers() ([]Lever, error) {
	out := ev.worthwhile(ev.answers())
	trials := slices.Concat(ev.actions(), ev.proofs(), ev.removals())
	for _, t := range trials[:min(len(trials), maxTrials)] {
		if l := ev.try(t); l.lowers() {
			out = append(out, l)
		}
	}
	more, err := ev.withoutData()
	if err != nil {
		return nil, err
	}
	out = append(out, more...)
	slices.SortStableFunc(out, func(a, b Lever) int {
		return cmp.Or(cmp.Compare(a.Residual, b.Residual), cmp.Compare(a.Unlifted, b.Unlifted), cmp.Compare(a.Inherent, b.Inherent), strings.Compare(a.Key, b.Key), strings.Compare(a.Change, b.Change))
	})
	return append([]Lever{}, out[:min(len(out), maxLevers)]...), nil
}

// worthwhile tries the answers, those that need the fewest keys first, and
// leaves out what asks for more keys than another one and gains no more.
func (ev *evaluation) worthwhile(trials []*trial) []Lever {
	const more = 1.0 // points that further keys must be worth
	slices.SortStableFunc(trials, func(a, b *trial) int { return cmp.Compare(len(a.keys), len(b.keys)) })
	type kept struct {
		keys  []string
		lever Lever
	}
	var all []kept
	for _, t := range trials[:min(len(trials), maxTrials)] {
		l := ev.try(t)
		if !l.lowers() {
			continue
		}
		if !slices.ContainsFunc(all, func(k kept) bool {
			return subset(k.keys, t.keys) && k.lever.Residual <= l.Residual+more && k.lever.Unlifted <= l.Unlifted+more && k.lever.Inherent <= l.Inherent+more
		}) {
			all = append(all, kept{t.keys, l})
		}
	}
	var out []Lever
	for _, k := range all {
		out = append(out, k.lever)
	}
	return out
}

// try counts again with the changes of one trial.
func (ev *evaluation) try(t *trial) Lever {
	p := ev.pack
	readings := slices.Clone(ev.readings)
	for i, h := range t.heights {
		readings[i].height = min(readings[i].height, h)
	}
	var floors []fallen
	for i, f := range ev.floors {
		if !t.floors[i] {
			floors = append(floors, f)
		}
	}
	strengths := slices.Clone(ev.strengths)
	for i, s := range t.strengths {
		strengths[i] = max(strengths[i], s)
	}
	inherent := p.rubric.inherent(readings, floors)
	tier := p.TierOf(inherent).Tier
	e := effectiveness(ev.lists, tier, strengths).strength
	unlifted := p.rubric.residual(inherent, math.Floor(e*10000+1e-6)/10000)
	residual := unlifted
	for i, l := range ev.lifts {
		if !t.lifts[i] {
			residual = max(residual, l.def.Least)
		}
	}
	return Lever{
		Change: t.change, Key: t.key,
		Inherent: cents(inherent - ev.score.Inherent), Residual: cents(residual - ev.score.Residual),
		Unlifted: cents(unlifted - ev.unlifted),
	}
}

func (l Lever) lowers() bool { return l.Inherent < 0 || l.Residual < 0 || l.Unlifted < 0 }

func cents(x float64) float64 {
	if r := math.Round(x*100) / 100; r != 0 {
		return r
	}
	return 0
}

// answers tries each set of missing keys: whatever waits for those keys alone
// gets the best honest answer.
func (ev *evaluation) answers() []*trial {
	type open struct {
		missing []string
		apply   func(*trial)
		ask     string
	}
	var all []open
	for i, r := range ev.readings {
		if d := ev.input(r); r.unknown {
			all = append(all, open{r.missing, func(t *trial) { t.heights[i] = d.Best }, d.Ask})
		}
	}
	for i, f := range ev.floors {
		if f.unknown {
			all = append(all, open{f.missing, func(t *trial) { t.floors[i] = true }, f.def.Ask})
		}
	}
	for i, s := range ev.stands {
		w := s.worst()
		if w.applies && w.value == nil && ev.inAnyList(i) {
			best := min(confidence(drawbridge.KnownClaim), ev.others(s))
			all = append(all, open{ev.allMissing(s), func(t *trial) { t.strengths[i] = best }, "Put in place and declare: " + lowerFirst(s.def.Title) + "."})
		}
	}
	var out []*trial
	seen := map[string]bool{}
	for _, o := range all {
		key := strings.Join(o.missing, ", ")
		if seen[key] || len(seen) == maxTrials {
			continue
		}
		seen[key] = true
		t := newTrial(o.ask, some(o.missing))
		t.keys = o.missing
		for _, other := range all {
			if subset(other.missing, o.missing) {
				other.apply(t)
			}
		}
		out = append(out, t)
	}
	return out
}

// allMissing joins what every unanswered element of a control waits for.
func (ev *evaluation) allMissing(s standings) []string {
	var out []string
	for _, o := range s.on {
		out = append(out, o.missing...)
	}
	return tidy(out, s.def.ID)
}

// others is the least strength of a control where it is known.
func (ev *evaluation) others(s standings) float64 {
	least := 1.0
	for _, o := range s.on {
		if o.value != nil || !o.applies {
			least = min(least, o.strength())
		}
	}
	return least
}

// actions tries to mend what is known and bad.
func (ev *evaluation) actions() []*trial {
	var out []*trial
	for i, r := range ev.readings {
		if d := ev.input(r); !r.unknown && d.Act != "" && r.height > d.Best {
			t := newTrial(d.Act, some(r.keys))
			t.heights[i] = d.Best
			out = append(out, t)
		}
	}
	for i, s := range ev.stands {
		if w := s.worst(); w.applies && w.value != nil && *w.value == 0 && w.verdict != drawbridge.Fail {
			t := newTrial("Put in place: "+lowerFirst(s.def.Title)+". "+s.def.Criterion, some(w.keys))
			t.strengths[i] = confidence(drawbridge.KnownClaim)
			out = append(out, t)
		}
	}
	return out
}

// proofs tries to prove what is only claimed: technical controls by live tests,
// the others by documents that a reviewer accepts.
func (ev *evaluation) proofs() []*trial {
	tests, documents := newTrial("", "targets"), newTrial("", "")
	for _, m := range ev.group.members() {
		s := ev.stands[m.index]
		w := s.worst()
		if !w.applies || w.value == nil || *w.value == 0 {
			continue
		}
		switch {
		case s.def.Technical && w.confidence < confidence(drawbridge.KnownTest):
			tests.strengths[m.index] = confidence(drawbridge.KnownTest)
		case !s.def.Technical && w.confidence < confidence(drawbridge.KnownDocument):
			documents.strengths[m.index] = confidence(drawbridge.KnownDocument)
		}
	}
	var out []*trial
	if n := len(tests.strengths); n > 0 {
		tests.change = fmt.Sprintf("Prove by live tests the %d technical controls that are only claimed.", n)
		out = append(out, tests)
	}
	if n := len(documents.strengths); n > 0 {
		documents.change = fmt.Sprintf("Have a reviewer accept documents for the %d organisational controls that are only claimed.", n)
		out = append(out, documents)
	}
	return out
}

// removals tries to take the reason of each lift away.
func (ev *evaluation) removals() []*trial {
	var out []*trial
	for i, l := range ev.lifts {
		t := newTrial(l.def.Act, some(l.refs))
		t.lifts[i] = true
		out = append(out, t)
	}
	if len(out) > 1 {
		all := newTrial("Take away every reason of a lift at once.", "")
		for i := range ev.lifts {
			all.lifts[i] = true
		}
		out = append(out, all)
	}
	return out
}

func (ev *evaluation) input(r reading) InputDef {
	return ev.pack.rubric.Factors[r.factor].Inputs[r.input]
}

// subset reports whether every word of the sorted a is in the sorted b.
func subset(a, b []string) bool {
	for _, s := range a {
		if _, ok := slices.BinarySearch(b, s); !ok {
			return false
		}
	}
	return true
}

func lowerFirst(s string) string {
	if s == "" {
		return s
	}
	return strings.ToLower(s[:1]) + s[1:]
}
