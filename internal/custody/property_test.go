package custody_test

import (
	"context"
	"crypto/sha256"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/action"
	"drawbridge/internal/custody"
	"drawbridge/internal/ledger"
	"drawbridge/internal/seal"
	"drawbridge/internal/store"
	"drawbridge/internal/testkit"
)

// thing is something kept, as the model knows it.
type thing struct {
	kind, id string
	due      time.Time // from when its period counts
	until    time.Time // of evidence: the end of its last day; none once it was withdrawn
	stands   bool      // of a run
	ints     []string
	partners []string
	people   []string
	gone     bool
}

// model is what should be there, worked out by no code of the product.
type model struct {
	h       *house
	t       tester
	n       int
	partner map[string]string // of an integration
	head    map[string][]string
	retired map[string]bool
	owner   map[string]string
	off     map[string]bool // disabled people
	people  []string
	ints    []string
	things  []*thing
	blobs   map[string]*thing // by digest, for each file that is kept the thing that named it first
	papers  []string          // contents of files so far
	holds   []drawbridge.Hold
	days    map[string]int64
	version map[string]int64
	erased  map[int64]bool // entries without their detail
}

func (m *model) name(prefix string) string { m.n++; return fmt.Sprintf("%s%d", prefix, m.n) }

// held is whether a hold in force covers something.
func (m *model) held(ints, people, partners []string, unknown bool) bool {
	for _, h := range m.holds {
		if !h.LiftedAt.IsZero() || !h.Until.IsZero() && !m.h.now.Before(h.Until) {
			continue
		}
		covers := map[drawbridge.HoldScope]bool{
			drawbridge.HoldEverything:  true,
			drawbridge.HoldPerson:      slices.Contains(people, h.Subject),
			drawbridge.HoldIntegration: slices.Contains(ints, h.Subject),
			drawbridge.HoldPartner:     slices.Contains(partners, h.Subject) || slices.ContainsFunc(ints, func(i string) bool { return m.partner[i] == h.Subject }),
		}
		if covers[h.Scope] || unknown {
			return true
		}
	}
	return false
}

func (m *model) past(kind string, at time.Time) bool {
	return at.Before(m.h.now.AddDate(0, 0, -int(m.days[kind])))
}

func (m *model) add(t thing) { m.things = append(m.things, &t) }

func (m *model) addPerson() {
	id := string(m.h.person(m.t, m.name("p")))
	m.people = append(m.people, id)
	m.add(thing{kind: custody.KeepPerson, id: id, due: m.h.now, people: []string{id}})
}

func (m *model) addIntegration(partner int, owner string) {
	p := fmt.Sprintf("partner%d", partner)
	id := string(m.h.integration(m.t, m.name("i"), p, drawbridge.PersonID(owner)))
	m.ints, m.partner[id], m.owner[id] = append(m.ints, id), p, owner
	m.files(id, "bundle of "+id+" first", "document of "+id+" first")
}

func (m *model) revise(id string) {
	what := m.name("r")
	m.h.revise(m.t, drawbridge.IntegrationID(id), what)
	m.files(id, "bundle of "+id+" "+what, "document of "+id+" "+what)
}

func (m *model) files(id, bundle, document string) {
	m.head[id] = []string{sum(bundle), sum(document)}
	m.view(func(tx *store.Tx) error {
		in, err := tx.Integration(drawbridge.IntegrationID(id))
		if err == nil {
			m.add(thing{id: string(in.Assessment), ints: []string{id}})
		}
		return err
	})
	m.file(bundle, thing{kind: custody.KeepBundle, ints: []string{id}})
	m.file(document, thing{kind: custody.KeepDocument, ints: []string{id}})
}

