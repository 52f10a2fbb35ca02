package store

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"drawbridge"
	"drawbridge/internal/access"
)

// Pending is one thing that waits: for a person, or for others on a person's
// behalf. What it means is for the desk.
type Pending struct {
	Kind        string // like review.sign
	ID          string
	Integration drawbridge.IntegrationID // may be empty
	Partner     drawbridge.PartnerID     // may be empty
	Said        string                   // in a few words, what it is about; of a review, its cause
	Roles       string                   // of a review, who must sign
	Due         drawbridge.Date
	Since       time.Time
	Effect      drawbridge.Effect // of what is due on what is live; may be empty
	By          string            // who waits for it, or on whom it waits
	Mine        bool              // it waits for the person
}

// PendingList says for whom to look.
type PendingList struct {
	Person drawbridge.PersonID
	Roles  []drawbridge.Role
	Scope  access.Scope // of integrations
	Today  drawbridge.Date
	Soon   drawbridge.Date // what ends until then waits already
	Limit  int
}

// heading are the columns that each part of the union has.
const heading = "kind, id, integration, partner, said, roles, due, since, effect, by_whom, mine"

// onHead is the condition by which a person signed the head of a review.
const onHead = "EXISTS (SELECT 1 FROM signoff g WHERE g.review = r.id AND g.person = ? AND g.withdrawn_at = '' AND g.revision = r.revision)"

// union puts the parts together that concern the person by their roles.
type union struct {
	l     PendingList
	parts []string
	args  []any
}

// add is one part: its kind as an expression, its table, the columns of the heading
// from the integration on, and its condition.
func (u *union) add(kind, from, columns, where string, mine bool, args ...any) {
	flag := map[bool]string{true: "1", false: "0"}[mine]
	table, alias, _ := strings.Cut(from, " ")
	scope, scoped := "", []any(nil)
	if table != "notice" { // which is a partner's, and seen by all who are asked to decide
		scope = " AND " + alias + ".integration NOT IN (SELECT id FROM integration WHERE state = 'retired')"
		if !u.l.Scope.All {
			scope, scoped = scope+" AND "+alias+".integration IN (SELECT id FROM integration WHERE "+inScope+")", scopeArgs(u.l.Scope)
		}
	}
	u.parts = append(u.parts, fmt.Sprintf("SELECT %s AS kind, %s.id AS id, %s, %s AS mine FROM %s WHERE %s%s", kind, alias, columns, flag, from, where, scope))
	u.args = append(append(u.args, args...), scoped...)
}

func (u *union) has(roles ...drawbridge.Role) bool {
	return slices.ContainsFunc(roles, func(r drawbridge.Role) bool { return slices.Contains(u.l.Roles, r) })
}

const (
	reviewColumns    = "r.integration AS integration, r.partner AS partner, r.cause AS said, r.roles AS roles, r.due AS due, r.updated_at AS since, '' AS effect, r.requester AS by_whom"
	exceptionColumns = "x.integration, '', x.covers, '', %s, x.created_at, %s, x.proposed_by"
	inquiryColumns   = "q.integration, q.partner, q.template, '', q.due, q.updated_at, '', q.sent_by"
	evidenceColumns  = "e.integration, e.partner, e.title, '', '', e.created_at, '', e.uploaded_by"
)

// reviews are the steps of reviews that are the person's: to submit what they asked
// for, to triage and start, to sign, to decide.
func (u *union) reviews() {
	me := string(u.l.Person)
	u.add("'review.submit'", "review r", reviewColumns, "r.state = 'draft' AND r.requester = ?", true, me)
	if u.has(drawbridge.ProgrammeOwner) {
		u.add("CASE r.state WHEN 'submitted' THEN 'review.triage' ELSE 'review.start' END", "review r", reviewColumns, "r.state IN ('submitted', 'triaged')", true)
	}
	sign, args := "1 = 0", []any(nil)
	for _, d := range drawbridge.Disciplines() {
		if u.has(d.Reviewer()) {
			sign, args = sign+" OR r.roles LIKE ?", append(args, `%"`+string(d)+`"%`)
		}
	}
	sign, args = "("+sign+") AND NOT "+onHead, append(args, me)
	if len(args) > 1 {
		u.add("'review.sign'", "review r", reviewColumns, "r.state IN ('in_review', 'ready') AND r.requester <> ? AND "+sign, true, append([]any{me}, args...)...)
	}
	if u.has(drawbridge.Approver) {
		u.add("'review.decide'", "review r", reviewColumns, "r.state = 'ready' AND r.requester <> ? AND NOT ("+sign+")", true, append([]any{me}, args...)...)
	}
}

// acceptances are what others brought and the person may take.
func (u *union) acceptances() {
	me, reviewer := string(u.l.Person), false
	for _, d := range drawbridge.Disciplines() {
		reviewer = reviewer || u.has(d.Reviewer())
	}
	if u.has(drawbridge.Approver) {
		u.add("'exception.confirm'", "exception x", fmt.Sprintf(exceptionColumns, "''", "''"), "x.state = 'proposed' AND x.proposed_by <> ? AND x.owner <> ?", true, me, me)
	}
	if reviewer {
		u.add("'evidence.accept'", "evidence e", evidenceColumns, "e.state = 'offered' AND e.uploaded_by <> ?", true, me)
	}
	if reviewer || u.has(drawbridge.ProgrammeOwner) {
		u.add("'inquiry.accept'", "inquiry q", inquiryColumns, "q.state = 'submitted'", true)
	}
	if u.has(drawbridge.ProgrammeOwner, drawbridge.ReviewerPrivacy, drawbridge.ReviewerLegal, drawbridge.ReviewerSecurity) {
		u.add("'notice.decide'", "notice n", "'', n.partner, n.title, '', n.deadline, n.created_at, '', ''", "n.state = 'open'", true)
	}
	if u.has(drawbridge.ProgrammeOwner, drawbridge.Operator) {
		u.add("'trigger.shut'", "trigger_event t", "t.integration, '', t.kind, '', '', t.created_at, t.effect, ''",
			"t.handled_at = '' AND t.attested = '' AND t.effect IN ('narrow', 'suspend')", true)
	}
}

