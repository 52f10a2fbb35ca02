package inquiry

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"strings"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/questionnaire"
	"drawbridge/internal/store"
)

// Copy writes the questions and answers as plain text, to be put anywhere.
func (d *Desk) Copy(ctx context.Context, actor access.Actor, id drawbridge.InquiryID) ([]byte, error) {
	it, said, err := d.seen(ctx, actor, id)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	section := ""
	for _, q := range it.Questions {
		if q.Section != section {
			section = q.Section
			title := section
			for _, s := range it.Sections {
				if s.ID == section {
					title = s.Title
				}
			}
			fmt.Fprintf(&b, "%s\n\n", title)
		}
		fmt.Fprintf(&b, "%s  %s\n", q.ID, q.Text)
		for line := range strings.Lines(words(said[q.ID])) {
			fmt.Fprintf(&b, "    %s\n", strings.TrimRight(line, "\n"))
		}
		b.WriteByte('\n')
	}
	return b.Bytes(), nil
}

// words are an answer for people.
func words(a questionnaire.Answer) string {
	out := "(no answer)"
	switch {
	case a.NA:
		out = "does not apply: " + a.Reason
	case a.Given():
		out = text(a.Value)
	}
	if a.Comment != "" {
		out += "\n(" + a.Comment + ")"
	}
	return out
}

// seen are the questions that the actor may see, with the answers that stand.
func (d *Desk) seen(ctx context.Context, actor access.Actor, id drawbridge.InquiryID) (*questionnaire.Items, map[string]questionnaire.Answer, error) {
	it, err := d.look(ctx, actor, access.InquiryRead, id)
	if err != nil {
		return nil, nil, err
	}
	var latest map[string]Given
	var link *drawbridge.Link
	err = d.door.Store().View(ctx, func(tx *store.Tx) error {
		if link, err = holder(tx, actor); err != nil {
			return err
		}
		latest, err = d.latest(tx, id)
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	maps.DeleteFunc(latest, func(question string, _ Given) bool { return !may(link, question) })
	if actor.Inquiry != "" {
		narrow := forPartner(it, link)
		it = &narrow
	}
	return it, answersOf(latest), nil
}

// text is a JSON text without its spelling.
func text(raw json.RawMessage) string {
	var s string
	if json.Unmarshal(raw, &s) != nil {
		return string(raw)
	}
	return s
}
