package check

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"drawbridge"
)

// Object is something at the target that an identity can name.
type Object struct {
	IDs     []string // of the path, the object's own last
	Created bool     // by this run; otherwise it was listed
	Body    []byte   // as first seen
}

type poolKey struct{ resource, identity string }

// maxPool bounds the objects that are remembered of one resource and identity.
const maxPool = 20

// noObjectError says that no value for a path parameter is known.
type noObjectError struct{ param, resource string }

func (e noObjectError) Error() string {
	return fmt.Sprintf("no value for {%s}: nothing in %s could be made or listed", e.param, or(e.resource, "/"))
}

// IDs returns values for o's path parameters that belong to the identity.
// fresh makes a new object for it, so that nobody else's is touched.
func (s *Session) IDs(ctx context.Context, o *Operation, id *Identity, fresh bool) ([]string, error) {
	if len(o.IDs) == 0 {
		return nil, nil
	}
	end := o.IDs[len(o.IDs)-1]
	obj, err := s.own(ctx, end.Resource, id, fresh)
	if err != nil {
		return nil, err
	}
	if obj != nil && len(obj.IDs) == len(o.IDs) {
		return slices.Clone(obj.IDs), nil
	}
	if obj != nil && len(o.IDs) == 1 {
		return []string{obj.IDs[len(obj.IDs)-1]}, nil // made below a parent, read without it
	}
	var ids []string
	for i, p := range o.IDs {
		v, err := s.single(ctx, p, id, fresh && i == len(o.IDs)-1)
		if err != nil {
			return nil, err
		}
		ids = append(ids, v)
	}
	return ids, nil
}

// single finds one value for one parameter.
func (s *Session) single(ctx context.Context, p Param, id *Identity, fresh bool) (string, error) {
	obj, err := s.own(ctx, p.Resource, id, fresh)
	if err != nil {
		return "", err
	}
	if obj != nil {
		return obj.IDs[len(obj.IDs)-1], nil
	}
	if fresh {
		return "", noObjectError{p.Name, p.Resource}
	}
	if v := s.seen[poolKey{singular(strings.ToLower(trimID(p.Name))), id.Name}]; len(v) > 0 {
		return v[0], nil
	}
	switch {
	case p.Schema != nil && len(p.Schema.Enum) > 0:
		return fmt.Sprint(p.Schema.Enum[0]), nil
	case p.Example != nil:
		return fmt.Sprint(p.Example), nil
	case p.Schema != nil && p.Schema.Example != nil:
		return fmt.Sprint(p.Schema.Example), nil
	}
	return "", noObjectError{p.Name, p.Resource}
}

// own returns an object of the identity in a collection: one that this run made
// where it can, else a listed one. fresh asks for a new one, and gives nil when
// none can be made.
func (s *Session) own(ctx context.Context, resource string, id *Identity, fresh bool) (*Object, error) {
	key := poolKey{resource, id.Name}
	if !fresh {
		for _, o := range s.pools[key] {
			if o.Created {
				return o, nil
			}
		}
	}
	if !slices.Contains(s.making, resource) && len(s.making) <= 5 {
		obj, err := s.Make(ctx, resource, id)
		if err == nil && obj != nil {
			return obj, nil
		}
		if err != nil && ends(ctx, err) {
			return nil, err
		}
		if fresh {
			return nil, err
		}
	}
	if fresh {
		return nil, nil
	}
	if list := s.pools[key]; len(list) > 0 {
		return list[0], nil
	}
	if o := s.find(resource, List); o != nil && !slices.Contains(s.making, resource) {
		s.making = append(s.making, resource)
		_, err := s.baseline(ctx, o, id)
		s.making = s.making[:len(s.making)-1]
		if err != nil && ends(ctx, err) {
			return nil, err
		}
	}
	if list := s.pools[key]; len(list) > 0 {
		return list[0], nil
	}
	return nil, nil
}

// Make creates a new object in a collection as the identity. It returns nil
// without an error when no operation makes such objects.
func (s *Session) Make(ctx context.Context, resource string, id *Identity) (*Object, error) {
	var failed error
	for _, o := range s.all {
		if o.Resource != resource || o.Effect != Create || o.Skip != "" || o.barren[id.Name] != nil {
			continue
		}
		obj, err := s.makeBy(ctx, o, id)
		if err == nil {
			return obj, nil
		}
		if ends(ctx, err) {
			return nil, err
		}
		failed = err
		o.barren[id.Name] = err
	}
	if failed == nil {
		return s.put(ctx, resource, id)
	}
	return nil, failed
}

