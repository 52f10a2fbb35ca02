package api

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"mime"
	"net/http"
	"net/url"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"drawbridge"
	"drawbridge/internal/front"
	"drawbridge/internal/seal"
)

func invalid(format string, args ...any) error {
	return drawbridge.Errorf(drawbridge.Invalid, format, args...)
}

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

// keyForm is what an idempotency key looks like: printable, no spaces.
var keyForm = regexp.MustCompile(`^[!-~]{1,200}$`)

// conditions reads the headers that make a request safe to repeat and an update
// safe to make.
func (c *call) conditions() error {
	if keys := c.R.Header.Values("Idempotency-Key"); len(keys) > 0 {
		switch {
		case !c.route.Has(Idempotent):
			return invalid("%s takes no Idempotency-Key; openapi.json says what does", c.route.Name)
		case len(keys) > 1 || !keyForm.MatchString(keys[0]):
			return invalid("the Idempotency-Key is one header of 1 to 200 printable characters without spaces")
		}
		c.key = keys[0]
	}
	if !c.route.Has(Conditional) {
		return nil
	}
	tag := c.R.Header.Get("If-Match")
	if tag == "" {
		return drawbridge.Errorf(drawbridge.Precondition, "%s needs an If-Match header with the version that you change: read it first, and send its ETag", c.route.Name)
	}
	n, err := strconv.ParseInt(strings.Trim(tag, `"`), 10, 64)
	if err != nil || n < 1 || strconv.Quote(itoa(n)) != tag {
		return invalid(`the If-Match header names one version, as its ETag does, like "3"`)
	}
	c.match = n
	return nil
}

// decode reads the request into an input, by the tags of its fields: path, query
// or json. What the input does not name is refused.
func (c *call) decode(in any) error {
	v := reflect.ValueOf(in).Elem()
	query, err := url.ParseQuery(c.R.URL.RawQuery)
	if err != nil {
		return invalid("the part of the address after ? cannot be read")
	}
	known := map[string]bool{}
	hasBody := false
	for _, f := range fields(v.Type()) {
		x := v.FieldByIndex(f.Index)
		switch {
		case f.Tag.Get("path") != "":
			x.SetString(c.R.PathValue(f.Tag.Get("path")))
		case f.Tag.Get("query") != "":
			name := f.Tag.Get("query")
			known[name] = true
			if err := setQuery(x, name, query[name]); err != nil {
				return err
			}
		default:
			hasBody = true
		}
	}
	for name := range query {
		if !known[name] {
			return invalid("%s takes no parameter %.40q; a token never goes into the address, send it as Authorization: Bearer", c.route.Name, name)
		}
	}
	if c.route.Has(Upload) || c.route.Has(Large) && c.R.Method == http.MethodPost {
		return nil // the handler reads parts
	}
	if !hasBody {
		return c.noBody()
	}
	return c.body(in)
}

// fields lists the fields of an input, those of embedded structs in their place.
func fields(t reflect.Type) []reflect.StructField {
	var out []reflect.StructField
	for f := range t.Fields() {
		if f.Anonymous && f.Type.Kind() == reflect.Struct && f.Tag.Get("json") == "" {
			for _, g := range fields(f.Type) {
				g.Index = append(slices.Clone(f.Index), g.Index...)
				out = append(out, g)
			}
			continue
		}
		out = append(out, f)
	}
	return out
}

func setQuery(x reflect.Value, name string, values []string) error {
	if len(values) == 0 {
		return nil
	}
	if len(values) > 1 {
		return invalid("the parameter %s stands more than once", name)
	}
	s := values[0]
	if len(s) > 1000 || !utf8.ValidString(s) {
		return invalid("the parameter %s is too long or no text", name)
	}
	switch x.Kind() {
	case reflect.String:
		x.SetString(s)
	case reflect.Int, reflect.Int64:
		n, err := strconv.ParseInt(s, 10, 63)
		if err != nil || itoa(n) != s || n < 0 {
			return invalid("the parameter %s is a whole number, not %.40q", name, s)
		}
		x.SetInt(n)
	case reflect.Bool:
		if s != "true" && s != "false" {
			return invalid("the parameter %s is true or false, not %.40q", name, s)
		}
		x.SetBool(s == "true")
	default:
		return fmt.Errorf("parameter %s: no decoder for %s", name, x.Type())
	}
	return nil
}

