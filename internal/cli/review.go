package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"drawbridge"
	"drawbridge/internal/client"
)

const reviewLong = `A review goes from a request to a decision: draft, submitted, triaged, in_review, ready, and then
approved, approved_with_conditions, rejected or deferred. REVIEW is its identifier (rvw_...), or an
integration's id for its latest review, with --environment where the id has several.

Signing and deciding bind to the view that review show prints: exactly what you looked at.`

func newReview(env *Env) *cobra.Command {
	return family("review", "Review integrations: ask, triage, sign, decide", reviewLong,
		newReviewMine(env), newReviewList(env), newReviewShow(env), newReviewStanding(env), newReviewIntake(env), newReviewOpen(env),
		newReviewStep(env, "submit", (*client.Client).SubmitReview, "Hand a request in"), newReviewTriage(env), newReviewStep(env, "start", (*client.Client).StartReview, "Begin the tracks of a review"),
		newReviewStep(env, "ready", (*client.Client).ReadyReview, "Say that a review is ready to be decided"), newReviewStep(env, "reopen", (*client.Client).ReopenReview, "Take a ready review back to its tracks"),
		newReviewStep(env, "withdraw", (*client.Client).WithdrawReview, "End a review before it is decided"),
		newReviewItems(env), newReviewViewed(env), newReviewRespond(env), newReviewSign(env), newReviewUnsign(env), newReviewDecide(env), newReviewApproval(env),
		newReviewDecisions(env), newReviewDelegate(env), newReviewDelegations(env), newReviewRevoke(env))
}

// reviewOf takes the identifier of a review, or finds the latest of an integration.
func reviewOf(ctx context.Context, c *client.Client, id, environment string) (drawbridge.Review, error) {
	if drawbridge.ValidID("rvw", id) {
		return c.Review(ctx, drawbridge.ReviewID(id))
	}
	in, err := integrationOf(ctx, c, id, environment)
	if err != nil {
		return drawbridge.Review{}, err
	}
	list, err := c.Reviews(ctx, client.ReviewFilter{Integration: in, Page: client.Page{Limit: 1}})
	if err == nil && len(list.Items) == 0 {
		err = drawbridge.Errorf(drawbridge.NotFound, "there is no review of %s yet: run drawbridge review open %s", oneLine(id), oneLine(id))
	}
	if err != nil {
		return drawbridge.Review{}, err
	}
	return list.Items[0], nil
}

// colleague takes the identifier of a person, or looks an address up, which few may.
func colleague(ctx context.Context, c *client.Client, who string) (drawbridge.PersonID, error) {
	if who == "" || drawbridge.ValidID("per", who) {
		return drawbridge.PersonID(who), nil
	}
	p, err := personOf(ctx, c, who)
	return p.ID, err
}

func reviewRow(r drawbridge.Review) []string {
	return []string{string(r.ID), string(r.Integration), string(r.State), string(r.Tier), string(r.Due), r.Cause, moment(r.OpenedAt)}
}

const reviewHead = "REVIEW INTEGRATION STATE TIER DUE CAUSE OPENED"

