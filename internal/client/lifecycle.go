package client

import (
	"context"
	"time"

	"drawbridge"
)

// Missing is a guard of a step that does not hold, with who can meet it.
type Missing struct {
	Guard string `json:"guard"`
	Text  string `json:"text"`
	Who   string `json:"who"`
}

// NextStep is a step that there is from the present state, and what it waits for.
type NextStep struct {
	Step    string                      `json:"step"`
	To      drawbridge.IntegrationState `json:"to"`
	Missing []Missing                   `json:"missing"`
}

// Life is where an integration is in its life, and what may come next.
type Life struct {
	Integration  drawbridge.Integration   `json:"integration"`
	Decision     *drawbridge.Decision     `json:"decision" doc:"the latest; null before the first"`
	Stale        bool                     `json:"stale"`
	Expired      bool                     `json:"expired"`
	LiveAt       time.Time                `json:"live_at,omitzero"`
	Steps        []NextStep               `json:"steps"`
	Attestations []drawbridge.Attestation `json:"attestations" doc:"those that stand; what people attest, no machine has proven"`
	Departure    *drawbridge.Departure    `json:"departure" doc:"null while nobody leaves"`
}

// Leave begins to leave an integration.
type Leave struct {
	ByID
	Planned drawbridge.Date `json:"planned" doc:"last day of use"`
	Reason  string          `json:"reason"`
}

// PlanDeparture is a departure as somebody wants it.
type PlanDeparture struct {
	ByID
	Planned   drawbridge.Date            `json:"planned"`
	Tasks     []drawbridge.DepartureTask `json:"tasks"`
	Residual  string                     `json:"residual,omitempty" doc:"what is kept although we left, and why"`
	KeepUntil drawbridge.Date            `json:"keep_until,omitempty"`
	Deletion  drawbridge.EvidenceID      `json:"deletion,omitempty" doc:"the proof of deletion"`
	Contract  drawbridge.ContractID      `json:"contract,omitempty"`
	Reason    string                     `json:"reason,omitempty"`
}

// Attest is what an operator states.
type Attest struct {
	ByID
	Subject   string                `json:"subject" doc:"envelope_live, narrowed, suspended, resumed or revocation_probe"`
	About     string                `json:"about,omitempty" doc:"a trigger, for narrowed and suspended; else what counts now"`
	Statement string                `json:"statement"`
	Result    string                `json:"result,omitempty" doc:"of a revocation probe: failed_to_connect or connected"`
	Evidence  drawbridge.EvidenceID `json:"evidence" doc:"on file of the same integration"`
}

// OfIntegration asks for a part of a list; what is empty does not restrict.
type OfIntegration struct {
	Page
	Integration drawbridge.IntegrationID `json:"-" query:"integration"`
	State       string                   `json:"-" query:"state"`
}

// NewCondition is a condition of an integration's approval.
type NewCondition struct {
	ByID
	Text     string                `json:"text"`
	Before   bool                  `json:"before_live" doc:"to be met before go-live"`
	Owner    drawbridge.PersonID   `json:"owner,omitempty" doc:"default the integration's owner"`
	Verifier drawbridge.Discipline `json:"verifier" doc:"who confirms it"`
	Check    string                `json:"check_ref,omitempty" doc:"a live check that settles it"`
	Due      drawbridge.Date       `json:"due"`
	Breach   drawbridge.Effect     `json:"breach,omitempty" doc:"warn, narrow or suspend, when it is overdue"`
}

// MeetCondition confirms that a condition is met.
type MeetCondition struct {
	ByID
	Evidence drawbridge.EvidenceID `json:"evidence,omitempty" doc:"accepted, and of the same integration"`
	Reason   string                `json:"reason"`
}

// NewException proposes to accept something for a time.
type NewException struct {
	ByID
	Covers       string              `json:"covers" doc:"T017@charges, control:breach-notice or f1-..."`
	Reason       string              `json:"reason"`
	Compensating string              `json:"compensating,omitempty" doc:"what is done instead"`
	Owner        drawbridge.PersonID `json:"owner,omitempty" doc:"default the integration's owner"`
	Expires      drawbridge.Date     `json:"expires" doc:"last day"`
	Breach       drawbridge.Effect   `json:"breach,omitempty" doc:"warn, narrow or suspend, when it ends and what it covered still stands"`
}

// RenewException moves the last day of an exception.
type RenewException struct {
	ByID
	Expires drawbridge.Date `json:"expires"`
	Reason  string          `json:"reason"`
}

// Life reads where an integration is in its life.
func (c *Client) Life(ctx context.Context, id drawbridge.IntegrationID) (Life, error) {
	out, _, err := call[Life](ctx, c, "GET /api/v1/integrations/{id}/life", ByID{string(id)})
	return out, err
}

// GoLive says that an integration is used, when every guard holds.
func (c *Client) GoLive(ctx context.Context, in Because) (drawbridge.Integration, error) {
	out, _, err := create[drawbridge.Integration](ctx, c, "POST /api/v1/integrations/{id}/live", in)
	return out, err
}

// Suspend says that an integration must not be used.
func (c *Client) Suspend(ctx context.Context, in Because) (drawbridge.Integration, error) {
	out, _, err := create[drawbridge.Integration](ctx, c, "POST /api/v1/integrations/{id}/suspend", in)
	return out, err
}

