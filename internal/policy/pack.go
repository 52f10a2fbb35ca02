package policy

import (
	"cmp"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"sync"

	"drawbridge"
	"drawbridge/internal/expr"
	"drawbridge/internal/flow"
)

// Limits of a pack.
const (
	MaxPackFiles    = 2000
	MaxPackFile     = 256 << 10 // bytes of one file
	MaxPackBytes    = 8 << 20   // of all files
	maxControls     = 1000
	maxRules        = 200
	maxInputs       = 100
	maxCasesPerFile = 200
)

// Pack is a loaded policy: tiers, controls, rubric and gate, with every
// expression compiled. It is immutable and safe for concurrent use.
type Pack struct {
	Name    string
	Version string
	Digest  string // of its files; see [DigestFS]

	extends    bool
	own        map[string]bool // controls that the pack brings itself
	ownRubric  bool
	ownGate    bool
	tiers      []TierDef // highest first
	controls   []*ControlDef
	byID       map[string]*ControlDef
	rubric     *Rubric
	gate       *GateDef
	protocol   *Protocol
	frameworks []Framework
}

// TierDef is one tier: where it starts and what it asks for.
type TierDef struct {
	Tier      drawbridge.Tier `yaml:"tier" json:"tier"`
	From      float64         `yaml:"from" json:"from"`
	Template  string          `yaml:"template" json:"template"`
	Roles     []string        `yaml:"roles" json:"roles"`
	Months    int             `yaml:"months" json:"months"`
	DueDays   int             `yaml:"due_days" json:"due_days"`
	LiveTests bool            `yaml:"live_tests" json:"live_tests"`
}

// Framework is an id of a published framework that controls refer to.
type Framework struct {
	ID        string `yaml:"id" json:"id"`
	Framework string `yaml:"framework" json:"framework"`
	Title     string `yaml:"title" json:"title"`
}

// packFile is pack.yaml.
type packFile struct {
	Name    string    `yaml:"name" json:"name"`
	Kind    string    `yaml:"kind" json:"kind"`
	Version string    `yaml:"version" json:"version"`
	Title   string    `yaml:"title" json:"title,omitempty"`
	Extends string    `yaml:"extends" json:"extends,omitempty"`
	Drop    []string  `yaml:"drop" json:"drop,omitempty"`
	Tiers   []TierDef `yaml:"tiers" json:"tiers,omitempty"`
}

// factEnv declares the facts for expressions, once.
var factEnv = sync.OnceValue(func() *expr.Env {
	var vars []expr.Var
	for _, d := range flow.Vocabulary() {
		vars = append(vars, expr.Var{Name: d.Name, Type: d.Type})
	}
	env, err := expr.NewEnv(vars)
	if err != nil {
		panic(err) // the embedded vocabulary is broken; every test catches it
	}
	return env
})

// LoadPack reads a policy pack from the root of fsys. A pack that says
// "extends: builtin" starts from the built-in one: its controls replace those
// of the same id and add the rest, drop leaves controls out, and a file that it
// does not bring (rubric, gate, tiers, frameworks, review) stays as it is. Any other
// pack must bring everything but review.yaml.
func LoadPack(fsys fs.FS) (*Pack, error) { return loadPack(fsys, BuiltinPack) }

func loadPack(fsys fs.FS, builtin func() (*Pack, error)) (*Pack, error) {
	var head packFile
	if err := readYAML(fsys, "pack.yaml", &head); err != nil {
		return nil, err
	}
	p := &Pack{Name: head.Name, Version: head.Version}
	if err := head.checkPolicy(); err != nil {
		return nil, err
	}
	var err error
	if p.Digest, err = DigestFS(fsys); err != nil {
		return nil, err
	}
	p.extends = head.Extends == "builtin"
	if p.extends || !exists(fsys, "review.yaml") {
		base, err := builtin()
		if err != nil {
			return nil, err
		}
		p.protocol = base.protocol
		if p.extends {
			p.inherit(base, head.Drop)
		}
	}
	if len(head.Tiers) > 0 {
		p.tiers = head.Tiers
	}
	if err := p.readParts(fsys); err != nil {
		return nil, err
	}
	if err := p.validate(); err != nil {
		return nil, err
	}
	return p, nil
}

