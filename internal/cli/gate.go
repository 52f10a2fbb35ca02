package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"drawbridge"
	"drawbridge/internal/client"
)

const gateLong = `Gate asks a server about exactly what the manifest says now, by its content digest. The answer is
the server's own, by its own packs; what is in your files beside the manifest does not count. A
digest that the server does not hold, or that a later revision replaced, is a no.

Exit codes: 0 go or conditional (the conditions are printed), 3 no-go, 1 when there is no answer.
Until decisions are made on the server, its answer is advice.`

func newGate(env *Env) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "gate FILE",
		Short: "Ask a server whether exactly this manifest may go live",
		Long:  gateLong,
		Example: `  drawbridge gate acme-payments/integration.yaml
  drawbridge gate --server https://drawbridge.example --format json acme-payments/integration.yaml`,
		Args: cobra.ExactArgs(1),
	}
	format := formatFlag(cmd, "text", "json")
	flags := serverFlagsOf(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		l, err := env.working(args[0])
		if err != nil {
			return err
		}
		c, err := env.connect(flags)
		if err != nil {
			return err
		}
		defer c.Close()
		answer, err := c.Gate(cmd.Context(), client.GateQuestion{Key: client.Key{Slug: l.id(), Environment: l.environment()}, Digest: l.content})
		if err != nil {
			return err
		}
		if answer.Digest != l.content {
			return drawbridge.Errorf(drawbridge.Unavailable, "%s answered for another digest", c.URL())
		}
		if *format == "json" {
			err = writeJSON(env.Stdout, struct {
				SchemaVersion string `json:"schema_version"`
				Server        string `json:"server"`
				client.GateAnswer
			}{drawbridge.SchemaVersion, c.URL(), answer})
		} else {
			_, err = fmt.Fprint(env.Stdout, tellGate(l, c.URL(), answer))
		}
		if err != nil {
			return err
		}
		if answer.Outcome != drawbridge.Go && answer.Outcome != drawbridge.Conditional {
			return errNo
		}
		return nil
	}
	return cmd
}

func tellGate(l *working, url string, a client.GateAnswer) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s (%s) at %s\n", a.Outcome, l.id(), l.environment(), url)
	fmt.Fprintf(&b, "digest %s\n", a.Digest)
	if a.Known && !a.Superseded {
		fmt.Fprintf(&b, "revision %d, assessed %s: inherent %.0f, residual %.0f, tier %s\n", a.Number, a.AssessedAt.UTC().Format("2006-01-02 15:04 MST"), a.Inherent, a.Residual, a.Tier)
	}
	for _, r := range a.Reasons {
		fmt.Fprintf(&b, "  %-11s %s\n", r.Outcome, line(r.Text))
	}
	if a.Basis == "advice" {
		b.WriteString("this is advice: nobody has decided\n")
	}
	return b.String()
}
