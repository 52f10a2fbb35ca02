package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"drawbridge"
	"drawbridge/internal/client"
)

const registerLong = `The register is the portfolio and its risks. By itself it lists integrations, riskiest first, with where
their decisions stand. Its commands keep the register of risks: what may happen, what is done about it, by
whom and until when. A risk that was accepted reads as open again once the exception that it rests on ends.

That a decision is stale is as it was last computed; review standing and gate compute it anew.`

func newRegister(env *Env) *cobra.Command {
	var f client.EntryFilter
	cmd := &cobra.Command{
		Use: "register", Short: "List the portfolio with its decisions, and keep the register of risks", Long: registerLong, Args: cobra.NoArgs,
		Example: "  drawbridge register --tier critical",
	}
	cmd.Flags().StringVar((*string)(&f.Partner), "partner", "", "only of this partner")
	cmd.Flags().StringVar((*string)(&f.State), "state", "", "only in this state: proposed, live, suspended, exiting or retired")
	cmd.Flags().StringVar((*string)(&f.Tier), "tier", "", "only of this tier: low, medium, high or critical")
	cmd.Flags().StringVar(&f.Order, "order", "", "risk (the default), id or name")
	listing[drawbridge.PortfolioEntry]{
		read: func(ctx context.Context, c *client.Client, page client.Page, _ []string) (client.List[drawbridge.PortfolioEntry], error) {
			f.Page = page
			return c.Entries(ctx, f)
		},
		head: "INTEGRATION ENVIRONMENT PARTNER TIER RESIDUAL STATE DECISION UNTIL REVIEW", none: "there is no such integration that you may see",
		row: func(e drawbridge.PortfolioEntry) []string {
			return []string{e.Slug, e.Environment, string(e.Partner), string(e.Tier), fmt.Sprintf("%.0f", e.Residual), string(e.State), decidedAs(e), string(e.Until), reviewAs(e)}
		},
	}.on(env, cmd)
	cmd.AddCommand(newRiskList(env), newRiskShow(env), newRiskAdd(env), newRiskSet(env), newRiskClose(env), newRiskHeat(env))
	return cmd
}

// decidedAs tells a decision with what is known against it.
func decidedAs(e drawbridge.PortfolioEntry) string {
	switch {
	case e.Decision == "":
		return "none"
	case e.Expired:
		return string(e.Decided) + ", expired"
	case e.Stale == "stale":
		return string(e.Decided) + ", stale"
	case e.Stale == "unknown":
		return string(e.Decided) + ", not compared yet"
	}
	return string(e.Decided)
}

func reviewAs(e drawbridge.PortfolioEntry) string {
	if e.Overdue {
		return string(e.At) + ", overdue"
	}
	return string(e.At)
}

// riskSelection adds the flags that say which risks are meant.
func riskSelection(cmd *cobra.Command) func(ctx context.Context, c *client.Client) (client.RiskSelection, error) {
	var s client.RiskSelection
	var integration, environment, owner string
	cmd.Flags().StringVar(&integration, "integration", "", "only of this one: the manifest's id, or int_...")
	environmentFlag(cmd, &environment)
	cmd.Flags().StringVar((*string)(&s.Partner), "partner", "", "only of this partner")
	cmd.Flags().StringVar(&owner, "owner", "", "only of this person: an address or per_...")
	cmd.Flags().StringVar(&s.Category, "category", "", "only of this category")
	cmd.Flags().StringVar(&s.State, "state", "", "only in this state: open, treating, accepted, closed, or current for all but closed")
	cmd.Flags().StringVar(&s.Treatment, "treatment", "", "only with this treatment: mitigate, accept, transfer or avoid")
	cmd.Flags().Int64Var(&s.Severity, "severity", 0, "this severity and what is worse: 1 to 25")
	cmd.Flags().BoolVar(&s.Overdue, "overdue", false, "only those whose remediation was expected before today")
	return func(ctx context.Context, c *client.Client) (_ client.RiskSelection, err error) {
		if integration != "" && s.Integration == "" {
			if s.Integration, err = integrationOf(ctx, c, integration, environment); err != nil {
				return s, err
			}
		}
		if owner != "" && s.Owner == "" {
			s.Owner, err = personID(ctx, c, owner)
		}
		return s, err
	}
}

