package drawbridge

import (
	"encoding/json"
	"slices"
	"time"
)

// ReviewID names a review, rvw_….
type ReviewID string

// SignoffID names a sign-off, sig_….
type SignoffID string

// DecisionID names a decision, dec_….
type DecisionID string

// DelegationID names a delegation, dlg_….
type DelegationID string

// Discipline is a point of view from which an integration is reviewed, and that
// signs when the tier requires it.
type Discipline string

// The disciplines.
const (
	SecurityDiscipline   Discipline = "security"
	PrivacyDiscipline    Discipline = "privacy"
	LegalDiscipline      Discipline = "legal"
	ProductDiscipline    Discipline = "product"
	OperationsDiscipline Discipline = "operations"
)

// Disciplines lists every discipline in the order of the documents.
func Disciplines() []Discipline {
	return []Discipline{SecurityDiscipline, PrivacyDiscipline, LegalDiscipline, ProductDiscipline, OperationsDiscipline}
}

// Reviewer is the role of who reviews from this point of view.
func (d Discipline) Reviewer() Role { return Role("reviewer_" + string(d)) }

// Valid reports whether d is a discipline.
func (d Discipline) Valid() bool { return slices.Contains(Disciplines(), d) }

// ReviewState is where a review stands.
type ReviewState string

// The states of a review, in order. Tracks run in parallel within InReview.
const (
	Draft                  ReviewState = "draft"
	Submitted              ReviewState = "submitted"
	Triaged                ReviewState = "triaged"
	InReview               ReviewState = "in_review"
	Ready                  ReviewState = "ready"
	Approved               ReviewState = "approved"
	ApprovedWithConditions ReviewState = "approved_with_conditions"
	Rejected               ReviewState = "rejected"
	Deferred               ReviewState = "deferred"
	Withdrawn              ReviewState = "withdrawn"
)

// reviewMoves is the table of transitions: from, and where to by which step.
var reviewMoves = map[ReviewState]map[string]ReviewState{
	Draft:     {"submit": Submitted, "withdraw": Withdrawn},
	Submitted: {"triage": Triaged, "withdraw": Withdrawn},
	Triaged:   {"start": InReview, "withdraw": Withdrawn},
	InReview:  {"ready": Ready, "withdraw": Withdrawn},
	Ready: {
		"approve": Approved, "approve_with_conditions": ApprovedWithConditions, "reject": Rejected, "defer": Deferred,
		"reopen": InReview, "withdraw": Withdrawn,
	},
}

// ReviewStates lists every state of a review in order.
func ReviewStates() []ReviewState {
	return []ReviewState{Draft, Submitted, Triaged, InReview, Ready, Approved, ApprovedWithConditions, Rejected, Deferred, Withdrawn}
}

// ReviewSteps lists every step of a review in order.
func ReviewSteps() []string {
	return []string{"submit", "triage", "start", "ready", "reopen", "approve", "approve_with_conditions", "reject", "defer", "withdraw"}
}

// Step is the state that a step leads to from s, and whether there is one.
func (s ReviewState) Step(step string) (ReviewState, bool) {
	to, ok := reviewMoves[s][step]
	return to, ok
}

// Open reports whether the review has not ended.
func (s ReviewState) Open() bool { return len(reviewMoves[s]) > 0 }

// Decided reports whether the review ended in a decision.
func (s ReviewState) Decided() bool {
	return s == Approved || s == ApprovedWithConditions || s == Rejected || s == Deferred
}

// integrationMoves is the table of transitions of an integration.
var integrationMoves = map[IntegrationState]map[string]IntegrationState{
	Proposed:  {"go_live": Live, "leave": Exiting},
	Live:      {"suspend": Suspended, "leave": Exiting},
	Suspended: {"resume": Live, "leave": Exiting},
	Exiting:   {"retire": Retired},
}

// IntegrationStates lists every state of an integration in order.
func IntegrationStates() []IntegrationState {
	return []IntegrationState{Proposed, Live, Suspended, Exiting, Retired}
}

// IntegrationSteps lists every step of an integration in order.
func IntegrationSteps() []string { return []string{"go_live", "suspend", "resume", "leave", "retire"} }

// Step is the state that a step leads to from s, and whether there is one.
func (s IntegrationState) Step(step string) (IntegrationState, bool) {
	to, ok := integrationMoves[s][step]
	return to, ok
}

