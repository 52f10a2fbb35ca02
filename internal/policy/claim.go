package policy

import (
	"slices"
	"strings"

	"drawbridge"
)

// Statement is what one source states about a control on one element.
type Statement struct {
	Source string   `json:"source"`         // manifest, answer:<inquiry>/<question>, evidence:<id>
	Keys   []string `json:"keys,omitempty"` // of the manifest
	Holds  bool     `json:"holds"`
}

// Stated is a control on one element of which somebody states something.
type Stated struct {
	Element   string
	Interface string // on which it stands; empty when it stands on none
	Said      []Statement
}

// Claimed reports whether anybody says that the control is in place.
func (s Stated) Claimed() bool { return s.some(true) }

// Disputed reports whether what is stated does not agree.
func (s Stated) Disputed() bool { return s.some(true) && s.some(false) }

func (s Stated) some(holds bool) bool {
	return slices.ContainsFunc(s.Said, func(a Statement) bool { return a.Holds == holds })
}

// Settled reports whether a result on an element speaks of the control there.
func (s Stated) Settled(element string) bool {
	return element != "" && (element == s.Element || element == s.Interface)
}

// hear lets claims speak. The worst of what is stated counts; what nobody but a
// questionnaire or a document states is self-attested, whatever its source.
func (s *standing) hear(claims []drawbridge.Claim) {
	before := len(s.said)
	for _, c := range claims {
		if c.Element == "" || c.Element == s.element || c.Element == s.iface {
			s.said = append(s.said, Statement{Source: c.Source, Holds: c.Holds})
		}
	}
	if len(s.said) == before {
		return
	}
	stated := Stated{Said: s.said}
	value := 1.0
	if s.claim = !stated.some(false); !s.claim {
		value = 0
	}
	switch {
	case stated.Disputed():
		s.because = "What is stated does not agree, and the worse counts: " + sources(s.said, true) + " says that it is in place, " + sources(s.said, false) + " that it is not."
	case before == 0 && s.claim:
		s.because = "It is stated in " + sources(s.said, true) + "; nothing but that word stands behind it."
	case before == 0:
		s.because = "By " + sources(s.said, false) + " it is not in place."
	}
	s.value, s.known, s.confidence, s.missing = &value, drawbridge.KnownClaim, confidence(drawbridge.KnownClaim), nil
	if len(s.keys) == 0 {
		s.keys = []string{sources(s.said, s.claim)}
	}
}

// sources lists who says that a control holds, or that it does not.
func sources(said []Statement, holds bool) string {
	var out []string
	for _, a := range said {
		if a.Holds != holds {
			continue
		}
		if len(a.Keys) > 0 {
			out = append(out, "the manifest in "+strings.Join(a.Keys, ", "))
		} else {
			out = append(out, a.Source)
		}
	}
	slices.Sort(out)
	return some(slices.Compact(out))
}

// stated lists where somebody states something about the control.
func (s standings) stated() []Stated {
	var out []Stated
	for _, o := range s.on {
		if o.applies && len(o.said) > 0 {
			out = append(out, Stated{Element: o.element, Interface: o.iface, Said: o.said})
		}
	}
	return out
}
