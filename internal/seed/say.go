package seed

import (
	"drawbridge"
	"drawbridge/internal/review"
)

// What people say in the made-up organisation. It holds no name of anybody.

// request is what somebody says who asks for a kind of integration.
type request struct {
	why, instead []string
	data, whose  []string
}

var asks = map[string]request{
	"payments": {
		why:     []string{"Checkout loses one in six customers who want to pay by card. With a card service we keep them.", "The present card service ends its plan in spring; this one has the same rates and refunds by interface."},
		instead: []string{"Paying by invoice alone, which half of the customers refuse.", "Our bank's own page, which cannot refund in parts."},
		data:    []string{"finance.card.pan", "contact.email"}, whose: []string{"customer"},
	},
	"mail": {
		why:     []string{"Customers call to ask where their order is. A message when it leaves the store would save forty calls a day.", "Our own relay lands in the junk folder of two large mail providers."},
		instead: []string{"Running a relay of our own with a person to look after it."},
		data:    []string{"contact.email"}, whose: []string{"customer"},
	},
	"crm": {
		why:     []string{"Sales keeps three lists of the same customers. One system would end that.", "Account managers see orders a day late; with this they see them at once."},
		instead: []string{"A table in the shop's database, which has no rights per person.", "Staying with the spreadsheets."},
		data:    []string{"contact.email", "contact.phone", "person.name.full"}, whose: []string{"customer", "prospect"},
	},
	"analytics": {
		why:     []string{"We do not know on which page visitors give up. Without figures each redesign is a guess."},
		instead: []string{"Reading the web server's log, which knows nothing of single pages.", "An own installation of an open tool; nobody has time to run it."},
		data:    []string{"device.ip"}, whose: []string{"visitor"},
	},
	"storage": {
		why:     []string{"Invoices are to be kept for ten years, and our disks are full in autumn.", "The auditor wants a copy of the books outside of our building."},
		instead: []string{"Tapes in the bank's vault.", "A second data centre, at four times the price."},
		data:    []string{"finance.bank.iban"}, whose: []string{"customer"},
	},
	"model": {
		why:     []string{"Answers to simple requests take two days. Drafts would halve that; a person still sends each of them."},
		instead: []string{"A model on our own machines, which is slower and writes worse.", "More people in the help desk, who are hard to find."},
		data:    []string{"contact.email"}, whose: []string{"customer"},
	},
}

var (
	costs       = []string{"4,800 EUR a year", "12,000 EUR a year", "0.3% of turnover", "1,150 EUR a month", "36,000 EUR a year with support", "by use, about 900 EUR a month"}
	renewals    = []string{"Nothing about the use has changed.", "We send twice as many records as at first.", "The partner moved to another region in the meantime."}
	withdrawals = []string{"The budget was cut; we ask again next year.", "Another team has the same service already; we join them.", "The partner raised its price before we began."}
	contacts    = []string{"security team", "account manager", "data protection", "compliance desk"}
	returns     = []string{
		"The answer on leavers says twice a year; we ask for hours. Please say how fast access ends.", "The list of sub-processors names no countries. Please add them.",
		"You answer that backups are encrypted and that they are not. Which of the two?",
	}
	acceptances = []string{"Complete, and it fits the report.", "Good enough for this tier; the open points are conditions.", "Read with the security lead; no surprises.", "Much better than last year."}
	approvals   = []string{
		"The data is little, the partner is audited, and we can leave within a month.", "All roles agree. What remains is accepted for a quarter, and we look at it then.",
		"The way out is written down and was tried. That settled it for me.", "The gain for customers outweighs what remains, which is contained to one system.",
	}
	rejections = []string{
		"Too much is open at once: come back when the partner has a key of its own for us and deletes on request.", "A single leaked key would open everything, and nothing would tell us.",
		"The partner trains on our data and will not change that.",
	}
	deferrals  = []string{"The partner's new report comes next month; we decide with it in hand.", "Legal waits for the signed agreement.", "The team rebuilds the interface; there is nothing to approve until then."}
	exceptions = []string{
		"The partner brings this with its next release, which is announced.", "Mending it needs our new proxy, which comes this quarter.", "It cannot be reached from outside, and the change would stop the shop in high season.",
	}
	instead = []string{"The route is watched, and an alarm wakes the one on duty.", "The key is changed every week until then.", "Only test accounts until it is done.", "A second person looks at each export."}
	read    = []string{
		"In date, by a known auditor, and it names this service.", "Read in full; the exceptions are not in the part that we use.", "The scope fits, and the open findings have dates.", "Compared with last year's; it is the same scope.",
	}
	refusals = []string{"It covers the company's office network and not the service.", "A marketing sheet, and no report.", "The pages with the findings are missing."}
	settled  = []string{"Answered.", "Changed in the manifest.", "Noted as a condition.", "We agree on this."}
	looks    = []string{
		"The new field is the only change; it moves nothing that was not there.", "Two threats are gone with the signature. The one on replies stays.", "Read line by line with the team; the model fits what runs.",
	}
	met = []string{"Seen on production together with the team.", "The setting is on; I tried it.", "The drill was held on Tuesday, and its record is in the wiki."}

	incidents = []string{
		"The partner reports that somebody signed in to its support tool with a stolen password.", "A misconfigured store was open for six hours; which customers are touched is not known yet.",
		"The partner's certificate was issued twice, and it does not know by whom.",
	}
	leavings = []string{"Another service does the same at half the price.", "The team that used it is gone.", "The partner was sold, and the buyer changes the terms."}
	handled  = []string{"Looked at; the open review takes it up.", "Known and harmless: the text changed, not the data.", "The owner was called, and it is in hand.", "The contract is being renewed."}
	verdicts = map[string]string{"accepted": "Known, in a country we allow, and it gets little.", "objected": "We do not want these data there, and say so in time.", "closed": "Does not touch what we use."}
)

