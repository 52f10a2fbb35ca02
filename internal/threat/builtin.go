package threat

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io/fs"
	"sync"

	"drawbridge/internal/expr"
)

//go:embed rules/*.yaml
var rulesFS embed.FS

// rulesGen holds the built-in rules and what settles them, with the expressions
// type-checked, so that the program reads no YAML of its own when it starts;
// "go generate ./internal/threat" writes it.
//
//go:generate go test -run TestGenerated -update .
//go:embed rules_gen.json
var rulesGen []byte

// generated is the content of rules_gen.json.
type generated struct {
	Note    string             `json:"note"`
	Rules   []*Rule            `json:"rules"` // without their cases
	Settles []SettleDef        `json:"settles"`
	Exprs   map[string]checked `json:"exprs"` // by digest of the source
}

var builtinData = sync.OnceValues(func() (*generated, error) {
	var gen generated
	if err := json.Unmarshal(rulesGen, &gen); err != nil {
		return nil, fmt.Errorf("read rules_gen.json: %w", err)
	}
	return &gen, nil
})

// checked is one type-checked expression.
type checked struct {
	Vars []string `json:"vars"`
	Expr []byte   `json:"expr"`
}

func sourceDigest(src string) string {
	sum := sha256.Sum256([]byte(src))
	return hex.EncodeToString(sum[:8])
}

// BuiltinFS returns the files of the built-in rules.
func BuiltinFS() fs.FS {
	sub, err := fs.Sub(rulesFS, "rules")
	if err != nil {
		panic(err) // the folder is embedded
	}
	return sub
}

// Builtin returns the built-in rules. Their expressions were checked at build
// time and are loaded when a rule is first evaluated.
func Builtin() (*Catalogue, error) { return builtin() }

var builtin = sync.OnceValues(func() (*Catalogue, error) {
	gen, err := builtinData()
	if err != nil {
		return nil, err
	}
	for _, r := range gen.Rules {
		r.Origin = "builtin"
		r.gate, r.prog = gen.program(r.Applies), gen.program(r.Unless)
	}
	return newCatalogue(gen.Rules), nil
})

// program returns an expression that is loaded from its checked form. A source
// that has none, because somebody is changing the rule, is compiled instead.
func (g *generated) program(src string) program {
	if src == "" {
		return program{}
	}
	if c, ok := g.Exprs[sourceDigest(src)]; ok {
		return program{vars: c.Vars, load: sync.OnceValues(func() (*expr.Program, error) {
			env, err := factEnv()
			if err != nil {
				return nil, err
			}
			return env.Load(c.Expr)
		})}
	}
	env, err := factEnv()
	if err == nil {
		var p program
		if p, err = compileBool(env, src); err == nil {
			return p
		}
	}
	return program{load: func() (*expr.Program, error) { return nil, err }}
}

// Generate reads the rule files of a folder and the file of what settles them,
// type-checks the expressions, and returns the content of rules_gen.json.
func Generate(fsys fs.FS, settles []byte) ([]byte, error) {
	table, err := readSettles(settles)
	if err != nil {
		return nil, fmt.Errorf("settles: %w", err)
	}
	c, err := load(fsys, table)
	if err != nil {
		return nil, err
	}
	env, err := factEnv()
	if err != nil {
		return nil, err
	}
	out := generated{Note: "generated from rules/*.yaml and settles.yaml; do not edit", Rules: c.rules, Settles: table.defs, Exprs: map[string]checked{}}
	for _, r := range c.rules {
		for _, src := range []string{r.Applies, r.Unless} {
			if src == "" {
				continue
			}
			p, err := env.Compile(src)
			if err != nil {
				return nil, fmt.Errorf("rule %s: %w", r.ID, err)
			}
			data, err := p.Checked()
			if err != nil {
				return nil, fmt.Errorf("rule %s: %w", r.ID, err)
			}
			out.Exprs[sourceDigest(src)] = checked{Vars: p.Vars(), Expr: data}
		}
	}
	data, err := json.MarshalIndent(out, "", " ")
	return append(data, '\n'), err
}
