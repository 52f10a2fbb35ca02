package check

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"drawbridge"
)

// maxProbes bounds the operations that are tried to prove one identity.
const maxProbes = 6

// prove signs every identity in and shows that each of them works: a read
// operation answers 2xx to it, and not to a credential that nobody issued. A run
// whose identities do not work is an error, never green.
func (s *Session) prove(ctx context.Context) ([]RunIdentity, error) {
	var out []RunIdentity
	for _, id := range s.Identities {
		if err := s.signIn(ctx, id); err != nil {
			return out, err
		}
		proof, err := s.probe(ctx, id)
		out = append(out, proof)
		if err != nil {
			return out, err
		}
		if !proof.Proven {
			return out, drawbridge.Errorf(drawbridge.Unauthenticated,
				"identity %s does not work: %s. Check its credential, or name an operation that it may call in params.probe", id.Name, proof.Reason)
		}
	}
	return out, nil
}

// probe tries the declared operation, else reads, those without ids first.
func (s *Session) probe(ctx context.Context, id *Identity) (RunIdentity, error) {
	out := RunIdentity{Name: id.Name, Reason: "the interface has no read operation to try it with"}
	candidates := s.probesFor(id.def.Params["probe"])
	refusedBy := ""
	for _, o := range candidates[:min(len(candidates), maxProbes)] {
		ids, err := s.IDs(ctx, o, id, false)
		if err == nil {
			var r Request
			r, err = s.Request(ctx, o, id, ids)
			if err == nil {
				var sure bool
				var status int
				if sure, status, err = s.probeBy(ctx, id, o, r, &out); sure {
					return out, nil
				}
				if status == 401 {
					refusedBy = o.Name()
				}
			}
		}
		if err != nil && ends(ctx, err) {
			return out, err
		}
		if err != nil && !out.Proven {
			out.Reason = err.Error()
		}
	}
	if out.Proven && refusedBy != "" {
		out.Proven, out.Reason = false, fmt.Sprintf("%s answered 401, and %s succeeds with a made-up credential too", refusedBy, out.Probe)
	}
	return out, nil
}

// probeBy tries one operation; sure means that it tells a good credential from a bad one.
func (s *Session) probeBy(ctx context.Context, id *Identity, o *Operation, r Request, out *RunIdentity) (sure bool, status int, err error) {
	a, err := s.Do(ctx, id, r)
	if err != nil {
		return false, 0, err
	}
	if !a.OK() || a.Truncated {
		if !out.Proven {
			out.Reason = fmt.Sprintf("%s answered %d", o.Name(), a.Code())
			if a.Truncated {
				out.Reason += " with more than can be read"
			}
		}
		return false, a.Code(), nil
	}
	bad, err := s.Do(ctx, id.Garbage(s.make.marker), r)
	if err != nil {
		return false, a.Code(), err
	}
	if bad.OK() && out.Proven {
		return false, a.Code(), nil
	}
	out.Proven, out.Probe, out.Reason = true, o.Name(), ""
	id.Probe, id.probe = o, r
	if bad.OK() {
		out.Reason = "the same request succeeds with a made-up credential, so this proves little"
	}
	return !bad.OK(), a.Code(), nil
}

func (s *Session) probesFor(declared string) []*Operation {
	var plain, rest []*Operation
	for _, o := range s.all {
		switch {
		case o.Skip != "":
		case declared != "" && (o.ID == declared || o.Name() == declared):
			return []*Operation{o}
		case o.Method != "GET" || !o.Secured && !o.Optional && !o.Open:
		case len(o.IDs) == 0 && o.Secured:
			plain = append(plain, o)
		default:
			rest = append(rest, o)
		}
	}
	if declared != "" {
		return nil
	}
	slices.SortStableFunc(rest, func(a, b *Operation) int { return len(a.IDs) - len(b.IDs) })
	return append(plain, rest...)
}

