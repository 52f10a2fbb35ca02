package rule

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"drawbridge"
	"drawbridge/internal/check"
)

// mass01 asks whether a caller can set what only the partner should.
type mass01 struct{}

// Info describes the check.
func (mass01) Info() check.Info {
	return check.Info{
		ID: "MASS-01", Title: "A privilege can be set by the caller", Severity: drawbridge.High,
		Why: "A caller who can write role, balance or verified gives itself what somebody else should grant.",
		CWE: []int{915}, OWASP: "API3:2023", ASVS: []string{"v5.0.0-15.3.3", "v5.0.0-8.2.3"},
		Needs: []check.Need{check.NeedSpec, check.NeedIdentity}, Safety: check.Mutating,
		Sends: "Each creation and change of an own object with extra fields such as role, is_admin, verified and balance; then the object is read again.",
		Fix:   "Bind request bodies to a type that has only the fields a caller may set, one for each operation.",
	}
}

// privileges are the fields that are tried whether the object shows them or not.
var privileges = map[string]any{"role": "admin", "admin": true, "is_admin": true, "isAdmin": true, "verified": true, "is_verified": true, "balance": float64(733100), "credit": float64(733100)}

// privileged are the words of fields that are tried where the object shows them.
var privileged = []string{"role", "roles", "admin", "isadmin", "issuperuser", "isstaff", "superuser", "verified", "isverified", "emailverified", "approved", "isapproved", "balance", "credit", "credits", "disputed", "permissions", "scopes", "plan", "tier", "quota", "creditlimit", "spendinglimit", "trusted", "premium", "discount", "score", "privileged", "accesslevel"}

// Run tries every operation that makes or changes an object.
func (c mass01) Run(ctx context.Context, s *check.Session) []check.Result {
	var out []check.Result
	id := s.Identities[0]
	for _, o := range s.Operations {
		if o.Effect != check.Create && o.Effect != check.Update || o.BodyType == "" {
			continue
		}
		if s.Stopped(ctx) {
			break
		}
		out = append(out, c.judge(ctx, s, o, id))
	}
	return out
}

func (c mass01) judge(ctx context.Context, s *check.Session, o *check.Operation, id *check.Identity) check.Result {
	info := c.Info()
	base := s.Baseline(o, id)
	if base == nil {
		return s.Verdict(info, o, drawbridge.Inconclusive, "the run has no good request to add to")
	}
	a, err := aimAt(ctx, s, o, id)
	if err != nil {
		return undecided(s, info, o, err)
	}
	before, shape, err := c.read(ctx, s, o, id, a.ids, base.Answer)
	if err != nil {
		return undecided(s, info, o, err)
	}
	extra := candidates(base.Request, before, shape)
	got, sent, err := c.write(ctx, s, a, extra, before)
	if err != nil {
		return undecided(s, info, o, err)
	}
	if !got.OK() {
		if got.Throttled() || got.Status >= 500 {
			return s.Verdict(info, o, drawbridge.Inconclusive, statusNote(got), s.Exchange("attack", got))
		}
		return s.Verdict(info, o, drawbridge.Pass, fmt.Sprintf("extra fields are refused: answered %d", got.Code()))
	}
	echo := kept(got, sent, before)
	again, err := c.reread(ctx, s, o, id, a.ids, got)
	switch {
	case err != nil && len(echo) > 0:
		r := s.Verdict(info, o, drawbridge.Fail, "the answer shows "+list(echo)+" as sent; no operation reads the object again, so this may be an echo", s.Exchange("baseline", base.Answer), s.Exchange("attack", got))
		r.Severity = drawbridge.Low
		return r
	case err != nil:
		return undecided(s, info, o, err)
	}
	if fields := kept(again, sent, before); len(fields) > 0 {
		return s.Verdict(info, o, drawbridge.Fail, "set by the caller and still there when read again: "+list(fields),
			s.Exchange("baseline", base.Answer), s.Exchange("attack", got), s.Exchange("repeat", again))
	}
	if len(echo) > 0 {
		r := s.Verdict(info, o, drawbridge.Fail, "echoed and not stored: "+list(echo), s.Exchange("attack", got), s.Exchange("repeat", again))
		r.Severity = drawbridge.Low
		return r
	}
	return s.Verdict(info, o, drawbridge.Pass, fmt.Sprintf("%d extra fields were ignored", len(sent)))
}

// read returns the object as it is before the attack, and what its specification
// allows for a property.
func (mass01) read(ctx context.Context, s *check.Session, o *check.Operation, id *check.Identity, ids []string, fallback *check.Answer) (map[string]any, func(string) []string, error) {
	a, by := fallback, o
	if r := s.Reader(o.Resource); r != nil && o.Effect == check.Update {
		req, err := s.Request(ctx, r, id, ids)
		if err != nil {
			return nil, nil, err
		}
		if a, err = s.Do(ctx, id, req); err != nil {
			return nil, nil, err
		}
		by = r
	}
	return fieldsOf(a), func(name string) []string { return by.Enum(a, name) }, nil
}

// reread reads the object that was made or changed.
func (mass01) reread(ctx context.Context, s *check.Session, o *check.Operation, id *check.Identity, ids []string, got *check.Answer) (*check.Answer, error) {
	r := s.Reader(o.Resource)
	if r == nil {
		return nil, errNoReader
	}
	if o.Effect == check.Create {
		obj := s.Adopt(o, id, ids, got)
		if obj == nil {
			return nil, fmt.Errorf("the answer names no id to read again")
		}
		ids = obj.IDs
	}
	if n := len(r.IDs); len(ids) > n {
		ids = ids[len(ids)-n:]
	}
	req, err := s.Request(ctx, r, id, ids)
	if err != nil {
		return nil, err
	}
	a, err := s.ReadBack(ctx, id, req)
	if err == nil && !a.OK() {
		err = fmt.Errorf("%s answered %d", r.Name(), a.Code())
	}
	return a, err
}

