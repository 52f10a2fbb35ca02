package portfolio

import (
	"context"
	"slices"
	"strings"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/action"
	"drawbridge/internal/store"
)

// Where the knowledge of a sub-processor comes from.
const (
	FromManifest = "manifest"
	FromNotice   = "notice"
	FromPerson   = "person"
)

// maxEstate bounds the integrations that one question reads.
const maxEstate = 50_000

// SubprocessorEdit is a sub-processor as somebody wants it.
type SubprocessorEdit struct {
	Subprocessor drawbridge.Subprocessor
	Reason       string
	Key          string
}

// AddSubprocessor notes that somebody works for a partner and gets data.
func (d *Desk) AddSubprocessor(ctx context.Context, actor access.Actor, in SubprocessorEdit) (drawbridge.Subprocessor, error) {
	e := edited{actor, access.PartnerWrite, in.Reason, in.Key, in.Subprocessor}
	return write(ctx, d, e, onPartner(in.Subprocessor.Partner, "partner", string(in.Subprocessor.Partner)), func(tx *store.Tx) (drawbridge.Subprocessor, error) {
		s := in.Subprocessor
		s.Source, s.Notice = FromPerson, ""
		err := d.addSubprocessor(tx, &s)
		return s, err
	})
}

func (d *Desk) addSubprocessor(tx *store.Tx, s *drawbridge.Subprocessor) error {
	if err := written("name", &s.Name, "service", &s.Service); err != nil {
		return err
	}
	if s.Name == "" {
		return bad("name: say who the sub-processor is")
	}
	if err := country("country", s.Country); err != nil {
		return err
	}
	if err := lines("categories", s.Categories); err != nil {
		return err
	}
	if err := ofPartner(tx, s.Partner, s.Uses); err != nil {
		return err
	}
	had, err := tx.Subprocessors().Find(store.Query{Equal: map[string]any{"partner": string(s.Partner), "ended_at": ""}, Limit: 10_000})
	if err != nil {
		return err
	}
	if slices.ContainsFunc(had, func(x drawbridge.Subprocessor) bool { return strings.EqualFold(x.Name, s.Name) }) {
		return drawbridge.Errorf(drawbridge.Conflict, "%s has the sub-processor %q already: end that before you write it anew", s.Partner, s.Name)
	}
	s.ID = drawbridge.NewID("sub", d.now())
	s.EndedAt, s.CreatedAt, s.UpdatedAt = noTime, d.now(), d.now()
	return tx.Subprocessors().Add(s)
}

// ofPartner refuses integrations that are not the partner's.
func ofPartner(tx *store.Tx, partner drawbridge.PartnerID, list []drawbridge.IntegrationID) error {
	if len(list) > maxItems {
		return bad("integrations: name at most %d", maxItems)
	}
	for _, id := range list {
		in, err := tx.Integration(id)
		if drawbridge.KindOf(err) == drawbridge.NotFound || err == nil && in.Partner != partner {
			return bad("integrations: %.40q is no integration of %s", id, partner)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// EndSubprocessor notes that a sub-processor works for a partner no more.
func (d *Desk) EndSubprocessor(ctx context.Context, actor access.Actor, id, reason, key string) (drawbridge.Subprocessor, error) {
	var had drawbridge.Subprocessor
	find := func(tx *store.Tx) (access.Object, error) {
		s, err := tx.Subprocessors().Get(id)
		if err == nil {
			had = *s
		}
		return access.Object{Kind: "partner", ID: string(had.Partner)}, err
	}
	return write(ctx, d, edited{actor, access.PartnerWrite, reason, key, id}, find, func(tx *store.Tx) (drawbridge.Subprocessor, error) {
		if !had.EndedAt.IsZero() {
			return had, drawbridge.Errorf(drawbridge.Conflict, "the sub-processor was ended at %s", had.EndedAt.Format("2006-01-02"))
		}
		had.EndedAt, had.UpdatedAt = d.now(), d.now()
		return had, tx.Subprocessors().Set(&had)
	})
}

// Subprocessors lists who works for a partner and gets data: those on record,
// and those that the heads of its integrations name.
func (d *Desk) Subprocessors(ctx context.Context, actor access.Actor, partner drawbridge.PartnerID) (out drawbridge.Subprocessors, err error) {
	act := action.Act{Actor: actor, Action: access.PartnerRead, On: onPartner(partner, "partner", string(partner))}
	err = d.door.View(ctx, act, func(tx *store.Tx) error {
		rows, err := tx.Subprocessors().Find(store.Query{Equal: map[string]any{"partner": string(partner)}, Limit: 10_000})
		if err != nil {
			return err
		}
		estate, err := tx.Placed(store.PlacedList{Scope: all, Partners: []drawbridge.PartnerID{partner}, Limit: maxEstate})
		visible := d.door.Table().Scope(actor, access.IntegrationRead)
		if !visible.All { // who may not see every integration is not told whose data goes where
			for i := range rows {
				rows[i].Uses = nil
			}
		}
		out = mergeSubprocessors(rows, estate, visible.All)
		return err
	})
	return out, err
}

// mergeSubprocessors adds to the rows those that manifests alone name.
func mergeSubprocessors(rows []drawbridge.Subprocessor, estate []store.Placed, tell bool) drawbridge.Subprocessors {
	out := drawbridge.Subprocessors{Items: append([]drawbridge.Subprocessor{}, rows...)}
	at := map[string]int{}
	for i, s := range rows {
		if s.EndedAt.IsZero() {
			at[strings.ToLower(s.Name)] = i
		}
	}
	for _, p := range estate {
		if p.Facts == nil || p.Facts.Unpassed {
			out.Unknown = true
		}
		if p.Facts == nil {
			continue
		}
		for _, s := range p.Facts.Passed {
			i, ok := at[s.ID]
			if !ok {
				i = len(out.Items)
				at[s.ID] = i
				out.Items = append(out.Items, drawbridge.Subprocessor{Partner: p.Partner, Name: s.ID, Country: s.Region, Source: FromManifest})
			}
			if tell && out.Items[i].Source == FromManifest {
				out.Items[i].Uses = append(out.Items[i].Uses, p.ID)
			}
		}
	}
	return out
}
