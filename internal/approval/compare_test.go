package approval_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"drawbridge"
	"drawbridge/internal/approval"
	"drawbridge/internal/manifest"
)

var now = time.Date(2027, 3, 1, 12, 0, 0, 0, time.UTC)

// material is the projection of an example, with replacements in its file.
func material(t testing.TB, changes ...string) json.RawMessage {
	t.Helper()
	v, err := manifest.Material(example(t, changes...))
	if err != nil {
		t.Fatal(err)
	}
	return v.JSON
}

func view(t testing.TB) approval.View {
	t.Helper()
	return approval.View{
		Manifest: material(t), Tier: drawbridge.TierHigh,
		Answers: []approval.Answered{
			{Question: "partner/standard/breach", Value: json.RawMessage(`"24h"`), Points: 1, Claims: []approval.Claim{{Control: "breach-notice", Holds: true}}},
			{Question: "partner/standard/story", Prose: true},
			{Question: "partner/standard/team", Value: json.RawMessage(`"two"`), Points: 0.5},
		},
		Evidence:   []approval.Evidence{{Kind: "evidence:soc2", Scope: "payments", Until: "2027-12-31", Known: drawbridge.KnownDocument}},
		Checks:     []approval.Check{{Check: "TLS-01", Element: "charges", Verdict: drawbridge.Pass}, {Check: "TLS-02", Element: "charges", Verdict: drawbridge.Inconclusive}},
		Exceptions: []approval.Exception{{Covers: "T017@charges", Until: "2027-06-01"}},
		Conditions: []approval.Term{{ID: "cnd_1", Before: true, Due: "2027-04-01", State: "open", Breach: drawbridge.Warn}},
		Packs:      []approval.Pack{{Name: "drawbridge", Kind: "policy", Version: "1.0.0", Digest: "sha256:a"}},
	}
}

