package manifest_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"drawbridge"
	"drawbridge/internal/manifest"
	"drawbridge/internal/testkit"
)

const head = "apiVersion: drawbridge/v1\nkind: Integration\nid: x\nenvironment: test\n"

// TestParseReports holds single messages: place, key, what is wrong, what to do.
func TestParseReports(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ body, want string }{
		"unknown key":         {"flow: []\n", `5:1: flow: the key is not known; did you mean "flows"?`},
		"key that is there":   {"kinds: x\n", `5:1: kinds: the key is not known`},
		"merge key":           {"owners: {<<: {business: team:a}}\n", "merge keys are not accepted"},
		"object wanted":       {"owners: team:a\n", `5:9: owners: an object is expected here, not the text "team:a"; it holds keys: business`},
		"list wanted":         {"systems: {id: a}\n", "5:10: systems: a list is expected here, not an object"},
		"item not object":     {"systems: [a]\n", `5:11: systems[#1]: an object is expected here, not the text "a"`},
		"no value":            {"purpose:\n", "5:9: purpose: there is no value; give it one, or leave the key out"},
		"null":                {"purpose: ~\n", "purpose: there is no value"},
		"empty text":          {"purpose: \"\"\n", "purpose: the text is empty"},
		"bool for text":       {"purpose: true\n", `purpose: a text is expected here, not the truth value true; put it in quotes: "true"`},
		"text for bool":       {"contract: {audit_rights: yes}\n", `contract.audit_rights: a truth value is expected here, not the text "yes"; write true or false`},
		"fraction":            {"envelope: {requests_per_day: 1.5}\n", "envelope.requests_per_day: a whole number is expected here, not the number 1.5"},
		"too large":           {"envelope: {requests_per_day: 9007199254740993}\n", "a whole number is expected here"},
		"negative":            {"envelope: {requests_per_day: -1}\n", "5:30: envelope.requests_per_day: -1 is less than nothing"},
		"infinite":            {"contract: {slo: {availability: .inf}}\n", "contract.slo.availability: a number is expected here"},
		"percent":             {"contract: {slo: {availability: 101}}\n", "contract.slo.availability: 101 is out of range; write a number from 0 to 100"},
		"confidence":          {"systems: [{id: s}]\ninterfaces: [{id: i, kind: file, direction: inbound}]\nflows: [{id: f, from: s, to: i, data: [{at: file, field: /a, confidence: 1.5}]}]\n", "flows[f].data[file /a].confidence: 1.5 is out of range"},
		"country":             {"systems: [{id: s, region: XX}]\n", `systems[s].region: "XX" is not a country code; write the two letters`},
		"ref":                 {"owners: {data: jane}\n", `owners.data: "jane" is not a team or a role; write team:payments or role:dpo, never a person`},
		"url":                 {"targets: [{name: t, base_url: \"https://user:pw@x.example\"}]\n", "targets[t].base_url: this is not a web address"},
		"secret in params":    {"targets: [{name: t, base_url: \"https://x.example\", identities: [{name: a, params: {client_secret: hunter2}}]}]\n", "targets[t].identities[a].params.client_secret: a secret may not stand in the file"},
		"dates":               {"contract: {signed: 2026-02-01, until: 2026-01-01}\n", "contract.until: 2026-01-01 lies before signed, 2026-02-01"},
		"same end":            {"systems: [{id: s}]\nflows: [{id: f, from: s, to: s}]\n", "flows[f].to: the flow ends where it starts"},
		"two interfaces":      {"interfaces: [{id: i, kind: file, direction: inbound}, {id: j, kind: file, direction: inbound}]\nflows: [{id: f, from: i, to: j}]\n", "flows[f].to: both ends are interfaces"},
		"shared name":         {"systems: [{id: s}]\ninterfaces: [{id: s, kind: file, direction: inbound}]\n", "a system has the id \"s\" too"},
		"operation":           {"systems: [{id: s}]\ninterfaces: [{id: i, kind: http_api, direction: outbound, operations: [{id: getThing}]}]\nflows: [{id: f, from: s, to: i, operations: [getThings]}]\n", `flows[f].operations[getThings]: the interface i has no operation "getThings"; did you mean "getThing"?`},
		"data operation":      {"systems: [{id: s}]\ninterfaces: [{id: i, kind: http_api, direction: outbound, operations: [{id: a}, {id: b}]}]\nflows: [{id: f, from: s, to: i, operations: [a], data: [{at: request, field: /x, operations: [b]}]}]\n", `flows[f].data[request /x].operations[b]: the flow uses no operation "b"`},
		"field twice":         {"systems: [{id: s}]\ninterfaces: [{id: i, kind: http_api, direction: outbound}]\nflows: [{id: f, from: s, to: i, data: [{at: request, field: /x}, {at: request, field: /x, operations: [b]}]}]\n", "flows[f].data[request /x b]: the field stands twice"},
		"deep query":          {"systems: [{id: s}]\ninterfaces: [{id: i, kind: http_api, direction: outbound}]\nflows: [{id: f, from: s, to: i, data: [{at: query, field: /x/y}]}]\n", "flows[f].data[query /x/y].field: a field at query has one name"},
		"exception":           {"systems: [{id: shop}]\nexceptions: [{threat: T001@shp, reason: r, owner: role:a, expires: 2027-01-01}]\n", `exceptions[T001@shp].threat: there is no element "shp"; did you mean "shop"?`},
		"source":              {"contract: {dpa: 2026-01-01}\nsources: {contract.dpo: imported}\n", `sources.contract.dpo: the object has no attribute "contract.dpo"; did you mean "dpa"?`},
		"source value":        {"sources: {contract.dpa: guessed}\n", `sources.contract.dpa: "guessed" is not accepted; accepted are declared, imported, inferred, observed`},
		"set":                 {"tags: [a, b, a]\n", `5:14: tags[a]: "a" stands twice; delete one`},
		"safeguard direction": {"interfaces: [{id: i, kind: http_api, direction: outbound, safeguards: {authn: true}}]\n", "interfaces[i].safeguards.authn: the safeguard makes no sense on an interface of kind http_api, outbound; it is meant for http_api, inbound"},
		"safeguard type":      {"interfaces: [{id: i, kind: webhook, direction: inbound, safeguards: {replay_window: 300}}]\n", `interfaces[i].safeguards.replay_window: "300" is not a length of time`},
		"safeguard word":      {"interfaces: [{id: i, kind: webhook, direction: inbound, safeguards: {signature: hmac-sha265}}]\n", `interfaces[i].safeguards.signature: "hmac-sha265" is not accepted; did you mean "hmac-sha256"?`},
		"missing":             {"systems: [{zone: a}]\n", "5:11: systems[#1]: id is missing; add it, like id: checkout"},
		"host":                {"interfaces: [{id: i, kind: file, direction: inbound, hosts: [\"x.example:0\"]}]\n", `"x.example:0" is not a host name`},
		"terminal":            {"systems: [{id: \"a\\e[2Jb\"}]\n", "systems[a?[2Jb].id:"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := manifest.Parse("m.yaml", []byte(head+tt.body))
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Fatalf("Parse = %v, want %q", err, tt.want)
			}
			if drawbridge.KindOf(err) != drawbridge.Invalid {
				t.Errorf("kind %s", drawbridge.KindOf(err))
			}
			if strings.Contains(err.Error(), "hunter2") || strings.Contains(err.Error(), "user:pw") {
				t.Errorf("the message repeats a secret: %v", err)
			}
		})
	}
}

