package cli_test

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha1" // RFC 6238, with the hash that every app knows
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"drawbridge/internal/app"
	"drawbridge/internal/cli"
	"drawbridge/internal/seal"
)

// person runs commands as somebody with a home folder of their own.
type person struct {
	t    *testing.T
	home string
	url  string
}

// run runs a command line; what stdin gives may depend on what was printed.
func (p *person) run(want int, stdin func(printed string) string, args ...string) (stdout, stderr string) {
	p.t.Helper()
	var out, errs bytes.Buffer
	code := cli.Run(p.t.Context(), cli.Env{
		Args: args, Stdin: &answers{out: &out, give: stdin}, Stdout: &out, Stderr: &errs, Dir: p.home, Now: time.Now, Version: "test",
		Environ: func(name string) string {
			return map[string]string{"HOME": p.home, "XDG_CONFIG_HOME": p.home, "DRAWBRIDGE_SERVER": p.url}[name]
		},
	})
	if code != want {
		p.t.Fatalf("drawbridge %s = %d, want %d\n%s%s", strings.Join(args, " "), code, want, &out, &errs)
	}
	return out.String(), errs.String()
}

func (p *person) file(name, text string) {
	p.t.Helper()
	if err := os.WriteFile(filepath.Join(p.home, name), []byte(text), 0o600); err != nil {
		p.t.Fatal(err)
	}
}

// answers is a standard input that is asked for once something was printed.
type answers struct {
	out  *bytes.Buffer
	give func(string) string
	rest io.Reader
}

func (a *answers) Read(b []byte) (int, error) {
	if a.give == nil {
		return 0, io.EOF
	}
	if a.rest == nil {
		a.rest = strings.NewReader(a.give(a.out.String()) + "\n")
	}
	return a.rest.Read(b)
}

// totp is the code that an authenticator app shows for an address (RFC 6238).
func totp(t *testing.T, address string) string {
	t.Helper()
	u, err := url.Parse(strings.TrimSpace(address))
	if err != nil {
		t.Fatal(err)
	}
	secret, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(u.Query().Get("secret"))
	if err != nil || u.Scheme != "otpauth" || len(secret) == 0 {
		t.Fatalf("%s is no address for an app: %v", address, err)
	}
	var step [8]byte
	binary.BigEndian.PutUint64(step[:], uint64(time.Now().Unix())/30)
	mac := hmac.New(sha1.New, secret)
	mac.Write(step[:])
	sum := mac.Sum(nil)
	at := sum[len(sum)-1] & 15
	return fmt.Sprintf("%06d", binary.BigEndian.Uint32(sum[at:at+4])&0x7fffffff%1_000_000)
}

// TestSecondFactor sets one up, proves with it, and gives it up.
func TestSecondFactor(t *testing.T) {
	t.Parallel()
	opt := app.Default(func(string) string { return "" })
	opt.Data, opt.Listen, opt.Now, opt.Version = t.TempDir(), "127.0.0.1:0", time.Now, "test"
	server, err := app.New(t.Context(), opt)
	if err != nil {
		t.Fatal(err)
	}
	if err := server.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Stop(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	})
	const password = "canary correct horse battery"
	if _, err := server.Account.Bootstrap(t.Context(), "cli", "ann@drawbridge.example", "Ann", seal.Hide(password)); err != nil {
		t.Fatal(err)
	}
	ann := &person{t, t.TempDir(), server.URL()}
	ann.file("password", password+"\n")
	ann.run(0, nil, "login", "--email", "ann@drawbridge.example", "--password-file", "password")

	ann.run(1, nil, "me", "factor", "enrol", "--password-file", "password") // no code came
	_, said := ann.run(1, func(string) string { return "000000" }, "me", "factor", "enrol", "--password-file", "password")
	if !strings.Contains(said, "the code is wrong") {
		t.Errorf("a wrong first code: %s", said)
	}
	if out, _ := ann.run(0, nil, "me", "factor"); !strings.Contains(out, "none") {
		t.Errorf("me factor = %s", out)
	}
	out, _ := ann.run(0, func(printed string) string { return totp(t, printed) }, "me", "factor", "enrol", "--password-file", "password")
	codes := strings.Fields(out)[1:]
	if len(codes) != 10 {
		t.Fatalf("%d recovery codes, want 10", len(codes))
	}

	_, said = ann.run(1, nil, "token", "create", "--name", "try", "--password-file", "password")
	if !strings.Contains(said, "second line of the file that --password-file names") {
		t.Errorf("without a code: %s", said)
	}
	ann.file("both", password+"\n"+codes[0]+"\n")
	out, _ = ann.run(0, nil, "token", "create", "--name", "try", "--password-file", "both")
	if !strings.HasPrefix(out, "dbt_") {
		t.Errorf("token create = %s", out)
	}
	ann.run(1, nil, "token", "create", "--name", "again", "--password-file", "both") // a code works once
	if out, _ := ann.run(0, nil, "me", "factor", "--format", "json"); !strings.Contains(out, `"recovery_codes_left": 9`) {
		t.Errorf("me factor = %s", out)
	}

	ann.file("both", password+"\n"+codes[1]+"\n")
	out, _ = ann.run(0, func(string) string { return codes[2] }, "me", "factor", "codes", "--password-file", "both")
	if codes = strings.Fields(out); len(codes) != 10 {
		t.Fatalf("%d new recovery codes, want 10", len(codes))
	}
	ann.file("both", password+"\n"+codes[0]+"\n")
	ann.run(0, func(string) string { return codes[1] }, "me", "factor", "remove", "--password-file", "both")
	ann.run(0, nil, "token", "create", "--name", "without", "--password-file", "password")
	if out, _ := ann.run(0, nil, "inbox", "list", "--format", "json"); strings.Count(out, `"kind": "credential.changed"`) < 3 {
		t.Errorf("the inbox does not tell what became of the account: %s", out)
	}
	if _, said := ann.run(0, nil, "me", "sessions"); !strings.Contains(said, "signed in nowhere") {
		t.Errorf("a command left its session behind: %s", said)
	}
}
