package drawbridge

import (
	"encoding/json"
	"time"
)

// Condition is what must be met before or after an approval takes effect.
type Condition struct {
	Meta
	ID          string        `json:"id"` // cnd_…
	Integration IntegrationID `json:"integration"`
	Review      ReviewID      `json:"review"`
	Decision    DecisionID    `json:"decision"` // empty until decided
	Text        string        `json:"text"`
	Before      bool          `json:"before_live"` // to be met before go-live; otherwise after it
	Owner       PersonID      `json:"owner"`
	Verifier    Discipline    `json:"verifier"`  // who confirms that it is met
	Check       string        `json:"check_ref"` // a live check that settles it; may be empty
	Due         Date          `json:"due"`
	Breach      Effect        `json:"breach"` // what happens when it is overdue
	State       string        `json:"state"`  // open, met, dropped
	Evidence    EvidenceID    `json:"evidence"`
	MetBy       PersonID      `json:"met_by"`
	MetAt       time.Time     `json:"met_at"`
	Reason      string        `json:"reason"` // how it was met, or why it was dropped
	CreatedAt   time.Time     `json:"created_at"`
	UpdatedAt   time.Time     `json:"updated_at"`
}

// Overdue reports whether the condition is open after its last day.
func (c *Condition) Overdue(now time.Time) bool {
	return c.State == "open" && c.Due != "" && c.Due.Past(now)
}

// Exception is a threat, a control or a finding that is accepted for a time. It
// always ends.
type Exception struct {
	Meta
	ID           string        `json:"id"` // exc_…
	Integration  IntegrationID `json:"integration"`
	Review       ReviewID      `json:"review"`
	Covers       string        `json:"covers"` // T017@charges, control:breach-notice, f1-…
	Reason       string        `json:"reason"`
	Compensating string        `json:"compensating"`
	Owner        PersonID      `json:"owner"`
	ProposedBy   PersonID      `json:"proposed_by"`
	Approver     PersonID      `json:"approver"` // who confirmed, renewed, refused or revoked it last
	Expires      Date          `json:"expires"`  // last day
	Renewals     int64         `json:"renewals"`
	Breach       Effect        `json:"breach"` // what its end does when what it covered still stands
	State        string        `json:"state"`  // proposed, confirmed, refused, revoked
	CreatedAt    time.Time     `json:"created_at"`
	UpdatedAt    time.Time     `json:"updated_at"`
}

// Holds reports whether the exception covers anything at a time. It is the one
// place that says so.
func (x *Exception) Holds(now time.Time) bool {
	return x.State == "confirmed" && !x.Expires.Past(now)
}

// Holding are the exceptions that cover anything at a time, by what they cover.
func Holding(list []Exception, now time.Time) map[string]*Exception {
	out := map[string]*Exception{}
	for i := range list {
		if x := &list[i]; x.Holds(now) {
			out[x.Covers] = x
		}
	}
	return out
}

// Is reports whether an exception's words name the finding: its fingerprint, or
// its rule at its element.
func (f *Finding) Is(covers string) bool {
	return covers == f.Fingerprint || covers == f.Rule+"@"+f.Element
}

// Risk is an entry of the risk register.
type Risk struct {
	Meta
	ID            string        `json:"id"` // rsk_…
	Integration   IntegrationID `json:"integration"`
	Partner       PartnerID     `json:"partner"`
	Cause         string        `json:"cause"`
	Event         string        `json:"event"`
	Consequence   string        `json:"consequence"`
	Category      string        `json:"category"`
	Likelihood    int64         `json:"likelihood"` // 1 to 5, before treatment
	Impact        int64         `json:"impact"`
	Treatment     string        `json:"treatment"` // mitigate, accept, transfer, avoid
	Plan          string        `json:"plan"`      // execution detail
	Owner         PersonID      `json:"owner"`
	Due           Date          `json:"due"` // expected remediation
	Residual      int64         `json:"residual_likelihood"`
	ResidualTo    int64         `json:"residual_impact"`
	Findings      []string      `json:"findings"`   // fingerprints
	Exceptions    []string      `json:"exceptions"` // that accept it, or once did
	Acceptance    string        `json:"acceptance"` // the exception on which the acceptance rests
	Held          []PersonID    `json:"held_by"`    // who ever owned it: none of them closes it
	Rank          int64         `json:"severity"`   // 1 to 25: residual where it is stated, else inherent
	State         string        `json:"state"`      // open, treating, accepted, closed
	ClosedBy      PersonID      `json:"closed_by"`
	ClosingReason string        `json:"closing_reason"`
	CreatedAt     time.Time     `json:"created_at"`
	UpdatedAt     time.Time     `json:"updated_at"`
}

