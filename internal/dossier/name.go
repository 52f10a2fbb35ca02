package dossier

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxName bounds a file's name, in bytes.
const maxName = 150

// devices are names that mean something else on some machines.
var devices = []string{"con", "prn", "aux", "nul", "com1", "com2", "com3", "com4", "lpt1", "lpt2", "lpt3"}

// SafeName is a file's name as it can be kept anywhere: one part of a path,
// nothing that cannot be seen or that turns the direction of writing, and an end
// that goes with the type that was recognised.
func SafeName(name, media string) string {
	name = strings.ToValidUTF8(name, "_")
	name = name[strings.LastIndexAny(name, "/\\")+1:]
	name = strings.Map(func(r rune) rune {
		switch {
		case r == utf8.RuneError || !unicode.IsPrint(r) && r != ' ' || unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Bidi_Control, r):
			return -1
		case strings.ContainsRune(`<>:"|?*;%`, r):
			return '_'
		}
		return r
	}, name)
	name = strings.Trim(name, " .")
	end := ""
	for _, e := range endings[media] {
		if strings.HasSuffix(strings.ToLower(name), e) {
			end = name[len(name)-len(e):]
			name = strings.TrimRight(name[:len(name)-len(e)], " .")
		}
	}
	if end == "" && len(endings[media]) > 0 {
		end = endings[media][0]
	}
	for len(name)+len(end) > maxName {
		_, n := utf8.DecodeLastRuneInString(name)
		name = name[:len(name)-n]
	}
	first, _, _ := strings.Cut(strings.ToLower(name), ".")
	if name == "" || slices.Contains(devices, strings.TrimSpace(first)) {
		name = "document_" + name
	}
	return strings.TrimRight(name, "_ .") + end
}
