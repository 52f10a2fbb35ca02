package lifecycle

import (
	"context"
	"strings"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/action"
	"drawbridge/internal/register"
	"drawbridge/internal/review"
	"drawbridge/internal/store"
)

// What can be attested.
const (
	envelopeLive    = "envelope_live"
	revocationProbe = "revocation_probe"
	narrowed        = "narrowed"
	suspended       = "suspended"
	resumed         = "resumed"
)

// Subjects lists what can be attested.
func Subjects() []string {
	return []string{envelopeLive, narrowed, suspended, resumed, revocationProbe}
}

// What a revocation probe says.
const (
	failedToConnect = "failed_to_connect"
	connected       = "connected"
)

// Kinds of evidence that leaving asks for, as the list of what settles spells them.
const (
	kindRevocation = "evidence:revocation-drill"
	kindDeletion   = "evidence:deletion"
)

// Attesting is what an operator states.
type Attesting struct {
	Integration drawbridge.IntegrationID
	Subject     string
	About       string // a trigger, for narrowed and suspended; else the decision or departure that is meant, and may be empty
	Statement   string
	Result      string // of a revocation probe
	Evidence    drawbridge.EvidenceID
	Key         string
}

// Attest writes what a named operator states where no machine can prove it yet.
// It rests on evidence of exactly this integration.
func (d *Desk) Attest(ctx context.Context, actor access.Actor, a Attesting) (drawbridge.Attestation, error) {
	statement, problem := text("statement", a.Statement, maxProse, true)
	if problem == nil {
		problem = oneOf("subject", a.Subject, Subjects()...)
	}
	if problem == nil && a.Subject == revocationProbe {
		problem = oneOf("result", a.Result, failedToConnect, connected)
	} else if problem == nil && a.Result != "" {
		problem = drawbridge.Errorf(drawbridge.Invalid, "result: only a revocation probe has one")
	}
	act := action.Act{Actor: actor, Action: access.AttestationWrite, On: on(a.Integration, "attestation"), Key: a.Key, Input: a}
	out, _, err := action.Do(ctx, d.door, act, func(tx *store.Tx) (drawbridge.Attestation, error) {
		var none drawbridge.Attestation
		if problem != nil {
			return none, problem
		}
		in, err := tx.Integration(a.Integration)
		if err != nil {
			return none, err
		}
		about, err := d.about(tx, in, a)
		if err != nil {
			return none, err
		}
		kind := ""
		if a.Subject == revocationProbe {
			kind = kindRevocation
		}
		if why, err := d.unfit(tx, in, a.Evidence, kind, a.Subject == revocationProbe); err != nil || why != "" {
			return none, orUnfit(err, "the evidence "+why)
		}
		now := d.now()
		rec := drawbridge.Attestation{
			ID: drawbridge.NewID("att", now), Integration: in.ID, Subject: a.Subject, About: about, Statement: statement, Result: a.Result,
			Evidence: a.Evidence, By: actor.Person, CreatedAt: now,
		}
		if err := tx.Attestations().Add(&rec); err != nil {
			return none, err
		}
		return rec, d.tell(tx, actor, noticeAttested, in.ID, in.Owner)
	})
	return out, err
}

// about is what an attestation is about: a trigger that was carried out by hand,
// the departure, or the decision that counts now.
func (d *Desk) about(tx *store.Tx, in *drawbridge.Integration, a Attesting) (string, error) {
	if drawbridge.ValidID("trg", a.About) && (a.Subject == narrowed || a.Subject == suspended) {
		t, err := tx.Triggers().Get(a.About)
		if err == nil && t.Integration != in.ID {
			err = drawbridge.Errorf(drawbridge.NotFound, "there is no such trigger of this integration")
		}
		return a.About, err
	}
	var now string
	if a.Subject == revocationProbe {
		leaving, err := departure(tx, in.ID)
		if err != nil {
			return "", err
		}
		if leaving == nil {
			return "", drawbridge.Errorf(drawbridge.Conflict, "nobody has begun to leave: a revocation probe comes after that")
		}
		now = leaving.ID
	} else {
		f, err := review.Read(tx, in, nil, d.now())
		if err != nil {
			return "", err
		}
		if f.Decision == nil {
			return "", drawbridge.Errorf(drawbridge.Conflict, "there is no decision that this could be about")
		}
		now = string(f.Decision.ID)
	}
	if a.About != "" && a.About != now {
		return "", drawbridge.Errorf(drawbridge.Conflict, "what counts now is %s, not %.40q", now, a.About)
	}
	return now, nil
}

