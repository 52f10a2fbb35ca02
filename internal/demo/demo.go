// Package demo is the guided run: a realistic payments partner on loopback is
// imported, assessed with live checks while it has flaws, mended by its
// switches, and assessed again. It decides nothing and invents nothing: every
// figure comes from the same engines that judge a real partner.
package demo

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"path/filepath"
	"time"

	"drawbridge"
	"drawbridge/internal/assess"
	"drawbridge/internal/check"
	"drawbridge/internal/check/rule"
	"drawbridge/internal/manifest"
	"drawbridge/internal/policy"
	"drawbridge/internal/report"
	"drawbridge/internal/spec"
	"drawbridge/internal/taxonomy"
	"drawbridge/internal/twin"
)

// Options of a run.
type Options struct {
	Dir      string                               // where it writes
	Shown    string                               // the same, as the person wrote it
	Out      io.Writer                            // the story
	Write    func(name string, data []byte) error // replaces one file as a whole
	Now      func() time.Time
	Version  string
	Progress func(check.Event) // may be nil
}

// Result is what the demonstration showed.
type Result struct {
	Flawed  *assess.Assessment `json:"flawed"`
	Mended  *assess.Assessment `json:"mended"`
	Runs    [2]*check.Run      `json:"-"`
	Changed *check.Comparison  `json:"-"`
}

// flaws are the switches that the partner starts with: one for each kind of
// mistake that live checks of an API in clear text on loopback can show.
var flaws = []string{
	"AUTHN-01", "AUTHN-02", "BOLA-01", "MASS-01", "DATA-01", "DATA-02", "DATA-03",
	"ERR-01", "SCHEMA-03", "CORS-01", "HDR-01",
}

type show struct {
	Options
	partner *twin.Twin
}

// Run tells the whole story. It leaves the manifests, both run files and both
// HTML reports.
func Run(ctx context.Context, opt Options) (*Result, error) {
	partner, err := twin.Start(ctx, twin.Options{Style: "payments", Flaws: flaws, Seed: 7, Now: opt.Now})
	if err != nil {
		return nil, fmt.Errorf("start the demonstration's partner: %w", err)
	}
	defer partner.Close()
	s := &show{Options: opt, partner: partner}
	s.say("1. A partner arrives: Tidewater Payments, on loopback at %s", partner.URL())
	if err := s.write(); err != nil {
		return nil, err
	}
	if err := s.draft(); err != nil {
		return nil, err
	}
	out := &Result{}
	s.say("2. Its owners fill the manifest in, and the partner is tested as it is")
	if out.Flawed, out.Runs[0], err = s.assess(ctx, "flawed"); err != nil {
		return nil, err
	}
	s.say("3. The partner mends what was found, and is tested again")
	for _, f := range partner.Flaws() {
		if err := partner.Set(f, false); err != nil {
			return nil, err
		}
	}
	if out.Mended, out.Runs[1], err = s.assess(ctx, "mended"); err != nil {
		return nil, err
	}
	if out.Changed, err = check.Compare(out.Runs[0], out.Runs[1]); err != nil {
		return nil, err
	}
	s.end(out)
	return out, nil
}

func (s *show) say(format string, args ...any) { fmt.Fprintf(s.Out, format+"\n", args...) }

func (s *show) shown(parts ...string) string {
	return filepath.ToSlash(filepath.Join(append([]string{s.Shown}, parts...)...))
}

// write puts the partner's specification and the filled-in manifest in place.
func (s *show) write() error {
	for name, data := range map[string][]byte{
		"partner/openapi.json":               s.partner.Spec(),
		"partner/integration.yaml":           s.partner.Manifest(),
		"partner/partners/twin-partner.yaml": s.partner.Partner(),
	} {
		if err := s.Write(filepath.FromSlash(name), data); err != nil {
			return err
		}
	}
	s.say("   specification: %s", s.shown("partner", "openapi.json"))
	return nil
}

// draft shows what the specification alone tells.
func (s *show) draft() error {
	api, err := spec.Read("openapi.json", s.partner.Spec(), spec.Options{})
	if err != nil {
		return err
	}
	ids, err := api.Select(nil)
	if err != nil {
		return err
	}
	d, err := spec.NewDraft(api, ids, spec.DraftOptions{ID: "twin-payments", SpecFile: "openapi.json", Classify: taxonomy.Builtin()})
	if err != nil {
		return err
	}
	data, err := manifest.Encode(d.Integration)
	if err != nil {
		return err
	}
	elements, guessed := 0, 0
	for _, f := range d.Integration.Flows {
		elements += len(f.Data)
		for _, e := range f.Data {
			if e.Category != "" {
				guessed++
			}
		}
	}
	s.say("   imported: %d operations, %d flows, %d data elements, %d with a category and its reason", len(api.Operations), len(d.Integration.Flows), elements, guessed)
	s.say("   draft: %s\n", s.shown("draft", "integration.yaml"))
	if err := s.Write(filepath.Join("draft", "openapi.json"), s.partner.Spec()); err != nil {
		return err
	}
	return s.Write(filepath.Join("draft", "integration.yaml"), data)
}

