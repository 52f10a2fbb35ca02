package web

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/custody"
	"drawbridge/internal/web/view"
)

// maxHeld is how many holds a page lists.
const maxHeld = 500

// retention is how long everything is kept, what is held, and what was removed.
func (p *page) retention() (templ.Component, error) { return p.drawRetention(nil) }

func (p *page) drawRetention(report *custody.PurgeReport) (templ.Component, error) {
	p.shell.Title, p.shell.Lead, p.shell.Back = "Retention", "How long each kind of thing is kept, what a legal hold keeps for longer, and what was removed.", "/retention"
	p.wrong()
	ctx, desk := p.R.Context(), p.web.opt.Custody
	kinds, err := desk.Retention(ctx, p.Actor)
	if err != nil {
		return nil, err
	}
	list, err := desk.Holds(ctx, p.Actor, "", maxHeld)
	if err != nil {
		return nil, err
	}
	out := view.AdminRetention{
		Now: p.now, Set: p.may(access.RetentionWrite), Hold: p.may(access.HoldWrite), Purge: p.may(access.Purge), Proven: p.may(access.LogRead), Once: p.once(),
		Place: view.AdminPlacing{Scope: p.said("scope"), Subject: p.said("subject"), Until: p.said("until")},
	}
	if p.R.URL.Path == "/holds" {
		out.Place.Reason = p.said("reason")
	}
	for _, k := range kinds {
		out.Kinds = append(out.Kinds, p.keptRow(&k))
	}
	for _, h := range slices.Backward(list) {
		out.Holds = append(out.Holds, p.holdRow(&h))
	}
	slices.SortStableFunc(out.Holds, func(a, b view.AdminHold) int { return cmp.Compare(rankHeld(a.Holds), rankHeld(b.Holds)) })
	if out.Proven {
		found, err := desk.Entries(ctx, p.Actor, custody.LogFilter{Action: string(access.Purge)}, 0, 5)
		if err != nil {
			return nil, err
		}
		for _, e := range found.Entries {
			out.Proofs = append(out.Proofs, view.AdminProof{Seq: int(e.Seq), At: e.At, About: e.Object, By: e.Actor})
		}
	}
	if report != nil {
		out.Purged = purgedView(report)
	}
	return view.AdminRetentionPage(out), nil
}

func rankHeld(holds bool) int {
	if holds {
		return 0
	}
	return 1
}

// keptRow is one kind, with what was typed about it where its form was refused.
func (p *page) keptRow(k *custody.Kept) view.AdminKept {
	row := view.AdminKept{
		Kind: k.Kind, What: k.What, From: k.From, Days: int(k.Period), Least: int(k.Least), Own: int(k.Days), Typed: strconv.FormatInt(k.Period, 10),
		Version: strconv.FormatInt(k.Version, 10), Purged: k.Purged, Stays: k.Stays, Why: k.Why, Held: k.Held,
	}
	if p.failed != nil && p.R.PathValue("kind") == k.Kind {
		row.Typed, row.Reason, row.Wrong = p.said("days"), p.said("reason"), sentence(p.failed)
	}
	return row
}

func (p *page) holdRow(h *drawbridge.Hold) view.AdminHold {
	out := view.AdminHold{
		ID: string(h.ID), What: view.Link{Text: h.Subject}, Scope: "one " + string(h.Scope), Reason: h.Reason, By: h.PlacedBy, Placed: h.PlacedAt, Until: h.Until, Lifted: h.LiftedAt, Holds: h.Holds(p.now),
	}
	switch h.Scope {
	case drawbridge.HoldEverything:
		out.Scope = "everything"
	case drawbridge.HoldIntegration:
		out.What.To = "/integrations/" + h.Subject
	case drawbridge.HoldPartner:
		out.What.To = "/partners/" + h.Subject
	case drawbridge.HoldPerson:
	}
	return out
}

func purgedView(r *custody.PurgeReport) *view.AdminPurged {
	out := &view.AdminPurged{Dry: r.DryRun, Swept: int(r.Swept), Any: r.Swept > 0}
	for _, k := range r.Kinds {
		if k.Count == 0 && k.Held == 0 {
			continue
		}
		out.Any = true
		row := view.AdminPurgedKind{Kind: k.Kind, Before: k.Before, Count: int(k.Count), Held: int(k.Held)}
		for _, e := range k.Entries[:min(len(k.Entries), 10)] {
			row.Entries = append(row.Entries, int(e))
		}
		out.Rows = append(out.Rows, row)
	}
	return out
}

