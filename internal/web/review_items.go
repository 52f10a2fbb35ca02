package web

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/url"
	"strings"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/web/view"
)

// groups are how items are put together, in order; the first that takes an item
// has it.
var groups = []struct {
	id, title, why string
	takes          func(*drawbridge.ReviewItem) bool
}{
	{"contradicted", "Contradictions", "A test denies what is claimed. Somebody who reviews rules on each.", func(it *drawbridge.ReviewItem) bool {
		return it.State == "contradicted" || it.State == "disputed"
	}},
	{"open", "Not known", "The tier asks for it, and nobody answered, or a document waits to be accepted. Unknown counts as the worst case.", func(it *drawbridge.ReviewItem) bool {
		return it.State == "unknown" || it.State == "unanswered" || it.State == "offered"
	}},
	{"findings", "Findings", "What the rules and the live checks found, worst first.", func(it *drawbridge.ReviewItem) bool { return it.Kind == "finding" }},
	{"claims", "Controls and claims", "What is said to be in place, and how it is known.", func(it *drawbridge.ReviewItem) bool {
		return it.Kind == "claim" || it.Kind == "control"
	}},
	{"questions", "Answers", "What was answered to the questionnaires.", func(it *drawbridge.ReviewItem) bool { return it.Kind == "question" }},
	{"evidence", "Evidence, exceptions, conditions", "What is on file and counts.", func(it *drawbridge.ReviewItem) bool { return it.Kind != "map" }},
	{"map", "Map", "What was declared: the part of the manifest that a signature binds.", func(*drawbridge.ReviewItem) bool { return true }},
}

// shows says which items an address asks for.
func shown(show string, it *drawbridge.ReviewItem) bool {
	switch show {
	case "left":
		return it.Viewed != drawbridge.ItemViewed
	case "changed":
		return it.Viewed == drawbridge.ItemChanged
	case "pressing":
		return groups[0].takes(it) || groups[1].takes(it)
	}
	return true
}

// look lays the items out in their groups.
func (d *desk) look(out *view.Review) {
	show := d.R.URL.Query().Get("show")
	l := view.Look{At: d.Items.Looked, Total: len(d.Items.Items), Gone: d.Items.Gone, All: show == ""}
	if show != "" {
		l.Query = "?" + url.Values{"show": {show}}.Encode()
	}
	lists := make([][]view.Item, len(groups))
	counts := map[string]int{}
	d.talks = map[string]bool{}
	for i := range d.Items.Items {
		it := &d.Items.Items[i]
		if it.Viewed == drawbridge.ItemViewed {
			l.Viewed++
		} else if it.Viewed != "" {
			l.Changed++
		}
		for _, name := range []string{"left", "changed", "pressing"} {
			if shown(name, it) {
				counts[name]++
			}
		}
		x := d.item(it)
		for j := range groups {
			if groups[j].takes(it) {
				if shown(show, it) {
					lists[j] = append(lists[j], x)
				}
				break
			}
		}
	}
	for j, list := range lists {
		if len(list) > 0 {
			out.Groups = append(out.Groups, view.Sides{ID: "group-" + groups[j].id, Title: groups[j].title, Why: groups[j].why, Items: list})
		}
	}
	for _, c := range []struct{ name, text string }{{"", "All"}, {"left", "Not viewed"}, {"changed", "Changed since viewed"}, {"pressing", "Contradicted or not known"}} {
		to, n := d.to, l.Total
		if c.name != "" {
			to, n = to+"?show="+c.name, counts[c.name]
		}
		l.Chips = append(l.Chips, view.Tab{Link: view.Link{Text: fmt.Sprintf("%s %d", c.text, n), To: to}, Here: c.name == show})
	}
	if d.Items.Head != "" && d.Items.Head != d.Integration.Head {
		l.Since = view.Link{Text: "See what changed in the manifest since then.", To: "/integrations/" + string(d.Integration.ID) + "/difference?from=" + string(d.Items.Head)}
	}
	out.Look = l
	for i := range d.Talks {
		if t := &d.Talks[i]; !d.talks[string(t.ID)] {
			x := d.discussion(t)
			if t.Kind != "review" {
				x.About = "about " + t.Kind + " " + t.Object
			}
			out.Talks = append(out.Talks, x)
		}
	}
}

// anchor is the place of an item on the page.
func anchor(key string) string {
	sum := sha256.Sum256([]byte(key))
	return "i-" + hex.EncodeToString(sum[:5])
}

