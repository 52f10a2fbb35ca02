package cli

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"drawbridge"
	"drawbridge/internal/manifest"
	"drawbridge/internal/spec"
)

// lowConfidence is the confidence below which a guess is listed as open.
const lowConfidence = 0.6

// newResult is what "new --format json" prints.
type newResult struct {
	SchemaVersion string      `json:"schema_version"`
	Dir           string      `json:"dir"`
	Manifest      string      `json:"manifest"`
	Partner       string      `json:"partner"`
	Specification string      `json:"specification,omitempty"`
	Format        string      `json:"format"`
	Operations    int         `json:"operations"`
	Flows         int         `json:"flows"`
	Elements      int         `json:"elements"`
	Levels        []levelTell `json:"levels"`
	Open          openTell    `json:"open"`
	Notes         []string    `json:"notes"`
	Warnings      []string    `json:"warnings"`
	Next          []string    `json:"next"`
}

type levelTell struct {
	Level      string   `json:"level"`
	Elements   int      `json:"elements"`
	Categories []string `json:"categories"`
}

type openTell struct {
	Uncategorised int        `json:"uncategorised"`
	LowConfidence int        `json:"low_confidence"`
	Elements      []openItem `json:"elements"`
}

// openItem is a group of elements that share a name and a guess.
type openItem struct {
	Name       string  `json:"name"`
	Category   string  `json:"category,omitempty"`
	Confidence float64 `json:"confidence,omitempty"`
	Count      int     `json:"count"`
	First      string  `json:"first"` // where it stands first: flow, part and path
}

// tell prints what was written and what is left to do.
func (n *newcomer) tell(api *spec.API, draft *spec.Draft, src source, kept bool, operations int) error {
	r := newResult{
		SchemaVersion: drawbridge.SchemaVersion, Dir: n.out, Format: api.Format, Operations: operations, Flows: len(draft.Integration.Flows),
		Manifest: filepath.ToSlash(filepath.Join(n.out, spec.ManifestName)), Partner: filepath.ToSlash(filepath.Join(n.out, "partners", draft.Partner.ID+".yaml")),
		Levels: n.levels(draft), Open: n.open(draft), Notes: append([]string{}, draft.Notes...), Warnings: []string{},
	}
	if kept {
		r.Specification = filepath.ToSlash(filepath.Join(n.out, src.File))
	} else {
		r.Notes = append(r.Notes, api.Secret+"; the file was not copied, and the manifest names no specification")
	}
	if total := len(api.Operations) + len(api.Webhooks); len(n.operations) == 0 && total > 1 && operations >= total {
		r.Notes = append(r.Notes, fmt.Sprintf("all %d operations were taken; nobody uses all of a partner's API, name those that you will call with --operations", operations))
	}
	for _, w := range api.Warnings {
		r.Warnings = append(r.Warnings, w.String())
	}
	for _, l := range r.Levels {
		r.Elements += l.Elements
	}
	for _, verb := range []string{"validate", "threats", "assess"} {
		r.Next = append(r.Next, "drawbridge "+verb+" "+r.Manifest)
	}
	if n.format == "json" {
		enc := json.NewEncoder(n.env.Stdout)
		enc.SetIndent("", "  ")
		return enc.Encode(r)
	}
	return r.print(n.env.Stdout)
}

// maxTold is the number of lines of one list in text.
const maxTold = 30

