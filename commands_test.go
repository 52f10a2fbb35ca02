package drawbridge_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"drawbridge"
	"drawbridge/internal/client"
)

// commandRow is how a command is tried. Words in capitals name objects.
type commandRow struct {
	args string // what it takes to work
	by   string // who may: ann, root, or data for whoever has the data folder
	sees bool   // somebody else gets an answer as well, without anything of ann's
	text bool   // its output has a format of its own
	no   int    // its exit code where it works and the answer is no
	no1  bool   // it works for nobody here: it has its own tests
}

// commandRows has a row for every command of the record; the order is that of the try.
var commandRows = []commandRow{
	{args: "status", by: "ann", sees: true},
	{args: "me", by: "ann", sees: true},
	{args: "me sessions", by: "ann", sees: true},
	{args: "me sessions end --all", by: "ann", sees: true},
	{args: "me factor codes", by: "ann", no1: true},
	{args: "me factor enrol", by: "ann", no1: true},
	{args: "me factor remove", by: "ann", no1: true},
	{args: "me password --new-password-file none", by: "ann", no1: true},
	{args: "view list", by: "ann", sees: true},
	{args: "view save integrations Mine tier=high", by: "ann", sees: true},
	{args: "view delete viw_none", by: "ann", no1: true},
	{args: "view restore viw_none", by: "ann", no1: true},
	{args: "bulk list", by: "ann", sees: true},
	{args: "bulk start assess --all", by: "ann", no1: true},
	{args: "bulk show blk_none", by: "ann", no1: true},
	{args: "bulk cancel blk_none", by: "ann", no1: true},
	{args: "bulk undo blk_none", by: "ann", no1: true},
	{args: "draft list", by: "ann", sees: true},
	{args: "draft begin", by: "ann", sees: true},
	{args: "draft show DRA", by: "ann", no1: true},
	{args: "draft operations DRA", by: "ann", no1: true},
	{args: "draft data DRA", by: "ann", no1: true},
	{args: "draft save DRA --set name=x", by: "ann", no1: true},
	{args: "draft preview DRA", by: "ann", no1: true},
	{args: "draft send DRA", by: "ann", no1: true},
	{args: "draft discard DRA", by: "ann", no1: true},
	{args: "draft restore DRA", by: "ann", no1: true},
	{args: "inbox list", by: "ann", sees: true},
	{args: "inbox tasks", by: "ann", sees: true},
	{args: "inbox unread msg_none", by: "ann", no1: true},
	{args: "inbox mail", by: "ann", sees: true},
	{args: "inbox read --all", by: "ann", sees: true},
	{args: "search shop", by: "ann", sees: true},
	{args: "integration list", by: "ann", sees: true},
	{args: "integration show INT", by: "ann"},
	{args: "integration assess INT", by: "ann"},
	{args: "integration try INT", by: "ann"},
	{args: "integration assessments INT", by: "ann"},
	{args: "integration history INT", by: "ann"},
	{args: "integration assign INT --member root@drawbridge.example --reason x", by: "root"},
	{args: "review intake FILE --base head --reason x", by: "ann", no1: true},
	{args: "review list", by: "ann", sees: true},
	{args: "review mine", by: "ann", sees: true},
	{args: "review open INT --reason x", by: "ann"},
	{args: "review show INT", by: "ann"},
	{args: "review standing INT", by: "ann"},
	{args: "review items INT", by: "ann"},
	{args: "review viewed INT --all", by: "ann"},
	{args: "review respond INT --comment x", by: "ann"},
	{args: "review submit INT", by: "ann", no1: true},
	{args: "review triage INT", by: "ann", no1: true},
	{args: "review start INT", by: "ann", no1: true},
	{args: "review ready INT", by: "ann", no1: true},
	{args: "review reopen INT", by: "ann", no1: true},
	{args: "review sign INT --role security --view x", by: "ann", no1: true},
	{args: "review withdraw-signature SIG --reason x", by: "ann", no1: true},
	{args: "review decide INT --outcome approved --view x --rationale x", by: "ann", no1: true},
	{args: "review approval INT", by: "ann", no1: true},
	{args: "review decisions", by: "ann", sees: true},
	{args: "review delegate PER --role security --until 2030-01-01", by: "ann", no1: true},
	{args: "review delegations", by: "root", no1: true},
	{args: "review revoke-delegation DLG", by: "ann", no1: true},
	{args: "review withdraw INT --reason x", by: "ann"},
	{args: "evidence list", by: "ann", sees: true},
	{args: "evidence add FILE --kind runbook --integration INT", by: "ann"},
	{args: "evidence show EVD", by: "ann", no1: true},
	{args: "evidence get EVD", by: "ann", no1: true},
	{args: "evidence accept EVD --reason x", by: "root", no1: true},
	{args: "evidence refuse EVD --reason x", by: "root", no1: true},
	{args: "evidence withdraw EVD --reason x", by: "ann", no1: true},
	{args: "evidence supersede EVD --by EVD --reason x", by: "root", no1: true},
	{args: "thread list", by: "ann", sees: true},
	{args: "thread open flow x --integration INT --title x --text x", by: "ann"},
	{args: "thread show THR", by: "ann", no1: true},
	{args: "thread reply THR --text x", by: "ann", no1: true},
	{args: "thread resolve THR --reason x", by: "ann", no1: true},
	{args: "dossier integration INT", by: "ann"},
	{args: "dossier partner swiftparcel", by: "ann", sees: true},
	{args: "dossier history integration INT", by: "ann"},
	{args: "finding list --integration INT", by: "ann"},
	{args: "finding rule INT --check TLS-01 --element api --refute --reason x", by: "ann", no1: true},
	{args: "finding rulings INT", by: "ann"},
	{args: "finding revoke INT RUL --reason x", by: "ann", no1: true},
	{args: "result push RUN", by: "ann", no1: true},
	{args: "result list INT", by: "ann"},
	{args: "result get INT RUN --out OUT", by: "ann", no1: true},
	{args: "result live INT", by: "ann"},
	{args: "result stop INT RUN", by: "ann", no1: true},
	{args: "claims INT", by: "ann"},
	{args: "integration life INT", by: "ann"},
	{args: "integration live INT", by: "ann", no1: true},
	{args: "integration suspend INT --reason x", by: "root", no1: true},
	{args: "integration resume INT", by: "root", no1: true},
	{args: "integration retire INT", by: "root", no1: true},
	{args: "integration departure INT", by: "ann", no1: true},
	{args: "integration attest INT --subject envelope_live --evidence evd_x --statement x", by: "root", no1: true},
	{args: "integration unattest att_x --reason x", by: "root", no1: true},
	{args: "integration attestations INT", by: "ann"},
	{args: "condition list --integration INT", by: "ann", sees: true},
	{args: "condition add INT --text x --verifier legal --due 2999-01-01", by: "root", no1: true},
	{args: "condition met cnd_x --reason x", by: "root", no1: true},
	{args: "condition drop cnd_x --reason x", by: "root", no1: true},
	{args: "exception list --integration INT", by: "ann", sees: true},
	{args: "exception propose INT --covers T017@charges --expires 2999-01-01 --reason x", by: "ann", no1: true},
	{args: "exception confirm exc_x --reason x", by: "root", no1: true},
	{args: "exception refuse exc_x --reason x", by: "root", no1: true},
	{args: "exception renew exc_x --expires 2999-01-01 --reason x", by: "root", no1: true},
	{args: "exception revoke exc_x --reason x", by: "root", no1: true},
	{args: "integration leave INT --reason x", by: "ann", no1: true},
	{args: "programme queue", by: "ann", sees: true},
	{args: "programme calendar --out cal.ics", by: "ann", no1: true},
	{args: "programme triggers INT", by: "ann", sees: true},
	{args: "programme trigger INT --kind contract --source x --text x", by: "root"},
	{args: "programme handle trg_x --reason x", by: "root", no1: true},
	{args: "programme impact none.tar.gz", by: "root", no1: true},
	{args: "programme announce --reason x", by: "root"},
	{args: "programme threats INT", by: "ann"},
	{args: "programme looked INT --comment x", by: "root"},
	{args: "gate FILE", by: "ann", no: 3},
	{args: "push --base head --reason x CHANGED", by: "ann"},
	{args: "pull INT --out OUT", by: "ann"},
	{args: "partner list", by: "ann", sees: true},
	{args: "partner show swiftparcel", by: "ann", sees: true},
	{args: "partner add acme --name Acme", by: "root"},
	{args: "partner edit swiftparcel --country NL --reason x", by: "root"},
	{args: "partner link inq_x --for x", by: "ann", no1: true},
	{args: "partner links inq_x", by: "ann", no1: true},
	{args: "partner preview inq_x", by: "ann", no1: true},
	{args: "partner revoke lnk_x --reason x", by: "ann", no1: true},
	{args: "questionnaire sent", by: "ann", sees: true},
	{args: "questionnaire send rvw_x", by: "ann", no1: true},
	{args: "questionnaire status inq_x", by: "ann", no1: true},
	{args: "questionnaire answer inq_x a true", by: "ann", no1: true},
	{args: "questionnaire confirm inq_x", by: "ann", no1: true},
	{args: "questionnaire history inq_x a", by: "ann", no1: true},
	{args: "questionnaire text inq_x", by: "ann", no1: true},
	{args: "questionnaire download inq_x --out none.xlsx", by: "ann", no1: true},
	{args: "questionnaire upload inq_x none.xlsx", by: "ann", no1: true},
	{args: "questionnaire submit inq_x", by: "ann", no1: true},
	{args: "questionnaire accept inq_x", by: "ann", no1: true},
	{args: "questionnaire return inq_x --reason x", by: "ann", no1: true},
	{args: "questionnaire close inq_x --reason x", by: "ann", no1: true},
	{args: "register", by: "ann", sees: true},
	{args: "register list", by: "ann", sees: true},
	{args: "register heat", by: "ann", sees: true},
	{args: "register show rsk_x", by: "ann", no1: true},
	{args: "register add --integration INT --cause x --event x --category security --likelihood 1 --impact 1", by: "ann"},
	{args: "register set rsk_x --state open", by: "ann", no1: true},
	{args: "register close rsk_x --reason x", by: "root", no1: true},
	{args: "partner profile swiftparcel", by: "ann", sees: true},
	{args: "partner contract list", by: "root"},
	{args: "partner contract show ctr_x", by: "root", no1: true},
	{args: "partner contract add swiftparcel --type msa", by: "root"},
	{args: "partner contract edit ctr_x --law IE", by: "root", no1: true},
	{args: "partner contract close ctr_x --reason x", by: "root", no1: true},
	{args: "partner contract check swiftparcel", by: "root"},
	{args: "partner measure ctr_x --metric availability --value 1 --from 2026-01-01 --to 2026-01-31 --source x", by: "root", no1: true},
	{args: "partner measures ctr_x", by: "root", no1: true},
	{args: "partner notice list", by: "root"},
	{args: "partner notice show ntc_x", by: "root", no1: true},
	{args: "partner notice add swiftparcel --kind incident --title x", by: "root"},
	{args: "partner notice decide ntc_x --state closed --reason x", by: "root", no1: true},
	{args: "partner subprocessor list swiftparcel", by: "ann", sees: true},
	{args: "partner subprocessor add swiftparcel --name Cloudyard", by: "root"},
	{args: "partner subprocessor end sub_x --reason x", by: "root", no1: true},
	{args: "partner concentration", by: "root"},
	{args: "partner fall country IE", by: "root"},
	{args: "token list", by: "ann", sees: true},
	{args: "token create --name ci --integration INT", by: "ann"},
	{args: "token revoke TOK --reason x", by: "root"},
	{args: "people list", by: "root", sees: true},
	{args: "people show PER", by: "root"},
	{args: "people invite new@drawbridge.example --role tester", by: "root"},
	{args: "people rename PER Anna", by: "root"},
	{args: "people roles PER --role requester,tester --reason x", by: "root"},
	{args: "people sessions PER", by: "root"},
	{args: "people signout PER", by: "root"},
	{args: "people disable dave@drawbridge.example --reason x", by: "root"},
	{args: "people enable dave@drawbridge.example --reason x", by: "root"},
	{args: "people reset dave@drawbridge.example --reason x", by: "root"},
	{args: "people erase dave@drawbridge.example --reason x", by: "root"},
	{args: "webhook add chat --url-file ADDRESS", by: "root"},
	{args: "webhook list", by: "root"},
	{args: "webhook log WHK", by: "root"},
	{args: "webhook retry WHK MSG", by: "root", no1: true},
	{args: "webhook disable WHK --reason x", by: "root"},
	{args: "webhook enable WHK", by: "root"},
	{args: "webhook test WHK", by: "root", no1: true},
	{args: "webhook remove WHK --reason x", by: "root"},
	{args: "job list --kind assess --state open", by: "root"},
	{args: "job cancel EVT --reason x", by: "root"},
	{args: "job retry EVT --reason x", by: "root", no1: true},
	{args: "join --secret-file none", by: "ann", no1: true},
	{args: "logout", by: "ann", sees: true},
	{args: "login --email ann@drawbridge.example", by: "ann", sees: true},

	{args: "doctor --server URL", by: "data", sees: true},
	{args: "fsck", by: "data"},
	{args: "hold place everything --reason x", by: "data"},
	{args: "hold list", by: "data"},
	{args: "hold lift HLD --reason x", by: "data"},
	{args: "keys list", by: "data"},
	{args: "keys new", by: "data", no1: true, sees: true},
	{args: "keys rotate mac --reason x", by: "data"},
	{args: "log list", by: "root"},
	{args: "log checkpoint", by: "data", text: true},
	{args: "log export", by: "data", text: true},
	{args: "log prove 0", by: "data", text: true},
	{args: "log verify LOG", by: "data", sees: true},
	{args: "retention list", by: "data"},
	{args: "retention set assessment_document 730 --reason x", by: "data"},
	{args: "retention purge --dry-run", by: "data"},
	{args: "questionnaire list", by: "data", sees: true},
	{args: "questionnaire show short", by: "data", sees: true},
	{args: "backup --out BACKUP", by: "data"},
	{args: "restore BACKUP --verify --keys KEYS", by: "data", sees: true},
	{args: "seed --partners 1 --integrations 1 --people 16", by: "data", no1: true, sees: true},
	{args: "admin create --email x@drawbridge.example", by: "data", no1: true},
}

