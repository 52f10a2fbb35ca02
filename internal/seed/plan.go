package seed

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"drawbridge"
	"drawbridge/internal/assess"
	"drawbridge/internal/manifest"
)

// plan is the organisation before anything is written.
type plan struct {
	start    time.Time
	people   []person
	partners []*partner
	items    []*item
	events   []*event
	owners   []int // people who bring integrations
	keepers  []int // people who keep the records of partners
	holders  map[drawbridge.Role][]int
}

type person struct {
	name, email string
	roles       []drawbridge.Role
}

type partner struct {
	id, name, country string
	trade             string // a template's name
	brought           bool   // with an integration, and not by hand
	known             bool   // it is in the record
	seed              uint64
}

func (p *partner) host() string { return p.id + ".example" }

// file is the partner's file, which comes with the manifests.
func (p *partner) file() ([]byte, error) {
	r := rand.New(rand.NewPCG(p.seed, 2)) //nolint:gosec // made-up data, repeatable by its seed
	f := &manifest.Partner{
		APIVersion: manifest.APIVersion, Kind: "Partner", ID: p.id, DisplayName: p.name, LegalName: p.name + " Ltd", Country: p.country,
		Website: "https://" + p.host(), SecurityContact: "https://" + p.host() + "/security", Status: "active",
	}
	if r.IntN(3) > 0 {
		f.Assurance = []manifest.Assurance{{Kind: pick(r, []string{"soc2_type2", "iso27001", "pentest"}), Issuer: "Meridian Audit LLP", Scope: "all services", Issued: "2026-03-31", Expires: "2027-03-30"}}
	}
	if r.IntN(2) > 0 {
		f.Subprocessors, f.Incidents = []manifest.Subprocessor{}, []manifest.Incident{}
	}
	return manifest.EncodePartner(f)
}

// event is one thing that somebody does.
type event struct {
	at       time.Time
	what     kind
	who      int      // a person
	partner  *partner // of kindPartner
	item     *item
	revision int // of kindPush

	tell  func(context.Context, *hand) error // of kindTell
	about string                             // what it is about, for errors
}

type kind int

const (
	kindInvite kind = iota
	kindPartner
	kindPush
	kindAssess
	kindAssign
	kindTell
)

const day = 24 * time.Hour

// newPlan lays everything out from the seed. It assesses a few manifests to
// learn how large they must be for the findings that are asked for.
func newPlan(ctx context.Context, opt Options) (*plan, error) {
	r := rand.New(rand.NewPCG(opt.Seed, 0)) //nolint:gosec // made-up data, repeatable by its seed
	p := &plan{holders: map[drawbridge.Role][]int{}, start: opt.AsOf.Add(-2 * 365 * day).UTC().Truncate(day)}
	if opt.History == 1 {
		p.start = opt.AsOf.Add(-8 * day).UTC().Truncate(day)
	}
	tag := "" // tells the names of one seed from those of another
	if opt.Seed != 1 {
		tag = fmt.Sprintf("-%d", opt.Seed)
	}
	p.addPeople(r, opt.People, tag)
	p.addPartners(r, opt.Partners, tag)
	p.addItems(r, opt, tag)
	if err := p.setSizes(ctx, r, opt); err != nil {
		return nil, err
	}
	p.addEvents(r, opt)
	return p, nil
}

// staff is who there is in each fifty people; the rest bring integrations.
var staff = []struct {
	role  drawbridge.Role
	count int
}{
	{drawbridge.Administrator, 1},
	{drawbridge.ProgrammeOwner, 2},
	{drawbridge.ReviewerSecurity, 3},
	{drawbridge.ReviewerPrivacy, 2},
	{drawbridge.ReviewerLegal, 2},
	{drawbridge.ReviewerProduct, 1},
	{drawbridge.ReviewerOperations, 1},
	{drawbridge.Approver, 2},
	{drawbridge.Operator, 2},
	{drawbridge.Tester, 2},
	{drawbridge.Auditor, 2},
	{drawbridge.Leadership, 2},
}

func (p *plan) addPeople(r *rand.Rand, n int, tag string) {
	var roles []drawbridge.Role
	for _, s := range staff {
		for range max(1, s.count*n/50) {
			roles = append(roles, s.role)
		}
	}
	for i, name := range personNames(r, n) {
		who := person{name: name, email: strings.ReplaceAll(slugOf(name), "-", ".") + "@harbour" + tag + ".example", roles: []drawbridge.Role{drawbridge.Requester}}
		if staffed := min(len(roles), n*6/10); i < staffed {
			who.roles = nil
			for j := i; j < len(roles); j += staffed { // where there are few, one person is several
				who.roles = append(who.roles, roles[j])
			}
		}
		for _, role := range who.roles {
			p.holders[role] = append(p.holders[role], i)
		}
		p.people = append(p.people, who)
	}
	p.owners = p.holders[drawbridge.Requester]
	p.keepers = slices.Concat(p.holders[drawbridge.ProgrammeOwner], p.holders[drawbridge.ReviewerLegal])
	slices.Sort(p.keepers)
}

func (p *plan) addPartners(r *rand.Rand, n int, tag string) {
	for _, name := range companyNames(r, n) {
		trade := pick(r, templateNames)
		name += " " + pick(r, trades[trade])
		p.partners = append(p.partners, &partner{id: slugOf(name) + tag, name: name, country: pick(r, countries), trade: trade, seed: r.Uint64()})
	}
}

