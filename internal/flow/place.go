package flow

import (
	"cmp"
	"slices"
)

// stack gives every node its height on the page: our side band by band, the
// partner's columns as near as they can be to what they are joined to. When
// the partner's side is the longer one, ours stands in its middle.
func (l *layouter) stack() {
	clear(l.bands)
	above, below := headerHigh, boundaryPad
	if len(l.subs) > 0 { // room for the frame inside
		above, below = 2*headerHigh, 2*boundaryPad
	}
	l.end = l.stackRoot(top)
	theirs := top + above + max(l.tall(l.partner), l.tall(l.subs)) + below
	if spare := theirs - l.end; spare > 1 && len(l.partner) > 0 {
		l.stackRoot(top + spare/2)
		l.end = theirs
	}
	l.near(l.partner, top+above, l.end-below)
	l.near(l.subs, top+above, l.end-below)
}

// stackRoot places the bands of our side from y on and returns where they end.
func (l *layouter) stackRoot(y int) int {
	for i, item := range l.root.order {
		if i > 0 {
			y += rootGap
		}
		y = l.stackBand(l.root.children[item], y)
	}
	return y
}

// stackBand places one band from y on and returns where it ends. The rows are
// kept in l.bands; the widths follow when the columns stand.
func (l *layouter) stackBand(b *band, y int) int {
	start := y
	y += headerHigh
	for i, item := range b.order {
		if i > 0 {
			y += blockGap
		}
		if item >= 0 {
			y = l.stackBand(b.children[item], y)
			continue
		}
		tallest := 0
		for _, column := range b.own {
			tallest = max(tallest, l.tall(column))
		}
		for _, column := range b.own {
			at := y + (tallest-l.tall(column))/2
			for _, i := range column {
				l.y[i] = at
				at += l.high[i] + nodeGap
			}
		}
		y += tallest
	}
	y += boundaryPad
	l.bands[l.v.boundaries[b.boundary].ID] = Rect{Y: start, H: y - start}
	return y
}

func (l *layouter) tall(column []int) int {
	h := nodeGap * max(len(column)-1, 0)
	for _, i := range column {
		h += l.high[i]
	}
	return h
}

// near stands a column between two heights, in its order, each node as near to
// its pull as the others let it: least squares by pooling neighbours that
// would overlap. A column that does not fit grows downwards.
func (l *layouter) near(column []int, top, bottom int) {
	type pool struct{ sum, n, at int } // offsets from the stacked position
	var pools []pool
	offset := 0
	for _, i := range column {
		want := l.pullOutside(i)/2 - l.high[i]/2 - offset
		pools = append(pools, pool{want, 1, want})
		for k := len(pools) - 1; k > 0 && pools[k].at < pools[k-1].at; k-- {
			p := pool{sum: pools[k-1].sum + pools[k].sum, n: pools[k-1].n + pools[k].n}
			p.at = p.sum / p.n
			pools = append(pools[:k-1], p)
		}
		offset += l.high[i] + nodeGap
	}
	total := offset - nodeGap
	at, k := 0, 0
	for _, p := range pools {
		base := max(min(p.at, bottom-total), top)
		for range p.n {
			l.y[column[k]] = base + at
			at += l.high[column[k]] + nodeGap
			k++
		}
	}
}

// pullOutside is [layouter.pull] by links to other columns on the left only,
// so that a column is placed by what stands already.
func (l *layouter) pullOutside(i int) int {
	sum, n := 0, 0
	for _, k := range l.left[i] {
		if p := l.links[k]; !p.same {
			sum += 2*l.y[p.a] + l.high[p.a]
			n++
		}
	}
	if n == 0 {
		return 0
	}
	return sum / n
}

// snapshot is an order of everything.
type snapshot struct {
	partner, subs []int
	bands         []bandState
}

type bandState struct {
	order []int
	own   [][]int
}

func (l *layouter) save() snapshot {
	s := snapshot{partner: slices.Clone(l.partner), subs: slices.Clone(l.subs)}
	l.root.visit(func(b *band) {
		state := bandState{order: slices.Clone(b.order)}
		for _, column := range b.own {
			state.own = append(state.own, slices.Clone(column))
		}
		s.bands = append(s.bands, state)
	})
	return s
}

func (l *layouter) restore(s snapshot) {
	l.partner, l.subs = s.partner, s.subs
	i := 0
	l.root.visit(func(b *band) {
		b.order, b.own = s.bands[i].order, s.bands[i].own
		i++
	})
}

func (b *band) visit(f func(*band)) {
	f(b)
	for _, c := range b.children {
		c.visit(f)
	}
}