func newRiskList(env *Env) *cobra.Command {
	cmd := &cobra.Command{
		Use: "list", Short: "List risks, worst first", Args: cobra.NoArgs,
		Example: "  drawbridge register list --state current --overdue",
	}
	selected := riskSelection(cmd)
	return listing[drawbridge.RiskView]{
		read: func(ctx context.Context, c *client.Client, page client.Page, _ []string) (client.List[drawbridge.RiskView], error) {
			s, err := selected(ctx, c)
			if err != nil {
				return client.List[drawbridge.RiskView]{}, err
			}
			return c.Risks(ctx, client.RiskFilter{Page: page, RiskSelection: s})
		},
		head: "RISK SEVERITY STATE TREATMENT DUE OWNER EVENT", none: "there is no such risk that you may see",
		row: func(r drawbridge.RiskView) []string {
			return []string{r.ID, strconv.FormatInt(r.Rank, 10), riskState(r), r.Treatment, string(r.Due), string(r.Owner), r.Event}
		},
	}.on(env, cmd)
}

func riskState(r drawbridge.RiskView) string {
	state := r.State
	if r.Lapsed {
		state += ", acceptance ended"
	}
	if r.Overdue {
		state += ", overdue"
	}
	return state
}

func tellRisk(w io.Writer, r drawbridge.RiskView) error {
	by := func(likelihood, impact int64) string {
		if likelihood == 0 {
			return ""
		}
		return fmt.Sprintf("likelihood %d, impact %d", likelihood, impact)
	}
	return writeFields(w, "risk", r.ID, "state", riskState(r), "severity", strconv.FormatInt(r.Rank, 10), "integration", string(r.Integration), "partner", string(r.Partner),
		"category", r.Category, "cause", r.Cause, "event", r.Event, "consequence", r.Consequence, "inherent", by(r.Likelihood, r.Impact),
		"residual", by(r.Residual, r.ResidualTo), "treatment", r.Treatment, "plan", r.Plan, "owner", string(r.Owner), "due", string(r.Due),
		"findings", strings.Join(r.Findings, " "), "exceptions", strings.Join(r.Exceptions, " "), "closed by", string(r.ClosedBy), "because", r.ClosingReason)
}

func newRiskShow(env *Env) *cobra.Command {
	return question[drawbridge.RiskView]{
		ask: func(ctx context.Context, c *client.Client, args []string) (drawbridge.RiskView, error) {
			return c.Risk(ctx, args[0])
		},
		tell: tellRisk,
	}.on(env, &cobra.Command{Use: "show RISK", Short: "Show a risk", Args: cobra.ExactArgs(1), Example: "  drawbridge register show rsk_06fp..."})
}

