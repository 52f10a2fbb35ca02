package report

import (
	"drawbridge"
	"drawbridge/internal/assess"
	"drawbridge/internal/policy"
)

// testedGroup is the controls of which live tests say the same.
type testedGroup struct {
	Word     string
	Controls []string
}

// testedWord says what the live checks made of a control: a claim is verified or
// contradicted, what nobody claimed fails, and the rest was not testable.
func testedWord(c policy.Control) string {
	switch {
	case !c.Applies || !c.Technical || len(c.Settles) == 0:
		return ""
	case c.Verdict == drawbridge.Pass:
		return "verified"
	case c.Verdict == drawbridge.Fail && len(c.Missing) == 0:
		return "contradicted"
	case c.Verdict == drawbridge.Fail:
		return "failed without a claim"
	}
	return "not testable in this run"
}

// tested groups the controls of an assessment with live results.
func tested(a *assess.Assessment) []testedGroup {
	if len(a.Checks) == 0 {
		return nil
	}
	var out []testedGroup
	for _, word := range []string{"contradicted", "failed without a claim", "verified", "not testable in this run"} {
		g := testedGroup{Word: word}
		for _, c := range a.Controls {
			if testedWord(c) == word {
				g.Controls = append(g.Controls, c.ID)
			}
		}
		if len(g.Controls) > 0 {
			out = append(out, g)
		}
	}
	return out
}
