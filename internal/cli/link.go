package cli

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"drawbridge"
	"drawbridge/internal/client"
)

// partnerLinks are the commands of the links by which partners answer.
func partnerLinks(env *Env) []*cobra.Command {
	return []*cobra.Command{newPartnerLink(env), newPartnerLinkList(env), newPartnerRevoke(env), newPartnerPreview(env)}
}

func newPartnerLink(env *Env) *cobra.Command {
	var in client.AddLink
	var days int
	cmd := &cobra.Command{
		Use: "link INQUIRY", Short: "Make a link to a questionnaire, and print its address", Args: cobra.ExactArgs(1),
		Long: `Link makes an address by which somebody at the partner answers without an account. It is printed this
once: give it to that person over a channel that you trust. Make one for each person; a new one can be
made at any time. Whoever has the address can answer, until it ends or drawbridge partner revoke ends it.`,
		Example: `  drawbridge partner link inq_06gzvyjnm2wdsm21z7cw798qk4 --for 'Acme, security'
  drawbridge partner link inq_06gzvyjnm2wdsm21z7cw798qk4 --for 'Acme, legal' --question contract.dpa --days 7`,
	}
	cmd.Flags().StringVar(&in.Label, "for", "", "whom it is for; needed")
	cmd.Flags().IntVar(&days, "days", 30, "how long it works, up to 180")
	cmd.Flags().StringSliceVar(&in.Questions, "question", nil, "a question that it is for; default all; may be given several times")
	cmd.Flags().BoolVar(&in.Preview, "preview", false, "it shows what the partner sees, and changes nothing")
	return question[client.IssuedLink]{
		check: func([]string) error {
			switch {
			case strings.TrimSpace(in.Label) == "":
				return fmt.Errorf("say whom it is for with --for")
			case days < 1 || days > 180:
				return fmt.Errorf("--days is 1 to 180")
			}
			return nil
		},
		ask: func(ctx context.Context, c *client.Client, args []string) (client.IssuedLink, error) {
			in.ID = args[0]
			in.ExpiresAt = env.Now().UTC().Add(time.Duration(days)*24*time.Hour - time.Hour).Truncate(time.Second) // clocks differ
			out, err := c.AddLink(ctx, in)
			if err == nil {
				out.Path = client.Hide(c.URL() + out.Path.Reveal())
				fmt.Fprintf(env.Stderr, "The link %s for %s ends on %s. Its address is shown this once:\n", out.Link.ID, line(out.Link.Label), moment(out.Link.ExpiresAt))
			}
			return out, err
		},
		tell: saying("%s", func(l client.IssuedLink) []any { return []any{l.Path.Reveal()} }),
	}.on(env, cmd)
}

func newPartnerLinkList(env *Env) *cobra.Command {
	return listing[client.LinkOf]{
		read: func(ctx context.Context, c *client.Client, _ client.Page, args []string) (client.List[client.LinkOf], error) {
			return c.Links(ctx, drawbridge.InquiryID(args[0]))
		},
		head: "ID FOR QUESTIONS PREVIEW EXPIRES REVOKED BY", none: "there is no link to this questionnaire; drawbridge partner link makes one",
		row: func(l client.LinkOf) []string {
			return []string{
				string(l.ID), l.Label, strings.Join(l.Questions, ","), fmt.Sprint(l.Preview), moment(l.ExpiresAt), moment(l.RevokedAt), l.CreatedBy,
			}
		},
	}.on(env, &cobra.Command{
		Use: "links INQUIRY", Short: "List the links to a questionnaire, newest first", Args: cobra.ExactArgs(1),
		Example: "  drawbridge partner links inq_06gzvyjnm2wdsm21z7cw798qk4",
	})
}

func newPartnerRevoke(env *Env) *cobra.Command {
	var reason string
	cmd := &cobra.Command{
		Use: "revoke LINK", Short: "End a link at once, and those that it passed on", Args: cobra.ExactArgs(1),
		Example: "  drawbridge partner revoke lnk_06gzvyjnm2wdsm21z7cw798qk4 --reason 'left the company'",
	}
	because(cmd, &reason)
	return question[client.LinkOf]{
		check: needReason(&reason),
		ask: func(ctx context.Context, c *client.Client, args []string) (client.LinkOf, error) {
			return c.RevokeLink(ctx, client.RevokeLink{ByLink: client.ByLink{Link: args[0]}, Reason: reason})
		},
		tell: saying("%s ended on %s", func(l client.LinkOf) []any { return []any{l.ID, moment(l.RevokedAt)} }),
	}.on(env, cmd)
}

func newPartnerPreview(env *Env) *cobra.Command {
	var in client.PreviewOf
	cmd := &cobra.Command{
		Use: "preview INQUIRY", Short: "Show a questionnaire exactly as a partner sees it", Args: cobra.ExactArgs(1),
		Example: "  drawbridge partner preview inq_06gzvyjnm2wdsm21z7cw798qk4 --link lnk_06gzvyjnm2wdsm21z7cw798qk4",
	}
	cmd.Flags().StringVar((*string)(&in.Link), "link", "", "as the holder of this link; default of one for all questions")
	return question[client.Asked]{
		ask: func(ctx context.Context, c *client.Client, args []string) (client.Asked, error) {
			in.ID = args[0]
			return c.PreviewInquiry(ctx, in)
		},
		tell: func(w io.Writer, q client.Asked) error {
			err := writeFields(w, "about", q.Integration, "title", q.Title, "state", q.State, "due", string(q.Due), "to change", q.Note, "for", q.Label,
				"missing", fmt.Sprint(len(q.Missing)))
			if err != nil {
				return err
			}
			given := map[string]string{}
			for _, g := range q.Answers {
				given[g.Question] = string(g.Answer.Value)
			}
			rows := make([][]string, len(q.Questions))
			for i, x := range q.Questions {
				rows[i] = []string{x.ID, x.Text, given[x.ID]}
			}
			return writeTable(w, []string{"QUESTION", "TEXT", "ANSWER"}, rows)
		},
	}.on(env, cmd)
}
