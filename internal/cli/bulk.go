package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"drawbridge"
	"drawbridge/internal/client"
)

const bulkLong = `Bulk does one act to many things: to those that you name, or to all that a filter fits at that moment. Each is done by itself, under
your rights as they are then, and recorded by itself; one that is refused holds up none of the others. What takes longer
than a second goes on at the server when you are gone. Signatures, decisions and what asks for a judgement of each thing
are not done in bulk.`

func newBulk(env *Env) *cobra.Command {
	return family("bulk", "Do one act to many things, see what became of each, and take it back", bulkLong,
		newBulkStart(env), newBulkList(env), newBulkShow(env), newBulkCancel(env), newBulkUndo(env))
}

// bulkAnswer is a bulk with what became of its items.
type bulkAnswer struct {
	drawbridge.Bulk

	Items []drawbridge.BulkItem `json:"items,omitempty"`
}

const bulkStartLong = `Start does one act to many things. On integrations:
  owner          assign the owner: --person
  add-member     let somebody see and change them too: --person
  remove-member  take that back: --person
  assess         assess them anew
  review         open a review of each: --reason
  trigger        say what happened to them, which may reopen reviews: --kind, --severity, --reason
On findings, named as integration/fingerprint:
  rule           rule on failed checks: they stand, or with --refuted the test is wrong; --reason, --role
  except         propose to accept them for a time: --expires, --instead, --reason
On messages of your inbox:
  read, unread   mark them`

// bulkFlags are what start is given.
type bulkFlags struct {
	in      client.StartBulk
	filter  string
	person  string
	preview bool
	leave   bool
	all     bool
}

func newBulkStart(env *Env) *cobra.Command {
	var f bulkFlags
	cmd := &cobra.Command{
		Use: "start ACT [ID]...", Short: "Do one act to those that you name, or to all that a filter fits", Args: cobra.MinimumNArgs(1), Long: bulkStartLong,
		Example: `  drawbridge bulk start owner int_06f1c8k3v5x7z9b1d3f5h7k9n1 int_06f1c8k3v5x7z9b1d3f5h7k9n2 --person ben@drawbridge.example --reason "ann moves on"
  drawbridge bulk start assess --filter "tier=high&state=live" --preview
  drawbridge bulk start read --filter kind=review --format json`,
	}
	fl := cmd.Flags()
	fl.StringVar(&f.filter, "filter", "", "in place of IDs: all that a filter fits, as it stands in the address of the list's page")
	fl.BoolVar(&f.all, "all", false, "in place of IDs: all that you see of the list")
	fl.StringVar(&f.person, "person", "", "whom it is about, by address or identifier")
	fl.StringVar(&f.in.With.Kind, "kind", "", "what kind of thing happened, like incident")
	fl.StringVar((*string)(&f.in.With.Severity), "severity", "", "of what happened: info, low, medium, high or critical")
	fl.BoolVar(&f.in.With.Refuted, "refuted", false, "the test is wrong")
	fl.StringVar((*string)(&f.in.With.Role), "role", "", "the discipline in which you rule, when you review in several")
	fl.StringVar((*string)(&f.in.With.Expires), "expires", "", "the last day of the exceptions")
	fl.StringVar(&f.in.With.Instead, "instead", "", "what is done instead, while the exceptions hold")
	fl.StringVar(&f.in.Reason, "reason", "", "why, recorded with each of them")
	fl.BoolVar(&f.preview, "preview", false, "only tell what it would do")
	fl.BoolVar(&f.leave, "no-wait", false, "do not wait until all is done")
	return question[any]{
		check: func(args []string) error {
			if n := len(args) > 1; n == (f.all || fl.Changed("filter")) || f.all && fl.Changed("filter") {
				return errors.New("name what it is about: IDs, or --filter, or --all")
			}
			return nil
		},
		ask: func(ctx context.Context, c *client.Client, args []string) (any, error) {
			f.in.Act, f.in.IDs = args[0], args[1:]
			if f.all || fl.Changed("filter") {
				f.in.Filter = &f.filter
			}
			return f.ask(ctx, env, c)
		},
		tell: tellBulkAnswer,
	}.on(env, cmd)
}

func (f *bulkFlags) ask(ctx context.Context, env *Env, c *client.Client) (_ any, err error) {
	if f.person != "" {
		if f.in.With.Person, err = personID(ctx, c, f.person); err != nil {
			return nil, err
		}
	}
	if f.preview {
		return c.PreviewBulk(ctx, f.in)
	}
	b, err := c.StartBulk(ctx, f.in)
	if err != nil {
		return nil, err
	}
	return awaitBulk(ctx, env, c, b, f.leave)
}

// awaitBulk follows a bulk to its end, and tells on the way how far it is.
func awaitBulk(ctx context.Context, env *Env, c *client.Client, b drawbridge.Bulk, leave bool) (out bulkAnswer, err error) {
	for b.State == drawbridge.BulkRunning && !leave {
		fmt.Fprintf(env.Stderr, "%d of %d\n", b.Over(), b.Total)
		select {
		case <-ctx.Done():
			return out, fmt.Errorf("%s goes on at the server; drawbridge bulk cancel ends it: %w", b.ID, ctx.Err())
		case <-time.After(time.Second):
		}
		if b, err = c.Bulk(ctx, b.ID); err != nil {
			return out, err
		}
	}
	return bulkWhole(ctx, c, b)
}

