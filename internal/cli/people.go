package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"drawbridge"
	"drawbridge/internal/client"
)

const peopleLong = `People are those who have an account at the server. WHO is an address or an identifier (per_...).

The roles are administrator, programme_owner, requester, reviewer_security, reviewer_privacy,
reviewer_legal, reviewer_product, reviewer_operations, approver, operator, tester, auditor and
leadership; one person may hold several.`

func newPeople(env *Env) *cobra.Command {
	return family("people", "Invite people, and say what they may do", peopleLong,
		newPeopleList(env), newPeopleShow(env), newPeopleInvite(env), newPeopleRoles(env), newPeopleRename(env),
		newPeopleDisabled(env, true), newPeopleDisabled(env, false), newPeopleReset(env), newPeopleErase(env), newPeopleSessions(env), newPeopleSignout(env))
}

// personOf reads the person that somebody names.
func personOf(ctx context.Context, c *client.Client, who string) (drawbridge.Person, error) {
	if drawbridge.ValidID("per", who) {
		return c.Person(ctx, drawbridge.PersonID(who))
	}
	return c.FindPerson(ctx, client.ByEmail{Email: who})
}

func roleNames(roles []drawbridge.Role) string {
	names := make([]string, len(roles))
	for i, r := range roles {
		names[i] = string(r)
	}
	return strings.Join(names, ", ")
}

func standing(p drawbridge.Person) string {
	switch {
	case p.Erased:
		return "erased"
	case p.Disabled:
		return "disabled"
	}
	return "active"
}

func newPeopleList(env *Env) *cobra.Command {
	return listing[drawbridge.Person]{
		read: func(ctx context.Context, c *client.Client, page client.Page, _ []string) (client.List[drawbridge.Person], error) {
			return c.People(ctx, page)
		},
		head: "ID ADDRESS NAME ROLES STATE", none: "there is nobody that you may see",
		row: func(p drawbridge.Person) []string {
			return []string{string(p.ID), p.Email, p.Name, roleNames(p.Roles), standing(p)}
		},
	}.on(env, &cobra.Command{
		Use: "list", Short: "List the people that you may see", Args: cobra.NoArgs,
		Example: "  drawbridge people list\n  drawbridge people list --format json",
	})
}

func tellPerson(w io.Writer, p drawbridge.Person) error {
	return writeFields(w, "person", string(p.ID), "address", p.Email, "name", p.Name, "roles", roleNames(p.Roles), "state", standing(p),
		"since", moment(p.CreatedAt), "changed", moment(p.UpdatedAt))
}

func newPeopleShow(env *Env) *cobra.Command {
	return question[drawbridge.Person]{
		ask: func(ctx context.Context, c *client.Client, args []string) (drawbridge.Person, error) {
			return personOf(ctx, c, args[0])
		},
		tell: tellPerson,
	}.on(env, &cobra.Command{
		Use: "show WHO", Short: "Show a person", Args: cobra.ExactArgs(1),
		Example: "  drawbridge people show ann@example.com",
	})
}

func newPeopleInvite(env *Env) *cobra.Command {
	var in client.Invite
	var roles []string
	cmd := &cobra.Command{
		Use:   "invite ADDRESS",
		Short: "Invite a person, and print the secret that lets them in",
		Long: `Invite makes an account and prints a secret, this once. Give it to the person: they set their
password with it, by drawbridge join, within seven days. No mail is sent.

` + proofHelp,
		Example: `  drawbridge people invite ann@example.com --name 'Ann Alder' --role requester
  drawbridge people invite sam@example.com --role reviewer_security,auditor > invitation`,
		Args: cobra.ExactArgs(1),
	}
	cmd.Flags().StringVar(&in.Name, "name", "", "their name; the address when it is left out")
	cmd.Flags().StringSliceVar(&roles, "role", nil, "what they may do; may be given several times")
	because(cmd, &in.Reason)
	return question[client.Invited]{
		proof: true,
		check: func([]string) error {
			if len(roles) == 0 {
				return errors.New("say what they may do with --role")
			}
			return nil
		},
		ask: func(ctx context.Context, c *client.Client, args []string) (client.Invited, error) {
			if in.Email = args[0]; in.Name == "" {
				in.Name = in.Email
			}
			in.Roles = rolesOf(roles)
			out, err := c.Invite(ctx, in)
			if err == nil {
				fmt.Fprintf(env.Stderr, "%s is invited as %s. Their secret works once, within seven days; they run\n\n  drawbridge join --server %s\n\n",
					line(out.Person.Email), roleNames(out.Person.Roles), c.URL())
			}
			return out, err
		},
		tell: saying("%s", func(i client.Invited) []any { return []any{i.Secret.Reveal()} }),
	}.on(env, cmd)
}

