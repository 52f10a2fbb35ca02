package check

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi2"
	"github.com/getkin/kin-openapi/openapi2conv"
	"github.com/getkin/kin-openapi/openapi3"

	"drawbridge"
	"drawbridge/internal/yaml"
)

// Effect is what an operation does to a resource.
type Effect string

// The effects.
const (
	Read   Effect = "read"   // one object
	List   Effect = "list"   // several objects
	Create Effect = "create" // makes an object
	Update Effect = "update"
	Delete Effect = "delete"
	Act    Effect = "act" // anything else
)

// Operation is one callable of the interface, as the engine drives it.
type Operation struct {
	ID       string
	Method   string
	Path     string // template
	Secured  bool   // the specification asks for a credential and takes none otherwise
	Optional bool   // the specification takes calls with and without a credential
	Open     bool   // the specification says nothing about credentials, here or anywhere
	Effect   Effect
	Resource string  // path of the collection that it belongs to, "/charges"
	IDs      []Param // path parameters, left to right
	Params   []Param // required query and header parameters
	Body     *openapi3.Schema
	BodyType string // media type of the body
	Skip     string // why the run leaves it alone: it destroys, or has side effects that cannot be undone

	spec      *openapi3.Operation
	options   []openapi3.SchemaValidationOption
	example   any // of the whole body
	baselines map[string]*Baseline
	barren    map[string]error // why an identity cannot make objects with it
	entered   map[string]int   // identity that signed in with it to the status
	fill      style            // of the body that worked
	idNames   []string         // path parameters that take the ids of the operation's resource
}

// Name returns METHOD and path template.
func (o *Operation) Name() string { return o.Method + " " + o.Path }

// Param is a parameter of an operation.
type Param struct {
	Name     string
	In       string
	Schema   *openapi3.Schema
	Example  any
	Resource string // collection that issues the value, for ids
}

// Baseline is the first good answer to an operation, and how it was asked for.
type Baseline struct {
	Answer  *Answer
	Request Request
	IDs     []string // values of the path parameters
}

const maxSpec = 64 << 20

// readSpec reads one file of a specification: a plain file within the limit. A
// pipe or a device could hold the run for ever.
func readSpec(path string) ([]byte, error) {
	name := filepath.Base(path)
	info, err := os.Stat(path) //nolint:gosec // see the reading below
	switch {
	case err != nil:
		return nil, drawbridge.Errorf(drawbridge.NotFound, "specification %s cannot be read: %w", name, err)
	case !info.Mode().IsRegular():
		return nil, drawbridge.Errorf(drawbridge.Invalid, "specification %s is no plain file", name)
	case info.Size() > maxSpec:
		return nil, drawbridge.Errorf(drawbridge.TooLarge, "specification %s has %d bytes; at most %d are accepted", name, info.Size(), maxSpec)
	}
	data, err := os.ReadFile(path) //nolint:gosec // the manifest names the file, and its parser holds it below the folder
	if err != nil {
		return nil, drawbridge.Errorf(drawbridge.NotFound, "specification %s cannot be read: %w", name, err)
	}
	return data, nil
}

// loadSpec reads an OpenAPI or Swagger document. References to other files
// resolve below its folder only, and addresses never.
func loadSpec(path string) (*openapi3.T, error) {
	data, err := readSpec(path)
	if err != nil {
		return nil, err
	}
	if isSwagger(data) {
		var old openapi2.T
		asJSON, err := yaml.JSON(data, yaml.Limits{Bytes: maxSpec / 2, Depth: 400, Nodes: 1_500_000, Aliases: 200_000, Tags: true}, maxSpec)
		if err != nil {
			return nil, drawbridge.Errorf(drawbridge.Invalid, "specification %s: %w", filepath.Base(path), err)
		}
		if err := json.Unmarshal(asJSON, &old); err != nil {
			return nil, drawbridge.Errorf(drawbridge.Invalid, "specification %s: %w", filepath.Base(path), err)
		}
		doc, err := openapi2conv.ToV3(&old)
		if err != nil {
			return nil, drawbridge.Errorf(drawbridge.Invalid, "specification %s: %w", filepath.Base(path), err)
		}
		return doc, nil
	}
	root, err := filepath.EvalSymlinks(filepath.Dir(path))
	if err != nil {
		return nil, err
	}
	loader := openapi3.NewLoader()
	loader.IsExternalRefsAllowed = true
	loader.ReadFromURIFunc = func(_ *openapi3.Loader, u *url.URL) ([]byte, error) {
		if u.Scheme != "" && u.Scheme != "file" {
			return nil, drawbridge.Errorf(drawbridge.Denied, "the specification refers to %s, which is not fetched", u.Redacted())
		}
		real, err := filepath.EvalSymlinks(filepath.FromSlash(u.Path))
		if err != nil {
			return nil, err
		}
		if rel, err := filepath.Rel(root, real); err != nil || rel == ".." || strings.HasPrefix(rel, ".."+string(filepath.Separator)) {
			return nil, drawbridge.Errorf(drawbridge.Denied, "the specification refers to %s, outside its folder", u.Path)
		}
		return readSpec(real)
	}
	loader.Context = context.Background()
	doc, err := loader.LoadFromDataWithPath(data, &url.URL{Path: filepath.ToSlash(path)})
	if err != nil {
		return nil, drawbridge.Errorf(drawbridge.Invalid, "specification %s: %w", filepath.Base(path), err)
	}
	return doc, nil
}

