package programme_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/action"
	"drawbridge/internal/approval"
	"drawbridge/internal/dossier"
	"drawbridge/internal/inquiry"
	"drawbridge/internal/manifest"
	"drawbridge/internal/policy"
	"drawbridge/internal/programme"
	"drawbridge/internal/register"
	"drawbridge/internal/review"
	"drawbridge/internal/seal"
	"drawbridge/internal/store"
	"drawbridge/internal/testkit"
)

var start = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

// rig is a desk over a record of its own, with a clock that tests set.
type rig struct {
	*programme.Desk
	record *register.Desk
	door   *action.Door
	clock  atomic.Int64 // nanoseconds after start
}

func (r *rig) now() time.Time { return start.Add(time.Duration(r.clock.Load())) }

// step lets a moment pass: what was made later sorts later.
func (r *rig) step(by time.Duration) { r.clock.Add(int64(by)) }

func open(tb testing.TB, url string) *rig {
	tb.Helper()
	dir := tb.TempDir()
	keys, err := seal.EnsureKeyring(filepath.Join(dir, "keys"), "drawbridge.test/log", start)
	if err != nil {
		tb.Fatal(err)
	}
	s, err := store.Open(tb.Context(), store.Options{Dir: dir, Database: url})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { s.Close() })
	ws, err := policy.OpenWorkspace(dir)
	if err != nil {
		tb.Fatal(err)
	}
	workspace := func() *policy.Workspace { return ws }
	r := &rig{}
	r.door = action.New(action.Options{Store: s, Keys: keys, Now: r.now})
	r.record = register.New(r.door, register.Options{Workspace: workspace, Version: "test"})
	documents := dossier.New(r.door, dossier.Options{Register: r.record})
	questions := inquiry.New(r.door, inquiry.Options{Register: r.record, Dossier: documents, Workspace: workspace})
	reviews := review.New(r.door, review.Options{Register: r.record, Inquiry: questions, Workspace: workspace})
	r.Desk = programme.New(r.door, programme.Options{Register: r.record, Review: reviews, Workspace: workspace})
	return r
}

// act writes to the record as the process itself.
func (r *rig) act(tb testing.TB, fn func(*store.Tx) error) {
	tb.Helper()
	r.step(time.Millisecond)
	_, _, err := action.Do(tb.Context(), r.door, action.Act{Actor: access.System("seed"), Action: access.Seed, Object: access.Object{Kind: "system"}},
		func(tx *store.Tx) (int, error) { return 0, fn(tx) })
	if err != nil {
		tb.Fatal(err)
	}
}

// person adds somebody with roles and acts as them.
func (r *rig) person(tb testing.TB, name string, roles ...drawbridge.Role) access.Actor {
	tb.Helper()
	p := drawbridge.Person{ID: drawbridge.PersonID(drawbridge.NewID("per", r.now())), Email: name + "@drawbridge.example", Name: name, Roles: roles}
	r.act(tb, func(tx *store.Tx) error { return tx.AddPerson(&p) })
	return access.Actor{ID: string(p.ID), Person: p.ID, Roles: roles, Via: "api", Proved: r.now()}
}

// push brings the example under another id, with edits.
func (r *rig) push(tb testing.TB, actor access.Actor, id string, edit ...string) drawbridge.Integration {
	tb.Helper()
	main, files, err := manifest.ReadFiles("../../examples/acme-payments/integration.yaml")
	if err != nil {
		tb.Fatal(err)
	}
	text := strings.Replace(string(files[main]), "id: acme-payments", "id: "+id, 1)
	for i := 0; i+1 < len(edit); i += 2 {
		if !strings.Contains(text, edit[i]) {
			tb.Fatalf("the example does not say %q", edit[i])
		}
		text = strings.Replace(text, edit[i], edit[i+1], 1)
	}
	files[main] = []byte(text)
	r.step(time.Millisecond)
	in := register.Push{Main: main, Files: files}
	if had, err := r.record.Integration(tb.Context(), actor, register.ByKey(id, "production")); err == nil {
		in.Base, in.Reason = had.Head, "it changed"
	}
	out, err := r.record.Push(tb.Context(), actor, in)
	if err != nil {
		tb.Fatal(err)
	}
	return out.Integration
}

