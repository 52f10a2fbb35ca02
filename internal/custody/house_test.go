package custody_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/action"
	"drawbridge/internal/store"
)

// tester is a test, or a draw of a property.
type tester interface {
	Helper()
	Context() context.Context
	Fatal(args ...any)
	Fatalf(format string, args ...any)
}

// do runs one act of the keeper.
func (h *house) do(t tester, fn func(tx *store.Tx) error) {
	t.Helper()
	act := action.Act{Actor: access.Keeper(), Action: access.IntegrationPush, Object: access.Object{Kind: "integration"}, Reason: "a test"}
	if _, _, err := action.Do(t.Context(), h.door, act, func(tx *store.Tx) (int, error) { return 0, fn(tx) }); err != nil {
		t.Fatal(err)
	}
}

// put keeps a file.
func (h *house) put(t tester, content string) (string, int64) {
	t.Helper()
	digest, size, err := h.door.Store().Blobs().Put(strings.NewReader(content), 1<<30, h.door.Keys())
	if err != nil {
		t.Fatal(err)
	}
	return digest, size
}

// person adds somebody.
func (h *house) person(t tester, name string) drawbridge.PersonID {
	t.Helper()
	p := drawbridge.Person{
		ID: drawbridge.PersonID(drawbridge.NewID("per", h.now)), Email: name + "@drawbridge.example", Name: name,
		Roles: []drawbridge.Role{drawbridge.Requester}, CreatedAt: h.now, UpdatedAt: h.now,
	}
	h.do(t, func(tx *store.Tx) error { return tx.AddPerson(&p) })
	return p.ID
}

// integration adds an integration with one revision and one assessment of it.
func (h *house) integration(t tester, name, partner string, owner drawbridge.PersonID) drawbridge.IntegrationID {
	t.Helper()
	in := drawbridge.Integration{
		ID: drawbridge.IntegrationID(drawbridge.NewID("int", h.now)), Slug: name, Environment: "production", Name: name,
		Partner: drawbridge.PartnerID(partner), State: drawbridge.Live, Owner: owner, CreatedAt: h.now, UpdatedAt: h.now,
	}
	h.do(t, func(tx *store.Tx) error {
		if _, err := tx.Partner(in.Partner); drawbridge.KindOf(err) == drawbridge.NotFound {
			if err := tx.AddPartner(&drawbridge.Partner{ID: in.Partner, Name: partner + " ✓ \"quoted\"", CreatedAt: h.now, UpdatedAt: h.now}); err != nil {
				return err
			}
		}
		return tx.AddIntegration(&in)
	})
	h.revise(t, in.ID, "first")
	return in.ID
}

// revise adds a revision, and an assessment of it.
func (h *house) revise(t tester, id drawbridge.IntegrationID, what string) (bundle, document string) {
	t.Helper()
	bundle, bundleSize := h.put(t, "bundle of "+string(id)+" "+what)
	document, documentSize := h.put(t, "document of "+string(id)+" "+what)
	h.do(t, func(tx *store.Tx) error {
		in, err := tx.Integration(id)
		if err != nil {
			return err
		}
		in.Revisions++
		r := drawbridge.Revision{
			ID: drawbridge.RevisionID(drawbridge.NewID("rev", h.now)), Integration: id, Number: in.Revisions, Parent: in.Head, Content: what, Bundle: bundle,
			Changes: json.RawMessage(`[{"path":"a","op":"add"}]`), Widens: true, Reason: what, Author: "per_x", CreatedAt: h.now,
		}
		a := drawbridge.Assessment{
			ID: drawbridge.AssessmentID(drawbridge.NewID("asm", h.now)), Integration: id, Revision: r.ID, AsOf: h.now, Packs: json.RawMessage(`[]`), Document: document,
			Inherent: 1.0 / 3, Residual: 1e-7, Gate: json.RawMessage(`{}`), Findings: 1, CreatedAt: h.now,
		}
		rows := []drawbridge.Finding{{Assessment: a.ID, Fingerprint: "f1-" + what, Integration: id, Source: "threat", Rule: "T001", Element: "e", Severity: "high", State: "open", Title: "T"}}
		if a.FindingsSum, err = store.DigestFindings(rows); err != nil {
			return err
		}
		for _, b := range []store.Blob{{ID: bundle, Kind: "bundle", Size: bundleSize, Integration: id, CreatedAt: h.now}, {ID: document, Kind: "document", Size: documentSize, Integration: id, CreatedAt: h.now}} {
			if err := tx.AddBlob(&b); err != nil {
				return err
			}
		}
		in.Head, in.Assessment, in.UpdatedAt = r.ID, a.ID, h.now
		for _, err := range []error{tx.AddRevision(&r), tx.AddAssessment(&a), tx.SetFindings(id, rows), tx.SetIntegration(in)} {
			if err != nil {
				return err
			}
		}
		return nil
	})
	return bundle, document
}