// own are what the person answers for by name.
func (u *union) own() {
	me := string(u.l.Person)
	u.add("'condition.meet'", "condition c", "c.integration, '', c.text, '', c.due, c.created_at, c.breach, ''", "c.state = 'open' AND c.owner = ?", true, me)
	u.add("'exception.renew'", "exception x", fmt.Sprintf(exceptionColumns, "x.expires", "x.breach"),
		"x.state = 'confirmed' AND x.owner = ? AND x.expires <= ? AND x.expires >= ?", true, me, string(u.l.Soon), string(u.l.Today))
	u.add("'inquiry.answer'", "inquiry q", inquiryColumns, "q.audience = 'internal' AND q.state IN ('open', 'returned') AND q.integration IN "+
		"(SELECT id FROM integration WHERE owner = ? UNION SELECT integration FROM member WHERE person = ?)", true, me, me)
	u.add("'risk.treat'", "risk k", "k.integration, k.partner, k.event, '', k.due, k.updated_at, '', ''", "k.state IN ('open', 'treating') AND k.owner = ? AND k.due <> '' AND k.due <= ?", true, me, string(u.l.Soon))
}

// others are what the person set going, and others have to act on.
func (u *union) others() {
	me := string(u.l.Person)
	u.add("'waits.' || r.state", "review r", reviewColumns, "(r.requester = ? AND r.state IN ('submitted', 'triaged', 'in_review', 'ready') OR r.state IN ('in_review', 'ready') AND "+onHead+")", false, me, me)
	u.add("'waits.exception'", "exception x", fmt.Sprintf(exceptionColumns, "''", "''"), "x.state = 'proposed' AND x.proposed_by = ?", false, me)
	u.add("'waits.inquiry'", "inquiry q", inquiryColumns, "q.state IN ('open', 'returned') AND q.sent_by = ?", false, me)
	u.add("'waits.evidence'", "evidence e", evidenceColumns, "e.state = 'offered' AND e.uploaded_by = ?", false, me)
}

// Pending lists what waits for a person, and what waits for others on their
// behalf, by one query; what is most urgent by its day comes first.
func (tx *Tx) Pending(l PendingList) ([]Pending, error) {
	u := &union{l: l}
	u.reviews()
	u.acceptances()
	u.own()
	u.others()
	rows, err := tx.query("SELECT "+heading+" FROM ("+strings.Join(u.parts, " UNION ALL ")+") AS waiting ORDER BY mine DESC, CASE due WHEN '' THEN '9999' ELSE due END, since, id LIMIT ?", append(u.args, l.Limit)...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []Pending
	for rows.Next() {
		var p Pending
		var since string
		if err := rows.Scan(&p.Kind, &p.ID, &p.Integration, &p.Partner, &p.Said, &p.Roles, &p.Due, &since, &p.Effect, &p.By, &p.Mine); err != nil {
			return nil, fmt.Errorf("read what waits: %w", err)
		}
		if p.Since, err = parseTime(since); err != nil {
			return nil, fmt.Errorf("read what waits: %w", err)
		}
		out = append(out, p)
	}
	return out, tx.store.dialect.explain(rows.Err())
}

// CountPending counts what waits for a person, by kind, by one query.
func (tx *Tx) CountPending(l PendingList) (map[string]int64, error) {
	u := &union{l: l}
	u.reviews()
	u.acceptances()
	u.own()
	rows, err := tx.query("SELECT kind, COUNT(*) FROM ("+strings.Join(u.parts, " UNION ALL ")+") AS waiting GROUP BY kind", u.args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	out := map[string]int64{}
	for rows.Next() {
		var kind string
		var n int64
		if err := rows.Scan(&kind, &n); err != nil {
			return nil, fmt.Errorf("count what waits: %w", err)
		}
		out[kind] = n
	}
	return out, tx.store.dialect.explain(rows.Err())
}

// Grave counts the findings of integrations that are open and at least high, and
// those among them that a live check found, by one query.
func (tx *Tx) Grave(ids []drawbridge.IntegrationID) (all, live map[drawbridge.IntegrationID]int64, err error) {
	all, live = map[drawbridge.IntegrationID]int64{}, map[drawbridge.IntegrationID]int64{}
	if len(ids) == 0 {
		return all, live, nil
	}
	args := append(texts(ids), string(drawbridge.ThreatOpen), int64(drawbridge.High.Rank()))
	rows, err := tx.query("SELECT integration, source, COUNT(*) FROM finding WHERE integration IN ("+marks(len(ids))+") AND state = ? AND severity_rank >= ? GROUP BY integration, source", args...)
	if err != nil {
		return nil, nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var id drawbridge.IntegrationID
		var source string
		var n int64
		if err := rows.Scan(&id, &source, &n); err != nil {
			return nil, nil, fmt.Errorf("count findings: %w", err)
		}
		all[id] += n
		if source == "check" {
			live[id] += n
		}
	}
	return all, live, tx.store.dialect.explain(rows.Err())
}
