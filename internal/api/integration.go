package api

import (
	"fmt"
	"io"

	"drawbridge"
	"drawbridge/internal/client"
	"drawbridge/internal/register"
)

// pageFrom asks the register for a page, and signs the cursor of the next.
func pageFrom[T any](c *call, p client.Page, read func(after *register.Cursor, limit int) (register.Page[T], error)) (client.List[T], error) {
	var after *register.Cursor
	limit, err := c.part(p, &after)
	if err != nil {
		return client.List[T]{}, err
	}
	page, err := read(after, limit)
	if err != nil || page.Next == nil {
		return client.List[T]{Items: page.Items}, err
	}
	next, err := c.next(page.Next)
	return client.List[T]{Items: page.Items, Next: next}, err
}

// ref names an integration by its identifier. An empty one would name another.
func ref(id string) register.Ref { return register.ByID(drawbridge.IntegrationID(id)) }

func (a *API) integrations(c *call, in client.IntegrationFilter) (client.List[drawbridge.Integration], error) {
	f := register.IntegrationFilter{Partner: in.Partner, State: in.State, Tier: in.Tier, Outcome: in.Outcome, Text: in.Text, Order: in.Order}
	return pageFrom(c, in.Page, func(after *register.Cursor, limit int) (register.Page[drawbridge.Integration], error) {
		return a.opt.Register.Integrations(c.R.Context(), c.Actor, f, after, limit)
	})
}

func (a *API) integration(c *call, in client.ByID) (drawbridge.Integration, error) {
	return a.opt.Register.Integration(c.R.Context(), c.Actor, ref(in.ID))
}

func (a *API) lookup(c *call, in client.Key) (drawbridge.Integration, error) {
	return a.opt.Register.Integration(c.R.Context(), c.Actor, register.ByKey(in.Slug, in.Environment))
}

func (a *API) members(c *call, in client.ByID) (client.Members, error) {
	list, err := a.opt.Register.Members(c.R.Context(), c.Actor, ref(in.ID))
	return client.Members{Members: list}, err
}

func (a *API) assign(c *call, in client.Assign) (client.Assigned, error) {
	out, err := a.opt.Register.Assign(c.R.Context(), c.Actor, ref(in.ID), register.Assignment{
		Version: c.match, Owner: in.Owner, Members: in.Members, Reason: in.Reason, Key: c.key,
	})
	return client.Assigned(out), err
}

func (a *API) revisions(c *call, in client.ListOf) (client.List[drawbridge.Revision], error) {
	return pageFrom(c, in.Page, func(after *register.Cursor, limit int) (register.Page[drawbridge.Revision], error) {
		return a.opt.Register.Revisions(c.R.Context(), c.Actor, ref(in.ID), after, limit)
	})
}

// revisionID is the identifier that the desk wants: none for the head.
func revisionID(s string) drawbridge.RevisionID {
	if s == "head" {
		return ""
	}
	return drawbridge.RevisionID(s)
}

func (a *API) revision(c *call, in client.ByRevision) (drawbridge.Revision, error) {
	return a.opt.Register.Revision(c.R.Context(), c.Actor, ref(in.ID), revisionID(in.Revision))
}

func (a *API) pull(c *call, in client.ByRevision) (client.Pulled, error) {
	p, err := a.opt.Register.Pull(c.R.Context(), c.Actor, ref(in.ID), revisionID(in.Revision))
	return client.Pulled{Integration: p.Integration, Revision: p.Revision, Main: p.Main, Files: p.Files}, err
}

func (a *API) difference(c *call, in client.Between) (client.Difference, error) {
	d, err := a.opt.Register.Difference(c.R.Context(), c.Actor, ref(in.ID), in.From, in.To)
	return client.Difference(d), err
}

func (a *API) assess(c *call, in client.ByID) (client.Assessed, error) {
	out, err := a.opt.Register.Assess(c.R.Context(), c.Actor, ref(in.ID), c.key)
	return client.Assessed(out), err
}

func (a *API) assessments(c *call, in client.ListOf) (client.List[drawbridge.Assessment], error) {
	return pageFrom(c, in.Page, func(after *register.Cursor, limit int) (register.Page[drawbridge.Assessment], error) {
		return a.opt.Register.Assessments(c.R.Context(), c.Actor, ref(in.ID), after, limit)
	})
}

// assessmentID is the identifier that the desk wants: none for the latest.
func assessmentID(s string) drawbridge.AssessmentID {
	if s == "latest" {
		return ""
	}
	return drawbridge.AssessmentID(s)
}

func (a *API) assessment(c *call, in client.ByAssessment) (drawbridge.Assessment, error) {
	return a.opt.Register.Assessment(c.R.Context(), c.Actor, ref(in.ID), assessmentID(in.Assessment))
}

func (a *API) document(c *call, in client.ByAssessment) (stream, error) {
	got, r, err := a.opt.Register.Document(c.R.Context(), c.Actor, ref(in.ID), assessmentID(in.Assessment))
	if err != nil {
		return stream{}, err
	}
	return stream{media: "application/json", name: string(got.ID) + ".json", close: r.Close, write: func(w io.Writer) error {
		if _, err := io.Copy(w, r); err != nil {
			return fmt.Errorf("send document %s: %w", got.Document, err)
		}
		return nil
	}}, nil
}

func (a *API) gate(c *call, in client.GateQuestion) (client.GateAnswer, error) {
	got, err := a.opt.Review.Gate(c.R.Context(), c.Actor, register.ByKey(in.Slug, in.Environment), in.Digest)
	g := got.Advice
	out := client.GateAnswer{Integration: got.Integration, Answer: got.Answer, Advice: client.GateAdvice{
		Known: g.Known, Superseded: g.Superseded, Outdated: g.Outdated, Revision: g.Revision, Number: g.Number,
		Outcome: g.Outcome, Tier: g.Tier, Inherent: g.Inherent, Residual: g.Residual, Assessment: g.Assessment, AssessedAt: g.AssessedAt,
	}}
	for _, r := range g.Reasons {
		out.Advice.Reasons = append(out.Advice.Reasons, client.Reason(r))
	}
	for _, p := range g.Packs {
		out.Advice.Packs = append(out.Advice.Packs, client.Pack(p))
	}
	return out, err
}

func (a *API) findings(c *call, in client.FindingFilter) (client.List[drawbridge.Finding], error) {
	f := register.FindingFilter{Integration: in.Integration, Severity: in.Severity, Source: in.Source, State: in.State}
	return pageFrom(c, in.Page, func(after *register.Cursor, limit int) (register.Page[drawbridge.Finding], error) {
		return a.opt.Register.Findings(c.R.Context(), c.Actor, f, after, limit)
	})
}
