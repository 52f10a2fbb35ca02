package flow

// Drawn is what a drawing shows and where it stands, for tests.
type Drawn struct {
	Boundaries []Boundary
	Nodes      []Node
	Edges      []Edge
	Note       string
	*Layout
}

// Draw lays a map out as [Map.SVG] does.
func (m *Map) Draw() Drawn {
	v := m.view()
	d := Drawn{Boundaries: v.boundaries, Nodes: v.nodes, Note: v.note, Layout: v.layout()}
	for _, k := range v.links {
		d.Edges = append(d.Edges, k.Edge)
	}
	return d
}

// Colour is one colour of the palette, for tests.
type Colour struct{ Name, Light, Dark string }

// Palette returns the colours of the drawings.
func Palette() []Colour {
	var out []Colour
	for _, c := range palette {
		out = append(out, Colour{c.name, c.light, c.dark})
	}
	return out
}

// Effects returns the names of the transforms that the table knows.
func Effects() []string {
	var out []string
	for _, e := range effects {
		out = append(out, e.transform)
	}
	return out
}

// Clean, Fit, Wrap, Width and Ident are the text helpers.
var (
	Clean = clean
	Fit   = fit
	Wrap  = wrap
	Width = width
	Ident = ident
)

// LevelName is the level of an edge in words, for tests.
func LevelName(e Edge) string { return levelName(&e) }
