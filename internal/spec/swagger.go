package spec

import (
	"slices"
	"strings"

	"drawbridge"
)

// swagger reads Swagger 2.0.
func (r *reader) swagger(version *node) error {
	root := &r.main.root
	if version.str != "2.0" && version.str != "2" {
		return r.main.errorf(version, "Swagger %q is not known; 2.0 is read", clip(version.str, 20))
	}
	r.api.Format = "Swagger 2.0"
	if err := r.info(root); err != nil {
		return err
	}
	r.swaggerServers(root)
	if err := r.schemes(root, "securityDefinitions", r.scheme2); err != nil {
		return err
	}
	if err := r.securityOf(root); err != nil {
		return err
	}
	paths, err := r.main.child(root, "paths", "paths", object)
	if err != nil {
		return err
	}
	return r.paths(spot{r.main, paths}, &r.api.Operations, false)
}

func (r *reader) swaggerServers(root *node) {
	host := root.text("host")
	schemes := root.get("schemes").texts()
	top := spot{r.main, root}
	if host == "" {
		r.api.Servers = r.server(nil, top, root.text("basePath"))
		return
	}
	if len(schemes) == 0 && validHost(strings.ToLower(host)) {
		r.api.Servers = []Server{{URL: "//" + host + root.text("basePath"), Host: strings.ToLower(host)}}
		r.warn(top, "the host %q is given without a scheme; whether it speaks https is unknown", clip(host, 80))
	}
	for _, s := range schemes {
		r.api.Servers = r.server(r.api.Servers, top, s+"://"+host+root.text("basePath"))
	}
}

// scheme2 reads a security definition of Swagger 2.
func (r *reader) scheme2(s spot, out *Scheme) {
	switch s.n.text("type") {
	case "basic":
		out.Type, out.In = "basic", "header"
	case "apiKey":
		apiKey(s.n, out)
	case "oauth2":
		for _, g := range grants {
			if g.key == s.n.text("flow") {
				out.Type, out.Grant, out.In = g.auth, g.grant, "header"
				out.TokenURL = r.tokenURL(s.n.text("tokenUrl"))
			}
		}
	}
}

// bodyParameter reads a body or form parameter of Swagger 2.
func (r *reader) bodyParameter(o *Operation, p spot) error {
	if p.n.text("in") == "body" {
		fields, err := r.body(spot{p.doc, p.n.get("schema")}, drawbridge.AtRequest, true)
		r.add(o, placed(fields, "", p.n.flag("required"))...)
		return err
	}
	at := drawbridge.AtRequest
	if kindOf(p.n) == "file" {
		at = drawbridge.AtFile
	}
	name := p.n.text("name")
	path := drawbridge.FieldPath("").Child(name)
	if name == "" || strings.ContainsFunc(name, control) || len(path) > drawbridge.MaxFieldPathBytes {
		r.warn(p, "a parameter has no usable name; it is left out")
		return nil
	}
	r.add(o, Field{At: at, Path: path, Required: p.n.flag("required"), Schema: r.parameterSchema(p)})
	return nil
}

// mediaTypes reads consumes and produces, which Swagger 2 keeps apart from the bodies.
func (r *reader) mediaTypes(o *Operation, op *node) {
	root := &r.main.root
	body := slices.ContainsFunc(o.Fields, func(f Field) bool { return f.At == drawbridge.AtRequest || f.At == drawbridge.AtFile })
	for _, m := range []struct {
		key  string
		into *[]string
	}{{"consumes", &o.RequestTypes}, {"produces", &o.ResponseTypes}} {
		if m.key == "consumes" && !body {
			continue
		}
		n := op.get(m.key)
		if n == nil {
			n = root.get(m.key)
		}
		*m.into = append(*m.into, n.texts()...)
	}
}
