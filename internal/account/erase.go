package account

import (
	"cmp"
	"context"
	"strings"
	"time"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/action"
	"drawbridge/internal/store"
)

// maxErase bounds the details that one act erases, since its entry names each.
const maxErase = 5000

// manyRows is more tokens and memberships than a person has, and fewer than one
// act can remove.
const manyRows = 2000

// Erase empties what is personal of a person, and erases the ledger's details
// of every entry about them. The identifier stays, and the ledger still
// verifies. A person who owns integrations cannot be erased before somebody
// else does. Where there is much to erase it takes several acts; the account is
// out of use from the first on, and erasing again goes on where it stopped.
func (d *Desk) Erase(ctx context.Context, actor access.Actor, in Change) (drawbridge.Person, error) {
	if err := needReason(in); err != nil {
		return drawbridge.Person{}, err
	}
	in.Key = "" // a repetition does no harm
	var out drawbridge.Person
	for more := true; more; in.Version = 0 {
		var err error
		out, err = change(ctx, d, action.Act{Actor: actor, Action: access.PersonErase}, in, "erase", func(tx *store.Tx, p *drawbridge.Person) (drawbridge.Person, error) {
			more, err = EraseRows(tx, p, d.now(), d.maxErase)
			return *p, err
		})
		if err != nil {
			return drawbridge.Person{}, err
		}
	}
	return out, nil
}

// EraseRows does as much of it as fits into one act of somebody who may, and
// the person's row last: what it leads to can be found until then. What a legal
// hold covers stays. A limit of 0 is the desk's own.
func EraseRows(tx *store.Tx, p *drawbridge.Person, now time.Time, limit int) (more bool, err error) {
	if err := ownsNothing(tx, p.ID); err != nil {
		return false, err
	}
	about, err := tx.AboutPerson(p.ID)
	if err != nil {
		return false, err
	}
	if err := tx.NotHeld(about, now); err != nil {
		return false, err
	}
	if n, err := tx.DropSessions(p.ID, ""); err != nil {
		return false, err
	} else if n > 0 {
		tx.Note("sessions_ended", n)
	}
	if err := tx.ForgetLiveRuns(p.ID); err != nil {
		return false, err
	}
	if err := tx.ForgetViewed(p.ID); err != nil {
		return false, err
	}
	if err := tx.ForgetDrafts(p.ID); err != nil {
		return false, err
	}
	if err := tx.EraseSavedViews(p.ID); err != nil {
		return false, err
	}
	if err := tx.EraseBulks(p.ID); err != nil {
		return false, err
	}
	return eraseRows(tx, p, cmp.Or(limit, maxErase))
}

func eraseRows(tx *store.Tx, p *drawbridge.Person, limit int) (more bool, err error) {
	tokens, err := tx.TokensOf(p.ID, "", manyRows)
	if err != nil {
		return false, err
	}
	members, err := tx.MembershipsOf(p.ID, manyRows)
	if err != nil {
		return false, err
	}
	about := []subject{{"person", string(p.ID)}, {"credential", string(p.ID)}}
	for _, t := range tokens {
		about = append(about, subject{"token", string(t.ID)})
	}
	for _, m := range members {
		about = append(about, subject{"member", m.ID})
	}
	p.Disabled = true
	if more, err = eraseDetails(tx, about, limit); err != nil {
		return false, err
	}
	if more {
		return true, tx.SetPerson(p)
	}
	for _, t := range tokens {
		if err := tx.RemoveToken(t.ID); err != nil {
			return false, err
		}
	}
	for _, m := range members {
		if err := tx.DropMembership(m.ID); err != nil {
			return false, err
		}
	}
	if err := tx.RemoveCredential(p.ID); err != nil && !is(err, drawbridge.NotFound) {
		return false, err
	}
	p.Email, p.Name, p.Roles, p.Erased = "", "", []drawbridge.Role{}, true
	return len(tokens) == manyRows || len(members) == manyRows, tx.ErasePerson(p)
}

// ownsNothing refuses to leave integrations without an owner.
func ownsNothing(tx *store.Tx, id drawbridge.PersonID) error {
	const shown = 5
	list, n, err := tx.OwnedBy(id, shown)
	if err != nil || n == 0 {
		return err
	}
	names := make([]string, len(list))
	for i, x := range list {
		names[i] = x.Slug + " (" + x.Environment + ")"
	}
	if n > shown {
		names = append(names, "…")
	}
	return drawbridge.Errorf(drawbridge.Conflict, "the person owns %d integrations: %s; assign them to somebody else first", n, strings.Join(names, ", "))
}

// subject is a record that the ledger has entries about.
type subject struct{ kind, id string }

// eraseDetails erases the details of entries about records, and reports whether
// it stopped before the end.
func eraseDetails(tx *store.Tx, about []subject, limit int) (more bool, err error) {
	head, _, err := tx.Head()
	if err != nil {
		return false, err
	}
	for _, s := range about {
		for below := head; ; {
			leaves, err := tx.LeavesAbout(s.kind, s.id, below, 500)
			if err != nil {
				return false, err
			}
			if len(leaves) == 0 {
				break
			}
			for _, l := range leaves {
				if len(tx.Changes()) >= limit {
					return true, nil
				}
				if err := tx.EraseDetail(l.Seq); err != nil {
					return false, err
				}
				below = l.Seq
			}
		}
	}
	return false, nil
}
