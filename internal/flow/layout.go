package flow

import (
	"cmp"
	"slices"
)

// The measures of a drawing, in pixels.
const (
	margin      = 24
	minPage     = 900 // width of the page, for the strip and the legend
	top         = 8   // of the frames
	nodeWidth   = 176
	nodePad     = 12
	titleSize   = 13
	nameSize    = 12
	smallSize   = 11
	titleLine   = 17
	smallLine   = 15
	labelHigh   = 34 // with two lines
	labelLow    = 20 // with one line
	labelMax    = 196
	labelGap    = 6
	portRow     = 12 // one port without
	nodeGap     = 18
	boundaryPad = 14
	headerHigh  = 28 // the name of a boundary
	blockGap    = 16
	rootGap     = 24
	arrowGap    = 16 // between a label and its node
	curveMin    = 56
	curveMax    = 220
	plainGutter = 40
	maxColumns  = 6 // columns of our own side
	sweeps      = 8
	maxSwaps    = 120
)

// Rect is a rectangle of the drawing, in pixels.
type Rect struct {
	X, Y, W, H int
}

// Overlaps reports whether two rectangles share any area.
func (r Rect) Overlaps(o Rect) bool {
	return r.X < o.X+o.W && o.X < r.X+r.W && r.Y < o.Y+o.H && o.Y < r.Y+r.H
}

// Holds reports whether o lies wholly inside r.
func (r Rect) Holds(o Rect) bool {
	return o.X >= r.X && o.Y >= r.Y && o.X+o.W <= r.X+r.W && o.Y+o.H <= r.Y+r.H
}

// Point is a point of the drawing, in pixels.
type Point struct {
	X, Y int
}

// Layout says where everything of a drawing stands. Two layouts of one map are
// equal.
type Layout struct {
	W, H       int
	Boundaries []Rect  // in the order of the drawn boundaries
	Headers    []Point // where the name of each boundary starts
	Nodes      []Rect
	Routes     []Route
}

// Route is the way of one line, from the left end to the right one (or, when
// both ends stand in one column, out of the left of one and into the left of
// the other). Its points are cubic Bézier curves: start, then three a curve.
type Route struct {
	Points  []Point
	Reverse bool // the arrow points at the first point
	Label   Rect
}

// The drawing is layered by distance from the partner: interfaces stand in one
// column, the systems that speak to them in the column to the left, what those
// speak to further left, sub-processors to the right. So every line joins
// neighbouring columns, or two nodes of one column, and none has to run past a
// node. Boundaries are bands of their own rows, as wide as their side: bands of
// siblings cannot overlap, and children lie inside their parent's rows.
type layouter struct {
	v       *view
	label   int            // height of a label
	row     int            // height of one port with a label
	index   map[string]int // node id to index
	column  []int          // of each node
	ours    int            // number of our own columns; the interfaces' is the next
	columns int
	root    *band // our side; not drawn itself
	partner []int // interfaces and sub-processors, in order
	subs    []int
	links   []placed
	left    [][]int // of each node: links at its left side, in order
	right   [][]int
	high    []int // height of each node
	y       []int // top of each node
	bands   map[string]Rect
	end     int   // where the bands end
	x       []int // left of each column's nodes
	gutters []gutter
}

// placed is a link with its ends in drawing order.
type placed struct {
	a, b    int  // left and right node; equal columns when same
	same    bool // both ends use their left side; b carries the label
	reverse bool // the arrow points at a
}

// band is one boundary of our side with what stands in it.
type band struct {
	boundary int     // index in the view; -1 for the root
	own      [][]int // nodes of the boundary itself, by column
	children []*band
	order    []int // of own (-1) and children (index)
	depth    int   // of nesting below
}

// gutter is the room to the left of a column.
type gutter struct {
	curve int // width of the part where lines bend
	label int // width of the part where labels stand; 0 without
	bends int // x where bending starts
	stand int // x of the right end of the labels
}