// file adds something that names a file. Others that named the same have it again.
func (m *model) file(content string, t thing) *thing {
	t.id, t.due = sum(content), m.h.now
	m.papers = append(m.papers, content)
	m.add(t)
	last := m.things[len(m.things)-1]
	for _, x := range m.things {
		if x.id == t.id {
			x.gone = false
		}
	}
	if m.blobs[t.id] == nil {
		m.blobs[t.id] = last
	}
	return last
}

// content is of a file that somebody else may have handed in, too.
func (m *model) content(r *rapid.T) string {
	if rapid.Bool().Draw(r, "shared") {
		return rapid.SampledFrom(m.papers).Draw(r, "content")
	}
	return m.name("content ")
}

func (m *model) addEvidence(r *rapid.T, integration string) {
	content, end := m.content(r), m.h.now.AddDate(0, 0, rapid.IntRange(1, 1500).Draw(r, "days"))
	t := thing{kind: custody.KeepEvidence, partners: []string{m.partner[integration]}, until: time.Date(end.Year(), end.Month(), end.Day()+1, 0, 0, 0, 0, time.UTC)}
	if rapid.Bool().Draw(r, "whole partner") {
		integration = ""
	} else {
		t.ints = []string{integration}
	}
	id := m.h.evidence(m.t, drawbridge.IntegrationID(integration), drawbridge.PartnerID(t.partners[0]), content, drawbridge.DateOf(end))
	m.add(thing{id: string(id), ints: t.ints, partners: t.partners})
	x := m.file(content, t)
	if rapid.Bool().Draw(r, "withdrawn") {
		m.h.withdraw(m.t, id)
		x.until = time.Time{}
	}
}

func (m *model) addRun(r *rapid.T, integration string) {
	content, t := m.content(r), thing{kind: custody.KeepRun, ints: []string{integration}, stands: rapid.Bool().Draw(r, "stands")}
	id := m.h.run(m.t, drawbridge.IntegrationID(integration), content, t.stands)
	m.add(thing{id: id, ints: t.ints})
	m.file(content, t)
}

// act draws one step.
func (m *model) act(r *rapid.T) {
	person := func() string { return rapid.SampledFrom(m.people).Draw(r, "person") }
	integration := func() string { return rapid.SampledFrom(m.ints).Draw(r, "integration") }
	switch rapid.SampledFrom([]string{"person", "integration", "revise", "revise", "evidence", "evidence", "run", "retire", "disable", "token", "message", "hold", "hold", "lift", "period", "clock", "clock", "purge", "purge"}).Draw(r, "act") {
	case "person":
		m.addPerson()
	case "integration":
		if len(m.ints) < 4 {
			m.addIntegration(rapid.IntRange(0, 1).Draw(r, "partner"), person())
		}
	case "revise":
		m.revise(integration())
	case "evidence":
		m.addEvidence(r, integration())
	case "run":
		m.addRun(r, integration())
	case "retire":
		m.retire(integration())
	case "disable":
		m.disable(person())
	case "token":
		p, id := person(), ""
		if rapid.Bool().Draw(r, "machine") {
			id = integration()
		}
		m.addToken(p, id, m.h.now.AddDate(0, 0, rapid.IntRange(1, 400).Draw(r, "days")))
	case "message":
		p := person()
		m.add(thing{kind: custody.KeepMessage, id: string(m.h.message(m.t, drawbridge.PersonID(p))), due: m.h.now, people: []string{p}})
	case "hold":
		m.hold(r, person, integration)
	case "lift":
		m.lift(r)
	case "period":
		m.period(rapid.SampledFrom(slices.Sorted(maps.Keys(m.days))).Draw(r, "kind"), rapid.Int64Range(365, 2000).Draw(r, "days"))
	case "clock":
		m.h.now = m.h.now.AddDate(0, 0, rapid.SampledFrom([]int{-30, 1, 300, 1500, 4100}).Draw(r, "days"))
	case "purge":
		m.purge()
	}
}

