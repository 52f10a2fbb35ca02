package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"drawbridge"
	"drawbridge/internal/approval"
	"drawbridge/internal/client"
)

const intakeLong = `Intake asks for an integration. With FILE, the manifest is pushed as drawbridge push does; without,
the flags make a first manifest, and what is left out stays unknown. Either way there is one review,
a draft that review submit hands in.`

func newReviewIntake(env *Env) *cobra.Command {
	f := pushFlags{}
	var form client.Form
	cmd := &cobra.Command{
		Use: "intake [FILE]", Short: "Ask for an integration, by a manifest or by a form", Long: intakeLong, Args: cobra.MaximumNArgs(1),
		Example: `  drawbridge review intake acme-payments/integration.yaml --justification "customers ask for it"
  drawbridge review intake --id parcel-labels --purpose "Print labels" --partner swiftparcel --kind http_api --direction outbound`,
	}
	format := formatFlag(cmd, "text", "json")
	f.serverFlags = serverFlagsOf(cmd)
	fl := cmd.Flags()
	fl.StringVar(&form.ID, "id", "", "short name of the integration")
	fl.StringVar(&form.Environment, "environment", "production", "its environment")
	fl.StringVar(&form.Name, "name", "", "name that people read")
	fl.StringVar(&form.Purpose, "purpose", "", "what it is for")
	fl.StringVar(&form.Partner, "partner", "", "id of the partner")
	fl.StringVar(&form.PartnerName, "partner-name", "", "name of the partner, where it is new")
	fl.StringVar(&form.Business, "business-owner", "", "team:... or role:...")
	fl.StringVar(&form.Technical, "technical-owner", "", "team:... or role:...")
	fl.StringVar((*string)(&form.Kind), "kind", "", "http_api, webhook, oauth_app, sdk, script, file, queue, widget or model_api")
	fl.StringVar((*string)(&form.Direction), "direction", "", "outbound or inbound, seen from us")
	fl.StringSliceVar(&form.Hosts, "host", nil, "host of the partner; may be given several times")
	fl.StringSliceVar(&form.Intake.Categories, "category", nil, "category of data that moves; may be given several times")
	fl.StringSliceVar(&form.Intake.Subjects, "subject", nil, "whose data: customer, employee, ...")
	fl.StringVar(&form.Intake.Justification, "justification", "", "why it is needed")
	fl.StringVar(&form.Intake.Alternatives, "alternatives", "", "what was considered instead")
	fl.StringVar((*string)(&form.Intake.NeededBy), "needed-by", "", "day by which it is needed")
	fl.StringVar(&form.Intake.Urgency, "urgency", "", "low, normal or high")
	fl.Int64Var(&form.Intake.RecordsPerDay, "records", 0, "records a day")
	fl.StringVar(&f.reason, "reason", "", "why the integration changes, where it is on the server already")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if (len(args) == 0) == (form.ID == "") {
			return usageError{errors.New("give a manifest, or --id with what you know")}
		}
		c, err := env.connect(f.serverFlags)
		if err != nil {
			return err
		}
		defer c.Close()
		r, err := env.intake(cmd.Context(), c, &f, form, args)
		if err != nil {
			return err
		}
		if *format == "json" {
			return writeAnswer(env.Stdout, c.URL(), r)
		}
		return tellState(env.Stdout, r)
	}
	return cmd
}

// intake asks by a manifest or by a form.
func (e *Env) intake(ctx context.Context, c *client.Client, f *pushFlags, form client.Form, args []string) (drawbridge.Review, error) {
	if len(args) == 0 {
		out, err := c.Request(ctx, form)
		return out.Review, err
	}
	p, _, _, err := f.run(ctx, e, args[0])
	if err != nil {
		return drawbridge.Review{}, err
	}
	return c.OpenReview(ctx, client.OpenReview{ByID: client.ByID{ID: string(p.Integration.ID)}, Intake: form.Intake, Reason: f.reason})
}

func newReviewOpen(env *Env) *cobra.Command {
	var environment string
	var in client.OpenReview
	cmd := &cobra.Command{
		Use: "open INTEGRATION", Short: "Open a review of an integration, or find the open one", Args: cobra.ExactArgs(1),
		Example: "  drawbridge review open acme-payments --environment production --reason \"a new use of it\"",
	}
	environmentFlag(cmd, &environment)
	because(cmd, &in.Reason)
	return question[drawbridge.Review]{
		ask: func(ctx context.Context, c *client.Client, args []string) (drawbridge.Review, error) {
			id, err := integrationOf(ctx, c, args[0], environment)
			if err != nil {
				return drawbridge.Review{}, err
			}
			in.ID = string(id)
			return c.OpenReview(ctx, in)
		},
		tell: tellState,
	}.on(env, cmd)
}

