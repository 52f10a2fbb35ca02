package drawbridge

import (
	"encoding/json"
	"time"
)

// InquiryID names a questionnaire that was sent, inq_….
type InquiryID string

// LinkID names a partner's link, lnk_….
type LinkID string

// EvidenceID names a document of evidence, evd_….
type EvidenceID string

// ThreadID names a discussion, thr_….
type ThreadID string

// ContractID names a contract, ctr_….
type ContractID string

// Inquiry is a questionnaire as it was sent for one review: the questions do
// not change any more, whatever becomes of the template.
type Inquiry struct {
	Meta
	ID          InquiryID     `json:"id"`
	Review      ReviewID      `json:"review"`
	Integration IntegrationID `json:"integration"`
	Partner     PartnerID     `json:"partner"`
	Audience    string        `json:"audience"`            // partner or internal
	Template    string        `json:"template"`            // name@version
	Items       string        `json:"items" record:"file"` // digest of the blob with the questions as sent
	Previous    InquiryID     `json:"previous"`            // whose answers were carried forward
	State       string        `json:"state"`               // open, submitted, accepted, returned, closed
	Due         Date          `json:"due"`
	Answered    int64         `json:"answered"` // of the questions that are asked
	Asked       int64         `json:"asked"`
	SentBy      PersonID      `json:"sent_by"`
	SentAt      time.Time     `json:"sent_at"`
	SubmittedAt time.Time     `json:"submitted_at"`
	AcceptedBy  PersonID      `json:"accepted_by"`
	AcceptedAt  time.Time     `json:"accepted_at"`
	Note        string        `json:"note"` // what is to be changed, as a reviewer wrote it who returned the answers
	UpdatedAt   time.Time     `json:"updated_at"`
}

// Answer is one answer to one question. An answer is never changed: a new one
// takes its place, so that the history stays.
type Answer struct {
	Meta
	ID          string        `json:"id"` // ans_…
	Inquiry     InquiryID     `json:"inquiry"`
	Integration IntegrationID `json:"integration"`
	Question    string        `json:"question"`
	Value       []byte        `json:"value" record:"secret"` // the sealed answer: value, reason why not applicable, comment
	Source      string        `json:"source"`                // partner, internal, carried, import
	Origin      string        `json:"origin"`                // the answer that it was carried from
	Author      string        `json:"author"`                // person or link
	Confirmed   bool          `json:"confirmed"`             // false for one that was carried forward and that nobody looked at
	Latest      bool          `json:"latest"`
	CreatedAt   time.Time     `json:"created_at"`
}

// Link lets somebody at the partner work on one inquiry without an account.
type Link struct {
	Meta
	ID        LinkID    `json:"id"`
	Inquiry   InquiryID `json:"inquiry"`
	Partner   PartnerID `json:"partner"`
	Label     string    `json:"label"`                 // for whom, as the inviter wrote it
	Hash      string    `json:"hash" record:"secret"`  // SHA-256 of the token in the address
	Questions []string  `json:"questions"`             // only these; empty for all
	Parent    LinkID    `json:"parent"`                // the link that delegated these questions
	Preview   bool      `json:"preview"`               // looks as the partner sees it, and changes nothing
	Visit     string    `json:"visit" record:"secret"` // hash of the cookie after the exchange
	CreatedBy string    `json:"created_by"`
	ExpiresAt time.Time `json:"expires_at"`
	RevokedAt time.Time `json:"revoked_at"`
	CreatedAt time.Time `json:"created_at"`
}

// Works reports whether the link lets somebody in at a time.
func (l *Link) Works(now time.Time) bool { return l.RevokedAt.IsZero() && now.Before(l.ExpiresAt) }

