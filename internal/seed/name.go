package seed

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// Names of people and companies, all made up. A company's is two halves and what
// it does, so that thousands differ.

var givenNames = []string{
	"Ada", "Amir", "Anouk", "Bela", "Bruno", "Carla", "Chidi", "Clara", "Dario", "Dita", "Elif", "Emil", "Esme", "Farid", "Freya", "Goran", "Greta", "Hana", "Hugo", "Ida",
	"Imre", "Ines", "Ivo", "Jana", "Jonas", "Kaia", "Karim", "Lena", "Linus", "Maja", "Malik", "Mira", "Nadia", "Nils", "Olga", "Oskar", "Paula", "Rafael", "Ronja", "Samir",
	"Selma", "Stella", "Tariq", "Tilda", "Tomas", "Uma", "Vera", "Viktor", "Yara", "Zoltan",
}

var familyNames = []string{
	"Abel", "Almasi", "Bergson", "Brandt", "Castel", "Corvin", "Dahlberg", "Delmar", "Ekman", "Falk", "Farkas", "Fontane", "Gallo", "Grimm", "Haddad", "Halloran", "Holm", "Ilves", "Jansky", "Kaplan",
	"Keller", "Kovac", "Lindqvist", "Lorca", "Marek", "Moreau", "Nagy", "Novak", "Okafor", "Olsen", "Pavlov", "Petrov", "Quist", "Rasmus", "Rossi", "Sandor", "Solberg", "Tamm", "Urban", "Varga",
	"Vidal", "Weiss", "Wolski", "Yilmaz", "Zeman",
}

var firstHalves = []string{
	"Amber", "Birch", "Cinder", "Dapple", "Ember", "Fathom", "Gimlet", "Hollow", "Inker", "Jasper", "Kestrel", "Lanthorn", "Marrow", "Nettle", "Orchid", "Pebble", "Quill", "Rivet", "Sorrel", "Tallow",
	"Umber", "Vellum", "Wicket", "Yarrow", "Zither", "Bramble", "Copper", "Drift", "Fennel", "Thistle",
}

var secondHalves = []string{
	"bay", "bridge", "crest", "dale", "fold", "gate", "haven", "isle", "keel", "loom", "mark", "moor", "nest", "path", "quay", "reach", "spool", "stead", "thorn", "vane", "well", "wick", "yard", "brook", "field",
}

// trades are what companies do, by the template that fits.
var trades = map[string][]string{
	"payments": {"Pay", "Cards", "Settle"}, "mail": {"Mail", "Post", "Notify"}, "crm": {"Contacts", "Desk", "Ledger"},
	"analytics": {"Insight", "Count", "Metrics"}, "storage": {"Archive", "Vault", "Store"}, "model": {"Models", "Mind", "Draft"},
}

// countries are where companies sit, likely ones more than once.
var countries = []string{"DE", "DE", "IE", "IE", "NL", "FR", "SE", "AT", "GB", "GB", "US", "US", "US", "US", "IN", "BR", "JP", "CA"}

// slugOf is a name as an identifier.
func slugOf(name string) string { return strings.ToLower(strings.ReplaceAll(name, " ", "-")) }

// companyNames are n different names: every pair of halves comes up before one
// comes again with a number.
func companyNames(r *rand.Rand, n int) []string {
	pairs := len(firstHalves) * len(secondHalves)
	order := r.Perm(pairs)
	out := make([]string, n)
	for i := range out {
		p := order[i%pairs]
		out[i] = firstHalves[p%len(firstHalves)] + secondHalves[p/len(firstHalves)]
		if round := i / pairs; round > 0 {
			out[i] += fmt.Sprintf(" %d", round+1)
		}
	}
	return out
}

// personNames are n different names.
func personNames(r *rand.Rand, n int) []string {
	pairs := len(givenNames) * len(familyNames)
	order := r.Perm(pairs)
	out := make([]string, n)
	for i := range out {
		p := order[i%pairs]
		out[i] = givenNames[p%len(givenNames)] + " " + familyNames[p/len(givenNames)]
		if round := i / pairs; round > 0 {
			out[i] += fmt.Sprintf(" %d", round+1)
		}
	}
	return out
}
