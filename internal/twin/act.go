package twin

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strconv"
)

// act does what the operation says. Objects of other tenants do not exist.
func (x *exchange) act() (*answer, *problem) {
	if x.op.call != nil {
		return x.other()
	}
	if x.op.res.single {
		v := x.op.res.view(x.t.store, x.tenant())
		return x.show(project(x.op.out, v), nil, 200), nil
	}
	parent, p := x.parents()
	if p != nil {
		return nil, p
	}
	switch x.op.effect {
	case doList:
		return x.list(parent)
	case doCreate:
		return x.once(func() (*answer, *problem) { return x.create(parent) })
	case doRead, doUpdate, doDelete, doAct, doOther:
	}
	o, gone := x.target(parent)
	switch {
	case gone && x.op.effect == doDelete:
		return &answer{status: http.StatusNoContent}, nil
	case o == nil:
		return nil, notFound()
	}
	switch x.op.effect {
	case doUpdate:
		return x.update(o)
	case doDelete:
		x.t.store.remove(o)
		return &answer{status: http.StatusNoContent}, nil
	case doAct:
		return x.once(func() (*answer, *problem) { return x.perform(o) })
	case doList, doCreate, doRead, doOther:
	}
	return x.one(o, 200), nil
}

// other runs an operation without a resource.
func (x *exchange) other() (*answer, *problem) {
	if x.op.in != nil {
		kept, bad, worst := judge(x.op.in, x.body, x.t.style.strict, "")
		if len(bad) > 0 {
			return nil, invalids(worst, bad...)
		}
		x.body = kept
	}
	return x.op.call(x)
}

// tenant is whose objects the caller works on. A caller let in by a flaw works
// on the first tenant's.
func (x *exchange) tenant() string {
	if x.who != nil {
		return x.who.tenant
	}
	return tenants[0]
}

// owns reports whether the caller may see the object.
func (x *exchange) owns(o *object) bool {
	if o.tenant == "" || x.who != nil && o.tenant == x.who.tenant || x.any {
		return true
	}
	for _, f := range x.flaws {
		if f.owns != nil && f.owns(x) {
			return true
		}
	}
	return false
}

// parents walks down the path to the object that the last one stands under.
func (x *exchange) parents() (*object, *problem) {
	if x.op.res.parent == "" || x.op.res.flat && x.op.effect != doList && x.op.effect != doCreate {
		return nil, nil
	}
	var chain []*resource
	for r := x.t.style.resource(x.op.res.parent); r != nil; r = x.t.style.resource(r.parent) {
		chain = append([]*resource{r}, chain...)
	}
	above := ""
	var o *object
	for _, r := range chain {
		id, ok := x.vars[r.param]
		if x.op.res.flat {
			id, ok = x.vars[r.name]
		}
		o = x.t.store.find(r.name, id)
		if !ok || o == nil || !x.owns(o) || o.parent != above {
			return nil, notFound()
		}
		above = o.id
	}
	return o, nil
}

// target is the object that the path names; gone tells that it was deleted.
func (x *exchange) target(parent *object) (o *object, gone bool) {
	o = x.t.store.byID[x.op.res.name][x.vars[x.op.res.param]]
	if o == nil || !x.owns(o) || parent != nil && o.parent != parent.id {
		return nil, false
	}
	if o.deleted {
		return nil, true
	}
	return o, false
}

// one answers with an object.
func (x *exchange) one(o *object, status int) *answer {
	x.seen = o
	return x.show(x.t.store.render(o, x.op.out), o, status)
}

// show lets the flaws change what is shown.
func (x *exchange) show(view map[string]any, o *object, status int) *answer {
	for _, f := range x.flaws {
		if f.show != nil {
			f.show(x, o, view)
		}
	}
	return &answer{status: status, body: view}
}

