package store

import (
	"context"
	"sync/atomic"
)

type countKey struct{}

// Count returns a context whose transactions count their statements: what one
// request asks of the database, beside all others.
func Count(ctx context.Context) (context.Context, *atomic.Int64) {
	n := new(atomic.Int64)
	return context.WithValue(ctx, countKey{}, n), n
}

// counted notes one statement.
func (tx *Tx) counted() {
	tx.store.queries.Add(1)
	if n, ok := tx.ctx.Value(countKey{}).(*atomic.Int64); ok {
		n.Add(1)
	}
}
