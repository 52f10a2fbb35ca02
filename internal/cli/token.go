package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"drawbridge"
	"drawbridge/internal/client"
)

const tokenLong = `Tokens are what programs sign in with. A personal token acts as you, but for what needs your password
again. A machine token acts on one integration alone: it may push it, have it assessed and ask the
gate; give it to CI as DRAWBRIDGE_TOKEN. A token ends after 90 days unless you say otherwise.`

func newToken(env *Env) *cobra.Command {
	return family("token", "Make, list and revoke tokens for programs", tokenLong, newTokenList(env), newTokenCreate(env), newTokenRevoke(env))
}

func newTokenList(env *Env) *cobra.Command {
	return listing[client.Token]{
		read: func(ctx context.Context, c *client.Client, page client.Page, _ []string) (client.List[client.Token], error) {
			return c.Tokens(ctx, page)
		},
		head: "ID NAME KIND WHOSE INTEGRATION ENDS STATE", none: "there is no token that you may see",
		row: func(t client.Token) []string {
			kind, state := "personal", "valid"
			if t.Machine {
				kind = "machine"
			}
			switch {
			case !t.RevokedAt.IsZero():
				state = "revoked"
			case !t.ExpiresAt.After(env.Now()):
				state = "ended"
			}
			return []string{string(t.ID), t.Name, kind, string(t.Person), string(t.Integration), moment(t.ExpiresAt), state}
		},
	}.on(env, &cobra.Command{
		Use: "list", Short: "List the tokens that you may see", Args: cobra.NoArgs,
		Example: "  drawbridge token list",
	})
}

func newTokenCreate(env *Env) *cobra.Command {
	var name, integration, environment string
	var days int
	cmd := &cobra.Command{
		Use:   "create",
		Short: "Make a token, and print its secret",
		Long: `Create makes a token and prints its secret, this once. With --integration it is a machine token, for
CI; without, it acts as you.

` + proofHelp,
		Example: `  drawbridge token create --name laptop
  drawbridge token create --name ci --integration acme-payments --environment production > token`,
		Args: cobra.NoArgs,
	}
	cmd.Flags().StringVar(&name, "name", "", "what it is for")
	cmd.Flags().StringVar(&integration, "integration", "", "the only integration that it acts on: the manifest's id, or int_...")
	environmentFlag(cmd, &environment)
	cmd.Flags().IntVar(&days, "days", 0, "how many days it works, up to 365; default 90")
	return question[client.Issued]{
		proof: true,
		check: func([]string) error {
			switch {
			case name == "":
				return errors.New("say what it is for with --name")
			case days < 0 || days > 365:
				return errors.New("--days is 1 to 365")
			case environment != "" && integration == "":
				return errors.New("--environment belongs to --integration")
			}
			return nil
		},
		ask: func(ctx context.Context, c *client.Client, _ []string) (out client.Issued, err error) {
			in := client.NewToken{Name: name}
			if days > 0 {
				in.ExpiresAt = env.Now().Add(time.Duration(days)*24*time.Hour - time.Minute).UTC() // clocks differ
			}
			if integration == "" {
				out, err = c.CreateToken(ctx, in)
			} else {
				var id drawbridge.IntegrationID
				if id, err = integrationOf(ctx, c, integration, environment); err != nil {
					return out, err
				}
				out, err = c.CreateMachine(ctx, id, in)
			}
			if err == nil {
				fmt.Fprintf(env.Stderr, "%s works until %s UTC. Its secret is shown this once.\n", out.Token.ID, moment(out.Token.ExpiresAt))
			}
			return out, err
		},
		tell: saying("%s", func(i client.Issued) []any { return []any{i.Secret.Reveal()} }),
	}.on(env, cmd)
}

// revoked is the answer to the end of a token.
type revoked struct {
	ID drawbridge.TokenID `json:"revoked"`
}

func newTokenRevoke(env *Env) *cobra.Command {
	var reason string
	cmd := &cobra.Command{
		Use: "revoke ID", Short: "End a token", Args: cobra.ExactArgs(1),
		Example: "  drawbridge token revoke tok_06f1c8k3v5x7z9b1d3f5h7k9n1 --reason 'the laptop is lost'",
	}
	because(cmd, &reason)
	return question[revoked]{
		ask: func(ctx context.Context, c *client.Client, args []string) (revoked, error) {
			id := drawbridge.TokenID(args[0])
			return revoked{id}, c.RevokeToken(ctx, id, reason)
		},
		tell: saying("%s has ended", func(r revoked) []any { return []any{r.ID} }),
	}.on(env, cmd)
}
