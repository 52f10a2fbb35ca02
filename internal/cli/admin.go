package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"drawbridge"
	"drawbridge/internal/app"
	"drawbridge/internal/seal"
)

func newAdmin(env *Env) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "admin",
		Short: "Work on an installation from its own machine",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newAdminCreate(env))
	return cmd
}

const adminCreateLong = `Create makes the first administrator, once, on the machine of the data folder. Everybody after
that is invited. The server may run or not; an installation that was never started is made.

At a terminal the password is asked for. Else it comes from the file that --password-file names,
from standard input (--password-file -), or from DRAWBRIDGE_ADMIN_PASSWORD.`

func newAdminCreate(env *Env) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "create",
		Short: "Make the first administrator",
		Long:  adminCreateLong,
		Example: `  drawbridge admin create --email ann@example.com
  drawbridge admin create --email ann@example.com --password-file - < password`,
		Args: cobra.NoArgs,
	}
	format := formatFlag(cmd, "text", "json")
	settings := settingFlags(cmd, env, true)
	var first firstAdmin
	first.flags(cmd, "")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if first.email == "" {
			return usageError{errors.New("name the administrator's address with --email")}
		}
		opt, err := settings()
		if err != nil {
			return err
		}
		password, err := env.password(first.file, true)
		if err != nil {
			return err
		}
		opt.Create = true
		local, err := app.OpenLocal(cmd.Context(), opt)
		if err != nil {
			return err
		}
		p, err := local.Account.Bootstrap(cmd.Context(), "cli", first.email, first.nameOrEmail(), password)
		if err = errors.Join(err, local.Close()); err != nil {
			return err
		}
		if *format == "json" {
			return writeJSON(env.Stdout, struct {
				SchemaVersion string `json:"schema_version"`
				drawbridge.Person
			}{drawbridge.SchemaVersion, p})
		}
		_, err = fmt.Fprintf(env.Stdout, "%s is the first administrator (%s).\n", p.Email, p.ID)
		return err
	}
	return cmd
}

// secretText reads a secret from a file, or from standard input when that is -.
func (e *Env) secretText(name string) (seal.Hidden, error) {
	var data []byte
	var err error
	if name == "-" {
		data, err = io.ReadAll(io.LimitReader(e.Stdin, maxSecret+1))
	} else {
		data, err = e.secretFile(name)
	}
	switch {
	case err != nil:
		return seal.Hidden{}, drawbridge.Errorf(drawbridge.NotFound, "the secret in %s cannot be read: %w", name, cause(err))
	case len(data) > maxSecret:
		return seal.Hidden{}, drawbridge.Errorf(drawbridge.TooLarge, "the secret in %s has more than %d bytes", name, maxSecret)
	}
	return seal.Hide(strings.TrimRight(string(data), "\r\n")), nil
}

// secretFile reads a file that may be a pipe, as container platforms and shells
// hand over secrets.
func (e *Env) secretFile(name string) ([]byte, error) {
	f, err := os.Open(e.path(name))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, maxSecret+1))
}

// askPassword asks a person at a terminal, twice, and shows nothing.
func (e *Env) askPassword() (seal.Hidden, error) {
	f, ok := e.Stdin.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return seal.Hidden{}, usageError{errors.New("there is no terminal to ask for the password: name a file with --password-file; - reads standard input")}
	}
	var given [2]seal.Hidden
	for i, question := range []string{"New password: ", "Again: "} {
		fmt.Fprint(e.Stderr, question)
		data, err := term.ReadPassword(int(f.Fd()))
		fmt.Fprintln(e.Stderr)
		if err != nil {
			return seal.Hidden{}, drawbridge.Errorf(drawbridge.Invalid, "the password was not read: %w", err)
		}
		given[i] = seal.Hide(string(data))
	}
	if !given[0].Equal(given[1]) {
		return seal.Hidden{}, drawbridge.Errorf(drawbridge.Invalid, "the two passwords differ: nothing was changed")
	}
	return given[0], nil
}
