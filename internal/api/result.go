package api

// resultRoutes are the routes of results of tests.
func resultRoutes() []Route {
	return []Route{}
}
