package store

import (
	"fmt"
	"time"

	"drawbridge"
)

// The kinds of record, each with its table.
var (
	partners     = newTable[drawbridge.Partner]("partner", "id")
	integrations = newTable[drawbridge.Integration]("integration", "id")
	members      = newTable[drawbridge.Member]("member", "id")
	revisions    = newTable[drawbridge.Revision]("revision", "id")
	assessments  = newTable[drawbridge.Assessment]("assessment", "id")
	people       = newTable[drawbridge.Person]("person", "id")
	credentials  = newTable[drawbridge.Credential]("credential", "id")
	tokens       = newTable[drawbridge.Token]("token", "id")
	blobRows     = newTable[Blob]("blob", "id")
	webhooks     = newTable[drawbridge.Hook]("webhook", "id")
	periods      = newTable[drawbridge.Period]("retention", "id")
	holds        = newTable[drawbridge.Hold]("hold", "id")

	reviews       = newTable[drawbridge.Review]("review", "id")
	signoffs      = newTable[drawbridge.Signoff]("signoff", "id")
	delegations   = newTable[drawbridge.Delegation]("delegation", "id")
	decisions     = newTable[drawbridge.Decision]("decision", "id")
	standings     = newTable[drawbridge.Standing]("standing", "id")
	rulings       = newTable[drawbridge.Ruling]("ruling", "id")
	runs          = newTable[drawbridge.Run]("run", "id")
	inquiries     = newTable[drawbridge.Inquiry]("inquiry", "id")
	answers       = newTable[drawbridge.Answer]("answer", "id")
	links         = newTable[drawbridge.Link]("link", "id")
	evidences     = newTable[drawbridge.Evidence]("evidence", "id")
	threads       = newTable[drawbridge.Thread]("thread", "id")
	comments      = newTable[drawbridge.Comment]("comment", "id")
	contracts     = newTable[drawbridge.Contract]("contract", "id")
	measures      = newTable[drawbridge.Measure]("measure", "id")
	subprocessors = newTable[drawbridge.Subprocessor]("subprocessor", "id")
	notices       = newTable[drawbridge.Notice]("notice", "id")
	profiles      = newTable[drawbridge.Profile]("profile", "id")
	conditions    = newTable[drawbridge.Condition]("condition", "id")
	exceptions    = newTable[drawbridge.Exception]("exception", "id")
	risks         = newTable[drawbridge.Risk]("risk", "id")
	triggers      = newTable[drawbridge.Trigger]("trigger_event", "id")
	attestations  = newTable[drawbridge.Attestation]("attestation", "id")
	departures    = newTable[drawbridge.Departure]("departure", "id")
	threatReviews = newTable[drawbridge.ThreatReview]("threat_review", "id")
	footprints    = newTable[drawbridge.Footprint]("footprint", "id")
)

// records lists every kind of record: fsck walks them, backup copies them.
func records() []record {
	return []record{
		partners, integrations, members, revisions, assessments, people, credentials, tokens, blobRows, webhooks, periods, holds,
		reviews, signoffs, delegations, decisions, standings, rulings, runs, inquiries, answers,
		links, evidences, threads, comments, contracts, measures, subprocessors, notices, profiles,
		conditions, exceptions, risks, triggers, attestations, departures, threatReviews, footprints,
	}
}

// Kinds names every kind of record.
func Kinds() []string {
	var out []string
	for _, r := range records() {
		out = append(out, r.name())
	}
	return out
}

// Digests recomputes the digests of a kind's rows, in the order of their
// identifiers, after the one that is named.
func (tx *Tx) Digests(kind, after string, limit int) ([]Digest, error) {
	for _, r := range records() {
		if r.name() == kind {
			return r.digests(tx, after, limit)
		}
	}
	return nil, fmt.Errorf("store: %q is no kind of record", kind)
}

// Existing tells which identifiers of a kind have a row.
func (tx *Tx) Existing(kind string, ids []string) (map[string]bool, error) {
	for _, r := range records() {
		if r.name() == kind {
			return r.existing(tx, ids)
		}
	}
	return nil, fmt.Errorf("store: %q is no kind of record", kind)
}

// Blob is the record of a file: what its digest stands for.
type Blob struct {
	drawbridge.Meta
	ID          string                   `json:"id"` // sha256:… of the content
	Kind        string                   `json:"kind"`
	Size        int64                    `json:"size"` // bytes of the content
	Integration drawbridge.IntegrationID `json:"integration"`
	CreatedAt   time.Time                `json:"created_at"`
}
