package client

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"maps"
	"mime"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"slices"

	"drawbridge"
	"drawbridge/internal/manifest"
)

// The parts of a push: the request first, then the files, each under its name
// below the manifest's folder.
const (
	PartRequest = "request"
	PartFile    = "file"
)

// Push is a new state of an integration's manifest.
type Push struct {
	Main   string                `json:"main" doc:"which of the files is the manifest"`
	Base   drawbridge.RevisionID `json:"base,omitempty" doc:"the revision that the change was made on; empty for the first"`
	Reason string                `json:"reason,omitempty"`
	DryRun bool                  `json:"dry_run,omitempty" doc:"compute everything and write nothing"`
	Files  manifest.Files        `json:"-"`
}

// Proposal is where a pushed partner's file differs from the partner's record.
type Proposal struct {
	Partner  drawbridge.PartnerID `json:"partner"`
	Field    string               `json:"field"`
	Record   string               `json:"record"`
	Proposed string               `json:"proposed"`
}

// Pushed is the answer to a push.
type Pushed struct {
	Integration drawbridge.Integration `json:"integration"`
	Revision    drawbridge.Revision    `json:"revision"`
	Assessment  drawbridge.Assessment  `json:"assessment"`
	Created     bool                   `json:"created" doc:"the integration is new"`
	Unchanged   bool                   `json:"unchanged" doc:"the head says the same already; nothing was written"`
	DryRun      bool                   `json:"dry_run"`
	Changes     []manifest.Change      `json:"changes"`
	Widens      bool                   `json:"widens"`
	Proposals   []Proposal             `json:"proposals"`
}

// Push sends a new revision. The server assesses it by its own packs.
func (c *Client) Push(ctx context.Context, in Push) (Pushed, Sent, error) {
	s := spec{method: http.MethodPost, pattern: "/api/v1/revisions", key: rand.Text(), large: true}
	var err error
	if s.raw, s.media, err = in.Encode(); err != nil {
		return Pushed{}, Sent{Entry: -1}, err
	}
	return exchange[Pushed](ctx, c, s)
}

// Encode writes the parts as a multipart/form-data body.
func (p Push) Encode() (body []byte, media string, err error) {
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	request, err := json.Marshal(p)
	if err != nil {
		return nil, "", fmt.Errorf("encode the push: %w", err)
	}
	add := func(disposition map[string]string, media string, data []byte) error {
		h := textproto.MIMEHeader{}
		h.Set("Content-Disposition", mime.FormatMediaType("form-data", disposition))
		h.Set("Content-Type", media)
		part, err := w.CreatePart(h)
		if err == nil {
			_, err = part.Write(data)
		}
		return err
	}
	if err := add(map[string]string{"name": PartRequest}, "application/json", request); err != nil {
		return nil, "", fmt.Errorf("encode the push: %w", err)
	}
	for _, name := range slices.Sorted(maps.Keys(p.Files)) {
		if err := add(map[string]string{"name": PartFile, "filename": name}, "application/octet-stream", p.Files[name]); err != nil {
			return nil, "", fmt.Errorf("encode the file %s: %w", name, err)
		}
	}
	if err := w.Close(); err != nil {
		return nil, "", fmt.Errorf("encode the push: %w", err)
	}
	return b.Bytes(), w.FormDataContentType(), nil
}
