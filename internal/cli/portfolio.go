package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"drawbridge"
	"drawbridge/internal/client"
	"drawbridge/internal/portfolio"
)

// partnerPortfolio are the commands about partners that the portfolio answers.
func partnerPortfolio(env *Env) []*cobra.Command {
	return []*cobra.Command{
		newProfile(env), newContract(env), newMeasure(env), newMeasures(env), newNotice(env), newSubprocessor(env), newConcentration(env), newFall(env),
	}
}

func tellProfile(w io.Writer, p drawbridge.ProfileView) error {
	pairs := []string{
		"partner", string(p.ID), "legal name", p.LegalName, "person", p.PersonType, "status", p.Status, "parent", string(p.Parent), "group", string(p.Group),
		"security", p.SecurityContact, "privacy", p.PrivacyContact, "tags", strings.Join(p.Tags, ", "),
	}
	for _, kind := range slices.Sorted(maps.Keys(p.Identifiers)) {
		id := p.Identifiers[kind]
		if !portfolio.Checked(kind, id) {
			id += " (format only, not checked)"
		}
		pairs = append(pairs, kind, id)
	}
	for _, c := range p.Children {
		pairs = append(pairs, "holds", string(c))
	}
	return writeFields(w, pairs...)
}

func newProfile(env *Env) *cobra.Command {
	var in client.ProfileEdit
	cmd := &cobra.Command{
		Use: "profile ID", Short: "Show what is known of a partner, or change it", Args: cobra.ExactArgs(1),
		Long:    "Without flags profile shows. With flags it changes what you name and leaves the rest; identifiers are given as KIND=VALUE, and their check digits are checked; where there are none, or this program does not know how they come about, profile says that the format alone was looked at.",
		Example: "  drawbridge partner profile acme-pay --legal-name 'Acme Pay Ltd' --identifier lei=529900T8BM49AURSDO55 --parent acme-group",
	}
	f := cmd.Flags()
	ids := map[string]string{}
	f.StringVar(&in.LegalName, "legal-name", "", "its name in the register of companies")
	f.StringVar(&in.PersonType, "person-type", "", "legal or natural")
	f.StringToStringVar(&ids, "identifier", nil, "lei, euid, vat or duns, like lei=5299...; an empty value takes it away")
	f.StringVar((*string)(&in.Parent), "parent", "", "the partner that it belongs to")
	f.StringVar(&in.Status, "status", "", "prospect, active, exiting or former")
	f.StringVar(&in.SecurityContact, "security-contact", "", "where vulnerabilities are reported")
	f.StringVar(&in.PrivacyContact, "privacy-contact", "", "where data subjects' requests go")
	f.StringSliceVar(&in.Tags, "tag", nil, "a label; may be repeated")
	because(cmd, &in.Reason)
	names := []string{"legal-name", "person-type", "identifier", "parent", "status", "security-contact", "privacy-contact", "tag"}
	return question[drawbridge.ProfileView]{
		ask: func(ctx context.Context, c *client.Client, args []string) (drawbridge.ProfileView, error) {
			had, err := c.Profile(ctx, drawbridge.PartnerID(args[0]))
			if err != nil || !slices.ContainsFunc(names, f.Changed) {
				return had, err
			}
			in.ID, in.Identifiers = args[0], map[string]string{}
			maps.Copy(in.Identifiers, had.Identifiers)
			maps.Copy(in.Identifiers, ids)
			for name, text := range map[string][2]*string{
				"legal-name": {&in.LegalName, &had.LegalName}, "person-type": {&in.PersonType, &had.PersonType}, "parent": {(*string)(&in.Parent), (*string)(&had.Parent)},
				"status": {&in.Status, &had.Status}, "security-contact": {&in.SecurityContact, &had.SecurityContact}, "privacy-contact": {&in.PrivacyContact, &had.PrivacyContact},
			} {
				if !f.Changed(name) {
					*text[0] = *text[1]
				}
			}
			if !f.Changed("tag") {
				in.Tags = had.Tags
			}
			if had.Version == 0 {
				return c.AddProfile(ctx, in)
			}
			return c.EditProfile(ctx, had.Version, in)
		},
		tell: tellProfile,
	}.on(env, cmd)
}

func newNotice(env *Env) *cobra.Command {
	return family("notice", "Take in what partners announce, and decide about it",
		"Notices tell of a new sub-processor, of the end of something, or of an incident. The deadline of each is computed from the contract, the law or the policy.",
		newNoticeList(env), newNoticeShow(env), newNoticeAdd(env), newNoticeDecide(env))
}

