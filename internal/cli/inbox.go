package cli

import (
	"context"
	"errors"
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
		newInboxList(env), newInboxRead(env), newInboxMail(env))
}

func newInboxList(env *Env) *cobra.Command {
	var f client.InboxFilter
	cmd := &cobra.Command{
		Use: "list", Short: "List your messages, newest first", Args: cobra.NoArgs,
		Example: "  drawbridge inbox list --unread",
	}
	cmd.Flags().BoolVar(&f.Unread, "unread", false, "only those that you did not read")
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
