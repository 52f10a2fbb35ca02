// Package dossier is the desk of what is on file about partners and integrations: documents of
// evidence, discussions, and the dossier that shows all of it with its history.
// It accepts evidence; it decides nothing about approval.
//
//	desk := dossier.New(door, dossier.Options{Register: record})
//	evidence, err := desk.Offer(ctx, actor, dossier.Offer{Integration: id, Kind: "evidence:pentest", Name: "report.pdf", Content: body})
//	evidence, err = desk.Accept(ctx, reviewer, evidence.ID, dossier.Acceptance{Version: evidence.Version, Known: drawbridge.KnownAudit, Reason: "read"})
package dossier

import (
	"strings"
	"time"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/action"
	"drawbridge/internal/register"
	"drawbridge/internal/store"
)

// Options are what the desk needs besides the door.
type Options struct {
	Register *register.Desk // told when what it counted with has changed
	MaxFile  int64          // bytes of one document of evidence; default [MaxFile]
}

// MaxFile is how large a document of evidence may be, unless the options say otherwise.
const MaxFile = 50 << 20

// Desk is the desk.
type Desk struct {
	door *action.Door
	opt  Options
}

// New makes a desk.
func New(door *action.Door, opt Options) *Desk {
	if opt.MaxFile <= 0 {
		opt.MaxFile = MaxFile
	}
	return &Desk{door: door, opt: opt}
}

// now is the time as it is stored.
func (d *Desk) now() time.Time { return d.door.Now().UTC().Truncate(time.Microsecond) }

func invalid(format string, args ...any) error {
	return drawbridge.Errorf(drawbridge.Invalid, format, args...)
}

// who is the actor as records name them: the person, or the link or token.
func who(a access.Actor) string {
	if a.Person != "" {
		return string(a.Person)
	}
	return a.ID
}

// tell sends a message about an object to people, each once and never to who acts.
func (d *Desk) tell(tx *store.Tx, actor access.Actor, kind, subject, id, link string, to ...drawbridge.PersonID) error {
	told := map[drawbridge.PersonID]bool{"": true, actor.Person: true}
	for _, p := range to {
		if told[p] || !strings.HasPrefix(string(p), "per_") {
			continue
		}
		told[p] = true
		err := tx.AddMessage(drawbridge.Message{
			ID: drawbridge.MessageID(drawbridge.NewID("msg", d.now())), Person: p, Kind: kind,
			Params: map[string]string{subject: id}, Link: link, CreatedAt: d.now(),
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// line bounds what somebody wrote into a field, and names the field.
func line(field, s string, limit int) (string, error) {
	out, err := drawbridge.Line(s, limit)
	if err != nil {
		return "", invalid("%s: %w", field, err)
	}
	return out, nil
}

// text is line for a text of several lines.
func text(field, s string, limit int) (string, error) {
	out, err := drawbridge.Prose(s, limit)
	if err != nil {
		return "", invalid("%s: %w", field, err)
	}
	return out, nil
}

// sized is the size of a page that was asked for, or the default.
func sized(limit int) (int, error) {
	switch {
	case limit == 0:
		return register.DefaultPage, nil
	case limit < 0 || limit > register.MaxPage:
		return 0, invalid("a page has 1 to %d items, not %d", register.MaxPage, limit)
	}
	return limit, nil
}

// paged makes a page of a list that was read one item further than the page goes.
func paged[T any](list []T, size int, id func(T) string) register.Page[T] {
	if len(list) <= size {
		return register.Page[T]{Items: append([]T{}, list...)}
	}
	return register.Page[T]{Items: list[:size], Next: &register.Cursor{ID: id(list[size-1])}}
}

func after(c *register.Cursor) string {
	if c == nil {
		return ""
	}
	return c.ID
}
