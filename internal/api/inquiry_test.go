package api_test

// inquiryFixtures are the rows of the matrix for the routes of questionnaires.
var inquiryFixtures = map[string]func(*matrix, *caller, bool) request{}
