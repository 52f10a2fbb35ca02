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

const programmeLong = `Programme is the work on the whole of what you run: what needs review and why, what is due when, what
happened that may reopen a review, what a new version of a pack would change, and when threat models are looked at.`

func newProgramme(env *Env) *cobra.Command {
	return family("programme", "What needs review, what is due, and what a new policy changes", programmeLong,
		newProgrammeQueue(env), newProgrammeCalendar(env), newProgrammeTriggers(env), newProgrammeTrigger(env), newProgrammeHandle(env),
		newProgrammeImpact(env), newProgrammeAnnounce(env), newProgrammeThreats(env), newProgrammeLooked(env))
}

func newProgrammeQueue(env *Env) *cobra.Command {
	var f client.QueueFilter
	cmd := &cobra.Command{
		Use: "queue", Short: "List what needs review, most dangerous first", Args: cobra.NoArgs,
		Long: `Queue lists what needs review: what a trigger suspends or narrows first, then by residual risk. WAITS ON
tells whose turn it is; JSON tells each reason in words, and since when it waits for whom.`,
		Example: "  drawbridge programme queue\n  drawbridge programme queue --effect suspend --format json",
	}
	cmd.Flags().StringVar(&f.Kind, "kind", "", "only with a reason of this kind: review, widening, evidence, incident and so on")
	cmd.Flags().StringVar((*string)(&f.Effect), "effect", "", "only with this strongest effect: note, warn, narrow or suspend")
	cmd.Flags().StringVar((*string)(&f.Tier), "tier", "", "only of this tier: low, medium, high or critical")
	cmd.Flags().StringVar(&f.Open, "open", "", "yes: only with an open review; no: only without")
	return listing[client.QueueItem]{
		read: func(ctx context.Context, c *client.Client, page client.Page, _ []string) (client.List[client.QueueItem], error) {
			f.Page = page
			return c.Queue(ctx, f)
		},
		head: "INTEGRATION TIER RESIDUAL EFFECT SINCE REVIEW WHY WAITS_ON", none: "nothing needs review",
		row: func(x client.QueueItem) []string {
			effect := string(x.Effect)
			if x.ToAttest {
				effect += " (to be attested)"
			}
			var why, on []string
			for _, r := range x.Reasons {
				why = append(why, r.Kind)
			}
			for _, w := range x.Waits {
				on = append(on, string(w.On))
			}
			in := x.Integration
			return []string{
				in.Slug + " (" + in.Environment + ")", string(in.Tier), fmt.Sprintf("%.0f", in.Residual), effect, moment(x.Since), string(x.Review), strings.Join(why, ", "),
				strings.Join(on, ", "),
			}
		},
	}.on(env, cmd)
}

func newProgrammeCalendar(env *Env) *cobra.Command {
	var out, until string
	cmd := &cobra.Command{
		Use: "calendar", Short: "Write what is due as a calendar file", Args: cobra.NoArgs,
		Long: `Calendar writes what is due as iCalendar: decisions, reviews, conditions, exceptions, evidence,
contracts, notices and threat models, as far as you may see each. It looks 400 days ahead, or until the day that --until
names, at most 5 years ahead, and its description says how far. A calendar that reads it from the server itself asks
GET /api/v1/programme/calendar with a token of yours in the Authorization header; it goes with your access.`,
		Example: "  drawbridge programme calendar --out drawbridge.ics",
	}
	cmd.Flags().StringVar(&out, "out", "", "file to write")
	cmd.Flags().StringVar(&until, "until", "", "last day, like 2030-12-31; default 400 days ahead")
	return question[calendarFile]{
		check: func([]string) error {
			if out == "" {
				return errors.New("name the file to write, by --out")
			}
			return nil
		},
		ask: func(ctx context.Context, c *client.Client, _ []string) (calendarFile, error) {
			return calendarFile{out}, env.output(out, func(w io.Writer) error {
				return c.Calendar(ctx, client.CalendarUntil{Until: drawbridge.Date(until)}, w)
			})
		},
		tell: func(w io.Writer, x calendarFile) error { return writeFields(w, "written", x.File) },
	}.on(env, cmd)
}

// calendarFile is what the command wrote.
type calendarFile struct {
	File string `json:"file"`
}

func newProgrammeTriggers(env *Env) *cobra.Command {
	var environment string
	var f client.TriggerFilter
	cmd := &cobra.Command{
		Use: "triggers [ID]", Short: "List what happened that may reopen reviews, newest first", Args: cobra.MaximumNArgs(1),
		Example: "  drawbridge programme triggers --open\n  drawbridge programme triggers acme-payments --kind widening",
	}
	environmentFlag(cmd, &environment)
	cmd.Flags().StringVar(&f.Kind, "kind", "", "only of this kind")
	cmd.Flags().BoolVar(&f.Open, "open", false, "only those that nobody handled")
	return listing[client.TriggerView]{
		read: func(ctx context.Context, c *client.Client, page client.Page, args []string) (client.List[client.TriggerView], error) {
			ask := f
			if ask.Page = page; len(args) > 0 {
				var err error
				if ask.Integration, err = integrationOf(ctx, c, args[0], environment); err != nil {
					return client.List[client.TriggerView]{}, err
				}
			}
			return c.Triggers(ctx, ask)
		},
		head: "ID INTEGRATION KIND SEVERITY EFFECT SINCE HANDLED WHAT", none: "nothing happened yet",
		row: func(t client.TriggerView) []string {
			return []string{t.ID, string(t.Integration), t.Kind, string(t.Severity), effectOf(t), moment(t.CreatedAt), moment(t.HandledAt), firstLine(t.Text)}
		},
	}.on(env, cmd)
}

