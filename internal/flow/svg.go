package flow

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"strings"

	"drawbridge"
)

// maxDescribed is how many flows the description for screen readers lists.
const maxDescribed = 60

// canvas writes one drawing.
type canvas struct {
	bytes.Buffer
	m    *Map
	v    view
	l    *Layout
	id   string // of the drawing; every other id starts with it
	w    int
	dx   int // of the diagram
	node map[string]int
	part *Drawing // of a page; nil is a file of its own
}

// SVG writes the map as a drawing: one file of its own, no script, nothing
// fetched. Every boundary, node, flow and stage has an id that stays the same
// as long as the manifest's id does, and a title; the drawing follows the
// reader's choice of light or dark and prints light.
func (m *Map) SVG(w io.Writer) error {
	c := newCanvas(m)
	c.draw()
	_, err := w.Write(c.Bytes())
	return err
}

func newCanvas(m *Map) *canvas {
	c := &canvas{m: m, v: m.view(), id: ident("map", m.Integration, m.Environment), node: map[string]int{}}
	c.l = c.v.layout()
	for i, n := range c.v.nodes {
		c.node[n.ID] = i
	}
	c.w = max(c.l.W, minPage)
	c.dx = (c.w - c.l.W) / 2
	return c
}

func (c *canvas) draw() {
	var head part
	if c.part == nil {
		head = c.header()
	} else {
		head = c.notes()
	}
	life := c.life(head.end + c.l.H)
	key := c.key(life.end)
	height := key.end + margin/2
	fmt.Fprintf(c, `<svg xmlns="http://www.w3.org/2000/svg" class="drawmap%[5]s" id="%[1]s" role="%[6]s" aria-labelledby="%[1]s-title %[1]s-desc" viewBox="0 0 %[2]d %[3]d" %[4]s>`+"\n", c.id, c.w, height, c.size(height), c.large(), c.role())
	fmt.Fprintf(c, "<title id=\"%[1]s-title\">Data map of %[2]s</title>\n<desc id=\"%[1]s-desc\">%[3]s</desc>\n", c.id, xml(c.m.Name), c.describe())
	if c.part == nil {
		fmt.Fprintf(c, "<style>%s</style>\n", style())
	}
	fmt.Fprintf(c, "<rect class=\"paper\" id=\"%s-paper\" width=\"%d\" height=\"%d\"/>\n", c.id, c.w, height)
	fmt.Fprint(c, head.text)
	fmt.Fprintf(c, "<g id=\"%s-diagram\" transform=\"translate(%d %d)\">\n", c.id, c.dx, head.end)
	c.boundaries()
	for i := range c.v.links {
		c.line(i)
	}
	for i := range c.v.nodes {
		c.drawNode(i)
	}
	for i := range c.v.links {
		c.label(i)
	}
	fmt.Fprint(c, "</g>\n", life.text, key.text, "</svg>\n")
}

// part is a piece of the page and where it ends.
type part struct {
	text string
	end  int
}

// header writes the title, the sum and what the reader must know.
func (c *canvas) header() part {
	var b strings.Builder
	room := c.w - 2*margin
	fmt.Fprintf(&b, "<g id=\"%s-header\">\n", c.id)
	fmt.Fprintf(&b, "<text class=\"h\" x=\"%d\" y=\"38\">%s</text>\n", margin, xml(fit(clean(c.m.Name), 18, room*7/8)))
	y := 38
	notes := wrap(c.summary(), 12, room, 2)
	if c.v.note != "" {
		notes = append(notes, wrap(c.v.note, 12, room, 3)...)
	}
	for _, note := range notes {
		y += 18
		fmt.Fprintf(&b, "<text class=\"s\" style=\"font-size:12px\" x=\"%d\" y=\"%d\">%s</text>\n", margin, y, xml(note))
	}
	b.WriteString("</g>\n")
	return part{b.String(), y + 16}
}

// summary says in one sentence what the map shows.
func (c *canvas) summary() string {
	flows, systems, interfaces := 0, 0, 0
	worst, open := drawbridge.LevelUnknown, false
	for i := range c.m.Edges {
		if e := &c.m.Edges[i]; e.Kind == EdgeFlow {
			flows++
			worst = max(worst, e.Level)
			open = open || levelClass(e) == drawbridge.LevelUnknown.String()
		}
	}
	for _, n := range c.m.Nodes {
		switch n.Kind {
		case NodeInterface:
			interfaces++
		case NodeSubprocessor:
		default:
			systems++
		}
	}
	level := "greatest level of data " + worst.String()
	if open {
		level += ", some data not categorised"
	}
	return fmt.Sprintf("%s, %s: %s between %s of ours and %s; %s; exposure %.0f points; %s.", clean(c.m.Integration), clean(c.m.Environment),
		plural(flows, "flow"), plural(systems, "system"), plural(interfaces, "partner interface"), level, c.m.Exposure().Points, plural(len(c.m.Gaps), "gap"))
}

// describe tells the drawing to those who cannot see it.
func (c *canvas) describe() string {
	var b strings.Builder
	b.WriteString(xml(c.summary()))
	if c.v.note != "" {
		b.WriteString(" " + xml(c.v.note))
	}
	for i, k := range c.v.links {
		if i == maxDescribed {
			fmt.Fprintf(&b, " And %d more.", len(c.v.links)-i)
			break
		}
		from, to := c.v.nodes[c.node[k.From]], c.v.nodes[c.node[k.To]]
		fmt.Fprintf(&b, " %s: from %s to %s, %s.", xml(linkName(k)), xml(from.Name), xml(to.Name), xml(dataLine(k)))
	}
	return b.String()
}

