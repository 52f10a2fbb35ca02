package cli

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"drawbridge"
	"drawbridge/internal/client"
)

// integrationLife are the commands of an integration's life.
func integrationLife(env *Env) []*cobra.Command {
	step := func(name, short string, needed bool, take func(context.Context, *client.Client, client.Because) (drawbridge.Integration, error)) *cobra.Command {
		return newStep(env, name, short, needed, take)
	}
	return []*cobra.Command{
		newLife(env),
		step("live", "Say that an integration is used, when every guard holds", false, func(ctx context.Context, c *client.Client, in client.Because) (drawbridge.Integration, error) {
			return c.GoLive(ctx, in)
		}),
		step("suspend", "Say that an integration must not be used", true, func(ctx context.Context, c *client.Client, in client.Because) (drawbridge.Integration, error) {
			return c.Suspend(ctx, in)
		}),
		step("resume", "End a suspension, when every guard holds", false, func(ctx context.Context, c *client.Client, in client.Because) (drawbridge.Integration, error) {
			return c.Resume(ctx, in)
		}),
		newLeave(env), newDeparture(env),
		step("retire", "End an integration's life, when every guard holds", false, func(ctx context.Context, c *client.Client, in client.Because) (drawbridge.Integration, error) {
			return c.Retire(ctx, in)
		}),
		newAttest(env), newAttestations(env), newUnattest(env),
	}
}

// newStep is a command that takes an integration a step on.
func newStep(env *Env, name, short string, needed bool, take func(context.Context, *client.Client, client.Because) (drawbridge.Integration, error)) *cobra.Command {
	var environment, reason string
	cmd := &cobra.Command{
		Use: name + " ID", Short: short, Args: cobra.ExactArgs(1),
		Example: "  drawbridge integration life acme-payments\n  drawbridge integration " + name + " acme-payments --reason 'as planned'",
	}
	environmentFlag(cmd, &environment)
	because(cmd, &reason)
	q := question[drawbridge.Integration]{
		ask: func(ctx context.Context, c *client.Client, args []string) (drawbridge.Integration, error) {
			id, err := integrationOf(ctx, c, args[0], environment)
			if err != nil {
				return drawbridge.Integration{}, err
			}
			return take(ctx, c, client.Because{ByID: client.ByID{ID: string(id)}, Reason: reason})
		},
		tell: saying("%s is %s", func(i drawbridge.Integration) []any { return []any{i.Slug, i.State} }),
	}
	if needed {
		q.check = needReason(&reason)
	}
	return q.on(env, cmd)
}

func newLife(env *Env) *cobra.Command {
	var environment string
	cmd := &cobra.Command{
		Use: "life ID", Short: "Show where an integration is in its life, and what the next step waits for", Args: cobra.ExactArgs(1),
		Example: "  drawbridge integration life acme-payments",
	}
	environmentFlag(cmd, &environment)
	return question[client.Life]{
		ask: func(ctx context.Context, c *client.Client, args []string) (client.Life, error) {
			id, err := integrationOf(ctx, c, args[0], environment)
			if err != nil {
				return client.Life{}, err
			}
			return c.Life(ctx, id)
		},
		tell: tellLife,
	}.on(env, cmd)
}

func tellLife(w io.Writer, l client.Life) error {
	pairs := []string{"integration", string(l.Integration.ID), "id", l.Integration.Slug, "state", string(l.Integration.State), "live since", moment(l.LiveAt)}
	if l.Decision != nil {
		word := string(l.Decision.Outcome) + " until " + string(l.Decision.Until)
		if l.Stale {
			word += ", stale"
		}
		if l.Expired {
			word += ", ended"
		}
		pairs = append(pairs, "decision", word)
	}
	for _, a := range l.Attestations {
		pairs = append(pairs, "attested", fmt.Sprintf("%s %s by %s on %s", a.Subject, a.Result, a.By, moment(a.CreatedAt)))
	}
	for _, s := range l.Steps {
		if len(s.Missing) == 0 {
			pairs = append(pairs, s.Step, "possible now")
		}
		for _, m := range s.Missing {
			pairs = append(pairs, s.Step+" waits", m.Text+" ("+m.Who+")")
		}
	}
	return writeFields(w, pairs...)
}

