package threat

import (
	"fmt"
	"math"
	"strconv"

	"drawbridge"
	"drawbridge/internal/flow"
)

// The severity of a threat starts at its rule's own, info 0 to critical 4, and
// is moved by what is at stake on its element: the level of the data, the
// exposure, and the volume. The three together move it by one step at most, so
// that a rule's class stays recognisable; halves round up. What nobody answered
// counts as the worst case. Every step is listed beside the threat.

// adjustment is one row of a table: it holds from a bound on.
type adjustment struct {
	from  float64
	steps float64
	why   string
}

// byLevel reads the greatest level that crosses, after transforms.
var byLevel = []adjustment{
	{0, -1, "public data: nothing is disclosed"},
	{1, -0.5, "internal data: no person is harmed"},
	{2, 0, "personal data: what the rules' own severities assume"},
	{3, 0.5, "sensitive data: harm to people is likely"},
	{4, 1, "restricted data: harm is serious, or the data opens other doors"},
}

// byExposure reads the exposure points of the element's flows; the map's
// documentation gives their formula. One e-mail address and a masked card
// number, 20,000 times a day, kept for 400 days, come to about 150.
var byExposure = []adjustment{
	{0, -0.5, "little is given away: few values, or briefly"},
	{20, 0, "the middle range"},
	{500, 0.5, "much is given away: many values, kept long, passed on, or abroad"},
}

// byVolume reads the records a day of the element's flows.
var byVolume = []adjustment{
	{0, -0.5, "few records: the damage stays small and can be undone by hand"},
	{100, 0, "the middle range"},
	{100_000, 0.5, "many records: every fault is multiplied"},
}

// maxMove bounds what the three adjustments do together.
const maxMove = 1.0

func lookUp(table []adjustment, value float64) float64 {
	steps := table[0].steps
	for _, row := range table {
		if value >= row.from {
			steps = row.steps
		}
	}
	return steps
}

// stake is what an element adds to the severity of every threat on it.
type stake struct {
	terms []Term
	move  float64
	made  [5][]Term // arithmetic by the rule's own severity, shared
}

// severity returns the severity of a rule on the element, and its arithmetic.
func (s *stake) severity(base drawbridge.Severity) (drawbridge.Severity, []Term) {
	rank := base.Rank()
	if s.made[rank] == nil {
		terms := append([]Term{{Name: "base", Input: string(base), Value: float64(rank)}}, s.terms...)
		end := min(max(float64(rank)+s.move, 0), float64(drawbridge.Critical.Rank()))
		sum := 0.0
		for _, t := range terms {
			sum += t.Value
		}
		if cut := end - sum; cut != 0 {
			terms = append(terms, Term{Name: "limit", Input: "one step at most, info to critical", Value: cut})
		}
		s.made[rank] = terms
	}
	end := min(max(float64(rank)+s.move, 0), float64(drawbridge.Critical.Rank()))
	return drawbridge.Severities()[int(math.Floor(end+0.5))], s.made[rank]
}

// sum is what the map says about the flows of one element.
type sum struct {
	level   drawbridge.Level
	unknown bool // some data has no category, or nothing is declared
	points  float64
	flows   int
}

func (s *sum) add(e *flow.Edge) {
	s.level = max(s.level, e.Level)
	s.unknown = s.unknown || e.Unknown > 0 || e.Elements == 0
	s.points += e.Exposure.Points
	s.flows++
}

// newStake computes the three adjustments of one element.
func newStake(s sum, records flow.Fact) *stake {
	var out stake
	term := func(name, input string, value float64) {
		out.terms = append(out.terms, Term{Name: name, Input: input, Value: value})
		out.move += value
	}
	switch {
	case s.flows == 0:
		term("level", "no flow is declared, counted as restricted", lookUp(byLevel, 4))
	case s.unknown && s.level < drawbridge.LevelRestricted:
		term("level", "not all data has a category, counted as restricted", lookUp(byLevel, 4))
	default:
		term("level", s.level.String(), lookUp(byLevel, float64(s.level)))
	}
	if s.flows > 0 {
		term("exposure", strconv.FormatFloat(s.points, 'f', -1, 64)+" points", lookUp(byExposure, s.points))
	}
	if n, ok := records.Value.(int64); ok {
		term("volume", fmt.Sprintf("%d records a day", n), lookUp(byVolume, float64(n)))
	} else {
		term("volume", "unknown, counted as the most", byVolume[len(byVolume)-1].steps)
	}
	out.move = min(max(out.move, -maxMove), maxMove)
	return &out
}

// weights says what a threat of each severity adds to the effect of a question:
// each step counts double the one below.
var weights = [...]float64{1, 2, 4, 8, 16}

func weight(s drawbridge.Severity) float64 { return weights[max(0, s.Rank())] }
