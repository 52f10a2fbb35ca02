package api

import (
	"reflect"
	"time"

	"drawbridge/internal/access"
)

// Flags are what is special about a route.
type Flags uint

// The flags.
const (
	Public      Flags = 1 << iota // answers without sign-in
	SignedIn                      // answers whoever is signed in, about themselves alone
	Partner                       // answers a partner who came by a link, and nobody with an account
	Loopback                      // answers only to the machine itself
	Paged                         // a list with a cursor
	Idempotent                    // takes an Idempotency-Key
	Conditional                   // must name the version that it changes, by If-Match
	Streams                       // the answer is no JSON document, and has no limit in size
	Large                         // takes files
	Upload                        // takes one file, which is never held in memory
	Bulk                          // takes a JSON document that may be large
	Slow                          // may take minutes
)

// Route is one line of the table: what is asked, who may, and who answers.
type Route struct {
	Method  string
	Pattern string // of net/http
	Name    string
	Action  access.Action // what the desk asks the table of permissions; routes that are Public or SignedIn may have none
	Summary string
	Status  int
	Flags   Flags
	handler
}

// Has reports whether the route has a flag.
func (r *Route) Has(f Flags) bool { return r.Flags&f != 0 }

// bodyLimit is how many bytes a request may send.
func (r *Route) bodyLimit() int64 {
	switch {
	case r.Has(Large):
		return 128 << 20
	case r.Has(Bulk):
		return 33 << 20 // a run file, and what stands around it
	case r.Has(Upload):
		return 64 << 20 // the desk knows the limit of the file
	}
	return 1 << 20
}

// patience is how long an answer may take.
func (r *Route) patience() time.Duration {
	if r.Has(Large | Upload | Bulk | Streams | Slow) {
		return 10 * time.Minute
	}
	return time.Minute
}

// handler is the last column of the table.
type handler struct {
	In, Out reflect.Type
	run     func(*API, *call) (any, error)
}

// does makes a handler of a method: the types say what is decoded and encoded.
func does[In, Out any](fn func(*API, *call, In) (Out, error)) handler {
	return handler{reflect.TypeFor[In](), reflect.TypeFor[Out](), func(a *API, c *call) (any, error) {
		var in In
		if err := c.decode(&in); err != nil {
			return nil, err
		}
		out, err := fn(a, c, in)
		complete(reflect.ValueOf(&out).Elem())
		return out, err
	}}
}

// complete makes every list and map present: an empty one reads as [] or {}, never as null.
func complete(v reflect.Value) {
	switch v.Kind() { //nolint:exhaustive // the other kinds hold no lists
	case reflect.Struct:
		for _, f := range v.Fields() {
			if f.CanSet() {
				complete(f)
			}
		}
	case reflect.Pointer:
		if !v.IsNil() {
			complete(v.Elem())
		}
	case reflect.Map:
		if v.IsNil() && v.CanSet() {
			v.Set(reflect.MakeMap(v.Type()))
		}
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			return
		}
		if v.IsNil() {
			v.Set(reflect.MakeSlice(v.Type(), 0, 0))
		}
		for i := range v.Len() {
			complete(v.Index(i))
		}
	}
}
