package testkit

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// Drawbridge returns the path of the program, built once per run of a test binary
// and without the race detector, as it is shipped. The build is no input that
// `go test` knows: a package whose tests use it should import the program's code
// too, or its results are cached for too long.
func Drawbridge(tb testing.TB) string {
	tb.Helper()
	path, err := program()
	if err != nil {
		tb.Fatalf("build the program: %v", err)
	}
	return path
}

// program builds into the repository's bin folder: no test outlives the others, so
// none could remove it from anywhere else. The rename lets several test binaries
// build at once while the children of one of them run.
var program = sync.OnceValues(func() (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Minute)
	defer cancel()
	module, err := exec.CommandContext(ctx, "go", "env", "GOMOD").Output()
	if err != nil {
		return "", fmt.Errorf("go env: %w", err)
	}
	path := filepath.Join(filepath.Dir(strings.TrimSpace(string(module))), "bin", "drawbridge-test")
	fresh := fmt.Sprintf("%s.%d", path, os.Getpid())
	build := exec.CommandContext(ctx, "go", "build", "-buildvcs=false", "-o", fresh, "drawbridge/cmd/drawbridge") //nolint:gosec // paths of our own
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("go build: %w\n%s", err, out)
	}
	return path, os.Rename(fresh, path)
})

// Process is a child that a test started, and what it has said so far. It ends
// with the test, and so does what it started.
type Process struct {
	// Patience is how long the methods that wait do so; a minute unless changed.
	Patience time.Duration

	tb   testing.TB
	cmd  *exec.Cmd
	done chan struct{} // closed when the child has ended and all it said is in lines

	mu      sync.Mutex // guards what follows
	lines   []line
	changed chan struct{} // closed, and made anew, when a line is added
}

type line struct {
	text   string
	stderr bool
}

// shown is how many lines of a child a failure shows.
const shown = 40

// Start starts the command, whose standard output and error it takes. A child
// under strace needs strace -D, so that signals reach it and not its tracer.
func Start(tb testing.TB, cmd *exec.Cmd) *Process {
	tb.Helper()
	p := &Process{Patience: time.Minute, tb: tb, cmd: cmd, done: make(chan struct{}), changed: make(chan struct{})}
	stdout, stderr := &stream{p: p}, &stream{p: p, stderr: true}
	cmd.Stdout, cmd.Stderr = stdout, stderr
	cmd.SysProcAttr = group()
	cmd.WaitDelay = 5 * time.Second // for a grandchild that holds on to the output
	if err := cmd.Start(); err != nil {
		tb.Fatalf("start: %v", err)
	}
	go func() {
		_ = cmd.Wait() // its state tells more
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
		stdout.flush()
		stderr.flush()
		close(p.done)
	}()
	tb.Cleanup(func() {
		if tb.Failed() && !p.ended() {
			tb.Logf("the child said, at last:\n%s", p.tail(shown))
		}
		p.Kill()
	})
	return p
}

// PID returns the child's process number.
func (p *Process) PID() int { return p.cmd.Process.Pid }

// Line waits until the child has said a line that matches, on standard output or
// error, and returns the match and its groups. It fails the test when the child
// ends without.
func (p *Process) Line(pattern string) []string {
	p.tb.Helper()
	match, ok := p.Says(pattern)
	if !ok {
		p.tb.Fatalf("the child ended (%v) and said no line like %q, at last:\n%s", p.cmd.ProcessState, pattern, p.tail(shown))
	}
	return match
}

// Says is Line for a child that may end before: then it reports false.
func (p *Process) Says(pattern string) (match []string, ok bool) {
	p.tb.Helper()
	want := regexp.MustCompile(pattern)
	late := time.After(p.Patience)
	for seen := 0; ; {
		// Order matters: what is read after the end is all that there will be.
		ended := p.ended()
		p.mu.Lock()
		lines, changed := p.lines, p.changed
		p.mu.Unlock()
		for ; seen < len(lines); seen++ {
			if match := want.FindStringSubmatch(lines[seen].text); match != nil {
				return match, true
			}
		}
		if ended {
			return nil, false
		}
		select {
		case <-changed:
		case <-p.done:
		case <-late:
			p.tb.Fatalf("the child said no line like %q in %v, at last:\n%s", pattern, p.Patience, p.tail(shown))
		}
	}
}

