package tour

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/check"
	"drawbridge/internal/check/rule"
	"drawbridge/internal/inquiry"
	"drawbridge/internal/manifest"
	"drawbridge/internal/register"
	"drawbridge/internal/review"
	"drawbridge/internal/twin"
)

// flaws are what the partner does wrong until it mends it.
func flaws() []string {
	return []string{"AUTHN-01", "AUTHN-02", "BOLA-01", "MASS-01", "DATA-01", "DATA-02", "DATA-03", "ERR-01", "SCHEMA-03", "CORS-01", "HDR-01"}
}

// main is the name of the manifest among the partner's files.
const mainFile = "integration.yaml"

// files are the partner's files, with a manifest.
func (t *Tour) files(m []byte) manifest.Files {
	return manifest.Files{mainFile: m, "openapi.json": t.partner.Spec(), "partners/twin-partner.yaml": t.partner.Partner()}
}

func (t *Tour) ref() register.Ref { return register.ByID(t.about.Integration) }

// bring has a requester ask for the partner: it is pushed, tested with its flaws,
// looked at by policy, and sent its questionnaire.
func (t *Tour) bring(ctx context.Context) error {
	asks := t.as(drawbridge.Requester)
	pushed, err := t.opt.Register.Push(ctx, asks, register.Push{Main: mainFile, Files: t.files(t.partner.Manifest())})
	if err != nil {
		return err
	}
	t.about.Integration = pushed.Integration.ID
	if err := t.test(ctx); err != nil {
		return err
	}
	owner := t.as(drawbridge.ProgrammeOwner)
	r, err := t.opt.Review.Open(ctx, asks, review.Opening{Integration: t.about.Integration, Cause: "intake", Reason: "The shop goes live in spring.", Intake: drawbridge.Intake{
		Justification: "Online shops need card payments, refunds and payouts from one partner.", Alternatives: "The bank's own terminal, without an API.",
		RecordsPerDay: 20_000, PeakRPS: 30, NeededBy: drawbridge.DateOf(t.opt.Now().AddDate(0, 0, 45)), Urgency: "normal",
	}})
	if err != nil {
		return err
	}
	t.about.Review = r.ID
	step := review.Step{Review: r.ID, Reason: "ready to be looked at"}
	if _, err := t.opt.Review.Submit(ctx, asks, step); err != nil {
		return err
	}
	if _, err := t.opt.Review.Triage(ctx, owner, review.Triage{Step: review.Step{Review: r.ID, Reason: "by policy"}}); err != nil {
		return err
	}
	if _, err := t.opt.Review.Start(ctx, owner, review.Step{Review: r.ID}); err != nil {
		return err
	}
	q, err := t.opt.Inquiry.Send(ctx, owner, inquiry.Sending{Review: r.ID, Due: drawbridge.DateOf(t.opt.Now().AddDate(0, 0, 21)), Reason: "The tier asks for it."})
	t.about.Inquiry = q.ID
	return err
}

// test runs every live check on the partner as it is, and hands the run in.
func (t *Tour) test(ctx context.Context) error {
	b, clean, err := t.unpacked()
	if err != nil {
		return err
	}
	defer clean()
	run, err := check.Execute(ctx, check.Options{
		Bundle: b, Target: twin.TargetName, Checks: rule.All(), Secret: t.partner.Secret, Now: t.opt.Now, Version: t.opt.Seed.Version, Origin: "cli",
	})
	if err != nil {
		return err
	}
	if !run.Complete {
		return drawbridge.Errorf(drawbridge.Unavailable, "the live checks did not end: %s", run.Stopped)
	}
	data, err := json.Marshal(run)
	if err != nil {
		return fmt.Errorf("encode the run: %w", err)
	}
	if _, err := t.opt.Register.AddRun(ctx, t.as(drawbridge.Tester), register.NewRun{Ref: t.ref(), Data: data}); err != nil {
		return err
	}
	_, err = t.opt.Register.Reassess(ctx, access.System("assess"), t.about.Integration, "")
	return err
}

// unpacked is the partner's manifest as the live checks want it: beside its
// specification, in a folder that goes away.
func (t *Tour) unpacked() (b *manifest.Bundle, clean func(), err error) {
	dir, err := os.MkdirTemp(t.opt.Dir, "partner-")
	if err != nil {
		return nil, nil, fmt.Errorf("make a folder for the partner's files: %w", err)
	}
	clean = func() { _ = os.RemoveAll(dir) } // what is left over harms nobody
	defer func() {
		if err != nil {
			clean()
		}
	}()
	for name, data := range t.files(t.partner.Manifest()) {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			return nil, nil, err
		}
		if err := os.WriteFile(path, data, 0o600); err != nil {
			return nil, nil, err
		}
	}
	b, err = manifest.Load(filepath.Join(dir, mainFile), t.opt.Seed.Workspace().ManifestOptions()...)
	return b, clean, err
}
