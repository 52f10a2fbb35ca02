package testkit_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"drawbridge/internal/testkit"
)

// childEnv turns the test binary into one of children.
const childEnv = "TESTKIT_CHILD"

func TestMain(m *testing.M) {
	if name := os.Getenv(childEnv); name != "" {
		children[name]()
		return
	}
	os.Exit(m.Run())
}

var children = map[string]func(){
	"server": func() {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			panic(err)
		}
		ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
		defer stop()
		answered := 0 // the first answer is a server's error: not ready yet
		server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			if answered++; answered == 1 {
				w.WriteHeader(http.StatusServiceUnavailable)
			}
		})}
		go server.Serve(listener) //nolint:errcheck // the child ends with it
		fmt.Fprintf(os.Stderr, "some words\nlistening on http://%s\n", listener.Addr())
		<-ctx.Done()
		fmt.Print("bye, without an end of line")
		os.Exit(7)
	},
	"broken":   func() { fmt.Fprintln(os.Stderr, "no such thing"); os.Exit(4) },
	"stubborn": func() { signal.Ignore(syscall.SIGTERM); fmt.Println("up"); select {} },
	"parent": func() {
		child := exec.Command(os.Args[0])
		child.Env = append(os.Environ(), childEnv+"=stubborn")
		child.Stdout = os.Stdout
		if err := child.Start(); err != nil {
			panic(err)
		}
		fmt.Printf("grandchild %d\n", child.Process.Pid)
		select {}
	},
	// writer adds lines to a file that it syncs before it says them.
	"writer": func() {
		f, err := os.OpenFile(os.Getenv("FILE"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
		if err != nil {
			panic(err)
		}
		for i := 0; ; i++ {
			fmt.Fprintln(f, i)
			if err := f.Sync(); err != nil {
				panic(err)
			}
			fmt.Println(i)
		}
	},
}

func child(name string, env ...string) *exec.Cmd {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(append(os.Environ(), childEnv+"="+name), env...)
	return cmd
}

func alive(pid int) bool { return syscall.Kill(pid, 0) == nil }

func TestProcess(t *testing.T) {
	t.Parallel()
	p := testkit.Start(t, child("server"))
	match := p.Line(`listening on (http://\S+)`)
	p.Answers(nil, match[1])
	if !alive(p.PID()) {
		t.Error("the child is dead before it was stopped")
	}
	if code := p.Stop(); code != 7 {
		t.Errorf("exit code = %d, want 7", code)
	}
	if got, want := p.Stdout(), "bye, without an end of line\n"; got != want {
		t.Errorf("stdout = %q, want %q", got, want)
	}
	if got := p.Stderr(); !strings.HasPrefix(got, "some words\nlistening") || strings.Contains(got, "bye") {
		t.Errorf("stderr = %q", got)
	}
	p.Line("^bye") // what was said can be asked for after the end
	p.Kill()       // of one that has ended
	if code := p.Stop(); code != 7 {
		t.Errorf("second stop = %d, want 7", code)
	}
}

func TestProcessKillsWhatTheChildStarted(t *testing.T) {
	t.Parallel()
	p := testkit.Start(t, child("parent"))
	grandchild, err := strconv.Atoi(p.Line(`grandchild (\d+)`)[1])
	if err != nil {
		t.Fatal(err)
	}
	p.Line("^up$")
	p.Kill()
	if code := p.Wait(); code != -1 {
		t.Errorf("exit code after a kill = %d, want -1", code)
	}
	for gone := time.Now().Add(time.Minute); alive(grandchild) && !zombie(grandchild); {
		if time.Now().After(gone) {
			t.Fatal("the grandchild lives on")
		}
	}
}

// zombie reports whether a process is dead, and nobody has asked for its end yet.
func zombie(pid int) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return errors.Is(err, os.ErrNotExist) || strings.Contains(string(stat), ") Z ")
}

func TestProcessEndsWithTheTest(t *testing.T) {
	t.Parallel()
	var p *testkit.Process
	t.Run("starts it", func(t *testing.T) {
		p = testkit.Start(t, child("stubborn"))
		p.Line("^up$")
	})
	if alive(p.PID()) {
		t.Error("the child outlived its test")
	}
}

