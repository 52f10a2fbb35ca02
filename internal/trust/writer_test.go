package trust_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"

	"drawbridge"
	"drawbridge/internal/client"
	"drawbridge/internal/manifest"
	"drawbridge/internal/testkit"
)

// deed is one write: what is sent, what it makes or changes, and what the writer
// learns from the answer.
type deed struct {
	ask
	by    string // who does it
	kind  string // of the record that it is about
	id    string // empty while the server is to make it
	learn func(body []byte) (id string, err error)
	look  string // where the record can be read, for a deed without a key
}

// writer is one caller, with records that no other writer touches: it can say
// what each of its requests must lead to.
type writer struct {
	n   int
	rnd *rand.Rand

	slug        string
	integration drawbridge.IntegrationID
	head        drawbridge.RevisionID
	revisions   int64
	sent        []byte // the manifest of the head

	made    int // how many records have names of ours
	partner drawbridge.Partner
	person  drawbridge.Person
	token   drawbridge.TokenID // that works still
	wish    *bool              // whether mail is wanted, as far as that was acknowledged
}

func newWriter(seed uint64, n int) *writer {
	return &writer{n: n, rnd: rand.New(rand.NewPCG(seed, uint64(n))), slug: fmt.Sprintf("writer-%d", n)}
}

func (w *writer) key() string { return fmt.Sprintf("w%d-%d-%d", w.n, w.made, w.rnd.Uint64()) }

// next picks what to do. Pushes are half of it.
func (w *writer) next() *deed {
	w.made++
	switch n := w.rnd.IntN(13); {
	case n == 12:
		return w.mail()
	case n < 6 || w.integration == "":
		return w.push()
	case n == 6:
		return w.assess()
	case n == 7 || w.partner.ID == "":
		return w.addPartner()
	case n == 8:
		return w.setPartner()
	case n == 9 || w.person.ID == "":
		return w.invite()
	case n == 10:
		return w.rename()
	case w.token == "":
		return w.makeToken()
	}
	return w.revoke()
}

// push sends a manifest that grows, and then says something else each time.
func (w *writer) push() *deed {
	text := testkit.BigManifest(4, 1+int(w.revisions)%40)
	text = bytes.Replace(text, []byte("id: generated\n"), []byte("id: "+w.slug+"\n"), 1)
	text = bytes.Replace(text, []byte("purpose: Measure\n"), fmt.Appendf(nil, "purpose: Measure %d\n", w.revisions), 1)
	body, media, err := client.Push{Main: "integration.yaml", Base: w.head, Reason: "it grows", Files: manifest.Files{"integration.yaml": text}}.Encode()
	if err != nil {
		panic(err)
	}
	return &deed{
		ask: ask{method: "POST", path: "/api/v1/revisions", key: w.key(), media: media, body: body}, by: "otto", kind: "revision",
		learn: func(body []byte) (string, error) {
			var p client.Pushed
			if err := json.Unmarshal(body, &p); err != nil {
				return "", err
			}
			if p.Unchanged || p.Revision.Number != w.revisions+1 || p.Revision.Parent != w.head || p.Assessment.Revision != p.Revision.ID {
				return "", fmt.Errorf("the push after revision %d made %d on %q", w.revisions, p.Revision.Number, p.Revision.Parent)
			}
			w.integration, w.head, w.revisions, w.sent = p.Integration.ID, p.Revision.ID, p.Revision.Number, text
			return string(p.Revision.ID), nil
		},
	}
}

// assess asks for the head to be assessed again.
func (w *writer) assess() *deed {
	return &deed{
		ask: ask{method: "POST", path: "/api/v1/integrations/" + string(w.integration) + "/assessments", key: w.key()}, by: "otto", kind: "assessment",
		learn: learn(func(a client.Assessed) string { return string(a.Assessment.ID) }),
	}
}

func (w *writer) addPartner() *deed {
	id := drawbridge.PartnerID(fmt.Sprintf("partner-%d-%d", w.n, w.made))
	in := client.NewPartner{ID: id, PartnerEdit: client.PartnerEdit{Name: "As it was made", Country: "IE"}}
	return &deed{
		ask: ask{method: "POST", path: "/api/v1/partners", key: w.key(), body: document(in)}, by: "otto", kind: "partner",
		learn: learn(func(p drawbridge.Partner) string { w.partner = p; return string(p.ID) }),
	}
}

func (w *writer) setPartner() *deed {
	path := "/api/v1/partners/" + string(w.partner.ID)
	return &deed{
		ask: ask{method: "PUT", path: path, key: w.key(), version: w.partner.Version, body: document(client.PartnerEdit{Name: fmt.Sprintf("Name %d", w.made), Country: "DE"})},
		by:  "otto", kind: "partner", id: string(w.partner.ID), look: path,
		learn: learn(func(p drawbridge.Partner) string { w.partner = p; return string(p.ID) }),
	}
}

