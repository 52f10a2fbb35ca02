package cli

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"drawbridge"
	"drawbridge/internal/client"
)

const integrationLong = `Integrations are what people have pushed. ID is the manifest's id, with --environment where the id has
several, or the integration's own identifier (int_...).`

func newIntegration(env *Env) *cobra.Command {
	cmd := family("integration", "List integrations, say who answers for them, take them live and leave them", integrationLong,
		newIntegrationList(env), newIntegrationShow(env), newIntegrationAssign(env), newIntegrationHistory(env), newIntegrationAssessments(env), newIntegrationAssess(env), newIntegrationTry(env))
	cmd.AddCommand(integrationLife(env)...)
	return cmd
}

// environmentFlag adds --environment.
func environmentFlag(cmd *cobra.Command, environment *string) {
	cmd.Flags().StringVar(environment, "environment", "", "environment of the integration; needed when the id has several")
}

// integrationOf takes the identifier of an integration, or looks its key up.
func integrationOf(ctx context.Context, c *client.Client, id, environment string) (drawbridge.IntegrationID, error) {
	if drawbridge.ValidID("int", id) {
		return drawbridge.IntegrationID(id), nil
	}
	if environment != "" {
		in, err := c.Find(ctx, client.Key{Slug: id, Environment: environment})
		return in.ID, err
	}
	var found []drawbridge.Integration
	for page := (client.Page{Limit: 200}); ; {
		list, err := c.Integrations(ctx, client.IntegrationFilter{Page: page, Text: id})
		if err != nil {
			return "", err
		}
		for _, in := range list.Items {
			if in.Slug == id {
				found = append(found, in)
			}
		}
		if page.Cursor = list.Next; page.Cursor == "" {
			break
		}
	}
	if len(found) == 1 {
		return found[0].ID, nil
	}
	if len(found) == 0 {
		return "", drawbridge.Errorf(drawbridge.NotFound, "there is no integration %s at %s, or you may not see it", oneLine(id), c.URL())
	}
	var names []string
	for _, in := range found {
		names = append(names, in.Environment)
	}
	return "", usageError{fmt.Errorf("%s has several environments: give --environment %s", id, strings.Join(names, " or "))}
}

func newIntegrationList(env *Env) *cobra.Command {
	var f client.IntegrationFilter
	cmd := &cobra.Command{
		Use: "list", Short: "List the integrations that you may see", Args: cobra.NoArgs,
		Example: "  drawbridge integration list\n  drawbridge integration list --outcome no-go --order risk",
	}
	cmd.Flags().StringVar((*string)(&f.Partner), "partner", "", "only of this partner")
	cmd.Flags().StringVar((*string)(&f.State), "state", "", "only in this state: proposed, live, suspended, exiting or retired")
	cmd.Flags().StringVar((*string)(&f.Tier), "tier", "", "only of this tier: low, medium, high or critical")
	cmd.Flags().StringVar((*string)(&f.Outcome), "outcome", "", "only with this verdict: go, conditional or no-go")
	cmd.Flags().StringVar(&f.Text, "text", "", "only with this text in the id or the name")
	cmd.Flags().StringVar(&f.Order, "order", "id", "by id, name or risk")
	return listing[drawbridge.Integration]{
		read: func(ctx context.Context, c *client.Client, page client.Page, _ []string) (client.List[drawbridge.Integration], error) {
			f.Page = page
			return c.Integrations(ctx, f)
		},
		head: "ID ENVIRONMENT NAME PARTNER STATE VERDICT TIER RISK OWNER", none: "there is no integration that you may see",
		row: func(i drawbridge.Integration) []string {
			return []string{i.Slug, i.Environment, i.Name, string(i.Partner), string(i.State), string(i.Outcome), string(i.Tier), number(i.Residual), string(i.Owner)}
		},
	}.on(env, cmd)
}

func number(f float64) string { return strconv.FormatFloat(f, 'f', 0, 64) }

