package cli

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/app"
	"drawbridge/internal/custody"
	"drawbridge/internal/seal"
)

const backupLong = `Backup writes everything that an installation keeps into one file, as of one moment, while the
server works: all rows, the ledger, and all files. It can be restored on either database.

With --passphrase-file or --recipient the file is encrypted (age), and holds the keys. Without, it
holds no keys: then keep the folder keys of the data folder elsewhere, since nothing in the backup
can be opened without it. The passphrase can also stand in DRAWBRIDGE_BACKUP_PASSPHRASE.

When --out names a folder, the file in it is named by the time, and --keep removes the oldest of
such files. What was purged is still in backups made before: keep few of them.

The checkpoint of the ledger that it prints (--format json) can be handed to an auditor: after a
restore, drawbridge log verify --anchor shows with it whether the ledger lost anything.`

func newBackup(env *Env) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "backup",
		Short: "Write everything that an installation keeps into one file",
		Long:  backupLong,
		Example: `  drawbridge backup --out /backups --keep 14 --recipient age1…
  drawbridge backup --out drawbridge.backup --passphrase-file passphrase`,
		Args: cobra.NoArgs,
	}
	format := formatFlag(cmd, "text", "json")
	settings := settingFlags(cmd, env, true)
	out := cmd.Flags().String("out", "", "file to write, or a folder")
	keep := cmd.Flags().Int("keep", 0, "how many backups stay in the folder; all of them when it is left out")
	recipient := cmd.Flags().String("recipient", "", "age key to encrypt for, age1…")
	passphrase := cmd.Flags().String("passphrase-file", "", "file with a passphrase to encrypt with; - reads standard input")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if *out == "" {
			return usageError{errors.New("name the file or folder to write to with --out")}
		}
		path := env.path(*out)
		info, err := os.Stat(path)
		folder := err == nil && info.IsDir()
		if *keep < 0 || *keep > 0 && !folder {
			return usageError{errors.New("--keep is a number of backups, and goes with a folder in --out")}
		}
		if folder {
			path = filepath.Join(path, "drawbridge-"+env.Now().UTC().Format("20060102T150405Z")+".backup")
		}
		opt := custody.BackupOptions{Recipient: *recipient, Progress: env.steps}
		if *recipient == "" {
			if opt.Passphrase, err = env.backupPassphrase(*passphrase); err != nil {
				return err
			}
		} else if *passphrase != "" {
			return usageError{errors.New("give --recipient or --passphrase-file, not both")}
		}
		return env.local(cmd, settings, func(l *app.Local) error {
			report, err := l.Custody.BackupFile(cmd.Context(), access.Keeper(), path, opt)
			env.progressDone()
			if err != nil {
				return err
			}
			if !report.Keys {
				fmt.Fprintf(env.Stderr, "WARNING: this backup is not encrypted, and holds NO KEYS. Keep a copy of %s elsewhere: without it nothing in the backup can be opened.\n", filepath.Join(l.Options.Data, "keys"))
			}
			if err := keepNewest(filepath.Dir(path), *keep); err != nil {
				return err
			}
			return env.tellBackup(path, report, *format)
		})
	}
	return cmd
}

// backupPassphrase reads the passphrase from a file or the environment; there
// may be none.
func (e *Env) backupPassphrase(file string) (seal.Hidden, error) {
	if file == "" {
		return seal.Hide(e.Environ("DRAWBRIDGE_BACKUP_PASSPHRASE")), nil
	}
	p, err := e.secretText(file)
	if err == nil && p.Empty() {
		err = drawbridge.Errorf(drawbridge.Invalid, "the passphrase in %s is empty", file)
	}
	return p, err
}

func (e *Env) tellBackup(path string, r custody.BackupReport, format string) error {
	if format == "json" {
		r.Tables = nil
		return writeJSON(e.Stdout, struct {
			SchemaVersion string `json:"schema_version"`
			File          string `json:"file"`
			custody.BackupReport
		}{drawbridge.SchemaVersion, path, r})
	}
	_, err := fmt.Fprintf(e.Stdout, "%s: %d entries, %d rows, %d files, %s, as of %s\nroot %s\n",
		path, r.Entries, r.Rows, r.Files, megabytes(r.Bytes), r.CreatedAt.Format(time.RFC3339), r.Root)
	return err
}

var backupFile = regexp.MustCompile(`^drawbridge-\d{8}T\d{6}Z\.backup$`)

// keepNewest removes the oldest backups of a folder; 0 keeps all.
func keepNewest(dir string, n int) error {
	if n == 0 {
		return nil
	}
	list, err := os.ReadDir(dir) // by name, which is by time
	if err != nil {
		return drawbridge.Errorf(drawbridge.Unavailable, "the backup was written, and older ones were not removed: %w", cause(err))
	}
	list = slices.DeleteFunc(list, func(f os.DirEntry) bool { return !f.Type().IsRegular() || !backupFile.MatchString(f.Name()) })
	for _, f := range list[:max(0, len(list)-n)] {
		if err := os.Remove(filepath.Join(dir, f.Name())); err != nil {
			return drawbridge.Errorf(drawbridge.Unavailable, "the backup was written, and %s was not removed: %w", f.Name(), cause(err))
		}
	}
	return nil
}

// steps tells a person how far something long came.
func (e *Env) steps(part string, done, all int64) {
	if all > 0 {
		e.progress("%s: %d of %d", part, done, all)
		return
	}
	e.progress("%s: %d", part, done)
}

func megabytes(n int64) string { return fmt.Sprintf("%.1f MB", float64(n)/1e6) }