func (w *writer) invite() *deed {
	in := client.Invite{Email: fmt.Sprintf("p%d-%d@drawbridge.example", w.n, w.made), Name: "Somebody", Roles: []drawbridge.Role{drawbridge.Requester}}
	return &deed{
		ask: ask{method: "POST", path: "/api/v1/people", key: w.key(), body: document(in)}, by: "ann", kind: "person",
		learn: learn(func(i struct {
			Person drawbridge.Person `json:"person"`
		},
		) string {
			w.person = i.Person
			return string(i.Person.ID)
		}),
	}
}

func (w *writer) rename() *deed {
	path := "/api/v1/people/" + string(w.person.ID)
	return &deed{
		ask: ask{method: "PATCH", path: path, version: w.person.Version, body: document(client.Rename{Name: fmt.Sprintf("Name %d", w.made)})},
		by:  "ann", kind: "person", id: string(w.person.ID), look: path,
		learn: learn(func(p drawbridge.Person) string { w.person = p; return string(p.ID) }),
	}
}

func (w *writer) makeToken() *deed {
	return &deed{
		ask: ask{method: "POST", path: "/api/v1/tokens", key: w.key(), body: document(client.NewToken{Name: fmt.Sprintf("token %d", w.made)})}, by: "otto", kind: "token",
		learn: learn(func(i struct {
			Token client.Token `json:"token"`
		},
		) string {
			w.token = i.Token.ID
			return string(i.Token.ID)
		}),
	}
}

func (w *writer) revoke() *deed {
	id := w.token
	return &deed{
		ask: ask{method: "POST", path: "/api/v1/tokens/" + string(id) + "/revoke", body: document(client.Because{Reason: "used up"})},
		by:  "otto", kind: "token", id: string(id),
		learn: func([]byte) (string, error) { w.token = ""; return string(id), nil },
	}
}

// mail changes whether somebody wants mail: that is no record, and has no entry
// in the ledger. Each of the first two writers does so for one person.
func (w *writer) mail() *deed {
	if w.n > 1 {
		return w.push()
	}
	wish := w.rnd.IntN(2) == 0
	return &deed{
		ask: ask{method: "PUT", path: "/api/v1/me/mail", body: document(client.SetMail{Wanted: wish})}, by: mailOf(w.n),
		learn: func([]byte) (string, error) { w.wish = &wish; return "", nil },
	}
}

func mailOf(n int) string { return []string{"ann", "otto"}[n] }

// learn reads an answer of a type.
func learn[T any](take func(T) string) func([]byte) (string, error) {
	return func(body []byte) (string, error) {
		var v T
		err := json.Unmarshal(body, &v)
		return take(v), err
	}
}

// whole reads back everything of the writer's that it was told is there.
func (w *writer) whole(ctx context.Context, s *server, secrets map[string]string) error {
	if w.wish != nil {
		var got client.Mail
		if err := s.get(ctx, secrets[mailOf(w.n)], "/api/v1/me/mail", &got); err != nil {
			return err
		}
		if got.Wanted != *w.wish {
			return wrongf("%s wants mail: %t; acknowledged was %t", mailOf(w.n), got.Wanted, *w.wish)
		}
	}
	secret := secrets["otto"]
	if w.integration == "" {
		return nil
	}
	root := "/api/v1/integrations/" + string(w.integration)
	var in drawbridge.Integration
	var head client.Pulled
	var a drawbridge.Assessment
	var findings client.List[drawbridge.Finding]
	for path, out := range map[string]any{
		root: &in, root + "/revisions/head/files": &head, root + "/assessments/latest": &a,
		"/api/v1/findings?limit=200&integration=" + string(w.integration): &findings,
	} {
		if err := s.get(ctx, secret, path, out); err != nil {
			return err
		}
	}
	switch {
	case in.Revisions != w.revisions || in.Head != w.head || head.Revision.ID != w.head:
		return wrongf("%s has %d revisions and head %s; acknowledged were %d, %s", w.slug, in.Revisions, in.Head, w.revisions, w.head)
	case !bytes.Equal(head.Files["integration.yaml"], w.sent):
		return wrongf("%s: the files of the head are not those that were sent", w.slug)
	case a.Revision != w.head || a.ID != in.Assessment:
		return wrongf("%s: the latest assessment %s is of %s, not of the head %s", w.slug, a.ID, a.Revision, w.head)
	case min(a.Findings, 200) != int64(len(findings.Items)):
		return wrongf("%s: the assessment made %d findings, %d are listed", w.slug, a.Findings, len(findings.Items))
	}
	var p drawbridge.Partner
	if w.partner.ID != "" {
		if err := s.get(ctx, secret, "/api/v1/partners/"+string(w.partner.ID), &p); err != nil {
			return err
		}
		if p.Name != w.partner.Name || p.Version != w.partner.Version || strings.HasPrefix(p.Name, "As") != (p.Version == 1) {
			return wrongf("partner %s is %q at version %d; acknowledged was %q at %d", p.ID, p.Name, p.Version, w.partner.Name, w.partner.Version)
		}
	}
	return nil
}
