// Command drawbridge is the whole product in one binary.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	"time"

	"drawbridge/internal/cli"
)

// version is set by the linker.
var version = "dev"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // the first signal asks, the second one kills
	dir, err := os.Getwd()
	if err != nil {
		dir = "."
	}
	os.Exit(cli.Run(ctx, cli.Env{ //nolint:gocritic // stop has nothing left to do
		Args: os.Args[1:], Environ: os.Getenv, Dir: dir,
		Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr,
		Now: time.Now, Version: version,
	}))
}