// shownIntegration is an integration with who may see and change it.
type shownIntegration struct {
	drawbridge.Integration
	Members []drawbridge.PersonID `json:"members"`
}

func newIntegrationShow(env *Env) *cobra.Command {
	var environment string
	cmd := &cobra.Command{
		Use: "show ID", Short: "Show an integration", Args: cobra.ExactArgs(1),
		Example: "  drawbridge integration show acme-payments --environment production",
	}
	environmentFlag(cmd, &environment)
	return question[shownIntegration]{
		ask: func(ctx context.Context, c *client.Client, args []string) (shownIntegration, error) {
			id, err := integrationOf(ctx, c, args[0], environment)
			if err != nil {
				return shownIntegration{}, err
			}
			in, err := c.Integration(ctx, id)
			if err != nil {
				return shownIntegration{}, err
			}
			m, err := c.Members(ctx, id)
			return shownIntegration{in, m.Members}, err
		},
		tell: tellIntegration,
	}.on(env, cmd)
}

func tellIntegration(w io.Writer, i shownIntegration) error {
	members := make([]string, len(i.Members))
	for k, m := range i.Members {
		members[k] = string(m)
	}
	return writeFields(w, "integration", string(i.ID), "id", i.Slug, "environment", i.Environment, "name", i.Name, "partner", string(i.Partner),
		"state", string(i.State), "owner", string(i.Owner), "members", strings.Join(members, ", "),
		"head", fmt.Sprintf("revision %d (%s)", i.Revisions, i.Head), "verdict", string(i.Outcome), "tier", string(i.Tier),
		"risk", "inherent "+number(i.Inherent)+", residual "+number(i.Residual), "since", moment(i.CreatedAt), "changed", moment(i.UpdatedAt))
}

func newIntegrationAssign(env *Env) *cobra.Command {
	var environment, owner, reason string
	var members []string
	var none bool
	cmd := &cobra.Command{
		Use: "assign ID", Short: "Say who answers for an integration, and who may change it besides", Args: cobra.ExactArgs(1),
		Long: `Assign gives an integration another owner, or replaces its members. People are named by their
identifier (per_...) or, by those who may see people, by their address.`,
		Example: `  drawbridge integration assign acme-payments --owner bob@example.com --reason 'Ann left'
  drawbridge integration assign acme-payments --member carol@example.com --member dave@example.com`,
	}
	environmentFlag(cmd, &environment)
	cmd.Flags().StringVar(&owner, "owner", "", "who answers for it")
	cmd.Flags().StringSliceVar(&members, "member", nil, "who may see and change it besides; may be given several times, and replaces those before")
	cmd.Flags().BoolVar(&none, "no-members", false, "nobody besides the owner may change it")
	because(cmd, &reason)
	return question[shownIntegration]{
		check: func([]string) error {
			if owner == "" && len(members) == 0 && !none || none && len(members) > 0 {
				return fmt.Errorf("give --owner, and --member or --no-members, or one of them")
			}
			return nil
		},
		ask: func(ctx context.Context, c *client.Client, args []string) (shownIntegration, error) {
			id, err := integrationOf(ctx, c, args[0], environment)
			if err != nil {
				return shownIntegration{}, err
			}
			to := client.Assign{ByID: client.ByID{ID: string(id)}, Reason: reason}
			if owner != "" {
				if to.Owner, err = personID(ctx, c, owner); err != nil {
					return shownIntegration{}, err
				}
			}
			if none || len(members) > 0 {
				list := make([]drawbridge.PersonID, len(members))
				for i, m := range members {
					if list[i], err = personID(ctx, c, m); err != nil {
						return shownIntegration{}, err
					}
				}
				to.Members = &list
			}
			in, err := c.Integration(ctx, id)
			if err != nil {
				return shownIntegration{}, err
			}
			out, err := c.Assign(ctx, in.Version, to)
			return shownIntegration{out.Integration, out.Members}, err
		},
		tell: tellIntegration,
	}.on(env, cmd)
}

