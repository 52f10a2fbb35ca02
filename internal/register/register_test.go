package register_test

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/assess"
	"drawbridge/internal/manifest"
	"drawbridge/internal/policy"
	"drawbridge/internal/register"
	"drawbridge/internal/store"
	"drawbridge/internal/testkit"
	"drawbridge/internal/testkit/world"
)

// rig is a desk over a record of its own, with a clock that tests set.
type rig struct {
	*register.Desk
	*world.World
}

func open(tb testing.TB, url string) *rig {
	tb.Helper()
	w := world.New(tb, url, world.Options{})
	return &rig{w.Record, w}
}

func machine(id drawbridge.IntegrationID) access.Actor {
	return access.Actor{ID: "tok_machine", Roles: []drawbridge.Role{drawbridge.Machine}, Integration: id, Via: "api"}
}

// brief tells a push in one line.
func brief(p register.Pushed) string {
	return fmt.Sprintf("created %t unchanged %t dry %t, revision %d %s on %q, %d changes, outcome %s",
		p.Created, p.Unchanged, p.DryRun, p.Revision.Number, p.Revision.ID, p.Revision.Parent, len(p.Changes), p.Assessment.Outcome)
}

// wider is an edit of the example that widens, prose one that does not.
var (
	wider = []string{"credential_shared: false", "credential_shared: true"}
	prose = []string{"name: Card payments with Acme Pay", "name: Card payments, renamed"}
)

func TestPushPullGate(t *testing.T) {
	t.Parallel()
	testkit.Databases(t, func(t *testing.T, url string) {
		r := open(t, url)
		ann := r.Person(t, "ann", drawbridge.Requester)
		p := world.Example(t, "pay")
		dry := p
		dry.DryRun = true
		out, err := r.Push(t.Context(), ann, dry)
		if err != nil || !out.DryRun || out.Assessment.Outcome == "" {
			t.Fatalf("dry push = %s %v", brief(out), err)
		}
		if page, err := r.Integrations(t.Context(), ann, register.IntegrationFilter{}, nil, 0); err != nil || len(page.Items) != 0 {
			t.Fatalf("after a dry push there are %d integrations %v", len(page.Items), err)
		}
		first, err := r.Push(t.Context(), ann, p)
		if err != nil || !first.Created || first.Revision.Number != 1 || first.Integration.Owner != ann.Person || first.Integration.Head != first.Revision.ID {
			t.Fatalf("first push = %s %v", brief(first), err)
		}
		if again, err := r.Push(t.Context(), ann, p); err != nil || !again.Unchanged || again.Revision.ID != first.Revision.ID || again.Assessment.ID != first.Assessment.ID {
			t.Fatalf("the same again = %s %v", brief(again), err)
		}

		r.Set(world.Start().Add(time.Minute)) // assessments are listed by their time
		p2 := world.Example(t, "pay", wider...)
		_, err = r.Push(t.Context(), ann, p2)
		world.WantKind(t, "push without a base", err, drawbridge.Conflict)
		p2.Base = first.Revision.ID
		_, err = r.Push(t.Context(), ann, p2)
		world.WantKind(t, "push without a reason", err, drawbridge.Invalid)
		p2.Reason = "one account for all"
		second, err := r.Push(t.Context(), ann, p2)
		if err != nil || second.Created || second.Revision.Number != 2 || second.Revision.Parent != first.Revision.ID || !second.Widens || len(second.Changes) != 1 {
			t.Fatalf("second push = %s %v", brief(second), err)
		}
		if c := second.Changes[0]; c.Kind != manifest.Widening || !strings.HasSuffix(c.Key, "credential_shared") {
			t.Errorf("change = %+v", c)
		}
		p3 := world.Example(t, "pay", prose...)
		p3.Base, p3.Reason = first.Revision.ID, "new name"
		_, err = r.Push(t.Context(), ann, p3)
		world.WantKind(t, "push on a base that was replaced", err, drawbridge.Conflict)
		if err != nil && (!strings.Contains(err.Error(), string(second.Revision.ID)) || !strings.Contains(err.Error(), ann.ID)) {
			t.Errorf("the conflict does not say whose revision came between: %v", err)
		}

		ref := register.ByKey("pay", "production")
		pulled, err := r.Pull(t.Context(), ann, ref, first.Revision.ID)
		if err != nil || pulled.Main != p.Main || !cmp.Equal(pulled.Files, p.Files) {
			t.Errorf("pull of the first revision = %v %v, want the files that were pushed", pulled.Revision, err)
		}
		if pulled, err = r.Pull(t.Context(), ann, ref, ""); err != nil || !cmp.Equal(pulled.Files, p2.Files) {
			t.Errorf("pull of the head = %v %v, want the files that were pushed", pulled.Revision, err)
		}
		diff, err := r.Difference(t.Context(), ann, ref, first.Revision.ID, "")
		if err != nil || !cmp.Equal(diff.Changes, second.Changes) || !diff.Widens {
			t.Errorf("difference = %+v %v, want that of the push", diff, err)
		}
		testGate(t, r, ann, first, second)
		testRead(t, r, ann, second)
	})
}

