package trust_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"drawbridge"
	"drawbridge/internal/client"
	"drawbridge/internal/testkit"
)

func decode(a answer, out any) error { return json.Unmarshal(a.body, out) }

// TestDatabaseGoneAndBack ends every connection to PostgreSQL over and over while
// callers write. Each is answered, or told that the record cannot be reached;
// with the same key each gets its one effect in the end.
func TestDatabaseGoneAndBack(t *testing.T) {
	t.Parallel()
	database := testkit.Postgres(t)
	h := openHouse(t, database)
	killer, err := pgx.Connect(t.Context(), database)
	if err != nil {
		t.Fatal(err)
	}
	defer killer.Close(t.Context())
	before, outages := h.desk().entries(t), times(5, 100)
	const callers, writes = 4, 5
	refused := 0
	for round := range outages {
		var all sync.WaitGroup
		answers := make([][]answer, callers)
		asks := make([][]ask, callers)
		for n := range callers {
			all.Go(func() {
				for i := range writes {
					q := ask{method: "POST", path: "/api/v1/partners", key: fmt.Sprintf("%d-%d-%d", round, n, i), body: document(client.NewPartner{
						ID: drawbridge.PartnerID(fmt.Sprintf("p-%d-%d-%d", round, n, i)), PartnerEdit: client.PartnerEdit{Name: "Acme"},
					})}
					a, err := h.send(t.Context(), h.otto, q)
					if err != nil {
						t.Errorf("round %d: the server gave no answer: %v", round, err)
					}
					answers[n], asks[n] = append(answers[n], a), append(asks[n], q)
				}
			})
		}
		for range 3 {
			_, err := killer.Exec(t.Context(), `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`)
			if err != nil {
				t.Fatal(err)
			}
		}
		all.Wait()
		for n := range callers {
			for i, a := range answers[n] {
				if !a.ok() {
					refused++
				}
				if !a.ok() && (a.problem().Kind != drawbridge.Unavailable || !strings.Contains(a.problem().Detail, "idempotency key")) {
					t.Errorf("round %d: while the database was away: %v", round, a)
				}
				if again := h.must(h.otto, asks[n][i]); a.ok() && again.entry != a.entry {
					t.Errorf("round %d: was told entry %d, the repetition %d", round, a.entry, again.entry)
				}
			}
		}
	}
	h.whole(t, before, int64(outages*callers*writes))
	t.Logf("%d outages, %d of %d requests were turned away", outages, refused, outages*callers*writes)
}

// TestClockJumps sets the clock back a day and forward a year between acts. The
// ledger still verifies and says so; what somebody proved at a time that has not
// come counts for nothing, and what has ended does not come back.
func TestClockJumps(t *testing.T) {
	t.Parallel()
	testkit.Databases(t, func(t *testing.T, database string) {
		t.Parallel()
		h := openHouse(t, database)
		before, made := h.desk().entries(t), 0
		partner := func() ask {
			made++
			return ask{method: "POST", path: "/api/v1/partners", key: fmt.Sprint("k", made), body: document(client.NewPartner{
				ID: drawbridge.PartnerID(fmt.Sprint("p-", made)), PartnerEdit: client.PartnerEdit{Name: "Acme"},
			})}
		}
		token := ask{method: "POST", path: "/api/v1/tokens", body: document(client.NewToken{Name: "ci"})}
		first := partner()
		told := h.must(h.otto, first)
		var issued struct {
			Secret string `json:"secret"`
		}
		if err := decode(h.must(h.otto, token), &issued); err != nil {
			t.Fatal(err)
		}

		h.ahead.Store(int64(-24 * time.Hour))
		h.must(h.otto, partner())
		if again := h.must(h.otto, first); !again.replayed || again.entry != told.entry {
			t.Errorf("a repetition a day before: %v, want %v", again, told)
		}
		if a, err := h.send(t.Context(), h.otto, token); err != nil || a.status != 403 || !strings.Contains(a.problem().Detail, "reauthentication_required") {
			t.Errorf("a sensitive act by a proof of tomorrow: %v %v", a, err)
		}
		otto := h.sign("otto")
		h.must(otto, token)

		h.ahead.Store(int64(365 * 24 * time.Hour))
		for name, secret := range map[string]string{"the session of today": h.otto, "that of yesterday": otto, "the token": issued.Secret} {
			if a, err := h.send(t.Context(), secret, partner()); err != nil || a.status != 401 {
				t.Errorf("%s, a year on: %v %v", name, a, err)
			}
			made--
		}
		otto = h.sign("otto")
		h.must(otto, partner())
		h.must(otto, token)

		h.ahead.Store(0)
		otto = h.sign("otto") // those from before may have been swept away meanwhile
		h.must(otto, partner())
		h.must(otto, token)

		var export strings.Builder
		a, err := h.send(t.Context(), otto, ask{method: "GET", path: "/api/v1/log/export"})
		if err != nil || !a.ok() {
			t.Fatalf("export: %v %v", a, err)
		}
		export.Write(a.body)
		notes := verified(t, export.String())
		if !strings.Contains(strings.Join(notes, "\n"), "clock went backwards: 2") {
			t.Errorf("the ledger's notes are %q; the clock went backwards twice", notes)
		}
		h.whole(t, before, h.acts(t, before))
	})
}
