package drawbridge_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"drawbridge"
	"drawbridge/internal/check"
	"drawbridge/internal/cli"
	"drawbridge/internal/client"
	"drawbridge/internal/manifest"
	"drawbridge/internal/seal"
	"drawbridge/internal/testkit"
)

// installation is a server of its own for one test.
type installation struct {
	t         *testing.T
	url, data string
	database  string
	process   *testkit.Process
}

// install starts a server and waits until it is ready.
func install(t *testing.T, database string, environment []string, args ...string) *installation {
	t.Helper()
	in := &installation{t: t, data: filepath.Join(t.TempDir(), "data"), database: database}
	in.start(environment, args...)
	return in
}

func (in *installation) start(environment []string, args ...string) {
	in.t.Helper()
	in.process = testkit.Start(in.t, in.command(environment, append([]string{"serve", "--listen", "127.0.0.1:0"}, args...)...))
	in.url = in.process.Line(`(?:msg=ready url=|"msg":"ready","url":")([^"\s]+)`)[1]
}

// command is the program as it is shipped, on the installation's data.
func (in *installation) command(environment []string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(in.t.Context(), testkit.Drawbridge(in.t), args...)
	cmd.Env = append([]string{"HOME=" + in.data + "-home", "DRAWBRIDGE_DATA=" + in.data, "DRAWBRIDGE_DATABASE=" + in.database}, environment...)
	return cmd
}

func (in *installation) client(secret seal.Hidden) *client.Client {
	in.t.Helper()
	c, err := client.New(client.Options{URL: in.url, Token: secret})
	if err != nil {
		in.t.Fatal(err)
	}
	return c
}

func (in *installation) signIn(email, password string) *client.Client {
	in.t.Helper()
	s, err := in.client(seal.Hidden{}).SignIn(in.t.Context(), client.SignIn{Email: email, Password: client.Hide(password)})
	if err != nil {
		in.t.Fatal(err)
	}
	return in.client(s.Secret.Hidden)
}

// person invites somebody, who takes the invitation.
func (in *installation) person(admin *client.Client, name, password string, roles ...drawbridge.Role) *client.Client {
	in.t.Helper()
	email := name + "@drawbridge.example"
	invited, err := admin.Invite(in.t.Context(), client.Invite{Email: email, Name: name, Roles: roles})
	if err == nil {
		_, err = in.client(seal.Hidden{}).Accept(in.t.Context(), client.Accept{Secret: invited.Secret, Password: client.Hide(password)})
	}
	if err != nil {
		in.t.Fatal(err)
	}
	return in.signIn(email, password)
}

func (in *installation) administrator(password string) *client.Client {
	in.t.Helper()
	const root = "root@drawbridge.example"
	if _, err := in.client(seal.Hidden{}).Setup(in.t.Context(), client.Setup{Email: root, Name: "Root", Password: client.Hide(password)}); err != nil {
		in.t.Fatal(err)
	}
	return in.signIn(root, password)
}

// push pushes a small integration.
func (in *installation) push(c *client.Client, slug string) client.Pushed {
	in.t.Helper()
	text := fmt.Sprintf("apiVersion: drawbridge/v1\nkind: Integration\nid: %s\nenvironment: production\nname: %s\npartner: swiftparcel\n", slug, slug)
	partner := "apiVersion: drawbridge/v1\nkind: Partner\nid: swiftparcel\nlegal_name: Swiftparcel\n"
	p, _, err := c.Push(in.t.Context(), client.Push{Main: "integration.yaml", Files: manifest.Files{"integration.yaml": []byte(text), "partners/swiftparcel.yaml": []byte(partner)}})
	if err != nil {
		in.t.Fatal(err)
	}
	return p
}

