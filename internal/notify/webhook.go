package notify

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/action"
	"drawbridge/internal/dial"
	"drawbridge/internal/job"
	"drawbridge/internal/seal"
	"drawbridge/internal/store"
)

const (
	maxHooks     = 20
	maxHookKinds = 50
	maxHookName  = 100
	// lostInARow is how many messages a receiver may lose, each after a day of
	// tries, before it is switched off.
	lostInARow = 5
)

// NewHook is a webhook that an administrator wants.
type NewHook struct {
	Name  string   `json:"name"`
	URL   string   `json:"url"`
	Kinds []string `json:"kinds"` // of messages; empty for every kind
}

// MadeHook is a new webhook, with what is shown once.
type MadeHook struct {
	Hook   drawbridge.Hook
	Secret seal.Hidden // whsec_…
}

var hookKind = regexp.MustCompile(`^[a-z][a-z_]*(\.[a-z][a-z_]*)+$`)

func checkHook(name string, kinds []string) error {
	if name == "" || len(name) > maxHookName || strings.ContainsFunc(name, func(r rune) bool { return r < ' ' || r == 0x7f }) {
		return drawbridge.Errorf(drawbridge.Invalid, "a webhook needs a name of 1 to %d bytes in one line", maxHookName)
	}
	if len(kinds) > maxHookKinds {
		return drawbridge.Errorf(drawbridge.Invalid, "a webhook names at most %d kinds of messages; leave them out for every kind", maxHookKinds)
	}
	for _, k := range kinds {
		if !hookKind.MatchString(k) {
			return drawbridge.Errorf(drawbridge.Invalid, "%q is no kind of message; write it like integration.assessed", k)
		}
	}
	return nil
}

// AddHook makes a webhook. The address must be public, or named by the
// operator's configuration; it is judged again whenever it is dialled.
func (n *Notify) AddHook(ctx context.Context, actor access.Actor, in NewHook, key string) (MadeHook, error) {
	if err := checkHook(in.Name, in.Kinds); err != nil {
		return MadeHook{}, err
	}
	if err := n.dialer(in.URL).CheckPost(in.URL); err != nil {
		return MadeHook{}, err
	}
	u, err := url.Parse(in.URL)
	if err != nil {
		return MadeHook{}, drawbridge.Errorf(drawbridge.Invalid, "this is not an address")
	}
	type kept struct { // what a repetition gives again; the door seals it
		Hook   drawbridge.Hook
		Secret string
	}
	// The digest keeps the address, whose path is often a password, out of the request.
	input := map[string]any{"name": in.Name, "url": seal.Digest([]byte(in.URL)), "kinds": in.Kinds}
	act := action.Act{Actor: actor, Action: access.WebhookWrite, Object: access.Object{Kind: "webhook"}, Key: key, Input: input}
	out, _, err := action.Do(ctx, n.opt.Door, act, func(tx *store.Tx) (kept, error) {
		have, err := tx.WebhooksAfter("", maxHooks)
		if err != nil {
			return kept{}, err
		}
		if len(have) >= maxHooks {
			return kept{}, drawbridge.Errorf(drawbridge.Limited, "there are %d webhooks already; delete one first", maxHooks)
		}
		now := n.opt.Door.Now()
		raw := make([]byte, 32)
		rand.Read(raw)
		h := drawbridge.Hook{
			ID: drawbridge.WebhookID(drawbridge.NewID("whk", now)), Name: in.Name, URL: u.Scheme + "://" + u.Host, Kinds: in.Kinds,
			CreatedBy: actor.ID, CreatedAt: now, UpdatedAt: now,
		}
		if h.Target, err = n.opt.Door.Keys().Seal([]byte(in.URL), hookContext(h.ID, "target")); err != nil {
			return kept{}, err
		}
		if h.Secret, err = n.opt.Door.Keys().Seal(raw, hookContext(h.ID, "secret")); err != nil {
			return kept{}, err
		}
		err = tx.AddWebhook(&h)
		return kept{shown(h), "whsec_" + base64.StdEncoding.EncodeToString(raw)}, err
	})
	if err != nil {
		return MadeHook{}, err
	}
	return MadeHook{out.Hook, seal.Hide(out.Secret)}, nil
}

