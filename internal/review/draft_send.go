package review

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/assess"
	"drawbridge/internal/manifest"
	"drawbridge/internal/register"
	"drawbridge/internal/spec"
	"drawbridge/internal/store"
)

// DraftProblem is one thing that keeps a draft from being an integration.
type DraftProblem struct {
	Field  string `json:"field,omitempty"` // of the draft; empty where no one field is at fault
	Line   int    `json:"line,omitempty"`  // of the manifest that was typed
	Column int    `json:"column,omitempty"`
	Text   string `json:"text"`
}

// DraftProblems is all that keeps a draft from being an integration.
type DraftProblems []DraftProblem //nolint:errname // the word of the interface between packages

// Error lists the problems.
func (p DraftProblems) Error() string {
	var texts []string
	for _, x := range p[:min(len(p), 20)] {
		text := x.Text
		if x.Line > 0 {
			text = fmt.Sprintf("line %d, column %d: %s", x.Line, x.Column, text)
		}
		texts = append(texts, text)
	}
	return strings.Join(texts, "; ")
}

// Unwrap makes them an error of kind invalid.
func (p DraftProblems) Unwrap() error { return drawbridge.Errorf(drawbridge.Invalid, "%s", p.Error()) }

// DraftPreview is what a draft would become.
type DraftPreview struct {
	Problems []DraftProblem     // while there are any, the rest says nothing
	Manifest string             // as YAML
	Pushed   register.Pushed    // as the push would answer
	Document *assess.Assessment // what the record would show
	Missing  []string           // that keep the review from being submitted
	Open     []string           // elements without a confirmed category
	Notes    []string           // what was assumed of the specification
}

// PreviewDraft says what a draft would become, by what the record itself uses.
// Nothing is kept.
func (d *Desk) PreviewDraft(ctx context.Context, actor access.Actor, draft *drawbridge.IntakeDraft) (DraftPreview, error) {
	var out DraftPreview
	in, notes, err := d.requestOf(ctx, draft)
	if err == nil {
		out.Notes, out.Manifest = notes, string(in.Files[in.Main])
		var seen register.Foreseen
		if seen, err = d.opt.Register.Foresee(ctx, actor, register.Push{Main: in.Main, Files: in.Files}); err == nil {
			out.Pushed, out.Document = seen.Pushed, seen.Document
			var f *facts
			if f, err = factsOf(seen.Bundle); err == nil {
				out.Missing, out.Open = slices.Concat(f.missingPurpose(), f.missingOwners(), f.missingFlows()), f.uncategorised
			}
		}
	}
	out.Problems = draftProblems(draft, err)
	if out.Problems != nil {
		err = nil
	}
	return out, err
}

// SendDraft makes an integration with an open review of a draft: one act, however
// often it is sent. The draft is gone then.
func (d *Desk) SendDraft(ctx context.Context, actor access.Actor, id drawbridge.DraftID) (drawbridge.IntegrationID, error) {
	draft, err := d.Draft(ctx, actor, id)
	if err != nil || draft.Integration != "" {
		return draft.Integration, err
	}
	if !draft.DiscardedAt.IsZero() {
		return "", drawbridge.Errorf(drawbridge.Conflict, "the draft was discarded: restore it first")
	}
	in, _, err := d.requestOf(ctx, &draft)
	var sent Requested
	if err == nil {
		in.Key = string(id)
		sent, err = d.Intake(ctx, actor, in)
	}
	if wrong := draftProblems(&draft, err); wrong != nil {
		return "", DraftProblems(wrong)
	}
	if err != nil {
		return "", err
	}
	row := &store.Draft{ID: id, Person: actor.Person, Version: draft.Version, SavedAt: d.now(), Integration: sent.Pushed.Integration.ID}
	if row.Content, err = d.sealDraft(id, &draftText{Way: draft.Way}); err != nil {
		return "", err
	}
	err = d.door.Keep(ctx, func(tx *store.Tx) error {
		if err := tx.SetDraft(row); err != nil && drawbridge.KindOf(err) != drawbridge.Conflict { // sent twice at once
			return err
		}
		return tx.DropDraftFile(id)
	})
	return row.Integration, err
}

