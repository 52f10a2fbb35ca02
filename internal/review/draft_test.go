package review_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/review"
	"drawbridge/internal/store"
	"drawbridge/internal/testkit"
	"drawbridge/internal/testkit/world"
)

func (r *rig) begun(tb testing.TB, who string, in review.Beginning) drawbridge.IntakeDraft {
	tb.Helper()
	d, err := r.BeginDraft(tb.Context(), r.as(who), in)
	if err != nil {
		tb.Fatal(err)
	}
	return d
}

// TestDraftsAreOnesOwn hides drafts from everybody else, and from whoever reads the
// database.
func TestDraftsAreOnesOwn(t *testing.T) {
	t.Parallel()
	testkit.Databases(t, func(t *testing.T, url string) {
		r := open(t, url)
		const word = "confidentialpurpose"
		d := r.begun(t, "ann", review.Beginning{Way: drawbridge.DraftForm, Key: "one"})
		if again := r.begun(t, "ann", review.Beginning{Way: drawbridge.DraftForm, Key: "one"}); again.ID != d.ID {
			t.Errorf("begun twice with one key: %s and %s", d.ID, again.ID)
		}
		d, err := r.SaveDraft(t.Context(), r.as("ann"), review.Drafting{ID: d.ID, Base: d.Version, Fields: map[string]string{"purpose": word}})
		if err != nil || d.Version != 2 || d.Fields["purpose"] != word {
			t.Fatalf("saved: %+v %v", d, err)
		}
		eve := r.as("eve")
		_, err = r.Draft(t.Context(), eve, d.ID)
		world.WantKind(t, "read another's", err, drawbridge.NotFound)
		_, err = r.SaveDraft(t.Context(), eve, review.Drafting{ID: d.ID, Fields: map[string]string{"purpose": "mine"}})
		world.WantKind(t, "save another's", err, drawbridge.NotFound)
		_, err = r.SendDraft(t.Context(), eve, d.ID)
		world.WantKind(t, "send another's", err, drawbridge.NotFound)
		world.WantKind(t, "discard another's", r.DiscardDraft(t.Context(), eve, d.ID), drawbridge.NotFound)
		world.WantKind(t, "restore another's", r.RestoreDraft(t.Context(), eve, d.ID), drawbridge.NotFound)
		if list, err := r.Drafts(t.Context(), eve); err != nil || len(list) != 0 {
			t.Errorf("somebody else lists %v %v", list, err)
		}
		_, err = r.Drafts(t.Context(), r.as("sec"))
		world.WantKind(t, "list as who may ask for nothing", err, drawbridge.Denied)
		_, err = r.Drafts(t.Context(), access.Actor{ID: "tok_x", Roles: []drawbridge.Role{drawbridge.Machine}})
		world.WantKind(t, "list as a machine", err, drawbridge.Denied)
		if list, err := r.Drafts(t.Context(), r.as("ann")); err != nil || len(list) != 1 || list[0].Fields != nil {
			t.Errorf("one's own list: %v %v", list, err)
		}
		err = r.Door.Store().View(t.Context(), func(tx *store.Tx) error {
			row, err := tx.Draft(r.as("ann").Person, d.ID)
			if err == nil && bytes.Contains(row.Content, []byte(word)) {
				t.Error("a draft is kept in clear text")
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
	})
}

// TestDraftSaves holds a save to the version that was read, and takes a save that is
// sent again as the same one.
func TestDraftSaves(t *testing.T) {
	t.Parallel()
	testkit.Databases(t, func(t *testing.T, url string) {
		r := open(t, url)
		d := r.begun(t, "ann", review.Beginning{Way: drawbridge.DraftForm})
		save := func(base int64, name string) (drawbridge.IntakeDraft, error) {
			return r.SaveDraft(t.Context(), r.as("ann"), review.Drafting{ID: d.ID, Base: base, Fields: map[string]string{"name": name}})
		}
		if _, err := save(1, "one"); err != nil {
			t.Fatal(err)
		}
		if again, err := save(1, "one"); err != nil || again.Version != 2 {
			t.Errorf("the same save again: %d %v", again.Version, err)
		}
		_, err := save(1, "two")
		world.WantKind(t, "a save over a version that is gone", err, drawbridge.Conflict)
		if now, err := r.Draft(t.Context(), r.as("ann"), d.ID); err != nil || now.Fields["name"] != "one" {
			t.Errorf("after a refused save: %v %v", now.Fields, err)
		}
		_, err = r.SaveDraft(t.Context(), r.as("ann"), review.Drafting{ID: d.ID, Fields: map[string]string{"nonsense": "x"}})
		world.WantKind(t, "a field that is none", err, drawbridge.Invalid)
	})
}

// TestDraftEnds discards, restores and sends: each as often as one likes.
func TestDraftEnds(t *testing.T) {
	t.Parallel()
	testkit.Databases(t, func(t *testing.T, url string) {
		r := open(t, url)
		ann := r.as("ann")
		d := r.begun(t, "ann", review.Beginning{Way: drawbridge.DraftManifest, Name: "m.yaml", File: strings.NewReader(small)})
		for range 2 {
			if err := r.DiscardDraft(t.Context(), ann, d.ID); err != nil {
				t.Fatal(err)
			}
		}
		_, err := r.SendDraft(t.Context(), ann, d.ID)
		world.WantKind(t, "send what was discarded", err, drawbridge.Conflict)
		_, err = r.SaveDraft(t.Context(), ann, review.Drafting{ID: d.ID, Fields: map[string]string{"cost": "none"}})
		world.WantKind(t, "save what was discarded", err, drawbridge.Conflict)
		if list, err := r.Drafts(t.Context(), ann); err != nil || len(list) != 0 {
			t.Errorf("the list shows what was discarded: %v %v", list, err)
		}
		for range 2 {
			if err := r.RestoreDraft(t.Context(), ann, d.ID); err != nil {
				t.Fatal(err)
			}
		}
		got, err := r.Draft(t.Context(), ann, d.ID)
		if err != nil {
			t.Fatal(err)
		}
		if seen, err := r.PreviewDraft(t.Context(), ann, &got); err != nil || len(seen.Problems) > 0 || seen.Document == nil {
			t.Errorf("preview: %v %v", seen.Problems, err)
		}
		first, err := r.SendDraft(t.Context(), ann, d.ID)
		if err != nil || first == "" {
			t.Fatal(err)
		}
		if again, err := r.SendDraft(t.Context(), ann, d.ID); err != nil || again != first {
			t.Errorf("sent again: %s %v, first %s", again, err, first)
		}
		page, err := r.Reviews(t.Context(), r.as("prog"), review.Filter{Integration: first}, nil, 5)
		if err != nil || len(page.Items) != 1 {
			t.Errorf("reviews after it was sent twice: %v %v", page.Items, err)
		}
		world.WantKind(t, "discard what was sent", r.DiscardDraft(t.Context(), ann, d.ID), drawbridge.Conflict)
		world.WantKind(t, "restore what was sent", r.RestoreDraft(t.Context(), ann, d.ID), drawbridge.Conflict)
		if now, err := r.Draft(t.Context(), ann, d.ID); err != nil || now.Integration != first || len(now.Fields) > 0 {
			t.Errorf("a draft that was sent: %+v %v", now, err)
		}
		// What was discarded is gone after its time.
		gone := r.begun(t, "ann", review.Beginning{Way: drawbridge.DraftForm})
		if err := r.DiscardDraft(t.Context(), ann, gone.ID); err != nil {
			t.Fatal(err)
		}
		r.Pass(8 * 24 * time.Hour)
		if n, err := r.SweepDrafts(t.Context()); err != nil || n == 0 {
			t.Errorf("swept %d %v", n, err)
		}
		world.WantKind(t, "restore after its time", r.RestoreDraft(t.Context(), ann, gone.ID), drawbridge.NotFound)
	})
}
