package review

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/action"
	"drawbridge/internal/store"
)

// Limits of what people begin to ask for.
const (
	MaxDrafts   = 30        // of one person at a time
	MaxDrafted  = 512 << 10 // bytes of a manifest that is typed
	MaxElements = 30        // rows of data in a form
	maxDrafted  = 1 << 20   // bytes of a draft as a whole

	keepDraft = 90 * 24 * time.Hour // from the last save
	keepEnded = 7 * 24 * time.Hour  // from when it was discarded or sent
)

// draftFields are what can be typed, and the most bytes of it.
var draftFields = map[string]int{
	"id": 100, "environment": 40, "name": 400, "purpose": maxText, "partner": 100, "partner_new": 100, "partner_name": 400,
	"business": 100, "technical": 100, "kind": 40, "direction": 40, "hosts": maxText, "manifest": MaxDrafted,
	"justification": maxText, "alternatives": maxText, "cost": maxText, "subjects": maxText, "records_per_day": 40, "peak_rps": 40, "needed_by": 40, "urgency": 40,
}

// ElementField is the field of a form that says something of one row of data: at,
// field or category.
func ElementField(row int, what string) string { return "data." + strconv.Itoa(row) + "." + what }

func draftLimit(name string) (int, bool) {
	if n, ok := draftFields[name]; ok {
		return n, true
	}
	parts := strings.Split(name, ".")
	if len(parts) != 3 || !slices.Contains([]string{"at", "field", "category"}, parts[2]) {
		return 0, false
	}
	row, err := strconv.Atoi(parts[1])
	return 400, err == nil && row >= 0 && row < MaxElements && name == ElementField(row, parts[2])
}

// draftText is what is sealed of a draft.
type draftText struct {
	Way        string                  `json:"way"`
	Fields     map[string]string       `json:"fields"`
	Operations []string                `json:"operations"`
	Categories map[string]string       `json:"categories"`
	Source     *drawbridge.DraftSource `json:"source"`
}

func draftPlace(id drawbridge.DraftID) []byte { return []byte("draft " + string(id)) }

// sealDraft writes what a draft says.
func (d *Desk) sealDraft(id drawbridge.DraftID, text *draftText) ([]byte, error) {
	data, err := json.Marshal(text)
	if err != nil {
		return nil, fmt.Errorf("encode a draft: %w", err)
	}
	if len(data) > maxDrafted {
		return nil, drawbridge.Errorf(drawbridge.TooLarge, "a draft holds at most %s", drawbridge.Size(maxDrafted))
	}
	return d.door.Keys().Seal(data, draftPlace(id))
}

// openDraft reads a draft.
func (d *Desk) openDraft(row *store.Draft) (drawbridge.IntakeDraft, error) {
	out := drawbridge.IntakeDraft{
		ID: row.ID, Version: row.Version, CreatedAt: row.CreatedAt, SavedAt: row.SavedAt, DiscardedAt: row.DiscardedAt, Integration: row.Integration,
	}
	data, err := d.door.Keys().Open(row.Content, draftPlace(row.ID))
	if err != nil {
		return out, fmt.Errorf("open draft %s: %w", row.ID, err)
	}
	var text draftText
	if err := json.Unmarshal(data, &text); err != nil {
		return out, fmt.Errorf("read draft %s: %w", row.ID, err)
	}
	out.Way, out.Fields, out.Operations, out.Categories, out.Source = text.Way, text.Fields, text.Operations, text.Categories, text.Source
	if out.Fields == nil {
		out.Fields = map[string]string{}
	}
	if out.Categories == nil {
		out.Categories = map[string]string{}
	}
	out.Title = draftTitle(&out)
	return out, nil
}

