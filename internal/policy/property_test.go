package policy_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"drawbridge"
	"drawbridge/internal/expr"
	"drawbridge/internal/flow"
	"drawbridge/internal/manifest"
	"drawbridge/internal/policy"
	"drawbridge/internal/taxonomy"
)

// stub is a set of facts that a property draws: one integration, two
// interfaces, two flows.
type stub struct {
	elements []flow.Element
	values   []map[string]any
	results  []policy.Result
}

func (s *stub) Elements() []flow.Element { return s.elements }

func (s *stub) Value(e int, name string) flow.Fact {
	v, ok := s.values[e][name]
	return flow.Fact{Value: v, Known: ok, Key: name}
}

func (s *stub) Get(e, fact int) any { return s.values[e][flow.Vocabulary()[fact].Name] }

func (s *stub) Missing(_, fact int) []string { return []string{flow.Vocabulary()[fact].Name} }

func (s *stub) with(e int, name string, v any) *stub {
	out := &stub{elements: s.elements, results: s.results}
	for _, m := range s.values {
		c := make(map[string]any, len(m))
		maps.Copy(c, m)
		out.values = append(out.values, c)
	}
	if v == nil {
		delete(out.values[e], name)
	} else {
		out.values[e][name] = v
	}
	return out
}

var vocabulary = flow.Vocabulary()

// quiet are the facts that keep every floor away, so that the curves show.
var quiet = map[string]any{
	"flow.special": false, "flow.card": false, "flow.secret": false, "flow.subjects": []string{"customer"}, "flow.level": int64(2),
	"safeguard.page_zone": "public", "contract.training_use": "prohibited", "criticality.critical": false, "criticality.substitutable": "easy",
}

// drawStub draws facts. In half of the cases nearly all are known and no floor
// holds; in the others about one in five is unknown and floors are common.
func drawStub(t *rapid.T) *stub {
	calm := rapid.Bool().Draw(t, "calm")
	oneIn := 5
	if calm {
		oneIn = 40
	}
	s := &stub{elements: []flow.Element{
		{ID: "integration", Kind: flow.OnIntegration},
		{ID: "a", Kind: flow.OnInterface, Interface: "a"},
		{ID: "b", Kind: flow.OnInterface, Interface: "b"},
		{ID: "f", Kind: flow.OnFlow, Interface: "a"},
		{ID: "g", Kind: flow.OnFlow, Interface: "b"},
	}}
	for range s.elements {
		m := map[string]any{}
		for _, d := range vocabulary {
			if v, ok := quiet[d.Name]; ok && calm {
				m[d.Name] = v
				continue
			}
			if !d.Structure && rapid.IntRange(1, oneIn).Draw(t, "known") == oneIn {
				continue
			}
			m[d.Name] = drawValue(t, d)
		}
		m["integration.uncategorised"] = int64(0)
		s.values = append(s.values, m)
	}
	kinds := drawbridge.InterfaceKinds()
	for _, pair := range [][2]int{{1, 3}, {2, 4}} {
		kind := string(rapid.SampledFrom(kinds).Draw(t, "kind"))
		direction := rapid.SampledFrom([]string{"inbound", "outbound"}).Draw(t, "direction")
		for _, e := range pair {
			s.values[e]["iface.kind"], s.values[e]["iface.direction"] = kind, direction
		}
	}
	if rapid.Bool().Draw(t, "tested") {
		for _, c := range everyControl() {
			for _, e := range s.elements {
				if rapid.IntRange(0, 2).Draw(t, "ran") > 0 {
					s.results = append(s.results, policy.Result{Check: c.Settles[0], Element: e.ID, Verdict: drawbridge.Pass, At: asOf})
				}
			}
		}
	}
	return s
}

var everyControl = sync.OnceValue(func() []policy.ControlDef {
	p, err := policy.BuiltinPack()
	if err != nil {
		panic(err)
	}
	return p.Controls()
})

