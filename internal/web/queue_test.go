package web_test

import (
	"encoding/csv"
	"net/url"
	"strings"
	"testing"

	"drawbridge"
	"drawbridge/internal/programme"
	"drawbridge/internal/store"
	"drawbridge/internal/testkit"
)

// TestQueuePage shows what happened to an integration, on whom it waits, and opens
// the review of it.
func TestQueuePage(t *testing.T) {
	t.Parallel()
	testkit.Databases(t, func(t *testing.T, database string) {
		r := open(t, database)
		b := r.browser(t)
		dossier := b.bring("Card <script>alert(1)</script> payments")
		id := drawbridge.IntegrationID(strings.TrimPrefix(dossier, "/integrations/"))
		root := r.root(t)
		root.Roles = append(root.Roles, drawbridge.ProgrammeOwner)
		b.looks(t, map[string][]string{"/queue": {"Nothing needs review."}, "/queue?effect=warn": {"Nothing in the queue fits."}})
		if _, err := r.Programme.Raise(t.Context(), root, programme.NewTrigger{Integration: id, Kind: "incident", Source: "INC-1", Text: "They lost <script>alert(2)</script> keys."}); err != nil {
			t.Fatal(err)
		}
		ann, _ := r.joins(t, root, "ann", drawbridge.Requester)
		lead, _ := r.joins(t, root, "lead", drawbridge.Leadership)
		b.looks(t, map[string][]string{
			"/queue":               {"Card &lt;script&gt;", "An incident", "They lost &lt;script&gt;", "Waits on the programme owner", "Open a review", dossier + `"`, "!<script>alert"},
			"/queue?kind=incident": {"An incident"},
			"/queue?kind=contract": {"Nothing in the queue fits."},
			"/queue?open=yes":      {"Nothing in the queue fits."},
		})
		ann.looks(t, map[string][]string{"/queue": {"Nothing needs review."}})
		lead.looks(t, map[string][]string{"/queue": {"An incident", "!Open a review"}})
		if a := b.get("/queue?effect=odd"); a.StatusCode != 400 {
			t.Errorf("an odd effect: %d", a.StatusCode)
		}
		start := "/queue/" + string(id) + "/open"
		if a := lead.post(start, nil); a.StatusCode != 403 {
			t.Errorf("leadership opens a review: %d", a.StatusCode)
		}
		if a := ann.post(start, nil); a.StatusCode != 404 {
			t.Errorf("a requester opens another's review: %d", a.StatusCode)
		}
		a := b.post(start, formOf(t, b.get("/queue").text, start))
		if to := a.Header.Get("Location"); a.StatusCode != 303 || !strings.HasPrefix(to, "/reviews/rvw_") || !strings.Contains(b.get(to).text, "The review is open.") {
			t.Fatalf("open: %d %s", a.StatusCode, to)
		}
		b.looks(t, map[string][]string{"/queue?open=yes": {"Review, draft", "Waits on the requester to complete the request and submit it", "!Open a review"}})
	})
}

// TestDecisionsPage lists decisions, and gives the same as a file.
func TestDecisionsPage(t *testing.T) {
	t.Parallel()
	testkit.Databases(t, func(t *testing.T, database string) {
		r := open(t, database)
		b := r.browser(t)
		id := drawbridge.IntegrationID(strings.TrimPrefix(b.bring("=Card <script>alert(1)</script> payments"), "/integrations/"))
		root := r.root(t)
		b.looks(t, map[string][]string{"/decisions": {"Nothing was decided yet."}})
		old, now := drawbridge.DecisionID(drawbridge.NewID("dec", r.Now())), drawbridge.DecisionID(drawbridge.NewID("dec", r.Now().AddDate(0, 0, 1)))
		r.Write(t, func(tx *store.Tx) error {
			in, err := tx.Integration(id)
			if err != nil {
				return err
			}
			for _, d := range []drawbridge.Decision{
				{ID: old, Outcome: drawbridge.Rejected, Content: "sha256:0123456789abcdef0123"},
				{ID: now, Outcome: drawbridge.ApprovedWithConditions, Until: r.Days(30), Content: "sha256:fedcba9876543210fedc"},
			} {
				d.Integration, d.Revision, d.Review, d.By, d.Tier, d.CreatedAt = id, in.Head, drawbridge.ReviewID(drawbridge.NewID("rvw", r.Now())), root.Person, drawbridge.TierHigh, r.Now()
				if err := tx.Decisions().Add(&d); err != nil {
					return err
				}
			}
			if err := tx.Conditions().Add(&drawbridge.Condition{ID: drawbridge.NewID("cnd", r.Now()), Integration: id, Decision: now, Text: "Rotate", State: "open", Due: r.Days(-3), CreatedAt: r.Now(), UpdatedAt: r.Now()}); err != nil {
				return err
			}
			s := &drawbridge.Standing{ID: id, Partner: in.Partner, Decision: now, Outcome: drawbridge.ApprovedWithConditions, Until: r.Days(30), Freshness: "stale", UpdatedAt: r.Now()}
			if had, err := tx.Standings().Get(string(id)); err == nil {
				s.Meta = had.Meta
				return tx.Standings().Set(s)
			}
			return tx.Standings().Add(s)
		})
		b.looks(t, map[string][]string{
			"/decisions":                           {"go, with conditions", "no-go", "=Card &lt;script&gt;", "1 open", "1 overdue", "stale", "superseded", "sha256:fedcba98…", "!<script>alert"},
			"/decisions?state=stale":               {"go, with conditions", "!superseded</span>"},
			"/decisions?state=expiring":            {"go, with conditions", "!superseded</span>"},
			"/decisions?state=expired":             {"No decision fits."},
			"/decisions?state=conditions":          {"1 open", "!superseded</span>"},
			"/decisions?state=superseded":          {"superseded</span>", "!1 open"},
			"/decisions?outcome=rejected":          {"sha256:01234567…", "!sha256:fedcba98…"},
			"/decisions?from=2999-01-01":           {"No decision fits."},
			"/decisions?from=yesterday":            {"is not a day"},
			"/decisions?state=odd&partner=%3Cb%3E": {"is none of", "&lt;b&gt;"},
		})
		for query, want := range map[string]int{"": 2, "?state=stale": 1, "?outcome=rejected": 1, "?state=expired": 0} {
			a := b.get("/decisions.csv" + query)
			rows, err := csv.NewReader(strings.NewReader(a.text)).ReadAll()
			if err != nil || len(rows) != want+1 || a.Header.Get("Content-Type") != "text/csv; charset=utf-8" {
				t.Errorf("the file of %q: %d rows of %d, %v, %v", query, len(rows)-1, want, err, a.Header)
				continue
			}
			for _, row := range rows[1:] {
				if !strings.HasPrefix(row[1], "'=Card") {
					t.Errorf("a name that a spreadsheet computes: %q", row[1])
				}
			}
		}
		if page := b.get("/decisions?state=stale").text; !strings.Contains(page, `href="/decisions.csv?state=stale"`) {
			t.Error("the page leads to another file than its own")
		}
		ann, _ := r.joins(t, root, "ann", drawbridge.Requester)
		ann.looks(t, map[string][]string{"/decisions": {"Nothing was decided yet."}})
		if a := ann.get("/decisions.csv"); strings.Contains(a.text, "dec_") {
			t.Error("a requester downloads what others decided")
		}
		if a := r.browser(t).get("/decisions.csv?" + url.Values{"state": {"stale"}}.Encode()); a.StatusCode != 303 {
			t.Errorf("nobody downloads: %d", a.StatusCode)
		}
	})
}
