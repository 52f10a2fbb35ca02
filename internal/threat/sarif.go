package threat

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/url"
	"path/filepath"
	"strings"

	"drawbridge"
)

// The structs of SARIF 2.1.0 that results need; the report of a whole
// assessment uses them too.
type (
	// SARIFLog is a SARIF file.
	SARIFLog struct {
		Schema  string     `json:"$schema"`
		Version string     `json:"version"`
		Runs    []SARIFRun `json:"runs"`
	}
	// SARIFRun is what one tool found.
	SARIFRun struct {
		Tool       SARIFTool     `json:"tool"`
		Results    []SARIFResult `json:"results"`
		ColumnKind string        `json:"columnKind"`
	}
	// SARIFTool names the tool.
	SARIFTool struct {
		Driver SARIFDriver `json:"driver"`
	}
	// SARIFDriver lists the rules of the tool.
	SARIFDriver struct {
		Name    string      `json:"name"`
		Version string      `json:"semanticVersion,omitempty"`
		Rules   []SARIFRule `json:"rules"`
	}
	// SARIFRule describes one rule.
	SARIFRule struct {
		ID               string         `json:"id"`
		ShortDescription SARIFText      `json:"shortDescription"`
		FullDescription  SARIFText      `json:"fullDescription"`
		Help             SARIFText      `json:"help"`
		Properties       map[string]any `json:"properties,omitempty"`
	}
	// SARIFText is a plain text.
	SARIFText struct {
		Text string `json:"text"`
	}
	// SARIFResult is one finding.
	SARIFResult struct {
		RuleID       string             `json:"ruleId"`
		RuleIndex    int                `json:"ruleIndex"`
		Level        string             `json:"level"`
		Message      SARIFText          `json:"message"`
		Locations    []SARIFLocation    `json:"locations"`
		Fingerprints map[string]string  `json:"partialFingerprints"`
		Suppressions []SARIFSuppression `json:"suppressions,omitempty"`
		Properties   map[string]any     `json:"properties,omitempty"`
	}
	// SARIFLocation points at a place in a file.
	SARIFLocation struct {
		Physical SARIFPhysical  `json:"physicalLocation"`
		Logical  []SARIFLogical `json:"logicalLocations,omitempty"`
	}
	// SARIFPhysical is a place in a file.
	SARIFPhysical struct {
		Artifact SARIFArtifact `json:"artifactLocation"`
		Region   SARIFRegion   `json:"region"`
	}
	// SARIFArtifact names a file.
	SARIFArtifact struct {
		URI string `json:"uri"`
	}
	// SARIFRegion is a line and a column, from 1.
	SARIFRegion struct {
		StartLine   int `json:"startLine"`
		StartColumn int `json:"startColumn,omitempty"`
	}
	// SARIFLogical names an element of the map.
	SARIFLogical struct {
		Name string `json:"fullyQualifiedName"`
		Kind string `json:"kind"`
	}
	// SARIFSuppression says why a finding does not count.
	SARIFSuppression struct {
		Kind          string `json:"kind"`
		Status        string `json:"status"`
		Justification string `json:"justification"`
	}
)

// SARIFSource says where the threats come from.
type SARIFSource struct {
	Integration string // id of the integration, part of the fingerprints
	Version     string // of the program
	Place       func(key string) (file string, line, column int)
}

// SARIF returns the threats that are open, accepted (suppressed) or waiting for
// an answer (notes) as a SARIF 2.1.0 log.
func SARIF(threats []Threat, src SARIFSource) *SARIFLog {
	run := SARIFRun{
		Tool:       SARIFTool{Driver: SARIFDriver{Name: "drawbridge", Rules: []SARIFRule{}}},
		Results:    []SARIFResult{},
		ColumnKind: "unicodeCodePoints",
	}
	if len(src.Version) > 0 && src.Version[0] >= '0' && src.Version[0] <= '9' {
		run.Tool.Driver.Version = src.Version
	}
	index := map[string]int{}
	for i := range threats {
		t := &threats[i]
		level := sarifLevel(t)
		if level == "" {
			continue
		}
		n, ok := index[t.Rule]
		if !ok {
			n = len(run.Tool.Driver.Rules)
			index[t.Rule] = n
			run.Tool.Driver.Rules = append(run.Tool.Driver.Rules, sarifRule(t))
		}
		run.Results = append(run.Results, sarifResult(t, n, level, src))
	}
	return &SARIFLog{Schema: "https://json.schemastore.org/sarif-2.1.0.json", Version: "2.1.0", Runs: []SARIFRun{run}}
}

