package client

import (
	"time"

	"drawbridge"
)

// The wire types of a partner who came by a link, with a browser: there are no
// calls for them here.

// ByToken names a link by the token of its address.
type ByToken struct {
	Token Secret `json:"token" doc:"what stands behind /p/ in the link's address"`
}

// VisitAnswer answers one question of the link's questionnaire.
type VisitAnswer struct {
	Question string `json:"-" path:"question"`
	Reply
}

// Offered is a document as who handed it in sees it.
type Offered struct {
	ID          drawbridge.EvidenceID `json:"id"`
	Kind        string                `json:"kind"`
	Title       string                `json:"title"`
	Issuer      string                `json:"issuer"`
	PeriodStart drawbridge.Date       `json:"period_start"`
	PeriodEnd   drawbridge.Date       `json:"period_end"`
	Expires     drawbridge.Date       `json:"expires"`
	FileName    string                `json:"file_name"`
	Size        int64                 `json:"size"`
	State       string                `json:"state"`
	CreatedAt   time.Time             `json:"created_at"`
}

// SharedThread is a discussion as a partner sees it.
type SharedThread struct {
	ID        drawbridge.ThreadID `json:"id"`
	Kind      string              `json:"kind"`
	Object    string              `json:"object"`
	Title     string              `json:"title"`
	Open      bool                `json:"open"`
	CreatedAt time.Time           `json:"created_at"`
	UpdatedAt time.Time           `json:"updated_at"`
}

// SharedComment is a contribution as a partner sees it.
type SharedComment struct {
	ID        string    `json:"id"`
	Text      string    `json:"text"`
	Author    string    `json:"author,omitempty" doc:"the link; empty for whoever sent the questionnaire"`
	CreatedAt time.Time `json:"created_at"`
}

// SharedTalk is a discussion with a page of its comments, oldest first.
type SharedTalk struct {
	Thread   SharedThread    `json:"thread"`
	Comments []SharedComment `json:"comments"`
	Next     string          `json:"next,omitempty"`
}

// VisitComment adds to a discussion.
type VisitComment struct {
	ByID
	Text string `json:"text"`
}
