package cli

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"drawbridge/internal/client"
)

func newJob(env *Env) *cobra.Command {
	return family("job", "See what the server does by itself; run it again or stop it",
		"Jobs are assessments that are due, deliveries, purges and the like. What failed for good is shown for 30 days.",
		newJobList(env), newJobControl(env, "retry"), newJobControl(env, "cancel"))
}

func newJobList(env *Env) *cobra.Command {
	var f client.JobFilter
	cmd := &cobra.Command{
		Use: "list", Short: "List jobs, newest first", Args: cobra.NoArgs,
		Example: "  drawbridge job list --state failed",
	}
	cmd.Flags().StringVar(&f.State, "state", "", "only those that are open, done, failed or cancelled")
	cmd.Flags().StringVar(&f.Kind, "kind", "", "only of this kind, like assess")
	return listing[client.Job]{
		read: func(ctx context.Context, c *client.Client, page client.Page, _ []string) (client.List[client.Job], error) {
			f.Page = page
			return c.Jobs(ctx, f)
		},
		head: "ID KIND ABOUT STATE DUE NEXT FAILURES ERROR", none: "there is no such job",
		row: func(j client.Job) []string {
			return []string{string(j.ID), j.Kind, j.Subject, j.State, moment(j.DueAt), moment(j.RetryAt), fmt.Sprint(j.Failures), j.LastError}
		},
	}.on(env, cmd)
}

func newJobControl(env *Env, verb string) *cobra.Command {
	var reason string
	cmd := &cobra.Command{
		Use: "retry ID", Short: "Run a job again, now, that failed or was cancelled", Args: cobra.ExactArgs(1),
		Example: "  drawbridge job retry evt_06f1c8k3v5x7z9b1d3f5h7k9n1 --reason 'the mail server is back'",
	}
	if verb == "cancel" {
		cmd = &cobra.Command{
			Use: "cancel ID", Short: "End a job that has not ended", Args: cobra.ExactArgs(1),
			Long:    "Cancel ends a job that has not ended. What a running one has done stays done.",
			Example: "  drawbridge job cancel evt_06f1c8k3v5x7z9b1d3f5h7k9n1 --reason 'not wanted any more'",
		}
	}
	because(cmd, &reason)
	return question[client.Job]{
		ask: func(ctx context.Context, c *client.Client, args []string) (client.Job, error) {
			in := client.Because{ByID: client.ByID{ID: args[0]}, Reason: reason}
			if verb == "cancel" {
				return c.CancelJob(ctx, in)
			}
			return c.RetryJob(ctx, in)
		},
		tell: func(w io.Writer, j client.Job) error {
			return writeFields(w, "job", string(j.ID), "kind", j.Kind, "about", j.Subject, "state", j.State, "due", moment(j.DueAt), "error", j.LastError)
		},
	}.on(env, cmd)
}
