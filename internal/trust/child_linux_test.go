package trust_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"drawbridge"
	"drawbridge/internal/testkit"
)

// childEnv makes the test binary the child whose disk fails.
const childEnv = "TRUST_CHILD"

func TestMain(m *testing.M) {
	if os.Getenv(childEnv) != "" {
		obey(os.Stdin, os.Stdout)
		return
	}
	os.Exit(m.Run())
}

// order is what the child is to do, and outcome what came of it.
type order struct {
	Number int    `json:"number"`
	Do     string `json:"do"` // open, act or close
	Dir    string `json:"dir"`
	Act    string `json:"act"`
	Key    string `json:"key"`
	Seed   seed   `json:"seed"`
}

type outcome struct {
	TID   int             `json:"tid"`
	ID    string          `json:"id"`
	Kind  drawbridge.Kind `json:"kind"`
	Error string          `json:"error"`
	dead  bool            // the child gave no answer
}

// obey carries out the orders on one thread, and nothing else: strace counts
// calls by thread.
func obey(in io.Reader, out io.Writer) {
	_, _, _ = syscall.RawSyscall(syscall.SYS_PRCTL, 0x59616d61, ^uintptr(0), 0) // PR_SET_PTRACER: whoever wants may trace it
	orders, outcomes := make(chan order), make(chan outcome)
	go func() {
		runtime.LockOSThread()
		d := &desk{}
		for o := range orders {
			outcomes <- d.obey(o)
		}
	}()
	for lines := bufio.NewScanner(in); lines.Scan(); {
		var o order
		if err := json.Unmarshal(lines.Bytes(), &o); err != nil {
			panic(err)
		}
		orders <- o
		fmt.Fprintf(out, "done %d %s\n", o.Number, document(<-outcomes))
	}
}

func (d *desk) obey(o order) (out outcome) {
	out.TID = syscall.Gettid()
	var err error
	switch o.Do {
	case "open":
		err = d.open(o.Dir, "")
	case "close":
		d.close()
	case "act":
		out.ID, err = d.act(context.Background(), &o.Seed, o.Act, o.Key)
	}
	if err != nil {
		out.Kind, out.Error = drawbridge.KindOf(err), err.Error()
		for e := err; e != nil; e = errors.Unwrap(e) {
			out.Error += " < " + e.Error()
		}
	}
	return out
}

// child is a process whose calls fail.
type child struct {
	*testkit.Process
	stdin  io.WriteCloser
	number int
}

func startChild(t *testing.T) *child {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childEnv+"=1")
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	return &child{Process: testkit.Start(t, cmd), stdin: stdin}
}

// do gives an order and waits for the outcome, or the child's death.
func (c *child) do(o order) outcome {
	c.number++
	o.Number = c.number
	if _, err := c.stdin.Write(append(document(o), '\n')); err != nil {
		return outcome{dead: true, Error: err.Error()}
	}
	line, alive := c.Says(fmt.Sprintf(`^done %d (.*)`, o.Number))
	var out outcome
	if !alive || json.NewDecoder(strings.NewReader(line[1])).Decode(&out) != nil {
		return outcome{dead: true, Error: "the child is dead"}
	}
	return out
}

func (c *child) open(t *testing.T, dir string) (tid int) {
	t.Helper()
	out := c.do(order{Do: "open", Dir: dir})
	if out.Error != "" {
		t.Fatalf("open: %+v", out)
	}
	return out.TID
}

func (c *child) act(s *seed, act, key string) outcome {
	return c.do(order{Do: "act", Act: act, Key: key, Seed: *s})
}

// retry does the act again: in the same process while it lives, else in another.
func (c *child) retry(t *testing.T, s *seed, dir, act, key string) outcome {
	t.Helper()
	out := c.act(s, act, key)
	if !out.dead {
		return out
	}
	if err := s.inspect(t, dir, -1); err != nil {
		return outcome{Error: "after the kill: " + err.Error()}
	}
	d := &desk{}
	defer d.close()
	if out := d.obey(order{Do: "open", Dir: dir}); out.Error != "" {
		return out
	}
	return d.obey(order{Do: "act", Act: act, Key: key, Seed: *s})
}
