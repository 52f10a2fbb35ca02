package app

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"drawbridge"
	"drawbridge/internal/seal"
	"drawbridge/internal/store"
)

// Health is how one check of the doctor came out.
type Health string

// The outcomes of a check.
const (
	HealthOK      Health = "ok"
	HealthWarn    Health = "warn"
	HealthFail    Health = "fail"
	HealthSkipped Health = "skipped" // another check has to pass first, or there is nothing to look at
)

// Diagnosis is one check of the doctor: what was seen, and what to do about it.
type Diagnosis struct {
	Check  string `json:"check"`
	Health Health `json:"health"`
	Saw    string `json:"saw"`
	Do     string `json:"do,omitempty"`
}

// doctor examines one installation and changes nothing in it.
type doctor struct {
	opt    Options
	server string // URL that was asked for; empty for the settings' own
	out    []Diagnosis

	store *store.Store  // nil when it cannot be opened
	keys  *seal.Keyring // nil when they cannot be read
}

// Doctor examines an installation, check after check. Nothing is made or changed.
func Doctor(ctx context.Context, opt Options, server string) []Diagnosis {
	d := &doctor{opt: opt, server: server}
	defer func() {
		if d.store != nil {
			_ = d.store.Close() // it was only read
		}
	}()
	d.folder(ctx)
	if Sick(d.out) {
		return d.out // nothing else can be looked at
	}
	for _, check := range []func(context.Context){
		d.disk, d.keyring, d.database, d.schema, d.durability, d.ledger, d.clock, d.jobs, d.backup, d.packs, d.certificate, d.reachable,
	} {
		check(ctx)
	}
	return d.out
}

// Sick reports whether a check failed.
func Sick(list []Diagnosis) bool {
	for _, d := range list {
		if d.Health == HealthFail {
			return true
		}
	}
	return false
}

func (d *doctor) add(check string, h Health, saw, do string) {
	d.out = append(d.out, Diagnosis{Check: check, Health: h, Saw: saw, Do: do})
}

// fail tells an error. What the message says to do wins over what is said here.
func (d *doctor) fail(check string, err error, do string) {
	saw, better, ok := strings.Cut(err.Error(), "; ")
	if ok {
		do = better
	}
	d.add(check, HealthFail, saw, do)
}

func (d *doctor) folder(context.Context) {
	info, err := os.Stat(d.opt.Data)
	switch {
	case err != nil:
		d.add("data folder", HealthFail, d.opt.Data+": "+cause(err).Error(), "start drawbridge serve once, or name the folder with --data")
	case !info.IsDir():
		d.add("data folder", HealthFail, d.opt.Data+" is no folder", "name the folder with --data")
	case info.Mode().Perm()&0o077 != 0:
		d.add("data folder", HealthWarn, fmt.Sprintf("%s is open to others on this machine (mode %04o)", d.opt.Data, info.Mode().Perm()), fmt.Sprintf("run: chmod 700 %q", d.opt.Data))
	default:
		d.add("data folder", HealthOK, d.opt.Data, "")
	}
}

// scarce and low are how much room on the disk fails and warns.
const (
	scarce = 100 << 20
	low    = 1 << 30
)

func (d *doctor) disk(context.Context) {
	free, err := diskFree(d.opt.Data)
	saw := fmt.Sprintf("%.1f GiB free", float64(free)/(1<<30))
	switch {
	case err != nil:
		d.add("disk", HealthSkipped, "the room cannot be read", "")
	case free < scarce:
		d.add("disk", HealthFail, saw, "make room on the disk of "+d.opt.Data)
	case free < low:
		d.add("disk", HealthWarn, saw, "make room on the disk of "+d.opt.Data)
	default:
		d.add("disk", HealthOK, saw, "")
	}
}

func (d *doctor) keyring(context.Context) {
	keys, err := seal.OpenKeyring(d.opt.keysFolder())
	if drawbridge.KindOf(err) == drawbridge.NotFound {
		d.add("keys", HealthFail, "there are none in "+d.opt.keysFolder(), "put the folder back from a backup: what the keys sealed opens with no others")
		return
	}
	if err != nil {
		d.fail("keys", err, "make the folder and the file readable for the server's user alone")
		return
	}
	d.keys = keys
	d.add("keys", HealthOK, fmt.Sprintf("%d keys of %s, private", len(keys.List()), keys.Origin()), "")
}

func (d *doctor) database(ctx context.Context) {
	if u, err := url.Parse(d.opt.Database); err == nil && u.User != nil {
		if _, has := u.User.Password(); has {
			d.add("database address", HealthWarn, "it holds a password", "keep it out of the command line: give it in DRAWBRIDGE_DATABASE, a file that only you can read, or ~/.pgpass")
		}
	}
	s, err := store.Open(ctx, store.Options{Dir: d.opt.Data, Database: d.opt.Database, Look: true})
	if err != nil {
		d.fail("database", err, "see that it runs and may be reached, and that --database or --data is right")
		return
	}
	version, err := s.Version(ctx)
	if err != nil {
		d.fail("database", errors.Join(err, s.Close()), "see that it runs and may be reached, and that --database or --data is right")
		return
	}
	d.store = s
	d.add("database", HealthOK, version, "")
}

