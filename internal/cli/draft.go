package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"drawbridge"
	"drawbridge/internal/client"
)

const draftLong = `A draft is an integration that you began to ask for, on the pages or here. Only you can read it, and it is no record:
whatever you write is kept, right or wrong. Preview says what the record would say of it, and send makes an integration with
an open review. A draft that nobody saves for 90 days is gone.`

func newDraft(env *Env) *cobra.Command {
	return family("draft", "Ask for an integration step by step, as on the pages", draftLong,
		newDraftList(env), newDraftBegin(env), newDraftShow(env), newDraftOperations(env), newDraftData(env), newDraftSave(env), newDraftPreview(env),
		newDraftSend(env), newDraftDiscard(env), newDraftRestore(env))
}

const exampleDraft = "dra_06f1c8k3v5x7z9b1d3f5h7k9n1"

func draftArg(args []string) drawbridge.DraftID { return drawbridge.DraftID(args[0]) }

func newDraftList(env *Env) *cobra.Command {
	return question[client.Drafts]{
		ask: func(ctx context.Context, c *client.Client, _ []string) (client.Drafts, error) { return c.Drafts(ctx) },
		tell: func(w io.Writer, d client.Drafts) error {
			if len(d.Items) == 0 {
				_, err := io.WriteString(w, "there is no draft of yours\n")
				return err
			}
			rows := make([][]string, len(d.Items))
			for i, x := range d.Items {
				rows[i] = []string{string(x.ID), x.Way, moment(x.SavedAt), x.Title}
			}
			return writeTable(w, strings.Fields("ID WAY SAVED TITLE"), rows)
		},
	}.on(env, &cobra.Command{
		Use: "list", Short: "List your drafts, the last saved first", Args: cobra.NoArgs,
		Example: "  drawbridge draft list\n  drawbridge draft list --format json",
	})
}

func newDraftBegin(env *Env) *cobra.Command {
	var in client.BeginDraft
	cmd := &cobra.Command{
		Use: "begin [FILE]", Short: "Begin a draft: from a specification, a manifest or nothing", Args: cobra.MaximumNArgs(1),
		Long: `Begin begins a draft. FILE is what the partner publishes (OpenAPI, Swagger, AsyncAPI, HAR or Postman), or with
--way manifest a manifest, which is kept whatever it says. Without a file the draft is a form.`,
		Example: "  drawbridge draft begin acme-openapi.yaml\n  drawbridge draft begin integration.yaml --way manifest\n  drawbridge draft begin",
	}
	cmd.Flags().StringVar(&in.Way, "way", "", "specification, form or manifest; default specification with a file, and form without")
	return question[drawbridge.IntakeDraft]{
		ask: func(ctx context.Context, c *client.Client, args []string) (out drawbridge.IntakeDraft, err error) {
			ask := in
			if len(args) == 0 {
				if ask.Way == "" {
					ask.Way = drawbridge.DraftForm
				}
				return c.BeginDraft(ctx, ask)
			}
			if ask.Way == "" {
				ask.Way = drawbridge.DraftSpecification
			}
			if info, err := os.Stat(env.path(args[0])); err != nil || !info.Mode().IsRegular() {
				return out, drawbridge.Errorf(drawbridge.NotFound, "%s cannot be read, or is no file", args[0])
			}
			return c.BeginDraftFrom(ctx, ask, filepath.Base(args[0]), func() (io.ReadCloser, error) { return os.Open(env.path(args[0])) })
		},
		tell: tellDraft,
	}.on(env, cmd)
}

