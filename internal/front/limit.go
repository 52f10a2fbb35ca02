package front

import (
	"context"
	"sync"
	"time"
)

// Rate is how many requests are answered.
type Rate struct {
	Second float64
	Burst  float64
}

// maxBuckets bounds how many callers a Limiter tells apart; beyond that the
// others share one.
const maxBuckets = 10_000

// Limiter counts requests by who made them: a bucket of tokens each.
type Limiter struct {
	rate Rate
	now  func() time.Time

	mu      sync.Mutex // guards buckets
	buckets map[string]bucket
}

type bucket struct {
	tokens float64
	at     time.Time
}

// NewLimiter makes one.
func NewLimiter(rate Rate, now func() time.Time) *Limiter {
	return &Limiter{rate: rate, now: now, buckets: map[string]bucket{}}
}

// Take spends one token of who, and otherwise says how long to wait for one.
func (l *Limiter) Take(who string) (wait time.Duration) {
	now := l.now()
	l.mu.Lock()
	defer l.mu.Unlock()
	b, ok := l.buckets[who]
	if !ok && len(l.buckets) >= maxBuckets {
		if l.sweep(now); len(l.buckets) >= maxBuckets {
			who = "others"
			b, ok = l.buckets[who]
		}
	}
	if !ok {
		b = bucket{l.rate.Burst, now}
	}
	b = l.refill(b, now)
	if b.tokens < 1 {
		l.buckets[who] = b
		return time.Duration((1 - b.tokens) / l.rate.Second * float64(time.Second))
	}
	b.tokens--
	l.buckets[who] = b
	return 0
}

func (l *Limiter) refill(b bucket, now time.Time) bucket {
	if passed := now.Sub(b.at).Seconds(); passed > 0 { // a clock that jumps back gives nothing
		b.tokens = min(l.rate.Burst, b.tokens+passed*l.rate.Second)
	}
	b.at = now
	return b
}

// sweep forgets those who asked nothing for so long that their bucket is full.
func (l *Limiter) sweep(now time.Time) {
	for who, b := range l.buckets {
		if l.refill(b, now).tokens >= l.rate.Burst {
			delete(l.buckets, who)
		}
	}
}

// Turns bounds how many requests do something at once: all of them, and those of
// one caller, so that nobody who is slow keeps the others waiting.
type Turns struct {
	all  chan struct{}
	each int

	mu   sync.Mutex // guards mine
	mine map[string]*turn
}

// turn is one caller's share.
type turn struct {
	slots chan struct{}
	users int // that have a slot or wait for one
}

// NewTurns lets all requests at once be so many, and each caller's.
func NewTurns(all, each int) *Turns {
	return &Turns{all: make(chan struct{}, all), each: each, mine: map[string]*turn{}}
}

// Take waits for a turn of who.
func (t *Turns) Take(ctx context.Context, who string) (leave func(), _ error) {
	own := t.enter(who)
	select {
	case own.slots <- struct{}{}:
	case <-ctx.Done():
		t.exit(who, own)
		return nil, ctx.Err()
	}
	free := func() {
		<-own.slots
		t.exit(who, own)
	}
	select {
	case t.all <- struct{}{}:
	case <-ctx.Done():
		free()
		return nil, ctx.Err()
	}
	return func() { <-t.all; free() }, nil
}

func (t *Turns) enter(who string) *turn {
	t.mu.Lock()
	defer t.mu.Unlock()
	own := t.mine[who]
	if own == nil {
		own = &turn{slots: make(chan struct{}, t.each)}
		t.mine[who] = own
	}
	own.users++
	return own
}

func (t *Turns) exit(who string, own *turn) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if own.users--; own.users == 0 {
		delete(t.mine, who)
	}
}
