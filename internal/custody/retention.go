package custody

import (
	"context"
	"slices"
	"strings"
	"time"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/action"
	"drawbridge/internal/store"
)

// The kinds of kept things whose period can be set.
const (
	KeepDetail   = "ledger_detail"
	KeepDocument = "assessment_document"
	KeepBundle   = "revision_bundle"
	KeepEvidence = "evidence_file"
	KeepRun      = "run_document"
	KeepFindings = "findings"
	KeepPerson   = "person"
	KeepToken    = "token"
	KeepMessage  = "message"
	KeepReplay   = "idempotency"
)

// Rule says how long one kind of thing is kept, and what becomes of it.
type Rule struct {
	Kind   string   `json:"kind"`
	What   string   `json:"what"`
	From   string   `json:"from"`   // from when the period counts, or until when the thing is kept
	Days   int64    `json:"days"`   // the product's own period; 0 where none can be set
	Least  int64    `json:"least"`  // the shortest that can be set
	Purged string   `json:"purged"` // what goes
	Stays  string   `json:"stays"`
	Why    string   `json:"why"`
	Held   bool     `json:"held"` // whether a legal hold keeps it
	Tables []string `json:"-"`    // of the database, in which such things are
}

// rules is the table of everything that is kept.
var rules = []Rule{
	{
		Kind: KeepDetail, What: "reasons, and values before and after, of the ledger's entries", From: "the entry", Days: 3650, Least: 30,
		Purged: "the text that the entry commits to", Stays: "the entry with its digests; the ledger still verifies",
		Why: "it holds what people wrote", Held: true, Tables: []string{"ledger_detail"},
	},
	{
		Kind: KeepDocument, What: "whole documents of assessments", From: "the assessment", Days: 1095, Least: 30,
		Purged: "the file; never that which an integration in use shows now", Stays: "the assessment with score, verdict and the document's digest",
		Why: "the newest tells how things are; older ones only how they were", Held: true, Tables: []string{"blob"},
	},
	{
		Kind: KeepBundle, What: "files of revisions", From: "the revision", Days: 3650, Least: 365,
		Purged: "the files; never those of the head of an integration in use", Stays: "the revision with its difference, its reason and the files' digests",
		Why: "they show what was approved", Held: true, Tables: []string{"blob"},
	},
	{
		Kind: KeepEvidence, What: "files of evidence", From: "the document's last day, or what was last decided about it, if that is later", Days: 3650, Least: 365,
		Purged: "the file; never that of a document that counts", Stays: "what was said of the document, who accepted it and why, and the file's digest",
		Why: "it is what a decision rested on, for as long as somebody may ask", Held: true, Tables: []string{"blob"},
	},
	{
		Kind: KeepRun, What: "whole runs of tests", From: "the day on which the run came", Days: 1095, Least: 30,
		Purged: "the file; never that of a run that an integration in use still rests on", Stays: "the verdicts, who handed them in, and the file's digest",
		Why: "later runs take its place", Held: true, Tables: []string{"blob"},
	},
	{
		Kind: KeepFindings, What: "the list of findings of a retired integration", From: "the assessment", Days: 365, Least: 1,
		Purged: "the rows", Stays: "the assessment, and its document while that is kept",
		Why: "they can be read in the document", Held: true, Tables: []string{"finding"},
	},
	{
		Kind: KeepPerson, What: "personal data of people who were disabled and own nothing", From: "the last change of the account", Days: 365, Least: 1,
		Purged: "name, address, roles, credentials, tokens, memberships, and the ledger's details about them", Stays: "the identifier",
		Why: "nobody needs it any more", Held: true, Tables: []string{"person", "credential", "member"},
	},
	{
		Kind: KeepToken, What: "tokens that expired or were revoked", From: "their end", Days: 365, Least: 30,
		Purged: "the row", Stays: "the entries about it", Why: "to tell what a token was that acted", Held: true, Tables: []string{"token"},
	},
	{
		Kind: KeepMessage, What: "messages in people's inboxes, with their deliveries", From: "the message", Days: 180, Least: 7,
		Purged: "the rows", Stays: "nothing but the proof of purge", Why: "they name identifiers alone", Held: true, Tables: []string{"message", "delivery"},
	},
	{
		Kind: KeepReplay, What: "sealed answers, for requests that are repeated with the same key", From: "the answer", Days: 2, Least: 1,
		Purged: "the rows", Stays: "the act itself", Why: "a repetition comes soon", Tables: []string{"idempotency"},
	},
	{
		Kind: "ledger", What: "entries of the ledger, which hold identifiers and digests alone", From: "for good", Stays: "all", Held: true,
		Why: "it proves everything else", Tables: []string{"ledger_entry", "ledger_hash", "ledger_head", "ledger_subject"},
	},
	{
		Kind: "record", What: "partners, integrations, revisions, assessments, webhooks, periods and holds", From: "for good", Stays: "all", Held: true,
		Why: "they are the record", Tables: []string{"partner", "integration", "revision", "assessment", "webhook", "retention", "hold", "no_mail"},
	},
	{
		Kind: "review", What: "reviews, sign-offs, decisions, questionnaires and answers, what was said of evidence, discussions, contracts, risks, exceptions, and what goes with them",
		From: "for good", Stays: "all, with the questions that were sent, the views that were signed and the approvals", Held: true, Why: "they show what was decided, on what, and by whom",
		Tables: []string{
			"review", "signoff", "delegation", "decision", "standing", "ruling", "run", "inquiry", "answer", "link", "evidence", "thread", "comment",
			"contract", "measure", "subprocessor", "notice", "profile", "condition", "exception", "risk", "trigger_event", "attestation", "departure", "threat_review", "footprint",
		},
	},
	{
		Kind: "session", What: "who is signed in", From: "until the session ends", Purged: "the row, by the hour",
		Stays: "the entry of the sign-in", Why: "it is no record", Tables: []string{"session"},
	},
	{
		Kind: "viewed", What: "what a reviewer ticked as viewed", From: "until the account is erased", Purged: "the rows",
		Stays: "nothing", Why: "it is a note to oneself and no record", Tables: []string{"viewed"},
	},
	{
		Kind: "live_run", What: "what a run of tests says while it goes on", From: "until the run is handed in, or a week after its last sign", Purged: "the row, at the latest by the next run",
		Stays: "the run that was handed in", Why: "it is no record: nothing is concluded from it", Tables: []string{"live_run"},
	},
	{
		Kind: "draft", What: "what people began to ask for", From: "90 days after it was last saved, 7 after it was sent or discarded", Purged: "the row and its file, by the hour",
		Stays: "nothing", Why: "it is a note to oneself and no record", Tables: []string{"draft", "draft_file"},
	},
	{
		Kind: "saved_view", What: "filters of lists that people saved under a name", From: "until the account is erased; thirty days after they were deleted", Purged: "the rows",
		Stays: "nothing", Why: "they are notes and no record", Tables: []string{"saved_view"},
	},
	{
		Kind: "bulk", What: "acts on many things at once, and how far each came", From: "90 days after the end", Purged: "the rows, at the latest by the next such act",
		Stays: "what was done, act by act", Why: "they are notes: each act is recorded by itself", Tables: []string{"bulk", "bulk_item"},
	},
	{
		Kind: "event", What: "jobs that ended", From: "30 days after their end", Purged: "the row, by the hour",
		Stays: "what the job did", Why: "it is no record", Tables: []string{"event"},
	},
	{
		Kind: "backup", What: "files that drawbridge backup wrote", From: "as many as --keep says", Purged: "the oldest file",
		Stays: "the entry of the backup", Why: "what is purged is still in older backups: keep few, and encrypt them",
	},
}

