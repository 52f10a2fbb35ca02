package review

import (
	"context"
	"fmt"
	"slices"
	"time"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/action"
	"drawbridge/internal/inquiry"
	"drawbridge/internal/store"
)

// Track is one of the parallel tracks of a review, computed from rows as it is read.
type Track struct {
	Name    string    `json:"name"`    // map, questionnaire, evidence, testing, legal
	State   string    `json:"state"`   // open, done, not_needed
	Missing []string  `json:"missing"` // in words
	Blocked []Blocked `json:"blocked"`
}

// Blocked says on whom a track waits, and since when.
type Blocked struct {
	On    string    `json:"on"`
	What  string    `json:"what"`
	Since time.Time `json:"since"`
}

// wait adds what is missing, on whom it waits and since when.
func (t *Track) wait(on string, since time.Time, format string, args ...any) {
	what := fmt.Sprintf(format, args...)
	t.State = "open"
	t.Missing, t.Blocked = append(t.Missing, what), append(t.Blocked, Blocked{on, what, since})
}

// Tracks tells how far each track of a review is.
func (d *Desk) Tracks(ctx context.Context, actor access.Actor, id drawbridge.ReviewID) ([]Track, error) {
	var out []Track
	err := d.view(ctx, actor, id, func(l *look) (err error) {
		out, err = l.tracks()
		return err
	})
	return out, err
}

// view runs a read over the file of a review that the actor may see.
func (d *Desk) view(ctx context.Context, actor access.Actor, id drawbridge.ReviewID, fn func(*look) error) error {
	var l *look
	return d.door.View(ctx, action.Act{Actor: actor, Action: access.ReviewRead, On: d.on(id, &l)}, func(*store.Tx) error {
		if err := l.read(); err != nil {
			return err
		}
		return fn(l)
	})
}

func (l *look) tracks() ([]Track, error) {
	var out []Track
	for _, t := range []struct {
		name string
		fill func(*Track) error
	}{{"map", l.mapTrack}, {"questionnaire", l.questionTrack}, {"evidence", l.evidenceTrack}, {"testing", l.testTrack}, {"legal", l.legalTrack}} {
		track := Track{Name: t.name, State: "done", Missing: []string{}, Blocked: []Blocked{}}
		if err := t.fill(&track); err != nil {
			return nil, fmt.Errorf("track %s of review %s: %w", t.name, l.review.ID, err)
		}
		out = append(out, track)
	}
	return out, nil
}

func (l *look) mapTrack(t *Track) error {
	rev := &l.file.Head
	for _, missing := range []func(*look) ([]string, error){missingPurpose, missingOwners, missingFlows, missingCategories} {
		list, err := missing(l)
		if err != nil {
			return err
		}
		for _, text := range list {
			t.wait("requester", rev.CreatedAt, "%s", text)
		}
	}
	return nil
}

func (l *look) questionTrack(t *Track) error {
	sent := false
	for _, q := range l.file.Inquiries {
		if q.Review != l.review.ID {
			continue
		}
		sent = true
		switch q.State {
		case inquiry.StateAccepted, inquiry.StateClosed:
		case inquiry.StateSubmitted:
			t.wait("reviewers", q.SubmittedAt, "accept or return the answers to %s (%s)", q.Template, q.ID)
		default:
			t.wait(q.Audience, q.SentAt, "%d of %s of %s answered (%s)", q.Answered, drawbridge.Count(q.Asked, "question", "questions"), q.Template, q.ID)
		}
	}
	switch {
	case sent || l.review.TriagedAt.IsZero():
	case l.review.FastLane:
		t.State = "not_needed"
	default:
		t.wait("reviewers", l.review.TriagedAt, "send the questionnaire that the tier asks for (%s)", l.review.Template)
	}
	return nil
}

func (l *look) evidenceTrack(t *Track) error {
	for _, e := range l.file.Offered {
		t.wait("reviewers", e.CreatedAt, "accept or refuse %s: %s (%s)", e.Kind, e.Title, e.ID)
	}
	return nil
}

func (l *look) testTrack(t *Track) error {
	if l.review.Tier == "" {
		return nil
	}
	tier, err := l.tier()
	if err != nil {
		return err
	}
	rev := &l.file.Head
	tests, err := missingTests(l)
	for _, text := range tests {
		t.wait("testers", rev.CreatedAt, "%s", text)
	}
	if err != nil {
		return err
	}
	rulings, err := missingRulings(l)
	for _, text := range rulings {
		t.wait("reviewers", rev.CreatedAt, "%s", text)
	}
	if len(t.Missing) == 0 && (!tier.LiveTests || l.review.FastLane) {
		t.State = "not_needed"
	}
	return err
}

// legalTrack asks for an agreement on file where the tier asks for a legal review.
func (l *look) legalTrack(t *Track) error {
	if !slices.Contains(l.review.Roles, drawbridge.LegalDiscipline) {
		t.State = "not_needed"
		return nil
	}
	for _, c := range l.file.Contracts {
		if len(c.Integrations) == 0 || slices.Contains(c.Integrations, l.in.ID) {
			if c.Ends == "" || !c.Ends.Past(l.now) {
				return nil
			}
		}
	}
	t.wait("legal", l.review.TriagedAt, "put a contract with %s on file that covers the integration", l.in.Partner)
	return nil
}
