package app

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"drawbridge"
	"drawbridge/internal/near"
	"drawbridge/internal/seal"
	"drawbridge/internal/yaml"
)

var (
	logFormats = []string{"text", "json"}
	logLevels  = []string{"debug", "info", "warn", "error"}
)

// Setting is one thing that an installation can be told: by the flag --name,
// by DRAWBRIDGE_NAME in the environment, and as name in the file.
type Setting struct {
	Name  string
	Usage string
	Local bool // also for commands that work on the data folder without a server
	// Secret settings have no flag: everybody on the machine can read those.
	Secret bool
	Path   bool // a file or folder: relative to the working directory, in a file to that file's folder

	at func(*Options) any // where it goes: *string, *int, *[]string or *seal.Hidden
}

// Settings lists every setting, in the order of the help page.
func Settings() []Setting {
	return []Setting{
		{Name: "data", Path: true, Local: true, Usage: "folder of records, files and keys", at: func(o *Options) any { return &o.Data }},
		{Name: "database", Local: true, Usage: "postgres://user@host/name; SQLite in the data folder when it is left out", at: func(o *Options) any { return &o.Database }},
		{Name: "listen", Usage: "address to listen on", at: func(o *Options) any { return &o.Listen }},
		{Name: "tls-cert", Path: true, Usage: "file with the certificate and its chain; it is read again when it changes", at: func(o *Options) any { return &o.TLSCert }},
		{Name: "tls-key", Path: true, Usage: "file with the certificate's key", at: func(o *Options) any { return &o.TLSKey }},
		{Name: "public-url", Usage: "how people reach the server, when a proxy stands in front", at: func(o *Options) any { return &o.PublicURL }},
		{Name: "workspace", Path: true, Usage: "folder whose drawbridge.yaml names the server's packs; the built-in packs when it is left out", at: func(o *Options) any { return &o.Workspace }},
		{Name: "origin", Local: true, Usage: "name of the ledger, for the first start; a random one when it is left out", at: func(o *Options) any { return &o.Origin }},
		{Name: "metrics", Usage: "address for Prometheus on this machine, like 127.0.0.1:9090; none when it is left out", at: func(o *Options) any { return &o.Metrics }},
		{Name: "smtp-address", Usage: "mail server, host:port; no mail when it is left out", at: func(o *Options) any { return &o.SMTPAddress }},
		{Name: "smtp-from", Usage: "sender of mail", at: func(o *Options) any { return &o.SMTPFrom }},
		{Name: "smtp-user", Usage: "account at the mail server", at: func(o *Options) any { return &o.SMTPUser }},
		{Name: "smtp-password", Secret: true, Usage: "password at the mail server", at: func(o *Options) any { return &o.SMTPPassword }},
		{Name: "allow-hosts", Usage: "inner hosts that webhooks may reach, with commas between", at: func(o *Options) any { return &o.AllowHosts }},
		{Name: "log-format", Usage: "log format: text, json", at: func(o *Options) any { return &o.LogFormat }},
		{Name: "log-level", Usage: "least level of the log: debug, info, warn, error", at: func(o *Options) any { return &o.LogLevel }},
		{Name: "workers", Usage: "jobs that run at once", at: func(o *Options) any { return &o.Workers }},
	}
}

// Env is the setting's name in the environment.
func (s Setting) Env() string {
	return "DRAWBRIDGE_" + strings.ToUpper(strings.ReplaceAll(s.Name, "-", "_"))
}

// key is the setting's name in a file.
func (s Setting) key() string { return strings.ReplaceAll(s.Name, "-", "_") }

// Value tells the setting as it stands, as text.
func (s Setting) Value(o *Options) string {
	switch p := s.at(o).(type) {
	case *string:
		return *p
	case *int:
		return strconv.Itoa(*p)
	case *[]string:
		return strings.Join(*p, ",")
	}
	return "" // a secret
}

// set takes the setting from a text. A relative path starts in dir.
func (s Setting) set(o *Options, text, dir string) error {
	switch p := s.at(o).(type) {
	case *string:
		if s.Path && text != "" && !filepath.IsAbs(text) {
			text = filepath.Join(dir, text)
		}
		*p = text
	case *int:
		n, err := strconv.Atoi(text)
		if err != nil {
			return bad(s.Name, text, "write a number")
		}
		*p = n
	case *[]string:
		*p = nil
		for word := range strings.SplitSeq(text, ",") {
			if word = strings.TrimSpace(word); word != "" {
				*p = append(*p, word)
			}
		}
	case *seal.Hidden:
		*p = seal.Hide(text)
	}
	return nil
}