func newReviewList(env *Env) *cobra.Command {
	var f client.ReviewFilter
	var integration, environment, owner, reviewer string
	cmd := &cobra.Command{
		Use: "list", Short: "List reviews, newest first or most dangerous first", Args: cobra.NoArgs,
		Long: `List tells which reviews you may see. With --order danger, the open ones come by tier, then by the
residual risk of the integration, then by age. --waiting-on names a role: requester, programme_owner,
reviewer_security (and so for the others), approver or partner.`,
		Example: `  drawbridge review list --order danger --waiting-on reviewer_security
  drawbridge review list --blocked --partner acme
  drawbridge review list --state ready --owner ann@example.com --format json`,
	}
	cmd.Flags().StringVar(&integration, "integration", "", "only of this one: the manifest's id, or int_...")
	environmentFlag(cmd, &environment)
	cmd.Flags().StringVar((*string)(&f.Partner), "partner", "", "only of this partner")
	cmd.Flags().StringVar((*string)(&f.State), "state", "", "only in this state")
	cmd.Flags().StringVar((*string)(&f.Tier), "tier", "", "only of this tier: low, medium, high or critical")
	cmd.Flags().BoolVar(&f.Open, "open", false, "only those that have not ended")
	cmd.Flags().StringVar(&owner, "owner", "", "only of who asked or answers for the integration: an address or per_...")
	cmd.Flags().StringVar(&reviewer, "reviewer", "", "only what this person signed: an address or per_...")
	cmd.Flags().StringVar((*string)(&f.WaitingOn), "waiting-on", "", "only what waits on this role")
	cmd.Flags().BoolVar(&f.Blocked, "blocked", false, "only what an open discussion holds back")
	cmd.Flags().StringVar(&f.Order, "order", "newest", "newest or danger")
	return listing[drawbridge.Review]{
		read: func(ctx context.Context, c *client.Client, page client.Page, _ []string) (out client.List[drawbridge.Review], err error) {
			if f.Integration == "" && integration != "" {
				if f.Integration, err = integrationOf(ctx, c, integration, environment); err != nil {
					return out, err
				}
			}
			if f.Owner, err = colleague(ctx, c, owner); err != nil {
				return out, err
			}
			if f.Reviewer, err = colleague(ctx, c, reviewer); err != nil {
				return out, err
			}
			f.Page = page
			return c.Reviews(ctx, f)
		},
		head: reviewHead, none: "there is no such review that you may see", row: reviewRow,
	}.on(env, cmd)
}

func newReviewMine(env *Env) *cobra.Command {
	return question[client.Mine]{
		ask: func(ctx context.Context, c *client.Client, _ []string) (client.Mine, error) { return c.Mine(ctx) },
		tell: func(w io.Writer, m client.Mine) error {
			if len(m.Reviews) == 0 {
				_, err := fmt.Fprintln(w, "nothing waits for you")
				return err
			}
			var rows [][]string
			for _, x := range m.Reviews {
				rows = append(rows, []string{string(x.Review.ID), string(x.Review.Tier), string(x.Review.Due), x.Do})
			}
			return writeTable(w, strings.Fields("REVIEW TIER DUE DO"), rows)
		},
	}.on(env, &cobra.Command{
		Use: "mine", Short: "List what waits for you, most dangerous first", Args: cobra.NoArgs, Example: "  drawbridge review mine",
	})
}

// shownReview is a review with all that is computed about it.
type shownReview struct {
	drawbridge.Review
	Progress client.ReviewProgress `json:"progress"`
	Tracks   []client.Track        `json:"tracks"`
	Changes  client.Differences    `json:"changes"`
}

func newReviewShow(env *Env) *cobra.Command {
	var environment string
	cmd := &cobra.Command{
		Use: "show REVIEW", Short: "Show a review: what it waits for, its tracks, its sign-offs and the view to sign", Args: cobra.ExactArgs(1),
		Example: "  drawbridge review show acme-payments --environment production\n  drawbridge review show acme-payments --format json",
	}
	environmentFlag(cmd, &environment)
	return question[shownReview]{
		ask: func(ctx context.Context, c *client.Client, args []string) (out shownReview, err error) {
			if out.Review, err = reviewOf(ctx, c, args[0], environment); err != nil {
				return out, err
			}
			if out.Progress, err = c.ReviewProgress(ctx, out.ID); err != nil {
				return out, err
			}
			tracks, err := c.Tracks(ctx, out.ID)
			if err != nil {
				return out, err
			}
			out.Tracks = tracks.Tracks
			out.Changes, err = c.ReviewChanges(ctx, out.ID)
			return out, err
		},
		tell: tellReview,
	}.on(env, cmd)
}

