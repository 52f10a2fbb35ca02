package cli

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"

	"github.com/spf13/cobra"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/app"
	"drawbridge/internal/ledger"
)

func newLogExport(env *Env) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "export",
		Short: "Write the whole log to one file that anybody can verify",
		Long: `Export writes the log as of now: every entry, what it commits to as far as that was not erased, the
keys, and the signed checkpoint. The file holds reasons and changed values in clear text: hand it to
those who may read them. The server may run meanwhile.`,
		Example: "  drawbridge log export --out log.jsonl\n  drawbridge log verify log.jsonl",
		Args:    cobra.NoArgs,
	}
	settings := settingFlags(cmd, env, true)
	out := cmd.Flags().StringP("out", "o", "", "file to write; standard output when it is left out")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		return env.local(cmd, settings, func(l *app.Local) error {
			return env.stream(*out, func(w io.Writer) error {
				defer env.progressDone()
				return l.Custody.Export(cmd.Context(), access.Keeper(), w, func(done, all int64) { env.progress("log: %d of %d entries", done, all) })
			})
		})
	}
	return cmd
}

// stream writes a result of any size to stdout, or to a file that is replaced
// once it is whole. Only its owner can read the file.
func (e *Env) stream(name string, write func(io.Writer) error) error {
	if name == "" || name == "-" {
		return write(e.Stdout)
	}
	path := e.path(name)
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return drawbridge.Errorf(drawbridge.Invalid, "cannot write %s: %w", name, cause(err))
	}
	defer os.Remove(f.Name())
	w := bufio.NewWriterSize(f, 256<<10)
	if err := errors.Join(write(w), w.Flush(), f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return drawbridge.Errorf(drawbridge.Unavailable, "cannot write %s: %w", name, cause(err))
	}
	return nil
}

func newLogCheckpoint(env *Env) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "checkpoint",
		Short: "Print the log's signed checkpoint",
		Long: `Checkpoint prints what the log holds now, in one signed note: its name, how many entries, and the root of
their tree. Whoever keeps it somewhere else can later tell whether history was rewritten or rolled
back: name it with --anchor to log verify.`,
		Example: "  drawbridge log checkpoint > checkpoint-may.txt",
		Args:    cobra.NoArgs,
	}
	format := formatFlag(cmd, "text", "json")
	settings := settingFlags(cmd, env, true)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		return env.local(cmd, settings, func(l *app.Local) error {
			signed, err := l.Custody.Checkpoint(cmd.Context(), access.Keeper())
			if err != nil {
				return err
			}
			if *format != "json" {
				_, err = io.WriteString(env.Stdout, signed)
				return err
			}
			cp, err := ledger.ParseCheckpoint([]byte(signed))
			if err != nil {
				return err
			}
			return writeJSON(env.Stdout, struct {
				SchemaVersion string `json:"schema_version"`
				ledger.Checkpoint
				Note string   `json:"note"`
				Keys []string `json:"keys"`
			}{drawbridge.SchemaVersion, cp, signed, l.Keys.VerifierKeys()})
		})
	}
	return cmd
}

func newLogProve(env *Env) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "prove [ENTRY]",
		Short: "Prove that an entry is in the log, or that the log only grew",
		Long: `Prove writes a document that stands alone: with an entry's number, that this entry is in the log whose
checkpoint is signed; with --since, that the history of a checkpoint which somebody kept is the
beginning of the present one. Verify it anywhere with log verify.`,
		Example: "  drawbridge log prove 17 --out proof.json\n  drawbridge log prove --since checkpoint-may.txt --out proof.json",
		Args:    cobra.MaximumNArgs(1),
	}
	settings := settingFlags(cmd, env, true)
	since := cmd.Flags().String("since", "", "file with an older checkpoint of this log")
	out := cmd.Flags().StringP("out", "o", "", "file to write; standard output when it is left out")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if (len(args) == 1) == (*since != "") {
			return usageError{errors.New("name either an entry's number or --since CHECKPOINT")}
		}
		return env.local(cmd, settings, func(l *app.Local) error {
			proof, err := env.logProof(cmd, l, args, *since)
			if err != nil {
				return err
			}
			return env.stream(*out, func(w io.Writer) error {
				_, err := w.Write(proof)
				return err
			})
		})
	}
	return cmd
}

func (e *Env) logProof(cmd *cobra.Command, l *app.Local, args []string, since string) ([]byte, error) {
	if since != "" {
		older, err := e.readFile("the checkpoint", since, ledger.MaxCheckpoint)
		if err != nil {
			return nil, err
		}
		return l.Custody.ProveSince(cmd.Context(), access.Keeper(), older)
	}
	seq, err := strconv.ParseInt(args[0], 10, 64)
	if err != nil || seq < 0 {
		return nil, usageError{fmt.Errorf("%q is not the number of an entry", args[0])}
	}
	return l.Custody.Prove(cmd.Context(), access.Keeper(), seq)
}