// Evidence is a document that somebody handed in. It counts only once a reviewer
// accepted it, and only within its period.
type Evidence struct {
	Meta
	ID              EvidenceID    `json:"id"`
	Partner         PartnerID     `json:"partner"`
	Integration     IntegrationID `json:"integration"` // empty: it is about the partner as a whole
	Inquiry         InquiryID     `json:"inquiry"`     // through which it came; may be empty
	Kind            string        `json:"kind"`        // like evidence:soc2, as the list of what settles spells it
	Title           string        `json:"title"`
	Issuer          string        `json:"issuer"`
	Scope           string        `json:"scope"`    // what it says that it covers
	Services        []string      `json:"services"` // slugs of the integrations that it covers; empty: all of the partner's
	PeriodStart     Date          `json:"period_start"`
	PeriodEnd       Date          `json:"period_end"`
	Issued          Date          `json:"issued"`
	Expires         Date          `json:"expires"`
	Exceptions      []string      `json:"exceptions"` // that the document itself names
	Confidentiality string        `json:"confidentiality"`
	File            string        `json:"file" record:"file"` // digest of the blob
	FileName        string        `json:"file_name"`
	MediaType       string        `json:"media_type"` // as recognised, never as claimed
	Size            int64         `json:"size"`
	State           string        `json:"state"` // offered, accepted, refused, withdrawn
	Known           Knowledge     `json:"known"` // the rung that it was accepted on
	Reason          string        `json:"reason"`
	UploadedBy      string        `json:"uploaded_by"`
	AcceptedBy      PersonID      `json:"accepted_by"`
	AcceptedAt      time.Time     `json:"accepted_at"`
	Supersedes      EvidenceID    `json:"supersedes"`
	SupersededBy    EvidenceID    `json:"superseded_by"`
	CreatedAt       time.Time     `json:"created_at"`
	UpdatedAt       time.Time     `json:"updated_at"`
}

// Until is the last day on which the evidence counts; the zero day never ends.
func (e *Evidence) Until() Date {
	if e.Expires != "" {
		return e.Expires
	}
	return e.PeriodEnd
}

// Thread is a discussion about one object.
type Thread struct {
	Meta
	ID          ThreadID      `json:"id"`
	Integration IntegrationID `json:"integration"` // may be empty: about something of a partner's
	Inquiry     InquiryID     `json:"inquiry"`     // whose partner sees it; empty unless it is shared
	Kind        string        `json:"kind"`        // of the object: answer, flow, finding, decision, evidence, …
	Object      string        `json:"object"`      // its identifier or manifest key
	Title       string        `json:"title"`
	Blocks      bool          `json:"blocks"` // the review does not become ready while it is open
	Shared      bool          `json:"shared"` // the partner sees it too
	OpenedBy    string        `json:"opened_by"`
	ResolvedBy  string        `json:"resolved_by"`
	ResolvedAt  time.Time     `json:"resolved_at"`
	CreatedAt   time.Time     `json:"created_at"`
	UpdatedAt   time.Time     `json:"updated_at"`
}

// Comment is one contribution to a discussion.
type Comment struct {
	Meta
	ID          string        `json:"id"` // cmt_…
	Thread      ThreadID      `json:"thread"`
	Integration IntegrationID `json:"integration"`
	Text        string        `json:"text"`
	Author      string        `json:"author"`
	CreatedAt   time.Time     `json:"created_at"`
}

// Contract is an agreement with a partner, with what it promises.
type Contract struct {
	Meta
	ID           ContractID        `json:"id"`
	Partner      PartnerID         `json:"partner"`
	Integrations []IntegrationID   `json:"integrations"` // empty: all of the partner's
	Type         string            `json:"type"`         // msa, dpa, sla, nda, baa
	Title        string            `json:"title"`
	Signed       Date              `json:"signed"`
	Starts       Date              `json:"starts"`
	Ends         Date              `json:"ends"`
	AutoRenew    bool              `json:"auto_renew"`
	NoticeOurs   int64             `json:"notice_ours"`   // days in which we can end it
	NoticeTheirs int64             `json:"notice_theirs"` // days in which they can
	Deprecation  int64             `json:"deprecation"`   // days of notice before something goes away
	BreachHours  int64             `json:"breach_hours"`  // 0 when nothing is promised
	Objection    int64             `json:"objection"`     // days in which we can object to a sub-processor
	Law          string            `json:"law"`
	Cost         string            `json:"cost"` // a year, with the currency
	DataOwner    string            `json:"data_owner"`
	AuditRight   bool              `json:"audit_right"`
	Clauses      map[string]string `json:"clauses"` // gdpr-28-3-a …: present, partial, absent, with a reference behind a blank
	Levels       []ServiceLevel    `json:"levels"`
	Evidence     EvidenceID        `json:"evidence"` // the signed document
	ClosedAt     time.Time         `json:"closed_at"`
	CreatedAt    time.Time         `json:"created_at"`
	UpdatedAt    time.Time         `json:"updated_at"`
}

