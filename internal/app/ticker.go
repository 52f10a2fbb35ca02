package app

import (
	"context"
	"time"
)

// ticker does something now and again, and once more at the end.
type ticker struct {
	every time.Duration
	do    func(context.Context)

	cancel context.CancelFunc
	done   chan struct{}
}

func (t *ticker) start(ctx context.Context) error {
	ctx, t.cancel = context.WithCancel(context.WithoutCancel(ctx))
	t.done = make(chan struct{})
	go func() {
		defer close(t.done)
		tick := time.NewTicker(t.every)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				t.do(ctx)
			case <-ctx.Done():
				return
			}
		}
	}()
	return nil
}

func (t *ticker) stop(ctx context.Context) error {
	t.cancel()
	select {
	case <-t.done:
	case <-ctx.Done():
		return ctx.Err()
	}
	t.do(ctx)
	return nil
}
