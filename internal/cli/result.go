package cli

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"

	"github.com/spf13/cobra"

	"drawbridge"
	"drawbridge/internal/check"
	"drawbridge/internal/client"
)

const resultLong = `Results are runs of live checks. A run that is handed in says who did so: a person or a pipeline. The
server holds it to the manifest, and assesses by its own packs what it means; it takes over no verdict.`

func newTestResult(env *Env) *cobra.Command {
	return family("result", "Hand in runs of live checks, and list them", resultLong, newResultPush(env), newResultList(env), newResultGet(env), newResultLive(env), newResultStop(env))
}

func newResultPush(env *Env) *cobra.Command {
	return question[[]drawbridge.Run]{
		ask: func(ctx context.Context, c *client.Client, args []string) ([]drawbridge.Run, error) {
			data, err := env.readFile("run file", args[0], check.MaxUpload)
			if err != nil {
				return nil, err
			}
			runs, err := runsIn(args[0], data)
			if err != nil {
				return nil, err
			}
			var out []drawbridge.Run
			for _, run := range runs {
				head, err := check.ParseRun(args[0], run)
				if err != nil {
					return out, err
				}
				in, err := c.Find(ctx, client.Key{Slug: head.Integration.ID, Environment: head.Integration.Environment})
				if err != nil {
					return out, err
				}
				added, err := c.AddRun(ctx, client.NewRun{ByID: client.ByID{ID: string(in.ID)}, Run: run})
				if err != nil {
					return out, err
				}
				out = append(out, added)
			}
			return out, nil
		},
		tell: func(w io.Writer, list []drawbridge.Run) error {
			rows := make([][]string, len(list))
			for i, r := range list {
				rows[i] = runRow(r)
			}
			return writeTable(w, runHead, rows)
		},
	}.on(env, &cobra.Command{
		Use: "push FILE", Short: "Hand in what drawbridge test wrote", Args: cobra.ExactArgs(1),
		Long:    "Push hands in the runs of a file that drawbridge test wrote, by --out or --format json. The integration is the one that the file names.",
		Example: "  drawbridge test integration.yaml --target sandbox --out run.json\n  drawbridge result push run.json",
	})
}

// runsIn are the runs of a file: one, or several in a list.
func runsIn(name string, data []byte) ([]json.RawMessage, error) {
	var many struct {
		Runs []json.RawMessage `json:"runs"`
	}
	if err := json.Unmarshal(data, &many); err != nil {
		return nil, drawbridge.Errorf(drawbridge.Invalid, "%s is not a run file: %w", name, err)
	}
	if len(many.Runs) > 0 {
		return many.Runs, nil
	}
	return []json.RawMessage{data}, nil
}

var runHead = []string{"ID", "INTERFACE", "TARGET", "ORIGIN", "BY", "FINISHED", "COMPLETE", "COUNTS"}

func runRow(r drawbridge.Run) []string {
	return []string{r.ID, r.Interface, r.Target, r.Origin, r.By, moment(r.FinishedAt), yesNo(r.Complete), yesNo(r.Stands)}
}

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

func newResultList(env *Env) *cobra.Command {
	var environment string
	cmd := &cobra.Command{
		Use: "list ID", Short: "List the runs of an integration, newest first", Args: cobra.ExactArgs(1),
		Long:    "List shows the runs of an integration. One that counts has a verdict that no later run replaced.",
		Example: "  drawbridge result list acme-payments --environment production",
	}
	environmentFlag(cmd, &environment)
	return listing[drawbridge.Run]{
		read: func(ctx context.Context, c *client.Client, page client.Page, args []string) (client.List[drawbridge.Run], error) {
			id, err := integrationOf(ctx, c, args[0], environment)
			if err != nil {
				return client.List[drawbridge.Run]{}, err
			}
			return c.Runs(ctx, client.ListOf{ByID: client.ByID{ID: string(id)}, Page: page})
		},
		head: "ID INTERFACE TARGET ORIGIN BY FINISHED COMPLETE COUNTS", none: "no run of live checks was handed in yet", row: runRow,
	}.on(env, cmd)
}