func effectOf(t client.TriggerView) string {
	if t.ToAttest {
		return string(t.Effect) + " (to be attested)"
	}
	return string(t.Effect)
}

func firstLine(s string) string {
	s, _, _ = strings.Cut(s, "\n")
	return s
}

func tellTrigger(w io.Writer, t client.TriggerView) error {
	return writeFields(w, "id", t.ID, "kind", t.Kind, "effect", effectOf(t), "review", string(t.Review), "attested", t.Attested, "handled", moment(t.HandledAt), "what", t.Text)
}

func newProgrammeTrigger(env *Env) *cobra.Command {
	var environment, severity string
	var n client.NewTrigger
	cmd := &cobra.Command{
		Use: "trigger ID", Short: "Record that something happened to an integration", Args: cobra.ExactArgs(1),
		Long: `Trigger records what you noticed: the policy says what it does to what is live, and whether a review
opens. The same source of a kind counts once. What narrows or suspends is carried out by hand, and attested, until there is a gateway.`,
		Example: "  drawbridge programme trigger acme-payments --kind incident --source CVE-2027-1 --severity high --text 'The partner was broken into'",
	}
	environmentFlag(cmd, &environment)
	cmd.Flags().StringVar(&n.Kind, "kind", "", "incident, notice, contract, widening, ...")
	cmd.Flags().StringVar(&n.Source, "source", "", "what names it: a ticket, an advisory, a day")
	cmd.Flags().StringVar(&severity, "severity", "", "info, low, medium, high or critical; left out counts as critical")
	cmd.Flags().StringVar(&n.Text, "text", "", "what happened, in words")
	return question[client.TriggerView]{
		check: func([]string) error {
			if n.Kind == "" || n.Source == "" || n.Text == "" {
				return errors.New("give --kind, --source and --text")
			}
			return nil
		},
		ask: func(ctx context.Context, c *client.Client, args []string) (client.TriggerView, error) {
			id, err := integrationOf(ctx, c, args[0], environment)
			if err != nil {
				return client.TriggerView{}, err
			}
			ask := n
			ask.ID, ask.Severity = string(id), drawbridge.Severity(severity)
			return c.Raise(ctx, ask)
		},
		tell: tellTrigger,
	}.on(env, cmd)
}

func newProgrammeHandle(env *Env) *cobra.Command {
	var reason string
	cmd := &cobra.Command{
		Use: "handle TRIGGER", Short: "Close a trigger with a reason", Args: cobra.ExactArgs(1),
		Long:    "Handle closes a trigger. One that narrows or suspends waits for an operator's attestation that this was done.",
		Example: "  drawbridge programme handle trg_01 --reason 'The host was taken out again'",
	}
	cmd.Flags().StringVar(&reason, "reason", "", "how it was dealt with")
	return question[client.TriggerView]{
		check: func([]string) error { return needed(reason) },
		ask: func(ctx context.Context, c *client.Client, args []string) (client.TriggerView, error) {
			return c.HandleTrigger(ctx, client.Because{ByID: client.ByID{ID: args[0]}, Reason: reason})
		},
		tell: tellTrigger,
	}.on(env, cmd)
}

func needed(reason string) error {
	if reason == "" {
		return errors.New("give --reason: it is recorded")
	}
	return nil
}

// maxPack bounds an archive of a pack, in bytes.
const maxPack = 4 << 20

func newProgrammeImpact(env *Env) *cobra.Command {
	return question[client.Impact]{
		ask: func(ctx context.Context, c *client.Client, args []string) (client.Impact, error) {
			data, err := env.readFile("the pack", args[0], maxPack)
			if err != nil {
				return client.Impact{}, err
			}
			env.progress("the server scores the portfolio")
			defer env.progressDone()
			return c.Impact(ctx, client.CandidatePack{Archive: data})
		},
		tell: tellImpact,
	}.on(env, &cobra.Command{
		Use: "impact PACK.tar.gz", Short: "Say what a pack would change before it takes effect", Args: cobra.ExactArgs(1),
		Long:    "Impact scores the whole portfolio with a pack that has not taken effect, beside the packs in force, and keeps nothing.",
		Example: "  drawbridge programme impact ours-1.1.0.tar.gz",
	})
}