func hookContext(id drawbridge.WebhookID, column string) []byte {
	return []byte("webhook " + string(id) + " " + column)
}

// shown is a webhook without what is sealed.
func shown(h drawbridge.Hook) drawbridge.Hook {
	h.Target, h.Secret = nil, nil
	return h
}

// dialer is that of the purpose of an address: the configuration's word counts.
func (n *Notify) dialer(address string) *dial.Dialer {
	if n.named.CheckPost(address) == nil {
		return n.named
	}
	return n.public
}

// Hooks lists the webhooks, without what is sealed.
func (n *Notify) Hooks(ctx context.Context, actor access.Actor) ([]drawbridge.Hook, error) {
	var out []drawbridge.Hook
	err := n.opt.Door.List(ctx, actor, access.WebhookRead, func(tx *store.Tx, _ access.Scope) error {
		list, err := tx.WebhooksAfter("", maxHooks)
		for _, h := range list {
			out = append(out, shown(h))
		}
		return err
	})
	return out, err
}

// EditHook is a change of a webhook over the version that was read. Another
// address is another webhook.
type EditHook struct {
	ID       drawbridge.WebhookID `json:"id"`
	Version  int64                `json:"version"`
	Name     string               `json:"name"`
	Kinds    []string             `json:"kinds"`
	Disabled bool                 `json:"disabled"`
	Reason   string               `json:"reason"`
}

// SetHook changes a webhook; switching it on again clears why it was off.
func (n *Notify) SetHook(ctx context.Context, actor access.Actor, in EditHook, key string) (drawbridge.Hook, error) {
	if err := checkHook(in.Name, in.Kinds); err != nil {
		return drawbridge.Hook{}, err
	}
	act := hookAct(actor, in.ID)
	act.Key, act.Input, act.Reason = key, in, in.Reason
	out, _, err := action.Do(ctx, n.opt.Door, act, func(tx *store.Tx) (drawbridge.Hook, error) {
		h, err := tx.Webhook(in.ID)
		if err != nil {
			return drawbridge.Hook{}, err
		}
		h.Version, h.Name, h.Kinds, h.Disabled, h.Why, h.UpdatedAt = in.Version, in.Name, in.Kinds, in.Disabled, "", n.opt.Door.Now()
		if h.Disabled {
			h.Why = in.Reason
		}
		err = tx.SetWebhook(h)
		return shown(*h), err
	})
	return out, err
}

// RemoveHook deletes a webhook.
func (n *Notify) RemoveHook(ctx context.Context, actor access.Actor, id drawbridge.WebhookID, reason, key string) error {
	act := hookAct(actor, id)
	act.Key, act.Input, act.Reason = key, map[string]string{"remove": string(id)}, reason
	_, _, err := action.Do(ctx, n.opt.Door, act, func(tx *store.Tx) (struct{}, error) { return struct{}{}, tx.RemoveWebhook(id) })
	return err
}

// TryHook sends a message of the kind webhook.test to a webhook at once, also to
// one that is off, and tells why it was not delivered. It is not tried again.
func (n *Notify) TryHook(ctx context.Context, actor access.Actor, id drawbridge.WebhookID) (why string, err error) {
	h, _, err := action.Do(ctx, n.opt.Door, hookAct(actor, id), func(tx *store.Tx) (*drawbridge.Hook, error) {
		tx.Note("do", "test")
		return tx.Webhook(id)
	})
	if err != nil {
		return "", err
	}
	now := n.opt.Door.Now()
	m := drawbridge.Message{ID: drawbridge.MessageID(drawbridge.NewID("msg", now)), Person: actor.Person, Kind: "webhook.test", CreatedAt: now}
	if err := n.post(ctx, h, &m); err != nil {
		if ctx.Err() != nil || drawbridge.KindOf(err) == drawbridge.Internal {
			return "", err
		}
		return told(err), nil
	}
	return "", nil
}