// put makes an object where the caller chooses its id: nothing is posted to the
// collection, and a PUT to an id that nobody has makes it.
func (s *Session) put(ctx context.Context, resource string, id *Identity) (*Object, error) {
	for _, o := range s.all {
		if o.Method != "PUT" || o.Resource != resource || o.Effect != Update || o.Skip != "" || o.barren[id.Name] != nil || s.find(resource, Create) != nil {
			continue
		}
		end := o.IDs[len(o.IDs)-1]
		if end.Schema == nil || !end.Schema.Type.Includes("string") || len(end.Schema.Enum) > 0 {
			continue
		}
		s.making = append(s.making, resource)
		var parents []string
		var err error
		for _, p := range o.IDs[:len(o.IDs)-1] {
			var v string
			if v, err = s.single(ctx, p, id, false); err != nil {
				break
			}
			parents = append(parents, v)
		}
		s.making = s.making[:len(s.making)-1]
		if err != nil {
			return nil, err
		}
		ids := append(parents, s.make.text("", end.Schema))
		a, _, err := s.try(ctx, o, id, ids)
		switch {
		case err != nil:
			return nil, err
		case !a.OK():
			o.barren[id.Name] = refused(s, o, a)
			return nil, o.barren[id.Name]
		}
		return s.keep(o.Name(), resource, id, ids, strings.Trim(o.filled(ids), "/"), a), nil
	}
	return nil, nil
}

// makeBy makes an object through a create operation and remembers it for the clean-up.
func (s *Session) makeBy(ctx context.Context, o *Operation, id *Identity) (*Object, error) {
	s.making = append(s.making, o.Resource)
	defer func() { s.making = s.making[:len(s.making)-1] }()
	parents, err := s.IDs(ctx, o, id, false)
	if err != nil {
		return nil, err
	}
	a, r, err := s.try(ctx, o, id, parents)
	if err != nil {
		return nil, err
	}
	if !a.OK() {
		return nil, refused(s, o, a)
	}
	obj := s.Adopt(o, id, parents, a)
	if obj != nil {
		s.await(ctx, o.Resource, id, obj)
	}
	if o.baselines[id.Name] == nil {
		o.baselines[id.Name] = &Baseline{Answer: a, Request: r, IDs: parents}
		s.observe(o, id, a)
	}
	if obj == nil {
		return nil, fmt.Errorf("%s made an object, and its answer names no id", o.Name())
	}
	return obj, nil
}

// patience are the waits for an object that was made and cannot be read yet.
var patience = []time.Duration{100 * time.Millisecond, 200 * time.Millisecond, 400 * time.Millisecond, 800 * time.Millisecond}

// await reads the first object of each resource until it can be read; where that
// took waiting, every later one is awaited too.
func (s *Session) await(ctx context.Context, resource string, id *Identity, obj *Object) {
	lags, known := s.lag[resource]
	o := s.find(resource, Read)
	if known && !lags || o == nil || len(o.IDs) > len(obj.IDs) {
		return
	}
	r, err := s.Request(ctx, o, id, obj.IDs[len(obj.IDs)-len(o.IDs):])
	if err != nil {
		return
	}
	a, waited, err := s.readBack(ctx, id, r)
	if err == nil && a.OK() {
		s.lag[resource] = waited
	} else {
		s.lag[resource] = false // it can never be read, so waiting is no help
	}
}

// ReadBack reads what was just made or changed. A partner that is consistent
// only after a while is asked again.
func (s *Session) ReadBack(ctx context.Context, id *Identity, r Request) (*Answer, error) {
	a, _, err := s.readBack(ctx, id, r)
	return a, err
}

func (s *Session) readBack(ctx context.Context, id *Identity, r Request) (a *Answer, waited bool, err error) {
	for try := 0; ; try++ {
		a, err = s.Do(ctx, id, r)
		if err != nil || try == len(patience) || a.Code() != 404 && a.Code() != 409 && a.Status != 202 {
			return a, try > 0, err
		}
		timer := time.NewTimer(patience[try])
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return a, try > 0, nil
		}
	}
}

// refused tells what the target said to a request that should have worked.
func refused(s *Session, o *Operation, a *Answer) error {
	return fmt.Errorf("%s answered %d: %s", o.Name(), a.Code(), clip(strings.Join(strings.Fields(s.client.shown(a.Body)), " "), 160))
}

// Adopt remembers an object that an answer to o shows as made, so that it is
// used and cleaned up as the identity's own; nil when the answer names no id.
func (s *Session) Adopt(o *Operation, id *Identity, parents []string, a *Answer) *Object {
	own := idIn(o, a)
	if own == "" {
		return nil
	}
	path, err := o.expand(parents)
	if err != nil {
		path = o.Resource
	}
	return s.keep(o.Name(), o.Resource, id, append(slices.Clone(parents), own), strings.Trim(path, "/")+"/"+own, a)
}

