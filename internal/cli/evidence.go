package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"drawbridge"
	"drawbridge/internal/client"
)

const evidenceLong = `Evidence is what a document shows: an audit report, a certificate, a contract, the record of a drill. It
counts for nothing by being handed in: a reviewer other than who handed it in accepts it, and it counts
until its last day. Taken are PDF, PNG, JPEG, XLSX, DOCX, text, CSV, JSON and signatures, up to 50 MiB.`

func newEvidence(env *Env) *cobra.Command {
	return family("evidence", "Hand documents in, and accept or refuse them", evidenceLong,
		newEvidenceAdd(env), newEvidenceList(env), newEvidenceShow(env), newEvidenceGet(env), newEvidenceAccept(env),
		newEvidenceRefuse(env), newEvidenceWithdraw(env), newEvidenceSupersede(env))
}

// maxEvidence is what the server takes, so that nobody sends in vain.
const maxEvidence = 50 << 20

func newEvidenceAdd(env *Env) *cobra.Command {
	var in client.NewEvidence
	var integration, environment string
	cmd := &cobra.Command{
		Use: "add FILE", Short: "Hand a document in", Args: cobra.ExactArgs(1),
		Long:    "Add hands a document in about an integration, or with --partner about the partner as a whole.",
		Example: "  drawbridge evidence add report.pdf --kind pentest --integration acme-payments --issuer 'Example Testers' --expires 2027-06-30",
	}
	f := cmd.Flags()
	f.StringVar(&in.Kind, "kind", "", "what it is: pentest, soc2, iso27001, dpa, deletion, …")
	f.StringVar(&integration, "integration", "", "the integration that it is about: the manifest's id, or int_...")
	environmentFlag(cmd, &environment)
	f.StringVar((*string)(&in.Partner), "partner", "", "the partner that it is about as a whole")
	f.StringVar((*string)(&in.Inquiry), "inquiry", "", "the questionnaire that it answers: inq_...")
	f.StringVar(&in.Title, "title", "", "what to call it; default the file's name")
	f.StringVar(&in.Issuer, "issuer", "", "who wrote it")
	f.StringVar(&in.Scope, "scope", "", "what it says that it covers")
	f.StringArrayVar(&in.Services, "service", nil, "a manifest's id that it covers; again for each; none means all of the partner's")
	f.StringVar((*string)(&in.PeriodStart), "from", "", "first day of the period that it is about")
	f.StringVar((*string)(&in.PeriodEnd), "to", "", "last day of that period")
	f.StringVar((*string)(&in.Issued), "issued", "", "the day on which it was written")
	f.StringVar((*string)(&in.Expires), "expires", "", "its last day")
	f.StringArrayVar(&in.Exceptions, "exception", nil, "an exception that it names; again for each")
	f.StringVar(&in.Confidentiality, "confidentiality", "", "public, internal, confidential (the default) or strictly_confidential")
	f.StringVar((*string)(&in.Supersedes), "supersedes", "", "the document whose place it takes: evd_...")
	because(cmd, &in.Reason)
	return question[drawbridge.Evidence]{
		check: func([]string) error {
			if in.Kind == "" {
				return errors.New("say what it is: --kind pentest, soc2, dpa, …")
			}
			if integration == "" && in.Partner == "" && in.Inquiry == "" {
				return errors.New("say what it is about: --integration, --partner or --inquiry")
			}
			return nil
		},
		ask: func(ctx context.Context, c *client.Client, args []string) (out drawbridge.Evidence, err error) {
			if err := env.sendable(args[0]); err != nil {
				return out, err
			}
			if integration != "" {
				if in.Integration, err = integrationOf(ctx, c, integration, environment); err != nil {
					return out, err
				}
			}
			return c.OfferEvidence(ctx, in, filepath.Base(args[0]), func() (io.ReadCloser, error) { return os.Open(env.path(args[0])) })
		},
		tell: func(w io.Writer, e drawbridge.Evidence) error {
			return tellEvidence(w, drawbridge.FiledEvidence{Evidence: e})
		},
	}.on(env, cmd)
}

// sendable refuses what the server would refuse, before it is sent.
func (e *Env) sendable(name string) error {
	info, err := os.Stat(e.path(name))
	switch {
	case err != nil:
		return drawbridge.Errorf(drawbridge.NotFound, "the document %s cannot be read: %w", name, cause(err))
	case !info.Mode().IsRegular():
		return drawbridge.Errorf(drawbridge.Invalid, "%s is no file; name the document itself", name)
	case info.Size() > maxEvidence:
		return drawbridge.Errorf(drawbridge.TooLarge, "the document %s has %s; at most %s are taken", name, drawbridge.Size(info.Size()), drawbridge.Size(maxEvidence))
	}
	return nil
}

