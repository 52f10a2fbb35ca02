package flow_test

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"drawbridge"
	"drawbridge/internal/flow"
	"drawbridge/internal/manifest"
)

// checkLayout returns what is wrong with a drawing, or "".
func checkLayout(d flow.Drawn) string {
	page := flow.Rect{W: d.W, H: d.H}
	at := map[string]int{}
	for i, b := range d.Boundaries {
		at[b.ID] = i
		if !page.Holds(d.Layout.Boundaries[i]) {
			return fmt.Sprintf("boundary %s %v leaves the page %v", b.ID, d.Layout.Boundaries[i], page)
		}
	}
	for i, b := range d.Boundaries {
		name := flow.Rect{X: d.Headers[i].X, Y: d.Headers[i].Y - 11, W: 120, H: 14}
		if !d.Layout.Boundaries[i].Holds(name) {
			return fmt.Sprintf("the name of boundary %s %v leaves its frame", b.ID, name)
		}
		for j, r := range d.Layout.Nodes {
			if name.Overlaps(r) {
				return fmt.Sprintf("the name of boundary %s %v lies on node %s %v", b.ID, name, d.Nodes[j].ID, r)
			}
		}
	}
	related := func(a, b string) bool {
		return strings.HasPrefix(a, b+"/") || strings.HasPrefix(b, a+"/")
	}
	for i, a := range d.Boundaries {
		ra := d.Layout.Boundaries[i]
		if p, ok := at[a.Parent]; ok && !d.Layout.Boundaries[p].Holds(ra) {
			return fmt.Sprintf("boundary %s %v is not inside %s %v", a.ID, ra, a.Parent, d.Layout.Boundaries[p])
		}
		for j, b := range d.Boundaries[:i] {
			if !related(a.ID, b.ID) && ra.Overlaps(d.Layout.Boundaries[j]) {
				return fmt.Sprintf("boundaries %s %v and %s %v overlap", a.ID, ra, b.ID, d.Layout.Boundaries[j])
			}
		}
	}
	for i, n := range d.Nodes {
		r := d.Layout.Nodes[i]
		for j, b := range d.Boundaries {
			inside := n.Boundary == b.ID || strings.HasPrefix(n.Boundary, b.ID+"/")
			if rb := d.Layout.Boundaries[j]; inside && !rb.Holds(r) || !inside && rb.Overlaps(r) {
				return fmt.Sprintf("node %s %v of %s and boundary %s %v", n.ID, r, n.Boundary, b.ID, rb)
			}
		}
		for j := range i {
			if r.Overlaps(d.Layout.Nodes[j]) {
				return fmt.Sprintf("nodes %s %v and %s %v overlap", n.ID, r, d.Nodes[j].ID, d.Layout.Nodes[j])
			}
		}
	}
	return checkRoutes(d, page)
}

func checkRoutes(d flow.Drawn, page flow.Rect) string {
	for i, route := range d.Routes {
		l := route.Label
		if !page.Holds(l) {
			return fmt.Sprintf("label of %s %v leaves the page %v", d.Edges[i].ID, l, page)
		}
		for j := range i {
			if l.Overlaps(d.Routes[j].Label) {
				return fmt.Sprintf("labels of %s %v and %s %v overlap", d.Edges[i].ID, l, d.Edges[j].ID, d.Routes[j].Label)
			}
		}
		for j, r := range d.Layout.Nodes {
			if l.Overlaps(r) {
				return fmt.Sprintf("label of %s %v lies on node %s %v", d.Edges[i].ID, l, d.Nodes[j].ID, r)
			}
		}
		for _, p := range sample(route.Points) {
			for j, r := range d.Layout.Nodes {
				if p.X > r.X && p.X < r.X+r.W && p.Y > r.Y && p.Y < r.Y+r.H {
					return fmt.Sprintf("line %s runs through node %s at %v", d.Edges[i].ID, d.Nodes[j].ID, p)
				}
			}
			for j, other := range d.Routes {
				r := other.Label
				if i != j && p.X > r.X && p.X < r.X+r.W && p.Y > r.Y && p.Y < r.Y+r.H {
					return fmt.Sprintf("line %s runs under the label of %s at %v", d.Edges[i].ID, d.Edges[j].ID, p)
				}
			}
		}
		if msg := checkEnds(d, i); msg != "" {
			return msg
		}
	}
	return ""
}

// checkEnds holds the ends of a line to the borders of its two nodes, and the
// arrow to the one that is called.
func checkEnds(d flow.Drawn, i int) string {
	e, route := d.Edges[i], d.Routes[i]
	from, to := route.Points[0], route.Points[len(route.Points)-1]
	if route.Reverse {
		from, to = to, from
	}
	for _, end := range []struct {
		id string
		p  flow.Point
	}{{e.From, from}, {e.To, to}} {
		for j, n := range d.Nodes {
			r := d.Layout.Nodes[j]
			if n.ID == end.id && (end.p.X != r.X && end.p.X != r.X+r.W || end.p.Y < r.Y || end.p.Y > r.Y+r.H) {
				return fmt.Sprintf("line %s ends at %v, not at the border of %s %v", e.ID, end.p, n.ID, r)
			}
		}
	}
	return ""
}