// assess runs the live checks and the line, and leaves the run and the report.
func (s *show) assess(ctx context.Context, name string) (*assess.Assessment, *check.Run, error) {
	file := filepath.Join(s.Dir, "partner", "integration.yaml")
	ws, err := policy.OpenWorkspace(filepath.Dir(file))
	if err != nil {
		return nil, nil, err
	}
	b, err := manifest.Load(file, ws.ManifestOptions()...)
	if err != nil {
		return nil, nil, err
	}
	run, err := check.Execute(ctx, check.Options{
		Bundle: b, Target: twin.TargetName, Checks: rule.All(), Secret: s.partner.Secret,
		Now: s.Now, Version: s.Version, Origin: "cli", Progress: s.Progress,
	})
	if err != nil {
		return nil, nil, err
	}
	if !run.Complete {
		return nil, nil, drawbridge.Errorf(drawbridge.Unavailable, "the live checks did not end: %s", run.Stopped)
	}
	a, err := assess.FromBundle(ctx, ws, b, assess.Options{AsOf: s.Now().UTC(), Results: run, Name: s.shown("partner", "integration.yaml"), Version: s.Version})
	if err != nil {
		return nil, nil, err
	}
	var raw, page bytes.Buffer
	enc := json.NewEncoder(&raw)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	if err := enc.Encode(run); err != nil {
		return nil, nil, err
	}
	h, err := report.New("html", &page, report.Options{})
	if err != nil {
		return nil, nil, err
	}
	if err := h.Result(a); err != nil {
		return nil, nil, err
	}
	if err := h.Done(); err != nil {
		return nil, nil, err
	}
	if err := s.Write(name+"-run.json", raw.Bytes()); err != nil {
		return nil, nil, err
	}
	if err := s.Write(name+".html", page.Bytes()); err != nil {
		return nil, nil, err
	}
	s.verdict(a, run, name)
	return a, run, nil
}

func (s *show) verdict(a *assess.Assessment, run *check.Run, name string) {
	n := run.Verdicts()
	s.say("   %d requests in %.1f s drove %d of %d operations: %d results failed, %d passed, %d inconclusive, %d skipped",
		run.Budget.UsedRequests, run.Budget.UsedSeconds, run.Coverage.WithBaseline, run.Coverage.Operations,
		n[drawbridge.Fail], n[drawbridge.Pass], n[drawbridge.Inconclusive], n[drawbridge.Skipped])
	findings, _ := run.Failures()
	for i, f := range findings {
		if i == 5 {
			s.say("   - and %d more", len(findings)-i)
			break
		}
		s.say("   - %-8s %-8s %s (%s)", f.Severity, f.Check, f.Title, f.Operation)
	}
	s.say("   %s: tier %s, residual risk %.0f of 100", a.Gate.Outcome, a.Score.Tier, a.Score.Residual)
	for i, r := range a.Gate.Reasons {
		if i == 3 {
			s.say("   - and %d more reasons", len(a.Gate.Reasons)-i)
			break
		}
		s.say("   - %s: %s", r.Outcome, r.Text)
	}
	s.say("   report: %s\n", s.shown(name+".html"))
}

func (s *show) end(r *Result) {
	s.say("4. What changed: %d findings fixed, %d still there, %d new, %d no longer testable; verdict %s to %s",
		len(r.Changed.Fixed), len(r.Changed.Still), len(r.Changed.New), len(r.Changed.Untested), r.Flawed.Gate.Outcome, r.Mended.Gate.Outcome)
	s.say("\nThe partner is stopped. Try next:")
	s.say("  drawbridge compare %s %s", s.shown("flawed-run.json"), s.shown("mended-run.json"))
	s.say("  drawbridge assess %s --results %s", s.shown("partner", "integration.yaml"), s.shown("mended-run.json"))
	s.say("  drawbridge assess %s    (without live results: claims count half)", s.shown("partner", "integration.yaml"))
	s.say("  drawbridge threats %s", s.shown("draft", "integration.yaml"))
	s.say("\nSee the pages, with forty partners and a path of five steps:")
	s.say("  drawbridge serve --demo")
}
