package client

import (
	"context"
	"io"
	"time"

	"drawbridge"
	"drawbridge/internal/approval"
	"drawbridge/internal/manifest"
)

// IntegrationFilter says which integrations to list; what is empty does not restrict.
type IntegrationFilter struct {
	Page
	Partner drawbridge.PartnerID        `json:"-" query:"partner"`
	State   drawbridge.IntegrationState `json:"-" query:"state"`
	Tier    drawbridge.Tier             `json:"-" query:"tier"`
	Outcome drawbridge.Outcome          `json:"-" query:"outcome"`
	Text    string                      `json:"-" query:"text" doc:"in the manifest's id or the name"`
	Order   string                      `json:"-" query:"order" doc:"id (the default), name, or risk"`
}

// Key names an integration by its manifest's id and environment.
type Key struct {
	Slug        string `json:"-" query:"slug" doc:"the manifest's id"`
	Environment string `json:"-" query:"environment"`
}

// Members are who besides the owner may see and change an integration.
type Members struct {
	Members []drawbridge.PersonID `json:"members"`
}

// Assign says who answers for an integration.
type Assign struct {
	ByID
	Owner   drawbridge.PersonID    `json:"owner,omitempty" doc:"empty leaves the owner"`
	Members *[]drawbridge.PersonID `json:"members,omitempty" doc:"absent leaves the members"`
	Reason  string                 `json:"reason,omitempty"`
}

// Assigned is who answers for an integration.
type Assigned struct {
	Integration drawbridge.Integration `json:"integration"`
	Members     []drawbridge.PersonID  `json:"members"`
}

// ListOf asks for a part of a list of one record's.
type ListOf struct {
	ByID
	Page
}

// ByRevision names a revision in the path; "head" is the latest.
type ByRevision struct {
	ByID
	Revision string `json:"-" path:"revision" doc:"its identifier, or head"`
}

// Pulled are the files of a revision.
type Pulled struct {
	Integration drawbridge.Integration `json:"integration"`
	Revision    drawbridge.Revision    `json:"revision"`
	Main        string                 `json:"main" doc:"which of the files is the manifest"`
	Files       map[string][]byte      `json:"files"`
}

// Between names two revisions of an integration.
type Between struct {
	ByID
	From drawbridge.RevisionID `json:"-" query:"from" doc:"default the head"`
	To   drawbridge.RevisionID `json:"-" query:"to" doc:"default the head"`
}

// Difference is what changed between two revisions.
type Difference struct {
	From    drawbridge.Revision `json:"from"`
	To      drawbridge.Revision `json:"to"`
	Changes []manifest.Change   `json:"changes"`
	Widens  bool                `json:"widens"`
}

// ByAssessment names an assessment in the path; "latest" is that of the head.
type ByAssessment struct {
	ByID
	Assessment string `json:"-" path:"assessment" doc:"its identifier, or latest"`
}

// Assessed is the answer to a new assessment.
type Assessed struct {
	Integration drawbridge.Integration `json:"integration"`
	Assessment  drawbridge.Assessment  `json:"assessment"`
}

// GateQuestion asks about exactly one content digest.
type GateQuestion struct {
	Key
	Digest string `json:"-" query:"digest" doc:"sha256:..., the content digest of the manifest"`
}

// Reason is one rule of the gate that spoke.
type Reason struct {
	Rule    string             `json:"rule"`
	Outcome drawbridge.Outcome `json:"outcome"`
	Text    string             `json:"text"`
	Refs    []string           `json:"refs,omitempty"`
}

// Pack is one pack that an assessment was made with.
type Pack struct {
	Name    string `json:"name"`
	Kind    string `json:"kind"`
	Version string `json:"version"`
	Digest  string `json:"digest"`
	Origin  string `json:"origin" doc:"builtin, or where it lies on the server"`
}

// GateAnswer is whether exactly one digest is approved, with what the server's
// own assessment says beside it.
type GateAnswer struct {
	Integration drawbridge.IntegrationID `json:"integration"`
	approval.Answer
	Advice GateAdvice `json:"advice" doc:"the server's own assessment of the digest; it decides nothing"`
}

// GateAdvice is what the server's own assessment says about exactly one digest.
type GateAdvice struct {
	Known      bool                    `json:"known" doc:"a revision has the digest"`
	Superseded bool                    `json:"superseded" doc:"a later revision replaced it"`
	Outdated   bool                    `json:"outdated" doc:"the server's packs changed since the assessment"`
	Revision   drawbridge.RevisionID   `json:"revision"`
	Number     int64                   `json:"number"`
	Outcome    drawbridge.Outcome      `json:"outcome"`
	Reasons    []Reason                `json:"reasons"`
	Tier       drawbridge.Tier         `json:"tier"`
	Inherent   float64                 `json:"inherent"`
	Residual   float64                 `json:"residual"`
	Packs      []Pack                  `json:"packs"`
	Assessment drawbridge.AssessmentID `json:"assessment"`
	AssessedAt time.Time               `json:"assessed_at,omitzero"`
}

