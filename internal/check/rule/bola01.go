package rule

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"drawbridge"
	"drawbridge/internal/check"
)

// bola01 asks whether one account can read what belongs to another.
type bola01 struct{}

// Info describes the check.
func (bola01) Info() check.Info {
	return check.Info{
		ID: "BOLA-01", Title: "Another account's object can be read", Severity: drawbridge.Critical,
		Why: "Ids are guessed, shared or logged; the id alone must never be the permission.",
		CWE: []int{639}, OWASP: "API1:2023", ASVS: []string{"v5.0.0-8.2.2", "v5.0.0-8.4.1"},
		Needs: []check.Need{check.NeedSpec, check.NeedIdentities}, Safety: check.Active,
		Sends: "For each operation that reads by id: the first identity's own object asked for by the second, an id that does not exist, and the object without a credential.",
		Fix:   "Look the object up together with its owner from the credential, and answer like for an id that does not exist.",
	}
}

// Run tries every pair of identities in one direction: what the first owns, the second asks for.
func (c bola01) Run(ctx context.Context, s *check.Session) []check.Result {
	var out []check.Result
	info := c.Info()
	a, b := s.Identities[0], other(s)
	if b == nil {
		return []check.Result{s.Verdict(info, nil, drawbridge.Skipped, "all identities belong to the same account at the partner")}
	}
	same := sameAccount(s, a, b)
	if same != "" {
		s.Note(fmt.Sprintf("identities %s and %s look like one account at the partner: %s. Give them accounts of two customers.", a.Name, b.Name, same))
	}
	for _, o := range s.Operations {
		if o.Method != "GET" || len(o.IDs) == 0 {
			continue
		}
		if same != "" {
			out = append(out, s.Verdict(info, o, drawbridge.Inconclusive, a.Name+" and "+b.Name+" look like one account: "+same))
			continue
		}
		if s.Stopped(ctx) {
			break
		}
		if s.Baseline(o, a) == nil {
			out = append(out, s.Verdict(info, o, drawbridge.Inconclusive, a.Name+" has no object of it to ask for"))
			continue
		}
		if ids := s.Baseline(o, a).IDs; !s.Issued(o, a, ids[len(ids)-1]) {
			out = append(out, s.Verdict(info, o, drawbridge.Inconclusive, "the only id known for it stands in the specification, so the object is nobody's"))
			continue
		}
		out = append(out, c.judge(ctx, s, o, a, b))
	}
	return out
}

// other returns an identity of another account than the first's.
func other(s *check.Session) *check.Identity {
	for _, id := range s.Identities[1:] {
		if id.Tenant() == "" || id.Tenant() != s.Identities[0].Tenant() {
			return id
		}
	}
	return nil
}

// judge compares five answers: the owner's, the other's, the other's for an id
// that does not exist, nobody's, and the other's again.
func (c bola01) judge(ctx context.Context, s *check.Session, o *check.Operation, a, b *check.Identity) check.Result {
	info := c.Info()
	base := s.Baseline(o, a)
	r := base.Request
	owner, err := s.Do(ctx, a, r)
	if err == nil && !owner.OK() {
		err = fmt.Errorf("%s itself is answered %d now", a.Name, owner.Code())
	}
	if err != nil {
		return undecided(s, info, o, err)
	}
	attack, err := s.Do(ctx, b, r)
	if err != nil {
		return undecided(s, info, o, err)
	}
	switch {
	case attack.Denied():
		return s.Verdict(info, o, drawbridge.Pass, fmt.Sprintf("%s is refused %s's object: answered %d", b.Name, a.Name, attack.Code()))
	case attack.Throttled() || attack.Status >= 500:
		return s.Verdict(info, o, drawbridge.Inconclusive, statusNote(attack), s.Exchange("attack", attack))
	case !attack.OK():
		return s.Verdict(info, o, drawbridge.Pass, fmt.Sprintf("%s is not given %s's object: answered %d", b.Name, a.Name, attack.Code()))
	case !c.leaks(s, a, base, owner, attack):
		return s.Verdict(info, o, drawbridge.Pass, "the answer to "+b.Name+" holds nothing of "+a.Name+"'s object")
	}
	evidence := []check.Exchange{s.Exchange("baseline", owner), s.Exchange("attack", attack)}
	if why, err := c.excuse(ctx, s, o, b, base, attack, &evidence); err != nil {
		return undecided(s, info, o, err)
	} else if why != "" {
		return s.Verdict(info, o, drawbridge.Inconclusive, why, evidence...)
	}
	if v := shared(s, o, a, b, base.IDs); v != "" {
		return s.Verdict(info, o, v, b.Name+"'s own list shows the same object: it is shared on purpose, or the list leaks too. State safeguards.authz, or params.tenant of the identities, to settle it", evidence...)
	}
	repeat, err := s.Do(ctx, b, r)
	if err != nil {
		return undecided(s, info, o, err)
	}
	evidence = append(evidence, s.Exchange("repeat", repeat))
	if !repeat.OK() || !c.leaks(s, a, base, owner, repeat) {
		return s.Verdict(info, o, drawbridge.Inconclusive, "given once, and not again", evidence...)
	}
	return s.Verdict(info, o, drawbridge.Fail, b.Name+" is given "+a.Name+"'s object twice; an id that does not exist and no credential are not", evidence...)
}

