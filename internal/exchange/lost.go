package exchange

import (
	"fmt"

	"drawbridge/internal/yaml"
)

// kept lists, for each kind of object, the keys that a Threagile model holds.
var kept = map[string][]string{
	"":           {"apiVersion", "kind", "id", "environment", "name", "purpose", "partner"},
	"systems":    {"id", "name", "kind", "zone", "owner"},
	"interfaces": {"id", "name", "kind", "direction"},
	"flows":      {"id", "name", "from", "to", "data"},
}

// nearly lists keys of which a Threagile model holds a coarser form.
var nearly = map[string]string{
	"owners":               "the business owner is written as the author",
	"criticality":          "only a business criticality is written",
	"interfaces.protocols": "one protocol of the format's own list is written",
	"interfaces.formats":   "the nearest formats of the format's own list are written",
	"interfaces.auth":      "only the kind of authentication is written, on each link",
	"flows.mutates":        "only whether a link is read-only is written",
}

// listLost lists every stated key that a Threagile model does not hold.
func listLost(c *carried, l *losses) {
	lost(l, "", "", &c.rest)
	for _, part := range []struct {
		kind  string
		items map[string]yaml.Node
	}{{"systems", c.systems}, {"interfaces", c.interfaces}, {"flows", c.flows}} {
		for _, id := range sortedKeys(part.items) {
			n := part.items[id]
			where := fmt.Sprintf("%s[%s].", part.kind, id)
			lost(l, part.kind, where, &n)
			for _, d := range items(get(&n, "data")) {
				l.add(fmt.Sprintf("%sdata[%s %s]", where, str(d, "at"), str(d, "field")),
					"only its category and its direction are written, not its field, need or transform")
			}
		}
	}
	if c.partner != nil {
		l.add("partner", "of the partner's file only the names of partner and sub-processors are written")
	}
}

func lost(l *losses, kind, where string, n *yaml.Node) {
	held := map[string]bool{}
	for _, k := range kept[kind] {
		held[k] = true
	}
	for _, e := range entries(n) {
		if held[e.key] {
			continue
		}
		full := e.key
		if kind != "" {
			full = kind + "." + e.key
		}
		if what := nearly[full]; what != "" {
			l.add(where+e.key, "%s", what)
			continue
		}
		l.add(where+e.key, "the format has no place for it")
	}
}
