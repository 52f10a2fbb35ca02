package review

import (
	"bytes"
	"compress/flate"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/seal"
	"drawbridge/internal/spec"
	"drawbridge/internal/store"
	"drawbridge/internal/taxonomy"
)

// MaxSpecification is the largest specification that a draft is begun from.
const MaxSpecification = 32 << 20

// Beginning begins a draft: from a specification or a manifest, which is then read
// to its end, or from nothing.
type Beginning struct {
	Way  string
	Name string    // of the file
	File io.Reader // nil for none
	Key  string    // idempotency key
}

// BeginDraft begins a draft. A specification that cannot be read is refused with
// what is wrong with it, and where; a manifest is kept whatever it says.
func (d *Desk) BeginDraft(ctx context.Context, actor access.Actor, in Beginning) (drawbridge.IntakeDraft, error) {
	var none drawbridge.IntakeDraft
	had, err := d.begun(ctx, actor, in.Key)
	if had != nil || err != nil {
		if err == nil {
			none, err = d.openDraft(had)
		}
		return none, err
	}
	text := draftText{Way: in.Way, Fields: map[string]string{"environment": "production"}, Categories: map[string]string{}}
	var file []byte
	switch in.Way {
	case drawbridge.DraftForm:
	case drawbridge.DraftManifest:
		text.Fields = map[string]string{}
		err = text.readManifest(in)
	case drawbridge.DraftSpecification:
		file, err = d.readSource(&text, in)
	default:
		err = drawbridge.Errorf(drawbridge.Invalid, "%.40q is no way to begin: write specification, form or manifest", in.Way)
	}
	if err != nil {
		return none, err
	}
	now := d.now()
	row := &store.Draft{ID: drawbridge.DraftID(drawbridge.NewID("dra", now)), Person: actor.Person, Begun: in.Key, CreatedAt: now, SavedAt: now}
	if row.Content, err = d.sealDraft(row.ID, &text); err != nil {
		return none, err
	}
	if file != nil {
		if file, err = d.door.Keys().Seal(file, append(draftPlace(row.ID), " file"...)); err != nil {
			return none, err
		}
	}
	if err := d.door.Keep(ctx, func(tx *store.Tx) error { return tx.AddDraft(row, file) }); err != nil {
		return none, err
	}
	return d.openDraft(row)
}

// begun finds what the same beginning made before, and turns away who may begin
// nothing, or has begun too much.
func (d *Desk) begun(ctx context.Context, actor access.Actor, key string) (*store.Draft, error) {
	act, err := mayDraft(actor)
	if err != nil {
		return nil, err
	}
	if len(key) > 200 {
		return nil, drawbridge.Errorf(drawbridge.Invalid, "an idempotency key has at most 200 bytes")
	}
	var had *store.Draft
	err = d.door.View(ctx, act, func(tx *store.Tx) error {
		row, err := tx.DraftBegun(actor.Person, key)
		if err == nil {
			had = row
			return nil
		}
		if drawbridge.KindOf(err) != drawbridge.NotFound {
			return err
		}
		list, err := tx.Drafts(actor.Person, MaxDrafts)
		if err == nil && len(list) >= MaxDrafts {
			err = drawbridge.Errorf(drawbridge.Conflict, "you have %d drafts, the most that are kept: send or discard one first", MaxDrafts)
		}
		return err
	})
	return had, err
}

func (t *draftText) readManifest(in Beginning) error {
	if in.File == nil {
		return nil
	}
	data, err := io.ReadAll(io.LimitReader(in.File, MaxDrafted+1))
	switch {
	case err != nil:
		return drawbridge.Errorf(drawbridge.Invalid, "the file could not be read to its end: send it again")
	case len(data) > MaxDrafted:
		return drawbridge.Errorf(drawbridge.TooLarge, "%s is larger than %s: push it with drawbridge push", shownName(in.Name), drawbridge.Size(MaxDrafted))
	}
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	if !utf8.Valid(data) || bytes.IndexByte(data, 0) >= 0 {
		return drawbridge.Errorf(drawbridge.Invalid, "%s is not text in UTF-8: choose the manifest, in YAML", shownName(in.Name))
	}
	t.Fields["manifest"] = strings.ReplaceAll(string(data), "\r\n", "\n")
	return nil
}

// shownName is the name of a file as it may stand in a message.
func shownName(name string) string {
	name = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == '/' || r == '\\' {
			return '-'
		}
		return r
	}, strings.ToValidUTF8(name, "-"))
	if name = strings.TrimSpace(name); name == "" {
		return "the file"
	}
	if len(name) > 100 {
		name = strings.ToValidUTF8(name[:100], "")
	}
	return name
}

