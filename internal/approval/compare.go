package approval

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"drawbridge"
	"drawbridge/internal/manifest"
	"drawbridge/internal/seal"
)

// Kind says what a difference does to a decision.
type Kind string

// The kinds of difference. The first three make a decision stale.
const (
	Widening  Kind = "widening"  // the decision does not cover it
	Regressed Kind = "regressed" // a check that passed fails now, or a new one fails
	Aged      Kind = "aged"      // the last pass is older than the tier's rhythm
	Narrowing Kind = "narrowing" // the decision covers it
	Neutral   Kind = "neutral"   // it has no bearing on the decision
)

// Stale reports whether the difference voids a decision.
func (k Kind) Stale() bool { return k != Narrowing && k != Neutral }

// Difference is one difference between what was signed and what is there now.
type Difference struct {
	Kind Kind   `json:"kind"`
	Part string `json:"part"` // manifest, answer, evidence, check, exception, condition, tier, pack
	Key  string `json:"key"`
	Old  string `json:"old,omitempty"`
	New  string `json:"new,omitempty"`
	Text string `json:"text"` // in words, for a person
}

// Stale reports whether a decision that rests on the signed view is void.
func Stale(differences []Difference) bool {
	return slices.ContainsFunc(differences, func(d Difference) bool { return d.Kind.Stale() })
}

// Context is what a comparison needs besides the two views.
type Context struct {
	AsOf     time.Time
	Months   int64                    // rhythm of the tier; 0 for none
	LastPass map[string]time.Time     // by [Check.Key]: when the check passed last
	Stands   func(covers string) bool // whether what an exception covered is still there; nil: it is
}

// Compare lists what differs from the signed view to the present one, in the
// order manifest, answers, evidence, checks, exceptions, conditions, tier, packs.
func Compare(signed, present View, c Context) ([]Difference, error) {
	d := &differ{Context: c}
	if err := d.manifest(signed.Manifest, present.Manifest); err != nil {
		return nil, err
	}
	d.answers(signed.Answers, present.Answers)
	d.evidence(signed.Evidence, present.Evidence)
	d.checks(signed.Checks, present.Checks)
	d.exceptions(signed.Exceptions, present.Exceptions)
	d.conditions(signed.Conditions, present.Conditions)
	d.packs(signed.Packs, present.Packs)
	d.tier(signed, present)
	return d.out, nil
}

type differ struct {
	Context
	out []Difference
}

func (d *differ) add(kind Kind, part, key, old, now, format string, args ...any) {
	d.out = append(d.out, Difference{kind, part, key, old, now, fmt.Sprintf(format, args...)})
}

// manifest compares the two projections by the one table of widenings.
func (d *differ) manifest(signed, present json.RawMessage) error {
	if string(signed) == string(present) {
		return nil
	}
	old, err := manifest.FromView(signed)
	if err != nil {
		return fmt.Errorf("read the signed manifest: %w", err)
	}
	now, err := manifest.FromView(present)
	if err != nil {
		return fmt.Errorf("read the present manifest: %w", err)
	}
	d.changes(manifest.Diff(old, now))
	return nil
}

// changes takes over the differences of two manifests.
func (d *differ) changes(changes []manifest.Change) {
	for _, c := range changes {
		d.add(Kind(c.Kind), "manifest", c.Key, c.Old, c.New, "%s: %s", c.Key, c.Why)
	}
}

// pair is one key on both sides; nil where it is missing.
type pair[T any] struct{ old, now *T }

// pairs joins two lists by key, sorted. Of items with the same key the last counts.
func pairs[T any](old, now []T, key func(T) string) (keys []string, byKey map[string]pair[T]) {
	byKey = map[string]pair[T]{}
	for i := range old {
		byKey[key(old[i])] = pair[T]{old: &old[i]}
	}
	for i := range now {
		p := byKey[key(now[i])]
		p.now = &now[i]
		byKey[key(now[i])] = p
	}
	return slices.Sorted(maps.Keys(byKey)), byKey
}

func (d *differ) answers(signed, present []Answered) {
	keys, all := pairs(signed, present, func(a Answered) string { return a.Question })
	for _, key := range keys {
		switch p := all[key]; {
		case p.now == nil && p.old.Prose:
			d.add(Neutral, "answer", key, p.old.show(), "", "%s: it is not answered any more; it was prose", key)
		case p.now == nil:
			d.add(Widening, "answer", key, p.old.show(), "", "%s: it is not answered any more, and unknown counts as the worst case", key)
		case p.old == nil:
			d.newAnswer(key, p.now)
		default:
			d.answer(key, p.old, p.now)
		}
	}
}

