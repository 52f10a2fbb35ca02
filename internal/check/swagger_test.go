package check

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestSwaggerInYAML holds that a Swagger 2 description in YAML, with numbers for
// keys and an alias, becomes operations; and that a hostile one is refused.
func TestSwaggerInYAML(t *testing.T) {
	t.Parallel()
	const src = `swagger: "2.0"
info: {title: x, version: 1.0.0}
paths:
  /charges/{id}:
    get:
      operationId: readCharge
      parameters: &id
        - {name: id, in: path, required: true, type: string}
      responses:
        200: {description: OK}
    put:
      parameters: *id
      responses: {204: {description: OK}}
`
	file := filepath.Join(t.TempDir(), "api.yaml")
	write := func(text string) {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(src)
	doc, err := loadSpec(file)
	if err != nil {
		t.Fatal(err)
	}
	ops := operations(doc)
	if len(ops) != 2 || ops[0].ID != "readCharge" || len(ops[1].IDs) != 1 {
		t.Errorf("operations = %+v, want two with an id each", ops)
	}
	write(src + "x-bomb: [" + strings.Repeat("[],", 2_000_000) + "]\n")
	if _, err := loadSpec(file); err == nil || !strings.Contains(err.Error(), "more than 1500000 values") {
		t.Errorf("loadSpec of a bomb = %v", err)
	}
}
