package client

import (
	"context"
	"time"

	"drawbridge"
)

// Search says what to look for.
type Search struct {
	Text  string `json:"-" query:"text" doc:"words that must all be there, in a name or a title; or an identifier"`
	Limit int    `json:"-" query:"limit" doc:"most of each kind, 1 to 20; default 8"`
}

// RiskFilter says which risks to list; what is empty does not restrict.
type RiskFilter struct {
	Page
	RiskSelection
}

// RiskSelection says which risks are meant.
type RiskSelection struct {
	Integration drawbridge.IntegrationID `json:"-" query:"integration"`
	Partner     drawbridge.PartnerID     `json:"-" query:"partner"`
	Owner       drawbridge.PersonID      `json:"-" query:"owner"`
	Category    string                   `json:"-" query:"category"`
	State       string                   `json:"-" query:"state" doc:"open, treating, accepted or closed, as it reads today; current is all but closed"`
	Treatment   string                   `json:"-" query:"treatment" doc:"mitigate, accept, transfer or avoid"`
	Severity    int64                    `json:"-" query:"severity" doc:"1 to 25, likelihood times impact: this one and what is worse"`
	Overdue     bool                     `json:"-" query:"overdue" doc:"true for those alone whose remediation was expected before today"`
}

// RiskWords are what people say of a risk.
type RiskWords struct {
	Cause       string              `json:"cause,omitempty"`
	Event       string              `json:"event,omitempty"`
	Consequence string              `json:"consequence,omitempty"`
	Category    string              `json:"category,omitempty"`
	Likelihood  int64               `json:"likelihood,omitempty" doc:"1 to 5, before treatment"`
	Impact      int64               `json:"impact,omitempty" doc:"1 to 5"`
	Treatment   string              `json:"treatment,omitempty" doc:"mitigate, accept, transfer or avoid"`
	Plan        string              `json:"plan,omitempty" doc:"how it is carried out"`
	Owner       drawbridge.PersonID `json:"owner,omitempty"`
	Due         drawbridge.Date     `json:"due,omitempty" doc:"when remediation is expected"`
	Residual    int64               `json:"residual_likelihood,omitempty" doc:"1 to 5, after treatment; 0 while nobody knows"`
	ResidualTo  int64               `json:"residual_impact,omitempty"`
	Findings    []string            `json:"findings,omitempty" doc:"fingerprints, f1-..."`
}

// NewRisk enters a risk: about an integration, or about a partner as a whole.
type NewRisk struct {
	Integration drawbridge.IntegrationID `json:"integration,omitempty"`
	Partner     drawbridge.PartnerID     `json:"partner,omitempty"`
	Finding     string                   `json:"finding,omitempty" doc:"fingerprint of the finding that it is made from, which fills in what is left out"`
	RiskWords
	Reason string `json:"reason,omitempty"`
}

// EditRisk changes what is said of a risk.
type EditRisk struct {
	ByID
	RiskWords
	Reason string `json:"reason,omitempty"`
}

// MoveRisk brings a risk into another state.
type MoveRisk struct {
	ByID
	State     string `json:"state" doc:"open, treating or accepted"`
	Exception string `json:"exception,omitempty" doc:"on which an acceptance rests: confirmed and not ended"`
	Reason    string `json:"reason,omitempty"`
}

// EntryFilter says which integrations of the portfolio to list.
type EntryFilter struct {
	Page
	Partner drawbridge.PartnerID        `json:"-" query:"partner"`
	State   drawbridge.IntegrationState `json:"-" query:"state"`
	Tier    drawbridge.Tier             `json:"-" query:"tier"`
	Order   string                      `json:"-" query:"order" doc:"risk (the default), id or name"`
}

// ProfileEdit is what is known of a partner besides its record.
type ProfileEdit struct {
	ByID
	LegalName       string               `json:"legal_name,omitempty"`
	PersonType      string               `json:"person_type,omitempty" doc:"legal or natural"`
	Identifiers     map[string]string    `json:"identifiers,omitempty" doc:"lei, euid, vat, duns; of duns, euid and the VAT numbers of some countries the format alone is checked"`
	Parent          drawbridge.PartnerID `json:"parent,omitempty" doc:"the partner that it belongs to"`
	Status          string               `json:"status,omitempty" doc:"prospect, active, exiting or former"`
	SecurityContact string               `json:"security_contact,omitempty"`
	PrivacyContact  string               `json:"privacy_contact,omitempty"`
	Tags            []string             `json:"tags,omitempty"`
	Reason          string               `json:"reason,omitempty"`
}

