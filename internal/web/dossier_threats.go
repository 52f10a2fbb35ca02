package web

import (
	"net/url"
	"slices"
	"strings"

	"github.com/a-h/templ"

	"drawbridge"
	"drawbridge/internal/assess"
	"drawbridge/internal/threat"
	"drawbridge/internal/web/view"
)

// dossierThreats are the threats by their state, the questions that are open, and
// the backlog of tests.
func (p *page) dossierThreats() (templ.Component, error) {
	d, err := p.dossier("/threats")
	if err != nil {
		return nil, err
	}
	a, err := p.document(d)
	if err != nil {
		return nil, err
	}
	out := view.Threats{Head: d.head, Severity: p.R.URL.Query().Get("severity"), At: p.R.URL.Query().Get("at")}
	for _, s := range drawbridge.Severities() {
		out.Severities = append(out.Severities, string(s))
	}
	slices.Reverse(out.Severities)
	out.State = p.R.URL.Query().Get("state")
	for i := range a.Threats {
		t := &a.Threats[i]
		state := string(t.State)
		out.Count(state)
		if out.State != "" && state != out.State || out.State == "" && !view.Asks(state) {
			continue
		}
		if out.Severity != "" && string(t.Severity) != out.Severity || out.At != "" && t.Element != out.At {
			continue
		}
		out.Add(view.Words(string(t.State)), threatRow(t, d))
	}
	questions(&out, a)
	for _, s := range a.Backlog {
		row := view.Scenario{Rank: s.Rank, Way: string(s.Settle.Mode), Name: s.Settle.ID, Element: s.Element, Severity: s.Severity}
		for _, id := range s.Threats {
			row.Threats = append(row.Threats, view.Link{Text: id, To: "#" + placeOn(id)})
		}
		out.Backlog = append(out.Backlog, row)
	}
	return view.ThreatsPage(out), nil
}

// questions are what nobody answered, the biggest effect first.
func questions(out *view.Threats, a *assess.Assessment) {
	for i := range a.Questions {
		q := &a.Questions[i]
		row := view.OpenQuestion{Text: q.Text, Element: q.Element}
		for k, key := range q.Keys {
			answer := view.AnswerKey{Key: key}
			if k < len(q.Accepts) {
				answer.Accepts = strings.TrimPrefix(q.Accepts[k], key+": ")
			}
			row.Keys = append(row.Keys, answer)
		}
		for _, id := range q.Threats {
			row.Threats = append(row.Threats, view.Link{Text: id, To: "#" + placeOn(id)})
		}
		out.Questions = append(out.Questions, row)
	}
}

// threatRow is one threat with what it rests on.
func threatRow(t *threat.Threat, d *dossierPage) view.Threat {
	out := view.Threat{
		ID: placeOn(t.ID), Name: t.ID, Title: t.Title, Why: t.Why, Rule: t.Rule, Severity: t.Severity, Element: t.Element,
		Class: view.Words(t.Model) + ", " + view.Words(t.Class), Reason: t.Reason, Missing: t.Missing, Map: d.base + "/map?at=" + t.Element,
	}
	for _, b := range t.Because {
		out.Because = append(out.Because, view.Because{Fact: b.Fact, Value: b.Value, Source: view.Words(string(b.Source)), Key: b.Key})
	}
	for _, s := range t.Arithmetic {
		out.Arithmetic = append(out.Arithmetic, view.SeverityTerm{Name: s.Name, Input: s.Input, Value: s.Value})
	}
	for _, s := range t.Settles {
		out.Settles = append(out.Settles, string(s.Mode)+" "+s.ID)
	}
	for _, l := range t.Tested {
		out.Tested = append(out.Tested, l.Check+" at "+l.Element+": "+string(l.Verdict))
	}
	if x := t.Accepted; x != nil {
		out.Accepted = x.Reason
		out.Until = x.Expires
		out.Confirmed = x.Confirmed
	}
	if t.State == drawbridge.ThreatOpen {
		out.Accept = d.base + "/approvals?" + url.Values{"covers": {t.ID}}.Encode() + "#propose"
	}
	return out
}
