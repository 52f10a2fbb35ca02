package policy

import (
	"fmt"

	"drawbridge"
	"drawbridge/internal/manifest"
	"drawbridge/internal/seal"
)

// inputDigest is the digest over everything that the score is a function of:
// the pack, the manifest with what belongs to it, the day, the threats with
// their states if nothing were accepted, the transfers, the results, the
// evidence and the claims.
func (p *Pack) inputDigest(in Input, v *view) (string, error) {
	doc := map[string]any{
		"method": p.Method(), "pack": p.Digest, "as_of": string(drawbridge.DateOf(in.AsOf)),
	}
	if in.Bundle != nil {
		d, err := manifest.ContentDigest(in.Bundle)
		if err != nil {
			return "", fmt.Errorf("digest the manifest: %w", err)
		}
		doc["manifest"] = d
	}
	var elements []any
	for _, e := range v.elements {
		elements = append(elements, string(e.Kind)+" "+e.ID)
	}
	doc["elements"] = elements
	if in.Threats != nil {
		var threats []any
		for i := range in.Threats.Threats {
			t := &in.Threats.Threats[i]
			threats = append(threats, []any{t.ID, float64(t.Version), string(t.Bare()), string(t.Severity)})
		}
		doc["threats"] = threats
	}
	var transfers, results, evidence, claims []any
	for _, t := range in.Transfers {
		transfers = append(transfers, []any{t.Flow, t.Regime, t.Origin, t.To, t.Mechanism, t.Verdict, t.Confirmed})
	}
	for _, r := range in.Results {
		results = append(results, []any{r.Check, r.Element, string(r.Verdict), string(drawbridge.DateOf(r.At)), r.Representative, r.FromCI, r.Refuted})
	}
	for _, e := range in.Evidence {
		evidence = append(evidence, []any{e.ID, string(e.Known), string(e.Until)})
	}
	doc["transfers"], doc["results"], doc["evidence"] = transfers, results, evidence
	for _, c := range in.Claims {
		claims = append(claims, []any{c.Control, c.Element, c.Holds})
	}
	if len(claims) > 0 {
		doc["claims"] = claims
	}
	data, err := seal.Canonical(doc)
	if err != nil {
		return "", fmt.Errorf("digest the input: %w", err)
	}
	return seal.Digest(data), nil
}
