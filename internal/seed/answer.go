package seed

import (
	"bytes"
	"encoding/json"
	"maps"
	"math/rand/v2"
	"strings"
	"time"

	"drawbridge/internal/questionnaire"
)

// replies are what partners write where they choose no word from a list. %s is
// the partner's host.
var replies = map[string][]string{
	"ai.fairness":             {"Each release is run over a labelled set with balanced groups; a difference of more than two points stops it.", "We look at complaints by language and region every quarter."},
	"application.logs":        {"Every call with account, operation and outcome, kept for 400 days. Bodies are not recorded.", "Requests and errors for 90 days; sign-ins for a year."},
	"assurance.laws":          {"GDPR, supervised by the data protection authority at our seat.", "GDPR and NIS2 as an important entity; we reported to the national authority in spring."},
	"company.security_owner":  {"Head of security, reports to the board every quarter. Reach the team at security@%s.", "Our CTO, until the new security lead starts."},
	"data.special_protection": {"A key of its own for each customer, and access by two people together.", "It is stored apart, and support cannot open it."},
	"data.requests_by_states": {"Counsel checks each request. We answer only what a court of our seat orders, and tell the customer unless that is forbidden."},
	"incident.contact":        {"+00 555 0142, day and night, and incident@%s.", "incident@%s is read around the clock; the phone of the one on duty is in the contract."},
	"incident.past_told":      {"A misrouted export in 2024 reached two customers. We told both on the same day; exports now need a second person."},
	"ours.fallback":           {"Orders are queued for a day and worked off later. The shop shows a notice.", "The team works with the list of last night; nothing is lost for a day."},
	"ours.dpia":               {"Judged by the data protection officer: no assessment needed, the note is in the file.", "An assessment was made with the first release and looked through again this year."},
	"resilience.dependence":   {"One cloud region. A second one holds the backups, and we moved there twice as a test.", "Two people know the billing core well; a third is being trained."},
	"assurance.report_file":   {"report-summary.pdf"},
	"data.diagram":            {"data-flow.pdf"},
}

// numbers are usual answers, better ones first.
var numbers = map[string][]int{
	"access.leavers": {1, 4, 24, 72}, "ai.kept": {0, 30, 90}, "assurance.pentest_open": {0, 0, 1, 3}, "leaving.help": {6, 3, 1}, "resilience.rto": {1, 4, 12, 48}, "resilience.rpo": {0, 1, 4, 24},
}

// rows are lines of tables, by column; one or two of them are answered.
var rows = map[string][]map[string]string{
	"ai.models": {
		{"model": "Tern 4, pinned", "provider": "Quillpath Models", "use": "drafts replies", "data": "the text of the request"},
		{"model": "Plover small", "provider": "ourselves", "use": "sorts requests", "data": "subject lines"},
	},
	"assurance.exceptions": {
		{"exception": "Two leavers kept access for three days", "answer": "accounts are closed by the staff system now", "done": "2026-03-12"},
		{"exception": "One quarterly review was late", "answer": "a second person is reminded", "done": "2026-05-04"},
	},
	"data.list": {
		{"data": "contact data of customers", "purpose": "to give the service", "system": "main database", "country": "IE", "days": "365"},
		{"data": "technical records", "purpose": "to find errors", "system": "log store", "country": "DE", "days": "90"},
	},
	"subprocessors.list": {
		{"name": "Northmoor Hosting", "service": "servers", "country": "IE", "data": "all of it"},
		{"name": "Paperlark Support", "service": "help desk", "country": "PT", "data": "contact data"},
	},
}

// remarks stand beside answers that are not the best.
var remarks = []string{
	"Planned for the next quarter.", "True for the main product; the older module follows by the end of the year.", "We can share the details in a call.",
	"See the report, section 4.", "On request, at a charge.", "Our customers have not asked for it so far.",
}

// notHere is why a question does not apply.
var notHere = []string{"We do not offer this with your plan.", "The service holds none of it.", "It is run by you, in your own account."}

// answers fills a questionnaire in: the careful answer well, the careless less
// so. What stands is left alone.
func answers(r *rand.Rand, with *partner, care int, it *questionnaire.Items, said map[string]questionnaire.Answer, asOf time.Time) map[string]questionnaire.Answer {
	out := map[string]questionnaire.Answer{}
	all := maps.Clone(said)
	if all == nil {
		all = map[string]questionnaire.Answer{}
	}
	for range 4 { // an answer may bring further questions
		for _, id := range it.Visible(all) {
			if _, ok := all[id]; ok {
				continue
			}
			q, err := it.Question(id)
			if err != nil || !q.Required && r.IntN(10) == 0 {
				continue
			}
			a := answer(r, with, care, q, asOf)
			out[id], all[id] = a, a
		}
	}
	return out
}

func answer(r *rand.Rand, with *partner, care int, q *questionnaire.Question, asOf time.Time) questionnaire.Answer {
	good := r.Float64() < []float64{0.96, 0.85, 0.6}[care]
	if q.NA && r.IntN(25) == 0 {
		return questionnaire.Answer{NA: true, Reason: pick(r, notHere)}
	}
	var a questionnaire.Answer
	if !good && r.IntN(2) == 0 || r.IntN(40) == 0 {
		a.Comment = pick(r, remarks)
	}
	a.Value = value(r, with, good, q, asOf)
	return a
}

// value is what is answered to a question of each type.
func value(r *rand.Rand, with *partner, good bool, q *questionnaire.Question, asOf time.Time) json.RawMessage {
	var v any
	switch q.Type {
	case questionnaire.Bool:
		v = good
	case questionnaire.Single:
		v = q.Options[0].Value
		if !good {
			v = q.Options[1+r.IntN(len(q.Options)-1)].Value
		}
	case questionnaire.Multi:
		v = []string{q.Options[0].Value, q.Options[1].Value}
		if !good {
			v = []string{q.Options[len(q.Options)-1].Value}
		}
	case questionnaire.Number:
		list := numbers[q.ID]
		if len(list) == 0 {
			list = []int{1, 2, 4}
		}
		v = list[0]
		if !good {
			v = pick(r, list)
		}
	case questionnaire.Date:
		v = asOf.AddDate(0, 0, -20-r.IntN(300)).Format(time.DateOnly)
	case questionnaire.Table:
		v = rows[q.ID][:1+r.IntN(2)]
	case questionnaire.File:
		v = replies[q.ID]
	default:
		text := "Described in our handbook, which we share on request."
		if list := replies[q.ID]; len(list) > 0 {
			text = pick(r, list)
		}
		v = strings.ReplaceAll(text, "%s", with.host())
	}
	data, err := json.Marshal(v)
	if err != nil {
		return nil // texts and numbers always encode
	}
	return data
}

// filled writes answers as a partner hands them in.
func filled(it *questionnaire.Items, said map[string]questionnaire.Answer) ([]byte, error) {
	var b bytes.Buffer
	err := questionnaire.WriteSheet(&b, it, said)
	return b.Bytes(), err
}

// improved is an answer after a reviewer asked again.
func improved(it *questionnaire.Items, id string, a questionnaire.Answer) (questionnaire.Answer, bool) {
	q, err := it.Question(id)
	if err != nil || a.NA || q.Type != questionnaire.Bool || string(a.Value) != "false" {
		return a, false
	}
	return questionnaire.Answer{Value: json.RawMessage("true"), Comment: "Switched on last week; a screenshot is in the file."}, true
}
