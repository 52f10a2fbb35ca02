package main

import (
	"bytes"
	"flag"
	"math"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"drawbridge/internal/taxonomy"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func TestWilson(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		k, n      int
		low, high float64
	}{
		"nothing known": {0, 0, 0, 1},
		"none of ten":   {0, 10, 0, 0.2775},
		"all of ten":    {10, 10, 0.7225, 1},
		"eight of ten":  {8, 10, 0.4902, 0.9433},
		"half of many":  {500, 1000, 0.4691, 0.5309},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			low, high := wilson(tc.k, tc.n)
			if math.Abs(low-tc.low) > 5e-5 || math.Abs(high-tc.high) > 5e-5 {
				t.Errorf("wilson(%d, %d) = %.4f, %.4f, want %.4f, %.4f", tc.k, tc.n, low, high, tc.low, tc.high)
			}
		})
	}
}

// ask makes an answer as if the classifier had said guess.
func ask(want, guess, stratum string, also ...string) answer {
	return answer{
		label: label{File: "made.json", Pointer: "/" + want, Label: want, Also: also, Stratum: stratum, Reason: "made up"},
		guess: taxonomy.Guess{Category: guess, Reason: "made up too"},
	}
}

func answers() []answer {
	return []answer{
		ask("contact.email", "contact.email", "uniform"),
		ask("contact.phone", "", "uniform"),
		ask("secret.token", "system.operations", "cluster/token"),                         // too low
		ask("system.operations", "special.religion", "cluster/name"),                      // false special
		ask("system.operations", "finance.transaction", "uniform", "finance.transaction"), // also right
		ask("none", "", "uniform"),
		ask("none", "business.public", "uniform"),
		ask("special.religion", "special.religion", "cluster/name"),
	}
}

func TestMeasure(t *testing.T) {
	t.Parallel()
	r := &report{}
	if err := r.measure(taxonomy.Builtin(), answers()); err != nil {
		t.Fatal(err)
	}
	if len(r.Parts) != 2 || r.Parts[0].Fields != 8 || r.Parts[1].Fields != 5 {
		t.Fatalf("parts = %+v, want 8 fields and 5 uniform ones", r.Parts)
	}
	if r.sound() {
		t.Error("sound() = true, want false: one guess is a false special category")
	}
	all := r.Parts[0]
	rows := map[string]row{"exact": all.Exact}
	for _, x := range append(all.Levels, all.Groups...) {
		rows[x.Name] = x
	}
	tests := map[string]struct {
		got  ratio
		k, n int
	}{
		"coverage":           {all.Coverage, 6, 8},
		"constant":           {all.ConstantHits, 2, 8},
		"too low":            {all.TooLow, 1, 8},
		"exact precision":    {rows["exact"].Precision, 3, 6},
		"exact recall":       {rows["exact"].Recall, 3, 6},
		"level 1 precision":  {rows["level 1 internal"].Precision, 0, 1},
		"level 1 recall":     {rows["level 1 internal"].Recall, 1, 2},
		"level 2 precision":  {rows["level 2 personal"].Precision, 2, 2},
		"level 2 recall":     {rows["level 2 personal"].Recall, 1, 2},
		"level 3 precision":  {rows["level 3 sensitive"].Precision, 0, 0},
		"level 4 precision":  {rows["level 4 restricted"].Precision, 1, 2},
		"level 4 recall":     {rows["level 4 restricted"].Recall, 1, 2},
		"special precision":  {rows["special category"].Precision, 1, 2},
		"special recall":     {rows["special category"].Recall, 1, 1},
		"secret recall":      {rows["secret"].Recall, 0, 1},
		"not personal found": {rows["not personal"].Recall, 1, 2},
	}
	for name, tc := range tests {
		if tc.got.K != tc.k || tc.got.N != tc.n {
			t.Errorf("%s = %d/%d, want %d/%d", name, tc.got.K, tc.got.N, tc.k, tc.n)
		}
	}
	if all.Constant != "system.operations" {
		t.Errorf("constant guess = %s, want system.operations", all.Constant)
	}
	if all.FalseSpecial != 1 {
		t.Errorf("false special = %d, want 1", all.FalseSpecial)
	}
}

func TestMeasureUnknownCategory(t *testing.T) {
	t.Parallel()
	if err := new(report).measure(taxonomy.Builtin(), []answer{ask("contact.pigeon", "", "uniform")}); err == nil {
		t.Error("measure took a label that is not in the taxonomy")
	}
}

func TestPrintText(t *testing.T) {
	t.Parallel()
	r := &report{Half: "look", Labelled: 11, Absent: []shortfall{{"gone.json", 2}}, Moved: []shortfall{{"made.json", 1}}}
	if err := r.measure(taxonomy.Builtin(), answers()); err != nil {
		t.Fatal(err)
	}
	var got bytes.Buffer
	if err := printText(&got, r); err != nil {
		t.Fatal(err)
	}
	const golden = "testdata/report.txt"
	if *update {
		if err := os.WriteFile(golden, got.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got.String()); diff != "" {
		t.Errorf("printText (-want +got):\n%s", diff)
	}
}