// evidence adds a document with a content, about an integration or a partner as a whole.
func (h *house) evidence(t tester, in drawbridge.IntegrationID, partner drawbridge.PartnerID, content string, until drawbridge.Date) drawbridge.EvidenceID {
	t.Helper()
	digest, size := h.put(t, content)
	e := drawbridge.Evidence{
		ID: drawbridge.EvidenceID(drawbridge.NewID("evd", h.now)), Partner: partner, Integration: in, Kind: "evidence:pentest", Title: "T", Expires: until,
		File: digest, FileName: "t.pdf", MediaType: "application/pdf", Size: size, State: "accepted", CreatedAt: h.now, UpdatedAt: h.now,
	}
	h.do(t, func(tx *store.Tx) error {
		if err := tx.AddBlob(&store.Blob{ID: digest, Kind: "evidence", Size: size, Integration: in, CreatedAt: h.now}); err != nil {
			return err
		}
		return tx.Evidence().Add(&e)
	})
	return e.ID
}

// withdraw takes a document back.
func (h *house) withdraw(t tester, id drawbridge.EvidenceID) {
	t.Helper()
	h.do(t, func(tx *store.Tx) error {
		e, err := tx.Evidence().Get(string(id))
		if err != nil {
			return err
		}
		e.State, e.UpdatedAt = "withdrawn", h.now
		return tx.Evidence().Set(e)
	})
}

// run adds a run of tests with a content.
func (h *house) run(t tester, in drawbridge.IntegrationID, content string, stands bool) string {
	t.Helper()
	digest, size := h.put(t, content)
	r := drawbridge.Run{ID: drawbridge.NewID("run", h.now), Integration: in, Origin: "ci", Verdicts: json.RawMessage(`[]`), Stands: stands, Document: digest, CreatedAt: h.now}
	h.do(t, func(tx *store.Tx) error {
		if err := tx.AddBlob(&store.Blob{ID: digest, Kind: "run", Size: size, Integration: in, CreatedAt: h.now}); err != nil {
			return err
		}
		return tx.Runs().Add(&r)
	})
	return r.ID
}

// token adds a machine's token.
func (h *house) token(t tester, person drawbridge.PersonID, in drawbridge.IntegrationID, ends time.Time) drawbridge.TokenID {
	t.Helper()
	id := drawbridge.NewID("tok", h.now)
	h.do(t, func(tx *store.Tx) error {
		return tx.AddToken(&drawbridge.Token{ID: drawbridge.TokenID(id), Name: "ci", Hash: id, Person: person, Machine: in != "", Integration: in, ExpiresAt: ends, CreatedAt: h.now})
	})
	return drawbridge.TokenID(id)
}

// message tells a person something.
func (h *house) message(t tester, to drawbridge.PersonID) drawbridge.MessageID {
	t.Helper()
	m := drawbridge.Message{ID: drawbridge.MessageID(drawbridge.NewID("msg", h.now)), Person: to, Kind: "integration.assessed", Params: map[string]string{"a": "b"}, CreatedAt: h.now}
	err := h.door.Keep(t.Context(), func(tx *store.Tx) error {
		if err := tx.AddMessage(m); err != nil {
			return err
		}
		_, err := tx.AddDelivery(m.ID, "mail", h.now)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return m.ID
}

// replay keeps an answer for a repetition.
func (h *house) replay(t tester, key string) {
	t.Helper()
	act := action.Act{Actor: access.Keeper(), Action: access.IntegrationPush, Object: access.Object{Kind: "integration"}, Key: key}
	if _, _, err := action.Do(t.Context(), h.door, act, func(tx *store.Tx) (int, error) { return 7, nil }); err != nil {
		t.Fatal(err)
	}
}

// furnish gives an installation something of everything.
func (h *house) furnish(t tester) {
	t.Helper()
	for i := range 3 {
		owner := h.person(t, fmt.Sprintf("owner%d", i))
		id := h.integration(t, fmt.Sprintf("service-%d", i), fmt.Sprintf("partner-%d", i%2), owner)
		h.revise(t, id, "second")
		h.do(t, func(tx *store.Tx) error {
			return tx.AddMember(&drawbridge.Member{ID: string(id) + "/per_x", Integration: id, Person: "per_x", CreatedAt: h.now})
		})
		h.token(t, owner, id, h.now.AddDate(1, 0, 0))
		h.message(t, owner)
		h.replay(t, fmt.Sprintf("key %d", i))
	}
	h.do(t, func(tx *store.Tx) error {
		return tx.AddWebhook(&drawbridge.Hook{ID: "whk_1", Name: "w", URL: "https://drawbridge.example", Secret: []byte{0, 1, 255}, CreatedAt: h.now, UpdatedAt: h.now})
	})
	if _, err := h.RotateKey(t.Context(), access.Keeper(), "sign", "yearly"); err != nil {
		t.Fatal(err)
	}
	if _, err := h.SetPeriod(t.Context(), access.Keeper(), custodyPeriod); err != nil {
		t.Fatal(err)
	}
}
