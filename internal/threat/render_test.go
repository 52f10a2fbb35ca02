package threat_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"drawbridge"
	"drawbridge/internal/threat"
)

var update = flag.Bool("update", false, "rewrite golden and generated files")

func TestGolden(t *testing.T) {
	t.Parallel()
	r := evaluate(t, example, threat.Options{})
	var text, markdown bytes.Buffer
	if err := r.Text(&text, threat.TextOptions{Title: "Threats to acme-payments"}); err != nil {
		t.Fatal(err)
	}
	if err := r.Markdown(&markdown, "Threats to acme-payments"); err != nil {
		t.Fatal(err)
	}
	asJSON, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	for name, got := range map[string][]byte{"example.txt": text.Bytes(), "example.md": markdown.Bytes(), "example.json": append(asJSON, '\n')} {
		golden(t, name, got)
	}
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.MkdirAll("testdata", 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, got, 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s (-want +got):\n%s", name, diff)
	}
}

// TestSARIF holds the log to what SARIF 2.1.0 asks of the parts that we write.
func TestSARIF(t *testing.T) {
	t.Parallel()
	r := evaluate(t, example, threat.Options{All: true})
	log := threat.SARIF(r.Threats, threat.SARIFSource{
		Integration: "acme-payments", Version: "1.2.3",
		Place: func(string) (string, int, int) { return "acme payments/integration.yaml", 7, 3 },
	})
	levels := map[string]string{}
	run := log.Runs[0]
	for _, x := range run.Results {
		if run.Tool.Driver.Rules[x.RuleIndex].ID != x.RuleID {
			t.Errorf("%s points at the rule %s", x.RuleID, run.Tool.Driver.Rules[x.RuleIndex].ID)
		}
		where := x.Locations[0].Physical
		if where.Artifact.URI != "acme%20payments/integration.yaml" || where.Region.StartLine != 7 {
			t.Errorf("%s lies at %+v", x.RuleID, where)
		}
		id, _ := x.Properties["threat"].(string)
		levels[id] = x.Level
		if (len(x.Suppressions) > 0) != (x.Properties["state"] == drawbridge.ThreatAccepted) {
			t.Errorf("%s: suppressions %v in state %v", id, x.Suppressions, x.Properties["state"])
		}
		if !strings.HasPrefix(x.Fingerprints["drawbridge/f1"], "f1-") {
			t.Errorf("%s has the fingerprints %v", id, x.Fingerprints)
		}
	}
	for id, want := range map[string]string{"T005@events": "error", "T001@charges": "error", "T038@charges": "note", "T002@charges": "", "T043@integration": ""} {
		if levels[id] != want {
			t.Errorf("%s has level %q, want %q", id, levels[id], want)
		}
	}
	changed := find(t, r, "T005@events")
	before := threat.Fingerprint("acme-payments", &changed)
	changed.Title, changed.Version, changed.Severity = "other words", 7, drawbridge.Low
	if threat.Fingerprint("acme-payments", &changed) != before {
		t.Error("wording or severity changes the fingerprint")
	}
	if changed.Element = "other"; threat.Fingerprint("acme-payments", &changed) == before {
		t.Error("another element has the same fingerprint")
	}
}

// TestTerminalStaysOurs holds hostile text off the terminal and out of Markdown.
func TestTerminalStaysOurs(t *testing.T) {
	t.Parallel()
	r := &threat.Result{
		Threats: []threat.Threat{{
			ID: "T1@a", Title: "x\x1b[2J\u202eevil | <script> @team", State: drawbridge.ThreatOpen, Severity: drawbridge.High,
			Arithmetic: []threat.Term{{Name: "base", Input: "high", Value: 3}},
		}},
		Counts: map[drawbridge.ThreatState]int{drawbridge.ThreatOpen: 1},
	}
	var text, markdown strings.Builder
	if err := r.Text(&text, threat.TextOptions{Title: "t\x07itle"}); err != nil {
		t.Fatal(err)
	}
	if err := r.Markdown(&markdown, "t"); err != nil {
		t.Fatal(err)
	}
	if strings.ContainsAny(text.String(), "\x1b\x07\u202e") {
		t.Errorf("control characters reach the terminal: %q", text.String())
	}
	if strings.Contains(markdown.String(), "<script>") || strings.Contains(markdown.String(), "evil | ") || strings.Contains(markdown.String(), " @team") {
		t.Errorf("the table can be broken: %q", markdown.String())
	}
}
