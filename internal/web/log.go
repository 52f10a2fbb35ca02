package web

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"drawbridge"
	"drawbridge/internal/custody"
	"drawbridge/internal/web/view"
)

// log is the ledger, newest first, by the filters that stand in the address.
func (p *page) log() (templ.Component, error) {
	p.shell.Title, p.shell.Lead = "Log", "Everything that anybody did here, and every refusal. Nothing is ever taken out of it."
	q := p.R.URL.Query()
	f := custody.LogFilter{
		Actor: strings.TrimSpace(q.Get("actor")), Action: strings.TrimSpace(q.Get("action")), Object: strings.TrimSpace(q.Get("object")),
		From: drawbridge.Date(q.Get("from")), To: drawbridge.Date(q.Get("to")),
	}
	below, _ := strconv.ParseInt(q.Get("below"), 10, 64)
	out := view.Log{Now: p.now, Actor: f.Actor, Action: f.Action, Object: f.Object, From: string(f.From), To: string(f.To), Any: f != custody.LogFilter{}}
	list, err := p.web.opt.Custody.Entries(p.R.Context(), p.Actor, f, below, 50)
	if err != nil && drawbridge.KindOf(err) != drawbridge.Invalid {
		return nil, err
	}
	p.failed = err // a filter that says nothing is said above the empty list
	p.wrong()
	var who []string
	for _, e := range list.Entries {
		who = append(who, e.Actor)
	}
	names, err := p.web.opt.Account.Names(p.R.Context(), p.Actor, who...)
	if err != nil {
		return nil, err
	}
	for _, e := range list.Entries {
		out.Rows = append(out.Rows, view.LogRow{
			Seq: int(e.Seq), At: e.At, Actor: e.Actor, Name: names[e.Actor], By: logOf("actor", e.Actor), Via: e.Via, Action: e.Action,
			Object: e.Object, About: logAbout(e.Object), Count: len(e.Changes),
		})
	}
	if q.Get("below") != "" {
		out.First = address("/log", q, "below", "")
	}
	if list.Below > 0 {
		out.Next, out.Looked = address("/log", q, "below", strconv.FormatInt(list.Below, 10)), true
	}
	return view.LogPage(out), nil
}

// logOf is the path of the log by one filter.
func logOf(name, value string) string { return address("/log", nil, name, value) }

func logAbout(object string) string {
	if !strings.Contains(object, "/") {
		return ""
	}
	return logOf("object", object)
}

func (p *page) seq() (int64, error) {
	seq, err := strconv.ParseInt(p.R.PathValue("seq"), 10, 64)
	if err != nil {
		return 0, errNoPage()
	}
	return seq, nil
}

// logEntry is one entry, with its way to the root.
func (p *page) logEntry() (templ.Component, error) {
	seq, err := p.seq()
	if err != nil {
		return nil, err
	}
	e, err := p.web.opt.Custody.Entry(p.R.Context(), p.Actor, seq)
	if err != nil {
		return nil, err
	}
	data, err := p.web.opt.Custody.Prove(p.R.Context(), p.Actor, seq)
	if err != nil {
		return nil, err
	}
	var proof struct {
		Hashes     []string `json:"hashes"`
		Checkpoint string   `json:"checkpoint"`
	}
	if err := json.Unmarshal(data, &proof); err != nil {
		return nil, fmt.Errorf("read the proof of entry %d: %w", seq, err)
	}
	p.shell.Title = fmt.Sprintf("Entry %d: %s", seq, e.Action)
	p.shell.Trail = []view.Link{{Text: "Log", To: "/log"}}
	names, err := p.web.opt.Account.Names(p.R.Context(), p.Actor, e.Actor)
	if err != nil {
		return nil, err
	}
	out := view.LogEntry{
		Now: p.now, Seq: int(seq), Size: int(e.Size), At: e.At, Name: names[e.Actor], Actor: view.Link{Text: e.Actor, To: logOf("actor", e.Actor)}, Via: e.Via, Action: e.Action,
		Object: view.Link{Text: e.Object, To: logOf("object", e.Object)}, Request: e.Request, Reason: e.Reason, Detail: e.Detail, Erased: e.Erased, Hashes: proof.Hashes, Note: proof.Checkpoint,
	}
	if seq > 0 {
		out.Before = "/log/" + strconv.FormatInt(seq-1, 10)
	}
	if seq < e.Size-1 {
		out.After = "/log/" + strconv.FormatInt(seq+1, 10)
	}
	for _, c := range e.Changes {
		record := c.Kind + "/" + c.ID
		out.Changes = append(out.Changes, view.LogChange{
			Record: view.Link{Text: record, To: logOf("object", record)}, Op: c.Op, Before: c.Before, After: c.After, Fields: fieldsOf(e.Details, c.Kind, c.ID),
		})
	}
	return view.LogEntryPage(out), nil
}

