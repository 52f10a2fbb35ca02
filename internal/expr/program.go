package expr

import (
	"errors"
	"fmt"
	"reflect"
	"slices"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/overloads"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	exprpb "google.golang.org/genproto/googleapis/api/expr/v1alpha1"
	"google.golang.org/protobuf/proto"
)

// Program is a checked expression. It is safe for concurrent use.
type Program struct {
	env  *Env
	src  string
	ast  *cel.Ast
	prog cel.Program
	vars []string
	typ  Type
}

// Lookup returns the value of a variable, and false when it is unknown. Values
// have the Go type that the variable's [Type] names.
type Lookup func(name string) (value any, known bool)

// Result is the outcome of an evaluation.
type Result struct {
	Value   any      // of the Go type that the program's type names; nil when not Known
	Known   bool     // whether the known variables decide the result
	Unknown []string // the variables that kept it open, sorted; empty when Known
	Read    []string // every variable that was looked at, in that order
}

// True reports whether the result is known to be true.
func (r Result) True() bool { b, ok := r.Value.(bool); return r.Known && ok && b }

// False reports whether the result is known to be false.
func (r Result) False() bool { b, ok := r.Value.(bool); return r.Known && ok && !b }

// Source returns the text of the expression; it is empty after [Env.Load].
func (p *Program) Source() string { return p.src }

// Type returns the static type of the result.
func (p *Program) Type() Type { return p.typ }

// Vars returns the names of the variables in the expression, sorted.
func (p *Program) Vars() []string { return p.vars }

// Checked returns the type-checked expression as bytes for [Env.Load]. Places
// in the source are left out.
func (p *Program) Checked() ([]byte, error) {
	checked, err := cel.AstToCheckedExpr(p.ast)
	if err != nil {
		return nil, fmt.Errorf("encode expression: %w", err)
	}
	slim := &exprpb.CheckedExpr{Expr: checked.Expr, ReferenceMap: checked.ReferenceMap, TypeMap: map[int64]*exprpb.Type{}}
	root := checked.Expr.GetId()
	slim.TypeMap[root] = checked.TypeMap[root]
	return proto.MarshalOptions{Deterministic: true}.Marshal(slim)
}

// Load returns a program from the bytes of [Program.Checked], without parsing
// or checking it again. The bytes must come from an environment that declared
// the same variables.
func (e *Env) Load(checked []byte) (*Program, error) {
	var msg exprpb.CheckedExpr
	if err := proto.Unmarshal(checked, &msg); err != nil {
		return nil, fmt.Errorf("read checked expression: %w", err)
	}
	if msg.Expr == nil || len(msg.TypeMap) == 0 {
		return nil, errors.New("read checked expression: it is empty")
	}
	tree, err := cel.CheckedExprToAstWithSource(&msg, nil)
	if err != nil {
		return nil, fmt.Errorf("read checked expression: %w", err)
	}
	return e.program(tree, "")
}

// program plans a checked expression. What costs a fixed amount is not
// metered; loops, patterns and growing texts are.
func (e *Env) program(tree *cel.Ast, src string) (*Program, error) {
	p := &Program{env: e, src: src, ast: tree}
	native := tree.NativeRep()
	metered := false
	seen := map[string]bool{}
	var unknownName string
	ast.PostOrderVisit(native.Expr(), ast.NewExprVisitor(func(n ast.Expr) {
		switch n.Kind() {
		case ast.ComprehensionKind:
			metered = true
		case ast.CallKind:
			fn := n.AsCall().FunctionName()
			metered = metered || fn == overloads.Matches || fn == operators.Add
		default: // costs a fixed amount
		}
		if r := native.ReferenceMap()[n.ID()]; r != nil && r.Name != "" && len(r.OverloadIDs) == 0 && r.Value == nil {
			if _, ok := e.types[r.Name]; ok {
				seen[r.Name] = true
			} else if n.Kind() != ast.IdentKind || !loopName(r.Name) {
				unknownName = r.Name
			}
		}
	}))
	if unknownName != "" && src == "" {
		return nil, fmt.Errorf("the checked expression reads %q, which is not declared", unknownName)
	}
	for name := range seen {
		p.vars = append(p.vars, name)
	}
	slices.Sort(p.vars)
	p.typ = typeOf(tree.OutputType())
	opts := []cel.ProgramOption{cel.EvalOptions(cel.OptOptimize)}
	if metered {
		opts = append(opts, cel.CostLimit(MaxCost))
	}
	var err error
	if p.prog, err = e.cel.Program(tree, opts...); err != nil {
		return nil, fmt.Errorf("plan expression: %w", err)
	}
	return p, nil
}