// TestSelfCheck has our own live checks try our own API, as it is served and
// described: as two people with an integration each, by tokens and by sessions
// that were proved just now, and as two who keep the installation. They must
// drive it, and find nothing.
func TestSelfCheck(t *testing.T) {
	t.Parallel()
	in := install(t, "", nil)
	admin := in.administrator(scriptPassword)
	environ := map[string]string{}
	token := func(c *client.Client, name string) {
		made, err := c.CreateToken(t.Context(), client.NewToken{Name: "checks"})
		if err != nil {
			t.Fatal(err)
		}
		environ["TOKEN_"+name] = made.Secret.Reveal()
	}
	var shared client.Pushed
	for _, name := range []string{"ann", "bob"} {
		c := in.person(admin, name, scriptPassword, drawbridge.Requester)
		in.push(c, name+"-labels")
		token(c, name)
		environ["SESSION_"+name] = in.secret(name)
		if name == "ann" {
			shared = in.push(c, "shared-labels")
			continue
		}
		me, err := c.Me(t.Context())
		if err == nil {
			members := []drawbridge.PersonID{me.Person}
			_, err = in.signIn("ann@drawbridge.example", scriptPassword).Assign(t.Context(), shared.Integration.Version, client.Assign{ByID: client.ByID{ID: string(shared.Integration.ID)}, Members: &members})
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"carol", "dave"} {
		in.person(admin, name, scriptPassword, drawbridge.Administrator, drawbridge.Auditor, drawbridge.ProgrammeOwner, drawbridge.ReviewerLegal, drawbridge.Operator)
		environ["SESSION_"+name] = in.secret(name)
	}
	dir := t.TempDir()
	in.describe(filepath.Join(dir, "openapi.json"))
	text := strings.NewReplacer("URL", in.url, "HOST", strings.TrimPrefix(in.url, "http://")).Replace(selfManifest)
	if err := os.WriteFile(filepath.Join(dir, "integration.yaml"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, try := range []struct {
		target string
		driven int
		reads  int
	}{{"tokens", 28, 27}, {"sessions", 30, 27}, {"keepers", 48, 36}} {
		runs := filepath.Join(dir, try.target+".json")
		var out, errs bytes.Buffer
		code := cli.Run(t.Context(), cli.Env{
			Args: []string{"test", "integration.yaml", "--target", try.target, "--out", runs}, Dir: dir,
			Environ: func(name string) string { return environ[name] }, Stdin: strings.NewReader(""), Stdout: &out, Stderr: &errs, Now: time.Now, Version: "test",
		})
		if code != drawbridge.ExitOK {
			t.Errorf("%s: exit code %d\n%s%s", try.target, code, out.String(), errs.String())
		}
		judgeRun(t, runs, try.driven, try.reads)
	}
}

// secret is that of a new session of somebody.
func (in *installation) secret(name string) string {
	in.t.Helper()
	s, err := in.client(seal.Hidden{}).SignIn(in.t.Context(), client.SignIn{Email: name + "@drawbridge.example", Password: client.Hide(scriptPassword)})
	if err != nil {
		in.t.Fatal(err)
	}
	return s.Secret.Reveal()
}

// examples are what a person adds to a description that is to be tested: values
// that a program cannot guess, and which of them are needed.
var examples = map[string]string{"slug": "shared-labels", "environment": "production", "seq": "0", "kind": "partner", "id": "swiftparcel"}

// describe keeps the description that the server gives of itself, with examples.
func (in *installation) describe(file string) {
	in.t.Helper()
	resp, err := http.Get(in.url + "/api/v1/openapi.json")
	if err != nil {
		in.t.Fatal(err)
	}
	defer resp.Body.Close()
	var doc map[string]any
	if err := json.NewDecoder(resp.Body).Decode(&doc); err != nil {
		in.t.Fatal(err)
	}
	for path, item := range doc["paths"].(map[string]any) {
		for _, op := range item.(map[string]any) {
			params, _ := op.(map[string]any)["parameters"].([]any)
			for _, p := range params {
				p := p.(map[string]any)
				value, ok := examples[p["name"].(string)]
				if ok && (p["in"] == "query" && path != "/api/v1/jobs" || p["name"] == "seq") {
					p["example"], p["required"] = value, true
				}
			}
		}
	}
	data, err := json.Marshal(doc)
	if err == nil {
		err = os.WriteFile(file, data, 0o600)
	}
	if err != nil {
		in.t.Fatal(err)
	}
}

// judgeRun holds a run to no failure, and to operations that were driven: they
// answered every identity with 2xx.
func judgeRun(t *testing.T, file string, wantDriven, wantReads int) {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	run, err := check.ParseRun(file, data)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range run.Results {
		if r.Verdict == drawbridge.Fail {
			evidence, _ := json.MarshalIndent(r.Evidence, "", " ")
			t.Errorf("%s %s %s: %s\n%s", r.Check, r.Operation, r.Location, r.Reason, evidence)
		}
	}
	driven, reads := 0, 0
	for _, o := range run.Operations {
		good := len(o.Baseline) > 0 && !slices.ContainsFunc(values(o.Baseline), func(s int) bool { return s >= 300 })
		if good {
			driven++
			if strings.HasPrefix(o.Operation, "GET ") {
				reads++
			}
		}
	}
	t.Logf("%s: %d of %d operations were driven, %d of them reads; %d requests in %.1f s", run.Target.Name, driven, len(run.Operations), reads, run.Budget.UsedRequests, run.Budget.UsedSeconds)
	if driven < wantDriven || reads < wantReads {
		t.Errorf("%s: want at least %d driven, %d of them reads", run.Target.Name, wantDriven, wantReads)
	}
}

func values(m map[string]int) []int {
	var out []int
	for _, v := range m {
		out = append(out, v)
	}
	return out
}

const selfManifest = `apiVersion: drawbridge/v1
kind: Integration
id: drawbridge-api
environment: test
name: Our own interface
interfaces:
  - {id: api, kind: http_api, direction: outbound, spec: openapi.json, hosts: ["HOST"], protocols: [http], formats: [json], auth: {type: bearer, in: header, name: Authorization}}
targets:
  - name: tokens
    base_url: URL
    represents: production
    why: it is the same program
    identities:
      - {name: ann, role: requester, type: bearer, credential: {ref: "env:TOKEN_ann"}}
      - {name: bob, role: requester, type: bearer, credential: {ref: "env:TOKEN_bob"}}
    budget: {requests: 3000, seconds: 60}
  - name: sessions
    base_url: URL
    represents: production
    why: it is the same program
    identities:
      - {name: ann, role: requester, type: bearer, credential: {ref: "env:SESSION_ann"}}
      - {name: bob, role: requester, type: bearer, credential: {ref: "env:SESSION_bob"}}
    budget: {requests: 3000, seconds: 60}
  - name: keepers
    base_url: URL
    represents: production
    why: it is the same program
    identities:
      - {name: carol, role: keeper, type: bearer, credential: {ref: "env:SESSION_carol"}}
      - {name: dave, role: keeper, type: bearer, credential: {ref: "env:SESSION_dave"}}
    budget: {requests: 3000, seconds: 60}
`
