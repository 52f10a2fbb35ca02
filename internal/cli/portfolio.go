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
)

// partnerPortfolio are the commands about partners that the portfolio answers.
func partnerPortfolio(env *Env) []*cobra.Command {
	return []*cobra.Command{
		newProfile(env), newContract(env), newMeasure(env), newNotice(env), newSubprocessor(env), newConcentration(env), newFall(env),
	}
}

func tellProfile(w io.Writer, p drawbridge.ProfileView) error {
	pairs := []string{
		"partner", string(p.ID), "legal name", p.LegalName, "person", p.PersonType, "status", p.Status, "parent", string(p.Parent), "group", string(p.Group),
		"security", p.SecurityContact, "privacy", p.PrivacyContact, "tags", strings.Join(p.Tags, ", "),
	}
	for _, kind := range slices.Sorted(maps.Keys(p.Identifiers)) {
		pairs = append(pairs, kind, p.Identifiers[kind])
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
		Long:    "Without flags profile shows. With flags it changes what you name and leaves the rest; identifiers are given as KIND=VALUE, and their check digits are checked.",
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

func newContract(env *Env) *cobra.Command {
	return family("contract", "Keep contracts, and hold them against what integrations do",
		"Contracts are what was agreed with a partner: dates, notice periods, clauses and service levels.",
		newContractList(env), newContractShow(env), newContractAdd(env), newContractEdit(env), newContractClose(env), newContractCheck(env))
}

func newContractList(env *Env) *cobra.Command {
	var f client.ContractFilter
	cmd := &cobra.Command{
		Use: "list", Short: "List contracts, newest first", Args: cobra.NoArgs,
		Example: "  drawbridge partner contract list --before 2027-06-01",
	}
	cmd.Flags().StringVar((*string)(&f.Partner), "partner", "", "only of this partner")
	cmd.Flags().StringVar(&f.Type, "type", "", "only of this type: msa, dpa, sla, nda or baa")
	cmd.Flags().StringVar((*string)(&f.Before), "before", "", "only those that end before this day")
	return listing[drawbridge.ContractView]{
		read: func(ctx context.Context, c *client.Client, page client.Page, _ []string) (client.List[drawbridge.ContractView], error) {
			f.Page = page
			return c.Contracts(ctx, f)
		},
		head: "CONTRACT PARTNER TYPE STANDING NEXT WHAT TITLE", none: "there is no such contract",
		row: func(k drawbridge.ContractView) []string {
			return []string{string(k.ID), string(k.Partner), k.Type, k.Standing, string(k.Next.On), k.Next.What, k.Title}
		},
	}.on(env, cmd)
}

func tellContract(w io.Writer, k drawbridge.ContractView) error {
	number := func(n int64, unit string) string {
		if n == 0 {
			return ""
		}
		return fmt.Sprintf("%d %s", n, unit)
	}
	pairs := []string{
		"contract", string(k.ID), "partner", string(k.Partner), "type", k.Type, "title", k.Title, "standing", k.Standing, "signed", string(k.Signed), "starts", string(k.Starts), "ends", string(k.Ends),
		"next", strings.TrimSpace(string(k.Next.On) + " " + k.Next.What), "our notice", number(k.NoticeOurs, "days"), "their notice", number(k.NoticeTheirs, "days"),
		"deprecation", number(k.Deprecation, "days"), "breach notice", number(k.BreachHours, "hours"), "objection", number(k.Objection, "days"),
		"law", k.Law, "cost", k.Cost, "data owner", k.DataOwner,
	}
	for _, l := range k.Measured {
		pairs = append(pairs, "promise", fmt.Sprintf("%s %v %s a %s: %s", l.Metric, l.Target, l.Unit, l.Window, strings.ReplaceAll(l.Kept, "_", " ")))
	}
	for _, g := range k.Gaps {
		pairs = append(pairs, "lacks", g.Text)
	}
	return writeFields(w, pairs...)
}

func newContractShow(env *Env) *cobra.Command {
	return question[drawbridge.ContractView]{
		ask: func(ctx context.Context, c *client.Client, args []string) (drawbridge.ContractView, error) {
			return c.Contract(ctx, drawbridge.ContractID(args[0]))
		},
		tell: tellContract,
	}.on(env, &cobra.Command{Use: "show CONTRACT", Short: "Show a contract", Args: cobra.ExactArgs(1), Example: "  drawbridge partner contract show ctr_06fp..."})
}

// termFlags are what a contract can say. What was not said stays as it was.
func termFlags(cmd *cobra.Command) func(had *drawbridge.Contract) (client.Terms, error) {
	var t client.Terms
	var levels, integrations []string
	clauses := map[string]string{}
	f := cmd.Flags()
	texts := map[string]func(*drawbridge.Contract) (*string, *string){}
	text := func(name, usage string, at func(*drawbridge.Contract) *string, to *string) {
		f.StringVar(to, name, "", usage)
		texts[name] = func(had *drawbridge.Contract) (*string, *string) { return to, at(had) }
	}
	text("type", "msa, dpa, sla, nda or baa", func(k *drawbridge.Contract) *string { return &k.Type }, &t.Type)
	text("title", "its title", func(k *drawbridge.Contract) *string { return &k.Title }, &t.Title)
	text("signed", "day of signature", func(k *drawbridge.Contract) *string { return (*string)(&k.Signed) }, (*string)(&t.Signed))
	text("starts", "first day", func(k *drawbridge.Contract) *string { return (*string)(&k.Starts) }, (*string)(&t.Starts))
	text("ends", "last day", func(k *drawbridge.Contract) *string { return (*string)(&k.Ends) }, (*string)(&t.Ends))
	text("law", "governing law", func(k *drawbridge.Contract) *string { return &k.Law }, &t.Law)
	text("cost", "a year, with the currency", func(k *drawbridge.Contract) *string { return &k.Cost }, &t.Cost)
	text("data-owner", "ours, partner or shared", func(k *drawbridge.Contract) *string { return &k.DataOwner }, &t.DataOwner)
	text("evidence", "the signed document, evd_...", func(k *drawbridge.Contract) *string { return (*string)(&k.Evidence) }, (*string)(&t.Evidence))
	numbers := map[string]func(*drawbridge.Contract) (*int64, *int64){}
	number := func(name, usage string, at func(*drawbridge.Contract) *int64, to *int64) {
		f.Int64Var(to, name, 0, usage)
		numbers[name] = func(had *drawbridge.Contract) (*int64, *int64) { return to, at(had) }
	}
	number("notice-ours", "days in which we can end it", func(k *drawbridge.Contract) *int64 { return &k.NoticeOurs }, &t.NoticeOurs)
	number("notice-theirs", "days in which they can", func(k *drawbridge.Contract) *int64 { return &k.NoticeTheirs }, &t.NoticeTheirs)
	number("deprecation", "days of notice before something goes away", func(k *drawbridge.Contract) *int64 { return &k.Deprecation }, &t.Deprecation)
	number("breach-hours", "hours until they tell of a breach", func(k *drawbridge.Contract) *int64 { return &k.BreachHours }, &t.BreachHours)
	number("objection", "days to object to a sub-processor", func(k *drawbridge.Contract) *int64 { return &k.Objection }, &t.Objection)
	f.BoolVar(&t.AutoRenew, "auto-renew", false, "it goes on unless somebody ends it")
	f.BoolVar(&t.AuditRight, "audit-right", false, "we may audit")
	f.StringToStringVar(&clauses, "clause", nil, "like gdpr-28-3-h='partial annex 2'; may be repeated")
	f.StringSliceVar(&levels, "level", nil, "a promise, METRIC:TARGET:UNIT:WINDOW, like availability:99.9:percent:month; may be repeated")
	f.StringSliceVar(&integrations, "covers", nil, "int_... of what it covers; default all of the partner's")
	return func(had *drawbridge.Contract) (client.Terms, error) {
		for name, at := range texts {
			if to, from := at(had); !f.Changed(name) {
				*to = *from
			}
		}
		for name, at := range numbers {
			if to, from := at(had); !f.Changed(name) {
				*to = *from
			}
		}
		if !f.Changed("auto-renew") {
			t.AutoRenew = had.AutoRenew
		}
		if !f.Changed("audit-right") {
			t.AuditRight = had.AuditRight
		}
		t.Clauses, t.Levels, t.Integrations = map[string]string{}, had.Levels, had.Integrations
		maps.Copy(t.Clauses, had.Clauses)
		maps.Copy(t.Clauses, clauses)
		if f.Changed("covers") {
			t.Integrations = nil
			for _, id := range integrations {
				t.Integrations = append(t.Integrations, drawbridge.IntegrationID(id))
			}
		}
		var err error
		if f.Changed("level") {
			t.Levels, err = levelsOf(levels)
		}
		return t, err
	}
}

// levelsOf reads promises as flags spell them.
func levelsOf(list []string) ([]drawbridge.ServiceLevel, error) {
	var out []drawbridge.ServiceLevel
	for _, s := range list {
		part := strings.Split(s, ":")
		if len(part) != 4 {
			return nil, usageError{fmt.Errorf("--level %q: write METRIC:TARGET:UNIT:WINDOW, like availability:99.9:percent:month", s)}
		}
		target, err := strconv.ParseFloat(part[1], 64)
		if err != nil {
			return nil, usageError{fmt.Errorf("--level %q: %q is no number", s, part[1])}
		}
		out = append(out, drawbridge.ServiceLevel{Metric: part[0], Target: target, Unit: part[2], Window: part[3]})
	}
	return out, nil
}

func newContractAdd(env *Env) *cobra.Command {
	var reason string
	cmd := &cobra.Command{
		Use: "add PARTNER", Short: "Put a contract on file", Args: cobra.ExactArgs(1),
		Example: "  drawbridge partner contract add acme-pay --type msa --ends 2027-01-31 --auto-renew --notice-ours 60 --level availability:99.9:percent:month",
	}
	terms := termFlags(cmd)
	because(cmd, &reason)
	return question[drawbridge.ContractView]{
		ask: func(ctx context.Context, c *client.Client, args []string) (drawbridge.ContractView, error) {
			t, err := terms(&drawbridge.Contract{})
			if err != nil {
				return drawbridge.ContractView{}, err
			}
			return c.AddContract(ctx, client.NewContract{Partner: drawbridge.PartnerID(args[0]), Terms: t, Reason: reason})
		},
		tell: tellContract,
	}.on(env, cmd)
}

func newContractEdit(env *Env) *cobra.Command {
	var reason string
	cmd := &cobra.Command{
		Use: "edit CONTRACT", Short: "Change what a contract says; what you do not name stays", Args: cobra.ExactArgs(1),
		Example: "  drawbridge partner contract edit ctr_06fp... --ends 2028-01-31 --reason 'it was renewed'",
	}
	terms := termFlags(cmd)
	because(cmd, &reason)
	return question[drawbridge.ContractView]{
		ask: func(ctx context.Context, c *client.Client, args []string) (drawbridge.ContractView, error) {
			had, err := c.Contract(ctx, drawbridge.ContractID(args[0]))
			if err != nil {
				return had, err
			}
			t, err := terms(&had.Contract)
			if err != nil {
				return had, err
			}
			return c.EditContract(ctx, had.Version, client.EditContract{ByID: client.ByID{ID: args[0]}, Terms: t, Reason: reason})
		},
		tell: tellContract,
	}.on(env, cmd)
}

func newContractClose(env *Env) *cobra.Command {
	var reason string
	cmd := &cobra.Command{
		Use: "close CONTRACT", Short: "Note that a contract is over before its day", Args: cobra.ExactArgs(1),
		Example: "  drawbridge partner contract close ctr_06fp... --reason 'we left'",
	}
	because(cmd, &reason)
	return question[drawbridge.ContractView]{
		check: needReason(&reason),
		ask: func(ctx context.Context, c *client.Client, args []string) (drawbridge.ContractView, error) {
			return c.CloseContract(ctx, drawbridge.ContractID(args[0]), reason)
		},
		tell: tellContract,
	}.on(env, cmd)
}

func newContractCheck(env *Env) *cobra.Command {
	return question[drawbridge.Agreements]{
		ask: func(ctx context.Context, c *client.Client, args []string) (drawbridge.Agreements, error) {
			return c.Agreements(ctx, drawbridge.PartnerID(args[0]))
		},
		tell: func(w io.Writer, a drawbridge.Agreements) error {
			rows := make([][]string, len(a.Gaps))
			for i, g := range a.Gaps {
				rows[i] = []string{g.Subject, string(g.Integration), string(g.Contract), g.Text}
			}
			if len(rows) == 0 {
				_, err := fmt.Fprintf(w, "%d contracts, and nothing is missing between them and the integrations\n", len(a.Contracts))
				return err
			}
			return writeTable(w, []string{"SUBJECT", "INTEGRATION", "CONTRACT", "WHAT"}, rows)
		},
	}.on(env, &cobra.Command{
		Use: "check PARTNER", Short: "Hold a partner's contracts against its integrations", Args: cobra.ExactArgs(1),
		Example: "  drawbridge partner contract check acme-pay",
	})
}

func newMeasure(env *Env) *cobra.Command {
	var in client.NewMeasure
	cmd := &cobra.Command{
		Use: "measure CONTRACT", Short: "Record what a service level was", Args: cobra.ExactArgs(1),
		Example: "  drawbridge partner measure ctr_06fp... --metric availability --value 99.95 --from 2026-10-01 --to 2026-10-31 --source 'our probe'",
	}
	cmd.Flags().StringVar(&in.Metric, "metric", "", "as the contract names it")
	cmd.Flags().Float64Var(&in.Value, "value", 0, "in the unit of the contract")
	cmd.Flags().StringVar((*string)(&in.From), "from", "", "first day")
	cmd.Flags().StringVar((*string)(&in.To), "to", "", "last day")
	cmd.Flags().StringVar(&in.Source, "source", "", "how it was measured")
	return question[drawbridge.Measure]{
		ask: func(ctx context.Context, c *client.Client, args []string) (drawbridge.Measure, error) {
			in.ID = args[0]
			return c.AddMeasure(ctx, in)
		},
		tell: saying("recorded %s: %s was %v from %s to %s", func(m drawbridge.Measure) []any { return []any{m.ID, m.Metric, m.Value, m.From, m.To} }),
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
	return writeFields(w, "notice", n.ID, "partner", string(n.Partner), "kind", n.Kind, "state", noticeState(n), "title", n.Title, "text", n.Text,
		"received", moment(n.Received), "effective", string(n.Effective), "deadline", moment(n.DueAt), "by", n.Rule, "decided by", string(n.DecidedBy), "because", n.Reason)
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
