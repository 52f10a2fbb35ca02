package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"drawbridge"
	"drawbridge/internal/client"
	"drawbridge/internal/seal"
)

const joinLong = `Join takes an invitation: it sets your password with the secret that an administrator gave you, and
signs you in, as drawbridge login does. It is also the way back after a reset.

At a terminal the secret and a new password are asked for. Else the secret comes from the file that
--secret-file names, and the password from --password-file or DRAWBRIDGE_PASSWORD; - is standard
input. A password has at least 12 characters; a sentence is fine.`

func newJoin(env *Env) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "join",
		Short: "Take an invitation: set your password, and sign in",
		Long:  joinLong,
		Example: `  drawbridge join --server https://drawbridge.example
  drawbridge join --server https://drawbridge.example --secret-file invitation --password-file password`,
		Args: cobra.NoArgs,
	}
	format := formatFlag(cmd, "text", "json")
	f := joinFlags{login: loginFlags{serverFlags: serverFlagsOf(cmd)}}
	cmd.Flags().StringVar(&f.secret, "secret-file", "", "file with the secret of the invitation; - reads standard input")
	cmd.Flags().StringVar(&f.login.password, "password-file", "", "file with the password that you choose; - reads standard input; default DRAWBRIDGE_PASSWORD")
	cmd.Flags().StringVar(&f.name, "name", "", "your name, where the invitation has it wrong")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if err := onlyOneStdin(f.secret, f.login.password); err != nil {
			return usageError{err}
		}
		url, me, err := f.join(cmd.Context(), env)
		if err != nil {
			return err
		}
		if *format == "json" {
			return writeAnswer(env.Stdout, url, map[string]any{"me": me})
		}
		_, err = fmt.Fprintf(env.Stdout, "%s at %s\n", whoIs(me), url)
		return err
	}
	return cmd
}

type joinFlags struct {
	login        loginFlags
	secret, name string
}

func (f *joinFlags) join(ctx context.Context, env *Env) (string, client.Me, error) {
	var none client.Me
	if _, err := env.logins(); err != nil { // before the secret is used up
		return "", none, err
	}
	url, ca, err := env.at(f.login.serverFlags)
	if err != nil {
		return "", none, err
	}
	secret, err := f.invitation(env)
	if err != nil {
		return "", none, err
	}
	if f.login.proof.Password.Hidden, err = env.newSecret(f.login.password, "DRAWBRIDGE_PASSWORD"); err != nil {
		return "", none, err
	}
	c, err := env.client(url, ca, seal.Hidden{})
	if err != nil {
		return "", none, err
	}
	defer c.Close()
	p, err := c.Accept(ctx, client.Accept{Secret: secret, Name: f.name, Password: f.login.proof.Password})
	if err != nil {
		return "", none, err
	}
	f.login.email = p.Email
	at, me, err := f.login.run(ctx, env)
	if err != nil {
		return "", none, drawbridge.Errorf(drawbridge.KindOf(err), "your password is set, and you are not signed in yet: run drawbridge login --server %s --email %s: %w", url, p.Email, err)
	}
	return at, me, nil
}

// invitation reads the secret of an invitation.
func (f *joinFlags) invitation(env *Env) (client.Secret, error) {
	var text seal.Hidden
	var err error
	if f.secret == "" {
		if text, err = env.askSecret("Secret of the invitation: "); err != nil {
			if _, ok := errors.AsType[usageError](err); ok {
				err = usageError{errors.New("there is no terminal to ask for the secret of the invitation: name a file with --secret-file; - reads standard input")}
			}
			return client.Secret{}, err
		}
	} else if text, err = env.secretText(f.secret); err != nil {
		return client.Secret{}, err
	}
	secret := strings.TrimSpace(text.Reveal())
	if !strings.HasPrefix(secret, "dbi_") {
		return client.Secret{}, drawbridge.Errorf(drawbridge.Invalid, "this is not the secret of an invitation; it begins with dbi_")
	}
	return client.Hide(secret), nil
}
