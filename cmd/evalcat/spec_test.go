package main

import (
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"drawbridge"
)

func tiny(tb testing.TB) *document {
	tb.Helper()
	data, err := os.ReadFile("testdata/specs/tiny.json")
	if err != nil {
		tb.Fatal(err)
	}
	doc, err := parseDocument("tiny.json", data)
	if err != nil {
		tb.Fatal(err)
	}
	return doc
}

func TestLookup(t *testing.T) {
	t.Parallel()
	doc := tiny(t)
	tests := map[string]struct {
		pointer string
		want    bool
	}{
		"whole document":      {"", true},
		"escaped slash":       {"/components/parameters/order~1id", true},
		"item of an array":    {"/components/schemas/Buyer/allOf/1", true},
		"item past the end":   {"/components/schemas/Buyer/allOf/2", false},
		"negative item":       {"/components/schemas/Buyer/allOf/-1", false},
		"missing member":      {"/components/schemas/Nobody", false},
		"not an object":       {"/info/title", false},
		"below a scalar":      {"/info/title/x", false},
		"no slash in front":   {"info", false},
		"empty member's name": {"/", false},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, got := doc.lookup(tc.pointer); got != tc.want {
				t.Errorf("lookup(%q) = %v, want %v", tc.pointer, got, tc.want)
			}
		})
	}
}

func TestFollow(t *testing.T) {
	t.Parallel()
	doc := tiny(t)
	if got, _, ok := doc.follow("/components/schemas/Buyer/allOf/0/properties/email"); !ok || got != "/components/schemas/Mail" {
		t.Errorf("follow(email) = %q, %v, want the Mail schema", got, ok)
	}
	for _, pointer := range []string{
		"/components/schemas/Order/properties/lost", "/components/schemas/Order/properties/far", "/components/schemas/Ping",
	} {
		if got, _, ok := doc.follow(pointer); ok {
			t.Errorf("follow(%s) = %q, want nothing", pointer, got)
		}
	}
	if doc.holdsFields("/components/schemas/Loop") {
		t.Error("holdsFields(Loop) = true, want false")
	}
}

func TestTraits(t *testing.T) {
	t.Parallel()
	doc := tiny(t)
	tests := map[string]struct {
		pointer string
		want    traits
	}{
		"through a reference": {
			"/components/schemas/Buyer/allOf/0/properties/email",
			traits{Type: "string", Format: "email", Description: "Where the receipt goes.", Example: "ann@shop.example"},
		},
		"items of an array":   {"/components/schemas/Order/properties/tags", traits{Type: "string", Enum: []string{"gift", "express"}}},
		"parameter":           {"/components/parameters/order~1id", traits{Type: "string"}},
		"number as example":   {"/components/schemas/Order/properties/lines/items/properties/price", traits{Type: "integer", Example: "250"}},
		"type beside null":    {"/components/schemas/Buyer/allOf/1/properties/security~1code", traits{Type: "string", Description: "Three digits from the back of the card."}},
		"reference to itself": {"/components/schemas/Loop", traits{}},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tc.want, doc.traits(tc.pointer)); diff != "" {
				t.Errorf("traits(%s) (-want +got):\n%s", tc.pointer, diff)
			}
		})
	}
}

func TestWalk(t *testing.T) {
	t.Parallel()
	order := location{File: "tiny.json", At: drawbridge.AtRequest, Operation: "createOrder", Tag: "Orders"}
	at := func(l location, name, pointer string, parents ...string) location {
		l.Name, l.Pointer, l.Parents = name, pointer, parents
		return l
	}
	path, query := order, order
	path.At, query.At = drawbridge.AtPath, drawbridge.AtQuery
	old := location{File: "tiny.json", At: drawbridge.AtRequest, Operation: "GET /old"}
	answer := old
	answer.At = drawbridge.AtResponse
	want := []location{
		at(path, "order_id", "/components/parameters/order~1id"),
		at(old, "iban", "/paths/~1old/get/parameters/0/schema/properties/iban"),
		at(answer, "ok", "/paths/~1old/get/responses/200/schema/properties/ok"),
		at(query, "since", "/paths/~1orders~1{order~1id}/post/parameters/0/schema/properties/since"),
		at(order, "far", "/components/schemas/Order/properties/far"),
		at(order, "lost", "/components/schemas/Order/properties/lost"),
		at(order, "tags", "/components/schemas/Order/properties/tags"),
		at(location{File: "tiny.json", At: drawbridge.AtRequest, Operation: "POST paid"}, "email", "/components/schemas/Buyer/allOf/0/properties/email"),
		at(location{File: "tiny.json", At: drawbridge.AtRequest, Operation: "POST paid"}, "security/code", "/components/schemas/Buyer/allOf/1/properties/security~1code"),
		at(order, "price", "/components/schemas/Order/properties/lines/items/properties/price", "lines"),
	}
	if diff := cmp.Diff(want, walk(tiny(t))); diff != "" {
		t.Errorf("walk (-want +got):\n%s", diff)
	}
}

func FuzzWalk(f *testing.F) {
	data, err := os.ReadFile("testdata/specs/tiny.json")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Add([]byte(`{"paths":{"/":{"$ref":"#/paths/~1"}}}`))
	f.Add([]byte(`{"paths":{"/":{"get":{"parameters":[7,{"$ref":"#"}],"responses":[]}}}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		doc, err := parseDocument("fuzz.json", data)
		if err != nil {
			return
		}
		seen := map[string]bool{}
		for _, l := range walk(doc) {
			if seen[l.Pointer] {
				t.Errorf("walk found %s twice", l.Pointer)
			}
			seen[l.Pointer] = true
			if _, ok := doc.lookup(l.Pointer); !ok || l.At == "" {
				t.Errorf("walk found %s, which is nowhere", l.Pointer)
			}
			doc.traits(l.Pointer)
		}
	})
}
