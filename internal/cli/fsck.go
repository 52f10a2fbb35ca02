package cli

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/app"
	"drawbridge/internal/custody"
	"drawbridge/internal/job"
)

func newFsck(env *Env) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "fsck",
		Short: "Compare state, files and ledger, and name each difference",
		Long: `Fsck recomputes everything that the record stands on, as of one moment: the ledger's entries up to its
signed head, the tree and the index beside it, each row against the last entry about it, each file
against its digest. What was changed behind the record's back is named, and the exit code is 3.

It changes nothing, and may run beside the server. Files that nothing names are listed: a crash may
leave one between keeping it and naming it, and the purge removes it. With --requeue it hands what is
not done yet to the queue of jobs again, for when the queue's own tables were lost.`,
		Example: "  drawbridge fsck\n  drawbridge fsck --quick --format json",
		Args:    cobra.NoArgs,
	}
	format := formatFlag(cmd, "text", "json")
	settings := settingFlags(cmd, env, true)
	quick := cmd.Flags().Bool("quick", false, "only look whether files are there; do not read them")
	requeue := cmd.Flags().Bool("requeue", false, "make the queue of jobs anew from what is not done yet")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		return env.local(cmd, settings, func(l *app.Local) error {
			opt := custody.CheckOptions{Quick: *quick, Progress: func(part string, done, all int64) {
				if all > 0 {
					env.progress("%s: %d of %d", part, done, all)
				} else {
					env.progress("%s: %d", part, done)
				}
			}}
			if *requeue {
				n, err := job.Requeue(cmd.Context(), l.Door)
				if err != nil {
					return err
				}
				fmt.Fprintf(env.Stderr, "%d jobs were handed to the queue again.\n", n)
			}
			report, err := l.Custody.Check(cmd.Context(), access.Keeper(), opt)
			env.progressDone()
			if err != nil {
				return err
			}
			if *format == "json" {
				err = writeJSON(env.Stdout, struct {
					SchemaVersion string `json:"schema_version"`
					custody.CheckReport
				}{drawbridge.SchemaVersion, report})
			} else {
				_, err = io.WriteString(env.Stdout, fsckText(report))
			}
			if err == nil && !report.OK {
				return errNo
			}
			return err
		})
	}
	return cmd
}

func fsckText(r custody.CheckReport) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d entries, %d rows, %d files\n", r.Entries, r.Rows, r.Files)
	if r.Root != "" {
		fmt.Fprintf(&b, "root %s\n", r.Root)
	}
	for _, d := range r.Differences {
		fmt.Fprintf(&b, "%-12s %s: %s\n", d.Kind, d.ID, d.What)
	}
	if r.More > 0 {
		fmt.Fprintf(&b, "and %d differences more\n", r.More)
	}
	if len(r.Orphans) > 0 {
		fmt.Fprintf(&b, "%d files that nothing names, left by a crash; drawbridge retention purge removes them:\n  %s\n", len(r.Orphans), strings.Join(r.Orphans, "\n  "))
	}
	if r.OK {
		b.WriteString("No differences.\n")
	} else {
		fmt.Fprintf(&b, "%d differences. Keep the folder as it is, and restore the last backup beside it.\n", int64(len(r.Differences))+r.More)
	}
	return b.String()
}