// live writes that an integration is approved as it is, and used.
func (r *rig) live(tb testing.TB, id drawbridge.IntegrationID, until drawbridge.Date) {
	tb.Helper()
	r.act(tb, func(tx *store.Tx) error {
		in, err := tx.Integration(id)
		if err != nil {
			return err
		}
		rev, err := tx.Revision(in.Head)
		if err != nil {
			return err
		}
		b, err := r.record.Bundle(rev)
		if err != nil {
			return err
		}
		m, err := manifest.Material(b)
		if err != nil {
			return err
		}
		data, err := approval.View{Manifest: m.JSON, Tier: in.Tier}.JSON()
		if err != nil {
			return err
		}
		blobs := r.door.Store().Blobs()
		file, size, err := blobs.Put(bytes.NewReader(data), 1<<20, r.door.Keys())
		if err != nil {
			return err
		}
		if err := tx.AddBlob(&store.Blob{ID: file, Kind: "view", Size: size, Integration: id, CreatedAt: r.now()}); err != nil {
			return err
		}
		x := drawbridge.Decision{
			ID: drawbridge.DecisionID(drawbridge.NewID("dec", r.now())), Integration: id, Revision: in.Head, Outcome: drawbridge.Approved,
			Content: rev.Content, View: seal.Digest(data), Tier: in.Tier, Until: until, CreatedAt: r.now(),
		}
		v := drawbridge.Review{
			ID: drawbridge.ReviewID(drawbridge.NewID("rvw", r.now())), Integration: id, Partner: in.Partner, Number: 1, State: drawbridge.Approved,
			Revision: in.Head, Tier: in.Tier, Months: 12, Decision: x.ID, OpenedAt: r.now(),
		}
		x.Review, in.State = v.ID, drawbridge.Live
		s := drawbridge.Standing{ID: id, Partner: in.Partner, Decision: x.ID, Outcome: x.Outcome, Tier: in.Tier, Until: until, UpdatedAt: r.now()}
		return errors.Join(tx.Reviews().Add(&v), tx.Decisions().Add(&x), tx.Standings().Add(&s), tx.SetIntegration(in))
	})
}

func wantKind(t *testing.T, what string, err error, want drawbridge.Kind) {
	t.Helper()
	if err == nil || drawbridge.KindOf(err) != want {
		t.Errorf("%s = %v, want an error of kind %s", what, err, want)
	}
}

func TestTrigger(t *testing.T) {
	t.Parallel()
	testkit.Databases(t, func(t *testing.T, url string) {
		r := open(t, url)
		owner, ann, mallory := r.person(t, "root", drawbridge.ProgrammeOwner), r.person(t, "ann", drawbridge.Requester), r.person(t, "mallory", drawbridge.Requester)
		in := r.push(t, ann, "pay")
		r.live(t, in.ID, "2027-11-01")
		n := programme.NewTrigger{Integration: in.ID, Kind: "incident", Source: "CVE-1", Severity: drawbridge.High, Text: "They were broken into."}
		_, err := r.Raise(t.Context(), mallory, n)
		wantKind(t, "a stranger raises", err, drawbridge.NotFound)
		bad := n
		bad.Kind = "weather"
		_, err = r.Raise(t.Context(), owner, bad)
		wantKind(t, "an unknown kind", err, drawbridge.Invalid)
		got, err := r.Raise(t.Context(), owner, n)
		if err != nil || got.Effect != drawbridge.Narrow || got.Review == "" || !got.ToAttest {
			t.Fatalf("Raise = %+v, %v, want a trigger that narrows, with a review", got, err)
		}
		r.step(time.Minute)
		again, err := r.Raise(t.Context(), owner, n)
		if err != nil || again.ID != got.ID {
			t.Errorf("the same source again = %+v, %v, want the same trigger", again, err)
		}
		_, err = r.Handle(t.Context(), owner, programme.Handling{ID: got.ID, Reason: "done"})
		wantKind(t, "handled before it was carried out", err, drawbridge.Conflict)
		r.act(t, func(tx *store.Tx) error {
			return tx.Attestations().Add(&drawbridge.Attestation{ID: "att_1", Integration: in.ID, Subject: "narrowed", About: got.ID, CreatedAt: r.now()})
		})
		_, err = r.Handle(t.Context(), ann, programme.Handling{ID: got.ID, Reason: "done"})
		wantKind(t, "the requester handles it", err, drawbridge.Denied)
		done, err := r.Handle(t.Context(), owner, programme.Handling{ID: got.ID, Reason: "done"})
		if err != nil || done.Attested != "att_1" || done.ToAttest || done.HandledAt.IsZero() {
			t.Errorf("Handle = %+v, %v", done, err)
		}
		_, err = r.Handle(t.Context(), owner, programme.Handling{ID: got.ID, Reason: "again"})
		wantKind(t, "handled twice", err, drawbridge.Conflict)
		n.Source, n.Severity = "CVE-2", drawbridge.Critical
		worse, err := r.Raise(t.Context(), owner, n)
		if err != nil || worse.Effect != drawbridge.SuspendFlow {
			t.Fatalf("Raise = %+v, %v, want a trigger that suspends", worse, err)
		}
		r.act(t, func(tx *store.Tx) error {
			now, err := tx.Integration(in.ID)
			if err != nil {
				return err
			}
			now.State = drawbridge.Suspended
			return errors.Join(tx.SetIntegration(now),
				tx.Attestations().Add(&drawbridge.Attestation{ID: "att_2", Integration: in.ID, Subject: "suspended", About: worse.ID, CreatedAt: r.now()}))
		})
		if done, err = r.Handle(t.Context(), owner, programme.Handling{ID: worse.ID, Reason: "done"}); err != nil || done.Attested != "att_2" {
			t.Errorf("Handle = %+v, %v, want what was attested of a suspended integration on it", done, err)
		}
		page, err := r.Triggers(t.Context(), mallory, programme.TriggerFilter{}, nil, 0)
		if err != nil || len(page.Items) != 0 {
			t.Errorf("a stranger sees %+v, %v", page, err)
		}
	})
}

