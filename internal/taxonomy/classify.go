package taxonomy

import (
	"slices"
	"strings"

	"drawbridge"
)

// Field is what a specification says about one field.
type Field struct {
	Name        string
	Parents     []string // names of the objects around it, outermost first
	Type        string   // string, integer, number, boolean, object; empty when unknown
	Format      string
	Pattern     string
	Description string
	Example     string
	Enum        []string
	At          drawbridge.At
	Operation   string
	Tag         string
}

// Guess is the category that a field most likely has. An empty Category means
// that there is not enough evidence; then Level is unknown and Confidence 0.
//
// Confidence comes in bands: from 0.9 the name and a second sign agree; from
// 0.75 the name alone is clear; below that it is a hint to be confirmed.
type Guess struct {
	Category   string
	Level      drawbridge.Level
	Confidence float64
	Reason     string
}

// The scale of confidence. Special categories and data about children need
// strictConfidence, since a wrong one costs more trust than a missed one.
const (
	leastConfidence  = 0.5
	strictConfidence = 0.78
	sureConfidence   = 0.7 // from here on the name needs no help
	mostConfidence   = 0.98
)

// The weights of the evidence. They are set so that a longer key beats a
// shorter one, and a key in its context beats one that needs none.
const (
	scoreWord     = 0.82  // a key of one word
	scorePhrase   = 0.88  // a key of several words
	scoreHint     = 0.60  // a key that is only a hint
	scoreText     = 0.56  // a key found in the description
	perWord       = 0.02  // each further word of a key
	withContext   = 0.03  // the context that the key needs is there
	crossing      = -0.02 // part of the key is the parent's name
	strangeWord   = -0.02 // a word before the key that nothing is known about
	fillerWord    = -0.02 // a word after the key that changes nothing
	formatAgrees  = 0.08
	exampleAgrees = 0.06
	exampleFights = -0.25
	typeUnknown   = -0.10 // special categories only
)

// contextDecay is what the distance of the context costs: in the name, in a
// parent, in the operation, in the description.
var contextDecay = [told + 1]float64{0, -0.02, -0.09, -0.16, -0.2, -0.12}

// told is the distance of the description; it serves keys of several words only.
const told = far + 1

// match is one category with the evidence for it.
type match struct {
	entry
	score      float64
	start, end int // the words of the path that the key covers
	distance   int
}

// Classify says which category the field most likely belongs to, and why. It
// looks at the head of the name first: email_template is a template, no address.
func (t *Taxonomy) Classify(f Field) Guess {
	x := t.index
	var p path
	x.read(&p, &f)
	shape := shapeOf(f.Example)
	best, ok := x.byName(&p, &f, shape)
	if ok && best.score >= sureConfidence {
		return x.guess(&p, &f, best, shape)
	}
	g, fromSign := x.bySign(&p, &f, shape)
	if text, found := x.byText(&p, &f, shape); found && text.Confidence > g.Confidence {
		g, fromSign = text, true
	}
	if ok && (!fromSign || best.score >= g.Confidence) {
		return x.guess(&p, &f, best, shape)
	}
	if !fromSign {
		return Guess{Level: drawbridge.LevelUnknown}
	}
	return g
}

// byName looks for the keys that end the path.
func (x *index) byName(p *path, f *Field, shape string) (match, bool) {
	var best match
	found := false
	for end := p.n; end > p.own && !found; end-- {
		for start := max(0, end-5); start < end; start++ {
			for _, e := range x.lookup(p, start, end) {
				m := match{entry: e, start: start, end: end}
				if x.score(p, f, &m, shape) && (!found || m.score > best.score) {
					best, found = m, true
				}
			}
		}
		if end-1 == p.own || p.masks[end-1]&x.filler == 0 {
			break
		}
	}
	return best, found
}

// lookup finds the entries of a run of words; a number at its end may be missing.
func (x *index) lookup(p *path, start, end int) []entry {
	phrase := p.phrase(start, end)
	if found := x.phrases[string(phrase)]; found != nil {
		return found
	}
	cut := len(phrase)
	for cut > 0 && isDigit(phrase[cut-1]) {
		cut--
	}
	if cut == len(phrase) || cut == 0 {
		return nil
	}
	return x.phrases[string(phrase[:cut])]
}

