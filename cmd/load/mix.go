package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"drawbridge"
	"drawbridge/internal/client"
	"drawbridge/internal/manifest"
)

// op is one kind of thing that people do.
type op struct {
	name   string
	weight int // of all weights that the person's roles allow
	write  bool
	may    []drawbridge.Role // nil for everybody
	do     func(context.Context, *person, *samples) error
}

var (
	owners  = []drawbridge.Role{drawbridge.Requester, drawbridge.ProgrammeOwner}
	keepers = []drawbridge.Role{drawbridge.ProgrammeOwner, drawbridge.ReviewerLegal}
	judges  = []drawbridge.Role{drawbridge.Requester, drawbridge.ProgrammeOwner, drawbridge.ReviewerSecurity, drawbridge.ReviewerPrivacy, drawbridge.Tester, drawbridge.Operator}
)

// mix is what people do, and how often. What one needs to read first, like the
// files before a push, is a request of its own and counted as such.
var mix = []op{
	{"list integrations", 18, false, nil, list},
	{"read an integration", 14, false, nil, read},
	{"findings of the portfolio", 10, false, nil, portfolio},
	{"findings of an integration", 8, false, nil, findings},
	{"document of an assessment", 8, false, nil, document},
	{"ask the gate", 6, false, nil, gate},
	{"history of an integration", 6, false, nil, history},
	{"list revisions", 4, false, nil, revisions},
	{"list partners", 4, false, nil, partners},
	{"read the inbox", 6, false, nil, inbox},
	{"who am I", 2, false, nil, me},
	{"push a revision", 5, true, owners, push},
	{"assess again", 2, true, judges, assess},
	{"assign an integration", 2, true, owners, assign},
	{"change a partner", 3, true, keepers, changePartner},
	{"make a token", 1, true, nil, token},
}

// errCounted says that a failure stands in the samples already, and errNothing
// that somebody sees nothing to work on.
var (
	errCounted = errors.New("counted")
	errNothing = errors.New("no integration is to be seen")
)

func has(roles, may []drawbridge.Role) bool {
	return slices.ContainsFunc(roles, func(r drawbridge.Role) bool { return slices.Contains(may, r) })
}

// timed runs one request and notes how long it took.
func timed[T any](p *person, s *samples, name string, write bool, call func() (T, error)) (T, error) {
	start := p.opt.Now()
	out, err := call()
	s.add(name, write, p.opt.Now().Sub(start), err)
	if err != nil {
		err = errCounted
	}
	return out, err
}

func list(ctx context.Context, p *person, s *samples) error {
	f := client.IntegrationFilter{Order: []string{"id", "name", "risk"}[p.rand.IntN(3)]}
	switch p.rand.IntN(5) {
	case 0:
		f.Tier = []drawbridge.Tier{drawbridge.TierHigh, drawbridge.TierCritical}[p.rand.IntN(2)]
	case 1:
		f.Text = []string{"pay", "mail", "vault", "zz"}[p.rand.IntN(4)]
	case 2:
		f.Outcome = drawbridge.NoGo
	}
	for range 1 + p.rand.IntN(2) { // now and then the next page too
		page, err := timed(p, s, "list integrations", false, func() (client.List[drawbridge.Integration], error) { return p.Integrations(ctx, f) })
		if err != nil {
			return err
		}
		if len(page.Items) > 0 {
			p.known = page.Items
		}
		if f.Cursor = page.Next; f.Cursor == "" {
			break
		}
	}
	return nil
}

func read(ctx context.Context, p *person, s *samples) error {
	_, err := fresh(ctx, p, s)
	return err
}

// fresh reads an integration as it is now.
func fresh(ctx context.Context, p *person, s *samples) (drawbridge.Integration, error) {
	in, err := p.some(ctx, s)
	if err != nil {
		return in, ignoreNothing(err)
	}
	return timed(p, s, "read an integration", false, func() (drawbridge.Integration, error) { return p.Integration(ctx, in.ID) })
}

// ignoreNothing lets somebody go who has nothing to work on.
func ignoreNothing(err error) error {
	if errors.Is(err, errNothing) {
		return errCounted
	}
	return err
}

func portfolio(ctx context.Context, p *person, s *samples) error {
	f := client.FindingFilter{Severity: []drawbridge.Severity{"", drawbridge.High, drawbridge.Critical}[p.rand.IntN(3)]}
	for range 1 + p.rand.IntN(3) {
		page, err := timed(p, s, "findings of the portfolio", false, func() (client.List[drawbridge.Finding], error) { return p.Findings(ctx, f) })
		if err != nil {
			return err
		}
		if f.Cursor = page.Next; f.Cursor == "" {
			break
		}
	}
	return nil
}

func findings(ctx context.Context, p *person, s *samples) error {
	in, err := p.some(ctx, s)
	if err != nil {
		return ignoreNothing(err)
	}
	_, err = timed(p, s, "findings of an integration", false, func() (client.List[drawbridge.Finding], error) {
		return p.Findings(ctx, client.FindingFilter{Integration: in.ID})
	})
	return err
}

func document(ctx context.Context, p *person, s *samples) error {
	in, err := p.some(ctx, s)
	if err != nil {
		return ignoreNothing(err)
	}
	_, err = timed(p, s, "document of an assessment", false, func() (struct{}, error) {
		return struct{}{}, p.Document(ctx, client.ByAssessment{ByID: client.ByID{ID: string(in.ID)}, Assessment: "latest"}, io.Discard)
	})
	return err
}

