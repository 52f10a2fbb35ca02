package api_test

import (
	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/client"
	"drawbridge/internal/store"
)

// portfolioFixtures are the rows of the matrix for the routes of the portfolio.
var portfolioFixtures = map[string]func(*matrix, *caller, bool) request{
	"register.list": list("/api/v1/register", "integration"),
	"risks.list":    list("/api/v1/risks", "risk"),
	"risks.heat":    overSeen("/api/v1/risks/heat", "risk", access.RiskRead),
	"search":        overSeen("/api/v1/search?text=pay", "integration", access.IntegrationRead),
	"risks.add":     addsRisk,
	"risks.get":     onRisk("", nil),
	"risks.edit":    onRisk("", client.EditRisk{RiskWords: tryRisk}),
	"risks.move":    onRisk("/state", client.MoveRisk{State: "open"}, 409), // it is open already
	"risks.close":   onRisk("/closed", client.Close{Reason: "try"}),

	"profiles.get":       onPartnerAt("/profile", nil),
	"profiles.add":       onPartnerAt("/profile", client.ProfileEdit{Status: "active"}),
	"profiles.edit":      onProfile,
	"contracts.check":    onPartnerAt("/agreements", nil),
	"subprocessors.list": onPartnerAt("/subprocessors", nil),
	"subprocessors.add":  onPartnerAt("/subprocessors", client.NewSubprocessor{Name: "Cloudyard"}),
	"subprocessors.end":  endsSubprocessor,

	"contracts.list": list("/api/v1/contracts", "contract"),
	"contracts.add": withPartner("contract", "/api/v1/contracts", func(p drawbridge.PartnerID) any {
		return client.NewContract{Partner: p, Terms: client.Terms{Type: "msa"}}
	}),
	"contracts.get":   onContract("", nil),
	"contracts.edit":  onContract("", client.EditContract{Terms: client.Terms{Type: "sla"}}),
	"contracts.close": onContract("/close", client.Close{Reason: "try"}),
	"measures.list":   onContract("/measures", nil),
	"measures.add":    onContract("/measures", client.NewMeasure{Metric: "availability", Value: 99, From: "2026-10-01", To: "2026-10-31", Source: "try"}),

	"notices.list": list("/api/v1/notices", "notice"),
	"notices.add": withPartner("notice", "/api/v1/notices", func(p drawbridge.PartnerID) any {
		return client.NewNotice{Partner: p, Kind: "incident", Title: "try"}
	}),
	"notices.get":    onNotice("", nil),
	"notices.decide": onNotice("/state", client.DecideNotice{State: "closed", Reason: "try"}),

	"portfolio.concentration": about("portfolio", "/api/v1/portfolio/concentration", nil),
	"portfolio.fall":          about("portfolio", "/api/v1/portfolio/fall?kind=country&name=IE", nil),
}

var tryRisk = client.RiskWords{Cause: "a", Event: "b", Category: "security", Likelihood: 1, Impact: 1}

// overSeen asks for what is made of all that the caller may see; who may see some gets one.
func overSeen(path, kind string, act access.Action) func(*matrix, *caller, bool) request {
	return func(m *matrix, c *caller, _ bool) request {
		q := request{path: path, object: access.Object{Kind: kind}}
		if !m.builtin.Scope(c.actor, act).Nothing() {
			_, q.object = m.at(true)
		}
		return q
	}
}

func addsRisk(m *matrix, _ *caller, own bool) request {
	in, o := m.at(own)
	o.Kind, o.ID = "risk", ""
	return request{path: "/api/v1/risks", object: o, body: client.NewRisk{Integration: in.ID, RiskWords: tryRisk}}
}

