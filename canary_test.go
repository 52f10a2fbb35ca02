package drawbridge_test

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha1"
	"database/sql"
	"encoding/base32"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // to look into PostgreSQL as a thief would

	"drawbridge"
	"drawbridge/internal/client"
	"drawbridge/internal/manifest"
	"drawbridge/internal/seal"
	"drawbridge/internal/testkit"
)

// canaries are secrets of one journey, by what they are. Each is looked for as it
// is, in hex, and in base64 at every alignment.
type canaries map[string]string

// lay makes a secret that nothing else looks like.
func (c canaries) lay(name string) string {
	c[name] = "canary-" + name + "-" + rand.Text()
	return c[name]
}

func (c canaries) forms(name string) []string {
	v := []byte(c[name])
	out := []string{string(v), hex.EncodeToString(v), strings.ToUpper(hex.EncodeToString(v))}
	for _, enc := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
		for shift := range 3 {
			text := enc.EncodeToString(append(make([]byte, shift), v...))
			from := (shift*8 + 5) / 6 // the first character that is of v alone
			out = append(out, text[from:len(text)-2])
		}
	}
	return out
}

// search fails the test for every canary in a text.
func (c canaries) search(t *testing.T, where string, text []byte) {
	t.Helper()
	for name := range c {
		for _, form := range c.forms(name) {
			if i := bytes.Index(text, []byte(form)); i >= 0 {
				t.Errorf("%s holds the secret %q: …%q…", where, name, text[max(0, i-120):min(len(text), i+60)])
				break
			}
		}
	}
}

// TestCanarySearch shows that the search below finds what it looks for.
func TestCanarySearch(t *testing.T) {
	t.Parallel()
	c := canaries{}
	v := []byte(c.lay("password"))
	for name, text := range map[string]string{
		"raw": "x" + string(v) + "y", "hex": hex.EncodeToString(v), "base64": base64.StdEncoding.EncodeToString(v),
		"base64 within": base64.StdEncoding.EncodeToString(append([]byte("ab"), append(v, "cdefg"...)...)),
		"base64 after":  base64.URLEncoding.EncodeToString(append([]byte("a"), append(v, "c"...)...)),
	} {
		found := false
		for _, form := range c.forms("password") {
			found = found || strings.Contains(text, form)
		}
		if !found {
			t.Errorf("%s: %q is not found", name, text)
		}
	}
}

// TestCanaries takes a whole journey with secrets that can be told from all else,
// and then looks for them wherever they must not be: in what the server, the
// commands and the metrics say, in its errors, in the database and the files, in
// the export of the ledger and in the last words of a crash.
func TestCanaries(t *testing.T) {
	t.Parallel()
	testkit.Databases(t, func(t *testing.T, database string) {
		t.Parallel()
		j := &journey{t: t, canaries: canaries{}}
		free := freeAddress(t)
		j.installation = install(t, database, []string{
			"DRAWBRIDGE_ADMIN_EMAIL=root@drawbridge.example", "DRAWBRIDGE_ADMIN_PASSWORD=" + j.lay("admin-password"), "GOTRACEBACK=all",
			"DRAWBRIDGE_SMTP_ADDRESS=" + freeAddress(t), "DRAWBRIDGE_SMTP_FROM=drawbridge@drawbridge.example",
			"DRAWBRIDGE_SMTP_USER=mail", "DRAWBRIDGE_SMTP_PASSWORD=" + j.lay("smtp-password"),
		}, "--log-format", "json", "--log-level", "debug", "--metrics", free)
		j.people()
		j.work()
		j.mistakes()
		j.commands()
		j.said("the metrics", j.get("http://"+free+"/metrics"))
		j.process.Stop()
		j.said("the server", j.process.Stdout()+j.process.Stderr())
		j.crash(free)
		j.look()
	})
}

type journey struct {
	*installation
	canaries

	t         *testing.T
	root, ann *client.Client
}

func (j *journey) check(err error) {
	j.t.Helper()
	if err != nil {
		j.t.Fatal(err)
	}
}

// said holds a text to no canary.
func (j *journey) said(where, text string) {
	j.t.Helper()
	if text == "" {
		j.t.Errorf("%s said nothing: there is nothing to search", where)
	}
	j.search(j.t, where, []byte(text))
}

func freeAddress(t *testing.T) string {
	t.Helper()
	on, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer on.Close()
	return on.Addr().String()
}

