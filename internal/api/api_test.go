package api_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha1" // of RFC 6238
	"encoding/base32"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"drawbridge"
	"drawbridge/internal/api"
	"drawbridge/internal/approval"
	"drawbridge/internal/client"
	"drawbridge/internal/ledger"
	"drawbridge/internal/manifest"
	"drawbridge/internal/seal"
	"drawbridge/internal/testkit"
)

// files is a small integration by its key.
func files(slug, environment string, extra string) manifest.Files {
	return manifest.Files{"integration.yaml": []byte(`apiVersion: drawbridge/v1
kind: Integration
id: ` + slug + `
environment: ` + environment + `
name: Shipping labels
purpose: Print a label for each order
partner: swift
interfaces:
  - id: labels
    kind: http_api
    direction: outbound
    hosts: [api.swift.example]
    auth: {type: api_key}
flows:
  - id: label
    from: shop
    to: labels
    purpose: delivery
    data:
      - {at: request, field: /name, category: person.name.full}
` + extra + `systems:
  - {id: shop, zone: internal}
`)}
}

// TestJourney takes one integration through every call that a person makes about
// it; each answer is held to its description.
func TestJourney(t *testing.T) {
	t.Parallel()
	testkit.Databases(t, func(t *testing.T, database string) {
		w := newWorld(t, database)
		admin := w.first()
		ann, annID := w.person(admin, "ann@drawbridge.example", drawbridge.Requester)
		bob, bobID := w.person(admin, "bob@drawbridge.example", drawbridge.ProgrammeOwner)
		ctx := t.Context()
		ok := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}

		first, sent, err := ann.Push(ctx, client.Push{Main: "integration.yaml", Files: files("labels", "production", "")})
		ok(err)
		in := first.Integration
		if !first.Created || sent.Entry < 1 || in.Owner != annID.ID || first.Assessment.Outcome == "" || first.Revision.Number != 1 {
			t.Errorf("push = %+v, sent %+v", first, sent)
		}
		wider := files("labels", "production", "    region: {storage: [US]}\n")
		_, _, err = ann.Push(ctx, client.Push{Main: "integration.yaml", Files: wider, Reason: "moves", Base: "rev_wrong"})
		kind(t, err, drawbridge.Conflict)
		second, _, err := ann.Push(ctx, client.Push{Main: "integration.yaml", Files: wider, Reason: "moves", Base: first.Revision.ID})
		ok(err)
		if len(second.Changes) == 0 || second.Revision.Parent != first.Revision.ID {
			t.Errorf("second push = %+v", second)
		}

		found, err := bob.Find(ctx, client.Key{Slug: "labels", Environment: "production"})
		ok(err)
		revisions, err := bob.Revisions(ctx, client.ListOf{ByID: client.ByID{ID: string(in.ID)}})
		ok(err)
		if found.Head != second.Revision.ID || len(revisions.Items) != 2 {
			t.Errorf("found %+v with %d revisions", found, len(revisions.Items))
		}
		pulled, err := bob.Pull(ctx, client.ByRevision{ByID: client.ByID{ID: string(in.ID)}, Revision: "head"})
		ok(err)
		if !bytes.Equal(pulled.Files["integration.yaml"], wider["integration.yaml"]) || pulled.Main != "integration.yaml" {
			t.Errorf("pulled %+v", pulled)
		}
		diff, err := bob.Difference(ctx, client.Between{ByID: client.ByID{ID: string(in.ID)}, From: first.Revision.ID})
		ok(err)
		if len(diff.Changes) != len(second.Changes) {
			t.Errorf("difference %+v, want %+v", diff.Changes, second.Changes)
		}
		again, err := bob.Assess(ctx, in.ID)
		ok(err)
		var document bytes.Buffer
		ok(bob.Document(ctx, client.ByAssessment{ByID: client.ByID{ID: string(in.ID)}, Assessment: "latest"}, &document))
		if !json.Valid(document.Bytes()) || again.Assessment.Origin != "request" {
			t.Errorf("assessed %+v, document of %d bytes", again.Assessment, document.Len())
		}
		gate, err := bob.Gate(ctx, client.GateQuestion{Key: client.Key{Slug: "labels", Environment: "production"}, Digest: second.Revision.Content})
		ok(err)
		if gate.Status != approval.Undecided || !gate.Advice.Known || gate.Advice.Superseded || gate.Advice.Outcome != again.Assessment.Outcome {
			t.Errorf("gate %+v", gate)
		}
		findings, err := bob.Findings(ctx, client.FindingFilter{Integration: in.ID, Page: client.Page{Limit: 200}})
		ok(err)
		if int64(len(findings.Items)) != again.Assessment.Findings {
			t.Errorf("%d findings, want %d", len(findings.Items), again.Assessment.Findings)
		}

		assigned, err := bob.Assign(ctx, again.Integration.Version, client.Assign{ByID: client.ByID{ID: string(in.ID)}, Owner: bobID.ID, Members: &[]drawbridge.PersonID{annID.ID}, Reason: "moves team"})
		ok(err)
		if assigned.Integration.Owner != bobID.ID || len(assigned.Members) != 1 {
			t.Errorf("assigned %+v", assigned)
		}
		machine, err := bob.CreateMachine(ctx, in.ID, client.NewToken{Name: "ci"})
		ok(err)
		me, err := w.client(machine.Secret.Hidden).Me(ctx)
		ok(err)
		if me.Integration != in.ID || me.Person != "" {
			t.Errorf("the machine is %+v", me)
		}
		ok(bob.RevokeToken(ctx, machine.Token.ID, "done"))
		_, err = w.client(machine.Secret.Hidden).Me(ctx)
		kind(t, err, drawbridge.Unauthenticated)
		history, err := bob.History(ctx, client.HistoryOf{Kind: "integration", ID: string(in.ID)})
		ok(err)
		if len(history.Items) != 4 || history.Items[0].Reason != "moves team" {
			t.Errorf("history %+v", history.Items)
		}

		var export, proof bytes.Buffer
		ok(bob.Export(ctx, &export))
		ok(bob.ProveEntry(ctx, client.ByEntry{Seq: itoa(sent.Entry)}, &proof))
		trust := ledger.Trust{Keys: w.door.Keys().VerifierKeys()}
		if report, err := ledger.Verify(ctx, &export, trust, nil); err != nil || len(report.Differences) > 0 {
			t.Errorf("the export does not verify: %+v %v", report, err)
		}
		if proved, err := ledger.VerifyProof(proof.Bytes(), trust); err != nil || proved.Entry.Seq != sent.Entry {
			t.Errorf("the proof does not verify: %+v %v", proved, err)
		}
	})
}

