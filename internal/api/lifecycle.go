package api

import (
	"context"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/client"
	"drawbridge/internal/lifecycle"
	"drawbridge/internal/register"
)

// lifecycleRoutes are the routes of what follows a decision.
func lifecycleRoutes() []Route {
	return []Route{
		{"GET", "/api/v1/integrations/{id}/life", "life.get", access.IntegrationRead, "Read where an integration is in its life, and what the next step waits for", 200, 0, does((*API).life)},
		{"POST", "/api/v1/integrations/{id}/live", "life.live", access.IntegrationLive, "Say that an integration is used, when every guard holds", 200, Idempotent, does(moves("go_live"))},
		{"POST", "/api/v1/integrations/{id}/suspend", "life.suspend", access.IntegrationSuspend, "Say that an integration must not be used", 200, Idempotent, does(moves("suspend"))},
		{"POST", "/api/v1/integrations/{id}/resume", "life.resume", access.IntegrationSuspend, "End a suspension, when every guard holds", 200, Idempotent, does(moves("resume"))},
		{"POST", "/api/v1/integrations/{id}/leave", "life.leave", access.IntegrationLeave, "Begin to leave an integration", 201, Idempotent, does((*API).beginDeparture)},
		{"POST", "/api/v1/integrations/{id}/retire", "life.retire", access.IntegrationRetire, "End an integration's life, when every guard holds", 200, Idempotent, does(moves("retire"))},
		{"GET", "/api/v1/integrations/{id}/departure", "departure.get", access.IntegrationRead, "Read how an integration is left", 200, 0, does((*API).departure)},
		{"PUT", "/api/v1/integrations/{id}/departure", "departure.plan", access.IntegrationLeave, "Change how an integration is left", 200, Idempotent | Conditional, does((*API).planDeparture)},
		{"GET", "/api/v1/integrations/{id}/attestations", "attestations.list", access.IntegrationRead, "List what was attested of an integration, newest first", 200, Paged, does((*API).attestations)},
		{"POST", "/api/v1/integrations/{id}/attestations", "attestations.create", access.AttestationWrite, "Attest what no machine can prove yet", 201, Idempotent, does((*API).attest)},
		{"POST", "/api/v1/attestations/{id}/revoke", "attestations.revoke", access.AttestationWrite, "Take an attestation back", 200, Idempotent, does((*API).revokeAttestation)},
		{"GET", "/api/v1/conditions", "conditions.list", access.ReviewRead, "List conditions, newest first", 200, Paged, does((*API).conditions)},
		{"POST", "/api/v1/integrations/{id}/conditions", "conditions.create", access.ConditionWrite, "Set a condition", 201, Idempotent, does((*API).addCondition)},
		{"POST", "/api/v1/conditions/{id}/meet", "conditions.meet", access.ConditionMeet, "Confirm that a condition is met", 200, Idempotent, does((*API).meetCondition)},
		{"POST", "/api/v1/conditions/{id}/drop", "conditions.drop", access.ConditionDrop, "Drop a condition", 200, Idempotent, does((*API).dropCondition)},
		{"GET", "/api/v1/exceptions", "exceptions.list", access.ReviewRead, "List exceptions, newest first", 200, Paged, does((*API).exceptions)},
		{"POST", "/api/v1/integrations/{id}/exceptions", "exceptions.propose", access.ExceptionPropose, "Propose to accept something for a time", 201, Idempotent, does((*API).proposeException)},
		{"POST", "/api/v1/exceptions/{id}/confirm", "exceptions.confirm", access.ExceptionConfirm, "Let a proposal cover what it names", 200, Idempotent, does(governs((*lifecycle.Desk).Confirm))},
		{"POST", "/api/v1/exceptions/{id}/refuse", "exceptions.refuse", access.ExceptionConfirm, "Turn a proposal down", 200, Idempotent, does(governs((*lifecycle.Desk).Refuse))},
		{"POST", "/api/v1/exceptions/{id}/renew", "exceptions.renew", access.ExceptionConfirm, "Move the last day of an exception that holds", 200, Idempotent, does((*API).renewException)},
		{"POST", "/api/v1/exceptions/{id}/revoke", "exceptions.revoke", access.ExceptionConfirm, "End an exception before its last day", 200, Idempotent, does(governs((*lifecycle.Desk).RevokeException))},
	}
}

func (a *API) life(c *call, in client.ByID) (client.Life, error) {
	l, err := a.opt.Lifecycle.Life(c.R.Context(), c.Actor, drawbridge.IntegrationID(in.ID))
	out := client.Life{
		Integration: l.Integration, Decision: l.Decision, Stale: l.Stale, Expired: l.Expired, LiveAt: l.LiveAt, Attestations: l.Attestations, Departure: l.Departure,
	}
	for _, s := range l.Steps {
		next := client.NextStep{Step: s.Step, To: s.To}
		for _, m := range s.Missing {
			next.Missing = append(next.Missing, client.Missing(m))
		}
		out.Steps = append(out.Steps, next)
	}
	return out, err
}

// moves takes an integration one step on.
func moves(step string) func(*API, *call, client.Because) (drawbridge.Integration, error) {
	return func(a *API, c *call, in client.Because) (drawbridge.Integration, error) {
		return a.opt.Lifecycle.Move(c.R.Context(), c.Actor, lifecycle.Move{
			Integration: drawbridge.IntegrationID(in.ID), Step: step, Reason: in.Reason, Key: c.key,
		})
	}
}