// Intake is what somebody says who asks for an integration.
type Intake struct {
	Justification string   `json:"justification,omitempty"` // why it is needed
	Alternatives  string   `json:"alternatives,omitempty"`  // what was considered instead
	Categories    []string `json:"categories,omitempty"`    // of data, as the taxonomy spells them
	Subjects      []string `json:"subjects,omitempty"`      // whose data: customers, employees, …
	RecordsPerDay int64    `json:"records_per_day,omitempty"`
	PeakRPS       float64  `json:"peak_rps,omitempty"`
	NeededBy      Date     `json:"needed_by,omitempty"`
	Cost          string   `json:"cost,omitempty"`
	Urgency       string   `json:"urgency,omitempty"` // low, normal, high
}

// Review is one look at an integration, from the request to the decision.
type Review struct {
	Meta
	ID          ReviewID      `json:"id"`
	Integration IntegrationID `json:"integration"`
	Partner     PartnerID     `json:"partner"`
	Number      int64         `json:"number"` // of the integration's reviews, from 1
	State       ReviewState   `json:"state"`
	Cause       string        `json:"cause"` // intake, push, or the kind of trigger that opened it
	Intake      Intake        `json:"intake"`
	Requester   PersonID      `json:"requester"`
	Revision    RevisionID    `json:"revision"` // the head when it was last submitted or carried on
	Previous    ReviewID      `json:"previous"` // whose answers and evidence it carries forward; empty for the first
	Template    string        `json:"template"` // name@version of the questionnaire that the tier asks for
	Tier        Tier          `json:"tier"`     // as triaged
	PolicyTier  Tier          `json:"policy_tier"`
	TierReason  string        `json:"tier_reason"` // why a person chose another tier than the policy
	Roles       []Discipline  `json:"roles"`       // who must sign
	Months      int64         `json:"months"`      // rhythm of reassessment
	FastLane    bool          `json:"fast_lane"`   // one sign-off is enough
	Due         Date          `json:"due"`         // when the decision is due
	Decision    DecisionID    `json:"decision"`
	OpenedAt    time.Time     `json:"opened_at"`
	SubmittedAt time.Time     `json:"submitted_at"`
	TriagedAt   time.Time     `json:"triaged_at"`
	ReadyAt     time.Time     `json:"ready_at"`
	EndedAt     time.Time     `json:"ended_at"`
	UpdatedAt   time.Time     `json:"updated_at"`
}

// Signoff is one person's answer in one role, on exactly one view.
type Signoff struct {
	Meta
	ID          SignoffID     `json:"id"`
	Review      ReviewID      `json:"review"`
	Integration IntegrationID `json:"integration"`
	Role        Discipline    `json:"role"`
	Person      PersonID      `json:"person"`
	For         PersonID      `json:"on_behalf"` // who delegated it; empty for one's own
	Approve     bool          `json:"approve"`
	Comment     string        `json:"comment"`
	Revision    RevisionID    `json:"revision"`
	Content     string        `json:"content"`            // content digest that was signed
	View        string        `json:"view" record:"file"` // digest of the material view that was signed; the blob of the same digest holds it
	Proof       string        `json:"proof"`              // how the person proved who they are: password, password+totp, token
	WithdrawnAt time.Time     `json:"withdrawn_at"`
	CreatedAt   time.Time     `json:"created_at"`
}

// Delegation lets one reviewer sign for another for a time.
type Delegation struct {
	Meta
	ID        DelegationID `json:"id"`
	Role      Discipline   `json:"role"`
	From      PersonID     `json:"from_person"`
	To        PersonID     `json:"to_person"`
	Until     Date         `json:"until"`
	Reason    string       `json:"reason"`
	RevokedAt time.Time    `json:"revoked_at"`
	CreatedAt time.Time    `json:"created_at"`
}

