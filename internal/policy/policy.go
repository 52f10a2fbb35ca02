// Package policy holds packs of controls, the rubric that turns a map and its
// controls into a score with reasons, and the gate that turns the score into an
// answer. Packs are data; this package owns their evaluation.
package policy

import "drawbridge"

// Control is one control of the pack as it stands for one integration.
type Control struct {
	ID         string               `json:"id"`
	Title      string               `json:"title"`
	Domain     string               `json:"domain"`
	Criterion  string               `json:"criterion"` // in words, measurable
	Required   bool                 `json:"required"`  // by the present tier
	Applies    bool                 `json:"applies"`
	Value      *float64             `json:"value"` // 0..1 at its worst element; nil when unknown
	Known      drawbridge.Knowledge `json:"known"`
	Confidence float64              `json:"confidence"`
	Weight     float64              `json:"weight"`
	Verdict    drawbridge.Verdict   `json:"verdict,omitempty"` // of the live checks that settle it
	Element    string               `json:"element,omitempty"` // where it is worst
	Missing    []string             `json:"missing,omitempty"` // manifest keys that nobody answered
	Because    string               `json:"because"`
	Frameworks []string             `json:"frameworks"`
	Settles    []string             `json:"settles"`
	Owner      string               `json:"owner"`     // role that answers for it
	Technical  bool                 `json:"technical"` // a live test can settle it
	Why        string               `json:"why"`       // why the weight

	// Stated is what is said of the control, element by element; the assessment
	// lays it beside the tests.
	Stated []Stated `json:"-"`
}

// Score is the risk of one integration. Higher is always riskier; all figures
// but Effectiveness are 0..100.
type Score struct {
	Method        string          `json:"method"` // pack name@version of the rubric
	Inherent      float64         `json:"inherent"`
	Effectiveness float64         `json:"effectiveness"` // 0..1
	Residual      float64         `json:"residual"`
	Tier          drawbridge.Tier `json:"tier"`
	Contributions []Contribution  `json:"contributions"`
	Levers        []Lever         `json:"levers"` // what would lower it most, found by trying
	InputDigest   string          `json:"input_digest"`
}

// Contribution is one step of the waterfall.
type Contribution struct {
	Kind    string  `json:"kind"` // factor, floor, control, lift
	Name    string  `json:"name"`
	Input   string  `json:"input"`
	Value   float64 `json:"value"`   // factor or fulfilment, 0..1
	Weight  float64 `json:"weight"`  // as the rubric gives it
	Points  float64 `json:"points"`  // signed, what it adds to the figure so far
	Unknown bool    `json:"unknown"` // counted as the worst case because nobody answered
	Reason  string  `json:"reason"`
}

// Lever is one change that was tried, and what it did.
type Lever struct {
	Change   string  `json:"change"`   // what to do, in words
	Key      string  `json:"key"`      // manifest key
	Inherent float64 `json:"inherent"` // change of I, negative is better
	Residual float64 `json:"residual"` // change of R, negative is better
	Unlifted float64 `json:"unlifted"` // the same before lifts: what it is worth once their reasons are gone
}

// Gate is the answer with its reasons.
type Gate struct {
	Outcome    drawbridge.Outcome `json:"outcome"`
	Reasons    []Reason           `json:"reasons"`
	Conditions []Condition        `json:"conditions"`
	Roles      []string           `json:"roles"`               // that have to sign, by the tier
	Rhythm     string             `json:"rhythm"`              // of reassessment, by the tier
	Due        drawbridge.Date    `json:"due"`                 // next reassessment
	Template   string             `json:"template"`            // questionnaire, by the tier
	FastLane   bool               `json:"fast_lane,omitempty"` // one reviewer is enough, by the policy
}

// Reason is one rule of the gate that spoke.
type Reason struct {
	Rule    string             `json:"rule"`
	Outcome drawbridge.Outcome `json:"outcome"`
	Text    string             `json:"text"`
	Refs    []string           `json:"refs,omitempty"` // threats, controls, transfers
}

// Condition has to be met before go.
type Condition struct {
	Text  string          `json:"text"`
	Owner string          `json:"owner"` // role
	Due   drawbridge.Date `json:"due"`
	Ref   string          `json:"ref,omitempty"`
}

// PackRef names a pack that took part.
type PackRef struct {
	Name    string `json:"name"`
	Kind    string `json:"kind"` // policy, threats, taxonomy, transfers
	Version string `json:"version"`
	Digest  string `json:"digest"`
	Origin  string `json:"origin"` // builtin, or the vendored path
}

// Transfer is the verdict on one cross-border movement of one flow.
type Transfer struct {
	Flow       string   `json:"flow"`
	Regime     string   `json:"regime"`
	Origin     string   `json:"origin"`
	To         string   `json:"to"`
	Mechanism  string   `json:"mechanism"`
	Verdict    string   `json:"verdict"` // allowed, allowed-with-evidence-missing, blocked-mechanism, blocked-prohibited, needs-human, not-personal
	Confidence string   `json:"confidence"`
	AsOf       string   `json:"as_of"`
	Confirmed  bool     `json:"confirmed"`
	Missing    []string `json:"missing,omitempty"`
	Reason     string   `json:"reason"`
}
