package web

// accountArea is what people change of their own.
func accountArea() area {
	return area{}
}
