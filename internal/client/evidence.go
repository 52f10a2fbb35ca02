package client

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/textproto"

	"drawbridge"
)

// EvidenceFilter says which documents to list; what is empty does not restrict.
type EvidenceFilter struct {
	Page
	Partner     drawbridge.PartnerID     `json:"-" query:"partner"`
	Integration drawbridge.IntegrationID `json:"-" query:"integration" doc:"what is about this integration alone"`
	Inquiry     drawbridge.InquiryID     `json:"-" query:"inquiry" doc:"what came through this questionnaire"`
	Kind        string                   `json:"-" query:"kind" doc:"like evidence:pentest"`
	State       string                   `json:"-" query:"state" doc:"offered, accepted, refused or withdrawn"`
	EndsBefore  drawbridge.Date          `json:"-" query:"ends_before" doc:"what expires before this day"`
}

// NewEvidence is what somebody says of a document that they hand in.
type NewEvidence struct {
	Partner         drawbridge.PartnerID     `json:"partner,omitempty" doc:"when it is about the partner as a whole"`
	Integration     drawbridge.IntegrationID `json:"integration,omitempty"`
	Inquiry         drawbridge.InquiryID     `json:"inquiry,omitempty" doc:"the questionnaire that it answers"`
	Kind            string                   `json:"kind" doc:"like evidence:pentest"`
	Title           string                   `json:"title,omitempty"`
	Issuer          string                   `json:"issuer,omitempty"`
	Scope           string                   `json:"scope,omitempty" doc:"what it says that it covers"`
	Services        []string                 `json:"services,omitempty" doc:"ids of the manifests that it covers; none: all of the partner's"`
	PeriodStart     drawbridge.Date          `json:"period_start,omitempty"`
	PeriodEnd       drawbridge.Date          `json:"period_end,omitempty"`
	Issued          drawbridge.Date          `json:"issued,omitempty"`
	Expires         drawbridge.Date          `json:"expires,omitempty" doc:"the last day"`
	Exceptions      []string                 `json:"exceptions,omitempty" doc:"that the document itself names"`
	Confidentiality string                   `json:"confidentiality,omitempty" doc:"public, internal, confidential (the default) or strictly_confidential"`
	Supersedes      drawbridge.EvidenceID    `json:"supersedes,omitempty" doc:"whose place it takes once it is accepted"`
	Reason          string                   `json:"reason,omitempty"`
}

// AcceptEvidence says on what terms a document counts.
type AcceptEvidence struct {
	ByID
	Known   drawbridge.Knowledge `json:"known" doc:"document or independent_audit"`
	Expires drawbridge.Date      `json:"expires,omitempty" doc:"the last day on which it counts; needed when the document names none"`
	Reason  string               `json:"reason"`
}

// SupersedeEvidence names the document that takes the place of another.
type SupersedeEvidence struct {
	ByID
	By     drawbridge.EvidenceID `json:"by"`
	Reason string                `json:"reason"`
}

// Evidence lists documents of evidence, newest first.
func (c *Client) Evidence(ctx context.Context, f EvidenceFilter) (List[drawbridge.FiledEvidence], error) {
	out, _, err := call[List[drawbridge.FiledEvidence]](ctx, c, "GET /api/v1/evidence", f)
	return out, err
}

// EvidenceByID reads what is known of a document.
func (c *Client) EvidenceByID(ctx context.Context, id drawbridge.EvidenceID) (drawbridge.FiledEvidence, error) {
	out, _, err := call[drawbridge.FiledEvidence](ctx, c, "GET /api/v1/evidence/{id}", ByID{string(id)})
	return out, err
}

// EvidenceFile writes the document itself to w.
func (c *Client) EvidenceFile(ctx context.Context, id drawbridge.EvidenceID, w io.Writer) error {
	return stream(ctx, c, "GET /api/v1/evidence/{id}/file", ByID{string(id)}, w)
}

// OfferEvidence hands a document in. It is opened once for each attempt, and
// never held in memory.
func (c *Client) OfferEvidence(ctx context.Context, in NewEvidence, name string, open func() (io.ReadCloser, error)) (drawbridge.Evidence, error) {
	boundary := rand.Text()
	s := spec{
		method: http.MethodPost, pattern: "/api/v1/evidence", key: rand.Text(), large: true, media: "multipart/form-data; boundary=" + boundary,
		open: func() (io.ReadCloser, error) { return openUpload(boundary, in, name, open) },
	}
	out, _, err := exchange[drawbridge.Evidence](ctx, c, s)
	return out, err
}

// openUpload reads a request and one file as a body, without holding it.
func openUpload(boundary string, in any, name string, open func() (io.ReadCloser, error)) (io.ReadCloser, error) {
	f, err := open()
	if err != nil {
		return nil, err
	}
	r, w := io.Pipe()
	go func() {
		defer f.Close()
		w.CloseWithError(EncodeUpload(w, boundary, in, name, f))
	}()
	return r, nil
}

// EncodeUpload writes a request and one file as a multipart/form-data body.
func EncodeUpload(to io.Writer, boundary string, in any, name string, content io.Reader) error {
	w := multipart.NewWriter(to)
	if err := w.SetBoundary(boundary); err != nil {
		return fmt.Errorf("encode the upload: %w", err)
	}
	request, err := json.Marshal(in)
	if err != nil {
		return fmt.Errorf("encode the upload: %w", err)
	}
	part := func(disposition map[string]string, media string) (io.Writer, error) {
		h := textproto.MIMEHeader{}
		h.Set("Content-Disposition", mime.FormatMediaType("form-data", disposition))
		h.Set("Content-Type", media)
		return w.CreatePart(h)
	}
	p, err := part(map[string]string{"name": PartRequest}, "application/json")
	if err == nil {
		_, err = p.Write(request)
	}
	if err == nil {
		p, err = part(map[string]string{"name": PartFile, "filename": name}, "application/octet-stream")
	}
	if err == nil {
		_, err = io.Copy(p, content)
	}
	if err == nil {
		err = w.Close()
	}
	return err
}

// AcceptEvidence lets a document count, over the version that was read.
func (c *Client) AcceptEvidence(ctx context.Context, version int64, in AcceptEvidence) (drawbridge.Evidence, error) {
	out, _, err := change[drawbridge.Evidence](ctx, c, "POST /api/v1/evidence/{id}/accept", in, version)
	return out, err
}

// RefuseEvidence says that a document does not show what it should.
func (c *Client) RefuseEvidence(ctx context.Context, version int64, in Because) (drawbridge.Evidence, error) {
	out, _, err := change[drawbridge.Evidence](ctx, c, "POST /api/v1/evidence/{id}/refuse", in, version)
	return out, err
}

// WithdrawEvidence takes a document back.
func (c *Client) WithdrawEvidence(ctx context.Context, version int64, in Because) (drawbridge.Evidence, error) {
	out, _, err := change[drawbridge.Evidence](ctx, c, "POST /api/v1/evidence/{id}/withdraw", in, version)
	return out, err
}

// SupersedeEvidence lets an accepted document take the place of another.
func (c *Client) SupersedeEvidence(ctx context.Context, version int64, in SupersedeEvidence) (drawbridge.Evidence, error) {
	out, _, err := change[drawbridge.Evidence](ctx, c, "POST /api/v1/evidence/{id}/supersede", in, version)
	return out, err
}