func gate(ctx context.Context, p *person, s *samples) error {
	in, err := p.some(ctx, s)
	if err != nil {
		return ignoreNothing(err)
	}
	head, err := timed(p, s, "read a revision", false, func() (drawbridge.Revision, error) {
		return p.Revision(ctx, client.ByRevision{ByID: client.ByID{ID: string(in.ID)}, Revision: "head"})
	})
	if err != nil {
		return err
	}
	_, err = timed(p, s, "ask the gate", false, func() (client.GateAnswer, error) {
		return p.Gate(ctx, client.GateQuestion{Key: client.Key{Slug: in.Slug, Environment: in.Environment}, Digest: head.Content})
	})
	return err
}

func history(ctx context.Context, p *person, s *samples) error {
	in, err := p.some(ctx, s)
	if err != nil {
		return ignoreNothing(err)
	}
	_, err = timed(p, s, "history of an integration", false, func() (client.List[client.HistoryEntry], error) {
		return p.History(ctx, client.HistoryOf{Kind: "integration", ID: string(in.ID)})
	})
	return err
}

func revisions(ctx context.Context, p *person, s *samples) error {
	in, err := p.some(ctx, s)
	if err != nil {
		return ignoreNothing(err)
	}
	_, err = timed(p, s, "list revisions", false, func() (client.List[drawbridge.Revision], error) {
		return p.Revisions(ctx, client.ListOf{ByID: client.ByID{ID: string(in.ID)}})
	})
	return err
}

func partners(ctx context.Context, p *person, s *samples) error {
	_, err := timed(p, s, "list partners", false, func() (client.List[drawbridge.Partner], error) { return p.Partners(ctx, client.Page{}) })
	return err
}

func inbox(ctx context.Context, p *person, s *samples) error {
	_, err := timed(p, s, "read the inbox", false, func() (client.List[client.Message], error) { return p.Inbox(ctx, client.InboxFilter{}) })
	return err
}

func me(ctx context.Context, p *person, s *samples) error {
	_, err := timed(p, s, "who am I", false, func() (client.Me, error) { return p.Me(ctx) })
	return err
}

// push takes the head, changes its name, and pushes it back.
func push(ctx context.Context, p *person, s *samples) error {
	in, err := p.some(ctx, s)
	if err != nil {
		return ignoreNothing(err)
	}
	had, err := timed(p, s, "pull a revision", false, func() (client.Pulled, error) {
		return p.Pull(ctx, client.ByRevision{ByID: client.ByID{ID: string(in.ID)}, Revision: "head"})
	})
	if err != nil {
		return err
	}
	doc, err := manifest.Parse(had.Main, had.Files[had.Main])
	if err != nil {
		return err
	}
	doc.Integration.Name = fmt.Sprintf("%.60s, change %d", had.Integration.Name, had.Revision.Number)
	if had.Files[had.Main], err = manifest.Encode(doc.Integration); err != nil {
		return err
	}
	_, err = timed(p, s, "push a revision", true, func() (client.Pushed, error) {
		out, _, err := p.Push(ctx, client.Push{Main: had.Main, Base: had.Revision.ID, Reason: "a load is measured", Files: had.Files})
		return out, err
	})
	return err
}

func assess(ctx context.Context, p *person, s *samples) error {
	in, err := p.some(ctx, s)
	if err != nil {
		return ignoreNothing(err)
	}
	_, err = timed(p, s, "assess again", true, func() (client.Assessed, error) { return p.Assess(ctx, in.ID) })
	return err
}

func assign(ctx context.Context, p *person, s *samples) error {
	in, err := fresh(ctx, p, s)
	if err != nil {
		return err
	}
	_, err = timed(p, s, "assign an integration", true, func() (client.Assigned, error) {
		return p.Assign(ctx, in.Version, client.Assign{ByID: client.ByID{ID: string(in.ID)}, Members: &[]drawbridge.PersonID{in.Owner}, Reason: "a load is measured"})
	})
	return err
}

func changePartner(ctx context.Context, p *person, s *samples) error {
	in, err := p.some(ctx, s)
	if err != nil {
		return ignoreNothing(err)
	}
	had, err := timed(p, s, "read a partner", false, func() (drawbridge.Partner, error) { return p.Partner(ctx, in.Partner) })
	if err != nil {
		return err
	}
	_, err = timed(p, s, "change a partner", true, func() (drawbridge.Partner, error) {
		edit := client.PartnerEdit{Name: had.Name, Country: had.Country, Website: had.Website, Owner: had.Owner, Reason: "a load is measured"}
		return p.UpdatePartner(ctx, had.Version, client.UpdatePartner{ByID: client.ByID{ID: string(had.ID)}, PartnerEdit: edit})
	})
	return err
}

// maxOwnTokens is below what one person may have.
const maxOwnTokens = 90

// token makes a token, after a fresh proof where the last one is old.
func token(ctx context.Context, p *person, s *samples) error {
	if p.opt.Now().Sub(p.proved) > 9*time.Minute {
		in, err := timed(p, s, "prove who I am", true, func() (client.SignedIn, error) {
			return p.Prove(ctx, client.Proof{Password: client.Hide(p.who.Password)})
		})
		if err != nil {
			return err
		}
		if err := p.use(in.Secret); err != nil {
			return err
		}
	}
	if p.tokens++; p.tokens > maxOwnTokens {
		return nil
	}
	_, err := timed(p, s, "make a token", true, func() (client.Issued, error) {
		return p.CreateToken(ctx, client.NewToken{Name: fmt.Sprintf("load %d", p.tokens)})
	})
	return err
}
