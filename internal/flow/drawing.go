package flow

import (
	"fmt"
	"io"
	"strings"
	"sync"
)

// Drawing is how a map is drawn as a part of a page.
type Drawing struct {
	Scale float64                // of its own size; 0 fits it into the room that there is
	Marks map[string]Mark        // findings, by the id of a node or an edge
	At    string                 // the node or edge that is pointed out; may be empty
	To    func(id string) string // where an element leads to; nil leads nowhere
}

// Mark says that something was found at an element.
type Mark struct {
	Class string // bad or warn
	Count int
	Text  string // in words
}

// Inset writes the map as a part of an HTML page: without a style sheet, which is
// [Sheet], and without its heading. Everything that comes from the manifest is
// escaped.
func (m *Map) Inset(w io.Writer, d Drawing) error {
	c := newCanvas(m)
	c.part = &d
	c.draw()
	_, err := w.Write(c.Bytes())
	return err
}

// Sheet is the style sheet of the drawings of a page, which has its own choice of
// light and dark.
var Sheet = sync.OnceValue(func() string {
	var b strings.Builder
	properties(&b, func(c colour) string { return "light-dark(" + c.light + "," + c.dark + ")" })
	rules(&b)
	b.WriteString(sheetOfPages)
	return b.String()
})

// sheetOfPages is what a page's drawing has besides: elements that lead somewhere,
// with what was found at them. The colours are those of the pages.
const sheetOfPages = `.drawmap.large{max-width:none}
.drawmap .m{font-size:12px}
.drawmap a{text-decoration:none}
.drawmap a:hover text{text-decoration:underline}
.drawmap .found>rect:first-of-type{stroke-width:3}
.drawmap .found.bad>rect:first-of-type{stroke:var(--bad)}
.drawmap .found.warn>rect:first-of-type{stroke:var(--warn)}
.drawmap .at>rect:first-of-type{stroke:var(--accent);stroke-width:4}
.drawmap .mark circle{stroke:none}
.drawmap .mark text{font-weight:700;text-anchor:middle}
.drawmap .bad>.mark circle{fill:var(--bad)}
.drawmap .warn>.mark circle{fill:var(--warn)}
.drawmap .bad>.mark text,.drawmap .warn>.mark text{fill:var(--surface)}
`

// size says how large the drawing is shown.
func (c *canvas) size(height int) string {
	switch {
	case c.part == nil || c.part.Scale == 1:
		return fmt.Sprintf(`width="%d" height="%d"`, c.w, height)
	case c.part.Scale == 0:
		return `width="100%"`
	}
	return fmt.Sprintf(`width="%.0f" height="%.0f"`, float64(c.w)*c.part.Scale, float64(height)*c.part.Scale)
}

// classes are what an element is besides its kind.
func (c *canvas) classes(id string) string {
	if c.part == nil {
		return ""
	}
	out := ""
	if m, ok := c.part.Marks[id]; ok {
		out += " found " + m.Class
	}
	if id == c.part.At && id != "" {
		out += " at"
	}
	return out
}

// open begins the link of an element, and shut ends it.
func (c *canvas) open(id string) {
	if c.part != nil && c.part.To != nil {
		fmt.Fprintf(c, "<a href=\"%s\">", xml(c.part.To(id)))
	}
}

func (c *canvas) shut() {
	if c.part != nil && c.part.To != nil {
		fmt.Fprint(c, "</a>")
	}
}

// mark tells how much was found at an element, at the corner of its box.
func (c *canvas) mark(id string, r Rect) {
	if c.part == nil {
		return
	}
	m, ok := c.part.Marks[id]
	if !ok {
		return
	}
	fmt.Fprintf(c, "<g class=\"mark\"><title>%s</title><circle cx=\"%d\" cy=\"%d\" r=\"9\"/><text x=\"%d\" y=\"%d\">%d</text></g>", xml(m.Text), r.X+r.W-4, r.Y, r.X+r.W-4, r.Y+4, m.Count)
}

// notes are what stands above the drawing of a page.
func (c *canvas) notes() part {
	if c.v.note == "" {
		return part{"", 16}
	}
	var b strings.Builder
	y := 4
	for _, line := range wrap(c.v.note, 12, c.w-2*margin, 3) {
		y += 18
		fmt.Fprintf(&b, "<text class=\"s m\" x=\"%d\" y=\"%d\">%s</text>\n", margin, y, xml(line))
	}
	return part{b.String(), y + 16}
}

// large is the class of a drawing that is shown in its own size, or larger.
func (c *canvas) large() string {
	if c.part != nil && c.part.Scale > 0 {
		return " large"
	}
	return ""
}

// role is an image, or a group where its elements lead somewhere.
func (c *canvas) role() string {
	if c.part != nil && c.part.To != nil {
		return "group"
	}
	return "img"
}
