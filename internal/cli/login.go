package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"drawbridge"
	"drawbridge/internal/client"
	"drawbridge/internal/seal"
)

const loginLong = `Login signs you in at a server, and keeps a personal token for it in your folder for settings, in
a file that only you can read. The token ends after 90 days, or with drawbridge logout; it cannot
do what needs your password again, such as changing people or keys.

At a terminal the password is asked for, and the code of the second factor when there is one. Else
both come from the file that --password-file names (- is standard input): the password on the first
line, a code on the second; or the password from DRAWBRIDGE_PASSWORD. --token-file keeps a token
that you have already.

In CI there is no login: set DRAWBRIDGE_SERVER and DRAWBRIDGE_TOKEN to a machine token.`

type loginFlags struct {
	*serverFlags
	email, password, token string
	proof                  client.Proof // given already, in place of the file
}

func newLogin(env *Env) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "login",
		Short: "Sign in at a server",
		Long:  loginLong,
		Example: `  drawbridge login --server https://drawbridge.example --email ann@example.com
  drawbridge login --server https://drawbridge.example --token-file token`,
		Args: cobra.NoArgs,
	}
	format := formatFlag(cmd, "text", "json")
	f := loginFlags{serverFlags: serverFlagsOf(cmd)}
	cmd.Flags().StringVar(&f.email, "email", "", "your address")
	passwordFlag(cmd, &f.password)
	cmd.Flags().StringVar(&f.token, "token-file", "", "file with a token to keep, in place of signing in; - reads standard input")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if (f.email == "") == (f.token == "") {
			return usageError{errors.New("give --email to sign in, or --token-file to keep a token that you have")}
		}
		url, me, err := f.run(cmd.Context(), env)
		if err != nil {
			return err
		}
		if *format == "json" {
			return writeJSON(env.Stdout, map[string]any{"schema_version": drawbridge.SchemaVersion, "server": url, "me": me})
		}
		_, err = fmt.Fprintf(env.Stdout, "%s at %s\n", whoIs(me), url)
		return err
	}
	return cmd
}

// whoIs tells who the server takes somebody for.
func whoIs(me client.Me) string {
	who := cmp.Or(me.Email, me.Actor)
	if me.Integration != "" {
		return fmt.Sprintf("machine %s for %s", me.Actor, me.Integration)
	}
	return fmt.Sprintf("signed in as %s (%s)", oneLine(who), roleNames(me.Roles))
}

func (f *loginFlags) run(ctx context.Context, env *Env) (string, client.Me, error) {
	var none client.Me
	known, err := env.logins() // before anything is made that could not be kept
	if err != nil {
		return "", none, err
	}
	url := cmp.Or(f.url, env.Environ("DRAWBRIDGE_SERVER"), known.Default)
	in := &login{CA: cmp.Or(f.ca, env.Environ("DRAWBRIDGE_CA_FILE"))}
	if in.CA != "" {
		in.CA = env.path(in.CA)
	}
	u, err := client.ParseURL(url)
	if err != nil {
		return "", none, err
	}
	url = u.String()
	if f.token != "" {
		token, err := env.secretText(f.token)
		if err != nil {
			return "", none, err
		}
		in.Token = strings.TrimSpace(token.Reveal())
	} else if err := f.signIn(ctx, env, url, in); err != nil {
		return "", none, err
	}
	c, err := env.client(url, in.CA, seal.Hide(in.Token))
	if err != nil {
		return "", none, err
	}
	defer c.Close()
	me, err := c.Me(ctx)
	if err != nil {
		return "", none, err
	}
	before := known.Servers[url]
	in.Email = me.Email
	known.Default, known.Servers[url] = url, in
	if err := env.keepLogins(known); err != nil {
		return "", none, errors.Join(err, revoke(ctx, c, in))
	}
	if before != nil && before.Email == in.Email && before.TokenID != in.TokenID {
		_ = revoke(ctx, c, before) // it may have ended already
	}
	return url, me, nil
}

// revoke ends a token that login made.
func revoke(ctx context.Context, c *client.Client, in *login) error {
	if in.TokenID == "" {
		return nil
	}
	return c.RevokeToken(ctx, in.TokenID, "signed out on the command line")
}

// signIn signs in for as long as it takes to make a token.
func (f *loginFlags) signIn(ctx context.Context, env *Env, url string, in *login) error {
	proof := f.proof
	if proof.Password.Empty() {
		var err error
		if proof, err = env.proof(f.password); err != nil {
			return err
		}
	}
	c, err := env.client(url, in.CA, seal.Hidden{})
	if err != nil {
		return err
	}
	defer c.Close()
	return env.shortly(ctx, c, client.SignIn{Email: f.email, Password: proof.Password, Code: proof.Code}, func(session *client.Client) error {
		made, err := session.CreateToken(ctx, client.NewToken{Name: "command line, " + env.Now().UTC().Format("2006-01-02")})
		in.Token, in.TokenID = made.Secret.Reveal(), made.Token.ID
		return err
	})
}

// askSecret asks a person at a terminal, once, and shows nothing.
func (e *Env) askSecret(question string) (seal.Hidden, error) {
	f, ok := e.Stdin.(*os.File)
	if !ok || !isTerminal(f) {
		return seal.Hidden{}, usageError{errors.New("there is no terminal to ask for the password: name a file with --password-file; - reads standard input")}
	}
	_, _ = io.WriteString(e.Stderr, question)
	data, err := term.ReadPassword(int(f.Fd()))
	fmt.Fprintln(e.Stderr)
	if err != nil {
		return seal.Hidden{}, drawbridge.Errorf(drawbridge.Invalid, "it was not read: %w", err)
	}
	return seal.Hide(string(data)), nil
}