func tellEvidence(w io.Writer, e drawbridge.FiledEvidence) error {
	counts := "yes"
	if !e.Counts {
		counts = "no"
		if e.Why != "" {
			counts += ": " + e.Why
		}
	}
	return writeFields(w, "evidence", string(e.ID), "kind", e.Kind, "title", e.Title, "partner", string(e.Partner), "integration", string(e.Integration),
		"inquiry", string(e.Inquiry), "issuer", e.Issuer, "scope", e.Scope, "services", strings.Join(e.Services, ", "),
		"period", strings.Trim(string(e.PeriodStart)+" to "+string(e.PeriodEnd), " to"), "issued", string(e.Issued), "until", string(e.Until()),
		"exceptions", strings.Join(e.Exceptions, "; "), "confidentiality", e.Confidentiality, "file", e.FileName, "type", e.MediaType,
		"size", fmt.Sprint(drawbridge.Size(e.Size)), "digest", e.File, "state", e.State, "known", string(e.Known), "reason", e.Reason, "counts", counts,
		"supersedes", string(e.Supersedes), "superseded by", string(e.SupersededBy), "handed in by", e.UploadedBy, "on", moment(e.CreatedAt),
		"accepted by", string(e.AcceptedBy), "accepted on", moment(e.AcceptedAt))
}

func newEvidenceList(env *Env) *cobra.Command {
	var f client.EvidenceFilter
	var integration, environment string
	cmd := &cobra.Command{
		Use: "list", Short: "List documents, newest first", Args: cobra.NoArgs,
		Example: "  drawbridge evidence list --integration acme-payments\n  drawbridge evidence list --state offered",
	}
	cmd.Flags().StringVar((*string)(&f.Partner), "partner", "", "only of this partner")
	cmd.Flags().StringVar(&integration, "integration", "", "only about this one: the manifest's id, or int_...")
	environmentFlag(cmd, &environment)
	cmd.Flags().StringVar(&f.Kind, "kind", "", "only of this kind, like evidence:pentest")
	cmd.Flags().StringVar(&f.State, "state", "", "only in this state: offered, accepted, refused or withdrawn")
	cmd.Flags().StringVar((*string)(&f.EndsBefore), "ends-before", "", "only what expires before this day")
	return listing[drawbridge.FiledEvidence]{
		read: func(ctx context.Context, c *client.Client, page client.Page, _ []string) (out client.List[drawbridge.FiledEvidence], err error) {
			if f.Integration == "" && integration != "" {
				if f.Integration, err = integrationOf(ctx, c, integration, environment); err != nil {
					return out, err
				}
			}
			f.Page = page
			return c.Evidence(ctx, f)
		},
		head: "EVIDENCE KIND STATE COUNTS UNTIL TITLE PARTNER INTEGRATION", none: "there is no such document that you may see",
		row: func(e drawbridge.FiledEvidence) []string {
			counts := "no"
			if e.Counts {
				counts = "yes"
			}
			return []string{string(e.ID), e.Kind, e.State, counts, string(e.Until()), e.Title, string(e.Partner), string(e.Integration)}
		},
	}.on(env, cmd)
}

func newEvidenceShow(env *Env) *cobra.Command {
	return question[drawbridge.FiledEvidence]{
		ask: func(ctx context.Context, c *client.Client, args []string) (drawbridge.FiledEvidence, error) {
			return c.EvidenceByID(ctx, drawbridge.EvidenceID(args[0]))
		},
		tell: tellEvidence,
	}.on(env, &cobra.Command{Use: "show ID", Short: "Show what is known of a document", Args: cobra.ExactArgs(1), Example: "  drawbridge evidence show evd_01..."})
}

// fetched says where a document was written to.
type fetched struct {
	Evidence drawbridge.EvidenceID `json:"evidence"`
	File     string                `json:"file"`
	Size     int64                 `json:"size"`
}

func newEvidenceGet(env *Env) *cobra.Command {
	var out string
	cmd := &cobra.Command{
		Use: "get ID", Short: "Fetch the document itself", Args: cobra.ExactArgs(1),
		Long:    "Get writes the document to a file that only you can read. Nobody has looked for what harms in it: open it with care.",
		Example: "  drawbridge evidence get evd_01... --out report.pdf",
	}
	cmd.Flags().StringVarP(&out, "out", "o", "", "file to write; default the document's own name")
	return question[fetched]{
		ask: func(ctx context.Context, c *client.Client, args []string) (fetched, error) {
			e, err := c.EvidenceByID(ctx, drawbridge.EvidenceID(args[0]))
			if err != nil {
				return fetched{}, err
			}
			name := out
			if name == "" { // the server made it safe; a server that did not is not believed
				if name = filepath.Base(filepath.Clean("/" + e.FileName)); strings.HasPrefix(name, ".") || name == "/" {
					name = string(e.ID)
				}
			}
			err = env.stream(name, func(w io.Writer) error { return c.EvidenceFile(ctx, e.ID, w) })
			return fetched{e.ID, name, e.Size}, err
		},
		tell: func(w io.Writer, f fetched) error {
			return writeFields(w, "evidence", string(f.Evidence), "file", f.File, "size", fmt.Sprint(drawbridge.Size(f.Size)))
		},
	}.on(env, cmd)
}

