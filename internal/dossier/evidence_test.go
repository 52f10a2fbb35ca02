package dossier_test

import (
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/dossier"
	"drawbridge/internal/register"
	"drawbridge/internal/store"
	"drawbridge/internal/testkit"
	"drawbridge/internal/testkit/world"
)

func TestEvidenceCounts(t *testing.T) {
	t.Parallel()
	testkit.Databases(t, func(t *testing.T, url string) {
		r := open(t, url)
		ctx := t.Context()
		e := r.offer(r.ann, dossier.Offer{Integration: r.in.ID, Name: "../Q3 report\u202efdp.exe", Expires: "2026-12-31"})
		if e.State != dossier.StateOffered || e.MediaType != "application/pdf" || e.FileName != "Q3 reportfdp.exe.pdf" || e.Kind != "evidence:pentest" || e.Partner != r.in.Partner {
			t.Errorf("offered = %+v", e)
		}
		if got := r.accepted(r.in); len(got) != 0 {
			t.Errorf("%v counts without being accepted", got)
		}
		again := dossier.Acceptance{Change: dossier.Change{Version: e.Version, Reason: "read"}, Known: drawbridge.KnownAudit}
		_, err := r.Accept(ctx, r.ann, e.ID, again)
		world.WantKind(t, "accept as requester", err, drawbridge.Denied)
		e = r.accept(r.bob, e, "")
		if got := r.accepted(r.in); !slices.Equal(got, []drawbridge.EvidenceID{e.ID}) {
			t.Errorf("accepted = %v, want %v", got, e.ID)
		}
		if got := r.accepted(r.other); len(got) != 0 {
			t.Errorf("%v counts for another integration", got)
		}
		_, err = r.Accept(ctx, r.bob, e.ID, dossier.Acceptance{Change: dossier.Change{Version: e.Version, Reason: "again"}, Known: drawbridge.KnownDocument})
		world.WantKind(t, "accept twice", err, drawbridge.Conflict)

		newer := r.offer(r.bob, dossier.Offer{Integration: r.in.ID, Expires: "2027-06-30", Supersedes: e.ID, Content: strings.NewReader(report + " ")})
		_, err = r.Accept(ctx, r.bob, newer.ID, dossier.Acceptance{Change: dossier.Change{Version: newer.Version, Reason: "mine"}, Known: drawbridge.KnownDocument})
		world.WantKind(t, "accept what one handed in", err, drawbridge.Denied)
		newer = r.accept(r.carol, newer, "")
		if got := r.accepted(r.in); !slices.Equal(got, []drawbridge.EvidenceID{newer.ID}) {
			t.Errorf("after superseding = %v, want %v alone", got, newer.ID)
		}
		if _, err = r.Withdraw(ctx, r.bob, newer.ID, dossier.Change{Version: newer.Version, Reason: "it was a draft"}); err != nil {
			t.Fatal(err)
		}
		if got := r.accepted(r.in); !slices.Equal(got, []drawbridge.EvidenceID{e.ID}) {
			t.Errorf("after withdrawing the newer = %v, want %v again", got, e.ID)
		}
		r.Pass(60 * day) // into the next year
		if got := r.accepted(r.in); len(got) != 0 {
			t.Errorf("%v counts after its last day", got)
		}
		read, err := r.Read(ctx, r.ann, e.ID)
		if err != nil || read.Counts || !strings.Contains(read.Why, "2026-12-31") || read.State != dossier.StateAccepted {
			t.Errorf("read = %+v %v, want accepted, and that its last day is over", read, err)
		}
	})
}

// TestEvidenceTouches shows that the score is looked at when a document is
// accepted, and once its last day is over.
func TestEvidenceTouches(t *testing.T) {
	t.Parallel()
	testkit.Databases(t, func(t *testing.T, url string) {
		r := open(t, url)
		e := r.accept(r.bob, r.offer(r.dave, dossier.Offer{Partner: r.in.Partner, Kind: "dpa", Services: []string{r.in.Slug}}), "2027-01-31")
		events := func(kind, subject string) (due []time.Time) {
			r.Look(r.t, func(tx *store.Tx) error {
				list, err := tx.EventsBefore(store.EventFilter{Kind: kind}, "", 100)
				for _, ev := range list {
					if ev.Subject == subject {
						due = append(due, ev.DueAt)
					}
				}
				return err
			})
			slices.SortFunc(due, time.Time.Compare)
			return due
		}
		due := events(dossier.EventCounts, string(e.ID))
		if len(due) != 2 || !due[1].Equal(time.Date(2027, 2, 1, 0, 0, 0, 0, time.UTC)) {
			t.Errorf("looked at on %v, want now and on 2027-02-01", due)
		}
		touched := func(in drawbridge.Integration) int { return len(events(register.EventTouched, string(in.ID))) }
		if err := r.Recount(t.Context(), e.ID); err != nil {
			t.Fatal(err)
		}
		if touched(r.in) == 0 || touched(r.other) != 0 {
			t.Errorf("touched %d times and the other %d times, want the one that the document covers alone", touched(r.in), touched(r.other))
		}
		if got := r.accepted(r.in); !slices.Equal(got, []drawbridge.EvidenceID{e.ID}) {
			t.Errorf("accepted = %v, want the partner's document", got)
		}
		if got := r.accepted(r.other); len(got) != 0 {
			t.Errorf("%v counts for a service that it does not name", got)
		}
	})
}

