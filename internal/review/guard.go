package review

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"drawbridge"
	"drawbridge/internal/assess"
	"drawbridge/internal/inquiry"
	"drawbridge/internal/policy"
)

// The steps of a review, as [drawbridge.ReviewSteps] spells them.
const (
	stepSubmit     = "submit"
	stepTriage     = "triage"
	stepStart      = "start"
	stepReady      = "ready"
	stepReopen     = "reopen"
	stepApprove    = "approve"
	stepConditions = "approve_with_conditions"
	stepReject     = "reject"
	stepDefer      = "defer"
	stepWithdraw   = "withdraw"
)

// Guard is one row of the table of guards: what must hold before a step.
type Guard struct {
	ID    string   `json:"id"`
	Steps []string `json:"steps"`
	Holds string   `json:"holds"` // what must hold
	Who   string   `json:"who"`   // who can meet it

	missing func(*look) ([]string, error) // what is missing, in words
}

// Missing is one thing that keeps a review from a step.
type Missing struct {
	Guard string `json:"guard"`
	Text  string `json:"text"`
	Who   string `json:"who"`
}

// guards is the table. What had to hold to become ready has to hold when it is
// decided too: the head may have moved since.
func guards() []Guard {
	submit := []string{stepSubmit, stepReady, stepApprove, stepConditions}
	ready := []string{stepReady, stepApprove, stepConditions}
	approve := []string{stepApprove, stepConditions}
	decide := []string{stepApprove, stepConditions, stepReject, stepDefer}
	return []Guard{
		{"purpose", submit, "the manifest says what the integration is for", "the requester", missingPurpose},
		{"owners", submit, "a business owner and a technical owner are named", "the requester", missingOwners},
		{"flows", submit, "at least one flow is declared", "the requester", missingFlows},
		{"tier", ready, "the review was triaged for the risk that the head has", "a reviewer, who triages again", missingTier},
		{"categories", ready, "every data element on a flow has a confirmed category", "the requester", missingCategories},
		{"answers", ready, "nothing that is required is unanswered in an open questionnaire", "whoever the questionnaire went to", missingAnswers},
		{"contradictions", ready, "a named reviewer ruled on every contradiction between a claim and a test", "a reviewer", missingRulings},
		{"tests", ready, "the live checks that the tier asks for ran on the present interface", "a tester", missingTests},
		{"threads", ready, "no discussion that blocks is open", "who opened it, or a reviewer", missingThreads},
		{"signatures", approve, "every role that the tier requires signed the present view, by enough different people and in order", "reviewers", missingSignatures},
		{"objections", approve, "nobody who must sign objects", "who objected", missingObjections},
		{"critical", approve, "every critical finding is gone or covered by a confirmed exception", "the requester, or an approver who confirms an exception", missingExceptions},
		{"conditions", []string{stepApprove}, "no condition is open", "an approver, who approves with conditions", missingTerms},
		{"named", []string{stepConditions}, "at least one condition is named", "the approver", missingTerm},
		{"decider", decide, "who decides did not ask for it", "another approver", missingDecider},
	}
}

// Guards lists the table of guards.
func Guards() []Guard { return guards() }

// missing lists what keeps the review from a step, in the order of the table.
func (l *look) missing(step string) ([]Missing, error) {
	out := []Missing{}
	for _, g := range guards() {
		if !slices.Contains(g.Steps, step) {
			continue
		}
		list, err := g.missing(l)
		if err != nil {
			return nil, fmt.Errorf("guard %s of review %s: %w", g.ID, l.review.ID, err)
		}
		for _, text := range list {
			out = append(out, Missing{g.ID, text, g.Who})
		}
	}
	return out, nil
}

// hold refuses a step while something is missing.
func (l *look) hold(step string) error {
	list, err := l.missing(step)
	if err != nil || len(list) == 0 {
		return err
	}
	const shown = 5
	var texts []string
	for i, m := range list {
		if i == shown {
			texts = append(texts, fmt.Sprintf("and %d more", len(list)-shown))
			break
		}
		texts = append(texts, m.Text)
	}
	return drawbridge.Errorf(drawbridge.Conflict, "the review cannot take the step %s yet: %s", strings.ReplaceAll(step, "_", " "), strings.Join(texts, "; "))
}

func missingPurpose(l *look) ([]string, error) { return l.ofHead((*facts).missingPurpose) }

func missingOwners(l *look) ([]string, error) { return l.ofHead((*facts).missingOwners) }

func missingFlows(l *look) ([]string, error) { return l.ofHead((*facts).missingFlows) }

