package api

// lifecycleRoutes are the routes of what follows a decision.
func lifecycleRoutes() []Route {
	return []Route{}
}
