package cli

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"drawbridge"
	"drawbridge/internal/custody"
	"drawbridge/internal/ledger"
)

func newLogVerify(env *Env) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "verify FILE",
		Short: "Verify an exported log, or a proof of one entry, offline",
		Long: `Verify reads the export of a log, or a proof document, and says whether it is whole and as it was
signed. It needs no server. A changed, missing, added or moved entry makes it exit with 3.

How far that goes depends on what you hold. Name a key of the log that you got from elsewhere with
--key; otherwise the key is the file's own word. Keep a checkpoint, and name it with --anchor next
time: it alone shows that the log's own keeper has not rewritten or rolled back what was there.
"-" reads from standard input.`,
		Example: `  drawbridge log verify log.jsonl
  drawbridge log verify log.jsonl --key log.example.com+5e1a2b3c+AZ... --anchor checkpoint-may.txt`,
		Args: cobra.ExactArgs(1),
	}
	format := formatFlag(cmd, "text", "json")
	keys := cmd.Flags().StringArray("key", nil, "verifier key of the log that you trust, name+hash+key; may be repeated")
	anchor := cmd.Flags().String("anchor", "", "file with a checkpoint of this log that you kept")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		trust, err := env.logTrust(*keys, *anchor)
		if err != nil {
			return err
		}
		in, err := env.openLog(args[0])
		if err != nil {
			return err
		}
		defer in.Close()
		r := bufio.NewReaderSize(in, 64<<10)
		if start, err := r.Peek(2); err == nil && string(start) == "{\n" { // an export has no line of one brace
			return verifyProof(env, r, trust, *format)
		}
		return verifyLog(cmd.Context(), env, r, trust, *format)
	}
	return cmd
}

// logTrust gathers what the person knows of the log.
func (e *Env) logTrust(keys []string, anchor string) (ledger.Trust, error) {
	trust := ledger.Trust{Keys: keys, Rotation: custody.Handover}
	for _, key := range keys {
		if _, err := ledger.ParseKey(key); err != nil {
			return trust, usageError{fmt.Errorf("--key: %w", err)}
		}
	}
	if anchor == "" {
		return trust, nil
	}
	data, err := e.readFile("the checkpoint", anchor, ledger.MaxCheckpoint)
	if err != nil {
		return trust, err
	}
	cp, err := ledger.ParseCheckpoint(data)
	if err != nil {
		return trust, drawbridge.Errorf(drawbridge.Invalid, "%s: %w; name the file exactly as it was handed out", anchor, err)
	}
	trust.Anchor = &cp
	return trust, nil
}

// openLog opens a plain file of any size, or standard input.
func (e *Env) openLog(name string) (io.ReadCloser, error) {
	if name == "-" {
		return io.NopCloser(e.Stdin), nil
	}
	info, err := os.Stat(e.path(name))
	switch {
	case err != nil:
		return nil, drawbridge.Errorf(drawbridge.NotFound, "the log %s cannot be read: %w", name, cause(err))
	case !info.Mode().IsRegular():
		return nil, drawbridge.Errorf(drawbridge.Invalid, "the log %s is not a plain file; name the file that was exported, or - to read from standard input", name)
	}
	f, err := os.Open(e.path(name))
	if err != nil {
		return nil, drawbridge.Errorf(drawbridge.NotFound, "the log %s cannot be read: %w", name, cause(err))
	}
	return f, nil
}

func verifyLog(ctx context.Context, env *Env, r io.Reader, trust ledger.Trust, format string) error {
	report, err := ledger.Verify(ctx, r, trust, func(n int64) { env.progress("verified %d entries", n) })
	env.progressDone()
	if err != nil {
		return err
	}
	if format == "json" {
		err = writeJSON(env.Stdout, struct {
			SchemaVersion string `json:"schema_version"`
			ledger.Report
		}{drawbridge.SchemaVersion, report})
	} else {
		_, err = io.WriteString(env.Stdout, logText(report))
	}
	if err == nil && !report.OK {
		return errNo
	}
	return err
}

func logText(r ledger.Report) string {
	var b strings.Builder
	if !r.OK {
		fmt.Fprintf(&b, "NOT VERIFIED, differences from what was signed: %d\n", int64(len(r.Differences))+r.More)
		for _, d := range r.Differences {
			where := "the log"
			if d.Seq >= 0 {
				where = fmt.Sprintf("entry %d", d.Seq)
			}
			fmt.Fprintf(&b, "  %s: %s\n", where, d.What)
		}
		if r.More > 0 {
			fmt.Fprintf(&b, "  and %d more\n", r.More)
		}
	} else {
		fmt.Fprintf(&b, "verified: %s, %d entries\n", r.Origin, r.Size)
		fmt.Fprintf(&b, "  root    %s\n  key     %s, %s\n", r.Root, r.KeyID, trusted(r.Trusted))
		if r.Anchored {
			b.WriteString("  anchor  goes on from the checkpoint that you kept\n")
		}
		if r.Erased > 0 {
			fmt.Fprintf(&b, "  erased  %d details, as later entries say\n", r.Erased)
		}
	}
	for _, n := range r.Notes {
		fmt.Fprintf(&b, "note: %s\n", n)
	}
	return b.String()
}

func trusted(yes bool) string {
	if yes {
		return "vouched for by a key that you gave"
	}
	return "taken from the file"
}

func verifyProof(env *Env, r io.Reader, trust ledger.Trust, format string) error {
	data, err := io.ReadAll(io.LimitReader(r, ledger.MaxProof+1))
	if err != nil {
		return fmt.Errorf("read the proof: %w", err)
	}
	proved, problem := ledger.VerifyProof(data, trust)
	switch {
	case format == "json" && problem != nil:
		err = writeJSON(env.Stdout, map[string]any{"schema_version": drawbridge.SchemaVersion, "ok": false, "problem": problem.Error()})
	case format == "json":
		err = writeJSON(env.Stdout, struct {
			SchemaVersion string `json:"schema_version"`
			OK            bool   `json:"ok"`
			ledger.Proved
		}{drawbridge.SchemaVersion, true, proved})
	case problem != nil:
		_, err = fmt.Fprintf(env.Stdout, "NOT VERIFIED: %v\n", problem)
	default:
		_, err = io.WriteString(env.Stdout, proofText(proved))
	}
	if err == nil && problem != nil {
		return errNo
	}
	return err
}

func proofText(p ledger.Proved) string {
	var b strings.Builder
	cp := p.Checkpoint
	if p.Entry != nil {
		raw, err := ledger.Encode(*p.Entry)
		fmt.Fprintf(&b, "verified: entry %d is in the log %s of %d entries\n", p.Entry.Seq, cp.Origin, cp.Size)
		if err == nil {
			fmt.Fprintf(&b, "  entry   %s\n", raw)
		}
	} else {
		fmt.Fprintf(&b, "verified: the log %s of %d entries goes on from that of %d entries\n", cp.Origin, cp.Size, p.Older.Size)
	}
	fmt.Fprintf(&b, "  root    %s\n  key     %s, %s\n", cp.Root, p.KeyID, trusted(p.Trusted))
	return b.String()
}
