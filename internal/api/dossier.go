package api

// dossierRoutes are the routes of what is on file.
func dossierRoutes() []Route {
	return []Route{}
}
