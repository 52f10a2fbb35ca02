package manifest_test

import (
	"cmp"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"drawbridge"
	"drawbridge/internal/manifest"
)

func TestDiff(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		change []string
		kind   manifest.ChangeKind
		key    string
	}{
		"new host":               {[]string{"a.acme.example]", "a.acme.example, c.acme.example]"}, manifest.Widening, "interfaces[charges].hosts[c.acme.example]"},
		"host gone":              {[]string{"b.acme.example, ", ""}, manifest.Narrowing, "interfaces[charges].hosts[b.acme.example]"},
		"new operation":          {[]string{"path: /charges}", "path: /charges}\n      - {id: x, method: GET, path: /x}"}, manifest.Widening, "interfaces[charges].operations[x]"},
		"operation moved":        {[]string{"path: /charges}", "path: /charge}"}, manifest.Widening, "interfaces[charges].operations[createCharge].path"},
		"new scope":              {[]string{"[charges:write]", "[charges:write, admin]"}, manifest.Widening, "interfaces[charges].auth.scopes[admin]"},
		"weaker transport":       {[]string{`tls_min: "1.2"`, `tls_min: "1.1"`}, manifest.Widening, "interfaces[charges].safeguards.tls_min"},
		"stronger transport":     {[]string{`tls_min: "1.2"`, `tls_min: "1.3"`}, manifest.Narrowing, "interfaces[charges].safeguards.tls_min"},
		"weaker auth":            {[]string{"type: oauth2_client_credentials, scopes", "type: basic, scopes"}, manifest.Widening, "interfaces[charges].auth.type"},
		"limit lifted":           {[]string{"rate_limit: 600", "rate_limit: 0"}, manifest.Widening, "interfaces[charges].safeguards.rate_limit"},
		"safeguard gone":         {[]string{"retry: backoff, ", ""}, manifest.Widening, "interfaces[charges].safeguards.retry"},
		"safeguard stated":       {[]string{"retry: backoff, ", "retry: backoff, breaker: true, "}, manifest.Narrowing, "interfaces[charges].safeguards.breaker"},
		"data reaches more":      {[]string{"data_reaches: [sql, log]", "data_reaches: [sql, log, shell]"}, manifest.Widening, "interfaces[charges].safeguards.data_reaches[shell]"},
		"rotation stops":         {[]string{"rotate: 90d", "rotate: 0s"}, manifest.Widening, "interfaces[charges].auth.credential.rotate"},
		"new field":              {[]string{"    volume:", "      - {at: request, field: /name}\n    volume:"}, manifest.Widening, "flows[charge].data[request /name]"},
		"other category":         {[]string{"contact.email, required", "contact.phone, required"}, manifest.Widening, "flows[charge].data[request /customer/email].category"},
		"category unknown":       {[]string{"category: contact.email, ", ""}, manifest.Widening, "flows[charge].data[request /customer/email].category"},
		"transform stronger":     {[]string{"transform: keep", "transform: hmac"}, manifest.Narrowing, "flows[charge].data[request /customer/email].transform"},
		"transform weaker":       {[]string{"transform: mask", "transform: generalise"}, manifest.Widening, "flows[charge].data[response /items/*/card/last4].transform"},
		"other purpose":          {[]string{"purpose: payment", "purpose: marketing"}, manifest.Widening, "flows[charge].purpose"},
		"volume step":            {[]string{"records_per_day: 20000", "records_per_day: 30000"}, manifest.Widening, "flows[charge].volume.records_per_day"},
		"longer retention":       {[]string{"period: 400d", "period: 2y"}, manifest.Widening, "flows[charge].retention.period"},
		"new region":             {[]string{"storage: [IE]", "storage: [IE, IN]"}, manifest.Widening, "flows[charge].region.storage[IN]"},
		"region unknown":         {[]string{"storage: [IE], ", ""}, manifest.Widening, "flows[charge].region.storage"},
		"new recipient":          {[]string{"shared_with: []", "shared_with: [z-cloud]"}, manifest.Widening, "flows[charge].shared_with[z-cloud]"},
		"recipients unknown":     {[]string{"    shared_with: []\n", ""}, manifest.Widening, "flows[charge].shared_with"},
		"new sub-processor":      {[]string{"  - {id: a-bank", "  - {id: b-bank}\n  - {id: a-bank"}, manifest.Widening, "partner.subprocessors[b-bank]"},
		"sub-processor gone":     {[]string{"  - {id: z-cloud, region: US}\n", ""}, manifest.Narrowing, "partner.subprocessors[z-cloud]"},
		"partner moves":          {[]string{"country: IE", "country: CN"}, manifest.Widening, "partner.country"},
		"access widened":         {[]string{"sees: [contact.email]", "sees: [contact.email, finance.card.pan]"}, manifest.Widening, "access[role:support].sees[finance.card.pan]"},
		"envelope raised":        {[]string{"requests_per_minute: 600", "requests_per_minute: 601"}, manifest.Widening, "envelope.requests_per_minute"},
		"exception longer":       {[]string{"expires: 2027-03-01", "expires: 2027-04-01"}, manifest.Widening, "exceptions[T017@charges].expires"},
		"availability lower":     {[]string{"availability: 99.9", "availability: 99"}, manifest.Widening, "contract.slo.availability"},
		"notice shorter":         {[]string{"deprecation_notice: 180d", "deprecation_notice: 90d"}, manifest.Widening, "contract.deprecation_notice"},
		"agreement gone":         {[]string{"dpa: 2026-03-01, ", ""}, manifest.Widening, "contract.dpa"},
		"agreement renewed":      {[]string{"dpa: 2026-03-01, ", "dpa: 2026-09-01, "}, manifest.Neutral, "contract.dpa"},
		"certificate gone":       {[]string{"kind: iso27001", "kind: other"}, manifest.Widening, "partner.assurance[iso27001]"},
		"prose":                  {[]string{"purpose: Charge cards at checkout", "purpose: Charge cards"}, manifest.Neutral, "purpose"},
		"another owner":          {[]string{"business: team:checkout", "business: team:sales"}, manifest.Neutral, "owners.business"},
		"no owner":               {[]string{"business: team:checkout, ", ""}, manifest.Widening, "owners.business"},
		"specification's text":   {[]string{"title: Vector", "title: Other"}, manifest.Neutral, "interfaces[charges].spec"},
		"breach heard of later":  {[]string{"breach_notice: 24h", "breach_notice: 3d"}, manifest.Widening, "contract.breach_notice"},
		"training allowed":       {[]string{"audit_rights: true", "audit_rights: false"}, manifest.Widening, "contract.audit_rights"},
		"test window longer":     {[]string{"until: 2027-05-01", "until: 2027-06-01"}, manifest.Widening, "targets[sandbox].authorisation.until"},
		"another ground":         {[]string{"transfer: scc-eu", "transfer: derogation"}, manifest.Widening, "flows[charge].region.transfer"},
		"partner's other system": {[]string{"zone: internal/pci", "zone: public"}, manifest.Widening, "systems[checkout].zone"},
	}
	base := edited(t)
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			changes := manifest.Diff(base, edited(t, tt.change...))
			i := slices.IndexFunc(changes, func(c manifest.Change) bool { return c.Key == tt.key })
			if i < 0 {
				t.Fatalf("no change at %s: %v", tt.key, changes)
			}
			if c := changes[i]; c.Kind != tt.kind || c.Why == "" {
				t.Errorf("change %+v, want %s", c, tt.kind)
			}
			if manifest.Widens(changes) != (tt.kind == manifest.Widening) {
				t.Errorf("widens: %v", changes)
			}
		})
	}
}