// readSource takes a specification in, and what it says of itself.
func (d *Desk) readSource(text *draftText, in Beginning) ([]byte, error) {
	if in.File == nil {
		return nil, drawbridge.Errorf(drawbridge.Invalid, "choose the partner's specification")
	}
	name := shownName(in.Name)
	data, err := io.ReadAll(io.LimitReader(in.File, MaxSpecification+1))
	switch {
	case err != nil:
		return nil, drawbridge.Errorf(drawbridge.Invalid, "the file could not be read to its end: send it again")
	case len(data) > MaxSpecification:
		return nil, drawbridge.Errorf(drawbridge.TooLarge, "%s is larger than %s: make the draft with drawbridge new --from, and push it", name, drawbridge.Size(MaxSpecification))
	}
	api, err := spec.Read(name, data, spec.Options{})
	if err != nil {
		return nil, err
	}
	digest := seal.Digest(data)
	if _, err := d.apis.get(digest, func() (*spec.API, error) { return api, nil }); err != nil {
		return nil, err
	}
	text.Source = &drawbridge.DraftSource{Name: name, Format: api.Format, Title: api.Title, Size: int64(len(data)), Digest: digest}
	if title := oneLine(api.Title); title != "" {
		text.Fields["name"] = title
	}
	if ids, err := api.Select(nil); err == nil {
		// What the draft will be called is guessed from all of it.
		if all, err := spec.NewDraft(api, ids[:min(len(ids), 50)], spec.DraftOptions{ID: "new", Classify: noGuess{}}); err == nil && all.Integration.Partner != "new" {
			text.Fields["partner_new"], text.Fields["id"] = all.Integration.Partner, all.Integration.Partner
		}
	}
	var small bytes.Buffer
	w, err := flate.NewWriter(&small, flate.BestSpeed)
	if err != nil {
		return nil, fmt.Errorf("compress a specification: %w", err)
	}
	if _, err := w.Write(data); err != nil {
		return nil, fmt.Errorf("compress a specification: %w", err)
	}
	err = w.Close() // the last of it is written now
	return small.Bytes(), err
}

func oneLine(s string) string {
	s, err := drawbridge.Line(s, 200)
	if err != nil {
		return ""
	}
	return s
}

// source reads the specification of a draft.
func (d *Desk) source(ctx context.Context, draft *drawbridge.IntakeDraft) (spec.Source, *spec.API, error) {
	var src spec.Source
	if draft.Source == nil {
		return src, nil, drawbridge.Errorf(drawbridge.NotFound, "the draft has no specification")
	}
	var sealed []byte
	err := d.door.Store().View(ctx, func(tx *store.Tx) (err error) {
		sealed, err = tx.DraftFile(draft.ID)
		return err
	})
	if err != nil {
		return src, nil, err
	}
	small, err := d.door.Keys().Open(sealed, append(draftPlace(draft.ID), " file"...))
	if err != nil {
		return src, nil, fmt.Errorf("open the specification of draft %s: %w", draft.ID, err)
	}
	data, err := io.ReadAll(io.LimitReader(flate.NewReader(bytes.NewReader(small)), MaxSpecification+1))
	if err != nil {
		return src, nil, fmt.Errorf("read the specification of draft %s: %w", draft.ID, err)
	}
	src = spec.Source{Name: draft.Source.Name, File: spec.CopyName(draft.Source.Name, data), Data: data}
	api, err := d.apis.get(draft.Source.Digest, func() (*spec.API, error) { return spec.Read(src.Name, data, spec.Options{}) })
	return src, api, err
}

// DraftOperations are what the specification of a draft offers.
func (d *Desk) DraftOperations(ctx context.Context, draft *drawbridge.IntakeDraft) (*spec.API, error) {
	if draft.Source != nil {
		if api, ok := d.apis.has(draft.Source.Digest); ok {
			return api, nil
		}
	}
	_, api, err := d.source(ctx, draft)
	return api, err
}

// Guessed is what was guessed of the data of the operations that were picked.
type Guessed struct {
	Guesses []*spec.Guess // the biggest exposure first
	Notes   []string
}

// DraftGuesses guesses the categories of the data that the picked operations carry.
func (d *Desk) DraftGuesses(ctx context.Context, draft *drawbridge.IntakeDraft) (Guessed, error) {
	var out Guessed
	ws, err := d.workspace()
	if err != nil || len(draft.Operations) == 0 {
		return out, err
	}
	api, err := d.DraftOperations(ctx, draft)
	if err != nil {
		return out, err
	}
	made, err := spec.NewDraft(api, draft.Operations, spec.DraftOptions{ID: "draft", Classify: ws.Taxonomy})
	if err != nil {
		return out, err
	}
	out.Guesses, out.Notes = made.Guesses(ws.Taxonomy), made.Notes
	return out, nil
}

// confirm takes what a person said of the guesses.
func confirm(guesses []*spec.Guess, said map[string]string, known func(string) bool) []DraftProblem {
	var wrong []DraftProblem
	for _, g := range guesses {
		category, ok := said[g.Key()]
		switch {
		case !ok:
		case !known(category):
			wrong = append(wrong, DraftProblem{Field: "categories", Text: fmt.Sprintf("%s: %.60q is no category of the taxonomy", clipName(g.Name), category)})
		default:
			g.Declare(category)
		}
	}
	return slices.Clip(wrong)
}

func clipName(s string) string {
	if len(s) > 60 {
		return strings.ToValidUTF8(s[:60], "") + "…"
	}
	return s
}

// noGuess guesses nothing.
type noGuess struct{}

func (noGuess) Classify(taxonomy.Field) taxonomy.Guess { return taxonomy.Guess{} }
