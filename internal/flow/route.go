package flow

// route draws the way of one line and stands its label.
func (l *layouter) route(i int, nodes []Rect) Route {
	p := l.links[i]
	g := l.gutters[l.column[p.b]]
	to := Point{nodes[p.b].X, l.leftPort(p.b, i, nodes, false)}
	w := labelWidth(l.v.links[i], l.v.dense())
	label := Rect{g.stand - w, to.Y - l.label/2, w, l.label}
	bend := g.stand - g.label // x where the lines have to be level
	if p.same {
		from := Point{nodes[p.a].X, l.leftPort(p.a, i, nodes, p.a == p.b)}
		reach := max(bend-g.curve*2/3, g.bends)
		return Route{Label: label, Points: []Point{
			from,
			{bend, from.Y},
			{bend, from.Y},
			{bend, from.Y},
			{reach, from.Y},
			{reach, to.Y},
			{bend, to.Y},
			{to.X, to.Y},
			{to.X, to.Y},
			to,
		}}
	}
	from := Point{nodes[p.a].X + nodeWidth, l.rightPort(p.a, i, nodes)}
	middle := (max(from.X, g.bends) + bend) / 2
	return Route{Label: label, Reverse: p.reverse, Points: []Point{
		from,
		{middle, from.Y},
		{middle, to.Y},
		{bend, to.Y},
		{to.X, to.Y},
		{to.X, to.Y},
		to,
	}}
}

// leftPort returns the height of a line's port at the left of a node. A line
// from a node to itself has two; first asks for the upper one.
func (l *layouter) leftPort(node, k int, nodes []Rect, first bool) int {
	ports := l.left[node]
	at := 0
	for i, other := range ports {
		if other == k {
			at = i
			if first {
				break
			}
		}
	}
	r := nodes[node]
	return r.Y + r.H/2 + (2*at-len(ports)+1)*l.row/2
}

func (l *layouter) rightPort(node, k int, nodes []Rect) int {
	ports := l.right[node]
	r := nodes[node]
	room := min((r.H-portRow)/max(len(ports), 1), l.row)
	for i, other := range ports {
		if other == k {
			return r.Y + r.H/2 + (2*i-len(ports)+1)*room/2
		}
	}
	return r.Y + r.H/2
}
