package spec

import (
	"net/url"
	"slices"
	"strings"

	"drawbridge"
)

// asyncapi reads AsyncAPI 2 and 3. The description is taken to be the partner's
// own: what its application sends is what we receive.
func (r *reader) asyncapi(version *node) error {
	root := &r.main.root
	r.api.Format = "AsyncAPI " + version.str
	if err := r.info(root); err != nil {
		return err
	}
	if err := r.brokers(root); err != nil {
		return err
	}
	components, err := r.main.child(root, "components", "components", object)
	if err != nil {
		return err
	}
	if err := r.schemes(components, "securitySchemes", r.schemeAsync); err != nil {
		return err
	}
	r.api.Queue = true
	channels, err := r.main.child(root, "channels", "channels", object)
	if err != nil {
		return err
	}
	switch {
	case strings.HasPrefix(version.str, "2."):
		err = r.channels2(channels)
	case strings.HasPrefix(version.str, "3."):
		err = r.operations3(root)
	default:
		return r.main.errorf(version, "AsyncAPI %q is not known; 2 and 3 are read", clip(version.str, 20))
	}
	if err == nil {
		r.warn(spot{}, "an AsyncAPI description is read as the partner's own: what it sends is what we receive")
	}
	return err
}

// brokers reads the servers of both versions, and what they demand.
func (r *reader) brokers(root *node) error {
	servers, err := r.main.child(root, "servers", "servers", object)
	if err != nil {
		return err
	}
	for i := range servers.members() {
		s, ok, err := r.follow(spot{r.main, &servers.kids[i].val})
		if err != nil {
			return err
		}
		if !ok || s.n.kind != object || len(r.api.Servers) >= 50 {
			continue
		}
		protocol := strings.ToLower(s.n.text("protocol"))
		host := s.n.text("host")
		if host == "" {
			host = r.expand(s)[0]
		}
		if _, rest, ok := strings.Cut(host, "://"); ok {
			host = rest
		}
		host, _, _ = strings.Cut(host, "/")
		u := url.URL{Scheme: protocol, Host: host}
		server := Server{URL: u.String(), Host: hostOf(&u), Protocol: protocol}
		if !validHost(server.Host) {
			r.warn(s, "the server %q names no fixed host; write it into the manifest", clip(host, 80))
			continue
		}
		r.api.Servers = append(r.api.Servers, server)
		r.security = append(r.security, alternatives(s.n.get("security"))...)
	}
	return nil
}

// schemeAsync reads a security scheme of AsyncAPI.
func (r *reader) schemeAsync(s spot, out *Scheme) {
	switch s.n.text("type") {
	case "userPassword", "plain", "scramSha256", "scramSha512", "gssapi":
		out.Type = "password"
	case "apiKey":
		out.Type = "api_key"
	case "X509":
		out.Type, out.In = "mtls", "tls"
	case "httpApiKey":
		apiKey(s.n, out)
	default:
		r.scheme3(s, out)
	}
}

// channels2 reads the channels of AsyncAPI 2. There, "publish" is what others
// may publish to the application.
func (r *reader) channels2(channels *node) error {
	for i := range channels.members() {
		m := &channels.kids[i]
		ch, ok, err := r.follow(spot{r.main, &m.val})
		if err != nil {
			return err
		}
		if !ok {
			continue
		}
		if ch.n.kind != object {
			return ch.doc.wrong(ch.n, "the channel "+clip(m.key, 80), object)
		}
		for _, side := range []struct {
			key, method string
			into        *[]Operation
		}{{"publish", "SEND", &r.api.Operations}, {"subscribe", "RECEIVE", &r.api.Webhooks}} {
			op, err := ch.doc.child(ch.n, side.key, side.key, object)
			if err != nil {
				return err
			}
			if op == nil {
				continue
			}
			o := Operation{Method: side.method, Path: clip(m.key, maxText)}
			messages := []spot{{ch.doc, op.get("message")}}
			if err := r.message(&o, spot{ch.doc, op}, messages, side.into); err != nil {
				return err
			}
		}
	}
	return nil
}

