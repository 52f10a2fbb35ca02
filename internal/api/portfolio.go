package api

// portfolioRoutes are the routes of the portfolio.
func portfolioRoutes() []Route {
	return []Route{}
}