const decideLong = `Decide ends a review, on the view that review show prints. The outcome is approved,
approved_with_conditions, rejected or deferred. Conditions are a JSON file: a list of
{"text", "before_live", "verifier", "due", "breach", "owner", "check_ref"}.

` + proofHelp

// maxConditions bounds the file of conditions, in bytes.
const maxConditions = 1 << 20

func newReviewDecide(env *Env) *cobra.Command {
	var environment, outcome, conditions string
	var in client.DecideReview
	cmd := &cobra.Command{
		Use: "decide REVIEW", Short: "Decide, on the view that you looked at", Long: decideLong, Args: cobra.ExactArgs(1),
		Example: "  drawbridge review decide acme-payments --outcome approved --view sha256:... --rationale \"the risk is low\"",
	}
	environmentFlag(cmd, &environment)
	cmd.Flags().StringVar(&outcome, "outcome", "", "approved, approved_with_conditions, rejected or deferred")
	cmd.Flags().StringVar(&in.View, "view", "", "digest of the view, as review show prints it")
	cmd.Flags().StringVar(&in.Rationale, "rationale", "", "why")
	cmd.Flags().StringVar((*string)(&in.Until), "until", "", "last day, when it is to end before the rhythm does")
	cmd.Flags().StringVar(&conditions, "conditions", "", "file with conditions; - reads standard input")
	return question[drawbridge.Decision]{
		proof: true,
		check: func([]string) error {
			if outcome == "" || in.View == "" || in.Rationale == "" {
				return errors.New("give --outcome, --rationale, and --view from review show")
			}
			return nil
		},
		ask: func(ctx context.Context, c *client.Client, args []string) (drawbridge.Decision, error) {
			if conditions != "" {
				data, err := env.readFile("the conditions", conditions, maxConditions)
				if err != nil {
					return drawbridge.Decision{}, err
				}
				dec := json.NewDecoder(bytes.NewReader(data))
				dec.DisallowUnknownFields()
				if err := dec.Decode(&in.Conditions); err != nil {
					return drawbridge.Decision{}, drawbridge.Errorf(drawbridge.Invalid, "%s is no list of conditions: %w", conditions, err)
				}
			}
			r, err := reviewOf(ctx, c, args[0], environment)
			if err != nil {
				return drawbridge.Decision{}, err
			}
			in.ID, in.Outcome = string(r.ID), drawbridge.ReviewState(outcome)
			return c.DecideReview(ctx, in)
		},
		tell: func(w io.Writer, d drawbridge.Decision) error {
			return writeFields(w, "decision", string(d.ID), "outcome", string(d.Outcome), "tier", string(d.Tier), "until", string(d.Until), "approval", d.Approval)
		},
	}.on(env, cmd)
}

func newReviewApproval(env *Env) *cobra.Command {
	var environment, out string
	cmd := &cobra.Command{
		Use: "approval REVIEW", Short: "Get the signed approval file, for CI to hold", Args: cobra.ExactArgs(1),
		Example: "  drawbridge review approval acme-payments --out acme-payments/approval.json",
	}
	environmentFlag(cmd, &environment)
	cmd.Flags().StringVar(&out, "out", "", "file to write; default standard output")
	return question[approvalFile]{
		ask: func(ctx context.Context, c *client.Client, args []string) (approvalFile, error) {
			r, err := reviewOf(ctx, c, args[0], environment)
			if err != nil {
				return approvalFile{}, err
			}
			var b bytes.Buffer
			if err := c.Approval(ctx, r.ID, &b); err != nil {
				return approvalFile{}, err
			}
			if b.Len() > approval.MaxFile {
				return approvalFile{}, drawbridge.Errorf(drawbridge.TooLarge, "the approval is larger than any that this program reads")
			}
			if out != "" {
				err = replaceFile(env.path(out), b.Bytes(), 0o644)
			}
			return approvalFile{Review: r.ID, Out: out, Approval: b.Bytes()}, err
		},
		tell: func(w io.Writer, f approvalFile) error {
			if f.Out != "" {
				return writeFields(w, "written", f.Out)
			}
			_, err := w.Write(f.Approval)
			return err
		},
	}.on(env, cmd)
}

// approvalFile is an approval and where it was written.
type approvalFile struct {
	Review   drawbridge.ReviewID `json:"review"`
	Out      string              `json:"out,omitempty"`
	Approval json.RawMessage     `json:"approval"`
}

