package api_test

// portfolioFixtures are the rows of the matrix for the routes of the portfolio.
var portfolioFixtures = map[string]func(*matrix, *caller, bool) request{}
