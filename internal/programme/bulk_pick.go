package programme

import (
	"context"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/register"
	"drawbridge/internal/store"
)

// The forms of what a bulk is about.
var (
	bulkMember  = regexp.MustCompile(`^int_[0-9a-z]{1,60}$`)
	bulkFinding = regexp.MustCompile(`^(int_[0-9a-z]{1,60})/(f1-[0-9a-f]{1,64})$`)
	bulkNews    = regexp.MustCompile(`^msg_[0-9a-z]{1,60}$`)
)

// pick is what a bulk is about, in the order in which it was named or is listed.
func (d *Desk) pick(ctx context.Context, actor access.Actor, a *bulkAct, in *BulkStart) ([]drawbridge.BulkItem, error) {
	if in.Filter != nil {
		return d.matched(ctx, actor, a.List, *in.Filter)
	}
	form := map[string]*regexp.Regexp{BulkIntegrations: bulkMember, BulkFindings: bulkFinding, BulkMessages: bulkNews}[a.List]
	out := make([]drawbridge.BulkItem, 0, len(in.IDs))
	seen := map[string]bool{}
	for _, id := range in.IDs {
		if !form.MatchString(id) {
			return nil, drawbridge.Errorf(drawbridge.Invalid, "%.100q names none of the %s: write the identifier of an integration, of a message, or integration/fingerprint for a finding", id, a.List)
		}
		if seen[id] {
			continue
		}
		seen[id] = true
		item := drawbridge.BulkItem{Subject: id, Outcome: drawbridge.BulkWaits}
		switch a.List {
		case BulkIntegrations:
			item.Integration = drawbridge.IntegrationID(id)
		case BulkFindings:
			item.Integration = drawbridge.IntegrationID(bulkFinding.FindStringSubmatch(id)[1])
		}
		out = append(out, item)
	}
	if a.List == BulkFindings {
		return out, d.titles(ctx, actor, out)
	}
	return out, nil
}

// titles gives findings their titles, where the actor may see them.
func (d *Desk) titles(ctx context.Context, actor access.Actor, items []drawbridge.BulkItem) error {
	found, err := d.findings(ctx, actor, items)
	for i := range items {
		if f, ok := found[items[i].Subject]; ok {
			items[i].Title = f.Title
		}
	}
	return err
}

// findings are those of the items that the actor may see, by their subject.
func (d *Desk) findings(ctx context.Context, actor access.Actor, items []drawbridge.BulkItem) (map[string]drawbridge.Finding, error) {
	var prints []string
	for i := range items {
		prints = append(prints, items[i].Subject[len(items[i].Integration)+1:])
	}
	seen, err := d.opt.Register.Among(ctx, actor, integrationsOf(items))
	if err != nil {
		return nil, err
	}
	ids := make([]drawbridge.IntegrationID, 0, len(seen))
	for id := range seen {
		ids = append(ids, id)
	}
	out := map[string]drawbridge.Finding{}
	err = d.door.List(ctx, actor, access.IntegrationRead, func(tx *store.Tx, _ access.Scope) error {
		list, err := tx.FindingsNamed(ids, prints)
		for _, f := range list {
			out[string(f.Integration)+"/"+f.Fingerprint] = f
		}
		return err
	})
	return out, err
}

func integrationsOf(items []drawbridge.BulkItem) []drawbridge.IntegrationID {
	var out []drawbridge.IntegrationID
	seen := map[drawbridge.IntegrationID]bool{}
	for i := range items {
		if id := items[i].Integration; id != "" && !seen[id] {
			seen[id] = true
			out = append(out, id)
		}
	}
	return out
}