// tellDraft tells of a draft. Long texts are told by their first line.
func tellDraft(w io.Writer, d drawbridge.IntakeDraft) error {
	pairs := []string{"draft", string(d.ID), "title", d.Title, "way", d.Way, "version", strconv.FormatInt(d.Version, 10), "saved", moment(d.SavedAt), "discarded", moment(d.DiscardedAt), "integration", string(d.Integration)}
	if d.Source != nil {
		pairs = append(pairs, "source", d.Source.Name+", "+d.Source.Format)
	}
	for _, name := range slices.Sorted(maps.Keys(d.Fields)) {
		value := d.Fields[name]
		if n := strings.Count(value, "\n"); n > 0 {
			value = fmt.Sprintf("%s (%d lines)", firstLine(value), n+1)
		}
		pairs = append(pairs, "  "+name, value)
	}
	if d.Way == drawbridge.DraftSpecification && d.Integration == "" {
		pairs = append(pairs, "operations", strconv.Itoa(len(d.Operations)), "categories confirmed", strconv.Itoa(len(d.Categories)))
	}
	return writeFields(w, pairs...)
}

func newDraftShow(env *Env) *cobra.Command {
	return question[drawbridge.IntakeDraft]{
		ask: func(ctx context.Context, c *client.Client, args []string) (drawbridge.IntakeDraft, error) {
			return c.Draft(ctx, draftArg(args))
		},
		tell: tellDraft,
	}.on(env, &cobra.Command{
		Use: "show ID", Short: "Show what a draft says", Args: cobra.ExactArgs(1),
		Example: "  drawbridge draft show " + exampleDraft + "\n  drawbridge draft show " + exampleDraft + " --format json",
	})
}

func newDraftOperations(env *Env) *cobra.Command {
	return question[client.DraftOperations]{
		ask: func(ctx context.Context, c *client.Client, args []string) (client.DraftOperations, error) {
			return c.DraftOperations(ctx, draftArg(args))
		},
		tell: func(w io.Writer, list client.DraftOperations) error {
			rows := make([][]string, len(list.Items))
			for i, o := range list.Items {
				call := strings.TrimSpace(o.Method + " " + o.Path)
				if o.Inbound {
					call += " (they call us)"
				}
				rows[i] = []string{mark(o.Picked), o.ID, call, o.Group, o.Summary}
			}
			return writeTable(w, strings.Fields("PICKED ID CALL GROUP SUMMARY"), rows)
		},
	}.on(env, &cobra.Command{
		Use: "operations ID", Short: "List what the specification of a draft offers", Args: cobra.ExactArgs(1),
		Example: "  drawbridge draft operations " + exampleDraft,
	})
}

func mark(on bool) string {
	if on {
		return "x"
	}
	return ""
}

func newDraftData(env *Env) *cobra.Command {
	return question[client.DraftGuesses]{
		ask: func(ctx context.Context, c *client.Client, args []string) (client.DraftGuesses, error) {
			return c.DraftGuesses(ctx, draftArg(args))
		},
		tell: func(w io.Writer, list client.DraftGuesses) error {
			if len(list.Items) == 0 {
				_, err := io.WriteString(w, "nothing is guessed: pick operations first\n")
				return err
			}
			rows := make([][]string, len(list.Items))
			for i, g := range list.Items {
				rows[i] = []string{g.Key, g.Name, g.Where, g.Category, g.Level, g.Confirmed}
			}
			return writeTable(w, strings.Fields("KEY NAME WHERE GUESS LEVEL CONFIRMED"), rows)
		},
	}.on(env, &cobra.Command{
		Use: "data ID", Short: "List what was guessed of the data of a draft, the biggest exposure first", Args: cobra.ExactArgs(1),
		Example: "  drawbridge draft data " + exampleDraft,
	})
}