func newReviewDelegate(env *Env) *cobra.Command {
	var in client.NewDelegation
	cmd := &cobra.Command{
		Use: "delegate WHO", Short: "Let somebody with the same role sign for you, for a time", Args: cobra.ExactArgs(1), Long: proofHelp,
		Example: "  drawbridge review delegate per_06gzvyjhq2d9kq195dd1wskh0c --role security --until 2027-01-15",
	}
	cmd.Flags().StringVar((*string)(&in.Role), "role", "", "security, privacy, legal, product or operations")
	cmd.Flags().StringVar((*string)(&in.Until), "until", "", "last day")
	because(cmd, &in.Reason)
	return question[drawbridge.Delegation]{
		proof: true,
		check: func([]string) error {
			if in.Role == "" || in.Until == "" {
				return errors.New("give --role and --until")
			}
			return nil
		},
		ask: func(ctx context.Context, c *client.Client, args []string) (out drawbridge.Delegation, err error) {
			if in.To, err = colleague(ctx, c, args[0]); err != nil {
				return out, err
			}
			return c.Delegate(ctx, in)
		},
		tell: tellDelegation,
	}.on(env, cmd)
}

func tellDelegation(w io.Writer, x drawbridge.Delegation) error {
	return writeFields(w, "delegation", string(x.ID), "role", string(x.Role), "from", string(x.From), "to", string(x.To), "until", string(x.Until), "revoked", moment(x.RevokedAt))
}

func newReviewDecisions(env *Env) *cobra.Command {
	var f client.DecisionFilter
	var by string
	cmd := &cobra.Command{
		Use: "decisions", Short: "List decisions over the whole organisation, newest first", Args: cobra.NoArgs,
		Long: `Decisions lists every go and no-go that you may see, with how it stands now. --state narrows it: stands, stale,
expiring (within 60 days), expired, conditions (one is open), or superseded.`,
		Example: "  drawbridge review decisions --state stale\n  drawbridge review decisions --outcome rejected --since 2026-01-01 --format json",
	}
	cmd.Flags().StringVar((*string)(&f.Partner), "partner", "", "only about this partner")
	cmd.Flags().StringVar((*string)(&f.Outcome), "outcome", "", "approved, approved_with_conditions, rejected or deferred")
	cmd.Flags().StringVar((*string)(&f.Tier), "tier", "", "only of this tier: low, medium, high or critical")
	cmd.Flags().StringVar(&by, "by", "", "only of who decided: an address or per_...")
	cmd.Flags().StringVar(&f.State, "state", "", "how it stands")
	cmd.Flags().StringVar((*string)(&f.Since), "since", "", "from this day on, like 2026-11-01")
	cmd.Flags().StringVar((*string)(&f.Until), "until", "", "up to this day")
	return listing[client.Decided]{
		read: func(ctx context.Context, c *client.Client, page client.Page, _ []string) (out client.List[client.Decided], err error) {
			if f.By, err = colleague(ctx, c, by); err != nil {
				return out, err
			}
			f.Page = page
			return c.AllDecisions(ctx, f)
		},
		head: "DECIDED INTEGRATION TIER ANSWER BY UNTIL STATE OPEN CONTENT", none: "no decision fits",
		row: func(x client.Decided) []string {
			d := x.Decision
			return []string{
				moment(d.CreatedAt), x.Slug + " (" + x.Environment + ")", string(d.Tier), string(d.Outcome), string(d.By), string(d.Until), x.State, fmt.Sprint(x.Open), d.Content,
			}
		},
	}.on(env, cmd)
}

func newReviewDelegations(env *Env) *cobra.Command {
	return listing[drawbridge.Delegation]{
		read: func(ctx context.Context, c *client.Client, page client.Page, _ []string) (client.List[drawbridge.Delegation], error) {
			return c.Delegations(ctx, page)
		},
		head: "ID ROLE FROM TO UNTIL REVOKED", none: "nobody signs for anybody",
		row: func(x drawbridge.Delegation) []string {
			return []string{string(x.ID), string(x.Role), string(x.From), string(x.To), string(x.Until), moment(x.RevokedAt)}
		},
	}.on(env, &cobra.Command{Use: "delegations", Short: "List who signs for whom, newest first", Args: cobra.NoArgs, Example: "  drawbridge review delegations"})
}

func newReviewRevoke(env *Env) *cobra.Command {
	return question[drawbridge.Delegation]{
		proof: true,
		ask: func(ctx context.Context, c *client.Client, args []string) (drawbridge.Delegation, error) {
			return c.RevokeDelegation(ctx, drawbridge.DelegationID(args[0]))
		},
		tell: tellDelegation,
	}.on(env, &cobra.Command{
		Use: "revoke-delegation ID", Short: "End a delegation", Args: cobra.ExactArgs(1), Long: proofHelp, Example: "  drawbridge review revoke-delegation dlg_...",
	})
}