func rolesOf(names []string) []drawbridge.Role {
	roles := make([]drawbridge.Role, len(names))
	for i, n := range names {
		roles[i] = drawbridge.Role(strings.TrimSpace(n))
	}
	return roles
}

// onPerson is a change of a person over what was read a moment before.
func onPerson(env *Env, cmd *cobra.Command, check func([]string) error, do func(ctx context.Context, c *client.Client, p drawbridge.Person, args []string) (drawbridge.Person, error)) *cobra.Command {
	cmd.Long = strings.TrimSpace(cmd.Long + "\n\n" + proofHelp)
	return question[drawbridge.Person]{
		proof: true, check: check, tell: tellPerson,
		ask: func(ctx context.Context, c *client.Client, args []string) (drawbridge.Person, error) {
			p, err := personOf(ctx, c, args[0])
			if err != nil {
				return p, err
			}
			return do(ctx, c, p, args)
		},
	}.on(env, cmd)
}

func newPeopleRoles(env *Env) *cobra.Command {
	var roles []string
	var reason string
	cmd := &cobra.Command{
		Use: "roles WHO", Short: "Replace what a person may do", Args: cobra.ExactArgs(1),
		Long:    "Roles replaces the roles of a person. The new ones count from their next request on.",
		Example: "  drawbridge people roles ann@example.com --role requester,tester --reason 'runs the live checks'",
	}
	cmd.Flags().StringSliceVar(&roles, "role", nil, "a role that they have from now on; may be given several times")
	because(cmd, &reason)
	check := func(args []string) error {
		if len(roles) == 0 {
			return errors.New("name all their roles with --role; to take every role away, disable the account")
		}
		return needReason(&reason)(args)
	}
	return onPerson(env, cmd, check, func(ctx context.Context, c *client.Client, p drawbridge.Person, _ []string) (drawbridge.Person, error) {
		return c.AssignRoles(ctx, p.Version, client.AssignRoles{ByID: client.ByID{ID: string(p.ID)}, Roles: rolesOf(roles), Reason: reason})
	})
}

func newPeopleRename(env *Env) *cobra.Command {
	var reason string
	cmd := &cobra.Command{
		Use: "rename WHO NAME", Short: "Give a person another name", Args: cobra.ExactArgs(2),
		Example: "  drawbridge people rename ann@example.com 'Ann Birch'",
	}
	because(cmd, &reason)
	return onPerson(env, cmd, nil, func(ctx context.Context, c *client.Client, p drawbridge.Person, args []string) (drawbridge.Person, error) {
		return c.Rename(ctx, p.Version, client.Rename{ByID: client.ByID{ID: string(p.ID)}, Name: args[1], Reason: reason})
	})
}

func newPeopleDisabled(env *Env, disabled bool) *cobra.Command {
	var reason string
	cmd := &cobra.Command{
		Use: "enable WHO", Short: "Let an account be used again", Args: cobra.ExactArgs(1),
		Long:    "Enable lets an account be used again. Tokens that were not revoked work again.",
		Example: "  drawbridge people enable ann@example.com --reason 'back from leave'",
	}
	if disabled {
		cmd = &cobra.Command{
			Use: "disable WHO", Short: "Stop an account at once", Args: cobra.ExactArgs(1),
			Long: `Disable stops an account at once: its sessions end, and its tokens and the machine tokens that the
person made stop working, until the account is enabled again.`,
			Example: "  drawbridge people disable ann@example.com --reason 'left the company'",
		}
	}
	because(cmd, &reason)
	return onPerson(env, cmd, needReason(&reason), func(ctx context.Context, c *client.Client, p drawbridge.Person, _ []string) (drawbridge.Person, error) {
		return c.SetDisabled(ctx, p.Version, client.SetDisabled{ByID: client.ByID{ID: string(p.ID)}, Disabled: disabled, Reason: reason})
	})
}

