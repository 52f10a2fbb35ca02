package portfolio

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/action"
	"drawbridge/internal/register"
	"drawbridge/internal/store"
)

// EventNotice is the kind of the event that each notice leaves for the
// programme; its subject is the notice.
const EventNotice = "programme.notice"

const noticeReceived = "notice.received"

// The kinds of notices.
const (
	NoticeSubprocessor = "subprocessor"
	NoticeDeprecation  = "deprecation"
	NoticeIncident     = "incident"
)

// own is how long we have to tell an authority of a breach (GDPR 33(1)).
const own = 72 * time.Hour

// NoticeEdit is a notice as it comes in.
type NoticeEdit struct {
	Partner   drawbridge.PartnerID // of one that came by a link it is the link's
	Kind      string
	Title     string
	Text      string
	Facts     drawbridge.NoticeFacts
	Received  time.Time // when it reached us; zero for now
	Effective drawbridge.Date
	Key       string
}

// AddNotice takes a notice in: from staff, or through a partner's link.
func (d *Desk) AddNotice(ctx context.Context, actor access.Actor, in NoticeEdit) (drawbridge.NoticeView, error) {
	partner := in.Partner
	find := func(tx *store.Tx) (access.Object, error) {
		if actor.Inquiry == "" {
			return onPartner(partner, "notice", "")(tx)
		}
		i, err := tx.Inquiries().Get(string(actor.Inquiry))
		if err == nil {
			partner = i.Partner
		}
		return access.Object{Kind: "notice", Inquiry: actor.Inquiry}, err
	}
	return write(ctx, d, edited{actor, access.NoticeWrite, "", in.Key, in}, find, func(tx *store.Tx) (drawbridge.NoticeView, error) {
		now := d.now()
		n := drawbridge.Notice{
			ID: drawbridge.NewID("ntc", now), Partner: partner, Kind: in.Kind, Title: in.Title, Text: in.Text, Received: in.Received.UTC().Truncate(time.Second),
			Effective: in.Effective, State: "open", From: actor.ID, Inquiry: actor.Inquiry, CreatedAt: now,
		}
		if in.Received.IsZero() || actor.Inquiry != "" {
			n.Received = now
		}
		facts := in.Facts
		if err := checkNotice(tx, actor, &n, &facts, now); err != nil {
			return drawbridge.NoticeView{}, err
		}
		if err := d.clock(tx, &n, &facts); err != nil {
			return drawbridge.NoticeView{}, err
		}
		var err error
		if n.Facts, err = json.Marshal(facts); err != nil {
			return drawbridge.NoticeView{}, fmt.Errorf("encode the facts of a notice: %w", err)
		}
		if err := tx.Notices().Add(&n); err != nil {
			return drawbridge.NoticeView{}, err
		}
		if err := d.event(tx, EventNotice, n.ID); err != nil {
			return drawbridge.NoticeView{}, err
		}
		return d.readNotice(actor, n), d.tellReviewers(tx, actor, &n)
	})
}

func checkNotice(tx *store.Tx, actor access.Actor, n *drawbridge.Notice, f *drawbridge.NoticeFacts, now time.Time) error {
	if n.Kind == "" || oneOf("kind", n.Kind, NoticeSubprocessor, NoticeDeprecation, NoticeIncident) != nil {
		return bad("kind is %.40q; write subprocessor, deprecation or incident", n.Kind)
	}
	if err := written("title", &n.Title, "text*", &n.Text, "name", &f.Name, "service", &f.Service, "operation", &f.Operation, "affected*", &f.Affected); err != nil {
		return err
	}
	if err := cmp.Or(country("country", f.Country), lines("categories", f.Categories), days("effective", n.Effective)); err != nil {
		return err
	}
	switch {
	case n.Title == "":
		return bad("title: say in a line what the notice is about")
	case n.Received.After(now) || n.Received.Before(now.AddDate(-1, 0, 0)):
		return bad("received: a notice came within the last year, and not later than now")
	case n.Kind == NoticeSubprocessor && f.Name == "":
		return bad("name: say who the new sub-processor is")
	case n.Kind == NoticeDeprecation && n.Effective == "":
		return bad("effective: say from which day on it is gone")
	case f.AwareAt.After(now):
		return bad("aware_at: the partner cannot know of it later than now")
	case actor.Inquiry != "" && len(f.Uses) > 0:
		return bad("integrations: which of ours it touches is for us to say")
	}
	return ofPartner(tx, n.Partner, f.Uses)
}

