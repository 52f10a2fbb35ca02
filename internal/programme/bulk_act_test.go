package programme_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"testing"
	"time"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/check"
	"drawbridge/internal/dossier"
	"drawbridge/internal/inquiry"
	"drawbridge/internal/lifecycle"
	"drawbridge/internal/programme"
	"drawbridge/internal/register"
	"drawbridge/internal/review"
	"drawbridge/internal/store"
	"drawbridge/internal/testkit"
	"drawbridge/internal/testkit/world"
)

// failed is a run of an integration's sandbox in which one check failed, and the
// fingerprint of that.
func failed(t *testing.T, integration, id string, at time.Time) (data []byte, fingerprint string) {
	t.Helper()
	sum := sha256.Sum256([]byte(integration + "\x00charges\x00" + id + "\x00\x00\x00"))
	fingerprint = "f1-" + hex.EncodeToString(sum[:12])
	data, err := json.Marshal(check.Run{
		SchemaVersion: drawbridge.SchemaVersion, Tool: "drawbridge", Version: "test", Origin: "cli", Started: at.Add(-time.Minute), Finished: at, Complete: true,
		Integration: check.RunIntegration{ID: integration, Environment: "production", Digest: "sha256:00"},
		Target:      check.RunTarget{Name: "sandbox", Interface: "charges", BaseURL: "https://sandbox.acme-pay.example", Represents: "production", Why: "same build"},
		Results: []check.Result{{
			Check: id, Title: "What " + id + " looks at", Interface: "charges", Verdict: drawbridge.Fail, Reason: "it was tried", Severity: drawbridge.High, Fingerprint: fingerprint,
		}},
		Done: []string{id},
	})
	if err != nil {
		t.Fatal(err)
	}
	return data, fingerprint
}

// bulk does an act on one thing, and returns what became of it.
func (r *rig) bulk(t *testing.T, by access.Actor, in programme.BulkStart) (drawbridge.Bulk, drawbridge.BulkItem) {
	t.Helper()
	out, err := r.StartBulk(t.Context(), by, in)
	if err != nil || out.State != drawbridge.BulkDone || out.Total != 1 {
		t.Fatalf("%s = %+v, %v, want one that is over", in.Act, out, err)
	}
	return out, r.items(t, by, out.ID)[0]
}

// back takes a bulk of one item back.
func (r *rig) back(t *testing.T, by access.Actor, id string) drawbridge.BulkItem {
	t.Helper()
	out, err := r.UndoBulk(t.Context(), by, programme.BulkUndo{ID: id, Reason: "it was the wrong one"})
	if err != nil || out.Total != 1 {
		t.Fatalf("undo = %+v, %v", out, err)
	}
	return r.items(t, by, out.ID)[0]
}

