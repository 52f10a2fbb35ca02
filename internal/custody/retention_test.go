package custody_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/account"
	"drawbridge/internal/action"
	"drawbridge/internal/custody"
	"drawbridge/internal/ledger"
	"drawbridge/internal/store"
	"drawbridge/internal/testkit"
)

// TestRulesCoverTables holds the table of retention to the database: whatever is
// kept has a line that says for how long.
func TestRulesCoverTables(t *testing.T) {
	t.Parallel()
	testkit.Databases(t, func(t *testing.T, url string) {
		h := open(t, url)
		have, told := []string{"session"}, []string{}
		err := h.door.Store().View(t.Context(), func(tx *store.Tx) error {
			tables, err := tx.Tables()
			for _, x := range tables {
				have = append(have, x.Name)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range custody.Rules() {
			told = append(told, r.Tables...)
			if r.Kind == "" || r.What == "" || r.Stays == "" || r.Why == "" || r.Days != 0 && (r.Least < 1 || r.Least > r.Days || r.Purged == "") {
				t.Errorf("the line of %s is not whole: %+v", r.Kind, r)
			}
		}
		slices.Sort(have)
		slices.Sort(told)
		if diff := cmp.Diff(have, slices.Compact(told)); diff != "" {
			t.Errorf("tables of the database, and those that a line names (-have +named):\n%s", diff)
		}
	})
}

func (h *house) purge(t tester, opt custody.PurgeOptions) map[string]custody.Purged {
	t.Helper()
	report, err := h.Purge(t.Context(), access.System("retention"), opt)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]custody.Purged{}
	for _, p := range report.Kinds {
		out[p.Kind] = p
	}
	return out
}

// counts are how much of each kind went.
func counts(purged map[string]custody.Purged) map[string]int64 {
	out := map[string]int64{}
	for kind, p := range purged {
		if p.Count > 0 {
			out[kind] = p.Count
		}
	}
	return out
}

// TestPurge lets every period pass: what is in use stays, and what went is proved.
func TestPurge(t *testing.T) {
	t.Parallel()
	testkit.Databases(t, func(t *testing.T, url string) {
		h := open(t, url)
		h.furnish(t)
		gone := h.person(t, "gone")
		h.do(t, func(tx *store.Tx) error {
			p, err := tx.Person(gone)
			if err != nil {
				return err
			}
			p.Disabled = true
			return tx.SetPerson(p)
		})
		if got := counts(h.purge(t, custody.PurgeOptions{})); len(got) != 0 {
			t.Errorf("at once: %v", got)
		}
		h.now = h.now.AddDate(12, 0, 0)
		want := map[string]int64{custody.KeepDocument: 3, custody.KeepBundle: 3, custody.KeepPerson: 1, custody.KeepToken: 3, custody.KeepMessage: 3, custody.KeepReplay: 3}
		dry := counts(h.purge(t, custody.PurgeOptions{DryRun: true}))
		if dry[custody.KeepDetail] == 0 {
			t.Error("no detail is due")
		}
		delete(dry, custody.KeepDetail)
		if diff := cmp.Diff(want, dry); diff != "" {
			t.Errorf("what would go (-want +got):\n%s", diff)
		}
		purged := h.purge(t, custody.PurgeOptions{})
		got := counts(purged)
		delete(got, custody.KeepDetail)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("what went (-want +got):\n%s", diff)
		}
		if report := h.check(t, t.Context()); !report.OK || len(report.Orphans) > 0 {
			t.Errorf("after the purge: %+v %v", report.Differences, report.Orphans)
		}
		if got := counts(h.purge(t, custody.PurgeOptions{})); len(got) != 0 {
			t.Errorf("a second time: %v", got)
		}
		h.proofs(t, purged[custody.KeepDocument])
		h.proofs(t, purged[custody.KeepMessage])
	})
}

// proofs holds the entries of a purge to what they say went.
func (h *house) proofs(t *testing.T, p custody.Purged) {
	t.Helper()
	if len(p.Entries) != 1 {
		t.Fatalf("%s: %d entries, want 1", p.Kind, len(p.Entries))
	}
	proof, err := h.Prove(t.Context(), access.Keeper(), p.Entries[0])
	if err != nil {
		t.Fatal(err)
	}
	proved, err := ledger.VerifyProof(proof, ledger.Trust{Keys: h.door.Keys().VerifierKeys(), Rotation: custody.Handover})
	if err != nil {
		t.Fatal(err)
	}
	var sum string
	for _, c := range proved.Entry.Changes {
		if c.Kind == "purge" {
			sum = c.Before
		}
	}
	var log strings.Builder
	if err := h.Export(t.Context(), access.Keeper(), &log, nil); err != nil {
		t.Fatal(err)
	}
	var line struct {
		Detail string `json:"detail"`
	}
	if err := json.Unmarshal([]byte(strings.Split(log.String(), "\n")[1+p.Entries[0]]), &line); err != nil {
		t.Fatal(err)
	}
	var detail struct {
		Notes struct {
			Purge struct {
				Kind string   `json:"kind"`
				IDs  []string `json:"ids"`
			} `json:"purge"`
		} `json:"notes"`
	}
	if err := json.Unmarshal([]byte(line.Detail), &detail); err != nil {
		t.Fatal(err)
	}
	list := detail.Notes.Purge
	if list.Kind != p.Kind || int64(len(list.IDs)) != p.Count || custody.ListDigest(list.IDs) != sum {
		t.Errorf("the entry of %s lists %+v under %q", p.Kind, list, sum)
	}
}

// TestPurgedContent says of a document that it was purged, and by which entry.
func TestPurgedContent(t *testing.T) {
	t.Parallel()
	h := open(t, "")
	id := h.integration(t, "pay", "acme", h.person(t, "ann"))
	document := ""
	h.now = h.now.AddDate(0, 0, 1)
	_, document = h.revise(t, id, "second")
	h.revise(t, id, "third")
	h.now = h.now.AddDate(4, 0, 0)
	purged := h.purge(t, custody.PurgeOptions{Kind: custody.KeepDocument})[custody.KeepDocument]
	if purged.Count != 2 {
		t.Fatalf("Purge = %+v", purged)
	}
	_, cause := h.door.Store().Blobs().Open(document, h.door.Keys())
	err := h.door.Store().View(t.Context(), func(tx *store.Tx) error { return tx.WhyGone(document, cause) })
	if want := "purged on 2030-11-22"; err == nil || drawbridge.KindOf(err) != drawbridge.NotFound || !strings.Contains(err.Error(), want) {
		t.Errorf("WhyGone = %v, want %q", err, want)
	}
}

// TestHold keeps what it covers, in every scope, and from erasure too.
func TestHold(t *testing.T) {
	t.Parallel()
	testkit.Databases(t, func(t *testing.T, url string) {
		for _, scope := range drawbridge.HoldScopes() {
			h := open(t, freshDatabase(t, url))
			owner := h.person(t, "owner")
			guest := h.person(t, "guest")
			id := h.integration(t, "pay", "acme", owner)
			h.revise(t, id, "second")
			h.token(t, guest, id, h.now.AddDate(0, 0, 1))
			h.message(t, guest)
			subject := map[drawbridge.HoldScope]string{drawbridge.HoldIntegration: string(id), drawbridge.HoldPartner: "acme", drawbridge.HoldPerson: string(guest)}[scope]
			hold, err := h.PlaceHold(t.Context(), access.Keeper(), custody.NewHold{Scope: scope, Subject: subject, Reason: "a lawsuit"})
			if err != nil {
				t.Fatal(err)
			}
			h.now = h.now.AddDate(12, 0, 0)
			want := map[drawbridge.HoldScope]map[string]int64{
				drawbridge.HoldIntegration: {custody.KeepMessage: 1}, drawbridge.HoldPartner: {custody.KeepMessage: 1},
				drawbridge.HoldPerson: {custody.KeepDocument: 1, custody.KeepBundle: 1}, drawbridge.HoldEverything: {},
			}[scope]
			got := counts(h.purge(t, custody.PurgeOptions{}))
			if scope == drawbridge.HoldEverything && got[custody.KeepDetail] != 0 {
				t.Errorf("%s: details went", scope)
			}
			delete(got, custody.KeepDetail)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s: what went (-want +got):\n%s", scope, diff)
			}
			desk := account.New(h.door, account.Options{Now: h.door.Now})
			admin := access.Actor{ID: "per_a", Person: "per_a", Roles: []drawbridge.Role{drawbridge.Administrator}, Via: "api", Proved: h.now}
			erase := account.Change{Person: guest, Version: 1, Reason: "asked for it"}
			if _, err := desk.Erase(t.Context(), admin, erase); drawbridge.KindOf(err) != drawbridge.Conflict || !strings.Contains(err.Error(), string(hold.ID)) {
				t.Errorf("%s: Erase = %v, want the hold", scope, err)
			}
			if _, err := h.LiftHold(t.Context(), access.Keeper(), hold.ID, "settled", ""); err != nil {
				t.Fatal(err)
			}
			if _, err := h.LiftHold(t.Context(), access.Keeper(), hold.ID, "settled", ""); drawbridge.KindOf(err) != drawbridge.Conflict {
				t.Errorf("lifted twice: %v", err)
			}
			if got := counts(h.purge(t, custody.PurgeOptions{})); got[custody.KeepDetail] == 0 {
				t.Errorf("%s: after it was lifted: %v", scope, got)
			}
			if _, err := desk.Erase(t.Context(), admin, erase); err != nil {
				t.Errorf("%s: Erase after it was lifted: %v", scope, err)
			}
			if report := h.check(t, t.Context()); !report.OK {
				t.Errorf("%s: %+v", scope, report.Differences)
			}
		}
	})
}

