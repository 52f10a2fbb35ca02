package taxonomy

import (
	"slices"
	"sync"

	"drawbridge"
)

// Movement is data that goes from the countries of the people it is about, and
// of the exporter, to countries of storage, processing or access.
type Movement struct {
	Origin          []string // country codes, or a set such as EEA; empty when unknown
	To              []string // country codes
	Mechanism       string   // transfer mechanism relied on; empty when none is named
	Evidence        []string // what shows it: signed-scc, tia
	Deal            string   // vendor, employment, investment or data-brokerage; empty counts as vendor
	Tags            []string // regulatory tags of the data
	Level           drawbridge.Level
	Personal        bool
	SubjectsPerYear *int64 // nil when nobody said
	AsOf            drawbridge.Date
}

// Ruling is what one regime says about one destination. Whether an unconfirmed
// ruling may approve anything is for the gate to say.
type Ruling struct {
	Regime     string   `json:"regime"`
	Law        string   `json:"law"`
	Origin     string   `json:"origin"`
	To         string   `json:"to"`
	Mechanism  string   `json:"mechanism"` // the one that carries the verdict; empty when none does
	Verdict    string   `json:"verdict"`   // one of the Transfer constants
	Confidence string   `json:"confidence"`
	AsOf       string   `json:"as_of"` // date of the rule's data
	Confirmed  bool     `json:"confirmed"`
	Missing    []string `json:"missing,omitempty"`
	Reason     string   `json:"reason"`
}

// The verdicts on a movement, best first.
const (
	TransferNotPersonal     = "not-personal"
	TransferAllowed         = "allowed"
	TransferEvidenceMissing = "allowed-with-evidence-missing"
	TransferNeedsHuman      = "needs-human"
	TransferBlocked         = "blocked-mechanism"
	TransferProhibited      = "blocked-prohibited"
)

// TransferVerdicts lists the verdicts on a movement, best first.
func TransferVerdicts() []string {
	return []string{TransferNotPersonal, TransferAllowed, TransferEvidenceMissing, TransferNeedsHuman, TransferBlocked, TransferProhibited}
}

// Strictest returns the worst of the rulings; among equals the one that is
// unconfirmed, then the less certain one. No ruling at all needs a person.
func Strictest(rulings []Ruling) Ruling {
	if len(rulings) == 0 {
		return Ruling{Verdict: TransferNeedsHuman, Reason: "nothing was judged"}
	}
	rank := func(r Ruling) int {
		n := 4 * slices.Index(TransferVerdicts(), r.Verdict)
		if n < 0 {
			n = 4 * slices.Index(TransferVerdicts(), TransferProhibited) // a verdict of no kind blocks
		}
		if !r.Confirmed {
			n += 2
		}
		if r.Confidence != "A" {
			n++
		}
		return n
	}
	worst := rulings[0]
	for _, r := range rulings[1:] {
		if rank(r) > rank(worst) {
			worst = r
		}
	}
	return worst
}

// Mechanism is a legal ground for a transfer and what shows that it is in place.
type Mechanism struct {
	ID       string   `json:"id" yaml:"id"`
	Name     string   `json:"name" yaml:"name"`
	Evidence []string `json:"evidence" yaml:"evidence"`
	Single   bool     `json:"single,omitempty" yaml:"single"` // for single cases only, so an integration needs a person
	Note     string   `json:"note,omitempty" yaml:"note"`
}

