package flow

import "slices"

// eea lists the European Economic Area, which counts as one place: the
// twenty-seven member states, Iceland, Liechtenstein and Norway.
var eea = []string{
	"AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE", "IS",
	"IT", "LI", "LT", "LU", "LV", "MT", "NL", "NO", "PL", "PT", "RO", "SE", "SI", "SK",
}

// place returns the area that a country code belongs to.
func place(code string) string {
	if code == "EU" {
		return "EEA"
	}
	if _, ok := slices.BinarySearch(eea, code); ok {
		return "EEA"
	}
	return code
}

// Outside returns the codes among where that lie outside at least one of the
// origins, sorted and without repetition. The EEA counts as one place. No
// origin at all means that nothing is known to be outside.
func Outside(origin, where []string) []string {
	var out []string
	for _, w := range where {
		for _, o := range origin {
			if place(o) != place(w) {
				out = append(out, w)
				break
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}
