package web

import (
	"bytes"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"drawbridge"
	"drawbridge/internal/assess"
	"drawbridge/internal/flow"
	"drawbridge/internal/web/view"
)

// zooms are the sizes in which a map is shown; the first fits it into the page.
var zooms = []struct {
	name  string
	scale float64
}{{"fit", 0}, {"100", 1}, {"150", 1.5}, {"200", 2}, {"300", 3}}

// dossierMap is the data map with what was found on it.
func (p *page) dossierMap() (templ.Component, error) {
	d, err := p.dossier("/map")
	if err != nil {
		return nil, err
	}
	a, err := p.document(d)
	if err != nil {
		return nil, err
	}
	q := p.R.URL.Query()
	at, zoom := q.Get("at"), q.Get("zoom")
	marks, worst := found(a)
	scale := 0.0
	out := view.Map{Head: d.head, At: at, File: d.base + "/map.svg"}
	for _, z := range zooms {
		here := z.name == zoom || zoom == "" && z.scale == 0
		if here {
			scale = z.scale
		}
		text := z.name + " %"
		if z.scale == 0 {
			text = "fit"
		}
		out.Zooms = append(out.Zooms, view.Tab{Link: view.Link{Text: text, To: address(d.base+"/map", q, "zoom", z.name)}, Here: here})
	}
	var b bytes.Buffer
	err = a.Map.Inset(&b, flow.Drawing{Scale: scale, Marks: marks, At: at, To: func(id string) string {
		return d.base + "/map?" + url.Values{"at": {id}, "zoom": {zoom}}.Encode() + "#elements"
	}})
	if err != nil {
		return nil, err
	}
	out.Drawing = b.String()
	elements(&out, a, d, worst)
	return view.MapPage(out), nil
}

// found are the findings by the element that they are at, and the worst of each.
func found(a *assess.Assessment) (map[string]flow.Mark, map[string]drawbridge.Severity) {
	marks, worst := map[string]flow.Mark{}, map[string]drawbridge.Severity{}
	add := func(element string, s drawbridge.Severity) {
		m := marks[element]
		m.Count++
		if had, ok := worst[element]; !ok || s.Rank() > had.Rank() {
			worst[element] = s
		}
		m.Class = "warn"
		if worst[element].Rank() >= drawbridge.High.Rank() {
			m.Class = "bad"
		}
		m.Text = view.Count(m.Count, "finding") + ", the worst " + string(worst[element])
		marks[element] = m
	}
	for i := range a.Threats {
		if t := &a.Threats[i]; t.State == drawbridge.ThreatOpen {
			add(t.Element, t.Severity)
		}
	}
	for i := range a.Checks {
		if c := &a.Checks[i]; c.Verdict == drawbridge.Fail {
			add(c.Interface, c.Severity)
		}
	}
	return marks, worst
}

// elements say in tables what the drawing shows.
func elements(out *view.Map, a *assess.Assessment, d *dossierPage, worst map[string]drawbridge.Severity) {
	names := map[string]string{}
	marks, _ := found(a)
	mark := func(id string) view.Spot {
		return view.Spot{Count: marks[id].Count, Severity: worst[id], To: d.base + "/threats?" + url.Values{"at": {id}}.Encode()}
	}
	for i := range a.Map.Nodes {
		n := &a.Map.Nodes[i]
		names[n.ID] = n.Name
		kind := view.Words(string(n.Kind))
		if n.InterfaceKind != "" {
			kind += ", " + view.Words(string(n.InterfaceKind))
		}
		out.Nodes = append(out.Nodes, view.Node{ID: n.ID, Name: n.Name, Kind: kind, Boundary: n.Boundary, Owner: n.Owner, Region: n.Region, Spot: mark(n.ID), Here: n.ID == out.At})
	}
	for i := range a.Map.Edges {
		e := &a.Map.Edges[i]
		out.Flows = append(out.Flows, view.Flow{
			ID: e.ID, Name: e.Name, From: names[e.From], To: names[e.To], Level: e.Level.String(), Fields: e.Elements, Unknown: e.Unknown,
			Categories: e.Categories, Points: e.Exposure.Points, Crosses: e.Crosses, Onward: e.Kind == flow.EdgeOnward, Spot: mark(e.ID), Here: e.ID == out.At,
		})
	}
	out.Whole = mark("integration")
	for _, s := range a.Map.Life {
		out.Life = append(out.Life, view.Stage{Name: s.Name, Known: s.Known, Where: strings.Join(s.Where, ", "), Detail: s.Detail})
	}
	for _, g := range a.Map.Gaps {
		out.Gaps = append(out.Gaps, view.MapGap{Element: g.Element, Stage: g.Stage, Text: g.Text, Key: g.Key})
	}
	out.Missing = out.At != "" && out.At != "integration" && !slices.ContainsFunc(out.Nodes, func(n view.Node) bool { return n.Here }) && !slices.ContainsFunc(out.Flows, func(f view.Flow) bool { return f.Here })
	out.Exposure = strconv.FormatFloat(a.Exposure.Points, 'f', 0, 64)
}

// mapFile sends the map as a drawing of its own.
func (p *page) mapFile() error {
	d, err := p.dossier("/map")
	if err != nil {
		return err
	}
	a, err := p.document(d)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	if err := a.Map.SVG(&b); err != nil {
		return err
	}
	p.attach("image/svg+xml", d.Integration.Slug+"-map.svg", true)
	_, _ = p.W.Write(b.Bytes()) // the reader may be gone
	return nil
}
