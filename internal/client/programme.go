package client

import (
	"context"
	"io"
	"time"

	"drawbridge"
)

// TriggerView is a trigger as it stands.
type TriggerView struct {
	drawbridge.Trigger
	Text     string `json:"text" doc:"what happened, in words"`
	ToAttest bool   `json:"to_attest" doc:"its effect waits for an operator's attestation"`
}

// TriggerFilter says which triggers to list; what is empty does not restrict.
type TriggerFilter struct {
	Page
	Integration drawbridge.IntegrationID `json:"-" query:"integration"`
	Kind        string                   `json:"-" query:"kind"`
	Open        bool                     `json:"-" query:"open" doc:"that nobody handled"`
}

// NewTrigger is something that happened to an integration.
type NewTrigger struct {
	ByID
	Kind     string              `json:"kind" doc:"widening, evidence, subprocessor, check, incident, contract, owner, pack, rhythm, notice, exception, condition or threats"`
	Source   string              `json:"source" doc:"identifier of what happened; one source of a kind counts once"`
	Severity drawbridge.Severity `json:"severity,omitempty" doc:"left out counts as the highest"`
	Text     string              `json:"text"`
}

// QueueReason is why an integration needs to be looked at.
type QueueReason struct {
	Kind   string            `json:"kind"`
	Effect drawbridge.Effect `json:"effect"`
	Text   string            `json:"text"`
	Since  time.Time         `json:"since"`
	Ref    string            `json:"ref" doc:"the trigger, decision or review"`
}

// QueueItem is one integration that needs review.
type QueueItem struct {
	Integration drawbridge.Integration `json:"integration"`
	Review      drawbridge.ReviewID    `json:"review" doc:"the open one; empty when there is none"`
	Effect      drawbridge.Effect      `json:"effect" doc:"the strongest of the reasons"`
	Since       time.Time              `json:"since"`
	ToAttest    bool                   `json:"to_attest"`
	Reasons     []QueueReason          `json:"reasons"`
	State       drawbridge.ReviewState `json:"state" doc:"of the open review"`
	Due         drawbridge.Date        `json:"due" doc:"of the open review"`
	Waits       []QueueWait            `json:"waits"`
}

// QueueWait says on whom something of the queue waits.
type QueueWait struct {
	On    drawbridge.Role `json:"on"`
	What  string          `json:"what"`
	Since time.Time       `json:"since"`
}

// QueueFilter says what of the queue to list.
type QueueFilter struct {
	Page
	Kind   string            `json:"-" query:"kind" doc:"of one of the reasons"`
	Effect drawbridge.Effect `json:"-" query:"effect" doc:"the strongest of the reasons"`
	Tier   drawbridge.Tier   `json:"-" query:"tier"`
	Open   string            `json:"-" query:"open" doc:"yes: with an open review; no: without"`
}

// Figures are what an assessment comes to.
type Figures struct {
	Tier     drawbridge.Tier    `json:"tier"`
	Outcome  drawbridge.Outcome `json:"outcome"`
	Inherent float64            `json:"inherent"`
	Residual float64            `json:"residual"`
}

// PackEffect is one integration that a pack changes.
type PackEffect struct {
	Integration drawbridge.IntegrationID `json:"integration"`
	Slug        string                   `json:"slug"`
	Environment string                   `json:"environment"`
	Before      Figures                  `json:"before"`
	After       Figures                  `json:"after"`
	Worse       bool                     `json:"worse" doc:"a higher tier, or a stricter answer of the gate"`
	Problem     string                   `json:"problem,omitempty"`
}

// Impact is what a change of packs does to the portfolio.
type Impact struct {
	Packs   []Pack       `json:"packs"`
	Scored  int          `json:"scored"`
	Changed int          `json:"changed"`
	Worse   int          `json:"worse"`
	Failed  int          `json:"failed"`
	Queued  int          `json:"queued" doc:"triggers that were raised; 0 of a preview"`
	Effects []PackEffect `json:"effects" doc:"most dangerous first, at most 1000"`
}

// CandidatePack is a pack that has not taken effect.
type CandidatePack struct {
	Archive []byte `json:"archive" doc:"the pack as .tar.gz, in base64"`
}

// Announcement says why the packs changed.
type Announcement struct {
	Reason string `json:"reason"`
}

// BetweenThreats asks what changed in a threat model.
type BetweenThreats struct {
	ByID
	From drawbridge.AssessmentID `json:"-" query:"from" doc:"default the one that was looked at last"`
	To   drawbridge.AssessmentID `json:"-" query:"to" doc:"default the latest"`
}

