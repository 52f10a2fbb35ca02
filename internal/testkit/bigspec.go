package testkit

import (
	"bytes"
	"fmt"
)

// BigSpec returns an OpenAPI 3.0 description with so many operations, the same
// bytes for the same number. It has what makes real ones slow: nested and
// cyclic schemas, compositions, examples, and prose.
func BigSpec(operations int) []byte {
	const schemas = 200
	var b bytes.Buffer
	b.WriteString(`{"openapi":"3.0.3","info":{"title":"Big","version":"1"},"servers":[{"url":"https://big.example"}],"paths":{`)
	for i := range operations {
		if i > 0 {
			b.WriteByte(',')
		}
		method := []string{"get", "post"}[i%2]
		fmt.Fprintf(&b, `"/things/{id}/part%d":{"%s":{"operationId":"op%d","tags":["tag%d"],"summary":"Does thing %d","description":%q,`, i, method, i, i%40, i, prose)
		b.WriteString(`"parameters":[{"name":"id","in":"path","required":true,"schema":{"type":"string"}},{"name":"page","in":"query","schema":{"type":"integer"}}],`)
		if method == "post" {
			fmt.Fprintf(&b, `"requestBody":{"content":{"application/json":{"schema":{"$ref":"#/components/schemas/S%d"}}}},`, i%schemas)
		}
		fmt.Fprintf(&b, `"responses":{"200":{"description":"fine","content":{"application/json":{"schema":{"type":"array","items":{"$ref":"#/components/schemas/S%d"}},"example":{"id":%d,"email":"someone@big.example"}}}}}}}`, (i*7)%schemas, i)
	}
	b.WriteString(`},"components":{"schemas":{`)
	for i := range schemas {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `"S%d":{"type":"object","required":["id"],"properties":{"id":{"type":"integer"},"email":{"type":"string","format":"email","description":%q},`, i, prose)
		for j := range 20 {
			fmt.Fprintf(&b, `"field_%d_%d":{"type":"string","maxLength":%d,"example":"value %d"},`, i, j, j+1, j)
		}
		fmt.Fprintf(&b, `"next":{"$ref":"#/components/schemas/S%d"},"owner":{"allOf":[{"$ref":"#/components/schemas/Person"},{"nullable":true}]}}}`, (i+1)%schemas)
	}
	b.WriteString(`,"Person":{"type":"object","properties":{"first_name":{"type":"string"},"iban":{"type":"string"},"friend":{"$ref":"#/components/schemas/Person"}}}}}}`)
	return b.Bytes()
}

const prose = "Real descriptions carry a paragraph or two on every operation, with examples, caveats and links. This sentence stands for them, and is long enough to count."
