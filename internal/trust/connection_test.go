package trust_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"drawbridge"
	"drawbridge/internal/action"
	"drawbridge/internal/testkit"
)

// TestActSurvivesFailingConnection cuts the connection to PostgreSQL before and
// after each message by which one act speaks to it. Whatever was answered, the
// record is whole, and a repetition with the same key has the same answer and no
// second effect: also where the commit arrived and its answer did not.
func TestActSurvivesFailingConnection(t *testing.T) {
	t.Parallel()
	for act, step := range map[string]int{actPush: times(15, 1), actInvite: times(7, 1)} {
		t.Run(act, func(t *testing.T) {
			t.Parallel()
			p, database := startProxy(t, testkit.Postgres(t))
			d, s := &desk{}, &seed{}
			if err := d.open(t.TempDir(), database); err != nil {
				t.Fatal(err)
			}
			defer d.close()
			if err := d.plant(s); err != nil {
				t.Fatal(err)
			}
			begin := time.Now()
			for _, after := range []bool{false, true} {
				c := &cuts{t: t, p: p, d: d, s: s, act: act, after: after}
				last := 0 // the commit of the act itself: those before it end reading
				c.at("nothing", func(_ int, m []byte) bool {
					last += commits(m)
					return false
				})
				c.at("the commit", func(_ int, m []byte) bool {
					last -= commits(m)
					return last == 0
				})
				if want := map[bool]int{true: 1}[after]; c.tried != 1 || c.answered != 0 || c.done != want {
					t.Errorf("cut %s the commit: %d were cut, %d acknowledged, %d done; want 1, 0, %d", when(after), c.tried, c.answered, c.done, want)
				}
				n := 1
				for c.at(fmt.Sprintf("message %d", n), func(i int, _ []byte) bool { return i == n }) {
					n += step
				}
				t.Logf("%s: cut %s each of %d positions among about %d; acknowledged in spite of it: %d; done, and not acknowledged: %d; %v",
					act, when(after), c.tried, n, c.answered, c.done, time.Since(begin).Round(time.Second))
			}
		})
	}
}

// commits is 1 for the message that commits a transaction.
func commits(m []byte) int {
	if bytes.HasPrefix(m[5:], []byte("commit")) {
		return 1
	}
	return 0
}

func when(after bool) string {
	if after {
		return "after"
	}
	return "before"
}

// cuts are acts of one kind during which the connection is cut.
type cuts struct {
	t                     *testing.T
	p                     *proxy
	d                     *desk
	s                     *seed
	act                   string
	after                 bool
	tried, answered, done int
}

// at cuts at the first message that matches, and reports whether there was one.
func (c *cuts) at(name string, match func(n int, m []byte) bool) bool {
	c.t.Helper()
	ctx, before := c.t.Context(), c.d.entries(c.t)
	key := fmt.Sprintf("%s-%t-%d", c.act, c.after, before)
	c.p.arm(match, c.after)
	first, err := c.d.act(ctx, c.s, c.act, key)
	if !c.p.disarm() {
		if err != nil {
			c.t.Errorf("%s, not cut: %v", name, err)
		}
		c.s.Base = headOf(c.act, first, c.s.Base)
		return false
	}
	c.tried++
	var receipt action.Receipt
	again, failed := c.d.act(action.Trace(ctx, &receipt), c.s, c.act, key)
	if err == nil {
		c.answered++
	} else if receipt.Replayed {
		c.done++
	}
	switch {
	case failed != nil:
		c.t.Fatalf("cut %s %s: the retry: %v (the first answer was %q, %v)", when(c.after), name, failed, first, err)
	case err == nil && first != again:
		c.t.Errorf("cut %s %s: was told %q, the retry %q", when(c.after), name, first, again)
	case err != nil && drawbridge.KindOf(err) != drawbridge.Unavailable:
		c.t.Errorf("cut %s %s is told to the person as %s: %v", when(c.after), name, drawbridge.KindOf(err), err)
	}
	if n := c.d.entries(c.t); n != before+1 {
		c.t.Errorf("cut %s %s: %d entries were written", when(c.after), name, n-before)
	}
	if err := c.d.check(ctx); err != nil {
		c.t.Errorf("cut %s %s: %v", when(c.after), name, err)
	}
	c.s.Base = headOf(c.act, again, c.s.Base)
	return true
}

func headOf(act, id string, base drawbridge.RevisionID) drawbridge.RevisionID {
	if act == actPush && len(id) > 30 {
		return drawbridge.RevisionID(id[:30])
	}
	return base
}

// proxy stands between the program and PostgreSQL, and cuts a connection at a
// message of the program's.
type proxy struct {
	backend string // path of the server's socket

	mu    sync.Mutex // guards what follows
	match func(n int, m []byte) bool
	after bool
	n     int // messages since it was armed
	cut   bool
}

// startProxy returns the address of the database by way of a proxy.
func startProxy(t *testing.T, database string) (*proxy, string) {
	t.Helper()
	u, err := url.Parse(database)
	if err != nil || u.Query().Get("host") == "" {
		t.Fatalf("the database has no socket: %v", err)
	}
	p := &proxy{backend: filepath.Join(u.Query().Get("host"), ".s.PGSQL."+u.Query().Get("port"))}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	all.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			all.Go(func() { p.carry(conn) })
		}
	})
	t.Cleanup(func() { listener.Close(); all.Wait() })
	u.Host, u.RawQuery = listener.Addr().String(), "sslmode=disable"
	return p, u.String()
}

func (p *proxy) arm(match func(int, []byte) bool, after bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.match, p.after, p.n, p.cut = match, after, 0, false
}

// disarm reports whether a connection was cut.
func (p *proxy) disarm() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.match = nil
	return p.cut
}

// judge says what becomes of a message: whether it is sent on, and whether the
// connection lives.
func (p *proxy) judge(m []byte) (send, live bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.match == nil {
		return true, true
	}
	if p.n++; !p.match(p.n, m) {
		return true, true
	}
	p.match, p.cut = nil, true
	return p.after, false
}

// carry carries one connection. After a cut the server still gets to the end of
// what was sent on to it.
func (p *proxy) carry(program net.Conn) {
	defer program.Close()
	server, err := net.Dial("unix", p.backend)
	if err != nil {
		return
	}
	defer server.Close()
	answers := make(chan struct{})
	go func() {
		defer close(answers)
		_, _ = io.Copy(program, server)
		_, _ = io.Copy(io.Discard, server) // the program is gone
		program.Close()
	}()
	for start := true; ; start = false {
		m, err := message(program, start)
		if err != nil {
			break
		}
		send, live := true, true
		if !start {
			send, live = p.judge(m)
		}
		if !live {
			program.Close() // before the server can answer
		}
		if send {
			if _, err := server.Write(m); err != nil {
				break
			}
		}
		if !live {
			break
		}
	}
	_ = server.(*net.UnixConn).CloseWrite()
	<-answers
}

// message reads one message of the program: a type, but for the first, and a
// length that counts itself.
func message(r io.Reader, start bool) ([]byte, error) {
	head := make([]byte, 5)
	if start {
		head = head[:4]
	}
	if _, err := io.ReadFull(r, head); err != nil {
		return nil, err
	}
	n := binary.BigEndian.Uint32(head[len(head)-4:])
	if n < 4 || n > 64<<20 {
		return nil, errors.New("no message")
	}
	m := append(head, make([]byte, n-4)...)
	_, err := io.ReadFull(r, m[len(head):])
	return m, err
}