// finish gives everything its place across the page, and the lines their way.
func (l *layouter) finish() *Layout {
	l.ports()
	right := l.across()
	out := &Layout{Nodes: make([]Rect, len(l.v.nodes))}
	for i := range l.v.nodes {
		out.Nodes[i] = Rect{l.x[l.column[i]], l.y[i], nodeWidth, l.high[i]}
		out.H = max(out.H, l.y[i]+l.high[i])
	}
	for _, r := range l.bands {
		out.H = max(out.H, r.Y+r.H)
	}
	partnerRight := right - margin
	for _, b := range l.v.boundaries {
		r, name := l.bands[b.ID], Point{X: l.x[0]}
		depth := nesting(b.ID)
		switch b.ID {
		case boundaryPartner:
			r = l.around(slices.Concat(l.partner, l.subs), len(l.subs) > 0)
			bottom := max(r.Y+r.H, l.end)
			r.Y = min(r.Y, top)
			r.H = bottom - r.Y
			r.X = l.x[l.ours] - boundaryPad
			r.W, name.X = partnerRight-r.X, l.x[l.ours]
		case boundarySubprocessors:
			r = l.around(l.subs, false)
			r.X = l.x[l.ours+1] - boundaryPad
			r.W, name.X = nodeWidth+2*boundaryPad, l.x[l.ours+1]
		default:
			r.X = margin + depth*boundaryPad
			r.W = l.x[l.ours-1] + nodeWidth + (l.root.depth-depth)*boundaryPad - r.X
		}
		name.Y = r.Y + headerHigh - 9
		out.Boundaries, out.Headers = append(out.Boundaries, r), append(out.Headers, name)
		out.H = max(out.H, r.Y+r.H)
	}
	for i := range l.links {
		out.Routes = append(out.Routes, l.route(i, out.Nodes))
	}
	out.W, out.H = right, out.H+margin/2
	return out
}

// nesting returns how many boundaries lie around one.
func nesting(id string) int {
	n := 0
	for i := range len(id) {
		if id[i] == '/' {
			n++
		}
	}
	return n
}

// around returns the rows that hold nodes of the partner's side.
func (l *layouter) around(nodes []int, inner bool) Rect {
	if len(nodes) == 0 {
		return Rect{Y: top, H: headerHigh + boundaryPad}
	}
	top, bottom := l.y[nodes[0]], 0
	for _, i := range nodes {
		top, bottom = min(top, l.y[i]), max(bottom, l.y[i]+l.high[i])
	}
	above, below := headerHigh, boundaryPad
	if inner { // room for the frame of the boundary inside
		above, below = 2*headerHigh, 2*boundaryPad
	}
	return Rect{Y: top - above, H: bottom + below - (top - above)}
}

// ports orders the lines at each side of a node by where they lead.
func (l *layouter) ports() {
	other := func(k, i int) int {
		p := l.links[k]
		if p.a == i {
			return 2*l.y[p.b] + l.high[p.b]
		}
		return 2*l.y[p.a] + l.high[p.a]
	}
	for i := range l.v.nodes {
		for _, side := range [][]int{l.left[i], l.right[i]} {
			slices.SortStableFunc(side, func(a, b int) int {
				return cmp.Or(cmp.Compare(other(a, i), other(b, i)), cmp.Compare(a, b))
			})
		}
	}
}

// across gives every column its x and every gutter its parts; it returns the
// width of the drawing.
func (l *layouter) across() int {
	l.gutters = make([]gutter, l.columns)
	for i, p := range l.links {
		g := &l.gutters[l.column[p.b]]
		g.label = max(g.label, labelWidth(l.v.links[i], l.v.dense()))
		rise := l.y[p.a] + l.high[p.a]/2 - l.y[p.b] - l.high[p.b]/2
		g.curve = max(g.curve, min(curveMin+max(rise, -rise)/6, curveMax))
	}
	l.x = make([]int, l.columns)
	x := margin
	for c := range l.columns {
		g := &l.gutters[c]
		before, after := 0, 0 // frames that end and start in this gutter
		switch c {
		case 0:
			after = l.root.depth * boundaryPad
		case l.ours:
			before, after = l.root.depth*boundaryPad, boundaryPad
		case l.ours + 1:
			if len(l.subs) == 0 {
				l.x[c] = x
				continue
			}
			after = boundaryPad
		}
		x += before
		switch {
		case g.label > 0:
			g.bends = x
			if c == 0 { // the frames are to the left of the gutter
				g.bends, x = x+after, x+after
				after = 0
			}
			g.stand = x + g.curve + g.label
			x = g.stand + arrowGap + after
		case c == 0:
			x += after
		default:
			x += plainGutter + after
		}
		l.x[c] = x
		if c >= l.ours || len(l.root.children) > 0 {
			x += nodeWidth
		}
	}
	if len(l.subs) > 0 {
		x += boundaryPad
	}
	return x + boundaryPad + margin
}
