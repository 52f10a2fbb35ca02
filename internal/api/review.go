package api

import (
	"io"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/client"
	"drawbridge/internal/register"
	"drawbridge/internal/review"
)

// reviewRoutes are the routes of reviews.
func reviewRoutes() []Route {
	const step = Idempotent | Conditional
	return []Route{
		{"GET", "/api/v1/reviews", "reviews.list", access.ReviewRead, "List the reviews that you may see, newest first or most dangerous first", 200, Paged, does((*API).reviews)},
		{"GET", "/api/v1/reviews/mine", "reviews.mine", access.ReviewRead, "List the reviews that wait for you, most dangerous first", 200, 0, does((*API).mine)},
		{"GET", "/api/v1/reviews/{id}", "reviews.get", access.ReviewRead, "Read a review", 200, 0, does((*API).review)},
		{"GET", "/api/v1/reviews/{id}/progress", "reviews.progress", access.ReviewRead, "Tell what keeps a review from its next step, and who signed", 200, 0, does((*API).progress)},
		{"GET", "/api/v1/reviews/{id}/tracks", "reviews.tracks", access.ReviewRead, "Tell how far each track is, on whom it waits and since when", 200, 0, does((*API).tracks)},
		{"GET", "/api/v1/reviews/{id}/changes", "reviews.changes", access.ReviewRead, "List what changed since the decision that stands", 200, 0, does((*API).reviewChanges)},
		{"GET", "/api/v1/reviews/{id}/items", "reviews.items", access.ReviewRead, "Lay answers, claims and tests side by side, with what you viewed", 200, 0, does((*API).reviewItems)},
		{"POST", "/api/v1/reviews/{id}/viewed", "reviews.viewed", access.ReviewRead, "Tick items as viewed, or take ticks away", 200, 0, does((*API).tickReview)},
		{"POST", "/api/v1/reviews/{id}/response", "reviews.respond", access.ThreadWrite, "Comment, sign, object or hold, with conditions, in one act", 201, Idempotent, does((*API).respondReview)},
		{"GET", "/api/v1/reviews/{id}/approval", "reviews.approval", access.ApprovalRead, "Read the signed approval file", 200, Streams, does((*API).approval)},
		{"POST", "/api/v1/requests", "reviews.request", access.IntegrationCreate, "Ask for an integration by a form", 201, Idempotent, does((*API).request)},
		{"POST", "/api/v1/integrations/{id}/reviews", "reviews.open", access.ReviewOpen, "Open a review of an integration, or find the open one", 201, Idempotent, does((*API).openReview)},
		{"POST", "/api/v1/reviews/{id}/submit", "reviews.submit", access.ReviewSubmit, "Hand a request in", 200, step, does((*API).submitReview)},
		{"POST", "/api/v1/reviews/{id}/triage", "reviews.triage", access.ReviewTriage, "Set tier, roles, questionnaire and rhythm, by policy", 200, step, does((*API).triageReview)},
		{"POST", "/api/v1/reviews/{id}/start", "reviews.start", access.ReviewTriage, "Begin the tracks of a review", 200, step, does((*API).startReview)},
		{"POST", "/api/v1/reviews/{id}/ready", "reviews.ready", access.ReviewReady, "Say that a review is ready to be decided", 200, step, does((*API).readyReview)},
		{"POST", "/api/v1/reviews/{id}/reopen", "reviews.reopen", access.ReviewReady, "Take a ready review back to its tracks", 200, step, does((*API).reopenReview)},
		{"POST", "/api/v1/reviews/{id}/withdraw", "reviews.withdraw", access.ReviewWithdraw, "End a review before it is decided", 200, step, does((*API).withdrawReview)},
		{"POST", "/api/v1/reviews/{id}/signoffs", "reviews.sign", access.ReviewSign, "Sign in one role, on the view that you looked at", 201, Idempotent, does((*API).signReview)},
		{"POST", "/api/v1/signoffs/{id}/withdraw", "signoffs.withdraw", access.ReviewSign, "Take your sign-off back", 200, Idempotent, does((*API).withdrawSignoff)},
		{"POST", "/api/v1/reviews/{id}/decision", "reviews.decide", access.ReviewDecide, "Decide, on the view that you looked at", 201, Idempotent, does((*API).decideReview)},
		{"GET", "/api/v1/integrations/{id}/standing", "integrations.standing", access.ReviewRead, "Tell where an integration stands: its decision, and whether it still holds", 200, 0, does((*API).standing)},
		{"GET", "/api/v1/decisions", "decisions.find", access.ReviewRead, "List the decisions about every integration that you may see, newest first", 200, Paged, does((*API).allDecisions)},
		{"GET", "/api/v1/integrations/{id}/decisions", "decisions.list", access.ReviewRead, "List the decisions about an integration, newest first", 200, Paged, does((*API).decisions)},
		{"GET", "/api/v1/delegations", "delegations.list", access.DelegationRead, "List who signs for whom, newest first", 200, Paged, does((*API).delegations)},
		{"POST", "/api/v1/delegations", "delegations.create", access.DelegationWrite, "Let somebody with the same role sign for you", 201, Idempotent, does((*API).delegate)},
		{"POST", "/api/v1/delegations/{id}/revoke", "delegations.revoke", access.DelegationWrite, "End a delegation", 200, Idempotent, does((*API).revokeDelegation)},
	}
}