func testGate(t *testing.T, r *rig, actor access.Actor, first, second register.Pushed) {
	t.Helper()
	ref := register.ByID(second.Integration.ID)
	head, err := r.Gate(t.Context(), actor, ref, second.Revision.Content)
	if err != nil || !head.Known || head.Superseded || head.Outdated || head.Outcome != second.Assessment.Outcome || head.Revision != second.Revision.ID ||
		head.Basis != register.BasisAdvice || len(head.Reasons) == 0 || len(head.Packs) == 0 {
		t.Errorf("gate of the head = %+v %v", head, err)
	}
	old, err := r.Gate(t.Context(), actor, ref, first.Revision.Content)
	if err != nil || !old.Known || !old.Superseded || old.Outcome != drawbridge.NoGo || old.Revision != first.Revision.ID || len(old.Reasons) != 1 {
		t.Errorf("gate of what was replaced = %+v %v, want a no", old, err)
	}
	none, err := r.Gate(t.Context(), actor, ref, "sha256:"+strings.Repeat("0", 64))
	if err != nil || none.Known || none.Outcome != drawbridge.NoGo || len(none.Reasons) != 1 || !strings.Contains(none.Reasons[0].Text, "push it") {
		t.Errorf("gate of an unknown digest = %+v %v, want a no", none, err)
	}
	ws := r.Packs.Load()
	r.Packs.Store(&policy.Workspace{Policy: ws.Policy, Threats: ws.Threats, Taxonomy: ws.Taxonomy, Transfers: ws.Transfers})
	defer r.Packs.Store(ws)
	late, err := r.Gate(t.Context(), actor, ref, second.Revision.Content)
	if err != nil || !late.Outdated || late.Outcome == drawbridge.Go {
		t.Errorf("gate after the packs changed = %+v %v, want it outdated and no go", late, err)
	}
}

