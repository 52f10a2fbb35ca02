package taxonomy

import (
	"slices"
	"strings"
	"testing"

	"drawbridge"
)

// fieldsFor makes the plainest fields that a key of a category should recognise:
// one for each word of the context that it needs.
func fieldsFor(x *index, c Category, key string) []Field {
	key, context, _ := strings.Cut(strings.TrimSuffix(key, "~"), "@")
	f := Field{Name: strings.ReplaceAll(key, "+", "_"), Type: "string"}
	if len(c.Types) > 0 && !slices.Contains(c.Types, "string") {
		f.Type = c.Types[0]
	}
	if context == headerContext {
		f.At = drawbridge.AtHeader
	}
	if context == "" || context == headerContext {
		return []Field{f}
	}
	var out []Field
	bit := uint32(1) << slices.Index(x.names, context)
	for w, mask := range x.contexts {
		if mask&bit != 0 {
			f.Parents = []string{w}
			out = append(out, f)
		}
	}
	return out
}

// TestKeysReachTheirCategory holds every key to being of use: the plainest field
// with that name gets that category, unless it is a hint that something better
// overrules. Every category must have one that does.
func TestKeysReachTheirCategory(t *testing.T) {
	t.Parallel()
	tax := Builtin()
	for _, c := range tax.Categories() {
		reached := 0
		for _, key := range c.Keys {
			fields := fieldsFor(tax.index, c, key)
			if slices.ContainsFunc(fields, func(f Field) bool { return tax.Classify(f).Category == c.ID }) {
				reached++
			} else if !strings.HasSuffix(key, "~") {
				g := tax.Classify(fields[0])
				t.Errorf("%s: key %s is of no use: Classify(%+v) = %s (%s)", c.ID, key, fields[0], g.Category, g.Reason)
			}
		}
		if reached == 0 {
			t.Errorf("%s: no key reaches it", c.ID)
		}
	}
}

// common are words of everyday English and of APIs that mean many things.
const common = `able access account action active activity actor address age agent alert allele allergy arrest answer app area array article asset
author balance band bank bar base battle belief block blood board body book bone box branch brand browser build button call camera card
care caste category cause cell center chart child class client clinic close code color column comment company concern condition conditions
connection consent contact content context control conviction count country course cpu credit crime cure cycle data date day death degree
denomination depth detail device diagnosis disability disease display distance dna doctor document domain dose dosage drive due duty edge effect
element embedding emergency encounter engine entity entry event evidence exam face factor faith family fault feature field file
finger fingerprint flag force form frame function gene general genome glucose grade group guard guardian guest hand handle head health heart
height history hit home host house icon id image impression index info input intent iris issue item job key kid label language length
level life light line link list local location lock log login love mail main marital mark match matter measure measurement medication
member membership memory message method minor mode model name nation native node note number object observation offence offense
operation opinion option order orientation origin owner page palm parent partner party patient pattern people person phone photo place
plan plant play point policy political politics position post practice pregnancy preference prescription price print procedure process
profile program pulse pupil query question race rate reaction reason record reference region relation release report request response
result retina return right role root row rule sample scan scar school score screen search section sequence series service session
set sex shape share side sign signal site size sketch skin snp social source space species stage state status step story strain
student subject symptom system table tag target task tattoo team template term test text theme therapy time title token topic trace
track trade treatment tree tribe trigger type union unit user vaccination value version view vision visit vital voice vote ward
weight word work`

// TestSpecialKeysAreUnambiguous holds the categories that cost trust to strong
// keys: a single common word needs its context.
func TestSpecialKeysAreUnambiguous(t *testing.T) {
	t.Parallel()
	words := map[string]bool{}
	for w := range strings.FieldsSeq(common) {
		words[w] = true
	}
	tax := Builtin()
	checked := 0
	for _, c := range tax.Categories() {
		if !c.Special() && !c.HasTag("coppa") && !strings.HasPrefix(c.ID, "bio.") && !strings.HasPrefix(c.ID, "health.") {
			continue
		}
		for _, key := range c.Keys {
			checked++
			if strings.HasSuffix(key, "~") {
				t.Errorf("%s: key %s is a hint; a special category takes none", c.ID, key)
			}
			if !strings.ContainsAny(key, "+@") && (words[key] || words[normalise(key)]) {
				t.Errorf("%s: key %s is a common word; give it a second word or a context", c.ID, key)
			}
		}
	}
	if checked < 100 {
		t.Errorf("only %d keys of special categories looked at", checked)
	}
	for w := range words {
		for _, ty := range []string{"", "string", "integer", "boolean"} {
			g := tax.Classify(Field{Name: w, Type: ty})
			if c, ok := tax.Category(g.Category); ok && (c.Special() || c.HasTag("coppa")) {
				t.Errorf("Classify(%q, %q) = %s, a special category", w, ty, g.Category)
			}
		}
	}
}

func TestSplit(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"customerEmail":     "customer+email",
		"customer_e-mails":  "customer+e+mail",
		"IPAddress":         "ip+address",
		"userIDs":           "user+id",
		"userID":            "user+id",
		"imageURLs":         "image+url",
		"date_of_birth":     "date+birth",
		"PostalCode":        "postal+code",
		"addresses":         "address",
		"categories":        "category",
		"status":            "status",
		"iris":              "iris",
		"boxes":             "box",
		"Straße":            "strasse",
		"prénom":            "prenom",
		"X-API-Key":         "x+api+key",
		"billing.address":   "billing+address",
		"HTTPServerError":   "http+server+error",
		"cvv2":              "cvv2",
		"line1":             "line1",
		"sha256Sum":         "sha256+sum",
		"":                  "",
		"***":               "",
		"\xff\xfe":          "",
		"名前":                "名前",
		"items[0].card-Pan": "item+0+card+pan",
	} {
		if got := normalise(in); got != want {
			t.Errorf("normalise(%q) = %q, want %q", in, got, want)
		}
	}
	long := strings.Repeat("aB", 500)
	if got := normalise(long); len(got) > maxWordBuf {
		t.Errorf("normalise of a long name has %d bytes", len(got))
	}
}

func TestShapes(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"jane@example.org":            "email",
		"jane@example":                "",
		"not an@example.org mail":     "",
		"DE89 3704 0044 0532 0130 00": "iban",
		"DE88370400440532013000":      "",
		"GB82WEST12345698765432":      "iban",
		"4111 1111 1111 1111":         "card",
		"4111111111111112":            "",
		"+49 30 901820":               "phone",
		"+0123456789":                 "",
		"+12":                         "",
		"203.0.113.9":                 "ip",
		"2001:db8::1":                 "ip",
		"10:30:00":                    "",
		"https://example.org/a":       "url",
		"2026-11-21":                  "date",
		"2026-11-21T10:00:00Z":        "date",
		"2026-13-21":                  "",
		"eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0.c2ln": "jwt",
		"123e4567-e89b-12d3-a456-426614174000":     "uuid",
		"":                                         "",
		"abc":                                      "",
		strings.Repeat("4", 1000):                  "",
	} {
		if got := shapeOf(in); got != want {
			t.Errorf("shapeOf(%q) = %q, want %q", in, got, want)
		}
	}
}