func draftTitle(d *drawbridge.IntakeDraft) string {
	for _, name := range []string{"name", "id"} {
		if s := strings.TrimSpace(d.Fields[name]); s != "" {
			return s
		}
	}
	if d.Source != nil {
		return d.Source.Name
	}
	for line := range strings.Lines(d.Fields["manifest"]) {
		if name, ok := strings.CutPrefix(line, "name:"); ok {
			return strings.Trim(strings.TrimSpace(name), `"'`)
		}
	}
	return "Without a name yet"
}

// mayDraft asks whether somebody may ask for an integration at all.
func mayDraft(actor access.Actor) (action.Act, error) {
	act := action.Act{Actor: actor, Action: access.IntegrationCreate, Object: access.Object{Kind: "integration"}}
	if actor.Person == "" {
		return act, drawbridge.Errorf(drawbridge.Denied, "a draft is a person's note to themselves: sign in as somebody")
	}
	return act, nil
}

// Drafts lists what the actor began and did not send, the last saved first.
func (d *Desk) Drafts(ctx context.Context, actor access.Actor) ([]drawbridge.IntakeDraft, error) {
	act, err := mayDraft(actor)
	if err != nil {
		return nil, err
	}
	var rows []store.Draft
	err = d.door.View(ctx, act, func(tx *store.Tx) (err error) {
		rows, err = tx.Drafts(actor.Person, MaxDrafts)
		return err
	})
	if err != nil {
		return nil, err
	}
	out := make([]drawbridge.IntakeDraft, len(rows))
	for i := range rows {
		if out[i], err = d.openDraft(&rows[i]); err != nil {
			return nil, err
		}
		out[i].Fields, out[i].Operations, out[i].Categories = nil, nil, nil
	}
	return out, nil
}

// Draft reads a draft of the actor's.
func (d *Desk) Draft(ctx context.Context, actor access.Actor, id drawbridge.DraftID) (drawbridge.IntakeDraft, error) {
	row, err := d.draftRow(ctx, actor, id)
	if err != nil {
		return drawbridge.IntakeDraft{}, err
	}
	return d.openDraft(row)
}

func (d *Desk) draftRow(ctx context.Context, actor access.Actor, id drawbridge.DraftID) (*store.Draft, error) {
	act, err := mayDraft(actor)
	if err != nil {
		return nil, err
	}
	var row *store.Draft
	err = d.door.View(ctx, act, func(tx *store.Tx) (err error) {
		row, err = tx.Draft(actor.Person, id)
		return err
	})
	return row, err
}

// Drafting is one save of a draft. What it does not name stays as it is.
type Drafting struct {
	ID   drawbridge.DraftID
	Base int64 // the version that was read; 0 for whatever stands there

	Fields     map[string]string
	Shown      []string          // operations that were to be picked from
	Operations []string          // those of them that were picked
	Categories map[string]string // by the key of the guess; "" takes the confirmation back
}

// SaveDraft keeps what was typed, right or wrong.
func (d *Desk) SaveDraft(ctx context.Context, actor access.Actor, in Drafting) (drawbridge.IntakeDraft, error) {
	had, err := d.there(ctx, actor, in.ID)
	if err != nil {
		return had, err
	}
	before := textOf(&had)
	next := textOf(&had)
	if err := next.take(&in); err != nil {
		return had, err
	}
	if next.same(&before) {
		return had, nil // also when this save is sent again
	}
	if in.Base != 0 && in.Base != had.Version {
		return had, drawbridge.Errorf(drawbridge.Conflict, "the draft was saved elsewhere meanwhile, so this is not saved yet: save again to put what stands here in its place")
	}
	row := &store.Draft{ID: had.ID, Person: actor.Person, Version: had.Version, SavedAt: d.now()}
	if row.Content, err = d.sealDraft(row.ID, &next); err != nil {
		return had, err
	}
	if err := d.door.Keep(ctx, func(tx *store.Tx) error { return tx.SetDraft(row) }); err != nil {
		return had, err
	}
	return d.Draft(ctx, actor, in.ID)
}

