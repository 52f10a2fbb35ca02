package app

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"drawbridge/internal/access"
	"drawbridge/internal/action"
	"drawbridge/internal/store"
	"drawbridge/internal/testkit"
)

// saw is what the doctor says of one check.
func saw(list []Diagnosis, check string) Diagnosis {
	if i := slices.IndexFunc(list, func(d Diagnosis) bool { return d.Check == check }); i >= 0 {
		return list[i]
	}
	return Diagnosis{}
}

func TestDoctor(t *testing.T) {
	t.Parallel()
	testkit.Databases(t, func(t *testing.T, url string) {
		opt := options(t, url)
		opt.Create = true
		now := time.Now()
		opt.Now = func() time.Time { return now }
		local, err := OpenLocal(t.Context(), opt)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := local.Account.Bootstrap(t.Context(), "cli", "ann@drawbridge.example", "Ann", password); err != nil {
			t.Fatal(err)
		}
		if err := local.Close(); err != nil {
			t.Fatal(err)
		}
		ready := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
		defer ready.Close()
		list := Doctor(t.Context(), opt, ready.URL)
		for _, d := range list {
			// A server for tests may have fsync switched off: that is what the check is for.
			if d.Health == HealthFail && d.Check != "durability" {
				t.Errorf("on a healthy installation: %+v", d)
			}
		}
		sick := func(name, check string, health Health, harm func(*Options)) {
			t.Helper()
			harmed := opt
			harm(&harmed)
			list := Doctor(t.Context(), harmed, "")
			if got := saw(list, check); got.Health != health || got.Do == "" || got.Saw == "" {
				t.Errorf("%s: %+v, want %s of %s", name, got, health, check)
			}
			if Sick(list) != slices.ContainsFunc(list, func(d Diagnosis) bool { return d.Health == HealthFail }) {
				t.Errorf("%s: Sick is wrong", name)
			}
		}
		sick("no backup", "backup", HealthWarn, func(*Options) {})
		sick("no folder", "data folder", HealthFail, func(o *Options) { o.Data = filepath.Join(t.TempDir(), "none") })
		sick("the clock is behind", "clock", HealthFail, func(o *Options) { o.Now = func() time.Time { return now.Add(-time.Hour) } })
		sick("no packs", "packs", HealthFail, func(o *Options) { o.Workspace = t.TempDir() })
		sick("nobody there", "database", HealthFail, func(o *Options) { o.Database = "postgres://127.0.0.1:1/x?sslmode=disable" })
		certs := func(o *Options) {
			dir := t.TempDir()
			o.TLSCert, o.TLSKey = filepath.Join(dir, "c"), filepath.Join(dir, "k")
		}
		sick("no certificate", "certificate", HealthFail, certs)
		for name, c := range map[string]struct {
			until  time.Time
			url    string
			health Health
		}{
			"ended":        {now.Add(-time.Minute), "", HealthFail},
			"ends soon":    {now.Add(time.Hour), "https://drawbridge.example", HealthWarn},
			"another name": {now.Add(time.Hour), "https://bridge.example", HealthFail},
			"too early":    {now.Add(48 * time.Hour), "", HealthFail},
		} {
			sick(name, "certificate", c.health, func(o *Options) {
				certs(o)
				o.PublicURL = c.url
				certificate(t, *o, 1, c.until)
			})
		}
		late(t, opt, now, sick)
		sick("open to others", "data folder", HealthWarn, func(o *Options) {
			if err := os.Chmod(o.Data, 0o755); err != nil {
				t.Fatal(err)
			}
		})
		sick("no keys", "keys", HealthFail, func(o *Options) {
			if err := os.RemoveAll(o.keysFolder()); err != nil {
				t.Fatal(err)
			}
		})
	})
}

// late leaves an event that nobody relays.
func late(t *testing.T, opt Options, now time.Time, sick func(string, string, Health, func(*Options))) {
	t.Helper()
	sick("nobody works", "jobs", HealthWarn, func(o *Options) {
		local, err := OpenLocal(t.Context(), opt)
		if err != nil {
			t.Fatal(err)
		}
		defer local.Close()
		_, _, err = action.Do(t.Context(), local.Door, action.Act{Actor: access.System("test"), Action: access.Expire}, func(tx *store.Tx) (int, error) {
			return 0, tx.AddEvent(store.Event{ID: "evt_1", Kind: "assess", Subject: "int_1", DueAt: now.Add(-time.Hour), CreatedAt: now.Add(-time.Hour)})
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}
