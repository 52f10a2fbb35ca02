package client

import (
	"context"
	"io"
	"time"

	"drawbridge"
	"drawbridge/internal/questionnaire"
)

// Send asks for a questionnaire to be sent for a review.
type Send struct {
	ByID
	Audience string          `json:"audience,omitempty" doc:"partner (the default) or internal"`
	Template string          `json:"template,omitempty" doc:"a template, template/length, or a length of the default one; default what the review asks for"`
	Due      drawbridge.Date `json:"due,omitempty"`
	Reason   string          `json:"reason,omitempty"`
}

// InquiryFilter says which questionnaires to list; what is empty does not restrict.
type InquiryFilter struct {
	Page
	Integration drawbridge.IntegrationID `json:"-" query:"integration"`
	Review      drawbridge.ReviewID      `json:"-" query:"review"`
	State       string                   `json:"-" query:"state" doc:"open, submitted, returned, accepted or closed"`
	Audience    string                   `json:"-" query:"audience" doc:"partner or internal"`
}

// Given is one answer as it was given.
type Given struct {
	ID        string               `json:"id"`
	Question  string               `json:"question"`
	Answer    questionnaire.Answer `json:"answer"`
	Source    string               `json:"source" doc:"partner, internal, carried or import"`
	Origin    string               `json:"origin,omitempty" doc:"the answer that it was carried from"`
	Author    string               `json:"author,omitempty" doc:"person or link"`
	Confirmed bool                 `json:"confirmed" doc:"false for one that was carried forward and that nobody looked at"`
	CreatedAt time.Time            `json:"created_at,omitzero"`
}

// LastTime is what was said last time.
type LastTime struct {
	Answer  questionnaire.Answer `json:"answer"`
	Changed bool                 `json:"changed" doc:"the answer that stands says something else"`
}

// Progress is how far the answers are.
type Progress struct {
	Answers     []Given             `json:"answers"`
	Previous    map[string]LastTime `json:"previous" doc:"by question"`
	Visible     []string            `json:"visible" doc:"questions that are asked, given the answers"`
	Missing     []string            `json:"missing" doc:"required questions without an answer"`
	Unconfirmed []string            `json:"unconfirmed" doc:"answers that were carried forward and that nobody looked at"`
}

// Sheet is a questionnaire as a reviewer sees it.
type Sheet struct {
	Inquiry   drawbridge.Inquiry       `json:"inquiry"`
	Title     string                   `json:"title"`
	Length    string                   `json:"length"`
	Lang      string                   `json:"lang"`
	Sections  []Heading                `json:"sections"`
	Questions []questionnaire.Question `json:"questions"`
	Skipped   []questionnaire.Skipped  `json:"skipped" doc:"what is not asked, and why"`
	Score     questionnaire.Score      `json:"score"`
	Progress
}

// Heading is the heading of some questions.
type Heading struct {
	ID    string `json:"id"`
	Title string `json:"title"`
}

// Asked is a questionnaire as a partner sees it.
type Asked struct {
	Inquiry     drawbridge.InquiryID     `json:"inquiry"`
	Integration string                   `json:"integration" doc:"what it is about"`
	State       string                   `json:"state"`
	Due         drawbridge.Date          `json:"due,omitempty"`
	Note        string                   `json:"note,omitempty" doc:"what is to be changed, once it was returned"`
	Title       string                   `json:"title"`
	Lang        string                   `json:"lang"`
	Sections    []Heading                `json:"sections"`
	Questions   []questionnaire.Question `json:"questions"`
	Label       string                   `json:"label,omitempty" doc:"of the link"`
	Only        []string                 `json:"only" doc:"the questions that the link is for; empty for all"`
	Preview     bool                     `json:"preview" doc:"nothing can be changed"`
	ExpiresAt   time.Time                `json:"expires_at,omitzero" doc:"of the link"`
	Progress
}

// PreviewOf asks for a questionnaire as a partner sees it.
type PreviewOf struct {
	ByID
	Link drawbridge.LinkID `json:"-" query:"link" doc:"exactly as the holder of this link; default a link for all questions"`
}