// people signs in, right and wrong, with a second factor.
func (j *journey) people() {
	ctx := j.t.Context()
	session := func(email, password, code string) (*client.Client, error) {
		s, err := j.client(client.Hide("").Hidden).SignIn(ctx, client.SignIn{Email: email, Password: client.Hide(password), Code: client.Hide(code)})
		if err != nil {
			return nil, err
		}
		j.canaries[fmt.Sprintf("session-%d", len(j.canaries))] = s.Secret.Reveal()
		return j.client(s.Secret.Hidden), nil
	}
	var err error
	j.root, err = session("root@drawbridge.example", j.canaries["admin-password"], "")
	j.check(err)
	invited, err := j.root.Invite(ctx, client.Invite{Email: "ann@drawbridge.example", Name: "Ann", Roles: []drawbridge.Role{drawbridge.Requester, drawbridge.Operator}})
	j.check(err)
	j.canaries["invitation"] = invited.Secret.Reveal()
	accept := client.Accept{Secret: invited.Secret, Password: client.Hide(j.lay("password"))}
	_, err = j.client(client.Hide("").Hidden).Accept(ctx, accept)
	j.check(err)
	j.refused(j.client(client.Hide("").Hidden).Accept(ctx, accept))
	j.refused(session("ann@drawbridge.example", j.lay("wrong-password"), ""))
	j.ann, err = session("ann@drawbridge.example", j.canaries["password"], "")
	j.check(err)

	begun, err := j.ann.BeginFactor(ctx)
	j.check(err)
	j.canaries["totp"], j.canaries["totp-uri"], j.canaries["ticket"] = begun.Secret.Reveal(), begun.URI.Reveal(), begun.Ticket.Reveal()
	raw, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(begun.Secret.Reveal())
	j.check(err)
	j.canaries["totp-raw"] = string(raw)
	j.refused(j.ann.ConfirmFactor(ctx, client.ConfirmFactor{Ticket: begun.Ticket, Code: client.Hide(j.lay("wrong-code"))}))
	codes, err := j.ann.ConfirmFactor(ctx, client.ConfirmFactor{Ticket: begun.Ticket, Code: client.Hide(timeCode(raw, time.Now()))})
	j.check(err)
	for i, code := range codes.Codes {
		j.canaries[fmt.Sprintf("recovery-%d", i)] = code.Reveal()
	}
	j.refused(session("ann@drawbridge.example", j.canaries["password"], ""))
	j.refused(session("ann@drawbridge.example", j.canaries["password"], j.canaries["wrong-code"]))
	j.ann, err = session("ann@drawbridge.example", j.canaries["password"], codes.Codes[0].Reveal())
	j.check(err)
}

// timeCode is RFC 6238 with SHA-1, 30 seconds and 6 digits.
func timeCode(secret []byte, at time.Time) string {
	mac := hmac.New(sha1.New, secret)
	mac.Write(binary.BigEndian.AppendUint64(nil, uint64(at.Unix()/30)))
	sum := mac.Sum(nil)
	from := sum[len(sum)-1] & 0xf
	return fmt.Sprintf("%06d", binary.BigEndian.Uint32(sum[from:])&0x7fffffff%1_000_000)
}

// refused holds what a server says to a mistake.
func (j *journey) refused(_ any, err error) {
	j.t.Helper()
	if err == nil {
		j.t.Fatal("the mistake was no mistake")
	}
	j.said("an error", fmt.Sprintf("%v %+v", err, client.RefusedBy(err)))
}

