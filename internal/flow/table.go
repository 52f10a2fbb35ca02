package flow

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
)

// Table writes the map as aligned text that is Markdown too: the flows, the
// life of the data, and the gaps with the key that fills each.
func (m *Map) Table(w io.Writer) error {
	var b bytes.Buffer
	total := m.Exposure()
	fmt.Fprintf(&b, "# Data map: %s\n\n", markdown(m.Name))
	fmt.Fprintf(&b, "%s, %s. Exposure %.2f points; %.2f without transforms; %.2f if minimised.\n\n",
		markdown(m.Integration), markdown(m.Environment), total.Points, total.Raw, total.Minimal)
	names := map[string]string{}
	for _, n := range m.Nodes {
		names[n.ID] = n.Name
	}
	rows := [][]string{{"Flow", "From", "To", "Data", "Categories", "Exposure", "Saved", "Possible"}}
	for _, e := range m.Edges {
		k := link{e, 1}
		row := []string{e.ID, names[e.From], names[e.To], dataLine(k), strings.Join(e.Categories, ", "), "", "", ""}
		if e.Kind == EdgeFlow {
			row[5] = fmt.Sprintf("%.2f", e.Exposure.Points)
			row[6] = percent(e.Exposure.Saved)
			row[7] = percent(e.Exposure.Possible)
		} else {
			row[0] = linkName(k)
		}
		rows = append(rows, row)
	}
	grid(&b, rows)
	b.WriteString("\nExposure: points that compare flows, not money and not a probability: level of each element x records x recipients x retention x\n" +
		"countries abroad; what nobody answered counts as the most. --format json lists the factors.\n" +
		"Saved: share of the raw exposure that transforms take off. Possible: share that minimising would still take off.\n\n")
	b.WriteString("## Life of the data\n\n")
	rows = [][]string{{"Stage", "Known", "Where", "Detail"}}
	for _, s := range m.Life {
		known := "yes"
		if !s.Known {
			known = "gap"
		}
		rows = append(rows, []string{s.Name, known, whereLine(s, names), s.Detail})
	}
	grid(&b, rows)
	if len(m.Gaps) > 0 {
		fmt.Fprintf(&b, "\n## Gaps (%d)\n\n", len(m.Gaps))
		rows = [][]string{{"Stage", "Answer this key", "Question"}}
		for _, g := range m.Gaps {
			rows = append(rows, []string{g.Stage, g.Key, g.Text})
		}
		grid(&b, rows)
	}
	_, err := w.Write(b.Bytes())
	return err
}

func percent(share float64) string { return fmt.Sprintf("%.0f %%", 100*share) }

// maxCell is how wide one column of a table grows.
const maxCell = 60

// grid writes rows as a Markdown table with aligned columns; the first row is
// the head.
func grid(b *bytes.Buffer, rows [][]string) {
	widths := make([]int, len(rows[0]))
	for _, row := range rows {
		for i := range row {
			row[i] = cmp.Or(markdown(row[i]), "-")
			widths[i] = max(widths[i], min(cells(row[i]), maxCell))
		}
	}
	for i, row := range rows {
		for j, cell := range row {
			fmt.Fprintf(b, "| %s%s ", cell, strings.Repeat(" ", max(widths[j]-cells(cell), 0)))
		}
		b.WriteString("|\n")
		if i == 0 {
			for _, n := range widths {
				b.WriteString("|" + strings.Repeat("-", n+2))
			}
			b.WriteString("|\n")
		}
	}
}

// cells counts the terminal columns of a text, nearly.
func cells(s string) int {
	n := 0
	for _, r := range s {
		if n++; r >= 0x1100 {
			n++
		}
	}
	return n
}

// markdown escapes what would end a cell or start HTML, a link or code.
func markdown(s string) string {
	return strings.NewReplacer(`\`, `\\`, "|", `\|`, "<", `\<`, "](", `]\(`, "`", "'").Replace(clean(s))
}

// Formats lists the formats that [Map.Write] knows.
func Formats() []string { return []string{"table", "svg", "mermaid", "dot", "json"} }

// Write writes the map in one of the [Formats].
func (m *Map) Write(w io.Writer, format string) error {
	writers := []func(io.Writer) error{m.Table, m.SVG, m.Mermaid, m.DOT, m.JSON}
	if i := slices.Index(Formats(), format); i >= 0 {
		return writers[i](w)
	}
	return fmt.Errorf("map format %q is not known", format)
}
