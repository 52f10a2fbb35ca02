package inquiry_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/action"
	"drawbridge/internal/dossier"
	"drawbridge/internal/inquiry"
	"drawbridge/internal/manifest"
	"drawbridge/internal/policy"
	"drawbridge/internal/questionnaire"
	"drawbridge/internal/register"
	"drawbridge/internal/seal"
	"drawbridge/internal/store"
	"drawbridge/internal/testkit"
)

var start = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

const template = `name: small
version: 1.0.0
lang: en
title: A small questionnaire
sections:
- id: base
  title: The basics
  questions:
  - {id: base.team, text: "Is there a team for security?", type: bool, weight: 2, required: true, length: short, controls: [tls-version]}
  - {id: base.size, text: "How many people are in it?", type: number, length: short, when: base.team}
  - {id: base.plan, text: "Describe the plan for incidents.", type: text, required: true, na: true, length: short}
  - {id: base.test, text: "Do you have yourself tested?", type: bool, weight: 1, required: true, length: short, evidence: [evidence:pentest]}
- id: ours
  title: Our side
  audience: internal
  questions:
  - {id: ours.owner, text: "Does somebody own it?", type: bool, weight: 1, required: true, length: short}
`

// rig is a desk over a record of its own, with a clock that tests set.
type rig struct {
	*inquiry.Desk
	door     *action.Door
	record   *register.Desk
	files    *dossier.Desk
	clock    atomic.Int64 // nanoseconds after start
	in       drawbridge.Integration
	ann, rev access.Actor // requester, reviewer
}

func (r *rig) now() time.Time { return start.Add(time.Duration(r.clock.Load())) }

// pass lets time go on, so that identifiers are in order.
func (r *rig) pass(d time.Duration) { r.clock.Add(int64(d)) }

func open(t *testing.T, url string) *rig {
	t.Helper()
	dir := t.TempDir()
	keys, err := seal.EnsureKeyring(filepath.Join(dir, "keys"), "drawbridge.test/log", start)
	if err != nil {
		t.Fatal(err)
	}
	s, err := store.Open(t.Context(), store.Options{Dir: dir, Database: url})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	ws := workspace(t)
	r := &rig{}
	packs := func() *policy.Workspace { return ws }
	r.door = action.New(action.Options{Store: s, Keys: keys, Now: r.now})
	r.record = register.New(r.door, register.Options{Workspace: packs, Version: "test"})
	r.files = dossier.New(r.door, dossier.Options{Register: r.record})
	r.Desk = inquiry.New(r.door, inquiry.Options{Register: r.record, Dossier: r.files, Workspace: packs})
	r.ann, r.rev = r.person(t, "ann", drawbridge.Requester), r.person(t, "rev", drawbridge.ReviewerSecurity)
	r.in = r.push(t, "acme-payments")
	return r
}