var signatures = map[drawbridge.Discipline][]string{
	drawbridge.SecurityDiscipline:   {"Contained, and we would notice.", "The credential is ours alone and can be taken back in a minute.", "Fine with the conditions."},
	drawbridge.PrivacyDiscipline:    {"Little data, a clear purpose, and it is deleted.", "The transfer has its ground, and the assessment is on file.", ""},
	drawbridge.LegalDiscipline:      {"The agreement has what the law asks for.", "Signed on both sides; the audit right is weak, and I can live with it."},
	drawbridge.ProductDiscipline:    {"Customers asked for it.", "The fallback is good enough for a day."},
	drawbridge.OperationsDiscipline: {"There is a runbook, and we tried to switch it off.", "Monitored; the limits are set."},
}

// conditions are what approvals ask for.
var conditions = []review.Term{
	{Text: "A key of its own for production, kept in the vault and changed every 90 days.", Before: true, Verifier: drawbridge.SecurityDiscipline, Breach: drawbridge.SuspendFlow},
	{Text: "Try the fallback once with real orders, and write down how long it took.", Verifier: drawbridge.OperationsDiscipline, Breach: drawbridge.Warn},
	{Text: "Have the notice on the website name this partner.", Before: true, Verifier: drawbridge.PrivacyDiscipline, Breach: drawbridge.Warn},
	{Text: "Leave the birth date out, which nobody could say what it is for.", Verifier: drawbridge.PrivacyDiscipline, Breach: drawbridge.Narrow},
	{Text: "Add the right to audit to the agreement at its next renewal.", Verifier: drawbridge.LegalDiscipline, Breach: drawbridge.Warn},
	{Text: "Hand in the summary of the partner's next penetration test.", Verifier: drawbridge.SecurityDiscipline, Breach: drawbridge.Warn},
}

// papers are what partners hand in, by the kind of integration.
var papers = map[string][]paper{
	"partner":   {{kind: "soc2", title: "SOC 2 type 2 report", issuer: "Meridian Audit LLP", scope: "all services, all regions", months: 12, exceptions: []string{"One quarterly review of access was late"}}},
	"any":       {{kind: "pentest", title: "Penetration test summary", issuer: "Saltmarsh Testing", scope: "public interfaces and the web console", months: 12}, {kind: "subprocessor-list", title: "List of sub-processors", issuer: "the partner", scope: "all services", months: 6}, {kind: "iso27001", title: "ISO 27001 certificate", issuer: "Northlight Certification", scope: "development and operation of the service", months: 36}},
	"payments":  {{kind: "pci-dss", title: "PCI DSS attestation", issuer: "Cardwell Assessors", scope: "card acceptance, level 1", months: 12}},
	"mail":      {{kind: "dpa", title: "Data processing agreement", issuer: "the partner", scope: "messages to customers", months: 24}},
	"crm":       {{kind: "dpa", title: "Data processing agreement", issuer: "the partner", scope: "customer records", months: 24}},
	"analytics": {{kind: "consent-test", title: "Record of consent before the first call", issuer: "the partner", scope: "script on public pages", months: 6}},
	"storage":   {{kind: "file-encryption", title: "Listing of the drop zone", issuer: "the partner", scope: "the bucket that we use", months: 6}},
	"model":     {{kind: "training-terms", title: "Terms on training and retention", issuer: "the partner", scope: "our account", months: 12}},
}

