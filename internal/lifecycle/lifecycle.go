// Package lifecycle is the desk of what follows a decision: conditions, exceptions, going live,
// suspending, leaving. It lets nothing go live that the review did not approve; it decides no
// review itself, and it carries nothing out: what a gateway will do is attested until there is one.
//
//	desk := lifecycle.New(door, lifecycle.Options{Register: record, Status: reviews.StatusOf, Testable: reviews.Testable, Workspace: workspace})
//	in, err := desk.Move(ctx, actor, lifecycle.Move{Integration: id, Step: "go_live", Reason: "launch"})
package lifecycle

import (
	"maps"
	"slices"
	"strings"
	"time"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/action"
	"drawbridge/internal/policy"
	"drawbridge/internal/register"
	"drawbridge/internal/review"
	"drawbridge/internal/store"
)

// Options are what the desk needs besides the door.
type Options struct {
	Register  *register.Desk
	Status    func(*store.Tx, *review.File) (review.Status, error) // what the review says of an integration
	Testable  func(*drawbridge.Revision) (bool, error)             // whether live tests can drive any interface
	Workspace func() *policy.Workspace
}

// Desk is the desk.
type Desk struct {
	door *action.Door
	opt  Options
}

// New makes a desk.
func New(door *action.Door, opt Options) *Desk { return &Desk{door: door, opt: opt} }

// now is the time as it is stored.
func (d *Desk) now() time.Time { return d.door.Now().UTC().Truncate(time.Microsecond) }

// Sizes of what people type, in bytes.
const (
	maxLine  = 300
	maxProse = 4000
)

// text holds what somebody typed to a size; what is needed must not be empty.
func text(what, s string, limit int, needed bool) (string, error) {
	s, err := drawbridge.Prose(s, limit)
	if err != nil {
		return s, drawbridge.Errorf(drawbridge.Invalid, "%s: %w", what, err)
	}
	if needed && s == "" {
		return s, drawbridge.Errorf(drawbridge.Invalid, "%s: say it in a few words", what)
	}
	return s, nil
}

// day checks a day that must not be past.
func day(what string, d drawbridge.Date, now time.Time) error {
	if _, err := drawbridge.ParseDate(string(d)); err != nil {
		return drawbridge.Errorf(drawbridge.Invalid, "%s: %w", what, err)
	}
	if d.Past(now) {
		return drawbridge.Errorf(drawbridge.Invalid, "%s: %s is past", what, d)
	}
	return nil
}

// on finds what a part of an integration is to the table of permissions.
func on(in drawbridge.IntegrationID, kind string) func(*store.Tx) (access.Object, error) {
	return func(tx *store.Tx) (access.Object, error) { return register.Object(tx, in, kind, string(in)) }
}

// part finds a record by its identifier, and what it is to the table of permissions.
func part[T any](shelf func(*store.Tx) store.Shelf[T], kind, id string, integration func(*T) drawbridge.IntegrationID, to **T) func(*store.Tx) (access.Object, error) {
	return func(tx *store.Tx) (access.Object, error) {
		rec, err := shelf(tx).Get(id)
		if err != nil {
			return access.Object{}, err
		}
		*to = rec
		return register.Object(tx, integration(rec), kind, id)
	}
}

// Filter says what of a list is wanted; what is empty does not restrict.
type Filter struct {
	Integration drawbridge.IntegrationID
	State       string
}

// pages reads one page of a list, newest first.
func pages[T any](shelf store.Shelf[T], scope access.Scope, f Filter, after *register.Cursor, limit int, id func(T) string) (register.Page[T], error) {
	size, err := pageSize(limit)
	if err != nil {
		return register.Page[T]{}, err
	}
	q := store.Query{Equal: map[string]any{}, Scope: &scope, Newest: true, Limit: size + 1}
	if f.Integration != "" {
		q.Equal["integration"] = string(f.Integration)
	}
	if f.State != "" {
		q.Equal["state"] = f.State
	}
	if after != nil {
		q.After = after.ID
	}
	list, err := shelf.Find(q)
	if err != nil || len(list) <= size {
		return register.Page[T]{Items: append([]T{}, list...)}, err
	}
	return register.Page[T]{Items: list[:size], Next: &register.Cursor{ID: id(list[size-1])}}, nil
}

// pageSize is the size that was asked for, or the default.
func pageSize(limit int) (int, error) {
	switch {
	case limit == 0:
		return register.DefaultPage, nil
	case limit < 0 || limit > register.MaxPage:
		return 0, drawbridge.Errorf(drawbridge.Invalid, "a page has 1 to %d items, not %d", register.MaxPage, limit)
	}
	return limit, nil
}

// every lists what a query selects of one integration, newest first. There is
// more of a kind than one read gives only where somebody overdid it.
func every[T any](shelf store.Shelf[T], in drawbridge.IntegrationID, equal map[string]any) ([]T, error) {
	q := store.Query{Equal: map[string]any{"integration": string(in)}, Newest: true}
	maps.Copy(q.Equal, equal)
	return shelf.Find(q)
}

// oneOf refuses a word that is not in a list.
func oneOf(what, word string, words ...string) error {
	if slices.Contains(words, word) {
		return nil
	}
	return drawbridge.Errorf(drawbridge.Invalid, "%s is one of %s, not %.40q", what, strings.Join(words, ", "), word)
}

// first is the first error of checks that were all made.
func first(errs ...error) error {
	i := slices.IndexFunc(errs, func(err error) bool { return err != nil })
	if i < 0 {
		return nil
	}
	return errs[i]
}

// notFound reports whether an error says that there is no such thing.
func notFound(err error) bool { return err != nil && drawbridge.KindOf(err) == drawbridge.NotFound }
