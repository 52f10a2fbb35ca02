package drawbridge_test

import (
	"os"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"drawbridge/internal/cli"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"drawbridge": drawbridgeMain})
}

// drawbridgeMain is the program as scripts run it. Scripts with a server let
// the clock run, and step it.
func drawbridgeMain() {
	dir, err := os.Getwd()
	if err != nil {
		panic(err)
	}
	ctx, stop := signalContext()
	env := cli.Env{
		Args: os.Args[1:], Environ: os.Getenv, Dir: dir,
		Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr,
		Now: fixedNow, Version: "test",
	}
	if os.Getenv("CLOCK") == "running" {
		env.Now = ahead(os.Getenv("WORK"))
	}
	code := cli.Run(ctx, env)
	stop()
	os.Exit(code)
}

// fixedNow keeps scripts free of today's date.
func fixedNow() time.Time { return time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC) }

// TestScripts runs every journey and every attack of testdata/script. UPDATE=1
// rewrites the expected output in the scripts.
func TestScripts(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		UpdateScripts:       os.Getenv("UPDATE") != "",
		RequireExplicitExec: false,
		RequireUniqueNames:  true,
		Setup: func(e *testscript.Env) error {
			e.Setenv("NO_COLOR", "1")
			return nil
		},
	})
}
