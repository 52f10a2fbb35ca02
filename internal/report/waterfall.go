package report

import (
	"fmt"
	"html"
	"html/template"
	"math"
	"strings"

	"drawbridge/internal/policy"
)

// step is one bar of the waterfall.
type step struct {
	kind, name, note string
	from, to         float64 // running figure before and after
	total            bool    // a bar that starts at nought
	unknown          bool
}

// steps turns contributions into bars. Controls that move little are joined, so
// that the drawing stays readable; the table beside it has every row.
func steps(s policy.Score) []step {
	var out []step
	run, rest, inherent := 0.0, 0.0, false
	joined := 0
	closeInherent := func() {
		if !inherent {
			out = append(out, step{kind: "total", name: "Inherent risk", to: s.Inherent, total: true})
			run, inherent = s.Inherent, true
		}
	}
	closeRest := func() {
		if joined > 0 {
			out = append(out, step{kind: "control", name: fmt.Sprintf("%d other controls", joined), from: run, to: run + rest})
			run, rest, joined = run+rest, 0, 0
		}
	}
	for _, c := range s.Contributions {
		if c.Kind == "control" || c.Kind == "lift" {
			closeInherent()
		}
		if c.Kind == "control" && math.Abs(c.Points) < 1 {
			rest += c.Points
			joined++
			continue
		}
		if c.Kind != "control" {
			closeRest()
		}
		if math.Abs(c.Points) < 0.05 { // the table has it
			continue
		}
		out = append(out, step{kind: c.Kind, name: stepName(c.Name), note: c.Input, from: run, to: run + c.Points, unknown: c.Unknown})
		run += c.Points
	}
	closeInherent()
	closeRest()
	return append(out, step{kind: "total", name: "Residual risk", to: s.Residual, total: true})
}

const (
	wfRow   = 26
	wfLabel = 230
	wfChart = 480
	wfWidth = wfLabel + wfChart + 70
)

// waterfall draws the score as SVG, its ids below prefix. All text is escaped here, which is why the
// result may stand in the page as it is.
func waterfall(prefix string, s policy.Score) template.HTML {
	rows := steps(s)
	height := wfRow*len(rows) + 34
	var b strings.Builder
	fmt.Fprintf(&b, `<svg id="%[1]s-wf" viewBox="0 0 %[2]d %[3]d" role="img" aria-labelledby="%[1]s-wf-title %[1]s-wf-desc" class="waterfall">`, prefix, wfWidth, height)
	fmt.Fprintf(&b, `<title id="%[1]s-wf-title">Waterfall of the score</title><desc id="%[1]s-wf-desc">From nought to an inherent risk of %.1[2]f and a residual risk of %.1[3]f of 100. The table below holds every step.</desc>`, prefix, s.Inherent, s.Residual)
	x := func(v float64) float64 { return wfLabel + wfChart*math.Min(math.Max(v, 0), 100)/100 }
	for _, v := range []float64{0, 20, 40, 70, 100} {
		fmt.Fprintf(&b, `<line class="grid" x1="%.1f" x2="%.1f" y1="4" y2="%d"/><text class="axis" x="%.1f" y="%d" text-anchor="middle">%.0f</text>`, x(v), x(v), height-22, x(v), height-8, v)
	}
	for i, r := range rows {
		y := wfRow*i + 8
		from, to := math.Min(r.from, r.to), math.Max(r.from, r.to)
		class := r.kind
		switch {
		case r.total:
			from = 0
		case r.to < r.from:
			class += " down"
		}
		if r.unknown {
			class += " unknown"
		}
		fmt.Fprintf(&b, `<g id="%s-wf-%d"><title>%s</title><text class="name" x="%d" y="%d" text-anchor="end">%s</text>`,
			prefix, i, html.EscapeString(clean(r.name+": "+r.note)), wfLabel-10, y+13, html.EscapeString(cut(clean(r.name), 34)))
		fmt.Fprintf(&b, `<rect class="%s" x="%.1f" y="%d" width="%.1f" height="%d" rx="2"/>`, class, x(from), y, math.Max(x(to)-x(from), 1), wfRow-8)
		label := fmt.Sprintf("%+.1f", r.to-r.from)
		if r.total {
			label = fmt.Sprintf("%.1f", r.to)
		}
		fmt.Fprintf(&b, `<text class="value" x="%.1f" y="%d">%s</text></g>`, x(to)+6, y+13, label)
	}
	b.WriteString(`</svg>`)
	return template.HTML(b.String()) //nolint:gosec // every string above is escaped
}
