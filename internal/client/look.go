package client

import (
	"context"
	"time"

	"drawbridge"
)

// ReviewItems is what there is to look at in a review, with what you viewed.
type ReviewItems struct {
	Items  []drawbridge.ReviewItem `json:"items" doc:"the most pressing first"`
	Looked time.Time               `json:"looked" doc:"when you last looked at all of it"`
	Head   drawbridge.RevisionID   `json:"head" doc:"revision that was the head then"`
	Gone   []string                `json:"gone" doc:"what you viewed and is not there any more"`
}

// TickItem names an item, and the state that was looked at.
type TickItem struct {
	Key    string `json:"key"`
	Digest string `json:"digest,omitempty" doc:"of the item as you looked at it; left out: as it is now"`
}

// Tick ticks items of a review as viewed.
type Tick struct {
	ByID
	Items []TickItem `json:"items,omitempty"`
	All   bool       `json:"all,omitempty" doc:"every item, and the review as a whole"`
	Undo  bool       `json:"undo,omitempty" doc:"take the ticks away"`
}

// RespondReview answers a review in one act.
type RespondReview struct {
	ByID
	Answer     string                `json:"answer" doc:"comment, sign, object or hold"`
	Comment    string                `json:"comment,omitempty" doc:"left out only with a signature"`
	Role       drawbridge.Discipline `json:"role,omitempty" doc:"to sign or object in"`
	For        drawbridge.PersonID   `json:"on_behalf,omitempty" doc:"who delegated it"`
	View       string                `json:"view,omitempty" doc:"digest of the view that was looked at, from progress; to sign or object"`
	Conditions []DecisionTerm        `json:"conditions,omitempty" doc:"that you propose"`
	Viewed     bool                  `json:"viewed,omitempty" doc:"you looked at all of it"`
}

// Responded is what became of an answer.
type Responded struct {
	Signoff    *drawbridge.Signoff    `json:"signoff" doc:"null unless signed or objected"`
	Thread     *drawbridge.Thread     `json:"thread" doc:"null when signed or objected"`
	Conditions []drawbridge.Condition `json:"conditions"`
}

// ReviewItems reads what there is to look at in a review.
func (c *Client) ReviewItems(ctx context.Context, id drawbridge.ReviewID) (ReviewItems, error) {
	out, _, err := call[ReviewItems](ctx, c, "GET /api/v1/reviews/{id}/items", ByID{string(id)})
	return out, err
}

// TickReview ticks items of a review as viewed, or takes ticks away.
func (c *Client) TickReview(ctx context.Context, in Tick) (ReviewItems, error) {
	out, _, err := call[ReviewItems](ctx, c, "POST /api/v1/reviews/{id}/viewed", in)
	return out, err
}

// RespondReview answers a review in one act.
func (c *Client) RespondReview(ctx context.Context, in RespondReview) (Responded, error) {
	out, _, err := create[Responded](ctx, c, "POST /api/v1/reviews/{id}/response", in)
	return out, err
}
