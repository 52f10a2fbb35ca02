package review

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/policy"
	"drawbridge/internal/questionnaire"
	"drawbridge/internal/store"
)

// look is one integration, and one review of it when there is one, as they stand
// in a transaction. What is not in the file is read when it is first asked for.
type look struct {
	desk   *Desk
	tx     *store.Tx
	now    time.Time
	in     *drawbridge.Integration
	review *drawbridge.Review // nil where only the integration is asked about
	file   *File              // nil until it is read
	object access.Object      // what the table of permissions asks about the review

	decider drawbridge.PersonID // who is about to decide; empty when nobody is
	adding  int                 // how many conditions come with the decision

	facts    func() (*facts, error)                // of the head
	recent   func() ([]drawbridge.Revision, error) // newest first
	authors  func() ([]drawbridge.PersonID, error)
	earlier  func() (map[string]*drawbridge.Revision, error) // that runs were made on, by content
	findings func() ([]drawbridge.Finding, error)            // worst first
	present  func() (*view, error)                           // the material view
	tally    func() ([]Counted, error)
	answers  func() (answered, error) // of the questionnaires that are open or count
}

// answered are answers by questionnaire and question.
type answered = map[drawbridge.InquiryID]map[string]questionnaire.Answer

// once keeps the answer of a read for the transaction.
func once[T any](read func() (T, error)) func() (T, error) { return sync.OnceValues(read) }

// look reads what is on file of an integration, and of a review of it.
func (d *Desk) look(tx *store.Tx, in *drawbridge.Integration, r *drawbridge.Review) (*look, error) {
	l := &look{desk: d, tx: tx, now: d.now(), in: in, review: r}
	return l, l.read()
}

func (l *look) read(more ...store.Part) error {
	f, err := Read(l.tx, l.in, l.review, l.now, more...)
	l.over(f)
	return err
}

// over looks at a file that was read.
func (l *look) over(f *File) {
	l.file = f
	l.facts = once(func() (*facts, error) { return l.desk.facts(&l.file.Head) })
	l.recent = once(func() ([]drawbridge.Revision, error) {
		return l.tx.RevisionsBefore(l.in.ID, l.in.Revisions+1, maxAuthors)
	})
	l.authors = once(l.readAuthors)
	l.answers = once(l.readAnswers)
	l.earlier = once(l.readEarlier)
	l.findings = once(func() ([]drawbridge.Finding, error) {
		return l.tx.Findings(store.FindingList{Scope: everything, Integration: l.in.ID, Limit: maxFindings})
	})
	l.present = once(l.readView)
	l.tally = once(l.count)
}

// maxFindings bounds how many findings of an integration are looked at, the worst.
const maxFindings = 1000

// gate is what the packs said of the head.
func (l *look) gate() (policy.Gate, error) {
	var g policy.Gate
	if err := json.Unmarshal(l.file.Assessment.Gate, &g); err != nil {
		return g, fmt.Errorf("read the gate of %s: %w", l.file.Assessment.ID, err)
	}
	return g, nil
}

// maxAuthors bounds how far back it is asked who pushed.
const maxAuthors = 200

// readAuthors lists who pushed what is being signed: everybody since the decision
// that stands, with the makers of the tokens that pushed.
func (l *look) readAuthors() ([]drawbridge.PersonID, error) {
	var decided drawbridge.RevisionID
	if l.file.Decision != nil {
		decided = l.file.Decision.Revision
	}
	list, err := l.recent()
	if err != nil {
		return nil, err
	}
	var authors []string
	for _, r := range list {
		if r.ID == decided && r.ID != l.in.Head {
			break
		}
		if !slices.Contains(authors, r.Author) {
			authors = append(authors, r.Author)
		}
		if r.ID == decided {
			break
		}
	}
	return l.people(authors)
}

// people are who stands behind authors: a token's maker, or the author. A token
// that was purged long ago stands for itself.
func (l *look) people(authors []string) ([]drawbridge.PersonID, error) {
	var tokens []string
	for _, a := range authors {
		if strings.HasPrefix(a, "tok_") {
			tokens = append(tokens, a)
		}
	}
	makers := map[string]drawbridge.PersonID{}
	if len(tokens) > 0 {
		list, err := l.tx.TokenShelf().Find(store.Query{In: map[string][]string{"id": tokens}})
		if err != nil {
			return nil, err
		}
		for _, t := range list {
			makers[string(t.ID)] = t.Person
		}
	}
	out := make([]drawbridge.PersonID, len(authors))
	for i, a := range authors {
		out[i] = cmp.Or(makers[a], drawbridge.PersonID(a))
	}
	return out, nil
}

// readEarlier reads the revisions before the head that whole runs were made on.
func (l *look) readEarlier() (map[string]*drawbridge.Revision, error) {
	out := map[string]*drawbridge.Revision{}
	var contents []string
	for _, r := range l.file.Runs {
		if r.Complete && r.Content != l.file.Head.Content && !slices.Contains(contents, r.Content) {
			contents = append(contents, r.Content)
		}
	}
	if len(contents) == 0 {
		return out, nil
	}
	list, err := l.tx.RevisionShelf().Find(store.Query{Equal: is{"integration": string(l.in.ID)}, In: map[string][]string{"content": contents}, Limit: maxRows})
	for i := range list {
		out[list[i].Content] = &list[i] // the latest of those that say the same
	}
	return out, err
}
