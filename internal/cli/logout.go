package cli

import (
	"cmp"
	"fmt"

	"github.com/spf13/cobra"

	"drawbridge"
	"drawbridge/internal/client"
	"drawbridge/internal/seal"
)

func newLogout(env *Env) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "logout",
		Short: "End the token of a login and forget it",
		Long: `Logout ends the token that login made, at the server, and forgets it here. A token that was kept by
--token-file is forgotten only: it may be in use elsewhere. When the server cannot be reached
nothing is forgotten, unless --forget says so; the token then stays valid to its end.`,
		Example: "  drawbridge logout\n  drawbridge logout --server https://drawbridge.example --forget",
		Args:    cobra.NoArgs,
	}
	format := formatFlag(cmd, "text", "json")
	flags := serverFlagsOf(cmd)
	forget := cmd.Flags().Bool("forget", false, "forget the token here even when the server does not end it")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		known, err := env.logins()
		if err != nil {
			return err
		}
		u, err := client.ParseURL(cmp.Or(flags.url, env.Environ("DRAWBRIDGE_SERVER"), known.Default))
		if err != nil {
			return err
		}
		url := u.String()
		in := known.Servers[url]
		if in == nil {
			return drawbridge.Errorf(drawbridge.NotFound, "you are not signed in at %s", url)
		}
		c, err := env.client(url, cmp.Or(flags.ca, in.CA), seal.Hide(in.Token))
		if err != nil {
			return err
		}
		defer c.Close()
		err = revoke(cmd.Context(), c, in)
		revoked := err == nil && in.TokenID != ""
		if err != nil && !*forget && drawbridge.KindOf(err) != drawbridge.Unauthenticated { // a token that has ended is what was wanted
			return drawbridge.Errorf(drawbridge.KindOf(err), "%w; --forget forgets the token here alone", err)
		}
		delete(known.Servers, url)
		if known.Default == url {
			known.Default = ""
		}
		if err := env.keepLogins(known); err != nil {
			return err
		}
		if *format == "json" {
			return writeJSON(env.Stdout, map[string]any{"schema_version": drawbridge.SchemaVersion, "server": url, "revoked": revoked})
		}
		what := "its token is forgotten here"
		if revoked {
			what = "its token has ended"
		}
		_, err = fmt.Fprintf(env.Stdout, "signed out at %s: %s\n", url, what)
		return err
	}
	return cmd
}
