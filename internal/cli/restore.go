package cli

import (
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"drawbridge"
	"drawbridge/internal/app"
	"drawbridge/internal/custody"
)

const restoreLong = `Restore makes an installation of a backup: in a data folder that is empty or not there, with SQLite
or in an empty PostgreSQL database, from whichever of the two it was taken. A backup that was
changed, cut short or added to is refused, and leaves nothing behind. Then everything is compared
with the ledger, as drawbridge fsck does, and the ledger's root with the signed one of the backup.
When all agrees it is verified; else what differs is named, and the exit code is 3.

The ledger goes on where the backup ended, with an entry that tells of the restore. What was done
after the backup is lost, and that shows: whoever kept a newer checkpoint finds with drawbridge log
verify that the ledger was rolled back. People sign in again. Stop the old server for good before:
two servers that go on from one ledger contradict each other.

With --verify nothing is kept: the backup is restored into a temporary folder, compared, and removed.`

func newRestore(env *Env) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "restore FILE",
		Short: "Make an installation of a backup, and compare everything with the ledger",
		Long:  restoreLong,
		Example: `  drawbridge restore drawbridge.backup --data /srv/drawbridge --passphrase-file passphrase
  drawbridge restore drawbridge.backup --data /srv/drawbridge --keys /safe/keys
  drawbridge restore drawbridge.backup --verify --identity-file identity`,
		Args: cobra.ExactArgs(1),
	}
	format := formatFlag(cmd, "text", "json")
	settings := settingFlags(cmd, env, true)
	keys := cmd.Flags().String("keys", "", "folder with the keys, for a backup that holds none")
	passphrase := cmd.Flags().String("passphrase-file", "", "file with the passphrase; - reads standard input")
	identity := cmd.Flags().String("identity-file", "", "file with the age identity, AGE-SECRET-KEY-1…")
	verify := cmd.Flags().Bool("verify", false, "restore nothing: only compare")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		opt := custody.RestoreOptions{Now: env.Now, Progress: env.steps}
		var err error
		if opt.Passphrase, err = env.backupPassphrase(*passphrase); err != nil {
			return err
		}
		if *identity != "" {
			if opt.Identity, err = env.secretText(*identity); err != nil {
				return err
			}
		}
		if *keys != "" {
			opt.Keys = env.path(*keys)
		}
		set, err := settings()
		if err != nil {
			return err
		}
		f, err := os.Open(env.path(args[0]))
		if err != nil {
			return drawbridge.Errorf(drawbridge.NotFound, "the backup %s cannot be read: %w", args[0], cause(err))
		}
		defer f.Close()
		var report custody.RestoreReport
		if *verify {
			report, err = custody.VerifyBackup(cmd.Context(), f, opt)
		} else {
			opt.Data, opt.Database = set.Data, set.Database
			var release func()
			if release, err = app.Lock(set.Data); err != nil {
				return err
			}
			defer release()
			report, err = custody.Restore(cmd.Context(), f, opt)
		}
		env.progressDone()
		if err != nil {
			return err
		}
		return env.tellRestore(report, *verify, *format)
	}
	return cmd
}

func (e *Env) tellRestore(r custody.RestoreReport, verify bool, format string) error {
	r.Tables = nil
	var err error
	if format == "json" {
		err = writeJSON(e.Stdout, struct {
			SchemaVersion string `json:"schema_version"`
			custody.RestoreReport
		}{drawbridge.SchemaVersion, r})
	} else {
		var b strings.Builder
		word := "restored"
		if verify {
			word = "read"
		}
		fmt.Fprintf(&b, "%s of %s, as of %s, from %s: %d entries, %d rows, %d files %s\n",
			r.ID, r.Origin, r.CreatedAt.Format(time.RFC3339), r.Database, r.Entries, r.Rows, r.Files, word)
		for _, d := range r.Check.Differences {
			fmt.Fprintf(&b, "%-12s %s: %s\n", d.Kind, d.ID, d.What)
		}
		switch {
		case !r.Verified:
			fmt.Fprintf(&b, "NOT VERIFIED: %d differences were in the record when it was backed up\n", int64(len(r.Check.Differences))+r.Check.More)
		case verify:
			fmt.Fprintf(&b, "verified by root hash %s\n", r.Root)
		default:
			fmt.Fprintf(&b, "verified by root hash %s; the ledger goes on with entry %d, which tells of the restore\n", r.Root, r.Entry)
		}
		_, err = fmt.Fprint(e.Stdout, b.String())
	}
	if err == nil && !r.Verified {
		return errNo
	}
	return err
}
