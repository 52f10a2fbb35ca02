package cli

import (
	"context"
	"io"

	"github.com/spf13/cobra"

	"drawbridge"
	"drawbridge/internal/client"
)

const conditionLong = `Conditions are what must be met before an integration goes live, or by a day after it. A reviewer of the
named discipline confirms that one is met; an approver may drop one, with a reason.`

func newCondition(env *Env) *cobra.Command {
	return family("condition", "Set, confirm and drop conditions of approvals", conditionLong,
		newConditionList(env), newConditionAdd(env), newConditionMeet(env), newConditionDrop(env))
}

// ofIntegration adds --integration, --environment and --state, and resolves them once.
func ofIntegration(cmd *cobra.Command, states string) func(context.Context, *client.Client, client.Page) (client.OfIntegration, error) {
	var f client.OfIntegration
	var integration, environment string
	cmd.Flags().StringVar(&integration, "integration", "", "only of this one: the manifest's id, or int_...")
	environmentFlag(cmd, &environment)
	cmd.Flags().StringVar(&f.State, "state", "", "only in this state: "+states)
	return func(ctx context.Context, c *client.Client, page client.Page) (client.OfIntegration, error) {
		var err error
		if f.Integration == "" && integration != "" {
			f.Integration, err = integrationOf(ctx, c, integration, environment)
		}
		f.Page = page
		return f, err
	}
}

func newConditionList(env *Env) *cobra.Command {
	cmd := &cobra.Command{
		Use: "list", Short: "List conditions, newest first", Args: cobra.NoArgs,
		Example: "  drawbridge condition list --integration acme-payments --state open",
	}
	filter := ofIntegration(cmd, "open, met or dropped")
	return listing[drawbridge.Condition]{
		read: func(ctx context.Context, c *client.Client, page client.Page, _ []string) (client.List[drawbridge.Condition], error) {
			f, err := filter(ctx, c, page)
			if err != nil {
				return client.List[drawbridge.Condition]{}, err
			}
			return c.Conditions(ctx, f)
		},
		head: "ID STATE WHEN DUE BREACH VERIFIER OWNER TEXT INTEGRATION", none: "there is no such condition among the integrations that you may see",
		row: func(c drawbridge.Condition) []string {
			return []string{c.ID, c.State, whenLive(c), string(c.Due), string(c.Breach), string(c.Verifier), string(c.Owner), c.Text, string(c.Integration)}
		},
	}.on(env, cmd)
}

// whenLive says when a condition must be met.
func whenLive(c drawbridge.Condition) string {
	if c.Before {
		return "before"
	}
	return "after"
}

func tellCondition(w io.Writer, c drawbridge.Condition) error {
	return writeFields(w, "condition", c.ID, "state", c.State, "text", c.Text, "live", whenLive(c), "due", string(c.Due), "breach", string(c.Breach),
		"verifier", string(c.Verifier), "check", c.Check, "owner", string(c.Owner), "evidence", string(c.Evidence), "reason", c.Reason)
}

func newConditionAdd(env *Env) *cobra.Command {
	var in client.NewCondition
	var environment, owner string
	cmd := &cobra.Command{
		Use: "add ID", Short: "Set a condition on an integration", Args: cobra.ExactArgs(1),
		Example: "  drawbridge condition add acme-payments --text 'Sign the agreement' --before --verifier legal --due 2027-01-31",
	}
	environmentFlag(cmd, &environment)
	cmd.Flags().StringVar(&in.Text, "text", "", "what must be met")
	cmd.Flags().BoolVar(&in.Before, "before", false, "it must be met before go-live")
	cmd.Flags().StringVar(&owner, "owner", "", "who answers for it; default the integration's owner")
	cmd.Flags().StringVar((*string)(&in.Verifier), "verifier", "", "who confirms it: security, privacy, legal, product or operations")
	cmd.Flags().StringVar(&in.Check, "check", "", "live check that settles it, like TLS-01")
	cmd.Flags().StringVar((*string)(&in.Due), "due", "", "last day")
	cmd.Flags().StringVar((*string)(&in.Breach), "breach", "warn", "what happens when it is overdue: warn, narrow or suspend")
	return question[drawbridge.Condition]{
		ask: func(ctx context.Context, c *client.Client, args []string) (drawbridge.Condition, error) {
			id, err := integrationOf(ctx, c, args[0], environment)
			if err == nil && owner != "" {
				in.Owner, err = personID(ctx, c, owner)
			}
			if err != nil {
				return drawbridge.Condition{}, err
			}
			in.ByID = client.ByID{ID: string(id)}
			return c.AddCondition(ctx, in)
		},
		tell: tellCondition,
	}.on(env, cmd)
}

func newConditionMeet(env *Env) *cobra.Command {
	var in client.MeetCondition
	cmd := &cobra.Command{
		Use: "met CONDITION", Short: "Confirm that a condition is met", Args: cobra.ExactArgs(1),
		Example: "  drawbridge condition met cnd_... --evidence evd_... --reason 'read it'",
	}
	cmd.Flags().StringVar((*string)(&in.Evidence), "evidence", "", "accepted evidence that shows it, evd_...")
	because(cmd, &in.Reason)
	return question[drawbridge.Condition]{
		check: needReason(&in.Reason),
		ask: func(ctx context.Context, c *client.Client, args []string) (drawbridge.Condition, error) {
			in.ByID = client.ByID{ID: args[0]}
			return c.MeetCondition(ctx, in)
		},
		tell: tellCondition,
	}.on(env, cmd)
}

func newConditionDrop(env *Env) *cobra.Command {
	var reason string
	cmd := &cobra.Command{
		Use: "drop CONDITION", Short: "Drop a condition, as an approver", Args: cobra.ExactArgs(1),
		Example: "  drawbridge condition drop cnd_... --reason 'the feature was cancelled'",
	}
	because(cmd, &reason)
	return question[drawbridge.Condition]{
		check: needReason(&reason),
		ask: func(ctx context.Context, c *client.Client, args []string) (drawbridge.Condition, error) {
			return c.DropCondition(ctx, args[0], reason)
		},
		tell: tellCondition,
	}.on(env, cmd)
}