// CalendarUntil says how far a calendar looks ahead.
type CalendarUntil struct {
	Until drawbridge.Date `json:"-" query:"until" doc:"the last day, at most 5 years ahead; default 400 days"`
}

// ThreatChange is one threat that differs between two assessments.
type ThreatChange struct {
	ID          string                 `json:"id"`
	Title       string                 `json:"title"`
	Change      string                 `json:"change" doc:"added, gone or changed"`
	OldState    drawbridge.ThreatState `json:"old_state,omitempty"`
	State       drawbridge.ThreatState `json:"state,omitempty"`
	OldSeverity drawbridge.Severity    `json:"old_severity,omitempty"`
	Severity    drawbridge.Severity    `json:"severity,omitempty"`
}

// ThreatDifference is what changed in a threat model.
type ThreatDifference struct {
	Integration drawbridge.IntegrationID `json:"integration"`
	From        drawbridge.AssessmentID  `json:"from" doc:"empty: nobody looked before"`
	To          drawbridge.AssessmentID  `json:"to"`
	Added       int64                    `json:"added"`
	Gone        int64                    `json:"gone"`
	Changed     int64                    `json:"changed"`
	Threats     []ThreatChange           `json:"threats"`
}

// NewThreatReview records a look at a threat model.
type NewThreatReview struct {
	ByID
	Assessment drawbridge.AssessmentID `json:"assessment,omitempty" doc:"that was looked at; default the latest"`
	Comment    string                  `json:"comment"`
}

// Queue lists what needs review, most dangerous first.
func (c *Client) Queue(ctx context.Context, in QueueFilter) (List[QueueItem], error) {
	out, _, err := call[List[QueueItem]](ctx, c, "GET /api/v1/programme/queue", in)
	return out, err
}

// Calendar writes what is due as iCalendar.
func (c *Client) Calendar(ctx context.Context, in CalendarUntil, w io.Writer) error {
	return stream(ctx, c, "GET /api/v1/programme/calendar", in, w)
}

// Triggers lists triggers, newest first.
func (c *Client) Triggers(ctx context.Context, f TriggerFilter) (List[TriggerView], error) {
	out, _, err := call[List[TriggerView]](ctx, c, "GET /api/v1/triggers", f)
	return out, err
}

// Raise records that something happened to an integration.
func (c *Client) Raise(ctx context.Context, in NewTrigger) (TriggerView, error) {
	out, _, err := create[TriggerView](ctx, c, "POST /api/v1/integrations/{id}/triggers", in)
	return out, err
}

// HandleTrigger closes a trigger with a reason.
func (c *Client) HandleTrigger(ctx context.Context, in Because) (TriggerView, error) {
	out, _, err := create[TriggerView](ctx, c, "POST /api/v1/triggers/{id}/handle", in)
	return out, err
}

// Impact says what a pack would change before it takes effect.
func (c *Client) Impact(ctx context.Context, in CandidatePack) (Impact, error) {
	out, _, err := fetch[Impact](ctx, c, "POST /api/v1/programme/impact", in)
	return out, err
}

// AnnouncePacks queues the revalidation after the server's packs changed.
func (c *Client) AnnouncePacks(ctx context.Context, in Announcement) (Impact, error) {
	out, _, err := create[Impact](ctx, c, "POST /api/v1/programme/announcements", in)
	return out, err
}

// ThreatDifference says what changed in a threat model.
func (c *Client) ThreatDifference(ctx context.Context, in BetweenThreats) (ThreatDifference, error) {
	out, _, err := call[ThreatDifference](ctx, c, "GET /api/v1/integrations/{id}/threats", in)
	return out, err
}

// ThreatReviews lists the looks at a threat model, newest first.
func (c *Client) ThreatReviews(ctx context.Context, in ListOf) (List[drawbridge.ThreatReview], error) {
	out, _, err := call[List[drawbridge.ThreatReview]](ctx, c, "GET /api/v1/integrations/{id}/threat-reviews", in)
	return out, err
}

// ReviewThreats records a look at a threat model.
func (c *Client) ReviewThreats(ctx context.Context, in NewThreatReview) (drawbridge.ThreatReview, error) {
	out, _, err := create[drawbridge.ThreatReview](ctx, c, "POST /api/v1/integrations/{id}/threat-reviews", in)
	return out, err
}
