package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/rogpeppe/go-internal/lockedfile"
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
	explain(error) error                   // the database's error to ours
	dropped(error) bool                    // whether the connection was lost, so that another may do
	unopened(opt Options, err error) error // why there is no first connection
	goose() goose.Dialect
	alone(context.Context, *Store) (release func(), err error) // the only process that brings the schema forward
	versioned() string                                         // a query that counts the tables of schema versions: 0 or 1
	columns() string                                           // a query for table, column and type, in the order of the columns
	tables() string                                            // a query that counts all tables
	indexes() string                                           // a query for name and statement of every index that is no constraint
	size() string                                              // a query for the bytes that the database takes
	version() string                                           // a query for the program's name and version
	durability() []Durable                                     // settings that decide what survives a failing machine
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
// acknowledged write is on the disk; secure_delete: what was erased is not.
func (sqliteDialect) connect(opt Options) (*sql.DB, *sql.DB, error) {
	file := filepath.Join(opt.Dir, "drawbridge.db")
	pragmas := []string{"busy_timeout(10000)", "synchronous(FULL)", "foreign_keys(ON)", "secure_delete(ON)", "cache_size(-32000)", "temp_store(MEMORY)"}
	common := url.Values{"_pragma": pragmas}
	if opt.Look {
		common.Set("mode", "ro")
	} else {
		common.Add("_pragma", "journal_mode(WAL)")
		if err := makePrivate(file); err != nil {
			return nil, nil, drawbridge.Errorf(drawbridge.Unavailable, "the database %s cannot be made: %w; look at who owns the data folder, and at its mode", file, err)
		}
	}
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

// makePrivate makes the file, which SQLite would let others read. One that is
// there is left alone: to close it here would give SQLite's locks free.
func makePrivate(file string) error {
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600) //nolint:gosec // the operator names the folder
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err != nil {
		return errors.Unwrap(err)
	}
	return f.Close()
}

func (sqliteDialect) name() string                 { return "sqlite" }
func (sqliteDialect) bind(query string) string     { return query }
func (sqliteDialect) snapshot() sql.IsolationLevel { return sql.LevelDefault }
func (sqliteDialect) goose() goose.Dialect         { return goose.DialectSQLite3 }
func (sqliteDialect) size() string {
	return `SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()`
}

func (sqliteDialect) columns() string {
	return `SELECT m.name, c.name, c.type FROM sqlite_master m JOIN pragma_table_info(m.name) c WHERE m.type = 'table' ORDER BY m.name, c.cid`
}

func (sqliteDialect) tables() string {
	return `SELECT COUNT(*) FROM sqlite_master WHERE type = 'table'`
}

func (sqliteDialect) indexes() string {
	return `SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL ORDER BY name`
}

func (sqliteDialect) versioned() string {
	return `SELECT COUNT(*) FROM sqlite_master WHERE type = 'table' AND name = 'goose_db_version'`
}
func (sqliteDialect) version() string    { return `SELECT 'SQLite ' || sqlite_version()` }
func (sqliteDialect) dropped(error) bool { return false }

// durability is asked of a connection of our own: the file keeps the first alone.
func (sqliteDialect) durability() []Durable {
	return []Durable{
		{Name: "journal_mode", Want: "wal", query: `SELECT journal_mode FROM pragma_journal_mode()`},
		{Name: "synchronous", Want: "2", query: `SELECT CAST(synchronous AS TEXT) FROM pragma_synchronous()`}, // FULL
	}
}

// alone waits for other processes by a file: SQLite's own lock is given free
// between two migrations.
func (sqliteDialect) alone(_ context.Context, s *Store) (func(), error) {
	unlock, err := lockedfile.MutexAt(filepath.Join(s.dir, "migrate.lock")).Lock()
	if err != nil {
		return nil, drawbridge.Errorf(drawbridge.Unavailable, "data folder %s cannot be written: %w", s.dir, err)
	}
	return unlock, nil
}

func (d sqliteDialect) unopened(opt Options, err error) error {
	file := filepath.Join(opt.Dir, "drawbridge.db")
	if _, statErr := os.Stat(file); opt.Look && errors.Is(statErr, fs.ErrNotExist) {
		return drawbridge.Errorf(drawbridge.NotFound, "there is no database %s; start drawbridge serve once, or name the data folder with --data", file)
	}
	e, ok := errors.AsType[*sqlite.Error](err)
	if ok && (e.Code()&0xff == sqlite3.SQLITE_CANTOPEN || e.Code()&0xff == sqlite3.SQLITE_READONLY) {
		return &drawbridge.Error{Kind: drawbridge.Unavailable, Message: "the database " + file + " cannot be opened; look at who owns the data folder, and at its mode", Err: err}
	}
	return d.explain(err)
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
		return full(err)
	case sqlite3.SQLITE_IOERR, sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN:
		return unavailable("sqlite", err)
	case sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB:
		return &drawbridge.Error{Kind: drawbridge.Unavailable, Message: "the database file is damaged; run drawbridge fsck, and restore a backup", Err: err}
	}
	return err
}