func TestParseAccepts(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{
		"json":           `{"apiVersion": "drawbridge/v1", "kind": "Integration", "id": "x", "environment": "test", "contract": {"slo": {"availability": 99.9}}}`,
		"alias":          head + "owners: {business: &a team:x, technical: *a}\n",
		"windows":        strings.ReplaceAll(head, "\n", "\r\n"),
		"hosts":          head + "interfaces: [{id: i, kind: file, direction: inbound, hosts: [\"*.x.example\", \"127.0.0.1:8080\", \"[::1]:22\", localhost]}]\n",
		"same field":     head + "systems: [{id: s}]\ninterfaces: [{id: i, kind: http_api, direction: outbound}]\nflows: [{id: f, from: s, to: i, data: [{at: request, field: /x, operations: [a]}, {at: request, field: /x, operations: [b]}]}]\n",
		"own end":        head + "systems: [{id: s}, {id: t}]\nflows: [{id: f, from: s, to: t}]\n",
		"exception":      head + "interfaces: [{id: i, kind: file, direction: inbound}]\nexceptions: [{threat: T001@i, reason: r, owner: role:a, expires: 2027-01-01}, {threat: T002@integration, reason: r, owner: role:a, expires: 2027-01-01}]\n",
		"redirect":       head + "interfaces: [{id: i, kind: oauth_app, direction: inbound, oauth: {redirect_uris: [\"com.firm.app:/cb\", \"https://x.example/cb\"]}}]\n",
		"unknown extend": head + "extends: base.yaml\nflows: [{id: f, from: a, to: b}]\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, err := manifest.Parse("m.yaml", []byte(body)); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestOwnSafeguardsAndCategories(t *testing.T) {
	t.Parallel()
	own, err := manifest.ParseSafeguards("own.yaml", []byte("version: 1\nsafeguards:\n- {key: badge, type: bool, kinds: [file], ask: \"Is there a badge?\"}\n"))
	if err != nil {
		t.Fatal(err)
	}
	src := []byte(head + "interfaces: [{id: i, kind: file, direction: inbound, safeguards: {badge: true}}]\naccess: [{who: role:a, sees: [own.thing]}]\n")
	known := func(id string) (bool, []string) { return id == "own.thing", []string{"own.thing"} }
	if _, err := manifest.Parse("m.yaml", src, manifest.WithSafeguards(own), manifest.WithCategories(known)); err != nil {
		t.Error(err)
	}
	if _, err := manifest.Parse("m.yaml", src); err == nil {
		t.Error("the own safeguard is accepted without its definition")
	}
	if _, err := manifest.ParseSafeguards("own.yaml", []byte("version: 1\nsafeguards:\n- {key: a, type: enum, kinds: [file], ask: q}\n- {key: a, type: bool, kinds: [files], ask: q}\n")); err == nil ||
		!strings.Contains(err.Error(), "stands twice") || !strings.Contains(err.Error(), "has no values") || !strings.Contains(err.Error(), `did you mean "file"?`) {
		t.Errorf("ParseSafeguards = %v", err)
	}
}

func TestManyProblems(t *testing.T) {
	t.Parallel()
	_, err := manifest.Parse("m.yaml", []byte(head+strings.Repeat("nonsense: 1\n", 150)))
	list, ok := errors.AsType[manifest.Problems](err)
	if !ok || len(list) != 150 {
		t.Fatalf("%d problems, want 150", len(list))
	}
	if text := err.Error(); strings.Count(text, "\n") != 100 || !strings.HasSuffix(text, "and 50 more problems") {
		t.Errorf("the text has %d lines and ends with %q", strings.Count(text, "\n")+1, text[len(text)-30:])
	}
}

// TestHostileFiles holds that bad input ends with a clear error. Work that grew
// with the square of the size would run into the tests' own limit.
func TestHostileFiles(t *testing.T) {
	t.Parallel()
	big := strings.Repeat("x", 40)
	var wrong, ids strings.Builder
	for i := range 20_000 {
		fmt.Fprintf(&wrong, "  - {id: s%d, region: %s, zon: a}\n", i, big)
		fmt.Fprintf(&ids, "  - {id: f%d, from: nowhere%d, to: nowhere%d}\n", i, i, i)
	}
	dup := "systems:\n" + strings.Repeat("  - {id: a}\n", 50_000)
	tests := map[string]struct{ src, want string }{
		"deep brackets":       {head + "systems: " + strings.Repeat("[", 20_000), "nest more than"},
		"deep dashes":         {head + "systems:\n" + strings.Repeat("- ", 20_000), "nest more than"},
		"wrong everywhere":    {head + "systems:\n" + wrong.String(), "and at least"},
		"nowhere":             {head + "flows:\n" + ids.String(), "there is no system or interface"},
		"same id":             {head + dup, "stands twice"},
		"too many items":      {head + "tags: [" + strings.Repeat("a, ", 60_000) + "]", "at most 50000"},
		"long text":           {head + "purpose: " + strings.Repeat("x", 100_000), "the text has 100000 bytes"},
		"long key":            {head + strings.Repeat("x", 100_000) + ": 1", "a key has at most 1024 characters"},
		"unknown keys":        {head + strings.Repeat("x: 1\n", 200_000), "the key is not known"},
		"long field":          {head + "systems: [{id: s}]\ninterfaces: [{id: i, kind: file, direction: inbound}]\nflows: [{id: f, from: s, to: i, data: [{at: file, field: /" + strings.Repeat("a/", 60_000) + "}]}]", "field path has"},
		"binary":              {"\x7fELF\x02\x01\x00", "not text"},
		"alias bomb in lists": {head + "systems: &a [{id: x}]\ninterfaces: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a,*a]\nflows: [" + strings.Repeat("*b,", 100_000) + "]", "aliases add more than"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := manifest.Parse("m.yaml", []byte(tt.src))
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Fatalf("Parse = %.300v, want %q", err, tt.want)
			}
		})
	}
}

