package cli

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/app"
	"drawbridge/internal/seal"
)

func newKeys(env *Env) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "keys",
		Short: "List and change the keys of an installation",
		Long: `An installation has three keys: one signs the log and approvals, one encrypts what is kept, one makes
codes for links and pages. The first start makes them, in the folder keys of the data folder, which
only its owner can read. Whoever has this folder can open everything: keep a copy somewhere safe,
apart from backups that hold none.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newKeysNew(env), newKeysList(env), newKeysRotate(env))
	return cmd
}

func newKeysNew(env *Env) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "new",
		Short: "Make the keys of a new installation before its first start",
		Long: `New makes the keys and an empty record, so that the log's verifier key can be handed out before anything
is in the log. The first start does the same by itself. Where there are keys already it refuses; to
replace one, rotate it.`,
		Example: "  drawbridge keys new --origin drawbridge.example.com/log",
		Args:    cobra.NoArgs,
	}
	format := formatFlag(cmd, "text", "json")
	settings := settingFlags(cmd, env, true)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		made := false
		fresh := func() (app.Options, error) {
			opt, err := settings()
			opt.Create = true
			made = err == nil && !opt.HasKeys()
			return opt, err
		}
		return env.local(cmd, fresh, func(l *app.Local) error {
			if !made {
				return drawbridge.Errorf(drawbridge.Conflict, "there are keys already; see them with drawbridge keys list, and replace one with drawbridge keys rotate")
			}
			return env.tellKeys(cmd, l, *format)
		})
	}
	return cmd
}

func newKeysList(env *Env) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "list",
		Short:   "List the keys, without their secrets",
		Long:    "List shows each key: what it is for, its state, since when, its fingerprint, and of a sign key the verifier key to hand out.",
		Example: "  drawbridge keys list",
		Args:    cobra.NoArgs,
	}
	format := formatFlag(cmd, "text", "json")
	settings := settingFlags(cmd, env, true)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		return env.local(cmd, settings, func(l *app.Local) error { return env.tellKeys(cmd, l, *format) })
	}
	return cmd
}

func newKeysRotate(env *Env) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "rotate sign|encrypt|mac",
		Short: "Put a new key in the place of one",
		Long: `Rotate makes a new key, records the change in the log, and takes the key into use. Of a sign key the log
keeps a statement that the old and the new key signed, so that whoever trusts the old one can follow.
What the old key encrypted stays readable; what it signed stays valid. A running server takes the
new key up with its next act. Broken off half-way, the same command goes on.`,
		Example:   "  drawbridge keys rotate sign --reason 'yearly change'",
		Args:      cobra.ExactArgs(1),
		ValidArgs: []string{"sign", "encrypt", "mac"},
	}
	format := formatFlag(cmd, "text", "json")
	settings := settingFlags(cmd, env, true)
	reason := cmd.Flags().String("reason", "", "why, for the record")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		purpose := seal.Purpose(args[0])
		if purpose != seal.PurposeSign && purpose != seal.PurposeEncrypt && purpose != seal.PurposeMAC {
			return usageError{fmt.Errorf("%q is no purpose of a key; write sign, encrypt or mac", args[0])}
		}
		return env.local(cmd, settings, func(l *app.Local) error {
			if _, err := l.Custody.RotateKey(cmd.Context(), access.Keeper(), purpose, *reason); err != nil {
				return err
			}
			return env.tellKeys(cmd, l, *format)
		})
	}
	return cmd
}

// tellKeys prints the keys.
func (e *Env) tellKeys(cmd *cobra.Command, l *app.Local, format string) error {
	keys, err := l.Custody.Keys(cmd.Context(), access.Keeper())
	if err != nil {
		return err
	}
	if format == "json" {
		type key struct {
			ID          string       `json:"id"`
			Purpose     seal.Purpose `json:"purpose"`
			State       seal.State   `json:"state"`
			Created     time.Time    `json:"created"`
			Fingerprint string       `json:"fingerprint"`
			Public      string       `json:"public,omitempty"`
		}
		list := make([]key, len(keys))
		for i, k := range keys {
			list[i] = key(k)
		}
		return writeJSON(e.Stdout, struct {
			SchemaVersion string `json:"schema_version"`
			Keys          []key  `json:"keys"`
		}{drawbridge.SchemaVersion, list})
	}
	var b strings.Builder
	for _, k := range keys {
		fmt.Fprintf(&b, "%-8s %-8s %s  %s\n", k.Purpose, k.State, k.Created.Format(time.DateOnly), k.Fingerprint)
		if k.Public != "" {
			fmt.Fprintf(&b, "  verifier key: %s\n", k.Public)
		}
	}
	_, err = io.WriteString(e.Stdout, b.String())
	return err
}
