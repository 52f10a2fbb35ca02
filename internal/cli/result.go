package cli

import (
	"context"
	"encoding/json"
	"errors"
	"io"

	"github.com/spf13/cobra"

	"drawbridge"
	"drawbridge/internal/check"
	"drawbridge/internal/client"
)

const resultLong = `Results are runs of live checks. A run that is handed in says who did so: a person or a pipeline. The
server holds it to the manifest, and assesses by its own packs what it means; it takes over no verdict.`

func newTestResult(env *Env) *cobra.Command {
	return family("result", "Hand in runs of live checks, and list them", resultLong, newResultPush(env), newResultList(env), newResultGet(env))
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