// Trigger is something that happened and that may reopen a review.
type Trigger struct {
	Meta
	ID          string          `json:"id"` // trg_…
	Integration IntegrationID   `json:"integration"`
	Kind        string          `json:"kind"`   // widening, evidence, subprocessor, check, incident, contract, owner, pack, rhythm, …
	Source      string          `json:"source"` // identifier of what happened
	Severity    Severity        `json:"severity"`
	Effect      Effect          `json:"effect"`
	Facts       json.RawMessage `json:"facts"`
	Review      ReviewID        `json:"review"`   // that it opened or joined
	Attested    string          `json:"attested"` // the attestation that narrow or suspend was carried out by hand
	HandledBy   string          `json:"handled_by"`
	HandledAt   time.Time       `json:"handled_at"`
	Reason      string          `json:"reason"`
	CreatedAt   time.Time       `json:"created_at"`
}

// Attestation is what a named operator states, with evidence, where no machine
// can prove it yet. It is always shown as attested.
type Attestation struct {
	Meta
	ID          string        `json:"id"` // att_…
	Integration IntegrationID `json:"integration"`
	Subject     string        `json:"subject"` // envelope_live, revocation_probe, narrowed, suspended, resumed
	About       string        `json:"about"`   // the decision or trigger that it is about
	Statement   string        `json:"statement"`
	Result      string        `json:"result"` // of a revocation probe: failed_to_connect or connected
	Evidence    EvidenceID    `json:"evidence"`
	By          PersonID      `json:"by_person"`
	RevokedAt   time.Time     `json:"revoked_at"`
	CreatedAt   time.Time     `json:"created_at"`
}

// Departure is how an integration is left.
type Departure struct {
	Meta
	ID          string          `json:"id"` // dep_…
	Integration IntegrationID   `json:"integration"`
	Reason      string          `json:"reason"`
	Planned     Date            `json:"planned"`
	Tasks       []DepartureTask `json:"tasks"`
	Residual    string          `json:"residual"`   // what is kept although we left, and why
	KeepUntil   Date            `json:"keep_until"` // how long records of it are kept
	Revocation  string          `json:"revocation"` // attestation or run that access is gone
	Deletion    EvidenceID      `json:"deletion"`   // accepted evidence of deletion
	Contract    ContractID      `json:"contract"`   // closed; empty when there was none
	StartedBy   PersonID        `json:"started_by"`
	EndedAt     time.Time       `json:"ended_at"`
	CreatedAt   time.Time       `json:"created_at"`
	UpdatedAt   time.Time       `json:"updated_at"`
}

// DepartureTask is one thing to do before an integration is gone.
type DepartureTask struct {
	ID    string   `json:"id"`
	Text  string   `json:"text"`
	Owner PersonID `json:"owner,omitempty"`
	Due   Date     `json:"due,omitempty"`
	Done  bool     `json:"done"`
	Note  string   `json:"note,omitempty"`
}

// ThreatReview is a look at an integration's threat model.
type ThreatReview struct {
	Meta
	ID          string          `json:"id"` // thv_…
	Integration IntegrationID   `json:"integration"`
	Assessment  AssessmentID    `json:"assessment"` // whose threats were looked at
	Previous    AssessmentID    `json:"previous"`
	Added       int64           `json:"added"`
	Gone        int64           `json:"gone"`
	Changed     int64           `json:"changed"`
	Difference  json.RawMessage `json:"difference"`
	Comment     string          `json:"comment"`
	By          PersonID        `json:"by_person"`
	Next        Date            `json:"next_due"`
	CreatedAt   time.Time       `json:"created_at"`
}
