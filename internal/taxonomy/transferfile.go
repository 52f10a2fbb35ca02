package taxonomy

import (
	"cmp"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"drawbridge"
)

// transferFile is a file of transfer rules as it is written.
type transferFile struct {
	Version    int                 `yaml:"version" json:"version,omitempty"`
	AsOf       string              `yaml:"as_of" json:"as_of,omitempty"`
	Sets       map[string][]string `yaml:"sets" json:"sets,omitempty"`
	Mechanisms []Mechanism         `yaml:"mechanisms" json:"mechanisms,omitempty"`
	Regimes    []Regime            `yaml:"regimes" json:"regimes,omitempty"`
}

// maxRegimes bounds the rules of all files together.
const maxRegimes = 500

var (
	rowPattern     = regexp.MustCompile(`^[a-z0-9]+(-[a-zA-Z0-9]+)*$`)
	countryPattern = regexp.MustCompile(`^([A-Z]{2}|org:[A-Za-z0-9-]{2,40})$`)
	setPattern     = regexp.MustCompile(`^[A-Z][A-Z_]{2,30}$`)
)

// LoadTransfers reads the built-in rules and lays the organisation's own files
// over them, in their order. Such a file adds sets, mechanisms and regimes; to
// a regime that exists it adds adequate rows, extras and needs, and confirms it.
func LoadTransfers(extra ...[]byte) (*Transfers, error) {
	tr := &Transfers{sets: map[string][]string{}, mechanisms: map[string]Mechanism{}}
	own, err := embedded()
	if err != nil {
		return nil, err
	}
	if err := tr.add(builtinOrigin, own.Transfers); err != nil {
		return nil, err
	}
	for i, data := range extra {
		origin := fmt.Sprintf("extension %d", i+1)
		var f transferFile
		if err := decode("transfer rules "+origin, data, &f); err != nil {
			return nil, err
		}
		if err := tr.add(origin, f); err != nil {
			return nil, err
		}
	}
	for i := range tr.regimes {
		tr.order = append(tr.order, i)
	}
	slices.SortFunc(tr.order, func(a, b int) int { return cmp.Compare(tr.regimes[a].ID, tr.regimes[b].ID) })
	sum, err := digest(tr.asOf, tr.sets, tr.mechanisms, tr.regimes)
	tr.digest = sum
	return tr, err
}

func (tr *Transfers) add(origin string, f transferFile) error {
	what := "transfer rules " + origin
	if f.Version != 1 {
		return drawbridge.Errorf(drawbridge.Invalid, "%s: version is %d; write version: 1", what, f.Version)
	}
	if _, err := firstDay(f.AsOf); err != nil || f.AsOf == "" {
		return drawbridge.Errorf(drawbridge.Invalid, "%s: as_of %q is no date; write the month or day on which the rules were looked at, like 2026-11", what, f.AsOf)
	}
	tr.asOf = cmp.Or(tr.asOf, f.AsOf)
	if len(f.Regimes)+len(tr.regimes) > maxRegimes {
		return drawbridge.Errorf(drawbridge.TooLarge, "%s: more than %d regimes", what, maxRegimes)
	}
	for _, name := range slices.Sorted(maps.Keys(f.Sets)) {
		if _, taken := tr.sets[name]; taken || !setPattern.MatchString(name) {
			return drawbridge.Errorf(drawbridge.Invalid, "%s: set %q is badly written or exists already; write a new name in capitals, like OUR_GROUP", what, name)
		}
		if err := tr.checkPlaces(what+": set "+name, f.Sets[name]); err != nil {
			return err
		}
		tr.sets[name] = f.Sets[name]
	}
	for _, m := range f.Mechanisms {
		if _, taken := tr.mechanisms[m.ID]; taken || !rowPattern.MatchString(m.ID) || m.Name == "" {
			return drawbridge.Errorf(drawbridge.Invalid, "%s: mechanism %q is badly written, has no name or exists already", what, m.ID)
		}
		tr.mechanisms[m.ID] = m
	}
	for i, r := range f.Regimes {
		r.AsOf = cmp.Or(r.AsOf, f.AsOf)
		if err := tr.addRegime(fmt.Sprintf("%s: regimes[%d] %s", what, i, r.ID), origin, r); err != nil {
			return err
		}
	}
	return nil
}

func (tr *Transfers) addRegime(what, origin string, r Regime) error {
	if err := tr.checkConfirmation(what, r); err != nil {
		return err
	}
	if origin == builtinOrigin && r.ConfirmedBy != "" {
		return drawbridge.Errorf(drawbridge.Invalid, "%s: a built-in rule cannot be confirmed", what)
	}
	at := slices.IndexFunc(tr.regimes, func(o Regime) bool { return o.ID == r.ID })
	if at < 0 {
		if err := tr.check(what, r); err != nil {
			return err
		}
		tr.regimes = append(tr.regimes, r)
		return nil
	}
	if origin == builtinOrigin {
		return drawbridge.Errorf(drawbridge.Invalid, "%s: listed twice", what)
	}
	if r.Law != "" || len(r.Origin)+len(r.Otherwise)+len(r.Ladder)+len(r.Unless) > 0 || r.Default != "" || r.Bulk != nil || r.EvenIf || r.Since != "" || r.Confidence != "" {
		return drawbridge.Errorf(drawbridge.Invalid, "%s: the regime exists; a file may confirm it and add adequate, extra and needs. Write a regime with an id of its own for the rest", what)
	}
	old := tr.regimes[at]
	old.Adequate = append(slices.Clone(r.Adequate), old.Adequate...)
	old.Extra = append(slices.Clip(old.Extra), r.Extra...)
	old.Needs = append(slices.Clip(old.Needs), r.Needs...)
	old.Note = cmp.Or(r.Note, old.Note)
	if r.ConfirmedBy != "" {
		old.ConfirmedBy, old.ConfirmedAt = r.ConfirmedBy, r.ConfirmedAt
	}
	tr.regimes[at] = old
	return tr.check(what, old)
}

