package portfolio

import (
	"cmp"
	"context"
	"regexp"
	"slices"
	"strings"
	"time"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/action"
	"drawbridge/internal/register"
	"drawbridge/internal/store"
)

// contractTypes are the kinds of agreement.
var contractTypes = []string{"msa", "dpa", "sla", "nda", "baa"}

// ContractEdit is a contract as somebody wants it.
type ContractEdit struct {
	Contract drawbridge.Contract // with the Version that was read, to change it
	Reason   string
	Key      string
}

// AddContract puts a contract on file.
func (d *Desk) AddContract(ctx context.Context, actor access.Actor, in ContractEdit) (drawbridge.ContractView, error) {
	c := in.Contract
	find := onPartner(c.Partner, "contract", "")
	return write(ctx, d, edited{actor, access.ContractWrite, in.Reason, in.Key, in.Contract}, find, func(tx *store.Tx) (drawbridge.ContractView, error) {
		if err := checkContract(tx, &c); err != nil {
			return drawbridge.ContractView{}, err
		}
		now := d.now()
		c.ID, c.ClosedAt, c.CreatedAt, c.UpdatedAt = drawbridge.ContractID(drawbridge.NewID("ctr", now)), noTime, now, now
		err := tx.Contracts().Add(&c)
		return d.stand(c, nil), err
	})
}

// EditContract changes a contract over the version that was read.
func (d *Desk) EditContract(ctx context.Context, actor access.Actor, in ContractEdit) (drawbridge.ContractView, error) {
	var had drawbridge.Contract
	e := edited{actor, access.ContractWrite, in.Reason, in.Key, in.Contract}
	return write(ctx, d, e, findContract(in.Contract.ID, &had), func(tx *store.Tx) (drawbridge.ContractView, error) {
		c := in.Contract
		c.Partner = had.Partner
		if err := checkContract(tx, &c); err != nil {
			return drawbridge.ContractView{}, err
		}
		c.ClosedAt, c.CreatedAt, c.UpdatedAt = had.ClosedAt, had.CreatedAt, d.now()
		if err := tx.Contracts().Set(&c); err != nil {
			return drawbridge.ContractView{}, err
		}
		measures, err := measuresOf(tx, c.ID)
		return d.stand(c, measures), err
	})
}

// CloseContract notes that a contract is over before its day.
func (d *Desk) CloseContract(ctx context.Context, actor access.Actor, id drawbridge.ContractID, reason, key string) (drawbridge.ContractView, error) {
	var c drawbridge.Contract
	return write(ctx, d, edited{actor, access.ContractWrite, reason, key, id}, findContract(id, &c), func(tx *store.Tx) (drawbridge.ContractView, error) {
		if !c.ClosedAt.IsZero() {
			return drawbridge.ContractView{}, drawbridge.Errorf(drawbridge.Conflict, "the contract was closed at %s", c.ClosedAt.Format(time.DateOnly))
		}
		if strings.TrimSpace(reason) == "" {
			return drawbridge.ContractView{}, bad("say why the contract is closed: give a reason")
		}
		c.ClosedAt, c.UpdatedAt = d.now(), d.now()
		err := tx.Contracts().Set(&c)
		return d.stand(c, nil), err
	})
}

var metricForm = regexp.MustCompile(`^[a-z][a-z0-9_]{0,62}$`)

func checkContract(tx *store.Tx, c *drawbridge.Contract) error {
	if err := written("title", &c.Title, "law", &c.Law, "cost", &c.Cost); err != nil {
		return err
	}
	if c.Type == "" || oneOf("type", c.Type, contractTypes...) != nil {
		return bad("type is %.40q; write msa, dpa, sla, nda or baa", c.Type)
	}
	if err := oneOf("data_owner", c.DataOwner, "ours", "partner", "shared"); err != nil {
		return err
	}
	if err := days("signed", c.Signed, "starts", c.Starts, "ends", c.Ends); err != nil {
		return err
	}
	if c.Starts != "" && c.Ends != "" && c.Ends < c.Starts {
		return bad("ends: the contract ends before it starts")
	}
	const longest = 3650
	for _, n := range []struct {
		name  string
		value int64
	}{{"notice_ours", c.NoticeOurs}, {"notice_theirs", c.NoticeTheirs}, {"deprecation", c.Deprecation}, {"breach_hours", c.BreachHours}, {"objection", c.Objection}} {
		if n.value < 0 || n.value > longest {
			return bad("%s is %d; write 0 (nothing is promised) to %d", n.name, n.value, longest)
		}
	}
	if err := checkLevels(c.Levels); err != nil {
		return err
	}
	if err := checkClauses(c); err != nil {
		return err
	}
	if c.Evidence != "" {
		if e, err := tx.Evidence().Get(string(c.Evidence)); err != nil || e.Partner != c.Partner {
			return bad("evidence: there is no document %.40q of %s on file", c.Evidence, c.Partner)
		}
	}
	return ofPartner(tx, c.Partner, c.Integrations)
}

