package flow

import (
	"encoding/json"
	"io"
)

// JSON writes the map with its total exposure, indented, one trailing newline.
func (m *Map) JSON(w io.Writer) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	return enc.Encode(struct {
		*Map
		Total Exposure `json:"exposure"`
	}{m, m.Exposure()})
}
