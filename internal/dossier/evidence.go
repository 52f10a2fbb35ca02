package dossier

import (
	"context"
	"io"
	"slices"
	"strings"
	"time"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/action"
	"drawbridge/internal/register"
	"drawbridge/internal/store"
	"drawbridge/internal/threat"
)

// The states of a document of evidence.
const (
	StateOffered   = "offered"
	StateAccepted  = "accepted"
	StateRefused   = "refused"
	StateWithdrawn = "withdrawn"
)

// moves is the table of transitions: from, and where to by which step.
var moves = map[string]map[string]string{
	StateOffered:  {"accept": StateAccepted, "refuse": StateRefused, "withdraw": StateWithdrawn},
	StateAccepted: {"withdraw": StateWithdrawn},
}

// audited are the kinds that an independent auditor may stand behind. The other
// kinds are documents, whoever wrote them.
var audited = map[string]bool{
	"evidence:pentest": true, "evidence:soc2": true, "evidence:iso27001": true, "evidence:pci-dss": true,
}

// The words for who may read a document.
var confidentialities = []string{"public", "internal", "confidential", "strictly_confidential"}

// Bounds of what is said about a document, and of how many there may be.
const (
	maxTitle      = 200
	maxStatement  = 4000
	maxException  = 1000
	maxList       = 100
	maxPerInquiry = 200
	maxPerPartner = 10_000
)

// Offer is a document that somebody hands in, and what they say of it.
type Offer struct {
	Partner         drawbridge.PartnerID     // as a whole, when neither of the next two is named
	Integration     drawbridge.IntegrationID // that it is about
	Inquiry         drawbridge.InquiryID     // through which it comes; names partner and integration
	Kind            string                   // evidence:pentest, or pentest
	Title           string
	Issuer          string
	Scope           string
	Services        []string // slugs of the integrations that it covers; empty: all of the partner's
	PeriodStart     drawbridge.Date
	PeriodEnd       drawbridge.Date
	Issued          drawbridge.Date
	Expires         drawbridge.Date
	Exceptions      []string
	Confidentiality string
	Supersedes      drawbridge.EvidenceID // that it takes the place of, once accepted

	Name    string    `json:"-"` // of the file
	Content io.Reader `json:"-"`
	Reason  string    `json:"-"`
	Key     string    `json:"-"`
}

// check holds what is said of a document to its forms.
func (o *Offer) check() error {
	if !strings.HasPrefix(o.Kind, "evidence:") {
		o.Kind = "evidence:" + o.Kind
	}
	if def, ok := threat.Settles().Lookup(o.Kind); !ok || def.Kind != "evidence" {
		return invalid("there is no kind of evidence %.60q; drawbridge threats explain lists what settles a threat, like evidence:pentest", o.Kind)
	}
	var err error
	for _, f := range []struct {
		name  string
		at    *string
		limit int
	}{{"title", &o.Title, maxTitle}, {"issuer", &o.Issuer, maxTitle}} {
		if *f.at, err = line(f.name, *f.at, f.limit); err != nil {
			return err
		}
	}
	if o.Scope, err = text("scope", o.Scope, maxStatement); err != nil {
		return err
	}
	if o.Services, err = lines("services", o.Services, maxTitle); err != nil {
		return err
	}
	if o.Exceptions, err = lines("exceptions", o.Exceptions, maxException); err != nil {
		return err
	}
	if o.Confidentiality == "" {
		o.Confidentiality = "confidential"
	}
	if !slices.Contains(confidentialities, o.Confidentiality) {
		return invalid("confidentiality: %.40q is none of %s", o.Confidentiality, strings.Join(confidentialities, ", "))
	}
	return o.days()
}

func (o *Offer) days() error {
	for _, f := range []struct {
		name string
		day  drawbridge.Date
	}{{"period_start", o.PeriodStart}, {"period_end", o.PeriodEnd}, {"issued", o.Issued}, {"expires", o.Expires}} {
		if f.day == "" {
			continue
		}
		if _, err := drawbridge.ParseDate(string(f.day)); err != nil {
			return invalid("%s: %w", f.name, err)
		}
	}
	for _, end := range []drawbridge.Date{o.PeriodEnd, o.Expires} {
		if end != "" && end < o.PeriodStart {
			return invalid("the period ends on %s, before it begins on %s", end, o.PeriodStart)
		}
	}
	return nil
}

// lines bounds a list of lines and sorts nothing: its order may say something.
func lines(field string, list []string, limit int) ([]string, error) {
	if len(list) > maxList {
		return nil, invalid("%s: at most %d can be named", field, maxList)
	}
	out := make([]string, 0, len(list))
	for _, s := range list {
		s, err := line(field, s, limit)
		if err != nil {
			return nil, err
		}
		if s != "" {
			out = append(out, s)
		}
	}
	return out, nil
}

