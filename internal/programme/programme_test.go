package programme_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/approval"
	"drawbridge/internal/dossier"
	"drawbridge/internal/inquiry"
	"drawbridge/internal/manifest"
	"drawbridge/internal/programme"
	"drawbridge/internal/register"
	"drawbridge/internal/review"
	"drawbridge/internal/seal"
	"drawbridge/internal/store"
	"drawbridge/internal/testkit"
	"drawbridge/internal/testkit/world"
)

// rig is a desk over a record of its own, with a clock that tests set.
type rig struct {
	*programme.Desk
	*world.World
}

// Now is the time of the world, and of the desk.
func (r *rig) Now() time.Time { return r.World.Now() }

func open(tb testing.TB, url string) *rig {
	tb.Helper()
	r := &rig{World: world.New(tb, url, world.Options{})}
	documents := dossier.New(r.Door, dossier.Options{Register: r.Record})
	questions := inquiry.New(r.Door, inquiry.Options{Register: r.Record, Dossier: documents, Workspace: r.Packs.Load})
	reviews := review.New(r.Door, review.Options{Register: r.Record, Inquiry: questions, Workspace: r.Packs.Load})
	r.Desk = programme.New(r.Door, programme.Options{Register: r.Record, Review: reviews, Workspace: r.Packs.Load})
	return r
}

// live writes that an integration is approved as it is, and used.
func (r *rig) live(tb testing.TB, id drawbridge.IntegrationID, until drawbridge.Date) {
	tb.Helper()
	r.Write(tb, func(tx *store.Tx) error {
		in, err := tx.Integration(id)
		if err != nil {
			return err
		}
		rev, err := tx.Revision(in.Head)
		if err != nil {
			return err
		}
		b, err := r.Record.Bundle(rev)
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
		blobs := r.Door.Store().Blobs()
		file, size, err := blobs.Put(bytes.NewReader(data), 1<<20, r.Door.Keys())
		if err != nil {
			return err
		}
		if err := tx.AddBlob(&store.Blob{ID: file, Kind: "view", Size: size, Integration: id, CreatedAt: r.Now()}); err != nil {
			return err
		}
		x := drawbridge.Decision{
			ID: drawbridge.DecisionID(drawbridge.NewID("dec", r.Now())), Integration: id, Revision: in.Head, Outcome: drawbridge.Approved,
			Content: rev.Content, View: seal.Digest(data), Tier: in.Tier, Until: until, CreatedAt: r.Now(),
		}
		v := drawbridge.Review{
			ID: drawbridge.ReviewID(drawbridge.NewID("rvw", r.Now())), Integration: id, Partner: in.Partner, Number: 1, State: drawbridge.Approved,
			Revision: in.Head, Tier: in.Tier, Months: 12, Decision: x.ID, OpenedAt: r.Now(),
		}
		x.Review, in.State = v.ID, drawbridge.Live
		s := drawbridge.Standing{ID: id, Partner: in.Partner, Decision: x.ID, Outcome: x.Outcome, Tier: in.Tier, Until: until, UpdatedAt: r.Now()}
		return errors.Join(tx.Reviews().Add(&v), tx.Decisions().Add(&x), tx.Standings().Add(&s), tx.SetIntegration(in))
	})
}

