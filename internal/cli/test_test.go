package cli_test

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"drawbridge/internal/check"
	"drawbridge/internal/cli"
	"drawbridge/internal/twin"
)

// TestLive runs the commands against a running partner: flawed, mended, compared.
func TestLive(t *testing.T) {
	t.Parallel()
	tw, err := twin.Start(t.Context(), twin.Options{Style: "payments", Flaws: []string{"BOLA-01", "AUTHN-01"}, Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = tw.Close() })
	dir := t.TempDir()
	for name, data := range map[string][]byte{"integration.yaml": tw.Manifest(), "openapi.json": tw.Spec(), "partners/" + twin.PartnerID + ".yaml": tw.Partner()} {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	run := func(ctx context.Context, args ...string) (code int, out, problems string) {
		var stdout, stderr bytes.Buffer
		code = cli.Run(ctx, cli.Env{
			Args: args, Dir: dir, Stdin: strings.NewReader(""), Stdout: &stdout, Stderr: &stderr, Now: time.Now, Version: "test",
			Environ: func(name string) string { v, _ := tw.Secret("env:" + name); return v },
		})
		return code, stdout.String(), stderr.String()
	}
	code, out, problems := run(t.Context(), "test", "integration.yaml", "--target", "sandbox", "--out", "before.json")
	if code != 3 || !strings.Contains(out, "CRITICAL  BOLA-01") || !strings.Contains(out, "curl -i -X GET") {
		t.Fatalf("flawed: exit %d, want 3 and the finding\n%s%s", code, out, problems)
	}
	for _, ref := range []string{"env:TWIN_ALICE", "env:TWIN_BOB"} {
		secret, err := tw.Secret(ref)
		raw, readErr := os.ReadFile(filepath.Join(dir, "before.json"))
		if err != nil || readErr != nil || strings.Contains(string(raw), secret) || strings.Contains(out, secret) {
			t.Errorf("the run file or the text shows the secret %s (%v, %v)", ref, err, readErr)
		}
	}
	for _, flaw := range tw.Flaws() {
		if err := tw.Set(flaw, false); err != nil {
			t.Fatal(err)
		}
	}
	if code, out, problems = run(t.Context(), "test", "integration.yaml", "--target", "sandbox", "--format", "json", "--out", "after.json"); code != 0 {
		t.Fatalf("mended: exit %d, want 0\n%s%s", code, out, problems)
	}
	var file check.Run
	if err := json.Unmarshal([]byte(out), &file); err != nil || !file.Complete {
		t.Errorf("the run on stdout: %v, complete %v", err, file.Complete)
	}
	if code, out, _ = run(t.Context(), "compare", "before.json", "after.json"); code != 0 || !strings.Contains(out, "New: 0") || !strings.Contains(out, "Fixed: 2") {
		t.Errorf("compare: exit %d\n%s", code, out)
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if code, _, problems = run(gone, "test", "integration.yaml", "--target", "sandbox"); code != 1 {
		t.Errorf("cancelled: exit %d, want 1\n%s", code, problems)
	}
}