func TestHugeFileIsNotRead(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "integration.yaml")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(f.Truncate(120<<20), f.Close()); err != nil {
		t.Fatal(err)
	}
	_, err = manifest.Load(path)
	if drawbridge.KindOf(err) != drawbridge.TooLarge || !strings.Contains(err.Error(), "larger than 4MiB") {
		t.Errorf("Load = %v", err)
	}
}

func TestBigManifestIsValid(t *testing.T) {
	t.Parallel()
	doc, err := manifest.Parse("big.yaml", testkit.BigManifest(2000, 6000))
	if err != nil {
		t.Fatalf("%.300v", err)
	}
	if n := len(doc.Integration.Systems) + len(doc.Integration.Interfaces); n != 2000 || len(doc.Integration.Flows) != 6000 {
		t.Errorf("%d elements, %d flows", n, len(doc.Integration.Flows))
	}
}

func TestPosition(t *testing.T) {
	t.Parallel()
	b := load(t, "testdata/vectors/full/integration.yaml")
	for key, want := range map[string]string{
		"":                                       "1:1",
		"id":                                     "3:5",
		"interfaces":                             "13:1",
		"interfaces[charges].safeguards.tls_min": "22:27",
		"interfaces[charges].safeguards.breaker": "22:5",
		"flows[charge].data[request /customer/email].category":              "37:57",
		"flows[charge].data[response /items/*/card/last4]":                  "38:9",
		"flows[nothing].purpose":                                            "29:1",
		"exceptions[T017@charges].expires":                                  "49:78",
		"partner.country":                                                   "7:1",
		"interfaces[charges].hosts[a.acme.example]":                         "18:29",
		"interfaces[charges].operations[createCharge].path":                 "21:48",
		"targets[sandbox].identities[alice]":                                "51:5",
		"flows[charge].data[request /customer/email].operations[x].nothing": "37:9",
	} {
		line, column := b.Position(key)
		if got := fmt.Sprintf("%d:%d", line, column); got != want {
			t.Errorf("Position(%q) = %s, want %s", key, got, want)
		}
	}
	if file, line, _ := b.Place("partner.country"); filepath.Base(file) != "acme-pay.yaml" || line != 5 {
		t.Errorf("Place(partner.country) = %s, %d", file, line)
	}
	ext := load(t, "testdata/vectors/extends/integration.yaml")
	if file, line, _ := ext.Place("interfaces[api].direction"); filepath.Base(file) != "base.yaml" || line != 10 {
		t.Errorf("Place(interfaces[api].direction) = %s, %d", file, line)
	}
}

