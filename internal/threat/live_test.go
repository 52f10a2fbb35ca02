package threat_test

import (
	"slices"
	"testing"

	"drawbridge"
	"drawbridge/internal/threat"
)

const unanswered = `apiVersion: drawbridge/v1
kind: Integration
id: bare
environment: production
systems: [{id: app}]
interfaces: [{id: api, kind: http_api, direction: outbound, hosts: [api.partner.example], operations: [{id: get, method: GET, path: "/things/{id}"}]}]
flows: [{id: things, from: app, to: api, data: [{at: response, field: /email, category: contact.email}]}]
`

// TestLiveChecksSettle holds the ladder: a failure opens, a pass mitigates what
// waits for an answer, doubt changes nothing.
func TestLiveChecksSettle(t *testing.T) {
	t.Parallel()
	const id = "T025@api" // settled by BOLA-01
	if got := find(t, evaluate(t, unanswered, threat.Options{}), id).State; got != drawbridge.ThreatNeedsAnswer {
		t.Fatalf("without results %s is %s, want needs_answer", id, got)
	}
	bola := func(v drawbridge.Verdict) threat.Live {
		return threat.Live{Check: "BOLA-01", Element: "api", Verdict: v}
	}
	for _, tc := range []struct {
		name string
		live []threat.Live
		want drawbridge.ThreatState
	}{
		{"failed", []threat.Live{bola(drawbridge.Fail)}, drawbridge.ThreatOpen},
		{"passed", []threat.Live{bola(drawbridge.Pass)}, drawbridge.ThreatMitigated},
		{"inconclusive", []threat.Live{bola(drawbridge.Inconclusive)}, drawbridge.ThreatNeedsAnswer},
		{"skipped", []threat.Live{bola(drawbridge.Skipped)}, drawbridge.ThreatNeedsAnswer},
		{"passed on another interface", []threat.Live{{Check: "BOLA-01", Element: "other", Verdict: drawbridge.Pass}}, drawbridge.ThreatNeedsAnswer},
		{"a pass beside a failure", []threat.Live{bola(drawbridge.Pass), bola(drawbridge.Fail)}, drawbridge.ThreatOpen},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			r := evaluate(t, unanswered, threat.Options{Live: tc.live})
			got := find(t, r, id)
			if got.State != tc.want {
				t.Errorf("state = %s, want %s", got.State, tc.want)
			}
			for _, q := range r.Questions {
				if asked := slices.Contains(q.Threats, id); asked && tc.want != drawbridge.ThreatNeedsAnswer {
					t.Errorf("question %s still waits for %s, which a check settled", q.ID, id)
				}
			}
		})
	}
}
