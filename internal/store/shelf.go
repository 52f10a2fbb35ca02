package store

import (
	"fmt"
	"slices"
	"strings"

	"drawbridge"
	"drawbridge/internal/access"
)

// Shelf is one kind of record with the ways in which most kinds are read and
// written. What is read otherwise has a method of its own beside the noun.
type Shelf[T any] struct {
	tx *Tx
	t  *table[T]
}

// Get reads a record, or not_found.
func (s Shelf[T]) Get(id string) (*T, error) { return s.t.get(s.tx, id) }

// Add writes a new record, as version 1.
func (s Shelf[T]) Add(rec *T) error { return s.t.insert(s.tx, rec) }

// Set writes a record over the version that was read.
func (s Shelf[T]) Set(rec *T) error { return s.t.update(s.tx, rec) }

// Remove deletes a record.
func (s Shelf[T]) Remove(id string) error { return s.t.remove(s.tx, id) }

// Range bounds a column from both sides; an empty side is open. Days and times
// are compared as they are stored.
type Range struct {
	Column   string
	From, To string // from included, to not
}

// Query selects records of a kind, in the order of their identifiers. Its
// columns are the json names of the noun; another one is an error.
type Query struct {
	Equal  map[string]any // column to string, int64 or bool
	In     map[string][]string
	Ranges []Range
	Any    []Range // at least one of them holds

	// Scope restricts to records of integrations that may be seen, by the column
	// integration (or id, for what has the identifier of its integration).
	Scope *access.Scope

	After  string // an identifier
	Newest bool   // descending
	Limit  int    // default 1000, at most 10000
}

const (
	defaultFind = 1000
	maxFind     = 10_000
)

// Find lists what a query selects.
func (s Shelf[T]) Find(q Query) ([]T, error) {
	where, args, err := s.where(q)
	if err != nil {
		return nil, err
	}
	limit := q.Limit
	if limit <= 0 {
		limit = defaultFind
	}
	order := " ORDER BY " + s.t.key
	if q.Newest {
		order += " DESC"
	}
	args = append(args, min(limit, maxFind))
	if len(q.Ranges) > 0 && limit < defaultFind {
		// A page of what lies in a range: identifiers are put in order, not rows.
		return s.t.find(s.tx, s.t.key+" IN (SELECT "+s.t.key+" FROM "+s.t.kind+" WHERE "+where+order+" LIMIT ?)"+order, args...)
	}
	return s.t.find(s.tx, where+order+" LIMIT ?", args...)
}

// First reads the first of what a query selects, or not_found.
func (s Shelf[T]) First(q Query) (*T, error) {
	q.Limit = 1
	list, err := s.Find(q)
	if err != nil {
		return nil, err
	}
	if len(list) == 0 {
		return nil, drawbridge.Errorf(drawbridge.NotFound, "there is no such %s", s.t.kind)
	}
	return &list[0], nil
}

// Count counts what a query selects, whatever its limit.
func (s Shelf[T]) Count(q Query) (int64, error) {
	where, args, err := s.where(q)
	if err != nil {
		return 0, err
	}
	var n int64
	err = s.tx.one([]any{&n}, "SELECT COUNT(*) FROM "+s.t.kind+" WHERE "+where, args...)
	return n, err
}

