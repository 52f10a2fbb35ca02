package app

import (
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"drawbridge"
	"drawbridge/internal/seal"
)

func environ(pairs map[string]string) func(string) string {
	return func(name string) string { return pairs[name] }
}

func flags(pairs map[string]string) func(string) (string, bool) {
	return func(name string) (string, bool) { v, ok := pairs[name]; return v, ok }
}

// TestOrder puts each setting into every source: a flag wins over the
// environment, that over the file, and that over the default.
func TestOrder(t *testing.T) {
	t.Parallel()
	values := map[string][3]string{ // by source: file, environment, flag
		"data": {"/f", "/e", "/c"}, "database": {"postgres://f", "postgres://e", "postgres://c"}, "listen": {"127.0.0.1:1", "127.0.0.1:2", "127.0.0.1:3"},
		"tls-cert": {"/f", "/e", "/c"}, "tls-key": {"/f", "/e", "/c"}, "public-url": {"https://f.example", "https://e.example", "https://c.example"},
		"workspace": {"/f", "/e", "/c"}, "origin": {"f", "e", "c"}, "metrics": {"127.0.0.1:1", "127.0.0.1:2", "127.0.0.1:3"},
		"smtp-address": {"f:1", "e:1", "c:1"}, "smtp-from": {"f@x", "e@x", "c@x"}, "smtp-user": {"f", "e", "c"}, "smtp-password": {"f", "e", "-"},
		"allow-hosts": {"f:1", "e:1,e:2", "c:1"}, "log-format": {"json", "text", "json"}, "log-level": {"debug", "warn", "error"}, "workers": {"3", "4", "5"},
	}
	dir := t.TempDir()
	file := filepath.Join(dir, "settings.yaml")
	var lines []string
	env, cmd := map[string]string{"HOME": "/home/ann"}, map[string]string{}
	for _, s := range Settings() {
		if _, ok := values[s.Name]; !ok {
			t.Fatalf("the test has no values for %s", s.Name)
		}
		lines = append(lines, s.key()+": "+`"`+values[s.Name][0]+`"`)
	}
	if err := os.WriteFile(file, []byte(strings.Join(lines, "\n")), 0o600); err != nil {
		t.Fatal(err)
	}
	check := func(source int) {
		t.Helper()
		opt, err := Load(Sources{Flag: flags(cmd), Environ: environ(env), File: file, Dir: "/work"})
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range Settings() {
			want := values[s.Name][source]
			if s.Secret {
				if got := opt.SMTPPassword.Reveal(); got != values[s.Name][min(source, 1)] { // a flag is no place for it
					t.Errorf("source %d: %s = %q", source, s.Name, got)
				}
				continue
			}
			if got := s.Value(&opt); got != want {
				t.Errorf("source %d: %s = %q, want %q", source, s.Name, got, want)
			}
		}
	}
	check(0)
	for name, v := range values {
		env[settingNamed(name).Env()] = v[1]
	}
	check(1)
	for name, v := range values {
		cmd[name] = v[2]
	}
	check(2)
}

func settingNamed(name string) Setting {
	all := Settings()
	return all[slices.IndexFunc(all, func(s Setting) bool { return s.Name == name })]
}

// TestSettings finds a field of the options that nothing can set.
func TestSettings(t *testing.T) {
	t.Parallel()
	var opt Options
	reached := map[uintptr]string{}
	for _, s := range Settings() {
		p := reflect.ValueOf(s.at(&opt)).Pointer()
		if reached[p] != "" {
			t.Errorf("%s and %s are one field", s.Name, reached[p])
		}
		reached[p] = s.Name
		if s.Usage == "" || strings.Trim(s.Name, "abcdefghijklmnopqrstuvwxyz-") != "" {
			t.Errorf("%q: %q", s.Name, s.Usage)
		}
		if _, secret := s.at(&opt).(*seal.Hidden); secret != s.Secret {
			t.Errorf("%s: secret is %v", s.Name, s.Secret)
		}
	}
	v := reflect.ValueOf(&opt).Elem()
	program := []string{"Version", "Now", "Log", "Create", "Demo"}
	for i := range v.NumField() {
		name := v.Type().Field(i).Name
		if reached[v.Field(i).Addr().Pointer()] == "" && !slices.Contains(program, name) {
			t.Errorf("no setting reaches Options.%s", name)
		}
	}
}

