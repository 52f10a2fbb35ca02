package spec_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"drawbridge"
	"drawbridge/internal/manifest"
	"drawbridge/internal/spec"
	"drawbridge/internal/taxonomy"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// names guesses by three words only, so that the golden files do not follow the taxonomy.
type names struct{}

func (names) Classify(f taxonomy.Field) taxonomy.Guess {
	for word, g := range map[string]taxonomy.Guess{
		"email":  {Category: "contact.email", Level: drawbridge.LevelPersonal, Confidence: 0.9},
		"iban":   {Category: "finance.bank.account", Level: drawbridge.LevelRestricted, Confidence: 0.95},
		"number": {Category: "finance.card.pan", Level: drawbridge.LevelRestricted, Confidence: 0.456},
	} {
		if strings.EqualFold(f.Name, word) {
			g.Reason = "name `" + word + "` below " + strings.Join(f.Parents, ".")
			return g
		}
	}
	return taxonomy.Guess{Level: drawbridge.LevelUnknown}
}

func draft(t *testing.T, api *spec.API, patterns ...string) *spec.Draft {
	t.Helper()
	ids, err := api.Select(patterns)
	if err != nil {
		t.Fatal(err)
	}
	d, err := spec.NewDraft(api, ids, spec.DraftOptions{ID: "it", SpecFile: "./spec.yaml", Classify: names{}})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// TestDrafts reads one small description for each oddity seen in real ones.
func TestDrafts(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/*/*.*")
	if err != nil || len(files) < 12 {
		t.Fatalf("testdata holds %d descriptions: %v", len(files), err)
	}
	for _, file := range files {
		if strings.HasSuffix(file, ".golden") || strings.Contains(file, "fuzz") {
			continue
		}
		t.Run(filepath.Base(filepath.Dir(file)), func(t *testing.T) {
			t.Parallel()
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			api, err := spec.Read(file, data, spec.Options{Dir: filepath.Dir(file)})
			if err != nil {
				t.Fatal(err)
			}
			golden(t, filepath.Join(filepath.Dir(file), "draft.golden"), shown(t, api, draft(t, api)))
		})
	}
}

// shown is a draft as a person gets to see it: the file, then what is told.
func shown(t *testing.T, api *spec.API, d *spec.Draft) string {
	t.Helper()
	out, err := manifest.Encode(d.Integration)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := manifest.Parse("integration.yaml", out); err != nil {
		t.Errorf("the draft is not a valid manifest:\n%v", err)
	}
	var b strings.Builder
	b.WriteString("# " + api.Format + "\n")
	b.Write(out)
	for _, f := range api.Files {
		b.WriteString("# file: " + f.Name + "\n")
	}
	for _, n := range d.Notes {
		b.WriteString("# note: " + n + "\n")
	}
	for _, w := range api.Warnings {
		b.WriteString("# warning: " + w.String() + "\n")
	}
	if api.Secret != "" {
		b.WriteString("# secret: " + api.Secret + "\n")
	}
	return b.String()
}

func golden(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s differs (-want +got), run with -update and read it:\n%s", file, diff)
	}
}

// TestRecordingKeepsNoValue holds a draft of a recording to its promise.
func TestRecordingKeepsNoValue(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile("testdata/har/recording.har")
	if err != nil {
		t.Fatal(err)
	}
	api, err := spec.Read("recording.har", data, spec.Options{})
	if err != nil {
		t.Fatal(err)
	}
	got := shown(t, api, draft(t, api))
	for _, value := range []string{"4111", "Jane", "jane", "John", "verysecret", "DE02", "8f3a9b2c1d"} {
		if strings.Contains(got, value) {
			t.Errorf("the draft holds the recorded value %q", value)
		}
	}
}

func TestSelect(t *testing.T) {
	t.Parallel()
	api := &spec.API{Operations: []spec.Operation{
		{ID: "pay", Tag: "Payments", Method: "POST", Path: "/pay"}, {ID: "payout", Tag: "Payouts"}, {ID: "list", Tag: "Payments"},
	}, Webhooks: []spec.Operation{{ID: "paid", Tag: "Events"}}}
	for name, tc := range map[string]struct {
		patterns []string
		want     string
		err      string
	}{
		"all":            {nil, "pay payout list paid", ""},
		"ids":            {[]string{"list", "pay"}, "pay list", ""},
		"pattern":        {[]string{"pay*"}, "pay payout", ""},
		"tag":            {[]string{"tag:payments"}, "pay list", ""},
		"tag pattern":    {[]string{"tag:Pay*"}, "pay payout list", ""},
		"method":         {[]string{"post /pay"}, "pay", ""},
		"webhook":        {[]string{"paid"}, "paid", ""},
		"near":           {[]string{"payou"}, "", "did you mean payout?"},
		"tag missing":    {[]string{"tag:x"}, "", "its tags are Payments, Payouts, Events"},
		"far":            {[]string{"zzz"}, "", "written like pay"},
		"broken pattern": {[]string{"[pay"}, "", "matches nothing"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := api.Select(tc.patterns)
			if tc.err != "" {
				if err == nil || !strings.Contains(err.Error(), tc.err) {
					t.Errorf("Select = %v, want an error with %q", err, tc.err)
				}
				return
			}
			if strings.Join(got, " ") != tc.want {
				t.Errorf("Select = %v, want %s", got, tc.want)
			}
		})
	}
}

// TestLimitKeepsPersonalData draws a flow with more fields than are listed.
func TestLimitKeepsPersonalData(t *testing.T) {
	t.Parallel()
	var fields []spec.Field
	for i := range 700 {
		path := drawbridge.FieldPath("/a/b/c").Child("f" + string(rune('a'+i%26)) + strings.Repeat("x", i/26))
		if i%100 == 99 {
			path = path.Child("email")
		}
		fields = append(fields, spec.Field{At: drawbridge.AtResponse, Path: path, Schema: &spec.Schema{}})
	}
	api := &spec.API{Operations: []spec.Operation{{ID: "all", Method: "GET", Path: "/all", Fields: fields}}}
	for i := range 30 {
		api.Operations = append(api.Operations, spec.Operation{ID: "op" + strings.Repeat("x", i), Method: "GET", Path: "/other"})
	}
	if n := len(draft(t, api, "all").Integration.Flows[0].Data); n != 700 {
		t.Errorf("of a chosen operation %d of 700 fields are listed", n)
	}
	d := draft(t, api)
	emails := 0
	for _, e := range d.Integration.Flows[0].Data {
		if e.Category == "contact.email" {
			emails++
		}
	}
	if n := len(d.Integration.Flows[0].Data); n >= 700 || emails != 7 {
		t.Errorf("%d elements are listed, %d of 7 emails", n, emails)
	}
	if notes := strings.Join(d.Notes, "\n"); !strings.Contains(notes, "450 fields are left out") || !strings.Contains(notes, "all personal data is listed") {
		t.Errorf("notes = %s", notes)
	}
}