func (a *API) reviews(c *call, in client.ReviewFilter) (client.List[drawbridge.Review], error) {
	f := review.Filter{
		Integration: in.Integration, Partner: in.Partner, State: in.State, Tier: in.Tier, Open: in.Open, Owner: in.Owner, Reviewer: in.Reviewer,
		Waiting: in.WaitingOn, Blocked: in.Blocked, Order: in.Order,
	}
	return pageFrom(c, in.Page, func(after *register.Cursor, limit int) (register.Page[drawbridge.Review], error) {
		return a.opt.Review.Reviews(c.R.Context(), c.Actor, f, after, limit)
	})
}

func (a *API) mine(c *call, _ client.None) (client.Mine, error) {
	list, err := a.opt.Review.Mine(c.R.Context(), c.Actor)
	var out client.Mine
	for _, w := range list {
		out.Reviews = append(out.Reviews, client.Waiting(w))
	}
	return out, err
}

func (a *API) review(c *call, in client.ByID) (drawbridge.Review, error) {
	return a.opt.Review.Review(c.R.Context(), c.Actor, drawbridge.ReviewID(in.ID))
}

func (a *API) progress(c *call, in client.ByID) (client.ReviewProgress, error) {
	p, err := a.opt.Review.Progress(c.R.Context(), c.Actor, drawbridge.ReviewID(in.ID))
	out := client.ReviewProgress{Step: p.Step, View: p.View, Content: p.Content}
	for _, m := range p.Missing {
		out.Missing = append(out.Missing, client.Missing(m))
	}
	for _, s := range p.Signoffs {
		out.Signoffs = append(out.Signoffs, client.CountedSignoff(s))
	}
	return out, err
}

func (a *API) tracks(c *call, in client.ByID) (client.Tracks, error) {
	list, err := a.opt.Review.Tracks(c.R.Context(), c.Actor, drawbridge.ReviewID(in.ID))
	var out client.Tracks
	for _, t := range list {
		track := client.Track{Name: t.Name, State: t.State, Missing: t.Missing}
		for _, b := range t.Blocked {
			track.Blocked = append(track.Blocked, client.Blocked(b))
		}
		out.Tracks = append(out.Tracks, track)
	}
	return out, err
}

func (a *API) reviewChanges(c *call, in client.ByID) (client.Differences, error) {
	list, err := a.opt.Review.Changes(c.R.Context(), c.Actor, drawbridge.ReviewID(in.ID))
	return client.Differences{Differences: list}, err
}

