package cli

import (
	"context"
	"errors"
	"io"

	"github.com/spf13/cobra"

	"drawbridge"
	"drawbridge/internal/client"
)

func newFinding(env *Env) *cobra.Command {
	return family("finding", "List what is wrong with the integrations on the server, and rule on failed checks",
		"Findings are the open threats and failed checks of the latest assessment of each integration. A reviewer rules on a check that failed.",
		newFindingList(env), newFindingRule(env), newFindingRulings(env), newFindingRevoke(env))
}

func newFindingList(env *Env) *cobra.Command {
	var f client.FindingFilter
	var integration, environment string
	cmd := &cobra.Command{
		Use: "list", Short: "List findings, worst first", Args: cobra.NoArgs,
		Example: `  drawbridge finding list --severity high
  drawbridge finding list --integration acme-payments --environment production --format json`,
	}
	cmd.Flags().StringVar(&integration, "integration", "", "only of this one: the manifest's id, or int_...")
	environmentFlag(cmd, &environment)
	cmd.Flags().StringVar((*string)(&f.Severity), "severity", "", "this severity and what is worse: low, medium, high or critical")
	cmd.Flags().StringVar(&f.Source, "source", "", "only from here: threat or check")
	cmd.Flags().StringVar(&f.State, "state", "", "only in this state: open or accepted")
	return listing[drawbridge.Finding]{
		read: func(ctx context.Context, c *client.Client, page client.Page, _ []string) (out client.List[drawbridge.Finding], err error) {
			if f.Integration == "" && integration != "" {
				if f.Integration, err = integrationOf(ctx, c, integration, environment); err != nil {
					return out, err
				}
			}
			f.Page = page
			return c.Findings(ctx, f)
		},
		head: "SEVERITY STATE RULE ELEMENT TITLE INTEGRATION", none: "there is no such finding among the integrations that you may see",
		row: func(x drawbridge.Finding) []string {
			return []string{string(x.Severity), x.State, x.Rule, x.Element, x.Title, string(x.Integration)}
		},
	}.on(env, cmd)
}

var rulingHead = []string{"ID", "FINGERPRINT", "CHECK", "ELEMENT", "RULING", "ROLE", "BY", "AT"}

func rulingRow(r drawbridge.Ruling) []string {
	word := "stands"
	if r.Refuted {
		word = "refuted"
	}
	if !r.RevokedAt.IsZero() {
		word += ", revoked"
	}
	return []string{r.ID, r.Fingerprint, r.Check, r.Element, word, string(r.Role), string(r.By), moment(r.CreatedAt)}
}

func newFindingRule(env *Env) *cobra.Command {
	var environment, reason string
	var in client.NewRuling
	var stands bool
	cmd := &cobra.Command{
		Use: "rule ID", Short: "Say of a check that failed whether it is right", Args: cobra.ExactArgs(1),
		Long: "Rule records what you, as a reviewer, find of a failure: that the test is wrong, or that the failure stands. It covers the failures that there are now.",
		Example: `  drawbridge finding rule acme-payments --fingerprint f1-0123456789abcdef01234567 --refute --reason 'the sandbox alone'
  drawbridge finding rule acme-payments --check TLS-01 --element charges --stands --reason 'confirmed with the partner'`,
	}
	environmentFlag(cmd, &environment)
	cmd.Flags().StringVar(&in.Fingerprint, "fingerprint", "", "of one failure")
	cmd.Flags().StringVar(&in.Check, "check", "", "every failure of this check")
	cmd.Flags().StringVar(&in.Element, "element", "", "on this interface")
	cmd.Flags().BoolVar(&in.Refuted, "refute", false, "the test is wrong")
	cmd.Flags().BoolVar(&stands, "stands", false, "the failure stands")
	cmd.Flags().StringVar((*string)(&in.Role), "role", "", "discipline in which you rule; needed when you review in several")
	because(cmd, &reason)
	return question[client.Rulings]{
		check: func(args []string) error {
			switch {
			case in.Refuted == stands:
				return errors.New("say --refute or --stands")
			case (in.Fingerprint == "") == (in.Check == "" || in.Element == ""):
				return errors.New("name --fingerprint, or --check with --element")
			}
			return needReason(&reason)(args)
		},
		ask: func(ctx context.Context, c *client.Client, args []string) (client.Rulings, error) {
			id, err := integrationOf(ctx, c, args[0], environment)
			if err != nil {
				return client.Rulings{}, err
			}
			in.ID, in.Reason = string(id), reason
			return c.Rule(ctx, in)
		},
		tell: func(w io.Writer, got client.Rulings) error {
			rows := make([][]string, len(got.Rulings))
			for i, r := range got.Rulings {
				rows[i] = rulingRow(r)
			}
			return writeTable(w, rulingHead, rows)
		},
	}.on(env, cmd)
}

func newFindingRulings(env *Env) *cobra.Command {
	var environment string
	cmd := &cobra.Command{
		Use: "rulings ID", Short: "List the rulings on failed checks, newest first", Args: cobra.ExactArgs(1),
		Example: "  drawbridge finding rulings acme-payments --environment production",
	}
	environmentFlag(cmd, &environment)
	return listing[drawbridge.Ruling]{
		read: func(ctx context.Context, c *client.Client, page client.Page, args []string) (client.List[drawbridge.Ruling], error) {
			id, err := integrationOf(ctx, c, args[0], environment)
			if err != nil {
				return client.List[drawbridge.Ruling]{}, err
			}
			return c.Rulings(ctx, client.ListOf{ByID: client.ByID{ID: string(id)}, Page: page})
		},
		head: "ID FINGERPRINT CHECK ELEMENT RULING ROLE BY AT", none: "nobody ruled on a failed check yet", row: rulingRow,
	}.on(env, cmd)
}

func newFindingRevoke(env *Env) *cobra.Command {
	var environment, reason string
	cmd := &cobra.Command{
		Use: "revoke ID RULING", Short: "Take a ruling back: the failure counts again", Args: cobra.ExactArgs(2),
		Example: "  drawbridge finding revoke acme-payments rul_01 --reason 'it failed on their side too'",
	}
	environmentFlag(cmd, &environment)
	because(cmd, &reason)
	return question[drawbridge.Ruling]{
		check: needReason(&reason),
		ask: func(ctx context.Context, c *client.Client, args []string) (drawbridge.Ruling, error) {
			id, err := integrationOf(ctx, c, args[0], environment)
			if err != nil {
				return drawbridge.Ruling{}, err
			}
			of := client.ByID{ID: string(id)}
			for page := (client.Page{Limit: pageSize}); ; {
				list, err := c.Rulings(ctx, client.ListOf{ByID: of, Page: page})
				if err != nil {
					return drawbridge.Ruling{}, err
				}
				for _, r := range list.Items {
					if r.ID == args[1] {
						return c.RevokeRuling(ctx, r.Version, client.RevokeRuling{ByID: of, Ruling: r.ID, Reason: reason})
					}
				}
				if page.Cursor = list.Next; page.Cursor == "" {
					return drawbridge.Ruling{}, drawbridge.Errorf(drawbridge.NotFound, "there is no such ruling on this integration")
				}
			}
		},
		tell: func(w io.Writer, r drawbridge.Ruling) error {
			return writeTable(w, rulingHead, [][]string{rulingRow(r)})
		},
	}.on(env, cmd)
}
