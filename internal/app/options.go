package app

import (
	"cmp"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/netip"
	"net/url"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"drawbridge"
	"drawbridge/internal/seal"
)

// Options are everything that an installation can be told. Each has a line in
// [Settings], by which flags, environment and file give it.
type Options struct {
	Data      string // the data folder
	Database  string // postgres://…; empty for SQLite in the data folder
	Listen    string // host:port
	TLSCert   string // file with the certificate and its chain
	TLSKey    string // file with the certificate's key
	PublicURL string // how people reach the server; empty for the address that it listens on
	Workspace string // folder whose drawbridge.yaml names the server's packs; empty for the built-in ones
	Origin    string // name of the ledger, used when the keys are made; empty for a random one
	Metrics   string // host:port of the metrics, on loopback; empty for none

	SMTPAddress  string // host:port; empty for no mail
	SMTPFrom     string
	SMTPUser     string
	SMTPPassword seal.Hidden
	AllowHosts   []string // inner hosts that webhooks may reach

	LogFormat string // text or json
	LogLevel  string // debug, info, warn or error
	Workers   int    // jobs that run at once

	// What is given by the program and by no setting.
	Version string
	Now     func() time.Time
	Log     io.Writer // nil for none
	Demo    bool      // the data folder holds a demonstration: its people sign in with one press
	Create  bool      // OpenLocal makes an installation where there is none
}

// Default returns the settings of an installation that was told nothing: its
// records are in the user's data folder, and only this machine can reach it.
//
// The folder is the user's and not one below the working directory, so that
// every command finds the same records wherever it is started, and none of them
// lands in a repository by accident.
func Default(environ func(string) string) Options {
	return Options{
		Data: dataFolder(environ), Listen: "127.0.0.1:8080", LogFormat: "text", LogLevel: "info", Workers: 2,
	}
}

// dataFolder is the platform's folder for data of programs; empty when the
// environment names no home.
func dataFolder(environ func(string) string) string {
	below := func(name string, rest ...string) string {
		if dir := environ(name); filepath.IsAbs(dir) {
			return filepath.Join(append([]string{dir}, rest...)...)
		}
		return ""
	}
	switch runtime.GOOS {
	case "windows":
		return below("LOCALAPPDATA", "drawbridge")
	case "darwin":
		return below("HOME", "Library", "Application Support", "drawbridge")
	}
	return cmp.Or(below("XDG_DATA_HOME", "drawbridge"), below("HOME", ".local", "share", "drawbridge"))
}

// Validate says what is wrong with the settings, and what would be accepted.
func (o Options) Validate() error {
	if o.Data == "" {
		return bad("data", o.Data, "the environment names no home folder; name a folder with --data or DRAWBRIDGE_DATA")
	}
	if o.Database != "" && !strings.HasPrefix(o.Database, "postgres://") && !strings.HasPrefix(o.Database, "postgresql://") {
		return bad("database", "", "write postgres://user@host/name, or leave it out for SQLite in the data folder")
	}
	return errors.Join(o.checkAddresses(), o.checkMail(), o.checkRest())
}

func (o Options) checkAddresses() error {
	if err := checkListen("listen", o.Listen); err != nil {
		return err
	}
	if (o.TLSCert == "") != (o.TLSKey == "") {
		return bad("tls-cert", o.TLSCert, "the certificate and its key go together: give both --tls-cert and --tls-key, or none")
	}
	if o.TLSCert == "" && !loopback(o.Listen) {
		return bad("listen", o.Listen, "without TLS only this machine may reach the server: give --tls-cert and --tls-key, or listen on 127.0.0.1 and put a proxy that speaks TLS in front")
	}
	if o.Metrics != "" {
		if err := checkListen("metrics", o.Metrics); err != nil {
			return err
		}
		if !loopback(o.Metrics) {
			return bad("metrics", o.Metrics, "metrics are given to this machine only: write 127.0.0.1:9090")
		}
	}
	if o.PublicURL == "" {
		return nil
	}
	u, err := url.Parse(o.PublicURL)
	if err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" || strings.Trim(u.Path, "/") != "" ||
		u.Scheme != "https" && (u.Scheme != "http" || !loopback(net.JoinHostPort(u.Hostname(), cmp.Or(u.Port(), "80")))) {
		return bad("public-url", o.PublicURL, "write https://drawbridge.example, without a path; http is for this machine only")
	}
	return nil
}

func (o Options) checkMail() error {
	switch {
	case o.SMTPAddress == "" && (o.SMTPFrom != "" || o.SMTPUser != "" || !o.SMTPPassword.Empty()):
		return bad("smtp-address", "", "name the mail server, like mail.example:587")
	case o.SMTPAddress == "":
		return nil
	case o.SMTPFrom == "" || !strings.Contains(o.SMTPFrom, "@") || strings.ContainsAny(o.SMTPFrom, "\r\n"):
		return bad("smtp-from", o.SMTPFrom, "write the sender's address, like drawbridge@example.com")
	}
	return checkListen("smtp-address", o.SMTPAddress)
}

func (o Options) checkRest() error {
	if !slices.Contains(logFormats, o.LogFormat) {
		return bad("log-format", o.LogFormat, "write one of "+strings.Join(logFormats, ", "))
	}
	if !slices.Contains(logLevels, o.LogLevel) {
		return bad("log-level", o.LogLevel, "write one of "+strings.Join(logLevels, ", "))
	}
	if o.Workers < 1 || o.Workers > 64 {
		return bad("workers", strconv.Itoa(o.Workers), "write a number from 1 to 64")
	}
	return nil
}

// certificate reads the files of the certificate.
func (o Options) certificate() (*tls.Certificate, error) {
	c, err := tls.LoadX509KeyPair(o.TLSCert, o.TLSKey)
	if err != nil {
		return nil, drawbridge.Errorf(drawbridge.Invalid, "the certificate %s and the key %s cannot be used: %w", o.TLSCert, o.TLSKey, err)
	}
	return &c, nil
}

// bad names a setting, its value, and what would be accepted.
func bad(name, value, want string) error {
	if value == "" {
		return drawbridge.Errorf(drawbridge.Invalid, "%s: %s", name, want)
	}
	return drawbridge.Errorf(drawbridge.Invalid, "%s %q: %s", name, value, want)
}

func checkListen(name, address string) error {
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		return bad(name, address, "write host:port, like 127.0.0.1:8080")
	}
	if n, err := strconv.Atoi(port); err != nil || n < 0 || n > 65535 {
		return bad(name, address, "the port must be a number from 0 to 65535")
	}
	return nil
}

// loopback reports whether only this machine can reach an address.
func loopback(address string) bool {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return false
	}
	if host == "localhost" {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.Unmap().IsLoopback()
}

// keysFolder is where the keys are.
func (o Options) keysFolder() string { return filepath.Join(o.Data, "keys") }

// url is how people reach the server that listens on an address.
func (o Options) url(address string) string {
	switch {
	case o.PublicURL != "":
		return strings.TrimRight(o.PublicURL, "/")
	case o.TLSCert != "":
		return "https://" + address
	}
	return "http://" + address
}

// secure reports whether people reach the server over TLS.
func (o Options) secure() bool { return o.TLSCert != "" || strings.HasPrefix(o.PublicURL, "https://") }
