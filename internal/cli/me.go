package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"drawbridge"
	"drawbridge/internal/client"
	"drawbridge/internal/seal"
)

func newMe(env *Env) *cobra.Command {
	cmd := question[aboutMe]{ask: askMe, tell: tellMe}.on(env, &cobra.Command{
		Use: "me", Short: "See your account; change your password, second factor and sessions", Args: cobra.NoArgs,
		Long:    "Me says who the server takes you for. Its commands change how you prove who you are.",
		Example: "  drawbridge me\n  drawbridge me factor enrol",
	})
	cmd.AddCommand(newMePassword(env), newMeFactor(env), newMeSessions(env))
	return cmd
}

// aboutMe is what the server knows of somebody's own account.
type aboutMe struct {
	Me     client.Me      `json:"me"`
	Factor *client.Factor `json:"factor,omitempty"` // none for a machine
	Unread int64          `json:"unread"`
}

func askMe(ctx context.Context, c *client.Client, _ []string) (aboutMe, error) {
	me, err := c.Me(ctx)
	if err != nil || me.Person == "" {
		return aboutMe{Me: me}, err
	}
	f, err := c.Factor(ctx)
	if err != nil {
		return aboutMe{}, err
	}
	n, err := c.Unread(ctx)
	return aboutMe{me, &f, n.Unread}, err
}

func tellMe(w io.Writer, a aboutMe) error {
	if a.Factor == nil {
		return writeFields(w, "machine", a.Me.Actor, "integration", string(a.Me.Integration))
	}
	return writeFields(w, "person", string(a.Me.Person), "address", a.Me.Email, "name", a.Me.Name, "roles", roleNames(a.Me.Roles),
		"second factor", factorWords(*a.Factor), "unread messages", fmt.Sprint(a.Unread))
}

func factorWords(f client.Factor) string {
	if !f.Enrolled {
		return "none; drawbridge me factor enrol sets one up"
	}
	return fmt.Sprintf("set up, %d recovery codes left", f.Recovery)
}

// done is the answer of what has nothing to tell but that it was done.
type done struct {
	Done string `json:"done"`
}

func tellDone(w io.Writer, d done) error {
	_, err := fmt.Fprintln(w, d.Done)
	return err
}

func newMePassword(env *Env) *cobra.Command {
	var file string
	cmd := &cobra.Command{
		Use: "password", Short: "Change your password", Args: cobra.NoArgs,
		Long: `Password changes your password, and signs you out everywhere. Tokens stay.

The new password is asked for twice, or comes from --new-password-file.

` + proofHelp,
		Example: "  drawbridge me password\n  drawbridge me password --password-file old --new-password-file new",
	}
	cmd.Flags().StringVar(&file, "new-password-file", "", "file with the new password; - reads standard input")
	format := formatFlag(cmd, "text", "json")
	flags, old := serverFlagsOf(cmd), ""
	passwordFlag(cmd, &old)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if err := onlyOneStdin(old, file); err != nil {
			return usageError{err}
		}
		c, err := env.connect(flags)
		if err != nil {
			return err
		}
		defer c.Close()
		if err := changePassword(cmd.Context(), env, c, old, file); err != nil {
			return err
		}
		answer := done{"your password is changed, and your other sessions have ended"}
		if *format == "json" {
			return writeAnswer(env.Stdout, c.URL(), answer)
		}
		return tellDone(env.Stdout, answer)
	}
	return cmd
}

func changePassword(ctx context.Context, env *Env, c *client.Client, old, file string) error {
	me, err := c.Me(ctx)
	if err != nil {
		return err
	}
	if me.Person == "" {
		return drawbridge.Errorf(drawbridge.Denied, "a machine has no password; unset DRAWBRIDGE_TOKEN")
	}
	proof, err := env.proof(old)
	if err != nil {
		return err
	}
	fresh, err := env.newSecret(file, "")
	if err != nil {
		return err
	}
	return env.shortly(ctx, c, client.SignIn{Email: me.Email, Password: proof.Password, Code: proof.Code}, func(session *client.Client) error {
		return session.SetPassword(ctx, client.NewPassword{Old: proof.Password, Password: client.Secret{Hidden: fresh}})
	})
}

