package review

import (
	"cmp"
	"fmt"
	"slices"

	"drawbridge"
)

// Counted is a sign-off with whether it counts for the decision, and why not.
type Counted struct {
	drawbridge.Signoff
	Counts bool   `json:"counts"`
	Why    string `json:"why"` // empty when it counts
}

// Why a sign-off does not count.
const (
	whyWithdrawn   = "it was withdrawn"
	whyView        = "it was given on another view than the present one"
	whyObjects     = "it objects"
	whyRequester   = "who asks for an integration never signs for it"
	whyIndependent = "who owns the integration, or pushed what is signed, does not review it"
	whyUnasked     = "the tier does not ask for this role"
)

// count says of each sign-off, oldest first, whether it counts. The table of
// guards and the act of signing both go by it.
func (l *look) count() ([]Counted, error) {
	if len(l.file.Signoffs) == 0 {
		return nil, nil
	}
	present, err := l.present()
	if err != nil {
		return nil, err
	}
	var out []Counted
	for _, s := range l.file.Signoffs {
		c := Counted{Signoff: s}
		switch {
		case !s.WithdrawnAt.IsZero():
			c.Why = whyWithdrawn
		case s.View != present.digest:
			c.Why = whyView
		default:
			if c.Why, err = l.unfit(out, s.Role, s.Person, s.For); err != nil {
				return nil, err
			}
			if c.Why == "" && !s.Approve {
				c.Why = whyObjects
			}
		}
		c.Counts = c.Why == ""
		out = append(out, c)
	}
	return out, nil
}

// unfit says why a person may not sign in a role after those who did, or "".
func (l *look) unfit(before []Counted, role drawbridge.Discipline, person, on drawbridge.PersonID) (string, error) {
	authors, err := l.authors()
	if err != nil {
		return "", err
	}
	for _, p := range []drawbridge.PersonID{person, on} {
		switch {
		case p == "":
		case p == l.review.Requester:
			return whyRequester, nil
		case p == l.in.Owner || slices.Contains(authors, p):
			return whyIndependent, nil
		}
	}
	if !slices.Contains(l.review.Roles, role) {
		return whyUnasked, nil
	}
	for _, c := range before {
		if c.Person == person && c.Role != role && (c.Counts || c.Why == whyObjects) {
			return fmt.Sprintf("the same person signed for %s: nobody signs two roles", c.Role), nil
		}
	}
	ws, err := l.desk.workspace()
	if err != nil {
		return "", err
	}
	protocol := ws.Policy.Protocol().Tier(l.review.Tier)
	for _, earlier := range protocol.Before(role) {
		if slices.Contains(l.review.Roles, earlier) && signed(before, earlier) < protocol.Quorum {
			return fmt.Sprintf("%s signs before %s", earlier, role), nil
		}
	}
	return "", nil
}

// signed counts the different people who signed for a role, or were signed for: a
// delegate stands for who delegated, and both together count once.
func signed(list []Counted, role drawbridge.Discipline) int {
	people := map[drawbridge.PersonID]bool{}
	for _, c := range list {
		if c.Counts && c.Role == role {
			people[cmp.Or(c.For, c.Person)] = true
		}
	}
	return len(people)
}
