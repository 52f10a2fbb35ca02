package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"drawbridge/internal/exchange"
)

const exportLong = `Export writes an integration's map for another threat-modelling tool: Open Threat Model 0.2 (otm)
or a Threagile model. What the format has no place for is listed on stderr, one line each.

An otm file carries every key of the manifest beside its own, so that drawbridge import brings all
of it back. With --out NAME.json the file is JSON, otherwise YAML.`

const exportExample = `  drawbridge export --format otm --out acme.otm.json acme-payments/integration.yaml
  drawbridge export --format threagile --out threagile.yaml acme-payments/integration.yaml`

func newExport(env *Env) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "export FILE",
		Short:   "Write an integration's map for another threat-modelling tool",
		Long:    exportLong,
		Example: exportExample,
		Args:    cobra.ExactArgs(1),
	}
	format := formatFlag(cmd, exchange.Formats()...)
	out := cmd.Flags().String("out", "", "write to this file instead of stdout")
	loss := cmd.Flags().String("loss", "", "write what is lost to this file as JSON, instead of to stderr")
	cmd.RunE = func(_ *cobra.Command, args []string) error {
		src, err := loadMap(env, args[0])
		if err != nil {
			return err
		}
		data, losses, err := exchange.Export(*format, src.bundle, src.m, src.taxonomy)
		if err == nil && strings.EqualFold(filepath.Ext(*out), ".json") {
			data, err = exchange.JSON(data)
		}
		if err != nil {
			return err
		}
		err = env.output(*out, func(w io.Writer) error {
			_, err := w.Write(data)
			return err
		})
		if err != nil {
			return err
		}
		return tellLosses(env, *loss, losses)
	}
	return cmd
}

// tellLosses lists what could not be carried over.
func tellLosses(env *Env, file string, losses []exchange.Loss) error {
	if file != "" {
		return env.output(file, func(w io.Writer) error {
			enc := json.NewEncoder(w)
			enc.SetIndent("", "  ")
			return enc.Encode(map[string]any{"losses": append([]exchange.Loss{}, losses...)})
		})
	}
	for _, l := range losses {
		fmt.Fprintf(env.Stderr, "lost: %s: %s\n", l.Where, l.What)
	}
	return nil
}
