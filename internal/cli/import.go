package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"drawbridge"
	"drawbridge/internal/exchange"
	"drawbridge/internal/manifest"
	"drawbridge/internal/policy"
	"drawbridge/internal/spec"
)

const importLong = `Import reads a model of another threat-modelling tool, Open Threat Model (otm) or Threagile, and
writes a folder with the manifest and, where the model holds it, the partner's file. What a manifest
has no place for, and what had to be assumed, is listed on stderr, one line each. What the model
does not say stays open: the other commands ask for it.

Elements in a trust zone that calls itself partner, vendor, supplier, saas or third-party become
interfaces; --partner names another one.`

const importExample = `  drawbridge import --format otm --out shop model.otm
  drawbridge import --format threagile --partner "payment provider" --out shop threagile.yaml`

func newImport(env *Env) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "import FILE --out DIR",
		Short:   "Make a manifest of another tool's threat model",
		Long:    importLong,
		Example: importExample,
		Args:    cobra.ExactArgs(1),
	}
	format := formatFlag(cmd, exchange.Formats()...)
	out := cmd.Flags().String("out", "", "folder to make; it may not exist yet")
	id := cmd.Flags().String("id", "", "id of the integration (default the model's own)")
	partner := cmd.Flags().String("partner", "", "id or name of the trust zone that is the partner's")
	loss := cmd.Flags().String("loss", "", "write what is lost to this file as JSON, instead of to stderr")
	cmd.RunE = func(_ *cobra.Command, args []string) error {
		if *out == "" {
			return usageError{errors.New("--out is missing: name the folder to make")}
		}
		ws, err := mapWorkspace(filepath.Dir(env.path(*out)))
		if err != nil {
			return err
		}
		data, err := manifest.ReadFile(env.path(args[0]))
		if err != nil {
			return err
		}
		result, err := exchange.Import(*format, args[0], data, exchange.Options{ID: *id, Partner: *partner, Taxonomy: ws.Taxonomy})
		if err != nil {
			return err
		}
		if err := writeImport(env.path(*out), ws, result); err != nil {
			return err
		}
		fmt.Fprintf(env.Stdout, "%s\n", filepath.ToSlash(filepath.Join(*out, spec.ManifestName)))
		return tellLosses(env, *loss, result.Losses)
	}
	return cmd
}

// writeImport makes the folder: beside it first, checked by loading it as the
// next command will, then renamed, so that nothing is ever half-written.
func writeImport(dir string, ws *policy.Workspace, r *exchange.Result) error {
	if _, err := os.Lstat(dir); !errors.Is(err, fs.ErrNotExist) {
		return drawbridge.Errorf(drawbridge.Conflict, "%s exists already; name a new folder", dir)
	}
	text, err := manifest.Encode(r.Integration)
	if err != nil {
		return fmt.Errorf("encode the manifest: %w", err)
	}
	files := manifest.Files{spec.ManifestName: text}
	if r.Partner != nil {
		text, err := manifest.EncodePartner(r.Partner)
		if err != nil {
			return fmt.Errorf("encode the partner's file: %w", err)
		}
		files["partners/"+r.Partner.ID+".yaml"] = text
	}
	cannot := func(err error) error {
		return drawbridge.Errorf(drawbridge.Unavailable, "%s cannot be written: %w; nothing is left behind", dir, err)
	}
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil { //nolint:gosec // a folder of the person's own repository
		return cannot(err)
	}
	temp, err := os.MkdirTemp(filepath.Dir(dir), "."+filepath.Base(dir)+".new-")
	if err != nil {
		return cannot(err)
	}
	defer os.RemoveAll(temp) // gone already when all went well
	for name, data := range files {
		if err := writeOut(filepath.Join(temp, filepath.FromSlash(name)), data); err != nil {
			return cannot(err)
		}
	}
	if _, err := manifest.Load(filepath.Join(temp, spec.ManifestName), ws.ManifestOptions()...); err != nil {
		return drawbridge.Errorf(drawbridge.Invalid, "the model does not make a valid manifest: %w", err)
	}
	if err := os.Chmod(temp, 0o755); err != nil { //nolint:gosec // MkdirTemp gives 0700, the files are no secret
		return cannot(err)
	}
	if err := os.Rename(temp, dir); err != nil {
		return cannot(err)
	}
	return nil
}
