package api

import (
	"io"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/client"
	"drawbridge/internal/programme"
	"drawbridge/internal/register"
)

// programmeRoutes are the routes of the programme.
func programmeRoutes() []Route {
	return []Route{
		{"GET", "/api/v1/programme/queue", "programme.queue", access.ReviewRead, "List what needs review, most dangerous first", 200, Paged, does((*API).queue)},
		{"GET", "/api/v1/programme/calendar", "programme.calendar", access.ReviewRead, "Read what is due, as iCalendar", 200, Streams, does((*API).calendar)},
		{"POST", "/api/v1/programme/impact", "programme.impact", access.PackPreview, "Say what a pack would change before it takes effect", 200, Bulk | Slow, does((*API).impact)},
		{"POST", "/api/v1/programme/announcements", "programme.announce", access.PackAnnounce, "Queue the revalidation after the packs changed", 201, Idempotent | Slow, does((*API).announce)},
		{"GET", "/api/v1/triggers", "triggers.list", access.ReviewRead, "List triggers, newest first", 200, Paged, does((*API).triggers)},
		{"POST", "/api/v1/integrations/{id}/triggers", "triggers.create", access.TriggerWrite, "Record that something happened to an integration", 201, Idempotent, does((*API).raise)},
		{"POST", "/api/v1/triggers/{id}/handle", "triggers.handle", access.TriggerHandle, "Close a trigger with a reason", 200, Idempotent, does((*API).handleTrigger)},
		{"GET", "/api/v1/integrations/{id}/threats", "threats.difference", access.IntegrationRead, "Read what changed in a threat model", 200, 0, does((*API).threatDifference)},
		{"GET", "/api/v1/integrations/{id}/threat-reviews", "threat_reviews.list", access.IntegrationRead, "List the looks at a threat model, newest first", 200, Paged, does((*API).threatReviews)},
		{"POST", "/api/v1/integrations/{id}/threat-reviews", "threat_reviews.create", access.ThreatReviewWrite, "Record a look at a threat model", 201, Idempotent, does((*API).reviewThreats)},
	}
}

func (a *API) queue(c *call, in client.QueueFilter) (client.List[client.QueueItem], error) {
	f := programme.QueueFilter{Kind: in.Kind, Effect: in.Effect, Tier: in.Tier, Open: in.Open}
	return pageFrom(c, in.Page, func(after *register.Cursor, limit int) (register.Page[client.QueueItem], error) {
		page, err := a.opt.Programme.Queue(c.R.Context(), c.Actor, f, after, limit)
		out := register.Page[client.QueueItem]{Items: make([]client.QueueItem, len(page.Items)), Next: page.Next}
		for i, x := range page.Items {
			out.Items[i] = client.QueueItem{
				Integration: x.Integration, Review: x.Review, Effect: x.Effect, Since: x.Since, ToAttest: x.ToAttest, State: x.State, Due: x.Due, Waits: []client.QueueWait{},
			}
			for _, w := range x.Waits {
				out.Items[i].Waits = append(out.Items[i].Waits, client.QueueWait(w))
			}
			for _, r := range x.Reasons {
				out.Items[i].Reasons = append(out.Items[i].Reasons, client.QueueReason(r))
			}
		}
		return out, err
	})
}

func (a *API) calendar(c *call, in client.CalendarUntil) (stream, error) {
	list, err := a.opt.Programme.Calendar(c.R.Context(), c.Actor, in.Until)
	return stream{media: "text/calendar; charset=utf-8", name: "drawbridge.ics", write: func(w io.Writer) error {
		return programme.WriteCalendar(w, list, "drawbridge", a.opt.Programme.Now())
	}}, err
}

func (a *API) impact(c *call, in client.CandidatePack) (client.Impact, error) {
	got, err := a.opt.Programme.Impact(c.R.Context(), c.Actor, in.Archive, nil)
	return impactOf(got, 0), err
}

func (a *API) announce(c *call, in client.Announcement) (client.Impact, error) {
	got, err := a.opt.Programme.Announce(c.R.Context(), c.Actor, in.Reason, c.key, nil)
	return impactOf(got.Impact, got.Queued), err
}

func impactOf(x programme.Impact, queued int) client.Impact {
	out := client.Impact{Scored: x.Scored, Changed: x.Changed, Worse: x.Worse, Failed: x.Failed, Queued: queued, Effects: []client.PackEffect{}}
	for _, p := range x.Packs {
		out.Packs = append(out.Packs, client.Pack(p))
	}
	for _, e := range x.Effects {
		out.Effects = append(out.Effects, client.PackEffect{
			Integration: e.Integration, Slug: e.Slug, Environment: e.Environment, Before: client.Figures(e.Before), After: client.Figures(e.After),
			Worse: e.Worse, Problem: e.Problem,
		})
	}
	return out
}

func (a *API) triggers(c *call, in client.TriggerFilter) (client.List[client.TriggerView], error) {
	f := programme.TriggerFilter{Integration: in.Integration, Kind: in.Kind, Open: in.Open}
	return pageFrom(c, in.Page, func(after *register.Cursor, limit int) (register.Page[client.TriggerView], error) {
		page, err := a.opt.Programme.Triggers(c.R.Context(), c.Actor, f, after, limit)
		out := register.Page[client.TriggerView]{Items: make([]client.TriggerView, len(page.Items)), Next: page.Next}
		for i, t := range page.Items {
			out.Items[i] = client.TriggerView(t)
		}
		return out, err
	})
}

func (a *API) raise(c *call, in client.NewTrigger) (client.TriggerView, error) {
	t, err := a.opt.Programme.Raise(c.R.Context(), c.Actor, programme.NewTrigger{
		Integration: drawbridge.IntegrationID(in.ID), Kind: in.Kind, Source: in.Source, Severity: in.Severity, Text: in.Text, Key: c.key,
	})
	return client.TriggerView(t), err
}

func (a *API) handleTrigger(c *call, in client.Because) (client.TriggerView, error) {
	t, err := a.opt.Programme.Handle(c.R.Context(), c.Actor, programme.Handling{ID: in.ID, Reason: in.Reason, Key: c.key})
	return client.TriggerView(t), err
}

func (a *API) threatDifference(c *call, in client.BetweenThreats) (client.ThreatDifference, error) {
	d, err := a.opt.Programme.Threats(c.R.Context(), c.Actor, drawbridge.IntegrationID(in.ID), in.From, in.To)
	out := client.ThreatDifference{Integration: d.Integration, From: d.From, To: d.To, Added: d.Added, Gone: d.Gone, Changed: d.Changed}
	for _, t := range d.Threats {
		out.Threats = append(out.Threats, client.ThreatChange(t))
	}
	return out, err
}

func (a *API) threatReviews(c *call, in client.ListOf) (client.List[drawbridge.ThreatReview], error) {
	return pageFrom(c, in.Page, func(after *register.Cursor, limit int) (register.Page[drawbridge.ThreatReview], error) {
		return a.opt.Programme.ThreatReviews(c.R.Context(), c.Actor, drawbridge.IntegrationID(in.ID), after, limit)
	})
}

func (a *API) reviewThreats(c *call, in client.NewThreatReview) (drawbridge.ThreatReview, error) {
	return a.opt.Programme.ReviewThreats(c.R.Context(), c.Actor, programme.ThreatLook{
		Integration: drawbridge.IntegrationID(in.ID), Assessment: in.Assessment, Comment: in.Comment, Key: c.key,
	})
}
