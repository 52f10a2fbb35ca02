// Package browser tries the pages in a real browser: every screen in light and
// dark, narrow and wide, and the journeys of each role, with scripts and without.
// It holds tests alone, and the scripts that drive the browser.
package browser_test

import (
	"bufio"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"drawbridge/internal/app"
	"drawbridge/internal/tour"
)

// tools finds what drives a browser. A variable makes a test that finds none
// fail, not skip.
func tools(t *testing.T) (node, chromium string) {
	t.Helper()
	node, err := exec.LookPath("node")
	if err == nil {
		chromium, err = exec.LookPath("chromium")
	}
	if err == nil {
		_, err = os.Stat("../node_modules/playwright-core")
	}
	if err != nil {
		if os.Getenv("DRAWBRIDGE_TEST_BROWSER_REQUIRED") != "" {
			t.Fatalf("no browser: %v", err)
		}
		t.Skipf("no browser: %v; scripts/tools chromium and scripts/pages --tests bring what is missing", err)
	}
	return node, chromium
}

// serve runs a small demonstration, and returns its address and the file that
// knows its people.
func serve(t *testing.T) (url, people string) {
	t.Helper()
	ctx := t.Context()
	opt := app.Default(func(string) string { return "" })
	opt.Data, opt.Listen, opt.Now, opt.Version, opt.Log, opt.LogLevel, opt.Create, opt.Demo = filepath.Join(t.TempDir(), "data"), "127.0.0.1:0", time.Now, "test", io.Discard, "error", true, true
	local, err := app.OpenLocal(ctx, opt)
	if err != nil {
		t.Fatal(err)
	}
	o, err := local.Tour(nil)
	if err != nil {
		t.Fatal(err)
	}
	o.Seed.Partners, o.Seed.Integrations = 8, 14
	if err := tour.Make(ctx, o); err != nil {
		t.Fatal(err)
	}
	if err := local.Close(); err != nil {
		t.Fatal(err)
	}
	a, err := app.New(ctx, opt)
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Start(ctx); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := a.Stop(ctx); err != nil {
			t.Error(err)
		}
	})
	return "http://" + a.Address(), filepath.Join(opt.Data, "demonstration.json")
}

// TestPages drives the browser, and tells what each try found wrong.
func TestPages(t *testing.T) {
	node, chromium := tools(t)
	url, people := serve(t)
	for _, script := range []string{"screens.mjs", "journeys.mjs"} {
		t.Run(script, func(t *testing.T) {
			cmd := exec.CommandContext(t.Context(), node, script)
			cmd.Env = append(os.Environ(), "DRAWBRIDGE_URL="+url, "DRAWBRIDGE_PEOPLE="+people, "CHROMIUM="+chromium)
			cmd.Stderr = os.Stderr
			out, err := cmd.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			tried := 0
			lines := bufio.NewScanner(out)
			lines.Buffer(nil, 1<<20)
			for lines.Scan() {
				var r struct {
					Name  string   `json:"name"`
					Wrong []string `json:"wrong"`
				}
				if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
					t.Fatalf("%s prints %q: %v", script, lines.Bytes(), err)
				}
				tried++
				for _, w := range r.Wrong {
					t.Errorf("%s: %s", r.Name, w)
				}
			}
			if err := cmd.Wait(); err != nil || tried < 5 {
				t.Errorf("%s: %v after %d tries", script, err, tried)
			}
		})
	}
}
