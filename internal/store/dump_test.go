package store

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"drawbridge/internal/testkit"
)

// TestRestoreIndexes holds that a record that was loaded has the indexes of one
// that was opened, and that nobody opens it before it is whole.
func TestRestoreIndexes(t *testing.T) {
	t.Parallel()
	testkit.Databases(t, func(t *testing.T, url string) {
		other := ""
		if url != "" {
			other = testkit.Postgres(t)
		}
		list := func(s *Store) map[string]string {
			out := map[string]string{}
			if err := s.View(t.Context(), func(tx *Tx) error {
				return tx.pairs(func(name, statement string) { out[name] = statement }, s.dialect.indexes())
			}); err != nil {
				t.Fatal(err)
			}
			return out
		}
		want := list(openAt(t, t.TempDir(), url))
		schema, err := newest()
		if err != nil {
			t.Fatal(err)
		}
		dir := t.TempDir()
		s, err := Restore(t.Context(), Options{Dir: dir, Database: other}, schema, func(l *Loader) error {
			if len(l.Tables) == 0 {
				t.Error("no tables")
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { s.Close() })
		if diff := cmp.Diff(want, list(s)); diff != "" || len(want) < 10 {
			t.Errorf("indexes (-opened +loaded):\n%s", diff)
		}
		if _, err := Open(t.Context(), Options{Dir: dir, Database: other}); err == nil {
			t.Error("a folder that is marked opens")
		}
		if err := s.Restored(); err != nil {
			t.Fatal(err)
		}
		openAt(t, dir, other)
	})
}
