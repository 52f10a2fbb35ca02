package web

import (
	"encoding/base64"
	"encoding/json"

	"drawbridge"
	"drawbridge/internal/register"
)

// writePlace puts a place in a list into an address. It tells nothing that the
// list did not show: the desk asks again who may see what comes after it.
func writePlace(c *register.Cursor) string {
	data, err := json.Marshal(c)
	if err != nil {
		panic("web: a cursor has no JSON: " + err.Error())
	}
	return base64.RawURLEncoding.EncodeToString(data)
}

// readPlace reads it back; empty is the beginning.
func readPlace(s string) (*register.Cursor, error) {
	if s == "" {
		return nil, nil
	}
	var c register.Cursor
	data, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil || len(data) > 2000 || json.Unmarshal(data, &c) != nil {
		return nil, drawbridge.Errorf(drawbridge.Invalid, "the address names no place in the list: go to its first page")
	}
	return &c, nil
}