// fieldsOf are the fields of a record that an entry still tells of.
func fieldsOf(details []custody.LogDetail, kind, id string) (out []view.LogField) {
	for _, d := range details {
		if d.Kind != kind || d.ID != id {
			continue
		}
		names := maps.Clone(d.Old)
		if names == nil {
			names = map[string]any{}
		}
		maps.Copy(names, d.New)
		for _, name := range slices.Sorted(maps.Keys(names)) {
			out = append(out, view.LogField{Name: name, Old: plainly(d.Old, name), New: plainly(d.New, name)})
		}
	}
	return out
}

// plainly is a value for people: a text as it is, and the rest as JSON.
func plainly(from map[string]any, name string) string {
	v, ok := from[name]
	if !ok || v == nil {
		return ""
	}
	if text, ok := v.(string); ok {
		return text
	}
	data, err := json.Marshal(v)
	if err != nil {
		return ""
	}
	return string(data)
}

func (p *page) checkpoint() (templ.Component, error) {
	p.shell.Title, p.shell.Lead = "Checkpoint", "What the log holds now, in one signed note."
	p.shell.Trail = []view.Link{{Text: "Log", To: "/log"}}
	note, err := p.web.opt.Custody.Checkpoint(p.R.Context(), p.Actor)
	if err != nil {
		return nil, err
	}
	return view.CheckpointPage(note), nil
}

// give sends a document as a file.
func (p *page) give(media, name string, data []byte) error {
	h := p.W.Header()
	h.Set("Content-Type", media)
	h.Set("Content-Disposition", `attachment; filename="`+name+`"`)
	p.W.WriteHeader(http.StatusOK)
	if p.R.Method != http.MethodHead {
		_, _ = p.W.Write(data) // the reader may be gone
	}
	return nil
}

func (p *page) giveCheckpoint() error {
	note, err := p.web.opt.Custody.Checkpoint(p.R.Context(), p.Actor)
	if err != nil {
		return err
	}
	return p.give("text/plain; charset=utf-8", "checkpoint.txt", []byte(note))
}

func (p *page) giveProof() error {
	seq, err := p.seq()
	if err != nil {
		return err
	}
	proof, err := p.web.opt.Custody.Prove(p.R.Context(), p.Actor, seq)
	if err != nil {
		return err
	}
	return p.give("application/json", fmt.Sprintf("proof-%d.json", seq), proof)
}

func (p *page) giveLog() error {
	if err := p.web.opt.Custody.MayExport(p.R.Context(), p.Actor); err != nil {
		return err
	}
	leave, err := p.Wait(p.R.Context(), p.web.opt.Front.Heavy)
	if err != nil {
		return err
	}
	defer leave()
	h := p.W.Header()
	h.Set("Content-Type", "application/jsonl")
	h.Set("Content-Disposition", `attachment; filename="ledger.jsonl"`)
	if p.R.Method == http.MethodHead {
		return nil
	}
	return p.web.opt.Custody.Export(p.R.Context(), p.Actor, p.W, nil)
}