func TestProcessFailsTheTest(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, child string
		do          func(p *testkit.Process)
		want        string
	}{
		{"a line that the dead never said", "broken", func(p *testkit.Process) { p.Line("listening") }, "ended (exit status 4) and said no line like \"listening\", at last:\nno such thing"},
		{"a line that never comes", "stubborn", func(p *testkit.Process) { p.Patience = time.Millisecond; p.Line("listening") }, "said no line like \"listening\" in 1ms"},
		{"an answer from the dead", "broken", func(p *testkit.Process) { p.Answers(nil, "http://127.0.0.1:1/") }, "ended (exit status 4) before http://127.0.0.1:1/ answered"},
		{"an answer that never comes", "stubborn", func(p *testkit.Process) { p.Patience = 50 * time.Millisecond; p.Answers(nil, "http://127.0.0.1:1/") }, "did not answer in 50ms"},
		{"an end that never comes", "stubborn", func(p *testkit.Process) { p.Line("^up$"); p.Patience = 50 * time.Millisecond; p.Stop() }, "did not end in 50ms; it said, at last:\nup"},
		{"a program that is not there", "", func(*testkit.Process) {}, "start: "},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got := watch(t, func(tb testing.TB) {
				tb.Helper()
				cmd := child(c.child)
				if c.child == "" {
					cmd.Path = filepath.Join(t.TempDir(), "none")
				}
				c.do(testkit.Start(tb, cmd))
			})
			if !got.failed || !strings.Contains(got.said, c.want) {
				t.Errorf("failed %v: %q, want %q in it", got.failed, got.said, c.want)
			}
		})
	}
}

func TestDrawbridge(t *testing.T) {
	t.Parallel()
	first, second := testkit.Drawbridge(t), testkit.Drawbridge(t)
	if first != second {
		t.Errorf("two programs: %s and %s", first, second)
	}
	p := testkit.Start(t, exec.Command(first, "--help"))
	if code := p.Wait(); code != 0 || p.Stdout() == "" {
		t.Errorf("--help = %d %q %q", code, p.Stdout(), p.Stderr())
	}
	if left, _ := filepath.Glob(first + ".*"); len(left) > 0 {
		t.Errorf("the build left %v", left)
	}
}

func TestKills(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "lines")
	const rounds = 5
	var said, checked int
	testkit.Kills{
		Rounds: rounds,
		Within: 50 * time.Millisecond,
		Start: func() *testkit.Process {
			said = 0
			p := testkit.Start(t, child("writer", "FILE="+file))
			p.Line("^0$")
			return p
		},
		Work: func(ctx context.Context, p *testkit.Process) {
			<-ctx.Done()
			said = strings.Count(p.Stdout(), "\n")
		},
		Check: func(round int) {
			if round != checked {
				t.Errorf("round %d after %d checks", round, checked)
			}
			checked++
			if kept := count(t, file); kept < said || said == 0 {
				t.Errorf("round %d: %d lines kept, %d said", round, kept, said)
			}
			if err := os.Remove(file); err != nil {
				t.Error(err)
			}
		},
	}.Run(t)
	if checked != rounds {
		t.Errorf("%d checks, want %d", checked, rounds)
	}
}

func count(t *testing.T, file string) int {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	lines := 0
	for s := bufio.NewScanner(f); s.Scan(); {
		lines++
	}
	return lines
}

func TestKillsNoticesAProcessThatEndsByItself(t *testing.T) {
	t.Parallel()
	got := watch(t, func(tb testing.TB) {
		tb.Helper()
		testkit.Kills{
			Rounds: 3, Within: time.Hour,
			Start: func() *testkit.Process {
				p := testkit.Start(tb, child("broken"))
				p.Wait()
				return p
			},
			Work:  func(ctx context.Context, _ *testkit.Process) { <-ctx.Done() },
			Check: func(int) { tb.Error("a check after the process ended by itself") },
		}.Run(tb)
	})
	if want := "round 0: the process ended by itself (exit status 4)"; !got.failed || !strings.Contains(got.said, want) {
		t.Errorf("failed %v: %q, want %q in it", got.failed, got.said, want)
	}
}

func TestProcessUnderStrace(t *testing.T) {
	t.Parallel()
	strace, err := exec.LookPath("strace")
	if err != nil {
		t.Skip("scripts/tools strace installs it")
	}
	start := func(t *testing.T) *testkit.Process {
		t.Helper()
		cmd := child("server")
		cmd.Path = strace
		cmd.Args = []string{"strace", "-D", "-f", "-qq", "-e", "trace=none", os.Args[0]}
		p := testkit.Start(t, cmd)
		p.Line("listening")
		return p
	}
	if code := start(t).Stop(); code != 7 {
		t.Errorf("exit code = %d, want the child's own 7", code)
	}
	killed := start(t)
	killed.Kill()
	if alive(killed.PID()) {
		t.Error("the child outlived the kill")
	}
}
