package cli

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"drawbridge"
	"drawbridge/internal/policy"
	"drawbridge/internal/questionnaire"
)

func newQuestionnaireCheck(env *Env) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "check FILE|DIR",
		Short: "Check a template, or all templates of a pack",
		Long: `Check reads one template file with the sections that it names, or the templates of a pack, and tells
every mistake: a condition of the wrong type, an option that does not exist, a control, a kind of
evidence or a check that nobody knows. It exits 1 when there is one.`,
		Example: "  drawbridge questionnaire check our-questions/\n  drawbridge questionnaire check our-questions/templates/acme.yaml",
		Args:    cobra.ExactArgs(1),
	}
	format := formatFlag(cmd, "text", "json")
	cmd.RunE = func(_ *cobra.Command, args []string) error {
		ws, err := policy.OpenWorkspace(env.Dir)
		if err != nil {
			return err
		}
		list, err := env.templates(args[0])
		if err != nil {
			return err
		}
		for _, t := range list {
			if err := ws.CheckTemplate(t); err != nil {
				return err
			}
		}
		return tellTemplates(env, *format, list)
	}
	return cmd
}

// templates reads a template file or a pack of them.
func (e *Env) templates(name string) ([]*questionnaire.Template, error) {
	path := e.path(name)
	if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() && filepath.Ext(path) == ".yaml" {
		root, err := os.OpenRoot(filepath.Dir(path))
		if err != nil {
			return nil, drawbridge.Errorf(drawbridge.Invalid, "%s: the folder cannot be opened: %w", name, err)
		}
		defer root.Close()
		t, err := questionnaire.Load(root.FS(), filepath.Base(path))
		return []*questionnaire.Template{t}, err
	}
	files, err := policy.ReadSource(path)
	if err != nil {
		return nil, err
	}
	return questionnaire.LoadPack(files)
}

func newQuestionnaireExport(env *Env) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "export [NAME]",
		Short: "Write a questionnaire as a spreadsheet to fill in",
		Long: `Export writes the questions, and the answers so far, as an .xlsx file. Import reads it back without loss.
Nothing in it is a formula: text that begins like one stays text.`,
		Example: "  drawbridge questionnaire export standard --out acme.xlsx\n  drawbridge questionnaire export standard --answers acme.json --out acme.xlsx --format json",
		Args:    cobra.MaximumNArgs(1),
	}
	format := formatFlag(cmd, "text", "json")
	a := askingFlags(cmd)
	file := cmd.Flags().String("answers", "", "file of answers, as import writes it")
	out := cmd.Flags().String("out", "", "spreadsheet to write")
	cmd.RunE = func(_ *cobra.Command, args []string) error {
		if *out == "" {
			return usageError{errors.New("say where the spreadsheet goes: --out FILE.xlsx")}
		}
		it, err := a.items(env, args)
		if err != nil {
			return err
		}
		answers, err := env.answers(*file, it)
		if err != nil {
			return err
		}
		if err := env.output(*out, func(w io.Writer) error { return questionnaire.WriteSheet(w, it, answers) }); err != nil || *out == "-" {
			return err
		}
		if *format == "json" {
			return writeJSON(env.Stdout, map[string]any{
				"schema_version": drawbridge.SchemaVersion, "file": *out, "template": it.Template + "@" + it.Version, "digest": it.Digest,
				"questions": len(it.Questions), "skipped": it.Skipped,
			})
		}
		_, err = fmt.Fprintf(env.Stdout, "%s: questions %d, not asked %d\n", *out, len(it.Questions), len(it.Skipped))
		return err
	}
	return cmd
}

// imported is what import found in a spreadsheet.
type imported struct {
	SchemaVersion string                          `json:"schema_version"`
	Template      string                          `json:"template"`
	Questions     int                             `json:"questions"`
	Answers       map[string]questionnaire.Answer `json:"answers"`
	Missing       []string                        `json:"missing"`
	Score         questionnaire.Score             `json:"score"`
	Notes         []questionnaire.Note            `json:"notes"`
}