// layout places everything of a view.
func (v *view) layout() *Layout {
	l := &layouter{v: v, index: make(map[string]int, len(v.nodes)), bands: map[string]Rect{}}
	l.label = labelHigh
	if v.dense() {
		l.label = labelLow
	}
	l.row = l.label + labelGap
	for i, n := range v.nodes {
		l.index[n.ID] = i
	}
	l.assign()
	l.connect()
	l.measure()
	l.tree()
	l.arrange()
	return l.finish()
}

// assign gives every node its column.
func (l *layouter) assign() {
	n := len(l.v.nodes)
	next := make([][]int, n)
	distance := make([]int, n)
	var queue []int
	for i := range distance {
		distance[i] = -1
	}
	near := func(i int) {
		if distance[i] < 0 && !isPartner(l.v.nodes[i].Boundary) {
			distance[i] = 0
			queue = append(queue, i)
		}
	}
	for _, k := range l.v.links {
		a, b := l.index[k.From], l.index[k.To]
		switch pa, pb := isPartner(l.v.nodes[a].Boundary), isPartner(l.v.nodes[b].Boundary); {
		case pa && !pb:
			near(b)
		case pb && !pa:
			near(a)
		case !pa && !pb:
			next[a], next[b] = append(next[a], b), append(next[b], a)
		}
	}
	slices.Sort(queue)
	far := 0
	for start := 0; start <= n; start++ {
		for len(queue) > 0 {
			i := queue[0]
			queue = queue[1:]
			far = max(far, distance[i])
			for _, j := range next[i] {
				if distance[j] < 0 {
					distance[j] = min(distance[i]+1, maxColumns-1)
					queue = append(queue, j)
				}
			}
		}
		if start < n {
			near(start) // not joined to the partner at all: stands beside it
		}
	}
	l.ours = far + 1
	l.columns = l.ours + 2
	l.column = make([]int, n)
	for i, node := range l.v.nodes {
		switch {
		case node.Kind == NodeSubprocessor:
			l.column[i] = l.ours + 1
			l.subs = append(l.subs, i)
		case isPartner(node.Boundary):
			l.column[i] = l.ours
			l.partner = append(l.partner, i)
		default:
			l.column[i] = far - distance[i]
		}
	}
}

// connect turns the links into drawing order and hangs them on their nodes.
func (l *layouter) connect() {
	l.left, l.right = make([][]int, len(l.v.nodes)), make([][]int, len(l.v.nodes))
	l.links = make([]placed, len(l.v.links))
	for i, k := range l.v.links {
		p := placed{a: l.index[k.From], b: l.index[k.To]}
		switch ca, cb := l.column[p.a], l.column[p.b]; {
		case ca == cb:
			p.same = true
			l.left[p.a] = append(l.left[p.a], i)
			l.left[p.b] = append(l.left[p.b], i)
		case ca > cb:
			p.a, p.b, p.reverse = p.b, p.a, true
			fallthrough
		default:
			l.right[p.a] = append(l.right[p.a], i)
			l.left[p.b] = append(l.left[p.b], i)
		}
		l.links[i] = p
	}
}

// measure gives every node its height: room for its text and for its ports.
func (l *layouter) measure() {
	l.high = make([]int, len(l.v.nodes))
	l.y = make([]int, len(l.v.nodes))
	for i, n := range l.v.nodes {
		text := 2*nodePad - 4 + len(nameLines(n))*titleLine + smallLine
		l.high[i] = max(text, len(l.left[i])*l.row+4, len(l.right[i])*portRow+8)
	}
}

// tree makes the bands of our side.
func (l *layouter) tree() {
	l.root = &band{boundary: -1, own: make([][]int, l.ours)}
	at := map[string]*band{}
	for i, b := range l.v.boundaries {
		if isPartner(b.ID) {
			continue
		}
		x := &band{boundary: i, own: make([][]int, l.ours)}
		at[b.ID] = x
		parent := at[b.Parent]
		if parent == nil {
			parent = l.root
		}
		parent.children = append(parent.children, x)
	}
	for i, n := range l.v.nodes {
		if x := at[n.Boundary]; x != nil {
			x.own[l.column[i]] = append(x.own[l.column[i]], i)
		}
	}
	l.root.settle()
}

