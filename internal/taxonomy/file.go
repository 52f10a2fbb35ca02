package taxonomy

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/token"

	"drawbridge"
)

// Limits of a data file.
const (
	maxFileBytes = 512 << 10
	maxNesting   = 12
	maxIndent    = 40
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

// decode parses data strictly into v, after checks that bound the parser's work.
func decode(what string, data []byte, v any) error {
	if len(data) > maxFileBytes {
		return drawbridge.Errorf(drawbridge.TooLarge, "%s: the file has %d bytes; at most %d are accepted", what, len(data), maxFileBytes)
	}
	depth := 0
	for _, tk := range lexer.Tokenize(string(data)) {
		switch tk.Type { //nolint:exhaustive // only what bounds or forbids is looked at
		case token.AnchorType, token.AliasType, token.MergeKeyType, token.TagType:
			return drawbridge.Errorf(drawbridge.Invalid, "%s: line %d: anchors, aliases and tags are not accepted; write the value out", what, tk.Position.Line)
		case token.MappingStartType, token.SequenceStartType:
			depth++
		case token.MappingEndType, token.SequenceEndType:
			depth--
		case token.DocumentHeaderType:
			return drawbridge.Errorf(drawbridge.Invalid, "%s: line %d: several documents in one file are not accepted; split the file", what, tk.Position.Line)
		}
		if depth > maxNesting || (tk.Type == token.SequenceEntryType || tk.Type == token.MappingValueType) && tk.Position.IndentNum > maxIndent {
			return drawbridge.Errorf(drawbridge.Invalid, "%s: line %d: nested too deeply; the format needs at most 6 levels", what, tk.Position.Line)
		}
	}
	err := yaml.NewDecoder(bytes.NewReader(data), yaml.Strict()).Decode(v)
	if errors.Is(err, io.EOF) {
		return drawbridge.Errorf(drawbridge.Invalid, "%s: the file is empty; it starts with version: 1", what)
	}
	if err != nil {
		return drawbridge.Errorf(drawbridge.Invalid, "%s: %s", what, strings.TrimSpace(yaml.FormatError(err, false, false)))
	}
	return nil
}
