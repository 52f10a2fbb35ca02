// Package assess is the assembly line: manifest, map, threats, score, plan,
// results, verdict. It is a pure function of files, packs, results and an
// as-of time; it prints nothing and knows no server.
package assess

import (
	"time"

	"drawbridge/internal/check"
	"drawbridge/internal/flow"
	"drawbridge/internal/policy"
	"drawbridge/internal/threat"
)

// Document is the published result for one or several integrations.
type Document struct {
	SchemaVersion string       `json:"schema_version"`
	Assessments   []Assessment `json:"assessments"`
}

// Assessment is the published result for one integration.
type Assessment struct {
	SchemaVersion string            `json:"schema_version"`
	AsOf          time.Time         `json:"as_of"`
	Workspace     string            `json:"workspace"` // file, or "builtin"
	Packs         []policy.PackRef  `json:"packs"`
	Integration   Subject           `json:"integration"`
	Digest        Digests           `json:"digest"`
	Map           *flow.Map         `json:"map"`
	Exposure      flow.Exposure     `json:"exposure"`
	Transfers     []policy.Transfer `json:"transfers"`
	Threats       []threat.Threat   `json:"threats"`
	Questions     []threat.Question `json:"questions"`
	Backlog       []threat.Scenario `json:"backlog"`
	Unknowns      []Unknown         `json:"unknowns"`
	Controls      []policy.Control  `json:"controls"`
	Claims        []ClaimTest       `json:"claims"`
	Checks        []check.Result    `json:"checks"`
	Coverage      Coverage          `json:"coverage"`
	Score         policy.Score      `json:"score"`
	Gate          policy.Gate       `json:"gate"`
	Provenance    Provenance        `json:"provenance"`
	Notes         []string          `json:"notes"` // what the reader must know, like "no live results"

	// Place finds a manifest key in the files, as the person named them.
	Place func(key string) (file string, line, column int) `json:"-"`
}

// Subject says what was assessed.
type Subject struct {
	ID          string `json:"id"`
	Environment string `json:"environment"`
	Name        string `json:"name"`
	Purpose     string `json:"purpose"`
	Partner     string `json:"partner"`
	File        string `json:"file"`
}

// Digests are the two digests of the manifest.
type Digests struct {
	Content  string `json:"content"`
	Material string `json:"material"`
}

// Unknown is something that nobody answered and that counted as the worst case.
type Unknown struct {
	Key     string `json:"key"`
	Element string `json:"element"`
	Effect  string `json:"effect"` // what it was counted as
}

// Coverage says how much of the plan has a result.
type Coverage struct {
	Planned int     `json:"planned"` // automated scenarios
	Passed  int     `json:"passed"`
	Failed  int     `json:"failed"`
	Other   int     `json:"other"`   // inconclusive or skipped
	Percent float64 `json:"percent"` // passed and failed out of planned, 0..100; 0 when nothing was run
}

// Provenance says what made the document.
type Provenance struct {
	Tool    string            `json:"tool"`
	Version string            `json:"version"`
	Inputs  map[string]string `json:"inputs"` // file to sha256
}
