package policy_test

import (
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"drawbridge/internal/flow"
	"drawbridge/internal/manifest"
	"drawbridge/internal/policy"
	"drawbridge/internal/taxonomy"
	"drawbridge/internal/threat"
)

var asOf = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

// verdict is what one evaluation answers.
type verdict struct {
	score    policy.Score
	controls []policy.Control
	gate     policy.Gate
}

// load reads a situation of testdata; edit may change it before it is mapped.
func load(tb testing.TB, name string, edit ...func(*manifest.Integration)) *manifest.Bundle {
	tb.Helper()
	b, err := manifest.Load(filepath.Join("testdata", "situations", name, "integration.yaml"))
	if err != nil {
		tb.Fatal(err)
	}
	for _, e := range edit {
		e(b.Integration)
	}
	return b
}

// input runs the line up to the policy.
func input(tb testing.TB, b *manifest.Bundle) policy.Input {
	tb.Helper()
	tax := taxonomy.Builtin()
	m, err := flow.Build(b, tax)
	if err != nil {
		tb.Fatal(err)
	}
	facts := flow.NewFacts(b, m, tax, asOf)
	rules, err := threat.Builtin()
	if err != nil {
		tb.Fatal(err)
	}
	threats, err := rules.Evaluate(b, m, facts, threat.Options{AsOf: asOf})
	if err != nil {
		tb.Fatal(err)
	}
	return policy.Input{
		Bundle: b, Map: m, Facts: facts, Threats: threats, AsOf: asOf, Taxonomy: tax,
		Transfers: policy.Transfers(b, tax, taxonomy.BuiltinTransfers(), asOf),
	}
}

func evaluate(tb testing.TB, in policy.Input) verdict {
	tb.Helper()
	score, controls, gate, err := builtin(tb).Evaluate(in)
	if err != nil {
		tb.Fatal(err)
	}
	return verdict{score, controls, gate}
}

func BenchmarkEvaluate(b *testing.B) {
	for _, name := range []string{"bare", "payments"} {
		b.Run(name, func(b *testing.B) {
			in, p := input(b, load(b, name)), builtin(b)
			for b.Loop() {
				if _, _, _, err := p.Evaluate(in); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// large is a manifest with many interfaces and flows, half of it unanswered.
func large(tb testing.TB, interfaces, flows int) *manifest.Bundle {
	tb.Helper()
	b := load(tb, "payments")
	in := b.Integration
	charges, charge := in.Interfaces[0], in.Flows[0]
	in.Interfaces, in.Flows = nil, nil
	for i := range interfaces {
		x := charges
		x.ID = fmt.Sprintf("i%04d", i)
		if i%2 == 1 {
			x.Safeguards = nil
		}
		in.Interfaces = append(in.Interfaces, x)
	}
	for i := range flows {
		x := charge
		x.ID, x.To = fmt.Sprintf("f%05d", i), in.Interfaces[i%interfaces].ID
		if i%2 == 1 {
			x.Retention, x.SharedWith = manifest.Retention{}, nil
		}
		in.Flows = append(in.Flows, x)
	}
	return b
}

func BenchmarkEvaluateLarge(b *testing.B) {
	for _, size := range [][2]int{{50, 500}, {200, 2000}, {600, 6000}} {
		b.Run(fmt.Sprintf("%d_interfaces_%d_flows", size[0], size[1]), func(b *testing.B) {
			in, p := input(b, large(b, size[0], size[1])), builtin(b)
			for b.Loop() {
				if _, _, _, err := p.Evaluate(in); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