// check holds the head of any kind of pack to its form.
func (h packFile) check() error {
	switch {
	case !validName(h.Name):
		return drawbridge.Errorf(drawbridge.Invalid, "pack.yaml: name %q must be lower-case letters, digits and hyphens, at most 63", h.Name)
	case !slices.Contains(packKinds(), h.Kind):
		return drawbridge.Errorf(drawbridge.Invalid, "pack.yaml: kind is %q; write %s", h.Kind, strings.Join(packKinds(), ", "))
	case !validVersion(h.Version):
		return drawbridge.Errorf(drawbridge.Invalid, "pack.yaml: version %q must be three numbers, like 1.0.0", h.Version)
	case h.Kind != KindPolicy && (h.Extends != "" || len(h.Drop) > 0 || len(h.Tiers) > 0):
		return drawbridge.Errorf(drawbridge.Invalid, "pack.yaml: extends, drop and tiers belong to policy packs; a pack of %s always adds to the built-in one", h.Kind)
	}
	return nil
}

func (h packFile) checkPolicy() error {
	if err := h.check(); err != nil {
		return err
	}
	switch {
	case h.Kind != KindPolicy:
		return drawbridge.Errorf(drawbridge.Invalid, "pack.yaml: kind is %q; a policy pack says kind: policy", h.Kind)
	case h.Extends != "" && h.Extends != "builtin":
		return drawbridge.Errorf(drawbridge.Invalid, "pack.yaml: extends is %q; write builtin, or leave it out for a pack that brings everything", h.Extends)
	case len(h.Drop) > 0 && h.Extends == "":
		return drawbridge.Errorf(drawbridge.Invalid, "pack.yaml: drop only makes sense with extends: builtin")
	}
	return nil
}

func (p *Pack) inherit(base *Pack, drop []string) {
	p.tiers, p.rubric, p.gate = base.tiers, base.rubric, base.gate
	p.frameworks = slices.Clone(base.frameworks)
	for _, c := range base.controls {
		if !slices.Contains(drop, c.ID) {
			p.controls = append(p.controls, c)
		}
	}
}

func (p *Pack) readParts(fsys fs.FS) error {
	controls, err := readControls(fsys)
	if err != nil {
		return err
	}
	p.own = make(map[string]bool, len(controls))
	for _, c := range controls {
		p.own[c.ID] = true
		i := slices.IndexFunc(p.controls, func(o *ControlDef) bool { return o.ID == c.ID })
		if i >= 0 {
			p.controls[i] = c
		} else {
			p.controls = append(p.controls, c)
		}
	}
	slices.SortFunc(p.controls, func(a, b *ControlDef) int { return cmp.Compare(a.ID, b.ID) })
	p.byID = make(map[string]*ControlDef, len(p.controls))
	for _, c := range p.controls {
		p.byID[c.ID] = c
	}
	if exists(fsys, "rubric.yaml") {
		p.rubric, p.ownRubric = &Rubric{}, true
		if err := readYAML(fsys, "rubric.yaml", p.rubric); err != nil {
			return err
		}
		if err := p.rubric.compile(); err != nil {
			return err
		}
	}
	if exists(fsys, "gate.yaml") {
		p.gate, p.ownGate = &GateDef{}, true
		if err := readYAML(fsys, "gate.yaml", p.gate); err != nil {
			return err
		}
		if err := p.gate.compile(); err != nil {
			return err
		}
	}
	if exists(fsys, "review.yaml") {
		p.protocol = &Protocol{}
		if err := readYAML(fsys, "review.yaml", p.protocol); err != nil {
			return err
		}
		if err := p.protocol.compile(); err != nil {
			return err
		}
	}
	if exists(fsys, "frameworks.yaml") {
		var f struct {
			Version    int         `yaml:"version"`
			Frameworks []Framework `yaml:"frameworks"`
		}
		if err := readYAML(fsys, "frameworks.yaml", &f); err != nil {
			return err
		}
		p.frameworks = append(p.frameworks, f.Frameworks...)
		slices.SortStableFunc(p.frameworks, func(a, b Framework) int { return cmp.Compare(a.ID, b.ID) })
	}
	return nil
}

func readControls(fsys fs.FS) ([]*ControlDef, error) {
	names, err := fs.Glob(fsys, "controls/*.yaml")
	if err != nil {
		return nil, fmt.Errorf("list controls: %w", err)
	}
	if len(names) > maxControls {
		return nil, drawbridge.Errorf(drawbridge.TooLarge, "the pack has %d controls; at most %d are accepted", len(names), maxControls)
	}
	slices.Sort(names)
	var out []*ControlDef
	for _, name := range names {
		c := &ControlDef{}
		if err := readYAML(fsys, name, c); err != nil {
			return nil, err
		}
		if c.ID != strings.TrimSuffix(path.Base(name), ".yaml") {
			return nil, drawbridge.Errorf(drawbridge.Invalid, "%s: id is %q; a control's file is named like its id", name, c.ID)
		}
		if err := c.compile(name); err != nil {
			return nil, err
		}
		out = append(out, c)
	}
	return out, nil
}

