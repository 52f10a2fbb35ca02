package manifest

import (
	"maps"
	"reflect"
	"slices"
	"strings"

	"drawbridge"
)

// ends is what a flow may name.
type ends struct {
	systems map[string]bool
	ifaces  map[string]*offer
	names   []string // all of them, for a hint
}

// offer is an interface with its operations.
type offer struct {
	id    string
	names []string
	has   map[string]bool
}

// references holds every id that an object names to an object that has it.
func (c *checker) references(i *Integration) {
	e := &ends{systems: map[string]bool{}, ifaces: map[string]*offer{}}
	for _, s := range i.Systems {
		e.systems[s.ID] = true
	}
	for n := range i.Interfaces {
		f := &i.Interfaces[n]
		o := &offer{id: f.ID}
		for _, op := range f.Operations {
			o.names = append(o.names, op.ID)
		}
		o.has = setOf(o.names)
		e.ifaces[f.ID] = o
		if e.systems[f.ID] {
			c.report("interfaces["+f.ID+"]", "rename one; systems and interfaces share their names", "a system has the id %q too", clip(f.ID))
		}
	}
	e.names = append(slices.Sorted(maps.Keys(e.systems)), slices.Sorted(maps.Keys(e.ifaces))...)
	flows := map[string]bool{}
	for n := range i.Flows {
		f := &i.Flows[n]
		flows[f.ID] = true
		key := "flows[" + f.ID + "]"
		c.sources(key, f.Sources, reflect.ValueOf(*f))
		c.end(key+".from", f.From, e)
		c.end(key+".to", f.To, e)
		c.flow(f, key, e)
	}
	c.exceptions(i, e, flows)
}

// exceptions holds each threat id to an element of the map.
func (c *checker) exceptions(i *Integration, ends *ends, flows map[string]bool) {
	for _, e := range i.Exceptions {
		_, element, ok := strings.Cut(e.Threat, "@")
		id, _, _ := strings.Cut(element, "/")
		if !ok || id == "integration" || id == i.ID || ends.systems[id] || ends.ifaces[id] != nil || flows[id] {
			continue
		}
		known := append(append([]string{"integration"}, ends.names...), slices.Sorted(maps.Keys(flows))...)
		c.report("exceptions["+e.Threat+"].threat", didYouMean(id, known), "there is no element %q", clip(id))
	}
}

func (c *checker) end(key, id string, e *ends) {
	if id == "" || e.systems[id] || e.ifaces[id] != nil || len(c.problems) >= maxProblems {
		return
	}
	hint := didYouMean(id, e.names)
	if len(e.names) == 0 {
		hint = "list it under systems or interfaces"
	}
	c.report(key, hint, "there is no system or interface %q", clip(id))
}

// flow checks the ends of a flow against each other, and its operations.
func (c *checker) flow(f *Flow, key string, e *ends) {
	from, to := e.ifaces[f.From], e.ifaces[f.To]
	switch {
	case f.From != "" && f.From == f.To:
		c.report(key+".to", "name the other end", "the flow ends where it starts")
	case from != nil && to != nil:
		c.report(key+".to", "put a system of ours between them", "both ends are interfaces")
	}
	o := from
	if to != nil {
		o = to
	}
	if o == nil {
		o = &offer{}
	}
	for _, op := range f.Operations {
		if len(o.names) > 0 && !o.has[op] && len(c.problems) < maxProblems {
			c.report(key+".operations["+op+"]", didYouMean(op, o.names), "the interface %s has no operation %q", o.id, clip(op))
		}
	}
	if len(f.Operations) > 0 {
		o = &offer{names: f.Operations, has: setOf(f.Operations)}
	}
	for n, e := range f.Data {
		if named := e.At == drawbridge.AtPath || e.At == drawbridge.AtQuery || e.At == drawbridge.AtHeader; named && len(e.Field.Segments()) != 1 {
			c.report(c.dataKey(key, f, n)+".field", "write the name behind one slash, like /id", "a field at %s has one name", e.At)
		}
		for _, op := range e.Operations {
			if len(o.names) > 0 && !o.has[op] && len(c.problems) < maxProblems {
				c.report(c.dataKey(key, f, n)+".operations["+op+"]", didYouMean(op, o.names), "the flow uses no operation %q", clip(op))
			}
		}
	}
}

func (c *checker) dataKey(flow string, f *Flow, n int) string {
	return flow + ".data[" + c.itemKey(reflect.ValueOf(f.Data), n) + "]"
}

func setOf(list []string) map[string]bool {
	out := make(map[string]bool, len(list))
	for _, s := range list {
		out[s] = true
	}
	return out
}