// matched is all of a list that a filter fits.
func (d *Desk) matched(ctx context.Context, actor access.Actor, list, filter string) ([]drawbridge.BulkItem, error) {
	q, err := filterOf(list, filter)
	if err != nil {
		return nil, err
	}
	switch list {
	case BulkIntegrations:
		f := register.IntegrationFilter{
			Partner: drawbridge.PartnerID(q.Get("partner")), State: drawbridge.IntegrationState(q.Get("state")), Tier: drawbridge.Tier(q.Get("tier")),
			Outcome: drawbridge.Outcome(q.Get("outcome")), Text: q.Get("text"), Order: q.Get("order"),
		}
		return everyPage(func(from *register.Cursor) (register.Page[drawbridge.Integration], error) {
			return d.opt.Register.Integrations(ctx, actor, f, from, register.MaxPage)
		}, func(in *drawbridge.Integration) drawbridge.BulkItem {
			return drawbridge.BulkItem{Subject: string(in.ID), Integration: in.ID}
		})
	case BulkFindings:
		f := register.FindingFilter{
			Integration: drawbridge.IntegrationID(q.Get("integration")), Severity: drawbridge.Severity(q.Get("severity")), Source: q.Get("source"), State: q.Get("state"),
		}
		return everyPage(func(from *register.Cursor) (register.Page[drawbridge.Finding], error) {
			return d.opt.Register.Findings(ctx, actor, f, from, register.MaxPage)
		}, func(f *drawbridge.Finding) drawbridge.BulkItem {
			return drawbridge.BulkItem{Subject: string(f.Integration) + "/" + f.Fingerprint, Integration: f.Integration, Title: f.Title}
		})
	}
	if d.marks.Find == nil {
		return nil, drawbridge.Errorf(drawbridge.Unavailable, "messages cannot be searched here")
	}
	ids, err := d.marks.Find(ctx, actor, q, drawbridge.MaxBulk+1)
	if err != nil {
		return nil, err
	}
	return everyPage(func(*register.Cursor) (register.Page[drawbridge.MessageID], error) {
		return register.Page[drawbridge.MessageID]{Items: ids}, nil
	}, func(id *drawbridge.MessageID) drawbridge.BulkItem { return drawbridge.BulkItem{Subject: string(*id)} })
}

// filters are what a list is filtered by, as its address and its command call it.
var filters = map[string][]string{
	BulkIntegrations: {"partner", "state", "tier", "outcome", "text", "order"},
	BulkFindings:     {"integration", "severity", "source", "state"},
	BulkMessages:     {"kind", "about", "unread"},
}

// filterOf reads a filter. A word that the list does not know is an error: left
// out, it would fit more than was meant.
func filterOf(list, filter string) (url.Values, error) {
	q, err := url.ParseQuery(strings.TrimPrefix(filter, "?"))
	if err != nil || len(filter) > 2000 {
		return nil, drawbridge.Errorf(drawbridge.Invalid, "filter: write it as it stands in the address of the list, like tier=high&state=live")
	}
	for name, values := range q {
		if slices.Contains([]string{"after", "done", "of", "below"}, name) {
			q.Del(name)
			continue
		}
		if len(values) != 1 || !slices.Contains(filters[list], name) {
			return nil, drawbridge.Errorf(drawbridge.Invalid, "filter: %.40q is none of the filters of %s: %s", name, list, strings.Join(filters[list], ", "))
		}
	}
	return q, nil
}

// everyPage reads a list to its end.
func everyPage[T any](read func(*register.Cursor) (register.Page[T], error), item func(*T) drawbridge.BulkItem) ([]drawbridge.BulkItem, error) {
	var out []drawbridge.BulkItem
	var from *register.Cursor
	for {
		page, err := read(from)
		if err != nil {
			return nil, err
		}
		for i := range page.Items {
			x := item(&page.Items[i])
			x.Outcome = drawbridge.BulkWaits
			out = append(out, x)
		}
		if len(out) > drawbridge.MaxBulk || len(out) == drawbridge.MaxBulk && page.Next != nil {
			return nil, drawbridge.Errorf(drawbridge.Invalid, "more than %d fit the filter: make it narrower", drawbridge.MaxBulk)
		}
		if page.Next == nil {
			break
		}
		from = page.Next
	}
	if len(out) == 0 {
		return nil, drawbridge.Errorf(drawbridge.Invalid, "nothing fits the filter")
	}
	return out, nil
}

// BulkPreview is what a bulk would do, as far as that is known cheaply. Only
// doing it tells all.
type BulkPreview struct {
	Act   BulkAct
	Items []BulkForeseen
}

// BulkForeseen is one thing, with why it would be refused or left.
type BulkForeseen struct {
	drawbridge.BulkItem

	Name string // of the integration, when the actor may see it
}

// Count counts the items that have an outcome.
func (p *BulkPreview) Count(outcome drawbridge.BulkOutcome) (n int) {
	for i := range p.Items {
		if p.Items[i].Outcome == outcome {
			n++
		}
	}
	return n
}