// Decision is what was decided about exactly one view of an integration.
type Decision struct {
	Meta
	ID          DecisionID    `json:"id"`
	Review      ReviewID      `json:"review"`
	Integration IntegrationID `json:"integration"`
	Revision    RevisionID    `json:"revision"`
	Outcome     ReviewState   `json:"outcome"` // approved, approved_with_conditions, rejected, deferred
	Content     string        `json:"content"`
	Material    string        `json:"material"`
	View        string        `json:"view" record:"file"`
	Tier        Tier          `json:"tier"`
	Roles       []Discipline  `json:"roles"`
	Signoffs    []SignoffID   `json:"signoffs"`
	Until       Date          `json:"until"` // last day; the reassessment is due then
	Rationale   string        `json:"rationale"`
	By          PersonID      `json:"decided_by"`
	Approval    string        `json:"approval" record:"file"` // digest of the signed approval file; empty when nothing was approved
	Superseded  DecisionID    `json:"superseded"`
	CreatedAt   time.Time     `json:"created_at"`
}

// Effect is what a breach or a trigger does to what is live.
type Effect string

// The effects, mildest first.
const (
	Note        Effect = "note"
	Warn        Effect = "warn"
	Narrow      Effect = "narrow"
	SuspendFlow Effect = "suspend"
)

// Effects lists every effect, mildest first.
func Effects() []Effect { return []Effect{Note, Warn, Narrow, SuspendFlow} }

// Rank orders effects; an unknown word ranks as the strongest.
func (e Effect) Rank() int {
	if i := slices.Index(Effects(), e); i >= 0 {
		return i
	}
	return len(Effects()) - 1
}

// Ruling is what a named reviewer says of a contradiction between a claim and a test.
type Ruling struct {
	Meta
	ID          string        `json:"id"` // rul_…
	Integration IntegrationID `json:"integration"`
	Fingerprint string        `json:"fingerprint"` // of the failed check's finding, or control@element
	Check       string        `json:"check_id"`
	Element     string        `json:"element"`
	Refuted     bool          `json:"refuted"` // the test is wrong; otherwise the contradiction stands
	Role        Discipline    `json:"role"`
	By          PersonID      `json:"ruled_by"`
	Reason      string        `json:"reason"`
	RevokedAt   time.Time     `json:"revoked_at"`
	CreatedAt   time.Time     `json:"created_at"`
}

// Run is a run of live checks whose results were handed in.
type Run struct {
	Meta
	ID          string          `json:"id"` // run_…
	Integration IntegrationID   `json:"integration"`
	Revision    RevisionID      `json:"revision"` // the head when it came
	Content     string          `json:"content"`  // content digest that the run was made on
	Interface   string          `json:"interface"`
	Target      string          `json:"target"`
	Origin      string          `json:"origin"` // server, ci, upload
	Complete    bool            `json:"complete"`
	Verdicts    json.RawMessage `json:"verdicts"`               // one for each check and element, one for each failure of them
	Stands      bool            `json:"stands"`                 // no later run took the place of all its verdicts
	Document    string          `json:"document" record:"file"` // digest of the blob with the whole run
	By          string          `json:"handed_by"`
	FinishedAt  time.Time       `json:"finished_at"`
	CreatedAt   time.Time       `json:"created_at"`
}

// Claim is a control's value as somebody states it, in a questionnaire or a document.
type Claim struct {
	Control string    `json:"control"`
	Element string    `json:"element"` // "" for every element
	Holds   bool      `json:"holds"`
	Known   Knowledge `json:"known"`
	Source  string    `json:"source"` // answer:<inquiry>/<question>, evidence:<id>
}

// Standing is where an integration stands between decisions: written with each
// decision and each review, so that lists need not search for it. Whether the
// decision is stale is kept here for lists alone, with the head that it was
// found for; whoever decides by it computes it, and whether it is past its day.
type Standing struct {
	Meta
	ID          IntegrationID `json:"id"`
	Partner     PartnerID     `json:"partner"`
	Review      ReviewID      `json:"review"`   // the open one; empty when there is none
	Decision    DecisionID    `json:"decision"` // the latest that was not superseded
	Outcome     ReviewState   `json:"outcome"`
	Tier        Tier          `json:"tier"` // as triaged
	Until       Date          `json:"until"`
	LiveAt      time.Time     `json:"live_at"`
	SuspendedAt time.Time     `json:"suspended_at"` // the last time; what was attested before does not count for resuming
	Freshness   string        `json:"freshness"`    // fresh or stale, as it was last computed; empty before
	Compared    RevisionID    `json:"compared"`     // the head that it was computed for
	Danger      int64         `json:"danger"`       // of the open review: its tier, then the residual risk; 0 when none is open
	UpdatedAt   time.Time     `json:"updated_at"`
}