func (a *API) approval(c *call, in client.ByID) (stream, error) {
	name, file, err := a.opt.Review.Approval(c.R.Context(), c.Actor, drawbridge.ReviewID(in.ID))
	return stream{media: "application/vnd.in-toto+json", name: name, write: func(w io.Writer) error {
		_, err := w.Write(file)
		return err
	}}, err
}

func (a *API) request(c *call, in client.Form) (client.Requested, error) {
	form := &review.Form{
		ID: in.ID, Environment: in.Environment, Name: in.Name, Purpose: in.Purpose, Partner: in.Partner, PartnerName: in.PartnerName,
		Business: in.Business, Technical: in.Technical, Kind: in.Kind, Direction: in.Direction, Hosts: in.Hosts,
	}
	for _, e := range in.Data {
		form.Data = append(form.Data, review.Element(e))
	}
	out, err := a.opt.Review.Intake(c.R.Context(), c.Actor, review.Request{Form: form, Intake: in.Intake, Key: c.key})
	return client.Requested{Integration: out.Pushed.Integration, Review: out.Review, Changes: out.Pushed.Changes}, err
}

func (a *API) openReview(c *call, in client.OpenReview) (drawbridge.Review, error) {
	return a.opt.Review.Open(c.R.Context(), c.Actor, review.Opening{
		Integration: drawbridge.IntegrationID(in.ID), Cause: "intake", Intake: in.Intake, Reason: in.Reason, Key: c.key,
	})
}

// step is a step of a review as the desk takes it.
func (c *call) step(id, reason string) review.Step {
	return review.Step{Review: drawbridge.ReviewID(id), Version: c.match, Reason: reason, Key: c.key}
}

func (a *API) submitReview(c *call, in client.ReviewStep) (drawbridge.Review, error) {
	return a.opt.Review.Submit(c.R.Context(), c.Actor, c.step(in.ID, in.Reason))
}

func (a *API) triageReview(c *call, in client.TriageReview) (drawbridge.Review, error) {
	return a.opt.Review.Triage(c.R.Context(), c.Actor, review.Triage{Step: c.step(in.ID, in.Reason), Tier: in.Tier})
}

func (a *API) startReview(c *call, in client.ReviewStep) (drawbridge.Review, error) {
	return a.opt.Review.Start(c.R.Context(), c.Actor, c.step(in.ID, in.Reason))
}

func (a *API) readyReview(c *call, in client.ReviewStep) (drawbridge.Review, error) {
	return a.opt.Review.Ready(c.R.Context(), c.Actor, c.step(in.ID, in.Reason))
}

func (a *API) reopenReview(c *call, in client.ReviewStep) (drawbridge.Review, error) {
	return a.opt.Review.Reopen(c.R.Context(), c.Actor, c.step(in.ID, in.Reason))
}

func (a *API) withdrawReview(c *call, in client.ReviewStep) (drawbridge.Review, error) {
	return a.opt.Review.Withdraw(c.R.Context(), c.Actor, c.step(in.ID, in.Reason))
}

func (a *API) signReview(c *call, in client.SignReview) (drawbridge.Signoff, error) {
	return a.opt.Review.Sign(c.R.Context(), c.Actor, review.Signing{
		Review: drawbridge.ReviewID(in.ID), Role: in.Role, Approve: in.Approve, Comment: in.Comment, View: in.View, For: in.For, Key: c.key,
	})
}

func (a *API) withdrawSignoff(c *call, in client.ReviewStep) (drawbridge.Signoff, error) {
	return a.opt.Review.Unsign(c.R.Context(), c.Actor, review.Unsigning{Signoff: drawbridge.SignoffID(in.ID), Reason: in.Reason, Key: c.key})
}

func (a *API) decideReview(c *call, in client.DecideReview) (drawbridge.Decision, error) {
	v := review.Verdict{
		Review: drawbridge.ReviewID(in.ID), Outcome: in.Outcome, Rationale: in.Rationale, View: in.View, Until: in.Until, Key: c.key,
	}
	for _, t := range in.Conditions {
		v.Terms = append(v.Terms, review.Term{
			Text: t.Text, Before: t.Before, Owner: t.Owner, Verifier: t.Verifier, Check: t.Check, Due: t.Due, Breach: t.Breach,
		})
	}
	return a.opt.Review.Decide(c.R.Context(), c.Actor, v)
}

