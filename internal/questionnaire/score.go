package questionnaire

import (
	"drawbridge"
)

// Score is what answers are worth. A question that nobody answered is worth
// nothing; one that does not apply, or is not asked, is left out.
type Score struct {
	Asked    int            `json:"asked"`    // questions that are to be answered
	Answered int            `json:"answered"` // of them
	Points   float64        `json:"points"`   // weight times points
	Of       float64        `json:"of"`       // weight of all that count
	Share    float64        `json:"share"`    // points of of; 0 when nothing counts
	Sections []SectionScore `json:"sections"`
}

// SectionScore is the score of one section.
type SectionScore struct {
	Section  string  `json:"section"`
	Asked    int     `json:"asked"`
	Answered int     `json:"answered"`
	Points   float64 `json:"points"`
	Of       float64 `json:"of"`
}

// Score adds up what the answers are worth.
func (it *Items) Score(answers map[string]Answer) Score {
	s := Score{Sections: []SectionScore{}}
	for _, q := range it.visible(answers) {
		n := len(s.Sections) - 1
		if n < 0 || s.Sections[n].Section != q.Section {
			s.Sections = append(s.Sections, SectionScore{Section: q.Section})
			n++
		}
		part := &s.Sections[n]
		part.Asked++
		a := answers[q.ID]
		points, valid := q.points(a)
		if valid {
			part.Answered++
		}
		if q.scored() && (!valid || !a.NA) {
			part.Points += q.Weight * points
			part.Of += q.Weight
		}
	}
	for _, part := range s.Sections {
		s.Asked += part.Asked
		s.Answered += part.Answered
		s.Points += part.Points
		s.Of += part.Of
	}
	if s.Of > 0 {
		s.Share = s.Points / s.Of
	}
	return s
}

// points is what an answer is worth, from 0 to 1, and whether it is an answer.
func (q *Question) points(a Answer) (float64, bool) {
	if !a.Given() || q.check(a) != nil {
		return 0, false
	}
	if a.NA {
		return 0, true
	}
	v, err := q.parse(a.Value)
	if err != nil {
		return 0, false
	}
	switch v := v.(type) {
	case bool:
		return q.yesNo(v), true
	case string:
		if o := q.option(v); o != nil {
			return o.Points, true
		}
	case []string:
		sum := 0.0
		for _, word := range v {
			if o := q.option(word); o != nil {
				sum += o.Points
			}
		}
		return max(0, min(1, sum)), true
	}
	return 0, true
}

// yesNo is what yes or no is worth: the points of the options "yes" and "no",
// or 1 for yes when the question has none.
func (q *Question) yesNo(v bool) float64 {
	word := "no"
	if v {
		word = "yes"
	}
	if o := q.option(word); o != nil {
		return o.Points
	}
	if v && len(q.Options) == 0 {
		return 1
	}
	return 0
}

// Missing returns the required questions that are to be answered and are not,
// in order.
func (it *Items) Missing(answers map[string]Answer) []string {
	out := []string{}
	for _, q := range it.visible(answers) {
		if _, valid := q.points(answers[q.ID]); q.Required && !valid {
			out = append(out, q.ID)
		}
	}
	return out
}

// Claims returns what the answers say of controls, in the order of the
// questions. Only the full points say that a control holds; anything less says
// that it does not, and no answer says nothing. The source of each claim is
// source, a slash and the question: answer:inq_7/tls.version.
func (it *Items) Claims(answers map[string]Answer, source string) []drawbridge.Claim {
	out := []drawbridge.Claim{}
	for _, q := range it.visible(answers) {
		a := answers[q.ID]
		points, valid := q.points(a)
		if !valid || a.NA || !q.scored() {
			continue
		}
		for _, control := range q.Controls {
			out = append(out, drawbridge.Claim{
				Control: control, Holds: points >= 1, Known: drawbridge.KnownClaim, Source: source + "/" + q.ID,
			})
		}
	}
	return out
}