// candidates picks the extra fields: the usual ones, and those of the object that
// sound privileged, each with a value that the object does not have.
func candidates(good check.Request, object map[string]any, allowed func(string) []string) map[string]any {
	out := maps.Clone(privileges)
	for name, v := range object {
		if !powerful(name) {
			continue
		}
		switch v := v.(type) {
		case bool:
			out[name] = !v
		case float64:
			out[name] = v + 7331
		case string:
			out[name] = higher(v, allowed(name))
		case nil:
			if words := allowed(name); len(words) > 0 {
				out[name] = higher("", words)
			} else if _, usual := out[name]; !usual {
				out[name] = true
			}
		}
	}
	for name := range bodyFields(good.Body, good.Type) {
		delete(out, name) // the operation takes it
	}
	return out
}

// powerful reports that a name sounds privileged, whole or by its last word.
func powerful(name string) bool {
	words := strings.FieldsFunc(name, func(r rune) bool { return r == '_' || r == '-' })
	return slices.Contains(privileged, flat(name)) || len(words) > 1 && slices.Contains(privileged, strings.ToLower(words[len(words)-1]))
}

// higher picks another word than now, the mightiest that is allowed.
func higher(now string, allowed []string) string {
	for _, want := range []string{"admin", "owner", "administrator", "superuser", "root", "manager"} {
		if want != now && (len(allowed) == 0 || slices.Contains(allowed, want)) {
			return want
		}
	}
	for _, word := range slices.Backward(allowed) {
		if word != now {
			return word
		}
	}
	return "admin"
}

func flat(name string) string {
	return strings.NewReplacer("_", "", "-", "").Replace(strings.ToLower(name))
}

// write sends the good request with all extra fields at once; where the target
// refuses that, one by one those that the object shows.
func (mass01) write(ctx context.Context, s *check.Session, a aim, extra, object map[string]any) (*check.Answer, map[string]any, error) {
	r, err := with(a.request, extra)
	if err != nil {
		return nil, nil, err
	}
	first, err := s.Do(ctx, a.id, r)
	if err == nil && first.Code() == 409 && a.op.Effect == check.Create {
		if a.request, err = s.Fresh(ctx, a.op, a.id, a.ids); err != nil {
			return nil, nil, err
		}
		if r, err = with(a.request, extra); err == nil {
			first, err = s.Do(ctx, a.id, r)
		}
	}
	if err != nil || first.OK() || first.Throttled() || first.Status >= 500 {
		return first, extra, err
	}
	shown := make([]string, 0, len(extra))
	for name := range extra {
		if _, ok := object[name]; ok {
			shown = append(shown, name)
		}
	}
	slices.Sort(shown)
	shown = append(shown, "role", "is_admin")
	for _, name := range slices.Compact(shown)[:min(len(slices.Compact(shown)), 6)] {
		one := map[string]any{name: extra[name]}
		if r, err = with(a.request, one); err != nil {
			return nil, nil, err
		}
		got, err := s.Do(ctx, a.id, r)
		if err != nil {
			return nil, nil, err
		}
		if got.OK() {
			return got, one, nil
		}
	}
	return first, extra, nil
}

// with adds fields to a body, JSON or form.
func with(r check.Request, extra map[string]any) (check.Request, error) {
	if strings.HasPrefix(r.Type, "application/x-www-form-urlencoded") {
		form, err := url.ParseQuery(string(r.Body))
		if err != nil {
			return r, err
		}
		for name, v := range extra {
			if f, ok := v.(float64); ok {
				form.Set(name, strconv.FormatFloat(f, 'f', -1, 64))
			} else {
				form.Set(name, fmt.Sprint(v))
			}
		}
		r.Body = []byte(form.Encode())
		return r, nil
	}
	body := bodyFields(r.Body, r.Type)
	if body == nil {
		return r, fmt.Errorf("the body is no JSON object or form, so no field can be added")
	}
	maps.Copy(body, extra)
	raw, err := json.Marshal(body)
	r.Body = raw
	return r, err
}

// bodyFields reads the top-level fields of a request's body.
func bodyFields(body []byte, mediaType string) map[string]any {
	out := map[string]any{}
	if strings.HasPrefix(mediaType, "application/x-www-form-urlencoded") {
		form, err := url.ParseQuery(string(body))
		if err != nil {
			return nil
		}
		for name := range form {
			out[name] = form.Get(name)
		}
		return out
	}
	if len(body) == 0 {
		return out
	}
	if json.Unmarshal(body, &out) != nil {
		return nil
	}
	return out
}

// fieldsOf returns the object that an answer describes.
func fieldsOf(a *check.Answer) map[string]any {
	var doc any
	if json.Unmarshal(a.Body, &doc) != nil {
		return nil
	}
	return check.Main(doc)
}

// kept lists the fields that the object now has as they were sent, and had not before.
func kept(a *check.Answer, sent, before map[string]any) []string {
	var out []string
	now := fieldsOf(a)
	for name, want := range sent {
		v, has := now[name]
		if has && fmt.Sprint(v) == fmt.Sprint(want) && fmt.Sprint(before[name]) != fmt.Sprint(want) {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return out
}
