package check

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"mime/multipart"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// encode writes a body in a media type, and returns the type to send with it.
func encode(mediaType string, v any) (string, []byte, error) {
	switch {
	case strings.HasPrefix(mediaType, "application/x-www-form-urlencoded"):
		form := url.Values{}
		flatten(form, "", v, 0)
		return mediaType, []byte(form.Encode()), nil
	case strings.HasPrefix(mediaType, "multipart/form-data"):
		form := url.Values{}
		flatten(form, "", v, 0)
		var b bytes.Buffer
		w := multipart.NewWriter(&b)
		for _, k := range slices.Sorted(maps.Keys(form)) {
			if err := w.WriteField(k, form.Get(k)); err != nil {
				return mediaType, nil, err
			}
		}
		return w.FormDataContentType(), b.Bytes(), w.Close()
	}
	raw, err := json.Marshal(v)
	return mediaType, raw, err
}

// flatten writes nested values in bracket notation, which most form APIs read.
func flatten(form url.Values, key string, v any, depth int) {
	if depth > maxDepth {
		return
	}
	switch v := v.(type) {
	case map[string]any:
		for k, item := range v {
			if key != "" {
				k = key + "[" + k + "]"
			}
			flatten(form, k, item, depth+1)
		}
	case []any:
		for _, item := range v {
			flatten(form, key+"[]", item, depth+1)
		}
	case string:
		form.Set(key, v)
	case float64:
		form.Set(key, strconv.FormatFloat(v, 'f', -1, 64))
	default:
		form.Set(key, fmt.Sprint(v))
	}
}
