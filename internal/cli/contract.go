package cli

import (
	"context"
	"fmt"
	"io"
	"maps"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"drawbridge"
	"drawbridge/internal/client"
)

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

func newMeasures(env *Env) *cobra.Command {
	return question[client.List[drawbridge.Measure]]{
		ask: func(ctx context.Context, c *client.Client, args []string) (client.List[drawbridge.Measure], error) {
			return c.Measures(ctx, drawbridge.ContractID(args[0]))
		},
		tell: func(w io.Writer, list client.List[drawbridge.Measure]) error {
			rows := make([][]string, len(list.Items))
			for i, m := range list.Items {
				rows[i] = []string{m.Metric, strconv.FormatFloat(m.Value, 'f', -1, 64), string(m.From), string(m.To), m.Source}
			}
			return writeTable(w, []string{"METRIC", "VALUE", "FROM", "TO", "MEASURED BY"}, rows)
		},
	}.on(env, &cobra.Command{
		Use: "measures CONTRACT", Short: "List what was measured of a contract's promises, newest first", Args: cobra.ExactArgs(1),
		Example: "  drawbridge partner measures ctr_06fp...",
	})
}
