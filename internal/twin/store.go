package twin

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"time"
)

// tenants are the two customers of the partner.
var tenants = []string{"north", "south"}

// maxObjects bounds what a caller can make the twin keep.
const maxObjects = 20_000

// object is one record.
type object struct {
	id      string
	tenant  string // "" when every tenant sees it
	parent  string // id of the object that it stands under
	res     *resource
	fields  map[string]any
	deleted bool
}

// store keeps the objects in memory. The twin's mutex guards it.
type store struct {
	style   *style
	rng     *rand.Rand
	now     func() time.Time
	byID    map[string]map[string]*object // resource to id
	order   map[string][]*object          // resource, in order of creation
	last    int64                         // integer id given last
	objects int
}

func newStore(s *style, seed uint64, now func() time.Time) *store {
	rng := rand.New(rand.NewPCG(seed, 0x7477696e)) //nolint:gosec // a twin must repeat itself; its ids guard nothing
	st := &store{style: s, rng: rng, now: now, byID: map[string]map[string]*object{}, order: map[string][]*object{}, last: 1000}
	for _, r := range s.resources {
		st.byID[r.name] = map[string]*object{}
	}
	for n, tenant := range tenants {
		for _, r := range s.resources {
			if r.shared && n > 0 {
				continue
			}
			st.sow(r, tenant, n)
		}
	}
	return st
}

const letters = "0123456789abcdefghijkmnpqrstuvwxyz"

// random returns n random letters and digits.
func (st *store) random(n int) string {
	out := make([]byte, n)
	for i := range out {
		out[i] = letters[st.rng.IntN(len(letters))]
	}
	return string(out)
}

func (st *store) newID(r *resource) string {
	switch st.style.ids {
	case integer:
		st.last++
		return strconv.FormatInt(st.last, 10)
	case uuid: // RFC 9562 version 4
		a, b := st.rng.Uint64(), st.rng.Uint64()
		return fmt.Sprintf("%08x-%04x-4%03x-%04x-%012x", a>>32, a>>16&0xffff, a&0xfff, b>>48&0x3fff|0x8000, b&0xffffffffffff)
	case prefixed:
	}
	return r.prefix + "_" + st.random(14)
}

// add keeps an object; false means that the twin is full.
func (st *store) add(r *resource, tenant, parent string, fields map[string]any) (*object, bool) {
	if st.objects >= maxObjects {
		return nil, false
	}
	st.objects++
	if r.shared {
		tenant = ""
	}
	o := &object{id: st.newID(r), tenant: tenant, parent: parent, res: r, fields: fields}
	st.byID[r.name][o.id] = o
	st.order[r.name] = append(st.order[r.name], o)
	return o, true
}

// drop takes back an object that was just added.
func (st *store) drop(o *object) {
	delete(st.byID[o.res.name], o.id)
	st.order[o.res.name] = slices.DeleteFunc(st.order[o.res.name], func(x *object) bool { return x == o })
	st.objects--
}

// remove leaves a trace of the object, so that a second deletion is answered like the first.
func (st *store) remove(o *object) {
	o.deleted, o.fields = true, nil
	for _, r := range st.style.resources {
		if r.parent != o.res.name {
			continue
		}
		for _, child := range st.order[r.name] {
			if child.parent == o.id && !child.deleted {
				st.remove(child)
			}
		}
	}
}

// find returns the object with the id, whoever owns it, or nil.
func (st *store) find(res string, id any) *object {
	key, ok := id.(string)
	if n, isNumber := id.(int64); isNumber {
		key, ok = strconv.FormatInt(n, 10), true
	}
	if o := st.byID[res][key]; ok && o != nil && !o.deleted {
		return o
	}
	return nil
}

// all returns the tenant's objects, oldest first; an empty tenant or parent means any.
func (st *store) all(res, tenant, parent string) []*object {
	var out []*object
	for _, o := range st.order[res] {
		if !o.deleted && (tenant == "" || o.tenant == "" || o.tenant == tenant) && (parent == "" || o.parent == parent) {
			out = append(out, o)
		}
	}
	return out
}

// note records an event where the style has events.
func (st *store) note(tenant, kind, id string) {
	r := st.style.resource("event")
	if r == nil {
		return
	}
	if o, ok := st.add(r, tenant, "", map[string]any{"type": kind, "object_id": id}); ok {
		st.complete(o)
	}
}

