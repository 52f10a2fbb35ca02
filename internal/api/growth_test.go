package api_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"drawbridge"
	"drawbridge/internal/approval"
	"drawbridge/internal/client"
	"drawbridge/internal/inquiry"
	"drawbridge/internal/manifest"
	"drawbridge/internal/seal"
	"drawbridge/internal/store"
)

// TestQueriesDoNotGrow asks what holds a whole review against all that is on
// file, with one row of each kind and with ten more.
func TestQueriesDoNotGrow(t *testing.T) {
	t.Parallel()
	m := newMatrix(t, "", nil)
	g := &growth{matrix: m}
	for _, c := range m.callers {
		if c.role == drawbridge.ProgrammeOwner {
			g.caller = c
		}
	}
	g.decide()
	g.fill(1)
	few := g.measure()
	g.fill(10)
	many := g.measure()
	if !maps.Equal(few, many) {
		t.Errorf("queries with one row of each kind %v, with eleven %v", few, many)
	}
	for name, n := range many {
		if n > mostQueries {
			t.Errorf("%s: %d queries, want at most %d", name, n, mostQueries)
		}
	}
	t.Log(many)
}

// growth is a matrix with an integration that was decided on, that is being left
// and that is under review again: everything that an answer can hold is there.
type growth struct {
	*matrix
	caller *caller
	review drawbridge.Review
	head   drawbridge.Revision
	n      int
}

// decide writes an approval of a view of the head, and the review that follows.
func (g *growth) decide() {
	g.t.Helper()
	in, _ := g.at(true)
	before, _ := g.matrix.review(true, drawbridge.Approved)
	g.review, _ = g.matrix.review(true, drawbridge.Ready)
	g.act(func(tx *store.Tx) error {
		head, err := tx.Revision(in.Head)
		if err != nil {
			return err
		}
		g.head = *head
		b, err := g.record.Bundle(head)
		if err != nil {
			return err
		}
		material, err := manifest.Material(b)
		if err != nil {
			return err
		}
		view := approval.View{Manifest: material.JSON, Tier: drawbridge.TierMedium, Exceptions: []approval.Exception{{Covers: "T001@old", Until: "2026-01-01"}, {Covers: "T002@old", Until: "2026-01-01"}}}
		data, err := view.JSON()
		if err != nil {
			return err
		}
		digest, size, err := g.door.Store().Blobs().Put(bytes.NewReader(data), 1<<20, g.door.Keys())
		if err != nil {
			return err
		}
		if err := tx.AddBlob(&store.Blob{ID: digest, Kind: "view", Size: size, Integration: in.ID, CreatedAt: start}); err != nil {
			return err
		}
		d := drawbridge.Decision{
			ID: drawbridge.DecisionID(drawbridge.NewID("dec", start)), Review: before.ID, Integration: in.ID, Revision: head.ID, Content: head.Content,
			View: digest, Tier: drawbridge.TierMedium, Outcome: drawbridge.Approved, Until: "2027-11-21", CreatedAt: start,
		}
		if err := tx.Decisions().Add(&d); err != nil {
			return err
		}
		if err := tx.Standings().Add(&drawbridge.Standing{ID: in.ID, Partner: in.Partner, Review: g.review.ID, Decision: d.ID, Outcome: d.Outcome, Until: d.Until}); err != nil {
			return err
		}
		in.State = drawbridge.Exiting
		if err := tx.SetIntegration(&in); err != nil {
			return err
		}
		e := g.document("evidence:deletion")
		if err := tx.Evidence().Add(&e); err != nil {
			return err
		}
		x := drawbridge.Departure{ID: drawbridge.NewID("dep", start), Integration: in.ID, Deletion: e.ID, CreatedAt: start}
		if err := tx.Departures().Add(&x); err != nil {
			return err
		}
		return tx.Attestations().Add(&drawbridge.Attestation{
			ID: drawbridge.NewID("att", start), Integration: in.ID, Subject: "revocation_probe", About: x.ID, Result: "failed_to_connect", Evidence: e.ID, CreatedAt: start,
		})
	})
}

func (g *growth) document(kind string) drawbridge.Evidence {
	return drawbridge.Evidence{
		ID: drawbridge.EvidenceID(drawbridge.NewID("evd", g.clock.now())), Partner: g.mine.Partner, Integration: g.mine.ID, Kind: kind, Title: "try", State: "accepted",
		Known: drawbridge.KnownDocument, CreatedAt: start, UpdatedAt: start,
	}
}

// fill adds rows of each kind, and signatures on what is there then.
func (g *growth) fill(n int) {
	g.t.Helper()
	for range n {
		g.n++
		g.answered()
		g.act(g.row)
	}
	var view struct{ View string }
	g.ask("/api/v1/reviews/"+string(g.review.ID)+"/progress", &view)
	for i := range n {
		g.act(func(tx *store.Tx) error {
			return tx.Signoffs().Add(&drawbridge.Signoff{
				ID: drawbridge.SignoffID(drawbridge.NewID("sig", start)), Review: g.review.ID, Integration: g.mine.ID, Role: drawbridge.SecurityDiscipline,
				Person: drawbridge.PersonID(fmt.Sprintf("per_%d_%d", g.n, i)), Approve: true, View: view.View, CreatedAt: start,
			})
		})
	}
}

// answered adds a questionnaire that was answered and accepted.
func (g *growth) answered() {
	g.t.Helper()
	q := g.inquiry(g.mine, inquiry.StateOpen)
	g.send(http.MethodPut, "/api/v1/inquiries/"+string(q.ID)+"/answers/a", `{"base":"","answer":{"value":true}}`)
	g.act(func(tx *store.Tx) error {
		now, err := tx.Inquiries().Get(string(q.ID))
		if err != nil {
			return err
		}
		now.State = inquiry.StateAccepted
		return tx.Inquiries().Set(now)
	})
}

