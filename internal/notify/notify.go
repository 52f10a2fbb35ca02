// Package notify is the door to people who are not asking right now. A desk
// tells a person by a message row of its own transaction; that row is the inbox.
// Where mail or webhooks are set up, notify delivers the message there too, by
// jobs that try again for about a day. It decides nothing, and with neither set
// up nothing waits for it. It is not for what a desk must know.
//
//	n, err := notify.New(notify.Options{Door: door, Log: log, PublicURL: "https://drawbridge.example"})
//	jobs, err := job.New(job.Options{Door: door, Workers: n.Workers(), Schedules: n.Schedules()})
package notify

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"time"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/action"
	"drawbridge/internal/dial"
	"drawbridge/internal/job"
	"drawbridge/internal/store"
)

// Options say over which channels messages go besides the inbox.
type Options struct {
	Door      *action.Door
	Log       *slog.Logger
	PublicURL string        // in front of links, without a slash at the end
	Mail      Mail          // none when it has no host
	Receivers []string      // host:port of receivers of webhooks that are not on the public Internet
	Version   string        // of this program, told to receivers
	Timeout   time.Duration // of one delivery; default 15 s
}

// Notify delivers messages.
type Notify struct {
	opt    Options
	mail   *mailer
	public *dial.Dialer // for addresses that an administrator typed
	named  *dial.Dialer // for those that the configuration names
}

// New prepares the channels and connects to nothing.
func New(opt Options) (*Notify, error) {
	if opt.Log == nil {
		opt.Log = slog.New(slog.DiscardHandler)
	}
	if opt.Timeout <= 0 {
		opt.Timeout = 15 * time.Second
	}
	n := &Notify{opt: opt}
	var err error
	if opt.Mail.Host != "" {
		if n.mail, err = newMailer(opt.Mail, opt.Timeout); err != nil {
			return nil, err
		}
	}
	agent := "drawbridge/" + opt.Version
	if n.public, err = dial.New(dial.Options{Purpose: dial.PartnerSupplied, Timeout: opt.Timeout, UserAgent: agent}); err != nil {
		return nil, err
	}
	n.named, err = dial.New(dial.Options{Purpose: dial.Operator, Hosts: opt.Receivers, Timeout: opt.Timeout, UserAgent: agent})
	return n, err
}

// The kinds of events that notify works on, besides that of the store.
const (
	mailEvent  = "message.mail"
	hookEvent  = "message.webhook"
	sweepEvent = "message.sweep"
)

// waits are the pauses between tries of a delivery: about a day in all.
var waits = []time.Duration{
	10 * time.Second, time.Minute, 5 * time.Minute, 30 * time.Minute, 2 * time.Hour, 5 * time.Hour, 8 * time.Hour, 8 * time.Hour,
}

// wait is the pause after so many failures.
func wait(failures int) time.Duration { return waits[min(max(failures-1, 0), len(waits)-1)] }

// Workers are the jobs of notify.
func (n *Notify) Workers() map[string]job.Worker {
	send := func(work func(context.Context, job.Event) error) job.Worker {
		return job.Worker{Work: work, Timeout: 2 * n.opt.Timeout, Attempts: len(waits) + 1, Retry: wait, Outside: true}
	}
	return map[string]job.Worker{
		store.MessageEvent: {Work: n.spread},
		mailEvent:          send(n.deliver(n.sendMail)),
		hookEvent:          send(n.deliver(n.sendHook)),
		sweepEvent:         {Work: n.sweep, Timeout: 10 * time.Minute},
	}
}

// Schedules are the regular jobs of notify.
func (n *Notify) Schedules() []job.Schedule {
	return []job.Schedule{{Kind: sweepEvent, Every: 24 * time.Hour, At: 3 * time.Hour}}
}

// keepMessages is how long messages stay in the inbox.
const (
	keepMessages = 400 * 24 * time.Hour
	sweepBatch   = 2000
)

func (n *Notify) sweep(ctx context.Context, _ job.Event) error {
	for gone := int64(sweepBatch); gone == sweepBatch; {
		err := n.opt.Door.Keep(ctx, func(tx *store.Tx) (err error) {
			gone, err = tx.DropMessages(n.opt.Door.Now().Add(-keepMessages), sweepBatch)
			return err
		})
		if err != nil {
			return fmt.Errorf("drop old messages: %w", err)
		}
	}
	return nil
}

// mailChannel names mail among the channels; the others are webhooks.
const mailChannel = "mail"

