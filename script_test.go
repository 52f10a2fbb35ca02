package drawbridge_test

import (
	"context"
	"os"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"drawbridge/internal/cli"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"drawbridge": func() {
		dir, err := os.Getwd()
		if err != nil {
			panic(err)
		}
		os.Exit(cli.Run(context.Background(), cli.Env{
			Args: os.Args[1:], Environ: os.Getenv, Dir: dir,
			Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr,
			Now: fixedNow, Version: "test",
		}))
	}})
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
