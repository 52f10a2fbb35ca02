package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"strings"
)

func printJSON(w io.Writer, r *report) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(r)
}

// printText writes the report as tables.
func printText(w io.Writer, r *report) error {
	var b strings.Builder
	for _, s := range r.Absent {
		fmt.Fprintf(&b, "absent: %s; labelled fields not measured: %d\n", s.File, s.Fields)
	}
	for _, s := range r.Moved {
		fmt.Fprintf(&b, "moved: %s; labelled fields not where their labels point: %d; is the file another version?\n", s.File, s.Fields)
	}
	if r.Measured == 0 {
		b.WriteString("\nNOTHING WAS MEASURED: none of the labelled fields could be found.\n" +
			"The specifications are not part of this repository. Give the folder that holds them: make eval-categories SPECS=DIR\n")
		_, err := io.WriteString(w, b.String())
		return err
	}
	accepted := "defensible categories count as right"
	if r.Strict {
		accepted = "the label alone counts as right"
	}
	fmt.Fprintf(&b, "half: %s, %d of %d labelled fields measured; %s; intervals 95%% (Wilson)\n", r.Half, r.Measured, r.Labelled, accepted)
	for _, p := range r.Parts {
		printPart(&b, p)
	}
	for i, e := range r.Errors {
		if i == 0 {
			fmt.Fprintf(&b, "\n%d disagreements\n", len(r.Errors))
		}
		fmt.Fprintf(&b, "  %s %s\n    label %s: %s\n    guess %s: %s\n", e.File, e.Pointer, e.Label, e.Why, cmp.Or(e.Guess, "none"), e.Because)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func printPart(b *strings.Builder, p part) {
	fmt.Fprintf(b, "\n%s: %d\n", p.Name, p.Fields)
	fmt.Fprintf(b, "  %-21s %s\n", "with a guess", p.Coverage)
	fmt.Fprintf(b, "  %-21s %s\n", "level too low", p.TooLow)
	fmt.Fprintf(b, "  %-21s %7d (must be 0)\n", "false special", p.FalseSpecial)
	fmt.Fprintf(b, "  %-21s %s %s\n", "best constant guess", p.ConstantHits, p.Constant)
	fmt.Fprintf(b, "\n  %-21s %-30s %s\n", "", "precision", "recall")
	rows := append(append([]row{p.Exact}, p.Levels...), p.Groups...)
	for _, r := range rows {
		fmt.Fprintf(b, "  %-21s %-30s %s\n", r.Name, r.Precision, r.Recall)
	}
}

// String writes the ratio like "12/15  80.0% [54.8-93.0]"; with no trial "-".
func (r ratio) String() string {
	if r.N == 0 {
		return "-"
	}
	return fmt.Sprintf("%7s %5.1f%% [%.1f-%.1f]", fmt.Sprintf("%d/%d", r.K, r.N), 100*float64(r.K)/float64(r.N), 100*r.Low, 100*r.High)
}
