package inquiry_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/inquiry"
	"drawbridge/internal/questionnaire"
	"drawbridge/internal/seal"
	"drawbridge/internal/store"
	"drawbridge/internal/testkit"
)

// TestVisit exchanges a token for a cookie, over and over.
func TestVisit(t *testing.T) {
	t.Parallel()
	testkit.Databases(t, func(t *testing.T, url string) {
		r := open(t, url)
		q := r.send(t)
		issued, err := r.AddLink(t.Context(), r.rev, q.ID, inquiry.NewLink{Label: "Acme"})
		if err != nil {
			t.Fatal(err)
		}
		token := seal.Hide(issued.Secret)
		actor, cookie, err := r.Enter(t.Context(), token, seal.Hidden{}, "api", "req")
		if err != nil || cookie.Empty() || actor.Inquiry != q.ID || actor.ID != string(issued.Link.ID) {
			t.Fatalf("Enter = %+v %v", actor, err)
		}
		if _, again, err := r.Enter(t.Context(), token, cookie, "api", "req"); err != nil || !again.Empty() {
			t.Errorf("Enter with the cookie = %v, want that the browser keeps it", err)
		}
		if got, err := r.Recognise(t.Context(), cookie, "api", "req"); err != nil || got.ID != actor.ID {
			t.Errorf("Recognise = %+v %v", got, err)
		}
		_, err = r.Recognise(t.Context(), token, "api", "req")
		wantKind(t, "the token in the place of the cookie", err, drawbridge.Unauthenticated)
		_, _, err = r.Enter(t.Context(), cookie, seal.Hidden{}, "api", "req")
		wantKind(t, "the cookie in the place of the token", err, drawbridge.NotFound)
		if _, other, err := r.Enter(t.Context(), token, seal.Hidden{}, "api", "req"); err != nil || other.Empty() {
			t.Fatal(err)
		}
		_, err = r.Recognise(t.Context(), cookie, "api", "req")
		wantKind(t, "the cookie after the link was opened elsewhere", err, drawbridge.Unauthenticated)
		hashesAlone(t, r, issued)

		r.pass(31 * 24 * time.Hour)
		_, _, err = r.Enter(t.Context(), token, seal.Hidden{}, "api", "req")
		wantKind(t, "an expired link", err, drawbridge.NotFound)
		_, err = r.Sheet(t.Context(), actor, q.ID)
		wantKind(t, "a read by who came before it expired", err, drawbridge.Unauthenticated)
	})
}

