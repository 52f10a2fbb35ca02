package taxonomy_test

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"drawbridge"
	"drawbridge/internal/taxonomy"
)

type classified struct {
	name  string
	field taxonomy.Field
	want  string // "" means: do not know
}

func str(path string) taxonomy.Field { return typed(path, "string") }

// typed makes a field from "customer/card/number".
func typed(path, kind string) taxonomy.Field {
	parts := strings.Split(path, "/")
	return taxonomy.Field{Name: parts[len(parts)-1], Parents: parts[:len(parts)-1], Type: kind}
}

// with changes a field.
func with(f taxonomy.Field, change func(*taxonomy.Field)) taxonomy.Field {
	change(&f)
	return f
}

func format(path, format string) taxonomy.Field {
	return with(str(path), func(f *taxonomy.Field) { f.Format = format })
}

func example(path, example string) taxonomy.Field {
	return with(str(path), func(f *taxonomy.Field) { f.Example = example })
}

func enum(path string, words ...string) taxonomy.Field {
	return with(str(path), func(f *taxonomy.Field) { f.Enum = words })
}

func header(name string) taxonomy.Field {
	return with(str(name), func(f *taxonomy.Field) { f.At = drawbridge.AtHeader })
}

func text(path, description string) taxonomy.Field {
	return with(str(path), func(f *taxonomy.Field) { f.Description = description })
}

func operation(path, id, tag string) taxonomy.Field {
	return with(str(path), func(f *taxonomy.Field) { f.Operation, f.Tag = id, tag })
}

