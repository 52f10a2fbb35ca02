package assess

import (
	"context"

	"drawbridge"
	"drawbridge/internal/expr"
	"drawbridge/internal/flow"
	"drawbridge/internal/manifest"
	"drawbridge/internal/policy"
	"drawbridge/internal/taxonomy"
	"drawbridge/internal/threat"
)

// Figures are what an assessment comes to.
type Figures struct {
	Tier     drawbridge.Tier    `json:"tier"`
	Outcome  drawbridge.Outcome `json:"outcome"`
	Inherent float64            `json:"inherent"`
	Residual float64            `json:"residual"`
}

// Line finds the figures of one integration after the other. They are those of
// [FromBundle]; how they came about is left out, what workspaces share is done
// once, and what integrations have in common is remembered. The zero value is
// ready. It is not safe for concurrent use.
type Line struct {
	threats map[*threat.Catalogue]*threat.Session
	memo    expr.Memo
}

// session is the line's session with a catalogue of rules.
func (l *Line) session(c *threat.Catalogue) *threat.Session {
	if l.threats[c] == nil {
		if l.threats == nil {
			l.threats = map[*threat.Catalogue]*threat.Session{}
		}
		l.threats[c] = c.Session()
	}
	return l.threats[c]
}

// drawn is an integration by one taxonomy, with its threats by each catalogue.
type drawn struct {
	m       *flow.Map
	facts   *flow.Facts
	threats map[*threat.Catalogue]*threat.Result
}

// Figures are the figures by each workspace, in their order.
func (l *Line) Figures(ctx context.Context, b *manifest.Bundle, opt Options, by ...*policy.Workspace) ([]Figures, error) {
	tested, err := opt.tests(b.Integration)
	if err != nil {
		return nil, err
	}
	brief := threat.Options{AsOf: opt.AsOf, Live: tested.live(), Exceptions: opt.Exceptions, Brief: true}
	maps := map[*taxonomy.Taxonomy]*drawn{}
	out := make([]Figures, len(by))
	for i, ws := range by {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		x := maps[ws.Taxonomy]
		if x == nil {
			x = &drawn{threats: map[*threat.Catalogue]*threat.Result{}}
			if x.m, err = flow.Build(b, ws.Taxonomy); err != nil {
				return nil, err
			}
			x.facts = flow.NewFacts(b, x.m, ws.Taxonomy, opt.AsOf)
			maps[ws.Taxonomy] = x
		}
		if x.threats[ws.Threats] == nil {
			if x.threats[ws.Threats], err = l.session(ws.Threats).Evaluate(b, x.m, x.facts, brief); err != nil {
				return nil, err
			}
		}
		input := opt.input(ws, b, tested)
		input.Map, input.Facts, input.Threats = x.m, x.facts, x.threats[ws.Threats]
		input.Brief, input.Memo = true, &l.memo
		score, _, gate, err := ws.Policy.Evaluate(input)
		if err != nil {
			return nil, err
		}
		out[i] = Figures{score.Tier, gate.Outcome, score.Inherent, score.Residual}
	}
	return out, nil
}

// Try says what levers come to together; see [policy.Pack.Try].
func Try(ctx context.Context, ws *policy.Workspace, b *manifest.Bundle, opt Options, pick []string) (policy.Tried, error) {
	tested, err := opt.tests(b.Integration)
	if err != nil {
		return policy.Tried{}, err
	}
	m, err := flow.Build(b, ws.Taxonomy)
	if err != nil {
		return policy.Tried{}, err
	}
	facts := flow.NewFacts(b, m, ws.Taxonomy, opt.AsOf)
	threats, err := ws.Threats.Evaluate(b, m, facts, threat.Options{AsOf: opt.AsOf, Live: tested.live(), Exceptions: opt.Exceptions})
	if err != nil {
		return policy.Tried{}, err
	}
	if err := ctx.Err(); err != nil {
		return policy.Tried{}, err
	}
	input := opt.input(ws, b, tested)
	input.Map, input.Facts, input.Threats = m, facts, threats
	return ws.Policy.Try(input, pick)
}