// bulkWhole is a bulk with all of its items.
func bulkWhole(ctx context.Context, c *client.Client, b drawbridge.Bulk) (bulkAnswer, error) {
	out := bulkAnswer{Bulk: b}
	f := client.BulkItemFilter{ListOf: client.ListOf{ByID: client.ByID{ID: b.ID}, Page: client.Page{Limit: pageSize}}}
	for {
		list, err := c.BulkItems(ctx, f)
		if err != nil {
			return out, err
		}
		out.Items = append(out.Items, list.Items...)
		if f.Cursor = list.Next; f.Cursor == "" {
			return out, nil
		}
	}
}

func tellBulkAnswer(w io.Writer, answer any) error {
	if p, ok := answer.(client.BulkPreview); ok {
		var rows [][]string
		for _, i := range p.Items {
			rows = append(rows, []string{string(i.Outcome), i.Subject, i.Name, i.Title, i.Told})
		}
		return writeTable(w, strings.Fields("OUTCOME SUBJECT INTEGRATION FINDING WHY"), rows)
	}
	out, _ := answer.(bulkAnswer)
	return tellBulk(w, out)
}

func tellBulk(w io.Writer, b bulkAnswer) error {
	undo := ""
	if b.Undoable {
		undo = "drawbridge bulk undo " + b.ID
	}
	err := writeFields(w, "id", b.ID, "act", b.Act, "state", string(b.State), "asked", moment(b.CreatedAt), "reason", b.Reason, "takes back", b.UndoOf,
		"items", bulkCounts(&b.Bulk), "undo", undo)
	if err != nil || len(b.Items) == 0 {
		return err
	}
	var rows [][]string
	for _, i := range b.Items {
		rows = append(rows, []string{string(i.Outcome), i.Subject, i.Title, i.Told})
	}
	return writeTable(w, strings.Fields("OUTCOME SUBJECT FINDING WHY"), rows)
}

// bulkCounts says how the items of a bulk stand.
func bulkCounts(b *drawbridge.Bulk) string {
	parts := []string{fmt.Sprintf("%d", b.Total)}
	for _, o := range drawbridge.BulkOutcomes() {
		if n := b.Counts[o]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, o))
		}
	}
	return strings.Join(slices.Compact(parts), ", ")
}

func newBulkList(env *Env) *cobra.Command {
	return listing[drawbridge.Bulk]{
		read: func(ctx context.Context, c *client.Client, page client.Page, _ []string) (client.List[drawbridge.Bulk], error) {
			return c.Bulks(ctx, page)
		},
		head: "ID ACT STATE ASKED ITEMS REASON", none: "you did nothing in bulk in the last 90 days",
		row: func(b drawbridge.Bulk) []string {
			return []string{b.ID, b.Act, string(b.State), moment(b.CreatedAt), bulkCounts(&b), b.Reason}
		},
	}.on(env, &cobra.Command{
		Use: "list", Short: "List your own, newest first", Args: cobra.NoArgs, Example: "  drawbridge bulk list\n  drawbridge bulk list --format json",
	})
}

func newBulkShow(env *Env) *cobra.Command {
	return question[bulkAnswer]{
		ask: func(ctx context.Context, c *client.Client, args []string) (out bulkAnswer, err error) {
			if out.Bulk, err = c.Bulk(ctx, args[0]); err != nil {
				return out, err
			}
			return bulkWhole(ctx, c, out.Bulk)
		},
		tell: tellBulk,
	}.on(env, &cobra.Command{
		Use: "show ID", Short: "Show how far one came, and what became of each item", Args: cobra.ExactArgs(1),
		Example: "  drawbridge bulk show blk_06f1c8k3v5x7z9b1d3f5h7k9n1\n  drawbridge bulk show blk_06f1c8k3v5x7z9b1d3f5h7k9n1 --format json",
	})
}

func newBulkCancel(env *Env) *cobra.Command {
	return question[bulkAnswer]{
		ask: func(ctx context.Context, c *client.Client, args []string) (out bulkAnswer, err error) {
			out.Bulk, err = c.CancelBulk(ctx, args[0])
			return out, err
		},
		tell: tellBulk,
	}.on(env, &cobra.Command{
		Use: "cancel ID", Short: "Leave what was not begun; what was done stays done", Args: cobra.ExactArgs(1),
		Example: "  drawbridge bulk cancel blk_06f1c8k3v5x7z9b1d3f5h7k9n1",
	})
}

func newBulkUndo(env *Env) *cobra.Command {
	var in client.Because
	var leave bool
	cmd := &cobra.Command{
		Use: "undo ID", Short: "Take back what was done and has not changed since", Args: cobra.ExactArgs(1),
		Long: `Undo takes back what a bulk did, by a further one: for each item that was done, the act that makes it as it was. An item
that has changed since is refused and stays as it is.`,
		Example: "  drawbridge bulk undo blk_06f1c8k3v5x7z9b1d3f5h7k9n1 --reason \"the wrong team\"",
	}
	cmd.Flags().StringVar(&in.Reason, "reason", "", "why, recorded with each of them")
	cmd.Flags().BoolVar(&leave, "no-wait", false, "do not wait until all is done")
	return question[bulkAnswer]{
		ask: func(ctx context.Context, c *client.Client, args []string) (bulkAnswer, error) {
			in.ID = args[0]
			b, err := c.UndoBulk(ctx, in)
			if err != nil {
				return bulkAnswer{}, err
			}
			return awaitBulk(ctx, env, c, b, leave)
		},
		tell: tellBulk,
	}.on(env, cmd)
}
