package policy

import (
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"sync"

	"drawbridge/internal/expr"
)

//go:embed pack
var builtinFiles embed.FS

// packGen is the built-in pack as it was read and checked when the program was
// built; "go generate ./internal/policy" writes it, and a test holds it to the
// files under pack.
//
//go:generate go test -run TestGenerated -update .
//go:embed pack_gen.json
var packGen []byte

// generated is the content of pack_gen.json.
type generated struct {
	Note       string            `json:"note"`
	Digest     string            `json:"digest"`
	Head       packFile          `json:"head"`
	Controls   []*ControlDef     `json:"controls"`
	Rubric     *Rubric           `json:"rubric"`
	Gate       *GateDef          `json:"gate"`
	Protocol   *Protocol         `json:"review"`
	Frameworks []Framework       `json:"frameworks"`
	Facts      map[string][]byte `json:"facts"` // checked expressions over the facts, by source
	Inputs     map[string][]byte `json:"gates"` // over the gate's input
}

// BuiltinFS returns the files of the pack that comes with the program.
func BuiltinFS() fs.FS {
	sub, err := fs.Sub(builtinFiles, "pack")
	if err != nil {
		panic(err) // the folder is embedded; every test catches it
	}
	return sub
}

var builtin = sync.OnceValues(func() (*Pack, error) {
	var g generated
	if err := json.Unmarshal(packGen, &g); err != nil {
		return nil, fmt.Errorf("built-in policy pack: %w", err)
	}
	p := &Pack{
		Name: g.Head.Name, Version: g.Head.Version, Digest: g.Digest, tiers: g.Head.Tiers,
		controls: g.Controls, rubric: g.Rubric, gate: g.Gate, protocol: g.Protocol, frameworks: g.Frameworks,
		byID: make(map[string]*ControlDef, len(g.Controls)), own: map[string]bool{},
	}
	fact := func(src string) *condition { return stored(factEnv, g.Facts[src], src) }
	gate := func(src string) *condition { return stored(gateEnv, g.Inputs[src], src) }
	for _, c := range p.controls {
		p.byID[c.ID] = c
		c.holds = fact(c.Holds)
		if c.Applies != "" {
			c.applies = fact(c.Applies)
		}
	}
	p.rubric.each(func(d *InputDef) { d.value = fact(d.Value) }, func(d *FloorDef) { d.when = fact(d.When) }, func(d *LiftDef) { d.when = gate(d.When) })
	for i := range p.gate.Rules {
		p.gate.Rules[i].when = gate(p.gate.Rules[i].When)
	}
	p.protocol.FastLane.when = gate(p.protocol.FastLane.When)
	return p, nil
})

// BuiltinPack returns the pack that comes with the program. It carries no
// examples; to try those, load [BuiltinFS].
func BuiltinPack() (*Pack, error) { return builtin() }

// Generate reads and checks the files of the built-in pack and returns the
// content of pack_gen.json.
func Generate(fsys fs.FS) ([]byte, error) {
	p, err := loadPack(fsys, func() (*Pack, error) { return nil, errors.New("the built-in pack cannot extend itself") })
	if err != nil {
		return nil, err
	}
	g := generated{
		Note: "generated from pack/; do not edit", Digest: p.Digest,
		Head:     packFile{Name: p.Name, Kind: KindPolicy, Version: p.Version, Tiers: p.tiers},
		Controls: p.controls, Rubric: p.rubric, Gate: p.gate, Protocol: p.protocol, Frameworks: p.frameworks,
		Facts: map[string][]byte{}, Inputs: map[string][]byte{},
	}
	var failed error
	keep := func(into map[string][]byte, env *expr.Env, src string) {
		prog, err := env.Compile(src)
		if err == nil {
			into[src], err = prog.Checked()
		}
		failed = errors.Join(failed, err)
	}
	for _, c := range p.controls {
		keep(g.Facts, factEnv(), c.Holds)
		if c.Applies != "" {
			keep(g.Facts, factEnv(), c.Applies)
		}
	}
	p.rubric.each(func(d *InputDef) { keep(g.Facts, factEnv(), d.Value) }, func(d *FloorDef) { keep(g.Facts, factEnv(), d.When) }, func(d *LiftDef) { keep(g.Inputs, gateEnv(), d.When) })
	for _, r := range p.gate.Rules {
		keep(g.Inputs, gateEnv(), r.When)
	}
	keep(g.Inputs, gateEnv(), p.protocol.FastLane.When)
	if failed != nil {
		return nil, failed
	}
	data, err := json.MarshalIndent(g, "", " ")
	return append(data, '\n'), err
}
