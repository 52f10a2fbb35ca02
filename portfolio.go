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

// RiskView is a risk as it reads today: an acceptance that ended reads as open.
type RiskView struct {
	Risk
	Lapsed  bool `json:"lapsed"`  // it was accepted, and the exception does not hold any more
	Overdue bool `json:"overdue"` // its remediation was expected before today
}

// Heat counts risks by likelihood (down, 1 to 5) and impact (across, 1 to 5).
type Heat struct {
	Inherent [][]int64 `json:"inherent"`
	Residual [][]int64 `json:"residual"` // what is not stated counts as inherent
	Total    int64     `json:"total"`
}

// ProfileView is what is known of a partner, with the group that it belongs to.
type ProfileView struct {
	Profile
	Group    PartnerID   `json:"group"`    // the last parent
	Children []PartnerID `json:"children"` // that belong to it at once
}

// Subprocessors are those who get data from a partner.
type Subprocessors struct {
	Items   []Subprocessor `json:"items"`
	Unknown bool           `json:"unknown"` // an integration does not say to whom its data goes
}

// ContractView is a contract as it stands today.
type ContractView struct {
	Contract
	Standing string      `json:"standing"` // coming, in_force, ended, closed
	Next     Milestone   `json:"next"`     // the next day on which something must be done
	Measured []LevelView `json:"measured"` // each promise with what was measured
	Gaps     []Gap       `json:"gaps"`     // what it lacks for its kind
}

// Milestone is a day of a contract.
type Milestone struct {
	On   Date   `json:"on"`   // empty when the contract has no end
	What string `json:"what"` // notice: the last day to end it; end: its last day; renewed: it went on, and its new end is not on file
}

// LevelView is a promise, and whether it was kept.
type LevelView struct {
	ServiceLevel
	Kept  string  `json:"kept"` // met, missed or not_measured
	Value float64 `json:"value"`
	From  Date    `json:"from"`
	To    Date    `json:"to"`
}

// Gap is something that a contract, or all of them, do not say as they should.
type Gap struct {
	Integration IntegrationID `json:"integration,omitempty"`
	Subject     string        `json:"subject"`
	Contract    ContractID    `json:"contract,omitempty"`
	Text        string        `json:"text"`
}

// Agreements are a partner's contracts, held against what manifests say of them
// and against what the data that moves asks for.
type Agreements struct {
	Partner   PartnerID      `json:"partner"`
	Contracts []ContractView `json:"contracts"`
	Gaps      []Gap          `json:"gaps"`
	More      bool           `json:"more"` // the partner has more integrations than were compared
}

// NoticeFacts are what a notice says besides its words, by its kind.
type NoticeFacts struct {
	// Of a sub-processor.
	Name       string          `json:"name,omitempty"`
	Service    string          `json:"service,omitempty"`
	Country    string          `json:"country,omitempty"`
	Categories []string        `json:"categories,omitempty"`
	Uses       []IntegrationID `json:"integrations,omitempty"`

	// Of the end of something.
	Operation string `json:"operation,omitempty"`

	// Of an incident.
	Affected string    `json:"affected,omitempty"`
	AwareAt  time.Time `json:"aware_at,omitzero"` // when the partner knew

	// InTime says whether the notice came when the contract wants it: yes, no or
	// unknown. It is computed.
	InTime string `json:"in_time,omitempty"`
}

// NoticeView is a notice as it stands today.
type NoticeView struct {
	Notice
	Overdue bool `json:"overdue"` // nobody decided, and the deadline is past
}

// Share is a part of what integrations rest on.
type Share struct {
	Name         string  `json:"name"`
	Integrations int64   `json:"integrations"` // that rest on it
	Share        float64 `json:"share"`        // 0 to 1; an integration that rests on several is shared out
}

// Dimension is one way to look at what integrations rest on.
type Dimension struct {
	Name    string  `json:"name"` // partner, group, subprocessor, country, function
	Shares  []Share `json:"shares"`
	More    int     `json:"more"`    // that are not listed
	Unknown Share   `json:"unknown"` // what nobody stated
	Index   int64   `json:"index"`
	Band    string  `json:"band"` // low, moderate, high; none when there is nothing
}