var itemTones = map[string]view.Tone{
	"contradicted": view.Worst, "disputed": view.Bad, "unknown": view.Bad, "unanswered": view.Bad, "offered": view.Warn, "denied": view.Bad,
	"verified": view.Good, "answered": view.Info, "accepted": view.Info, "confirmed": view.Info, "ruled": view.Warn, "in_part": view.Warn, "untested": view.Idle,
}

func (d *desk) item(it *drawbridge.ReviewItem) view.Item {
	out := view.Item{
		ID: anchor(it.Key), Key: it.Key, Digest: it.Digest, Title: sentenceCase(it.Title + " ")[:len(it.Title)], About: it.About, State: view.Words(it.State), Tone: itemTones[it.State],
		Required: it.Required, Severity: it.Severity, Viewed: it.Viewed == drawbridge.ItemViewed, Changed: it.Viewed == drawbridge.ItemChanged, Was: it.Was,
		Topic: it.Topic, Object: it.Object, Inquiry: string(it.Inquiry), To: d.leads(it.Topic, it.Object),
	}
	if out.Tone == "" {
		out.Tone = view.Idle
	}
	if it.Known != "" {
		out.Known = fmt.Sprintf("Known by %s; it counts by %.0f %%.", view.Words(string(it.Known)), it.Confidence*100)
	}
	for _, side := range []struct {
		from []drawbridge.ItemLine
		to   *[]view.Line
	}{{it.Answers, &out.Answers}, {it.Claims, &out.Claims}, {it.Tests, &out.Tests}} {
		for _, l := range side.from {
			*side.to = append(*side.to, d.line(l))
		}
	}
	for i := range d.Talks {
		if t := &d.Talks[i]; t.Kind == it.Topic && t.Object == it.Object && it.Topic != "review" {
			out.Talks = append(out.Talks, d.discussion(t))
			d.talks[string(t.ID)] = true
		}
	}
	pressing := groups[0].takes(it) || it.Kind == "finding" && it.Severity.Rank() >= drawbridge.High.Rank() && it.State != "accepted" || len(out.Talks) > 0 || it.Viewed == drawbridge.ItemChanged
	out.Open = pressing && !out.Viewed
	if d.failed != nil && d.said("at") == out.ID {
		out.Typed, out.Blocks, out.Open = d.said("text"), d.said("blocks") != "", true
	}
	if it.State == "contradicted" && d.May[access.RulingWrite] {
		d.rule(it, &out)
	}
	return out
}

// rule offers to rule on the first failure that nobody ruled on.
func (d *desk) rule(it *drawbridge.ReviewItem, out *view.Item) {
	for _, t := range it.Tests {
		if t.Tone != string(drawbridge.Fail) || strings.HasPrefix(t.Note, "ruled for") {
			continue
		}
		out.Rule = &view.RuleForm{Check: t.By, Element: t.Text}
		for _, role := range drawbridge.Disciplines() {
			if d.Actor.Has(role.Reviewer()) {
				out.Rule.Roles = append(out.Rule.Roles, view.Option{Value: string(role), Text: string(role)})
			}
		}
		return
	}
}

// leads is the page of what an item or a line names.
func (d *desk) leads(kind, id string) string {
	in := "/integrations/" + string(d.Integration.ID)
	switch kind {
	case "finding":
		return "/findings/" + string(d.Integration.ID) + "/" + id
	case "flow", "interface", "system":
		return in + "/map?at=" + id
	}
	return ""
}

var lineTones = map[string]struct {
	tone view.Tone
	word string
}{
	"holds": {view.Info, "yes"}, "denies": {view.Bad, "no"}, "pass": {view.Good, "pass"}, "fail": {view.Worst, "fail"},
	"inconclusive": {view.Warn, "inconclusive"}, "skipped": {view.Idle, "skipped"}, "missing": {view.Bad, "missing"},
}

func (d *desk) line(l drawbridge.ItemLine) view.Line {
	tone := lineTones[l.Tone]
	out := view.Line{By: source(l.By), Text: l.Text, Tone: tone.tone, Word: tone.word, Note: l.Note, At: l.At}
	if strings.HasPrefix(l.Link, "f1-") {
		out.To = d.leads("finding", l.Link)
	}
	return out
}

// source names who says something as people do.
func source(by string) string {
	kind, _, _ := strings.Cut(by, ":")
	switch kind {
	case "answer":
		return "questionnaire"
	case "evidence":
		return by
	}
	return kind
}
