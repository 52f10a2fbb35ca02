package report_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"flag"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/html"

	"drawbridge"
	"drawbridge/internal/assess"
	"drawbridge/internal/policy"
	"drawbridge/internal/report"
	"drawbridge/internal/threat"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func run(t *testing.T, file string) *assess.Assessment {
	t.Helper()
	ws, err := policy.OpenWorkspace(filepath.Dir(file))
	if err != nil {
		t.Fatal(err)
	}
	a, err := assess.Run(t.Context(), ws, file, assess.Options{
		AsOf: time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC), Name: "integration.yaml", Version: "1.0.0",
	})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func write(t *testing.T, format string, opt report.Options, all ...*assess.Assessment) []byte {
	t.Helper()
	var b bytes.Buffer
	h, err := report.New(format, &b, opt)
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range all {
		if err := h.Result(a); err != nil {
			t.Fatal(err)
		}
	}
	if err := h.Done(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// packDigest changes with every edit of a pack, which is not what these tests are about.
var packDigest = regexp.MustCompile("- pack (\\S+) `sha256:[0-9a-f]+`")

const webhook = "../../examples/webhook/integration.yaml"

func TestGolden(t *testing.T) {
	t.Parallel()
	for _, format := range []string{"text", "markdown", "junit", "sarif"} {
		t.Run(format, func(t *testing.T) {
			t.Parallel()
			got := packDigest.ReplaceAll(write(t, format, report.Options{Full: true}, run(t, webhook)), []byte("- pack $1 sha256:..."))
			file := filepath.Join("testdata", "webhook."+format)
			if *update {
				if err := os.WriteFile(file, got, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), string(got)); diff != "" {
				t.Errorf("%s (-want +got), run with -update and read it:\n%s", file, diff)
			}
		})
	}
}

// TestJSON holds one result to standing alone and several to one list.
func TestJSON(t *testing.T) {
	t.Parallel()
	a := run(t, webhook)
	var one assess.Assessment
	if err := json.Unmarshal(write(t, "json", report.Options{}, a), &one); err != nil || one.Integration.ID != a.Integration.ID {
		t.Errorf("one: %q, %v", one.Integration.ID, err)
	}
	var many assess.Document
	if err := json.Unmarshal(write(t, "json", report.Options{Many: true}, a, a), &many); err != nil || len(many.Assessments) != 2 || many.SchemaVersion != drawbridge.SchemaVersion {
		t.Errorf("many: %d assessments, %v", len(many.Assessments), err)
	}
}

// TestSARIFRuleIndexes holds every result of several integrations to pointing at its own rule.
func TestSARIFRuleIndexes(t *testing.T) {
	t.Parallel()
	var log threat.SARIFLog
	if err := json.Unmarshal(write(t, "sarif", report.Options{}, run(t, webhook), run(t, "../../examples/queue/integration.yaml")), &log); err != nil {
		t.Fatal(err)
	}
	if len(log.Runs) != 1 || len(log.Runs[0].Results) == 0 {
		t.Fatalf("%d runs", len(log.Runs))
	}
	rules := log.Runs[0].Tool.Driver.Rules
	for _, r := range log.Runs[0].Results {
		if r.RuleIndex >= len(rules) || rules[r.RuleIndex].ID != r.RuleID {
			t.Errorf("%s has rule index %d", r.RuleID, r.RuleIndex)
		}
		if len(r.Locations) != 1 || r.Locations[0].Physical.Region.StartLine < 1 {
			t.Errorf("%s has no place", r.RuleID)
		}
	}
}

// hostile puts markup, terminal control and forged lines into every text that
// comes from files.
func hostile(t *testing.T) *assess.Assessment {
	t.Helper()
	a := run(t, webhook)
	const bad = "<script>alert(1)</script>\x1b[2J\r\n| forged | row |\u202e"
	a.Integration.Name, a.Integration.Purpose, a.Integration.Partner = bad, bad, bad
	for i := range a.Threats {
		for j := range a.Threats[i].Because {
			a.Threats[i].Because[j].Value = bad
		}
	}
	for i := range a.Gate.Reasons {
		a.Gate.Reasons[i].Refs = []string{bad}
	}
	for i := range a.Score.Contributions {
		a.Score.Contributions[i].Input, a.Score.Contributions[i].Name = bad, bad
	}
	a.Notes = append(a.Notes, bad)
	return a
}

func TestHostileNamesStayText(t *testing.T) {
	t.Parallel()
	a := hostile(t)
	for _, format := range report.Formats() {
		got := string(write(t, format, report.Options{Full: true}, a))
		controls := "\x1b\r\u202e"
		if format == "json" || format == "sarif" {
			controls = "\x1b\r" // for machines: what is text stays as it is, escaped
		}
		if strings.ContainsAny(got, controls) {
			t.Errorf("%s lets control characters through", format)
		}
		switch format {
		case "html", "markdown":
			if strings.Contains(got, "<script>") {
				t.Errorf("%s lets markup through", format)
			}
		case "junit":
			var doc any
			if err := xml.Unmarshal([]byte(got), &doc); err != nil && !errors.Is(err, io.EOF) {
				t.Errorf("junit: %v", err)
			}
		}
	}
}

// TestHTMLStandsAlone holds the report to one file: no script, nothing fetched,
// ids unique, links that lead somewhere.
func TestHTMLStandsAlone(t *testing.T) {
	t.Parallel()
	page := write(t, "html", report.Options{}, run(t, webhook), run(t, "../../examples/acme-payments/integration.yaml"))
	ids, links := map[string]int{}, []string{}
	z := html.NewTokenizer(bytes.NewReader(page))
	for {
		kind := z.Next()
		if kind == html.ErrorToken {
			break
		}
		if kind != html.StartTagToken && kind != html.SelfClosingTagToken {
			continue
		}
		token := z.Token()
		switch token.Data {
		case "script", "link", "img", "iframe", "object", "embed", "form":
			t.Errorf("the page has <%s>", token.Data)
		}
		for _, attr := range token.Attr {
			switch {
			case attr.Key == "id":
				ids[attr.Val]++
			case attr.Key == "href":
				links = append(links, attr.Val)
			case strings.HasPrefix(attr.Key, "on"), attr.Key == "src":
				t.Errorf("<%s %s> in the page", token.Data, attr.Key)
			}
		}
	}
	for id, n := range ids {
		if n > 1 {
			t.Errorf("id %q stands %d times", id, n)
		}
	}
	for _, l := range links {
		if ids[strings.TrimPrefix(l, "#")] == 0 {
			t.Errorf("link %q leads nowhere", l)
		}
	}
	if m := regexp.MustCompile(`url\(|@import|https?://[^"<\s]*`).FindAll(page, -1); len(m) > 0 {
		for _, x := range m {
			if !bytes.HasPrefix(x, []byte("http://www.w3.org/")) {
				t.Errorf("the page refers to %s", x)
			}
		}
	}
	for _, want := range []string{"Why", "Map", "Exposure", "Score", "Threats", "Questions still open", "Controls", "Checks", "Provenance"} {
		if !bytes.Contains(page, []byte(want)) {
			t.Errorf("the page has no %q", want)
		}
	}
}
