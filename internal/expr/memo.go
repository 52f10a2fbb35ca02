package expr

import (
	"encoding/binary"
	"fmt"
	"math"
	"time"
)

// maxMemo bounds how many results a memo holds before it starts afresh.
const maxMemo = 100_000

// Memo remembers what programs gave for equal values: what many elements have in
// common is evaluated once. It is not safe for concurrent use, and its results are
// shared: nobody changes them.
type Memo struct {
	results map[*Program]map[string]Result
	held    int
	key     []byte
}

// Eval is [Program.Eval]. What could not be evaluated is not remembered.
func (m *Memo) Eval(p *Program, lookup Lookup) (Result, error) {
	m.key = m.key[:0]
	for _, name := range p.vars {
		value, known := lookup(name)
		if !known {
			value = nil
		}
		m.key = AppendValue(m.key, value)
	}
	if r, ok := m.results[p][string(m.key)]; ok {
		return r, nil
	}
	r, err := p.Eval(lookup)
	if err != nil {
		return r, err
	}
	if m.held++; m.held > maxMemo || m.results == nil {
		m.results, m.held = map[*Program]map[string]Result{}, 1
	}
	if m.results[p] == nil {
		m.results[p] = map[string]Result{}
	}
	m.results[p][string(m.key)] = r
	return r, nil
}

// AppendValue writes the value of a variable, nil for an unknown one, so that
// different values give different bytes.
func AppendValue(b []byte, v any) []byte {
	switch v := v.(type) {
	case nil:
		return append(b, 'u')
	case bool:
		if v {
			return append(b, 't')
		}
		return append(b, 'f')
	case int64:
		return binary.AppendVarint(append(b, 'i'), v)
	case time.Duration:
		return binary.AppendVarint(append(b, 'd'), int64(v))
	case float64:
		return binary.BigEndian.AppendUint64(append(b, 'n'), math.Float64bits(v))
	case string:
		return append(binary.AppendUvarint(append(b, 's'), uint64(len(v))), v...)
	case []string:
		b = binary.AppendUvarint(append(b, 'l'), uint64(len(v)))
		for _, s := range v {
			b = append(binary.AppendUvarint(b, uint64(len(s))), s...)
		}
		return b
	default:
		return append(b, fmt.Sprintf("?%T%v", v, v)...)
	}
}