// commandsElsewhere need no record: the scripts beside it try them.
var commandsElsewhere = []string{
	"assess", "categories", "checks", "compare", "completion", "demo", "diff", "explain", "export", "fmt", "help", "import", "map", "new", "pack", "policy",
	"rules", "schema", "serve", "test", "threats", "validate", "version", "worker",
	"questionnaire check", "questionnaire export", "questionnaire import",
}

// TestCommands tries every command of the record as somebody who is signed out or
// has no data, as somebody else, and as who may. A no is one line and never a
// trace; a yes in JSON is one document with its schema's version.
func TestCommands(t *testing.T) {
	t.Parallel()
	c := newCommands(t)
	c.complete()
	for _, row := range commandRows {
		c.try(row)
	}
	c.first()
}

// first makes the first administrator of an installation of its own, which
// cannot be done twice.
func (c *commands) first() {
	file := filepath.Join(c.dir, "password")
	c.check(os.WriteFile(file, []byte(scriptPassword), 0o600))
	args := []string{"admin", "create", "--email", "x@drawbridge.example", "--password-file", file, "--format", "json"}
	c.versioned("admin create", c.run("empty", args...))
	if r := c.run("empty", args...); r.code == 0 {
		c.t.Error("a second first administrator was made")
	} else {
		c.short("admin create again", r)
	}
}

