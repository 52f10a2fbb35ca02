package web

import (
	"cmp"
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/a-h/templ"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/notify"
	"drawbridge/internal/programme"
	"drawbridge/internal/web/view"
)

func inboxArea() area {
	return area{
		name: "Work",
		menu: []entry{{text: "Inbox", to: "/", key: "i", may: access.InboxRead, counts: "*"}},
		routes: []route{
			shows("/{$}", "/", (*page).inbox),
			acts("/inbox/{id}/read", "/", (*page).inbox, (*page).doRead),
			acts("/inbox/{id}/unread", "/", (*page).inbox, (*page).doUnread),
		},
		dones: map[string]done{
			"read":     {text: "Marked as read.", undo: "/inbox/{of}/unread"},
			"read-all": {text: "All of it is marked as read.", undo: "/inbox/{of}/unread"},
			"unread":   {text: "It counts as new again."},
		},
	}
}

// inboxPage is how much news a page of the inbox has.
const inboxPage = 20

// inboxKinds are the groups of what an inbox tells, by the first word of their kinds.
var inboxKinds = []struct{ kind, text string }{
	{"trigger", "Flows to shut"},
	{"review", "Reviews"},
	{"exception", "Exceptions"},
	{"condition", "Conditions"},
	{"evidence", "Evidence"},
	{"inquiry", "Questionnaires"},
	{"notice", "Notices"},
	{"risk", "Risks"},
	{"thread", "Discussions"},
	{"integration", "Integrations"},
}

// inboxState are what a person's inbox holds, and what of it is asked for.
type inboxState struct {
	me          string
	kind, about string
	tasks       programme.Inbox
	told        []drawbridge.Message
	named       map[drawbridge.IntegrationID]drawbridge.Integration
	people      map[string]string
}

// fits reports whether a task is asked for.
func (s *inboxState) fits(t *programme.Task) bool {
	return (s.kind == "" || taskGroup(t.Kind) == s.kind) && (s.about == "" || s.about == string(t.Integration) || s.about == string(t.Partner))
}

// taskGroup is the group of a task; what waits for others on a review is of reviews.
func taskGroup(kind string) string {
	first, rest, _ := strings.Cut(kind, ".")
	if first != "waits" {
		return first
	}
	if slices.ContainsFunc(inboxKinds, func(k struct{ kind, text string }) bool { return k.kind == rest }) {
		return rest
	}
	return "review"
}

// inbox is the start page: what needs this person, most dangerous first, and why;
// what they wait for; and what happened.
func (p *page) inbox() (templ.Component, error) {
	p.shell.Title, p.shell.Lead = "Inbox", "What needs you, most dangerous first, and why."
	p.wrong()
	s, err := p.readInbox()
	if err != nil {
		return nil, err
	}
	in := view.Inbox{
		Now: p.now, Today: drawbridge.DateOf(p.now), Kind: s.kind, About: s.about, Filtered: s.kind != "" || s.about != "",
		Reviews: p.may(access.ReviewRead), Begin: view.Link{Text: "Look at the integrations", To: "/integrations"},
	}
	if p.may(access.IntegrationCreate) {
		in.Begin = intakeLink()
	}
	for i := range s.tasks.Mine {
		if t := &s.tasks.Mine[i]; s.fits(t) {
			in.Tasks = append(in.Tasks, s.task(t))
		}
	}
	for i := range s.tasks.Others {
		if t := &s.tasks.Others[i]; s.fits(t) {
			in.Others = append(in.Others, s.task(t))
		}
	}
	in.All, in.Kinds, in.Abouts = len(s.tasks.Mine), s.kinds(), s.abouts()
	p.inboxNews(s, &in)
	return view.InboxPage(in), nil
}

func (p *page) readInbox() (*inboxState, error) {
	ctx, q := p.R.Context(), p.R.URL.Query()
	s := &inboxState{me: string(p.Actor.Person), kind: cmp.Or(q.Get("kind"), p.said("kind")), about: cmp.Or(q.Get("about"), p.said("about"))}
	var err error
	if s.told, err = p.web.opt.Notify.Inbox(ctx, p.Actor, notify.InboxQuery{
		Kind: s.kind, About: s.about, Below: drawbridge.MessageID(q.Get("below")), Limit: inboxPage + 1,
	}); err != nil {
		return nil, err
	}
	if s.tasks, err = p.web.opt.Programme.Inbox(ctx, p.Actor); err != nil {
		return nil, err
	}
	var ids []drawbridge.IntegrationID
	for _, m := range s.told {
		ids = append(ids, drawbridge.IntegrationID(m.Params["integration"]))
	}
	if s.named, err = p.web.opt.Register.Among(ctx, p.Actor, ids); err != nil {
		return nil, err
	}
	var people []string
	for _, t := range slices.Concat(s.tasks.Mine, s.tasks.Others) {
		people = append(people, t.By)
	}
	s.people, err = p.web.opt.Account.Names(ctx, p.Actor, people...)
	return s, err
}

