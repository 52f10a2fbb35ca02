package flow

import (
	"fmt"
	"strings"
)

// life writes the strip of the six stages in the life of the data. A stage
// with an open question is framed and named as a gap.
func (c *canvas) life(y int) part {
	var b strings.Builder
	const gap, high = 14, 108
	n := max(len(c.m.Life), 1)
	w := (c.w - 2*margin - (n-1)*gap) / n
	gaps := map[string][]Gap{}
	for _, g := range c.m.Gaps {
		gaps[g.Stage] = append(gaps[g.Stage], g)
	}
	y += 22
	fmt.Fprintf(&b, "<g class=\"life\" id=\"%s-life\">\n<text class=\"t\" x=\"%d\" y=\"%d\">Life of the data</text>\n", c.id, margin, y)
	y += 10
	names := map[string]string{}
	for _, node := range c.m.Nodes {
		names[node.ID] = clean(node.Name)
	}
	for i, s := range c.m.Life {
		x := margin + i*(w+gap)
		class, open := "", gaps[s.Name]
		if len(open) > 0 {
			class = ` class="gap"`
		}
		fmt.Fprintf(&b, "<g id=\"%s\"><title>%s</title><rect%s x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" rx=\"6\"/>",
			ident(c.id, "stage", s.Name), xml(stageTitle(s, open)), class, x, y, w, high)
		fmt.Fprintf(&b, "<text class=\"n\" x=\"%d\" y=\"%d\">%s</text>", x+10, y+20, xml(s.Name))
		for j, line := range stageLines(s, open, names, w-20) {
			fmt.Fprintf(&b, "<text class=\"%s\" x=\"%d\" y=\"%d\">%s</text>", line.class, x+10, y+36+j*16, xml(line.text))
		}
		b.WriteString("</g>\n")
		if i > 0 {
			fmt.Fprintf(&b, "<text class=\"s\" x=\"%d\" y=\"%d\">→</text>\n", x-gap+1, y+high/2+4)
		}
	}
	b.WriteString("</g>\n")
	return part{b.String(), y + high}
}

// stageLine is one line of text of a stage.
type stageLine struct{ class, text string }

// stageLines fills the five lines of a stage: where and how, and first what is
// not known.
func stageLines(s Stage, open []Gap, names map[string]string, room int) []stageLine {
	var out []stageLine
	add := func(class, text string, most int) {
		if text != "" {
			for _, line := range wrap(text, smallSize, room, most) {
				out = append(out, stageLine{class, line})
			}
		}
	}
	if len(open) == 0 {
		add("s", whereLine(s, names), 2)
		add("s", clean(s.Detail), 5-len(out))
		return out
	}
	add("s", whereLine(s, names), 1)
	add("s", clean(s.Detail), 1)
	add("g", plural(len(open), "gap")+", first:", 1)
	add("g", open[0].Key, 5-len(out))
	return out
}

func whereLine(s Stage, names map[string]string) string {
	where := make([]string, 0, len(s.Where))
	for i, w := range s.Where {
		if i == 12 {
			break
		}
		if name := names[w]; name != "" {
			w = name
		}
		where = append(where, w)
	}
	if len(where) == 0 && s.Detail == "" {
		return "not known"
	}
	return strings.Join(where, ", ")
}

func stageTitle(s Stage, gaps []Gap) string {
	if len(gaps) == 0 {
		return s.Name + ": known. " + s.Detail
	}
	var parts []string
	for i, g := range gaps {
		if i == 8 {
			parts = append(parts, fmt.Sprintf("and %d more", len(gaps)-i))
			break
		}
		parts = append(parts, g.Key+" ("+g.Text+")")
	}
	return s.Name + ": gaps: " + strings.Join(parts, "; ")
}

// key writes the legend, line by line as wide as the drawing.
func (c *canvas) key(y int) part {
	var b strings.Builder
	x, row := margin, y+30
	fmt.Fprintf(&b, "<g class=\"key\" id=\"%s-key\">\n", c.id)
	put := func(sample int, text, format string, args ...any) {
		if sample > 0 {
			sample += 6
		}
		w := sample + width(text, smallSize) + 18
		if x+w > c.w-margin+18 {
			x, row = margin, row+24
		}
		at := make([]any, 0, len(args)+2)
		at = append(append(at, x, row), args...)
		fmt.Fprintf(&b, format, at...)
		fmt.Fprintf(&b, "<text class=\"s\" x=\"%d\" y=\"%d\">%s</text>\n", x+sample, row+4, xml(text))
		x += w
	}
	for _, level := range []struct{ class, text string }{
		{"public", "level 0 public"},
		{"internal", "1 internal"},
		{"personal", "2 personal"},
		{"sensitive", "3 sensitive"},
		{"restricted", "4 restricted"},
		{"unknown", "unknown: counts as restricted"},
	} {
		put(18, level.text, "<g class=\"%[3]s\" transform=\"translate(%[1]d %[2]d)\"><rect y=\"-7\" width=\"18\" height=\"14\" rx=\"3\"/></g>", level.class)
	}
	put(30, "arrow: from who starts the exchange", "<path d=\"M%d %dh28m-7 -4l7 4l-7 4\"/>")
	put(30, "nobody said whether", "<path class=\"may\" d=\"M%d %dh30\"/>")
	put(18, "trust boundary", "<g class=\"b\" transform=\"translate(%d %d)\"><rect class=\"frame\" y=\"-7\" width=\"18\" height=\"14\" rx=\"3\"/></g>")
	put(0, "sent: with the arrow · back: in the answer · levels are after transforms", "<!-- %d %d -->")
	b.WriteString("</g>\n")
	return part{b.String(), row + 10}
}