// Regime is the rule of one body of law about data that leaves its countries.
type Regime struct {
	ID            string     `json:"id" yaml:"id"`
	Origin        []string   `json:"origin" yaml:"origin"`
	Law           string     `json:"law" yaml:"law"`
	Confidence    string     `json:"confidence" yaml:"confidence"`
	AsOf          string     `json:"as_of" yaml:"as_of"`
	Since         string     `json:"since,omitempty" yaml:"since"`
	EvenIf        bool       `json:"even_if_not_personal,omitempty" yaml:"even_if_not_personal"`
	Adequate      []Adequacy `json:"adequate,omitempty" yaml:"adequate"`
	Otherwise     []string   `json:"otherwise,omitempty" yaml:"otherwise"`
	Default       string     `json:"default,omitempty" yaml:"default"`
	Unless        []string   `json:"unless,omitempty" yaml:"unless"` // evidence that lifts a prohibition
	Needs         []string   `json:"needs,omitempty" yaml:"needs"`
	Extra         []Extra    `json:"extra,omitempty" yaml:"extra"`
	Bulk          *Bulk      `json:"bulk,omitempty" yaml:"bulk"`
	Ladder        []Step     `json:"ladder,omitempty" yaml:"ladder"`
	SensitiveTags []string   `json:"sensitive_tags,omitempty" yaml:"sensitive_tags"`
	Note          string     `json:"note,omitempty" yaml:"note"`
	ConfirmedBy   string     `json:"confirmed_by,omitempty" yaml:"confirmed_by"`
	ConfirmedAt   string     `json:"confirmed_at,omitempty" yaml:"confirmed_at"`
}

// Adequacy is a row of destinations that a regime holds to be safe enough.
type Adequacy struct {
	To         []string `json:"to" yaml:"to"`
	Kind       string   `json:"kind" yaml:"kind"` // adequacy, partial or dpf
	Since      string   `json:"since,omitempty" yaml:"since"`
	Until      string   `json:"until,omitempty" yaml:"until"`
	Confidence string   `json:"confidence,omitempty" yaml:"confidence"`
	Note       string   `json:"note,omitempty" yaml:"note"`
}

// Extra asks for more, or warns, when all of its conditions hold.
type Extra struct {
	Tag      string   `json:"tag,omitempty" yaml:"tag"`
	MinLevel int      `json:"min_level,omitempty" yaml:"min_level"`
	To       []string `json:"to,omitempty" yaml:"to"`
	Needs    []string `json:"needs,omitempty" yaml:"needs"`
	Warn     string   `json:"warn,omitempty" yaml:"warn"`
	Note     string   `json:"note,omitempty" yaml:"note"`
}

// Bulk is a rule that binds from a number of people on.
type Bulk struct {
	To             []string    `json:"to" yaml:"to"`
	Thresholds     []Threshold `json:"thresholds" yaml:"thresholds"`
	ProhibitedTags []string    `json:"prohibited_tags,omitempty" yaml:"prohibited_tags"`
	Prohibited     []string    `json:"prohibited_deals,omitempty" yaml:"prohibited_deals"`
	Needs          []string    `json:"needs" yaml:"needs"`
	BrokerageNeeds []string    `json:"brokerage_needs,omitempty" yaml:"brokerage_needs"`
	Note           string      `json:"note,omitempty" yaml:"note"`
}

// Threshold is the number of people within a year from which a tag counts as bulk.
type Threshold struct {
	Tag     string `json:"tag" yaml:"tag"`
	Persons int64  `json:"persons" yaml:"persons"`
}

// Step is one rung of a ladder by numbers; the first that matches wins.
type Step struct {
	MinPersons int64    `json:"min_persons" yaml:"min_persons"`
	Sensitive  bool     `json:"sensitive,omitempty" yaml:"sensitive"`
	Use        []string `json:"use" yaml:"use"`
}

// Transfers is a loaded set of transfer rules. It is immutable and safe for
// concurrent use.
type Transfers struct {
	asOf       string
	sets       map[string][]string
	mechanisms map[string]Mechanism
	regimes    []Regime
	order      []int // of the regimes, by their ids
	digest     string
}

var builtinTransfers = sync.OnceValue(func() *Transfers {
	t, err := LoadTransfers()
	if err != nil {
		panic(err) // the embedded file is broken; every test catches it
	}
	return t
})

// BuiltinTransfers returns the transfer rules that come with the program.
func BuiltinTransfers() *Transfers { return builtinTransfers() }

// Regimes returns every regime in the order of the files.
func (tr *Transfers) Regimes() []Regime { return slices.Clone(tr.regimes) }

// Mechanism returns the mechanism with the id.
func (tr *Transfers) Mechanism(id string) (Mechanism, bool) {
	m, ok := tr.mechanisms[id]
	return m, ok
}

// AsOf returns the date of the built-in rules.
func (tr *Transfers) AsOf() string { return tr.asOf }

// Digest returns the digest of the rules with their extensions.
func (tr *Transfers) Digest() string { return tr.digest }