func newNoticeList(env *Env) *cobra.Command {
	var f client.NoticeFilter
	cmd := &cobra.Command{
		Use: "list", Short: "List notices, newest first", Args: cobra.NoArgs,
		Example: "  drawbridge partner notice list --state open",
	}
	cmd.Flags().StringVar((*string)(&f.Partner), "partner", "", "only of this partner")
	cmd.Flags().StringVar(&f.Kind, "kind", "", "only of this kind: subprocessor, deprecation or incident")
	cmd.Flags().StringVar(&f.State, "state", "", "only in this state: open, accepted, objected or closed")
	return listing[drawbridge.NoticeView]{
		read: func(ctx context.Context, c *client.Client, page client.Page, _ []string) (client.List[drawbridge.NoticeView], error) {
			f.Page = page
			return c.Notices(ctx, f)
		},
		head: "NOTICE PARTNER KIND STATE DEADLINE TITLE", none: "there is no such notice",
		row: func(n drawbridge.NoticeView) []string {
			return []string{n.ID, string(n.Partner), n.Kind, noticeState(n), moment(n.DueAt), n.Title}
		},
	}.on(env, cmd)
}

func noticeState(n drawbridge.NoticeView) string {
	if n.Overdue {
		return n.State + ", overdue"
	}
	return n.State
}

func tellNotice(w io.Writer, n drawbridge.NoticeView) error {
	deadline := string(n.Deadline) // a last day, or with a clock that runs in hours an instant
	if n.Kind == "incident" {
		deadline = moment(n.DueAt)
	}
	return writeFields(w, "notice", n.ID, "partner", string(n.Partner), "kind", n.Kind, "state", noticeState(n), "title", n.Title, "text", n.Text,
		"received", moment(n.Received), "effective", string(n.Effective), "deadline", deadline, "by", n.Rule, "decided by", string(n.DecidedBy), "because", n.Reason)
}

func newNoticeShow(env *Env) *cobra.Command {
	return question[drawbridge.NoticeView]{
		ask: func(ctx context.Context, c *client.Client, args []string) (drawbridge.NoticeView, error) {
			return c.Notice(ctx, args[0])
		},
		tell: tellNotice,
	}.on(env, &cobra.Command{Use: "show NOTICE", Short: "Show a notice", Args: cobra.ExactArgs(1), Example: "  drawbridge partner notice show ntc_06fp..."})
}

func newNoticeAdd(env *Env) *cobra.Command {
	var in client.NewNotice
	var received, aware string
	cmd := &cobra.Command{
		Use: "add PARTNER", Short: "Take in what a partner announced", Args: cobra.ExactArgs(1),
		Example: "  drawbridge partner notice add acme-pay --kind subprocessor --title 'A new host' --name Cloudyard --country US",
	}
	f := cmd.Flags()
	f.StringVar(&in.Kind, "kind", "", "subprocessor, deprecation or incident")
	f.StringVar(&in.Title, "title", "", "what it is about, in a line")
	f.StringVar(&in.Text, "text", "", "what it says")
	f.StringVar(&received, "received", "", "when it reached us, like 2026-11-21T12:00:00Z; default now")
	f.StringVar((*string)(&in.Effective), "effective", "", "day on which it takes effect, or happened")
	f.StringVar(&in.Facts.Name, "name", "", "of the sub-processor")
	f.StringVar(&in.Facts.Service, "service", "", "what the sub-processor does")
	f.StringVar(&in.Facts.Country, "country", "", "where the sub-processor is, in two letters")
	f.StringVar(&in.Facts.Operation, "operation", "", "what goes away")
	f.StringVar(&in.Facts.Affected, "affected", "", "what the incident touched")
	f.StringVar(&aware, "aware", "", "when the partner knew of the incident, like 2026-11-21T08:00:00Z")
	return question[drawbridge.NoticeView]{
		check: func([]string) error {
			for name, at := range map[string]*time.Time{"received": &in.Received, "aware": &in.Facts.AwareAt} {
				s := f.Lookup(name).Value.String()
				if s == "" {
					continue
				}
				var err error
				if *at, err = time.Parse(time.RFC3339, s); err != nil {
					return fmt.Errorf("--%s %q: write a time like 2026-11-21T12:00:00Z", name, s)
				}
			}
			if in.Kind == "" || in.Title == "" {
				return errors.New("give --kind and --title")
			}
			return nil
		},
		ask: func(ctx context.Context, c *client.Client, args []string) (drawbridge.NoticeView, error) {
			in.Partner = drawbridge.PartnerID(args[0])
			return c.AddNotice(ctx, in)
		},
		tell: tellNotice,
	}.on(env, cmd)
}