// proofs are what operators put on file.
var proofs = map[string]paper{
	"configuration":    {kind: "configuration", title: "Rules of the proxy as deployed", issuer: "operations", scope: "the route of this integration", months: 12},
	"revocation-drill": {kind: "revocation-drill", title: "Calls with the old credentials", issuer: "operations", scope: "each credential of this integration", months: 12},
	"deletion":         {kind: "deletion", title: "Confirmation of deletion", issuer: "the partner", scope: "main systems and backups", months: 120},
}

var titles = map[string]string{"dpa": "Data processing agreement", "msa": "Master agreement", "sla": "Service level agreement"}

// clauseWords say how contracts have what the law asks for, by care. Empty: nobody looked.
var clauseWords = [][]string{{"present", "present", "present", "partial"}, {"present", "present", "partial", "absent", ""}, {"present", "absent", "", ""}}

// talk is a discussion: what it is about, and who says what in turn.
type talk struct {
	kind, object, title string
	said                []string
}

var talks = []talk{
	{"flow", "main", "Why the whole address?", []string{"You send the full postal address. Is the postcode not enough for this?", "The partner prints labels for us in one country; there it needs the street.", "Then send it for that country alone, please.", "Done with the next revision."}},
	{"finding", "key", "One key for both environments", []string{"Staging and production use the same key. A leak on one side opens the other.", "We ordered a second one, it comes this week."}},
	{"control", "breach-notice", "How fast do they tell us?", []string{"The contract says without undue delay, which may be anything.", "Legal asked for 48 hours, and they agreed by mail.", "Please put the mail on file."}},
	{"threat", "replay", "Replays", []string{"What keeps an old message from being sent again?", "The partner signs the time with it, and we refuse what is older than five minutes.", "Good. I tried it on the sandbox: it holds."}},
	{"system", "fallback", "What happens while they are down", []string{"Last year they were away for nine hours. What did we do?", "We took orders and sent them on later. Nobody noticed but us."}},
	{"question", "data.retention", "90 days or 400?", []string{"The questionnaire says 90 days, the agreement says 400. Which one counts?", "The agreement is older. They send a new annex."}},
}

var blocks = []talk{
	{"flow", "main", "The purpose does not fit the data", []string{"The purpose is delivery, and the birth date goes along. I cannot sign that: take it out, or tell me why."}},
	{"control", "transfer", "No ground for the transfer", []string{"The region changed to one outside of the area, and no assessment is on file. This waits until there is one."}},
}

// risks are how findings become entries of the register.
var risks = []struct{ category, consequence, plan string }{
	{"security", "Somebody else reads or changes orders in our name.", "A key of its own, kept in the vault, with an alarm on use from elsewhere."},
	{"privacy", "Customers' data is kept longer than we said.", "Ask for deletion after 90 days by contract, and check a sample each quarter."},
	{"availability", "The shop cannot sell for as long as the partner is away.", "Queue orders for a day, and try that twice a year."},
	{"legal", "A transfer without ground, and a fine.", "Move the account to a region within the area."},
	{"security", "A forged message is taken for a real one.", "Refuse what is not signed, on every route."},
}

// suppliers work for partners.
var suppliers = []struct {
	name, service, country string
	data                   []string
}{
	{"Northmoor Hosting", "servers", "IE", []string{"contact.email"}},
	{"Paperlark Support", "help desk", "PT", []string{"contact.email", "person.name.full"}},
	{"Coldharbour Backup", "backups", "DE", []string{"contact.email"}},
	{"Tidewater Messaging", "text messages", "US", []string{"contact.phone"}},
	{"Larkspur Translations", "translation of requests", "IN", []string{"contact.email"}},
	{"Granite Edge", "content delivery", "US", []string{"device.ip"}},
}