// requestOf is the request that a draft makes.
func (d *Desk) requestOf(ctx context.Context, draft *drawbridge.IntakeDraft) (Request, []string, error) {
	intake, wrong := draftIntake(draft)
	in := Request{Intake: intake}
	var notes []string
	var err error
	switch draft.Way {
	case drawbridge.DraftManifest:
		in.Main, in.Files = spec.ManifestName, manifest.Files{spec.ManifestName: []byte(draft.Fields["manifest"])}
		if strings.TrimSpace(draft.Fields["manifest"]) == "" {
			wrong = append(wrong, DraftProblem{Field: "manifest", Text: "there is no manifest yet: paste one"})
		}
	case drawbridge.DraftForm:
		form := draftForm(draft)
		wrong = append(wrong, needs(draft)...)
		if len(wrong) == 0 {
			in.Main, in.Files, err = form.files(intake)
		}
	default:
		wrong = append(wrong, needs(draft)...)
		if len(draft.Operations) == 0 {
			wrong = append(wrong, DraftProblem{Field: "operations", Text: "no operation is picked: pick those that you will call"})
		}
		if len(wrong) == 0 {
			notes, err = d.specified(ctx, draft, &in)
		}
	}
	if len(wrong) > 0 {
		return in, notes, DraftProblems(wrong)
	}
	return in, notes, err
}

// needs are what nothing can be made without.
func needs(draft *drawbridge.IntakeDraft) []DraftProblem {
	var out []DraftProblem
	for _, f := range []struct{ name, text string }{
		{"id", "give it a short name: small letters, digits and hyphens"},
	} {
		if strings.TrimSpace(draft.Fields[f.name]) == "" {
			out = append(out, DraftProblem{Field: f.name, Text: f.text})
		}
	}
	if draftPartner(draft) == "" {
		out = append(out, DraftProblem{Field: "partner_new", Text: "name the partner: pick one that is on record, or write the id of a new one"})
	}
	return out
}

// draftPartner is the id of the partner: one that is on record, or a new one.
func draftPartner(draft *drawbridge.IntakeDraft) string {
	if id := draft.Fields["partner"]; id != "" {
		return id
	}
	return strings.TrimSpace(draft.Fields["partner_new"])
}

// draftForm is the form of a draft.
func draftForm(draft *drawbridge.IntakeDraft) *Form {
	text := func(name string) string { return strings.TrimSpace(draft.Fields[name]) }
	f := &Form{
		ID: text("id"), Environment: text("environment"), Name: text("name"), Purpose: text("purpose"), Partner: draftPartner(draft),
		Business: text("business"), Technical: text("technical"), Kind: drawbridge.InterfaceKind(text("kind")), Direction: drawbridge.Direction(text("direction")),
		Hosts: strings.Fields(text("hosts")),
	}
	if text("partner") == "" {
		f.PartnerName = text("partner_name")
	}
	if f.Kind != "" && f.Direction == "" {
		f.Direction = drawbridge.Outbound
	}
	for i := range MaxElements {
		field := text(ElementField(i, "field"))
		if field == "" {
			continue
		}
		at := drawbridge.At(text(ElementField(i, "at")))
		if at == "" {
			at = drawbridge.AtRequest
		}
		if !strings.HasPrefix(field, "/") { // as people write it: customer.email
			field = "/" + strings.ReplaceAll(strings.Join(strings.Fields(field), "_"), ".", "/")
		}
		f.Data = append(f.Data, Element{At: at, Field: drawbridge.FieldPath(field), Category: text(ElementField(i, "category"))})
	}
	return f
}