// riskFlags are what can be said of a risk. The words that were not said stay.
func riskFlags(cmd *cobra.Command) func(ctx context.Context, c *client.Client, had drawbridge.Risk) (client.RiskWords, error) {
	var w client.RiskWords
	f := cmd.Flags()
	f.StringVar(&w.Cause, "cause", "", "what it comes from")
	f.StringVar(&w.Event, "event", "", "what may happen")
	f.StringVar(&w.Consequence, "consequence", "", "what follows from it")
	f.StringVar(&w.Category, "category", "", "like security, privacy or resilience")
	f.Int64Var(&w.Likelihood, "likelihood", 0, "1 to 5, before treatment")
	f.Int64Var(&w.Impact, "impact", 0, "1 to 5, before treatment")
	f.StringVar(&w.Treatment, "treatment", "", "mitigate, accept, transfer or avoid")
	f.StringVar(&w.Plan, "plan", "", "how the treatment is carried out")
	f.StringVar((*string)(&w.Owner), "owner", "", "who answers for it: an address or per_...")
	f.StringVar((*string)(&w.Due), "due", "", "day by which remediation is expected")
	f.Int64Var(&w.Residual, "residual-likelihood", 0, "1 to 5, after treatment")
	f.Int64Var(&w.ResidualTo, "residual-impact", 0, "1 to 5, after treatment")
	f.StringSliceVar(&w.Findings, "findings", nil, "fingerprints of the findings behind it")
	return func(ctx context.Context, c *client.Client, had drawbridge.Risk) (client.RiskWords, error) {
		keep := func(name string, restore func()) {
			if !f.Changed(name) {
				restore()
			}
		}
		for name, text := range map[string][2]*string{
			"cause": {&w.Cause, &had.Cause}, "event": {&w.Event, &had.Event}, "consequence": {&w.Consequence, &had.Consequence}, "category": {&w.Category, &had.Category},
			"treatment": {&w.Treatment, &had.Treatment}, "plan": {&w.Plan, &had.Plan}, "due": {(*string)(&w.Due), (*string)(&had.Due)}, "owner": {(*string)(&w.Owner), (*string)(&had.Owner)},
		} {
			keep(name, func() { *text[0] = *text[1] })
		}
		for name, n := range map[string][2]*int64{
			"likelihood": {&w.Likelihood, &had.Likelihood}, "impact": {&w.Impact, &had.Impact}, "residual-likelihood": {&w.Residual, &had.Residual}, "residual-impact": {&w.ResidualTo, &had.ResidualTo},
		} {
			keep(name, func() { *n[0] = *n[1] })
		}
		keep("findings", func() { w.Findings = had.Findings })
		var err error
		if w.Owner != had.Owner && w.Owner != "" {
			w.Owner, err = personID(ctx, c, string(w.Owner))
		}
		return w, err
	}
}

func newRiskAdd(env *Env) *cobra.Command {
	var integration, environment, finding, partner, reason string
	cmd := &cobra.Command{
		Use: "add", Short: "Enter a risk: in words, or made from a finding in one step", Args: cobra.NoArgs,
		Example: `  drawbridge register add --integration acme-payments --finding f1-9c2e... --owner ann@example.com
  drawbridge register add --partner acme-pay --cause 'one supplier' --event 'it fails' --category resilience --likelihood 2 --impact 5`,
	}
	cmd.Flags().StringVar(&integration, "integration", "", "the integration that it is about: the manifest's id, or int_...")
	environmentFlag(cmd, &environment)
	cmd.Flags().StringVar(&partner, "partner", "", "the partner that it is about as a whole")
	cmd.Flags().StringVar(&finding, "finding", "", "fingerprint of a finding, which fills in what is left out")
	because(cmd, &reason)
	words := riskFlags(cmd)
	return question[drawbridge.RiskView]{
		check: func([]string) error {
			if (integration == "") == (partner == "") {
				return errors.New("say what it is about: --integration or --partner")
			}
			return nil
		},
		ask: func(ctx context.Context, c *client.Client, _ []string) (drawbridge.RiskView, error) {
			in := client.NewRisk{Partner: drawbridge.PartnerID(partner), Finding: finding, Reason: reason}
			var err error
			if in.RiskWords, err = words(ctx, c, drawbridge.Risk{}); err != nil {
				return drawbridge.RiskView{}, err
			}
			if integration != "" {
				if in.Integration, err = integrationOf(ctx, c, integration, environment); err != nil {
					return drawbridge.RiskView{}, err
				}
			}
			return c.AddRisk(ctx, in)
		},
		tell: tellRisk,
	}.on(env, cmd)
}

