package store

import (
	"context"
	"embed"
	"fmt"
	"io/fs"
	"strconv"
	"strings"

	"github.com/pressly/goose/v3"

	"drawbridge"
)

//go:embed migrations/*.sql
var migrations embed.FS

// migrate brings the schema forward, never back. Of several processes that
// start at once, one does it and the others wait.
func (s *Store) migrate(ctx context.Context) error {
	have, want, err := s.Schema(ctx)
	if err != nil {
		return err
	}
	if have > want {
		return drawbridge.Errorf(drawbridge.Unavailable,
			"the database has schema %d, and this program knows up to %d: run the newer drawbridge that wrote it", have, want)
	}
	if have == want {
		return nil
	}
	return s.migrateTo(ctx, want)
}

// migrateTo applies the migrations up to one of them.
func (s *Store) migrateTo(ctx context.Context, version int64) error {
	release, err := s.dialect.alone(ctx, s)
	if err != nil {
		return err
	}
	defer release()
	sub, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return err
	}
	p, err := goose.NewProvider(s.dialect.goose(), s.write, sub, goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return fmt.Errorf("read the migrations: %w", err)
	}
	if _, err := p.UpTo(ctx, version); err != nil {
		return fmt.Errorf("bring the schema up to date: %w", s.dialect.explain(err))
	}
	return nil
}

// Schema returns the schema of the database, 0 when it is empty, and the newest
// that this program knows.
func (s *Store) Schema(ctx context.Context) (have, want int64, err error) {
	if want, err = newest(); err != nil {
		return 0, 0, err
	}
	err = s.View(ctx, func(tx *Tx) error {
		var tables int64
		if err := tx.one([]any{&tables}, s.dialect.versioned()); err != nil || tables == 0 {
			return err
		}
		return tx.one([]any{&have}, `SELECT COALESCE(MAX(version_id), 0) FROM goose_db_version WHERE is_applied`)
	})
	return have, want, err
}

// newest is the number of the last migration.
func newest() (int64, error) {
	files, err := migrations.ReadDir("migrations")
	if err != nil {
		return 0, err
	}
	number, _, _ := strings.Cut(files[len(files)-1].Name(), "_")
	n, err := strconv.ParseInt(number, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("the migration %s has no number: %w", files[len(files)-1].Name(), err)
	}
	return n, nil
}
