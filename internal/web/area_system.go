package web

// systemArea is what keeps the server and its record.
func systemArea() area {
	return area{name: "Administration"}
}
