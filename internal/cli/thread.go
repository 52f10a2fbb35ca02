package cli

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"drawbridge"
	"drawbridge/internal/client"
)

const threadLong = `Threads are discussions about anything: a review, a decision, a document, a flow, a finding, a question.
One that blocks keeps the review from becoming ready until it is resolved. What was said stays as it was said.`

func newThread(env *Env) *cobra.Command {
	return family("thread", "Discuss anything, and resolve it", threadLong,
		newThreadList(env), newThreadShow(env), newThreadOpen(env), newThreadReply(env), newThreadResolve(env))
}

func newThreadList(env *Env) *cobra.Command {
	var f client.ThreadFilter
	var integration, environment string
	cmd := &cobra.Command{
		Use: "list", Short: "List discussions, newest first", Args: cobra.NoArgs,
		Example: "  drawbridge thread list --integration acme-payments --open",
	}
	cmd.Flags().StringVar(&integration, "integration", "", "only about this one: the manifest's id, or int_...")
	environmentFlag(cmd, &environment)
	cmd.Flags().StringVar(&f.Kind, "kind", "", "only about objects of this kind")
	cmd.Flags().StringVar(&f.Object, "object", "", "only about this object")
	cmd.Flags().BoolVar(&f.Open, "open", false, "only what is not resolved")
	cmd.Flags().BoolVar(&f.Blocks, "blocks", false, "only what blocks")
	return listing[drawbridge.Thread]{
		read: func(ctx context.Context, c *client.Client, page client.Page, _ []string) (out client.List[drawbridge.Thread], err error) {
			if f.Integration == "" && integration != "" {
				if f.Integration, err = integrationOf(ctx, c, integration, environment); err != nil {
					return out, err
				}
			}
			f.Page = page
			return c.Threads(ctx, f)
		},
		head: "THREAD STATE ABOUT TITLE BY SINCE", none: "there is no such discussion that you may see",
		row: func(t drawbridge.Thread) []string {
			return []string{string(t.ID), threadState(t), t.Kind + " " + t.Object, t.Title, t.OpenedBy, moment(t.CreatedAt)}
		},
	}.on(env, cmd)
}

func threadState(t drawbridge.Thread) string {
	switch {
	case t.ResolvedBy != "":
		return "resolved"
	case t.Blocks:
		return "blocks"
	}
	return "open"
}

func tellThread(w io.Writer, t drawbridge.Thread) error {
	shared := ""
	if t.Shared {
		shared = "with the partner of " + string(t.Inquiry)
	}
	return writeFields(w, "thread", string(t.ID), "about", t.Kind+" "+t.Object, "integration", string(t.Integration), "title", t.Title,
		"state", threadState(t), "shared", shared, "opened by", t.OpenedBy, "on", moment(t.CreatedAt), "resolved by", t.ResolvedBy)
}

func newThreadShow(env *Env) *cobra.Command {
	return question[client.Talk]{
		ask: func(ctx context.Context, c *client.Client, args []string) (client.Talk, error) {
			var out client.Talk
			for page := (client.Page{Limit: pageSize}); ; {
				part, err := c.Thread(ctx, client.ListOf{ByID: client.ByID{ID: args[0]}, Page: page})
				if err != nil {
					return out, err
				}
				out.Thread, out.Comments.Items = part.Thread, append(out.Comments.Items, part.Comments.Items...)
				if page.Cursor = part.Comments.Next; page.Cursor == "" || len(out.Comments.Items) >= 10*pageSize {
					return out, nil
				}
			}
		},
		tell: func(w io.Writer, talk client.Talk) error {
			if err := tellThread(w, talk.Thread); err != nil {
				return err
			}
			for _, said := range talk.Comments.Items {
				fmt.Fprintf(w, "\n%s, %s:\n%s\n", line(said.Author), moment(said.CreatedAt), line(said.Text))
			}
			return nil
		},
	}.on(env, &cobra.Command{Use: "show ID", Short: "Show what was said in a discussion", Args: cobra.ExactArgs(1), Example: "  drawbridge thread show thr_01..."})
}

