package programme

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/action"
	"drawbridge/internal/store"
)

// Task is one thing that needs somebody, why it is theirs, and what says how
// dangerous it is to leave it.
type Task struct {
	Kind        string                   `json:"kind"` // like review.sign
	ID          string                   `json:"id"`   // of the review, the condition and so on
	Do          string                   `json:"do"`   // what is asked, as a sentence begins
	Why         string                   `json:"why"`  // why it is theirs
	About       string                   `json:"about"`
	Integration drawbridge.IntegrationID `json:"integration"` // may be empty
	Partner     drawbridge.PartnerID     `json:"partner"`     // may be empty
	Name        string                   `json:"name"`        // of the integration; of the partner where it is about that
	Link        string                   `json:"link"`        // the page where it is done
	Tier        drawbridge.Tier          `json:"tier"`
	Outcome     drawbridge.Outcome       `json:"outcome"` // of the gate
	Residual    float64                  `json:"residual"`
	Grave       int64                    `json:"grave"`  // open findings that are at least high
	Failed      int64                    `json:"failed"` // of them, those that a live check found: they contradict what was claimed
	Effect      drawbridge.Effect        `json:"effect"` // on what is live, when it is left; may be empty
	Live        bool                     `json:"live"`   // data flows today
	Due         drawbridge.Date          `json:"due"`
	Overdue     int                      `json:"overdue"` // days
	Since       time.Time                `json:"since"`
	By          string                   `json:"by"` // who waits for it, or on whom it waits
}

// Inbox is what needs somebody, and what they wait for.
type Inbox struct {
	Mine   []Task                          `json:"mine"`   // most dangerous first
	Others []Task                          `json:"others"` // that others have to act on, in the same order
	Names  map[drawbridge.PartnerID]string `json:"-"`      // of the partners of both
}

// maxInbox bounds what waits for one person.
const maxInbox = 500

// soon is how many days before its end something waits already.
const soon = 14

// asks says of each kind what is asked, why of this person, and where it is done.
var asks = map[string]struct{ do, why, link string }{
	"review.submit":     {"Complete the request and submit it", "you asked for it", "/reviews/{id}"},
	"review.triage":     {"Triage the request", "you run the programme, and nobody looked at it yet", "/reviews/{id}"},
	"review.start":      {"Start the review", "you run the programme, and it was triaged", "/reviews/{id}"},
	"review.sign":       {"Review it and sign", "the tier asks for your point of view, and you did not sign the present state", "/reviews/{id}"},
	"review.decide":     {"Decide on it", "you approve, and it is ready", "/reviews/{id}"},
	"exception.confirm": {"Confirm or refuse an exception", "you approve, and did not propose it", "/integrations/{integration}/approvals"},
	"exception.renew":   {"Renew an exception or let it end", "you own it, and it ends", "/integrations/{integration}/approvals"},
	"evidence.accept":   {"Accept or refuse a document", "you review, and it counts for nothing until somebody does", "/integrations/{integration}/evidence"},
	"inquiry.accept":    {"Look at the answers of a questionnaire", "you review, and they count for nothing until somebody accepts them", "/questionnaires/{id}"},
	"inquiry.answer":    {"Answer a questionnaire", "you answer for the integration", "/questionnaires/{id}"},
	"condition.meet":    {"Meet a condition", "you answer for it", "/integrations/{integration}/approvals"},
	"notice.decide":     {"Decide on a partner's notice", "your role decides on it before its deadline", "/notices/{id}"},
	"risk.treat":        {"Treat a risk", "you own it, and its day comes", "/risks/{id}"},
	"trigger.shut":      {"Shut the flow, and attest that it is shut", "your role keeps what is live within what was decided", "/integrations/{integration}/lifecycle"},

	"waits.submitted": {"Triage", "the programme owner", "/reviews/{id}"},
	"waits.triaged":   {"The start of the review", "the programme owner", "/reviews/{id}"},
	"waits.in_review": {"Sign-offs", "other reviewers", "/reviews/{id}"},
	"waits.ready":     {"The decision", "an approver", "/reviews/{id}"},
	"waits.exception": {"Word on your exception", "an approver", "/integrations/{integration}/approvals"},
	"waits.inquiry":   {"Answers to a questionnaire", "who was asked", "/questionnaires/{id}"},
	"waits.evidence":  {"Acceptance of your document", "a reviewer", "/integrations/{integration}/evidence"},
}

func (d *Desk) pending(actor access.Actor, s access.Scope) store.PendingList {
	now := d.now()
	return store.PendingList{
		Person: actor.Person, Roles: actor.Roles, Scope: s, Limit: maxInbox, Today: drawbridge.DateOf(now), Soon: drawbridge.DateOf(now.AddDate(0, 0, soon)),
	}
}

// Inbox lists what needs the actor, most dangerous first: what has to be shut, then
// by tier, what is overdue, residual risk and age; and what the actor set going and
// others have to act on.
func (d *Desk) Inbox(ctx context.Context, actor access.Actor) (Inbox, error) {
	out := Inbox{Mine: []Task{}, Others: []Task{}}
	own := access.Object{Kind: "message"}
	if actor.Person != "" {
		own.Owners = []drawbridge.PersonID{actor.Person}
	}
	if err := d.door.View(ctx, action.Act{Actor: actor, Action: access.InboxRead, Object: own}, func(*store.Tx) error { return nil }); err != nil {
		return out, err
	}
	err := d.door.List(ctx, actor, access.IntegrationRead, func(tx *store.Tx, s access.Scope) error {
		list, err := tx.Pending(d.pending(actor, s))
		if err != nil {
			return err
		}
		tasks := make([]Task, len(list))
		for i := range list {
			tasks[i] = d.task(&list[i], actor)
		}
		if tasks, out.Names, err = about(tx, s, tasks); err != nil {
			return err
		}
		slices.SortStableFunc(tasks, func(a, b Task) int { return compare(&a, &b) })
		for _, t := range tasks {
			if strings.HasPrefix(t.Kind, "waits.") {
				out.Others = append(out.Others, t)
			} else {
				out.Mine = append(out.Mine, t)
			}
		}
		return nil
	})
	return out, err
}

