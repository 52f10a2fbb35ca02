package api_test

// dossierFixtures are the rows of the matrix for the routes of what is on file.
var dossierFixtures = map[string]func(*matrix, *caller, bool) request{}
