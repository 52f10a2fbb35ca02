package account

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/action"
	"drawbridge/internal/seal"
	"drawbridge/internal/store"
)

const (
	maxCode       = 64 // bytes of a code
	recoveryCodes = 10
	recoverySize  = 10 // bytes: 80 bits, so that a plain hash is enough
	enrolLife     = 10 * time.Minute
)

// Enrolment is what an authenticator app needs. It is shown this once.
type Enrolment struct {
	Secret seal.Hidden // base32, to type in
	URI    seal.Hidden // otpauth://…, for a QR code
	Ticket seal.Hidden // give it back with the first code, within ten minutes
}

// ticket is an enrolment that waits for its first code. The person carries it,
// sealed, so that nothing is kept of what is never finished.
type ticket struct {
	Secret  []byte    `json:"secret"`
	Version int64     `json:"version"` // of the credential: a ticket works once
	Ends    time.Time `json:"ends"`
}

func ticketContext(id drawbridge.PersonID) []byte { return []byte("second factor ticket " + id) }
func totpContext(id drawbridge.PersonID) []byte   { return []byte("credential " + id + " totp") }

// ownCredential is the act by which people change how they prove who they are.
func ownCredential(actor access.Actor) action.Act {
	return action.Act{Actor: actor, Action: access.CredentialWrite, On: ofPerson("person", actor.Person)}
}

// BeginSecondFactor makes a secret for an authenticator app. It counts only
// after ConfirmSecondFactor.
func (d *Desk) BeginSecondFactor(ctx context.Context, actor access.Actor) (Enrolment, error) {
	var p *drawbridge.Person
	var c *drawbridge.Credential
	err := d.door.View(ctx, ownCredential(actor), func(tx *store.Tx) (err error) {
		if p, err = tx.Person(actor.Person); err != nil {
			return err
		}
		c, err = tx.Credential(actor.Person)
		return err
	})
	if err != nil {
		return Enrolment{}, err
	}
	if len(c.TOTP) > 0 {
		return Enrolment{}, drawbridge.Errorf(drawbridge.Conflict, "there is a second factor already: remove it first")
	}
	secret := make([]byte, totpSecret)
	rand.Read(secret)
	//nolint:gosec // G117: it is sealed in the next line
	data, err := json.Marshal(ticket{Secret: secret, Version: c.Version, Ends: d.now().Add(enrolLife)})
	if err != nil {
		return Enrolment{}, fmt.Errorf("write the ticket: %w", err)
	}
	sealed, err := d.door.Keys().Seal(data, ticketContext(p.ID))
	if err != nil {
		return Enrolment{}, fmt.Errorf("seal the ticket: %w", err)
	}
	return Enrolment{
		Secret: seal.Hide(totpBase32.EncodeToString(secret)), URI: seal.Hide(totpURI(d.opt.Origin, p.Email, secret)),
		Ticket: seal.Hide(base64.RawURLEncoding.EncodeToString(sealed)),
	}, nil
}

// ConfirmSecondFactor takes the second factor into use with a first code, and
// returns recovery codes, each of which stands in for a code once.
func (d *Desk) ConfirmSecondFactor(ctx context.Context, actor access.Actor, carried, code seal.Hidden) ([]seal.Hidden, error) {
	return d.factor(ctx, actor, func(c *drawbridge.Credential) ([]seal.Hidden, error) {
		t, err := d.readTicket(actor.Person, carried)
		if err != nil {
			return nil, err
		}
		if len(c.TOTP) > 0 || c.Version != t.Version {
			return nil, drawbridge.Errorf(drawbridge.Conflict, "the account changed since the second factor was begun: begin again")
		}
		step, ok := totpStep(t.Secret, cleanCode(code), d.now(), c.TOTPStep)
		if !ok {
			return nil, errCode()
		}
		sealed, err := d.door.Keys().Seal(t.Secret, totpContext(c.ID))
		if err != nil {
			return nil, fmt.Errorf("seal the second factor: %w", err)
		}
		c.TOTP, c.TOTPStep = sealed, step
		return renewRecovery(c), nil
	})
}

func (d *Desk) readTicket(person drawbridge.PersonID, carried seal.Hidden) (ticket, error) {
	var t ticket
	bad := drawbridge.Errorf(drawbridge.Invalid, "the ticket is not valid or has ended: begin the second factor again")
	text := carried.Reveal()
	if len(text) > 1024 {
		return t, bad
	}
	sealed, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		return t, bad
	}
	data, err := d.door.Keys().Open(sealed, ticketContext(person))
	if err != nil {
		return t, bad
	}
	if err := json.Unmarshal(data, &t); err != nil || !d.now().Before(t.Ends) {
		return t, bad
	}
	return t, nil
}

