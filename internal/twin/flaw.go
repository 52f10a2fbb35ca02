package twin

import (
	"crypto/tls"
	"slices"
	"strings"

	"drawbridge"
)

// Flaw is one thing that a twin can be made to do wrong.
type Flaw struct {
	ID     string // check id, with /variant after it where there are several
	Check  string // check that must find it
	Title  string
	Styles []string
	TLS    bool // shows only on a twin that speaks TLS
}

// flaw is one row of the table: an id and the hooks by which it shows. A new
// flaw is a new row; a new hook is a field here and one call in the server.
type flaw struct {
	id, title string
	effect    effect // operation of the style's main resource that it shows on
	styles    []scheme
	needs     func(s *style) bool // nil: every style with such an operation
	overTLS   bool

	admit     func(x *exchange, given bool) bool                // let a caller in who has no valid credential
	owns      func(x *exchange) bool                            // show every tenant's objects
	write     func(x *exchange, kept map[string]any)            // store what the request says beyond kept
	show      func(x *exchange, o *object, view map[string]any) // change what an answer shows
	refuse    func(x *exchange, p *problem, a *answer)          // change an error answer
	finish    func(x *exchange, a *answer)                      // change the answer as a whole
	origin    func(x *exchange, origin string) bool             // let a web page in
	claims    func(claims map[string]any, who *principal)       // change a token's claims
	accept    func(alg, signature string) bool                  // take a token whatever its signature
	secret    string                                            // sign tokens with it
	unlimited bool                                              // no limit of rate
	tls       func(c *tls.Config)                               // change the handshake
	cert      certKind                                          // present another certificate
	plain     bool                                              // serve clear text on the TLS port
}

func (f *flaw) check() string { id, _, _ := strings.Cut(f.id, "/"); return id }

// spot is the operation that the flaw shows on in the style, nil where it has none.
func (f *flaw) spot(s *style, ops []*operation) *operation {
	for _, o := range ops { // a variant stands where its check does, when it is about the same kind of operation
		if o.id == s.spots[f.check()] && o.effect == f.effect {
			return o
		}
	}
	for _, o := range ops {
		if o.res != nil && o.res.name == s.main && o.effect == f.effect {
			return o
		}
	}
	return nil
}

func (f *flaw) fits(s *style, ops []*operation) bool {
	switch {
	case len(f.styles) > 0 && !slices.Contains(f.styles, s.auth), f.needs != nil && !f.needs(s):
		return false
	}
	return f.effect == "" || f.spot(s, ops) != nil
}

func table() []*flaw {
	return slices.Concat(accessFlaws(), dataFlaws(), errorFlaws(), headerFlaws(), tokenFlaws(), transportFlaws())
}

// Flaws lists every flaw, sorted by id.
func Flaws() []Flaw {
	var out []Flaw
	all := styles()
	for _, f := range table() {
		row := Flaw{ID: f.id, Check: f.check(), Title: f.title, TLS: f.overTLS}
		for _, s := range all {
			if f.fits(s, s.compile()) {
				row.Styles = append(row.Styles, s.name)
			}
		}
		out = append(out, row)
	}
	slices.SortFunc(out, func(a, b Flaw) int { return strings.Compare(a.ID, b.ID) })
	return out
}

// Set switches a flaw on or off. It holds from the next request on.
func (t *Twin) Set(id string, on bool) error {
	i := slices.IndexFunc(t.table, func(f *flaw) bool { return f.id == id })
	if i < 0 {
		return drawbridge.Errorf(drawbridge.Invalid, "%q is not a flaw; twin.Flaws lists them", id)
	}
	f := t.table[i]
	if !f.fits(t.style, t.ops) {
		return drawbridge.Errorf(drawbridge.Invalid, "the style %s cannot have the flaw %s", t.style.name, id)
	}
	if f.overTLS && !t.tls.On {
		return drawbridge.Errorf(drawbridge.Invalid, "the flaw %s needs a twin that speaks TLS; set Options.TLS.On", id)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	active := slices.DeleteFunc(slices.Clone(*t.on.Load()), func(g *flaw) bool { return g == f })
	if on {
		active = append(active, f)
		slices.SortFunc(active, func(a, b *flaw) int { return strings.Compare(a.id, b.id) })
	}
	t.on.Store(&active)
	return nil
}

// Flaws returns the ids of the flaws that are on, sorted.
func (t *Twin) Flaws() []string {
	out := []string{}
	for _, f := range *t.on.Load() {
		out = append(out, f.id)
	}
	return out
}

// at reports whether the request is for the operation that the flaw shows on.
func (x *exchange) at(id string) bool { return x.op != nil && x.op == x.t.spots[id] }

// with reports whether the request is for the resource that the flaw shows on.
func (x *exchange) with(id string) bool {
	spot := x.t.spots[id]
	return x.op != nil && spot != nil && x.op.res != nil && x.op.res == spot.res
}
