package drawbridge_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"drawbridge/internal/testkit"
)

// TestReadme runs every command that the README gives, in its order, but for
// make test, which runs this test. A server gets a free port in place of its own.
func TestReadme(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	root, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	work := t.TempDir()
	if err := os.CopyFS(filepath.Join(work, "examples"), os.DirFS("examples")); err != nil {
		t.Fatal(err)
	}
	env := append(os.Environ(), "OUT="+filepath.Join(work, "demo-out"), "PATH="+filepath.Join(root, "bin")+":"+os.Getenv("PATH"), "MAKEFLAGS=",
		"XDG_CONFIG_HOME="+filepath.Join(work, "config"), "XDG_DATA_HOME="+filepath.Join(work, "data"), "DRAWBRIDGE_LISTEN=127.0.0.1:0",
		"DRAWBRIDGE_ADMIN_PASSWORD="+scriptPassword, "DRAWBRIDGE_PASSWORD="+scriptPassword) // there is no terminal to ask
	url := ""
	var ran int
	for _, block := range regexp.MustCompile("(?s)```sh\n(.*?)```").FindAllSubmatch(text, -1) {
		for line := range strings.Lines(string(block[1])) {
			line = strings.TrimSpace(line)
			dir := work
			switch {
			case line == "" || line == "make test":
				continue
			case strings.HasPrefix(line, "make "):
				dir = root
			case strings.HasSuffix(line, " &"):
				words := strings.Fields(strings.TrimSuffix(line, " &"))
				cmd := exec.CommandContext(t.Context(), filepath.Join(root, "bin", words[0]), words[1:]...)
				cmd.Dir, cmd.Env = dir, env
				url = testkit.Start(t, cmd).Line(`msg=ready url=(\S+)`)[1]
				continue
			}
			line = strings.ReplaceAll(line, "http://127.0.0.1:8080", url)
			ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
			cmd := exec.CommandContext(ctx, "sh", "-c", line)
			cmd.Dir = dir
			cmd.Env = env
			out, err := cmd.CombinedOutput()
			cancel()
			if err != nil {
				t.Fatalf("%s: %v\n%s", line, err, out)
			}
			ran++
		}
	}
	if ran < 16 {
		t.Errorf("README has %d commands that were run, want at least 16", ran)
	}
	for _, name := range []string{"report.html", "map.svg", "demo-out/flawed.html", "demo-out/mended.html"} {
		if info, err := os.Stat(filepath.Join(work, name)); err != nil || info.Size() == 0 {
			t.Errorf("%s: not written (%v)", name, err)
		}
	}
}