// sarifLevel returns the level of a result, empty for what is no finding.
func sarifLevel(t *Threat) string {
	switch t.State {
	case drawbridge.ThreatNeedsAnswer:
		return "note"
	case drawbridge.ThreatOpen, drawbridge.ThreatAccepted:
	default:
		return ""
	}
	switch t.Severity {
	case drawbridge.Critical, drawbridge.High:
		return "error"
	case drawbridge.Medium:
		return "warning"
	default:
		return "note"
	}
}

// scores are the figures by which code hosts sort findings, 0 to 10.
var scores = map[drawbridge.Severity]string{
	drawbridge.Critical: "9.5", drawbridge.High: "8.0", drawbridge.Medium: "5.5", drawbridge.Low: "3.0", drawbridge.Info: "0.0",
}

func sarifRule(t *Threat) SARIFRule {
	tags := []string{"security", t.Model + "/" + t.Class}
	for _, n := range t.CWE {
		tags = append(tags, fmt.Sprintf("external/cwe/cwe-%03d", n))
	}
	return SARIFRule{
		ID: t.Rule, ShortDescription: SARIFText{t.Title}, FullDescription: SARIFText{t.Why},
		Help:       SARIFText{t.Why + " Controls: " + strings.Join(t.Controls, ", ") + ". Settled by: " + settles(t.Settles) + "."},
		Properties: map[string]any{"tags": tags, "security-severity": scores[t.Severity]},
	}
}

func sarifResult(t *Threat, rule int, level string, src SARIFSource) SARIFResult {
	file, line, col := src.Place(place(t))
	text := t.Title + " on " + t.Element + "."
	if len(t.Because) > 0 {
		text += " Because " + because(t.Because) + "."
	}
	if len(t.Missing) > 0 {
		text += " Unknown, answer in the manifest: " + strings.Join(t.Missing, ", ") + "."
	}
	out := SARIFResult{
		RuleID: t.Rule, RuleIndex: rule, Level: level, Message: SARIFText{text},
		Locations: []SARIFLocation{{
			Physical: SARIFPhysical{Artifact: SARIFArtifact{FileURI(file)}, Region: SARIFRegion{max(1, line), max(0, col)}},
			Logical:  []SARIFLogical{{t.Element, t.ElementKind}},
		}},
		Fingerprints: map[string]string{"drawbridge/f1": Fingerprint(src.Integration, t)},
		Properties:   map[string]any{"state": t.State, "severity": t.Severity, "threat": t.ID},
	}
	if t.Accepted != nil {
		out.Suppressions = []SARIFSuppression{{
			Kind: "external", Status: "accepted",
			Justification: fmt.Sprintf("%s (%s, until %s)", t.Accepted.Reason, t.Accepted.Owner, t.Accepted.Expires),
		}}
	}
	return out
}

// place returns the manifest key that a threat is about: the one that nobody
// answered, the one that decided, or the element itself.
func place(t *Threat) string {
	switch {
	case len(t.Missing) > 0:
		return t.Missing[0]
	case len(t.Because) > 0:
		return t.Because[len(t.Because)-1].Key
	case t.ElementKind == "interface":
		return "interfaces[" + t.Element + "]"
	case t.ElementKind == "flow":
		return "flows[" + t.Element + "]"
	default:
		return "id"
	}
}

// Fingerprint identifies a threat over time: by integration, rule and element,
// never by wording, version or date.
func Fingerprint(integration string, t *Threat) string {
	sum := sha256.Sum256([]byte(strings.Join([]string{integration, t.Rule, t.ElementKind, t.Element}, "\x00")))
	return "f1-" + hex.EncodeToString(sum[:16])
}

// FileURI writes a file name as SARIF wants it.
func FileURI(name string) string {
	u := url.URL{Path: filepath.ToSlash(name)}
	return u.String()
}
