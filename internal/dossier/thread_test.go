package dossier_test

import (
	"testing"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/dossier"
	"drawbridge/internal/register"
	"drawbridge/internal/store"
	"drawbridge/internal/testkit"
	"drawbridge/internal/testkit/world"
)

func (r *rig) open(actor access.Actor, n dossier.NewThread) drawbridge.Thread {
	r.t.Helper()
	if n.Title, n.Text = "why", "Why is this so?"; n.Kind == "" {
		n.Kind, n.Object = "flow", "charge"
	}
	out, err := r.Open(r.t.Context(), actor, n)
	if err != nil {
		r.t.Fatal(err)
	}
	return out
}

func TestThreads(t *testing.T) {
	t.Parallel()
	testkit.Databases(t, func(t *testing.T, url string) {
		r := open(t, url)
		ctx := t.Context()
		partner, q := r.link(r.in)
		stranger, _ := r.link(r.other)
		inner := r.open(r.bob, dossier.NewThread{Integration: r.in.ID, Blocks: true, Mentions: []drawbridge.PersonID{r.carol.Person}})
		shared := r.open(r.bob, dossier.NewThread{Inquiry: q.ID, Kind: "question", Object: "mfa", Shared: true})
		r.Look(r.t, func(tx *store.Tx) error {
			list, err := dossier.Blocking(tx, r.in.ID)
			if len(list) != 1 || list[0].ID != inner.ID {
				t.Errorf("blocking = %v %v, want the one", list, err)
			}
			for who, kind := range map[drawbridge.PersonID]string{r.carol.Person: "thread.mentioned", r.ann.Person: "thread.opened"} {
				list, err := tx.MessagesBefore(who, store.MessageFilter{}, "", 10)
				if err != nil || len(list) == 0 || list[len(list)-1].Kind != kind {
					t.Errorf("%s was told %v %v, want %s", who, list, err, kind)
				}
			}
			return nil
		})
		if _, err := r.Reply(ctx, partner, shared.ID, dossier.NewComment{Text: "Since May."}); err != nil {
			t.Errorf("the partner replies: %v", err)
		}
		for name, err := range map[string]error{
			"the partner reads what is not shared":  second(r.Thread(ctx, partner, inner.ID, nil, 0)),
			"another partner reads":                 second(r.Thread(ctx, stranger, shared.ID, nil, 0)),
			"another requester replies":             second(r.Reply(ctx, r.mallory, inner.ID, dossier.NewComment{Text: "x"})),
			"another requester opens":               second(r.Open(ctx, r.mallory, dossier.NewThread{Integration: r.in.ID, Kind: "flow", Object: "x", Title: "x", Text: "x"})),
			"the partner opens about the inside":    second(r.Open(ctx, partner, dossier.NewThread{Kind: "integration", Object: string(r.in.ID), Title: "x", Text: "x"})),
			"a question of somebody else's inquiry": second(r.Open(ctx, stranger, dossier.NewThread{Integration: r.in.ID, Kind: "question", Object: "x", Title: "x", Text: "x"})),
		} {
			if k := drawbridge.KindOf(err); k != drawbridge.NotFound && k != drawbridge.Invalid {
				t.Errorf("%s: %v, want not_found", name, err)
			}
		}
		page, err := r.Threads(ctx, partner, dossier.ThreadFilter{}, nil, 0)
		if err != nil || len(page.Items) != 1 || page.Items[0].ID != shared.ID {
			t.Errorf("the partner lists %v %v, want what is shared alone", page.Items, err)
		}
		talk, err := r.Thread(ctx, r.ann, shared.ID, nil, 0)
		if err != nil || len(talk.Comments.Items) != 2 || talk.Comments.Items[1].Author != partner.ID {
			t.Errorf("talk = %+v %v", talk, err)
		}

		_, err = r.Resolve(ctx, r.ann, inner.ID, dossier.Change{Version: inner.Version, Reason: "no matter"})
		world.WantKind(t, "the requester resolves what blocks", err, drawbridge.Denied)
		if inner, err = r.Resolve(ctx, r.carol, inner.ID, dossier.Change{Version: inner.Version, Reason: "settled"}); err != nil || inner.ResolvedBy != r.carol.ID {
			t.Errorf("resolved = %+v %v", inner, err)
		}
		_, err = r.Reply(ctx, r.ann, inner.ID, dossier.NewComment{Text: "late"})
		world.WantKind(t, "reply to what was resolved", err, drawbridge.Conflict)
		r.Look(r.t, func(tx *store.Tx) error {
			if list, err := dossier.Blocking(tx, r.in.ID); err != nil || len(list) != 0 {
				t.Errorf("still blocking: %v %v", list, err)
			}
			return nil
		})
	})
}