func (r *newResult) print(w io.Writer) error {
	fmt.Fprintf(w, "Wrote %s from %s: %s, %s, %s.\n", r.Dir, r.Format, count(r.Operations, "operation"), count(r.Flows, "flow"), count(r.Elements, "data element"))
	for _, f := range []string{r.Manifest, r.Partner, r.Specification} {
		if f != "" {
			fmt.Fprintf(w, "  %s\n", f)
		}
	}
	fmt.Fprintln(w, "\nData, most sensitive first:")
	for _, l := range r.Levels {
		fmt.Fprintf(w, "  %-10s %5d  %s\n", l.Level, l.Elements, some(l.Categories, 6))
	}
	if o := r.Open; o.Uncategorised+o.LowConfidence > 0 {
		fmt.Fprintf(w, "\nLeft open: %s without a category (each counts as restricted), %s below %g confidence.\n",
			count(o.Uncategorised, "data element"), count(o.LowConfidence, "guess"), lowConfidence)
		for i, e := range o.Elements {
			if i == maxTold {
				fmt.Fprintf(w, "  and %d more names; --format json lists them all\n", len(o.Elements)-maxTold)
				break
			}
			guess := "no category"
			if e.Category != "" {
				guess = fmt.Sprintf("%s? (%.2f)", e.Category, e.Confidence)
			}
			fmt.Fprintf(w, "  %4dx %-24s %-34s %s\n", e.Count, e.Name, guess, e.First)
		}
	}
	printList(w, "Noted:", r.Notes)
	printList(w, "Warnings about the specification:", r.Warnings)
	fmt.Fprintf(w, "\nNext: rename our-app, fill in purpose and owners, then\n  %s\n", strings.Join(r.Next, "\n  "))
	fmt.Fprint(w, "To test the partner's sandbox, add a target with two accounts (docs/live-checks.md), then drawbridge test.\n")
	return nil
}

func printList(w io.Writer, title string, lines []string) {
	if len(lines) == 0 {
		return
	}
	fmt.Fprintln(w, "\n"+title)
	for i, l := range lines {
		if i == maxTold {
			fmt.Fprintf(w, "  and %d more; --format json lists them all\n", len(lines)-maxTold)
			return
		}
		fmt.Fprintln(w, "  - "+l)
	}
}

func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	if strings.HasSuffix(noun, "s") {
		return fmt.Sprintf("%d %ses", n, noun)
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

func some(list []string, most int) string {
	if len(list) > most {
		return strings.Join(list[:most], ", ") + fmt.Sprintf(" and %d more", len(list)-most)
	}
	return strings.Join(list, ", ")
}

// levels counts the elements of each level.
func (n *newcomer) levels(draft *spec.Draft) []levelTell {
	counts := map[drawbridge.Level]int{}
	categories := map[drawbridge.Level][]string{}
	draft.Each(func(_ *manifest.Flow, d *manifest.DataElement) {
		level := n.level(d.Category)
		counts[level]++
		if d.Category != "" && !slices.Contains(categories[level], d.Category) {
			categories[level] = append(categories[level], d.Category)
		}
	})
	out := []levelTell{}
	for l := drawbridge.LevelRestricted; l >= drawbridge.LevelUnknown; l-- {
		if counts[l] > 0 {
			slices.Sort(categories[l])
			out = append(out, levelTell{l.String(), counts[l], categories[l]})
		}
	}
	return out
}

func (n *newcomer) level(category string) drawbridge.Level {
	if c, ok := n.taxonomy.Category(category); ok {
		return c.Level
	}
	return drawbridge.LevelUnknown
}

// open groups what nobody can rely on yet.
func (n *newcomer) open(draft *spec.Draft) openTell {
	out := openTell{Elements: []openItem{}}
	index := map[[2]string]int{}
	draft.Each(func(flow *manifest.Flow, d *manifest.DataElement) {
		confidence := 0.0
		switch {
		case d.Source == drawbridge.Declared:
			return
		case d.Category == "":
			out.Uncategorised++
		case d.Confidence != nil && *d.Confidence < lowConfidence:
			out.LowConfidence++
			confidence = *d.Confidence
		default:
			return
		}
		key := [2]string{spec.FieldName(d.Field), d.Category}
		i, ok := index[key]
		if !ok {
			i = len(out.Elements)
			index[key] = i
			out.Elements = append(out.Elements, openItem{
				Name: key[0], Category: d.Category, Confidence: confidence, First: flow.ID + " " + string(d.At) + " " + string(d.Field),
			})
		}
		out.Elements[i].Count++
	})
	slices.SortStableFunc(out.Elements, func(a, b openItem) int {
		return cmp.Or(cmp.Compare(n.level(b.Category), n.level(a.Category)), cmp.Compare(b.Count, a.Count), strings.Compare(a.Name, b.Name))
	})
	return out
}