// personID is the identifier of somebody whom the caller may not see, or names
// by their address.
func personID(ctx context.Context, c *client.Client, who string) (drawbridge.PersonID, error) {
	if drawbridge.ValidID("per", who) {
		return drawbridge.PersonID(who), nil
	}
	p, err := personOf(ctx, c, who)
	return p.ID, err
}

func newIntegrationHistory(env *Env) *cobra.Command {
	var environment string
	cmd := &cobra.Command{
		Use: "history ID", Short: "List the acts that changed an integration, newest first", Args: cobra.ExactArgs(1),
		Example: "  drawbridge integration history acme-payments",
	}
	environmentFlag(cmd, &environment)
	id := drawbridge.IntegrationID("")
	return listing[client.HistoryEntry]{
		read: func(ctx context.Context, c *client.Client, page client.Page, args []string) (out client.List[client.HistoryEntry], err error) {
			if id == "" {
				if id, err = integrationOf(ctx, c, args[0], environment); err != nil {
					return out, err
				}
			}
			return c.History(ctx, client.HistoryOf{Page: page, Kind: "integration", ID: string(id)})
		},
		head: "ENTRY TIME WHO ACT CHANGED REASON", none: "nothing is known of its history",
		row: func(e client.HistoryEntry) []string {
			var changed []string
			for _, c := range e.Changes {
				changed = append(changed, c.Op+" "+c.Kind)
			}
			return []string{strconv.FormatInt(e.Seq, 10), moment(e.At), e.Actor, e.Action, strings.Join(changed, ", "), e.Reason}
		},
	}.on(env, cmd)
}

func newIntegrationAssessments(env *Env) *cobra.Command {
	var environment string
	cmd := &cobra.Command{
		Use: "assessments ID", Short: "List the assessments of an integration, newest first", Args: cobra.ExactArgs(1),
		Example: "  drawbridge integration assessments acme-payments",
	}
	environmentFlag(cmd, &environment)
	id := drawbridge.IntegrationID("")
	return listing[drawbridge.Assessment]{
		read: func(ctx context.Context, c *client.Client, page client.Page, args []string) (out client.List[drawbridge.Assessment], err error) {
			if id == "" {
				if id, err = integrationOf(ctx, c, args[0], environment); err != nil {
					return out, err
				}
			}
			return c.Assessments(ctx, client.ListOf{ByID: client.ByID{ID: string(id)}, Page: page})
		},
		head: "ASSESSMENT TIME ORIGIN VERDICT TIER INHERENT RESIDUAL FINDINGS", none: "it was not assessed yet",
		row: func(a drawbridge.Assessment) []string {
			return []string{
				string(a.ID), moment(a.CreatedAt), a.Origin, string(a.Outcome), string(a.Tier), number(a.Inherent), number(a.Residual),
				strconv.FormatInt(a.Findings, 10),
			}
		},
	}.on(env, cmd)
}

func newIntegrationAssess(env *Env) *cobra.Command {
	var environment string
	cmd := &cobra.Command{
		Use: "assess ID", Short: "Have the server assess the head again, now", Args: cobra.ExactArgs(1),
		Long:    "Assess has the head of an integration assessed again, by the packs that the server has now.",
		Example: "  drawbridge integration assess acme-payments",
	}
	environmentFlag(cmd, &environment)
	return question[client.Assessed]{
		ask: func(ctx context.Context, c *client.Client, args []string) (client.Assessed, error) {
			id, err := integrationOf(ctx, c, args[0], environment)
			if err != nil {
				return client.Assessed{}, err
			}
			return c.Assess(ctx, id)
		},
		tell: func(w io.Writer, a client.Assessed) error { return tellAssessment(w, a.Assessment) },
	}.on(env, cmd)
}