func newRiskSet(env *Env) *cobra.Command {
	var state, exception, reason string
	cmd := &cobra.Command{
		Use: "set RISK", Short: "Change what is said of a risk, or its state", Args: cobra.ExactArgs(1),
		Long: `Set changes what you name and leaves the rest. --state treating needs treatment, plan, owner and due day;
--state accepted needs --exception, confirmed and not ended; --state open opens the risk again.`,
		Example: `  drawbridge register set rsk_06fp... --treatment mitigate --plan 'one key each' --due 2027-03-01
  drawbridge register set rsk_06fp... --state accepted --exception exc_06fp...`,
	}
	cmd.Flags().StringVar(&state, "state", "", "open, treating or accepted")
	cmd.Flags().StringVar(&exception, "exception", "", "on which the acceptance rests")
	because(cmd, &reason)
	words := riskFlags(cmd)
	return question[drawbridge.RiskView]{
		check: func([]string) error {
			if state == "" && !slices.ContainsFunc(riskWords, cmd.Flags().Changed) {
				return errors.New("say what changes: --state, or what is said of the risk")
			}
			return nil
		},
		ask: func(ctx context.Context, c *client.Client, args []string) (drawbridge.RiskView, error) {
			had, err := c.Risk(ctx, args[0])
			if err != nil {
				return had, err
			}
			w, err := words(ctx, c, had.Risk)
			if err != nil {
				return had, err
			}
			if slices.ContainsFunc(riskWords, cmd.Flags().Changed) {
				if had, err = c.EditRisk(ctx, had.Version, client.EditRisk{ByID: client.ByID{ID: args[0]}, RiskWords: w, Reason: reason}); err != nil {
					return had, err
				}
			}
			if state == "" {
				return had, nil
			}
			return c.MoveRisk(ctx, had.Version, client.MoveRisk{ByID: client.ByID{ID: args[0]}, State: state, Exception: exception, Reason: reason})
		},
		tell: tellRisk,
	}.on(env, cmd)
}

// riskWords are the flags that say something of a risk.
var riskWords = []string{
	"cause", "event", "consequence", "category", "likelihood", "impact", "treatment", "plan", "owner", "due", "residual-likelihood", "residual-impact", "findings",
}

func newRiskClose(env *Env) *cobra.Command {
	var reason string
	cmd := &cobra.Command{
		Use: "close RISK", Short: "Close a risk, with a reason; never one that you own or owned", Args: cobra.ExactArgs(1),
		Example: "  drawbridge register close rsk_06fp... --reason 'the key was replaced, and the check passes'",
	}
	because(cmd, &reason)
	return question[drawbridge.RiskView]{
		check: needReason(&reason),
		ask: func(ctx context.Context, c *client.Client, args []string) (drawbridge.RiskView, error) {
			had, err := c.Risk(ctx, args[0])
			if err != nil {
				return had, err
			}
			return c.CloseRisk(ctx, had.Version, args[0], reason)
		},
		tell: tellRisk,
	}.on(env, cmd)
}

func newRiskHeat(env *Env) *cobra.Command {
	cmd := &cobra.Command{
		Use: "heat", Short: "Count risks by likelihood and impact", Args: cobra.NoArgs,
		Example: "  drawbridge register heat --partner acme-pay",
	}
	selected := riskSelection(cmd)
	return question[drawbridge.Heat]{
		ask: func(ctx context.Context, c *client.Client, _ []string) (drawbridge.Heat, error) {
			s, err := selected(ctx, c)
			if err != nil {
				return drawbridge.Heat{}, err
			}
			return c.HeatMap(ctx, s)
		},
		tell: func(w io.Writer, h drawbridge.Heat) error {
			for _, grid := range []struct {
				name   string
				counts [][]int64
			}{{"INHERENT", h.Inherent}, {"RESIDUAL", h.Residual}} {
				rows := [][]string{}
				for i, counts := range slices.Backward(grid.counts) { // the likeliest on top, as heat maps are drawn
					row := []string{"likelihood " + strconv.Itoa(i+1)}
					for _, n := range counts {
						row = append(row, strconv.FormatInt(n, 10))
					}
					rows = append(rows, row)
				}
				if err := writeTable(w, []string{grid.name, "IMPACT 1", "2", "3", "4", "5"}, rows); err != nil {
					return err
				}
				fmt.Fprintln(w)
			}
			_, err := fmt.Fprintln(w, drawbridge.Count(h.Total, "risk", "risks"))
			return err
		},
	}.on(env, cmd)
}
