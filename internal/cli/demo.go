package cli

import (
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"drawbridge/internal/assess"
	"drawbridge/internal/check"
	"drawbridge/internal/demo"
	"drawbridge/internal/report"
)

const demoLong = `Demo shows the main job on a realistic payments partner that it starts on loopback: its
specification is imported, the partner is tested live and refused with reasons, mends its flaws,
and is tested again. It leaves the manifests, both run files and both HTML reports.

Nothing leaves this machine; the partner listens on 127.0.0.1 and is stopped at the end.`

func newDemo(env *Env) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "demo",
		Short:   "Show the main job on a partner inside",
		Long:    demoLong,
		Example: "  drawbridge demo --out demo-out",
		Args:    cobra.NoArgs,
	}
	format := formatFlag(cmd, "text", "json")
	out := cmd.Flags().String("out", "demo-out", "folder to write to; files of an earlier demo there are replaced")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		opt := demo.Options{
			Dir: env.path(*out), Shown: *out, Out: env.Stdout, Now: env.Now, Version: env.Version,
			Write: func(name string, data []byte) error {
				path := filepath.Join(env.path(*out), name)
				if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil { //nolint:gosec // a demonstration is for everybody to read
					return err
				}
				return replaceFile(path, data, 0o644)
			},
			Progress: func(e check.Event) { env.progress("%s: %s (%d of %d requests)", e.Phase, e.Text, e.Requests, e.Budget) },
		}
		if *format == "json" {
			opt.Out = io.Discard
		}
		result, err := demo.Run(cmd.Context(), opt)
		env.progressDone()
		if err != nil {
			return err
		}
		if *format == "json" {
			return tell(env.Stdout, "json", report.Options{Many: true}, []*assess.Assessment{result.Flawed, result.Mended})
		}
		return nil
	}
	return cmd
}