// draftIntake is what the requester says besides the manifest.
func draftIntake(draft *drawbridge.IntakeDraft) (drawbridge.Intake, []DraftProblem) {
	var wrong []DraftProblem
	text := func(name string) string { return strings.TrimSpace(draft.Fields[name]) }
	out := drawbridge.Intake{
		Justification: text("justification"), Alternatives: text("alternatives"), Cost: text("cost"), Urgency: text("urgency"), NeededBy: drawbridge.Date(text("needed_by")),
	}
	for line := range strings.FieldsFuncSeq(text("subjects"), func(r rune) bool { return r == '\n' || r == ',' }) {
		if line = strings.TrimSpace(line); line != "" {
			out.Subjects = append(out.Subjects, line)
		}
	}
	for i := range MaxElements {
		if c := text(ElementField(i, "category")); c != "" && !slices.Contains(out.Categories, c) {
			out.Categories = append(out.Categories, c)
		}
	}
	if s := text("records_per_day"); s != "" {
		n, err := strconv.ParseInt(strings.NewReplacer(" ", "", ",", "", "_", "").Replace(s), 10, 64)
		if out.RecordsPerDay = n; err != nil || n < 0 {
			wrong = append(wrong, DraftProblem{Field: "records_per_day", Text: fmt.Sprintf("%.40q is no number of records: write it in digits, like 20000", s)})
		}
	}
	if s := text("peak_rps"); s != "" {
		n, err := strconv.ParseFloat(s, 64)
		if out.PeakRPS = n; err != nil || !(n >= 0 && n < 1e9) {
			wrong = append(wrong, DraftProblem{Field: "peak_rps", Text: fmt.Sprintf("%.40q is no number of requests: write it in digits, like 40", s)})
		}
	}
	if out.NeededBy != "" {
		if _, err := drawbridge.ParseDate(string(out.NeededBy)); err != nil {
			wrong = append(wrong, DraftProblem{Field: "needed_by", Text: fmt.Sprintf("%.40q is no day: write it like 2027-01-31", text("needed_by"))})
		}
	}
	if err := checkIntake(&out); err != nil && len(wrong) == 0 {
		wrong = append(wrong, DraftProblem{Text: err.Error()})
	}
	return out, wrong
}

// specified makes the manifest of a draft that was begun from a specification.
func (d *Desk) specified(ctx context.Context, draft *drawbridge.IntakeDraft, in *Request) ([]string, error) {
	ws, err := d.workspace()
	if err != nil {
		return nil, err
	}
	src, api, err := d.source(ctx, draft)
	if err != nil {
		return nil, err
	}
	files, err := api.Copies(src)
	if err != nil {
		return nil, err
	}
	form := draftForm(draft)
	opt := spec.DraftOptions{ID: form.ID, Environment: form.Environment, Partner: form.Partner, Classify: ws.Taxonomy}
	if len(files) > 0 {
		opt.SpecFile = "./" + src.File
	}
	made, err := spec.NewDraft(api, draft.Operations, opt)
	if err != nil {
		return nil, err
	}
	wrong := confirm(made.Guesses(ws.Taxonomy), draft.Categories, func(id string) bool { _, ok := ws.Taxonomy.Category(id); return ok })
	if wrong != nil {
		return nil, DraftProblems(wrong)
	}
	form.fill(made, in.Intake)
	in.Main = spec.ManifestName
	if in.Files, err = made.Files(api, src); err != nil {
		return nil, drawbridge.Errorf(drawbridge.Invalid, "the draft makes no manifest: %w", err)
	}
	maps.Copy(in.Files, files)
	notes := made.Notes
	if api.Secret != "" {
		notes = append(slices.Clone(notes), api.Secret+"; the file is not taken into the record, and the manifest names no specification")
	}
	return notes, in.Files.Check()
}

