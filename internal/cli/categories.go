package cli

import (
	"encoding/json"
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"drawbridge"
	"drawbridge/internal/taxonomy"
)

func newCategories(env *Env) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "categories [ID]",
		Short: "List the data categories, or show one",
		Long: `List the data categories that a manifest may name, each with its sensitivity
level and regulatory tags. With an id, show everything about that category: the
words by which a field is recognised, and what happens to it by default.`,
		Example: "  drawbridge categories\n  drawbridge categories contact.email\n  drawbridge categories finance.card.pan --format json",
		Args:    cobra.MaximumNArgs(1),
	}
	format := formatFlag(cmd, "text", "json")
	t := taxonomy.Builtin
	cmd.ValidArgsFunction = func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		var ids []string
		for _, c := range t().Categories() {
			ids = append(ids, c.ID)
		}
		return ids, cobra.ShellCompDirectiveNoFileComp
	}
	cmd.RunE = func(_ *cobra.Command, args []string) error {
		if len(args) == 1 {
			return showCategory(env, t(), args[0], *format)
		}
		return listCategories(env, t(), *format)
	}
	return cmd
}

func listCategories(env *Env, t *taxonomy.Taxonomy, format string) error {
	if format == "json" {
		return json.NewEncoder(env.Stdout).Encode(map[string]any{
			"version": t.Version(), "digest": t.Digest(), "levels": t.Levels(), "tags": t.Tags(),
			"categories": t.Categories(), "combos": t.Combos(),
		})
	}
	w := tabwriter.NewWriter(env.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "ID\tNAME\tLEVEL\tTAGS")
	for _, c := range t.Categories() {
		fmt.Fprintf(w, "%s\t%s\t%d %s\t%s\n", c.ID, c.Name, c.Level, c.Level, orDash(strings.Join(c.Tags, " ")))
	}
	return w.Flush()
}

func showCategory(env *Env, t *taxonomy.Taxonomy, id, format string) error {
	c, ok := t.Category(id)
	if !ok {
		hint := "run drawbridge categories to see them all"
		if near := t.Suggest(id); len(near) > 0 {
			hint = "did you mean " + strings.Join(near, " or ") + "?"
		}
		return drawbridge.Errorf(drawbridge.NotFound, "no category is called %q; %s", id, hint)
	}
	if format == "json" {
		return json.NewEncoder(env.Stdout).Encode(c)
	}
	means := map[string]string{}
	for _, tag := range t.Tags() {
		means[tag.ID] = tag.Means
	}
	w := tabwriter.NewWriter(env.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "id\t%s\nname\t%s\nlevel\t%d %s\nidentifies\t%s\n", c.ID, c.Name, c.Level, c.Level, c.Ident)
	fmt.Fprintf(w, "test data\t%s\nundeclared egress\t%s\nfideslang\t%s\n", c.Test, c.Share, c.Fides)
	for _, tag := range c.Tags {
		fmt.Fprintf(w, "tag %s\t%s\n", tag, means[tag])
	}
	fmt.Fprintf(w, "recognised by\t%s\nbut not beside\t%s\nformats\t%s\n", orDash(strings.Join(c.Keys, ", ")), orDash(strings.Join(c.Neg, ", ")), orDash(strings.Join(c.Formats, ", ")))
	return w.Flush()
}

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}
