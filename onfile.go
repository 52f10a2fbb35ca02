package drawbridge

import "time"

// Section is the newest of what is on file of one kind, and how much there is.
type Section[T any] struct {
	Items []T   `json:"items"`
	Total int64 `json:"total"`
}

// FiledEvidence is a document of evidence, and whether it counts now.
type FiledEvidence struct {
	Evidence
	Counts bool   `json:"counts"`
	Why    string `json:"why,omitempty"` // it does not
}

// FiledException is an exception, and whether it covers anything now.
type FiledException struct {
	Exception
	Holds bool `json:"holds"`
}

// FiledCondition is a condition, and whether it is overdue now.
type FiledCondition struct {
	Condition
	Overdue bool `json:"overdue"`
}

// FiledData is a category of data that is exchanged, and where.
type FiledData struct {
	Category string   `json:"category"`
	Flows    []string `json:"flows"`
	Fields   int64    `json:"fields"`
}

// FiledControl is a control as the latest assessment sees it.
type FiledControl struct {
	ID         string    `json:"id"`
	Title      string    `json:"title"`
	Required   bool      `json:"required"`
	Applies    bool      `json:"applies"`
	Value      *float64  `json:"value"` // 0 to 1; nothing when unknown
	Known      Knowledge `json:"known"`
	Confidence float64   `json:"confidence"`
	Verdict    Verdict   `json:"verdict,omitempty"`
	Because    string    `json:"because"`
}

// Dossier is everything on file about one integration. What the reader may not
// see is named, and left out.
type Dossier struct {
	AsOf          time.Time               `json:"as_of"`
	Integration   Integration             `json:"integration"`
	Partner       Partner                 `json:"partner"`
	Profile       Section[Profile]        `json:"profile"`
	Revision      *Revision               `json:"revision,omitempty"`
	Assessment    *Assessment             `json:"assessment,omitempty"`
	Data          Section[FiledData]      `json:"data"`
	Controls      Section[FiledControl]   `json:"controls"`
	Standing      *Standing               `json:"standing,omitempty"`
	Reviews       Section[Review]         `json:"reviews"`
	Signoffs      Section[Signoff]        `json:"signoffs"`
	Decisions     Section[Decision]       `json:"decisions"`
	Conditions    Section[FiledCondition] `json:"conditions"`
	Exceptions    Section[FiledException] `json:"exceptions"`
	Evidence      Section[FiledEvidence]  `json:"evidence"`
	Inquiries     Section[Inquiry]        `json:"inquiries"`
	Threads       Section[Thread]         `json:"threads"`
	Contracts     Section[Contract]       `json:"contracts"`
	Risks         Section[Risk]           `json:"risks"`
	Notices       Section[Notice]         `json:"notices"`
	Subprocessors Section[Subprocessor]   `json:"subprocessors"`
	Runs          Section[Run]            `json:"runs"`
	Rulings       Section[Ruling]         `json:"rulings"`
	Triggers      Section[Trigger]        `json:"triggers"`
	Attestations  Section[Attestation]    `json:"attestations"`
	Departures    Section[Departure]      `json:"departures"`
	ThreatReviews Section[ThreatReview]   `json:"threat_reviews"`
	Withheld      []string                `json:"withheld"` // parts that your roles do not show
}

// PartnerDossier is everything on file about one partner.
type PartnerDossier struct {
	AsOf          time.Time              `json:"as_of"`
	Partner       Partner                `json:"partner"`
	Profile       Section[Profile]       `json:"profile"`
	Integrations  Section[Integration]   `json:"integrations"`
	Standings     Section[Standing]      `json:"standings"`
	Reviews       Section[Review]        `json:"reviews"`
	Evidence      Section[FiledEvidence] `json:"evidence"`
	Inquiries     Section[Inquiry]       `json:"inquiries"`
	Contracts     Section[Contract]      `json:"contracts"`
	Measures      Section[Measure]       `json:"measures"`
	Notices       Section[Notice]        `json:"notices"`
	Subprocessors Section[Subprocessor]  `json:"subprocessors"`
	Risks         Section[Risk]          `json:"risks"`
	Withheld      []string               `json:"withheld"`
}
