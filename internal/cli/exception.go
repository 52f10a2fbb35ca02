package cli

import (
	"context"
	"io"
	"strconv"

	"github.com/spf13/cobra"

	"drawbridge"
	"drawbridge/internal/client"
)

const exceptionLong = `Exceptions accept a threat, a control or a finding for a time. They cover nothing until an approver confirms
them who neither proposed them nor answers for them, and they always end: what they covered then counts again.`

func newException(env *Env) *cobra.Command {
	confirm := func(ctx context.Context, c *client.Client, id, reason string) (drawbridge.Exception, error) {
		return c.ConfirmException(ctx, id, reason)
	}
	refuse := func(ctx context.Context, c *client.Client, id, reason string) (drawbridge.Exception, error) {
		return c.RefuseException(ctx, id, reason)
	}
	revoke := func(ctx context.Context, c *client.Client, id, reason string) (drawbridge.Exception, error) {
		return c.RevokeException(ctx, id, reason)
	}
	return family("exception", "Propose, confirm, renew and revoke exceptions", exceptionLong,
		newExceptionList(env), newExceptionPropose(env),
		newExceptionAct(env, "confirm", "Let a proposal cover what it names, as an approver", confirm),
		newExceptionAct(env, "refuse", "Turn a proposal down, as an approver", refuse),
		newExceptionRenew(env),
		newExceptionAct(env, "revoke", "End an exception before its last day, as an approver", revoke))
}

func newExceptionList(env *Env) *cobra.Command {
	cmd := &cobra.Command{
		Use: "list", Short: "List exceptions, newest first", Args: cobra.NoArgs,
		Example: "  drawbridge exception list --integration acme-payments --state confirmed",
	}
	filter := ofIntegration(cmd, "proposed, confirmed, refused or revoked")
	return listing[drawbridge.Exception]{
		read: func(ctx context.Context, c *client.Client, page client.Page, _ []string) (client.List[drawbridge.Exception], error) {
			f, err := filter(ctx, c, page)
			if err != nil {
				return client.List[drawbridge.Exception]{}, err
			}
			return c.Exceptions(ctx, f)
		},
		head: "ID STATE HOLDS COVERS EXPIRES RENEWALS OWNER REASON INTEGRATION", none: "there is no such exception among the integrations that you may see",
		row: func(x drawbridge.Exception) []string {
			return []string{
				x.ID, x.State, yesNo(x.Holds(env.Now())), x.Covers, string(x.Expires), strconv.FormatInt(x.Renewals, 10), string(x.Owner), x.Reason,
				string(x.Integration),
			}
		},
	}.on(env, cmd)
}

func tellException(w io.Writer, x drawbridge.Exception) error {
	return writeFields(w, "exception", x.ID, "state", x.State, "covers", x.Covers, "expires", string(x.Expires), "renewals", strconv.FormatInt(x.Renewals, 10),
		"reason", x.Reason, "compensating", x.Compensating, "breach", string(x.Breach), "owner", string(x.Owner), "proposed by", string(x.ProposedBy), "approver", string(x.Approver))
}

func newExceptionPropose(env *Env) *cobra.Command {
	var in client.NewException
	var environment, owner string
	cmd := &cobra.Command{
		Use: "propose ID", Short: "Propose to accept something for a time", Args: cobra.ExactArgs(1),
		Example: "  drawbridge exception propose acme-payments --covers T017@charges --expires 2027-03-01 --reason 'fixed in spring'",
	}
	environmentFlag(cmd, &environment)
	cmd.Flags().StringVar(&in.Covers, "covers", "", "what it covers: T017@charges, control:breach-notice or f1-...")
	cmd.Flags().StringVar((*string)(&in.Expires), "expires", "", "last day")
	cmd.Flags().StringVar(&in.Compensating, "compensating", "", "what is done instead")
	cmd.Flags().StringVar(&owner, "owner", "", "who answers for it; default the integration's owner")
	cmd.Flags().StringVar((*string)(&in.Breach), "breach", "warn", "what happens when it ends and what it covered still stands: warn, narrow or suspend")
	because(cmd, &in.Reason)
	return question[drawbridge.Exception]{
		check: needReason(&in.Reason),
		ask: func(ctx context.Context, c *client.Client, args []string) (drawbridge.Exception, error) {
			id, err := integrationOf(ctx, c, args[0], environment)
			if err == nil && owner != "" {
				in.Owner, err = personID(ctx, c, owner)
			}
			if err != nil {
				return drawbridge.Exception{}, err
			}
			in.ByID = client.ByID{ID: string(id)}
			return c.ProposeException(ctx, in)
		},
		tell: tellException,
	}.on(env, cmd)
}

// newExceptionAct is what an approver does with an exception.
func newExceptionAct(env *Env, name, short string, do func(context.Context, *client.Client, string, string) (drawbridge.Exception, error)) *cobra.Command {
	var reason string
	cmd := &cobra.Command{
		Use: name + " EXCEPTION", Short: short, Long: short + ".\n\n" + proofHelp, Args: cobra.ExactArgs(1),
		Example: "  drawbridge exception " + name + " exc_... --reason 'as discussed'",
	}
	because(cmd, &reason)
	return question[drawbridge.Exception]{
		proof: true, check: needReason(&reason),
		ask: func(ctx context.Context, c *client.Client, args []string) (drawbridge.Exception, error) {
			return do(ctx, c, args[0], reason)
		},
		tell: tellException,
	}.on(env, cmd)
}

func newExceptionRenew(env *Env) *cobra.Command {
	var in client.RenewException
	cmd := &cobra.Command{
		Use: "renew EXCEPTION", Short: "Move the last day of an exception that holds, as an approver", Args: cobra.ExactArgs(1),
		Long:    "Renew moves the last day of an exception, as often as the policy lets it.\n\n" + proofHelp,
		Example: "  drawbridge exception renew exc_... --expires 2027-06-01 --reason 'the fix slipped'",
	}
	cmd.Flags().StringVar((*string)(&in.Expires), "expires", "", "new last day")
	because(cmd, &in.Reason)
	return question[drawbridge.Exception]{
		proof: true, check: needReason(&in.Reason),
		ask: func(ctx context.Context, c *client.Client, args []string) (drawbridge.Exception, error) {
			in.ByID = client.ByID{ID: args[0]}
			return c.RenewException(ctx, in)
		},
		tell: tellException,
	}.on(env, cmd)
}