// Terms are what a contract says.
type Terms struct {
	Integrations []drawbridge.IntegrationID `json:"integrations,omitempty" doc:"that it covers; empty: all of the partner's"`
	Type         string                     `json:"type" doc:"msa, dpa, sla, nda or baa"`
	Title        string                     `json:"title,omitempty"`
	Signed       drawbridge.Date            `json:"signed,omitempty"`
	Starts       drawbridge.Date            `json:"starts,omitempty"`
	Ends         drawbridge.Date            `json:"ends,omitempty"`
	AutoRenew    bool                       `json:"auto_renew,omitempty"`
	NoticeOurs   int64                      `json:"notice_ours,omitempty" doc:"days in which we can end it"`
	NoticeTheirs int64                      `json:"notice_theirs,omitempty" doc:"days in which they can"`
	Deprecation  int64                      `json:"deprecation,omitempty" doc:"days of notice before something goes away"`
	BreachHours  int64                      `json:"breach_hours,omitempty" doc:"0 when nothing is promised"`
	Objection    int64                      `json:"objection,omitempty" doc:"days in which we can object to a sub-processor"`
	Law          string                     `json:"law,omitempty"`
	Cost         string                     `json:"cost,omitempty" doc:"a year, with the currency"`
	DataOwner    string                     `json:"data_owner,omitempty" doc:"ours, partner or shared"`
	AuditRight   bool                       `json:"audit_right,omitempty"`
	Clauses      map[string]string          `json:"clauses,omitempty" doc:"gdpr-28-3-a to -h, dora-30-2-a to -i, dora-30-3-a to -f: present, partial or absent, and behind a blank where"`
	Levels       []drawbridge.ServiceLevel  `json:"levels,omitempty"`
	Evidence     drawbridge.EvidenceID      `json:"evidence,omitempty" doc:"the signed document"`
}

// NewContract puts a contract on file.
type NewContract struct {
	Partner drawbridge.PartnerID `json:"partner"`
	Terms
	Reason string `json:"reason,omitempty"`
}

// EditContract changes what a contract says.
type EditContract struct {
	ByID
	Terms
	Reason string `json:"reason,omitempty"`
}

// ContractFilter says which contracts to list; what is empty does not restrict.
type ContractFilter struct {
	Page
	Partner drawbridge.PartnerID `json:"-" query:"partner"`
	Type    string               `json:"-" query:"type"`
	Before  drawbridge.Date      `json:"-" query:"before" doc:"those that end before this day"`
}

// NewMeasure records what a service level was.
type NewMeasure struct {
	ByID
	Integration drawbridge.IntegrationID `json:"integration,omitempty"`
	Metric      string                   `json:"metric"`
	Value       float64                  `json:"value"`
	From        drawbridge.Date          `json:"period_from"`
	To          drawbridge.Date          `json:"period_to"`
	Source      string                   `json:"source" doc:"how it was measured"`
}

// NewSubprocessor notes that somebody works for a partner and gets data.
type NewSubprocessor struct {
	ByID
	Name       string                     `json:"name"`
	Service    string                     `json:"service,omitempty"`
	Country    string                     `json:"country,omitempty" doc:"ISO 3166-1 alpha-2"`
	Categories []string                   `json:"categories,omitempty"`
	Uses       []drawbridge.IntegrationID `json:"integrations,omitempty" doc:"empty: all of the partner's"`
	Reason     string                     `json:"reason,omitempty"`
}

// NewNotice is what a partner announces.
type NewNotice struct {
	Partner   drawbridge.PartnerID   `json:"partner,omitempty" doc:"of a notice by a link it is the link's"`
	Kind      string                 `json:"kind" doc:"subprocessor, deprecation or incident"`
	Title     string                 `json:"title"`
	Text      string                 `json:"text,omitempty"`
	Facts     drawbridge.NoticeFacts `json:"facts,omitzero"`
	Received  time.Time              `json:"received,omitzero" doc:"when it reached us; default now"`
	Effective drawbridge.Date        `json:"effective,omitempty" doc:"when it takes effect, or when it happened"`
}

// NoticeFilter says which notices to list; what is empty does not restrict.
type NoticeFilter struct {
	Page
	Partner drawbridge.PartnerID `json:"-" query:"partner"`
	Kind    string               `json:"-" query:"kind"`
	State   string               `json:"-" query:"state" doc:"open, accepted, objected or closed"`
}

// DecideNotice is what becomes of a notice.
type DecideNotice struct {
	ByID
	State  string `json:"state" doc:"accepted, objected or closed"`
	Reason string `json:"reason"`
}

