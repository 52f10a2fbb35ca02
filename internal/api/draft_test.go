package api_test

import (
	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/client"
	"drawbridge/internal/store"
)

// draftFixtures are the rows of the matrix for the routes of drafts. Another's draft
// is as one that is not there: the desk's tests hold that.
var draftFixtures = map[string]func(*matrix, *caller, bool) request{
	"drafts.list":       onDrafts("", nil),
	"drafts.begin":      onDrafts("", client.BeginDraft{Way: drawbridge.DraftForm}),
	"drafts.begin_from": beginsDraft,
	"drafts.get":        onDraft("", false, nil),
	"drafts.save":       onDraft("", false, client.SaveDraft{Fields: map[string]string{"name": "try"}}),
	"drafts.discard":    onDraft("", false, nil),
	"drafts.restore":    onDraft("/restored", true, nil),
	"drafts.operations": onDraft("/operations", false, nil, 404), // it is a form
	"drafts.data":       onDraft("/data", false, nil),
	"drafts.preview":    onDraft("/preview", false, nil),
	"drafts.send":       onDraft("/sent", false, nil, 400), // there is nothing in it
}

func onDrafts(path string, body any) func(*matrix, *caller, bool) request {
	return fresh(func(*matrix, *caller) request {
		return request{path: "/api/v1/drafts" + path, body: body, object: access.Object{Kind: "integration"}}
	})
}

func beginsDraft(m *matrix, c *caller, own bool) request {
	return fresh(func(*matrix, *caller) request {
		return request{path: "/api/v1/drafts/file", upload: client.BeginDraft{Way: drawbridge.DraftManifest}, object: access.Object{Kind: "integration"}}
	})(m, c, own)
}

func onDraft(path string, discarded bool, body any, allowed ...int) func(*matrix, *caller, bool) request {
	return fresh(func(m *matrix, c *caller) request {
		d := store.Draft{ID: drawbridge.DraftID(drawbridge.NewID("dra", start)), Person: c.actor.Person, CreatedAt: start, SavedAt: start}
		if discarded {
			d.DiscardedAt = start
		}
		var err error
		if d.Content, err = m.door.Keys().Seal([]byte(`{"way": "form"}`), []byte("draft "+string(d.ID))); err != nil {
			m.t.Fatal(err)
		}
		m.act(func(tx *store.Tx) error { return tx.AddDraft(&d, nil) })
		return request{path: "/api/v1/drafts/" + string(d.ID) + path, match: 1, body: body, object: access.Object{Kind: "integration"}, allowed: allowed}
	})
}