func (d *differ) newAnswer(key string, now *Answered) {
	denies := slices.IndexFunc(now.Claims, func(c Claim) bool { return !c.Holds })
	switch {
	case denies >= 0:
		d.add(Widening, "answer", key, "", now.show(), "%s: a new answer says that the control %s is not in place", key, now.Claims[denies].name())
	case len(now.Claims) > 0 || now.Points > 0:
		d.add(Narrowing, "answer", key, "", now.show(), "%s: it was unknown and is answered now", key)
	default:
		d.add(Neutral, "answer", key, "", now.show(), "%s: a new answer that claims nothing", key)
	}
}

// answer judges a changed answer by what it carries: the claims first, then the
// points. Another value of the same worth is a widening, for nobody judged it.
func (d *differ) answer(key string, old, now *Answered) {
	lost, won := claimsChanged(old.Claims, now.Claims)
	same := canonical(old.Value) == canonical(now.Value) && old.NA == now.NA && old.Prose == now.Prose
	worse := func(why string, args ...any) {
		d.add(Widening, "answer", key, old.show(), now.show(), "%s: %s", key, fmt.Sprintf(why, args...))
	}
	switch {
	case lost != "":
		worse("it does not say any more that the control %s is in place", lost)
	case now.Points < old.Points:
		worse("the answer is worse than the one that was signed")
	case won != "" || now.Points > old.Points:
		d.add(Narrowing, "answer", key, old.show(), now.show(), "%s: the answer is better than the one that was signed", key)
	case !same:
		worse("the answer is another one, and nobody has judged it")
	}
}

// canonical lets a value that was typed differ in spaces alone.
func canonical(value json.RawMessage) string {
	if data, err := seal.JSON(value); err == nil {
		return string(data)
	}
	return string(value)
}

// claimsChanged names the first control that was claimed and is not any more,
// and the first that is claimed newly.
func claimsChanged(old, now []Claim) (lost, won string) {
	holds := func(list []Claim, c Claim) bool {
		return slices.Contains(list, Claim{c.Control, c.Element, true}) && !slices.Contains(list, Claim{c.Control, c.Element, false})
	}
	for _, c := range append(slices.Clone(old), now...) {
		switch before, after := holds(old, c), holds(now, c); {
		case before && !after && lost == "":
			lost = c.name()
		case after && !before && won == "":
			won = c.name()
		case !after && !slices.Contains(old, c) && lost == "": // denied newly
			lost = c.name()
		}
	}
	return lost, won
}

func (c Claim) name() string {
	if c.Element == "" {
		return c.Control
	}
	return c.Control + "@" + c.Element
}

// show is the answer in a few words.
func (a *Answered) show() string {
	switch {
	case a.NA:
		return "not applicable"
	case a.Prose:
		return "answered"
	}
	return clip(string(a.Value))
}

func clip(s string) string {
	const most = 200
	if r := []rune(s); len(r) > most {
		return string(r[:most]) + "…"
	}
	return s
}

// tier compares the tiers. Where the packs changed too, a new tier is their
// doing, and what it means is for who announced the packs.
func (d *differ) tier(signed, present View) {
	rank := func(t drawbridge.Tier) int { return slices.Index(drawbridge.Tiers(), t) }
	old, now := string(signed.Tier), string(present.Tier)
	packs := slices.ContainsFunc(d.out, func(x Difference) bool { return x.Part == "pack" })
	switch {
	case old == now:
	case packs:
		d.add(Neutral, "tier", "tier", old, now, "the tier is %s instead of %s under the packs of today", now, old)
	case rank(present.Tier) < rank(signed.Tier) && rank(present.Tier) >= 0:
		d.add(Narrowing, "tier", "tier", old, now, "the tier fell from %s to %s", old, now)
	default:
		d.add(Widening, "tier", "tier", old, now, "the tier rose from %s to %s", old, now)
	}
}

// packs names every pack that is another one; by itself that voids nothing.
func (d *differ) packs(signed, present []Pack) {
	keys, all := pairs(signed, present, func(p Pack) string { return p.Kind + " " + p.Name })
	for _, key := range keys {
		switch p := all[key]; {
		case p.now == nil:
			d.add(Neutral, "pack", key, p.old.Version, "", "the pack %s takes no part any more", key)
		case p.old == nil:
			d.add(Neutral, "pack", key, "", p.now.Version, "the pack %s is new", key)
		case p.old.Digest != p.now.Digest:
			d.add(Neutral, "pack", key, p.old.Version, p.now.Version, "the pack %s changed from %s to %s", key, p.old.Version, p.now.Version)
		}
	}
}