// TestEveryKeyHasARule holds the table to the format: no key without a row, no
// row without a key, and every enum and order in step.
func TestEveryKeyHasARule(t *testing.T) {
	t.Parallel()
	for _, problem := range manifest.RuleGaps() {
		t.Error(problem)
	}
}

// anIntegration draws one from a small world, so that two of them overlap.
func anIntegration() *rapid.Generator[*manifest.Bundle] {
	return rapid.Custom(func(t *rapid.T) *manifest.Bundle {
		span := func(name string) *drawbridge.Span {
			if !rapid.Bool().Draw(t, name+" stated") {
				return nil
			}
			s := drawbridge.Span(rapid.Int64Range(0, 3).Draw(t, name)) * 86_400_000
			return &s
		}
		words := func(name string, all ...string) []string {
			if !rapid.Bool().Draw(t, name+" stated") {
				return nil
			}
			out := []string{}
			for _, w := range all {
				if rapid.Bool().Draw(t, name+" "+w) {
					out = append(out, w)
				}
			}
			return out
		}
		word := func(name string, all ...string) string { return rapid.SampledFrom(append(all, "")).Draw(t, name) }
		i := &manifest.Integration{ID: "x", Environment: "test"}
		for _, id := range words("interfaces", "a", "b") {
			f := manifest.Interface{ID: id, Kind: drawbridge.HTTPAPI, Hosts: words("hosts", "h1", "h2"), Safeguards: manifest.Safeguards{}}
			f.Auth.Type, f.Auth.Credential.Rotate = word("auth", "none", "basic", "mtls"), span("rotate")
			if tls := word("tls", "1.1", "1.2", "1.3"); tls != "" {
				f.Safeguards["tls_min"] = tls
			}
			if rapid.Bool().Draw(t, "breaker stated") {
				f.Safeguards["breaker"] = rapid.Bool().Draw(t, "breaker")
			}
			if reach := words("reach", "sql", "log"); reach != nil {
				f.Safeguards["data_reaches"] = reach
			}
			i.Interfaces = append(i.Interfaces, f)
		}
		for _, id := range words("flows", "f", "g") {
			f := manifest.Flow{ID: id, SharedWith: words("shared", "p", "q")}
			f.Retention.Period, f.Region.Storage = span("period"), words("storage", "IE", "US")
			for _, field := range words("data", "/a", "/b") {
				f.Data = append(f.Data, manifest.DataElement{At: "request", Field: drawbridge.FieldPath(field), Transform: word("transform", "keep", "mask", "drop")})
			}
			i.Flows = append(i.Flows, f)
		}
		i.Contract.BreachNotice, i.Contract.DeprecationNotice = span("breach"), span("notice")
		return &manifest.Bundle{Integration: i}
	})
}