// RemoveSecondFactor goes back to the password alone. It takes a code.
func (d *Desk) RemoveSecondFactor(ctx context.Context, actor access.Actor, code seal.Hidden) error {
	_, err := d.factor(ctx, actor, func(c *drawbridge.Credential) ([]seal.Hidden, error) {
		if err := d.useFactor(c, code); err != nil {
			return nil, err
		}
		c.TOTP, c.Recovery = nil, nil // the step stays: no code of it works again
		return nil, nil
	})
	return err
}

// RenewRecovery replaces the recovery codes. It takes a code.
func (d *Desk) RenewRecovery(ctx context.Context, actor access.Actor, code seal.Hidden) ([]seal.Hidden, error) {
	return d.factor(ctx, actor, func(c *drawbridge.Credential) ([]seal.Hidden, error) {
		if err := d.useFactor(c, code); err != nil {
			return nil, err
		}
		return renewRecovery(c), nil
	})
}

// Factor tells what is set up.
type Factor struct {
	Enrolled bool `json:"enrolled"`
	Recovery int  `json:"recovery"` // codes left
}

// SecondFactor tells whether the actor has a second factor.
func (d *Desk) SecondFactor(ctx context.Context, actor access.Actor) (Factor, error) {
	var out Factor
	act := action.Act{Actor: actor, Action: access.PersonRead, On: ofPerson("person", actor.Person)}
	err := d.door.View(ctx, act, func(tx *store.Tx) error {
		c, err := tx.Credential(actor.Person)
		if err == nil {
			out = Factor{Enrolled: len(c.TOTP) > 0, Recovery: len(c.Recovery)}
		}
		return err
	})
	return out, err
}

// factor changes the actor's own second factor, within the limit of failures.
func (d *Desk) factor(ctx context.Context, actor access.Actor, fn func(*drawbridge.Credential) ([]seal.Hidden, error)) ([]seal.Hidden, error) {
	var codes []seal.Hidden
	act := ownCredential(actor)
	err := d.counted(ctx, "prove "+string(actor.Person), "", act, func() error {
		_, _, err := action.Do(ctx, d.door, act, func(tx *store.Tx) (struct{}, error) {
			c, err := tx.Credential(actor.Person)
			if err != nil {
				return struct{}{}, err
			}
			if codes, err = fn(c); err != nil {
				return struct{}{}, err
			}
			c.UpdatedAt = d.now()
			if err := d.notice(tx, credentialChanged, c.ID); err != nil {
				return struct{}{}, err
			}
			return struct{}{}, tx.SetCredential(c)
		})
		return err
	})
	if err != nil {
		return nil, err
	}
	return codes, nil
}

func errCode() error {
	return &drawbridge.Error{
		Kind: drawbridge.Denied, Message: "the code is wrong or was used: wait for the next one, and check the clock of the device", Err: errProof,
	}
}

func (d *Desk) useFactor(c *drawbridge.Credential, code seal.Hidden) error {
	if len(c.TOTP) == 0 {
		return drawbridge.Errorf(drawbridge.Conflict, "there is no second factor")
	}
	if err := d.useCode(c, code); err != nil {
		if errors.Is(err, errProof) {
			return errCode()
		}
		return err
	}
	return nil
}

// useCode uses up a code of the second factor, or a recovery code. A step that
// was used stays used, also when the clock jumps back.
func (d *Desk) useCode(c *drawbridge.Credential, given seal.Hidden) error {
	code := cleanCode(given)
	secret, err := d.door.Keys().Open(c.TOTP, totpContext(c.ID))
	if err != nil {
		return fmt.Errorf("open the second factor: %w", err)
	}
	if step, ok := totpStep(secret, code, d.now(), c.TOTPStep); ok {
		c.TOTPStep = step
		return nil
	}
	if at := slices.Index(c.Recovery, hashOf("recovery "+code)); at >= 0 {
		c.Recovery = slices.Delete(c.Recovery, at, at+1)
		return nil
	}
	return errWrong()
}

// cleanCode takes out what people type between the groups.
func cleanCode(code seal.Hidden) string {
	return strings.NewReplacer(" ", "", "-", "").Replace(strings.ToLower(code.Reveal()))
}

// renewRecovery replaces the recovery codes, and returns the new ones.
func renewRecovery(c *drawbridge.Credential) []seal.Hidden {
	c.Recovery = nil
	codes := make([]seal.Hidden, recoveryCodes)
	for i := range codes {
		var b [recoverySize]byte
		rand.Read(b[:])
		code := strings.ToLower(totpBase32.EncodeToString(b[:]))
		c.Recovery = append(c.Recovery, hashOf("recovery "+code))
		codes[i] = seal.Hide(code[:4] + "-" + code[4:8] + "-" + code[8:12] + "-" + code[12:])
	}
	return codes
}
