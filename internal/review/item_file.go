package review

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"drawbridge"
	"drawbridge/internal/seal"
)

// risks adds the findings that stand in no claim, the worst.
func (l *layout) risks() error {
	list, err := l.findings()
	if err != nil {
		return err
	}
	n := 0
	for i := range list {
		f := &list[i]
		if l.shown[f.Fingerprint] {
			continue
		}
		if n++; n > maxItems {
			break
		}
		it := drawbridge.ReviewItem{
			Key: "finding:" + f.Fingerprint, Kind: "finding", Title: f.Title, About: f.Element, State: f.State, Severity: f.Severity, Topic: "finding", Object: f.Fingerprint,
		}
		line := drawbridge.ItemLine{By: f.Rule, Text: f.Element, Link: f.Fingerprint}
		if f.Source == "check" {
			line.Tone = string(drawbridge.Fail)
			it.Tests = []drawbridge.ItemLine{line}
		} else {
			it.Claims = []drawbridge.ItemLine{line}
		}
		for _, x := range l.file.Exceptions {
			if f.Is(x.Covers) {
				it.State = "accepted"
				it.Claims = append(it.Claims, drawbridge.ItemLine{By: "exception", Text: "accepted until " + string(x.Expires), Note: x.Reason, Link: x.ID})
			}
		}
		l.items = append(l.items, it)
	}
	return nil
}

// filed adds documents that wait, exceptions that hold, and conditions.
func (l *layout) filed() error {
	add := func(kind, id, title, state string, line drawbridge.ItemLine) {
		l.items = append(l.items, drawbridge.ReviewItem{
			Key: kind + ":" + id, Kind: kind, Title: title, State: state, Claims: []drawbridge.ItemLine{line}, Topic: kind, Object: id,
		})
	}
	for _, e := range l.file.Offered {
		add("evidence", string(e.ID), e.Title, "offered", drawbridge.ItemLine{By: e.Kind, Text: "waits for a reviewer", Tone: "missing", Note: e.Scope, Link: string(e.ID), At: e.CreatedAt})
	}
	for _, e := range l.file.Evidence {
		add("evidence", string(e.ID), e.Title, "accepted", drawbridge.ItemLine{By: e.Kind, Text: e.Scope, Note: string(e.Known), Link: string(e.ID)})
	}
	for _, x := range l.file.Exceptions {
		add("exception", x.ID, x.Covers, "confirmed", drawbridge.ItemLine{By: "exception", Text: "until " + string(x.Expires), Note: x.Reason, Link: x.ID})
	}
	for _, c := range l.file.Conditions {
		if c.Review != l.review.ID && c.State != "open" {
			continue
		}
		when := "after go-live, by " + string(c.Due)
		if c.Before {
			when = "before go-live, by " + string(c.Due)
		}
		add("condition", c.ID, c.Text, c.State, drawbridge.ItemLine{By: string(c.Verifier), Text: when, Note: c.Reason, Link: c.ID})
	}
	return nil
}

// part is what an item tells of an element of the manifest.
type part struct {
	ID        string   `json:"id"`
	From      string   `json:"from"`
	To        string   `json:"to"`
	Zone      string   `json:"zone"`
	Kind      string   `json:"kind"`
	Direction string   `json:"direction"`
	Hosts     []string `json:"hosts"`
	Data      []struct {
		Field    string `json:"field"`
		Category string `json:"category"`
	} `json:"data"`
}

// parts adds the elements of the map, as a decision rests on them, and the rest of
// the manifest as one.
func (l *layout) parts() error {
	f, err := l.facts()
	if err != nil {
		return err
	}
	var view struct {
		Integration map[string]json.RawMessage `json:"integration"`
		Partner     json.RawMessage            `json:"partner"`
	}
	if err := json.Unmarshal(f.material, &view); err != nil {
		return fmt.Errorf("read the material part of the manifest: %w", err)
	}
	for _, kind := range []struct{ list, topic string }{{"flows", "flow"}, {"interfaces", "interface"}, {"systems", "system"}} {
		var elements []json.RawMessage
		if err := json.Unmarshal(view.Integration[kind.list], &elements); err != nil && len(view.Integration[kind.list]) > 0 {
			return fmt.Errorf("read the %s of the manifest: %w", kind.list, err)
		}
		delete(view.Integration, kind.list)
		for _, raw := range elements {
			var p part
			if err := json.Unmarshal(raw, &p); err != nil {
				return fmt.Errorf("read an element of the manifest: %w", err)
			}
			l.items = append(l.items, drawbridge.ReviewItem{
				Key: "map:" + kind.topic + "/" + p.ID, Kind: "map", Title: kind.topic + " " + p.ID, About: p.ID, State: "declared",
				Claims: []drawbridge.ItemLine{p.line(seal.Digest(raw))}, Topic: kind.topic, Object: p.ID,
			})
		}
	}
	rest, err := seal.Canonical(map[string]any{"integration": view.Integration, "partner": view.Partner})
	if err != nil {
		return err
	}
	l.items = append(l.items, drawbridge.ReviewItem{
		Key: "map:manifest", Kind: "map", Title: "the rest of the manifest", State: "declared", Topic: "review", Object: string(l.review.ID),
		Claims: []drawbridge.ItemLine{{By: "manifest", Text: "purpose, owners, obligations, targets and the partner's file", Note: "state " + short(seal.Digest(rest))}},
	})
	return nil
}

// line tells an element in words; the digest stands for what the words leave out.
func (p *part) line(digest string) drawbridge.ItemLine {
	var said []string
	if p.From != "" || p.To != "" {
		said = append(said, p.From+" → "+p.To)
	}
	for _, s := range []string{p.Zone, p.Kind, p.Direction, strings.Join(p.Hosts, ", ")} {
		if s != "" {
			said = append(said, s)
		}
	}
	var categories []string
	for _, d := range p.Data {
		if d.Category != "" && !slices.Contains(categories, d.Category) {
			categories = append(categories, d.Category)
		}
	}
	if len(p.Data) > 0 {
		said = append(said, drawbridge.Count(len(p.Data), "field", "fields")+": "+strings.Join(categories, ", "))
	}
	return drawbridge.ItemLine{By: "manifest", Text: strings.Join(said, "; "), Note: "state " + short(digest)}
}

// short is a digest as people compare it.
func short(digest string) string {
	_, hex, _ := strings.Cut(digest, ":")
	return hex[:min(len(hex), 8)]
}