// commands is an installation with Ann's integration and somebody else.
type commands struct {
	*installation
	dir   string
	words map[string]string
}

func newCommands(t *testing.T) *commands {
	t.Helper()
	c := &commands{installation: install(t, "", nil), dir: t.TempDir(), words: map[string]string{}}
	admin := c.administrator(scriptPassword)
	ann := c.person(admin, "ann", scriptPassword, drawbridge.Requester)
	c.person(admin, "mallory", scriptPassword, drawbridge.Requester)
	c.person(admin, "dave", scriptPassword, drawbridge.Tester)
	c.push(c.client(client.Hide(c.secret("mallory")).Hidden), "other-labels")
	pushed := c.push(ann, "ann-labels")
	token, err := ann.CreateToken(t.Context(), client.NewToken{Name: "old"})
	c.check(err)
	me, err := ann.Me(t.Context())
	c.check(err)
	c.words["INT"], c.words["TOK"], c.words["PER"] = string(pushed.Integration.ID), string(token.Token.ID), string(me.Person)
	files := map[string]string{
		"FILE":    "apiVersion: drawbridge/v1\nkind: Integration\nid: ann-labels\nenvironment: production\nname: ann-labels\npartner: swiftparcel\n",
		"CHANGED": "apiVersion: drawbridge/v1\nkind: Integration\nid: ann-labels\nenvironment: production\nname: Changed labels\n",
		"ADDRESS": "https://hooks.drawbridge.example/x\n",
	}
	for name, text := range files {
		c.words[name] = filepath.Join(c.dir, name+".yaml")
		c.check(os.WriteFile(c.words[name], []byte(text), 0o600))
	}
	c.words["OUT"], c.words["BACKUP"], c.words["LOG"], c.words["KEYS"], c.words["URL"] = filepath.Join(c.dir, "out"), filepath.Join(c.dir, "backup"), filepath.Join(c.dir, "log.jsonl"), filepath.Join(c.data, "keys"), c.url
	for _, name := range []string{"root", "ann", "mallory"} {
		c.run(name, "login", "--email", name+"@drawbridge.example")
	}
	return c
}

