package cli

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"drawbridge"
	"drawbridge/examples"
	"drawbridge/internal/assess"
	"drawbridge/internal/policy"
	"drawbridge/internal/report"
)

const demoLong = `Demo runs the main job on the example that is inside the program: a card payments
integration is assessed as its specification alone tells it, and again as its owners filled it in.
It leaves both manifests and both HTML reports, and says what to try next. It sends nothing.`

func newDemo(env *Env) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "demo",
		Short:   "Run the main job on the example inside",
		Long:    demoLong,
		Example: "  drawbridge demo --out demo-out",
		Args:    cobra.NoArgs,
	}
	format := formatFlag(cmd, "text", "json")
	out := cmd.Flags().String("out", "demo-out", "folder to write to; files of an earlier demo there are replaced")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		d := &demo{env: env, dir: env.path(*out), shown: *out, w: env.Stdout}
		if *format == "json" {
			d.w = io.Discard
		}
		all, err := d.run(cmd)
		if err != nil {
			return err
		}
		if *format == "json" {
			return tell(env.Stdout, "json", report.Options{Many: true}, all)
		}
		return nil
	}
	return cmd
}

type demo struct {
	env   *Env
	dir   string // where it writes
	shown string // the same as the person wrote it
	w     io.Writer
}

func (d *demo) run(cmd *cobra.Command) ([]*assess.Assessment, error) {
	fmt.Fprintf(d.w, "1. A partner's specification arrives: %s\n", d.file("partner", "openapi.yaml"))
	if err := d.copyOut(); err != nil {
		return nil, err
	}
	fmt.Fprint(d.w, "   drawbridge new acme-payments --from openapi.yaml --yes\n\n")
	if err := d.draft(cmd); err != nil {
		return nil, err
	}
	fmt.Fprint(d.w, "2. Assessed as the specification alone tells it\n")
	first, err := d.assess(cmd, "draft", "draft.html")
	if err != nil {
		return nil, err
	}
	fmt.Fprint(d.w, "3. Assessed as its owners filled it in\n")
	second, err := d.assess(cmd, "partner", "report.html")
	if err != nil {
		return nil, err
	}
	d.difference(first, second)
	return []*assess.Assessment{first, second}, nil
}

func (d *demo) file(parts ...string) string {
	return filepath.ToSlash(filepath.Join(append([]string{d.shown}, parts...)...))
}

// copyOut writes the embedded example to partner/.
func (d *demo) copyOut() error {
	const root = "acme-payments"
	return fs.WalkDir(examples.FS, root, func(name string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, filepath.FromSlash(name))
		if err != nil {
			return err
		}
		to := filepath.Join(d.dir, "partner", rel)
		if e.IsDir() {
			return os.MkdirAll(to, 0o755) //nolint:gosec // examples are for everybody to read
		}
		data, err := examples.FS.ReadFile(name)
		if err != nil {
			return err
		}
		return replaceFile(to, data, 0o644)
	})
}

// draft runs the command new on the specification, as a person would.
func (d *demo) draft(cmd *cobra.Command) error {
	to := filepath.Join(d.dir, "draft")
	if err := d.removeDraft(to); err != nil {
		return err
	}
	env := *d.env
	env.Args = []string{"new", "acme-payments", "--from", filepath.Join(d.dir, "partner", "openapi.yaml"), "--out", to, "--yes"}
	env.Stdout = io.Discard
	if code := Run(cmd.Context(), env); code != drawbridge.ExitOK {
		return errors.New("the import of the example's specification did not work")
	}
	return nil
}

// removeDraft removes what an earlier demo drafted, and nothing else.
func (d *demo) removeDraft(dir string) error {
	for _, name := range []string{"integration.yaml", "openapi.yaml", "partners/acme-payments.yaml", "partners", "."} {
		if err := os.Remove(filepath.Join(dir, filepath.FromSlash(name))); err != nil && !errors.Is(err, fs.ErrNotExist) && name != "." && name != "partners" {
			return drawbridge.Errorf(drawbridge.Unavailable, "cannot replace %s: %w", filepath.Join(dir, name), err)
		}
	}
	if _, err := os.Stat(dir); err == nil {
		return drawbridge.Errorf(drawbridge.Conflict, "%s holds files that no demo wrote; give another folder with --out", dir)
	}
	return nil
}

func (d *demo) assess(cmd *cobra.Command, folder, html string) (*assess.Assessment, error) {
	manifest := filepath.Join(d.dir, folder, "integration.yaml")
	ws, err := policy.OpenWorkspace(filepath.Dir(manifest))
	if err != nil {
		return nil, err
	}
	a, err := assess.Run(cmd.Context(), ws, manifest, assess.Options{AsOf: d.env.Now().UTC(), Name: d.file(folder, "integration.yaml"), Version: d.env.Version})
	if err != nil {
		return nil, err
	}
	err = d.env.output(filepath.Join(d.dir, html), func(w io.Writer) error {
		return tell(w, "html", report.Options{}, []*assess.Assessment{a})
	})
	if err != nil {
		return nil, err
	}
	open := 0
	for _, t := range a.Threats {
		if t.State == drawbridge.ThreatOpen {
			open++
		}
	}
	fmt.Fprintf(d.w, "   %s: tier %s, inherent risk %.0f, residual %.0f; %d open threats, %d questions\n", a.Gate.Outcome, a.Score.Tier, a.Score.Inherent, a.Score.Residual, open, len(a.Questions))
	for i, r := range a.Gate.Reasons {
		if i == 3 {
			fmt.Fprintf(d.w, "   and %d more reasons\n", len(a.Gate.Reasons)-i)
			break
		}
		fmt.Fprintf(d.w, "   - %s: %s\n", r.Outcome, r.Text)
	}
	fmt.Fprintf(d.w, "   report: %s\n\n", d.file(html))
	return a, nil
}

func (d *demo) difference(a, b *assess.Assessment) {
	fmt.Fprintf(d.w, "4. What the answers changed: residual risk %.0f to %.0f, questions %d to %d, verdict %s to %s.\n", a.Score.Residual, b.Score.Residual, len(a.Questions), len(b.Questions), a.Gate.Outcome, b.Gate.Outcome)
	fmt.Fprint(d.w, "   No live check has run: technical controls count as claims.\n\n")
	fmt.Fprintf(d.w, "Try next:\n  drawbridge assess %s\n  drawbridge threats %s\n  drawbridge diff %s %s\n",
		d.file("partner", "integration.yaml"), d.file("partner", "integration.yaml"), d.file("draft", "integration.yaml"), d.file("partner", "integration.yaml"))
}
