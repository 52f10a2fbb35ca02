package api

import (
	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/client"
	"drawbridge/internal/register"
)

// dossierRoutes are the routes of what is on file.
func dossierRoutes() []Route {
	return []Route{
		{"GET", "/api/v1/evidence", "evidence.list", access.EvidenceRead, "List documents of evidence that you may see, newest first", 200, Paged, does((*API).evidence)},
		{"POST", "/api/v1/evidence", "evidence.offer", access.EvidenceAdd, "Hand a document of evidence in", 201, Idempotent | Upload, does((*API).offer)},
		{"GET", "/api/v1/evidence/{id}", "evidence.get", access.EvidenceRead, "Read what is known of a document of evidence", 200, 0, does((*API).readEvidence)},
		{"GET", "/api/v1/evidence/{id}/file", "evidence.file", access.EvidenceRead, "Read the document itself, to be kept as a file", 200, Streams, does((*API).evidenceFile)},
		{"POST", "/api/v1/evidence/{id}/accept", "evidence.accept", access.EvidenceAccept, "Let a document of evidence count", 200, Idempotent | Conditional, does((*API).acceptEvidence)},
		{"POST", "/api/v1/evidence/{id}/refuse", "evidence.refuse", access.EvidenceAccept, "Say that a document of evidence does not show what it should", 200, Idempotent | Conditional, does((*API).refuseEvidence)},
		{"POST", "/api/v1/evidence/{id}/withdraw", "evidence.withdraw", access.EvidenceAdd, "Take a document of evidence back", 200, Idempotent | Conditional, does((*API).withdrawEvidence)},
		{"POST", "/api/v1/evidence/{id}/supersede", "evidence.supersede", access.EvidenceAccept, "Let an accepted document take the place of another", 200, Idempotent | Conditional, does((*API).supersedeEvidence)},

		{"GET", "/api/v1/threads", "threads.list", access.ThreadRead, "List discussions that you may see, newest first", 200, Paged, does((*API).threads)},
		{"POST", "/api/v1/threads", "threads.open", access.ThreadWrite, "Open a discussion about anything", 201, Idempotent, does((*API).openThread)},
		{"GET", "/api/v1/threads/{id}", "threads.get", access.ThreadRead, "Read a discussion, with a page of its comments, oldest first", 200, 0, does((*API).thread)},
		{"POST", "/api/v1/threads/{id}/comments", "threads.reply", access.ThreadWrite, "Add to a discussion", 201, Idempotent, does((*API).reply)},
		{"POST", "/api/v1/threads/{id}/resolve", "threads.resolve", access.ThreadResolve, "End a discussion", 200, Idempotent | Conditional, does((*API).resolveThread)},

		{"GET", "/api/v1/integrations/{id}/dossier", "integrations.dossier", access.IntegrationRead, "Read everything on file about an integration", 200, 0, does((*API).dossier)},
		{"GET", "/api/v1/partners/{id}/dossier", "partners.dossier", access.PartnerRead, "Read everything on file about a partner", 200, 0, does((*API).partnerDossier)},
	}
}

func (a *API) dossier(c *call, in client.ByID) (drawbridge.Dossier, error) {
	return a.opt.Dossier.Dossier(c.R.Context(), c.Actor, ref(in.ID))
}

func (a *API) partnerDossier(c *call, in client.ByID) (drawbridge.PartnerDossier, error) {
	return a.opt.Dossier.PartnerDossier(c.R.Context(), c.Actor, drawbridge.PartnerID(in.ID))
}

func (a *API) history(c *call, in client.HistoryOf) (client.List[client.HistoryEntry], error) {
	return pageFrom(c, in.Page, func(after *register.Cursor, limit int) (register.Page[client.HistoryEntry], error) {
		page, err := a.opt.Dossier.History(c.R.Context(), c.Actor, in.Kind, in.ID, after, limit)
		out := register.Page[client.HistoryEntry]{Next: page.Next}
		for _, e := range page.Items {
			entry := client.HistoryEntry{Seq: e.Seq, At: e.At, Actor: e.Actor, Via: e.Via, Action: e.Action, Reason: e.Reason}
			for _, x := range e.Changes {
				entry.Changes = append(entry.Changes, client.HistoryChange(x))
			}
			out.Items = append(out.Items, entry)
		}
		return out, err
	})
}
