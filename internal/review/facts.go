package review

import (
	"cmp"
	"slices"
	"sync"

	"drawbridge"
	"drawbridge/internal/manifest"
	"drawbridge/internal/seal"
)

// facts are what a review asks of a revision. A revision never changes, so
// neither do they.
type facts struct {
	slug, environment string
	purpose           bool
	owners            []string // that nobody named
	flows             int
	uncategorised     []string          // data elements without a confirmed category
	unbounded         []string          // why no envelope can be made of it
	testable          map[string]string // digest, as it is material, of each interface that the live tester can drive
	material          []byte
}

// maxKept bounds what a desk keeps at hand of each kind.
const maxKept = 64

// kept keeps the last few things that were made, by their key. The key names
// something that never changes.
type kept[T any] struct {
	most  int // that are kept; 0 is maxKept
	mu    sync.Mutex
	items map[string]T
	order []string
}

// get returns what was made for the key, or makes it.
func (k *kept[T]) get(key string, make func() (T, error)) (T, error) {
	k.mu.Lock()
	item, ok := k.items[key]
	k.mu.Unlock()
	if ok {
		return item, nil
	}
	item, err := make()
	if err != nil {
		return item, err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.items == nil {
		k.items = map[string]T{}
	}
	if _, ok := k.items[key]; !ok {
		k.order = append(k.order, key)
	}
	k.items[key] = item
	if len(k.order) > cmp.Or(k.most, maxKept) {
		delete(k.items, k.order[0])
		k.order = slices.Delete(k.order, 0, 1)
	}
	return item, nil
}

// has returns what was made for the key, if it is still at hand.
func (k *kept[T]) has(key string) (T, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	item, ok := k.items[key]
	return item, ok
}

// facts reads what a revision says.
func (d *Desk) facts(rev *drawbridge.Revision) (*facts, error) {
	return d.revisions.get(string(rev.ID), func() (*facts, error) {
		b, err := d.opt.Register.Bundle(rev)
		if err != nil {
			return nil, err
		}
		return factsOf(b)
	})
}

// Testable reports whether the live tester can drive any interface of a revision.
func (d *Desk) Testable(rev *drawbridge.Revision) (bool, error) {
	f, err := d.facts(rev)
	return err == nil && len(f.testable) > 0, err
}

func factsOf(b *manifest.Bundle) (*facts, error) {
	view, err := manifest.Material(b)
	if err != nil {
		return nil, err
	}
	in := b.Integration
	f := &facts{
		slug: in.ID, environment: in.Environment, purpose: in.Purpose != "", flows: len(in.Flows), testable: map[string]string{}, material: view.JSON,
	}
	for _, o := range []struct {
		key string
		ref manifest.Ref
	}{{"owners.business", in.Owners.Business}, {"owners.technical", in.Owners.Technical}} {
		if o.ref == "" {
			f.owners = append(f.owners, o.key)
		}
	}
	for _, flow := range in.Flows {
		if len(flow.Operations) == 0 && !slices.ContainsFunc(in.Interfaces, func(i manifest.Interface) bool {
			return (i.ID == flow.From || i.ID == flow.To) && len(i.Operations) > 0
		}) {
			f.unbounded = append(f.unbounded, flow.ID+" names no operation")
		}
		if flow.Data == nil {
			f.uncategorised = append(f.uncategorised, flow.ID+": nobody said what data moves")
		}
		for _, e := range flow.Data {
			if at := flow.ID + ": " + string(e.At) + " " + string(e.Field); e.Category == "" {
				f.uncategorised = append(f.uncategorised, at+" has no category")
			} else if e.Source == drawbridge.Inferred {
				f.uncategorised = append(f.uncategorised, at+" is "+e.Category+" by a guess that nobody confirmed")
			}
		}
	}
	for _, i := range in.Interfaces {
		if len(i.Hosts) == 0 && i.Direction == drawbridge.Outbound {
			f.unbounded = append(f.unbounded, i.ID+" names no host")
		}
		if i.Kind != drawbridge.HTTPAPI || i.Direction != drawbridge.Outbound {
			continue
		}
		if f.testable[i.ID], err = material(b, i); err != nil {
			return nil, err
		}
	}
	return f, nil
}

// material is the digest of one interface as a decision rests on it.
func material(b *manifest.Bundle, i manifest.Interface) (string, error) {
	alone := *b
	alone.Partner = nil
	alone.Integration = &manifest.Integration{Interfaces: []manifest.Interface{i}}
	view, err := manifest.Material(&alone)
	if err != nil {
		return "", err
	}
	return seal.Digest(view.JSON), nil
}
