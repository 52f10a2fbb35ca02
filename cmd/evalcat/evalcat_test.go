package main

import (
	"bytes"
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"drawbridge/internal/taxonomy"
)

func TestRun(t *testing.T) {
	t.Parallel()
	const labels = "--labels=testdata/labels"
	tests := map[string]struct {
		args   []string
		code   int
		stdout string
		stderr string
	}{
		"no folder":         {[]string{labels}, 0, "NOTHING WAS MEASURED", ""},
		"folder not there":  {[]string{labels, "--specs", "testdata/nowhere"}, 0, "NOTHING WAS MEASURED", ""},
		"one file absent":   {[]string{labels, "--specs", "testdata/specs"}, 0, "absent: absent.json; labelled fields not measured: 1", ""},
		"one pointer moved": {[]string{labels, "--specs", "testdata/specs"}, 0, "moved: tiny.json; labelled fields not where their labels point: 1", ""},
		"what was measured": {[]string{labels, "--specs", "testdata/specs"}, 0, "half: judge, 2 of 4 labelled fields measured", ""},
		"strict":            {[]string{labels, "--specs", "testdata/specs", "--strict"}, 0, "the label alone counts", ""},
		"both halves":       {[]string{labels, "--specs", "testdata/specs", "--half", "both"}, 0, "half: both, 4 of 8", ""},
		"unknown half":      {[]string{"--half", "third"}, 2, "", "write look, judge or both"},
		"unknown format":    {[]string{"--format", "xml"}, 2, "", "write text or json"},
		"errors on judge":   {[]string{"--errors"}, 2, "", "add --half look"},
		"stray argument":    {[]string{"specs"}, 2, "", "one argument too many"},
		"no labels":         {[]string{"--labels", "testdata/nowhere"}, 1, "", "open the folder"},
		"sample of nothing": {[]string{"sample"}, 1, "", "add --specs DIR"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var stdout, stderr bytes.Buffer
			if code := run(tc.args, &stdout, &stderr); code != tc.code {
				t.Errorf("run(%v) = %d, want %d", tc.args, code, tc.code)
			}
			if !strings.Contains(stdout.String(), tc.stdout) || !strings.Contains(stderr.String(), tc.stderr) {
				t.Errorf("run(%v) printed\n%s%s\nwant %q and %q", tc.args, &stdout, &stderr, tc.stdout, tc.stderr)
			}
		})
	}
}

func TestRunJSON(t *testing.T) {
	t.Parallel()
	var stdout, stderr bytes.Buffer
	run([]string{"--labels=testdata/labels", "--specs=testdata/specs", "--format=json"}, &stdout, &stderr)
	var got report
	if err := json.Unmarshal(stdout.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	if got.Measured != 2 || len(got.Parts) != 2 || got.Errors != nil {
		t.Errorf("report = %+v, want 2 measured fields, 2 parts and no list of errors", got)
	}
}

func TestDraw(t *testing.T) {
	t.Parallel()
	var all []location
	for _, file := range []string{"a.json", "b.json"} {
		for i := range 2000 {
			letters := string([]rune{rune('a' + i%26), rune('a' + i/26%26), rune('a' + i/676)})
			names := []string{"email", "iban", "x" + letters, "userName"}
			all = append(all, location{File: file, Pointer: "/" + letters, Name: names[i%4], Parents: []string{letters}})
		}
	}
	got := draw(all)
	if diff := cmp.Diff(got, draw(all), cmp.AllowUnexported(drawn{})); diff != "" {
		t.Errorf("draw differs on the second run:\n%s", diff)
	}
	halves, files, seen := map[string]int{}, map[string]int{}, map[string]bool{}
	names := map[string]int{}
	for _, d := range got {
		if seen[d.File+d.Pointer] {
			t.Errorf("%s %s was drawn twice", d.File, d.Pointer)
		}
		seen[d.File+d.Pointer] = true
		halves[d.Half]++
		if d.Stratum == "uniform" {
			files[d.File]++
		} else if names[d.Name]++; names[d.Name] > perName {
			t.Errorf("%s was drawn more than %d times from the clusters", d.Name, perName)
		}
	}
	if files["a.json"] != uniformSize/2 || files["b.json"] != uniformSize/2 {
		t.Errorf("uniform part by file = %v, want %d each", files, uniformSize/2)
	}
	if d := halves["look"] - halves["judge"]; d < -1 || d > 1 {
		t.Errorf("halves = %v, want equal ones", halves)
	}
}

func TestWords(t *testing.T) {
	t.Parallel()
	tests := map[string][]string{
		"shopperEmail": {"shopper", "email"}, "shopperIP": {"shopper", "ip"}, "acquirerMerchantID": {"acquirer", "merchant", "id"},
		"IPAddress": {"ip", "address"}, "user_id": {"user", "id"}, "DateCreated>": {"date", "created"}, "card.last4": {"card", "last4"}, "": nil,
	}
	for name, want := range tests {
		if diff := cmp.Diff(want, words(name)); diff != "" {
			t.Errorf("words(%q) (-want +got):\n%s", name, diff)
		}
	}
}

// TestLabels holds the committed labels to the taxonomy: known categories, the
// level that the taxonomy gives them, a reason, and no field in both halves.
func TestLabels(t *testing.T) {
	t.Parallel()
	tax := taxonomy.Builtin()
	labels, err := readLabels(filepath.FromSlash("../../internal/taxonomy/testdata/eval"), "both")
	if err != nil {
		t.Fatal(err)
	}
	if len(labels) < 400 {
		t.Errorf("%d fields are labelled, want at least 400", len(labels))
	}
	seen := map[string]bool{}
	for _, l := range labels {
		if seen[l.File+l.Pointer] {
			t.Errorf("%s %s is labelled twice", l.File, l.Pointer)
		}
		seen[l.File+l.Pointer] = true
		if l.Reason == "" || l.Name == "" || l.Stratum == "" || l.At == "" {
			t.Errorf("%s %s: the label is not complete", l.File, l.Pointer)
		}
		if l.Label != noCategory {
			if _, ok := tax.Category(l.Label); !ok || level(tax, l.Label) != l.Level {
				t.Errorf("%s %s: %s has level %d in the taxonomy, %d in the label", l.File, l.Pointer, l.Label, level(tax, l.Label), l.Level)
			}
		}
		for _, id := range l.Also {
			if _, ok := tax.Category(id); !ok || id == l.Label {
				t.Errorf("%s %s: also %q is unknown or the label itself", l.File, l.Pointer, id)
			}
		}
	}
}
