package review_test

import (
	"cmp"
	"fmt"
	"slices"
	"testing"
	"time"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/approval"
	"drawbridge/internal/register"
	"drawbridge/internal/review"
	"drawbridge/internal/store"
	"drawbridge/internal/testkit"
	"drawbridge/internal/testkit/world"
)

// compared lets the queue's worker compare, and holds what it keeps to what is so.
func (r *rig) compared(tb testing.TB, id drawbridge.IntegrationID) {
	tb.Helper()
	if err := r.Compare(tb.Context(), access.System("review"), id); err != nil {
		tb.Fatal(err)
	}
	s := r.status(tb, id)
	want := map[bool]string{true: "stale", false: "fresh"}[s.Stale]
	r.Look(tb, func(tx *store.Tx) error {
		kept, err := tx.Standings().Get(string(id))
		if err != nil {
			return err
		}
		in, err := tx.Integration(id)
		if err == nil && (kept.Freshness != want || kept.Compared != in.Head || (kept.Danger > 0) != (s.OpenReview != nil)) {
			tb.Fatalf("kept %q for %s with danger %d, want %q for %s, open review %v", kept.Freshness, kept.Compared, kept.Danger, want, in.Head, s.OpenReview)
		}
		return err
	})
}

// queue writes an open review of each tier and risk, all of one partner's, oldest first.
func (r *rig) queue(tb testing.TB) []drawbridge.Review {
	tb.Helper()
	var out []drawbridge.Review
	for i, danger := range []int64{2010, 5000, 2010, 1090, 4000, 2010, 3003} {
		at := world.Start().Add(time.Duration(i) * time.Minute)
		v := drawbridge.Review{
			ID: drawbridge.ReviewID(drawbridge.NewID("rvw", at)), Integration: drawbridge.IntegrationID(fmt.Sprint("int_", i)), Partner: "acme", Number: 1,
			State: drawbridge.InReview, Requester: r.people["ann"].Person, Revision: "rev_1", Roles: []drawbridge.Discipline{security}, OpenedAt: at,
		}
		if i%2 == 0 {
			v.State, v.Requester = drawbridge.Ready, r.people["eve"].Person
		}
		r.Write(tb, func(tx *store.Tx) error {
			if err := tx.Reviews().Add(&v); err != nil {
				return err
			}
			return tx.Standings().Add(&drawbridge.Standing{ID: v.Integration, Partner: v.Partner, Review: v.ID, Danger: danger})
		})
		out = append(out, v)
	}
	r.Write(tb, func(tx *store.Tx) error {
		if err := tx.Signoffs().Add(&drawbridge.Signoff{ID: "sig_1", Review: out[1].ID, Role: security, Person: r.people["sec"].Person, Approve: true, Revision: "rev_1"}); err != nil {
			return err
		}
		return tx.Threads().Add(&drawbridge.Thread{ID: "thr_1", Integration: out[2].Integration, Kind: "flow", Title: "why", Blocks: true})
	})
	return out
}

func TestQueue(t *testing.T) {
	t.Parallel()
	testkit.Databases(t, func(t *testing.T, url string) {
		r := open(t, url)
		all := r.queue(t)
		list := func(f review.Filter, size int) []int {
			t.Helper()
			var out []int
			for after := (*register.Cursor)(nil); ; {
				page, err := r.Reviews(t.Context(), r.as("prog"), f, after, size)
				if err != nil {
					t.Fatal(err)
				}
				for _, v := range page.Items {
					out = append(out, slices.IndexFunc(all, func(x drawbridge.Review) bool { return x.ID == v.ID }))
				}
				if after = page.Next; after == nil {
					return out
				}
			}
		}
		tests := map[string]struct {
			filter review.Filter
			want   []int
		}{
			"danger":              {review.Filter{Order: "danger"}, []int{1, 4, 6, 0, 2, 5, 3}},
			"newest":              {review.Filter{}, []int{6, 5, 4, 3, 2, 1, 0}},
			"state":               {review.Filter{State: drawbridge.Ready, Order: "danger"}, []int{4, 6, 0, 2}},
			"who asked":           {review.Filter{Owner: r.people["eve"].Person}, []int{6, 4, 2, 0}},
			"who signed":          {review.Filter{Reviewer: r.people["sec"].Person}, []int{1}},
			"waits on a reviewer": {review.Filter{Waiting: "reviewer_security", Order: "danger"}, []int{4, 6, 0, 2, 5, 3}},
			"waits on another":    {review.Filter{Waiting: "reviewer_legal"}, nil},
			"waits on approvers":  {review.Filter{Waiting: drawbridge.Approver}, []int{6, 4, 2, 0}},
			"waits on the triage": {review.Filter{Waiting: drawbridge.ProgrammeOwner}, nil},
			"blocked":             {review.Filter{Blocked: true, Order: "danger"}, []int{2}},
			"another partner":     {review.Filter{Partner: "other"}, nil},
		}
		for name, tt := range tests {
			for _, size := range []int{1, 2, 3, 50} {
				if got := list(tt.filter, size); !slices.Equal(got, tt.want) {
					t.Errorf("%s by %d = %v, want %v", name, size, got, tt.want)
				}
			}
		}
		for _, f := range []review.Filter{{Order: "luck"}, {Waiting: drawbridge.Auditor}} {
			_, err := r.Reviews(t.Context(), r.as("prog"), f, nil, 1)
			world.WantKind(t, fmt.Sprintf("list by %+v", f), err, drawbridge.Invalid)
		}
		if page, err := r.Reviews(t.Context(), r.as("eve"), review.Filter{Order: "danger"}, nil, 50); err != nil || len(page.Items) != 0 {
			t.Errorf("reviews of integrations that are not hers = %v %v", page.Items, err)
		}
		mine, err := r.Mine(t.Context(), r.as("sec2"))
		if err != nil || len(mine) != len(all) || !slices.IsSortedFunc(mine, func(a, b review.Waiting) int { return cmp.Compare(b.Review.Tier, a.Review.Tier) }) {
			t.Errorf("what waits for a reviewer = %v %v", mine, err)
		}
	})
}

func TestGateOfWhatIsOutOfUse(t *testing.T) {
	t.Parallel()
	r := open(t, "")
	p, d := r.approved(t)
	for state, want := range map[drawbridge.IntegrationState]approval.Status{
		drawbridge.Proposed: approval.Approved, drawbridge.Live: approval.Approved, drawbridge.Suspended: approval.Suspended,
		drawbridge.Exiting: approval.Exiting, drawbridge.Retired: approval.Retired,
	} {
		r.Write(t, func(tx *store.Tx) error {
			in, err := tx.Integration(p.Integration.ID)
			if err != nil {
				return err
			}
			in.State = state
			return tx.SetIntegration(in)
		})
		g, err := r.Gate(t.Context(), r.as("ann"), register.ByID(p.Integration.ID), d.Content)
		if err != nil || g.Answer.Status != want || g.Answer.Decision != d.ID || len(g.Answer.Reasons) != 1 {
			t.Errorf("gate of what is %s = %+v %v, want %s with one reason", state, g.Answer, err, want)
		}
	}
}
