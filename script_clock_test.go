package drawbridge_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"drawbridge"
	"drawbridge/internal/check"
	"drawbridge/internal/check/rule"
	"drawbridge/internal/client"
	"drawbridge/internal/manifest"
)

// clockFile holds how far ahead the clock of a script is, beside its files. No
// product reads it: only the program inside this test binary does.
const clockFile = ".clock"

// ahead is the running clock and what a script's file says. A file is replaced
// as a whole, so a server and a command beside it read the same.
func ahead(work string) func() time.Time {
	return func() time.Time {
		data, err := os.ReadFile(filepath.Join(work, clockFile))
		if err != nil {
			return time.Now()
		}
		d, err := time.ParseDuration(string(data))
		if err != nil {
			panic(err)
		}
		return time.Now().Add(d)
	}
}

// clock steps the clock of the script's server and commands, once for all who
// run. Sessions live on the same clock, so who goes on is named and signs in again:
//
//	clock +90d [NAME]...  90 days, or hours or minutes (+2h), further; never back
func (s *serverScript) clock(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 || !strings.HasPrefix(args[0], "+") {
		ts.Fatalf("usage: clock +90d [NAME]...")
	}
	var step time.Duration
	if days, err := strconv.Atoi(strings.TrimSuffix(args[0][1:], "d")); err == nil {
		step = time.Duration(days) * 24 * time.Hour
	} else {
		step, err = time.ParseDuration(args[0][1:])
		ts.Check(err)
	}
	work := ts.Getenv("WORK")
	step += time.Until(ahead(work)()).Round(time.Minute)
	file := filepath.Join(work, clockFile)
	ts.Check(os.WriteFile(file+".new", []byte(step.String()), 0o600))
	ts.Check(os.Rename(file+".new", file))
	for _, name := range args[1:] {
		s.login(ts, name)
	}
}

// day keeps a day of the script's clock in a variable:
//
//	day VARIABLE +20d
func day(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: day VARIABLE +20d")
	}
	days, err := strconv.Atoi(strings.TrimSuffix(args[1], "d"))
	ts.Check(err)
	ts.Setenv(args[0], ahead(ts.Getenv("WORK"))().UTC().AddDate(0, 0, days).Format(time.DateOnly))
}

// until repeats a command until it works and its standard output fits a pattern, for
// what the server does by and by:
//
//	until PATTERN carol programme triggers labels
func (s *serverScript) until(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 3 {
		ts.Fatalf("usage: until PATTERN NAME ARG...")
	}
	want := regexp.MustCompile("(?m)" + args[0])
	ctx, cancel := context.WithTimeout(s.t.Context(), 30*time.Second)
	defer cancel()
	for {
		if err := s.as(ts, args[1], args[2:]); err == nil && want.MatchString(ts.ReadFile("stdout")) {
			return
		}
		select {
		case <-time.After(100 * time.Millisecond): // the server works meanwhile
		case <-ctx.Done():
			ts.Fatalf("nothing like %s came", args[0])
		}
	}
}

// login signs somebody in who joined: on the command line, and for NAME_SESSION.
func (s *serverScript) login(ts *testscript.TestScript, name string) {
	email := name + "@drawbridge.example"
	c := s.client(ts, "")
	in, err := c.SignIn(s.t.Context(), client.SignIn{Email: email, Password: client.Hide(scriptPassword)})
	ts.Check(err)
	ts.Setenv(name+"_SESSION", in.Secret.Reveal())
	file := ts.MkAbs(filepath.Join(ts.Getenv("WORK"), "join.password"))
	ts.Check(os.WriteFile(file, []byte(scriptPassword+"\n"), 0o600))
	ts.Check(s.as(ts, name, []string{"login", "--email", email, "--password-file", file}))
	ts.Check(os.Remove(file))
}

// ran writes what a run of live checks says, on the first target and interface
// of a manifest; it ended so long before now:
//
//	ran FILE MANIFEST 1h TLS-01=pass AUTHN-01=fail...
func ran(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 4 {
		ts.Fatalf("usage: ran FILE MANIFEST AGE CHECK=VERDICT...")
	}
	b, err := manifest.Load(ts.MkAbs(args[1]))
	ts.Check(err)
	digest, err := manifest.ContentDigest(b)
	ts.Check(err)
	age, err := time.ParseDuration(args[2])
	ts.Check(err)
	in, target := b.Integration, b.Integration.Targets[0]
	at := in.Interfaces[0].ID
	end := ahead(ts.Getenv("WORK"))().UTC().Add(-age)
	run := check.Run{
		SchemaVersion: drawbridge.SchemaVersion, Tool: "drawbridge", Integration: check.RunIntegration{ID: in.ID, Environment: in.Environment, Digest: digest},
		Target: check.RunTarget{Name: target.Name, Interface: at, BaseURL: target.BaseURL, Represents: target.Represents},
		Origin: "ci", Started: end, Finished: end, Complete: true,
	}
	for _, a := range args[3:] {
		id, verdict, _ := strings.Cut(a, "=")
		known, ok := rule.Find(id)
		if !ok {
			ts.Fatalf("there is no check %s", id)
		}
		r := check.Result{
			Check: id, Title: known.Info().Title, Interface: at, Verdict: drawbridge.Verdict(verdict), Reason: "it was tried", Severity: known.Info().Severity,
		}
		sum := sha256.Sum256([]byte(strings.Join([]string{in.ID, at, id, "", "", ""}, "\x00")))
		r.Fingerprint = "f1-" + hex.EncodeToString(sum[:12])
		run.Results, run.Done = append(run.Results, r), append(run.Done, id)
	}
	data, err := json.Marshal(run)
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), data, 0o600))
}