// task is a task as the page shows it: what is asked, why of this person, and what
// makes it dangerous to leave it.
func (s *inboxState) task(t *programme.Task) view.Task {
	out := view.Task{
		Title: t.Name, To: t.Link, Do: t.Do, Why: t.Why, About: about(t), Tier: t.Tier, Partner: t.Integration == "", Due: t.Due, Overdue: t.Overdue, Since: t.Since,
		By: s.people[t.By], Shut: t.Kind == "trigger.shut",
	}
	if name := s.tasks.Names[t.Partner]; t.Integration != "" && name != "" {
		out.Of = view.Link{Text: name, To: "/partners/" + string(t.Partner)}
	}
	if t.By == s.me {
		out.By = ""
	}
	in := "/integrations/" + string(t.Integration)
	add := func(text, to string) { out.Danger = append(out.Danger, view.Link{Text: text, To: to}) }
	if t.Live && (t.Overdue > 0 || out.Shut) && t.Effect.Rank() >= drawbridge.Narrow.Rank() && t.Effect != "" {
		add(map[drawbridge.Effect]string{drawbridge.Narrow: "data flows that should be narrowed", drawbridge.SuspendFlow: "data flows that should not"}[t.Effect], in+"/lifecycle")
	}
	if t.Integration != "" {
		add("residual risk "+view.Figure(t.Residual), in)
		if t.Outcome == drawbridge.NoGo {
			add("the gate says no", in)
		}
	}
	if t.Failed > 0 {
		add(view.Count(int(t.Failed), "live check")+" contradict what was claimed", "/findings?"+url.Values{"integration": {string(t.Integration)}, "source": {"check"}, "state": {"open"}, "severity": {"high"}}.Encode())
	}
	if other := t.Grave - t.Failed; other > 0 {
		add(view.Count(int(other), "grave threat")+" open", "/findings?"+url.Values{"integration": {string(t.Integration)}, "source": {"threat"}, "state": {"open"}, "severity": {"high"}}.Encode())
	}
	if t.Live && t.Kind != "trigger.shut" {
		add("live today", in+"/lifecycle")
	}
	return out
}

// about is what a task is about, in a few words.
func about(t *programme.Task) string {
	group := taskGroup(t.Kind)
	if group == "review" || group == "trigger" {
		return "because of: " + view.Words(t.About)
	}
	return t.About
}

// inboxAt is the address of the inbox with other filters.
func inboxAt(kind, about string) string {
	return address("/", url.Values{"kind": {kind}, "about": {about}}, "", "")
}

// kinds are the groups that there is anything of, each a filter.
func (s *inboxState) kinds() []view.Tab {
	counts := map[string]int{}
	for _, t := range s.tasks.Mine {
		counts[taskGroup(t.Kind)]++
	}
	seen := maps.Clone(counts)
	for _, t := range s.tasks.Others {
		seen[taskGroup(t.Kind)]++
	}
	for _, m := range s.told {
		seen[taskGroup(m.Kind)]++
	}
	out := []view.Tab{{Link: view.Link{Text: "Everything", To: inboxAt("", s.about)}, Count: len(s.tasks.Mine), Here: s.kind == ""}}
	for _, k := range inboxKinds {
		if seen[k.kind] > 0 || s.kind == k.kind {
			out = append(out, view.Tab{Link: view.Link{Text: k.text, To: inboxAt(k.kind, s.about)}, Count: counts[k.kind], Here: s.kind == k.kind})
		}
	}
	return out
}

// abouts are the integrations and partners that there is anything about.
func (s *inboxState) abouts() []view.Option {
	names := map[string]string{}
	for _, t := range slices.Concat(s.tasks.Mine, s.tasks.Others) {
		if t.Integration != "" {
			names[string(t.Integration)] = t.Name
		}
		if name := s.tasks.Names[t.Partner]; name != "" {
			names[string(t.Partner)] = name + " (partner)"
		}
	}
	for id := range s.named {
		names[string(id)] = s.named[id].Name
	}
	if s.about != "" && names[s.about] == "" {
		names[s.about] = s.about
	}
	out := []view.Option{}
	for id, name := range names {
		out = append(out, view.Option{Value: id, Text: name})
	}
	slices.SortFunc(out, func(a, b view.Option) int { return cmp.Or(cmp.Compare(a.Text, b.Text), cmp.Compare(a.Value, b.Value)) })
	return append([]view.Option{{Text: "anything"}}, out...)
}

// inboxNews puts what happened on the page.
func (p *page) inboxNews(s *inboxState, in *view.Inbox) {
	q := p.R.URL.Query()
	if len(s.told) > inboxPage {
		s.told = s.told[:inboxPage]
		in.Older = address("/", q, "below", string(s.told[inboxPage-1].ID))
	}
	if q.Get("below") != "" {
		in.Newest = address("/", q, "below", "")
	}
	for _, m := range s.told {
		name := s.named[drawbridge.IntegrationID(m.Params["integration"])].Name
		if name == "" {
			name = s.tasks.Names[drawbridge.PartnerID(m.Params["partner"])]
		}
		n := view.News{Name: name, Title: notify.Title(m.Kind), To: m.Link, At: m.CreatedAt}
		if m.ReadAt.IsZero() {
			n.Read = "/inbox/" + string(m.ID) + "/read"
			in.Unread++
			in.ReadAll = cmp.Or(in.ReadAll, n.Read)
		}
		in.News = append(in.News, n)
	}
}

func (p *page) doRead() (string, error) {
	id, all := p.R.PathValue("id"), p.said("all") != ""
	r := notify.Reading{ID: drawbridge.MessageID(id), UpTo: all}
	code := "read"
	if all {
		r.Kind, r.About, code = p.said("kind"), p.said("about"), "read-all"
	}
	return address("/", url.Values{"kind": {p.said("kind")}, "about": {p.said("about")}, "of": {id}}, "done", code), p.web.opt.Notify.MarkRead(p.R.Context(), p.Actor, r)
}

func (p *page) doUnread() (string, error) {
	return "/?done=unread", p.web.opt.Notify.MarkUnread(p.R.Context(), p.Actor, drawbridge.MessageID(p.R.PathValue("id")))
}
