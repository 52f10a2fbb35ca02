package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"drawbridge"
	"drawbridge/internal/client"
)

const itemsLong = `Items lays side by side what a partner answered, what is claimed, and what was tested: contradictions
first. It tells what you ticked as viewed, and what changed since you did.`

func newReviewItems(env *Env) *cobra.Command {
	var environment string
	var left bool
	cmd := &cobra.Command{
		Use: "items REVIEW", Short: "Lay answers, claims and tests side by side, with what you viewed", Args: cobra.ExactArgs(1), Long: itemsLong,
		Example: "  drawbridge review items acme-payments --left\n  drawbridge review items acme-payments --format json",
	}
	environmentFlag(cmd, &environment)
	cmd.Flags().BoolVar(&left, "left", false, "only what you did not view as it is now")
	return question[client.ReviewItems]{
		ask: func(ctx context.Context, c *client.Client, args []string) (client.ReviewItems, error) {
			r, err := reviewOf(ctx, c, args[0], environment)
			if err != nil {
				return client.ReviewItems{}, err
			}
			out, err := c.ReviewItems(ctx, r.ID)
			if !left {
				return out, err
			}
			all := out.Items
			out.Items = []drawbridge.ReviewItem{}
			for _, it := range all {
				if it.Viewed != drawbridge.ItemViewed {
					out.Items = append(out.Items, it)
				}
			}
			return out, err
		},
		tell: tellSides,
	}.on(env, cmd)
}

func tellSides(w io.Writer, out client.ReviewItems) error {
	if len(out.Items) == 0 {
		_, err := fmt.Fprintln(w, "there is nothing left to look at")
		return err
	}
	var rows [][]string
	for _, it := range out.Items {
		rows = append(rows, []string{it.Key, it.State, it.Viewed, it.Title})
	}
	if err := writeTable(w, strings.Fields("ITEM STATE VIEWED TITLE"), rows); err != nil {
		return err
	}
	for _, gone := range out.Gone {
		if _, err := fmt.Fprintf(w, "gone: %s\n", line(gone)); err != nil {
			return err
		}
	}
	return nil
}

func newReviewViewed(env *Env) *cobra.Command {
	var environment string
	var in client.Tick
	cmd := &cobra.Command{
		Use: "viewed REVIEW [ITEM...]", Short: "Tick items of a review as viewed, or take ticks away", Args: cobra.MinimumNArgs(1),
		Long: `Viewed ticks items as you see them now. A tick is a note to yourself: it opens again by itself when what
the item says is not the same any more.`,
		Example: "  drawbridge review viewed acme-payments claim:tls-version@charges\n  drawbridge review viewed acme-payments --all",
	}
	environmentFlag(cmd, &environment)
	cmd.Flags().BoolVar(&in.All, "all", false, "every item, and the review as a whole")
	cmd.Flags().BoolVar(&in.Undo, "undo", false, "take the ticks away")
	return question[client.ReviewItems]{
		check: func(args []string) error {
			if in.All != (len(args) == 1) {
				return errors.New("name items, or give --all")
			}
			return nil
		},
		ask: func(ctx context.Context, c *client.Client, args []string) (client.ReviewItems, error) {
			r, err := reviewOf(ctx, c, args[0], environment)
			if err != nil {
				return client.ReviewItems{}, err
			}
			in.ID = string(r.ID)
			for _, key := range args[1:] {
				in.Items = append(in.Items, client.TickItem{Key: key})
			}
			return c.TickReview(ctx, in)
		},
		tell: tellSides,
	}.on(env, cmd)
}

const respondLong = `Respond says what you think of a review in one act: a comment, a signature, an objection, or a hold, which
is a discussion that blocks. Conditions that you propose come with it, as a JSON file like that of
review decide. Either all of it is done, or nothing. To sign or object, name the view that review show prints.

` + proofHelp

func newReviewRespond(env *Env) *cobra.Command {
	var environment, conditions string
	var in client.RespondReview
	cmd := &cobra.Command{
		Use: "respond REVIEW", Short: "Comment, sign, object or hold, with conditions, in one act", Args: cobra.ExactArgs(1), Long: respondLong,
		Example: "  drawbridge review respond acme-payments --answer hold --comment \"the contract is missing\"",
	}
	environmentFlag(cmd, &environment)
	cmd.Flags().StringVar(&in.Answer, "answer", "comment", "comment, sign, object or hold")
	cmd.Flags().StringVar(&in.Comment, "comment", "", "what there is to say")
	cmd.Flags().StringVar((*string)(&in.Role), "role", "", "to sign or object in: security, privacy, legal, product or operations")
	cmd.Flags().StringVar((*string)(&in.For), "on-behalf", "", "who delegated it: per_...")
	cmd.Flags().StringVar(&in.View, "view", "", "digest of the view, as review show prints it")
	cmd.Flags().StringVar(&conditions, "conditions", "", "file with conditions; - reads standard input")
	cmd.Flags().BoolVar(&in.Viewed, "viewed", false, "tick everything as viewed")
	return question[client.Responded]{
		proof: true,
		check: func([]string) error {
			if (in.Answer == "sign" || in.Answer == "object") && (in.Role == "" || in.View == "") {
				return errors.New("give --role, and --view from review show")
			}
			return nil
		},
		ask: func(ctx context.Context, c *client.Client, args []string) (client.Responded, error) {
			if conditions != "" {
				data, err := env.readFile("the conditions", conditions, maxConditions)
				if err != nil {
					return client.Responded{}, err
				}
				dec := json.NewDecoder(bytes.NewReader(data))
				dec.DisallowUnknownFields()
				if err := dec.Decode(&in.Conditions); err != nil {
					return client.Responded{}, drawbridge.Errorf(drawbridge.Invalid, "%s is no list of conditions: %w", conditions, err)
				}
			}
			r, err := reviewOf(ctx, c, args[0], environment)
			if err != nil {
				return client.Responded{}, err
			}
			in.ID = string(r.ID)
			return c.RespondReview(ctx, in)
		},
		tell: func(w io.Writer, out client.Responded) error {
			fields := []string{}
			if out.Signoff != nil {
				fields = append(fields, "signoff", string(out.Signoff.ID))
			}
			if out.Thread != nil {
				fields = append(fields, "discussion", string(out.Thread.ID))
			}
			for _, c := range out.Conditions {
				fields = append(fields, "condition", c.ID)
			}
			return writeFields(w, fields...)
		},
	}.on(env, cmd)
}
