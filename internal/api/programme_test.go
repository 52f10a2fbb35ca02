package api_test

// programmeFixtures are the rows of the matrix for the routes of the programme.
var programmeFixtures = map[string]func(*matrix, *caller, bool) request{}