// TestHoldEnds lets a hold end by its own time.
func TestHoldEnds(t *testing.T) {
	t.Parallel()
	h := open(t, "")
	person := h.person(t, "ann")
	h.message(t, person)
	if _, err := h.PlaceHold(t.Context(), access.Keeper(), custody.NewHold{Scope: drawbridge.HoldPerson, Subject: string(person), Reason: "x", Until: h.now.AddDate(1, 0, 0)}); err != nil {
		t.Fatal(err)
	}
	h.now = h.now.AddDate(0, 0, 364)
	if p := h.purge(t, custody.PurgeOptions{Kind: custody.KeepMessage})[custody.KeepMessage]; p.Count != 0 || p.Held != 1 {
		t.Errorf("a day before the end: %+v", p)
	}
	h.now = h.now.AddDate(0, 0, 1)
	if p := h.purge(t, custody.PurgeOptions{Kind: custody.KeepMessage})[custody.KeepMessage]; p.Count != 1 {
		t.Errorf("at the end: %+v", p)
	}
}

// TestRefusedHolds and periods.
func TestRefusedHolds(t *testing.T) {
	t.Parallel()
	h := open(t, "")
	for name, in := range map[string]custody.NewHold{
		"no scope":        {Reason: "x"},
		"a scope unknown": {Scope: "planet", Reason: "x"},
		"no subject":      {Scope: drawbridge.HoldPartner, Reason: "x"},
		"a wrong subject": {Scope: drawbridge.HoldIntegration, Subject: "per_x", Reason: "x"},
		"a subject":       {Scope: drawbridge.HoldEverything, Subject: "x", Reason: "x"},
		"no reason":       {Scope: drawbridge.HoldEverything, Reason: " "},
		"an end past":     {Scope: drawbridge.HoldEverything, Reason: "x", Until: h.now},
	} {
		if _, err := h.PlaceHold(t.Context(), access.Keeper(), in); drawbridge.KindOf(err) != drawbridge.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := h.PlaceHold(t.Context(), access.Keeper(), custody.NewHold{Scope: drawbridge.HoldPartner, Subject: "nobody", Reason: "x"}); drawbridge.KindOf(err) != drawbridge.NotFound {
		t.Errorf("a partner that is not there: %v", err)
	}
	for name, in := range map[string]custody.NewPeriod{
		"below the least":  {Kind: custody.KeepBundle, Days: 364, Reason: "x"},
		"for ever":         {Kind: custody.KeepBundle, Days: 1 << 40, Reason: "x"},
		"no reason":        {Kind: custody.KeepBundle, Days: 400},
		"a kind unknown":   {Kind: "bundle", Days: 400, Reason: "x"},
		"kept for good":    {Kind: "ledger", Days: 400, Reason: "x"},
		"nothing is asked": {},
	} {
		if _, err := h.SetPeriod(t.Context(), access.Keeper(), in); drawbridge.KindOf(err) != drawbridge.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
	set := custody.NewPeriod{Kind: custody.KeepBundle, Days: 400, Reason: "x"}
	p, err := h.SetPeriod(t.Context(), access.Keeper(), set)
	if err != nil || p.Version != 1 {
		t.Fatalf("SetPeriod = %+v %v", p, err)
	}
	if _, err := h.SetPeriod(t.Context(), access.Keeper(), set); drawbridge.KindOf(err) != drawbridge.Conflict {
		t.Errorf("over a period that was not read: %v", err)
	}
	set.Version, set.Days = 1, 500
	if _, err := h.SetPeriod(t.Context(), access.Keeper(), set); err != nil {
		t.Error(err)
	}
	list, err := h.Retention(t.Context(), access.Keeper())
	if err != nil || len(list) != len(custody.Rules()) || list[2].Period != 500 || list[2].Version != 2 || list[1].Period != list[1].Days {
		t.Errorf("Retention = %+v %v", list, err)
	}
}

// TestSweep removes old files that nothing names, and no act ends with a name
// for a file that was swept.
func TestSweep(t *testing.T) {
	t.Parallel()
	h := open(t, "")
	_, named := h.populate(t)
	old, size := h.put(t, "old")
	fresh, _ := h.put(t, "fresh")
	left := filepath.Join(h.door.Store().Blobs().Dir(), "tmp", "put-123")
	if err := os.WriteFile(left, []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
	path := func(digest string) string {
		p, err := h.door.Store().Blobs().Path(digest)
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	h.now = time.Now()
	long := h.now.Add(-2 * time.Hour)
	for _, p := range []string{path(old), path(named), left} {
		if err := os.Chtimes(p, long, long); err != nil {
			t.Fatal(err)
		}
	}
	if n, err := h.Sweep(t.Context(), access.System("retention")); err != nil || n != 2 {
		t.Errorf("Sweep = %d %v, want 2", n, err)
	}
	for p, want := range map[string]bool{path(old): false, left: false, path(named): true, path(fresh): true} {
		if _, err := os.Stat(p); (err == nil) != want {
			t.Errorf("%s is there: %v, want %v", p, err == nil, want)
		}
	}
	act := action.Act{Actor: access.Keeper(), Action: access.IntegrationPush, Object: access.Object{Kind: "integration"}}
	_, _, err := action.Do(t.Context(), h.door, act, func(tx *store.Tx) (int, error) {
		return 0, tx.AddBlob(&store.Blob{ID: old, Kind: "bundle", Size: size, CreatedAt: h.now})
	})
	if drawbridge.KindOf(err) != drawbridge.Unavailable {
		t.Errorf("naming a file that was swept: %v", err)
	}
}
