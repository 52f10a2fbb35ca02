package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"drawbridge/internal/client"
)

func newInbox(env *Env) *cobra.Command {
	return family("inbox", "Read what the server tells you",
		"Inbox holds messages to you: what was assigned to you, what became worse, what was changed about your account. They hold identifiers alone.",
		newInboxTasks(env), newInboxList(env), newInboxRead(env), newInboxUnread(env), newInboxMail(env))
}

func newInboxList(env *Env) *cobra.Command {
	var f client.InboxFilter
	cmd := &cobra.Command{
		Use: "list", Short: "List your messages, newest first", Args: cobra.NoArgs,
		Example: "  drawbridge inbox list --unread",
	}
	cmd.Flags().BoolVar(&f.Unread, "unread", false, "only those that you did not read")
	cmd.Flags().StringVar(&f.Kind, "kind", "", "only those whose kind begins with this word, like review")
	cmd.Flags().StringVar(&f.About, "about", "", "only those that name this identifier, of an integration or a partner")
	return listing[client.Message]{
		read: func(ctx context.Context, c *client.Client, page client.Page, _ []string) (client.List[client.Message], error) {
			f.Page = page
			return c.Inbox(ctx, f)
		},
		head: "ID TIME STATE WHAT ABOUT", none: "there is no message",
		row: func(m client.Message) []string {
			state := "unread"
			if !m.ReadAt.IsZero() {
				state = "read"
			}
			var about []string
			for _, k := range slices.Sorted(maps.Keys(m.Params)) {
				about = append(about, m.Params[k])
			}
			return []string{string(m.ID), moment(m.CreatedAt), state, m.Title, strings.Join(about, " ")}
		},
	}.on(env, cmd)
}

func newInboxTasks(env *Env) *cobra.Command {
	return question[client.Tasks]{
		ask: func(ctx context.Context, c *client.Client, _ []string) (client.Tasks, error) { return c.Tasks(ctx) },
		tell: func(w io.Writer, t client.Tasks) error {
			if len(t.Mine)+len(t.Others) == 0 {
				_, err := io.WriteString(w, "nothing needs you, and you wait for nothing\n")
				return err
			}
			var rows [][]string
			for _, x := range t.Mine {
				rows = append(rows, []string{x.Do, x.Name, string(x.Tier), fmt.Sprintf("%.0f", x.Residual), late(x), x.Why})
			}
			for _, x := range t.Others {
				rows = append(rows, []string{"Wait: " + x.Do, x.Name, string(x.Tier), fmt.Sprintf("%.0f", x.Residual), late(x), x.Why})
			}
			return writeTable(w, strings.Fields("WHAT ABOUT TIER RESIDUAL DUE WHY"), rows)
		},
	}.on(env, &cobra.Command{
		Use: "tasks", Short: "List what needs you, most dangerous first, and what you wait for", Args: cobra.NoArgs,
		Long: `Tasks lists what needs you: what is live and must be shut first, then by tier, what is overdue, residual risk and age.
Below it stands what you set going and others have to act on. JSON tells for each why it is yours, and what makes it dangerous.`,
		Example: "  drawbridge inbox tasks\n  drawbridge inbox tasks --format json",
	})
}

// late is the day of a task, and how far it is past.
func late(t client.Task) string {
	if t.Overdue > 0 {
		return fmt.Sprintf("%s (%d late)", t.Due, t.Overdue)
	}
	return string(t.Due)
}

func newInboxUnread(env *Env) *cobra.Command {
	return question[client.Unread]{
		ask: func(ctx context.Context, c *client.Client, args []string) (client.Unread, error) {
			if err := c.MarkUnread(ctx, args[0]); err != nil {
				return client.Unread{}, err
			}
			return c.Unread(ctx)
		},
		tell: saying("%d unread", func(u client.Unread) []any { return []any{u.Unread} }),
	}.on(env, &cobra.Command{
		Use: "unread ID", Short: "Take back that you read a message, and what you marked together with it", Args: cobra.ExactArgs(1),
		Example: "  drawbridge inbox unread msg_06f1c8k3v5x7z9b1d3f5h7k9n1",
	})
}

func newInboxRead(env *Env) *cobra.Command {
	var all bool
	cmd := &cobra.Command{
		Use: "read [ID]", Short: "Note that you read a message, or all of them", Args: cobra.MaximumNArgs(1),
		Example: "  drawbridge inbox read msg_06f1c8k3v5x7z9b1d3f5h7k9n1\n  drawbridge inbox read --all",
	}
	cmd.Flags().BoolVar(&all, "all", false, "every message that is there now; with ID, it and all before it")
	return question[client.Unread]{
		check: func(args []string) error {
			if len(args) == 0 && !all {
				return errors.New("name a message, or give --all")
			}
			return nil
		},
		ask: func(ctx context.Context, c *client.Client, args []string) (client.Unread, error) {
			if len(args) == 0 {
				newest, err := c.Inbox(ctx, client.InboxFilter{Page: client.Page{Limit: 1}})
				if err != nil || len(newest.Items) == 0 {
					return client.Unread{}, err
				}
				args = []string{string(newest.Items[0].ID)}
			}
			if err := c.MarkRead(ctx, client.MarkRead{ByID: client.ByID{ID: args[0]}, UpTo: all}); err != nil {
				return client.Unread{}, err
			}
			return c.Unread(ctx)
		},
		tell: saying("%d unread", func(u client.Unread) []any { return []any{u.Unread} }),
	}.on(env, cmd)
}

func newInboxMail(env *Env) *cobra.Command {
	return question[client.Mail]{
		check: func(args []string) error {
			if len(args) == 1 && args[0] != "on" && args[0] != "off" {
				return errors.New("write on or off")
			}
			return nil
		},
		ask: func(ctx context.Context, c *client.Client, args []string) (client.Mail, error) {
			if len(args) == 1 {
				if err := c.SetMail(ctx, client.SetMail{Wanted: args[0] == "on"}); err != nil {
					return client.Mail{}, err
				}
			}
			return c.Mail(ctx)
		},
		tell: func(w io.Writer, m client.Mail) error {
			words := map[bool]string{true: "on", false: "off"}[m.Wanted]
			if !m.Sent {
				words += ", and this server sends no mail"
			}
			_, err := io.WriteString(w, "messages by mail: "+words+"\n")
			return err
		},
	}.on(env, &cobra.Command{
		Use: "mail [on|off]", Short: "Say whether you take messages by mail too", Args: cobra.MaximumNArgs(1),
		Example: "  drawbridge inbox mail off",
	})
}
