package flow

import (
	"cmp"
	"fmt"
	"strings"

	"drawbridge"
)

// interfaceNames gives the interface kinds as people write them.
var interfaceNames = map[drawbridge.InterfaceKind]string{
	drawbridge.HTTPAPI: "HTTP API", drawbridge.Webhook: "webhook", drawbridge.OAuthApp: "OAuth app",
	drawbridge.SDK: "SDK", drawbridge.Script: "script", drawbridge.File: "file", drawbridge.Queue: "queue",
	drawbridge.Widget: "widget", drawbridge.ModelAPI: "model API",
}

// kindName says what a node is, in words.
func kindName(n Node) string {
	switch n.Kind {
	case NodeInterface:
		name := cmp.Or(interfaceNames[n.InterfaceKind], string(n.InterfaceKind), "interface")
		switch n.Direction {
		case drawbridge.Outbound:
			return name + ", we call"
		case drawbridge.Inbound:
			return name + ", calls us"
		}
		return name
	case NodeSubprocessor:
		return "sub-processor"
	default:
		return cmp.Or(n.System, string(n.Kind))
	}
}

// nodeLine is the small line below a node's name.
func nodeLine(n Node) string {
	line := kindName(n)
	if n.Region != "" {
		line += " · " + clean(n.Region)
	}
	return fit(line, smallSize, nodeWidth-2*nodePad)
}

// nameLines is the name of a node in at most two lines.
func nameLines(n Node) []string {
	return wrap(cmp.Or(clean(n.Name), "(no name)"), titleSize, (nodeWidth-2*nodePad)*7/8, 2)
}

// dataLine says in a few words what moves along a link.
func dataLine(k link) string {
	switch {
	case k.Elements == 0 && k.Raw == drawbridge.LevelUnknown:
		return "no data declared"
	case k.Elements == 0:
		return "nothing crosses"
	}
	var moved []string
	switch k.Kind {
	case EdgeOnward:
		moved = append(moved, plural(k.Elements, "element"))
	default:
		if k.Forward > 0 {
			moved = append(moved, fmt.Sprintf("%d sent", k.Forward))
		}
		if k.Back > 0 {
			moved = append(moved, fmt.Sprintf("%d back", k.Back))
		}
	}
	return levelName(&k.Edge) + " · " + strings.Join(moved, ", ")
}

// linkName is the first line of a label.
func linkName(k link) string {
	name := cmp.Or(clean(k.Name), "(no name)")
	if k.Possible {
		return "may be shared on"
	}
	return name
}

// labelText returns the lines of a label, shortened to what it can hold: the
// name above the data or, when the drawing is dense, the name and the level.
func labelText(k link, dense bool) (name, data string) {
	const room = labelMax - 16
	if dense {
		level := " · " + levelName(&k.Edge)
		return fit(linkName(k), nameSize, room*7/8-width(level, nameSize)) + level, ""
	}
	return fit(linkName(k), nameSize, room*7/8), fit(dataLine(k), smallSize, room)
}

// labelWidth returns how wide a label has to be.
func labelWidth(k link, dense bool) int {
	name, data := labelText(k, dense)
	return max(bold(name, nameSize), width(data, smallSize)) + 16
}

// levelClass picks the colour of an edge: unknown data is drawn as unknown,
// because nobody can say that it is less.
func levelClass(e *Edge) string {
	if e.Unknown > 0 || e.Elements == 0 && e.Raw == drawbridge.LevelUnknown {
		return drawbridge.LevelUnknown.String()
	}
	if e.Elements == 0 {
		return drawbridge.LevelPublic.String()
	}
	return e.Level.String()
}
