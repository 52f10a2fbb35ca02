package portfolio

import (
	"slices"
	"strings"

	"drawbridge"
)

// Clause is something that a law wants a contract to say.
type Clause struct {
	ID    string `json:"id"`
	Law   string `json:"law"`
	Title string `json:"title"`
}

// clauses lists what contracts are checked for, in the order of the laws.
var clauses = []Clause{
	{"gdpr-28-3-a", "GDPR 28(3)(a)", "processing only on documented instructions"},
	{"gdpr-28-3-b", "GDPR 28(3)(b)", "confidentiality of the people who process"},
	{"gdpr-28-3-c", "GDPR 28(3)(c)", "security of processing"},
	{"gdpr-28-3-d", "GDPR 28(3)(d)", "conditions for sub-processors"},
	{"gdpr-28-3-e", "GDPR 28(3)(e)", "help with the rights of data subjects"},
	{"gdpr-28-3-f", "GDPR 28(3)(f)", "help with security, breaches and impact assessments"},
	{"gdpr-28-3-g", "GDPR 28(3)(g)", "deletion or return of the data at the end"},
	{"gdpr-28-3-h", "GDPR 28(3)(h)", "information and audits that show compliance"},
	{"dora-30-2-a", "DORA 30(2)(a)", "what the service is, and whether it may be subcontracted"},
	{"dora-30-2-b", "DORA 30(2)(b)", "where the service is given and data is kept"},
	{"dora-30-2-c", "DORA 30(2)(c)", "availability, authenticity, integrity and confidentiality of data"},
	{"dora-30-2-d", "DORA 30(2)(d)", "access to and return of data at insolvency or the end"},
	{"dora-30-2-e", "DORA 30(2)(e)", "service levels, and how they are changed"},
	{"dora-30-2-f", "DORA 30(2)(f)", "help with incidents, at no cost or one agreed before"},
	{"dora-30-2-g", "DORA 30(2)(g)", "cooperation with the authorities"},
	{"dora-30-2-h", "DORA 30(2)(h)", "rights to end the contract, and the notice for it"},
	{"dora-30-2-i", "DORA 30(2)(i)", "training on security awareness and resilience"},
	{"dora-30-3-a", "DORA 30(3)(a)", "service levels with precise targets"},
	{"dora-30-3-b", "DORA 30(3)(b)", "notice periods, and reports of what affects the service"},
	{"dora-30-3-c", "DORA 30(3)(c)", "contingency plans that are tested, and security measures"},
	{"dora-30-3-d", "DORA 30(3)(d)", "taking part in threat-led penetration tests"},
	{"dora-30-3-e", "DORA 30(3)(e)", "access, inspection and audit"},
	{"dora-30-3-f", "DORA 30(3)(f)", "an exit with a period of transition"},
}

// Clauses lists what contracts are checked for.
func Clauses() []Clause { return slices.Clone(clauses) }

// clauseWords say how a contract has a clause; behind the word stands where.
var clauseWords = []string{"present", "partial", "absent"}

// checkClauses brings the clauses of a contract into their one form.
func checkClauses(c *drawbridge.Contract) error {
	out := map[string]string{}
	for id, text := range c.Clauses {
		if !slices.ContainsFunc(clauses, func(x Clause) bool { return x.ID == id }) {
			return bad("%.40q is no clause; write gdpr-28-3-a to -h, dora-30-2-a to -i or dora-30-3-a to -f", id)
		}
		if err := written(id, &text); err != nil {
			return err
		}
		word, where, _ := strings.Cut(text, " ")
		if word == "" {
			continue
		}
		if !slices.Contains(clauseWords, word) {
			return bad("%s is %.40q; write present, partial or absent, and behind a blank where it stands", id, word)
		}
		out[id] = strings.TrimSpace(word + " " + strings.TrimSpace(where))
	}
	c.Clauses = out
	return nil
}

// lacking lists the clauses of a law that a contract does not have in full.
func lacking(c *drawbridge.Contract, prefix string) []drawbridge.Gap {
	var out []drawbridge.Gap
	for _, x := range clauses {
		word, _, _ := strings.Cut(c.Clauses[x.ID], " ")
		if !strings.HasPrefix(x.ID, prefix) || word == "present" {
			continue
		}
		if word == "" {
			word = "unknown"
		}
		out = append(out, drawbridge.Gap{Subject: x.ID, Contract: c.ID, Text: x.Law + ", " + x.Title + ": " + word})
	}
	return out
}