// judge checks the body and returns what may be stored.
func (x *exchange) judge() (map[string]any, *problem) {
	kept, bad, worst := judge(x.op.in, x.body, x.t.style.strict && !x.lax(), "")
	for _, f := range x.op.in {
		if id := kept[f.name]; f.ref != "" && id != nil {
			if o := x.t.store.find(f.ref, id); o == nil || o.tenant != "" && o.tenant != x.tenant() {
				bad = append(bad, wrong{"/" + f.name, "names nothing"})
				worst = range_
			}
		}
	}
	if len(bad) > 0 {
		return nil, invalids(worst, bad...)
	}
	for _, f := range x.flaws {
		if f.write != nil {
			f.write(x, kept)
		}
	}
	return kept, nil
}

// lax reports that a flaw takes fields that the style would refuse.
func (x *exchange) lax() bool {
	return slices.ContainsFunc(x.flaws, func(f *flaw) bool { return f.write != nil })
}

// taken reports whether another object of the tenant has the value that must be unique.
func (x *exchange) taken(fields map[string]any, but *object) bool {
	r := x.op.res
	if r.unique == "" || fields[r.unique] == nil {
		return false
	}
	return slices.ContainsFunc(x.t.store.all(r.name, x.tenant(), ""), func(o *object) bool {
		return o != but && o.fields[r.unique] == fields[r.unique]
	})
}

func (x *exchange) create(parent *object) (*answer, *problem) {
	fields, p := x.judge()
	if p != nil {
		return nil, p
	}
	if x.taken(fields, nil) {
		return nil, conflict("The " + x.op.res.unique + " is in use.")
	}
	tenant, above := x.tenant(), ""
	if parent != nil {
		above, tenant = parent.id, parent.tenant
	}
	o, ok := x.t.store.add(x.op.res, tenant, above, fields)
	if !ok {
		return nil, &problem{status: 429, title: "Too Many Requests", detail: "The account is full."}
	}
	if x.op.res.made != nil {
		if p := x.op.res.made(x.t.store, o); p != nil {
			x.t.store.drop(o)
			return nil, p
		}
	}
	x.t.store.complete(o)
	x.t.store.note(tenant, x.op.res.name+".created", o.id)
	a := x.one(o, http.StatusCreated)
	_, item := x.t.style.paths(x.op.res)
	if a.header == nil && x.op.res.parent == "" {
		a.header = http.Header{"Location": {x.t.style.base + item[:len(item)-len(x.op.res.param)-2] + o.id}}
	}
	for _, f := range x.op.res.fields {
		if f.reveal {
			delete(o.fields, f.name)
		}
	}
	return a, nil
}

func (x *exchange) update(o *object) (*answer, *problem) {
	fields, p := x.judge()
	if p != nil {
		return nil, p
	}
	if x.taken(fields, o) {
		return nil, conflict("The " + x.op.res.unique + " is in use.")
	}
	if x.t.style.put {
		for _, f := range x.op.in {
			if _, given := fields[f.name]; !given {
				fields[f.name] = nil
			}
		}
	}
	maps.Copy(o.fields, fields)
	x.t.store.note(o.tenant, o.res.name+".updated", o.id)
	return x.one(o, 200), nil
}

func (x *exchange) perform(o *object) (*answer, *problem) {
	if x.op.in != nil {
		kept, p := x.judge()
		if p != nil {
			return nil, p
		}
		x.body = kept
	}
	if p := x.op.action.do(x.t.store, o); p != nil {
		return nil, p
	}
	x.t.store.note(o.tenant, o.res.name+"."+x.op.action.name, o.id)
	return x.one(o, 200), nil
}

