package cli

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"drawbridge"
	"drawbridge/internal/approval"
	"drawbridge/internal/client"
	"drawbridge/internal/ledger"
	"drawbridge/internal/policy"
)

const gateLong = `Gate answers whether exactly what the manifest says now is approved: the digest that was decided, or
a narrowing of it. It asks the server, or reads a signed approval file that you hold, without a
server. What is in your files beside the manifest does not count.

A file knows the manifest alone: that evidence ended or a check fails since, only the server knows.
A file is verified by the keys that you give with --key, or by approval_keys in drawbridge.yaml;
no key that travels with it counts. "drawbridge keys list" at the server prints the key.

Exit codes: 0 approved (open conditions are printed), 3 when it is not: no decision, rejected,
deferred, stale with the differences in words, expired, not yet, another digest, or an integration
that is suspended, being left or retired, which only the server knows; 1 when there is no answer.`

func newGate(env *Env) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "gate FILE",
		Short: "Ask whether exactly this manifest is approved",
		Long:  gateLong,
		Example: `  drawbridge gate acme-payments/integration.yaml
  drawbridge gate --approval acme-payments/approval.json --key server.vkey acme-payments/integration.yaml`,
		Args: cobra.ExactArgs(1),
	}
	format := formatFlag(cmd, "text", "json")
	file := cmd.Flags().String("approval", "", "signed approval file that answers in the server's place")
	keys := cmd.Flags().StringArray("key", nil, "verifier key that you trust, or a file with one on each line; may be repeated")
	flags := serverFlagsOf(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if *file == "" && len(*keys) > 0 {
			return usageError{fmt.Errorf("--key belongs to --approval")}
		}
		l, err := env.working(args[0])
		if err != nil {
			return err
		}
		g := gateAnswer{SchemaVersion: drawbridge.SchemaVersion, From: *file}
		if *file != "" {
			g.Answer, err = env.gateOffline(l, *file, *keys)
		} else {
			err = env.gateServer(cmd, flags, l, &g)
		}
		if err != nil {
			return err
		}
		if *format == "json" {
			err = writeJSON(env.Stdout, g)
		} else {
			_, err = fmt.Fprint(env.Stdout, g.text(l))
		}
		if err == nil && !g.Status.OK() {
			return errNo
		}
		return err
	}
	return cmd
}

// gateAnswer is what the command prints.
type gateAnswer struct {
	SchemaVersion string `json:"schema_version"`
	From          string `json:"from"` // server or approval file
	approval.Answer
	Advice *client.GateAdvice `json:"advice,omitempty"`
}

func (e *Env) gateServer(cmd *cobra.Command, flags *serverFlags, l *working, g *gateAnswer) error {
	c, err := e.connect(flags)
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
	g.From, g.Answer, g.Advice = c.URL(), answer.Answer, &answer.Advice
	return nil
}

// gateOffline answers from an approval file.
func (e *Env) gateOffline(l *working, file string, given []string) (approval.Answer, error) {
	keys, err := e.approvalKeys(l.dir, given)
	if err != nil {
		return approval.Answer{}, err
	}
	data, err := e.readFile("the approval", file, approval.MaxFile)
	if err != nil {
		return approval.Answer{}, err
	}
	a, err := approval.Open(data, keys)
	if err != nil {
		return approval.Answer{}, drawbridge.Errorf(drawbridge.KindOf(err), "%s: %w", filepath.Base(file), err)
	}
	return a.Covers(l.bundle, e.Now())
}

// maxKeyFile bounds a file of verifier keys.
const maxKeyFile = 64 << 10

// approvalKeys are the keys that were given, or those of the workspace.
func (e *Env) approvalKeys(dir string, given []string) ([]string, error) {
	if len(given) == 0 {
		keys, err := policy.ApprovalKeys(dir)
		if err == nil && len(keys) == 0 {
			err = drawbridge.Errorf(drawbridge.Invalid, "no key to verify the approval by: give --key, or list approval_keys in %s", policy.WorkspaceFile)
		}
		return keys, err
	}
	var out []string
	for _, key := range given {
		if _, err := ledger.ParseKey(key); err == nil {
			out = append(out, key)
			continue
		}
		data, err := e.readFile("the key", key, maxKeyFile)
		if err != nil {
			return nil, err
		}
		lines := slices.DeleteFunc(strings.Split(string(data), "\n"), func(s string) bool { return strings.TrimSpace(s) == "" })
		for _, s := range lines {
			if _, err := ledger.ParseKey(strings.TrimSpace(s)); err != nil {
				return nil, drawbridge.Errorf(drawbridge.Invalid, "%s: %w", key, err)
			}
			out = append(out, strings.TrimSpace(s))
		}
	}
	return out, nil
}

func (g *gateAnswer) text(l *working) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s (%s) by %s\n", g.Status, l.id(), l.environment(), line(g.From))
	fmt.Fprintf(&b, "digest %s\n", g.Digest)
	if g.Decision != "" {
		fmt.Fprintf(&b, "decision %s, tier %s, until %s\n", line(string(g.Decision)), line(string(g.Tier)), line(string(g.Until)))
	}
	for _, r := range g.Reasons {
		b.WriteString("  " + line(r) + "\n")
	}
	if g.Status.OK() {
		for _, c := range g.Conditions {
			when := "after go-live"
			if c.Before {
				when = "before go-live"
			}
			fmt.Fprintf(&b, "  condition %s, due %s: %s\n", when, line(string(c.Due)), line(c.Text))
		}
	}
	if a := g.Advice; a != nil && a.Known && !a.Superseded {
		fmt.Fprintf(&b, "the server's own assessment, revision %d: %s, inherent %.0f, residual %.0f\n", a.Number, line(string(a.Outcome)), a.Inherent, a.Residual)
	}
	return b.String()
}
