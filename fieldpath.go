package drawbridge

import "strings"

// At says in which part of an exchange a field lies.
type At string

// The parts of an exchange.
const (
	AtRequest  At = "request"
	AtResponse At = "response"
	AtPath     At = "path"
	AtQuery    At = "query"
	AtHeader   At = "header"
	AtFile     At = "file"
)

// Ats lists every part of an exchange.
func Ats() []At { return []At{AtRequest, AtResponse, AtPath, AtQuery, AtHeader, AtFile} }

// Limits of a field path.
const (
	MaxFieldPathBytes = 1024
	MaxFieldPathDepth = 64
)

// FieldPath names a field: a JSON Pointer (RFC 6901) in which a whole segment
// "*" stands for any array item or map key. The empty path is the whole
// document. A literal "*" is written "~2", an escape of our own.
type FieldPath string

// ParseFieldPath checks s and returns it in canonical form.
func ParseFieldPath(s string) (FieldPath, error) {
	if s == "" {
		return "", nil
	}
	if len(s) > MaxFieldPathBytes {
		return "", Errorf(TooLarge, "field path has %d bytes; at most %d are accepted", len(s), MaxFieldPathBytes)
	}
	if s[0] != '/' {
		return "", Errorf(Invalid, "field path %q must start with \"/\", like /customer/email", s)
	}
	if n := strings.Count(s, "/"); n > MaxFieldPathDepth {
		return "", Errorf(TooLarge, "field path has %d segments; at most %d are accepted", n, MaxFieldPathDepth)
	}
	for i := range len(s) {
		if s[i] == '~' && (i+1 == len(s) || s[i+1] < '0' || s[i+1] > '2') {
			return "", Errorf(Invalid, "field path %q has a bad escape at byte %d; write ~0 for \"~\", ~1 for \"/\", ~2 for a literal \"*\"", s, i)
		}
		if s[i] < 0x20 || s[i] == 0x7f {
			return "", Errorf(Invalid, "field path %q has a control character at byte %d", s, i)
		}
	}
	for seg := range strings.SplitSeq(s[1:], "/") {
		if seg != "*" && strings.Contains(seg, "*") {
			return "", Errorf(Invalid, "field path %q: \"*\" must be a whole segment, or be written ~2", s)
		}
	}
	return FieldPath(s), nil
}

var (
	unescaper = strings.NewReplacer("~0", "~", "~1", "/", "~2", "*")
	escaper   = strings.NewReplacer("~", "~0", "/", "~1", "*", "~2")
)

// Segment is one step of a field path.
type Segment struct {
	Name string // unescaped; empty and meaningless when Any
	Any  bool   // the segment is "*"
}

// Segments returns the steps of the path, unescaped.
func (p FieldPath) Segments() []Segment {
	if p == "" {
		return nil
	}
	var out []Segment
	for seg := range strings.SplitSeq(string(p)[1:], "/") {
		if seg == "*" {
			out = append(out, Segment{Any: true})
		} else {
			out = append(out, Segment{Name: unescaper.Replace(seg)})
		}
	}
	return out
}

// Child returns the path of the member called name.
func (p FieldPath) Child(name string) FieldPath { return p + "/" + FieldPath(escaper.Replace(name)) }

// Any returns the path of any item below p.
func (p FieldPath) Any() FieldPath { return p + "/*" }

// Covers reports whether every concrete field that q names is also named by p.
func (p FieldPath) Covers(q FieldPath) bool {
	a, b := p.Segments(), q.Segments()
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if !a[i].Any && a[i] != b[i] {
			return false
		}
	}
	return true
}