func testRead(t *testing.T, r *rig, actor access.Actor, head register.Pushed) {
	t.Helper()
	ref := register.ByID(head.Integration.ID)
	revisions, err := r.Revisions(t.Context(), actor, ref, nil, 1)
	if err != nil || len(revisions.Items) != 1 || revisions.Items[0].ID != head.Revision.ID || revisions.Next == nil {
		t.Fatalf("%d revisions %v, want the head and a next page", len(revisions.Items), err)
	}
	if revisions, err = r.Revisions(t.Context(), actor, ref, revisions.Next, 1); err != nil || len(revisions.Items) != 1 || revisions.Items[0].Number != 1 || revisions.Next != nil {
		t.Errorf("second page has %d revisions %v, want the first", len(revisions.Items), err)
	}
	list, err := r.Assessments(t.Context(), actor, ref, nil, 1)
	if err != nil || len(list.Items) != 1 || list.Items[0].ID != head.Assessment.ID || list.Next == nil {
		t.Fatalf("%d assessments %v, want that of the head and a next page", len(list.Items), err)
	}
	if list, err = r.Assessments(t.Context(), actor, ref, list.Next, 1); err != nil || len(list.Items) != 1 || list.Next != nil {
		t.Errorf("second page has %d assessments %v, want one", len(list.Items), err)
	}
	if got, err := r.Assessment(t.Context(), actor, ref, ""); err != nil || got.ID != head.Assessment.ID || got.FindingsSum != head.Assessment.FindingsSum {
		t.Errorf("assessment = %s %v, want %s", got.ID, err, head.Assessment.ID)
	}
	_, document, err := r.Document(t.Context(), actor, ref, "")
	if err != nil {
		t.Fatal(err)
	}
	defer document.Close()
	data, err := io.ReadAll(document)
	var a assess.Assessment
	if err = errors.Join(err, json.Unmarshal(data, &a)); err != nil || a.Digest.Content != head.Revision.Content || a.Gate.Outcome != head.Assessment.Outcome {
		t.Errorf("document = %v %v", a.Digest, err)
	}
	findings, err := r.Findings(t.Context(), actor, register.FindingFilter{Integration: head.Integration.ID}, nil, 200)
	if err != nil || int64(len(findings.Items)) != head.Assessment.Findings || len(findings.Items) == 0 {
		t.Errorf("%d findings %v, want %d", len(findings.Items), err, head.Assessment.Findings)
	}
	for _, f := range findings.Items {
		if f.Assessment != head.Assessment.ID || !strings.HasPrefix(f.Fingerprint, "f1-") {
			t.Errorf("finding %+v is not of the latest assessment", f)
		}
	}
	history, err := r.History(t.Context(), actor, "integration", string(head.Integration.ID), nil, 0)
	if err != nil || len(history.Items) != 2 || history.Items[0].Reason != head.Revision.Reason || history.Items[0].Action != "integration.push" || history.Items[1].Action != "integration.create" {
		t.Fatalf("history has %d entries %v, want the push and the creation", len(history.Items), err)
	}
	i := slices.IndexFunc(history.Items[0].Changes, func(c register.HistoryChange) bool { return c.Kind == "integration" })
	if i < 0 || history.Items[0].Changes[i].New["head"] != string(head.Revision.ID) || history.Items[0].Changes[i].Old["head"] != string(head.Revision.Parent) {
		t.Error("history does not tell the change of the head")
	}
}

// TestClockBack lets the clock go back between two pushes: order and answers
// hang on numbers and pointers, not on times.
func TestClockBack(t *testing.T) {
	t.Parallel()
	testkit.Databases(t, func(t *testing.T, url string) {
		r := open(t, url)
		ann := r.Person(t, "ann", drawbridge.Requester)
		first, err := r.Push(t.Context(), ann, world.Example(t, "pay"))
		if err != nil {
			t.Fatal(err)
		}
		r.Set(world.Start().Add(-48 * time.Hour))
		p := world.Example(t, "pay", prose...)
		p.Base, p.Reason = first.Revision.ID, "new name"
		second, err := r.Push(t.Context(), ann, p)
		if err != nil || second.Revision.Number != 2 || second.Integration.Head != second.Revision.ID {
			t.Fatalf("push after the clock went back = %s %v", brief(second), err)
		}
		testGate(t, r, ann, first, second)
		if page, err := r.Revisions(t.Context(), ann, register.ByID(first.Integration.ID), nil, 0); err != nil || len(page.Items) != 2 || page.Items[0].ID != second.Revision.ID {
			t.Errorf("%d revisions %v, want the later one first", len(page.Items), err)
		}
	})
}

