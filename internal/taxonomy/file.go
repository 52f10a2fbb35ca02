package taxonomy

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"sync"

	"drawbridge"
	"drawbridge/internal/yaml"
)

// Limits of a data file.
const (
	maxFileBytes = 512 << 10
	maxNesting   = 12
)

// builtinOrigin is the origin of what comes with the program.
const builtinOrigin = "builtin"

// builtinJSON is made from categories.yaml and transfers.yaml by Generate: the
// program reads it in a tenth of the time.
//
//go:generate go test -run TestGenerated -update .
//go:embed builtin_gen.json
var builtinJSON []byte

// bundle is the content of the generated file.
type bundle struct {
	Categories file         `json:"categories"`
	Transfers  transferFile `json:"transfers"`
}

// Generate turns the two data files into the one that is embedded.
func Generate(categories, transfers []byte) ([]byte, error) {
	var b bundle
	if err := decode("categories.yaml", categories, &b.Categories); err != nil {
		return nil, err
	}
	if err := decode("transfers.yaml", transfers, &b.Transfers); err != nil {
		return nil, err
	}
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(b); err != nil {
		return nil, fmt.Errorf("generate the built-in data: %w", err)
	}
	return out.Bytes(), nil
}

// embedded is the built-in data, parsed once and never written to.
var embedded = sync.OnceValues(func() (bundle, error) {
	var b bundle
	if err := json.Unmarshal(builtinJSON, &b); err != nil {
		return b, fmt.Errorf("read the built-in data: %w", err)
	}
	return b, nil
})

// decode reads data strictly into v.
func decode(what string, data []byte, v any) error {
	if len(data) > maxFileBytes {
		return drawbridge.Errorf(drawbridge.TooLarge, "%s: the file has %d bytes; at most %d are accepted", what, len(data), maxFileBytes)
	}
	if err := yaml.Strict(data, yaml.Limits{Bytes: maxFileBytes, Depth: maxNesting, Nodes: maxFileBytes}, v); err != nil {
		return drawbridge.Errorf(drawbridge.Invalid, "%s: %w", what, err)
	}
	return nil
}