// Offer takes a document in. It is read once, as it comes, and looked at on the
// way; what is not a document is refused. It counts for nothing until a reviewer
// accepts it.
func (d *Desk) Offer(ctx context.Context, actor access.Actor, o Offer) (drawbridge.Evidence, error) {
	problem := o.check()
	id := drawbridge.EvidenceID(drawbridge.NewID("evd", d.now()))
	act := action.Act{Actor: actor, Action: access.EvidenceAdd, Reason: o.Reason, Key: o.Key, On: func(tx *store.Tx) (access.Object, error) {
		return o.home(tx, string(id))
	}}
	// Nothing is kept for somebody who may not add it.
	err := d.door.View(ctx, act, func(tx *store.Tx) error {
		if problem != nil {
			return problem
		}
		return o.room(tx)
	})
	if err != nil {
		return drawbridge.Evidence{}, err
	}
	f, err := d.keep(o.Name, o.Content)
	if err != nil {
		return drawbridge.Evidence{}, err
	}
	act.Input = map[string]any{"offer": o, "file": f.digest, "name": f.name}
	out, _, err := action.Do(ctx, d.door, act, func(tx *store.Tx) (drawbridge.Evidence, error) {
		if err := o.room(tx); err != nil {
			return drawbridge.Evidence{}, err
		}
		e := o.evidence(id, f, who(actor), d.now())
		if err := tx.AddBlob(&store.Blob{ID: f.digest, Kind: "evidence", Size: f.size, Integration: e.Integration, CreatedAt: e.CreatedAt}); err != nil {
			return e, err
		}
		if err := tx.Evidence().Add(&e); err != nil {
			return e, err
		}
		return e, d.offered(tx, actor, &e)
	})
	return out, err
}

// evidence is the record of an offer.
func (o *Offer) evidence(id drawbridge.EvidenceID, f file, by string, now time.Time) drawbridge.Evidence {
	title := o.Title
	if title == "" {
		title = f.name
	}
	return drawbridge.Evidence{
		ID: id, Partner: o.Partner, Integration: o.Integration, Inquiry: o.Inquiry, Kind: o.Kind, Title: title, Issuer: o.Issuer, Scope: o.Scope,
		Services: o.Services, PeriodStart: o.PeriodStart, PeriodEnd: o.PeriodEnd, Issued: o.Issued, Expires: o.Expires, Exceptions: o.Exceptions,
		Confidentiality: o.Confidentiality, File: f.digest, FileName: f.name, MediaType: f.media, Size: f.size, State: StateOffered,
		Known: drawbridge.KnownNothing, UploadedBy: by, Supersedes: o.Supersedes, CreatedAt: now, UpdatedAt: now,
	}
}

// home finds what the document is about, and completes the offer by it.
func (o *Offer) home(tx *store.Tx, id string) (access.Object, error) {
	if o.Inquiry != "" {
		q, err := tx.Inquiries().Get(string(o.Inquiry))
		if err != nil {
			return access.Object{}, err
		}
		if o.Integration != "" && o.Integration != q.Integration {
			return access.Object{}, access.NotFound(access.Object{Kind: "inquiry"})
		}
		o.Integration = q.Integration
	}
	if o.Integration != "" {
		in, err := tx.Integration(o.Integration)
		if err != nil {
			return access.Object{}, err
		}
		o.Partner = in.Partner
	} else if _, err := tx.Partner(o.Partner); err != nil {
		return access.Object{}, err
	}
	return objectOf(tx, &drawbridge.Evidence{ID: drawbridge.EvidenceID(id), Integration: o.Integration, Inquiry: o.Inquiry})
}

// room bounds how many documents there are, and looks at what the new one supersedes.
func (o *Offer) room(tx *store.Tx) error {
	for _, r := range []struct {
		where map[string]any
		most  int64
	}{
		{map[string]any{"inquiry": o.Inquiry}, maxPerInquiry},
		{map[string]any{"partner": o.Partner}, maxPerPartner},
	} {
		if o.Inquiry == "" && r.most == maxPerInquiry {
			continue
		}
		if n, err := tx.Evidence().Count(store.Query{Equal: r.where}); err != nil {
			return err
		} else if n >= r.most {
			return drawbridge.Errorf(drawbridge.Limited, "%d documents were handed in here already, as many as there may be", n)
		}
	}
	if o.Supersedes == "" {
		return nil
	}
	old, err := tx.Evidence().Get(string(o.Supersedes))
	if err != nil && drawbridge.KindOf(err) != drawbridge.NotFound {
		return err
	}
	if err != nil || !sameHome(old, o.Partner, o.Integration, o.Inquiry) || old.Kind != o.Kind {
		return invalid("supersedes: there is no evidence of the same kind and for the same integration with this identifier")
	}
	return nil
}

// sameHome reports whether a document is about the same; through an inquiry, only what came through it.
func sameHome(e *drawbridge.Evidence, p drawbridge.PartnerID, in drawbridge.IntegrationID, q drawbridge.InquiryID) bool {
	return e.Partner == p && e.Integration == in && (q == "" || e.Inquiry == q)
}

// offered tells who may be waiting for the document.
func (d *Desk) offered(tx *store.Tx, actor access.Actor, e *drawbridge.Evidence) error {
	var to []drawbridge.PersonID
	if e.Inquiry != "" {
		q, err := tx.Inquiries().Get(string(e.Inquiry))
		if err != nil {
			return err
		}
		to = append(to, q.SentBy)
	}
	return d.tell(tx, actor, "evidence.offered", "evidence", string(e.ID), "/evidence/"+string(e.ID), to...)
}

// objectOf is what the table of permissions asks about a document.
func objectOf(tx *store.Tx, e *drawbridge.Evidence) (access.Object, error) {
	o := access.Object{Kind: "evidence", ID: string(e.ID)}
	if e.Integration != "" {
		var err error
		if o, err = register.Object(tx, e.Integration, "evidence", string(e.ID)); err != nil {
			return o, err
		}
	}
	o.Inquiry = e.Inquiry
	return o, nil
}

// on reads a document together with the object that decides who may see it.
func on(id drawbridge.EvidenceID, at **drawbridge.Evidence) func(*store.Tx) (access.Object, error) {
	return func(tx *store.Tx) (access.Object, error) {
		e, err := tx.Evidence().Get(string(id))
		if err != nil {
			return access.Object{}, err
		}
		*at = e
		return objectOf(tx, e)
	}
}