func (m *model) retire(id string) {
	m.h.do(m.t, func(tx *store.Tx) error {
		in, err := tx.Integration(drawbridge.IntegrationID(id))
		if err != nil {
			return err
		}
		in.State = drawbridge.Retired
		return tx.SetIntegration(in)
	})
	m.retired[id] = true
}

func (m *model) disable(id string) {
	at := slices.IndexFunc(m.things, func(t *thing) bool { return t.id == id })
	if m.things[at].gone {
		return
	}
	m.h.do(m.t, func(tx *store.Tx) error {
		p, err := tx.Person(drawbridge.PersonID(id))
		if err != nil {
			return err
		}
		p.Disabled, p.UpdatedAt = true, m.h.now
		return tx.SetPerson(p)
	})
	m.off[id], m.things[at].due = true, m.h.now
}

func (m *model) addToken(person, integration string, ends time.Time) {
	t := thing{kind: custody.KeepToken, due: ends, people: []string{person}}
	if integration != "" {
		t.ints = []string{integration}
	}
	t.id = string(m.h.token(m.t, drawbridge.PersonID(person), drawbridge.IntegrationID(integration), ends))
	m.add(t)
}

func (m *model) hold(r *rapid.T, person, integration func() string) {
	in := custody.NewHold{Scope: rapid.SampledFrom(drawbridge.HoldScopes()).Draw(r, "scope"), Reason: "x"}
	switch in.Scope {
	case drawbridge.HoldIntegration:
		in.Subject = integration()
	case drawbridge.HoldPartner:
		in.Subject = m.partner[integration()]
	case drawbridge.HoldPerson:
		in.Subject = person()
	case drawbridge.HoldEverything:
	}
	if rapid.Bool().Draw(r, "ends") {
		in.Until = m.h.now.AddDate(0, 0, rapid.IntRange(1, 1000).Draw(r, "days"))
	}
	hold, err := m.h.PlaceHold(m.t.Context(), access.Keeper(), in)
	if err != nil {
		m.t.Fatal(err)
	}
	m.holds = append(m.holds, hold)
}

func (m *model) lift(r *rapid.T) {
	if len(m.holds) == 0 {
		return
	}
	h := &m.holds[rapid.IntRange(0, len(m.holds)-1).Draw(r, "hold")]
	if !h.LiftedAt.IsZero() {
		return
	}
	var err error
	if *h, err = m.h.LiftHold(m.t.Context(), access.Keeper(), h.ID, "x", ""); err != nil {
		m.t.Fatal(err)
	}
}

func (m *model) period(kind string, days int64) {
	p, err := m.h.SetPeriod(m.t.Context(), access.Keeper(), custody.NewPeriod{Kind: kind, Days: days, Version: m.version[kind], Reason: "x"})
	if err != nil {
		m.t.Fatal(err)
	}
	m.days[kind], m.version[kind] = days, p.Version
}

// purge purges, and works out what should be gone.
func (m *model) purge() {
	entries := m.entries()
	m.h.purge(m.t, custody.PurgeOptions{})
	m.purgeFiles()
	for _, kind := range []string{custody.KeepPerson, custody.KeepToken, custody.KeepMessage} {
		for _, t := range m.things {
			if t.kind == kind && !t.gone && m.past(kind, t.due) && m.mayGo(t) {
				t.gone = true
				if kind == custody.KeepPerson {
					m.erase(t.id, entries)
				}
			}
		}
	}
	for seq, e := range entries {
		ints, people, partners, unknown := m.about(e)
		if m.past(custody.KeepDetail, e.At) && !m.held(ints, people, partners, unknown) {
			m.erased[seq] = true
		}
	}
	m.compare()
}

// purgeFiles works out which files nobody needs any more.
func (m *model) purgeFiles() {
	for digest := range m.blobs {
		free := true
		for _, t := range m.things {
			if t.id == digest {
				free = free && m.past(t.kind, t.due) && (t.until.IsZero() || m.past(t.kind, t.until)) && m.mayGo(t)
			}
		}
		if !free {
			continue
		}
		delete(m.blobs, digest)
		for _, t := range m.things {
			t.gone = t.gone || t.id == digest
		}
	}
}