// sample returns points along a chain of Bézier curves.
func sample(p []flow.Point) []flow.Point {
	var out []flow.Point
	for i := 0; i+3 < len(p); i += 3 {
		for s := range 25 {
			t := float64(s) / 24
			u := 1 - t
			mix := func(a, b, c, d int) int {
				return int(u*u*u*float64(a) + 3*u*u*t*float64(b) + 3*u*t*t*float64(c) + t*t*t*float64(d))
			}
			out = append(out, flow.Point{
				X: mix(p[i].X, p[i+1].X, p[i+2].X, p[i+3].X), Y: mix(p[i].Y, p[i+1].Y, p[i+2].Y, p[i+3].Y),
			})
		}
	}
	return out
}

func TestLayoutOfGeneratedSizes(t *testing.T) {
	t.Parallel()
	for _, size := range [][2]int{{0, 0}, {1, 0}, {2, 1}, {2, 12}, {15, 20}, {40, 60}, {100, 150}, {100, 400}, {101, 100}, {500, 800}, {2000, 6000}} {
		t.Run(fmt.Sprint(size), func(t *testing.T) {
			t.Parallel()
			d := build(t, generated(size[0], size[1])).Draw()
			if msg := checkLayout(d); msg != "" {
				t.Error(msg)
			}
			if len(d.Nodes) > 100 || len(d.Edges) > 240 {
				t.Errorf("%d nodes and %d lines are drawn", len(d.Nodes), len(d.Edges))
			}
			if clustered := size[0] > 100; clustered != strings.Contains(d.Note, "drawn by boundary") {
				t.Errorf("note %q", d.Note)
			}
		})
	}
	if msg := checkLayout(build(t, payments()).Draw()); msg != "" {
		t.Error(msg)
	}
}

// anyBundle draws a manifest of any shape: nested zones, cycles, loops,
// parallel flows, flows between interfaces, sub-processors, long names.
func anyBundle(t *rapid.T) *manifest.Bundle {
	in := &manifest.Integration{ID: "any", Environment: "test"}
	name := rapid.OneOf(rapid.Just(""), rapid.StringN(0, 40, 80), rapid.SampledFrom([]string{
		"A name that is far too long for one box and has to be wrapped or cut somewhere", "Üßé ☃ 漢字漢字漢字漢字漢字漢字漢字漢字", "W", "<script>alert(1)</script>",
	}))
	zone := rapid.SampledFrom([]string{"", "internal", "internal/pci", "internal/pci/vault", "internal/office", "internet", "partner", "dmz/a/b/c/d/e/f/g"})
	var ids []string
	for i := range rapid.IntRange(0, 30).Draw(t, "systems") {
		id := fmt.Sprintf("s%d", i)
		ids = append(ids, id)
		in.Systems = append(in.Systems, manifest.System{
			ID: id, Name: name.Draw(t, "name"), Zone: zone.Draw(t, "zone"), Kind: rapid.SampledFrom([]string{"", "store", "user", "job"}).Draw(t, "kind"),
		})
	}
	for i := range rapid.IntRange(0, 20).Draw(t, "interfaces") {
		id := fmt.Sprintf("i%d", i)
		ids = append(ids, id)
		in.Interfaces = append(in.Interfaces, manifest.Interface{
			ID: id, Name: name.Draw(t, "name"), Kind: rapid.SampledFrom(drawbridge.InterfaceKinds()).Draw(t, "kind"), Direction: drawbridge.Outbound,
		})
	}
	b := &manifest.Bundle{Integration: in}
	if rapid.Bool().Draw(t, "partner") {
		b.Partner = &manifest.Partner{ID: "p", Subprocessors: []manifest.Subprocessor{{ID: "one"}, {ID: "two", Name: name.Draw(t, "sub")}}}
	}
	if len(ids) == 0 {
		return b
	}
	for i := range rapid.IntRange(0, 90).Draw(t, "flows") {
		f := manifest.Flow{
			ID: fmt.Sprintf("f%d", i), Name: name.Draw(t, "name"),
			From: rapid.SampledFrom(ids).Draw(t, "from"), To: rapid.SampledFrom(ids).Draw(t, "to"),
		}
		f.SharedWith = rapid.SampledFrom([][]string{nil, {}, {"one"}, {"three", "four"}}).Draw(t, "shared")
		if c := rapid.SampledFrom([]string{"none", "", "contact.email", "finance.card.pan"}).Draw(t, "category"); c != "none" {
			f.Data = []manifest.DataElement{{At: drawbridge.AtRequest, Field: "/a", Category: c}, {At: drawbridge.AtResponse, Field: "/b", Category: c, Transform: "hmac"}}
		}
		in.Flows = append(in.Flows, f)
	}
	return b
}

func TestLayoutOfAnyMap(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		m := mustBuild(t, anyBundle(t))
		d := m.Draw()
		if msg := checkLayout(d); msg != "" {
			t.Fatal(msg)
		}
		if !reflect.DeepEqual(d, m.Draw()) {
			t.Fatal("two layouts of one map differ")
		}
	})
}
