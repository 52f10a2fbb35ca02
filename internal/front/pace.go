package front

import (
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// Pace is how fast a body must come: so many bytes in each such time. Who is
// slower keeps a turn from others, and is not waited for.
type Pace struct {
	Bytes int64
	Time  time.Duration
}

// ErrSlow is what reading a body says that was cut off.
var ErrSlow = errors.New("the body comes too slowly to be waited for")

// paced is a body that is held to a pace from its first byte on, while somebody
// waits for it. A timer looks, and not a clock: nothing here knows what time it is.
type paced struct {
	io.ReadCloser
	pace Pace
	cut  func() // ends a read that waits, and every later one

	got   atomic.Int64
	waits atomic.Bool

	mu    sync.Mutex // guards what follows
	timer *time.Timer
	last  int64 // of got, when the timer looked last
	slow  bool
}

// Read reads, and says of a body that was cut why.
func (p *paced) Read(b []byte) (int, error) {
	p.begin()
	p.waits.Store(true)
	n, err := p.ReadCloser.Read(b)
	p.waits.Store(false)
	p.got.Add(int64(n))
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.slow && errors.Is(err, os.ErrDeadlineExceeded) {
		err = ErrSlow
	}
	return n, err
}

func (p *paced) begin() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.timer == nil {
		p.timer = time.AfterFunc(p.pace.Time, p.look)
	}
}

// look cuts a body of which too little came since it looked last.
func (p *paced) look() {
	p.mu.Lock()
	defer p.mu.Unlock()
	got := p.got.Load()
	if p.slow = p.waits.Load() && got-p.last < p.pace.Bytes; p.slow {
		p.cut()
		return
	}
	p.last = got
	p.timer.Reset(p.pace.Time)
}

// Pace holds the request's body to a size in bytes, to the pace of the front, and
// to the time that the context has: whoever is slower is cut off. The returned
// function is called when the request was answered.
func (c *Call) Pace(ctx context.Context, limit int64) (done func()) {
	cut := func() { _ = http.NewResponseController(c.W).SetReadDeadline(time.Unix(1, 0)) }
	stop := context.AfterFunc(ctx, cut)
	body := &paced{ReadCloser: http.MaxBytesReader(c.W, c.R.Body, limit), pace: c.front.opt.Pace, cut: cut}
	c.R.Body = body
	return func() {
		body.stop()
		stop()
	}
}

// stop lets the timer be.
func (p *paced) stop() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.timer != nil {
		p.timer.Stop()
	}
}