// loopName reports whether a reference is to a macro's own variable: those are
// never dotted, and an undotted name that is not declared cannot pass the check.
func loopName(name string) bool {
	for i := range len(name) {
		if name[i] == '.' {
			return false
		}
	}
	return true
}

func typeOf(t *cel.Type) Type {
	switch {
	case t.IsExactType(cel.BoolType):
		return Bool
	case t.IsExactType(cel.IntType):
		return Int
	case t.IsExactType(cel.DoubleType):
		return Double
	case t.IsExactType(cel.StringType):
		return Text
	case t.IsExactType(cel.DurationType):
		return Span
	case t.IsExactType(cel.ListType(cel.StringType)):
		return List
	default:
		return ""
	}
}

// literalPatterns refuses a regular expression that is not written in the
// source: a pattern that comes from a value could be hostile.
func literalPatterns(tree *cel.Ast) error {
	native := tree.NativeRep()
	var bad error
	ast.PostOrderVisit(native.Expr(), ast.NewExprVisitor(func(n ast.Expr) {
		if n.Kind() != ast.CallKind || n.AsCall().FunctionName() != overloads.Matches {
			return
		}
		args := n.AsCall().Args()
		if last := args[len(args)-1]; last.Kind() != ast.LiteralKind && bad == nil {
			place := native.SourceInfo().GetStartLocation(last.ID())
			bad = &Error{Line: place.Line(), Column: place.Column() + 1, Message: "matches needs a pattern that is written out, not computed"}
		}
	}))
	return bad
}

// activation hands values to CEL and notes what was read.
type activation struct {
	env    *Env
	lookup Lookup
	read   []string
}

// ResolveName returns the value of a declared variable, unknown when nobody gave one.
func (a *activation) ResolveName(name string) (any, bool) {
	unknown, declared := a.env.unknown[name]
	if !declared {
		return nil, false
	}
	if !slices.Contains(a.read, name) {
		a.read = append(a.read, name)
	}
	value, known := a.lookup(name)
	if !known || value == nil {
		return unknown, true
	}
	return value, true
}

// Parent returns nil: there is one level of names.
func (a *activation) Parent() cel.Activation { return nil }

// Eval evaluates the expression. When evaluation fails, the result is unknown
// and names everything that was read; the error says why. It is never true.
func (p *Program) Eval(lookup Lookup) (Result, error) {
	a := &activation{env: p.env, lookup: lookup}
	out, _, err := p.prog.Eval(a)
	r := Result{Read: a.read}
	if err != nil {
		r.Unknown = slices.Sorted(slices.Values(a.read))
		return r, &Error{Message: err.Error()}
	}
	if u, ok := out.(*types.Unknown); ok {
		r.Unknown = names(u)
		return r, nil
	}
	if r.Value, err = native(out); err != nil {
		r.Unknown = slices.Sorted(slices.Values(a.read))
		return r, err
	}
	r.Known = true
	return r, nil
}

func names(u *types.Unknown) []string {
	var out []string
	for _, id := range u.IDs() {
		trails, _ := u.GetAttributeTrails(id)
		for _, t := range trails {
			out = append(out, t.Variable())
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func native(v ref.Val) (any, error) {
	switch v := v.(type) {
	case types.Bool:
		return bool(v), nil
	case types.Int:
		return int64(v), nil
	case types.Double:
		return float64(v), nil
	case types.String:
		return string(v), nil
	case types.Duration:
		return v.Duration, nil
	}
	switch out, err := v.ConvertToNative(reflectTexts); {
	case err != nil:
		return nil, &Error{Message: fmt.Sprintf("the result is a %s, which has no use here", v.Type().TypeName())}
	default:
		return out, nil
	}
}

var reflectTexts = reflect.TypeFor[[]string]()