// found are fields that a person recognises at a glance.
var found = []classified{
	{"plain e-mail", str("email"), "contact.email"},
	{"plural camel case", str("customerEmails"), "contact.email"},
	{"header case", str("E-Mail-Address"), "contact.email"},
	{"array item", str("customer/emails/*"), "contact.email"},
	{"value object", str("contact/email/value"), "contact.email"},
	{"dotted name", str("billing.contact.email"), "contact.email"},
	{"form name", str("user[email]"), "contact.email"},
	{"format alone", format("recipient_ref", "email"), "contact.email"},
	{"example alone", example("whom", "jane@example.org"), "contact.email"},
	{"description alone", text("whom", "E-mail address of the buyer."), "contact.email"},
	{"first name", str("shopper/firstName"), "person.name.first"},
	{"reversed first name", str("NameFirst"), "person.name.first"},
	{"french first name", str("prénom"), "person.name.first"},
	{"german family name", str("Nachname"), "person.name.last"},
	{"name of a customer", str("customer/name"), "person.name.full"},
	{"name beside customer", str("customerName"), "person.name.full"},
	{"name of the operation", operation("name", "createCustomer", "customers"), "person.name.full"},
	{"cardholder", str("card/holderName"), "person.name.full"},
	{"avatar", format("avatar_url", "uri"), "person.photo"},
	{"phone", str("phone"), "contact.phone"},
	{"mobile of a contact", str("contact/mobile"), "contact.phone"},
	{"home phone", str("phone_home"), "contact.phone"},
	{"phone as a number", typed("phoneNumber", "integer"), "contact.phone"},
	{"sms recipient", str("message/to"), "contact.phone"},
	{"phone pattern", with(str("destination"), func(f *taxonomy.Field) { f.Pattern = `^\+?[1-9]\d{1,14}$` }), "contact.phone"},
	{"street", str("address/line1"), "contact.address.street"},
	{"second line", str("billing_address/address_line_2"), "contact.address.street"},
	{"city", str("shippingAddress/city"), "contact.address.city"},
	{"state of an address", str("address/state"), "contact.address.region"},
	{"zip of an address", str("billing/zip"), "contact.address.postcode"},
	{"german postcode", str("Anschrift/PLZ"), "contact.address.postcode"},
	{"country of an address", enum("address/country", "DE", "FR"), "contact.address.country"},
	{"ssn", str("ssn"), "govid.national"},
	{"social security", str("shopperSocialSecurityNumber"), "govid.national"},
	{"brazilian number", str("payer/cpf"), "govid.national"},
	{"tax number", str("taxIdentificationNumber"), "govid.tax"},
	{"passport", str("document/passport_number"), "govid.passport"},
	{"parent passport", str("passport/number"), "govid.passport"},
	{"plate", str("vehicle/plate"), "govid.vehicle"},
	{"pan", str("card/number"), "finance.card.pan"},
	{"glued pan", str("cardnumber"), "finance.card.pan"},
	{"iban in an odd field", example("referenceField", "GB82WEST12345698765432"), "finance.bank.account"},
	{"pan by check digit, no word", example("zzz", "4111111111111111"), "finance.card.pan"},
	{"cvc", str("paymentMethod/cvc"), "finance.card.sad"},
	{"cvv as a number", typed("card/cvv", "integer"), "finance.card.sad"},
	{"expiry month", typed("card/exp_month", "integer"), "finance.card.expiry"},
	{"expiry parent", str("card/expiry/month"), "finance.card.expiry"},
	{"iban", str("customer/iban"), "finance.bank.account"},
	{"iban by check digits", example("zzz", "GB82WEST12345698765432"), "finance.bank.account"},
	{"account number of a bank", str("bank_account/number"), "finance.bank.account"},
	{"bic", str("bic"), "finance.bank.routing"},
	{"salary", typed("employee/salary", "number"), "finance.income"},
	{"balance", typed("account_balance", "number"), "finance.balance"},
	{"amount", typed("payment/amount", "integer"), "finance.transaction"},
	{"value of an amount", typed("amount/value", "integer"), "finance.transaction"},
	{"currency", str("amount/currency"), "business.public"},
	{"birth date", format("dateOfBirth", "date"), "demo.birth_date"},
	{"dob", str("dob"), "demo.birth_date"},
	{"age of a person", typed("patient/age", "integer"), "demo.age"},
	{"gender", enum("gender", "f", "m", "x"), "demo.gender"},
	{"nationality", str("nationality"), "demo.nationality"},
	{"ethnicity", str("ethnicity"), "special.ethnicity"},
	{"race of a patient", str("patient/race"), "special.ethnicity"},
	{"religion", str("employee/religion"), "special.religion"},
	{"union", typed("trade_union_member", "boolean"), "special.union"},
	{"union membership", typed("union_membership", "boolean"), "special.union"},
	{"orientation", str("sexual_orientation"), "special.orientation"},
	{"criminal record", str("applicant/criminal_record"), "special.criminal"},
	{"diagnosis code", str("claim/diagnosis_code"), "health.condition"},
	{"diagnosis of a patient", str("patient/diagnosis"), "health.condition"},
	{"blood pressure", typed("vitals/blood_pressure", "number"), "health.measurement"},
	{"medical record", str("medicalRecordNumber"), "health.record"},
	{"face template", format("face_template", "byte"), "bio.face"},
	{"child's name", str("child/first_name"), "special.child"},
	{"client address", format("client_ip", "ipv4"), "device.ip"},
	{"format ipv6", format("peer", "ipv6"), "device.ip"},
	{"forwarded for", header("X-Forwarded-For"), "device.ip"},
	{"device", str("deviceId"), "device.id"},
	{"user agent", header("User-Agent"), "device.agent"},
	{"latitude", typed("latitude", "number"), "location.precise"},
	{"lat in a position", typed("location/lat", "number"), "location.precise"},
	{"user id", str("userId"), "account.user_id"},
	{"id of a customer", format("customer/id", "uuid"), "account.user_id"},
	{"several ids", typed("user_ids/*", "integer"), "account.user_id"},
	{"login", str("owner/login"), "account.username"},
	{"consent", typed("marketing_consent", "boolean"), "account.consent"},
	{"message text", str("message/text"), "content.message"},
	{"password", format("user/password", "password"), "secret.password"},
	{"format password", format("pin2", "password"), "secret.password"},
	{"bearer", header("Authorization"), "secret.token"},
	{"api key", header("X-API-Key"), "secret.api_key"},
	{"short name of an open licence is no secret", str("repository/license/key"), "system.operations"},
	{"access token", str("access_token"), "secret.token"},
	{"jwt by example", example("zzz", "eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0.c2ln"), "secret.token"},
	{"client secret", str("client_secret"), "secret.api_key"},
	{"otp", str("otpCode"), "secret.mfa"},
}