func TestDiffProperties(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		a, b := anIntegration().Draw(t, "a"), anIntegration().Draw(t, "b")
		if d := manifest.Diff(a, a); len(d) != 0 {
			t.Fatalf("Diff(a, a) = %v", d)
		}
		there, back := manifest.Diff(a, b), manifest.Diff(b, a)
		if (len(there) == 0) != (mustContent(t, a) == mustContent(t, b)) {
			t.Fatalf("the digests and the difference disagree: %v", there)
		}
		for i := range back {
			c := &back[i]
			c.Old, c.New = c.New, c.Old
			switch c.Kind {
			case manifest.Widening:
				c.Kind = manifest.Narrowing
			case manifest.Narrowing:
				c.Kind = manifest.Widening
			default:
			}
			c.Why = ""
		}
		for i := range there {
			there[i].Why = ""
		}
		slices.SortFunc(back, func(a, b manifest.Change) int {
			return cmp.Or(strings.Compare(a.Key, b.Key), strings.Compare(a.Old, b.Old))
		})
		slices.SortFunc(there, func(a, b manifest.Change) int {
			return cmp.Or(strings.Compare(a.Key, b.Key), strings.Compare(a.Old, b.Old))
		})
		if !reflect.DeepEqual(there, back) {
			t.Fatalf("swapping the sides does not swap the kinds:\n%v\n%v", there, back)
		}
	})
}

func mustContent(t *rapid.T, b *manifest.Bundle) string {
	d, err := manifest.ContentDigest(b)
	if err != nil {
		t.Fatal(err)
	}
	return d
}
