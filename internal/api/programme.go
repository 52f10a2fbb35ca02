package api

// programmeRoutes are the routes of the programme.
func programmeRoutes() []Route {
	return []Route{}
}
