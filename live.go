package drawbridge

import "time"

// LiveState is how a run of live checks that was not handed in yet stands.
type LiveState string

// The states of a live run. None of them is a result.
const (
	LiveRunning  LiveState = "running"
	LiveStopping LiveState = "stopping" // somebody asked it to stop, and it did not yet
	LiveLost     LiveState = "lost"     // it said nothing for a while
	LiveEnded    LiveState = "ended"    // it ended without a result
)

// LiveRun is what a run of live checks says of itself while it goes on. It is a
// note and no record: only the run that is handed in at its end counts.
type LiveRun struct {
	ID          string        `json:"id"` // run_…; the run keeps it when it is handed in
	Integration IntegrationID `json:"integration"`
	Target      string        `json:"target"`
	By          string        `json:"started_by"`
	StartedAt   time.Time     `json:"started_at"`
	SeenAt      time.Time     `json:"seen_at"` // when it last said something
	Now         string        `json:"now"`     // what runs, as the command calls it
	Requests    int64         `json:"requests"`
	Budget      int64         `json:"budget"` // requests that it may send at most
	Checks      []LiveCheck   `json:"checks"` // planned, in their order
	Ended       string        `json:"ended,omitempty"`
	StopBy      string        `json:"stop_by,omitempty"` // who asked it to stop
	StopAt      time.Time     `json:"stop_at,omitzero"`
	State       LiveState     `json:"state"`
}

// LiveCheck is a planned check, and how it went so far.
type LiveCheck struct {
	Check   string  `json:"check"`
	Verdict Verdict `json:"verdict,omitempty"` // the worst so far, once the check has ended
}

// Done counts the checks that have ended.
func (r *LiveRun) Done() int {
	n := 0
	for _, c := range r.Checks {
		if c.Verdict != "" {
			n++
		}
	}
	return n
}

// Count counts the checks with a verdict.
func (r *LiveRun) Count(v Verdict) int {
	n := 0
	for _, c := range r.Checks {
		if c.Verdict == v {
			n++
		}
	}
	return n
}
