package drawbridge_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"drawbridge/internal/testkit"
)

// TestServerScripts runs every journey and every attack of testdata/script/server
// through a real server, on both databases. Besides testscript's own commands
// there are:
//
//	serve NAME [ARG...]   starts a server with data of its own and waits until it is ready;
//	                      after end or crash, the same data and the same address again.
//	                      Sets SERVER and NAME_URL, NAME_DATA, NAME_LOG (a file).
//	end NAME              asks it to end (SIGTERM), and holds it to exit code 0
//	crash NAME            ends it at once (SIGKILL)
//	at NAME ARG...        runs drawbridge on the data of a server, beside it
//	ann ARG...            runs drawbridge as Ann, with her own home folder, against $SERVER;
//	                      and so do bob, carol, dave, erin, mallory, root, sam and ci
//	exits CODE CMD...     runs a command of these two kinds, and holds it to an exit code
//	http METHOD PATH [HEADER: VALUE]... [@FILE]
//	                      asks $SERVER (or a whole URL) and prints status, headers and body
//	take VARIABLE PATTERN keeps what a pattern finds in the last standard output
//	clock +90d [NAME]...  steps the clock of server and commands; who is named signs in again
//	day VARIABLE +20d     keeps a day of that clock in a variable
//	until PATTERN NAME ARG...
//	                      repeats what somebody runs until its output fits
//	ran FILE MANIFEST AGE CHECK=VERDICT...
//	                      writes what a run of live checks says that ended so long ago
//	partner FOLDER PACE   starts a partner that takes so long for each answer, and writes its manifest
//	begin NAME WHO ARG... starts what somebody runs, for crash to end it
//	receiver NAME         starts a receiver of webhooks; received waits for a message
//
// The condition [postgres] holds in the run on PostgreSQL.
func TestServerScripts(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/script/server/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no scripts: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			t.Parallel()
			testkit.Databases(t, func(t *testing.T, database string) {
				t.Parallel()
				s := &serverScript{t: t, postgres: database != "", first: database, servers: map[string]*scriptServer{}, receivers: map[string]chan arrival{}}
				testscript.Run(t, testscript.Params{
					Files: []string{file}, UpdateScripts: os.Getenv("UPDATE") != "", RequireUniqueNames: true,
					Cmds: s.commands(), Condition: s.condition, Setup: setupServerScript,
				})
			})
		})
	}
}

func setupServerScript(e *testscript.Env) error {
	e.Setenv("NO_COLOR", "1")
	e.Setenv("CLOCK", "running")
	return nil
}

// signalContext ends with the signals that stop the program.
func signalContext() (context.Context, context.CancelFunc) {
	return signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
}

// serverScript is one script on one database.
type serverScript struct {
	t        *testing.T
	postgres bool
	first    string // a database that no server has yet
	servers  map[string]*scriptServer

	receivers map[string]chan arrival // of webhooks
}

// scriptServer is a server's data, and its process while there is one.
type scriptServer struct {
	data, database, address, url string
	process                      *testkit.Process
}

type scriptCommand = func(ts *testscript.TestScript, neg bool, args []string)

func (s *serverScript) commands() map[string]scriptCommand {
	out := map[string]scriptCommand{
		"serve": s.serve, "at": s.at, "exits": s.exits, "http": s.http,
		"join": s.join, "machine": s.machine, "receiver": s.receiver, "received": s.received, "take": take,
		"clock": s.clock, "day": day, "until": s.until, "ran": ran, "partner": s.partner, "begin": s.begin,
		"end": func(ts *testscript.TestScript, neg bool, args []string) {
			s.finish(ts, neg, args, (*testkit.Process).Stop)
		},
		"crash": func(ts *testscript.TestScript, neg bool, args []string) {
			s.finish(ts, neg, args, func(p *testkit.Process) int { p.Kill(); return 0 })
		},
	}
	for _, name := range []string{"ann", "bob", "carol", "dave", "erin", "mallory", "root", "sam", "ci"} {
		out[name] = func(ts *testscript.TestScript, neg bool, args []string) {
			judge(ts, neg, s.as(ts, name, args))
		}
	}
	maps.Copy(out, s.attacks())
	return out
}

func (s *serverScript) condition(cond string) (bool, error) {
	if cond == "postgres" {
		return s.postgres, nil
	}
	return false, fmt.Errorf("there is no condition %q", cond)
}

// judge holds a command to success, or to failure when it is negated.
func judge(ts *testscript.TestScript, neg bool, err error) {
	switch {
	case neg && err == nil:
		ts.Fatalf("the command worked, and should not")
	case !neg && err != nil:
		ts.Fatalf("the command failed: %v", err)
	}
}

func (s *serverScript) serve(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 {
		ts.Fatalf("usage: serve NAME [ARG...]")
	}
	srv := s.server(ts, args[0])
	if srv.process != nil {
		ts.Fatalf("%s runs already", args[0])
	}
	cmd := s.command(ts, append([]string{"serve", "--listen", srv.address}, args[1:]...)...)
	cmd.Env = append(cmd.Env, srv.environment()...)
	srv.process = testkit.Start(s.t, cmd)
	match := srv.process.Line(`(?:msg=ready url=|"msg":"ready","url":")([^"\s]+)(?: address=|","address":")([^"\s]+)`)
	srv.url, srv.address = match[1], match[2]
	ts.Setenv("SERVER", srv.url)
	ts.Setenv(args[0]+"_URL", srv.url)
}