func tellReview(w io.Writer, r shownReview) error {
	roles := make([]string, len(r.Roles))
	for i, x := range r.Roles {
		roles[i] = string(x)
	}
	lane := ""
	if r.FastLane {
		lane = "fast lane"
	}
	err := writeFields(w, "review", string(r.ID), "integration", string(r.Integration), "state", string(r.State), "tier", string(r.Tier), "roles", strings.Join(roles, ", "),
		"lane", lane, "due", string(r.Due), "requester", string(r.Requester), "view", r.Progress.View, "next", r.Progress.Step)
	if err != nil {
		return err
	}
	var b strings.Builder
	for _, m := range r.Progress.Missing {
		fmt.Fprintf(&b, "missing: %s (%s)\n", line(m.Text), line(m.Who))
	}
	for _, t := range r.Tracks {
		fmt.Fprintf(&b, "track %s: %s\n", t.Name, t.State)
		for _, x := range t.Blocked {
			fmt.Fprintf(&b, "  waits for %s since %s: %s\n", line(x.On), moment(x.Since), line(x.What))
		}
	}
	for _, s := range r.Progress.Signoffs {
		how := "counts"
		if !s.Counts {
			how = "does not count: " + s.Why
		}
		who := string(s.Person)
		if s.For != "" {
			who += " in the place of " + string(s.For)
		}
		if s.Comment != "" {
			how += ": " + s.Comment
		}
		fmt.Fprintf(&b, "signed for %s by %s, %s: %s\n", s.Role, who, moment(s.CreatedAt), line(how))
	}
	for _, d := range r.Changes.Differences {
		fmt.Fprintf(&b, "changed since the decision (%s): %s\n", d.Kind, line(d.Text))
	}
	_, err = io.WriteString(w, b.String())
	return err
}

func newReviewStanding(env *Env) *cobra.Command {
	var environment string
	cmd := &cobra.Command{
		Use: "standing INTEGRATION", Short: "Tell whether the decision about an integration still holds", Args: cobra.ExactArgs(1),
		Example: "  drawbridge review standing acme-payments --environment production",
	}
	environmentFlag(cmd, &environment)
	return question[client.IntegrationStanding]{
		ask: func(ctx context.Context, c *client.Client, args []string) (client.IntegrationStanding, error) {
			id, err := integrationOf(ctx, c, args[0], environment)
			if err != nil {
				return client.IntegrationStanding{}, err
			}
			return c.Standing(ctx, id)
		},
		tell: tellStanding,
	}.on(env, cmd)
}

func tellStanding(w io.Writer, s client.IntegrationStanding) error {
	if s.Decision == nil {
		_, err := fmt.Fprintln(w, "nobody has decided yet")
		return err
	}
	holds := "as decided"
	switch {
	case s.Expired:
		holds = "expired"
	case s.Stale:
		holds = "stale"
	}
	open := ""
	if s.OpenReview != nil {
		open = string(s.OpenReview.ID) + " (" + string(s.OpenReview.State) + ")"
	}
	err := writeFields(w, "decision", string(s.Decision.ID), "outcome", string(s.Decision.Outcome), "holds", holds, "until", string(s.Decision.Until), "open review", open)
	for _, d := range s.Differences {
		if err == nil {
			_, err = fmt.Fprintf(w, "%s: %s\n", d.Kind, line(d.Text))
		}
	}
	return err
}

// tellState says where a review came to.
func tellState(w io.Writer, r drawbridge.Review) error {
	return writeFields(w, "review", string(r.ID), "state", string(r.State), "tier", string(r.Tier), "due", string(r.Due))
}

// reviewStep is the call that takes a review a step on.
type reviewStep = func(*client.Client, context.Context, int64, client.ReviewStep) (drawbridge.Review, error)

func newReviewStep(env *Env, step string, take reviewStep, short string) *cobra.Command {
	var environment string
	in := client.ReviewStep{}
	cmd := &cobra.Command{Use: step + " REVIEW", Short: short, Args: cobra.ExactArgs(1), Example: "  drawbridge review " + step + " acme-payments --environment production"}
	environmentFlag(cmd, &environment)
	because(cmd, &in.Reason)
	q := question[drawbridge.Review]{
		ask: func(ctx context.Context, c *client.Client, args []string) (drawbridge.Review, error) {
			r, err := reviewOf(ctx, c, args[0], environment)
			if err != nil {
				return r, err
			}
			in.ID = string(r.ID)
			return take(c, ctx, r.Version, in)
		},
		tell: tellState,
	}
	if step == "withdraw" {
		q.check = needReason(&in.Reason)
	}
	return q.on(env, cmd)
}