func hookAct(actor access.Actor, id drawbridge.WebhookID) action.Act {
	return action.Act{Actor: actor, Action: access.WebhookWrite, Object: access.Object{Kind: "webhook", ID: string(id)}, On: func(tx *store.Tx) (access.Object, error) {
		_, err := tx.Webhook(id)
		return access.Object{Kind: "webhook", ID: string(id)}, err
	}}
}

// Deliveries lists what went to a webhook, newest first.
func (n *Notify) Deliveries(ctx context.Context, actor access.Actor, id drawbridge.WebhookID, below string, limit int) ([]drawbridge.Delivery, error) {
	if limit <= 0 {
		limit = defaultList
	}
	act := hookAct(actor, id)
	act.Action = access.WebhookRead
	var out []drawbridge.Delivery
	err := n.opt.Door.View(ctx, act, func(tx *store.Tx) (err error) {
		out, err = tx.DeliveriesBefore(string(id), below, min(limit, maxList))
		return err
	})
	return out, err
}

// payload is what a receiver is sent: identifiers, kind, time and a link.
type payload struct {
	Type      string      `json:"type"`
	Timestamp time.Time   `json:"timestamp"`
	Data      payloadData `json:"data"`
}

type payloadData struct {
	ID     drawbridge.MessageID `json:"id"`
	Person drawbridge.PersonID  `json:"person"`
	Params map[string]string    `json:"params,omitempty"`
	Link   string               `json:"link,omitempty"`
}

// sendHook posts a message to a webhook, signed as Standard Webhooks 1 says.
func (n *Notify) sendHook(ctx context.Context, m *drawbridge.Message, d *drawbridge.Delivery) error {
	var h *drawbridge.Hook
	err := n.opt.Door.Store().View(ctx, func(tx *store.Tx) (err error) {
		h, err = tx.Webhook(drawbridge.WebhookID(d.Channel))
		return err
	})
	if drawbridge.KindOf(err) == drawbridge.NotFound || err == nil && h.Disabled {
		return gone{errors.New("the webhook is off or deleted")}
	}
	if err != nil {
		return err
	}
	return n.post(ctx, h, m)
}

// post sends a message to the address of a webhook.
func (n *Notify) post(ctx context.Context, h *drawbridge.Hook, m *drawbridge.Message) error {
	target, err := n.opt.Door.Keys().Open(h.Target, hookContext(h.ID, "target"))
	if err != nil {
		return fmt.Errorf("address of webhook %s: %w", h.ID, err)
	}
	secret, err := n.opt.Door.Keys().Open(h.Secret, hookContext(h.ID, "secret"))
	if err != nil {
		return fmt.Errorf("secret of webhook %s: %w", h.ID, err)
	}
	body, err := json.Marshal(payload{m.Kind, m.CreatedAt, payloadData{m.ID, m.Person, m.Params, n.link(m)}})
	if err != nil {
		return err
	}
	status, err := n.dialer(string(target)).Post(ctx, string(target), sign(secret, string(m.ID), n.opt.Door.Now(), body), body)
	switch {
	case err != nil:
		return err
	case status >= 200 && status < 300:
		return nil
	case status == http.StatusGone:
		return refused{drawbridge.Errorf(drawbridge.Unavailable, "the receiver answered 410: it wants no more"), true}
	case status >= 300 && status < 400:
		return drawbridge.Errorf(drawbridge.Unavailable, "the receiver answered %d; redirects are not followed", status)
	}
	return drawbridge.Errorf(drawbridge.Unavailable, "the receiver answered %d", status)
}

func (n *Notify) link(m *drawbridge.Message) string {
	if m.Link == "" {
		return ""
	}
	return n.opt.PublicURL + m.Link
}

// sign gives the headers of Standard Webhooks 1: v1 is HMAC-SHA-256 over
// identifier, time and body.
func sign(secret []byte, id string, at time.Time, body []byte) http.Header {
	stamp := strconv.FormatInt(at.Unix(), 10)
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte(id + "." + stamp + "."))
	mac.Write(body)
	return http.Header{
		"Content-Type":      {"application/json"},
		"Webhook-Id":        {id},
		"Webhook-Timestamp": {stamp},
		"Webhook-Signature": {"v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))},
	}
}