func newMeFactor(env *Env) *cobra.Command {
	cmd := question[client.Factor]{
		ask:  func(ctx context.Context, c *client.Client, _ []string) (client.Factor, error) { return c.Factor(ctx) },
		tell: func(w io.Writer, f client.Factor) error { return writeFields(w, "second factor", factorWords(f)) },
	}.on(env, &cobra.Command{
		Use: "factor", Short: "See, set up or give up your second factor", Args: cobra.NoArgs,
		Long:    "Factor says whether you have a second factor: the codes of an authenticator app (TOTP).",
		Example: "  drawbridge me factor",
	})
	cmd.AddCommand(newMeFactorEnrol(env), newMeFactorCodes(env), newMeFactorRemove(env))
	return cmd
}

func newMeFactorEnrol(env *Env) *cobra.Command {
	cmd := &cobra.Command{
		Use: "enrol", Short: "Set up a second factor", Args: cobra.NoArgs,
		Long: `Enrol prints an address (otpauth://...) for your authenticator app, this once, and asks for the first
code that the app shows, within ten minutes; without a terminal it reads the code as a line of
standard input. Then it prints recovery codes, this once: each stands in for a code when you lost
the app. Keep them away from the app. With --format json it prints two documents.

` + proofHelp,
		Example: "  drawbridge me factor enrol",
	}
	format := formatFlag(cmd, "text", "json")
	flags, password := serverFlagsOf(cmd), ""
	passwordFlag(cmd, &password)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if password == "-" {
			return usageError{errors.New("standard input is read for the code: put the password into a file")}
		}
		c, err := env.connect(flags)
		if err != nil {
			return err
		}
		defer c.Close()
		return env.proven(cmd.Context(), c, password, func(c *client.Client) error { return enrol(cmd.Context(), env, c, *format == "json") })
	}
	return cmd
}

func enrol(ctx context.Context, env *Env, c *client.Client, asJSON bool) error {
	e, err := c.BeginFactor(ctx)
	if err != nil {
		return err
	}
	if asJSON {
		err = writeAnswer(env.Stdout, c.URL(), map[string]any{"uri": e.URI, "secret": e.Secret})
	} else {
		_, err = fmt.Fprintf(env.Stdout, "%s\n", e.URI.Reveal())
	}
	if err != nil {
		return err
	}
	fmt.Fprintln(env.Stderr, "Give this address to your authenticator app: as a QR code, or type its secret in.")
	code, err := env.code()
	if err != nil {
		return err
	}
	got, err := c.ConfirmFactor(ctx, client.ConfirmFactor{Ticket: e.Ticket, Code: client.Secret{Hidden: code}})
	if err != nil {
		return err
	}
	if asJSON {
		return writeAnswer(env.Stdout, c.URL(), got)
	}
	fmt.Fprintln(env.Stderr, "The second factor is in use. These codes stand in for it once each; they are shown this once:")
	return tellCodes(env.Stdout, got)
}

func tellCodes(w io.Writer, got client.Recovery) error {
	for _, code := range got.Codes {
		if _, err := fmt.Fprintln(w, code.Reveal()); err != nil {
			return err
		}
	}
	return nil
}

// maxCode bounds a line with a code.
const maxCode = 200

// code asks for a code, or reads it as a line of standard input.
func (e *Env) code() (seal.Hidden, error) {
	if f, ok := e.Stdin.(*os.File); ok && isTerminal(f) {
		return e.askSecret("Code: ")
	}
	text, err := bufio.NewReader(io.LimitReader(e.Stdin, maxCode)).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return seal.Hidden{}, drawbridge.Errorf(drawbridge.Invalid, "the code was not read: %w", err)
	}
	if strings.TrimSpace(text) == "" {
		return seal.Hidden{}, drawbridge.Errorf(drawbridge.Invalid, "there is no code on standard input: nothing was changed")
	}
	return seal.Hide(strings.TrimSpace(text)), nil
}