func (c *canvas) boundaries() {
	for i, b := range c.v.boundaries {
		r, at := c.l.Boundaries[i], c.l.Headers[i]
		side, depth := "ours", nesting(b.ID)%2
		if isPartner(b.ID) {
			side = "partner"
		}
		name := "Trust boundary " + b.ID
		fmt.Fprintf(c, "<g class=\"b %s-%d\" id=\"%s\"><title>%s</title><rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" rx=\"10\"/>",
			side, depth, ident(c.id, "boundary", b.ID), xml(name), r.X, r.Y, r.W, r.H)
		fmt.Fprintf(c, "<text class=\"n\" x=\"%d\" y=\"%d\">%s</text></g>\n", at.X, at.Y, xml(fit(clean(b.Name), nameSize, nodeWidth*7/8)))
	}
}

// line draws the way of one link and its arrow head.
func (c *canvas) line(i int) {
	k, r := c.v.links[i], c.l.Routes[i]
	class := levelClass(&k.Edge)
	may := ""
	if k.Possible {
		may = ` class="may"`
	}
	fmt.Fprintf(c, "<g class=\"%s\" id=\"%s\"><path%s d=\"", class, ident(c.id, "line", k.ID), may)
	p := r.Points
	fmt.Fprintf(c, "M%d %d", p[0].X, p[0].Y)
	for j := 1; j+2 < len(p); j += 3 {
		if p[j] == p[j+2] && p[j+1] == p[j+2] {
			fmt.Fprintf(c, "L%d %d", p[j].X, p[j].Y)
			continue
		}
		fmt.Fprintf(c, "C%d %d %d %d %d %d", p[j].X, p[j].Y, p[j+1].X, p[j+1].Y, p[j+2].X, p[j+2].Y)
	}
	tip, back := p[len(p)-1], -9
	if r.Reverse {
		tip, back = p[0], 9
	}
	fmt.Fprintf(c, "\"/><path class=\"tip\" d=\"M%d %dl%d -5v10z\"/></g>\n", tip.X, tip.Y, back)
}

// label draws the badge of one link: its name, its level in words, and how
// many elements move.
func (c *canvas) label(i int) {
	k, r := c.v.links[i], c.l.Routes[i].Label
	name, data := labelText(k, c.v.dense())
	from, to := c.v.nodes[c.node[k.From]], c.v.nodes[c.node[k.To]]
	full := fmt.Sprintf("%s: from %s to %s, %s", linkName(k), from.Name, to.Name, dataLine(k))
	if len(k.Categories) > 0 && k.flows == 1 {
		full += "; " + strings.Join(k.Categories, ", ")
	}
	c.open(k.ID)
	fmt.Fprintf(c, "<g class=\"%s%s\" id=\"%s\"><title>%s</title><rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" rx=\"5\"/>",
		levelClass(&k.Edge), c.classes(k.ID), ident(c.id, string(k.Kind), k.ID), xml(full), r.X, r.Y, r.W, r.H)
	fmt.Fprintf(c, "<text class=\"n\" x=\"%d\" y=\"%d\">%s</text>", r.X+8, r.Y+14, xml(name))
	if data != "" {
		fmt.Fprintf(c, "<text x=\"%d\" y=\"%d\">%s</text>", r.X+8, r.Y+28, xml(data))
	}
	c.mark(k.ID, r)
	fmt.Fprint(c, "</g>")
	c.shut()
	fmt.Fprint(c, "\n")
}

func (c *canvas) drawNode(i int) {
	n, r := c.v.nodes[i], c.l.Nodes[i]
	lines := nameLines(n)
	rx := 6
	if n.Kind == NodeUser {
		rx = 18
	}
	c.open(n.ID)
	fmt.Fprintf(c, "<g class=\"v%s\" id=\"%s\"><title>%s</title><rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" rx=\"%d\"/>",
		c.classes(n.ID), ident(c.id, "node", n.ID), xml(cmp.Or(clean(n.Name), n.ID)+": "+kindName(n)), r.X, r.Y, r.W, r.H, rx)
	switch n.Kind {
	case NodeStore:
		fmt.Fprintf(c, "<path d=\"M%d %dh%dM%d %dh%d\"/>", r.X, r.Y+5, r.W, r.X, r.Y+r.H-5, r.W)
	case NodeInterface:
		fmt.Fprintf(c, "<rect class=\"bar\" x=\"%d\" y=\"%d\" width=\"4\" height=\"%d\"/>", r.X, r.Y, r.H)
	case NodeSubprocessor:
		fmt.Fprintf(c, "<path d=\"M%d %dv%d\"/>", r.X+r.W-5, r.Y, r.H)
	default: // a plain box
	}
	y := r.Y + (r.H-len(lines)*titleLine-smallLine)/2 + 13
	for _, line := range lines {
		fmt.Fprintf(c, "<text class=\"t\" x=\"%d\" y=\"%d\">%s</text>", r.X+nodePad, y, xml(line))
		y += titleLine
	}
	fmt.Fprintf(c, "<text class=\"s\" x=\"%d\" y=\"%d\">%s</text>", r.X+nodePad, y-1, xml(nodeLine(n)))
	c.mark(n.ID, r)
	fmt.Fprint(c, "</g>")
	c.shut()
	fmt.Fprint(c, "\n")
}