func (s Shelf[T]) where(q Query) (string, []any, error) {
	parts, args := []string{"1 = 1"}, []any{}
	and := func(condition string, values ...any) { parts, args = append(parts, condition), append(args, values...) }
	for _, c := range sortedKeys(q.Equal) {
		if !s.has(c) {
			return "", nil, fmt.Errorf("store: %s has no column %q", s.t.kind, c)
		}
		and(c+" = ?", text(q.Equal[c]))
	}
	for _, c := range sortedKeys(q.In) {
		if !s.has(c) {
			return "", nil, fmt.Errorf("store: %s has no column %q", s.t.kind, c)
		}
		if len(q.In[c]) == 0 {
			and("1 = 0")
			continue
		}
		values := make([]any, len(q.In[c]))
		for i, v := range q.In[c] {
			values[i] = v
		}
		and(c+" IN (?"+strings.Repeat(", ?", len(values)-1)+")", values...)
	}
	for _, r := range q.Ranges {
		if !s.has(r.Column) {
			return "", nil, fmt.Errorf("store: %s has no column %q", s.t.kind, r.Column)
		}
		if r.From != "" {
			and(r.Column+" >= ?", r.From)
		}
		if r.To != "" {
			and(r.Column+" < ?", r.To)
		}
	}
	var either []string
	for _, r := range q.Any {
		if !s.has(r.Column) {
			return "", nil, fmt.Errorf("store: %s has no column %q", s.t.kind, r.Column)
		}
		either, args = append(either, r.Column+" >= ? AND "+r.Column+" < ?"), append(args, r.From, r.To)
	}
	if len(either) > 0 {
		parts = append(parts, "("+strings.Join(either, " OR ")+")")
	}
	if q.Scope != nil && !q.Scope.All {
		column := "integration"
		if !s.has(column) {
			column = s.t.key
		}
		condition, values := seen(column, *q.Scope)
		and(condition, values...)
	}
	if q.After != "" {
		if q.Newest {
			and(s.t.key+" < ?", q.After)
		} else {
			and(s.t.key+" > ?", q.After)
		}
	}
	return strings.Join(parts, " AND "), args, nil
}

func (s Shelf[T]) has(column string) bool {
	return slices.ContainsFunc(s.t.fields, func(f field) bool { return f.name == column && !f.secret })
}

// text makes plain strings of the product's string types.
func text(v any) any {
	switch v := v.(type) {
	case string, bool, int64:
		return v
	case int:
		return int64(v)
	}
	return fmt.Sprint(v)
}

func sortedKeys[V any](m map[string]V) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

// IntegrationShelf are the integrations, as [Tx.Gather] reads them.
func (tx *Tx) IntegrationShelf() Shelf[drawbridge.Integration] {
	return Shelf[drawbridge.Integration]{tx, integrations}
}

// RevisionShelf are the revisions, as [Tx.Gather] reads them.
func (tx *Tx) RevisionShelf() Shelf[drawbridge.Revision] {
	return Shelf[drawbridge.Revision]{tx, revisions}
}

// AssessmentShelf are the assessments, as [Tx.Gather] reads them.
func (tx *Tx) AssessmentShelf() Shelf[drawbridge.Assessment] {
	return Shelf[drawbridge.Assessment]{tx, assessments}
}

// TokenShelf are the tokens.
func (tx *Tx) TokenShelf() Shelf[drawbridge.Token] { return Shelf[drawbridge.Token]{tx, tokens} }

// PersonShelf holds the people.
func (tx *Tx) PersonShelf() Shelf[drawbridge.Person] { return Shelf[drawbridge.Person]{tx, people} }

// Reviews are the reviews.
func (tx *Tx) Reviews() Shelf[drawbridge.Review] { return Shelf[drawbridge.Review]{tx, reviews} }

// Signoffs are the sign-offs.
func (tx *Tx) Signoffs() Shelf[drawbridge.Signoff] { return Shelf[drawbridge.Signoff]{tx, signoffs} }

// Delegations are the delegations.
func (tx *Tx) Delegations() Shelf[drawbridge.Delegation] {
	return Shelf[drawbridge.Delegation]{tx, delegations}
}

// Decisions are the decisions.
func (tx *Tx) Decisions() Shelf[drawbridge.Decision] {
	return Shelf[drawbridge.Decision]{tx, decisions}
}

// Standings are where integrations stand.
func (tx *Tx) Standings() Shelf[drawbridge.Standing] {
	return Shelf[drawbridge.Standing]{tx, standings}
}

// Rulings are the rulings on contradictions.
func (tx *Tx) Rulings() Shelf[drawbridge.Ruling] { return Shelf[drawbridge.Ruling]{tx, rulings} }