func (p *page) purge(dry bool) (string, error) {
	report, err := p.web.opt.Custody.Purge(p.R.Context(), p.Actor, custody.PurgeOptions{DryRun: dry})
	if err != nil {
		return "", err
	}
	p.instead = func(p *page) (templ.Component, error) { return p.drawRetention(&report) }
	return "", nil
}

func (p *page) doShowDue() (string, error) { return p.purge(true) }
func (p *page) doPurge() (string, error)   { return p.purge(false) }

// errWhy is what an act says that is not done without a reason.
func errWhy() error {
	return drawbridge.Errorf(drawbridge.Invalid, "give a reason: it is recorded with the change")
}

func (p *page) doSetPeriod() (string, error) {
	days, err := strconv.ParseInt(strings.TrimSpace(p.said("days")), 10, 64)
	if err != nil {
		return "", drawbridge.Errorf(drawbridge.Invalid, "write a number of days, not %.20q", p.said("days"))
	}
	_, err = p.web.opt.Custody.SetPeriod(p.R.Context(), p.Actor, custody.NewPeriod{
		Kind: p.R.PathValue("kind"), Days: days, Version: p.version(), Reason: p.said("reason"), Key: p.key(),
	})
	return "/retention?done=period-set", err
}

func (p *page) doPlaceHold() (string, error) {
	in := custody.NewHold{Scope: drawbridge.HoldScope(p.said("scope")), Subject: strings.TrimSpace(p.said("subject")), Reason: p.said("reason"), Key: p.key()}
	if until := p.said("until"); until != "" {
		day, err := drawbridge.ParseDate(until)
		if err != nil {
			return "", err
		}
		in.Until = day.End()
	}
	if err := p.heldOn(&in); err != nil {
		return "", err
	}
	_, err := p.web.opt.Custody.PlaceHold(p.R.Context(), p.Actor, in)
	if drawbridge.KindOf(err) == drawbridge.NotFound {
		err = drawbridge.Errorf(drawbridge.Invalid, "there is no %s with this name or identifier", in.Scope)
	}
	return "/retention?done=held", err
}

// heldOn finds what a hold is placed on by what people call it.
func (p *page) heldOn(in *custody.NewHold) (err error) {
	switch in.Scope {
	case drawbridge.HoldIntegration:
		var id drawbridge.IntegrationID
		id, err = p.integrationNamed(in.Subject)
		in.Subject = string(id)
	case drawbridge.HoldPartner:
		var id drawbridge.PartnerID
		id, err = p.partnerNamed(in.Subject)
		in.Subject = string(id)
	case drawbridge.HoldPerson:
		var id drawbridge.PersonID
		id, err = p.personNamed(nil, in.Subject)
		in.Subject = string(id)
	case drawbridge.HoldEverything: // names nobody
	}
	return err
}

func (p *page) doLiftHold() (string, error) {
	_, err := p.web.opt.Custody.LiftHold(p.R.Context(), p.Actor, drawbridge.HoldID(p.R.PathValue("id")), p.said("reason"), p.key())
	return "/retention?done=lifted", err
}

// backupAge is how old the last backup may be.
const backupAge = 8 * 24 * time.Hour

// backups says how the record is kept safe, and when it last was.
func (p *page) backups() (templ.Component, error) {
	p.shell.Title, p.shell.Lead = "Backup", "When the record was last brought to safety, how that is done, and how it comes back."
	list, err := p.web.opt.Custody.Backups(p.R.Context(), p.Actor, 10)
	if err != nil {
		return nil, err
	}
	out := view.AdminBackups{Now: p.now, Log: p.may(access.LogRead)}
	for _, b := range list {
		out.Rows = append(out.Rows, view.AdminProof{Seq: int(b.Seq), At: b.At, About: b.ID, By: b.Actor})
	}
	out.Late = len(list) > 0 && p.now.Sub(list[0].At) > backupAge
	return view.AdminBackupPage(out), nil
}