func clone(t testing.TB, v approval.View) approval.View {
	t.Helper()
	data, err := v.JSON()
	if err != nil {
		t.Fatal(err)
	}
	out, err := approval.ReadView(data)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func fresh() approval.Context {
	return approval.Context{AsOf: now, Months: 12, LastPass: map[string]time.Time{"TLS-01@charges": now.AddDate(0, -1, 0)}}
}

func TestCompare(t *testing.T) {
	t.Parallel()
	answer := func(v *approval.View, question string) *approval.Answered {
		i := slices.IndexFunc(v.Answers, func(a approval.Answered) bool { return a.Question == question })
		return &v.Answers[i]
	}
	check := func(v *approval.View, id string) *approval.Check {
		i := slices.IndexFunc(v.Checks, func(c approval.Check) bool { return c.Check == id })
		return &v.Checks[i]
	}
	const breach, team, story = "partner/standard/breach", "partner/standard/team", "partner/standard/story"
	tests := map[string]struct {
		change func(v *approval.View, c *approval.Context)
		kind   approval.Kind
		part   string
	}{
		"a new host": {func(v *approval.View, c *approval.Context) {
			v.Manifest = material(t, "hosts: [", "hosts: [evil.example, ")
		}, approval.Widening, "manifest"},
		"prose of the manifest": {func(v *approval.View, c *approval.Context) {
			v.Manifest = material(t, "purpose: ", "purpose: Please ")
		}, "", ""},
		"claim lost":         {func(v *approval.View, c *approval.Context) { answer(v, breach).Claims = nil }, approval.Widening, "answer"},
		"claim denied":       {func(v *approval.View, c *approval.Context) { answer(v, breach).Claims[0].Holds = false }, approval.Widening, "answer"},
		"fewer points":       {func(v *approval.View, c *approval.Context) { answer(v, team).Points = 0.4 }, approval.Widening, "answer"},
		"more points":        {func(v *approval.View, c *approval.Context) { answer(v, team).Points = 0.6 }, approval.Narrowing, "answer"},
		"another value":      {func(v *approval.View, c *approval.Context) { answer(v, team).Value = json.RawMessage(`"2"`) }, approval.Widening, "answer"},
		"not applicable now": {func(v *approval.View, c *approval.Context) { answer(v, team).Value, answer(v, team).NA = nil, true }, approval.Widening, "answer"},
		"more points, one less claim": {func(v *approval.View, c *approval.Context) {
			answer(v, breach).Points, answer(v, breach).Claims = 2, nil
		}, approval.Widening, "answer"},
		"answer gone": {func(v *approval.View, c *approval.Context) { v.Answers = v.Answers[:2] }, approval.Widening, "answer"},
		"prose gone": {func(v *approval.View, c *approval.Context) {
			v.Answers = slices.DeleteFunc(v.Answers, func(a approval.Answered) bool { return a.Question == story })
		}, approval.Neutral, "answer"},
		"new answer that claims": {func(v *approval.View, c *approval.Context) {
			v.Answers = append(v.Answers, approval.Answered{Question: "x", Claims: []approval.Claim{{Control: "tls-version", Holds: true}}})
		}, approval.Narrowing, "answer"},
		"new answer that denies": {func(v *approval.View, c *approval.Context) {
			v.Answers = append(v.Answers, approval.Answered{Question: "x", Points: 1, Claims: []approval.Claim{{Control: "tls-version"}}})
		}, approval.Widening, "answer"},
		"new answer that claims nothing": {func(v *approval.View, c *approval.Context) {
			v.Answers = append(v.Answers, approval.Answered{Question: "x", Value: json.RawMessage(`1`)})
		}, approval.Neutral, "answer"},
		"evidence gone": {func(v *approval.View, c *approval.Context) { v.Evidence = nil }, approval.Widening, "evidence"},
		"evidence past": {func(v *approval.View, c *approval.Context) {
			c.AsOf = now.AddDate(0, 10, 0)
			c.Months = 0
			v.Exceptions[0].Until = "2029-01-01"
		}, approval.Widening, "evidence"},
		"evidence shorter": {func(v *approval.View, c *approval.Context) { v.Evidence[0].Until = "2027-12-30" }, approval.Widening, "evidence"},
		"evidence longer":  {func(v *approval.View, c *approval.Context) { v.Evidence[0].Until = "" }, approval.Narrowing, "evidence"},
		"evidence weaker":  {func(v *approval.View, c *approval.Context) { v.Evidence[0].Known = drawbridge.KnownClaim }, approval.Widening, "evidence"},
		"evidence better":  {func(v *approval.View, c *approval.Context) { v.Evidence[0].Known = drawbridge.KnownAudit }, approval.Narrowing, "evidence"},
		"evidence besides": {func(v *approval.View, c *approval.Context) {
			v.Evidence = append(v.Evidence, approval.Evidence{Kind: "evidence:soc2", Scope: "payments", Until: "2027-04-01", Known: drawbridge.KnownDocument})
		}, "", ""},
		"regressed":     {func(v *approval.View, c *approval.Context) { check(v, "TLS-01").Verdict = drawbridge.Fail }, approval.Regressed, "check"},
		"skipped keeps": {func(v *approval.View, c *approval.Context) { check(v, "TLS-01").Verdict = drawbridge.Skipped }, "", ""},
		"missing keeps": {func(v *approval.View, c *approval.Context) { v.Checks = v.Checks[1:] }, "", ""},
		"aged":          {func(v *approval.View, c *approval.Context) { c.LastPass["TLS-01@charges"] = now.AddDate(-1, 0, 0) }, approval.Aged, "check"},
		"aged by a skip": {func(v *approval.View, c *approval.Context) {
			check(v, "TLS-01").Verdict = drawbridge.Inconclusive
			c.LastPass = nil
		}, approval.Aged, "check"},
		"new fail": {func(v *approval.View, c *approval.Context) { check(v, "TLS-02").Verdict = drawbridge.Fail }, approval.Regressed, "check"},
		"new pass": {func(v *approval.View, c *approval.Context) { check(v, "TLS-02").Verdict = drawbridge.Pass }, approval.Narrowing, "check"},
		"pack": {func(v *approval.View, c *approval.Context) {
			v.Packs[0].Version, v.Packs[0].Digest = "1.1.0", "sha256:b"
		}, approval.Neutral, "pack"},
		"exception ended": {func(v *approval.View, c *approval.Context) { v.Exceptions = nil }, approval.Widening, "exception"},
		"exception not needed": {func(v *approval.View, c *approval.Context) {
			v.Exceptions, c.Stands = nil, func(string) bool { return false }
		}, approval.Narrowing, "exception"},
		"exception renewed": {func(v *approval.View, c *approval.Context) { v.Exceptions[0].Until = "2027-09-01" }, approval.Neutral, "exception"},
		"condition met":     {func(v *approval.View, c *approval.Context) { v.Conditions[0].State = "met" }, approval.Narrowing, "condition"},
		"condition dropped": {func(v *approval.View, c *approval.Context) { v.Conditions[0].State = "dropped" }, approval.Widening, "condition"},
		"condition later":   {func(v *approval.View, c *approval.Context) { v.Conditions[0].Due = "2027-05-01" }, approval.Widening, "condition"},
		"condition after":   {func(v *approval.View, c *approval.Context) { v.Conditions[0].Before = false }, approval.Widening, "condition"},
		"condition added": {func(v *approval.View, c *approval.Context) {
			v.Conditions = append(v.Conditions, approval.Term{ID: "cnd_2", State: "open"})
		}, approval.Narrowing, "condition"},
		"tier up":   {func(v *approval.View, c *approval.Context) { v.Tier = drawbridge.TierCritical }, approval.Widening, "tier"},
		"tier down": {func(v *approval.View, c *approval.Context) { v.Tier = drawbridge.TierLow }, approval.Narrowing, "tier"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			signed := view(t)
			present, c := clone(t, signed), fresh()
			tt.change(&present, &c)
			got, err := approval.Compare(signed, present, c)
			if err != nil {
				t.Fatal(err)
			}
			if tt.kind == "" {
				if len(got) != 0 {
					t.Fatalf("differences %+v, want none", got)
				}
				return
			}
			if len(got) == 0 || got[0].Kind != tt.kind || got[0].Part != tt.part || got[0].Text == "" {
				t.Fatalf("differences %+v, want %s of a %s first", got, tt.kind, tt.part)
			}
			if approval.Stale(got) != tt.kind.Stale() {
				t.Errorf("stale %v for %+v", approval.Stale(got), got)
			}
		})
	}
}

