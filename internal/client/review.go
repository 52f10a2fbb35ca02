package client

import (
	"context"
	"io"
	"time"

	"drawbridge"
	"drawbridge/internal/approval"
	"drawbridge/internal/manifest"
)

// ReviewFilter says which reviews to list; what is empty does not restrict.
type ReviewFilter struct {
	Page
	Integration drawbridge.IntegrationID `json:"-" query:"integration"`
	Partner     drawbridge.PartnerID     `json:"-" query:"partner"`
	State       drawbridge.ReviewState   `json:"-" query:"state"`
	Tier        drawbridge.Tier          `json:"-" query:"tier"`
	Open        bool                     `json:"-" query:"open" doc:"only those that have not ended"`
	Owner       drawbridge.PersonID      `json:"-" query:"owner" doc:"who asked, or answers for the integration"`
	Reviewer    drawbridge.PersonID      `json:"-" query:"reviewer" doc:"who signed, and did not take it back"`
	WaitingOn   drawbridge.Role          `json:"-" query:"waiting_on" doc:"whose turn it is: requester, programme_owner, reviewer_security and the other reviewers, approver, or partner"`
	Blocked     bool                     `json:"-" query:"blocked" doc:"only those that an open discussion holds back"`
	Order       string                   `json:"-" query:"order" doc:"newest, or danger: the open ones by tier, residual risk and age"`
}

// Form is a request for an integration by somebody who has no manifest yet. What
// is left out stays unknown.
type Form struct {
	ID          string                   `json:"id" doc:"short name: lower-case letters, digits and hyphens"`
	Environment string                   `json:"environment"`
	Name        string                   `json:"name,omitempty"`
	Purpose     string                   `json:"purpose,omitempty"`
	Partner     string                   `json:"partner,omitempty"`
	PartnerName string                   `json:"partner_name,omitempty" doc:"where the partner is new"`
	Business    string                   `json:"business,omitempty" doc:"team:... or role:..., who answers for the purpose"`
	Technical   string                   `json:"technical,omitempty"`
	Kind        drawbridge.InterfaceKind `json:"kind,omitempty"`
	Direction   drawbridge.Direction     `json:"direction,omitempty"`
	Hosts       []string                 `json:"hosts,omitempty"`
	Data        []FormElement            `json:"data,omitempty"`
	Intake      drawbridge.Intake        `json:"intake"`
}

// FormElement is one field that moves, where somebody knows it.
type FormElement struct {
	At       drawbridge.At        `json:"at"`
	Field    drawbridge.FieldPath `json:"field"`
	Category string               `json:"category"`
}

// Requested is the answer to a request.
type Requested struct {
	Integration drawbridge.Integration `json:"integration"`
	Review      drawbridge.Review      `json:"review"`
	Changes     []manifest.Change      `json:"changes"`
}

// OpenReview asks for a review of an integration that is there.
type OpenReview struct {
	ByID
	Intake drawbridge.Intake `json:"intake"`
	Reason string            `json:"reason,omitempty"`
}

// ReviewStep takes a review a step on.
type ReviewStep struct {
	ByID
	Reason string `json:"reason,omitempty"`
}

// TriageReview sets what a review asks for.
type TriageReview struct {
	ByID
	Tier   drawbridge.Tier `json:"tier,omitempty" doc:"left out: what the policy says"`
	Reason string          `json:"reason,omitempty" doc:"needed for a tier below the policy's"`
}

// SignReview is an answer in one role on the view that was looked at.
type SignReview struct {
	ByID
	Role    drawbridge.Discipline `json:"role"`
	Approve bool                  `json:"approve"`
	Comment string                `json:"comment,omitempty"`
	View    string                `json:"view" doc:"digest of the view that was looked at, from progress"`
	For     drawbridge.PersonID   `json:"on_behalf,omitempty" doc:"who delegated it"`
}

// CountedSignoff is a sign-off with whether it counts.
type CountedSignoff struct {
	drawbridge.Signoff
	Counts bool   `json:"counts"`
	Why    string `json:"why" doc:"why it does not count"`
}