// hashesAlone looks for the token in what is kept.
func hashesAlone(t *testing.T, r *rig, issued inquiry.Issued) {
	t.Helper()
	err := r.door.Store().View(t.Context(), func(tx *store.Tx) error {
		l, err := tx.Links().Get(string(issued.Link.ID))
		if err == nil && (len(l.Hash) != 64 || len(l.Visit) != 64 || strings.Contains(l.Hash+l.Visit, issued.Secret)) {
			t.Errorf("what is kept of a link is %q and %q, want hashes", l.Hash, l.Visit)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if issued.Link.Hash != "" || issued.Link.Visit != "" {
		t.Error("a link is told with its hashes")
	}
}

// TestDelegation passes one question on, and ends that again.
func TestDelegation(t *testing.T) {
	t.Parallel()
	r := open(t, "")
	q := r.send(t)
	partner, issued := r.link(t, r.rev, q.ID, inquiry.NewLink{})
	for name, in := range map[string]inquiry.NewLink{
		"all questions":     {Label: "x"},
		"no such question":  {Label: "x", Questions: []string{"base.none"}},
		"for longer":        {Label: "x", Questions: []string{"base.test"}, ExpiresAt: issued.Link.ExpiresAt.Add(time.Hour)},
		"no label":          {Questions: []string{"base.test"}},
		"two lines of text": {Label: "a\nb", Questions: []string{"base.test"}},
	} {
		if _, err := r.AddLink(t.Context(), partner, q.ID, in); err == nil {
			t.Errorf("passing on %s worked", name)
		}
	}
	r.pass(time.Hour)
	few, passed := r.link(t, partner, q.ID, inquiry.NewLink{Questions: []string{"base.test"}})
	if passed.Link.Parent != issued.Link.ID || !passed.Link.ExpiresAt.Equal(issued.Link.ExpiresAt) {
		t.Errorf("passed on %+v, want it below %s and no longer than that", passed.Link, issued.Link.ID)
	}
	r.put(t, few, q.ID, "base.test", "true", "")
	r.put(t, partner, q.ID, "base.team", "true", "")
	_, err := r.Put(t.Context(), few, q.ID, inquiry.Putting{Question: "base.team", Answer: answer("false")})
	wantKind(t, "answering a question of others", err, drawbridge.NotFound)
	_, err = r.Confirm(t.Context(), few, q.ID, []string{"base.team"}, "")
	wantKind(t, "confirming a question of others", err, drawbridge.NotFound)
	_, err = r.Submit(t.Context(), few, q.ID, "")
	wantKind(t, "submitting", err, drawbridge.Denied)
	_, err = r.AddLink(t.Context(), few, q.ID, inquiry.NewLink{Label: "x", Questions: []string{"base.test"}})
	wantKind(t, "passing on further", err, drawbridge.Denied)
	_, err = r.RevokeLink(t.Context(), few, issued.Link.ID, "")
	wantKind(t, "revoking the link above", err, drawbridge.NotFound)
	seen, err := r.Asked(t.Context(), few, q.ID, "")
	if err != nil || len(seen.Items.Questions) != 1 || len(seen.Progress.Answers) != 1 || seen.Items.Questions[0].ID != "base.test" {
		t.Errorf("it sees %+v %v, want its question alone", seen, err)
	}
	text, err := r.Copy(t.Context(), few, q.ID)
	if err != nil || strings.Contains(string(text), "base.team") || !strings.Contains(string(text), "base.test") {
		t.Errorf("it copies %s %v, want its question alone", text, err)
	}
	if list, err := r.Links(t.Context(), partner, q.ID); err != nil || len(list) != 1 || list[0].ID != passed.Link.ID {
		t.Errorf("Links = %+v %v, want what was passed on", list, err)
	}
	other := r.send(t)
	_, err = r.Asked(t.Context(), partner, other.ID, "")
	wantKind(t, "another questionnaire", err, drawbridge.NotFound)
	_, err = r.Put(t.Context(), partner, other.ID, inquiry.Putting{Question: "base.team", Answer: answer("true")})
	wantKind(t, "answering another questionnaire", err, drawbridge.NotFound)

	if _, err := r.RevokeLink(t.Context(), r.rev, issued.Link.ID, "left"); err != nil {
		t.Fatal(err)
	}
	for _, a := range []access.Actor{partner, few} {
		_, err = r.Put(t.Context(), a, q.ID, inquiry.Putting{Question: "base.test", Answer: answer("false")})
		wantKind(t, "answering after the link was revoked", err, drawbridge.Unauthenticated)
	}
}

// TestPreview shows a reviewer exactly what a link's holder gets, and a link for
// looking changes nothing.
func TestPreview(t *testing.T) {
	t.Parallel()
	r := open(t, "")
	q := r.send(t)
	partner, issued := r.link(t, r.rev, q.ID, inquiry.NewLink{})
	r.put(t, partner, q.ID, "base.team", "true", "")
	r.put(t, r.ann, q.ID, "base.size", "3", "")
	theirs, err := r.Asked(t.Context(), partner, q.ID, "")
	if err != nil {
		t.Fatal(err)
	}
	ours, err := r.Asked(t.Context(), r.rev, q.ID, issued.Link.ID)
	if err != nil {
		t.Fatal(err)
	}
	if !cmp.Equal(theirs, ours, cmpopts.IgnoreUnexported(questionnaire.Items{})) {
		t.Errorf("the preview differs: %s", cmp.Diff(theirs, ours, cmpopts.IgnoreUnexported(questionnaire.Items{})))
	}
	for _, secret := range []string{string(r.ann.Person), "tls-version", "Weight:2"} {
		if strings.Contains(fmt.Sprintf("%+v", theirs), secret) {
			t.Errorf("the partner reads %s: %+v", secret, theirs)
		}
	}
	look, _ := r.link(t, r.rev, q.ID, inquiry.NewLink{Preview: true})
	if _, err := r.Asked(t.Context(), look, q.ID, ""); err != nil {
		t.Error(err)
	}
	_, err = r.Put(t.Context(), look, q.ID, inquiry.Putting{Question: "base.test", Answer: answer("true")})
	wantKind(t, "an answer in a preview", err, drawbridge.Denied)
	_, err = r.Asked(t.Context(), r.rev, q.ID, "lnk_none")
	wantKind(t, "the preview of no link", err, drawbridge.NotFound)
}

// TestAtOnce has many people answer one question at the same moment, over and
// over: one answer stands, everybody else reads it beside their own, and each
// answer that was ever taken is in the history.
func TestAtOnce(t *testing.T) {
	t.Parallel()
	testkit.Databases(t, func(t *testing.T, url string) {
		r := open(t, url)
		q := r.send(t)
		const people, rounds = 6, 4
		var links [people]access.Actor
		for i := range links {
			links[i], _ = r.link(t, r.rev, q.ID, inquiry.NewLink{})
		}
		base := ""
		for round := range rounds {
			r.pass(time.Second)
			var wg sync.WaitGroup
			var errs [people]error
			var out [people]inquiry.Given
			for i := range links {
				wg.Go(func() {
					value := fmt.Sprintf(`"round %d, person %d"`, round, i)
					out[i], errs[i] = r.Put(t.Context(), links[i], q.ID, inquiry.Putting{Question: "base.plan", Base: base, Answer: answer(value)})
				})
			}
			wg.Wait()
			won := slices.Index(errs[:], nil)
			if won < 0 {
				t.Fatalf("round %d: nobody's answer was taken: %v", round, errs)
			}
			for i, err := range errs {
				if i == won {
					continue
				}
				wantKind(t, "coming second", err, drawbridge.Conflict)
				for _, who := range []int{won, i} {
					if err != nil && !strings.Contains(err.Error(), fmt.Sprintf("round %d, person %d", round, who)) {
						t.Errorf("person %d reads %v, want the words of person %d among them", i, err, who)
					}
				}
			}
			base = out[won].ID
		}
		if list, err := r.History(t.Context(), r.rev, q.ID, "base.plan"); err != nil || len(list) != rounds || list[0].ID != base {
			t.Errorf("the history is %+v %v, want one answer of each round", list, err)
		}
	})
}

// TestNothingIsOverwritten lets two people answer one question at once.
func TestNothingIsOverwritten(t *testing.T) {
	t.Parallel()
	testkit.Databases(t, func(t *testing.T, url string) {
		r := open(t, url)
		q := r.send(t)
		a, _ := r.link(t, r.rev, q.ID, inquiry.NewLink{})
		b, _ := r.link(t, r.rev, q.ID, inquiry.NewLink{})
		first := r.put(t, a, q.ID, "base.plan", `"ours"`, "")
		_, err := r.Put(t.Context(), b, q.ID, inquiry.Putting{Question: "base.plan", Answer: answer(`"theirs"`)})
		wantKind(t, "an answer that did not see the first", err, drawbridge.Conflict)
		if !strings.Contains(err.Error(), `there it says "ours", and you say "theirs"`) {
			t.Errorf("who came second reads %v, want both texts", err)
		}
		if same := r.put(t, a, q.ID, "base.plan", `"ours"`, ""); same.ID != first.ID {
			t.Error("the same again made another answer")
		}
		second := r.put(t, b, q.ID, "base.plan", `"theirs"`, first.ID)
		r.pass(time.Second)
		if _, err = r.Put(t.Context(), b, q.ID, inquiry.Putting{Question: "base.plan", Base: second.ID}); err != nil {
			t.Errorf("taking an answer back: %v", err)
		}
		sheet, err := r.Sheet(t.Context(), r.rev, q.ID)
		if err != nil || sheet.Inquiry.Answered != 0 {
			t.Errorf("%d answers %v, want none", sheet.Inquiry.Answered, err)
		}
		for question, value := range map[string]string{"base.none": "true", "base.team": `"yes"`, "base.size": `"many"`, "ours.owner": "true"} {
			if _, err := r.Put(t.Context(), a, q.ID, inquiry.Putting{Question: question, Answer: answer(value)}); err == nil {
				t.Errorf("%s takes %s", question, value)
			}
		}
	})
}

// TestAnswersAreBound moves a sealed answer to another row: it does not open.
func TestAnswersAreBound(t *testing.T) {
	t.Parallel()
	r := open(t, "")
	q := r.send(t)
	partner, _ := r.link(t, r.rev, q.ID, inquiry.NewLink{})
	yes := r.put(t, partner, q.ID, "base.team", "true", "")
	no := r.put(t, partner, q.ID, "base.test", "false", "")
	r.act(t, func(tx *store.Tx) error {
		a, err := tx.Answers().Get(yes.ID)
		if err != nil {
			return err
		}
		b, err := tx.Answers().Get(no.ID)
		if err != nil {
			return err
		}
		if strings.Contains(string(a.Value), "true") {
			t.Error("an answer is kept in the clear")
		}
		b.Value = a.Value
		return tx.Answers().Set(b)
	})
	if _, err := r.Sheet(t.Context(), r.rev, q.ID); err == nil || drawbridge.KindOf(err) != drawbridge.Internal {
		t.Errorf("an answer that was moved reads: %v", err)
	}
}

// TestSpreadsheet takes answers out and back in.
func TestSpreadsheet(t *testing.T) {
	t.Parallel()
	r := open(t, "")
	q := r.send(t)
	partner, _ := r.link(t, r.rev, q.ID, inquiry.NewLink{})
	r.put(t, partner, q.ID, "base.team", "true", "")
	r.put(t, partner, q.ID, "base.plan", `"=1+1"`, "")
	file, err := r.Export(t.Context(), partner, q.ID)
	if err != nil {
		t.Fatal(err)
	}
	if out, err := r.Import(t.Context(), partner, q.ID, inquiry.Importing{Data: file}); err != nil || len(out.Answered) != 0 || len(out.Same) != 2 {
		t.Errorf("the same file again = %+v %v", out, err)
	}
	next := r.send(t)
	there, _ := r.link(t, r.rev, next.ID, inquiry.NewLink{})
	mine := r.put(t, there, next.ID, "base.team", "false", "")
	_, err = r.Import(t.Context(), there, next.ID, inquiry.Importing{Data: file})
	wantKind(t, "a file over another answer", err, drawbridge.Conflict)
	r.pass(time.Second)
	out, err := r.Import(t.Context(), there, next.ID, inquiry.Importing{Data: file, Replace: []string{"base.team"}})
	if err != nil || len(out.Answered) != 2 {
		t.Fatalf("Import = %+v %v, want two answers", out, err)
	}
	history, err := r.History(t.Context(), r.rev, next.ID, "base.team")
	if err != nil || len(history) != 2 || history[1].ID != mine.ID {
		t.Errorf("history = %+v %v, want the answer that was replaced in it", history, err)
	}
	_, err = r.Import(t.Context(), there, next.ID, inquiry.Importing{Data: []byte("no spreadsheet")})
	wantKind(t, "no spreadsheet", err, drawbridge.Invalid)
}

// TestSettled leaves out what evidence and checks answer.
func TestSettled(t *testing.T) {
	t.Parallel()
	r := open(t, "")
	r.act(t, func(tx *store.Tx) error {
		return tx.Evidence().Add(&drawbridge.Evidence{
			ID: "evd_1", Partner: r.in.Partner, Integration: r.in.ID, Kind: "evidence:pentest", Title: "Report", State: "accepted",
			Known: drawbridge.KnownAudit, Expires: "2027-01-01", CreatedAt: r.now(),
		})
	})
	q := r.send(t)
	sheet, err := r.Sheet(t.Context(), r.rev, q.ID)
	if err != nil || len(sheet.Items.Skipped) != 1 || sheet.Items.Skipped[0].Question != "base.test" || q.Asked != 3 {
		t.Errorf("skipped %+v of %d %v, want the test alone", sheet.Items.Skipped, q.Asked, err)
	}
	if _, err := sheet.Items.Question("base.test"); err == nil {
		t.Error("a question is asked that is settled")
	}
}

// TestLinkExpiry tells the sender once, and only while there is something to do.
func TestLinkExpiry(t *testing.T) {
	t.Parallel()
	r := open(t, "")
	q := r.send(t)
	_, issued := r.link(t, r.rev, q.ID, inquiry.NewLink{})
	r.pass(28 * 24 * time.Hour)
	for range 2 {
		if err := r.NoteExpiry(t.Context(), access.System("link"), issued.Link.ID, "evt_1"); err != nil {
			t.Fatal(err)
		}
	}
	if got := r.messages(t, r.rev); len(got) != 1 || got[0] != "link.expiring" {
		t.Errorf("the sender was told %v, want it once", got)
	}
	if _, err := r.Close(t.Context(), r.rev, q.ID, inquiry.Decided{Version: q.Version}); err != nil {
		t.Fatal(err)
	}
	if err := r.NoteExpiry(t.Context(), access.System("link"), issued.Link.ID, "evt_2"); err != nil || len(r.messages(t, r.rev)) != 1 {
		t.Errorf("after it was closed: %v %v", r.messages(t, r.rev), err)
	}
}

// TestSteps walks every state by every step, as the table is written down here.
func TestSteps(t *testing.T) {
	t.Parallel()
	want := map[string]string{
		"open submit": "submitted", "open close": "closed", "returned submit": "submitted", "returned close": "closed",
		"submitted accept": "accepted", "submitted return": "returned", "submitted close": "closed",
	}
	for _, s := range inquiry.States() {
		for _, step := range inquiry.Steps() {
			to, ok := inquiry.Step(s, step)
			if name := s + " " + step; ok != (want[name] != "") || to != want[name] {
				t.Errorf("%s = %q %v, want %q", name, to, ok, want[name])
			}
		}
	}
}