func newProgrammeAnnounce(env *Env) *cobra.Command {
	var reason string
	cmd := &cobra.Command{
		Use: "announce", Short: "Queue the revalidation after the server's packs changed", Args: cobra.NoArgs,
		Long:    "Announce has everything assessed again that other packs assessed, and raises a trigger for what the new ones change, most dangerous first.",
		Example: "  drawbridge programme announce --reason 'Policy 1.1.0 asks for TLS 1.3'",
	}
	cmd.Flags().StringVar(&reason, "reason", "", "what changed, and why")
	return question[client.Impact]{
		check: func([]string) error { return needed(reason) },
		ask: func(ctx context.Context, c *client.Client, _ []string) (client.Impact, error) {
			return c.AnnouncePacks(ctx, client.Announcement{Reason: reason})
		},
		tell: tellImpact,
	}.on(env, cmd)
}

func tellImpact(w io.Writer, x client.Impact) error {
	queued := ""
	if x.Queued > 0 {
		queued = fmt.Sprintf(", triggers raised %d", x.Queued)
	}
	if _, err := fmt.Fprintf(w, "scored %d, changed %d, worse (tier or gate) %d, failed %d%s\n", x.Scored, x.Changed, x.Worse, x.Failed, queued); err != nil || len(x.Effects) == 0 {
		return err
	}
	rows := make([][]string, len(x.Effects))
	for i, e := range x.Effects {
		change := func(a, b string) string {
			if a == b {
				return a
			}
			return a + " -> " + b
		}
		rows[i] = []string{
			e.Slug + " (" + e.Environment + ")", change(string(e.Before.Tier), string(e.After.Tier)), change(string(e.Before.Outcome), string(e.After.Outcome)),
			fmt.Sprintf("%.1f -> %.1f", e.Before.Residual, e.After.Residual), e.Problem,
		}
	}
	return writeTable(w, []string{"INTEGRATION", "TIER", "GATE", "RESIDUAL", "PROBLEM"}, rows)
}

func newProgrammeThreats(env *Env) *cobra.Command {
	var environment, from, to string
	cmd := &cobra.Command{
		Use: "threats ID", Short: "Show what changed in a threat model since somebody looked", Args: cobra.ExactArgs(1),
		Example: "  drawbridge programme threats acme-payments",
	}
	environmentFlag(cmd, &environment)
	cmd.Flags().StringVar(&from, "from", "", "assessment to compare from; default the one that was looked at last")
	cmd.Flags().StringVar(&to, "to", "", "assessment to compare to; default the latest")
	return question[client.ThreatDifference]{
		ask: func(ctx context.Context, c *client.Client, args []string) (client.ThreatDifference, error) {
			id, err := integrationOf(ctx, c, args[0], environment)
			if err != nil {
				return client.ThreatDifference{}, err
			}
			return c.ThreatDifference(ctx, client.BetweenThreats{ByID: client.ByID{ID: string(id)}, From: drawbridge.AssessmentID(from), To: drawbridge.AssessmentID(to)})
		},
		tell: func(w io.Writer, d client.ThreatDifference) error {
			if _, err := fmt.Fprintf(w, "added %d, gone %d, changed %d\n", d.Added, d.Gone, d.Changed); err != nil || len(d.Threats) == 0 {
				return err
			}
			rows := make([][]string, len(d.Threats))
			for i, t := range d.Threats {
				rows[i] = []string{t.Change, t.ID, string(t.OldState), string(t.State), string(t.OldSeverity), string(t.Severity), t.Title}
			}
			return writeTable(w, []string{"CHANGE", "THREAT", "WAS", "IS", "WAS", "IS", "TITLE"}, rows)
		},
	}.on(env, cmd)
}

func newProgrammeLooked(env *Env) *cobra.Command {
	var environment, comment string
	cmd := &cobra.Command{
		Use: "looked ID", Short: "Record that you looked at a threat model", Args: cobra.ExactArgs(1),
		Long:    "Looked records your look at the latest threat model with what changed since the last one. The next is due by the tier.",
		Example: "  drawbridge programme looked acme-payments --comment 'The new flow is covered'",
	}
	environmentFlag(cmd, &environment)
	cmd.Flags().StringVar(&comment, "comment", "", "what you found")
	return question[drawbridge.ThreatReview]{
		ask: func(ctx context.Context, c *client.Client, args []string) (drawbridge.ThreatReview, error) {
			id, err := integrationOf(ctx, c, args[0], environment)
			if err != nil {
				return drawbridge.ThreatReview{}, err
			}
			return c.ReviewThreats(ctx, client.NewThreatReview{ByID: client.ByID{ID: string(id)}, Comment: comment})
		},
		tell: func(w io.Writer, r drawbridge.ThreatReview) error {
			return writeFields(w, "id", r.ID, "assessment", string(r.Assessment), "added", fmt.Sprint(r.Added), "gone", fmt.Sprint(r.Gone), "changed", fmt.Sprint(r.Changed), "next", string(r.Next))
		},
	}.on(env, cmd)
}