// Sources are where settings come from.
type Sources struct {
	Flag    func(name string) (string, bool) // what the command line says
	Environ func(string) string
	File    string // of settings; may be empty
	Dir     string // the working directory
}

// Load puts the settings together: a flag wins over the environment, that over
// the file, and that over the default.
func Load(from Sources) (Options, error) {
	opt := Default(from.Environ)
	if from.File != "" {
		if err := opt.readFile(from.File); err != nil {
			return opt, err
		}
	}
	for _, s := range Settings() {
		if text := from.Environ(s.Env()); text != "" {
			if err := s.set(&opt, text, from.Dir); err != nil {
				return opt, drawbridge.Errorf(drawbridge.Invalid, "%s in the environment: %w", s.Env(), err)
			}
		}
		if text, ok := from.Flag(s.Name); ok && !s.Secret {
			if err := s.set(&opt, text, from.Dir); err != nil {
				return opt, drawbridge.Errorf(drawbridge.Invalid, "--%w", err)
			}
		}
	}
	return opt, opt.Validate()
}

// maxConfig bounds a file of settings.
const maxConfig = 1 << 20

func (o *Options) readFile(name string) error {
	f, err := os.Open(name) //nolint:gosec // the operator names the file
	if err != nil {
		return drawbridge.Errorf(drawbridge.NotFound, "--config %s cannot be read: %w", name, errors.Unwrap(err))
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxConfig+1))
	switch {
	case err != nil:
		return drawbridge.Errorf(drawbridge.Invalid, "--config %s cannot be read: %w", name, errors.Unwrap(err))
	case len(data) > maxConfig:
		return drawbridge.Errorf(drawbridge.TooLarge, "--config %s is larger than %d bytes", name, maxConfig)
	}
	return o.parse(name, data)
}

// parse reads settings from a file: a flat map, each key once.
func (o *Options) parse(name string, data []byte) error {
	tree, err := yaml.Parse(data, yaml.Limits{Bytes: maxConfig, Depth: 4, Nodes: 1000})
	if e, ok := errors.AsType[*yaml.Error](err); ok {
		return drawbridge.Errorf(drawbridge.Invalid, "%s:%d:%d: %s", name, e.Line, e.Column, e.Message)
	}
	if err != nil {
		return err
	}
	if tree.Root.Null() {
		return nil
	}
	fail := func(n *yaml.Node, err error) error {
		line, column := tree.Position(n.Off)
		return drawbridge.Errorf(drawbridge.Invalid, "%s:%d:%d: %w", name, line, column, err)
	}
	if tree.Root.Kind != yaml.Map {
		return fail(&tree.Root, errors.New("write settings as key: value"))
	}
	settings, seen := Settings(), map[string]bool{}
	for i := 0; i+1 < len(tree.Root.Children); i += 2 {
		key, value := &tree.Root.Children[i], tree.Root.Children[i+1].Resolve()
		at := slices.IndexFunc(settings, func(s Setting) bool { return s.key() == key.Value })
		if at < 0 {
			return fail(key, unknownKey(key.Value, settings))
		}
		if seen[key.Value] {
			return fail(key, fmt.Errorf("%s stands twice", key.Value))
		}
		seen[key.Value] = true
		text, err := scalar(value)
		if err == nil {
			err = settings[at].set(o, text, filepath.Dir(name))
		}
		if err != nil {
			return fail(key, err)
		}
	}
	return nil
}

// scalar is the text of a value; a list is one with commas between.
func scalar(n *yaml.Node) (string, error) {
	switch n.Kind {
	case yaml.Scalar:
		if n.Null() {
			return "", nil
		}
		return n.Value, nil
	case yaml.List:
		var words []string
		for _, c := range n.Children {
			if c.Kind != yaml.Scalar {
				return "", errors.New("write a list of words")
			}
			words = append(words, c.Value)
		}
		return strings.Join(words, ","), nil
	default:
		return "", errors.New("write one value or a list of words")
	}
}

func unknownKey(key string, settings []Setting) error {
	var keys []string
	for _, s := range settings {
		keys = append(keys, s.key())
	}
	if close := near.Word(key, keys); close != "" {
		return drawbridge.Errorf(drawbridge.Invalid, "%q is no setting; did you mean %s?", key, close)
	}
	return drawbridge.Errorf(drawbridge.Invalid, "%q is no setting; there are %s", key, strings.Join(keys, ", "))
}
