package web

// Route is what tests know of a route.
type Route struct {
	Method, Pattern                    string
	Public, Visitor, Loopback, Uploads bool
}

// Routes are those of every area.
func Routes() (out []Route) {
	for _, a := range areas() {
		for _, r := range a.routes {
			out = append(out, Route{r.method, r.pattern, r.has(public), r.has(visitor), r.has(loopback), r.has(upload)})
		}
	}
	return out
}