func (d *doctor) schema(ctx context.Context) {
	if d.store == nil {
		return
	}
	have, want, err := d.store.Schema(ctx)
	switch {
	case err != nil:
		d.fail("schema", err, "see that the database answers")
	case have > want:
		d.add("schema", HealthFail, fmt.Sprintf("version %d; this program knows up to %d", have, want), "run the newer drawbridge that wrote it")
	case have < want:
		d.add("schema", HealthWarn, fmt.Sprintf("version %d; this program brings %d", have, want), "back up, then start drawbridge serve: it brings the schema up to date")
	default:
		d.add("schema", HealthOK, fmt.Sprintf("version %d", have), "")
	}
}

func (d *doctor) durability(ctx context.Context) {
	if d.store == nil {
		return
	}
	list, err := d.store.Durability(ctx)
	if err != nil {
		d.fail("durability", err, "see that the database answers")
		return
	}
	var fine []string
	for _, s := range list {
		if !s.Safe {
			d.add("durability", HealthFail, s.Name+" is "+s.Value, "set it to "+s.Want+": what was acknowledged can be lost when the machine fails")
			continue
		}
		fine = append(fine, s.Name+" "+s.Value)
	}
	if len(fine) == len(list) {
		d.add("durability", HealthOK, strings.Join(fine, ", "), "")
	}
}

func (d *doctor) packs(context.Context) {
	w, err := d.opt.workspace()
	if err != nil {
		d.fail("packs", err, "mend the workspace: drawbridge pack verify names what differs")
		return
	}
	d.add("packs", HealthOK, fmt.Sprintf("%d packs verify (%s)", len(w.AllPacks()), w.Name()), "")
}

// soon is how long before its end a certificate warns.
const soon = 21 * 24 * time.Hour

func (d *doctor) certificate(context.Context) {
	if d.opt.TLSCert == "" {
		d.add("certificate", HealthSkipped, "plain HTTP, for this machine alone", "")
		return
	}
	pair, err := d.opt.certificate()
	if err != nil {
		d.add("certificate", HealthFail, err.Error(), "give a certificate and the key that belongs to it, both in PEM")
		return
	}
	leaf, err := x509.ParseCertificate(pair.Certificate[0])
	if err != nil {
		d.fail("certificate", err, "give a certificate and the key that belongs to it, both in PEM")
		return
	}
	until, now := leaf.NotAfter.UTC().Format(time.RFC3339), d.opt.Now()
	switch {
	case now.After(leaf.NotAfter):
		d.add("certificate", HealthFail, "it ended "+until, "renew it; the server takes up the new files by itself")
	case now.Before(leaf.NotBefore):
		d.add("certificate", HealthFail, "it begins only "+leaf.NotBefore.UTC().Format(time.RFC3339), "look at the clock of this machine, or at how the certificate was made")
	case d.opt.PublicURL != "" && leaf.VerifyHostname(hostOf(d.opt.PublicURL)) != nil:
		d.add("certificate", HealthFail, "it is not for "+hostOf(d.opt.PublicURL), "get one that names this host, or mend public-url")
	case now.Add(soon).After(leaf.NotAfter):
		d.add("certificate", HealthWarn, "it ends "+until, "renew it; the server takes up the new files by itself")
	default:
		d.add("certificate", HealthOK, "it is valid until "+until, "")
	}
}

func hostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return address
	}
	return u.Hostname()
}

// reachable asks a running server, by the address that people use.
func (d *doctor) reachable(ctx context.Context) {
	address := d.server
	if address == "" {
		if Running(d.opt.Data) == "" {
			what := "no server runs on this data folder"
			if d.opt.Database != "" { // whose servers may run anywhere
				what = "name the server with --server to have it asked"
			}
			d.add("server", HealthSkipped, what, "")
			return
		}
		address = d.opt.url(d.opt.Listen)
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	target := strings.TrimRight(address, "/") + "/readyz"
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, target, http.NoBody)
	if err != nil {
		d.add("server", HealthFail, address+" is no address", "write --server https://drawbridge.example")
		return
	}
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := client.Do(req)
	if err != nil {
		d.add("server", HealthFail, address+" does not answer: "+reason(err).Error(), "see that drawbridge serve runs and listens there; name another address with --server")
		return
	}
	defer resp.Body.Close()
	switch resp.StatusCode {
	case http.StatusOK:
		d.add("server", HealthOK, address+" is ready", "")
	case http.StatusServiceUnavailable:
		d.add("server", HealthFail, address+" says that it is not ready", "its log says why")
	default:
		d.add("server", HealthFail, fmt.Sprintf("%s answers %d", filepath.ToSlash(target), resp.StatusCode), "something else listens there; name the server with --server")
	}
}
