package client

import (
	"context"
	"crypto/rand"
	"io"
	"net/http"

	"drawbridge"
)

// BeginDraft begins to ask for an integration.
type BeginDraft struct {
	Way string `json:"way" doc:"specification, form or manifest"`
}

// Drafts are drafts of one's own, without what was typed.
type Drafts struct {
	Items []drawbridge.IntakeDraft `json:"items"`
}

// SaveDraft is one save of a draft. What it does not name stays as it is.
type SaveDraft struct {
	ByID
	Fields     map[string]string `json:"fields,omitempty" doc:"by the name of the field; an empty text takes it away"`
	Shown      []string          `json:"shown,omitempty" doc:"operations that were to be picked from: those of them that are not picked are taken away"`
	Operations []string          `json:"operations,omitempty" doc:"operations to pick"`
	Categories map[string]string `json:"categories,omitempty" doc:"by the key of the guess; an empty text takes the confirmation back"`
}

// DraftOperation is an operation that the specification of a draft offers.
type DraftOperation struct {
	ID         string `json:"id"`
	Method     string `json:"method,omitempty"`
	Path       string `json:"path"`
	Group      string `json:"group,omitempty"`
	Summary    string `json:"summary,omitempty"`
	Inbound    bool   `json:"inbound" doc:"the partner calls us"`
	Deprecated bool   `json:"deprecated"`
	Picked     bool   `json:"picked"`
}

// DraftOperations are what the specification of a draft offers.
type DraftOperations struct {
	Items    []DraftOperation `json:"items"`
	Warnings []string         `json:"warnings" doc:"what the specification leaves open"`
}

// DraftGuess is what was guessed of data that the picked operations carry.
type DraftGuess struct {
	Key       string  `json:"key" doc:"by which a category is confirmed"`
	Name      string  `json:"name"`
	Where     string  `json:"where" doc:"where it stands first"`
	Places    int     `json:"places"`
	Category  string  `json:"category" doc:"the guess; empty for none"`
	Level     string  `json:"level,omitempty"`
	Sure      float64 `json:"sure" doc:"0 to 1"`
	Because   string  `json:"because,omitempty"`
	Confirmed string  `json:"confirmed" doc:"the category that a person confirmed; empty while nobody did"`
}

// DraftGuesses are the guesses of a draft, the biggest exposure first.
type DraftGuesses struct {
	Items []DraftGuess `json:"items"`
	Notes []string     `json:"notes" doc:"what was assumed of the specification"`
}

// DraftProblem is one thing that keeps a draft from being an integration.
type DraftProblem struct {
	Field  string `json:"field,omitempty" doc:"of the draft; empty where no one field is at fault"`
	Line   int    `json:"line,omitempty" doc:"of the manifest that was typed"`
	Column int    `json:"column,omitempty"`
	Text   string `json:"text"`
}

// DraftPreview is what a draft would become. While there are problems, the rest is empty.
type DraftPreview struct {
	Problems  []DraftProblem     `json:"problems"`
	Tier      drawbridge.Tier    `json:"tier,omitempty"`
	Inherent  float64            `json:"inherent"`
	Residual  float64            `json:"residual"`
	Outcome   drawbridge.Outcome `json:"outcome,omitempty" doc:"what the gate would say"`
	FastLane  bool               `json:"fast_lane"`
	Roles     []string           `json:"roles" doc:"that would have to sign"`
	Reasons   []string           `json:"reasons" doc:"of the gate"`
	Questions int                `json:"questions" doc:"that would be open"`
	Threats   int                `json:"threats" doc:"that would be open"`
	Missing   []string           `json:"missing" doc:"what keeps the review from being submitted"`
	Open      []string           `json:"open" doc:"elements without a confirmed category"`
	Notes     []string           `json:"notes" doc:"what was assumed of the specification"`
	Manifest  string             `json:"manifest,omitempty" doc:"as YAML"`
}

// SentDraft is what a draft became.
type SentDraft struct {
	Integration drawbridge.IntegrationID `json:"integration"`
}