// spread sets a message on its way over every channel that wants it. A second
// run finds the deliveries there.
func (n *Notify) spread(ctx context.Context, e job.Event) error {
	return n.opt.Door.Keep(ctx, func(tx *store.Tx) error {
		m, err := tx.Message(drawbridge.MessageID(e.Subject))
		if err != nil {
			return err
		}
		var channels []string
		if wants, err := tx.WantsMail(m.Person); err != nil {
			return err
		} else if wants && n.mail != nil {
			channels = append(channels, mailChannel)
		}
		hooks, err := tx.WebhooksAfter("", maxHooks)
		if err != nil {
			return err
		}
		for _, h := range hooks {
			if h.Wants(m.Kind) && !aboutHooks(m.Kind) {
				channels = append(channels, string(h.ID))
			}
		}
		now := n.opt.Door.Now()
		for _, c := range channels {
			fresh, err := tx.AddDelivery(m.ID, c, now)
			if err != nil {
				return err
			}
			if !fresh {
				continue
			}
			kind := hookEvent
			if c == mailChannel {
				kind = mailEvent
			}
			id := drawbridge.EventID(drawbridge.NewID("evt", now))
			if err := tx.AddEvent(job.Event{ID: id, Kind: kind, Subject: string(m.ID) + "/" + c, DueAt: now, CreatedAt: now}); err != nil {
				return err
			}
		}
		return nil
	})
}

// aboutHooks reports whether messages of a kind tell of webhooks: sent over one,
// its failure would tell of itself for ever.
func aboutHooks(kind string) bool { return strings.HasPrefix(kind, "webhook.") }

// gone is why a delivery is not wanted any more.
type gone struct{ error }

// refused is an answer that will stay the same; off asks never to be sent anything.
type refused struct {
	error
	off bool
}

func (r refused) Unwrap() error { return r.error }

// final reports whether trying again is of no use.
func final(err error) bool {
	if _, ok := errors.AsType[refused](err); ok {
		return true
	}
	return slices.Contains([]drawbridge.Kind{drawbridge.Invalid, drawbridge.Denied, drawbridge.NotFound}, drawbridge.KindOf(err))
}

// deliver sends one message over one channel and notes how it went. What was
// delivered is not sent again; a crash between the two may send it twice, under
// the same identifier.
func (n *Notify) deliver(send func(context.Context, *drawbridge.Message, *drawbridge.Delivery) error) func(context.Context, job.Event) error {
	return func(ctx context.Context, e job.Event) error {
		var d *drawbridge.Delivery
		var m *drawbridge.Message
		err := n.opt.Door.Store().View(ctx, func(tx *store.Tx) (err error) {
			if d, err = tx.Delivery(e.Subject); err != nil {
				return err
			}
			m, err = tx.Message(d.Message)
			return err
		})
		if err != nil {
			return err
		}
		if d.State != drawbridge.Waiting {
			return nil
		}
		err = send(ctx, m, d)
		if err != nil && ctx.Err() != nil && drawbridge.KindOf(err) == drawbridge.Internal {
			return err // stopped or cancelled, not refused
		}
		return n.note(context.WithoutCancel(ctx), d, err)
	}
}

// note keeps how a try went, and gives the job its error.
func (n *Notify) note(ctx context.Context, d *drawbridge.Delivery, sent error) error {
	_, drop := errors.AsType[gone](sent)
	state := drawbridge.Waiting
	switch {
	case sent == nil:
		state = drawbridge.Delivered
	case drop:
		state = drawbridge.Dropped
	case final(sent), d.Failures+1 > int64(len(waits)):
		state = drawbridge.Dead
	}
	now := n.opt.Door.Now()
	err := n.opt.Door.Keep(ctx, func(tx *store.Tx) error {
		if sent != nil && !drop {
			if err := tx.DeliveryFailed(d.ID, told(sent)); err != nil {
				return err
			}
		}
		if state == drawbridge.Waiting {
			return nil
		}
		return tx.EndDelivery(d.ID, state, now)
	})
	if err != nil || drop {
		return err
	}
	if state != drawbridge.Dead {
		return sent
	}
	if d.Channel != mailChannel {
		if err := n.lost(ctx, d, sent); err != nil {
			n.opt.Log.ErrorContext(ctx, "the loss of a message was not told", slog.String("delivery", d.ID), slog.Any("error", err))
		}
	}
	return drawbridge.Errorf(drawbridge.Invalid, "given up: %s", told(sent))
}

