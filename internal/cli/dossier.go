package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"drawbridge"
	"drawbridge/internal/client"
)

const dossierLong = `A dossier is everything on file about an integration or a partner: the data, the controls, reviews,
decisions, evidence and whether it counts now, discussions, contracts, risks and what comes with them.
Parts that your roles do not show are named. History tells of any record who changed which field, when and why.`

func newDossier(env *Env) *cobra.Command {
	return family("dossier", "Show everything on file, and the history of every field", dossierLong,
		newDossierIntegration(env), newDossierPartner(env), newDossierHistory(env))
}

func newDossierIntegration(env *Env) *cobra.Command {
	var environment string
	cmd := &cobra.Command{
		Use: "integration ID", Short: "Show everything on file about an integration", Args: cobra.ExactArgs(1),
		Example: "  drawbridge dossier integration acme-payments\n  drawbridge dossier integration acme-payments --format json",
	}
	environmentFlag(cmd, &environment)
	return question[drawbridge.Dossier]{
		ask: func(ctx context.Context, c *client.Client, args []string) (drawbridge.Dossier, error) {
			id, err := integrationOf(ctx, c, args[0], environment)
			if err != nil {
				return drawbridge.Dossier{}, err
			}
			return c.Dossier(ctx, id)
		},
		tell: func(w io.Writer, d drawbridge.Dossier) error {
			in := d.Integration
			if err := writeFields(w, "integration", string(in.ID), "id", in.Slug, "environment", in.Environment, "name", in.Name, "partner", string(in.Partner),
				"state", string(in.State), "verdict", string(in.Outcome), "tier", string(in.Tier), "risk", "inherent "+number(in.Inherent)+", residual "+number(in.Residual),
				"as of", moment(d.AsOf)); err != nil {
				return err
			}
			return tellSections(w, d, d.Withheld)
		},
	}.on(env, cmd)
}

func newDossierPartner(env *Env) *cobra.Command {
	return question[drawbridge.PartnerDossier]{
		ask: func(ctx context.Context, c *client.Client, args []string) (drawbridge.PartnerDossier, error) {
			return c.PartnerDossier(ctx, drawbridge.PartnerID(args[0]))
		},
		tell: func(w io.Writer, d drawbridge.PartnerDossier) error {
			if err := writeFields(w, "partner", string(d.Partner.ID), "name", d.Partner.Name, "country", d.Partner.Country, "as of", moment(d.AsOf)); err != nil {
				return err
			}
			return tellSections(w, d, d.Withheld)
		},
	}.on(env, &cobra.Command{
		Use: "partner ID", Short: "Show everything on file about a partner", Args: cobra.ExactArgs(1), Example: "  drawbridge dossier partner acme-pay",
	})
}

// tellSections prints each section of a dossier that holds something, a line for
// each record: what names it, its state, and what it says. JSON has the rest.
func tellSections(w io.Writer, dossier any, withheld []string) error {
	data, err := json.Marshal(dossier)
	if err != nil {
		return fmt.Errorf("encode the dossier: %w", err)
	}
	var parts map[string]json.RawMessage
	if err := json.Unmarshal(data, &parts); err != nil {
		return fmt.Errorf("read the dossier: %w", err)
	}
	for _, name := range slices.Sorted(maps.Keys(parts)) {
		var s drawbridge.Section[map[string]any]
		if json.Unmarshal(parts[name], &s) != nil || len(s.Items) == 0 {
			continue
		}
		fmt.Fprintf(w, "\n%s (%d)\n", strings.ReplaceAll(name, "_", " "), s.Total)
		rows := make([][]string, len(s.Items))
		for i, item := range s.Items {
			rows[i] = []string{"  " + first(item, "id", "category"), first(item, "state", "outcome", "known", "cause"), first(item, "title", "name", "text", "kind", "statement", "event", "legal_name", "reason"), whether(item)}
		}
		if err := writeTable(w, []string{"  WHICH", "STATE", "WHAT", "NOW"}, rows); err != nil {
			return err
		}
	}
	if len(withheld) > 0 {
		fmt.Fprintf(w, "\nnot shown to your roles: %s\n", strings.Join(withheld, ", "))
	}
	return nil
}

// first is the first of some fields that says something.
func first(item map[string]any, names ...string) string {
	for _, n := range names {
		if s, ok := item[n].(string); ok && s != "" {
			return s
		}
	}
	return ""
}

// whether tells what is computed about a record.
func whether(item map[string]any) string {
	for _, x := range []struct{ field, yes, no string }{
		{"counts", "counts", "does not count"}, {"holds", "holds", "does not hold"}, {"overdue", "overdue", ""},
	} {
		if v, ok := item[x.field].(bool); ok {
			if v {
				return x.yes
			}
			return strings.TrimSuffix(x.no+": "+first(item, "why"), ": ")
		}
	}
	return ""
}

func newDossierHistory(env *Env) *cobra.Command {
	return listing[client.HistoryEntry]{
		read: func(ctx context.Context, c *client.Client, page client.Page, args []string) (client.List[client.HistoryEntry], error) {
			return c.History(ctx, client.HistoryOf{Page: page, Kind: args[0], ID: args[1]})
		},
		head: "ENTRY TIME WHO ACT FIELDS REASON", none: "nothing is known of its history",
		row: func(e client.HistoryEntry) []string {
			var fields []string
			for _, c := range e.Changes {
				for _, f := range slices.Sorted(maps.Keys(c.New)) {
					if c.Op == "create" || f == "updated_at" {
						continue
					}
					fields = append(fields, fmt.Sprintf("%s: %v -> %v", f, c.Old[f], c.New[f]))
				}
				if c.Op == "create" {
					fields = append(fields, "new "+c.Kind)
				}
			}
			return []string{strconv.FormatInt(e.Seq, 10), moment(e.At), e.Actor, e.Action, strings.Join(fields, ", "), e.Reason}
		},
	}.on(env, &cobra.Command{
		Use: "history KIND ID", Short: "List who changed which field of a record, when and why", Args: cobra.ExactArgs(2),
		Example: "  drawbridge dossier history evidence evd_01...",
	})
}
