package inquiry

import "drawbridge"

// The states of an inquiry.
const (
	StateOpen      = "open"
	StateSubmitted = "submitted"
	StateReturned  = "returned"
	StateAccepted  = "accepted"
	StateClosed    = "closed"
)

// moves is the table of transitions: from, and where to by which step.
var moves = map[string]map[string]string{
	StateOpen:      {"submit": StateSubmitted, "close": StateClosed},
	StateReturned:  {"submit": StateSubmitted, "close": StateClosed},
	StateSubmitted: {"accept": StateAccepted, "return": StateReturned, "close": StateClosed},
}

// States lists every state of an inquiry in order.
func States() []string {
	return []string{StateOpen, StateSubmitted, StateReturned, StateAccepted, StateClosed}
}

// Steps lists every step of an inquiry in order.
func Steps() []string { return []string{"submit", "return", "accept", "close"} }

// Step is the state that a step leads to, and whether there is one.
func Step(state, step string) (string, bool) {
	to, ok := moves[state][step]
	return to, ok
}

// answerable reports whether answers can be given.
func answerable(state string) bool { return state == StateOpen || state == StateReturned }

// locked is what is wrong with an answer to an inquiry that takes none.
func locked(q *drawbridge.Inquiry) error {
	if answerable(q.State) {
		return nil
	}
	return conflict("the questionnaire is %s: its answers do not change any more, unless a reviewer returns it", q.State)
}