func TestFile(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ file, want string }{
		"unknown key":     {"listen: 127.0.0.1:1\n\nlisen: x\n", `settings.yaml:3:1: "lisen" is no setting; did you mean listen?`},
		"far off":         {"quux: 1\n", `settings.yaml:1:1: "quux" is no setting; there are data,`},
		"twice":           {"data: a\ndata: b\n", "settings.yaml:2:1"},
		"no number":       {"workers: many\n", `settings.yaml:1:1: workers "many": write a number`},
		"a map":           {"data: {a: b}\n", "settings.yaml:1:1: write one value or a list of words"},
		"a list of lists": {"allow_hosts: [[a]]\n", "settings.yaml:1:1: write a list of words"},
		"no map":          {"- a\n", "settings.yaml:1:1: write settings as key: value"},
		"no YAML":         {"a: [\n", "settings.yaml:"},
		"dashes":          {"tls-cert: x\n", "did you mean tls_cert?"},
	} {
		var opt Options
		err := opt.parse("settings.yaml", []byte(c.file))
		if drawbridge.KindOf(err) != drawbridge.Invalid || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %s", name, err, c.want)
		}
	}
	opt := Options{Listen: "127.0.0.1:8080"}
	if err := opt.parse("/etc/drawbridge/settings.yaml", []byte("# mine\ndata: data\nallow_hosts: [a:1, b:2]\nlisten:\n")); err != nil {
		t.Fatal(err)
	}
	if opt.Data != "/etc/drawbridge/data" || !slices.Equal(opt.AllowHosts, []string{"a:1", "b:2"}) || opt.Listen != "" {
		t.Errorf("%+v", opt)
	}
	if err := opt.parse("empty", nil); err != nil {
		t.Errorf("an empty file: %v", err)
	}
	for _, name := range []string{t.TempDir(), filepath.Join(t.TempDir(), "none")} {
		if err := opt.readFile(name); err == nil || drawbridge.KindOf(err) == drawbridge.Internal {
			t.Errorf("readFile(%s) = %v", name, err)
		}
	}
}

func FuzzFile(f *testing.F) {
	f.Add([]byte("listen: 127.0.0.1:1\nallow_hosts: [a, b]\n"))
	f.Add([]byte("workers: 3\nworkers: &a 4\n"))
	f.Add([]byte("a: *b\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		var opt Options
		if err := opt.parse("f", data); err != nil && drawbridge.KindOf(err) == drawbridge.Internal {
			t.Errorf("%q: %v carries no kind", data, err)
		}
	})
}

func TestValidate(t *testing.T) {
	t.Parallel()
	home := environ(map[string]string{"HOME": "/home/ann"})
	if err := Default(home).Validate(); err != nil {
		t.Errorf("the defaults: %v", err)
	}
	if got := Default(environ(map[string]string{"XDG_DATA_HOME": "/x", "HOME": "/h", "LOCALAPPDATA": "/x"})).Data; got == "" {
		t.Error("there is no default for the data folder")
	}
	for name, c := range map[string]struct {
		edit func(*Options)
		want string
	}{
		"no home":                {func(o *Options) { o.Data = "" }, "--data"},
		"another database":       {func(o *Options) { o.Database = "mysql://canary-7Q" }, "postgres://"},
		"plain beyond loopback":  {func(o *Options) { o.Listen = "0.0.0.0:80" }, "--tls-cert and --tls-key"},
		"plain on every address": {func(o *Options) { o.Listen = ":80" }, "--tls-cert and --tls-key"},
		"plain on a name":        {func(o *Options) { o.Listen = "loopback.example:80" }, "a proxy that speaks TLS"},
		"plain on an address":    {func(o *Options) { o.Listen = "192.0.2.7:80" }, "a proxy that speaks TLS"},
		"no port":                {func(o *Options) { o.Listen = "127.0.0.1" }, "host:port"},
		"a big port":             {func(o *Options) { o.Listen = "127.0.0.1:99999" }, "0 to 65535"},
		"half a certificate":     {func(o *Options) { o.TLSCert = "c" }, "both --tls-cert and --tls-key"},
		"the other half":         {func(o *Options) { o.TLSKey = "c" }, "both --tls-cert and --tls-key"},
		"metrics for everybody":  {func(o *Options) { o.Metrics = "0.0.0.0:9090" }, "this machine only"},
		"a path":                 {func(o *Options) { o.PublicURL = "https://d.example/x" }, "without a path"},
		"a plain address":        {func(o *Options) { o.PublicURL = "http://d.example" }, "https://"},
		"a user":                 {func(o *Options) { o.PublicURL = "https://u:p@d.example" }, "https://"},
		"a format":               {func(o *Options) { o.LogFormat = "xml" }, "text, json"},
		"a level":                {func(o *Options) { o.LogLevel = "loud" }, "debug, info, warn, error"},
		"no worker":              {func(o *Options) { o.Workers = 0 }, "1 to 64"},
		"mail without server":    {func(o *Options) { o.SMTPPassword = seal.Hide("x") }, "name the mail server"},
		"mail without sender":    {func(o *Options) { o.SMTPAddress = "m.example:25" }, "sender's address"},
		"two headers":            {func(o *Options) { o.SMTPAddress = "m.example:25"; o.SMTPFrom = "a@b\r\nBcc: c@d" }, "sender's address"},
	} {
		opt := Default(home)
		c.edit(&opt)
		err := opt.Validate()
		if drawbridge.KindOf(err) == drawbridge.Internal || err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "canary-7Q") {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
	for name, edit := range map[string]func(*Options){
		"loopback":     func(o *Options) { o.Listen = "[::1]:0" },
		"mapped":       func(o *Options) { o.Listen = "[::ffff:127.0.0.1]:0" },
		"localhost":    func(o *Options) { o.Listen = "localhost:80" },
		"with TLS":     func(o *Options) { o.Listen, o.TLSCert, o.TLSKey = ":443", "c", "k" },
		"a proxy":      func(o *Options) { o.PublicURL = "https://d.example/" },
		"this machine": func(o *Options) { o.PublicURL = "http://localhost:8080" },
	} {
		opt := Default(home)
		edit(&opt)
		if err := opt.Validate(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
