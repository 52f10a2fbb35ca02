package approval

import (
	"slices"
	"strings"

	"drawbridge"
)

// aged reports whether the last pass is older than the rhythm.
func (d *differ) aged(key string) bool {
	return d.Months > 0 && !d.LastPass[key].AddDate(0, int(d.Months), 0).After(d.AsOf)
}

// checks compares the verdicts. What is inconclusive, skipped or missing keeps
// the last pass until it is older than the rhythm.
func (d *differ) checks(signed, present []Check) {
	keys, all := pairs(signed, present, Check.Key)
	verdict := func(c *Check) drawbridge.Verdict {
		if c == nil {
			return ""
		}
		return c.Verdict
	}
	for _, key := range keys {
		old, now := verdict(all[key].old), verdict(all[key].now)
		switch {
		case now == drawbridge.Fail && old == drawbridge.Pass:
			d.add(Regressed, "check", key, string(old), string(now), "%s passed when it was signed, and fails now", key)
		case now == drawbridge.Fail && old != drawbridge.Fail:
			d.add(Regressed, "check", key, string(old), string(now), "%s fails, and had no verdict when it was signed", key)
		case old == drawbridge.Pass && d.aged(key):
			d.add(Aged, "check", key, string(old), string(now), "%s passed last on %s, which is longer ago than %s", key, d.lastPass(key), drawbridge.Count(d.Months, "month", "months"))
		case now == drawbridge.Pass && old != drawbridge.Pass:
			d.add(Narrowing, "check", key, string(old), string(now), "%s passes now", key)
		}
	}
}

func (d *differ) lastPass(key string) string {
	if at := d.LastPass[key]; !at.IsZero() {
		return string(drawbridge.DateOf(at))
	}
	return "an unknown day"
}

// evidence compares what is on file by kind and scope, the best document of each.
func (d *differ) evidence(signed, present []Evidence) {
	held := func(e Evidence) bool { return e.Until != "" && e.Until.Past(d.AsOf) }
	keys, all := pairs(best(signed), best(slices.DeleteFunc(slices.Clone(present), held)), Evidence.key)
	for _, key := range keys {
		p := all[key]
		name := key
		switch {
		case p.now == nil && held(*p.old):
			d.add(Widening, "evidence", key, p.old.show(), "", "%s ended on %s, and nothing took its place", name, p.old.Until)
		case p.now == nil:
			d.add(Widening, "evidence", key, p.old.show(), "", "%s is not accepted any more", name)
		case p.old == nil:
			d.add(Narrowing, "evidence", key, "", p.now.show(), "%s is accepted now", name)
		case rung(p.now.Known) < rung(p.old.Known):
			d.add(Widening, "evidence", key, p.old.show(), p.now.show(), "%s counts for less than the document that was signed", name)
		case earlier(p.now.Until, p.old.Until):
			d.add(Widening, "evidence", key, p.old.show(), p.now.show(), "%s ends earlier than the document that was signed", name)
		case *p.now != *p.old:
			d.add(Narrowing, "evidence", key, p.old.show(), p.now.show(), "%s is better than the document that was signed", name)
		}
	}
}

func (e Evidence) key() string {
	if e.Scope == "" {
		return e.Kind
	}
	return e.Kind + " (" + clip(e.Scope) + ")"
}

func (e Evidence) show() string {
	until := "no end"
	if e.Until != "" {
		until = "until " + string(e.Until)
	}
	return strings.TrimSpace(string(e.Known) + ", " + until)
}

// best keeps of each kind and scope the document that is worth most.
func best(list []Evidence) []Evidence {
	list = slices.Clone(list)
	slices.SortFunc(list, func(a, b Evidence) int {
		if d := rung(a.Known) - rung(b.Known); d != 0 {
			return d
		}
		switch {
		case earlier(a.Until, b.Until):
			return -1
		case a.Until != b.Until:
			return 1
		}
		return strings.Compare(a.Scope, b.Scope)
	})
	return list // of items with the same key the last counts
}

// rung is the place of a word on the ladder of knowledge; an unknown word is the lowest.
func rung(k drawbridge.Knowledge) int {
	ladder := []drawbridge.Knowledge{
		drawbridge.KnownNothing, drawbridge.KnownClaim, drawbridge.KnownDocument, drawbridge.KnownAudit, drawbridge.KnownTestProxy, drawbridge.KnownTest,
	}
	return slices.Index(ladder, k)
}

// earlier reports whether a ends before b; the empty day never ends.
func earlier(a, b drawbridge.Date) bool { return a != "" && (b == "" || a < b) }

// exceptions compares what is accepted for a time. One that ended is a widening
// while what it covered still stands: it has come back.
func (d *differ) exceptions(signed, present []Exception) {
	ended := func(x Exception) bool { return x.Until.Past(d.AsOf) }
	keys, all := pairs(signed, slices.DeleteFunc(slices.Clone(present), ended), func(x Exception) string { return x.Covers })
	for _, key := range keys {
		switch p := all[key]; {
		case p.now == nil && d.Stands != nil && !d.Stands(key):
			d.add(Narrowing, "exception", key, string(p.old.Until), "", "the exception for %s is over, and so is what it covered", key)
		case p.now == nil:
			d.add(Widening, "exception", key, string(p.old.Until), "", "the exception for %s is over: what it covered counts again", key)
		case p.old == nil:
			d.add(Neutral, "exception", key, "", string(p.now.Until), "an exception for %s was confirmed, until %s", key, p.now.Until)
		case p.now.Until != p.old.Until:
			d.add(Neutral, "exception", key, string(p.old.Until), string(p.now.Until), "the exception for %s holds until %s instead of %s", key, p.now.Until, p.old.Until)
		}
	}
}

// conditions compares what the decision asked for. Less asked is a widening.
func (d *differ) conditions(signed, present []Term) {
	keys, all := pairs(signed, present, func(t Term) string { return t.ID })
	for _, key := range keys {
		p := all[key]
		dropped := func(t *Term) bool { return t == nil || t.State == "dropped" }
		switch {
		case dropped(p.old) && dropped(p.now):
		case dropped(p.now):
			d.add(Widening, "condition", key, p.old.State, "dropped", "the condition %s was dropped", key)
		case dropped(p.old):
			d.add(Narrowing, "condition", key, "", p.now.State, "the condition %s was added", key)
		case p.old.State == "met" && p.now.State != "met":
			d.add(Widening, "condition", key, p.old.State, p.now.State, "the condition %s is not met any more", key)
		case p.now.State != "met" && (p.old.Before && !p.now.Before || earlier(p.old.Due, p.now.Due) || p.now.Breach.Rank() < p.old.Breach.Rank()):
			d.add(Widening, "condition", key, string(p.old.Due), string(p.now.Due), "the condition %s asks for less, or later", key)
		case *p.old != *p.now:
			d.add(Narrowing, "condition", key, p.old.State, p.now.State, "the condition %s is met, or asks for more", key)
		}
	}
}