func newQuestionnaireImport(env *Env) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "import FILE.xlsx [NAME]",
		Short: "Read answers out of a spreadsheet, also out of one that others laid out",
		Long: `Import reads a spreadsheet that export wrote, for the same questionnaire. With --mapping it reads one that
others laid out: caiq, sig and hecvat come with the program, and a file of your own names the columns of any
other (docs/questionnaires.md). --pack then keeps its questions as a pack, for drawbridge pack add.
--format json holds the answers, and is what --answers reads.`,
		Example: "  drawbridge questionnaire import acme.xlsx standard --format json --out acme.json\n  drawbridge questionnaire import CAIQ.xlsx --mapping caiq --pack our-caiq",
		Args:    cobra.RangeArgs(1, 2),
	}
	format := formatFlag(cmd, "text", "json")
	a := askingFlags(cmd)
	mapping := cmd.Flags().String("mapping", "", "columns of a spreadsheet that others laid out: "+strings.Join(questionnaire.Mappings(), ", ")+", or a file")
	pack := cmd.Flags().String("pack", "", "folder to make, with the questions as a pack (with --mapping)")
	out := cmd.Flags().String("out", "", "write to this file instead of stdout")
	cmd.RunE = func(_ *cobra.Command, args []string) error {
		if *mapping != "" && len(args) > 1 || *mapping == "" && *pack != "" {
			return usageError{errors.New("a mapping makes a questionnaire of its own: leave NAME out with --mapping; --pack needs one")}
		}
		data, err := env.readFile("the spreadsheet", args[0], questionnaire.MaxBook)
		if err != nil {
			return err
		}
		env.progress("reading %s", args[0])
		var got *imported
		if *mapping != "" {
			got, err = env.importMapped(data, *mapping, *pack)
		} else {
			got, err = env.importOwn(data, a, args[1:])
		}
		env.progressDone()
		if err != nil {
			return drawbridge.Errorf(drawbridge.KindOf(err), "%s: %w", args[0], err)
		}
		return env.output(*out, func(w io.Writer) error { return got.tell(w, *format) })
	}
	return cmd
}

func (e *Env) importOwn(data []byte, a *asking, args []string) (*imported, error) {
	it, err := a.items(e, args)
	if err != nil {
		return nil, err
	}
	answers, err := questionnaire.ReadSheet(data, it)
	return importedOf(it, answers, nil), err
}

func (e *Env) importMapped(data []byte, name, pack string) (*imported, error) {
	m, err := questionnaire.BuiltinMapping(name)
	if !slices.Contains(questionnaire.Mappings(), name) {
		var src []byte
		if src, err = e.readFile("the mapping", name, 64<<10); err == nil {
			m, err = questionnaire.ReadMapping(src)
		}
	}
	if err != nil {
		return nil, err
	}
	t, answers, notes, err := questionnaire.ImportSheet(data, m)
	if err != nil {
		return nil, err
	}
	if pack != "" {
		if err := e.writePack(pack, t); err != nil {
			return nil, err
		}
	}
	it := t.Select("", "", questionnaire.Settled{})
	return importedOf(&it, answers, notes), nil
}

func importedOf(it *questionnaire.Items, answers map[string]questionnaire.Answer, notes []questionnaire.Note) *imported {
	if notes == nil {
		notes = []questionnaire.Note{}
	}
	return &imported{drawbridge.SchemaVersion, it.Template + "@" + it.Version, len(it.Questions), answers, it.Missing(answers), it.Score(answers), notes}
}

// writePack makes a folder with a pack of one template.
func (e *Env) writePack(dir string, t *questionnaire.Template) error {
	files := t.Files()
	files["pack.yaml"] = []byte("name: " + t.Name + "\nkind: " + policy.KindQuestionnaire + "\nversion: " + t.Version + "\n")
	if err := os.Mkdir(e.path(dir), 0o755); errors.Is(err, fs.ErrExist) { //nolint:gosec // it lies among the person's own files
		return drawbridge.Errorf(drawbridge.Conflict, "%s is there already; name a folder that is not, or remove it", dir)
	} else if err != nil {
		return drawbridge.Errorf(drawbridge.Unavailable, "%s cannot be made: %w", dir, cause(err))
	}
	for name, data := range files {
		path := filepath.Join(e.path(dir), filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil { //nolint:gosec // as above
			return drawbridge.Errorf(drawbridge.Unavailable, "%s cannot be made: %w", filepath.Dir(path), cause(err))
		}
		if err := replaceFile(path, data, 0o644); err != nil {
			return err
		}
	}
	return nil
}

func (f *imported) tell(w io.Writer, format string) error {
	if format == "json" {
		return writeJSON(w, f)
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s: questions %d, answered %d, required and open %d\n", f.Template, f.Questions, f.Score.Answered, len(f.Missing))
	for _, n := range f.Notes {
		fmt.Fprintf(&b, "%s, row %d, %s: %s\n", n.Sheet, n.Row, n.Question, n.Text)
	}
	_, err := w.Write(b.Bytes())
	return err
}
