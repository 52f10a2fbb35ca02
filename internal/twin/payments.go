package twin

// payments is a card processor: the realistic partner of the demonstration.
func payments() *style {
	return &style{
		name: "payments", title: "Tidewater Payments API", about: "Cards, refunds and payouts for online shops.",
		host: "api.tidewater.example", base: "/v1", openapi: "3.0.3", auth: bearer, ids: prefixed,
		envelope: envelope{items: "data"}, idempotent: true, main: "charge", text: "description",
		spots: map[string]string{
			"AUTHN-01": "getPayout", "AUTHN-02": "getRefund", "MASS-01": "updateCustomer", "DATA-01": "getCustomer",
			"DATA-02": "getAccount", "SCHEMA-01": "getWebhookEndpoint", "SCHEMA-02": "getEvent", "SCHEMA-03": "getBalance",
			"HDR-01": "listCustomers",
		},
		resources: []*resource{
			account(), customers(), paymentMethods(), charges(), refunds(), payouts(), balance(), events(), webhookEndpoints(),
		},
	}
}

func objectOf(name string) field {
	return field{name: "object", kind: text, enum: []string{name}, read: true, def: name, example: name, doc: "Kind of object."}
}

func currency() field {
	return field{name: "currency", kind: text, enum: []string{"EUR", "USD", "GBP"}, def: "EUR", example: "EUR", once: true, doc: "ISO 4217 code.", category: "finance.transaction"}
}

func amount(low, high, example int64, change ...func(*field)) field {
	f := num("amount", low, high, once, eg(example), cat("finance.transaction"), doc("Amount in minor units, like cents."))
	return f.with(change...)
}

func account() *resource {
	return &resource{
		name: "account", plural: "account", tag: "Account", single: true, ops: "r",
		fields: []field{
			objectOf("account"),
			str("id", 64, read, eg("acct_9c1k2m3n4p5q6r"), cat("account.user_id")),
			str("business_name", 120, read, eg("North Shop"), cat("business.public")),
			str("support_email", 120, read, form("email"), eg("help@north.example"), cat("contact.email")),
			str("default_currency", 3, read, eg("EUR"), cat("business.public")),
			metadata(),
		},
		view: func(_ *store, tenant string) map[string]any {
			return map[string]any{
				"object": "account", "id": "acct_" + tenant, "business_name": title(tenant) + " Shop", "support_email": "help@" + tenant + ".example",
				"default_currency": "EUR", "metadata": map[string]any{"plan": "standard"},
			}
		},
	}
}

func customers() *resource {
	return &resource{
		name: "customer", plural: "customers", tag: "Customers", prefix: "cus", param: "id", ops: "lcrud", seed: 4,
		fields: []field{
			objectOf("customer"),
			str("name", 120, need, eg("Ana Duarte"), cat("person.name.full")),
			str("email", 120, need, form("email"), eg("ana.duarte@shop.example"), cat("contact.email")),
			str("phone", 20, null, like(`^\+[1-9][0-9]{6,14}$`), eg("+442079460101"), cat("contact.phone"), doc("Number in international form.")),
			group("address", []field{
				str("line1", 120, need, eg("1 Harbour Street"), cat("contact.address.street")),
				str("city", 80, need, eg("Galway"), cat("contact.address.city")),
				str("postal_code", 12, need, eg("H91 X0A1"), cat("contact.address.postcode")),
				str("country", 2, need, like("^[A-Z]{2}$"), eg("IE"), cat("contact.address.country")),
			}, null),
			str("description", 400, null, eg("Met at the spring fair"), cat("content.message")),
			flag("verified", guarded, doc("Whether we checked the person's identity."), cat("system.operations")),
			num("balance", -99999999, 99999999, guarded, def(int64(0)), eg(int64(0)), doc("Credit or debt in minor units."), cat("finance.balance")),
			metadata(), created(),
		},
	}
}

