package taxonomy

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"drawbridge"
)

// maxPlaces bounds the origins and the destinations of one movement.
const maxPlaces = 300

// personsPerYear is what Missing says when a rule counts people and nobody has.
const personsPerYear = "persons-per-year"

// Judge returns one ruling for every regime that binds an origin and every
// destination, sorted by destination and regime. What it cannot know needs a
// person; it never guesses in the movement's favour.
func (tr *Transfers) Judge(m Movement) []Ruling {
	m.Origin, m.To = places(m.Origin), places(m.To)
	human := func(reason string, missing ...string) []Ruling {
		return []Ruling{{
			Verdict: TransferNeedsHuman, Confidence: "A", AsOf: tr.asOf, Missing: missing, Reason: reason,
			Origin: strings.Join(m.Origin, ","), To: strings.Join(m.To, ","),
		}}
	}
	free := func() []Ruling {
		return []Ruling{{
			Verdict: TransferNotPersonal, Confidence: "A", AsOf: tr.asOf, Origin: strings.Join(m.Origin, ","),
			To: strings.Join(m.To, ","), Reason: "the data is not about people, and no rule binds it anyway",
		}}
	}
	if !m.Personal && !tr.bindsAnyway(m) {
		return free()
	}
	switch {
	case max(len(m.Origin), len(m.To)) > maxPlaces:
		m.Origin, m.To = nil, nil
		return human("more origins or destinations than there are countries")
	case len(m.Origin) == 0:
		return human("nobody said whose data it is: without the countries of the people and of the exporter no regime can be chosen", "origin")
	case len(m.To) == 0:
		return human("nobody said where the data goes", "destination")
	}
	if _, err := drawbridge.ParseDate(string(m.AsOf)); err != nil {
		return human("no day is given on which to judge", "as-of")
	}
	var out []Ruling
	for _, to := range m.To {
		if _, set := tr.sets[to]; !set && !countryPattern.MatchString(to) {
			out = append(out, Ruling{
				Origin: strings.Join(m.Origin, ","), To: to, Verdict: TransferNeedsHuman, Confidence: "A", AsOf: tr.asOf,
				Missing: []string{"destination"}, Reason: fmt.Sprintf("%q is no country code; write two capitals like IE", to),
			})
			continue
		}
		out = append(out, tr.judgeTo(m, to)...)
	}
	if len(out) == 0 && !m.Personal {
		return free()
	}
	if len(out) == 0 {
		return human("no regime is in force for these origins on that day")
	}
	return out
}

