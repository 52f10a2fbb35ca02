package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"drawbridge"
	"drawbridge/internal/policy"
	"drawbridge/internal/questionnaire"
	"drawbridge/internal/threat"
)

// maxAnswers bounds a file of answers.
const maxAnswers = 16 << 20

func newQuestionnaire(env *Env) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "questionnaire",
		Short: "Look at what is asked, and move answers to spreadsheets and back",
		Long: `A questionnaire is data: questions with the answers that they accept, what each answer is worth, which
control it claims, and which evidence or checks settle it without asking. One set comes with the program,
in four lengths; the organisation's own come in packs of kind questionnaire. docs/questionnaires.md
describes the files.

Where NAME is asked for: "short", "standard", "extended" and "full" are lengths of the built-in set,
"acme" is all of the template acme, and "acme/short" its short form.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newQuestionnaireList(env), newQuestionnaireShow(env), newQuestionnaireCheck(env), newQuestionnaireExport(env), newQuestionnaireImport(env))
	cmd.AddCommand(questionnaireServer(env)...)
	return cmd
}

// templateRow is a template in a list.
type templateRow struct {
	Name    string         `json:"name"`
	Version string         `json:"version"`
	Lang    string         `json:"lang"`
	Title   string         `json:"title"`
	Digest  string         `json:"digest"`
	Lengths map[string]int `json:"questions"` // by length
}

func rowOf(t *questionnaire.Template) templateRow {
	row := templateRow{t.Name, t.Version, t.Lang, t.Title, t.Digest(), map[string]int{}}
	for _, length := range questionnaire.Lengths() {
		row.Lengths[length] = len(t.Select(length, "", questionnaire.Settled{}).Questions)
	}
	return row
}

func (r templateRow) String() string {
	var counts []string
	for _, length := range questionnaire.Lengths() {
		counts = append(counts, fmt.Sprintf("%s %d", length, r.Lengths[length]))
	}
	return fmt.Sprintf("%-28s %-6s %s  %s\n", r.Name+"@"+r.Version, r.Lang, strings.Join(counts, ", "), r.Title)
}

// tellTemplates prints templates, one a line.
func tellTemplates(env *Env, format string, list []*questionnaire.Template) error {
	rows := []templateRow{}
	var b strings.Builder
	for _, t := range list {
		rows = append(rows, rowOf(t))
		b.WriteString(rowOf(t).String())
	}
	if format == "json" {
		return writeJSON(env.Stdout, map[string]any{"schema_version": drawbridge.SchemaVersion, "templates": rows})
	}
	_, err := io.WriteString(env.Stdout, b.String())
	return err
}

func newQuestionnaireList(env *Env) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "list",
		Short:   "List the questionnaires of the workspace",
		Example: "  drawbridge questionnaire list\n  drawbridge questionnaire list --format json",
		Args:    cobra.NoArgs,
	}
	format := formatFlag(cmd, "text", "json")
	cmd.RunE = func(*cobra.Command, []string) error {
		ws, err := policy.OpenWorkspace(env.Dir)
		if err != nil {
			return err
		}
		return tellTemplates(env, *format, ws.Questionnaires())
	}
	return cmd
}

// asking are the flags that say which questions are asked.
type asking struct {
	audience         string
	evidence, checks []string
}

func askingFlags(cmd *cobra.Command) *asking {
	a := &asking{}
	cmd.Flags().StringVar(&a.audience, "audience", "partner", "who answers: partner, internal or all")
	cmd.Flags().StringSliceVar(&a.evidence, "evidence", nil, "kinds of evidence that were accepted, like soc2; what they settle is not asked")
	cmd.Flags().StringSliceVar(&a.checks, "check", nil, "live checks that passed, like TLS-01; what they settle is not asked")
	return a
}

// items takes the questions that the flags and the argument ask for.
func (a *asking) items(env *Env, args []string) (*questionnaire.Items, error) {
	ws, err := policy.OpenWorkspace(env.Dir)
	if err != nil {
		return nil, err
	}
	name := questionnaire.Default
	if len(args) > 0 {
		name = args[0]
	}
	t, length, err := ws.Asks(name)
	if err != nil {
		return nil, err
	}
	audience := a.audience
	switch {
	case audience == "all":
		audience = ""
	case !slices.Contains(questionnaire.Audiences(), audience):
		return nil, usageError{fmt.Errorf("--audience %q is not known; write partner, internal or all", audience)}
	}
	settled := questionnaire.Settled{Evidence: map[string]string{}, Checks: map[string]string{}}
	for _, kind := range a.evidence {
		id := "evidence:" + strings.TrimPrefix(kind, "evidence:")
		d, ok := threat.Settles().Lookup(id)
		if !ok {
			return nil, usageError{fmt.Errorf("--evidence %q is no kind of evidence", kind)}
		}
		settled.Evidence[id] = d.Title
	}
	for _, id := range a.checks {
		d, ok := threat.Settles().Lookup(id)
		if !ok || d.Kind == "evidence" {
			return nil, usageError{fmt.Errorf("--check %q is no check", id)}
		}
		settled.Checks[id] = d.Title + " (" + id + ")"
	}
	it := t.Select(length, audience, settled)
	return &it, nil
}

func newQuestionnaireShow(env *Env) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "show [NAME]",
		Short: "Show the questions of a questionnaire, and what is not asked",
		Long: `Show prints the questions of a questionnaire in order. With --answers it leaves out those that the answers