// ofHead is what is missing in the manifest of the head.
func (l *look) ofHead(missing func(*facts) []string) ([]string, error) {
	f, err := l.facts()
	if err != nil {
		return nil, err
	}
	return missing(f), nil
}

func (f *facts) missingPurpose() []string {
	if f.purpose {
		return nil
	}
	return []string{"say in the manifest what the integration is for (purpose)"}
}

func (f *facts) missingOwners() []string {
	var out []string
	for _, key := range f.owners {
		out = append(out, "name who answers for it ("+key+")")
	}
	return out
}

func (f *facts) missingFlows() []string {
	if f.flows > 0 {
		return nil
	}
	return []string{"declare at least one flow: what data moves, and why"}
}

func missingCategories(l *look) ([]string, error) {
	f, err := l.facts()
	if err != nil {
		return nil, err
	}
	return f.uncategorised, nil
}

// missingTier asks for another triage when the risk rose, or the fast lane closed.
func missingTier(l *look) ([]string, error) {
	a := &l.file.Assessment
	var out []string
	if above(a.Tier, l.review.PolicyTier) && above(a.Tier, l.review.Tier) {
		out = append(out, fmt.Sprintf("triage again: the head is of tier %s, and the review of tier %s", a.Tier, l.review.Tier))
	}
	if l.review.FastLane {
		if ok, err := l.fast(); err != nil || !ok {
			return append(out, "triage again: the fast lane is closed to the head as it is now"), err
		}
	}
	return out, nil
}

// missingAnswers looks at the questionnaires of this review that nobody accepted.
func missingAnswers(l *look) ([]string, error) {
	var out []string
	sent := l.review.FastLane
	for _, q := range l.file.Inquiries {
		if q.Review != l.review.ID {
			continue
		}
		sent = true
		switch q.State {
		case inquiry.StateAccepted, inquiry.StateClosed:
		case inquiry.StateSubmitted:
			out = append(out, fmt.Sprintf("accept or return the answers to %s (%s)", q.Template, q.ID))
		default:
			out = append(out, fmt.Sprintf("%s (%s) has %d of %s and was not handed in", q.Template, q.ID, q.Answered, drawbridge.Count(q.Asked, "answer", "answers")))
		}
	}
	if !sent {
		out = append(out, fmt.Sprintf("send the questionnaire that the tier asks for (%s)", l.review.Template))
	}
	return out, nil
}

// missingTests asks for a whole run on each interface that the tester can drive,
// made while the interface was as it is now. A confirmed exception for
// checks@<interface> stands in for one.
func missingTests(l *look) ([]string, error) {
	tier, err := l.tier()
	if err != nil || !tier.LiveTests || l.review.FastLane {
		return nil, err
	}
	f, err := l.facts()
	if err != nil {
		return nil, err
	}
	var out []string
	for _, id := range slices.Sorted(maps.Keys(f.testable)) {
		ok, err := l.tested(id, f.testable[id])
		if err != nil {
			return nil, err
		}
		if !ok {
			out = append(out, fmt.Sprintf("run the live checks on the interface %s as it is now, and hand the run in", id))
		}
	}
	return out, nil
}

// tested reports whether a whole run speaks of an interface as it is now.
func (l *look) tested(id, digest string) (bool, error) {
	if slices.ContainsFunc(l.file.Exceptions, func(x drawbridge.Exception) bool { return x.Covers == "checks@"+id }) {
		return true, nil
	}
	for _, r := range l.file.Runs {
		if r.Interface != id || !r.Complete {
			continue
		}
		same, err := l.same(&r, id, digest)
		if err != nil || same {
			return same, err
		}
	}
	return false, nil
}

// same reports whether the interface was the same when the run was made.
func (l *look) same(r *drawbridge.Run, id, digest string) (bool, error) {
	if r.Content == l.file.Head.Content {
		return true, nil
	}
	earlier, err := l.earlier()
	if err != nil || earlier[r.Content] == nil {
		return false, err
	}
	f, err := l.desk.facts(earlier[r.Content])
	return err == nil && f.testable[id] == digest, err
}

// tier is what the policy asks of the tier that the review was triaged to.
func (l *look) tier() (policy.TierDef, error) {
	ws, err := l.desk.workspace()
	if err != nil {
		return policy.TierDef{}, err
	}
	return tierOf(ws.Policy, l.review.Tier), nil
}

// tierOf is what a policy asks of a tier; of an unknown one as much as of the highest.
func tierOf(p *policy.Pack, t drawbridge.Tier) policy.TierDef {
	tiers := p.Tiers()
	if i := slices.IndexFunc(tiers, func(d policy.TierDef) bool { return d.Tier == t }); i >= 0 {
		return tiers[i]
	}
	return tiers[0]
}