// leaks reports that an answer holds what belongs to a: a text that the run put
// into a's object, or nearly all of a's body with the object's id in it.
func (bola01) leaks(s *check.Session, a *check.Identity, base *check.Baseline, owner, got *check.Answer) bool {
	own := base.IDs[len(base.IDs)-1]
	for _, l := range leaves(owner.Body) {
		if v, ok := l.value.(string); ok && strings.Contains(v, s.Marker()) && holds(got.Body, v) {
			return true
		}
	}
	if !isJSON(owner) {
		return markers(s, owner.Body, got.Body)
	}
	mine := holds(got.Body, own) || holds(got.Body, s.OwnIDs(a)...)
	return mine && check.SameBut(owner.Body, got.Body, base.Answer.Body) >= 0.9
}

// markers reports that two bodies of any type hold the same text of the run's own.
func markers(s *check.Session, owner, got []byte) bool {
	at := bytes.Index(owner, []byte(s.Marker()))
	if at < 0 {
		return false
	}
	end := at + len(s.Marker())
	for end < len(owner) && (owner[end] == '-' || owner[end] >= '0' && owner[end] <= '9') {
		end++
	}
	return bytes.Contains(got, owner[at:end])
}

// excuse looks for an innocent reason: the answer is the same for an id that
// does not exist, or for everybody.
func (bola01) excuse(ctx context.Context, s *check.Session, o *check.Operation, b *check.Identity, base *check.Baseline, attack *check.Answer, evidence *[]check.Exchange) (string, error) {
	r, err := s.Request(ctx, o, b, strangers(base.IDs))
	if err != nil {
		return "", err
	}
	neutral, err := s.Do(ctx, b, r)
	if err != nil {
		return "", err
	}
	*evidence = append(*evidence, s.Exchange("control", neutral))
	if neutral.OK() && check.Same(attack.Body, neutral.Body) >= 0.9 {
		return "an id that does not exist gets the same answer", nil
	}
	anonymous, err := s.Do(ctx, nil, base.Request)
	if err != nil {
		return "", err
	}
	if anonymous.OK() && check.Same(attack.Body, anonymous.Body) >= 0.9 {
		*evidence = append(*evidence, s.Exchange("control", anonymous))
		return "the object is served to everybody without a credential; AUTHN-01 judges that", nil
	}
	return "", nil
}

// strangers makes ids of the same form that nobody was given.
func strangers(ids []string) []string {
	out := make([]string, len(ids))
	for i, id := range ids {
		out[i] = stranger(id)
	}
	return out
}

func stranger(id string) string {
	if n, err := strconv.ParseInt(id, 10, 64); err == nil {
		return strconv.FormatInt(n/2+1_000_000_007, 10)
	}
	b := []byte(id)
	for i, n := len(b)-1, 0; i >= 0 && n < 6; i-- {
		switch c := b[i]; {
		case c >= '0' && c <= '9':
			b[i] = '0' + (c-'0'+5)%10
		case c >= 'a' && c <= 'f':
			b[i] = 'a' + (c-'a'+3)%6
		case c >= 'g' && c <= 'z':
			b[i] = 'g' + (c-'g'+7)%20
		case c >= 'A' && c <= 'Z':
			b[i] = 'A' + (c-'A'+13)%26
		default:
			continue
		}
		n++
	}
	return string(b)
}

// shared says what to make of an object that b's own list shows too: what the
// run did not make is shared, and what it made is where nothing says otherwise
// undecided. "" means that the list says nothing for it.
func shared(s *check.Session, o *check.Operation, a, b *check.Identity, ids []string) drawbridge.Verdict {
	own := ids[len(ids)-1]
	l := s.Lister(o.IDs[len(o.IDs)-1].Resource)
	if l == nil {
		return ""
	}
	base := s.Baseline(l, b)
	made := slices.Contains(s.OwnIDs(a), own)
	apart := s.PerObject || a.Tenant() != b.Tenant()
	switch {
	case base == nil || !holds(base.Answer.Body, own), made && apart:
		return ""
	case made:
		return drawbridge.Inconclusive
	}
	return drawbridge.Pass
}

// holds reports that one of the leaves of a JSON body is one of the values, or
// contains it when it is long enough to be no accident.
func holds(body []byte, values ...string) bool {
	for _, l := range leaves(body) {
		text := fmt.Sprint(l.value)
		if f, ok := l.value.(float64); ok {
			text = strconv.FormatFloat(f, 'f', -1, 64)
		}
		for _, v := range values {
			if v != "" && (text == v || len(v) >= 8 && strings.Contains(text, v)) {
				return true
			}
		}
	}
	return false
}

var errNoReader = errors.New("no operation reads the object again")
