package api

import (
	"drawbridge"
	"drawbridge/internal/client"
	"drawbridge/internal/custody"
)

func (a *API) retention(c *call, _ client.None) (client.List[client.Kept], error) {
	list, err := a.opt.Custody.Retention(c.R.Context(), c.Actor)
	out := client.List[client.Kept]{}
	for _, k := range list {
		out.Items = append(out.Items, client.Kept{
			Kind: k.Kind, What: k.What, From: k.From, Days: k.Days, Least: k.Least, Purged: k.Purged, Stays: k.Stays, Why: k.Why, Held: k.Held,
			Period: k.Period, Version: k.Version,
		})
	}
	return out, err
}

// setPeriod takes the version in the body: a period that nobody set has none.
func (a *API) setPeriod(c *call, in client.SetPeriod) (drawbridge.Period, error) {
	return a.opt.Custody.SetPeriod(c.R.Context(), c.Actor, custody.NewPeriod{Kind: in.Kind, Days: in.Days, Version: in.Version, Reason: in.Reason})
}

func (a *API) purge(c *call, in client.Purge) (client.Purged, error) {
	report, err := a.opt.Custody.Purge(c.R.Context(), c.Actor, custody.PurgeOptions{Kind: in.Kind, DryRun: in.DryRun})
	out := client.Purged{DryRun: report.DryRun, Swept: report.Swept}
	for _, k := range report.Kinds {
		out.Kinds = append(out.Kinds, client.PurgedKind(k))
	}
	return out, err
}

func (a *API) holds(c *call, in client.Page) (client.List[drawbridge.Hold], error) {
	var after drawbridge.HoldID
	limit, err := c.part(in, &after)
	if err != nil {
		return client.List[drawbridge.Hold]{}, err
	}
	list, err := a.opt.Custody.Holds(c.R.Context(), c.Actor, after, limit+1)
	if err != nil {
		return client.List[drawbridge.Hold]{}, err
	}
	return pageOf(c, list, limit, func(h drawbridge.Hold) string { return string(h.ID) })
}

func (a *API) placeHold(c *call, in client.NewHold) (drawbridge.Hold, error) {
	return a.opt.Custody.PlaceHold(c.R.Context(), c.Actor, custody.NewHold{Scope: in.Scope, Subject: in.Subject, Reason: in.Reason, Until: in.Until, Key: c.key})
}

func (a *API) liftHold(c *call, in client.Because) (drawbridge.Hold, error) {
	return a.opt.Custody.LiftHold(c.R.Context(), c.Actor, drawbridge.HoldID(in.ID), in.Reason, c.key)
}
