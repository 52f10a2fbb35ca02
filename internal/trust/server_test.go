package trust_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"drawbridge"
	"drawbridge/internal/cli"
	"drawbridge/internal/client"
	"drawbridge/internal/ledger"
	"drawbridge/internal/testkit"
)

// password is everybody's.
const password = "open sesame open"

// installation is a data folder with its database, and the program on it.
type installation struct {
	tb             testing.TB
	data, database string
	binary         string
	env            []string
	http           *http.Client
}

func newInstallation(tb testing.TB, database string) *installation {
	tb.Helper()
	_ = cli.Run // the code of the binary is an input of this test
	return &installation{
		tb: tb, data: tb.TempDir(), database: database, binary: testkit.Drawbridge(tb),
		http: &http.Client{Timeout: time.Minute, Transport: &http.Transport{MaxIdleConnsPerHost: 64}},
	}
}

func (in *installation) command(args ...string) *exec.Cmd {
	cmd := exec.Command(in.binary, args...)
	cmd.Env = append(os.Environ(), "DRAWBRIDGE_DATA="+in.data, "DRAWBRIDGE_DATABASE="+in.database,
		"DRAWBRIDGE_ADMIN_EMAIL=ann@drawbridge.example", "DRAWBRIDGE_ADMIN_PASSWORD="+password)
	cmd.Env = append(cmd.Env, in.env...)
	return cmd
}

// run runs a command on the data folder to its end.
func (in *installation) run(args ...string) (stdout []byte, err error) {
	cmd := in.command(args...)
	var complaint bytes.Buffer
	cmd.Stderr = &complaint
	if stdout, err = cmd.Output(); err != nil {
		err = fmt.Errorf("drawbridge %v: %w\n%s%s", args, err, complaint.Bytes(), stdout)
	}
	return stdout, err
}

// server is the program, serving.
type server struct {
	*installation
	*testkit.Process
	url string
}

// serve starts the server and waits until it is ready.
func (in *installation) serve() *server {
	in.tb.Helper()
	return in.serving(in.command("serve", "--listen", "127.0.0.1:0"))
}

func (in *installation) serving(cmd *exec.Cmd) *server {
	in.tb.Helper()
	p := testkit.Start(in.tb, cmd)
	return &server{in, p, p.Line(`msg=ready url=(\S+)`)[1]}
}

// ask is one request, and answer what came back.
type ask struct {
	method, path string
	key          string // idempotency key
	version      int64  // for If-Match
	media        string // JSON when it is empty
	body         []byte
}

type answer struct {
	status   int
	entry    int64 // of the ledger; -1 for none
	request  string
	replayed bool
	body     []byte
}

func (a answer) ok() bool { return a.status < 300 }

// problem is what an answer that says no says.
func (a answer) problem() (p client.ProblemDetails) {
	if !a.ok() {
		_ = json.Unmarshal(a.body, &p) // what is no problem document says nothing
	}
	return p
}

func (a answer) String() string { return fmt.Sprintf("%d entry %d %.600s", a.status, a.entry, a.body) }

// send sends a request once. The error means that no answer came.
func (s *server) send(ctx context.Context, secret string, q ask) (answer, error) {
	return send(ctx, s.http, s.url, secret, q)
}

func send(ctx context.Context, c *http.Client, url, secret string, q ask) (answer, error) {
	req, err := http.NewRequestWithContext(ctx, q.method, url+q.path, bytes.NewReader(q.body))
	if err != nil {
		return answer{}, err
	}
	for name, value := range map[string]string{"Idempotency-Key": q.key, "Content-Type": q.media} {
		if value != "" {
			req.Header.Set(name, value)
		}
	}
	if q.media == "" && len(q.body) > 0 {
		req.Header.Set("Content-Type", "application/json")
	}
	if secret != "" {
		req.Header.Set("Authorization", "Bearer "+secret)
	}
	if q.version > 0 {
		req.Header.Set("If-Match", strconv.Quote(strconv.FormatInt(q.version, 10)))
	}
	resp, err := c.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer resp.Body.Close()
	a := answer{status: resp.StatusCode, entry: -1, request: resp.Header.Get("Drawbridge-Request"), replayed: resp.Header.Get("Idempotent-Replayed") != ""}
	if n, err := strconv.ParseInt(resp.Header.Get(client.HeaderEntry), 10, 64); err == nil {
		a.entry = n
	}
	a.body, err = io.ReadAll(io.LimitReader(resp.Body, 64<<20))
	return a, err
}

