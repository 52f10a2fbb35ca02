package ledger

import (
	"bytes"
	"slices"
	"strconv"
	"strings"
	"time"

	"drawbridge"
)

// Version is the version of an entry's form.
const Version = 1

// Limits of an entry.
const (
	MaxEntry   = 4 << 20 // bytes of an encoded entry
	MaxChanges = 10_000  // changes in one entry
	MaxWord    = 256     // bytes of a name or an identifier
)

// timeForm is the one spelling of a time: UTC, microseconds.
const timeForm = "2006-01-02T15:04:05.000000Z"

// Entry is one act. It holds identifiers and digests only: what a person wrote
// belongs into the detail, to which the entry is bound by a commitment, so that
// the detail can be erased and the log still verifies.
type Entry struct {
	V       int       `json:"v"`                 // Version
	Seq     int64     `json:"seq"`               // from 0; the index of the leaf
	At      time.Time `json:"at"`                // UTC, microseconds
	Actor   string    `json:"actor"`             // per_…, tok_…, system:<job> or anonymous
	Via     string    `json:"via"`               // api, cli, job, web or setup
	Action  string    `json:"action"`            // integration.push
	Object  string    `json:"object,omitempty"`  // integration/int_…
	Request string    `json:"request,omitempty"` // the request's identifier
	Changes []Change  `json:"changes,omitempty"`
	Detail  string    `json:"detail,omitempty"` // the commitment, see Commit
}

// Change is what an act did to one row.
type Change struct {
	Kind   string `json:"kind"`
	ID     string `json:"id"`
	Op     string `json:"op"`               // create, update, delete or erase
	Before string `json:"before,omitempty"` // digest of the row before
	After  string `json:"after,omitempty"`  // digest of the row after
}

// The operations of a change.
const (
	Create = "create"
	Update = "update"
	Delete = "delete"
	Erase  = "erase"
)

// DetailKind is the kind of a change that erases the detail of an entry; its ID
// is that entry's Seq.
const DetailKind = "ledger_detail"

// RotateAction is the action of the entry whose detail hands the log over to a new key.
const RotateAction = "keys.rotate"

var (
	ways       = []string{"api", "cli", "job", "web", "setup", "seed"}
	operations = []string{Create, Update, Delete, Erase}
)

// Encode writes an entry in its only spelling: one line of JSON, keys in the
// order of the struct, what is empty left out, no escapes. At is written in UTC
// and cut to microseconds.
func Encode(e Entry) ([]byte, error) {
	if err := check(e); err != nil {
		return nil, err
	}
	b := appendEntry(make([]byte, 0, 256+256*len(e.Changes)), e)
	if len(b) > MaxEntry {
		return nil, drawbridge.Errorf(drawbridge.TooLarge, "ledger entry: %d bytes; at most %d are kept", len(b), MaxEntry)
	}
	return b, nil
}

// Decode reads an entry and refuses every spelling but the one of [Encode].
func Decode(data []byte) (Entry, error) {
	if len(data) > MaxEntry {
		return Entry{}, drawbridge.Errorf(drawbridge.TooLarge, "ledger entry: %d bytes; at most %d are read", len(data), MaxEntry)
	}
	e := read(string(data))
	if !bytes.Equal(appendEntry(make([]byte, 0, len(data)), e), data) {
		return Entry{}, bad("it is not in the form of version %d", Version)
	}
	return e, check(e)
}

func bad(format string, args ...any) error {
	return drawbridge.Errorf(drawbridge.Invalid, "ledger entry: "+format, args...)
}

func check(e Entry) error {
	switch {
	case e.V != Version:
		return bad("version %d is not known; this program knows version %d", e.V, Version)
	case e.Seq < 0:
		return bad("seq %d is below zero", e.Seq)
	case e.At.UTC().Year() < 1 || e.At.UTC().Year() > 9999:
		return bad("at: the year %d cannot be written", e.At.UTC().Year())
	case !slices.Contains(ways, e.Via):
		return bad("via %.40q is not one of %s", e.Via, strings.Join(ways, ", "))
	case len(e.Changes) > MaxChanges:
		return drawbridge.Errorf(drawbridge.TooLarge, "ledger entry: %d changes; at most %d fit into one act, do it in parts", len(e.Changes), MaxChanges)
	case e.Detail != "" && !isDigest(e.Detail):
		return bad("detail %.80q is not a commitment", e.Detail)
	case !isWord(e.Actor) || !isWord(e.Action):
		return bad("actor %.40q and action %.40q must be identifiers", e.Actor, e.Action)
	case e.Object != "" && !isWord(e.Object), e.Request != "" && !isWord(e.Request):
		return bad("object %.40q and request %.40q must be identifiers", e.Object, e.Request)
	}
	for i, c := range e.Changes {
		switch {
		case !isWord(c.Kind) || !isWord(c.ID):
			return bad("change %d: kind %.40q and id %.40q must be identifiers", i, c.Kind, c.ID)
		case !slices.Contains(operations, c.Op):
			return bad("change %d: op %.40q is not one of %s", i, c.Op, strings.Join(operations, ", "))
		case c.Before != "" && !isDigest(c.Before), c.After != "" && !isDigest(c.After):
			return bad("change %d: before %.80q and after %.80q must be digests", i, c.Before, c.After)
		}
	}
	return nil
}

