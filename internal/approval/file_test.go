package approval_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"drawbridge"
	"drawbridge/internal/approval"
	"drawbridge/internal/manifest"
	"drawbridge/internal/seal"
)

var update = flag.Bool("update", false, "rewrite golden files")

// example loads the example of an HTTP API, with replacements in its file.
func example(t testing.TB, changes ...string) *manifest.Bundle {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS("../../examples/acme-payments")); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "integration.yaml")
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i+1 < len(changes); i += 2 {
		if !bytes.Contains(data, []byte(changes[i])) {
			t.Fatalf("the example does not hold %q", changes[i])
		}
		data = bytes.Replace(data, []byte(changes[i]), []byte(changes[i+1]), 1)
	}
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	b, err := manifest.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestViewVector holds the view to committed bytes. When it changes, so does the
// meaning of every stored digest: raise the version.
func TestViewVector(t *testing.T) {
	t.Parallel()
	v := view(t)
	v.Manifest = json.RawMessage(`{"integration":{"id":"a"},"version":"material/v1"}`)
	data, err := v.JSON()
	if err != nil {
		t.Fatal(err)
	}
	got := append(data, '\n')
	const path = "testdata/view.json"
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), string(got)); d != "" {
		t.Errorf("-want +got\n%s", d)
	}
	for i, j := 0, len(v.Checks)-1; i < j; i, j = i+1, j-1 {
		v.Checks[i], v.Checks[j] = v.Checks[j], v.Checks[i]
	}
	if again, err := v.JSON(); err != nil || !bytes.Equal(again, data) {
		t.Errorf("another order gives other bytes: %v", err)
	}
}

func keyring(t testing.TB) *seal.Keyring {
	t.Helper()
	k, err := seal.CreateKeyring(filepath.Join(t.TempDir(), "keys"), "drawbridge.example/test", now)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func anApproval(t testing.TB) *approval.Approval {
	t.Helper()
	b := example(t)
	content, err := manifest.ContentDigest(b)
	if err != nil {
		t.Fatal(err)
	}
	m := material(t)
	return &approval.Approval{
		Version: approval.FileVersion, Integration: b.Integration.ID, Environment: b.Integration.Environment,
		Decision: "dec_1", Review: "rvw_1", Outcome: drawbridge.Approved, Content: content, Material: seal.Digest(m), View: "sha256:v", Manifest: m,
		Tier: drawbridge.TierHigh, Conditions: []approval.Condition{}, Signoffs: []approval.Signoff{{Role: drawbridge.SecurityDiscipline, Person: "per_1", At: now}},
		NotBefore: now, Until: "2028-03-01", Packs: []approval.Pack{},
	}
}

func TestCovers(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		approval func(a *approval.Approval)
		change   []string
		months   int
		want     approval.Status
	}{
		"the very one":       {nil, nil, 0, approval.Approved},
		"prose":              {nil, []string{"purpose: ", "purpose: Please "}, 0, approval.Approved},
		"a widening":         {nil, []string{"hosts: [", "hosts: [evil.example, "}, 0, approval.StaleApproval},
		"another":            {nil, []string{"id: acme-payments", "id: acme-refunds"}, 0, approval.Unknown},
		"another stage":      {nil, []string{"environment: production", "environment: staging"}, 0, approval.Unknown},
		"past its day":       {nil, nil, 13, approval.Expired},
		"on its last day":    {nil, nil, 12, approval.Approved},
		"before its time":    {nil, nil, -1, approval.NotYet},
		"with conditions":    {func(a *approval.Approval) { a.Outcome = drawbridge.ApprovedWithConditions }, nil, 0, approval.ApprovedWithConditions},
		"open ones":          {func(a *approval.Approval) { a.Conditions = []approval.Condition{{ID: "cnd_1", Text: "Rotate"}} }, nil, 0, approval.ApprovedWithConditions},
		"rejected":           {func(a *approval.Approval) { a.Outcome = drawbridge.Rejected }, nil, 0, approval.Rejected},
		"deferred":           {func(a *approval.Approval) { a.Outcome = drawbridge.Deferred }, nil, 0, approval.Deferred},
		"stale and rejected": {func(a *approval.Approval) { a.Outcome = drawbridge.Rejected }, []string{"hosts: [", "hosts: [evil.example, "}, 0, approval.Rejected},
	}
	keys := keyring(t)
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := anApproval(t)
			if tt.approval != nil {
				tt.approval(a)
			}
			file, err := approval.Sign(keys, a)
			if err != nil {
				t.Fatal(err)
			}
			back, err := approval.Open(file, keys.VerifierKeys())
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(a, back); d != "" {
				t.Fatalf("what was signed is not what is read: %s", d)
			}
			got, err := back.Covers(example(t, tt.change...), now.AddDate(0, tt.months, 0))
			if err != nil || got.Status != tt.want || len(got.Reasons) == 0 {
				t.Errorf("Covers = %+v, %v, want %s", got, err, tt.want)
			}
			if tt.want == approval.StaleApproval && !strings.Contains(strings.Join(got.Reasons, "\n"), "hosts[evil.example]") {
				t.Errorf("the reasons do not name the host: %q", got.Reasons)
			}
		})
	}
}