func drawValue(t *rapid.T, d flow.FactDef) any {
	switch d.Type {
	case expr.Bool:
		return rapid.Bool().Draw(t, d.Name)
	case expr.Int, expr.Size:
		if d.Name == "flow.level" || d.Name == "flow.raw_level" {
			return rapid.Int64Range(-1, 4).Draw(t, d.Name)
		}
		return rapid.SampledFrom([]int64{0, 1, 2, 5, 30, 600, 20000, 5_000_000}).Draw(t, d.Name)
	case expr.Double:
		return rapid.SampledFrom([]float64{90, 99, 99.5, 99.9, 99.99, 100}).Draw(t, d.Name)
	case expr.Span:
		return rapid.SampledFrom([]time.Duration{0, time.Minute, time.Hour, 24 * time.Hour, 90 * 24 * time.Hour, 800 * 24 * time.Hour}).Draw(t, d.Name)
	case expr.List:
		words := d.Values
		if len(words) == 0 {
			words = []string{"iss", "aud", "exp", "child", "customer", "sftp", "xml", "US"}
		}
		return rapid.SliceOfNDistinct(rapid.SampledFrom(words), 0, 3, rapid.ID[string]).Draw(t, d.Name)
	default:
		words := d.Values
		if len(words) == 0 {
			words = []string{"", "none", "hard", "easy", "high", "api_key", "object"}
		}
		return rapid.SampledFrom(words).Draw(t, d.Name)
	}
}

func figures(t *rapid.T, facts *stub) policy.Score {
	p, err := policy.BuiltinPack()
	if err != nil {
		t.Fatal(err)
	}
	score, _, _, err := p.Evaluate(policy.Input{Facts: facts, AsOf: asOf, Results: facts.results})
	if err != nil {
		t.Fatal(err)
	}
	return score
}

func TestUnknownNeverLowers(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := drawStub(t)
		e := rapid.IntRange(0, len(s.elements)-1).Draw(t, "element")
		d := rapid.SampledFrom(slices.DeleteFunc(slices.Clone(vocabulary), func(d flow.FactDef) bool { return d.Structure })).Draw(t, "fact")
		known := figures(t, s.with(e, d.Name, drawValue(t, d)))
		unknown := figures(t, s.with(e, d.Name, nil))
		if unknown.Inherent < known.Inherent || unknown.Residual < known.Residual {
			t.Fatalf("%s unknown gives I %v R %v, known gives I %v R %v", d.Name, unknown.Inherent, unknown.Residual, known.Inherent, known.Residual)
		}
	})
}

// worseIs says which of two values of a fact is the worse one.
var worseIs = map[string]string{
	"flow.level": "more", "flow.personal": "more", "flow.special": "more", "flow.secret": "more", "flow.card": "more",
	"flow.direct": "more", "flow.linkable": "more", "flow.free_text": "more", "flow.abroad": "more", "flow.elements": "more",
	"flow.unneeded": "more", "flow.records_per_day": "more", "flow.retention": "more", "partner.breaches": "more",
	"partner.open_incidents": "more", "partner.subprocessors": "more", "partner.audited": "less", "partner.pentested": "less",
	"partner.security_contact": "less", "contract.availability": "less", "contract.deprecation_notice": "less",
	"contract.subprocessor_notice": "less", "contract.breach_notice": "more", "contract.expired": "more", "contract.dpa": "less",
	"contract.audit_rights": "less", "contract.exit_return": "more", "contract.exit_deletion": "more", "contract.latency_p95": "more",
	"criticality.critical": "more", "criticality.rto": "less", "operations.drill_age": "more", "iface.mutates": "more",
	"iface.addresses_objects": "more", "iface.uses_tokens": "more", "integration.owners_named": "less", "integration.data_owner_named": "less",
	"safeguard.secrets_managed": "less", "safeguard.mtls": "less", "safeguard.crypto_policy": "less", "safeguard.revocation": "less",
	"safeguard.credential_shared": "more", "safeguard.injection_safe": "less", "safeguard.cacheable": "more", "safeguard.dedup": "less",
}