// FindingFilter says which findings to list; what is empty does not restrict.
type FindingFilter struct {
	Page
	Integration drawbridge.IntegrationID `json:"-" query:"integration"`
	Severity    drawbridge.Severity      `json:"-" query:"severity" doc:"this one and what is worse"`
	Source      string                   `json:"-" query:"source" doc:"threat or check"`
	State       string                   `json:"-" query:"state" doc:"open or accepted"`
}

// Integrations lists the integrations that the caller may see.
func (c *Client) Integrations(ctx context.Context, f IntegrationFilter) (List[drawbridge.Integration], error) {
	out, _, err := call[List[drawbridge.Integration]](ctx, c, "GET /api/v1/integrations", f)
	return out, err
}

// Integration reads one integration.
func (c *Client) Integration(ctx context.Context, id drawbridge.IntegrationID) (drawbridge.Integration, error) {
	out, _, err := call[drawbridge.Integration](ctx, c, "GET /api/v1/integrations/{id}", ByID{string(id)})
	return out, err
}

// Find reads the integration with a key.
func (c *Client) Find(ctx context.Context, key Key) (drawbridge.Integration, error) {
	out, _, err := call[drawbridge.Integration](ctx, c, "GET /api/v1/lookup", key)
	return out, err
}

// Members lists who besides the owner may see and change an integration.
func (c *Client) Members(ctx context.Context, id drawbridge.IntegrationID) (Members, error) {
	out, _, err := call[Members](ctx, c, "GET /api/v1/integrations/{id}/members", ByID{string(id)})
	return out, err
}

// Assign sets the owner and the members, over the version that was read.
func (c *Client) Assign(ctx context.Context, version int64, in Assign) (Assigned, error) {
	out, _, err := change[Assigned](ctx, c, "PUT /api/v1/integrations/{id}/assignment", in, version)
	return out, err
}

// Revisions lists the revisions of an integration, newest first.
func (c *Client) Revisions(ctx context.Context, in ListOf) (List[drawbridge.Revision], error) {
	out, _, err := call[List[drawbridge.Revision]](ctx, c, "GET /api/v1/integrations/{id}/revisions", in)
	return out, err
}

// Revision reads one revision.
func (c *Client) Revision(ctx context.Context, in ByRevision) (drawbridge.Revision, error) {
	out, _, err := call[drawbridge.Revision](ctx, c, "GET /api/v1/integrations/{id}/revisions/{revision}", in)
	return out, err
}

// Pull reads the files of a revision.
func (c *Client) Pull(ctx context.Context, in ByRevision) (Pulled, error) {
	out, _, err := fetch[Pulled](ctx, c, "GET /api/v1/integrations/{id}/revisions/{revision}/files", in)
	return out, err
}

// Difference compares two revisions.
func (c *Client) Difference(ctx context.Context, in Between) (Difference, error) {
	out, _, err := call[Difference](ctx, c, "GET /api/v1/integrations/{id}/difference", in)
	return out, err
}

// Assess has the head assessed again, now.
func (c *Client) Assess(ctx context.Context, id drawbridge.IntegrationID) (Assessed, error) {
	out, _, err := create[Assessed](ctx, c, "POST /api/v1/integrations/{id}/assessments", ByID{string(id)})
	return out, err
}

// Assessments lists the assessments of an integration, newest first.
func (c *Client) Assessments(ctx context.Context, in ListOf) (List[drawbridge.Assessment], error) {
	out, _, err := call[List[drawbridge.Assessment]](ctx, c, "GET /api/v1/integrations/{id}/assessments", in)
	return out, err
}

// Assessment reads one assessment.
func (c *Client) Assessment(ctx context.Context, in ByAssessment) (drawbridge.Assessment, error) {
	out, _, err := call[drawbridge.Assessment](ctx, c, "GET /api/v1/integrations/{id}/assessments/{assessment}", in)
	return out, err
}

// Document writes the whole document of an assessment.
func (c *Client) Document(ctx context.Context, in ByAssessment, w io.Writer) error {
	return stream(ctx, c, "GET /api/v1/integrations/{id}/assessments/{assessment}/document", in, w)
}

// Gate asks whether exactly one digest is approved.
func (c *Client) Gate(ctx context.Context, in GateQuestion) (GateAnswer, error) {
	out, _, err := call[GateAnswer](ctx, c, "GET /api/v1/gate", in)
	return out, err
}

// Findings lists the findings of the latest assessments, worst first.
func (c *Client) Findings(ctx context.Context, f FindingFilter) (List[drawbridge.Finding], error) {
	out, _, err := call[List[drawbridge.Finding]](ctx, c, "GET /api/v1/findings", f)
	return out, err
}
