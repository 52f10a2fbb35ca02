package policy_test

import (
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"drawbridge"
	"drawbridge/internal/policy"
)

// ownPack is a pack that extends the built-in one and brings a review.yaml.
func ownPack(t *testing.T, review string) (*policy.Pack, error) {
	t.Helper()
	fsys := fstest.MapFS{"pack.yaml": {Data: []byte("name: own\nkind: policy\nversion: 1.0.0\nextends: builtin\n")}}
	if review != "" {
		fsys["review.yaml"] = &fstest.MapFile{Data: []byte(review)}
	}
	return policy.LoadPack(fsys)
}

func builtinReview(t *testing.T) string {
	t.Helper()
	f, err := policy.BuiltinFS().Open("review.yaml")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	data := make([]byte, 64<<10)
	n, _ := f.Read(data)
	return string(data[:n])
}

func TestProtocol(t *testing.T) {
	t.Parallel()
	builtin, err := policy.BuiltinPack()
	if err != nil {
		t.Fatal(err)
	}
	own, err := ownPack(t, "")
	if err != nil || own.Protocol() == nil || own.Protocol() != builtin.Protocol() {
		t.Fatalf("a pack without review.yaml has %v, %v, want the built-in protocol", own, err)
	}
	p := builtin.Protocol()
	for _, kind := range policy.TriggerKinds() {
		if !slices.ContainsFunc(p.Triggers, func(r policy.TriggerRule) bool {
			return r.Kind == kind && r.Severity == "" && r.Tier == "" || r.Kind == kind && kind == "evidence"
		}) {
			t.Errorf("no row for any trigger of kind %s", kind)
		}
	}
	tests := []struct {
		kind     string
		severity drawbridge.Severity
		tier     drawbridge.Tier
		effect   drawbridge.Effect
		review   bool
	}{
		{"widening", "", drawbridge.TierCritical, drawbridge.Narrow, true},
		{"widening", "", drawbridge.TierLow, drawbridge.Warn, true},
		{"widening", "", "", drawbridge.Narrow, true},
		{"incident", drawbridge.Critical, drawbridge.TierLow, drawbridge.SuspendFlow, true},
		{"incident", drawbridge.High, drawbridge.TierLow, drawbridge.Narrow, true},
		{"incident", drawbridge.Medium, drawbridge.TierLow, drawbridge.Warn, true},
		{"incident", "", drawbridge.TierLow, drawbridge.SuspendFlow, true},
		{"evidence", drawbridge.Medium, drawbridge.TierLow, drawbridge.Warn, false},
		{"evidence", drawbridge.Medium, drawbridge.TierHigh, drawbridge.Warn, true},
		{"nothing", drawbridge.Critical, drawbridge.TierCritical, drawbridge.Note, false},
	}
	for _, tt := range tests {
		if effect, review := p.Effect(tt.kind, tt.severity, tt.tier); effect != tt.effect || review != tt.review {
			t.Errorf("Effect(%s, %s, %s) = %s, %v, want %s, %v", tt.kind, tt.severity, tt.tier, effect, review, tt.effect, tt.review)
		}
	}
	if got := p.Tier(drawbridge.TierCritical).Before(drawbridge.LegalDiscipline); !slices.Equal(got, []drawbridge.Discipline{"security", "privacy"}) {
		t.Errorf("before legal sign %v, want security and privacy", got)
	}
	if !p.Blocks("finding") || p.Blocks("weather") {
		t.Error("threads about findings block and those about nothing known do not")
	}
}

func TestProtocolIsStrict(t *testing.T) {
	t.Parallel()
	good := builtinReview(t)
	if _, err := ownPack(t, good); err != nil {
		t.Fatal(err)
	}
	tests := map[string]struct{ old, new, want string }{
		"unknown key":       {"delegation: 90", "delegations: 90", "review.yaml:15:1"},
		"no days":           {"delegation: 90", "delegation: 0", "delegation is 0"},
		"too many days":     {"objection: 30", "objection: 99999", "objection is 99999"},
		"tiers out of line": {"{tier: critical,", "{tier: high,", "the order is critical"},
		"no quorum":         {"quorum: 1", "quorum: 0", "quorum must be"},
		"no such role":      {"[security, privacy]", "[security, magic]", `"magic"`},
		"a role twice":      {"[product]", "[security]", `"security"`},
		"no such trigger":   {"kind: widening", "kind: weather", `"weather"`},
		"no such effect":    {"effect: narrow", "effect: shrink", `"shrink"`},
		"no such severity":  {"severity: high", "severity: dire", `"dire"`},
		"no such name":      {"!data.personal", "!data.secret", "fast_lane"},
		"no truth":          {`score.tier == "low" && !data.personal && threats.open_critical == 0 && threats.open_high == 0 && results.failed == 0`, "score.inherent", "fast_lane gives"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if !strings.Contains(good, tt.old) {
				t.Fatalf("the file does not hold %q", tt.old)
			}
			_, err := ownPack(t, strings.Replace(good, tt.old, tt.new, 1))
			if drawbridge.KindOf(err) != drawbridge.Invalid || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want %q", err, tt.want)
			}
		})
	}
}