// ByQuestion names a question of a questionnaire in the path.
type ByQuestion struct {
	ByID
	Question string `json:"-" path:"question"`
}

// Reply is an answer to one question.
type Reply struct {
	Base   string               `json:"base,omitempty" doc:"the answer that it replaces, as it was read; empty for the first"`
	Answer questionnaire.Answer `json:"answer"`
}

// PutAnswer answers one question.
type PutAnswer struct {
	ByQuestion
	Reply
}

// Confirm says that answers of last time still hold.
type Confirm struct {
	Questions []string `json:"questions" doc:"empty for all"`
}

// ConfirmAnswers is [Confirm] for a questionnaire.
type ConfirmAnswers struct {
	ByID
	Confirm
}

// Confirmed tells how many answers were confirmed.
type Confirmed struct {
	Count int `json:"count"`
}

// Filled is a spreadsheet with answers.
type Filled struct {
	Data    []byte   `json:"data" doc:"the spreadsheet, in Base64"`
	Replace []string `json:"replace,omitempty" doc:"questions whose answers may be replaced, although others stand"`
}

// ImportFile takes a spreadsheet in.
type ImportFile struct {
	ByID
	Filled
}

// Imported is what became of a spreadsheet.
type Imported struct {
	Answered []string `json:"answered" doc:"questions that have a new answer"`
	Same     []string `json:"same" doc:"questions whose answer said so already"`
}

// LinkOf is a partner's link without its secret.
type LinkOf struct {
	ID        drawbridge.LinkID    `json:"id"`
	Inquiry   drawbridge.InquiryID `json:"inquiry"`
	Label     string               `json:"label"`
	Questions []string             `json:"questions" doc:"only these; empty for all"`
	Parent    drawbridge.LinkID    `json:"parent,omitempty" doc:"the link that passed these questions on"`
	Preview   bool                 `json:"preview"`
	CreatedBy string               `json:"created_by"`
	ExpiresAt time.Time            `json:"expires_at"`
	RevokedAt time.Time            `json:"revoked_at,omitzero"`
	CreatedAt time.Time            `json:"created_at"`
}

// NewLink asks for a link.
type NewLink struct {
	Label     string    `json:"label" doc:"for whom it is"`
	ExpiresAt time.Time `json:"expires_at,omitzero" doc:"default in 30 days, at most in 180"`
	Questions []string  `json:"questions,omitempty" doc:"only these; empty for all"`
	Preview   bool      `json:"preview,omitempty" doc:"shows what the partner sees, and changes nothing"`
}

// AddLink asks for a link to a questionnaire.
type AddLink struct {
	ByID
	NewLink
}

// IssuedLink is a link with its address, which is told this once.
type IssuedLink struct {
	Link LinkOf `json:"link"`
	Path Secret `json:"path" doc:"of the address, below the server's own; it is told this once"`
}

// ByLink names a link in the path.
type ByLink struct {
	Link string `json:"-" path:"link"`
}

// RevokeLink ends a link.
type RevokeLink struct {
	ByLink
	Reason string `json:"reason,omitempty"`
}

// Inquiries lists questionnaires.
func (c *Client) Inquiries(ctx context.Context, f InquiryFilter) (List[drawbridge.Inquiry], error) {
	out, _, err := call[List[drawbridge.Inquiry]](ctx, c, "GET /api/v1/inquiries", f)
	return out, err
}

// SendInquiry sends a questionnaire for a review.
func (c *Client) SendInquiry(ctx context.Context, in Send) (drawbridge.Inquiry, error) {
	out, _, err := create[drawbridge.Inquiry](ctx, c, "POST /api/v1/reviews/{id}/inquiries", in)
	return out, err
}

// Inquiry reads a questionnaire with its answers.
func (c *Client) Inquiry(ctx context.Context, id drawbridge.InquiryID) (Sheet, error) {
	out, _, err := call[Sheet](ctx, c, "GET /api/v1/inquiries/{id}", ByID{string(id)})
	return out, err
}

