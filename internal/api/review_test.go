package api_test

// reviewFixtures are the rows of the matrix for the routes of reviews.
var reviewFixtures = map[string]func(*matrix, *caller, bool) request{}
