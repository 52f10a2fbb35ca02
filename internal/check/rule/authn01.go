package rule

import (
	"context"
	"fmt"

	"drawbridge"
	"drawbridge/internal/check"
)

// authn01 asks whether an operation that needs a credential is served without one.
type authn01 struct{}

// Info describes the check.
func (authn01) Info() check.Info {
	return check.Info{
		ID: "AUTHN-01", Title: "Served without a credential", Severity: drawbridge.Critical,
		Why: "Whoever finds the address reads or changes the data; no account is needed.",
		CWE: []int{306}, OWASP: "API2:2023", ASVS: []string{"v5.0.0-8.2.1", "v5.0.0-7.2.1"},
		Needs: []check.Need{check.NeedSpec, check.NeedIdentity}, Safety: check.Mutating,
		Sends:    "Each operation's own good request once more, without the credential; on new objects of the run where it changes something.",
		Fix:      "Refuse by default: authenticate before routing, and list the few public operations by name.",
		Explains: []string{"AUTHN-01", "AUTHN-02", "BOLA-01"},
	}
}

// Run looks at every driven operation that is not declared public.
func (c authn01) Run(ctx context.Context, s *check.Session) []check.Result {
	return withoutRights(ctx, s, c.Info(), "without a credential", func(*check.Identity) *check.Identity { return nil })
}

// withoutRights sends the good request of every protected operation as somebody
// who has no rights, and fails where the answer is what the owner was given.
func withoutRights(ctx context.Context, s *check.Session, info check.Info, how string, as func(*check.Identity) *check.Identity) []check.Result {
	var out []check.Result
	for _, o := range s.Operations {
		if s.Stopped(ctx) {
			break
		}
		var owner *check.Identity
		for _, id := range s.Identities {
			if owner == nil && s.Baseline(o, id) != nil {
				owner = id
			}
		}
		switch {
		case owner == nil:
			out = append(out, s.Verdict(info, o, drawbridge.Inconclusive, "the run has no good answer to compare with"))
		case o.Optional || !o.Secured && !o.Open:
			out = append(out, s.Verdict(info, o, drawbridge.Skipped, "the specification declares it public"))
		default:
			out = append(out, asNobody(ctx, s, info, o, owner, how, as(owner)))
		}
	}
	return everywhere(s, info, how, out)
}

// everywhere adds one finding for the whole target when every protected
// operation failed: that is one cause, and it explains each of them.
func everywhere(s *check.Session, info check.Info, how string, all []check.Result) []check.Result {
	failed, judged := 0, 0
	var first check.Result
	for _, r := range all {
		if r.Verdict != drawbridge.Fail && r.Verdict != drawbridge.Pass {
			continue
		}
		judged++
		if r.Verdict == drawbridge.Fail {
			if failed++; failed == 1 {
				first = r
			}
		}
	}
	if failed < 3 || failed < judged {
		return all
	}
	whole := s.Verdict(info, nil, drawbridge.Fail, fmt.Sprintf("every one of %d protected operations is served %s; the transcript shows %s", failed, how, first.Operation), first.Evidence...)
	return append([]check.Result{whole}, all...)
}

func asNobody(ctx context.Context, s *check.Session, info check.Info, o *check.Operation, owner *check.Identity, how string, nobody *check.Identity) check.Result {
	a, err := aimAt(ctx, s, o, owner)
	if err != nil {
		return undecided(s, info, o, err)
	}
	got, err := s.Do(ctx, nobody, a.request)
	if err == nil && got.Code() == 409 && o.Effect == check.Create {
		if a.request, err = s.Fresh(ctx, o, owner, a.ids); err == nil {
			got, err = s.Do(ctx, nobody, a.request)
		}
	}
	if err != nil {
		return undecided(s, info, o, err)
	}
	a.tidy(s, got)
	switch {
	case !got.OK() && !got.Denied() && got.Code() < 500 && !got.Throttled():
		return refusedOddly(ctx, s, info, a, got, how)
	case got.Throttled() || got.Status >= 500:
		return s.Verdict(info, o, drawbridge.Inconclusive, statusNote(got), s.Exchange("attack", got))
	case !got.OK():
		return s.Verdict(info, o, drawbridge.Pass, fmt.Sprintf("refused %s: answered %d", how, got.Code()))
	case !a.served(got):
		return s.Verdict(info, o, drawbridge.Pass, fmt.Sprintf("answered %d %s, and not with what %s is given", got.Status, how, owner.Name))
	case o.Open && !private(s, owner, got):
		return s.Verdict(info, o, drawbridge.Inconclusive, "served "+how+", and the specification does not say whether it should be; nothing in the answer is the run's own", s.Exchange("attack", got))
	}
	evidence := []check.Exchange{s.Exchange("baseline", a.want), s.Exchange("attack", got)}
	if again, err := aimAt(ctx, s, o, owner); err == nil {
		repeat, err := s.Do(ctx, nobody, again.request)
		if err != nil {
			return undecided(s, info, o, err)
		}
		again.tidy(s, repeat)
		if !again.served(repeat) {
			return s.Verdict(info, o, drawbridge.Inconclusive, fmt.Sprintf("served %s once, and not again: answered %d", how, repeat.Code()), append(evidence, s.Exchange("repeat", repeat))...)
		}
		evidence = append(evidence, s.Exchange("repeat", repeat))
	}
	return s.Verdict(info, o, drawbridge.Fail, fmt.Sprintf("served twice %s, like to %s", how, owner.Name), evidence...)
}

// refusedOddly judges a refusal that may be about the request and not about the
// missing right: it is one when the owner is served with the same request.
func refusedOddly(ctx context.Context, s *check.Session, info check.Info, a aim, got *check.Answer, how string) check.Result {
	control, err := s.Do(ctx, a.id, a.request)
	if err != nil {
		return undecided(s, info, a.op, err)
	}
	a.tidy(s, control)
	if control.OK() {
		return s.Verdict(info, a.op, drawbridge.Pass, fmt.Sprintf("refused %s: answered %d, and %s is served with the same request", how, got.Code(), a.id.Name))
	}
	return s.Verdict(info, a.op, drawbridge.Inconclusive, fmt.Sprintf("answered %d %s, and %s is answered %d to the same request: the request is refused, not the caller", got.Code(), how, a.id.Name, control.Code()), s.Exchange("attack", got), s.Exchange("control", control))
}

// private reports that an answer holds something that the run made as the identity.
func private(s *check.Session, id *check.Identity, a *check.Answer) bool {
	return holds(a.Body, s.Marker()) || holds(a.Body, s.OwnIDs(id)...)
}