func newPeopleReset(env *Env) *cobra.Command {
	var reason string
	cmd := &cobra.Command{
		Use:   "reset WHO",
		Short: "Take a password and second factor away, and print the secret that lets the person in again",
		Long: `Reset ends a person's sessions and takes their password and second factor away. It prints a secret,
this once, with which they set a new password by drawbridge join within seven days. It is also the
second invitation of somebody who missed the first. Their tokens stay: revoke those that are lost.

` + proofHelp,
		Example: "  drawbridge people reset ann@example.com --reason 'lost her phone' > invitation",
		Args:    cobra.ExactArgs(1),
	}
	because(cmd, &reason)
	return question[client.Reset]{
		proof: true, check: needReason(&reason),
		ask: func(ctx context.Context, c *client.Client, args []string) (client.Reset, error) {
			p, err := personOf(ctx, c, args[0])
			if err != nil {
				return client.Reset{}, err
			}
			out, err := c.ResetCredential(ctx, client.Because{ByID: client.ByID{ID: string(p.ID)}, Reason: reason})
			if err == nil {
				fmt.Fprintf(env.Stderr, "%s cannot sign in until they set a password. The secret works once, within seven days; they run\n\n  drawbridge join --server %s\n\n", line(p.Email), c.URL())
			}
			return out, err
		},
		tell: saying("%s", func(r client.Reset) []any { return []any{r.Secret.Reveal()} }),
	}.on(env, cmd)
}

func newPeopleErase(env *Env) *cobra.Command {
	var reason string
	cmd := &cobra.Command{
		Use: "erase WHO", Short: "Erase what is personal of a person, for good", Args: cobra.ExactArgs(1),
		Long: `Erase removes a person's name, address, password and tokens, and the details of the ledger's entries
about them. It cannot be taken back. The identifier stays, so that what they did still has somebody
who did it, and the ledger still verifies. Who owns integrations cannot be erased before somebody
else does: see drawbridge integration assign. A legal hold keeps a person from being erased.`,
		Example: "  drawbridge people erase ann@example.com --reason 'asked for it on 2026-11-20'",
	}
	because(cmd, &reason)
	return onPerson(env, cmd, needReason(&reason), func(ctx context.Context, c *client.Client, p drawbridge.Person, _ []string) (drawbridge.Person, error) {
		return c.Erase(ctx, client.Because{ByID: client.ByID{ID: string(p.ID)}, Reason: reason})
	})
}

func newPeopleSessions(env *Env) *cobra.Command {
	return sessionsOf(env, &cobra.Command{
		Use: "sessions WHO", Short: "List where a person is signed in", Args: cobra.ExactArgs(1),
		Example: "  drawbridge people sessions ann@example.com",
	}, func(ctx context.Context, c *client.Client, args []string) (drawbridge.PersonID, error) {
		p, err := personOf(ctx, c, args[0])
		return p.ID, err
	})
}

func newPeopleSignout(env *Env) *cobra.Command {
	return question[drawbridge.Person]{
		ask: func(ctx context.Context, c *client.Client, args []string) (drawbridge.Person, error) {
			p, err := personOf(ctx, c, args[0])
			if err != nil {
				return p, err
			}
			return p, c.RevokeSessions(ctx, p.ID)
		},
		tell: saying("%s is signed out everywhere; their tokens still work", func(p drawbridge.Person) []any { return []any{line(p.Email)} }),
	}.on(env, &cobra.Command{
		Use: "signout WHO", Short: "End every session of a person", Args: cobra.ExactArgs(1),
		Long:    "Signout ends every session of a person. Tokens are ended by drawbridge token revoke, or all of them by people disable.",
		Example: "  drawbridge people signout ann@example.com",
	})
}