// server finds the data of a server, or makes new ones.
func (s *serverScript) server(ts *testscript.TestScript, name string) *scriptServer {
	if srv := s.servers[name]; srv != nil {
		return srv
	}
	srv := &scriptServer{data: ts.MkAbs(name + "-data"), address: "127.0.0.1:0"}
	if s.postgres {
		srv.database, s.first = s.first, ""
		if srv.database == "" {
			srv.database = testkit.Postgres(s.t)
		}
	}
	s.servers[name] = srv
	ts.Setenv(name+"_DATA", srv.data)
	ts.Setenv(name+"_LOG", srv.data+".log")
	ts.Defer(func() {
		if srv.process != nil {
			srv.process.Stop()
		}
	})
	return srv
}

func (srv *scriptServer) environment() []string {
	return []string{"DRAWBRIDGE_DATA=" + srv.data, "DRAWBRIDGE_DATABASE=" + srv.database}
}

// finish ends a server's process, and keeps what it said.
func (s *serverScript) finish(ts *testscript.TestScript, neg bool, args []string, how func(*testkit.Process) int) {
	if neg || len(args) != 1 || s.servers[args[0]] == nil || s.servers[args[0]].process == nil {
		ts.Fatalf("usage: end NAME, or crash NAME, of a server that runs")
	}
	srv := s.servers[args[0]]
	code := how(srv.process)
	ts.Check(os.WriteFile(srv.data+".log", []byte(srv.process.Stdout()+srv.process.Stderr()), 0o600))
	srv.process = nil
	if code != 0 {
		ts.Fatalf("%s ended with %d", args[0], code)
	}
}

// command is the program in the script's environment.
func (s *serverScript) command(ts *testscript.TestScript, args ...string) *exec.Cmd {
	path := ""
	for _, dir := range filepath.SplitList(ts.Getenv("PATH")) {
		if file := filepath.Join(dir, "drawbridge"); path == "" {
			if _, err := os.Stat(file); err == nil {
				path = file
			}
		}
	}
	cmd := exec.CommandContext(s.t.Context(), path, args...)
	cmd.Dir = ts.MkAbs(".")
	for _, name := range []string{"PATH", "HOME", "TMPDIR", "WORK", "NO_COLOR", "CLOCK"} {
		cmd.Env = append(cmd.Env, name+"="+ts.Getenv(name))
	}
	return cmd
}

// with runs a command with more in the environment.
func with(ts *testscript.TestScript, environment []string, args []string) error {
	for _, pair := range environment {
		name, value, _ := strings.Cut(pair, "=")
		before := ts.Getenv(name)
		ts.Setenv(name, value)
		defer ts.Setenv(name, before)
	}
	return ts.Exec("drawbridge", args...)
}

func (s *serverScript) at(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) < 2 {
		ts.Fatalf("usage: at NAME ARG...")
	}
	judge(ts, neg, with(ts, s.server(ts, args[0]).environment(), args[1:]))
}

// as runs the program as somebody, whose home folder is their own.
func (s *serverScript) as(ts *testscript.TestScript, name string, args []string) error {
	home := ts.MkAbs(filepath.Join(ts.Getenv("WORK"), "home", name))
	ts.Check(os.MkdirAll(home, 0o700))
	return with(ts, []string{"HOME=" + home, "XDG_CONFIG_HOME=" + filepath.Join(home, ".config"), "DRAWBRIDGE_SERVER=" + ts.Getenv("SERVER")}, args)
}

func (s *serverScript) exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE COMMAND ARG...")
	}
	var err error
	switch args[1] {
	case "at":
		err = with(ts, s.server(ts, args[2]).environment(), args[3:])
	case "drawbridge":
		err = ts.Exec("drawbridge", args[2:]...)
	default:
		err = s.as(ts, args[1], args[2:])
	}
	code := 0
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		code = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	if fmt.Sprint(code) != args[0] {
		ts.Fatalf("the command ended with %d, want %s", code, args[0])
	}
}

func take(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: take VARIABLE PATTERN")
	}
	found := regexp.MustCompile(args[1]).FindString(ts.ReadFile("stdout"))
	if found == "" {
		ts.Fatalf("nothing like %s is in the output", args[1])
	}
	ts.Setenv(args[0], found)
}

// maxAnswer bounds what http prints of an answer.
const maxAnswer = 1 << 20

func (s *serverScript) http(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) < 2 {
		ts.Fatalf("usage: http METHOD PATH [HEADER: VALUE]... [@FILE]")
	}
	target := args[1]
	if strings.HasPrefix(target, "/") {
		target = ts.Getenv("SERVER") + target
	}
	var body io.Reader = http.NoBody
	header := http.Header{}
	for _, a := range args[2:] {
		if file, ok := strings.CutPrefix(a, "@"); ok {
			body = bytes.NewReader([]byte(ts.ReadFile(file)))
			continue
		}
		name, value, _ := strings.Cut(a, ":")
		header.Add(name, strings.TrimSpace(value))
	}
	ctx, cancel := context.WithTimeout(s.t.Context(), time.Minute)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, args[0], target, body)
	ts.Check(err)
	req.Header = header
	if host := header.Get("Host"); host != "" {
		req.Host = host
	}
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := client.Do(req)
	ts.Check(err)
	defer resp.Body.Close()
	data, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	ts.Check(err)
	out := ts.Stdout()
	fmt.Fprintf(out, "%s\n", resp.Status)
	ts.Check(resp.Header.Write(out))
	fmt.Fprintf(out, "\n%s", data)
	if failed := resp.StatusCode >= http.StatusBadRequest; failed != neg {
		ts.Fatalf("%s %s: %s\n%s", args[0], args[1], resp.Status, data)
	}
}