// FallQuestion asks what happens when somebody falls.
type FallQuestion struct {
	Kind string `json:"-" query:"kind" doc:"partner, parent, subprocessor or country"`
	Name string `json:"-" query:"name"`
}

// Entries lists the portfolio.
func (c *Client) Entries(ctx context.Context, f EntryFilter) (List[drawbridge.PortfolioEntry], error) {
	out, _, err := call[List[drawbridge.PortfolioEntry]](ctx, c, "GET /api/v1/register", f)
	return out, err
}

// Search finds things by their names, among those that may be seen.
func (c *Client) Search(ctx context.Context, in Search) (List[drawbridge.Hit], error) {
	out, _, err := call[List[drawbridge.Hit]](ctx, c, "GET /api/v1/search", in)
	return out, err
}

// Risks lists risks, worst first.
func (c *Client) Risks(ctx context.Context, f RiskFilter) (List[drawbridge.RiskView], error) {
	out, _, err := call[List[drawbridge.RiskView]](ctx, c, "GET /api/v1/risks", f)
	return out, err
}

// HeatMap counts risks by likelihood and impact.
func (c *Client) HeatMap(ctx context.Context, f RiskSelection) (drawbridge.Heat, error) {
	out, _, err := call[drawbridge.Heat](ctx, c, "GET /api/v1/risks/heat", f)
	return out, err
}

// Risk reads one risk.
func (c *Client) Risk(ctx context.Context, id string) (drawbridge.RiskView, error) {
	out, _, err := call[drawbridge.RiskView](ctx, c, "GET /api/v1/risks/{id}", ByID{id})
	return out, err
}

// AddRisk enters a risk.
func (c *Client) AddRisk(ctx context.Context, in NewRisk) (drawbridge.RiskView, error) {
	out, _, err := create[drawbridge.RiskView](ctx, c, "POST /api/v1/risks", in)
	return out, err
}

// EditRisk changes what is said of a risk, over the version that was read.
func (c *Client) EditRisk(ctx context.Context, version int64, in EditRisk) (drawbridge.RiskView, error) {
	out, _, err := change[drawbridge.RiskView](ctx, c, "PUT /api/v1/risks/{id}", in, version)
	return out, err
}

// MoveRisk brings a risk into another state, over the version that was read.
func (c *Client) MoveRisk(ctx context.Context, version int64, in MoveRisk) (drawbridge.RiskView, error) {
	out, _, err := change[drawbridge.RiskView](ctx, c, "PUT /api/v1/risks/{id}/state", in, version)
	return out, err
}

// CloseRisk closes a risk, over the version that was read.
func (c *Client) CloseRisk(ctx context.Context, version int64, id, reason string) (drawbridge.RiskView, error) {
	out, _, err := change[drawbridge.RiskView](ctx, c, "PUT /api/v1/risks/{id}/closed", Close{ByID{id}, reason}, version)
	return out, err
}

// Close ends something, with a reason.
type Close struct {
	ByID
	Reason string `json:"reason"`
}

// Profile reads what is known of a partner.
func (c *Client) Profile(ctx context.Context, id drawbridge.PartnerID) (drawbridge.ProfileView, error) {
	out, _, err := call[drawbridge.ProfileView](ctx, c, "GET /api/v1/partners/{id}/profile", ByID{string(id)})
	return out, err
}

// AddProfile writes what is known of a partner for the first time.
func (c *Client) AddProfile(ctx context.Context, in ProfileEdit) (drawbridge.ProfileView, error) {
	out, _, err := create[drawbridge.ProfileView](ctx, c, "POST /api/v1/partners/{id}/profile", in)
	return out, err
}

// EditProfile changes what is known of a partner, over the version that was read.
func (c *Client) EditProfile(ctx context.Context, version int64, in ProfileEdit) (drawbridge.ProfileView, error) {
	out, _, err := change[drawbridge.ProfileView](ctx, c, "PUT /api/v1/partners/{id}/profile", in, version)
	return out, err
}

// Contracts lists contracts, newest first.
func (c *Client) Contracts(ctx context.Context, f ContractFilter) (List[drawbridge.ContractView], error) {
	out, _, err := call[List[drawbridge.ContractView]](ctx, c, "GET /api/v1/contracts", f)
	return out, err
}

// Contract reads one contract.
func (c *Client) Contract(ctx context.Context, id drawbridge.ContractID) (drawbridge.ContractView, error) {
	out, _, err := call[drawbridge.ContractView](ctx, c, "GET /api/v1/contracts/{id}", ByID{string(id)})
	return out, err
}