func (a *API) standing(c *call, in client.ByID) (client.IntegrationStanding, error) {
	s, err := a.opt.Review.Standing(c.R.Context(), c.Actor, drawbridge.IntegrationID(in.ID))
	return client.IntegrationStanding(s), err
}

func (a *API) allDecisions(c *call, in client.DecisionFilter) (client.List[client.Decided], error) {
	f := review.DecisionFilter{Partner: in.Partner, Outcome: in.Outcome, Tier: in.Tier, By: in.By, State: in.State, From: in.Since, To: in.Until}
	return pageFrom(c, in.Page, func(after *register.Cursor, limit int) (register.Page[client.Decided], error) {
		page, err := a.opt.Review.AllDecisions(c.R.Context(), c.Actor, f, after, limit)
		out := register.Page[client.Decided]{Items: make([]client.Decided, len(page.Items)), Next: page.Next}
		for i, x := range page.Items {
			out.Items[i] = client.Decided(x)
		}
		return out, err
	})
}

func (a *API) decisions(c *call, in client.ListOf) (client.List[drawbridge.Decision], error) {
	return pageFrom(c, in.Page, func(after *register.Cursor, limit int) (register.Page[drawbridge.Decision], error) {
		return a.opt.Review.Decisions(c.R.Context(), c.Actor, drawbridge.IntegrationID(in.ID), after, limit)
	})
}

func (a *API) delegations(c *call, in client.Page) (client.List[drawbridge.Delegation], error) {
	return pageFrom(c, in, func(after *register.Cursor, limit int) (register.Page[drawbridge.Delegation], error) {
		return a.opt.Review.Delegations(c.R.Context(), c.Actor, after, limit)
	})
}

func (a *API) delegate(c *call, in client.NewDelegation) (drawbridge.Delegation, error) {
	return a.opt.Review.Delegate(c.R.Context(), c.Actor, review.Delegating{Role: in.Role, To: in.To, Until: in.Until, Reason: in.Reason, Key: c.key})
}

func (a *API) revokeDelegation(c *call, in client.ByID) (drawbridge.Delegation, error) {
	return a.opt.Review.Revoke(c.R.Context(), c.Actor, drawbridge.DelegationID(in.ID), c.key)
}

func (a *API) reviewItems(c *call, in client.ByID) (client.ReviewItems, error) {
	out, err := a.opt.Review.Items(c.R.Context(), c.Actor, drawbridge.ReviewID(in.ID))
	return reviewItems(out), err
}

func reviewItems(i review.Items) client.ReviewItems {
	return client.ReviewItems{Items: i.Items, Looked: i.Looked, Head: i.Head, Gone: i.Gone}
}

func (a *API) tickReview(c *call, in client.Tick) (client.ReviewItems, error) {
	v := review.Viewing{Review: drawbridge.ReviewID(in.ID), Items: map[string]string{}, All: in.All, Undo: in.Undo}
	for _, i := range in.Items {
		v.Items[i.Key] = i.Digest
	}
	out, err := a.opt.Review.Tick(c.R.Context(), c.Actor, v)
	return reviewItems(out), err
}

func (a *API) respondReview(c *call, in client.RespondReview) (client.Responded, error) {
	r := review.Response{
		Review: drawbridge.ReviewID(in.ID), Answer: in.Answer, Comment: in.Comment, Role: in.Role, For: in.For, View: in.View, Viewed: in.Viewed, Key: c.key,
	}
	for _, t := range in.Conditions {
		r.Terms = append(r.Terms, review.Term(t))
	}
	out, err := a.opt.Review.Respond(c.R.Context(), c.Actor, r)
	return client.Responded(out), err
}