func TestMonotone(t *testing.T) {
	t.Parallel()
	names := make([]string, 0, len(worseIs))
	for name := range worseIs {
		names = append(names, name)
	}
	slices.Sort(names)
	rapid.Check(t, func(t *rapid.T) {
		s := drawStub(t)
		e := rapid.IntRange(0, len(s.elements)-1).Draw(t, "element")
		i, ok := flow.FactIndex(rapid.SampledFrom(names).Draw(t, "fact"))
		if !ok {
			t.Fatal("no such fact")
		}
		d := vocabulary[i]
		a, b := drawValue(t, d), drawValue(t, d)
		if (order(a) > order(b)) == (worseIs[d.Name] == "more") {
			a, b = b, a
		}
		good, bad := figures(t, s.with(e, d.Name, a)), figures(t, s.with(e, d.Name, b))
		if bad.Inherent < good.Inherent || bad.Residual < good.Residual {
			t.Fatalf("%s: %v gives I %v R %v, the worse %v gives I %v R %v", d.Name, a, good.Inherent, good.Residual, b, bad.Inherent, bad.Residual)
		}
	})
}

func order(v any) float64 {
	switch v := v.(type) {
	case bool:
		if v {
			return 1
		}
		return 0
	case int64:
		return float64(v)
	case float64:
		return v
	case time.Duration:
		return v.Hours()
	default:
		panic(fmt.Sprintf("%T has no order", v))
	}
}

func TestWaterfallAddsUp(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		score := figures(t, drawStub(t))
		if score.Inherent < 0 || score.Inherent > 100 || score.Residual < 0 || score.Residual > 100 || score.Effectiveness < 0 || score.Effectiveness > 1 {
			t.Fatalf("I %v E %v R %v are out of bounds", score.Inherent, score.Effectiveness, score.Residual)
		}
		var inherent, all int64
		for _, c := range score.Contributions {
			n := int64(math.Round(c.Points * 100))
			all += n
			if c.Kind == "factor" || c.Kind == "floor" {
				inherent += n
			}
		}
		if want := int64(math.Round(score.Inherent * 100)); inherent != want {
			t.Fatalf("factors and floors add up to %d hundredths, I is %d", inherent, want)
		}
		if want := int64(math.Round(score.Residual * 100)); all != want {
			t.Fatalf("all steps add up to %d hundredths, R is %d", all, want)
		}
	})
}

func TestLeversNeverPromiseTooMuch(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		score := figures(t, drawStub(t))
		if len(score.Levers) > 10 {
			t.Fatalf("%d levers, want at most 10", len(score.Levers))
		}
		for _, l := range score.Levers {
			if l.Inherent > 0 || l.Residual > 0 || l.Unlifted > 0 || score.Inherent+l.Inherent < -1e-9 || score.Residual+l.Residual < -1e-9 || l.Change == "" {
				t.Fatalf("lever %+v on I %v R %v", l, score.Inherent, score.Residual)
			}
		}
	})
}

func TestDeterministic(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"bare", "low", "payments"} {
		var first []byte
		for range 3 {
			v := evaluate(t, input(t, load(t, name)))
			data, err := json.Marshal([]any{v.score, v.controls, v.gate})
			if err != nil {
				t.Fatal(err)
			}
			if first == nil {
				first = data
			}
			if string(first) != string(data) {
				t.Fatalf("%s: two runs differ", name)
			}
		}
	}
}