// keep puts an object of the run at the front of its pool, and on the list of
// what is to be removed.
func (s *Session) keep(by, resource string, id *Identity, ids []string, path string, a *Answer) *Object {
	obj := &Object{IDs: ids, Created: true, Body: a.Body}
	key := poolKey{resource, id.Name}
	if len(s.pools[key]) >= maxPool {
		s.pools[key] = s.pools[key][:maxPool-1]
	}
	s.pools[key] = append([]*Object{obj}, s.pools[key]...)
	s.created = append(s.created, CreatedObject{Operation: by, Path: path, Identity: id.Name, Resource: resource, IDs: ids})
	return obj
}

// try sends o with the required fields; when that was refused as invalid or as
// a conflict, with all fields, with the specification's examples, with values
// that nobody had before. What worked is done first the next time.
func (s *Session) try(ctx context.Context, o *Operation, id *Identity, ids []string) (*Answer, Request, error) {
	var first *Answer
	var sent Request
	for _, st := range append([]style{o.fill}, []style{minimal, full, sample, fresh}...) {
		if first != nil && (st == o.fill || first.Code() == 409 && st != fresh) {
			continue
		}
		r, err := s.request(ctx, o, id, ids, st)
		if err != nil {
			return first, sent, errOr(first, err)
		}
		if first != nil && string(r.Body) == string(sent.Body) {
			continue
		}
		a, err := s.Do(ctx, id, r)
		if err != nil {
			return first, sent, errOr(first, err)
		}
		if a.OK() {
			o.fill = st
			return a, r, nil
		}
		if first == nil {
			first, sent = a, r
		}
		if code := a.Code(); o.BodyType == "" || code != 400 && code != 409 && code != 422 && code != 500 {
			break
		}
	}
	return first, sent, nil
}

func errOr(a *Answer, err error) error {
	if a != nil && !errors.Is(err, ErrBudget) {
		return nil
	}
	return err
}

// Issued reports that the partner gave an identity the id that o's last path
// parameter takes, and that the specification did not: reference data that the
// specification names belongs to nobody.
func (s *Session) Issued(o *Operation, id *Identity, value string) bool {
	end := o.IDs[len(o.IDs)-1]
	for _, x := range s.pools[poolKey{end.Resource, id.Name}] {
		if x.IDs[len(x.IDs)-1] == value {
			return true
		}
	}
	if slices.Contains(s.OwnIn(end.Resource, id), value) {
		return true
	}
	known := []any{end.Example}
	if end.Schema != nil {
		known = append(append(known, end.Schema.Example, end.Schema.Default, end.Schema.Const), append(slices.Clone(end.Schema.Enum), end.Schema.Examples...)...)
	}
	return !slices.ContainsFunc(known, func(v any) bool { return v != nil && fmt.Sprint(v) == value })
}

// Gone forgets an object that was deleted at the target.
func (s *Session) Gone(resource string, id *Identity, ids []string) {
	key := poolKey{resource, id.Name}
	own := ids[len(ids)-1]
	s.pools[key] = slices.DeleteFunc(s.pools[key], func(x *Object) bool { return x.IDs[len(x.IDs)-1] == own })
	for i := range s.created {
		if c := &s.created[i]; c.Resource == resource && c.Identity == id.Name && c.IDs[len(c.IDs)-1] == own {
			c.Removed = true
		}
	}
}

// cleanUp deletes what the run made, last first. It has requests and seconds of
// its own: a spent budget must not leave litter.
func (s *Session) cleanUp(ctx context.Context) {
	s.phase = "clean up"
	s.client.grant(2*len(s.created) + 2*len(s.Identities))
	for i := len(s.created) - 1; i >= 0; i-- {
		c := &s.created[i]
		if c.Removed {
			continue
		}
		c.Reason = s.remove(ctx, c)
		c.Removed = c.Reason == ""
	}
}

// remove deletes one object; the text says why it could not.
func (s *Session) remove(ctx context.Context, c *CreatedObject) string {
	var id *Identity
	for _, x := range s.Identities {
		if x.Name == c.Identity {
			id = x
		}
	}
	o := s.find(c.Resource, Delete)
	switch {
	case id == nil:
		return "the identity that made it is not of this run"
	case o == nil:
		return "the interface has no operation that deletes it"
	}
	ids := c.IDs
	if len(ids) > len(o.IDs) {
		ids = ids[len(ids)-len(o.IDs):]
	}
	r, err := s.Request(ctx, o, id, ids)
	if err != nil {
		return err.Error()
	}
	a, err := s.Do(ctx, id, r)
	switch {
	case err != nil:
		return err.Error()
	case !a.OK() && a.Code() != 404 && a.Code() != 410:
		return fmt.Sprintf("%s answered %d", o.Name(), a.Code())
	}
	return ""
}

// skipped makes a result for a check that did not run.
func (s *Session) skipped(info Info, reason string) Result {
	return s.Verdict(info, nil, drawbridge.Skipped, reason)
}