// Needs counts what needs the actor, by kind.
func (d *Desk) Needs(ctx context.Context, actor access.Actor) (out map[string]int64, err error) {
	if actor.Person == "" || d.door.Table().Scope(actor, access.IntegrationRead).Nothing() {
		return nil, nil
	}
	err = d.door.List(ctx, actor, access.IntegrationRead, func(tx *store.Tx, s access.Scope) error {
		out, err = tx.CountPending(d.pending(actor, s))
		return err
	})
	return out, err
}

// task is what waits, in words.
func (d *Desk) task(p *store.Pending, actor access.Actor) Task {
	ask := asks[p.Kind]
	t := Task{
		Kind: p.Kind, ID: p.ID, Do: ask.do, Why: ask.why, About: p.Said, Integration: p.Integration, Partner: p.Partner,
		Due: p.Due, Since: p.Since, Effect: p.Effect, By: p.By, Link: strings.NewReplacer("{id}", p.ID, "{integration}", string(p.Integration)).Replace(ask.link),
	}
	if p.Integration == "" && strings.Contains(ask.link, "{integration}") {
		t.Link = "/partners/" + string(p.Partner)
	}
	if tab := "/evidence"; strings.HasSuffix(t.Link, tab) && d.door.Table().Scope(actor, access.EvidenceRead).Nothing() {
		t.Link = strings.TrimSuffix(t.Link, tab) // it waits for others; one may not look
	}
	if now := d.now(); p.Due != "" && p.Due.Past(now) {
		t.Overdue = int(now.Sub(p.Due.End())/(24*time.Hour)) + 1
	}
	var roles []drawbridge.Discipline
	if p.Kind == "review.sign" && json.Unmarshal([]byte(p.Roles), &roles) == nil {
		var mine []string
		for _, r := range roles {
			if actor.Has(r.Reviewer()) {
				mine = append(mine, string(r))
			}
		}
		t.Do = "Review it for " + strings.Join(mine, " and ") + ", and sign"
	}
	if strings.HasPrefix(p.Kind, "waits.") && t.By == string(actor.Person) {
		t.By = ""
	}
	return t
}

// about gives each of a list the names and figures of its integration. What the
// actor may not see is left out.
func about(tx *store.Tx, s access.Scope, list []Task) ([]Task, map[drawbridge.PartnerID]string, error) {
	var ids []drawbridge.IntegrationID
	var partners []string
	for _, t := range list {
		if t.Integration != "" && !slices.Contains(ids, t.Integration) {
			ids = append(ids, t.Integration)
		}
	}
	found := map[drawbridge.IntegrationID]drawbridge.Integration{}
	for part := range slices.Chunk(ids, maxInbox) {
		in, err := tx.IntegrationShelf().Find(store.Query{In: map[string][]string{"id": words(part)}, Scope: &s, Limit: maxInbox})
		if err != nil {
			return nil, nil, err
		}
		for i := range in {
			found[in[i].ID] = in[i]
		}
	}
	grave, failed, err := tx.Grave(ids)
	if err != nil {
		return nil, nil, err
	}
	kept := list[:0]
	for _, t := range list {
		in, ok := found[t.Integration]
		if t.Integration != "" && !ok {
			continue
		}
		if ok {
			t.Name, t.Partner, t.Tier, t.Outcome, t.Residual, t.Live = in.Name, in.Partner, in.Tier, in.Outcome, in.Residual, in.State == drawbridge.Live
			t.Grave, t.Failed = grave[in.ID], failed[in.ID]
		}
		partners = append(partners, string(t.Partner))
		kept = append(kept, t)
	}
	names, err := tx.PartnerNames(partners)
	for i := range kept {
		kept[i].Name = cmp.Or(kept[i].Name, names[kept[i].Partner], string(kept[i].Partner))
	}
	return kept, names, err
}

func words[T ~string](list []T) []string {
	out := make([]string, len(list))
	for i, x := range list {
		out[i] = string(x)
	}
	return out
}

// compare puts the more dangerous of two first.
func compare(a, b *Task) int {
	return cmp.Or(b.shuts()-a.shuts(), b.rank()-a.rank(), min(b.Overdue, 1)-min(a.Overdue, 1), cmp.Compare(b.Residual, a.Residual),
		cmp.Compare(cmp.Or(a.Due, "9999"), cmp.Or(b.Due, "9999")), a.Since.Compare(b.Since), cmp.Compare(a.ID, b.ID))
}

// shuts ranks what data flows on that must not.
func (t *Task) shuts() int {
	if !t.Live || t.Effect.Rank() < drawbridge.Narrow.Rank() || t.Effect == "" || t.Kind != "trigger.shut" && t.Overdue == 0 {
		return 0
	}
	return t.Effect.Rank()
}

// rank is that of the tier; one that nobody knows yet counts as the highest, and what
// is about a partner as a whole as the one below it.
func (t *Task) rank() int {
	if t.Integration == "" {
		return len(drawbridge.Tiers()) - 2
	}
	if i := slices.Index(drawbridge.Tiers(), t.Tier); i >= 0 {
		return i
	}
	return len(drawbridge.Tiers())
}
