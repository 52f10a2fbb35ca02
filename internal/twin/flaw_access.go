package twin

import "slices"

// accessFlaws let in who should stay out, or show what is another's.
func accessFlaws() []*flaw {
	return []*flaw{
		{
			id: "AUTHN-01", title: "One operation is served without a credential", effect: doRead,
			admit: func(x *exchange, given bool) bool { return !given && x.at("AUTHN-01") },
		},
		{
			id: "AUTHN-01/list", title: "A list is served without a credential", effect: doList,
			admit: func(x *exchange, given bool) bool {
				return !given && x.op.res != nil && x.op.effect == doList && x.op.res.name == x.t.style.main
			},
		},
		{
			id: "AUTHN-01/all", title: "Every operation is served without a credential",
			admit: func(_ *exchange, given bool) bool { return !given },
		},
		{
			id: "AUTHN-02", title: "One operation takes any credential", effect: doRead,
			admit: func(x *exchange, given bool) bool { return given && x.at("AUTHN-02") },
		},
		{
			id: "AUTHN-02/all", title: "Every operation takes any credential",
			admit: func(_ *exchange, given bool) bool { return given },
		},
		{
			id: "BOLA-01", title: "One operation reads every tenant's objects", effect: doRead,
			owns: func(x *exchange) bool { return x.at("BOLA-01") },
		},
		{
			id: "BOLA-01/nested", title: "The objects under another tenant's object are listed",
			needs: func(s *style) bool {
				return slices.ContainsFunc(s.resources, func(r *resource) bool { return r.parent != "" && r.seed > 0 })
			},
			owns: func(x *exchange) bool { return x.op.effect == doList && x.op.res.parent != "" },
		},
		{
			id: "BOLA-01/all", title: "Every operation works on every tenant's objects",
			owns: func(*exchange) bool { return true },
		},
		{
			id: "MASS-01", title: "A privilege that the caller sends is stored", effect: doUpdate, needs: hasGuarded,
			write: func(x *exchange, kept map[string]any) {
				if !x.with("MASS-01") {
					return
				}
				for _, f := range x.op.res.fields {
					v, given := x.sent[f.name]
					if s, isText := v.(string); isText && x.t.style.form {
						v = fromText(f, s)
					}
					if given && f.guarded {
						if good, bad, _ := f.judge(v, false, ""); len(bad) == 0 {
							kept[f.name] = good
						}
					}
				}
			},
		},
		{
			id: "MASS-01/hidden", title: "A privilege that the specification does not name is stored and shown", effect: doUpdate,
			write: func(x *exchange, kept map[string]any) {
				if !x.with("MASS-01/hidden") {
					return
				}
				for _, name := range hidden() {
					if v, given := x.sent[name]; given {
						kept[name] = plain(v)
					}
				}
			},
			show: func(x *exchange, o *object, view map[string]any) {
				for _, name := range hidden() {
					if o != nil && o.fields[name] != nil && x.with("MASS-01/hidden") {
						view[name] = o.fields[name]
					}
				}
			},
		},
	}
}

// hidden are the fields of the partner's own model that no document names.
func hidden() []string { return []string{"role", "is_admin", "admin"} }

// hasGuarded reports that the resource that MASS-01 shows on has a privilege.
func hasGuarded(s *style) bool {
	o := (&flaw{id: "MASS-01", effect: doUpdate}).spot(s, s.compile())
	return o != nil && slices.ContainsFunc(o.res.fields, func(f field) bool { return f.guarded })
}