// ServiceLevel is one promise of a contract.
type ServiceLevel struct {
	Metric string  `json:"metric"` // availability, latency_p95, …
	Target float64 `json:"target"`
	Unit   string  `json:"unit"`   // percent, ms, h
	Window string  `json:"window"` // month, quarter
}

// Measure is what a service level was in one window.
type Measure struct {
	Meta
	ID          string        `json:"id"` // mea_…
	Contract    ContractID    `json:"contract"`
	Partner     PartnerID     `json:"partner"`
	Integration IntegrationID `json:"integration"` // may be empty
	Metric      string        `json:"metric"`
	Value       float64       `json:"value"`
	From        Date          `json:"period_from"`
	To          Date          `json:"period_to"`
	Source      string        `json:"source"` // how it was measured
	By          string        `json:"recorded_by"`
	CreatedAt   time.Time     `json:"created_at"`
}

// Subprocessor is somebody who works for a partner and gets data.
type Subprocessor struct {
	Meta
	ID         string          `json:"id"` // sub_…
	Partner    PartnerID       `json:"partner"`
	Name       string          `json:"name"`
	Service    string          `json:"service"`
	Country    string          `json:"country"` // ISO 3166-1 alpha-2
	Categories []string        `json:"categories"`
	Uses       []IntegrationID `json:"integrations"` // empty: all of the partner's
	Source     string          `json:"source"`       // manifest, notice, person
	Notice     string          `json:"notice"`       // the notice that named it
	EndedAt    time.Time       `json:"ended_at"`
	CreatedAt  time.Time       `json:"created_at"`
	UpdatedAt  time.Time       `json:"updated_at"`
}

// Notice is what a partner announces: a sub-processor, the end of something, an incident.
type Notice struct {
	Meta
	ID        string          `json:"id"` // ntc_…
	Partner   PartnerID       `json:"partner"`
	Kind      string          `json:"kind"` // subprocessor, deprecation, incident
	Title     string          `json:"title"`
	Text      string          `json:"text"`
	Facts     json.RawMessage `json:"facts"` // by kind: the sub-processor, the operation, what was affected
	Received  time.Time       `json:"received"`
	Effective Date            `json:"effective"` // when it takes effect, or when it happened
	Deadline  Date            `json:"deadline"`  // computed: until when we can object, or must have moved
	DueAt     time.Time       `json:"due_at"`    // the same to the minute
	Rule      string          `json:"rule"`      // from what the deadline was computed
	State     string          `json:"state"`     // open, accepted, objected, closed
	From      string          `json:"from_whom"` // link or person
	Inquiry   InquiryID       `json:"inquiry"`   // through whose link it came; empty from a person
	DecidedBy PersonID        `json:"decided_by"`
	Reason    string          `json:"reason"`
	DecidedAt time.Time       `json:"decided_at"`
	CreatedAt time.Time       `json:"created_at"`
}

// Profile is what is known of a partner besides its name.
type Profile struct {
	Meta
	ID              PartnerID         `json:"id"`
	LegalName       string            `json:"legal_name"`
	PersonType      string            `json:"person_type"` // legal, natural
	Identifiers     map[string]string `json:"identifiers"` // lei, euid, vat, duns
	Parent          PartnerID         `json:"parent"`
	Status          string            `json:"status"` // prospect, active, exiting, former
	SecurityContact string            `json:"security_contact"`
	PrivacyContact  string            `json:"privacy_contact"`
	Tags            []string          `json:"tags"`
	CreatedAt       time.Time         `json:"created_at"`
	UpdatedAt       time.Time         `json:"updated_at"`
}
