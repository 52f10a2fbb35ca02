package cli

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/app"
	"drawbridge/internal/custody"
)

func newRetention(env *Env) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "retention",
		Short: "Say how long things are kept, and purge what is past its period",
		Long: `Each kind of thing that an installation keeps has a period. What is past it, and under no legal hold, is
purged every day by the server, or now by hand. The ledger keeps the proof: an entry that lists what
went. Changes are entries too.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newRetentionList(env), newRetentionSet(env), newRetentionPurge(env))
	return cmd
}

func newRetentionList(env *Env) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "list",
		Short:   "List everything that is kept: how long, what is purged, what stays",
		Long:    "List shows each kind with its period in days, the shortest that can be set, what is purged at the end, and what stays.",
		Example: "  drawbridge retention list",
		Args:    cobra.NoArgs,
	}
	format := formatFlag(cmd, "text", "json")
	settings := settingFlags(cmd, env, true)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		return env.local(cmd, settings, func(l *app.Local) error {
			list, err := l.Custody.Retention(cmd.Context(), access.Keeper())
			if err != nil {
				return err
			}
			if *format == "json" {
				return writeJSON(env.Stdout, struct {
					SchemaVersion string         `json:"schema_version"`
					Kept          []custody.Kept `json:"kept"`
				}{drawbridge.SchemaVersion, list})
			}
			_, err = fmt.Fprint(env.Stdout, tellKept(list))
			return err
		})
	}
	return cmd
}

func tellKept(list []custody.Kept) string {
	var b strings.Builder
	for _, k := range list {
		period := k.From
		if k.Period > 0 {
			period = fmt.Sprintf("%d days from %s", k.Period, k.From)
			if k.Period != k.Days {
				period += fmt.Sprintf(" (the product's own: %d)", k.Days)
			}
		}
		fmt.Fprintf(&b, "%-20s %s\n%20s kept: %s\n", k.Kind, k.What, "", period)
		if k.Purged != "" {
			fmt.Fprintf(&b, "%20s purged: %s\n", "", k.Purged)
		}
		fmt.Fprintf(&b, "%20s stays: %s\n", "", k.Stays)
	}
	return b.String()
}

func newRetentionSet(env *Env) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "set KIND DAYS",
		Short:   "Change how long a kind of thing is kept",
		Long:    "Set changes a period. The kinds and the shortest periods stand in drawbridge retention list.",
		Example: "  drawbridge retention set assessment_document 730 --reason 'our records schedule, section 4'",
		Args:    cobra.ExactArgs(2),
	}
	format := formatFlag(cmd, "text", "json")
	settings := settingFlags(cmd, env, true)
	reason := cmd.Flags().String("reason", "", "why, for the record")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		days, err := strconv.ParseInt(args[1], 10, 64)
		if err != nil {
			return usageError{fmt.Errorf("%q is no number of days", args[1])}
		}
		return env.local(cmd, settings, func(l *app.Local) error {
			list, err := l.Custody.Retention(cmd.Context(), access.Keeper())
			if err != nil {
				return err
			}
			in := custody.NewPeriod{Kind: args[0], Days: days, Reason: *reason}
			for _, k := range list {
				if k.Kind == in.Kind {
					in.Version = k.Version
				}
			}
			p, err := l.Custody.SetPeriod(cmd.Context(), access.Keeper(), in)
			if err != nil {
				return err
			}
			if *format == "json" {
				return writeJSON(env.Stdout, struct {
					SchemaVersion string `json:"schema_version"`
					drawbridge.Period
				}{drawbridge.SchemaVersion, p})
			}
			_, err = fmt.Fprintf(env.Stdout, "%s is kept %d days.\n", p.ID, p.Days)
			return err
		})
	}
	return cmd
}

func newRetentionPurge(env *Env) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "purge [KIND]",
		Short: "Purge what is past its period and under no hold",
		Long: `Purge does now what the server does every day. For each kind it prints how much went, how much a hold
kept, and the entries of the ledger that prove it: drawbridge log prove ENTRY gives a proof to hand
out. With --dry-run nothing is changed.`,
		Example: "  drawbridge retention purge --dry-run",
		Args:    cobra.MaximumNArgs(1),
	}
	format := formatFlag(cmd, "text", "json")
	settings := settingFlags(cmd, env, true)
	dry := cmd.Flags().Bool("dry-run", false, "only say what would go")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		opt := custody.PurgeOptions{DryRun: *dry, Progress: func(kind string, done int64) { env.progress("%s: %d", kind, done) }}
		if len(args) == 1 {
			opt.Kind = args[0]
		}
		return env.local(cmd, settings, func(l *app.Local) error {
			report, err := l.Custody.Purge(cmd.Context(), access.Keeper(), opt)
			env.progressDone()
			if err != nil {
				return err
			}
			if *format == "json" {
				return writeJSON(env.Stdout, struct {
					SchemaVersion string `json:"schema_version"`
					custody.PurgeReport
				}{drawbridge.SchemaVersion, report})
			}
			_, err = fmt.Fprint(env.Stdout, tellPurge(report))
			return err
		})
	}
	return cmd
}

func tellPurge(r custody.PurgeReport) string {
	var b strings.Builder
	word := "purged"
	if r.DryRun {
		word = "would go"
	}
	for _, p := range r.Kinds {
		fmt.Fprintf(&b, "%-20s %d %s, older than %s", p.Kind, p.Count, word, p.Before.Format(time.DateOnly))
		if p.Held > 0 {
			fmt.Fprintf(&b, ", %d held", p.Held)
		}
		if len(p.Entries) > 0 {
			fmt.Fprintf(&b, "; entries %s", strings.Trim(fmt.Sprint(p.Entries), "[]"))
		}
		b.WriteString("\n")
	}
	if r.Swept > 0 {
		fmt.Fprintf(&b, "%d files that no record names were removed\n", r.Swept)
	}
	return b.String()
}

func newHold(env *Env) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "hold",
		Short: "Keep things from being purged or erased, for a legal reason",
		Long: `A legal hold is on an integration, on a partner with all its integrations, on a person, or on everything.
