// Package store is SQLite and PostgreSQL: the only package that knows SQL. It
// keeps records, their digests, the ledger's rows and the blobs; it decides
// nothing, and it does not know who asks. Everything that is written comes
// through [Store.Update], which action alone calls.
//
//	s, err := store.Open(ctx, store.Options{Dir: "data"})
//	err = s.View(ctx, func(tx *store.Tx) error {
//		i, err := tx.Integration("int_…")
//		…
//	})
package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"drawbridge"
)

// Options say where the record is.
type Options struct {
	Dir      string // the data folder; made when it is missing
	Database string // postgres://…; empty for SQLite in the data folder
	Readers  int    // read connections; default 8
	Look     bool   // open what is there and change nothing: for the doctor

	restoring bool // into a folder that is marked
}

// Store is one open record.
type Store struct {
	dialect             dialect
	dir                 string  // the data folder
	write               *sql.DB // SQLite: one connection, which the queue shares
	read                *sql.DB
	blobs               *Blobs
	keptWrite, keptRead *statements // nil on PostgreSQL
	queries             atomic.Int64
	events              chan struct{} // rings when events were added
}

// Open opens the record and brings its schema up to date. A schema that is
// newer than this program is refused.
func Open(ctx context.Context, opt Options) (*Store, error) {
	s, err := open(ctx, opt)
	if err != nil {
		return nil, err
	}
	if opt.Look {
		return s, nil
	}
	if err := s.migrate(ctx); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

func open(ctx context.Context, opt Options) (*Store, error) {
	if opt.Readers <= 0 {
		opt.Readers = 8
	}
	d, err := dialectOf(opt.Database)
	if err != nil {
		return nil, err
	}
	s := &Store{dialect: d, dir: opt.Dir, blobs: &Blobs{dir: filepath.Join(opt.Dir, "blobs")}, events: make(chan struct{}, 1)}
	if !opt.Look {
		if !opt.restoring && Unfinished(opt.Dir) {
			return nil, drawbridge.Errorf(drawbridge.Unavailable, "a restore into %s was broken off: run the same drawbridge restore again", opt.Dir)
		}
		if err := os.MkdirAll(opt.Dir, 0o700); err != nil {
			return nil, drawbridge.Errorf(drawbridge.Unavailable, "data folder %s: %w; name another with --data", opt.Dir, err)
		}
		if s.blobs, err = openBlobs(s.blobs.dir); err != nil {
			return nil, err
		}
	}
	if s.write, s.read, err = d.connect(opt); err != nil {
		return nil, err
	}
	if !s.Postgres() {
		s.keptWrite = &statements{db: s.write, ready: map[string]*sql.Stmt{}}
		s.keptRead = &statements{db: s.read, ready: map[string]*sql.Stmt{}}
	}
	if err := s.write.PingContext(ctx); err != nil {
		return nil, errors.Join(d.unopened(opt, err), s.Close())
	}
	return s, nil
}

// Close closes every connection.
func (s *Store) Close() error { return errors.Join(s.read.Close(), s.write.Close()) }

// Postgres reports whether the record is on PostgreSQL.
func (s *Store) Postgres() bool { return s.dialect.name() == "postgres" }

// Writer is the writing handle, for the queue alone: on SQLite it is the one
// connection that may write.
func (s *Store) Writer() *sql.DB { return s.write }

// Blobs are the files that records name by digest.
func (s *Store) Blobs() *Blobs { return s.blobs }

// Queries counts the statements sent since the start.
func (s *Store) Queries() int64 { return s.queries.Load() }

// View runs fn over one consistent snapshot, without writing.
func (s *Store) View(ctx context.Context, fn func(*Tx) error) error {
	return s.in(ctx, s.read, s.keptRead, &sql.TxOptions{ReadOnly: true, Isolation: s.dialect.snapshot()}, fn)
}

// Update runs fn in one transaction, alone among all writers of every process.
// An error of fn takes everything back. Only action calls it.
func (s *Store) Update(ctx context.Context, fn func(*Tx) error) error {
	return s.in(ctx, s.write, s.keptWrite, nil, func(tx *Tx) error {
		tx.writable = true
		if err := tx.lock(); err != nil {
			return err
		}
		return fn(tx)
	})
}

func (s *Store) in(ctx context.Context, db *sql.DB, kept *statements, opt *sql.TxOptions, fn func(*Tx) error) (err error) {
	raw, err := s.begin(ctx, db, opt)
	if err != nil {
		return err
	}
	tx := &Tx{ctx: ctx, tx: raw, store: s, kept: kept}
	defer func() {
		if p := recover(); p != nil {
			_ = raw.Rollback()
			panic(p)
		}
	}()
	if err := fn(tx); err != nil {
		return errors.Join(err, ignoreDone(raw.Rollback()))
	}
	if err := raw.Commit(); err != nil {
		if gone := ctx.Err(); gone != nil { // the database then answers with whatever the rollback left
			return fmt.Errorf("commit: %w", errors.Join(gone, err))
		}
		return s.failed("commit", err)
	}
	for _, f := range tx.after {
		f()
	}
	if kept != nil {
		kept.prepare(ctx, tx.wanted)
	}
	return nil
}

// begin begins a transaction. After the database was gone, each connection of
// the pool may fail once more: none has done anything, so another is taken.
func (s *Store) begin(ctx context.Context, db *sql.DB, opt *sql.TxOptions) (*sql.Tx, error) {
	for left := db.Stats().Idle; ; left-- {
		raw, err := db.BeginTx(ctx, opt)
		if err == nil {
			return raw, nil
		}
		if left <= 0 || ctx.Err() != nil || !s.dialect.dropped(err) {
			return nil, s.failed("begin", err)
		}
	}
}

// failed is the error of a transaction as a whole.
func (s *Store) failed(doing string, err error) error {
	err = s.dialect.explain(err)
	if _, ok := errors.AsType[*drawbridge.Error](err); ok {
		return err
	}
	return unavailable(doing, err)
}

func ignoreDone(err error) error {
	if errors.Is(err, sql.ErrTxDone) || err == nil {
		return nil
	}
	return fmt.Errorf("roll back: %w", err)
}

// unavailable tells the person that the database failed, and the operator how.
func unavailable(doing string, err error) error {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("%s: %w", doing, err)
	}
	return &drawbridge.Error{
		Kind: drawbridge.Unavailable, Message: "the record cannot be reached or written now; nothing was changed for certain, so try again with the same idempotency key",
		Err: fmt.Errorf("%s: %w", doing, err),
	}
}