// fill puts what a person said into a manifest that was made from a specification.
func (f *Form) fill(made *spec.Draft, in drawbridge.Intake) {
	m := made.Integration
	if m.Name != f.Name {
		m.Name = f.Name
		delete(m.Sources, "name")
	}
	m.Purpose, m.Owners = f.Purpose, manifest.Owners{Business: manifest.Ref(f.Business), Technical: manifest.Ref(f.Technical)}
	made.Partner.DisplayName = f.PartnerName
	for i := range m.Flows {
		m.Flows[i].Subjects = in.Subjects
		if in.RecordsPerDay > 0 {
			m.Flows[i].Volume.RecordsPerDay = &in.RecordsPerDay
		}
		if n := int64(in.PeakRPS); n > 0 {
			m.Flows[i].Volume.PeakRPS = &n
		}
	}
}

// draftProblems are what is wrong with a draft, by its fields; nil when the error
// is of another kind.
func draftProblems(draft *drawbridge.IntakeDraft, err error) []DraftProblem {
	if list, ok := errors.AsType[DraftProblems](err); ok {
		return list
	}
	found, ok := errors.AsType[manifest.Problems](err)
	switch kind := drawbridge.KindOf(err); {
	case err == nil:
		return nil
	case ok:
	case kind == drawbridge.Invalid || kind == drawbridge.Conflict || kind == drawbridge.TooLarge:
		return []DraftProblem{{Text: err.Error()}}
	default:
		return nil
	}
	var out []DraftProblem
	for _, p := range found[:min(len(found), 100)] {
		x := DraftProblem{Text: p.Message}
		if p.Hint != "" {
			x.Text += "; " + p.Hint
		}
		if draft.Way == drawbridge.DraftManifest {
			x.Field, x.Line, x.Column = "manifest", p.Line, p.Column
			if p.Key != "" {
				x.Text = p.Key + ": " + x.Text
			}
		} else if x.Field = fieldOf(p.Key); x.Field == "" && p.Key != "" {
			x.Text = p.Key + ": " + x.Text
		}
		out = append(out, x)
	}
	return out
}

// fieldOf is the field of a draft that a key of a manifest comes from.
func fieldOf(key string) string {
	for _, f := range []struct{ key, field string }{
		{"id", "id"},
		{"environment", "environment"},
		{"name", "name"},
		{"purpose", "purpose"},
		{"partner", "partner_new"},
		{"display_name", "partner_name"},
		{"owners.business", "business"},
		{"owners.technical", "technical"},
		{"interfaces[service].hosts", "hosts"},
		{"interfaces[service].kind", "kind"},
		{"interfaces[service].direction", "direction"},
		{"flows[exchange].data", "data"},
		{"flows[exchange].subjects", "subjects"},
	} {
		if rest, ok := strings.CutPrefix(key, f.key); ok && (rest == "" || rest[0] == '[' || rest[0] == '.') {
			return f.field
		}
	}
	return ""
}

// CheckDraft says what is wrong with what was typed so far, without assessing it.
// What a specification says is not looked at again.
func (d *Desk) CheckDraft(ctx context.Context, draft *drawbridge.IntakeDraft) ([]DraftProblem, error) {
	ws, err := d.workspace()
	if err != nil {
		return nil, err
	}
	typed := *draft
	if typed.Way == drawbridge.DraftSpecification {
		typed.Way = drawbridge.DraftForm
	}
	_, wrong := draftIntake(&typed)
	if typed.Way == drawbridge.DraftForm {
		wrong = append(wrong, needs(&typed)...)
	}
	var main string
	var files manifest.Files
	if typed.Way == drawbridge.DraftManifest {
		main, files = spec.ManifestName, manifest.Files{spec.ManifestName: []byte(draft.Fields["manifest"])}
	} else if main, files, err = draftForm(&typed).files(drawbridge.Intake{}); err != nil {
		return append(wrong, draftProblems(&typed, err)...), nil
	}
	_, err = manifest.LoadFiles(main, files, ws.ManifestOptions()...)
	if found := draftProblems(&typed, err); found != nil || err == nil {
		return append(wrong, found...), nil
	}
	return wrong, err
}
