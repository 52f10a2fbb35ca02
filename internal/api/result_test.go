package api_test

import (
	"drawbridge"
	"drawbridge/internal/client"
	"drawbridge/internal/store"
)

// resultFixtures are the rows of the matrix for the routes of results of tests.
var resultFixtures = map[string]func(*matrix, *caller, bool) request{
	"runs.create":    permits(onIntegration("/runs", func() any { return client.NewRun{Run: []byte(`{"schema_version": "0"}`)} }), 400),
	"runs.list":      onIntegration("/runs", nil),
	"runs.document":  onRun,
	"live_runs.open": permits(onIntegration("/live-runs", func() any { return client.OpenRun{Target: "sandbox", Checks: []string{"TLS-01"}} }), 409), // it has no such target
	"live_runs.list": onIntegration("/live-runs", nil),
	"live_runs.tell": onLiveRun("/progress", client.TellRun{Now: "TLS-01"}),
	"live_runs.stop": onLiveRun("/stop", nil),
	"claims.list":    onIntegration("/claims", nil),
	"rulings.create": permits(onIntegration("/rulings", func() any { return client.NewRuling{Check: "TLS-01", Element: "api"} }), 400), // it says no reason
	"rulings.list":   onIntegration("/rulings", nil),
	"rulings.revoke": onRuling,
}

// permits lets a request end with what is wrong with it: who may not ask learns
// nothing of that.
func permits(fixture func(*matrix, *caller, bool) request, statuses ...int) func(*matrix, *caller, bool) request {
	return func(m *matrix, c *caller, own bool) request {
		q := fixture(m, c, own)
		q.allowed = append(q.allowed, statuses...)
		return q
	}
}

// onRun asks for the document of a run.
func onRun(m *matrix, _ *caller, own bool) request {
	in, o := m.at(own)
	r := drawbridge.Run{ID: drawbridge.NewID("run", start), Integration: in.ID, Verdicts: []byte("[]")}
	m.act(func(tx *store.Tx) error {
		a, err := tx.Assessment(in.Assessment)
		if err != nil {
			return err
		}
		r.Document = a.Document // any file will do
		return tx.Runs().Add(&r)
	})
	return request{path: "/api/v1/integrations/" + string(in.ID) + "/runs/" + r.ID + "/document", object: o}
}

// onLiveRun is about a run that goes on, begun by who asks.
func onLiveRun(path string, body any) func(*matrix, *caller, bool) request {
	return func(m *matrix, c *caller, own bool) request {
		in, o := m.at(own)
		r := drawbridge.LiveRun{ID: drawbridge.NewID("run", start), Integration: in.ID, By: c.actor.ID, SeenAt: start, Checks: []drawbridge.LiveCheck{{Check: "TLS-01"}}}
		m.act(func(tx *store.Tx) error { return tx.SetLiveRun(&r) })
		return request{path: "/api/v1/integrations/" + string(in.ID) + "/live-runs/" + r.ID + path, body: body, object: o}
	}
}

// onRuling takes a ruling back without a reason.
func onRuling(m *matrix, _ *caller, own bool) request {
	in, o := m.at(own)
	r := drawbridge.Ruling{ID: drawbridge.NewID("rul", start), Integration: in.ID}
	m.act(func(tx *store.Tx) error { return tx.Rulings().Add(&r) })
	return request{
		path: "/api/v1/integrations/" + string(in.ID) + "/rulings/" + r.ID + "/revoke", body: client.RevokeRuling{}, match: 1, object: o, allowed: []int{400},
	}
}
