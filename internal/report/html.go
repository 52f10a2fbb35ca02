package report

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"io"
	"slices"
	"strings"

	"drawbridge"
	"drawbridge/internal/assess"
	"drawbridge/internal/check"
	"drawbridge/internal/flow"
	"drawbridge/internal/policy"
	"drawbridge/internal/threat"
)

//go:embed report.html.tmpl report.css
var assets embed.FS

// htmlHandler writes one self-contained file: no network, no script.
type htmlHandler struct {
	w   io.Writer
	all []*assess.Assessment
}

func (h *htmlHandler) Result(a *assess.Assessment) error {
	h.all = append(h.all, a)
	return nil
}

// page is what the template sees of one assessment.
type page struct {
	*assess.Assessment
	Anchor    string
	Verdict   string
	Summary   summaryView
	Drawing   template.HTML
	Waterfall template.HTML
	Groups    []threatGroup
	Required  []policy.Control
	Others    []policy.Control
	Findings  []check.Result // failed checks that no other explains
	Explained []check.Result // failed checks below another finding
	Rest      []check.Result // without a failure
}

type summaryView struct {
	Open, Needs, Mitigated, Accepted, NotEvaluated int
	Required, Held, Unknown                        int
}

type threatGroup struct {
	State drawbridge.ThreatState
	Title string
	Open  bool
	List  []threat.Threat
}

func (h *htmlHandler) Done() error {
	css, err := assets.ReadFile("report.css")
	if err != nil {
		return err
	}
	t, err := template.New("report.html.tmpl").Funcs(funcs()).ParseFS(assets, "report.html.tmpl")
	if err != nil {
		return err
	}
	var pages []page
	for i, a := range h.all {
		p, err := newPage(i, a)
		if err != nil {
			return err
		}
		pages = append(pages, p)
	}
	title := "Drawbridge assessment"
	if len(pages) == 1 {
		title = clean(pages[0].Integration.ID) + ": " + string(pages[0].Gate.Outcome)
	}
	return t.Execute(h.w, struct {
		Title string
		CSS   template.CSS
		Pages []page
	}{title, template.CSS(css), pages}) //nolint:gosec // our own embedded file
}

func newPage(i int, a *assess.Assessment) (page, error) {
	p := page{Assessment: a, Anchor: fmt.Sprintf("a%d", i+1), Verdict: verdictWord(a.Gate.Outcome)}
	p.Waterfall = waterfall(p.Anchor, a.Score)
	s := summarise(a)
	p.Summary = summaryView{
		Open: s.counts[drawbridge.ThreatOpen], Needs: s.counts[drawbridge.ThreatNeedsAnswer], Mitigated: s.counts[drawbridge.ThreatMitigated],
		Accepted: s.counts[drawbridge.ThreatAccepted], NotEvaluated: s.counts[drawbridge.ThreatNotEvaluated],
		Required: s.required, Held: s.held, Unknown: s.unknown,
	}
	if a.Map != nil {
		var svg bytes.Buffer
		if err := a.Map.SVG(&svg); err != nil {
			return page{}, fmt.Errorf("draw map: %w", err)
		}
		// The map's writer escapes all that comes from files.
		p.Drawing = template.HTML(svg.String()) //nolint:gosec // see above
	}
	for _, g := range []threatGroup{
		{drawbridge.ThreatOpen, "Open", true, nil},
		{drawbridge.ThreatAccepted, "Accepted for a time", true, nil},
		{drawbridge.ThreatNeedsAnswer, "Waiting for an answer", false, nil},
		{drawbridge.ThreatMitigated, "Mitigated by a declared safeguard", false, nil},
		{drawbridge.ThreatNotEvaluated, "Not evaluated here", false, nil},
	} {
		for _, i := range threatsIn(a, g.State) {
			g.List = append(g.List, a.Threats[i])
		}
		if len(g.List) > 0 {
			p.Groups = append(p.Groups, g)
		}
	}
	for _, c := range a.Controls {
		switch {
		case c.Required && c.Applies:
			p.Required = append(p.Required, c)
		case c.Applies:
			p.Others = append(p.Others, c)
		}
	}
	p.Findings = failures(a)
	for _, r := range a.Checks {
		switch {
		case r.Verdict != drawbridge.Fail:
			p.Rest = append(p.Rest, r)
		case r.Root != "":
			p.Explained = append(p.Explained, r)
		}
	}
	return p, nil
}

func funcs() template.FuncMap {
	return template.FuncMap{
		"tested": testedWord,
		"clean":  func(v any) string { return clean(fmt.Sprint(v)) },
		"join":   func(s []string) string { return clean(strings.Join(s, ", ")) },
		"num":    func(v float64) string { return fmt.Sprintf("%.1f", v) },
		"signed": func(v float64) string { return fmt.Sprintf("%+.1f", v) },
		"round":  func(v float64) string { return fmt.Sprintf("%.0f", v) },
		"pct":    func(v float64) string { return fmt.Sprintf("%.0f%%", 100*v) },
		"value": func(v *float64) string {
			switch {
			case v == nil:
				return "unknown"
			case *v >= 1:
				return "holds"
			case *v <= 0:
				return "does not hold"
			}
			return fmt.Sprintf("%.0f%%", *v*100)
		},
		"level":    func(l drawbridge.Level) string { return l.String() },
		"day":      func(a *assess.Assessment) string { return a.AsOf.UTC().Format("2 January 2006") },
		"accepted": func(q threat.Question, i int, key string) string { return clean(accepted(q, i, key)) },
		"lines":    lines,
		"step":     stepName,
		"lever": func(l policy.Lever) string {
			points, note := lever(l)
			return fmt.Sprintf("%+.1f%s", points, note)
		},
		"flows": func(m *flow.Map) []flow.Edge {
			return slices.DeleteFunc(slices.Clone(m.Edges), func(e flow.Edge) bool { return e.Kind != flow.EdgeFlow })
		},
		"plural": plural,
		"words":  func(s string) string { return strings.ReplaceAll(clean(s), "_", " ") },
	}
}
