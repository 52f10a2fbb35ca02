package inquiry_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"testing"
	"time"

	"drawbridge"
	"drawbridge/internal/check"
	"drawbridge/internal/inquiry"
	"drawbridge/internal/questionnaire"
	"drawbridge/internal/register"
	"drawbridge/internal/store"
)

// tested is a template with one question that a check settles.
const tested = `name: tested
version: 1.0.0
lang: en
title: What a test can tell
sections:
- id: base
  title: The basics
  questions:
  - {id: base.tls, text: "Is every connection encrypted?", type: bool, weight: 1, required: true, length: short, tests: [TLS-01]}
  - {id: base.more, text: "Is there more to say?", type: text, length: short}
`

// handIn hands a run of the example's sandbox in, that ended at a time.
func (r *rig) handIn(t *testing.T, content string, ended time.Time, complete bool, v drawbridge.Verdict) {
	t.Helper()
	x := check.Result{Check: "TLS-01", Title: "Encryption", Interface: "charges", Verdict: v, Reason: "it was tried", Severity: drawbridge.High}
	sum := sha256.Sum256([]byte("acme-payments\x00charges\x00TLS-01\x00\x00\x00"))
	x.Fingerprint = "f1-" + hex.EncodeToString(sum[:12])
	data, err := json.Marshal(check.Run{
		SchemaVersion: drawbridge.SchemaVersion, Tool: "drawbridge", Origin: "cli", Started: ended, Finished: ended, Complete: complete,
		Integration: check.RunIntegration{ID: "acme-payments", Environment: "production", Digest: content},
		Target:      check.RunTarget{Name: "sandbox", Interface: "charges", BaseURL: "https://sandbox.acme-pay.example", Represents: "production"},
		Done:        []string{"TLS-01"}, Results: []check.Result{x},
	})
	if err != nil {
		t.Fatal(err)
	}
	r.pass(time.Second)
	if _, err := r.record.AddRun(t.Context(), r.ann, register.NewRun{Ref: register.ByID(r.in.ID), Data: data}); err != nil {
		t.Fatal(err)
	}
}

// TestSettledByTests asks no question that a test settles, and asks it again once
// a test failed; what counts is when a run ended, not when it was handed in.
func TestSettledByTests(t *testing.T) {
	t.Parallel()
	type run struct {
		ago     time.Duration
		verdict drawbridge.Verdict
		part    bool // of a run that was not whole
		other   bool // on another manifest
	}
	tests := []struct {
		name  string
		runs  []run // in the order in which they were handed in
		asked bool
	}{
		{name: "never tried", asked: true},
		{name: "passed", runs: []run{{ago: time.Hour, verdict: drawbridge.Pass}}},
		{name: "passed in part of a run", runs: []run{{ago: time.Hour, verdict: drawbridge.Pass, part: true}}, asked: true},
		{name: "passed on another manifest", runs: []run{{ago: time.Hour, verdict: drawbridge.Pass, other: true}}, asked: true},
		{name: "failed later", runs: []run{{ago: 2 * time.Hour, verdict: drawbridge.Pass}, {ago: time.Hour, verdict: drawbridge.Fail}}, asked: true},
		{name: "failed later, and the pass came late", runs: []run{{ago: time.Hour, verdict: drawbridge.Fail}, {ago: 2 * time.Hour, verdict: drawbridge.Pass}}, asked: true},
		{name: "failed in part of a later run", runs: []run{{ago: 2 * time.Hour, verdict: drawbridge.Pass}, {ago: time.Hour, verdict: drawbridge.Fail, part: true}}, asked: true},
		{name: "mended, and the failure came late", runs: []run{{ago: time.Hour, verdict: drawbridge.Pass}, {ago: 2 * time.Hour, verdict: drawbridge.Fail}}},
		{name: "skipped later", runs: []run{{ago: 2 * time.Hour, verdict: drawbridge.Pass}, {ago: time.Hour, verdict: drawbridge.Skipped}}},
		{name: "in doubt later", runs: []run{{ago: 2 * time.Hour, verdict: drawbridge.Pass}, {ago: time.Hour, verdict: drawbridge.Inconclusive}}, asked: true},
		{name: "failed, then in doubt", runs: []run{{ago: 2 * time.Hour, verdict: drawbridge.Fail}, {ago: time.Hour, verdict: drawbridge.Inconclusive}}, asked: true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := open(t, "")
			var head *drawbridge.Revision
			r.act(t, func(tx *store.Tx) (err error) {
				head, err = tx.Revision(r.in.Head)
				return err
			})
			for _, x := range tt.runs {
				content := head.Content
				if x.other {
					content = "sha256:00"
				}
				r.handIn(t, content, start.Add(-x.ago), !x.part, x.verdict)
			}
			q, err := r.Send(t.Context(), r.rev, inquiry.Sending{Review: r.review(t, 1), Template: "tested/short"})
			if err != nil {
				t.Fatal(err)
			}
			sheet, err := r.Sheet(t.Context(), r.rev, q.ID)
			if err != nil {
				t.Fatal(err)
			}
			asked := slices.ContainsFunc(sheet.Items.Questions, func(x questionnaire.Question) bool { return x.ID == "base.tls" })
			if asked != tt.asked || asked == (len(sheet.Items.Skipped) == 1) {
				t.Errorf("asked = %v, want %v; skipped %+v", asked, tt.asked, sheet.Items.Skipped)
			}
		})
	}
}
