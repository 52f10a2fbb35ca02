package cli

import (
	"context"
	"errors"
	"io"

	"github.com/spf13/cobra"

	"drawbridge"
	"drawbridge/internal/client"
)

const partnerLong = `Partners are the companies whose services are used. A push makes the record of a partner that is not
there yet, from its file; from then on the record is changed here. ID is the partner's id in manifests.`

func newPartner(env *Env) *cobra.Command {
	cmd := family("partner", "List partners, and keep their records", partnerLong,
		newPartnerList(env), newPartnerShow(env), newPartnerAdd(env), newPartnerEdit(env))
	cmd.AddCommand(append(partnerLinks(env), partnerPortfolio(env)...)...)
	return cmd
}

func newPartnerList(env *Env) *cobra.Command {
	return listing[drawbridge.Partner]{
		read: func(ctx context.Context, c *client.Client, page client.Page, _ []string) (client.List[drawbridge.Partner], error) {
			return c.Partners(ctx, page)
		},
		head: "ID NAME COUNTRY WEBSITE OWNER", none: "there is no partner yet; the first push of an integration makes one",
		row: func(p drawbridge.Partner) []string {
			return []string{string(p.ID), p.Name, p.Country, p.Website, string(p.Owner)}
		},
	}.on(env, &cobra.Command{Use: "list", Short: "List partners", Args: cobra.NoArgs, Example: "  drawbridge partner list"})
}

func tellPartner(w io.Writer, p drawbridge.Partner) error {
	return writeFields(w, "partner", string(p.ID), "name", p.Name, "country", p.Country, "website", p.Website, "owner", string(p.Owner),
		"since", moment(p.CreatedAt), "changed", moment(p.UpdatedAt))
}

func newPartnerShow(env *Env) *cobra.Command {
	return question[drawbridge.Partner]{
		ask: func(ctx context.Context, c *client.Client, args []string) (drawbridge.Partner, error) {
			return c.Partner(ctx, drawbridge.PartnerID(args[0]))
		},
		tell: tellPartner,
	}.on(env, &cobra.Command{Use: "show ID", Short: "Show a partner", Args: cobra.ExactArgs(1), Example: "  drawbridge partner show acme-pay"})
}

// partnerFlags are what can be said of a partner.
func partnerFlags(cmd *cobra.Command) (said func(ctx context.Context, c *client.Client, p drawbridge.Partner) (client.PartnerEdit, error), any func() bool) {
	names := []string{"name", "country", "website", "owner"}
	cmd.Flags().String("name", "", "its name")
	cmd.Flags().String("country", "", "where it is, in two letters, like DE")
	cmd.Flags().String("website", "", "its website, beginning with https://")
	cmd.Flags().String("owner", "", "who keeps the record: an address or per_...")
	var reason string
	because(cmd, &reason)
	said = func(ctx context.Context, c *client.Client, p drawbridge.Partner) (client.PartnerEdit, error) {
		e := client.PartnerEdit{Name: p.Name, Country: p.Country, Website: p.Website, Owner: p.Owner, Reason: reason}
		for i, at := range []*string{&e.Name, &e.Country, &e.Website, (*string)(&e.Owner)} {
			if f := cmd.Flags().Lookup(names[i]); f.Changed {
				*at = f.Value.String()
			}
		}
		var err error
		if e.Owner != p.Owner && e.Owner != "" {
			e.Owner, err = personID(ctx, c, string(e.Owner))
		}
		return e, err
	}
	any = func() bool {
		for _, n := range names {
			if cmd.Flags().Changed(n) {
				return true
			}
		}
		return false
	}
	return said, any
}

func newPartnerAdd(env *Env) *cobra.Command {
	cmd := &cobra.Command{
		Use: "add ID", Short: "Write the record of a partner that nobody has pushed yet", Args: cobra.ExactArgs(1),
		Example: "  drawbridge partner add acme-pay --name 'Acme Payments' --country DE",
	}
	said, _ := partnerFlags(cmd)
	return question[drawbridge.Partner]{
		check: func([]string) error {
			if !cmd.Flags().Changed("name") {
				return errors.New("give its --name")
			}
			return nil
		},
		ask: func(ctx context.Context, c *client.Client, args []string) (drawbridge.Partner, error) {
			edit, err := said(ctx, c, drawbridge.Partner{})
			if err != nil {
				return drawbridge.Partner{}, err
			}
			return c.CreatePartner(ctx, client.NewPartner{ID: drawbridge.PartnerID(args[0]), PartnerEdit: edit})
		},
		tell: tellPartner,
	}.on(env, cmd)
}

func newPartnerEdit(env *Env) *cobra.Command {
	cmd := &cobra.Command{
		Use: "edit ID", Short: "Change the record of a partner", Args: cobra.ExactArgs(1),
		Long:    "Edit changes what you name and leaves the rest. When somebody else changed the record meanwhile, nothing is written.",
		Example: "  drawbridge partner edit acme-pay --country NL --reason 'they moved'",
	}
	said, any := partnerFlags(cmd)
	return question[drawbridge.Partner]{
		check: func([]string) error {
			if !any() {
				return errors.New("say what changes: --name, --country, --website or --owner")
			}
			return nil
		},
		ask: func(ctx context.Context, c *client.Client, args []string) (drawbridge.Partner, error) {
			p, err := c.Partner(ctx, drawbridge.PartnerID(args[0]))
			if err != nil {
				return p, err
			}
			edit, err := said(ctx, c, p)
			if err != nil {
				return p, err
			}
			return c.UpdatePartner(ctx, p.Version, client.UpdatePartner{ByID: client.ByID{ID: args[0]}, PartnerEdit: edit})
		},
		tell: tellPartner,
	}.on(env, cmd)
}