// Tx is one transaction. It is for one goroutine, and ends with its function.
type Tx struct {
	ctx      context.Context //nolint:containedctx // a transaction lives no longer than the call that it was made for
	tx       *sql.Tx
	store    *Store
	writable bool
	changes  []Change
	notes    map[string]any
	after    []func()
	kept     *statements // nil on PostgreSQL
	wanted   map[string]bool
}

// Change is one row that the transaction wrote.
type Change struct {
	Kind, ID, Op  string // create, update, delete or erase
	Before, After string // digests; empty where there is no row

	// Old and New are the fields that changed, as they are stored, secrets left
	// out; an erasure has none. They belong into what can be erased.
	Old, New map[string]any
}

// Changed notes a change of something that is no row, like a key.
func (tx *Tx) Changed(c Change) { tx.changes = append(tx.changes, c) }

// Changes lists what the transaction wrote so far, in order.
func (tx *Tx) Changes() []Change { return tx.changes }

// Note adds a fact about the act to the entry's detail, where it can be erased.
func (tx *Tx) Note(key string, value any) {
	if tx.notes == nil {
		tx.notes = map[string]any{}
	}
	tx.notes[key] = value
}

// Notes are the facts that were noted.
func (tx *Tx) Notes() map[string]any { return tx.notes }

// Context is the context that the transaction was begun with.
func (tx *Tx) Context() context.Context { return tx.ctx }

// AfterCommit runs f once the transaction is durable, and not otherwise.
func (tx *Tx) AfterCommit(f func()) { tx.after = append(tx.after, f) }

func (tx *Tx) exec(query string, args ...any) (sql.Result, error) {
	if !tx.writable {
		return nil, errors.New("store: a view was asked to write")
	}
	if err := checkText(args); err != nil {
		return nil, err
	}
	tx.counted()
	res, err := tx.run(query, args)
	if err != nil {
		return nil, tx.explain(err)
	}
	return res, nil
}

func (tx *Tx) query(query string, args ...any) (*sql.Rows, error) {
	if err := checkText(args); err != nil {
		return nil, err
	}
	tx.counted()
	rows, err := tx.tx.QueryContext(tx.ctx, tx.store.dialect.bind(query), args...)
	if err != nil {
		return nil, tx.explain(err)
	}
	return rows, nil
}

// one scans one row; sql.ErrNoRows when there is none.
func (tx *Tx) one(dest []any, query string, args ...any) error {
	if err := checkText(args); err != nil {
		return err
	}
	tx.counted()
	var row *sql.Row
	if stmt := tx.prepared(query); stmt != nil { //nolint:sqlclosecheck // the transaction closes it
		row = stmt.QueryRowContext(tx.ctx, args...)
	} else {
		row = tx.tx.QueryRowContext(tx.ctx, tx.store.dialect.bind(query), args...)
	}
	err := row.Scan(dest...)
	if errors.Is(err, sql.ErrNoRows) {
		return err
	}
	return tx.explain(err)
}

// explain tells what a statement's error means. When the caller gave up, that
// is what it means.
func (tx *Tx) explain(err error) error {
	if err != nil && tx.ctx.Err() != nil {
		return fmt.Errorf("%w: %w", tx.ctx.Err(), err)
	}
	return tx.store.dialect.explain(err)
}

// checkText refuses text that one of the databases would not keep as it is.
func checkText(args []any) error {
	for _, a := range args {
		if s, ok := a.(string); ok && (strings.ContainsRune(s, 0) || !utf8.ValidString(s)) {
			return drawbridge.Errorf(drawbridge.Invalid, "a text must be UTF-8 without NUL characters")
		}
	}
	return nil
}

// lock makes this transaction the only writer. SQLite has one already.
func (tx *Tx) lock() error {
	if !tx.store.Postgres() {
		return nil
	}
	_, err := tx.exec(`SELECT pg_advisory_xact_lock(7239401183)`)
	return err
}

// timeLayout sorts as text.
const timeLayout = "2006-01-02T15:04:05.000000Z"

// Time is how times are stored: text in UTC with microseconds; the zero time is empty.
func Time(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(timeLayout)
}

func parseTime(s string) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	return time.Parse(timeLayout, s)
}

// Size is how many bytes the database takes.
func (tx *Tx) Size() (int64, error) {
	var n int64
	err := tx.one([]any{&n}, tx.store.dialect.size())
	return n, err
}
