package inquiry

import (
	"bytes"
	"context"
	"maps"
	"slices"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/action"
	"drawbridge/internal/questionnaire"
	"drawbridge/internal/store"
)

// MaxFile bounds a spreadsheet that is taken in, in bytes.
const MaxFile = 4 << 20

// Export writes the questions and answers as a spreadsheet, which Import takes back.
func (d *Desk) Export(ctx context.Context, actor access.Actor, id drawbridge.InquiryID) ([]byte, error) {
	it, said, err := d.seen(ctx, actor, id)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	err = questionnaire.WriteSheet(&b, it, said)
	return b.Bytes(), err
}

// Importing is a spreadsheet on its way in.
type Importing struct {
	Data    []byte
	Replace []string // questions whose answers may be replaced, although others stand
	Key     string
}

// Imported is what became of it.
type Imported struct {
	Answered []string `json:"answered"` // questions that have a new answer
	Same     []string `json:"same"`     // that said so already
}

// Import takes the answers of a spreadsheet in, all or none. It fills what is
// empty; an answer that stands is replaced only where Replace names it.
func (d *Desk) Import(ctx context.Context, actor access.Actor, id drawbridge.InquiryID, in Importing) (Imported, error) {
	it, err := d.look(ctx, actor, access.InquiryAnswer, id)
	if err != nil {
		return Imported{}, err
	}
	if len(in.Data) > MaxFile {
		return Imported{}, drawbridge.Errorf(drawbridge.TooLarge, "the spreadsheet has more than %s", drawbridge.Size(MaxFile))
	}
	said, err := questionnaire.ReadSheet(in.Data, it)
	if err != nil {
		return Imported{}, err
	}
	var q *drawbridge.Inquiry
	act := action.Act{
		Actor: actor, Action: access.InquiryAnswer, On: on(id, &q), Key: in.Key, Input: map[string]any{"answers": said, "replace": in.Replace},
	}
	out, _, err := action.Do(ctx, d.door, act, func(tx *store.Tx) (Imported, error) {
		w, err := d.write(tx, actor, q, it)
		if err != nil {
			return Imported{}, err
		}
		return w.take(said, in.Replace)
	})
	return out, err
}

// take puts every answer that a file gives.
func (w *writing) take(said map[string]questionnaire.Answer, replace []string) (Imported, error) {
	out := Imported{Answered: []string{}, Same: []string{}}
	var others []string
	for _, id := range slices.Sorted(maps.Keys(said)) {
		have, had := w.latest[id]
		switch {
		case !said[id].Given() && said[id].Comment == "":
			continue
		case had && have.Confirmed && sameAnswer(have.Answer, said[id]):
			out.Same = append(out.Same, id)
			continue
		case had && have.Answer.Given() && !sameAnswer(have.Answer, said[id]) && !slices.Contains(replace, id):
			others = append(others, id)
			continue
		}
		if _, err := w.put(Putting{Question: id, Base: have.ID, Answer: said[id]}, SourceImport); err != nil {
			return out, err
		}
		out.Answered = append(out.Answered, id)
	}
	if len(others) > 0 {
		return out, conflict("%s another answer already, and nothing was taken in: %s; name those that the file replaces", drawbridge.Count(len(others), "question has", "questions have"), some(others))
	}
	return out, w.count()
}
