package approval

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"

	"drawbridge"
	"drawbridge/internal/seal"
)

// ViewVersion is the version of the material view. A change of what it holds or
// of how it is written gets a new version; vectors in testdata hold each one.
const ViewVersion = "review/v1"

// maxView bounds a view that is read back, in bytes.
const maxView = 16 << 20

// View is the material view of a review: what a sign-off rests on, and nothing
// that changes without meaning. Its lists are sets; times of runs, prose and
// contacts are not in it.
type View struct {
	Version    string          `json:"version"`
	Manifest   json.RawMessage `json:"manifest"` // [manifest.Material]
	Tier       drawbridge.Tier `json:"tier"`
	Answers    []Answered      `json:"answers"`
	Evidence   []Evidence      `json:"evidence"`   // accepted, and not past its last day
	Checks     []Check         `json:"checks"`     // the last verdict of each
	Exceptions []Exception     `json:"exceptions"` // that hold
	Conditions []Term          `json:"conditions"`
	Packs      []Pack          `json:"packs"`
}

// Answered is the answer to one question of an accepted questionnaire.
type Answered struct {
	Question string          `json:"question"`        // unique in the view, like partner/standard/breach-notice
	Value    json.RawMessage `json:"value,omitempty"` // as given; left out when it is prose or not applicable
	Prose    bool            `json:"prose,omitempty"` // only whether it is answered counts
	NA       bool            `json:"na,omitempty"`
	Points   float64         `json:"points"` // 0 to 1; 0 when the question is not scored
	Claims   []Claim         `json:"claims,omitempty"`
}

// Claim is what an answer says of one control.
type Claim struct {
	Control string `json:"control"`
	Element string `json:"element,omitempty"`
	Holds   bool   `json:"holds"`
}

// Evidence is one accepted document.
type Evidence struct {
	Kind  string               `json:"kind"`
	Scope string               `json:"scope"`
	Until drawbridge.Date      `json:"until"` // last day; empty for no end
	Known drawbridge.Knowledge `json:"known"` // the rung that it was accepted on
}

// Check is the last verdict of one check on one element.
type Check struct {
	Check   string             `json:"check"`
	Element string             `json:"element"` // interface, and operation where there is one
	Verdict drawbridge.Verdict `json:"verdict"`
}

// Key names the check and its element; [Context.LastPass] goes by it.
func (c Check) Key() string {
	if c.Element == "" {
		return c.Check
	}
	return c.Check + "@" + c.Element
}

// Exception is one confirmed exception that holds.
type Exception struct {
	Covers string          `json:"covers"`
	Until  drawbridge.Date `json:"until"`
}

// Term is one condition as the decision rests on it; its words are prose.
type Term struct {
	ID     string            `json:"id"`
	Before bool              `json:"before_live"`
	Due    drawbridge.Date   `json:"due"`
	State  string            `json:"state"` // open, met, dropped
	Breach drawbridge.Effect `json:"breach"`
}

// Pack names a pack that took part.
type Pack struct {
	Name    string `json:"name"`
	Kind    string `json:"kind"`
	Version string `json:"version"`
	Digest  string `json:"digest"`
}

// JSON returns the view in canonical form, with its lists in order.
func (v View) JSON() ([]byte, error) {
	v.Version = ViewVersion
	v.Answers = sorted(v.Answers, func(a Answered) string { return a.Question })
	for i := range v.Answers {
		if v.Answers[i].Claims != nil {
			v.Answers[i].Claims = sorted(v.Answers[i].Claims, func(c Claim) string { return c.Control + "\x00" + c.Element + "\x00" + fmt.Sprint(c.Holds) })
		}
	}
	v.Evidence = sorted(v.Evidence, func(e Evidence) string { return fmt.Sprintf("%s\x00%s\x00%s\x00%s", e.Kind, e.Scope, e.Until, e.Known) })
	v.Checks = sorted(v.Checks, func(c Check) string { return c.Check + "\x00" + c.Element })
	v.Exceptions = sorted(v.Exceptions, func(x Exception) string { return x.Covers + "\x00" + string(x.Until) })
	v.Conditions = sorted(v.Conditions, func(t Term) string { return t.ID })
	v.Packs = sorted(v.Packs, func(p Pack) string { return p.Kind + "\x00" + p.Name })
	data, err := seal.Canonical(v)
	if err != nil {
		return nil, fmt.Errorf("write the material view: %w", err)
	}
	return data, nil
}

// Digest returns the SHA-256 of the view's JSON.
func (v View) Digest() (string, error) {
	data, err := v.JSON()
	if err != nil {
		return "", err
	}
	return seal.Digest(data), nil
}

// ReadView reads a view that [View.JSON] wrote, and refuses anything else.
func ReadView(data []byte) (View, error) {
	var v View
	if len(data) > maxView {
		return v, drawbridge.Errorf(drawbridge.TooLarge, "material view: larger than %d bytes", maxView)
	}
	if err := exactly(data, &v); err != nil {
		return View{}, drawbridge.Errorf(drawbridge.Invalid, "material view: %w", err)
	}
	if v.Version != ViewVersion {
		return View{}, drawbridge.Errorf(drawbridge.Invalid, "material view: its version is %.40q; this program reads %s", v.Version, ViewVersion)
	}
	return v, nil
}

// sorted returns a sorted copy, never nil.
func sorted[T any](list []T, key func(T) string) []T {
	return slices.SortedFunc(slices.Values(append([]T{}, list...)), func(a, b T) int { return cmp.Compare(key(a), key(b)) })
}
