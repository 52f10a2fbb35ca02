// Package rule is the catalogue of live checks: one check a file, data and one
// method each. The engine in package check owns everything else: client, scope,
// budget, transcript and cleaning up. A rule never opens a connection of its own.
//
//	run, err := check.Execute(ctx, check.Options{Checks: rule.All(), ...})
package rule

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"drawbridge"
	"drawbridge/internal/check"
)

// All returns every check, in the order in which they run: what looks at answers
// that are there already first, what sends bursts last.
func All() []check.Check {
	return []check.Check{
		tls01{},
		tls03{},
		tls04{},
		schema01{},
		schema02{},
		schema03{},
		data01{},
		data02{},
		data03{},
		hdr01{},
		hdr02{},
		jwt10{},
		jwt04{},
		authn01{},
		authn02{},
		jwt03{},
		jwt01{},
		cors01{},
		bola01{},
		mass01{},
		err01{},
		err02{},
		rate01{},
	}
}

// Find returns the check with an id.
func Find(id string) (check.Check, bool) {
	for _, c := range All() {
		if c.Info().ID == id {
			return c, true
		}
	}
	return nil, false
}

// asked is a baseline: what an operation answered to an identity.
type asked struct {
	op     *check.Operation
	id     *check.Identity
	answer *check.Answer
}

// answers lists the first good answer of every driven operation, once for each identity.
func answers(s *check.Session) []asked {
	var out []asked
	for _, o := range s.Operations {
		for _, id := range s.Identities {
			if b := s.Baseline(o, id); b != nil {
				out = append(out, asked{o, id, b.Answer})
			}
		}
	}
	return out
}

// perOperation gives every operation one result: what judge says of its
// baselines, a failure first. judge returns nil when it has nothing to say.
func perOperation(s *check.Session, judge func(a asked) *check.Result) []check.Result {
	var out []check.Result
	at := map[*check.Operation]int{}
	for _, a := range answers(s) {
		r := judge(a)
		if r == nil {
			continue
		}
		i, seen := at[a.op]
		switch {
		case !seen:
			at[a.op] = len(out)
			out = append(out, *r)
		case r.Verdict == drawbridge.Fail && out[i].Verdict != drawbridge.Fail, r.Verdict == drawbridge.Pass && out[i].Verdict == drawbridge.Inconclusive:
			out[i] = *r
		}
	}
	return out
}

// undecided makes an inconclusive result out of an error.
func undecided(s *check.Session, info check.Info, o *check.Operation, err error) check.Result {
	return s.Verdict(info, o, drawbridge.Inconclusive, err.Error())
}

// aim is a request that an identity may send to an operation with an effect that
// the run can undo, and the answer that it should get.
type aim struct {
	op      *check.Operation
	id      *check.Identity
	request check.Request
	ids     []string
	want    *check.Answer
}

// aimAt prepares an attack on an operation that changes something: on a new
// object of the identity's own where it takes one.
func aimAt(ctx context.Context, s *check.Session, o *check.Operation, id *check.Identity) (aim, error) {
	b := s.Baseline(o, id)
	a := aim{op: o, id: id, request: b.Request, ids: b.IDs, want: b.Answer}
	if o.Effect == check.Create {
		// The same body again may be refused as a duplicate, which is no verdict.
		r, err := s.Request(ctx, o, id, b.IDs)
		a.request = r
		return a, err
	}
	if o.Effect != check.Act && o.Effect != check.Delete || len(o.IDs) == 0 {
		return a, nil
	}
	ids, err := s.IDs(ctx, o, id, true)
	if err != nil {
		return a, err
	}
	a.ids = ids
	a.request, err = s.Request(ctx, o, id, ids)
	return a, err
}

// served reports that an answer gives what the identity was given: a good status
// and the shape of the same body.
func (a aim) served(got *check.Answer) bool {
	return got.OK() && check.Alike(a.want.Body, got.Body) >= 0.8
}

// tidy remembers what an attack made, so that it is removed.
func (a aim) tidy(s *check.Session, got *check.Answer) {
	if !got.OK() {
		return
	}
	switch a.op.Effect {
	case check.Create:
		s.Adopt(a.op, a.id, a.ids, got)
	case check.Delete:
		if len(a.ids) > 0 {
			s.Gone(a.op.Resource, a.id, a.ids)
		}
	case check.Read, check.List, check.Update, check.Act:
	}
}

// statusNote tells why an answer is no verdict: throttled, or broken.
func statusNote(a *check.Answer) string {
	if a.Throttled() {
		return "the target throttled the request"
	}
	return fmt.Sprintf("answered %d, which neither serves nor refuses", a.Code())
}

// isJSON reports a JSON body.
func isJSON(a *check.Answer) bool {
	t := a.Type()
	return len(a.Body) > 0 && (t == "application/json" || strings.HasSuffix(t, "+json"))
}

// leaf is one scalar of a document and where it stands.
type leaf struct {
	path  string // JSON Pointer with * for array items
	name  string // of the nearest property
	value any
}

// Limits of a walk through a hostile document.
const (
	maxDepth = 16
	maxLeafs = 5000
)

// leaves lists the scalars of a JSON body in order.
func leaves(body []byte) []leaf {
	var doc any
	d := json.NewDecoder(bytes.NewReader(body))
	if d.Decode(&doc) != nil {
		return nil
	}
	var out []leaf
	var walk func(v any, path, name string, depth int)
	walk = func(v any, path, name string, depth int) {
		if depth > maxDepth || len(out) >= maxLeafs {
			return
		}
		switch v := v.(type) {
		case map[string]any:
			for _, k := range slices.Sorted(maps.Keys(v)) {
				walk(v[k], path+"/"+k, k, depth+1)
			}
		case []any:
			for _, item := range v {
				walk(item, path+"/*", name, depth+1)
			}
		default:
			out = append(out, leaf{path, name, v})
		}
	}
	walk(doc, "", "", 0)
	return out
}

// list writes names for a sentence, at most eight of them.
func list(names []string) string {
	slices.Sort(names)
	names = slices.Compact(names)
	if len(names) > 8 {
		return strings.Join(names[:8], ", ") + fmt.Sprintf(" and %d more", len(names)-8)
	}
	return strings.Join(names, ", ")
}