// TestBulkActs does each act that the desks of reviews, triggers, rulings and
// exceptions have, and takes back what can be.
func TestBulkActs(t *testing.T) {
	t.Parallel()
	testkit.Databases(t, func(t *testing.T, url string) {
		r := open(t, url)
		documents := dossier.New(r.Door, dossier.Options{Register: r.Record})
		reviews := review.New(r.Door, review.Options{
			Register: r.Record, Inquiry: inquiry.New(r.Door, inquiry.Options{Register: r.Record, Dossier: documents, Workspace: r.Packs.Load}), Workspace: r.Packs.Load,
		})
		r.Desk = programme.New(r.Door, programme.Options{
			Register: r.Record, Review: reviews, Workspace: r.Packs.Load,
			Lifecycle: lifecycle.New(r.Door, lifecycle.Options{Register: r.Record, Workspace: r.Packs.Load}),
		})
		root, ann, sam := r.Person(t, "root", drawbridge.ProgrammeOwner), r.Person(t, "ann", drawbridge.Requester), r.Person(t, "sam", drawbridge.SecurityDiscipline.Reviewer())
		in := r.Bring(t, ann, "pay")
		one := []string{string(in.ID)}

		opened, item := r.bulk(t, root, programme.BulkStart{Act: "review", IDs: one, Reason: "the partner was bought"})
		if item.Outcome != drawbridge.BulkDid || !opened.Undoable {
			t.Fatalf("open a review = %+v", item)
		}
		state := func() (s drawbridge.ReviewState) {
			r.World.Look(t, func(tx *store.Tx) error {
				x, err := tx.Reviews().Get(item.Memo.Made)
				if err == nil {
					s = x.State
				}
				return err
			})
			return s
		}
		if s := state(); !s.Open() {
			t.Errorf("the review is %s, want one that is open", s)
		}
		if _, again := r.bulk(t, root, programme.BulkStart{Act: "review", IDs: one, Reason: "the same"}); again.Outcome != drawbridge.BulkLeft {
			t.Errorf("open another = %+v, want it left alone", again)
		}
		if x := r.back(t, root, opened.ID); x.Outcome != drawbridge.BulkDid || state().Open() {
			t.Errorf("withdrawn = %+v, and the review is %s", x, state())
		}

		told, item := r.bulk(t, root, programme.BulkStart{Act: "trigger", IDs: one, Reason: "keys were found in a public place", With: drawbridge.BulkWith{Kind: "incident", Severity: drawbridge.High}})
		if item.Outcome != drawbridge.BulkDid || told.Undoable {
			t.Fatalf("say what happened = %+v of %+v", item, told)
		}
		list, err := r.Triggers(t.Context(), root, programme.TriggerFilter{Integration: in.ID}, nil, 0)
		if err != nil || len(list.Items) != 1 || list.Items[0].Source != told.ID {
			t.Errorf("triggers = %+v, %v, want one of this bulk", list.Items, err)
		}

		r.Pass(time.Hour)
		run, print := failed(t, "pay", "TLS-01", r.Now())
		if _, err := r.Record.AddRun(t.Context(), ann, register.NewRun{Ref: register.ByID(in.ID), Data: run}); err != nil {
			t.Fatal(err)
		}
		if _, err := r.Record.Reassess(t.Context(), root, in.ID, ""); err != nil {
			t.Fatal(err)
		}
		finding := []string{string(in.ID) + "/" + print}
		rule := programme.BulkStart{Act: "rule", IDs: finding, Reason: "the sandbox alone speaks it", With: drawbridge.BulkWith{Refuted: true}}
		if _, item = r.bulk(t, ann, rule); item.Outcome != drawbridge.BulkRefused {
			t.Errorf("a ruling by who asks for the integration = %+v, want it refused", item)
		}
		ruled, item := r.bulk(t, sam, rule)
		if item.Outcome != drawbridge.BulkDid {
			t.Fatalf("a ruling = %+v", item)
		}
		revoked := func() (yes bool) {
			r.World.Look(t, func(tx *store.Tx) error {
				x, err := tx.Rulings().Get(item.Memo.Made)
				yes = err == nil && !x.RevokedAt.IsZero()
				return err
			})
			return yes
		}
		if revoked() {
			t.Error("the ruling does not stand")
		}
		if x := r.back(t, sam, ruled.ID); x.Outcome != drawbridge.BulkDid || !revoked() {
			t.Errorf("the ruling taken back = %+v", x)
		}

		except := programme.BulkStart{Act: "except", IDs: finding, Reason: "the season", With: drawbridge.BulkWith{Expires: r.Days(30), Instead: "an alarm"}}
		_, item = r.bulk(t, ann, except)
		if item.Outcome != drawbridge.BulkDid {
			t.Fatalf("an exception = %+v", item)
		}
		r.World.Look(t, func(tx *store.Tx) error {
			x, err := tx.Exceptions().Get(item.Memo.Made)
			if err == nil && (x.State != "proposed" || x.Covers != print || x.Compensating != "an alarm") {
				t.Errorf("exception = %+v, want one that waits for an approver", x)
			}
			return err
		})
		if _, item = r.bulk(t, ann, except); item.Outcome != drawbridge.BulkLeft {
			t.Errorf("the same again = %+v, want it left alone", item)
		}
		_, err = r.StartBulk(t.Context(), access.Anonymous("api", ""), except)
		world.WantKind(t, "nobody", err, drawbridge.Unauthenticated)
	})
}
