package api

import (
	"errors"
	"io"
	"mime"
	"mime/multipart"

	"drawbridge"
	"drawbridge/internal/client"
	"drawbridge/internal/manifest"
	"drawbridge/internal/register"
)

// maxRequest bounds the part of a push that is no file.
const maxRequest = 64 << 10

func (a *API) push(c *call, _ client.None) (client.Pushed, error) {
	in, err := c.parts()
	if err != nil {
		return client.Pushed{}, err
	}
	p, err := a.opt.Register.Push(c.R.Context(), c.Actor, register.Push{
		Main: in.Main, Files: in.Files, Base: in.Base, Reason: in.Reason, Key: c.key, DryRun: in.DryRun,
	})
	out := client.Pushed{
		Integration: p.Integration, Revision: p.Revision, Assessment: p.Assessment, Created: p.Created, Unchanged: p.Unchanged,
		DryRun: p.DryRun, Changes: p.Changes, Widens: p.Widens,
	}
	for _, x := range p.Proposals {
		out.Proposals = append(out.Proposals, client.Proposal(x))
	}
	return out, err
}

// parts reads a push: the request, then the files. Names are taken as they were
// sent, and judged by the manifest's own rules.
func (c *call) parts() (client.Push, error) {
	var in client.Push
	r, err := c.multipart()
	if err != nil {
		return in, err
	}
	in.Files = manifest.Files{}
	for first := true; ; first = false {
		part, err := r.NextRawPart()
		if errors.Is(err, io.EOF) && !first {
			return in, nil
		}
		if err != nil {
			return in, bodyError(err, c.route.bodyLimit())
		}
		if first {
			err = c.requestPart(part, &in)
		} else {
			err = c.filePart(part, in.Files)
		}
		if err != nil {
			return in, err
		}
	}
}

// multipart reads a body in parts: the request, then files.
func (c *call) multipart() (*multipart.Reader, error) {
	media, params, err := mime.ParseMediaType(c.R.Header.Get("Content-Type"))
	if err != nil || media != "multipart/form-data" || params["boundary"] == "" {
		return nil, invalid("%s takes multipart/form-data: a part %q in JSON, then a part %q for each file", c.route.Name, client.PartRequest, client.PartFile)
	}
	return multipart.NewReader(c.R.Body, params["boundary"]), nil
}

func (c *call) requestPart(part *multipart.Part, in any) error {
	if part.FormName() != client.PartRequest {
		return invalid("the first part is %q, in JSON", client.PartRequest)
	}
	data, err := io.ReadAll(io.LimitReader(part, maxRequest+1))
	if err != nil {
		return bodyError(err, c.route.bodyLimit())
	}
	if len(data) > maxRequest {
		return drawbridge.Errorf(drawbridge.TooLarge, "the part %q has more than %s", client.PartRequest, drawbridge.Size(maxRequest))
	}
	return document(data, in)
}

// fileName is the name of a part that is a file, as it was sent: FileName would
// keep the last part of it alone.
func fileName(part *multipart.Part) string {
	_, params, err := mime.ParseMediaType(part.Header.Get("Content-Disposition"))
	if err != nil || part.FormName() != client.PartFile {
		return ""
	}
	return params["filename"]
}

func (c *call) filePart(part *multipart.Part, files manifest.Files) error {
	name := fileName(part)
	if name == "" {
		return invalid("every part but the first is %q, with the file's name below the manifest's folder", client.PartFile)
	}
	if _, twice := files[name]; twice {
		return invalid("the file %.200q is sent twice", name)
	}
	if len(files) >= manifest.MaxFiles {
		return drawbridge.Errorf(drawbridge.TooLarge, "a manifest may have at most %d files", manifest.MaxFiles)
	}
	data, err := io.ReadAll(io.LimitReader(part, manifest.MaxFileBytes+1))
	if err != nil {
		return bodyError(err, c.route.bodyLimit())
	}
	if len(data) > manifest.MaxFileBytes {
		return drawbridge.Errorf(drawbridge.TooLarge, "the file %.200q has more than %s", name, drawbridge.Size(manifest.MaxFileBytes))
	}
	files[name] = data
	return nil
}
