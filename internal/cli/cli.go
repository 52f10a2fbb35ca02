// Package cli is the command line: one command a file, made by constructors.
// Commands read files, call the engines and print; they decide nothing.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"drawbridge"
)

// Env is everything that a command may touch of the process.
type Env struct {
	Args    []string // without the program's name
	Environ func(string) string
	Stdin   io.Reader
	Stdout  io.Writer
	Stderr  io.Writer
	Dir     string // working directory
	Now     func() time.Time
	Version string
}

// errNo makes the process exit with 3: the command worked, and the answer is no.
var errNo = errors.New("the answer is no")

// Run runs one command line and returns its exit code.
func Run(ctx context.Context, env Env) int {
	root := newRoot(&env)
	root.SetArgs(env.Args)
	root.SetIn(env.Stdin)
	root.SetOut(env.Stdout)
	root.SetErr(env.Stderr)
	cmd, err := root.ExecuteContextC(ctx)
	switch {
	case err == nil:
		return drawbridge.ExitOK
	case errors.Is(err, errNo):
		return drawbridge.ExitNo
	case errors.Is(err, context.Canceled):
		fmt.Fprintln(env.Stderr, "drawbridge: cancelled")
		return drawbridge.ExitError
	}
	if u, ok := errors.AsType[usageError](err); ok {
		fmt.Fprintf(env.Stderr, "drawbridge: %v\nSee '%s --help'.\n", u, cmd.CommandPath())
		return drawbridge.ExitUsage
	}
	fmt.Fprintf(env.Stderr, "drawbridge: %v\n", env.shorten(err))
	return drawbridge.KindOf(err).Exit()
}

// usageError is wrong flags or arguments: exit code 2.
type usageError struct{ error }

func newRoot(env *Env) *cobra.Command {
	root := &cobra.Command{
		Use:           "drawbridge",
		Short:         "Review, test and gate a third-party integration",
		Long:          "Drawbridge takes a third-party integration from the first request to an enforced, evidenced go/no-go decision.",
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          cobra.NoArgs,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError{err} })
	root.CompletionOptions.HiddenDefaultCmd = false
	for _, g := range chapters(env) {
		root.AddGroup(&cobra.Group{ID: g.id, Title: g.title})
		for _, cmd := range g.commands {
			cmd.GroupID = g.id
			root.AddCommand(cmd)
		}
	}
	root.AddCommand(newVersion(env))
	wrapArgs(root)
	return root
}

// chapter is a part of the help page.
type chapter struct {
	id, title string
	commands  []*cobra.Command
}

// chapters lists every command, in the order of the help page.
func chapters(env *Env) []chapter {
	return []chapter{
		{"manifest", "Write down what moves:", []*cobra.Command{
			newNew(env), newValidate(env), newFmt(env), newDiff(env), newSchema(env), newCategories(env),
			newImport(env), newExport(env),
		}},
		{"judge", "Judge it:", []*cobra.Command{
			newMap(env), newThreats(env), newExplain(env), newAssess(env), newRules(env), newPolicy(env),
			newPack(env), newQuestionnaire(env),
		}},
		{"test", "Test it live:", []*cobra.Command{
			newTest(env), newChecks(env), newCompare(env), newDemo(env),
		}},
		{"server", "Work with a server:", []*cobra.Command{
			newJoin(env), newLogin(env), newLogout(env), newStatus(env), newPush(env), newPull(env), newDraft(env),
			newGate(env), newReview(env), newIntegration(env), newEvidence(env), newThread(env), newDossier(env), newFinding(env), newTestResult(env), newClaims(env), newCondition(env), newException(env), newPartner(env), newRegister(env), newProgramme(env), newInbox(env), newView(env), newBulk(env), newSearch(env), newMe(env),
			newToken(env),
		}},
		{"operate", "Run a server:", []*cobra.Command{
			newServe(env), newWorker(env), newAdmin(env), newPeople(env), newWebhook(env), newJob(env),
			newRetention(env), newHold(env), newKeys(env), newLog(env), newFsck(env), newDoctor(env),
			newBackup(env), newRestore(env), newSeed(env),
		}},
	}
}

// wrapArgs makes every argument error a usage error.
func wrapArgs(cmd *cobra.Command) {
	if check := cmd.Args; check != nil {
		cmd.Args = func(c *cobra.Command, args []string) error {
			switch err := check(c, args); {
			case err == nil:
			case c.HasSubCommands(): // it names the command that is not known
				return usageError{err}
			default:
				return usageError{fmt.Errorf("the arguments do not fit; write: %s", c.UseLine())}
			}
			return nil
		}
	}
	for _, sub := range cmd.Commands() {
		wrapArgs(sub)
	}
}

// formatFlag adds --format with the accepted words; the first is the default.
func formatFlag(cmd *cobra.Command, accepted ...string) *string {
	value := cmd.Flags().String("format", accepted[0], "output format: "+strings.Join(accepted, ", "))
	_ = cmd.RegisterFlagCompletionFunc("format", cobra.FixedCompletions(accepted, cobra.ShellCompDirectiveNoFileComp))
	before := cmd.PreRunE
	cmd.PreRunE = func(c *cobra.Command, args []string) error {
		for _, a := range accepted {
			if *value == a {
				if before != nil {
					return before(c, args)
				}
				return nil
			}
		}
		return usageError{fmt.Errorf("--format %q is not known; write one of %s", *value, strings.Join(accepted, ", "))}
	}
	return value
}

// terminal reports whether w is a terminal that wants colour.
func (e *Env) terminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok || e.Environ("NO_COLOR") != "" || e.Environ("TERM") == "dumb" {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
