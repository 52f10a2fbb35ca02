package policy_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"drawbridge"
	"drawbridge/internal/policy"
)

func files(pairs ...string) fstest.MapFS {
	out := fstest.MapFS{}
	for i := 0; i+1 < len(pairs); i += 2 {
		out[pairs[i]] = &fstest.MapFile{Data: []byte(pairs[i+1])}
	}
	return out
}

func TestExtends(t *testing.T) {
	t.Parallel()
	p, err := policy.LoadPack(files(
		"pack.yaml", "name: ours\nkind: policy\nversion: 2.0.1\nextends: builtin\ndrop: [model-version, spend-cap]\n",
		"controls/own-control.yaml", ownControl,
		"controls/tls-version.yaml", strings.Replace(ownControl, "own-control", "tls-version", 1),
	))
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := p.Control("model-version"); ok {
		t.Error("model-version was dropped and is still there")
	}
	if c, _ := p.Control("tls-version"); c.Title != "Our own" {
		t.Errorf("tls-version is %q, want the pack's own", c.Title)
	}
	if got, want := len(p.Controls()), len(builtin(t).Controls())-1; got != want {
		t.Errorf("%d controls, want %d", got, want)
	}
	if p.Method() != "ours@2.0.1" || len(p.GateRules()) != len(builtin(t).GateRules()) {
		t.Errorf("method %s with %d gate rules", p.Method(), len(p.GateRules()))
	}
	in := input(t, load(t, "payments"))
	score, _, _, err := p.Evaluate(in)
	if err != nil || score.Method != "ours@2.0.1" {
		t.Errorf("Evaluate: %s, %v", score.Method, err)
	}
}

func TestLoadPackRefuses(t *testing.T) {
	t.Parallel()
	const rubric = "version: 1\ncontrol_effect: 0.8\nwhy_control_effect: x\nfactors:\n- id: f\n  title: F\n  weight: 1\n  why: w\n  inputs:\n  - {id: i, title: I, per: integration, value: partner.breaches, curve: CURVE, weight: 1, why: w}\n"
	curve := func(c string) string { return strings.Replace(rubric, "CURVE", c, 1) }
	control := func(old, now string) string { return strings.Replace(ownControl, old, now, 1) }
	tests := []struct {
		name, file, text, want string
	}{
		{"no pack.yaml", "", "", "has no pack.yaml"},
		{"alone without parts", "pack.yaml", "name: ours\nkind: policy\nversion: 1.0.0\n", "lacks controls"},
		{"extends something else", "pack.yaml", "name: ours\nkind: policy\nversion: 1.0.0\nextends: other\n", "write builtin"},
		{"bad version", "pack.yaml", "name: ours\nkind: policy\nversion: \"1\"\nextends: builtin\n", "three numbers"},
		{"tiers with a gap", "pack.yaml", ownHead + "tiers:\n- {tier: critical, from: 70, roles: [a], months: 6, due_days: 3}\n", "critical, high, medium and low"},
		{"file not named like its id", "controls/other.yaml", ownControl, "named like its id"},
		{"weight of nought", "controls/own-control.yaml", control("weight: 1", "weight: 0"), "weight"},
		{"weight not a number", "controls/own-control.yaml", control("weight: 1", "weight: .nan"), "weight"},
		{"unknown tier", "controls/own-control.yaml", control("required_from: low", "required_from: lowest"), "required_from"},
		{"no truth value", "controls/own-control.yaml", control(`integration.purpose != ""`, "integration.purpose"), "must give bool"},
		{"unknown framework", "controls/own-control.yaml", ownControl + "frameworks: [XYZ-1]\n", "frameworks.yaml lacks"},
		{"curve that falls", "rubric.yaml", curve("[[0, 1], [1, 0]]"), "not below it"},
		{"curve out of bounds", "rubric.yaml", curve("[[0, 0], [1, 2]]"), "0..1"},
		{"curve of one point", "rubric.yaml", curve("[[0, 0]]"), "1 points"},
		{"gate that says go", "gate.yaml", "version: 1\nrules:\n- {id: a, outcome: go, when: \"true\", text: t}\n", "no-go or conditional"},
		{"condition missing", "gate.yaml", "version: 1\nrules:\n- {id: a, outcome: conditional, when: \"true\", text: t}\n", "no condition"},
		{"gate over facts", "gate.yaml", "version: 1\nrules:\n- {id: a, outcome: no-go, when: flow.personal, text: t}\n", "not a declared name"},
		{"deep nesting", "gate.yaml", "version: 1\nrules: " + strings.Repeat("[", 20000) + strings.Repeat("]", 20000), "nest more than"},
		{"alias", "gate.yaml", "version: &a 1\nrules: *a\n", "aliases"},
		{"binary", "gate.yaml", "\x00\x01\x02", "gate.yaml"},
		{"large", "gate.yaml", strings.Repeat("# x\n", policy.MaxPackFile/4+1), "at most"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			fsys := fstest.MapFS{}
			if tt.file != "" {
				fsys = files("pack.yaml", ownHead, tt.file, tt.text)
			}
			_, err := policy.LoadPack(fsys)
			if err == nil || !strings.Contains(err.Error(), tt.want) || drawbridge.KindOf(err) == drawbridge.Internal {
				t.Errorf("LoadPack: %v (%s), want %q", err, drawbridge.KindOf(err), tt.want)
			}
		})
	}
}