// PreviewInquiry reads a questionnaire as a partner sees it.
func (c *Client) PreviewInquiry(ctx context.Context, in PreviewOf) (Asked, error) {
	out, _, err := call[Asked](ctx, c, "GET /api/v1/inquiries/{id}/preview", in)
	return out, err
}

// PutAnswer answers one question.
func (c *Client) PutAnswer(ctx context.Context, in PutAnswer) (Given, error) {
	out, _, err := create[Given](ctx, c, "PUT /api/v1/inquiries/{id}/answers/{question}", in)
	return out, err
}

// AnswerHistory lists the answers that were given to a question, newest first.
func (c *Client) AnswerHistory(ctx context.Context, in ByQuestion) (List[Given], error) {
	out, _, err := call[List[Given]](ctx, c, "GET /api/v1/inquiries/{id}/answers/{question}/history", in)
	return out, err
}

// ConfirmAnswers says that answers of last time still hold.
func (c *Client) ConfirmAnswers(ctx context.Context, in ConfirmAnswers) (Confirmed, error) {
	out, _, err := create[Confirmed](ctx, c, "POST /api/v1/inquiries/{id}/confirm", in)
	return out, err
}

// SubmitInquiry hands the answers in.
func (c *Client) SubmitInquiry(ctx context.Context, in Because) (drawbridge.Inquiry, error) {
	out, _, err := create[drawbridge.Inquiry](ctx, c, "POST /api/v1/inquiries/{id}/submit", in)
	return out, err
}

// AcceptInquiry takes the answers as they were read.
func (c *Client) AcceptInquiry(ctx context.Context, version int64, in Because) (drawbridge.Inquiry, error) {
	out, _, err := change[drawbridge.Inquiry](ctx, c, "POST /api/v1/inquiries/{id}/accept", in, version)
	return out, err
}

// ReturnInquiry gives the answers back to be changed.
func (c *Client) ReturnInquiry(ctx context.Context, version int64, in Because) (drawbridge.Inquiry, error) {
	out, _, err := change[drawbridge.Inquiry](ctx, c, "POST /api/v1/inquiries/{id}/return", in, version)
	return out, err
}

// CloseInquiry ends a questionnaire that nobody needs any more.
func (c *Client) CloseInquiry(ctx context.Context, version int64, in Because) (drawbridge.Inquiry, error) {
	out, _, err := change[drawbridge.Inquiry](ctx, c, "POST /api/v1/inquiries/{id}/close", in, version)
	return out, err
}

// CopyInquiry writes questions and answers as plain text.
func (c *Client) CopyInquiry(ctx context.Context, id drawbridge.InquiryID, w io.Writer) error {
	return stream(ctx, c, "GET /api/v1/inquiries/{id}/text", ByID{string(id)}, w)
}

// ExportInquiry writes questions and answers as a spreadsheet.
func (c *Client) ExportInquiry(ctx context.Context, id drawbridge.InquiryID, w io.Writer) error {
	return stream(ctx, c, "GET /api/v1/inquiries/{id}/sheet", ByID{string(id)}, w)
}

// ImportInquiry takes the answers of a spreadsheet in.
func (c *Client) ImportInquiry(ctx context.Context, in ImportFile) (Imported, error) {
	out, _, err := create[Imported](ctx, c, "POST /api/v1/inquiries/{id}/sheet", in)
	return out, err
}

// Links lists the links to a questionnaire, newest first.
func (c *Client) Links(ctx context.Context, id drawbridge.InquiryID) (List[LinkOf], error) {
	out, _, err := call[List[LinkOf]](ctx, c, "GET /api/v1/inquiries/{id}/links", ByID{string(id)})
	return out, err
}

// AddLink makes a link to a questionnaire.
func (c *Client) AddLink(ctx context.Context, in AddLink) (IssuedLink, error) {
	out, _, err := create[IssuedLink](ctx, c, "POST /api/v1/inquiries/{id}/links", in)
	return out, err
}

// RevokeLink ends a link at once, and those that it passed on.
func (c *Client) RevokeLink(ctx context.Context, in RevokeLink) (LinkOf, error) {
	out, _, err := call[LinkOf](ctx, c, "POST /api/v1/links/{link}/revoke", in)
	return out, err
}
