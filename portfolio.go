package drawbridge

import "time"

// Footprint is what the portfolio asks of an integration's head: whom it rests
// on, where its data is, and what stops without it. It is written with each
// assessment, and holds no prose of the manifest.
type Footprint struct {
	Meta
	ID        IntegrationID `json:"id"`
	Partner   PartnerID     `json:"partner"`
	Revision  RevisionID    `json:"revision"` // whose facts these are
	Facts     Facts         `json:"facts"`
	UpdatedAt time.Time     `json:"updated_at"`
}

// Facts are the facts of a [Footprint]. What a manifest leaves out is unknown,
// and says so here.
type Facts struct {
	Parent        PartnerID  `json:"parent,omitempty"`   // as the partner's file says
	Function      string     `json:"function,omitempty"` // of the business; empty when unknown
	Hint          Tier       `json:"hint,omitempty"`     // how critical the requester holds it to be
	RTO           *Span      `json:"rto,omitempty"`
	Substitutable string     `json:"substitutable,omitempty"`
	Fallback      string     `json:"fallback,omitempty"` // planned, none, or empty when unknown
	Exit          bool       `json:"exit,omitempty"`     // there is an exit plan
	Systems       []string   `json:"systems,omitempty"`  // of ours, that a flow ends at
	Categories    []string   `json:"categories,omitempty"`
	Unclassified  bool       `json:"unclassified,omitempty"` // some data has no category, or a flow lists none
	Subjects      []string   `json:"subjects,omitempty"`
	Unnamed       bool       `json:"unnamed,omitempty"`   // a flow does not say whose data it is
	Records       int64      `json:"records,omitempty"`   // a day, as far as it is stated
	Uncounted     bool       `json:"uncounted,omitempty"` // a flow does not say how many
	Countries     []string   `json:"countries,omitempty"` // where data is stored or processed, sub-processors among them
	Unplaced      bool       `json:"unplaced,omitempty"`  // a flow does not say where
	Passed        []PassedOn `json:"passed,omitempty"`    // sub-processors that get its data
	Unpassed      bool       `json:"unpassed,omitempty"`  // whether there are more is unknown
	Agreed        Agreed     `json:"agreed,omitzero"`
}

// PassedOn is a sub-processor as the partner's file names it.
type PassedOn struct {
	ID     string `json:"id"`
	Region string `json:"region,omitempty"`
}

// Agreed is the contract as the manifest states it; what is left out is unknown.
type Agreed struct {
	DPA          Date     `json:"dpa,omitempty"`
	Until        Date     `json:"until,omitempty"`
	BreachNotice *Span    `json:"breach_notice,omitempty"`
	Deprecation  *Span    `json:"deprecation,omitempty"`
	Objection    *Span    `json:"objection,omitempty"` // notice before a new sub-processor
	Audit        *bool    `json:"audit,omitempty"`
	DataOwner    string   `json:"data_owner,omitempty"`
	Availability *float64 `json:"availability,omitempty"` // percent
	LatencyP95   *Span    `json:"latency_p95,omitempty"`
}
