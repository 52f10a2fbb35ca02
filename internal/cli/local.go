package cli

import (
	"errors"

	"github.com/spf13/cobra"

	"drawbridge/internal/app"
)

// local lets a command work on an installation's data folder: it opens it, runs,
// and closes it.
func (e *Env) local(cmd *cobra.Command, settings func() (app.Options, error), run func(*app.Local) error) error {
	opt, err := settings()
	if err != nil {
		return err
	}
	local, err := app.OpenLocal(cmd.Context(), opt)
	if err != nil {
		return err
	}
	return errors.Join(run(local), local.Close())
}
