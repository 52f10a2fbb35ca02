package lifecycle

import (
	"fmt"
	"slices"
	"strings"

	"drawbridge"
	"drawbridge/internal/review"
	"drawbridge/internal/store"
)

// The steps of an integration.
const (
	stepLive    = "go_live"
	stepSuspend = "suspend"
	stepResume  = "resume"
	stepLeave   = "leave"
	stepRetire  = "retire"
)

// Guard is one row of the table of guards: what must hold before a step.
type Guard struct {
	ID    string   `json:"id"`
	Steps []string `json:"steps"`
	Holds string   `json:"holds"` // what must hold
	Who   string   `json:"who"`   // who can meet it

	missing func(*look) ([]string, error) // what is missing, in words
}

// Missing is a guard that does not hold, with who can meet it.
type Missing struct {
	Guard string `json:"guard"`
	Text  string `json:"text"`
	Who   string `json:"who"`
}

// guards is the table. Each is looked at in the transaction of the step.
func guards() []Guard {
	run := []string{stepLive, stepResume}
	retire := []string{stepRetire}
	return []Guard{
		{"decision", run, "the latest decision approves the integration", "an approver decides its review", missingDecision},
		{"fresh", run, "what was approved is what is there now", "a new review is decided", missingFresh},
		{"in_date", run, "the approval's last day is not past", "a new review is decided", missingDate},
		{"conditions", run, "each condition before go-live is met", "a reviewer of its discipline confirms it, or an approver drops it", missingConditions},
		{"breaches", run, "no overdue condition and no trigger asks for suspension", "what it asks for is done", missingBreaches},
		{"checks", run, "the latest live checks of the present interface have no failure that no exception covers, and passes where the tier asks for tests", "a tester runs them again", missingChecks},
		{"envelope", []string{stepLive}, "an operator attested that the envelope of exactly this decision is live", "an operator attests it with evidence", missingEnvelope},
		{"resumed", []string{stepResume}, "an operator attested since the suspension that this decision's envelope is live again", "an operator attests it with evidence", missingResumed},
		{"revocation", retire, "an operator attested a revocation probe that failed to connect, with accepted evidence", "an operator probes and attests, a reviewer accepts the evidence", missingRevocation},
		{"deletion", retire, "the proof of deletion is on file and accepted", "a reviewer accepts it, and the departure names it", missingDeletion},
		{"contract", retire, "no open contract covers the integration", "who keeps contracts closes them", missingContract},
		{"tasks", retire, "every task of the departure is done", "the owner of the task", missingTasks},
	}
}

// Guards lists the table of guards.
func Guards() []Guard { return guards() }

// look is what guards look at, in one transaction.
type look struct {
	d      *Desk
	tx     *store.Tx
	in     *drawbridge.Integration
	file   *review.File
	status review.Status

	attested []drawbridge.Attestation // that stand, newest first
	triggers []drawbridge.Trigger     // that ask for suspension and that nobody handled
	leaving  *drawbridge.Departure    // nil when nobody leaves
}

// look reads what the guards of all steps need, with the file of the review.
// More parts are read by the same question.
func (d *Desk) look(tx *store.Tx, in *drawbridge.Integration, more ...store.Part) (*look, error) {
	l := &look{d: d, tx: tx, in: in}
	var attested drawbridge.Section[drawbridge.Attestation]
	var triggers drawbridge.Section[drawbridge.Trigger]
	var departures drawbridge.Section[drawbridge.Departure]
	own := func(column string, v any) store.Query {
		return store.Query{Equal: map[string]any{"integration": string(in.ID), column: v}, Limit: maxOwn}
	}
	var parts [3]store.Part
	var errs [3]error
	parts[0], errs[0] = tx.Attestations().Into(&attested, own("revoked_at", ""))
	parts[1], errs[1] = tx.Triggers().Into(&triggers, own("handled_at", ""))
	parts[2], errs[2] = tx.Departures().Into(&departures, own("integration", string(in.ID)))
	err := first(errs[:]...)
	if err != nil {
		return nil, err
	}
	if l.file, err = review.Read(tx, in, nil, d.now(), append(parts[:], more...)...); err != nil {
		return nil, err
	}
	if l.status, err = d.opt.Status(tx, l.file); err != nil {
		return nil, err
	}
	l.attested = attested.Items
	for _, t := range triggers.Items {
		if t.Effect == drawbridge.SuspendFlow {
			l.triggers = append(l.triggers, t)
		}
	}
	if in.State == drawbridge.Exiting && len(departures.Items) > 0 {
		l.leaving = &departures.Items[0]
	}
	return l, nil
}

// maxOwn bounds what is read of each kind of the desk's own.
const maxOwn = 1000

// missing lists the guards of a step that do not hold.
func (l *look) missing(step string) ([]Missing, error) {
	out := []Missing{}
	for _, g := range guards() {
		if !slices.Contains(g.Steps, step) {
			continue
		}
		list, err := g.missing(l)
		if err != nil {
			return nil, fmt.Errorf("guard %s: %w", g.ID, err)
		}
		for _, text := range list {
			out = append(out, Missing{Guard: g.ID, Text: text, Who: g.Who})
		}
	}
	return out, nil
}

