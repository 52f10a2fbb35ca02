package store

import (
	"fmt"
	"slices"
	"strings"

	"drawbridge"
	"drawbridge/internal/access"
)

// Search says what to look for, and where: a kind whose scope is empty is left out.
type Search struct {
	Words []string // in lower case; each must be there
	Whole string   // all of them as they were written: an identifier, or the beginning of a name
	Limit int      // of each kind

	Integrations, Partners, Reviews, Inquiries, Risks, People access.Scope
}

// maxRules bounds the rules that findings may come from.
const maxRules = 1000

// Search finds what has all the words. It reads names and titles, never what was
// answered or uploaded. Reviews and questionnaires are found by their
// integration's name, findings by their rule: none of these kinds is read whole.
func (tx *Tx) Search(s Search) ([]drawbridge.Hit, error) {
	out, err := tx.hits(s.integrations())
	if err != nil {
		return nil, err
	}
	var ids []any
	for _, h := range out {
		ids = append(ids, h.ID)
	}
	var parts []string
	var args []any
	for _, part := range []func([]any) (string, []any){s.partners, s.reviews, s.inquiries, s.risks, s.people} {
		if query, values := part(ids); query != "" {
			parts, args = append(parts, "SELECT * FROM ("+query+") AS part"), append(args, values...)
		}
	}
	if len(parts) > 0 {
		more, err := tx.hits(strings.Join(parts, " UNION ALL "), args)
		if err != nil {
			return nil, err
		}
		out = append(out, more...)
	}
	found, err := tx.searchFindings(s)
	return append(out, found...), err
}

