package api

import (
	"io"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/client"
	"drawbridge/internal/review"
	"drawbridge/internal/spec"
)

// draftRoutes are the routes of what somebody began to ask for.
func draftRoutes() []Route {
	const may = access.IntegrationCreate
	return []Route{
		{"GET", "/api/v1/drafts", "drafts.list", may, "List what you began to ask for and did not send, the last saved first", 200, 0, does((*API).drafts)},
		{"POST", "/api/v1/drafts", "drafts.begin", may, "Begin to ask for an integration", 201, Idempotent, does((*API).beginDraft)},
		{"POST", "/api/v1/drafts/file", "drafts.begin_from", may, "Begin to ask for an integration, from a specification or a manifest", 201, Idempotent | Upload, does((*API).beginDraftFrom)},
		{"GET", "/api/v1/drafts/{id}", "drafts.get", may, "Read a draft of yours", 200, 0, does((*API).draft)},
		{"PUT", "/api/v1/drafts/{id}", "drafts.save", may, "Save what a draft says, right or wrong", 200, Conditional, does((*API).saveDraft)},
		{"DELETE", "/api/v1/drafts/{id}", "drafts.discard", may, "Discard a draft; it can be restored for seven days", 204, 0, does((*API).discardDraft)},
		{"PUT", "/api/v1/drafts/{id}/restored", "drafts.restore", may, "Bring back a draft that was discarded", 200, 0, does((*API).restoreDraft)},
		{"GET", "/api/v1/drafts/{id}/operations", "drafts.operations", may, "List what the specification of a draft offers", 200, Slow, does((*API).draftOperations)},
		{"GET", "/api/v1/drafts/{id}/data", "drafts.data", may, "List what was guessed of the data of a draft, the biggest exposure first", 200, Slow, does((*API).draftData)},
		{"GET", "/api/v1/drafts/{id}/preview", "drafts.preview", may, "Say what a draft would become, without keeping anything", 200, Slow, does((*API).previewDraft)},
		{"PUT", "/api/v1/drafts/{id}/sent", "drafts.send", may, "Make an integration of a draft, once however often it is sent", 200, Slow, does((*API).sendDraft)},
	}
}

func draftID(in client.ByID) drawbridge.DraftID { return drawbridge.DraftID(in.ID) }

func (a *API) drafts(c *call, _ client.None) (client.Drafts, error) {
	list, err := a.opt.Review.Drafts(c.R.Context(), c.Actor)
	return client.Drafts{Items: list}, err
}

func (a *API) beginDraft(c *call, in client.BeginDraft) (drawbridge.IntakeDraft, error) {
	return a.opt.Review.BeginDraft(c.R.Context(), c.Actor, review.Beginning{Way: in.Way, Key: c.key})
}

func (a *API) beginDraftFrom(c *call, _ client.BeginDraft) (drawbridge.IntakeDraft, error) {
	var in client.BeginDraft
	return upload(c, &in, func(name string, content io.Reader) (drawbridge.IntakeDraft, error) {
		if in.Way == drawbridge.DraftForm {
			return drawbridge.IntakeDraft{}, invalid("a form is begun without a file: send it to /api/v1/drafts, or say specification or manifest")
		}
		return a.opt.Review.BeginDraft(c.R.Context(), c.Actor, review.Beginning{Way: in.Way, Name: name, File: content, Key: c.key})
	})
}

func (a *API) draft(c *call, in client.ByID) (drawbridge.IntakeDraft, error) {
	return a.opt.Review.Draft(c.R.Context(), c.Actor, draftID(in))
}

func (a *API) saveDraft(c *call, in client.SaveDraft) (drawbridge.IntakeDraft, error) {
	return a.opt.Review.SaveDraft(c.R.Context(), c.Actor, review.Drafting{
		ID: draftID(in.ByID), Base: c.match, Fields: in.Fields, Shown: in.Shown, Operations: in.Operations, Categories: in.Categories,
	})
}