func TestLoadExtends(t *testing.T) {
	t.Parallel()
	b := load(t, "testdata/vectors/extends/integration.yaml")
	i := b.Integration
	if i.Environment != "sandbox" || i.Purpose != "Base purpose" || i.Interfaces[0].Direction != drawbridge.Outbound {
		t.Errorf("merged: %+v", i)
	}
	if h := i.Interfaces[0].Hosts; len(h) != 1 || h[0] != "sandbox.acme.example" {
		t.Errorf("hosts %v: a list of words replaces", h)
	}
	if s := i.Interfaces[0].Safeguards; s["tls_min"] != "1.3" || s["breaker"] != true {
		t.Errorf("safeguards %v: a map merges", s)
	}
	if v := i.Flows[0].Volume; *v.RecordsPerDay != 0 || *v.PeakRPS != 1 || len(i.Flows) != 2 {
		t.Errorf("flows %+v: zero is an answer, and objects merge by id", i.Flows)
	}
	if len(b.Inputs) != 1 || !strings.HasPrefix(b.Inputs["./base.yaml"], "sha256:") {
		t.Errorf("inputs %v", b.Inputs)
	}
}

func FuzzParse(f *testing.F) {
	for _, p := range files(f) {
		data, err := os.ReadFile(p)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Add([]byte(head + "flows: &a [{id: *a}]\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		doc, err := manifest.Parse("m.yaml", data)
		if err != nil {
			if _, ok := errors.AsType[manifest.Problems](err); !ok {
				t.Fatalf("Parse(%q) = %T %v", data, err, err)
			}
			return
		}
		if doc.Integration == nil {
			return
		}
		out, err := manifest.Encode(doc.Integration)
		if err != nil {
			t.Fatal(err)
		}
		again, err := manifest.Parse("again.yaml", out)
		if err != nil {
			t.Fatalf("what Encode writes cannot be read: %v\n%s", err, out)
		}
		a, aerr := manifest.ContentDigest(&manifest.Bundle{Integration: doc.Integration})
		b, berr := manifest.ContentDigest(&manifest.Bundle{Integration: again.Integration})
		if aerr != nil || berr != nil || a != b {
			t.Fatalf("writing changes the digest (%v, %v):\n%s", aerr, berr, out)
		}
	})
}