// list answers with one page of the caller's objects.
func (x *exchange) list(parent *object) (*answer, *problem) {
	want, p := x.page()
	if p != nil {
		return nil, p
	}
	above := ""
	if parent != nil {
		above = parent.id
	}
	var rows []*object
	for _, o := range x.t.store.all(x.op.res.name, "", above) {
		if x.owns(o) && want.keeps(o) {
			rows = append(rows, o)
		}
	}
	total := len(rows)
	from := min(want.from, total)
	to := min(from+want.size, total)
	views := []any{}
	for _, o := range rows[from:to] {
		x.seen = o
		views = append(views, x.show(x.t.store.render(o, x.op.out), o, 200).body)
	}
	env := x.t.style.envelope
	if env.items == "" {
		h := http.Header{}
		h.Set("X-Total-Count", strconv.Itoa(total))
		return &answer{status: 200, body: views, header: h}, nil
	}
	body := map[string]any{env.items: views}
	if env.pages {
		body["total"] = total
	} else {
		body["has_more"] = to < total
		body["next_cursor"] = nil
		if to < total {
			body["next_cursor"] = base64.RawURLEncoding.EncodeToString([]byte(strconv.Itoa(to)))
		}
	}
	return &answer{status: 200, body: body}, nil
}

// window is the part of a list that the caller asks for.
type window struct {
	from, size int
	equal      map[string]any
}

func (w window) keeps(o *object) bool {
	for name, v := range w.equal {
		if o.fields[name] != v {
			return false
		}
	}
	return true
}

// page reads the query.
func (x *exchange) page() (window, *problem) {
	given := map[string]any{}
	fields := x.t.style.query(x.op)
	for _, f := range fields {
		if v, ok := x.r.URL.Query()[f.name]; ok {
			given[f.name] = fromText(f, v[0])
		}
	}
	kept, bad, _ := judge(fields, given, false, "")
	if len(bad) > 0 {
		return window{}, &problem{status: 400, title: "Bad Request", detail: "Some parameters are not valid.", fault: range_, errors: bad}
	}
	w := window{equal: map[string]any{}}
	int := func(name string) int { n, _ := kept[name].(int64); return int(n) }
	if x.t.style.envelope.pages {
		w.size = int("per_page")
		w.from = (int("page") - 1) * w.size
	} else {
		w.size = int("limit")
		if c, _ := kept["cursor"].(string); c != "" {
			raw, err := base64.RawURLEncoding.DecodeString(c)
			n, err2 := strconv.Atoi(string(raw))
			if err != nil || err2 != nil || n < 0 {
				return window{}, &problem{status: 400, title: "Bad Request", detail: "The cursor is not valid.", fault: range_}
			}
			w.from = n
		}
	}
	for _, name := range x.op.res.filters {
		if v, ok := kept[name]; ok {
			w.equal[name] = v
		}
	}
	return w, nil
}

// kept is the answer to a request with an idempotency key.
type keptAnswer struct {
	request [32]byte
	status  int
	body    []byte
}

const maxKept = 10_000

// once answers a repeated request like the first time.
func (x *exchange) once(do func() (*answer, *problem)) (*answer, *problem) {
	key := x.r.Header.Get("Idempotency-Key")
	if key == "" || !x.t.style.idempotent {
		return do()
	}
	if len(key) > 100 {
		return nil, &problem{status: 400, title: "Bad Request", detail: "The idempotency key is too long.", fault: range_}
	}
	request := sha256.Sum256(bytes.Join([][]byte{[]byte(x.r.URL.Path), x.raw}, []byte{0}))
	name := x.tenant() + " " + key
	if old, ok := x.t.kept[name]; ok {
		if old.request != request {
			return nil, conflict("The idempotency key was used for another request.")
		}
		return &answer{status: old.status, body: old.body, header: http.Header{"Idempotent-Replayed": {"true"}}}, nil
	}
	a, p := do()
	if p == nil && len(x.t.kept) < maxKept {
		raw, err := json.Marshal(a.body)
		if err != nil {
			return nil, &problem{status: 500, title: "Internal Server Error", detail: "Try again later."}
		}
		x.t.kept[name] = keptAnswer{request: request, status: a.status, body: raw}
	}
	return a, p
}
