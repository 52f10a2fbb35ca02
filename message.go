package drawbridge

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Message tells one person that something happened. It holds identifiers and no
// facts: what it is about is read behind the link, by those who may.
type Message struct {
	ID        MessageID         `json:"id"`
	Person    PersonID          `json:"person"` // to whom
	Kind      string            `json:"kind"`   // noun.verb, like integration.assessed
	Params    map[string]string `json:"params"` // identifiers, by what they name
	Link      string            `json:"link"`   // a path of this server, like /integrations/int_…
	CreatedAt time.Time         `json:"created_at"`
	ReadAt    time.Time         `json:"read_at"` // zero while unread
}

var (
	messageKind = regexp.MustCompile(`^[a-z][a-z_]*(\.[a-z][a-z_]*)+$`)
	messageWord = regexp.MustCompile(`^[A-Za-z0-9_.:/@-]{1,200}$`)
	messageLink = regexp.MustCompile(`^/([A-Za-z0-9_.:@?=&#-][A-Za-z0-9_.:/@?=&#-]*)?$`) // no second slash in front: that would name a host
)

const maxParams = 16

// Check reports what a desk wrote wrong. It keeps every channel safe from what
// people type: there is no text of theirs in a message.
func (m Message) Check() error {
	if m.ID == "" || m.Person == "" || !messageKind.MatchString(m.Kind) || m.CreatedAt.IsZero() {
		return fmt.Errorf("message %q of kind %q to %q: it needs an id, a kind of the form noun.verb, a person and a time", m.ID, m.Kind, m.Person)
	}
	if m.Link != "" && (len(m.Link) > 500 || !messageLink.MatchString(m.Link) || strings.Contains(m.Link, "..")) {
		return fmt.Errorf("message %s: its link is no path of this server", m.Kind)
	}
	if len(m.Params) > maxParams {
		return fmt.Errorf("message %s: it has %d parameters, at most %d are allowed", m.Kind, len(m.Params), maxParams)
	}
	for _, k := range slices.Sorted(maps.Keys(m.Params)) {
		if !messageWord.MatchString(k) || !messageWord.MatchString(m.Params[k]) {
			return fmt.Errorf("message %s: its parameter %q is no identifier", m.Kind, k)
		}
	}
	return nil
}

// Hook is a webhook: an address that is told of messages, signed.
type Hook struct {
	Meta
	ID        WebhookID `json:"id"`
	Name      string    `json:"name"`
	URL       string    `json:"url"`                    // what may be shown of the address: scheme and host
	Kinds     []string  `json:"kinds"`                  // of messages; empty for every kind
	Target    []byte    `json:"target" record:"secret"` // the whole address, sealed: its path is often a password
	Secret    []byte    `json:"secret" record:"secret"` // sealed; shown once, when it was made
	Disabled  bool      `json:"disabled"`
	Why       string    `json:"why"` // why it was disabled
	CreatedBy string    `json:"created_by"`
	CreatedAt time.Time `json:"created_at"`
	UpdatedAt time.Time `json:"updated_at"`
}

// Wants reports whether messages of a kind go there.
func (w Hook) Wants(kind string) bool {
	return !w.Disabled && (len(w.Kinds) == 0 || slices.Contains(w.Kinds, kind))
}

// DeliveryState is where a delivery stands.
type DeliveryState string

// The states of a delivery.
const (
	Waiting   DeliveryState = "waiting"
	Delivered DeliveryState = "delivered"
	Dead      DeliveryState = "dead"    // given up after about a day
	Dropped   DeliveryState = "dropped" // not wanted any more
)

// Delivery is one message on its way over one channel.
type Delivery struct {
	ID        string        `json:"id"` // message + "/" + channel
	Message   MessageID     `json:"message"`
	Channel   string        `json:"channel"` // "mail", or the id of a webhook
	State     DeliveryState `json:"state"`
	Failures  int64         `json:"failures"`
	LastError string        `json:"last_error"`
	CreatedAt time.Time     `json:"created_at"`
	DoneAt    time.Time     `json:"done_at"` // zero while waiting
}
