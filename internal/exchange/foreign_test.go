package exchange_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"drawbridge"
	"drawbridge/internal/exchange"
	"drawbridge/internal/flow"
	"drawbridge/internal/manifest"
	"drawbridge/internal/taxonomy"
)

const foreignOTM = `
otmVersion: 0.1.0
project: {id: Shop 2024, name: Web shop, owner: A Person, attributes: {cmdb: X1}}
representations: [{id: picture, name: Picture, type: diagram, size: {width: 10, height: 10}}]
assets:
  - {id: contact.email, name: Mail, risk: {confidentiality: 50, integrity: 1, availability: 1}}
  - {id: cart, name: Cart, risk: {confidentiality: 10, integrity: 1, availability: 1}}
trustZones:
  - {id: z1, name: Cloud, risk: {trustRating: 60}}
  - {id: z2, name: Data tier, risk: {trustRating: 80}, parent: {trustZone: z1}}
  - {id: z3, name: Vendor, risk: {trustRating: 10}}
  - {id: loop, name: Loop, risk: {trustRating: 1}, parent: {trustZone: loop}}
components:
  - {id: web, name: Web, type: web-service, parent: {trustZone: z1}, threats: [{threat: t1, state: exposed}]}
  - {id: "customer db", name: Customers, type: database, parent: {trustZone: z2}}
  - {id: class, name: Class, type: code, parent: {component: class}}
  - {id: mail, name: Mail service, type: saas, parent: {trustZone: z3}}
  - {id: odd, name: Odd, type: thing, parent: {trustZone: loop}}
dataflows:
  - {id: save, name: Save, source: web, destination: customer db, assets: [cart]}
  - {id: send, name: Send, source: web, destination: mail, bidirectional: true, assets: [contact.email]}
  - {id: lost, name: Lost, source: web, destination: nowhere}
threats: [{id: t1, name: Bad thing, risk: {likelihood: 1, impact: 1}}]
mitigations: [{id: m1, name: Good thing, riskReduction: 1}]
`

func TestForeignOTM(t *testing.T) {
	t.Parallel()
	got, err := exchange.Import("otm", "shop.otm", []byte(foreignOTM), exchange.Options{})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		`"flow save \"Save\" web -> customer-db map[false:true]"`,
		`"flow send \"Send\" web -> mail map[falsecontact.email:true truecontact.email:true]"`,
		`"interface mail \"Mail service\" http_api outbound"`,
		`"system class \"Class\" service internal"`,
		`"system customer-db \"Customers\" store cloud/data-tier"`,
		`"system odd \"Odd\" service loop"`,
		`"system web \"Web\" service cloud"`,
	}
	var lines []string
	for _, s := range shape(got.Integration) {
		if strings.Contains(s, " ") && !strings.HasPrefix(s, "Web") {
			lines = append(lines, fmt.Sprintf("%q", s))
		}
	}
	if d := cmp.Diff(want, lines); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
	if got.Integration.ID != "shop-2024" || got.Integration.Name != "Web shop" {
		t.Errorf("id %q, name %q", got.Integration.ID, got.Integration.Name)
	}
	for _, where := range []string{
		"environment", "project.owner", "project.attributes.cmdb", "representations picture", "trustZones z1", "components web.threats",
		"element customer db", "dataflows lost", "threats t1", "mitigations m1", "dataflows save", "components mail",
	} {
		if !slices.ContainsFunc(got.Losses, func(l exchange.Loss) bool { return l.Where == where }) {
			t.Errorf("the losses do not name %q: %v", where, got.Losses)
		}
	}
}

const foreignThreagile = `
threagile_version: 1.0.0
title: Some Model
date: 2020-03-31
author: {name: A Person}
business_criticality: critical
tags_available: [linux]
data_assets:
  Mail: {id: contact-email, usage: business, confidentiality: confidential}
  Cart: {id: cart, usage: business, confidentiality: internal}
technical_assets:
  Shop: {id: shop, type: process, technology: web-server, out_of_scope: false, machine: container, communication_links: {
    Pay: {target: pay, description: Pay, protocol: https, authentication: token, data_assets_sent: [cart, contact-email, cart], data_assets_received: [cart]},
    Gone: {target: gone, protocol: https}}}
  Store: {id: store, type: datastore, technology: database, out_of_scope: false}
  Buyer: {id: buyer, type: external-entity, used_as_client_by_human: true, out_of_scope: true}
  Pay: {id: pay, type: external-entity, out_of_scope: true}
  Twin: {id: pay, type: process}
trust_boundaries:
  Net: {id: net, type: network-on-prem, technical_assets_inside: [shop], trust_boundaries_nested: [deep]}
  Deep: {id: deep, type: network-on-prem, technical_assets_inside: [store], trust_boundaries_nested: [net]}
shared_runtimes: {Runtime: {id: r, technical_assets_running: [shop]}}
risk_tracking: {"x@shop": {status: accepted}}
`

