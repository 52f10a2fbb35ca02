package review

import (
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"time"

	"drawbridge"
	"drawbridge/internal/dossier"
	"drawbridge/internal/policy"
	"drawbridge/internal/store"
)

// maxRows bounds what is read of each kind for one integration.
const maxRows = 1000

// look is one integration, and one review of it when there is one, as they stand
// in a transaction. Everything else is read when it is first asked for.
type look struct {
	desk   *Desk
	tx     *store.Tx
	now    time.Time
	in     *drawbridge.Integration
	review *drawbridge.Review // nil where only the integration is asked about

	decider drawbridge.PersonID // who is about to decide; empty when nobody is
	adding  int                 // how many conditions come with the decision

	revision   func() (*drawbridge.Revision, error) // the head
	facts      func() (*facts, error)
	assessment func() (*drawbridge.Assessment, error) // the latest
	gate       func() (policy.Gate, error)
	signoffs   func() ([]drawbridge.Signoff, error) // of the review, oldest first
	authors    func() ([]drawbridge.PersonID, error)
	runs       func() ([]drawbridge.Run, error) // newest first
	evidence   func() ([]drawbridge.Evidence, error)
	inquiries  func() ([]drawbridge.Inquiry, error)
	exceptions func() ([]drawbridge.Exception, error) // that hold
	rulings    func() ([]drawbridge.Ruling, error)    // that were not revoked
	findings   func() ([]drawbridge.Finding, error)   // of critical severity
	threads    func() ([]drawbridge.Thread, error)    // open, and blocking
	conditions func() ([]drawbridge.Condition, error)
	present    func() (*view, error) // the material view
	tally      func() ([]Counted, error)
}

// once keeps the answer of a read for the transaction.
func once[T any](read func() (T, error)) func() (T, error) { return sync.OnceValues(read) }

func (d *Desk) look(tx *store.Tx, in *drawbridge.Integration, r *drawbridge.Review) *look {
	l := &look{desk: d, tx: tx, now: d.now(), in: in, review: r}
	of := store.Query{Equal: map[string]any{"integration": string(in.ID)}, Limit: maxRows}
	newest := of
	newest.Newest = true
	l.revision = once(func() (*drawbridge.Revision, error) { return tx.Revision(in.Head) })
	l.facts = once(func() (*facts, error) {
		rev, err := l.revision()
		if err != nil {
			return nil, err
		}
		return d.facts(rev)
	})
	l.assessment = once(func() (*drawbridge.Assessment, error) { return tx.Assessment(in.Assessment) })
	l.gate = once(l.readGate)
	l.authors = once(l.readAuthors)
	l.runs = once(func() ([]drawbridge.Run, error) {
		q := newest
		q.Equal = map[string]any{"integration": string(in.ID), "stands": true}
		return tx.Runs().Find(q)
	})
	l.evidence = once(func() ([]drawbridge.Evidence, error) { return dossier.Accepted(tx, in, l.now) })
	l.inquiries = once(func() ([]drawbridge.Inquiry, error) { return tx.Inquiries().Find(newest) })
	l.exceptions = once(l.readExceptions)
	l.rulings = once(func() ([]drawbridge.Ruling, error) {
		q := of
		q.Equal = map[string]any{"integration": string(in.ID), "revoked_at": ""}
		return tx.Rulings().Find(q)
	})
	l.findings = once(l.readFindings)
	l.threads = once(func() ([]drawbridge.Thread, error) {
		q := of
		q.Equal = map[string]any{"integration": string(in.ID), "resolved_at": "", "blocks": true}
		return tx.Threads().Find(q)
	})
	l.conditions = once(func() ([]drawbridge.Condition, error) { return tx.Conditions().Find(newest) })
	l.signoffs = once(func() ([]drawbridge.Signoff, error) {
		return tx.Signoffs().Find(store.Query{Equal: map[string]any{"review": string(r.ID)}, Limit: maxRows})
	})
	l.present = once(l.readView)
	l.tally = once(l.count)
	return l
}

// readGate reads what the packs said of the head.
func (l *look) readGate() (policy.Gate, error) {
	var g policy.Gate
	a, err := l.assessment()
	if err != nil {
		return g, err
	}
	if err := json.Unmarshal(a.Gate, &g); err != nil {
		return g, fmt.Errorf("read the gate of %s: %w", a.ID, err)
	}
	return g, nil
}

// maxAuthors bounds how far back it is asked who pushed.
const maxAuthors = 200

// readAuthors lists who pushed what is being signed: everybody since the decision
// that stands, with the makers of the tokens that pushed.
func (l *look) readAuthors() ([]drawbridge.PersonID, error) {
	var decided drawbridge.RevisionID
	if s, err := l.tx.Standings().Get(string(l.in.ID)); err == nil && s.Decision != "" {
		d, err := l.tx.Decisions().Get(string(s.Decision))
		if err != nil {
			return nil, err
		}
		decided = d.Revision
	} else if err != nil && drawbridge.KindOf(err) != drawbridge.NotFound {
		return nil, err
	}
	list, err := l.tx.RevisionsBefore(l.in.ID, l.in.Revisions+1, maxAuthors)
	if err != nil {
		return nil, err
	}
	var out []drawbridge.PersonID
	seen := map[string]bool{}
	for _, r := range list {
		if r.ID == decided && r.ID != l.in.Head {
			break
		}
		if !seen[r.Author] {
			seen[r.Author] = true
			author, err := l.person(r.Author)
			if err != nil {
				return nil, err
			}
			out = append(out, author)
		}
		if r.ID == decided {
			break
		}
	}
	return out, nil
}

// person is who stands behind an author: a token's maker, or the author.
func (l *look) person(author string) (drawbridge.PersonID, error) {
	if !strings.HasPrefix(author, "tok_") {
		return drawbridge.PersonID(author), nil
	}
	t, err := l.tx.Token(drawbridge.TokenID(author))
	if drawbridge.KindOf(err) == drawbridge.NotFound {
		return drawbridge.PersonID(author), nil // purged long ago
	}
	if err != nil {
		return "", err
	}
	return t.Person, nil
}

func (l *look) readExceptions() ([]drawbridge.Exception, error) {
	list, err := l.tx.Exceptions().Find(store.Query{
		Equal: map[string]any{"integration": string(l.in.ID), "state": "confirmed"}, Newest: true, Limit: maxRows,
	})
	out := list[:0]
	for _, x := range list {
		if x.Holds(l.now) {
			out = append(out, x)
		}
	}
	return out, err
}

// readFindings reads what is critical, and what else stands open.
func (l *look) readFindings() ([]drawbridge.Finding, error) {
	return l.tx.Findings(store.FindingList{Scope: everything, Integration: l.in.ID, Severity: drawbridge.Critical, Limit: maxRows})
}