// clock computes until when we must act, and whether the notice came in time.
func (d *Desk) clock(tx *store.Tx, n *drawbridge.Notice, f *drawbridge.NoticeFacts) error {
	list, err := tx.Contracts().Find(store.Query{Equal: map[string]any{"partner": string(n.Partner)}})
	if err != nil {
		return err
	}
	list = slices.DeleteFunc(list, func(c drawbridge.Contract) bool { return standing(&c, n.Received) != "in_force" })
	f.InTime = "unknown"
	inTime := func(known, yes bool) {
		if known && yes {
			f.InTime = "yes"
		} else if known {
			f.InTime = "no"
		}
	}
	switch n.Kind {
	case NoticeSubprocessor:
		term, rule, err := d.objection(list)
		if err != nil {
			return err
		}
		n.Deadline, n.Rule = drawbridge.DateOf(n.Received.AddDate(0, 0, int(term))), rule
		n.DueAt = n.Deadline.End()
		inTime(n.Effective != "", n.Effective >= n.Deadline)
	case NoticeDeprecation:
		n.Deadline, n.DueAt, n.Rule = n.Effective, n.Effective.End(), "the day from which on it is gone"
		promised := strongest(list, func(c drawbridge.Contract) int64 { return -c.Deprecation })
		inTime(promised < 0, !n.Received.AddDate(0, 0, int(-promised)).After(n.Effective.End()))
	default:
		n.DueAt = n.Received.Add(own)
		n.Deadline, n.Rule = drawbridge.DateOf(n.DueAt), "GDPR 33(1): 72 hours from receipt"
		promised := strongest(list, func(c drawbridge.Contract) int64 { return c.BreachHours })
		inTime(promised > 0 && !f.AwareAt.IsZero(), !f.AwareAt.Add(time.Duration(promised)*time.Hour).Before(n.Received))
	}
	return nil
}

// strongest is the least of what contracts promise, those that promise nothing apart.
func strongest(list []drawbridge.Contract, of func(drawbridge.Contract) int64) int64 {
	var out int64
	for _, c := range list {
		if v := of(c); v != 0 && (out == 0 || v < out) {
			out = v
		}
	}
	return out
}

// objection is how many days there are to object to a sub-processor: the fewest
// that a contract gives, else those of the policy.
func (d *Desk) objection(list []drawbridge.Contract) (term int64, rule string, err error) {
	for _, c := range list {
		if c.Objection > 0 && (term == 0 || c.Objection < term) {
			term, rule = c.Objection, fmt.Sprintf("contract %s: %s from receipt", c.ID, drawbridge.Count(c.Objection, "day", "days"))
		}
	}
	if term > 0 {
		return term, rule, nil
	}
	ws, err := d.workspace()
	if err != nil {
		return 0, "", err
	}
	term = int64(ws.Policy.Protocol().Objection)
	return term, fmt.Sprintf("policy: %s from receipt, since no contract says more", drawbridge.Count(term, "day", "days")), nil
}

// tellReviewers tells those who can decide, and who keeps the partner's record.
func (d *Desk) tellReviewers(tx *store.Tx, actor access.Actor, n *drawbridge.Notice) error {
	p, err := tx.Partner(n.Partner)
	if err != nil {
		return err
	}
	var to []drawbridge.PersonID
	for _, role := range []drawbridge.Role{drawbridge.ReviewerPrivacy, drawbridge.ReviewerLegal, drawbridge.ReviewerSecurity} {
		people, err := tx.Holders(role, maxItems)
		if err != nil {
			return err
		}
		for _, x := range people {
			to = append(to, x.ID)
		}
	}
	subject := map[string]string{"notice": n.ID, "partner": string(n.Partner)}
	err = d.tell(tx, actor, noticeReceived, "/notices/"+n.ID, subject, to...)
	if err != nil || slices.Contains(to, p.Owner) {
		return err
	}
	// The owner may hold no role that reads notices; the partner's page shows what it means.
	return d.tell(tx, actor, noticeReceived, "/partners/"+string(n.Partner), subject, p.Owner)
}

// Verdict is what was decided about a notice.
type Verdict struct {
	ID      string
	Version int64
	To      string // accepted, objected or closed
	Reason  string
	Key     string
}

// noticeMoves is the table of transitions of a notice.
var noticeMoves = map[string][]string{
	"open":     {"accepted", "objected", "closed"},
	"objected": {"accepted", "closed"},
	"accepted": {"closed"},
}