func (a *API) beginDeparture(c *call, in client.Leave) (drawbridge.Departure, error) {
	return a.opt.Lifecycle.Leave(c.R.Context(), c.Actor, lifecycle.Leaving{
		Integration: drawbridge.IntegrationID(in.ID), Planned: in.Planned, Reason: in.Reason, Key: c.key,
	})
}

func (a *API) departure(c *call, in client.ByID) (drawbridge.Departure, error) {
	return a.opt.Lifecycle.Departure(c.R.Context(), c.Actor, drawbridge.IntegrationID(in.ID))
}

func (a *API) planDeparture(c *call, in client.PlanDeparture) (drawbridge.Departure, error) {
	return a.opt.Lifecycle.Plan(c.R.Context(), c.Actor, lifecycle.Planning{
		Integration: drawbridge.IntegrationID(in.ID), Version: c.match, Planned: in.Planned, Tasks: in.Tasks, Residual: in.Residual,
		KeepUntil: in.KeepUntil, Deletion: in.Deletion, Contract: in.Contract, Reason: in.Reason, Key: c.key,
	})
}

func (a *API) attestations(c *call, in client.ListOf) (client.List[drawbridge.Attestation], error) {
	return pageFrom(c, in.Page, func(after *register.Cursor, limit int) (register.Page[drawbridge.Attestation], error) {
		return a.opt.Lifecycle.Attestations(c.R.Context(), c.Actor, drawbridge.IntegrationID(in.ID), after, limit)
	})
}

func (a *API) attest(c *call, in client.Attest) (drawbridge.Attestation, error) {
	return a.opt.Lifecycle.Attest(c.R.Context(), c.Actor, lifecycle.Attesting{
		Integration: drawbridge.IntegrationID(in.ID), Subject: in.Subject, About: in.About, Statement: in.Statement, Result: in.Result, Evidence: in.Evidence, Key: c.key,
	})
}

func (a *API) revokeAttestation(c *call, in client.Because) (drawbridge.Attestation, error) {
	return a.opt.Lifecycle.Revoke(c.R.Context(), c.Actor, in.ID, in.Reason, c.key)
}

func (a *API) conditions(c *call, in client.OfIntegration) (client.List[drawbridge.Condition], error) {
	return pageFrom(c, in.Page, func(after *register.Cursor, limit int) (register.Page[drawbridge.Condition], error) {
		return a.opt.Lifecycle.ConditionList(c.R.Context(), c.Actor, lifecycle.Filter{Integration: in.Integration, State: in.State}, after, limit)
	})
}

func (a *API) addCondition(c *call, in client.NewCondition) (drawbridge.Condition, error) {
	return a.opt.Lifecycle.AddCondition(c.R.Context(), c.Actor, drawbridge.Condition{
		Integration: drawbridge.IntegrationID(in.ID), Text: in.Text, Before: in.Before, Owner: in.Owner, Verifier: in.Verifier, Check: in.Check,
		Due: in.Due, Breach: in.Breach,
	}, c.key)
}

func (a *API) meetCondition(c *call, in client.MeetCondition) (drawbridge.Condition, error) {
	return a.opt.Lifecycle.Meet(c.R.Context(), c.Actor, lifecycle.Settling{ID: in.ID, Evidence: in.Evidence, Reason: in.Reason, Key: c.key})
}

func (a *API) dropCondition(c *call, in client.Because) (drawbridge.Condition, error) {
	return a.opt.Lifecycle.Drop(c.R.Context(), c.Actor, lifecycle.Settling{ID: in.ID, Reason: in.Reason, Key: c.key})
}

func (a *API) exceptions(c *call, in client.OfIntegration) (client.List[drawbridge.Exception], error) {
	return pageFrom(c, in.Page, func(after *register.Cursor, limit int) (register.Page[drawbridge.Exception], error) {
		return a.opt.Lifecycle.ExceptionList(c.R.Context(), c.Actor, lifecycle.Filter{Integration: in.Integration, State: in.State}, after, limit)
	})
}

func (a *API) proposeException(c *call, in client.NewException) (drawbridge.Exception, error) {
	return a.opt.Lifecycle.Propose(c.R.Context(), c.Actor, drawbridge.Exception{
		Integration: drawbridge.IntegrationID(in.ID), Covers: in.Covers, Reason: in.Reason, Compensating: in.Compensating, Owner: in.Owner,
		Expires: in.Expires, Breach: in.Breach,
	}, c.key)
}

// governs is what an approver does with an exception.
func governs(do func(*lifecycle.Desk, context.Context, access.Actor, lifecycle.Ruling) (drawbridge.Exception, error)) func(*API, *call, client.Because) (drawbridge.Exception, error) {
	return func(a *API, c *call, in client.Because) (drawbridge.Exception, error) {
		return do(a.opt.Lifecycle, c.R.Context(), c.Actor, lifecycle.Ruling{ID: in.ID, Reason: in.Reason, Key: c.key})
	}
}

func (a *API) renewException(c *call, in client.RenewException) (drawbridge.Exception, error) {
	return a.opt.Lifecycle.Renew(c.R.Context(), c.Actor, lifecycle.Ruling{ID: in.ID, Expires: in.Expires, Reason: in.Reason, Key: c.key})
}
