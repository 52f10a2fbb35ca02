package twin

import (
	"encoding/json"
	"fmt"
)

// dataFlaws show more than the specification and the manifest say, or something else.
func dataFlaws() []*flaw {
	return []*flaw{
		{
			id: "DATA-01", title: "Answers carry fields that the specification does not name", effect: doRead, needs: rich,
			show: func(x *exchange, _ *object, view map[string]any) {
				if x.at("DATA-01") {
					view["internal_risk_score"] = 37
					view["shard"] = "eu-3b"
				}
			},
		},
		{
			id: "DATA-02", title: "An answer carries a password hash", effect: doRead,
			show: func(x *exchange, _ *object, view map[string]any) {
				if x.at("DATA-02") {
					leak(view, "password_hash", "$2b$12$abcdefghijklmnopqrstuuJ0mJ3cQ7wV5yX1zA9bD8fG6hK4lM2nO")
				}
			},
		},
		{
			id: "DATA-02/token", title: "An answer carries another user's token", effect: doRead,
			show: func(x *exchange, _ *object, view map[string]any) {
				if x.at("DATA-02/token") {
					leak(view, "session_token", x.t.mint(x, x.t.people[1]))
				}
			},
		},
		{
			id: "DATA-03", title: "A free text carries personal data that nobody declared", effect: doRead,
			needs: func(s *style) bool { return s.text != "" },
			show: func(x *exchange, o *object, view map[string]any) {
				if o != nil && x.with("DATA-03") {
					p := person(9)
					view[x.t.style.text] = fmt.Sprintf("Call %s on %s or write to %s; pay to %s or from card %s.", p.name, p.phone, p.email, p.iban, p.card)
				}
			},
		},
		{
			id: "SCHEMA-01", title: "An operation answers with a status that it does not declare", effect: doRead, needs: rich,
			finish: func(x *exchange, a *answer) {
				if x.at("SCHEMA-01") && a.status == 200 {
					a.status = 203
				}
			},
		},
		{
			id: "SCHEMA-01/create", title: "A creation answers with a status that it does not declare", effect: doCreate, needs: rich,
			finish: func(x *exchange, a *answer) {
				if x.at("SCHEMA-01/create") && a.status == 201 {
					a.status = 202
				}
			},
		},
		{
			id: "SCHEMA-02", title: "An operation answers with a content type that it does not declare", effect: doRead, needs: rich,
			finish: func(x *exchange, a *answer) {
				if x.at("SCHEMA-02") && a.status == 200 {
					a.media = "text/plain; charset=utf-8"
				}
			},
		},
		{
			id: "SCHEMA-03", title: "A value has another type than the specification says", effect: doRead, needs: rich,
			show: func(x *exchange, _ *object, view map[string]any) {
				if x.at("SCHEMA-03") {
					breakType(x.op.out, view)
				}
			},
		},
		{
			id: "SCHEMA-03/missing", title: "A field that the specification requires is missing", effect: doRead, needs: rich,
			show: func(x *exchange, _ *object, view map[string]any) {
				if x.at("SCHEMA-03/missing") {
					delete(view, x.op.out[len(x.op.out)-1].name)
				}
			},
		},
	}
}

// rich reports a specification that says what answers hold.
func rich(s *style) bool { return !s.poor }

// leak puts a value where the specification allows any text, else beside the fields.
func leak(view map[string]any, name, value string) {
	if m, ok := view["metadata"].(map[string]any); ok {
		m[name] = value
		return
	}
	view[name] = value
}

// breakType writes the first number as a text, or puts a number for a text.
func breakType(fields []field, view map[string]any) {
	for _, f := range fields {
		if m, ok := view[f.name].(map[string]any); ok && f.kind == record {
			breakType(f.of, m)
			return
		}
		if f.kind == number && f.name != "id" {
			view[f.name] = fmt.Sprint(view[f.name], ".0")
			return
		}
	}
	for _, f := range fields {
		if f.kind == text && len(f.enum) == 0 && f.name != "id" {
			view[f.name] = 17
			return
		}
	}
}

// plain turns a decoded number into one that is stored.
func plain(v any) any {
	if n, ok := v.(json.Number); ok {
		f, _ := n.Float64()
		return f
	}
	return clone(v)
}
