package manifest

// how says what a change of a key means.
type how uint8

const (
	moved    how = iota // every other value is wider: nobody has judged it yet; so is a key without a row
	neutral             // a change decides nothing
	more                // the greater value is wider
	moreZero            // the same, and zero stands for no limit
	less                // the smaller value is wider
	ranked              // by the rule's order, from the widest word to the narrowest
	holds               // true is narrower
	opens               // true is wider
	given               // only whether it is stated counts
	items               // one more item is wider; nothing stated means none
	known               // one more item is wider; nothing stated means unknown
	cover               // one item less is wider
)

// rule is one row of the table: a key, with [] for any item of a list, what a
// change of it means, and the reason in words for a widening and a narrowing.
type rule struct {
	key      string
	how      how
	order    string
	wider    string
	narrower string
}

// Reasons that many rows share.
const (
	unproven = "less is promised"
	proven   = "more is promised"
	weaker   = "the protection is weaker"
	stronger = "the protection is stronger"
)

// rules is the one table that says which change widens an integration. Every
// key of the format has exactly one row; a test holds it to that.
var rules = []rule{
	{"apiVersion", neutral, "", "", ""},
	{"kind", neutral, "", "", ""},
	{"id", moved, "", "it is another integration", ""},
	{"environment", moved, "", "it is another environment", ""},
	{"extends", neutral, "", "", ""},
	{"name", neutral, "", "", ""},
	{"purpose", neutral, "", "", ""},
	{"partner", moved, "", "the partner is another one", ""},
	{"owners.business", given, "", "nobody answers for the purpose", "somebody answers for the purpose"},
	{"owners.technical", given, "", "nobody answers for the code", "somebody answers for the code"},
	{"owners.data", given, "", "nobody answers for the data", "somebody answers for the data"},
	{"criticality.function", moved, "", "another business function depends on it", ""},
	{"criticality.tier_hint", ranked, "critical < high < medium < low", "more depends on it", "less depends on it"},
	{"criticality.rto", less, "", "less downtime can be borne", "more downtime can be borne"},
	{"criticality.rpo", less, "", "less loss of data can be borne", "more loss of data can be borne"},
	{"criticality.substitutable", ranked, "impossible < hard < moderate < easy", "the partner is harder to replace", "the partner is easier to replace"},
	{"tags[]", neutral, "", "", ""},
	{"sources", neutral, "", "", ""},

	{"systems[]", items, "", "another system of ours takes part", "a system of ours no longer takes part"},
	{"systems[].name", neutral, "", "", ""},
	{"systems[].kind", moved, "", "the system is of another kind", ""},
	{"systems[].zone", moved, "", "the system stands in another zone", ""},
	{"systems[].owner", given, "", "nobody answers for the system", "somebody answers for the system"},
	{"systems[].region", moved, "", "the system runs in another country", ""},
	{"systems[].source", neutral, "", "", ""},
	{"systems[].sources", neutral, "", "", ""},

	{"interfaces[]", items, "", "another interface", "an interface less"},
	{"interfaces[].name", neutral, "", "", ""},
	{"interfaces[].kind", moved, "", "the interface is of another kind", ""},
	{"interfaces[].direction", moved, "", "the interface has another direction", ""},
	{"interfaces[].spec", given, "", "there is no specification any more", "there is a specification"},
	{"interfaces[].hosts[]", items, "", "another host", "a host less"},
	{"interfaces[].protocols[]", items, "", "another protocol", "a protocol less"},
	{"interfaces[].formats[]", items, "", "another payload format", "a payload format less"},
	{"interfaces[].region", moved, "", "the partner's end runs in another country", ""},
	{"interfaces[].source", neutral, "", "", ""},
	{"interfaces[].sources", neutral, "", "", ""},
	{"interfaces[].auth.type", ranked, "none < ip_allowlist < basic < cookie < api_key < oauth2_implicit < oauth2_password = password < bearer < hmac < jwt < oauth2_authorization_code = oidc < oauth2_client_credentials < ssh_key < mtls", "the authentication is weaker", "the authentication is stronger"},
	{"interfaces[].auth.in", ranked, "query < body < cookie < header < tls", "the credential travels where it leaks more easily", "the credential travels more safely"},
	{"interfaces[].auth.name", neutral, "", "", ""},
	{"interfaces[].auth.scopes[]", items, "", "another scope is granted", "a scope less is granted"},
	{"interfaces[].auth.scopes_used[]", neutral, "", "", ""},
	{"interfaces[].auth.token_url", moved, "", "tokens come from another place", ""},
	{"interfaces[].auth.credential.ref", moved, "", "the credential is kept elsewhere", ""},
	{"interfaces[].auth.credential.rotate", moreZero, "", "the credential is replaced less often", "the credential is replaced more often"},
	{"interfaces[].oauth.grant", ranked, "implicit < password < device_code < authorization_code = client_credentials", "the grant is weaker", "the grant is stronger"},
	{"interfaces[].oauth.redirect_uris[]", items, "", "another redirect address", "a redirect address less"},
	{"interfaces[].operations[]", items, "", "another operation", "an operation less"},
	{"interfaces[].operations[].method", moved, "", "the operation has another method", ""},
	{"interfaces[].operations[].path", moved, "", "the operation has another path", ""},
	{"interfaces[].operations[].summary", neutral, "", "", ""},
	{"interfaces[].operations[].scopes[]", items, "", "the operation needs another scope", "the operation needs a scope less"},
	{"interfaces[].operations[].source", neutral, "", "", ""},
	{"interfaces[].failure_modes[]", cover, "", "no answer to this failure is written down", "an answer to this failure is written down"},
	{"interfaces[].failure_modes[].expect", neutral, "", "", ""},

	{"flows[]", items, "", "another flow", "a flow less"},
	{"flows[].name", neutral, "", "", ""},
	{"flows[].from", moved, "", "the data comes from elsewhere", ""},
	{"flows[].to", moved, "", "the data goes elsewhere", ""},
	{"flows[].operations[]", items, "", "the flow uses another operation", "the flow uses an operation less"},
	{"flows[].purpose", moved, "", "the data serves another purpose", ""},
	{"flows[].lawful_basis", moved, "", "the ground for processing is another one", ""},
	{"flows[].subjects[]", known, "", "data of another kind of person", "data of one kind of person less"},
	{"flows[].origin[]", known, "", "data from another country", "data from one country less"},
	{"flows[].data[]", items, "", "another field", "a field less"},
	{"flows[].data[].category", moved, "", "the field holds another category of data", ""},
	{"flows[].data[].required", neutral, "", "", ""},
	{"flows[].data[].needed", holds, "", "the purpose does not need the field", "the purpose needs the field"},
	{"flows[].data[].transform", ranked, "keep < shift < generalise < mask < fpe < token < hmac < synth < redact < drop", "the field is less protected", "the field is better protected"},
	{"flows[].data[].operations[]", items, "", "another operation carries the field", "an operation less carries the field"},
	{"flows[].data[].source", neutral, "", "", ""},
	{"flows[].data[].confidence", neutral, "", "", ""},
	{"flows[].data[].because", neutral, "", "", ""},
	{"flows[].volume.records_per_day", more, "", "more records", "fewer records"},
	{"flows[].volume.peak_rps", more, "", "more requests a second", "fewer requests a second"},
	{"flows[].volume.subjects", more, "", "more people", "fewer people"},
	{"flows[].retention.period", more, "", "the data is kept longer", "the data is kept for less time"},
	{"flows[].retention.deletion", ranked, "none < manual < request < api < automatic", "deletion is less certain", "deletion is more certain"},
	{"flows[].retention.evidence", ranked, "none < log < certificate < probe", "deletion is shown less well", "deletion is shown better"},
	{"flows[].region.storage[]", known, "", "stored in another country", "stored in one country less"},
	{"flows[].region.processing[]", known, "", "processed in another country", "processed in one country less"},
	{"flows[].region.transfer", moved, "", "the transfer rests on another mechanism", ""},
	{"flows[].region.evidence[]", cover, "", "one evidence less for the transfer", "one evidence more for the transfer"},
	{"flows[].shared_with[]", known, "", "another recipient", "a recipient less"},
	{"flows[].trigger", moved, "", "something else starts the flow", ""},
	{"flows[].mutates", opens, "", "the flow changes state", "the flow changes no state"},
	{"flows[].legally_binding", opens, "", "the exchange is binding", "the exchange is not binding"},
	{"flows[].source", neutral, "", "", ""},
	{"flows[].sources", neutral, "", "", ""},

	{"access[]", items, "", "somebody else sees data", "somebody no longer sees data"},
	{"access[].sees[]", items, "", "another category is seen", "a category less is seen"},
	{"access[].why", neutral, "", "", ""},
	{"operations.latency_budget", neutral, "", "", ""},
	{"operations.timeout", moreZero, "", "a call may hang longer", "a call may hang for less time"},
	{"operations.fallback", given, "", "there is no fallback any more", "there is a fallback"},
	{"operations.rollback", given, "", "there is no way back any more", "there is a way back"},
	{"operations.runbook", given, "", "there is no incident plan any more", "there is an incident plan"},
	{"operations.support_load", neutral, "", "", ""},
	{"operations.monitoring", given, "", "nothing watches it any more", "something watches it"},
	{"operations.last_drill", less, "", "the last rehearsal is longer ago", "the rehearsal is more recent"},
	{"contract.dpa", given, "", "no data processing agreement is stated", "a data processing agreement is stated"},
	{"contract.signed", given, "", "no agreement is stated", "an agreement is stated"},
	{"contract.until", less, "", "the contract ends earlier", "the contract ends later"},
	{"contract.breach_notice", more, "", "we hear of a breach later", "we hear of a breach earlier"},
	{"contract.slo.availability", less, "", unproven, proven},
	{"contract.slo.latency_p95", more, "", unproven, proven},
	{"contract.deprecation_notice", less, "", "changes come at shorter notice", "changes come at longer notice"},
	{"contract.subprocessor_notice", less, "", "sub-processors come at shorter notice", "sub-processors come at longer notice"},
	{"contract.audit_rights", holds, "", "we may not audit", "we may audit"},
	{"contract.data_ownership", ranked, "partner < shared < ours", "less of the data is ours", "more of the data is ours"},
	{"contract.training_use", ranked, "allowed < opt_out < prohibited", "our data may train models", "our data is better kept from models"},
	{"contract.exit.data_return", more, "", "data comes back later", "data comes back earlier"},
	{"contract.exit.deletion", more, "", "data is deleted later", "data is deleted earlier"},
	{"contract.exit.plan", given, "", "there is no exit plan any more", "there is an exit plan"},
	{"envelope.requests_per_minute", more, "", "a higher limit", "a lower limit"},
	{"envelope.requests_per_day", more, "", "a higher limit", "a lower limit"},
	{"envelope.records_per_day", more, "", "a higher limit", "a lower limit"},
	{"envelope.max_body", more, "", "a higher limit", "a lower limit"},
	{"envelope.not_after", more, "", "it may run longer", "it ends earlier"},
	{"exceptions[]", items, "", "another threat is to be accepted", "a threat less is to be accepted"},
	{"exceptions[].reason", neutral, "", "", ""},
	{"exceptions[].owner", neutral, "", "", ""},
	{"exceptions[].compensating", given, "", "nothing makes up for the threat any more", "something makes up for the threat"},
	{"exceptions[].expires", more, "", "the threat is accepted for longer", "the threat is accepted for less time"},
	{"targets[]", items, "", "another place may be tested", "a place less may be tested"},
	{"targets[].base_url", moved, "", "tests go elsewhere", ""},
	{"targets[].represents", moved, "", "the target stands for another environment", ""},
	{"targets[].why", neutral, "", "", ""},
	{"targets[].identities[]", items, "", "another account for tests", "an account for tests less"},
	{"targets[].identities[].role", moved, "", "the account has another role", ""},
	{"targets[].identities[].type", neutral, "", "", ""},
	{"targets[].identities[].credential.ref", neutral, "", "", ""},
	{"targets[].identities[].credential.rotate", neutral, "", "", ""},
	{"targets[].identities[].username", neutral, "", "", ""},
	{"targets[].identities[].params", neutral, "", "", ""},
	{"targets[].authorisation.scope[]", items, "", "another host may be tested", "a host less may be tested"},
	{"targets[].authorisation.owner", given, "", "nobody allows the test any more", "somebody allows the test"},
	{"targets[].authorisation.from", less, "", "tests are allowed earlier", "tests are allowed later"},
	{"targets[].authorisation.until", more, "", "tests are allowed for longer", "tests are allowed for less time"},
	{"targets[].budget.requests", more, "", "tests may send more", "tests may send less"},
	{"targets[].budget.seconds", more, "", "tests may run longer", "tests run for less time"},

	{"partner.apiVersion", neutral, "", "", ""},
	{"partner.kind", neutral, "", "", ""},
	{"partner.id", moved, "", "the partner is another one", ""},
	{"partner.legal_name", neutral, "", "", ""},
	{"partner.display_name", neutral, "", "", ""},
	{"partner.country", moved, "", "the partner sits in another country", ""},
	{"partner.identifiers.lei", neutral, "", "", ""},
	{"partner.identifiers.euid", neutral, "", "", ""},
	{"partner.identifiers.vat", neutral, "", "", ""},
	{"partner.identifiers.duns", neutral, "", "", ""},
	{"partner.parent", moved, "", "the partner belongs to somebody else", ""},
	{"partner.person_type", moved, "", "the partner is another kind of person in law", ""},
	{"partner.website", neutral, "", "", ""},
	{"partner.security_contact", given, "", "vulnerabilities can be reported nowhere", "vulnerabilities can be reported"},
	{"partner.privacy_contact", given, "", "data subjects' requests can go nowhere", "data subjects' requests can go somewhere"},
	{"partner.status", neutral, "", "", ""},
	{"partner.subprocessors[]", known, "", "another sub-processor", "a sub-processor less"},
	{"partner.subprocessors[].name", neutral, "", "", ""},
	{"partner.subprocessors[].service", neutral, "", "", ""},
	{"partner.subprocessors[].region", moved, "", "the sub-processor works in another country", ""},
	{"partner.subprocessors[].since", neutral, "", "", ""},
	{"partner.assurance[]", cover, "", unproven, proven},
	{"partner.assurance[].issuer", neutral, "", "", ""},
	{"partner.assurance[].scope", moved, "", "it covers something else", ""},
	{"partner.assurance[].issued", neutral, "", "", ""},
	{"partner.assurance[].expires", less, "", "it ends earlier", "it holds longer"},
	{"partner.incidents[]", items, "", "another incident is known", "an incident less is listed"},
	{"partner.incidents[].severity", ranked, "critical < high < medium < low", "the incident is graver", "the incident is less grave"},
	{"partner.incidents[].summary", neutral, "", "", ""},
	{"partner.incidents[].resolved", holds, "", "the incident is not over", "the incident is over"},
	{"partner.tags[]", neutral, "", "", ""},
	{"partner.sources", neutral, "", "", ""},
}
