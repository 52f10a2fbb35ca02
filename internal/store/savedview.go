package store

import (
	"fmt"
	"time"

	"drawbridge"
)

// SavedView is the filter of a list that a person keeps under a name. It is a note
// and no record.
type SavedView struct {
	ID      string // viw_…
	Person  drawbridge.PersonID
	List    string
	Name    string
	Query   string
	Shared  bool      // everybody in the organisation sees it
	Dropped time.Time // zero while it is there
	Created time.Time
}

const savedViewColumns = "id, person, list, name, query, shared, dropped_at, created_at"

// SavedViews lists what a person saved and what others share, of one list or, by
// "", of all of them; by name.
func (tx *Tx) SavedViews(person drawbridge.PersonID, list string, limit int) ([]SavedView, error) {
	return tx.savedViews("(person = ? OR shared = ?) AND (? = '' OR list = ?) AND dropped_at = '' ORDER BY list, name, id LIMIT ?", string(person), true, list, list, limit)
}

// SavedView reads one, dropped or not.
func (tx *Tx) SavedView(id string) (*SavedView, error) {
	list, err := tx.savedViews("id = ?", id)
	if err == nil && len(list) == 0 {
		err = drawbridge.Errorf(drawbridge.NotFound, "there is no such saved view, or you may not see it")
	}
	if err != nil {
		return nil, err
	}
	return &list[0], nil
}

// SetSavedView writes one, new or over what was there.
func (tx *Tx) SetSavedView(v *SavedView) error {
	_, err := tx.exec("INSERT INTO saved_view ("+savedViewColumns+") VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET name = excluded.name, query = excluded.query, shared = excluded.shared, dropped_at = excluded.dropped_at",
		v.ID, string(v.Person), v.List, v.Name, v.Query, v.Shared, Time(v.Dropped), Time(v.Created))
	return err
}

// ForgetSavedViews takes away for good what a person dropped before a time.
func (tx *Tx) ForgetSavedViews(person drawbridge.PersonID, before time.Time) error {
	_, err := tx.exec("DELETE FROM saved_view WHERE person = ? AND dropped_at <> '' AND dropped_at < ?", string(person), Time(before))
	return err
}

// EraseSavedViews takes away all that a person saved.
func (tx *Tx) EraseSavedViews(person drawbridge.PersonID) error {
	_, err := tx.exec("DELETE FROM saved_view WHERE person = ?", string(person))
	return err
}

func (tx *Tx) savedViews(where string, args ...any) ([]SavedView, error) {
	rows, err := tx.query("SELECT "+savedViewColumns+" FROM saved_view WHERE "+where, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []SavedView
	for rows.Next() {
		var v SavedView
		var dropped, created string
		if err := rows.Scan(&v.ID, &v.Person, &v.List, &v.Name, &v.Query, &v.Shared, &dropped, &created); err != nil {
			return nil, fmt.Errorf("read saved views: %w", err)
		}
		if v.Dropped, err = parseTime(dropped); err == nil {
			v.Created, err = parseTime(created)
		}
		if err != nil {
			return nil, fmt.Errorf("read saved view %s: %w", v.ID, err)
		}
		out = append(out, v)
	}
	return out, tx.store.dialect.explain(rows.Err())
}