func (p *plan) addItems(r *rand.Rand, opt Options, tag string) {
	for i := range opt.Integrations {
		with := p.partners[min(i, len(p.partners)-1)]
		if i >= len(p.partners) { // a few partners have many
			with = p.partners[int(float64(len(p.partners))*math.Pow(r.Float64(), 3))]
		}
		with.brought = true
		it := &item{
			slug: fmt.Sprintf("%s-%d%s", with.trade, i+1, tag), template: with.trade, partner: with, owner: pick(r, p.owners), seed: r.Uint64(), size: 1 + r.IntN(3),
			care: pick(r, []int{0, 0, 1, 1, 1, 2}),
		}
		it.name = strings.ToUpper(it.template[:1]) + it.template[1:] + " with " + with.name
		if opt.Findings > 10*opt.Integrations { // only the careless find so much
			it.care = pick(r, []int{0, 1, 2, 2, 2, 2})
		}
		p.items = append(p.items, it)
	}
}

// setSizes makes the manifests so large that their findings come to about what
// is asked for: a template's findings grow with its interfaces.
func (p *plan) setSizes(ctx context.Context, r *rand.Rand, opt Options) error {
	if opt.Findings == 0 {
		return nil
	}
	found := map[string]float64{} // by template and care, for one interface
	for _, it := range p.items {
		key := fmt.Sprint(it.template, it.care)
		if _, ok := found[key]; ok {
			continue
		}
		n, err := p.sample(ctx, opt, it)
		if err != nil {
			return err
		}
		found[key] = max(n, 0.1)
	}
	weights, sum := make([]float64, len(p.items)), 0.0
	for i, it := range p.items {
		weights[i] = math.Exp(0.6 * r.NormFloat64())
		sum += weights[i] * found[fmt.Sprint(it.template, it.care)]
	}
	scale, carry := float64(opt.Findings)/sum, 0.0
	for i, it := range p.items {
		want := weights[i]*scale + carry
		it.size = min(max(1, int(math.Round(want))), 150)
		carry = max(-5, min(want-float64(it.size), 5)) // what rounding takes from one, the next gives
	}
	return nil
}

// samples are how many manifests of a kind tell what one interface brings.
const samples = 6

// sample assesses some manifests like an item.
func (p *plan) sample(ctx context.Context, opt Options, like *item) (float64, error) {
	total := 0
	for n := range samples {
		it := *like
		it.seed, it.size = uint64(n)*7919+opt.Seed, 2
		files, _, err := it.files(1)
		if err != nil {
			return 0, err
		}
		ws := opt.Workspace()
		if ws == nil {
			return 0, drawbridge.Errorf(drawbridge.Unavailable, "there are no packs to assess with: look at drawbridge doctor")
		}
		b, err := manifest.LoadFiles(mainFile, files, ws.ManifestOptions()...)
		if err != nil {
			return 0, fmt.Errorf("template %s: %w", it.template, err)
		}
		a, err := assess.FromBundle(ctx, ws, b, assess.Options{AsOf: opt.AsOf, Name: mainFile, Version: opt.Version})
		if err != nil {
			return 0, err
		}
		for _, t := range a.Threats {
			if t.State == drawbridge.ThreatOpen {
				total++
			}
		}
	}
	return float64(total) / samples / 2, nil
}

// addEvents says when everything happens, in order.
func (p *plan) addEvents(r *rand.Rand, opt Options) {
	end := opt.AsOf.UTC().Add(-time.Hour)
	early := p.start
	for i := range p.people {
		p.events = append(p.events, &event{at: early.Add(time.Duration(i) * time.Second), what: kindInvite, who: i})
	}
	for _, with := range p.partners {
		if !with.brought {
			p.events = append(p.events, &event{at: between(r, early.Add(day), end), what: kindPartner, partner: with, who: pick(r, p.keepers)})
		}
	}
	for i, it := range p.items {
		born := p.addLife(r, it, opt.History, end)
		if i < opt.Reviews {
			p.addTale(it, born, opt.History, end)
		}
	}
	if opt.Reviews > 0 {
		p.addPortfolio(opt, end)
	}
	slices.SortStableFunc(p.events, func(a, b *event) int { return cmp.Compare(a.at.UnixNano(), b.at.UnixNano()) })
}

// rhythm is how often an integration is looked at again in the history: less
// often than a server does, so that two years are not written for hours.
const rhythm = 120 * day

// addLife lays out one integration's revisions and assessments, and says when it
// was born.
func (p *plan) addLife(r *rand.Rand, it *item, history int, end time.Time) time.Time {
	recent := end.Add(-6 * day) // what was assessed since is not due again
	if history == 1 {
		born := between(r, recent, end)
		p.events = append(p.events, &event{at: born, what: kindPush, item: it, who: it.owner, revision: 1})
		return born
	}
	born := between(r, p.start.Add(day), end)
	last := born
	p.events = append(p.events, &event{at: born, what: kindPush, item: it, who: it.owner, revision: 1})
	for n := 2; n <= 1+r.IntN(history); n++ {
		at := between(r, last, end)
		last = at
		p.events = append(p.events, &event{at: at, what: kindPush, item: it, who: it.owner, revision: n})
	}
	for at := born.Add(rhythm); at.Before(recent); at = at.Add(rhythm) {
		p.events = append(p.events, &event{at: at, what: kindAssess, item: it})
	}
	if last.Before(recent) {
		p.events = append(p.events, &event{at: between(r, recent, end), what: kindAssess, item: it})
	}
	if at := born.Add(day); r.IntN(3) == 0 && at.Before(end) {
		p.events = append(p.events, &event{at: at, what: kindAssign, item: it, who: pick(r, p.owners)})
	}
	return born
}

// between is a moment in a span of time, to the second.
func between(r *rand.Rand, from, to time.Time) time.Time {
	return from.Add(time.Duration(r.Int64N(max(1, int64(to.Sub(from).Seconds())))) * time.Second)
}