func newMeFactorCodes(env *Env) *cobra.Command {
	return question[client.Recovery]{
		proof: true,
		ask: func(ctx context.Context, c *client.Client, _ []string) (client.Recovery, error) {
			code, err := env.code()
			if err != nil {
				return client.Recovery{}, err
			}
			return c.RenewRecovery(ctx, client.Code{Code: client.Secret{Hidden: code}})
		},
		tell: tellCodes,
	}.on(env, &cobra.Command{
		Use: "codes", Short: "Make new recovery codes, and print them this once", Args: cobra.NoArgs,
		Long: `Codes replaces your recovery codes. It takes a code of the app, another one than you signed in with: it
is asked for, or read as a line of standard input.

` + proofHelp,
		Example: "  drawbridge me factor codes",
	})
}

func newMeFactorRemove(env *Env) *cobra.Command {
	return question[done]{
		proof: true,
		ask: func(ctx context.Context, c *client.Client, _ []string) (done, error) {
			code, err := env.code()
			if err != nil {
				return done{}, err
			}
			return done{"your second factor is given up; the password alone signs you in"}, c.RemoveFactor(ctx, client.Code{Code: client.Secret{Hidden: code}})
		},
		tell: tellDone,
	}.on(env, &cobra.Command{
		Use: "remove", Short: "Give your second factor up", Args: cobra.NoArgs,
		Long: `Remove goes back to the password alone. It takes a code of the app, another one than you signed in
with, or a recovery code: it is asked for, or read as a line of standard input.

` + proofHelp,
		Example: "  drawbridge me factor remove",
	})
}

func newMeSessions(env *Env) *cobra.Command {
	cmd := sessionsOf(env, &cobra.Command{
		Use: "sessions", Short: "List where you are signed in, and sign out there", Args: cobra.NoArgs,
		Long:    "Sessions lists where you are signed in. Tokens are no sessions: see drawbridge token list.",
		Example: "  drawbridge me sessions",
	}, func(ctx context.Context, c *client.Client, _ []string) (drawbridge.PersonID, error) {
		me, err := c.Me(ctx)
		return me.Person, err
	})
	cmd.AddCommand(newMeSessionsEnd(env))
	return cmd
}

// sessionsOf lists the sessions of somebody.
func sessionsOf(env *Env, cmd *cobra.Command, who func(context.Context, *client.Client, []string) (drawbridge.PersonID, error)) *cobra.Command {
	return listing[drawbridge.Session]{
		read: func(ctx context.Context, c *client.Client, _ client.Page, args []string) (client.List[drawbridge.Session], error) {
			id, err := who(ctx, c, args)
			if err != nil {
				return client.List[drawbridge.Session]{}, err
			}
			return c.Sessions(ctx, id)
		},
		head: "ID SIGNED-IN LAST-USED ENDS", none: "signed in nowhere",
		row: func(s drawbridge.Session) []string {
			return []string{string(s.ID), moment(s.CreatedAt), moment(s.SeenAt), moment(s.ExpiresAt)}
		},
	}.on(env, cmd)
}

func newMeSessionsEnd(env *Env) *cobra.Command {
	var all bool
	cmd := &cobra.Command{
		Use: "end [ID]", Short: "End one of your sessions, or all of them", Args: cobra.MaximumNArgs(1),
		Example: "  drawbridge me sessions end ses_06f1c8k3v5x7z9b1d3f5h7k9n1\n  drawbridge me sessions end --all",
	}
	cmd.Flags().BoolVar(&all, "all", false, "all of them; tokens, and so the command line, stay signed in")
	return question[done]{
		check: func(args []string) error {
			if (len(args) == 0) != all {
				return errors.New("name a session, or give --all")
			}
			return nil
		},
		ask: func(ctx context.Context, c *client.Client, args []string) (done, error) {
			if !all {
				return done{"the session has ended"}, c.RevokeSession(ctx, drawbridge.SessionID(args[0]))
			}
			me, err := c.Me(ctx)
			if err != nil {
				return done{}, err
			}
			return done{"your sessions have ended"}, c.RevokeSessions(ctx, me.Person)
		},
		tell: tellDone,
	}.on(env, cmd)
}
