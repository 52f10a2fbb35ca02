package policy_test

import (
	"slices"
	"strings"
	"testing"

	"drawbridge"
	"drawbridge/internal/flow"
	"drawbridge/internal/manifest"
	"drawbridge/internal/threat"
)

// TestControlsAskWhatCanBeAnswered holds each control to interface kinds on
// which the safeguards that it reads may be written.
func TestControlsAskWhatCanBeAnswered(t *testing.T) {
	t.Parallel()
	for _, c := range builtin(t).Controls() {
		if c.Per != flow.OnInterface {
			if strings.Contains(c.Holds, "safeguard.") {
				t.Errorf("%s reads a safeguard per %s", c.ID, c.Per)
			}
			continue
		}
		kinds := c.Kinds
		if len(kinds) == 0 {
			kinds = drawbridge.InterfaceKinds()
		}
		directions := []drawbridge.Direction{drawbridge.Inbound, drawbridge.Outbound}
		if c.Direction != "" {
			directions = []drawbridge.Direction{c.Direction}
		}
		for _, def := range manifest.SafeguardDefs() {
			if !slices.Contains(c.Reads(), "safeguard."+def.Key) {
				continue
			}
			for _, kind := range kinds {
				for _, direction := range directions {
					if c.ID == "authentication-required" && def.Key == "authn" {
						continue // read only where it fits; the expression says so itself
					}
					if !def.Fits(kind, direction) {
						t.Errorf("%s reads safeguard.%s, which a %s interface of kind %s may not have", c.ID, def.Key, direction, kind)
					}
				}
			}
		}
	}
}

// TestControlsSettleByKnownIDs holds the settles to the one table of threat.
func TestControlsSettleByKnownIDs(t *testing.T) {
	t.Parallel()
	for _, c := range builtin(t).Controls() {
		if len(c.Settles) == 0 {
			t.Errorf("%s: nothing settles it", c.ID)
		}
		for _, id := range c.Settles {
			if _, ok := threat.Settles().Lookup(id); !ok {
				t.Errorf("%s: settles names %q, which the table lacks", c.ID, id)
			}
		}
	}
}

// TestRulesNameControls holds the threat rules to the controls of the pack.
func TestRulesNameControls(t *testing.T) {
	t.Parallel()
	rules, err := threat.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	p := builtin(t)
	for _, r := range rules.Rules() {
		for _, id := range r.Controls {
			if _, ok := p.Control(id); !ok {
				t.Errorf("rule %s names the control %q, which the pack lacks", r.ID, id)
			}
		}
	}
}