// noBody refuses content where none belongs: the caller meant something by it.
func (c *call) noBody() error {
	if n, err := c.R.Body.Read(make([]byte, 1)); n > 0 {
		return invalid("%s takes no body", c.route.Name)
	} else if err != nil && !errors.Is(err, io.EOF) {
		return bodyError(err, 0)
	}
	return nil
}

// body reads the body as a JSON document.
func (c *call) body(in any) error {
	media, _, err := mime.ParseMediaType(c.R.Header.Get("Content-Type"))
	if err != nil || media != "application/json" {
		return invalid("%s takes a JSON document: send it with Content-Type: application/json", c.route.Name)
	}
	if c.R.Header.Get("Content-Encoding") != "" {
		return invalid("send the body without Content-Encoding")
	}
	data, err := io.ReadAll(c.R.Body)
	if err != nil {
		return bodyError(err, c.route.bodyLimit())
	}
	return document(data, in)
}

// document reads one JSON document, strictly: known keys in their exact
// spelling, each once, and nothing behind it.
func document(data []byte, in any) error {
	if _, err := seal.JSON(data); err != nil {
		return err
	}
	var tree any
	if err := json.Unmarshal(data, &tree); err != nil {
		return invalid("the body is not JSON: %w", err)
	}
	if _, ok := tree.(map[string]any); !ok {
		return invalid("the body is no JSON object")
	}
	if err := exact(tree, reflect.TypeOf(in).Elem(), ""); err != nil {
		return err
	}
	if err := json.Unmarshal(data, in); err != nil {
		if t, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
			return invalid("%s in the body is a %s; %s is expected", t.Field, t.Value, word(t.Type))
		}
		return invalid("the body does not fit: %w", err)
	}
	return nil
}

func bodyError(err error, limit int64) error {
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return drawbridge.Errorf(drawbridge.TooLarge, "the body has more than %s, the most that is accepted here", drawbridge.Size(limit))
	}
	if errors.Is(err, front.ErrSlow) {
		return invalid("%w", err)
	}
	return invalid("the body broke off before its end; send it again")
}

// exact refuses keys that the type does not have; encoding/json would take them
// in any case of letters.
func exact(v any, t reflect.Type, at string) error {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if list, ok := v.([]any); ok && t.Kind() == reflect.Slice {
		for i, item := range list {
			if err := exact(item, t.Elem(), at+"/"+strconv.Itoa(i)); err != nil {
				return err
			}
		}
		return nil
	}
	object, ok := v.(map[string]any)
	if !ok || t.Kind() != reflect.Struct && t.Kind() != reflect.Map {
		return nil // the decoder says what it wants instead
	}
	known := map[string]reflect.Type{}
	if t.Kind() == reflect.Struct {
		for _, f := range fields(t) {
			if name, _, _ := strings.Cut(f.Tag.Get("json"), ","); name != "-" {
				known[name] = f.Type
			}
		}
	}
	for _, k := range slices.Sorted(maps.Keys(object)) {
		ft, ok := known[k]
		if t.Kind() == reflect.Map {
			ft, ok = t.Elem(), true
		}
		if !ok {
			return invalid("the body has a key that is not known: %.100q", at+"/"+k)
		}
		if err := exact(object[k], ft, at+"/"+k); err != nil {
			return err
		}
	}
	return nil
}

// word is what a type is called in JSON.
func word(t reflect.Type) string {
	if s, ok := schemaOf(t)["type"].(string); ok {
		return s
	}
	return "something else"
}

// version is the version of a record, or 0.
func version(out any) int64 {
	if d, ok := out.(drawbridge.IntakeDraft); ok {
		return d.Version
	}
	v := reflect.ValueOf(out)
	if v.Kind() != reflect.Struct {
		return 0
	}
	f := v.FieldByName("Meta")
	if !f.IsValid() || f.Type() != reflect.TypeFor[drawbridge.Meta]() {
		return 0
	}
	return f.Interface().(drawbridge.Meta).Version
}

// stream is an answer that is written as it comes.
type stream struct {
	media string
	name  string // of the file that a browser would keep
	write func(io.Writer) error
	close func() error // nil when there is nothing to close
}

// stream sends an answer that is no JSON document, always to be kept as a file.
func (c *call) stream(s stream) error {
	if s.close != nil {
		defer s.close() //nolint:errcheck // it was read
	}
	h := c.W.Header()
	h.Set("Content-Type", s.media)
	if s.name != "" {
		h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": s.name}))
	}
	if c.R.Method == http.MethodHead {
		c.W.WriteHeader(c.route.Status)
		return nil
	}
	return s.write(c.W)
}
