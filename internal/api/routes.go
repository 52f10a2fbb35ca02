package api

import (
	"slices"

	"drawbridge/internal/access"
)

// Routes is the table of the interface.
func Routes() []Route {
	return slices.Concat(
		recordRoutes(),    // who you are, integrations, what runs and what is kept
		draftRoutes(),     // what somebody began to ask for
		reviewRoutes(),    // reviews, sign-offs, decisions
		inquiryRoutes(),   // questionnaires, partners' links, notices
		dossierRoutes(),   // evidence, contracts, discussions, dossiers
		lifecycleRoutes(), // conditions, exceptions, going live and leaving
		viewRoutes(),
		bulkRoutes(),      // one act on many things
		programmeRoutes(), // triggers, what is due, packs, threat models
		portfolioRoutes(), // risks, sub-processors, concentration
		resultRoutes(),    // runs of live checks, claims against tests, rulings
	)
}

// recordRoutes are the routes of the record itself.
func recordRoutes() []Route {
	return []Route{
		{"GET", "/api/v1/health", "health", "", "Say whether the server answers", 200, Public, does((*API).health)},
		{"GET", "/api/v1/openapi.json", "openapi", "", "Describe this interface", 200, Public | Streams, does((*API).openapi)},

		// Who you are.
		{"POST", "/api/v1/setup", "setup", "", "Make the first administrator, from the server's own machine", 201, Public | Loopback, does((*API).setup)},
		{"POST", "/api/v1/invitation", "invitation.accept", "", "Take an invitation and set a password", 200, Public, does((*API).accept)},
		{"POST", "/api/v1/session", "session.create", "", "Sign in", 201, Public, does((*API).signIn)},
		{"DELETE", "/api/v1/session", "session.end", "", "Sign out", 204, SignedIn, does((*API).signOut)},
		{"POST", "/api/v1/session/proof", "session.prove", "", "Prove again who you are, before a sensitive act", 200, SignedIn, does((*API).prove)},
		{"GET", "/api/v1/me", "me", "", "Tell who you are", 200, SignedIn, does((*API).me)},
		{"PUT", "/api/v1/me/password", "me.password", access.CredentialWrite, "Change your password", 204, 0, does((*API).setPassword)},
		{"GET", "/api/v1/me/factor", "me.factor", access.PersonRead, "Tell whether you have a second factor", 200, 0, does((*API).factor)},
		{"POST", "/api/v1/me/factor", "me.factor_begin", access.CredentialWrite, "Begin a second factor", 200, 0, does((*API).beginFactor)},
		{"PUT", "/api/v1/me/factor", "me.factor_confirm", access.CredentialWrite, "Take a second factor into use", 200, 0, does((*API).confirmFactor)},
		{"POST", "/api/v1/me/factor/remove", "me.factor_remove", access.CredentialWrite, "Give a second factor up", 204, 0, does((*API).removeFactor)},
		{"POST", "/api/v1/me/factor/recovery", "me.recovery", access.CredentialWrite, "Make new recovery codes", 200, 0, does((*API).renewRecovery)},

		// People.
		{"GET", "/api/v1/people", "people.list", access.PersonRead, "List the people that you may see", 200, Paged, does((*API).people)},
		{"POST", "/api/v1/people", "people.invite", access.PersonWrite, "Invite a person", 201, Idempotent, does((*API).invite)},
		{"POST", "/api/v1/people/find", "people.find", access.PersonRead, "Read the person with an address", 200, 0, does((*API).findPerson)},
		{"GET", "/api/v1/people/{id}", "people.get", access.PersonRead, "Read a person", 200, 0, does((*API).person)},
		{"PATCH", "/api/v1/people/{id}", "people.rename", access.PersonWrite, "Rename a person", 200, Idempotent | Conditional, does((*API).rename)},
		{"PUT", "/api/v1/people/{id}/roles", "people.roles", access.RoleAssign, "Replace a person's roles", 200, Idempotent | Conditional, does((*API).assignRoles)},
		{"PUT", "/api/v1/people/{id}/disabled", "people.disable", access.PersonWrite, "Stop an account, or let it be used again", 200, Idempotent | Conditional, does((*API).setDisabled)},
		{"POST", "/api/v1/people/{id}/reset", "people.reset", access.CredentialReset, "Take a password and second factor away", 200, Idempotent, does((*API).resetCredential)},
		{"POST", "/api/v1/people/{id}/erase", "people.erase", access.PersonErase, "Erase what is personal", 200, Idempotent, does((*API).erase)},
		{"GET", "/api/v1/people/{id}/sessions", "sessions.list", access.SessionRead, "List where a person is signed in", 200, 0, does((*API).sessions)},
		{"DELETE", "/api/v1/people/{id}/sessions", "sessions.end_all", access.SessionRevoke, "Sign a person out everywhere but here", 204, 0, does((*API).revokeSessions)},
		{"DELETE", "/api/v1/sessions/{id}", "sessions.end", access.SessionRevoke, "End a session", 204, 0, does((*API).revokeSession)},
		{"GET", "/api/v1/tokens", "tokens.list", access.TokenRead, "List the tokens that you may see", 200, Paged, does((*API).tokens)},
		{"POST", "/api/v1/tokens", "tokens.create", access.TokenCreate, "Make a token that acts as you", 201, Idempotent, does((*API).createToken)},
		{"POST", "/api/v1/tokens/{id}/revoke", "tokens.revoke", access.TokenRevoke, "End a token", 204, 0, does((*API).revokeToken)},
		{"POST", "/api/v1/integrations/{id}/machines", "machines.create", access.MachineCreate, "Make a token for one integration", 201, Idempotent, does((*API).createMachine)},

		// What you are told.
		{"GET", "/api/v1/inbox", "inbox.list", access.InboxRead, "List your messages, newest first", 200, Paged, does((*API).inbox)},
		{"GET", "/api/v1/inbox/unread", "inbox.unread", access.InboxRead, "Count your messages that were not read", 200, 0, does((*API).unread)},
		{"PUT", "/api/v1/inbox/{id}/read", "inbox.read", access.InboxRead, "Note that you read a message", 204, 0, does((*API).markRead)},
		{"DELETE", "/api/v1/inbox/{id}/read", "inbox.unread_again", access.InboxRead, "Take back that you read a message", 204, 0, does((*API).markUnread)},
		{"GET", "/api/v1/inbox/tasks", "inbox.tasks", access.InboxRead, "List what needs you, most dangerous first, and what you wait for", 200, 0, does((*API).tasks)},
		{"GET", "/api/v1/me/mail", "inbox.mail", access.InboxRead, "Tell whether you take messages by mail too", 200, 0, does((*API).mail)},
		{"PUT", "/api/v1/me/mail", "inbox.set_mail", access.InboxRead, "Take messages by mail too, or not", 204, 0, does((*API).setMail)},
		{"GET", "/api/v1/webhooks", "webhooks.list", access.WebhookRead, "List the webhooks", 200, 0, does((*API).webhooks)},
		{"POST", "/api/v1/webhooks", "webhooks.create", access.WebhookWrite, "Make a webhook", 201, Idempotent, does((*API).createWebhook)},
		{"PUT", "/api/v1/webhooks/{id}", "webhooks.update", access.WebhookWrite, "Change a webhook, or switch it off or on", 200, Idempotent | Conditional, does((*API).editWebhook)},
		{"POST", "/api/v1/webhooks/{id}/remove", "webhooks.remove", access.WebhookWrite, "Delete a webhook", 204, Idempotent, does((*API).removeWebhook)},
		{"POST", "/api/v1/webhooks/{id}/test", "webhooks.test", access.WebhookWrite, "Send a message to a webhook, now", 200, 0, does((*API).tryWebhook)},
		{"POST", "/api/v1/webhooks/{id}/deliveries/{message}/retry", "webhooks.retry", access.WebhookWrite, "Send again what a webhook lost", 204, Idempotent, does((*API).redeliver)},
		{"GET", "/api/v1/webhooks/{id}/deliveries", "webhooks.deliveries", access.WebhookRead, "List what went to a webhook, newest first", 200, Paged, does((*API).deliveries)},

		// Integrations.
		{"GET", "/api/v1/integrations", "integrations.list", access.IntegrationRead, "List the integrations that you may see", 200, Paged, does((*API).integrations)},
		{"GET", "/api/v1/lookup", "integrations.find", access.IntegrationRead, "Read the integration with a key", 200, 0, does((*API).lookup)},
		{"GET", "/api/v1/integrations/{id}", "integrations.get", access.IntegrationRead, "Read an integration", 200, 0, does((*API).integration)},
		{"GET", "/api/v1/integrations/{id}/members", "integrations.members", access.IntegrationRead, "List who may see and change an integration besides its owner", 200, 0, does((*API).members)},
		{"PUT", "/api/v1/integrations/{id}/assignment", "integrations.assign", access.IntegrationAssign, "Say who answers for an integration", 200, Idempotent | Conditional, does((*API).assign)},
		{"POST", "/api/v1/revisions", "revisions.push", access.IntegrationPush, "Push a revision; the first makes the integration", 200, Idempotent | Large, does((*API).push)},
		{"GET", "/api/v1/integrations/{id}/revisions", "revisions.list", access.IntegrationRead, "List the revisions, newest first", 200, Paged, does((*API).revisions)},
		{"GET", "/api/v1/integrations/{id}/revisions/{revision}", "revisions.get", access.IntegrationRead, "Read a revision", 200, 0, does((*API).revision)},
		{"GET", "/api/v1/integrations/{id}/revisions/{revision}/files", "revisions.pull", access.IntegrationRead, "Read the files of a revision", 200, Large, does((*API).pull)},
		{"GET", "/api/v1/integrations/{id}/difference", "revisions.diff", access.IntegrationRead, "Compare two revisions", 200, Large, does((*API).difference)},
		{"GET", "/api/v1/integrations/{id}/assessments", "assessments.list", access.IntegrationRead, "List the assessments, newest first", 200, Paged, does((*API).assessments)},
		{"POST", "/api/v1/integrations/{id}/assessments", "assessments.create", access.IntegrationAssess, "Have the head assessed again, now", 201, Idempotent, does((*API).assess)},
		{"POST", "/api/v1/integrations/{id}/try", "integrations.try", access.IntegrationRead, "Say what changes would come to together, without keeping anything", 200, 0, does((*API).try)},
		{"GET", "/api/v1/integrations/{id}/assessments/{assessment}", "assessments.get", access.IntegrationRead, "Read an assessment", 200, 0, does((*API).assessment)},
		{"GET", "/api/v1/integrations/{id}/assessments/{assessment}/document", "assessments.document", access.IntegrationRead, "Read the whole document of an assessment", 200, Streams, does((*API).document)},
		{"GET", "/api/v1/gate", "gate", access.ApprovalRead, "Ask whether exactly one digest is approved", 200, 0, does((*API).gate)},
		{"GET", "/api/v1/findings", "findings.list", access.IntegrationRead, "List the findings of the latest assessments, worst first", 200, Paged, does((*API).findings)},
		{"GET", "/api/v1/partners", "partners.list", access.PartnerRead, "List partners", 200, Paged, does((*API).partners)},
		{"POST", "/api/v1/partners", "partners.create", access.PartnerWrite, "Write a partner that nobody has pushed yet", 201, Idempotent, does((*API).createPartner)},
		{"GET", "/api/v1/partners/{id}", "partners.get", access.PartnerRead, "Read a partner", 200, 0, does((*API).partner)},
		{"PUT", "/api/v1/partners/{id}", "partners.update", access.PartnerWrite, "Change a partner", 200, Idempotent | Conditional, does((*API).updatePartner)},
		{"GET", "/api/v1/history", "history", access.IntegrationRead, "List the acts that changed a record, newest first", 200, Paged, does((*API).history)},

		// What runs and what is kept.
		{"GET", "/api/v1/jobs", "jobs.list", access.JobRead, "List jobs, newest first", 200, Paged, does((*API).jobs)},
		{"GET", "/api/v1/jobs/{id}", "jobs.get", access.JobRead, "Read a job", 200, 0, does((*API).job)},
		{"POST", "/api/v1/jobs/{id}/retry", "jobs.retry", access.JobControl, "Run a job again, now", 200, Idempotent, does((*API).retryJob)},
		{"POST", "/api/v1/jobs/{id}/cancel", "jobs.cancel", access.JobControl, "End a job that has not ended", 200, Idempotent, does((*API).cancelJob)},
		{"GET", "/api/v1/retention", "retention.list", access.RetentionRead, "List how long everything is kept", 200, 0, does((*API).retention)},
		{"PUT", "/api/v1/retention/{kind}", "retention.set", access.RetentionWrite, "Change how long a kind of thing is kept", 200, 0, does((*API).setPeriod)},
		{"POST", "/api/v1/retention/purge", "retention.purge", access.Purge, "Remove what is past its period and under no hold", 200, Slow, does((*API).purge)},
		{"GET", "/api/v1/holds", "holds.list", access.RetentionRead, "List legal holds, oldest first", 200, Paged, does((*API).holds)},
		{"POST", "/api/v1/holds", "holds.place", access.HoldWrite, "Place a legal hold", 201, Idempotent, does((*API).placeHold)},
		{"POST", "/api/v1/holds/{id}/lift", "holds.lift", access.HoldWrite, "Lift a legal hold", 200, Idempotent, does((*API).liftHold)},

		// The record itself.
		{"GET", "/api/v1/log/checkpoint", "log.checkpoint", access.CheckpointRead, "Read the signed root of the ledger", 200, 0, does((*API).checkpoint)},
		{"GET", "/api/v1/log/entries", "log.list", access.LogRead, "List entries of the ledger, newest first", 200, Paged, does((*API).logEntries)},
		{"GET", "/api/v1/log/entries/{seq}/proof", "log.prove", access.LogRead, "Prove that an entry is in the ledger", 200, Streams, does((*API).proveEntry)},
		{"POST", "/api/v1/log/consistency", "log.consistency", access.LogRead, "Prove that an older checkpoint is part of the ledger", 200, Streams, does((*API).proveSince)},
		{"GET", "/api/v1/log/export", "log.export", access.LogRead, "Export the ledger, to be verified elsewhere", 200, Streams, does((*API).export)},
		{"GET", "/api/v1/keys", "keys.list", access.KeyRead, "List what may be known of the keys", 200, 0, does((*API).keyring)},
		{"POST", "/api/v1/keys/rotate", "keys.rotate", access.KeyRotate, "Replace a key", 200, 0, does((*API).rotateKey)},
	}
}
