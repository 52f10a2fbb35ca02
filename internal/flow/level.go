package flow

import "drawbridge"

// effect is what one transform does to the level of a data element.
type effect struct {
	transform string
	steps     int              // levels down
	floor     drawbridge.Level // never below this level by the steps
	removes   bool             // the element does not cross at all
	why       string
}

// effects is the one table of what transforms do to levels. A level that lies
// at or below the floor already stays as it is: no transform raises a level.
//
// Pseudonyms keep the level of personal data: they still single a person out
// (GDPR recital 26). Operators that anyone with the key can undo take off one
// level, those that the receiver cannot undo take off two.
var effects = []effect{
	{"keep", 0, drawbridge.LevelPublic, false, "nothing is done"},
	{"mask", 1, drawbridge.LevelPersonal, false, "a part of the value stays, and narrows"},
	{"shift", 1, drawbridge.LevelPersonal, false, "order and distance stay"},
	{"fpe", 1, drawbridge.LevelPersonal, false, "a pseudonym that the key undoes, and small sets are guessed"},
	{"hmac", 2, drawbridge.LevelPersonal, false, "a pseudonym that the receiver cannot undo"},
	{"token", 2, drawbridge.LevelPersonal, false, "a pseudonym that only our vault undoes"},
	{"generalise", 1, drawbridge.LevelInternal, false, "many people share the value that is left"},
	{"redact", 4, drawbridge.LevelInternal, false, "the value is gone; that there was one still shows"},
	{"synth", 4, drawbridge.LevelInternal, false, "the value is made up; its shape still shows"},
	{"drop", 0, drawbridge.LevelPublic, true, "the field does not cross"},
}

// After returns the level of a data element once a transform has been applied,
// and whether it crosses at all. No transform, or one that the table lacks,
// changes nothing. A level that nobody knows stays unknown, because nobody can
// say that an operator fits data that nobody named.
func After(l drawbridge.Level, transform string) (drawbridge.Level, bool) {
	for _, e := range effects {
		if e.transform != transform {
			continue
		}
		if e.removes {
			return l, false
		}
		if l <= e.floor {
			return l, true
		}
		return max(l-drawbridge.Level(e.steps), e.floor), true
	}
	return l, true
}