func (p *Pack) validate() error {
	if p.rubric == nil || p.gate == nil || len(p.controls) == 0 {
		return drawbridge.Errorf(drawbridge.Invalid, "the pack %s lacks controls, rubric.yaml or gate.yaml; bring them, or write extends: builtin", p.Name)
	}
	if err := p.validateTiers(); err != nil {
		return err
	}
	known := map[string]bool{}
	for _, f := range p.frameworks {
		known[f.ID] = true
	}
	for _, c := range p.controls {
		for _, id := range c.Frameworks {
			if !known[id] {
				return drawbridge.Errorf(drawbridge.Invalid, "control %s names the framework id %q, which frameworks.yaml lacks", c.ID, id)
			}
		}
	}
	return nil
}

func (p *Pack) validateTiers() error {
	want := []drawbridge.Tier{drawbridge.TierCritical, drawbridge.TierHigh, drawbridge.TierMedium, drawbridge.TierLow}
	if len(p.tiers) != len(want) {
		return drawbridge.Errorf(drawbridge.Invalid, "pack.yaml: tiers must list critical, high, medium and low, in this order")
	}
	for i, t := range p.tiers {
		switch {
		case t.Tier != want[i]:
			return drawbridge.Errorf(drawbridge.Invalid, "pack.yaml: tier %d is %q; the order is critical, high, medium, low", i+1, t.Tier)
		case i > 0 && t.From >= p.tiers[i-1].From || !(t.From >= 0 && t.From <= 100):
			return drawbridge.Errorf(drawbridge.Invalid, "pack.yaml: tier %s starts at %v; starts must fall from at most 100 to 0", t.Tier, t.From)
		case t.Tier == drawbridge.TierLow && t.From != 0:
			return drawbridge.Errorf(drawbridge.Invalid, "pack.yaml: tier low starts at %v; it must start at 0, so that every risk has a tier", t.From)
		case len(t.Roles) == 0 || t.Months < 1 || t.Months > 120 || t.DueDays < 1 || t.DueDays > 1000:
			return drawbridge.Errorf(drawbridge.Invalid, "pack.yaml: tier %s needs roles, months (1 to 120) and due_days (1 to 1000)", t.Tier)
		}
		if !slices.ContainsFunc(p.controls, func(c *ControlDef) bool { return c.requiredIn(t.Tier) }) {
			return drawbridge.Errorf(drawbridge.Invalid, "the pack requires no control in tier %s; every tier requires at least one", t.Tier)
		}
	}
	return nil
}

// Method returns the name and version that a score is stored with.
func (p *Pack) Method() string { return p.Name + "@" + p.Version }

// Tiers returns the tiers, highest first.
func (p *Pack) Tiers() []TierDef { return slices.Clone(p.tiers) }

// Controls returns the controls of the pack, sorted by id.
func (p *Pack) Controls() []ControlDef {
	out := make([]ControlDef, len(p.controls))
	for i, c := range p.controls {
		out[i] = *c
	}
	return out
}

// Control returns one control of the pack.
func (p *Pack) Control(id string) (ControlDef, bool) {
	if c, ok := p.byID[id]; ok {
		return *c, true
	}
	return ControlDef{}, false
}

// Rubric returns the rubric of the pack.
func (p *Pack) Rubric() *Rubric { return p.rubric }

// GateRules returns the rules of the gate, in their order.
func (p *Pack) GateRules() []GateRule { return slices.Clone(p.gate.Rules) }

// Frameworks returns the framework ids that controls may refer to, sorted.
func (p *Pack) Frameworks() []Framework { return slices.Clone(p.frameworks) }

// TierOf returns the tier of an inherent risk.
func (p *Pack) TierOf(inherent float64) TierDef {
	for _, t := range p.tiers {
		if inherent >= t.From {
			return t
		}
	}
	return p.tiers[len(p.tiers)-1]
}

func (p *Pack) tier(t drawbridge.Tier) TierDef {
	for _, d := range p.tiers {
		if d.Tier == t {
			return d
		}
	}
	return p.tiers[0]
}

// rank orders tiers: low 0 to critical 3; an unknown word ranks -1.
func rank(t drawbridge.Tier) int { return slices.Index(drawbridge.Tiers(), t) }