// TestAssessDue calls the calendar twice and at once: one assessment a day.
func TestAssessDue(t *testing.T) {
	t.Parallel()
	testkit.Databases(t, func(t *testing.T, url string) {
		r := open(t, url)
		ann := r.Person(t, "ann", drawbridge.Requester)
		first, err := r.Push(t.Context(), ann, world.Example(t, "pay"))
		if err != nil {
			t.Fatal(err)
		}
		id, system := first.Integration.ID, access.System("assess")
		if did, err := r.AssessDue(t.Context(), system, id); did || err != nil {
			t.Fatalf("AssessDue on the day of the push = %v %v, want nothing done", did, err)
		}
		r.Pass(7 * 24 * time.Hour)
		var due []store.EventState
		err = r.Door.Store().View(t.Context(), func(tx *store.Tx) (err error) {
			due, err = tx.OpenEvents(r.Now(), 10)
			return err
		})
		about := func(e store.EventState, kind string) bool { return e.Kind == kind && e.Subject == string(id) }
		if err != nil || len(due) != 2 || !about(due[0], register.EventPushed) || !about(due[1], register.EventAssess) {
			t.Fatalf("events = %+v %v, want one that tells of the push and one that asks to assess", due, err)
		}
		var group sync.WaitGroup
		for range 4 {
			group.Go(func() {
				if _, err := r.AssessDue(t.Context(), system, id); err != nil {
					t.Error(err)
				}
			})
		}
		group.Wait()
		list, err := r.Assessments(t.Context(), ann, register.ByID(id), nil, 0)
		if err != nil || len(list.Items) != 2 || list.Items[0].Origin != register.OriginSchedule || list.Items[0].Revision != first.Revision.ID {
			t.Errorf("%d assessments %v, want one more", len(list.Items), err)
		}
		if asked, err := r.Assess(t.Context(), ann, register.ByID(id), "k"); err != nil || asked.Assessment.Origin != register.OriginRequest {
			t.Errorf("Assess = %s %v", asked.Assessment.Origin, err)
		}
		world.WantKind(t, "AssessDue as a person without the right", errOf(r.AssessDue(t.Context(), access.Actor{ID: "per_x", Person: "per_x"}, id)), drawbridge.NotFound)
	})
}

func errOf[T any](_ T, err error) error { return err }

// TestLostPredecessor lets the revision before become something that this
// program cannot read: a push goes on, and everything counts as a widening.
func TestLostPredecessor(t *testing.T) {
	t.Parallel()
	r := open(t, "")
	ann := r.Person(t, "ann", drawbridge.Requester)
	first, err := r.Push(t.Context(), ann, world.Example(t, "pay"))
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	w, err := z.CreateHeader(&zip.FileHeader{Name: "m.yaml"})
	if err == nil {
		_, err = io.WriteString(w, "apiVersion: drawbridge/v9\n")
	}
	if err = errors.Join(err, z.Close()); err != nil {
		t.Fatal(err)
	}
	digest, _, err := r.Door.Store().Blobs().Put(&b, 1<<20, r.Door.Keys())
	if err != nil {
		t.Fatal(err)
	}
	r.sql(t, "UPDATE revision SET bundle = '"+digest+"'")
	p := world.Example(t, "pay", prose...)
	p.Base, p.Reason = first.Revision.ID, "new name"
	out, err := r.Push(t.Context(), ann, p)
	if err != nil || !out.Widens || len(out.Changes) != 1 {
		t.Errorf("push = %s %v, want it taken in as a widening", brief(out), err)
	}
}

// TestLargePush pushes a manifest near the limit of its size, twice.
func TestLargePush(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	t.Parallel()
	r := open(t, "")
	ann := r.Person(t, "ann", drawbridge.Requester)
	p := register.Push{Main: "m.yaml", Files: manifest.Files{"m.yaml": testkit.BigManifest(1000, 4000)}}
	first, err := r.Push(t.Context(), ann, p)
	if err != nil {
		t.Fatal(err)
	}
	p.Files["m.yaml"] = bytes.ReplaceAll(p.Files["m.yaml"], []byte("purpose: payment"), []byte("purpose: refunds"))
	p.Base, p.Reason = first.Revision.ID, "everything else"
	out, err := r.Push(t.Context(), ann, p)
	if err != nil || len(out.Changes) != 4000 {
		t.Errorf("push = %s %v, want 4000 changes", brief(out), err)
	}
	if _, err := r.History(t.Context(), ann, "integration", string(first.Integration.ID), nil, 0); err != nil {
		t.Error(err)
	}
}