func (tr *Transfers) checkConfirmation(what string, r Regime) error {
	if (r.ConfirmedBy == "") != (r.ConfirmedAt == "") {
		return drawbridge.Errorf(drawbridge.Invalid, "%s: confirmed_by and confirmed_at belong together", what)
	}
	if r.ConfirmedAt == "" {
		return nil
	}
	if _, err := drawbridge.ParseDate(r.ConfirmedAt); err != nil {
		return drawbridge.Errorf(drawbridge.Invalid, "%s: confirmed_at: %w", what, err)
	}
	return nil
}

// check holds a regime to the vocabulary.
func (tr *Transfers) check(what string, r Regime) error {
	bad := func(format string, args ...any) error {
		return drawbridge.Errorf(drawbridge.Invalid, "%s: %s", what, fmt.Sprintf(format, args...))
	}
	switch {
	case !rowPattern.MatchString(r.ID):
		return bad("id is missing or badly written; write something like eu-gdpr")
	case r.Law == "" || len(r.Origin) == 0:
		return bad("law and origin are needed")
	case r.Confidence != "A" && r.Confidence != "B":
		return bad("confidence is %q; write A (checked at as_of) or B (not checked again)", r.Confidence)
	case len(r.Otherwise) == 0 && r.Default == "" && len(r.Ladder) == 0:
		return bad("says nothing about other destinations; give otherwise, default or ladder")
	case r.Default != "" && len(r.Otherwise) > 0:
		return bad("default and otherwise exclude each other; put the default first in otherwise")
	}
	mechanisms := slices.Clone(r.Otherwise)
	if r.Default != "" {
		mechanisms = append(mechanisms, r.Default)
	}
	places := slices.Clone(r.Origin)
	dates := []string{r.Since, r.AsOf}
	for _, a := range r.Adequate {
		if a.Kind != "adequacy" && a.Kind != "partial" && a.Kind != "dpf" {
			return bad("adequate kind %q is not known; write adequacy, partial or dpf", a.Kind)
		}
		if a.Confidence != "" && a.Confidence != "A" && a.Confidence != "B" || len(a.To) == 0 {
			return bad("an adequate row needs to, and a confidence of A or B if any")
		}
		places, dates = append(places, a.To...), append(dates, a.Since, a.Until)
	}
	for _, e := range r.Extra {
		if e.MinLevel < 0 || e.MinLevel > int(drawbridge.LevelRestricted) || len(e.Needs) == 0 && e.Warn == "" {
			return bad("an extra needs needs or warn, and a min_level of 0 to 4")
		}
		places = append(places, e.To...)
	}
	if said := r.checkCounts(); said != "" {
		return bad("%s", said)
	}
	for _, s := range r.Ladder {
		mechanisms = append(mechanisms, s.Use...)
	}
	if r.Bulk != nil {
		places = append(places, r.Bulk.To...)
	}
	for _, m := range mechanisms {
		if _, ok := tr.mechanisms[m]; !ok {
			return bad("mechanism %q is not known; known are %s", m, strings.Join(slices.Sorted(maps.Keys(tr.mechanisms)), ", "))
		}
	}
	for _, d := range dates {
		if _, err := firstDay(d); err != nil {
			return bad("%q is no day or month; write 2026-01-31 or 2026-01", d)
		}
	}
	return tr.checkPlaces(what, places)
}

// checkCounts says what is wrong with a regime's ladder or bulk rule, or "".
func (r *Regime) checkCounts() string {
	for i, s := range r.Ladder {
		if s.MinPersons < 0 || len(s.Use) == 0 || s.Sensitive && len(r.SensitiveTags) == 0 {
			return fmt.Sprintf("ladder[%d] needs use, a min_persons of 0 or more, and sensitive_tags where it asks for sensitive", i)
		}
	}
	if n := len(r.Ladder); n > 0 && (r.Ladder[n-1].MinPersons != 0 || r.Ladder[n-1].Sensitive) {
		return "the last step of the ladder has to match everything: min_persons 0"
	}
	b := r.Bulk
	if b != nil && (len(b.Thresholds) == 0 || len(b.To) == 0 || slices.ContainsFunc(b.Thresholds, func(t Threshold) bool { return t.Tag == "" || t.Persons < 1 })) {
		return "bulk needs to and thresholds of a tag and at least one person"
	}
	return ""
}

// checkPlaces accepts country codes, "org:" codes and known sets.
func (tr *Transfers) checkPlaces(what string, places []string) error {
	for _, p := range places {
		if _, set := tr.sets[p]; !set && !countryPattern.MatchString(p) {
			return drawbridge.Errorf(drawbridge.Invalid, "%s: %q is no country code and no set; write two capitals like DE, or one of %s", what, p, strings.Join(slices.Sorted(maps.Keys(tr.sets)), ", "))
		}
	}
	return nil
}

// firstDay returns a day, or the first day of a month; empty stays empty.
func firstDay(s string) (drawbridge.Date, error) {
	if len(s) == len("2006-01") {
		s += "-01"
	}
	if s == "" {
		return "", nil
	}
	return drawbridge.ParseDate(s)
}

// lastDay returns a day, or the last day of a month; empty stays empty.
func lastDay(s string) drawbridge.Date {
	if len(s) != len("2006-01") {
		return drawbridge.Date(s)
	}
	t, err := time.Parse("2006-01", s)
	if err != nil {
		return drawbridge.Date(s)
	}
	return drawbridge.DateOf(t.AddDate(0, 1, -1))
}