func newNoticeDecide(env *Env) *cobra.Command {
	in := client.DecideNotice{}
	cmd := &cobra.Command{
		Use: "decide NOTICE", Short: "Accept a notice, object to it, or close it, with a reason", Args: cobra.ExactArgs(1),
		Example: "  drawbridge partner notice decide ntc_06fp... --state objected --reason 'no transfer mechanism'",
	}
	cmd.Flags().StringVar(&in.State, "state", "", "accepted, objected or closed")
	because(cmd, &in.Reason)
	return question[drawbridge.NoticeView]{
		check: needReason(&in.Reason),
		ask: func(ctx context.Context, c *client.Client, args []string) (drawbridge.NoticeView, error) {
			had, err := c.Notice(ctx, args[0])
			if err != nil {
				return had, err
			}
			in.ID = args[0]
			return c.DecideNotice(ctx, had.Version, in)
		},
		tell: tellNotice,
	}.on(env, cmd)
}

func newSubprocessor(env *Env) *cobra.Command {
	return family("subprocessor", "List who works for a partner and gets data, and keep that list",
		"Sub-processors come from manifests, from accepted notices, and from people.",
		newSubprocessorList(env), newSubprocessorAdd(env), newSubprocessorEnd(env))
}

func newSubprocessorList(env *Env) *cobra.Command {
	return question[drawbridge.Subprocessors]{
		ask: func(ctx context.Context, c *client.Client, args []string) (drawbridge.Subprocessors, error) {
			return c.Subprocessors(ctx, drawbridge.PartnerID(args[0]))
		},
		tell: func(w io.Writer, s drawbridge.Subprocessors) error {
			rows := make([][]string, len(s.Items))
			for i, x := range s.Items {
				rows[i] = []string{x.ID, x.Name, x.Service, x.Country, x.Source, moment(x.EndedAt)}
			}
			if s.Unknown {
				fmt.Fprintln(env.Stderr, "there may be more: an integration does not say to whom its data is passed on")
			}
			return writeTable(w, strings.Fields("ID NAME SERVICE COUNTRY SOURCE ENDED"), rows)
		},
	}.on(env, &cobra.Command{Use: "list PARTNER", Short: "List who works for a partner and gets data", Args: cobra.ExactArgs(1), Example: "  drawbridge partner subprocessor list acme-pay"})
}

func tellSubprocessor(w io.Writer, s drawbridge.Subprocessor) error {
	return writeFields(w, "sub-processor", s.ID, "partner", string(s.Partner), "name", s.Name, "service", s.Service, "country", s.Country, "source", s.Source, "ended", moment(s.EndedAt))
}

func newSubprocessorAdd(env *Env) *cobra.Command {
	var in client.NewSubprocessor
	cmd := &cobra.Command{
		Use: "add PARTNER", Short: "Note that somebody works for a partner and gets data", Args: cobra.ExactArgs(1),
		Example: "  drawbridge partner subprocessor add acme-pay --name Cloudyard --country IE",
	}
	cmd.Flags().StringVar(&in.Name, "name", "", "who")
	cmd.Flags().StringVar(&in.Service, "service", "", "what it does")
	cmd.Flags().StringVar(&in.Country, "country", "", "where it is, in two letters")
	cmd.Flags().StringSliceVar(&in.Categories, "category", nil, "of the data that it gets; may be repeated")
	because(cmd, &in.Reason)
	return question[drawbridge.Subprocessor]{
		ask: func(ctx context.Context, c *client.Client, args []string) (drawbridge.Subprocessor, error) {
			in.ID = args[0]
			return c.AddSubprocessor(ctx, in)
		},
		tell: tellSubprocessor,
	}.on(env, cmd)
}

func newSubprocessorEnd(env *Env) *cobra.Command {
	var reason string
	cmd := &cobra.Command{
		Use: "end ID", Short: "Note that a sub-processor works for a partner no more", Args: cobra.ExactArgs(1),
		Example: "  drawbridge partner subprocessor end sub_06fp... --reason 'they moved'",
	}
	because(cmd, &reason)
	return question[drawbridge.Subprocessor]{
		check: needReason(&reason),
		ask: func(ctx context.Context, c *client.Client, args []string) (drawbridge.Subprocessor, error) {
			return c.EndSubprocessor(ctx, args[0], reason)
		},
		tell: tellSubprocessor,
	}.on(env, cmd)
}