func TestTierUnderOtherPacks(t *testing.T) {
	t.Parallel()
	signed := view(t)
	present := clone(t, signed)
	present.Packs[0].Digest, present.Tier = "sha256:b", drawbridge.TierCritical
	got, err := approval.Compare(signed, present, fresh())
	if err != nil || len(got) != 2 || approval.Stale(got) {
		t.Errorf("differences %+v, %v, want two that void nothing", got, err)
	}
}

func draw[T any](t *rapid.T, name string, all ...T) T { return rapid.SampledFrom(all).Draw(t, name) }

// aView draws one from a small world, so that two of them overlap.
func aView(manifests ...json.RawMessage) *rapid.Generator[approval.View] {
	return rapid.Custom(func(t *rapid.T) approval.View {
		v := approval.View{Manifest: draw(t, "manifest", manifests...), Tier: draw(t, "tier", drawbridge.Tiers()...)}
		for _, q := range []string{"a", "b"} {
			if rapid.Bool().Draw(t, q) {
				a := approval.Answered{Question: q, Points: draw(t, "points", 0.0, 0.5, 1), NA: rapid.Bool().Draw(t, "na"), Prose: rapid.Bool().Draw(t, "prose")}
				for _, control := range []string{"x", "y"} {
					if rapid.Bool().Draw(t, control) {
						a.Claims = append(a.Claims, approval.Claim{Control: control, Holds: rapid.Bool().Draw(t, "holds")})
					}
				}
				v.Answers = append(v.Answers, a)
			}
		}
		for _, kind := range []string{"evidence:soc2", "evidence:pentest"} {
			if rapid.Bool().Draw(t, kind) {
				v.Evidence = append(v.Evidence, approval.Evidence{
					Kind: kind, Until: draw[drawbridge.Date](t, "until", "", "2027-06-01", "2028-06-01"), Known: draw(t, "known", drawbridge.KnownDocument, drawbridge.KnownAudit),
				})
			}
		}
		for _, id := range []string{"TLS-01", "TLS-02"} {
			if rapid.Bool().Draw(t, id) {
				v.Checks = append(v.Checks, approval.Check{Check: id, Verdict: draw(t, "verdict", drawbridge.Pass, drawbridge.Fail, drawbridge.Inconclusive, drawbridge.Skipped)})
			}
		}
		if rapid.Bool().Draw(t, "exception") {
			v.Exceptions = []approval.Exception{{Covers: "T017@a", Until: "2028-01-01"}}
		}
		return v
	})
}

