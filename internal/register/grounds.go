package register

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"drawbridge"
	"drawbridge/internal/assess"
	"drawbridge/internal/check"
	"drawbridge/internal/manifest"
	"drawbridge/internal/policy"
	"drawbridge/internal/store"
)

// Claims tells what is stated about the controls of integrations in answers that
// were submitted or accepted, and in documents.
type Claims func(tx *store.Tx, of []string, tell func(drawbridge.IntegrationID, []drawbridge.Claim)) error

// SetClaims tells the desk where claims are found. It is called before the desk
// is used, by who puts the desks together: the desk of questionnaires is above
// this one.
func (d *Desk) SetClaims(find Claims) { d.claims = find }

// Evidence tells the documents that count for integrations at a time, each for
// each of those that it is about.
type Evidence func(tx *store.Tx, of []*drawbridge.Integration, now time.Time, tell func(drawbridge.IntegrationID, *drawbridge.Evidence)) error

// SetEvidence tells the desk which documents count, as SetClaims does for claims.
func (d *Desk) SetEvidence(find Evidence) { d.evidence = find }

// grounds are what an assessment rests on besides the manifest.
type grounds struct {
	runs       []drawbridge.Run // of which some verdict stands
	rulings    []drawbridge.Ruling
	exceptions []drawbridge.Exception
	evidence   []drawbridge.Evidence
	claims     []drawbridge.Claim
	begins     drawbridge.Date // first day to come on which more evidence counts; empty for none
}

// ground reads them for an integration; nil is one that nobody has pushed yet.
func (d *Desk) ground(ctx context.Context, in *drawbridge.Integration, asOf time.Time) (*grounds, error) {
	if in == nil {
		return &grounds{}, nil
	}
	all, err := d.grounds(ctx, []*drawbridge.Integration{in}, asOf)
	if err != nil {
		return nil, err
	}
	g := all[in.ID]
	return g, d.door.Store().View(ctx, func(tx *store.Tx) (err error) {
		g.begins, err = begins(tx, in, asOf)
		return err
	})
}

// grounds reads them for several integrations at once.
func (d *Desk) grounds(ctx context.Context, list []*drawbridge.Integration, asOf time.Time) (map[drawbridge.IntegrationID]*grounds, error) {
	out := make(map[drawbridge.IntegrationID]*grounds, len(list))
	ids := make([]string, len(list))
	for i, in := range list {
		out[in.ID], ids[i] = &grounds{}, string(in.ID)
	}
	of := func(more string, v any) store.Query {
		return store.Query{Equal: map[string]any{more: v}, In: map[string][]string{"integration": ids}}
	}
	err := d.door.Store().View(ctx, func(tx *store.Tx) error {
		err := errors.Join(
			tx.Runs().Each(of("stands", true), func(r *drawbridge.Run) error {
				g := out[r.Integration]
				g.runs = append(g.runs, *r)
				return nil
			}),
			tx.Rulings().Each(of("revoked_at", ""), func(r *drawbridge.Ruling) error {
				g := out[r.Integration]
				g.rulings = append(g.rulings, *r)
				return nil
			}),
			tx.Exceptions().Each(of("state", "confirmed"), func(x *drawbridge.Exception) error {
				g := out[x.Integration]
				g.exceptions = append(g.exceptions, *x)
				return nil
			}))
		if err == nil && d.evidence != nil {
			err = d.evidence(tx, list, asOf, func(in drawbridge.IntegrationID, e *drawbridge.Evidence) {
				out[in].evidence = append(out[in].evidence, *e)
			})
		}
		if err == nil && d.claims != nil {
			err = d.claims(tx, ids, func(in drawbridge.IntegrationID, c []drawbridge.Claim) { out[in].claims = c })
		}
		return err
	})
	return out, err
}

// begins is the first day to come on which a document begins to count that was
// accepted for the integration, or for all or some of its partner's.
func begins(tx *store.Tx, in *drawbridge.Integration, asOf time.Time) (first drawbridge.Date, err error) {
	list, err := tx.Evidence().Find(store.Query{
		Equal: map[string]any{"partner": string(in.Partner), "state": "accepted", "superseded_by": ""},
		In:    map[string][]string{"integration": {"", string(in.ID)}}, Limit: maxGrounds,
		Ranges: []store.Range{{Column: "period_start", From: string(drawbridge.DateOf(asOf.AddDate(0, 0, 1)))}},
	})
	for _, e := range list {
		if first == "" || e.PeriodStart < first {
			first = e.PeriodStart
		}
	}
	return first, err
}

// maxGrounds bounds how many records of a kind are compared with a new one.
const maxGrounds = 10_000

// options are the grounds as an assessment takes them. A run about what the
// manifest does not have any more says nothing.
func (d *Desk) options(g *grounds, in *manifest.Integration, asOf time.Time) (assess.Options, error) {
	opt := assess.Options{AsOf: asOf, Version: d.opt.Version, Claims: g.claims, Rulings: g.rulings, Exceptions: g.exceptions}
	for _, e := range g.evidence {
		opt.Evidence = append(opt.Evidence, policy.Evidence{ID: e.Kind, Known: e.Known, Until: e.Until()})
	}
	slices.SortFunc(opt.Evidence, func(a, b policy.Evidence) int {
		return cmp.Or(cmp.Compare(a.ID, b.ID), cmp.Compare(a.Known, b.Known), cmp.Compare(a.Until, b.Until))
	})
	for _, r := range g.runs {
		data, err := d.door.Store().Blobs().Read(r.Document, check.MaxUpload, d.door.Keys())
		if err != nil {
			return opt, err
		}
		run, err := check.ParseRun(r.ID, data)
		if err != nil {
			return opt, err
		}
		if assess.Admit(in, run) == nil {
			opt.Runs = append(opt.Runs, assess.LiveRun{Run: run, Name: r.ID, FromCI: r.Origin == OriginCI})
		}
	}
	return opt, nil
}

// next is when to assess again: by the rhythm, or on the first day on which
// something that counts now does not any more, or counts less, or on which
// something begins to count.
func (g *grounds) next(in *manifest.Integration, asOf time.Time, months int) time.Time {
	next := asOf.Add(rhythm)
	sooner := func(end time.Time) {
		if end.After(asOf) && end.Before(next) {
			next = end
		}
	}
	for _, x := range in.Exceptions {
		sooner(x.Expires.End())
	}
	for i := range g.exceptions {
		sooner(g.exceptions[i].Expires.End())
	}
	for i := range g.evidence {
		sooner(g.evidence[i].Until().End())
	}
	if day, err := time.Parse(time.DateOnly, string(g.begins)); err == nil {
		sooner(day)
	}
	for _, r := range g.runs {
		sooner(drawbridge.DateOf(r.FinishedAt.AddDate(0, months, 0)).End())
	}
	return next
}

// refuted reports whether a reviewer ruled that a failure is the test's fault.
func (g *grounds) refuted(fingerprint string) bool {
	return slices.ContainsFunc(g.rulings, func(r drawbridge.Ruling) bool { return r.Refuted && r.Fingerprint == fingerprint })
}

// accepted reports whether an exception of the record covers a finding.
func (g *grounds) accepted(f *drawbridge.Finding, asOf time.Time) bool {
	return slices.ContainsFunc(g.exceptions, func(x drawbridge.Exception) bool { return f.Is(x.Covers) && x.Holds(asOf) })
}
