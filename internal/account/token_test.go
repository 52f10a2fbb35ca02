package account_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/account"
	"drawbridge/internal/action"
	"drawbridge/internal/seal"
	"drawbridge/internal/store"
)

// signInByToken makes a personal token and returns who it acts as.
func (w *world) signInByToken(a access.Actor) (seal.Hidden, drawbridge.Token, access.Actor) {
	w.t.Helper()
	secret, token, err := w.CreateToken(w.ctx(), a, account.NewToken{Name: "laptop"})
	if err != nil {
		w.t.Fatalf("CreateToken = %v", err)
	}
	return secret, token, w.actor(secret)
}

// integration adds one that a person owns.
func (w *world) integration(slug string, owner drawbridge.PersonID, members ...drawbridge.PersonID) drawbridge.IntegrationID {
	w.t.Helper()
	now := w.clock.now()
	i := drawbridge.Integration{
		ID: drawbridge.IntegrationID(drawbridge.NewID("int", now)), Slug: slug, Environment: "production", Name: slug,
		State: drawbridge.Proposed, Owner: owner, CreatedAt: now, UpdatedAt: now,
	}
	act := action.Act{Actor: access.System("test"), Action: access.IntegrationCreate, Object: access.Object{Kind: "integration"}}
	_, _, err := action.Do(w.ctx(), w.door, act, func(tx *store.Tx) (int, error) {
		for _, m := range members {
			row := drawbridge.Member{ID: string(i.ID) + "/" + string(m), Integration: i.ID, Person: m, CreatedAt: now}
			if err := tx.AddMember(&row); err != nil {
				return 0, err
			}
		}
		return 0, tx.AddIntegration(&i)
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return i.ID
}

func TestPersonalToken(t *testing.T) {
	both(t, func(w *world) {
		annP := w.bootstrap()
		_, ann := w.signIn(annsAddress, annsPassword)
		bobP, _, bob := w.join(ann, bobsAddress, "Bob", bobsPassword, drawbridge.Requester)
		secret, token, actor := w.signInByToken(bob)
		if actor.Person != bobP.ID || !actor.Has(drawbridge.Requester) || !actor.Proved.IsZero() || actor.System {
			w.t.Errorf("actor = %+v", actor)
		}
		if token.Hash != "" || !token.ExpiresAt.Equal(start.Add(90*24*time.Hour)) {
			w.t.Errorf("token = %+v, want 90 days and no hash", token)
		}
		_, _, err := w.CreateToken(w.ctx(), actor, account.NewToken{Name: "child"})
		want(w.t, "a token from a token", err, drawbridge.Denied, "reauthentication_required")
		_, _, byAdmin := w.signInByToken(ann)
		_, _, err = w.Invite(w.ctx(), byAdmin, account.Invitation{Email: "x@drawbridge.example", Name: "X", Roles: []drawbridge.Role{drawbridge.Auditor}})
		want(w.t, "a sensitive act by an administrator's token", err, drawbridge.Denied, "reauthentication_required")

		if _, err := w.AssignRoles(w.ctx(), ann, account.Change{Person: bobP.ID, Version: bobP.Version, Reason: "moves"}, []drawbridge.Role{drawbridge.Auditor}); err != nil {
			w.t.Fatal(err)
		}
		if now := w.actor(secret); now.Has(drawbridge.Requester) || !now.Has(drawbridge.Auditor) {
			w.t.Errorf("the token keeps the roles of when it was made: %v", now.Roles)
		}
		w.restart()
		w.actor(secret)
		dead := func(what string) {
			w.t.Helper()
			_, err := w.Authenticate(w.ctx(), secret, "api", "")
			want(w.t, what, err, drawbridge.Unauthenticated)
		}
		if _, err := w.Disable(w.ctx(), ann, account.Change{Person: bobP.ID, Reason: "left"}); err != nil {
			w.t.Fatal(err)
		}
		dead("the token of a disabled person")
		if _, err := w.Enable(w.ctx(), ann, account.Change{Person: bobP.ID}); err != nil {
			w.t.Fatal(err)
		}
		w.actor(secret)
		w.clock.add(90*24*time.Hour - time.Second)
		w.actor(secret)
		w.clock.add(time.Second)
		dead("a token that expired")
		w.clock.add(-time.Hour)
		bob = w.actor(secret)
		list, err := w.Tokens(w.ctx(), bob, "", 0)
		if err != nil || len(list) != 2 { // an auditor sees Ann's too
			w.t.Fatalf("Tokens = %v %v", list, err)
		}
		want(w.t, "an auditor at Ann's token", w.RevokeToken(w.ctx(), bob, otherThan(list, token.ID), ""), drawbridge.Denied)
		if err := w.RevokeToken(w.ctx(), bob, token.ID, "lost"); err != nil {
			w.t.Fatal(err)
		}
		dead("a token that was revoked")
		if err := w.RevokeToken(w.ctx(), ann, token.ID, ""); err != nil {
			w.t.Errorf("revoked again: %v", err)
		}
		if _, err := w.Person(w.ctx(), ann, annP.ID); err != nil {
			w.t.Error(err)
		}
		w.verify()
	})
}

func otherThan(list []drawbridge.Token, id drawbridge.TokenID) drawbridge.TokenID {
	for _, t := range list {
		if t.ID != id {
			return t.ID
		}
	}
	return ""
}

func TestTokenInput(t *testing.T) {
	both(t, func(w *world) {
		w.bootstrap()
		_, ann := w.signIn(annsAddress, annsPassword)
		for name, in := range map[string]account.NewToken{
			"no name":             {},
			"a huge name":         {Name: strings.Repeat("x", 1<<20)},
			"a name of two lines": {Name: "a\nb"},
			"a name that turns":   {Name: "a\u202eb"},
			"no text":             {Name: "a\xff"},
			"ends now":            {Name: "x", ExpiresAt: start},
			"ended":               {Name: "x", ExpiresAt: start.Add(-time.Hour)},
			"more than a year":    {Name: "x", ExpiresAt: start.Add(365*24*time.Hour + time.Second)},
			"an integration":      {Name: "x", Integration: "int_1"},
		} {
			_, _, err := w.CreateToken(w.ctx(), ann, in)
			want(w.t, name, err, drawbridge.Invalid)
		}
		in := account.NewToken{Name: "x", ExpiresAt: start.Add(365 * 24 * time.Hour), Key: "k1"}
		first, token, err := w.CreateToken(w.ctx(), ann, in)
		if err != nil {
			w.t.Fatal(err)
		}
		again, same, err := w.CreateToken(w.ctx(), ann, in)
		if err != nil || !again.Equal(first) || same.ID != token.ID {
			w.t.Errorf("a repetition gave another token: %v %v", same, err)
		}
		in.Name = "y"
		_, _, err = w.CreateToken(w.ctx(), ann, in)
		want(w.t, "the key for another token", err, drawbridge.Conflict)
		for i := range 99 {
			if _, _, err := w.CreateToken(w.ctx(), ann, account.NewToken{Name: fmt.Sprint("t", i)}); err != nil {
				w.t.Fatal(err)
			}
		}
		_, _, err = w.CreateToken(w.ctx(), ann, account.NewToken{Name: "one more"})
		want(w.t, "token 101", err, drawbridge.Conflict, "revoke")
		if err := w.RevokeToken(w.ctx(), ann, token.ID, ""); err != nil {
			w.t.Fatal(err)
		}
		if _, _, err = w.CreateToken(w.ctx(), ann, account.NewToken{Name: "one more"}); err != nil {
			w.t.Errorf("after one was revoked: %v", err)
		}
		var seen int
		for after := drawbridge.TokenID(""); ; {
			page, err := w.Tokens(w.ctx(), ann, after, 7)
			if err != nil || len(page) > 7 {
				w.t.Fatalf("Tokens = %d %v", len(page), err)
			}
			if len(page) == 0 {
				break
			}
			seen, after = seen+len(page), page[len(page)-1].ID
		}
		if seen != 101 {
			w.t.Errorf("%d tokens in pages, want 101", seen)
		}
	})
}

func TestMachineToken(t *testing.T) {
	both(t, func(w *world) {
		w.bootstrap()
		_, ann := w.signIn(annsAddress, annsPassword)
		bobP, _, bob := w.join(ann, bobsAddress, "Bob", bobsPassword, drawbridge.Requester)
		_, _, cy := w.join(ann, "cy@drawbridge.example", "Cy", bobsPassword, drawbridge.Requester)
		_, _, dee := w.join(ann, "dee@drawbridge.example", "Dee", bobsPassword, drawbridge.ProgrammeOwner)
		_, _, ada := w.join(ann, "ada@drawbridge.example", "Ada", bobsPassword, drawbridge.Administrator)
		his, other := w.integration("his", bobP.ID), w.integration("other", "")
		ask := func(a access.Actor, id drawbridge.IntegrationID) (seal.Hidden, drawbridge.Token, error) {
			return w.CreateMachine(w.ctx(), a, account.NewToken{Name: "ci", Integration: id})
		}
		for name, tt := range map[string]struct {
			actor access.Actor
			id    drawbridge.IntegrationID
			want  drawbridge.Kind
		}{
			"a stranger":                {cy, his, drawbridge.NotFound},
			"the owner of another":      {bob, other, drawbridge.NotFound},
			"an administrator":          {ada, his, drawbridge.Denied},
			"for what is not there":     {dee, "int_00000000000000000000000000", drawbridge.NotFound},
			"for nothing":               {dee, "", drawbridge.NotFound},
			"somebody anonymous":        {access.Anonymous("api", ""), his, drawbridge.Unauthenticated},
			"the owner without a proof": {access.Actor{ID: bob.ID, Person: bob.Person, Roles: bob.Roles}, his, drawbridge.Denied},
		} {
			_, _, err := ask(tt.actor, tt.id)
			want(w.t, name, err, tt.want)
		}
		secret, token, err := ask(bob, his)
		if err != nil {
			w.t.Fatal(err)
		}
		m := w.actor(secret)
		if m.ID != string(token.ID) || m.Person != "" || m.Integration != his || len(m.Roles) != 1 || m.Roles[0] != drawbridge.Machine || !m.Proved.IsZero() {
			w.t.Errorf("actor = %+v", m)
		}
		for _, act := range access.Actions() {
			err := w.door.Table().Decide(m, act, access.Object{Kind: "integration", Integration: other, Owners: []drawbridge.PersonID{bobP.ID, ""}}, w.clock.now())
			if err == nil && act != access.CheckpointRead {
				w.t.Errorf("the machine may do %s at another integration", act)
			}
		}
		_, _, err = ask(m, his)
		want(w.t, "a machine makes a machine", err, drawbridge.Denied)
		if _, _, err := ask(dee, other); err != nil {
			w.t.Errorf("the programme owner: %v", err)
		}
		list, err := w.Tokens(w.ctx(), bob, "", 0)
		if err != nil || len(list) != 1 || list[0].Hash != "" {
			w.t.Errorf("Tokens = %+v %v, want Bob's own", list, err)
		}
		_, err = w.Tokens(w.ctx(), m, "", 0)
		want(w.t, "a machine lists tokens", err, drawbridge.NotFound)
		asPersonal := seal.Hide("dbt_" + strings.TrimPrefix(secret.Reveal(), "dbm_"))
		_, err = w.Authenticate(w.ctx(), asPersonal, "api", "")
		want(w.t, "a machine's secret as a person's", err, drawbridge.Unauthenticated)
		want(w.t, "a stranger revokes it", w.RevokeToken(w.ctx(), cy, token.ID, ""), drawbridge.NotFound)
		if _, err := w.Disable(w.ctx(), ann, account.Change{Person: bobP.ID, Reason: "left"}); err != nil {
			w.t.Fatal(err)
		}
		_, err = w.Authenticate(w.ctx(), secret, "ci", "")
		want(w.t, "the machine of a disabled maker", err, drawbridge.Unauthenticated)
		w.verify()
	})
}
