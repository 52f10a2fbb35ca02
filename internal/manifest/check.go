package manifest

import "regexp"

var slug = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$`)

func check(doc *Doc, set settings) Problems { return nil }

func (l *loader) check() Problems { return nil }