var swagger = regexp.MustCompile(`(?m)^[{\s]*"?swagger"?\s*:\s*["']?2`)

func isSwagger(data []byte) bool {
	return swagger.Match(data[:min(len(data), 4096)]) || swagger.Match(data[max(0, len(data)-4096):])
}

// operations lists what the document offers, parents before children.
func operations(doc *openapi3.T) []*Operation {
	var out []*Operation
	if doc.Paths == nil {
		return nil
	}
	for _, path := range doc.Paths.InMatchingOrder() {
		item := doc.Paths.Value(path)
		byMethod := item.Operations()
		for _, method := range []string{"POST", "GET", "HEAD", "PUT", "PATCH", "DELETE"} {
			op := byMethod[method]
			if op == nil {
				continue
			}
			o := newOperation(doc, item, path, method, op)
			out = append(out, o)
		}
	}
	slices.SortStableFunc(out, func(a, b *Operation) int {
		if d := strings.Count(a.Path, "/") - strings.Count(b.Path, "/"); d != 0 {
			return d
		}
		if c := strings.Compare(a.Path, b.Path); c != 0 {
			return c
		}
		return strings.Compare(a.Method, b.Method)
	})
	if !slices.ContainsFunc(out, func(o *Operation) bool { return o.Secured || o.Optional }) {
		for _, o := range out {
			o.Open = true
		}
	}
	infer(out)
	return out
}

func newOperation(doc *openapi3.T, item *openapi3.PathItem, path, method string, op *openapi3.Operation) *Operation {
	o := &Operation{ID: op.OperationID, Method: method, Path: path, spec: op, baselines: map[string]*Baseline{}, barren: map[string]error{}, entered: map[string]int{}}
	if doc.IsOpenAPI31OrLater() {
		o.options = append(o.options, openapi3.EnableJSONSchema2020())
	}
	if o.ID == "" {
		o.ID = o.Name()
	}
	security := doc.Security
	if op.Security != nil {
		security = *op.Security
	}
	open := slices.ContainsFunc(security, func(r openapi3.SecurityRequirement) bool { return len(r) == 0 })
	o.Secured = len(security) > 0 && !open
	o.Optional = len(security) > 0 && open
	seen := map[string]bool{}
	for _, p := range slices.Concat(op.Parameters, item.Parameters) {
		if p.Value == nil || seen[p.Value.In+" "+p.Value.Name] {
			continue
		}
		seen[p.Value.In+" "+p.Value.Name] = true
		param := Param{Name: p.Value.Name, In: p.Value.In, Example: p.Value.Example}
		if p.Value.Schema != nil {
			param.Schema = p.Value.Schema.Value
		}
		for _, key := range slices.Sorted(maps.Keys(p.Value.Examples)) {
			if e := p.Value.Examples[key]; param.Example == nil && e != nil && e.Value != nil {
				param.Example = e.Value.Value
			}
		}
		switch {
		case param.In == "path":
			o.IDs = append(o.IDs, param)
		case p.Value.Required && (param.In == "query" || param.In == "header"):
			o.Params = append(o.Params, param)
		}
	}
	slices.SortFunc(o.IDs, func(a, b Param) int {
		return strings.Index(path, "{"+a.Name+"}") - strings.Index(path, "{"+b.Name+"}")
	})
	if op.RequestBody != nil && op.RequestBody.Value != nil {
		o.body(op.RequestBody.Value.Content)
	}
	return o
}

// body picks the media type that the engine can write best.
func (o *Operation) body(content openapi3.Content) {
	for _, want := range []string{"application/json", "+json", "application/x-www-form-urlencoded", "multipart/form-data"} {
		for _, name := range slices.Sorted(maps.Keys(content)) {
			mt := content[name]
			if suffix := want[0] == '+' && strings.HasSuffix(name, want); mt == nil || name != want && !suffix {
				continue
			}
			o.BodyType = name
			if mt.Schema != nil {
				o.Body = mt.Schema.Value
			}
			o.example = mt.Example
			for _, key := range slices.Sorted(maps.Keys(mt.Examples)) {
				if e := mt.Examples[key]; o.example == nil && e != nil && e.Value != nil {
					o.example = e.Value.Value
				}
			}
			return
		}
	}
}