func newReviewTriage(env *Env) *cobra.Command {
	var environment string
	var in client.TriageReview
	cmd := &cobra.Command{
		Use: "triage REVIEW", Short: "Set tier, roles, questionnaire and rhythm, by policy", Args: cobra.ExactArgs(1),
		Long: `Triage takes what the policy says of the assessed risk. A person may raise the tier, and lower it
with a reason; the requester may not lower it.`,
		Example: "  drawbridge review triage acme-payments\n  drawbridge review triage acme-payments --tier high --reason \"first of its kind\"",
	}
	environmentFlag(cmd, &environment)
	cmd.Flags().StringVar((*string)(&in.Tier), "tier", "", "another tier than the policy's: low, medium, high or critical")
	because(cmd, &in.Reason)
	return question[drawbridge.Review]{
		ask: func(ctx context.Context, c *client.Client, args []string) (drawbridge.Review, error) {
			r, err := reviewOf(ctx, c, args[0], environment)
			if err != nil {
				return r, err
			}
			in.ID = string(r.ID)
			return c.TriageReview(ctx, r.Version, in)
		},
		tell: tellState,
	}.on(env, cmd)
}

func newReviewSign(env *Env) *cobra.Command {
	var environment, role, view, onBehalf, comment string
	var object bool
	cmd := &cobra.Command{
		Use: "sign REVIEW", Short: "Sign in one role, on the view that you looked at", Args: cobra.ExactArgs(1), Long: proofHelp,
		Example: "  drawbridge review sign acme-payments --role security --view sha256:...\n  drawbridge review sign acme-payments --role privacy --view sha256:... --object --comment \"no lawful basis\"",
	}
	environmentFlag(cmd, &environment)
	cmd.Flags().StringVar(&role, "role", "", "security, privacy, legal, product or operations")
	cmd.Flags().StringVar(&view, "view", "", "digest of the view, as review show prints it")
	cmd.Flags().StringVar(&onBehalf, "for", "", "who delegated it to you: an address or per_...")
	cmd.Flags().StringVar(&comment, "comment", "", "what you found")
	cmd.Flags().BoolVar(&object, "object", false, "object, in place of approving")
	return question[drawbridge.Signoff]{
		proof: true,
		check: func([]string) error {
			if role == "" || view == "" {
				return errors.New("give --role, and --view from review show")
			}
			return nil
		},
		ask: func(ctx context.Context, c *client.Client, args []string) (drawbridge.Signoff, error) {
			r, err := reviewOf(ctx, c, args[0], environment)
			if err != nil {
				return drawbridge.Signoff{}, err
			}
			in := client.SignReview{ByID: client.ByID{ID: string(r.ID)}, Role: drawbridge.Discipline(role), Approve: !object, Comment: comment, View: view}
			if in.For, err = colleague(ctx, c, onBehalf); err != nil {
				return drawbridge.Signoff{}, err
			}
			return c.SignReview(ctx, in)
		},
		tell: func(w io.Writer, s drawbridge.Signoff) error {
			return writeFields(w, "sign-off", string(s.ID), "role", string(s.Role), "view", s.View, "proof", s.Proof)
		},
	}.on(env, cmd)
}

func newReviewUnsign(env *Env) *cobra.Command {
	in := client.ReviewStep{}
	cmd := &cobra.Command{
		Use: "withdraw-signature SIGNOFF", Short: "Take your sign-off back", Args: cobra.ExactArgs(1), Long: proofHelp,
		Example: "  drawbridge review withdraw-signature sig_... --reason \"a check failed since\"",
	}
	because(cmd, &in.Reason)
	return question[drawbridge.Signoff]{
		proof: true, check: needReason(&in.Reason),
		ask: func(ctx context.Context, c *client.Client, args []string) (drawbridge.Signoff, error) {
			in.ID = args[0]
			return c.WithdrawSignoff(ctx, in)
		},
		tell: func(w io.Writer, s drawbridge.Signoff) error {
			return writeFields(w, "sign-off", string(s.ID), "withdrawn", moment(s.WithdrawnAt))
		},
	}.on(env, cmd)
}
