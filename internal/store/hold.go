package store

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"drawbridge"
)

// AddHold writes a new hold.
func (tx *Tx) AddHold(h *drawbridge.Hold) error { return holds.insert(tx, h) }

// SetHold writes a hold over the version that was read.
func (tx *Tx) SetHold(h *drawbridge.Hold) error { return holds.update(tx, h) }

// Hold reads a hold.
func (tx *Tx) Hold(id drawbridge.HoldID) (*drawbridge.Hold, error) { return holds.get(tx, string(id)) }

// HoldsAfter lists holds in the order of their identifiers, those that were
// lifted or ended among them.
func (tx *Tx) HoldsAfter(after drawbridge.HoldID, limit int) ([]drawbridge.Hold, error) {
	return holds.find(tx, "id > ? ORDER BY id LIMIT ?", string(after), limit)
}

// About is what something kept is about: a hold on any of it covers it.
type About struct {
	Integrations []drawbridge.IntegrationID
	Partners     []drawbridge.PartnerID
	People       []drawbridge.PersonID
	Unknown      bool // it cannot be told, so every hold covers it
}

// MaxHolds is how many holds can be in force at once.
const MaxHolds = 10_000

// Holds are the holds in force at one time.
type Holds struct {
	list         []drawbridge.Hold
	integrations map[string]*drawbridge.Hold // those of a partner that is held among them
	partners     map[string]*drawbridge.Hold
	people       map[string]*drawbridge.Hold
	everything   *drawbridge.Hold
}

// HoldsAt reads the holds that are in force at a time.
func (tx *Tx) HoldsAt(now time.Time) (*Holds, error) {
	list, err := holds.find(tx, "lifted_at = '' AND (until = '' OR until > ?) ORDER BY id LIMIT ?", Time(now), MaxHolds+1)
	if err != nil {
		return nil, err
	}
	if len(list) > MaxHolds { // fail closed
		return nil, drawbridge.Errorf(drawbridge.TooLarge, "more than %d holds are in force: lift some, or hold everything", MaxHolds)
	}
	h := &Holds{list: list, integrations: map[string]*drawbridge.Hold{}, partners: map[string]*drawbridge.Hold{}, people: map[string]*drawbridge.Hold{}}
	for i := range list {
		switch x := &list[i]; x.Scope {
		case drawbridge.HoldIntegration:
			h.integrations[x.Subject] = x
		case drawbridge.HoldPartner:
			h.partners[x.Subject] = x
		case drawbridge.HoldPerson:
			h.people[x.Subject] = x
		default: // a word that this program does not know holds everything
			h.everything = x
		}
	}
	return h, h.spread(tx)
}

// spread lets the hold on a partner cover its integrations.
func (h *Holds) spread(tx *Tx) error {
	if len(h.partners) == 0 {
		return nil
	}
	return tx.pairs(func(integration, partner string) {
		if x := h.partners[partner]; x != nil && h.integrations[integration] == nil {
			h.integrations[integration] = x
		}
	}, `SELECT id, partner FROM integration`)
}

// Count is how many holds are in force.
func (h *Holds) Count() int { return len(h.list) }

// any returns a hold that is in force, or nil.
func (h *Holds) any() *drawbridge.Hold {
	if len(h.list) == 0 {
		return nil
	}
	return &h.list[0]
}

// Cover returns the hold that covers what something is about, or nil.
func (h *Holds) Cover(a About) *drawbridge.Hold {
	if h.everything != nil {
		return h.everything
	}
	if a.Unknown {
		return h.any()
	}
	for _, id := range a.Integrations {
		if x := h.integrations[string(id)]; x != nil {
			return x
		}
	}
	for _, id := range a.Partners {
		if x := h.partners[string(id)]; x != nil {
			return x
		}
	}
	for _, id := range a.People {
		if x := h.people[string(id)]; x != nil {
			return x
		}
	}
	return nil
}

// NotHeld refuses to remove what a hold covers.
func (tx *Tx) NotHeld(a About, now time.Time) error {
	h, err := tx.HoldsAt(now)
	if err != nil {
		return err
	}
	if x := h.Cover(a); x != nil {
		what := string(x.Scope)
		if x.Subject != "" {
			what += " " + x.Subject
		}
		return drawbridge.Errorf(drawbridge.Conflict, "the legal hold %s on %s keeps this from being removed: it must be lifted first (drawbridge hold list)", x.ID, what)
	}
	return nil
}

// AboutPerson is what the removal of a person touches: the person, and the
// integrations to which they belong or hold tokens.
func (tx *Tx) AboutPerson(id drawbridge.PersonID) (About, error) {
	a := About{People: []drawbridge.PersonID{id}}
	err := tx.pairs(func(integration, _ string) {
		a.Integrations = append(a.Integrations, drawbridge.IntegrationID(integration))
	}, `SELECT integration, person FROM member WHERE person = ? UNION SELECT integration, person FROM token WHERE person = ? AND integration <> ''`, string(id), string(id))
	return a, err
}

// pairs reads rows of two texts.
func (tx *Tx) pairs(each func(a, b string), query string, args ...any) error {
	rows, err := tx.query(query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var a, b string
		if err := rows.Scan(&a, &b); err != nil {
			return fmt.Errorf("read pairs: %w", err)
		}
		each(a, b)
	}
	return tx.explain(rows.Err())
}

// marks are n placeholders for a list.
func marks(n int) string { return "?" + strings.Repeat(", ?", n-1) }

// texts are identifiers as arguments.
func texts[T ~string](ids []T) []any {
	out := make([]any, len(ids))
	for i, id := range ids {
		out[i] = string(id)
	}
	return out
}

// Periods lists the periods that the organisation set.
func (tx *Tx) Periods() ([]drawbridge.Period, error) {
	return periods.find(tx, "id <> '' ORDER BY id")
}

// SetPeriod writes a period: a new one with version 0, else over the version
// that was read.
func (tx *Tx) SetPeriod(p *drawbridge.Period) error {
	if p.Version != 0 {
		return periods.update(tx, p)
	}
	err := periods.insert(tx, p)
	if drawbridge.KindOf(err) == drawbridge.Conflict {
		err = drawbridge.Errorf(drawbridge.Conflict, "the period of %s was set by somebody else: read it again", p.ID)
	}
	return err
}

// Purged tells when something was deleted, and by which entry of the ledger.
// ok is false when the ledger does not say that it was.
func (tx *Tx) Purged(kind, id string) (seq int64, at time.Time, ok bool, err error) {
	e, err := tx.lastEntry(kind, id)
	if err != nil || e == nil {
		return 0, time.Time{}, false, err
	}
	for _, c := range slices.Backward(e.Changes) {
		if c.Kind == kind && c.ID == id {
			return e.Seq, e.At, c.After == "", nil
		}
	}
	return 0, time.Time{}, false, nil
}

// WhyGone is the error for content that could not be opened: when it was purged,
// it says so and names the proof.
func (tx *Tx) WhyGone(digest string, cause error) error {
	if drawbridge.KindOf(cause) != drawbridge.NotFound {
		return cause
	}
	seq, at, ok, err := tx.Purged("blob", digest)
	if err != nil {
		return errors.Join(cause, err)
	}
	if !ok {
		return cause
	}
	return drawbridge.Errorf(drawbridge.NotFound, "the content was purged on %s, as its period had passed (entry %d of the ledger; %s)", at.Format(time.DateOnly), seq, digest)
}