// operations3 reads the operations of AsyncAPI 3.
func (r *reader) operations3(root *node) error {
	ops, err := r.main.child(root, "operations", "operations", object)
	if err != nil {
		return err
	}
	for i := range ops.members() {
		m := &ops.kids[i]
		op, ok, err := r.follow(spot{r.main, &m.val})
		if err != nil {
			return err
		}
		if !ok {
			continue
		}
		if op.n.kind != object {
			return op.doc.wrong(op.n, "the operation "+clip(m.key, 80), object)
		}
		ch, ok, err := r.follow(spot{op.doc, op.n.get("channel")})
		if err != nil {
			return err
		}
		if !ok || ch.n == nil {
			r.warn(op, "the operation %q names no channel; it is left out", clip(m.key, 60))
			continue
		}
		o := Operation{ID: m.key, Method: "SEND", Path: clip(ch.n.text("address"), maxText)}
		into := &r.api.Operations
		if op.n.text("action") == "send" {
			o.Method, into = "RECEIVE", &r.api.Webhooks
		}
		messages := children(spot{op.doc, op.n.get("messages")})
		if len(messages) == 0 {
			messages = children(spot{ch.doc, ch.n.get("messages")})
		}
		if err := r.message(&o, op, messages, into); err != nil {
			return err
		}
	}
	return nil
}

func children(s spot) []spot {
	var out []spot
	for i := range s.n.members() {
		out = append(out, spot{s.doc, &s.n.kids[i].val})
	}
	return out
}

// message reads an operation and its messages, which may be alternatives.
func (r *reader) message(o *Operation, s spot, messages []spot, into *[]Operation) error {
	if len(*into) >= maxOperations {
		return s.doc.errorf(s.n, "more than %d operations", maxOperations)
	}
	id := o.ID
	if id == "" {
		if id = s.n.text("operationId"); id == "" {
			id = madeID(o.Method, o.Path)
		}
	}
	o.ID = r.unique(s, cleanID(id))
	o.Summary = oneLine(s.n.text("summary"))
	if tags := s.n.get("tags").members(); len(tags) > 0 {
		o.Tag = oneLine(tags[0].val.text("name"))
	}
	r.demand(o, r.security)
	for i := 0; i < len(messages) && i < maxParts; i++ {
		if messages[i].n == nil {
			continue
		}
		msg, ok, err := r.follow(messages[i])
		if err != nil {
			return err
		}
		if !ok {
			continue
		}
		if alt := msg.n.get("oneOf"); alt != nil {
			messages = append(messages, children(spot{msg.doc, alt})...)
			continue
		}
		if err := r.payload(o, msg); err != nil {
			return err
		}
	}
	slices.Sort(o.RequestTypes)
	o.RequestTypes = slices.Compact(o.RequestTypes)
	*into = append(*into, *o)
	return nil
}

// headers keeps the names of headers only: a header has one value.
func headers(fields []Field) []Field {
	out := make([]Field, 0, len(fields))
	for _, f := range fields {
		if segs := f.Path.Segments(); len(segs) > 0 && !segs[0].Any && segs[0].Name != "" {
			f.Path = drawbridge.FieldPath("").Child(segs[0].Name)
			out = append(out, f)
		}
	}
	return out
}

// payload adds what one message carries.
func (r *reader) payload(o *Operation, msg spot) error {
	media := msg.n.text("contentType")
	if media == "" {
		media = r.main.root.text("defaultContentType")
	}
	if media != "" {
		o.RequestTypes = append(o.RequestTypes, strings.ToLower(media))
	}
	body := spot{msg.doc, msg.n.get("payload")}
	format := msg.n.text("schemaFormat")
	if inner := body.n.get("schema"); inner != nil && body.n.get("schemaFormat") != nil {
		format, body.n = body.n.text("schemaFormat"), inner
	}
	for _, part := range []struct {
		s      spot
		at     drawbridge.At
		format string
	}{{spot{msg.doc, msg.n.get("headers")}, drawbridge.AtHeader, ""}, {body, drawbridge.AtRequest, format}} {
		if part.s.n == nil {
			continue
		}
		if f := part.format; f != "" && !strings.Contains(f, "json") && !strings.Contains(f, "asyncapi") && !strings.Contains(f, "openapi") {
			r.warn(part.s, "a message's schema is written in %q, which is not read; its fields are left out", clip(f, 60))
			continue
		}
		fields, err := r.body(part.s, part.at, o.Method == "SEND")
		if err != nil {
			return err
		}
		if part.at == drawbridge.AtHeader {
			fields = headers(fields)
		}
		r.add(o, placed(fields, "", true)...)
	}
	return nil
}
