package api

// inquiryRoutes are the routes of questionnaires.
func inquiryRoutes() []Route {
	return []Route{}
}
