package report

import (
	"encoding/json"
	"io"
	"slices"

	"drawbridge"
	"drawbridge/internal/assess"
	"drawbridge/internal/check"
	"drawbridge/internal/threat"
)

// sarifHandler writes one SARIF 2.1.0 run for all integrations: the threats,
// and the rules of the gate that object.
type sarifHandler struct {
	w     io.Writer
	log   *threat.SARIFLog
	rules map[string]int
}

func (h *sarifHandler) Result(a *assess.Assessment) error {
	one := threat.SARIF(a.Threats, threat.SARIFSource{Integration: a.Integration.ID, Version: a.Provenance.Version, Place: a.Place})
	if h.log == nil {
		h.log = one
		h.log.Runs[0].Tool.Driver.Rules = slices.Clone(one.Runs[0].Tool.Driver.Rules)
		h.rules = map[string]int{}
		for i, r := range h.log.Runs[0].Tool.Driver.Rules {
			h.rules[r.ID] = i
		}
	} else {
		for _, r := range one.Runs[0].Results {
			r.RuleIndex = h.rule(one.Runs[0].Tool.Driver.Rules[r.RuleIndex])
			h.log.Runs[0].Results = append(h.log.Runs[0].Results, r)
		}
	}
	for _, r := range failures(a) {
		h.finding(a, r)
	}
	file, line, column := a.Place("id")
	for _, reason := range a.Gate.Reasons {
		level := map[drawbridge.Outcome]string{drawbridge.NoGo: "error", drawbridge.Conditional: "warning"}[reason.Outcome]
		if level == "" {
			continue
		}
		id := "gate/" + reason.Rule
		h.log.Runs[0].Results = append(h.log.Runs[0].Results, threat.SARIFResult{
			RuleID: id, Level: level, Message: threat.SARIFText{Text: clean(reason.Text + refs(reason.Refs))},
			RuleIndex: h.rule(threat.SARIFRule{
				ID: id, ShortDescription: threat.SARIFText{Text: "Gate: " + reason.Rule},
				FullDescription: threat.SARIFText{Text: "A rule of the policy's gate that objects to go."},
				Help:            threat.SARIFText{Text: "The pack's gate holds this rule; drawbridge assess prints the conditions that lift it."},
			}),
			Locations: []threat.SARIFLocation{{
				Physical: threat.SARIFPhysical{Artifact: threat.SARIFArtifact{URI: threat.FileURI(file)}, Region: threat.SARIFRegion{StartLine: max(1, line), StartColumn: max(0, column)}},
			}},
			Fingerprints: map[string]string{"drawbridge/f1": threat.Fingerprint(a.Integration.ID, &threat.Threat{Rule: id, ElementKind: "integration", Element: a.Integration.Environment})},
		})
	}
	return nil
}

// rule returns the index of a rule, adding it where it is new.
func (h *sarifHandler) rule(r threat.SARIFRule) int {
	i, ok := h.rules[r.ID]
	if !ok {
		i = len(h.log.Runs[0].Tool.Driver.Rules)
		h.rules[r.ID] = i
		h.log.Runs[0].Tool.Driver.Rules = append(h.log.Runs[0].Tool.Driver.Rules, r)
	}
	return i
}

func (h *sarifHandler) Done() error {
	if h.log == nil {
		h.log = threat.SARIF(nil, threat.SARIFSource{})
	}
	enc := json.NewEncoder(h.w)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(h.log)
}

// finding adds a failed live check; its place is the interface in the manifest.
func (h *sarifHandler) finding(a *assess.Assessment, r check.Result) {
	file, line, column := a.Place("interfaces[" + r.Interface + "]")
	level := "note"
	switch {
	case r.Severity.Rank() >= drawbridge.High.Rank():
		level = "error"
	case r.Severity == drawbridge.Medium:
		level = "warning"
	}
	h.log.Runs[0].Results = append(h.log.Runs[0].Results, threat.SARIFResult{
		RuleID: r.Check, Level: level,
		Message: threat.SARIFText{Text: clean(r.Title + ": " + r.Reason + " " + r.Operation + " " + r.Location)},
		RuleIndex: h.rule(threat.SARIFRule{
			ID: r.Check, ShortDescription: threat.SARIFText{Text: r.Title}, FullDescription: threat.SARIFText{Text: r.Title + "."}, Help: threat.SARIFText{Text: r.Fix},
		}),
		Locations: []threat.SARIFLocation{{
			Physical: threat.SARIFPhysical{Artifact: threat.SARIFArtifact{URI: threat.FileURI(file)}, Region: threat.SARIFRegion{StartLine: max(1, line), StartColumn: max(0, column)}},
			Logical:  []threat.SARIFLogical{{Name: or(r.Operation, r.Interface), Kind: "function"}},
		}},
		Fingerprints: map[string]string{"drawbridge/f1": r.Fingerprint},
		Properties:   map[string]any{"severity": r.Severity, "transcript": transcript(r)},
	})
}
