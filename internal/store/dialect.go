package store

import (
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
	"github.com/pressly/goose/v3"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"drawbridge"
)

// dialect is everything in which the two databases differ.
type dialect interface {
	name() string
	connect(Options) (write, read *sql.DB, err error)
	bind(query string) string // ? placeholders to the database's own
	snapshot() sql.IsolationLevel
	explain(error) error // the database's error to ours
	goose() goose.Dialect
	size() string // a query for the bytes that the database takes
}

func dialectOf(database string) (dialect, error) {
	switch {
	case database == "":
		return sqliteDialect{}, nil
	case strings.HasPrefix(database, "postgres://"), strings.HasPrefix(database, "postgresql://"):
		return postgresDialect{}, nil
	}
	return nil, drawbridge.Errorf(drawbridge.Invalid, "--database: write postgres://user@host/name, or leave it out for SQLite in the data folder")
}

type sqliteDialect struct{}

// connect opens the one writer and the readers. synchronous=FULL: an
// acknowledged write is on the disk.
func (sqliteDialect) connect(opt Options) (*sql.DB, *sql.DB, error) {
	file := filepath.Join(opt.Dir, "drawbridge.db")
	common := url.Values{"_pragma": {"busy_timeout(10000)", "journal_mode(WAL)", "synchronous(FULL)", "foreign_keys(ON)", "cache_size(-32000)", "temp_store(MEMORY)"}}
	dsn := func(extra string) string {
		return (&url.URL{Scheme: "file", Opaque: (&url.URL{Path: filepath.ToSlash(file)}).EscapedPath()}).String() + "?" + common.Encode() + extra
	}
	write, err := sql.Open("sqlite", dsn("&_txlock=immediate"))
	if err != nil {
		return nil, nil, fmt.Errorf("open %s: %w", file, err)
	}
	write.SetMaxOpenConns(1)
	read, err := sql.Open("sqlite", dsn("&_pragma=query_only(ON)"))
	if err != nil {
		return nil, nil, errors.Join(fmt.Errorf("open %s: %w", file, err), write.Close())
	}
	read.SetMaxOpenConns(opt.Readers)
	read.SetMaxIdleConns(opt.Readers)
	return write, read, nil
}

func (sqliteDialect) name() string                 { return "sqlite" }
func (sqliteDialect) bind(query string) string     { return query }
func (sqliteDialect) snapshot() sql.IsolationLevel { return sql.LevelDefault }
func (sqliteDialect) goose() goose.Dialect         { return goose.DialectSQLite3 }
func (sqliteDialect) size() string {
	return `SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()`
}

func (sqliteDialect) explain(err error) error {
	e, ok := errors.AsType[*sqlite.Error](err)
	if !ok {
		return err
	}
	switch e.Code() {
	case sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY:
		return duplicate(err)
	}
	switch e.Code() & 0xff {
	case sqlite3.SQLITE_FULL:
		return &drawbridge.Error{Kind: drawbridge.Unavailable, Message: "the disk is full: nothing was changed; make room and try again", Err: err}
	case sqlite3.SQLITE_IOERR, sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN:
		return unavailable("sqlite", err)
	case sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB:
		return &drawbridge.Error{Kind: drawbridge.Unavailable, Message: "the database file is damaged; run drawbridge fsck, and restore a backup", Err: err}
	}
	return err
}

type postgresDialect struct{}

func (postgresDialect) connect(opt Options) (*sql.DB, *sql.DB, error) {
	db, err := sql.Open("pgx", opt.Database)
	if err != nil {
		return nil, nil, drawbridge.Errorf(drawbridge.Invalid, "--database: the address cannot be read")
	}
	db.SetMaxOpenConns(4)
	db.SetConnMaxIdleTime(5 * time.Minute)
	read, err := sql.Open("pgx", opt.Database)
	if err != nil {
		return nil, nil, errors.Join(err, db.Close())
	}
	read.SetMaxOpenConns(opt.Readers)
	read.SetMaxIdleConns(opt.Readers)
	read.SetConnMaxIdleTime(5 * time.Minute)
	return db, read, nil
}

func (postgresDialect) name() string                 { return "postgres" }
func (postgresDialect) snapshot() sql.IsolationLevel { return sql.LevelRepeatableRead }
func (postgresDialect) goose() goose.Dialect         { return goose.DialectPostgres }
func (postgresDialect) size() string                 { return `SELECT pg_database_size(current_database())` }

// bind numbers the placeholders. Our SQL has no question mark in a literal.
func (postgresDialect) bind(query string) string {
	if !strings.Contains(query, "?") {
		return query
	}
	var b strings.Builder
	n := 0
	for _, r := range query {
		if r == '?' {
			n++
			b.WriteString("$" + strconv.Itoa(n))
			continue
		}
		b.WriteRune(r)
	}
	return b.String()
}

func (postgresDialect) explain(err error) error {
	e, ok := errors.AsType[*pgconn.PgError](err)
	switch {
	case err == nil:
		return nil
	case !ok:
		return unavailable("postgres", err) // the connection, not the statement
	case e.Code == "23505":
		return duplicate(err)
	case strings.HasPrefix(e.Code, "08"), strings.HasPrefix(e.Code, "53"), strings.HasPrefix(e.Code, "57"), strings.HasPrefix(e.Code, "40"):
		return unavailable("postgres", err)
	}
	return err
}

func duplicate(err error) error {
	return &drawbridge.Error{Kind: drawbridge.Conflict, Message: "there is one already", Err: err}
}