// Resume ends a suspension, when every guard holds.
func (c *Client) Resume(ctx context.Context, in Because) (drawbridge.Integration, error) {
	out, _, err := create[drawbridge.Integration](ctx, c, "POST /api/v1/integrations/{id}/resume", in)
	return out, err
}

// Retire ends an integration's life, when every guard holds.
func (c *Client) Retire(ctx context.Context, in Because) (drawbridge.Integration, error) {
	out, _, err := create[drawbridge.Integration](ctx, c, "POST /api/v1/integrations/{id}/retire", in)
	return out, err
}

// Leave begins to leave an integration.
func (c *Client) Leave(ctx context.Context, in Leave) (drawbridge.Departure, error) {
	out, _, err := create[drawbridge.Departure](ctx, c, "POST /api/v1/integrations/{id}/leave", in)
	return out, err
}

// Departure reads how an integration is left.
func (c *Client) Departure(ctx context.Context, id drawbridge.IntegrationID) (drawbridge.Departure, error) {
	out, _, err := call[drawbridge.Departure](ctx, c, "GET /api/v1/integrations/{id}/departure", ByID{string(id)})
	return out, err
}

// PlanDeparture changes a departure, over the version that was read.
func (c *Client) PlanDeparture(ctx context.Context, version int64, in PlanDeparture) (drawbridge.Departure, error) {
	out, _, err := change[drawbridge.Departure](ctx, c, "PUT /api/v1/integrations/{id}/departure", in, version)
	return out, err
}

// Attestations lists what was attested of an integration, newest first.
func (c *Client) Attestations(ctx context.Context, in ListOf) (List[drawbridge.Attestation], error) {
	out, _, err := call[List[drawbridge.Attestation]](ctx, c, "GET /api/v1/integrations/{id}/attestations", in)
	return out, err
}

// Attest states what no machine can prove yet.
func (c *Client) Attest(ctx context.Context, in Attest) (drawbridge.Attestation, error) {
	out, _, err := create[drawbridge.Attestation](ctx, c, "POST /api/v1/integrations/{id}/attestations", in)
	return out, err
}

// RevokeAttestation takes an attestation back.
func (c *Client) RevokeAttestation(ctx context.Context, id, reason string) (drawbridge.Attestation, error) {
	out, _, err := create[drawbridge.Attestation](ctx, c, "POST /api/v1/attestations/{id}/revoke", Because{ByID{id}, reason})
	return out, err
}

// Conditions lists conditions, newest first.
func (c *Client) Conditions(ctx context.Context, in OfIntegration) (List[drawbridge.Condition], error) {
	out, _, err := call[List[drawbridge.Condition]](ctx, c, "GET /api/v1/conditions", in)
	return out, err
}

// AddCondition sets a condition.
func (c *Client) AddCondition(ctx context.Context, in NewCondition) (drawbridge.Condition, error) {
	out, _, err := create[drawbridge.Condition](ctx, c, "POST /api/v1/integrations/{id}/conditions", in)
	return out, err
}

// MeetCondition confirms that a condition is met.
func (c *Client) MeetCondition(ctx context.Context, in MeetCondition) (drawbridge.Condition, error) {
	out, _, err := create[drawbridge.Condition](ctx, c, "POST /api/v1/conditions/{id}/meet", in)
	return out, err
}

// DropCondition ends a condition without it being met.
func (c *Client) DropCondition(ctx context.Context, id, reason string) (drawbridge.Condition, error) {
	out, _, err := create[drawbridge.Condition](ctx, c, "POST /api/v1/conditions/{id}/drop", Because{ByID{id}, reason})
	return out, err
}

// Exceptions lists exceptions, newest first.
func (c *Client) Exceptions(ctx context.Context, in OfIntegration) (List[drawbridge.Exception], error) {
	out, _, err := call[List[drawbridge.Exception]](ctx, c, "GET /api/v1/exceptions", in)
	return out, err
}

// ProposeException proposes to accept something for a time.
func (c *Client) ProposeException(ctx context.Context, in NewException) (drawbridge.Exception, error) {
	out, _, err := create[drawbridge.Exception](ctx, c, "POST /api/v1/integrations/{id}/exceptions", in)
	return out, err
}

// ConfirmException lets a proposal cover what it names.
func (c *Client) ConfirmException(ctx context.Context, id, reason string) (drawbridge.Exception, error) {
	out, _, err := create[drawbridge.Exception](ctx, c, "POST /api/v1/exceptions/{id}/confirm", Because{ByID{id}, reason})
	return out, err
}

// RefuseException turns a proposal down.
func (c *Client) RefuseException(ctx context.Context, id, reason string) (drawbridge.Exception, error) {
	out, _, err := create[drawbridge.Exception](ctx, c, "POST /api/v1/exceptions/{id}/refuse", Because{ByID{id}, reason})
	return out, err
}

// RenewException moves the last day of an exception that holds.
func (c *Client) RenewException(ctx context.Context, in RenewException) (drawbridge.Exception, error) {
	out, _, err := create[drawbridge.Exception](ctx, c, "POST /api/v1/exceptions/{id}/renew", in)
	return out, err
}

// RevokeException ends an exception before its last day.
func (c *Client) RevokeException(ctx context.Context, id, reason string) (drawbridge.Exception, error) {
	out, _, err := create[drawbridge.Exception](ctx, c, "POST /api/v1/exceptions/{id}/revoke", Because{ByID{id}, reason})
	return out, err
}