// widenings are changes of a manifest whose opposite is a narrowing.
var widenings = []func(*rapid.T, *manifest.Integration){
	func(t *rapid.T, in *manifest.Integration) {
		ids := []string{}
		for _, c := range taxonomy.Builtin().Categories() {
			ids = append(ids, c.ID)
		}
		f := &in.Flows[rapid.IntRange(0, len(in.Flows)-1).Draw(t, "flow")]
		yes := rapid.Bool().Draw(t, "needed")
		f.Data = append(slices.Clone(f.Data), manifest.DataElement{
			At: drawbridge.AtRequest, Field: "/extra", Category: rapid.SampledFrom(ids).Draw(t, "category"), Needed: &yes,
			Transform: rapid.SampledFrom([]string{"keep", "mask", "token", "hmac"}).Draw(t, "transform"),
		})
	},
	func(_ *rapid.T, in *manifest.Integration) {
		in.Interfaces[0].Hosts = append(slices.Clone(in.Interfaces[0].Hosts), "other.acme.example")
	},
	func(t *rapid.T, in *manifest.Integration) {
		f := &in.Flows[rapid.IntRange(0, len(in.Flows)-1).Draw(t, "flow")]
		f.Region.Processing = append(slices.Clone(f.Region.Processing), rapid.SampledFrom([]string{"US", "FR", "IN"}).Draw(t, "region"))
	},
	func(t *rapid.T, in *manifest.Integration) {
		f := &in.Flows[rapid.IntRange(0, len(in.Flows)-1).Draw(t, "flow")]
		longer := *f.Retention.Period * drawbridge.Span(rapid.IntRange(2, 9).Draw(t, "times"))
		f.Retention.Period = &longer
	},
	func(t *rapid.T, in *manifest.Integration) {
		f := &in.Flows[rapid.IntRange(0, len(in.Flows)-1).Draw(t, "flow")]
		f.SharedWith = append(slices.Clone(f.SharedWith), "mailer")
	},
	func(t *rapid.T, in *manifest.Integration) {
		f := &in.Flows[rapid.IntRange(0, len(in.Flows)-1).Draw(t, "flow")]
		f.Data = append(slices.Clone(f.Data), manifest.DataElement{At: drawbridge.AtRequest, Field: "/unsorted"})
	},
}

// TestNarrowingNeverRaises widens a manifest and holds the narrower one to no
// more risk than the wider one.
func TestNarrowingNeverRaises(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		narrow := load(t, "payments")
		for range rapid.IntRange(0, 2).Draw(r, "before") {
			rapid.SampledFrom(widenings).Draw(r, "widening")(r, narrow.Integration)
		}
		wide := load(t, "payments")
		*wide.Integration = *narrow.Integration
		wide.Integration.Flows = slices.Clone(narrow.Integration.Flows)
		wide.Integration.Interfaces = slices.Clone(narrow.Integration.Interfaces)
		rapid.SampledFrom(widenings).Draw(r, "last")(r, wide.Integration)
		a, b := evaluate(t, input(t, narrow)), evaluate(t, input(t, wide))
		if a.score.Inherent > b.score.Inherent || a.score.Residual > b.score.Residual {
			r.Fatalf("the narrower has I %v R %v, the wider I %v R %v", a.score.Inherent, a.score.Residual, b.score.Inherent, b.score.Residual)
		}
	})
}

// TestUncategorisedIsWorst holds an element without a category to at least the
// risk of the same element with any category.
func TestUncategorisedIsWorst(t *testing.T) {
	t.Parallel()
	set := func(category string) func(*manifest.Integration) {
		return func(in *manifest.Integration) {
			f := &in.Flows[0]
			f.Data = append(slices.Clone(f.Data), manifest.DataElement{At: drawbridge.AtRequest, Field: "/extra", Category: category})
		}
	}
	unknown := evaluate(t, input(t, load(t, "payments", set(""))))
	for _, c := range taxonomy.Builtin().Categories() {
		known := evaluate(t, input(t, load(t, "payments", set(c.ID))))
		if known.score.Inherent > unknown.score.Inherent || known.score.Residual > unknown.score.Residual {
			t.Errorf("%s gives I %v R %v, no category gives I %v R %v", c.ID, known.score.Inherent, known.score.Residual, unknown.score.Inherent, unknown.score.Residual)
		}
	}
}