// TestNarrowing: what is approved covers less of the same.
func TestNarrowing(t *testing.T) {
	t.Parallel()
	wide := example(t, "hosts: [", "hosts: [more.example, ")
	a := anApproval(t)
	m, err := manifest.Material(wide)
	if err != nil {
		t.Fatal(err)
	}
	a.Manifest, a.Material = m.JSON, m.Digest()
	if a.Content, err = manifest.ContentDigest(wide); err != nil {
		t.Fatal(err)
	}
	got, err := a.Covers(example(t), now)
	if err != nil || got.Status != approval.Approved || len(got.Differences) != 1 || got.Differences[0].Kind != approval.Narrowing {
		t.Errorf("Covers = %+v, %v, want approved with one narrowing", got, err)
	}
}

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	keys, others := keyring(t), keyring(t)
	good, err := approval.Sign(keys, anApproval(t))
	if err != nil {
		t.Fatal(err)
	}
	var e struct {
		PayloadType string           `json:"payloadType"`
		Payload     string           `json:"payload"`
		Signatures  []map[string]any `json:"signatures"`
	}
	if err := json.Unmarshal(good, &e); err != nil {
		t.Fatal(err)
	}
	payload, err := base64.StdEncoding.DecodeString(e.Payload)
	if err != nil {
		t.Fatal(err)
	}
	signed := func(payloadType string, payload []byte) []byte {
		out, err := keys.SignEnvelope(payloadType, payload)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	edit := func(old, new string) []byte { return bytes.Replace(payload, []byte(old), []byte(new), 1) }
	twice := e
	twice.Signatures = append(twice.Signatures, twice.Signatures[0])
	two, err := json.Marshal(twice)
	if err != nil {
		t.Fatal(err)
	}
	tests := map[string]struct {
		data []byte
		keys []string
	}{
		"no key":                {good, nil},
		"another key":           {good, others.VerifierKeys()},
		"a broken key":          {good, []string{"name+hash"}},
		"nothing":               {nil, keys.VerifierKeys()},
		"changed":               {bytes.Replace(good, []byte(e.Payload[:40]), []byte(strings.Repeat("A", 40)), 1), keys.VerifierKeys()},
		"two signatures":        {two, keys.VerifierKeys()},
		"a key of its own":      {bytes.Replace(good, []byte(`{"payload"`), []byte(`{"key":"x","payload"`), 1), keys.VerifierKeys()},
		"payload twice":         {bytes.Replace(good, []byte(`{"payload"`), []byte(`{"payload":"AA==","payload"`), 1), keys.VerifierKeys()},
		"signatures twice":      {bytes.Replace(good, []byte(`"signatures"`), []byte(`"signatures":[],"signatures"`), 1), keys.VerifierKeys()},
		"other letters":         {bytes.Replace(good, []byte(`"payload"`), []byte(`"Payload"`), 1), keys.VerifierKeys()},
		"loose base64":          {bytes.Replace(good, []byte(e.Payload), []byte(e.Payload[:8]+`\n`+e.Payload[8:]), 1), keys.VerifierKeys()},
		"another type":          {signed("application/json", payload), keys.VerifierKeys()},
		"not canonical inside":  {signed(approval.PayloadType, append([]byte(" "), payload...)), keys.VerifierKeys()},
		"a key twice inside":    {signed(approval.PayloadType, edit(`"tier":`, `"tier":"low","tier":`)), keys.VerifierKeys()},
		"an unknown key inside": {signed(approval.PayloadType, edit(`"view":`, `"vieww":1,"view":`)), keys.VerifierKeys()},
		"another version":       {signed(approval.PayloadType, edit("approval/v1", "approval/v2")), keys.VerifierKeys()},
		"another manifest":      {signed(approval.PayloadType, edit(`"id":"acme-payments"`, `"id":"acme-refunds"`)), keys.VerifierKeys()},
		"for another":           {signed(approval.PayloadType, edit(`"integration":"acme-payments"`, `"integration":"acme-refunds"`)), keys.VerifierKeys()},
		"no outcome":            {signed(approval.PayloadType, edit(`"outcome":"approved"`, `"outcome":"ready"`)), keys.VerifierKeys()},
		"no last day":           {signed(approval.PayloadType, edit(`"until":"2028-03-01"`, `"until":""`)), keys.VerifierKeys()},
		"huge":                  {append(bytes.Clone(good), bytes.Repeat([]byte(" "), approval.MaxFile)...), keys.VerifierKeys()},
		"text after it":         {append(bytes.Clone(good), '{'), keys.VerifierKeys()},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a, err := approval.Open(tt.data, tt.keys)
			if kind := drawbridge.KindOf(err); kind != drawbridge.Invalid && kind != drawbridge.TooLarge {
				t.Errorf("Open = %v, %v, want a refusal that says why", a, err)
			}
		})
	}
}

// FuzzOpen signs what the fuzzer brings, so that it gets past the signature.
func FuzzOpen(f *testing.F) {
	keys := keyring(f)
	a := anApproval(f)
	payload, err := seal.Canonical(a)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(payload)
	bundle := example(f)
	f.Fuzz(func(t *testing.T, payload []byte) {
		if _, err := approval.Open(payload, keys.VerifierKeys()); err == nil {
			t.Fatal("what nobody signed is accepted")
		}
		file, err := keys.SignEnvelope(approval.PayloadType, payload)
		if err != nil {
			t.Fatal(err)
		}
		a, err := approval.Open(file, keys.VerifierKeys())
		if err != nil {
			return
		}
		if _, err := a.Covers(bundle, now); err != nil {
			t.Errorf("an approval that is read answers with %v", err)
		}
	})
}

func FuzzReadView(f *testing.F) {
	data, err := view(f).JSON()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Fuzz(func(t *testing.T, data []byte) {
		v, err := approval.ReadView(data)
		if err != nil {
			return
		}
		if _, err := v.JSON(); err != nil {
			t.Errorf("a view that is read cannot be written: %v", err)
		}
	})
}