func TestTrigger(t *testing.T) {
	t.Parallel()
	testkit.Databases(t, func(t *testing.T, url string) {
		r := open(t, url)
		owner, ann, mallory := r.Person(t, "root", drawbridge.ProgrammeOwner), r.Person(t, "ann", drawbridge.Requester), r.Person(t, "mallory", drawbridge.Requester)
		in := r.Bring(t, ann, "pay")
		r.live(t, in.ID, "2027-11-01")
		n := programme.NewTrigger{Integration: in.ID, Kind: "incident", Source: "CVE-1", Severity: drawbridge.High, Text: "They were broken into."}
		_, err := r.Raise(t.Context(), mallory, n)
		world.WantKind(t, "a stranger raises", err, drawbridge.NotFound)
		bad := n
		bad.Kind = "weather"
		_, err = r.Raise(t.Context(), owner, bad)
		world.WantKind(t, "an unknown kind", err, drawbridge.Invalid)
		got, err := r.Raise(t.Context(), owner, n)
		if err != nil || got.Effect != drawbridge.Narrow || got.Review == "" || !got.ToAttest {
			t.Fatalf("Raise = %+v, %v, want a trigger that narrows, with a review", got, err)
		}
		r.Pass(time.Minute)
		again, err := r.Raise(t.Context(), owner, n)
		if err != nil || again.ID != got.ID {
			t.Errorf("the same source again = %+v, %v, want the same trigger", again, err)
		}
		_, err = r.Handle(t.Context(), owner, programme.Handling{ID: got.ID, Reason: "done"})
		world.WantKind(t, "handled before it was carried out", err, drawbridge.Conflict)
		r.Write(t, func(tx *store.Tx) error {
			return tx.Attestations().Add(&drawbridge.Attestation{ID: "att_1", Integration: in.ID, Subject: "narrowed", About: got.ID, CreatedAt: r.Now()})
		})
		_, err = r.Handle(t.Context(), ann, programme.Handling{ID: got.ID, Reason: "done"})
		world.WantKind(t, "the requester handles it", err, drawbridge.Denied)
		done, err := r.Handle(t.Context(), owner, programme.Handling{ID: got.ID, Reason: "done"})
		if err != nil || done.Attested != "att_1" || done.ToAttest || done.HandledAt.IsZero() {
			t.Errorf("Handle = %+v, %v", done, err)
		}
		_, err = r.Handle(t.Context(), owner, programme.Handling{ID: got.ID, Reason: "again"})
		world.WantKind(t, "handled twice", err, drawbridge.Conflict)
		n.Source, n.Severity = "CVE-2", drawbridge.Critical
		worse, err := r.Raise(t.Context(), owner, n)
		if err != nil || worse.Effect != drawbridge.SuspendFlow {
			t.Fatalf("Raise = %+v, %v, want a trigger that suspends", worse, err)
		}
		r.Write(t, func(tx *store.Tx) error {
			now, err := tx.Integration(in.ID)
			if err != nil {
				return err
			}
			now.State = drawbridge.Suspended
			return errors.Join(tx.SetIntegration(now),
				tx.Attestations().Add(&drawbridge.Attestation{ID: "att_2", Integration: in.ID, Subject: "suspended", About: worse.ID, CreatedAt: r.Now()}))
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
		owner, ann := r.Person(t, "root", drawbridge.ProgrammeOwner), r.Person(t, "ann", drawbridge.Requester)
		quiet, pay, old := r.Bring(t, ann, "quiet"), r.Bring(t, ann, "pay"), r.Bring(t, ann, "old")
		for id, until := range map[drawbridge.IntegrationID]drawbridge.Date{quiet.ID: "2027-11-01", pay.ID: "2027-11-01", old.ID: "2026-11-20"} {
			r.live(t, id, until)
		}
		if n, err := r.Sweep(t.Context(), system); err != nil || n != 1 {
			t.Fatalf("Sweep = %d, %v, want 1: only one is past its day", n, err)
		}
		r.Bring(t, ann, "pay", "hosts: [", "hosts: [evil.example, ")
		r.Write(t, func(tx *store.Tx) error {
			return errors.Join(
				tx.Conditions().Add(&drawbridge.Condition{ID: "cnd_1", Integration: quiet.ID, Decision: "dec_x", Text: "Rotate", Due: "2026-11-01", Breach: drawbridge.SuspendFlow, State: "open"}),
				tx.Contracts().Add(&drawbridge.Contract{ID: "ctr_1", Partner: quiet.Partner, Integrations: []drawbridge.IntegrationID{quiet.ID}, Title: "Main", Ends: "2026-12-01"}),
				tx.Notices().Add(&drawbridge.Notice{ID: "ntc_1", Partner: quiet.Partner, Kind: "incident", Title: "Breach", Facts: []byte(`{"integrations":["` + string(quiet.ID) + `"]}`), State: "open"}),
			)
		})
		if n, err := r.Sweep(t.Context(), system); err != nil || n != 4 {
			t.Fatalf("Sweep = %d, %v, want 4", n, err)
		}
		r.Pass(time.Hour)
		if n, err := r.Sweep(t.Context(), system); err != nil || n != 0 {
			t.Errorf("a second sweep raises %d, %v, want nothing", n, err)
		}
		gone := r.Bring(t, ann, "gone")
		r.Write(t, func(tx *store.Tx) error {
			in, err := tx.Integration(gone.ID)
			if err != nil {
				return err
			}
			in.State = drawbridge.Retired
			return errors.Join(tx.SetIntegration(in), tx.Conditions().Add(&drawbridge.Condition{
				ID: "cnd_2", Integration: gone.ID, Decision: "dec_x", Text: "Rotate", Due: "2026-11-01", Breach: drawbridge.Warn, State: "open",
			}))
		})
		if n, err := r.Sweep(t.Context(), system); err != nil || n != 0 {
			t.Errorf("what is due about a retired integration raises %d, %v, want nothing", n, err)
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
		queue, err := r.Queue(t.Context(), owner, programme.QueueFilter{}, nil, 2)
		if err != nil || len(queue.Items) != 2 || queue.Next == nil || queue.Items[0].Integration.ID != quiet.ID || queue.Items[0].Effect != drawbridge.SuspendFlow {
			t.Fatalf("Queue = %+v, %v, want what is to be suspended first", queue, err)
		}
		rest, err := r.Queue(t.Context(), owner, programme.QueueFilter{}, queue.Next, 2)
		if err != nil || len(rest.Items) != 1 || rest.Next != nil {
			t.Errorf("the rest of the queue = %+v, %v, want one", rest, err)
		}
		r.Write(t, func(tx *store.Tx) error {
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
		owner, ann, mallory := r.Person(t, "root", drawbridge.ProgrammeOwner), r.Person(t, "ann", drawbridge.Requester), r.Person(t, "mallory", drawbridge.Requester)
		in := r.Bring(t, ann, "pay")
		r.live(t, in.ID, "2027-06-01")
		r.Write(t, func(tx *store.Tx) error {
			return errors.Join(
				tx.Contracts().Add(&drawbridge.Contract{ID: "ctr_1", Partner: in.Partner, Title: "Main, old; new", Ends: "2027-01-01"}),
				tx.Exceptions().Add(&drawbridge.Exception{ID: "exc_1", Integration: in.ID, Covers: "T017@charges", Expires: "2027-02-01", State: "confirmed"}),
				tx.Exceptions().Add(&drawbridge.Exception{ID: "exc_2", Integration: in.ID, Covers: "T018@charges", Expires: "2027-02-01", State: "proposed"}),
			)
		})
		for who, want := range map[string][]string{"root": {"contract", "exception", "decision"}, "ann": {"exception", "decision"}, "mallory": nil} {
			list, err := r.Calendar(t.Context(), map[string]access.Actor{"root": owner, "ann": ann, "mallory": mallory}[who], "")
			if err != nil {
				t.Fatal(err)
			}
			var kinds []string
			for _, x := range list.Days {
				kinds = append(kinds, x.Kind)
			}
			if !slices.Equal(kinds, want) {
				t.Errorf("%s sees %v, want %v", who, kinds, want)
			}
		}
		ends := r.Days(3 * 365)
		r.Write(t, func(tx *store.Tx) error {
			return tx.Contracts().Add(&drawbridge.Contract{ID: "ctr_2", Partner: in.Partner, Title: "Late", Ends: ends})
		})
		for until, want := range map[drawbridge.Date]int{"": 0, r.Days(3*365 - 1): 0, ends: 1, r.Days(5 * 365): 1} {
			list, err := r.Calendar(t.Context(), owner, until)
			late := slices.DeleteFunc(list.Days, func(x programme.Due) bool { return x.ID != "ctr_2" })
			if err != nil || len(late) != want || until != "" && list.Until != until {
				t.Errorf("until %q the contract that ends on %s is told %d times %v, want %d; the calendar says until %s", until, ends, len(late), err, want, list.Until)
			}
		}
		for _, until := range []drawbridge.Date{"soon", r.Days(-1), r.Days(5*365 + 3)} {
			_, err := r.Calendar(t.Context(), owner, until)
			world.WantKind(t, "until "+string(until), err, drawbridge.Invalid)
		}
	})
}

func TestThreats(t *testing.T) {
	t.Parallel()
	testkit.Databases(t, func(t *testing.T, url string) {
		r := open(t, url)
		ann, bob := r.Person(t, "ann", drawbridge.Requester), r.Person(t, "bob", drawbridge.ReviewerSecurity)
		in := r.Bring(t, ann, "pay")
		first, err := r.Threats(t.Context(), bob, in.ID, "", "")
		if err != nil || first.From != "" || first.Added == 0 {
			t.Fatalf("Threats = %+v, %v, want all of them added", first, err)
		}
		_, err = r.ReviewThreats(t.Context(), ann, programme.ThreatLook{Integration: in.ID, Comment: "fine"})
		world.WantKind(t, "the requester looks", err, drawbridge.Denied)
		look, err := r.ReviewThreats(t.Context(), bob, programme.ThreatLook{Integration: in.ID, Comment: "fine"})
		if err != nil || look.Assessment != in.Assessment || look.Next <= drawbridge.DateOf(r.Now()) {
			t.Fatalf("ReviewThreats = %+v, %v", look, err)
		}
		r.Pass(time.Hour)
		r.Bring(t, ann, "pay", `tls_min: "1.2"`, `tls_min: "1.0"`)
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
		owner, ann := r.Person(t, "root", drawbridge.ProgrammeOwner), r.Person(t, "ann", drawbridge.Requester)
		for _, id := range []string{"a", "b", "c"} {
			r.Bring(t, ann, "pay-"+id)
		}
		_, err := r.Impact(t.Context(), ann, archive(t, closed), nil)
		world.WantKind(t, "the requester previews", err, drawbridge.NotFound)
		_, err = r.Impact(t.Context(), owner, []byte("no archive"), nil)
		world.WantKind(t, "no archive", err, drawbridge.Invalid)
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
		all, err := r.Record.Integrations(t.Context(), owner, register.IntegrationFilter{}, nil, 0)
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
		owner, ann := r.Person(t, "root", drawbridge.ProgrammeOwner), r.Person(t, "ann", drawbridge.Requester)
		in := r.Bring(t, ann, "pay")
		r.live(t, in.ID, "2027-11-01")
		_, err := r.Announce(t.Context(), owner, "", "", nil)
		world.WantKind(t, "without a reason", err, drawbridge.Invalid)
		got, err := r.Announce(t.Context(), owner, "the same packs", "", nil)
		if err != nil || got.Scored != 0 || got.Queued != 0 {
			t.Errorf("packs that did not change: %+v, %v", got, err)
		}
		r.Write(t, func(tx *store.Tx) error {
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
