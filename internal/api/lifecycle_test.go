package api_test

// lifecycleFixtures are the rows of the matrix for the routes of what follows a decision.
var lifecycleFixtures = map[string]func(*matrix, *caller, bool) request{}