// places brings codes to one form, sorted and without repetition.
func places(in []string) []string {
	var out []string
	for _, p := range in {
		p = strings.TrimSpace(p)
		if !strings.HasPrefix(p, "org:") {
			p = strings.ToUpper(p)
		}
		if p != "" {
			out = append(out, p)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// bindsAnyway reports whether a regime that does not ask for personal data counts one of the tags.
func (tr *Transfers) bindsAnyway(m Movement) bool {
	return slices.ContainsFunc(tr.regimes, func(r Regime) bool { return r.EvenIf && r.Bulk != nil && len(r.Bulk.held(m.Tags)) > 0 })
}

// judgeTo rules on one destination.
func (tr *Transfers) judgeTo(m Movement, to string) []Ruling {
	var out []Ruling
	bound := map[string]bool{}
	for _, i := range tr.order {
		r := &tr.regimes[i]
		origins := tr.among(m.Origin, r.Origin)
		for _, o := range origins {
			bound[o] = true
		}
		if since, _ := firstDay(r.Since); len(origins) == 0 || since > m.AsOf || !m.Personal && !r.EvenIf {
			continue
		}
		ruling := Ruling{
			Regime: r.ID, Law: r.Law, Origin: strings.Join(origins, ","), To: to, Confidence: r.Confidence, AsOf: r.AsOf,
			Confirmed: r.ConfirmedBy != "" && drawbridge.Date(r.ConfirmedAt) <= m.AsOf,
		}
		tr.rule(m, r, &ruling)
		out = append(out, ruling)
	}
	for _, o := range m.Origin {
		if !bound[o] && o != to && m.Personal {
			out = append(out, Ruling{
				Origin: o, To: to, Verdict: TransferNeedsHuman, Confidence: "B", AsOf: tr.asOf, Missing: []string{"rule"},
				Reason: fmt.Sprintf("no rule for data from %s is loaded; add a regime to the organisation's transfer rules", o),
			})
		}
	}
	return out
}

// among returns the places that the list names, by themselves or by a set.
func (tr *Transfers) among(list, in []string) []string {
	var out []string
	for _, p := range list {
		if tr.within(p, in) {
			out = append(out, p)
		}
	}
	return out
}

// within reports whether a country or set is one of the places, or in one of the sets.
func (tr *Transfers) within(p string, in []string) bool {
	for _, q := range in {
		if p == q || slices.Contains(tr.sets[q], p) {
			return true
		}
	}
	return false
}

// rule fills in the verdict of one regime.
func (tr *Transfers) rule(m Movement, r *Regime, out *Ruling) {
	if tr.within(out.To, r.Origin) || out.Origin == out.To {
		out.Verdict, out.Mechanism, out.Reason = TransferAllowed, "none-needed", "the data stays where the law holds"
		return
	}
	if r.Bulk != nil && tr.bulk(m, r, out) {
		return
	}
	var notes []string
	for _, a := range r.Adequate {
		if !tr.within(out.To, a.To) {
			continue
		}
		done, note := tr.adequate(m, a, out)
		if done {
			return
		}
		notes = append(notes, note)
	}
	needs, said := tr.extras(m, r, out.To)
	notes = append(notes, said...)
	switch {
	case len(r.Ladder) > 0:
		tr.ladder(m, r, out, needs)
	case r.Default == "prohibited":
		out.Mechanism = "prohibited"
		if missing := lacking(r.Unless, m.Evidence); len(r.Unless) == 0 || len(missing) > 0 {
			out.Verdict, out.Missing, out.Reason = TransferProhibited, missing, "the law forbids it"
			break
		}
		out.Verdict, out.Reason = TransferAllowed, "forbidden but for "+strings.Join(r.Unless, ", ")+", which is named"
	case r.Default != "":
		tr.choose(m, []string{r.Default}, needs, out)
	default:
		tr.choose(m, r.Otherwise, needs, out)
	}
	if r.Note != "" {
		notes = append(notes, r.Note)
	}
	out.Reason = strings.Join(slices.DeleteFunc(append([]string{out.Reason}, notes...), func(s string) bool { return s == "" }), "; ")
}

// adequate applies one row of safe destinations. When it does not settle the
// matter it returns what to say about it.
func (tr *Transfers) adequate(m Movement, a Adequacy, out *Ruling) (bool, string) {
	name := tr.mechanisms[a.Kind].Name
	if since, _ := firstDay(a.Since); since > m.AsOf {
		return false, fmt.Sprintf("%s: holds from %s only", name, since)
	}
	if until := lastDay(a.Until); until != "" && m.AsOf > until {
		return false, fmt.Sprintf("%s: ended on %s", name, until)
	}
	missing := lacking(tr.mechanisms[a.Kind].Evidence, m.Evidence)
	if len(missing) > 0 && m.Mechanism != a.Kind {
		return false, fmt.Sprintf("%s: would do with %s", name, strings.Join(missing, ", "))
	}
	out.Mechanism, out.Confidence, out.Missing = a.Kind, cmp.Or(a.Confidence, out.Confidence), missing
	out.Verdict, out.Reason = TransferAllowed, name
	if len(missing) > 0 {
		out.Verdict = TransferEvidenceMissing
		out.Reason += " is relied on and not shown"
	}
	if a.Until != "" {
		out.Reason += ", until " + string(lastDay(a.Until))
	}
	if a.Note != "" {
		out.Reason += "; " + a.Note
	}
	return true, ""
}

// choose looks for an accepted mechanism that is named, or whose evidence is all there.
func (tr *Transfers) choose(m Movement, accepted, needs []string, out *Ruling) {
	chosen := ""
	for _, id := range accepted {
		evidence := tr.mechanisms[id].Evidence
		if id == m.Mechanism || id == "none-needed" {
			chosen = id
			break
		}
		if chosen == "" && len(evidence) > 0 && len(lacking(evidence, m.Evidence)) == 0 {
			chosen = id
		}
	}
	if chosen == "" {
		out.Verdict, out.Missing = TransferBlocked, []string{"mechanism"}
		said := "no mechanism is named"
		if m.Mechanism != "" {
			said = m.Mechanism + " is not accepted here"
		}
		out.Reason = said + "; accepted are " + strings.Join(accepted, ", ")
		return
	}
	mechanism := tr.mechanisms[chosen]
	out.Mechanism, out.Missing = chosen, lacking(slices.Concat(mechanism.Evidence, needs), m.Evidence)
	out.Verdict, out.Reason = TransferAllowed, mechanism.Name
	switch {
	case len(out.Missing) > 0:
		out.Verdict = TransferEvidenceMissing
		out.Reason += ", but not shown: " + strings.Join(out.Missing, ", ")
	case mechanism.Single:
		out.Verdict = TransferNeedsHuman
		out.Reason += " serves single cases, and an integration repeats itself"
	}
	if mechanism.Note != "" {
		out.Reason += "; " + strings.TrimSuffix(mechanism.Note, ".")
	}
}

// extras returns the further evidence that the regime asks for, and its warnings.
func (tr *Transfers) extras(m Movement, r *Regime, to string) (needs, notes []string) {
	needs = slices.Clone(r.Needs)
	for _, e := range r.Extra {
		if e.Tag != "" && !slices.Contains(m.Tags, e.Tag) || int(m.Level.Worst()) < e.MinLevel || len(e.To) > 0 && !tr.within(to, e.To) {
			continue
		}
		needs = append(needs, e.Needs...)
		if said := cmp.Or(e.Warn, e.Note); said != "" {
			notes = append(notes, said)
		}
	}
	return needs, notes
}

// ladder applies the first step that the number of people reaches.
func (tr *Transfers) ladder(m Movement, r *Regime, out *Ruling, needs []string) {
	if m.SubjectsPerYear == nil {
		out.Verdict, out.Missing = TransferNeedsHuman, []string{personsPerYear}
		out.Reason = "the rule goes by the number of people in a year, and nobody said it"
		return
	}
	sensitive := slices.ContainsFunc(r.SensitiveTags, func(t string) bool { return slices.Contains(m.Tags, t) })
	for _, s := range r.Ladder {
		if *m.SubjectsPerYear < s.MinPersons || s.Sensitive && !sensitive {
			continue
		}
		tr.choose(m, s.Use, needs, out)
		kind := "people"
		if s.Sensitive {
			kind = "people with sensitive data"
		}
		out.Reason = fmt.Sprintf("%d %s in a year: %s", *m.SubjectsPerYear, kind, out.Reason)
		return
	}
}

// lacking returns the evidence that is needed and not named, in order, once each.
func lacking(needed, named []string) []string {
	var out []string
	for _, n := range needed {
		if !slices.Contains(named, n) && !slices.Contains(out, n) {
			out = append(out, n)
		}
	}
	return out
}