func byDraft(id drawbridge.DraftID) ByID { return ByID{ID: string(id)} }

// Drafts lists what the caller began and did not send, the last saved first.
func (c *Client) Drafts(ctx context.Context) (Drafts, error) {
	out, _, err := call[Drafts](ctx, c, "GET /api/v1/drafts", None{})
	return out, err
}

// BeginDraft begins a draft from nothing.
func (c *Client) BeginDraft(ctx context.Context, in BeginDraft) (drawbridge.IntakeDraft, error) {
	out, _, err := create[drawbridge.IntakeDraft](ctx, c, "POST /api/v1/drafts", in)
	return out, err
}

// BeginDraftFrom begins a draft from a specification or a manifest, which is opened
// once for each attempt.
func (c *Client) BeginDraftFrom(ctx context.Context, in BeginDraft, name string, open func() (io.ReadCloser, error)) (drawbridge.IntakeDraft, error) {
	boundary := rand.Text()
	out, _, err := exchange[drawbridge.IntakeDraft](ctx, c, spec{
		method: http.MethodPost, pattern: "/api/v1/drafts/file", key: rand.Text(), large: true, media: "multipart/form-data; boundary=" + boundary,
		open: func() (io.ReadCloser, error) { return openUpload(boundary, in, name, open) },
	})
	return out, err
}

// Draft reads a draft of the caller's.
func (c *Client) Draft(ctx context.Context, id drawbridge.DraftID) (drawbridge.IntakeDraft, error) {
	out, _, err := call[drawbridge.IntakeDraft](ctx, c, "GET /api/v1/drafts/{id}", byDraft(id))
	return out, err
}

// DraftOperations lists what the specification of a draft offers.
func (c *Client) DraftOperations(ctx context.Context, id drawbridge.DraftID) (DraftOperations, error) {
	out, _, err := fetch[DraftOperations](ctx, c, "GET /api/v1/drafts/{id}/operations", byDraft(id))
	return out, err
}

// DraftGuesses lists what was guessed of the data of a draft.
func (c *Client) DraftGuesses(ctx context.Context, id drawbridge.DraftID) (DraftGuesses, error) {
	out, _, err := fetch[DraftGuesses](ctx, c, "GET /api/v1/drafts/{id}/data", byDraft(id))
	return out, err
}

// SaveDraft saves a draft over the version that was read.
func (c *Client) SaveDraft(ctx context.Context, version int64, in SaveDraft) (drawbridge.IntakeDraft, error) {
	s := specOf("PUT /api/v1/drafts/{id}", in)
	s.version = version
	out, _, err := exchange[drawbridge.IntakeDraft](ctx, c, s)
	return out, err
}

// PreviewDraft says what a draft would become. Nothing is kept.
func (c *Client) PreviewDraft(ctx context.Context, id drawbridge.DraftID) (DraftPreview, error) {
	out, _, err := fetch[DraftPreview](ctx, c, "GET /api/v1/drafts/{id}/preview", byDraft(id))
	return out, err
}

// SendDraft makes an integration of a draft, once however often it is sent.
func (c *Client) SendDraft(ctx context.Context, id drawbridge.DraftID) (SentDraft, error) {
	out, _, err := fetch[SentDraft](ctx, c, "PUT /api/v1/drafts/{id}/sent", byDraft(id))
	return out, err
}

// DiscardDraft takes a draft off the list. Within a week it can be restored.
func (c *Client) DiscardDraft(ctx context.Context, id drawbridge.DraftID) error {
	_, _, err := call[None](ctx, c, "DELETE /api/v1/drafts/{id}", byDraft(id))
	return err
}

// RestoreDraft puts a discarded draft back.
func (c *Client) RestoreDraft(ctx context.Context, id drawbridge.DraftID) (drawbridge.IntakeDraft, error) {
	out, _, err := call[drawbridge.IntakeDraft](ctx, c, "PUT /api/v1/drafts/{id}/restored", byDraft(id))
	return out, err
}
