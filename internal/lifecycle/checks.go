package lifecycle

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"

	"drawbridge"
	"drawbridge/internal/policy"
	"drawbridge/internal/review"
	"drawbridge/internal/store"
	"drawbridge/internal/threat"
)

// maxRuns bounds how many runs of the present interface are looked at besides
// those that stand, the latest.
const maxRuns = 200

// verdicts are what live checks said last of the present interface, sorted: of
// runs on a revision that is materially the head. A pass or a failure stands
// until the next one; doubt is told only where neither came; what was skipped
// says nothing. A failure that a reviewer refuted says nothing either.
func (d *Desk) verdicts(tx *store.Tx, f *review.File) ([]threat.Live, error) {
	runs, err := presentRuns(tx, f)
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(runs, func(a, b drawbridge.Run) int { return b.FinishedAt.Compare(a.FinishedAt) })
	var out []threat.Live
	for _, r := range runs {
		older := len(out) // a run may name several failures of one check
		var list []threat.Live
		if err := json.Unmarshal(r.Verdicts, &list); err != nil {
			return nil, fmt.Errorf("read the verdicts of %s: %w", r.ID, err)
		}
		for _, v := range list {
			refuted := slices.ContainsFunc(f.Rulings, func(r drawbridge.Ruling) bool {
				return r.Refuted && v.Fingerprint != "" && r.Fingerprint == v.Fingerprint
			})
			if v.Verdict == drawbridge.Skipped || v.Verdict == drawbridge.Fail && refuted {
				continue
			}
			i := slices.IndexFunc(out[:older], func(o threat.Live) bool { return o.Check == v.Check && o.Element == v.Element })
			switch {
			case i < 0:
				out = append(out, v)
			case out[i].Verdict == drawbridge.Inconclusive:
				out, older = append(slices.Delete(out, i, i+1), v), older-1
			}
		}
	}
	slices.SortFunc(out, func(a, b threat.Live) int {
		return cmp.Or(cmp.Compare(a.Check, b.Check), cmp.Compare(a.Element, b.Element))
	})
	return out, nil
}

// presentRuns reads the runs that were made on what is materially the head. One
// that no longer stands is among them: a run on another revision took its place,
// and that says nothing of this one.
func presentRuns(tx *store.Tx, f *review.File) ([]drawbridge.Run, error) {
	own := map[string]any{"integration": string(f.Integration.ID)}
	same, err := tx.RevisionShelf().Find(store.Query{Equal: map[string]any{"integration": own["integration"], "material": f.Head.Material}, Newest: true})
	if err != nil {
		return nil, err
	}
	var contents []string
	for _, r := range same {
		contents = append(contents, r.Content)
	}
	own["stands"] = false
	out, err := tx.Runs().Find(store.Query{Equal: own, In: map[string][]string{"content": contents}, Newest: true, Limit: maxRuns})
	for _, r := range f.Runs {
		if slices.Contains(contents, r.Content) {
			out = append(out, r)
		}
	}
	return out, err
}

// missingChecks wants no failure that no exception covers, and where the decision's tier asks for live
// tests a pass of each check that said anything, and one at least where there is
// anything to drive.
func missingChecks(l *look) ([]string, error) {
	list, err := l.d.verdicts(l.tx, l.file)
	if err != nil {
		return nil, err
	}
	wanted, err := l.testsWanted()
	if err != nil {
		return nil, err
	}
	testable := true
	if wanted && len(list) == 0 {
		if testable, err = l.d.opt.Testable(&l.file.Head); err != nil {
			return nil, err
		}
	}
	var out []string
	for _, v := range list {
		f := drawbridge.Finding{Fingerprint: v.Fingerprint, Rule: v.Check, Element: v.Element}
		if v.Verdict == drawbridge.Fail && slices.ContainsFunc(l.file.Exceptions, func(x drawbridge.Exception) bool { return f.Is(x.Covers) }) {
			continue
		}
		if v.Verdict == drawbridge.Fail || wanted && v.Verdict != drawbridge.Pass {
			out = append(out, fmt.Sprintf("check %s is %s at %s", v.Check, v.Verdict, v.Element))
		}
	}
	return append(out, say(wanted && testable && len(list) == 0, "no live check has passed on the present interface")...), nil
}

// testsWanted reports whether the tier that was decided asks for live tests.
func (l *look) testsWanted() (bool, error) {
	ws := l.d.opt.Workspace()
	if ws == nil {
		return false, drawbridge.Errorf(drawbridge.Unavailable, "the server has no packs: ask its operator to look at drawbridge doctor")
	}
	tier := l.in.Tier
	if l.status.Decision != nil {
		tier = l.status.Decision.Tier
	}
	tiers := ws.Policy.Tiers()
	i := slices.IndexFunc(tiers, func(t policy.TierDef) bool { return t.Tier == tier })
	return i < 0 || tiers[i].LiveTests, nil // a tier that no pack knows asks for everything
}
