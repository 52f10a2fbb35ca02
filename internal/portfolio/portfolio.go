// Package portfolio is the desk of the register of risks and of what integrations
// have in common: partners' profiles, contracts and notices, sub-processors,
// concentration, and what fails with whom. It decides about no integration.
//
//	desk := portfolio.New(door, portfolio.Options{Register: record, Workspace: workspace})
//	risk, err := desk.AddRisk(ctx, actor, portfolio.RiskEdit{Risk: risk, Finding: "f1-…"})
//	fallen, err := desk.Fall(ctx, actor, portfolio.Fallen{Kind: "country", Name: "IE"})
package portfolio

import (
	"context"
	"regexp"
	"slices"
	"strings"
	"time"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/action"
	"drawbridge/internal/policy"
	"drawbridge/internal/register"
	"drawbridge/internal/store"
)

// Options are what the desk needs besides the door.
type Options struct {
	Register  *register.Desk
	Workspace func() *policy.Workspace // nil, or nil from it: the built-in packs count
}

// Desk is the desk.
type Desk struct {
	door *action.Door
	opt  Options
}

// New makes a desk, which from then on is shown each head that is assessed.
func New(door *action.Door, opt Options) *Desk {
	d := &Desk{door: door, opt: opt}
	if opt.Register != nil {
		opt.Register.SetWatch(d.watch)
	}
	return d
}

// now is the time as it is stored.
func (d *Desk) now() time.Time { return d.door.Now().UTC().Truncate(time.Microsecond) }

// workspace is the packs that count now.
func (d *Desk) workspace() (*policy.Workspace, error) {
	if d.opt.Workspace != nil {
		if ws := d.opt.Workspace(); ws != nil {
			return ws, nil
		}
	}
	return policy.BuiltinWorkspace()
}

// noTime is a time that did not come, and all is the scope of who sees everything.
var (
	noTime time.Time
	all    = access.Scope{All: true}
)

// Sizes of what people write, in bytes or items.
const (
	maxLine  = 200
	maxProse = 4000
	maxItems = 100
)

// written checks what people write: names of fields, each with its text, a line
// or, when its name ends in a star, a text of several.
func written(fields ...any) error {
	for i := 0; i+1 < len(fields); i += 2 {
		name, at := fields[i].(string), fields[i+1].(*string)
		check, limit := drawbridge.Line, maxLine
		if base, prose := strings.CutSuffix(name, "*"); prose {
			name, check, limit = base, drawbridge.Prose, maxProse
		}
		text, err := check(*at, limit)
		if err != nil {
			return bad("%s: %w", name, err)
		}
		*at = text
	}
	return nil
}

// lines checks a list of lines.
func lines(name string, list []string) error {
	if len(list) > maxItems {
		return bad("%s: name at most %d", name, maxItems)
	}
	for i := range list {
		if err := written(name, &list[i]); err != nil {
			return err
		}
		if list[i] == "" {
			return bad("%s: an item is empty", name)
		}
	}
	return nil
}

// oneOf refuses a word that is not among those that are accepted; empty is.
func oneOf(name, word string, accepted ...string) error {
	if word == "" || slices.Contains(accepted, word) {
		return nil
	}
	return bad("%s is %.40q; write %s", name, word, strings.Join(accepted, ", "))
}

var countryForm = regexp.MustCompile(`^[A-Z]{2}$`)

func country(name, code string) error {
	if code != "" && !countryForm.MatchString(code) {
		return bad("%s is %.40q; write a country in two capital letters, like IE", name, code)
	}
	return nil
}

// days checks days that may be empty.
func days(fields ...any) error {
	for i := 0; i+1 < len(fields); i += 2 {
		if d := fields[i+1].(drawbridge.Date); d != "" {
			if _, err := drawbridge.ParseDate(string(d)); err != nil {
				return bad("%s: %w", fields[i], err)
			}
		}
	}
	return nil
}

func bad(format string, args ...any) error {
	return drawbridge.Errorf(drawbridge.Invalid, format, args...)
}

// answerable refuses to hand something to somebody who cannot sign in.
func answerable(tx *store.Tx, id drawbridge.PersonID) error {
	if id == "" {
		return nil
	}
	p, err := tx.Person(id)
	if drawbridge.KindOf(err) == drawbridge.NotFound || err == nil && (p.Disabled || p.Erased) {
		return bad("there is nobody with an open account by the identifier %.40q", id)
	}
	return err
}

// pageSize is the size that was asked for, or the default.
func pageSize(limit int) (int, error) {
	switch {
	case limit == 0:
		return register.DefaultPage, nil
	case limit < 0 || limit > register.MaxPage:
		return 0, bad("a page has 1 to %d items, not %d", register.MaxPage, limit)
	}
	return limit, nil
}

// paged makes a page of a list that was read one item further than the page goes.
func paged[T any](list []T, size int, place func(T) register.Cursor) register.Page[T] {
	if len(list) <= size {
		return register.Page[T]{Items: append([]T{}, list...)}
	}
	next := place(list[size-1])
	return register.Page[T]{Items: list[:size], Next: &next}
}

// after is the identifier that a list goes on behind.
func after(c *register.Cursor) string {
	if c == nil {
		return ""
	}
	return c.ID
}

// event tells a later desk.
func (d *Desk) event(tx *store.Tx, kind, subject string) error {
	now := d.now()
	return tx.AddEvent(store.Event{ID: drawbridge.EventID(drawbridge.NewID("evt", now)), Kind: kind, Subject: subject, DueAt: now, CreatedAt: now})
}

// tell writes a message to people, each once and never to who acts.
func (d *Desk) tell(tx *store.Tx, actor access.Actor, kind, link string, params map[string]string, to ...drawbridge.PersonID) error {
	told := map[drawbridge.PersonID]bool{"": true, actor.Person: true}
	for _, p := range to {
		if told[p] {
			continue
		}
		told[p] = true
		m := drawbridge.Message{
			ID: drawbridge.MessageID(drawbridge.NewID("msg", d.now())), Person: p, Kind: kind, Params: params, Link: link, CreatedAt: d.now(),
		}
		if err := tx.AddMessage(m); err != nil {
			return err
		}
	}
	return nil
}

// onPartner finds a partner for what belongs to one.
func onPartner(id drawbridge.PartnerID, kind, object string) func(*store.Tx) (access.Object, error) {
	return func(tx *store.Tx) (access.Object, error) {
		_, err := tx.Partner(id)
		return access.Object{Kind: kind, ID: object}, err
	}
}

// edited is one write of a record: who, why, and what repeats it.
type edited struct {
	Actor  access.Actor
	Action access.Action
	Reason string
	Key    string
	Input  any
}

// write runs a write on an object that is found in the act.
func write[T any](ctx context.Context, d *Desk, e edited, find func(*store.Tx) (access.Object, error), fn func(*store.Tx) (T, error)) (T, error) {
	act := action.Act{Actor: e.Actor, Action: e.Action, On: find, Reason: strings.TrimSpace(e.Reason), Key: e.Key, Input: e.Input}
	out, _, err := action.Do(ctx, d.door, act, fn)
	return out, err
}