func missingThreads(l *look) ([]string, error) {
	ws, err := l.desk.workspace()
	if err != nil {
		return nil, err
	}
	var out []string
	for _, t := range l.file.Threads {
		if ws.Policy.Protocol().Blocks(t.Kind) {
			out = append(out, fmt.Sprintf("resolve the discussion %q about %s %s (%s)", t.Title, t.Kind, t.Object, t.ID))
		}
	}
	return out, nil
}

func missingSignatures(l *look) ([]string, error) {
	ws, err := l.desk.workspace()
	if err != nil {
		return nil, err
	}
	counted, err := l.tally()
	if err != nil {
		return nil, err
	}
	quorum := ws.Policy.Protocol().Tier(l.review.Tier).Quorum
	if l.review.FastLane {
		quorum = 1 // which is what the lane is for
	}
	var out []string
	for _, role := range l.review.Roles {
		if n := signed(counted, role); n < quorum {
			out = append(out, fmt.Sprintf("%s has %d of %s on the present view", role, n, drawbridge.Count(quorum, "sign-off", "sign-offs")))
		}
	}
	return out, nil
}

func missingObjections(l *look) ([]string, error) {
	counted, err := l.tally()
	if err != nil {
		return nil, err
	}
	var out []string
	for _, c := range counted {
		if !c.Approve && c.Why == whyObjects {
			out = append(out, fmt.Sprintf("%s objects for %s (%s)", c.Person, c.Role, c.ID))
		}
	}
	return out, nil
}

func missingExceptions(l *look) ([]string, error) {
	list, err := l.findings()
	if err != nil {
		return nil, err
	}
	refuted := l.refuted()
	var out []string
	for i := range list {
		f := &list[i]
		if f.Severity != drawbridge.Critical {
			break // the worst come first
		}
		if refuted[f.Fingerprint] || slices.ContainsFunc(l.file.Exceptions, func(x drawbridge.Exception) bool { return f.Is(x.Covers) }) {
			continue
		}
		out = append(out, fmt.Sprintf("%s at %s is critical: %s", f.Rule, f.Element, f.Title))
	}
	return out, nil
}

func missingTerms(l *look) ([]string, error) {
	n := l.terms()
	if n == 0 {
		return nil, nil
	}
	return []string{drawbridge.Count(n, "condition is open", "conditions are open") + ": approve with conditions, or have what is open met or dropped"}, nil
}

func missingTerm(l *look) ([]string, error) {
	if l.terms() > 0 {
		return nil, nil
	}
	return []string{"name a condition, or approve without"}, nil
}

// terms counts the open conditions of the review with those that come with the decision.
func (l *look) terms() int {
	n := l.adding
	for _, c := range l.file.Conditions {
		if c.Review == l.review.ID && c.Decision == "" && c.State == "open" {
			n++
		}
	}
	return n
}

func missingDecider(l *look) ([]string, error) {
	if l.decider == "" || l.decider != l.review.Requester {
		return nil, nil
	}
	return []string{"who asked for an integration does not decide on it"}, nil
}

// missingRulings looks at what the assessment of the head says of claims that
// tests deny, and asks for a ruling on each failure behind it.
func missingRulings(l *look) ([]string, error) {
	doc, err := l.desk.document(l.file.Assessment.Document)
	if err != nil {
		return nil, err
	}
	var out []string
	for _, c := range doc.Claims {
		for _, t := range c.Tests {
			for _, f := range t.Findings {
				if c.Verdict == assess.Contradicted && !slices.ContainsFunc(l.file.Rulings, func(r drawbridge.Ruling) bool { return r.Fingerprint == f }) {
					out = append(out, fmt.Sprintf("rule on %s: it denies that %s is in place on %s (%s)", t.Check, c.Control, c.Element, f))
				}
			}
		}
	}
	return out, nil
}

// maxDocument bounds the document of an assessment, in bytes.
const maxDocument = 512 << 20

// document is what a review needs of the document of an assessment.
type document struct {
	Claims   []assess.ClaimTest `json:"claims"`
	Controls []policy.Control   `json:"controls"`
}

// document reads what an assessment lays beside the tests.
func (d *Desk) document(digest string) (*document, error) {
	return d.documents.get(digest, func() (*document, error) {
		data, err := d.door.Store().Blobs().Read(digest, maxDocument, d.door.Keys())
		if err != nil {
			return nil, err
		}
		doc := &document{}
		if err := json.Unmarshal(data, doc); err != nil {
			return nil, fmt.Errorf("read the assessment %s: %w", digest, err)
		}
		return doc, nil
	})
}
