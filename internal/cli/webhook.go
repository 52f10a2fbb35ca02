package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"drawbridge"
	"drawbridge/internal/client"
)

const webhookLong = `Webhooks are addresses that the server tells of messages: the kind, identifiers and a link, signed as
Standard Webhooks 1 says. A delivery is tried again for about a day; an address that loses several
messages is switched off, and the administrators are told.`

func newWebhook(env *Env) *cobra.Command {
	return family("webhook", "Have another program told of what happens", webhookLong,
		newWebhookList(env), newWebhookAdd(env), newWebhookDisabled(env, true), newWebhookDisabled(env, false), newWebhookRemove(env), newWebhookTest(env), newWebhookLog(env), newWebhookRetry(env))
}

func newWebhookList(env *Env) *cobra.Command {
	return listing[client.Webhook]{
		read: func(ctx context.Context, c *client.Client, _ client.Page, _ []string) (client.List[client.Webhook], error) {
			return c.Webhooks(ctx)
		},
		head: "ID NAME HOST KINDS STATE WHY", none: "there is no webhook; drawbridge webhook add makes one",
		row: func(h client.Webhook) []string {
			kinds, state := strings.Join(h.Kinds, ", "), "on"
			if kinds == "" {
				kinds = "all"
			}
			if h.Disabled {
				state = "off"
			}
			return []string{string(h.ID), h.Name, h.URL, kinds, state, h.Why}
		},
	}.on(env, &cobra.Command{Use: "list", Short: "List the webhooks", Args: cobra.NoArgs, Example: "  drawbridge webhook list"})
}

func newWebhookAdd(env *Env) *cobra.Command {
	var in client.NewWebhook
	var file string
	cmd := &cobra.Command{
		Use:   "add NAME",
		Short: "Make a webhook, and print the secret that signs what it is sent",
		Long: `Add makes a webhook and prints its secret, this once: the receiver needs it to check signatures.

The path of such an address is often a password: it is asked for at the terminal, or comes from
--url-file, and is never shown again. An address that is not on the public Internet must be named
in the server's setting allow-hosts.

` + proofHelp,
		Example: "  drawbridge webhook add chat --kind integration.worse --url-file address > secret",
		Args:    cobra.ExactArgs(1),
	}
	cmd.Flags().StringVar(&file, "url-file", "", "file with the address; - reads standard input")
	cmd.Flags().StringSliceVar(&in.Kinds, "kind", nil, "kind of messages; may be given several times; default all")
	return question[client.MadeWebhook]{
		proof: true,
		ask: func(ctx context.Context, c *client.Client, args []string) (client.MadeWebhook, error) {
			in.Name = args[0]
			address, err := env.address(file)
			if err != nil {
				return client.MadeWebhook{}, err
			}
			in.URL = address
			out, err := c.CreateWebhook(ctx, in)
			if err == nil {
				fmt.Fprintf(env.Stderr, "%s tells %s. Its secret is shown this once; try it with drawbridge webhook test %s\n", out.Webhook.ID, line(out.Webhook.URL), out.Webhook.ID)
			}
			return out, err
		},
		tell: saying("%s", func(m client.MadeWebhook) []any { return []any{m.Secret.Reveal()} }),
	}.on(env, cmd)
}

// address reads the address of a webhook, which is a secret.
func (e *Env) address(file string) (client.Secret, error) {
	if file == "" {
		text, err := e.askSecret("Address of the webhook: ")
		if _, ok := errors.AsType[usageError](err); ok {
			err = usageError{errors.New("there is no terminal to ask for the address: name a file with --url-file; - reads standard input")}
		}
		return client.Secret{Hidden: text}, err
	}
	text, err := e.secretText(file)
	return client.Hide(strings.TrimSpace(text.Reveal())), err
}

// webhookOf finds a webhook by its identifier.
func webhookOf(ctx context.Context, c *client.Client, id string) (client.Webhook, error) {
	list, err := c.Webhooks(ctx)
	if err != nil {
		return client.Webhook{}, err
	}
	for _, h := range list.Items {
		if string(h.ID) == id {
			return h, nil
		}
	}
	return client.Webhook{}, drawbridge.Errorf(drawbridge.NotFound, "there is no webhook %s; see drawbridge webhook list", oneLine(id))
}