func second[T any](_ T, err error) error { return err }

// TestDossier shows everything on file, to whom it may be shown.
func TestDossier(t *testing.T) {
	t.Parallel()
	testkit.Databases(t, func(t *testing.T, url string) {
		r := open(t, url)
		ctx := t.Context()
		e := r.accept(r.bob, r.offer(r.ann, dossier.Offer{Integration: r.in.ID}), "2026-12-01")
		whole := r.offer(r.dave, dossier.Offer{Partner: r.in.Partner, Kind: "soc2"})
		r.open(r.bob, dossier.NewThread{Integration: r.in.ID, Blocks: true})
		r.Write(r.t, func(tx *store.Tx) error {
			return tx.Conditions().Add(&drawbridge.Condition{ID: "cnd_1", Integration: r.in.ID, State: "open", Due: "2026-11-01", Before: true})
		})
		r.Pass(30 * day)
		d, err := r.Dossier(ctx, r.bob, register.ByID(r.in.ID))
		if err != nil {
			t.Fatal(err)
		}
		if len(d.Evidence.Items) != 2 || d.Evidence.Items[0].ID != e.ID || d.Evidence.Items[0].Counts || d.Evidence.Items[1].ID != whole.ID || d.Evidence.Total != 2 {
			t.Errorf("evidence = %+v, want both, and that the first is over", d.Evidence)
		}
		if d.Threads.Total != 1 || !d.Threads.Items[0].Blocks || d.Conditions.Total != 1 || !d.Conditions.Items[0].Overdue || !d.Conditions.Items[0].Before {
			t.Errorf("threads = %+v, conditions = %+v", d.Threads, d.Conditions)
		}
		if d.Revision == nil || d.Assessment == nil || d.Partner.ID != r.in.Partner || len(d.Data.Items) == 0 || len(d.Controls.Items) == 0 || len(d.Withheld) != 0 {
			t.Errorf("dossier = revision %v, %d kinds of data, %d controls, withheld %v", d.Revision, len(d.Data.Items), len(d.Controls.Items), d.Withheld)
		}
		mine, err := r.Dossier(ctx, r.ann, register.ByKey("pay", "production"))
		if err != nil || len(mine.Evidence.Items) != 1 || len(mine.Withheld) == 0 {
			t.Errorf("the requester's dossier = %d documents, withheld %v, %v", len(mine.Evidence.Items), mine.Withheld, err)
		}
		_, err = r.Dossier(ctx, r.mallory, register.ByID(r.in.ID))
		world.WantKind(t, "another requester's dossier", err, drawbridge.NotFound)
		p, err := r.PartnerDossier(ctx, r.mallory, r.in.Partner)
		if err != nil || len(p.Integrations.Items) != 1 || p.Integrations.Items[0].ID != r.other.ID || len(p.Evidence.Items) != 0 {
			t.Errorf("another requester sees of the partner %+v %v", p, err)
		}

		h, err := r.History(ctx, r.ann, "evidence", string(e.ID), nil, 0)
		if err != nil || len(h.Items) != 2 || h.Items[0].Reason != "read" || h.Items[0].Actor != r.bob.ID || h.Items[0].Changes[0].New["state"] != "accepted" || h.Items[0].Changes[0].Old["state"] != "offered" {
			t.Errorf("history = %+v %v, want who accepted it and why", h.Items, err)
		}
		_, err = r.History(ctx, r.mallory, "evidence", string(e.ID), nil, 0)
		world.WantKind(t, "history of another's document", err, drawbridge.NotFound)
		_, err = r.History(ctx, r.ann, "evidence", string(whole.ID), nil, 0)
		world.WantKind(t, "history of the partner's document", err, drawbridge.NotFound)
	})
}
