package twin

// messages takes forms instead of JSON.
func messages() *style {
	return &style{
		name: "form", title: "Pigeonpost Messaging API", about: "Text messages to customers.",
		host: "api.pigeonpost.example", base: "/2026", openapi: "3.0.3", auth: basic, ids: prefixed, form: true,
		envelope: envelope{items: "records"}, main: "message", text: "body",
		spots: map[string]string{"MASS-01": "updateContact"},
		resources: []*resource{
			{
				name: "contact", plural: "contacts", tag: "Contacts", prefix: "con", param: "id", ops: "lcrud", seed: 2,
				fields: []field{
					str("name", 120, need, eg("Hugo Silva"), cat("person.name.full")),
					str("phone", 20, need, like(`^\+[1-9][0-9]{6,14}$`), eg("+442079460103"), cat("contact.phone")),
					flag("verified", guarded, cat("system.operations")), created(),
				},
			},
			{
				name: "message", plural: "messages", tag: "Messages", prefix: "msg", param: "id", ops: "lcrud", seed: 3,
				fields: []field{
					str("to", 20, need, once, like(`^\+[1-9][0-9]{6,14}$`), eg("+442079460104"), cat("contact.phone")),
					str("body", 400, need, eg("Your order is on its way"), cat("content.message")),
					num("validity_minutes", 1, 1440, def(int64(60)), eg(int64(60)), cat("system.operations")),
					flag("flash", cat("system.operations")),
					word("status", []string{"queued", "sent"}, read, cat("system.operations")), metadata().with(read), created(),
				},
			},
		},
	}
}

// leads says almost nothing in its specification.
func leads() *style {
	return &style{
		name: "poor-spec", title: "Coldcall CRM", about: "Leads and deals.",
		host: "api.coldcall.example", base: "/rest", openapi: "3.0.0", auth: bearer, ids: integer, poor: true,
		envelope: envelope{pages: true}, main: "lead", text: "remarks",
		resources: []*resource{
			{
				name: "lead", plural: "leads", tag: "CRM", param: "id", ops: "lcrud", seed: 3,
				fields: []field{
					str("name", 120, need, eg("Ines Tanaka"), cat("person.name.full")),
					str("email", 120, need, form("email"), eg("ines@mail.example"), cat("contact.email")),
					str("remarks", 400, null, eg("Call after lunch"), cat("content.message")),
					num("score", 0, 100, def(int64(10)), eg(int64(10)), cat("behaviour.inference")),
					flag("admin", guarded, cat("system.operations")), metadata(), created(),
				},
			},
			{
				name: "deal", plural: "deals", tag: "CRM", param: "id", ops: "lcrud", seed: 2,
				fields: []field{
					str("title", 120, need, eg("Twelve lamps"), cat("business.confidential")),
					num("value", 0, 99999999, need, eg(int64(58800)), cat("business.confidential")),
					link("lead_id", "lead", need, cat("account.pseudonym")), created(),
				},
			},
		},
	}
}

// parcels is described in OpenAPI 3.1: type lists, const, webhooks.
func parcels() *style {
	return &style{
		name: "oas31", title: "Parcelway Shipping API", about: "Addresses and shipments.",
		host: "api.parcelway.example", base: "/v1", openapi: "3.1.0", auth: bearer, ids: uuid, strict: true,
		envelope: envelope{items: "data"}, main: "shipment", text: "instructions",
		spots: map[string]string{"MASS-01": "updateAddress"},
		resources: []*resource{
			{
				name: "address", plural: "addresses", tag: "Addresses", param: "address_id", ops: "lcrud", seed: 3,
				fields: []field{
					objectOf("address"),
					str("name", 120, need, eg("Jan Varga"), cat("person.name.full")),
					str("street", 120, need, eg("4 Mill Lane"), cat("contact.address.street")),
					str("postcode", 12, need, eg("T12 X4R1"), cat("contact.address.postcode")),
					str("country", 2, need, like("^[A-Z]{2}$"), eg("IE"), cat("contact.address.country")),
					flag("verified", guarded, cat("system.operations")), created(),
				},
			},
			{
				name: "shipment", plural: "shipments", tag: "Shipments", param: "shipment_id", ops: "lcrud", seed: 3,
				fields: []field{
					objectOf("shipment"),
					link("to_address_id", "address", need, once, cat("account.pseudonym")),
					num("weight_grams", 1, 30000, need, eg(int64(1200)), cat("business.confidential")),
					str("instructions", 400, null, eg("Give it to the neighbour"), cat("content.message")),
					word("service", []string{"standard", "express"}, cat("business.confidential")),
					word("status", []string{"created", "bought"}, read, cat("system.operations")),
					metadata(), created(),
				},
				acts: []action{{name: "buy", title: "Buy the label of a shipment", in: []field{word("label_format", []string{"pdf", "png"}, null, cat("system.operations"))}, do: step("status", "created", "bought")}},
			},
		},
	}
}