// ReviewProgress is what a review waits for.
type ReviewProgress struct {
	Step     string           `json:"step" doc:"the next one; empty when the review ended"`
	Missing  []Missing        `json:"missing"`
	View     string           `json:"view" doc:"digest of the present material view: what is signed and decided on"`
	Content  string           `json:"content" doc:"content digest of the head"`
	Signoffs []CountedSignoff `json:"signoffs"`
}

// Track is one of the parallel tracks of a review.
type Track struct {
	Name    string    `json:"name"`
	State   string    `json:"state" doc:"open, done or not_needed"`
	Missing []string  `json:"missing"`
	Blocked []Blocked `json:"blocked"`
}

// Blocked says on whom a track waits, and since when.
type Blocked struct {
	On    string    `json:"on"`
	What  string    `json:"what"`
	Since time.Time `json:"since"`
}

// Tracks are the parallel tracks of a review.
type Tracks struct {
	Tracks []Track `json:"tracks"`
}

// Differences are what differs from a decision to what is there now.
type Differences struct {
	Differences []approval.Difference `json:"differences"`
}

// DecisionTerm is a condition that comes with a decision.
type DecisionTerm struct {
	Text     string                `json:"text"`
	Before   bool                  `json:"before_live" doc:"to be met before go-live; otherwise after it"`
	Owner    drawbridge.PersonID   `json:"owner,omitempty" doc:"left out: who asked"`
	Verifier drawbridge.Discipline `json:"verifier"`
	Check    string                `json:"check_ref,omitempty"`
	Due      drawbridge.Date       `json:"due"`
	Breach   drawbridge.Effect     `json:"breach,omitempty" doc:"left out: warn"`
}

// DecideReview is a decision on the view that was looked at.
type DecideReview struct {
	ByID
	Outcome    drawbridge.ReviewState `json:"outcome" doc:"approved, approved_with_conditions, rejected or deferred"`
	Rationale  string                 `json:"rationale"`
	View       string                 `json:"view"`
	Until      drawbridge.Date        `json:"until,omitempty" doc:"last day, when it is to end before the rhythm does"`
	Conditions []DecisionTerm         `json:"conditions,omitempty"`
}

// IntegrationStanding is where an integration stands.
type IntegrationStanding struct {
	Integration drawbridge.IntegrationID `json:"integration"`
	Decision    *drawbridge.Decision     `json:"decision" doc:"the latest; null before the first"`
	Stale       bool                     `json:"stale"`
	Differences []approval.Difference    `json:"differences"`
	Expired     bool                     `json:"expired"`
	OpenReview  *drawbridge.Review       `json:"open_review"`
	Overdue     bool                     `json:"overdue"`
}

// Waiting is a review that waits for you, and why.
type Waiting struct {
	Review drawbridge.Review `json:"review"`
	Name   string            `json:"name"` // of the integration
	Do     string            `json:"do"`
}

// Mine is what waits for you.
type Mine struct {
	Reviews []Waiting `json:"reviews"`
}

// NewDelegation lets somebody sign for you.
type NewDelegation struct {
	Role   drawbridge.Discipline `json:"role"`
	To     drawbridge.PersonID   `json:"to"`
	Until  drawbridge.Date       `json:"until"`
	Reason string                `json:"reason,omitempty"`
}

// Reviews lists reviews, newest first.
func (c *Client) Reviews(ctx context.Context, in ReviewFilter) (List[drawbridge.Review], error) {
	out, _, err := call[List[drawbridge.Review]](ctx, c, "GET /api/v1/reviews", in)
	return out, err
}

// Mine lists what waits for you, most dangerous first.
func (c *Client) Mine(ctx context.Context) (Mine, error) {
	out, _, err := call[Mine](ctx, c, "GET /api/v1/reviews/mine", nil)
	return out, err
}

