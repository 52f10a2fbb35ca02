package cli

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"drawbridge"
	"drawbridge/internal/client"
	"drawbridge/internal/policy"
)

const pushLong = `Push sends a manifest, with the files that it refers to, to a server as a new revision. The server
parses and assesses it by its own packs; what it says is shown: the difference to the revision
before, widenings first, the score, and the gate.

A push names the revision that the change was made on. It is remembered beside the manifest, in
.drawbridge/base.json, by push and pull; when somebody else pushed meanwhile, nothing is written
and you are told to pull. --base names another, and --base head means whatever is there: for CI,
where files are merged before they are pushed.

The exit code is 0 whatever the gate says; ask it with drawbridge gate.`

type pushFlags struct {
	*serverFlags
	reason, base string
	dry          bool
}

func newPush(env *Env) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "push FILE",
		Short: "Send a manifest to a server as a new revision",
		Long:  pushLong,
		Example: `  drawbridge push --reason "one more field" acme-payments/integration.yaml
  drawbridge push --dry-run acme-payments/integration.yaml`,
		Args: cobra.ExactArgs(1),
	}
	format := formatFlag(cmd, "text", "json")
	f := pushFlags{serverFlags: serverFlagsOf(cmd)}
	cmd.Flags().StringVar(&f.reason, "reason", "", "why the integration changes; needed from the second revision on")
	cmd.Flags().StringVar(&f.base, "base", "", "the revision that the change was made on: its identifier, head, or none")
	cmd.Flags().BoolVar(&f.dry, "dry-run", false, "show what the server would say, and write nothing")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		p, sent, url, err := f.run(cmd.Context(), env, args[0])
		if err != nil {
			return err
		}
		if *format == "json" {
			return writeJSON(env.Stdout, struct {
				SchemaVersion string `json:"schema_version"`
				Server        string `json:"server"`
				Entry         int64  `json:"entry"` // in the ledger; -1 when nothing was written
				client.Pushed
			}{drawbridge.SchemaVersion, url, sent.Entry, p})
		}
		return tellPush(env.Stdout, url, p, sent)
	}
	return cmd
}

func (f *pushFlags) run(ctx context.Context, env *Env, file string) (client.Pushed, client.Sent, string, error) {
	var none client.Pushed
	l, err := env.working(file)
	if err != nil {
		return none, client.Sent{}, "", err
	}
	c, err := env.connect(f.serverFlags)
	if err != nil {
		return none, client.Sent{}, "", err
	}
	defer c.Close()
	from, err := f.from(ctx, c, l)
	if err != nil {
		return none, client.Sent{}, "", err
	}
	env.progress("pushing %s to %s", file, c.URL())
	defer env.progressDone()
	p, sent, err := c.Push(ctx, client.Push{Main: l.main, Files: l.files, Base: from, Reason: f.reason, DryRun: f.dry})
	if err != nil {
		return none, sent, "", err
	}
	if !f.dry {
		if err := l.bases.set(baseOf(c.URL(), p.Integration, p.Revision, l.files)); err != nil {
			return none, sent, "", drawbridge.Errorf(drawbridge.KindOf(err), "revision %d is on the server; %w", p.Revision.Number, err)
		}
	}
	return p, sent, c.URL(), nil
}

// from is the revision that the change was made on.
func (f *pushFlags) from(ctx context.Context, c *client.Client, l *working) (drawbridge.RevisionID, error) {
	switch f.base {
	case "none":
		return "", nil
	case "head":
		in, err := c.Find(ctx, client.Key{Slug: l.id(), Environment: l.environment()})
		if drawbridge.KindOf(err) == drawbridge.NotFound {
			return "", nil
		}
		return in.Head, err
	case "":
		if b := l.bases.of(c.URL(), l.id(), l.environment()); b != nil {
			return b.Revision, nil
		}
		return "", nil
	}
	if !drawbridge.ValidID("rev", f.base) {
		return "", usageError{errors.New("--base is the identifier of a revision (rev_...), head, or none")}
	}
	return drawbridge.RevisionID(f.base), nil
}

func tellPush(w io.Writer, url string, p client.Pushed, sent client.Sent) error {
	var b strings.Builder
	in := p.Integration
	switch {
	case p.Unchanged:
		fmt.Fprintf(&b, "%s (%s): revision %d at %s says the same already; nothing was written\n", in.Slug, in.Environment, p.Revision.Number, url)
	case p.DryRun:
		fmt.Fprintf(&b, "%s (%s): would be revision %d at %s; nothing was written\n", in.Slug, in.Environment, p.Revision.Number, url)
	default:
		fmt.Fprintf(&b, "%s (%s): revision %d at %s, entry %d of the ledger\n", in.Slug, in.Environment, p.Revision.Number, url, sent.Entry)
	}
	if !p.Unchanged && !p.Created {
		if err := writeChanges(&b, p.Changes); err != nil {
			return err
		}
	}
	for _, x := range p.Proposals {
		fmt.Fprintf(&b, "partner %s: %s is %s in the record and %s in your file; the record stays as it is\n", x.Partner, x.Field, told(x.Record), told(x.Proposed))
	}
	if err := tellAssessment(&b, p.Assessment); err != nil {
		return err
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// tellAssessment tells score and gate, as the server sees them.
func tellAssessment(w io.Writer, a drawbridge.Assessment) error {
	fmt.Fprintf(w, "score: inherent %.0f, residual %.0f, tier %s; %d findings\n", a.Inherent, a.Residual, a.Tier, a.Findings)
	var gate policy.Gate
	if err := json.Unmarshal(a.Gate, &gate); err != nil {
		return drawbridge.Errorf(drawbridge.Unavailable, "the server's gate cannot be read; it may be of another version: %w", err)
	}
	fmt.Fprintf(w, "gate: %s\n", cmp.Or(string(a.Outcome), "none"))
	for _, r := range gate.Reasons {
		fmt.Fprintf(w, "  %-11s %s\n", r.Outcome, line(r.Text))
	}
	for _, c := range gate.Conditions {
		fmt.Fprintf(w, "  condition   %s\n", line(c.Text))
	}
	return nil
}

// line keeps text from a server from breaking a terminal.
func line(s string) string {
	return strings.Map(func(r rune) rune {
		if r < 0x20 || r >= 0x7f && r < 0xa0 {
			return ' '
		}
		return r
	}, s)
}
