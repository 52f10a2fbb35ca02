package review

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/approval"
	"drawbridge/internal/policy"
	"drawbridge/internal/register"
	"drawbridge/internal/seal"
	"drawbridge/internal/store"
)

// everything is the scope of what the desk reads for itself.
var everything = access.Scope{All: true}

// maxBlob bounds a stored view or approval, in bytes.
const maxBlob = 16 << 20

// view is the material view as it is now, with what a comparison asks besides.
type view struct {
	approval.View
	json     []byte
	digest   string
	lastPass map[string]time.Time
}

// readView gathers the material view of the head.
func (l *look) readView() (*view, error) {
	f, err := l.facts()
	if err != nil {
		return nil, err
	}
	v := &view{View: approval.View{Manifest: f.material, Tier: l.file.Assessment.Tier}}
	l.addFiled(v)
	for _, add := range []func(*view) error{l.addPacks, l.addChecks, l.addAnswers} {
		if err := add(v); err != nil {
			return nil, err
		}
	}
	if v.json, err = v.JSON(); err != nil {
		return nil, err
	}
	v.digest = seal.Digest(v.json)
	return v, nil
}

func (l *look) addPacks(v *view) error {
	var packs []policy.PackRef
	if err := json.Unmarshal(l.file.Assessment.Packs, &packs); err != nil {
		return fmt.Errorf("read the packs of %s: %w", l.file.Assessment.ID, err)
	}
	for _, p := range packs {
		v.Packs = append(v.Packs, approval.Pack{Name: p.Name, Kind: p.Kind, Version: p.Version, Digest: p.Digest})
	}
	return nil
}

// addFiled adds evidence, exceptions and conditions: those of the review, and where
// none is asked about those of the decision that stands.
func (l *look) addFiled(v *view) {
	for i := range l.file.Evidence {
		e := &l.file.Evidence[i]
		v.Evidence = append(v.Evidence, approval.Evidence{Kind: e.Kind, Scope: e.Scope, Until: e.Until(), Known: e.Known})
	}
	for _, x := range l.file.Exceptions {
		v.Exceptions = append(v.Exceptions, approval.Exception{Covers: x.Covers, Until: x.Expires})
	}
	for _, c := range l.file.Conditions {
		if l.review != nil && c.Review == l.review.ID || l.review == nil && c.Decision != "" && c.Decision == l.file.Standing.Decision {
			v.Conditions = append(v.Conditions, approval.Term{ID: c.ID, Before: c.Before, Due: c.Due, State: c.State, Breach: c.Breach})
		}
	}
}

// addChecks adds the last verdict of each check that says anything; a run that
// was inconclusive or skipped leaves the verdict before it standing.
func (l *look) addChecks(v *view) error {
	runs, refuted := slices.Clone(l.file.Runs), l.refuted()
	v.lastPass = map[string]time.Time{}
	seen := map[string]bool{}
	slices.SortStableFunc(runs, func(a, b drawbridge.Run) int { return b.FinishedAt.Compare(a.FinishedAt) })
	for _, r := range runs {
		list, err := register.Verdicts(&r)
		if err != nil {
			return err
		}
		for _, x := range list {
			c := approval.Check{Check: x.Check, Element: x.Element, Verdict: x.Verdict}
			if x.Verdict != drawbridge.Pass && x.Verdict != drawbridge.Fail || x.Verdict == drawbridge.Fail && refuted[x.Fingerprint] {
				continue
			}
			if at := v.lastPass[c.Key()]; x.Verdict == drawbridge.Pass && r.FinishedAt.After(at) {
				v.lastPass[c.Key()] = r.FinishedAt
			}
			if !seen[c.Key()] {
				seen[c.Key()] = true
				v.Checks = append(v.Checks, c)
			}
		}
	}
	return nil
}

// refuted are the findings that a named reviewer says are wrong.
func (l *look) refuted() map[string]bool {
	out := map[string]bool{}
	for _, r := range l.file.Rulings {
		out[r.Fingerprint] = r.Refuted && r.Fingerprint != "" || out[r.Fingerprint]
	}
	return out
}

// keepView keeps the view as a file of the record, so that it can be compared with
// whatever comes later.
func (l *look) keepView(v *view) error { return l.keep("view", v.json, v.digest) }

// keep keeps a file and names it in the record.
func (l *look) keep(kind string, data []byte, want string) error {
	digest, size, err := l.desk.door.Store().Blobs().Put(bytes.NewReader(data), maxBlob, l.desk.door.Keys())
	if err != nil {
		return err
	}
	if digest != want {
		return fmt.Errorf("review: the %s has the digest %s, not %s", kind, digest, want)
	}
	return l.tx.AddBlob(&store.Blob{ID: digest, Kind: kind, Size: size, Integration: l.in.ID, CreatedAt: l.now})
}

// signed reads a view that was signed.
func (d *Desk) signed(digest string) (approval.View, error) {
	return d.views.get(digest, func() (approval.View, error) {
		data, err := d.door.Store().Blobs().Read(digest, maxBlob, d.door.Keys())
		if err != nil {
			return approval.View{}, err
		}
		return approval.ReadView(data)
	})
}

// differences compares what a decision rests on with what is there now.
func (l *look) differences(d *drawbridge.Decision, present approval.View, lastPass map[string]time.Time) ([]approval.Difference, error) {
	signed, err := l.desk.signed(d.View)
	if err != nil {
		return nil, fmt.Errorf("read the view of %s: %w", d.ID, err)
	}
	c := approval.Context{AsOf: l.now, Months: l.file.Decided.Months, LastPass: lastPass}
	var failed error
	c.Stands = func(covers string) bool {
		if strings.HasPrefix(covers, "control:") { // a control has no finding of its own
			g, err := l.gate()
			failed = err
			return err != nil || g.Names(covers)
		}
		list, err := l.findings()
		failed = err
		return err != nil || slices.ContainsFunc(list, func(f drawbridge.Finding) bool { return f.Is(covers) })
	}
	out, err := approval.Compare(signed, present, c)
	return out, cmp.Or(err, failed)
}
