package store

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"drawbridge"
	"drawbridge/internal/ledger"
)

// Due is something whose period has passed, and what it is about.
type Due struct {
	ID    string
	About About
}

// Page is a part of a list of what is due: what was made before a time, after
// an identifier, and how many.
type Page struct {
	Before time.Time
	After  string
	Limit  int
}

// due reads what is due as rows of an identifier, an integration and a person,
// ordered by the identifier. Several rows of one identifier are one thing.
func (tx *Tx) due(query string, args ...any) ([]Due, error) {
	rows, err := tx.query(query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []Due
	for rows.Next() {
		var id, integration, person string
		if err := rows.Scan(&id, &integration, &person); err != nil {
			return nil, fmt.Errorf("read what is due: %w", err)
		}
		if len(out) == 0 || out[len(out)-1].ID != id {
			out = append(out, Due{ID: id})
		}
		a := &out[len(out)-1].About
		a.name(integration, "", person)
	}
	return out, tx.explain(rows.Err())
}

// DueFindings lists assessments of retired integrations whose rows of findings are due.
func (tx *Tx) DueFindings(p Page) ([]Due, error) {
	return tx.due(`SELECT a.id, a.integration, '' FROM assessment a JOIN integration i ON i.id = a.integration AND i.assessment = a.id
		WHERE i.state = 'retired' AND a.findings > 0 AND a.created_at < ? AND a.id > ? ORDER BY a.id LIMIT ?`, Time(p.Before), p.After, p.Limit)
}

// DropFindings removes the rows of findings of an assessment, and says so in its record.
func (tx *Tx) DropFindings(id drawbridge.AssessmentID) error {
	a, err := tx.Assessment(id)
	if err != nil {
		return err
	}
	if _, err := tx.exec(`DELETE FROM finding WHERE assessment = ?`, string(id)); err != nil {
		return err
	}
	a.Findings = 0
	if a.FindingsSum, err = DigestFindings(nil); err != nil {
		return err
	}
	return assessments.update(tx, a)
}

// DueTokens lists tokens that ended.
func (tx *Tx) DueTokens(p Page) ([]Due, error) {
	return tx.due(`SELECT id, integration, person FROM token
		WHERE (revoked_at <> '' AND revoked_at < ? OR expires_at <> '' AND expires_at < ?) AND id > ? ORDER BY id LIMIT ?`,
		Time(p.Before), Time(p.Before), p.After, p.Limit)
}

// DuePeople lists people who were disabled and own nothing.
func (tx *Tx) DuePeople(p Page) ([]Due, error) {
	list, err := tx.due(`SELECT p.id, '', p.id FROM person p WHERE p.disabled AND NOT p.erased AND p.updated_at < ? AND p.id > ?
		AND NOT EXISTS (SELECT 1 FROM integration i WHERE i.owner = p.id) ORDER BY p.id LIMIT ?`, Time(p.Before), p.After, p.Limit)
	for i := range list {
		if err == nil {
			list[i].About, err = tx.AboutPerson(drawbridge.PersonID(list[i].ID))
		}
	}
	return list, err
}

// DueMessages lists messages in people's inboxes.
func (tx *Tx) DueMessages(p Page) ([]Due, error) {
	return tx.due(`SELECT id, '', person FROM message WHERE created_at < ? AND id > ? ORDER BY id LIMIT ?`, Time(p.Before), p.After, p.Limit)
}

// RemoveMessages removes messages with their deliveries.
func (tx *Tx) RemoveMessages(ids []string) error {
	if _, err := tx.exec(`DELETE FROM delivery WHERE message IN (`+marks(len(ids))+`)`, texts(ids)...); err != nil {
		return err
	}
	_, err := tx.exec(`DELETE FROM message WHERE id IN (`+marks(len(ids))+`)`, texts(ids)...)
	return err
}

// DueReplays lists answers that are kept for repetitions, as who and key.
func (tx *Tx) DueReplays(p Page) ([]Due, error) {
	actor, key, _ := strings.Cut(p.After, " ")
	var out []Due
	err := tx.pairs(func(actor, key string) { out = append(out, Due{ID: actor + " " + key}) },
		`SELECT actor, idem FROM idempotency WHERE created_at < ? AND (actor, idem) > (?, ?) ORDER BY actor, idem LIMIT ?`, Time(p.Before), actor, key, p.Limit)
	return out, err
}

// RemoveReplay forgets the answer to who and key.
func (tx *Tx) RemoveReplay(id string) error {
	actor, key, _ := strings.Cut(id, " ")
	_, err := tx.exec(`DELETE FROM idempotency WHERE actor = ? AND idem = ?`, actor, key)
	return err
}

// DueDetails lists details of the ledger. Those that hand a key over stay: the
// ledger cannot be verified without them.
func (tx *Tx) DueDetails(p Page) ([]Due, error) {
	after := int64(-1)
	if p.After != "" {
		var err error
		if after, err = strconv.ParseInt(p.After, 10, 64); err != nil {
			return nil, fmt.Errorf("read details: %w", err)
		}
	}
	leaves, err := tx.leaves(`SELECT e.seq, e.leaf FROM ledger_detail d JOIN ledger_entry e ON e.seq = d.seq WHERE d.made_at <> '' AND d.made_at < ? AND d.seq > ?
		AND NOT EXISTS (SELECT 1 FROM ledger_subject s WHERE s.seq = d.seq AND s.kind = 'key') ORDER BY d.seq LIMIT ?`, Time(p.Before), after, p.Limit)
	if err != nil {
		return nil, err
	}
	entries := make([]ledger.Entry, len(leaves))
	for i, l := range leaves {
		if entries[i], err = ledger.Decode(l.Data); err != nil {
			return nil, drawbridge.Errorf(drawbridge.Unavailable, "entry %d of the ledger was changed: run drawbridge fsck (%w)", l.Seq, err)
		}
	}
	known, err := tx.belongings(entries)
	if err != nil {
		return nil, err
	}
	out := make([]Due, len(entries))
	for i, e := range entries {
		out[i] = Due{ID: strconv.FormatInt(e.Seq, 10), About: known.about(e)}
	}
	return out, nil
}

// lastEntry reads the last entry about something; nil when there is none.
func (tx *Tx) lastEntry(kind, id string) (*ledger.Entry, error) {
	leaves, err := tx.LeavesAbout(kind, id, 1<<62, 1)
	if err != nil || len(leaves) == 0 {
		return nil, err
	}
	e, err := ledger.Decode(leaves[0].Data)
	return &e, err
}

// belongings tell what the things are about that entries name, by kind and identifier.
type belongings struct {
	of    map[Subject]About
	tells map[string]bool // the kinds whose rows tell it
}

func (tx *Tx) belongings(entries []ledger.Entry) (belongings, error) {
	ids := map[string][]string{}
	for _, e := range entries {
		for _, n := range named(e) {
			ids[n.Kind] = append(ids[n.Kind], n.ID)
		}
	}
	out := belongings{map[Subject]About{}, map[string]bool{}}
	for _, r := range records() {
		for list := range slices.Chunk(ids[r.name()], 500) {
			if err := r.about(tx, list, out); err != nil {
				return out, err
			}
		}
	}
	return out, nil
}

// about tells what rows are about by the columns that say so. A row that belongs
// to something through another one is about what cannot be told.
func (t *table[T]) about(tx *Tx, ids []string, out belongings) error {
	column := func(name string) string {
		if t.has(name) {
			return name
		}
		return "''"
	}
	unknown := !t.has("integration") && slices.ContainsFunc([]string{"inquiry", "thread", "contract"}, t.has)
	out.tells[t.kind] = unknown || slices.ContainsFunc([]string{"integration", "partner", "person"}, t.has)
	rows, err := tx.query("SELECT "+t.key+", "+column("integration")+", "+column("partner")+", "+column("person")+" FROM "+t.kind+" WHERE "+t.key+" IN ("+marks(len(ids))+")", texts(ids)...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var id, integration, partner, person string
		if err := rows.Scan(&id, &integration, &partner, &person); err != nil {
			return fmt.Errorf("read what %s is about: %w", t.kind, err)
		}
		a := About{Unknown: unknown}
		a.name(integration, partner, person)
		out.of[Subject{Kind: t.kind, ID: id}] = a
	}
	return tx.explain(rows.Err())
}

func (t *table[T]) has(column string) bool {
	return slices.ContainsFunc(t.fields, func(f field) bool { return f.name == column })
}

// name adds what is named to what something is about.
func (a *About) name(integration, partner, person string) {
	if integration != "" {
		a.Integrations = append(a.Integrations, drawbridge.IntegrationID(integration))
	}
	if partner != "" {
		a.Partners = append(a.Partners, drawbridge.PartnerID(partner))
	}
	if person != "" {
		a.People = append(a.People, drawbridge.PersonID(person))
	}
}

// actors are the kinds of those who act, by the prefix of their identifiers.
var actors = map[string]string{"tok_": "token", "lnk_": "link"}

// named are the things that an entry names: who acted, on what, and what was
// written. The identifier of a membership names two.
func named(e ledger.Entry) []Subject {
	kind, id, _ := strings.Cut(e.Object, "/")
	out := []Subject{{Kind: actors[e.Actor[:min(4, len(e.Actor))]], ID: e.Actor}, {Kind: kind, ID: id}}
	for _, c := range e.Changes {
		a, b, two := strings.Cut(c.ID, "/")
		out = append(out, Subject{Kind: c.Kind, ID: a})
		if two {
			out = append(out, Subject{ID: b})
		}
	}
	return out
}

// about tells what an entry is about. When it names only what is gone, or what
// belongs to it cannot be told, every hold covers it.
func (k belongings) about(e ledger.Entry) About {
	var a About
	lost := false
	for _, n := range named(e) {
		at, found := k.of[n]
		lost = lost || at.Unknown || !found && n.ID != "" && k.tells[n.Kind]
		a.Integrations, a.Partners, a.People = append(a.Integrations, at.Integrations...), append(a.Partners, at.Partners...), append(a.People, at.People...)
		switch {
		case strings.HasPrefix(n.ID, "int_"):
			a.name(n.ID, "", "")
		case strings.HasPrefix(n.ID, "per_"):
			a.name("", "", n.ID)
		case n.Kind == "partner" || n.Kind == "profile":
			a.name("", n.ID, "")
		}
	}
	a.Unknown = lost && len(a.Integrations) == 0
	return a
}
