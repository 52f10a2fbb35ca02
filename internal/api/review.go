package api

// reviewRoutes are the routes of reviews.
func reviewRoutes() []Route {
	return []Route{}
}