// mayGo is whether nothing but the period keeps something.
func (m *model) mayGo(t *thing) bool {
	ints := t.ints
	for _, id := range t.ints {
		shown := t.kind == custody.KeepBundle || t.kind == custody.KeepDocument
		if !m.retired[id] && (shown && slices.Contains(m.head[id], t.id) || t.stands) {
			return false
		}
	}
	if t.kind == custody.KeepPerson {
		if !m.off[t.id] || slices.ContainsFunc(m.ints, func(i string) bool { return m.owner[i] == t.id }) {
			return false
		}
		for _, x := range m.things {
			if x.kind == custody.KeepToken && !x.gone && x.people[0] == t.id {
				ints = append(ints, x.ints...)
			}
		}
	}
	return !m.held(ints, t.people, t.partners, false)
}

// erase takes along what goes with a person.
func (m *model) erase(person string, entries map[int64]ledger.Entry) {
	ids := []string{person}
	for _, x := range m.things {
		if x.kind == custody.KeepToken && !x.gone && x.people[0] == person {
			x.gone, ids = true, append(ids, x.id)
		}
	}
	for seq, e := range entries {
		if slices.ContainsFunc(e.Changes, func(c ledger.Change) bool { return slices.Contains(ids, c.ID) }) {
			m.erased[seq] = true
		}
	}
}

// about is what an entry is about.
func (m *model) about(e ledger.Entry) (ints, people, partners []string, unknown bool) {
	lost := false
	for _, c := range e.Changes {
		switch {
		case strings.HasPrefix(c.ID, "int_"):
			ints = append(ints, c.ID)
		case strings.HasPrefix(c.ID, "per_"):
			people = append(people, c.ID)
		case c.Kind == "partner":
			partners = append(partners, c.ID)
		}
		for _, t := range m.things {
			if b := m.blobs[t.id]; b != nil && b != t {
				continue // who names a file besides is not what its record is about
			}
			if t.id == c.ID && t.gone && (t.kind == custody.KeepToken || strings.HasPrefix(t.id, "sha256:")) {
				lost = true
			} else if t.id == c.ID {
				ints, people = append(ints, t.ints...), append(people, t.people...)
				if !strings.HasPrefix(t.id, "sha256:") {
					partners = append(partners, t.partners...)
				}
			}
		}
	}
	return ints, people, partners, lost && len(ints) == 0
}

// entries are those of the ledger that commit to a detail.
func (m *model) entries() map[int64]ledger.Entry {
	out := map[int64]ledger.Entry{}
	m.view(func(tx *store.Tx) error {
		leaves, err := tx.Leaves(0, 1<<20)
		for _, l := range leaves {
			if e, err := ledger.Decode(l.Data); err != nil {
				m.t.Fatal(err)
			} else if e.Detail != "" {
				out[l.Seq] = e
			}
		}
		return err
	})
	return out
}

func (m *model) view(fn func(tx *store.Tx) error) {
	if err := m.h.door.Store().View(context.Background(), fn); err != nil {
		m.t.Fatal(err)
	}
}

