package dossier_test

import (
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/action"
	"drawbridge/internal/dossier"
	"drawbridge/internal/manifest"
	"drawbridge/internal/policy"
	"drawbridge/internal/register"
	"drawbridge/internal/seal"
	"drawbridge/internal/store"
)

var start = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

const day = 24 * time.Hour

// rig is a desk over a record of its own, with a clock that each act moves on.
type rig struct {
	*dossier.Desk
	t      *testing.T
	door   *action.Door
	record *register.Desk
	clock  atomic.Int64

	ann, bob, carol, dave, mallory access.Actor
	in, other                      drawbridge.Integration
}

func (r *rig) now() time.Time {
	return start.Add(time.Duration(r.clock.Add(int64(2 * time.Millisecond))))
}

func (r *rig) pass(d time.Duration) { r.clock.Add(int64(d)) }

func open(t *testing.T, url string) *rig {
	t.Helper()
	dir := t.TempDir()
	keys, err := seal.EnsureKeyring(filepath.Join(dir, "keys"), "drawbridge.test/log", start)
	if err != nil {
		t.Fatal(err)
	}
	s, err := store.Open(t.Context(), store.Options{Dir: dir, Database: url})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	ws, err := policy.OpenWorkspace(dir)
	if err != nil {
		t.Fatal(err)
	}
	r := &rig{t: t}
	r.door = action.New(action.Options{Store: s, Keys: keys, Now: r.now})
	r.record = register.New(r.door, register.Options{Workspace: func() *policy.Workspace { return ws }, Version: "test"})
	r.Desk = dossier.New(r.door, dossier.Options{Register: r.record, MaxFile: 1 << 20})
	r.ann = r.person("ann", drawbridge.Requester)
	r.bob = r.person("bob", drawbridge.ReviewerSecurity)
	r.carol = r.person("carol", drawbridge.ReviewerPrivacy)
	r.dave = r.person("dave", drawbridge.ProgrammeOwner)
	r.mallory = r.person("mallory", drawbridge.Requester)
	r.in, r.other = r.push(r.ann, "pay"), r.push(r.mallory, "refund")
	return r
}

func (r *rig) act(fn func(*store.Tx) error) {
	r.t.Helper()
	_, _, err := action.Do(r.t.Context(), r.door, action.Act{Actor: access.System("setup"), Action: access.Seed, Object: access.Object{Kind: "try"}},
		func(tx *store.Tx) (int, error) { return 0, fn(tx) })
	if err != nil {
		r.t.Fatal(err)
	}
}

func (r *rig) view(fn func(*store.Tx) error) {
	r.t.Helper()
	if err := r.door.Store().View(r.t.Context(), fn); err != nil {
		r.t.Fatal(err)
	}
}

func (r *rig) person(name string, roles ...drawbridge.Role) access.Actor {
	r.t.Helper()
	p := drawbridge.Person{ID: drawbridge.PersonID(drawbridge.NewID("per", r.now())), Email: name + "@drawbridge.example", Name: name, Roles: roles}
	r.act(func(tx *store.Tx) error { return tx.AddPerson(&p) })
	return access.Actor{ID: string(p.ID), Person: p.ID, Roles: roles, Via: "api", Proved: start}
}

func (r *rig) push(actor access.Actor, slug string) drawbridge.Integration {
	r.t.Helper()
	main, files, err := manifest.ReadFiles("../../examples/acme-payments/integration.yaml")
	if err != nil {
		r.t.Fatal(err)
	}
	files[main] = []byte(strings.Replace(string(files[main]), "id: acme-payments", "id: "+slug, 1))
	out, err := r.record.Push(r.t.Context(), actor, register.Push{Main: main, Files: files})
	if err != nil {
		r.t.Fatal(err)
	}
	return out.Integration
}

// link is a partner's link to an inquiry about an integration.
func (r *rig) link(in drawbridge.Integration) (access.Actor, drawbridge.Inquiry) {
	r.t.Helper()
	now := r.now()
	q := drawbridge.Inquiry{
		ID: drawbridge.InquiryID(drawbridge.NewID("inq", now)), Integration: in.ID, Partner: in.Partner, Audience: "partner", State: "open",
		SentBy: r.bob.Person, SentAt: now, UpdatedAt: now,
	}
	l := drawbridge.Link{ID: drawbridge.LinkID(drawbridge.NewID("lnk", now)), Inquiry: q.ID, Partner: in.Partner, Hash: string(q.ID), CreatedBy: "per_x", ExpiresAt: now.Add(30 * day), CreatedAt: now}
	r.act(func(tx *store.Tx) error {
		if err := tx.Inquiries().Add(&q); err != nil {
			return err
		}
		return tx.Links().Add(&l)
	})
	return access.Actor{ID: string(l.ID), Roles: []drawbridge.Role{drawbridge.PartnerContact}, Inquiry: q.ID, Via: "web"}, q
}

const report = "%PDF-1.7\nreport\n%%EOF\n"

func (r *rig) offer(actor access.Actor, o dossier.Offer) drawbridge.Evidence {
	r.t.Helper()
	if o.Kind == "" {
		o.Kind = "pentest"
	}
	if o.Content == nil {
		o.Content = strings.NewReader(report)
	}
	if o.Name == "" {
		o.Name = "report.pdf"
	}
	e, err := r.Offer(r.t.Context(), actor, o)
	if err != nil {
		r.t.Fatal(err)
	}
	return e
}

func (r *rig) accept(actor access.Actor, e drawbridge.Evidence, until drawbridge.Date) drawbridge.Evidence {
	r.t.Helper()
	out, err := r.Accept(r.t.Context(), actor, e.ID, dossier.Acceptance{
		Change: dossier.Change{Version: e.Version, Reason: "read"}, Known: drawbridge.KnownDocument, Expires: until,
	})
	if err != nil {
		r.t.Fatal(err)
	}
	return out
}

// accepted are the documents that count for an integration now.
func (r *rig) accepted(in drawbridge.Integration) []drawbridge.EvidenceID {
	r.t.Helper()
	out := []drawbridge.EvidenceID{}
	r.view(func(tx *store.Tx) error {
		list, err := dossier.Accepted(tx, &in, r.now())
		for _, e := range list {
			out = append(out, e.ID)
		}
		return err
	})
	return out
}

func wantKind(t *testing.T, what string, err error, want drawbridge.Kind) {
	t.Helper()
	if err == nil || drawbridge.KindOf(err) != want {
		t.Errorf("%s = %v, want an error of kind %s", what, err, want)
	}
}
