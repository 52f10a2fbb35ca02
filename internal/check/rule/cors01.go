package rule

import (
	"context"
	"net"
	"net/http"
	"strings"

	"drawbridge"
	"drawbridge/internal/check"
)

// cors01 asks whether any web page may call with the user's credentials.
type cors01 struct{}

// Info describes the check.
func (cors01) Info() check.Info {
	return check.Info{
		ID: "CORS-01", Title: "Any web page may call with credentials", Severity: drawbridge.High,
		Why: "A page that a signed-in user merely visits can read that user's data.",
		CWE: []int{942}, OWASP: "API8:2023", ASVS: []string{"v5.0.0-3.4.2"},
		Needs: []check.Need{check.NeedIdentity}, Safety: check.Active,
		Sends: "One good read with five foreign origins: a random one, null, one that begins and ones that end like the target's host.",
		Fix:   "Compare Origin with a fixed list, whole and exactly, and never answer null with credentials.",
	}
}

// Run asks once for each origin; a control without an origin, and the attack again.
func (c cors01) Run(ctx context.Context, s *check.Session) []check.Result {
	info := c.Info()
	id := s.Identities[0]
	r := id.ProbeRequest().Clone()
	control, err := s.Do(ctx, id, r)
	if err != nil {
		return []check.Result{undecided(s, info, nil, err)}
	}
	if !control.OK() {
		return []check.Result{s.Verdict(info, nil, drawbridge.Inconclusive, statusNote(control))}
	}
	var open []string
	evidence := []check.Exchange{s.Exchange("control", control)}
	for _, o := range origins(s) {
		r.Header.Set("Origin", o)
		got, err := s.Do(ctx, id, r)
		if err != nil {
			return []check.Result{undecided(s, info, nil, err)}
		}
		if !lets(got, o) {
			continue
		}
		repeat, err := s.Do(ctx, id, r)
		if err != nil {
			return []check.Result{undecided(s, info, nil, err)}
		}
		if !lets(repeat, o) {
			continue
		}
		open = append(open, o)
		if len(evidence) == 1 {
			evidence = append(evidence, s.Exchange("attack", got), s.Exchange("repeat", repeat))
		}
	}
	if len(open) == 0 {
		return []check.Result{s.Verdict(info, nil, drawbridge.Pass, "no foreign origin is let in with credentials")}
	}
	res := s.Verdict(info, nil, drawbridge.Fail, "let in with credentials: "+list(open), evidence...)
	if !id.ByCookie() {
		res.Severity = drawbridge.Medium // a browser does not send this credential by itself
	}
	res.Location = "Access-Control-Allow-Origin"
	return []check.Result{res}
}

// origins lists foreign origins: any, none, and those that a careless comparison takes.
func origins(s *check.Session) []string {
	out := []string{"https://" + s.Marker() + ".example", "null"}
	for _, host := range s.Hosts() {
		_, domain, dotted := strings.Cut(host, ".")
		out = append(out, "https://"+host+".drawbridge.example", "https://evil"+host)
		if name, _, _ := strings.Cut(host, ":"); dotted && strings.Contains(domain, ".") && net.ParseIP(name) == nil {
			out = append(out, "https://evil"+domain)
		}
	}
	return out
}

// lets reports that a browser would show the answer to a page of the origin.
func lets(a *check.Answer, origin string) bool {
	return a.Header.Get("Access-Control-Allow-Origin") == origin && strings.EqualFold(a.Header.Get("Access-Control-Allow-Credentials"), "true") && a.Status != http.StatusTooManyRequests
}