so far hide, and marks those that are required and still open. What accepted evidence or passed checks settle
comes last, with the reason why it is not asked.`,
		Example: "  drawbridge questionnaire show short\n  drawbridge questionnaire show full --evidence soc2,pentest --check TLS-01,TLS-04 --format json",
		Args:    cobra.MaximumNArgs(1),
	}
	format := formatFlag(cmd, "text", "json")
	a := askingFlags(cmd)
	file := cmd.Flags().String("answers", "", "file of answers, as import writes it")
	cmd.RunE = func(_ *cobra.Command, args []string) error {
		it, err := a.items(env, args)
		if err != nil {
			return err
		}
		answers, err := env.answers(*file, it)
		if err != nil {
			return err
		}
		if *format == "json" {
			return writeJSON(env.Stdout, map[string]any{
				"schema_version": drawbridge.SchemaVersion, "items": it, "visible": it.Visible(answers),
				"missing": it.Missing(answers), "score": it.Score(answers),
			})
		}
		_, err = io.WriteString(env.Stdout, tellItems(it, answers))
		return err
	}
	return cmd
}

// tellItems prints the questions that are to be answered, by section.
func tellItems(it *questionnaire.Items, answers map[string]questionnaire.Answer) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s (%s@%s)\n", it.Title, it.Template, it.Version)
	visible, missing := it.Visible(answers), it.Missing(answers)
	for _, s := range it.Sections {
		fmt.Fprintf(&b, "\n%s\n", s.Title)
		for _, q := range it.Questions {
			if q.Section != s.ID || !slices.Contains(visible, q.ID) {
				continue
			}
			note := ""
			switch {
			case answers[q.ID].Given():
				note = "  [answered]"
			case slices.Contains(missing, q.ID):
				note = "  [required]"
			}
			fmt.Fprintf(&b, "  %s (%s)%s\n    %s\n", q.ID, q.Type, note, strings.ReplaceAll(q.Text, "\n", "\n    "))
			for _, o := range q.Options {
				fmt.Fprintf(&b, "      - %s: %s\n", o.Value, o.Label)
			}
			if q.When != "" {
				fmt.Fprintf(&b, "      when %s\n", q.When)
			}
		}
	}
	if len(it.Skipped) > 0 {
		b.WriteString("\nNot asked\n")
	}
	for _, s := range it.Skipped {
		fmt.Fprintf(&b, "  %s: %s\n", s.Question, s.Why)
	}
	fmt.Fprintf(&b, "\nquestions: %d, not asked: %d\n", len(visible), len(it.Skipped))
	return b.String()
}

// answersFile is a file of answers.
type answersFile struct {
	Answers map[string]questionnaire.Answer `json:"answers"`
}

// answers reads a file of answers and holds them to the questions; "" is none.
func (e *Env) answers(name string, it *questionnaire.Items) (map[string]questionnaire.Answer, error) {
	if name == "" {
		return nil, nil
	}
	data, err := e.readFile("the file of answers", name, maxAnswers)
	if err != nil {
		return nil, err
	}
	var f answersFile
	if err := json.Unmarshal(data, &f); err != nil || f.Answers == nil {
		return nil, drawbridge.Errorf(drawbridge.Invalid, "%s holds no answers; write {\"answers\": {\"question\": {\"value\": true}}}", name)
	}
	for _, q := range it.Questions {
		if a, ok := f.Answers[q.ID]; ok {
			if err := it.Check(q.ID, a); err != nil {
				return nil, drawbridge.Errorf(drawbridge.KindOf(err), "%s: %w", name, err)
			}
		}
	}
	return f.Answers, nil
}