// deciding is a command that decides about the version of a document that is there.
func deciding(env *Env, cmd *cobra.Command, reason *string, ask func(context.Context, *client.Client, drawbridge.FiledEvidence) (drawbridge.Evidence, error)) *cobra.Command {
	because(cmd, reason)
	return question[drawbridge.Evidence]{
		check: needReason(reason),
		ask: func(ctx context.Context, c *client.Client, args []string) (drawbridge.Evidence, error) {
			e, err := c.EvidenceByID(ctx, drawbridge.EvidenceID(args[0]))
			if err != nil {
				return drawbridge.Evidence{}, err
			}
			return ask(ctx, c, e)
		},
		tell: func(w io.Writer, e drawbridge.Evidence) error {
			return writeFields(w, "evidence", string(e.ID), "state", e.State, "known", string(e.Known), "until", string(e.Until()), "superseded by", string(e.SupersededBy))
		},
	}.on(env, cmd)
}

func newEvidenceAccept(env *Env) *cobra.Command {
	var known, expires, reason string
	cmd := &cobra.Command{
		Use: "accept ID", Short: "Let a document count", Args: cobra.ExactArgs(1),
		Long: `Accept lets a document count, on a rung of confidence: a document that was read, or an independent
audit in scope and in date. It needs a last day, from the document or from you.`,
		Example: "  drawbridge evidence accept evd_01... --known independent_audit --expires 2027-06-30 --reason 'scope names the service'",
	}
	cmd.Flags().StringVar(&known, "known", "document", "document or independent_audit")
	cmd.Flags().StringVar(&expires, "expires", "", "the last day on which it counts; needed when the document names none")
	return deciding(env, cmd, &reason, func(ctx context.Context, c *client.Client, e drawbridge.FiledEvidence) (drawbridge.Evidence, error) {
		return c.AcceptEvidence(ctx, e.Version, client.AcceptEvidence{
			ByID: client.ByID{ID: string(e.ID)}, Known: drawbridge.Knowledge(known), Expires: drawbridge.Date(expires), Reason: reason,
		})
	})
}

func newEvidenceRefuse(env *Env) *cobra.Command {
	var reason string
	cmd := &cobra.Command{
		Use: "refuse ID", Short: "Say that a document does not show what it should", Args: cobra.ExactArgs(1),
		Example: "  drawbridge evidence refuse evd_01... --reason 'its scope is another service'",
	}
	return deciding(env, cmd, &reason, func(ctx context.Context, c *client.Client, e drawbridge.FiledEvidence) (drawbridge.Evidence, error) {
		return c.RefuseEvidence(ctx, e.Version, client.Because{ByID: client.ByID{ID: string(e.ID)}, Reason: reason})
	})
}

func newEvidenceWithdraw(env *Env) *cobra.Command {
	var reason string
	cmd := &cobra.Command{
		Use: "withdraw ID", Short: "Take a document back", Args: cobra.ExactArgs(1),
		Example: "  drawbridge evidence withdraw evd_01... --reason 'the wrong file'",
	}
	return deciding(env, cmd, &reason, func(ctx context.Context, c *client.Client, e drawbridge.FiledEvidence) (drawbridge.Evidence, error) {
		return c.WithdrawEvidence(ctx, e.Version, client.Because{ByID: client.ByID{ID: string(e.ID)}, Reason: reason})
	})
}

func newEvidenceSupersede(env *Env) *cobra.Command {
	var by, reason string
	cmd := &cobra.Command{
		Use: "supersede ID", Short: "Let an accepted document take the place of another", Args: cobra.ExactArgs(1),
		Example: "  drawbridge evidence supersede evd_01... --by evd_02... --reason 'the new report'",
	}
	cmd.Flags().StringVar(&by, "by", "", "the document that takes its place: evd_...")
	return deciding(env, cmd, &reason, func(ctx context.Context, c *client.Client, e drawbridge.FiledEvidence) (drawbridge.Evidence, error) {
		return c.SupersedeEvidence(ctx, e.Version, client.SupersedeEvidence{ByID: client.ByID{ID: string(e.ID)}, By: drawbridge.EvidenceID(by), Reason: reason})
	})
}
