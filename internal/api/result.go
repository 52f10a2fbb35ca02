package api

import (
	"fmt"
	"io"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/client"
	"drawbridge/internal/register"
)

// resultRoutes are the routes of results of tests.
func resultRoutes() []Route {
	return []Route{
		{"POST", "/api/v1/integrations/{id}/runs", "runs.create", access.RunWrite, "Hand in a run of live checks", 201, Idempotent | Bulk, does((*API).addRun)},
		{"POST", "/api/v1/integrations/{id}/live-runs", "live_runs.open", access.RunWrite, "Note that a run of live checks begins", 201, 0, does((*API).openRun)},
		{"GET", "/api/v1/integrations/{id}/live-runs", "live_runs.list", access.IntegrationRead, "List the runs that go on or were lost", 200, 0, does((*API).liveRuns)},
		{"POST", "/api/v1/integrations/{id}/live-runs/{run}/progress", "live_runs.tell", access.RunWrite, "Say how a run goes on", 200, 0, does((*API).tellRun)},
		{"POST", "/api/v1/integrations/{id}/live-runs/{run}/stop", "live_runs.stop", access.RunWrite, "Ask a run to stop, or forget one that was lost", 200, 0, does((*API).stopRun)},
		{"GET", "/api/v1/integrations/{id}/runs", "runs.list", access.IntegrationRead, "List the runs of live checks of an integration", 200, Paged, does((*API).runs)},
		{"GET", "/api/v1/integrations/{id}/runs/{run}/document", "runs.document", access.IntegrationRead, "Read a run as it was handed in, with its transcripts", 200, Streams, does((*API).runDocument)},
		{"GET", "/api/v1/integrations/{id}/claims", "claims.list", access.IntegrationRead, "Lay what is claimed of an integration beside what was tested", 200, 0, does((*API).claims)},
		{"POST", "/api/v1/integrations/{id}/rulings", "rulings.create", access.RulingWrite, "Rule on a check that failed", 201, Idempotent, does((*API).rule)},
		{"GET", "/api/v1/integrations/{id}/rulings", "rulings.list", access.IntegrationRead, "List the rulings on checks that failed", 200, Paged, does((*API).rulings)},
		{"POST", "/api/v1/integrations/{id}/rulings/{ruling}/revoke", "rulings.revoke", access.RulingWrite, "Take a ruling back", 200, Idempotent | Conditional, does((*API).revokeRuling)},
	}
}

func (a *API) addRun(c *call, in client.NewRun) (drawbridge.Run, error) {
	return a.opt.Register.AddRun(c.R.Context(), c.Actor, register.NewRun{Ref: ref(in.ID), Data: in.Run, Live: in.Live, Key: c.key})
}

func (a *API) openRun(c *call, in client.OpenRun) (drawbridge.LiveRun, error) {
	return a.opt.Register.OpenRun(c.R.Context(), c.Actor, register.OpenLive{Ref: ref(in.ID), Target: in.Target, Checks: in.Checks, Budget: in.Budget})
}

func (a *API) tellRun(c *call, in client.TellRun) (drawbridge.LiveRun, error) {
	return a.opt.Register.TellRun(c.R.Context(), c.Actor, register.LiveProgress{
		Ref: ref(in.ID), ID: in.Run, Now: in.Now, Requests: in.Requests, Budget: in.Budget, Checks: in.Checks, Ended: in.Ended,
	})
}

func (a *API) stopRun(c *call, in client.ByRun) (drawbridge.LiveRun, error) {
	return a.opt.Register.StopRun(c.R.Context(), c.Actor, ref(in.ID), in.Run)
}

func (a *API) liveRuns(c *call, in client.ByID) (client.LiveRuns, error) {
	list, err := a.opt.Register.LiveRuns(c.R.Context(), c.Actor, ref(in.ID))
	return client.LiveRuns{Items: append([]drawbridge.LiveRun{}, list...)}, err
}

func (a *API) runs(c *call, in client.ListOf) (client.List[drawbridge.Run], error) {
	return pageFrom(c, in.Page, func(after *register.Cursor, limit int) (register.Page[drawbridge.Run], error) {
		return a.opt.Register.Runs(c.R.Context(), c.Actor, ref(in.ID), after, limit)
	})
}

func (a *API) runDocument(c *call, in client.ByRun) (stream, error) {
	got, r, err := a.opt.Register.RunDocument(c.R.Context(), c.Actor, ref(in.ID), in.Run)
	if err != nil {
		return stream{}, err
	}
	return stream{media: "application/json", name: got.ID + ".json", close: r.Close, write: func(w io.Writer) error {
		if _, err := io.Copy(w, r); err != nil {
			return fmt.Errorf("send run %s: %w", got.ID, err)
		}
		return nil
	}}, nil
}

func (a *API) claims(c *call, in client.ByID) (client.ClaimTests, error) {
	got, err := a.opt.Register.Claims(c.R.Context(), c.Actor, ref(in.ID))
	return client.ClaimTests(got), err
}

func (a *API) rule(c *call, in client.NewRuling) (client.Rulings, error) {
	list, err := a.opt.Register.Rule(c.R.Context(), c.Actor, register.NewRuling{
		Ref: ref(in.ID), Fingerprint: in.Fingerprint, Check: in.Check, Element: in.Element, Refuted: in.Refuted, Role: in.Role, Reason: in.Reason, Key: c.key,
	})
	return client.Rulings{Rulings: list}, err
}

func (a *API) rulings(c *call, in client.ListOf) (client.List[drawbridge.Ruling], error) {
	return pageFrom(c, in.Page, func(after *register.Cursor, limit int) (register.Page[drawbridge.Ruling], error) {
		return a.opt.Register.Rulings(c.R.Context(), c.Actor, ref(in.ID), after, limit)
	})
}

func (a *API) revokeRuling(c *call, in client.RevokeRuling) (drawbridge.Ruling, error) {
	return a.opt.Register.RevokeRuling(c.R.Context(), c.Actor, ref(in.ID), in.Ruling, register.Revocation{Version: c.match, Reason: in.Reason, Key: c.key})
}