// hits reads what a query of six columns finds.
func (tx *Tx) hits(query string, args []any) ([]drawbridge.Hit, error) {
	rows, err := tx.query(query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []drawbridge.Hit
	for rows.Next() {
		var h drawbridge.Hit
		if err := rows.Scan(&h.Kind, &h.ID, &h.Title, &h.More, &h.Integration, &h.Name); err != nil {
			return nil, fmt.Errorf("read what was found: %w", err)
		}
		out = append(out, h)
	}
	return out, tx.store.dialect.explain(rows.Err())
}

// words is the condition that each word is in one of the columns, or that the
// whole is the identifier.
func (s Search) words(columns ...string) (string, []any) {
	var parts []string
	var args []any
	for _, w := range s.Words {
		var some []string
		for _, c := range columns {
			some, args = append(some, "LOWER("+c+") LIKE ? ESCAPE '!'"), append(args, "%"+escapeLike(w)+"%")
		}
		parts = append(parts, "("+strings.Join(some, " OR ")+")")
	}
	return "((" + strings.Join(parts, " AND ") + ") OR id = ?)", append(args, s.Whole)
}

// first puts what begins with the whole before what has it somewhere.
func (s Search) first(column string) (string, []any) {
	return " ORDER BY CASE WHEN LOWER(" + column + ") LIKE ? ESCAPE '!' THEN 0 ELSE 1 END, " + column + ", id LIMIT ?",
		[]any{escapeLike(strings.ToLower(s.Whole)) + "%", s.Limit}
}

func (s Search) integrations() (string, []any) {
	where, args := s.words("name", "slug")
	order, last := s.first("name")
	return "SELECT 'integration', id, name, slug || ', ' || environment, id, name FROM integration WHERE " + inScope + " AND " + where + order,
		slices.Concat(scopeArgs(s.Integrations), args, last)
}

func (s Search) partners([]any) (string, []any) {
	if s.Partners.Nothing() {
		return "", nil
	}
	where, args := s.words("name", "id")
	order, last := s.first("name")
	return "SELECT 'partner' AS kind, id, name, country AS more, '' AS integration, '' AS named FROM partner WHERE " + where + order, append(args, last...)
}

// ofIntegrations finds what belongs to the integrations that were found, newest first.
func (s Search) ofIntegrations(query, table string, scope access.Scope, ids []any) (string, []any) {
	if scope.Nothing() {
		return "", nil
	}
	where, args := "x.id = ?", []any{s.Whole}
	if len(ids) > 0 {
		where, args = "("+where+" OR x.integration IN (?"+strings.Repeat(", ?", len(ids)-1)+"))", append(args, ids...)
	}
	if !scope.All {
		condition, values := seen("x.integration", scope)
		where, args = where+" AND "+condition, append(args, values...)
	}
	return query + " FROM " + table + " x JOIN integration i ON i.id = x.integration WHERE " + where + " ORDER BY x.id DESC LIMIT ?", append(args, s.Limit)
}

func (s Search) reviews(ids []any) (string, []any) {
	return s.ofIntegrations("SELECT 'review' AS kind, x.id, 'Review ' || CAST(x.number AS TEXT) AS title, x.state AS more, i.id AS integration, i.name AS named",
		"review", s.Reviews, ids)
}

func (s Search) inquiries(ids []any) (string, []any) {
	return s.ofIntegrations("SELECT 'questionnaire' AS kind, x.id, x.template AS title, x.state AS more, i.id AS integration, i.name AS named",
		"inquiry", s.Inquiries, ids)
}

func (s Search) risks([]any) (string, []any) {
	if s.Risks.Nothing() {
		return "", nil
	}
	where, args := s.words("event", "cause", "consequence", "category")
	if !s.Risks.All {
		condition, values := seen("integration", s.Risks)
		where, args = where+" AND "+condition, append(args, values...)
	}
	return "SELECT 'risk' AS kind, id, event AS title, state AS more, integration, '' AS named FROM risk WHERE " + where + " ORDER BY severity DESC, id DESC LIMIT ?",
		append(args, s.Limit)
}

func (s Search) people([]any) (string, []any) {
	if s.People.Nothing() {
		return "", nil
	}
	where, args := s.words("name", "email")
	order, last := s.first("name")
	return "SELECT 'person' AS kind, id, name AS title, email AS more, '' AS integration, '' AS named FROM person WHERE erased = ? AND (? OR id = ?) AND " + where + order,
		slices.Concat([]any{false, s.People.All, string(s.People.Person)}, args, last)
}

// searchFindings finds the worst findings of the rules that have the words.
func (tx *Tx) searchFindings(s Search) ([]drawbridge.Hit, error) {
	rules, err := tx.rulesOfFindings()
	if err != nil {
		return nil, err
	}
	var runs []string
	var args []any
	for _, rule := range rules {
		text := strings.ToLower(rule.id + " " + rule.title)
		if len(runs) == s.Limit || slices.ContainsFunc(s.Words, func(w string) bool { return !strings.Contains(text, w) }) {
			continue
		}
		where, values := "1 = 1", []any(nil)
		if !s.Integrations.All {
			where, values = seen("f.integration", s.Integrations)
		}
		runs = append(runs, "SELECT * FROM (SELECT 'finding' AS kind, f.fingerprint, f.title, f.severity || ', ' || f.rule || ' on ' || f.element AS more, i.id, i.name, f.severity_rank"+
			" FROM finding f JOIN integration i ON i.id = f.integration WHERE f.rule = ? AND "+where+" ORDER BY f.severity_rank DESC, f.fingerprint DESC LIMIT ?) AS run")
		args = append(append(append(args, rule.id), values...), s.Limit)
	}
	if len(runs) == 0 {
		return nil, nil
	}
	return tx.hits("SELECT kind, fingerprint, title, more, id, name FROM ("+strings.Join(runs, " UNION ALL ")+") AS found ORDER BY severity_rank DESC, title, name LIMIT ?",
		append(args, s.Limit))
}

type findingRule struct{ id, title string }

// rulesOfFindings are the rules that findings come from. Each is one step in the
// index, however many findings it has.
func (tx *Tx) rulesOfFindings() ([]findingRule, error) {
	rows, err := tx.query(`WITH RECURSIVE r(rule) AS (SELECT MIN(rule) FROM finding
		UNION ALL SELECT (SELECT MIN(f.rule) FROM finding f WHERE f.rule > r.rule) FROM r WHERE r.rule IS NOT NULL)
		SELECT rule, (SELECT f.title FROM finding f WHERE f.rule = r.rule LIMIT 1) FROM r WHERE rule IS NOT NULL LIMIT ?`, maxRules)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []findingRule
	for rows.Next() {
		var r findingRule
		if err := rows.Scan(&r.id, &r.title); err != nil {
			return nil, fmt.Errorf("read the rules of findings: %w", err)
		}
		out = append(out, r)
	}
	return out, tx.store.dialect.explain(rows.Err())
}
