package review

import (
	"cmp"
	"context"
	"slices"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/store"
)

// Waiting is a review that waits for somebody, and why.
type Waiting struct {
	Review drawbridge.Review `json:"review"`
	Name   string            `json:"name"` // of the integration
	Do     string            `json:"do"`   // what is asked, in words
}

// maxMine bounds how many open reviews are looked at for one person.
const maxMine = 500

// Mine lists what waits for the actor, most dangerous first: the highest tier, then
// what is due first.
func (d *Desk) Mine(ctx context.Context, actor access.Actor) ([]Waiting, error) {
	out := []Waiting{}
	err := d.door.List(ctx, actor, access.ReviewRead, func(tx *store.Tx, scope access.Scope) error {
		list, _, err := tx.ReviewsOf(store.ReviewList{Scope: scope, Danger: true, Limit: maxMine})
		if err != nil || len(list) == 0 {
			return err
		}
		mine, err := signedBy(tx, list, actor.Person)
		if err != nil {
			return err
		}
		for _, r := range list {
			if do := asks(actor, &r, mine[r.ID]); do != "" {
				out = append(out, Waiting{Review: r, Do: do})
			}
		}
		return named(tx, out)
	})
	slices.SortStableFunc(out, func(a, b Waiting) int {
		return cmp.Or(danger(b.Review.Tier)-danger(a.Review.Tier), cmp.Compare(due(a.Review), due(b.Review)))
	})
	return out, err
}

// named gives each of a list the name of its integration.
func named(tx *store.Tx, list []Waiting) error {
	ids := make([]string, len(list))
	for i := range list {
		ids[i] = string(list[i].Review.Integration)
	}
	found, err := tx.IntegrationShelf().Find(store.Query{In: map[string][]string{"id": ids}, Limit: len(ids)})
	names := map[drawbridge.IntegrationID]string{}
	for i := range found {
		names[found[i].ID] = found[i].Name
	}
	for i := range list {
		list[i].Name = names[list[i].Review.Integration]
	}
	return err
}

// danger ranks a tier; one that nobody set yet counts as the highest.
func danger(t drawbridge.Tier) int {
	if i := slices.Index(drawbridge.Tiers(), t); i >= 0 {
		return i
	}
	return len(drawbridge.Tiers())
}

func due(r drawbridge.Review) drawbridge.Date { return cmp.Or(r.Due, "9999-12-31") }

// signedBy lists in which of the reviews a person signed the head.
func signedBy(tx *store.Tx, list []drawbridge.Review, person drawbridge.PersonID) (map[drawbridge.ReviewID]bool, error) {
	var ids []string
	heads := map[drawbridge.ReviewID]drawbridge.RevisionID{}
	for _, r := range list {
		ids = append(ids, string(r.ID))
		heads[r.ID] = r.Revision
	}
	found, err := tx.Signoffs().Find(store.Query{
		Equal: map[string]any{"person": string(person), "withdrawn_at": ""}, In: map[string][]string{"review": ids}, Limit: 10_000,
	})
	out := map[drawbridge.ReviewID]bool{}
	for _, s := range found {
		out[s.Review] = out[s.Review] || s.Revision == heads[s.Review]
	}
	return out, err
}

// asks is what a review wants of a person, or "".
func asks(a access.Actor, r *drawbridge.Review, signed bool) string {
	switch {
	case r.State == drawbridge.Draft && r.Requester == a.Person:
		return "complete the request and submit it"
	case r.State == drawbridge.Submitted && a.Has(drawbridge.ProgrammeOwner):
		return "triage it"
	case r.State == drawbridge.Triaged && a.Has(drawbridge.ProgrammeOwner):
		return "start it"
	}
	if r.Requester == a.Person || r.State != drawbridge.InReview && r.State != drawbridge.Ready {
		return ""
	}
	for _, role := range r.Roles {
		if !signed && a.Has(role.Reviewer()) {
			return "review it for " + string(role) + ", and sign"
		}
	}
	if r.State == drawbridge.Ready && a.Has(drawbridge.Approver) {
		return "decide on it"
	}
	return ""
}