// isWord reports whether s is visible ASCII that JSON writes as it is. So an
// entry needs no escapes, and nobody's prose or name gets into one unseen.
func isWord(s string) bool {
	for i := range len(s) {
		switch c := s[i]; {
		case c <= ' ' || c > '~', c == '"', c == '\\', c == '<', c == '>', c == '&':
			return false
		}
	}
	return s != "" && len(s) <= MaxWord
}

// isDigest reports whether s is sha256: and 64 lower-case hexadecimal digits.
func isDigest(s string) bool {
	rest, ok := strings.CutPrefix(s, "sha256:")
	if !ok || len(rest) != 64 {
		return false
	}
	for i := range len(rest) {
		if c := rest[i]; (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}

func appendEntry(b []byte, e Entry) []byte {
	b = strconv.AppendInt(append(b, `{"v":`...), int64(e.V), 10)
	b = strconv.AppendInt(append(b, `,"seq":`...), e.Seq, 10)
	b = e.At.UTC().AppendFormat(append(b, `,"at":"`...), timeForm)
	b = append(b, '"')
	b = field(b, "actor", e.Actor)
	b = field(b, "via", e.Via)
	b = field(b, "action", e.Action)
	b = field(b, "object", e.Object)
	b = field(b, "request", e.Request)
	for i, c := range e.Changes {
		if i == 0 {
			b = append(b, `,"changes":[{`...)
		} else {
			b = append(b, `,{`...)
		}
		b = append(append(append(b, `"kind":"`...), c.Kind...), '"')
		b = field(b, "id", c.ID)
		b = field(b, "op", c.Op)
		b = field(b, "before", c.Before)
		b = field(b, "after", c.After)
		b = append(b, '}')
	}
	if len(e.Changes) > 0 {
		b = append(b, ']')
	}
	b = field(b, "detail", e.Detail)
	return append(b, '}')
}

// field writes a member unless it is empty. Words need no escapes.
func field(b []byte, name, value string) []byte {
	if value == "" {
		return b
	}
	b = append(append(append(b, `,"`...), name...), `":"`...)
	return append(append(b, value...), '"')
}

// read takes apart what appendEntry wrote. What it makes of anything else does
// not matter: appendEntry will not give the same bytes again.
func read(s string) Entry {
	var e Entry
	e.V = int(number(&s, `{"v":`))
	e.Seq = number(&s, `,"seq":`)
	e.At, _ = time.Parse(timeForm, word(&s, `,"at":"`))
	e.Actor = word(&s, `,"actor":"`)
	e.Via = word(&s, `,"via":"`)
	e.Action = word(&s, `,"action":"`)
	e.Object = word(&s, `,"object":"`)
	e.Request = word(&s, `,"request":"`)
	if rest, ok := strings.CutPrefix(s, `,"changes":[`); ok {
		s = rest
		for next := `{"kind":"`; strings.HasPrefix(s, next); next = `,{"kind":"` {
			e.Changes = append(e.Changes, Change{
				Kind: word(&s, next), ID: word(&s, `,"id":"`), Op: word(&s, `,"op":"`),
				Before: word(&s, `,"before":"`), After: word(&s, `,"after":"`),
			})
			s = strings.TrimPrefix(s, "}")
		}
		s = strings.TrimPrefix(s, "]")
	}
	e.Detail = word(&s, `,"detail":"`)
	return e
}

// word cuts the prefix and a text up to its quotation mark off s; without the
// prefix it cuts nothing.
func word(s *string, prefix string) string {
	rest, ok := strings.CutPrefix(*s, prefix)
	if !ok {
		return ""
	}
	text, rest, _ := strings.Cut(rest, `"`)
	*s = rest
	return text
}

func number(s *string, prefix string) int64 {
	rest, ok := strings.CutPrefix(*s, prefix)
	if !ok {
		return 0
	}
	end := strings.IndexAny(rest, ",}")
	if end < 0 {
		return 0
	}
	n, _ := strconv.ParseInt(rest[:end], 10, 64)
	*s = rest[end:]
	return n
}