What it covers is neither purged nor erased until it is lifted or ends.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newHoldPlace(env), newHoldLift(env), newHoldList(env))
	return cmd
}

func newHoldPlace(env *Env) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "place integration|partner|person|everything [ID]",
		Short: "Place a hold",
		Long:  "Place begins a hold, now. With --until it ends at the end of that day (UTC).",
		Example: `  drawbridge hold place partner acme-pay --reason 'claim 2026-114'
  drawbridge hold place everything --reason 'audit' --until 2027-06-30`,
		Args: cobra.RangeArgs(1, 2),
	}
	format := formatFlag(cmd, "text", "json")
	settings := settingFlags(cmd, env, true)
	reason := cmd.Flags().String("reason", "", "why, for the record")
	until := cmd.Flags().String("until", "", "last day of the hold, like 2027-06-30; until it is lifted when left out")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		in := custody.NewHold{Scope: drawbridge.HoldScope(args[0]), Reason: *reason}
		if len(args) == 2 {
			in.Subject = args[1]
		}
		if *until != "" {
			day, err := drawbridge.ParseDate(*until)
			if err != nil {
				return usageError{fmt.Errorf("--until %q: write a day like 2027-06-30", *until)}
			}
			in.Until = day.End()
		}
		return env.local(cmd, settings, func(l *app.Local) error {
			h, err := l.Custody.PlaceHold(cmd.Context(), access.Keeper(), in)
			if err != nil {
				return err
			}
			return env.tellHolds([]drawbridge.Hold{h}, *format)
		})
	}
	return cmd
}

func newHoldLift(env *Env) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "lift HOLD",
		Short:   "Lift a hold",
		Long:    "Lift ends a hold, now. Its record stays.",
		Example: "  drawbridge hold lift hld_06f… --reason 'the claim is settled'",
		Args:    cobra.ExactArgs(1),
	}
	format := formatFlag(cmd, "text", "json")
	settings := settingFlags(cmd, env, true)
	reason := cmd.Flags().String("reason", "", "why, for the record")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if !drawbridge.ValidID("hld", args[0]) {
			return usageError{errors.New("name a hold by its identifier, hld_…; drawbridge hold list shows it")}
		}
		return env.local(cmd, settings, func(l *app.Local) error {
			h, err := l.Custody.LiftHold(cmd.Context(), access.Keeper(), drawbridge.HoldID(args[0]), *reason, "")
			if err != nil {
				return err
			}
			return env.tellHolds([]drawbridge.Hold{h}, *format)
		})
	}
	return cmd
}

func newHoldList(env *Env) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "list",
		Short:   "List the holds, those that ended among them",
		Long:    "List shows each hold: what it covers, since when, until when, and why.",
		Example: "  drawbridge hold list",
		Args:    cobra.NoArgs,
	}
	format := formatFlag(cmd, "text", "json")
	settings := settingFlags(cmd, env, true)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		return env.local(cmd, settings, func(l *app.Local) error {
			all := []drawbridge.Hold{}
			for after := drawbridge.HoldID(""); ; after = all[len(all)-1].ID {
				page, err := l.Custody.Holds(cmd.Context(), access.Keeper(), after, 500)
				if err != nil {
					return err
				}
				if len(page) == 0 {
					return env.tellHolds(all, *format)
				}
				all = append(all, page...)
			}
		})
	}
	return cmd
}

func (e *Env) tellHolds(list []drawbridge.Hold, format string) error {
	if format == "json" {
		return writeJSON(e.Stdout, struct {
			SchemaVersion string            `json:"schema_version"`
			Holds         []drawbridge.Hold `json:"holds"`
		}{drawbridge.SchemaVersion, list})
	}
	var b strings.Builder
	for _, h := range list {
		state := "in force"
		switch {
		case !h.LiftedAt.IsZero():
			state = "lifted " + h.LiftedAt.Format(time.DateOnly)
		case !h.Holds(e.Now()):
			state = "ended " + h.Until.Format(time.DateOnly)
		case !h.Until.IsZero():
			state += " until " + h.Until.Format(time.DateOnly)
		}
		fmt.Fprintf(&b, "%s  %s %s, placed %s, %s: %s\n", h.ID, h.Scope, h.Subject, h.PlacedAt.Format(time.DateOnly), state, h.Reason)
	}
	_, err := fmt.Fprint(e.Stdout, b.String())
	return err
}