// row adds a row of each other kind.
func (g *growth) row(tx *store.Tx) error {
	in, id := g.mine.ID, fmt.Sprint(g.n)
	content := seal.Digest([]byte(id))
	token := drawbridge.Token{ID: drawbridge.TokenID(drawbridge.NewID("tok", start)), Name: "try", Hash: id, Person: "per_else", ExpiresAt: start, CreatedAt: start}
	own := g.document("evidence:soc2")
	whole := own
	whole.ID, whole.Integration = own.ID+"w", ""
	offered := own
	offered.ID, offered.State = own.ID+"o", "offered"
	run := drawbridge.Run{
		ID: "run_" + id, Integration: in, Content: content, Interface: "print", Complete: true, Stands: true, Verdicts: []byte("[]"), FinishedAt: start, CreatedAt: start,
	}
	gone := run
	gone.ID, gone.Stands = run.ID+"g", false
	there, err := tx.Integration(in)
	if err != nil {
		return err
	}
	there.Revisions++
	for _, add := range []func() error{
		func() error { return tx.SetIntegration(there) },
		func() error { return tx.AddToken(&token) },
		func() error {
			return tx.AddRevision(&drawbridge.Revision{
				ID: drawbridge.RevisionID("rev_" + id), Integration: in, Number: there.Revisions, Content: content, Material: g.head.Material, Bundle: g.head.Bundle,
				Author: string(token.ID), CreatedAt: start,
			})
		},
		func() error { return tx.Evidence().Add(&own) },
		func() error { return tx.Evidence().Add(&whole) },
		func() error { return tx.Evidence().Add(&offered) },
		func() error { return tx.Runs().Add(&run) },
		func() error { return tx.Runs().Add(&gone) },
		func() error {
			return tx.Threads().Add(&drawbridge.Thread{ID: drawbridge.ThreadID("thr_" + id), Integration: in, Kind: "flow", Object: "x", Title: "try", Blocks: true, CreatedAt: start})
		},
		func() error {
			return tx.Conditions().Add(&drawbridge.Condition{ID: "cnd_" + id, Integration: in, Review: g.review.ID, Text: "try", State: "open", Due: "2026-12-31", CreatedAt: start})
		},
		func() error {
			return tx.Exceptions().Add(&drawbridge.Exception{ID: "exc_" + id, Integration: in, Covers: "T9@" + id, State: "confirmed", Expires: "2027-01-01", CreatedAt: start})
		},
		func() error {
			return tx.Rulings().Add(&drawbridge.Ruling{ID: "rul_" + id, Integration: in, Fingerprint: "f1-" + id, CreatedAt: start})
		},
		func() error {
			return tx.Contracts().Add(&drawbridge.Contract{ID: drawbridge.ContractID("ctr_" + id), Partner: g.mine.Partner, CreatedAt: start})
		},
		func() error {
			return tx.Triggers().Add(&drawbridge.Trigger{ID: "trg_" + id, Integration: in, Kind: "widening", Source: id, Effect: drawbridge.Warn, CreatedAt: start})
		},
	} {
		if err := add(); err != nil {
			return err
		}
	}
	return nil
}

// measure counts the queries of each answer.
func (g *growth) measure() map[string]int64 {
	g.t.Helper()
	out := map[string]int64{}
	in, rv := "/api/v1/integrations/"+string(g.mine.ID), "/api/v1/reviews/"+string(g.review.ID)
	for name, path := range map[string]string{
		"reviews.progress": rv + "/progress", "reviews.tracks": rv + "/tracks", "reviews.changes": rv + "/changes", "reviews.items": rv + "/items",
		"integrations.standing": in + "/standing", "life.get": in + "/life",
		"gate": "/api/v1/gate?slug=" + g.mine.Slug + "&environment=production&digest=" + g.head.Content,
	} {
		out[name] = g.ask(path, &map[string]any{})
	}
	return out
}

// ask reads a route, and counts what it asked the database.
func (g *growth) ask(path string, into any) int64 {
	g.t.Helper()
	before := g.door.Store().Queries()
	data := g.send(http.MethodGet, path, "")
	n := g.door.Store().Queries() - before
	if err := json.Unmarshal(data, into); err != nil {
		g.t.Fatal(err)
	}
	return n
}

// send sends a request that must succeed.
func (g *growth) send(method, path, body string) []byte {
	g.t.Helper()
	req := httptest.NewRequestWithContext(g.t.Context(), method, path, strings.NewReader(body))
	req.RemoteAddr, req.Host = "127.0.0.1:1", "localhost"
	req.Header.Set("Authorization", "Bearer "+g.caller.secret)
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	rec := httptest.NewRecorder()
	g.handler.ServeHTTP(rec, req)
	if rec.Code >= http.StatusBadRequest {
		g.t.Fatalf("%s %s = %d %s", method, path, rec.Code, rec.Body)
	}
	return rec.Body.Bytes()
}

// TestGateOfWhatIsLeft asks for what was approved, while its integration is being left.
func TestGateOfWhatIsLeft(t *testing.T) {
	t.Parallel()
	m := newMatrix(t, "", nil)
	g := &growth{matrix: m, caller: m.callers[2]}
	g.decide()
	var got client.GateAnswer
	g.ask("/api/v1/gate?slug="+g.mine.Slug+"&environment=production&digest="+g.head.Content, &got)
	if got.Status != approval.Exiting || len(got.Reasons) == 0 || !strings.Contains(got.Reasons[0], "drawbridge review intake") {
		t.Errorf("gate = %+v, want no, and what to do next", got.Answer)
	}
}