func paymentMethods() *resource {
	return &resource{
		name: "payment_method", plural: "payment_methods", tag: "Payment methods", prefix: "pm", param: "id", parent: "customer", flat: true, ops: "lcrd", seed: 1,
		fields: []field{
			objectOf("payment_method"),
			word("type", []string{"card"}, once),
			group("card", []field{
				str("number", 19, need, write, like("^[0-9]{13,19}$"), eg("4242424242424242"), cat("finance.card.pan"), doc("Card number; never shown again.")),
				str("cvc", 4, need, write, like("^[0-9]{3,4}$"), eg("314"), cat("finance.card.sad")),
				num("exp_month", 1, 12, need, eg(int64(11)), cat("finance.card.expiry")),
				num("exp_year", 2026, 2060, need, eg(int64(2031)), cat("finance.card.expiry")),
				word("brand", []string{"visa", "mastercard", "amex", "other"}, read, cat("finance.transaction")),
				str("last4", 4, read, like("^[0-9]{4}$"), eg("4242"), cat("finance.card.pan")),
			}, need, once),
			metadata(), created(),
		},
		made: func(_ *store, o *object) *problem {
			card, _ := o.fields["card"].(map[string]any)
			pan, _ := card["number"].(string)
			if !luhn(pan) {
				return invalid("/card/number", "is not a card number")
			}
			card["last4"] = pan[len(pan)-4:]
			card["brand"] = map[byte]string{'4': "visa", '5': "mastercard", '3': "amex"}[pan[0]]
			if card["brand"] == "" {
				card["brand"] = "other"
			}
			delete(card, "number")
			delete(card, "cvc")
			return nil
		},
	}
}

func charges() *resource {
	return &resource{
		name: "charge", plural: "charges", tag: "Charges", prefix: "ch", param: "id", ops: "lcru", seed: 6, filters: []string{"customer", "status"},
		fields: []field{
			objectOf("charge"),
			amount(50, 99999999, 2000, need), currency(),
			link("customer", "customer", need, once, cat("account.pseudonym")),
			link("payment_method", "payment_method", null, once, cat("account.pseudonym")),
			flag("capture", write, doc("Collect the money at once; otherwise capture it later."), cat("system.operations")),
			word("status", []string{"authorized", "captured", "partially_refunded", "refunded"}, read, cat("finance.transaction")),
			num("amount_refunded", 0, 99999999, read, def(int64(0)), eg(int64(0)), cat("finance.transaction")),
			str("description", 400, null, eg("Order A-1001"), cat("behaviour.purchase"), doc("Free text for your own use.")),
			str("receipt_email", 120, null, form("email"), eg("ana.duarte@shop.example"), cat("contact.email")),
			flag("disputed", guarded, cat("finance.transaction")),
			metadata(), created(),
		},
		acts: []action{{name: "capture", title: "Capture an authorised charge", do: func(_ *store, o *object) *problem {
			if o.fields["status"] != "authorized" {
				return conflict("Only an authorised charge can be captured.")
			}
			o.fields["status"] = "captured"
			return nil
		}}},
		made: func(_ *store, o *object) *problem {
			if o.fields["capture"] == true {
				o.fields["status"] = "captured"
			}
			delete(o.fields, "capture")
			return nil
		},
	}
}

func refunds() *resource {
	return &resource{
		name: "refund", plural: "refunds", tag: "Refunds", prefix: "re", param: "id", ops: "lcr", seed: 2, filters: []string{"charge"},
		fields: []field{
			objectOf("refund"),
			link("charge", "charge", need, once, cat("account.pseudonym")),
			amount(1, 99999999, 100, need),
			word("reason", []string{"requested_by_customer", "duplicate", "fraudulent"}, once, cat("finance.transaction")),
			word("status", []string{"succeeded", "pending"}, read, cat("finance.transaction")),
			metadata(), created(),
		},
		made: func(st *store, o *object) *problem {
			charge := st.find("charge", o.fields["charge"])
			total, _ := charge.fields["amount"].(int64)
			back, _ := charge.fields["amount_refunded"].(int64)
			n, _ := o.fields["amount"].(int64)
			if back+n > total {
				return conflict("The refund is larger than what is left of the charge.")
			}
			charge.fields["amount_refunded"] = back + n
			charge.fields["status"] = "partially_refunded"
			if back+n == total {
				charge.fields["status"] = "refunded"
			}
			return nil
		},
	}
}

