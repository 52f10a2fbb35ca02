package flow

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"drawbridge"
	"drawbridge/internal/manifest"
)

// The stages in the life of the data, in their order.
const (
	stageCollected = "collected"
	stageSent      = "sent"
	stageProcessed = "processed"
	stageStored    = "stored"
	stageShared    = "shared"
	stageDeleted   = "deleted"
)

// maxElementGaps is how many data elements without a category are named one by
// one for each flow; the rest is one gap that counts them.
const maxElementGaps = 3

// lives gathers what is known about one stage over all flows.
type lives struct {
	where   map[string]bool
	details map[string]bool
	gaps    []Gap
}

func (l *lives) at(where ...string) {
	for _, w := range where {
		if w != "" {
			l.where[w] = true
		}
	}
}

func (l *lives) say(detail string) {
	if detail != "" {
		l.details[detail] = true
	}
}

func keys(set map[string]bool) []string {
	out := make([]string, 0, len(set))
	for k := range set {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

// life fills the stages and gaps of the map. A stage is known when no flow
// leaves a question open about it.
func (x *builder) life() {
	stages := map[string]*lives{}
	names := []string{stageCollected, stageSent, stageProcessed, stageStored, stageShared, stageDeleted}
	for _, s := range names {
		stages[s] = &lives{where: map[string]bool{}, details: map[string]bool{}}
	}
	gap := func(element, stage, key, text string) {
		l := stages[stage]
		l.gaps = append(l.gaps, Gap{Element: element, Stage: stage, Text: text, Key: key})
	}
	used := map[string]bool{}
	for i := range x.b.Integration.Flows {
		f := &x.b.Integration.Flows[i]
		used[f.From], used[f.To] = true, true
		x.begin(f, stages, gap)
		if x.outside(f) {
			x.end(f, stages, gap)
		}
	}
	if sh := stages[stageShared]; len(sh.where) == 0 && len(sh.gaps) == 0 && len(x.b.Integration.Flows) > 0 {
		sh.say("with nobody")
	}
	x.interfaceGaps(used, gap)
	x.contractGaps(stages, gap)
	if len(x.b.Integration.Flows) == 0 {
		for _, s := range names {
			gap("integration", s, "flows", "What data moves, and where? No flow is declared.")
		}
	}
	for _, s := range names {
		l := stages[s]
		slices.SortFunc(l.gaps, func(a, b Gap) int {
			return cmp.Or(cmp.Compare(a.Element, b.Element), cmp.Compare(a.Key, b.Key))
		})
		x.m.Gaps = append(x.m.Gaps, l.gaps...)
		x.m.Life = append(x.m.Life, Stage{Name: s, Known: len(l.gaps) == 0, Where: keys(l.where), Detail: strings.Join(keys(l.details), "; ")})
	}
}

type gapFunc func(element, stage, key, text string)

// outside reports whether a flow reaches the partner; what stays inside has no
// receiver whose storage, sharing and deletion must be known.
func (x *builder) outside(f *manifest.Flow) bool {
	from, to := x.nodes[f.From], x.nodes[f.To]
	return from.Kind == NodeInterface || to.Kind == NodeInterface
}

// begin reads what a flow says of collecting and sending.
func (x *builder) begin(f *manifest.Flow, stages map[string]*lives, gap gapFunc) {
	c := stages[stageCollected]
	c.at(f.Origin...)
	if n := x.nodes[f.From]; n.Kind != NodeInterface {
		c.at(n.ID)
	} else {
		c.say("by the partner")
	}
	c.say(strings.Join(f.Subjects, ", "))
	personal := x.outside(f) && x.personal(f)
	if personal && f.Subjects == nil {
		gap(f.ID, stageCollected, flowKey(f.ID, "subjects"), "Whose data is it?")
	}
	if personal && f.Origin == nil {
		gap(f.ID, stageCollected, flowKey(f.ID, "origin"), "In which countries are the data subjects and the exporter?")
	}
	if personal && f.LawfulBasis == "" {
		gap(f.ID, stageCollected, flowKey(f.ID, "lawful_basis"), "On what ground is personal data processed?")
	}
	s := stages[stageSent]
	s.at(f.From, f.To)
	if f.Volume.RecordsPerDay == nil {
		gap(f.ID, stageSent, flowKey(f.ID, "volume.records_per_day"), "How many records move a day?")
	}
	if len(f.Data) == 0 {
		gap(f.ID, stageSent, flowKey(f.ID, "data"), "What data moves?")
		return
	}
	open := 0
	for _, d := range f.Data {
		if _, ok := x.t.Category(d.Category); ok {
			continue
		}
		if open++; open <= maxElementGaps {
			gap(f.ID, stageSent, flowKey(f.ID, fmt.Sprintf("data[%s %s].category", d.At, d.Field)), "What is this element?")
		}
	}
	if more := open - maxElementGaps; more > 0 {
		gap(f.ID, stageSent, flowKey(f.ID, "data"), fmt.Sprintf("What are the %d elements more that have no category?", more))
	}
}

// end reads what a flow says of the receiver's processing, storing, sharing
// and deleting.
func (x *builder) end(f *manifest.Flow, stages map[string]*lives, gap gapFunc) {
	p := stages[stageProcessed]
	p.at(f.Region.Processing...)
	p.say(f.Purpose)
	if f.Region.Processing == nil {
		gap(f.ID, stageProcessed, flowKey(f.ID, "region.processing"), "In which countries is it processed or seen?")
	}
	if f.Purpose == "" {
		gap(f.ID, stageProcessed, flowKey(f.ID, "purpose"), "Why does the data move?")
	}
	s := stages[stageStored]
	s.at(f.Region.Storage...)
	if f.Region.Storage == nil {
		gap(f.ID, stageStored, flowKey(f.ID, "region.storage"), "In which countries is it stored?")
	}
	if f.Retention.Period == nil {
		gap(f.ID, stageStored, flowKey(f.ID, "retention.period"), "How long does the receiver keep it?")
	} else {
		s.say(kept(*f.Retention.Period))
	}
	sh := stages[stageShared]
	for _, id := range f.SharedWith {
		sh.at(subID(id))
		if n := x.nodes[subID(id)]; n.Region != "" {
			sh.at(n.Region)
		}
	}
	if f.SharedWith == nil {
		gap(f.ID, stageShared, flowKey(f.ID, "shared_with"), "To whom does the receiver pass it on?")
	}
	d := stages[stageDeleted]
	d.at(x.receiver(f))
	if f.Retention.Deletion == "" {
		gap(f.ID, stageDeleted, flowKey(f.ID, "retention.deletion"), "How is it deleted?")
	} else {
		d.say("deletion: " + f.Retention.Deletion)
	}
	if f.Retention.Evidence == "" {
		gap(f.ID, stageDeleted, flowKey(f.ID, "retention.evidence"), "What shows that it was deleted?")
	} else {
		d.say("evidence: " + f.Retention.Evidence)
	}
}

func kept(period drawbridge.Span) string {
	if period == 0 {
		return "not kept"
	}
	return "kept " + period.String()
}

// receiver returns the id of the interface whose other side keeps the data.
func (x *builder) receiver(f *manifest.Flow) string {
	if x.nodes[f.To].Kind == NodeInterface {
		return f.To
	}
	return f.From
}

// personal reports whether a flow moves personal data, or may: data that
// nobody named counts as personal.
func (x *builder) personal(f *manifest.Flow) bool {
	if len(f.Data) == 0 {
		return true
	}
	for _, d := range f.Data {
		if c, ok := x.t.Category(d.Category); !ok || c.Personal() {
			return true
		}
	}
	return false
}

// interfaceGaps names interfaces that no flow uses or that say nothing of how
// they fail.
func (x *builder) interfaceGaps(used map[string]bool, gap gapFunc) {
	for _, i := range x.b.Integration.Interfaces {
		if !used[i.ID] {
			gap(i.ID, stageSent, "flows", "What data moves over this interface? No flow uses it.")
		}
		if i.FailureModes == nil {
			gap(i.ID, stageSent, fmt.Sprintf("interfaces[%s].failure_modes", i.ID), "How does it fail, and what does our side then do?")
		}
	}
}

// contractGaps names what no flow can say of the end.
func (x *builder) contractGaps(stages map[string]*lives, gap gapFunc) {
	if len(x.b.Integration.Interfaces) == 0 {
		return
	}
	c := x.b.Integration.Contract
	if c.Exit.Deletion == nil {
		gap("integration", stageDeleted, "contract.exit.deletion", "How soon is everything deleted when the contract ends?")
	} else {
		stages[stageDeleted].say("at the end within " + c.Exit.Deletion.String())
	}
	if x.b.Partner == nil || x.b.Partner.Subprocessors == nil {
		gap("integration", stageShared, "partner.subprocessors", "Which sub-processors does the partner have?")
	}
}
