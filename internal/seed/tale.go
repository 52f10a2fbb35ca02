package seed

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"drawbridge"
	"drawbridge/internal/access"
)

// tale is what becomes of one integration: its reviews, and what follows the
// last of them. Where a guard says no, the tale stands still there, as it would
// for people.
type tale struct {
	*item

	rand  *rand.Rand // of what is said and chosen while it is written
	life  string     // where the last review is to come
	stuck bool

	review   drawbridge.Review
	asked    drawbridge.InquiryID
	askedFor drawbridge.ReviewID
	partner  access.Actor // through the link
	decision drawbridge.Decision
	agreed   drawbridge.ContractID
}

// lives say where the last review of an integration is to come, in hundredths.
// Not all get there.
var lives = []struct {
	life  string
	share int
}{
	{"draft", 5},
	{"submitted", 4},
	{"triaged", 3},
	{"asked", 5},
	{"returned", 3},
	{"discussed", 4},
	{"untested", 3},
	{"ready", 4},
	{"withdrawn", 4},
	{"rejected", 6},
	{"deferred", 4},
	{"approved", 8},
	{"live", 35},
	{"suspended", 4},
	{"exiting", 3},
	{"retired", 5},
}

// ends are the lives of a review that is over.
var ends = []string{"withdrawn", "rejected", "deferred", "approved", "live", "suspended", "exiting", "retired"}

func chooseLife(r *rand.Rand) string {
	n := r.IntN(100)
	for _, l := range lives {
		if n -= l.share; n < 0 {
			return l.life
		}
	}
	return "live"
}

// again is about how long after a review the next one begins.
const again = 270 * day

// addTale lays out the reviews of an integration that was born at a time.
func (p *plan) addTale(it *item, born time.Time, history int, end time.Time) {
	r := rand.New(rand.NewPCG(it.seed, 3))                                             //nolint:gosec // made-up data, repeatable by its seed
	t := &tale{item: it, rand: rand.New(rand.NewPCG(it.seed, 4)), life: chooseLife(r)} //nolint:gosec // the same
	w := &weaver{plan: p, tale: t, rand: r, unit: day, end: end}
	if history == 1 {
		w.unit = time.Hour
	}
	w.at = born.Add(w.unit / 4)
	for history > 1 && w.at.Add(again+60*day).Before(end) { // what is old was reviewed before
		w.round("live")
		w.at = w.start.Add(again + between(r, time.Time{}, time.Time{}.Add(60*day)).Sub(time.Time{}))
	}
	if recent := end.Add(-time.Duration(4+r.IntN(24)) * w.unit); !slices.Contains(ends, t.life) && recent.After(w.at) {
		w.at = recent // what is open has not been open for long
	}
	w.round(t.life)
}

// weaver adds the events of a tale, one after another.
type weaver struct {
	plan  *plan
	tale  *tale
	rand  *rand.Rand
	unit  time.Duration
	start time.Time // of the round
	at    time.Time
	end   time.Time
}

// then has something done some units later, at an hour of the working day.
func (w *weaver) then(units float64, who int, do func(context.Context, *hand) error) {
	before := w.at
	w.at = w.at.Add(time.Duration(units * (0.6 + 0.8*w.rand.Float64()) * float64(w.unit)))
	if hour := w.at.Truncate(day).Add(time.Duration(8*60+w.rand.IntN(9*60)) * time.Minute); w.unit == day && hour.After(before) {
		w.at = hour
	}
	if w.at = w.at.Truncate(time.Second).Add(time.Second); w.at.After(w.end) {
		return
	}
	w.plan.events = append(w.plan.events, &event{at: w.at, what: kindTell, item: w.tale.item, who: who, tell: do, about: fmt.Sprintf("act %d of %s", len(w.plan.events), w.tale.slug)})
}

// one is somebody with a role.
func (w *weaver) one(role drawbridge.Role) int { return w.plan.one(w.rand, role) }

// one is somebody with a role; with none, the first keeper of records.
func (p *plan) one(r *rand.Rand, role drawbridge.Role) int {
	if list := p.holders[role]; len(list) > 0 {
		return pick(r, list)
	}
	return p.keepers[0]
}

// round is one review, from the request to where it is to come.
func (w *weaver) round(life string) {
	t := w.tale
	w.start = w.at
	owner, security := t.owner, w.one(drawbridge.ReviewerSecurity)
	w.then(0.1, owner, t.ask)
	if life == "draft" {
		return
	}
	w.then(0.5, owner, t.submit)
	if life == "submitted" {
		return
	}
	if life == "withdrawn" {
		w.then(5, owner, t.withdraw)
		return
	}
	w.then(1, security, t.triage)
	if life == "triaged" {
		return
	}
	w.then(1, security, t.send)
	w.then(1, w.plan.one(w.rand, drawbridge.ReviewerLegal), t.agree)
	if life == "asked" {
		return
	}
	w.then(4, owner, t.answer)
	w.then(1, owner, t.offer)
	w.then(1, security, t.discuss)
	if life == "discussed" {
		w.then(1, w.one(drawbridge.ReviewerPrivacy), t.block)
		return
	}
	if life == "returned" || w.rand.IntN(5) == 0 {
		w.then(1, security, t.giveBack)
		if life == "returned" {
			return
		}
		w.then(3, owner, t.improve)
	}
	w.then(1, security, t.accept)
	w.then(1, w.one(drawbridge.ReviewerPrivacy), t.register)
	if life == "untested" {
		return
	}
	w.decide(life, security)
}

// decide goes from the tests to the decision, and to what follows it.
func (w *weaver) decide(life string, security int) {
	t := w.tale
	approver := w.one(drawbridge.Approver)
	w.then(2, w.one(drawbridge.Tester), t.test)
	w.then(0.5, security, t.rule)
	w.then(0.5, t.owner, t.propose)
	w.then(1, approver, t.confirm)
	w.then(0.2, security, t.ready)
	for _, d := range drawbridge.Disciplines() {
		w.then(0.2, w.one(d.Reviewer()), func(ctx context.Context, h *hand) error { return t.sign(ctx, h, d) })
		if life == "ready" {
			return
		}
	}
	w.then(0.5, approver, func(ctx context.Context, h *hand) error { return t.decide(ctx, h, life) })
	w.then(2, security, t.lookAtThreats)
	if life == "rejected" || life == "deferred" {
		return
	}
	w.then(6, t.owner, t.meet)
	if life == "approved" {
		return
	}
	operator := w.one(drawbridge.Operator)
	w.then(1, operator, t.goLive)
	w.then(20, operator, t.measure)
	switch life {
	case "suspended":
		w.then(20, operator, t.suspend)
	case "exiting", "retired":
		w.then(20, t.owner, t.leave)
		if life == "retired" {
			w.then(20, operator, t.retire)
		}
	}
}
