package inquiry

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"slices"
	"strings"
	"time"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/action"
	"drawbridge/internal/seal"
	"drawbridge/internal/store"
)

// The prefixes of a link's secrets say what leaked when one is found somewhere.
const (
	prefixLink  = "dbp_" // the token in the address
	prefixVisit = "dbv_" // the cookie after the exchange
)

// Bounds of links.
const (
	secretSize  = 32 // 256 bits: nobody guesses one, so a plain SHA-256 of it is kept
	maxLinks    = 50 // of one inquiry that work at once
	maxLabel    = 200
	linkLife    = 30 * 24 * time.Hour
	maxLinkLife = 180 * 24 * time.Hour
	warnBefore  = 3 * 24 * time.Hour
)

// EventExpiring is the kind of the event by which the queue calls
// [Desk.NoteExpiry]; its subject is a link.
const EventExpiring = "link.expiring"

func newSecret(prefix string) (secret, hash string) {
	var b [secretSize]byte
	rand.Read(b[:]) // never fails (crypto/rand)
	secret = prefix + base64.RawURLEncoding.EncodeToString(b[:])
	return secret, hashOf(secret)
}

func hashOf(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}

// formed reports whether a secret can be one of ours: what cannot is not looked up.
func formed(secret seal.Hidden, prefix string) bool {
	s := secret.Reveal()
	return strings.HasPrefix(s, prefix) && len(s) == len(prefix)+base64.RawURLEncoding.EncodedLen(secretSize)
}

// NewLink is what somebody asks of a link.
type NewLink struct {
	Label     string    // for whom
	ExpiresAt time.Time // zero for 30 days; at most 180 days ahead
	Preview   bool      // looks as the partner sees it, and changes nothing
	Questions []string  // only these; empty for all
	Key       string
}

// Issued is a link with the token of its address, which is shown this once.
type Issued struct {
	Link   drawbridge.Link `json:"link"`
	Secret string          `json:"secret"`
}

// AddLink makes a link to an inquiry. A partner's own link makes one for single
// questions, which ends with it.
func (d *Desk) AddLink(ctx context.Context, actor access.Actor, id drawbridge.InquiryID, in NewLink) (Issued, error) {
	it, err := d.look(ctx, actor, access.LinkWrite, id)
	if err != nil {
		return Issued{}, err
	}
	if in.Label, err = drawbridge.Line(in.Label, maxLabel); err != nil || in.Label == "" {
		return Issued{}, invalid("label: say for whom the link is, on one line with at most %d bytes", maxLabel)
	}
	if len(in.Questions) > len(it.Questions) {
		return Issued{}, invalid("questions: the questionnaire asks %d", len(it.Questions))
	}
	for _, x := range in.Questions {
		if _, err := it.Question(x); err != nil {
			return Issued{}, err
		}
	}
	now := d.now()
	l := drawbridge.Link{
		ID: drawbridge.LinkID(drawbridge.NewID("lnk", now)), Inquiry: id, Label: in.Label, Questions: slices.Compact(slices.Sorted(slices.Values(in.Questions))),
		Preview: in.Preview, CreatedBy: who(actor), ExpiresAt: in.ExpiresAt.UTC().Truncate(time.Microsecond), CreatedAt: now,
	}
	if in.ExpiresAt.IsZero() {
		l.ExpiresAt = now.Add(linkLife)
	}
	if !l.ExpiresAt.After(now) || l.ExpiresAt.After(now.Add(maxLinkLife)) {
		return Issued{}, invalid("a link ends in the future and within %d days", int(maxLinkLife.Hours()/24))
	}
	return d.issue(ctx, actor, l, in)
}

