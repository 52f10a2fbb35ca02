package policy_test

import (
	"bytes"
	"strings"
	"testing"

	"drawbridge"
	"drawbridge/internal/policy"
)

func TestEdited(t *testing.T) {
	t.Parallel()
	ws, err := policy.BuiltinWorkspace()
	if err != nil {
		t.Fatal(err)
	}
	figures, err := ws.Figures()
	if err != nil || len(figures) < 40 {
		t.Fatalf("Figures = %d %v", len(figures), err)
	}
	set := map[string]string{"rubric.factors.privacy_exposure.weight": "60", "rubric.control_effect": " 0.7", "pack.tiers.high.from": "45", "gate.rules.uncategorised-data.outcome": "no-go"}
	archive, err := ws.Edited(policy.Edits{Name: "ours", Version: "1.1.0", Set: set})
	if err != nil {
		t.Fatal(err)
	}
	if again, err := ws.Edited(policy.Edits{Name: "ours", Version: "1.1.0", Set: set}); err != nil || !bytes.Equal(again, archive) {
		t.Errorf("the same edits give other bytes: %v", err)
	}
	next, err := ws.With(archive)
	if err != nil {
		t.Fatal(err)
	}
	if r := next.Policy.Rubric(); r.Factors[0].Weight != 60 || r.ControlEffect != 0.7 || next.Policy.Name != "ours" || next.Policy.Version != "1.1.0" {
		t.Errorf("edited = %v %v %s %s", r.Factors[0].Weight, r.ControlEffect, next.Policy.Name, next.Policy.Version)
	}
	for _, tier := range next.Policy.Tiers() {
		if tier.Tier == drawbridge.TierHigh && tier.From != 45 {
			t.Errorf("high begins at %v", tier.From)
		}
	}
	if report, err := next.Policy.Test(); err != nil || report.Failed > 0 {
		t.Errorf("the edited pack's own cases: %+v %v", report, err)
	}
	more, err := next.Edited(policy.Edits{Set: map[string]string{"pack.tiers.high.months": "9"}})
	if err != nil {
		t.Fatal(err)
	}
	if third, err := next.With(more); err != nil || third.Policy.Version != "1.1.1" || third.Policy.Rubric().Factors[0].Weight != 60 {
		t.Errorf("an edit of an edit: %v", err)
	}
	for name, e := range map[string]policy.Edits{
		"keeps its name":  {Version: "2.0.0"},
		"name:":           {Name: "Ours!"},
		"version:":        {Name: "ours", Version: "x"},
		"is no figure":    {Name: "ours", Set: map[string]string{"rubric.nothing": "1"}},
		"no number":       {Name: "ours", Set: map[string]string{"rubric.control_effect": "much"}},
		"no outcome":      {Name: "ours", Set: map[string]string{"gate.rules.failed-check.outcome": "maybe\nx: 1"}},
		"control_effect":  {Name: "ours", Set: map[string]string{"rubric.control_effect": "7"}},
		"must fall":       {Name: "ours", Set: map[string]string{"pack.tiers.high.from": "90"}},
		"is no number fr": {Name: "ours", Set: map[string]string{"rubric.control_effect": "NaN"}},
	} {
		if _, err := ws.Edited(e); drawbridge.KindOf(err) != drawbridge.Invalid || !strings.Contains(err.Error(), name) {
			t.Errorf("%+v = %v, want %q", e, err, name)
		}
	}
}