func newResultGet(env *Env) *cobra.Command {
	var environment, out string
	cmd := &cobra.Command{
		Use: "get ID RUN", Short: "Write a run as it was handed in, with its transcripts", Args: cobra.ExactArgs(2),
		Example: "  drawbridge result get acme-payments run_01 --environment production --out run.json",
	}
	environmentFlag(cmd, &environment)
	cmd.Flags().StringVar(&out, "out", "", "file to write")
	return question[savedFile]{
		check: func([]string) error {
			if out == "" {
				return errors.New("name the file to write, by --out")
			}
			return nil
		},
		ask: func(ctx context.Context, c *client.Client, args []string) (savedFile, error) {
			id, err := integrationOf(ctx, c, args[0], environment)
			if err != nil {
				return savedFile{}, err
			}
			in := client.ByRun{ByID: client.ByID{ID: string(id)}, Run: args[1]}
			return savedFile{out}, env.output(out, func(w io.Writer) error { return c.RunDocument(ctx, in, w) })
		},
		tell: func(w io.Writer, x savedFile) error { return writeFields(w, "written", x.File) },
	}.on(env, cmd)
}

// savedFile is a file that was written.
type savedFile struct {
	File string `json:"file"`
}

var liveHead = []string{"ID", "TARGET", "STATE", "DONE", "PASSED", "FAILED", "NOW", "LAST SIGN", "BY"}

func liveRow(r drawbridge.LiveRun) []string {
	done := fmt.Sprintf("%d of %d", r.Done(), len(r.Checks))
	return []string{r.ID, r.Target, string(r.State), done, strconv.Itoa(r.Count(drawbridge.Pass)), strconv.Itoa(r.Count(drawbridge.Fail)), cmp.Or(r.Ended, r.Now, "-"), moment(r.SeenAt), r.By}
}

func newResultLive(env *Env) *cobra.Command {
	var environment string
	cmd := &cobra.Command{
		Use: "live ID", Short: "List the runs that go on now", Args: cobra.ExactArgs(1),
		Long: `Live shows the runs that were begun with drawbridge test --push and were not handed in yet. One that
said nothing for a while is lost: nothing is known of it. None of this is a result.`,
		Example: "  drawbridge result live acme-payments --environment production",
	}
	environmentFlag(cmd, &environment)
	return question[client.LiveRuns]{
		ask: func(ctx context.Context, c *client.Client, args []string) (client.LiveRuns, error) {
			id, err := integrationOf(ctx, c, args[0], environment)
			if err != nil {
				return client.LiveRuns{}, err
			}
			return c.LiveRuns(ctx, id)
		},
		tell: func(w io.Writer, got client.LiveRuns) error {
			if len(got.Items) == 0 {
				fmt.Fprintln(env.Stderr, "no run goes on now")
				return nil
			}
			rows := make([][]string, len(got.Items))
			for i, r := range got.Items {
				rows[i] = liveRow(r)
			}
			return writeTable(w, liveHead, rows)
		},
	}.on(env, cmd)
}

func newResultStop(env *Env) *cobra.Command {
	var environment string
	cmd := &cobra.Command{
		Use: "stop ID RUN", Short: "Ask a run to stop", Args: cobra.ExactArgs(2),
		Long: `Stop asks a run that goes on to stop: it cleans up what it made, and what it found until then is handed
in. A run that was lost, or ended without a result, is taken from the list.`,
		Example: "  drawbridge result stop acme-payments run_01 --environment production",
	}
	environmentFlag(cmd, &environment)
	return question[drawbridge.LiveRun]{
		ask: func(ctx context.Context, c *client.Client, args []string) (drawbridge.LiveRun, error) {
			id, err := integrationOf(ctx, c, args[0], environment)
			if err != nil {
				return drawbridge.LiveRun{}, err
			}
			return c.StopRun(ctx, client.ByRun{ByID: client.ByID{ID: string(id)}, Run: args[1]})
		},
		tell: func(w io.Writer, r drawbridge.LiveRun) error { return writeTable(w, liveHead, [][]string{liveRow(r)}) },
	}.on(env, cmd)
}
