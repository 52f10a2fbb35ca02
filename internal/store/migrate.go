package store

import (
	"context"
	"embed"
	"fmt"
	"io/fs"

	"github.com/pressly/goose/v3"

	"drawbridge"
)

//go:embed migrations/*.sql
var migrations embed.FS

// migrate brings the schema forward, never back.
func (s *Store) migrate(ctx context.Context) error {
	p, err := s.migrator()
	if err != nil {
		return err
	}
	have, want, err := schemaVersions(ctx, p)
	if err != nil {
		return err
	}
	if have > want {
		return drawbridge.Errorf(drawbridge.Unavailable,
			"the database has schema %d, and this program knows up to %d: run the newer drawbridge that wrote it", have, want)
	}
	if _, err := p.Up(ctx); err != nil {
		return fmt.Errorf("bring the schema up to date: %w", err)
	}
	return nil
}

func (s *Store) migrator() (*goose.Provider, error) {
	sub, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return nil, err
	}
	p, err := goose.NewProvider(s.dialect.goose(), s.write, sub, goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return nil, fmt.Errorf("read the migrations: %w", err)
	}
	return p, nil
}

// Schema returns the schema of the database, and the newest that this program knows.
func (s *Store) Schema(ctx context.Context) (have, want int64, err error) {
	p, err := s.migrator()
	if err != nil {
		return 0, 0, err
	}
	return schemaVersions(ctx, p)
}

func schemaVersions(ctx context.Context, p *goose.Provider) (have, want int64, err error) {
	if have, err = p.GetDBVersion(ctx); err != nil {
		return 0, 0, unavailable("read the schema's version", err)
	}
	for _, source := range p.ListSources() {
		want = max(want, source.Version)
	}
	return have, want, nil
}