func TestEvidenceTerms(t *testing.T) {
	t.Parallel()
	r := open(t, "")
	ctx := t.Context()
	e := r.offer(r.ann, dossier.Offer{Integration: r.in.ID, Kind: "runbook"})
	for name, a := range map[string]dossier.Acceptance{
		"no reason":       {Change: dossier.Change{Version: 1}, Known: drawbridge.KnownDocument, Expires: "2027-01-01"},
		"no last day":     {Change: dossier.Change{Version: 1, Reason: "r"}, Known: drawbridge.KnownDocument},
		"over":            {Change: dossier.Change{Version: 1, Reason: "r"}, Known: drawbridge.KnownDocument, Expires: "2026-01-01"},
		"too high a rung": {Change: dossier.Change{Version: 1, Reason: "r"}, Known: drawbridge.KnownAudit, Expires: "2027-01-01"},
		"a claim":         {Change: dossier.Change{Version: 1, Reason: "r"}, Known: drawbridge.KnownClaim, Expires: "2027-01-01"},
		"no day":          {Change: dossier.Change{Version: 1, Reason: "r"}, Known: drawbridge.KnownDocument, Expires: "soon"},
	} {
		_, err := r.Accept(ctx, r.bob, e.ID, a)
		world.WantKind(t, name, err, drawbridge.Invalid)
	}
	_, err := r.Accept(ctx, r.bob, e.ID, dossier.Acceptance{Change: dossier.Change{Version: 7, Reason: "r"}, Known: drawbridge.KnownDocument, Expires: "2027-01-01"})
	world.WantKind(t, "another version", err, drawbridge.Conflict)
	dated := r.offer(r.ann, dossier.Offer{Integration: r.in.ID, Expires: "2027-01-01"})
	_, err = r.Accept(ctx, r.bob, dated.ID, dossier.Acceptance{Change: dossier.Change{Version: 1, Reason: "r"}, Known: drawbridge.KnownAudit, Expires: "2028-01-01"})
	world.WantKind(t, "longer than the document says", err, drawbridge.Invalid)
	for name, o := range map[string]dossier.Offer{
		"kind":            {Kind: "evidence:charm"},
		"check as a kind": {Kind: "TLS-01"},
		"period":          {Kind: "soc2", PeriodStart: "2026-05-01", PeriodEnd: "2026-01-01"},
		"day":             {Kind: "soc2", Issued: "yesterday"},
		"control":         {Kind: "soc2", Title: "a\x00b"},
		"confidentiality": {Kind: "soc2", Confidentiality: "none"},
		"supersedes":      {Kind: "soc2", Supersedes: "evd_0"},
	} {
		o.Integration, o.Content, o.Name = r.in.ID, strings.NewReader(report), "r.pdf"
		_, err := r.Offer(ctx, r.ann, o)
		world.WantKind(t, name, err, drawbridge.Invalid)
	}
}

