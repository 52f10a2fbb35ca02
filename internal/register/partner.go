package register

import (
	"context"
	"strings"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/action"
	"drawbridge/internal/manifest"
	"drawbridge/internal/store"
)

// Proposal is where a pushed partner's file differs from the partner's record.
// The record stays as it is until somebody who keeps it changes it.
type Proposal struct {
	Partner  drawbridge.PartnerID `json:"partner"`
	Field    string               `json:"field"`
	Record   string               `json:"record"`
	Proposed string               `json:"proposed"`
}

// partner makes the record of a partner from its file when there is none, and
// lists the differences when there is one. An actor who may not see partners
// gets none of it told.
func (d *Desk) partner(tx *store.Tx, actor access.Actor, file *manifest.Partner, write bool) (proposals []Proposal, err error) {
	proposals = []Proposal{}
	if file == nil {
		return proposals, nil
	}
	id := drawbridge.PartnerID(file.ID)
	have, err := tx.Partner(id)
	if drawbridge.KindOf(err) == drawbridge.NotFound {
		if !write {
			return proposals, nil
		}
		now := d.now()
		return proposals, tx.AddPartner(&drawbridge.Partner{
			ID: id, Name: nameOf(file), Country: file.Country, Website: file.Website, Owner: actor.Person, CreatedAt: now, UpdatedAt: now,
		})
	}
	if err != nil || d.door.Table().Scope(actor, access.PartnerRead).Nothing() {
		return proposals, err
	}
	for _, f := range []struct{ name, record, file string }{
		{"name", have.Name, nameOf(file)}, {"country", have.Country, file.Country}, {"website", have.Website, file.Website},
	} {
		if f.file != "" && f.file != f.record {
			proposals = append(proposals, Proposal{id, f.name, f.record, f.file})
		}
	}
	return proposals, nil
}

func nameOf(file *manifest.Partner) string {
	for _, name := range []string{file.DisplayName, file.LegalName} {
		if name != "" {
			return name
		}
	}
	return file.ID
}

// Partners lists partners in the order of their identifiers.
func (d *Desk) Partners(ctx context.Context, actor access.Actor, after *Cursor, limit int) (Page[drawbridge.Partner], error) {
	var out Page[drawbridge.Partner]
	size, err := pageSize(limit)
	if err != nil {
		return out, err
	}
	err = d.door.List(ctx, actor, access.PartnerRead, func(tx *store.Tx, _ access.Scope) error {
		if after == nil {
			after = &Cursor{}
		}
		list, err := tx.PartnersAfter(drawbridge.PartnerID(after.ID), size+1)
		out = paged(list, size, func(p drawbridge.Partner) Cursor { return Cursor{ID: string(p.ID)} })
		return err
	})
	return out, err
}

// Partner reads one partner.
func (d *Desk) Partner(ctx context.Context, actor access.Actor, id drawbridge.PartnerID) (drawbridge.Partner, error) {
	var out drawbridge.Partner
	act := action.Act{Actor: actor, Action: access.PartnerRead, On: onPartner(id)}
	err := d.door.View(ctx, act, func(tx *store.Tx) error {
		p, err := tx.Partner(id)
		if err == nil {
			out = *p
		}
		return err
	})
	return out, err
}

func onPartner(id drawbridge.PartnerID) func(*store.Tx) (access.Object, error) {
	return func(tx *store.Tx) (access.Object, error) {
		_, err := tx.Partner(id)
		return access.Object{Kind: "partner", ID: string(id)}, err
	}
}

// PartnerEdit is a partner as somebody wants it.
type PartnerEdit struct {
	Partner drawbridge.Partner // with the Version that was read, to change it
	Reason  string
	Key     string
}

// CreatePartner writes a partner that nobody has pushed yet.
func (d *Desk) CreatePartner(ctx context.Context, actor access.Actor, e PartnerEdit) (drawbridge.Partner, error) {
	return d.editPartner(ctx, actor, e, access.Object{Kind: "partner", ID: string(e.Partner.ID)}, nil)
}

// UpdatePartner changes a partner over the version that was read.
func (d *Desk) UpdatePartner(ctx context.Context, actor access.Actor, e PartnerEdit) (drawbridge.Partner, error) {
	return d.editPartner(ctx, actor, e, access.Object{Kind: "partner"}, onPartner(e.Partner.ID))
}

func (d *Desk) editPartner(ctx context.Context, actor access.Actor, e PartnerEdit, o access.Object, on func(*store.Tx) (access.Object, error)) (drawbridge.Partner, error) {
	want := e.Partner
	problem := checkPartner(&want)
	act := action.Act{Actor: actor, Action: access.PartnerWrite, Object: o, On: on, Reason: e.Reason, Key: e.Key, Input: e.Partner}
	out, _, err := action.Do(ctx, d.door, act, func(tx *store.Tx) (drawbridge.Partner, error) {
		if problem != nil {
			return want, problem
		}
		if want.Owner != "" {
			if err := MayHold(tx, "owner", want.Owner); err != nil {
				return want, err
			}
		}
		want.UpdatedAt = d.now()
		have, err := tx.Partner(want.ID)
		switch {
		case on != nil && err == nil:
			want.CreatedAt = have.CreatedAt
			err = tx.SetPartner(&want)
		case on == nil && err == nil:
			err = drawbridge.Errorf(drawbridge.Conflict, "there is a partner %s already: change it instead", want.ID)
		case on == nil && drawbridge.KindOf(err) == drawbridge.NotFound:
			want.CreatedAt = want.UpdatedAt
			err = tx.AddPartner(&want)
		}
		return want, err
	})
	return out, err
}

// checkPartner holds a record to the forms of a partner's file.
func checkPartner(p *drawbridge.Partner) error {
	if p.Name = strings.TrimSpace(p.Name); p.Name == "" || len(p.Name) > 200 || strings.ContainsFunc(p.Name, func(r rune) bool { return r < 0x20 || r == 0x7f }) {
		return drawbridge.Errorf(drawbridge.Invalid, "name: write the partner's name on one line, with 1 to 200 bytes")
	}
	if len(p.Website) > 500 {
		return drawbridge.Errorf(drawbridge.Invalid, "website: write an address with at most 500 bytes")
	}
	data, err := manifest.EncodePartner(&manifest.Partner{
		APIVersion: manifest.APIVersion, Kind: "Partner", ID: string(p.ID), DisplayName: p.Name, Country: p.Country, Website: p.Website,
	})
	if err != nil {
		return drawbridge.Errorf(drawbridge.Invalid, "the partner cannot be written: %w", err)
	}
	_, err = manifest.Parse("partner", data)
	return err
}