// compare holds the record to the model: what is under hold is there, what is
// past its period and under none is gone, and all of it is accounted for.
func (m *model) compare() {
	missing := func(err error) bool {
		if err != nil && drawbridge.KindOf(err) != drawbridge.NotFound {
			m.t.Fatal(err)
		}
		return err != nil
	}
	m.view(func(tx *store.Tx) error {
		for _, t := range m.things {
			var gone bool
			switch t.kind {
			case custody.KeepBundle, custody.KeepDocument, custody.KeepEvidence, custody.KeepRun:
				_, err := tx.Blob(t.id)
				gone = missing(err)
			case custody.KeepToken:
				_, err := tx.Token(drawbridge.TokenID(t.id))
				gone = missing(err)
			case custody.KeepMessage:
				_, err := tx.Message(drawbridge.MessageID(t.id))
				gone = missing(err)
			case custody.KeepPerson:
				p, err := tx.Person(drawbridge.PersonID(t.id))
				if err != nil {
					return err
				}
				gone = p.Erased
			}
			if gone != t.gone {
				m.t.Fatalf("%s %s of %s is gone: %v, want %v", t.kind, t.id, t.due, gone, t.gone)
			}
		}
		details, err := tx.Details(0, 1<<40)
		have := map[int64]bool{}
		for _, d := range details {
			have[d.Seq] = true
		}
		for seq, e := range m.entries() {
			if have[seq] == m.erased[seq] {
				m.t.Fatalf("the detail of %+v is gone: %v, want %v", e, !have[seq], m.erased[seq])
			}
		}
		return err
	})
	report, err := m.h.Check(context.Background(), access.Keeper(), custody.CheckOptions{})
	if err != nil || !report.OK {
		m.t.Fatalf("Check = %+v %v", report.Differences, err)
	}
}

func sum(content string) string { return fmt.Sprintf("sha256:%x", sha256.Sum256([]byte(content))) }

// openEmpty opens an installation for one draw: with PostgreSQL in the same
// database, emptied.
func openEmpty(r *rapid.T, url string) *house {
	dir, err := os.MkdirTemp("", "drawbridge-property-")
	if err != nil {
		r.Fatal(err)
	}
	r.Cleanup(func() { os.RemoveAll(dir) })
	keys, err := seal.EnsureKeyring(filepath.Join(dir, "keys"), "drawbridge.test/log", start)
	if err != nil {
		r.Fatal(err)
	}
	s, err := store.Open(r.Context(), store.Options{Dir: dir, Database: url})
	if err != nil {
		r.Fatal(err)
	}
	r.Cleanup(func() { s.Close() })
	h := &house{dir: dir, now: start}
	h.door = action.New(action.Options{Store: s, Keys: keys, Now: func() time.Time { return h.now }})
	h.Desk = custody.New(h.door)
	if url == "" {
		return h
	}
	err = s.View(r.Context(), func(tx *store.Tx) error {
		tables, err := tx.Tables()
		for _, t := range tables {
			if err == nil {
				_, err = s.Writer().ExecContext(r.Context(), "DELETE FROM "+t.Name)
			}
		}
		return err
	})
	if err != nil {
		r.Fatal(err)
	}
	return h
}

// TestRetention holds the property over drawn sequences of puts, holds, changes
// of periods, leaps of the clock, and purges.
func TestRetention(t *testing.T) {
	t.Parallel()
	testkit.Databases(t, func(t *testing.T, url string) {
		left := 40 // draws; the long form takes all
		if url != "" {
			left = 15
		}
		rapid.Check(t, func(r *rapid.T) {
			if left--; left < 0 && os.Getenv("PROVE") == "" {
				return
			}
			h := openEmpty(r, url)
			m := model{
				h: h, t: r, partner: map[string]string{}, head: map[string][]string{}, retired: map[string]bool{}, owner: map[string]string{}, off: map[string]bool{}, blobs: map[string]*thing{},
				days: map[string]int64{}, version: map[string]int64{}, erased: map[int64]bool{},
			}
			for _, rule := range custody.Rules() {
				if rule.Days > 0 && rule.Kind != custody.KeepReplay && rule.Kind != custody.KeepFindings {
					m.days[rule.Kind] = rule.Days
				}
			}
			m.addPerson()
			m.addPerson()
			m.addIntegration(0, m.people[0])
			for range rapid.IntRange(10, 30).Draw(r, "steps") {
				m.act(r)
			}
			m.h.now = m.h.now.AddDate(11, 0, 0)
			m.purge()
		})
	})
}
