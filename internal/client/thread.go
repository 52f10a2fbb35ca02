package client

import (
	"context"

	"drawbridge"
)

// ThreadFilter says which discussions to list; what is empty does not restrict.
type ThreadFilter struct {
	Page
	Integration drawbridge.IntegrationID `json:"-" query:"integration"`
	Inquiry     drawbridge.InquiryID     `json:"-" query:"inquiry" doc:"those that its partner sees"`
	Kind        string                   `json:"-" query:"kind" doc:"of the object"`
	Object      string                   `json:"-" query:"object" doc:"its identifier or key"`
	Open        bool                     `json:"-" query:"open" doc:"only what is not resolved"`
	Blocks      bool                     `json:"-" query:"blocks" doc:"only what blocks"`
}

// NewThread opens a discussion.
type NewThread struct {
	Integration drawbridge.IntegrationID `json:"integration,omitempty" doc:"needed when the object has no record of its own"`
	Inquiry     drawbridge.InquiryID     `json:"inquiry,omitempty" doc:"whose question it is about"`
	Kind        string                   `json:"kind" doc:"of the object: review, decision, evidence, answer, flow, finding, question, …"`
	Object      string                   `json:"object" doc:"its identifier or key"`
	Title       string                   `json:"title"`
	Text        string                   `json:"text"`
	Blocks      bool                     `json:"blocks,omitempty" doc:"the review does not become ready while it is open"`
	Shared      bool                     `json:"shared,omitempty" doc:"the partner of the questionnaire sees it too"`
	Mentions    []drawbridge.PersonID    `json:"mentions,omitempty" doc:"who is told of it"`
}

// NewComment adds to a discussion.
type NewComment struct {
	ByID
	Text     string                `json:"text"`
	Mentions []drawbridge.PersonID `json:"mentions,omitempty" doc:"who is told of it"`
}

// Talk is a discussion with a page of its comments, oldest first.
type Talk struct {
	Thread   drawbridge.Thread        `json:"thread"`
	Comments List[drawbridge.Comment] `json:"comments"`
}

// Threads lists discussions, newest first.
func (c *Client) Threads(ctx context.Context, f ThreadFilter) (List[drawbridge.Thread], error) {
	out, _, err := call[List[drawbridge.Thread]](ctx, c, "GET /api/v1/threads", f)
	return out, err
}

// Thread reads a discussion with a page of its comments.
func (c *Client) Thread(ctx context.Context, in ListOf) (Talk, error) {
	out, _, err := call[Talk](ctx, c, "GET /api/v1/threads/{id}", in)
	return out, err
}

// OpenThread opens a discussion.
func (c *Client) OpenThread(ctx context.Context, in NewThread) (drawbridge.Thread, error) {
	out, _, err := create[drawbridge.Thread](ctx, c, "POST /api/v1/threads", in)
	return out, err
}

// Reply adds to a discussion.
func (c *Client) Reply(ctx context.Context, in NewComment) (drawbridge.Thread, error) {
	out, _, err := create[drawbridge.Thread](ctx, c, "POST /api/v1/threads/{id}/comments", in)
	return out, err
}

// ResolveThread ends a discussion.
func (c *Client) ResolveThread(ctx context.Context, version int64, in Because) (drawbridge.Thread, error) {
	out, _, err := change[drawbridge.Thread](ctx, c, "POST /api/v1/threads/{id}/resolve", in, version)
	return out, err
}

// Dossier reads everything on file about an integration.
func (c *Client) Dossier(ctx context.Context, id drawbridge.IntegrationID) (drawbridge.Dossier, error) {
	out, _, err := call[drawbridge.Dossier](ctx, c, "GET /api/v1/integrations/{id}/dossier", ByID{string(id)})
	return out, err
}

// PartnerDossier reads everything on file about a partner.
func (c *Client) PartnerDossier(ctx context.Context, id drawbridge.PartnerID) (drawbridge.PartnerDossier, error) {
	out, _, err := call[drawbridge.PartnerDossier](ctx, c, "GET /api/v1/partners/{id}/dossier", ByID{string(id)})
	return out, err
}