func checkLevels(list []drawbridge.ServiceLevel) error {
	if len(list) > maxItems {
		return bad("levels: a contract has at most %d", maxItems)
	}
	seen := map[string]bool{}
	for _, l := range list {
		if !metricForm.MatchString(l.Metric) || seen[l.Metric] {
			return bad("levels: write each metric once, in small letters, like availability; not %.70q", l.Metric)
		}
		seen[l.Metric] = true
		if l.Unit == "" || oneOf("unit", l.Unit, "percent", "ms", "s", "h") != nil || l.Window == "" || windows[l.Window] == 0 {
			return bad("levels: %s needs a unit (percent, ms, s or h) and a window (month, quarter or year)", l.Metric)
		}
		if l.Target < 0 || l.Target > 1e12 || l.Target != l.Target || l.Unit == "percent" && l.Target > 100 {
			return bad("levels: %s cannot be %v %s", l.Metric, l.Target, l.Unit)
		}
	}
	return nil
}

// windows are how many days a window has at most.
var windows = map[string]int{"month": 31, "quarter": 92, "year": 366}

func findContract(id drawbridge.ContractID, out *drawbridge.Contract) func(*store.Tx) (access.Object, error) {
	return func(tx *store.Tx) (access.Object, error) {
		c, err := tx.Contracts().Get(string(id))
		if err == nil {
			*out = *c
		}
		return access.Object{Kind: "contract", ID: string(id)}, err
	}
}

// stand is a contract as it stands today.
func (d *Desk) stand(c drawbridge.Contract, measures []drawbridge.Measure) drawbridge.ContractView {
	now := d.now()
	v := drawbridge.ContractView{Contract: c, Standing: standing(&c, now), Next: next(&c, now), Measured: []drawbridge.LevelView{}, Gaps: []drawbridge.Gap{}}
	for _, l := range c.Levels {
		v.Measured = append(v.Measured, d.kept(l, measures, now))
	}
	switch c.Type {
	case "dpa":
		v.Gaps = append(v.Gaps, lacking(&c, "gdpr-")...)
	case "msa", "sla":
		v.Gaps = append(v.Gaps, lacking(&c, "dora-30-2")...)
	}
	return v
}

func standing(c *drawbridge.Contract, now time.Time) string {
	switch {
	case !c.ClosedAt.IsZero():
		return "closed"
	case c.Starts != "" && now.Before(c.Starts.End().AddDate(0, 0, -1)):
		return "coming"
	case c.Ends != "" && c.Ends.Past(now) && !c.AutoRenew:
		return "ended"
	}
	return "in_force"
}

// next is the next day of a contract: the last one to give notice, which is the
// end less the notice, then the end itself.
func next(c *drawbridge.Contract, now time.Time) drawbridge.Milestone {
	if c.Ends == "" || !c.ClosedAt.IsZero() {
		return drawbridge.Milestone{}
	}
	if c.Ends.Past(now) {
		if c.AutoRenew {
			return drawbridge.Milestone{On: c.Ends, What: "renewed"}
		}
		return drawbridge.Milestone{On: c.Ends, What: "end"}
	}
	notice := drawbridge.DateOf(c.Ends.End().AddDate(0, 0, -1-int(c.NoticeOurs)))
	if c.NoticeOurs > 0 && !notice.Past(now) {
		return drawbridge.Milestone{On: notice, What: "notice"}
	}
	return drawbridge.Milestone{On: c.Ends, What: "end"}
}

// kept compares a promise with its latest measure. One that is older than two
// windows says nothing about today.
func (d *Desk) kept(l drawbridge.ServiceLevel, measures []drawbridge.Measure, now time.Time) drawbridge.LevelView {
	v := drawbridge.LevelView{ServiceLevel: l, Kept: "not_measured"}
	for _, m := range measures {
		if m.Metric == l.Metric && m.To > v.To {
			v.Value, v.From, v.To = m.Value, m.From, m.To
		}
	}
	if v.To == "" || now.After(v.To.End().AddDate(0, 0, 2*windows[l.Window])) {
		return v
	}
	v.Kept = "missed"
	if l.Unit == "percent" && v.Value >= l.Target || l.Unit != "percent" && v.Value <= l.Target {
		v.Kept = "met"
	}
	return v
}

// MeasureEdit is a measured service level.
type MeasureEdit struct {
	Measure drawbridge.Measure
	Reason  string
	Key     string
}

