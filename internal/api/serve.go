package api

import (
	"context"
	"net/http"
	"path"
	"strings"

	"drawbridge"
	"drawbridge/internal/action"
	"drawbridge/internal/front"
)

// prefix is where the routes are.
const prefix = "/api/v1/"

// call is one request on its way through a route.
type call struct {
	*front.Call

	api   *API
	route *Route // nil when none fits
	key   string // idempotency key
	match int64  // version that If-Match names
}

// Handler answers everything below /api/v1/, and says not_found to the rest.
func (a *API) Handler() http.Handler {
	mux := http.NewServeMux()
	for i := range a.routes {
		mux.Handle(a.routes[i].Method+" "+a.routes[i].Pattern, a.serve(&a.routes[i], nil))
	}
	nothing := a.serve(nil, mux)
	mux.Handle("/", nothing)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if path.Clean(r.URL.Path) != r.URL.Path { // the mux would redirect
			nothing.ServeHTTP(w, r)
			return
		}
		mux.ServeHTTP(w, r)
	})
}

// serve answers the requests of one route, or those that no route fits.
func (a *API) serve(route *Route, mux *http.ServeMux) http.Handler {
	pattern := "none"
	if route != nil {
		pattern = route.Pattern
	}
	return a.opt.Front.Serve("api", pattern, func(in *front.Call) error {
		c := &call{Call: in, api: a, route: route}
		if route == nil {
			return c.nothing(mux)
		}
		return c.answer()
	}, problem)
}

// answer runs the route.
func (c *call) answer() error {
	ctx, cancel := context.WithTimeout(c.R.Context(), c.route.patience())
	defer cancel()
	receipt := action.Receipt{Seq: -1}
	c.R = c.R.WithContext(action.Trace(ctx, &receipt))
	defer c.Pace(ctx, c.route.bodyLimit())()
	if err := c.authenticate(); err != nil {
		return err
	}
	if err := c.conditions(); err != nil {
		return err
	}
	leave, err := c.turn(ctx)
	if err != nil {
		return err
	}
	defer leave()
	out, err := c.route.run(c.api, c)
	if err != nil {
		return err
	}
	if c.Entry = receipt.Seq; receipt.Replayed {
		c.W.Header().Set("Idempotent-Replayed", "true")
	}
	return c.encode(out)
}

// light is what a request may hold in memory without waiting for a turn.
const light = 4 << 20

// turn waits for a turn at what needs much memory, or much of the disk.
func (c *call) turn(ctx context.Context) (leave func(), err error) {
	queue := c.api.opt.Front.Heavy
	switch {
	case c.route.Has(Upload):
		queue = c.api.opt.Front.Uploads
	case !c.route.Has(Large | Bulk), c.R.Method == http.MethodPost && c.R.ContentLength >= 0 && c.R.ContentLength <= light:
		return func() {}, nil
	}
	return c.Wait(ctx, queue)
}

// nothing answers when no route fits: the address takes other methods, or none.
func (c *call) nothing(mux *http.ServeMux) error {
	var allowed []string
	if path.Clean(c.R.URL.Path) == c.R.URL.Path {
		for _, m := range front.Methods {
			probe := c.R.Clone(c.R.Context())
			probe.Method = m
			if _, pattern := mux.Handler(probe); pattern != "/" {
				allowed = append(allowed, m)
			}
		}
	}
	if allowed == nil {
		return noSuchAddress()
	}
	c.W.Header().Set("Allow", strings.Join(append(allowed, http.MethodOptions), ", "))
	if c.R.Method == http.MethodOptions {
		c.W.WriteHeader(http.StatusNoContent)
		return nil
	}
	return &refusal{http.StatusMethodNotAllowed, drawbridge.Errorf(drawbridge.Invalid, "this address does not take %s; it takes %s", front.Method(c.R.Method), strings.Join(allowed, ", "))}
}

func noSuchAddress() error {
	return drawbridge.Errorf(drawbridge.NotFound, "there is nothing at this address; %sopenapi.json lists what there is", prefix)
}
