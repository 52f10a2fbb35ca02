package web

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/register"
	"drawbridge/internal/web/view"
)

// dossierHistory is who answers for it, what was pushed, and how the score went.
func (p *page) dossierHistory() (templ.Component, error) {
	d, err := p.dossier("/history")
	if err != nil {
		return nil, err
	}
	out := view.History{
		Head: d.head, MayAssign: p.mayHere(access.IntegrationAssign, d), MayAssess: p.mayHere(access.IntegrationAssess, d), Key: p.once(), Version: strconv.FormatInt(d.Integration.Version, 10),
		Owner: view.Option{Value: string(d.Integration.Owner), Text: d.name(string(d.Integration.Owner))},
	}
	for _, o := range d.Object.Owners[min(1, len(d.Object.Owners)):] {
		out.Members = append(out.Members, d.name(string(o)))
	}
	if out.MayAssign {
		if out.People, err = p.pickable(d.names); err != nil {
			return nil, err
		}
		out.Chosen = p.dossierMembers(d)
	}
	for i := range d.Revisions {
		r := &d.Revisions[i]
		row := view.RevisionRow{Number: int(r.Number), By: d.name(r.Author), At: r.CreatedAt, Reason: r.Reason, Widens: r.Widens, Head: r.ID == d.Integration.Head}
		if r.Parent != "" {
			row.Changes = d.base + "/difference?" + url.Values{"from": {string(r.Parent)}, "to": {string(r.ID)}}.Encode()
		}
		out.Revisions = append(out.Revisions, row)
	}
	for i := range d.Assessments {
		a := &d.Assessments[i]
		out.Assessments = append(out.Assessments, view.AssessmentRow{At: a.AsOf, Tier: a.Tier, Outcome: a.Outcome, Inherent: a.Inherent, Residual: a.Residual, Findings: int(a.Findings), Because: view.Words(a.Origin)})
		out.Residual = append(out.Residual, view.Point{At: a.AsOf, Value: math.Round(a.Residual*10) / 10})
	}
	slices.Reverse(out.Residual)
	if p.failed != nil {
		out.Said = map[string]string{"owner": p.said("owner"), "add": p.said("add"), "reason": p.said("reason")}
	}
	return view.HistoryPage(out), nil
}

// dossierActs are the acts that changed the integration: who, when, why, and each field.
func (p *page) dossierActs() (templ.Component, error) {
	id := p.R.PathValue("id")
	after, err := readPlace(p.R.URL.Query().Get("after"))
	if err != nil {
		return nil, err
	}
	in, err := p.web.opt.Register.Integration(p.R.Context(), p.Actor, register.ByID(drawbridge.IntegrationID(id)))
	if err != nil {
		return nil, err
	}
	acts, err := p.web.opt.Dossier.History(p.R.Context(), p.Actor, "integration", id, after, 40)
	if err != nil {
		return nil, err
	}
	d := &dossierPage{base: "/integrations/" + id}
	d.Integration = in
	if d.names, err = p.web.opt.Account.Names(p.R.Context(), p.Actor, named(acts.Items, string(in.Owner))...); err != nil {
		return nil, err
	}
	p.heading(d, "/history")
	out := view.HistoryActs{Head: d.head}
	for i := range acts.Items {
		out.List = append(out.List, act(&acts.Items[i], d))
	}
	if after != nil {
		out.First = d.base + "/history/acts"
	}
	if acts.Next != nil {
		out.Next = d.base + "/history/acts?" + url.Values{"after": {writePlace(acts.Next)}}.Encode()
	}
	return view.ActsPage(out), nil
}

// named are the people of acts.
func named(acts []register.HistoryEntry, more ...string) []string {
	for i := range acts {
		more = append(more, acts[i].Actor)
		for _, c := range acts[i].Changes {
			for _, v := range []map[string]any{c.Old, c.New} {
				for _, x := range v {
					if s, ok := x.(string); ok {
						more = append(more, s)
					}
				}
			}
		}
	}
	return more
}

// act is one act, with each field as it was and as it became.
func act(e *register.HistoryEntry, d *dossierPage) view.HistoryAct {
	out := view.HistoryAct{Seq: strconv.FormatInt(e.Seq, 10), At: e.At, By: d.name(e.Actor), Via: e.Via, Action: view.Words(strings.ReplaceAll(e.Action, ".", ": ")), Reason: e.Reason}
	for _, c := range e.Changes {
		keys := map[string]bool{}
		for k := range c.Old {
			keys[k] = true
		}
		for k := range c.New {
			keys[k] = true
		}
		for _, k := range slices.Sorted(maps.Keys(keys)) {
			old, now := value(c.Old[k], d), value(c.New[k], d)
			if old == now || k == "version" || k == "updated_at" {
				continue
			}
			out.Changes = append(out.Changes, view.Change{What: view.Words(c.Kind) + ": " + view.Words(k), Old: old, New: now})
		}
	}
	return out
}

// value is a field's value in a line.
func value(v any, d *dossierPage) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		if strings.HasPrefix(v, "per_") {
			return d.name(v)
		}
		return v
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	data, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	return string(data)
}

func (p *page) doAssess() (string, error) {
	_, err := p.web.opt.Register.Assess(p.R.Context(), p.Actor, register.ByID(drawbridge.IntegrationID(p.R.PathValue("id"))), p.key())
	return p.toDossier("/history", "int-assessed"), err
}