// complete fills in what the partner sets on every new object.
func (st *store) complete(o *object) {
	for _, f := range o.res.fields {
		if _, set := o.fields[f.name]; set {
			continue
		}
		switch {
		case f.format == "date-time" && f.read:
			o.fields[f.name] = st.now().UTC().Format(time.RFC3339)
		case f.def != nil:
			o.fields[f.name] = clone(f.def)
		case !f.write && !f.reveal && f.name != "id":
			o.fields[f.name] = nil
		}
	}
}

// clone copies a JSON-like value.
func clone(v any) any {
	switch v := v.(type) {
	case map[string]any:
		out := make(map[string]any, len(v))
		for k, x := range v {
			out[k] = clone(x)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, x := range v {
			out[i] = clone(x)
		}
		return out
	}
	return v
}

// sow makes the objects that a tenant starts with.
func (st *store) sow(r *resource, tenant string, n int) {
	parents := []*object{nil}
	if r.parent != "" {
		parents = st.all(r.parent, tenant, "")
	}
	for _, parent := range parents {
		for i := range r.seed {
			above := ""
			if parent != nil {
				above = parent.id
			}
			fields := st.fill(r.fields, tenant, person(n*7+i))
			o, ok := st.add(r, tenant, above, fields)
			if !ok {
				return
			}
			if r.made != nil {
				_ = r.made(st, o) // what the style itself invents is valid
			}
			st.complete(o)
			st.note(tenant, r.name+".created", o.id)
		}
	}
}

// fill invents the values of the fields that a caller would send.
func (st *store) fill(fields []field, tenant string, p individual) map[string]any {
	out := map[string]any{}
	for _, f := range fields {
		if !f.read {
			out[f.name] = st.invent(f, tenant, p)
		}
	}
	return out
}

func (st *store) invent(f field, tenant string, p individual) any {
	if f.ref != "" {
		own := st.all(f.ref, tenant, "")
		if len(own) == 0 {
			return nil
		}
		return st.idValue(own[st.rng.IntN(len(own))].id)
	}
	switch {
	case f.kind == boolean && f.write:
		return st.rng.IntN(2) == 0
	case f.kind == boolean:
		return f.def
	case f.kind == record:
		return st.fill(f.of, tenant, p)
	case f.kind == array:
		return []any{st.invent(f.of[0], tenant, p)}
	case f.category == "contact.email":
		return p.email
	case f.category == "contact.phone":
		return p.phone
	case f.category == "person.name.full":
		return p.name
	case f.category == "contact.address.street":
		return p.street
	case f.kind == text && (f.format != "" || f.pattern != "" || len(f.enum) > 0):
		return clone(f.example)
	case f.kind == text:
		base, _ := f.example.(string)
		return clip(base+" "+st.random(6), f.max)
	case f.kind == number && f.example != nil && f.max > 1000:
		base, _ := f.example.(int64)
		return min(base+int64(st.rng.IntN(500)), f.max)
	}
	return clone(f.example)
}

func clip(s string, most int64) string {
	if most > 0 && int64(len(s)) > most {
		return s[int64(len(s))-most:]
	}
	return s
}

// idValue gives an id the type that it has in JSON.
func (st *store) idValue(id string) any {
	if n, err := strconv.ParseInt(id, 10, 64); err == nil && st.style.ids == integer {
		return n
	}
	return id
}

// render is the object as the operation's answer shows it.
func (st *store) render(o *object, out []field) map[string]any {
	all := maps.Clone(o.fields)
	all["id"] = st.idValue(o.id)
	if o.parent != "" {
		all[st.style.up(o.res)] = st.idValue(o.parent)
	}
	return project(out, all)
}

// project keeps the declared fields.
func project(fields []field, values map[string]any) map[string]any {
	out := map[string]any{}
	for _, f := range fields {
		v, ok := values[f.name]
		if m, isRecord := v.(map[string]any); isRecord && f.kind == record {
			out[f.name] = project(f.of, m)
		} else if ok {
			out[f.name] = clone(v)
		} else {
			out[f.name] = nil
		}
	}
	return out
}
