package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"drawbridge"
	"drawbridge/internal/testkit"
)

func person(i int) *drawbridge.Person {
	return &drawbridge.Person{
		ID: drawbridge.PersonID(fmt.Sprintf("per_%d", i)), Email: fmt.Sprintf("p%d@drawbridge.example", i), Name: "Ann", CreatedAt: start, UpdatedAt: start,
	}
}

func add(t *testing.T, s *Store, i int) error {
	t.Helper()
	return tryAct(t, s, func(tx *Tx) error { return tx.AddPerson(person(i)) })
}

func count(t *testing.T, s *Store) int {
	t.Helper()
	n := 0
	err := s.View(t.Context(), func(tx *Tx) error {
		list, err := tx.PeopleAfter("", 10_000)
		n = len(list)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// TestConnections holds every connection of both pools to the settings on which
// durability rests.
func TestConnections(t *testing.T) {
	t.Parallel()
	s := openAt(t, t.TempDir(), "")
	for name, db := range map[string]*sql.DB{"write": s.write, "read": s.read} {
		var held []*sql.Conn
		for range db.Stats().MaxOpenConnections {
			conn, err := db.Conn(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			held = append(held, conn)
			want := map[string]string{"journal_mode": "wal", "synchronous": "2", "foreign_keys": "1", "busy_timeout": "10000", "query_only": "0"}
			if name == "read" {
				want["query_only"] = "1"
			}
			for pragma, value := range want {
				var got string
				if err := conn.QueryRowContext(t.Context(), "PRAGMA "+pragma).Scan(&got); err != nil || got != value {
					t.Errorf("%s connection: %s = %q %v, want %q", name, pragma, got, err, value)
				}
			}
		}
		if len(held) == 0 {
			t.Errorf("the %s pool has no bound", name)
		}
		for _, conn := range held {
			conn.Close()
		}
	}
}

func TestDurability(t *testing.T) {
	t.Parallel()
	testkit.Databases(t, func(t *testing.T, url string) {
		s := openAt(t, t.TempDir(), url)
		list, err := s.Durability(t.Context())
		if err != nil || len(list) < 2 {
			t.Fatalf("Durability = %v, %v", list, err)
		}
		for _, d := range list {
			if d.Value == "" || d.Safe != (d.Value == d.Want) {
				t.Errorf("%+v", d)
			}
		}
		if version, err := s.Version(t.Context()); err != nil || !strings.Contains(version, "SQL") {
			t.Errorf("Version = %q, %v", version, err)
		}
	})
}

// TestMigrateAtOnce lets several processes make the same database.
func TestMigrateAtOnce(t *testing.T) {
	t.Parallel()
	testkit.Databases(t, func(t *testing.T, url string) {
		dir := t.TempDir()
		var wg sync.WaitGroup
		errs := make([]error, 6)
		stores := make([]*Store, len(errs))
		for i := range errs {
			wg.Go(func() { stores[i], errs[i] = Open(t.Context(), Options{Dir: dir, Database: url}) })
		}
		wg.Wait()
		for i, err := range errs {
			if err != nil {
				t.Errorf("process %d: %v", i, err)
				continue
			}
			defer stores[i].Close()
			if err := add(t, stores[i], i); err != nil {
				t.Errorf("process %d: %v", i, err)
			}
		}
		if got := count(t, stores[0]); got != len(errs) {
			t.Errorf("%d people, want %d", got, len(errs))
		}
	})
}

// TestNewer refuses a database that a later program wrote, and leaves it alone.
func TestNewer(t *testing.T) {
	t.Parallel()
	testkit.Databases(t, func(t *testing.T, url string) {
		dir := t.TempDir()
		s := openAt(t, dir, url)
		have, want, err := s.Schema(t.Context())
		if err != nil || have != want || want == 0 {
			t.Fatalf("Schema = %d %d %v", have, want, err)
		}
		if _, err := s.write.ExecContext(t.Context(), fmt.Sprintf("INSERT INTO goose_db_version (version_id, is_applied) VALUES (%d, %s)", want+1, "true")); err != nil {
			t.Fatal(err)
		}
		_, err = Open(t.Context(), Options{Dir: dir, Database: url})
		if drawbridge.KindOf(err) != drawbridge.Unavailable || !strings.Contains(err.Error(), "newer drawbridge") {
			t.Errorf("Open = %v, want a refusal", err)
		}
		if have, _, err := s.Schema(t.Context()); err != nil || have != want+1 {
			t.Errorf("Schema = %d %v after the refusal, want %d", have, err, want+1)
		}
	})
}

// TestLook opens what is there and changes nothing.
func TestLook(t *testing.T) {
	t.Parallel()
	testkit.Databases(t, func(t *testing.T, url string) {
		dir := filepath.Join(t.TempDir(), "data")
		if s, err := Open(t.Context(), Options{Dir: dir, Database: url, Look: true}); err == nil {
			if have, _, err := s.Schema(t.Context()); have != 0 || err != nil {
				t.Errorf("Schema of nothing = %d %v", have, err)
			}
			s.Close()
		} else if url != "" || drawbridge.KindOf(err) != drawbridge.NotFound {
			t.Errorf("Open = %v", err)
		}
		if _, err := os.Stat(dir); err == nil {
			t.Error("looking made the folder")
		}
		if err := add(t, openAt(t, dir, url), 1); err != nil {
			t.Fatal(err)
		}
		s, err := Open(t.Context(), Options{Dir: dir, Database: url, Look: true})
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		if got := count(t, s); got != 1 {
			t.Errorf("%d people, want 1", got)
		}
		if err := add(t, s, 2); err == nil {
			t.Error("a look wrote")
		}
	})
}

// TestGoneAndBack ends every connection at the server, also in mid-transaction.
func TestGoneAndBack(t *testing.T) {
	t.Parallel()
	url := testkit.Postgres(t)
	s := openAt(t, t.TempDir(), url)
	killer, err := sql.Open("pgx", url)
	if err != nil {
		t.Fatal(err)
	}
	defer killer.Close()
	kill := func() {
		t.Helper()
		if _, err := killer.ExecContext(t.Context(), `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
			WHERE datname = current_database() AND pid <> pg_backend_pid() AND application_name = 'drawbridge'`); err != nil {
			t.Fatal(err)
		}
	}
	want := 0
	for i := range 5 {
		if err := add(t, s, i); err != nil {
			t.Fatalf("round %d: %v", i, err)
		}
		want++
		var wg sync.WaitGroup
		for range 6 { // so that the pools hold several connections
			wg.Go(func() { _ = s.View(t.Context(), func(tx *Tx) error { _, err := tx.PeopleAfter("", 1); return err }) })
		}
		wg.Wait()
		kill()
		if got := count(t, s); got != want {
			t.Errorf("round %d: the first view after the connections were lost saw %d people, want %d", i, got, want)
		}
		err := tryAct(t, s, func(tx *Tx) error {
			if err := tx.AddPerson(person(100 + i)); err != nil {
				return err
			}
			kill()
			return nil
		})
		if drawbridge.KindOf(err) != drawbridge.Unavailable {
			t.Errorf("round %d: an act whose connection was lost = %v, want unavailable", i, err)
		}
	}
	if got := count(t, s); got != want {
		t.Errorf("%d people, want %d: what was not acknowledged is not there", got, want)
	}
	intact(t, s)
}

// TestUnreachable says what is wrong, and never the password.
func TestUnreachable(t *testing.T) {
	t.Parallel()
	for name, url := range map[string]string{
		"nobody listens": "postgres://ann:canary-7Q@127.0.0.1:1/x?sslmode=disable",
		"no address":     "postgres://ann:canary-7Q@[::bad/x",
		"bad setting":    "postgres://ann:canary-7Q@127.0.0.1:1/x?sslmode=sideways",
	} {
		_, err := Open(t.Context(), Options{Dir: t.TempDir(), Database: url})
		if err == nil || drawbridge.KindOf(err) == drawbridge.Internal || strings.Contains(fmt.Sprintf("%v %+v", err, errors.Unwrap(err)), "canary-7Q") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestDiskFull fills the database: every act after that says so and leaves
// nothing, and once there is room again the work goes on.
func TestDiskFull(t *testing.T) {
	t.Parallel()
	s := openAt(t, t.TempDir(), "")
	if err := add(t, s, 0); err != nil {
		t.Fatal(err)
	}
	limit := func(pages string) {
		if _, err := s.write.ExecContext(t.Context(), "PRAGMA max_page_count = "+pages); err != nil {
			t.Fatal(err)
		}
	}
	limit("1") // as many as there are now
	want, refused := 1, 0
	for i := 1; i < 400 && refused < 5; i++ {
		p := person(i)
		p.Name = strings.Repeat("long name ", 500)
		switch err := tryAct(t, s, func(tx *Tx) error { return tx.AddPerson(p) }); {
		case err == nil:
			want++
		case drawbridge.KindOf(err) != drawbridge.Unavailable || !strings.Contains(err.Error(), "disk is full"):
			t.Fatalf("act %d on a full disk = %v, want that the disk is full", i, err)
		default:
			refused++
		}
	}
	if refused == 0 {
		t.Fatal("the disk did not fill")
	}
	if got := count(t, s); got != want {
		t.Errorf("%d people, want %d", got, want)
	}
	intact(t, s)
	limit("1000000")
	if err := add(t, s, 1000); err != nil {
		t.Errorf("with room again: %v", err)
	}
	intact(t, s)
}

// TestBusy gives up on a database that another process holds, once the caller does.
func TestBusy(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s, other := openAt(t, dir, ""), openAt(t, dir, "")
	held, release := make(chan struct{}), make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		_ = other.Update(context.Background(), func(*Tx) error { close(held); <-release; return errTakeBack })
	})
	<-held
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	began := time.Now()
	err := s.Update(ctx, func(*Tx) error { return nil })
	if err == nil || time.Since(began) > 8*time.Second {
		t.Errorf("an act beside another's = %v after %v, want a quick end", err, time.Since(began))
	}
	if got := count(t, s); got != 0 {
		t.Errorf("readers see %d people", got)
	}
	close(release)
	wg.Wait()
	if err := add(t, s, 1); err != nil {
		t.Errorf("after the other ended: %v", err)
	}
}

// TestCancelled takes an act back when its caller gives up.
func TestCancelled(t *testing.T) {
	t.Parallel()
	testkit.Databases(t, func(t *testing.T, url string) {
		s := openAt(t, t.TempDir(), url)
		for i := range 3 {
			ctx, cancel := context.WithCancel(t.Context())
			err := s.Update(ctx, func(tx *Tx) error {
				if err := tx.AddPerson(person(i)); err != nil {
					return err
				}
				cancel()
				if i == 1 {
					_, err := tx.PeopleAfter("", 10)
					return err
				}
				return nil
			})
			cancel()
			if !errors.Is(err, context.Canceled) {
				t.Errorf("case %d: %v, want context.Canceled", i, err)
			}
		}
		if got := count(t, s); got != 0 {
			t.Errorf("%d people, want none", got)
		}
		if err := add(t, s, 1); err != nil {
			t.Errorf("the next act: %v", err)
		}
	})
}

// TestReadOnlyFolder says what is wrong with the folder.
func TestReadOnlyFolder(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(dir, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := Open(t.Context(), Options{Dir: dir})
	if drawbridge.KindOf(err) != drawbridge.Unavailable || !strings.Contains(err.Error(), "--data") {
		t.Errorf("a file in place of the folder: %v", err)
	}
	if os.Geteuid() == 0 {
		t.Skip("root may write everywhere")
	}
	dir = t.TempDir()
	if err := os.Chmod(dir, 0o500); err != nil {
		t.Fatal(err)
	}
	_, err = Open(t.Context(), Options{Dir: dir})
	if drawbridge.KindOf(err) != drawbridge.Unavailable {
		t.Errorf("a folder without leave to write: %v", err)
	}
}

// TestDamaged says that the file is damaged, wherever it is.
func TestDamaged(t *testing.T) {
	t.Parallel()
	for name, damage := range map[string]func([]byte) []byte{
		"no database": func([]byte) []byte { return []byte(strings.Repeat("no database ", 1000)) },
		"pages":       func(b []byte) []byte { copy(b[4096:], strings.Repeat("x", len(b)-4096)); return b },
	} {
		dir := t.TempDir()
		s := openAt(t, dir, "")
		if err := add(t, s, 1); err != nil {
			t.Fatal(err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(dir, "drawbridge.db")
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, damage(data), 0o600); err != nil {
			t.Fatal(err)
		}
		s, err = Open(t.Context(), Options{Dir: dir})
		if err == nil {
			err = s.View(t.Context(), func(tx *Tx) error { _, err := tx.PeopleAfter("", 10); return err })
			s.Close()
		}
		if drawbridge.KindOf(err) != drawbridge.Unavailable || !strings.Contains(err.Error(), "damaged") {
			t.Errorf("%s: %v, want that the file is damaged", name, err)
		}
	}
}

// TestPrivate keeps the database from everybody else on the machine.
func TestPrivate(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "data")
	s := openAt(t, dir, "")
	if err := add(t, s, 1); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{".", "drawbridge.db", "drawbridge.db-wal", "drawbridge.db-shm", "blobs"} {
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil || info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s: %v %v", name, info.Mode(), err)
		}
	}
}
