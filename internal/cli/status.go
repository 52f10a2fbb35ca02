package cli

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"drawbridge"
	"drawbridge/internal/client"
	"drawbridge/internal/manifest"
)

const statusLong = `Status says who you are at a server, and with FILE how that manifest stands to it:

  new       the server does not have it, or you may not see it
  same      the head says the same
  changed   you changed it since the head
  behind    the head is newer, and you changed nothing: pull
  diverged  the head is newer, and you changed something too: pull into another folder

It shows the difference to the head as the server sees it, widenings first, with the score and gate
that a push would get. Nothing is written.`

// statusAnswer is what status tells.
type statusAnswer struct {
	SchemaVersion string                  `json:"schema_version"`
	Server        string                  `json:"server"`
	Me            client.Me               `json:"me"`
	Digest        string                  `json:"digest,omitempty"` // content digest of the file
	State         string                  `json:"state,omitempty"`
	Base          drawbridge.RevisionID   `json:"base,omitempty"`
	Integration   *drawbridge.Integration `json:"integration,omitempty"`
	Head          *drawbridge.Revision    `json:"head,omitempty"`
	Changes       []manifest.Change       `json:"changes,omitempty"` // from the head to the file
	Widens        bool                    `json:"widens"`
	Assessment    *drawbridge.Assessment  `json:"assessment,omitempty"` // of the file, by the server
	Gate          *client.GateAnswer      `json:"gate,omitempty"`       // for the file as it is
	Note          string                  `json:"note,omitempty"`
}

func newStatus(env *Env) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "status [FILE]",
		Short:   "Say who you are at a server, and how a manifest stands to it",
		Long:    statusLong,
		Example: "  drawbridge status\n  drawbridge status acme-payments/integration.yaml",
		Args:    cobra.MaximumNArgs(1),
	}
	format := formatFlag(cmd, "text", "json")
	flags := serverFlagsOf(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		c, err := env.connect(flags)
		if err != nil {
			return err
		}
		defer c.Close()
		s := &statusAnswer{SchemaVersion: drawbridge.SchemaVersion, Server: c.URL()}
		if s.Me, err = c.Me(cmd.Context()); err != nil {
			return err
		}
		if len(args) == 1 {
			l, err := env.working(args[0])
			if err != nil {
				return err
			}
			if err := s.compare(cmd.Context(), c, l); err != nil {
				return err
			}
		}
		if *format == "json" {
			return writeJSON(env.Stdout, s)
		}
		return s.tell(env.Stdout)
	}
	return cmd
}

// compare holds a manifest against the server.
func (s *statusAnswer) compare(ctx context.Context, c *client.Client, l *working) error {
	s.Digest = l.content
	key := client.Key{Slug: l.id(), Environment: l.environment()}
	in, err := c.Find(ctx, key)
	if drawbridge.KindOf(err) == drawbridge.NotFound {
		s.State = "new"
		return nil
	}
	if err != nil {
		return err
	}
	head, err := c.Revision(ctx, client.ByRevision{ByID: client.ByID{ID: string(in.ID)}, Revision: string(in.Head)})
	if err != nil {
		return err
	}
	s.Integration, s.Head = &in, &head
	s.State = s.stand(l)
	gate, err := c.Gate(ctx, client.GateQuestion{Key: key, Digest: l.content})
	if err != nil {
		return err
	}
	s.Gate = &gate
	if s.State == "same" {
		return nil
	}
	p, _, err := c.Push(ctx, client.Push{Main: l.main, Files: l.files, Base: head.ID, DryRun: true})
	switch drawbridge.KindOf(err) {
	case drawbridge.Denied, drawbridge.NotFound:
		s.Note = "you may not push, so that the server does not tell the difference"
		return nil
	default:
	}
	if err != nil {
		return err
	}
	s.Changes, s.Widens, s.Assessment = p.Changes, p.Widens, &p.Assessment
	return nil
}

// stand says how the files stand to the head.
func (s *statusAnswer) stand(l *working) string {
	b := l.bases.of(s.Server, l.id(), l.environment())
	if b != nil {
		s.Base = b.Revision
	}
	switch {
	case s.Head.Content == l.content:
		return "same"
	case b == nil || b.Revision != s.Head.ID && b.Content != l.content:
		return "diverged"
	case b.Revision != s.Head.ID:
		return "behind"
	}
	return "changed"
}

func (s *statusAnswer) tell(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s at %s (version %s)\n", whoIs(s.Me), s.Server, line(s.Me.Version))
	if s.State != "" {
		fmt.Fprintf(&b, "%s: digest %s\n", s.State, s.Digest)
	}
	if s.Head != nil {
		fmt.Fprintf(&b, "head: revision %d (%s), pushed by %s at %s\n", s.Head.Number, s.Head.ID, line(s.Head.Author), s.Head.CreatedAt.UTC().Format("2006-01-02 15:04 MST"))
	}
	if s.Note != "" {
		b.WriteString(s.Note + "\n")
	}
	if s.Assessment != nil {
		if err := writeChanges(&b, s.Changes); err != nil {
			return err
		}
		b.WriteString("a push would get\n")
		if err := tellAssessment(&b, *s.Assessment); err != nil {
			return err
		}
	}
	if s.Gate != nil {
		fmt.Fprintf(&b, "gate for the file as it is: %s\n", s.Gate.Status)
		for _, r := range s.Gate.Reasons {
			b.WriteString("  " + line(r) + "\n")
		}
		fmt.Fprintf(&b, "the server's own assessment: %s\n", s.Gate.Advice.Outcome)
	}
	_, err := io.WriteString(w, b.String())
	return err
}
