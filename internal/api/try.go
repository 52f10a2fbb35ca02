package api

import (
	"slices"

	"drawbridge/internal/client"
	"drawbridge/internal/policy"
)

func (a *API) try(c *call, in client.Try) (client.Trial, error) {
	got, err := a.opt.Register.Try(c.R.Context(), c.Actor, ref(in.ID), in.Levers)
	out := client.Trial{Before: triedFigures(got.Before, got.Was), After: triedFigures(got.After, got.Gate)}
	for _, l := range got.Levers {
		out.Levers = append(out.Levers, client.Lever{
			ID: l.ID(), Change: l.Change, Key: l.Key, Inherent: l.Inherent, Residual: l.Residual, Unlifted: l.Unlifted, Taken: slices.Contains(got.Taken, l.ID()),
		})
	}
	return out, err
}

func triedFigures(s policy.Score, g policy.Gate) client.TrialFigures {
	out := client.TrialFigures{Tier: s.Tier, Inherent: s.Inherent, Residual: s.Residual, Outcome: g.Outcome}
	for _, r := range g.Reasons {
		out.Reasons = append(out.Reasons, client.Reason(r))
	}
	return out
}