func newDraftSave(env *Env) *cobra.Command {
	var s draftSave
	cmd := &cobra.Command{
		Use: "save ID", Short: "Save what a draft says, right or wrong", Args: cobra.ExactArgs(1),
		Long: `Save changes what it names, and leaves the rest as it is. The fields are those of the form: id, environment, name,
purpose, partner (on record) or partner_new and partner_name, business, technical, kind, direction, hosts, justification,
alternatives, cost, subjects, records_per_day, peak_rps, needed_by, urgency; and for a row of data data.0.at, data.0.field and
data.0.category. A draft that was saved elsewhere meanwhile is not overwritten: --version names the one that you read.`,
		Example: "  drawbridge draft save " + exampleDraft + " --set id=acme-payments --set partner_new=acme --set 'purpose=Pay suppliers'\n" +
			"  drawbridge draft save " + exampleDraft + " --pick createPayment --confirm\n  drawbridge draft save " + exampleDraft + " --manifest integration.yaml",
	}
	f := cmd.Flags()
	f.StringArrayVar(&s.set, "set", nil, "a field and what it says, FIELD=TEXT; may be repeated; an empty text takes it away")
	f.StringVar(&s.manifest, "manifest", "", "file with the manifest of a draft of one")
	f.StringArrayVar(&s.pick, "pick", nil, "an operation to pick, by its id; may be repeated")
	f.StringArrayVar(&s.unpick, "unpick", nil, "an operation to leave out again; may be repeated")
	f.BoolVar(&s.all, "pick-all", false, "pick every operation")
	f.StringArrayVar(&s.category, "category", nil, "what data is, KEY=CATEGORY by the key of draft data; may be repeated")
	f.BoolVar(&s.confirm, "confirm", false, "confirm every guess that nobody decided yet")
	f.Int64Var(&s.version, "version", 0, "the version that you read; default the one that stands there")
	return question[drawbridge.IntakeDraft]{
		check: func([]string) error { return s.check() },
		ask: func(ctx context.Context, c *client.Client, args []string) (drawbridge.IntakeDraft, error) {
			return s.send(ctx, env, c, draftArg(args))
		},
		tell: tellDraft,
	}.on(env, cmd)
}

// draftSave is what the flags of a save say.
type draftSave struct {
	set, pick, unpick, category []string
	manifest                    string
	all, confirm                bool
	version                     int64
}

func (s *draftSave) check() error {
	if len(s.set)+len(s.pick)+len(s.unpick)+len(s.category) == 0 && s.manifest == "" && !s.all && !s.confirm {
		return errors.New("say what to save: --set, --manifest, --pick, --unpick, --pick-all, --category or --confirm")
	}
	for _, pair := range slices.Concat(s.set, s.category) {
		if name, _, ok := strings.Cut(pair, "="); !ok || name == "" {
			return fmt.Errorf("%q is no pair; write NAME=VALUE", oneLine(pair))
		}
	}
	return nil
}

func (s *draftSave) send(ctx context.Context, env *Env, c *client.Client, id drawbridge.DraftID) (out drawbridge.IntakeDraft, err error) {
	in := client.SaveDraft{ByID: client.ByID{ID: string(id)}, Fields: pairs(s.set), Shown: s.unpick, Operations: s.pick, Categories: pairs(s.category)}
	if s.manifest != "" {
		data, err := env.readFile("the manifest", s.manifest, 512<<10)
		if err != nil {
			return out, err
		}
		in.Fields["manifest"] = string(data)
	}
	version := s.version
	if version == 0 {
		if out, err = c.Draft(ctx, id); err != nil {
			return out, err
		}
		version = out.Version
	}
	if s.all {
		list, err := c.DraftOperations(ctx, id)
		if err != nil {
			return out, err
		}
		for _, o := range list.Items {
			if !slices.Contains(s.unpick, o.ID) {
				in.Operations = append(in.Operations, o.ID)
			}
		}
	}
	if len(in.Shown)+len(in.Operations) > 0 && s.confirm { // what is picked now is guessed first
		first := in
		first.Categories = nil
		if out, err = c.SaveDraft(ctx, version, first); err != nil {
			return out, err
		}
		version, in.Shown, in.Operations, in.Fields = out.Version, nil, nil, nil
	}
	if s.confirm {
		list, err := c.DraftGuesses(ctx, id)
		if err != nil {
			return out, err
		}
		for _, g := range list.Items {
			if _, said := in.Categories[g.Key]; !said && g.Confirmed == "" && g.Category != "" {
				in.Categories[g.Key] = g.Category
			}
		}
	}
	return c.SaveDraft(ctx, version, in)
}

func pairs(list []string) map[string]string {
	out := map[string]string{}
	for _, pair := range list {
		name, value, _ := strings.Cut(pair, "=")
		out[name] = value
	}
	return out
}

