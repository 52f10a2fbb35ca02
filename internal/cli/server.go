package cli

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"

	"github.com/spf13/cobra"

	"drawbridge"
	"drawbridge/internal/client"
	"drawbridge/internal/seal"
)

// serverFlags say which server a command talks to.
type serverFlags struct{ url, ca string }

// serverFlagsOf adds --server and --ca-file.
func serverFlagsOf(cmd *cobra.Command) *serverFlags {
	s := &serverFlags{}
	cmd.Flags().StringVar(&s.url, "server", "", "address of the server; default DRAWBRIDGE_SERVER, else the one of the last login")
	cmd.Flags().StringVar(&s.ca, "ca-file", "", "PEM file of the authorities to trust, in place of the system's; default DRAWBRIDGE_CA_FILE")
	return s
}

// login is what is remembered of a server.
type login struct {
	Email   string             `json:"email,omitempty"`
	TokenID drawbridge.TokenID `json:"token_id,omitempty"` // of a token that login made, and logout revokes
	Token   string             `json:"token"`
	CA      string             `json:"ca_file,omitempty"`
}

// logins is the file in the person's folder for settings.
type logins struct {
	Default string            `json:"default"` // address of the last login
	Servers map[string]*login `json:"servers"`
}

// maxLogins bounds the file, in bytes.
const maxLogins = 1 << 20

// loginsPath is where the person's logins are kept.
func (e *Env) loginsPath() (string, error) {
	below := func(name string, rest ...string) string {
		if dir := e.Environ(name); filepath.IsAbs(dir) {
			return filepath.Join(append([]string{dir}, rest...)...)
		}
		return ""
	}
	dir := cmp.Or(below("XDG_CONFIG_HOME", "drawbridge"), below("HOME", ".config", "drawbridge"))
	switch runtime.GOOS {
	case "windows":
		dir = below("APPDATA", "drawbridge")
	case "darwin":
		dir = below("HOME", "Library", "Application Support", "drawbridge")
	}
	if dir == "" {
		return "", drawbridge.Errorf(drawbridge.Invalid, "the environment names no home folder to keep logins in; give DRAWBRIDGE_SERVER and DRAWBRIDGE_TOKEN instead")
	}
	return filepath.Join(dir, "logins.json"), nil
}

// logins reads what is remembered. A file that others can read is refused: its
// tokens are known to them.
func (e *Env) logins() (*logins, error) {
	out := &logins{Servers: map[string]*login{}}
	path, err := e.loginsPath()
	if err != nil {
		return nil, err
	}
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return out, nil
	}
	if err == nil && runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0 {
		return nil, drawbridge.Errorf(drawbridge.Denied, "%s can be read by others: run chmod 600 on it, and make new tokens if somebody may have read it", path)
	}
	data, err := e.readFile("the file of logins", path, maxLogins)
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(data, out); err != nil || out.Servers == nil {
		return nil, drawbridge.Errorf(drawbridge.Invalid, "%s is damaged; delete it and run drawbridge login", path)
	}
	return out, nil
}

// keep writes what is remembered.
func (e *Env) keepLogins(l *logins) error {
	path, err := e.loginsPath()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return drawbridge.Errorf(drawbridge.Unavailable, "the folder %s cannot be made: %w", filepath.Dir(path), cause(err))
	}
	var b bytes.Buffer
	if err := writeJSON(&b, l); err != nil {
		return fmt.Errorf("write the logins: %w", err)
	}
	return replaceFile(path, b.Bytes(), 0o600)
}

// connect makes the client of a command. A machine gives its token in the
// environment; a person has one from login.
func (e *Env) connect(s *serverFlags) (*client.Client, error) {
	url, ca := cmp.Or(s.url, e.Environ("DRAWBRIDGE_SERVER")), cmp.Or(s.ca, e.Environ("DRAWBRIDGE_CA_FILE"))
	token := seal.Hide(e.Environ("DRAWBRIDGE_TOKEN"))
	if url == "" || token.Empty() {
		known, err := e.logins()
		if err != nil {
			return nil, err
		}
		if url = cmp.Or(url, known.Default); url == "" {
			return nil, drawbridge.Errorf(drawbridge.Unauthenticated, "no server is known here: run drawbridge login --server https://..., or set DRAWBRIDGE_SERVER and DRAWBRIDGE_TOKEN")
		}
		// A token goes to the server that it is from, and to no other.
		if in := known.at(url); in != nil && token.Empty() {
			token, ca = seal.Hide(in.Token), cmp.Or(ca, in.CA)
		}
	}
	if token.Empty() {
		return nil, drawbridge.Errorf(drawbridge.Unauthenticated, "you are not signed in at %s: run drawbridge login --server %s, or set DRAWBRIDGE_TOKEN", url, url)
	}
	return e.client(url, ca, token)
}

// at is the server that a command without a token talks to, and its authorities.
func (e *Env) at(s *serverFlags) (url, ca string, err error) {
	known, err := e.logins()
	if err != nil {
		return "", "", err
	}
	u, err := client.ParseURL(cmp.Or(s.url, e.Environ("DRAWBRIDGE_SERVER"), known.Default))
	if err != nil {
		return "", "", err
	}
	return u.String(), cmp.Or(s.ca, e.Environ("DRAWBRIDGE_CA_FILE")), nil
}

func (l *logins) at(url string) *login {
	if u, err := client.ParseURL(url); err == nil {
		return l.Servers[u.String()]
	}
	return nil
}

func (e *Env) client(url, ca string, token seal.Hidden) (*client.Client, error) {
	if ca != "" {
		ca = e.path(ca)
	}
	return client.New(client.Options{URL: url, CAFile: ca, Token: token, UserAgent: "drawbridge/" + e.Version})
}
