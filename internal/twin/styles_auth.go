package twin

// staff signs in with a login operation that sets a cookie.
func staff() *style {
	return &style{
		name: "cookie", title: "Roster Staff API", about: "Shifts and notes of a team.",
		host: "api.roster.example", base: "/app", openapi: "3.0.3", auth: session, ids: prefixed,
		envelope: envelope{items: "data"}, main: "note", text: "content",
		spots: map[string]string{"MASS-01": "updateEmployee"},
		resources: []*resource{
			{
				name: "employee", plural: "employees", tag: "Employees", prefix: "emp", param: "id", ops: "lcrud", seed: 3,
				fields: []field{
					str("name", 120, need, eg("Eva Quinn"), cat("person.name.full")),
					str("work_email", 120, need, form("email"), eg("eva@works.example"), cat("contact.email")),
					str("job_title", 80, null, eg("Crane driver"), cat("work.title")),
					flag("is_admin", guarded, cat("system.operations")), created(),
				},
			},
			{
				name: "note", plural: "notes", tag: "Notes", prefix: "note", param: "id", ops: "lcrud", seed: 3,
				fields: []field{
					str("title", 120, need, eg("Handover"), cat("content.message")),
					str("content", 1000, need, eg("The crane is in repair."), cat("content.message")),
					num("shift", 1, 3, def(int64(1)), eg(int64(1)), cat("system.operations")),
					metadata(), created(),
				},
			},
		},
	}
}

// wallet signs in for a signed token that ends soon, and a refresh token.
func wallet() *style {
	return &style{
		name: "jwt", title: "Brightwallet API", about: "Wallets and transfers between them.",
		host: "api.brightwallet.example", base: "/v1", openapi: "3.0.3", auth: jwt, ids: uuid,
		envelope: envelope{items: "data"}, main: "wallet", text: "label",
		spots: map[string]string{"AUTHN-02": "getBeneficiary"}, // away from where forged tokens are tried
		resources: []*resource{
			{
				name: "wallet", plural: "wallets", tag: "Wallets", param: "wallet_id", ops: "lcrud", seed: 3,
				fields: []field{
					str("label", 400, need, eg("Holiday"), cat("content.message")),
					word("currency", []string{"EUR", "USD"}, once, cat("finance.balance")),
					num("balance", 0, 99999999, guarded, def(int64(0)), eg(int64(0)), cat("finance.balance")),
					metadata(), created(),
				},
			},
			{
				name: "beneficiary", plural: "beneficiaries", tag: "Beneficiaries", param: "beneficiary_id", ops: "lcrd", seed: 2,
				fields: []field{
					str("name", 120, need, eg("Finn Rossi"), cat("person.name.full")),
					str("email", 120, need, form("email"), eg("finn@mail.example"), cat("contact.email")), created(),
				},
			},
			{
				name: "transfer", plural: "transfers", tag: "Transfers", param: "transfer_id", ops: "lcr", seed: 2,
				fields: []field{
					link("wallet_id", "wallet", need, once, cat("account.pseudonym")),
					link("beneficiary_id", "beneficiary", need, once, cat("account.pseudonym")),
					num("amount", 1, 1000000, need, once, eg(int64(250)), cat("finance.transaction")),
					word("status", []string{"scheduled", "cancelled"}, read, cat("finance.transaction")),
					metadata(), created(),
				},
				acts: []action{{name: "cancel", title: "Cancel a transfer that is scheduled", do: step("status", "scheduled", "cancelled")}},
			},
		},
	}
}

// diary has an OAuth token endpoint with both grants that need no browser.
func diary() *style {
	return &style{
		name: "oauth", title: "Dayplan Calendar API", about: "Calendars and appointments.",
		host: "api.dayplan.example", base: "/v3", openapi: "3.0.3", auth: oauth, ids: prefixed,
		envelope: envelope{items: "items"}, main: "appointment", text: "notes",
		spots: map[string]string{"MASS-01": "updateCalendar"},
		resources: []*resource{
			{
				name: "calendar", plural: "calendars", tag: "Calendars", prefix: "cal", param: "calendarId", ops: "lcrud", seed: 2,
				fields: []field{
					str("name", 80, need, eg("Viewings"), cat("business.confidential")),
					str("time_zone", 40, def("Europe/Dublin"), eg("Europe/Dublin"), cat("account.settings")),
					word("access_role", []string{"writer", "owner"}, guarded, cat("system.operations")), created(),
				},
			},
			{
				name: "appointment", plural: "appointments", tag: "Appointments", prefix: "apt", param: "appointmentId", parent: "calendar", ops: "lcrud", seed: 2,
				fields: []field{
					str("title", 120, need, eg("Viewing of the flat"), cat("content.message")),
					str("starts_at", 40, need, form("date-time"), eg("2026-12-01T10:00:00Z"), cat("behaviour.telemetry")),
					num("minutes", 5, 1440, def(int64(30)), eg(int64(30)), cat("behaviour.telemetry")),
					list("attendees", str("attendee", 120, need, form("email"), eg("greta@mail.example"), cat("contact.email")), between(0, 20), def([]any{})),
					str("notes", 1000, null, eg("Ring twice"), cat("content.message")),
					metadata(), created(),
				},
			},
		},
	}
}
