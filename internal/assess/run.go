package assess

import (
	"context"
	"maps"
	"path/filepath"
	"slices"
	"time"

	"drawbridge"
	"drawbridge/internal/check"
	"drawbridge/internal/flow"
	"drawbridge/internal/manifest"
	"drawbridge/internal/policy"
	"drawbridge/internal/threat"
)

// Options of one assessment.
type Options struct {
	AsOf    time.Time  // instant of the assessment; an input like any other
	Results *check.Run // of live checks; nil without
	Name    string     // the file as the person wrote it; default the path
	Version string     // of the program, for the provenance

	// What a record knows besides the manifest; all empty for files alone.
	Runs       []LiveRun              // of live checks, on several interfaces and at several times
	Evidence   []policy.Evidence      // accepted by a reviewer
	Claims     []drawbridge.Claim     // of questionnaires and documents
	Rulings    []drawbridge.Ruling    // of reviewers on contradictions
	Exceptions []drawbridge.Exception // those that hold cover threats, failed checks and controls
}

// Run assesses the manifest at path by the workspace's packs.
func Run(ctx context.Context, ws *policy.Workspace, path string, opt Options) (*Assessment, error) {
	b, err := manifest.Load(path, ws.ManifestOptions()...)
	if err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return FromBundle(ctx, ws, b, opt)
}

// FromBundle assesses a manifest that is loaded already.
func FromBundle(ctx context.Context, ws *policy.Workspace, b *manifest.Bundle, opt Options) (*Assessment, error) {
	tested, err := opt.tests(b.Integration)
	if err != nil {
		return nil, err
	}
	live := tested.live()
	m, err := flow.Build(b, ws.Taxonomy)
	if err != nil {
		return nil, err
	}
	facts := flow.NewFacts(b, m, ws.Taxonomy, opt.AsOf)
	threats, err := ws.Threats.Evaluate(b, m, facts, threat.Options{AsOf: opt.AsOf, Live: live, Exceptions: opt.Exceptions})
	if err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	input := opt.input(ws, b, tested)
	input.Map, input.Facts, input.Threats = m, facts, threats
	score, controls, gate, err := ws.Policy.Evaluate(input)
	if err != nil {
		return nil, err
	}
	a := &Assessment{
		SchemaVersion: drawbridge.SchemaVersion, AsOf: opt.AsOf.UTC(), Workspace: ws.Name(), Packs: ws.Packs(),
		Map: m, Exposure: m.Exposure(), Transfers: input.Transfers,
		Threats: threats.Threats, Questions: threats.Questions, Backlog: threats.Backlog,
		Controls: controls, Score: score, Gate: gate,
		Provenance: Provenance{Tool: "drawbridge", Version: opt.Version, Inputs: maps.Clone(b.Inputs)},
	}
	in := b.Integration
	a.Integration = Subject{ID: in.ID, Environment: in.Environment, Name: in.Name, Purpose: in.Purpose, Partner: in.Partner, File: opt.Name}
	if a.Digest, err = digests(b); err != nil {
		return nil, err
	}
	a.Unknowns = unknowns(a)
	a.Claims = tested.claims(controls)
	a.Checks = tested.checks()
	for _, r := range tested.runs {
		a.Notes = append(a.Notes, runNotes(a, r.Run)...)
	}
	a.Coverage = coverage(a, live)
	a.Notes = append(a.Notes, notes(a)...)
	a.Place = placer(b, opt.Name)
	Complete(a)
	return a, nil
}

// input is what the policy judges by, without what the map says.
func (o Options) input(ws *policy.Workspace, b *manifest.Bundle, tested *tests) policy.Input {
	return policy.Input{
		Bundle: b, AsOf: o.AsOf, Taxonomy: ws.Taxonomy, Transfers: policy.Transfers(b, ws.Taxonomy, ws.Transfers, o.AsOf),
		Results: tested.results(b.Integration), Evidence: o.Evidence, Claims: o.Claims, Exceptions: o.Exceptions,
	}
}

func digests(b *manifest.Bundle) (Digests, error) {
	content, err := manifest.ContentDigest(b)
	if err != nil {
		return Digests{}, err
	}
	view, err := manifest.Material(b)
	if err != nil {
		return Digests{}, err
	}
	return Digests{Content: content, Material: view.Digest()}, nil
}

// unknowns joins what nobody answered: gaps of the map, and the keys that
// controls and threats wait for.
func unknowns(a *Assessment) []Unknown {
	seen := map[string]Unknown{}
	add := func(u Unknown) {
		if _, ok := seen[u.Key]; !ok {
			seen[u.Key] = u
		}
	}
	for _, c := range a.Controls {
		for _, k := range c.Missing {
			effect := "control " + c.ID + " counts as not fulfilled"
			if !c.Required {
				effect = "control " + c.ID + " is not judged"
			}
			add(Unknown{Key: k, Element: c.Element, Effect: effect})
		}
	}
	for _, t := range a.Threats {
		for _, k := range t.Missing {
			add(Unknown{Key: k, Element: t.Element, Effect: "threat " + t.ID + " waits for an answer"})
		}
	}
	for _, g := range a.Map.Gaps {
		add(Unknown{Key: g.Key, Element: g.Element, Effect: g.Text})
	}
	out := make([]Unknown, 0, len(seen))
	for _, k := range slices.Sorted(maps.Keys(seen)) {
		out = append(out, seen[k])
	}
	return out
}

// notes says what a reader must know before believing the figures.
func notes(a *Assessment) []string {
	var out []string
	if len(a.Checks) == 0 {
		out = append(out, "There are no live results: technical controls count as claims of the manifest, not as facts.")
	}
	out = append(out, "This answer is advice. A decision needs the sign-offs that the tier requires, on this digest.")
	if len(a.Transfers) > 0 {
		out = append(out, "The transfer rules are facts with a date and a confidence; they are not legal advice.")
	}
	return out
}

// placer finds keys in the files of a bundle. name is the manifest's file as the
// person wrote it; the others stand beside it.
func placer(b *manifest.Bundle, name string) func(string) (string, int, int) {
	return func(key string) (string, int, int) {
		file, line, column := b.Place(key)
		if filepath.IsAbs(file) {
			if rel, err := filepath.Rel(b.Dir, file); err == nil && filepath.IsLocal(rel) {
				file = rel
			}
		}
		if filepath.IsLocal(file) {
			file = filepath.Join(filepath.Dir(name), file)
		}
		return filepath.ToSlash(file), line, column
	}
}