// score weighs a match; false means that something rules it out.
func (x *index) score(p *path, f *Field, m *match, shape string) bool {
	c := &x.categories[m.category]
	if !fits(c, f) {
		return false
	}
	switch {
	case m.weak:
		m.score = scoreHint
	case m.words > 1:
		m.score = scorePhrase
	default:
		m.score = scoreWord
	}
	m.score += perWord * float64(m.end-m.start-1)
	if m.context != 0 {
		m.distance = p.distance(m.context, x.filler, m.start)
		if m.distance < 0 && m.words > 1 && x.describe(p, f)&m.context != 0 {
			m.distance = told
		}
		if m.distance < 0 {
			return false
		}
		if m.distance > 0 && p.turned(m, x.filler) {
			return false
		}
		m.score += withContext + contextDecay[m.distance]
	}
	if m.start < p.own {
		m.score += crossing
	}
	for i := p.own; i < m.start; i++ {
		if p.masks[i] == 0 && i >= m.start-3 {
			m.score += strangeWord
		}
	}
	m.score += fillerWord * float64(p.n-m.end)
	m.score += agreement(c, f, shape)
	if x.special[m.category] {
		if f.Type == "" {
			m.score += typeUnknown
		}
		if m.score < strictConfidence {
			return false
		}
	}
	return m.score >= leastConfidence && !p.vetoed(x.neg[m.category])
}

// fits reports whether type, format and enumeration allow the category.
func fits(c *Category, f *Field) bool {
	if f.Type != "" && f.Type != "array" && f.Type != "null" && !allows(c.Types, f.Type) {
		return false
	}
	if len(f.Enum) > 0 && f.Type != "boolean" && !allows(c.Types, "enum") {
		return false
	}
	return !telling(f.Format) || slices.Contains(c.Formats, f.Format)
}

// allows reports whether the type is listed; no list means text.
func allows(types []string, t string) bool {
	if len(types) == 0 {
		return t == "string"
	}
	return slices.Contains(types, t)
}

// telling reports whether a format leaves no doubt about the kind of value.
func telling(format string) bool {
	switch format {
	case "email", "idn-email", "uri", "url", "uri-reference", "uri-template", "iri", "date", "date-time", "time", "duration",
		"ipv4", "ipv6", "uuid", "hostname", "password", "iban", "date-time-rfc-2822":
		return true
	}
	return false
}

// agreement is what format and example add to a category or take from it.
func agreement(c *Category, f *Field, shape string) float64 {
	sum := 0.0
	if f.Format != "" && slices.Contains(c.Formats, f.Format) {
		sum += formatAgrees
	}
	if accepted := shapeFormats(shape); accepted != nil {
		if slices.ContainsFunc(accepted, func(s string) bool { return slices.Contains(c.Formats, s) }) {
			sum += exampleAgrees
		} else {
			sum += exampleFights
		}
	}
	return sum
}

// shapeFormats returns the formats that go with the shape of an example; nil
// when the shape rules nothing out.
func shapeFormats(shape string) []string {
	switch shape {
	case "email":
		return []string{"email"}
	case "url":
		return []string{"uri", "url"}
	case "date":
		return []string{"date", "date-time"}
	case "uuid":
		return []string{"uuid"}
	case "ip":
		return []string{"ipv4", "ip"}
	case "iban", "jwt":
		return []string{shape}
	}
	return nil
}

// guess turns a match into the answer with its reason.
func (x *index) guess(p *path, f *Field, m match, shape string) Guess {
	c := &x.categories[m.category]
	var b strings.Builder
	b.WriteString("name `")
	for i := max(m.start, p.own); i < m.end; i++ {
		if i > max(m.start, p.own) {
			b.WriteByte(' ')
		}
		b.Write(p.word(i))
	}
	b.WriteByte('`')
	if m.start < p.own {
		b.WriteString(", parent `")
		b.WriteString(strings.ReplaceAll(string(p.phrase(m.start, p.own)), "+", " "))
		b.WriteByte('`')
	}
	if m.context != 0 {
		b.WriteString(p.because(x, m))
	}
	if m.weak {
		b.WriteString(", only a hint")
	}
	if f.Format != "" && slices.Contains(c.Formats, f.Format) {
		b.WriteString(", format ")
		b.WriteString(f.Format)
	}
	if accepted := shapeFormats(shape); accepted != nil && agreement(c, &Field{}, shape) > 0 {
		b.WriteString(", example")
	}
	return Guess{c.ID, c.Level, round(min(m.score, mostConfidence)), b.String()}
}

// because says where the context of a match was found.
func (p *path) because(x *index, m match) string {
	for i := m.start - 1; i >= p.own; i-- {
		if p.masks[i]&m.context != 0 {
			return " beside `" + string(p.word(i)) + "`"
		}
	}
	switch {
	case m.distance == told:
		return ", description of a " + x.contextName(m.context)
	case m.distance == far:
		return ", operation on a " + x.contextName(m.context)
	case p.here&m.context != 0:
		return " in a header"
	}
	for d := range p.depth {
		if p.heads[d]&m.context != 0 {
			return ", parent `" + p.named[d] + "`"
		}
	}
	return ""
}

// round keeps two digits, so that sums of weights print as they are meant.
func round(v float64) float64 { return float64(int(v*100+0.5)) / 100 }