// workspace has the small questionnaire besides the built-in packs.
func workspace(t *testing.T) *policy.Workspace {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{"pack.yaml": "name: small\nkind: questionnaire\nversion: 1.0.0\n", "templates/small.yaml": template, "templates/tested.yaml": tested} {
		file := filepath.Join(dir, "pack", name)
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := policy.Add(filepath.Join(dir, policy.WorkspaceFile), filepath.Join(dir, "pack")); err != nil {
		t.Fatal(err)
	}
	ws, err := policy.OpenWorkspace(dir)
	if err != nil {
		t.Fatal(err)
	}
	return ws
}

func (r *rig) act(t *testing.T, fn func(tx *store.Tx) error) {
	t.Helper()
	r.pass(time.Second)
	_, _, err := action.Do(t.Context(), r.door, action.Act{Actor: access.System("seed"), Action: access.Seed}, func(tx *store.Tx) (int, error) { return 0, fn(tx) })
	if err != nil {
		t.Fatal(err)
	}
}

func (r *rig) person(t *testing.T, name string, roles ...drawbridge.Role) access.Actor {
	t.Helper()
	p := drawbridge.Person{ID: drawbridge.PersonID(drawbridge.NewID("per", r.now())), Email: name + "@drawbridge.example", Name: name, Roles: roles}
	r.act(t, func(tx *store.Tx) error { return tx.AddPerson(&p) })
	return access.Actor{ID: string(p.ID), Person: p.ID, Roles: roles, Via: "api"}
}

func (r *rig) push(t *testing.T, slug string) drawbridge.Integration {
	t.Helper()
	r.pass(time.Second)
	main, files, err := manifest.ReadFiles("../../examples/acme-payments/integration.yaml")
	if err != nil {
		t.Fatal(err)
	}
	files[main] = []byte(strings.Replace(string(files[main]), "id: acme-payments", "id: "+slug, 1))
	out, err := r.record.Push(t.Context(), r.ann, register.Push{Main: main, Files: files})
	if err != nil {
		t.Fatal(err)
	}
	return out.Integration
}

// review adds a review that is under way.
func (r *rig) review(t *testing.T, number int64) drawbridge.ReviewID {
	t.Helper()
	x := drawbridge.Review{
		ID: drawbridge.ReviewID(drawbridge.NewID("rvw", r.now())), Integration: r.in.ID, Partner: r.in.Partner, Number: number, State: drawbridge.InReview,
		Requester: r.ann.Person, Tier: drawbridge.TierHigh, Roles: []drawbridge.Discipline{drawbridge.SecurityDiscipline}, OpenedAt: r.now(),
	}
	r.act(t, func(tx *store.Tx) error { return tx.Reviews().Add(&x) })
	return x.ID
}

// send sends the small questionnaire to the partner.
func (r *rig) send(t *testing.T) drawbridge.Inquiry {
	t.Helper()
	id := r.review(t, r.clock.Load())
	q, err := r.Send(t.Context(), r.rev, inquiry.Sending{Review: id, Template: "small/short"})
	if err != nil {
		t.Fatal(err)
	}
	return q
}

// link makes a link and opens it.
func (r *rig) link(t *testing.T, by access.Actor, q drawbridge.InquiryID, in inquiry.NewLink) (access.Actor, inquiry.Issued) {
	t.Helper()
	r.pass(time.Second)
	if in.Label == "" {
		in.Label = "Acme"
	}
	issued, err := r.AddLink(t.Context(), by, q, in)
	if err != nil {
		t.Fatal(err)
	}
	actor, _, err := r.Enter(t.Context(), seal.Hide(issued.Secret), seal.Hidden{}, "api", "req")
	if err != nil {
		t.Fatal(err)
	}
	return actor, issued
}

// put answers a question over whatever stands.
func (r *rig) put(t *testing.T, by access.Actor, q drawbridge.InquiryID, question, value, base string) inquiry.Given {
	t.Helper()
	r.pass(time.Second)
	g, err := r.Put(t.Context(), by, q, inquiry.Putting{Question: question, Base: base, Answer: answer(value)})
	if err != nil {
		t.Fatalf("Put(%s, %s) = %v", question, value, err)
	}
	return g
}

func answer(value string) questionnaire.Answer {
	return questionnaire.Answer{Value: json.RawMessage(value)}
}

func wantKind(t *testing.T, what string, err error, want drawbridge.Kind) {
	t.Helper()
	if err == nil || drawbridge.KindOf(err) != want {
		t.Errorf("%s = %v, want an error of kind %s", what, err, want)
	}
}

func (r *rig) claims(t *testing.T) []drawbridge.Claim {
	t.Helper()
	var out []drawbridge.Claim
	err := r.door.Store().View(t.Context(), func(tx *store.Tx) (err error) {
		out, err = r.Claims(tx, r.in.ID)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func (r *rig) messages(t *testing.T, p access.Actor) (kinds []string) {
	t.Helper()
	err := r.door.Store().View(t.Context(), func(tx *store.Tx) error {
		list, err := tx.MessagesBefore(p.Person, store.MessageFilter{}, "", 100)
		for _, m := range list {
			kinds = append(kinds, m.Kind)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return kinds
}

// TestJourney sends a questionnaire, answers it as the partner, returns and
// accepts it, and carries it forward to the next review.
func TestJourney(t *testing.T) {
	t.Parallel()
	testkit.Databases(t, func(t *testing.T, url string) {
		r := open(t, url)
		q := r.send(t)
		if q.Asked != 4 || q.Answered != 0 || q.State != "open" || q.Template != "small@1.0.0" {
			t.Fatalf("sent %+v, want four questions of small@1.0.0", q)
		}
		_, err := r.Send(t.Context(), r.rev, inquiry.Sending{Review: q.Review, Template: "small/short"})
		wantKind(t, "sending it twice", err, drawbridge.Conflict)
		partner, _ := r.link(t, r.rev, q.ID, inquiry.NewLink{})
		_, err = r.Submit(t.Context(), partner, q.ID, "")
		wantKind(t, "submitting nothing", err, drawbridge.Conflict)

		team := r.put(t, partner, q.ID, "base.team", "true", "")
		r.put(t, partner, q.ID, "base.size", "4", "")
		plan, err := r.Put(t.Context(), partner, q.ID, inquiry.Putting{Question: "base.plan", Answer: questionnaire.Answer{NA: true, Reason: "we hold no data"}})
		if err != nil {
			t.Fatal(err)
		}
		r.put(t, partner, q.ID, "base.test", "false", "")
		sheet, err := r.Sheet(t.Context(), r.rev, q.ID)
		if err != nil || sheet.Inquiry.Asked != 4 || sheet.Inquiry.Answered != 4 || len(sheet.Missing) != 0 || sheet.Score.Points != 2 {
			t.Fatalf("sheet = %+v %v, want four answers", sheet, err)
		}
		if len(r.claims(t)) != 0 {
			t.Error("answers count before they were submitted")
		}
		q, err = r.Submit(t.Context(), partner, q.ID, "")
		if err != nil || q.State != "submitted" {
			t.Fatalf("Submit = %+v %v", q, err)
		}
		want := []drawbridge.Claim{{Control: "tls-version", Holds: true, Known: drawbridge.KnownClaim, Source: "answer:" + string(q.ID) + "/base.team"}}
		if got := r.claims(t); !cmp.Equal(got, want) {
			t.Errorf("claims after the submission: %s", cmp.Diff(want, got))
		}
		_, err = r.Put(t.Context(), partner, q.ID, inquiry.Putting{Question: "base.team", Base: team.ID, Answer: answer("false")})
		wantKind(t, "an answer after the submission", err, drawbridge.Conflict)
		_, err = r.Accept(t.Context(), partner, q.ID, inquiry.Decided{})
		wantKind(t, "the partner accepting", err, drawbridge.Denied)
		_, err = r.Accept(t.Context(), r.ann, q.ID, inquiry.Decided{})
		wantKind(t, "the requester accepting", err, drawbridge.Denied)

		q, err = r.Return(t.Context(), r.rev, q.ID, inquiry.Decided{Version: q.Version, Reason: "name the plan"})
		if err != nil || q.State != "returned" || q.Note != "name the plan" {
			t.Fatalf("Return = %+v %v", q, err)
		}
		if len(r.claims(t)) != 0 {
			t.Error("answers count although they were returned")
		}
		r.put(t, partner, q.ID, "base.plan", `"call us"`, plan.ID)
		if q, err = r.Submit(t.Context(), partner, q.ID, ""); err != nil {
			t.Fatal(err)
		}
		_, err = r.Accept(t.Context(), r.rev, q.ID, inquiry.Decided{Version: q.Version - 1})
		wantKind(t, "accepting what somebody did not look at", err, drawbridge.Conflict)
		if q, err = r.Accept(t.Context(), r.rev, q.ID, inquiry.Decided{Version: q.Version}); err != nil || q.State != "accepted" {
			t.Fatalf("Accept = %+v %v", q, err)
		}
		if got := r.messages(t, r.ann); !slices.Contains(got, "inquiry.accepted") || !slices.Contains(got, "inquiry.returned") {
			t.Errorf("the owner was told %v", got)
		}
		if got := r.messages(t, r.rev); !slices.Contains(got, "inquiry.submitted") {
			t.Errorf("the reviewer was told %v", got)
		}
		carried(t, r, q)
	})
}

// carried sends the next questionnaire on top of an accepted one.
func carried(t *testing.T, r *rig, before drawbridge.Inquiry) {
	t.Helper()
	q := r.send(t)
	partner, _ := r.link(t, r.rev, q.ID, inquiry.NewLink{})
	sheet, err := r.Sheet(t.Context(), r.rev, q.ID)
	if err != nil || q.Previous != before.ID || q.Answered != 0 || len(sheet.Answers) != 4 || len(sheet.Unconfirmed) != 4 {
		t.Fatalf("%+v %+v %v, want four answers of last time to confirm", q, sheet.State, err)
	}
	_, err = r.Submit(t.Context(), partner, q.ID, "")
	wantKind(t, "submitting what nobody looked at", err, drawbridge.Conflict)
	if len(r.claims(t)) != 1 || !strings.Contains(r.claims(t)[0].Source, string(before.ID)) {
		t.Errorf("claims = %v, want those of last time while the new answers are open", r.claims(t))
	}
	i := slices.IndexFunc(sheet.Answers, func(g inquiry.Given) bool { return g.Question == "base.size" })
	r.put(t, partner, q.ID, "base.size", "9", sheet.Answers[i].ID)
	r.pass(time.Second)
	if n, err := r.Confirm(t.Context(), partner, q.ID, nil, ""); n != 3 || err != nil {
		t.Errorf("Confirm = %d %v, want the three others", n, err)
	}
	if sheet, err = r.Sheet(t.Context(), r.rev, q.ID); err != nil || len(sheet.Unconfirmed) != 0 || !sheet.Previous["base.size"].Changed || sheet.Previous["base.team"].Changed {
		t.Errorf("sheet = %+v %v, want the size alone changed since last time", sheet.State, err)
	}
	if _, err = r.Submit(t.Context(), partner, q.ID, ""); err != nil {
		t.Error(err)
	}
	history, err := r.History(t.Context(), r.rev, q.ID, "base.size")
	if err != nil || len(history) != 2 || history[0].Source != inquiry.SourcePartner || history[1].Source != inquiry.SourceCarried || history[1].Confirmed {
		t.Errorf("history = %+v %v, want the carried answer and the new one", history, err)
	}
}
