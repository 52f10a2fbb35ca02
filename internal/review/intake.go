package review

import (
	"context"
	"reflect"
	"slices"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/action"
	"drawbridge/internal/manifest"
	"drawbridge/internal/register"
	"drawbridge/internal/store"
)

// Form is what somebody fills in who has no manifest yet. What is left out stays
// unknown: it opens a question, and counts as the worst case until then.
type Form struct {
	ID          string                   `json:"id"`
	Environment string                   `json:"environment"`
	Name        string                   `json:"name"`
	Purpose     string                   `json:"purpose"`
	Partner     string                   `json:"partner"`
	PartnerName string                   `json:"partner_name"` // where the partner is new
	Business    string                   `json:"business"`     // team:checkout
	Technical   string                   `json:"technical"`
	Kind        drawbridge.InterfaceKind `json:"kind"`
	Direction   drawbridge.Direction     `json:"direction"`
	Hosts       []string                 `json:"hosts"`
	Data        []Element                `json:"data"`
}

// Element is one field that moves, where somebody knows it.
type Element struct {
	At       drawbridge.At        `json:"at"`
	Field    drawbridge.FieldPath `json:"field"`
	Category string               `json:"category"`
}

// Request asks for an integration: by a form, or by a manifest with its files.
type Request struct {
	Form   *Form
	Main   string
	Files  manifest.Files
	Base   drawbridge.RevisionID // of a manifest that is on the server already
	Reason string
	Intake drawbridge.Intake
	Key    string
}

// Requested is the answer to a request: one integration with one open review.
type Requested struct {
	Review drawbridge.Review `json:"review"`
	Pushed register.Pushed   `json:"pushed"`
}

// Limits of a request.
const maxNamed = 50

// Intake takes a request in: the manifest goes the way of every push, and its
// review carries what was said. Whichever way a request comes, it is one review.
func (d *Desk) Intake(ctx context.Context, actor access.Actor, in Request) (Requested, error) {
	var out Requested
	if err := checkIntake(&in.Intake); err != nil {
		return out, err
	}
	main, files := in.Main, in.Files
	if in.Form != nil {
		create := action.Act{Actor: actor, Action: access.IntegrationCreate, Object: access.Object{Kind: "integration"}}
		err := d.door.View(ctx, create, func(*store.Tx) error { return nil })
		if err != nil {
			return out, err
		}
		if main, files, err = in.Form.files(in.Intake); err != nil {
			return out, err
		}
	}
	key := func(part string) string {
		if in.Key == "" {
			return ""
		}
		return in.Key + "/" + part
	}
	var err error
	out.Pushed, err = d.opt.Register.Push(ctx, actor, register.Push{Main: main, Files: files, Base: in.Base, Reason: in.Reason, Key: key("push")})
	if err != nil {
		return out, err
	}
	out.Review, err = d.Open(ctx, actor, Opening{Integration: out.Pushed.Integration.ID, Cause: "intake", Intake: in.Intake, Key: key("open")})
	return out, err
}

// files makes the first manifest of a form.
func (f *Form) files(in drawbridge.Intake) (string, manifest.Files, error) {
	const main, system, service = "integration.yaml", "ours", "service"
	m := &manifest.Integration{
		APIVersion: manifest.APIVersion, Kind: "Integration", ID: f.ID, Environment: f.Environment, Name: f.Name, Purpose: f.Purpose, Partner: f.Partner,
		Owners: manifest.Owners{Business: manifest.Ref(f.Business), Technical: manifest.Ref(f.Technical)},
	}
	if f.Kind != "" {
		m.Systems = []manifest.System{{ID: system}}
		m.Interfaces = []manifest.Interface{{ID: service, Kind: f.Kind, Direction: f.Direction, Hosts: f.Hosts}}
		flow := manifest.Flow{ID: "exchange", From: system, To: service, Subjects: in.Subjects}
		if f.Direction == drawbridge.Inbound {
			flow.From, flow.To = service, system
		}
		if in.RecordsPerDay > 0 {
			flow.Volume.RecordsPerDay = &in.RecordsPerDay
		}
		if n := int64(in.PeakRPS); n > 0 {
			flow.Volume.PeakRPS = &n
		}
		for _, e := range f.Data {
			flow.Data = append(flow.Data, manifest.DataElement{At: e.At, Field: e.Field, Category: e.Category})
		}
		m.Flows = []manifest.Flow{flow}
	}
	data, err := manifest.Encode(m)
	if err != nil {
		return "", nil, drawbridge.Errorf(drawbridge.Invalid, "the form makes no manifest: %w", err)
	}
	files := manifest.Files{main: data}
	if f.PartnerName != "" && f.Partner != "" {
		if files["partners/"+f.Partner+".yaml"], err = manifest.EncodePartner(&manifest.Partner{
			APIVersion: manifest.APIVersion, Kind: "Partner", ID: f.Partner, DisplayName: f.PartnerName,
		}); err != nil {
			return "", nil, drawbridge.Errorf(drawbridge.Invalid, "the form makes no partner's file: %w", err)
		}
	}
	return main, files, files.Check()
}

