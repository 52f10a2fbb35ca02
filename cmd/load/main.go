// Command load puts a bounded load on a running server, as so many people would:
// each signs in, does one thing of the mix, thinks, and does the next. It tells
// how long each kind of request took and how often the database was asked, and
// holds both to the project's targets. It is for a server of one's own with
// made-up records in it: it writes.
//
//	go run ./cmd/load --server http://127.0.0.1:8080 --passwords people.json --metrics http://127.0.0.1:9090
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"os/signal"
	"time"

	"drawbridge/internal/client"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	code, err := run(ctx, os.Args[1:], os.Stdout)
	if err != nil {
		fmt.Fprintf(os.Stderr, "load: %v\n", err)
	}
	os.Exit(code)
}

// run parses the arguments, loads and tells. The answer is no with code 3.
func run(ctx context.Context, args []string, stdout io.Writer) (int, error) {
	opt := options{Now: time.Now}
	f := flag.NewFlagSet("load", flag.ContinueOnError)
	f.StringVar(&opt.Server, "server", "http://127.0.0.1:8080", "address of the server")
	f.StringVar(&opt.Metrics, "metrics", "", "address of its metrics, like http://127.0.0.1:9090, to count queries")
	f.IntVar(&opt.People, "people", 50, "how many people work at once")
	f.DurationVar(&opt.Think, "think", 5*time.Second, "how long one thinks between two requests, on average")
	f.DurationVar(&opt.Duration, "duration", 2*time.Minute, "how long they work")
	f.Uint64Var(&opt.Seed, "seed", 1, "of what each one chooses")
	passwords := f.String("passwords", "", "file of drawbridge seed --passwords-file")
	format := f.String("format", "text", "text or json")
	own := f.Bool("yes-i-own-it", false, "the server is not on this machine, and it is mine to load")
	f.SetOutput(io.Discard)
	if err := f.Parse(args); err != nil {
		f.SetOutput(stdout)
		f.Usage()
		return 2, err
	}
	if err := check(&opt, *own, *format); err != nil {
		return 2, err
	}
	data, err := os.ReadFile(*passwords)
	if err == nil {
		err = json.Unmarshal(data, &opt.Credentials)
	}
	if err != nil {
		return 1, fmt.Errorf("--passwords: %w", err)
	}
	report, err := load(ctx, opt)
	if err != nil {
		return 1, err
	}
	if *format == "json" {
		out := json.NewEncoder(stdout)
		out.SetIndent("", "  ")
		err = out.Encode(report)
	} else {
		err = report.tell(stdout)
	}
	if err == nil && !report.Met {
		return 3, nil
	}
	return 0, err
}

// check refuses a load on what is not one's own.
func check(opt *options, own bool, format string) error {
	u, err := client.ParseURL(opt.Server)
	if err != nil {
		return err
	}
	if !own && !loopback(u.Hostname()) {
		return errors.New("the server is not on this machine: load only what is yours, and say so with --yes-i-own-it")
	}
	if format != "text" && format != "json" {
		return fmt.Errorf("--format %q: write text or json", format)
	}
	if opt.People < 1 || opt.People > 1000 || opt.Think < 0 || opt.Duration <= 0 {
		return errors.New("1 to 1000 people work for some time")
	}
	return nil
}

func loopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.Unmap().IsLoopback() || net.ParseIP(host).IsLoopback()
}
