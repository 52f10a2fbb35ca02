package policy

import (
	"fmt"
	"sync"

	"drawbridge/internal/expr"
)

// condition is an expression of a pack. Those of the built-in pack were checked
// when the program was built and are loaded when first needed.
type condition struct {
	load func() (*expr.Program, error)
}

func ready(p *expr.Program) *condition {
	return &condition{func() (*expr.Program, error) { return p, nil }}
}

func stored(env func() *expr.Env, checked []byte, src string) *condition {
	return &condition{sync.OnceValues(func() (*expr.Program, error) {
		if checked == nil {
			return nil, fmt.Errorf("pack_gen.json lacks %q; run go generate ./internal/policy", src)
		}
		return env().Load(checked)
	})}
}

// Eval evaluates the expression.
func (c *condition) Eval(lookup expr.Lookup) (expr.Result, error) {
	p, err := c.load()
	if err != nil {
		return expr.Result{}, err
	}
	return p.Eval(lookup)
}

// vars returns the names in the expression, sorted.
func (c *condition) vars() []string {
	p, err := c.load()
	if err != nil {
		return nil
	}
	return p.Vars()
}