// Runs are the runs of live checks.
func (tx *Tx) Runs() Shelf[drawbridge.Run] { return Shelf[drawbridge.Run]{tx, runs} }

// Inquiries are the questionnaires that were sent.
func (tx *Tx) Inquiries() Shelf[drawbridge.Inquiry] { return Shelf[drawbridge.Inquiry]{tx, inquiries} }

// Answers are the answers.
func (tx *Tx) Answers() Shelf[drawbridge.Answer] { return Shelf[drawbridge.Answer]{tx, answers} }

// Links are the partners' links.
func (tx *Tx) Links() Shelf[drawbridge.Link] { return Shelf[drawbridge.Link]{tx, links} }

// Evidence are the documents of evidence.
func (tx *Tx) Evidence() Shelf[drawbridge.Evidence] { return Shelf[drawbridge.Evidence]{tx, evidences} }

// Threads are the discussions.
func (tx *Tx) Threads() Shelf[drawbridge.Thread] { return Shelf[drawbridge.Thread]{tx, threads} }

// Comments are the contributions to discussions.
func (tx *Tx) Comments() Shelf[drawbridge.Comment] { return Shelf[drawbridge.Comment]{tx, comments} }

// Contracts are the contracts.
func (tx *Tx) Contracts() Shelf[drawbridge.Contract] {
	return Shelf[drawbridge.Contract]{tx, contracts}
}

// Measures are the measured service levels.
func (tx *Tx) Measures() Shelf[drawbridge.Measure] { return Shelf[drawbridge.Measure]{tx, measures} }

// Subprocessors are the sub-processors.
func (tx *Tx) Subprocessors() Shelf[drawbridge.Subprocessor] {
	return Shelf[drawbridge.Subprocessor]{tx, subprocessors}
}

// Notices are the partners' notices.
func (tx *Tx) Notices() Shelf[drawbridge.Notice] { return Shelf[drawbridge.Notice]{tx, notices} }

// Profiles are what is known of partners.
func (tx *Tx) Profiles() Shelf[drawbridge.Profile] { return Shelf[drawbridge.Profile]{tx, profiles} }

// Conditions are the conditions of approvals.
func (tx *Tx) Conditions() Shelf[drawbridge.Condition] {
	return Shelf[drawbridge.Condition]{tx, conditions}
}

// Exceptions are the exceptions.
func (tx *Tx) Exceptions() Shelf[drawbridge.Exception] {
	return Shelf[drawbridge.Exception]{tx, exceptions}
}

// Risks are the risk register.
func (tx *Tx) Risks() Shelf[drawbridge.Risk] { return Shelf[drawbridge.Risk]{tx, risks} }

// Triggers are what may reopen reviews.
func (tx *Tx) Triggers() Shelf[drawbridge.Trigger] { return Shelf[drawbridge.Trigger]{tx, triggers} }

// Attestations are what operators attested.
func (tx *Tx) Attestations() Shelf[drawbridge.Attestation] {
	return Shelf[drawbridge.Attestation]{tx, attestations}
}

// Departures are how integrations are left.
func (tx *Tx) Departures() Shelf[drawbridge.Departure] {
	return Shelf[drawbridge.Departure]{tx, departures}
}

// ThreatReviews are the looks at threat models.
func (tx *Tx) ThreatReviews() Shelf[drawbridge.ThreatReview] {
	return Shelf[drawbridge.ThreatReview]{tx, threatReviews}
}

// LinkByHash reads the link with the hash of a token.
func (tx *Tx) LinkByHash(hash string) (*drawbridge.Link, error) {
	return links.first(tx, "hash = ?", hash)
}

// LinkByVisit reads the link with the hash of a cookie.
func (tx *Tx) LinkByVisit(hash string) (*drawbridge.Link, error) {
	return links.first(tx, "visit = ? AND visit <> ''", hash)
}