// Review reads one review.
func (c *Client) Review(ctx context.Context, id drawbridge.ReviewID) (drawbridge.Review, error) {
	out, _, err := call[drawbridge.Review](ctx, c, "GET /api/v1/reviews/{id}", ByID{string(id)})
	return out, err
}

// ReviewProgress reads what a review waits for.
func (c *Client) ReviewProgress(ctx context.Context, id drawbridge.ReviewID) (ReviewProgress, error) {
	out, _, err := call[ReviewProgress](ctx, c, "GET /api/v1/reviews/{id}/progress", ByID{string(id)})
	return out, err
}

// Tracks reads how far each track is.
func (c *Client) Tracks(ctx context.Context, id drawbridge.ReviewID) (Tracks, error) {
	out, _, err := call[Tracks](ctx, c, "GET /api/v1/reviews/{id}/tracks", ByID{string(id)})
	return out, err
}

// ReviewChanges reads what changed since the decision that stands.
func (c *Client) ReviewChanges(ctx context.Context, id drawbridge.ReviewID) (Differences, error) {
	out, _, err := call[Differences](ctx, c, "GET /api/v1/reviews/{id}/changes", ByID{string(id)})
	return out, err
}

// Approval copies the signed approval file of a review to w.
func (c *Client) Approval(ctx context.Context, id drawbridge.ReviewID, w io.Writer) error {
	return stream(ctx, c, "GET /api/v1/reviews/{id}/approval", ByID{string(id)}, w)
}

// Request asks for an integration by a form.
func (c *Client) Request(ctx context.Context, in Form) (Requested, error) {
	out, _, err := create[Requested](ctx, c, "POST /api/v1/requests", in)
	return out, err
}

// OpenReview opens a review of an integration, or finds the open one.
func (c *Client) OpenReview(ctx context.Context, in OpenReview) (drawbridge.Review, error) {
	out, _, err := create[drawbridge.Review](ctx, c, "POST /api/v1/integrations/{id}/reviews", in)
	return out, err
}

// SubmitReview hands a request in.
func (c *Client) SubmitReview(ctx context.Context, version int64, in ReviewStep) (drawbridge.Review, error) {
	out, _, err := change[drawbridge.Review](ctx, c, "POST /api/v1/reviews/{id}/submit", in, version)
	return out, err
}

// StartReview begins the tracks of a review.
func (c *Client) StartReview(ctx context.Context, version int64, in ReviewStep) (drawbridge.Review, error) {
	out, _, err := change[drawbridge.Review](ctx, c, "POST /api/v1/reviews/{id}/start", in, version)
	return out, err
}

// ReadyReview says that a review is ready to be decided.
func (c *Client) ReadyReview(ctx context.Context, version int64, in ReviewStep) (drawbridge.Review, error) {
	out, _, err := change[drawbridge.Review](ctx, c, "POST /api/v1/reviews/{id}/ready", in, version)
	return out, err
}

// ReopenReview takes a ready review back to its tracks.
func (c *Client) ReopenReview(ctx context.Context, version int64, in ReviewStep) (drawbridge.Review, error) {
	out, _, err := change[drawbridge.Review](ctx, c, "POST /api/v1/reviews/{id}/reopen", in, version)
	return out, err
}

// WithdrawReview ends a review before it is decided.
func (c *Client) WithdrawReview(ctx context.Context, version int64, in ReviewStep) (drawbridge.Review, error) {
	out, _, err := change[drawbridge.Review](ctx, c, "POST /api/v1/reviews/{id}/withdraw", in, version)
	return out, err
}

// TriageReview sets what a review asks for.
func (c *Client) TriageReview(ctx context.Context, version int64, in TriageReview) (drawbridge.Review, error) {
	out, _, err := change[drawbridge.Review](ctx, c, "POST /api/v1/reviews/{id}/triage", in, version)
	return out, err
}

// SignReview answers in one role.
func (c *Client) SignReview(ctx context.Context, in SignReview) (drawbridge.Signoff, error) {
	out, _, err := create[drawbridge.Signoff](ctx, c, "POST /api/v1/reviews/{id}/signoffs", in)
	return out, err
}