// TestCompareProperties: nothing differs from itself; whatever the manifest's
// own table calls a widening makes a decision stale; and where nothing is worse
// on any side, nothing is stale.
func TestCompareProperties(t *testing.T) {
	t.Parallel()
	manifests := []json.RawMessage{material(t), material(t, "hosts: [", "hosts: [evil.example, "), material(t, "purpose: ", "purpose: Please ")}
	recent := approval.Context{AsOf: now, Months: 6, LastPass: map[string]time.Time{"TLS-01": now, "TLS-02": now}}
	rapid.Check(t, func(t *rapid.T) {
		a, b := aView(manifests...).Draw(t, "a"), aView(manifests...).Draw(t, "b")
		if d, err := approval.Compare(a, a, recent); err != nil || len(d) != 0 {
			t.Fatalf("Compare(a, a) = %+v, %v", d, err)
		}
		there, err := approval.Compare(a, b, recent)
		if err != nil {
			t.Fatal(err)
		}
		if widened := strings.Contains(string(b.Manifest), "evil.example") && !strings.Contains(string(a.Manifest), "evil.example"); widened && !approval.Stale(there) {
			t.Fatalf("a widening of the manifest does not make it stale: %+v", there)
		}
		for _, d := range there {
			if d.Text == "" || d.Key == "" {
				t.Fatalf("a difference without words: %+v", d)
			}
		}
		if worse(a, b) != approval.Stale(there) {
			t.Fatalf("worse %v, stale %v: %+v", worse(a, b), approval.Stale(there), there)
		}
	})
}

// worse says what makes b worse than a, written out a second time and dumber.
func worse(a, b approval.View) bool {
	has := func(v approval.View, s string) bool { return strings.Contains(string(v.Manifest), s) }
	if has(b, "evil.example") && !has(a, "evil.example") || slices.Index(drawbridge.Tiers(), b.Tier) > slices.Index(drawbridge.Tiers(), a.Tier) {
		return true
	}
	answers := map[string]approval.Answered{}
	for _, x := range b.Answers {
		answers[x.Question] = x
	}
	value := func(x approval.Answered, control string) int { // 1 holds, 0 nothing said, -1 denied
		for _, c := range x.Claims {
			if c.Control == control && c.Holds {
				return 1
			}
			if c.Control == control {
				return -1
			}
		}
		return 0
	}
	for _, x := range a.Answers {
		y, ok := answers[x.Question]
		delete(answers, x.Question)
		if !ok && !x.Prose {
			return true
		}
		if !ok {
			continue
		}
		better := y.Points > x.Points
		for _, c := range []string{"x", "y"} {
			if value(y, c) < value(x, c) {
				return true
			}
			better = better || value(y, c) > max(value(x, c), 0)
		}
		if y.Points < x.Points || !better && (x.NA != y.NA || x.Prose != y.Prose) {
			return true
		}
	}
	for _, y := range answers {
		if value(y, "x") < 0 || value(y, "y") < 0 {
			return true
		}
	}
	for _, x := range a.Evidence {
		i := slices.IndexFunc(b.Evidence, func(y approval.Evidence) bool { return y.Kind == x.Kind })
		if i < 0 || x.Known == drawbridge.KnownAudit && b.Evidence[i].Known != x.Known || b.Evidence[i].Until != "" && (x.Until == "" || b.Evidence[i].Until < x.Until) {
			return true
		}
	}
	for _, y := range b.Checks {
		failed := slices.ContainsFunc(a.Checks, func(x approval.Check) bool { return x.Check == y.Check && x.Verdict == drawbridge.Fail })
		if y.Verdict == drawbridge.Fail && !failed {
			return true
		}
	}
	return len(a.Exceptions) > len(b.Exceptions)
}
