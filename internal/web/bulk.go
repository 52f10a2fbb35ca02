package web

import (
	"bytes"
	"cmp"
	"encoding/csv"
	"encoding/json"
	"net/url"
	"slices"
	"strconv"

	"github.com/a-h/templ"

	"drawbridge"
	"drawbridge/internal/policy"
	"drawbridge/internal/programme"
	"drawbridge/internal/register"
	"drawbridge/internal/web/view"
)

// bulkArea are acts on many rows of a list: what they will do, how far they are,
// and what became of each row.
func bulkArea() area {
	return area{
		routes: []route{
			shows("/bulks", "", (*page).bulks),
			shows("/bulks/new", "", (*page).bulkPlan),
			acts("/bulks/new", "", (*page).bulkPlan, (*page).doStartBulk),
			shows("/bulks/{id}", "", (*page).bulk),
			acts("/bulks/{id}/cancel", "", (*page).bulk, (*page).doCancelBulk),
			acts("/bulks/{id}/undo", "", (*page).bulk, (*page).doUndoBulk),
			sends("/bulks/{id}/items.csv", (*page).bulkCSV),
			sends("/bulks/{id}/items.json", (*page).bulkJSON),
		},
		dones: map[string]done{
			"bulk-none":      {text: "Nothing was done: tick at least one row first."},
			"bulk-cancelled": {text: "Cancelled. What was done stays done, and the rest is left."},
		},
	}
}

// bulkSeconds is how often the page of a bulk that goes on looks again.
const bulkSeconds = 2

// bulkable is what the reader can do to rows of a list.
func (p *page) bulkable(list string, q url.Values) view.Bulkable {
	out := view.Bulkable{List: list}
	filter := url.Values{}
	for name, values := range q {
		if !slices.Contains([]string{"after", "done", "of"}, name) && len(values) == 1 && values[0] != "" {
			filter.Set(name, values[0])
		}
	}
	out.Filter = filter.Encode()
	for _, a := range programme.BulkActs(list) {
		if p.may(a.May) {
			out.Acts = append(out.Acts, view.Option{Value: a.Name, Text: a.Says})
		}
	}
	return out
}

// bulkAsked is what the form of a list or of the plan asks for.
func (p *page) bulkAsked() programme.BulkStart {
	q := p.R.URL.Query()
	if p.R.Method == "POST" {
		q = p.R.PostForm
	}
	in := programme.BulkStart{Act: q.Get("act"), IDs: q["id"], Reason: q.Get("reason")}
	in.With = drawbridge.BulkWith{
		Kind: q.Get("kind"), Severity: drawbridge.Severity(q.Get("severity")), Refuted: q.Get("refuted") == "yes", Role: drawbridge.Discipline(q.Get("role")),
		Expires: drawbridge.Date(q.Get("expires")), Instead: q.Get("instead"),
	}
	if q.Get("of") == "all" {
		filter := q.Get("filter")
		in.IDs, in.Filter = nil, &filter
	}
	return in
}

// bulkPlan asks how it shall be done, and tells to what.
func (p *page) bulkPlan() (templ.Component, error) {
	in := p.bulkAsked()
	i := slices.IndexFunc(programme.BulkActs(""), func(a programme.BulkAct) bool { return a.Name == in.Act })
	if i < 0 {
		return nil, drawbridge.Errorf(drawbridge.Invalid, "choose what to do with the rows of a list")
	}
	act := programme.BulkActs("")[i]
	back := "/" + act.List
	if act.List == programme.BulkMessages {
		back = "/"
	}
	if filter, err := url.ParseQuery(p.R.URL.Query().Get("filter")); err == nil && len(filter) > 0 {
		back += "?" + filter.Encode()
	}
	if len(in.IDs) == 0 && in.Filter == nil {
		to, _ := url.Parse(back)
		p.redirect(address(to.Path, to.Query(), "done", "bulk-none"))
		return nil, nil
	}
	plan, err := p.web.opt.Programme.PreviewBulk(p.R.Context(), p.Actor, in)
	if err != nil {
		return nil, err
	}
	p.wrong()
	p.shell.Title, p.shell.Trail = act.Says, []view.Link{{Text: bulkList[act.List], To: back}}
	p.shell.Section = "/" + act.List
	out := view.BulkPlanned{Key: p.once(), Act: act.Name, Says: act.Says, List: act.List, Back: back, Undoable: act.Undo, Needs: map[string]bool{}, Typed: map[string]string{}}
	for _, n := range act.Needs {
		out.Needs[n] = true
	}
	for _, name := range []string{"person", "kind", "severity", "refuted", "role", "expires", "instead", "reason"} {
		out.Typed[name] = p.said(name)
	}
	for i := range plan.Items {
		x := &plan.Items[i]
		row := bulkRow(&x.BulkItem, x.Name)
		if x.Outcome != drawbridge.BulkWaits {
			out.Out = append(out.Out, row)
			continue
		}
		row.Outcome = "will be tried"
		out.Rows, out.IDs = append(out.Rows, row), append(out.IDs, x.Subject)
	}
	out.Of = view.Count(len(out.Rows), bulkOne[act.List])
	if err := p.bulkChoices(&out); err != nil {
		return nil, err
	}
	return view.BulkPlanPage(out), nil
}