// WithdrawSignoff takes your sign-off back.
func (c *Client) WithdrawSignoff(ctx context.Context, in ReviewStep) (drawbridge.Signoff, error) {
	out, _, err := create[drawbridge.Signoff](ctx, c, "POST /api/v1/signoffs/{id}/withdraw", in)
	return out, err
}

// DecideReview ends a review.
func (c *Client) DecideReview(ctx context.Context, in DecideReview) (drawbridge.Decision, error) {
	out, _, err := create[drawbridge.Decision](ctx, c, "POST /api/v1/reviews/{id}/decision", in)
	return out, err
}

// Standing reads where an integration stands.
func (c *Client) Standing(ctx context.Context, id drawbridge.IntegrationID) (IntegrationStanding, error) {
	out, _, err := call[IntegrationStanding](ctx, c, "GET /api/v1/integrations/{id}/standing", ByID{string(id)})
	return out, err
}

// DecisionFilter says which decisions to list.
type DecisionFilter struct {
	Page
	Partner drawbridge.PartnerID   `json:"-" query:"partner"`
	Outcome drawbridge.ReviewState `json:"-" query:"outcome" doc:"approved, approved_with_conditions, rejected or deferred"`
	Tier    drawbridge.Tier        `json:"-" query:"tier"`
	By      drawbridge.PersonID    `json:"-" query:"by" doc:"who decided"`
	State   string                 `json:"-" query:"state" doc:"stands, stale, expiring, expired, conditions or superseded"`
	Since   drawbridge.Date        `json:"-" query:"since" doc:"the first day"`
	Until   drawbridge.Date        `json:"-" query:"until" doc:"the last day"`
}

// Decided is a decision with how it stands now.
type Decided struct {
	Decision    drawbridge.Decision  `json:"decision"`
	Name        string               `json:"name" doc:"of the integration"`
	Slug        string               `json:"slug"`
	Environment string               `json:"environment"`
	Partner     drawbridge.PartnerID `json:"partner"`
	State       string               `json:"state" doc:"stands, stale, expiring, expired or superseded"`
	Stale       bool                 `json:"stale" doc:"it stands, and was made for something else"`
	Open        int                  `json:"open_conditions"`
	Overdue     int                  `json:"overdue_conditions"`
	Why         []string             `json:"why" doc:"what happened since that nobody has dealt with"`
}

// AllDecisions lists the decisions about every integration, newest first.
func (c *Client) AllDecisions(ctx context.Context, in DecisionFilter) (List[Decided], error) {
	out, _, err := call[List[Decided]](ctx, c, "GET /api/v1/decisions", in)
	return out, err
}

// Decisions lists the decisions about an integration, newest first.
func (c *Client) Decisions(ctx context.Context, in ListOf) (List[drawbridge.Decision], error) {
	out, _, err := call[List[drawbridge.Decision]](ctx, c, "GET /api/v1/integrations/{id}/decisions", in)
	return out, err
}

// Delegations lists who signs for whom, newest first.
func (c *Client) Delegations(ctx context.Context, in Page) (List[drawbridge.Delegation], error) {
	out, _, err := call[List[drawbridge.Delegation]](ctx, c, "GET /api/v1/delegations", in)
	return out, err
}

// Delegate lets somebody sign for you.
func (c *Client) Delegate(ctx context.Context, in NewDelegation) (drawbridge.Delegation, error) {
	out, _, err := create[drawbridge.Delegation](ctx, c, "POST /api/v1/delegations", in)
	return out, err
}

// RevokeDelegation ends a delegation.
func (c *Client) RevokeDelegation(ctx context.Context, id drawbridge.DelegationID) (drawbridge.Delegation, error) {
	out, _, err := create[drawbridge.Delegation](ctx, c, "POST /api/v1/delegations/{id}/revoke", ByID{string(id)})
	return out, err
}
