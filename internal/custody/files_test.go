package custody_test

import (
	"testing"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/custody"
	"drawbridge/internal/store"
	"drawbridge/internal/testkit"
)

// kept is whether the record still names a file, and the file can be read.
func (h *house) kept(t *testing.T, digest string) bool {
	t.Helper()
	err := h.door.Store().View(t.Context(), func(tx *store.Tx) error { _, err := tx.Blob(digest); return err })
	if err != nil && drawbridge.KindOf(err) != drawbridge.NotFound {
		t.Fatal(err)
	}
	if _, missing := h.door.Store().Blobs().Read(digest, 1<<20, h.door.Keys()); err == nil && missing != nil {
		t.Fatalf("%s is in the record and cannot be read: %v", digest, missing)
	}
	return err == nil
}

// TestSharedFile has rows of every kind name the file of a document that is long
// past its period: each alone keeps it, whatever becomes of the others.
func TestSharedFile(t *testing.T) {
	t.Parallel()
	testkit.Databases(t, func(t *testing.T, url string) {
		h := open(t, url)
		later := func(years int) { h.now = h.now.AddDate(years, 0, 0) }
		for name, keep := range map[string]func(in drawbridge.IntegrationID, digest, content string){
			"evidence that counts": func(in drawbridge.IntegrationID, _, content string) {
				h.evidence(t, in, "acme", content, drawbridge.DateOf(h.now.AddDate(9, 0, 0)))
			},
			"evidence of another partner": func(_ drawbridge.IntegrationID, _, content string) {
				h.evidence(t, "", "other", content, drawbridge.DateOf(h.now.AddDate(9, 0, 0)))
			},
			"evidence withdrawn lately": func(in drawbridge.IntegrationID, _, content string) {
				h.withdraw(t, h.evidence(t, in, "acme", content, ""))
			},
			"a run that stands": func(in drawbridge.IntegrationID, _, content string) { h.run(t, in, content, true) },
			"questions as sent": func(in drawbridge.IntegrationID, digest, _ string) {
				h.add(t, &drawbridge.Inquiry{ID: drawbridge.InquiryID(drawbridge.NewID("inq", h.now)), Integration: in, Items: digest})
			},
			"a view signed": func(in drawbridge.IntegrationID, digest, _ string) {
				h.add(t, &drawbridge.Signoff{ID: drawbridge.SignoffID(drawbridge.NewID("sgn", h.now)), Integration: in, View: digest})
			},
			"a view decided on": func(in drawbridge.IntegrationID, digest, _ string) {
				h.add(t, &drawbridge.Decision{ID: drawbridge.DecisionID(drawbridge.NewID("dec", h.now)), Integration: in, View: digest})
			},
			"an approval": func(in drawbridge.IntegrationID, digest, _ string) {
				h.add(t, &drawbridge.Decision{ID: drawbridge.DecisionID(drawbridge.NewID("dec", h.now)), Integration: in, Approval: digest})
			},
			"files of a head": func(_ drawbridge.IntegrationID, digest, _ string) { h.head(t, digest) },
			"nothing at all":  func(drawbridge.IntegrationID, string, string) {},
		} {
			id := h.integration(t, name, "acme", h.person(t, name))
			content := "document of " + string(id) + " first"
			h.revise(t, id, "second") // the first document is not shown any more
			later(4)
			keep(id, sum(content), content)
			h.purge(t, custody.PurgeOptions{Kind: custody.KeepDocument})
			if got, want := h.kept(t, sum(content)), name != "nothing at all"; got != want {
				t.Errorf("%s: the file is kept: %v, want %v", name, got, want)
			}
		}
		if report := h.check(t, t.Context()); !report.OK {
			t.Errorf("afterwards: %+v", report.Differences)
		}
	})
}

// TestEvidenceFiles are kept until the period after their last day, or after the
// last word about them, is over; a hold on the partner keeps what is about all of it.
func TestEvidenceFiles(t *testing.T) {
	t.Parallel()
	testkit.Databases(t, func(t *testing.T, url string) {
		h := open(t, url)
		id := h.integration(t, "pay", "acme", h.person(t, "ann"))
		h.evidence(t, id, "acme", "counts for two years", drawbridge.DateOf(h.now.AddDate(2, 0, 0)))
		h.evidence(t, "", "acme", "of the partner", drawbridge.DateOf(h.now.AddDate(2, 0, 0)))
		h.withdraw(t, h.evidence(t, id, "acme", "withdrawn", drawbridge.DateOf(h.now.AddDate(2, 0, 0))))
		h.run(t, id, "old run", false)
		h.run(t, id, "run that stands", true)
		hold, err := h.PlaceHold(t.Context(), access.Keeper(), custody.NewHold{Scope: drawbridge.HoldPartner, Subject: "acme", Reason: "x"})
		if err != nil {
			t.Fatal(err)
		}
		first := h.now
		files := []string{"counts for two years", "of the partner", "withdrawn", "old run", "run that stands"}
		want := func(when string, kept ...bool) {
			t.Helper()
			h.purge(t, custody.PurgeOptions{})
			for i, content := range files {
				if got := h.kept(t, sum(content)); got != kept[i] {
					t.Errorf("%s: %s is kept: %v, want %v", when, content, got, kept[i])
				}
			}
		}
		h.now = first.AddDate(20, 0, 0)
		want("under hold", true, true, true, true, true)
		if _, err := h.LiftHold(t.Context(), access.Keeper(), hold.ID, "settled", ""); err != nil {
			t.Fatal(err)
		}
		h.now = first.AddDate(0, 0, 3650)
		want("ten years on", true, true, true, false, true)
		h.now = first.AddDate(0, 0, 3651)
		want("and a day", true, true, false, false, true)
		h.now = first.AddDate(2, 0, 3650)
		want("to the end of the last day", true, true, false, false, true)
		h.now = first.AddDate(2, 0, 3651)
		want("after it", false, false, false, false, true)
	})
}

// add writes a row of the review.
func (h *house) add(t *testing.T, rec any) {
	t.Helper()
	h.do(t, func(tx *store.Tx) error {
		switch rec := rec.(type) {
		case *drawbridge.Inquiry:
			return tx.Inquiries().Add(rec)
		case *drawbridge.Signoff:
			return tx.Signoffs().Add(rec)
		case *drawbridge.Decision:
			return tx.Decisions().Add(rec)
		}
		t.Fatalf("%T", rec)
		return nil
	})
}

// head makes a file the bundle of the head of an integration in use.
func (h *house) head(t *testing.T, digest string) {
	t.Helper()
	id := h.integration(t, "another", "acme", h.person(t, "another"))
	h.do(t, func(tx *store.Tx) error {
		in, err := tx.Integration(id)
		if err != nil {
			return err
		}
		in.Revisions++
		r := drawbridge.Revision{ID: drawbridge.RevisionID(drawbridge.NewID("rev", h.now)), Integration: id, Number: in.Revisions, Bundle: digest, Changes: []byte("[]"), CreatedAt: h.now}
		in.Head = r.ID
		if err := tx.AddRevision(&r); err != nil {
			return err
		}
		return tx.SetIntegration(in)
	})
}