// lost tells the administrators of a webhook that lost a message after a day of
// tries, and switches it off after several, or when it asked for that.
func (n *Notify) lost(ctx context.Context, d *drawbridge.Delivery, cause error) error {
	id := drawbridge.WebhookID(d.Channel)
	answer, _ := errors.AsType[refused](cause)
	act := hookAct(system(), id)
	act.Reason, act.Key, act.Input = "a message could not be delivered: "+told(cause), "lost "+d.ID, d.ID
	_, _, err := action.Do(ctx, n.opt.Door, act, func(tx *store.Tx) (struct{}, error) {
		h, err := tx.Webhook(id)
		if err != nil || h.Disabled {
			return struct{}{}, err
		}
		row, err := tx.DeadInARow(d.Channel)
		if err != nil {
			return struct{}{}, err
		}
		params := map[string]string{"webhook": string(id), "message": string(d.Message)}
		if row < lostInARow && !answer.off {
			if row > 1 { // the first one was told
				return struct{}{}, nil
			}
			return struct{}{}, n.tell(tx, "webhook.dead", params, "/webhooks/"+string(id))
		}
		h.Disabled, h.Why, h.UpdatedAt = true, told(cause), n.opt.Door.Now()
		if err := tx.SetWebhook(h); err != nil {
			return struct{}{}, err
		}
		return struct{}{}, n.tell(tx, "webhook.disabled", params, "/webhooks/"+string(id))
	})
	if drawbridge.KindOf(err) == drawbridge.NotFound {
		return nil // deleted meanwhile
	}
	return err
}

// Verify checks the headers of a delivery as a receiver does.
func Verify(secret seal.Hidden, header http.Header, body []byte, now time.Time) error {
	raw, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret.Reveal(), "whsec_"))
	if err != nil {
		return errors.New("the secret is not base64")
	}
	seconds, err := strconv.ParseInt(header.Get("Webhook-Timestamp"), 10, 64)
	if at := time.Unix(seconds, 0); err != nil || now.Sub(at).Abs() > 5*time.Minute {
		return errors.New("the time of the delivery is more than five minutes off")
	}
	want := sign(raw, header.Get("Webhook-Id"), time.Unix(seconds, 0), body).Get("Webhook-Signature")
	if !slices.ContainsFunc(strings.Fields(header.Get("Webhook-Signature")), func(have string) bool { return hmac.Equal([]byte(have), []byte(want)) }) {
		return errors.New("no signature is right")
	}
	return nil
}

// Redeliver sends a message that was given up, or dropped while its webhook was
// off, again: from the first try on.
func (n *Notify) Redeliver(ctx context.Context, actor access.Actor, id drawbridge.WebhookID, message drawbridge.MessageID, key string) error {
	act := hookAct(actor, id)
	act.Key, act.Input = key, map[string]string{"again": string(message)}
	_, _, err := action.Do(ctx, n.opt.Door, act, func(tx *store.Tx) (struct{}, error) {
		h, err := tx.Webhook(id)
		if err != nil {
			return struct{}{}, err
		}
		d, err := tx.Delivery(string(message) + "/" + string(id))
		switch {
		case err != nil:
			return struct{}{}, err
		case h.Disabled:
			return struct{}{}, drawbridge.Errorf(drawbridge.Conflict, "the webhook is off: switch it on first")
		case d.State != drawbridge.Dead && d.State != drawbridge.Dropped:
			return struct{}{}, drawbridge.Errorf(drawbridge.Conflict, "the message is %s already", d.State)
		}
		tx.Note("again", string(message))
		now := n.opt.Door.Now()
		if err := tx.ReopenDelivery(d.ID); err != nil {
			return struct{}{}, err
		}
		return struct{}{}, tx.AddEvent(job.Event{ID: drawbridge.EventID(drawbridge.NewID("evt", now)), Kind: hookEvent, Subject: d.ID, DueAt: now, CreatedAt: now})
	})
	return err
}
