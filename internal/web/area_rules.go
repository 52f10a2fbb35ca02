package web

// rulesArea is what integrations are held to.
func rulesArea() area {
	return area{name: "Rules"}
}
