package taxonomy_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"drawbridge"
	"drawbridge/internal/taxonomy"
)

func TestBuiltin(t *testing.T) {
	t.Parallel()
	tax := taxonomy.Builtin()
	if n := len(tax.Categories()); n != 95 {
		t.Errorf("%d categories, want 95", n)
	}
	if !slices.IsSortedFunc(tax.Categories(), func(a, b taxonomy.Category) int { return strings.Compare(a.ID, b.ID) }) {
		t.Error("the categories are not sorted")
	}
	again, err := taxonomy.Load()
	if err != nil || again.Digest() != tax.Digest() {
		t.Errorf("Load() = %v, digest %s, want %s", err, again.Digest(), tax.Digest())
	}
	if len(tax.Levels()) != 5 || len(tax.Ops()) != 10 || tax.Version() != 1 {
		t.Errorf("levels %v, ops %v, version %d", tax.Levels(), tax.Ops(), tax.Version())
	}
	for _, l := range tax.Levels() {
		if l.Name != l.Level.String() {
			t.Errorf("level %d is called %s here and %s in the vocabulary", l.Level, l.Name, l.Level)
		}
	}
	for _, tc := range []struct {
		id                              string
		personal, special, secret, card bool
	}{
		{"contact.email", true, false, false, false},
		{"special.religion", true, true, false, false},
		{"special.criminal", true, true, false, false},
		{"special.child", true, false, false, false},
		{"health.condition", true, true, false, false},
		{"finance.card.pan", true, false, false, true},
		{"finance.card.sad", false, false, false, true},
		{"secret.token", false, false, true, false},
		{"system.operations", false, false, false, false},
	} {
		c, ok := tax.Category(tc.id)
		if !ok || c.Personal() != tc.personal || c.Special() != tc.special || c.Secret() != tc.secret || c.Card() != tc.card {
			t.Errorf("Category(%s) = %v: personal %t, special %t, secret %t, card %t", tc.id, ok, c.Personal(), c.Special(), c.Secret(), c.Card())
		}
	}
	if _, ok := tax.Category("no.such"); ok {
		t.Error("Category(no.such) is there")
	}
}

func TestSuggest(t *testing.T) {
	t.Parallel()
	for in, want := range map[string][]string{
		"contact.emial":          {"contact.email"},
		"person.name":            {"person.name.full", "person.name.last", "person.name.first"},
		"finance.pan":            {"finance.card.pan"},
		"Contact.Email ":         {"contact.email"},
		"x":                      nil,
		"":                       nil,
		strings.Repeat("a", 500): nil,
	} {
		got := taxonomy.Builtin().Suggest(in)
		slices.Sort(got)
		slices.Sort(want)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("Suggest(%q) (-want +got):\n%s", in, diff)
		}
	}
}

const extension = `
version: 1
tags: {acme.crown: Crown jewels of Acme.}
contexts:
  person: [squire]
leaves:
- id: acme.loyalty
  name: Loyalty number
  level: 2
  ident: linkable
  tags: [gdpr.personal, acme.crown]
  keys: [loyalty+card+number, "badge@person"]
  test: hmac
  share: drop
- id: contact.email
  keys: [epost]
- id: contact.address.city
  level: 2
  why: our towns are small
signs:
- {format: acme-badge, category: acme.loyalty, confidence: 0.9}
combos:
- {id: acme-pair, all: [acme.loyalty, contact.email], level: 3, why: both together open the vault}
`

func TestExtension(t *testing.T) {
	t.Parallel()
	tax, err := taxonomy.Load([]byte(extension))
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		field taxonomy.Field
		want  string
	}{
		{str("loyaltyCardNumber"), "acme.loyalty"},
		{str("squire/badge"), "acme.loyalty"},
		{format("zzz", "acme-badge"), "acme.loyalty"},
		{str("epost"), "contact.email"},
		{str("squire/name"), "person.name.full"},
		{str("email"), "contact.email"},
	} {
		if got := tax.Classify(tc.field); got.Category != tc.want {
			t.Errorf("Classify(%+v) = %+v, want %s", tc.field, got, tc.want)
		}
	}
	city, _ := tax.Category("contact.address.city")
	if city.Level != 2 || city.Why != "our towns are small" || city.Origin != "builtin" {
		t.Errorf("city = %+v", city)
	}
	if level, _, ids := tax.Raise([]string{"acme.loyalty", "contact.email"}); level != 3 || !slices.Contains(ids, "acme-pair") {
		t.Errorf("Raise = %d, %v", level, ids)
	}
	own := taxonomy.Builtin()
	if _, ok := own.Category("acme.loyalty"); ok || own.Digest() == tax.Digest() {
		t.Error("the extension shows in the built-in taxonomy, or its digest is the same")
	}
	if city, _ := own.Category("contact.address.city"); city.Level != 1 {
		t.Error("the extension changed the built-in taxonomy")
	}
	if own.Classify(str("epost")).Category != "" {
		t.Error("the extension's key works in the built-in taxonomy")
	}
}