// harmless are fields that look like something else, or like nothing.
var harmless = []classified{
	{"flag on an address", typed("email_verified", "boolean"), "system.operations"},
	{"template of a mail", str("email_template_id"), "system.operations"},
	{"number of mails", typed("email_count", "integer"), "system.operations"},
	{"type of a phone", enum("phone_type", "home", "work"), "system.operations"},
	{"name of a repository", str("owner/repository/name"), "system.operations"},
	{"file name", str("file_name"), "system.operations"},
	{"name of nothing known", str("name"), ""},
	{"race on its own", str("race"), ""},
	{"race condition", str("race_condition"), "system.operations"},
	{"minor version", str("minor"), ""},
	{"minor part of a version", typed("version/minor", "integer"), "system.operations"},
	{"condition", str("rule/condition"), "system.operations"},
	{"health check", str("health_check"), ""},
	{"health status of a server", str("server/health_status"), "system.operations"},
	{"iris as a product", str("product/iris"), ""},
	{"guardian as a service", str("guardian"), ""},
	{"sex in a path", str("sex"), ""},
	{"orientation of a screen", enum("screen/orientation", "portrait", "landscape"), "system.operations"},
	{"union type", str("union_type"), "system.operations"},
	{"third party", str("third_party"), ""},
	{"treatment of an experiment", str("experiment/treatment"), ""},
	{"race of a driver", str("driver/race"), ""},
	{"race of a player", str("player/race"), ""},
	{"tribe of an employee", str("employee/tribe"), ""},
	{"condition of a service's health", str("service/health/condition"), "system.operations"},
	{"cardiac arrest", str("patient/arrest"), ""},
	{"conviction rate", typed("model/conviction", "number"), ""},
	{"disability among features", str("user/features/disability"), ""},
	{"symptom of an incident", str("incident/symptom"), ""},
	{"fingerprint of a certificate", str("certificate/fingerprint"), "system.operations"},
	{"fingerprint of a key", str("tls_fingerprint_template"), "system.operations"},
	{"child node", str("child/node_id"), "system.operations"},
	{"name of a child node", str("child/name"), ""},
	{"child process", str("child/process_name"), ""},
	{"max age of a cache", typed("cache/max_age", "integer"), "system.operations"},
	{"page token", str("next_page_token"), "system.operations"},
	{"token count", typed("usage/total_tokens", "integer"), "system.operations"},
	{"password policy", str("password_policy"), "system.operations"},
	{"password flag", typed("password", "boolean"), "system.operations"},
	{"public key", str("public_key"), "system.operations"},
	{"card brand", str("card/brand"), "system.operations"},
	{"last four", str("card/last4"), "finance.transaction"},
	{"account on github", str("github_account_number_type"), "system.operations"},
	{"state of an order", enum("order/state", "open", "closed"), "system.operations"},
	{"address of a wallet", str("wallet_address"), "finance.crypto"},
	{"ip allow list", typed("ip_allowlist_enabled", "boolean"), "system.operations"},
	{"script", str("script"), ""},
	{"recipe", str("recipe"), ""},
	{"device model of a phone", str("phone_model"), "device.agent"},
	{"time stamp", format("created_at", "date-time"), "system.operations"},
	{"link", format("html_url", "uri"), "system.operations"},
	{"e-mail settings link", format("email_url", "uri"), "system.operations"},
	{"uuid", format("zzz", "uuid"), "system.operations"},
	{"status", enum("status", "a", "b"), "system.operations"},
	{"any flag", typed("zzz", "boolean"), "system.operations"},
	{"sku", str("items/*/sku"), "business.public"},
	{"job of a member", typed("member/job_id", "integer"), "system.operations"},
	{"bank reference", str("bankNetReferenceNumber"), "system.operations"},
	{"error message", str("error_message"), "system.operations"},
	{"example says date", example("email", "2026-11-21"), "system.operations"},
	{"nonsense", str("qwxzv"), ""},
	{"no name", str(""), ""},
	{"request id header", header("X-Request-Id"), "system.operations"},
	{"unknown header", header("X-Zzz"), "system.operations"},
	{"special by description alone", text("zzz", "Sexual orientation of the member."), ""},
}

func TestClassify(t *testing.T) {
	t.Parallel()
	for _, tc := range append(append([]classified(nil), found...), harmless...) {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			got := taxonomy.Builtin().Classify(tc.field)
			if got.Category != tc.want {
				t.Errorf("Classify(%+v) = %s %.2f (%s), want %q", tc.field, got.Category, got.Confidence, got.Reason, tc.want)
			}
			if (got.Category == "") != (got.Level == drawbridge.LevelUnknown) || (got.Category == "") != (got.Reason == "") {
				t.Errorf("Classify(%+v) = %+v: category, level and reason do not agree", tc.field, got)
			}
		})
	}
}