// TestSecondFactor enrols and signs in with a code.
func TestSecondFactor(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "")
	admin := w.first()
	begun, err := admin.BeginFactor(t.Context())
	if err != nil || begun.Secret.Empty() || !strings.HasPrefix(begun.URI.Reveal(), "otpauth://") {
		t.Fatalf("BeginFactor = %v", err)
	}
	codes, err := admin.ConfirmFactor(t.Context(), client.ConfirmFactor{Ticket: begun.Ticket, Code: client.Hide(totp(t, begun.Secret.Reveal(), w.clock.now()))})
	if err != nil || len(codes.Codes) == 0 {
		t.Fatalf("ConfirmFactor = %v", err)
	}
	in := client.SignIn{Email: "root@drawbridge.example", Password: client.Hide(password)}
	_, err = w.client(seal.Hidden{}).SignIn(t.Context(), in)
	if r := client.RefusedBy(err); r == nil || r.Code != client.CodeSecondFactor {
		t.Errorf("without a code: %v", err)
	}
	in.Code = codes.Codes[0]
	if _, err = w.client(seal.Hidden{}).SignIn(t.Context(), in); err != nil {
		t.Errorf("with a recovery code: %v", err)
	}
	_, err = w.client(seal.Hidden{}).SignIn(t.Context(), in)
	kind(t, err, drawbridge.Unauthenticated) // used up
	if f, err := admin.Factor(t.Context()); err != nil || !f.Enrolled || f.Recovery != len(codes.Codes)-1 {
		t.Errorf("Factor = %+v %v", f, err)
	}
}

// totp is the code of RFC 6238 at a time.
func totp(t *testing.T, secret string, at time.Time) string {
	t.Helper()
	key, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(secret)
	if err != nil {
		t.Fatal(err)
	}
	mac := hmac.New(sha1.New, key)
	mac.Write(binary.BigEndian.AppendUint64(nil, uint64(at.Unix()/30)))
	sum := mac.Sum(nil)
	n := binary.BigEndian.Uint32(sum[sum[19]&15:]) & 0x7fffffff
	return fmt.Sprintf("%06d", n%1_000_000)
}

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

// TestCallsAndRoutes holds the calls of the client to the table of routes.
func TestCallsAndRoutes(t *testing.T) {
	t.Parallel()
	calls := map[string]string{}
	sources, err := filepath.Glob("../client/*.go")
	if err != nil {
		t.Fatal(err)
	}
	form := regexp.MustCompile(`(call|create|change|fetch|stream)(?:\[.*\])?\(ctx, c, "([A-Z]+ [^"]+)"`)
	for _, file := range sources {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range form.FindAllStringSubmatch(string(data), -1) {
			calls[m[2]] = m[1]
		}
	}
	calls["POST /api/v1/revisions"] = "create" // a form of its own, and so the next
	calls["POST /api/v1/evidence"] = "create"
	calls["POST /api/v1/drafts/file"] = "create"
	calls["PUT /api/v1/drafts/{id}"] = "save" // over a version, and the same again is the same
	for _, r := range api.Routes() {
		how, ok := calls[r.Method+" "+r.Pattern]
		delete(calls, r.Method+" "+r.Pattern)
		switch {
		case r.Name == "openapi", strings.HasPrefix(r.Name, "visit."): // a partner comes with a browser
		case !ok:
			t.Errorf("no call of the client asks %s", r.Name)
		case r.Has(api.Idempotent) != (how == "create" || how == "change"), r.Has(api.Conditional) != (how == "change" || how == "save"), r.Has(api.Streams) != (how == "stream"):
			t.Errorf("%s is asked by %s, which does not fit its flags", r.Name, how)
		}
	}
	for route := range calls {
		t.Errorf("the client asks %s, which is no route", route)
	}
}

// FuzzDocument holds the strict reader to two promises: it takes nothing that
// another reader would take otherwise, and it does not fall over.
func FuzzDocument(f *testing.F) {
	for _, s := range []string{`{"email":"x","name":"X","roles":["tester"]}`, `{"email":"a","Email":"b"}`, `{"roles":null}`, `{"a":{"b":[]}}`, `[]`, ``, `{"email":"\ud800"}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var in client.Invite
		if err := api.Document(data, &in); err != nil {
			if drawbridge.KindOf(err) == drawbridge.Internal {
				t.Fatalf("%q: %v is not for people", data, err)
			}
			return
		}
		d := json.NewDecoder(bytes.NewReader(data))
		d.DisallowUnknownFields()
		var plain client.Invite
		if err := d.Decode(&plain); err != nil || !reflect.DeepEqual(in, plain) {
			t.Errorf("%q reads as %+v, and elsewhere as %+v (%v)", data, in, plain, err)
		}
	})
}