// there reads a draft that can be changed.
func (d *Desk) there(ctx context.Context, actor access.Actor, id drawbridge.DraftID) (drawbridge.IntakeDraft, error) {
	out, err := d.Draft(ctx, actor, id)
	switch {
	case err != nil:
		return out, err
	case out.Integration != "":
		return out, drawbridge.Errorf(drawbridge.Conflict, "the draft was sent already: it is an integration now")
	case !out.DiscardedAt.IsZero():
		return out, drawbridge.Errorf(drawbridge.Conflict, "the draft was discarded")
	}
	return out, nil
}

func textOf(d *drawbridge.IntakeDraft) draftText {
	return draftText{
		Way: d.Way, Fields: maps.Clone(d.Fields), Operations: slices.Clone(d.Operations), Categories: maps.Clone(d.Categories), Source: d.Source,
	}
}

func (t *draftText) same(other *draftText) bool {
	return maps.Equal(t.Fields, other.Fields) && slices.Equal(t.Operations, other.Operations) && maps.Equal(t.Categories, other.Categories)
}

// take puts a save over what a draft says.
func (t *draftText) take(in *Drafting) error {
	for name, value := range in.Fields {
		limit, ok := draftLimit(name)
		if !ok {
			return drawbridge.Errorf(drawbridge.Invalid, "a draft has no field %.60q", name)
		}
		value = strings.ReplaceAll(value, "\r\n", "\n")
		if len(value) > limit || !utf8.ValidString(value) || strings.ContainsRune(value, 0) {
			return drawbridge.Errorf(drawbridge.Invalid, "%s: write a text with at most %s", name, drawbridge.Size(limit))
		}
		if t.Fields[name] = value; value == "" {
			delete(t.Fields, name)
		}
	}
	if len(in.Shown) > 0 || len(in.Operations) > 0 {
		t.Operations = slices.DeleteFunc(t.Operations, func(id string) bool { return slices.Contains(in.Shown, id) })
		t.Operations = append(t.Operations, in.Operations...)
		slices.Sort(t.Operations)
		t.Operations = slices.Compact(t.Operations)
	}
	for key, category := range in.Categories {
		if len(key) > 40 || len(category) > 200 || !utf8.ValidString(key) || !utf8.ValidString(category) {
			return drawbridge.Errorf(drawbridge.Invalid, "%.80q is no category", category)
		}
		if t.Categories[key] = category; category == "" {
			delete(t.Categories, key)
		}
	}
	return nil
}

// DiscardDraft takes a draft off the list. Within a week it can be restored.
func (d *Desk) DiscardDraft(ctx context.Context, actor access.Actor, id drawbridge.DraftID) error {
	return d.endDraft(ctx, actor, id, d.now())
}

// RestoreDraft puts a discarded draft back.
func (d *Desk) RestoreDraft(ctx context.Context, actor access.Actor, id drawbridge.DraftID) error {
	return d.endDraft(ctx, actor, id, time.Time{})
}

func (d *Desk) endDraft(ctx context.Context, actor access.Actor, id drawbridge.DraftID, at time.Time) error {
	row, err := d.draftRow(ctx, actor, id)
	if err != nil || row.DiscardedAt.IsZero() == at.IsZero() && row.Integration == "" {
		return err // it is so already
	}
	if row.Integration != "" {
		return drawbridge.Errorf(drawbridge.Conflict, "the draft was sent already: it is an integration now")
	}
	row.DiscardedAt, row.SavedAt = at, d.now()
	return d.door.Keep(ctx, func(tx *store.Tx) error { return tx.SetDraft(row) })
}

// SweepDrafts takes away drafts that nobody saved for long, and those that were
// discarded or sent.
func (d *Desk) SweepDrafts(ctx context.Context) (int64, error) {
	var n int64
	now := d.now()
	err := d.door.Keep(ctx, func(tx *store.Tx) (err error) {
		n, err = tx.DropOldDrafts(now.Add(-keepDraft), now.Add(-keepEnded))
		return err
	})
	return n, err
}