// settle fixes the first order and the depth of a band.
func (b *band) settle() {
	for _, column := range b.own {
		if len(column) > 0 {
			b.order = []int{-1}
			break
		}
	}
	for i, c := range b.children {
		c.settle()
		b.depth = max(b.depth, c.depth+1)
		b.order = append(b.order, i)
	}
}

// arrange stands the nodes in an order with few crossings: each sweep moves
// nodes and bands to the mean height of what they are joined to, and the best
// order seen is kept.
func (l *layouter) arrange() {
	l.stack()
	best, state := l.cost(), l.save()
	for range sweeps {
		if best == 0 {
			break
		}
		l.sortBand(l.root)
		l.sortColumn(l.partner)
		l.sortColumn(l.subs)
		l.stack()
		if c := l.cost(); c < best {
			best, state = c, l.save()
		}
	}
	l.restore(state)
	l.stack()
	l.swap(best)
}

// swap tries to exchange neighbours, as long as it helps and the drawing is
// small enough for it: sweeps alone get stuck where two moves pull both ways.
func (l *layouter) swap(best int) {
	if l.v.dense() {
		return
	}
	orders := [][]int{l.partner, l.subs}
	l.root.visit(func(b *band) {
		orders = append(append(orders, b.order), b.own...)
	})
	tries := maxSwaps
	for better := true; better; {
		better = false
		for _, order := range orders {
			for i := 0; i+1 < len(order) && tries > 0; i++ {
				tries--
				order[i], order[i+1] = order[i+1], order[i]
				l.stack()
				if c := l.cost(); c < best {
					best, better = c, true
					continue
				}
				order[i], order[i+1] = order[i+1], order[i]
			}
		}
	}
	l.stack()
}

// pull returns the height to which a node's neighbours draw it.
func (l *layouter) pull(i int) int {
	sum, n := 0, 0
	for _, side := range [][]int{l.left[i], l.right[i]} {
		for _, k := range side {
			other := l.links[k].a
			if other == i {
				other = l.links[k].b
			}
			sum += 2*l.y[other] + l.high[other]
			n++
		}
	}
	if n == 0 {
		return 2*l.y[i] + l.high[i]
	}
	return sum / n
}

func (l *layouter) sortColumn(column []int) {
	want := make(map[int]int, len(column))
	for _, i := range column {
		want[i] = l.pull(i)
	}
	slices.SortStableFunc(column, func(a, b int) int { return cmp.Compare(want[a], want[b]) })
}

// sortBand orders a band's nodes and bands; it returns the sum and number of
// the pulls inside.
func (l *layouter) sortBand(b *band) (sum, n int) {
	mean := make(map[int]int, len(b.order))
	for _, item := range b.order {
		s, k := 0, 0
		if item < 0 {
			for _, column := range b.own {
				l.sortColumn(column)
				for _, i := range column {
					s += l.pull(i)
					k++
				}
			}
		} else {
			s, k = l.sortBand(b.children[item])
		}
		if k > 0 {
			mean[item] = s / k
		}
		sum, n = sum+s, n+k
	}
	slices.SortStableFunc(b.order, func(x, y int) int { return cmp.Compare(mean[x], mean[y]) })
	return sum, n
}

// cost counts crossings between neighbouring columns, then length.
func (l *layouter) cost() int {
	type ends struct{ gutter, a, b int }
	lines := make([]ends, 0, len(l.links))
	length := 0
	for _, p := range l.links {
		a, b := 2*l.y[p.a]+l.high[p.a], 2*l.y[p.b]+l.high[p.b]
		length += max(a-b, b-a)
		if !p.same {
			lines = append(lines, ends{l.column[p.b], a, b})
		}
	}
	crossings := 0
	for i, p := range lines {
		for _, q := range lines[:i] {
			if p.gutter == q.gutter && (p.a < q.a && p.b > q.b || p.a > q.a && p.b < q.b) {
				crossings++
			}
		}
	}
	return crossings*1_000_000 + length
}