// bulkOne is one thing of a list.
var bulkOne = map[string]string{programme.BulkIntegrations: "integration", programme.BulkFindings: "finding", programme.BulkMessages: "message"}

// bulkList is the heading of a list.
var bulkList = map[string]string{programme.BulkIntegrations: "Integrations", programme.BulkFindings: "Findings", programme.BulkMessages: "Inbox"}

// bulkChoices are what the fields of the plan offer.
func (p *page) bulkChoices(out *view.BulkPlanned) (err error) {
	if out.Needs[programme.NeedPerson] {
		if out.People, err = p.pickable(nil); err != nil {
			return err
		}
	}
	for _, kind := range policy.TriggerKinds() {
		out.Kinds = append(out.Kinds, view.Option{Value: kind, Text: reasonWord(kind)})
	}
	if out.Typed["kind"] == "" {
		out.Typed["kind"] = "incident"
	}
	for _, d := range drawbridge.Disciplines() {
		if p.Actor.Has(d.Reviewer()) {
			out.Roles = append(out.Roles, view.Option{Value: string(d), Text: string(d)})
		}
	}
	return nil
}

// bulkRow is one thing of a bulk, with where its page is.
func bulkRow(i *drawbridge.BulkItem, name string) view.BulkRow {
	out := view.BulkRow{Link: view.Link{Text: cmp.Or(name, i.Subject)}, Outcome: string(i.Outcome), Told: i.Told}
	switch {
	case name == "":
	case i.Subject == string(i.Integration):
		out.To = "/integrations/" + i.Subject
	default:
		out.To, out.Text, out.More = "/findings/"+i.Subject, cmp.Or(i.Title, i.Subject), name
	}
	return out
}

func (p *page) doStartBulk() (string, error) {
	in := p.bulkAsked()
	in.Key = p.key()
	if said := p.said("person"); said != "" {
		id, err := p.personNamed(nil, said)
		if err != nil {
			return "", err
		}
		in.With.Person = id
	}
	b, err := p.web.opt.Programme.StartBulk(p.R.Context(), p.Actor, in)
	return "/bulks/" + b.ID, err
}

func (p *page) doCancelBulk() (string, error) {
	b, err := p.web.opt.Programme.CancelBulk(p.R.Context(), p.Actor, p.R.PathValue("id"))
	return "/bulks/" + b.ID + "?done=bulk-cancelled", err
}

func (p *page) doUndoBulk() (string, error) {
	b, err := p.web.opt.Programme.UndoBulk(p.R.Context(), p.Actor, programme.BulkUndo{ID: p.R.PathValue("id"), Reason: p.said("reason"), Key: p.key()})
	return "/bulks/" + b.ID, err
}

// bulk is how far one came, and what became of each item.
func (p *page) bulk() (templ.Component, error) {
	id, q := p.R.PathValue("id"), p.R.URL.Query()
	b, err := p.web.opt.Programme.Bulk(p.R.Context(), p.Actor, id)
	if err != nil {
		return nil, err
	}
	from, err := readPlace(q.Get("after"))
	if err != nil {
		return nil, err
	}
	outcome := drawbridge.BulkOutcome(q.Get("outcome"))
	list, err := p.web.opt.Programme.BulkItems(p.R.Context(), p.Actor, id, outcome, from, 100)
	if err != nil {
		return nil, err
	}
	rows, err := p.bulkItems(list.Items)
	if err != nil {
		return nil, err
	}
	p.wrong()
	out := p.bulkView(&b)
	out.Key, out.Typed, out.Rows = p.once(), p.said("reason"), rows
	out.Shown = "What became of each"
	if outcome != "" {
		out.Shown = "Those that are " + bulkWords[outcome]
	}
	if out.With, err = p.bulkWith(&b); err != nil {
		return nil, err
	}
	p.shell.Title, p.shell.Trail = out.Says, []view.Link{{Text: "Done in bulk", To: "/bulks"}}
	p.shell.Back = out.To
	if b.State == drawbridge.BulkRunning {
		p.shell.Refresh = bulkSeconds
	}
	if q.Get("after") != "" {
		out.First = address(out.To, q, "after", "")
	}
	if list.Next != nil {
		out.Next = address(out.To, q, "after", writePlace(list.Next))
	}
	return view.BulkPage(out), nil
}

// bulkWords are the outcomes of items, as the page counts them.
var bulkWords = map[drawbridge.BulkOutcome]string{
	drawbridge.BulkWaits: "waiting", drawbridge.BulkBegun: "begun", drawbridge.BulkDid: "done", drawbridge.BulkRefused: "refused", drawbridge.BulkLeft: "left",
	drawbridge.BulkUndone: "undone",
}