func TestForeignThreagile(t *testing.T) {
	t.Parallel()
	got, err := exchange.Import("threagile", "threagile.yaml", []byte(foreignThreagile), exchange.Options{ID: "My Own"})
	if err != nil {
		t.Fatal(err)
	}
	i := got.Integration
	if i.ID != "my-own" || i.Criticality.TierHint != drawbridge.TierHigh {
		t.Errorf("id %q, tier %q", i.ID, i.Criticality.TierHint)
	}
	var flows, systems, interfaces []string
	for _, f := range i.Flows {
		for _, d := range f.Data {
			flows = append(flows, fmt.Sprintf("%s %s->%s %s %s %q", f.ID, f.From, f.To, d.At, d.Field, d.Category))
		}
	}
	for _, s := range i.Systems {
		systems = append(systems, s.ID+" "+s.Kind+" "+s.Zone)
	}
	for _, x := range i.Interfaces {
		interfaces = append(interfaces, x.ID)
	}
	want := [][]string{
		{`Pay shop->pay request /cart ""`, `Pay shop->pay request /contact-email "contact.email"`, `Pay shop->pay response /cart ""`},
		{"shop service deep/net", "store store net/deep", "buyer user "},
		{"pay"},
	}
	if d := cmp.Diff(want, [][]string{flows, systems, interfaces}); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
	for _, where := range []string{
		"environment", "author", "date", "data_assets Cart", "technical_assets Twin", "technical_assets Shop.machine", "communication_links Gone",
		"communication_links Pay.protocol", "shared_runtimes Runtime", "risk_tracking x@shop",
	} {
		if !slices.ContainsFunc(got.Losses, func(l exchange.Loss) bool { return l.Where == where }) {
			t.Errorf("the losses do not name %q: %v", where, got.Losses)
		}
	}
}

func TestPartnerZoneByName(t *testing.T) {
	t.Parallel()
	model := strings.ReplaceAll(foreignOTM, "Vendor", "Elsewhere")
	for name, want := range map[string]int{"": 0, "elsewhere": 1} {
		got, err := exchange.Import("otm", "m", []byte(model), exchange.Options{Partner: name})
		if err != nil {
			t.Fatal(err)
		}
		if n := len(got.Integration.Interfaces); n != want {
			t.Errorf("partner %q: %d interfaces, want %d", name, n, want)
		}
	}
}

func TestImportRefuses(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		format, data string
		kind         drawbridge.Kind
	}{
		"nothing":        {"otm", "", drawbridge.Invalid},
		"a list":         {"otm", "[1, 2]", drawbridge.Invalid},
		"another tool":   {"otm", foreignThreagile, drawbridge.Invalid},
		"the other way":  {"threagile", foreignOTM, drawbridge.Invalid},
		"unknown format": {"xml", foreignOTM, drawbridge.Invalid},
		"binary":         {"otm", "\x00\x01\x02", drawbridge.Invalid},
		"deep JSON":      {"otm", `{"otmVersion":"0.2.0","project":` + strings.Repeat(`{"a":`, 5000) + "1" + strings.Repeat("}", 5000) + "}", drawbridge.Invalid},
		"deep YAML":      {"otm", strings.Repeat("[", 20000), drawbridge.Invalid},
		"huge":           {"threagile", strings.Repeat("# x\n", exchange.MaxBytes/4+1), drawbridge.TooLarge},
		"bomb":           {"otm", "a: &a [x,x,x,x,x,x,x,x,x]\n" + bomb(), drawbridge.Invalid},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := exchange.Import(tt.format, "model", []byte(tt.data), exchange.Options{})
			if drawbridge.KindOf(err) != tt.kind {
				t.Errorf("error %v, want kind %s", err, tt.kind)
			}
		})
	}
}

func bomb() string {
	var b strings.Builder
	for c := 'b'; c < 'k'; c++ {
		fmt.Fprintf(&b, "%c: &%c [%s]\n", c, c, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*%c,", c-1), 9), ","))
	}
	return b.String()
}

// checkImport holds whatever an import makes to be a manifest that loads and
// gives a map, or the error to say what is wrong with the file.
func checkImport(t *testing.T, format string, data []byte) {
	t.Helper()
	got, err := exchange.Import(format, "model", data, exchange.Options{})
	if err != nil {
		if kind := drawbridge.KindOf(err); kind != drawbridge.Invalid && kind != drawbridge.TooLarge {
			t.Fatalf("error of kind %s: %v", kind, err)
		}
		return
	}
	text, err := manifest.Encode(got.Integration)
	if err != nil {
		t.Fatal(err)
	}
	doc, err := manifest.Parse("imported", text)
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	m, err := flow.Build(&manifest.Bundle{Integration: doc.Integration, Partner: got.Partner}, taxonomy.Builtin())
	if err != nil {
		t.Fatal(err)
	}
	if err := m.SVG(&bytes.Buffer{}); err != nil {
		t.Fatal(err)
	}
}

func FuzzImport(f *testing.F) {
	otm, _ := export(f, "otm", full(f))
	model, _ := export(f, "threagile", full(f))
	for _, seed := range [][]byte{otm, model, []byte(foreignOTM), []byte(foreignThreagile), []byte(`{"otmVersion":"1","project":{"id":"x","name":"\u0000\ud800"}}`)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, format := range exchange.Formats() {
			checkImport(t, format, data)
		}
	})
}

// TestImportLoads writes an import as a folder, as the command does, and loads
// it with every check.
func TestImportLoads(t *testing.T) {
	t.Parallel()
	data, _ := export(t, "otm", full(t))
	got, err := exchange.Import("otm", "model", data, exchange.Options{})
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	text, err := manifest.Encode(got.Integration)
	if err != nil {
		t.Fatal(err)
	}
	partner, err := manifest.EncodePartner(got.Partner)
	if err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string][]byte{"integration.yaml": text, "partners/" + got.Partner.ID + ".yaml": partner} {
		file := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := manifest.Load(filepath.Join(dir, "integration.yaml")); err != nil {
		t.Fatal(err)
	}
}
