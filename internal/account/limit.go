package account

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"sync"
	"time"

	"drawbridge"
	"drawbridge/internal/action"
)

// maxBuckets bounds what somebody who tries many names can make us remember.
const maxBuckets = 10_000

// retryBusy is when to come back when only the machine is busy.
const retryBusy = 5 * time.Second

// limiter is a token bucket for each key: so many failures at once, and then
// one more in each period.
type limiter struct {
	burst float64
	every time.Duration

	mu      sync.Mutex // guards buckets
	buckets map[string]bucket
}

type bucket struct {
	left float64
	at   time.Time // when left was true
}

func newLimiter(burst int, every time.Duration) *limiter {
	return &limiter{burst: float64(burst), every: every, buckets: map[string]bucket{}}
}

// level is what is left in a bucket now. A clock that jumps back refills nothing.
func (l *limiter) level(b bucket, now time.Time) float64 {
	return min(l.burst, b.left+max(0, float64(now.Sub(b.at))/float64(l.every)))
}

// take uses one attempt up, or tells how long to wait for one.
func (l *limiter) take(key string, now time.Time) (wait time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	left := l.burst
	if b, ok := l.buckets[key]; ok {
		left = l.level(b, now)
	} else if len(l.buckets) >= maxBuckets {
		l.evict(now)
	}
	if left < 1 {
		l.buckets[key] = bucket{left, now}
		return time.Duration((1 - left) * float64(l.every))
	}
	l.buckets[key] = bucket{left - 1, now}
	return 0
}

// giveBack returns an attempt that did not fail.
func (l *limiter) giveBack(key string, now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if b, ok := l.buckets[key]; ok {
		l.buckets[key] = bucket{min(l.burst, l.level(b, now)+1), now}
	}
}

// evict forgets the fullest bucket and every one that is full again: a flood of
// new keys pushes its own out, not the one that is under attack.
func (l *limiter) evict(now time.Time) {
	fullest, most := "", -1.0
	for key, b := range l.buckets {
		left := l.level(b, now)
		if left >= l.burst {
			delete(l.buckets, key)
			continue
		}
		if left > most || left == most && key < fullest {
			fullest, most = key, left
		}
	}
	if len(l.buckets) >= maxBuckets {
		delete(l.buckets, fullest)
	}
}

// WaitError is the cause of a limited error: how long to wait before the next try.
type WaitError struct{ For time.Duration }

// Error says how long to wait.
func (w WaitError) Error() string { return fmt.Sprintf("wait %s", w.For) }

// RetryAfter tells how long to wait before the next try, rounded up to a
// second, or 0 when the error does not say.
func RetryAfter(err error) time.Duration {
	w, ok := errors.AsType[WaitError](err)
	if !ok {
		return 0
	}
	return (w.For + time.Second - 1).Truncate(time.Second)
}

func limited(what string, wait time.Duration) error {
	w := WaitError{wait}
	return &drawbridge.Error{Kind: drawbridge.Limited, Message: fmt.Sprintf("%s: try again in %s", what, RetryAfter(w)), Err: w}
}

// remoteKey is what is counted together of a remote address: an IPv4 address,
// or the /64 of IPv6 that one customer has.
func remoteKey(remote string) string {
	if ap, err := netip.ParseAddrPort(remote); err == nil {
		remote = ap.Addr().String()
	}
	addr, err := netip.ParseAddr(remote)
	if err != nil {
		return remote[:min(len(remote), 64)]
	}
	if addr = addr.Unmap().WithZone(""); addr.Is4() {
		return addr.String()
	}
	return netip.PrefixFrom(addr, 64).Masked().String()
}

// counted runs fn as one attempt of an account, and of a remote address where
// there is one. Only failed proofs stay counted, and they are recorded.
func (d *Desk) counted(ctx context.Context, account, remote string, act action.Act, fn func() error) error {
	const what = "too many failed attempts"
	if wait := d.accounts.take(account, d.opt.Now()); wait > 0 {
		return limited(what, wait)
	}
	remote = remoteKey(remote)
	if remote != "" {
		if wait := d.remotes.take(remote, d.opt.Now()); wait > 0 {
			d.accounts.giveBack(account, d.opt.Now())
			return limited(what, wait)
		}
	}
	err := fn()
	if errors.Is(err, errProof) {
		d.door.Refused(ctx, act)
		return err
	}
	d.accounts.giveBack(account, d.opt.Now())
	if remote != "" {
		d.remotes.giveBack(remote, d.opt.Now())
	}
	return err
}
