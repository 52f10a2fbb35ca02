package twin

// storefront has integer ids, bare arrays as lists, pages, and an API key.
func storefront() *style {
	return &style{
		name: "rest-int", title: "Marketlane Storefront API", about: "Products, customers and orders of a web shop.",
		host: "api.marketlane.example", base: "/api", openapi: "3.0.3", auth: apiKey, ids: integer,
		envelope: envelope{pages: true}, main: "order", text: "note",
		spots: map[string]string{"MASS-01": "updateCustomer"},
		resources: []*resource{
			{
				name: "product", plural: "products", tag: "Products", param: "productId", ops: "lcrud", seed: 3, unique: "sku",
				fields: []field{
					str("sku", 40, need, once, like("^[A-Za-z0-9-]{3,40}$"), eg("LAMP-0042"), cat("business.public"), doc("Stock keeping unit; no two products share one.")),
					str("name", 120, need, eg("Desk lamp"), cat("business.public")),
					num("price_cents", 0, 99999999, need, eg(int64(4900)), cat("business.public")),
					num("stock", 0, 1000000, def(int64(0)), eg(int64(12)), cat("business.confidential")),
					created(),
				},
			},
			{
				name: "customer", plural: "customers", tag: "Customers", param: "customerId", ops: "lcrud", seed: 3,
				fields: []field{
					str("name", 120, need, eg("Bo Lindqvist"), cat("person.name.full")),
					str("email", 120, need, form("email"), eg("bo@shop.example"), cat("contact.email")),
					str("phone", 20, null, like(`^\+[1-9][0-9]{6,14}$`), eg("+442079460102"), cat("contact.phone")),
					flag("verified", guarded, cat("system.operations")), created(),
				},
			},
			{
				name: "order", plural: "orders", tag: "Orders", param: "orderId", ops: "lcru", seed: 3, filters: []string{"customer_id"},
				fields: []field{
					link("customer_id", "customer", need, once, cat("account.user_id")),
					link("product_id", "product", need, once, cat("behaviour.purchase")),
					num("quantity", 1, 1000, need, eg(int64(2)), cat("behaviour.purchase")),
					word("status", []string{"open", "cancelled"}, read, cat("behaviour.purchase")),
					str("note", 400, null, eg("Leave at the door"), cat("content.message")),
					metadata(), created(),
				},
				acts: []action{{name: "cancel", title: "Cancel an open order", do: step("status", "open", "cancelled")}},
			},
		},
	}
}

// helpdesk has UUIDs, whole replacement with PUT, refuses unknown fields, and
// has one public operation and plans that every tenant reads.
func helpdesk() *style {
	return &style{
		name: "rest-uuid", title: "Quietdesk Support API", about: "Tickets and contacts of a help desk.",
		host: "api.quietdesk.example", base: "/v2", openapi: "3.0.3", auth: basic, ids: uuid,
		envelope: envelope{items: "items", pages: true}, main: "ticket", text: "body", strict: true, put: true, public: true,
		spots: map[string]string{"MASS-01": "updateContact"},
		resources: []*resource{
			{
				name: "plan", plural: "plans", tag: "Plans", param: "planId", ops: "lr", seed: 2, shared: true,
				fields: []field{str("name", 60, need, eg("Standard"), cat("business.public")), num("seats", 1, 500, need, eg(int64(25)), cat("business.public"))},
			},
			{
				name: "contact", plural: "contacts", tag: "Contacts", param: "contactId", ops: "lcrud", seed: 3,
				fields: []field{
					str("name", 120, need, eg("Carla Okafor"), cat("person.name.full")),
					str("email", 120, need, form("email"), eg("carla@shop.example"), cat("contact.email")),
					word("role", []string{"requester", "agent", "admin"}, guarded, cat("system.operations")),
					metadata(), created(),
				},
			},
			{
				name: "ticket", plural: "tickets", tag: "Tickets", param: "ticketId", ops: "lcrud", seed: 3, filters: []string{"state"},
				fields: []field{
					str("subject", 160, need, eg("The lamp flickers"), cat("content.message")),
					str("body", 2000, need, eg("It began on Monday."), cat("content.message")),
					link("contact_id", "contact", need, cat("account.pseudonym")),
					word("state", []string{"open", "solved"}, cat("system.operations")),
					num("priority", 1, 4, def(int64(3)), eg(int64(3)), cat("system.operations")),
					metadata(), created(),
				},
			},
			{
				name: "comment", plural: "comments", tag: "Tickets", param: "commentId", parent: "ticket", ops: "lcrd", seed: 1,
				fields: []field{str("text", 1000, need, eg("We sent a new bulb."), cat("content.message")), flag("internal", cat("system.operations")), created()},
			},
		},
	}
}

// projects nests everything below an organisation that callers cannot make.
func projects() *style {
	return &style{
		name: "nested", title: "Stackyard Projects API", about: "Organisations, projects and tasks.",
		host: "api.stackyard.example", base: "", openapi: "3.0.3", auth: bearer, ids: integer,
		envelope: envelope{items: "results"}, main: "task", text: "details",
		spots: map[string]string{"MASS-01": "updateMember"},
		resources: []*resource{
			{
				name: "org", plural: "orgs", tag: "Organisations", param: "org", ops: "lr", seed: 1,
				fields: []field{str("name", 80, need, eg("Harbour Works"), cat("business.public")), created()},
			},
			{
				name: "member", plural: "members", tag: "Members", param: "member", parent: "org", ops: "lcrud", seed: 2,
				fields: []field{
					str("name", 120, need, eg("Dirk Peters"), cat("person.name.full")),
					str("email", 120, need, form("email"), eg("dirk@works.example"), cat("contact.email")),
					word("role", []string{"member", "maintainer", "owner"}, guarded, cat("system.operations")), created(),
				},
			},
			{
				name: "project", plural: "projects", tag: "Projects", param: "project", parent: "org", ops: "lcrud", seed: 2,
				fields: []field{
					str("name", 80, need, eg("New quay"), cat("business.confidential")),
					word("visibility", []string{"private", "internal"}, cat("system.operations")), created(),
				},
			},
			{
				name: "task", plural: "tasks", tag: "Tasks", param: "task", parent: "project", ops: "lcrud", seed: 2, filters: []string{"done"},
				fields: []field{
					str("title", 120, need, eg("Order timber"), cat("business.confidential")),
					str("details", 1000, null, eg("Larch, 40 mm"), cat("content.message")),
					num("estimate_hours", 0, 1000, null, eg(int64(8)), cat("business.confidential")),
					flag("done", cat("system.operations")), metadata(), created(),
				},
			},
		},
	}
}

// step moves a field from one state to the next.
func step(name, from, to string) func(*store, *object) *problem {
	return func(_ *store, o *object) *problem {
		if o.fields[name] != from {
			return conflict("The " + words(o.res.name) + " is not " + from + ".")
		}
		o.fields[name] = to
		return nil
	}
}