// work makes tokens and a webhook, and pushes.
func (j *journey) work() {
	ctx := j.t.Context()
	token, err := j.ann.CreateToken(ctx, client.NewToken{Name: "laptop"})
	j.check(err)
	j.canaries["token"] = token.Secret.Reveal()
	hook, err := j.root.CreateWebhook(ctx, client.NewWebhook{Name: "chat", URL: client.Hide("https://hooks.drawbridge.example/" + j.lay("webhook-path"))})
	j.check(err)
	j.canaries["webhook"] = hook.Secret.Reveal()
	raw, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(hook.Secret.Reveal(), "whsec_"))
	j.check(err)
	j.canaries["webhook-raw"] = string(raw)
	tried, err := j.root.TryWebhook(ctx, hook.Webhook.ID)
	j.check(err)
	j.said("the test of a webhook", fmt.Sprint(tried))
	j.check(j.ann.SetMail(ctx, client.SetMail{Wanted: true}))

	push := func(base drawbridge.RevisionID, more string) (client.Pushed, error) {
		text := "apiVersion: drawbridge/v1\nkind: Integration\nid: labels\nenvironment: production\n" + more
		p, _, err := j.ann.Push(ctx, client.Push{Main: "integration.yaml", Base: base, Reason: "it changed", Files: manifest.Files{"integration.yaml": []byte(text)}})
		return p, err
	}
	first, err := push("", "purpose: the password there is "+j.lay("prose")+"\n")
	j.check(err)
	second, err := push(first.Revision.ID, "purpose: now it is "+j.lay("prose-changed")+"\n")
	j.check(err)
	first.Revision = second.Revision
	machine, err := j.ann.CreateMachine(ctx, first.Integration.ID, client.NewToken{Name: "ci"})
	j.check(err)
	j.canaries["machine"] = machine.Secret.Reveal()
	bad := "interfaces:\n  - {id: api, kind: http_api, direction: outbound, auth: {type: bearer, credential: {ref: %s}, token_url: \"https://user:%s@x.example/\"}}\n"
	j.refused(push(first.Revision.ID, fmt.Sprintf(bad, j.lay("credential"), j.lay("url-password"))))
	for _, kind := range []string{"sign", "encrypt", "mac"} {
		_, err := j.root.RotateKey(ctx, client.RotateKey{Purpose: seal.Purpose(kind), Reason: "rehearsal"})
		j.check(err)
	}
	_, err = j.ann.Assess(ctx, first.Integration.ID)
	j.check(err)
	data, err := os.ReadFile(filepath.Join(j.data, "keys", "keyring.json"))
	j.check(err)
	var ring struct {
		Keys []struct {
			ID      string `json:"id"`
			Purpose string `json:"purpose"`
			Secret  string `json:"secret"`
		} `json:"keys"`
	}
	j.check(json.Unmarshal(data, &ring))
	if len(ring.Keys) != 6 {
		j.t.Fatalf("there are %d keys, want 6", len(ring.Keys))
	}
	for _, k := range ring.Keys { // the end of it: the beginning is the same for all
		j.canaries["key-"+k.Purpose+k.ID] = k.Secret[len(k.Secret)-32:]
	}
}

// mistakes puts secrets where they do not belong, and reads the answers.
func (j *journey) mistakes() {
	for _, m := range []struct{ method, path, header, value, body string }{
		{"GET", "/api/v1/me?token=" + j.lay("query"), "", "", ""},
		{"GET", "/api/v1/people/" + j.lay("path"), "", "", ""},
		{"GET", "/" + j.canaries["path"], "", "", ""},
		{"GET", "/api/v1/me", "Authorization", "Bearer " + j.lay("bearer"), ""},
		{"GET", "/api/v1/me", "Authorization", "Basic " + j.lay("basic"), ""},
		{"GET", "/api/v1/me", "Cookie", "drawbridge=" + j.lay("cookie"), ""},
		{"POST", "/api/v1/tokens", "Idempotency-Key", j.lay("key"), `{"name": "x"}`},
		{"POST", "/api/v1/session", "", "", `{"email": "ann@drawbridge.example", "password": ["` + j.lay("list-password") + `"]}`},
		{"POST", "/api/v1/session", "", "", `{"email": "ann@drawbridge.example", "password": "` + j.lay("broken-password")},
		{"POST", "/api/v1/session", "", "", `{"email": "` + j.lay("email-password") + `", "password": "x"}`},
		{"POST", "/api/v1/invitation", "", "", `{"secret": "` + j.lay("wrong-invitation") + `", "password": "` + j.lay("unused-password") + `"}`},
	} {
		req, err := http.NewRequestWithContext(j.t.Context(), m.method, j.url+m.path, strings.NewReader(m.body))
		j.check(err)
		req.Header.Set("Content-Type", "application/json")
		if m.header != "" {
			req.Header.Set(m.header, m.value)
		}
		j.said(m.method+" "+m.path, j.answer(req))
	}
}

func (j *journey) answer(req *http.Request) string {
	j.t.Helper()
	resp, err := stranger().Do(req)
	j.check(err)
	defer resp.Body.Close()
	var b bytes.Buffer
	j.check(resp.Header.Write(&b))
	_, err = io.Copy(&b, io.LimitReader(resp.Body, maxAnswer))
	j.check(err)
	return b.String()
}