func (c *commands) check(err error) {
	c.t.Helper()
	if err != nil {
		c.t.Fatal(err)
	}
}

// result is how a command ended.
type result struct {
	code   int
	out    string
	stderr string
}

// run runs a command as somebody with a home folder of their own; nobody has
// none of the data, and the data folder belongs to data.
func (c *commands) run(who string, args ...string) result {
	c.t.Helper()
	environment := []string{"HOME=" + filepath.Join(c.dir, who), "XDG_CONFIG_HOME=", "DRAWBRIDGE_SERVER=" + c.url, "DRAWBRIDGE_PASSWORD=" + scriptPassword}
	if who != "data" {
		environment = append(environment, "DRAWBRIDGE_DATA="+filepath.Join(c.dir, who, "none"))
	}
	cmd := c.command(environment, args...)
	cmd.Dir = c.dir
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	if exit, ok := errors.AsType[*exec.ExitError](err); !ok {
		c.check(err)
	} else if exit.ExitCode() < 0 {
		c.t.Fatalf("%v: %v", args, err)
	}
	return result{cmd.ProcessState.ExitCode(), out.String(), errs.String()}
}

// complete holds the table to the program: every command has a row.
func (c *commands) complete() {
	var walk func(path []string)
	walk = func(path []string) {
		list := c.run("data", append(append([]string{"__complete"}, path...), "")...)
		for line := range strings.Lines(list.out) {
			name, _, _ := strings.Cut(strings.TrimSpace(line), "\t")
			at := append(slices.Clone(path), name)
			if name == "" || strings.HasPrefix(name, ":") || strings.HasPrefix(name, "-") || slices.Contains(commandsElsewhere, strings.Join(at, " ")) {
				continue
			}
			if len(at) > 2 && at[1] == "rotate" {
				continue // a value that is completed
			}
			if usage := "  drawbridge " + strings.Join(at, " "); !strings.Contains(c.run("data", append(at, "--help")...).out+" ", usage+" ") {
				continue // a value that is completed
			}
			walk(at)
			prefix := strings.Join(at, " ")
			if !slices.ContainsFunc(commandRows, func(r commandRow) bool { return r.args == prefix || strings.HasPrefix(r.args, prefix+" ") }) {
				c.t.Errorf("drawbridge %s has no row in commandRows", prefix)
			}
		}
	}
	walk(nil)
}