func percent(share float64) string { return fmt.Sprintf("%.1f%%", 100*share) }

func newConcentration(env *Env) *cobra.Command {
	return question[drawbridge.Concentration]{
		ask: func(ctx context.Context, c *client.Client, _ []string) (drawbridge.Concentration, error) {
			return c.Concentration(ctx)
		},
		tell: tellConcentration,
	}.on(env, &cobra.Command{
		Use: "concentration", Short: "Tell on whom and on what all integrations rest, and what has one supplier alone", Args: cobra.NoArgs,
		Example: "  drawbridge partner concentration",
	})
}

func tellConcentration(w io.Writer, x drawbridge.Concentration) error {
	const shown = 5
	rows := [][]string{}
	for _, d := range x.Dimensions {
		rows = append(rows, []string{d.Name, "", "", "", strconv.FormatInt(d.Index, 10), d.Band})
		for _, s := range append(slices.Clone(d.Shares[:min(shown, len(d.Shares))]), d.Unknown) {
			if s.Integrations > 0 {
				rows = append(rows, []string{"", s.Name, strconv.FormatInt(s.Integrations, 10), percent(s.Share), "", ""})
			}
		}
	}
	if err := writeTable(w, strings.Fields("BY NAME INTEGRATIONS SHARE INDEX BAND"), rows); err != nil {
		return err
	}
	for _, f := range x.Functions {
		if f.Single {
			fmt.Fprintf(w, "%s rests on %s alone; fallback %s\n", line(f.Name), line(string(f.Suppliers[0])), line(f.Fallback))
		}
	}
	_, err := fmt.Fprintf(w, "%d integrations, %d of them not looked at yet. %s\n", x.Integrations, x.Unread, x.Source)
	return err
}

func newFall(env *Env) *cobra.Command {
	return question[drawbridge.Fall]{
		check: func(args []string) error {
			if !slices.Contains([]string{"partner", "parent", "subprocessor", "country"}, args[0]) {
				return fmt.Errorf("%q cannot fall; write partner, parent, subprocessor or country, and whom", args[0])
			}
			return nil
		},
		ask: func(ctx context.Context, c *client.Client, args []string) (drawbridge.Fall, error) {
			return c.Fall(ctx, client.FallQuestion{Kind: args[0], Name: args[1]})
		},
		tell: tellFall,
	}.on(env, &cobra.Command{
		Use: "fall KIND NAME", Short: "Tell what stops, and whose data is at stake, when somebody falls", Args: cobra.ExactArgs(2),
		Long:    "KIND is partner (it alone), parent (it and all that belong to it), subprocessor or country. What nobody stated is told as unknown, and counts as at stake.",
		Example: "  drawbridge partner fall subprocessor cloudyard",
	})
}

func tellFall(w io.Writer, x drawbridge.Fall) error {
	rows := [][]string{}
	for _, part := range []struct {
		word string
		list []drawbridge.Fallen
	}{{"stops", x.Integrations}, {"may stop", x.Maybe}} {
		for _, f := range part.list {
			rows = append(rows, []string{part.word, f.Slug, f.Environment, string(f.Tier), f.Function, f.RTO, f.Fallback, f.ExitPlan, f.Because})
		}
	}
	if err := writeTable(w, []string{"WHAT", "INTEGRATION", "ENVIRONMENT", "TIER", "FUNCTION", "RTO", "FALLBACK", "EXIT PLAN", "BECAUSE"}, rows); err != nil {
		return err
	}
	functions := []string{}
	for _, f := range x.Functions {
		if f.Stops {
			functions = append(functions, f.Name)
		}
	}
	or := func(list []string, unknown bool) string {
		if unknown {
			list = append(slices.Clone(list), "and more that nobody stated")
		}
		return strings.Join(list, ", ")
	}
	records := strconv.FormatInt(x.RecordsPerDay, 10)
	if x.RecordsAtLeast {
		records = "at least " + records + "; the rest is unknown"
	}
	return writeFields(w, "stop", strconv.FormatInt(x.Count, 10), "may stop", strconv.FormatInt(x.MaybeCount, 10), "functions without another supplier", strings.Join(functions, ", "),
		"systems", strings.Join(x.Systems, ", "), "data", or(x.Categories, x.Unclassified), "of", or(x.Subjects, x.Unnamed), "records a day", records)
}
