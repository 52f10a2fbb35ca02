// Package expr evaluates expressions over named values of which some may be
// unknown. The language is CEL with three-valued logic: an unknown operand
// makes the result unknown unless the rest of the expression decides it, so
// "true || x" is true and "false && x" is false whatever x is.
//
// It is for conditions and formulas that are data: threat rules, controls,
// scores, gates. It is not for general programming: it has no side effects,
// no clock, no input but the declared variables, and every cost is bounded.
//
//	env, err := expr.NewEnv([]expr.Var{{Name: "flow.level", Type: expr.Int}})
//	prog, err := env.Compile("flow.level >= 3")
//	result, err := prog.Eval(func(name string) (any, bool) { return int64(4), true })
package expr

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"

	"drawbridge"
)

// Type is the static type of a variable or of an expression.
type Type string

// The types. Their Go values are bool, int64, float64, string, []string,
// time.Duration and, for Size, int64.
const (
	Bool   Type = "bool"
	Int    Type = "int"
	Double Type = "double"
	Text   Type = "text"
	List   Type = "list" // of texts
	Span   Type = "span" // a length of time
	Size   Type = "size" // a number of bytes
)

// Limits of one expression.
const (
	MaxSource  = 4096    // bytes of source
	MaxNodes   = 2000    // nodes after macros are expanded
	MaxDepth   = 60      // nesting
	MaxLoops   = 2       // macros inside each other, like exists in exists
	MaxCost    = 200_000 // units of work of one evaluation
	MaxPattern = 2000    // instructions of a regular expression
	MaxVars    = 2000
)

// Var declares one variable. Its name may be dotted, "flow.level".
type Var struct {
	Name string
	Type Type
}

// Env is a set of declared variables. It is safe for concurrent use.
type Env struct {
	cel   *cel.Env
	types map[string]Type
	// unknown holds one ready value for each variable.
	unknown map[string]*types.Unknown
}

func (t Type) cel() (*cel.Type, bool) {
	switch t {
	case Bool:
		return cel.BoolType, true
	case Int, Size:
		return cel.IntType, true
	case Double:
		return cel.DoubleType, true
	case Text:
		return cel.StringType, true
	case List:
		return cel.ListType(cel.StringType), true
	case Span:
		return cel.DurationType, true
	default:
		return nil, false
	}
}

// NewEnv returns an environment with these variables and the functions
// days(int), hours(int), min(a, b) and max(a, b).
func NewEnv(vars []Var) (*Env, error) {
	if len(vars) > MaxVars {
		return nil, drawbridge.Errorf(drawbridge.TooLarge, "%d variables are declared; at most %d are accepted", len(vars), MaxVars)
	}
	e := &Env{types: make(map[string]Type, len(vars)), unknown: make(map[string]*types.Unknown, len(vars))}
	opts := append(languageOptions(), functionOptions()...)
	for i, v := range vars {
		t, ok := v.Type.cel()
		if !ok {
			return nil, fmt.Errorf("variable %s has the type %q, which expressions do not know", v.Name, v.Type)
		}
		if _, twice := e.types[v.Name]; twice {
			return nil, fmt.Errorf("variable %s is declared twice", v.Name)
		}
		e.types[v.Name] = v.Type
		e.unknown[v.Name] = types.NewUnknown(int64(i+1), types.NewAttributeTrail(v.Name))
		opts = append(opts, cel.Variable(v.Name, t))
	}
	var err error
	if e.cel, err = cel.NewEnv(opts...); err != nil {
		return nil, fmt.Errorf("declare variables: %w", err)
	}
	return e, nil
}

func languageOptions() []cel.EnvOption {
	return []cel.EnvOption{
		cel.ClearMacros(),
		cel.Macros(cel.AllMacro, cel.ExistsMacro, cel.ExistsOneMacro, cel.FilterMacro, cel.MapMacro),
		cel.CrossTypeNumericComparisons(true),
		cel.ParserExpressionSizeLimit(MaxSource),
		cel.ParserRecursionLimit(MaxDepth),
		cel.ExpressionNodeLimit(MaxNodes),
		cel.RegexProgramSizeLimit(MaxPattern),
		cel.ASTValidators(cel.ValidateComprehensionNestingLimit(MaxLoops), cel.ValidateDurationLiterals(), cel.ValidateRegexLiterals()),
	}
}