// told is what may be shown of an error.
func told(err error) string {
	if drawbridge.KindOf(err) == drawbridge.Internal {
		return "internal error"
	}
	return err.Error()
}

// tell puts a message into the inbox of every administrator.
func (n *Notify) tell(tx *store.Tx, kind string, params map[string]string, link string) error {
	now := n.opt.Door.Now()
	people, err := tx.Administrators(maxAdministrators)
	if err != nil {
		return err
	}
	for _, p := range people {
		m := drawbridge.Message{
			ID: drawbridge.MessageID(drawbridge.NewID("msg", now)), Person: p.ID, Kind: kind, Params: maps.Clone(params), Link: link, CreatedAt: now,
		}
		if err := tx.AddMessage(m); err != nil {
			return err
		}
	}
	return nil
}

const maxAdministrators = 100

// Channels tells which channels there are besides the inbox.
func (n *Notify) Channels() []string {
	if n.mail == nil {
		return []string{"webhook"}
	}
	return []string{"mail", "webhook"}
}

func system() access.Actor { return access.System("notify") }

// titles say in a line what a kind of message means.
var titles = map[string]string{
	"integration.assessed":  "An integration was assessed again",
	"integration.assigned":  "You were made responsible for an integration",
	"integration.pushed":    "An integration has a new revision",
	"integration.worse":     "The risk of an integration rose",
	"integration.ruled":     "A reviewer ruled on a failed test of an integration",
	"integration.moved":     "An integration went live, was suspended, resumed or left",
	"attestation.wanted":    "An integration was suspended: attest that it is",
	"attestation.made":      "Something was attested about an integration",
	"attestation.revoked":   "An attestation about an integration was revoked",
	"condition.assigned":    "You answer for a condition",
	"condition.settled":     "A condition was met or dropped",
	"exception.proposed":    "An exception waits for an approver",
	"exception.changed":     "An exception was confirmed, refused, renewed or revoked",
	"exception.ending":      "An exception ends within two weeks",
	"trigger.raised":        "Something happened that an integration may need to be reviewed for",
	"exception.ended":       "An exception ended; what it covered counts again",
	"account.created":       "An account was made for you",
	"account.role_changed":  "Your roles were changed",
	"credential.changed":    "Your password or second factor was changed",
	"token.created":         "A token was made",
	"token.expiring":        "A token expires soon",
	"review.opened":         "A review of an integration was opened",
	"review.submitted":      "A request waits for triage",
	"review.triaged":        "A review was triaged, and asks for your role",
	"review.ready":          "A review is ready to be signed and decided",
	"review.signed":         "A review was signed, or a sign-off was taken back",
	"review.moved":          "What a review looks at changed",
	"review.decided":        "A review was decided",
	"evidence.offered":      "A document of evidence was handed in",
	"evidence.accepted":     "A document that you handed in was accepted",
	"evidence.refused":      "A document that you handed in was refused",
	"evidence.withdrawn":    "A document that you handed in was withdrawn",
	"evidence.superseded":   "A document that you handed in was superseded",
	"thread.opened":         "Somebody opened a discussion",
	"thread.mentioned":      "Somebody named you in a discussion",
	"thread.replied":        "A discussion that you take part in goes on",
	"thread.resolved":       "A discussion that you opened was resolved",
	"inquiry.sent":          "A questionnaire waits for your answers",
	"inquiry.submitted":     "The answers to a questionnaire were handed in",
	"inquiry.returned":      "The answers to a questionnaire are to be changed",
	"inquiry.accepted":      "The answers to a questionnaire were accepted",
	"link.expiring":         "A partner's link ends soon",
	"hold.placed":           "A legal hold was placed",
	"retention.purged":      "Records were purged",
	"system.backup_failing": "Backups fail",
	"risk.assigned":         "You were made the owner of a risk",
	"notice.received":       "A partner announced something",
	"webhook.dead":          "A webhook cannot be reached",
	"webhook.disabled":      "A webhook was switched off",
}

// Title is a line that says what a kind of message means.
func Title(kind string) string {
	if t, ok := titles[kind]; ok {
		return t
	}
	return "News: " + strings.NewReplacer(".", " ", "_", " ").Replace(kind)
}

// Kinds lists the kinds of messages that have a title.
func Kinds() []string { return slices.Sorted(maps.Keys(titles)) }