// onRisk is a request about a risk of an integration: the caller's, or another's.
func onRisk(path string, body any, allowed ...int) func(*matrix, *caller, bool) request {
	return func(m *matrix, _ *caller, own bool) request {
		in, o := m.at(own)
		r := drawbridge.Risk{
			ID: drawbridge.NewID("rsk", start), Integration: in.ID, Partner: in.Partner, Cause: "a", Event: "b", Category: "security",
			Likelihood: 1, Impact: 1, Rank: 1, State: "open", CreatedAt: start, UpdatedAt: start,
		}
		m.act(func(tx *store.Tx) error { return tx.Risks().Add(&r) })
		o.Kind, o.ID = "risk", r.ID
		return request{path: "/api/v1/risks/" + r.ID + path, body: body, match: 1, object: o, allowed: allowed}
	}
}

// newPartner writes a partner.
func (m *matrix) newPartner() drawbridge.PartnerID {
	m.t.Helper()
	p := drawbridge.Partner{ID: drawbridge.PartnerID("p" + drawbridge.NewID("x", start)[2:]), Name: "Partner", CreatedAt: start, UpdatedAt: start}
	m.act(func(tx *store.Tx) error { return tx.AddPartner(&p) })
	return p.ID
}

// onPartnerAt is a request about what is known of a partner.
func onPartnerAt(path string, body any) func(*matrix, *caller, bool) request {
	return func(m *matrix, _ *caller, _ bool) request {
		id := m.newPartner()
		kind := "partner"
		if path == "/agreements" {
			kind = "contract"
		}
		return request{path: "/api/v1/partners/" + string(id) + path, body: body, object: access.Object{Kind: kind, ID: string(id)}}
	}
}

// onProfile changes a profile.
func onProfile(m *matrix, _ *caller, _ bool) request {
	id := m.newPartner()
	m.act(func(tx *store.Tx) error {
		return tx.Profiles().Add(&drawbridge.Profile{ID: id, CreatedAt: start, UpdatedAt: start})
	})
	return request{path: "/api/v1/partners/" + string(id) + "/profile", body: client.ProfileEdit{Status: "active"}, match: 1, object: access.Object{Kind: "partner", ID: string(id)}}
}

// withPartner is a request that is about a new partner.
func withPartner(kind, path string, body func(drawbridge.PartnerID) any) func(*matrix, *caller, bool) request {
	return func(m *matrix, _ *caller, _ bool) request {
		return request{path: path, body: body(m.newPartner()), object: access.Object{Kind: kind}}
	}
}

func endsSubprocessor(m *matrix, _ *caller, _ bool) request {
	s := drawbridge.Subprocessor{ID: drawbridge.NewID("sub", start), Partner: m.newPartner(), Name: "Cloudyard", Source: "person", CreatedAt: start, UpdatedAt: start}
	m.act(func(tx *store.Tx) error { return tx.Subprocessors().Add(&s) })
	return request{path: "/api/v1/subprocessors/" + s.ID + "/end", body: client.Close{Reason: "try"}, object: access.Object{Kind: "partner", ID: string(s.Partner)}}
}

func onContract(path string, body any) func(*matrix, *caller, bool) request {
	return func(m *matrix, _ *caller, _ bool) request {
		k := drawbridge.Contract{
			ID: drawbridge.ContractID(drawbridge.NewID("ctr", start)), Partner: m.newPartner(), Type: "msa", CreatedAt: start, UpdatedAt: start,
			Levels: []drawbridge.ServiceLevel{{Metric: "availability", Target: 99, Unit: "percent", Window: "month"}},
		}
		m.act(func(tx *store.Tx) error { return tx.Contracts().Add(&k) })
		return request{path: "/api/v1/contracts/" + string(k.ID) + path, body: body, match: 1, object: access.Object{Kind: "contract", ID: string(k.ID)}}
	}
}

func onNotice(path string, body any) func(*matrix, *caller, bool) request {
	return func(m *matrix, _ *caller, _ bool) request {
		n := drawbridge.Notice{
			ID: drawbridge.NewID("ntc", start), Partner: m.newPartner(), Kind: "incident", Title: "try", Facts: []byte("{}"), Received: start, State: "open", CreatedAt: start,
		}
		m.act(func(tx *store.Tx) error { return tx.Notices().Add(&n) })
		return request{path: "/api/v1/notices/" + n.ID + path, body: body, match: 1, object: access.Object{Kind: "notice", ID: n.ID}}
	}
}