func payouts() *resource {
	return &resource{
		name: "payout", plural: "payouts", tag: "Payouts", prefix: "po", param: "id", ops: "lcr", seed: 2, filters: []string{"status"},
		fields: []field{
			objectOf("payout"),
			amount(100, 1000000, 500, need), currency(),
			group("destination", []field{
				str("holder", 120, need, eg("North Shop Ltd"), cat("business.public")),
				str("iban", 34, need, write, like("^[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}$"), eg("DE89370400440532013000"), cat("finance.bank.account")),
				str("last4", 4, read, eg("3000"), cat("finance.bank.account")),
			}, need, once),
			word("status", []string{"pending", "paid", "canceled"}, read, cat("finance.transaction")),
			metadata(), created(),
		},
		acts: []action{{name: "cancel", title: "Cancel a payout that is pending", do: func(_ *store, o *object) *problem {
			if o.fields["status"] != "pending" {
				return conflict("Only a pending payout can be canceled.")
			}
			o.fields["status"] = "canceled"
			return nil
		}}},
		made: func(_ *store, o *object) *problem {
			to, _ := o.fields["destination"].(map[string]any)
			iban, _ := to["iban"].(string)
			if !mod97(iban) {
				return invalid("/destination/iban", "is not an IBAN")
			}
			to["last4"] = iban[len(iban)-4:]
			delete(to, "iban")
			return nil
		},
	}
}

func balance() *resource {
	money := []field{num("amount", -99999999, 999999999, read, eg(int64(128000)), cat("finance.balance")), str("currency", 3, read, eg("EUR"), cat("finance.balance"))}
	return &resource{
		name: "balance", plural: "balance", tag: "Account", single: true, ops: "r",
		fields: []field{objectOf("balance"), group("available", money, read), group("pending", money, read)},
		view: func(st *store, tenant string) map[string]any {
			available, pending := int64(0), int64(0)
			for _, o := range st.all("charge", tenant, "") {
				n, _ := o.fields["amount"].(int64)
				back, _ := o.fields["amount_refunded"].(int64)
				if o.fields["status"] == "authorized" {
					pending += n - back
				} else {
					available += n - back
				}
			}
			for _, o := range st.all("payout", tenant, "") {
				if n, _ := o.fields["amount"].(int64); o.fields["status"] != "canceled" {
					available -= n
				}
			}
			money := func(n int64) map[string]any { return map[string]any{"amount": n, "currency": "EUR"} }
			return map[string]any{"object": "balance", "available": money(available), "pending": money(pending)}
		},
	}
}

// events record what happened; the store appends them.
func events() *resource {
	return &resource{
		name: "event", plural: "events", tag: "Events", prefix: "evt", param: "id", ops: "lr", filters: []string{"type"},
		fields: []field{
			objectOf("event"),
			str("type", 80, read, eg("charge.created"), cat("system.operations")),
			str("object_id", 64, read, eg("ch_3fk1x9w2m4b7q8"), cat("account.pseudonym")),
			created(),
		},
	}
}

func webhookEndpoints() *resource {
	return &resource{
		name: "webhook_endpoint", plural: "webhook_endpoints", tag: "Webhook endpoints", prefix: "we", param: "id", ops: "lcrud", seed: 1,
		fields: []field{
			objectOf("webhook_endpoint"),
			str("url", 400, need, form("uri"), like("^https://"), eg("https://shop.example/hooks"), cat("system.operations")),
			list("enabled_events", word("event", []string{"charge.created", "charge.captured", "refund.created", "payout.created"}, cat("system.operations")), need, between(1, 10)),
			word("status", []string{"enabled", "disabled"}, cat("system.operations")),
			str("description", 400, null, eg("Main shop"), cat("content.message")),
			str("secret", 80, reveal, eg("whsec_0000000000000000"), cat("secret.token"), doc("Signs our deliveries; shown once.")),
			metadata(), created(),
		},
		made: func(st *store, o *object) *problem {
			o.fields["secret"] = "whsec_" + st.random(24)
			return nil
		},
	}
}
