package action

import (
	"context"

	"drawbridge/internal/access"
)

type receiptKey struct{}

// Trace returns a context in which every act that is done leaves its receipt:
// a door tells the person where the change stands, and the desks between need
// not hand it on. A refusal's entry leaves none.
func Trace(ctx context.Context, r *Receipt) context.Context {
	return context.WithValue(ctx, receiptKey{}, r)
}

func trace(ctx context.Context, act Act, r Receipt) {
	if to, ok := ctx.Value(receiptKey{}).(*Receipt); ok && act.Action != access.Deny {
		*to = r
	}
}
