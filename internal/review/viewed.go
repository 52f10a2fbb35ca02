package review

import (
	"context"
	"regexp"
	"time"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/store"
)

// Items is what there is to look at in a review, for one person.
type Items struct {
	Items  []drawbridge.ReviewItem `json:"items"`  // the most pressing first
	Looked time.Time               `json:"looked"` // when the person last looked at all of it; zero for never
	Head   drawbridge.RevisionID   `json:"head"`   // that was the head then
	Gone   []string                `json:"gone"`   // what the person viewed and is not there any more, in words

	gone []string // the keys of that
}

// Items lays out what there is to look at in a review, with what the actor viewed.
// What changed since then is open again.
func (d *Desk) Items(ctx context.Context, actor access.Actor, id drawbridge.ReviewID) (Items, error) {
	var out Items
	err := d.view(ctx, actor, id, func(l *look) (err error) {
		out, err = l.laid(actor.Person)
		return err
	})
	return out, err
}

// whole names the look at everything among the items.
const whole = "*"

// laid is the items of a review with what a person viewed.
func (l *look) laid(person drawbridge.PersonID) (Items, error) {
	out := Items{Items: []drawbridge.ReviewItem{}, Gone: []string{}}
	list, err := l.items()
	if err != nil {
		return out, err
	}
	out.Items = append(out.Items, list...)
	marks, err := l.tx.Viewed(person, l.review.ID)
	if err != nil {
		return out, err
	}
	viewed := map[string]store.Viewed{}
	for _, v := range marks {
		viewed[v.Item] = v
	}
	if v, ok := viewed[whole]; ok {
		out.Looked, out.Head = v.At, drawbridge.RevisionID(v.Said)
		delete(viewed, whole)
	}
	for i := range out.Items {
		it := &out.Items[i]
		v, ok := viewed[it.Key]
		delete(viewed, it.Key)
		switch {
		case !ok:
			continue
		case v.Digest == it.Digest:
			it.Viewed = drawbridge.ItemViewed
		default:
			it.Viewed, it.Was = drawbridge.ItemChanged, v.Said
		}
		it.ViewedAt = v.At
	}
	for _, v := range marks { // in order
		if _, gone := viewed[v.Item]; gone {
			out.Gone, out.gone = append(out.Gone, v.Item+": "+v.Said), append(out.gone, v.Item)
		}
	}
	return out, nil
}

// Viewing ticks items of a review as viewed, or takes ticks away.
type Viewing struct {
	Review drawbridge.ReviewID
	Items  map[string]string // by key: the digest that was looked at; empty for the present one
	All    bool              // every item, and the review as a whole
	Undo   bool              // takes the ticks away
}

var digestForm = regexp.MustCompile(`^(sha256:[0-9a-f]{64})?$`)

// Tick notes what the actor viewed, at the state that was looked at: a tick on
// another state than the present one is open again at once. It is a note to
// oneself; nothing rests on it.
func (d *Desk) Tick(ctx context.Context, actor access.Actor, in Viewing) (Items, error) {
	var out Items
	var ticks []store.Viewed
	var drop []string
	err := d.view(ctx, actor, in.Review, func(l *look) (err error) {
		if actor.Person == "" {
			return drawbridge.Errorf(drawbridge.Invalid, "a tick is a person's note to themselves: sign in as somebody")
		}
		if out, err = l.laid(actor.Person); err != nil {
			return err
		}
		ticks, drop, err = out.ticks(in, l)
		return err
	})
	if err != nil {
		return Items{}, err
	}
	err = d.door.Keep(ctx, func(tx *store.Tx) error {
		if err := tx.DropViewed(actor.Person, in.Review, drop); err != nil {
			return err
		}
		return tx.SetViewed(actor.Person, in.Review, ticks)
	})
	if err != nil {
		return Items{}, err
	}
	return d.Items(ctx, actor, in.Review)
}

// ticks are what is to be written, and what is to be taken away.
func (i *Items) ticks(in Viewing, l *look) (ticks []store.Viewed, drop []string, err error) {
	known := map[string]bool{}
	for _, it := range i.Items {
		known[it.Key] = true
		digest, named := in.Items[it.Key]
		if !named && !in.All {
			continue
		}
		if !digestForm.MatchString(digest) {
			return nil, nil, drawbridge.Errorf(drawbridge.Invalid, "%.80q is no digest of an item", digest)
		}
		if in.Undo {
			drop = append(drop, it.Key)
			continue
		}
		v := store.Viewed{Item: it.Key, Digest: it.Digest, Said: it.Said, At: l.now}
		if digest != "" && digest != it.Digest {
			v.Digest, v.Said = digest, "it changed while you looked"
		}
		ticks = append(ticks, v)
	}
	for key := range in.Items {
		if !known[key] {
			return nil, nil, drawbridge.Errorf(drawbridge.NotFound, "the review has no item %.100q any more: look again", key)
		}
	}
	if in.All && in.Undo {
		drop = append(drop, whole)
	} else if in.All {
		drop = append(drop, i.gone...)
		ticks = append(ticks, store.Viewed{Item: whole, Digest: l.file.Head.Content, Said: string(l.in.Head), At: l.now})
	}
	return ticks, drop, nil
}