// PreviewBulk tells what a bulk would do. Its parameters and reason may be missing.
func (d *Desk) PreviewBulk(ctx context.Context, actor access.Actor, in BulkStart) (out BulkPreview, err error) {
	a := actOf(in.Act)
	var problem error
	if a.Name == "" {
		_, _, problem = d.checkBulk(&in)
	} else if (len(in.IDs) == 0) == (in.Filter == nil) || len(in.IDs) > drawbridge.MaxBulk {
		problem = drawbridge.Errorf(drawbridge.Invalid, "choose what it is about: 1 to %d identifiers, or a filter", drawbridge.MaxBulk)
	}
	if err := d.mayBulk(ctx, actor, problem); err != nil {
		return out, err
	}
	out.Act = a.BulkAct
	items, err := d.pick(ctx, actor, a, &in)
	if err != nil {
		return out, err
	}
	out.Items = make([]BulkForeseen, len(items))
	for i := range items {
		out.Items[i].BulkItem = items[i]
	}
	if a.List == BulkMessages {
		return out, nil
	}
	return out, d.foresee(ctx, actor, a, &in.With, items, out.Items)
}

// foresee says of each item what is known before.
func (d *Desk) foresee(ctx context.Context, actor access.Actor, a *bulkAct, w *drawbridge.BulkWith, items []drawbridge.BulkItem, out []BulkForeseen) error {
	seen, err := d.opt.Register.Among(ctx, actor, integrationsOf(items))
	if err != nil {
		return err
	}
	may, err := d.among(ctx, actor, a.May, items)
	if err != nil {
		return err
	}
	var found map[string]drawbridge.Finding
	mine := map[drawbridge.IntegrationID]bool{}
	if a.List == BulkFindings {
		if found, err = d.findings(ctx, actor, items); err != nil {
			return err
		}
		if mine, err = d.ownAmong(ctx, actor, items); err != nil {
			return err
		}
	}
	for i := range out {
		x := &out[i]
		in, ok := seen[x.Integration]
		x.Name = in.Name
		refuse := func(told string) { x.Outcome, x.Told = drawbridge.BulkRefused, told }
		f, finds := found[x.Subject]
		switch {
		case !ok:
			refuse("there is no such integration, or you may not see it")
		case !may[x.Integration]:
			refuse("your roles do not allow it here")
		case a.Name == "owner" && w.Person != "" && in.Owner == w.Person:
			x.Outcome, x.Told = drawbridge.BulkLeft, "that person answers for it already"
		case slices.Contains([]string{"review", "trigger", "except"}, a.Name) && in.State == drawbridge.Retired:
			refuse("it is retired")
		case a.List == BulkFindings && !finds:
			refuse("the latest assessment has no such finding")
		case a.Name == "rule" && f.Source != "check":
			refuse("it comes from a rule over the map, not from a test")
		case a.Name == "rule" && mine[x.Integration]:
			refuse("whoever asks for an integration does not rule on its tests")
		}
	}
	return nil
}

// among are those integrations of the items on which the actor may do an act.
func (d *Desk) among(ctx context.Context, actor access.Actor, act access.Action, items []drawbridge.BulkItem) (map[drawbridge.IntegrationID]bool, error) {
	scope := d.door.Table().Scope(actor, act)
	if scope.Nothing() {
		return nil, nil
	}
	return d.within(ctx, actor, scope, items)
}

// ownAmong are those that the actor owns or is a member of.
func (d *Desk) ownAmong(ctx context.Context, actor access.Actor, items []drawbridge.BulkItem) (map[drawbridge.IntegrationID]bool, error) {
	return d.within(ctx, actor, access.Scope{Person: actor.Person}, items)
}

func (d *Desk) within(ctx context.Context, actor access.Actor, scope access.Scope, items []drawbridge.BulkItem) (map[drawbridge.IntegrationID]bool, error) {
	var ids []string
	for _, id := range integrationsOf(items) {
		ids = append(ids, string(id))
	}
	out := map[drawbridge.IntegrationID]bool{}
	err := d.door.List(ctx, actor, access.IntegrationRead, func(tx *store.Tx, _ access.Scope) error {
		list, err := tx.IntegrationShelf().Find(store.Query{Scope: &scope, In: map[string][]string{"id": ids}, Limit: len(ids)})
		for i := range list {
			out[list[i].ID] = true
		}
		return err
	})
	return out, err
}