func TestSweep(t *testing.T) {
	t.Parallel()
	testkit.Databases(t, func(t *testing.T, url string) {
		r := open(t, url)
		system := access.System("programme")
		owner, ann := r.person(t, "root", drawbridge.ProgrammeOwner), r.person(t, "ann", drawbridge.Requester)
		quiet, pay, old := r.push(t, ann, "quiet"), r.push(t, ann, "pay"), r.push(t, ann, "old")
		for id, until := range map[drawbridge.IntegrationID]drawbridge.Date{quiet.ID: "2027-11-01", pay.ID: "2027-11-01", old.ID: "2026-11-20"} {
			r.live(t, id, until)
		}
		if n, err := r.Sweep(t.Context(), system); err != nil || n != 1 {
			t.Fatalf("Sweep = %d, %v, want 1: only one is past its day", n, err)
		}
		r.push(t, ann, "pay", "hosts: [", "hosts: [evil.example, ")
		r.act(t, func(tx *store.Tx) error {
			return errors.Join(
				tx.Conditions().Add(&drawbridge.Condition{ID: "cnd_1", Integration: quiet.ID, Decision: "dec_x", Text: "Rotate", Due: "2026-11-01", Breach: drawbridge.SuspendFlow, State: "open"}),
				tx.Contracts().Add(&drawbridge.Contract{ID: "ctr_1", Partner: quiet.Partner, Integrations: []drawbridge.IntegrationID{quiet.ID}, Title: "Main", Ends: "2026-12-01"}),
				tx.Notices().Add(&drawbridge.Notice{ID: "ntc_1", Partner: quiet.Partner, Kind: "incident", Title: "Breach", Facts: []byte(`{"integrations":["` + string(quiet.ID) + `"]}`), State: "open"}),
			)
		})
		if n, err := r.Sweep(t.Context(), system); err != nil || n != 4 {
			t.Fatalf("Sweep = %d, %v, want 4", n, err)
		}
		r.step(time.Hour)
		if n, err := r.Sweep(t.Context(), system); err != nil || n != 0 {
			t.Errorf("a second sweep raises %d, %v, want nothing", n, err)
		}
		page, err := r.Triggers(t.Context(), owner, programme.TriggerFilter{Open: true}, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		kinds := map[string]drawbridge.Effect{}
		for _, x := range page.Items {
			kinds[x.Kind] = x.Effect
			if x.Kind == "widening" && (!strings.Contains(x.Text, "evil.example") || x.Review == "") {
				t.Errorf("the widening is told as %+v", x)
			}
		}
		for kind, least := range map[string]drawbridge.Effect{"widening": drawbridge.Warn, "condition": drawbridge.SuspendFlow, "contract": drawbridge.Warn, "incident": drawbridge.Narrow, "rhythm": drawbridge.Warn} {
			if e, ok := kinds[kind]; !ok || e.Rank() < least.Rank() {
				t.Errorf("%s has the effect %q, want at least %s", kind, e, least)
			}
		}
		queue, err := r.Queue(t.Context(), owner, nil, 2)
		if err != nil || len(queue.Items) != 2 || queue.Next == nil || queue.Items[0].Integration.ID != quiet.ID || queue.Items[0].Effect != drawbridge.SuspendFlow {
			t.Fatalf("Queue = %+v, %v, want what is to be suspended first", queue, err)
		}
		rest, err := r.Queue(t.Context(), owner, queue.Next, 2)
		if err != nil || len(rest.Items) != 1 || rest.Next != nil {
			t.Errorf("the rest of the queue = %+v, %v, want one", rest, err)
		}
		r.act(t, func(tx *store.Tx) error {
			p, err := tx.Person(ann.Person)
			if err != nil {
				return err
			}
			p.Disabled = true
			return tx.SetPerson(p)
		})
		if n, err := r.Sweep(t.Context(), system); err != nil || n != 3 {
			t.Errorf("after the owner left Sweep = %d, %v, want 3", n, err)
		}
	})
}

func TestCalendar(t *testing.T) {
	t.Parallel()
	testkit.Databases(t, func(t *testing.T, url string) {
		r := open(t, url)
		owner, ann, mallory := r.person(t, "root", drawbridge.ProgrammeOwner), r.person(t, "ann", drawbridge.Requester), r.person(t, "mallory", drawbridge.Requester)
		in := r.push(t, ann, "pay")
		r.live(t, in.ID, "2027-06-01")
		r.act(t, func(tx *store.Tx) error {
			return errors.Join(
				tx.Contracts().Add(&drawbridge.Contract{ID: "ctr_1", Partner: in.Partner, Title: "Main, old; new", Ends: "2027-01-01"}),
				tx.Exceptions().Add(&drawbridge.Exception{ID: "exc_1", Integration: in.ID, Covers: "T017@charges", Expires: "2027-02-01", State: "confirmed"}),
				tx.Exceptions().Add(&drawbridge.Exception{ID: "exc_2", Integration: in.ID, Covers: "T018@charges", Expires: "2027-02-01", State: "proposed"}),
			)
		})
		for who, want := range map[string][]string{"root": {"contract", "exception", "decision"}, "ann": {"exception", "decision"}, "mallory": nil} {
			list, err := r.Calendar(t.Context(), map[string]access.Actor{"root": owner, "ann": ann, "mallory": mallory}[who])
			if err != nil {
				t.Fatal(err)
			}
			var kinds []string
			for _, x := range list {
				kinds = append(kinds, x.Kind)
			}
			if !slices.Equal(kinds, want) {
				t.Errorf("%s sees %v, want %v", who, kinds, want)
			}
		}
	})
}

func TestThreats(t *testing.T) {
	t.Parallel()
	testkit.Databases(t, func(t *testing.T, url string) {
		r := open(t, url)
		ann, bob := r.person(t, "ann", drawbridge.Requester), r.person(t, "bob", drawbridge.ReviewerSecurity)
		in := r.push(t, ann, "pay")
		first, err := r.Threats(t.Context(), bob, in.ID, "", "")
		if err != nil || first.From != "" || first.Added == 0 {
			t.Fatalf("Threats = %+v, %v, want all of them added", first, err)
		}
		_, err = r.ReviewThreats(t.Context(), ann, programme.ThreatLook{Integration: in.ID, Comment: "fine"})
		wantKind(t, "the requester looks", err, drawbridge.Denied)
		look, err := r.ReviewThreats(t.Context(), bob, programme.ThreatLook{Integration: in.ID, Comment: "fine"})
		if err != nil || look.Assessment != in.Assessment || look.Next <= drawbridge.DateOf(r.now()) {
			t.Fatalf("ReviewThreats = %+v, %v", look, err)
		}
		r.step(time.Hour)
		r.push(t, ann, "pay", `tls_min: "1.2"`, `tls_min: "1.0"`)
		diff, err := r.Threats(t.Context(), bob, in.ID, "", "")
		if err != nil || diff.From != in.Assessment || diff.Changed+diff.Added == 0 {
			t.Errorf("after weaker transport Threats = %+v, %v, want a change", diff, err)
		}
	})
}

// archive packs the files of a pack.
func archive(tb testing.TB, files map[string]string) []byte {
	tb.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	w := tar.NewWriter(z)
	for name, text := range files {
		err := errors.Join(w.WriteHeader(&tar.Header{Name: name, Mode: 0o644, Size: int64(len(text)), Typeflag: tar.TypeReg}), func() error { _, err := w.Write([]byte(text)); return err }())
		if err != nil {
			tb.Fatal(err)
		}
	}
	if err := errors.Join(w.Close(), z.Close()); err != nil {
		tb.Fatal(err)
	}
	return b.Bytes()
}

// closed is a policy whose gate never opens.
var closed = map[string]string{
	"pack.yaml": "name: ours\nkind: policy\nversion: 1.0.0\nextends: builtin\n",
	"gate.yaml": "version: 1\nrules:\n- {id: never, outcome: no-go, when: score.inherent >= 0.0, text: Never.}\nexamples:\n- {name: never, input: {score.inherent: 1}, outcome: no-go, rules: [never]}\n",
}

func TestImpact(t *testing.T) {
	t.Parallel()
	testkit.Databases(t, func(t *testing.T, url string) {
		r := open(t, url)
		owner, ann := r.person(t, "root", drawbridge.ProgrammeOwner), r.person(t, "ann", drawbridge.Requester)
		for _, id := range []string{"a", "b", "c"} {
			r.push(t, ann, "pay-"+id)
		}
		_, err := r.Impact(t.Context(), ann, archive(t, closed), nil)
		wantKind(t, "the requester previews", err, drawbridge.NotFound)
		_, err = r.Impact(t.Context(), owner, []byte("no archive"), nil)
		wantKind(t, "no archive", err, drawbridge.Invalid)
		same := map[string]string{"pack.yaml": closed["pack.yaml"]}
		got, err := r.Impact(t.Context(), owner, archive(t, same), nil)
		if err != nil || got.Scored != 3 || got.Changed != 0 {
			t.Errorf("a pack that changes nothing: %+v, %v", got, err)
		}
		var told atomic.Int64
		got, err = r.Impact(t.Context(), owner, archive(t, closed), func(done, of int) { told.Store(int64(done)) })
		if err != nil || got.Scored != 3 || got.Failed != 0 || got.Worse != got.Changed || told.Load() != 3 {
			t.Fatalf("Impact = %+v, %v, told of %d", got, err, told.Load())
		}
		for _, e := range got.Effects {
			if e.After.Outcome != drawbridge.NoGo || e.Before.Outcome == drawbridge.NoGo {
				t.Errorf("effect %+v, want a gate that closes", e)
			}
		}
		all, err := r.record.Integrations(t.Context(), owner, register.IntegrationFilter{}, nil, 0)
		for _, in := range all.Items {
			if err != nil || in.Outcome == drawbridge.NoGo && got.Changed > 0 {
				t.Errorf("the preview wrote %s", in.Outcome)
			}
		}
	})
}

func TestAnnounce(t *testing.T) {
	t.Parallel()
	testkit.Databases(t, func(t *testing.T, url string) {
		r := open(t, url)
		owner, ann := r.person(t, "root", drawbridge.ProgrammeOwner), r.person(t, "ann", drawbridge.Requester)
		in := r.push(t, ann, "pay")
		r.live(t, in.ID, "2027-11-01")
		_, err := r.Announce(t.Context(), owner, "", "", nil)
		wantKind(t, "without a reason", err, drawbridge.Invalid)
		got, err := r.Announce(t.Context(), owner, "the same packs", "", nil)
		if err != nil || got.Scored != 0 || got.Queued != 0 {
			t.Errorf("packs that did not change: %+v, %v", got, err)
		}
		r.act(t, func(tx *store.Tx) error {
			a, err := tx.Assessment(in.Assessment)
			if err != nil {
				return err
			}
			b := *a
			b.ID, b.Packs = "asm_old", []byte("[]")
			have, err := tx.Integration(in.ID)
			if err != nil {
				return err
			}
			have.Assessment, have.Outcome, have.Tier, have.Residual = b.ID, drawbridge.Go, drawbridge.TierLow, 1
			return errors.Join(tx.AddAssessment(&b), tx.SetIntegration(have))
		})
		got, err = r.Announce(t.Context(), owner, "TLS 1.3 is asked for", "", nil)
		if err != nil || got.Scored != 1 || got.Worse != 1 || got.Queued != 1 {
			t.Fatalf("Announce = %+v, %v, want one trigger", got, err)
		}
		again, err := r.Announce(t.Context(), owner, "once more", "", nil)
		if err != nil || again.Queued != 0 {
			t.Errorf("announced twice: %+v, %v", again, err)
		}
	})
}