// stillIn shows that every identity still works, and signs it in again when it
// does not. renewed reports that one had to; the error names one that is lost.
func (s *Session) stillIn(ctx context.Context) (renewed bool, err error) {
	for _, id := range s.Identities {
		a, err := s.Do(ctx, id, id.probe)
		if err != nil {
			return renewed, err
		}
		if a.OK() || !a.Denied() {
			continue
		}
		lost := drawbridge.Errorf(drawbridge.Unauthenticated, "identity %s stopped working: %s answered %d", id.Name, id.Probe.Name(), a.Code())
		if !id.dynamic() {
			return renewed, lost
		}
		if err := s.signIn(ctx, id); err != nil {
			return renewed, err
		}
		if a, err = s.Do(ctx, id, id.probe); err != nil {
			return renewed, err
		}
		if !a.OK() {
			return renewed, lost
		}
		renewed = true
	}
	return renewed, nil
}

// explore takes a baseline of every operation with every identity.
func (s *Session) explore(ctx context.Context) ([]RunOperation, error) {
	order := slices.Clone(s.Operations)
	rank := map[Effect]int{Create: 0, List: 1, Read: 2, Update: 3, Act: 4, Delete: 5}
	slices.SortStableFunc(order, func(a, b *Operation) int { return rank[a.Effect] - rank[b.Effect] })
	reasons := map[string]string{}
	for _, o := range order {
		for _, id := range s.Identities {
			reason, err := s.baseline(ctx, o, id)
			if err != nil && ends(ctx, err) {
				return s.rows(reasons), err
			}
			if err != nil {
				reason = err.Error()
			}
			if reason != "" && reasons[o.Name()] == "" {
				reasons[o.Name()] = id.Name + ": " + reason
			}
			if err != nil && strings.Contains(reason, "no full answer") {
				break // an operation that hangs is not asked again
			}
		}
	}
	return s.rows(reasons), nil
}

// rows says of every operation whether it could be driven.
func (s *Session) rows(reasons map[string]string) []RunOperation {
	var out []RunOperation
	for _, o := range s.named {
		row := RunOperation{Operation: o.Name(), Baseline: map[string]int{}, Reason: o.Skip}
		for _, id := range s.Identities {
			if b := o.baselines[id.Name]; b != nil {
				row.Baseline[id.Name] = b.Answer.Status
			}
		}
		maps.Copy(row.Baseline, o.entered)
		if len(row.Baseline) < len(s.Identities) {
			row.Reason = or(row.Reason, reasons[o.Name()], "the run stopped before it was tried")
		}
		out = append(out, row)
	}
	return out
}

// baseline takes the first good answer of o for an identity; the text says why
// there is none.
func (s *Session) baseline(ctx context.Context, o *Operation, id *Identity) (string, error) {
	switch {
	case o.baselines[id.Name] != nil:
		return "", nil
	case o.Effect == Create && o.barren[id.Name] != nil:
		return "", o.barren[id.Name]
	case o.Effect == Create:
		_, err := s.makeBy(ctx, o, id)
		if err != nil && !ends(ctx, err) {
			o.barren[id.Name] = err
		}
		if o.baselines[id.Name] != nil {
			return "", nil
		}
		return "", err
	}
	changes := o.Effect != Read && o.Effect != List
	if o.Effect == Act && len(o.IDs) == 0 && o.Method != "POST" {
		return "it changes something that the run did not make", nil
	}
	ids, err := s.IDs(ctx, o, id, changes && len(o.IDs) > 0)
	if err != nil {
		if _, none := errors.AsType[noObjectError](err); none && changes {
			return "nothing that this run made can be used: no object of " + o.Resource + " could be made", nil
		}
		return "", err
	}
	a, r, err := s.try(ctx, o, id, ids)
	if err != nil {
		return "", err
	}
	if !a.OK() {
		return refused(s, o, a).Error(), nil
	}
	o.baselines[id.Name] = &Baseline{Answer: a, Request: r, IDs: ids}
	s.observe(o, id, a)
	if o.Effect == Delete && len(ids) > 0 {
		s.Gone(o.Resource, id, ids)
	}
	return "", nil
}