// AddContract puts a contract on file.
func (c *Client) AddContract(ctx context.Context, in NewContract) (drawbridge.ContractView, error) {
	out, _, err := create[drawbridge.ContractView](ctx, c, "POST /api/v1/contracts", in)
	return out, err
}

// EditContract changes what a contract says, over the version that was read.
func (c *Client) EditContract(ctx context.Context, version int64, in EditContract) (drawbridge.ContractView, error) {
	out, _, err := change[drawbridge.ContractView](ctx, c, "PUT /api/v1/contracts/{id}", in, version)
	return out, err
}

// CloseContract notes that a contract is over before its day.
func (c *Client) CloseContract(ctx context.Context, id drawbridge.ContractID, reason string) (drawbridge.ContractView, error) {
	out, _, err := create[drawbridge.ContractView](ctx, c, "POST /api/v1/contracts/{id}/close", Close{ByID{string(id)}, reason})
	return out, err
}

// Measures lists what was measured of a contract's promises, newest first.
func (c *Client) Measures(ctx context.Context, id drawbridge.ContractID) (List[drawbridge.Measure], error) {
	out, _, err := call[List[drawbridge.Measure]](ctx, c, "GET /api/v1/contracts/{id}/measures", ByID{string(id)})
	return out, err
}

// AddMeasure records what a service level was.
func (c *Client) AddMeasure(ctx context.Context, in NewMeasure) (drawbridge.Measure, error) {
	out, _, err := create[drawbridge.Measure](ctx, c, "POST /api/v1/contracts/{id}/measures", in)
	return out, err
}

// Agreements compares a partner's contracts with its integrations.
func (c *Client) Agreements(ctx context.Context, id drawbridge.PartnerID) (drawbridge.Agreements, error) {
	out, _, err := call[drawbridge.Agreements](ctx, c, "GET /api/v1/partners/{id}/agreements", ByID{string(id)})
	return out, err
}

// Subprocessors lists who works for a partner and gets data.
func (c *Client) Subprocessors(ctx context.Context, id drawbridge.PartnerID) (drawbridge.Subprocessors, error) {
	out, _, err := call[drawbridge.Subprocessors](ctx, c, "GET /api/v1/partners/{id}/subprocessors", ByID{string(id)})
	return out, err
}

// AddSubprocessor notes that somebody works for a partner and gets data.
func (c *Client) AddSubprocessor(ctx context.Context, in NewSubprocessor) (drawbridge.Subprocessor, error) {
	out, _, err := create[drawbridge.Subprocessor](ctx, c, "POST /api/v1/partners/{id}/subprocessors", in)
	return out, err
}

// EndSubprocessor notes that a sub-processor works for a partner no more.
func (c *Client) EndSubprocessor(ctx context.Context, id, reason string) (drawbridge.Subprocessor, error) {
	out, _, err := create[drawbridge.Subprocessor](ctx, c, "POST /api/v1/subprocessors/{id}/end", Close{ByID{id}, reason})
	return out, err
}

// Notices lists notices, newest first.
func (c *Client) Notices(ctx context.Context, f NoticeFilter) (List[drawbridge.NoticeView], error) {
	out, _, err := call[List[drawbridge.NoticeView]](ctx, c, "GET /api/v1/notices", f)
	return out, err
}

// Notice reads one notice.
func (c *Client) Notice(ctx context.Context, id string) (drawbridge.NoticeView, error) {
	out, _, err := call[drawbridge.NoticeView](ctx, c, "GET /api/v1/notices/{id}", ByID{id})
	return out, err
}

// AddNotice takes in what a partner announces.
func (c *Client) AddNotice(ctx context.Context, in NewNotice) (drawbridge.NoticeView, error) {
	out, _, err := create[drawbridge.NoticeView](ctx, c, "POST /api/v1/notices", in)
	return out, err
}

// DecideNotice accepts a notice, objects to it, or closes it.
func (c *Client) DecideNotice(ctx context.Context, version int64, in DecideNotice) (drawbridge.NoticeView, error) {
	out, _, err := change[drawbridge.NoticeView](ctx, c, "PUT /api/v1/notices/{id}/state", in, version)
	return out, err
}

// Concentration tells on whom and on what all integrations rest.
func (c *Client) Concentration(ctx context.Context) (drawbridge.Concentration, error) {
	out, _, err := call[drawbridge.Concentration](ctx, c, "GET /api/v1/portfolio/concentration", None{})
	return out, err
}

// Fall tells what happens when somebody falls.
func (c *Client) Fall(ctx context.Context, in FallQuestion) (drawbridge.Fall, error) {
	out, _, err := call[drawbridge.Fall](ctx, c, "GET /api/v1/portfolio/fall", in)
	return out, err
}
