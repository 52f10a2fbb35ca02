package review

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"drawbridge"
	"drawbridge/internal/assess"
	"drawbridge/internal/inquiry"
	"drawbridge/internal/policy"
	"drawbridge/internal/questionnaire"
	"drawbridge/internal/seal"
)

// maxItems bounds how many findings of a review are laid out, the worst.
const maxItems = 200

// layout is what is laid out to be looked at.
type layout struct {
	*look
	items []drawbridge.ReviewItem
	shown map[string]bool // answers and findings that stand in an item
}

// items lays out what there is to look at, the most pressing first.
func (l *look) items() ([]drawbridge.ReviewItem, error) {
	out := &layout{look: l, shown: map[string]bool{}}
	said, err := out.asked()
	if err != nil {
		return nil, err
	}
	doc, err := l.desk.document(l.file.Assessment.Document)
	if err != nil {
		return nil, err
	}
	out.claims(doc, said)
	out.unknown(doc)
	out.questions(said)
	for _, add := range []func() error{out.risks, out.filed, out.parts} {
		if err := add(); err != nil {
			return nil, err
		}
	}
	for i := range out.items {
		if err := finish(&out.items[i]); err != nil {
			return nil, err
		}
	}
	slices.SortStableFunc(out.items, func(a, b drawbridge.ReviewItem) int { return cmp.Compare(rank(&a), rank(&b)) })
	return out.items, nil
}

// rank puts first what a person has to look at first.
func rank(it *drawbridge.ReviewItem) int {
	states := []string{assess.Contradicted, "disputed", "unknown", "unanswered", "offered", "denied"}
	switch i := slices.Index(states, it.State); {
	case i >= 0:
		return i
	case it.Kind == "finding":
		return 20 - it.Severity.Rank()
	case it.State == assess.Untested:
		return 30
	case it.State == assess.NotTestable:
		return 31
	case it.Kind == "map":
		return 50
	default:
		return 40
	}
}

// finish gives an item its digest: over what is said, not over when.
func finish(it *drawbridge.ReviewItem) error {
	for _, list := range []*[]drawbridge.ItemLine{&it.Answers, &it.Claims, &it.Tests} {
		if *list == nil {
			*list = []drawbridge.ItemLine{}
		}
	}
	plain := func(list []drawbridge.ItemLine) []any {
		out := make([]any, len(list))
		for i, s := range list {
			out[i] = []any{s.By, s.Text, s.Tone, s.Note}
		}
		return out
	}
	data, err := seal.Canonical(map[string]any{
		"title": it.Title, "state": it.State, "required": it.Required, "severity": string(it.Severity), "known": string(it.Known), "said": it.Said,
		"answers": plain(it.Answers), "claims": plain(it.Claims), "tests": plain(it.Tests),
	})
	if err != nil {
		return fmt.Errorf("digest of %s: %w", it.Key, err)
	}
	it.Digest = seal.Digest(data)
	if it.Said == "" {
		it.Said = inShort(it)
	}
	return nil
}

// inShort is what an item says in a few words.
func inShort(it *drawbridge.ReviewItem) string {
	said := []string{words(it.State)}
	for _, s := range it.Answers {
		said = append(said, s.Text)
	}
	for _, s := range it.Tests {
		said = append(said, strings.TrimSpace(s.By+" "+s.Tone))
	}
	const most = 300
	out := []rune(strings.Join(said, "; "))
	return string(out[:min(len(out), most)])
}

// sent is a questionnaire that counts for the review, with what was answered.
type sent struct {
	drawbridge.Inquiry

	items   *questionnaire.Items
	answers map[string]questionnaire.Answer
}

// asked reads the questionnaires of the review, and those that stand from before.
func (l *layout) asked() ([]sent, error) {
	replaced := map[drawbridge.InquiryID]bool{}
	var list []drawbridge.Inquiry
	for _, q := range l.file.Inquiries {
		if q.State == inquiry.StateClosed || q.Review != l.review.ID && (q.State != inquiry.StateAccepted || replaced[q.ID]) {
			continue
		}
		replaced[q.Previous] = true
		list = append(list, q)
	}
	answers, err := l.answers()
	if err != nil {
		return nil, err
	}
	var out []sent
	for _, q := range list {
		it, err := l.desk.items(&q)
		if err != nil {
			return nil, fmt.Errorf("read the questions of %s: %w", q.ID, err)
		}
		out = append(out, sent{q, it, answers[q.ID]})
	}
	return out, nil
}

// line is the answer to one question.
func (s *sent) line(q *questionnaire.Question) drawbridge.ItemLine {
	a := s.answers[q.ID]
	out := drawbridge.ItemLine{By: "answer:" + string(s.ID) + "/" + q.ID, Note: a.Comment, Link: string(s.ID)}
	switch {
	case a.NA:
		out.Text, out.Note = "does not apply", strings.TrimPrefix(strings.Join([]string{a.Reason, a.Comment}, "; "), "; ")
		out.Note = strings.TrimSuffix(out.Note, "; ")
	case a.Given():
		out.Text = inWords(q, a.Value)
	default:
		out.Text, out.Tone = "not answered", "missing"
	}
	return out
}

// inWords is an answer as it was offered to choose, or as it was written.
func inWords(q *questionnaire.Question, value json.RawMessage) string {
	label := func(s string) string {
		for _, o := range q.Options {
			if o.Value == s {
				return cmp.Or(o.Label, o.Value)
			}
		}
		return s
	}
	var yes bool
	var one string
	var many []string
	switch {
	case json.Unmarshal(value, &yes) == nil && yes:
		return "yes"
	case json.Unmarshal(value, &yes) == nil:
		return "no"
	case json.Unmarshal(value, &one) == nil:
		return label(one)
	case json.Unmarshal(value, &many) == nil:
		for i := range many {
			many[i] = label(many[i])
		}
		return strings.Join(many, ", ")
	}
	return string(value)
}

