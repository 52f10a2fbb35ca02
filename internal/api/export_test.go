package api

// SetRoutes replaces the table, so that tests try what no route of the product does.
func (a *API) SetRoutes(routes []Route) { a.routes = routes }

// Handle makes a function the handler of a route.
func Handle[In, Out any](r *Route, fn func(In) (Out, error)) {
	r.handler = does(func(_ *API, _ *call, in In) (Out, error) { return fn(in) })
}

// Document reads a JSON document strictly.
func Document(data []byte, in any) error { return document(data, in) }
