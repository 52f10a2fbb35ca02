package cli

import (
	"context"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"drawbridge/internal/assess"
	"drawbridge/internal/client"
)

const claimsLong = `Claims lays what is claimed of an integration, in its manifest, in answers and in documents, beside what
live checks found: verified, contradicted, untested, or not_testable where no check exists. A contradiction is
looked at by a reviewer, by drawbridge finding rule.`

func newClaims(env *Env) *cobra.Command {
	var environment string
	var open bool
	cmd := &cobra.Command{
		Use: "claims ID", Short: "Lay what is claimed of an integration beside what was tested", Args: cobra.ExactArgs(1), Long: claimsLong,
		Example: `  drawbridge claims acme-payments --environment production
  drawbridge claims acme-payments --open --format json`,
	}
	environmentFlag(cmd, &environment)
	cmd.Flags().BoolVar(&open, "open", false, "only contradictions that nobody ruled on, and claims that do not agree")
	return question[client.ClaimTests]{
		ask: func(ctx context.Context, c *client.Client, args []string) (client.ClaimTests, error) {
			id, err := integrationOf(ctx, c, args[0], environment)
			if err != nil {
				return client.ClaimTests{}, err
			}
			got, err := c.Claims(ctx, id)
			if open {
				kept := []assess.ClaimTest{}
				for _, x := range got.Claims {
					if x.Open() || x.Disputed {
						kept = append(kept, x)
					}
				}
				got.Claims = kept
			}
			return got, err
		},
		tell: func(w io.Writer, got client.ClaimTests) error {
			rows := make([][]string, len(got.Claims))
			for i, x := range got.Claims {
				rows[i] = claimRow(x)
			}
			return writeTable(w, []string{"CONTROL", "ELEMENT", "CLAIMED IN", "TESTED BY", "VERDICT"}, rows)
		},
	}.on(env, cmd)
}

// claimRow is a claim, its tests, and what comes of them.
func claimRow(x assess.ClaimTest) []string {
	var said, tests []string
	for _, c := range x.Claims {
		word := c.Source
		if !c.Holds {
			word += " (denies it)"
		}
		said = append(said, word)
	}
	for _, t := range x.Tests {
		word := t.Check + " " + string(t.Verdict) + " " + moment(t.At)
		if t.Ruling != nil && t.Ruling.Refuted {
			word += " (refuted)"
		}
		tests = append(tests, word)
	}
	verdict := x.Verdict
	switch {
	case x.Verdict == assess.Contradicted && x.Reviewed:
		verdict += ", reviewed"
	case x.Disputed:
		verdict += ", disputed"
	}
	return []string{x.Control, x.Element, strings.Join(said, "; "), strings.Join(tests, "; "), verdict}
}