// TestEvidenceAccess shows who sees what of others.
func TestEvidenceAccess(t *testing.T) {
	t.Parallel()
	testkit.Databases(t, func(t *testing.T, url string) {
		r := open(t, url)
		ctx := t.Context()
		partner, q := r.link(r.in)
		stranger, _ := r.link(r.other)
		mine := r.offer(r.ann, dossier.Offer{Integration: r.in.ID, Kind: "dpia"})
		sent := r.offer(partner, dossier.Offer{Inquiry: q.ID, Kind: "pentest"})
		whole := r.offer(r.dave, dossier.Offer{Partner: r.in.Partner, Kind: "soc2"})
		if sent.Integration != r.in.ID || sent.UploadedBy != partner.ID {
			t.Errorf("sent by the partner = %+v", sent)
		}
		for _, c := range []struct {
			who  string
			as   access.Actor
			sees []drawbridge.EvidenceID
		}{
			{"requester", r.ann, []drawbridge.EvidenceID{sent.ID, mine.ID}},
			{"another requester", r.mallory, []drawbridge.EvidenceID{}},
			{"reviewer", r.bob, []drawbridge.EvidenceID{whole.ID, sent.ID, mine.ID}},
			{"partner", partner, []drawbridge.EvidenceID{sent.ID}},
			{"another partner", stranger, []drawbridge.EvidenceID{}},
		} {
			page, err := r.List(ctx, c.as, dossier.EvidenceFilter{}, nil, 0)
			got := []drawbridge.EvidenceID{}
			for _, e := range page.Items {
				got = append(got, e.ID)
			}
			if err != nil || !cmp.Equal(got, c.sees) {
				t.Errorf("%s lists %v %v, want %v", c.who, got, err, c.sees)
			}
			for _, e := range []drawbridge.Evidence{mine, sent, whole} {
				_, file, err := r.Download(ctx, c.as, e.ID)
				if slices.Contains(c.sees, e.ID) {
					if err != nil {
						t.Errorf("%s downloads %s: %v", c.who, e.Kind, err)
						continue
					}
					if data, err := io.ReadAll(file); err != nil || string(data) != report {
						t.Errorf("%s gets %q %v", c.who, data, err)
					}
					file.Close()
					continue
				}
				world.WantKind(t, c.who+" downloads "+e.Kind, err, drawbridge.NotFound)
			}
		}
		_, err := r.Offer(ctx, partner, dossier.Offer{Integration: r.in.ID, Kind: "soc2", Content: strings.NewReader(report)})
		world.WantKind(t, "a partner hands in outside of its inquiry", err, drawbridge.NotFound)
		_, err = r.Offer(ctx, stranger, dossier.Offer{Inquiry: q.ID, Kind: "soc2", Content: strings.NewReader(report)})
		world.WantKind(t, "a partner hands in to another inquiry", err, drawbridge.NotFound)
		_, err = r.Offer(ctx, partner, dossier.Offer{Inquiry: q.ID, Kind: "dpia", Supersedes: mine.ID, Content: strings.NewReader(report)})
		world.WantKind(t, "a partner supersedes what is not theirs", err, drawbridge.Invalid)
		_, err = r.Withdraw(ctx, r.ann, sent.ID, dossier.Change{Version: 1, Reason: "not nice"})
		world.WantKind(t, "a requester withdraws the partner's document", err, drawbridge.Denied)
		if _, err = r.Withdraw(ctx, partner, sent.ID, dossier.Change{Version: 1, Reason: "the wrong file"}); err != nil {
			t.Errorf("a partner withdraws its own: %v", err)
		}
		r.Write(r.t, func(tx *store.Tx) error { // access is withdrawn
			l, err := tx.Links().Get(partner.ID)
			if err != nil {
				return err
			}
			l.RevokedAt = r.Now()
			return tx.Links().Set(l)
		})
		_, _, err = r.Download(ctx, partner, sent.ID)
		world.WantKind(t, "download after the link was revoked", err, drawbridge.Unauthenticated)
	})
}

// TestUploadBreaksOff shows that what did not arrive whole leaves no record and no file.
func TestUploadBreaksOff(t *testing.T) {
	t.Parallel()
	r := open(t, "")
	for name, c := range map[string]struct {
		content io.Reader
		kind    drawbridge.Kind
	}{
		"broken off": {io.MultiReader(strings.NewReader(report), iotest.ErrReader(errors.New("gone"))), drawbridge.Invalid},
		"too large":  {io.MultiReader(strings.NewReader("a text\n"), strings.NewReader(strings.Repeat("a", 1<<20))), drawbridge.TooLarge},
		"refused":    {strings.NewReader("<html>"), drawbridge.Invalid},
		"nothing":    {nil, drawbridge.Invalid},
	} {
		_, err := r.Offer(t.Context(), r.ann, dossier.Offer{Integration: r.in.ID, Kind: "runbook", Name: "x", Content: c.content})
		world.WantKind(t, name, err, c.kind)
	}
	page, err := r.List(t.Context(), r.bob, dossier.EvidenceFilter{}, nil, 0)
	if err != nil || len(page.Items) != 0 {
		t.Errorf("there are %d documents %v", len(page.Items), err)
	}
	r.Look(r.t, func(tx *store.Tx) error {
		list, err := tx.BlobsAfter("", 100)
		for _, b := range list {
			if b.Kind == "evidence" {
				t.Errorf("the file %s is kept", b.ID)
			}
		}
		return err
	})
}