// destructive words: an operation with one in its path or id changes more than
// the run may, or cannot be undone.
var destructive = regexp.MustCompile(`(?i)(^|[^a-z])(reset|logout|log-?out|sign-?out|deactivate|terminate|close-?account|wipe|purge|reinit\w*|shutdown|restart|revoke|unsubscribe|delete-?account|rotate)([^a-z]|$)`)

// infer finds resources, effects and the collections that issue ids.
func infer(ops []*Operation) {
	collections := map[string]bool{}
	for _, o := range ops {
		if o.Method == "POST" && !strings.HasSuffix(o.Path, "}") {
			collections[o.Path] = true
		}
		if o.Method == "GET" && !strings.HasSuffix(o.Path, "}") {
			collections[o.Path] = true
		}
	}
	items := map[string]bool{}
	names := map[string][]string{}
	for _, o := range ops {
		for i := range o.IDs {
			r := issuer(o.Path, o.IDs[i].Name, collections)
			o.IDs[i].Resource, items[r] = r, true
			if !slices.Contains(names[r], o.IDs[i].Name) {
				names[r] = append(names[r], o.IDs[i].Name)
			}
		}
	}
	for _, o := range ops {
		item := strings.HasSuffix(o.Path, "}")
		switch {
		case item && o.Method == "GET":
			o.Effect = Read
		case item && (o.Method == "PUT" || o.Method == "PATCH" || o.Method == "POST"):
			o.Effect = Update
		case item && o.Method == "DELETE":
			o.Effect = Delete
		case o.Method == "POST" && items[o.Path]:
			o.Effect = Create
		case o.Method == "GET" && items[o.Path]:
			o.Effect = List
		case o.Method == "GET" || o.Method == "HEAD":
			o.Effect = Read
		default:
			o.Effect = Act
		}
		switch {
		case item && len(o.IDs) > 0:
			o.Resource = o.IDs[len(o.IDs)-1].Resource
		case items[o.Path]:
			o.Resource = o.Path
		case len(o.IDs) > 0:
			o.Resource = o.IDs[len(o.IDs)-1].Resource
		}
		o.idNames = names[o.Resource]
		if destructive.MatchString(splitWords(o.Path+" "+o.ID)) && (o.Effect != Delete || len(o.IDs) == 0) { // only what the run made is ever deleted
			o.Skip = "its name says that it ends or resets something"
		} else if o.Effect == Delete && len(o.IDs) == 0 {
			o.Skip = "it deletes without naming an object"
		}
	}
}

var camel = regexp.MustCompile(`([a-z0-9])([A-Z])`)

func splitWords(s string) string { return camel.ReplaceAllString(s, "$1-$2") }

// issuer names the collection that a path parameter's values come from: what
// stands before it in the path, else the collection whose name the parameter bears.
func issuer(path, param string, collections map[string]bool) string {
	before, _, _ := strings.Cut(path, "/{"+param+"}")
	if collections[before] {
		return before
	}
	for _, name := range []string{trimID(param), last(before)} {
		want, best := snake(singular(strings.ToLower(name))), ""
		for c := range collections {
			if want != "" && snake(singular(strings.ToLower(last(c)))) == want && (best == "" || len(c) < len(best) || len(c) == len(best) && c < best) {
				best = c
			}
		}
		if best != "" {
			return best
		}
	}
	return before
}

var idSuffix = regexp.MustCompile(`(?i)[_-]?(id|uuid|sid|key|guid)$`)

// trimID takes customer from customer_id, customerId and CustomerSid.
func trimID(name string) string { return idSuffix.ReplaceAllString(name, "") }

func singular(s string) string {
	s = strings.TrimSuffix(s, ".json")
	switch {
	case strings.HasSuffix(s, "ies"):
		return strings.TrimSuffix(s, "ies") + "y"
	case strings.HasSuffix(s, "sses"), strings.HasSuffix(s, "xes"), strings.HasSuffix(s, "ches"):
		return strings.TrimSuffix(s, "es")
	case strings.HasSuffix(s, "s") && !strings.HasSuffix(s, "ss"):
		return strings.TrimSuffix(s, "s")
	}
	return s
}

// filled is expand for ids that are known to fit.
func (o *Operation) filled(ids []string) string {
	path, err := o.expand(ids)
	if err != nil {
		return o.Path
	}
	return path
}

// expand fills the path template with ids.
func (o *Operation) expand(ids []string) (string, error) {
	if len(ids) != len(o.IDs) {
		return "", fmt.Errorf("%s has %d path parameters, %d values given", o.Name(), len(o.IDs), len(ids))
	}
	path := o.Path
	for i, p := range o.IDs {
		path = strings.Replace(path, "{"+p.Name+"}", url.PathEscape(ids[i]), 1)
	}
	return path, nil
}
