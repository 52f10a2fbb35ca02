package testkit_test

import (
	"strconv"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"drawbridge/internal/testkit"
)

func TestPostgresGivesADatabaseOfItsOwn(t *testing.T) {
	t.Parallel()
	for i := range 8 { // at once, as tests in parallel ask for them
		t.Run(strconv.Itoa(i), func(t *testing.T) {
			t.Parallel()
			conn, err := pgx.Connect(t.Context(), testkit.Postgres(t))
			if err != nil {
				t.Fatal(err)
			}
			if _, err := conn.Exec(t.Context(), "CREATE TABLE thing (id TEXT)"); err != nil {
				t.Errorf("a new database has a table already: %v", err)
			}
			// The connection stays open: dropping the database must cope.
		})
	}
}

func TestPostgresIsGoneAfterTheTest(t *testing.T) {
	t.Parallel()
	var address string
	t.Run("uses it", func(t *testing.T) { address = testkit.Postgres(t) })
	if address == "" {
		t.Skip("no PostgreSQL server")
	}
	_, err := pgx.Connect(t.Context(), address)
	if err == nil || !strings.Contains(err.Error(), "does not exist") {
		t.Errorf("connect after the test = %v, want a database that does not exist", err)
	}
}

func TestPostgresWithoutAServer(t *testing.T) {
	for _, c := range []struct {
		name, required  string
		skipped, failed bool
	}{
		{"skips", "", true, false},
		{"fails where it is required", "1", false, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Setenv("DRAWBRIDGE_TEST_POSTGRES", "")
			t.Setenv("DRAWBRIDGE_TEST_POSTGRES_REQUIRED", c.required)
			got := watch(t, func(tb testing.TB) { tb.Helper(); testkit.Postgres(tb) })
			if got.skipped != c.skipped || got.failed != c.failed {
				t.Errorf("skipped %v, failed %v; want %v, %v", got.skipped, got.failed, c.skipped, c.failed)
			}
			if !strings.Contains(got.said, "scripts/postgres run") {
				t.Errorf("message %q does not tell what to run", got.said)
			}
		})
	}
}

func TestDatabases(t *testing.T) {
	t.Parallel()
	var got []string
	testkit.Databases(t, func(_ *testing.T, database string) { got = append(got, database) })
	if len(got) == 0 || got[0] != "" {
		t.Fatalf("databases = %q, want SQLite's first", got)
	}
	for _, database := range got[1:] {
		if !strings.HasPrefix(database, "postgres://") {
			t.Errorf("database = %q, want a PostgreSQL URL", database)
		}
	}
}