func document(v any) []byte {
	data, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return data
}

// get reads a document into out.
func (s *server) get(ctx context.Context, secret, path string, out any) error {
	a, err := s.send(ctx, secret, ask{method: "GET", path: path})
	if err != nil {
		return err
	}
	if !a.ok() {
		return wrongf("GET %s: %v", path, a)
	}
	return json.Unmarshal(a.body, out)
}

// sign signs somebody in, and returns the session's secret.
func (s *server) sign(name string) string {
	s.tb.Helper()
	a := s.must("", ask{method: "POST", path: "/api/v1/session", body: document(client.SignIn{Email: name + "@drawbridge.example", Password: client.Hide(password)})})
	var in struct {
		Secret string `json:"secret"`
	}
	if err := json.Unmarshal(a.body, &in); err != nil || in.Secret == "" {
		s.tb.Fatalf("sign in as %s: %v", name, a)
	}
	return in.Secret
}

// must sends what has to work.
func (s *server) must(secret string, q ask) answer {
	s.tb.Helper()
	a, err := s.send(s.tb.Context(), secret, q)
	if err != nil || !a.ok() {
		s.tb.Fatalf("%s %s: %v %v", q.method, q.path, a, err)
	}
	return a
}

// add invites somebody, who takes the invitation.
func (s *server) add(admin, name string, roles ...drawbridge.Role) {
	s.tb.Helper()
	a := s.must(admin, ask{method: "POST", path: "/api/v1/people", key: "add-" + name, body: document(client.Invite{Email: name + "@drawbridge.example", Name: name, Roles: roles})})
	var invited struct {
		Secret string `json:"secret"`
	}
	if err := json.Unmarshal(a.body, &invited); err != nil {
		s.tb.Fatal(err)
	}
	s.must("", ask{method: "POST", path: "/api/v1/invitation", body: document(client.Accept{Secret: client.Hide(invited.Secret), Password: client.Hide(password)})})
}

// fsck holds the record to be whole, as an operator would.
func (in *installation) fsck() error {
	_, err := in.run("fsck", "--format", "json")
	return err
}

// log exports the ledger, verifies it against what was kept of it before, and
// returns its entries and the checkpoint to keep.
func (in *installation) log(ctx context.Context, kept *ledger.Checkpoint) ([]ledger.Entry, *ledger.Checkpoint, error) {
	data, err := in.run("log", "export")
	if err != nil {
		return nil, nil, err
	}
	report, err := ledger.Verify(ctx, bytes.NewReader(data), ledger.Trust{Anchor: kept}, nil)
	if err != nil {
		return nil, nil, err
	}
	if !report.OK || report.Anchored != (kept != nil) {
		return nil, nil, fmt.Errorf("the ledger does not verify: %+v", report)
	}
	return parseLog(data)
}

// parseLog reads an exported log, which was verified.
func parseLog(data []byte) (entries []ledger.Entry, cp *ledger.Checkpoint, err error) {
	lines := bytes.Split(bytes.TrimSpace(data), []byte("\n"))
	for i, text := range lines[1:] {
		var line struct {
			Entry      *ledger.Entry `json:"entry"`
			Checkpoint string        `json:"checkpoint"`
		}
		if err := json.Unmarshal(text, &line); err != nil {
			return nil, nil, err
		}
		switch {
		case line.Entry != nil && line.Entry.Seq == int64(i):
			entries = append(entries, *line.Entry)
		case line.Checkpoint != "":
			got, err := ledger.ParseCheckpoint([]byte(line.Checkpoint))
			return entries, &got, err
		default:
			return nil, nil, fmt.Errorf("line %d of the log is neither entry nor checkpoint: %.200s", i, text)
		}
	}
	return nil, nil, errors.New("the log has no checkpoint")
}

// verified verifies an exported log, and returns its notes.
func verified(t *testing.T, log string) []string {
	t.Helper()
	report, err := ledger.Verify(t.Context(), strings.NewReader(log), ledger.Trust{}, nil)
	if err != nil || !report.OK {
		t.Fatalf("the ledger does not verify: %+v %v", report, err)
	}
	return report.Notes
}