func TestLoadRefuses(t *testing.T) {
	t.Parallel()
	leaf := func(more string) string {
		return "version: 1\nleaves:\n- {id: acme.x, name: X, level: 1, ident: none, test: keep, share: keep" + more + "}\n"
	}
	for _, tc := range []struct{ name, in, want string }{
		{"empty", "", "the file is empty"},
		{"only a comment", "# nothing\n", "the file is empty"},
		{"version", "version: 2", "write version: 1"},
		{"unknown key", "version: 1\nleafs: []\n", "leafs"},
		{"unknown key in a leaf", leaf(", grade: 2"), "grade"},
		{"wrong type", "version: 1\nleaves: {a: b}\n", "extension 1"},
		{"duplicate key", "version: 1\nversion: 1\n", "extension 1"},
		{"not YAML", "version: [1", "extension 1"},
		{"binary", "\x00\x01\x02", "extension 1"},
		{"alias bomb", "version: 1\na: &a [x,x]\nb: &b [*a,*a]\n", "aliases are not accepted"},
		{"second document", "version: 1\n---\nversion: 1\n", "one file"},
		{"deep flow", "version: 1\nleaves: " + strings.Repeat("[", 20_000), "values nest more than 12 deep"},
		{"deep block", "version: 1\n" + deepBlock(400), "values nest more than 12 deep"},
		{"too large", "version: 1\n#" + strings.Repeat("x", 600<<10), "at most"},
		{"bad id", "version: 1\nleaves:\n- {id: Acme}\n", `leaves[0]: id "Acme"`},
		{"incomplete", "version: 1\nleaves:\n- {id: acme.x, name: X}\n", "acme.x: a new category needs"},
		{"twice", leaf("") + "- {id: acme.x, name: X, level: 1, ident: none, test: keep, share: keep}\n", "acme.x: listed twice"},
		{"level", strings.Replace(leaf(""), "level: 1", "level: 9", 1), "level 9"},
		{"ident", strings.Replace(leaf(""), "ident: none", "ident: maybe", 1), `ident "maybe"`},
		{"operator", strings.Replace(leaf(""), "share: keep", "share: burn", 1), `operator "burn"`},
		{"tag", leaf(", tags: [gdpr.nine]"), `tag "gdpr.nine"`},
		{"type", leaf(", types: [text]"), `type "text"`},
		{"key", leaf(", keys: ['a b']"), `key "a b"`},
		{"context of a key", leaf(", keys: [a@moon]"), "context that does not exist"},
		{"neg", leaf(", neg: [a@person]"), `neg "a@person"`},
		{"level without why", "version: 1\nleaves:\n- {id: contact.email, level: 1}\n", "contact.email: a changed level"},
		{"tags without why", "version: 1\nleaves:\n- {id: contact.email, tags: []}\n", "needs its reason"},
		{"fixed ident", "version: 1\nleaves:\n- {id: contact.email, ident: none}\n", "are fixed"},
		{"levels", "version: 1\nlevels:\n- {level: 0, name: x, max_hold_days: 1, egress_default: allow}\n", "levels and ops are fixed"},
		{"tag redefined", "version: 1\ntags: {gdpr.art9: nothing special}\n", "has a meaning already"},
		{"context of two words", "version: 1\ncontexts: {person: [a+b]}\n", "is not one word"},
		{"too many contexts", manyContexts(), "one too many"},
		{"sign with two properties", "version: 1\nsigns:\n- {format: a, type: string, category: contact.email, confidence: 0.8}\n", "exactly one"},
		{"sign too sure", "version: 1\nsigns:\n- {format: a, category: contact.email, confidence: 1.5}\n", "confidence"},
		{"sign of nothing", "version: 1\nsigns:\n- {format: a, category: a.b, confidence: 0.8}\n", `category "a.b"`},
		{"combo of nothing", "version: 1\ncombos:\n- {id: c, all: [a.b], level: 2}\n", `"a.b" is neither`},
		{"combo without parts", "version: 1\ncombos:\n- {id: c, level: 2}\n", "names no parts"},
		{"combo that exists", "version: 1\ncombos:\n- {id: phi, all: [contact.email], level: 2}\n", "taken"},
		{"combo without effect", "version: 1\ncombos:\n- {id: c, all: [contact.email]}\n", "give the level"},
		{"half a pair", "version: 1\ncombos:\n- {id: c, any_of: [contact.email], level: 2}\n", "belong together"},
		{"count of one", "version: 1\ncombos:\n- {id: c, count: {tag: doj.pi, at_least: 1}, level: 2}\n", "at_least"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			_, err := taxonomy.Load([]byte(tc.in))
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Fatalf("Load = %v, want an error with %q", err, tc.want)
			}
			if k := drawbridge.KindOf(err); k != drawbridge.Invalid && k != drawbridge.TooLarge {
				t.Errorf("kind %s", k)
			}
		})
	}
}