func TestClassifyReason(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name  string
		field taxonomy.Field
		want  taxonomy.Guess
	}{
		{"name and format", format("customer/email", "email"), taxonomy.Guess{Category: "contact.email", Level: 2, Confidence: 0.96, Reason: "name `email`, format email"}},
		{"parent lends a word", str("card/number"), taxonomy.Guess{Category: "finance.card.pan", Level: 4, Confidence: 0.88, Reason: "name `number`, parent `card`"}},
		{"context in the parent", str("newCustomer/name"), taxonomy.Guess{Category: "person.name.full", Level: 2, Confidence: 0.88, Reason: "name `name`, parent `customer`"}},
		{"special in the parent", str("patient/glucose"), taxonomy.Guess{Category: "health.measurement", Level: 4, Confidence: 0.83, Reason: "name `glucose`, parent `patient`"}},
		{"special two above is too far", str("patient/panel/glucose"), taxonomy.Guess{Level: drawbridge.LevelUnknown}},
		{"hint", str("country"), taxonomy.Guess{Category: "contact.address.country", Level: 1, Confidence: 0.6, Reason: "name `country`, only a hint"}},
		{"flag", typed("zzz", "boolean"), taxonomy.Guess{Category: "system.operations", Level: 1, Confidence: 0.85, Reason: "type boolean, no key in the name"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if got := taxonomy.Builtin().Classify(tc.field); got != tc.want {
				t.Errorf("Classify = %+v, want %+v", got, tc.want)
			}
		})
	}
}

// fields generates hostile fields made of real words.
func fields() *rapid.Generator[taxonomy.Field] {
	word := rapid.OneOf(rapid.SampledFrom(strings.Fields("email name card number patient race id user customer * value 名前 \xff value items phone child minor iris date_of_birth a.b.c x[y] +")), rapid.String())
	return rapid.Custom(func(t *rapid.T) taxonomy.Field {
		return taxonomy.Field{
			Name:    strings.Join(rapid.SliceOfN(word, 0, 12).Draw(t, "name"), rapid.SampledFrom([]string{"_", "", "-", "."}).Draw(t, "join")),
			Parents: rapid.SliceOfN(word, 0, 20).Draw(t, "parents"),
			Type:    rapid.SampledFrom([]string{"", "string", "integer", "number", "boolean", "object", "array", "null", "nonsense"}).Draw(t, "type"),
			Format:  rapid.SampledFrom([]string{"", "email", "uri", "date", "uuid", "byte", "nonsense"}).Draw(t, "format"),
			Pattern: word.Draw(t, "pattern"), Description: rapid.String().Draw(t, "description"), Example: word.Draw(t, "example"),
			Enum: rapid.SliceOfN(word, 0, 3).Draw(t, "enum"), At: rapid.SampledFrom(append(drawbridge.Ats(), "")).Draw(t, "at"),
			Operation: word.Draw(t, "operation"), Tag: word.Draw(t, "tag"),
		}
	})
}

func checkGuess(t interface{ Errorf(string, ...any) }, f taxonomy.Field) {
	tax := taxonomy.Builtin()
	got := tax.Classify(f)
	if again := tax.Classify(f); again != got {
		t.Errorf("Classify(%+v) = %+v, then %+v", f, got, again)
	}
	if got.Category == "" {
		if got != (taxonomy.Guess{Level: drawbridge.LevelUnknown}) {
			t.Errorf("Classify(%+v) = %+v for an unknown field", f, got)
		}
		return
	}
	c, ok := tax.Category(got.Category)
	switch {
	case !ok || c.Level != got.Level || got.Reason == "":
		t.Errorf("Classify(%+v) = %+v, which the taxonomy does not hold", f, got)
	case got.Confidence < 0.5 || got.Confidence > 0.98:
		t.Errorf("Classify(%+v) = %+v: confidence out of its bands", f, got)
	case (c.Special() || c.HasTag("coppa")) && got.Confidence < 0.78:
		t.Errorf("Classify(%+v) = %+v: a special category on weak evidence", f, got)
	case len(got.Reason) > 600:
		t.Errorf("Classify: a reason of %d bytes", len(got.Reason))
	}
}

func TestClassifyProperties(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) { checkGuess(rt, fields().Draw(rt, "field")) })
}

func TestClassifyIsBounded(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("customer_Name.", 100_000)
	parents := make([]string, 10_000)
	for i := range parents {
		parents[i] = long
	}
	checkGuess(t, taxonomy.Field{Name: long, Parents: parents, Description: long, Example: long, Pattern: long, Operation: long, Tag: long})
	checkGuess(t, taxonomy.Field{Name: "*", Parents: make([]string, 100_000)})
}

func FuzzClassify(f *testing.F) {
	f.Add("email", "customer", "string", "email", "The address.", "a@b.example")
	f.Add("card.number", "items", "", "", "", "4111111111111111")
	f.Fuzz(func(t *testing.T, name, parent, kind, format, description, example string) {
		checkGuess(t, taxonomy.Field{Name: name, Parents: strings.Split(parent, "/"), Type: kind, Format: format, Description: description, Example: example, Tag: parent})
	})
}

func BenchmarkClassify(b *testing.B) {
	tax := taxonomy.Builtin()
	all := append(append([]classified(nil), found...), harmless...)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		tax.Classify(all[i%len(all)].field)
	}
}
