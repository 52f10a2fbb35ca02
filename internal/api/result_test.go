package api_test

// resultFixtures are the rows of the matrix for the routes of results of tests.
var resultFixtures = map[string]func(*matrix, *caller, bool) request{}