// mentionsFlag adds --mention, and gives the people's identifiers.
func mentionsFlag(cmd *cobra.Command) func(context.Context, *client.Client) ([]drawbridge.PersonID, error) {
	var names []string
	cmd.Flags().StringArrayVar(&names, "mention", nil, "who is told of it: an address or per_...; again for each")
	return func(ctx context.Context, c *client.Client) (out []drawbridge.PersonID, err error) {
		for _, n := range names {
			id, err := personID(ctx, c, n)
			if err != nil {
				return nil, err
			}
			out = append(out, id)
		}
		return out, nil
	}
}

func newThreadOpen(env *Env) *cobra.Command {
	var in client.NewThread
	var integration, environment string
	cmd := &cobra.Command{
		Use: "open KIND OBJECT", Short: "Open a discussion about an object", Args: cobra.ExactArgs(2),
		Long: `Open begins a discussion about an object: by its identifier for what has a record (review, decision,
evidence, condition, …), by its key for what has none (flow, interface, control, threat, finding, question).`,
		Example: "  drawbridge thread open flow charge --integration acme-payments --title 'Why the whole address?' --text 'A postcode would do.' --blocks",
	}
	cmd.Flags().StringVar(&integration, "integration", "", "that the object belongs to: the manifest's id, or int_...")
	environmentFlag(cmd, &environment)
	cmd.Flags().StringVar((*string)(&in.Inquiry), "inquiry", "", "the questionnaire whose question it is: inq_...")
	cmd.Flags().StringVar(&in.Title, "title", "", "what it is about, in a line")
	cmd.Flags().StringVar(&in.Text, "text", "", "what there is to say")
	cmd.Flags().BoolVar(&in.Blocks, "blocks", false, "the review does not become ready while it is open")
	cmd.Flags().BoolVar(&in.Shared, "shared", false, "the partner of the questionnaire sees it too")
	mentions := mentionsFlag(cmd)
	return question[drawbridge.Thread]{
		check: func([]string) error {
			if in.Title == "" || in.Text == "" {
				return errors.New("give --title and --text")
			}
			return nil
		},
		ask: func(ctx context.Context, c *client.Client, args []string) (out drawbridge.Thread, err error) {
			if in.Kind, in.Object = args[0], args[1]; integration != "" {
				if in.Integration, err = integrationOf(ctx, c, integration, environment); err != nil {
					return out, err
				}
			}
			if in.Mentions, err = mentions(ctx, c); err != nil {
				return out, err
			}
			return c.OpenThread(ctx, in)
		},
		tell: tellThread,
	}.on(env, cmd)
}

func newThreadReply(env *Env) *cobra.Command {
	var text string
	cmd := &cobra.Command{
		Use: "reply ID", Short: "Add to a discussion", Args: cobra.ExactArgs(1),
		Example: "  drawbridge thread reply thr_01... --text 'The courier needs it.'",
	}
	cmd.Flags().StringVar(&text, "text", "", "what there is to say")
	mentions := mentionsFlag(cmd)
	return question[drawbridge.Thread]{
		check: func([]string) error {
			if text == "" {
				return errors.New("give --text")
			}
			return nil
		},
		ask: func(ctx context.Context, c *client.Client, args []string) (drawbridge.Thread, error) {
			named, err := mentions(ctx, c)
			if err != nil {
				return drawbridge.Thread{}, err
			}
			return c.Reply(ctx, client.NewComment{ByID: client.ByID{ID: args[0]}, Text: text, Mentions: named})
		},
		tell: tellThread,
	}.on(env, cmd)
}

func newThreadResolve(env *Env) *cobra.Command {
	var reason string
	cmd := &cobra.Command{
		Use: "resolve ID", Short: "End a discussion", Args: cobra.ExactArgs(1),
		Example: "  drawbridge thread resolve thr_01... --reason 'only the postcode is sent now'",
	}
	because(cmd, &reason)
	return question[drawbridge.Thread]{
		check: needReason(&reason),
		ask: func(ctx context.Context, c *client.Client, args []string) (drawbridge.Thread, error) {
			talk, err := c.Thread(ctx, client.ListOf{ByID: client.ByID{ID: args[0]}})
			if err != nil {
				return talk.Thread, err
			}
			return c.ResolveThread(ctx, talk.Thread.Version, client.Because{ByID: client.ByID{ID: args[0]}, Reason: reason})
		},
		tell: tellThread,
	}.on(env, cmd)
}