func (d *Desk) issue(ctx context.Context, actor access.Actor, l drawbridge.Link, in NewLink) (Issued, error) {
	var secret string
	secret, l.Hash = newSecret(prefixLink)
	var q *drawbridge.Inquiry
	act := action.Act{Actor: actor, Action: access.LinkWrite, On: on(l.Inquiry, &q), Key: in.Key, Input: in}
	out, _, err := action.Do(ctx, d.door, act, func(tx *store.Tx) (Issued, error) {
		parent, err := holder(tx, actor)
		if err != nil {
			return Issued{}, err
		}
		if err := passOn(parent, &l, !in.ExpiresAt.IsZero()); err != nil {
			return Issued{}, err
		}
		if q.Audience != "partner" || q.State == StateClosed {
			return Issued{}, conflict("links are for questionnaires to a partner that are not closed; this one is for the %s and %s", q.Audience, q.State)
		}
		l.Partner = q.Partner
		list, err := tx.Links().Find(store.Query{Equal: map[string]any{"inquiry": q.ID}, Newest: true})
		if err != nil {
			return Issued{}, err
		}
		if n := working(list, l.CreatedAt); n >= maxLinks {
			return Issued{}, conflict("%s to this questionnaire: revoke some first", drawbridge.Count(n, "link works", "links work"))
		}
		if err := tx.Links().Add(&l); err != nil {
			return Issued{}, err
		}
		return Issued{told(l), secret}, d.warnLater(tx, &l)
	})
	return out, err
}

// passOn holds a link to the one that makes it: only single questions are passed
// on, only once, and not for longer.
func passOn(parent, l *drawbridge.Link, said bool) error {
	if parent == nil {
		return nil
	}
	if err := whole(parent); err != nil {
		return err
	}
	if len(l.Questions) == 0 || l.Preview {
		return invalid("questions: name those that are passed on; whoever sent the questionnaire makes links for all of it")
	}
	if l.ExpiresAt.After(parent.ExpiresAt) {
		if said {
			return invalid("expires_at: a link that is passed on ends no later than your own, on %s", parent.ExpiresAt.Format(time.DateOnly))
		}
		l.ExpiresAt = parent.ExpiresAt
	}
	l.Parent = parent.ID
	return nil
}

func working(list []drawbridge.Link, now time.Time) (n int) {
	for _, l := range list {
		if l.Works(now) {
			n++
		}
	}
	return n
}

// told is a link without what is secret.
func told(l drawbridge.Link) drawbridge.Link {
	l.Hash, l.Visit = "", ""
	return l
}

// Links lists the links to an inquiry, newest first; a partner's link sees those
// that it made.
func (d *Desk) Links(ctx context.Context, actor access.Actor, id drawbridge.InquiryID) ([]drawbridge.Link, error) {
	what := access.LinkRead
	if actor.Inquiry != "" {
		what = access.LinkWrite
	}
	var q *drawbridge.Inquiry
	var out []drawbridge.Link
	err := d.door.View(ctx, action.Act{Actor: actor, Action: what, On: on(id, &q)}, func(tx *store.Tx) error {
		where := map[string]any{"inquiry": q.ID}
		if actor.Inquiry != "" {
			where["parent"] = actor.ID
		}
		list, err := tx.Links().Find(store.Query{Equal: where, Newest: true})
		for _, l := range list {
			out = append(out, told(l))
		}
		return err
	})
	return out, err
}

// RevokeLink ends a link at once, and those that it passed on. A partner's link
// ends those that it made.
func (d *Desk) RevokeLink(ctx context.Context, actor access.Actor, id drawbridge.LinkID, reason string) (drawbridge.Link, error) {
	var l *drawbridge.Link
	act := action.Act{Actor: actor, Action: access.LinkWrite, Reason: reason, On: func(tx *store.Tx) (access.Object, error) {
		var err error
		if l, err = tx.Links().Get(string(id)); err != nil {
			return access.Object{}, err
		}
		q, err := tx.Inquiries().Get(string(l.Inquiry))
		if err != nil {
			return access.Object{}, err
		}
		return object(tx, q, "link", string(id))
	}}
	out, _, err := action.Do(ctx, d.door, act, func(tx *store.Tx) (drawbridge.Link, error) {
		if actor.Inquiry != "" && string(l.Parent) != actor.ID {
			return *l, access.NotFound(access.Object{Kind: "link"})
		}
		children, err := tx.Links().Find(store.Query{Equal: map[string]any{"inquiry": l.Inquiry, "parent": l.ID}})
		if err != nil {
			return *l, err
		}
		for _, x := range append(children, *l) {
			if !x.RevokedAt.IsZero() {
				continue
			}
			x.RevokedAt, x.Visit = d.now(), ""
			if err := tx.Links().Set(&x); err != nil {
				return *l, err
			}
		}
		l, err = tx.Links().Get(string(id))
		if err != nil {
			return drawbridge.Link{}, err
		}
		return told(*l), nil
	})
	return out, err
}