func (j *journey) get(url string) string {
	j.t.Helper()
	req, err := http.NewRequestWithContext(j.t.Context(), http.MethodGet, url, http.NoBody)
	j.check(err)
	return j.answer(req)
}

// commands runs what works on the data folder.
func (j *journey) commands() {
	secret := "DRAWBRIDGE_BACKUP_PASSPHRASE=" + j.lay("passphrase")
	dir := j.t.TempDir()
	for _, args := range [][]string{
		{"doctor", "--server", j.url},
		{"fsck", "--format", "json"},
		{"keys", "list", "--format", "json"},
		{"log", "export"},
		{"log", "checkpoint"},
		{"retention", "list"},
		{"hold", "list", "--format", "json"},
		{"backup", "--out", filepath.Join(dir, "sealed")},
		{"restore", filepath.Join(dir, "sealed"), "--verify"},
		{"admin", "create", "--email", "x@drawbridge.example"},
	} {
		cmd := j.command([]string{secret, "DRAWBRIDGE_ADMIN_PASSWORD=" + j.canaries["admin-password"]}, args...)
		out, err := cmd.CombinedOutput()
		if (err != nil) != (args[0] == "admin") {
			j.t.Errorf("%v: %v\n%s", args, err, out)
		}
		j.said(strings.Join(args, " "), string(out))
	}
	sealed, err := os.ReadFile(filepath.Join(dir, "sealed"))
	j.check(err)
	j.search(j.t, "the backup", sealed)
}

// crash ends the server with a trace of all that it did.
func (j *journey) crash(metrics string) {
	j.start([]string{"GOTRACEBACK=all", "DRAWBRIDGE_SMTP_PASSWORD=" + j.canaries["smtp-password"], "DRAWBRIDGE_SMTP_ADDRESS=" + metrics, "DRAWBRIDGE_SMTP_FROM=a@drawbridge.example"})
	j.refused(j.client(client.Hide(j.canaries["token"]).Hidden).CreateToken(j.t.Context(), client.NewToken{Name: "x"}))
	j.check(syscall.Kill(j.process.PID(), syscall.SIGQUIT))
	j.process.Wait()
	last := j.process.Stderr()
	if !strings.Contains(last, "goroutine ") {
		j.t.Error("the crash left no trace to search")
	}
	j.said("the crash", last)
}

// look searches the data folder but for the keys, and every table.
func (j *journey) look() {
	seen := 0
	err := filepath.WalkDir(j.data, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		if info.Mode().Perm()&0o077 != 0 && info.Size() > 0 && !d.IsDir() {
			j.t.Errorf("%s can be read by others (%v)", path, info.Mode())
		}
		if d.IsDir() {
			if d.Name() == "keys" {
				return filepath.SkipDir
			}
			return nil
		}
		data, err := os.ReadFile(path)
		seen++
		j.search(j.t, path, data)
		return err
	})
	j.check(err)
	if seen < 3 {
		j.t.Errorf("%d files were searched, want at least 3", seen)
	}
	if j.database != "" {
		j.lookIntoPostgres()
	}
}

func (j *journey) lookIntoPostgres() {
	ctx, cancel := context.WithTimeout(j.t.Context(), time.Minute)
	defer cancel()
	db, err := sql.Open("pgx", j.database)
	j.check(err)
	defer db.Close()
	var tables []string
	j.rows(ctx, db, `SELECT format('%I.%I', schemaname, tablename) FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')`, func(s string) { tables = append(tables, s) })
	rows := 0
	for _, table := range tables {
		j.rows(ctx, db, "SELECT t::text FROM "+table+" t", func(s string) {
			rows++
			j.search(j.t, table, []byte(s))
		})
	}
	if len(tables) < 15 || rows < 50 {
		j.t.Errorf("%d rows of %d tables were searched: that is too little", rows, len(tables))
	}
}

func (j *journey) rows(ctx context.Context, db *sql.DB, query string, each func(string)) {
	j.t.Helper()
	rows, err := db.QueryContext(ctx, query)
	j.check(err)
	defer rows.Close()
	for rows.Next() {
		var s string
		j.check(rows.Scan(&s))
		each(s)
	}
	j.check(rows.Err())
}