func (p *page) bulkView(b *drawbridge.Bulk) view.Bulk {
	out := view.Bulk{
		Link: view.Link{To: "/bulks/" + b.ID}, Now: p.now, ID: b.ID, Says: bulkSays(b), Reason: b.Reason, State: string(b.State), Asked: b.CreatedAt, Ended: b.EndedAt,
		Over: int(b.Over()), Total: int(b.Total), Undoable: b.Undoable, UndoOf: b.UndoOf,
	}
	for _, o := range drawbridge.BulkOutcomes() {
		if n := b.Counts[o]; n > 0 {
			out.Counts = append(out.Counts, view.BulkCount{Name: bulkWords[o], N: int(n), To: out.To + "?outcome=" + string(o) + "#items"})
		}
	}
	return out
}

// bulkSays is what a bulk does, in words.
func bulkSays(b *drawbridge.Bulk) string {
	says := b.Act
	for _, a := range programme.BulkActs("") {
		if a.Name == b.Act {
			says = a.Says
		}
	}
	says += ": " + view.Count(int(b.Total), bulkOne[b.List])
	if b.UndoOf != "" {
		return "Taken back: " + says
	}
	return says
}

// bulkWith are the parameters of a bulk in words.
func (p *page) bulkWith(b *drawbridge.Bulk) (string, error) {
	w := &b.With
	switch {
	case w.Person != "":
		names, err := p.web.opt.Account.Names(p.R.Context(), p.Actor, string(w.Person))
		return cmp.Or(names[string(w.Person)], string(w.Person)), err
	case w.Kind != "":
		return reasonWord(w.Kind) + ", " + cmp.Or(string(w.Severity), "severity not known"), nil
	case w.Expires != "":
		return "until " + string(w.Expires), nil
	case b.Act == "rule" && w.Refuted:
		return "the tests are wrong", nil
	case b.Act == "rule":
		return "the failures stand", nil
	}
	return "", nil
}

// bulkItems are items as rows, with the names that the reader may see.
func (p *page) bulkItems(items []drawbridge.BulkItem) ([]view.BulkRow, error) {
	ids := make([]drawbridge.IntegrationID, 0, len(items))
	for i := range items {
		if id := items[i].Integration; id != "" && !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	names, err := p.web.opt.Register.Named(p.R.Context(), p.Actor, ids)
	out := make([]view.BulkRow, len(items))
	for i := range items {
		out[i] = bulkRow(&items[i], names[items[i].Integration])
		out[i].Outcome = bulkWords[items[i].Outcome]
	}
	return out, err
}

// bulks lists the reader's own, newest first.
func (p *page) bulks() (templ.Component, error) {
	p.shell.Title, p.shell.Lead = "Done in bulk", "What you did to many rows at once, for 90 days. The log has each act for good."
	q := p.R.URL.Query()
	from, err := readPlace(q.Get("after"))
	if err != nil {
		return nil, err
	}
	list, err := p.web.opt.Programme.Bulks(p.R.Context(), p.Actor, from, 50)
	if err != nil {
		return nil, err
	}
	var out view.Bulks
	for i := range list.Items {
		out.Rows = append(out.Rows, p.bulkView(&list.Items[i]))
	}
	if q.Get("after") != "" {
		out.First = "/bulks"
	}
	if list.Next != nil {
		out.Next = address("/bulks", q, "after", writePlace(list.Next))
	}
	return view.BulksPage(out), nil
}

// bulkWhole are all items of a bulk.
func (p *page) bulkWhole() (out []drawbridge.BulkItem, err error) {
	for from := (*register.Cursor)(nil); ; {
		list, err := p.web.opt.Programme.BulkItems(p.R.Context(), p.Actor, p.R.PathValue("id"), "", from, register.MaxPage)
		if err != nil {
			return nil, err
		}
		out = append(out, list.Items...)
		if from = list.Next; from == nil {
			return out, nil
		}
	}
}

func (p *page) bulkCSV() error {
	items, err := p.bulkWhole()
	if err != nil {
		return err
	}
	rows, err := p.bulkItems(items)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	_ = w.Write([]string{"n", "subject", "name", "outcome", "why"}) // a buffer takes everything
	for i := range items {
		row := []string{strconv.FormatInt(items[i].N, 10), items[i].Subject, rows[i].Text, string(items[i].Outcome), items[i].Told}
		for i := range row {
			row[i] = inert(row[i])
		}
		_ = w.Write(row)
	}
	w.Flush()
	return p.give("text/csv; charset=utf-8", "bulk.csv", b.Bytes())
}

func (p *page) bulkJSON() error {
	b, err := p.web.opt.Programme.Bulk(p.R.Context(), p.Actor, p.R.PathValue("id"))
	if err != nil {
		return err
	}
	items, err := p.bulkWhole()
	if err != nil {
		return err
	}
	data, err := json.MarshalIndent(struct {
		drawbridge.Bulk

		Items []drawbridge.BulkItem `json:"items"`
	}{b, items}, "", "  ")
	if err != nil {
		return err
	}
	return p.give("application/json", "bulk.json", data)
}