type postgresDialect struct{}

func (postgresDialect) connect(opt Options) (*sql.DB, *sql.DB, error) {
	config, err := pgx.ParseConfig(opt.Database)
	if err != nil { // its message could show the password
		return nil, nil, drawbridge.Errorf(drawbridge.Invalid, "--database: the address cannot be read: write postgres://user@host/name")
	}
	if config.ConnectTimeout == 0 {
		config.ConnectTimeout = 10 * time.Second
	}
	if config.RuntimeParams["application_name"] == "" {
		config.RuntimeParams["application_name"] = "drawbridge"
	}
	if opt.Look {
		config.RuntimeParams["default_transaction_read_only"] = "on"
	}
	open := func(conns int) *sql.DB {
		db := stdlib.OpenDB(*config)
		db.SetMaxOpenConns(conns)
		db.SetMaxIdleConns(conns)
		db.SetConnMaxIdleTime(5 * time.Minute)
		return db
	}
	return open(4), open(opt.Readers), nil
}

func (postgresDialect) name() string                 { return "postgres" }
func (postgresDialect) snapshot() sql.IsolationLevel { return sql.LevelRepeatableRead }
func (postgresDialect) goose() goose.Dialect         { return goose.DialectPostgres }
func (postgresDialect) size() string                 { return `SELECT pg_database_size(current_database())` }

func (postgresDialect) columns() string {
	return `SELECT table_name, column_name, data_type FROM information_schema.columns WHERE table_schema = current_schema() ORDER BY table_name, ordinal_position`
}

func (postgresDialect) tables() string {
	return `SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = current_schema()`
}

func (postgresDialect) indexes() string {
	return `SELECT c.relname, pg_get_indexdef(c.oid) FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
		WHERE c.relnamespace = current_schema()::regnamespace AND NOT EXISTS (SELECT 1 FROM pg_constraint k WHERE k.conindid = c.oid) ORDER BY c.relname`
}

func (postgresDialect) versioned() string {
	return `SELECT COUNT(*) FROM pg_class WHERE relname = 'goose_db_version' AND pg_table_is_visible(oid)`
}

func (postgresDialect) version() string {
	return `SELECT 'PostgreSQL ' || current_setting('server_version')`
}

func (postgresDialect) durability() []Durable {
	setting := func(name, want string) Durable {
		return Durable{Name: name, Want: want, query: `SELECT current_setting('` + name + `')`}
	}
	return []Durable{setting("fsync", "on"), setting("full_page_writes", "on"), setting("synchronous_commit", "on")}
}

// alone holds a lock of the database until release.
func (postgresDialect) alone(ctx context.Context, s *Store) (func(), error) {
	tx, err := s.write.BeginTx(ctx, nil)
	if err != nil {
		return nil, s.failed("begin", err)
	}
	if _, err := tx.ExecContext(ctx, `SELECT pg_advisory_xact_lock(7239401182)`); err != nil {
		return nil, errors.Join(s.failed("wait for other processes", err), ignoreDone(tx.Rollback()))
	}
	return func() { _ = tx.Rollback() }, nil
}

func (d postgresDialect) unopened(_ Options, err error) error {
	return &drawbridge.Error{Kind: drawbridge.Unavailable, Message: "the database cannot be reached: " + err.Error(), Err: err}
}

// dropped reports whether a connection was lost, and not a statement refused.
func (postgresDialect) dropped(err error) bool {
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		return strings.HasPrefix(e.Code, "57P") // the server ended the connection
	}
	_, network := errors.AsType[net.Error](err)
	return network || pgconn.SafeToRetry(err) || errors.Is(err, driver.ErrBadConn) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
}

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

func (d postgresDialect) explain(err error) error {
	if err == nil {
		return nil
	}
	e, ok := errors.AsType[*pgconn.PgError](err)
	switch {
	case d.dropped(err):
		return unavailable("postgres", err)
	case !ok:
		return err
	case e.Code == "23505":
		return duplicate(err)
	case e.Code == "53100":
		return full(err)
	case strings.HasPrefix(e.Code, "54"):
		return &drawbridge.Error{Kind: drawbridge.TooLarge, Message: "a text is too long for the database to look it up: shorten it", Err: err}
	case slices.Contains([]string{"08", "25", "53", "57", "58", "40"}, e.Code[:min(2, len(e.Code))]):
		return unavailable("postgres", err)
	}
	return err
}

// full tells that there is no room. Nothing of the transaction is kept.
func full(err error) error {
	return &drawbridge.Error{Kind: drawbridge.Unavailable, Message: "the disk is full: nothing was changed; make room and try again", Err: err}
}

func duplicate(err error) error {
	return &drawbridge.Error{Kind: drawbridge.Conflict, Message: "there is one already", Err: err}
}