func newLeave(env *Env) *cobra.Command {
	var environment, planned, reason string
	cmd := &cobra.Command{
		Use: "leave ID", Short: "Begin to leave an integration", Args: cobra.ExactArgs(1),
		Example: "  drawbridge integration leave acme-payments --planned 2027-03-31 --reason 'another provider'",
	}
	environmentFlag(cmd, &environment)
	cmd.Flags().StringVar(&planned, "planned", "", "last day of use")
	because(cmd, &reason)
	return question[drawbridge.Departure]{
		check: needReason(&reason),
		ask: func(ctx context.Context, c *client.Client, args []string) (drawbridge.Departure, error) {
			id, err := integrationOf(ctx, c, args[0], environment)
			if err != nil {
				return drawbridge.Departure{}, err
			}
			return c.Leave(ctx, client.Leave{ByID: client.ByID{ID: string(id)}, Planned: drawbridge.Date(planned), Reason: reason})
		},
		tell: tellDeparture,
	}.on(env, cmd)
}

func tellDeparture(w io.Writer, d drawbridge.Departure) error {
	if err := writeFields(w, "departure", d.ID, "planned", string(d.Planned), "reason", d.Reason, "kept", d.Residual, "records until", string(d.KeepUntil),
		"proof of deletion", string(d.Deletion), "contract", string(d.Contract), "ended", moment(d.EndedAt)); err != nil {
		return err
	}
	rows := make([][]string, len(d.Tasks))
	for i, t := range d.Tasks {
		done := "open"
		if t.Done {
			done = "done"
		}
		rows[i] = []string{t.ID, done, string(t.Due), string(t.Owner), t.Text}
	}
	return writeTable(w, []string{"TASK", "STATE", "DUE", "OWNER", "TEXT"}, rows)
}

func newDeparture(env *Env) *cobra.Command {
	var environment, reason string
	var done []string
	cmd := &cobra.Command{
		Use: "departure ID", Short: "Show how an integration is left, or note what was done", Args: cobra.ExactArgs(1),
		Example: `  drawbridge integration departure acme-payments
  drawbridge integration departure acme-payments --done network-charges --deletion evd_...`,
	}
	environmentFlag(cmd, &environment)
	cmd.Flags().StringSliceVar(&done, "done", nil, "task that is done; all for every one; may be given several times")
	for name, text := range map[string]string{
		"deletion": "the proof of deletion, evd_...", "contract": "the contract that ends, ctr_...", "residual": "what is kept although we leave, and why",
		"keep-until": "how long records of it are kept", "planned": "last day of use",
	} {
		cmd.Flags().String(name, "", text)
	}
	because(cmd, &reason)
	return question[drawbridge.Departure]{
		ask: func(ctx context.Context, c *client.Client, args []string) (drawbridge.Departure, error) {
			id, err := integrationOf(ctx, c, args[0], environment)
			if err != nil {
				return drawbridge.Departure{}, err
			}
			d, err := c.Departure(ctx, id)
			if err != nil {
				return d, err
			}
			in := client.PlanDeparture{
				ByID: client.ByID{ID: string(id)}, Planned: d.Planned, Tasks: d.Tasks, Residual: d.Residual, KeepUntil: d.KeepUntil, Deletion: d.Deletion,
				Contract: d.Contract, Reason: reason,
			}
			changed := len(done) > 0
			for name, at := range map[string]*string{
				"deletion": (*string)(&in.Deletion), "contract": (*string)(&in.Contract), "residual": &in.Residual, "keep-until": (*string)(&in.KeepUntil), "planned": (*string)(&in.Planned),
			} {
				if f := cmd.Flags().Lookup(name); f.Changed {
					*at, changed = f.Value.String(), true
				}
			}
			if !changed {
				return d, nil
			}
			if err := tick(in.Tasks, done); err != nil {
				return d, err
			}
			return c.PlanDeparture(ctx, d.Version, in)
		},
		tell: tellDeparture,
	}.on(env, cmd)
}

// tick notes tasks as done.
func tick(tasks []drawbridge.DepartureTask, done []string) error {
	for _, id := range done {
		found := id == "all"
		for i := range tasks {
			if id == "all" || tasks[i].ID == id {
				tasks[i].Done, found = true, true
			}
		}
		if !found {
			return drawbridge.Errorf(drawbridge.Invalid, "there is no task %s; drawbridge integration departure lists them", oneLine(id))
		}
	}
	return nil
}

// subjects are what can be attested.
var subjects = []string{"envelope_live", "narrowed", "suspended", "resumed", "revocation_probe"}