func newDraftPreview(env *Env) *cobra.Command {
	return question[client.DraftPreview]{
		ask: func(ctx context.Context, c *client.Client, args []string) (client.DraftPreview, error) {
			return c.PreviewDraft(ctx, draftArg(args))
		},
		tell: tellDraftPreview,
	}.on(env, &cobra.Command{
		Use: "preview ID", Short: "Say what a draft would become, without keeping anything", Args: cobra.ExactArgs(1),
		Long:    "Preview assesses what a draft says, as the record would: tier, risk, the gate's answer, and what is still missing. The manifest that it makes is in the JSON.",
		Example: "  drawbridge draft preview " + exampleDraft,
	})
}

func tellDraftPreview(w io.Writer, p client.DraftPreview) error {
	for _, x := range p.Problems {
		at := x.Field
		if x.Line > 0 {
			at = fmt.Sprintf("%s, line %d, column %d", at, x.Line, x.Column)
		}
		if at != "" {
			at += ": "
		}
		if _, err := fmt.Fprintf(w, "to mend: %s%s\n", at, x.Text); err != nil {
			return err
		}
	}
	if len(p.Problems) > 0 {
		return nil
	}
	fast := ""
	if p.FastLane {
		fast = "yes"
	}
	err := writeFields(w, "tier", string(p.Tier), "inherent", fmt.Sprintf("%.1f", p.Inherent), "residual", fmt.Sprintf("%.1f", p.Residual), "gate", string(p.Outcome), "fast lane", fast,
		"to sign", strings.Join(p.Roles, ", "), "questions", strconv.Itoa(p.Questions), "open threats", strconv.Itoa(p.Threats), "unconfirmed data", strconv.Itoa(len(p.Open)))
	for _, part := range []struct {
		name string
		list []string
	}{{"why", p.Reasons}, {"before it can be submitted", p.Missing}, {"note", p.Notes}} {
		for _, s := range part.list {
			if err == nil {
				_, err = fmt.Fprintf(w, "%s: %s\n", part.name, s)
			}
		}
	}
	return err
}

func newDraftSend(env *Env) *cobra.Command {
	return question[client.SentDraft]{
		ask: func(ctx context.Context, c *client.Client, args []string) (client.SentDraft, error) {
			return c.SendDraft(ctx, draftArg(args))
		},
		tell: func(w io.Writer, s client.SentDraft) error {
			return writeFields(w, "integration", string(s.Integration))
		},
	}.on(env, &cobra.Command{
		Use: "send ID", Short: "Make an integration with an open review of a draft", Args: cobra.ExactArgs(1),
		Long:    "Send makes an integration of a draft, once however often it is sent. What keeps it from being one is told, and nothing is written then.",
		Example: "  drawbridge draft send " + exampleDraft,
	})
}

func newDraftDiscard(env *Env) *cobra.Command {
	return question[drawbridge.IntakeDraft]{
		ask: func(ctx context.Context, c *client.Client, args []string) (out drawbridge.IntakeDraft, err error) {
			if err = c.DiscardDraft(ctx, draftArg(args)); err != nil {
				return out, err
			}
			return c.Draft(ctx, draftArg(args))
		},
		tell: tellDraft,
	}.on(env, &cobra.Command{
		Use: "discard ID", Short: "Discard a draft; it can be restored for seven days", Args: cobra.ExactArgs(1),
		Example: "  drawbridge draft discard " + exampleDraft,
	})
}

func newDraftRestore(env *Env) *cobra.Command {
	return question[drawbridge.IntakeDraft]{
		ask: func(ctx context.Context, c *client.Client, args []string) (drawbridge.IntakeDraft, error) {
			return c.RestoreDraft(ctx, draftArg(args))
		},
		tell: tellDraft,
	}.on(env, &cobra.Command{
		Use: "restore ID", Short: "Bring back a draft that was discarded", Args: cobra.ExactArgs(1),
		Example: "  drawbridge draft restore " + exampleDraft,
	})
}
