package api_test

import (
	"strings"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/client"
	"drawbridge/internal/dossier"
	"drawbridge/internal/store"
)

// dossierFixtures are the rows of the matrix for the routes of what is on file.
var dossierFixtures = map[string]func(*matrix, *caller, bool) request{
	"evidence.list": list("/api/v1/evidence", "evidence"),
	"evidence.offer": func(m *matrix, _ *caller, own bool) request {
		in, o := m.at(own)
		o.Kind, o.ID = "evidence", ""
		return request{path: "/api/v1/evidence", object: o, upload: client.NewEvidence{Integration: in.ID, Kind: "runbook"}}
	},
	"evidence.get":  onEvidence("", "", nil),
	"evidence.file": onEvidence("/file", "", nil),
	"evidence.accept": onEvidence("/accept", "", func(drawbridge.Evidence) any {
		return client.AcceptEvidence{Known: drawbridge.KnownDocument, Expires: "2027-01-01", Reason: "try"}
	}),
	"evidence.refuse":   onEvidence("/refuse", "", func(drawbridge.Evidence) any { return client.Because{Reason: "try"} }),
	"evidence.withdraw": onEvidence("/withdraw", "caller", func(drawbridge.Evidence) any { return client.Because{Reason: "try"} }),
	"evidence.supersede": onEvidence("/supersede", "accepted", func(newer drawbridge.Evidence) any {
		return client.SupersedeEvidence{By: newer.ID, Reason: "try"}
	}),

	"threads.list": list("/api/v1/threads", "thread"),
	"threads.open": func(m *matrix, _ *caller, own bool) request {
		in, o := m.at(own)
		o.Kind, o.ID = "thread", "new"
		return request{path: "/api/v1/threads", object: o, body: client.NewThread{Integration: in.ID, Kind: "flow", Object: "charge", Title: "try", Text: "why?"}}
	},
	"threads.get":     onThread("", nil),
	"threads.reply":   onThread("/comments", client.NewComment{Text: "because"}),
	"threads.resolve": onThread("/resolve", client.Because{Reason: "try"}),

	"integrations.dossier": onIntegration("/dossier", nil),
	"partners.dossier": func(m *matrix, c *caller, own bool) request {
		q := onPartner(nil)(m, c, own)
		q.path += "/dossier"
		return q
	},
}

// onEvidence is a request about a document: one that the caller handed in, or
// another's; or an accepted one with a newer.
func onEvidence(path, how string, body func(newer drawbridge.Evidence) any) func(*matrix, *caller, bool) request {
	return func(m *matrix, c *caller, own bool) request {
		in, o := m.at(own)
		digest, size, err := m.door.Store().Blobs().Put(strings.NewReader("A report."), 100, m.door.Keys())
		if err != nil {
			m.t.Fatal(err)
		}
		e := drawbridge.Evidence{
			ID: drawbridge.EvidenceID(drawbridge.NewID("evd", start)), Partner: in.Partner, Integration: in.ID, Kind: "evidence:runbook",
			File: digest, FileName: "report.txt", MediaType: "text/plain", Size: size, State: dossier.StateOffered, UploadedBy: "per_else", CreatedAt: start, UpdatedAt: start,
		}
		switch how {
		case "caller":
			if e.UploadedBy = c.actor.ID; c.actor.Person != "" {
				e.UploadedBy = string(c.actor.Person)
			}
		case "accepted":
			e.State, e.Expires = dossier.StateAccepted, "2027-01-01"
		}
		newer := e
		newer.ID = drawbridge.EvidenceID(drawbridge.NewID("evd", start))
		m.act(func(tx *store.Tx) error {
			if err := tx.AddBlob(&store.Blob{ID: digest, Kind: "evidence", Size: size, Integration: in.ID, CreatedAt: start}); err != nil {
				return err
			}
			if err := tx.Evidence().Add(&e); err != nil {
				return err
			}
			return tx.Evidence().Add(&newer)
		})
		o.Kind, o.ID = "evidence", string(e.ID)
		q := request{path: "/api/v1/evidence/" + string(e.ID) + path, object: o, match: 1}
		if body != nil {
			q.body = body(newer)
		}
		return q
	}
}

// onThread is a request about a discussion of one of the caller's integrations, or of another.
func onThread(path string, body any) func(*matrix, *caller, bool) request {
	return func(m *matrix, _ *caller, own bool) request {
		in, o := m.at(own)
		t := drawbridge.Thread{
			ID: drawbridge.ThreadID(drawbridge.NewID("thr", start)), Integration: in.ID, Kind: "flow", Object: "charge", Title: "try",
			OpenedBy: "per_else", CreatedAt: start, UpdatedAt: start,
		}
		m.act(func(tx *store.Tx) error { return tx.Threads().Add(&t) })
		o = access.Object{Kind: "thread", ID: string(t.ID), Owners: o.Owners, Integration: in.ID}
		return request{path: "/api/v1/threads/" + string(t.ID) + path, object: o, match: 1, body: body}
	}
}