func (a *API) discardDraft(c *call, in client.ByID) (client.None, error) {
	return client.None{}, a.opt.Review.DiscardDraft(c.R.Context(), c.Actor, draftID(in))
}

func (a *API) restoreDraft(c *call, in client.ByID) (drawbridge.IntakeDraft, error) {
	if err := a.opt.Review.RestoreDraft(c.R.Context(), c.Actor, draftID(in)); err != nil {
		return drawbridge.IntakeDraft{}, err
	}
	return a.draft(c, in)
}

func (a *API) draftOperations(c *call, in client.ByID) (client.DraftOperations, error) {
	var out client.DraftOperations
	d, err := a.draft(c, in)
	if err != nil {
		return out, err
	}
	found, err := a.opt.Review.DraftOperations(c.R.Context(), &d)
	if err != nil {
		return out, err
	}
	picked := map[string]bool{}
	for _, id := range d.Operations {
		picked[id] = true
	}
	add := func(list []spec.Operation, inbound bool) {
		for i := range list {
			o := &list[i]
			out.Items = append(out.Items, client.DraftOperation{
				ID: o.ID, Method: o.Method, Path: o.Path, Group: o.Tag, Summary: o.Summary, Inbound: inbound, Deprecated: o.Deprecated, Picked: picked[o.ID],
			})
		}
	}
	add(found.Operations, false)
	add(found.Webhooks, true)
	for _, w := range found.Warnings {
		out.Warnings = append(out.Warnings, w.String())
	}
	return out, nil
}

func (a *API) draftData(c *call, in client.ByID) (client.DraftGuesses, error) {
	var out client.DraftGuesses
	d, err := a.draft(c, in)
	if err != nil {
		return out, err
	}
	found, err := a.opt.Review.DraftGuesses(c.R.Context(), &d)
	if err != nil {
		return out, err
	}
	out.Notes = found.Notes
	for _, g := range found.Guesses {
		x := client.DraftGuess{Key: g.Key(), Name: g.Name, Where: g.Where, Places: len(g.Elements), Category: g.Category, Because: g.Elements[0].Because, Confirmed: d.Categories[g.Key()]}
		if g.Category != "" {
			x.Level = g.Level.String()
		}
		if sure := g.Elements[0].Confidence; sure != nil {
			x.Sure = *sure
		}
		out.Items = append(out.Items, x)
	}
	return out, nil
}

func (a *API) previewDraft(c *call, in client.ByID) (client.DraftPreview, error) {
	var out client.DraftPreview
	d, err := a.draft(c, in)
	if err != nil {
		return out, err
	}
	seen, err := a.opt.Review.PreviewDraft(c.R.Context(), c.Actor, &d)
	if err != nil {
		return out, err
	}
	out.Missing, out.Open, out.Notes, out.Manifest = seen.Missing, seen.Open, seen.Notes, seen.Manifest
	for _, p := range seen.Problems {
		out.Problems = append(out.Problems, client.DraftProblem(p))
	}
	if x := seen.Document; x != nil {
		out.Tier, out.Inherent, out.Residual = x.Score.Tier, x.Score.Inherent, x.Score.Residual
		out.Outcome, out.FastLane, out.Roles, out.Questions = x.Gate.Outcome, x.Gate.FastLane, x.Gate.Roles, len(x.Questions)
		for _, r := range x.Gate.Reasons {
			out.Reasons = append(out.Reasons, string(r.Outcome)+": "+r.Text)
		}
		for i := range x.Threats {
			if x.Threats[i].State == drawbridge.ThreatOpen {
				out.Threats++
			}
		}
	}
	return out, nil
}

func (a *API) sendDraft(c *call, in client.ByID) (client.SentDraft, error) {
	id, err := a.opt.Review.SendDraft(c.R.Context(), c.Actor, draftID(in))
	return client.SentDraft{Integration: id}, err
}