// DecideNotice accepts a notice, objects to it, or closes it. A sub-processor
// that was accepted is one from then on.
func (d *Desk) DecideNotice(ctx context.Context, actor access.Actor, v Verdict) (drawbridge.NoticeView, error) {
	var n drawbridge.Notice
	return write(ctx, d, edited{actor, access.NoticeDecide, v.Reason, v.Key, v}, findNotice(v.ID, &n), func(tx *store.Tx) (drawbridge.NoticeView, error) {
		if err := written("reason*", &v.Reason); err != nil {
			return drawbridge.NoticeView{}, err
		}
		if v.Reason == "" {
			return drawbridge.NoticeView{}, bad("say why: give a reason")
		}
		if !slices.Contains(noticeMoves[n.State], v.To) {
			return drawbridge.NoticeView{}, drawbridge.Errorf(drawbridge.Conflict, "a notice that is %s does not become %.40q", n.State, v.To)
		}
		n.Version, n.State, n.Reason, n.DecidedBy, n.DecidedAt = v.Version, v.To, v.Reason, actor.Person, d.now()
		if err := tx.Notices().Set(&n); err != nil {
			return drawbridge.NoticeView{}, err
		}
		if n.Kind == NoticeSubprocessor && n.State == "accepted" {
			var f drawbridge.NoticeFacts
			if err := json.Unmarshal(n.Facts, &f); err != nil {
				return drawbridge.NoticeView{}, fmt.Errorf("read the facts of a notice: %w", err)
			}
			s := drawbridge.Subprocessor{
				Partner: n.Partner, Name: f.Name, Service: f.Service, Country: f.Country, Categories: f.Categories, Uses: f.Uses, Source: FromNotice, Notice: n.ID,
			}
			if err := d.addSubprocessor(tx, &s); err != nil {
				return drawbridge.NoticeView{}, err
			}
		}
		return d.readNotice(actor, n), nil
	})
}

func findNotice(id string, out *drawbridge.Notice) func(*store.Tx) (access.Object, error) {
	return func(tx *store.Tx) (access.Object, error) {
		n, err := tx.Notices().Get(id)
		if err == nil {
			*out = *n
		}
		return access.Object{Kind: "notice", ID: id, Inquiry: out.Inquiry}, err
	}
}

// readNotice is a notice as it stands today; the partner is not told who decided
// here, nor why.
func (d *Desk) readNotice(actor access.Actor, n drawbridge.Notice) drawbridge.NoticeView {
	if actor.Inquiry != "" {
		n.From, n.DecidedBy, n.Reason = "", "", ""
	}
	return drawbridge.NoticeView{Notice: n, Overdue: n.State == "open" && !d.now().Before(n.DueAt)}
}

// Notice reads one notice.
func (d *Desk) Notice(ctx context.Context, actor access.Actor, id string) (out drawbridge.NoticeView, err error) {
	var n drawbridge.Notice
	err = d.door.View(ctx, action.Act{Actor: actor, Action: access.NoticeRead, On: findNotice(id, &n)}, func(*store.Tx) error {
		out = d.readNotice(actor, n)
		return nil
	})
	return out, err
}

// NoticeFilter says which notices to list; what is empty does not restrict.
type NoticeFilter struct {
	Partner drawbridge.PartnerID
	Kind    string
	State   string
}

// Notices lists notices, newest first. Through a partner's link it lists those
// that came through it.
func (d *Desk) Notices(ctx context.Context, actor access.Actor, f NoticeFilter, from *register.Cursor, limit int) (register.Page[drawbridge.NoticeView], error) {
	var out register.Page[drawbridge.NoticeView]
	size, err := pageSize(limit)
	if err != nil {
		return out, err
	}
	q := store.Query{Equal: map[string]any{}, After: after(from), Newest: true, Limit: size + 1}
	for column, value := range map[string]string{"partner": string(f.Partner), "kind": f.Kind, "state": f.State, "inquiry": string(actor.Inquiry)} {
		if value != "" {
			q.Equal[column] = value
		}
	}
	read := func(tx *store.Tx) error {
		list, err := tx.Notices().Find(q)
		views := make([]drawbridge.NoticeView, len(list))
		for i, n := range list {
			views[i] = d.readNotice(actor, n)
		}
		out = paged(views, size, func(n drawbridge.NoticeView) register.Cursor { return register.Cursor{ID: n.ID} })
		return err
	}
	if actor.Inquiry != "" {
		o := access.Object{Kind: "notice", Inquiry: actor.Inquiry}
		err = d.door.View(ctx, action.Act{Actor: actor, Action: access.NoticeRead, Object: o}, read)
		return out, err
	}
	err = d.door.List(ctx, actor, access.NoticeRead, func(tx *store.Tx, _ access.Scope) error { return read(tx) })
	return out, err
}
