package store

import (
	"fmt"
	"strings"

	"drawbridge"
	"drawbridge/internal/access"
)

// ReviewList says which reviews to list; what is empty does not restrict.
type ReviewList struct {
	Scope       access.Scope
	Integration drawbridge.IntegrationID
	Partner     drawbridge.PartnerID
	States      []drawbridge.ReviewState
	Tier        drawbridge.Tier
	Owner       drawbridge.PersonID // who asked, or answers for the integration
	Reviewer    drawbridge.PersonID // who signed, and did not take it back
	Waiting     drawbridge.Role     // whose turn it is: see [WaitingRoles]
	Blocked     bool                // a discussion that blocks is open
	Kinds       []string            // of objects that such a discussion is about; empty for any

	Danger bool       // open ones, most dangerous first and then oldest; otherwise newest first
	After  *ReviewKey // the last one of the page before
	Limit  int
}

// ReviewKey is the place of a review in a list.
type ReviewKey struct {
	ID     drawbridge.ReviewID
	Danger int64 // where that orders the list
}

// WaitingRoles lists on whom reviews wait: the requester of a draft, the programme
// owner of what is to be triaged and started, each reviewer whose point of view
// nobody signed for, the approver of what is ready, and the partner who is to answer.
func WaitingRoles() []drawbridge.Role {
	out := []drawbridge.Role{drawbridge.Requester, drawbridge.ProgrammeOwner}
	for _, d := range drawbridge.Disciplines() {
		out = append(out, d.Reviewer())
	}
	return append(out, drawbridge.Approver, drawbridge.PartnerContact)
}

// waiting is the condition by which a review waits on a role.
func waiting(role drawbridge.Role) (string, []any) {
	switch role {
	case drawbridge.Requester:
		return "r.state = 'draft'", nil
	case drawbridge.ProgrammeOwner:
		return "r.state IN ('submitted', 'triaged')", nil
	case drawbridge.Approver:
		return "r.state = 'ready'", nil
	case drawbridge.PartnerContact:
		return "EXISTS (SELECT 1 FROM inquiry q WHERE q.review = r.id AND q.audience = 'partner' AND q.state IN ('open', 'returned'))", nil
	default: // a reviewer
	}
	point := strings.TrimPrefix(string(role), "reviewer_")
	return "r.state IN ('in_review', 'ready') AND r.roles LIKE ? AND NOT EXISTS (SELECT 1 FROM signoff g WHERE g.review = r.id" +
		" AND g.role = ? AND g.withdrawn_at = '' AND g.revision = r.revision)", []any{`%"` + point + `"%`, point}
}

func (l ReviewList) where() (string, []any) {
	parts, args := []string{"1 = 1"}, []any{}
	and := func(condition string, values ...any) { parts, args = append(parts, condition), append(args, values...) }
	if !l.Scope.All {
		and("r.integration IN (SELECT id FROM integration WHERE "+inScope+")", scopeArgs(l.Scope)...)
	}
	for _, c := range []struct{ condition, value string }{
		{"r.integration = ?", string(l.Integration)},
		{"r.partner = ?", string(l.Partner)},
		{"r.tier = ?", string(l.Tier)},
		{"r.id IN (SELECT review FROM signoff WHERE person = ? AND withdrawn_at = '')", string(l.Reviewer)},
	} {
		if c.value != "" {
			and(c.condition, c.value)
		}
	}
	if l.Owner != "" {
		and("(r.requester = ? OR r.integration IN (SELECT id FROM integration WHERE owner = ?))", string(l.Owner), string(l.Owner))
	}
	if len(l.States) > 0 {
		and("r.state IN ("+marks(len(l.States))+")", texts(l.States)...)
	}
	if l.Waiting != "" {
		condition, values := waiting(l.Waiting)
		and(condition, values...)
	}
	if l.Blocked {
		kinds := ""
		if len(l.Kinds) > 0 {
			kinds = " AND t.kind IN (" + marks(len(l.Kinds)) + ")"
		}
		and("EXISTS (SELECT 1 FROM thread t WHERE t.integration = r.integration AND t.blocks = ? AND t.resolved_at = ''"+kinds+")", append([]any{true}, texts(l.Kinds)...)...)
	}
	return strings.Join(parts, " AND "), args
}

// ReviewsOf lists reviews in the order that is asked for, each with its place in
// it, by two queries.
func (tx *Tx) ReviewsOf(l ReviewList) ([]drawbridge.Review, []ReviewKey, error) {
	where, args := l.where()
	query := "SELECT r.id, 0 FROM review r WHERE " + where
	if l.After != nil && !l.Danger {
		query, args = query+" AND r.id < ?", append(args, string(l.After.ID))
	}
	order := " ORDER BY r.id DESC LIMIT ?"
	if l.Danger {
		query = "SELECT s.review, s.danger FROM standing s JOIN review r ON r.id = s.review WHERE s.review <> '' AND " + where
		if l.After != nil {
			query, args = query+" AND (s.danger < ? OR s.danger = ? AND s.review > ?)", append(args, l.After.Danger, l.After.Danger, string(l.After.ID))
		}
		order = " ORDER BY s.danger DESC, s.review LIMIT ?"
	}
	keys, err := tx.reviewKeys(query+order, append(args, l.Limit)...)
	if err != nil || len(keys) == 0 {
		return nil, nil, err
	}
	place, ids := map[drawbridge.ReviewID]int{}, make([]string, len(keys))
	for i, k := range keys {
		place[k.ID], ids[i] = i, string(k.ID)
	}
	found, err := tx.Reviews().Find(Query{In: map[string][]string{"id": ids}})
	if err == nil && len(found) != len(keys) {
		err = fmt.Errorf("read reviews: %d of %d are there", len(found), len(keys))
	}
	out := make([]drawbridge.Review, len(keys))
	for _, r := range found {
		out[place[r.ID]] = r
	}
	return out, keys, err
}

func (tx *Tx) reviewKeys(query string, args ...any) ([]ReviewKey, error) {
	rows, err := tx.query(query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []ReviewKey
	for rows.Next() {
		var k ReviewKey
		if err := rows.Scan(&k.ID, &k.Danger); err != nil {
			return nil, fmt.Errorf("read reviews: %w", err)
		}
		out = append(out, k)
	}
	return out, tx.store.dialect.explain(rows.Err())
}