func manyContexts() string {
	var b strings.Builder
	b.WriteString("version: 1\ncontexts:\n")
	for i := range 40 {
		b.WriteString("  c" + strings.Repeat("x", i) + ": [word]\n")
	}
	return b.String()
}

func deepBlock(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(strings.Repeat(" ", i) + "a:\n")
	}
	return b.String()
}

func TestRaise(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name       string
		categories []string
		level      drawbridge.Level
		tags, ids  []string
	}{
		{"nothing", nil, 0, nil, nil},
		{"one", []string{"contact.email"}, 2, nil, nil},
		{"unknown counts as restricted", []string{"no.such"}, 4, nil, nil},
		{"triple", []string{"demo.gender", "demo.birth_date", "contact.address.postcode"}, 3, nil, []string{"id-triple"}},
		{"two of the triple", []string{"demo.gender", "contact.address.postcode"}, 2, nil, nil},
		{"card", []string{"finance.card.pan", "finance.card.expiry"}, 4, nil, []string{"card-full"}},
		{"health beside a name", []string{"health.condition", "person.name.last"}, 4, []string{"hipaa.phi"}, []string{"phi"}},
		{"health alone", []string{"health.condition"}, 4, nil, nil},
		{"name and account", []string{"person.name.full", "finance.bank.account"}, 4, []string{"doj.pi-linked"}, []string{"breach-name-id", "doj-linked"}},
		{"login", []string{"account.username", "secret.password"}, 4, nil, []string{"login-pair"}},
		{"the same identifier twice is not linked", []string{"contact.email", "contact.email"}, 2, nil, nil},
		{"two identifiers", []string{"contact.email", "device.ip"}, 2, []string{"doj.pi-linked"}, []string{"doj-linked"}},
		{"a trail", []string{"location.precise", "location.precise", "location.precise"}, 4, nil, []string{"track"}},
		{"two positions", []string{"location.precise", "location.precise"}, 3, nil, nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			level, tags, ids := taxonomy.Builtin().Raise(tc.categories)
			if level != tc.level || !slices.Equal(tags, tc.tags) || !slices.Equal(ids, tc.ids) {
				t.Errorf("Raise = %d %v %v, want %d %v %v", level, tags, ids, tc.level, tc.tags, tc.ids)
			}
		})
	}
}

func FuzzLoad(f *testing.F) {
	f.Add([]byte(extension))
	f.Add([]byte("version: 1\nleaves:\n- {id: a.b}\n"))
	f.Add([]byte("version: 1\ncombos: [{}]\nsigns: [{}]\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		tax, err := taxonomy.Load(data)
		if err != nil {
			if drawbridge.KindOf(err) == drawbridge.Internal {
				t.Errorf("an internal error for bad input: %v", err)
			}
			return
		}
		if len(tax.Categories()) < len(taxonomy.Builtin().Categories()) {
			t.Error("an extension took categories away")
		}
		tax.Classify(taxonomy.Field{Name: "customer_email", Type: "string"})
		tax.Raise([]string{"contact.email", "secret.password"})
	})
}