func newWebhookDisabled(env *Env, disabled bool) *cobra.Command {
	var reason string
	cmd := &cobra.Command{Use: "enable ID", Short: "Switch a webhook on again", Example: "  drawbridge webhook enable whk_06f1c8k3v5x7z9b1d3f5h7k9n1"}
	if disabled {
		cmd = &cobra.Command{Use: "disable ID", Short: "Switch a webhook off", Example: "  drawbridge webhook disable whk_06f1c8k3v5x7z9b1d3f5h7k9n1 --reason 'they move'"}
	}
	cmd.Args, cmd.Long = cobra.ExactArgs(1), proofHelp
	because(cmd, &reason)
	return question[client.Webhook]{
		proof: true,
		ask: func(ctx context.Context, c *client.Client, args []string) (client.Webhook, error) {
			h, err := webhookOf(ctx, c, args[0])
			if err != nil {
				return h, err
			}
			return c.EditWebhook(ctx, h.Version, client.EditWebhook{ByID: client.ByID{ID: args[0]}, Name: h.Name, Kinds: h.Kinds, Disabled: disabled, Reason: reason})
		},
		tell: saying("%s is %s", func(h client.Webhook) []any {
			return []any{h.ID, map[bool]string{true: "off", false: "on"}[h.Disabled]}
		}),
	}.on(env, cmd)
}

// removed is the answer to the end of a webhook.
type removed struct {
	ID string `json:"removed"`
}

func newWebhookRemove(env *Env) *cobra.Command {
	var reason string
	cmd := &cobra.Command{
		Use: "remove ID", Short: "Delete a webhook", Args: cobra.ExactArgs(1), Long: proofHelp,
		Example: "  drawbridge webhook remove whk_06f1c8k3v5x7z9b1d3f5h7k9n1 --reason 'the chat was shut'",
	}
	because(cmd, &reason)
	return question[removed]{
		proof: true,
		ask: func(ctx context.Context, c *client.Client, args []string) (removed, error) {
			return removed{args[0]}, c.RemoveWebhook(ctx, client.Because{ByID: client.ByID{ID: args[0]}, Reason: reason})
		},
		tell: saying("%s is deleted", func(r removed) []any { return []any{line(r.ID)} }),
	}.on(env, cmd)
}

func newWebhookTest(env *Env) *cobra.Command {
	return question[client.Tried]{
		proof: true,
		ask: func(ctx context.Context, c *client.Client, args []string) (client.Tried, error) {
			got, err := c.TryWebhook(ctx, drawbridge.WebhookID(args[0]))
			if err == nil && !got.Delivered {
				err = drawbridge.Errorf(drawbridge.Unavailable, "it was not delivered: %s", line(got.Error))
			}
			return got, err
		},
		tell: saying("delivered", func(client.Tried) []any { return nil }),
	}.on(env, &cobra.Command{
		Use: "test ID", Short: "Send a message of the kind webhook.test to a webhook, now", Args: cobra.ExactArgs(1),
		Long:    "Test sends a message of the kind webhook.test to a webhook, also to one that is off, and says what came of it.\n\n" + proofHelp,
		Example: "  drawbridge webhook test whk_06f1c8k3v5x7z9b1d3f5h7k9n1",
	})
}

func newWebhookLog(env *Env) *cobra.Command {
	return listing[drawbridge.Delivery]{
		read: func(ctx context.Context, c *client.Client, page client.Page, args []string) (client.List[drawbridge.Delivery], error) {
			return c.Deliveries(ctx, client.ListOf{ByID: client.ByID{ID: args[0]}, Page: page})
		},
		head: "MESSAGE TIME STATE FAILURES ERROR", none: "nothing went there yet",
		row: func(d drawbridge.Delivery) []string {
			return []string{string(d.Message), moment(d.CreatedAt), string(d.State), fmt.Sprint(d.Failures), d.LastError}
		},
	}.on(env, &cobra.Command{
		Use: "log ID", Short: "List what went to a webhook, newest first", Args: cobra.ExactArgs(1),
		Example: "  drawbridge webhook log whk_06f1c8k3v5x7z9b1d3f5h7k9n1",
	})
}

// sentAgain is the answer to a delivery that is tried again.
type sentAgain struct {
	Message drawbridge.MessageID `json:"message"`
}

func newWebhookRetry(env *Env) *cobra.Command {
	return question[sentAgain]{
		proof: true,
		ask: func(ctx context.Context, c *client.Client, args []string) (sentAgain, error) {
			m := drawbridge.MessageID(args[1])
			return sentAgain{m}, c.Redeliver(ctx, client.Redelivery{ByID: client.ByID{ID: args[0]}, Message: m})
		},
		tell: saying("%s is on its way again", func(s sentAgain) []any { return []any{line(string(s.Message))} }),
	}.on(env, &cobra.Command{
		Use: "retry ID MESSAGE", Short: "Send a message again that a webhook lost", Args: cobra.ExactArgs(2),
		Long:    "Retry sends a message again that was given up after a day of tries, or dropped while the webhook was off.\n\n" + proofHelp,
		Example: "  drawbridge webhook retry whk_06f1c8k3v5x7z9b1d3f5h7k9n1 msg_06f1c8k3v5x7z9b1d3f5h7k9n1",
	})
}