// Rules lists everything that is kept.
func Rules() []Rule { return slices.Clone(rules) }

// Kept is a rule as it stands in this installation.
type Kept struct {
	Rule
	Period  int64 `json:"period"`  // days; 0 where none can be set
	Version int64 `json:"version"` // of the period; 0 while it is the product's own
}

// Retention lists how long everything is kept.
func (d *Desk) Retention(ctx context.Context, actor access.Actor) ([]Kept, error) {
	var out []Kept
	err := d.door.View(ctx, action.Act{Actor: actor, Action: access.RetentionRead, Object: access.Object{Kind: "retention"}}, func(tx *store.Tx) (err error) {
		out, err = kept(tx)
		return err
	})
	return out, err
}

func kept(tx *store.Tx) ([]Kept, error) {
	set, err := tx.Periods()
	if err != nil {
		return nil, err
	}
	out := make([]Kept, len(rules))
	for i, r := range rules {
		out[i] = Kept{Rule: r, Period: r.Days}
		for _, p := range set {
			if p.ID == r.Kind {
				out[i].Period, out[i].Version = p.Days, p.Version
			}
		}
	}
	return out, nil
}

// NewPeriod is a change of a period.
type NewPeriod struct {
	Kind    string
	Days    int64
	Version int64 // of the period that was read; 0 while it is the product's own
	Reason  string
	Key     string // idempotency key
}

// longest is a period that ends with nobody who reads this.
const longest = 36500

// SetPeriod changes how long a kind of thing is kept.
func (d *Desk) SetPeriod(ctx context.Context, actor access.Actor, in NewPeriod) (drawbridge.Period, error) {
	r, err := adjustable(in.Kind)
	if err != nil {
		return drawbridge.Period{}, err
	}
	switch {
	case in.Days < r.Least || in.Days > longest:
		return drawbridge.Period{}, drawbridge.Errorf(drawbridge.Invalid, "%s is kept %d to %d days, not %d", in.Kind, r.Least, longest, in.Days)
	case strings.TrimSpace(in.Reason) == "":
		return drawbridge.Period{}, drawbridge.Errorf(drawbridge.Invalid, "give a reason: it is recorded with the change")
	}
	act := action.Act{
		Actor: actor, Action: access.RetentionWrite, Object: access.Object{Kind: "retention", ID: in.Kind}, Reason: in.Reason, Key: in.Key,
		Input: map[string]any{"kind": in.Kind, "days": in.Days, "version": in.Version},
	}
	p, _, err := action.Do(ctx, d.door, act, func(tx *store.Tx) (drawbridge.Period, error) {
		p := drawbridge.Period{Meta: drawbridge.Meta{Version: in.Version}, ID: in.Kind, Days: in.Days, UpdatedAt: d.now()}
		return p, tx.SetPeriod(&p)
	})
	return p, err
}

// adjustable finds the rule of a kind whose period can be set.
func adjustable(kind string) (Rule, error) {
	var kinds []string
	for _, r := range rules {
		if r.Days == 0 {
			continue
		}
		if r.Kind == kind {
			return r, nil
		}
		kinds = append(kinds, r.Kind)
	}
	return Rule{}, drawbridge.Errorf(drawbridge.Invalid, "%q has no period that can be set; these have one: %s", kind, strings.Join(kinds, ", "))
}

// now is the time as it is stored.
func (d *Desk) now() time.Time { return d.door.Now().UTC().Truncate(time.Microsecond) }
