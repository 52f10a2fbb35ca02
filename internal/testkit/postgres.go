package testkit

import (
	"context"
	"crypto/rand"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// The environment of a test that needs PostgreSQL. scripts/postgres sets the
// first; `make test` sets the second, so that a missing server fails the tests
// instead of skipping them.
const (
	postgresURL      = "DRAWBRIDGE_TEST_POSTGRES"
	postgresRequired = "DRAWBRIDGE_TEST_POSTGRES_REQUIRED"
)

// postgresPatience is more than a loaded machine needs to make a database.
const postgresPatience = time.Minute

// Databases runs a test on each kind of database. The test gets what `drawbridge
// serve --database` takes: "" is SQLite in the data folder.
func Databases(t *testing.T, test func(t *testing.T, database string)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { test(t, "") })
	t.Run("postgres", func(t *testing.T) { test(t, Postgres(t)) })
}

// Postgres returns the URL of a new, empty PostgreSQL database, which is dropped
// when the test ends, open connections or not. It skips the test when there is no
// server.
func Postgres(tb testing.TB) string {
	tb.Helper()
	server := os.Getenv(postgresURL)
	switch {
	case server != "":
	case os.Getenv(postgresRequired) != "":
		tb.Fatalf("%s is empty and %s is set; run the tests by scripts/postgres run -- go test", postgresURL, postgresRequired)
	default:
		tb.Skipf("%s is empty; scripts/postgres run -- go test runs this test too", postgresURL)
	}
	address, err := url.Parse(server)
	if err != nil {
		tb.Fatalf("%s is not a URL", postgresURL) // the error would show the password
	}
	name := "test_" + strings.ToLower(rand.Text())
	// template0 takes no connections, so that it can be copied at any time.
	execute(tb, server, "CREATE DATABASE "+name+" TEMPLATE template0")
	tb.Cleanup(func() { execute(tb, server, "DROP DATABASE "+name+" WITH (FORCE)") })
	address.Path = "/" + name
	return address.String()
}

// execute runs one statement on a connection of its own, also in a cleanup,
// when the test's context has ended.
func execute(tb testing.TB, server, statement string) {
	tb.Helper()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(tb.Context()), postgresPatience)
	defer cancel()
	conn, err := pgx.Connect(ctx, server)
	if err != nil {
		tb.Fatalf("connect to the PostgreSQL server for tests: %v", err)
	}
	defer conn.Close(ctx)
	if _, err := conn.Exec(ctx, statement); err != nil {
		tb.Fatalf("%s: %v", statement, err)
	}
}
