// Package report tells an assessment: text for a terminal, JSON for machines,
// SARIF and JUnit for CI, Markdown for a pull request, and one HTML file for
// people. The formats are peers behind one small Handler; none of them decides.
//
//	h, err := report.New("markdown", w, report.Options{})
//	err = h.Result(a)
//	err = h.Done()
package report

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"drawbridge"
	"drawbridge/internal/assess"
	"drawbridge/internal/check"
	"drawbridge/internal/policy"
)

// Handler receives assessments one by one and writes them in its format.
type Handler interface {
	Result(a *assess.Assessment) error
	Done() error // ends the document; call it once, after the last result
}

// Options of a report.
type Options struct {
	Colour bool // ANSI colour, for the text format on a terminal
	Width  int  // columns of the terminal; 0 means 100
	Full   bool // text: list everything instead of the most important
	Many   bool // several assessments follow: one document holds them all
}

// Formats lists the formats, the default first.
func Formats() []string { return []string{"text", "json", "sarif", "junit", "markdown", "html"} }

// New returns the handler of a format.
func New(format string, w io.Writer, opt Options) (Handler, error) {
	if opt.Width <= 0 {
		opt.Width = 100
	}
	switch format {
	case "text":
		return &textHandler{w: w, opt: opt}, nil
	case "json":
		return &jsonHandler{w: w, opt: opt}, nil
	case "sarif":
		return &sarifHandler{w: w}, nil
	case "junit":
		return &junitHandler{w: w}, nil
	case "markdown":
		return &markdownHandler{w: w}, nil
	case "html":
		return &htmlHandler{w: w}, nil
	}
	return nil, drawbridge.Errorf(drawbridge.Invalid, "format %q is not known; write one of %s", format, strings.Join(Formats(), ", "))
}

// jsonHandler writes the published document. One assessment stands alone;
// several stand in a list.
type jsonHandler struct {
	w   io.Writer
	opt Options
	all []assess.Assessment
}

func (h *jsonHandler) Result(a *assess.Assessment) error {
	h.all = append(h.all, *a)
	return nil
}

func (h *jsonHandler) Done() error {
	var doc any = assess.Document{SchemaVersion: drawbridge.SchemaVersion, Assessments: h.all}
	if !h.opt.Many && len(h.all) == 1 {
		doc = h.all[0]
	}
	enc := json.NewEncoder(h.w)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(doc)
}

// summary is the part of an assessment that every human format starts with.
type summary struct {
	counts   map[drawbridge.ThreatState]int
	required int // controls required
	held     int // of them fulfilled
	unknown  int // of them unknown
}

func summarise(a *assess.Assessment) summary {
	s := summary{counts: map[drawbridge.ThreatState]int{}}
	for _, t := range a.Threats {
		s.counts[t.State]++
	}
	for _, c := range a.Controls {
		if !c.Required || !c.Applies {
			continue
		}
		s.required++
		switch {
		case c.Value == nil:
			s.unknown++
		case *c.Value >= 1:
			s.held++
		}
	}
	return s
}

// threatsIn returns the threats in any of the states, in the document's order.
func threatsIn(a *assess.Assessment, states ...drawbridge.ThreatState) []int {
	var out []int
	for i, t := range a.Threats {
		if slices.Contains(states, t.State) {
			out = append(out, i)
		}
	}
	return out
}

// verdictWord says the outcome in the words of a sentence.
func verdictWord(o drawbridge.Outcome) string {
	switch o {
	case drawbridge.Go:
		return "Nothing stands in the way"
	case drawbridge.Conditional:
		return "Go, once the conditions are met"
	default:
		return "Not as it stands"
	}
}

func plural(n int, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}

// stepName writes a rubric's name as words: privacy_exposure.volume becomes
// "privacy exposure: volume".
func stepName(s string) string {
	return strings.ReplaceAll(strings.Replace(clean(s), ".", ": ", 1), "_", " ")
}

// failures returns the live checks that failed and that no other finding explains.
func failures(a *assess.Assessment) []check.Result {
	var out []check.Result
	for _, r := range a.Checks {
		if r.Verdict == drawbridge.Fail && r.Root == "" {
			out = append(out, r)
		}
	}
	slices.SortStableFunc(out, func(x, y check.Result) int { return y.Severity.Rank() - x.Severity.Rank() })
	return out
}

// transcript writes a result's evidence as plain text, with the commands that
// send the same requests.
func transcript(r check.Result) string {
	var b strings.Builder
	for _, e := range r.Evidence {
		fmt.Fprintf(&b, "-- %s, as %s\n%s\n%s\n%s\n", e.Name, e.Identity, lines(e.Curl), lines(e.Request), lines(e.Response))
	}
	return b.String()
}

// lines cleans each line of a text and keeps the breaks.
func lines(s string) string {
	parts := strings.Split(s, "\n")
	for i := range parts {
		parts[i] = clean(parts[i])
	}
	return strings.Join(parts, "\n")
}

// lever says what a change does to the residual risk. Where a lift hides it, the
// figure before lifts is told instead, and said to be that.
func lever(l policy.Lever) (points float64, note string) {
	if math.Abs(l.Residual) < 0.05 && math.Abs(l.Unlifted) >= 0.05 {
		return l.Unlifted, " (before lifts)"
	}
	return l.Residual, ""
}
