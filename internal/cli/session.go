package cli

import (
	"bufio"
	"context"
	"errors"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"drawbridge"
	"drawbridge/internal/client"
	"drawbridge/internal/seal"
)

// proofHelp is in the help of every command that asks for the password again.
const proofHelp = `A token alone is not enough for this: your password is asked for again, at the terminal, or it comes
from --password-file (- is standard input; a code of the second factor stands on its second line)
or DRAWBRIDGE_PASSWORD. The session that it makes ends with the command.`

// passwordFlag adds --password-file.
func passwordFlag(cmd *cobra.Command, file *string) {
	cmd.Flags().StringVar(file, "password-file", "", "file with your password, and a code on its second line; - reads standard input; default DRAWBRIDGE_PASSWORD")
}

// proven does what needs a fresh proof of who somebody is. A token never is one.
func (e *Env) proven(ctx context.Context, c *client.Client, file string, do func(*client.Client) error) error {
	me, err := c.Me(ctx)
	if err != nil {
		return err
	}
	if me.Email == "" {
		return drawbridge.Errorf(drawbridge.Denied, "a machine cannot do this: it needs a person's password; run drawbridge login as one, without DRAWBRIDGE_TOKEN")
	}
	proof, err := e.proof(file)
	if err != nil {
		return err
	}
	return e.shortly(ctx, c, client.SignIn{Email: me.Email, Password: proof.Password, Code: proof.Code}, do)
}

// shortly signs in, and out again when the work is done, also when it failed.
func (e *Env) shortly(ctx context.Context, c *client.Client, in client.SignIn, do func(*client.Client) error) error {
	signed, err := c.As(seal.Hidden{}).SignIn(ctx, in)
	if no := client.RefusedBy(err); no != nil && no.Code == client.CodeSecondFactor && in.Code.Empty() {
		f, ok := e.Stdin.(*os.File)
		if !ok || !isTerminal(f) {
			return drawbridge.Errorf(drawbridge.KindOf(err), "%w; put the code on the second line of the file that --password-file names", err)
		}
		if in.Code.Hidden, err = e.askSecret("Code of the second factor: "); err == nil {
			signed, err = c.As(seal.Hidden{}).SignIn(ctx, in)
		}
	}
	if err != nil {
		return err
	}
	session := c.As(signed.Secret.Hidden)
	err = do(session)
	out := session.SignOut(context.WithoutCancel(ctx))
	if drawbridge.KindOf(out) == drawbridge.Unauthenticated { // the work ended the session itself
		out = nil
	}
	if err == nil {
		err = out
	}
	return err
}

// proof is a password with its code, from a file, from the environment or from
// the terminal.
func (e *Env) proof(file string) (client.Proof, error) {
	var out client.Proof
	if file == "" {
		out.Password = client.Hide(e.Environ("DRAWBRIDGE_PASSWORD"))
		if out.Password.Empty() {
			var err error
			out.Password.Hidden, err = e.askSecret("Password: ")
			return out, err
		}
		return out, nil
	}
	text, err := e.secretText(file)
	if err != nil {
		return out, err
	}
	lines := bufio.NewScanner(strings.NewReader(text.Reveal()))
	for i := 0; i < 2 && lines.Scan(); i++ {
		if line := strings.TrimRight(lines.Text(), "\r"); i == 0 {
			out.Password = client.Hide(line)
		} else {
			out.Code = client.Hide(strings.TrimSpace(line))
		}
	}
	return out, lines.Err()
}

// newSecret is a password that somebody chooses: from a file, from the
// environment, or asked for twice.
func (e *Env) newSecret(file, variable string) (seal.Hidden, error) {
	if file != "" {
		return e.secretText(file)
	}
	if given := e.Environ(variable); variable != "" && given != "" {
		return seal.Hide(given), nil
	}
	return e.askPassword()
}

// onlyOneStdin refuses two secrets from one standard input.
func onlyOneStdin(files ...string) error {
	n := 0
	for _, f := range files {
		if f == "-" {
			n++
		}
	}
	if n > 1 {
		return errors.New("standard input can be read for one secret only: put the other one into a file")
	}
	return nil
}