func newAttest(env *Env) *cobra.Command {
	var environment string
	var in client.Attest
	cmd := &cobra.Command{
		Use: "attest ID", Short: "Attest, as an operator, what no machine can prove yet", Args: cobra.ExactArgs(1),
		Long: `Attest states that something is so: that the envelope of the decision is live, that the integration was
narrowed, suspended or resumed, or what a probe said after access was revoked. It rests on evidence on file
of the same integration, and it is always shown as attested.

` + proofHelp,
		Example: `  drawbridge integration attest acme-payments --subject envelope_live --evidence evd_... --statement 'The proxy runs the envelope.'
  drawbridge integration attest acme-payments --subject revocation_probe --result failed_to_connect --evidence evd_... --statement 'Refused with 401.'`,
	}
	environmentFlag(cmd, &environment)
	cmd.Flags().StringVar(&in.Subject, "subject", "", "what is attested: "+strings.Join(subjects, ", "))
	cmd.Flags().StringVar(&in.About, "about", "", "the trigger that was carried out, trg_...; default what counts now")
	cmd.Flags().StringVar(&in.Result, "result", "", "of a revocation probe: failed_to_connect or connected")
	cmd.Flags().StringVar(&in.Statement, "statement", "", "what you state, in your words")
	cmd.Flags().StringVar((*string)(&in.Evidence), "evidence", "", "what it rests on, evd_...")
	return question[drawbridge.Attestation]{
		proof: true,
		check: func([]string) error {
			if !slices.Contains(subjects, in.Subject) {
				return fmt.Errorf("--subject is one of %s", strings.Join(subjects, ", "))
			}
			if in.Evidence == "" || in.Statement == "" {
				return fmt.Errorf("give --evidence and --statement")
			}
			return nil
		},
		ask: func(ctx context.Context, c *client.Client, args []string) (drawbridge.Attestation, error) {
			id, err := integrationOf(ctx, c, args[0], environment)
			if err != nil {
				return drawbridge.Attestation{}, err
			}
			in.ByID = client.ByID{ID: string(id)}
			return c.Attest(ctx, in)
		},
		tell: tellAttestation,
	}.on(env, cmd)
}

func tellAttestation(w io.Writer, a drawbridge.Attestation) error {
	return writeFields(w, "attestation", a.ID, "subject", a.Subject, "about", a.About, "result", a.Result, "statement", a.Statement,
		"evidence", string(a.Evidence), "by", string(a.By), "at", moment(a.CreatedAt), "revoked", moment(a.RevokedAt))
}

func newAttestations(env *Env) *cobra.Command {
	var environment string
	cmd := &cobra.Command{
		Use: "attestations ID", Short: "List what was attested of an integration, newest first", Args: cobra.ExactArgs(1),
		Example: "  drawbridge integration attestations acme-payments",
	}
	environmentFlag(cmd, &environment)
	var id drawbridge.IntegrationID
	return listing[drawbridge.Attestation]{
		read: func(ctx context.Context, c *client.Client, page client.Page, args []string) (out client.List[drawbridge.Attestation], err error) {
			if id == "" {
				if id, err = integrationOf(ctx, c, args[0], environment); err != nil {
					return out, err
				}
			}
			return c.Attestations(ctx, client.ListOf{ByID: client.ByID{ID: string(id)}, Page: page})
		},
		head: "ID SUBJECT ABOUT RESULT EVIDENCE BY AT REVOKED", none: "nothing was attested",
		row: func(a drawbridge.Attestation) []string {
			return []string{a.ID, a.Subject, a.About, a.Result, string(a.Evidence), string(a.By), moment(a.CreatedAt), moment(a.RevokedAt)}
		},
	}.on(env, cmd)
}

func newUnattest(env *Env) *cobra.Command {
	var reason string
	cmd := &cobra.Command{
		Use: "unattest ATTESTATION", Short: "Take an attestation back", Args: cobra.ExactArgs(1), Long: "Unattest takes back what was attested.\n\n" + proofHelp,
		Example: "  drawbridge integration unattest att_... --reason 'another host'",
	}
	because(cmd, &reason)
	return question[drawbridge.Attestation]{
		proof: true, check: needReason(&reason),
		ask: func(ctx context.Context, c *client.Client, args []string) (drawbridge.Attestation, error) {
			return c.RevokeAttestation(ctx, args[0], reason)
		},
		tell: tellAttestation,
	}.on(env, cmd)
}