var made = regexp.MustCompile(`(whk|hld|evt)_[a-z0-9]{26}`)

func (c *commands) try(row commandRow) {
	c.t.Helper()
	args := strings.Fields(row.args)
	for i, a := range args {
		if word, ok := c.words[a]; ok {
			args[i] = word
		}
	}
	name := strings.Join(args[:min(2, len(args))], " ")
	if (!row.sees || row.by != "data") && args[0] != "login" {
		if r := c.run("nobody", args...); r.code == 0 {
			c.t.Errorf("%s works for nobody:\n%s", row.args, r.out)
		} else {
			c.short(row.args+" as nobody", r)
		}
	}
	if row.by != "data" && args[0] != "logout" && args[0] != "login" && row.args != "me factor enrol" {
		r := c.run("mallory", args...)
		if r.code != 0 {
			c.short(row.args+" as mallory", r)
		}
		if (r.code == 0) != row.sees && !row.no1 || strings.Contains(r.out, "ann-labels") || strings.Contains(r.out, "ann@drawbridge.example") {
			c.t.Errorf("%s as mallory ends with %d:\n%s%s", row.args, r.code, r.out, r.stderr)
		}
	}
	if row.no1 {
		return
	}
	if !row.text {
		args = append(args, "--format", "json")
	}
	r := c.run(row.by, args...)
	if r.code != row.no {
		c.t.Errorf("%s as %s ends with %d, want %d:\n%s%s", row.args, row.by, r.code, row.no, r.out, r.stderr)
		return
	}
	if name == "log export" {
		c.check(os.WriteFile(c.words["LOG"], []byte(r.out), 0o600))
	}
	if row.text {
		return
	}
	c.versioned(row.args, r)
	if id := made.FindString(r.out); id != "" {
		c.words[strings.ToUpper(id[:3])] = id
	}
}

// versioned holds an answer to one document with the version of its schema.
func (c *commands) versioned(what string, r result) {
	c.t.Helper()
	var doc map[string]any
	if err := json.Unmarshal([]byte(r.out), &doc); err != nil || doc["schema_version"] != drawbridge.SchemaVersion {
		c.t.Errorf("%s gives no document with schema_version (%v):\n%.400s%s", what, err, r.out, r.stderr)
	}
}

// short holds a no to one line for a person, and a hint where the use was wrong.
func (c *commands) short(what string, r result) {
	c.t.Helper()
	lines := strings.Split(strings.TrimSpace(r.stderr), "\n")
	hint := len(lines) == 2 && r.code == drawbridge.ExitUsage && strings.HasPrefix(lines[1], "See 'drawbridge ")
	if !strings.HasPrefix(lines[0], "drawbridge: ") || len(lines) > 1 && !hint || len(lines[0]) > 400 {
		c.t.Errorf("%s does not say no in a line:\n%s", what, r.stderr)
	}
	for _, trace := range []string{"goroutine", "panic", ".go:", "internal error", "%!", "<nil>"} {
		if strings.Contains(r.stderr, trace) {
			c.t.Errorf("%s tells what is inside: %s", what, r.stderr)
		}
	}
}