// refuse tells every guard that is missing.
func refuse(step string, missing []Missing) error {
	lines := make([]string, len(missing))
	for i, m := range missing {
		lines[i] = m.Text + " (" + m.Who + ")"
	}
	return drawbridge.Errorf(drawbridge.Conflict, "%s must wait: %s", step, strings.Join(lines, "; "))
}

// say is one missing thing, or none.
func say(missing bool, format string, args ...any) []string {
	if !missing {
		return nil
	}
	return []string{fmt.Sprintf(format, args...)}
}

func missingDecision(l *look) ([]string, error) {
	if l.status.Decision == nil {
		return say(true, "nothing was decided"), nil
	}
	o := l.status.Decision.Outcome
	return say(o != drawbridge.Approved && o != drawbridge.ApprovedWithConditions, "the latest decision is %s", o), nil
}

func missingFresh(l *look) ([]string, error) {
	why := ""
	if list := l.status.Words(); len(list) > 0 {
		why = ": " + strings.Join(list[:min(3, len(list))], ", ")
	}
	return say(l.status.Stale, "the approval is stale%s", why), nil
}

func missingDate(l *look) ([]string, error) {
	if l.status.Decision == nil {
		return nil, nil
	}
	return say(l.status.Expired, "the approval ended on %s", l.status.Decision.Until), nil
}

func missingConditions(l *look) ([]string, error) {
	var out []string
	for _, c := range l.file.Conditions {
		out = append(out, say(c.State == conditionOpen && c.Before, "condition %s is open: %s", c.ID, c.Text)...)
	}
	return out, nil
}

func missingBreaches(l *look) ([]string, error) {
	var out []string
	for _, c := range l.file.Conditions {
		asks := c.State == conditionOpen && !c.Before && c.Breach == drawbridge.SuspendFlow
		out = append(out, say(asks && c.Overdue(l.d.now()), "condition %s is overdue since %s: %s", c.ID, c.Due, c.Text)...)
	}
	for _, t := range l.triggers {
		out = append(out, fmt.Sprintf("trigger %s (%s) asks for suspension", t.ID, t.Kind))
	}
	return out, nil
}

func missingEnvelope(l *look) ([]string, error) {
	return say(l.attestation(envelopeLive, l.decision()) == nil, "that the envelope is live is not attested"), nil
}

func missingResumed(l *look) ([]string, error) {
	a := l.attestation(resumed, l.decision())
	return say(a == nil || a.CreatedAt.Before(l.file.Standing.SuspendedAt), "that the envelope is live again is not attested"), nil
}

// decision is the identifier of the decision that counts; empty when there is none.
func (l *look) decision() string {
	if l.status.Decision == nil {
		return ""
	}
	return string(l.status.Decision.ID)
}

// attestation is the latest that stands of a subject about something.
func (l *look) attestation(subject, about string) *drawbridge.Attestation {
	var last *drawbridge.Attestation
	for i, a := range l.attested {
		if about != "" && a.Subject == subject && a.About == about && (last == nil || a.CreatedAt.After(last.CreatedAt)) {
			last = &l.attested[i]
		}
	}
	return last
}

func missingRevocation(l *look) ([]string, error) {
	if l.leaving == nil {
		return say(true, "nobody has begun to leave"), nil
	}
	a := l.attestation(revocationProbe, l.leaving.ID)
	if a == nil {
		return say(true, "no revocation probe is attested"), nil
	}
	if a.Result != failedToConnect {
		return say(true, "the latest revocation probe could still connect"), nil
	}
	why, err := l.d.unfit(l.tx, l.in, a.Evidence, kindRevocation, true)
	return say(why != "", "the evidence of the revocation probe %s", why), err
}

func missingDeletion(l *look) ([]string, error) {
	if l.leaving == nil || l.leaving.Deletion == "" {
		return say(true, "the departure names no proof of deletion"), nil
	}
	why, err := l.d.unfit(l.tx, l.in, l.leaving.Deletion, kindDeletion, true)
	return say(why != "", "the proof of deletion %s", why), err
}

// missingContract wants contracts closed that name the integration, and those
// about all of the partner's when it is the last that is not retired.
func missingContract(l *look) ([]string, error) {
	last, err := lastOf(l.tx, l.in)
	var out []string
	for _, c := range l.file.Contracts {
		out = append(out, say(slices.Contains(c.Integrations, l.in.ID) || last && len(c.Integrations) == 0, "contract %s is open", c.ID)...)
	}
	return out, err
}

func missingTasks(l *look) ([]string, error) {
	if l.leaving == nil {
		return nil, nil
	}
	var out []string
	for _, t := range l.leaving.Tasks {
		out = append(out, say(!t.Done, "task %s is not done: %s", t.ID, t.Text)...)
	}
	return out, nil
}