// Answers waits until the URL answers with anything but a server's error. The
// client may be nil where the answer comes without TLS.
func (p *Process) Answers(client *http.Client, url string) {
	p.tb.Helper()
	if client == nil {
		client = &http.Client{}
	}
	ctx, cancel := context.WithTimeout(p.tb.Context(), p.Patience)
	defer cancel()
	again := time.NewTicker(10 * time.Millisecond)
	defer again.Stop()
	for {
		err := answers(ctx, client, url)
		if err == nil {
			return
		}
		select {
		case <-again.C:
		case <-p.done:
			p.tb.Fatalf("the child ended (%v) before %s answered, at last:\n%s", p.cmd.ProcessState, url, p.tail(shown))
		case <-ctx.Done():
			p.tb.Fatalf("%s did not answer in %v (%v); the child said, at last:\n%s", url, p.Patience, err, p.tail(shown))
		}
	}
}

func answers(ctx context.Context, client *http.Client, url string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return err
	}
	resp, err := client.Do(req)
	if err != nil {
		return err
	}
	if err := resp.Body.Close(); err != nil {
		return err
	}
	if resp.StatusCode >= http.StatusInternalServerError {
		return fmt.Errorf("status %d", resp.StatusCode)
	}
	return nil
}

// Kill ends the child and all it started at once, by SIGKILL to its process group,
// and waits until it is gone. Killing one that has ended does nothing.
func (p *Process) Kill() {
	if !p.ended() {
		_ = syscall.Kill(-p.PID(), syscall.SIGKILL) // fails when it just ended
	}
	<-p.done
}

// Stop asks the child to end by SIGTERM, as a service manager does, and returns its
// exit code like Wait.
func (p *Process) Stop() int {
	p.tb.Helper()
	_ = p.cmd.Process.Signal(syscall.SIGTERM) // fails when it has ended
	return p.Wait()
}

// Wait waits for the child's end and returns its exit code, -1 after a signal. A
// child that does not end in time has to show its goroutines, and fails the test.
func (p *Process) Wait() int {
	p.tb.Helper()
	select {
	case <-p.done:
	case <-time.After(p.Patience):
		_ = p.cmd.Process.Signal(syscall.SIGQUIT)
		select {
		case <-p.done:
		case <-time.After(min(p.Patience, 5*time.Second)):
			p.Kill()
		}
		p.tb.Fatalf("the child did not end in %v; it said, at last:\n%s", p.Patience, p.tail(1000))
	}
	return p.cmd.ProcessState.ExitCode()
}

// Stdout returns the lines that the child has written to standard output.
func (p *Process) Stdout() string { return p.said(false) }

// Stderr returns the lines that the child has written to standard error.
func (p *Process) Stderr() string { return p.said(true) }

func (p *Process) said(stderr bool) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	var b strings.Builder
	for _, l := range p.lines {
		if l.stderr == stderr {
			b.WriteString(l.text + "\n")
		}
	}
	return b.String()
}

func (p *Process) tail(n int) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	var b strings.Builder
	for _, l := range p.lines[max(0, len(p.lines)-n):] {
		b.WriteString(l.text + "\n")
	}
	return b.String()
}

func (p *Process) ended() bool {
	select {
	case <-p.done:
		return true
	default:
		return false
	}
}

// stream cuts what the child writes into lines.
type stream struct {
	p      *Process
	stderr bool
	rest   []byte // the line that has no end yet
}

func (s *stream) Write(data []byte) (int, error) {
	s.rest = append(s.rest, data...)
	for {
		text, rest, ok := bytes.Cut(s.rest, []byte("\n"))
		if !ok {
			return len(data), nil
		}
		s.rest = rest
		s.add(string(text))
	}
}

func (s *stream) flush() {
	if len(s.rest) > 0 {
		s.add(string(s.rest))
	}
}

func (s *stream) add(text string) {
	s.p.mu.Lock()
	defer s.p.mu.Unlock()
	s.p.lines = append(s.p.lines, line{text, s.stderr})
	close(s.p.changed)
	s.p.changed = make(chan struct{})
}
