package threat_test

import (
	"fmt"
	"io/fs"
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"drawbridge"
	"drawbridge/internal/threat"
)

const ownRule = `id: X001
version: 1
title: Payments run over an interface that nobody watches
why: A fault stays unseen until a customer calls.
stride: denial_of_service
severity: medium
per: interface
kinds: [http_api]
applies: 'flow.crosses'
unless: 'operations.monitoring != ""'
controls: [service-level]
settles: ["evidence:runbook"]
cases:
  fires: {flow.crosses: true, operations.monitoring: ""}
  quiet: {flow.crosses: true, operations.monitoring: "grafana"}
  asks: {flow.crosses: true}
`

func oneRule(src string) fs.FS { return fstest.MapFS{"X001.yaml": {Data: []byte(src)}} }

func change(from, to string) string { return strings.Replace(ownRule, from, to, 1) }

// evidenceID returns an id that settles.yaml holds.
func evidenceID(tb testing.TB) string {
	tb.Helper()
	for _, d := range threat.Settles().All() {
		if d.Kind == "evidence" {
			return d.ID
		}
	}
	tb.Fatal("no evidence in settles.yaml")
	return ""
}

func TestLoad(t *testing.T) {
	t.Parallel()
	src := strings.Replace(ownRule, "evidence:runbook", evidenceID(t), 1)
	own, err := threat.Load(oneRule(src))
	if err != nil {
		t.Fatal(err)
	}
	if r, ok := own.Rule("X001"); !ok || r.Origin != "X001.yaml" {
		t.Errorf("rule X001 = %+v, %v", r, ok)
	}
	builtin, err := threat.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	both := builtin.With(own)
	if got, want := len(both.Rules()), len(builtin.Rules())+1; got != want {
		t.Errorf("%d rules, want %d", got, want)
	}
	report, err := threat.TestRules(oneRule(src))
	if err != nil || !report.OK() || len(report.Cases) != 3 {
		t.Errorf("TestRules = %+v, %v", report, err)
	}
}

func TestLoadRefuses(t *testing.T) {
	t.Parallel()
	cases := []struct{ name, src, want string }{
		{"empty", "", "X001.yaml"},
		{"a list", "- id: X001", "holds the fields of one rule"},
		{"unknown field", ownRule + "colour: red\n", `17:1: "colour" is no field`},
		{"unknown fact", change("flow.crosses'", "flow.croses'"), `9:11: applies: "flow.croses" is not a declared name`},
		{"a syntax error", change("!= \"\"'", "!= '"), "10:"},
		{"not a condition", change("'flow.crosses'", "'flow.level'"), "must be true or false"},
		{"an unknown in applies", change("'flow.crosses'", "'flow.purpose == \"x\"'"), "structure facts only"},
		{"both models", change("stride: ", "linddun: linking\nstride: "), "both given"},
		{"unknown class", change("denial_of_service", "boredom"), "one of their classes"},
		{"unknown kind", change("[http_api]", "[fax]"), `"fax" is no interface kind`},
		{"unknown severity", change("medium", "awful"), `severity "awful"`},
		{"unknown settle", change("evidence:runbook", "evidence:hearsay"), "stands in no list"},
		{"bad id", change("X001", "x 1"), "capitals and digits"},
		{"wrong type in a case", change("{flow.crosses: true}", "{flow.crosses: perhaps}"), "write true or false"},
		{"unknown fact in a case", change("{flow.crosses: true}", "{interface.kind: file}"), `did you mean iface.kind?`},
		{"unknown case", change("asks:", "wonders:"), `"wonders" is no case`},
		{"an alias bomb", "a: &a [x]\nb: [*a, *a]\n", "X001.yaml"},
		{"deep nesting", strings.Repeat("[", 5000), "X001.yaml"},
		{"binary", "\x00\x01\x02", "X001.yaml"},
		{"huge", "why: " + strings.Repeat("x", threat.MaxRuleBytes), "at most"},
		{"a pattern bomb", change("'flow.crosses'", "'iface.kind.matches(\"((a{200}){200}){20}\")'"), "applies"},
		{"deep expression", change("'flow.crosses'", "'"+strings.Repeat("!(", 200)+"flow.crosses"+strings.Repeat(")", 200)+"'"), "applies"},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			_, err := threat.Load(oneRule(tc.src))
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("error = %v, want one with %q", err, tc.want)
			}
			if k := drawbridge.KindOf(err); k != drawbridge.Invalid && k != drawbridge.TooLarge {
				t.Errorf("kind = %s", k)
			}
		})
	}
}

func TestFailingCasesSayWhy(t *testing.T) {
	t.Parallel()
	src := strings.Replace(change(`operations.monitoring: "grafana"`, "operations.monitoring: unknown"), "evidence:runbook", evidenceID(t), 1)
	report, err := threat.TestRules(oneRule(src))
	if err != nil || report.Failed != 1 {
		t.Fatalf("report = %+v, error %v; want one failure", report, err)
	}
	for _, c := range report.Cases {
		if !c.Pass && (c.Case != "quiet" || !strings.Contains(c.Reason, "unless is unknown: operations.monitoring")) {
			t.Errorf("%s: %s", c.Case, c.Reason)
		}
	}
}

func TestTwoRulesWithOneID(t *testing.T) {
	t.Parallel()
	_, err := threat.Load(fstest.MapFS{"a.yaml": {Data: []byte(ownRule)}, "b.yaml": {Data: []byte(ownRule)}})
	if err == nil || !strings.Contains(err.Error(), "b.yaml:1:5: the id X001 is taken by a.yaml") {
		t.Errorf("error = %v", err)
	}
}

func FuzzLoad(f *testing.F) {
	f.Add(ownRule)
	names, err := fs.Glob(threat.BuiltinFS(), "*.yaml")
	if err != nil {
		f.Fatal(err)
	}
	for _, name := range names[:min(12, len(names))] {
		data, err := os.ReadFile(fmt.Sprintf("rules/%s", name))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(data))
	}
	f.Fuzz(func(t *testing.T, src string) {
		c, err := threat.Load(oneRule(src))
		if err != nil {
			return
		}
		report, err := threat.TestRules(oneRule(src))
		if err != nil || report.Rules != 1 {
			t.Errorf("a rule that loads cannot be tested: %v", err)
		}
		runWith(t, c, big(6, 8), threat.Options{All: true})
	})
}