// claims lays each claim beside the answers behind it and the tests of it.
func (l *layout) claims(doc *document, said []sent) {
	byID := map[string]*policy.Control{}
	for i := range doc.Controls {
		byID[doc.Controls[i].ID] = &doc.Controls[i]
	}
	for i := range doc.Claims {
		c := &doc.Claims[i]
		it := drawbridge.ReviewItem{
			Key: "claim:" + c.Control + "@" + c.Element, Kind: "claim", Title: c.Title, About: c.Element, State: c.Verdict, Required: c.Required,
			Topic: "claim", Object: c.Control + "@" + c.Element,
		}
		if control := byID[c.Control]; control != nil {
			it.Known, it.Confidence = control.Known, control.Confidence
		}
		switch {
		case c.Verdict == assess.Contradicted && c.Reviewed:
			it.State = "ruled"
		case c.Disputed && c.Verdict != assess.Contradicted:
			it.State = "disputed"
		}
		for _, s := range c.Claims {
			l.claim(&it, s, said)
		}
		for _, t := range c.Tests {
			it.Tests = append(it.Tests, testLine(t))
			for _, f := range t.Findings {
				l.shown[f] = true
			}
		}
		l.items = append(l.items, it)
	}
}

// claim puts a statement where it belongs: an answer beside its question, and
// what the manifest or a document says into the middle.
func (l *layout) claim(it *drawbridge.ReviewItem, s assess.ClaimSide, said []sent) {
	line := drawbridge.ItemLine{By: s.Source, Text: "says that it is in place", Tone: "holds"}
	if !s.Holds {
		line.Text, line.Tone = "says that it is not in place", "denies"
	}
	kind, rest, _ := strings.Cut(s.Source, ":")
	switch kind {
	case "answer":
		id, question, _ := strings.Cut(rest, "/")
		for i := range said {
			if string(said[i].ID) != id {
				continue
			}
			if q, err := said[i].items.Question(question); err == nil {
				a := said[i].line(q)
				a.Tone = line.Tone
				a.Text = q.Text + " " + a.Text
				it.Answers = append(it.Answers, a)
				it.Inquiry = said[i].ID
				l.shown[s.Source] = true
				return
			}
		}
		it.Answers = append(it.Answers, line)
	case "evidence":
		line.Link = rest
		for _, e := range l.file.Evidence {
			if string(e.ID) == rest {
				line.Text, line.Note = e.Title, string(e.Known)
			}
		}
		it.Claims = append(it.Claims, line)
	default:
		line.Note = strings.Join(s.Keys, ", ")
		it.Claims = append(it.Claims, line)
	}
}

func testLine(t assess.TestSide) drawbridge.ItemLine {
	out := drawbridge.ItemLine{By: t.Check, Text: t.Interface, Tone: string(t.Verdict), Note: t.Reason, At: t.At, Link: t.Run}
	if len(t.Findings) > 0 {
		out.Link = t.Findings[0]
	}
	if r := t.Ruling; r != nil {
		out.Note = "ruled for " + string(r.Role) + ": the failure stands. " + r.Reason
		if r.Refuted {
			out.Note = "ruled for " + string(r.Role) + ": the test is wrong. " + r.Reason
		}
	}
	return out
}

// unknown adds the required controls of which nobody says anything.
func (l *layout) unknown(doc *document) {
	claimed := map[string]bool{}
	for _, c := range doc.Claims {
		claimed[c.Control] = true
	}
	for i := range doc.Controls {
		c := &doc.Controls[i]
		if !c.Required || !c.Applies || claimed[c.ID] {
			continue
		}
		it := drawbridge.ReviewItem{
			Key: "control:" + c.ID, Kind: "control", Title: c.Title, About: c.Element, State: "denied", Required: true, Known: c.Known, Confidence: c.Confidence,
			Topic: "control", Object: c.ID, Claims: []drawbridge.ItemLine{{By: "rubric", Text: c.Because}},
		}
		if c.Value == nil {
			it.State = "unknown"
			for _, key := range c.Missing {
				it.Answers = append(it.Answers, drawbridge.ItemLine{By: "manifest", Text: key, Tone: "missing"})
			}
		} else if *c.Value > 0 {
			it.State = "in_part"
		}
		if c.Verdict != "" {
			it.Tests = []drawbridge.ItemLine{{By: strings.Join(c.Settles, ", "), Tone: string(c.Verdict)}}
		}
		l.items = append(l.items, it)
	}
}

// questions adds the questions that stand in no claim.
func (l *layout) questions(said []sent) {
	for i := range said {
		s := &said[i]
		for _, id := range s.items.Visible(s.answers) {
			q, err := s.items.Question(id)
			if err != nil || l.shown["answer:"+string(s.ID)+"/"+id] {
				continue
			}
			a := s.line(q)
			it := drawbridge.ReviewItem{
				Key: "question:" + string(s.ID) + "/" + id, Kind: "question", Title: q.Text, About: strings.Join(q.Controls, ", "), State: "answered", Required: q.Required,
				Answers: []drawbridge.ItemLine{a}, Topic: "question", Object: id, Inquiry: s.ID,
			}
			if a.Tone == "missing" {
				it.State = "open"
				if q.Required {
					it.State = "unanswered"
				}
			}
			for _, kind := range q.Evidence {
				for _, e := range l.file.Evidence {
					if e.Kind == kind {
						it.Claims = append(it.Claims, drawbridge.ItemLine{By: "evidence:" + string(e.ID), Text: e.Title, Note: string(e.Known), Link: string(e.ID)})
					}
				}
			}
			l.items = append(l.items, it)
		}
	}
}