func checkIntake(in *drawbridge.Intake) error {
	bad := func(field string, err error) error {
		return drawbridge.Errorf(drawbridge.Invalid, "%s: %w", field, err)
	}
	for _, f := range []struct {
		name string
		text *string
	}{{"justification", &in.Justification}, {"alternatives", &in.Alternatives}, {"cost", &in.Cost}} {
		var err error
		if *f.text, err = drawbridge.Prose(*f.text, maxText); err != nil {
			return bad(f.name, err)
		}
	}
	for _, list := range [][]string{in.Categories, in.Subjects} {
		if len(list) > maxNamed {
			return drawbridge.Errorf(drawbridge.Invalid, "name at most %d categories and %d kinds of people", maxNamed, maxNamed)
		}
		for _, s := range list {
			if _, err := drawbridge.Line(s, maxLine); err != nil {
				return bad("categories and subjects", err)
			}
		}
	}
	if in.NeededBy != "" {
		if _, err := drawbridge.ParseDate(string(in.NeededBy)); err != nil {
			return bad("needed_by", err)
		}
	}
	switch {
	case in.RecordsPerDay < 0 || in.PeakRPS < 0:
		return drawbridge.Errorf(drawbridge.Invalid, "a volume is not negative")
	case in.Urgency != "" && !slices.Contains([]string{"low", "normal", "high"}, in.Urgency):
		return drawbridge.Errorf(drawbridge.Invalid, "urgency: %.40q is none; write low, normal or high", in.Urgency)
	}
	return nil
}

// said reports whether a request says anything.
func said(in drawbridge.Intake) bool { return !reflect.ValueOf(in).IsZero() }

// Pushed looks at an integration after a push: a new one gets a draft, an open
// review follows the head, and what widened a standing approval reopens. What
// only narrows, and prose, does not.
func (d *Desk) Pushed(ctx context.Context, actor access.Actor, id drawbridge.IntegrationID, key string) error {
	act := action.Act{Actor: actor, Action: access.ReviewOpen, On: onIntegration(id), Key: key, Input: id}
	todo := ""
	look := func(tx *store.Tx) (err error) {
		todo, err = d.afterPush(tx, id)
		return err
	}
	if err := d.door.View(ctx, act, look); err != nil || todo == "" {
		return err
	}
	_, _, err := action.Do(ctx, d.door, act, func(tx *store.Tx) (struct{}, error) {
		var none struct{}
		if err := look(tx); err != nil || todo == "" {
			return none, err
		}
		if todo == "follow" {
			return none, d.follow(tx, actor, id)
		}
		_, err := d.open(tx, actor, Opening{Integration: id, Cause: todo})
		return none, err
	})
	return err
}

// afterPush says what a push asks for: to open a review with this cause, to have
// the open one follow the head, or nothing.
func (d *Desk) afterPush(tx *store.Tx, id drawbridge.IntegrationID) (string, error) {
	in, err := tx.Integration(id)
	if err != nil || in.State == drawbridge.Retired || in.State == drawbridge.Exiting {
		return "", err
	}
	status, err := d.Status(tx, id)
	switch {
	case err != nil:
		return "", err
	case status.OpenReview != nil && status.OpenReview.Revision != in.Head:
		return "follow", nil
	case status.OpenReview != nil:
		return "", nil
	case status.Decision != nil && status.Stale:
		return "widening", nil
	case status.Decision != nil:
		return "", nil
	}
	// What was withdrawn stays so until somebody opens it again.
	had, err := tx.Reviews().Count(store.Query{Equal: map[string]any{"integration": string(id)}})
	if err != nil || had > 0 {
		return "", err
	}
	return "push", nil
}

// follow has the open review look at the head.
func (d *Desk) follow(tx *store.Tx, actor access.Actor, id drawbridge.IntegrationID) error {
	in, err := tx.Integration(id)
	if err != nil {
		return err
	}
	s, err := d.standing(tx, in)
	if err != nil {
		return err
	}
	r, err := tx.Reviews().Get(string(s.Review))
	if err != nil {
		return err
	}
	l, err := d.look(tx, in, r)
	if err != nil {
		return err
	}
	r.Revision = in.Head
	if err := l.set(); err != nil {
		return err
	}
	return l.tell(actor, noticeMoved, l.requester, l.signersSoFar)
}

// signersSoFar are those whose sign-offs a new head may have voided.
func (l *look) signersSoFar() ([]drawbridge.PersonID, error) {
	var out []drawbridge.PersonID
	for _, s := range l.file.Signoffs {
		out = append(out, s.Person)
	}
	return out, nil
}