// BusinessFunction is a function of the business, and who keeps it going in production.
type BusinessFunction struct {
	Name          string      `json:"name"`
	Suppliers     []PartnerID `json:"suppliers"`     // groups
	Single        bool        `json:"single"`        // only one: a single point of failure
	Integrations  int64       `json:"integrations"`  //
	Fallback      string      `json:"fallback"`      // planned, none or unknown: the worst of its integrations
	Substitutable string      `json:"substitutable"` // the worst of its integrations; empty when one does not say
}

// Concentration is what all integrations together rest on.
type Concentration struct {
	Integrations int64              `json:"integrations"` // that are not retired
	Unread       int64              `json:"unread"`       // whose head nobody looked at yet
	Dimensions   []Dimension        `json:"dimensions"`
	Functions    []BusinessFunction `json:"functions"` // those with one supplier first
	Source       string             `json:"source"`
}

// Fall is what stops, and whose data is at stake, when somebody falls. Words and
// lists say unknown where nobody stated anything.
type Fall struct {
	Kind     string      `json:"kind"`
	Name     string      `json:"name"`
	Partners []PartnerID `json:"partners"` // that fall with it, or use it

	Integrations []Fallen `json:"integrations"` // that stop, the most critical first
	Maybe        []Fallen `json:"maybe"`        // that may stop: whether they do is not stated
	Count        int64    `json:"count"`        // of those that stop, listed or not
	MaybeCount   int64    `json:"maybe_count"`

	Functions []FallenFunction `json:"functions"`
	Systems   []string         `json:"systems"` // of ours, as integration/system

	Categories     []string `json:"categories"` // of data that could leak
	Unclassified   bool     `json:"unclassified"`
	Subjects       []string `json:"subjects"` // whose data
	Unnamed        bool     `json:"unnamed"`
	RecordsPerDay  int64    `json:"records_per_day"`
	RecordsAtLeast bool     `json:"records_at_least"` // an integration does not say how many
}

// Fallen is one integration that stops, or may.
type Fallen struct {
	ID            IntegrationID    `json:"id"`
	Slug          string           `json:"slug"`
	Environment   string           `json:"environment"`
	State         IntegrationState `json:"state"`
	Partner       PartnerID        `json:"partner"`
	Tier          Tier             `json:"tier"`
	Because       string           `json:"because"`
	Function      string           `json:"function"`
	Fallback      string           `json:"fallback"` // planned, none or unknown
	RTO           string           `json:"rto"`      // a length of time, or unknown
	Substitutable string           `json:"substitutable"`
	ExitPlan      string           `json:"exit_plan"` // yes or unknown
}

// FallenFunction is a function of the business that rests on what falls.
type FallenFunction struct {
	Name  string      `json:"name"`
	Stops bool        `json:"stops"` // nobody else keeps it going in production
	Left  []PartnerID `json:"left"`  // who does, besides
}

// PortfolioEntry is one integration of the portfolio, with where its decision stands.
type PortfolioEntry struct {
	Integration
	Decision DecisionID  `json:"decision"` // empty before the first
	Decided  ReviewState `json:"decided"`
	Until    Date        `json:"until"`
	Expired  bool        `json:"expired"`
	Changed  bool        `json:"changed"` // the head is another revision than was decided on
	Stale    string      `json:"stale"`   // fresh or stale, as it was last computed; unknown while the head was not looked at; empty without a decision
	Review   ReviewID    `json:"review"`  // the open one
	At       ReviewState `json:"review_state"`
	Due      Date        `json:"review_due"`
	Overdue  bool        `json:"overdue"`
}

// Hit is one thing that a search found.
type Hit struct {
	Kind        string        `json:"kind"` // integration, partner, review, finding, risk, person or questionnaire
	ID          string        `json:"id"`   // of a finding its fingerprint
	Title       string        `json:"title"`
	More        string        `json:"more,omitempty"`        // what tells it from others of its title
	Integration IntegrationID `json:"integration,omitempty"` // to which it belongs
	Name        string        `json:"name,omitempty"`        // of that integration
}