// AddMeasure records what a service level was in one window.
func (d *Desk) AddMeasure(ctx context.Context, actor access.Actor, in MeasureEdit) (drawbridge.Measure, error) {
	var c drawbridge.Contract
	e := edited{actor, access.MeasureWrite, in.Reason, in.Key, in.Measure}
	return write(ctx, d, e, findContract(in.Measure.Contract, &c), func(tx *store.Tx) (drawbridge.Measure, error) {
		m := in.Measure
		i := slices.IndexFunc(c.Levels, func(l drawbridge.ServiceLevel) bool { return l.Metric == m.Metric })
		switch {
		case i < 0:
			return m, bad("metric: the contract promises no %.70q", m.Metric)
		case m.Value < 0 || m.Value > 1e12 || m.Value != m.Value || c.Levels[i].Unit == "percent" && m.Value > 100:
			return m, bad("value: %v %s cannot be", m.Value, c.Levels[i].Unit)
		case m.From == "" || m.To == "" || m.To < m.From:
			return m, bad("period: say from which day to which day it was measured")
		}
		if err := cmp.Or(days("period_from", m.From, "period_to", m.To), written("source", &m.Source)); err != nil {
			return m, err
		}
		if m.Source == "" || m.From.End().After(d.now().AddDate(0, 0, 1)) {
			return m, bad("say how it was measured (source), in a period that began")
		}
		if m.Integration != "" {
			if err := ofPartner(tx, c.Partner, []drawbridge.IntegrationID{m.Integration}); err != nil {
				return m, err
			}
		}
		m.ID, m.Partner, m.By, m.CreatedAt = drawbridge.NewID("mea", d.now()), c.Partner, actor.ID, d.now()
		return m, tx.Measures().Add(&m)
	})
}

// measuresOf reads the measures of contracts, the latest of them.
func measuresOf(tx *store.Tx, ids ...drawbridge.ContractID) ([]drawbridge.Measure, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	in := make([]string, len(ids))
	for i, id := range ids {
		in[i] = string(id)
	}
	return tx.Measures().Find(store.Query{In: map[string][]string{"contract": in}, Newest: true, Limit: 5000})
}

// Measures lists what was measured of a contract's promises, newest first.
func (d *Desk) Measures(ctx context.Context, actor access.Actor, id drawbridge.ContractID) (out []drawbridge.Measure, err error) {
	var c drawbridge.Contract
	err = d.door.View(ctx, action.Act{Actor: actor, Action: access.ContractRead, On: findContract(id, &c)}, func(tx *store.Tx) error {
		out, err = measuresOf(tx, id)
		return err
	})
	return out, err
}

// Contract reads one contract.
func (d *Desk) Contract(ctx context.Context, actor access.Actor, id drawbridge.ContractID) (out drawbridge.ContractView, err error) {
	var c drawbridge.Contract
	err = d.door.View(ctx, action.Act{Actor: actor, Action: access.ContractRead, On: findContract(id, &c)}, func(tx *store.Tx) error {
		measures, err := measuresOf(tx, c.ID)
		out = d.stand(c, measures)
		return err
	})
	return out, err
}

// ContractFilter says which contracts to list; what is empty does not restrict.
type ContractFilter struct {
	Partner drawbridge.PartnerID
	Type    string
	Before  drawbridge.Date // that end before this day
}

// Contracts lists contracts, newest first.
func (d *Desk) Contracts(ctx context.Context, actor access.Actor, f ContractFilter, from *register.Cursor, limit int) (register.Page[drawbridge.ContractView], error) {
	var out register.Page[drawbridge.ContractView]
	size, err := pageSize(limit)
	if err == nil {
		err = cmp.Or(oneOf("type", f.Type, contractTypes...), days("before", f.Before))
	}
	if err != nil {
		return out, err
	}
	q := store.Query{Equal: map[string]any{}, After: after(from), Newest: true, Limit: size + 1}
	if f.Partner != "" {
		q.Equal["partner"] = string(f.Partner)
	}
	if f.Type != "" {
		q.Equal["type"] = f.Type
	}
	if f.Before != "" {
		q.Ranges = []store.Range{{Column: "ends", From: "0", To: string(f.Before)}}
	}
	err = d.door.List(ctx, actor, access.ContractRead, func(tx *store.Tx, _ access.Scope) error {
		list, err := tx.Contracts().Find(q)
		if err != nil {
			return err
		}
		views, err := d.standAll(tx, list)
		out = paged(views, size, func(c drawbridge.ContractView) register.Cursor { return register.Cursor{ID: string(c.ID)} })
		return err
	})
	return out, err
}

// standAll reads contracts with their measures, by one query.
func (d *Desk) standAll(tx *store.Tx, list []drawbridge.Contract) ([]drawbridge.ContractView, error) {
	ids := make([]drawbridge.ContractID, len(list))
	for i, c := range list {
		ids[i] = c.ID
	}
	measures, err := measuresOf(tx, ids...)
	views := make([]drawbridge.ContractView, len(list))
	for i, c := range list {
		own := slices.DeleteFunc(slices.Clone(measures), func(m drawbridge.Measure) bool { return m.Contract != c.ID })
		views[i] = d.stand(c, own)
	}
	return views, err
}
