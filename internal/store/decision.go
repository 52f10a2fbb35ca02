package store

import (
	"fmt"
	"strings"
	"time"

	"drawbridge"
	"drawbridge/internal/access"
)

// DecisionList selects decisions over the whole organisation; what is empty does
// not restrict.
type DecisionList struct {
	Scope   access.Scope
	Partner drawbridge.PartnerID
	Outcome drawbridge.ReviewState
	Tier    drawbridge.Tier
	By      drawbridge.PersonID
	From    time.Time // decided at or after
	To      time.Time // decided before

	Stands     bool            // it was not superseded
	Superseded bool            // it was
	Stale      bool            // it stands, and what it was made for has changed
	Open       bool            // a condition of it is open
	Ends       drawbridge.Date // it stands, and its last day is this one or earlier
	EndsAfter  drawbridge.Date // its last day is later

	After drawbridge.DecisionID
	Limit int
}

func (l DecisionList) where() (string, []any) {
	parts, args := []string{"1 = 1"}, []any{}
	and := func(condition string, values ...any) { parts, args = append(parts, condition), append(args, values...) }
	if !l.Scope.All {
		and("d.integration IN (SELECT id FROM integration WHERE "+inScope+")", scopeArgs(l.Scope)...)
	}
	for _, c := range []struct{ condition, value string }{
		{"d.integration IN (SELECT id FROM integration WHERE partner = ?)", string(l.Partner)},
		{"d.outcome = ?", string(l.Outcome)},
		{"d.tier = ?", string(l.Tier)},
		{"d.decided_by = ?", string(l.By)},
		{"d.created_at >= ?", Time(l.From)},
		{"d.created_at < ?", Time(l.To)},
		{"d.until <> '' AND d.until <= ?", string(l.Ends)},
		{"d.until > ?", string(l.EndsAfter)},
		{"d.id < ?", string(l.After)},
	} {
		if c.value != "" {
			and(c.condition, c.value)
		}
	}
	if l.Stands || l.Stale || l.Ends != "" {
		and("s.id IS NOT NULL")
	}
	if l.Superseded {
		and("s.id IS NULL")
	}
	if l.Stale {
		and("s.freshness = 'stale'")
	}
	if l.Open {
		and("EXISTS (SELECT 1 FROM condition c WHERE c.integration = d.integration AND c.decision = d.id AND c.state = 'open')")
	}
	return strings.Join(parts, " AND "), args
}

// DecisionsOf lists decisions, newest first, by two queries.
func (tx *Tx) DecisionsOf(l DecisionList) ([]drawbridge.Decision, error) {
	where, args := l.where()
	rows, err := tx.query("SELECT d.id FROM decision d LEFT JOIN standing s ON s.id = d.integration AND s.decision = d.id WHERE "+where+" ORDER BY d.id DESC LIMIT ?", append(args, l.Limit)...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var ids []string
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			return nil, fmt.Errorf("read decisions: %w", err)
		}
		ids = append(ids, id)
	}
	if err := tx.store.dialect.explain(rows.Err()); err != nil || len(ids) == 0 {
		return nil, err
	}
	if err := rows.Close(); err != nil {
		return nil, err
	}
	return tx.Decisions().Find(Query{In: map[string][]string{"id": ids}, Newest: true, Limit: len(ids)})
}
