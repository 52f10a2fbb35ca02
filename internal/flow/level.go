package flow

import "drawbridge"

// effect is what one transform does to a data element.
type effect struct {
	transform string
	steps     int              // levels down
	floor     drawbridge.Level // never below this level by the steps
	rest      float64          // share of the level's exposure that is left
	removes   bool             // the element does not cross at all
	why       string
}

// effects is the one table of what transforms do. A level that lies at or below
// the floor already stays as it is: no transform raises a level.
//
// Pseudonyms keep the level of personal data: they still single a person out
// (GDPR recital 26). Operators that anyone with the key can undo take off one
// level, those that the receiver cannot undo take off two. What the level does
// not tell, that a pseudonym or a part gives away less than the value itself,
// the rest tells; it counts in the exposure alone.
var effects = []effect{
	{"keep", 0, drawbridge.LevelPublic, 1, false, "nothing is done"},
	{"mask", 1, drawbridge.LevelPersonal, 0.7, false, "a part of the value stays, and narrows"},
	{"shift", 1, drawbridge.LevelPersonal, 0.7, false, "order and distance stay"},
	{"fpe", 1, drawbridge.LevelPersonal, 0.7, false, "a pseudonym that the key undoes, and small sets are guessed"},
	{"hmac", 2, drawbridge.LevelPersonal, 0.5, false, "a pseudonym that the receiver cannot undo"},
	{"token", 2, drawbridge.LevelPersonal, 0.5, false, "a pseudonym that only our vault undoes"},
	{"generalise", 1, drawbridge.LevelInternal, 0.7, false, "many people share the value that is left"},
	{"redact", 4, drawbridge.LevelInternal, 0.1, false, "the value is gone; that there was one still shows"},
	{"synth", 4, drawbridge.LevelInternal, 0.1, false, "the value is made up; its shape still shows"},
	{"drop", 0, drawbridge.LevelPublic, 0, true, "the field does not cross"},
}

// weights gives a data element's points by its level, public to restricted:
// each level weighs about three times the one below.
var weights = [...]float64{0, 1, 3, 10, 30}

// weigh returns the points of a data element once a transform has been applied.
func weigh(l drawbridge.Level, transform string) float64 {
	after, crosses := After(l, transform)
	if !crosses {
		return 0
	}
	for _, e := range effects {
		if e.transform == transform && l != drawbridge.LevelUnknown {
			return weights[after.Worst()] * e.rest
		}
	}
	return weights[after.Worst()]
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