// unfit says why evidence cannot carry what it is named for; empty when it can.
func (d *Desk) unfit(tx *store.Tx, in *drawbridge.Integration, id drawbridge.EvidenceID, kind string, accepted bool) (string, error) {
	e, err := tx.Evidence().Get(string(id))
	if notFound(err) {
		return "is not on file", nil
	}
	if err != nil {
		return "", err
	}
	switch {
	case e.Integration != in.ID: // of another, or of the partner as a whole
		return "is not on file of this integration", nil
	case kind != "" && e.Kind != kind:
		return "is " + e.Kind + ", not " + kind, nil
	case e.SupersededBy != "":
		return "was superseded", nil
	case e.State == "accepted" && e.Until() != "" && e.Until().Past(d.now()):
		return "ended on " + string(e.Until()), nil
	case e.State == "accepted", e.State == "offered" && !accepted:
		return "", nil
	case e.State == "offered":
		return notAccepted, nil
	}
	return "is " + e.State, nil
}

// notAccepted is why evidence is unfit that a reviewer has still to look at.
const notAccepted = "was not accepted yet"

// orUnfit is an error, or else why evidence is unfit.
func orUnfit(err error, why string) error {
	if err != nil {
		return err
	}
	next := "hand in and name another"
	if strings.HasSuffix(why, notAccepted) {
		next = "have a reviewer accept it first"
	}
	return drawbridge.Errorf(drawbridge.Conflict, "%s: %s", why, next)
}

// Revoke takes an attestation back.
func (d *Desk) Revoke(ctx context.Context, actor access.Actor, id, reason, key string) (drawbridge.Attestation, error) {
	reason, problem := text("reason", reason, maxProse, true)
	var a *drawbridge.Attestation
	act := action.Act{
		Actor: actor, Action: access.AttestationWrite, Reason: reason, Key: key, Input: id,
		On: part((*store.Tx).Attestations, "attestation", id, func(a *drawbridge.Attestation) drawbridge.IntegrationID { return a.Integration }, &a),
	}
	out, _, err := action.Do(ctx, d.door, act, func(tx *store.Tx) (drawbridge.Attestation, error) {
		if problem != nil {
			return *a, problem
		}
		if !a.RevokedAt.IsZero() {
			return *a, drawbridge.Errorf(drawbridge.Conflict, "the attestation was revoked already")
		}
		a.RevokedAt = d.now()
		if err := tx.Attestations().Set(a); err != nil {
			return *a, err
		}
		in, err := tx.Integration(a.Integration)
		if err != nil {
			return *a, err
		}
		return *a, d.tell(tx, actor, noticeUnattested, in.ID, in.Owner, a.By)
	})
	return out, err
}

// Attestations lists what was attested of an integration, newest first, revoked ones among it.
func (d *Desk) Attestations(ctx context.Context, actor access.Actor, in drawbridge.IntegrationID, after *register.Cursor, limit int) (out register.Page[drawbridge.Attestation], err error) {
	err = d.door.View(ctx, action.Act{Actor: actor, Action: access.IntegrationRead, On: on(in, "integration")}, func(tx *store.Tx) error {
		out, err = pages(tx.Attestations(), access.Scope{All: true}, Filter{Integration: in}, after, limit, func(a drawbridge.Attestation) string { return a.ID })
		return err
	})
	return out, err
}