func functionOptions() []cel.EnvOption {
	span := func(name string, unit time.Duration) cel.EnvOption {
		return cel.Function(name, cel.Overload(name+"_int", []*cel.Type{cel.IntType}, cel.DurationType,
			cel.UnaryBinding(func(v ref.Val) ref.Val {
				n, ok := v.(types.Int)
				if limit := types.Int(time.Duration(1<<63-1) / unit); !ok || n > limit || n < -limit {
					return types.NewErr("%s(%v) is out of range", name, v)
				}
				return types.Duration{Duration: time.Duration(n) * unit}
			})))
	}
	pick := func(name string, want types.Int) cel.EnvOption {
		binding := cel.BinaryBinding(func(a, b ref.Val) ref.Val {
			c, ok := a.(interface{ Compare(ref.Val) ref.Val })
			if !ok {
				return types.NewErr("%s needs numbers", name)
			}
			if c.Compare(b) == want {
				return a
			}
			return b
		})
		return cel.Function(name,
			cel.Overload(name+"_int", []*cel.Type{cel.IntType, cel.IntType}, cel.IntType, binding),
			cel.Overload(name+"_double", []*cel.Type{cel.DoubleType, cel.DoubleType}, cel.DoubleType, binding),
			cel.Overload(name+"_span", []*cel.Type{cel.DurationType, cel.DurationType}, cel.DurationType, binding))
	}
	return []cel.EnvOption{
		span("days", 24*time.Hour), span("hours", time.Hour),
		pick("min", types.IntNegOne), pick("max", types.IntOne),
	}
}

// Error is a mistake in an expression, with its place.
type Error struct {
	Line, Column int // from 1; 0 when the place is not known
	Message      string
}

// Error returns the place and the message.
func (e *Error) Error() string {
	if e.Line == 0 {
		return e.Message
	}
	return fmt.Sprintf("%d:%d: %s", e.Line, e.Column, e.Message)
}

// Compile checks src against the declared variables.
func (e *Env) Compile(src string) (*Program, error) {
	if len(src) > MaxSource {
		return nil, &Error{Message: fmt.Sprintf("the expression has %d bytes; at most %d are accepted", len(src), MaxSource)}
	}
	if strings.TrimSpace(src) == "" {
		return nil, &Error{Message: "the expression is empty"}
	}
	ast, issues := e.cel.Compile(src)
	if issues.Err() != nil {
		return nil, e.mistake(src, issues)
	}
	if err := literalPatterns(ast); err != nil {
		return nil, err
	}
	return e.program(ast, src)
}

// mistake returns the first issue, in the order of the source, with a hint.
func (e *Env) mistake(src string, issues *cel.Issues) error {
	list := slices.Clone(issues.Errors())
	if len(list) == 0 {
		return &Error{Message: issues.Err().Error()}
	}
	first := list[0]
	msg := first.Message
	line, col := first.Location.Line(), first.Location.Column()+1
	if name, found := strings.CutPrefix(msg, "undeclared reference to '"); found {
		name, _, _ = strings.Cut(name, "'")
		msg = fmt.Sprintf("%q is not a declared name", name)
		if near := e.nearest(name); near != "" {
			msg += fmt.Sprintf("; did you mean %q?", near)
		}
		col = nameStart(src, name, line, col)
	}
	if line < 1 || col < 1 {
		line, col = 0, 0
	}
	return &Error{Line: line, Column: col, Message: msg}
}

// nameStart returns the column at which a dotted name starts: CEL points at
// its last dot.
func nameStart(src, name string, line, col int) int {
	lines := strings.Split(src, "\n")
	if line < 1 || line > len(lines) {
		return col
	}
	text := []rune(lines[line-1])
	for start := min(col, len(text)) - 1; start >= 0; start-- {
		if strings.HasPrefix(string(text[start:]), name) {
			return start + 1
		}
	}
	return col
}

// nearest returns a declared name that starts like name, or nothing.
func (e *Env) nearest(name string) string {
	var best string
	for declared := range e.types {
		if strings.HasPrefix(declared, name+".") && (best == "" || declared < best) {
			best = declared
		}
	}
	return best
}
