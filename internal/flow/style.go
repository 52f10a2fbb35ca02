package flow

import (
	"fmt"
	"strings"
	"sync"

	"drawbridge"
)

// colour is one named colour of the drawings, for light and dark surroundings.
type colour struct {
	name, light, dark string
}

// palette lists every colour. A test holds text to a contrast of 4.5 and lines
// to 3 against what they stand on, in both.
var palette = []colour{
	{"paper", "#ffffff", "#10151c"},
	{"ink", "#17212e", "#e9eef5"},
	{"soft", "#475467", "#aebac9"},
	{"line", "#6b7a8d", "#8393a6"},
	{"node", "#ffffff", "#0c1118"},
	{"ours-0", "#f3f6fa", "#18202a"},
	{"ours-1", "#e8eef6", "#1f2935"},
	{"partner-0", "#fcf6ec", "#231d15"},
	{"partner-1", "#f7ead6", "#2e261b"},
	{"public", "#e2f2e5", "#143020"},
	{"public-ink", "#17592b", "#98dbaa"},
	{"internal", "#dfebfa", "#132d4c"},
	{"internal-ink", "#174a86", "#a4ccfb"},
	{"personal", "#fdf0c4", "#3b2f0a"},
	{"personal-ink", "#6a4a00", "#f1d07a"},
	{"sensitive", "#ffe0c9", "#45260e"},
	{"sensitive-ink", "#8c3800", "#ffbe91"},
	{"restricted", "#fbd6d8", "#4c191f"},
	{"restricted-ink", "#931222", "#ffb5ba"},
	{"unknown", "#e9e1f8", "#312049"},
	{"unknown-ink", "#5a2b97", "#d4bbff"},
}

func light(name string) string {
	for _, c := range palette {
		if c.name == name {
			return c.light
		}
	}
	return ""
}

// style returns the style sheet, which never changes.
var style = sync.OnceValue(writeStyle)

// properties gives each colour its name within a drawing.
func properties(b *strings.Builder, value func(colour) string) {
	b.WriteString(".drawmap{")
	for _, c := range palette {
		fmt.Fprintf(b, "--map-%s:%s;", c.name, value(c))
	}
	b.WriteString("}\n")
}

// writeStyle writes the style sheet of a drawing. Every rule gives the light
// colour before the custom property, for readers that do not know properties.
func writeStyle() string {
	var b strings.Builder
	properties(&b, func(c colour) string { return c.light })
	b.WriteString("@media (prefers-color-scheme:dark){")
	properties(&b, func(c colour) string { return c.dark })
	b.WriteString("}\n@media print{")
	properties(&b, func(c colour) string { return c.light })
	b.WriteString("}\n")
	rules(&b)
	return b.String()
}

// rules writes what is drawn in which colour.
func rules(b *strings.Builder) {
	rule := func(selector string, pairs ...string) {
		b.WriteString(".drawmap " + selector + "{")
		for i := 0; i+1 < len(pairs); i += 2 {
			fmt.Fprintf(b, "%[1]s:%[2]s;%[1]s:var(--map-%[3]s);", pairs[i], light(pairs[i+1]), pairs[i+1])
		}
		b.WriteString("}\n")
	}
	b.WriteString(".drawmap{font-family:system-ui,-apple-system,\"Segoe UI\",Roboto,\"Helvetica Neue\",Arial,sans-serif;max-width:100%;height:auto}\n")
	b.WriteString(".drawmap text{font-size:11px}.drawmap .h{font-size:18px;font-weight:600}.drawmap .t{font-size:13px;font-weight:600}.drawmap .n{font-size:12px;font-weight:600}\n")
	b.WriteString(".drawmap path{fill:none;stroke-width:1.6}.drawmap .gap{stroke-dasharray:3 3}.drawmap .may{stroke-dasharray:5 4}.drawmap .b rect{stroke-dasharray:7 4}\n")
	rule(".paper", "fill", "paper")
	rule("text", "fill", "ink")
	rule(".s", "fill", "soft")
	rule(".b rect", "stroke", "line")
	for _, name := range []string{"ours-0", "ours-1", "partner-0", "partner-1"} {
		rule("."+name+" rect", "fill", name)
	}
	rule(".v rect", "fill", "node", "stroke", "ink")
	rule(".v path", "stroke", "ink")
	rule(".v .bar", "fill", "ink", "stroke", "ink")
	rule(".life rect", "fill", "paper", "stroke", "line")
	rule(".life .gap", "stroke", "unknown-ink")
	rule(".life .g", "fill", "unknown-ink")
	rule(".key path", "stroke", "ink")
	rule(".key .frame", "fill", "ours-0", "stroke", "line")
	for l := drawbridge.LevelUnknown; l <= drawbridge.LevelRestricted; l++ {
		name := l.String()
		rule("."+name+" rect", "fill", name, "stroke", name+"-ink")
		rule("."+name+" path", "stroke", name+"-ink")
		rule("."+name+" .tip", "fill", name+"-ink")
		rule("."+name+" text", "fill", name+"-ink")
	}
}
